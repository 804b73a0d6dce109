#include "landmarks.h"

#include "arena.h"
#include "calendar.h"
#include "crew.h"
#include "error.h"
#include "mem.h"
#include "pool.h"
#include "rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <traces_shared.h>

enum { SPELLS = 64 };

int32_t landmark_month_end(int32_t day) {
    return calendar_month_start(calendar_month_index(day) + 1) - 1;
}

/* --- first the base as a whole: how many, from when to when, with contracts or without --- */

enum { SURVEY_PARTS = 64 };

typedef struct survey_job {
    const landmarks_options *o;
    const mr_context *context;
    crew crew;
    landmarks *of; /* [workers] whole numbers, the same in whatever order they are added */
    pthread_mutex_t lock;
    size_t done;
} survey_job;

typedef struct survey_part {
    const landmarks_options *o;
    landmarks *m;
} survey_part;

static mr_status survey_one(void *ctx, const history *h, mr_error *err) {
    survey_part *part = ctx;
    landmarks *m = part->m;
    bool contracts = false, orders = false;
    (void)err;
    for (size_t i = 0; i < h->n; i++) {
        const history_event *e = &h->events[i];
        if (e->day > part->o->until) continue;
        if (e->day < m->first_day) m->first_day = e->day;
        if (e->day > m->last_day && event_shows_reach(e->kind)) m->last_day = e->day;
        contracts |= e->kind >= EVENT_contract_start && e->kind <= EVENT_contract_end;
        orders |= event_is_order(e);
        m->events++;
    }
    m->base += contracts || orders;
    m->with_contracts += contracts;
    m->with_orders += orders;
    return MR_OK;
}

static mr_status survey_range(void *ctx, size_t i, int worker, mr_error *err) {
    survey_job *job = ctx;
    const mr_context *context = job->context;
    survey_part part = {job->o, &job->of[worker]};
    mr_status status = ledger_scan(job->crew.ledger[worker], NULL, (unsigned)i, SURVEY_PARTS, survey_one, &part, err);
    if (status != MR_OK || !context || !context->progress) return status;
    pthread_mutex_lock(&job->lock);
    if (context->progress(++job->done, SURVEY_PARTS, context->progress_ctx)) status = error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
    pthread_mutex_unlock(&job->lock);
    return status;
}

static void add_up(landmarks *m, const landmarks *of) {
    m->first_day = of->first_day < m->first_day ? of->first_day : m->first_day;
    m->last_day = of->last_day > m->last_day ? of->last_day : m->last_day;
    m->base += of->base;
    m->with_contracts += of->with_contracts;
    m->with_orders += of->with_orders;
    m->events += of->events;
}

static mr_status survey_base(ledger *l, const landmarks_options *o, const mr_context *context, landmarks *m, mr_error *err) {
    survey_job job = {.o = o, .context = context, .lock = PTHREAD_MUTEX_INITIALIZER};
    m->first_day = INT32_MAX;
    m->last_day = INT32_MIN;
    mr_status status = crew_join(l, context_pool(context), &job.crew, err);
    if (status == MR_OK && !(job.of = mem_take(NULL, job.crew.n, sizeof *job.of))) status = error_memory(err, job.crew.n * sizeof *job.of);
    for (size_t i = 0; job.of && i < job.crew.n; i++) job.of[i] = (landmarks){.first_day = INT32_MAX, .last_day = INT32_MIN};
    if (status == MR_OK) status = pool_run(context_pool(context), SURVEY_PARTS, survey_range, &job, err);
    for (size_t i = 0; job.of && i < job.crew.n; i++) add_up(m, &job.of[i]);
    mem_free(NULL, job.of);
    crew_part(&job.crew);
    pthread_mutex_destroy(&job.lock);
    if (status == MR_OK && !m->base)
        status = error_set(err, MR_EDATA, NULL, -1, "%s holds neither orders nor contracts up to that day: nobody is at risk of leaving; import some first", db_name(l->d));
    m->mode = risk_mode_of(m->with_contracts, m->base);
    return status;
}

