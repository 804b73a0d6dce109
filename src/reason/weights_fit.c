/* Latent classes of leavers by EM (weights.h), against what those show who stayed. In each round
 *
 *     E:  p(r | x) = share(r) ratio(x | r) / (share(unknown) + sum over reasons)
 *     M:  q(r,s)   = (sum p x + m mu) / (sum p + m),   share(r) = (sum p + 1) / (n + REASONS)
 *
 * Not the chance of all that a customer shows is modelled, but how many times as likely it is than for none (weights.c): of what happens to busy customers by chance, all kinds of
 * signals at once, nothing need be known but how often each reason's own signals come together. A model in which such signals came one by one gives the busy a class of their own.
 *
 * In the first rounds each reason is told by its own signals alone; then by those that it brings along (kin). Leavers are put in order first, so that the sums are the same
 * however they came, and beyond SAMPLE every k-th of them is taken. */
#include "weights.h"

#include <error.h>
#include <mem.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OWN_SAYS 4.0     /* leavers' worth of what a signal's own rate starts from */
#define OWN_FIRST 0.6    /* half of that: a signal that ever fires in this base is expected of most who leave for its reason */
#define OWN_SEEN 0.004
#define KIN_FIRST 0.02   /* leave for one reason and show another's signals because of it, before the base says */
#define KIN_ALL 50.0     /* leavers' worth of that in what is so of all reasons */
#define KIN_SAYS 30.0    /* and of what is so of all in each pair */
#define KIN_MOST 0.98
#define RATE_SAYS 5.0    /* leavers' worth of what signals that go along start from */
#define SET_SAYS 5.0     /* stayers' worth, whole sets of false traces, of how often a signal goes along with any of the reason's */
#define BESIDE_SAYS 20.0 /* and of how often it fires at all in that */
#define LEAVERS_SAY 0.5  /* of the stayers' number, in how often signals come together otherwise */
#define BASE_SAYS 20.0   /* stayers' worth of what is expected of them in what is seen of them */
#define AGE_SAYS 10.0    /* of how old evidence is: pieces' worth of what it is for all signals */
#define AGES_SAY 20.0    /* and of that: what signals.def says */
#define ROUNDS 80
#define SAMPLE 10000
#define ALONE 12         /* of them: by own signals alone */

typedef struct leaver {
    uint64_t pattern;
    uint8_t age[SIGNALS];
    uint32_t times;
} leaver;

typedef struct fit {
    weights *w;
    const weights_stayers *stayers;
    const leaver *x;
    size_t n;
    double of; /* leavers in all */
    bool alone;
    double own_mean[SIGNALS], stayed[SIGNALS], first_age[SIGNALS][WEIGHTS_AGES], first_base[REASONS][1 << WEIGHTS_OWN];
    double beside[REASONS][SIGNALS]; /* how often a signal goes along with those of a reason among those who stayed */
    double sum[REASONS], fired[REASONS][SIGNALS], kin[REASONS][REASONS]; /* kin[r][b]: leavers of r whose signals of b are because of it */
    double other[REASONS][1 << WEIGHTS_OWN]; /* leavers of others, whose signals of b are not because of anything */
    double own_age[SIGNALS][WEIGHTS_AGES], other_age[SIGNALS][WEIGHTS_AGES];
} fit;

static double clamp(double x) {
    return x < WEIGHTS_FLOOR ? WEIGHTS_FLOOR : x > 1 - WEIGHTS_FLOOR ? 1 - WEIGHTS_FLOOR : x;
}

/* --- E --- */

static void add(fit *f, const leaver *x, int r, double share, const double kin[REASONS]) {
    f->sum[r] += share;
    for (int b = 1; b < REASON_unknown; b++) {
        double because = 0;
        if (b == r) because = 1;
        else if (r != REASON_unknown) because = x->pattern & f->w->own[b] ? kin[b] : weights_because(f->w, r, b);
        if (b != r) f->kin[r][b] += share * because;
        f->other[b][weights_together(f->w->own[b], x->pattern)] += share * (1 - because);
    }
    for (uint64_t left = x->pattern; left; left &= left - 1) {
        int s = __builtin_ctzll(left), b = (int)signal_of(s)->reason;
        f->fired[r][s] += b == r ? share : r == REASON_unknown ? 0 : share * kin[b];
        double *age = b == r ? f->own_age[s] : f->other_age[s];
        age[x->age[s]] += share;
    }
}

