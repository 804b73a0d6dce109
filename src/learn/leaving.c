#include "leaving.h"

#include "calendar.h"
#include "error.h"
#include "mem.h"

#include <marram/logistic.h>
#include <marram/survival.h>

#include <math.h>
#include <string.h>

static const leaving_scorer scorers[LEAVING_SCORERS] = {
#define SCORER(name, title, probability, orders, contracts, about) {#name, title, about, probability, orders, contracts},
#include "leaving_scorers.def"
#undef SCORER
};

/* So that landmarks of the last fifth of the time say when to stop, there must be some months of both. */
enum { LEAST_DAYS_TO_SPLIT = 6, COX_ROWS = 15000 };
static const double LATER_SHARE = 0.2, RIDGE = 1.0;

const leaving_scorer *leaving_scorer_of(int scorer) {
    return &scorers[scorer];
}

/* --- rows --- */

mr_status leaving_known_rows(const landmarks *m, int32_t as_of, size_t **out, size_t *n, mr_error *err) {
    size_t *row = mem_take(NULL, m->n + 1, sizeof *row);
    *n = 0;
    *out = row;
    if (!row) return error_memory(err, m->n * sizeof *row);
    for (size_t c = 0; c < m->customers; c++)
        for (size_t i = m->customer[c].first; i < m->customer[c].first + m->customer[c].n; i++)
            if (m->known_day[i] <= as_of && m->then[i] <= LANDMARK_LEFT) row[(*n)++] = i;
    return MR_OK;
}

mr_status leaving_columns(const landmarks *m, const int *feature, size_t p, const size_t *row, size_t n, double **block, mr_feature *columns, mr_error *err) {
    double *at = mem_take(NULL, p * n + 1, sizeof *at);
    *block = at;
    if (!at) return error_memory(err, p * n * sizeof *at);
    for (size_t j = 0; j < p; j++) {
        double *to = at + j * n;
        const double *from = m->column[feature[j]];
        for (size_t i = 0; i < n; i++) to[i] = from ? from[row[i]] : m->constant[feature[j]];
        columns[j] = (mr_feature){.number = to};
    }
    return MR_OK;
}

typedef struct training {
    const landmarks *m;
    size_t *row, n;
    unsigned char *happened, *judge;
    uint64_t *group;
    bool split; /* judge is in use */
} training;

static void training_free(training *t) {
    mem_free(NULL, t->row);
    mem_free(NULL, t->happened);
    mem_free(NULL, t->judge);
    mem_free(NULL, t->group);
}

/* Early stopping on later time, where the landmarks span enough of it. */
static void split_by_time(training *t, leaving_models *out) {
    int32_t last = INT32_MIN, cut;
    size_t days = 0, judged = 0, judged_left = 0, left = 0;
    for (size_t i = 0; i < t->n; i++) {
        int32_t day = t->m->day[t->row[i]];
        out->first_day = i && out->first_day < day ? out->first_day : day;
        if (day > last) last = day;
    }
    out->last_day = last;
    for (int32_t day = out->first_day; day <= last; day = landmark_month_end(day + 1)) days++;
    cut = last - (int32_t)(LATER_SHARE * (last - out->first_day));
    for (size_t i = 0; i < t->n; i++) {
        t->judge[i] = t->m->day[t->row[i]] >= cut;
        judged += t->judge[i];
        judged_left += t->judge[i] && t->happened[i];
        left += t->happened[i];
    }
    t->split = days >= LEAST_DAYS_TO_SPLIT && judged_left >= LEAVING_LEAST_EACH && judged - judged_left >= LEAVING_LEAST_EACH &&
               left - judged_left >= LEAVING_LEAST_EACH && t->n - judged - (left - judged_left) >= LEAVING_LEAST_EACH;
}

/* Rows that the options allow to be learnt from. */
static mr_status rows_of(const landmarks *m, const leaving_fit_options *o, size_t **row, size_t *n, mr_error *err) {
    size_t all;
    mr_status status = leaving_known_rows(m, o->as_of, row, &all, err);
    *n = 0;
    for (size_t i = 0; i < all; i++)
        if (!o->before || m->day[(*row)[i]] < o->before) (*row)[(*n)++] = (*row)[i];
    return status;
}

