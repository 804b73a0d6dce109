#!/bin/bash
# contracts.sh MARRAM: a base with contracts, from a file and from the ledger; the report of a ledger of orders; erosion.
. "$(dirname "$0")/lib.sh"
export MARRAM_NOW=2026-06-30T10:00:00Z
example=$source_dir/examples/contracts.csv

# --- the main job ---
want "the example" 0 "under contract & Recurring revenue & GRR & Renewals due & Customers to leave & Value at risk & Talk to first & it has|How far to trust it & Report: out/report.html" \
    run --contracts "$example" --out out
readme=$(awk '/^build\/marram run --contracts examples/ { on = 1 } on && /^```$/ { n++; next } n == 2' "$source_dir/README.md")
run run --contracts "$example" --until 2026-06-30 --out readme
check "what README shows" "$readme" "$(sed 's/\xc2\xa0/ /g' .out | head -n "$(wc -l <<<"$readme")")"
want "contracts read as orders" 0 "look like contracts & --contracts FILE" run "$example" --out orders
holds "the three files" test -s out/customers.csv -a -s out/summary.json -a -s out/report.html
holds "every month balances" jq -e '[.months[] | .then, .now | (.opening.customers + .new.customers + .returned.customers - .lost.customers == .closing.customers),
    ((.opening.recurring + .new.recurring + .returned.recurring + .expansion.recurring - .contraction.recurring - .lost.recurring - .closing.recurring) | fabs < 1e-6)] | all' out/summary.json
holds "a closing is the next opening" jq -e '[range(1; .months | length) as $i | .months[$i].now.opening == .months[$i - 1].now.closing] | all' out/summary.json
holds "grr and nrr" jq -e '[.months[].now | select(.opening.recurring > 0) | ((1 - (.contraction.recurring + .lost.recurring) / .opening.recurring - .grr) | fabs < 1e-9)
    and ((.grr + .expansion.recurring / .opening.recurring - .nrr) | fabs < 1e-9)] | all' out/summary.json
check "a row an account" "$(jq '.customers + .gone' out/summary.json)" "$(tail -n +2 out/customers.csv | wc -l)"
near "recurring adds up" "$(number out/summary.json .recurring)" \
    "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "recurring") c = i } NR > 1 { s += $c } END { print s }' out/customers.csv)" 1e-4
near "value at risk adds up" "$(number out/summary.json .value_at_risk)" \
    "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "value_at_risk") c = i } NR > 1 { s += $c } END { print s }' out/customers.csv)" 1e-3
holds "renewals ahead by number add up" jq -e '([.past_renewals[].ahead] | add) == .renewals_due and (([.past_renewals[].ahead_made] | add) - .renewals_made | fabs) < 1e-6
    and .renewals_made_low <= .renewals_made and .renewals_made <= .renewals_made_high and .renewals_made_high <= .renewals_due' out/summary.json
holds "ways to see renewals" jq -e '([.renewal_way.ways[].weight] | add - 1 | fabs) < 1e-9 and .renewal_way.dates_written_afterwards == false' out/summary.json
holds "an end of term is no moment" jq -e '.moments.term_clocks_left_out and .moments.left_at_term_ends * 2 > .moments.left and .moments.moments == []' out/summary.json
want "said in so many words" 0 "on the very day one ended" moments contracts:"$example" --today 2026-06-30
holds "tested on what followed" jq -e '.holdout.customers > 50 and .holdout.left > 0 and .holdout.auc > .5' out/summary.json
holds "every figure has its definition" sh -c "grep -oE 'href=\"#[a-z_-]+\"' out/report.html | sort -u | sed 's/href=\"#//; s/\"//' | while read -r id; do grep -q \"id=\\\"\$id\\\"\" out/report.html || { echo \$id; exit 1; }; done"
holds "no network" sh -c "! grep -qE '(src|href)=\"(https?:)?//' out/report.html"
run run --contracts "$example" --out again --quiet
holds "the same again" cmp out/customers.csv again/customers.csv
run run --contracts "$example" --out other --quiet --threads 3
check "all of it" "$(jq -S 'del(.timing)' out/summary.json | md5sum)" "$(jq -S 'del(.timing)' again/summary.json | md5sum)"
holds "on any number of threads" cmp out/customers.csv other/customers.csv
COLUMNS=80 run run --contracts "$example" --out out
check "not wider than 80" "" "$(sed 's/\xc2\xa0/ /g; s/[–…×█’]/x/g' .out | awk 'length($0) > 80')"
want "as of an earlier day" 0 "on 31.+Dec.+2024" run --contracts "$example" --until 2024-12-31 --out early
holds "what begins later is counted" jq -e '.input.not_begun > 0' early/summary.json
run run --contracts "$example" --json
holds "--json" jq -e '.base == "contracts"' .out

