/* One pass over a trace: what was known by then, sorted by kind, and the stories of cases, promises, contacts and contracts. A subject is found
 * through an open-addressing table, so that ten thousand cases cost ten thousand look-ups. */
#include "digest.h"

#include <error.h>
#include <mem.h>

#include <math.h>
#include <string.h>

enum { OF_CASE, OF_PROMISE, OF_CONTACT, OF_CONTRACT };
#define NOT_FOUND UINT32_MAX

static size_t table_size(size_t n) {
    size_t size = 16;
    while (size < 2 * n) size *= 2;
    return size;
}

static mr_status grow(digest_room *r, size_t n, mr_error *err) {
    if (n >= 1U << 29) return error_set(err, MR_EINVAL, "n", -1, "a trace of %zu events: at most 2^29 - 1 can be told apart", n); /* slot_of */
    if (n <= r->capacity && r->index) return MR_OK;
    size_t capacity = n < 64 ? 64 : n + n / 2;
    digest_room fresh = {.alloc = r->alloc, .capacity = capacity};
    digest_room_free(r);
    fresh.index = mem_take(r->alloc, capacity, sizeof *fresh.index);
    fresh.slot = mem_take(r->alloc, table_size(capacity), sizeof *fresh.slot);
    fresh.cases = mem_take(r->alloc, capacity, sizeof *fresh.cases);
    fresh.promises = mem_take(r->alloc, capacity, sizeof *fresh.promises);
    fresh.contacts = mem_take(r->alloc, capacity, sizeof *fresh.contacts);
    fresh.contracts = mem_take(r->alloc, capacity, sizeof *fresh.contracts);
    *r = fresh;
    if (!fresh.index || !fresh.slot || !fresh.cases || !fresh.promises || !fresh.contacts || !fresh.contracts) {
        digest_room_free(r);
        return error_memory(err, capacity * sizeof *fresh.contracts);
    }
    return MR_OK;
}

void digest_room_free(digest_room *r) {
    mem_free(r->alloc, r->index);
    mem_free(r->alloc, r->slot);
    mem_free(r->alloc, r->cases);
    mem_free(r->alloc, r->promises);
    mem_free(r->alloc, r->contacts);
    mem_free(r->alloc, r->contracts);
    *r = (digest_room){.alloc = r->alloc};
}

/* --- subjects --- */

typedef struct subjects {
    digest_room *room;
    digest *d;
    size_t size;
} subjects;

static int64_t subject_at(const digest *d, int what, uint32_t i) {
    return what == OF_CASE      ? d->cases[i].subject
           : what == OF_PROMISE ? d->promises[i].subject
           : what == OF_CONTACT ? d->contacts[i].subject
                                : d->contracts[i].subject;
}

static size_t count_of(const digest *d, int what) {
    return what == OF_CASE ? d->cases_n : what == OF_PROMISE ? d->promises_n : what == OF_CONTACT ? d->contacts_n : d->contracts_n;
}

/* The last one of this subject, or a new one's place; slots hold what << 29 | index + 1. Without a subject: the last one without, as far as it is
 * wanted, since nobody can tell them apart. */
static uint32_t *slot_of(const subjects *s, int what, int64_t subject) {
    uint64_t at = ((uint64_t)subject ^ (uint64_t)what << 61) * UINT64_C(0x9E3779B97F4A7C15) >> 20;
    for (;; at++) {
        uint32_t *slot = &s->room->slot[at & (s->size - 1)];
        if (!*slot) return slot;
        if ((int)(*slot >> 29) == what && subject_at(s->d, what, (*slot & 0x1fffffff) - 1) == subject) return slot;
    }
}

static uint32_t find(const subjects *s, int what, int64_t subject) {
    uint32_t *slot = slot_of(s, what, subject);
    return *slot ? (*slot & 0x1fffffff) - 1 : NOT_FOUND;
}

