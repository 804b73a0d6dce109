/* Filling an mr_error. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <marram/base.h>

/* Fills *err (may be NULL) and returns code, so that a caller writes `return error_set(err, MR_EDATA, ...)`.
 * field NULL: none; row < 0: none. */
mr_status error_set(mr_error *err, mr_status code, const char *field, int64_t row, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* MR_ENOMEM with how many bytes were wanted. */
mr_status error_memory(mr_error *err, size_t bytes);

/* Empties *err (may be NULL). */
void error_clear(mr_error *err);

#endif
