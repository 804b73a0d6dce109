/* Critical moments, one after the other: the strongest window of all clocks becomes part of the model, with free steps around it, and the clocks
 * are searched anew, until no clock stands out. So what stands out on two clocks for one reason (a renewal is an anniversary) is reported on the one
 * that explains it, the other named beside it. Which clocks stand out is decided by Benjamini & Hochberg (1995) over all clocks searched: without
 * moments the chance of reporting any is at most `level` (Simes 1986). */
#include "moments.h"

#include "error.h"
#include "mem.h"
#include "special.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_EVENTS = 30 };
#define AS_GOOD 6.0       /* twice the log likelihood ratio up to which an earlier clock is believed: e^3, what would be odds of 20 to 1 for it beforehand */
#define APART 6.0         /* e^3, as the header says */
#define SAME_EVENTS 0.5   /* a window more than this share of whose events another moment holds is that moment again */
#define SOME_EVENTS 0.25
#define WORTH_TRYING 0.5 /* of the largest strength */
#define SAME_ROWS 0.85
#define EXPLAINED 0.6     /* strength left, as a share, once it is explained */
#define GONE 2.0          /* a strength no longer of interest */
#define TWO_SIDED_95 1.959963984540054

/* --- what is wrong with the input --- */

static mr_status check_clock(const mr_clock *c, size_t j, mr_error *err) {
    const char *name = c->name ? c->name : "?";
    if (c->bins < 2 || c->bins > MR_MOST_CLOCK_BINS) return error_set(err, MR_EINVAL, "bins", (int64_t)j, "clock %s must have 2 to %d bins, not %u", name, MR_MOST_CLOCK_BINS, c->bins);
    if (c->role == MR_CLOCK_FACTOR) return MR_OK;
    if (c->narrow < 1 || c->wide < c->narrow || c->wide >= c->bins)
        return error_set(err, MR_EINVAL, "wide", (int64_t)j, "windows of clock %s must be of 1 bin to fewer than it has, %u, not %u to %u", name, c->bins, c->narrow, c->wide);
    if (!(c->knot >= 0) || isinf(c->knot)) return error_set(err, MR_EINVAL, "knot", (int64_t)j, "knot of clock %s must be at least 0, not %g", name, c->knot);
    if (!(c->steep >= 0) || isinf(c->steep)) return error_set(err, MR_EINVAL, "steep", (int64_t)j, "steep of clock %s must be at least 0, not %g", name, c->steep);
    return MR_OK;
}

static mr_status check_spells(const mr_moment_rows *rows, mr_error *err) {
    if (!rows->spells) return MR_OK;
    if (rows->binary || !rows->first || !rows->still) return error_set(err, MR_EINVAL, "spells", -1, "spells need where they begin, how likely they go on, and rates");
    if (rows->spells > UINT32_MAX || rows->first[0] || rows->first[rows->spells] != rows->n) return error_set(err, MR_EINVAL, "first", -1, "the spells must hold all rows, from the first to the last");
    for (size_t s = 0; s < rows->spells; s++) {
        if (rows->first[s + 1] <= rows->first[s] || rows->first[s + 1] > rows->n) return error_set(err, MR_EDATA, "first", (int64_t)s, "spell %zu has no rows", s);
        if (!(rows->still[s] >= 0) || isinf(rows->still[s])) return error_set(err, MR_EDATA, "still", (int64_t)s, "still must be a number of at least 0, not %g", rows->still[s]);
        for (size_t i = rows->first[s]; i < rows->first[s + 1]; i++)
            if (rows->event[i] != rows->event[rows->first[s]]) return error_set(err, MR_EDATA, "event", (int64_t)i, "the rows of a spell must all have an event, or none");
    }
    return MR_OK;
}

/* Of spells one each. */
static double events_of(const mr_moment_rows *rows) {
    double events = 0;
    for (size_t s = 0; s < rows->spells; s++) events += rows->event[rows->first[s]];
    for (size_t i = 0; i < rows->n && !rows->spells; i++) events += rows->event[i];
    return events;
}

