/* Critical moments of a base: traces into rows of the clocks, the search (marram/moments.h), and what it means for each customer: which moments come next,
 * on which dates, and the day to get in touch before. docs/methods/moments.md.
 *
 * Three passes over the traces: a survey, the rows, the customers. Bases above MOMENTS_SAMPLE customers are learnt from that many, drawn by a hash of
 * their numbers; who is within reach is counted among all. */
#ifndef LEARN_MOMENTS_OF_H
#define LEARN_MOMENTS_OF_H

#include <clocks.h>
#include <ledger.h>
#include <marram/moments.h>
#include <risk.h>
#include <traces_shared.h>

enum { MOMENTS_SAMPLE = 100000 };

/* Where traces come from: called thrice, each time the same traces in the same order. */
typedef struct moments_source {
    mr_status (*each)(void *ctx, trace_fn fn, void *fn_ctx, mr_error *err);
    void *ctx;
} moments_source;

/* All traces of a ledger, read by the pool's threads; callbacks must not use it. */
typedef struct moments_ledger {
    ledger *l;
    const trace_options *options;
    mr_pool *pool; /* NULL: none */
} moments_ledger;
mr_status moments_from_ledger(void *ctx, trace_fn fn, void *fn_ctx, mr_error *err); /* ctx: moments_ledger */

typedef struct moments_settings {
    int32_t until;        /* the last day seen; TRACE_NO_DAY: the last day of the data */
    int32_t today;        /* not beyond this day */
    int32_t since;        /* leave what was before this day out: the records were not complete; TRACE_NO_DAY: nothing */
    int32_t horizon_days; /* without contracts: who has ordered within so many days is still there, and counts as within reach; >= 1 */
    int32_t ahead_days;   /* within reach: the moment begins within so many days; >= 1 */
    int32_t lead_days;    /* get in touch so many days before a moment begins; >= 0 */
    int32_t sour_days;
    int mode;             /* risk_mode; -1: what most customers have */
    mr_moment_options search;
    bool curves;
    void (*begin)(void *ctx, const char *what); /* a part of the work begins, with progress of its own; NULL: nobody wants to know */
    void *begin_ctx;
} moments_settings;

/* A moment that a customer comes to. */
typedef struct moments_next {
    uint32_t moment;      /* of moments_of.found */
    int32_t from, to;     /* days; from is `until`'s morrow where they are in it by then */
    int32_t contact;      /* the last weekday at least lead_days before, but not before the morrow */
    bool inside;
} moments_next;

typedef struct moments_of {
    risk_mode mode;
    int32_t first, until, since;
    uint64_t customers, with_contracts, present; /* present: under contract; ordered within the horizon */
    uint32_t afterwards; /* bits of clocks left out: their days were written down when people left, for hardly anybody is seen past them */
    uint32_t at_ends;     /* bits of clocks left out: more than half leave on the very day a term ends, which is how contracts are built */
    uint64_t left_at_ends;
    uint64_t left_at_months; /* within a day of the end of a month counted from their start, which is a tenth by chance */
    bool by_months;          /* so many that contracts are built that way: which day of such a month it is, is part of the background */
    uint64_t learnt, spells, left;               /* customers in the rows; spells and how many ended: without contracts signs of life, and how many of them
                                                    a silence followed that tells something */
    double rhythm_days;
    size_t clocks;
    clock_id clock[CLOCKS];                      /* of those searched; mr_moment.clock is an index of this */
    mr_clock spec[CLOCKS];
    mr_moments found;
    uint64_t inside[MR_MOST_MOMENTS], ahead[MR_MOST_MOMENTS]; /* present customers in it now, and before it within ahead_days */
    mr_clock_curve curve[CLOCKS];                /* settings.curves */
    double *curves;
} moments_of;

/* A present customer with what they come to, by date; n may be 0. */
typedef mr_status (*moments_customer_fn)(void *ctx, const trace *t, const trace_facts *f, const moments_next *next, size_t n, mr_error *err);

/* on_customer NULL: nobody wants to know each. MR_EDATA where there is too little to learn from, with the way out. Freed by moments_of_free, whatever
 * the status. */
mr_status moments_of_base(const moments_source *source, const moments_settings *settings, const mr_context *context, moments_customer_fn on_customer,
                          void *customer_ctx, moments_of *out, mr_error *err);
void moments_of_free(moments_of *m);

/* A moment of a customer's cycle, or a date that stood out? */
static inline bool moments_is_date(const moments_of *m, uint32_t moment) {
    return m->spec[m->found.moment[moment].clock].role == MR_CLOCK_DATE;
}

/* A moment of the cycle in words: "6 to 12 days before the renewal". Returns out. */
char *moments_words(char out[256], const moments_of *o, uint32_t moment);

#endif
