#!/bin/bash
# import.sh MARRAM: files into a ledger, as a user meets it. On SQLite; tests/ledger has both stores.
. "$(dirname "$0")/lib.sh"
export MARRAM_NOW=2026-06-30T10:00:00Z MARRAM_DB=shop.db

cat >orders.csv <<'END'
customer_id;date;amount
c1;2025-01-02;10,50
c1;2025-01-02;10,50
c2;2025-02-03;20,00
c2;2025-03-04;-5,00
END
refused "no ledger yet" 5 "shop.db & marram db init" import orders orders.csv --yes
want "a ledger" 0 "ready & import" db init
refused "nothing to import" 2 "what to import & --help" import
refused "no such record" 2 "'invoices' is no record & orders, customers" import invoices orders.csv
refused "no file" 2 "needs a file" import orders
refused "a missing file" 5 "nowhere.csv: No such file" import orders nowhere.csv
refused "an unknown mapping" 5 "quickbooks" import orders orders.csv --mapping quickbooks
refused "an unknown option" 2 "unknown option --dryrun & --help" import orders orders.csv --dryrun
refused "nobody to ask" 2 "customer: customer_id & amount: & --yes & --dry-run" import orders orders.csv
want "a dry run" 0 "dry run: 4 records & 4  orders & 4  events would be written & from 2025-01-02 to 2025-03-04" import orders orders.csv --dry-run
check "wrote nothing" 0 "$("$marram" db status --json | jq .events)"

# Identical lines all count once each; the same file, or a longer export of it, adds what is new.
want "an import" 0 "4 records & 4  events added & 2  customers touched" import orders orders.csv --yes --currency EUR
want "again" 0 "0  events added & 4  events that were there already" import orders orders.csv --yes --currency EUR
{ cat orders.csv; echo 'c1;2025-01-02;10,50'; echo 'c3;2025-05-05;7,00'; } >longer.csv
want "a longer one" 0 "6 records & 2  events added & 4  events that were there already" import orders longer.csv --yes --currency EUR
check "customers" 3 "$("$marram" db status --json | jq .customers)"
check "events" 6 "$("$marram" db status --json | jq .events)"
want "a negative amount is a refund" 0 "got 5.00 EUR back" customer show c2
want "standard input" 0 "6  events that were there already" import orders - --yes --currency EUR <longer.csv

# Ids: the same id with another body is a conflict, never a second event.
printf 'order_id,customer,date,total,currency\n7,c9,2025-06-01,10,USD\n' >ids.csv
printf 'order_id,customer,date,total,currency\n7,c9,2025-06-01,11,USD\n' >other.csv
want "with an id" 0 "1  events added" import orders ids.csv --yes
want "another body" 0 "0  events added & 1  events that were there with another content" import orders other.csv --yes
want "and only once" 0 "1  events that were there with another content" import orders other.csv --yes --restart
check "one conflict" 1 "$("$marram" db status --json | jq .tables.event_conflict)"

# Mapping files.
want "save the guess" 0 "mine.yaml written & --mapping mine.yaml" import orders orders.csv --save-mapping mine.yaml
refused "not over another" 5 "mine.yaml & there already" import orders orders.csv --save-mapping mine.yaml
want "use it" 0 "4  events that were there already" import orders.csv --mapping mine.yaml --currency EUR
want "columns by hand" 0 "2 records & 2  events added" import orders - --columns date,customer,- --yes --source hand < <(printf '2025-01-01,x,1\n2025-01-02,y,2\n')

# A heading that stands there twice: --columns means the place, a mapping the name.
printf 'customer,date,date,amount\ntwice,2024-01-02,2023-01-01,3\n' >twice.csv
want "both are shown" 0 'not used: "date \(2\)"' import orders twice.csv --dry-run
want "the second by its place" 0 "1  events? added & from 2023-01-01 to 2023-01-01" import orders twice.csv --columns customer,-,date,amount --yes --source twice
printf 'records:\n  - record: orders\n    fields: {customer: customer, date: "date (2)"}\n' >twice.yaml
want "the second by its name" 0 "from 2023-01-01 to 2023-01-01" import twice.csv --mapping twice.yaml --dry-run
cp twice.csv again.csv
want "in several files" 0 "2 records" import orders twice.csv again.csv --dry-run

