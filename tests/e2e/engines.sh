#!/bin/bash
# engines.sh MARRAM POSTGRES LOAD: odd ledgers of the same data on SQLite and on PostgreSQL, read by every command that reads, on one, two
# and three threads: the same bytes. POSTGRES is the tests' server (its state folder); where there is none, SQLite is held against itself.
# shellcheck source=lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
postgres=${2:-} load=$(realpath "${3:-$source_dir/build/tests/ledger/ledger_load}")
key=00112233445566778899aabbccddeeff # one for all: customers' numbers hang on it
customers=300 counts="1 3" # of threads, beside two
[ -z "$sanitized" ] || customers=120 counts=3 # slow there
databases=
server=$(cat "$postgres/url" 2>/dev/null)
cleanup() { for name in $databases; do "$load" sql "$server" "DROP DATABASE IF EXISTS $name WITH (FORCE)" 2>/dev/null; done; }
[ -n "$server" ] || skip "ledgers on PostgreSQL" "there is none here"

# --- what is odd ---

# Of a world that is messy already, a part is told late. Identifiers and names from everywhere; what happened before anybody signed up, at both
# ends of what dates may be, twice with the same content and twice with another one; nothing, or one thing, of a customer.
odd_events() { # the odd customers' events, one a line
    awk 'function line(who, kind, at, id, rest) { printf "{\"customer\":\"%s\",\"kind\":\"%s\",\"at\":\"%s\",\"id\":\"%s\"%s}\n", who, kind, at, id, rest }
    BEGIN {
        split("Ωmega 株式会社|مريم|naïve, \\\"quoted\\\"|e\\u0301|😀🐚|x\\ty", who, "|")
        long = "x"; while (length(long) < 60000) long = long long
        wide = "n"; while (length(wide) < 512) wide = wide wide
        for (i = 1; i <= 6; i++) {
            subject = ",\"subject\":\"K-" i "\""
            line(who[i], "case_open", "2022-01-0" i, "before-" i, ",\"subject\":\"T-" i "\",\"body\":{\"subject\":\"" (i == 2 ? long : "asks first") "\",\"severity\":\"urgent\"}")
            line(who[i], "contract_start", "2023-0" i "-28", "s-" i, subject ",\"amount\":" (i - 2) * 10 ",\"currency\":\"EUR\",\"body\":{\"product\":\"π\",\"period_months\":12,\"seats\":0}")
            # the same contract again while it runs, and one beside it that overlaps
            line(who[i], "contract_start", "2023-0" i + 2 "-15", "again-" i, subject ",\"amount\":1,\"currency\":\"EUR\",\"body\":{\"renewal\":\"2023-01-01\"}")
            line(who[i], "contract_start", "2023-0" i + 1 "-03", "beside-" i, ",\"subject\":\"K-b" i "\",\"amount\":0,\"currency\":\"EUR\"")
            if (i % 2) line(who[i], "contract_end", "2023-0" i "-28", "e-" i, subject)
            line(who[i], "payment_failed", "2024-02-29T23:59:59.999999Z", "p-" i, subject ",\"amount\":-0.01,\"currency\":\"EUR\"")
            line(who[i], "leave_confirmed", "2024-0" i "-01", "l-" i, ",\"body\":{\"reason\":\"moved\"}")
            line(who[i], "contract_end", "2024-0" i "-01", "le-" i, ",\"subject\":\"K-b" i "\"")
            line(who[i], "came_back", "2024-0" i "-01", "c-" i, "")
        }
        line(wide, "contract_start", "1900-01-01", "w-1", ",\"subject\":\"" wide "\",\"amount\":99999999999,\"currency\":\"EUR\"")
        line(wide, "contract_end", "2025-01-15", "w-2", ",\"subject\":\"" wide "\"")
        line("ends nowhere", "contract_end", "2024-01-31", "n-1", ",\"subject\":\"never begun\"")
        line("once", "touch_in", "2024-03-03", "o-1", ",\"body\":{\"channel\":\"pigeon\",\"text\":\"\\u0007\\u001b[2J\"}")
        line("same day", "contract_start", "2024-05-05", "d-1", ",\"subject\":\"K-d\",\"amount\":5,\"currency\":\"EUR\"")
        line("same day", "contract_end", "2024-05-05", "d-2", ",\"subject\":\"K-d\"")
        line("ends first", "contract_end", "2023-05-05", "f-1", ",\"subject\":\"K-f\"")
        line("ends first", "contract_start", "2024-05-05", "f-2", ",\"subject\":\"K-f\",\"amount\":-5,\"currency\":\"EUR\"")
    }'
}
odd_orders() {
    awk 'BEGIN {
        print "order_id,customer,date,amount,product,quantity"
        for (i = 0; i < 40; i++) {
            printf "z%d,zero %d,2024-%02d-01,0,,0\n", i, i % 4, i % 12 + 1
            printf "m%d,minus,2024-%02d-%02d,-%d.01,Rechen,-1\n", i, i % 12 + 1, i % 28 + 1, i
            printf "u%d,Ωmega 株式会社,2025-%02d-%02d,%d,\"a, \"\"b\"\"\",1e0\n", i, i % 12 + 1, i % 28 + 1, i * 37
            printf ",no number,2025-03-%02d,10,,\n", i % 5 + 1
        }
        print "big,rich,2025-01-01,99999999999.99,,\nold,rich,1900-01-01,0.01,,\nlast,rich,2026-01-05,1,,"
        print "z1,zero 1,2024-02-01,0,,0\nz2,zero 2,2024-03-01,7,,0"
    }'
}