static mr_status training_rows(const landmarks *m, const leaving_fit_options *o, leaving_models *out, training *t, mr_error *err) {
    *t = (training){.m = m};
    mr_status status = rows_of(m, o, &t->row, &t->n, err);
    t->happened = mem_take(NULL, t->n + 1, 1);
    t->judge = mem_take(NULL, t->n + 1, 1);
    t->group = mem_take(NULL, t->n + 1, sizeof *t->group);
    if (status == MR_OK && (!t->happened || !t->judge || !t->group)) status = error_memory(err, t->n * sizeof *t->group);
    if (status != MR_OK) return status;
    out->rows = t->n;
    for (size_t i = 0; i < t->n; i++) {
        t->happened[i] = m->then[t->row[i]] == LANDMARK_LEFT;
        t->group[i] = m->who[t->row[i]];
        out->left += t->happened[i];
    }
    if (t->n < LEAVING_LEAST_ROWS || out->left < LEAVING_LEAST_EACH || t->n - out->left < LEAVING_LEAST_EACH)
        return error_set(err, MR_EDATA, NULL, -1, "there is too little to learn from: %zu landmarks of customers whose outcome is known, %zu of them left; it takes %d, "
                         "with %d who left and %d who stayed: more history, or a shorter --horizon", t->n, out->left, LEAVING_LEAST_ROWS, LEAVING_LEAST_EACH,
                         LEAVING_LEAST_EACH);
    split_by_time(t, out);
    return MR_OK;
}

/* --- the additive model --- */

mr_status leaving_buying_score(const mr_params *buying, const landmarks *m, const size_t *row, size_t n, const mr_context *context, double *score, mr_error *err) {
    double *x = mem_take(NULL, 4 * n + 1, sizeof *x), *t_x = x ? x + n : NULL, *T = x ? t_x + n : NULL, *logs = x ? T + n : NULL;
    if (!x) return error_memory(err, 4 * n * sizeof *x);
    for (size_t i = 0; i < n; i++) {
        double age = landmark_value(m, LANDMARK_AGE, row[i]) / 7, silence = landmark_value(m, FEATURE_silence, row[i]) / 7;
        x[i] = landmark_value(m, FEATURE_orders, row[i]) - 1;
        T[i] = age;
        t_x[i] = x[i] > 0 ? fmax(0, age - silence) : 0;
        logs[i] = landmark_value(m, LANDMARK_LOG_GAPS, row[i]) - x[i] * log(7);
    }
    mr_data data = {.n = n, .x = x, .t_x = t_x, .T = T, .log_gaps = logs};
    mr_forecast forecast = {.p_order = score};
    mr_status status = mr_model_forecast(buying, &data, &(mr_forecast_spec){.horizon = m->horizon_days / 7.0}, context, &forecast, err);
    for (size_t i = 0; i < n && status == MR_OK; i++) score[i] = 1 - score[i];
    mem_free(NULL, x);
    return status;
}


/* What the buying model says, as one more feature. */
static mr_status buying_column(const leaving_models *models, const landmarks *m, const size_t *row, size_t n, const mr_context *context, double **out, mr_error *err) {
    *out = mem_take(NULL, n + 1, sizeof **out);
    return *out ? leaving_buying_score(&models->buying, m, row, n, context, *out, err) : error_memory(err, n * sizeof **out);
}

/* The month tells the season only where each month was seen in two years or more; else it would only tell rows of one time from those of another. */
static bool usable(const leaving_models *out, const training *t, int f) {
    if (f == FEATURE_season && out->last_day - out->first_day < 730) return false;
    double first = NAN;
    for (size_t i = 0; i < t->n; i++) {
        double v = landmark_value(t->m, f, t->row[i]);
        if (!i) first = v;
        else if (v != first && !(isnan(v) && isnan(first))) return true;
    }
    return false;
}

static mr_status choose_features(const training *t, leaving_models *out, mr_error *err) {
    for (int f = 0; f < FEATURES; f++)
        if (usable(out, t, f)) out->feature[out->p++] = f;
    if (out->p) return MR_OK;
    return error_set(err, MR_EDATA, NULL, -1, "all customers look the same on all landmarks: there is nothing to tell them apart by");
}

