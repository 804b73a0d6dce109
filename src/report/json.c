/* summary.json: everything the report says but the customers, with a definition of each figure.
 *
 * Keys keep the order they are set in. A NaN or an infinity is null: JSON has neither. Texts from the data
 * are cleaned to valid UTF-8. */
#include "contracts.h"
#include "definitions.h"
#include "extras.h"
#include "json_write.h"

static json_t *input_of(writer *w) {
    const ingest_understood *u = &w->r->input->understood;
    json_t *object = json_object(), *columns = json_array();
    char delimiter[2] = {u->delimiter ? u->delimiter : ',', 0};
    if (w->r->ledger) set(w, object, "ledger", text(w, w->r->ledger));
    set(w, object, "files", count(u->files));
    set(w, object, "bytes", count(u->bytes));
    set(w, object, "lines", count(u->lines));
    set(w, object, "delimiter", json_string(delimiter));
    set(w, object, "header", json_boolean(u->header));
    for (size_t i = 0; i < u->columns && i < INGEST_MAX_COLUMNS; i++) {
        json_t *column = json_object();
        set(w, column, "heading", text(w, u->heading[i]));
        set(w, column, "role", json_string(report_role_word(u->role[i])));
        append(w, columns, column);
    }
    set(w, object, "columns", columns);
    set(w, object, "date_format", json_string(report_date_word(u->date_format)));
    set(w, object, "date_why", text(w, u->date_why));
    set(w, object, "decimal", json_string(u->decimal_comma ? "comma" : "point"));
    set(w, object, "currency", text(w, u->currency));
    set(w, object, "orders", count(u->orders));
    set(w, object, "returns", count(u->returns));
    set(w, object, "merged", count(u->merged));
    set(w, object, "after_until", count(u->after_until));
    set(w, object, "rejected", count(u->rejected));
    set(w, object, "continued", count(u->continued));
    set(w, object, "cancelled", count(u->cancelled));
    set(w, object, "return_only_customers", count(u->return_only_customers));
    set(w, object, "first_day", date(u->first_day));
    set(w, object, "last_day", date(u->last_day));
    return object;
}

static void headlines(writer *w, json_t *root) {
    const report *r = w->r;
    set(w, root, "customers", count(r->n));
    set(w, root, "repeaters", json_number(r->repeaters));
    set(w, root, "orders", json_number(r->total_orders));
    set(w, root, "spend", json_number(r->has_money ? r->total_spend : NAN));
    set(w, root, "mean_order_value", json_number(r->has_money ? r->mean_order_value : NAN));
    set(w, root, "expected_customers", json_number(r->expected_customers));
    set(w, root, "expected_orders", json_number(r->expected_orders));
    set(w, root, "expected_orders_low", json_number(r->expected_orders_low));
    set(w, root, "expected_orders_high", json_number(r->expected_orders_high));
    set(w, root, "expected_value", json_number(r->has_money ? r->expected_value : NAN));
    set(w, root, "value_at_risk", json_number(r->has_money ? r->value_at_risk : NAN));
    bool interval = r->has_money && r->expected_value_high > 0;
    set(w, root, "expected_value_low", json_number(interval ? r->expected_value_low : NAN));
    set(w, root, "expected_value_high", json_number(interval ? r->expected_value_high : NAN));
    interval = r->has_money && r->value_at_risk_high > 0;
    set(w, root, "value_at_risk_low", json_number(interval ? r->value_at_risk_low : NAN));
    set(w, root, "value_at_risk_high", json_number(interval ? r->value_at_risk_high : NAN));
}

static json_t *stages_of(writer *w) {
    json_t *array = json_array();
    for (int i = 0; i < MR_STAGES; i++) {
        json_t *stage = json_object();
        set(w, stage, "stage", json_string(mr_stage_name((mr_stage)i)));
        set(w, stage, "meaning", json_string(mr_stage_meaning((mr_stage)i)));
        set(w, stage, "customers", count(w->r->stage_count[i]));
        set(w, stage, "spend", json_number(w->r->has_money ? w->r->stage_spend[i] : NAN));
        set(w, stage, "value_at_risk", json_number(w->r->has_money ? w->r->stage_value_at_risk[i] : NAN));
        append(w, array, stage);
    }
    return array;
}

static json_t *steps_of(writer *w) {
    json_t *array = json_array();
    for (int i = 0; i < MR_STEPS; i++) {
        json_t *step = json_object();
        set(w, step, "step", json_string(mr_step_name((mr_step)i)));
        set(w, step, "action", json_string(mr_step_action((mr_step)i)));
        set(w, step, "evidence", json_string(mr_step_evidence((mr_step)i)));
        set(w, step, "customers", count(w->r->step_count[i]));
        append(w, array, step);
    }
    return array;
}

