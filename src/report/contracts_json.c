/* summary.json of a base with contracts. */
#include "contracts.h"
#include "definitions.h"
#include "extras.h"
#include "json_write.h"

static double money_of(const writer *w, double value) {
    return w->r->has_money ? value : NAN;
}

static double units(const writer *w, int64_t money) {
    return money_of(w, (double)money / MR_MONEY_SCALE);
}

static json_t *flow_of(writer *w, const book_flow *f) {
    json_t *o = json_object();
    set(w, o, "customers", count(f->customers));
    set(w, o, "recurring", json_number(units(w, f->money)));
    return o;
}

static json_t *day_of(int32_t day) {
    return day == TRACE_NO_DAY ? json_null() : date(day);
}

static json_t *flows_of(writer *w, const book_month *m) {
    static const char *const names[] = {"opening", "new", "returned", "expansion", "contraction", "lost", "closing"};
    const book_flow *f = (const book_flow *)m;
    json_t *o = json_object();
    for (int i = 0; i < 7; i++) set(w, o, names[i], flow_of(w, &f[i]));
    set(w, o, "logo_loss", json_number(book_logo_loss(m)));
    set(w, o, "grr", json_number(money_of(w, book_grr(m))));
    set(w, o, "nrr", json_number(money_of(w, book_nrr(m))));
    set(w, o, "erosion", json_number(money_of(w, 1 - book_grr(m))));
    return o;
}

static json_t *watch_of(writer *w, const book_watch *watch) {
    json_t *o = json_object();
    set(w, o, "renewals_within_90_days", flow_of(w, &watch->due));
    set(w, o, "under_notice", flow_of(w, &watch->noticed));
    set(w, o, "with_a_sign", flow_of(w, &watch->signs));
    set(w, o, "at_risk", flow_of(w, &watch->at_risk));
    return o;
}

json_t *contracts_erosion_json(writer *w) {
    const book *b = w->r->contracts->book;
    json_t *array = json_array();
    for (size_t i = 0; i < b->months; i++) {
        json_t *o = json_object();
        set(w, o, "month", date(b->start[i]));
        set(w, o, "complete", json_boolean(b->start[i + 1] <= w->r->until + 1));
        set(w, o, "then", flows_of(w, &b->then[i]));
        set(w, o, "now", flows_of(w, &b->now[i]));
        set(w, o, "at_closing", watch_of(w, &b->watch[i]));
        append(w, array, o);
    }
    return array;
}

static json_t *sign_of(writer *w, const char *name, const char *words, const book_signal *g) {
    json_t *o = json_object();
    double of = (double)g->followed.customers;
    set(w, o, "sign", json_string(name));
    set(w, o, "meaning", json_string(words));
    set(w, o, "customer_months", count(g->with.customers));
    set(w, o, "followed", count(g->followed.customers));
    set(w, o, "lost_within_3_months", count(g->lost.customers));
    set(w, o, "share_lost", json_number(of > 0 ? (double)g->lost.customers / of : NAN));
    return o;
}

json_t *contracts_signs_json(writer *w) {
    const book *b = w->r->contracts->book;
    json_t *array = json_array();
    for (int k = 0; k < BOOK_SIGNS; k++)
        append(w, array, sign_of(w, book_sign_name((book_sign)k), book_sign_words((book_sign)k), &b->sign[k]));
    append(w, array, sign_of(w, "any", "showed any sign", &b->any));
    append(w, array, sign_of(w, "none", "showed no sign", &b->none));
    return array;
}

static json_t *ahead_of(writer *w) {
    const book *b = w->r->contracts->book;
    json_t *o = json_object(), *array = json_array();
    for (int i = 0; i < BOOK_AHEAD; i++) {
        json_t *month = flow_of(w, &b->ahead[i]);
        set(w, month, "month", date(b->ahead_start[i]));
        append(w, array, month);
    }
    set(w, o, "months", array);
    set(w, o, "past_and_no_word", flow_of(w, &b->past_renewal));
    set(w, o, "later", flow_of(w, &b->later));
    set(w, o, "no_date", flow_of(w, &b->no_renewal));
    return o;
}

