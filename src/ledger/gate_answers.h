/* What the gate answered when it was asked whether a customer may be contacted: each answer to each question once, with the first time it was given. */
#ifndef LEDGER_GATE_ANSWERS_H
#define LEDGER_GATE_ANSWERS_H

#include "ledger.h"

#include <arena.h>

typedef struct gate_answer { /* texts are borrowed; NULL going in is "" */
    int64_t customer_id, id; /* id: made here, and not looked at going in */
    int64_t asked_us, contact_id;
    const char *purpose, *channel, *topic;
    int verdict;             /* 0 no, 1 now, 2 at at_us */
    int64_t at_us;
    const char *rule, *detail;
    int64_t action_id;       /* 0: somebody asked */
} gate_answer;

typedef struct gate_answers { /* start from {0} */
    gate_answer *row;
    size_t n, capacity;
    arena text;
} gate_answers;

/* In a write transaction. The same question with the same answer is there already: left alone. (Now is now, whenever.) */
mr_status gate_answers_put(ledger *l, const gate_answer *rows, size_t n, mr_error *err);
/* A customer's, the oldest first; action_id 0: all. out is emptied first. */
mr_status gate_answers_read(ledger *l, int64_t customer_id, int64_t action_id, gate_answers *out, mr_error *err);
void gate_answers_free(gate_answers *a);

#endif