static mr_status check_rows(const mr_moment_rows *rows, const mr_clock *clocks, mr_error *err) {
    double events, exposure = 0;
    mr_status status = check_spells(rows, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < rows->n; i++) {
        double days = rows->exposure && !rows->binary ? rows->exposure[i] : 1;
        if (rows->event[i] > 1) return error_set(err, MR_EDATA, "event", (int64_t)i, "event must be 0 or 1, not %d", rows->event[i]);
        if (!isfinite(days) || days < 0) return error_set(err, MR_EDATA, "exposure", (int64_t)i, "exposure must be a number of at least 0, not %g", days);
        if (!rows->event[i] || rows->binary) exposure += days;
    }
    events = events_of(rows);
    for (size_t j = 0; j < rows->clocks; j++)
        for (size_t i = 0; i < rows->n; i++)
            if (rows->bin[j][i] != MR_NO_BIN && rows->bin[j][i] >= clocks[j].bins)
                return error_set(err, MR_EDATA, "bin", (int64_t)i, "clock %s has bins 0 to %u, not %u", clocks[j].name ? clocks[j].name : "?", clocks[j].bins - 1, rows->bin[j][i]);
    if (events < LEAST_EVENTS) return error_set(err, MR_EDATA, "events", -1, "only %.0f left: it takes at least %d to tell when people leave", events, LEAST_EVENTS);
    if (!(exposure > 0)) return error_set(err, MR_EDATA, "exposure", -1, "nobody was under observation without leaving");
    if (rows->binary && events == (double)rows->n) return error_set(err, MR_EDATA, "event", -1, "everybody left: there is nobody to compare with");
    return MR_OK;
}

static mr_status check(const mr_moment_rows *rows, const mr_clock *clocks, const mr_moment_options *o, const mr_moments *out, mr_error *err) {
    if (!rows || !clocks || !o || !out || (rows->n && (!rows->bin || !rows->event))) return error_set(err, MR_EINVAL, "rows", -1, "moments need rows, clocks, options and room for the answer");
    if (rows->n > UINT32_MAX) return error_set(err, MR_EINVAL, "n", -1, "at most %u rows, not %zu: draw a sample of them", UINT32_MAX, rows->n);
    if (rows->clocks < 1 || rows->clocks > MR_MOST_CLOCKS) return error_set(err, MR_EINVAL, "clocks", -1, "1 to %d clocks, not %zu", MR_MOST_CLOCKS, rows->clocks);
    if (!(o->level > 0 && o->level <= 0.5)) return error_set(err, MR_EINVAL, "level", -1, "level must be above 0 and at most .5, not %g", o->level);
    if (o->replicates < 100 || o->replicates > 1000000) return error_set(err, MR_EINVAL, "replicates", -1, "replicates must be 100 to 1000000, not %u", o->replicates);
    if (!(o->least_ratio >= 1) || isinf(o->least_ratio)) return error_set(err, MR_EINVAL, "least_ratio", -1, "least_ratio must be at least 1, not %g", o->least_ratio);
    for (size_t j = 0; j < rows->clocks; j++) {
        if (!rows->bin[j]) return error_set(err, MR_EINVAL, "bin", (int64_t)j, "column %zu of bins is NULL", j);
        mr_status status = check_clock(&clocks[j], j, err);
        if (status != MR_OK) return status;
    }
    return check_rows(rows, clocks, err);
}

/* --- which clocks stand out --- */

/* Benjamini & Hochberg: adjusted[j] <= level where clock j stands out. */
static void adjust(const moments_peak *peak, size_t clocks, double *adjusted) {
    size_t searched = 0;
    for (size_t j = 0; j < clocks; j++) searched += peak[j].any;
    for (size_t j = 0; j < clocks; j++) {
        adjusted[j] = peak[j].any ? 1 : NAN;
        if (!peak[j].any) continue;
        for (size_t i = 0; i < clocks; i++) {
            if (!peak[i].any || peak[i].p < peak[j].p) continue;
            size_t rank = 0;
            for (size_t l = 0; l < clocks; l++) rank += peak[l].any && peak[l].p <= peak[i].p;
            adjusted[j] = fmin(adjusted[j], peak[i].p * (double)searched / (double)rank);
        }
    }
}

