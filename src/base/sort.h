/* Sorting row numbers by a column of doubles: a stable radix sort, so that equal keys stay in row order everywhere. */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <marram/base.h>

/* order[n] becomes the permutation that sorts key[n] ascending (descending: descending; ties still in row order). NaN sorts as
 * the smallest. n < 2^32. MR_ENOMEM. */
mr_status sort_doubles(size_t n, const double *key, uint32_t *order, bool descending);

#endif
