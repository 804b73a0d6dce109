#!/bin/bash
# leaving.sh MARRAM: models of leaving judged on the past, from files and from a ledger.
# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"


field() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval("d"+sys.argv[2]))' "$1" "$2"; }

"$marram" simulate --customers 600 --years 2 --seed 5 --out shop --json >/dev/null
"$marram" db init --db shop.db >/dev/null
"$marram" import orders shop/orders.csv --db shop.db --yes --quiet

want "from a file" 0 "no order within & additive model & buying model & lead, days & foretell" backtest --leaving shop/orders.csv
cp .out file.txt
want "the same from a ledger" 0 "additive model" backtest --leaving --db shop.db
holds "... to the byte" cmp .out file.txt
want "the same for three threads" 0 "additive model" backtest --leaving shop/orders.csv --threads 3
holds "... to the byte" cmp .out file.txt
want "JSON" 0 '"verdict": & "lead_days_median" & "auc_less_model"' backtest --leaving shop/orders.csv --json --horizon 60d
if command -v python3 >/dev/null; then
    cp .out out.json
    check "its outcome" orders "$(field out.json '["outcome"]')"
    check "its horizon" 60 "$(field out.json '["horizon_days"]')"
    check "flags at 5 and 10 %" "[0.05, 0.1]" "$(field out.json '["models"][0]["flags"].__class__(f["rate"] for f in d["models"][0]["flags"])')"
else
    skip "the JSON's fields" "no python3"
fi
check "nothing is left behind" "" "$(ls "$TMPDIR")"

# Contracts.
{
    echo "customer,id,start,end,price,currency"
    for i in $(seq 1 400); do
        start=$((i * 2 % 500)) length=$((60 + i * i * 7 % 700))
        s=$(date -ud "2023-01-01 + $start days" +%F)
        e=
        [ $((start + length)) -lt 900 ] && e=$(date -ud "2023-01-01 + $((start + length)) days" +%F)
        echo "c$i,k$i,$s,$e,10,EUR"
    done
} >contracts.csv
want "contracts" 0 "with contracts & Cox & tenure" backtest --leaving contracts:contracts.csv
want "... and tickets that are not there" 5 "tickets.csv" backtest --leaving contracts:contracts.csv cases:tickets.csv

# What cannot be.
printf 'customer,date,amount\na,2024-01-01,5\nb,2024-02-01,5\n' >two.csv
want "too little" 3 "too short|no outcome" backtest --leaving two.csv
want "too long a horizon" 3 "shorter --horizon" backtest --leaving two.csv --horizon 3y
want "no source" 2 "needs a file, or --db" backtest --leaving
want "two sources" 2 "not both" backtest --leaving two.csv --db shop.db
want "how files are read, of a ledger" 2 "about files" backtest --leaving --db shop.db --mapping cdnow
want "a horizon of nothing" 2 "horizon" backtest --leaving two.csv --horizon 0d
want "a bad option" 2 "unknown" backtest --leaving two.csv --nonsense
want "no such file" 5 "nowhere.csv" backtest --leaving nowhere.csv
printf 'customer,date,amount\na,2024-01-01,5\nb,2024-02-31,5\n' >bad.csv
want "a line that cannot be read" 3 "2024-02-31" backtest --leaving bad.csv
"$marram" db init --db empty.db >/dev/null
want "an empty ledger" 3 "neither orders nor contracts" backtest --leaving --db empty.db

# The buying models on a ledger's orders: as on the file they came from, but for last digits (its customers come in another order).
until=$(sed 1d shop/orders.csv | cut -d, -f2 | sort | sed -n '$p' | cut -c1-10)
until=$(date -ud "$until - 120 days" +%F)
"$marram" backtest shop/orders.csv --until "$until" --horizon 13w 2>&1 | cut -c1-42 >a.txt
"$marram" backtest --db shop.db --until "$until" --horizon 13w 2>&1 | cut -c1-42 >b.txt
check "backtest of a file" yes "$(grep -q 'MBG/NBD' a.txt && echo yes)"
holds "backtest --db as of the file" cmp a.txt b.txt
want "both" 2 "not both" backtest shop/orders.csv --db shop.db --until 2024-12-31

# A model on the ledger's histories, kept in it.
want "no model yet" 3 "marram train" predict --db shop.db
want "train" 0 "Kept in the ledger & AUC" train --db shop.db --out left.json --threads 3
want "train on one thread" 0 "Kept in the ledger & AUC" train --db shop.db --out one.json --threads 1
same "... the same model" left.json one.json
want "predict" 0 "^id,probability,score,stage,feature_1" predict --db shop.db
cp .out chances.csv
check "one line each" yes "$([ "$(wc -l <chances.csv)" -gt 50 ] && echo yes)"
check "the likeliest first" "" "$(sed 1d chances.csv | cut -d, -f2 | sort -c -g -r 2>&1)"
check "stages" "" "$(sed 1d chances.csv | cut -d, -f4 | grep -vxE 'new|settling|thriving|coasting|drifting|leaving|returned')"
want "by the model in the file" 0 probability predict --db shop.db --model left.json --threads 2
holds "... the same" cmp .out chances.csv
first=$(sed -n 2p chances.csv | cut -d, -f1)
want "explain" 0 "leaves within 91 days & score, their sum" explain "$first" --db shop.db
want "explain says what the values are" 0 "\+- & not seen by it: AUC & What the values are & --top 0" explain "$first" --db shop.db --top 3
want "each of them" 0 "chance that no order comes" explain "$first" --db shop.db --top 0
fits80 "explain" explain "$first" --db shop.db
fits80 "the backtest" backtest --leaving --db shop.db
want "explain, JSON" 0 "\"contributions\" & \"stage\"" explain "$first" --db shop.db --json
if command -v python3 >/dev/null; then
    check "it adds up, to the bit" True "$(python3 -c 'import json; d = json.load(open(".out")); print(d["base"] + sum(c["contribution"] for c in d["contributions"]) == d["score"])')"
