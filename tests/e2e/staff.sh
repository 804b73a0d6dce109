#!/bin/bash
# staff.sh MARRAM POSTGRES: our own people: hours, absences, deputies, loads, who owns what; and lists that leave out who objected. On SQLite and PostgreSQL.
. "$(dirname "$0")/lib.sh"
postgres=${2:-}
databases=

cat >marram.yaml <<'YAML'
company:
  time_zone: Europe/Berlin
  hours: "09:00-12:30 13:30-17:00 mon-thu, 09:00-13:00 fri"
holidays: [2026-03-06]
people:
  - name: Mara
    role: sales
    stands_in: Jo
    away: [2026-03-02..2026-03-13]
  - {name: Jo, role: sales, tasks_per_day: 4, load: 30, languages: [en, de]}
  - {name: Kit, role: operations, time_zone: Europe/London, hours: "09:00-13:00 mon-fri"}
  - {name: Lou, role: operations}
  - {name: Nan, role: senior, left: 2026-02-28}
tiers:
  - {name: "*", cadence_days: 30}
two_parents: {mode: "off"}
follow_up: {mode: "off"}
preferences: {mode: "off"}
delight: {mode: "off"}
YAML
want "sound" 0 "nothing is wrong" config check
want "hours as they are written" 0 "09:00-12:30 13:30-17:00 mon-thu, 09:00-13:00 fri" config show
printf 'people:\n  - name: Ann\n    hours: 9-17\n  - name: Bob\n    away: [Easter]\n    tasks_per_day: none\n  - name: Cy\n    stands_in: Dee\nfollow_up:\n  first_days: 40\n' >bad.yaml
want "each wrong value by its line" 3 "bad.yaml:3: hours must be hours & bad.yaml:5: away must be days as in & bad.yaml:10: follow_up.second_days must be more than first_days" config check bad.yaml
printf 'people:\n  - name: Ann\n  - name: Cy\n    stands_in: Dee\nholidays: []\nfollow_up:\n  effect: 0.1\n  first_days: 40\n' >bad.yaml
want "across rows, too" 3 "bad.yaml:3: stands_in: 'Dee' & bad.yaml:8: follow_up.second_days" config check bad.yaml

printf 'customer,name,owner_sales,owner_operations\nc0,Ada,Mara,Kit\nc1,Bo,Mara,Kit\nc2,Cleo,,Lou\nc3,Di,Zoe,Kit\nc4,Ed,,\nc5,Flo,,\nc6,Gus,Nan,Lou\n' >customers.csv
for i in 0 1 2 3 4 5 6; do echo "{\"customer\":\"c$i\",\"kind\":\"order\",\"at\":\"2026-02-0$((1 + i % 3))T10:00:00Z\",\"id\":\"o$i\",\"amount\":50,\"currency\":\"EUR\"}"; done >orders.ndjson
owner_of() { run task list --customer "$1" --programme review --json; jq -r '[.[] | select(.step == "review")][0] | "\(.owner) \(.watcher)"' .out; }

