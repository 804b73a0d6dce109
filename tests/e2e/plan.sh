#!/bin/bash
# plan.sh MARRAM: what would be done for whom and why ('marram plan'), and what each contact wants ('marram preference').
. "$(dirname "$0")/lib.sh"

export MARRAM_NOW=2026-01-20T10:00:00Z MARRAM_TODAY=2026-01-20
cat >marram.yaml <<'Y'
company: {name: Hollow Lane, address: 12 Hollow Lane, time_zone: Europe/Berlin}
follow_up: {mode: automatic}
preferences: {link: "https://hollowlane.example/wishes"}
Y
run db init --db p.db
printf 'customer_id,name,email\nC-1,Ann Fox,ann@mail.example\nC-2,Bob Fox,bob@mail.example\n' >customers.csv
run import customers customers.csv --db p.db --yes --quiet
cat >events.ndjson <<'N'
{"customer":"C-1","kind":"order","at":"2026-01-05T10:00:00Z","id":"o1","amount":50,"currency":"EUR"}
{"customer":"C-1","kind":"consent_given","at":"2026-01-05T10:00:00Z","id":"g1","body":{"purpose":"marketing"}}
{"customer":"C-2","kind":"order","at":"2026-01-05T10:00:00Z","id":"o2","amount":50,"currency":"EUR"}
{"customer":"C-2","kind":"promise_made","at":"2026-01-06T10:00:00Z","id":"p1","subject":"P-1","body":{"what":"a loan machine","due":"2026-01-15T10:00:00Z"}}
N
run import events events.ndjson --db p.db --yes --quiet

# The plan: what a tick would do, and nothing of it done.
want "who and what" 0 "worth +customer & Ann Fox +follow_up & Bob Fox +promises & refused by the rule consent" plan --db p.db
want "urgent goes first" 0 "1! .*Bob Fox" plan --db p.db
run plan --db p.db --json
check "as many as a tick would make" "$(jq .candidates .out)" "$(run tick --db p.db --dry-run --json; jq '[.looks[].actions[] | select(.fate != "lapses")] | length' .out)"
run plan --db p.db --json
check "counted by what becomes of them" "$(jq .candidates .out)" "$(jq '.fates | add' .out)"
check "in order of rank" "[true]" "$(jq -c '[.plan | map(.urgent) | . == (sort | reverse)]' .out)"
want "why" 0 "promises & apolog|overdue & address +no|consent +no" plan --db p.db --explain C-2
want "why, of Ann" 0 "budget +yes +0 of 4 & hours +yes & Chosen in this order" plan --db p.db --explain C-1
run plan --db p.db --explain C-1 --json
check "each rule of the gate, as JSON" true "$(jq -c '[.plan[] | select(.rules)] | length > 0 and all(.[]; .rules | length > 3)' .out)"
run plan --db p.db --limit 1 --json
want "by the number it gives" 0 "a loan machine" plan --db p.db --explain "#$(jq -r '.plan[0].customer_id' .out)"
want "a number that is nobody's" 3 "no customer #7" plan --db p.db --explain "#7"
run plan --db p.db --programme promises --json
check "of one programme" '["promises"]' "$(jq -c '[.plan[].programme] | unique' .out)"
run plan --db p.db --limit 1 --json
check "the first alone" "1 true" "$(jq -r '"\(.plan | length) \(.candidates > 1)"' .out)"
want "no such programme" 2 "there is no programme 'fun'; there are exit" plan --db p.db --programme fun
want "nobody" 3 "no customer .C-9" plan --db p.db --explain C-9
want "a word too many" 2 "one argument too many" plan C-1 --db p.db
want "no ledger" 5 "no.db" plan --db no.db
run task list --db p.db --all --json
check "nothing was written" 0 "$(jq length .out)"

# What they want.
want "nothing is known" 0 "Nothing is known" preference show C-2 --db p.db
want "consent, and where it is from" 0 "marketing +given +2026-01-05 +2026-01-05 +consent_given" preference show C-1 --db p.db
want "said" 0 "5 preferences of the account recorded" preference set C-1 --channel email=yes --topic account=no --hours "14:00-18:00 mon-fri" --time-zone Europe/Lisbon --language pt --db p.db
want "said and shown" 0 "channel email +wanted +2026-01-20 & topic account +not wanted & hours +14:00-18:00 mon-fri & time zone +Europe/Lisbon & language +pt & preference_changed" preference show C-1 --db p.db
run preference set C-1 --channel email=yes --at 2026-03-01T10:00:00Z --db p.db
run preference show C-1 --db p.db --json
check "the same again confirms it" '["2026-01-20T10:00:00Z","2026-03-01T10:00:00Z"]' "$(jq -c '.[] | select(.about == "channel email") | [.learnt, .confirmed]' .out)"
run preference set C-1 --channel email=yes --at 2026-03-01T10:00:00Z --db p.db
check "the same event is one" 0 "$code"
want "the gate goes by it" 0 "hours +later +.*14:00" gate C-1 --purpose marketing --at 2026-01-21T09:00:00Z --db p.db
want "nothing at all" 0 "1 preference" preference set C-1 --everything no --at 2026-03-02T10:00:00Z --db p.db
want "the gate knows" 0 "objected to being contacted at all" gate C-1 --purpose marketing --at 2026-03-03T15:00:00Z --db p.db
want "shown" 0 "being contacted at all +not wanted +2026-03-02" preference show C-1 --db p.db

# The signed link.
run preference link C-2 --db p.db
check "a link" 0 "$code"
link=$(cat .out)
want "whose it is" 0 "^Bob Fox" preference read "$link" --db p.db
want "by the token alone" 0 "^Bob Fox" preference read "${link##*=}" --db p.db
other=0; [ "${link: -1}" = 0 ] && other=1
want "changed" 3 "no link of this ledger's" preference read "${link%?}$other" --db p.db
want "cut" 3 "no link of this ledger's" preference read "${link%????}" --db p.db
want "what they said by it" 0 "2 preferences" preference read "$link" --channel phone=no --topic news=yes --db p.db
want "is known" 0 "channel phone +not wanted & topic news +wanted" preference show C-2 --db p.db
printf 'company: {name: X}\n' >bare.yaml
want "no page for it" 3 "preferences.link" preference link C-2 --db p.db --settings bare.yaml

# Wrong words change nothing.
for wrong in "--channel fax=yes|channel must be email" "--channel email|then =yes or =no" "--topic =yes|topic must be a name" "--hours noon|hours must be as in" "--time-zone Mars/Olympus|no time zone" "--language x|BCP 47" "--everything maybe|must be yes or no"; do
    # shellcheck disable=SC2086
    want "wrong: $wrong" 3 "${wrong#*|}" preference set C-2 --topic tips=yes ${wrong%%|*} --db p.db
done
run preference show C-2 --db p.db --json
check "nothing of it was kept" 0 "$(jq '[.[] | select(.about == "topic tips")] | length' .out)"
want "no words" 2 "say what they want" preference set C-2 --db p.db
want "show sets nothing" 2 "show changes nothing" preference show C-2 --topic tips=yes --db p.db
want "no such contact" 3 "have no contact 'zed'" preference set C-2 --contact zed --topic tips=yes --db p.db
want "no such verb" 2 "must be show, set, link or read" preference list C-2 --db p.db
finish
