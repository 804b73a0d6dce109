/* Latent classes of leavers by EM. With pi(r) the share of reason r, x the signals,
 *
 *     E:  p(r | x) = pi(r) prod_s q(r,s)^x(s) (1 - q(r,s))^(1 - x(s)) / sum over reasons
 *     M:  q(r,s)   = (sum p x + m mu) / (sum p + m),   pi(r) = (sum p + 1) / (n + REASONS)
 *
 * where a signal's own reason has mu = OWN and m = OWN_SAYS; any other mu = the rate among all leavers for whom it is no own signal (itself shrunk to the stayers'
 * rate) and m = OTHER_SAYS. The E-step goes over distinct patterns in their order, so that the sums are the same however customers came. */
#include "weights.h"

#include <error.h>
#include <mem.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(SIGNALS <= 64, "a pattern has a bit for each signal");

#define OWN 0.4        /* of those who leave for a reason show a signal of it, before the base says */
#define OWN_SAYS 8.0   /* leavers' worth of that */
#define OTHER_SAYS 40.0
#define STAYERS_SAY 40.0
#define UNKNOWN_SAYS 1000.0 /* whom no reason explains shows what stayers show */
#define ROUNDS 60
#define USUAL_AGE 30.0  /* days, until the base says */
#define FLOOR 0.002    /* no signal is impossible: one in five hundred is a mistake in the data */

static bool own(int r, int s) {
    return signal_of(s)->reason == (reason)r;
}

static double clamp(double x) {
    return x < FLOOR ? FLOOR : x > 1 - FLOOR ? 1 - FLOOR : x;
}

static void settle(weights *w) {
    for (int r = 1; r < REASONS; r++) {
        for (int s = 0; s < SIGNALS; s++) {
            double here = w->rate[r][s], base = w->rate[REASON_unknown][s];
            w->fired[r][s] = log(here / base);
            w->absent[r][s] = log((1 - here) / (1 - base));
        }
    }
}

void weights_default(weights *out) {
    *out = (weights){0};
    for (int s = 0; s < SIGNALS; s++) {
        out->leavers[s] = out->stayers[s] = NAN;
        out->age[s] = USUAL_AGE;
        for (int r = 1; r < REASONS; r++) out->rate[r][s] = own(r, s) ? OWN : OWN / signal_of(s)->ratio;
    }
    for (int r = 1; r < REASONS; r++) out->share[r] = 1.0 / (REASONS - 1);
    settle(out);
}

uint64_t weights_pattern(const signal_hit *hit, size_t n) {
    uint64_t pattern = 0;
    for (size_t i = 0; i < n; i++) pattern |= UINT64_C(1) << hit[i].signal;
    return pattern;
}

/* --- EM --- */

typedef struct fit {
    weights *w;
    const uint64_t *pattern; /* distinct ones */
    const uint32_t *times;
    size_t n;
    double own_mean[SIGNALS], stayers[SIGNALS];
    double sum[REASONS], fired[REASONS][SIGNALS];
} fit;

static void expect(fit *f) {
    const weights *w = f->w;
    double none[REASONS], yes[REASONS][SIGNALS];
    uint64_t of_own[REASONS] = {0};
    for (int s = 0; s < SIGNALS; s++) of_own[signal_of(s)->reason] |= UINT64_C(1) << s;
    of_own[REASON_unknown] = UINT64_MAX;
    for (int r = 1; r < REASONS; r++) {
        none[r] = log(w->share[r]);
        for (int s = 0; s < SIGNALS; s++) {
            none[r] += log(1 - w->rate[r][s]);
            yes[r][s] = log(w->rate[r][s] / (1 - w->rate[r][s]));
        }
    }
    memset(f->sum, 0, sizeof f->sum);
    memset(f->fired, 0, sizeof f->fired);
    for (size_t i = 0; i < f->n; i++) {
        double p[REASONS], best = -INFINITY, total = 0;
        for (int r = 1; r < REASONS; r++) {
            bool may = r == REASON_unknown || (f->pattern[i] & of_own[r]);
            p[r] = may ? none[r] : -INFINITY;
            for (uint64_t left = f->pattern[i]; left; left &= left - 1) p[r] += yes[r][__builtin_ctzll(left)];
            if (p[r] > best) best = p[r];
        }
        for (int r = 1; r < REASONS; r++) total += p[r] = exp(p[r] - best);
        for (int r = 1; r < REASONS; r++) {
            double share = f->times[i] * p[r] / total;
            f->sum[r] += share;
            for (uint64_t left = f->pattern[i]; left; left &= left - 1) f->fired[r][__builtin_ctzll(left)] += share;
        }
    }
}

static void maximise(fit *f, double n) {
    weights *w = f->w;
    for (int r = 1; r < REASONS; r++) w->share[r] = (f->sum[r] + 1) / (n + REASONS - 1);
    for (int s = 0; s < SIGNALS; s++) {
        double fired = 0, of = 0;
        for (int r = 1; r < REASONS; r++)
            if (!own(r, s) && r != REASON_unknown) fired += f->fired[r][s], of += f->sum[r];
        double others = (fired + STAYERS_SAY * f->stayers[s]) / (of + STAYERS_SAY);
        for (int r = 1; r < REASONS; r++) {
            double mean = own(r, s) ? f->own_mean[s] : r == REASON_unknown ? f->stayers[s] : others;
            double says = own(r, s) ? OWN_SAYS : r == REASON_unknown ? UNKNOWN_SAYS : OTHER_SAYS;
            w->rate[r][s] = clamp((f->fired[r][s] + says * mean) / (f->sum[r] + says));
        }
    }
}

