/* Beta-geometric models with regular rhythm: what they say of the time ahead.
 *
 *   Given a customer still there at T, j < k hidden arrivals have come since the last order with weights
 *   w_j ~ Gamma(R+j) / (Gamma(R) j!) z^j, and lambda | j ~ Gamma(R + j, alpha + T). Hidden arrivals in the horizon h are then
 *   negative binomial, so that c = j + arrivals has
 *
 *     P(c) = sum_j w_j NB(c - j; R + j, rho),   rho = h / (alpha + T + h),
 *
 *   and floor(c / k) orders come if the customer does not leave. After n orders they are still there with chance
 *   e_n = E (1-p)^n = prod_{i<n} (b' + i) / (a + b' + i), b' = b + x + m. Everything follows by one sum over c, of positive
 *   terms only:
 *
 *     expected orders = P(alive) sum_c P(c) sum_{i < floor(c/k)} e_i,   P(alive at T + h) = P(alive) sum_c P(c) e_floor(c/k).
 *
 *   For k = 1 this is the closed form with 2F1 of Fader, Hardie & Lee 2005, eq. (10) (tests/golden/accuracy.c compares the two).
 *   The sum stops where the rest is under 1e-12 of it. */
#include "cnbd.h"

#include "special.h"

#include <math.h>

#define TERMS_MAX 4000000 /* reached only by customers with millions of orders in the horizon */

/* sum_{j<k} C_j z^j, C_j = Gamma(R+j) / (Gamma(R) j!). */
static double phases(double z, double R, int k) {
    double term = 1, sum = 1;
    for (int j = 1; j < k; j++) {
        term *= (R + j - 1) / j * z;
        sum += term;
    }
    return sum;
}

/* A place on the curve of log-survival over v = log(1 + ratio), concave and falling: its slope (counted positive) and the
 * derivative of log slope. */
typedef struct place {
    double v, slope, bend;
} place;

/* How far on the curve has fallen by `fall` (negative: back), by Halley's formula: cubic near the root. */
static double ahead(const place *p, double fall) {
    double newton = fall / p->slope, step = newton / (1 + 0.5 * newton * p->bend);
    return isfinite(step) && (step > 0) == (fall > 0) ? step : newton;
}

/* Moves *p to where log-survival is as asked. What z costs is the same for slope and bend, so that a step of Halley's method
 * costs no more than one of Newton's, and two or three are enough. */
static void find_place(place *p, double log_survival, double R, int k) {
    for (int i = 0; i < 100; i++) {
        double z = -expm1(-p->v), term = 1, sum = 1, moment = 0; /* sum of t_j, of j t_j */
        for (int j = 1; j < k; j++) {
            term *= (R + j - 1) / j * z;
            sum += term;
            moment += j * term;
        }
        p->slope = (R + k - 1) * term / sum;
        p->bend = (1 - z) / z * (k - 1 - moment / sum);
        double step = ahead(p, log(sum) - R * p->v - log_survival);
        if (!(p->v + step > 0)) step = -0.5 * p->v;
        p->v += step;
        if (fabs(step) < 1e-4 * p->v) break; /* what is left is about the cube of that */
    }
}

double cnbd_survival_inverse(double log_survival, double R, int k) {
    if (k == 1) return expm1(-log_survival / R);
    place p = {.v = 2 * (k - log_survival) / R};
    find_place(&p, log_survival, R, k);
    return expm1(p.v);
}

typedef struct outlook {
    double sum, expected, later, stay; /* sums over c, in units of exp(log_scale) */
    double low, high;
} outlook;

/* The quantiles of the number of orders: n is the first count whose excess P(N > n) is at most the tail. */
static void watch_interval(outlook *o, double n, double p_more, double tail, bool *low_done, bool *high_done) {
    if (!*low_done && p_more <= 1 - tail) o->low = n, *low_done = true;
    if (!*high_done && p_more <= tail) o->high = n, *high_done = true;
}

