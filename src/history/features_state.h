/* What features.c keeps and features_at.c reads. */
#ifndef HISTORY_FEATURES_STATE_H
#define HISTORY_FEATURES_STATE_H

#include "feature.h"
#include "subjects.h"

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
    int32_t *bought;           /* the days of orders and of contracts' starts, ascending, each once */
    size_t bought_n, bought_room;
    matter_list cases, promises;
    uint32_t *topic;           /* scratch: topics, as many as the longest list */
    contract_state *contract;  /* scratch: as many as GROUP_contract has events */
    subject_slot *slot;        /* scratch: for these */
    size_t topic_room, contract_room, slot_room;
};

#define MATTER_NEVER INT64_MIN

#endif
