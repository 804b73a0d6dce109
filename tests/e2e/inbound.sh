#!/bin/bash
# inbound.sh MARRAM: e-mail that came in. Messages go out to a real SMTP server; answers, bounces and unsubscribes to them come back by a Maildir and by standard input.
. "$(dirname "$0")/lib.sh"
python=${PYTHON3:-/usr/bin/python3}
if ! "$python" -c 'import aiosmtpd' 2>/dev/null; then
    skip "e-mail that comes in" "no python3-aiosmtpd"
    finish
    exit
fi
server=
cleanup() { [ -z "$server" ] || kill "$server" 2>/dev/null; }
mkdir -p taken && : >port
"$python" "$here/smtp_server.py" taken >port 2>server.log &
server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep .1; done
cat >marram.yaml <<Y
company: {name: Hollow Lane, address: "12 Hollow Lane, Bristol", from_email: hello@hollowlane.example, time_zone: Europe/London}
delivery: {smtp_url: "smtp://127.0.0.1:$(cat port)", smtp_tls: never, unsubscribe: no-more@hollowlane.example, timeout_seconds: 10}
follow_up: {mode: automatic}
preferences: {mode: off}
two_parents: {mode: off}
delight: {mode: off}
review: {mode: off}
people: [{name: Mara Adler, role: sales}, {name: Ops, role: operations}]
Y
export MARRAM_NOW=2026-03-01T08:00:00Z MARRAM_DB=i.db
people="ann ben cas dee eve fay gus drop"
run db init
{
    echo 'customer_id,name,email,owner_sales,owner_operations,kind,time_zone'
    for who in $people; do echo "$who,$who Smith,$who@mail.example,Mara Adler,Ops,person,Europe/London"; done
    for who in twin1 twin2; do echo "$who,$who Smith,twins@mail.example,Mara Adler,Ops,person,Europe/London"; done
    echo 'silent,Sil Smith,sil@mail.example,Mara Adler,Ops,person,Europe/London'
} >customers.csv
for who in $people; do
    printf '{"customer":"%s","kind":"order","at":"2026-03-02T10:00:00Z","id":"o-%s","amount":50,"currency":"EUR","body":{"product":"beans"}}\n' $who $who
    printf '{"customer":"%s","kind":"consent_given","at":"2026-03-02T10:00:00Z","id":"c-%s","body":{"purpose":"marketing"}}\n' $who $who
done >events.ndjson
run import customers customers.csv --yes
run import events events.ndjson --yes --quiet
want "they go out" 0 "7 messages sent, 1 uncertain" tick --at 2026-03-10T10:00:00Z
for state in sent uncertain; do run outbox list --state $state --json; jq -r '.[] | "\(.address | split("@")[0]) \(.token)"' .out; done >tokens
check "each has a token" 8 "$(wc -l <tokens)"
token() { awk -v who="$1" '$1 == who {print $2}' tokens; }

# --- what comes back ---
mkdir -p mail/new mail/cur mail/tmp
letter() { # NAME FROM SUBJECT HEADERS < text
    { printf 'From: %s\r\nTo: hello@hollowlane.example\r\nSubject: %s\r\nDate: Tue, 10 Mar 2026 12:00:00 +0000\r\nMessage-ID: <%s@mail.example>\r\n%b\r\n' "$2" "$3" "$1" "$4"; sed 's/$/\r/'; } >"mail/new/$1"
}
bounce() { # NAME TOKEN ACTION STATUS
    printf 'Final-Recipient: rfc822; x@mail.example\r\nAction: %s\r\nStatus: %s\r\nDiagnostic-Code: smtp; said so\r\n' "$3" "$4" >.status
    { printf 'From: MAILER-DAEMON@mx.example\r\nTo: hello@hollowlane.example\r\nSubject: Undelivered\r\nAuto-Submitted: auto-replied\r\nMessage-ID: <%s@mx.example>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n--B\r\n\r\nSorry\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n' "$1"
      cat .status
      printf '\r\n--B\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <%s@hollowlane.example>\r\nSubject: x\r\n\r\nx\r\n--B--\r\n' "$2"; } >"mail/new/$1"
}
printf 'Thank you, it was fine.\n\nOn Tue, Hollow Lane wrote:\n> Hello\n' | letter 1001.a "Ann <ann@elsewhere.example>" "Re: beans" "In-Reply-To: <$(token ann)@hollowlane.example>\r\n"
bounce 1002.b "$(token ben)" failed 5.1.1
bounce 1003.c "$(token cas)" failed 4.4.7
bounce 1004.d "$(token dee)" delayed 4.4.1
printf '\n' | letter 1005.e "eve@mail.example" "unsubscribe-$(token eve)" ""
printf 'I am away\n' | letter 1006.f "fay@mail.example" "Automatic reply: beans" "Auto-Submitted: auto-replied\r\nIn-Reply-To: <$(token fay)@hollowlane.example>\r\n"
printf 'A new question\n' | letter 1007.g "gus@mail.example" "A question" ""
printf 'It came\n' | letter 1008.h "drop@mail.example" "Re: beans" "References: <$(token drop)@hollowlane.example>\r\n"
printf 'Bitte keine Post mehr\n' | letter 1009.t "twins@mail.example" "Abmelden" ""
printf 'Buy now\n' | letter 1010.s "stranger@nowhere.example" "An offer" ""
head -c 11000000 /dev/zero >mail/new/1011.large
head -c 3000 /dev/urandom >mail/new/1012.noise
ln -s /etc/passwd mail/new/1013.link
cp -r mail before

