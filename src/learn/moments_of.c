/* Critical moments of a base. With contracts a row is a customer's day at risk: each day on which somebody left, and of the other days a sample drawn
 * alike from all (Hanley & Miettinen 2009). Without, what is looked at is the silence after each sign of life: whether it lasts to the end of the data, and
 * on which of its days they may have left. */
#include "moments_of.h"

#include "calendar.h"
#include "error.h"
#include "mem.h"
#include "moments_signs.h"
#include "rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_SPELLS = 25000, SPELLS_A_CUSTOMER = 4, MOST_OF_SPELLS = 200000 };
enum { LEAST_ROWS = 400000, ROWS_A_LEAVER = 40, MOST_ROWS = 4000000, MOST_SPELLS = 256, PAST_DAYS = 14 };
enum { LAPSE_MONTHS = 4096, LAPSE_ZERO = 1970 * 12 - 1024 };
#define BY_MONTHS 0.25 /* of those who left */

typedef struct walker { /* one customer's way through time */
    clock_state clocks;
    const trace *t;
    uint32_t *order;
    size_t room, next;
} walker;

typedef struct learner {
    const moments_settings *settings;
    const mr_context *context;
    uint64_t seen; /* customers of this pass */
    moments_of *out;
    walker walk;
    risk_spell spell[MOST_SPELLS];
    /* survey */
    double order_gaps, order_spans, starts, signs;
    uint64_t leave, lapse[LAPSE_MONTHS]; /* customers who said that they leave, or whose contract ended; of the others, by the month their last term ends in */
    gap_sample gaps;
    int32_t last;
    /* rows */
    uint64_t threshold; /* a customer whose hash is below is learnt from */
    double share;       /* of days at risk; without contracts of signs of life */
    gap_law law;
    sign *sign;
    size_t *first, spells, spell_room, sign_room;
    double *still;
    uint16_t *bin[CLOCKS];
    const uint16_t *column[CLOCKS];
    unsigned char *event;
    double *exposure;
    size_t n, room;
    /* customers */
    moments_customer_fn on_customer;
    void *customer_ctx;
} learner;

mr_status moments_from_ledger(void *ctx, trace_fn fn, void *fn_ctx, mr_error *err) {
    const moments_ledger *m = ctx;
    return ledger_traces_shared(m->l, m->pool, m->options, fn, fn_ctx, err);
}

static void begin(const learner *l, const char *what) {
    if (l->settings->begin) l->settings->begin(l->settings->begin_ctx, what);
}

/* Customers come by their numbers, which are hashes: so far as the number is, so far is the pass. */
static mr_status go_on(learner *l, const trace *t, mr_error *err) {
    const mr_context *c = l->context;
    if (l->seen++ % 256 || !c || !c->progress || !c->progress((uint64_t)t->customer_id >> 32, UINT64_C(1) << 31, c->progress_ctx)) return MR_OK;
    return error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
}

/* --- survey --- */

/* Of a customer's own identifier, so that a ledger and the files it was made of give the same sample (FNV-1a, then mixed). */
static uint64_t hash_of(const trace *t, const trace_facts *f) {
    uint64_t h = 0xcbf29ce484222325u;
    if (!f->external_id || !*f->external_id) return rng_mix((uint64_t)t->customer_id);
    for (const char *c = f->external_id; *c; c++) h = (h ^ (unsigned char)*c) * 0x100000001b3u;
    return rng_mix(h);
}

/* With contracts, how many will have left, about: how many days to draw goes by it. */
static void look_at_leaving(learner *l, const trace *t) {
    int32_t ends = TRACE_NO_DAY;
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        if (l->settings->until != TRACE_NO_DAY && trace_known_day(e) > l->settings->until) continue;
        if (e->kind == EVENT_leave_confirmed || e->kind == EVENT_leave_intent || e->kind == EVENT_contract_end) {
            l->leave++;
            return;
        }
        if ((e->kind == EVENT_contract_start || e->kind == EVENT_contract_renew || e->kind == EVENT_contract_change) && e->until_day > ends) ends = e->until_day;
    }
    if (ends == TRACE_NO_DAY) return;
    int64_t month = (int64_t)calendar_month_index(ends) - LAPSE_ZERO;
    l->lapse[month < 0 ? 0 : month < LAPSE_MONTHS ? month : LAPSE_MONTHS - 1]++;
}