static mr_status fit_additive(const training *t, const leaving_fit_options *o, const mr_context *context, leaving_models *out, mr_error *err) {
    signed char monotone[FEATURES + 1];
    mr_feature columns[FEATURES + 1];
    double *block = NULL;
    for (size_t j = 0; j < out->p; j++) monotone[j] = (signed char)feature_of(out->feature[j])->monotone;
    double *chance = NULL;
    size_t p = out->p;
    mr_status status = leaving_columns(t->m, out->feature, out->p, t->row, t->n, &block, columns, err);
    if (status == MR_OK && out->fitted[LEAVING_buying]) {
        status = buying_column(out, t->m, t->row, t->n, context, &chance, err);
        monotone[p] = 1; /* it is the chance that they will not order */
        columns[p++] = (mr_feature){.number = chance};
    }
    mr_frame frame = {t->n, p, columns};
    mr_outcomes outcomes = {.happened = t->happened, .group = t->group, .judge = t->split ? t->judge : NULL};
    mr_additive_options options = {.monotone = monotone, .seed = o->seed};
    if (status == MR_OK) status = mr_additive_fit(&frame, &outcomes, &options, context, &out->additive, err);
    mem_free(NULL, block);
    mem_free(NULL, chance);
    out->fitted[LEAVING_additive] = status == MR_OK;
    return status;
}

/* --- the linear ones --- */

/* Counts, days and money run over orders of magnitude. */
static double transformed(double v) {
    return v < 0 ? -log1p(-v) : log1p(v);
}

static double design_value(const landmarks *m, const struct leaving_column *c, size_t row) {
    double v = landmark_value(m, c->feature, row);
    if (c->missing) return isnan(v);
    return isnan(v) ? c->mean : transformed(v);
}

static void choose_design(const training *t, leaving_models *out) {
    for (size_t j = 0; j < out->p; j++) {
        int f = out->feature[j];
        double sum = 0, n = 0, low = INFINITY, high = -INFINITY, at_low = 0, at_high = 0;
        if (f == FEATURE_season) continue; /* no amount */
        for (size_t i = 0; i < t->n; i++) {
            double v = landmark_value(t->m, f, t->row[i]);
            if (isnan(v)) continue;
            v = transformed(v);
            sum += v;
            n++;
            if (v < low) low = v, at_low = 0;
            if (v > high) high = v, at_high = 0;
            at_low += v == low;
            at_high += v == high;
        }
        /* A column that differs in a few rows alone would tell those apart without fail. */
        double least = LEAVING_LEAST_EACH, missing = (double)t->n - n;
        if (n >= least && missing >= least) out->design[out->design_n++] = (struct leaving_column){f, true, 0};
        if (n - at_low >= least && n - at_high >= least) out->design[out->design_n++] = (struct leaving_column){f, false, sum / n};
    }
}

/* x[design_n] of n each in one block. */
static mr_status design_of(const leaving_models *models, const landmarks *m, const size_t *row, size_t n, double **block, const double **x, mr_error *err) {
    *block = mem_take(NULL, models->design_n * n + 1, sizeof **block);
    if (!*block) return error_memory(err, models->design_n * n * sizeof **block);
    for (size_t j = 0; j < models->design_n; j++) {
        double *to = *block + j * n;
        for (size_t i = 0; i < n; i++) to[i] = design_value(m, &models->design[j], row[i]);
        x[j] = to;
    }
    return MR_OK;
}

static bool say(leaving_models *out, int scorer, mr_status status, const mr_error *err) {
    out->fitted[scorer] = status == MR_OK;
    if (status != MR_OK) memcpy(out->why[scorer], err->message, sizeof out->why[scorer] - 1);
    return status != MR_ENOMEM && status != MR_ECANCELLED;
}

/* The day from which on there are `most` rows or a few more. */
static int32_t latest_rows(const training *t, size_t most) {
    int32_t day = INT32_MAX;
    size_t n = 0;
    while (n < most) {
        int32_t before = INT32_MIN;
        for (size_t i = 0; i < t->n; i++)
            if (t->m->day[t->row[i]] < day && t->m->day[t->row[i]] > before) before = t->m->day[t->row[i]];
        if (before == INT32_MIN) break;
        day = before;
        for (size_t i = 0; i < t->n; i++) n += t->m->day[t->row[i]] == day;
    }
    return day;
}