static json_t *fit_of(writer *w, const char *title, const mr_fit *fit, const report_param *params, size_t n) {
    if (!title[0]) return json_null();
    json_t *object = json_object(), *list = json_object();
    set(w, object, "model", text(w, title));
    set(w, object, "k", count((uint64_t)(fit->params.k > 0 ? fit->params.k : 1)));
    for (size_t i = 0; i < n && i < MR_MAX_PARAMS; i++) {
        json_t *param = json_object();
        set(w, param, "value", json_number(params[i].value));
        set(w, param, "se", json_number(params[i].se));
        set(w, param, "low_95", json_number(params[i].low));
        set(w, param, "high_95", json_number(params[i].high));
        set(w, list, params[i].name, param);
    }
    set(w, object, "parameters", list);
    set(w, object, "log_likelihood", json_number(fit->log_likelihood));
    set(w, object, "customers", json_number(fit->n));
    set(w, object, "converged", json_boolean(fit->converged));
    return object;
}

static json_t *spend_of(writer *w) {
    const report *r = w->r;
    if (!r->has_money) return json_null();
    json_t *object = r->has_spend_fit
                         ? fit_of(w, r->spend_title, &r->spend_fit, r->spend_params, r->spend_params_n)
                         : NULL;
    if (!object || json_is_null(object)) {
        json_decref(object);
        object = json_object();
        set(w, object, "model", json_null());
    }
    set(w, object, "problem", r->spend_problem[0] ? text(w, r->spend_problem) : json_null());
    set(w, object, "repeaters_who_spent_nothing", count(r->spend_zero));
    set(w, object, "correlation_of_orders_and_spend", json_number(r->spend_correlation));
    set(w, object, "correlation_p_value", json_number(r->spend_p_value));
    return object;
}

static json_t *model_of(writer *w, const report_model *m) {
    json_t *object = json_object(), *calibration = json_array();
    set(w, object, "model", text(w, m->name));
    set(w, object, "title", text(w, m->title));
    set(w, object, "baseline", json_boolean(report_is_baseline(m)));
    set(w, object, "k", count((uint64_t)(m->k > 0 ? m->k : 1)));
    set(w, object, "fitted", json_boolean(m->fitted));
    set(w, object, "problem", m->problem[0] ? text(w, m->problem) : json_null());
    set(w, object, "inner_rmse", json_number(m->inner_rmse));
    set(w, object, "inner_log_loss", json_number(m->inner_log_loss));
    set(w, object, "mae", json_number(m->mae));
    set(w, object, "rmse", json_number(m->rmse));
    set(w, object, "rmse_se", json_number(m->rmse_se));
    set(w, object, "msle", json_number(m->msle));
    set(w, object, "correlation", json_number(m->correlation));
    set(w, object, "predicted_total", json_number(m->predicted_total));
    set(w, object, "auc", json_number(m->auc));
    set(w, object, "brier", json_number(m->brier));
    set(w, object, "top_decile_lift", json_number(m->top_decile_lift));
    for (int i = 0; i < 10; i++) {
        json_t *tenth = json_object();
        set(w, tenth, "customers", count(m->calibration_n[i]));
        set(w, tenth, "predicted", json_number(m->calibration_n[i] ? m->calibration_predicted[i] : NAN));
        set(w, tenth, "actual", json_number(m->calibration_n[i] ? m->calibration_actual[i] : NAN));
        append(w, calibration, tenth);
    }
    set(w, object, "calibration", calibration);
    set(w, object, "p_alive_mean", json_number(m->alive_mean));
    set(w, object, "p_alive_histogram",
        isnan(m->alive_mean) ? json_null() : array_of(w, m->alive_histogram, 20));
    set(w, object, "seconds", json_number(m->seconds));
    return object;
}

static json_t *holdout_of(writer *w) {
    const report *r = w->r;
    json_t *object = json_object(), *models = json_array();
    if (r->models_n) {
        set(w, object, "chosen", text(w, r->models[r->chosen].name));
        set(w, object, "why", text(w, r->choice_why));
        set(w, object, "inner_until", date(r->inner_until));
        set(w, object, "inner_days", json_number(r->inner_days));
        set(w, object, "outer_until", date(r->outer_until));
        set(w, object, "outer_days", json_number(r->outer_days));
        set(w, object, "customers", count(r->outer_customers));
        set(w, object, "actual_total", json_number(r->outer_actual_total));
    }
    set(w, object, "compared_on", count(r->sample));
    set(w, object, "sampled", json_boolean(r->sampled));
    for (size_t i = 0; i < r->models_n; i++) append(w, models, model_of(w, &r->models[i]));
    set(w, object, "models", models);
    return object;
}

