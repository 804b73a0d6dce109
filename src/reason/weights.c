/* What is known before the base says, and what the signals of one customer say. With x the signals, r a reason, own(r) its signals and a(s) their ages,
 *
 *     p(x | r) = prod over own(r) of q(r,s)^x(s) (1 - q(r,s))^(1 - x(s))  *  (prod over those that fire of age(s, a(s)))^(1 / how many)
 *                * prod over other reasons b of ( (1 - m(b)) prod over own(b) of q(r,s)^x ... + m(b) prod over own(b) of q(b,s)^x ... )
 *
 * A reason's signals are mostly of one age, which is why their ages count once, as a mean. */
#include "weights.h"

#include <math.h>
#include <string.h>

_Static_assert(SIGNALS <= 64, "a pattern has a bit for each signal");

static const int32_t age_from[WEIGHTS_AGES] = {0, 14, 30, 60, 90, 120, 180, 270, 400};
#define Z 1.959963984540054 /* 97.5 % of the normal */
#define FRESH_DAYS 30 /* so long evidence counts in full, until the base says */

int weights_age(int32_t age_days) {
    int k = WEIGHTS_AGES - 1;
    while (k > 0 && age_days < age_from[k]) k--;
    return k;
}

double weights_age_from(int age) {
    return age_from[age];
}

double weights_default_age(int signal, int age) {
    int32_t half = signal_of(signal)->half_life_days, last = age + 1 < WEIGHTS_AGES ? age_from[age + 1] : 540;
    double middle = (age_from[age] + last) / 2.0 - FRESH_DAYS;
    return half && middle > 0 ? -0.6931471805599453 * middle / half : 0;
}

static uint64_t own_of(int which) {
    uint64_t own = 0;
    for (int s = 0; s < SIGNALS; s++)
        if ((int)signal_of(s)->reason == which) own |= UINT64_C(1) << s;
    return own;
}

void weights_settle(weights *w) {
    for (int r = 1; r < REASONS; r++) {
        for (int s = 0; s < SIGNALS; s++) {
            w->yes[r][s] = log(w->rate[r][s]);
            w->no[r][s] = log(1 - w->rate[r][s]);
        }
    }
    for (int r = 0; r < REASONS; r++) w->own[r] = own_of(r);
    for (int r = 1; r < REASONS; r++) {
        w->silence[r] = 0;
        for (int b = 1; b < REASON_unknown; b++) {
            double clean = 0, misled = 0;
            for (uint64_t own = w->own[b]; own; own &= own - 1) {
                int s = __builtin_ctzll(own);
                clean += w->no[r][s];
                misled += w->no[b][s];
            }
            w->quiet[r][b] = log((1 - w->misled[b]) * exp(clean) + w->misled[b] * exp(misled));
            if (b != r) w->silence[r] += w->quiet[r][b];
        }
    }
}

void weights_default(weights *out) {
    *out = (weights){0};
    for (int s = 0; s < SIGNALS; s++) {
        out->leavers[s] = out->stayers[s] = NAN;
        for (int k = 0; k < WEIGHTS_AGES; k++) out->age[s][k] = weights_default_age(s, k);
        for (int r = 1; r < REASONS; r++)
            out->rate[r][s] = (int)signal_of(s)->reason == r ? WEIGHTS_OWN_RATE : WEIGHTS_OWN_RATE / signal_of(s)->ratio;
    }
    for (int r = 1; r < REASONS; r++) {
        out->share[r] = 1.0 / (REASONS - 1);
        out->misled[r] = WEIGHTS_MISLED;
    }
    weights_settle(out);
}

double weights_chance(const weights *w, uint64_t pattern, const uint8_t ages[SIGNALS], int r, double clean[REASONS]) {
    double sum = w->silence[r];
    for (int b = 1; b < REASON_unknown; b++) {
        if (b != r && !(pattern & w->own[b])) continue;
        double as_ever = 0, whole = 0, age = 0;
        int fired = 0;
        for (uint64_t own = w->own[b]; own; own &= own - 1) {
            int s = __builtin_ctzll(own);
            bool fires = pattern >> s & 1;
            as_ever += fires ? w->yes[r][s] : w->no[r][s];
            whole += fires ? w->yes[b][s] : w->no[b][s];
            if (fires) age += w->age[s][ages[s]], fired++;
        }
        if (b == r) {
            sum += whole + (fired ? age / fired : 0);
            continue;
        }
        double plain = (1 - w->misled[b]) * exp(as_ever), false_ones = w->misled[b] * exp(whole);
        sum += log(plain + false_ones) - w->quiet[r][b];
        if (clean) clean[b] = plain / (plain + false_ones);
    }
    return sum;
}

