#!/bin/bash
# leave.sh MARRAM: leaving as a user meets it: two screens at most, open in every state, twice is once, killed or not; who hears of it, and what is put in writing.
. "$(dirname "$0")/lib.sh"

export MARRAM_DB=shop.db MARRAM_NOW=2026-07-21T10:00:00Z MARRAM_TODAY=2026-07-21
cat >marram.yaml <<'YAML'
company: {name: "Hollow Lane Coffee", address: "12 Hollow Lane, Bristol", from_email: hello@hollowlane.example}
exit: {mode: automatic, link: "https://hollowlane.example/leave"}
offers:
  - {name: pause-3-months, kind: pause, title: {en: "A pause of three months", de: "Drei Monate Pause"}, text: "Three months without a bill.", reasons: [budget_cut], cost: 30 EUR, holdout: 0.02, expires_days: 10}
  - {name: dear-one, kind: discount, title: "A discount", reasons: [undercut], cost: 300 EUR, approval_above: 100 EUR}
strategic: [B-5]
people: [{name: Mara, role: sales}, {name: Jo, role: operations}, {name: Sen, role: senior}]
YAML
printf '%s\n' '{"customer":"A-77","kind":"contract_start","at":"2025-11-01","id":"k1","subject":"K-500","amount":120,"currency":"EUR","body":{"number":"K-500","product":"Roastery plan","renewal":"2026-11-01","notice_days":30}}' \
    '{"customer":"A-78","kind":"contract_start","at":"2025-08-10","id":"k2","subject":"K-501","amount":120,"currency":"EUR","body":{"number":"K-501","renewal":"2026-08-10","notice_days":30}}' \
    '{"customer":"A-79","kind":"contract_start","at":"2025-08-10","id":"k3","subject":"K-502","body":{"number":"K-502"}}' '{"customer":"A-79","kind":"contract_start","at":"2025-08-10","id":"k4","subject":"K-503","body":{"number":"K-503"}}' \
    '{"customer":"B-1","kind":"order","at":"2026-07-14","id":"o1","amount":12,"currency":"EUR","body":{"product":"beans"}}' '{"customer":"B-2","kind":"order","at":"2026-07-14","id":"o2","amount":12,"currency":"EUR"}' \
    '{"customer":"B-3","kind":"order","at":"2026-07-14","id":"o3","amount":12,"currency":"EUR"}' '{"customer":"B-3","kind":"preference_changed","at":"2026-07-15","id":"p3","body":{"wanted":false}}' >events.ndjson
printf 'id,name,email,language\nA-77,Ada Example,ada@a.example,en\nB-1,Bea,bea@b.example,de\nB-2,Cy,cy@b.example,en\nB-3,Di,di@b.example,en\n' >customers.csv
run db init
run import events events.ndjson --source shop --yes
run import customers customers.csv --source shop --yes

# In two screens, and twice is once.
want "nothing said yet" 0 "has not said & leave start A-77" leave show A-77
want "a dry run" 0 "Dry run & wants to leave" leave start A-77 --dry-run
want "and it wrote nothing" 0 "has not said" leave show A-77
want "start" 0 "wants to leave .contract K-500. & marram leave confirm A-77 +last day 2026-11-01 & Nobody helped me" leave start A-77 --channel web
want "twice" 0 "as they had said" leave start A-77
want "reasons in their language" 0 "Niemand hat mir geholfen" leave show A-77 --language de-AT
want "no such reason" 3 "no reason 'ugly'.*--words" leave reason A-77 ugly
want "a reason that is none" 3 "say one" leave reason A-77
want "no offer was made" 3 "no offer that waits" leave accept A-77
want "a reason" 0 "Because: Nobody helps me: every problem takes weeks" leave reason A-77 poor_after_sales --words "every problem takes weeks"
want "both owners hear" 0 "2 customers|3 customers|4 customers|5 customers|6 customers|7 customers" tick
run task list --json
check "at once, and urgent" "Jo Mara" "$(jq -r '[.[] | select(.programme == "exit" and .customer == "A-77" and .urgent) | .owner] | sort | join(" ")' .out)"
holds "with what they said" jq -e '[.[] | select(.programme == "exit")][0].document.why | any(test("every problem takes weeks"))' .out
want "confirmed" 0 "has left .contract K-500.. Last day: 2026-11-01 & 2 screens" leave confirm A-77 --at 2026-07-21T10:02:00Z
want "twice" 0 "has left already & 2026-11-01" leave confirm A-77 --at 2026-07-21T10:03:00Z
run leave show A-77 --json --at 2026-07-21T10:04:00Z
holds "counted" jq -e '.state == "left" and .screens == 2 and (.seconds | . > 100 and . <= 121) and .reason == "poor_after_sales" and .last_day == "2026-11-01"' .out
run export events --kind leave_confirmed --json
check "once on record" 1 "$(run customer show A-77 --json; jq '[.. | objects | select(.kind? == "leave_confirmed")] | length' .out)"
want "it is put in writing" 0 "into the outbox" tick --at 2026-07-21T10:05:00Z
run outbox list --json
check "as what the law wants" "legal acknowledge" "$(jq -r '.[] | select(.programme == "exit") | .purpose' .out) $(run task list --all --json; jq -r '.[] | select(.programme == "exit" and .kind == "message") | .step' .out)"
run outbox list --json
want "with date, thanks, and an open door" 0 "Your last day & 1 November 2026 & Thank you & welcome" outbox show "$(jq -r '.[0].id' .out)"
want "it cannot be stayed away from now" 3 "have left already" leave stay A-77

