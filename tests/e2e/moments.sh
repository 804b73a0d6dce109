#!/bin/bash
# moments.sh MARRAM: critical moments, from files and from a ledger, as a user meets them.
# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"

# A contract business in which four times as many leave around day 30.
cat >world.yaml <<'EOF'
mode: contracts
customers: 3000
years: 2
leaving: {per_year: 0.4}
moments:
  - {name: first month, clock: days_since_start, at: 30, width: 14, ratio: 4}
EOF
run simulate --world world.yaml --out world --seed 2
run db init --db world.db
run import events world/events.ndjson --db world.db --yes --quiet

want "the moment is found" 0 "2,?[0-9]* customers|3,000 customers & critical moment & days_since_start [12][0-9] to [34][0-9] & hazard x [2-6] & within reach" moments world/events.ndjson
cp .out file.txt
want "the same from the ledger" 0 "critical moment" moments --db world.db
holds "... to the byte" cmp .out file.txt
want "the same on three threads" 0 "critical moment" moments --db world.db --threads 3
holds "... to the byte" cmp .out file.txt
want "in words" 0 "[0-9]+ to [0-9]+ days since the start" moments --db world.db
fits80 "moments" moments --db world.db
want "a chart" 0 "days_since_start: days since the first order & a year & \* & smoothed over" moments --db world.db --clock days_since_start
want "a clock that does not run" 0 "clock order_number does not run" moments --db world.db --clock order_number

want "each customer's next moments" 0 "within reach" moments --db world.db --customers next.csv --lead 3d
check "its head" "customer_id,name,tier,owner_sales,owner_operations,moment,clock,inside,from,to,contact,hazard_ratio" "$(head -1 next.csv)"
cp next.csv two.csv
want "the same customers on one thread" 0 "within reach" moments --db world.db --customers next.csv --lead 3d --threads 1
same "... in the same order" next.csv two.csv
holds "customers come to it" [ "$(wc -l <next.csv)" -gt 10 ]
holds "contact is before, or the morrow" awk -F, 'NR > 1 && $11 > $9 {exit 1}' next.csv
holds "never at a weekend, but where there is no other day" bash -c "awk -F, 'NR > 1 && \$8 == 0 {print \$11}' next.csv | sort -u | while read -r d; do [ \$(date -d \$d +%u) -le 5 ] || [ \$d = \$(awk -F, 'NR > 1 {print \$11}' next.csv | sort | head -1) ] || exit 1; done"
if command -v jq >/dev/null; then
    run moments --db world.db --json --clock all
    holds "JSON" jq -e '.contracts and .moments[0].clock == "days_since_start" and (.moments[0].middle - 29.5 | fabs) < 5 and .moments[0].ratio_low < .moments[0].ratio and (.clocks | length) > 5' .out
    holds "hazards with bands" jq -e '.clocks[] | select(.clock == "days_since_start") | .hazard | length > 600 and (.[30] | .low <= .hazard and .hazard <= .high)' .out
    holds "customers in the file are those said" [ "$(jq '[.moments[] | select(.date | not) | .inside + .ahead] | add' .out)" = "$(($(wc -l <next.csv) - 1))" ]
else
    skip "JSON" "no jq"
fi

# A day in the past: nothing after it counts.
want "until" 0 "until 2024-12-31" moments --db world.db --until 2024-12-31
want "until a day to come" 2 "--until 9999-12-31 is after today" moments --db world.db --until 9999-12-31
want "since" 0 "customers until" moments --db world.db --since 2024-06-01

# Orders.
run simulate --customers 1500 --years 2 --seed 5 --out shop
want "orders" 0 "without contracts & ordered in the last 60 days & By their silence some & order_number" moments shop/orders.csv --horizon 60d

# What cannot be.
want "no file" 2 "needs a file" moments
want "both" 2 "not both" moments world/events.ndjson --db world.db
want "no such clock" 2 "--clock must be all or one of .*days_to_renewal.*not 'tea'" moments --db world.db --clock tea
want "a level" 2 "--level" moments --db world.db --level 2
want "a horizon" 2 "--horizon" moments --db world.db --horizon 0d
want "a folder that is not there" 5 "cannot be written" moments --db world.db --customers nowhere/next.csv
want "over the ledger by another name" 2 "where the customers are read from" moments --db world.db --customers ./world.db
want "over the file read" 2 "where the customers are read from" moments world/events.ndjson --customers world/events.ndjson
# Contracts by the month can only be left when a month of theirs ends: that is no moment, where nothing else is planted; a third month in which three times as many leave is one.
monthly() { # THIRD: how many times as many leave at the end of the third
    awk -v third="$1" 'BEGIN {srand(4711); print "customer,start,end,price"
        for (i = 0; i < 2500; i++) {
            y = 2022 + int(rand() * 3); m = 1 + int(rand() * 12); d = 1 + int(rand() * 28)
            for (k = 1; rand() > 0.03 * (k == 3 ? third : 1); k++);
            e = y * 12 + m - 1 + k
            end = e < 2025 * 12 + 12 ? sprintf("%d-%02d-%02d", int(e / 12), e % 12 + 1, d) : ""
            printf "c%d,%d-%02d-%02d,%s,10\n", i, y, m, d, end
        }}'
}
monthly 1 >monthly.csv
want "by the month" 0 "contracts go by the month & No critical moment" moments contracts:monthly.csv --today 2026-01-05
monthly 4 >third.csv
want "by the month, the third" 0 "contracts go by the month & 1 critical moment & days_since_start" moments contracts:third.csv --today 2026-01-05
awk 'BEGIN {print "customer,date,amount"; for (i = 0; i < 300; i++) print "c" i ",2024-01-01,5"; print "z,2025-12-01,5"}' >gone.csv
want "everybody left" 0 "some 300 left & No critical moment" moments gone.csv
want "over the ledger" 2 "write over the ledger" moments --db world.db --customers world.db
want "a ledger that is not there" 5 "" moments --db nothing.db
want "before everything" 3 "" moments --db world.db --until 1999-01-01
want "nothing between" 3 "--since" moments --db world.db --since 2099-01-01
printf 'customer_id,date,amount\n1,2025-01-01,5\n2,2025-02-01,7\n1,2026-01-01,5\n' >few.csv
want "too few" 3 "at least 30" moments few.csv --currency EUR
check "nothing is left behind" "" "$(find . -name '*.part')"
finish
