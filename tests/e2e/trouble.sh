#!/bin/bash
# trouble.sh MARRAM POSTGRES LOAD: what can be wrong with the ledger's store, command by command: locked, read-only, no database, another's,
# of another version, wrong password. Each is an error that says what to do, with exit code 5 (3: what is in it), and nothing is lost.
# shellcheck source=lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
postgres=${2:-} load=$(realpath "${3:-$source_dir/build/tests/ledger/ledger_load}")
export MARRAM_NOW=2026-06-30T10:00:00Z
# The SQLite files themselves may be looked into.
snapshot() { find . -name '.*' -o -name '*.db*' -o -type d -printf '%p %y\n' -o -printf '%p %y %s %T@\n' | grep -v '^\. ' | sort; }
running=
cleanup() { for pid in $running; do kill "$pid" 2>/dev/null; done; }

cat >orders.csv <<'END'
order_id,customer,date,amount,currency
o1,c1,2025-01-10,10,EUR
o2,c1,2025-02-10,20,EUR
o3,c2,2025-02-11,30,EUR
o4,c3,2025-03-11,40,EUR
END
cat >more.csv <<'END'
order_id,customer,date,amount,currency
o5,c1,2025-04-10,50,EUR
END
# Each command that reads or writes a ledger.
commands=("import orders more.csv --yes" "db status" "db check" "score" "customer show c1 --source import" "export events")
every() { # NAME CODE PATTERNS URL: refused so by every command
    local command
    for command in "${commands[@]}"; do
        # shellcheck disable=SC2086
        refused "$1: ${command%% *}" "$2" "$3" $command --db "$4"
        if grep -q geheim .err; then fail "$1: ${command%% *}" "the password is in what it says"; fi
    done
}
make_ledger() { # URL
    run db init --db "$1" --quiet
    run import orders orders.csv --db "$1" --yes --quiet
    [ "$code" = 0 ] || fail "making $1" "$(cat .err)"
}
untouched() { # NAME URL: sound, with all that was in it and no more
    want "$1: sound" 0 "" db check --db "$2"
    run db status --db "$2" --json
    check "$1: nothing lost, nothing added" 4 "$(jq -r '.events // .tables.event // empty' .out)"
}

