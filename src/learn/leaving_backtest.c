#include "leaving_backtest.h"

#include "calendar.h"
#include "error.h"
#include "mem.h"

#include <math.h>
#include <string.h>

static void begin(const leaving_backtest_options *o, const char *what) {
    if (o->begin) o->begin(o->ctx, what);
}

/* Rows whose outcome is known by now, month by month and within a month in the order of customers. */
static mr_status collect(leaving_backtest *b, mr_error *err) {
    const landmarks *m = &b->m;
    int32_t first = INT32_MAX, last = INT32_MIN;
    for (size_t i = 0; i < m->n; i++)
        if (m->now[i] <= LANDMARK_LEFT) {
            if (m->day[i] < first) first = m->day[i];
            if (m->day[i] > last) last = m->day[i];
        }
    if (first > last)
        return error_set(err, MR_EDATA, NULL, -1, "no outcome can be known: no customer was at risk %d days or more before the data end%s; give a shorter --horizon",
                         (int)m->horizon_days, m->mode == RISK_CONTRACTS ? " (and a month, in which what ended may be renewed)" : "");
    int from = calendar_month_index(first);
    b->months = (size_t)(calendar_month_index(last) - from) + 1;
    b->begin = mem_new(NULL, b->months + 2, sizeof *b->begin);
    b->month = mem_new(NULL, b->months + 1, sizeof *b->month);
    b->row = mem_take(NULL, m->n + 1, sizeof *b->row);
    if (!b->begin || !b->month || !b->row) return error_memory(err, m->n * sizeof *b->row);
    for (size_t i = 0; i < m->n; i++)
        if (m->now[i] <= LANDMARK_LEFT) b->begin[calendar_month_index(m->day[i]) - from + 2]++;
    for (size_t k = 0; k < b->months; k++) b->begin[k + 2] += b->begin[k + 1];
    for (size_t c = 0; c < m->customers; c++)
        for (size_t i = m->customer[c].first; i < m->customer[c].first + m->customer[c].n; i++)
            if (m->now[i] <= LANDMARK_LEFT) b->row[b->begin[calendar_month_index(m->day[i]) - from + 1]++] = i;
    for (size_t k = 0; k < b->months; k++) {
        b->month[k].day = calendar_month_start(from + (int)k + 1) - 1;
        b->month[k].n = b->begin[k + 1] - b->begin[k];
        for (size_t i = b->begin[k]; i < b->begin[k + 1]; i++) b->month[k].left += m->now[b->row[i]] == LANDMARK_LEFT;
    }
    return MR_OK;
}

static bool enough(const landmarks *m, int32_t as_of) {
    size_t n = 0, gone = 0;
    for (size_t i = 0; i < m->n; i++)
        if (m->known_day[i] <= as_of && m->then[i] <= LANDMARK_LEFT) {
            n++;
            gone += m->then[i] == LANDMARK_LEFT;
        }
    return n >= LEAVING_LEAST_ROWS && gone >= LEAVING_LEAST_EACH && n - gone >= LEAVING_LEAST_EACH;
}

static mr_status score_month(leaving_backtest *b, const leaving_models *models, size_t k, size_t to, const mr_context *context, mr_error *err) {
    mr_status status = MR_OK;
    size_t first = b->begin[k], n = b->month[k].n;
    for (int s = 0; s < LEAVING_SCORERS && status == MR_OK; s++) {
        if (!b->score[s]) continue;
        status = leaving_score(models, &b->m, s, b->row + first, n, context, b->score[s] + to, err);
        for (size_t i = to; i < to + n && status == MR_OK; i++)
            if (isnan(b->score[s][i])) b->score[s][i] = leaving_scorer_of(s)->probability ? (double)models->left / (double)models->rows : -INFINITY;
        if (!models->fitted[s]) memcpy(b->why[s], models->why[s], sizeof b->why[s]);
    }
    return status;
}

