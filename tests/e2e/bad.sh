#!/bin/bash
# bad.sh MARRAM: input that is wrong, options that are wrong, customers nobody foresaw. A run that cannot succeed says which
# file, line, field and value, and the way out, ends with the documented code and leaves nothing behind.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh" || exit 1

orders() { printf 'customer,date,amount\n'; cat; }
good() { # 40 lines of 8 customers, as orders() takes them
    awk 'BEGIN { for (i = 0; i < 40; i++) { c = int(8 * (i * 0.618 % 1) ^ 2); d = (i * i * 7 + c * 31) % 700
        printf "c%d,20%02d-%02d-%02d,%d.50\n", c, 23 + int(d / 360), 1 + int(d % 360 / 30), 1 + d % 28, 10 + i } }'
}

# --- files that are none ---
make_bad() { # NAME: into ./bad.csv
    case $1 in
        binary) cat /bin/ls >bad.csv ;;
        random) head -c 200000 /dev/urandom >bad.csv ;;
        empty) : >bad.csv ;;
        empty-gz) : | gzip -nc >bad.csv ;;
        cut-gz) good | orders | gzip -nc | head -c 100 >bad.csv ;;
        header) orders </dev/null >bad.csv ;;
        blank) printf '\n\n  \n\n' >bad.csv ;;
        nul) { good | orders; printf 'c1,2024-02-03,1\0.00\n'; } >bad.csv ;;
        utf16) good | orders | iconv -t UTF-16 >bad.csv ;;
        utf16be) good | orders | iconv -t UTF-16BE >bad.csv ;;
        cr-only) good | orders | tr '\n' '\r' >bad.csv ;;
        ragged-short) { good; echo 'c1,2024-03-01'; } | orders >bad.csv ;;
        ragged-long) { good; echo 'c1,2024-03-01,5.00,x'; } | orders >bad.csv ;;
        bad-date) { good; echo 'c1,2024-02-30,5.00'; } | orders >bad.csv ;;
        no-date) { good; echo 'c1,soon,5.00'; } | orders >bad.csv ;;
        empty-date) { good; echo 'c1,,5.00'; } | orders >bad.csv ;;
        bad-amount) { good; echo 'c1,2024-03-01,five'; } | orders >bad.csv ;;
        huge-amount) { good; echo 'c1,2024-03-01,99999999999999999999'; } | orders >bad.csv ;;
        empty-amount) { good; echo 'c1,2024-03-01,'; } | orders >bad.csv ;;
        no-customer) { good; echo ',2024-03-01,5.00'; } | orders >bad.csv ;;
        open-quote) { good; echo 'c1,2024-03-01,"5.00'; } | orders >bad.csv ;;
        after-quote) { good; echo '"c1"x,2024-03-01,5.00'; } | orders >bad.csv ;;
        stray-quote) { good; echo 'c1"x",2024-03-01,5.00'; } | orders >bad.csv ;;
        future) { good; echo 'c1,2031-01-01,5.00'; } | orders >bad.csv ;;
        currencies) { good | sed 's/,\([0-9.]*\)$/,$\1/'; echo 'c1,2024-03-01,€5.00'; } | orders >bad.csv ;;
        two-decimals) { good; echo 'c1,2024-03-01,"1.234,50"'; } | orders >bad.csv ;;
        two-orders) { good | awk -F, -v OFS=, '{ split($2, d, "-"); $2 = d[3] "/" d[2] "/" d[1]; print }'; echo 'c1,03/25/2024,5.00'; } | orders >bad.csv ;;
        short-year) good | sed 's/20\(..\)-\(..\)-\(..\)/\3.\2.\1/' | orders >bad.csv ;;
        no-columns) good | sed 's/^/x,/' | { printf 'a,b,c,d\n'; cat; } >bad.csv ;;
        one-column) printf 'customer\n1\n2\n' >bad.csv ;;
        one-customer) printf 'a,2024-01-01,5\na,2024-02-01,5\n' | orders >bad.csv ;;
        one-order) printf 'a,2024-01-01,5\n' | orders >bad.csv ;;
        all-once) awk 'BEGIN { for (i = 0; i < 60; i++) printf "c%d,2024-%02d-%02d,5\n", i, 1 + i % 12, 1 + i % 28 }' | orders >bad.csv ;;
        one-day) awk 'BEGIN { for (i = 0; i < 60; i++) printf "c%d,2024-03-01,5\n", i % 20 }' | orders >bad.csv ;;
        only-returns) good | sed 's/,\([0-9.]*\)$/,-\1/' | orders >bad.csv ;;
        all-late) good | orders >bad.csv ;;
        directory) mkdir bad.csv ;;
        missing) ;;
    esac
}
bad() { # NAME EXIT-CODE WHAT-IS-SAID OPTION...
    rm -rf bad.csv
    make_bad "$1"
    refused "bad input: $1 ${*:4}" "$2" "$3" run bad.csv "${@:4}" --out nowhere
}
test_input() {
    bad binary 3 'bad.csv & NUL'
    bad random 3 'bad.csv'
    bad empty 3 'bad.csv & empty'
    bad empty-gz 3 'bad.csv & empty'
    bad cut-gz 3 'bad.csv & (cut|truncated|end)'
    bad header 3 'bad.csv & header'
    bad blank 3 'bad.csv & (empty|blank|no )'
    bad nul 3 'bad.csv:42 & NUL'
    bad nul 3 'bad.csv:42 & NUL' --on-error skip
    bad utf16 3 'bad.csv & UTF-16 & UTF-8'
    bad utf16be 3 'bad.csv:1 & NUL'
    bad cr-only 3 'bad.csv & CR'
    bad ragged-short 3 'bad.csv:42 & 2 fields & --on-error skip'
    bad ragged-long 3 'bad.csv:42 & 4 fields & --on-error skip'
    bad bad-date 3 'bad.csv:42: date .2024-02-30. & calendar & --on-error skip'
    bad no-date 3 'bad.csv:42: date .soon. & --on-error skip'
    bad empty-date 3 'bad.csv:42: date & empty & --on-error skip'
    bad bad-amount 3 'bad.csv:42: amount .five. & --on-error skip'
    bad huge-amount 3 'bad.csv:42: amount .99999999999999999999. & --on-error skip'
    bad empty-amount 3 'bad.csv:42: amount & empty & --on-error skip'
    bad no-customer 3 'bad.csv:42: customer & empty & --on-error skip'
    bad open-quote 3 'bad.csv:42 & quote & never closed & --on-error skip'
    bad after-quote 3 'bad.csv:42 & quote & --on-error skip'
    bad stray-quote 3 'bad.csv:42 & quote & --on-error skip'
    bad future 3 'bad.csv:42: date .2031-01-01. & 2026-06-30'
    bad future 3 'bad.csv:42: date .2031-01-01. & 2030-12-31' --today 2030-12-31
    bad currencies 3 'bad.csv & \$ & €'
    bad two-decimals 3 'bad.csv:42: amount .1.234,50. & line 2 & decimal & --on-error skip'
    bad two-orders 3 'bad.csv:42: date .03/25/2024. & line [0-9]+ & --date-format & --on-error skip'
    bad short-year 3 'two digits .01.01.23. & export them with four'
    bad no-columns 3 'bad.csv & --columns'
    bad one-column 3 'bad.csv & no columns are seen & comma'
    bad one-customer 4 '1 customer .1 with a second order. & too few & more orders'
    bad one-order 4 'one customer with one order'
    bad all-once 4 'every one of the 60 customers has one order & --columns'
    bad one-day 4 'one order'
    bad only-returns 3 'returns'
    bad all-late 3 'no order is left of 40 lines & 40 after --until' --until 2020-01-01
    bad directory 5 'bad.csv & directory'
    bad missing 5 'bad.csv & No such file'
    rm -rf bad.csv
    has_lines "a folder for fit" "$(mkdir d; "$marram" fit nbd d 2>&1; rmdir d)" directory
    refused "no file" 2 "needs a file of orders" run --out nowhere
    { good; echo 'c1,2024-02-30,5.00'; } | orders >bad.csv
    refused "fit meets a bad line" 3 "bad.csv:42: date .2024-02-30." fit nbd bad.csv
    refused "backtest meets a bad line" 3 "bad.csv:42: date .2024-02-30." backtest bad.csv --until 2024-06-30
    rm bad.csv
}
has_lines() { # NAME TEXT PATTERN
    if grep -qE -- "$3" <<<"$2"; then ok; else fail "$1" "wanted '$3', said: $2"; fi
}