static double leavers(const learner *l) {
    uint64_t n = l->leave;
    int64_t to = (int64_t)calendar_month_index(l->out->until) - LAPSE_ZERO;
    for (int64_t i = 0; i <= to && i < LAPSE_MONTHS; i++) n += l->lapse[i];
    return (double)n;
}

static mr_status look_at(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    learner *l = ctx;
    mr_status status = go_on(l, t, err);
    if (status != MR_OK) return status;
    int32_t first = TRACE_NO_DAY, first_order = TRACE_NO_DAY, last_order = TRACE_NO_DAY;
    uint64_t orders = 0;
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        int32_t known = trace_known_day(e);
        if (l->settings->until != TRACE_NO_DAY && known > l->settings->until) continue;
        if (e->day <= l->settings->today && event_shows_reach(e->kind) && (l->last == TRACE_NO_DAY || e->day > l->last)) l->last = e->day;
        if (!trace_is_order(e) && e->kind != EVENT_contract_start) continue;
        if (first == TRACE_NO_DAY || e->day < first) first = e->day;
        if (e->kind == EVENT_contract_start || e->day == last_order) continue;
        if (first_order == TRACE_NO_DAY) first_order = e->day;
        last_order = e->day;
        orders++;
    }
    if (first == TRACE_NO_DAY) return MR_OK; /* never a customer */
    l->signs += (double)orders;
    if (risk_has_contracts(t)) look_at_leaving(l, t);
    l->out->customers++;
    l->out->with_contracts += risk_has_contracts(t);
    if (l->out->first == TRACE_NO_DAY || first < l->out->first) l->out->first = first;
    l->starts += first;
    if (orders > 1) {
        l->order_spans += (double)last_order - first_order;
        l->order_gaps += (double)(orders - 1);
    }
    return orders > 1 ? gap_sample_take(&l->gaps, t, hash_of(t, f), l->settings->until, err) : MR_OK;
}

/* Without contracts: the law of gaps, and the share of signs that are taken. */
static mr_status look_at_orders(learner *l, double share, mr_error *err) {
    double spells = fmin(fmax(LEAST_SPELLS, SPELLS_A_CUSTOMER * fmin(share, 1) * (double)l->out->customers), MOST_OF_SPELLS);
    l->share = fmin(1, spells / fmax(l->signs * fmin(share, 1), 1));
    gap_sample_end(&l->gaps, l->out->until);
    return gap_law_fit(l->gaps.gap, l->gaps.n, &l->law, err);
}

static mr_status survey(const moments_source *source, learner *l, mr_error *err) {
    moments_of *o = l->out;
    const moments_settings *s = l->settings;
    o->first = l->last = TRACE_NO_DAY;
    mr_status status = source->each(source->ctx, look_at, l, err);
    if (status != MR_OK) return status;
    if (!o->customers) return error_set(err, MR_EDATA, NULL, -1, "there are no customers with orders or contracts%s: import some first", s->until == TRACE_NO_DAY ? "" : " until that day");
    o->until = s->until != TRACE_NO_DAY ? s->until : l->last;
    o->since = s->since != TRACE_NO_DAY && s->since > o->first ? s->since : o->first;
    if (o->since >= o->until)
        return error_set(err, MR_EDATA, "since", -1, s->since != TRACE_NO_DAY && s->since > o->first ? "there is nothing between --since and the last day"
                                                                                                      : "all that is known happened on one day: it takes a history to tell when people leave");
    o->mode = s->mode >= 0 ? (risk_mode)s->mode : risk_mode_of(o->with_contracts, o->customers);
    o->rhythm_days = l->order_gaps > 0 ? fmax(l->order_spans / l->order_gaps, 1) : 30;
    double days = fmax((double)o->customers * (o->until + 1.0) - l->starts, 1), share = (double)MOMENTS_SAMPLE / (double)o->customers;
    l->threshold = share < 1 ? (uint64_t)(share * 0x1p64) : UINT64_MAX;
    double rows = fmin(fmax(LEAST_ROWS, ROWS_A_LEAVER * fmin(share, 1) * leavers(l)), MOST_ROWS);
    l->share = fmin(1, rows / (days * fmin(share, 1)));
    return o->mode == RISK_ORDERS ? look_at_orders(l, share, err) : MR_OK;
}

/* --- rows --- */

