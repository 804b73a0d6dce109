#!/bin/bash
# records.sh SOURCE [--write]: the tables of docs/mapping.md say what src/ingest/records.def and mappings/ say, and every key the parser
# knows stands on the page. --write puts the tables in anew. Prints the lines tools/test counts.
set -u
cd "$1" || exit 1
page=docs/mapping.md
passed=0 failed=0

check() { # NAME EXPECTED GOT
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "ERROR: $1: wanted '$2', got '$3'"
    fi
}

records() { # from records.def
    awk '
    function parts(line, out,    n, text) { # the arguments of a macro, quotes taken off
        sub(/^[A-Z]+\(/, "", line); sub(/\)$/, "", line)
        n = 0
        while (line != "") {
            if (substr(line, 1, 1) == "\"") {
                line = substr(line, 2)
                text = substr(line, 1, index(line, "\"") - 1)
                line = substr(line, length(text) + 2)
                sub(/^, */, "", line)
            } else {
                text = line
                sub(/,.*/, "", text)
                line = substr(line, length(text) + 1)
                sub(/^, */, "", line)
            }
            out[++n] = text
        }
        return n
    }
    BEGIN { type["TEXT"] = "text"; type["TIME"] = "time"; type["MONEY"] = "money"; type["REAL"] = "number"; type["COUNT"] = "count"; type["FLAG"] = "yes or no"; type["DAY"] = "time" }
    /^RECORD\(/ { parts($0, a); printf "\n### %s\n\n%s.\n\n| field | type | headings | |\n|---|---|---|---|\n", a[1], toupper(substr(a[2], 1, 1)) substr(a[2], 2) }
    /^FIELD\(/ {
        parts($0, a)
        heads = a[5]
        gsub(/\|/, ", ", heads)
        printf "| %s | %s | %s | %s |\n", a[4] == 1 ? "**`" a[2] "`**" : "`" a[2] "`", type[a[3]], heads, a[6]
    }
    END { print "" }' src/ingest/records.def
}

mappings() {
    printf '\n| name | reads |\n|---|---|\n'
    # in the order of the build
    for name in $(tr '\n' ' ' <src/ingest/CMakeLists.txt | grep -oE 'set\(MAPPINGS [^)]*' | sed 's/set(MAPPINGS//'); do
        printf '| [`%s`](../mappings/%s.yaml) | %s |\n' "$name" "$name" "$(sed -n 's/^about: //p' "mappings/$name.yaml")"
    done
    printf '\n'
}

between() { sed -n "/^<!-- $1:/,/^<!-- \/$1 -->/p" "$page" | sed '1d;$d'; }

put() { # NAME TEXT
    awk -v name="$1" -v text="$2" '
        index($0, "<!-- " name ":") == 1 { print; print text; skip = 1; next }
        index($0, "<!-- /" name " -->") == 1 { skip = 0 }
        !skip' "$page" >"$page.new" && mv "$page.new" "$page"
}

if [ "${2-}" = --write ]; then
    put records "$(records; echo .)"
    put mappings "$(mappings; echo .)"
    sed -i '/^\.$/d' "$page"
fi

check "the records of docs/mapping.md are those of records.def" "$(records)" "$(between records)"
check "the mappings of docs/mapping.md are those that are built in" "$(mappings)" "$(between mappings)"
check "every file of mappings/ is built in" "$(basename -s .yaml -a mappings/*.yaml | sort)" \
    "$(tr '\n' ' ' <src/ingest/CMakeLists.txt | grep -oE 'set\(MAPPINGS [^)]*' | sed 's/set(MAPPINGS//' | tr -s ' ' '\n' | grep . | sort)"
for key in $(tr '\n' ' ' <src/ingest/mapping_parse.c | grep -oE '\{"[a-z_]+", +(read|months|lookup)_[a-z_]+\}' | sed 's/{"\([a-z_]*\)".*/\1/' | sort -u); do
    check "the table of all keys has $key" yes "$(sed -n '/^## All keys/,$p' "$page" | grep -q "\`$key\`\|{$key:" && echo yes)"
done
check "the comparison sees what differs" no "$([ "$(records | sed 's/cases/crates/')" = "$(between records)" ] && echo yes || echo no)"

echo "[  PASSED  ] $passed test(s)."
[ $failed -eq 0 ] || echo "[  FAILED  ] $failed test(s)."
[ $failed -eq 0 ]