static void expect(fit *f) {
    const weights *w = f->w;
    memset(f->sum, 0, sizeof f->sum);
    memset(f->fired, 0, sizeof f->fired);
    memset(f->kin, 0, sizeof f->kin);
    memset(f->other, 0, sizeof f->other);
    memset(f->own_age, 0, sizeof f->own_age);
    memset(f->other_age, 0, sizeof f->other_age);
    for (size_t i = 0; i < f->n; i++) {
        double p[REASONS], kin[REASONS][REASONS], best = -INFINITY, total = 0;
        for (int r = 1; r < REASONS; r++) {
            bool may = r == REASON_unknown || (f->x[i].pattern & w->own[r]);
            p[r] = may ? log(w->share[r]) + (r == REASON_unknown ? 0 : weights_ratio(w, f->x[i].pattern, f->x[i].age, r, kin[r])) : -INFINITY;
            if (p[r] > best) best = p[r];
        }
        for (int r = 1; r < REASONS; r++) total += p[r] = exp(p[r] - best);
        for (int r = 1; r < REASONS; r++)
            if (p[r] > 0) add(f, &f->x[i], r, f->x[i].times * p[r] / total, kin[r]);
    }
}

/* --- M --- */

/* How often a signal goes along with those of another reason, whatever they do then: among those who stayed and show the reason's signals as those do who leave
 * for it, by the first rates. That is how kindred reasons are told from two reasons: two defects are two problems, whoever has them. */
static double beside(const fit *f, int r, int s) {
    double n = 0, fired = 0, set = 0, with = 0;
    for (unsigned t = 1; t < 1U << __builtin_popcountll(f->w->own[r]); t++) {
        double of = (double)f->stayers->together[r][t], beside = (double)f->stayers->beside[r][t][s];
        double share = fmin(1, exp(weights_rates(f->w, r, r, t)) * WEIGHTS_MISLED / f->w->base[r][t]);
        n += of, fired += beside;
        set += share * of, with += share * beside;
    }
    double any = (fired + BESIDE_SAYS * f->stayed[s]) / (n + BESIDE_SAYS);
    return clamp((with + SET_SAYS * any) / (set + SET_SAYS));
}

static void shares_of(const double n[WEIGHTS_AGES], double says, const double mean[WEIGHTS_AGES], double out[WEIGHTS_AGES]) {
    double total = says;
    for (int k = 0; k < WEIGHTS_AGES; k++) total += n[k];
    for (int k = 0; k < WEIGHTS_AGES; k++) out[k] = (n[k] + says * mean[k]) / total;
}

static void normalise(double p[WEIGHTS_AGES]) {
    double total = 0;
    for (int k = 0; k < WEIGHTS_AGES; k++) total += p[k];
    for (int k = 0; k < WEIGHTS_AGES; k++) p[k] /= total;
}

static bool fades(int s) {
    return signal_of(s)->window_days > 0;
}

/* The log ratio of two spreads of ages; for events that grow old fresher evidence counts for no less: the likeliest ratio that falls, by pooling neighbours that rise
 * (Ayer et al. 1955; Dykstra, Kochar & Robertson 1995). */
static void compare(int s, const double own[WEIGHTS_AGES], const double other[WEIGHTS_AGES], double out[WEIGHTS_AGES]) {
    double a[WEIGHTS_AGES], b[WEIGHTS_AGES];
    int n[WEIGHTS_AGES], blocks = 0;
    for (int k = 0; k < WEIGHTS_AGES; k++) {
        a[blocks] = own[k], b[blocks] = other[k], n[blocks++] = 1;
        while (fades(s) && blocks > 1 && a[blocks - 2] * b[blocks - 1] < a[blocks - 1] * b[blocks - 2]) {
            a[blocks - 2] += a[blocks - 1], b[blocks - 2] += b[blocks - 1], n[blocks - 2] += n[blocks - 1];
            blocks--;
        }
    }
    for (int i = 0, k = 0; i < blocks; i++)
        for (int j = 0; j < n[i]; j++) out[k++] = log(a[i] / b[i]);
}

/* How old a signal is otherwise: by its window, then the stayers, then the leavers who do not leave for it. */
static void other_ages(const fit *f, int s, double out[WEIGHTS_AGES]) {
    double n[WEIGHTS_AGES], flat[WEIGHTS_AGES], stayed[WEIGHTS_AGES];
    int32_t window = signal_of(s)->window_days ? signal_of(s)->window_days : 540;
    for (int k = 0; k < WEIGHTS_AGES; k++) {
        double to = k + 1 < WEIGHTS_AGES ? weights_age_from(k + 1) : 540;
        flat[k] = fmax(fmin(to, window) - weights_age_from(k), 1);
        n[k] = (double)f->stayers->age[s][k];
    }
    normalise(flat);
    shares_of(n, AGES_SAY, flat, stayed);
    shares_of(f->other_age[s], AGES_SAY, stayed, out);
}