static mr_status walk_begin(learner *l, const trace *t, mr_error *err) {
    walker *w = &l->walk;
    if (t->n > w->room) {
        uint32_t *order = mem_resize(NULL, w->order, t->n * 2, sizeof *order);
        if (!order) return error_memory(err, t->n * 2 * sizeof *order);
        w->order = order;
        w->room = t->n * 2;
    }
    clock_options options = {.sour_days = l->settings->sour_days, .rhythm_days = l->out->rhythm_days, .first_day = l->out->since};
    clocks_begin(&w->clocks, &options);
    trace_order(t, w->order);
    w->t = t;
    w->next = 0;
    return MR_OK;
}

/* Hears all that was known at the end of `day`. */
static void walk_to(walker *w, int32_t day) {
    w->next = clocks_follow(&w->clocks, w->t, w->order, w->next, day);
}

static mr_status grow(learner *l, mr_error *err) {
    size_t room = l->room ? l->room * 2 : 65536;
    bool fine = true;
    for (int i = 0; i < CLOCKS && fine; i++) {
        uint16_t *bin = mem_resize(NULL, l->bin[i], room, sizeof *bin);
        if (bin) l->bin[i] = bin;
        fine = bin != NULL;
    }
    unsigned char *event = fine ? mem_resize(NULL, l->event, room, 1) : NULL;
    if (event) l->event = event;
    double *exposure = event ? mem_resize(NULL, l->exposure, room, sizeof *exposure) : NULL;
    if (!exposure) return error_memory(err, room * CLOCKS * sizeof **l->bin);
    l->exposure = exposure;
    l->room = room;
    return MR_OK;
}

/* The clocks on `day`, as known at the end of `known`. */
static mr_status add_row(learner *l, int32_t day, int32_t known, bool event, double exposure, mr_error *err) {
    uint16_t bin[CLOCKS];
    if (l->n == l->room && grow(l, err) != MR_OK) return MR_ENOMEM;
    walk_to(&l->walk, known);
    clocks_at(&l->walk.clocks, day, bin);
    for (int i = 0; i < CLOCKS; i++) l->bin[i][l->n] = bin[i];
    l->event[l->n] = event;
    l->exposure[l->n++] = exposure;
    return MR_OK;
}

static mr_status contract_rows(learner *l, const trace *t, rng *r, mr_error *err) {
    moments_of *o = l->out;
    size_t n = risk_contract_spells(t, o->until, l->spell, MOST_SPELLS);
    mr_status status = MR_OK;
    double less = l->share < 1 ? log1p(-l->share) : 0;
    for (size_t i = 0; i < n && i < MOST_SPELLS && status == MR_OK; i++) {
        const risk_spell *s = &l->spell[i];
        int64_t day = (s->from_day < o->since ? o->since : s->from_day) + 1;
        if (s->to_day < day) continue;
        o->spells++;
        for (;; day++) {
            if (l->share < 1) day += (int64_t)fmin(log(rng_uniform(r)) / less, 1e9);
            if (day > s->to_day || status != MR_OK) break;
            status = add_row(l, (int32_t)day, (int32_t)day - 1, false, 1 / l->share, err);
        }
        if (!s->left || status != MR_OK) continue;
        o->left++;
        status = add_row(l, s->to_day, s->to_day - 1, true, 0, err);
    }
    return status;
}

/* A spell is what follows a sign of life: in silence to the end of the data (an event, at some day after the last sign), and, of all signs a sample drawn
 * alike, time under observation. Clocks read what was known on the sign's day, and run on from there: what customers do later tells that they are
 * still there. */
static mr_status add_spell(learner *l, const sign *s, bool event, rng *r, mr_error *err) {
    sign_days days;
    signs_days(s, &l->law, l->out->until, r, &days);
    if (!days.n) return MR_OK;
    if (l->spells + 2 > l->spell_room) {
        size_t room = l->spell_room ? l->spell_room * 2 : 8192;
        size_t *first = mem_resize(NULL, l->first, room, sizeof *first);
        if (first) l->first = first;
        double *still = first ? mem_resize(NULL, l->still, room, sizeof *still) : NULL;
        if (!still) return error_memory(err, room * sizeof *first);
        l->still = still;
        l->spell_room = room;
        l->first[0] = 0;
    }
    double weight = event ? 1 : 1 / l->share;
    clock_state kept = l->walk.clocks; /* days go back from one spell to the next */
    mr_status status = MR_OK;
    for (uint32_t i = 0; i < days.n && status == MR_OK; i++) status = add_row(l, days.day[i], s->day, event, weight * days.exposure, err);
    l->walk.clocks = kept;
    l->still[l->spells++] = weight * days.still;
    l->first[l->spells] = l->n;
    l->out->left += event;
    return status;
}

