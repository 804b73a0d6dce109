#include "fixlist.h"

#include "json_number.h"
#include "shares.h"

#include <calendar.h>
#include <error.h>
#include <mem.h>

#include <stdlib.h>
#include <string.h>

#define Z 1.959963984540054

bool fixlist_cause(const char *cause, reason *r, trace_tag *tag) {
    *tag = TRACE_TAG_none;
    *r = reason_find(cause, strlen(cause));
    if (*r != REASON_none) return *r != REASON_unknown;
    if (strncmp(cause, "case:", 5) != 0) return false;
    for (int t = TRACE_TAG_other; t < TRACE_TAGS; t++)
        if (!strcmp(trace_tag_name((trace_tag)t), cause + 5)) *tag = (trace_tag)t;
    return *tag != TRACE_TAG_none;
}

/* --- causes --- */

typedef struct line {
    json_t *o;
    double total;
} line;

/* Does the row have the cause? */
static bool has(const reasons_row *row, int r, int tag) {
    return r ? row->observed == r : row->tags >> tag & 1;
}

typedef struct sums {
    double left, value, square;       /* of those who left in the last FIXLIST_DAYS */
    double here, value_here;
    double leavers, leavers_with, stayers, stayers_with; /* at all leavings; at landmarks */
    double with, with_leaves, without, without_leaves;   /* at landmarks */
} sums;

static sums sum_up(const reasons_base *b, int r, int tag) {
    sums s = {0};
    for (size_t i = 0; i < b->n; i++) {
        const reasons_row *row = &b->row[i];
        bool it = has(row, r, tag);
        if (row->what == REASONS_LEFT) {
            s.leavers++, s.leavers_with += it;
            if (it && b->until - row->day < FIXLIST_DAYS) s.left++, s.value += row->value, s.square += row->value * row->value;
        } else if (row->what == REASONS_HERE) {
            if (it) s.here++, s.value_here += row->value;
        } else {
            if (!row->leaves) s.stayers++, s.stayers_with += it;
            if (it) s.with++, s.with_leaves += row->leaves;
            else s.without++, s.without_leaves += row->leaves;
        }
    }
    return s;
}

/* 1 - p(stayers) / p(leavers), with the interval of the log ratio (Katz et al. 1978); a half is added to each count. Not below 0: a category that leavers
 * have more seldom is no cause. */
static share attributable(const sums *s) {
    double a = s->leavers_with + 0.5, n = s->leavers + 1, b = s->stayers_with + 0.5, m = s->stayers + 1;
    double ratio = log((b / m) / (a / n)), error = sqrt(fmax(0, 1 / a - 1 / n + 1 / b - 1 / m));
    return (share){fmax(0, 1 - exp(ratio)), fmax(0, 1 - exp(ratio + Z * error)), fmax(0, 1 - exp(ratio - Z * error))};
}

static line one_cause(const reasons_base *b, int r, int tag) {
    sums s = sum_up(b, r, tag);
    share part = r ? (share){1, 1, 1} : attributable(&s);
    share risk = r ? share_of(s.with_leaves, s.with) : share_difference(s.with_leaves, s.with, s.without_leaves, s.without);
    if (isnan(risk.value)) risk = (share){0, 0, 0};
    double spread = Z * sqrt(s.square), left = part.value * s.value, at_risk = s.value_here * fmax(0, risk.value);
    char cause[64];
    snprintf(cause, sizeof cause, "%s%s", r ? "" : "case:", r ? reason_of(r)->code : trace_tag_name((trace_tag)tag));
    json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "cause", cause, "kind", r ? "reason" : "category", "owner", r ? reason_owner_name(reason_of(r)->owner) : "operations", "remedy",
                          r ? reason_of(r)->remedy : "Find what causes these cases, and mend that", "left", (json_int_t)s.left, "here", (json_int_t)s.here);
    json_object_set_new(o, "value_left", json_number(left));
    json_object_set_new(o, "value_left_low", json_number(fmax(0, part.low * (s.value - spread))));
    json_object_set_new(o, "value_left_high", json_number(part.high * (s.value + spread)));
    json_object_set_new(o, "value_at_risk", json_number(at_risk));
    json_object_set_new(o, "value_at_risk_low", json_number(s.value_here * fmax(0, risk.low)));
    json_object_set_new(o, "value_at_risk_high", json_number(s.value_here * fmax(0, risk.high)));
    json_object_set_new(o, "total", json_number(left + at_risk));
    json_object_set_new(o, "attributable", json_number(part.value));
    return (line){o, s.left + s.here > 0 ? left + at_risk : -1};
}

