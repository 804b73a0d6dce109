#!/bin/bash
# mail.sh MARRAM: messages through a real SMTP server that takes, refuses, puts off and drops; read back by another program; nothing is sent twice.
. "$(dirname "$0")/lib.sh"
python=${PYTHON3:-/usr/bin/python3}
if ! "$python" -c 'import aiosmtpd' 2>/dev/null; then
    skip "sending e-mail" "no python3-aiosmtpd"
    finish
    exit
fi
server=
cleanup() { [ -z "$server" ] || kill "$server" 2>/dev/null; }
serve() { # starts the server on a free port, into $port
    mkdir -p taken && : >port
    "$python" "$here/smtp_server.py" taken >port 2>server.log &
    server=$!
    for _ in $(seq 100); do [ -s port ] && break; sleep .1; done
    port=$(cat port)
}
serve
settings() { # PORT
    cat >marram.yaml <<Y
company: {name: Hollow Lane, address: "12 Hollow Lane, Bristol", from_email: hello@hollowlane.example, time_zone: Europe/London}
delivery: {smtp_url: "smtp://127.0.0.1:$1", smtp_tls: never, unsubscribe: no-more@hollowlane.example, timeout_seconds: 10, content: content.yaml}
follow_up: {mode: automatic}
preferences: {mode: off}
two_parents: {mode: off}
delight: {mode: off}
review: {mode: off}
people: [{name: Mara Adler, role: sales}, {name: Ops, role: operations}]
Y
}
echo '- {id: care, title: Ten minutes of care, url: "https://hollowlane.example/care?a=1&b=2", summary: What to use., kind: guide, language: en}' >content.yaml
settings "$port"
export MARRAM_NOW=2026-03-01T08:00:00Z
run db init --db m.db
{
    echo 'customer_id,name,email,owner_sales,owner_operations,kind,time_zone'
    for who in ann refuse full drop slow bob; do echo "$who,$who Smith,$who@mail.example,Mara Adler,Ops,person,Europe/London"; done
    echo 'noone,Nora Noone,,Mara Adler,Ops,person,Europe/London'
} >customers.csv
for who in ann refuse full drop slow bob noone; do
    printf '{"customer":"%s","kind":"order","at":"2026-03-02T10:00:00Z","id":"o-%s","amount":50,"currency":"EUR","body":{"product":"beans & \\"more\\" <b>"}}\n' $who $who
    printf '{"customer":"%s","kind":"consent_given","at":"2026-03-02T10:00:00Z","id":"c-%s","body":{"purpose":"marketing"}}\n' $who $who
done >events.ndjson
run import customers customers.csv --db m.db --yes
check "customers" 0 "$code"
run import events events.ndjson --db m.db --yes --quiet
check "events" 0 "$code"
want "not at night" 0 "6 put off|put off by the gate" tick --db m.db --at 2026-03-09T23:30:00Z
check "nothing went" 0 "$(ls taken | wc -l)"
want "a dry run sends nothing" 0 "would go|nothing was written" tick --db m.db --at 2026-03-10T10:00:00Z --dry-run
check "still nothing" 0 "$(ls taken | wc -l)"
want "it goes" 0 "3 messages sent, 1 to be tried again, 1 refused for good, 1 uncertain" tick --db m.db --at 2026-03-10T10:00:00Z
check "three were taken" 3 "$(ls taken | wc -l)"
want "once" 0 "0 customers looked at|customers? looked at" tick --db m.db --at 2026-03-10T10:00:00Z
check "none twice" 3 "$(ls taken | wc -l)"
want "who has no address gets nothing, and it says why" 0 "no address" tick --db m.db --at 2026-03-10T10:00:00Z --customer noone --dry-run
want "the uncertain one is for a person" 0 "uncertain" outbox list --db m.db --state uncertain

# Read by another program.
cat >read.py <<'P'
import email, email.policy, glob, json
out = {}
for path in sorted(glob.glob("taken/*.eml")):
    m = email.message_from_binary_file(open(path, "rb"), policy=email.policy.default)
    plain, html = m.get_body(("plain",)), m.get_body(("html",))
    out[m["X-Envelope-To"].split("@")[0]] = dict(to=m["To"], frm=m["From"], subject=m["Subject"], plain=plain.get_content(), html=html.get_content(), unsubscribe=m["List-Unsubscribe"], reply=m["Reply-To"],
        envelope=m["X-Envelope-From"], id=m["Message-ID"], date=m["Date"], type=m.get_content_type(), defects=len(m.defects) + len(plain.defects) + len(html.defects))
