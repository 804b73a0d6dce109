/* A trace as the rules of signals read it: as known at the end of one day, its events by kind, its cases, promises, contacts and contracts put
 * together. Made in one pass (digest_make) before the rules look at it.
 *
 * Memory is a digest_room's, which is used again for the next customer; one thread a room. */
#ifndef REASON_DIGEST_H
#define REASON_DIGEST_H

#include "norms.h"

#include <trace.h>

typedef struct digest_case {
    int64_t subject;
    const trace_event *open, *answer, *resolve, *reopen, *happy, *unhappy; /* the first answer, the last of the others; NULL none */
    uint32_t reopens, topic;
    uint8_t tag;
    bool is_open;
} digest_case;

typedef struct digest_promise {
    int64_t subject;
    const trace_event *made, *kept, *broken;
} digest_promise;

typedef struct digest_contact {
    int64_t subject;
    const trace_event *joined, *left;
    bool decides;
} digest_contact;

typedef struct digest_contract {
    int64_t subject;
    const trace_event *start, *last, *unsigned_since, *end; /* unsigned_since: NULL where it is signed, or nobody said it is not */
    const trace_event *dearer, *fewer;                      /* the last event that raised the price of a seat's month, or took seats away */
    double dearer_percent, fewer_from, fewer_to;
    double price; /* a month, 1/10,000; 0 not known */
    double seats; /* NaN not known */
    int32_t renewal, notice_days; /* TRACE_NO_DAY, -1 */
} digest_contract;

typedef struct digest {
    const trace *t;
    int32_t day;
    const norms *norms;
    const uint32_t *of_kind[EVENT_KINDS]; /* indexes into t->event, in their order */
    uint32_t n[EVENT_KINDS];
    digest_case *cases;
    digest_promise *promises;
    digest_contact *contacts;
    digest_contract *contracts;
    size_t cases_n, promises_n, contacts_n, contracts_n;
    int32_t first_day; /* of a contract's start or an order; TRACE_NO_DAY: neither */
} digest;

typedef struct digest_room {
    const mr_alloc *alloc;
    size_t capacity;
    uint32_t *index, *slot;
    digest_case *cases;
    digest_promise *promises;
    digest_contact *contacts;
    digest_contract *contracts;
} digest_room;

/* What was known of the trace at the end of `day`: events of that day and before that were known by then. The digest points into trace, room and
 * norms (not NULL). MR_ENOMEM; MR_EINVAL for a trace of 2^31 events or more. */
mr_status digest_make(digest_room *room, const trace *t, int32_t day, const norms *n, digest *out, mr_error *err);
void digest_room_free(digest_room *room);

static inline const trace_event *digest_event(const digest *d, event_kind kind, uint32_t i) {
    return &d->t->event[d->of_kind[kind][i]];
}

/* How long a case took (or has taken by d->day), in hours: to the first answer, to its last solution. */
double digest_answer_hours(const digest *d, const digest_case *c);
double digest_resolve_hours(const digest *d, const digest_case *c);

#endif
