/* Actions: what programmes want done with a customer, each a task for a person or a message to a contact.
 *
 * An action's id is a keyed hash of what it is for, so that wishing for it twice changes nothing. What was decided by a person, sent or done is never
 * overwritten by a wish. */
#ifndef LEDGER_ACTIONS_H
#define LEDGER_ACTIONS_H

#include "append.h"

#include <arena.h>

#include <jansson.h>

typedef enum action_kind { ACTION_TASK = 1, ACTION_MESSAGE = 2 } action_kind;

typedef enum action_standing {
    ACTION_PROPOSED, /* a message that nobody has approved yet */
    ACTION_OPEN,     /* a task to do; a message approved, or automatic, that is not in the outbox yet */
    ACTION_OUTBOX,
    ACTION_DONE,
    ACTION_DROPPED,  /* by a person */
    ACTION_LAPSED,   /* no longer wanted */
    ACTION_FAILED,
    ACTION_STATES
} action_standing;

#define ACTION_IN(state) (1 << (state)) /* of masks of states */
#define ACTION_ANY ((1 << ACTION_STATES) - 1)

typedef struct action_row { /* texts are borrowed, and never NULL where they were read; NULL going in is "" */
    int64_t customer_id, id;
    const char *programme, *step;
    int64_t subject_id, occasion;
    int kind, state;
    int64_t contact_id;
    const char *purpose, *channel, *topic, *owner, *watcher, *reason;
    int64_t created_us, due_us, snoozed_us, changed_us, value_minor;
    const char *currency;
    double effect;
    bool urgent;
    const char *what, *document, *outcome;
} action_row;

typedef struct action_rows { /* start from {0} */
    action_row *row;
    size_t n, capacity;
    arena text;
} action_rows;
void action_rows_free(action_rows *rows);

/* Never 0. subject_id 0: none. */
int64_t action_id(const ledger *l, int64_t customer_id, const char *programme, const char *step, int64_t subject_id, int64_t occasion);
/* As people are shown it: 16 hexadecimal digits. Returns out. */
char *action_id_text(int64_t id, char out[17]);

/* In a write transaction (of one customer or several). Those that are new are inserted. One that is there is replaced where it is proposed or open;
 * its created_us, snoozed_us and outcome stay, so do owner and watcher where there are any (action_assign), and an open one stays open where it is proposed
 * again. changed_us moves only where something else does. A wish that came with a merge, under another id, is found by programme, step, subject and occasion.
 * No two of the same key. */
mr_status actions_put(ledger *l, const action_row *rows, size_t n, mr_error *err);

/* In a write transaction. from_mask: of ACTION_IN. outcome NULL: stays. *changed false: it is in another state by now, or not there. */
mr_status action_state(ledger *l, int64_t customer_id, int64_t id, int from_mask, int to, const char *outcome, int64_t at_us, bool *changed, mr_error *err);
/* The same in a transaction of its own, together with the events it causes (promise_kept, case_resolve, account_review, touch_out ...): both or neither.
 * items' events name customers by number (event.customer_id) and say all of a history_event; those with a source_id are added once, however often this is
 * done. Nothing is appended where *changed comes back false. */
mr_status action_close(ledger *l, int64_t customer_id, int64_t id, int from_mask, int to, const char *outcome, int64_t at_us, append_item *items, size_t n,
                       bool *changed, mr_error *err);
/* Not before until_us (0: at once); of a proposed or open one. In a write transaction. */
mr_status action_snooze(ledger *l, int64_t customer_id, int64_t id, int64_t until_us, int64_t at_us, bool *changed, mr_error *err);
/* To another person; watcher NULL: stays. Of a proposed or open one. In a write transaction. */
mr_status action_assign(ledger *l, int64_t customer_id, int64_t id, const char *owner, const char *watcher, int64_t at_us, bool *changed, mr_error *err);
/* Customers with an open task of that person that is due before due_us are looked at at_us. *n: how many. In a write transaction. */
mr_status actions_wake(ledger *l, const char *owner, int64_t due_us, int64_t at_us, size_t *n, mr_error *err);
/* When it is due: of a proposed or open one. In a write transaction. */
mr_status action_time(ledger *l, int64_t customer_id, int64_t id, int64_t due_us, int64_t at_us, bool *changed, mr_error *err);

/* One, with its texts, into rows (emptied first); rows->n 0: not there. */
mr_status action_read(ledger *l, int64_t customer_id, int64_t id, action_rows *rows, mr_error *err);
/* All of customer $1, in no order; a row of them, added to what rows has. */
extern const char actions_of_sql[];
mr_status action_take(action_rows *rows, const db_statement *s, mr_error *err);
/* By its id as people write it: its 16 digits, or the first four or more of them where no other begins so. MR_EDATA: none, or several. */
mr_status action_find(ledger *l, const char *id_text, int64_t *customer_id, int64_t *id, mr_error *err);

typedef struct actions_query {
    int64_t customer_id;    /* 0: of all */
    const char *owner;      /* NULL: of all */
    const char *programme;  /* NULL: of all */
    int kind;               /* 0: both */
    int states;             /* mask of ACTION_IN; 0: proposed and open */
    int64_t due_by_us;      /* due, and not snoozed beyond it; 0: whenever */
    bool ranked;            /* urgent ones first, then by value at risk times assumed effect; else by when they are due */
    size_t limit;           /* 0: 1000 */
} actions_query;

/* A JSON array of {id (16 digits), customer_id (text), customer (identifier), customer_name, programme, step, kind, state (words), contact_id, purpose, channel, topic, owner,
 * watcher, reason, created, due, snoozed, changed (RFC 3339 or null), value_minor, currency, effect, urgent, what, document, outcome (objects or null)}.
 * Open tasks (by owner or of all), proposals and one customer's go by an index; other questions read the whole table. */
mr_status actions_list(ledger *l, const actions_query *q, json_t **out, mr_error *err);

/* Words of kinds and states: "task", "proposed" ...; never NULL. -1: no such word. */
const char *action_kind_name(int kind);
const char *action_state_name(int state);
int action_state_find(const char *name);

#endif
