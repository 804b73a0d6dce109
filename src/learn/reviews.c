#include "reviews.h"

#include <append.h>
#include <calendar.h>
#include <error.h>
#include <mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *day_json(int32_t day) {
    char text[11];
    return day == TRACE_NO_DAY ? json_null() : json_string(calendar_text(day, text));
}

typedef struct due_row {
    json_t *o;
    size_t urgent;
    bool found; /* anything at all */
    int32_t overdue;
    int64_t customer_id;
} due_row;

typedef struct reviewing {
    const reviews_options *o;
    const mr_context *context;
    reasons_base base; /* norms, mode, until */
    digest_room room;
    due_row *row;
    size_t n, capacity, total, urgent, quiet, unlisted; /* due; of these with something that does not wait; with nothing found */
    uint64_t done;
} reviewing;

static int32_t cadence(const reviews_options *o, const char *tier) {
    int32_t any = 0;
    for (size_t i = 0; i < o->cadence_n; i++) {
        if (!strcmp(o->cadence[i].tier, tier)) return o->cadence[i].days;
        if (!strcmp(o->cadence[i].tier, "*")) any = o->cadence[i].days;
    }
    return any ? any : review_cadence(tier);
}

static bool is_here(const reviewing *r, const trace *t, const digest *d) {
    if (r->base.mode == RISK_CONTRACTS) return risk_under_contract(t, d->day);
    for (uint32_t i = d->n[EVENT_order]; i > 0; i--)
        if (trace_is_order(digest_event(d, EVENT_order, i - 1))) return d->day - digest_event(d, EVENT_order, i - 1)->day < r->o->horizon_days;
    return false;
}

static json_t *finding(const pattern_hit *h, int32_t last_review) {
    char sentence[256], id[24];
    const pattern_row *row = pattern_of((int)h->pattern);
    json_t *evidence = json_array();
    pattern_sentence(h, sentence, sizeof sentence);
    for (uint8_t i = 0; i < h->hit.shown; i++) {
        snprintf(id, sizeof id, "%lld", (long long)h->hit.evidence[i].id);
        json_array_append_new(evidence, json_pack("{s:s,s:o,s:s}", "event", id, "day", day_json(h->hit.evidence[i].day), "kind", event_kind_of(h->hit.evidence[i].kind)->name));
    }
    return json_pack("{s:s,s:s,s:s,s:s,s:b,s:b,s:o}", "pattern", row->name, "sentence", sentence, "todo", row->todo, "owner", reason_owner_name(row->owner), "urgent", row->urgent, "new",
                     last_review == TRACE_NO_DAY || h->hit.day > last_review, "evidence", evidence);
}

static int by_urgency(const void *a, const void *b) {
    const due_row *x = a, *y = b;
    if (x->urgent != y->urgent) return x->urgent > y->urgent ? -1 : 1;
    if (x->found != y->found) return x->found ? -1 : 1;
    if (x->overdue != y->overdue) return x->overdue > y->overdue ? -1 : 1;
    return x->customer_id < y->customer_id ? -1 : x->customer_id > y->customer_id;
}

/* Memory is for those listed, not for all who are due: the others go as they come. */
static void let_go(reviewing *r, size_t most) {
    if (!most || r->n <= most) return;
    qsort(r->row, r->n, sizeof *r->row, by_urgency);
    while (r->n > most) json_decref(r->row[--r->n].o);
}

static mr_status keep(reviewing *r, due_row row, mr_error *err) {
    if (r->n == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 256;
        due_row *rows = mem_resize(NULL, r->row, capacity, sizeof *rows);
        if (!rows) {
            json_decref(row.o);
            return error_memory(err, capacity * sizeof *rows);
        }
        r->row = rows;
        r->capacity = capacity;
    }
    r->row[r->n++] = row;
    if (r->n >= 2 * r->o->limit + 256) let_go(r, r->o->limit);
    return MR_OK;
}

