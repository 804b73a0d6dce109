#!/bin/sh
# install.sh BUILD SOURCE WORK CC CXX: the installed copy as a stranger uses it: pkg-config's flags compile examples/forecast.c against the
# shared and the static library, it runs, and every header stands alone as C17 and as C++.
set -u
build=$1 source=$2 work=$3 cc=$4 cxx=$5
. "$source/tests/layering/lib.sh"
rm -rf "$work"
mkdir -p "$work"
prefix=$work/prefix

check "cmake --install" cmake --install "$build" --prefix "$prefix"
mv "$prefix" "$work/moved" && prefix=$work/moved # the installed tree may be moved: nothing in it knows where it was
pc=$(find "$prefix" -name marram.pc)
check "marram.pc is installed" test -n "$pc"
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
libdir=$(pkg-config --variable=libdir marram)
check "pkg-config's version is VERSION" test "$(pkg-config --modversion marram)" = "$(cat "$source/VERSION")"
check "libdir has the library" test -e "$libdir/libmarram.so"
check "includedir has the headers" test -e "$(pkg-config --variable=includedir marram)/marram/marram.h"
check "the events' schemas are installed" test "$(find "$prefix"/share/marram/schemas -name '*.schema.json' | wc -l)" -gt 40

check "the mappings are installed" cmp "$prefix/share/marram/mappings/segment.yaml" "$source/mappings/segment.yaml"

strict="-Wall -Wextra -Wshadow -Wconversion -Werror -pedantic"
example=$source/examples/forecast.c
check "the example compiles against the shared library" \
    "$cc" -std=c17 $strict "$example" -o "$work/shared" $(pkg-config --cflags --libs marram)
LD_LIBRARY_PATH=$libdir
export LD_LIBRARY_PATH
check "it runs" sh -c "'$work/shared' >'$work/shared.out'"
check "it needs libmarram.so" sh -c "objdump -p '$work/shared' | grep -q 'NEEDED.*libmarram'"
check "it prints a line a customer" test "$(grep -cE '^ *[0-9]' "$work/shared.out")" -eq 16
check "the example compiles against the static library" \
    "$cc" -std=c17 $strict "$example" -o "$work/static" $(pkg-config --cflags marram) \
    $(pkg-config --static --libs marram | sed 's/-lmarram/-l:libmarram.a/')
refuses "the static one does not need libmarram.so" sh -c "objdump -p '$work/static' | grep -q 'NEEDED.*libmarram'"
check "it runs, too" sh -c "'$work/static' >'$work/static.out'"
check "and says the same" cmp "$work/shared.out" "$work/static.out"
refuses "without pkg-config's flags it does not compile" "$cc" -std=c17 "$example" -o "$work/none"

for header in "$prefix"/include/marram/*.h; do
    name=$(basename "$header")
    printf '#include <marram/%s>\n#include <marram/%s>\nint main(void) { return 0; }\n' "$name" "$name" >"$work/alone.c"
    cp "$work/alone.c" "$work/alone.cpp"
    check "$name alone, C17" "$cc" -std=c17 $strict -I"$prefix/include" -fsyntax-only "$work/alone.c"
    check "$name alone, C++" "$cxx" -std=c++11 -Wall -Wextra -Wshadow -Werror -pedantic -I"$prefix/include" -fsyntax-only "$work/alone.cpp"
done
# C++ links, which `extern "C"` is for.
printf '#include <marram/marram.h>\n#include <cstdio>\nint main() { return std::puts(mr_version()) < 0 || !mr_model_find("MBG/NBD"); }\n' >"$work/use.cpp"
check "C++ compiles and links" "$cxx" -std=c++11 "$work/use.cpp" -o "$work/use" $(pkg-config --cflags --libs marram)
check "C++ runs" "$work/use"
summary
