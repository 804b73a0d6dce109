/* What features.c keeps, and features_at.c and features_contracts.c read. */
#ifndef HISTORY_FEATURES_STATE_H
#define HISTORY_FEATURES_STATE_H

#include "feature.h"
#include "subjects.h"

#include <math.h>

/* Events by what looks at them, each list in the order of the history. */
typedef enum group {
    GROUP_none,
    GROUP_order,
    GROUP_back,     /* refunds, goods returned */
    GROUP_usage,
    GROUP_problem,  /* cases opened, complaints */
    GROUP_reopen,
    GROUP_touch_out,
    GROUP_touch_in,
    GROUP_bounce,
    GROUP_survey,
    GROUP_praise,
    GROUP_payment,
    GROUP_contract, /* what changes a contract */
    GROUP_people,
    GROUP_said,     /* all that is only counted */
    GROUPS
} group;

typedef struct event_list {
    const trace_event **at;
    size_t n, capacity;
} event_list;

/* A case or a promise. Each member can be set in any order of the events. INT64_MIN: not so far. */
typedef struct matter {
    int64_t subject, begun_us, answered_us, done_us, again_us;
    int32_t begun_day, done_day, due_day;
    bool refused, broken;
    uint8_t tag;  /* what a case is about */
} matter;

typedef struct matter_list {
    matter *at; /* by subject */
    size_t n, capacity;
} matter_list;

/* Ascending, each once. */
typedef struct day_list {
    int32_t *at;
    size_t n, capacity;
} day_list;

typedef struct contract_state {
    int64_t subject, amount;
    double seats;
    int32_t since, renewal, notice_days, months;
    bool unsigned_yet;
} contract_state;

struct features {
    const mr_alloc *alloc;
    int32_t sour_days;
    event_list list[GROUPS];
    day_list bought;           /* orders and contracts' starts */
    day_list alive;            /* what says that a contract goes on: orders, use, payments */
    matter_list cases, promises;
    uint32_t *topic;           /* scratch: topics, as many as the longest list */
    contract_state *contract;  /* scratch: as many as GROUP_contract has events */
    subject_slot *slot;        /* scratch: for these */
    size_t topic_room, contract_room, slot_room;
};

#define MATTER_NEVER INT64_MIN

enum { LATELY = 365 };

static inline bool within(const trace_event *e, int32_t day, int32_t days) {
    return (int64_t)e->day > (int64_t)day - days && e->day <= day;
}

/* Is one of the days within (day - days, day]? */
static inline bool any_day(const day_list *l, int64_t day, int32_t days) {
    size_t from = 0, to = l->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (l->at[middle] <= day) from = middle + 1;
        else to = middle;
    }
    return from > 0 && (int64_t)l->at[from - 1] > day - days;
}

/* log((now + raise) / (before + raise)) */
static inline double trend(double now, double before, double raise) {
    return log((now + raise) / (before + raise));
}

/* Contracts and prices as of a day (features_contracts.c). */
void features_contracts(const features *f, int32_t day, double *out);

#endif