/* 1/n for the steps of nearly every sum: a multiplication where a division would wait. */
#define TEN(n) 1.0 / (n), 1.0 / (n + 1), 1.0 / (n + 2), 1.0 / (n + 3), 1.0 / (n + 4), 1.0 / (n + 5), 1.0 / (n + 6), 1.0 / (n + 7), \
               1.0 / (n + 8), 1.0 / (n + 9)
static const double one_over[] = {0, TEN(1), TEN(11), TEN(21), TEN(31), TEN(41), TEN(51), TEN(61), TEN(71), TEN(81), TEN(91)};
#define ONE_OVER_N 101

/* The weight of the k values c = c0 .. c0 + k - 1, those that make the same number of orders; t moves on to c0 + k. */
static inline double same_orders(double t[MR_MAX_K], int c0, double R, int k, double rho) {
    double sum = 0;
    for (int c = c0; c < c0 + k; c++) {
        int phases = c < k ? c + 1 : k;
        double step = rho * (R + c);
        for (int j = 0; j < phases; j++) {
            int n = c + 1 - j;
            sum += t[j];
            t[j] *= n < ONE_OVER_N ? step * one_over[n] : step / n;
        }
    }
    return sum;
}

/* The sum over c, an order at a time. t[j] is the weight of phase j at the current c; all share the factor exp(log_scale). */
static inline outlook sum_over_orders(double t[MR_MAX_K], double log_scale, double R, int k, double rho, double a, double b,
                                      double alive, double tail, bool interval) {
    outlook o = {0};
    bool low_done = !interval, high_done = !interval;
    double stayed = 1, orders_if_leaving = 0, n = 0, scale = exp(log_scale);
    for (int c = 0; c < TERMS_MAX; c += k, n += 1) {
        if (c > 0) {
            orders_if_leaving += stayed; /* e_{n-1} */
            if (!low_done || !high_done) {
                double p_more = alive * fmax(0, 1 - o.sum * scale) * stayed; /* P(N >= n) */
                watch_interval(&o, n - 1, p_more, tail, &low_done, &high_done);
            }
            stayed *= (b + n - 1) / (a + b + n - 1);
        }
        double here = same_orders(t, c, R, k, rho);
        o.sum += here;
        o.expected += here * orders_if_leaving;
        o.later += here * stayed;
        o.stay += here * n;
        /* Past the mode a term is under `ratio` of the one k before: the rest is a geometric series. */
        if (c > 0 && here < 1e-3 * o.sum) {
            double ratio = rho * (R + c + 2 * k) / (c + 1), rest = (1 - ratio) * (1 - ratio);
            if (ratio < 1 && here * (n + 1) < 1e-12 * rest * (o.stay + o.sum * 1e-3)) break;
        }
        if (o.sum > 1e200) { /* the start was far below the mode: keep in range */
            for (int j = 0; j < k; j++) t[j] *= 1e-200;
            o.sum *= 1e-200, o.expected *= 1e-200, o.later *= 1e-200, o.stay *= 1e-200;
            log_scale += 200 * 2.302585092994045684;
            scale = exp(log_scale);
        }
    }
    /* The sums are of a probability: dividing by the total, which is 1, takes away what the cut left out. */
    o.expected /= o.sum, o.later /= o.sum, o.stay /= o.sum;
    if (!low_done) o.low = n;
    if (!high_done) o.high = n;
    return o;
}

/* The usual k by themselves: the compiler then knows the length of the inner loop. */
static outlook sum_over_arrivals(double t[MR_MAX_K], double log_scale, double R, int k, double rho, double a, double b,
                                 double alive, double tail, bool interval) {
    switch (k) {
    case 1: return sum_over_orders(t, log_scale, R, 1, rho, a, b, alive, tail, interval);
    case 2: return sum_over_orders(t, log_scale, R, 2, rho, a, b, alive, tail, interval);
    case 3: return sum_over_orders(t, log_scale, R, 3, rho, a, b, alive, tail, interval);
    default: return sum_over_orders(t, log_scale, R, k, rho, a, b, alive, tail, interval);
    }
}