static mr_status order_rows(learner *l, const trace *t, rng *r, mr_error *err) {
    moments_of *o = l->out;
    size_t n = signs_of(t, &l->law, o->until, l->sign, l->sign_room);
    if (n > l->sign_room) {
        sign *more = mem_resize(NULL, l->sign, n * 2, sizeof *more);
        if (!more) return error_memory(err, n * 2 * sizeof *more);
        l->sign = more;
        l->sign_room = n * 2;
        signs_of(t, &l->law, o->until, l->sign, l->sign_room);
    }
    mr_status status = MR_OK;
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        bool taken = rng_uniform(r) < l->share;
        if (l->sign[i].day < o->since) continue;
        o->spells++;
        if (!taken && i + 1 < n) continue;
        walk_to(&l->walk, l->sign[i].day);
        if (i + 1 == n) status = add_spell(l, &l->sign[i], true, r, err);
        if (taken && status == MR_OK) status = add_spell(l, &l->sign[i], false, r, err);
    }
    return status;
}

static mr_status learn_from(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    learner *l = ctx;
    uint64_t hash = hash_of(t, f);
    mr_status status = go_on(l, t, err);
    if (status != MR_OK || hash > l->threshold) return status;
    rng r;
    rng_seed(&r, l->settings->search.seed, hash);
    uint64_t before = l->out->spells;
    status = walk_begin(l, t, err);
    if (status == MR_OK) status = l->out->mode == RISK_CONTRACTS ? contract_rows(l, t, &r, err) : order_rows(l, t, &r, err);
    l->out->learnt += l->out->spells > before;
    return status;
}

/* --- the search --- */

static mr_status too_few(const learner *l, mr_error *err) {
    const moments_of *o = l->out;
    return error_set(err, MR_EDATA, NULL, -1, o->mode == RISK_CONTRACTS ? "only %llu of %llu customers left: it takes at least 30 to tell when people leave"
                                                                        : "after only %llu of %llu orders came a silence that tells of leaving: it takes at least 30 to tell when people leave; more history, or a shorter --horizon",
                     (unsigned long long)o->left, (unsigned long long)(o->mode == RISK_CONTRACTS ? o->learnt : o->spells));
}

/* Do they leave when a month of theirs ends? Three days of thirty are near to one; contracts by the month can only be left then. How many leave on which day of such
 * a month is then part of the background, against which months are compared. */
static void at_month_ends(learner *l) {
    moments_of *o = l->out;
    double left = 0, expected = 3 * 12 / 365.2425;
    for (size_t i = 0; i < l->n; i++) {
        uint16_t b = l->bin[CLOCK_contract_month][i];
        if (!l->event[i] || b == CLOCK_NO_BIN) continue;
        left++;
        o->left_at_months += abs((int)b - clock_rows[CLOCK_contract_month].zero) <= 1;
    }
    o->by_months = (double)o->left_at_months > left * BY_MONTHS && (double)o->left_at_months - left * expected > 5 * sqrt(left * expected);
}

/* Silence is how leaving is told without contracts; on which day of it, hardly, so that neither it nor the day of a week or month can be held against it. */
static bool tells(const learner *l, int clock) {
    if (clock == CLOCK_contract_month) return l->out->by_months;
    return l->out->mode == RISK_CONTRACTS || (clock != CLOCK_silence && clock_rows[clock].role != CLOCK_IS_FACTOR);
}

/* A clock that hardly ever runs, or always reads the same, tells nothing. */
static bool runs(const learner *l, int clock) {
    size_t seen = 0, least = l->n / 2000 > 30 ? l->n / 2000 : 30;
    uint16_t low = UINT16_MAX, high = 0;
    for (size_t i = 0; i < l->n; i++) {
        uint16_t b = l->bin[clock][i];
        if (b == CLOCK_NO_BIN) continue;
        seen++;
        low = b < low ? b : low;
        high = b > high ? b : high;
    }
    return seen >= least && low < high;
}

