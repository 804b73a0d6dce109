/* A made-up report, the same every time: a shop of so many customers over so many months, with plausible
 * figures. For the tests of the report and for looking at it (report_demo.c). No model is fitted: chances
 * come from a rule of thumb. */
#ifndef TESTS_REPORT_FIXTURE_H
#define TESTS_REPORT_FIXTURE_H

#include <calendar.h>
#include <report.h>
#include <rng.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIXTURE_MONEY = 1,
    FIXTURE_CONTACTS = 2,
    FIXTURE_PREVIOUS = 4,
    FIXTURE_HOSTILE = 8,
    FIXTURE_MODELS = 16,
    FIXTURE_ALL = 31
};

#define FIXTURE_MAX_ORDERS 400
#define FIXTURE_HORIZON 90

typedef struct report_fixture {
    report r;
    ingest_orders input;
    report_customer *customers;
    report_month *months;
    report_cohort *cohorts;
    report_change *changes;
    int32_t *week_day;
    double *week_actual, *week_expected;
    uint64_t *offset;
    int32_t *day;
    double rhythm_sum;
} report_fixture;

static const char *const fixture_first[] = {"Anna", "Jonas", "Mireille", "Søren", "Zoë",   "Ahmed",
                                            "Li",   "Grace", "Pádraig",  "Olga",  "Tomás", "Ngozi"};
static const char *const fixture_last[] = {"Meyer",  "van den Berg", "O'Brien",     "Dubois", "Şahin",
                                           "Okafor", "Lindqvist",    "Smith-Jones", "García", "Kowalska"};
/* Markup, quotes, a formula, a right-to-left override, control bytes, broken UTF-8, a tag's end. */
static const char *const fixture_hostile[] = {"<script>alert(1)</script>",
                                              "\"quoted\", & <b>bold</b>",
                                              "=HYPERLINK(\"x\")",
                                              "\xe2\x80\xaetfel ot thgir",
                                              "bell\a escape\033[31m nul",
                                              "broken \xff\xfe\xc3",
                                              "</td></table></html>",
                                              "line\nbreak",
                                              "@SUM(A1)"};

static inline void fixture_put(char **bytes, size_t *len, size_t *room, const char *text) {
    size_t n = strlen(text);
    if (*len + n + 1 > *room) *bytes = realloc(*bytes, *room = 2 * (*len + n + 64));
    memcpy(*bytes + *len, text, n);
    *len += n;
}

static inline void fixture_texts(report_fixture *f, size_t n, unsigned what) {
    size_t id_room = 0, id_len = 0, room = 0, len = 0;
    f->input.id_offset = calloc(n + 1, sizeof(uint64_t));
    for (int k = 0; k < 3 && (what & FIXTURE_CONTACTS); k++)
        f->input.contact_offset[k] = calloc(n + 1, sizeof(uint64_t));
    for (size_t i = 0; i < n; i++) {
        char text[96];
        snprintf(text, sizeof text, "C%05zu", i + 1);
        if ((what & FIXTURE_HOSTILE) && i % 7 == 3) snprintf(text, sizeof text, "=%zu+1,\"x\"", i);
        fixture_put(&f->input.id_bytes, &id_len, &id_room, text);
        f->input.id_offset[i + 1] = id_len;
    }
    for (int k = 0; k < 3 && (what & FIXTURE_CONTACTS); k++) {
        f->input.contact_offset[k][0] = len;
        for (size_t i = 0; i < n; i++) {
            rng g;
            rng_seed(&g, 77, i);
            const char *first = fixture_first[rng_below(&g, 12)], *last = fixture_last[rng_below(&g, 10)];
            char text[96];
            if (k == 0) snprintf(text, sizeof text, "%s %s", first, last);
            if (k == 1) snprintf(text, sizeof text, "customer%zu@example.org", i + 1);
            if (k == 2) snprintf(text, sizeof text, "+49 170 %07u", (unsigned)rng_below(&g, 10000000));
            const char *use =
                k == 0 && (what & FIXTURE_HOSTILE) && i % 3 == 0 ? fixture_hostile[i / 3 % 9] : text;
            if (!(k == 2 && i % 4 == 1))
                fixture_put(&f->input.contact_bytes, &len, &room, use); /* some gave no phone */
            f->input.contact_offset[k][i + 1] = len;
        }
    }
}

