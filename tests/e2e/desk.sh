#!/bin/bash
# desk.sh MARRAM: the save desk as a person of it meets it: the queue by what a call is worth, the card, outcomes on record, somebody deleted in the midst of a case, what is learnt.
. "$(dirname "$0")/lib.sh"

settings() { # FILE PEOPLE...
    local file=$1 p
    shift
    {
        printf 'company: {name: Hollow Lane, address: 12 Hollow Lane, time_zone: Europe/Berlin}\npeople:\n'
        for p in "$@"; do printf '  - {name: %s, role: sales}\n' "$p"; done
        printf 'offers:\n'
        printf '  - {name: pause, kind: pause, title: A pause of three months, text: Nothing to pay while it lasts., reasons: [poor_after_sales], places: [desk], cost: 30 EUR, holdout: 0.02, expires_days: 30}\n'
        printf '  - {name: talk, kind: person, title: A talk with our chief, reasons: [budget_cut], places: [desk], cost: 30 EUR, approval_above: 20 EUR, holdout: 0.9, expires_days: 30}\n'
        printf 'strategic: [C-1]\n' # never held out, so that the test knows what is on the card
    } >"$file"
}
settings marram.yaml Ada Bea
run db init --db d.db
want "nothing yet" 0 "No call waits" desk next --db d.db
want "nothing yet" 0 "No call waits" desk list --db d.db
want "no record yet" 0 "Nobody has a record yet" desk record --db d.db
printf 'customer_id,name,email,phone,tier\nC-1,Ann Fox,ann@x.example,+49 30 111111,gold\nC-2,Bob Fox,bob@x.example,+49 30 222222,\nC-3,Cee Ltd,cee@x.example,+49 30 333333,gold\nC-4,Dee Ltd,dee@x.example,+49 30 444444,\n' >customers.csv
run import customers customers.csv --db d.db --yes --quiet
cat >events.ndjson <<'N'
{"customer":"C-1","kind":"contract_start","at":"2025-01-05T10:00:00Z","id":"k1","subject":"K-1","amount":100,"currency":"EUR","body":{"product":"Roastery plan","period_months":1,"renewal":"2026-12-31","notice_days":30}}
{"customer":"C-2","kind":"contract_start","at":"2025-01-05T10:00:00Z","id":"k2","subject":"K-2","amount":250,"currency":"EUR","body":{"product":"Roastery plan","period_months":1,"renewal":"2026-12-31"}}
{"customer":"C-3","kind":"contract_start","at":"2025-01-05T10:00:00Z","id":"k3","subject":"K-3","amount":50,"currency":"EUR","body":{"product":"Filter plan","period_months":1}}
{"customer":"C-4","kind":"contract_start","at":"2025-01-05T10:00:00Z","id":"k4","subject":"K-4","amount":40,"currency":"EUR","body":{"product":"Filter plan","period_months":1}}
{"customer":"C-1","kind":"case_open","at":"2026-03-20T10:00:00Z","id":"s1","subject":"T-1","body":{"subject":"Grinder broken","severity":"normal"}}
{"customer":"C-1","kind":"complaint","at":"2026-04-01T10:00:00Z","id":"p1","body":{"comment":"nobody answers my mails"}}
{"customer":"C-1","kind":"leave_intent","at":"2026-04-08T08:00:00Z","id":"l1","subject":"K-1","body":{"reason_code":"poor_after_sales","feedback":"nobody answers","channel":"web"}}
{"customer":"C-2","kind":"leave_intent","at":"2026-04-08T08:00:00Z","id":"l2","subject":"K-2","body":{"reason_code":"moved"}}
{"customer":"C-3","kind":"downgrade_request","at":"2026-04-08T08:00:00Z","id":"g3","subject":"K-3","amount":25,"currency":"EUR","body":{"reason":"our budget was cut"}}
{"customer":"C-4","kind":"leave_intent","at":"2026-04-08T08:00:00Z","id":"l4","subject":"K-4","body":{}}
N
run import events events.ndjson --db d.db --yes --quiet
check "imported" 0 "$code"
run tick --db d.db --at 2026-04-08T09:00:00Z

