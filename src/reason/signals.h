/* Signals: what is observed of a customer that supports a reason for leaving. Each rule of signals.def looks at what was known at the end of
 * a day, and says which events it rests on. Pure; nothing looks ahead. */
#ifndef REASON_SIGNALS_H
#define REASON_SIGNALS_H

#include "digest.h"
#include "taxonomy.h"

#define SIGNAL_SOUR_DAYS 90 /* after a problem, in which a second one sours */
#define SIGNAL_EVIDENCE 4

typedef enum signal_id {
#define SIGNAL(name, reason, window, half_life, ratio, sentence, meaning) SIGNAL_##name,
#include "signals.def"
#undef SIGNAL
    SIGNALS
} signal_id;

typedef struct signal_row {
    const char *name, *sentence, *meaning;
    reason reason;
    int32_t window_days, half_life_days;
    double ratio;
} signal_row;

typedef struct signal_evidence {
    int64_t id;
    int32_t day;
    int16_t kind; /* event_kind */
} signal_evidence;

typedef struct signal_hit {
    signal_id signal;
    uint32_t count; /* events that support it */
    uint8_t shown;  /* of evidence[]: the first, then the latest, in order of time */
    signal_evidence evidence[SIGNAL_EVIDENCE];
    int32_t day;    /* from which its age is counted: the last evidence's; the day looked at where it says how things stand */
    double number[3];
} signal_hit;

const signal_row *signal_of(int id);             /* never NULL */
signal_id signal_find(const char *name, size_t len); /* SIGNALS: none */

/* The signals that fire, in the order of signals.def; returns how many. */
size_t signals_fire(const digest *d, signal_hit out[SIGNALS]);
/* The hit's sentence in plain words; terminated, cut at size. Returns what snprintf would. */
size_t signal_sentence(const signal_hit *h, char *out, size_t size);
/* The same of any sentence with such fields. */
size_t hit_sentence(const char *sentence, const signal_hit *h, char *out, size_t size);

/* --- for the rules --- */
#define SIGNAL(name, reason, window, half_life, ratio, sentence, meaning) bool signal_##name(const digest *d, signal_hit *h);
#include "signals.def"
#undef SIGNAL

void hit_add(signal_hit *h, const trace_event *e); /* in order of time */
bool hit_in(const digest *d, const signal_hit *h, const trace_event *e); /* is e inside the signal's window? */
/* Adds all events of the kind within the window that have one of the tags (a bit each: 1 << tag); returns how many. */
uint32_t hit_tagged(const digest *d, signal_hit *h, event_kind kind, unsigned tags);
/* The cases and complaints about one of the tags, in order of time. */
uint32_t hit_problems(const digest *d, signal_hit *h, unsigned tags);
#define TAG(name) (1U << TRACE_TAG_##name)

#endif