fi
export MARRAM_DB=shop.db
run explain "$first" --db shop.db
cp .out named.txt
want "explain ID, of the usual ledger" 0 "leaves within 91 days" explain "$first"
holds "... the same" cmp .out named.txt
want "predict, of the usual ledger" 0 "^id,probability,score,stage" predict
holds "... the same" cmp .out chances.csv
want "what the usual ledger's model goes by" 0 "silence" explain
want "a row whose table was forgotten, where there is a ledger" 3 "no customer 'row-17'" explain row-17 --model left.json
want "train, a file without a target" 2 "needs --target" train shop/orders.csv
want "predict, a file without a model" 2 "needs --model" predict shop/orders.csv
want "explain, a file without a model" 2 "needs --model" explain shop/orders.csv
want "help is of the ledger and of tables" 0 "marram train \\[--db URL\\] & marram train FILE & --horizon LENGTH & --target COLUMN" train --help
cp shop.db again.db
export MARRAM_DB=again.db
want "train, the usual ledger" 0 "AUC & Kept in the ledger" train --out again.json
holds "... the same model" cmp left.json again.json
unset MARRAM_DB
for command in train predict "explain 17"; do want "$command without a ledger" 2 "needs a file, or --db" $command; done
want "what the model goes by" 0 "silence" explain --db shop.db
want "the models of buying are others" 0 "No model is stored" models stored --db shop.db
want "score goes on as before" 0 "Customers" score --db shop.db
want "and so does predict" 0 probability predict --db shop.db
holds "... the same" cmp .out chances.csv
want "nobody of that name" 3 "nobody|no customer" explain nobody-has-this --db shop.db
want "a day before all" 3 "up to that day" predict --db shop.db --until 2020-01-01
want "a day long after the data" 0 "^id,probability & note: nobody is at risk on" predict --db shop.db --until 2027-12-31 --today 2028-01-01
for command in train predict explain; do want "$command, a day to come" 2 "--until 9999-12-31 is after today" $command --db shop.db --until 9999-12-31; done
want "changes, a day to come" 2 "--until 9999-12-31 is after today" changes --since 2024-01-01 --until 9999-12-31 --db shop.db
want "a report of a day to come" 2 "--until 9999-12-31 is after today" report --until 9999-12-31 --db shop.db
want "over the ledger" 2 "is the ledger itself" train --db shop.db --out ./shop.db
want "into a folder that is not there" 5 "cannot be written" train --db shop.db --out nowhere/left.json
want "no model of leaving" 3 "no model of leaving|no JSON" predict --db shop.db --model shop/orders.csv
want "files and a ledger" 2 "not both" train shop/orders.csv --db shop.db
want "too little to learn from" 3 "neither orders nor contracts" train --db empty.db
want "no ledger" 5 "there is no" train --db nowhere.db

# The same horizon, the same sort of base, whatever the command.
if command -v python3 >/dev/null; then
    for command in "reasons --db shop.db" "backtest --leaving shop/orders.csv"; do
        # shellcheck disable=SC2086
        run $command --horizon 6m --json
        check "six months: $command" 183 "$(field .out '["horizon_days"]')"
    done
    {
        sed 1d shop/orders.csv | cut -d, -f1 | sort -u | head -60 | while read -r who; do echo "{\"customer\":\"lead-$who\",\"kind\":\"touch_in\",\"at\":\"2024-03-04T10:15:00Z\",\"id\":\"t-$who\"}"; done
    } >leads.ndjson
    "$marram" db init --db leads.db >/dev/null
    head -41 contracts.csv >few.csv
    "$marram" import contracts few.csv --db leads.db --yes --quiet
    "$marram" import events leads.ndjson --db leads.db --yes --quiet
    run reasons --db leads.db --json
    check "who never bought does not make it a base without contracts" contracts "$(field .out '["mode"]')"
    want "... nor for the report" 0 "under contract" report --db leads.db --out leads
    run backtest --leaving --db leads.db --json
    check "... nor for the backtest" contracts "$(field .out '["outcome"]')"
fi

# Real data.
if [ -d "$data/cdnow" ]; then
    want "CDNOW sample" 0 "foretells who leaves" backtest --leaving "$data/cdnow/CDNOW_sample.txt"
    want "grocery" 0 "foretells who leaves" backtest --leaving "$data/grocery/groceryElog.csv" --mapping grocery
    r=$data/ravenstack
    want "RavenStack is noise" 0 "Nothing the model sees & Odd: .* before & Odd: .* go on" backtest --leaving ravenstack-accounts:"$r/ravenstack_accounts.csv" \
        ravenstack-subscriptions:"$r/ravenstack_subscriptions.csv" ravenstack-churn:"$r/ravenstack_churn_events.csv" ravenstack-tickets:"$r/ravenstack_support_tickets.csv" \
        ravenstack-usage:"$r/ravenstack_feature_usage.csv"
else
    skip "CDNOW, grocery, RavenStack" "no ../shared/data"
fi

finish
