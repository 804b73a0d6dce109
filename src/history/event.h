/* An event as the kernel sees it, the vocabulary, and the order of a history. */
#ifndef HISTORY_EVENT_H
#define HISTORY_EVENT_H

#include <marram/base.h>

typedef enum event_kind {
#define EVENT(code, name, rank, subject, segment, summary) EVENT_##name = code,
#include "event_kinds.def"
#undef EVENT
    EVENT_KINDS
} event_kind;

typedef struct history_event {
    int64_t id, at_us, recorded_at_us;
    int64_t amount_minor; /* minor units; 0 where there is no money */
    int64_t subject_id;   /* the contract, case, promise ... it is about; 0 none */
    int32_t day;          /* days since 1970-01-01 */
    int32_t source;
    int16_t kind;         /* an event_kind; another number: an event of a newer Marram, kept and passed over */
    char currency[4];     /* ISO 4217; "" no money, "XXX" not known */
    const char *body;     /* JSON object or ""; borrowed; NULL where it was not read */
    size_t body_len;
    const char *source_id;
    size_t source_id_len;
} history_event;

typedef struct event_kind_row {
    const char *name, *subject, *segment, *summary;
    int rank;
} event_kind_row;

const event_kind_row *event_kind_of(int code); /* never NULL: a code without a row is `custom`'s */
int event_kind_find(const char *name, size_t len);    /* the code, or -1 */
int event_kind_segment(const char *name, size_t len); /* by its Segment-style name, case ignored; or -1 */

/* < 0, 0, > 0: the order of a history is (at_us, kind's rank, id). */
int event_compare(const history_event *a, const history_event *b);
/* Sorts a history; already sorted ones cost one pass. Stable in nothing: no two events of a customer have the same id. No allocation but
 * from alloc. MR_ENOMEM. */
mr_status event_sort(history_event *events, size_t n, const mr_alloc *alloc, mr_error *err);

/* An order event of a negative amount is a refund. */
static inline bool event_is_order(const history_event *event) {
    return event->kind == EVENT_order && event->amount_minor >= 0;
}

/* Does an event of that kind show that the data reach to its day? A review that was noted does not, nor that another of us looks after them: what the customers
 * did since the last import is no better known for it, and the silence since then would be taken for theirs. */
static inline bool event_shows_reach(int kind) {
    return kind != EVENT_account_review && kind != EVENT_owner_changed;
}

/* The occasions of a sorted history as mr_orders wants them: day[] strictly increasing, money[] (NULL: not wanted) in 1/10,000 of the unit,
 * of the history's first currency alone (of orders and refunds). Room for as many as there are order events; returns how many. Days do not go
 * back: an order whose own day lies before the last one's (they were written in different time zones) counts on that one. */
size_t history_occasions(const history_event *events, size_t n, int32_t *day, int64_t *money);

#endif
