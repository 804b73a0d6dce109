#!/bin/bash
# run.sh MARRAM: the commands on real data and on a made-up shop: what is written, golden values, parity, options.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh" || exit 1

# --- what a run leaves ---

documented_header() { # HAS-CONTACTS: the columns of customers.csv as docs/output.md lists them
    sed -n '/^## customers.csv/,/^## changes.csv/p' "$source_dir/docs/output.md" | grep '^| `' | cut -d'|' -f2 | grep -o '`[a-z_0-9]*`' |
        tr -d '`' | { [ "$1" = yes ] && cat || grep -vxE 'name|email|phone'; } | paste -sd,
}
undocumented_keys() { # FILE: keys of summary.json that docs/output.md does not have
    jq -r 'keys[]' "$1" | while read -r key; do
        grep -q "\`$key[\`.[]" "$source_dir/docs/output.md" || case $key in *_low | *_high) ;; *) echo "$key" ;; esac
    done
}
self_contained() { # FILE
    ! grep -qE 'https?:|src="[^d]|<link|@import|url\([^#)]' "$1"
}
sound_output() { # NAME FOLDER CUSTOMERS CONTACTS
    local files
    files=$(cd "$2" && find . -mindepth 1 | sort | paste -sd' ')
    check "$1: the files" "./customers.csv ./report.html ./summary.json" "$files"
    check "$1: the header" "$(documented_header "$4")" "$(head -n 1 "$2/customers.csv")"
    check "$1: a row a customer" "$3" "$(($(wc -l <"$2/customers.csv") - 1))"
    holds "$1: summary.json is JSON" jq -e .customers "$2/summary.json"
    check "$1: customers" "$3" "$(number "$2/summary.json" .customers)"
    check "$1: every key of summary.json is documented" "" "$(undocumented_keys "$2/summary.json")"
    holds "$1: report.html stands alone" self_contained "$2/report.html"
    holds "$1: report.html ends" grep -q '</html>' "$2/report.html"
    if sick "$2/report.html" "$2/customers.csv"; then fail "$1" "a number that is none in the output"; else ok; fi
    check "$1: stages add up" "$3" "$(number "$2/summary.json" '[.stages[].customers] | add')"
    check "$1: nobody has an impossible chance" 0 "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i ~ /^p_/) c[i] } NR > 1 { for (i in c) if ($i < 0 || $i > 1) n++ } END { print n + 0 }' "$2/customers.csv")"
}

# file under shared/data | customers | orders
real='cdnow/CDNOW_sample.txt|2357|6696
cdnow/CDNOW_master.txt|23570|67591
grocery/groceryElog.csv|1525|10483'
test_real_runs() {
    local file customers orders
    while IFS='|' read -r file customers orders; do
        if ! has_data "$file"; then skip "run $file" "no shared/data"; continue; fi
        want "run $file" 0 "What was understood & Stages & How far to trust it & report.html" run "$data/$file" --out real
        sound_output "$file" real "$customers" no
        check "$file: orders" "$orders" "$(number real/summary.json .orders)"
        rm -rf real
    done <<<"$real"
}

# --- the issue's bars on the holdout ---

