/* One customer's contracts, read off the trace as of a day. Those that matter are few, so each look walks the events from the first; where they are many after
 * all, no event walks the contracts: they are found by subject, what began or ended lately by its day, and a word to all of them is heard when one is asked. */
#include "book.h"

#include "bits.h"
#include "error.h"
#include "mem.h"

#include <math.h>
#include <string.h>

#define YEAR 365

#define K(event) (UINT64_C(1) << EVENT_##event)
static const struct {
    const char *name, *words;
    uint64_t kinds; /* bits 1 << event_kind */
    int32_t days;
} signs[BOOK_SIGNS] = {
#define BOOK_SIGN(name, days, kinds, words) {#name, words, kinds, days},
#include "book_signs.def"
#undef BOOK_SIGN
};
#undef K
_Static_assert((int)EVENT_KINDS <= 64, "a set of kinds is a word");

const char *book_sign_name(book_sign sign) {
    return (int)sign >= 0 && sign < BOOK_SIGNS ? signs[sign].name : "none";
}

const char *book_sign_words(book_sign sign) {
    return (int)sign >= 0 && sign < BOOK_SIGNS ? signs[sign].words : "";
}

void book_scratch_free(book_scratch *s) {
    mem_free(s->alloc, s->contract);
    mem_free(s->alloc, s->spell);
    mem_free(s->alloc, s->slot);
    mem_free(s->alloc, s->begun);
    *s = (book_scratch){.alloc = s->alloc};
}

/* No trace has more contracts or spells than events that begin one, nor more that end than events that end one. */
static mr_status make_room(const trace *t, book_scratch *s, size_t *begin, mr_error *err) {
    size_t need = 1, ends = 0;
    for (size_t i = 0; i < t->n; i++) {
        int kind = t->event[i].kind;
        need += kind == EVENT_contract_start || kind == EVENT_contract_renew || kind == EVENT_came_back;
        ends += kind == EVENT_contract_end;
    }
    if (ends > need) need = ends;
    *begin = need;
    if (need <= s->room) return MR_OK;
    need += need / 2;
    book_contract *contract = mem_resize(s->alloc, s->contract, need, sizeof *contract);
    if (contract) s->contract = contract;
    risk_spell *spell = contract ? mem_resize(s->alloc, s->spell, need, sizeof *spell) : NULL;
    if (spell) s->spell = spell;
    subject_slot *slot = spell ? mem_resize(s->alloc, s->slot, subjects_size(need), sizeof *slot) : NULL;
    if (slot) s->slot = slot;
    struct book_date *date = slot ? mem_resize(s->alloc, s->begun, 2 * need, sizeof *date) : NULL;
    if (!date) return error_memory(err, need * (sizeof *contract + sizeof *spell));
    s->begun = date;
    s->ended = date + need;
    s->room = need;
    return MR_OK;
}

/* price / months to the nearest ten-thousandth, halves up. */
static int64_t a_month(int64_t amount, int32_t months) {
    if (amount <= 0) return 0;
    int64_t n = months > 0 ? months : 1, whole = amount / n, rest = amount % n;
    return whole + (rest >= n - rest);
}

typedef enum word { WORD_INTENT, WORD_NOTICE, WORD_STAYS } word; /* to all contracts at once */

typedef struct walk {
    book_contract *contract;
    size_t n, room;
    subjects of; /* the last contract of each subject, from 1 */
    struct book_date *begun, *ended;
    size_t begun_n, ended_n;
    word last;               /* of the words to all */
    uint32_t words, noticed; /* how many, and which was the last notice, from 1 */
    int32_t day, known, life_day, since_day;
    uint32_t renewals, coming; /* coming: contracts that start within the closing days after `day` */
} walk;

/* Takes in what was said to all since it was last asked: an intent or a notice makes noticed, an accepted offer leaves what was confirmed. */
static void hear(const walk *w, book_contract *c) {
    if (c->heard == w->words) return;
    c->confirmed |= w->noticed > c->heard;
    c->noticed = w->last == WORD_STAYS ? c->confirmed : true;
    c->heard = w->words;
}