/* Orders: every customer has a rate and a day they leave. */
static inline void fixture_orders(report_fixture *f, size_t n, int32_t from, int32_t until) {
    f->offset = calloc(n + 1, sizeof *f->offset);
    f->day = calloc(n * FIXTURE_MAX_ORDERS + 1, sizeof *f->day);
    uint64_t at = 0;
    for (size_t i = 0; i < n; i++) {
        rng g;
        rng_seed(&g, 2024, i);
        int32_t day = from + (int32_t)rng_below(&g, (uint64_t)(until - from + 1));
        double rate = rng_gamma(&g, 1.1) / 70, stay = rng_beta(&g, 0.6, 2.2);
        int k = 0;
        while (day <= until && k < FIXTURE_MAX_ORDERS) {
            f->day[at++] = day;
            k++;
            if (rng_uniform(&g) < stay) break;
            day += 1 + (int32_t)((rng_gamma(&g, 2) / 2) / rate);
            if (day < 0) break;
        }
        f->offset[i + 1] = at;
    }
}

static inline double fixture_rhythm(const report_fixture *f, size_t i, int32_t at) {
    uint64_t a = f->offset[i], b = a;
    while (b < f->offset[i + 1] && f->day[b] <= at) b++;
    double gaps = (double)(b - a) - 1;
    return (60 * 1.5 + (f->day[b - 1] - f->day[a])) / (1.5 + gaps);
}

static inline int fixture_by_risk(const void *a, const void *b) {
    const report_customer *x = a, *y = b;
    double p = isnan(x->value_at_risk) ? x->expected * (1 - x->p_alive) : x->value_at_risk;
    double q = isnan(y->value_at_risk) ? y->expected * (1 - y->p_alive) : y->value_at_risk;
    if (p != q) return p < q ? 1 : -1;
    return x->index < y->index ? -1 : 1;
}