static int by_total(const void *a, const void *b) {
    const line *x = a, *y = b;
    if (x->total != y->total) return x->total > y->total ? -1 : 1;
    return strcmp(json_string_value(json_object_get(x->o, "cause")), json_string_value(json_object_get(y->o, "cause")));
}

json_t *fixlist_json(const reasons_base *b, const char *currency) {
    line lines[REASONS + TRACE_TAGS];
    size_t n = 0;
    char day[11];
    json_t *causes = json_array();
    for (int r = 1; r < REASON_unknown; r++) lines[n++] = one_cause(b, r, 0);
    for (int tag = TRACE_TAG_other; tag < TRACE_TAGS; tag++) lines[n++] = one_cause(b, 0, tag);
    qsort(lines, n, sizeof *lines, by_total);
    for (size_t i = 0; i < n; i++) {
        if (lines[i].total >= 0) json_array_append(causes, lines[i].o);
        json_decref(lines[i].o);
    }
    return json_pack("{s:s,s:s,s:i,s:o}", "until", calendar_text(b->until, day), "currency", currency, "days", FIXLIST_DAYS, "causes", causes);
}

/* --- measures --- */

typedef struct rate_of {
    double events, days;
} rate_of;

typedef struct measuring {
    const reasons_base *b;
    const measures *m;
    const mr_context *context;
    rate_of *before, *after; /* [m->n] */
    uint64_t done;
} measuring;

static double overlap(int32_t from, int32_t to, int32_t low, int32_t high) {
    int32_t a = from > low ? from : low, z = to < high ? to : high;
    return z >= a ? (double)z - a + 1 : 0;
}

/* Days they were here from `low` to `high`, both included. */
static double days_here(const reasons_base *b, const trace *t, int32_t low, int32_t high) {
    double days = 0;
    if (b->mode == RISK_CONTRACTS) {
        risk_spell spell[64];
        size_t n = risk_contract_spells(t, b->until, spell, 64);
        for (size_t i = 0; i < n && i < 64; i++) days += overlap(spell[i].from_day, spell[i].to_day, low, high);
        return days;
    }
    int32_t first = TRACE_NO_DAY;
    for (size_t i = 0; i < t->n && first == TRACE_NO_DAY; i++)
        if (trace_is_order(&t->event[i])) first = t->event[i].day;
    if (first == TRACE_NO_DAY) return 0;
    reasons_leaving l = reasons_leaving_of(b, t);
    return overlap(first, l.left ? l.day : b->until, low, high);
}

static mr_status count_one(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    measuring *w = ctx;
    const mr_context *c = w->context;
    (void)f;
    if (++w->done % 256 == 0 && c && c->progress && c->progress(w->done, w->b->customers, c->progress_ctx)) return error_set(err, MR_ECANCELLED, NULL, -1, "interrupted");
    for (size_t i = 0; i < w->m->n; i++) {
        const measure *m = &w->m->row[i];
        reason r;
        trace_tag tag;
        w->before[i].days += days_here(w->b, t, m->from_day - FIXLIST_DAYS, m->from_day - 1);
        w->after[i].days += days_here(w->b, t, m->from_day, w->b->until);
        if (!fixlist_cause(m->cause, &r, &tag) || tag == TRACE_TAG_none) continue;
        for (size_t k = 0; k < t->n; k++) {
            const trace_event *e = &t->event[k];
            if ((e->kind != EVENT_case_open && e->kind != EVENT_complaint) || e->tag != tag || trace_known_day(e) > w->b->until) continue;
            if (e->day >= m->from_day) w->after[i].events++;
            else if (e->day >= m->from_day - FIXLIST_DAYS) w->before[i].events++;
        }
    }
    return MR_OK;
}

