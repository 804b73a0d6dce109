/* The outbox: messages on their way out, in the table message.
 *
 *     put -> waiting -> sending -> sent (with its touch_out event, in one transaction)
 *                          |----> waiting again (a refusal for now, an at-least-once channel)
 *                          |----> refused for good (with a bounce event where asked)
 *                          '----> uncertain (the sender went away): for a person to settle
 *
 * At most once: `sending` is committed, and durable, before anything goes out, and each step is an UPDATE of a row in the state it is expected in, so of
 * two workers one finds nothing. Customers who were merged meanwhile are found where they are now. */
#ifndef LEDGER_OUTBOX_H
#define LEDGER_OUTBOX_H

#include "ledger.h"

#include <arena.h>

typedef enum message_standing {
    MESSAGE_WAITING,
    MESSAGE_SENDING,
    MESSAGE_SENT,
    MESSAGE_REFUSED,
    MESSAGE_UNCERTAIN,
    MESSAGE_CANCELLED,
    MESSAGE_STATES
} message_standing;

typedef struct message_row { /* texts are borrowed, and never NULL where they were read; NULL going in is "" */
    int64_t customer_id, id, action_id;
    int part;
    int64_t contact_id;
    const char *programme, *purpose, *channel, *topic, *content, *who, *address, *domain;
    int state, attempts;
    int64_t next_us, sending_us, sent_us;
    const char *sender, *token;
    const char *subject, *plain, *html; /* "" where texts were not asked for */
    const char *said;
    int64_t created_us, first_try_us; /* first_try_us 0: not tried yet */
} message_row;

typedef struct message_rows { /* start from {0} */
    message_row *row;
    size_t n, capacity;
    arena text;
} message_rows;
void message_rows_free(message_rows *rows);

#define MESSAGE_TOKEN 33
/* 32 hexadecimal digits that nobody without the ledger's key can make. Returns out. */
char *message_token(const ledger *l, int64_t customer_id, int64_t id, char out[MESSAGE_TOKEN]);

/* In a write transaction. id 0: the action's. part, state, token and the like are set here; the action goes from open into the outbox. One of that key
 * that is there is left alone: *added false. Nothing is put where m->action_id is given and that action is not open: *added false. added may be NULL. */
mr_status outbox_put(ledger *l, const message_row *m, bool *added, mr_error *err);

/* Up to room of those in the part that may go by now_us, the earliest first, with their texts. rows is emptied first. */
mr_status outbox_waiting(ledger *l, int part, int64_t now_us, size_t room, message_rows *rows, mr_error *err);
/* The parts that have any, ascending, by one look at the index each; parts[64]. */
mr_status outbox_parts(ledger *l, int64_t now_us, int *parts, size_t *n, mr_error *err);

/* Each of these is a transaction of its own; *ours false: another was quicker, or it is in another state by now, and nothing was done. l must have been
 * opened durable (no db_options.bulk). sender: who takes it, for outbox_unsure to tell whether they are still there. */
/* waiting, and may go by now_us (another may have put it off since it was listed) -> sending. */
mr_status outbox_sending(ledger *l, int64_t customer_id, int64_t id, const char *sender, int64_t now_us, bool *ours, mr_error *err);
/* sending -> sent, its touch_out event (source "marram", source_id "message/<id>"), and the action is done. said: what the other side answered. */
mr_status outbox_sent(ledger *l, int64_t customer_id, int64_t id, int64_t now_us, const char *said, bool *ours, mr_error *err);
/* sending -> waiting, not before next_us; one more attempt. */
mr_status outbox_again(ledger *l, int64_t customer_id, int64_t id, int64_t next_us, const char *said, bool *ours, mr_error *err);
/* waiting stays waiting, not before next_us: a rate's limit, a server that is away. No attempt. */
mr_status outbox_later(ledger *l, int64_t customer_id, int64_t id, int64_t next_us, bool *ours, mr_error *err);

typedef enum outbox_bounce { OUTBOX_NO_BOUNCE, OUTBOX_SOFT_BOUNCE, OUTBOX_HARD_BOUNCE } outbox_bounce;
/* Letters are printed in batches, once a person has approved them: until then they are no sender's. next_us says so. */
#define OUTBOX_APPROVED INT64_C(253339228800000000) /* 9998-01-01: to be printed */
#define OUTBOX_HELD INT64_C(253370764800000000)     /* 9999-01-01: nobody has approved it yet */
/* waiting and held -> waiting and approved; said: by whom. */
mr_status outbox_approve(ledger *l, int64_t customer_id, int64_t id, const char *said, bool *ours, mr_error *err);

/* sending, sent (it came back later) or uncertain -> refused; the action fails. Where asked a bounce event (source_id "bounce/<id>"). */
mr_status outbox_refused(ledger *l, int64_t customer_id, int64_t id, int64_t now_us, const char *said, outbox_bounce bounce, bool *ours, mr_error *err);

/* sending -> uncertain, by its own sender: the other side may have it, and has not said so. */
mr_status outbox_uncertain(ledger *l, int64_t customer_id, int64_t id, const char *said, bool *ours, mr_error *err);
/* sending since before older_us, by a sender that is not alive any more -> uncertain. alive NULL: nobody is. part -1: of all. *n: how many. */
mr_status outbox_unsure(ledger *l, int part, int64_t older_us, bool (*alive)(void *ctx, const char *sender), void *ctx, size_t *n, mr_error *err);

typedef enum outbox_settlement { OUTBOX_WAS_SENT, OUTBOX_SEND_AGAIN, OUTBOX_GIVE_UP } outbox_settlement;
/* A person says what became of an uncertain one: sent (at the time it was being sent, with its event), to be sent again, or given up (refused, the
 * action failed). */
mr_status outbox_settle(ledger *l, int64_t customer_id, int64_t id, outbox_settlement how, const char *said, int64_t now_us, bool *ours, mr_error *err);

/* waiting -> cancelled; the action is left to the caller. In a write transaction. */
mr_status outbox_cancel(ledger *l, int64_t customer_id, int64_t id, const char *said, bool *ours, mr_error *err);

/* One, with its texts; rows->n 0: not there. */
mr_status outbox_read(ledger *l, int64_t customer_id, int64_t id, message_rows *rows, mr_error *err);
/* By the token a reply or a bounce brings; rows->n 0: none. */
mr_status outbox_by_token(ledger *l, const char *token, message_rows *rows, mr_error *err);
/* All of customer $1, without their texts, by id; a row of them, added to what rows has. */
extern const char outbox_of_sql[];
mr_status outbox_take(message_rows *rows, const db_statement *s, mr_error *err);
/* All in a state (waiting, sending, uncertain: by an index), the oldest first, without their texts. */
mr_status outbox_in(ledger *l, int state, size_t room, message_rows *rows, mr_error *err);
/* How many were sent to a domain since then: what rates are limited by. */
mr_status outbox_sent_since(ledger *l, const char *domain, int64_t since_us, int64_t *n, mr_error *err);

const char *message_state_name(int state); /* never NULL */

#endif