static mr_status walk_months(leaving_backtest *b, const leaving_backtest_options *o, const mr_context *context, mr_error *err) {
    leaving_models models;
    mr_status status = MR_OK;
    size_t kept = 0, to = 0;
    int trained = INT32_MIN;
    bool fitted = false;
    for (size_t k = 0; k < b->months && status == MR_OK; k++) {
        backtest_month month = b->month[k];
        int index = calendar_month_index(month.day);
        if (context && context->progress && context->progress(k, b->months, context->progress_ctx)) status = error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
        if (status != MR_OK || !month.n || (!fitted && !enough(&b->m, month.day))) continue;
        if (!fitted || index - trained >= o->retrain_months) {
            if (fitted) leaving_free(&models);
            mr_context quiet = context ? *context : (mr_context){0};
            quiet.progress = NULL;
            status = leaving_fit(&b->m, &(leaving_fit_options){.as_of = month.day, .baselines = true, .seed = o->seed}, &quiet, &models, err);
            fitted = status == MR_OK;
            if (!fitted) break;
            trained = index;
            b->trainings++;
            b->trained_rows = models.rows;
            b->trained_left = models.left;
        }
        month.trained_day = models.m ? calendar_month_start(trained + 1) - 1 : 0;
        mr_context quiet = context ? *context : (mr_context){0};
        quiet.progress = NULL;
        status = score_month(b, &models, k, to, &quiet, err);
        /* What comes before the first training is left out: rows move up. */
        memmove(b->row + to, b->row + b->begin[k], month.n * sizeof *b->row);
        b->begin[kept] = to;
        b->month[kept++] = month;
        to += month.n;
        b->left += month.left;
    }
    if (fitted) leaving_free(&models);
    b->months = kept;
    b->n = to;
    return status;
}

static mr_status run(ledger *l, const leaving_backtest_options *o, const mr_context *context, leaving_backtest *b, mr_error *err) {
    bool chance[LEAVING_SCORERS];
    const double *score[LEAVING_SCORERS];
    begin(o, "reading histories");
    mr_status status = landmarks_read(l, &o->landmarks, context, &b->m, err);
    if (status == MR_OK) status = collect(b, err);
    for (int s = 0; s < LEAVING_SCORERS && status == MR_OK; s++) {
        const leaving_scorer *scorer = leaving_scorer_of(s);
        chance[s] = scorer->probability;
        if (b->m.mode == RISK_CONTRACTS ? !scorer->contracts : !scorer->orders) continue;
        b->score[s] = mem_take(NULL, b->m.n + 1, sizeof *b->score[s]);
        if (!b->score[s]) status = error_memory(err, b->m.n * sizeof *b->score[s]);
    }
    if (status != MR_OK) return status;
    begin(o, "month by month");
    /* begin[] is read ahead of where it is written: kept <= k. */
    status = walk_months(b, o, context, err);
    if (status != MR_OK) return status;
    if (!b->n || !b->left || b->left == b->n) {
        return error_set(err, MR_EDATA, NULL, -1, "the history is too short to learn from a part of it and judge on the rest: it takes %d landmarks with a known outcome, %d of "
                         "customers who left and %d who stayed, and months behind them with both; %zu landmarks of %zu customers were found: more history, or a shorter --horizon",
                         LEAVING_LEAST_ROWS, LEAVING_LEAST_EACH, LEAVING_LEAST_EACH, b->m.n, b->m.customers);
    }
    b->begin[b->months] = b->n;
    for (int s = 0; s < LEAVING_SCORERS; s++) score[s] = b->why[s][0] ? NULL : b->score[s];
    begin(o, "measuring");
    const judged j = {&b->m, b->row, b->n, b->begin, b->months};
    return measures_of(&j, score, chance, LEAVING_SCORERS, o->seed, context, b->of, err);
}

mr_status leaving_backtest_run(ledger *l, const leaving_backtest_options *o, const mr_context *context, leaving_backtest *out, mr_error *err) {
    memset(out, 0, sizeof *out);
    mr_status status = run(l, o, context, out, err);
    if (status != MR_OK) leaving_backtest_free(out);
    return status;
}

void leaving_backtest_free(leaving_backtest *b) {
    measures_free(b->of, LEAVING_SCORERS);
    for (int s = 0; s < LEAVING_SCORERS; s++) mem_free(NULL, b->score[s]);
    mem_free(NULL, b->row);
    mem_free(NULL, b->begin);
    mem_free(NULL, b->month);
    landmarks_free(&b->m);
    memset(b, 0, sizeof *b);
}

leaving_verdict leaving_backtest_verdict(const leaving_backtest *b, int *best) {
    const scorer_measures *model = &b->of[LEAVING_additive];
    *best = -1;
    for (int s = LEAVING_additive + 1; s < LEAVING_SCORERS; s++)
        if (b->score[s] && !isnan(b->of[s].auc.value) && (*best < 0 || b->of[s].auc.value > b->of[*best].auc.value)) *best = s;
    bool auc_chance = !(model->auc.low > 0.5), lift_chance = !(model->lift.low > 1);
    if (auc_chance || lift_chance) return VERDICT_NOTHING;
    if (*best >= 0 && !(b->of[*best].against.high < 0)) return VERDICT_NO_BETTER;
    return VERDICT_BETTER;
}
