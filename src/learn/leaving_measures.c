#include "leaving_measures.h"

#include "error.h"
#include "mem.h"
#include "rng.h"
#include "sort.h"

#include <marram/logistic.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

const double measure_flag_rates[MEASURE_RATES] = {0.05, 0.10};

static bool left(const judged *j, size_t i) {
    return j->m->now[j->row[i]] == LANDMARK_LEFT;
}

/* --- discrimination --- */

typedef struct sums {
    double pairs, won; /* of one who left and one who stayed */
} sums;

/* order: ascending by score. */
static sums count_pairs(size_t n, const uint32_t *order, const double *score, const unsigned char *gone, const double *weight) {
    sums s = {0, 0};
    double below = 0, all_left = 0, all_stayed = 0;
    for (size_t i = 0, end; i < n; i = end) {
        double tied_left = 0, tied_stayed = 0;
        for (end = i; end < n && score[order[end]] == score[order[i]]; end++) {
            double w = weight ? weight[order[end]] : 1;
            if (gone[order[end]]) tied_left += w;
            else tied_stayed += w;
        }
        s.won += tied_left * (below + tied_stayed / 2);
        below += tied_stayed;
        all_left += tied_left;
        all_stayed += tied_stayed;
    }
    s.pairs = all_left * all_stayed;
    return s;
}

double measure_auc(size_t n, const double *score, const unsigned char *gone, const double *weight) {
    uint32_t *order = mem_take(NULL, n + 1, sizeof *order);
    double auc = NAN;
    if (order && sort_doubles(n, score, order, false) == MR_OK) {
        sums s = count_pairs(n, order, score, gone, weight);
        auc = s.pairs > 0 ? s.won / s.pairs : NAN;
    }
    mem_free(NULL, order);
    return auc;
}

/* What the bootstrap goes over again and again: rows sorted within their month, and which are in the month's highest tenth. */
typedef struct sorted {
    bool *top;
    uint32_t *order;
    bool any;
} sorted;

typedef struct work {
    const judged *j;
    unsigned char *gone; /* [n] */
    double *weight;      /* [n] of a replicate */
    double *customer;    /* [customers] */
    sorted *of;          /* [scorers] */
    double *replicate;   /* [scorers][3][rounds]: auc, lift, precision at 10 % is apart */
    bool *flag;          /* [n] */
} work;

static size_t top_of(size_t n, double rate) {
    return (size_t)ceil(rate * (double)n);
}

static mr_status sort_months(const judged *j, const double *score, sorted *s, mr_error *err) {
    s->top = mem_new(NULL, j->n + 1, sizeof *s->top);
    s->order = mem_take(NULL, j->n + 1, sizeof *s->order);
    if (!s->top || !s->order) return error_memory(err, j->n * sizeof *s->order);
    for (size_t k = 0; k < j->months; k++) {
        size_t first = j->month[k], n = j->month[k + 1] - first;
        if (sort_doubles(n, score + first, s->order + first, false) != MR_OK) return error_memory(err, n * sizeof *s->order);
        for (size_t i = 0; i < top_of(n, 0.1); i++) s->top[first + s->order[first + n - 1 - i]] = true;
    }
    s->any = true;
    return MR_OK;
}

static double pooled_auc(const work *w, const double *score, const sorted *s, const double *weight, double *by_month) {
    const judged *j = w->j;
    sums all = {0, 0};
    for (size_t k = 0; k < j->months; k++) {
        size_t first = j->month[k], n = j->month[k + 1] - first;
        sums one = count_pairs(n, s->order + first, score + first, w->gone + first, weight ? weight + first : NULL);
        if (by_month) by_month[k] = one.pairs > 0 ? one.won / one.pairs : NAN;
        all.pairs += one.pairs;
        all.won += one.won;
    }
    return all.pairs > 0 ? all.won / all.pairs : NAN;
}

/* Share who left among the marked rows; of = all rows. */
static double share(const work *w, const bool *marked, const double *weight) {
    double n = 0, gone = 0;
    for (size_t i = 0; i < w->j->n; i++) {
        double one = weight ? weight[i] : 1;
        if (marked && !marked[i]) continue;
        n += one;
        if (w->gone[i]) gone += one;
    }
    return n > 0 ? gone / n : NAN;
}

/* --- chances --- */

