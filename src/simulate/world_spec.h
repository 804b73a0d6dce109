/* Inside a described world: the description as world_read.c makes it of the YAML, and the memory a customer is drawn in. */
#ifndef SIMULATE_WORLD_SPEC_H
#define SIMULATE_WORLD_SPEC_H

#include "world.h"

#include <arena.h>
#include <rng.h>

/* --- the description --- */

/* How often a year, and what it is like. Every kind of activity has this shape; which members it has: world_activity.def. */
typedef enum world_activity {
#define ACTIVITY(name, contracts, orders, ours) WORLD_ACT_##name,
#define DETAIL(activity, name, otherwise, low, high)
#include "world_activity.def"
#undef ACTIVITY
#undef DETAIL
    WORLD_ACTS
} world_activity;

/* The details, all together: DETAIL_cases_unresolved ... */
typedef enum world_detail {
#define ACTIVITY(name, contracts, orders, ours)
#define DETAIL(activity, name, otherwise, low, high) DETAIL_##activity##_##name,
#include "world_activity.def"
#undef ACTIVITY
#undef DETAIL
    WORLD_DETAILS
} world_detail;

#define WORLD_CATEGORIES 8
typedef struct world_category {
    char *name;
    double share;
} world_category;

/* A tier or a segment. */
typedef struct world_group {
    char *name;
    double share, ratio, price, activity; /* factors, 1 as it is */
} world_group;

typedef struct world_reason {
    int code;              /* row of world_traces.def's reasons, from 0 */
    double share;          /* of those who leave */
    double traces;         /* share of them that leave traces */
    double lead;           /* days */
    double stated, stated_wrong;
    double misleading;     /* share of all customers who show the traces without the reason */
    double growth;         /* -1 .. 1: the share is (1 - growth) of itself at the window's beginning, (1 + growth) at its end */
    char *tier_name, *segment_name;
    int tier, segment;     /* only theirs; -1: all */
} world_reason;

typedef enum world_arrival { ARRIVE_AT_START, ARRIVE_EVENLY, ARRIVE_GROWING } world_arrival;

typedef struct world_messy {
    double late, duplicated, contradictory, afterwards;
} world_messy;

struct world {
    const mr_alloc *alloc;
    arena text;
    char *name, *about;
    int64_t customers, seed;
    int32_t start;
    int64_t days;
    double years; /* as given; 0: not */
    int mode;     /* risk_mode */
    int arrival;  /* world_arrival */
    double arrive_over;
    /* contracts */
    int64_t term_months, notice_days, period_months;
    double unsigned_share;
    /* orders */
    double gap_days, gap_spread, regularity, returns, discounts;
    int64_t catalogue; /* products with a name of their own; 0: those of the shelves, at random */
    double skew, follows, repeats, one_off, more_lines;
    int64_t followers;
    const char **product; /* [catalogue] their names */
    double *popularity;   /* [catalogue] up to and with each: the last is 1 */
    /* both */
    double price_mean, price_sd;
    /* leaving */
    double per_year, shape, frailty, season, season_peak;
    world_group *tier, *segment;
    size_t tiers, segments;
    world_moment *moment;
    size_t moments;
    world_reason *reason;
    size_t reasons;
    double rate[WORLD_ACTS]; /* events a year; stakeholders: at the start */
    double detail[WORLD_DETAILS];
    double activity_spread;
    world_category category[WORLD_CATEGORIES];
    size_t categories;
    world_messy messy;
    /* made of these */
    double *base_hazard;  /* [days + 1] by days since the start */
    double *season_ratio; /* [days] by day of the window */
};

/* --- reasons and their traces: world_traces.def --- */
typedef struct world_reason_row {
    const char *code;
    double lead;  /* days, where the description gives none */
    double least; /* a customer's own lead is this to 1 times it */
} world_reason_row;
extern const world_reason_row world_reason_rows[];
extern const size_t world_reason_rows_n;

