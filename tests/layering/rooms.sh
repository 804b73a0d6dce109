#!/bin/sh
# rooms.sh ROOMS SOURCE WORK CC: a room sees its own headers and those of the rooms below it, and no other; proved with each room's own
# compile flags. ROOMS has a line a room, lowest first: name|include;dirs|compile definitions (written by CMake).
set -u
rooms=$1 source=$2 work=$3 cc=$4
. "$source/tests/layering/lib.sh"
rm -rf "$work"
mkdir -p "$work"

names=$(cut -d'|' -f1 "$rooms")

rank() { printf '%s\n' $names | grep -nx -- "$1" | cut -d: -f1; }

# flags ROOM: -I and -D as the room is compiled.
flags() {
    line=$(grep "^$1|" "$rooms")
    printf '%s' "$line" | cut -d'|' -f2 | tr ';' '\n' | sed '/^$/d; s/^/-I/'
    printf '%s' "$line" | cut -d'|' -f3 | tr ';' '\n' | sed '/^$/d; s/^/-D/; s/"/\\"/g'
    echo -D_GNU_SOURCE
}

# compiles HEADER FLAGS ...: does a file with nothing but this include compile?
compiles() {
    header=$1
    shift
    printf '#include "%s"\n' "$header" >"$work/one.c"
    "$cc" -std=c17 -fsyntax-only "$@" "$work/one.c"
}

# hidden HEADER FLAGS ...: the compiler must not find it at all; the system's own of that name (db.h is Berkeley DB's, too) is another.
hidden() {
    if hidden_said=$(compiles "$@" 2>&1); then
        hidden_header=$1
        shift
        "$cc" -std=c17 -M "$@" "$work/one.c" | tr ' ' '\n' | grep -q "^$source/src/" || return 0
        echo "$hidden_header is within reach"
        return 1
    fi
    printf '%s' "$hidden_said" | grep -qE "fatal error: '?$1'?( file not found|: No such file)" || { echo "$hidden_said"; return 1; }
}

# sees ROOM OTHER: does ROOM's include path hold OTHER's folder?
sees() { flags "$1" | grep -qx -- "-I$source/src/$2"; }

# upward TREE: every include, in the sources of TREE/src, of a header that only a higher room has, or through "..".
upward() {
    {
        r=0
        for room in $names; do
            r=$((r + 1))
            echo "room $room $r"
            ls "$source/src/$room" | sed -n "s/^\\(.*\\.[hdef]*\\)\$/has \\1 $r/p"
        done
        for room in $names; do
            [ -d "$1/src/$room" ] && grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' "$1/src/$room"/*.[ch] |
                tr -d ' \t' | sed "s/^\\(.*\\)\\(#include[<\"]\\)\\([^>\"]*\\).*/includes $room \\3 \\1/"
        done
    } | awk '
        $1 == "room" { rank[$2] = $3 }
        $1 == "has" && !($2 in lowest) { lowest[$2] = $3 }
        $1 == "includes" {
            if ($3 ~ /\.\./) { print $4 " " $3 ": through .."; bad = 1; next }
            split($3, part, "/")
            at = part[2] != "" && part[1] in rank ? rank[part[1]] : $3 in lowest ? lowest[$3] : 0
            if (at > rank[$2]) { print $4 " " $3 ": of a higher room"; bad = 1 }
        }
        END { exit bad }'
}

for room in $names; do
    for other in $names; do
        first=$(ls "$source/src/$other" | grep '\.h$' | head -1)
        [ -n "$first" ] || continue
        if [ "$(rank "$other")" -gt "$(rank "$room")" ]; then
            refuses "$room has $other in its include path" sees "$room" "$other"
            for header in $(ls "$source/src/$other" | grep '\.h$' | head -2); do
                [ -e "$source/src/$room/$header" ] && continue # a namesake of its own
                check "$room must not reach $other/$header" hidden "$header" $(flags "$room")
            done
        elif sees "$room" "$other"; then
            check "$room may include $other/$first" compiles "$first" $(flags "$room")
        fi
    done
    check "$room may include the installed headers" compiles marram/marram.h $(flags "$room")
done
check "no include goes up" upward "$source"

# The checkers must see what they look for: a path too many, an include upwards, one through "..".
refuses "a path too many" hidden impl.h $(flags base) "-I$source/src/model"
for bad in '"impl.h"' '"../model/impl.h"' '"report/report.h"'; do
    rm -rf "$work/tree"
    mkdir -p "$work/tree/src/base"
    printf '#include %s\n' "$bad" >"$work/tree/src/base/bad.c"
    refuses "an include of $bad in base" upward "$work/tree"
done
printf '#include "error.h"\n#include <marram/base.h>\n#include <stdio.h>\n' >"$work/tree/src/base/bad.c"
check "a good tree" upward "$work/tree"
summary
