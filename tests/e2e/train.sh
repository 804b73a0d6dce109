#!/bin/bash
# train.sh MARRAM: train, predict and explain as a user meets them: good tables, bad ones, and Telco where the data are.
. "$(dirname "$0")/lib.sh"

# 400 customers: x raises the chance, c = a too; const says nothing, reason is only known once they have left.
awk 'BEGIN {
    srand(7); print "id,x,c,const,reason,month,y"
    for (i = 1; i <= 400; i++) {
        x = 0; for (k = 0; k < 12; k++) x += rand(); x -= 6
        c = substr("abc", 1 + int(3 * rand()), 1)
        y = rand() < 1 / (1 + exp(-1.5 * x - (c == "a"))) ? "yes" : "no"
        printf "%d,%.3f,%s,5,%s,%d,%s\n", i, x, c, y == "yes" ? "moved" : "", 1 + int(i / 40), y
    }
}' >t.csv

want "trained" 0 "y = yes in [0-9]+ of 400 rows & AUC +[01]\.[0-9]+ & reason  & m.json is written & 'const' is the same in all rows & 'reason' says the same as 'y'" \
    train t.csv --target y --id id --out m.json
awk 'BEGIN { srand(3); print "a,b,c,y"; for (i = 0; i < 2000; i++) { a = rand() < .5; b = rand() < .5; printf "%d,%d,%.3f,%d\n", a, b, rand(), a != b } }' >both.csv
want "two columns that tell only together" 0 "hardly ever errs \(AUC 1\.000\).*'a x b' says most" train both.csv --target y --out both.json
want "the leak is left out" 0 "AUC +0\.[78]" train t.csv --target y --id id --ignore reason,month --out m.json
cp m.json again.json
jq '.features[1].name = .features[0].name' m.json >twice.json
want "a feature twice" 3 "the model is damaged: 'features'" predict t.csv --model twice.json
run train t.csv --target y --id id --ignore reason,month --out m.json --threads 1 --quiet
same "the same model on one thread" m.json again.json
run train t.csv --target y --id id --ignore reason,month --out seed.json --seed 2 --json --quiet
holds "figures as JSON" jq -e '.holdout.auc > .65 and .holdout.auc_low < .holdout.auc and .rows == 400 and (.terms | length) == 2' .out
want "later time judges" 0 "the latest 20 %" train t.csv --target y --id id --ignore reason --time month --out time.json
run train t.csv --target y --id id --ignore reason,month --monotone x=+1 --pairs 0 --out up.json --quiet
check "the constraint is kept" 1 "$(jq '.features[] | select(.name == "x") | .monotone' up.json)"
holds "and holds" jq -e '[.terms[] | select(.features == [0]) | .values[1:] | . as $v | range(1; length) | $v[.] >= $v[. - 1]] | all' up.json
want "standard input" 0 "400 rows" train - --target y --ignore id,reason --out in.json <t.csv
want "logistic" 0 "logistic model" train t.csv --target y --id id --ignore reason,month --model logistic --out l.json

# Predictions: every row, in order; contributions add up to the score exactly.
for model in m.json l.json; do
    run predict t.csv --model $model
    cp .out p.csv
    check "rows of $model" 401 "$(wc -l <p.csv)"
    check "header" "id,probability,score,feature_1,value_1,contribution_1" "$(head -1 p.csv | cut -d, -f1-6)"
    check "ids" "1 400" "$(awk -F, 'NR == 2 {a = $1} END {print a, $1}' p.csv)"
    run predict t.csv --model $model --json --top 20
    holds "chances of $model" jq -es 'all(.[]; .probability > 0 and .probability < 1)' .out
    run explain 17 t.csv --model $model --json
    holds "the sum is the score, $model" jq -e '([.contributions[].contribution] | add) + .base == .score or (([.contributions[].contribution] | add) + .base - .score | fabs) < 1e-12' .out
    near "explain says what predict says" "$(awk -F, '$1 == 17 {print $3}' p.csv)" "$(number .out .score)" 1e-6
done
run explain 17 t.csv --model m.json --json
holds "to the last bit" jq -e '([.contributions[].contribution] | add) + .base == .score' .out
want "a row in words" 0 "17: y = yes with a chance of & an average row & score, their sum" explain 17 t.csv --model m.json
sed 's/^18,/17,/' t.csv >twice.csv
want "two rows of one id" 0 "note: 2 rows are '17': this is the first of them & score, their sum" explain 17 twice.csv --model m.json
want "the model in words" 0 "Base: log-odds & log-odds +\+- & AUC" explain --model m.json
want "the model as JSON" 0 "importance" explain --model m.json --json

