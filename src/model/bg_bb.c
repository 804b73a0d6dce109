/* BG/BB. At each of T opportunities a customer buys with probability p ~ Beta(alpha, beta), and before each leaves for good with
 * probability theta ~ Beta(gamma, delta). Fader, Hardie & Shang 2010, eq. (7):
 *
 *   L = B(alpha+x, beta+T-x) / B(alpha, beta) . B(gamma, delta+T) / B(gamma, delta)
 *       + sum_{i=0}^{T-t_x-1} B(alpha+x, beta+t_x-x+i) / B(alpha, beta) . B(gamma+1, delta+t_x+i) / B(gamma, delta)
 *
 * Here x counts the opportunities taken after the first order, t_x the last of them. Given weights, a row is a cell of the
 * sufficient statistics. Parameters alpha, beta, gamma, delta. */
#include "impl.h"

#include "special.h"

#include <math.h>

static size_t starts(const mr_data *data, double scale, int k, double start[4][MR_MAX_PARAMS]) {
    (void)data, (void)k, (void)scale;
    static const double shape[4][MR_MAX_PARAMS] = {{1, 1, 0.5, 2}, {0.5, 1, 1, 5}, {2, 2, 1, 10}, {1, 3, 0.3, 1}};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) start[i][j] = shape[i][j];
    return 4;
}

typedef struct term {
    double log;
    double by[4];
} term;

/* log of B(alpha + x, beta + misses) / B(alpha, beta) . B(gamma + left, delta + stays) / B(gamma, delta) */
static term term_of(const double *p, double x, double misses, double left, double stays, bool gradient) {
    term t = {0};
    double ab = p[0] + p[1], cd = p[2] + p[3];
    t.log = special_lrising(p[0], x) + special_lrising(p[1], misses) - special_lrising(ab, x + misses) +
            special_lrising(p[2], left) + special_lrising(p[3], stays) - special_lrising(cd, left + stays);
    if (!gradient) return t;
    double whole = special_digamma(ab) - special_digamma(ab + x + misses);
    double life = special_digamma(cd) - special_digamma(cd + left + stays);
    t.by[0] = special_digamma(p[0] + x) - special_digamma(p[0]) + whole;
    t.by[1] = special_digamma(p[1] + misses) - special_digamma(p[1]) + whole;
    t.by[2] = special_digamma(p[2] + left) - special_digamma(p[2]) + life;
    t.by[3] = special_digamma(p[3] + stays) - special_digamma(p[3]) + life;
    return t;
}

static double likelihood(const model_state *state, const double *table, const model_row *row, double *gradient) {
    (void)table;
    const double *p = state->params->value;
    double x = row->x, last = row->t_x, T = row->T;
    term here = term_of(p, x, T - x, 0, T, gradient != NULL);
    /* Terms are added relative to the first, which keeps T = 10,000 in range; the largest can only be a modest factor above. */
    double total = 1, by[4] = {here.by[0], here.by[1], here.by[2], here.by[3]};
    for (double i = 0; i < T - last; i++) {
        term gone = term_of(p, x, last - x + i, 1, last + i, gradient != NULL);
        double share = exp(fmin(gone.log - here.log, 700));
        total += share;
        for (int j = 0; j < 4; j++) by[j] += share * gone.by[j];
    }
    if (gradient)
        for (int j = 0; j < 4; j++) gradient[j] = by[j] / total;
    return here.log + log(total);
}

static void forecast(const model_state *state, const double *table, const model_row *row, double horizon, double level,
                     unsigned want, model_forecast *out) {
    const double *p = state->params->value;
    double x = row->x, T = row->T, tail = 0.5 * (1 - level), steps = floor(horizon);
    double here = term_of(p, x, T - x, 0, T, false).log;
    out->alive = exp(here - likelihood(state, table, row, NULL));
    double A = p[0] + x, B = p[1] + T - x, C = p[2], D = p[3] + T;
    /* Given alive at T: p ~ Beta(A, B), theta ~ Beta(C, D), independent. */
    out->later = out->alive * exp(special_lrising(D, steps) - special_lrising(C + D, steps));
    out->stay = A / (A + B) * steps;
    double there = 1, expected = 0, none = 1, first = 0;
    for (double i = 0; i < steps && want & (WANT_EXPECTED | WANT_ORDER); i++) {
        there *= (D + i) / (C + D + i);
        expected += A / (A + B) * there;
        first += there * none * A / (A + B + i); /* no order in i tries, then one */
        none *= (B + i) / (A + B + i);
    }
    out->expected = out->alive * expected;
    out->order = out->alive * first;
    if (want & WANT_DUE) {
        double miss = 1;
        out->due_50 = out->due_90 = INFINITY;
        for (double i = 0; i < 1e6 && miss > 0.1; i++) {
            miss *= (B + i) / (A + B + i);
            if (isinf(out->due_50) && miss <= 0.5) out->due_50 = i + 1;
        }
        if (miss <= 0.1) {
            double i = 0;
            for (miss = 1; miss > 0.1; i++) miss *= (B + i) / (A + B + i);
            out->due_90 = i;
        }
    }
    if (!(want & WANT_INTERVAL)) return;
    out->low = out->high = steps;
    bool low_done = false;
    double below = 1 - out->alive;
    for (double n = 0; n <= steps; n++) {
        double stayed = 1;
        for (double d = 0; d <= steps; d++) { /* leaves after d more opportunities */
            double lasts = d < steps ? stayed * C / (C + D + d) : stayed;
            if (n <= d) {
                double choose = special_lrising(d - n + 1, n) - special_lgamma(n + 1);
                below += out->alive * lasts * exp(choose + special_lrising(A, n) + special_lrising(B, d - n) - special_lrising(A + B, d));
            }
            stayed *= (D + d) / (C + D + d);
        }
        if (!low_done && below >= tail) out->low = n, low_done = true;
        if (below >= 1 - tail) {
            out->high = n;
            break;
        }
    }
}

/* Opportunities are whole: a sum over them, of P(still there after i more) x P(order | there) e^(-delta i). */
static double discounted(const model_state *state, const model_row *row, double delta, double horizon) {
    const double *p = state->params->value;
    double A = p[0] + row->x, B = p[1] + row->T - row->x, C = p[2], D = p[3] + row->T, there = 1, sum = 0;
    for (double i = 0; i < floor(horizon); i++) {
        there *= (D + i) / (C + D + i);
        sum += there * exp(-delta * (i + 1));
    }
    double here = term_of(p, row->x, row->T - row->x, 0, row->T, false).log;
    return exp(here - likelihood(state, NULL, row, NULL)) * A / (A + B) * sum;
}

const struct mr_model model_bg_bb = {
    .name = "bg-bb",
    .title = "BG/BB",
    .about = "Beta-geometric/beta-binomial: orders at discrete opportunities (Fader, Hardie & Shang 2010)",
    .kind = MR_DISCRETE,
    .params = 4,
    .param = {"alpha", "beta", "gamma", "delta"},
    .leaves_at_once = true,
    .starts = starts,
    .likelihood = likelihood,
    .forecast = forecast,
    .discounted = discounted,
};