typedef struct finder {
    moments_model model;
    const mr_moment_rows *rows;
    const mr_clock *clocks;
    const mr_moment_options *options;
    moments_peak peak[MR_MOST_CLOCKS], before[MR_MOST_CLOCKS];
    moments_peak as_found[MR_MOST_MOMENTS];
    double adjusted[MR_MOST_CLOCKS];
    double tried[MR_MOST_CLOCKS]; /* log likelihood with each as the moment; NaN: not tried */
    mr_moments *out;
} finder;

static bool within(const mr_moment_rows *rows, size_t clock, size_t i, size_t from, size_t to) {
    uint16_t b = rows->bin[clock][i];
    return b != MR_NO_BIN && b >= from && b < to;
}

/* The share of the events in one window that another holds, too. */
static double shared(const mr_moment_rows *rows, size_t clock, size_t from, size_t to, size_t other, size_t other_from, size_t other_to) {
    double both = 0, all = 0;
    for (size_t i = 0; i < rows->n; i++) {
        if (!rows->event[i] || !within(rows, clock, i, from, to)) continue;
        all++;
        both += within(rows, other, i, other_from, other_to);
    }
    return all > 0 ? both / all : 0;
}

/* The shift of bins by which clock j reads on most rows of a window of `clock`, by majority vote (Boyer & Moore 1981), and the share of rows on
 * which it is that. false: the shifted window does not lie on clock j. */
static bool shift_of(const finder *f, size_t clock, uint32_t from, uint32_t to, size_t j, int64_t *shift, double *share) {
    const mr_moment_rows *rows = f->rows;
    double seen = 0, agree = 0, balance = 0;
    *shift = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < rows->n; i++) {
            if (!within(rows, clock, i, from, to)) continue;
            if (pass == 0) seen++;
            if (rows->bin[j][i] == MR_NO_BIN) continue;
            int64_t is = (int64_t)rows->bin[j][i] - rows->bin[clock][i];
            if (pass == 0 && balance == 0) *shift = is;
            balance += is == *shift ? 1 : -1;
            if (pass == 1) agree += llabs(is - *shift) <= 2; /* months and years are not all as long */
        }
    *share = seen > 0 ? agree / seen : 0;
    return (int64_t)from + *shift >= 0 && (int64_t)to + *shift <= f->clocks[j].bins;
}

/* Does clock j, on the rows of a window of `clock`, read the same but for a shift, and hold hardly any other rows there? Then no data can tell
 * the two apart. */
static bool same_rows(const finder *f, size_t clock, uint32_t from, uint32_t to, size_t j, int64_t *shift) {
    const mr_moment_rows *rows = f->rows;
    double held = 0, seen = 0, agree = 0, share;
    if (f->clocks[j].role == MR_CLOCK_FACTOR || !shift_of(f, clock, from, to, j, shift, &share) || share < SAME_ROWS) return false;
    for (size_t i = 0; i < rows->n; i++) {
        bool in = within(rows, clock, i, from, to), there = within(rows, j, i, (size_t)(from + *shift), (size_t)(to + *shift));
        seen += in;
        agree += in && there;
        held += there;
    }
    return agree >= SAME_ROWS * seen && agree >= SAME_ROWS * held;
}

static void move_to(finder *f, size_t from, size_t to, int64_t shift) {
    moments_peak p = f->peak[from];
    p.from = (uint32_t)(p.from + shift);
    p.to = (uint32_t)(p.to + shift);
    p.centre += (double)shift;
    p.centre_low += (double)shift;
    p.centre_high += (double)shift;
    f->peak[to] = p;
    f->adjusted[to] = f->adjusted[from];
}

/* May both stand out for one reason? */
static bool related(const finder *f, size_t one, size_t other) {
    const moments_peak *a = &f->peak[one], *b = &f->peak[other];
    return shared(f->rows, one, a->from, a->to, other, b->from, b->to) >= SOME_EVENTS || shared(f->rows, other, b->from, b->to, one, a->from, a->to) >= SOME_EVENTS;
}

/* What the whole model comes to with clock j's own window as the moment, and with `best`'s where j reads the same there but for a shift: a clock that
 * holds that window among other rows may explain more, and not show it, where several clocks have taken up its excess. The better one is j's. */
