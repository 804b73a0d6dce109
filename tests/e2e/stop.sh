#!/bin/bash
# stop.sh MARRAM: what comes from outside: Ctrl-C, a full disk, a closed pipe, a second run, a terminal. Either everything is
# written or nothing, and no file with a passing name stays behind.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh" || exit 1

mounted=
cleanup() { [ -z "$mounted" ] || umount "$mounted"; }

complete() { # FOLDER
    [ "$(ls -A "$1" 2>/dev/null | paste -sd' ')" = "customers.csv report.html summary.json" ] && jq -e .customers "$1/summary.json" >/dev/null 2>&1
}
big() { # a shop large enough to be interrupted: its orders in big.csv, the seconds a run takes in $seconds
    local from=${EPOCHREALTIME/./}
    run simulate --customers "$([ -n "$sanitized" ] && echo 6000 || echo 120000)" --out big --seed 3
    mv big/orders.csv big.csv
    rm -rf big
    from=${EPOCHREALTIME/./}
    run run big.csv --quiet --out whole
    seconds=$(awk -v a="$from" -v b="${EPOCHREALTIME/./}" 'BEGIN { print (b - a) / 1e6 }')
}
# Waits until a process that was just started catches SIGTERM, or has ended: a busy machine may take longer to start it than a share of the run.
listens() {
    local caught tries
    for ((tries = 0; tries < 500; tries++)); do
        caught=$(awk '/^State:.*Z/ { exit } /^SigCgt/ { print $2 }' "/proc/$1/status" 2>.held)
        # Before it is the program it is this shell, which catches it, too.
        if [ -n "$caught" ] && [ "$(readlink "/proc/$1/exe" 2>.held)" != "$marram" ]; then
            sleep 0.01
            continue
        fi
        if [ -z "$caught" ] || (((16#${caught: -4} & 16#4000) != 0)); then return; fi
        sleep 0.01
    done
}
# Starts a run, sends it a signal after a share of the time a run takes; $code is how it ended.
struck() { # SIGNAL SHARE ARGUMENT...
    "$marram" run big.csv "${@:3}" >.out 2>.err &
    local child=$!
    listens $child
    sleep "$(awk -v s="$seconds" -v f="$2" 'BEGIN { print s * f }')"
    kill "-$1" $child 2>.held
    wait $child
    code=$?
}
test_signals() {
    local share signal stopped=0
    mkdir earlier; echo mine >earlier/notes.txt
    run run big.csv --quiet --until 2025-06-30 --out earlier
    local before; before=$(snapshot)
    for signal in INT TERM; do
        for share in $([ $signal = INT ] && echo 0.02 0.2 0.4 0.6 0.8 0.9 || echo 0.1 0.7); do
            struck $signal $share --out fresh/below --on-error skip
            if [ $code = 0 ]; then # it was quicker than measured: then all of it must be there
                holds "a run ended before the signal is whole" complete fresh/below
                rm -rf fresh
                continue
            fi
            stopped=$((stopped + 1))
            check "SIG$signal at $share of the run" 130 $code
            holds "SIG$signal at $share is said" grep -q 'interrupted; nothing was written' .err
            check "SIG$signal at $share leaves nothing" "$before" "$(snapshot)"
        done
    done
    struck INT 0.7 --out earlier
    [ $code = 0 ] || check "an earlier report stays as it was" "$before" "$(snapshot)"
    check "most of the signals met a run" true "$([ $stopped -ge 4 ] && echo true)"
    rm -rf earlier
}
test_twice() {
    "$marram" run big.csv --quiet --out both >.out 2>.err &
    local first=$!
    "$marram" run big.csv --quiet --out both
    check "the second of two runs into one folder" 0 $?
    wait $first
    check "the first of two runs into one folder" 0 $?
    holds "one whole report" complete both
    same "with the customers of either" whole/customers.csv both/customers.csv
    rm -rf both
}

small_shop() { run simulate --customers 3000 --seed 2 --out shop; run run shop/orders.csv --quiet --out reference; }
test_full_disk() {
    local blocks
    if [ "$(id -u)" = 0 ] && mkdir disk && mount -t tmpfs -o size=300k marram-e2e disk 2>.held; then
        mounted=$work/disk
        echo mine >disk/notes.txt
        refused "a full disk" 5 "disk.*(customers.csv|report.html|summary.json) & [Nn]o space left" run shop/orders.csv --out disk
        refused "a full disk, in a folder to be made" 5 "[Nn]o space left" run shop/orders.csv --out disk/new/folder
        refused "a full disk for the made-up shop" 5 "[Nn]o space left" simulate --customers 20000 --out disk/shop
        check "what was there is there" notes.txt "$(ls -A disk)"
        umount disk && mounted=
    else
        skip "a full disk" "no tmpfs can be mounted"
    fi
    for blocks in 1 100 400 480; do
        before=$(snapshot)
        (ulimit -f $blocks; "$marram" run shop/orders.csv --out limited >.out 2>.err; echo $? >.code)
        if [ "$(cat .code)" = 0 ]; then rm -rf limited; continue; fi
        check "a limit of $blocks blocks" 5 "$(cat .code)"
        rm .code
        holds "a limit of $blocks blocks is said" grep -qE 'limited.*(customers.csv|report.html|summary.json).*File too large' .err
        check "a limit of $blocks blocks leaves nothing" "$before" "$(snapshot)"
    done
    rm -rf disk
}
test_closed_output() {
    "$marram" run shop/orders.csv --out closed >&- 2>.err
    check "a closed stdout" 5 $?
    holds "is said" grep -q 'could not be printed' .err
    holds "and the report is whole" complete closed
    "$marram" run shop/orders.csv --out closed --json 2>.err | head -n 1 >.out
    check "a reader that goes away" 5 "${PIPESTATUS[0]}"
    "$marram" models --json 2>.err | true
    holds "and is not complained of" test ! -s .err
    "$marram" run shop/orders.csv --out closed >/dev/full 2>.err
    check "a full standard output" 5 $?
    "$marram" run shop/orders.csv --quiet --out closed >&- 2>.err
    check "nothing to print, nothing to complain of" "0" $?
    for command in "fit nbd shop/orders.csv" "backtest shop/orders.csv --until 2025-06-30 --json" "models --json" "models" "--help" "run --help" "--version"; do
        # shellcheck disable=SC2086
        "$marram" $command >/dev/full 2>.err
        check "$command on a full standard output" 5 $?
    done
    "$marram" run shop/orders.csv --quiet --out closed <&- >&- 2>&-
    check "nothing open at all" 0 $?
    holds "and the report is whole" complete closed
    rm -rf closed
}
test_stdin() {
    "$marram" run - --out piped <&- >.out 2>.err
    check "a closed standard input" 5 $?
    (sleep 0.2; cat shop/orders.csv) | "$marram" run - --quiet --out piped
    same "a slow pipe" reference/customers.csv piped/customers.csv
    mkfifo fifo
    cat shop/orders.csv >fifo &
    "$marram" run fifo --quiet --out piped
    same "a named pipe" reference/customers.csv piped/customers.csv
    rm -rf piped fifo
}
test_terminal() {
    if ! command -v script >.held; then skip "the progress bar on a terminal" "no script"; return; fi
    script -qec "stty cols 80; '$marram' run big.csv --out seen" /dev/null >terminal.txt </dev/null
    holds "a bar on a terminal" grep -qE '\[#*\.*\] +[0-9]+ %' terminal.txt
    # The last thing said about a bar is that its line is erased; the summary comes after it.
    check "it is erased" true "$(awk 'BEGIN { RS = "\r" } /\[[#.]*\] / { bar = NR } /^\033\[K$/ || /^\033\[K[^a-z]/ { gone = NR } END { print (bar && gone > bar) ? "true" : "false" }' terminal.txt)"
    holds "the summary follows" grep -q 'What was understood' terminal.txt
    check "no line is wider than the terminal" true "$([ "$(sed 's/\x1b\[[0-9;]*[mK]//g; s/.*\r\(.\)/\1/; s/\r//g' terminal.txt | wc -L)" -le 80 ] && echo true)"
    run run big.csv --out seen
    check "none in a pipe" "" "$(cat .err)"
    check "no colours in a pipe" "" "$(grep -c $'\033' .out | grep -v '^0$')"
    script -qec "NO_COLOR=1 '$marram' run shop/orders.csv --out seen 2>.err" /dev/null >terminal.txt </dev/null
    check "NO_COLOR" 0 "$(grep -c $'\033\[[0-9]*m' terminal.txt)"
    LC_ALL=C "$marram" run shop/orders.csv --out seen >.out
    check "plain letters where the environment has no others" "" "$(LC_ALL=C grep -P '[^\x00-\x7f]' .out | head -n 1)"
    rm -rf seen
}
# Commands that read a whole base, from files through a ledger that lasts as long as they do: neither that nor anything else stays behind.
test_bases() {
    local command share from took stopped=0 before
    cat >world.yaml <<'YAML'
mode: contracts
customers: 600
seed: 4
start: 2023-01-01
years: 3
leaving: {per_year: 0.3}
YAML
    run simulate --world world.yaml --out w --seed 4
    run db init --db base.db
    run import events w/events.ndjson --db base.db --yes --quiet
    mkdir passing
    for command in "moments w/events.ndjson --customers next.csv" "reasons w/events.ndjson" "run --contracts w/contracts.csv events:w/events.ndjson --quiet --out fresh" "report --db base.db --quiet --out fresh" \
        "train --db base.db --out left.json --quiet"; do
        # shellcheck disable=SC2086
        from=${EPOCHREALTIME/./}; TMPDIR=$work/passing "$marram" $command >.out 2>.err
        check "$command" 0 $?
        took=$(awk -v a="$from" -v b="${EPOCHREALTIME/./}" 'BEGIN { print (b - a) / 1e6 }')
        check "$command: nothing passing stays" "" "$(ls -A passing)"
        rm -rf fresh next.csv left.json .out .err
        for share in 0.05 0.4 0.8; do
            before=$(snapshot)
            # shellcheck disable=SC2086
            TMPDIR=$work/passing "$marram" $command >.out 2>.err &
            local child=$!
            sleep "$(awk -v s="$took" -v f=$share 'BEGIN { print s * f }')"
            kill "-$([ $share = 0.4 ] && echo TERM || echo INT)" $child 2>.held
            wait $child
            code=$?
            [ $code = 0 ] || [ $code = 130 ] || fail "$command, struck at $share" "exit $code: $(head -c 300 .err)"
            check "$command, struck at $share: nothing passing stays" "" "$(ls -A passing)"
            [ $code = 130 ] && { stopped=$((stopped + 1)); rm -f .out .err .held; check "$command, struck at $share leaves nothing" "$before" "$(snapshot)"; }
            rm -rf fresh next.csv left.json .out .err .held
        done
    done
    check "most of the signals met a command" true "$([ $stopped -ge 8 ] && echo true)"
    rm -rf passing w base.db world.yaml
}
test_checker() {
    mkdir half; echo '{"customers": 3' >half/summary.json; touch half/customers.csv half/report.html
    if complete half; then fail "the checker" "takes half a summary for a whole one"; else ok; fi
    local told
    told=$(failed=0; before=$(snapshot); touch half/.marram-left; check left "$before" "$(snapshot)"; echo $failed)
    check "the checker sees what is left behind" 1 "$(tail -n 1 <<<"$told")"
    rm -rf half
}

big
small_shop
for t in signals twice full_disk closed_output stdin terminal bases checker; do
    rm -f .out .err .both .held .code
    [ -z "${ONLY-}" ] || [ "$ONLY" = $t ] || continue
    test_$t
done
finish