static inline void fixture_customers(report_fixture *f, size_t n, int32_t until, bool money) {
    report *r = &f->r;
    double variance = 0;
    f->customers = calloc(n + 1, sizeof *f->customers);
    for (size_t i = 0; i < n; i++) {
        report_customer *c = &f->customers[i];
        rng g;
        rng_seed(&g, 5, i);
        uint64_t a = f->offset[i], b = f->offset[i + 1];
        double rhythm = fixture_rhythm(f, i, until), silence = until - f->day[b - 1],
               ratio = silence / rhythm, basket = 25 + 60 * rng_gamma(&g, 1.2);
        c->index = (uint32_t)i;
        c->orders = (uint32_t)(b - a);
        c->first_day = f->day[a];
        c->last_day = f->day[b - 1];
        c->spend = money ? floor(basket * c->orders * 100) / 100 : NAN;
        c->rhythm_days = rhythm;
        c->rhythm_from = c->orders - 1;
        c->overdue_ratio = ratio;
        c->p_alive = 1 / (1 + 0.25 * exp(1.5 * (ratio - 2)) + (c->orders == 1 ? 0.6 : 0));
        double rate = FIXTURE_HORIZON / rhythm;
        c->p_order = c->p_alive * (1 - exp(-rate));
        c->expected = c->p_alive * rate * 0.8;
        c->expected_low = floor(fmax(0, c->expected - 1.28 * sqrt(c->expected)));
        c->expected_high = ceil(c->expected + 1.28 * sqrt(c->expected));
        c->expected_value = money ? c->expected * basket * 0.3 : NAN;
        mr_standing s = {.orders = c->orders,
                         .silence = silence,
                         .gap_50 = rhythm * 0.8,
                         .gap_90 = rhythm * 2,
                         .gap_95 = rhythm * 2.6,
                         .p_alive = c->p_alive,
                         .p_alive_later = c->p_alive * 0.75,
                         .p_order = c->p_order,
                         .value_if_stay = basket * rate * 0.3,
                         .value_rank = fmin(0.999, c->orders / 9.0),
                         .return_share = i % 17 == 0 ? 0.4 : 0};
        c->stage = mr_stage_of(&s, MR_LEFT_THRESHOLD);
        c->step = mr_first_step(&s, c->stage);
        c->value_at_risk = money ? mr_value_at_risk(&s) : NAN;
        c->due_day = i % 211 == 5 ? INFINITY : until + rhythm * 0.7;
        c->due_90_day = i % 97 == 3 ? INFINITY : until + rhythm * 1.9;
        r->total_orders += c->orders;
        r->repeaters += c->orders > 1;
        r->expected_orders += c->expected;
        r->expected_customers += c->p_order;
        variance += c->expected * 1.6;
        r->stage_count[c->stage]++;
        r->step_count[c->step]++;
        if (!money) continue;
        r->total_spend += c->spend;
        r->expected_value += c->expected_value;
        r->value_at_risk += c->value_at_risk;
        r->stage_spend[c->stage] += c->spend;
        r->stage_value_at_risk[c->stage] += c->value_at_risk;
    }
    r->expected_orders_low = r->expected_orders - 1.28 * sqrt(variance);
    r->expected_orders_high = r->expected_orders + 1.28 * sqrt(variance);
    r->value_at_risk_low = r->value_at_risk * 0.93;
    r->value_at_risk_high = r->value_at_risk * 1.07;
    r->mean_order_value = money && r->total_orders > 0 ? r->total_spend / r->total_orders : NAN;
    qsort(f->customers, n, sizeof *f->customers, fixture_by_risk);
    r->n = n;
    r->customers = f->customers;
}

static inline void fixture_months(report_fixture *f, size_t n, int32_t from, int32_t until, bool money) {
    int first = calendar_month_index(from) + 3, last = calendar_month_index(until);
    if (last - first > 35) first = last - 35;
    if (last < first) return;
    f->months = calloc((size_t)(last - first + 1), sizeof *f->months);
    for (int m = first; m <= last; m++) {
        report_month *month = &f->months[f->r.months_n++];
        int32_t start = calendar_month_start(m), end = calendar_month_start(m + 1);
        month->start = start;
        month->complete = end - 1 <= until;
        for (size_t i = 0; i < n; i++) {
            int32_t before = 0, in_month = 0, next = 0;
            for (uint64_t k = f->offset[i]; k < f->offset[i + 1]; k++) {
                if (f->day[k] < start) before = f->day[k];
                if (f->day[k] >= start && f->day[k] < end && !in_month) in_month = f->day[k];
                if (f->day[k] >= start && !next) next = f->day[k];
            }
            if (!before || before < start - 365) continue;
            double spend = money ? 60.0 * (double)(1 + i % 9) : NAN,
                   passes = before + 2.6 * fixture_rhythm(f, i, before);
            month->active++;
            month->active_spend += spend;
            if (passes >= start && passes < fmin(end, until + 1) && (!next || next > passes)) {
                month->passed++;
                month->passed_spend += spend;
                if (!next) month->passed_now++, month->passed_now_spend += spend;
            } else if (passes < start && in_month) {
                month->came_back++;
                month->came_back_spend += spend;
            }
        }
    }
    f->r.months = f->months;
    f->r.one_order_unknown = n / 23;
}

