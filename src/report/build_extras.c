/* Moments, reasons, fix list and reviews from a ledger, where its data carry them. */
#include "extras.h"

#include <fixlist.h>
#include <mem.h>
#include <moments_of.h>
#include <objections.h>
#include <pool.h>
#include <reasons_json.h>
#include <reviews.h>

#include <stdio.h>

const char *extras_text(const json_t *o, const char *key) {
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

double extras_number(const json_t *o, const char *key) {
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

/* Too little of something is no reason to have no report. */
static mr_status forgiven(mr_status status) {
    return status == MR_EDATA || status == MR_EFLAT || status == MR_ENOCONV || status == MR_EBOUNDARY ? MR_OK : status;
}

/* --- moments --- */

typedef struct coming {
    char customer[128];
    uint32_t moment;
    int32_t from, to, contact;
    bool inside;
} coming;

typedef struct soonest {
    const moments_of *found;
    coming row[EXTRAS_NEXT]; /* by day of contact */
    size_t n;
} soonest;

static mr_status keep_soonest(void *ctx, const trace *t, const trace_facts *f, const moments_next *next, size_t n, mr_error *err) {
    soonest *s = ctx;
    (void)t, (void)err;
    for (size_t k = 0; k < n; k++) {
        if (moments_is_date(s->found, next[k].moment)) continue;
        size_t at = s->n;
        while (at > 0 && s->row[at - 1].contact > next[k].contact) at--;
        if (at >= EXTRAS_NEXT) return MR_OK;
        if (s->n < EXTRAS_NEXT) s->n++;
        memmove(&s->row[at + 1], &s->row[at], (s->n - at - 1) * sizeof *s->row);
        s->row[at] = (coming){.moment = next[k].moment, .from = next[k].from, .to = next[k].to, .contact = next[k].contact, .inside = next[k].inside};
        snprintf(s->row[at].customer, sizeof s->row[at].customer, "%s", f->name[0] ? f->name : f->external_id);
        return MR_OK; /* each customer's next */
    }
    return MR_OK;
}

static json_t *moments_json(writer *w, const moments_of *o, const soonest *s) {
    json_t *root = json_object(), *list = json_array(), *next = json_array();
    for (uint32_t i = 0; i < o->found.n; i++) {
        const mr_moment *m = &o->found.moment[i];
        json_t *one = json_object();
        char words[256];
        if (moments_is_date(o, i)) {
            json_decref(one);
            continue;
        }
        moments_words(words, o, i);
        set(w, one, "moment", text(w, words));
        set(w, one, "clock", text(w, clock_rows[o->clock[m->clock]].name));
        set(w, one, "ratio", json_number(m->ratio));
        set(w, one, "ratio_low", json_number(m->low));
        set(w, one, "ratio_high", json_number(m->high));
        set(w, one, "left", json_number(m->events));
        set(w, one, "left_without", json_number(m->expected));
        set(w, one, "q", json_number(m->q));
        set(w, one, "inside", count(o->inside[i]));
        set(w, one, "ahead", count(o->ahead[i]));
        append(w, list, one);
    }
    for (size_t i = 0; i < s->n; i++) {
        const coming *c = &s->row[i];
        json_t *one = json_object();
        char words[256];
        moments_words(words, o, c->moment);
        set(w, one, "customer", text(w, c->customer));
        set(w, one, "moment", text(w, words));
        set(w, one, "from", date(c->from));
        set(w, one, "to", date(c->to));
        set(w, one, "contact", date(c->contact));
        set(w, one, "inside", json_boolean(c->inside));
        append(w, next, one);
    }
    set(w, root, "customers", count(o->present));
    set(w, root, "clocks_searched", count(o->clocks));
    set(w, root, "left", count(o->left));
    set(w, root, "left_at_term_ends", count(o->left_at_ends));
    set(w, root, "term_clocks_left_out", json_boolean(o->at_ends != 0));
    set(w, root, "moments", list);
    set(w, root, "next", next);
    return root;
}

static mr_status read_moments(const moments_source *source, const extras_options *o, const mr_context *context, writer *w, json_t **out, mr_error *err) {
    moments_of found = {0};
    soonest s = {.found = &found};
    moments_settings settings = {.until = o->until, .today = o->until, .since = TRACE_NO_DAY, .horizon_days = o->horizon_days, .ahead_days = o->horizon_days,
                                 .lead_days = 7, .sour_days = 90, .mode = -1,
                                 .search = {.level = .05, .seed = o->seed ? o->seed : 1, .replicates = 1000, .least_ratio = 1.1}};
    mr_status status = moments_of_base(source, &settings, context, keep_soonest, &s, &found, err);
    if (status == MR_OK) *out = moments_json(w, &found, &s);
    moments_of_free(&found);
    return forgiven(status);
}

/* --- reasons, fix list, reviews --- */

/* Does any row name a reason that is one? */
static bool says_something(const json_t *list, const char *key) {
    size_t i;
    json_t *o;
    json_array_foreach(list, i, o)
        if (extras_text(o, key)[0] && strcmp(extras_text(o, key), "unknown") && extras_number(o, "left") + extras_number(o, "here") > 0) return true;
    return false;
}

static json_t *if_any(json_t *o, bool any) {
    if (any) return o;
    json_decref(o);
    return NULL;
}

/* Rows come by customer. */
static mr_status keep_observed(const reasons_base *b, report_extras *x, mr_error *err) {
    x->observed = mem_new(NULL, b->n + 1, sizeof *x->observed);
    if (!x->observed) return error_memory(err, b->n * sizeof *x->observed);
    for (size_t i = 0; i < b->n; i++) {
        const reasons_row *row = &b->row[i];
        if (row->what != REASONS_HERE || row->observed == REASON_none || row->observed == REASON_unknown) continue;
        x->observed[x->observed_n++] = (extras_observed){row->customer_id, row->observed};
    }
    return MR_OK;
}

reason extras_observed_of(const report_extras *x, int64_t customer_id) {
    size_t low = 0, high = x->observed_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (x->observed[middle].customer_id < customer_id) low = middle + 1;
        else high = middle;
    }
    return low < x->observed_n && x->observed[low].customer_id == customer_id ? (reason)x->observed[low].reason : REASON_none;
}

static mr_status read_reasons(trace_source source, const char *currency, const extras_options *o, const mr_context *context, report_extras *x, mr_error *err) {
    reasons_base base = {0};
    reasons_options options = {.until = o->until, .horizon_days = o->horizon_days};
    mr_status status = reasons_scan(source, &options, context, &base, err);
    if (status == MR_OK) {
        x->reasons = reasons_json(&base, currency);
        x->fixes = fixlist_json(&base, currency);
        x->reasons = if_any(x->reasons, says_something(json_object_get(x->reasons, "reasons"), "reason"));
        x->fixes = if_any(x->fixes, says_something(json_object_get(x->fixes, "causes"), "cause"));
        status = keep_observed(&base, x, err);
    }
    reasons_free(&base);
    return forgiven(status);
}

static mr_status read_reviews(trace_source source, const id_list *unlisted, const extras_options *o, const mr_context *context, report_extras *x, mr_error *err) {
    reviews_options options = {.day = o->until, .horizon_days = 365, .limit = EXTRAS_REVIEWS, .unlisted = unlisted};
    mr_status status = reviews_json(source, &options, context, &x->reviews, err);
    bool any = false;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(x->reviews, "reviews"), i, one) any |= json_array_size(json_object_get(one, "findings")) > 0;
    x->reviews = if_any(x->reviews, any);
    return forgiven(status);
}