static void ages(fit *f) {
    double other[SIGNALS][WEIGHTS_AGES], all_own[WEIGHTS_AGES] = {0}, all_other[WEIGHTS_AGES] = {0}, expected[WEIGHTS_AGES] = {0}, pooled[WEIGHTS_AGES];
    for (int s = 0; s < SIGNALS; s++) {
        other_ages(f, s, other[s]);
        double n = 0;
        for (int k = 0; k < WEIGHTS_AGES; k++) n += f->own_age[s][k];
        for (int k = 0; k < WEIGHTS_AGES && fades(s); k++) { /* as many of each signal on both sides */
            all_own[k] += f->own_age[s][k];
            all_other[k] += n * other[s][k];
            expected[k] += n * other[s][k] * exp(weights_default_age(s, k));
        }
    }
    for (int k = 0; k < WEIGHTS_AGES; k++) all_other[k] += 1e-3, expected[k] += 1e-3;
    normalise(all_other);
    normalise(expected);
    shares_of(all_own, AGES_SAY, expected, pooled);
    for (int s = 0; s < SIGNALS; s++) {
        double mean[WEIGHTS_AGES], own[WEIGHTS_AGES];
        for (int k = 0; k < WEIGHTS_AGES; k++) mean[k] = fades(s) ? other[s][k] * pooled[k] / all_other[k] : f->first_age[s][k];
        normalise(mean);
        shares_of(f->own_age[s], AGE_SAYS, mean, own);
        compare(s, own, other[s], f->w->age[s]);
    }
}

/* How often a reason's signals come together in those whom it does not drive: those who stayed, and those who left for anything else; these count for no more than half
 * as much, so that a class without leavers of its own is not buried under them. */
static void bases(fit *f) {
    weights *w = f->w;
    double stay = (double)f->stayers->n;
    for (int b = 1; b < REASON_unknown; b++) {
        double of = 0;
        for (unsigned t = 0; t < 1U << WEIGHTS_OWN; t++) of += f->other[b][t];
        double scale = of > 0 ? fmin(1, LEAVERS_SAY * stay / of) : 0;
        for (unsigned t = 0; t < 1U << WEIGHTS_OWN; t++)
            w->base[b][t] = ((double)f->stayers->together[b][t] + scale * f->other[b][t] + BASE_SAYS * f->first_base[b][t]) / (stay + scale * of + BASE_SAYS);
    }
}

/* How often b's signals are there because of another reason: of all reasons, then of each. */
static void kindred(fit *f, int b) {
    double all = 0, of = 0;
    for (int r = 1; r < REASON_unknown; r++) {
        if (r == b) continue;
        all += f->kin[r][b];
        of += f->sum[r];
    }
    double mean = (all + KIN_ALL * KIN_FIRST) / (of + KIN_ALL);
    for (int r = 1; r < REASON_unknown; r++)
        f->w->kin[r][b] = f->alone || r == b ? 0 : fmin(KIN_MOST, (f->kin[r][b] + KIN_SAYS * mean) / (f->sum[r] + KIN_SAYS));
}

static void rates(fit *f, int s) {
    weights *w = f->w;
    int own = (int)signal_of(s)->reason;
    for (int r = 1; r < REASON_unknown; r++) {
        if (r == own) w->rate[r][s] = clamp((f->fired[r][s] + OWN_SAYS * f->own_mean[s]) / (f->sum[r] + OWN_SAYS));
        else if (f->alone) w->rate[r][s] = f->beside[r][s];
        else w->rate[r][s] = clamp((f->fired[r][s] + RATE_SAYS * f->beside[r][s]) / (f->kin[r][own] + RATE_SAYS));
    }
}

static void maximise(fit *f) {
    weights *w = f->w;
    for (int r = 1; r < REASONS; r++) w->share[r] = (f->sum[r] + 1) / (f->of + REASONS - 1);
    bases(f);
    for (int b = 1; b < REASON_unknown; b++) kindred(f, b);
    for (int r = 1; r < REASON_unknown; r++)
        for (int s = 0; s < SIGNALS; s++) f->beside[r][s] = beside(f, r, s);
    for (int s = 0; s < SIGNALS; s++) rates(f, s);
    ages(f);
    weights_settle(w);
}

/* --- the leavers in order --- */

static int by_signals(const void *a, const void *b) {
    const leaver *x = a, *y = b;
    if (x->pattern != y->pattern) return x->pattern < y->pattern ? -1 : 1;
    return memcmp(x->age, y->age, sizeof x->age);
}