static int by_double(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static mr_status calibrate(const work *w, const double *score, scorer_measures *out, mr_error *err) {
    size_t n = w->j->n, tenths = 0;
    uint32_t *order = mem_take(NULL, n + 1, sizeof *order);
    double *odds = mem_take(NULL, n + 1, sizeof *odds);
    mr_status status = order && odds ? sort_doubles(n, score, order, false) : MR_ENOMEM;
    if (status != MR_OK) error_memory(err, n * sizeof *odds);
    out->brier = out->log_loss = 0;
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        double p = fmin(1 - 1e-12, fmax(1e-12, score[i])), q = w->gone[i] ? p : 1 - p;
        odds[i] = log(p / (1 - p));
        out->brier += (1 - q) * (1 - q) / (double)n;
        out->log_loss -= log(q) / (double)n;
    }
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        size_t t = i * MEASURE_TENTHS / n;
        out->predicted[t] += score[order[i]];
        out->actual[t] += w->gone[order[i]];
        out->tenth_n[t]++;
        tenths = t + 1;
    }
    for (size_t t = 0; t < tenths; t++) {
        out->predicted[t] /= (double)out->tenth_n[t];
        out->actual[t] /= (double)out->tenth_n[t];
    }
    const double *x[1] = {odds};
    double coefficient[2] = {NAN, NAN};
    mr_logistic_fit fit = {.coefficient = coefficient};
    if (status == MR_OK && mr_logistic_estimate(n, x, 1, w->gone, NULL, 0, NULL, &fit, NULL) == MR_OK) {
        out->intercept = coefficient[0];
        out->slope = coefficient[1];
    }
    mem_free(NULL, order);
    mem_free(NULL, odds);
    return status;
}

/* --- flags, and how long before --- */

static double quantile(double *sorted_values, size_t n, double q) {
    if (!n) return NAN;
    double at = q * (double)(n - 1);
    size_t low = (size_t)at;
    return low + 1 < n ? sorted_values[low] + (at - (double)low) * (sorted_values[low + 1] - sorted_values[low]) : sorted_values[low];
}

static void mark(const judged *j, const sorted *s, double rate, bool *flag) {
    memset(flag, 0, j->n * sizeof *flag);
    for (size_t k = 0; k < j->months; k++) {
        size_t first = j->month[k], n = j->month[k + 1] - first;
        for (size_t i = 0; i < top_of(n, rate); i++) flag[first + s->order[first + n - 1 - i]] = true;
    }
}

typedef struct lead_walk {
    const judged *j;
    int32_t seen_to;     /* the landmark behind the last one judged: who leaves later had landmarks of which nobody knows yet whether they were flagged */
    const bool *flag;
    size_t *at;          /* [n] judged rows of customers, one customer after the other, by day */
    size_t *begin;       /* [customers + 1] */
    double *lead, *after;
    lead_measures *out;
} lead_walk;

/* Rows of one customer, by day. Their runs of flags, and whether the last one before they left was still running. */
static void walk_customer(lead_walk *w, const size_t *at, size_t n) {
    const landmarks *m = w->j->m;
    lead_measures *out = w->out;
    for (size_t i = 0, start = 0; i < n; i++) {
        size_t row = w->j->row[at[i]], next_row = i + 1 < n ? w->j->row[at[i + 1]] : 0;
        bool flagged = w->flag[at[i]], gone = m->now[row] == LANDMARK_LEFT;
        if (!flagged) start = i + 1;
        /* Unbroken: the very next landmark is flagged, too, and they had not left in between. */
        bool leaves_here = gone && (i + 1 == n ? m->gone[row] <= w->seen_to : m->day[next_row] >= m->gone[row]);
        bool run_on = flagged && i + 1 < n && w->flag[at[i + 1]] && m->day[next_row] == landmark_month_end(m->day[row] + 1) && !leaves_here;
        if (flagged && !run_on) {
            out->runs++;
            out->false_runs += !gone;
        }
        if (leaves_here) {
            out->leavers++;
            if (flagged) {
                int32_t first = m->day[w->j->row[at[start]]];
                w->lead[out->caught] = m->gone[row] - (double)first;
                w->after[out->caught++] = first - ((double)m->gone[row] - m->horizon_days);
            }
        }
        if (!run_on) start = i + 1;
    }
}

