#!/bin/bash
# score.sh MARRAM: score and models on a ledger, as a user meets them. On SQLite; tests/ledger/score.c has both stores.
. "$(dirname "$0")/lib.sh"
export MARRAM_NOW=2026-06-30T10:00:00Z MARRAM_DB=shop.db

"$marram" simulate --customers 3000 --seed 3 --out shop >/dev/null || exit 1
want "an empty ledger" 5 "marram db init" score
run db init
want "no orders" 3 "no orders & import & contracts are not forecast yet" score
want "no models yet" 0 "No model is stored" models stored
want "nothing to show" 3 "no model is stored" models show
run import orders shop/orders.csv --currency EUR --yes --quiet
want "no forecasts to export" 0 "0 rows of forecast & keeps no forecasts yet: .marram score. makes them" export forecast --out none.csv
refused "a part without a model" 3 "--fit-only" score --part 1/2
want "fit only" 0 "number [0-9]+ & fitted to 3,000 of 3,000 customers & fitting [0-9.]+ s & model is stored" score --fit-only
check "nothing forecast" 0 "$(sqlite3 shop.db 'SELECT COUNT(*) FROM forecast' 2>/dev/null || echo 0)"
want "the figures" 0 "stored & Customers     3,000, orders up to 2025-12-31 & The next 13.+weeks & To order & 80 % interval & At risk +EUR & overdue & scanning [0-9.]+ s, forecasting & docs/methods/score.md" score

# Sums: customers are in one stage each; parts add up to the whole.
run score --json
cp .out whole.json
check "stages add up" 3000 "$(number whole.json '.stages | add')"
check "all customers" 3000 "$(number whole.json .customers)"
check "not fitted again" null "$(number whole.json .fitted)"
holds "an interval round the money" jq -e '.value_minor_low < .value_minor and .value_minor < .value_minor_high and .value_at_risk_minor_low < .value_at_risk_minor' whole.json
check "what is at risk by stage adds up" "$(number whole.json .value_at_risk_minor)" "$(number whole.json '.stages_at_risk_minor | add')"
holds "an interval round the orders" jq -e '.expected_orders_low < .expected_orders and .expected_orders < .expected_orders_high' whole.json
for part in 1 2 3; do
    run score --part $part/3 --json
    cp .out part$part.json
done
near "orders of the parts" "$(number whole.json .expected_orders)" "$(jq -s 'map(.expected_orders) | add' part?.json)" 1e-12
check "value of the parts" "$(number whole.json .value_at_risk_minor)" "$(jq -s 'map(.value_at_risk_minor) | add' part?.json)"
run score --threads 4 --json
check "threads" "$(jq -S 'del(.seconds, .wall_seconds)' whole.json)" "$(jq -S 'del(.seconds, .wall_seconds)' .out)"

# Against `run` on the same file: fitted alone, they agree as far as fits do whose rows are in another order.
run run shop/orders.csv --out out --quiet
near "orders as run says" "$(number out/summary.json .expected_orders)" \
    "$(number whole.json .expected_orders)" 1e-3

# Models.
export MARRAM_NOW=2026-06-30T11:00:00Z
run score --refit --sample 1000 --json
cp .out refit.json
old=$(number whole.json .model) new=$(number refit.json .model)
check "refit is used" "$new" "$(number refit.json .fitted)"
if [ "$old" = "$new" ]; then fail "refit" "the same model"; else ok; fi
want "both stored" 0 "$old & $new" models stored
want "show" 0 "Number $old & log-likelihood & Holdout & Nobody orders again" models show "$old"
run models show "$old" --json
check "the document" 1 "$(jq .format .out)"
want "compare" 0 "Parameters & log-likelihood of their orders & customers to order & differs by" models compare "$old" "$new"
run models compare "$old" "$new" --json
check "compare as JSON" 2 "$(jq '.models | length' .out)"
want "pin" 0 "is pinned" models pin "$old"
run score --json
check "the pinned one is used" "$old" "$(jq -r .model .out)"
export MARRAM_NOW=2026-06-30T12:00:00Z
want "refit beside a pinned one" 0 "kept and not used" score --refit --sample 500
run score --json --model latest
check "latest in spite of the pin" false "$(jq .pinned .out)"
check "pin as JSON" "$old" "$("$marram" models pin "$old" --json | jq -r .pinned)"
check "unpin as JSON" null "$("$marram" models unpin --json | jq .pinned)"
want "unpin" 0 "latest" models unpin
want "by the beginning of its number" 0 "$old" score --model "${old:0:9}"
refused "no such model" 3 "no stored model" score --model 7x
refused "before there was anything" 3 "no order up to 1999-12-31: the first is of 2023-01-01 & later --until" score --until 1999-12-31
want "in the past" 0 "orders up to 2024-06-30 & all events were read" score --until 2024-06-30
want "quiet" 0 "" score --quiet
check "quiet says nothing" "" "$(cat .out .err)"

