#!/bin/bash
# reasons.sh MARRAM: reasons, review and measures, on files and on a ledger, as a user meets them.
. "$(dirname "$0")/lib.sh"
export MARRAM_TODAY=2026-06-30 MARRAM_NOW=2026-06-30T10:00:00Z

cat >world.yaml <<'YAML'
mode: contracts
customers: 900
seed: 4
start: 2023-01-01
years: 3
leaving: {per_year: 0.3}
tiers: [{name: gold, share: 0.3}, {name: bronze, share: 0.7}]
segments: [{name: retail, share: 0.5}, {name: industry, share: 0.5}]
reasons:
  - {code: problems_soured, share: 0.3, traces: 0.8, stated: 0.6}
  - {code: promise_broken, share: 0.3, traces: 0.8, stated: 0.6, misleading: 0.05}
  - {code: price_increase, share: 0.2, traces: 0.8, stated: 0.6}
YAML
run simulate --world world.yaml --out w --seed 4
run db init --db l.db
want "an empty ledger" 3 "nobody has done anything yet" reasons --db l.db
run db init --db bare.db
want "no measures of a bare ledger" 0 "no measures yet" measures list --db bare.db
want "one on a bare ledger" 0 "measure 1 is noted" measures add --cause promise_broken --owner K --remedy "a list" --date 2026-06-01 --db bare.db
want "which is listed" 0 "promise_broken, K, since 2026-06-01 & too little to compare" measures list --db bare.db
run measures list --db bare.db --json
holds "without rates" jq -e '.[0].before.rate == null and .[0].ratio.value == null' .out
want "no causes of a bare ledger" 3 "nobody has done anything yet" measures --db bare.db
for day in 0001-01-01 1899-12-31 2027-07-02 9999-12-31; do
    refused "a measure since $day" 2 "--date must be a day from 1900-01-01 to a year after today" measures add --cause promise_broken --owner K --remedy x --date $day --db bare.db
    refused "a measure done $day" 2 "--date must be a day from 1900-01-01" measures done 1 --date $day --db bare.db
done
for command in "measures" "moments" "reasons" "report" "run x.csv" "import orders x.csv"; do
    # shellcheck disable=SC2086
    refused "$command: a today nobody means" 2 "--today must be a day from 1900-01-01 to 2099-12-31, not 9999-12-31" $command --today 9999-12-31
done
run import customers w/customers.csv --db l.db --yes --quiet
run import events w/events.ndjson --db l.db --yes --quiet

# Histories without customers, without events, without a past: said as it is, no table of nothing, in any of the commands.
run import customers w/customers.csv --db bare.db --yes --quiet
want "customers without events: no review" 3 "nobody has done anything yet" review --due --db bare.db
want "customers without events: no moments" 3 "no customers with orders or contracts" moments --db bare.db
want "customers without events: no report" 3 "no orders: import some" report --db bare.db --out never
want "customers without events: no erosion" 3 "no orders: import some" erosion --db bare.db
want "customers without events: no model" 3 "keeps no model of leaving" changes --since 2026-01-01 --db bare.db
awk 'BEGIN {print "customer,case,opened,resolved,category"; for (i = 0; i < 60; i++) printf "n%d,k%d,2026-%02d-03,2026-%02d-%02d,defect\n", i % 20, i, i % 5 + 1, i % 5 + 1, i % 20 + 4}' >cases.csv
run import cases cases.csv --db bare.db --yes --quiet
for command in "reasons" "review --due" "measures"; do
    # shellcheck disable=SC2086
    want "cases of no customers: $command" 0 "Nobody has an order or a contract by 20" $command --db bare.db
done
want "cases of no customers: one of them" 0 "no customer yet" reasons n7 --db bare.db
run db init --db day.db
awk 'BEGIN {print "customer,date,amount"; for (i = 0; i < 90; i++) printf "d%d,2026-06-01,%d\n", i % 60, i}' >day.csv
run import orders day.csv --currency EUR --db day.db --yes --quiet
want "one day: moments" 3 "all that is known happened on one day" moments --db day.db
want "one day: a since after it" 3 "nothing between --since and the last day" moments --db day.db --since 2026-06-02
want "one day: reasons" 0 "0 left .no order for 91 days., 60 are here" reasons --db day.db
want "one day: review" 0 "0 accounts are due" review --due --db day.db
want "one day: measures" 0 "Nothing to mend is known" measures --db day.db
refused "one day: report" 4 "no rhythm to learn from" report --db day.db --out never
refused "one day: erosion" 4 "no rhythm to learn from" erosion --db day.db