static void lead_of(lead_walk *w, double rate) {
    const judged *j = w->j;
    lead_measures *out = w->out;
    *out = (lead_measures){.rate = rate};
    for (size_t i = 0; i < j->n; i++)
        if (w->flag[i]) {
            out->flagged++;
            out->flagged_left += left(j, i);
        }
    w->seen_to = j->n ? landmark_month_end(j->m->day[j->row[j->n - 1]] + 1) : 0;
    for (size_t c = 0; c < j->m->customers; c++) walk_customer(w, w->at + w->begin[c], w->begin[c + 1] - w->begin[c]);
    qsort(w->lead, out->caught, sizeof *w->lead, by_double);
    qsort(w->after, out->caught, sizeof *w->after, by_double);
    out->lead_median = quantile(w->lead, out->caught, 0.5);
    out->lead_25 = quantile(w->lead, out->caught, 0.25);
    out->lead_75 = quantile(w->lead, out->caught, 0.75);
    out->after_order_median = j->m->mode == RISK_ORDERS ? quantile(w->after, out->caught, 0.5) : NAN;
    /* A landmark stands for the month that follows it. */
    out->customer_years = (double)j->n / 12;
}

/* Judged rows by customer, then day: rows come month by month. */
static mr_status by_customer(lead_walk *w, mr_error *err) {
    const judged *j = w->j;
    size_t customers = j->m->customers;
    w->at = mem_take(NULL, j->n + 1, sizeof *w->at);
    w->begin = mem_new(NULL, customers + 2, sizeof *w->begin);
    w->lead = mem_take(NULL, 2 * j->n + 1, sizeof *w->lead);
    if (!w->at || !w->begin || !w->lead) return error_memory(err, j->n * sizeof *w->lead);
    w->after = w->lead + j->n;
    for (size_t i = 0; i < j->n; i++) w->begin[j->m->who[j->row[i]] + 2]++;
    for (size_t c = 0; c < customers; c++) w->begin[c + 2] += w->begin[c + 1];
    for (size_t i = 0; i < j->n; i++) w->at[w->begin[j->m->who[j->row[i]] + 1]++] = i;
    return MR_OK;
}

/* --- the bootstrap: customers with Poisson(1) weights, all scorers on the same --- */

static double poisson_1(rng *r) {
    double p = rng_uniform(r), term = exp(-1), sum = term, k = 0;
    while (p > sum && k < 20) {
        k++;
        term /= k;
        sum += term;
    }
    return k;
}

static measured interval(double value, double *replicate, size_t rounds) {
    size_t n = 0;
    for (size_t b = 0; b < rounds; b++)
        if (isfinite(replicate[b])) replicate[n++] = replicate[b];
    if (!isfinite(value) || n < rounds / 2 + 1) return (measured){value, NAN, NAN};
    qsort(replicate, n, sizeof *replicate, by_double);
    return (measured){value, quantile(replicate, n, 0.025), quantile(replicate, n, 0.975)};
}

static mr_status bootstrap(work *w, const double *const *score, size_t scorers, bool *const *flags, uint64_t seed, const mr_context *context, scorer_measures *out,
                           mr_error *err) {
    enum { KINDS = 3 + MEASURE_RATES };
    const judged *j = w->j;
    double *draws = mem_take(NULL, scorers * KINDS * MEASURE_ROUNDS, sizeof *draws);
    if (!draws) return error_memory(err, scorers * KINDS * MEASURE_ROUNDS * sizeof *draws);
    for (size_t b = 0; b < MEASURE_ROUNDS; b++) {
        rng r;
        rng_seed(&r, seed, b);
        if (context && context->progress && context->progress(b, MEASURE_ROUNDS, context->progress_ctx)) {
            mem_free(NULL, draws);
            return error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
        }
        for (size_t c = 0; c < j->m->customers; c++) w->customer[c] = poisson_1(&r);
        for (size_t i = 0; i < j->n; i++) w->weight[i] = w->customer[j->m->who[j->row[i]]];
        double all = share(w, NULL, w->weight), first = NAN;
        for (size_t s = 0; s < scorers; s++) {
            double *to = draws + s * KINDS * MEASURE_ROUNDS + b;
            if (!score[s]) continue;
            double auc = pooled_auc(w, score[s], &w->of[s], w->weight, NULL);
            if (!s) first = auc;
            to[0] = auc;
            to[MEASURE_ROUNDS] = share(w, w->of[s].top, w->weight) / all;
            to[2 * MEASURE_ROUNDS] = auc - first;
            for (size_t k = 0; k < MEASURE_RATES; k++) to[(3 + k) * MEASURE_ROUNDS] = share(w, flags[s * MEASURE_RATES + k], w->weight);
        }
    }
    for (size_t s = 0; s < scorers; s++) {
        double *at = draws + s * KINDS * MEASURE_ROUNDS;
        if (!score[s]) continue;
        out[s].auc = interval(out[s].auc.value, at, MEASURE_ROUNDS);
        out[s].lift = interval(out[s].lift.value, at + MEASURE_ROUNDS, MEASURE_ROUNDS);
        out[s].against = interval(out[s].auc.value - out[0].auc.value, at + 2 * MEASURE_ROUNDS, MEASURE_ROUNDS);
        for (size_t k = 0; k < MEASURE_RATES; k++)
            out[s].lead[k].precision = interval(out[s].lead[k].precision.value, at + (3 + k) * MEASURE_ROUNDS, MEASURE_ROUNDS);
    }
    mem_free(NULL, draws);
    return MR_OK;
}

