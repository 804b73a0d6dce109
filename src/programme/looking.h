/* One customer as a programme sees them, and what it wishes done.
 *
 * A programme (programmes.def) is a pure function of a look: it reads the customer, the settings and the time, and says what it wants there to be
 * (look_task, look_message) and when it wants to look again. It says so on every look, for as long as it wants it: what is wished and not there is
 * made, what is there and wished no longer lapses (reconcile.h), and what was done, dropped or sent is never made again. So a look may run twice, late,
 * or after a crash, and comes to the same. */
#ifndef PROGRAMME_LOOKING_H
#define PROGRAMME_LOOKING_H

#include "knowledge.h"
#include "offering.h"
#include "referral.h"

#include <actions.h>
#include <config.h>
#include <content.h>
#include <contact_policy.h>
#include <digest.h>
#include <taxonomy.h>
#include <whole.h>

#include <jansson.h>

#define LOOK_NEVER INT64_MAX
#define LOOK_DAY_US INT64_C(86400000000)
#define LOOK_HOUR_US INT64_C(3600000000)

typedef struct programme_row programme_row;

typedef struct look_wish {
    const programme_row *programme;
    const char *step;        /* of the programme; with subject and occasion what makes it this one and no other */
    int64_t subject_id, occasion;
    int kind;                /* ACTION_TASK, ACTION_MESSAGE */
    int64_t due_us;          /* a task: by when; a message: not before */
    int64_t until_us;        /* a message: of no use after this; LOOK_NEVER */
    contact_purpose purpose; /* messages, and tasks that mean getting in touch */
    int channel;             /* contact_channel; -1: the one they prefer */
    int64_t contact_id;      /* 0: whoever of them it may be */
    const char *topic;       /* "" none */
    const char *owner, *watcher; /* people's names; set by look_for */
    const char *given;       /* why it is not the one who was asked for; "" it is */
    reason reason;
    double effect;           /* share of the value at risk it is assumed to save */
    double error;            /* one standard error of effect, where it was measured; -1: it is assumed */
    double cost;             /* expected, beside its channel's, in cost_currency's units: an offer's */
    const char *cost_currency;
    int64_t value_minor;     /* what effect is a share of, in look's money; -1: the value at risk */
    bool held;               /* drawn into the holdout: kept as decided, so that it can be measured, and never done (look_held) */
    bool by_hand;            /* a message: a draft in whatever mode */
    bool urgent;
    const char *what;        /* in a line */
    const char *say;         /* "" or what to say */
    const char *words;       /* the template's name, "" none */
    const char *content;     /* the content item's id, "" none */
    const char *done_event;  /* the event that doing it is: "account_review", "touch_out" ...; "" none */
    json_t *why, *evidence, *values; /* arrays of texts and events; an object of fields for the words. Owned by the look */
} look_wish;

typedef struct look {
    whole *w;
    const config *c;
    const knowledge *known;
    const content_library *content; /* NULL: none */
    const referral *referral;       /* [referral_n]: whom they recommended us to lately, and what came of it */
    size_t referral_n;
    const offering *offering;       /* to who left, with the first attempt to win them back; NULL: none was looked for */
    int64_t now_us;
    int32_t day;             /* now's, where the company is */
    int64_t *open;           /* [c->people_n], what each of us has to do; counted on as this look gives out more. NULL: not known */
    const digest *d;         /* of that day */
    const programme_row *programme; /* the one at hand */
    look_wish *wish;
    size_t n, capacity;
    int64_t again_us;        /* the earliest any asked for; LOOK_NEVER */
    arena text;
    bool failed;             /* no memory: nothing of this look counts */
    look_wish spare;         /* what is written into where there is no memory */
} look;

/* --- for programmes --- */
/* What is to be done, in a line. Never NULL; borrowed until the next wish. */
look_wish *look_task(look *k, const char *step, int64_t subject_id, int64_t occasion, int64_t due_us, const char *format, ...) __attribute__((format(printf, 6, 7)));
look_wish *look_message(look *k, const char *step, int64_t subject_id, int64_t occasion, int64_t due_us, const char *words, const char *format, ...)
    __attribute__((format(printf, 7, 8)));
/* On record as held out of what step would have been, with the probability of being held; nothing else comes of it. */
look_wish *look_held(look *k, const char *step, int64_t subject_id, int64_t occasion, double probability);
void look_why(look *k, look_wish *wish, const char *format, ...) __attribute__((format(printf, 3, 4)));
void look_say(look *k, look_wish *wish, const char *format, ...) __attribute__((format(printf, 3, 4)));
void look_fill(look *k, look_wish *wish, const char *field, const char *format, ...) __attribute__((format(printf, 4, 5))); /* a field of the words */
void look_because(look *k, look_wish *wish, int64_t event_id, int kind, int32_t day);                                       /* evidence */
void look_because_event(look *k, look_wish *wish, size_t event);
/* Who sees to it: the owner that a reason or a programme names; the other one sees it. What is there already stays with whoever has it, for as long as they are there to do it. */
void look_for(look *k, look_wish *wish, reason_owner owner);
void look_for_reason(look *k, look_wish *wish, reason why);
void look_for_senior(look *k, look_wish *wish);
void look_for_name(look *k, look_wish *wish, const char *name, reason_owner otherwise); /* somebody by name, where the company has them */
/* Whoever has the best record with cases of that kind (save_desk.h), of w->reason and the customer's tier, among those who can (routed.c). */
void look_for_best(look *k, look_wish *wish, int kind);
/* Look at this customer again then, if nothing happens before; not later than now counts as never. */
void look_again(look *k, int64_t at_us);
/* now is at or past at_us? Else: again then. */
bool look_reached(look *k, int64_t at_us);

/* Is that recent enough for haste? What has lain for longer (an import of old records brings much) is a task among others, and calls nobody senior. */
#define LOOK_FRESH_DAYS 60
bool look_fresh(const look *k, int64_t at_us);

/* The stored action of a step of this programme; NULL: none. The latest created one where occasion is ANY_OCCASION. */
#define ANY_OCCASION INT64_MIN
const action_row *look_past(const look *k, const char *step, int64_t subject_id, int64_t occasion);

/* Times. */
int64_t look_day_us(const look *k, int32_t day);                /* when work begins on the first working day from `day` on */
int64_t look_within_hours(const look *k, int64_t from_us, double hours); /* so many hours of the company's working time later */
int32_t look_day_of(const look *k, int64_t at_us);
int32_t look_anniversary(int32_t day, int years);                /* of 29 February: 1 March where there is none */
const char *look_day_text(look *k, int32_t day);                /* for people: "24 November 2026" */
const char *look_text(look *k, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool look_objects(look *k);                                     /* they or one of theirs (objecting.h) */
bool look_here(const look *k);                                  /* a customer by now, who has neither left nor said that they want to, nor moved away, nor has no need any more */

/* The best piece of the library for them, that they have not had, goes with the message: content, its fields, and why. Nothing where there is none. */
void look_content(look *k, look_wish *wish);

/* --- for routed.c --- */
typedef struct owners_ask owners_ask;
typedef struct owners_pair owners_pair;
/* By `choose`, unless it is there with somebody who keeps it; gone: whoever has it is nobody of ours any more. false: it stays where it is. */
bool look_given(look *k, look_wish *wish, owners_pair (*choose)(const owners_ask *a, void *ctx), void *ctx, bool gone);

/* --- for who runs programmes --- */
/* Begins on one customer; k may be used before. */
void look_begin(look *k, whole *w, const config *c, const knowledge *known, const digest *d, int64_t now_us);
void look_free(look *k);

#endif
