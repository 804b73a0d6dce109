#!/bin/bash
# winback.sh MARRAM: those who left: win-back with its holdout and what is learnt of it, staying in touch, and letting go.
. "$(dirname "$0")/lib.sh"

export MARRAM_NOW=2026-02-05T10:00:00Z MARRAM_TODAY=2026-02-05
cat >marram.yaml <<'Y'
company: {name: Hollow Lane, address: 12 Hollow Lane, time_zone: Europe/Berlin}
delivery: {unsubscribe: no-more@hollowlane.example}
people: [{name: Sal, role: sales}, {name: Ops, role: operations}, {name: Sen, role: senior}]
follow_up: {mode: off}
preferences: {mode: off}
delight: {mode: off}
two_parents: {mode: off}
win_back: {holdout: 0.5}
strategic: [L-1, L-2, L-3]
Y
run db init --db w.db --key 000102030405060708090a0b0c0d0e0f
check "made" 0 "$code"
{
    echo customer_id,name,email
    for i in 1 2 3; do echo "L-$i,Left $i,l$i@mail.example"; done
    for i in $(seq 1 20); do echo "H-$i,Hold $i,h$i@mail.example"; done
    echo "M-1,Moved,m@mail.example"
    echo "X-1,Dear,x@mail.example"
} >customers.csv
run import customers customers.csv --db w.db --yes --quiet
event() { # CUSTOMER KIND AT BODY [REST]
    n=$((n + 1))
    echo "{\"customer\":\"$1\",\"kind\":\"$2\",\"at\":\"$3T10:00:00Z\",\"id\":\"e$n\",\"body\":$4${5-}}"
}
n=0
{
    for c in L-1 L-2 L-3 M-1 X-1 $(seq -f 'H-%g' 1 20); do
        event "$c" consent_given 2025-06-01 '{"purpose":"marketing"}'
        for m in 06 08 10 12; do event "$c" order "2025-$m-10" '{"product":"beans"}' ',"amount":50,"currency":"EUR"'; done
    done
    event L-1 leave_confirmed 2026-01-01 '{"reason_code":"lost_touch"}'
    event L-2 leave_confirmed 2026-01-01 '{"reason_code":"undercut"}'
    event L-3 leave_confirmed 2026-01-01 '{"reason_code":"poor_after_sales"}'
    for i in $(seq 1 20); do event "H-$i" leave_confirmed 2026-01-01 '{"reason_code":"lost_touch"}'; done
    event M-1 moved 2025-12-20 '{"out_of_area":true}'
    for i in 1 2 3 4 5; do
        event X-1 case_open "2026-01-0$i" "{\"number\":\"T-$i\",\"severity\":\"low\"}" ",\"subject\":\"T-$i\""
        event X-1 case_resolve "2026-01-1$i" "{\"number\":\"T-$i\",\"minutes\":90}" ",\"subject\":\"T-$i\""
    done
    for d in 20 21; do event X-1 survey "2026-01-$d" '{"name":"csat","score":1,"scale":5}'; done
} >events.ndjson
run import events events.ndjson --db w.db --yes --quiet
check "imported" 0 "$code"
run tick --db w.db
check "ticked" 0 "$code"

action() { # CUSTOMER PROGRAMME STEP JQ
    run task list --db w.db --all --json --limit 100000 --programme "$2"
    jq -r "[.[] | select(.customer == \"$1\" and .step == \"$3\")][0] | $4" .out
}
check "who drifted off is asked: a draft" proposed "$(action L-1 win_back ask .state)"
check "with the gain it rests on" 0.2 "$(action L-1 win_back ask '.effect * 1000 | round / 1000')"
holds "and the sums in words" grep -q "Worth .* give or take .* asked 30 % come back (0 of 0 here), not asked 10 %" <<<"$(action L-1 win_back ask '.document.why | join("; ")')"
check "bought away by price: left alone" null "$(action L-2 win_back ask .state)"
check "we failed them: put right first" "open Ops" "$(action L-3 win_back put_right '"\(.state) \(.owner)"')"
check "and not asked before" null "$(action L-3 win_back ask .state)"
id=$(action L-3 win_back put_right .id)
want "it is put right" 0 "is done" task done "$id" --db w.db --by Ops --note "one person who answers within the day"
held=$(run task list --db w.db --all --json --limit 100000 --programme win_back; jq '[.[] | select(.step == "held_out")] | length' .out)
drafts=$(jq '[.[] | select(.step == "ask" and (.customer | startswith("H-")))] | length' .out)
check "each is asked or held out" 20 $((held + drafts))
holds "some of each" test "$held" -gt 3 -a "$drafts" -gt 3
check "strategic accounts are no part of it" null "$(action L-1 win_back held_out .state)"
run tick --db w.db --at 2026-02-13T10:00:00Z
check "asked then, with what was put right" "one person who answers within the day" "$(action L-3 win_back ask '.document["values"]["case.remedy"]')"
want "the words" 0 "Subject: We have put it right & within the day" template preview win_back/put-right --customer L-3 --db w.db --set "case.remedy=one person who answers within the day"

# Moved: half a year on, and back with the next order.
check "not at once" null "$(action M-1 stay_in_touch hello .state)"
run tick --db w.db --at 2026-06-22T10:00:00Z
check "a sign of life" proposed "$(action M-1 stay_in_touch hello .state)"
export MARRAM_NOW=2026-06-25T10:00:00Z MARRAM_TODAY=2026-06-25
event M-1 order 2026-06-23 '{"product":"beans"}' ',"amount":50,"currency":"EUR"' >more.ndjson
run import events more.ndjson --db w.db --yes --quiet
run tick --db w.db --at 2026-06-25T11:00:00Z
check "back: nothing more" lapsed "$(action M-1 stay_in_touch hello .state)"

# Letting go: the sums, a person's word, then a draft.
check "a proposal" "open Sen" "$(action X-1 let_go decide '"\(.state) \(.owner)"')"
holds "with the sums" grep -q "They cost .*450 minutes written down, 0 cases at the usual" <<<"$(action X-1 let_go decide '.document.why | join("; ")')"
check "nothing is said before" null "$(action X-1 let_go farewell .state)"
id=$(action X-1 let_go decide .id)
want "decided" 0 "is done" task done "$id" --db w.db --by Sen --note "we do not suit each other"
run tick --db w.db --at 2026-06-25T12:00:00Z
check "a friendly end, as a draft" proposed "$(action X-1 let_go farewell .state)"

# What attempts came to is learnt.
run learn --db w.db --until 2026-06-25
check "learnt" 0 "$code"
run db check --db w.db
check "sound" 0 "$code"
finish