# Attributes with the name of a field do not hide it, and what could not be read again is a reject.
printf 'customer,ticket,opened,severity,subject,number\ncl,T-1,2024-01-01,urgent,"broken ""{x"", \\",17\n' >clash.csv
printf 'source: clash\nrecords:\n  - record: cases\n    fields: {customer: customer, id: ticket, opened: opened, severity: severity, subject: subject}\n    attributes: {number: number, subject: ticket, severity: number, colour: number}\n' >clash.yaml
want "attributes named like fields" 0 "1  cases" import clash.csv --mapping clash.yaml
check "the fields stand" 'T-1 urgent broken "{x", \ 17' "$("$marram" export event --customer cl --format ndjson | jq -r '.body | "\(.number) \(.severity) \(.subject) \(.colour)"')"
printf 'source: attr\nrecords:\n  - record: events\n    fields: {customer: c, kind: {const: usage}, at: at}\n    attributes: {p: props}\n  - record: customers\n    fields: {customer: c}\n    attributes: {p: props}\n' >attr.yaml
printf '%s\n' '{"c":"a1","at":"2024-01-02","props":{"a":1,"a":2}}' '{"c":"a2","at":"2024-01-02","props":99999999999999999999}' \
    '{"c":"a3","at":"2024-01-02","props":{"n":[1e400]}}' '{"c":"a4","at":"2024-01-02","props":{"n":999999999999999999,"m":-1.5e300,"o":{"n":"99999999999999999999"}}}' >attr.ndjson
want "attributes that could not be read again" 0 "4 records & 3  rejected & 1  events added" import attr.ndjson --mapping attr.yaml --on-error skip --rejects attr-rejects.csv
check "what can is whole" 999999999999999999 "$("$marram" export customer --customer a4 --format ndjson | grep -oE '"n":9+' | cut -d: -f2)"
check "and so is the event" "99999999999999999999" "$("$marram" export event --customer a4 --format ndjson | jq -r .body.p.o.n)"

# NDJSON of which nothing can be read says why.
printf '{\n "customer": "d",\n "date": "2024-01-01"\n}\n' >pretty.json
refused "an object over several lines" 3 "pretty.json, line 1: is the beginning of a JSON object over several lines & jq -c" import orders pretty.json --yes
printf '{"customer":"a\\u0000b","date":"2024-01-01"}\n' >nul.ndjson
refused "a NUL" 3 "nul.ndjson, line 1: is no JSON: a NUL" import orders nul.ndjson --yes

# What would be lost, or count twice.
refused "another record than the mapping's" 2 "the mapping cdnow makes no customers: leave 'customers' out" import customers orders.csv --mapping cdnow
refused "a file named twice" 2 "orders.csv is named twice, also as ./orders.csv" import orders ./orders.csv orders.csv --yes
refused "... by run" 2 "orders.csv is named twice; each of its lines" run orders.csv orders.csv
printf 'customer,date,amount\na,2025-01-01,1\nb,never,2\n' >half.csv
cp shop.db held.db
refused "rejects over what is read" 2 "half.csv is read and would be written over & --rejects" import orders half.csv --yes --on-error skip --rejects ./half.csv
refused "rejects over a ledger" 5 "held.db is there already and is no list of rejects & --rejects" import orders half.csv --yes --on-error skip --rejects held.db
refused "rejects over another file" 5 "is no list of rejects" import orders half.csv --yes --on-error skip --rejects orders.csv
want "rejects over earlier ones" 0 "1  rejected" import orders half.csv --dry-run --on-error skip --rejects half-rejects.csv
want "... again" 0 "1  rejected" import orders half.csv --dry-run --on-error skip --rejects half-rejects.csv
check "for their owner alone" 600 "$(stat -c %a half-rejects.csv)"

# Bad lines.
printf 'customer,date,amount\na,2025-01-01,1\nb,2025-13-01,2\nc,2025-01-03,x\n,2025-01-04,4\nd,2027-01-01,5\n' >bad.csv
want "stop at a bad line" 3 "bad.csv, line 3, date '2025-13-01' & --on-error skip" import orders bad.csv --yes --source bad
check "nothing was begun" "0 false" "$("$marram" db status --json | jq -r '"\([.imports[] | select(.finished | not)] | length) \(.stale)"')"
want "set them aside" 0 "5 records & 4  rejected & 1  events added & bad-rejects.csv" import orders bad.csv --yes --source bad --on-error skip --rejects bad-rejects.csv
check "the rejects" "file,line,field,value,reason,text bad.csv,3,date,2025-13-01 bad.csv,4,amount,x bad.csv,5,customer, bad.csv,6,date,2027-01-01" \
    "$(cut -d, -f1-4 bad-rejects.csv | sed '1s/.*/file,line,field,value,reason,text/' | paste -sd' ')"
