#!/bin/bash
# sms.sh MARRAM: SMS through a real gateway that takes, is busy, refuses and drops; a kill in the middle; nothing is sent twice, and nothing as an e-mail.
. "$(dirname "$0")/lib.sh"
python=${PYTHON3:-/usr/bin/python3}
server=
cleanup() { [ -z "$server" ] || kill "$server" 2>/dev/null; }
serve() { # RECORD [DELAY]: starts the gateway on a free port, into $port
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null
    : >port
    SMS_DELAY=${2:-0} "$python" "$here/sms_gateway.py" "$1" >port 2>gateway.log &
    server=$!
    for _ in $(seq 100); do [ -s port ] && break; sleep .1; done
    port=$(cat port)
}
settings() { # PATH KEY [LINE of delivery]
    cat >marram.yaml <<Y
company: {name: Hollow Lane, address: "12 Hollow Lane, Bristol", country: GB, from_email: hello@hollowlane.example, time_zone: Europe/London}
delivery:
  sms_url: "http://127.0.0.1:$port$1"
  sms_headers: ["Authorization: Bearer {{env:$2}}", "Idempotency-Key: {{id}}"]
  sms_body: '{"to": "{{to}}", "message": "{{text}}", "ref": "{{id}}"}'
  allow_private: yes
  timeout_seconds: 10
  per_minute: 1000
${3:+  $3}
recovery: {mode: automatic}
delight: {mode: automatic, milestone_orders: [2]}
follow_up: {mode: automatic}
preferences: {mode: off}
two_parents: {mode: off}
review: {mode: off}
people: [{name: Mara Adler, role: sales, phone: "0117 496 0123"}, {name: Ops, role: operations}]
Y
}
export MARRAM_NOW=2026-03-01T08:00:00Z SMS_KEY=s3cret WRONG_KEY=other
serve taken.ndjson
settings /v1/messages SMS_KEY

# Settings and words.
want "sound" 0 "nothing is wrong" config check
sed 's/{{text}}/{{txt}}/' marram.yaml >bad.yaml
want "a body that says no text" 3 "delivery.sms_body.*\{\{txt\}\} is not known" config check bad.yaml
sed '/sms_body/d; s/{{env:SMS_KEY}}/abc/; s/allow_private: yes/allow_private: no/' marram.yaml >bad.yaml
want "what is missing, and a secret in the open" 3 "needs delivery.sms_body & must begin with https & secrets do not stand & 3 things" config check bad.yaml
sed 's/SMS_KEY/NOT_SET_HERE/' marram.yaml >bad.yaml
want "secrets may stand on another machine" 0 "nothing is wrong" config check bad.yaml
want "preview" 0 "^Hollow Lane Coffee: We have closed & part of SMS: [0-9]+ units in the GSM" template preview recovery/confirm --channel sms
want "in German" 0 "Ist er gelöst" template preview recovery/confirm --channel sms --language de
want "marketing ends with the way out" 0 "thank you\. Reply STOP to end$" template preview delight/milestone --channel sms
want "one character decides" 0 "2 parts of SMS: .*16-bit" template preview recovery/confirm --channel sms --set "case.subject=młynek"
want "as JSON" 0 '"encoding": "gsm-7" & "segments": 2' template preview promises/apology --channel sms --json
want "no sms, no text" 3 "no 'sms'.*a person's to write" template preview follow_up/first-week --channel sms
want "no such channel" 2 "email or sms" template preview recovery/confirm --channel fax
mkdir own
run template show recovery/confirm
sed 's/^sms: .*/sms: {{case.subject}} {{content.summary}} {{content.summary}} {{content.summary}} {{content.summary}} {{content.summary}} {{content.summary}} {{content.summary}} {{content.summary}} {{content.summary}}/' .out >own/long.md
want "a long one is warned of, and no fault" 0 "long.md:1:1: warning: its sms comes to 4 parts & nothing wrong" template check own/long.md
want "the built-in ones are fine" 0 "nothing wrong" template check "$source_dir/templates"

