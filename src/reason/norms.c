/* Quantiles from counts: bins grow by 2^(1/8) from 2^-10 on, so that they hold hours of seconds and of years alike; whole numbers, so that merging
 * in any order gives the same. */
#include "norms.h"
#include "digest.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name;
    double low, middle, high;
} rows[NORMS] = {
#define NORM(name, low, middle, high, unit, meaning) [NORM_##name] = {#name, low, middle, high},
#include "norms.def"
#undef NORM
};

const char *norms_name(norm which) {
    return (int)which >= 0 && which < NORMS ? rows[which].name : "";
}

void norms_default(norms *out) {
    *out = (norms){0};
    for (int i = 0; i < NORMS; i++) {
        out->low[i] = rows[i].low;
        out->middle[i] = rows[i].middle;
        out->high[i] = rows[i].high;
    }
    for (int i = 0; i < NORMS_KEPT; i++) out->kept[i] = 1;
}

void norms_observe(norms_count *c, norm which, double value) {
    if (isnan(value) || value < 0) return;
    double bin = value > 0 ? 8 * (log2(value) + 10) + 1 : 0;
    c->bin[which][bin < 0 ? 0 : bin > NORMS_BINS - 1 ? NORMS_BINS - 1 : (int)bin]++;
}

void norms_merge(norms_count *into, const norms_count *from) {
    for (int i = 0; i < NORMS; i++)
        for (int b = 0; b < NORMS_BINS; b++) into->bin[i][b] += from->bin[i][b];
    for (int i = 0; i < NORMS_KEPT; i++) into->kept[i] += from->kept[i];
}

/* The middle (in log) of the bin where the share is reached. */
static double quantile(const uint64_t *bin, uint64_t n, double share) {
    uint64_t seen = 0, want = (uint64_t)ceil(share * (double)n);
    for (int b = 0; b < NORMS_BINS; b++) {
        seen += bin[b];
        if (seen >= want) return b ? exp2((b - 0.5) / 8 - 10) : 0;
    }
    return 0;
}

void norms_settle(const norms_count *c, norms *out) {
    norms_default(out);
    for (int i = 0; i < NORMS; i++) {
        uint64_t n = 0;
        for (int b = 0; b < NORMS_BINS; b++) n += c->bin[i][b];
        if (n < NORMS_ENOUGH) continue;
        out->measured[i] = true;
        out->low[i] = quantile(c->bin[i], n, 0.1);
        out->middle[i] = quantile(c->bin[i], n, 0.5);
        out->high[i] = quantile(c->bin[i], n, 0.9);
    }
    uint64_t customers = c->kept[KEPT_customers];
    if (c->kept[KEPT_things] >= NORMS_ENOUGH) out->kept[KEPT_repeats] = (double)c->kept[KEPT_repeats] / (double)c->kept[KEPT_things];
    if (customers < NORMS_ENOUGH) return;
    for (int i = 0; i < KEPT_things; i++) out->kept[i] = (double)c->kept[i] / (double)customers;
    /* Among those who have contacts, and cases. */
    if (c->kept[KEPT_contacts]) out->kept[KEPT_decides] = (double)c->kept[KEPT_decides] / (double)c->kept[KEPT_contacts];
    if (c->kept[KEPT_cases]) out->kept[KEPT_answers] = (double)c->kept[KEPT_answers] / (double)c->kept[KEPT_cases];
}

/* --- what a customer shows --- */

static void add_touches(norms_count *c, const digest *d) {
    int32_t last = TRACE_NO_DAY, any = TRACE_NO_DAY;
    bool sales = false, operations = false;
    for (uint32_t i = 0; i < d->n[EVENT_touch_out]; i++) {
        const trace_event *e = digest_event(d, EVENT_touch_out, i);
        sales = sales || e->actor == TRACE_SALES;
        operations = operations || e->actor == TRACE_OPERATIONS;
        if (any != TRACE_NO_DAY && e->day > any) norms_observe(c, NORM_any_touch_gap_days, e->day - any);
        any = e->day;
        if (e->flags & TRACE_MARKETING) continue;
        if (last != TRACE_NO_DAY && e->day > last) norms_observe(c, NORM_touch_gap_days, e->day - last);
        last = e->day;
    }
    c->kept[KEPT_touches] += last != TRACE_NO_DAY;
    c->kept[KEPT_sales] += sales;
    c->kept[KEPT_operations] += operations;
}

static void add_orders(norms_count *c, const digest *d) {
    int32_t last = TRACE_NO_DAY;
    for (uint32_t i = 0; i < d->n[EVENT_order]; i++) {
        const trace_event *e = digest_event(d, EVENT_order, i);
        if (!trace_is_order(e)) continue;
        if (last != TRACE_NO_DAY && e->day > last) norms_observe(c, NORM_order_gap_days, e->day - last);
        last = e->day;
    }
}

static void add_surveys(norms_count *c, const digest *d) {
    double n = 0, sum = 0, square = 0;
    for (uint32_t i = 0; i < d->n[EVENT_survey]; i++) {
        double value = digest_event(d, EVENT_survey, i)->value;
        norms_observe(c, NORM_survey_score, value);
        if (!isnan(value)) n++, sum += value, square += value * value;
    }
    if (n >= 3) norms_observe(c, NORM_survey_spread, sqrt(fmax(0, (square - sum * sum / n) / (n - 1))));
}

static void add_things(norms_count *c, const digest *d) {
    static const event_kind kinds[] = {EVENT_order, EVENT_usage};
    uint64_t pairs = 0;
    for (int k = 0; k < 2 && !pairs; k++) {
        const trace_event *before = NULL;
        for (uint32_t i = 0; i < d->n[kinds[k]]; i++) {
            const trace_event *e = digest_event(d, kinds[k], i);
            if (!e->topic || (e->kind == EVENT_order && e->amount < 0)) continue;
            pairs += before != NULL;
            c->kept[KEPT_repeats] += before && before->topic == e->topic;
            before = e;
        }
    }
    c->kept[KEPT_things] += pairs;
}

void norms_add(norms_count *c, const digest *d) {
    bool answered = false, decides = false;
    size_t here = 0;
    c->kept[KEPT_customers]++;
    c->kept[KEPT_usage] += d->n[EVENT_usage] > 0;
    add_touches(c, d);
    add_orders(c, d);
    add_surveys(c, d);
    add_things(c, d);
    for (size_t i = 0; i < d->cases_n; i++) {
        const digest_case *k = &d->cases[i];
        if (k->answer) norms_observe(c, NORM_answer_hours, digest_answer_hours(d, k));
        if (k->resolve && !k->is_open) norms_observe(c, NORM_resolve_hours, digest_resolve_hours(d, k));
        answered = answered || k->answer;
    }
    c->kept[KEPT_cases] += d->cases_n > 0;
    c->kept[KEPT_answers] += answered;
    for (size_t i = 0; i < d->contacts_n; i++) {
        if (!d->contacts[i].left) here++, decides = decides || d->contacts[i].decides;
    }
    c->kept[KEPT_contacts] += here > 0;
    c->kept[KEPT_decides] += decides;
    if (here) norms_observe(c, NORM_contacts, (double)here);
}