# A line of 100 MB, and an identifier of 1 MB: said or taken, in bounded memory.
test_long_lines() {
    { good; printf 'c1,2024-03-01,'; head -c 100000000 /dev/zero | tr '\0' 7; echo; } | orders >bad.csv
    refused "a line of 100 MB" 3 "bad.csv:42 & 64 MB" run bad.csv --out nowhere
    if [ -z "$sanitized" ]; then
        (ulimit -v 1200000; "$marram" run bad.csv --out nowhere >/dev/null 2>.err; echo $? >.code)
        check "a line of 100 MB in 1.2 GB of addresses" 3 "$(cat .code)"
    fi
    # Under the sanitizer memrchr looks at all it is given, so that 100 MB of line ends take it an hour.
    { good; printf 'c1,2024-03-01,"\n'; head -c 100000000 /dev/zero | tr '\0' "${sanitized:+x}"'\n'; echo; } | orders >bad.csv
    refused "a quote that is never closed, and 100 MB after it" 3 "bad.csv:42 & (64 MB|quote)" run bad.csv --out nowhere
    { good; printf 'c1,2024-03-01,5\n'; for d in 1 2 3; do head -c 1000000 /dev/zero | tr '\0' x; echo ",2024-0$d-01,5"; done; } | orders >bad.csv
    want "an identifier of 1 MB" 0 "9 customers" run bad.csv --out long
    check "it comes out whole" 1000000 "$(awk -F, '{ if (length($1) > m) m = length($1) } END { print m }' long/customers.csv)"
    check "and does not swell the report" true "$([ "$(wc -c <long/report.html)" -lt 1000000 ] && echo true)"
    rm -rf bad.csv long
}