static void say(walk *w, word what) {
    w->last = what;
    w->words++;
    if (what == WORD_NOTICE) w->noticed = w->words;
}

static book_contract *find(walk *w, int64_t subject) {
    uint32_t place = subjects_place(&w->of, subject);
    if (!place) return NULL;
    hear(w, &w->contract[place - 1]);
    return &w->contract[place - 1];
}

/* Days of one customer run two days apart from the order of time at most (time zones). */
static bool ended_lately(const walk *w, int32_t day) {
    for (size_t i = w->ended_n; i > 0 && (int64_t)w->ended[i - 1].day + RISK_GRACE_DAYS + 2 >= day; i--) {
        int32_t end = w->contract[w->ended[i - 1].contract].end_day;
        if (end != TRACE_NO_DAY && end <= day && (int64_t)end + RISK_GRACE_DAYS >= day) return true;
    }
    return false;
}

static void start(walk *w, const trace_event *e) {
    book_contract *c = find(w, e->subject);
    bool follows = e->day > w->since_day && ended_lately(w, e->day);
    w->renewals += follows;
    if (!c || c->end_day != TRACE_NO_DAY) {
        if (w->n == w->room) return;
        c = &w->contract[w->n++];
        subjects_put(&w->of, e->subject, (uint32_t)w->n);
    }
    *c = (book_contract){.subject = e->subject, .recurring = a_month(e->amount, e->months), .months = e->months, .start_day = e->day,
                         .end_day = TRACE_NO_DAY, .renewal_day = e->until_day, .notice_days = e->notice_days, .raised_day = TRACE_NO_DAY,
                         .seats = e->value, .follows = follows, .heard = w->words};
    w->begun[w->begun_n++] = (struct book_date){e->day, (uint32_t)(c - w->contract)};
}

/* A term that ends while its follower runs already: of the same day what begins comes first in a history, and some are signed earlier. */
static void end(walk *w, const trace_event *e) {
    book_contract *c = find(w, e->subject), *follower = NULL;
    if (!c || c->end_day != TRACE_NO_DAY) return;
    c->end_day = e->day;
    w->ended[w->ended_n++] = (struct book_date){e->day, (uint32_t)(c - w->contract)};
    for (size_t i = w->begun_n; i > 0 && (int64_t)w->begun[i - 1].day + RISK_GRACE_DAYS + 2 >= e->day; i--) {
        book_contract *next = &w->contract[w->begun[i - 1].contract];
        if (next == c || next->follows || next->end_day != TRACE_NO_DAY || next->start_day <= w->since_day || next->start_day <= c->start_day) continue;
        if ((int64_t)next->start_day + RISK_GRACE_DAYS >= e->day && (!follower || next < follower)) follower = next;
    }
    if (!follower) return;
    follower->follows = true;
    w->renewals++;
}

static void new_price(book_contract *c, const trace_event *e, int32_t day) {
    int64_t was = c->recurring;
    if (e->amount <= 0) return; /* none given: it stays */
    c->recurring = a_month(e->amount, e->months > 0 ? e->months : c->months);
    bool more_seats = e->value > c->seats;
    if (was > 0 && c->recurring > was && !more_seats) {
        c->raised_day = day;
        c->before = was;
    }
}

static void goes_on(walk *w, const trace_event *e) {
    book_contract *c = find(w, e->subject);
    bool renewed = e->kind == EVENT_contract_renew, priced = e->kind == EVENT_price_change;
    if (!c && !renewed) return;
    if (!c) {
        start(w, e);
        return;
    }
    int32_t effective = priced && e->until_day != TRACE_NO_DAY && e->until_day > e->day ? e->until_day : e->day;
    if (effective <= w->day) new_price(c, e, effective);
    if (priced) return;
    if (e->months > 0) c->months = e->months;
    if (!isnan(e->value)) c->seats = e->value;
    if (e->notice_days >= 0) c->notice_days = e->notice_days;
    if (e->until_day != TRACE_NO_DAY || (c->renewal_day != TRACE_NO_DAY && c->renewal_day <= e->day)) c->renewal_day = e->until_day;
    if (!renewed) return;
    c->noticed = c->confirmed = false;
    c->end_day = TRACE_NO_DAY;
    if (e->day > w->since_day) w->renewals++;
}