/* Of the renewals of this number: the share made to be expected, and those ahead. */
static void put_expected(writer *w, json_t *o, int k) {
    const contract_report *c = w->r->contracts;
    const contract_ahead *a = &c->ahead[k];
    renewals_share q = c->by_renewal ? renewals_lost(&c->renewal, (uint32_t)k, report_level(w->r)) : (renewals_share){NAN, NAN, NAN};
    set(w, o, "share", json_number(1 - q.middle));
    set(w, o, "share_low", json_number(1 - q.high));
    set(w, o, "share_high", json_number(1 - q.low));
    set(w, o, "ahead", count(a->due));
    set(w, o, "ahead_made", json_number(a->expected));
    set(w, o, "ahead_made_low", json_number(a->low));
    set(w, o, "ahead_made_high", json_number(a->high));
}

static json_t *past_of(writer *w) {
    const contract_report *c = w->r->contracts;
    json_t *array = json_array();
    for (int k = 0; k < BOOK_RENEWALS; k++) {
        const book_term *t = &c->book->term[k];
        uint64_t due = t->due;
        if (!due && !c->ahead[k].due) continue;
        json_t *o = json_object();
        double low = NAN, high = NAN;
        if (due) report_share_interval((double)t->renewed / (double)due, (double)due, &low, &high);
        set(w, o, "renewal", count((uint64_t)k + 1));
        set(w, o, "due", count(due));
        set(w, o, "renewed", count(t->renewed));
        set(w, o, "low_95", json_number(low));
        set(w, o, "high_95", json_number(high));
        put_expected(w, o, k);
        append(w, array, o);
    }
    return array;
}

/* How much each way to see renewals is believed. */
static json_t *way_of(writer *w) {
    const renewals *r = &w->r->contracts->renewal;
    json_t *o = json_object(), *ways = json_array();
    for (int i = 0; i < RENEWALS_WAYS; i++) {
        json_t *one = json_object();
        set(w, one, "way", json_string(renewals_way_title((renewals_way)i)));
        set(w, one, "weight", json_number(r->weight[i]));
        set(w, one, "aic", json_number(r->aic[i]));
        const mr_model *model = isnan(r->aic[i]) ? NULL : r->fit[i].params.model;
        json_t *parameters = model ? json_object() : json_null();
        for (size_t k = 0; model && k < mr_model_params(model); k++) set(w, parameters, mr_model_param(model, k), json_number(r->fit[i].params.value[k]));
        set(w, one, "parameters", parameters);
        append(w, ways, one);
    }
    set(w, o, "most_believed", json_string(renewals_way_title(r->way)));
    set(w, o, "ways", ways);
    set(w, o, "dates_written_afterwards", json_boolean(r->afterwards));
    return o;
}

static json_t *tenure_of(writer *w) {
    const contract_curve *k = &w->r->contracts->curve;
    json_t *o = json_object(), *array = json_array();
    set(w, o, "median_months", json_number(k->median_months));
    size_t step = k->n > 120 ? k->n / 120 + 1 : 1;
    for (size_t i = 0; i < k->n; i += step) {
        json_t *point = json_object();
        set(w, point, "months", json_number(k->months[i]));
        set(w, point, "share", json_number(k->share[i]));
        set(w, point, "low", json_number(k->low[i]));
        set(w, point, "high", json_number(k->high[i]));
        append(w, array, point);
    }
    set(w, o, "curve", array);
    return o;
}

