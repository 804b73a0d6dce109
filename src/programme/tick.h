/* One tick: everybody who is due is looked at, once, and what programmes wish is made so. Time is an argument. In time proportional to those who are due; a second tick at the
 * same time finds nobody; one that was killed has done some customers whole and the others not at all, and the next goes on. Several may run side by side. */
#ifndef PROGRAMME_TICK_H
#define PROGRAMME_TICK_H

#include "plan.h"
#include "weighing.h"

typedef struct tick_options {
    int64_t now_us;
    const char *owner;     /* for the lease: machine and process */
    int64_t wall_us;       /* the wall clock, for leases alone */
    bool dry_run;          /* nothing is written; what would be goes to on_look */
    int64_t customer_id;   /* this one alone, due or not; 0: all who are due */
    budget_day *budget;    /* a plan that is being made; NULL: what is kept of the day. Of a dry run */
    bool weigh;            /* under budgets: weighed and not decided, for a plan to be made of it */
    const mr_context *context;
    /* After each look, within its transaction: k->wish, r and p are as they go in. May be NULL. */
    void (*on_look)(void *ctx, const look *k, const reconciled *r, const plan *p);
    void *ctx;
} tick_options;

typedef struct tick_counts {
    uint64_t due, looked, made, lapsed, outbox, drafts, later, refused, given_up, tasks_for_channel, words_missing;
    uint64_t held;  /* parts of the customers that another tick is at */
    uint64_t cut;   /* by budgets: not today */
    bool unplanned; /* there are budgets, and no plan was kept for the day: nothing was cut */
    bool began; /* the first tick of this ledger */
} tick_counts;

mr_status tick_run(ledger *l, const config *c, const knowledge *known, const tick_options *o, tick_counts *out, mr_error *err);

#endif