# --- wrong places to write to ---
test_out() {
    good | orders >good.csv
    echo mine >file
    refused "--out is a file" 5 "file is a file" run good.csv --out file
    refused "--out below a file" 5 "file" run good.csv --out file/below
    refused "--out is empty" 2 "empty" run good.csv --out ''
    refused "--out in /proc" 5 "/proc/" run good.csv --out /proc/nowhere
    refused "--out is too long" 2 "too long" run good.csv --out "$(head -c 5000 /dev/zero | tr '\0' x)"
    check "the file is as it was" mine "$(cat file)"
    want "missing parent folders are made" 0 "" run good.csv --quiet --out a/b/c/
    holds "the report is there" test -s a/b/c/report.html
    mkdir -p kept/sub kept/report.html.d
    echo notes >kept/notes.txt
    ln -s notes.txt kept/link
    want "a folder with the user's files" 0 "" run good.csv --quiet --out kept
    check "they are untouched" "customers.csv link notes.txt report.html report.html.d sub summary.json" "$(ls kept | paste -sd' ')"
    check "also in content" notes "$(cat kept/link)"
    mkdir -p taken/report.html
    refused "a folder stands where a file goes" 5 "taken/report.html" run good.csv --out taken
    if [ "$(id -u)" = 0 ]; then skip "a read-only folder" "root writes anywhere"; else
        mkdir closed; chmod 500 closed
        refused "a read-only folder" 5 "closed" run good.csv --out closed
        chmod 700 closed
    fi
    refused "the orders themselves as --out" 5 "good.csv is a file" run good.csv --out good.csv
    rm -rf a kept taken file closed good.csv
}