static json_t *holdout_of(writer *w) {
    const contract_holdout *h = &w->r->contracts->holdout;
    if (!h->n) return json_null();
    json_t *o = json_object(), *array = json_array();
    set(w, o, "day", date(h->day));
    set(w, o, "customers", count(h->n));
    set(w, o, "expected", json_number(h->expected));
    set(w, o, "left", json_number(h->left));
    set(w, o, "recurring_expected", json_number(money_of(w, h->recurring_expected)));
    set(w, o, "recurring_left", json_number(money_of(w, h->recurring_left)));
    set(w, o, "auc", json_number(h->auc));
    set(w, o, "brier", json_number(h->brier));
    set(w, o, "brier_same_chance_for_all", json_number(h->brier_base));
    set(w, o, "top_decile_lift", json_number(h->lift));
    for (int t = 0; t < 10; t++) {
        json_t *tenth = json_object();
        set(w, tenth, "customers", count(h->tenth_n[t]));
        set(w, tenth, "predicted", json_number(h->predicted[t]));
        set(w, tenth, "actual", json_number(h->actual[t]));
        append(w, array, tenth);
    }
    set(w, o, "calibration", array);
    return o;
}

static json_t *account_of(writer *w, const contract_row *row) {
    const account *a = row->account;
    const book_standing *s = &a->at;
    json_t *o = json_object();
    text_buffer why = {0};
    set(w, o, "customer", text(w, a->id));
    if (a->name[0]) set(w, o, "name", text(w, a->name));
    if (a->email[0]) set(w, o, "email", text(w, a->email));
    if (a->phone[0]) set(w, o, "phone", text(w, a->phone));
    if (a->tier[0]) set(w, o, "tier", text(w, a->tier));
    if (a->segment[0]) set(w, o, "segment", text(w, a->segment));
    if (a->owner_sales[0]) set(w, o, "owner_sales", text(w, a->owner_sales));
    if (a->owner_operations[0]) set(w, o, "owner_operations", text(w, a->owner_operations));
    set(w, o, "since", day_of(s->since_day));
    set(w, o, "contracts", count(s->contracts));
    set(w, o, "recurring", json_number(money_of(w, row->recurring)));
    set(w, o, "renewals", count(s->renewals));
    set(w, o, "renewal", day_of(s->renewal_day));
    set(w, o, "notice_by", day_of(s->notice_day));
    set(w, o, "p_leave", json_number(row->chance.p));
    set(w, o, "p_leave_low", json_number(row->chance.low));
    set(w, o, "p_leave_high", json_number(row->chance.high));
    set(w, o, "value_at_risk", json_number(row->value_at_risk));
    contracts_why(w->r, row, &why);
    set(w, o, "why", text(w, text_terminate(&why)));
    text_free(&why);
    set(w, o, "first_step", json_string(account_step_name(row->step)));
    return o;
}

static json_t *calls_of(writer *w) {
    uint32_t rows[CALL_FIRST];
    size_t n = contracts_call_first(w->r->contracts, rows, CALL_FIRST);
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++) append(w, array, account_of(w, &w->r->contracts->row[rows[i]]));
    return array;
}

static json_t *steps_of(writer *w) {
    json_t *array = json_array();
    for (int i = 0; i < ACCOUNT_STEPS; i++) {
        json_t *o = json_object();
        set(w, o, "step", json_string(account_step_name((account_step)i)));
        set(w, o, "action", json_string(account_step_action((account_step)i)));
        set(w, o, "evidence", json_string(account_step_evidence((account_step)i)));
        set(w, o, "customers", count(w->r->contracts->step_count[i]));
        append(w, array, o);
    }
    return array;
}

