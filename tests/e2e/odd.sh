#!/bin/bash
# odd.sh MARRAM: bases, amounts, dates, identifiers and tables nobody foresaw. Each gives a sound report or says why not.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh" || exit 1
export MARRAM_TODAY=9999-12-31

# A base of customers with rhythms of their own, some of whom leave; day 0 is 2023-01-01. AMOUNT is awk.
base() { # CUSTOMERS AMOUNT
    awk -v n="$1" "function u() { s = (s * 16807) % 2147483647; return s / 2147483647 }
        function date(d,   y, m, l) { y = 2023; for (l = 365; d >= l; l = y % 4 ? 365 : 366) { d -= l; y++ }
            for (m = 1; ; m++) { l = m == 2 ? (y % 4 ? 28 : 29) : m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31; if (d < l) break; d -= l }
            return sprintf(\"%04d-%02d-%02d\", y, m, d + 1) }
        BEGIN { s = 42; print \"customer,date,amount\"
            for (c = 0; c < n; c++) { t = int(u() * 600); gap = 5 - 40 * log(u())
                while (t < 700) { r = u(); print \"c\" c \",\" date(t) \",\" ($2); if (u() < .25) break; t += 1 + int(-gap * log(u())) } } }"
}
sound() { # NAME FOLDER: what holds of every report
    holds "$1: summary.json" jq -e '.customers > 0' "$2/summary.json"
    if sick "$2/report.html" "$2/customers.csv"; then fail "$1" "a number that is none in the output: $(grep -hoE '.{20}(nan|inf)[^a-z]' "$2"/* | head -2)"; else ok; fi
    check "$1: stages add up" true "$(jq '([.stages[].customers] | add) == .customers and ([.first_steps[].customers] | add) == .customers' "$2/summary.json")"
    check "$1: chances are chances" true "$(jq '.expected_customers >= 0 and .expected_customers <= .customers and (.call_first | all(.p_alive >= 0 and .p_alive <= 1 and .p_order >= 0 and .p_order <= .p_alive + 1e-6 + 1))' "$2/summary.json")"
    holds "$1: report.html" grep -q '</html>' "$2/report.html"
}
sees() { # NAME FILE OPTION...: a run that must succeed, within 20 seconds (two minutes under the sanitizer)
    local from=$SECONDS
    rm -rf odd
    want "$1" 0 "What was understood & Stages" run "${@:2}" --out odd
    [ "$code" = 0 ] && sound "$1" odd
    [ $((SECONDS - from)) -le $([ -n "$sanitized" ] && echo 120 || echo 20) ] || fail "$1" "took $((SECONDS - from)) s"
}

test_money() {
    local amount
    for amount in 0 1000000000 '"0.0001"' 10 '(r < .5 ? "0.0001" : 1000000000)' '(r < .5 ? "900000000000000" : 1)' '(r < .3 ? -50 : 10)' 'int(r * 90) ".5"'; do
        base 200 "$amount" >odd.csv
        sees "amounts of $amount" odd.csv
        holds "amounts of $amount: no column runs into the next" test -z "$(sed -n '/^Call first/,/^$/p' .out | grep -E '[%×][0-9]|…$')"
    done
    base 200 0 >odd.csv
    sees "nothing is spent" odd.csv
    check "that is said" "no customer with a second order spent anything" "$(jq -r .spend_model.problem odd/summary.json)"
    check "the base is worth nothing" "0" "$(jq -r '.expected_value' odd/summary.json | sed 's/\.0*$//')"
}
test_time() {
    base 200 5 >shop.csv
    { cat shop.csv; echo old,0001-01-01,5; } >odd.csv
    sees "one order in the year 1" odd.csv
    { cat shop.csv; echo late,9999-12-31,5; } >odd.csv
    sees "one order in the year 9999" odd.csv
    sees "a last day long after the orders" shop.csv --until 2124-12-31
    awk 'BEGIN { print "customer,date,amount"; s = 7; for (i = 0; i < 900; i++) { s = (s * 16807) % 2147483647; printf "c%d,%d-%02d-%02d,5\n", int((s % 1000 / 1000) ^ 2 * 150), 1920 + s % 101, 1 + s % 12, 1 + s % 28 } }' >odd.csv
    sees "a hundred years" odd.csv
    awk 'BEGIN { print "customer,date,amount"; for (y = 1990; y < 2017; y++) for (m = 1; m <= 12; m++) for (d = 1; d <= 28; d++) printf "daily,%d-%02d-%02d,9\n", y, m, d }' >odd.csv
    sed 1d shop.csv >>odd.csv
    sees "9,000 orders of one customer" odd.csv
    awk 'BEGIN { print "customer,date,amount"; for (c = 0; c < 60; c++) for (y = 2012; y <= 2024; y += 4) if ((c * 7 + y) % 5) printf "c%d,%d-02-29,5\n", c, y }' >odd.csv
    refused "leap days only, all at one rhythm" 4 "too much alike" run odd.csv --out nowhere
    awk 'BEGIN { print "customer,date,amount"; for (c = 0; c < 100; c++) for (i = 0; i < 12; i++) printf "c%d,2023-%02d-%02d,10\n", c, i + 1, 1 + c % 7 }' >odd.csv
    refused "a perfect clock" 4 "100 customers .100 with a second order. & too much alike" run odd.csv --out nowhere
    awk 'BEGIN { print "customer,date,amount"; for (i = 0; i < 80; i++) printf "c%d,2023-03-%02d,5\n", i % 40 + (i > 60), 1 + i % 2 }' >odd.csv
    refused "two days" 4 "second order" run odd.csv --out nowhere
    local days
    for days in 1d 1.5d 10y 100y; do sees "a horizon of $days" shop.csv --horizon $days; done
    rm -f shop.csv odd.csv
}
test_few() {
    local n
    for n in 2 3 5 9; do
        base $n 5 >odd.csv
        run run odd.csv --out odd
        if [ "$code" = 0 ]; then sound "$n customers" odd; else
            rm -rf odd
            refused "$n customers" 4 "$n customers .* & (too few|one order)" run odd.csv --out odd
        fi
    done
    base 300 5 >odd.csv
    for n in 1 10 50; do sees "a sample of $n" odd.csv --sample $n; done
    sees "1,000 threads" odd.csv --threads 1000
    sees "a margin of a millionth" odd.csv --margin 0.000001
    sees "no discount" odd.csv --discount-rate 0
    awk 'BEGIN { print "customer,date,amount"; for (i = 0; i < 20000; i++) printf "c%d,2023-%02d-%02d,5\nc%d,2024-%02d-%02d,7\n", i, 1 + i % 12, 1 + i % 28, i, 1 + i % 11, 1 + int(i / 7) % 28 }' >odd.csv
    refused "20,000 customers with two orders each" 4 "20000 customers & too much alike" run odd.csv --out nowhere
}
test_identifiers() {
    base 40 5 | awk -F, -v OFS=, 'BEGIN { n = split("日本語|Ünï|\"a,b\"|\"q\"\"q\"|\"new\nline\"|=1+1|+49 30|-x|@sum|<script>alert(1)</script>|&amp;|\033[31mred|null|0|00|\047lead|😀😀😀", id, "|") }
        NR > 1 { k = substr($1, 2) + 1; if (k <= n) $1 = id[k] } { print }' >odd.csv
    sees "strange identifiers" odd.csv
    check "none is lost" 40 "$(jq .customers odd/summary.json)"
    check "formulas are disarmed" "" "$(grep -nE '^"?[=@-]' odd/customers.csv)"
    check "markup is disarmed" "" "$(grep -o '<script>alert' odd/report.html)"
    check "the terminal's colours stay its own" "" "$(grep -c $'\033' .out | grep -v '^0$')"
    want "and all are known again" 0 "Since" run odd.csv --previous odd --out again
    check "none new, none gone" "0 0" "$(jq -r '.since | "\(.new) \(.gone)"' again/summary.json)"
    rm -rf again odd.csv
}
# A table for fit: what is said of it.
table() { # NAME CODE PATTERNS MODEL OPTION TEXT
    printf '%b' "$6" >table.csv
    refused "$1" "$2" "$3" fit "$4" table.csv "$5"
}
test_tables() {
    local head='frequency,recency,periods,weights\n'
    table "a weight below 0" 3 'table.csv:2: weights is -4' pareto-nbd --grouped "${head}1,2,3,-4\n0,0,3,5\n"
    table "a frequency below 0" 3 'table.csv:4: frequency is -1' pareto-nbd --grouped "${head}\n0,0,3,5\n-1,2,3,4\n"
    table "half an order" 3 'table.csv:2: frequency is 1.5; .*whole' pareto-nbd --grouped "${head}1.5,2,3,4\n"
    table "recency after the end" 3 'table.csv:2: recency is 5; .*periods' pareto-nbd --grouped "${head}1,5,3,4\n"
    table "recency of nobody" 3 'table.csv:2: recency is 1; .*frequency 0' pareto-nbd --grouped "${head}0,1,3,4\n"
    table "more orders than opportunities" 3 'table.csv:2: frequency is 3; .*opportunities' bg-bb --grouped "${head}3,2,3,4\n"
    table "no number" 3 "table.csv:2: periods 'soon'" bg-bb --grouped "${head}1,2,soon,4\n"
    table "no rows" 3 'table.csv & header & no line' bg-bb --grouped "${head}"
    table "no weight at all" 3 'weights' pareto-nbd --grouped "${head}1,2,3,0\n0,0,3,0\n"
    table "a missing column" 3 "table.csv & periods" bg-bb --grouped 'frequency,recency\n1,2\n'
    table "a rhythm from a summary" 2 'needs the orders themselves' mbg-cnbd-k --grouped "${head}1,2,3,4\n"
    table "spending from a summary" 2 'does not fit grouped data' gamma-gamma --grouped "${head}1,2,3,4\n"
    table "a cohort with a gap" 3 'table.csv:3: period is 3 where 2 was due' sbg --cohort 'cohort,period,lost\na,1,9\na,3,5\n'
    table "more lost than there were" 3 'table.csv:2: .*1000 customers & --cohort-size' sbg --cohort 'cohort,period,lost\na,1,1001\n'
    table "a loss below 0" 3 'table.csv:2: lost is -1' sbg --cohort 'cohort,period,lost\na,1,-1\n'
    table "no cohorts" 3 'table.csv & no line' sbg --cohort 'cohort,period,lost\n'
    table "nobody lost" 4 'cohort a: .*flat' sbg --cohort 'cohort,period,lost\na,1,0\na,2,0\n'
    table "cohorts of a buying model" 2 'does not fit cohorts' nbd --cohort 'cohort,period,lost\na,1,0\n'
    base 60 0 >odd.csv
    refused "spending where nothing is spent" 3 'second order spent anything' fit gamma-gamma odd.csv
}
test_checker() {
    local told
    mkdir -p ill; printf 'customer,p\nc1,nan\n' >ill/customers.csv; echo '</html>' >ill/report.html
    echo '{"customers": 2, "stages": [{"customers": 1}], "first_steps": [{"customers": 2}], "expected_customers": 3, "call_first": []}' >ill/summary.json
    told=$(failed=0; sound ill ill; echo $failed)
    check "the checker sees an ill report" 3 "$(tail -n 1 <<<"$told")"
    rm -rf ill
}

for t in money time few identifiers tables checker; do
    rm -rf .out .err .both .held .code odd odd.csv table.csv
    [ -z "${ONLY-}" ] || [ "$ONLY" = $t ] || continue
    test_$t
done
finish