/* A new one, which the subject means from now on. */
static uint32_t add(const subjects *s, int what, int64_t subject) {
    uint32_t *slot = slot_of(s, what, subject), i = (uint32_t)count_of(s->d, what);
    *slot = (uint32_t)what << 29 | (i + 1);
    if (what == OF_CASE) s->d->cases[s->d->cases_n++] = (digest_case){.subject = subject};
    if (what == OF_PROMISE) s->d->promises[s->d->promises_n++] = (digest_promise){.subject = subject};
    if (what == OF_CONTACT) s->d->contacts[s->d->contacts_n++] = (digest_contact){.subject = subject};
    if (what == OF_CONTRACT)
        s->d->contracts[s->d->contracts_n++] =
            (digest_contract){.subject = subject, .seats = NAN, .renewal = TRACE_NO_DAY, .notice_days = -1};
    return i;
}

/* --- stories --- */

static void take_case(const subjects *s, const trace_event *e) {
    uint32_t i = find(s, OF_CASE, e->subject);
    if (e->kind == EVENT_case_open && (i == NOT_FOUND || !e->subject)) i = add(s, OF_CASE, e->subject);
    if (i == NOT_FOUND) return;
    digest_case *c = &s->d->cases[i];
    if (e->tag > TRACE_TAG_other || (e->tag && !c->tag)) c->tag = e->tag;
    if (e->topic && !c->topic) c->topic = e->topic;
    switch (e->kind) {
    case EVENT_case_open:
        if (!c->open) c->open = e;
        c->is_open = true;
        break;
    case EVENT_case_update:
        if (!c->answer) c->answer = e;
        break;
    case EVENT_case_reopen:
        c->reopen = e;
        c->reopens++;
        c->is_open = true;
        break;
    case EVENT_case_resolve:
        c->resolve = e;
        c->is_open = false;
        break;
    case EVENT_praise: c->happy = e; break;
    case EVENT_survey:
        if (e->value >= 0.5) c->happy = e;
        if (e->value < 0.5) c->unhappy = e;
        break;
    default: break;
    }
}

static void take_promise(const subjects *s, const trace_event *e) {
    uint32_t i = find(s, OF_PROMISE, e->subject);
    if (i == NOT_FOUND || (e->kind == EVENT_promise_made && !e->subject)) i = add(s, OF_PROMISE, e->subject);
    digest_promise *p = &s->d->promises[i];
    if (e->kind == EVENT_promise_made) p->made = e, p->kept = p->broken = NULL;
    if (e->kind == EVENT_promise_kept) p->kept = e;
    if (e->kind == EVENT_promise_broken) p->broken = e;
}

static void take_contact(const subjects *s, const trace_event *e) {
    uint32_t i = find(s, OF_CONTACT, e->subject);
    if (i == NOT_FOUND || !e->subject) i = add(s, OF_CONTACT, e->subject);
    digest_contact *c = &s->d->contacts[i];
    if (e->kind == EVENT_stakeholder_join) c->joined = e, c->left = NULL;
    if (e->kind == EVENT_stakeholder_leave) c->left = e;
    if (e->flags & TRACE_DECIDES) c->decides = true;
}

/* Prices are compared a month and seat at a time: more seats for more money is no rise. */
static void take_terms(digest_contract *c, const trace_event *e) {
    double seats = e->value > 0 ? e->value : c->seats;
    double price = e->amount > 0 ? (double)e->amount / (e->months > 0 ? e->months : 1) : c->price;
    bool had_seats = c->seats > 0 && seats > 0;
    double before = had_seats ? c->price / c->seats : c->price, now = had_seats ? price / seats : price;
    if (e->kind == EVENT_contract_start) before = 0; /* a contract that begins anew has its own price */
    if (before > 0 && now > 1.01 * before && e->kind != EVENT_price_change) c->dearer = e, c->dearer_percent = 100 * (now / before - 1);
    if (had_seats && seats < c->seats) c->fewer = e, c->fewer_from = c->seats, c->fewer_to = seats;
    c->seats = seats;
    c->price = price;
}

