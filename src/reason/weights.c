/* What is known before the base says, and what the signals of one customer say. With x the signals, r a reason, own(r) its signals and a(s) their ages,
 *
 *     p(x | r) / p(x | none) = prod over own(r) of q(r,s)^x(s) (1 - q(r,s))^(1 - x(s)) / base(r, x)  *  (prod over those that fire of age(s, a(s)))^(1 / how many)
 *                              * prod over other reasons b of (1 - k(r,b) + k(r,b) prod over own(b) of q(r,s)^x ... / base(b, x))
 *
 * where base(b, x) is how often just these of b's signals come together in those whom b does not drive. A reason's signals are mostly of one age, which is why their ages
 * count once, as a mean. */
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

unsigned weights_together(uint64_t own, uint64_t pattern) {
    unsigned together = 0;
    for (unsigned bit = 0; own && bit < WEIGHTS_OWN; own &= own - 1, bit++) together |= (unsigned)(pattern >> __builtin_ctzll(own) & 1) << bit;
    return together;
}

/* The chance of b's signals among those who leave for r and show them because of it. */
static double log_rates(const weights *w, int r, int b, uint64_t pattern) {
    double sum = 0;
    for (uint64_t own = w->own[b]; own; own &= own - 1) {
        int s = __builtin_ctzll(own);
        sum += pattern >> s & 1 ? w->yes[r][s] : w->no[r][s];
    }
    return sum;
}

double weights_because(const weights *w, int r, int b) {
    double because = w->kin[r][b] * exp(log_rates(w, r, b, 0)), plain = (1 - w->kin[r][b]) * w->base[b][0];
    return because / (because + plain);
}

double weights_rates(const weights *w, int r, int b, unsigned together) {
    uint64_t pattern = 0;
    for (uint64_t own = w->own[b]; own; own &= own - 1, together >>= 1)
        if (together & 1) pattern |= own & (~own + 1);
    return log_rates(w, r, b, pattern);
}

void weights_settle(weights *w) {
    for (int r = 1; r < REASONS; r++) {
        for (int s = 0; s < SIGNALS; s++) {
            w->yes[r][s] = log(w->rate[r][s]);
            w->no[r][s] = log(1 - w->rate[r][s]);
        }
    }
    for (int r = 0; r < REASONS; r++) w->own[r] = own_of(r);
    for (int r = 1; r < REASON_unknown; r++) {
        w->silence[r] = 0;
        for (int b = 1; b < REASON_unknown; b++) {
            w->quiet[r][b] = log(1 - w->kin[r][b] + w->kin[r][b] * exp(log_rates(w, r, b, 0)) / w->base[b][0]);
            if (b != r) w->silence[r] += w->quiet[r][b];
        }
    }
}

void weights_base(const weights *w, int r, const double chance[SIGNALS], double out[1 << WEIGHTS_OWN]) {
    for (unsigned t = 0; t < 1U << WEIGHTS_OWN; t++) {
        double plain = 1, set = 1;
        unsigned bit = 0;
        for (uint64_t own = w->own[r]; own && bit < WEIGHTS_OWN; own &= own - 1, bit++) {
            int s = __builtin_ctzll(own);
            plain *= t >> bit & 1 ? chance[s] : 1 - chance[s];
            set *= t >> bit & 1 ? WEIGHTS_OWN_RATE : 1 - WEIGHTS_OWN_RATE;
        }
        out[t] = (1 - WEIGHTS_MISLED) * plain + WEIGHTS_MISLED * set;
    }
}

void weights_default(weights *out) {
    *out = (weights){0};
    double chance[SIGNALS];
    for (int s = 0; s < SIGNALS; s++) {
        out->leavers[s] = out->stayers[s] = NAN;
        chance[s] = WEIGHTS_OWN_RATE / signal_of(s)->ratio;
        for (int k = 0; k < WEIGHTS_AGES; k++) out->age[s][k] = weights_default_age(s, k);
        for (int r = 1; r < REASONS; r++) out->rate[r][s] = (int)signal_of(s)->reason == r ? WEIGHTS_OWN_RATE : chance[s];
    }
    for (int r = 1; r < REASONS; r++) {
        out->share[r] = 1.0 / (REASONS - 1);
        out->own[r] = own_of(r);
        weights_base(out, r, chance, out->base[r]);
    }
    weights_settle(out);
}