json_t *report_erosion_json(writer *w) {
    json_t *array = json_array();
    bool money = w->r->has_money;
    for (size_t i = 0; i < w->r->months_n; i++) {
        const report_month *m = &w->r->months[i];
        json_t *month = json_object();
        double active = m->active, spend = money ? m->active_spend : NAN;
        set(w, month, "month", date(m->start));
        set(w, month, "complete", json_boolean(m->complete));
        set(w, month, "active", count(m->active));
        set(w, month, "passed", count(m->passed));
        set(w, month, "came_back", count(m->came_back));
        set(w, month, "passed_now", count(m->passed_now));
        set(w, month, "erosion_then", json_number(((double)m->passed - m->came_back) / active));
        set(w, month, "erosion_now", json_number(m->passed_now / active));
        set(w, month, "active_spend", json_number(spend));
        set(w, month, "passed_spend", json_number(money ? m->passed_spend : NAN));
        set(w, month, "came_back_spend", json_number(money ? m->came_back_spend : NAN));
        set(w, month, "passed_now_spend", json_number(money ? m->passed_now_spend : NAN));
        set(w, month, "erosion_then_spend", json_number((m->passed_spend - m->came_back_spend) / spend));
        set(w, month, "erosion_now_spend", json_number(m->passed_now_spend / spend));
        set(w, month, "late", count(m->late));
        set(w, month, "late_spend", json_number(money ? m->late_spend : NAN));
        set(w, month, "shrinking", count(m->shrinking));
        set(w, month, "shrinking_spend", json_number(money ? m->shrinking_spend : NAN));
        append(w, array, month);
    }
    return array;
}

static json_t *cycle_of(writer *w) {
    json_t *object = json_object(), *bins = json_array();
    set(w, object, "model", text(w, w->r->cycle_title));
    set(w, object, "steepest", json_number(w->r->cycle_steepest));
    for (int i = 0; i < REPORT_BINS; i++) {
        json_t *bin = json_object();
        set(w, bin, "from", json_number(i * REPORT_BIN_WIDTH));
        set(w, bin, "silences", count(w->r->cycle_n[i]));
        set(w, bin, "leaving", json_number(w->r->cycle_n[i] ? w->r->cycle_leaving[i] : NAN));
        set(w, bin, "leaving_model", json_number(w->r->cycle_leaving_model[i]));
        append(w, bins, bin);
    }
    set(w, object, "bins", bins);
    return object;
}

static json_t *cohorts_of(writer *w) {
    json_t *object = json_object(), *rows = json_array();
    set(w, object, "period", text(w, w->r->cohort_period));
    for (size_t i = 0; i < w->r->cohorts_n; i++) {
        const report_cohort *c = &w->r->cohorts[i];
        json_t *row = json_object();
        set(w, row, "start", date(c->start));
        set(w, row, "customers", count(c->customers));
        set(w, row, "active", array_of(w, c->active, c->periods < 24 ? c->periods : 24));
        append(w, rows, row);
    }
    set(w, object, "rows", rows);
    return object;
}

static json_t *weeks_of(writer *w) {
    json_t *array = json_array();
    for (size_t i = 0; i < w->r->weeks_n; i++) {
        json_t *week = json_object();
        set(w, week, "week", date(w->r->week_day[i]));
        set(w, week, "actual", json_number(w->r->week_actual[i]));
        set(w, week, "expected", json_number(w->r->week_expected[i]));
        append(w, array, week);
    }
    return array;
}

static json_t *call_first_of(writer *w) {
    static const char *const contacts[3] = {"name", "email", "phone"};
    uint32_t rows[CALL_FIRST];
    size_t n = report_call_first(w->r, rows, CALL_FIRST);
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++) {
        const report_customer *c = &w->r->customers[rows[i]];
        json_t *one = json_object();
        size_t len;
        const char *value = report_id(w->r, c->index, &len);
        set(w, one, "customer", text_of(w, value, len));
        for (int k = 0; k < 3; k++) {
            value = report_contact(w->r, k, c->index, &len);
            if (len) set(w, one, contacts[k], text_of(w, value, len));
        }
        set(w, one, "orders", count(c->orders));
        set(w, one, "last", date(c->last_day));
        set(w, one, "spend", json_number(c->spend));
        set(w, one, "rhythm_days", json_number(c->rhythm_days));
        set(w, one, "rhythm_from", count(c->rhythm_from));
        set(w, one, "overdue_ratio", json_number(c->overdue_ratio));
        set(w, one, "p_order", json_number(c->p_order));
        set(w, one, "p_alive", json_number(c->p_alive));
        set(w, one, "expected_orders", json_number(c->expected));
        set(w, one, "expected_low", json_number(c->expected_low));
        set(w, one, "expected_high", json_number(c->expected_high));
        set(w, one, "expected_value", json_number(c->expected_value));
        set(w, one, "value_at_risk", json_number(c->value_at_risk));
        set(w, one, "stage", json_string(mr_stage_name(c->stage)));
        set(w, one, "next_order_due", date_of(c->due_day));
        set(w, one, "next_order_due_90", date_of(c->due_90_day));
        set(w, one, "first_step", json_string(mr_step_name(c->step)));
        append(w, array, one);
    }
    return array;
}

