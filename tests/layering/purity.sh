#!/bin/sh
# purity.sh LIBRARY SOURCE WORK CC: the kernel's objects print nothing, end nothing, read no clock, environment or file, and hold no writable
# data; from the symbols of the objects themselves.
set -u
library=$1 source=$2 work=$3 cc=$4
. "$source/tests/layering/lib.sh"
rm -rf "$work"
mkdir -p "$work/objects"

# What the kernel may not call. snprintf and vsnprintf write to memory and are fine; pthreads are the pool's.
forbidden='printf|fprintf|vprintf|vfprintf|dprintf|__printf_chk|__fprintf_chk|puts|fputs|putchar|putc|fputc|fwrite|perror|write|stdout|stderr|stdin'
forbidden="$forbidden|exit|_exit|_Exit|quick_exit|abort|__assert_fail|raise|kill|atexit"
forbidden="$forbidden|time|clock|clock_gettime|gettimeofday|timespec_get|localtime|localtime_r|gmtime|gmtime_r|mktime|strftime"
forbidden="$forbidden|getenv|secure_getenv|setenv|putenv|setlocale|system|popen|fork|execv|execve|dlopen|socket"
forbidden="$forbidden|fopen|fopen64|open|open64|openat|read|mmap|fread|fgets|fscanf|scanf|getline|tmpfile|remove|unlink|rename"
forbidden="$forbidden|rand|srand|random|srandom|drand48|arc4random|getrandom|lgamma|lgammaf|signgam|strtok"

calls() { nm --undefined-only --format=posix "$1" | cut -d' ' -f1 | sed 's/@.*//' | grep -xE "$forbidden"; }

# Symbols in sections that are written to. .data.rel.ro is read-only once loaded: tables of pointers to constants.
writable() { nm --format=sysv "$1" | awk -F'|' '{gsub(/ /, "", $NF)} $NF ~ /^(\.data|\.bss|\.tdata|\.tbss|COMMON|\*COM\*)/ && $NF !~ /^\.data\.rel\.ro/ {print $1, $NF}' | grep .; }

sections() { objdump -h "$1" | awk '$2 ~ /^\.(data|bss|tdata|tbss)$/ && $3 !~ /^0+$/ {print $2, $3}' | grep .; }

cp "$library" "$work/library.a"
(cd "$work/objects" && ar x ../library.a)
count=0
for object in "$work"/objects/*.o; do
    name=$(basename "$object")
    refuses "$name calls what the kernel may not" calls "$object"
    refuses "$name has writable data" writable "$object"
    refuses "$name has a writable section" sections "$object"
    count=$((count + 1))
done
check "the library has its objects" test "$count" -ge 25

# One object that does all of it must be caught, by each look.
cat >"$work/bad.c" <<'C'
#include <stdio.h>
static int calls;
int shared = 1;
int bad(void);
int bad(void) {
    printf("%d\n", ++calls);
    return shared;
}
C
check "the bad object compiles" "$cc" -std=c17 -O2 -fPIC -c "$work/bad.c" -o "$work/bad.o"
check "its printf is seen" calls "$work/bad.o"
check "its data are seen" writable "$work/bad.o"
check "its sections are seen" sections "$work/bad.o"
summary
