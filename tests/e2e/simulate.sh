#!/bin/bash
# simulate.sh MARRAM: the command line of `marram simulate`. Prints the lines tools/test counts.
set -u
marram=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0

# want CODE PATTERN ARGUMENT...: the exit code, and a pattern in what is printed (stdout and stderr together).
want() {
    local code=$1 pattern=$2 got
    shift 2
    "$marram" simulate "$@" >"$work/printed" 2>&1
    got=$?
    if [ $got -eq "$code" ] && grep -qE -- "$pattern" "$work/printed"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "ERROR: simulate $* -> exit $got, wanted $code and '$pattern'; printed:"
        head -5 "$work/printed"
    fi
}

check() { # NAME CONDITION...
    local name=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "ERROR: $name"; fi
}

empty() { [ -z "$(ls -A "$1" 2>/dev/null)" ]; }

want 0 '^example:' --help
want 0 'marram simulate --customers' -h
want 2 'unknown option --customer.*see .marram simulate --help' --customer 5
want 2 'takes no file.*orders.csv' orders.csv
want 2 '--customers must be a whole number from 1 .*not .0.' --customers 0
want 2 '--customers must be a whole number' --customers=many
want 2 '--years must be a number' --years -1
want 2 '--years must be a number' --years nan
want 2 '--seasonality must be' --seasonality 1
want 2 '--ids must be integer, code or uuid' --ids number
want 2 '--start must be a day' --start 2023-02-30
want 2 '--out needs a value' --out
want 2 'folder to write to is empty' --out ''
want 2 'cannot be had' --orders-per-customer 9999
check "a refused command writes nothing" test "$(ls -A | grep -v '^printed$' | wc -l)" = 0

want 0 'orders and .* returns of 2000 customers' --out shop
check "the window ends on 2025-12-31" test "$(tail -n 1 shop/orders.csv | cut -d, -f2)" = 2025-12-31
check "no hidden files stay" test "$(ls -A shop | tr '\n' ' ')" = "orders.csv truth.csv "
want 0 '^\{"customers":50,"orders":[0-9]+,.*"seed":9,"out":"json"\}$' --customers 50 --seed 9 --json --out json
want 0 'of 4000 customers' --customers=4000 --contacts --ids=uuid --start 2020-02-29 --years 1 --threads 3 --out=named
check "the heading names the contacts" grep -q '^customer_id,date,amount,name,email$' named/orders.csv
check "the first day is the start" test "$(sed -n 2p named/orders.csv | cut -d, -f2)" = 2020-02-29

echo >file
want 5 'file: is a file, not a folder' --out file
want 5 'file: is a file, not a folder' --out file/below
want 5 'cannot make the folder' --out /proc/nowhere

(ulimit -f 1; "$marram" simulate --out full >printed 2>&1; echo $? >code)
check "a full disk is exit 5" test "$(cat code)" = 5
check "a full disk is named with its path" grep -q 'full/orders.csv: cannot write: File too large' printed
check "a full disk leaves nothing" test ! -e full

if [ -w /dev/full ]; then
    "$marram" simulate --customers 5 --out pipe >/dev/full 2>printed
    check "a summary that cannot be printed is exit 5" test $? = 5
fi

"$marram" simulate --customers 5000000 --orders-per-customer 10 --out stopped >printed 2>&1 &
child=$!
sleep 0.3
kill -INT $child 2>/dev/null || kill -TERM $child
wait $child
code=$?
check "an interrupt is exit 130 (was $code)" test $code = 130
check "an interrupt says so" grep -q 'interrupted; nothing was written' printed
check "an interrupt leaves nothing" empty stopped

echo "[  PASSED  ] $passed test(s)."
[ $failed -eq 0 ] || echo "[  FAILED  ] $failed test(s)."
[ $failed -eq 0 ]
