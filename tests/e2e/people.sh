#!/bin/bash
# people.sh MARRAM POSTGRES: single customers and the ledger as a whole, as a user meets them: db, customer, export. On SQLite, and on the
# PostgreSQL of the tests (its state folder) where there is one.
. "$(dirname "$0")/lib.sh"
postgres=${2:-}
migrations=$(ls "$source_dir"/sql/*.sql | wc -l) # what the schema of an up-to-date ledger is numbered

# A database's own files come and go with whoever looks into it; others must not.
snapshot() {
    find . -name '.out' -o -name '.err' -o -name '.both' -o -name '.held' -o -name '*.db' -o -name '*.db-*' -o -type d -printf '%p %y\n' -o -printf '%p %y %s %T@\n' |
        grep -v '^\. ' | sort
}
export MARRAM_NOW=2026-06-30T10:00:00Z

# --- a town ---

cat >customers.csv <<'END'
id,name,email,phone,address,kind,tier
c0,Ada Osei,ada@example.com,,"1 Dune Road, Sandwich",person,gold
c1,"Osei, Ada",Ada@Example.com,+44 20 7946 0000,"1 Dune Road, Sandwich",person,
c2,Dunes & Sons Ltd,b@example.org,+44 20 7946 0001,,company,
c3,Dunes and Sons,d@example.org,020 7946 0001,,company,
c4,Cleo Marsh,,,,person,
c5,Marsh Cleo,,,,person,
END
cat >orders.csv <<'END'
order_id,customer,date,amount,product,quantity
o1,c0,2025-01-10,120.50,Spade,2
o2,c0,2025-04-11,80,Bucket,1
o3,c0,2025-07-15,99.90,Rake,1
o4,c0,2025-10-20,-20,Rake,1
o3,c1,2025-07-15,99.90,Rake,1
o5,c1,2025-11-02,45,Bucket,3
o6,c2,2025-11-02,4500,Sand,300
END
cat >events.ndjson <<'END'
{"customer":"c0","kind":"case_open","at":"2025-12-30T10:30:00Z","id":"e4","subject":"T-7","body":{"subject":"nobody calls back","severity":"urgent"}}
{"customer":"c0","kind":"promise_made","at":"2025-12-30T11:30:00Z","id":"e5","subject":"P-1","body":{"what":"call back","by_whom":"Kim","due":"2026-06-20"}}
{"customer":"c0","kind":"contract_start","at":"2025-01-10","id":"e6","subject":"K-1","amount":49,"currency":"EUR","body":{"product":"Dune care","period_months":12}}
{"customer":"c0","kind":"consent_given","at":"2025-01-10","id":"e7","body":{"purpose":"marketing","channel":"email"}}
{"customer":"c1","kind":"Spade Sharpened","at":"2025-03-04","id":"e9","body":{"colour":"red\u001b[2J","times":3}}
{"customer":"c2","kind":"touch_out","at":"2026-01-02T15:00:00.25Z","id":"e10","body":{"channel":"phone","who":"Kim","subject":"no answer"}}
END
printf 'customer,id,name,role,email\nc2,p1,Bo Li,buyer,bo@example.org\n' >contacts.csv

fill() {
    want "customers" 0 "" import customers customers.csv --yes --quiet
    want "orders" 0 "" import orders orders.csv --yes --quiet --currency EUR
    want "events" 0 "" import events events.ndjson --yes --quiet
    want "contacts" 0 "" import contacts contacts.csv --yes --quiet
}
field() { "$marram" "${@:2}" --json | jq -r "$1"; } # EXPRESSION COMMAND...
# All that people can see of the ledger, without what a merge and its undoing leave behind.
picture() {
    local table
    for table in customer_ref customer contact contract support_case promise touch survey consent event event_conflict due; do
        "$marram" export $table
    done
    "$marram" export cycle | sed 's/^\([^,]*,[^,]*\),[0-9]*,/\1,/'
}

# --- what both stores do alike ---

town() { # NAME of the store
    local name=$1 before after

    want "$name: a ledger" 0 "ready; next: marram import orders FILE$" db init --key 000102030405060708090a0b0c0d0e0f
    want "$name: again" 0 "ready" db init
    refused "$name: another key" 3 "already has another key & leave --key out" db init --key 00000000000000000000000000000000
    want "$name: nothing yet" 0 "0  customers & Nothing was imported yet" db status
    want "$name: nobody" 0 "0 customers and 0 events looked at: all is sound" db check
    fill
    want "$name: status" 0 "6  customers, whose events are from 2025-01-10 to 2026-01-02 & 13  event & Imports & 7 records  orders from orders.csv & No backup" db status
    check "$name: status as JSON" "6 13 13 false" "$(field '"\(.customers) \(.events) \(.tables.event) \(.stale)"' db status)"
    want "$name: the newest" 0 "the newest" db upgrade

    # show
    want "$name: who" 0 "^Ada Osei \(person\) & identifier  c0 \(import\) & e-mail      ada@example.com & tier        gold" customer show c0
    want "$name: how it stands" 0 "3 orders since 2025-01-10, the last on 2025-07-15 \(350 days ago\); one every 93 days & 300.40 EUR, 100.13 an order; 20.00 of it came back in 1 refund" \
        customer show c0
    want "$name: open" 0 "contract    K-1, Dune care & T-7: nobody calls back, since 2025-12-30, urgent, not answered & call back, by Kim, due 2026-06-20: OVERDUE by 10 days" customer show c0
    want "$name: the timeline" 0 "2025-12-30 11:30  we promised: call back, by 2026-06-20 \(Kim\) & 2025-10-20        got 20.00 EUR back for Rake \(order o4\)" customer show c0
    want "$name: people" 0 "Bo Li, buyer, bo@example.org" customer show c2
    want "$name: an unknown kind, and no control characters" 0 "Spade Sharpened: colour red.*\[2J, times 3" customer show c1
    check "$name: no escape is printed" "" "$("$marram" customer show c1 | tr -d '\n' | tr -d '[:print:]' | tr -d '\302-\364\200-\277')"
    want "$name: a few" 0 "the last 2 of 8 \(--limit N" customer show c0 --limit 2
    check "$name: show as JSON" "c0 gold 3 8 overdue" "$(field '"\(.identifiers[0].identifier) \(.customer.tier) \(.cycle.state.orders) \(.events_n) \(if .promises[0].state == "open" then "overdue" else "?" end)"' customer show c0)"
    refused "$name: nobody by that name" 3 "there is no customer 'c99' & customer find" customer show c99
    refused "$name: no such number" 3 "there is no customer #17" customer show '#17'
    refused "$name: no number" 2 "'#x' is no customer's number" customer show '#x'
    refused "$name: too large a number" 2 "'#99999999999999999999' is no customer's number" customer show '#99999999999999999999'
    refused "$name: another source" 3 "source 'shop' knows no customer 'c0'" customer show c0 --source shop
    refused "$name: a file that show does not write" 2 "--out goes with export, not with show" customer show c0 --out x
    refused "$name: nothing to undo" 2 "--undo goes with merge" customer find c0 --undo 3
    refused "$name: status repairs nothing" 2 "--repair goes with check, not with status" db status --repair
    check "$name: upgrade as JSON" "$migrations $migrations" "$(field '"\(.version_before) \(.version_after)"' db upgrade)"
    check "$name: init as JSON" true "$(field .ready db init)"
    refused "$name: nobody named" 2 "show needs a customer" customer show
    refused "$name: two" 2 "'c1' is one argument too many" customer show c0 c1
    refused "$name: no such thing" 2 "there is no 'hide'; it must be show, find" customer hide c0

    # find
    want "$name: by name" 0 "c0 .*Ada Osei.*name & c1 .*Osei, Ada" customer find 'osei ada'
    want "$name: by e-mail" 0 "c1 .*e-mail" customer find ADA@example.com
    want "$name: by phone" 0 "c2 .*phone & c3" customer find '(020) 7946-0001'
    want "$name: by identifier" 0 "c4 .*identifier" customer find c4
    want "$name: by a part" 0 "c2 .*part of the name" customer find UNES
    want "$name: by a contact" 0 "c2 .*a contact" customer find 'bo li'
    want "$name: by nothing" 0 "Nobody is called that" customer find xyzzy
    want "$name: by a number nobody has" 0 "Nobody is called that" customer find '#5'
    want "$name: by a number" 0 "c4 .*number" customer find "#$("$marram" customer find c4 --json | jq -r '.[0].customer_id')"
    check "$name: find as JSON" "c0 c1" "$("$marram" customer find 'Ada Osei' --json | jq -r '[.[].identifier] | sort | join(" ")')"

    # duplicates
    want "$name: pairs" 0 "the same e-mail address, the same name, the same address & the same phone number & 2 pairs & 1 more shares nothing but a name" customer duplicates
    want "$name: weak ones" 0 "the same name and nothing else & ^3 pairs" customer duplicates --weak
    check "$name: as JSON" "c0<c1 email,name,address false" "$("$marram" customer duplicates --json |
        jq -r '.[] | select(.signs | index("email")) | "\(.keep.identifier)<\(.other.identifier) \(.signs | join(",")) \(.weak)"')"

    # merge and back
    picture >before.txt
    want "$name: merge" 0 "merged: 1 identifier, 2 events and 0 rows & 1 event both had, and count once & --undo 1" customer merge c0 c1
    want "$name: both names lead there" 0 "also c1 \(import\) & merged      with #[0-9]* on 2026-06-30 \(merge 1\) & phone       \+44 20 7946 0000 & 4 orders" customer show c1
    refused "$name: one already" 3 "'c0' and 'c1' are one customer already" customer merge c0 c1
    refused "$name: half a merge" 2 "needs two customers" customer merge c0
    refused "$name: no such merge" 3 "there is no merge 17" customer merge --undo 17
    refused "$name: undo whom?" 2 "takes no customers" customer merge c0 --undo 1
    want "$name: sound" 0 "all is sound" db check
    want "$name: undo" 0 "two again: 1 identifier, 2 events & What came after the merge stayed" customer merge --undo 1
    picture >after.txt
    same "$name: everything is as it was" before.txt after.txt
    refused "$name: undone" 3 "merge 1 was undone already" customer merge --undo 1

    # export
    check "$name: orders" "customer,date,amount" "$("$marram" export orders | head -1)"
    check "$name: a refund is negative" "c0,2025-10-20,-20.00" "$("$marram" export orders | grep -- ,-)"
    want "$name: to a file" 0 "13 rows of events in out.ndjson" export events --out out.ndjson
    check "$name: NDJSON by the name" 13 "$(jq -s length out.ndjson)"
    check "$name: for its owner alone" 600 "$(stat -c %a out.ndjson)"
    check "$name: one customer" "c2" "$("$marram" export event --customer c2 --format ndjson | jq -r .customer | sort -u)"
    check "$name: words" "urgent open" "$("$marram" export support_case --format ndjson | jq -r '"\(.severity) \(.state)"')"
    refused "$name: no such table" 2 "there is no table 'nothing'" export nothing
    refused "$name: no table" 2 "needs a table" export
    refused "$name: two tables" 2 "'event' is one argument too many" export customer event
    refused "$name: no such format" 2 "--format must be csv or ndjson, not 'xml'" export event --format xml
    refused "$name: no such source" 3 "no events came from a source 'shop'" export events --source shop --out none.csv
    refused "$name: no such folder" 5 "nowhere/x.csv cannot be written" export event --out nowhere/x.csv
    refused "$name: currency of what" 2 "go with events and orders" export event --currency EUR

    # one customer's file
    check "$name: all there is" "about consent contract customer customer_ref cycle due event promise support_case" \
        "$("$marram" customer export c0 | jq -r .table | sort -u | paste -sd' ')"
    check "$name: backup as JSON" j.bak "$(field .file db backup j.bak)"
    rm j.bak
    want "$name: into a file" 0 "lines in c0.ndjson: all that is known" customer export c0 --out c0.ndjson

    # backup, erase, restore
    want "$name: backup" 0 "it holds names and the key" db backup copy.bak
    refused "$name: not over it" 5 "copy.bak is there already" db backup copy.bak
    refused "$name: backup where" 2 "backup needs a file" db backup
    refused "$name: backup to nothing" 2 "backup needs a file" db backup ''
    want "$name: noted" 0 "Last backup on 2026-06-30" db status
    refused "$name: erase, really?" 2 "forgets 'c0' for good & say --yes" customer erase c0
    want "$name: erase" 0 "erased: 2 identifiers, 8 events & No byte of it is left" customer erase c0 c4 --yes
    refused "$name: gone" 3 "there is no customer 'c0'" customer show c0
    want "$name: later" 0 "until 'marram db compact'" customer erase c5 --yes --later
    want "$name: compact" 0 "no byte is left" db compact
    check "$name: counts stay" "8" "$("$marram" export residue --format ndjson | jq -s 'map(.events) | add')"
    want "$name: the past is not imported again" 0 "0  events added" import orders orders.csv --yes --restart
    "$marram" export erasure --out erased.csv --quiet
    refused "$name: a full ledger" 2 "replaces the ledger at .* with its 3 customers & say --yes" db restore copy.bak
    refused "$name: no such backup" 5 "nothing.bak cannot be read: No such file" db restore nothing.bak --yes
    want "$name: restore" 0 "3 customers, 5 events & 3 customers of the backup had been erased since and were erased again" db restore copy.bak --yes
    refused "$name: still gone" 3 "there is no customer 'c0'" customer show c0
    want "$name: a customer more" 0 "c1" customer find 'Ada Osei'
    check "$name: nobody came back" "c1 c2 c3" "$("$marram" export customer --format ndjson | jq -r .customer | sort | paste -sd' ')"
    want "$name: sound at the end" 0 "3 customers and 5 events looked at: all is sound" db check
}

echo "--- SQLite"
export MARRAM_DB=town.db
refused "no ledger" 5 "there is no town.db; 'marram db init' makes it" customer show c0
refused "a file over a cluster" 2 "--distributed needs a PostgreSQL & town.db is a file" db init --distributed
refused "no ledger to look at" 5 "town.db & marram db init" db status
town sqlite
check "the list beside the database" 3 "$(grep -vc '^#' town.db-erasures)"
check "no name in any file of the database" "" "$(grep -al 'Ada Osei\|ada@example.com\|Cleo' town.db* | paste -sd' ')"

# The ledger is not written over by what comes out of it.
ln town.db other-name
refused "exported over itself" 2 "other-name is the ledger itself & --out" export event --out other-name
refused "a customer over it" 2 "town.db is the ledger itself & --out" customer export c1 --out town.db --db sqlite:town.db
rm other-name
check "compact as JSON" true "$("$marram" db compact --json | jq .compacted)"

# A list from elsewhere, into a new place.
mkdir elsewhere
export MARRAM_DB=elsewhere/town.db
want "restored elsewhere" 0 "6 customers, 13 events" db restore copy.bak
want "of a ledger restored by other means" 0 "the ledger holds 3 customers, 5 events & 3 customers had been erased since" db restore --erasures erased.csv
want "with a list" 0 "3 customers, 5 events & erased again" db restore copy.bak --yes --erasures erased.csv
refused "no such list" 5 "cannot read nowhere.txt" db restore copy.bak --yes --erasures nowhere.txt
echo nonsense >bad.txt
refused "no list" 3 "bad.txt, line 1: 'nonsense' is no erasure" db restore copy.bak --yes --erasures bad.txt

# Damage is found, told, and repaired.
if command -v sqlite3 >/dev/null; then
    sqlite3 elsewhere/town.db "UPDATE cycle SET state = (SELECT state FROM cycle ORDER BY customer_id LIMIT 1); DELETE FROM touch"
    want "damage" 3 "WRONG, cycle_differs: the cycle of customer c & WRONG, rows_differ: rows of customer c2 .* in touch & are wrong; 'marram db check --repair'" db check
    check "damage as JSON" "cycle_differs rows_differ" "$("$marram" db check --json | jq -r '[.findings[].check] | unique | join(" ")')"
    want "repair" 0 "repaired, cycle_differs & all that was wrong is repaired" db check --repair
    want "repaired" 0 "all is sound" db check --quick
else
    skip "damage" "no sqlite3"
fi

# Two systems with the same identifiers.
export MARRAM_DB=two.db
"$marram" db init --quiet
printf 'order_id,customer,date,amount\n1,x,2025-01-01,5\n' | "$marram" import orders - --yes --quiet --source shop
printf 'order_id,customer,date,amount\n2,x,2025-02-01,7\n' | "$marram" import orders - --yes --quiet --source web
refused "which of them" 3 "'x' is a customer of both 'shop' and 'web' & --source" customer show x
want "that one" 0 "7.00" customer show x --source web
check "told apart" "shop:x,2025-01-01,5.00 web:x,2025-02-01,7.00" "$("$marram" export orders | tail -n +2 | sort | paste -sd' ')"
check "of one alone" "x,2025-01-01,5.00" "$("$marram" export orders --source shop | tail -n +2)"
want "several systems are said" 0 "several systems; to import them elsewhere" export events --out two.csv

# Identifiers that look like numbers of Marram's, or like options.
export MARRAM_DB=odd.db
"$marram" db init --quiet
printf 'order_id,customer,date,amount\n1,#1001,2025-01-01,5\n2,#x,2025-01-01,6\n3,-v,2025-01-01,7\n' | "$marram" import orders - --yes --quiet
want "an identifier with a number sign" 0 "^#1001 & 5.00" customer show '#1001'
want "and no digits" 0 "^#x & 6.00" customer show '#x' --source import
want "found by it" 0 "#1001 .*identifier" customer find '#1001'
want "its number still leads there" 0 "^#1001" customer show "#$("$marram" customer find '#1001' --json | jq -r '.[0].customer_id')"
want "an identifier like an option" 0 "^-v" customer show -- -v
refused "neither number nor identifier" 3 "there is no customer #1002" customer show '#1002'

# What run says of a shop's file and of the ledger's export is the same.
export MARRAM_DB=shop.db
"$marram" simulate --customers 400 --seed 5 --out shop >/dev/null
"$marram" db init --quiet
"$marram" import orders shop/orders.csv --yes --quiet --currency EUR
"$marram" run shop/orders.csv --out direct --quiet
"$marram" export orders | "$marram" run - --out through --quiet
same "run on the export of orders" <(sort direct/customers.csv) <(sort through/customers.csv)
export MARRAM_DB=two.db

# There and back through both formats.
for format in csv ndjson; do
    "$marram" export events --source shop --out "trip.$format" --quiet
    MARRAM_DB=trip-$format.db "$marram" db init --quiet
    MARRAM_DB=trip-$format.db "$marram" import events "trip.$format" --source shop --yes --quiet
    check "the same events through $format" "$("$marram" export events --source shop)" "$(MARRAM_DB=trip-$format.db "$marram" export events)"
done

echo "--- PostgreSQL"
if [ -r "$postgres/url" ] && command -v psql >/dev/null; then
    url=$(cat "$postgres/url")
    database=e2e_people_$$
    psql -q "$url" -c "CREATE DATABASE $database TEMPLATE template0" >/dev/null
    cleanup() { psql -q "$url" -c "DROP DATABASE IF EXISTS $database WITH (FORCE)" >/dev/null 2>&1; }
    export MARRAM_DB=${url/\/postgres?/\/$database?}
    rm -f copy.bak out.ndjson c0.ndjson erased.csv
    town postgres
    refused "no key of another" 3 "already has another key" db init --key 11111111111111111111111111111111
else
    skip "PostgreSQL" "no server for the tests, or no psql"
fi
finish