test_no_database() {
    mkdir folder
    every "no file" 5 "there is no nowhere.db; 'marram db init' makes it" nowhere.db
    every "no folder" 5 "there is no nowhere/at/all.db" nowhere/at/all.db
    every "a folder" 5 "folder is not a file" folder
    cp orders.csv text.db
    every "a text" 5 "text.db is not a database.*(give another file|restore)" text.db
    : >empty.db
    every "an empty file" 3 "empty.db holds no ledger yet: run 'marram db init'" empty.db
    head -c 30000 /dev/urandom >random.db
    every "rubbish" 5 "random.db is not a database" random.db
    "$load" sql empty.db "CREATE TABLE orders (id INTEGER); INSERT INTO orders VALUES (1)"
    every "another program's" 3 "empty.db holds tables that are not Marram's; give Marram a file of its own" empty.db
    refused "init of another program's" 3 "not Marram's" db init --db empty.db
    refused "init of a text" 5 "not a database" db init --db text.db
    refused "init in no folder" 5 "folder must be there" db init --db nowhere/at/all.db
    rm -rf folder text.db* empty.db* random.db*
}
test_version() { # URL NAME
    "$load" sql "$1" "INSERT INTO schema_version (version, name, applied_at_us) VALUES (999, 'tomorrow', 1)"
    every "$2: a newer schema" 3 "999.*it takes a newer Marram" "$1"
    refused "$2: init of a newer schema" 3 "newer Marram" db init --db "$1"
    refused "$2: upgrade of a newer schema" 3 "newer Marram" db upgrade --db "$1"
    "$load" sql "$1" "DELETE FROM schema_version WHERE version = 999"
    "$load" sql "$1" "UPDATE schema_version SET version = -version WHERE version > 1"
    if [ "$(ls "$source_dir"/sql/*.sql | wc -l)" -gt 1 ]; then every "$2: an older schema" 3 "run 'marram db upgrade'" "$1"; fi
    "$load" sql "$1" "UPDATE schema_version SET version = -version WHERE version < 0"
    untouched "$2: versions" "$1"
}
as_nobody() { # a program that may not write what we may not write; root may everything
    if [ "$(id -u)" = 0 ]; then setpriv --reuid nobody --regid nogroup --clear-groups "$@"; else "$@"; fi
}
test_read_only() {
    local command
    if [ "$(id -u)" = 0 ] && ! setpriv --reuid nobody --regid nogroup --clear-groups "$marram" --version >/dev/null 2>&1; then
        skip "files that may only be read" "this is root, and setpriv does not work"
        return
    fi
    mkdir closed && make_ledger closed/l.db
    chmod 644 closed/l.db* && chmod 755 . closed && chmod 555 closed && chmod 644 ./*.csv
    for command in "${commands[@]}"; do
        # shellcheck disable=SC2086
        as_nobody "$marram" $command --db closed/l.db >.out 2>.err
        code=$?
        case $command in
        import* | score) # these write
            check "a read-only folder: $command" 5 $code
            holds "a read-only folder: $command says so" mentions .err "closed/l.db & (may only read|allowed to write|may write)" ;;
        *) # these might be content with reading: either they do, or they say why not
            if [ $code = 0 ]; then ok; else
                check "a read-only folder: $command" 5 $code
                holds "a read-only folder: $command says so" mentions .err "closed/l.db & (may only read|allowed to write|may write)"
            fi ;;
        esac
    done
    chmod 755 closed
    untouched "a read-only folder" closed/l.db
    chmod 777 closed && chmod 444 closed/l.db*
    as_nobody "$marram" import orders more.csv --yes --db closed/l.db >.out 2>.err
    check "a read-only file" 5 $?
    holds "a read-only file: it says so" mentions .err "closed/l.db & (may only read|allowed to write|may write)"
    chmod 600 closed/l.db*
    as_nobody "$marram" import orders more.csv --yes --db closed/l.db >.out 2>.err
    check "somebody else's file" 5 $?
    holds "somebody else's file: it says so" mentions .err "closed/l.db & (may only read|allowed to write|[Pp]ermission denied)"
    chmod 700 closed
    untouched "a read-only file" closed/l.db
    rm -rf closed
}
# One holds the lock for longer than anybody waits, in the background: the other tests go on meanwhile.
begin_locked() { # URL NAME
    "$load" hold "$1" 14000 ".held-$2" 2>".hold-$2.err" &
    running="$running $!"
    local n=0
    while [ ! -e ".held-$2" ] && [ $n -lt 500 ]; do sleep 0.02; n=$((n + 1)); done
    (
        "$marram" import orders more.csv --yes --db "$1" >".locked-$2.out" 2>".locked-$2.err"
        echo $? >".locked-$2.code"
    ) &
    running="$running $!"
}
end_locked() { # URL NAME
    wait
    check "$2: locked for long" 5 "$(cat ".locked-$2.code")"
    holds "$2: locked for long: it says so" mentions ".locked-$2.err" "(is in use by another process|another process holds the lock) & try again"
    check "$2: whoever held the lock goes on" "" "$(cat ".hold-$2.err")"
    untouched "$2: locked for long" "$1"
    "$load" hold "$1" 1500 ".again-$2" &
    local n=0
    while [ ! -e ".again-$2" ] && [ $n -lt 500 ]; do sleep 0.02; n=$((n + 1)); done
    want "$2: locked for a moment" 0 "1  events added" import orders more.csv --yes --db "$1"
    wait
}

test_server() {
    local tcp wrong password url bare command
    tcp=$(cat "$postgres/tcp" 2>/dev/null)
    if [ -z "$tcp" ]; then skip "a PostgreSQL that says no" "there is none here"; return; fi
    password=${tcp#*://*:}; password=${password%%@*}
    bare=${tcp#*@}
    every "a wrong password" 5 "password authentication failed & check user and password" "postgresql://marram:geheim@$bare"
    every "no such user" 5 "check user and password" "postgresql://nobody_here:geheim@$bare"
    every "no such database" 5 "(does not exist|createdb) & name another in the URL" "${tcp%/*}/no_such_database"
    every "no such host" 5 "no-such-host.invalid" "postgresql://marram:geheim@no-such-host.invalid/shop"
    every "nobody listens" 5 "is it running, and are host and port right" "postgresql://marram:geheim@127.0.0.1:1/shop"
    every "no such socket" 5 "is it running" "postgresql://marram:geheim@/shop?host=/nowhere"
    every "a URL that cannot be read" 2 "%40" "postgresql://marram:ge@heim@127.0.0.1/shop"
    every "no such kind" 2 "mysql://" "mysql://marram:geheim@127.0.0.1/shop"
    every "an empty database" 3 "holds no ledger yet: run 'marram db init'" "$url_empty"
    # Somebody who may only read, and somebody who may not even connect any more.
    "$load" sql "$url_postgres" "CREATE ROLE guest_$$ LOGIN PASSWORD 'guest'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest_$$"
    wrong=${tcp%/*}/${database}
    wrong=postgresql://guest_$$:guest@${wrong#*@}
    refused "someone who may only read" 5 "permission denied & grant this user the right" import orders more.csv --yes --db "$wrong"
    "$load" sql "$url_postgres" "ALTER ROLE guest_$$ CONNECTION LIMIT 0"
    refused "too many connections" 5 "too many connections" import orders more.csv --yes --db "$wrong"
    "$load" sql "$url_postgres" "DROP OWNED BY guest_$$; DROP ROLE guest_$$"
    untouched "a server that says no" "$url_postgres"
}

make_ledger lock.db
begin_locked lock.db sqlite
server=$(cat "$postgres/url" 2>/dev/null)
database=trouble_$$
if [ -n "$server" ]; then
    "$load" sql "$server" "CREATE DATABASE $database TEMPLATE template0"
    "$load" sql "$server" "CREATE DATABASE ${database}_empty TEMPLATE template0"
    "$load" sql "$server" "CREATE DATABASE ${database}_lock TEMPLATE template0"
    url_postgres=${server/\/postgres?/\/$database?} url_empty=${server/\/postgres?/\/${database}_empty?} url_lock=${server/\/postgres?/\/${database}_lock?}
    make_ledger "$url_postgres"
    make_ledger "$url_lock"
    begin_locked "$url_lock" postgres
else
    skip "troubles on PostgreSQL" "there is none here"
fi
test_no_database
make_ledger version.db
test_version version.db sqlite
test_read_only
if [ -n "$server" ]; then
    test_server
    test_version "$url_postgres" postgres
    end_locked "$url_lock" postgres
fi
end_locked lock.db sqlite
if [ -n "$server" ]; then
    for name in "$database" "${database}_empty" "${database}_lock"; do "$load" sql "$server" "DROP DATABASE $name WITH (FORCE)"; done
fi
finish
