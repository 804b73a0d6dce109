/* Measures of a forecast. */
#include "score.h"

#include "error.h"
#include "mem.h"
#include "pool.h"
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
    bool same = true; /* a constant's mean is off by rounding, so that ee need not be 0 */
    for (size_t i = 0; i < n; i++) {
        double de = expected[i] - me, da = actual[i] - ma;
        ee += de * de, aa += da * da, ea += de * da;
        same &= expected[i] == expected[0];
    }
    s->mae = absolute / (double)n;
    s->rmse = sqrt(square / (double)n);
    s->msle = log_square / (double)n;
    s->correlation = !same && ee > 0 && aa > 0 ? ea / sqrt(ee * aa) : NAN;
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
}

/* Ten groups by chance; where ties straddle a border, the tied share their events evenly, so that no order of rows shows. */
static void calibrate(size_t n, const uint32_t *by_chance, const double *chance, const double *actual, score *s) {
    double predicted[SCORE_TENTHS] = {0}, happened[SCORE_TENTHS] = {0};
    size_t t = 0;
    for (size_t i = 0; i < n;) {
        size_t j = i;
        double here = 0, p = chance[by_chance[i]];
        while (j < n && chance[by_chance[j]] == p) here += actual[by_chance[j++]] > 0;
        double share = here / (double)(j - i);
        while (i < j) {
            size_t end = n * (t + 1) / SCORE_TENTHS, to = end < j ? end : j;
            predicted[t] += p * (double)(to - i);
            happened[t] += share * (double)(to - i);
            i = to;
            if (i == end) t++;
        }
    }
    for (t = 0; t < SCORE_TENTHS; t++) {
        size_t size = n * (t + 1) / SCORE_TENTHS - n * t / SCORE_TENTHS;
        s->calibration_n[t] = size;
        s->calibration_predicted[t] = size ? predicted[t] / (double)size : NAN;
        s->calibration_actual[t] = size ? happened[t] / (double)size : NAN;
    }
}

mr_status score_forecast(size_t n, const double *expected, const double *chance, const double *actual, score *out,
                         mr_error *err) {
    memset(out, 0, sizeof *out);
    out->n = n;
    if (n == 0) return error_set(err, MR_EDATA, "n", -1, "there is nobody to score");
    for (size_t i = 0; i < n; i++)
        if (!isfinite(expected[i]) || isnan(chance[i]))
            return error_set(err, MR_EDATA, "expected", (int64_t)i, "the forecast of customer %zu is no number: %g orders, chance %g", i,
                             expected[i], chance[i]);
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
    calibrate(n, order, chance, actual, out);
    mem_free(NULL, order);
    return MR_OK;
}

typedef struct bootstrap_job {
    size_t n, m;
    const double *const *error;
    uint64_t seed;
    uint8_t *weight; /* [workers * (n + 4)] */
    double *mean;    /* [rounds * m]: weighted mean squares */
} bootstrap_job;

/* Poisson(1) weights: its distribution function in 1/65536, for 0 .. 8. */
static double draw_weights(uint64_t seed, uint64_t round, size_t n, uint8_t *weight) {
    static const uint32_t cut[8] = {24109, 48218, 60273, 64291, 65296, 65497, 65530, 65535};
    rng r;
    rng_seed(&r, seed, round);
    for (size_t i = 0; i < n; i += 4) {
        uint64_t bits = rng_next(&r);
        for (size_t j = 0; j < 4; j++, bits >>= 16) {
            uint32_t u = bits & 0xffff;
            uint8_t w = 0;
            while (w < 8 && u >= cut[w]) w++;
            weight[i + j] = w;
        }
    }
    double drawn = 0;
    for (size_t i = 0; i < n; i++) drawn += weight[i];
    return drawn;
}

static mr_status bootstrap_round(void *ctx, size_t round, int worker, mr_error *err) {
    (void)err;
    const bootstrap_job *job = ctx;
    uint8_t *weight = job->weight + (size_t)worker * (job->n + 4);
    double drawn = draw_weights(job->seed, round, job->n, weight);
    for (size_t c = 0; c < job->m; c++) {
        double sum = 0;
        for (size_t i = 0; i < job->n; i++) sum += weight[i] * job->error[c][i];
        job->mean[round * job->m + c] = drawn > 0 ? sum / drawn : 0;
    }
    return MR_OK;
}

/* In one round: the root of a column's mean square, or (against < m) what its mean square differs by from that column's. */
static double replicate(const bootstrap_job *job, size_t round, size_t column, size_t against) {
    double mean = job->mean[round * job->m + column];
    return against == job->m ? sqrt(mean) : mean - job->mean[round * job->m + against];
}

static double spread(const bootstrap_job *job, size_t rounds, size_t column, size_t against) {
    double sum = 0, squares = 0;
    for (size_t round = 0; round < rounds; round++) sum += replicate(job, round, column, against);
    for (size_t round = 0; round < rounds; round++) {
        double off = replicate(job, round, column, against) - sum / (double)rounds;
        squares += off * off;
    }
    return sqrt(squares / (double)rounds);
}

mr_status score_bootstrap(size_t n, size_t m, const double *const *error, size_t best, int rounds, uint64_t seed,
                          const mr_context *context, double *se, double *se_against, mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    size_t k = (size_t)rounds, workers = (size_t)pool_size(context_pool(context));
    bootstrap_job job = {.n = n, .m = m, .error = error, .seed = seed};
    job.weight = mem_take(alloc, workers * (n + 4), sizeof *job.weight);
    job.mean = mem_take(alloc, k * m, sizeof *job.mean);
    mr_status status = job.weight && job.mean ? MR_OK : error_memory(err, workers * n + k * m * sizeof *job.mean);
    if (status == MR_OK) status = pool_run(context_pool(context), k, bootstrap_round, &job, err);
    for (size_t c = 0; c < m && status == MR_OK; c++) {
        if (se) se[c] = spread(&job, k, c, m);
        if (se_against) se_against[c] = spread(&job, k, c, best);
    }
    mem_free(alloc, job.weight);
    mem_free(alloc, job.mean);
    return status;
}
