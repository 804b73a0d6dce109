#!/bin/bash
# docs.sh MARRAM SOURCE: the documentation says what the program does. Every option of a command's --help stands in the man page
# and in the completion, and these offer no other; every command and model is documented; links between pages hold; the
# completion works in bash; the man page has no warnings. Prints the lines tools/test counts.
set -u
marram=$1
cd "$2" || exit 1
passed=0 failed=0 skipped=0

check() { # NAME EXPECTED GOT
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "ERROR: $1: wanted '$2', got '$3'"
    fi
}

options_of() { grep -oE -- '--[a-z][a-z0-9-]*' | sort -u | grep -vxE -- '--version|--help'; }
lines() { tr '\n' ' ' | sed 's/ $//'; }
missing() { comm -23 <(printf '%s\n' $1 | sort -u) <(printf '%s\n' $2 | sort -u) | lines; } # words of $1 not in $2

# shellcheck disable=SC1091
source completion/marram
man_text=$(sed 's/^\.//; s/ Ns = Ns.*//' man/marram.1)
man_options=$(grep -oE 'Fl Fl [a-z][a-z0-9-]*' <<<"$man_text" | sed 's/Fl Fl /--/' | sort -u | lines)

commands=$("$marram" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p')
for command in $commands; do
    help=$("$marram" "$command" --help)
    check "$command --help has an example" yes "$(grep -qi example <<<"$help" && echo yes)"
    # Options are what stands first on an indented line; the examples may show other commands'.
    real=$(grep -E '^ +--|^usage:' <<<"$help" | sed 's/^ *//; s/^usage: */usage:/; s/   *.*//' | options_of | lines)
    list=_marram_${command}_options
    offered=$(printf '%s\n' ${!list-} | options_of | lines)
    check "$command: options in --help that the completion lacks" "" "$(missing "$real" "$offered")"
    check "$command: options of the completion that --help lacks" "" "$(missing "$offered" "$real")"
    check "$command: options in --help that the man page lacks" "" "$(missing "$real" "$man_options")"
    check "$command stands in the man page" yes "$(grep -q "^.Cm $command\$" man/marram.1 && echo yes)"
done

# On a terminal of 80 columns no line breaks within a word; elsewhere lines are whole.
on_terminal() { script -qec "stty cols 80; '$marram' $*" /dev/null </dev/null 2>/dev/null | tr -d '\r'; }
if command -v script >/dev/null && [ "$(on_terminal --version)" = "$("$marram" --version)" ]; then
    for command in $commands; do
        check "$command --help fits into 80 columns" "" "$(on_terminal "$command" --help | sed '/^examples*:/,/^$/d' | awk 'length($0) > 80')"
        check "$command --help has all its words" "$("$marram" "$command" --help | xargs -d '\n' echo | tr -s ' ')" \
            "$(on_terminal "$command" --help | xargs -d '\n' echo | tr -s ' ')"
    done
    check "an error fits, too" "2 0" "$(on_terminal run "--$(printf 'x%.0s' {1..50})" | awk 'length($0) > 80 {n++} END {print NR, n + 0}')"
else
    echo "docs.sh: no script, the width of lines is not checked"
    skipped=$((skipped + 1))
fi

models=$(grep -ohE '\.name = "[a-z-]+"' src/model/*.c | sed 's/.*"\(.*\)"/\1/' | sort -u | lines)
check "models of the registry that the completion lacks" "" "$(missing "$models" "$_marram_models")"
check "models of the completion that the registry lacks" "" "$(missing "$_marram_models" "$models")"
for model in $models; do
    check "docs/methods/$model.md is there" yes "$([ -s "docs/methods/$model.md" ] && echo yes)"
done

# The rules: every action and every piece of evidence as in the table the program uses.
rules=$(tr '\n' ' ' <include/marram/first_step.def | grep -oE 'STEP\([A-Z_]+, *"[^"]*", *"[^"]*", *"[^"]*"' | tr '"' '\n' | sed -n '4~7p;6~7p')
while IFS= read -r text; do
    [ -n "$text" ] || continue
    check "docs/methods/first-step.md has: $text" yes "$(grep -qF -- "$text" docs/methods/first-step.md && echo yes)"
done <<<"$rules"

rules=$(tr '\n' ' ' <src/decide/account_step.def | grep -oE 'ACCOUNT_STEP\([A-Z_]+, *"[^"]*", *"[^"]*", *"[^"]*"' | tr '"' '\n' | sed -n '4~7p;6~7p')
while IFS= read -r text; do
    [ -n "$text" ] || continue
    check "docs/methods/contracts.md has: $text" yes "$(grep -qF -- "$text" docs/methods/contracts.md && echo yes)"
done <<<"$rules"

# The fields of the outputs.
for key in $(grep -ohE 'DEFINITION\([a-z_0-9]+' src/report/definitions.def 2>/dev/null | sed 's/.*(//'); do
    case $key in
        key | erosion_then | erosion_now | cycle_steepest | baseline | parameters | weeks) continue ;; # under other names there
    esac
    check "docs/output.md has $key" yes "$(grep -q "\`$key\`\|\`$key\[\|\.$key\`\|, \`$key\|$key" docs/output.md && echo yes)"
done

# Every member of the cycle.
members=$(sed -n '/^typedef struct cycle {/,/^} cycle;/p' src/history/cycle.h | sed 's@/\*.*@@' | grep ';' | grep -v '^}' | tr ',' '\n' | sed 's/\[.*//; s/;.*//; s/ *$//; s/.* //')
check "there are members of the cycle" yes "$([ "$(wc -w <<<"$members")" -gt 50 ] && echo yes)"
for member in $members; do
    check "docs/methods/cycle.md has $member" yes "$(grep -q "^|.*\`$member\`.*|" docs/methods/cycle.md && echo yes)"
done

# Links to files of the repository.
while IFS=: read -r page link; do
    target=$(dirname "$page")/${link%%#*}
    case $link in http*) continue ;; esac
    case $target in # pictures come with a release
        ./docs/report*.png) [ -e "$target" ] || { echo "docs.sh: no $link yet"; skipped=$((skipped + 1)); continue; } ;;
    esac
    check "$page: the link to $link" there "$([ -z "${link%%#*}" ] || [ -e "$target" ] && echo there)"
done < <(grep -oE '\]\([^)]+\)' README.md CONTRIBUTING.md CHANGELOG.md docs/*.md docs/methods/*.md | sed 's/](\(.*\))$/\1/')

check "the comparison sees what lacks" "--b" "$(missing "--a --b" "--a --c")"

# The completion.
complete_words() { # WORD...: what is offered for the last one
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _marram
    printf '%s\n' "${COMPREPLY[@]}" | lines
}
check "completing a command" "run" "$(complete_words marram ru)"
check "completing an option" "--out --on-error" "$(complete_words marram run --o)"
check "completing a preset" "shopify woocommerce" "$(complete_words marram run --preset '')"
check "completing a value after =" "woocommerce" "$(complete_words marram run --preset = w)"
check "completing a model" "mbg-nbd mbg-cnbd-k" "$(complete_words marram fit --k 3 mb)"
check "completing a file after the model" "README.md" "$(complete_words marram fit nbd READ)"
check "completing a role in a list" "customer,date" "$(complete_words marram run --columns customer,da)"
check "completing nothing for a command there is not" "" "$(complete_words marram bogus --x)"

if command -v groff >/dev/null; then
    check "the man page has no warnings" "" "$(groff -mandoc -ww -Tutf8 -z man/marram.1 2>&1)"
else
    echo "docs.sh: no groff, the man page is not checked"
    skipped=$((skipped + 1))
fi

echo "[  PASSED  ] $passed test(s)."
[ $skipped -eq 0 ] || echo "[  SKIPPED ] $skipped test(s)."
[ $failed -eq 0 ] || echo "[  FAILED  ] $failed test(s)."
[ $failed -eq 0 ]