static void notice(walk *w, const trace_event *e) {
    book_contract *c = e->subject ? find(w, e->subject) : NULL;
    bool confirmed = e->kind == EVENT_leave_confirmed;
    if (!c) {
        say(w, confirmed ? WORD_NOTICE : WORD_INTENT);
        return;
    }
    c->noticed = true;
    c->confirmed |= confirmed;
}

static void take(walk *w, const trace_event *e) {
    switch (e->kind) {
    case EVENT_contract_start: start(w, e); break;
    case EVENT_contract_renew:
    case EVENT_contract_change:
    case EVENT_price_change: goes_on(w, e); break;
    case EVENT_contract_end: end(w, e); break;
    case EVENT_leave_intent:
    case EVENT_leave_confirmed: notice(w, e); break;
    case EVENT_offer_accepted: say(w, WORD_STAYS); break; /* takes back an intent, not a notice (risk.h) */
    default: break;
    }
}

static bool is_life(int kind) {
    return kind == EVENT_order || kind == EVENT_usage || kind == EVENT_payment_failed || kind == EVENT_payment_recovered;
}

/* Renewal dates that passed: an end where nothing says the contract went on and it is longer ago than anybody waits (risk.h), else no date. */
static void lapse(walk *w) {
    for (size_t i = 0; i < w->n; i++) {
        book_contract *c = &w->contract[i];
        if (c->end_day != TRACE_NO_DAY || c->renewal_day == TRACE_NO_DAY || (int64_t)c->renewal_day + RISK_GRACE_DAYS >= w->known) continue;
        if (w->life_day > c->renewal_day) {
            if (c->renewal_day < w->day) c->renewal_day = TRACE_NO_DAY;
        } else if (c->renewal_day <= w->day) {
            c->end_day = c->renewal_day;
        }
    }
}

static void walk_to(walk *w, const trace *t) {
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        if (trace_known_day(e) > w->known) continue;
        if (is_life(e->kind) && e->day > w->life_day) w->life_day = e->day;
        if (e->day <= w->day) {
            take(w, e);
        } else if (e->kind == EVENT_contract_start && e->day <= w->day + BOOK_CLOSING_DAYS) {
            w->coming++;
        }
    }
    for (size_t i = 0; i < w->n; i++) hear(w, &w->contract[i]);
    lapse(w);
}

static bool runs(const book_contract *c, int32_t day) {
    return c->end_day == TRACE_NO_DAY || c->end_day > day;
}

/* Contracts that ended within the closing days and whose follower is signed but has not begun: they count on, the dearest first. */
static int64_t bridged(const walk *w) {
    uint32_t ended = 0, followed = 0;
    for (size_t i = 0; i < w->n; i++) {
        const book_contract *c = &w->contract[i];
        ended += !runs(c, w->day) && !c->noticed && c->end_day > w->day - BOOK_CLOSING_DAYS;
        followed += c->start_day > w->day - BOOK_CLOSING_DAYS;
    }
    uint32_t n = ended > followed ? ended - followed : 0;
    if (n > w->coming) n = w->coming;
    int64_t sum = 0, below = INT64_MAX;
    size_t from = 0; /* among equals: those behind it */
    for (; n; n--) {
        const book_contract *most = NULL;
        for (size_t i = 0; i < w->n; i++) {
            const book_contract *c = &w->contract[i];
            if (runs(c, w->day) || c->noticed || c->end_day <= w->day - BOOK_CLOSING_DAYS) continue;
            if (c->recurring > below || (c->recurring == below && i < from)) continue;
            if (!most || c->recurring > most->recurring) most = c;
        }
        if (!most) break;
        sum = bits_add_saturating(sum, most->recurring);
        below = most->recurring;
        from = (size_t)(most - w->contract) + 1;
    }
    return sum;
}