static inline void fixture_cycle(report_fixture *f, size_t n, int32_t until) {
    report *r = &f->r;
    double ended[REPORT_BINS] = {0};
    for (size_t i = 0; i < n; i++)
        for (uint64_t k = f->offset[i]; k < f->offset[i + 1]; k++) {
            bool is_last = k + 1 == f->offset[i + 1];
            double gap = (is_last ? until - FIXTURE_HORIZON : f->day[k + 1]) - f->day[k],
                   rhythm = fixture_rhythm(f, i, f->day[k]);
            for (int b = 0; b < REPORT_BINS && gap > b * REPORT_BIN_WIDTH * rhythm; b++)
                r->cycle_n[b]++, ended[b] += is_last;
        }
    double steepest = 0;
    for (int b = 0; b < REPORT_BINS; b++) {
        r->cycle_leaving[b] = r->cycle_n[b] ? ended[b] / (double)r->cycle_n[b] : NAN;
        r->cycle_leaving_model[b] = 0.12 + 0.76 / (1 + exp(-1.35 * ((b + 0.5) * REPORT_BIN_WIDTH - 1.9)));
        if (b && r->cycle_leaving_model[b] - r->cycle_leaving_model[b - 1] > steepest) {
            steepest = r->cycle_leaving_model[b] - r->cycle_leaving_model[b - 1];
            r->cycle_steepest = b * REPORT_BIN_WIDTH;
        }
    }
}

static inline void fixture_cohorts(report_fixture *f, size_t n, int32_t from, int32_t until) {
    int first = calendar_month_index(from), last = calendar_month_index(until);
    if (last - first > 23) first = last - 23;
    f->cohorts = calloc((size_t)(last - first + 1), sizeof *f->cohorts);
    for (int m = first; m <= last; m++) {
        report_cohort *c = &f->cohorts[f->r.cohorts_n++];
        c->start = calendar_month_start(m);
        c->periods = (uint32_t)(last - m + 1);
        for (size_t i = 0; i < n; i++) {
            if (calendar_month_index(f->day[f->offset[i]]) != m) continue;
            c->customers++;
            int seen = -1;
            for (uint64_t k = f->offset[i]; k < f->offset[i + 1]; k++) {
                int at = calendar_month_index(f->day[k]) - m;
                if (at != seen && at < 24) c->active[at]++;
                seen = at;
            }
        }
        for (uint32_t k = 0; k < c->periods; k++)
            c->active[k] = c->customers ? c->active[k] / c->customers : NAN;
    }
    f->r.cohorts = f->cohorts;
    f->r.cohort_period = "month";
}

static inline int fixture_descending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

static inline void fixture_concentration(report_fixture *f, size_t n, bool money) {
    double *spend = calloc(n + 1, sizeof *spend), total = 0, sum = 0;
    for (size_t i = 0; i < n; i++) total += spend[i] = money ? f->customers[i].spend : f->customers[i].orders;
    qsort(spend, n, sizeof *spend, fixture_descending);
    size_t at = 0;
    for (size_t k = 0; k <= 10; k++) {
        for (; at < n * k / 10; at++) sum += spend[at];
        f->r.concentration[k] = total > 0 ? sum / total : 0;
    }
    free(spend);
}

static inline void fixture_weeks(report_fixture *f, size_t n, int32_t from, int32_t until) {
    size_t weeks = (size_t)((until - from + 1) / 7);
    f->week_day = calloc(weeks + 1, sizeof *f->week_day);
    f->week_actual = calloc(weeks + 1, sizeof(double));
    f->week_expected = calloc(weeks + 1, sizeof(double));
    for (size_t w = 0; w < weeks; w++) f->week_day[w] = from + 7 * (int32_t)w;
    for (size_t i = 0; i < n; i++)
        for (uint64_t k = f->offset[i] + 1; k < f->offset[i + 1]; k++) {
            size_t w = (size_t)((f->day[k] - from) / 7);
            if (w < weeks) f->week_actual[w]++;
        }
    double actual = 0, expected = 0;
    for (size_t w = 0; w < weeks; w++) {
        double sum = 0, count = 0;
        for (size_t k = w >= 6 ? w - 6 : 0; k < weeks && k <= w + 6; k++) sum += f->week_actual[k], count++;
        f->week_expected[w] = 1.02 * sum / count;
        actual += f->week_actual[w];
        expected += f->week_expected[w];
    }
    f->r.weeks_n = weeks;
    f->r.week_day = f->week_day;
    f->r.week_actual = f->week_actual;
    f->r.week_expected = f->week_expected;
    f->r.weeks_error = actual > 0 ? expected / actual - 1 : NAN;
}

