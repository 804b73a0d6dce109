# Counting for the script tests of this folder: `pass NAME`, `fail NAME REASON`, and `summary` last, in cmocka's words so that
# tools/test adds them up.
passed=0
failed=0

pass() { passed=$((passed + 1)); }

fail() {
    failed=$((failed + 1))
    echo "[  ERROR   ] $1: $2"
}

# check NAME COMMAND ...: passes where the command succeeds; refuses NAME COMMAND ...: where it fails. The command's output is the reason.
check() {
    check_name=$1
    shift
    if check_said=$("$@" 2>&1); then pass; else fail "$check_name" "$check_said"; fi
}

refuses() {
    refuses_name=$1
    shift
    if refuses_said=$("$@" 2>&1); then fail "$refuses_name" "was not caught: $refuses_said"; else pass; fi
}

summary() {
    echo "[  PASSED  ] $passed test(s)."
    [ "$failed" -eq 0 ] || { echo "[  FAILED  ] $failed test(s)."; exit 1; }
}