/* Leavings for a reason are rows of the base already. */
static void count_leavings(measuring *w) {
    for (size_t i = 0; i < w->m->n; i++) {
        const measure *m = &w->m->row[i];
        reason r;
        trace_tag tag;
        if (!fixlist_cause(m->cause, &r, &tag) || tag != TRACE_TAG_none) continue;
        for (size_t k = 0; k < w->b->n; k++) {
            const reasons_row *row = &w->b->row[k];
            if (row->what != REASONS_LEFT || row->observed != r) continue;
            if (row->day >= m->from_day) w->after[i].events++;
            else if (row->day >= m->from_day - FIXLIST_DAYS) w->before[i].events++;
        }
    }
}

/* A count's interval by Byar's approximation (Breslow & Day 1987), per customer-year. */
static json_t *rate_json(rate_of r) {
    double years = r.days / DAYS_PER_YEAR, k = r.events, up = k + 1;
    double low = k > 0 ? k * pow(1 - 1 / (9 * k) - Z / (3 * sqrt(k)), 3) : 0, high = up * pow(1 - 1 / (9 * up) + Z / (3 * sqrt(up)), 3);
    return json_pack("{s:I,s:o,s:o,s:o,s:o}", "events", (json_int_t)k, "customer_years", json_number(years), "rate", json_number(years > 0 ? k / years : NAN), "low",
                     json_number(years > 0 ? low / years : NAN), "high", json_number(years > 0 ? high / years : NAN));
}

/* after / before: given both counts' sum, the later one is binomial; Wilson's interval of its share. */
static json_t *ratio_json(rate_of before, rate_of after) {
    share p = share_of(after.events, before.events + after.events);
    double scale = before.days / after.days, value = before.events > 0 ? after.events / before.events * scale : NAN;
    if (!(before.days > 0) || !(after.days > 0)) value = scale = NAN;
    return json_pack("{s:o,s:o,s:o}", "value", json_number(value), "low", json_number(p.low / (1 - p.low) * scale), "high", json_number(p.high < 1 ? p.high / (1 - p.high) * scale : NAN));
}

mr_status fixlist_measures(trace_source source, const reasons_base *b, const measures *m, const mr_context *context, json_t **out, mr_error *err) {
    measuring w = {.b = b, .m = m, .context = context};
    char day[11];
    *out = NULL;
    w.before = mem_new(NULL, m->n + 1, sizeof *w.before);
    w.after = mem_new(NULL, m->n + 1, sizeof *w.after);
    mr_status status = w.before && w.after ? MR_OK : error_memory(err, 2 * m->n * sizeof *w.before);
    if (status == MR_OK && m->n && !b->nothing) status = source.scan(source.self, 0, 0, count_one, &w, err);
    if (status == MR_OK) {
        count_leavings(&w);
        *out = json_array();
        for (size_t i = 0; i < m->n; i++) {
            const measure *row = &m->row[i];
            json_t *o = json_pack("{s:I,s:s,s:s,s:s,s:s}", "measure", (json_int_t)row->id, "cause", row->cause, "owner", row->owner, "remedy", row->remedy, "from",
                                  calendar_text(row->from_day, day));
            json_object_set_new(o, "done", row->done_day == MEASURE_OPEN ? json_null() : json_string(calendar_text(row->done_day, day)));
            json_object_set_new(o, "before", rate_json(w.before[i]));
            json_object_set_new(o, "after", rate_json(w.after[i]));
            json_object_set_new(o, "ratio", ratio_json(w.before[i], w.after[i]));
            json_array_append_new(*out, o);
        }
    }
    mem_free(NULL, w.before);
    mem_free(NULL, w.after);
    return status;
}