typedef struct fixture_model {
    const char *name, *title;
    int k, baseline;
    double rmse, mae, msle, correlation, total, auc, brier, lift, alive;
} fixture_model;

static inline void fixture_models(report_fixture *f, int32_t until) {
    static const fixture_model rows[] = {
        {"nbd", "NBD", 1, 0, 1.912, 0.981, 0.243, 0.521, 2210, 0.742, 0.1871, 2.81, NAN},
        {"bg-nbd", "BG/NBD", 1, 0, 1.644, 0.761, 0.181, 0.633, 1620, 0.801, 0.1502, 3.42, 0.81},
        {"mbg-nbd", "MBG/NBD", 1, 0, 1.641, 0.758, 0.180, 0.634, 1588, 0.803, 0.1496, 3.44, 0.45},
        {"mbg-cnbd-k", "MBG/CNBD-k", 2, 0, 1.598, 0.741, 0.176, 0.652, 1544, 0.812, 0.1463, 3.58, 0.48},
        {"pareto-nbd", "Pareto/NBD", 1, 0, 1.651, 0.764, 0.182, 0.630, 1640, 0.800, 0.1509, 3.40, 0.52},
        {"bg-bb", "BG/BB", 1, 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN},
        {"always-zero", "Always zero", 1, 1, 2.114, 0.739, 0.312, NAN, 0, 0.5, 0.2240, 1, NAN},
        {"last-period", "Same as last period", 1, 1, 2.041, 0.902, 0.240, 0.571, 1790, 0.731, 0.2011, 2.90,
         NAN},
        {"recency", "Ordered lately", 1, 1, 1.981, 0.911, 0.251, 0.411, 1701, 0.744, 0.1893, 2.70, NAN},
    };
    static const int not_null = 0; /* candidates need a model that is not NULL; it is never looked into */
    report *r = &f->r;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        report_model *m = &r->models[r->models_n++];
        const fixture_model *row = &rows[i];
        *m = (report_model){.model = row->baseline ? NULL : (const mr_model *)(const void *)&not_null,
                            .k = row->k,
                            .fitted = !isnan(row->rmse),
                            .inner_rmse = row->baseline ? NAN : row->rmse * 0.97,
                            .inner_log_loss = row->baseline ? NAN : row->brier * 2.9,
                            .mae = row->mae,
                            .rmse = row->rmse,
                            .msle = row->msle,
                            .correlation = row->correlation,
                            .predicted_total = row->total,
                            .auc = row->auc,
                            .brier = row->brier,
                            .top_decile_lift = row->lift,
                            .rmse_se = row->baseline ? 0 : 0.048,
                            .seconds = 0.02 * (double)(i + 1),
                            .alive_mean = row->alive};
        snprintf(m->name, sizeof m->name, "%s", row->name);
        snprintf(m->title, sizeof m->title, "%s", row->title);
        if (!m->fitted) snprintf(m->problem, sizeof m->problem, "the estimate of gamma ran to its boundary");
        for (int t = 0; t < 10; t++) {
            m->calibration_n[t] = r->n / 10;
            m->calibration_predicted[t] = 0.01 + 0.0088 * t * t + 0.008 * t;
            m->calibration_actual[t] =
                fmax(0, m->calibration_predicted[t] * (1 + 0.16 * sin(2.1 * t + (double)i)));
        }
        for (int b = 0; b < 20 && !isnan(row->alive); b++) {
            double x = (b + 0.5) / 20;
            m->alive_histogram[b] =
                (double)r->n * (0.02 + row->alive * 0.2 * pow(x, 3) + (1 - row->alive) * 0.2 * pow(1 - x, 3));
        }
        if (strcmp(row->name, "bg-nbd") == 0) m->alive_histogram[19] += 0.5 * (double)r->n;
    }
    r->chosen = 3;
    snprintf(r->choice_why, sizeof r->choice_why,
             "the lowest RMSE on the choice window, more than one standard error below Pareto/NBD");
    r->inner_until = until - 240;
    r->inner_days = 120;
    r->outer_until = until - 120;
    r->outer_days = 120;
    r->outer_customers = r->n * 9 / 10;
    r->outer_actual_total = 1571;
    r->sample = r->n;
    snprintf(r->chosen_title, sizeof r->chosen_title, "MBG/CNBD-k");
    snprintf(r->cycle_title, sizeof r->cycle_title, "MBG/CNBD-k");
    r->chosen_params_n = r->cycle_params_n = 4;
    static const report_param params[4] = {{"r", 1.1243, 0.0611, 1.0107, 1.2507},
                                           {"alpha", 9.871, 0.5432, 8.862, 10.995},
                                           {"a", 0.6132, 0.0391, 0.5412, 0.6948},
                                           {"b", 2.2091, 0.1433, 1.9454, 2.5085}};
    memcpy(r->chosen_params, params, sizeof params);
    memcpy(r->cycle_params, params, sizeof params);
    r->fit = (mr_fit){.params = {.k = 2}, .log_likelihood = -41234.567, .n = (double)r->n, .converged = true};
    r->cycle_fit = r->fit;
    if (!r->has_money) return;
    r->has_spend_fit = true;
    snprintf(r->spend_title, sizeof r->spend_title, "Gamma-Gamma");
    r->spend_params_n = 3;
    static const report_param spend[3] = {
        {"p", 6.25, 0.41, 5.49, 7.11}, {"q", 3.744, 0.22, 3.34, 4.20}, {"v", 15.447, 1.61, 12.59, 18.95}};
    memcpy(r->spend_params, spend, sizeof spend);
    r->spend_fit =
        (mr_fit){.params = {.k = 1}, .log_likelihood = -8123.4, .n = r->repeaters, .converged = true};
    r->spend_zero = 3;
    r->spend_correlation = 0.06;
    r->spend_p_value = 0.021;
}