# A day on which something becomes known.
known() { export MARRAM_NOW="$1T12:00:00Z" MARRAM_TODAY=$1; }
bring() { # URL RECORD FILE OPTION...
    run import "$2" "$3" --db "$1" --yes --json "${@:4}"
    jq -c 'del(.seconds)' .out >>".made-$made" 2>/dev/null
    [ "$code" = 0 ] || fail "import $2 $3 into $1" "exit $code: $(head -c 500 .err)"
}
took() { # NAME COMMAND...: done, whatever the ledger
    run "${@:2}"
    [ "$code" = 0 ] && ok || fail "$1" "exit $code: $(head -c 500 .err)"
}
make_contracts() { # URL
    known 2023-07-01
    took "init" db init --db "$1" --key $key
    bring "$1" events early.ndjson
    known 2024-12-02 && bring "$1" events late.ndjson && bring "$1" customers w/customers.csv && bring "$1" events early.ndjson
    known 2025-01-15
    bring "$1" customers people.csv --source odd && bring "$1" events odd.ndjson --source odd && bring "$1" events odd.ndjson --source odd
    bring "$1" events other.ndjson --source odd && bring "$1" contracts beside.csv
    took "merge" customer merge W000005 W000006 --db "$1" --quiet
    took "merge, undone" customer merge W000007 W000008 --db "$1" --json
    took "undo" customer merge --undo "$(jq -r .merge .out)" --db "$1" --quiet
    took "erase" customer erase W000009 W000010 "same day" --yes --db "$1" --quiet
    bring "$1" events early.ndjson # what was erased stays so
    took "a measure" measures add --cause product_quality --owner Kim --remedy "ein Prüfstand" --date 2023-10-01 --db "$1"
    took "a review" review --done W000012 --by Kim --note "…" --db "$1"
}
make_orders() { # URL
    known 2024-07-01
    took "init" db init --db "$1" --key $key
    bring "$1" orders first.csv --currency EUR
    known 2026-01-05
    bring "$1" orders second.csv --currency EUR && bring "$1" orders first.csv --currency EUR && bring "$1" orders odd.csv --currency EUR --source odd
    bring "$1" customers people.csv --source odd
    took "erase" customer erase 7 8 9 --yes --db "$1" --quiet
}

# --- reading ---

tables="customer customer_ref contact contract support_case promise touch survey consent event event_conflict erasure due same_as merge measure review"
threaded() { # URL THREADS: each command's output into a file of the folder's
    local url=$1 t=(--threads "$2")
    say trained train --db "$url" "${t[@]}" --json --out model.json
    for form in "" --json; do
        say "moments$form" moments --db "$url" "${t[@]}" --customers next.csv --replicates 199 $form
        say "backtest$form" backtest --leaving --db "$url" "${t[@]}" $form
        say "predict$form" predict --db "$url" "${t[@]}" $form
        say "erosion$form" erosion --db "$url" "${t[@]}" $form
    done
    [ "$kind" = contracts ] || say scored score --db "$url" "${t[@]}" --refit --json # forecasts are made from orders
    say forecasts export forecast --db "$url"
    say report report --db "$url" --out report "${t[@]}" --json
    cp next.csv model.json report/* "$into/" 2>/dev/null
    rm -rf next.csv model.json report
}
others() { # URL: what has no option for threads
    local url=$1 form who table
    someone=$(sed -n 2p "$into/predict" | cut -d, -f1)
    for form in "" --json; do
        say "reasons$form" reasons --db "$url" $form
        say "review$form" review --due --limit 0 --db "$url" $form
        say "measures$form" measures --db "$url" $form
        say "listed$form" measures list --db "$url" $form
        say "changes$form" changes --db "$url" --since "$since" $form
        say "explain$form" explain "$someone" --db "$url" $form
        say "duplicates$form" customer duplicates --weak --db "$url" $form
        for who in "$someone" "Ωmega 株式会社"; do
            say "shown$form" customer show "$who" --limit 0 --db "$url" $form
            say "why$form" reasons "$who" --db "$url" $form
            say "reviewed$form" review "$who" --db "$url" $form
        done
    done
    say checked db check --db "$url"
    say exported customer export "$someone" --db "$url"
    for table in $tables; do say "table-$table" export "$table" --db "$url"; done
}
say() { # FILE COMMAND...: appended, with its exit code
    run "${@:2}"
    { cat .out .err; echo "exit $code"; } >>"$into/$1"
}
# But for what a run took, and the ledger's name.
plain() {
    case $1 in
    *.html) sed -E 's/Made by Marram .* of memory at most//; s/<td class="num soft">[^<]*s<.td><.tr>//g; s/<ul aria-label="Seconds.*//; s/(row">Ledger<.th><td>)[^<]*/\1/' "$1" ;;
    *) sed -E '/"(timing|seconds)": \{/,/^  \}/d; s/("(seconds|wall_seconds|ledger|fitted|peak_memory_mb)":).*/\1/' "$1" ;;
    esac
}
compare() { # NAME FOLDER FOLDER
    local file
    for file in "$2"/*; do
        [ -e "$3/${file##*/}" ] || fail "$1: ${file##*/}" "only one has it"
        plain "$file" >.one && plain "$3/${file##*/}" >.other
        same "$1: ${file##*/}" .one .other
    done
}
finished() { # FOLDER FILES...: what these commands are for was done, or nothing was compared
    local file
    for file in "${@:2}"; do check "$1: $file" "exit 0" "$(tail -n 1 "$1/$file")"; done
}