# Another file: a category never seen, missing cells, columns in another order, no target.
awk -F, 'NR == 1 {print "c,x,id"} NR > 1 && NR < 9 {print (NR % 2 ? "zz" : $3) "," (NR == 4 ? "" : $2) "," $1}' t.csv >new.csv
want "new rows" 0 "category not seen in training & ^1,0" predict new.csv --model m.json
printf 'c,x\na,1\n' >noid.csv
want "rows by number" 0 "^1,0" predict noid.csv --model m.json
printf '=cmd,1,2\n' | sed 's/^/a,1,/' >/dev/null
printf 'id,c,x\n=HYPERLINK(1),a,1\n' >formula.csv
want "a formula is made text" 0 "'=HYPERLINK" predict formula.csv --model m.json

# What is wrong, and the way out.
refused "no target" 2 "--target" train t.csv --out x.json
refused "no out" 2 "--out" train t.csv --target y
refused "no file" 2 "file" train --target y --out x.json
refused "unknown option" 2 "unknown|no option|--nonsense" train t.csv --target y --out x.json --nonsense
refused "a file that is not there" 5 "none.csv" train none.csv --target y --out x.json
refused "no such column" 3 "no column 'z'" train t.csv --target z --out x.json
refused "no model of that name" 2 "additive or logistic" train t.csv --target y --out x.json --model forest
refused "monotone of what" 3 "no feature" train t.csv --target y --out x.json --monotone z=+1
head -11 t.csv >ten.csv
refused "ten rows" 3 "ten.csv & too few rows" train ten.csv --target y --ignore reason --out x.json
awk -F, -v OFS=, 'NR > 1 {$7 = "yes"} 1' t.csv >one.csv
refused "one class" 3 "'yes' in every row" train one.csv --target y --out x.json
awk -F, -v OFS=, 'NR > 1 && NR % 3 == 0 {$7 = "maybe"} 1' t.csv >three.csv
refused "three values" 3 "3 values & --positive" train three.csv --target y --out x.json
want "one of three" 0 "y = yes" train three.csv --target y --positive yes --ignore reason,id --out x3.json
awk -F, -v OFS=, 'NR == 9 {$2 = "inf"} 1' t.csv >endless.csv
refused "infinite" 3 "endless.csv:9: column 'x': 'inf' is no finite number" train endless.csv --target y --out x.json
awk -F, -v OFS=, 'NR % 7 == 0 {$2 = "NaN"} 1' t.csv >nan.csv
want "NaN is missing" 0 "AUC" train nan.csv --target y --id id --ignore reason --out xn.json
awk -F, -v OFS=, 'NR == 9 {$2 = "many"} 1' t.csv >word.csv
refused "a slip among numbers" 3 "word.csv:9: column 'x': 'many' is no number & --category" train word.csv --target y --out x.json
awk -F, -v OFS=, 'NR > 1 {$1 = int($1 / 2)} 1' t.csv >twice.csv
want "ids twice" 0 "rows of one id are kept together" train twice.csv --target y --id id --ignore reason --out xt.json
awk -F, -v OFS=, 'NR % 10 == 0 {$7 = ""} 1' t.csv >gaps.csv
want "without an outcome" 0 "40 rows without a value of 'y': left out" train gaps.csv --target y --id id --ignore reason --out xg.json
awk -F, -v OFS=, 'BEGIN {srand(3)} {$3 = NR == 1 ? "c" : "k" int(1000 * rand() * rand())} 1' t.csv >many.csv
want "hundreds of categories" 0 "AUC" train many.csv --target y --id id --ignore reason --category c --out xm.json
cut -d, -f1,3-7 t.csv >nox.csv
refused "a feature that is missing" 3 "nox.csv: there is no column 'x', which the model was trained with" predict nox.csv --model m.json
refused "not a model" 3 "no model" predict t.csv --model t.csv
printf '{"format": "marram trained model", "version": 99}' >newer.json
printf '{"format": "marram trained model"}' >unversioned.json
refused "a model without a version" 3 "'version' is missing or wrong" predict t.csv --model unversioned.json
refused "a newer model" 3 "version 99" predict t.csv --model newer.json
head -c 900 m.json >cut.json
refused "a model cut short" 3 "cut.json" predict t.csv --model cut.json
refused "no model there" 5 "nothing.json" explain --model nothing.json
refused "no such row" 3 "no row '9999'" explain 9999 t.csv --model m.json
refused "a row of what" 2 "file" explain 17 --model m.json
mkdir folder
# What columns are called and hold: bytes that are no UTF-8, ids and times that are no such thing, rare categories, an outcome spelt in several ways.
awk -F, -v OFS=, 'NR == 9 {$3 = "\374"} 1' t.csv >latin.csv
refused "no UTF-8" 3 "latin.csv:9: is no UTF-8: byte FC & iconv" train latin.csv --target y --out x.json
tr '\n' '\r' <t.csv >cr.csv
refused "CR alone" 3 "CR alone" train cr.csv --target y --out x.json
awk 'BEGIN {for (i = 0; i < 300; i++) printf "f%d,", i; print "y"; for (r = 0; r < 9; r++) {for (i = 0; i < 300; i++) printf "1,"; print r % 2}}' >wide.csv
refused "300 columns" 3 "more than 256 columns; keep those" train wide.csv --target y --out x.json
refused "one column twice" 2 "--target and --id both name column 'y'" train t.csv --target y --id y --out x.json
awk -F, -v OFS=, 'NR > 1 {$6 = "2025-13-45"} 1' t.csv >nodate.csv
refused "a day that is none" 3 "nodate.csv:2: column 'month': '2025-13-45' is no time" train nodate.csv --target y --time month --out x.json
awk -F, -v OFS=, 'NR > 1 {$6 = "2025-01-01"} 1' t.csv >onetime.csv
refused "one time in all rows" 3 "same in all rows & leave --time out" train onetime.csv --target y --time month --out x.json
awk -F, -v OFS=, 'NR > 1 {$3 = "k" int(NR / 3)} 1' t.csv >rare.csv
want "rare categories" 0 "'c' has rare categories only" train rare.csv --target y --id id --ignore reason --out xr.json
want "an id that is not said to be one" 0 "'id' counts up from row to row: .* --id" train t.csv --target y --ignore reason --out xi.json
awk -F, -v OFS=, 'NR > 1 {$7 = $7 == "yes" ? (NR % 2 ? "Yes" : "YES") : (NR % 2 ? "no" : "No")} 1' t.csv >spelt.csv
want "an outcome in several spellings" 0 "in $(grep -c yes t.csv) of 400 rows" train spelt.csv --target y --id id --ignore reason --out xs.json
awk -F, -v OFS=, 'NR > 1 {$7 = $7 == "yes" ? "1.0" : NR % 2 ? "0" : "0.0"} 1' t.csv >floats.csv
want "1.0 and 0.0" 0 "y = 1.0 in $(grep -c yes t.csv) of 400 rows" train floats.csv --target y --id id --ignore reason --out xf.json
awk -F, -v OFS=, 'NR > 1 {$7 = $7 == "yes" ? 2 : 1} 1' t.csv >ones.csv
refused "1 and 2" 3 "--positive" train ones.csv --target y --id id --out x.json
head -16 t.csv >sixteen.csv
refused "few rows for logistic regression, too" 3 "too few rows" train sixteen.csv --target y --ignore reason --model logistic --out x.json
awk -F, -v OFS=, 'NR > 1 {$2 = NR % 2 ? "1e308" : "-1e308"} 1' t.csv >huge.csv
refused "numbers no sum holds" 3 "huge.csv: column 'x' goes to 1e\+308" train huge.csv --target y --ignore reason --model logistic --out x.json
want "which the additive model takes" 0 "AUC" train huge.csv --target y --id id --ignore reason --out xh.json
awk -F, -v OFS=, 'NR > 1 {$2 = NR % 7 "e-323"} 1' t.csv >tiny.csv
want "numbers whose squares are 0" 0 "'x' is the same in all rows" train tiny.csv --target y --id id --ignore reason --model logistic --out xl.json
for figure in auc auc_low pr_auc brier slope_se lift; do
    jq ".holdout.$figure = \"much\"" m.json >bad.json
    refused "$figure is no number" 3 "'$figure' is missing or wrong" explain --model bad.json
    jq ".holdout.$figure = null" m.json >bad.json
    want "$figure is not known" 0 "Base: log-odds" explain --model bad.json