/* --- rows --- */

typedef struct read_job {
    const landmarks_options *o;
    const mr_context *context;
    landmarks *m;
    features *features;
    uint32_t *order;
    size_t order_room, row_room, customer_room, buyer_room, orders_room;
    uint64_t seen, threshold;
} read_job;

static uint64_t text_hash(uint64_t hash, const char *text) {
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211); /* FNV-1a */
    return hash;
}

static uint64_t customer_hash(int64_t customer_id, const trace_facts *f) {
    if (!*f->external_id) return rng_mix((uint64_t)customer_id);
    return rng_mix(text_hash(text_hash(UINT64_C(14695981039346656037), f->source) * 31, f->external_id));
}

static bool grow_rows(read_job *job) {
    landmarks *m = job->m;
    size_t room = job->row_room ? 2 * job->row_room : 4096;
    bool ok = true;
    void *at;
#define GROW(member) \
    if ((at = mem_resize(NULL, m->member, room, sizeof *m->member))) m->member = at; \
    else ok = false
    GROW(day);
    GROW(known_day);
    GROW(who);
    GROW(then);
    GROW(now);
    GROW(gone);
    GROW(gone_then);
    if (job->o->only_day != INT32_MIN) {
        GROW(standing);
    }
    for (int f = 0; f < LANDMARK_COLUMNS; f++)
        if (m->column[f]) {
            GROW(column[f]);
        }
#undef GROW
    if (ok) job->row_room = room;
    return ok;
}

static bool same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

/* A column that was the same so far is written out when it no longer is: most bases send a few of the kinds of events. */
static bool put_value(read_job *job, int f, double value) {
    landmarks *m = job->m;
    if (!m->column[f]) {
        if (!m->n) m->constant[f] = value;
        if (same(m->constant[f], value)) return true;
        m->column[f] = mem_take(NULL, job->row_room, sizeof *m->column[f]);
        if (!m->column[f]) return false;
        for (size_t i = 0; i < m->n; i++) m->column[f][i] = m->constant[f];
    }
    m->column[f][m->n] = value;
    return true;
}

typedef struct outcome {
    int then, now;
    int32_t gone, gone_then, known_day;
} outcome;

static bool put_row(read_job *job, int32_t day, const double *value, const outcome *y, const landmark_standing *standing) {
    landmarks *m = job->m;
    if (m->n == job->row_room && !grow_rows(job)) return false;
    for (int f = 0; f < LANDMARK_COLUMNS; f++)
        if (!put_value(job, f, value[f])) return false;
    m->day[m->n] = day;
    m->known_day[m->n] = y->known_day;
    m->who[m->n] = (uint32_t)m->customers;
    m->then[m->n] = (unsigned char)y->then;
    m->now[m->n] = (unsigned char)y->now;
    m->gone[m->n] = y->gone;
    if (m->standing) m->standing[m->n] = *standing;
    m->gone_then[m->n] = y->gone_then;
    m->n++;
    return true;
}

static bool put_customer(read_job *job, const trace *t, const trace_facts *f, uint64_t hash, size_t first) {
    landmarks *m = job->m;
    if (m->customers == job->customer_room) {
        size_t room = job->customer_room ? 2 * job->customer_room : 1024;
        landmark_customer *more = mem_resize(NULL, m->customer, room, sizeof *more);
        if (!more) return false;
        m->customer = more;
        job->customer_room = room;
    }
    const char *id = arena_copy(m->text, f->external_id, strlen(f->external_id)), *tier = arena_copy(m->text, f->tier, strlen(f->tier)),
               *segment = arena_copy(m->text, f->segment, strlen(f->segment));
    m->customer[m->customers++] = (landmark_customer){t->customer_id, hash, id, tier, segment, first, m->n - first};
    return id && tier && segment;
}

/* --- outcomes --- */