mr_status extras_read(ledger *l, const extras_options *o, const mr_context *context, report_extras *x, mr_error *err) {
    currency_rates rates = {0};
    trace_ledger traces = {.l = l, .pool = context_pool(context)};
    writer w = {0};
    *x = (report_extras){0};
    mr_status status = ledger_rates_read(l, &rates, err);
    if (status == MR_OK) status = ledger_trace_money(l, &rates, &traces.options, err);
    moments_ledger of = {l, &traces.options, context_pool(context)};
    trace_options named = traces.options; /* those who come to a moment are named */
    named.profiling = true;
    of.options = &named;
    id_list objecting = {0};
    if (status == MR_OK) status = ledger_objections(l, &objecting, err);
    moments_source source = {moments_from_ledger, &of};
    if (status == MR_OK) status = read_moments(&source, o, context, &w, &x->moments, err);
    if (status == MR_OK) status = read_reasons(trace_source_of(&traces), traces.options.currency, o, context, x, err);
    if (status == MR_OK) status = read_reviews(trace_source_of(&traces), &objecting, o, context, x, err);
    if (status == MR_OK && w.failed) status = error_memory(err, 0);
    ledger_rates_free(&rates);
    id_list_free(&objecting);
    return status;
}

void extras_free(report_extras *x) {
    json_decref(x->moments);
    json_decref(x->reasons);
    json_decref(x->fixes);
    json_decref(x->reviews);
    mem_free(NULL, x->observed);
    *x = (report_extras){0};
}

void extras_json(writer *w, json_t *root) {
    const report_extras *x = w->r->extras;
    if (!x) return;
    const struct {
        const char *key;
        json_t *value;
    } parts[] = {{"moments", x->moments}, {"reasons", x->reasons}, {"fix_list", x->fixes}, {"reviews", x->reviews}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) set(w, root, parts[i].key, parts[i].value ? json_incref(parts[i].value) : json_null());
}