# Too late for this term; several contracts; another last day.
want "the next term's end, and it is said" 0 "last day 2027-08-10, the end of the next term" leave start A-78
want "a day that has passed" 3 "2026-07-01 has passed" leave confirm A-78 --effective 2026-07-01
want "another day" 0 "Last day: 2026-09-30" leave confirm A-78 --effective 2026-09-30
want "which contract" 3 "2 contracts.*--contract .K-50., K-50." leave start A-79
want "this one" 0 "contract K-502" leave confirm A-79 --contract K-502
want "no such contract" 3 "no contract 'K-9'" leave start A-79 --contract K-9

# Without a contract: by the link alone, without a start; an objection is no obstacle.
run leave link B-1
link=$(cat .out)
want "the link leads out" 0 "Bea has left. Last day: 2026-07-21 & 1 screen" leave confirm "$link"
want "a link that was changed" 3 "no link to leave of this ledger" leave confirm "${link%?}x"
want "who objected to everything leaves as easily" 0 "Di has left" leave confirm B-3
want "stays after all" 0 "wants to leave" leave start B-2
want "stays after all" 0 "Cy stays" leave stay B-2
want "and may leave later" 0 "Cy has left" leave confirm B-2 --at 2026-07-22T10:00:00Z
want "an order brings them back" 0 "1.* added" import events /dev/stdin --source shop --yes --today 2026-08-20 <<<'{"customer":"B-2","kind":"order","at":"2026-08-01T10:00:00Z","id":"o9","amount":12,"currency":"EUR"}'
want "an offer" 0 "wants to leave" leave start B-2 --at 2026-08-02T10:00:00Z
printf '%s\n' '{"customer":"B-2","kind":"offer_shown","at":"2026-08-02T10:00:10Z","id":"of1","subject":"OF-1","amount":5,"currency":"EUR","body":{"number":"OF-1","offer":"a pause of three months","expires":"2026-08-09T00:00:00Z"}}' >offer.ndjson
run import events offer.ndjson --source shop --yes --today 2026-08-20
want "it can be answered" 0 "a pause of three months & leave accept B-2 & leave decline B-2" leave show B-2 --at 2026-08-02T10:01:00Z
want "expired" 3 "expired on 2026-08-09.*leave confirm" leave accept B-2 --at 2026-08-20T10:00:00Z
want "declined" 0 "wants to leave" leave decline B-2 --at 2026-08-02T10:02:00Z
want "and left" 0 "has left & 2 screens" leave confirm B-2 --at 2026-08-02T10:03:00Z

# The one offer of the catalogue, for the reason they give; kept, answered once; what needs a person's approval is not waited for.
run import events /dev/stdin --source shop --yes <<<'{"customer":"B-5","kind":"order","at":"2026-07-14","id":"o5","amount":12,"currency":"EUR"}'
run leave start B-5
want "an offer" 0 "A pause of three months. Three months without a bill & leave accept B-5" leave reason B-5 budget_cut
want "in their language" 0 "Drei Monate Pause" leave show B-5 --language de
run leave show B-5 --json
holds "as JSON" jq -e '.offer.offer == "pause-3-months" and (.offer.expires | startswith("2026-07-31")) and (.ways | contains(["accept", "decline", "confirm"]))' .out
want "on record" 0 "shown.*pause-3-months" customer show B-5
want "taken" 0 "B-5 stays" leave accept B-5 --at 2026-07-22T10:00:00Z
want "twice" 0 "B-5 stays already" leave accept B-5 --at 2026-07-22T10:01:00Z
want "on record" 0 "took.*pause-3-months" customer show B-5
run leave start B-5 --at 2026-07-23T10:00:00Z
run leave reason B-5 undercut --at 2026-07-23T10:00:10Z
run leave show B-5 --json --at 2026-07-23T10:00:20Z
check "nobody waits for an approval" null "$(jq -c .offer .out)"
want "and they leave" 0 "has left & 2 screens" leave confirm B-5 --at 2026-07-23T10:01:00Z

# Killed anywhere: the next attempt comes to the same.
run import events /dev/stdin --source shop --yes <<<'{"customer":"B-4","kind":"order","at":"2026-07-14","id":"o4","amount":12,"currency":"EUR"}'
for wait in 0.001 0.003 0.006 0.01 0.02; do
    for step in start confirm; do
        "$marram" leave $step B-4 --at 2026-08-03T10:00:00Z >/dev/null 2>&1 &
        victim=$!
        sleep $wait
        kill -9 $victim 2>/dev/null
        wait $victim 2>/dev/null
    done
done
want "in the end they have left" 0 "has left" leave confirm B-4 --at 2026-08-03T10:00:00Z
run customer show B-4 --json
check "once" "1 1" "$(jq '[.. | objects | select(.kind? == "leave_intent")] | length' .out) $(jq '[.. | objects | select(.kind? == "leave_confirmed")] | length' .out)"

# What is wrong.
want "nobody" 3 "no customer|nobody" leave start nobody
want "no verb" 2 "needs what to do" leave
want "no such verb" 2 "there is no 'go'" leave go A-77
want "nobody named" 2 "say who" leave start
want "one too many" 2 "one argument too many" leave start A-77 moved
want "a last day is of confirm" 2 "effective is of confirm" leave start A-77 --effective 2026-09-01
want "words that are no UTF-8" 3 "UTF-8" leave start A-79 --contract K-503 --words $'\xff' --at 2026-08-03T10:00:00Z
printf 'exit: {link: ""}\n' >none.yaml
want "no page" 3 "exit.link" leave link B-1 --settings none.yaml
finish