static void headlines(writer *w, json_t *root) {
    const report *r = w->r;
    const contract_report *c = r->contracts;
    set(w, root, "customers", count(c->under));
    set(w, root, "gone", count(c->n - c->under));
    set(w, root, "contracts", count(c->book->contracts));
    set(w, root, "recurring", json_number(money_of(w, c->recurring)));
    set(w, root, "under_notice", json_number(money_of(w, c->noticed)));
    json_t *year = json_object();
    set(w, year, "opening", flow_of(w, &c->book->year_opening));
    set(w, year, "grr", json_number(c->year_grr));
    set(w, year, "nrr", json_number(c->year_nrr));
    set(w, year, "logo_loss", json_number(c->year_logo_loss));
    set(w, year, "lost", count(c->book->year_lost));
    set(w, root, "year", year);
    set(w, root, "renewals_due", json_number(c->due_n));
    set(w, root, "renewals_due_recurring", json_number(money_of(w, c->due_recurring)));
    set(w, root, "renewals_made", json_number(c->all_ahead.expected));
    set(w, root, "renewals_made_low", json_number(c->all_ahead.low));
    set(w, root, "renewals_made_high", json_number(c->all_ahead.high));
    set(w, root, "renewals_late", json_number(c->late_n));
    set(w, root, "expected_leavers", json_number(c->expected_leavers));
    set(w, root, "expected_leavers_low", json_number(c->expected_low));
    set(w, root, "expected_leavers_high", json_number(c->expected_high));
    set(w, root, "value_at_risk", json_number(c->value_at_risk));
    set(w, root, "chances_from", json_string(c->model ? "model" : c->renewal.afterwards ? "rate" : "counts"));
    set(w, root, "model_as_of", c->model ? date(c->model->as_of) : json_null());
    set(w, root, "model_auc", json_number(c->model ? c->model->auc : (double)NAN));
}

static json_t *input_of(writer *w) {
    const contract_report *c = w->r->contracts;
    json_t *o = json_object();
    set(w, o, "ledger", c->source ? text(w, c->source) : json_null());
    set(w, o, "files", count(c->files));
    set(w, o, "events", count(c->events));
    set(w, o, "rejected", count(c->rejected));
    set(w, o, "not_begun", count(c->not_begun));
    set(w, o, "repeated", count(c->repeated));
    set(w, o, "repeated_and_different", count(c->conflicting));
    set(w, o, "currency", text(w, w->r->input->understood.currency));
    set(w, o, "last_news", day_of(c->last_news));
    set(w, o, "ended_since", count(c->ended_since));
    set(w, o, "first_day", date(w->r->input->understood.first_day));
    set(w, o, "last_day", date(w->r->input->understood.last_day));
    return o;
}

mr_status contracts_json_text(const report *r, char **out, size_t *len, mr_error *err) {
    writer w_ = {.r = r}, *w = &w_;
    json_t *root = json_object(), *timing = json_object(), *meanings = json_object();
    set(w, root, "marram", text(w, r->program_version));
    set(w, root, "base", json_string("contracts"));
    set(w, root, "until", date(r->until));
    set(w, root, "horizon_days", json_number(r->horizon_days));
    set(w, root, "margin", json_number(money_of(w, r->margin)));
    set(w, root, "discount_rate", json_number(money_of(w, r->discount_rate)));
    set(w, root, "interval_level", json_number(report_level(r)));
    set(w, root, "has_money", json_boolean(r->has_money));
    headlines(w, root);
    set(w, root, "months", contracts_erosion_json(w));
    set(w, root, "signs", contracts_signs_json(w));
    set(w, root, "renewals_ahead", ahead_of(w));
    set(w, root, "past_renewals", past_of(w));
    set(w, root, "renewal_way", way_of(w));
    set(w, root, "tenure", tenure_of(w));
    set(w, root, "holdout", holdout_of(w));
    set(w, root, "first_steps", steps_of(w));
    set(w, root, "not_listed", json_integer((json_int_t)w->r->not_listed));
    set(w, root, "call_first", calls_of(w));
    set(w, root, "since", contracts_since_json(w));
    extras_json(w, root);
    set(w, root, "input", input_of(w));
    set(w, timing, "seconds", json_number(r->seconds));
    set(w, timing, "peak_memory_mb", json_number(r->peak_memory_mb));
    set(w, root, "timing", timing);
    size_t n;
    const definition *d = definitions_for(true, &n);
    for (size_t i = 0; i < n; i++) set(w, meanings, d[i].key, json_string(d[i].text));
    set(w, root, "definitions", meanings);
    return json_text(w, root, out, len, err);
}