done

# Where the model goes: never onto what was read, through links, into pipes as they stand.
refused "out is the table" 2 "is the table itself" train t.csv --target y --out t.csv
refused "out's folder is not there" 5 "nowhere/x.json cannot be written" train t.csv --target y --out nowhere/x.json
echo old >real.json
ln -s real.json link.json
run train t.csv --target y --id id --ignore reason,month --out link.json --quiet
check "the link stays" real.json "$(readlink link.json)"
same "and leads to the model" real.json m.json
mkfifo pipe
cat pipe >piped.json &
run train t.csv --target y --id id --ignore reason,month --out pipe --quiet
wait $!
holds "the pipe stays" test -p pipe
same "and the model came through it" piped.json m.json
rm pipe
refused "out is a folder" 5 "folder" train t.csv --target y --ignore reason --id id --out folder --quiet

if has_data telco && telco=$(ls "$data"/telco/*.csv | head -1); then
    run train "$telco" --target Churn --id customerID --out telco.json --json
    holds "Telco" jq -e '.holdout.auc > .83 and .holdout.auc < .88 and .holdout.slope > .8 and .holdout.slope < 1.2 and .terms[0].term == "Contract"' .out
    check "blanks in TotalCharges are missing" 11 "$(jq '.features[] | select(.name == "TotalCharges") | .weights[0]' telco.json)"
else
    skip "Telco" "no ../shared/data/telco"
fi
finish