staff() {
    name=$1
    check "$name: init" 0 "$(run db init --quiet; echo "$code")"
    run import customers customers.csv --yes --quiet
    run import events orders.ndjson --yes --quiet
    want "$name: nobody has anything to do yet" 0 "Mara .*away until 2026-03-13 .* 0 & Nan .*left on 2026-02-28 & 3 accounts whose sales owner is nobody & 1 account whose sales owner is 'Zoe', who is not among & whose sales owner is 'Nan', who has left" people --at 2026-03-05T11:45:00Z
    want "$name: lunch" 0 "Jo +sales +back 2026-03-05 13:30 & Kit +operations +at work & Lou +operations +back 2026-03-05 13:30" people list --at 2026-03-05T11:45:00Z
    want "$name: a holiday" 0 "Jo +sales +back 2026-03-09 09:00" people --at 2026-03-06T10:00:00Z
    want "$name: the tick" 0 "7 customers looked at" tick --at 2026-03-05T09:00:00Z
    check "$name: the deputy has it, the owner sees it" "Jo Mara" "$(owner_of c0)"
    run task list --customer c0 --programme review --json
    holds "$name: and why" jq -e '.[0].document.why | any(. == "Mara is away until 13 March 2026, so it comes to Jo, who stands in")' .out
    check "$name: who is a stranger owns nothing" "Jo Kit" "$(owner_of c3)"
    check "$name: who has left, neither" "Jo Lou" "$(owner_of c6)"
    run people --at 2026-03-05T09:00:00Z --json
    check "$name: loads" "Jo 7 0.25" "$(jq -r '.people[] | select(.name == "Jo") | "\(.name) \(.open) \(.load_days / 7)"' .out)"
    check "$name: accounts" "2 0 0 3" "$(jq -r '[.people[] | select(.name == "Mara" or .name == "Kit")] | map("\(.accounts_sales) \(.accounts_operations)") | join(" ")' .out)"
    check "$name: orphans" '[["",3],["Nan",1],["Zoe",1]]' "$(jq -c '[.orphaned_accounts.sales[] | [.owner, .customers]]' .out)"
    want "$name: a second tick changes nothing" 0 "^0 customers looked at" tick --at 2026-03-05T09:00:00Z
    want "$name: no such action" 2 "'show' is not known" people show

    # Lists of names leave out who objected; counts do not.
    printf '{"customer":"c0","kind":"consent_withdrawn","at":"2026-03-05T10:00:00Z","id":"x1","body":{"purpose":"profiling"}}\n' >object.ndjson
    run import events object.ndjson --yes --quiet
    want "$name: reviews" 0 "7 accounts are due & 1 customer who objected to marketing or profiling is not listed" review --due --limit 0 --today 2026-03-20 --cadence "*=10"
    check "$name: not by name" "" "$(grep Ada .out)"
    want "$name: one by themselves" 0 "Ada" review c0 --today 2026-03-20
}

# A shop large enough for a report: the counts are the base's, the lists are without them.
report() {
    name=$1
    run db init --quiet
    run import orders s/orders.csv --yes --quiet
    run report --out r --quiet
    check "$name: everybody is listed" "400 0" "$(tail -n +2 r/customers.csv | wc -l) $(jq .not_listed r/summary.json)"
    first=$(jq -r '.call_first[0].customer' r/summary.json) value=$(jq .headline.value_at_risk r/summary.json)
    printf '{"customer":"%s","kind":"consent_withdrawn","at":"2025-12-30T10:00:00Z","id":"x1","body":{"purpose":"marketing"}}\n' "$first" >object.ndjson
    run import events object.ndjson --yes --quiet
    want "$name: the report says so" 0 "1 customer who objected to marketing or profiling is not listed by name" report --out r2 --previous r
    check "$name: not the first to call" "" "$(jq -r '.call_first[].customer' r2/summary.json | grep -x -- "$first")"
    check "$name: nor in the file" "399 1" "$(tail -n +2 r2/customers.csv | wc -l) $(jq .not_listed r2/summary.json)"
    check "$name: counted all the same" "400 $value" "$(jq -r '"\(.customers // .headline.customers) \(.headline.value_at_risk)"' r2/summary.json)"
    holds "$name: on the page, too" grep -q "who objected to marketing or profiling" r2/report.html
    check "$name: nor on it by name" "" "$(cut -d, -f1 r2/changes.csv | grep -x -- "$first")"
    rm -rf r r2
}

echo "--- SQLite"
MARRAM_DB=staff.db staff SQLite
run simulate --customers 400 --seed 5 --out s
MARRAM_DB=shop.db report SQLite

echo "--- PostgreSQL"
if [ -r "$postgres/url" ] && command -v psql >/dev/null; then
    url=$(cat "$postgres/url")
    for part in staff report; do
        database=e2e_${part}_$$
        psql -q "$url" -c "CREATE DATABASE $database TEMPLATE template0" >/dev/null
        databases="$databases $database"
        cleanup() { for d in $databases; do psql -q "$url" -c "DROP DATABASE IF EXISTS $d WITH (FORCE)" >/dev/null 2>&1; done; }
        MARRAM_DB=${url/\/postgres?/\/$database?} $part PostgreSQL
    done
else
    skip "PostgreSQL" "no server for the tests, or no psql"
fi
finish