# --- the ledger says the same ---
run db init --db c.db --quiet
run import contracts "$example" --db c.db --yes --quiet
want "from the ledger" 0 "From the ledger & Report: ledger/report.html" report --db c.db --out ledger
check "the same accounts" "$(sort out/customers.csv | md5sum)" "$(sort ledger/customers.csv | md5sum)"
# The search for moments draws lots by the ledger's key.
check "the same figures" "$(jq -S 'del(.timing, .input, .moments)' out/summary.json | md5sum)" "$(jq -S 'del(.timing, .input, .moments)' ledger/summary.json | md5sum)"
run erosion --db c.db --json
cp .out erosion.json
check "erosion is the report's" "$(jq -S .months out/summary.json | md5sum)" "$(jq -S .months erosion.json | md5sum)"
want "erosion as a table" 0 "Jun.+2026 +68 +6 & at risk & no sign" erosion --db c.db
want "erosion of a file" 0 "Jun.+2026 +68 +6" erosion --contracts "$example"

# --- orders, from a file and from the ledger ---
"$marram" simulate --customers 1500 --seed 5 --out shop >/dev/null || exit 1
run run shop/orders.csv --out orders --quiet
run db init --db o.db --quiet
run import orders shop/orders.csv --db o.db --yes --quiet
want "the report of orders" 0 "From the ledger: .* orders & Call first & How far to trust it" report --db o.db --out orders2
# Fits add the same numbers in another order: a last printed digit may differ.
sort orders/customers.csv >one.csv
sort orders2/customers.csv >two.csv
check "as many customers" "$(wc -l <one.csv)" "$(wc -l <two.csv)"
check "the same customers" "" "$(paste -d, one.csv two.csv | awk -F, '{ n = NF / 2; for (i = 1; i <= n; i++) { a = $i; b = $(i + n); d = a - b; if (d < 0) d = -d
    if (a != b && !(d > 0 && d < 0.0101)) { print; next } } }' | head -3)"
for key in customers orders repeaters spend expected_customers expected_orders expected_orders_low expected_value value_at_risk; do
    near "$key" "$(number orders/summary.json .$key)" "$(number orders2/summary.json .$key)" 1e-6
done
check "the same model" "$(jq -c '[.model.model, .model.k, .cycle_model.model]' orders/summary.json)" "$(jq -c '[.model.model, .model.k, .cycle_model.model]' orders2/summary.json)"
check "the same erosion" "$(jq -c '[.erosion[] | [.month, .active, .passed, .came_back, .passed_now, .late, .shrinking]]' orders/summary.json)" \
    "$(jq -c '[.erosion[] | [.month, .active, .passed, .came_back, .passed_now, .late, .shrinking]]' orders2/summary.json)"
holds "late is some and not all" jq -e '([.erosion[].late] | add) > 0 and all(.erosion[]; .late <= .active and .shrinking <= .active)' orders/summary.json
want "erosion of orders" 0 "active & late & shrinking" erosion shop/orders.csv
want "erosion of the ledger" 0 "active & late" erosion --db o.db
want "as known then" 0 "up to 30.+Jun.+2025" report --db o.db --until 2025-06-30 --out then

