/* The one gate for every contact: may this reach the customer at that time, later, or not at all, and which rule says so (docs/contact.md).
 *
 * Pure: time is an argument, time zones come in as offsets and the moments they change (config/zones.h makes them), what is known of the customer as a
 * contact_state (programme/known.h makes it). Every rule is a function of time: the earliest instant from t on at which it is content, or CONTACT_NEVER.
 * The answer is the first instant at which all that hold for the purpose agree. */
#ifndef DECIDE_CONTACT_POLICY_H
#define DECIDE_CONTACT_POLICY_H

#include <marram/base.h>

typedef enum contact_purpose {
#define CONTACT_PURPOSE(name, meaning) CONTACT_##name,
#include "contact_purposes.def"
#undef CONTACT_PURPOSE
    CONTACT_PURPOSES
} contact_purpose;

typedef enum contact_budget {
#define CONTACT_BUDGET(name, limit, words) CONTACT_##name,
#include "contact_channels.def"
#undef CONTACT_BUDGET
    CONTACT_BUDGETS
} contact_budget;

typedef enum contact_channel {
#define CONTACT_CHANNEL(name, address, budget, hours, from, to, days, words) CONTACT_##name,
#include "contact_channels.def"
#undef CONTACT_CHANNEL
    CONTACT_CHANNELS
} contact_channel;

typedef enum contact_rule {
#define CONTACT_RULE(name, reply, legal, service, marketing, sentence) CONTACT_RULE_##name,
#include "contact_rules.def"
#undef CONTACT_RULE
    CONTACT_RULES /* none: all are content */
} contact_rule;

typedef enum contact_verdict { CONTACT_NO, CONTACT_NOW, CONTACT_AT } contact_verdict;

#define CONTACT_NEVER INT64_MAX /* a time that does not come */
#define CONTACT_NONE INT64_MIN  /* a time that was not */
#define CONTACT_DAY_US INT64_C(86400000000)
#define CONTACT_MINUTE_US INT64_C(60000000)

/* --- time zones --- */

typedef struct contact_shift {
    int64_t from_us;  /* from then on */
    int32_t offset_s; /* local time is UTC and this */
} contact_shift;

/* shift[n], n >= 1, in ascending order; the first holds for all time before the second, too. */
typedef struct contact_zone {
    const char *name;
    const contact_shift *shift;
    size_t n;
} contact_zone;

/* Hours of a day on some days: minutes after midnight. from < to, or from > to for one over midnight (its days are those it begins on);
 * from == to: the whole day. days 0: not known. */
typedef struct contact_window {
    int16_t from_min, to_min; /* 0 to 1440 */
    uint8_t days;             /* bit 0 Monday ... bit 6 Sunday */
} contact_window;

/* --- what is known --- */

/* A contact of our own accord that was, is going out, may have gone out, or is planned. */
typedef struct contact_touch {
    int64_t at_us, contact_id;
    contact_channel channel;
    const char *topic, *content, *address; /* "" not known */
} contact_touch;

typedef struct contact_way {
    const char *address;               /* "" none */
    int64_t bounced_us;                /* refused for good, and not changed since; CONTACT_NONE */
    int64_t withdrawn_us, wrote_us;    /* the channel is not wanted for anything since; they last wrote to us that way; CONTACT_NONE */
    int64_t given_us, taken_us;        /* consent to marketing that way: the last given and the last withdrawn; CONTACT_NONE */
    bool preferred;
} contact_way;

/* Of one contact (or, contact_id 0, of the account itself) at the time asked. Texts are never NULL; all is borrowed. */
typedef struct contact_state {
    int64_t contact_id, left_us;       /* CONTACT_NEVER: still there */
    contact_way way[CONTACT_CHANNELS];
    bool customer;                     /* has bought, or has a contract */
    int64_t objected_us;               /* CONTACT_NONE: did not, or took it back */
    const char *objected_to;           /* "marketing", "profiling", "everything" */
    bool preferred_known;              /* they said which channels: way[].preferred */
    const char *const *wanted;         /* topics they chose */
    size_t wanted_n;
    const char *const *refused;        /* topics they do not want */
    size_t refused_n;
    const char *language;              /* BCP 47 tag; "" not known */
    int64_t serious_n;                 /* serious cases and complaints that are open */
    const char *serious;               /* one of them, in words */
    contact_window own;                /* the hours they named; days 0: none */
    const contact_zone *zone;          /* their own, or every plausible one */
    size_t zone_n;                     /* >= 1 */
    const contact_touch *touch;        /* of the whole account, in any order */
    size_t touch_n;
} contact_state;