# file | until | horizon | least correlation of the chosen | holdout total
bars='cdnow/CDNOW_sample.txt|1997-09-30|39w|.62|1882
cdnow/CDNOW_master.txt|1997-09-30|39w|.62|19684
grocery/groceryElog.csv|2006-12-31|52w|.62|3389'
test_backtest() {
    local file until horizon correlation total
    while IFS='|' read -r file until horizon correlation total; do
        if ! has_data "$file"; then skip "backtest $file" "no shared/data"; continue; fi
        want "backtest $file" 0 '"chosen"' backtest "$data/$file" --until "$until" --horizon "$horizon" --json
        cp .out bars.json
        check "$file: actual total" "$total" "$(number bars.json '.actual_total | round')"
        check "$file: correlation of the chosen" true "$(number bars.json ".chosen as \$c | .models[] | select(.model == \$c) | .correlation >= $correlation")"
        check "$file: the chosen is within one standard error of the best" true "$(number bars.json '.chosen as $c | ([.models[] | select(.baseline | not) | select(.rmse)] | min_by(.rmse)) as $b | (.models[] | select(.model == $c) | .rmse) <= $b.rmse + $b.rmse_se')"
        check "$file: every model and baseline" 9 "$(number bars.json '[.models[] | select(.rmse)] | length')"
        check "$file: calibration has ten groups" 10 "$(number bars.json '.models[0].calibration | length')"
        case $file in grocery/*)
            check "$file: a regular rhythm tells the total better than Pareto/NBD" true "$(number bars.json '.actual_total as $a | [.models[] | {key: .model, value: (.predicted_total - $a | fabs)}] | from_entries | ."mbg-cnbd-k" < ."pareto-nbd" and ."bg-cnbd-k" < ."pareto-nbd"')" ;;
        esac
    done <<<"$bars"
    if has_data cdnow/CDNOW_sample.txt; then
        want "the table" 0 "Nobody orders again & ^> .* & 1882 orders" backtest "$data/cdnow/CDNOW_sample.txt" --until 1997-09-30 --horizon 39w
    else skip "backtest's table" "no shared/data"; fi
}

# model | file | options | n | log-likelihood | its tolerance | parameters
goldens='bg-nbd|cdnow/CDNOW_sample.txt|--until 1997-09-30|2357|-9582.429207|1e-10|.2425945 4.4136016 .7929221 2.4259068
mbg-nbd|cdnow/CDNOW_sample.txt|--until 1997-09-30|2357|-9582.135716|1e-10|.5248431 6.1830861 .8913596 1.6140032
pareto-nbd|cdnow/CDNOW_sample.txt|--until 1997-09-30|2357|-9594.976179|1e-10|.5532771 10.5776838 .6062402 11.6687390
nbd|cdnow/CDNOW_sample.txt|--until 1997-09-30|2357|-9763.657615|1e-10|.3847661 12.0720201
gamma-gamma|cdnow/CDNOW_sample.txt|--until 1997-09-30|946|-4055.917695|3e-10|6.249574 3.744224 15.443515
bg-nbd|cdnow/CDNOW_master.txt|--until 1997-09-30|23570|-95368.44393|1e-10|.251624 4.788944 .723433 2.161088
mbg-nbd|cdnow/CDNOW_master.txt|--until 1997-09-30|23570|-95336.95832|1e-10|.637140 7.310295 .807474 1.228394
pareto-nbd|cdnow/CDNOW_master.txt|--until 1997-09-30|23570|-95415.118617|1e-10|.5974201 11.5856612 .5221858 8.8277637
pareto-nbd|grocery/groceryElog.csv|--until 2006-12-31|1525|-15782.392138|1e-10|.786436678 5.679039708 .386239191 5.717790408
bg-bb|donations/donations.csv|--grouped|11104|-33225.581274|1e-10|1.203523 .749716 .656718 2.783441'
test_fits() {
    local model file options n likelihood tolerance parameters i got
    while IFS='|' read -r model file options n likelihood tolerance parameters; do
        if ! has_data "$file"; then skip "fit $model $file" "no shared/data"; continue; fi
        # shellcheck disable=SC2086
        want "fit $model $file" 0 '"params"' fit "$model" "$data/$file" $options --json
        cp .out fit.json
        check "fit $model $file: n" "$n" "$(number fit.json '.n | round')"
        near "fit $model $file: log-likelihood" "$likelihood" "$(number fit.json .log_likelihood)" "$tolerance"
        i=0
        for got in $parameters; do
            near "fit $model $file: parameter $i" 1 "$(number fit.json "(.params | to_entries)[$i].value / $got")" 1e-3
            i=$((i + 1))
        done
    done <<<"$goldens"
    if ! has_data sbg/sbg_cohorts.csv; then skip "fit sbg" "no shared/data"; return; fi
    want "fit sbg" 0 '"cohort" & cohorts of 1000' fit sbg "$data/sbg/sbg_cohorts.csv" --cohort --json
    cp .out fit.json
    near "sbg regular" -1680.265188 "$(number fit.json '.[] | select(.cohort == "regular") | .log_likelihood')" 1e-9
    near "sbg high end" -1611.158147 "$(number fit.json '.[] | select(.cohort == "highend") | .log_likelihood')" 1e-9
    near "sbg regular alpha" .704077 "$(number fit.json '.[0].params.alpha')" 1e-3
    near "sbg high end beta" 3.806095 "$(number fit.json '.[1].params.beta')" 1e-3
}

# --- the made-up shop: the same orders in other clothes ---

header_then() { head -n 1 shop/orders.csv; tail -n +2 shop/orders.csv | "$@"; }
dressed() { # HOW: shop/orders.csv written differently, into ./dressed*
    case $1 in
        semicolon) awk -F, -v OFS=';' '{ gsub(/\./, ",", $3); $1 = $1; print }' shop/orders.csv >dressed ;;
        tab) tr , '\t' <shop/orders.csv >dressed ;;
        bar) tr , '|' <shop/orders.csv >dressed ;;
        blanks) tail -n +2 shop/orders.csv | awk -F, '{ printf "  %-8s  %s   %9s\n", $1, $2, $3 }' >dressed ;;
        crlf) sed 's/$/\r/' shop/orders.csv >dressed ;;
        bom) { printf '\xef\xbb\xbf'; cat shop/orders.csv; } >dressed ;;
        no-end) head -c -1 shop/orders.csv >dressed ;;
        gz) gzip -nc shop/orders.csv >dressed ;;
        gz-members) { head -n 700 shop/orders.csv | gzip -nc; tail -n +701 shop/orders.csv | gzip -nc; } >dressed ;;
        quoted) sed 's/,/","/g; s/^/"/; s/$/"/' shop/orders.csv >dressed ;;
        named) awk -F, -v OFS=, '{ print $0, NR == 1 ? "name" : "\"Ann \"\"A\"\",\n Lee, " NR "\"" }' shop/orders.csv >dressed ;;
        blank-lines) sed 's/$/\n/' shop/orders.csv >dressed ;;
        dmy) awk -F, -v OFS=, 'NR > 1 { split($2, d, "-"); $2 = d[3] "/" d[2] "/" d[1] } { print }' shop/orders.csv >dressed ;;
        mdy) awk -F, -v OFS=, 'NR > 1 { split($2, d, "-"); $2 = d[2] "/" d[3] "/" d[1] } { print }' shop/orders.csv >dressed ;;
        dotted) awk -F, -v OFS=, 'NR > 1 { split($2, d, "-"); $2 = d[3] + 0 "." d[2] + 0 "." d[1] } { print }' shop/orders.csv >dressed ;;
        compact) awk -F, -v OFS=, 'NR > 1 { gsub(/-/, "", $2) } { print }' shop/orders.csv >dressed ;;
        stamped) awk -F, -v OFS=, 'NR > 1 { $2 = $2 "T23:30:00+02:00" } { print }' shop/orders.csv >dressed ;;
        dollars) awk -F, -v OFS=, 'NR > 1 { $3 = $3 < 0 ? "-$" (-$3) : "$" $3 } { print }' shop/orders.csv >dressed ;;
        swapped) awk -F, -v OFS=, '{ print $3, "x", $2, $1 }' shop/orders.csv >dressed ;;
        shuffled) header_then sort -t, -k3,3n -k1,1n >dressed ;;
        two) { head -n 1 shop/orders.csv; tail -n +901 shop/orders.csv; } >dressed-2; head -n 900 shop/orders.csv >dressed ;;
    esac
}
# Rows that are not alike: customers in another order are summed in another order, so that a sixth decimal may differ by one.
unlike() {
    paste -d'|' <(sort "$1") <(sort "$2") | awk -F'|' '{ n = split($1, a, ","); m = split($2, b, ",") }
        n != m { print; next }
        { for (i = 1; i <= n; i++) if (a[i] != b[i] && (a[i] !~ /^[0-9.]+$/ || (a[i] - b[i]) ^ 2 > 4e-12)) { print; next } }' | head -n 3
}
# how | arguments | rows may stand in another order where they tie
clothes='semicolon|dressed
tab|dressed
bar|dressed
blanks|dressed
crlf|dressed
bom|dressed
no-end|dressed
gz|dressed
gz-members|dressed
quoted|dressed
named|dressed --columns customer,date,amount,-
blank-lines|dressed
dmy|dressed
mdy|dressed
mdy|dressed --date-format mdy
dotted|dressed
compact|dressed
stamped|dressed
dollars|dressed
swapped|dressed --columns amount,-,date,customer
swapped|dressed --columns=amount,-,date,customer
shuffled|dressed|sorted
two|dressed dressed-2'
test_clothes() {
    local how arguments sorted
    while IFS='|' read -r how arguments sorted; do
        dressed "$how"
        # shellcheck disable=SC2086
        want "orders as $how" 0 "" run $arguments --quiet --out dressed-out
        if [ -n "$sorted" ]; then
            check "orders as $how" "" "$(unlike reference/customers.csv dressed-out/customers.csv)"
        else
            same "orders as $how" reference/customers.csv dressed-out/customers.csv
        fi
        rm -rf dressed*
    done <<<"$clothes"
    "$marram" run - --quiet --out piped <shop/orders.csv
    same "orders from standard input" reference/customers.csv piped/customers.csv
    gzip -nc shop/orders.csv | "$marram" run - --quiet --out piped
    same "orders compressed from standard input" reference/customers.csv piped/customers.csv
    dressed two
    "$marram" run dressed - --quiet --out piped <dressed-2
    same "a file and standard input" reference/customers.csv piped/customers.csv
    rm -rf piped dressed*
}
timeless() { jq -S 'del(.timing) | del(.holdout.models[].seconds)' "$1"; }
test_threads() {
    local n
    for n in 1 2 5; do
        want "threads $n" 0 "" run shop/orders.csv --quiet --threads $n --out threads
        same "customers.csv on $n threads" reference/customers.csv threads/customers.csv
        same "summary.json on $n threads" <(timeless reference/summary.json) <(timeless threads/summary.json)
    done
    rm -rf threads
}

# --- options ---

ambiguous() { grep -E 'date|-(0[1-9]|1[0-2]),' shop/orders.csv | awk -F, -v OFS=, 'NR > 1 { split($2, d, "-"); $2 = d[3] "/" d[2] "/" d[1] } { print }'; }
test_dates() {
    ambiguous >ambiguous.csv
    refused "dates that can be read two ways" 3 "ambiguous.csv:2 & --date-format dmy & --date-format mdy" run ambiguous.csv --out nowhere
    want "--date-format decides" 0 "Dates as" run ambiguous.csv --date-format dmy --today 2026-12-31 --out dates
    check "day first" "$(grep -cE -- '-(0[1-9]|1[0-2]),' shop/orders.csv)" "$(number dates/summary.json .input.lines)"
    check "the first day" "$(grep -E -- '-(0[1-9]|1[0-2]),' shop/orders.csv | cut -d, -f2 | sort | head -n 1)" "$(number dates/summary.json .input.first_day)"
    rm -rf dates
}
test_until() {
    awk -F, 'NR == 1 || $2 <= "2025-06-30"' shop/orders.csv >early.csv
    want "--until" 0 "after the last day" run shop/orders.csv --until 2025-06-30 --out until
    run run early.csv --quiet --until 2025-06-30 --out early
    same "--until is as if later orders were not there" early/customers.csv until/customers.csv
    check "later orders are counted" "$(awk -F, 'NR > 1 && $2 > "2025-06-30"' shop/orders.csv | wc -l)" "$(number until/summary.json .input.after_until)"
    check "the last day" 2025-06-30 "$(number until/summary.json .until)"
    rm -rf until early
}
largest_difference() { # FILE FILE COLUMN: between the cells of a column, customers matched
    paste -d, <(column_of "$1" "$3") <(column_of "$2" "$3") | awk -F, '$1 != $3 { m = 9 } { d = $2 - $4; if (d < 0) d = -d; if (d > m) m = d } END { print m + 0 }'
}
column_of() { awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $1 "," $c }' "$1" | sort; }
test_numbers() {
    want "--unit day" 0 "" run shop/orders.csv --quiet --unit day --out day
    for column in p_order p_alive expected_orders; do
        near "--unit day and week: $column" 0 "$(largest_difference reference/customers.csv day/customers.csv $column)" 2.1e-6
    done
    check "days a unit" 1 "$(number day/summary.json .days_per_unit)"
    want "--margin" 0 "margin of 50.{1,2}%" run shop/orders.csv --margin 0.5 --out half
    near "half the margin, half the value" 0.5 "$(number half/summary.json .expected_value | awk -v w="$(number reference/summary.json .expected_value)" '{ print $1 / w }')" 1e-9
    near "half the margin, half at risk" 0.5 "$(number half/summary.json .value_at_risk | awk -v w="$(number reference/summary.json .value_at_risk)" '{ print $1 / w }')" 1e-9
    want "--discount-rate" 0 "" run shop/orders.csv --quiet --discount-rate 10 --out steep
    check "a steep discount takes value" true "$(jq -n --slurpfile a steep/summary.json --slurpfile b reference/summary.json '$a[0].expected_value < $b[0].expected_value * 0.9')"
    want "--horizon" 0 "The next 6.{1,2}months" run shop/orders.csv --horizon 6m --out far
    check "a longer horizon" "182.6" "$(number far/summary.json '.horizon_days * 10 | round / 10')"
    check "a longer horizon brings more orders" true "$(jq -n --slurpfile a far/summary.json --slurpfile b reference/summary.json '$a[0].expected_orders > 1.3 * $b[0].expected_orders')"
    rm -rf day half steep far
}
test_sample() {
    want "--sample" 0 "compared on a sample" run shop/orders.csv --sample 200 --out sampled
    check "a sample is said" true "$(number sampled/summary.json .holdout.sampled)"
    check "its size" true "$(number sampled/summary.json '.holdout.compared_on | . > 100 and . < 300')"
    run run shop/orders.csv --sample 0 --out sampled
    check "no sample, no word of it" "" "$(grep 'on a sample' .out)"
    rm -rf sampled
}
test_json() {
    want "--json" 0 '"customers"' run shop/orders.csv --json --out json
    same "--json prints summary.json" .out json/summary.json
    want "--quiet" 0 "" run shop/orders.csv --quiet --out json
    check "--quiet is quiet" "" "$(cat .out .err)"
    rm -rf json
}
test_previous() {
    run run shop/orders.csv --quiet --until 2025-09-30 --out before
    want "--previous" 0 "Since the earlier run & 30.{1,2}Sep" run shop/orders.csv --previous before --out after
    check "the same terms compare" "" "$(grep -E 'another horizon' .out)"
    want "--previous with other terms" 0 "another horizon, margin or discount" run shop/orders.csv --previous before --margin 0.3 --out other
    check "the report says so too" 1 "$(grep -c 'That run had another horizon' other/report.html)"
    rm -rf other
    check "stage moves are counted" true "$(number after/summary.json '.since | .moved > 0 and .moved == ([.stages[] | select(.was != .is) | .customers] | add) and .new + .same_stage + .moved == 400')"
    check "a line a move" "$(number after/summary.json .since.moved)" "$(($(wc -l <after/changes.csv) - 1))"
    run run shop/orders.csv --quiet --out after
    check "changes.csv goes where it no longer belongs" "" "$(ls after | grep changes)"
    check "no earlier run" null "$(number after/summary.json .since)"
    refused "--previous that is not there" 5 "nowhere" run shop/orders.csv --previous nowhere --out after
    sed -i '100s/,.*/,x/' before/customers.csv
    refused "--previous with a damaged customers.csv" 3 "before/customers.csv & 100" run shop/orders.csv --previous before --out after
    rm before/customers.csv
    refused "--previous without customers.csv" 5 "before" run shop/orders.csv --previous before --out after
    rm -rf before after
}
# preset | file | customers | orders | returns | cancelled | continued
presets='shopify|shopify.csv|12|44|1|3|6
woocommerce|woocommerce.csv|12|44|1|3|0'
test_presets() {
    local preset file customers orders returns cancelled continued
    while IFS='|' read -r preset file customers orders returns cancelled continued; do
        want "--preset $preset" 0 "called off|cancelled" run "$here/data/$file" --preset "$preset" --out preset
        check "$preset: what was understood" "$customers $orders $returns $cancelled $continued" \
            "$(number preset/summary.json '"\(.customers) \(.input.orders) \(.input.returns) \(.input.cancelled) \(.input.continued)"')"
        holds "$preset: names pass through" grep -q 'Ann Lee' preset/customers.csv
        check "$preset: the header" "$(documented_header yes | sed 's/name,email,phone/name,email,phone/')" "$(head -n 1 preset/customers.csv)"
        refused "$preset: another file" 3 "no $preset order export" run shop/orders.csv --preset "$preset" --out nowhere
    done <<<"$presets"
    rm -rf preset
}
test_contacts() {
    run simulate --customers 300 --contacts --seed 4 --out named
    awk -F, -v OFS=, 'NR == 5 { $4 = "\"Lee, \"\"Ann\"\"\n the first\"" } { print }' named/orders.csv >contacts.csv
    want "names pass through" 0 "name = name" run contacts.csv --out contacts
    check "the header has them" "customer,name,email,orders" "$(head -n 1 contacts/customers.csv | cut -d, -f1-4)"
    check "a call has a name" true "$(number contacts/summary.json '.call_first[0].name | length > 2')"
    # An identifier and, under a heading that could be one too, the name.
    awk -F, 'NR == 1 { print "Kundennummer;Kunde;Bestelldatum;Betrag;Lager;Kundengruppe"; next }
        { split($2, d, "-"); sub(/\./, ",", $3); printf "K%04d;%s;%d/%d/%d;%s;A;B2\n", $1, $4, d[3], d[2], d[1], $3 }' named/orders.csv >kunden.csv
    want "a name beside a number" 0 "customer = Kundennummer, name = Kunde & decimal comma & Not used: Lager, Kundengruppe" run kunden.csv --out contacts
    check "the name is in the list" "customer,name,orders" "$(head -n 1 contacts/customers.csv | cut -d, -f1-3)"
    awk -F';' -v OFS=';' '{ $2 = NR == 1 ? "Kunde" : "X" $1 } { print }' kunden.csv >codes.csv
    want "a second code is no name" 0 "Not used: Kunde" run codes.csv --out contacts
    want "no margin" 0 "as revenue" run kunden.csv --out contacts
    rm -rf named contacts contacts.csv kunden.csv codes.csv
}
test_models() {
    want "models" 0 "pareto-nbd & gamma-gamma & sbg" models
    want "models --json" 0 '"kind"' models --json
    check "every model has its parameters" true "$(number .out 'length >= 9 and all(.[]; (.parameters | length) >= 2 and (.about | length) > 20)')"
    for command in run fit backtest models simulate; do
        want "$command --help" 0 "usage: marram $command & [Ee]xample" $command --help
        want "help $command" 0 "usage: marram $command" help $command
    done
    want "--version" 0 "^marram [0-9]" --version
}
test_checker() {
    local told
    told=$(failed=0; near wrong 1 1.1 1e-3; check wrong a b; refused wrong 0 "" models; echo "$failed")
    check "the checker sees what is wrong" 3 "$(tail -n 1 <<<"$told")"
    told=$(failed=0; passed=0; near right 1 1.0001 1e-3; check right a a; echo "$passed $failed")
    check "the checker lets pass what is right" "2 0" "$told"
}

run simulate --customers 400 --seed 11 --out shop
run run shop/orders.csv --quiet --out reference
sound_output "the made-up shop" reference 400 no
for t in real_runs backtest fits clothes threads dates until numbers sample json previous presets contacts models checker; do
    rm -rf .[a-z]* # the words of the test before
    [ -z "${ONLY-}" ] || [ "$ONLY" = $t ] || continue
    test_$t
done
finish