static json_t *since_of(writer *w) {
    const report *r = w->r;
    if (!r->has_previous) return json_null();
    json_t *object = json_object(), *moves = json_array();
    set(w, object, "folder", text(w, r->previous_dir));
    set(w, object, "until", date(r->previous_until));
    set(w, object, "new", count(r->change_new));
    set(w, object, "gone", count(r->change_gone));
    set(w, object, "same_stage", count(r->change_same));
    set(w, object, "moved", count(r->changes_n));
    for (int was = 0; was < MR_STAGES; was++)
        for (int is = 0; is < MR_STAGES; is++) {
            if (!r->change_matrix[was][is]) continue;
            json_t *move = json_object();
            set(w, move, "was", json_string(mr_stage_name((mr_stage)was)));
            set(w, move, "is", json_string(mr_stage_name((mr_stage)is)));
            set(w, move, "customers", count(r->change_matrix[was][is]));
            append(w, moves, move);
        }
    set(w, object, "stages", moves);
    set(w, object, "previous_value_at_risk", json_number(r->previous_value_at_risk));
    set(w, object, "previous_expected_orders", json_number(r->previous_expected_orders));
    return object;
}

static json_t *timing_of(writer *w) {
    const report *r = w->r;
    json_t *object = json_object(), *stages = json_object();
    for (size_t i = 0; i < r->timing_n && i < 16; i++)
        set(w, stages, r->timing[i].name, json_number(r->timing[i].seconds));
    set(w, object, "stages", stages);
    set(w, object, "seconds", json_number(r->seconds));
    set(w, object, "peak_memory_mb", json_number(r->peak_memory_mb));
    return object;
}

static json_t *definitions_of(writer *w) {
    json_t *object = json_object();
    for (size_t i = 0; i < DEFINITIONS; i++)
        set(w, object, definitions[i].key, json_string(definitions[i].text));
    return object;
}

mr_status report_json_text(const report *r, char **out, size_t *len, mr_error *err) {
    if (r->contracts) return contracts_json_text(r, out, len, err);
    writer w = {.r = r};
    json_t *root = json_object();
    set(&w, root, "marram", text(&w, r->program_version));
    set(&w, root, "until", date(r->until));
    set(&w, root, "horizon_days", json_number(r->horizon_days));
    set(&w, root, "days_per_unit", json_number(r->days_per_unit));
    set(&w, root, "margin", json_number(r->has_money ? r->margin : NAN));
    set(&w, root, "discount_rate", json_number(r->has_money ? r->discount_rate : NAN));
    set(&w, root, "interval_level", json_number(report_level(r)));
    set(&w, root, "has_money", json_boolean(r->has_money));
    set(&w, root, "seed", count(r->seed));
    headlines(&w, root);
    set(&w, root, "stages", stages_of(&w));
    set(&w, root, "first_steps", steps_of(&w));
    set(&w, root, "model", fit_of(&w, r->chosen_title, &r->fit, r->chosen_params, r->chosen_params_n));
    set(&w, root, "cycle_model",
        fit_of(&w, r->cycle_title, &r->cycle_fit, r->cycle_params, r->cycle_params_n));
    set(&w, root, "spend_model", spend_of(&w));
    set(&w, root, "holdout", holdout_of(&w));
    set(&w, root, "erosion", report_erosion_json(&w));
    set(&w, root, "one_order_unknown", count(r->one_order_unknown));
    set(&w, root, "cycle", cycle_of(&w));
    set(&w, root, "cohorts", cohorts_of(&w));
    set(&w, root, "concentration", array_of(&w, r->concentration, 11));
    set(&w, root, "weeks", weeks_of(&w));
    set(&w, root, "weeks_error", json_number(r->weeks_error));
    set(&w, root, "not_listed", json_integer((json_int_t)w.r->not_listed));
    set(&w, root, "call_first", call_first_of(&w));
    extras_json(&w, root);
    set(&w, root, "since", since_of(&w));
    set(&w, root, "input", input_of(&w));
    set(&w, root, "timing", timing_of(&w));
    set(&w, root, "definitions", definitions_of(&w));
    return json_text(&w, root, out, len, err);
}