printf '{"customer":"j1","kind":"order","at":"2025-01-01T10:00:00Z","id":"1","amount":3.5,"currency":"EUR"}\n{"customer":"j1"\n{"customer":"j2","kind":"moved to the moon","at":"2025-01-02"}\n' >events.ndjson
want "broken JSON" 0 "3 records & 1  rejected & 2  events added" import events events.ndjson --yes --on-error skip --rejects json-rejects.csv
want "an unknown kind is kept" 0 "moved to the moon" customer show j2
want "no such currency" 3 "currency 'QQQ'" import orders - --yes --source q < <(printf 'customer,date,amount,currency\nq,2025-01-01,1,QQQ\n')

# What ended before it began; a day without a time is any time of that day.
cat >promises.csv <<'END'
customer,id,what,made,kept,broken
c1,P1,call back,2025-03-10T10:00:00Z,2025-03-10,
c1,P2,call back,2025-03-10T10:00:00Z,2025-03-10T09:00:00Z,
c1,P3,call back,2025-03-10,,2025-03-01
c1,P4,call back,2025-03-10,2025-03-12,
END
want "promises kept before they were made" 0 "4 records & 2  rejected" import promises promises.csv --yes --on-error skip --rejects promise-rejects.csv
check "... are said" "promises.csv,3,kept,2025-03-10T09:00:00Z,kept before it was made promises.csv,4,broken,2025-03-01,broken before it was made" "$(tail -n +2 promise-rejects.csv | cut -d, -f1-5 | paste -sd' ')"
check "the others are kept" "kept kept" "$("$marram" export promise --format ndjson | jq -r 'select(.external_id | test("^P[14]$")) | .state' | paste -sd' ')"
cat >cases.csv <<'END'
customer,id,opened,first_response,resolved
c1,T1,2025-03-10T10:00:00Z,2025-03-10,2025-03-10
c1,T2,2025-03-10T10:00:00Z,2025-03-09T10:00:00Z,2025-03-11
c1,T3,2025-03-10T10:00:00Z,,2025-03-09
END
want "cases, alike" 0 "3 records & 2  rejected" import cases cases.csv --yes --on-error skip --rejects case-rejects.csv
check "... are said" "first_response,2025-03-09T10:00:00Z,answered before it was opened resolved,2025-03-09,resolved before it was opened" "$(tail -n +2 case-rejects.csv | cut -d, -f3-5 | paste -sd' ')"
check "the other is resolved" resolved "$("$marram" export support_case --format ndjson | jq -r 'select(.external_id == "T1") | .state')"

# Sums that no number holds stop, and say so.
printf 'customer,date,amount\nrich,2025-01-01,500000000000000\nrich,2025-02-01,500000000000000\nrich,2025-03-01,500000000000000\n' >rich.csv
run import orders rich.csv --yes --currency EUR --quiet
want "more than can be added up" 0 "spent +92233720368547[0-9.]+ EUR and more than that, beyond what can be added up" customer show rich
check "... as JSON" true "$("$marram" customer show rich --json | jq .cycle.state.spend_is_more)"
check "of no one else" null "$("$marram" customer show c1 --json | jq .cycle.state.spend_is_more)"

# An import that nobody will go on with.
sqlite3 shop.db "UPDATE import_run SET state = 1 WHERE files LIKE '%rich.csv'" 2>/dev/null && {
    want "an unfinished import" 0 "not finished: the same command again goes on from there, 'marram db dismiss'" db status
    want "dismissed" 0 "the import of orders from .*rich.csv is dismissed: what had come of it .3 records. stays" db dismiss
    want "which is said" 0 "dismissed: what had come stays" db status
    check "... as JSON" "false true" "$("$marram" db status --json | jq -r '.imports[] | select(.file | endswith("rich.csv")) | "\(.finished) \(.dismissed)"')"
    want "once" 3 "no unfinished import" db dismiss
    want "the same again" 0 "0  events added & 3  events that were there already" import orders rich.csv --yes --currency EUR
    check "is finished" "true false" "$("$marram" db status --json | jq -r '.imports[] | select(.file | endswith("rich.csv")) | "\(.finished) \(.dismissed)"')"
}

# JSON for scripts.
run import orders orders.csv --yes --currency EUR --json
check "as JSON" "4 0 4" "$(jq -r '"\(.rows) \(.events.added) \(.events.repeated)"' .out)"

# The mappings that come with Marram, on the project's own samples.
samples=$source_dir/tests/data
for name in segment stripe zendesk; do
    run import "$samples/$name.ndjson" --mapping $name --on-error skip --rejects $name.csv --json
    check "$name" "0 true" "$code $(jq '.events.added > 5' .out)"
done
want "an alias leads to the customer" 0 "u1" customer show u1 --source segment

