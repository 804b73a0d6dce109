/* The clocks of one customer: where each stands on a day, from what was known before that day. One pass over the events in the order in which they
 * became known. docs/methods/moments.md. */
#ifndef HISTORY_CLOCKS_H
#define HISTORY_CLOCKS_H

#include "trace.h"

typedef enum clock_id {
#define CLOCK(name, ...) CLOCK_##name,
#include "clocks.def"
#undef CLOCK
    CLOCKS
} clock_id;

typedef enum clock_role { CLOCK_IS_CYCLE, CLOCK_IS_DATE, CLOCK_IS_FACTOR } clock_role; /* as mr_clock_role, which is of a higher room */

typedef struct clock_row {
    const char *name, *unit;
    double size;
    uint32_t bins;
    int zero, sign;
    uint32_t narrow, wide;
    double knot, steep;
    clock_role role;
    double width;
    const char *meaning;
} clock_row;

extern const clock_row clock_rows[CLOCKS];
#define CLOCK_NO_BIN UINT16_MAX

int clock_find(const char *name); /* -1: no such */
/* The reading at a bin's edge (0: the beginning of bin 0). */
double clock_reading(clock_id clock, double edge);

enum { CLOCK_CONTRACTS = 8 }; /* running at once whose terms are watched: the ones heard of last */

typedef struct clock_options {
    int32_t sour_days;   /* > 0: a problem within so many days of the one before is a second problem */
    double rhythm_days;  /* the base's mean gap between orders, which counts as two gaps of the customer's own; > 0 */
    int32_t first_day;   /* of the calendar's bin 0 */
} clock_options;

typedef struct clock_term {
    int64_t subject;
    int32_t renewal, passed; /* the term's end ahead, and the last one behind; TRACE_NO_DAY */
    int32_t notice_days;
} clock_term;

typedef struct clock_state {
    clock_options options;
    int32_t start, problem;
    int32_t since[CLOCKS];  /* day each clock of an event runs from */
    int32_t first_order, last_order;
    uint32_t orders;        /* days with one */
    clock_term term[CLOCK_CONTRACTS];
    uint32_t terms;
    int32_t anniversary, next_anniversary; /* around the day last asked for */
    int year;
    const trace_event *newest; /* in the order of the history, of those followed */
} clock_state;

void clocks_begin(clock_state *s, const clock_options *options);
/* In the order of the history. */
void clocks_hear(clock_state *s, const trace_event *e);
/* Hears what became known until the end of `day`: order[next ...] of trace_order. Where some of it had happened before what was heard already, all is heard once
 * more in the order of the history: an order or a term that is known late counts from then on as if it had been known at once. Returns the new next. */
size_t clocks_follow(clock_state *s, const trace *t, const uint32_t *order, size_t next, int32_t day);
/* bin[CLOCKS], CLOCK_NO_BIN where a clock does not run. Days must not go back between calls. */
void clocks_at(clock_state *s, int32_t day, uint16_t bin[CLOCKS]);
/* The first day from `day` on at which the clock reaches bin `from` .. `to` - 1 if nothing else happens, and the last one of that stay; false: it will
 * not. Of order_number the day is when that order is due by the customer's rhythm. */
bool clocks_next(const clock_state *s, clock_id clock, int32_t day, uint32_t from, uint32_t to, int32_t *first, int32_t *last);
double clocks_rhythm(const clock_state *s); /* days */

#endif