static mr_status try_clock(finder *f, size_t best, size_t j, mr_error *err) {
    const moments_peak *b = &f->peak[best], *p = &f->peak[j];
    mr_status status = MR_OK;
    int64_t shift;
    double share, other;
    bool own = j == best || (p->any && p->p <= f->options->level && p->strength >= WORTH_TRYING * b->strength && related(f, best, j));
    bool shifted = j != best && f->clocks[j].role == MR_CLOCK_CYCLE && shift_of(f, best, b->from, b->to, j, &shift, &share) && share >= SAME_ROWS;
    if (own) status = moments_try(&f->model, j, p->from, p->to, &f->tried[j], err);
    if (!shifted || status != MR_OK) return status;
    status = moments_try(&f->model, j, (size_t)(b->from + shift), (size_t)(b->to + shift), &other, err);
    if (status != MR_OK || (own && f->tried[j] >= other)) return status;
    move_to(f, best, j, shift);
    f->tried[j] = other;
    return MR_OK;
}

/* The strongest of those that stand out. Where others may stand out for the same reason, the one with which the whole model explains most: their
 * strengths do not compare, for each has taken up some of the excess already. About as good: the earlier. */
static mr_status pick(finder *f, size_t *out, mr_error *err) {
    size_t n = f->rows->clocks, best = n, chosen;
    double most = -HUGE_VAL;
    for (size_t j = 0; j < n; j++) {
        f->tried[j] = NAN;
        if (f->peak[j].any && f->adjusted[j] <= f->options->level && (best == n || f->peak[j].strength > f->peak[best].strength)) best = j;
    }
    *out = chosen = best;
    if (best == n) return MR_OK;
    for (size_t j = 0; j < n; j++) {
        mr_status status = try_clock(f, best, j, err);
        if (status != MR_OK) return status;
        if (f->tried[j] > most) most = f->tried[j];
    }
    for (size_t j = n; j-- > 0;)
        if (f->tried[j] >= most - AS_GOOD / 2) chosen = j;
    int64_t shift;
    const moments_peak *b = &f->peak[chosen];
    for (size_t j = 0; j < chosen; j++) {
        if (!same_rows(f, chosen, b->from, b->to, j, &shift)) continue;
        move_to(f, chosen, j, shift);
        f->tried[j] = f->tried[chosen];
        chosen = j;
        break;
    }
    *out = chosen;
    return MR_OK;
}

/* The moment found before that holds most of this window's events, its margins included; n: none does. */
static uint32_t same_as(const finder *f, size_t clock, const moments_peak *p) {
    for (uint32_t i = 0; i < f->out->n; i++) {
        const mr_moment *m = &f->out->moment[i];
        uint32_t margin = (m->to - m->from + 1) / 2;
        if (shared(f->rows, clock, p->from, p->to, m->clock, m->from > margin ? m->from - margin : 0, m->to + margin) > SAME_EVENTS) return i;
    }
    return f->out->n;
}

static void name_alias(mr_moment *m, size_t clock, uint32_t from, uint32_t to, double centre, bool apart) {
    for (uint32_t i = 0; i < m->aliases; i++)
        if (m->alias[i].clock == clock) return;
    if (m->aliases < MR_MOST_ALIASES && m->clock != clock)
        m->alias[m->aliases++] = (mr_moment_alias){.clock = (uint32_t)clock, .from = from, .to = to, .centre = centre, .apart = apart};
}

/* Clocks that read the same there. */
static void twins(finder *f, mr_moment *m) {
    int64_t shift;
    for (size_t j = 0; j < f->rows->clocks; j++)
        if (j != m->clock && same_rows(f, m->clock, m->from, m->to, j, &shift))
            name_alias(m, j, (uint32_t)(m->from + shift), (uint32_t)(m->to + shift), m->centre + (double)shift, false);
}

/* Which clocks stood out before the moment was found and no longer do. */
static void aliases(finder *f, uint32_t moment, double cut) {
    mr_moment *m = &f->out->moment[moment];
    const moments_peak *own = &f->before[m->clock];
    for (size_t j = 0; j < f->rows->clocks; j++) {
        const moments_peak *was = &f->before[j], *is = &f->peak[j];
        if (j == m->clock || !was->any || was->p > cut) continue;
        bool elsewhere = is->any && (is->to <= was->from || is->from >= was->to);
        if (is->any && !elsewhere && is->strength > EXPLAINED * was->strength) continue;
        if (shared(f->rows, j, was->from, was->to, m->clock, m->from, m->to) < SAME_EVENTS / 2) continue;
        bool both = !isnan(f->tried[m->clock]) && !isnan(f->tried[j]);
        name_alias(m, j, was->from, was->to, was->centre,
                   both ? 2 * (f->tried[m->clock] - f->tried[j]) > APART : own->strength * own->strength - was->strength * was->strength > APART);
    }
}