/* Watched from a landmark to the next one, or until they left. What it costs grows with the square of the columns, so of very many rows the latest are taken. */
static mr_status fit_cox(const training *t, const double *const *columns, leaving_models *out, const mr_context *context, mr_error *err) {
    const landmarks *m = t->m;
    const double *x[2 * FEATURES];
    size_t n = 0;
    int32_t from = latest_rows(t, COX_ROWS);
    double *block = mem_take(NULL, (out->design_n + 2) * t->n + 1, sizeof *block), *start = block, *stop = block ? block + t->n : NULL;
    unsigned char *event = mem_new(NULL, t->n + 1, 1);
    if (!block || !event) {
        mem_free(NULL, block);
        mem_free(NULL, event);
        return error_memory(err, (out->design_n + 2) * t->n * sizeof *block);
    }
    for (size_t j = 0; j < out->design_n; j++) x[j] = block + (2 + j) * t->n;
    for (size_t i = 0; i < t->n; i++) {
        size_t row = t->row[i];
        int32_t day = m->day[row], next = landmark_month_end(day + 1);
        if (day < from) continue;
        double age = landmark_value(m, FEATURE_tenure, row);
        bool left = m->then[row] == LANDMARK_LEFT && m->gone_then[row] <= next;
        start[n] = age >= 0 ? age : 0;
        stop[n] = start[n] + ((left ? m->gone_then[row] : next) - day);
        for (size_t j = 0; j < out->design_n; j++) block[(2 + j) * t->n + n] = columns[j][i];
        event[n++] = left;
    }
    mr_survival data = {.n = n, .start = start, .stop = stop, .event = event};
    mr_cox_fit fit = {.coefficient = out->cox};
    mr_status status = mr_cox_estimate(&data, x, out->design_n, &(mr_cox_options){.ridge = RIDGE}, context, &fit, err);
    mem_free(NULL, block);
    mem_free(NULL, event);
    return status;
}

static mr_status fit_linear(const training *t, const mr_context *context, leaving_models *out, mr_error *err) {
    const double *x[2 * FEATURES];
    double *block = NULL;
    mr_error why = {0};
    choose_design(t, out);
    mr_status status = design_of(out, t->m, t->row, t->n, &block, x, err);
    if (status != MR_OK) return status;
    mr_logistic_fit fit = {.coefficient = out->logistic};
    mr_status one = mr_logistic_estimate(t->n, x, out->design_n, t->happened, NULL, RIDGE, context, &fit, &why);
    if (!say(out, LEAVING_logistic, one, &why)) status = one;
    if (status == MR_OK && t->m->mode == RISK_CONTRACTS) {
        one = fit_cox(t, x, out, context, &why);
        if (!say(out, LEAVING_cox, one, &why)) status = one;
    }
    if (status != MR_OK && err) *err = why;
    mem_free(NULL, block);
    return status;
}

/* --- the buying model, and the rules --- */

typedef struct summaries {
    double *x, *t_x, *T, *log_gaps; /* weeks */
    size_t n;
    double gaps, days; /* between orders, of all */
} summaries;

static mr_status summarise(const landmarks *m, int32_t as_of, summaries *s, mr_error *err) {
    *s = (summaries){.x = mem_take(NULL, 4 * m->buyers + 1, sizeof *s->x)};
    if (!s->x) return error_memory(err, 4 * m->buyers * sizeof *s->x);
    s->t_x = s->x + m->buyers;
    s->T = s->t_x + m->buyers;
    s->log_gaps = s->T + m->buyers;
    for (size_t b = 0; b < m->buyers; b++) {
        const struct landmark_order *o = m->order + m->buyer[b].first;
        double n = 0, logs = 0;
        int32_t first = 0, last = 0;
        for (size_t i = 0; i < m->buyer[b].n; i++) {
            if (o[i].known_day > as_of) continue;
            if (n > 0) logs += log((o[i].day - (double)last) / 7);
            else first = o[i].day;
            last = o[i].day;
            n++;
        }
        if (!(n > 0)) continue;
        s->x[s->n] = n - 1;
        s->t_x[s->n] = (last - (double)first) / 7;
        s->T[s->n] = (as_of - (double)first) / 7;
        s->log_gaps[s->n++] = logs;
        s->gaps += n - 1;
        s->days += last - (double)first;
    }
    return MR_OK;
}

static mr_status fit_buying(const landmarks *m, int32_t as_of, const mr_context *context, leaving_models *out, mr_error *err) {
    summaries s;
    mr_error why = {0};
    mr_fit fit;
    mr_status status = summarise(m, as_of, &s, err);
    if (status != MR_OK) return status;
    mr_data data = {.n = s.n, .x = s.x, .t_x = s.t_x, .T = s.T, .log_gaps = s.log_gaps};
    mr_status one = mr_model_fit(mr_model_find("mbg-cnbd-k"), &data, &(mr_fit_options){.no_errors = true}, context, &fit, &why);
    out->buying = fit.params;
    if (!say(out, LEAVING_buying, one, &why)) {
        status = one;
        if (err) *err = why;
    }
    out->gap = s.gaps > 0 ? s.days / s.gaps : NAN;
    out->fitted[LEAVING_overdue] = s.gaps > 0;
    if (!(s.gaps > 0)) strcpy(out->why[LEAVING_overdue], "nobody has ordered twice");
    mem_free(NULL, s.x);
    return status;
}

