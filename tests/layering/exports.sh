#!/bin/sh
# exports.sh LIBRARY SOURCE WORK CC: what the installed headers declare MR_API, what src/libmarram.map lists and what libmarram.so
# exports are one and the same list.
set -u
library=$1 source=$2 work=$3 cc=$4
. "$source/tests/layering/lib.sh"
rm -rf "$work"
mkdir -p "$work"

# The last word before each first parenthesis after MR_API.
declared() {
    cat "$@" | sed 's@//.*@@' | tr '\n' ' ' | sed 's@/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/@ @g' | grep -oE 'MR_API[^(;]*\(' |
        sed 's/[[:space:]]*($//; s/.*[^a-z0-9_]//' | grep '^mr_' | LC_ALL=C sort
}

listed() { sed -n '/global:/,/local:/p' "$1" | grep -oE '\bmr_[a-z0-9_]+' | LC_ALL=C sort; }

exported() { nm -D --defined-only --format=posix "$1" | awk '$2 != "A" {print $1}' | sed 's/@.*//' | LC_ALL=C sort; }

declared "$source"/include/marram/*.h >"$work/headers"
listed "$source/src/libmarram.map" >"$work/map"
exported "$library" >"$work/library"
check "headers and map agree" diff "$work/headers" "$work/map"
check "map and library agree" diff "$work/map" "$work/library"
check "nothing is listed twice" test -z "$(uniq -d "$work/map")"
check "there are functions" test "$(wc -l <"$work/headers")" -ge 30
check "the soname has the major version" sh -c "objdump -p '$library' | grep -qE 'SONAME +libmarram\.so\.[0-9]+$'"

# A function that a header promises and nobody exports must be caught, and one exported that no header knows.
{ cat "$source/include/marram/model.h"; printf 'MR_API mr_status\nmr_model_forgotten(const mr_params *p,\n    int n);\n'; } >"$work/extra.h"
declared "$work/extra.h" "$source"/include/marram/[bdh]*.h >"$work/headers_extra"
refuses "a header's function that the map lacks" diff "$work/headers_extra" "$work/map"
check "it is seen by its name" grep -qx mr_model_forgotten "$work/headers_extra"
printf 'int mr_model_secret(void);\nint mr_model_secret(void) { return 1; }\n' >"$work/secret.c"
check "a library with one more compiles" "$cc" -shared -fPIC "$work/secret.c" -o "$work/secret.so"
exported "$work/secret.so" >"$work/library_extra"
check "an export no header knows is seen" grep -qx mr_model_secret "$work/library_extra"
summary