# Several currencies.
printf 'customer,date,amount,currency\nzed,2025-01-05,10,USD\nzed,2025-03-05,10,EUR\n' >usd.csv
run import orders usd.csv --yes --quiet
refused "two currencies" 3 "EUR and in USD & --rates" score
printf 'currency,rate\nUSD,0\n' >bad.csv
refused "a rate of nothing" 3 "bad.csv:2 & above 0" score --rates bad.csv
printf 'currency;rate\nDOLLAR;1,1\n' >bad.csv
refused "no currency" 3 "bad.csv:2 & ISO 4217" score --rates bad.csv
printf 'currency,day,rate\nUSD,2025-02-01,0.9\nEUR,,1\nUSD,2025-02-01,0.9\nUSD,2025-02-01,0.8\n' >bad.csv
refused "two rates for one day" 3 "bad.csv:5: rate '0.8' is another rate" score --rates bad.csv
printf 'currency,day,rate\nUSD,2025-02-01,0.9\n' >late.csv
want "rates that begin too late" 3 "begin later" score --rates late.csv
printf 'currency,rate\nUSD,0.9\n' >rates.csv
want "rates" 0 "Customers     3,001 & all events were read" score --rates rates.csv
want "rates are kept" 0 "Customers     3,001" score

# Money of which nobody said the currency is shown without one.
MARRAM_DB=plain.db run db init
MARRAM_DB=plain.db run import orders shop/orders.csv --yes --quiet
MARRAM_DB=plain.db want "no currency" 0 "^Value         [0-9,]+  .80 % interval [0-9,]+ to & marram export forecast" score
check "no code of none" "" "$(grep XXX .out)"
MARRAM_DB=plain.db want "no currency in a model" 0 "no import named" models show
id=$(MARRAM_DB=plain.db "$marram" export forecast | awk -F, 'NR == 2 {print $1}')
MARRAM_DB=plain.db want "no currency of a customer" 0 "value       [0-9.]+ expected" customer show "$id"

# The most at risk first.
"$marram" export forecast --by-risk --format ndjson | jq -r '.value_at_risk' >risks
check "as many" "$("$marram" export forecast --format ndjson | wc -l)" "$(wc -l <risks)"
holds "sorted by risk" sort -c -g -r risks
refused "only forecasts are" 2 "--by-risk goes with forecast alone" export customer --by-risk

# Usage.
refused "part 0" 2 "--part must be" score --part 0/2
refused "part 3 of 2" 2 "--part must be" score --part 3/2
refused "parts as words" 2 "--part must be" score --part one
refused "a part cannot refit" 2 "stored model" score --part 1/2 --refit
refused "model and refit" 2 "--model uses a stored model" score --model 1 --refit
refused "margin" 2 "above 0" score --margin 0
refused "horizon" 2 "at least a day" score --horizon 0.5
refused "an operand" 2 "takes no argument .x." score x
refused "an operand of report" 2 "takes no argument .x." report x
refused "models of nothing" 2 "none of stored" models x
refused "compare one" 2 "two models" models compare 1
refused "pin none" 2 "pin needs" models pin
refused "--db alone" 2 "say what to do" models --db shop.db
refused "no ledger" 5 "no.db" score --db no.db
finish