# --- early signs from other records ---
cat >c.csv <<'EOF'
customer,start,end,price,months
Aster,2024-01-01,,1200,12
Birch,2024-03-01,2027-02-28,600,12
Cedar,2024-05-15,2025-05-14,300,12
Dune,2026-06-10,,90,1
Elm,2025-02-01,2026-08-01,50,1
EOF
cat >log.ndjson <<'EOF'
{"customer":"Aster","kind":"complaint","at":"2026-06-01T10:00:00Z","id":"e1"}
{"customer":"Birch","kind":"payment_failed","at":"2026-06-20T10:00:00Z","id":"e2"}
{"customer":"Elm","kind":"leave_confirmed","at":"2026-06-25T10:00:00Z","id":"e3"}
EOF
want "with events" 0 "3 customers under contract & 2 left before & Under notice +50" run --contracts c.csv events:log.ndjson --out signs
field() { awk -F, -v who="$1" -v what="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == what) c = i } $1 == who { print $c }' signs/customers.csv; }
check "a complaint" "mend the problem" "$(field Aster first_step)"
check "a payment" "mend the payment" "$(field Birch first_step)"
check "an end to come is the renewal" 2027-02-28 "$(field Birch renewal)"
check "price by its months" 50.00 "$(field Birch recurring)"
check "notice" left "$(field Elm state)"
check "new" "settle them in" "$(field Dune first_step)"
check "ended" 2025-05-14 "$(field Cedar left)"

# --- moments, reasons, fix list, reviews: in the report where the data carry them ---
want "a world" 0 "." simulate --world "$source_dir/examples/worlds/reasons.yaml" --customers 600 --seed 2 --out world
run db init --db world.db --quiet
run import customers world/customers.csv --db world.db --yes --quiet
run import events world/events.ndjson --db world.db --yes --quiet
want "the whole report" 0 "Talk to first & Why they left & Reviews & How far to trust it" report --db world.db --out whole
holds "its parts" jq -e '[.moments, .reasons, .fix_list, .reviews] | map(type == "object") | all' whole/summary.json
for id in moments reasons fixes reviews; do holds "section $id" grep -q "<section id=\"$id\"" whole/report.html; done
holds "an observed reason" sh -c "head -1 whole/customers.csv | grep -q observed_reason && grep -q 'observed: ' whole/customers.csv"
check "counted chances" counts "$(jq -r .chances_from whole/summary.json)"
run train --db world.db --horizon 13w --quiet
want "the ledger's model of leaving" 0 "model of leaving, learnt up to" report --db world.db --out learnt
check "its chances" model "$(jq -r .chances_from learnt/summary.json)"
holds "with an interval" jq -e '[.call_first[] | .p_leave_low < .p_leave and .p_leave < .p_leave_high] | all' learnt/summary.json
holds "and what raises them" grep -q "the chance is raised most by" learnt/customers.csv
want "another horizon is counted" 0 "." report --db world.db --horizon 6m --out longer
check "counts again" counts "$(jq -r .chances_from longer/summary.json)"
holds "none in contracts alone" jq -e '[.reasons, .fix_list, .reviews] | map(. == null) | all' out/summary.json
holds "no empty section" sh -c "! grep -q '<section id=\"reasons\"' out/report.html && ! grep -q '#reasons' out/report.html"

# --- bad files ---
bad() { # NAME PATTERNS LINE...: a header and these lines
    printf 'customer,start,end,price,currency\n' >bad.csv
    printf '%s\n' "${@:3}" >>bad.csv
    refused "$1" 3 "$2" run --contracts bad.csv --out none
}
bad "end before start" "bad.csv & line 3 & end & ends before it starts" "A,2025-01-01,2025-12-31,10,EUR" "B,2025-01-01,2024-12-31,10,EUR"
bad "a price below zero" "line 2 & price & below zero" "A,2025-01-01,,-10,EUR"
bad "no currency" "line 2 & currency & ISO 4217" "A,2025-01-01,,10,QQQ"
bad "no date" "line 3 & start" "A,2025-01-01,,10,EUR" "B,soon,,10,EUR"
bad "two currencies" "EUR & USD|USD & EUR" "A,2025-01-01,,10,EUR" "B,2025-01-01,,10,USD"
bad "nothing begun" "no contracts" "A,2031-01-01,,10,EUR"
printf 'customer,start,end,price\n' >bad.csv
refused "no lines" 3 "the files hold none that has begun" run --contracts bad.csv --out none
printf 'name,price\nA,10\n' >bad.csv
refused "no start" 3 "start" run --contracts bad.csv --out none
refused "no file" 5 "nowhere.csv" run --contracts nowhere.csv --out none
printf 'customer,start,end,price\nA,2025-01-01,2024-01-01,5\nB,2025-01-01,,5\nB,2025-03-01,,7\nC,2025-02-01,,5\nC,2025-02-01,,5\n' >odd.csv
want "skipped and counted, overlapping and repeated" 0 "1 line rejected & 2 customers under contract, 3 contracts" run --contracts odd.csv --on-error skip --out odd
near "two contracts of one, a repeat once" 17 "$(number odd/summary.json .recurring)" 1e-9
printf 'customer,start\nA,2025-01-01\nB,2026-01-01\n' >bare.csv
want "no prices, nobody left" 0 "No prices & 2 customers under contract" run --contracts bare.csv --out bare
holds "no money is null" jq -e '.has_money == false and .recurring == null and .value_at_risk == null' bare/summary.json

# --- lines left out are kept ---
printf 'customer,case,opened\nA,1,2025-01-05\nB,2,nope\n' >cases.csv
want "rejects of all files" 0 "3 lines? rejected; see rejects.csv|2 lines rejected; see" run --contracts odd.csv cases:cases.csv --on-error skip --out odd
check "one list of all files" "file,line,field,value,reason,text|odd.csv,2,end,2024-01-01|cases.csv,3,opened,nope" "$(cut -d, -f1-4 odd/rejects.csv | sed '1s/$/,reason,text/' | paste -sd'|')"
run run --contracts bare.csv --out odd --quiet
holds "an earlier list goes" test ! -e odd/rejects.csv
printf 'customer,start,end,price\nA,2025-01-01,,-5.5\n' >bad.csv
refused "the value below zero" 3 "bad.csv, line 2, price '-5.5'" run --contracts bad.csv --out none
printf 'customer,start,end,price\nA,2025-01-01,,5\nA,2025-01-01,,7\n' >bad.csv
want "given twice" 0 "given more than once .*first|number \(column contract\)" run --contracts bad.csv --out twice
holds "counted" jq -e '.input.repeated == 1 and .input.repeated_and_different == 1 and .recurring == 5' twice/summary.json

# --- several currencies ---
printf 'customer,start,end,price,currency\nA,2024-01-01,2025-01-01,10,EUR\nA,2025-01-01,2027-01-01,12,USD\n' >two.csv
printf 'currency,rate\nEUR,1\nUSD,0.9\n' >rates.csv
want "rates" 0 "EUR.+10.80" run --contracts two.csv --rates rates.csv --out two
refused "rates of orders" 2 "for --contracts" run shop/orders.csv --rates rates.csv --out none

# --- since an earlier run ---
run run --contracts "$example" --until 2026-01-31 --out before --quiet
want "what changed" 0 "Since the earlier run & Run of 31.+Jan.+2026: .* left & It expected .* have left in the" run --contracts "$example" --previous before --out since
holds "customers add up" jq -e '.since | .customers + .new + .returned - .left - .not_in_these_data == $n' --argjson n "$(jq .customers since/summary.json)" since/summary.json
holds "money adds up" jq -e '.since as $s | ($s.recurring + $s.recurring_new + $s.recurring_returned + $s.recurring_more - $s.recurring_less - $s.recurring_left - $s.recurring_not_in_these_data - .recurring) | fabs < 1' since/summary.json
check "a row a change" "$(jq .since.changes since/summary.json)" "$(tail -n +2 since/changes.csv | wc -l)"
check "who left stands there" "$(jq .since.left since/summary.json)" "$(awk -F, '$3 != "left" && $3 != "" && $4 == "left"' since/changes.csv | wc -l)"
holds "its section" grep -q '<section id="changes"' since/report.html
want "nothing changed since itself" 0 "0 new, 0 came back, 0 left, 0 pay more, 0 pay less" run --contracts "$example" --previous since --out same
check "no change, no row" 1 "$(wc -l <same/changes.csv)"
want "other terms" 0 "another horizon, margin or discount rate" run --contracts "$example" --previous before --horizon 6m --out same
want "of a ledger" 0 "Since the earlier run" report --db c.db --previous before --out ledger2
check "the same changes" "$(sort since/changes.csv | md5sum)" "$(sort ledger2/changes.csv | md5sum)"
want "of a ledger of orders" 0 "Since the earlier run" report --db o.db --previous then --out orders3
refused "a run of orders" 3 "run of orders" run --contracts "$example" --previous orders --out none
refused "a run of contracts" 3 "run of contracts" run shop/orders.csv --previous out --out none
mkdir damaged && cp before/summary.json damaged && sed '3s/under contract/gone/;3s/,left,/,gone,/' before/customers.csv >damaged/customers.csv
refused "a damaged run" 3 "customers.csv, line 3 & no state" run --contracts "$example" --previous damaged --out none
refused "no run" 5 "nowhere/summary.json" run --contracts "$example" --previous nowhere --out none

# --- a list of next renewals alone: a date that is past is that of somebody who left ---
awk 'BEGIN { srand(3); print "customer,start,end,price,months"
    for (i = 1; i <= 400; i++) { y = 2022 + int(rand() * 3); m = 1 + int(rand() * 12); n = y + 1; while (n < 2027) { if (n * 12 + m > 2026 * 12 + 6) break; if (rand() < .3) break; n++ }
        printf "C%03d,%d-%02d-15,%d-%02d-15,1200,12\n", i, y, m, n, m } }' >next.csv