hold() { # NAME MAKER: both stores made and read
    local stores="$1.db" kind=$1 url n=0
    if [ -n "$server" ]; then
        databases="$databases engines_$1_$$"
        "$load" sql "$server" "CREATE DATABASE engines_$1_$$ TEMPLATE template0"
        stores="$stores ${server/\/postgres?/\/engines_$1_$$?}"
    fi
    for url in $stores; do
        made=$1-$n
        $2 "$url"
        into=$1-$n-2 && mkdir "$into" && threaded "$url" 2 && others "$url"
        [ $n = 0 ] || { same "$1: what imports say" ".made-$1-0" ".made-$1-$n"; compare "$1 on PostgreSQL as on SQLite" "$1-0-2" "$1-$n-2"; }
        n=$((n + 1))
    done
    finished "$1-0-2" trained moments moments--json reasons review measures backtest predict changes explain erosion report forecasts checked
    for n in $counts; do
        into=$1-0-$n && mkdir "$into" && threaded "$1.db" $n
        compare "$1 on two threads as on $n" "$1-0-$n" "$1-0-2"
    done
}

# --- the two bases ---

cat >people.csv <<'END'
customer,name,email,phone,address,kind,tier,updated
Ωmega 株式会社,"Ωmega 株式会社, ""Zweig""",Ω@example.com,,"1 Dune Road
Sandwich",company,gold,2024-01-01
مريم,مريم,m@example.com,+44 20 7946 0000,,person,,2024-01-01
مريم,older news,m@example.com,,,person,silver,2023-01-01
nobody 1,,,,,,,
nobody 2,=1+1,M@Example.com,020 7946 0000,,company,gold,
END
printf 'nobody 3,%s,,,,person,,\n' "$(head -c 20000 /dev/zero | tr '\0' 'y')" >>people.csv
printf 'customer,id,start,end,price,currency\nW000015,A,2023-01-01,2024-01-01,10,EUR\nW000015,B,2023-06-01,,20,EUR\nW000016,C,2023-06-01,2023-06-01,0,EUR\n' >beside.csv
cat >world.yaml <<END
mode: contracts
customers: $customers
start: 2022-06-15
days: 900
arrival: {pattern: even, over_days: 600}
leaving: {per_year: 0.8}
moments:
  - {clock: days_since_start, from: 20, to: 40, ratio: 6}
reasons:
  - {code: product_quality, share: 0.3, misleading: 0.05, stated: 0.5}
  - {code: promise_broken, share: 0.3, traces: 0.8, stated: 0.3}
messy: {late: 0.1, duplicated: 0.02, contradictory: 0.2, afterwards: 0.2}
END
run simulate --world world.yaml --seed 11 --out w
# By 2023-07-01 all that had happened was known, but for every ninth line.
sed 's/.*"at":"\([0-9-]*\).*/\1 &/' w/events.ndjson | awk '{ line = substr($0, 12) } $1 < "2023-07-01" && NR % 9 { print line > "early.ndjson"; next } { print line > "late.ndjson" }'
odd_events >odd.ndjson
sed 's/"amount":[0-9-]*/"amount":12345/' odd.ndjson | head -n 30 >other.ndjson # the same events, told otherwise
since=2024-06-01
hold contracts make_contracts

"$marram" simulate --customers $customers --years 3 --seed 12 --out shop --json >/dev/null
awk -F, 'NR == 1 { print > "first.csv"; print > "second.csv"; next } $2 < "2024-07-01" && NR % 9 { print > "first.csv"; next } { print > "second.csv" }' shop/orders.csv
odd_orders >odd.csv
since=2024-08-01 # by what was known then: all later orders were told in 2026
hold orders make_orders
finish