mr_status leaving_fit(const landmarks *m, const leaving_fit_options *o, const mr_context *context, leaving_models *out, mr_error *err) {
    training t;
    memset(out, 0, sizeof *out);
    out->m = m;
    out->asked = *o;
    mr_status status = training_rows(m, o, out, &t, err);
    if (status == MR_OK) status = choose_features(&t, out, err);
    if (status == MR_OK && m->mode == RISK_ORDERS) status = fit_buying(m, o->as_of, context, out, err);
    if (status == MR_OK) status = fit_additive(&t, o, context, out, err);
    if (status == MR_OK && o->baselines) status = fit_linear(&t, context, out, err);
    out->fitted[LEAVING_silence] = true;
    out->fitted[LEAVING_tenure] = m->mode == RISK_CONTRACTS;
    training_free(&t);
    if (status == MR_OK && !o->plain) status = leaving_draw(out, context, err);
    if (status != MR_OK) leaving_free(out);
    return status;
}

/* --- later time --- */

static bool enough_of(const size_t of[2]) {
    return of[0] + of[1] >= LEAVING_LEAST_ROWS && of[0] >= LEAVING_LEAST_EACH && of[1] >= LEAVING_LEAST_EACH;
}

/* The first landmark of the latest horizon, or of longer until there is enough: month by month back, the first of all left out. */
static bool later_from(const landmarks *m, const size_t *row, size_t n, int32_t *from) {
    int32_t last = INT32_MIN, first = INT32_MAX;
    size_t of[2] = {0, 0};
    for (size_t i = 0; i < n; i++) {
        last = m->day[row[i]] > last ? m->day[row[i]] : last;
        first = m->day[row[i]] < first ? m->day[row[i]] : first;
    }
    for (int32_t day = last; day > first; day = calendar_month_start(calendar_month_index(day)) - 1) {
        if (enough_of(of) && (int64_t)day <= (int64_t)last - m->horizon_days) break;
        for (size_t i = 0; i < n; i++)
            if (m->day[row[i]] == day) of[m->then[row[i]] == LANDMARK_LEFT]++;
        *from = day;
    }
    return enough_of(of);
}

void leaving_later_free(leaving_later *l) {
    leaving_free(&l->before);
    mem_free(NULL, l->row);
    mem_free(NULL, l->score);
    l->row = NULL;
    l->score = NULL;
}

mr_status leaving_later_make(const landmarks *m, const leaving_fit_options *o, const mr_context *context, leaving_later *out, mr_error *err) {
    size_t all;
    mr_error why = {0};
    *out = (leaving_later){0};
    mr_status status = rows_of(m, o, &out->row, &all, err);
    if (status != MR_OK || !later_from(m, out->row, all, &out->from)) return status;
    for (size_t i = 0; i < all; i++)
        if (m->day[out->row[i]] >= out->from) out->row[out->n++] = out->row[i];
    leaving_fit_options then = {.as_of = out->from < o->as_of ? out->from : o->as_of, .before = o->before, .plain = true, .seed = o->seed};
    status = leaving_fit(m, &then, context, &out->before, &why);
    if (status == MR_EDATA) {
        then = (leaving_fit_options){.as_of = o->as_of, .before = out->from, .plain = true, .seed = o->seed};
        out->overlap = true;
        status = leaving_fit(m, &then, context, &out->before, &why);
    }
    if (status == MR_EDATA) {
        out->before = (leaving_models){0};
        out->n = 0;
        return MR_OK;
    }
    if (status == MR_OK && !(out->score = mem_take(NULL, out->n, sizeof *out->score))) status = error_memory(&why, out->n * sizeof *out->score);
    if (status == MR_OK) status = leaving_log_odds(&out->before, m, out->row, out->n, context, out->score, &why);
    if (status != MR_OK && err) *err = why;
    return status;
}

mr_status leaving_draw(leaving_models *models, const mr_context *context, mr_error *err) {
    leaving_later l;
    double *now = NULL;
    mr_status status = leaving_later_make(models->m, &models->asked, context, &l, err);
    if (status == MR_OK && l.before.rows) {
        now = mem_take(NULL, l.n, sizeof *now);
        if (!now) status = error_memory(err, l.n * sizeof *now);
        if (status == MR_OK) status = leaving_log_odds(models, models->m, l.row, l.n, context, now, err);
        if (status == MR_OK) status = recalibration_measure(&(later_rows){models->m, l.row, l.n}, l.score, now, context, &models->drawn, err);
        if (status == MR_OK && models->drawn.done) status = recalibration_apply(&models->drawn, context, &models->additive, err);
    }
    mem_free(NULL, now);
    leaving_later_free(&l);
    return status;
}