/* --- one after the other --- */

static mr_status find(finder *f, mr_error *err) {
    mr_moments *out = f->out;
    uint32_t roughness = f->rows->spells ? 0 : 3, ways = f->rows->spells ? 6 : 7; /* three fits, the search, what is tried, and a fit */
    f->model.ways = ways + 1;
    mr_status status = moments_fit(&f->model, err);
    for (uint64_t step = 0; status == MR_OK; step++) {
        if (step) f->model.way = 0, f->model.ways = ways;
        if (!f->rows->spells) status = moments_roughness(&f->model, err);
        f->model.way = (step ? 0 : 1) + roughness; /* also where fewer fits were enough */
        if (status == MR_OK) status = moments_search(&f->model, f->options, step, f->peak, err);
        if (status != MR_OK) break;
        for (size_t j = 0; step == 0 && j < f->rows->clocks; j++) out->p[j] = f->peak[j].p;
        if (step && out->n) aliases(f, out->n - 1, f->options->level / 2);
        adjust(f->peak, f->rows->clocks, f->adjusted);
        size_t clock;
        status = pick(f, &clock, err);
        if (status != MR_OK || clock == f->rows->clocks || out->n == MR_MOST_MOMENTS || step == 2 * MR_MOST_MOMENTS) break;
        const moments_peak *p = &f->peak[clock];
        uint32_t again = same_as(f, clock, p);
        memcpy(f->before, f->peak, sizeof f->peak);
        moments_patch(&f->model.clock[clock], p->from, p->to);
        if (again < out->n) {
            name_alias(&out->moment[again], clock, p->from, p->to, p->centre, true);
        } else {
            f->as_found[out->n] = *p;
            out->moment[out->n++] = (mr_moment){.clock = (uint32_t)clock, .from = p->from, .to = p->to, .centre = p->centre, .centre_low = p->centre_low,
                                                .centre_high = p->centre_high, .strength = p->strength, .p = p->p, .q = f->adjusted[clock]};
            twins(f, &out->moment[out->n - 1]);
        }
        status = moments_fit(&f->model, err);
    }
    return status;
}

/* --- what is said of a moment --- */

/* delta that makes a strength r, seen because it was above t, most likely: r - delta = phi(t - delta) / (1 - Phi(t - delta))
 * (Zollner & Pritchard 2007); at least 0. */
static double less_the_curse(double r, double t) {
    double low = 0, high = r;
    for (int i = 0; i < 60; i++) {
        double delta = (low + high) / 2, z = t - delta, tail = special_normal_cdf(-z);
        double mills = tail > 1e-300 ? exp(-z * z / 2) / 2.5066282746310002 / tail : z;
        if (r - delta > mills)
            low = delta;
        else
            high = delta;
    }
    return low;
}

/* The standard error of the log ratio: of the window's own count, and of the background it is held against. Where it is not known when, the count tells of the
 * ratio what its covariance by the model as it is now says (`own`), which rises with the ratio, up to its square: what was an event of another day is one of the
 * window's now. And what an error of the background shifts falls in turn; it never shifts the log ratio by more than itself. */
static double log_error(const moments_peak *p, double events, double ratio, double own) {
    double background = fmax(1 / p->information - 1 / p->own, 0);
    if (!(own > 0)) return sqrt(1 / events + background);
    double shift = fmin(1, ratio * p->own / own);
    return sqrt(1 / own + background * shift * shift);
}