# The folders of the founders' data, one documented command each.
# Days before 1970 with a time of day, and minutes beyond all time.
export MARRAM_DB=edges.db
run db init
printf 'customer,id,name,joined\nk1,p1,Ann,1969-12-31T18:00:00Z\n' >contacts.csv
want "a contact of long ago" 0 "1  contacts" import contacts contacts.csv --yes
printf 'customer,id,name,joined\nk1,p1,Anna,1969-12-31T18:00:00Z\n' >contacts.csv
want "and once more" 0 "1  contacts" import contacts contacts.csv --yes
check "joined on that day" "1969-12-31" "$("$marram" export contact --format ndjson | jq -r .joined_day)"
printf 'customer,id,start,renewal\nk1,c1,1960-01-01,1961-01-02T03:00:00Z\n' >contracts.csv
want "a contract of long ago" 0 "1  contracts" import contracts contracts.csv --yes
check "renewed on that day" "1961-01-02" "$("$marram" export contract --format ndjson | jq -r .renewal_day)"
printf 'customer,id,opened,first_response_minutes\nk1,t1,2024-01-01T00:00:00Z,90\nk1,t2,2024-01-01T00:00:00Z,99999999999999\n' >cases.csv
want "a response after the end of all dates" 3 "cases.csv, line 3, first_response_minutes '99999999999999' & 9999" import cases cases.csv --yes
printf 'customer,id,opened,first_response_minutes\nk1,t1,2024-01-01T00:00:00Z,90\n' >cases.csv
want "one within them" 0 "1  cases" import cases cases.csv --yes
check "is where it should be" "2024-01-01T01:30:00Z" "$("$marram" export support_case --format ndjson | jq -r .first_response_at)"

# A further column with a whole number that no integer holds stays as it was written.
cat >items.yaml <<'END'
source: shop
records:
  - record: orders
    fields: {customer: customer, date: {column: day, format: iso}}
    attributes: [items]
END
printf 'customer,day,items\ni1,2024-01-01,9\ni2,2024-01-01,99999999999999999999\n' >items.csv
want "a further column" 0 "2  events added" import items.csv --mapping items.yaml
check "a number where it is one" '9 "99999999999999999999"' \
    "$("$marram" export events --source shop --format ndjson | jq -s -r 'sort_by(.customer) | [.[].body.items | tojson] | join(" ")')"

export MARRAM_DB=data.db
if has_data cdnow/CDNOW_master.txt; then
    run db init
    want "CDNOW" 0 "69,659  events added & 23,570  customers" import "$data/cdnow/CDNOW_master.txt" --mapping cdnow
    want "CDNOW again" 0 "0  events added & 69,659  events that were there already" import "$data/cdnow/CDNOW_master.txt" --mapping cdnow
    check "CDNOW: events" "69659 23570" "$("$marram" db status --json | jq -r '"\(.events) \(.customers)"')"
    want "grocery" 0 "10,483  events added & 1,525  customers" import "$data/grocery/groceryElog.csv" --mapping grocery
    want "telco" 0 "7,043  customers & 7,043  contracts & 1,869  events" import "$data/telco/Telco-Customer-Churn.csv" --mapping telco
    want "RavenStack: accounts" 0 "500  customers" import "$data/ravenstack/ravenstack_accounts.csv" --mapping ravenstack-accounts
    want "RavenStack: subscriptions" 0 "5,000  contracts" import "$data/ravenstack/ravenstack_subscriptions.csv" --mapping ravenstack-subscriptions
    want "RavenStack: usage" 0 "25,000  events added" import "$data/ravenstack/ravenstack_feature_usage.csv" --mapping ravenstack-usage
    want "RavenStack: tickets" 0 "2,000  cases" import "$data/ravenstack/ravenstack_support_tickets.csv" --mapping ravenstack-tickets
    want "RavenStack: churn" 0 "600 records" import "$data/ravenstack/ravenstack_churn_events.csv" --mapping ravenstack-churn
else
    skip "the founders' data" "../shared/data is not there"
fi

# Copies.
export MARRAM_DB=shop.db
want "a backup" 0 "shop.backup" db backup shop.backup
want "not over another" 5 "shop.backup" db backup shop.backup
want "not by accident" 2 "--yes" db restore shop.backup
before=$("$marram" db status --json | jq -c '.tables | del(.audit)')
run import orders - --yes --source later < <(printf 'customer,date\nz,2025-01-01\n')
want "a restore" 0 "shop.backup" db restore shop.backup --yes
check "is as it was" "$before" "$("$marram" db status --json | jq -c '.tables | del(.audit)')"
want "upgrade has nothing to do" 0 "the newest" db upgrade
want "compact" 0 "given back" db compact
want "all is sound" 0 "" db check
finish