double weights_ratio(const weights *w, uint64_t pattern, const uint8_t ages[SIGNALS], int r, double kin[REASONS]) {
    double sum = w->silence[r];
    for (int b = 1; b < REASON_unknown; b++) {
        uint64_t shown = pattern & w->own[b];
        if (b != r && !shown) continue;
        double chance = w->base[b][weights_together(w->own[b], pattern)], rates = log_rates(w, r, b, pattern), age = 0;
        if (b != r) {
            double because = w->kin[r][b] * exp(rates), plain = (1 - w->kin[r][b]) * chance;
            sum += log((plain + because) / chance) - w->quiet[r][b];
            if (kin) kin[b] = because / (plain + because);
            continue;
        }
        int fired = 0;
        for (; shown; shown &= shown - 1, fired++) age += w->age[__builtin_ctzll(shown)][ages[__builtin_ctzll(shown)]];
        sum += rates - log(chance) + (fired ? age / fired : 0);
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
        unsigned together = weights_together(own_of(r), x.pattern);
        c->together[r][together]++;
        if (!together) continue;
        for (uint64_t left = x.pattern; left; left &= left - 1) c->beside[r][together][__builtin_ctzll(left)]++;
    }
}

/* --- one signal --- */

/* The variance of the log of a rate of so many (Katz et al. 1978). */
static double variance(double rate, double of) {
    return (1 - rate) / (rate * (of + 1));
}

/* How often those whom the reason does not drive show the signal. */
static double by_chance(const weights *w, int signal) {
    int r = (int)signal_of(signal)->reason;
    unsigned bit = weights_together(w->own[r], UINT64_C(1) << signal);
    double sum = 0;
    for (unsigned t = 0; t < 1U << __builtin_popcountll(w->own[r]); t++)
        if (t & bit) sum += w->base[r][t];
    return sum;
}

weights_weight weights_of(const weights *w, int signal, int32_t age_days) {
    int r = (int)signal_of(signal)->reason;
    double own = w->rate[r][signal], none = by_chance(w, signal), value = log(own / none) + w->age[signal][weights_age(age_days)];
    if (!(w->belong[r] > 0)) return (weights_weight){value, NAN, NAN};
    double error = Z * sqrt(variance(own, w->belong[r]) + variance(none, (double)w->stayers_n));
    return (weights_weight){value, value - error, value + error};
}

/* --- all of them --- */

/* Their evidence together: as uncertain as its pieces are, and as how often they come together otherwise. */
static void bounds(const weights *w, uint64_t pattern, int r, attribution *out) {
    out->low[r] = out->high[r] = NAN;
    if (!(w->belong[r] > 0)) return;
    double all = variance(w->base[r][weights_together(w->own[r], pattern)], (double)w->stayers_n);
    for (uint64_t left = pattern & w->own[r]; left; left &= left - 1) all += variance(w->rate[r][__builtin_ctzll(left)], w->belong[r]);
    out->low[r] = fmax(0, out->strength[r] - Z * sqrt(all));
    out->high[r] = out->strength[r] + Z * sqrt(all);
}

/* Their chances as leavers: of who shows a signal of its own, and of unknown. */
void weights_attribute(const weights *w, const weights_row *row, attribution *out) {
    *out = (attribution){.top = REASON_unknown, .second = REASON_none};
    shown x = show(row);
    double rank[REASONS], total = 1, best = -INFINITY, next = -INFINITY;
    for (int r = 1; r < REASON_unknown; r++) {
        rank[r] = -INFINITY;
        if (!(x.pattern & w->own[r])) continue;
        double strength = weights_ratio(w, x.pattern, x.age, r, NULL);
        out->strength[r] = fmax(0, strength);
        bounds(w, x.pattern, r, out);
        rank[r] = strength + log(w->share[r] / w->share[REASON_unknown]);
        total += exp(WEIGHTS_TRUST * rank[r]);
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
    for (int r = 1; r < REASON_unknown; r++) out->chance[r] = exp(WEIGHTS_TRUST * rank[r]) / total;
    out->chance[REASON_unknown] = 1 / total;
    if (out->top == REASON_unknown || best - next > 1e-9) return;
    out->second = out->top;
    out->top = REASON_unknown;
}
