/* Why customers left, and what speaks for leaving among those who are here: signals (src/reason) over a whole base of traces.
 *
 * Two passes. The first learns what is usual (norms). The second looks at each customer on the days that matter: each time they left, as of that
 * day; those who are here, as of `until`; and everyone who was here at the landmarks before it, a quarter apart, with what became of
 * them within a quarter. From those who left and those who stayed come the weights, from them every row's observed reason.
 *
 * Left is risk.h's with contracts. Without, a customer has left who has not ordered for horizon_days; they are looked at as of the day on
 * which their silence was that long. */
#ifndef LEARN_REASONS_OF_H
#define LEARN_REASONS_OF_H

#include <risk.h>
#include <traces_shared.h>
#include <weights.h>

#define REASONS_QUARTER 91 /* days between landmarks, and in which what becomes of them is looked at */
#define REASONS_LANDMARKS 4
#define REASONS_TAG_DAYS 180

/* Where traces come from: a ledger, or memory. scan hands out customers first .. last (last 0: all) in ascending order. */
typedef struct trace_source {
    mr_status (*scan)(void *self, int64_t first, int64_t last, trace_fn fn, void *ctx, mr_error *err);
    void *self;
} trace_source;

typedef struct trace_ledger {
    ledger *l;
    trace_options options;
    mr_pool *pool; /* NULL: none. Callbacks must not use the ledger */
} trace_ledger;
trace_source trace_source_of(trace_ledger *l);

typedef enum reasons_what { REASONS_LEFT, REASONS_HERE, REASONS_LANDMARK } reasons_what;

typedef struct reasons_row {
    int64_t customer_id;
    double value;        /* a year's: of the contracts then running, or of the orders in the year before; units of the currency */
    uint32_t first_hit;
    int32_t day;         /* as of whose end they were looked at */
    float strength;      /* of the observed reason, 0 where it is unknown */
    uint16_t tier, segment; /* indexes of names; 0 none */
    uint16_t tags;          /* a bit for each tag of the cases and complaints in the REASONS_TAG_DAYS before */
    uint8_t what, hits;
    uint8_t stated, observed, second;
    bool last;           /* left: they have not come back since */
    bool leaves;         /* landmark: left within a quarter */
} reasons_row;

typedef weights_hit reasons_hit;

#define REASONS_NAMES 1024 /* tiers or segments told apart; what comes after them counts as none */

typedef struct reasons_names {
    char (*name)[64]; /* [n]; name[0] is "" */
    uint16_t n;
} reasons_names;

typedef struct reasons_options {
    int32_t until;        /* TRACE_NO_DAY: the last day of anything, up to last_day */
    int32_t last_day;     /* 0: no limit */
    int32_t horizon_days; /* without contracts: of silence */
} reasons_options;

typedef struct reasons_base {
    risk_mode mode;
    int32_t first_day, until;
    int32_t horizon_days;
    uint64_t customers;   /* with an event */
    uint64_t buyers;      /* of these with an order or a contract: who left and who is here is told of them alone */
    bool nothing;         /* nobody had done anything by then; all else is empty */
    norms norms;
    weights weights;
    reasons_row *row; /* [n], by customer, then day */
    size_t n, capacity;
    reasons_hit *hit;
    size_t hits, hits_capacity;
    reasons_names tiers, segments;
} reasons_base;

/* MR_EDATA: no events at all. MR_ENOMEM, MR_ECANCELLED, and what the source returns. *out is freed by reasons_free whatever is returned. */
mr_status reasons_scan(trace_source source, const reasons_options *o, const mr_context *context, reasons_base *out, mr_error *err);
void reasons_free(reasons_base *b);
/* The first pass alone: norms, mode, days and customers. */
mr_status reasons_usual(trace_source source, const reasons_options *o, const mr_context *context, reasons_base *out, mr_error *err);

/* What is observed of one customer by the rules and weights of the base, as of `day`. hit has room for SIGNALS. */
mr_status reasons_look(const reasons_base *b, digest_room *room, const trace *t, int32_t day, signal_hit *hit, size_t *hits, attribution *a, mr_error *err);

/* When a customer left as of b->until; false: they are here, or never were. */
typedef struct reasons_leaving {
    bool here, left;
    int32_t day;
    uint8_t stated;
} reasons_leaving;
reasons_leaving reasons_leaving_of(const reasons_base *b, const trace *t);

/* A year's value of what the digest shows, in units. */
double reasons_value(const digest *d, risk_mode mode);

#endif
