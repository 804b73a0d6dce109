#!/bin/bash
# budget.sh MARRAM: 'marram plan' under budgets: who gets what of money, messages and hours, why the others do not, and ticks that go by it.
. "$(dirname "$0")/lib.sh"

export MARRAM_NOW=2026-02-05T10:00:00Z MARRAM_TODAY=2026-02-05
settings() { # PLAN
    cat >marram.yaml <<Y
company: {name: Hollow Lane, address: 12 Hollow Lane, time_zone: Europe/Berlin}
delivery: {unsubscribe: no-more@hollowlane.example}
people: [{name: Sal, role: sales}, {name: Ops, role: operations}, {name: Sen, role: senior}]
follow_up: {mode: off}
preferences: {mode: off}
delight: {mode: off}
two_parents: {mode: off}
exit: {mode: off}
serve: {email: 0.5}
win_back: {mode: automatic, holdout: 0.02, letter_from: 100000}
strategic: [L-1, L-2]
plan: {$1}
Y
}
settings ""
run db init --db w.db --key 000102030405060708090a0b0c0d0e0f
{
    echo customer_id,name,email
    for i in $(seq 1 12); do echo "L-$i,Left $i,l$i@mail.example"; done
} >customers.csv
run import customers customers.csv --db w.db --yes --quiet
for i in $(seq 1 12); do
    echo "{\"customer\":\"L-$i\",\"kind\":\"consent_given\",\"at\":\"2025-06-01T10:00:00Z\",\"id\":\"c$i\",\"body\":{\"purpose\":\"marketing\"}}"
    for m in 06 08 10 12; do echo "{\"customer\":\"L-$i\",\"kind\":\"order\",\"at\":\"2025-$m-10T10:00:00Z\",\"id\":\"o$i-$m\",\"amount\":$((20 * i)),\"currency\":\"EUR\"}"; done
    echo "{\"customer\":\"L-$i\",\"kind\":\"leave_confirmed\",\"at\":\"2026-01-01T10:00:00Z\",\"id\":\"l$i\",\"body\":{\"reason_code\":\"lost_touch\"}}"
done >events.ndjson
echo '{"customer":"L-2","kind":"promise_made","at":"2026-01-06T10:00:00Z","id":"p1","subject":"P-1","body":{"what":"a loan machine","due":"2026-01-15T10:00:00Z"}}' >>events.ndjson
run import events events.ndjson --db w.db --yes --quiet
check "imported" 0 "$code"

# Without budgets: as ever.
run plan --db w.db
holds "nothing of budgets" test -z "$(grep -i budget .out)"
run plan --db w.db --json
check "no budgets in JSON" null "$(jq -c .budgets .out)"
asked=$(jq '[.plan[] | select(.programme == "win_back" and .fate == "send")] | length' .out)
holds "most are asked" test "$asked" -ge 8
want "nothing to keep" 3 "nothing to keep & plan.explore" plan --db w.db --keep