want "told on the terminal" 0 "not one was & Everybody is given & nothing is put to" run --contracts next.csv --until 2026-06-30 --out next
holds "told in JSON, no AUC, one chance" jq -e '.renewal_way.dates_written_afterwards and .holdout == null and .chances_from == "rate" and ([.call_first[].p_leave] | unique | length) == 1' next/summary.json
holds "told in the report" grep -q "hold next dates alone" next/report.html
run db init --db next.db --quiet
run import contracts next.csv --db next.db --yes --quiet --today 2026-06-30
run train --db next.db --horizon 13w --quiet --today 2026-06-30
want "a model learnt from them is left aside" 0 "left aside" report --db next.db --until 2026-06-30 --out next2
check "no model" rate "$(jq -r .chances_from next2/summary.json)"
awk 'BEGIN { srand(3); print "customer,start,end,price,months"
    for (i = 1; i <= 400; i++) { y = 2022 + int(rand() * 3); m = 1 + int(rand() * 12); n = y + 1; while (n < 2029) {
        printf "C%03d,%d-%02d-15,%d-%02d-15,1200,12\n", i, n - 1, m, n, m; if (n * 12 + m > 2026 * 12 + 6) break; if (rand() < .3) break; n++ } } }' >terms.csv
want "a line a term tells" 0 "AUC & of these made" run --contracts terms.csv --until 2026-06-30 --out terms
holds "by renewal" jq -e '.chances_from == "counts" and .renewal_way.dates_written_afterwards == false and .renewals_made > .5 * .renewals_due' terms/summary.json