# Seven who like SMS best, and have an e-mail address as well; one whose number nobody can be certain of.
{
    echo 'customer_id,name,email,phone,owner_sales,owner_operations,kind,time_zone'
    for i in 1 2 3 4 5 6; do echo "n$i,Ann N$i,n$i@mail.example,07700 90012$i,Mara Adler,Ops,person,Europe/London"; done
    echo 'odd,Ann Odd,odd@mail.example,12,Mara Adler,Ops,person,Europe/London'
} >customers.csv
for who in n1 n2 n3 n4 n5 n6 odd; do
    printf '{"customer":"%s","kind":"order","at":"2026-02-02T10:00:00Z","id":"o-%s","amount":50,"currency":"EUR","body":{"product":"beans"}}\n' $who $who
    printf '{"customer":"%s","kind":"preference_changed","at":"2026-02-02T10:00:00Z","id":"p-%s","body":{"channel":"sms","wanted":true}}\n' $who $who
    printf '{"customer":"%s","kind":"case_open","at":"2026-03-02T10:00:00Z","id":"k-%s","subject":"T-%s","body":{"number":"T-%s","subject":"grinder \\"stops\\"","severity":"normal"}}\n' $who $who $who $who
    printf '{"customer":"%s","kind":"case_resolve","at":"2026-03-03T10:00:00Z","id":"r-%s","subject":"T-%s","body":{"number":"T-%s"}}\n' $who $who $who $who
done >events.ndjson
make() { # LEDGER
    run db init --db "$1"
    run import customers customers.csv --db "$1" --yes
    check "customers of $1" 0 "$code"
    run import events events.ndjson --db "$1" --yes --quiet
    check "events of $1" 0 "$code"
}
in_state() { run outbox list --db "$1" --state "$2" --json; jq length .out; }
make m.db
tasks() { run task list --db "$1" --json --limit 1000; jq '[.[] | select(.kind == "task" and (.what | test("SMS")))] | length' .out; }

# Without a gateway an SMS is a person's; with one it goes, and who cannot be reached by it stays a person's.
cp m.db none.db
sed '/sms_/d' marram.yaml >none.yaml
run tick --db none.db --settings none.yaml --at 2026-03-06T10:00:00Z
check "seven tasks, and no e-mail" "7 0" "$(tasks none.db) $(in_state none.db waiting)"
want "a dry run sends nothing" 0 "nothing was written" tick --db m.db --at 2026-03-09T10:00:00Z --dry-run
check "nothing went" 0 "$(wc -l <taken.ndjson)"
run tick --db m.db --at 2026-03-09T10:00:00Z --no-send
check "six in the outbox, one is a person's" "6 1" "$(in_state m.db waiting) $(tasks m.db)"
check "by SMS alone" sms "$(run outbox list --db m.db --state waiting --json; jq -r '[.[].channel] | unique | join(" ")' .out)"

# Settings of ours that are wrong: everything waits, with the reason, and no number is given up.
settings /v1/messages WRONG_KEY
want "a wrong key" 0 "1 to be tried again & Nothing more was tried: sms: .*401" outbox send --db m.db --at 2026-03-09T10:01:00Z
settings /v2 SMS_KEY
want "a wrong path" 0 "Nothing more.*404" outbox send --db m.db --at 2026-03-09T10:10:00Z
settings /v1/messages NONE_SUCH
want "a secret that is missing" 0 "kept until the settings are better & NONE_SUCH" outbox send --db m.db --at 2026-03-09T10:40:00Z
settings /v1/messages SMS_KEY
sed 's/country: GB, //' marram.yaml >nowhere.yaml
want "no country for national numbers" 0 "kept until the settings are better & company.country" outbox send --db m.db --settings nowhere.yaml --at 2026-03-09T11:50:00Z
kill "$server" && wait "$server" 2>/dev/null
server=
want "nobody there" 0 "Nothing more was tried" outbox send --db m.db --at 2026-03-09T13:00:00Z
check "all wait, none is given up, nothing went" "6 0 0" "$(in_state m.db waiting) $(in_state m.db refused) $(wc -l <taken.ndjson)"
run export events --db m.db --format ndjson
check "no number is dead" 0 "$(grep -c '"bounce"' .out)"

# It goes. Busy ends a run; what is left goes in the next.
serve taken.ndjson
settings /v1/messages SMS_KEY
for at in 14:00 14:10 14:20 14:30 14:40 15:00 15:30 16:00 17:00 18:00; do run outbox send --db m.db --at "2026-03-09T$at:00Z"; done
check "three were taken, each once" "+447700900121 +447700900122 +447700900125" "$(jq -r .to taken.ndjson | sort | paste -sd' ')"
check "what they read" 'Hollow Lane: We have closed your case "grinder "stops"" (T-n1). Is it solved? If not, tell us, and we open it again.' "$(jq -r 'select(.to == "+447700900121") | .text' taken.ndjson)"
check "two sent, one uncertain, one refused, two wait" "2 1 1 2" "$(in_state m.db sent) $(in_state m.db uncertain) $(in_state m.db refused) $(in_state m.db waiting)"
run customer show n3 --db m.db --json
holds "a number that is dead is on record" jq -e '[.events[] | select(.kind == "bounce" and .body.hard == true and .body.channel == "sms" and .body.address == "07700 900123")] | length == 1' .out
want "and the gate knows" 0 "no\." gate n3 --purpose service --channel sms --db m.db --at 2026-03-09T18:00:00Z
want "not of calls" 0 "yes|now|may" gate n3 --purpose service --channel phone --db m.db --at 2026-03-10T10:00:00Z
run customer show n1 --db m.db --json
holds "a touch is on record" jq -e '[.events[] | select(.kind == "touch_out" and .body.channel == "sms")] | length == 1' .out
for day in 10 11 12 13 14 16; do run outbox send --db m.db --at "2026-03-${day}T12:00:00Z"; done
check "given up in the end" "0 3" "$(in_state m.db waiting) $(in_state m.db refused)"
run export events --db m.db --format ndjson
check "but for one no number is dead" 1 "$(grep -c '"bounce"' .out)"
check "and nothing twice" "" "$(jq -r .id taken.ndjson | sort | uniq -d)"
id=$(run outbox list --db m.db --state uncertain --json; jq -r '.[0].id' .out)
want "a person settles it" 0 "settled" outbox settle "${id:0:8}" --as sent --db m.db

