/* A trace: what models of leaving, signals and reviews read of a customer's history. The events without their words: the numbers and dates
 * of their bodies as plain members, texts as hashes. The ledger makes traces of its histories (src/ledger/traces.h), a simulated world makes
 * its own (src/simulate/world.h); the kernel reads no JSON.
 *
 * Pure data; borrowed by whoever reads it. */
#ifndef HISTORY_TRACE_H
#define HISTORY_TRACE_H

#include "event.h"

#define TRACE_NO_DAY INT32_MIN

/* What a case, complaint, praise, quote, refund or return is about, as far as it is one of these words (trace_tag_find); any other is
 * TRACE_TAG_other, and told apart by `topic`. */
typedef enum trace_tag {
    TRACE_TAG_none,
    TRACE_TAG_other,
#define TRACE_TAG(name, words) TRACE_TAG_##name,
#include "trace_tags.def"
#undef TRACE_TAG
    TRACE_TAGS
} trace_tag;

typedef enum trace_actor { TRACE_NOBODY, TRACE_SALES, TRACE_OPERATIONS, TRACE_ELSE } trace_actor; /* one of the two who owned the customer then, or another */

enum { /* trace_event.flags */
    TRACE_FIRST_RESPONSE = 1,  /* case_update: our first answer */
    TRACE_UNSIGNED = 2,        /* contract_start, contract_change: nobody has signed */
    TRACE_OUT_OF_AREA = 4,     /* moved */
    TRACE_CLOSED = 8,          /* need_ended: died, or the company is no more */
    TRACE_HARD = 16,           /* bounce */
    TRACE_DECIDES = 32,        /* stakeholder_join, _leave: who decides */
    TRACE_REFUSED = 64,        /* case_resolve: outcome refused or withdrawn, not solved */
    TRACE_DISCOUNTED = 128,    /* order: a discount or coupon */
    TRACE_MARKETING = 256,     /* touch_out: not what answers the customer */
    TRACE_SIGNED = 1024,       /* contract_*: it is said to be signed */
    TRACE_CONFIRMED = 512,     /* case_resolve: the customer has confirmed it since, by a survey or praise about it. This looks ahead: for reviews as
                                  of the whole trace, never for features; as of a past day read the survey or praise, whose subject is the case */
};

typedef struct trace_event {
    int64_t at_us;
    int64_t known_us;    /* when it could be known: >= at_us (trace_known) */
    int64_t id;          /* the event's; with kind and at_us what evidence is shown by */
    int64_t subject;     /* the contract, case, promise or contact it is about; a survey's or praise's: the case it is about; 0 none */
    int64_t amount;      /* 1/10,000 of the base currency's unit; what it stands for: AMOUNT in payloads.def */
    double value;        /* by kind; NaN where not given. survey: score / scale, 0 to 1; price_change: percent; usage: count;
                            contract_*: seats; order: quantity; case_open, case_update, complaint: severity 0 low to 3 urgent;
                            touch_*, case_resolve: minutes */
    int32_t day;         /* when it happened, in its source's own time */
    int32_t until_day;   /* contract_start, _change, _renew: renewal; promise_made: due; leave_*, price_change: effective; account_review: next;
                            else TRACE_NO_DAY */
    int32_t notice_days; /* contract_*: notice; -1 not given */
    int32_t months;      /* contract_*: months the price is for; 0 not given (then 1) */
    uint32_t topic;      /* hash of the category's, subject's, feature's or product's text in lower case; 0 none */
    int16_t kind;        /* event_kind */
    uint16_t flags;
    uint8_t tag;         /* trace_tag */
    uint8_t actor;       /* trace_actor; touches, promises, cases */
    uint8_t reason;      /* leave_*, contract_end, offer_*: the stated reason's number in src/reason/taxonomy.def; 0 none stated */
} trace_event;

typedef struct trace {
    int64_t customer_id;
    const trace_event *event; /* in the order of a history: (at_us, kind's rank, id) */
    size_t n;
} trace;

/* The tag of a word or phrase ("Login problem", "billing"): the first row one of whose words it holds; case and punctuation do not matter.
 * TRACE_TAG_none for an empty text. */
trace_tag trace_tag_find(const char *text, size_t len);
const char *trace_tag_name(trace_tag tag); /* never NULL */
uint32_t trace_topic(const char *text, size_t len); /* never 0 but for an empty text */

/* When an event could be known. What happened before the ledger was made counts as known when it happened: nobody could have recorded it
 * earlier, and shops knew it. What happened since is known from when it was recorded. */
static inline int64_t trace_known(int64_t at_us, int64_t recorded_at_us, int64_t ledger_made_us) {
    return at_us < ledger_made_us || recorded_at_us < at_us ? at_us : recorded_at_us;
}

#define TRACE_DAY_US INT64_C(86400000000)

/* The first day at whose end it was known. What was known when it happened is known on its own day, wherever the customer lives. */
static inline int32_t trace_known_day(const trace_event *e) {
    if (e->known_us <= e->at_us) return e->day;
    int64_t day = e->known_us / TRACE_DAY_US - (e->known_us % TRACE_DAY_US < 0);
    return day > e->day ? (int32_t)day : e->day;
}

/* order[n]: the events by the day they became known (trace_known_day), within a day in the order of the history. No allocation. */
void trace_order(const trace *t, uint32_t *order);

/* An order event of a negative amount is a refund. */
static inline bool trace_is_order(const trace_event *e) {
    return e->kind == EVENT_order && e->amount >= 0;
}

#endif
