/* What every test file includes: cmocka with the headers it wants first, and comparisons of doubles. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* |got - want| <= tolerance * max(1, |want|) for near; relative to |want| alone for relative. */
#define assert_near(got, want, tolerance) check_close(got, want, (tolerance) * fmax(1, fabs(want)), #got, __FILE__, __LINE__)
#define assert_relative(got, want, tolerance) check_close(got, want, (tolerance) * fabs(want), #got, __FILE__, __LINE__)

static inline void check_close(double got, double want, double slack, const char *what, const char *file, int line) {
    if (fabs(got - want) <= slack || got == want) return;
    print_error("%s:%d: %s is %.17g, wanted %.17g (off by %.3g, allowed %.3g)\n", file, line, what, got, want,
                fabs(got - want), slack);
    _fail(file, line);
}

/* Skips the test, counted and printed, where the founders' data folder is not beside the checkout. */
#define need_shared_data(path) do { if (access(SHARED_DATA "/" path, R_OK) != 0) { print_message("no " SHARED_DATA "/" path "\n"); skip(); } } while (0)

#endif
