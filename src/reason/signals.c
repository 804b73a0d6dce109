/* The table of signals, running it, and what it says in words. */
#include "signals.h"

#include <calendar.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    signal_row row;
    bool (*rule)(const digest *d, signal_hit *h);
} table[SIGNALS] = {
#define SIGNAL(name, reason, window, half_life, ratio, sentence, meaning)                                    \
    [SIGNAL_##name] = {{#name, sentence, meaning, REASON_##reason, window, half_life, ratio}, signal_##name},
#include "signals.def"
#undef SIGNAL
};

static const signal_row none = {"", "", "", REASON_none, 0, 0, 1};

const signal_row *signal_of(int id) {
    return id >= 0 && id < SIGNALS ? &table[id].row : &none;
}

signal_id signal_find(const char *name, size_t len) {
    int id = 0;
    while (id < SIGNALS && (strlen(table[id].row.name) != len || memcmp(table[id].row.name, name, len) != 0)) id++;
    return (signal_id)id;
}

size_t signals_fire(const digest *d, signal_hit out[SIGNALS]) {
    size_t n = 0;
    for (int id = 0; id < SIGNALS; id++) {
        signal_hit hit = {.signal = (signal_id)id, .day = TRACE_NO_DAY};
        if (!table[id].rule(d, &hit)) continue;
        if (hit.day == TRACE_NO_DAY) hit.day = hit.shown && table[id].row.window_days ? hit.evidence[hit.shown - 1].day : d->day;
        if (hit.day > d->day) hit.day = d->day;
        out[n++] = hit;
    }
    return n;
}

/* --- for the rules --- */

void hit_add(signal_hit *h, const trace_event *e) {
    signal_evidence new = {e->id, e->day, e->kind};
    h->count++;
    if (h->shown < SIGNAL_EVIDENCE) {
        h->evidence[h->shown++] = new;
        return;
    }
    memmove(&h->evidence[1], &h->evidence[2], (SIGNAL_EVIDENCE - 2) * sizeof new);
    h->evidence[SIGNAL_EVIDENCE - 1] = new;
}

bool hit_in(const digest *d, const signal_hit *h, const trace_event *e) {
    int32_t window = table[h->signal].row.window_days;
    return !window || d->day - e->day <= window;
}

uint32_t hit_tagged(const digest *d, signal_hit *h, event_kind kind, unsigned tags) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->n[kind]; i++) {
        const trace_event *e = digest_event(d, kind, i);
        if (!(tags >> e->tag & 1) || !hit_in(d, h, e)) continue;
        hit_add(h, e);
        n++;
    }
    return n;
}

uint32_t hit_problems(const digest *d, signal_hit *h, unsigned tags) {
    uint32_t n = 0, next = 0;
    for (size_t i = 0; i <= d->cases_n; i++) {
        const trace_event *open = i < d->cases_n ? d->cases[i].open : NULL;
        for (; next < d->n[EVENT_complaint]; next++) { /* those that come before this case */
            const trace_event *e = digest_event(d, EVENT_complaint, next);
            if (i < d->cases_n && (!open || e->at_us > open->at_us)) break;
            if (!(tags >> e->tag & 1) || !hit_in(d, h, e)) continue;
            hit_add(h, e);
            n++;
        }
        if (!open || !(tags >> d->cases[i].tag & 1) || !hit_in(d, h, open)) continue;
        hit_add(h, open);
        n++;
    }
    return n;
}

/* --- in words --- */

typedef struct writer {
    char *out;
    size_t size, len;
} writer;

static void put(writer *w, const char *text, size_t len) {
    for (size_t i = 0; i < len; i++, w->len++)
        if (w->len + 1 < w->size) w->out[w->len] = text[i];
}

/* Whole from ten on; below with a decimal where it has one. True: it says 1. */
static bool put_number(writer *w, double value) {
    char text[64];
    bool whole = fabs(value) >= 10 || fabs(value - nearbyint(value)) < 0.05;
    int len = isnan(value) ? snprintf(text, sizeof text, "?") : snprintf(text, sizeof text, "%.*f", whole ? 0 : 1, value);
    put(w, text, (size_t)len);
    return !strcmp(text, "1");
}

static void put_day(writer *w, int32_t day) {
    char text[11];
    calendar_text(day, text);
    put(w, text, strlen(text));
}

/* True: it is a number, and says 1. */
static bool put_field(writer *w, const signal_hit *h, const char *name) {
    if (name[0] == 'k') return put_number(w, h->count);
    if (name[0] == 'n') return put_number(w, h->number[name[1] - '1']);
    if (name[0] == 'd' && !h->shown) put(w, "?", 1);
    else if (name[0] == 'd') put_day(w, h->evidence[name[1] == '1' ? 0 : h->shown - 1].day);
    return false;
}

/* "1 promises broken" is said as "1 promise broken": the word behind a number loses its s where that is 1. */
static const char *singular(writer *w, const char *at) {
    const char *word = at + (*at == ' ');
    size_t n = strcspn(word, " ,.()");
    if (n < 2 || word[n - 1] != 's') return at;
    put(w, at, (size_t)(word - at) + n - 1);
    return word + n;
}

/* "({k} in all)" is left out where there is one. */
static const char *lone(const signal_hit *h, const char *at, size_t n) {
    if (h->count != 1 || n < 2 || strncmp(at + n - 2, " ({k}", 5) != 0) return NULL;
    const char *end = strchr(at + n, ')');
    return end ? end + 1 : NULL;
}

size_t hit_sentence(const char *sentence, const signal_hit *h, char *out, size_t size) {
    writer w = {out, size, 0};
    for (const char *at = sentence; *at;) {
        size_t n = strcspn(at, "{");
        const char *behind = lone(h, at, n);
        put(&w, at, behind ? n - 2 : n);
        if (behind) {
            at = behind;
            continue;
        }
        at += n;
        if (!*at) break;
        bool one = put_field(&w, h, at + 1);
        at = strchr(at, '}') + 1;
        if (one) at = singular(&w, at);
    }
    if (size) out[w.len < size ? w.len : size - 1] = 0;
    return w.len;
}

size_t signal_sentence(const signal_hit *h, char *out, size_t size) {
    return hit_sentence(signal_of((int)h->signal)->sentence, h, out, size);
}
