#!/bin/bash
# offers_review.sh MARRAM: what an offer changed, by those held out of it: drawn on the way out, some stay; ripe and young, strategic, objecting and without room; verdicts; as JSON.
. "$(dirname "$0")/lib.sh"

export MARRAM_NOW=2026-03-02T10:00:00Z MARRAM_TODAY=2026-03-02
cat >marram.yaml <<'Y'
company: {name: Hollow Lane, address: 12 Hollow Lane, time_zone: Europe/Berlin}
offers:
  - {name: pause, kind: pause, title: A pause, text: For three months, reasons: [budget_cut], places: [exit], cost: 5 EUR, holdout: 0.4}
  - {name: visit, kind: person, title: A visit, text: We come, reasons: [lost_touch], places: [exit], holdout: 0.4}
  - {name: never, kind: person, title: Never, text: Nothing, reasons: [novelty_seeking], places: [exit], cap: 1, holdout: 0.4}
strategic: [C-1, C-2]
Y
run db init --db w.db --key 000102030405060708090a0b0c0d0e0f
run offers review --db w.db
check "nothing drawn yet" 0 "$code"
check "all three: not yet known" 3 "$(grep -c ': not yet known: nobody' .out)"
N=110
{
    echo customer_id,name,email
    for i in $(seq $N); do echo "C-$i,Customer $i,c$i@mail.example"; done
} >customers.csv
run import customers customers.csv --db w.db --yes --quiet
for i in $(seq $N); do
    for m in 10 12; do echo "{\"customer\":\"C-$i\",\"kind\":\"order\",\"at\":\"2025-$m-10T10:00:00Z\",\"id\":\"o$i-$m\",\"body\":{\"product\":\"beans\"},\"amount\":100,\"currency\":\"EUR\"}"; done
done >events.ndjson
run import events events.ndjson --db w.db --yes --quiet
check "customers and orders" 0 "$code"
shown=0 held=0
for i in $(seq $N); do
    at=2026-03-02T10:00:00Z
    [ "$i" -le 100 ] || at=2026-05-20T10:00:00Z
    run leave start "C-$i" --at $at --db w.db
    run leave reason "C-$i" budget_cut --at $at --db w.db --json
    if [ "$(jq -r .offer .out)" != null ]; then
        [ "$i" -le 2 ] || [ "$i" -gt 100 ] || shown=$((shown + 1))
        if [ $((i % 10)) -lt 8 ]; then run leave accept "C-$i" --at $at --db w.db; else run leave confirm "C-$i" --at $at --db w.db; fi
    else
        [ "$i" -gt 100 ] || held=$((held + 1))
        if [ $((i % 10)) -lt 2 ]; then run leave stay "C-$i" --at $at --db w.db; else run leave confirm "C-$i" --at $at --db w.db; fi
    fi
done
pause() { run offers review --offer pause --db w.db --at "$1" --json && jq -r "$2" .out; }
check "a month is not over" "not yet known 0 0" "$(pause 2026-03-20T10:00:00Z '.[0] | "\(.verdict) \(.after[0].ripe) \(.after[1].ripe)"')"
check "after a month: who is ripe, and who is not in it" "98 98 0 2" "$(pause 2026-04-15T10:00:00Z '.[0] | "\(.after[0].ripe) \(.after[1].too_young) \(.after[1].ripe) \(.not_in_it.strategic)"')"
check "both sides as drawn" "$shown $held" "$(pause 2026-04-15T10:00:00Z '.[0].after[0] | "\(.shown) \(.held_out)"')"
holds "the difference, and its interval" jq -e '.[0].after[0] | .difference > .4 and .difference < .8 and .low > .2 and .high < .9 and .low < .difference and .difference < .high' .out
check "as a table of figures" "[30,90]" "$(jq -c "[.[0].after[].days]" .out)"
check "a year of one brings more than it costs" "continue" "$(jq -r '.[0].verdict' .out)"
holds "what one kept costs, and how sure that is" jq -e '.[0] | .cost_of_one_kept_low < .cost_of_one_kept and .cost_of_one_kept < .cost_of_one_kept_high and .worth > 50' .out
check "after a quarter; the younger wait" "98 10" "$(pause 2026-06-10T10:00:00Z '.[0].after[1] | "\(.ripe) \(.too_young)"')"
run offers review --db w.db --at 2026-06-10T10:00:00Z
holds "for people" grep -q "^pause: continue: it keeps customers, and they bring more than it costs" .out
holds "in points" grep -qE "after 90 days   customers: [0-9]+ % of $shown shown it, [0-9]+ % of $held held out: \+[0-9]+ points \(95 %: \+[0-9]+ to \+[0-9]+\); 10 are younger" .out
holds "who is not in it" grep -q "not in it 2 strategic or objecting when drawn" .out
holds "the others are not known" grep -q "^visit: not yet known: nobody" .out
# Dear: the same offer, but each who takes it costs more than a year of theirs brings.
sqlite3 w.db "UPDATE offer_draw SET cost_minor = 90000" 2>/dev/null
check "dear: changed or dropped" true "$(pause 2026-06-10T10:00:00Z '.[0].verdict == "change" or .[0].verdict == "drop"')"
sqlite3 w.db "UPDATE offer_draw SET cost_minor = 500"
# Who objects later is not learnt from.
echo '{"customer":"C-3","kind":"consent_withdrawn","at":"2026-05-01T10:00:00Z","id":"w1","body":{"purpose":"profiling"}}' >w.ndjson
MARRAM_NOW=2026-06-01T10:00:00Z MARRAM_TODAY=2026-06-01 run import events w.ndjson --db w.db --yes --quiet
check "objecting since" 1 "$(pause 2026-06-10T10:00:00Z '.[0].not_in_it.objecting')"
run offers review --offer none --db w.db
check "no such offer" 3 "$code"
holds "and the way out" grep -q "marram offers list" .err
run offers list --offer pause --db w.db
check "--offer is of review" 2 "$code"
run offers nothing
check "usage" 2 "$code"
[ -z "${KEEP-}" ] || cp w.db marram.yaml /tmp/
finish