want "a dry run writes nothing" 0 "nothing was written & left for a person" inbound --maildir mail --at 2026-03-11T09:00:00Z --dry-run
holds "and moves nothing" diff -r --no-dereference before mail
check "and records nothing" 0 "$(run export events --format ndjson 2>/dev/null; grep -c inbound/ .out)"
run inbound --maildir mail --at 2026-03-11T09:00:00Z --json
check "exit" 0 "$code"
cp .out first.json
came() { jq -r --arg m "new/$1" '.list[] | select(.message == $m) | "\(.kind) \(.fate)"' first.json; }
check "a reply" "reply recorded" "$(came 1001.a)"
check "a hard bounce" "bounce recorded" "$(came 1002.b)"
check "a soft one" "bounce recorded" "$(came 1003.c)"
check "a delay" "bounce nothing" "$(came 1004.d)"
check "an unsubscribe" "unsubscribe recorded" "$(came 1005.e)"
check "a machine's answer" "automatic nothing" "$(came 1006.f)"
check "somebody we know, without a token" "unknown recorded" "$(came 1007.g)"
check "an answer to an uncertain one" "reply recorded" "$(came 1008.h)"
check "without a token: all who have the address" "unsubscribe recorded" "$(came 1009.t)"
check "a stranger" "unknown left" "$(came 1010.s)"
check "what cannot be read" 2 "$(jq .unreadable first.json)"
holds "it is said which" grep -q "1011.large.*left where it is" .err
holds "a link is not followed" grep -q "1013.link.*no message" .err
check "only those stay" "1010.s 1011.large 1012.noise 1013.link" "$(ls mail/new | paste -sd' ')"
check "the others are marked as read" 9 "$(ls mail/cur | grep -c ':2,S$')"

# --- what it led to ---
events() { run customer show "$1" --json; jq -c "[.events[] | select(.kind == \"$2\") | .body]" .out; }
check "what they newly wrote" "Thank you, it was fine." "$(events ann touch_in | jq -r '.[0].comment')"
check "when they wrote it" "2026-03-10T12:00:00Z" "$(run customer show ann --json; jq -r '.events[] | select(.kind == "touch_in") | .at' .out)"
check "a bounce for good" true "$(events ben bounce | jq '.[0].hard')"
check "a bounce for now" false "$(events cas bounce | jq '.[0].hard')"
check "a delay is none" 0 "$(events dee bounce | jq length)"
check "no more marketing" '["marketing","email"]' "$(events eve consent_withdrawn | jq -c '.[0] | [.purpose, .channel]')"
check "both of them" "1 1" "$(events twin1 consent_withdrawn | jq length) $(events twin2 consent_withdrawn | jq length)"
check "a machine's answer is no touch" 0 "$(events fay touch_in | jq length)"
check "what was uncertain has arrived" 0 "$(run outbox list --state uncertain --json; jq length .out)"
check "and is sent, once" 1 "$(events drop touch_out | jq length)"
check "the messages that came back are refused" 2 "$(run outbox list --state refused --json; jq length .out)"
want "the gate knows of the address" 0 "no\." gate ben --purpose service --channel email --at 2026-03-12T10:00:00Z
want "and of the wish" 0 "no\." gate eve --purpose marketing --channel email --at 2026-06-12T10:00:00Z
want "which is about marketing alone" 0 "now|send" gate eve --purpose service --channel email --at 2026-06-12T10:00:00Z

# --- again, in whatever way ---
total() { run db status --json; jq -r '.. | .events? // empty' .out | head -1; }
before=$(total)
holds "events are counted" test "$before" -gt 20
want "a second run has nothing new" 0 "4 messages: 0 recorded, 0 on record already" inbound --maildir mail --at 2026-03-11T10:00:00Z
rm -rf again && cp -r before again && rm again/new/1011.large again/new/1013.link
want "the same mail from another copy adds nothing" 0 ": 0 recorded, " inbound --maildir again --at 2026-03-12T09:00:00Z
"$marram" inbound - --at 2026-03-12T09:00:00Z <before/new/1001.a >.both 2>&1
holds "nor by standard input" grep -q "on record already" .both
check "no event more" "$before" "$(total)"
rm -rf killed && cp -r before killed
run db init --db k.db
run import customers customers.csv --db k.db --yes
for delay in .01 .02 .03 .05 .08 .12; do { timeout -s KILL $delay "$marram" inbound --maildir killed --db k.db --at 2026-03-12T09:00:00Z; } >/dev/null 2>&1; done 2>/dev/null
run inbound --maildir killed --db k.db --at 2026-03-12T09:00:00Z
run export events --format ndjson --db k.db
grep -o 'inbound/[0-9a-f]*[^"]*' .out | sort >.ids
check "cut off again and again: each is there" 5 "$(sort -u .ids | wc -l)"
check "and once" "" "$(uniq -d .ids)"
run db check --db k.db
check "the ledger is sound" 0 "$code"

# --- what is asked wrongly ---
want "no folder" 3 "new & Maildir" inbound --maildir nowhere
want "nothing said" 2 "say what to read" inbound
want "both" 2 "say what to read" inbound - --maildir mail
want "a word too many" 2 "one argument too many" inbound mail
"$marram" inbound - </dev/null >.both 2>&1
check "an empty message" 3 $?
finish