# --- the queue ---
run desk list --db d.db --at 2026-04-08T09:30:00Z --json
cp .out queue.json
check "four calls" 4 "$(number queue.json .calls)"
check "by what a call changes: who moved and has most to lose stands behind" '["C-1","C-2","C-4","C-3"]' "$(jq -c '[.queue[].customer]' queue.json)"
check "at stake" '[120000,300000,48000,30000]' "$(jq -c '[.queue[].value_minor]' queue.json)"
check "worth" '[24000,15000,9600,6000]' "$(jq -c '[.queue[].gain_minor]' queue.json)"
check "the sums" '[{"currency":"EUR","value_minor":498000,"gain_minor":54600}]' "$(jq -c .sums queue.json)"
want "as a table" 0 "Ann Fox +240.00 EUR +1200.00 EUR & 4 calls: 4980.00 EUR at stake in a year, 546.00 EUR of it assumed to be saved" desk list --db d.db --at 2026-04-08T09:30:00Z
fits80 "the table" desk list --db d.db --at 2026-04-08T09:30:00Z
want "the first" 0 "limit shows more" desk list --db d.db --limit 1 --at 2026-04-08T09:30:00Z
owner=$(jq -r '.queue[0].owner' queue.json)
id=$(jq -r '.queue[0].id' queue.json)
other=Ada; [ "$owner" = Ada ] && other=Bea
holds "somebody of ours" grep -q '^Ada$\|^Bea$' <<<"$owner"
run desk list --db d.db --as "$owner" --json --at 2026-04-08T09:30:00Z
check "of one of us" "$(jq -c "[.queue[] | select(.owner == \"$owner\") | .id]" queue.json)" "$(jq -c '[.queue[].id]' .out)"

# --- the card ---
run desk next --db d.db --as "$owner" --at 2026-04-08T09:30:00Z --json
cp .out card.json
check "worth most first" "$id" "$(number card.json .id)"
check "their story" true "$(jq '.story | any(startswith("Customer since 2025-01-05")) and any(contains("K-1: Roastery plan, 100.00 EUR a month")) and any(contains("Grinder broken (still open)")) and any(contains("nobody answers my mails"))' card.json)"
check "the reasons" true "$(jq '.why | any(contains("want to leave")) and any(contains("Nobody helps me")) and any(contains("It came to"))' card.json)"
check "their evidence" true "$(jq '.evidence | any(.kind == "leave_intent")' card.json)"
check "what to say" true "$(jq '.say | contains("Never stand between them and the door")' card.json)"
check "the offer" '"pause" "open" false' "$(jq -r '.offer | "\(.name | tojson) \(.state | tojson) \(.approval)"' card.json)"
check "whom to call" '+49 30 111111 now' "$(jq -r '.call | "\(.phone) \(.verdict)"' card.json)"
want "as text" 0 "Ann Fox: Wants to leave & story +Customer since & offer +A pause of three months & Now is a good time & marram desk done ${id:0:8}" desk next --db d.db --as "$owner" --at 2026-04-08T09:30:00Z
fits80 "the card" desk next --db d.db --as "$owner" --at 2026-04-08T09:30:00Z
run export events --db d.db --out shown.ndjson
check "shown once, however often it is looked at" 1 "$(grep -c '"offer_shown"' shown.ndjson)"
run desk next --db d.db --as "$owner" --at 2026-04-08T22:30:00Z --json
check "not at night" at "$(number .out .call.verdict)"
# Cee Ltd's offer is held out with a chance of nine in ten: then the card says nothing of it.
run desk list --db d.db --at 2026-04-08T09:30:00Z --json
hold=$(jq -r '.queue[] | select(.customer == "C-3") | .owner' .out)
want "nobody of that name" 0 "No call of theirs waits" desk next --db d.db --as Zoe

# --- outcomes ---
want "an outcome" 2 "saved, left, later or not_reached" desk done "$id" --db d.db
want "another word" 2 "not happy" desk done "$id" --outcome happy --db d.db
want "an answer" 2 "accepted or declined" desk done "$id" --outcome saved --offer perhaps --db d.db
want "an id" 2 "needs an ID" desk done --outcome saved --db d.db
want "no such id" 3 "no task|nothing|there is no" desk done ffff0000ffff0000 --outcome saved --db d.db
want "a day for later alone" 2 "later" desk done "$id" --outcome saved --on 2026-05-01 --db d.db
want "not reached, and answered" 3 "was not reached" desk done "$id" --outcome not_reached --offer accepted --db d.db
recovery=$(run task list --db d.db --programme recovery --json; jq -r '.[0].id' .out)
want "another programme's" 3 "not of the save desk" desk done "$recovery" --outcome saved --db d.db
two=$(jq -r '.queue[] | select(.customer == "C-2") | .id' queue.json)
four=$(jq -r '.queue[] | select(.customer == "C-4") | .id' queue.json)
want "there is no offer on that card" 3 "no offer on this card" desk done "$two" --outcome saved --offer accepted --db d.db --at 2026-04-08T10:00:00Z
want "saved" 0 "they stay" desk done "$id" --outcome saved --offer accepted --note "a pause will do" --db d.db --at 2026-04-08T10:00:00Z
want "the same again is the same" 0 "they stay" desk done "$id" --outcome saved --offer accepted --note "a pause will do" --db d.db --at 2026-04-08T10:01:00Z
want "another outcome is not" 3 "was 'saved'" desk done "$id" --outcome left --db d.db --at 2026-04-08T10:02:00Z
want "left" 0 "they leave" desk done "$two" --outcome left --db d.db --at 2026-04-08T10:03:00Z
want "not reached" 0 "called again" desk done "$four" --outcome not_reached --db d.db --at 2026-04-08T10:04:00Z
run export events --db d.db --out all.ndjson
check "touches, by outcome" '["left","not_reached","saved"]' "$(jq -sc '[.[] | select(.kind == "touch_out") | .body.outcome] | sort' all.ndjson)"
check "the offer's answer, once" 1 "$(grep -c '"offer_accepted"' all.ndjson)"
want "who stays" 0 "stays" leave show C-1 --db d.db --at 2026-04-08T11:00:00Z
want "who left" 0 "left" leave show C-2 --db d.db --at 2026-04-08T11:00:00Z
run tick --db d.db --at 2026-04-08T11:00:00Z
run tick --db d.db --at 2026-04-13T09:00:00Z
run desk list --db d.db --at 2026-04-13T09:00:00Z --json
check "who was not reached is called again, and Cee waits" '["C-4","C-3"]' "$(jq -c '[.queue[].customer]' .out)"
want "the second call" 0 "call 2 of 3" desk list --db d.db --at 2026-04-13T09:00:00Z

# --- somebody is deleted in the midst of their cases ---
run desk list --db d.db --at 2026-04-13T09:00:00Z --json
left=$(jq -r '.queue[] | select(.customer == "C-3") | .owner' .out)
stays=Ada; [ "$left" = Ada ] && stays=Bea
settings later.yaml "$stays"
run tick --db d.db --settings later.yaml --at 2026-04-13T09:05:00Z
run desk list --db d.db --settings later.yaml --at 2026-04-13T09:05:00Z --json
check "nothing is lost, and all of it is with who is there" "2 [\"$stays\"]" "$(jq -c '"\(.calls) \([.queue[].owner] | unique | tojson)"' .out | jq -r .)"
check "and it says so" true "$(jq "[.queue[] | select(.customer == \"C-3\") | .document.why[]] | any(contains(\"$left is not among our people any more, so it comes to $stays\"))" .out)"
want "the next tick has nothing to do" 0 "0 customers looked at|Nobody was due|nobody" tick --db d.db --settings later.yaml --at 2026-04-13T09:05:00Z
printf 'people: [{name: Ada, role: sales}]\nsave_desk: {people: [Ada, Zed]}\n' >wrong.yaml
want "a name that is nobody's" 3 "wrong.yaml:2: .*Zed" config check wrong.yaml

# --- what is learnt ---
run learn --db d.db --until 2026-05-20
check "learnt" 0 "$code"
run desk record --db d.db --json --reason poor_after_sales
check "four cases, one of them lost and one never decided" "4 2" "$(jq -r '"\([.people[].cases] | add) \([.people[].kept] | add)"' .out)"
check "all given out by lot or by the record, but who was handed over" true "$(jq '.by_lot.cases + .by_record.cases <= 4' .out)"
want "as a table" 0 "who +cases +kept +believed +between" desk record --db d.db
want "a reason there is not" 3 "no reason of the taxonomy" desk record --db d.db --reason bored
want "say what" 2 "next, list, done or record" desk
want "another word" 2 "not known" desk sell
run db check --db d.db
check "sound" 0 "$code"
finish
