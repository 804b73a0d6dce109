#!/bin/bash
# schemas.sh SOURCE: the committed schemas are what tools/make-schemas writes from the tables. Prints the lines tools/test counts.
set -u
source=$1
passed=0 failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/marram-schemas-XXXXXX")
trap 'rm -rf "$work"' EXIT

check() { # NAME COMMAND...
    if "${@:2}" >"$work/said" 2>&1; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "ERROR: $1: $(head -20 "$work/said")"
    fi
}
refuses() { ! "$@"; }

check "make-schemas runs" "$source/tools/make-schemas" "$work/schemas"
check "there are as many as kinds" test "$(ls "$work/schemas/events" | wc -l)" = "$(grep -c '^EVENT(' "$source/src/history/event_kinds.def")"
check "the committed schemas are these; where not, run tools/make-schemas" diff -r "$work/schemas" "$source/schemas"
# One that is out of date must be caught.
sed -i 's/"integer"/"number"/' "$work/schemas/events/order.schema.json"
check "a changed schema is seen" refuses diff -r "$work/schemas" "$source/schemas"
echo "[  PASSED  ] $passed test(s)."
[ $failed -eq 0 ] || echo "[  FAILED  ] $failed test(s)."
[ $failed -eq 0 ]