mr_status leaving_plan(const landmarks *m, int32_t as_of, const mr_context *context, leaving_models *out, size_t **row, size_t *n, mr_error *err) {
    training t;
    memset(out, 0, sizeof *out);
    out->m = m;
    *row = NULL;
    mr_status status = training_rows(m, &(leaving_fit_options){.as_of = as_of}, out, &t, err);
    if (status == MR_OK) status = choose_features(&t, out, err);
    if (status == MR_OK && m->mode == RISK_ORDERS) status = fit_buying(m, as_of, context, out, err);
    if (status == MR_OK) {
        *row = t.row;
        *n = t.n;
        t.row = NULL;
    }
    training_free(&t);
    return status;
}

void leaving_free(leaving_models *models) {
    mr_additive_free(models->additive);
    models->additive = NULL;
}

/* --- scores --- */

mr_status leaving_log_odds(const leaving_models *models, const landmarks *m, const size_t *row, size_t n, const mr_context *context, double *score, mr_error *err) {
    mr_feature columns[FEATURES + 1];
    double *block, *chance = NULL;
    size_t p = models->p;
    mr_status status = leaving_columns(m, models->feature, models->p, row, n, &block, columns, err);
    if (status == MR_OK && models->fitted[LEAVING_buying]) {
        status = buying_column(models, m, row, n, context, &chance, err);
        columns[p++] = (mr_feature){.number = chance};
    }
    mr_frame frame = {n, p, columns};
    if (status == MR_OK) status = mr_additive_score(models->additive, &frame, context, score, err);
    mem_free(NULL, block);
    mem_free(NULL, chance);
    return status;
}

static mr_status score_additive(const leaving_models *models, const landmarks *m, const size_t *row, size_t n, const mr_context *context, double *score, mr_error *err) {
    mr_status status = leaving_log_odds(models, m, row, n, context, score, err);
    for (size_t i = 0; i < n && status == MR_OK; i++) score[i] = 1 / (1 + exp(-score[i]));
    return status;
}

static mr_status score_linear(const leaving_models *models, const landmarks *m, bool cox, const size_t *row, size_t n, double *score, mr_error *err) {
    const double *x[2 * FEATURES];
    double *block;
    mr_status status = design_of(models, m, row, n, &block, x, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < n; i++) {
        double sum = cox ? 0 : models->logistic[0];
        for (size_t j = 0; j < models->design_n; j++) sum += (cox ? models->cox[j] : models->logistic[1 + j]) * x[j][i];
        score[i] = cox ? sum : 1 / (1 + exp(-sum));
    }
    mem_free(NULL, block);
    return MR_OK;
}

static double rule(const leaving_models *models, const landmarks *m, int scorer, size_t row) {
    double silence = landmark_value(m, FEATURE_silence, row), orders = landmark_value(m, FEATURE_orders, row), rhythm = landmark_value(m, FEATURE_rhythm, row);
    if (scorer == LEAVING_tenure) return -landmark_value(m, FEATURE_tenure, row);
    if (scorer == LEAVING_silence) return isnan(silence) ? landmark_value(m, FEATURE_usage_silence, row) : silence;
    /* One more gap, of the base's length. */
    double gaps = orders - 1;
    return silence / ((models->gap + (gaps > 0 ? gaps * rhythm : 0)) / (1 + gaps));
}

mr_status leaving_score(const leaving_models *models, const landmarks *m, int scorer, const size_t *row, size_t n, const mr_context *context, double *score,
                        mr_error *err) {
    if (!models->fitted[scorer]) {
        for (size_t i = 0; i < n; i++) score[i] = NAN;
        return MR_OK;
    }
    switch (scorer) {
    case LEAVING_additive: return score_additive(models, m, row, n, context, score, err);
    case LEAVING_logistic:
    case LEAVING_cox: return score_linear(models, m, scorer == LEAVING_cox, row, n, score, err);
    case LEAVING_buying: return leaving_buying_score(&models->buying, m, row, n, context, score, err);
    default: break;
    }
    for (size_t i = 0; i < n; i++) score[i] = rule(models, m, scorer, row[i]);
    return MR_OK;
}
