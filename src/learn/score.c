/* Measures of a forecast. */
#include "score.h"

#include "error.h"
#include "mem.h"
#include "rng.h"
#include "sort.h"

#include <math.h>
#include <string.h>

static void count_errors(size_t n, const double *expected, const double *actual, score *s) {
    double absolute = 0, square = 0, log_square = 0, me = 0, ma = 0, ee = 0, aa = 0, ea = 0;
    for (size_t i = 0; i < n; i++) {
        double e = expected[i], a = actual[i], d = e - a, l = log1p(e) - log1p(a);
        absolute += fabs(d), square += d * d, log_square += l * l;
        me += e, ma += a;
    }
    s->predicted_total = me, s->actual_total = ma;
    me /= (double)n, ma /= (double)n;
    for (size_t i = 0; i < n; i++) {
        double de = expected[i] - me, da = actual[i] - ma;
        ee += de * de, aa += da * da, ea += de * da;
    }
    s->mae = absolute / (double)n;
    s->rmse = sqrt(square / (double)n);
    s->msle = log_square / (double)n;
    s->correlation = ee > 1e-20 && aa > 0 ? ea / sqrt(ee * aa) : NAN;
}

/* Rank statistics need the customers in order of predicted chance. Ties share their rank. */
static void event_ranks(size_t n, const uint32_t *by_chance, const double *chance, const double *actual, score *s) {
    double events = 0, rank_sum = 0;
    for (size_t i = 0; i < n;) {
        size_t j = i;
        double here = 0;
        while (j < n && chance[by_chance[j]] == chance[by_chance[i]]) here += actual[by_chance[j++]] > 0;
        rank_sum += here * (0.5 * (double)(i + j + 1)); /* mean of ranks i + 1 .. j */
        events += here;
        i = j;
    }
    double others = (double)n - events;
    s->auc = events > 0 && others > 0 ? (rank_sum - events * (events + 1) / 2) / (events * others) : NAN;
    /* Top tenth: where ties straddle the cut, the tied share their events evenly. */
    double wanted = (double)n / 10, taken = 0, caught = 0;
    for (size_t i = n; i > 0 && taken < wanted;) {
        size_t j = i;
        double here = 0;
        while (j > 0 && chance[by_chance[j - 1]] == chance[by_chance[i - 1]]) here += actual[by_chance[--j]] > 0;
        double size = (double)(i - j), use = fmin(size, wanted - taken);
        caught += here * use / size;
        taken += use;
        i = j;
    }
    s->top_decile_lift = events > 0 ? caught / wanted / (events / (double)n) : NAN;
    for (size_t t = 0; t < SCORE_TENTHS; t++) {
        size_t from = n * t / SCORE_TENTHS, to = n * (t + 1) / SCORE_TENTHS;
        double predicted = 0, happened = 0;
        for (size_t i = from; i < to; i++) predicted += chance[by_chance[i]], happened += actual[by_chance[i]] > 0;
        s->calibration_n[t] = to - from;
        s->calibration_predicted[t] = to > from ? predicted / (double)(to - from) : NAN;
        s->calibration_actual[t] = to > from ? happened / (double)(to - from) : NAN;
    }
}

mr_status score_forecast(size_t n, const double *expected, const double *chance, const double *actual, score *out,
                         mr_error *err) {
    memset(out, 0, sizeof *out);
    out->n = n;
    if (n == 0) return error_set(err, MR_EDATA, "n", -1, "there is nobody to score");
    count_errors(n, expected, actual, out);
    double brier = 0, loss = 0;
    for (size_t i = 0; i < n; i++) {
        double p = chance[i], y = actual[i] > 0;
        brier += (p - y) * (p - y);
        /* A certain forecast that is wrong would cost infinitely much: certainty is capped at 1e-6. */
        double safe = fmin(1 - 1e-6, fmax(1e-6, p));
        loss -= y > 0 ? log(safe) : log1p(-safe);
    }
    out->brier = brier / (double)n;
    out->log_loss = loss / (double)n;
    uint32_t *order = mem_take(NULL, n, sizeof *order);
    if (!order || sort_doubles(n, chance, order, false) != MR_OK) {
        mem_free(NULL, order);
        return error_memory(err, n * sizeof *order);
    }
    event_ranks(n, order, chance, actual, out);
    mem_free(NULL, order);
    return MR_OK;
}

mr_status score_bootstrap(size_t n, size_t m, const double *const *error, size_t best, int rounds, uint64_t seed,
                          double *se, double *se_against, mr_error *err) {
    /* Poisson(1) by its distribution function in 1/65536: 0 .. 8. */
    static const uint32_t cut[8] = {24109, 48218, 60273, 64291, 65296, 65497, 65530, 65535};
    double *sums = mem_new(NULL, 4 * m, sizeof *sums), *totals = mem_take(NULL, m, sizeof *totals);
    uint8_t *weight = mem_take(NULL, n + 4, sizeof *weight);
    if (!sums || !totals || !weight) {
        mem_free(NULL, sums);
        mem_free(NULL, totals);
        mem_free(NULL, weight);
        return error_memory(err, n);
    }
    for (int round = 0; round < rounds; round++) {
        rng r;
        rng_seed(&r, seed, (uint64_t)round);
        double drawn = 0;
        for (size_t i = 0; i < n; i += 4) {
            uint64_t bits = rng_next(&r);
            for (size_t j = 0; j < 4; j++, bits >>= 16) {
                uint32_t u = bits & 0xffff;
                uint8_t w = 0;
                while (w < 8 && u >= cut[w]) w++;
                weight[i + j] = w;
            }
        }
        for (size_t i = 0; i < n; i++) drawn += weight[i];
        for (size_t c = 0; c < m; c++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++) sum += weight[i] * error[c][i];
            totals[c] = drawn > 0 ? sum / drawn : 0;
        }
        for (size_t c = 0; c < m; c++) {
            double root = sqrt(totals[c]), against = totals[c] - totals[best];
            sums[4 * c] += root, sums[4 * c + 1] += root * root;
            sums[4 * c + 2] += against, sums[4 * c + 3] += against * against;
        }
    }
    for (size_t c = 0; c < m; c++) {
        double k = rounds, mean = sums[4 * c] / k, mean_2 = sums[4 * c + 2] / k;
        if (se) se[c] = sqrt(fmax(0, sums[4 * c + 1] / k - mean * mean));
        if (se_against) se_against[c] = sqrt(fmax(0, sums[4 * c + 3] / k - mean_2 * mean_2));
    }
    mem_free(NULL, sums);
    mem_free(NULL, totals);
    mem_free(NULL, weight);
    return MR_OK;
}