# Four messages: the four of most worth, and what the fifth would bring is what one more brings.
settings "messages: 4, money: 10 EUR"
want "what, and what one more brings" 0 "Under the day's budgets 4 of & nothing within the budgets brings more & messages +4.00 +0.00 +4.00 +[0-9.]+ EUR a message & money +10.00 +0.00 +2.00 +nothing: there is enough & Not kept" plan --db w.db
run plan --db w.db --json --limit 0
check "the four of most worth" true "$(jq '[.plan[] | select(.programme == "win_back" and .weighed)] | sort_by(-.worth) | [.[].fate] == (["send", "send", "send", "send"] + [range(length - 4) | "cut"])' .out)"
check "by brute force: their sum" true "$(jq '([.plan[] | select(.weighed)] | map(.weighed.gain) | sort | reverse | .[:4] | add) as $best | (.budgets.value - $best) | fabs < 1e-6' .out)"
check "a price of a message between the fourth's and the fifth's gain" true "$(jq '([.plan[] | select(.weighed)] | map(.weighed.gain) | sort | reverse) as $g | .budgets.resources[] | select(.resource == "messages") | .price <= $g[3] + 1e-6 and .price >= $g[4] - 1e-6' .out)"
best=$(jq -r '[.plan[] | select(.weighed)] | max_by(.worth) | .customer' .out)
last=$(jq -r '[.plan[] | select(.weighed)] | min_by(.worth) | .customer' .out)
want "why them" 0 "weighed: expected to bring & uses 1.00 of messages & chosen by the day's plan & send" plan --db w.db --explain "${best/Left /L-}"
want "why not the others" 0 "weighed: expected & cut: & messages & not today" plan --db w.db --explain "${last/Left /L-}"
want "what is owed is not weighed" 0 "loan machine & not weighed: owed & task" plan --db w.db --explain L-2
want "how long it took" 0 "weighing [0-9.]+ s, choosing [0-9.]+ s" plan --db w.db --verbose
run db status --db w.db --json
want "without a kept plan nothing is cut, and the tick says so" 0 "no plan of today is kept, and so nothing was cut" tick --db w.db --dry-run

# Kept: the tick does what it says.
want "kept" 0 "Kept: that day's ticks go by it" plan --db w.db --keep
run plan --db w.db --json --limit 0
planned=$(jq -c '[.plan[] | select(.programme == "win_back" and .fate == "send") | .id] | sort' .out)
check "shown again: the same" 4 "$(jq length <<<"$planned")"
want "the tick" 0 "4 into the outbox & not today by the day's budgets" tick --db w.db --no-send
run outbox list --db w.db --json
check "as the plan says" 4 "$(jq length .out)"
run task list --db w.db --all --json --limit 1000
check "those of the plan, and no others" "$planned" "$(jq -c '[.[] | select(.programme == "win_back" and .state == "in the outbox") | .id] | sort' .out)"
holds "the promise is seen to" test "$(jq '[.[] | select(.programme == "promises")] | length' .out)" -ge 1
want "a second tick does nothing" 0 "^0 customers looked at" tick --db w.db --no-send
want "the day's are gone" 0 "messages +4.00 +4.00 +0.00" plan --db w.db --keep
holds "the ledger is whole" "$marram" db check --db w.db

# The next day, nothing to spend: what is owed goes all the same.
settings "messages: 0, money: 0, hours: 0"
want "said clearly" 0 "Every budget is 0 & What is owed" plan --db w.db --at 2026-02-06T10:00:00Z --keep
want "and nothing of our own accord goes" 0 "customers? looked at: 0 new, .*not today by the day's budgets" tick --db w.db --no-send --at 2026-02-06T10:00:00Z
run outbox list --db w.db --json
check "as many as before" 4 "$(jq length .out)"

# By lot: known chances, on record, strategic accounts apart.
settings "messages: 100, explore: 1, explore_least: 0.4, explore_budget: 1"
want "by lot" 0 "of the customers were decided by lot \([0-9]+ of them: nothing\)" plan --db w.db --at 2026-02-09T10:00:00Z --keep
run plan --db w.db --at 2026-02-09T10:00:00Z --json --limit 0
check "chances" true "$(jq '[.plan[] | select(.weighed.how == "lot") | .weighed.probability] | length > 0 and all(.[]; . == 0.6 or . == 0.4)' .out)"
check "no strategic account" 0 "$(jq '[.plan[] | select((.customer == "Left 1" or .customer == "Left 2") and .weighed.how == "lot")] | length' .out)"

# Wrong budgets name file and line.
for wrong in "money: -5 EUR|marram.yaml:12.*500 EUR" "hours: lots|plan.hours must be" "messages: -1|plan.messages" "budget: 5|marram.yaml:12"; do
    settings "${wrong%%|*}"
    want "wrong: $wrong" 3 "${wrong#*|}" plan --db w.db
done
settings "messages: 4"
want "for everybody" 2 "for everybody and all programmes" plan --db w.db --keep --explain L-2
finish
