/* Rates from a file: CSV with a heading and columns currency, rate and, if wanted, day. */
#ifndef LEARN_RATES_FILE_H
#define LEARN_RATES_FILE_H

#include <rates.h>

/* rate: units of the base currency for one unit of this one, from `day` (YYYY-MM-DD) on; without a day, from the beginning. *out[n] is freed by
 * mem_free(NULL, ...). MR_EDATA with file, line and value. */
mr_status rates_file_read(const char *path, currency_rate **out, size_t *n, mr_error *err);

#endif
