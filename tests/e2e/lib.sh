# lib.sh: what the end-to-end scripts share. Sourced with $1 = the program (or MARRAM in the environment). Works in a folder of
# its own, counts checks, prints the lines tools/test counts.
set -u
export LC_ALL=C.UTF-8 MARRAM_TODAY=2026-06-30
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$here/../.." && pwd)
marram=$(realpath "${1:-${MARRAM:-$source_dir/build/marram}}")
data=$source_dir/../shared/data
work=$(mktemp -d "${TMPDIR:-/tmp}/marram-e2e-XXXXXX")
trap 'cleanup; rm -rf "$work"' EXIT
cleanup() { :; }
export TMPDIR=$work/.tmp # what a program leaves in it is its own doing
mkdir "$TMPDIR" && cd "$work" || exit 1
passed=0 failed=0 skipped=0
code=0 # of the last program run by `run`
sanitized=
if grep -qaE '__(asan|tsan)_init' "$marram"; then sanitized=yes; fi
case ${ASAN_OPTIONS-} in *detect_leaks*) ;; *) export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=1" ;; esac

ok() { passed=$((passed + 1)); }
fail() { # NAME DETAIL...
    failed=$((failed + 1))
    echo "ERROR: $1: ${*:2}"
}
skip() { # NAME REASON: counted and printed
    skipped=$((skipped + 1))
    echo "$(basename "$0"): skipped: $1 ($2)"
}
check() { # NAME WANTED GOT
    if [ "$2" = "$3" ]; then ok; else fail "$1" "wanted '$2', got '$3'"; fi
}
holds() { # NAME COMMAND...: the command succeeds
    if "${@:2}" >"$work/.held" 2>&1; then ok; else fail "$1" "does not hold: ${*:2}" "$(head -c 600 "$work/.held")"; fi
}
# True if every pattern, separated by " & ", is in the file.
mentions() { # FILE PATTERNS
    local rest=$2 pattern
    while [ -n "$rest" ]; do
        pattern=${rest%% & *}
        grep -qE -- "$pattern" "$1" || return 1
        case $rest in *" & "*) rest=${rest#* & } ;; *) rest= ;; esac
    done
}
# What no run may print: a crash, a sanitizer's report, numbers that are none.
sick() { grep -qE "Sanitizer|runtime error|Assertion|Segmentation|(^|[^a-zA-Z'])-?(nan|inf)([^a-zA-Z']|\$)" "$@"; }

run() { # COMMAND ARGUMENT...: the program; its exit code in $code, its words in .out and .err
    "$marram" "$@" >"$work/.out" 2>"$work/.err"
    code=$?
    if sick "$work/.out" "$work/.err"; then fail "marram $*" "$(grep -hE 'Sanitizer|error|nan|inf' "$work/.out" "$work/.err" | head -5)"; fi
}
want() { # NAME CODE PATTERNS COMMAND ARGUMENT...: exit code and what is said, on stdout and stderr together
    run "${@:4}"
    cat "$work/.out" "$work/.err" >"$work/.both"
    if [ "$code" = "$2" ] && mentions "$work/.both" "$3"; then ok; else
        fail "$1" "marram ${*:4} -> exit $code, wanted $2 and '$3'; said: $(head -c 500 "$work/.both")"
    fi
}
# What is said on a terminal of 80 columns fits into them, the lines of --help's examples apart.
on_terminal() { script -qec "stty cols 80; '$marram' $*" /dev/null </dev/null 2>/dev/null | tr -d '\r'; }
fits80() { # NAME ARGUMENTS
    command -v script >/dev/null || { skip "$1" "no script"; return; }
    # The bar of a progress, redrawn in its line, is on standard error, which is the same terminal here.
    check "$1 fits into 80 columns" "" "$(on_terminal "${@:2}" | sed 's/\x1b\[K/\n/g; s/[…×’–]/x/g' | awk 'length($0) > 80')"
}
snapshot() { # every file with its size and time, every folder by its name
    find . -name '.out' -o -name '.err' -o -name '.both' -o -name '.held' -o -type d -printf '%p %y\n' -o -printf '%p %y %s %T@\n' | grep -v '^\. ' | sort
}
# A run that must fail: the exit code, what it says on stderr, nothing on stdout, not a file made, moved or touched.
refused() { # NAME CODE PATTERNS COMMAND ARGUMENT...
    local before after
    before=$(snapshot)
    run "${@:4}"
    after=$(snapshot)
    if [ "$code" != "$2" ]; then fail "$1" "exit $code, wanted $2: $(head -c 400 "$work/.err")"
    elif ! mentions "$work/.err" "$3"; then fail "$1" "wanted '$3', said: $(head -c 600 "$work/.err")"
    elif [ -s "$work/.out" ]; then fail "$1" "printed on stdout: $(head -c 200 "$work/.out")"
    elif [ "$before" != "$after" ]; then fail "$1" "left behind: $(diff <(echo "$before") <(echo "$after"))"
    elif [ "$(wc -c <"$work/.err")" -gt 1200 ]; then fail "$1" "says too much: $(wc -c <"$work/.err") bytes"
    else ok; fi
}
number() { jq -r "$2" "$1"; } # FILE EXPRESSION
near() { # NAME WANTED GOT TOLERANCE (relative above 1)
    if awk -v w="$2" -v g="$3" -v t="$4" 'BEGIN { d = w - g; if (d < 0) d = -d; s = w < 0 ? -w : w; exit !(g != "" && g != "null" && d <= t * (s > 1 ? s : 1)) }'
    then ok; else fail "$1" "wanted $2, got $3 (tolerance $4)"; fi
}
same() { # NAME FILE FILE
    if cmp -s "$2" "$3"; then ok; else fail "$1" "$(diff "$2" "$3" | head -4)"; fi
}
has_data() { [ -r "$data/$1" ]; }
finish() {
    echo "[  PASSED  ] $passed test(s)."
    [ $skipped -eq 0 ] || echo "[  SKIPPED ] $skipped test(s)."
    [ $failed -eq 0 ] || echo "[  FAILED  ] $failed test(s)."
    [ $failed -eq 0 ]
}