/* Distinct ones, and how often each; returns how many. */
static size_t gather(const weights_row *row, size_t n, leaver *out) {
    for (size_t i = 0; i < n; i++) {
        out[i] = (leaver){.times = 1};
        for (size_t k = 0; k < row[i].n; k++) {
            out[i].pattern |= UINT64_C(1) << row[i].hit[k].signal;
            out[i].age[row[i].hit[k].signal] = (uint8_t)weights_age(row[i].hit[k].age_days);
        }
    }
    qsort(out, n, sizeof *out, by_signals);
    size_t kept = 0, step = (n + SAMPLE - 1) / SAMPLE;
    for (size_t i = 0; i < n; i += step) {
        if (kept && !by_signals(&out[kept - 1], &out[i])) out[kept - 1].times++;
        else out[kept++] = out[i];
    }
    return kept;
}

static void count(weights *out, const weights_row *row, size_t n, const weights_stayers *stayers) {
    uint64_t fired[SIGNALS] = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < row[i].n; k++) fired[row[i].hit[k].signal]++;
    for (int s = 0; s < SIGNALS; s++) {
        if (n) out->leavers[s] = (double)fired[s] / (double)n;
        if (stayers->n) out->stayers[s] = (double)stayers->fired[s] / (double)stayers->n;
    }
    out->leavers_n = n;
    out->stayers_n = stayers->n;
}

/* The ages that leavers show more often than stayers. */
static void first_ages(fit *f, int s) {
    double left[WEIGHTS_AGES] = {0}, none[WEIGHTS_AGES] = {0}, other[WEIGHTS_AGES], stayers = (double)f->stayers->n;
    for (size_t i = 0; i < f->n; i++)
        if (f->x[i].pattern >> s & 1) left[f->x[i].age[s]] += f->x[i].times;
    memset(f->other_age, 0, sizeof f->other_age);
    other_ages(f, s, other);
    for (int k = 0; k < WEIGHTS_AGES; k++) {
        double excess = left[k] / f->of - (double)f->stayers->age[s][k] / stayers;
        none[k] = f->of * fmax(excess, 0) * exp(weights_default_age(s, k));
    }
    shares_of(none, AGE_SAYS, other, f->first_age[s]);
    compare(s, f->first_age[s], other, f->w->age[s]);
}

/* Of a signal that ever fires here most show it who leave for its reason, and more than those who stay; else it is none of theirs. */
static double own_mean(const fit *f, int s) {
    double excess = (f->w->leavers[s] - f->stayed[s]) * (REASONS - 1), seen = fmin(0.9, fmax(excess, 2 * f->stayed[s]));
    if (f->stayed[s] <= OWN_SEEN && f->w->leavers[s] <= OWN_SEEN) return clamp(seen);
    return clamp((fmax(OWN_FIRST, fmin(1, 2 * f->stayed[s])) + seen) / 2);
}

static void begin(fit *f) {
    weights *w = f->w;
    for (int s = 0; s < SIGNALS; s++) {
        f->stayed[s] = clamp(((double)f->stayers->fired[s] + WEIGHTS_OWN_RATE / signal_of(s)->ratio) / ((double)f->stayers->n + 1));
        f->own_mean[s] = own_mean(f, s);
        for (int r = 1; r < REASONS; r++) w->rate[r][s] = (int)signal_of(s)->reason == r ? f->own_mean[s] : f->stayed[s];
        first_ages(f, s);
    }
    for (int r = 1; r < REASONS; r++) weights_base(w, r, f->stayed, f->first_base[r]);
    bases(f);
    weights_settle(w);
}

mr_status weights_fit(const weights_row *row, size_t leavers, const weights_stayers *stayers, const mr_alloc *alloc, weights *out, mr_error *err) {
    weights_default(out);
    count(out, row, leavers, stayers);
    if (leavers < WEIGHTS_ENOUGH || stayers->n < WEIGHTS_ENOUGH) return MR_OK;
    leaver *x = mem_take(alloc, leavers, sizeof *x);
    fit *f = x ? mem_new(alloc, 1, sizeof *f) : NULL;
    if (!f) {
        mem_free(alloc, x);
        return error_memory(err, leavers * sizeof *x + sizeof *f);
    }
    *f = (fit){.w = out, .stayers = stayers, .x = x};
    f->n = gather(row, leavers, x);
    for (size_t i = 0; i < f->n; i++) f->of += x[i].times;
    begin(f);
    for (int round = 0; round < ROUNDS; round++) {
        f->alone = round < ALONE;
        expect(f);
        maximise(f);
    }
    expect(f);
    for (int r = 1; r < REASONS; r++) out->belong[r] = f->sum[r] * (double)leavers / f->of;
    mem_free(alloc, f);
    mem_free(alloc, x);
    return MR_OK;
}