/* Without contracts: no order in (day, day + H], as far as was known on a day. */
static int ordered_outcome(const trace *t, int32_t day, int32_t horizon, int32_t known_by) {
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        if (trace_is_order(e) && e->day > day && (int64_t)e->day <= (int64_t)day + horizon && trace_known_day(e) <= known_by) return LANDMARK_STAYED;
    }
    return LANDMARK_LEFT;
}

static int32_t last_order(const trace *t, int32_t day, int32_t known_by) {
    int32_t last = TRACE_NO_DAY;
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        if (trace_is_order(e) && e->day <= day && e->day > last && trace_known_day(e) <= known_by) last = e->day;
    }
    return last;
}

static int spell_outcome(const risk_spell *spells, size_t n, int32_t day, int32_t horizon, int32_t *gone) {
    for (size_t i = 0; i < n; i++) {
        const risk_spell *s = &spells[i];
        if (s->from_day > day || s->to_day < day || (s->left && s->to_day == day)) continue;
        if (!s->left || (int64_t)s->to_day > (int64_t)day + horizon) return LANDMARK_STAYED;
        *gone = s->to_day;
        return LANDMARK_LEFT;
    }
    return LANDMARK_NOT_AT_RISK;
}

static outcome outcome_at(const read_job *job, const trace *t, int32_t day) {
    const landmarks *m = job->m;
    int32_t h = m->horizon_days;
    outcome y = {LANDMARK_UNKNOWN, LANDMARK_UNKNOWN, TRACE_NO_DAY, TRACE_NO_DAY, day + h + (m->mode == RISK_CONTRACTS ? RISK_GRACE_DAYS : 0)};
    if (y.known_day > m->last_day) return y;
    if (m->mode == RISK_ORDERS) {
        y.then = ordered_outcome(t, day, h, y.known_day);
        y.now = ordered_outcome(t, day, h, m->last_day);
        if (y.then == LANDMARK_LEFT) y.gone_then = last_order(t, day, y.known_day) + h;
        if (y.now == LANDMARK_LEFT) y.gone = last_order(t, day, m->last_day) + h;
        if (y.now == LANDMARK_LEFT && y.gone <= day) y.now = LANDMARK_NOT_AT_RISK; /* an order known on the landmark was none */
        return y;
    }
    risk_spell spells[SPELLS];
    size_t n = risk_contract_spells(t, y.known_day, spells, SPELLS);
    y.then = spell_outcome(spells, n < SPELLS ? n : SPELLS, day, h, &y.gone_then);
    n = risk_contract_spells(t, m->last_day, spells, SPELLS);
    y.now = spell_outcome(spells, n < SPELLS ? n : SPELLS, day, h, &y.gone);
    return y;
}

static bool at_risk(const landmarks *m, const trace *t, int32_t day, const double *value) {
    if (m->mode == RISK_CONTRACTS) return risk_under_contract(t, day);
    return value[FEATURE_silence] < m->horizon_days; /* not where it is missing */
}

/* --- a customer --- */

static void beside(const trace *t, const uint32_t *order, size_t known, int32_t day, double *value) {
    int32_t last = TRACE_NO_DAY, first = INT32_MAX;
    double sum = 0;
    uint32_t top = 0;
    for (size_t i = 0; i < known; i++) top = order[i] > top ? order[i] : top;
    for (size_t i = 0; known && i <= top; i++) {
        const trace_event *e = &t->event[i];
        if (!trace_is_order(e) || trace_known_day(e) > day) continue;
        if (last != TRACE_NO_DAY && e->day > last) sum += log((double)e->day - last);
        if (e->day > last) last = e->day;
        if (e->day < first) first = e->day;
    }
    value[LANDMARK_LOG_GAPS] = sum;
    value[LANDMARK_AGE] = first == INT32_MAX ? NAN : day - (double)first;
}