static void take_contract(const subjects *s, const trace_event *e) {
    uint32_t i = find(s, OF_CONTRACT, e->subject);
    if (i == NOT_FOUND || (e->kind == EVENT_contract_start && !e->subject)) i = add(s, OF_CONTRACT, e->subject);
    digest_contract *c = &s->d->contracts[i];
    if (e->kind == EVENT_contract_end) {
        c->end = e;
        return;
    }
    if (e->kind == EVENT_price_change) {
        if (e->amount > 0) c->price = (double)e->amount / (e->months > 0 ? e->months : 1);
        return;
    }
    if (e->kind == EVENT_contract_start) c->start = e, c->end = NULL;
    take_terms(c, e);
    if (e->until_day != TRACE_NO_DAY) c->renewal = e->until_day;
    if (e->notice_days >= 0) c->notice_days = e->notice_days;
    if (!(e->flags & TRACE_UNSIGNED)) c->unsigned_since = NULL;
    else if (!c->unsigned_since) c->unsigned_since = e;
    c->last = e;
}

static void take(const subjects *s, const trace_event *e) {
    digest *d = s->d;
    if ((e->kind == EVENT_contract_start || trace_is_order(e)) && d->first_day == TRACE_NO_DAY) d->first_day = e->day;
    switch (e->kind) {
    case EVENT_case_open:
    case EVENT_case_update:
    case EVENT_case_reopen:
    case EVENT_case_resolve: take_case(s, e); break;
    case EVENT_survey:
    case EVENT_praise:
        if (e->subject) take_case(s, e);
        break;
    case EVENT_promise_made:
    case EVENT_promise_kept:
    case EVENT_promise_broken: take_promise(s, e); break;
    case EVENT_stakeholder_join:
    case EVENT_stakeholder_leave: take_contact(s, e); break;
    case EVENT_contract_start:
    case EVENT_contract_change:
    case EVENT_contract_renew:
    case EVENT_contract_end:
    case EVENT_price_change: take_contract(s, e); break;
    default: break;
    }
}

static bool known(const trace_event *e, int32_t day) {
    return e->day <= day && trace_known_day(e) <= day && e->kind >= 0 && e->kind < EVENT_KINDS;
}

mr_status digest_make(digest_room *room, const trace *t, int32_t day, const norms *n, digest *out, mr_error *err) {
    mr_status status = grow(room, t->n, err);
    if (status != MR_OK) return status;
    *out = (digest){.t = t, .day = day, .norms = n, .cases = room->cases, .promises = room->promises, .contacts = room->contacts,
                    .contracts = room->contracts, .first_day = TRACE_NO_DAY};
    subjects s = {room, out, table_size(t->n)};
    memset(room->slot, 0, s.size * sizeof *room->slot);
    for (size_t i = 0; i < t->n; i++) {
        if (!known(&t->event[i], day)) continue;
        out->n[t->event[i].kind]++;
        take(&s, &t->event[i]);
    }
    uint32_t from[EVENT_KINDS], at = 0;
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        from[kind] = at;
        out->of_kind[kind] = room->index + at;
        at += out->n[kind];
    }
    for (size_t i = 0; i < t->n; i++)
        if (known(&t->event[i], day)) room->index[from[t->event[i].kind]++] = (uint32_t)i;
    return MR_OK;
}

/* --- how long a case took --- */

static double hours(int64_t from_us, int64_t to_us) {
    return fmax(0, (double)(to_us - from_us) / 3.6e9);
}

static int64_t end_of(const digest *d) {
    return ((int64_t)d->day + 1) * TRACE_DAY_US;
}

double digest_answer_hours(const digest *d, const digest_case *c) {
    if (!c->open) return NAN;
    if (c->answer) return hours(c->open->at_us, c->answer->at_us);
    return hours(c->open->at_us, c->resolve ? c->resolve->at_us : end_of(d));
}

double digest_resolve_hours(const digest *d, const digest_case *c) {
    if (!c->open) return NAN;
    return hours(c->open->at_us, c->is_open ? end_of(d) : c->resolve->at_us);
}