static inline void fixture_previous(report_fixture *f, int32_t until) {
    report *r = &f->r;
    r->has_previous = true;
    r->previous_dir = "last-month";
    r->previous_until = until - 30;
    r->change_new = r->n / 20;
    r->change_gone = 2;
    r->previous_value_at_risk = r->has_money ? r->value_at_risk * 0.94 : NAN;
    r->previous_expected_orders = r->expected_orders * 1.03;
    f->changes = calloc(r->n + 1, sizeof *f->changes);
    for (size_t i = 0; i < r->n; i++) {
        mr_stage is = r->customers[i].stage, was = is;
        if (i % 4 == 1 && is == MR_STAGE_OVERDUE) was = MR_STAGE_DUE;
        if (i % 3 == 1 && is == MR_STAGE_DUE) was = MR_STAGE_STEADY;
        if (i % 6 == 1 && is == MR_STAGE_STEADY) was = i % 12 == 1 ? MR_STAGE_DUE : MR_STAGE_OVERDUE;
        if (i % 9 == 1 && is == MR_STAGE_LEFT) was = MR_STAGE_OVERDUE;
        r->change_matrix[was][is]++;
        if (was == is) {
            r->change_same++;
        } else {
            f->changes[r->changes_n++] =
                (report_change){(uint32_t)i, was, fmin(1, r->customers[i].p_order * (was < is ? 1.3 : 0.7))};
        }
    }
    r->changes = f->changes;
}