/* Is hardly anybody seen past the end of a term? Then those ends were written down when people left, and tell nothing of who is going to. */
static bool written_afterwards(const learner *l, int clock) {
    double before = 0, after = 0;
    if (clock != CLOCK_days_to_renewal && clock != CLOCK_days_to_notice) return false;
    for (size_t i = 0; i < l->n; i++) {
        uint16_t b = l->bin[clock][i];
        if (b == CLOCK_NO_BIN || l->event[i]) continue;
        int past = (int)b - clock_rows[clock].zero;
        before += past < 0 && past >= -PAST_DAYS ? l->exposure[i] : 0;
        after += past > 0 && past <= PAST_DAYS ? l->exposure[i] : 0;
    }
    return before > 0 && after < 0.02 * before;
}

/* Do most leave on the very day a term ends (or on the anniversary of their start)? Then that is how their contracts are built, or were written down: it
 * says how often renewals fail, which is counted by renewal (renewals.h), and the clocks that run to and from those days show nothing else. */
static void at_term_ends(learner *l) {
    static const uint32_t built = 1U << CLOCK_days_to_renewal | 1U << CLOCK_days_to_notice | 1U << CLOCK_anniversary | 1U << CLOCK_days_since_start;
    moments_of *o = l->out;
    uint64_t left = 0;
    for (size_t i = 0; i < l->n; i++) {
        if (!l->event[i]) continue;
        uint16_t term = l->bin[CLOCK_days_to_renewal][i], year = l->bin[CLOCK_anniversary][i];
        left++;
        o->left_at_ends += (term != CLOCK_NO_BIN && abs((int)term - clock_rows[CLOCK_days_to_renewal].zero) <= 1) ||
                           (year != CLOCK_NO_BIN && abs((int)year - clock_rows[CLOCK_anniversary].zero) <= 1);
    }
    if (2 * o->left_at_ends > left) o->at_ends = built;
}

static mr_status room_for_curves(moments_of *o, mr_error *err) {
    size_t bins = 0;
    for (size_t i = 0; i < o->clocks; i++) bins += o->spec[i].bins;
    double *at = o->curves = mem_new(NULL, bins * 6, sizeof *at);
    if (!at) return error_memory(err, bins * 6 * sizeof *at);
    for (size_t i = 0; i < o->clocks; i++) {
        size_t n = o->spec[i].bins;
        o->curve[i] = (mr_clock_curve){at, at + n, at + 2 * n, at + 3 * n, at + 4 * n, at + 5 * n, clock_rows[o->clock[i]].width / clock_rows[o->clock[i]].size};
        at += 6 * n;
    }
    return MR_OK;
}

static mr_status search(learner *l, const mr_context *context, mr_error *err) {
    moments_of *o = l->out;
    if (o->left < 30 || !l->n) return too_few(l, err);
    if (o->mode == RISK_CONTRACTS) {
        at_term_ends(l);
        if (!o->at_ends) at_month_ends(l);
    }
    for (int i = 0; i < CLOCKS; i++) {
        if (!tells(l, i) || !runs(l, i) || o->at_ends >> i & 1) continue;
        if (l->out->mode == RISK_CONTRACTS && written_afterwards(l, i)) {
            o->afterwards |= 1u << i;
            continue;
        }
        const clock_row *r = &clock_rows[i];
        uint32_t bins = r->bins;
        if (i == CLOCK_calendar && (uint32_t)(o->until - o->since + 1) < bins) bins = (uint32_t)(o->until - o->since + 1);
        if (bins < 2 || (r->wide >= bins && r->role != CLOCK_IS_FACTOR)) continue;
        o->clock[o->clocks] = (clock_id)i;
        l->column[o->clocks] = l->bin[i];
        o->spec[o->clocks++] = (mr_clock){.name = r->name, .bins = bins, .narrow = r->narrow, .wide = r->wide, .knot = r->knot, .steep = r->steep,
                                          .role = (mr_clock_role)r->role};
    }
    if (l->settings->curves && room_for_curves(o, err) != MR_OK) return MR_ENOMEM;
    mr_moment_rows rows = {.n = l->n, .clocks = o->clocks, .bin = l->column, .exposure = l->exposure, .event = l->event,
                           .spells = l->spells, .first = l->first, .still = l->still};
    return mr_moments_find(&rows, o->spec, &l->settings->search, context, &o->found, l->settings->curves ? o->curve : NULL, err);
}

/* --- customers --- */