/* Sorted patterns into distinct ones and how often each; returns how many. */
static size_t gather(uint64_t *pattern, size_t n, uint32_t *times) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept && pattern[kept - 1] == pattern[i]) {
            times[kept - 1]++;
        } else {
            pattern[kept] = pattern[i];
            times[kept++] = 1;
        }
    }
    return kept;
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void count(weights *out, const uint64_t *pattern, size_t leavers, const uint64_t *stayers_fired, uint64_t stayers) {
    uint64_t fired[SIGNALS] = {0};
    for (size_t i = 0; i < leavers; i++)
        for (uint64_t left = pattern[i]; left; left &= left - 1) fired[__builtin_ctzll(left)]++;
    for (int s = 0; s < SIGNALS; s++) {
        if (leavers) out->leavers[s] = (double)fired[s] / (double)leavers;
        if (stayers) out->stayers[s] = (double)stayers_fired[s] / (double)stayers;
    }
    out->leavers_n = leavers;
    out->stayers_n = stayers;
}

mr_status weights_fit(uint64_t *pattern, size_t leavers, const uint64_t stayers_fired[SIGNALS], uint64_t stayers, const mr_alloc *alloc, weights *out,
                      mr_error *err) {
    weights_default(out);
    count(out, pattern, leavers, stayers_fired, stayers);
    if (leavers < WEIGHTS_ENOUGH || stayers < WEIGHTS_ENOUGH) return MR_OK;
    uint32_t *times = mem_take(alloc, leavers, sizeof *times);
    if (!times) return error_memory(err, leavers * sizeof *times);
    qsort(pattern, leavers, sizeof *pattern, by_value);
    fit f = {.w = out, .pattern = pattern, .times = times, .n = gather(pattern, leavers, times)};
    for (int s = 0; s < SIGNALS; s++) {
        f.stayers[s] = clamp(((double)stayers_fired[s] + 1 * OWN / signal_of(s)->ratio) / ((double)stayers + 1));
        /* A signal that stayers often show must show more among those whose reason it is, or it is none of theirs. */
        double excess = (out->leavers[s] - f.stayers[s]) * (REASONS - 1);
        f.own_mean[s] = clamp(fmin(0.9, fmax(excess, 2 * f.stayers[s])));
        for (int r = 1; r < REASONS; r++) out->rate[r][s] = own(r, s) ? f.own_mean[s] : f.stayers[s];
    }
    for (int round = 0; round < ROUNDS; round++) {
        expect(&f);
        maximise(&f, (double)leavers);
    }
    settle(out);
    mem_free(alloc, times);
    return MR_OK;
}

/* --- one customer --- */

double weights_fade(const weights *w, const signal_hit *h, int32_t day) {
    int32_t half = signal_of((int)h->signal)->half_life_days;
    double older = (double)day - h->day - w->age[h->signal];
    return half && older > 0 ? exp2(-older / half) : 1;
}

/* Sums of the reasons that have a signal of their own; the others' are 0. */
static void add_up(const weights *w, const signal_hit *hit, size_t n, int32_t day, double sum[REASONS]) {
    bool has[REASONS] = {false};
    for (size_t i = 0; i < n; i++) has[signal_of((int)hit[i].signal)->reason] = true;
    for (int r = 0; r < REASONS; r++) {
        sum[r] = 0;
        for (size_t i = 0; i < n && has[r]; i++) sum[r] += w->fired[r][hit[i].signal] * weights_fade(w, &hit[i], day);
        if (sum[r] < 0) sum[r] = 0;
    }
}

static double posterior(const weights *w, const signal_hit *hit, size_t n, int32_t day, int r) {
    double sum = log(w->share[r] / w->share[REASON_unknown]);
    uint64_t pattern = weights_pattern(hit, n);
    for (size_t i = 0; i < n; i++) sum += w->fired[r][hit[i].signal] * weights_fade(w, &hit[i], day);
    for (int s = 0; s < SIGNALS; s++) if (!(pattern >> s & 1)) sum += w->absent[r][s];
    return sum;
}
void weights_attribute(const weights *w, const signal_hit *hit, size_t n, int32_t day, attribution *out) {
    *out = (attribution){.top = REASON_unknown, .second = REASON_none};
    add_up(w, hit, n, day, out->sum);
    double best = -INFINITY, next = -INFINITY;
    for (int r = 1; r < REASON_unknown; r++) {
        if (!(out->sum[r] > 0)) continue;
        double rank = posterior(w, hit, n, day, r);
        double strength = out->strength[r] = rank - log(w->share[r] / w->share[REASON_unknown]);
        if (strength < WEIGHTS_NAMED || rank < WEIGHTS_LEAST) continue;
        if (rank > best) {
            out->second = out->top == REASON_unknown ? REASON_none : out->top;
            out->top = (reason)r;
            next = best, best = rank;
        } else if (rank > next) {
            out->second = (reason)r;
            next = rank;
        }
    }
    if (out->top == REASON_unknown || best - next > 1e-9) return;
    out->second = out->top;
    out->top = REASON_unknown;
}