/* --- a customer in the making --- */
typedef struct world_item {
    trace_event e; /* kind -1: dropped at the next sort */
    world_words w;
    int32_t since; /* the day of what it belongs to: the case of an answer; 0: its own matter */
} world_item;

struct world_room {
    const mr_alloc *alloc;
    world_item *item;
    size_t n, capacity;
    trace_event *event;
    world_words *words;
    size_t out_capacity;
    size_t known; /* texts whose tag and topic are known */
    struct world_topic {
        const char *text;
        uint32_t topic;
        uint8_t tag;
    } topic[64];
    bool failed; /* no memory */
};

/* Streams of random numbers, apart from each other: what one draws does not move another. */
enum { STREAM_FACTS = 1, STREAM_ACTIVITY, STREAM_LEAVING, STREAM_REASON, STREAM_TRACES, STREAM_MESSY, STREAM_MOMENTS, STREAM_PRODUCTS };
rng world_stream(uint64_t seed, uint64_t customer, uint64_t stream);

/* A customer while they are drawn. */
typedef struct world_person {
    const world *w;
    uint64_t seed, number;
    world_room *room;
    world_history *out;
    int32_t start, until;   /* first day; last day of the window */
    int tier, segment;      /* -1 none */
    double factor;          /* of the hazard: frailty, tier, segment */
    double active;          /* of the activity */
    double price;           /* units */
    double gap;             /* mean days between orders */
    uint32_t serial, cases, promises, contacts;
    int32_t left, gone;     /* TRACE_NO_DAY: not */
} world_person;

/* --- world_events.c --- */
#define WORLD_SECOND INT64_C(1000000)
#define WORLD_DAY (86400 * WORLD_SECOND)
/* A new event of the customer's at a moment; NULL (and room->failed) without memory. Members are as trace.h says of absent ones. */
world_item *world_add(world_person *p, event_kind kind, int64_t at_us);
/* At a time in fractions of days: between 08:00 and 18:00 of that day. */
int64_t world_at(double day);
#define WORLD_PRICE_MOST 1e11 /* units; prices that rise by half a hundred times over stop there */
double world_amount(double units); /* whole cents, in 1/10,000 */
int64_t world_id(uint64_t customer, uint32_t serial);
int64_t world_subject(uint64_t customer, const char *kind, uint32_t number);
/* Sorts by time, makes times differ, drops what is marked (kind < 0) or lies beyond the window. */
void world_sort(world_person *p);
/* Drops what cannot be once they have left on a day. */
void world_cut(world_person *p, int32_t left);
/* Topics, tags, actors, flags and links as the ledger's traces have them. */
void world_finish(world_person *p);
/* The parallel arrays of *out. false: no memory. */
bool world_hand_over(world_person *p);

/* --- world_activity.c, world_buying.c --- */
void world_draw_activity(world_person *p);
void world_draw_buying(world_person *p); /* the orders, or the contract with its renewals, up to the window's end */
/* --- world_products.c: what is bought after what --- */
uint32_t world_follower(const world *w, uint64_t seed, uint32_t product, uint64_t which); /* 0 .. followers - 1 */
bool world_one_off(const world *w, uint64_t seed, uint32_t product);
/* What stands in the orders of a world with a catalogue, on top of their other words; more lines on some of their days. */
void world_draw_products(world_person *p);
/* Prices of contract events, from the first one and the price changes; the items must be sorted. */
void world_prices(world_person *p);
int32_t world_term_end(const world *w, int32_t start, int term); /* the day the term-th term ends, from 1 */
const char *world_severity(double value);

/* --- world_clocks.c --- */
/* When they leave, if they do: fills out->truth but for the reason. The items must be sorted. */
void world_leave(world_person *p);
bool world_clock_runs(world_clock clock, risk_mode mode);
double world_clock_width(world_clock clock);

/* --- world_traces.c --- */
/* The reason's traces on days before `end`. */
void world_plant(world_person *p, rng *r, int reason, double lead, int32_t end);

#endif