/* --- one customer --- */

typedef struct shown {
    uint64_t pattern;
    uint8_t age[SIGNALS];
} shown;

static shown show(const weights_row *row) {
    shown x = {0};
    for (size_t i = 0; i < row->n; i++) {
        x.pattern |= UINT64_C(1) << row->hit[i].signal;
        x.age[row->hit[i].signal] = (uint8_t)weights_age(row->hit[i].age_days);
    }
    return x;
}

void weights_stayer(weights_stayers *c, const weights_row *row) {
    shown x = show(row);
    c->n++;
    for (uint64_t left = x.pattern; left; left &= left - 1) {
        int s = __builtin_ctzll(left);
        c->fired[s]++;
        c->age[s][x.age[s]]++;
    }
    for (int r = 1; r < REASON_unknown; r++) {
        unsigned together = 0, bit = 0;
        for (uint64_t own = own_of(r); own && bit < WEIGHTS_OWN; own &= own - 1, bit++) together |= (unsigned)(x.pattern >> __builtin_ctzll(own) & 1) << bit;
        c->together[r][together]++;
        if (!together) continue;
        c->any[r]++;
        for (uint64_t left = x.pattern; left; left &= left - 1) c->beside[r][__builtin_ctzll(left)]++;
    }
}

/* --- one signal --- */

/* The variance of its log rate ratio (Katz et al. 1978), each rate of so many. */
static double variance(const weights *w, int s) {
    int r = (int)signal_of(s)->reason;
    double own = w->rate[r][s], none = w->rate[REASON_unknown][s];
    return (1 - own) / (own * (w->belong[r] + 1)) + (1 - none) / (none * ((double)w->stayers_n + 1));
}

weights_weight weights_of(const weights *w, int signal, int32_t age_days) {
    int r = (int)signal_of(signal)->reason;
    double m = w->misled[r], own = w->rate[r][signal], none = (1 - m) * w->rate[REASON_unknown][signal] + m * own;
    double value = log(own / none) + w->age[signal][weights_age(age_days)];
    if (!(w->belong[r] > 0)) return (weights_weight){value, NAN, NAN};
    double error = Z * sqrt(variance(w, signal));
    return (weights_weight){value, value - error, value + error};
}

/* --- all of them --- */

/* Their evidence together: as uncertain as its pieces are, and as how often a reason's signals come by accident. */
static void bounds(const weights *w, uint64_t pattern, int r, attribution *out) {
    out->low[r] = out->high[r] = NAN;
    if (!(w->belong[r] > 0)) return;
    double all = 1 / (w->misled[r] * (double)w->stayers_n + 1);
    for (uint64_t left = pattern & w->own[r]; left; left &= left - 1) all += variance(w, __builtin_ctzll(left));
    out->low[r] = fmax(0, out->strength[r] - Z * sqrt(all));
    out->high[r] = out->strength[r] + Z * sqrt(all);
}

/* Their chances as leavers: of who shows a signal of its own, and of unknown. */
void weights_attribute(const weights *w, const weights_row *row, attribution *out) {
    *out = (attribution){.top = REASON_unknown, .second = REASON_none};
    shown x = show(row);
    double none = weights_chance(w, x.pattern, x.age, REASON_unknown, NULL), rank[REASONS], total = 1, best = -INFINITY, next = -INFINITY;
    for (int r = 1; r < REASON_unknown; r++) {
        rank[r] = -INFINITY;
        if (!(x.pattern & w->own[r])) continue;
        double strength = weights_chance(w, x.pattern, x.age, r, NULL) - none;
        out->strength[r] = fmax(0, strength);
        bounds(w, x.pattern, r, out);
        rank[r] = strength + log(w->share[r] / w->share[REASON_unknown]);
        total += exp(rank[r]);
        if (strength < WEIGHTS_NAMED || rank[r] < WEIGHTS_LEAST) continue;
        if (rank[r] > best) {
            out->second = out->top == REASON_unknown ? REASON_none : out->top;
            out->top = (reason)r;
            next = best, best = rank[r];
        } else if (rank[r] > next) {
            out->second = (reason)r;
            next = rank[r];
        }
    }
    for (int r = 1; r < REASON_unknown; r++) out->chance[r] = exp(rank[r]) / total;
    out->chance[REASON_unknown] = 1 / total;
    if (out->top == REASON_unknown || best - next > 1e-9) return;
    out->second = out->top;
    out->top = REASON_unknown;
}