# --- the day looked from ---
want "an old file" 0 "from the last day anything happened; --until 2026-06-30 & 2 customers" run --contracts bare.csv --out bare
printf 'customer,start,end,price\nA,2025-01-01,2027-01-01,10\nB,2024-03-01,2027-03-01,20\n' >few.csv
want "a small base in which little happens is looked at today" 0 "on 30.+Jun.+2026" run --contracts few.csv --out few
want "a file older than its report" 0 "Nothing began or changed after" run --contracts terms.csv --until 2026-12-31 --out stale
refused "erosion of both" 2 "exclude" erosion --db c.db --contracts "$example"
refused "an unknown file beside it" 2 "what it is before it" run --contracts "$example" tickets --out none
run db init --db empty.db --quiet
refused "an empty ledger" 3 "no orders" report --db empty.db --out none
refused "no ledger" 5 "marram db init" report --db nowhere.db --out none
check "no passing ledger stays" "" "$(ls "$TMPDIR")"

# --- data in the public ---
if has_data telco/Telco-Customer-Churn.csv; then
    run run --contracts telco:"$data/telco/Telco-Customer-Churn.csv" --out telco --quiet
    check "telco: stayed and left" "5174 1869" "$(jq -r '"\(.customers) \(.gone)"' telco/summary.json)"
    near "telco: recurring" 316985.75 "$(number telco/summary.json .recurring)" 1e-6
    check "telco: of its day" 2020-01-01 "$(jq -r .until telco/summary.json)"
else skip telco "no data"; fi
if has_data ravenstack/ravenstack_subscriptions.csv; then
    want "ravenstack" 0 "500 customers under contract" run --contracts ravenstack-subscriptions:"$data/ravenstack/ravenstack_subscriptions.csv" --out raven
else skip ravenstack "no data"; fi
finish
