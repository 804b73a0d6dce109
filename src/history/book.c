/* The base's book: each customer's standing at the month's closings, as differences. */
#include "book.h"

#include "bits.h"
#include "calendar.h"

#include <math.h>
#include <string.h>

#define DUE_DAYS 90

void book_begin(book *b, int32_t from, int32_t until) {
    memset(b, 0, sizeof *b);
    b->until = until;
    int last = calendar_month_index(until), first = calendar_month_index(from);
    if (first > last) first = last;
    if (last - first >= BOOK_MONTHS) first = last - BOOK_MONTHS + 1;
    b->months = (size_t)(last - first + 1);
    for (size_t i = 0; i <= b->months; i++) b->start[i] = calendar_month_start(first + (int)i);
    for (int i = 0; i <= BOOK_AHEAD; i++) b->ahead_start[i] = calendar_month_start(last + i);
}

static void put(book_flow *f, int64_t money) {
    f->customers++;
    f->money = bits_add_saturating(f->money, money);
}

static void put_flow(book_flow *into, const book_flow *f) {
    into->customers += f->customers;
    into->money = bits_add_saturating(into->money, f->money);
}

/* A base's money can pass what 64 bits hold; the identity holds up to there. */
static void add_month(book_month *m, const book_standing *a, const book_standing *b, bool before) {
    int64_t was = a->under ? a->recurring : 0, is = b->under ? b->recurring : 0;
    if (a->under) put(&m->opening, was);
    if (b->under) put(&m->closing, is);
    if (a->under && !b->under) put(&m->lost, was);
    if (!a->under && b->under) put(before ? &m->returned : &m->added, is);
    if (!a->under || !b->under) return;
    if (is > was) put(&m->expansion, is - was);
    if (is < was) put(&m->contraction, was - is);
}

static int32_t closing_day(const book *b, size_t month) {
    int32_t last = b->start[month + 1] - 1;
    return last < b->until ? last : b->until;
}

static int32_t closed_on(const book *b, size_t month) {
    int64_t day = (int64_t)b->start[month + 1] - 1 + BOOK_CLOSING_DAYS;
    return day < b->until ? (int32_t)day : b->until;
}

/* Had they been under contract and left before the spell of standing s began? */
static bool was_before(const book_scratch *s, const book_standing *standing) {
    return standing->under && s->spells && s->spell[0].from_day < standing->since_day;
}

/* What stood at the closings as known now; [0] is that before the first month. */
typedef struct closings {
    bool under[BOOK_MONTHS + 1];
} closings;

static mr_status months_now(book *b, const trace *t, book_scratch *s, closings *c, mr_error *err) {
    book_standing open, close;
    mr_status status = book_recurring_at(t, b->start[0] - 1, b->until, s, &open, err);
    c->under[0] = open.under;
    for (size_t i = 0; i < b->months && status == MR_OK; i++) {
        status = book_recurring_at(t, closing_day(b, i), b->until, s, &close, err);
        if (status != MR_OK) break;
        add_month(&b->now[i], &open, &close, was_before(s, &close));
        c->under[i + 1] = close.under;
        open = close;
    }
    return status;
}

/* Was a customer of the closing of month i gone at that BOOK_FOLLOW_MONTHS later? A gap in between does not count. */
static bool followed(const book *b, size_t month) {
    return month + BOOK_FOLLOW_MONTHS < b->months && b->start[month + 1 + BOOK_FOLLOW_MONTHS] <= b->until + 1;
}

static void put_signal(book_signal *g, int64_t money, bool follow, bool lost) {
    put(&g->with, money);
    if (!follow) return;
    put(&g->followed, money);
    if (lost) put(&g->lost, money);
}

static void watch_month(book *b, size_t i, const book_standing *s, const closings *c) {
    book_watch *w = &b->watch[i];
    if (s->noticed) put(&w->noticed, s->noticed);
    if (!s->under) return;
    bool due = s->renewal_day != TRACE_NO_DAY && s->renewal_day <= closing_day(b, i) + DUE_DAYS;
    if (due) put(&w->due, s->renewing);
    if (s->signs) put(&w->signs, s->recurring);
    if (due || s->signs) put(&w->at_risk, s->recurring);
    bool follow = followed(b, i), lost = follow && !c->under[i + 1 + BOOK_FOLLOW_MONTHS];
    /* The books of a month do not know yet who had left in it without a word. */
    if (!c->under[i + 1]) return;
    for (int k = 0; k < BOOK_SIGNS; k++)
        if (s->signs >> k & 1) put_signal(&b->sign[k], s->recurring, follow, lost);
    put_signal(s->signs ? &b->any : &b->none, s->recurring, follow, lost);
}

static mr_status months_then(book *b, const trace *t, book_scratch *s, const closings *c, mr_error *err) {
    book_standing open, close;
    /* The closing before the first month shown, as its own books had it. */
    int32_t before = b->start[0] - 1, known = before + BOOK_CLOSING_DAYS < b->until ? before + BOOK_CLOSING_DAYS : b->until;
    mr_status status = book_recurring_at(t, before, known, s, &open, err);
    for (size_t i = 0; i < b->months && status == MR_OK; i++) {
        status = book_standing_at(t, closing_day(b, i), closed_on(b, i), s, &close, err);
        if (status != MR_OK) break;
        add_month(&b->then[i], &open, &close, was_before(s, &close));
        watch_month(b, i, &close, c);
        open = close;
    }
    return status;
}