/* The last day with an order up to `day`, or TRACE_NO_DAY, and the first. */
static int32_t order_before(const trace *t, int32_t day, int32_t *first) {
    int32_t last = TRACE_NO_DAY;
    *first = TRACE_NO_DAY;
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        if (!trace_is_order(e) || e->day > day || trace_known_day(e) > day) continue;
        if (*first == TRACE_NO_DAY || e->day < *first) *first = e->day;
        if (last == TRACE_NO_DAY || e->day > last) last = e->day;
    }
    return last;
}

static bool present(learner *l, const trace *t) {
    int32_t first, last;
    if (l->out->mode == RISK_CONTRACTS) return risk_under_contract(t, l->out->until);
    last = order_before(t, l->out->until, &first);
    return last != TRACE_NO_DAY && (int64_t)l->out->until - last < l->settings->horizon_days;
}

static int32_t contact_day(int32_t from, int32_t lead, int32_t morrow) {
    int64_t day = (int64_t)from - lead;
    int weekday = (int)(((day % 7) + 7 + 3) % 7); /* 0: Monday */
    if (weekday > 4) day -= weekday - 4;
    return day < morrow ? morrow : (int32_t)day;
}

static mr_status look_ahead(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    learner *l = ctx;
    moments_of *o = l->out;
    mr_status status = go_on(l, t, err);
    if (status != MR_OK || !present(l, t)) return status;
    status = walk_begin(l, t, err);
    if (status != MR_OK) return status;
    o->present++;
    walk_to(&l->walk, o->until);
    moments_next next[MR_MOST_MOMENTS];
    size_t n = 0;
    for (uint32_t i = 0; i < o->found.n; i++) {
        const mr_moment *m = &o->found.moment[i];
        moments_next a = {.moment = i};
        if (!clocks_next(&l->walk.clocks, o->clock[m->clock], o->until + 1, m->from, m->to, &a.from, &a.to)) continue;
        if ((int64_t)a.from - o->until > l->settings->ahead_days) continue;
        uint16_t bin[CLOCKS];
        clocks_at(&l->walk.clocks, o->until + 1, bin);
        uint16_t at = bin[o->clock[m->clock]];
        a.inside = at != CLOCK_NO_BIN && at >= m->from && at < m->to;
        o->inside[i] += a.inside;
        o->ahead[i] += !a.inside;
        a.contact = contact_day(a.from, a.inside ? 0 : l->settings->lead_days, o->until + 1);
        size_t k = n++;
        for (; k && next[k - 1].from > a.from; k--) next[k] = next[k - 1];
        next[k] = a;
    }
    return l->on_customer ? l->on_customer(l->customer_ctx, t, f, next, n, err) : MR_OK;
}

mr_status moments_of_base(const moments_source *source, const moments_settings *settings, const mr_context *context, moments_customer_fn on_customer,
                          void *customer_ctx, moments_of *out, mr_error *err) {
    memset(out, 0, sizeof *out);
    if (settings->horizon_days < 1 || settings->ahead_days < 1 || settings->lead_days < 0 || settings->sour_days < 1)
        return error_set(err, MR_EINVAL, "settings", -1, "horizon, days ahead and sour window must be at least a day, the lead not below zero");
    learner *l = mem_new(NULL, 1, sizeof *l);
    if (!l) return error_memory(err, sizeof *l);
    l->settings = settings;
    l->context = context;
    l->out = out;
    l->on_customer = on_customer;
    l->customer_ctx = customer_ctx;
    begin(l, "reading");
    mr_status status = survey(source, l, err);
    l->seen = 0;
    if (status == MR_OK) status = source->each(source->ctx, learn_from, l, err);
    if (status == MR_OK) begin(l, "searching");
    if (status == MR_OK) status = search(l, context, err);
    for (int i = 0; i < CLOCKS; i++) mem_free(NULL, l->bin[i]);
    mem_free(NULL, l->event);
    mem_free(NULL, l->exposure);
    mem_free(NULL, l->first);
    mem_free(NULL, l->still);
    mem_free(NULL, l->sign);
    gap_sample_free(&l->gaps);
    l->seen = 0;
    if (status == MR_OK) begin(l, "who comes to them");
    if (status == MR_OK) status = source->each(source->ctx, look_ahead, l, err);
    mem_free(NULL, l->walk.order);
    mem_free(NULL, l);
    return status;
}

void moments_of_free(moments_of *m) {
    mem_free(NULL, m->curves);
    m->curves = NULL;
}
