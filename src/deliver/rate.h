/* How many messages go to one domain: a bucket of tokens each, so many a minute. Time is an argument. */
#ifndef DELIVER_RATE_H
#define DELIVER_RATE_H

#include <mem.h>

typedef struct rate rate;

/* At most per_minute (1 .. 1000000) in any minute to one domain after a first `burst` (1 .. 1000000) at once. MR_EINVAL, MR_ENOMEM. NULL alloc: the C library's. */
mr_status rate_new(int per_minute, int burst, const mr_alloc *alloc, rate **out, mr_error *err);
void rate_free(rate *r);
/* May one go to the domain (upper and lower case are one) now? Then it has been taken, and *at_us is now_us. Else *at_us is the first instant at which one may, and nothing was
 * taken. A clock set back makes nobody wait longer than a full bucket takes. MR_ENOMEM. */
mr_status rate_take(rate *r, const char *domain, int64_t now_us, int64_t *at_us, mr_error *err);

#endif