print(json.dumps(out))
P
"$python" read.py >read.json
check "whose they are" "ann bob slow" "$(jq -r 'keys | join(" ")' read.json)"
holds "multipart, without a defect" jq -e '[.[] | .type == "multipart/alternative" and .defects == 0] | all' read.json
holds "subject and texts" jq -e '.ann | (.subject | test("beans & \"more\" <b>")) and (.plain | test("Hello ann Smith")) and (.plain | test("beans & \"more\" <b>")) and (.html | test("&lt;b&gt;")) and (.html | test("<b>") | not)' read.json
holds "something useful comes along" jq -e '.ann | (.plain | test("Ten minutes of care")) and (.html | test("https://hollowlane.example/care\\?a=1&amp;b=2"))' read.json
holds "the company and the way out" jq -e '.ann | (.plain | test("12 Hollow Lane")) and (.plain | test("no-more@hollowlane.example")) and (.unsubscribe | test("<mailto:no-more@hollowlane.example\\?subject=unsubscribe-[0-9a-f]{32}>"))' read.json
holds "answers and bounces name the message" jq -e '.ann | (.reply | test("hello\\+[0-9a-f]{32}@hollowlane.example")) and (.envelope | test("hello\\+[0-9a-f]{32}@"))' read.json
run customer show ann --db m.db --json
holds "the touch is on record" jq -e '[.events[] | select(.kind == "touch_out" and .body.purpose == "marketing")] | length == 1' .out
holds "and which piece they had" jq -e '[.events[] | select(.kind == "touch_out" and .body.content == "care")] | length == 1' .out
run customer show refuse --db m.db --json
holds "a bounce for good is on record" jq -e '[.events[] | select(.kind == "bounce" and .body.hard == true)] | length == 1' .out
want "and the gate knows" 0 "no\." gate refuse --purpose service --channel email --db m.db --at 2026-03-11T10:00:00Z

# What was put off for now is tried again, and given up in the end.
want "too early" 0 "looked at" tick --db m.db --at 2026-03-10T10:01:00Z
check "not tried" 1 "$(run outbox list --db m.db --state waiting --json; jq '[.[] | .attempts] | add' .out)"
want "again" 0 "1 to be tried again" outbox send --db m.db --at 2026-03-10T10:30:00Z
want "given up" 0 "1 refused for good" outbox send --db m.db --at 2026-03-14T10:30:00Z

# A clock set back, a server that is not there, a kill in the middle: nothing is lost and nothing goes twice.
want "a clock set back" 0 "looked at" tick --db m.db --at 2026-03-01T10:00:00Z
check "nothing more" 3 "$(ls taken | wc -l)"
id=$(run outbox list --db m.db --state uncertain --json; jq -r '.[0].id' .out)
want "settled: send it again" 0 "settled" outbox settle "${id:0:8}" --as again --db m.db
kill "$server" && wait "$server" 2>/dev/null
server=
want "no server" 0 "1 to be tried again.*|Nothing more was tried" outbox send --db m.db --at 2026-03-12T10:00:00Z
check "it waits" 1 "$(run outbox list --db m.db --state waiting --json; jq length .out)"
rm -rf taken
serve
settings "$port"
run db init --db k.db
run import customers customers.csv --db k.db --yes
run import events events.ndjson --db k.db --yes --quiet
run tick --db k.db --at 2026-03-10T10:00:00Z --no-send
check "all in the outbox" 6 "$(run outbox list --db k.db --state waiting --json; jq length .out)"
for delay in .01 .02 .03 .05 .08 .12 .2 .5 1; do { timeout -s KILL $delay "$marram" outbox send --db k.db --at 2026-03-10T10:00:00Z; } >/dev/null 2>&1; done
run outbox send --db k.db --at 2026-03-10T10:00:00Z
run outbox send --db k.db --at 2026-03-10T10:00:00Z
check "nobody got it twice" "" "$(grep -h X-Envelope-To taken/* | sort | uniq -d)"
sent=$(run outbox list --db k.db --state sent --json; jq length .out) unsure=$(run outbox list --db k.db --state uncertain --json; jq length .out)
check "every message is somewhere" 6 "$(for state in waiting sending sent refused uncertain cancelled; do run outbox list --db k.db --state $state --json; jq length .out; done | paste -sd+ | bc)"
holds "what is on record as sent was taken, and what was taken is on record or uncertain" test "$sent" -le "$(ls taken | wc -l)" -a "$(ls taken | wc -l)" -le "$((sent + unsure))"
run db check --db k.db
check "the ledger is sound" 0 "$code"

# A setting of ours that can stand in no message is nobody's dead address: what waits is kept, and goes once it is right. More than a handful go to one domain at once.
{
    echo 'customer_id,name,email,owner_sales,owner_operations,kind,time_zone'
    for i in $(seq 25); do echo "n$i,N $i,n$i@mail.example,Mara Adler,Ops,person,Europe/London"; done
} >many.csv
for i in $(seq 25); do
    printf '{"customer":"n%s","kind":"order","at":"2026-03-02T10:00:00Z","id":"o-%s","amount":50,"currency":"EUR","body":{"product":"beans"}}\n' $i $i
    printf '{"customer":"n%s","kind":"consent_given","at":"2026-03-02T10:00:00Z","id":"c-%s","body":{"purpose":"marketing"}}\n' $i $i
done >many.ndjson
run db init --db s.db
run import customers many.csv --db s.db --yes
run import events many.ndjson --db s.db --yes --quiet
sed 's/from_email: hello@hollowlane.example/from_email: hello@hollow..example/' marram.yaml >wrong.yaml
want "a sender that is none" 0 "25 kept until the settings are better & hello@hollow..example" tick --db s.db --settings wrong.yaml --at 2026-03-10T10:00:00Z
check "nothing is refused" 0 "$(run outbox list --db s.db --state refused --json; jq length .out)"
run export events --db s.db --format ndjson
check "no address is dead" 0 "$(grep -c '"bounce"' .out)"
want "they all go once it is right" 0 "25 messages sent" outbox send --db s.db --at 2026-03-10T11:30:00Z
finish