# --- options ---
test_options() {
    good | orders >good.csv
    refused "an unknown option" 2 "unknown option --margn & --help" run good.csv --margn 1
    refused "an unknown short option" 2 "unknown option -x" run good.csv -x
    refused "a value is missing" 2 "--out needs a value" run good.csv --out
    refused "a margin of 7" 2 "--margin & 0 to 1 & .7." run good.csv --margin 7
    refused "no margin" 2 "--margin must be above 0" run good.csv --margin 0
    refused "a margin that is none" 2 "--margin & .nan." run good.csv --margin nan
    refused "a margin in words" 2 "--margin & .much." run good.csv --margin much
    refused "a discount rate below 0" 2 "--discount-rate & .-1." run good.csv --discount-rate -1
    refused "a horizon of nothing" 2 "--horizon & 13w & .0." run good.csv --horizon 0
    refused "a horizon under a day" 2 "at least a day" run good.csv --horizon 0.5d
    refused "a horizon in fortnights" 2 "--horizon & .3f." run good.csv --horizon 3f
    refused "an endless horizon" 2 "--horizon & .inf." run good.csv --horizon inf
    refused "a horizon beyond reason" 2 "--horizon" run good.csv --horizon 1000y
    refused "half a thread" 2 "--threads & whole number & .0.5." run good.csv --threads 0.5
    refused "too many threads" 2 "--threads & 1024" run good.csv --threads 99999
    refused "a sample below 0" 2 "--sample" run good.csv --sample -1
    refused "a number beyond 64 bits" 2 "--seed" run good.csv --seed 99999999999999999999
    refused "a unit there is not" 2 "--unit must be one of day, week" run good.csv --unit month
    refused "a preset there is not" 2 "--preset & shopify & .magento." run good.csv --preset magento
    refused "a date format there is not" 2 "--date-format & dmy" run good.csv --date-format d/m/y
    refused "the wrong date format" 3 "good.csv:2: date" run good.csv --date-format dmy
    refused "a day there is not" 2 "--until & .2024-02-30." run good.csv --until 2024-02-30
    refused "--until in words" 2 "--until" run good.csv --until yesterday
    refused "--on-error neither" 2 "stop or skip" run good.csv --on-error ignore
    refused "too few columns" 2 "names 2 columns & has 3" run good.csv --columns customer,date
    refused "a role there is not" 2 ".client. is no role" run good.csv --columns client,date,amount
    refused "a role twice" 2 "twice" run good.csv --columns customer,date,date
    refused "no date among the columns" 2 "a customer and a date are needed" run good.csv --columns customer,-,amount
    refused "columns and a preset" 2 "--preset" run good.csv --columns customer,date,amount --preset shopify
    refused "the wrong column as the date" 3 "good.csv:2: & date" run good.csv --columns customer,amount,date
    refused "standard input twice" 2 "standard input|once" run - -
    refused "an unknown command" 2 "no command .runn.; did you mean .run." runn good.csv
    refused "an unknown model" 2 "no model .pareto. & marram models" fit pareto good.csv
    refused "fit without a model" 2 "model" fit
    refused "fit without a file" 2 "file" fit nbd
    refused "k of 0" 2 "--k & .0." fit mbg-cnbd-k good.csv --k 0
    refused "backtest without --until" 2 "--until" backtest good.csv
    refused "backtest from the future" 3 "no orders after 2030-01-01 & earlier --until" backtest good.csv --until 2030-01-01
    refused "backtest before the data" 3 "2020-01-01" backtest good.csv --until 2020-01-01
    refused "a table without its columns" 3 "good.csv & frequency" fit bg-bb good.csv --grouped
    refused "no cohorts" 3 "good.csv & (cohort|period|lost)" fit sbg good.csv --cohort
    refused "a contract model on orders" 2 "--cohort" fit sbg good.csv
    refused "models takes nothing" 2 "good.csv" models good.csv
    "$marram" >/dev/null 2>.err
    check "no command" 2 $?
    rm good.csv
}

# --- lines left out ---
test_skip() {
    good | orders >good.csv
    { good | head -n 20; printf 'c1,2024-02-30,5.00\nc1,2024-03-01,five\n,2024-03-01,5.00\nc1,2024-03-01\n"c1"x,2024-03-01,5.00\nc9,2030-01-01,5.00\n'; good | tail -n +21; } | orders >bad.csv
    run run good.csv --quiet --out clean
    want "--on-error skip" 0 "6 lines rejected" run bad.csv --on-error skip --out skipped
    check "a row a bad line" 6 "$(($(wc -l <skipped/rejects.csv) - 1))"
    check "they are the bad ones" "22 23 24 25 26 27" "$(tail -n +2 skipped/rejects.csv | cut -d, -f2 | paste -sd' ')"
    check "with their fields" "date amount customer  customer date" "$(tail -n +2 skipped/rejects.csv | cut -d, -f3 | paste -sd' ')"
    check "counted" 6 "$(jq .input.rejected skipped/summary.json)"
    check "of all lines" 46 "$(jq .input.lines skipped/summary.json)"
    same "else as if they were not there" clean/customers.csv skipped/customers.csv
    want "nothing to skip" 0 "" run good.csv --quiet --on-error skip --out skipped
    check "no rejects.csv then" "customers.csv report.html summary.json" "$(ls -A skipped | paste -sd' ')"
    run run bad.csv --quiet --on-error skip --out skipped
    want "a clean run takes an old rejects.csv away" 0 "" run good.csv --quiet --out skipped
    check "so that nothing stale stands there" "customers.csv report.html summary.json" "$(ls -A skipped | paste -sd' ')"
    awk 'BEGIN { for (i = 0; i < 1000020; i++) print "c,x,1" }' | { good; cat; } | orders >worse.csv
    refused "a million bad lines" 3 "more than 1000000 lines were rejected & columns" run worse.csv --on-error skip --out nowhere
    rm -rf good.csv bad.csv worse.csv clean skipped
}

for t in input long_lines out options skip; do
    rm -f .out .err .both .held .code
    [ -z "${ONLY-}" ] || [ "$ONLY" = $t ] || continue
    test_$t
done
finish