# --- reasons ---
want "the base" 0 "Why customers left, as of & problems_soured & By segment & By tier & kappa & Learned" reasons --db l.db
run reasons --db l.db --json
cp .out base.json
run reasons --db l.db --json --threads 1
same "the same on one thread" base.json .out
holds "the planted ones lead" jq -e '[.reasons[:4][].reason] | contains(["problems_soured", "promise_broken", "price_increase"])' base.json
holds "shares have intervals" jq -e 'all(.reasons[]; .share.low <= .share.value and .share.value <= .share.high)' base.json
holds "reasons add up to those who left" jq -e '.left == ([.reasons[].left] | add)' base.json
holds "stated and observed mostly agree" jq -e '.agreement.kappa.low > 0.5' base.json
check "weights were learnt" measured "$(jq -r .weights base.json)"
one=$(awk -F, '$3 == 1 && $6 == "promise_broken" && $10 == 1 && $11 == "" {print $1; exit}' w/truth.csv)
want "one customer" 0 "$one, left & Observed: promise_broken & promise (broken|of) & First remedy: Keep the promise" reasons "$one" --db l.db
run reasons --customer "$one" --db l.db --json
holds "with evidence" jq -e '.reasons[0].signals[0].evidence[0] | (.event | length) > 0 and (.day | test("^20"))' .out
run reasons "$one" w/events.ndjson
check "an id beside files needs --customer" 5 "$code"
want "from files" 0 "Observed: promise_broken" reasons --customer "$one" w/events.ndjson
want "as of a day" 0 "as of 2024-12-31" reasons --db l.db --today 2024-12-31
want "before anything" 3 "nothing had happened by then: the first event is later" reasons --db l.db --today 2000-01-01
want "nobody" 3 "no customer 'X-1'" reasons X-1 --db l.db
refused "no horizon" 2 "--horizon must be" reasons --db l.db --horizon 0
refused "neither" 2 "needs a file, or --db" reasons
refused "both" 2 "not both" reasons a.csv b.csv --db l.db

# --- learned, and what changed ---
want "no model" 0 "Learned: no model: a ledger keeps one once .marram train" reasons --db l.db
want "no model to compare by" 3 "keeps no model of leaving" changes --since 2025-01-01 --db l.db
run train --db l.db --quiet
run reasons --db l.db --json
holds "learned, the largest first" jq -e '.learned.reasons | length > 3 and ([.[].contribution] | . == (sort | reverse))' .out
holds "planted reasons lead what is learned" jq -e '.learned.reasons[0].reason | IN("problems_soured", "promise_broken", "price_increase")' .out
stays=$(awk -F, '$3 == 0 && $2 < "2025-01-01" {print $1; exit}' w/truth.csv)
want "one customer" 0 "Learned:  what raises .*the model.s score" reasons "$stays" --db l.db
want "what changed" 0 "2025-12-31 against 2025-06-30 & Here on both days: & points; log-odds & more: --limit 0" changes --since 2025-06-30 --until 2025-12-31 --limit 3 --db l.db
want "what the names mean" 0 "What the names are & : .* \\((days|events|flag|ratio|log ratio|share|cases|currency|uses|orders|people|contacts|0 to 1)\\)" changes --since 2025-06-30 --until 2025-12-31 --limit 3 --db l.db
run changes --since 2025-06-30 --until 2025-12-31 --limit 0 --db l.db --json
holds "features by their names as JSON" jq -e 'all(.terms[].term; test("^[a-z_0-9]+( x [a-z_0-9]+)?$"))' .out
holds "contributions add up to what moved" jq -e 'all(.moved[]; ((.score_after - .score_before) - (([.contributions[].change] | add // 0) + .rest) | fabs) < 1e-9)' .out
holds "the largest first" jq -e '[.moved[] | (.chance_after - .chance_before) | fabs] | . == (sort | reverse)' .out
want "one customer's" 0 "^$stays " changes "$stays" --since 2025-06-30 --until 2025-12-31 --db l.db
refused "since when" 2 "needs --since" changes --db l.db
refused "order of days" 2 "before --until" changes --since 2025-06-30 --until 2025-06-30 --db l.db
want "before anything" 3 "." changes --since 2000-01-01 --until 2000-02-01 --db l.db

fits80 "what changed" changes --since 2025-06-30 --until 2025-12-31 --limit 3 --db l.db
fits80 "the reasons" reasons --db l.db
fits80 "one customer's reasons" reasons "$stays" --db l.db

