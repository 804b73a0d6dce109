/* A described world whose truth is known: customers with contracts or orders, critical moments and reasons of leaving planted in them
 * (docs/worlds.md is the manual of its YAML).
 *
 * A customer is a function of the world, the seed and their number alone, so that any customers may be drawn in any order on any number of
 * threads. On each day at risk they leave with the probability
 *
 *     p(day) = min(1, base(tenure) x frailty x season(day) x tier x segment x product of the ratios of the moments they are in)
 *
 * where base(t) = per_year ((t / 365.2425)^shape - ((t - 1) / 365.2425)^shape), t = 1, 2 ... days since the start. Clocks on a day say what
 * had happened before that day. What customers do and what is done to them is drawn for the whole window first and cut where they leave, so
 * that planting a moment changes who leaves, and nothing else. */
#ifndef SIMULATE_WORLD_H
#define SIMULATE_WORLD_H

#include <risk.h>
#include <trace.h>

typedef struct world world;

/* --- the description --- */
/* Errors name file, line and key, and the nearest known one. MR_EDATA, MR_EIO, MR_ENOMEM. */
mr_status world_read(const char *path, const mr_alloc *alloc, world **out, mr_error *err);
/* The same from a text; `name` stands for the file in messages. */
mr_status world_parse(const char *name, const char *yaml, size_t len, const mr_alloc *alloc, world **out, mr_error *err);
void world_free(world *w);

uint64_t world_customers(const world *w);
void world_set_customers(world *w, uint64_t customers); /* in place of the description's; 1 .. 10,000,000 */
uint64_t world_seed(const world *w);                    /* the description's, 1 where it says none */
risk_mode world_mode(const world *w);
int32_t world_start(const world *w); /* first day of the window */
int32_t world_until(const world *w); /* its last day */

/* Clocks by the names of world_clocks.def. */
typedef enum world_clock {
#define WORLD_CLOCK(name, width, contracts, orders, meaning) WORLD_##name,
#include "world_clocks.def"
#undef WORLD_CLOCK
    WORLD_CLOCKS
} world_clock;
const char *world_clock_name(world_clock clock);

/* A planted moment: from <= clock < to. */
typedef struct world_moment {
    const char *name;  /* the description's, else "clock at" */
    world_clock clock;
    double from, to;
    double ratio;      /* of the hazard within to the hazard without */
    double share;      /* of the customers whom it concerns */
    int tier, segment; /* only theirs; -1: all */
} world_moment;
size_t world_moments(const world *w, const world_moment **out);

/* --- a customer --- */
typedef struct world_truth {
    int32_t start_day;  /* of the first contract or order; at risk from the day after */
    int32_t left_day;   /* the day they decided to leave: with contracts the day of their notice; TRACE_NO_DAY: still there */
    int32_t gone_day;   /* with contracts when the contract ends; else left_day */
    int32_t moment;     /* the planted moment without which they would not have left that day; -1: none */
    uint32_t active;    /* moments they were in on that day, a bit each (the first 32) */
    const char *reason; /* why they left; "" while they stay; "unknown": for none that is planted */
    bool traces;        /* the reason's traces are planted */
    const char *stated; /* what they said; "" nothing */
    const char *misleading; /* a reason whose traces they show by accident; "" none */
    double frailty;
    double expected;    /* the sum of p(day) over their days at risk */
} world_truth;

/* The words of an event's body, NULL where there is none; which field each is: world_bodies.def. */
typedef struct world_words {
    const char *about, *word, *who, *note;
    uint32_t serial;  /* the event's own number among the customer's */
    uint32_t subject; /* number of the case, promise or contact among the customer's; 0: of the contract or none */
    uint8_t odd;      /* why a messy world made it: bits of world_odd */
    bool ours;        /* we did it */
} world_words;

enum { WORLD_DUPLICATED = 1, WORLD_CONTRADICTORY = 2, WORLD_AFTERWARDS = 4, WORLD_MISPLACED = 8 };

typedef struct world_history {
    trace t; /* what ledger_traces says of the same events, but for the numbers of ids and subjects */
    const world_words *words; /* [t.n] */
    world_truth truth;
    const char *tier, *segment, *owner_sales, *owner_operations; /* "" none */
    char customer[16]; /* "W000001" */
} world_history;

/* Memory of one thread's customers, from {0} with alloc set. */
typedef struct world_room world_room;
mr_status world_room_new(const mr_alloc *alloc, world_room **out, mr_error *err);
void world_room_free(world_room *room);

/* Customer i, 0 .. customers - 1. *out lives until the room's next customer. MR_ENOMEM. Thread-safe over different rooms. */
mr_status world_customer(const world *w, uint64_t seed, uint64_t i, world_room *room, world_history *out, mr_error *err);

/* --- all of them --- */
typedef struct world_base {
    size_t n;
    trace *trace;       /* [n], in the order of their numbers; customer_id = number + 1 */
    world_truth *truth; /* [n] */
    const mr_alloc *alloc;
    void **block;       /* [blocks] the traces' events */
    size_t blocks;
} world_base;
/* Traces and truth of all customers in memory, on the context's pool. MR_ENOMEM, MR_ECANCELLED. */
mr_status world_base_new(const world *w, uint64_t seed, const mr_context *context, world_base *out, mr_error *err);
void world_base_free(world_base *base);

#endif
