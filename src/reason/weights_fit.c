/* Latent classes of leavers by EM (weights.h), from what signals.def expects. In each round
 *
 *     E:  p(r | x) = share(r) p(x | r) / sum over reasons
 *     M:  q(r,s)   = (sum p x + m mu) / (sum p + m),   share(r) = (sum p + 1) / (n + REASONS)
 *
 * where a signal's own reason has mu = its excess among leavers over stayers and m = OWN_SAYS; any other mu = the rate among all leavers for whom it is no own
 * signal (itself shrunk to the stayers' rate) and m = OTHER_SAYS. misled and the rates of stayers are a mixture of two for each reason's signals among
 * those who stayed: by chance one by one, and all at once as among those who leave for it.
 *
 * In the first rounds the signals of other reasons say nothing of a class: else a class without leavers of its own takes another's over, by the signals that go along
 * with it. Leavers are put in order first, so that the sums are the same however they came, and beyond SAMPLE every k-th of them is taken. */
#include "weights.h"

#include <error.h>
#include <mem.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OWN_SAYS 8.0     /* leavers' worth of what a signal's own rate starts from */
#define OTHER_SAYS 100.0
#define STAYERS_SAY 40.0
#define BESIDE_SAYS 20.0 /* stayers' worth of a signal's own rate in how often it goes along with others */
#define UNKNOWN_SAYS 1000.0 /* whom no reason explains shows what stayers show */
#define MISLED_SAYS 50.0
#define MISLED_MOST 0.25 /* a set of signals that comes oftener than that is how things are, and no accident */
#define AGE_SAYS 10.0    /* of how old evidence is: pieces' worth of what it is for all signals */
#define AGES_SAY 20.0    /* and of that: what signals.def says */
#define ROUNDS 60
#define ALONE 12         /* of them: by own signals alone */
#define SAMPLE 10000
#define TURN_LEAST 40  /* leavers at stake; with fewer, what rates start from decides */
#define TURN_SHARE 0.2 /* of the reason's */
#define TURN_ROUNDS 12
#define TURN_GAIN 15   /* log likelihood */
#define TURN_OTHERS 4  /* OTHER_SAYS there, which would else outweigh what is seen */

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
    double own_mean[SIGNALS], stayed[SIGNALS], first_age[SIGNALS][WEIGHTS_AGES];
    double sum[REASONS], fired[REASONS][SIGNALS], could[REASONS][REASONS]; /* could[r][b]: leavers of r whose signals of b are no whole set of false ones */
    double own_age[SIGNALS][WEIGHTS_AGES], other_age[SIGNALS][WEIGHTS_AGES];
    double likely;                   /* the log likelihood of the leavers' signals at the last E */
    double also[REASONS][REASONS];   /* leavers of r who might be of the other: a signal of its own fires */
    weights kept; /* before a turn that may not hold */
    double kept_stayed[SIGNALS];
    int from, to;                    /* in this E all of `from` who might are of `to`; 0 */
} fit;

static double clamp(double x) {
    return x < WEIGHTS_FLOOR ? WEIGHTS_FLOOR : x > 1 - WEIGHTS_FLOOR ? 1 - WEIGHTS_FLOOR : x;
}

/* --- E --- */

static void add(fit *f, const leaver *x, int r, double share, const double clean[REASONS]) {
    f->sum[r] += share;
    for (int b = 1; b < REASON_unknown; b++) {
        bool fires = x->pattern & f->w->own[b];
        f->could[r][b] += fires && b != r ? share * clean[b] : share;
    }
    for (uint64_t left = x->pattern; left; left &= left - 1) {
        int s = __builtin_ctzll(left), b = (int)signal_of(s)->reason;
        f->fired[r][s] += b == r ? share : share * clean[b];
        double *age = b == r ? f->own_age[s] : f->other_age[s];
        age[x->age[s]] += share;
    }
}