# Marketing needs the way out.
make w.db
for who in n1 n2; do
    printf '{"customer":"%s","kind":"consent_given","at":"2026-02-02T10:00:00Z","id":"c-%s","body":{"purpose":"marketing"}}\n' $who $who
    printf '{"customer":"%s","kind":"order","at":"2026-03-04T10:00:00Z","id":"o2-%s","amount":50,"currency":"EUR","body":{"product":"beans"}}\n' $who $who
done >more.ndjson
sed -i 's/recovery: {mode: automatic}/recovery: {mode: off}/' marram.yaml
run import events more.ndjson --db w.db --yes --quiet
run tick --db w.db --at 2026-03-09T10:00:00Z --no-send
want "without it it waits, and says why" 0 "must say sms_stop" plan --db w.db --explain n1 --at 2026-03-20T10:00:00Z
settings /v1/messages SMS_KEY 'sms_stop: Reply STOP to end'
sed -i 's/recovery: {mode: automatic}/recovery: {mode: off}/' marram.yaml
make v.db
run import events more.ndjson --db v.db --yes --quiet
run tick --db v.db --at 2026-03-09T10:00:00Z --no-send
id=$(run outbox list --db v.db --state waiting --json; jq -r '.[0].id' .out)
want "with it it goes, and says it" 0 "^Hollow Lane: .* Reply STOP to end$" outbox show "$id" --db v.db

# Killed again and again while it sends.
{
    echo 'customer_id,name,email,phone,owner_sales,owner_operations,kind,time_zone'
    for i in $(seq 10 39); do echo "k$i,K $i,k$i@mail.example,07700 9${i}001,Mara Adler,Ops,person,Europe/London"; done
} >customers.csv
for i in $(seq 10 39); do
    printf '{"customer":"k%s","kind":"preference_changed","at":"2026-02-02T10:00:00Z","id":"p-%s","body":{"channel":"sms","wanted":true}}\n' $i $i
    printf '{"customer":"k%s","kind":"case_open","at":"2026-03-02T10:00:00Z","id":"k-%s","subject":"T-%s","body":{"number":"T-%s","subject":"grinder","severity":"normal"}}\n' $i $i $i $i
    printf '{"customer":"k%s","kind":"case_resolve","at":"2026-03-03T10:00:00Z","id":"r-%s","subject":"T-%s","body":{"number":"T-%s"}}\n' $i $i $i $i
done >events.ndjson
serve killed.ndjson .03
settings /v1/messages SMS_KEY
make k.db
run tick --db k.db --at 2026-03-09T10:00:00Z --no-send
check "all in the outbox" 30 "$(in_state k.db waiting)"
seed=${MARRAM_SEED:-1}
echo "sms.sh: seed $seed"
RANDOM=$seed
for _ in $(seq 12); do { timeout -s KILL 0.$((RANDOM % 20 + 5)) "$marram" outbox send --db k.db --at 2026-03-09T10:00:00Z; } >/dev/null 2>&1; done
run outbox send --db k.db --at 2026-03-09T10:00:00Z
run outbox send --db k.db --at 2026-03-09T10:00:00Z
check "the gateway has nothing twice" "" "$(jq -r .to killed.ndjson | sort | uniq -d)"
sent=$(in_state k.db sent) unsure=$(in_state k.db uncertain) taken=$(wc -l <killed.ndjson)
check "every message is sent or uncertain" 30 "$((sent + unsure))"
holds "some were cut off" test "$unsure" -gt 0
holds "sent were taken ($sent), taken ($taken) are sent or uncertain ($unsure)" test "$sent" -le "$taken" -a "$taken" -le "$((sent + unsure))"
run db check --db k.db
check "the ledger is sound" 0 "$code"
finish