# --- review ---
fits80 "reviews" review --due --db l.db --today 2025-12-31 --limit 20
want "due" 0 "due for a review on 2025-12-31 & review due & more: --limit 0" review --due --db l.db --today 2025-12-31 --limit 3
run review --db l.db --today 2025-12-31 --limit 0 --json
cp .out due.json
holds "urgent ones first" jq -e '[.reviews[] | [.findings[] | select(.urgent)] | length] | . == (sort | reverse)' due.json
holds "who, and what to do" jq -e '[.reviews[].findings[]] | length > 0 and all(.[]; (.todo | length) > 0 and (.owner | IN("sales", "operations", "both")))' due.json
run review --db l.db --today 2025-12-31 --limit 0 --json --cadence '*=3650'
check "nobody is due every ten years" 0 "$(jq .due .out)"
who=$(jq -r '.reviews[0].identifier' due.json)
want "one review" 0 "$who & review due" review "$who" --db l.db --today 2025-12-31
want "done" 0 "recorded" review --done "$who" --by "K. Brandt" --note "closed both" --next 2026-01-31 --db l.db --today 2025-12-31
want "done again" 0 "recorded already" review --done "$who" --by "K. Brandt" --note "closed both" --next 2026-01-31 --db l.db --today 2025-12-31
MARRAM_DB=l.db want "done again, an hour later, in the usual ledger" 0 "recorded already" review --done "$who" --by "K. Brandt" --note "closed both" --next 2026-01-31 --today 2025-12-31
want "as agreed" 0 "review due 2026-01-31; the last was on 2025-12-31" review "$who" --db l.db --today 2025-12-31
want "seen in the history" 0 "account reviewed by K. Brandt: closed both" customer show "$who" --db l.db --limit 60
run review --db l.db --today 2025-12-31 --limit 0 --json
check "no longer due" $(($(jq .due due.json) - 1)) "$(jq .due .out)"
refused "who" 2 "needs --by" review --done "$who" --db l.db
refused "where" 2 "needs --db" review --done "$who" --by K
refused "cadence" 2 "--cadence must be such as" review --db l.db --cadence gold
refused "cadence of none" 2 "--cadence must be such as" review --db l.db --cadence gold=0
refused "too much" 2 "go with --done" review --db l.db --by K
refused "next in the past" 2 "--next must be after" review --done "$who" --by K --next 2020-01-01 --db l.db

# --- measures ---
fits80 "the fix list" measures --db l.db
want "the fix list" 0 "What loses the most & cause +owner & First:" measures --db l.db
run measures --db l.db --json
holds "the largest first" jq -e '[.causes[].total] | . == (sort | reverse)' .out
holds "with intervals" jq -e 'all(.causes[]; .value_left_low <= .value_left and .value_left <= .value_left_high)' .out
want "none yet" 0 "no measures yet" measures list --db l.db
want "noted" 0 "measure 1 is noted" measures add --cause promise_broken --owner "K. Brandt" --remedy "one list, read every morning" --date 2024-07-01 --db l.db
want "another" 0 "measure 2 is noted" measures add --cause case:defect --owner Ops --remedy "tests" --date 2024-07-01 --db l.db
want "before and after" 0 "1  promise_broken, K. Brandt, since 2024-07-01 & before +[0-9]+ in & after +[0-9]+ in & the rate is now" measures list --db l.db
run measures list --db l.db --json
holds "rates and ratio" jq -e '.[0].before.rate > 0 and .[0].after.rate > 0 and .[0].ratio.low < .[0].ratio.value' .out
want "finished" 0 "measure 1 is finished on 2025-01-01" measures done 1 --date 2025-01-01 --db l.db
want "finished once" 3 "finished already" measures done 1 --db l.db
want "no such measure" 3 "there is no measure 9" measures done 9 --db l.db
want "not before it began" 3 "begins later" measures done 2 --date 2020-01-01 --db l.db
refused "no cause" 2 "--cause must be a reason" measures add --cause weather --owner a --remedy b --db l.db
refused "no remedy" 2 "add needs --remedy" measures add --cause undercut --owner a --db l.db
refused "no ledger" 2 "needs --db" measures list
refused "no number" 2 "the number of one measure" measures done x --db l.db
want "sound" 0 "all is sound" db check --db l.db

# The public simulated support data: an import and a stress case; its reasons are noise, and stated and observed agree no better than by chance.
if [ -r "$data/ravenstack/ravenstack_accounts.csv" ]; then
    run db init --db raven.db
    for part in accounts:customers subscriptions:contracts support_tickets:cases churn_events:events; do
        run import "$data/ravenstack/ravenstack_${part%:*}.csv" --mapping "ravenstack-$(case ${part%:*} in support_tickets) echo tickets ;; churn_events) echo churn ;; *) echo "${part%:*}" ;; esac)" --db raven.db --yes --quiet
    done
    want "ravenstack" 0 "Why customers left" reasons --db raven.db
    run reasons --db raven.db --json
    holds "reasons were stated" jq -e '.agreement.stated > 50' .out
    holds "no agreement beyond chance" jq -e '.agreement.kappa.low == null or .agreement.kappa.low < 0.1' .out
else
    skip "ravenstack" "no shared data"
fi
finish