static void expect(fit *f) {
    const weights *w = f->w;
    memset(f->sum, 0, sizeof f->sum);
    memset(f->fired, 0, sizeof f->fired);
    memset(f->could, 0, sizeof f->could);
    memset(f->own_age, 0, sizeof f->own_age);
    memset(f->other_age, 0, sizeof f->other_age);
    memset(f->also, 0, sizeof f->also);
    f->likely = 0;
    for (size_t i = 0; i < f->n; i++) {
        double p[REASONS], clean[REASONS][REASONS], best = -INFINITY, total = 0;
        for (int r = 1; r < REASONS; r++) {
            bool may = r == REASON_unknown || (f->x[i].pattern & w->own[r]);
            p[r] = may ? log(w->share[r]) + weights_chance(w, f->x[i].pattern, f->x[i].age, r, clean[r]) : -INFINITY;
            if (p[r] > best) best = p[r];
        }
        for (int r = 1; r < REASONS; r++) total += p[r] = exp(p[r] - best);
        f->likely += f->x[i].times * (best + log(total));
        if (f->from && (f->to == REASON_unknown || f->x[i].pattern & w->own[f->to])) p[f->to] += p[f->from], p[f->from] = 0;
        for (int r = 1; r < REASONS; r++)
            for (int c = 1; c < REASON_unknown; c++)
                if (f->x[i].pattern & w->own[c]) f->also[r][c] += f->x[i].times * p[r] / total;
        for (int r = 1; r < REASONS; r++)
            if (p[r] > 0) add(f, &f->x[i], r, f->x[i].times * p[r] / total, clean[r]);
    }
}

/* --- M --- */

/* How often the stayers' signals of one reason are a whole set, and how often each comes by itself. */
static void by_accident(fit *f, int b) {
    weights *w = f->w;
    const weights_stayers *c = f->stayers;
    double whole = 0, alone[WEIGHTS_OWN] = {0}, misled = w->misled[b];
    int signal[WEIGHTS_OWN], own = 0;
    for (uint64_t left = w->own[b]; left && own < WEIGHTS_OWN; left &= left - 1) signal[own++] = __builtin_ctzll(left);
    for (unsigned together = 0; together < 1U << own; together++) {
        double n = (double)c->together[b][together], plain = 1 - misled, set = misled;
        if (!(n > 0)) continue;
        for (int k = 0; k < own; k++) {
            bool fires = together >> k & 1;
            plain *= fires ? f->stayed[signal[k]] : 1 - f->stayed[signal[k]];
            set *= fires ? w->rate[b][signal[k]] : 1 - w->rate[b][signal[k]];
        }
        double share = set / (plain + set);
        whole += n * share;
        for (int k = 0; k < own; k++)
            if (together >> k & 1) alone[k] += n * (1 - share);
    }
    double n = (double)c->n;
    w->misled[b] = fmin(MISLED_MOST, fmax(WEIGHTS_FLOOR, (whole + MISLED_SAYS * WEIGHTS_MISLED) / (n + MISLED_SAYS)));
    for (int k = 0; k < own; k++) f->stayed[signal[k]] = clamp((alone[k] + WEIGHTS_OWN_RATE / signal_of(signal[k])->ratio) / (n - whole + 1));
}

/* How often a signal goes along with those of another reason, whatever they do then: among those who stayed. */
static double beside(const fit *f, int r, int s) {
    return ((double)f->stayers->beside[r][s] + BESIDE_SAYS * f->stayed[s]) / ((double)f->stayers->any[r] + BESIDE_SAYS);
}

/* How often a signal fires among those who left for anything but its reason, shrunk to the stayers. */
static double others_of(const fit *f, int s) {
    int own = (int)signal_of(s)->reason;
    double fired = 0, of = 0;
    for (int r = 1; r < REASON_unknown; r++)
        if (r != own) fired += f->fired[r][s], of += f->could[r][own];
    return clamp((fired + STAYERS_SAY * f->stayed[s]) / (of + STAYERS_SAY));
}