static void unknown(scorer_measures *m) {
    const measured none = {NAN, NAN, NAN};
    memset(m, 0, sizeof *m);
    m->auc = m->lift = m->against = none;
    m->brier = m->log_loss = m->slope = m->intercept = NAN;
    for (size_t k = 0; k < MEASURE_RATES; k++) m->lead[k].precision = none;
}

static mr_status measure_one(work *w, lead_walk *walk, const double *score, bool chance, bool **flags, sorted *s, scorer_measures *out, mr_error *err) {
    const judged *j = w->j;
    mr_status status = sort_months(j, score, s, err);
    out->month_auc = mem_take(NULL, j->months + 1, sizeof *out->month_auc);
    if (status == MR_OK && !out->month_auc) status = error_memory(err, j->months * sizeof *out->month_auc);
    if (status != MR_OK) return status;
    out->n = j->n;
    for (size_t i = 0; i < j->n; i++) out->left += w->gone[i];
    out->auc.value = pooled_auc(w, score, s, NULL, out->month_auc);
    out->lift.value = share(w, s->top, NULL) / share(w, NULL, NULL);
    if (chance) status = calibrate(w, score, out, err);
    for (size_t k = 0; k < MEASURE_RATES && status == MR_OK; k++) {
        flags[k] = mem_take(NULL, j->n + 1, sizeof **flags);
        if (!flags[k]) return error_memory(err, j->n);
        mark(j, s, measure_flag_rates[k], flags[k]);
        walk->flag = flags[k];
        walk->out = &out->lead[k];
        lead_of(walk, measure_flag_rates[k]);
        out->lead[k].precision = (measured){share(w, flags[k], NULL), NAN, NAN};
    }
    return status;
}

mr_status measures_of(const judged *j, const double *const *score, const bool *chance, size_t scorers, uint64_t seed, const mr_context *context, scorer_measures *out,
                      mr_error *err) {
    work w = {.j = j, .gone = mem_take(NULL, j->n + 1, 1), .weight = mem_take(NULL, j->n + 1, sizeof *w.weight),
              .customer = mem_take(NULL, j->m->customers + 1, sizeof *w.customer), .of = mem_new(NULL, scorers + 1, sizeof *w.of)};
    bool **flags = mem_new(NULL, scorers * MEASURE_RATES + 1, sizeof *flags);
    lead_walk walk = {.j = j};
    for (size_t s = 0; s < scorers; s++) unknown(&out[s]);
    mr_status status = w.gone && w.weight && w.customer && w.of && flags ? by_customer(&walk, err) : error_memory(err, j->n * sizeof *w.weight);
    for (size_t i = 0; i < j->n && status == MR_OK; i++) w.gone[i] = left(j, i);
    for (size_t s = 0; s < scorers && status == MR_OK; s++)
        if (score[s]) status = measure_one(&w, &walk, score[s], chance[s], flags + s * MEASURE_RATES, &w.of[s], &out[s], err);
    if (status == MR_OK) status = bootstrap(&w, score, scorers, flags, seed, context, out, err);
    for (size_t s = 0; w.of && s < scorers; s++) {
        mem_free(NULL, w.of[s].top);
        mem_free(NULL, w.of[s].order);
    }
    for (size_t i = 0; flags && i < scorers * MEASURE_RATES; i++) mem_free(NULL, flags[i]);
    mem_free(NULL, flags);
    mem_free(NULL, w.gone);
    mem_free(NULL, w.weight);
    mem_free(NULL, w.customer);
    mem_free(NULL, w.of);
    mem_free(NULL, walk.at);
    mem_free(NULL, walk.begin);
    mem_free(NULL, walk.lead);
    if (status != MR_OK) measures_free(out, scorers);
    return status;
}

void measures_free(scorer_measures *out, size_t scorers) {
    for (size_t s = 0; s < scorers; s++) {
        mem_free(NULL, out[s].month_auc);
        out[s].month_auc = NULL;
    }
}