/* Between the end of the last contract and its renewal: what it brought. */
static int64_t last_known(const walk *w) {
    int32_t last = TRACE_NO_DAY;
    int64_t sum = 0;
    for (size_t i = 0; i < w->n; i++) {
        const book_contract *c = &w->contract[i];
        if (runs(c, w->day) || c->noticed || c->end_day < last) continue;
        if (c->end_day > last) sum = 0;
        last = c->end_day;
        sum = bits_add_saturating(sum, c->recurring);
    }
    return sum;
}

static void add_up(const walk *w, book_standing *out) {
    int64_t running = 0;
    for (size_t i = 0; i < w->n; i++) {
        const book_contract *c = &w->contract[i];
        if (!runs(c, w->day)) continue;
        out->contracts++;
        if (c->noticed || !out->under) out->noticed = bits_add_saturating(out->noticed, c->recurring);
        else running = bits_add_saturating(running, c->recurring);
    }
    if (!out->under) return;
    out->recurring = bits_add_saturating(running, bridged(w));
    if (!out->recurring && !out->contracts) out->recurring = last_known(w);
}

/* The next renewal, and what renews with it. */
static void next_renewal(const walk *w, book_standing *out) {
    for (size_t i = 0; i < w->n; i++) {
        const book_contract *c = &w->contract[i];
        if (!runs(c, w->day) || c->noticed || c->renewal_day == TRACE_NO_DAY) continue;
        if (c->renewal_day < w->day) {
            out->past_renewal = true;
            continue;
        }
        int32_t by = c->notice_days > 0 ? c->renewal_day - c->notice_days : c->renewal_day;
        if (out->renewal_day != TRACE_NO_DAY && c->renewal_day > out->renewal_day) continue;
        if (c->renewal_day == out->renewal_day) {
            out->renewing = bits_add_saturating(out->renewing, c->recurring);
            if (by < out->notice_day) out->notice_day = by;
            continue;
        }
        out->renewal_day = c->renewal_day;
        out->notice_day = by;
        out->renewing = c->recurring;
    }
}

static mr_status look(const trace *t, int32_t day, int32_t known, book_scratch *s, walk *w, book_standing *out, mr_error *err) {
    *out = (book_standing){.since_day = TRACE_NO_DAY, .left_day = TRACE_NO_DAY, .renewal_day = TRACE_NO_DAY, .notice_day = TRACE_NO_DAY,
                           .raised_day = TRACE_NO_DAY, .raised_share = NAN};
    size_t most;
    mr_status status = make_room(t, s, &most, err);
    if (status != MR_OK) return status;
    s->spells = risk_contract_spells(t, known, s->spell, s->room);
    if (s->spells > s->room) s->spells = s->room;
    const risk_spell *last = NULL;
    for (size_t i = 0; i < s->spells && s->spell[i].from_day <= day; i++) last = &s->spell[i];
    *w = (walk){.contract = s->contract, .room = s->room, .begun = s->begun, .ended = s->ended, .day = day, .known = known, .life_day = TRACE_NO_DAY, .since_day = day};
    if (!last) return MR_OK;
    out->seen = true;
    out->since_day = w->since_day = last->from_day;
    out->under = last->to_day > day || !last->left;
    if (!out->under) {
        out->left_day = last->to_day;
        out->reason = last->reason;
    }
    w->of = subjects_begin(s->slot, most);
    walk_to(w, t);
    out->renewals = w->renewals;
    add_up(w, out);
    return MR_OK;
}

mr_status book_recurring_at(const trace *t, int32_t day, int32_t known, book_scratch *s, book_standing *out, mr_error *err) {
    walk w;
    return look(t, day, known, s, &w, out, err);
}