static void look_for_oddities(landmarks *m, const trace *t) {
    int32_t started = INT32_MAX, notice = INT32_MAX;
    bool live = false;
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        bool begins = e->kind == EVENT_contract_start || trace_is_order(e);
        if (begins && e->day < started) started = e->day;
        if (e->kind == EVENT_leave_confirmed && !e->subject && e->day < notice) notice = e->day;
    }
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        m->odd_before_start += (e->kind == EVENT_case_open || e->kind == EVENT_complaint || e->kind == EVENT_usage) && e->day < started && started != INT32_MAX;
        live |= notice != INT32_MAX && e->day > notice + RISK_GRACE_DAYS &&
                (e->kind == EVENT_contract_end || e->kind == EVENT_contract_renew || e->kind == EVENT_usage || e->kind == EVENT_order);
    }
    m->odd_live_after_left += live;
}

/* --- standing: the spell they are in, and the stage they were in a month ago --- */

typedef struct stage_walk {
    cycle_stage stage; /* of the last landmark */
    int32_t since;     /* without contracts: of the first order, or the one they came back with */
    bool back;
} stage_walk;

#define PAST_95 2.995732273553991 /* -ln .05: 95 % of gaps are shorter than this many mean gaps, where orders come at random */

/* Customers they brought within the year up to the day, as known then. */
static double referrals_of(const trace *t, int32_t day) {
    double n = 0;
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        n += e->kind == EVENT_referral_made && e->day <= day && (int64_t)e->day > (int64_t)day - CYCLE_YEAR && trace_known_day(e) <= day;
    }
    return n;
}

static cycle_standing standing_at(const landmarks *m, const trace *t, int32_t day, const double *value, stage_walk *walk) {
    cycle_standing s = {.feature = value, .chance = NAN, .base = NAN, .spell_days = NAN};
    if (value[FEATURE_referrals] > 0) s.referrals = referrals_of(t, day);
    if (m->mode == RISK_CONTRACTS) {
        risk_spell spells[SPELLS];
        size_t n = risk_contract_spells(t, day, spells, SPELLS);
        if (!n || n > SPELLS) return s;
        const risk_spell *last = &spells[n - 1];
        s.notice = last->left && value[FEATURE_contracts] > 0;
        s.gone = last->left && !s.notice;
        s.back = n > 1;
        s.spell_days = day - (double)last->from_day;
        return s;
    }
    double silence = value[FEATURE_silence], rhythm = value[FEATURE_rhythm];
    if (isnan(silence)) return s;
    if (walk->since == TRACE_NO_DAY) walk->since = day - (int32_t)value[LANDMARK_AGE];
    if (walk->stage == CYCLE_left && silence < m->horizon_days) {
        walk->back = true;
        walk->since = day - (int32_t)silence;
    }
    s.gone = silence >= m->horizon_days && !(silence < PAST_95 * rhythm);
    s.back = walk->back;
    s.spell_days = day - (double)walk->since;
    return s;
}

static landmark_standing walk_stage(const landmarks *m, const trace *t, int32_t day, const double *value, stage_walk *walk) {
    cycle_standing s = standing_at(m, t, day, value, walk);
    landmark_standing out = {s.spell_days, s.referrals, (unsigned char)walk->stage, s.gone, s.notice, s.back};
    if (!isnan(s.spell_days)) walk->stage = cycle_stage_of(&s, walk->stage);
    return out;
}

cycle_stage landmark_stage(const landmarks *m, size_t row, double chance, double base) {
    double feature[FEATURES];
    const landmark_standing *at = &m->standing[row];
    for (int f = 0; f < FEATURES; f++) feature[f] = landmark_value(m, f, row);
    const cycle_standing s = {.feature = feature, .gone = at->gone, .notice = at->notice, .back = at->back, .spell_days = at->spell_days, .referrals = at->referrals, .chance = chance, .base = base};
    return cycle_stage_of(&s, (cycle_stage)at->before);
}

/* --- the rows of a customer --- */

static mr_status apply_until(read_job *job, const trace *t, int32_t day, size_t *at, mr_error *err) {
    mr_status status = MR_OK;
    while (*at < t->n && trace_known_day(&t->event[job->order[*at]]) <= day && status == MR_OK)
        status = features_apply(job->features, &t->event[job->order[(*at)++]], err);
    return status;
}

