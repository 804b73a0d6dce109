/* What belongs to whom of us, counted by name: open tasks, and accounts. */
#ifndef LEDGER_OWNED_H
#define LEDGER_OWNED_H

#include "ledger.h"

typedef struct owned_tasks {
    const char *owner; /* "" nobody; borrowed */
    int64_t open, overdue, today; /* today: due between now and the day's end */
} owned_tasks;
typedef mr_status (*owned_tasks_fn)(void *ctx, const owned_tasks *of, mr_error *err);

/* Of everybody who has any, by name. One read of the index of open tasks. now_us and day_end_us: what is overdue, and what is due today. */
mr_status owned_tasks_read(ledger *l, int64_t now_us, int64_t day_end_us, owned_tasks_fn fn, void *ctx, mr_error *err);

/* How many open tasks one of us has, counted up to `most`: so many rows of the index of open tasks are visited and no more, however many there are. */
mr_status owned_tasks_some(ledger *l, const char *owner, int64_t most, int64_t *open, mr_error *err);

/* Whoever has an open task and comes next after `after` by name, into out (cut at size); *there false: nobody. One row of the index. */
mr_status owned_next(ledger *l, const char *after, char *out, size_t size, bool *there, mr_error *err);

typedef struct owned_accounts {
    const char *sales, *operations; /* owners, "" nobody; borrowed */
    int64_t customers;
} owned_accounts;
typedef mr_status (*owned_accounts_fn)(void *ctx, const owned_accounts *of, mr_error *err);

/* Of each pair of owners, by names. Reads the rows of all customers of whom more is known than a number. */
mr_status owned_accounts_read(ledger *l, owned_accounts_fn fn, void *ctx, mr_error *err);

#endif