/* --- signs --- */

static void show(book_standing *out, book_sign sign, int32_t day) {
    if (!(out->signs & 1U << sign) || day > out->sign_day[sign]) out->sign_day[sign] = day;
    out->signs |= 1U << sign;
}

static void signs_in(const trace *t, int32_t day, int32_t known, book_standing *out) {
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        if (e->day > day || e->day < day - YEAR || trace_known_day(e) > known) continue;
        if (e->kind == EVENT_payment_recovered) out->signs &= ~(1U << BOOK_SIGN_payment);
        if (e->kind == EVENT_payment_failed && e->day > day - signs[BOOK_SIGN_payment].days) show(out, BOOK_SIGN_payment, e->day);
        if ((e->kind == EVENT_leave_intent || e->kind == EVENT_leave_confirmed) && e->day > day - signs[BOOK_SIGN_leaving].days)
            show(out, BOOK_SIGN_leaving, e->day);
        if (e->kind < 0 || e->kind >= EVENT_KINDS) continue;
        for (int s = 0; s < BOOK_SIGNS; s++)
            if (signs[s].kinds >> e->kind & 1 && e->day > day - signs[s].days) show(out, (book_sign)s, e->day);
    }
}

static void price_rise(const walk *w, book_standing *out) {
    int64_t now = 0, before = 0;
    for (size_t i = 0; i < w->n; i++) {
        const book_contract *c = &w->contract[i];
        if (!runs(c, w->day) || c->noticed || c->raised_day == TRACE_NO_DAY || c->raised_day <= w->day - signs[BOOK_SIGN_dearer].days) continue;
        if (c->raised_day > out->raised_day) out->raised_day = c->raised_day;
        now = bits_add_saturating(now, c->recurring);
        before = bits_add_saturating(before, c->before);
    }
    if (before <= 0 || now <= before) return;
    out->raised_share = (double)(now - before) / (double)before;
    show(out, BOOK_SIGN_dearer, out->raised_day);
}

mr_status book_standing_at(const trace *t, int32_t day, int32_t known, book_scratch *s, book_standing *out, mr_error *err) {
    walk w;
    book_standing before;
    mr_status status = book_recurring_at(t, day - YEAR, known, s, &before, err);
    if (status == MR_OK) status = look(t, day, known, s, &w, out, err);
    if (status != MR_OK || !out->under) return status;
    next_renewal(&w, out);
    out->year_ago = before.under ? before.recurring : 0;
    signs_in(t, day, known, out);
    price_rise(&w, out);
    if (before.under && out->recurring < before.recurring) show(out, BOOK_SIGN_shrinking, day);
    return MR_OK;
}

mr_status book_spells(const trace *t, int32_t until, book_scratch *s, book_spell *out, size_t room, size_t *n, mr_error *err) {
    book_standing at;
    mr_status status = book_recurring_at(t, until, until, s, &at, err);
    *n = status == MR_OK ? s->spells : 0;
    for (size_t i = 0; i < *n && i < room && status == MR_OK; i++) {
        risk_spell spell = s->spell[i]; /* looking writes the same spells again */
        walk w;
        out[i] = (book_spell){.spell = spell};
        status = look(t, spell.left && spell.to_day > spell.from_day ? spell.to_day - 1 : spell.to_day, until, s, &w, &at, err);
        if (status != MR_OK) break;
        next_renewal(&w, &at);
        out[i].renewals = at.renewals;
        bool known = at.renewal_day != TRACE_NO_DAY;
        out[i].dated = known || at.past_renewal;
        if (!spell.left) continue;
        bool near = known && (int64_t)spell.to_day >= (int64_t)at.notice_day - 31;
        out[i].ending = near || at.past_renewal ? BOOK_AT_RENEWAL : known ? BOOK_ELSEWHERE : BOOK_AT_END;
    }
    return status;
}