static mr_status month_rows(read_job *job, const trace *t, mr_error *err) {
    landmarks *m = job->m;
    double value[LANDMARK_COLUMNS];
    size_t at = 0;
    for (int32_t day = landmark_month_end(trace_known_day(&t->event[job->order[0]])); day <= m->last_day; day = landmark_month_end(day + 1)) {
        mr_status status = apply_until(job, t, day, &at, err);
        if (status != MR_OK) return status;
        outcome y = outcome_at(job, t, day);
        if (y.then == LANDMARK_UNKNOWN) break;
        features_at(job->features, day, value);
        beside(t, job->order, at, day, value);
        if (at_risk(m, t, day, value) && !put_row(job, day, value, &y, NULL)) return error_memory(err, job->row_room * sizeof *value);
    }
    return MR_OK;
}

/* Through the ends of all months before, so that the stage remembers. */
static mr_status only_row(read_job *job, const trace *t, mr_error *err) {
    landmarks *m = job->m;
    const outcome y = {LANDMARK_UNKNOWN, LANDMARK_UNKNOWN, TRACE_NO_DAY, TRACE_NO_DAY, INT32_MAX};
    double value[LANDMARK_COLUMNS];
    landmark_standing standing = {0};
    stage_walk walk = {CYCLE_STAGES, TRACE_NO_DAY, false};
    size_t at = 0;
    int32_t first = trace_known_day(&t->event[job->order[0]]);
    if (first > m->only_day) return MR_OK;
    for (int32_t day = landmark_month_end(first);; day = landmark_month_end(day + 1)) {
        if (day > m->only_day) day = m->only_day;
        mr_status status = apply_until(job, t, day, &at, err);
        if (status != MR_OK) return status;
        features_at(job->features, day, value);
        beside(t, job->order, at, day, value);
        standing = walk_stage(m, t, day, value, &walk);
        if (day == m->only_day) break;
    }
    if (at_risk(m, t, m->only_day, value) && !put_row(job, m->only_day, value, &y, &standing)) return error_memory(err, job->row_room * sizeof *value);
    return MR_OK;
}

static mr_status landmark_rows(read_job *job, const trace *t, mr_error *err) {
    if (t->n > job->order_room) {
        uint32_t *more = mem_resize(NULL, job->order, t->n, sizeof *more);
        if (!more) return error_memory(err, t->n * sizeof *more);
        job->order = more;
        job->order_room = t->n;
    }
    trace_order(t, job->order);
    features_begin(job->features);
    return job->o->only_day != INT32_MIN ? only_row(job, t, err) : month_rows(job, t, err);
}

/* The days they ordered on, and from when each was known; days do not go back. */
static bool put_buyer(read_job *job, const trace *t, uint64_t hash) {
    landmarks *m = job->m;
    size_t first = m->orders;
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        if (!trace_is_order(e)) continue;
        int32_t known = trace_known_day(e);
        struct landmark_order *last = m->orders > first ? &m->order[m->orders - 1] : NULL;
        if (last && e->day <= last->day) {
            if (known < last->known_day) last->known_day = known;
            continue;
        }
        if (m->orders == job->orders_room) {
            size_t room = job->orders_room ? 2 * job->orders_room : 4096;
            struct landmark_order *more = mem_resize(NULL, m->order, room, sizeof *more);
            if (!more) return false;
            m->order = more;
            job->orders_room = room;
        }
        m->order[m->orders++] = (struct landmark_order){e->day, known};
    }
    if (m->orders == first) return true;
    if (m->buyers == job->buyer_room) {
        size_t room = job->buyer_room ? 2 * job->buyer_room : 1024;
        struct landmark_buyer *more = mem_resize(NULL, m->buyer, room, sizeof *more);
        if (!more) return false;
        m->buyer = more;
        job->buyer_room = room;
    }
    m->buyer[m->buyers++] = (struct landmark_buyer){hash, first, m->orders - first};
    return true;
}