#define LOG_2 0.69314718055994530942
#define LOG_5 1.60943791243410037460

/* Time from T by which the next order has come with chance 1/2 and .9, given alive: log-survival has fallen by log 2 and log 10
 * from its value at `now`, the place of T. */
static void due(double log_survival, place now, double R, int k, double last, double silence, model_forecast *out) {
    double target = log_survival - LOG_2;
    if (k == 1) {
        out->due_50 = expm1(-target / R) * last - silence;
        out->due_90 = expm1((LOG_5 - target) / R) * last - silence;
        return;
    }
    /* Right after an order the curve is level: from there no formula sees far. */
    double far = 2 * (k - target) / R;
    now.v = now.v > 1e-3 * far ? fmin(far, now.v + ahead(&now, LOG_2)) : far;
    find_place(&now, target, R, k);
    out->due_50 = expm1(now.v) * last - silence;
    now.v += ahead(&now, LOG_5);
    find_place(&now, target - LOG_5, R, k);
    out->due_90 = expm1(now.v) * last - silence;
}

void cnbd_forecast(const model_state *state, const double *table, const model_row *row, double horizon, double level,
                   unsigned want, model_forecast *out) {
    const mr_params *p = state->params;
    double alpha = p->value[1], a = p->value[2];
    int k = p->k;
    double R = p->value[0] + k * row->x, end = alpha + row->T, last = alpha + row->t_x, silence = row->T - row->t_x;
    double z = silence / end, t[MR_MAX_K], here = 1;
    t[0] = 1;
    for (int j = 1; j < k; j++) here += t[j] = t[j - 1] * (R + j - 1) / j * z;
    double log_quiet = R * log(end / last); /* -log of the gamma part of P(gap > silence) */
    double dead = table[CNBD_DEAD] > 0 ? table[CNBD_DEAD] * exp(fmin(log_quiet, 700)) : 0;
    double alive = here / (here + dead);
    if (log_quiet > 700) alive = exp(log(here) - log(table[CNBD_DEAD]) - log_quiet);
    out->alive = alive;
    if (want & WANT_DUE) {
        double moment = 0;
        for (int j = 1; j < k; j++) moment += j * t[j];
        place now = {log_quiet / R, (R + k - 1) * t[k - 1] / here, (1 - z) / z * (k - 1 - moment / here)};
        due(log(here) - log_quiet, now, R, k, last, silence, out);
    }
    if (!(want & (WANT_LATER | WANT_ORDER | WANT_EXPECTED | WANT_INTERVAL | WANT_STAY))) return;

    double rho = horizon / (end + horizon), log_none = R * log1p(-rho), none = exp(log_none);
    if (want & WANT_ORDER) out->order = alive * (1 - fmin(1, phases((silence + horizon) / (end + horizon), R, k) / here * none));
    if (!(want & (WANT_LATER | WANT_EXPECTED | WANT_INTERVAL | WANT_STAY))) return;
    /* Phase j starts its sum at c = j with NB(0) = (1 - rho)^(R + j). */
    double factor = 1 / here;
    for (int j = 0; j < k; j++) {
        t[j] *= factor;
        factor *= 1 - rho;
    }
    double log_scale = log_none > -600 ? 0 : log_none;
    if (log_scale == 0)
        for (int j = 0; j < k; j++) t[j] *= none;
    double m = p->model->after_first ? 0 : 1;
    outlook o = sum_over_arrivals(t, log_scale, R, k, rho, a, p->value[3] + row->x + m, alive, 0.5 * (1 - level),
                                  (want & WANT_INTERVAL) != 0);
    out->expected = alive * o.expected;
    out->later = alive * o.later;
    out->stay = o.stay;
    out->low = o.low;
    out->high = o.high;
}