static mr_status year(book *b, const trace *t, book_scratch *s, const book_standing *now, mr_error *err) {
    book_standing then;
    mr_status status = book_recurring_at(t, b->until - 365, b->until, s, &then, err);
    if (status != MR_OK || !then.under) return status;
    int64_t is = now->under ? now->recurring : 0;
    put(&b->year_opening, then.recurring);
    b->year_now = bits_add_saturating(b->year_now, is);
    b->year_kept = bits_add_saturating(b->year_kept, is < then.recurring ? is : then.recurring);
    b->year_lost += !now->under;
    return MR_OK;
}

static void renewal_ahead(book *b, const book_standing *s) {
    if (!s->under) return;
    if (s->renewal_day == TRACE_NO_DAY) {
        put(s->past_renewal ? &b->past_renewal : &b->no_renewal, s->recurring);
        return;
    }
    for (int i = 0; i < BOOK_AHEAD; i++) {
        if (s->renewal_day >= b->ahead_start[i + 1]) continue;
        put(&b->ahead[i], s->renewing);
        return;
    }
    put(&b->later, s->renewing);
}

static book_term *term_of(book *b, uint32_t number) {
    return &b->term[number < BOOK_RENEWALS ? number : BOOK_RENEWALS - 1];
}

#define SPELLS_AT_ONCE 64 /* those of one customer beyond them are no renewals to learn from */

static mr_status terms(book *b, const trace *t, book_scratch *s, mr_error *err) {
    book_spell spell[SPELLS_AT_ONCE];
    size_t n;
    mr_status status = book_spells(t, b->until, s, spell, SPELLS_AT_ONCE, &n, err);
    for (size_t i = 0; status == MR_OK && i < n && i < SPELLS_AT_ONCE; i++) {
        for (uint32_t k = 0; k < spell[i].renewals; k++) {
            term_of(b, k)->due++;
            term_of(b, k)->renewed++;
        }
        if (spell[i].ending == BOOK_AT_RENEWAL) term_of(b, spell[i].renewals)->due++;
        if (spell[i].ending == BOOK_ELSEWHERE) b->left_elsewhere++;
        if (spell[i].ending == BOOK_AT_END) b->left_at_end[spell[i].renewals < BOOK_RENEWALS ? spell[i].renewals : BOOK_RENEWALS - 1]++;
    }
    return status;
}

mr_status book_add(book *b, const trace *t, book_scratch *s, mr_error *err) {
    if (!risk_has_contracts(t)) return MR_OK;
    closings c;
    book_standing now;
    mr_status status = book_standing_at(t, b->until, b->until, s, &now, err);
    if (status != MR_OK || !now.seen) return status;
    if (now.under) put(&b->at_until, now.recurring);
    else b->gone++;
    if (now.noticed) put(&b->noticed_at_until, now.noticed);
    b->contracts += now.contracts;
    renewal_ahead(b, &now);
    status = year(b, t, s, &now, err);
    if (status == MR_OK) status = months_now(b, t, s, &c, err);
    if (status == MR_OK) status = terms(b, t, s, err);
    if (status == MR_OK) status = months_then(b, t, s, &c, err);
    return status;
}

static void merge_signal(book_signal *into, const book_signal *other) {
    put_flow(&into->with, &other->with);
    put_flow(&into->lost, &other->lost);
    put_flow(&into->followed, &other->followed);
}

static void merge_flows(book_flow *into, const book_flow *other, size_t n) {
    for (size_t i = 0; i < n; i++) put_flow(&into[i], &other[i]);
}

void book_merge(book *into, const book *other) {
    /* Months and watches are flows and nothing else. */
    _Static_assert(sizeof(book_month) == 7 * sizeof(book_flow) && sizeof(book_watch) == 4 * sizeof(book_flow), "flows alone");
    for (size_t i = 0; i < into->months; i++) {
        merge_flows((book_flow *)&into->then[i], (const book_flow *)&other->then[i], 7);
        merge_flows((book_flow *)&into->now[i], (const book_flow *)&other->now[i], 7);
        merge_flows((book_flow *)&into->watch[i], (const book_flow *)&other->watch[i], 4);
    }
    for (int k = 0; k < BOOK_SIGNS; k++) merge_signal(&into->sign[k], &other->sign[k]);
    merge_signal(&into->any, &other->any);
    merge_signal(&into->none, &other->none);
    put_flow(&into->year_opening, &other->year_opening);
    into->year_kept = bits_add_saturating(into->year_kept, other->year_kept);
    into->year_now = bits_add_saturating(into->year_now, other->year_now);
    into->year_lost += other->year_lost;
    put_flow(&into->at_until, &other->at_until);
    put_flow(&into->noticed_at_until, &other->noticed_at_until);
    into->contracts += other->contracts;
    into->gone += other->gone;
    merge_flows(into->ahead, other->ahead, BOOK_AHEAD);
    put_flow(&into->past_renewal, &other->past_renewal);
    put_flow(&into->later, &other->later);
    put_flow(&into->no_renewal, &other->no_renewal);
    for (int k = 0; k < BOOK_RENEWALS; k++) {
        into->term[k].due += other->term[k].due;
        into->term[k].renewed += other->term[k].renewed;
        into->left_at_end[k] += other->left_at_end[k];
    }
    into->left_elsewhere += other->left_elsewhere;
}

double book_logo_loss(const book_month *m) {
    return m->opening.customers ? (double)m->lost.customers / (double)m->opening.customers : NAN;
}

double book_grr(const book_month *m) {
    return m->opening.money > 0 ? 1 - ((double)m->contraction.money + (double)m->lost.money) / (double)m->opening.money : NAN;
}

double book_nrr(const book_month *m) {
    return m->opening.money > 0 ? book_grr(m) + (double)m->expansion.money / (double)m->opening.money : NAN;
}