typedef struct contact_settings {
    int budget[CONTACT_BUDGETS], budget_days;
    int gap_days, duplicate_days;      /* 0: no such rule */
    int ahead_days;                    /* an instant later than that is a no */
    int quiet_from_min, quiet_to_min;  /* 21:00 to 8:00 */
    contact_window window[CONTACT_CHANNELS];
    bool consent_needed;               /* false: existing customers' is taken for granted until they withdraw it */
} contact_settings;

typedef struct contact_ask {
    contact_purpose purpose;
    contact_channel channel;
    const char *topic, *content, *language; /* "" not given */
    int64_t at_us;
} contact_ask;

typedef struct contact_answer {
    contact_verdict verdict;
    int64_t at_us;        /* the instant: of NOW the one asked for; of NO CONTACT_NEVER */
    contact_rule rule;    /* of NO the one that refuses, of AT the one that defers it most, of NOW CONTACT_RULES */
    char text[256];       /* one line, with the figures */
} contact_answer;

contact_settings contact_settings_default(void);

/* Thread-safe, no allocation. */
contact_answer contact_decide(const contact_state *s, const contact_settings *c, const contact_ask *k);

typedef struct contact_finding {
    bool holds;           /* the rule is asked for this purpose and channel; else the rest says nothing */
    int64_t from_us;      /* content from then on: the time asked where it is content; CONTACT_NEVER */
    char text[256];
} contact_finding;

/* Every rule by itself at the time asked: out[CONTACT_RULES]. */
void contact_explain(const contact_state *s, const contact_settings *c, const contact_ask *k, contact_finding *out);

/* --- hours (contact_hours.c) --- */

int32_t contact_offset(const contact_zone *z, int64_t at_us); /* seconds */
/* The earliest instant from at_us on, and not after until_us, that lies outside quiet_from .. quiet_to (from == to: no such hours) and within w in every zone; w NULL:
 * at any hour. CONTACT_NEVER where there is none. */
int64_t contact_hours(const contact_zone *zone, size_t n, const contact_window *w, int quiet_from_min, int quiet_to_min, int64_t at_us, int64_t until_us);
bool contact_window_holds(const contact_window *w, int weekday, int minute); /* weekday 0 Monday */
/* "2026-11-24 09:00 in Europe/Berlin", with several zones "2026-11-24 08:00 UTC", into out[80]; returns out. */
char *contact_when(const contact_zone *zone, size_t n, int64_t at_us, char out[80]);
/* "09:00-18:00 Mon-Fri" into out[64]; returns out. */
char *contact_window_text(const contact_window *w, char out[64]);

/* --- words --- */

const char *contact_purpose_name(contact_purpose purpose); /* "" outside the enumeration; so all */
const char *contact_purpose_meaning(contact_purpose purpose);
const char *contact_channel_name(contact_channel channel);
const char *contact_channel_words(contact_channel channel);   /* "an e-mail" */
const char *contact_channel_address(contact_channel channel); /* "email", "phone", "address" */
contact_budget contact_channel_budget(contact_channel channel);
bool contact_channel_hours(contact_channel channel);          /* do hours matter */
const char *contact_budget_name(contact_budget budget);
const char *contact_rule_name(contact_rule rule);
const char *contact_rule_sentence(contact_rule rule);
bool contact_rule_holds(contact_rule rule, contact_purpose purpose);
const char *contact_verdict_name(contact_verdict verdict);    /* "no", "now", "at" */
int contact_purpose_find(const char *name, size_t len);       /* -1: no such; so all */
int contact_channel_find(const char *name, size_t len);       /* also words for one: "mail", "e-mail", "call", "telephone", "text", "post" ... */

#endif