static void describe(finder *f, const double *exposure, double own, mr_moment *m, const moments_peak *p) {
    const moments_clock *c = &f->model.clock[m->clock];
    m->events = m->expected = m->exposure = 0;
    for (size_t b = m->from; b < m->to; b++) {
        m->events += c->events[b];
        m->expected += c->mean[b] * exp(-moments_patched(c, b));
        m->exposure += exposure[b];
    }
    double events = fmax(m->events, 0.5), expected = fmax(m->expected, 1e-9);
    m->ratio = events / expected;
    double se = log_error(p, events, m->ratio, own);
    m->low = exp(log(m->ratio) - TWO_SIDED_95 * se);
    m->high = exp(log(m->ratio) + TWO_SIDED_95 * se);
    m->shrunk = m->ratio > 1 ? exp(log(m->ratio) * less_the_curse(p->strength, p->threshold) / p->strength) : m->ratio;
}

static void exposure_of(const mr_moment_rows *rows, const moments_clock *c, double *exposure) {
    memset(exposure, 0, c->bins * sizeof *exposure);
    for (size_t i = 0; i < rows->n; i++) {
        if (c->bin[i] >= c->bins || (!rows->binary && rows->event[i])) continue;
        exposure[c->bin[i]] += rows->exposure && !rows->binary ? rows->exposure[i] : 1;
    }
}

/* What the count of a moment's window tells of its ratio, where it is not known when; else 0. */
static mr_status own_information(finder *f, const mr_moment *m, double *own, mr_error *err) {
    moments_clock c;
    double *work = NULL;
    *own = 0;
    if (!f->rows->spells) return MR_OK;
    mr_status status = moments_copy(&f->model.clock[m->clock], context_alloc(f->model.context), &c, &work, err);
    if (status == MR_OK) status = moments_blur(&f->model, &c, err);
    if (status == MR_OK) *own = moments_band(&c, m->from, m->to);
    moments_blur_free(&f->model, &c);
    mem_free(context_alloc(f->model.context), work);
    return status;
}

static mr_status tell(finder *f, mr_clock_curve *curves, mr_error *err) {
    const mr_alloc *alloc = context_alloc(f->model.context);
    mr_moments *out = f->out;
    double *exposure = mem_take(alloc, f->model.most_bins, sizeof *exposure);
    mr_status status = exposure ? MR_OK : error_memory(err, f->model.most_bins * sizeof *exposure);
    if (!exposure) return status;
    for (size_t j = 0; j < f->rows->clocks && status == MR_OK; j++) {
        exposure_of(f->rows, &f->model.clock[j], exposure);
        if (curves) moments_curve(&f->model.clock[j], exposure, &curves[j]);
        for (uint32_t i = 0; i < out->n && status == MR_OK; i++) {
            double own;
            if (out->moment[i].clock != j) continue;
            status = own_information(f, &out->moment[i], &own, err);
            if (status == MR_OK) describe(f, exposure, own, &out->moment[i], &f->as_found[i]);
        }
    }
    mem_free(alloc, exposure);
    if (status != MR_OK) return status;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < out->n; i++) {
        const mr_moment *m = &out->moment[i];
        if (moments_strength(m->events - m->expected, m->expected) < GONE || m->low < f->options->least_ratio) continue;
        out->moment[kept++] = *m;
    }
    out->n = kept;
    return MR_OK;
}

mr_status mr_moments_find(const mr_moment_rows *rows, const mr_clock *clocks, const mr_moment_options *options, const mr_context *context, mr_moments *out,
                          mr_clock_curve *curves, mr_error *err) {
    mr_status status = check(rows, clocks, options, out, err);
    if (status != MR_OK) return status;
    const mr_alloc *alloc = context_alloc(context);
    finder *f = mem_new(alloc, 1, sizeof *f);
    if (!f) return error_memory(err, sizeof *f);
    f->rows = rows;
    f->clocks = clocks;
    f->options = options;
    f->out = out;
    memset(out, 0, sizeof *out);
    for (size_t j = 0; j < MR_MOST_CLOCKS; j++) out->p[j] = NAN;
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->binary || !rows->event[i]) out->exposure += rows->exposure && !rows->binary ? rows->exposure[i] : 1;
    }
    status = moments_model_new(&f->model, rows, clocks, context, err);
    if (status == MR_OK) status = find(f, err);
    out->events = rows->spells && status == MR_OK ? f->model.events : events_of(rows);
    out->rate = out->events / out->exposure;
    if (status == MR_OK) status = tell(f, curves, err);
    moments_model_free(&f->model);
    mem_free(alloc, f);
    return status;
}