static bool in_sample(void *ctx, int64_t customer_id, const trace_facts *f) {
    return customer_hash(customer_id, f) <= ((const read_job *)ctx)->threshold;
}

static mr_status read_one(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    read_job *job = ctx;
    landmarks *m = job->m;
    const mr_context *context = job->context;
    uint64_t hash = customer_hash(t->customer_id, f);
    m->read += risk_is_customer(t);
    if (context && context->progress && ++job->seen % 256 == 0 && /* customers come by their numbers, which are hashes */
        context->progress((uint64_t)t->customer_id >> 32, UINT64_C(1) << 31, context->progress_ctx))
        return error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
    if (!t->n) return MR_OK;
    size_t first = m->n;
    look_for_oddities(m, t);
    mr_status status = landmark_rows(job, t, err);
    if (status == MR_OK && m->n > first && !put_customer(job, t, f, hash, first)) status = error_memory(err, sizeof(landmark_customer));
    if (status == MR_OK && !put_buyer(job, t, hash)) status = error_memory(err, sizeof *m->buyer);
    return status;
}

static int by_hash(const void *a, const void *b) {
    const landmark_customer *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return strcmp(x->external_id, y->external_id);
}

static int buyer_by_hash(const void *a, const void *b) {
    const struct landmark_buyer *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

mr_status landmarks_read(ledger *l, const landmarks_options *o, const mr_context *context, landmarks *out, mr_error *err) {
    read_job job = {.o = o, .context = context, .m = out, .threshold = UINT64_MAX};
    trace_options money = {.first = o->customer_id, .last = o->customer_id, .profiling = true};
    static const currency_rates no_rates = {0};
    *out = (landmarks){.horizon_days = o->horizon_days};
    if (o->horizon_days < 1) return error_set(err, MR_EINVAL, "horizon", -1, "the horizon must be a day or more");
    mr_status status = survey_base(l, o, context, out, err);
    if (status == MR_OK) status = ledger_trace_money(l, o->rates ? o->rates : &no_rates, &money, err);
    if (status != MR_OK) return status;
    memcpy(out->currency, money.currency, sizeof out->currency);
    out->only_day = o->only_day == LANDMARK_LAST_DAY ? out->last_day : o->only_day;
    if (o->sample && o->sample < out->base) money.wanted = in_sample, job.threshold = (uint64_t)((double)UINT64_MAX * ((double)o->sample / (double)out->base));
    out->text = mem_new(NULL, 1, sizeof *out->text);
    job.features = features_new(NULL, o->sour_days);
    status = out->text && job.features && grow_rows(&job) ? ledger_traces_shared(l, context_pool(context), &money, read_one, &job, err) : error_memory(err, sizeof *out->text);
    features_free(job.features);
    mem_free(NULL, job.order);
    if (status != MR_OK) {
        landmarks_free(out);
        return status;
    }
    if (out->customers) qsort(out->customer, out->customers, sizeof *out->customer, by_hash);
    if (out->buyers) qsort(out->buyer, out->buyers, sizeof *out->buyer, buyer_by_hash);
    for (size_t c = 0; c < out->customers; c++)
        for (size_t i = 0; i < out->customer[c].n; i++) out->who[out->customer[c].first + i] = (uint32_t)c;
    return MR_OK;
}

void landmarks_free(landmarks *m) {
    mem_free(NULL, m->customer);
    for (int f = 0; f < LANDMARK_COLUMNS; f++) mem_free(NULL, m->column[f]);
    mem_free(NULL, m->day);
    mem_free(NULL, m->known_day);
    mem_free(NULL, m->who);
    mem_free(NULL, m->then);
    mem_free(NULL, m->now);
    mem_free(NULL, m->gone);
    mem_free(NULL, m->gone_then);
    mem_free(NULL, m->standing);
    mem_free(NULL, m->buyer);
    mem_free(NULL, m->order);
    if (m->text) arena_free(m->text);
    mem_free(NULL, m->text);
    *m = (landmarks){0};
}