static mr_status review_one(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    reviewing *r = ctx;
    const mr_context *c = r->context;
    digest d;
    pattern_hit hit[PATTERNS];
    if (++r->done % 256 == 0 && c && c->progress && c->progress(r->done, r->base.customers, c->progress_ctx)) return error_set(err, MR_ECANCELLED, NULL, -1, "interrupted");
    mr_status status = digest_make(&r->room, t, r->o->day, &r->base.norms, &d, err);
    if (status != MR_OK) return status;
    bool here = is_here(r, t, &d);
    if (!r->o->customer_id && !here) return MR_OK;
    int32_t next, last = review_last(&d, &next), every = cadence(r->o, f->tier);
    int32_t due = next != TRACE_NO_DAY ? next : (last != TRACE_NO_DAY ? last : d.first_day != TRACE_NO_DAY ? d.first_day : r->o->day) + every;
    if (!r->o->customer_id && due > r->o->day) return MR_OK;
    r->total++;
    size_t n = patterns_fire(&d, hit), urgent = 0;
    json_t *findings = json_array();
    for (size_t i = 0; i < n; i++) {
        urgent += pattern_of((int)hit[i].pattern)->urgent;
        json_array_append_new(findings, finding(&hit[i], last));
    }
    r->urgent += urgent > 0;
    r->quiet += n == 0;
    if (r->o->unlisted && id_list_has(r->o->unlisted, t->customer_id)) {
        r->unlisted++;
        json_decref(findings);
        return MR_OK;
    }
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)t->customer_id);
    json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:i,s:o,s:o,s:i,s:o}", "customer_id", id, "identifier", f->external_id, "name", f->name, "tier", f->tier, "owner_sales", f->owner_sales,
                          "owner_operations", f->owner_operations, "here", here, "cadence_days", (int)every, "last_review", day_json(last), "due", day_json(due), "overdue_days",
                          (int)(r->o->day - due), "findings", findings);
    if (!o) return error_memory(err, 1024);
    return keep(r, (due_row){o, urgent, n > 0, r->o->day - due, t->customer_id}, err);
}

mr_status reviews_json(trace_source source, const reviews_options *o, const mr_context *context, json_t **out, mr_error *err) {
    reviewing r = {.o = o, .context = context};
    reasons_options usual = {.until = o->day, .horizon_days = o->horizon_days};
    *out = NULL;
    mr_status status = reasons_usual(source, &usual, context, &r.base, err);
    if (status == MR_OK) status = source.scan(source.self, o->customer_id, o->customer_id, review_one, &r, err);
    if (status == MR_OK) {
        json_t *list = json_array();
        if (r.n) qsort(r.row, r.n, sizeof *r.row, by_urgency);
        for (size_t i = 0; i < r.n && (!o->limit || i < o->limit); i++) json_array_append(list, r.row[i].o);
        *out = json_pack("{s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "as_of", day_json(o->day), "accounts", (json_int_t)r.base.buyers, "due", (json_int_t)r.total, "urgent", (json_int_t)r.urgent, "nothing_found", (json_int_t)r.quiet, "listed", (json_int_t)json_array_size(list), "not_listed", (json_int_t)r.unlisted, "reviews", list);
        if (!*out) status = error_memory(err, 4096);
    }
    for (size_t i = 0; i < r.n; i++) json_decref(r.row[i].o);
    mem_free(NULL, r.row);
    digest_room_free(&r.room);
    reasons_free(&r.base);
    return status;
}

/* --- done --- */

static mr_status make_source(db *d, void *ctx, mr_error *err) {
    int32_t number;
    (void)d;
    return ledger_source(ctx, REVIEW_SOURCE, &number, err);
}

mr_status reviews_done(ledger *l, const review_done *r, bool *added, mr_error *err) {
    char source_id[64], day[11], next[11];
    json_t *body = json_pack("{s:s}", "by_whom", r->by);
    if (body && r->comment) json_object_set_new(body, "comment", json_string(r->comment));
    if (body && r->next != TRACE_NO_DAY) json_object_set_new(body, "next", json_string(calendar_text(r->next, next)));
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (!text) return error_set(err, MR_EDATA, "by", -1, "a name or a note that is not UTF-8");
    int len = snprintf(source_id, sizeof source_id, "review/%lld/%s", (long long)r->customer_id, calendar_text(r->day, day));
    /* At the day's begin, whatever the hour: to say the same again on that day changes nothing. */
    append_item item = {.event = {.customer_id = r->customer_id,
                                  .e = {.kind = EVENT_account_review, .at_us = (int64_t)r->day * TRACE_DAY_US, .recorded_at_us = r->now_us, .day = r->day, .source = ledger_source_number(REVIEW_SOURCE), .body = text,
                                        .body_len = strlen(text), .source_id = source_id, .source_id_len = (size_t)len}}};
    item.event.e.id = ledger_hash(l, ledger_domain_of(l, "event", REVIEW_SOURCE), source_id, (size_t)len);
    mr_status status = db_transaction(l->d, DB_WRITE, make_source, l, err);
    if (status == MR_OK) status = ledger_append(l, NULL, &item, 1, err);
    free(text);
    *added = item.outcome == APPEND_ADDED;
    if (status == MR_OK && item.outcome == APPEND_CONFLICTING)
        return error_set(err, MR_EDATA, NULL, -1, "a review of that customer on %s is recorded already, and says something else; it stands, and this one was kept beside it as a conflict", day);
    return status;
}