static void rates(fit *f, int s) {
    weights *w = f->w;
    int own = (int)signal_of(s)->reason;
    double pool = others_of(f, s);
    for (int r = 1; r < REASONS; r++) {
        double mean = r == own || r == REASON_unknown ? 0 : (beside(f, r, s) + pool) / 2;
        if (r == own) w->rate[r][s] = clamp((f->fired[r][s] + OWN_SAYS * f->own_mean[s]) / (f->sum[r] + OWN_SAYS));
        else if (r == REASON_unknown) w->rate[r][s] = clamp((f->fired[r][s] + UNKNOWN_SAYS * f->stayed[s]) / (f->could[r][own] + UNKNOWN_SAYS));
        else if (f->alone) w->rate[r][s] = clamp(mean);
        else w->rate[r][s] = clamp((f->fired[r][s] + OTHER_SAYS * mean) / (f->could[r][own] + OTHER_SAYS));
    }
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

/* The log ratio of two spreads of ages; for events that grow old fresher evidence counts for no less. */
static void compare(int s, const double own[WEIGHTS_AGES], const double other[WEIGHTS_AGES], double out[WEIGHTS_AGES]) {
    for (int k = WEIGHTS_AGES - 1; k >= 0; k--) {
        out[k] = log(own[k] / other[k]);
        if (fades(s) && k + 1 < WEIGHTS_AGES) out[k] = fmax(out[k], out[k + 1]);
    }
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

static void maximise(fit *f) {
    weights *w = f->w;
    for (int b = 1; b < REASON_unknown; b++) by_accident(f, b);
    for (int r = 1; r < REASONS; r++) w->share[r] = (f->sum[r] + 1) / (f->of + REASONS - 1);
    for (int s = 0; s < SIGNALS; s++) rates(f, s);
    if (f->alone) memset(w->age, 0, sizeof w->age);
    else ages(f);
    weights_settle(w);
}

/* --- other ways of telling the reasons apart --- */

static double beta(double says, double mean, double x) {
    return says * (mean * log(x) + (1 - mean) * log(1 - x));
}

/* What is maximised: the likelihood, and what the rates start from. */
static double worth(fit *f) {
    weights *w = f->w;
    double ages[SIGNALS][WEIGHTS_AGES];
    memcpy(ages, w->age, sizeof ages);
    memset(w->age, 0, sizeof w->age); /* they are no chances that add up to 1 */
    expect(f);
    memcpy(w->age, ages, sizeof ages);
    double sum = f->likely;
    for (int s = 0; s < SIGNALS; s++) {
        int own = (int)signal_of(s)->reason;
        double pool = others_of(f, s);
        for (int r = 1; r < REASONS; r++) {
            if (r == own) sum += beta(OWN_SAYS, f->own_mean[s], w->rate[r][s]);
            else if (r == REASON_unknown) sum += beta(UNKNOWN_SAYS, f->stayed[s], w->rate[r][s]);
            else sum += beta(TURN_OTHERS, pool, w->rate[r][s]);
        }
    }
    for (int r = 1; r < REASONS; r++) sum += log(w->share[r]);
    for (int r = 1; r < REASON_unknown; r++) sum += beta(MISLED_SAYS, WEIGHTS_MISLED, w->misled[r]);
    return sum;
}

static void rounds(fit *f, int n) {
    for (int i = 0; i < n; i++) {
        expect(f);
        f->from = f->to = 0;
        maximise(f);
    }
}

/* EM stays at the first hill it finds: a reason may have taken the leavers of another that shares its signals. Each pair is tried the other way round, and what is likelier kept. */
static void turn_round(fit *f) {
    double best = worth(f);
    for (int r = 1; r < REASON_unknown; r++) {
        for (int c = 1; c < REASON_unknown; c++) {
            if (c == r || f->also[r][c] < TURN_LEAST || f->also[r][c] < TURN_SHARE * f->sum[r]) continue;
            f->kept = *f->w;
            memcpy(f->kept_stayed, f->stayed, sizeof f->stayed);
            f->from = r, f->to = c;
            rounds(f, TURN_ROUNDS);
            double now = worth(f);
            if (now > best + TURN_GAIN) {
                best = now;
                continue;
            }
            *f->w = f->kept;
            memcpy(f->stayed, f->kept_stayed, sizeof f->stayed);
            worth(f);
        }
    }
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

static void begin(fit *f) {
    weights *w = f->w;
    for (int s = 0; s < SIGNALS; s++) {
        f->stayed[s] = clamp(((double)f->stayers->fired[s] + WEIGHTS_OWN_RATE / signal_of(s)->ratio) / ((double)f->stayers->n + 1));
        /* A signal that stayers often show must show more among those whose reason it is, or it is none of theirs. */
        double excess = (w->leavers[s] - f->stayed[s]) * (REASONS - 1);
        f->own_mean[s] = clamp(fmin(0.9, fmax(excess, 2 * f->stayed[s])));
        
        for (int r = 1; r < REASONS; r++) w->rate[r][s] = (int)signal_of(s)->reason == r ? f->own_mean[s] : r == REASON_unknown ? f->stayed[s] : clamp(beside(f, r, s));
        first_ages(f, s);
    }
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
    for (int i = 0; i < 2; i++) turn_round(f);
    rounds(f, 20);
    expect(f);
    for (int r = 1; r < REASONS; r++) out->belong[r] = f->sum[r] * (double)leavers / f->of;
    mem_free(alloc, f);
    mem_free(alloc, x);
    return MR_OK;
}