static inline void fixture_understood(report_fixture *f, size_t n, int32_t from, int32_t until,
                                      unsigned what) {
    ingest_understood *u = &f->input.understood;
    bool contacts = what & FIXTURE_CONTACTS, money = what & FIXTURE_MONEY;
    u->delimiter = ';';
    u->header = true;
    static const char *const headings[] = {"Customer ID", "Order date", "Total", "Note",
                                           "Name",        "E-mail",     "Phone"};
    static const ingest_role roles[] = {ROLE_CUSTOMER, ROLE_DATE,  ROLE_AMOUNT, ROLE_IGNORE,
                                        ROLE_NAME,     ROLE_EMAIL, ROLE_PHONE};
    u->columns = contacts ? 7 : money ? 4 : 2;
    for (size_t i = 0; i < u->columns; i++) {
        u->role[i] = roles[i];
        snprintf(u->heading[i], sizeof u->heading[i], "%s", headings[i]);
    }
    if (what & FIXTURE_HOSTILE)
        snprintf(u->heading[0], sizeof u->heading[0], "<img src=x onerror=\"alert(1)\">");
    u->date_format = DATE_DMY;
    u->date_why = "the column holds days above 12 in first place";
    u->decimal_comma = money;
    if (money) strcpy(u->currency, "€");
    u->has_amount = money;
    u->has_name = u->has_email = u->has_phone = contacts;
    u->files = 1;
    u->orders = n ? f->offset[n] + n / 10 : 0;
    u->merged = n / 10;
    u->returns = money ? n / 17 : 0;
    u->lines = u->orders + u->returns + 4;
    u->bytes = u->lines * 46;
    u->rejected = (what & FIXTURE_HOSTILE) ? 4 : 0;
    u->first_day = from;
    u->last_day = until;
}

static inline report_fixture *report_fixture_new(size_t n, int months, unsigned what) {
    report_fixture *f = calloc(1, sizeof *f);
    int32_t until = calendar_day(2025, 6, 17),
            from = calendar_month_start(calendar_month_index(until) - months);
    bool money = what & FIXTURE_MONEY;
    report *r = &f->r;
    *r = (report){.input = &f->input,
                  .program_version = "0.1.0",
                  .until = until,
                  .horizon_days = FIXTURE_HORIZON,
                  .days_per_unit = 7,
                  .margin = 0.3,
                  .discount_rate = 0.1,
                  .interval_level = 0.8,
                  .has_money = money,
                  .seed = 1,
                  .sample = n,
                  .weeks_error = NAN,
                  .cycle_steepest = NAN,
                  .expected_value = money ? 0 : NAN,
                  .value_at_risk = money ? 0 : NAN,
                  .spend_correlation = NAN,
                  .cohort_period = "month"};
    for (int i = 0; i < REPORT_BINS; i++) r->cycle_leaving[i] = r->cycle_leaving_model[i] = NAN;
    fixture_orders(f, n, from, until);
    fixture_texts(f, n, what);
    fixture_customers(f, n, until, money);
    fixture_concentration(f, n, money);
    if (months >= 6) {
        fixture_months(f, n, from, until, money);
        fixture_cycle(f, n, until);
        fixture_cohorts(f, n, from, until);
        fixture_weeks(f, n, from, until);
    }
    if (what & FIXTURE_MODELS) fixture_models(f, until);
    fixture_understood(f, n, from, until, what);
    if (what & FIXTURE_PREVIOUS) fixture_previous(f, until);
    r->timing[0].name = "read", r->timing[0].seconds = 0.041;
    r->timing[1].name = "compare models", r->timing[1].seconds = 0.318;
    r->timing[2].name = "fit", r->timing[2].seconds = 0.094;
    r->timing[3].name = "score", r->timing[3].seconds = 0.006;
    r->timing_n = 4;
    r->seconds = 0.52;
    r->peak_memory_mb = 31;
    return f;
}

static inline void report_fixture_free(report_fixture *f) {
    free(f->input.id_bytes);
    free(f->input.id_offset);
    free(f->input.contact_bytes);
    for (int k = 0; k < 3; k++) free(f->input.contact_offset[k]);
    free(f->customers);
    free(f->months);
    free(f->cohorts);
    free(f->changes);
    free(f->week_day);
    free(f->week_actual);
    free(f->week_expected);
    free(f->offset);
    free(f->day);
    free(f);
}

#endif
