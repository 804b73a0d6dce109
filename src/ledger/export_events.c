/* Events and orders: histories beside the identifiers of their customers, both in the order of customer_id.
 *
 * An event goes out so that importing it makes the same one: its id is that of its source; the number of what it is about goes from the body into the
 * column subject, from where the import puts it back, and where the body does not hold it the hash itself goes out (subject_hash). */
#include "export_rows.h"

#include "body.h"
#include "histories.h"

#include <calendar.h>
#include <error.h>
#include <mem.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- identifiers --- */

/* A second or merged identifier. */
typedef struct other_ref {
    int64_t customer_id, ref;
    char *source, *external_id; /* in one piece */
} other_ref;

typedef struct who {
    ledger *l; /* its own connection: the stream takes it */
    db_stream *stream;
    const db_value *row; /* ref, source, external_id of the customers themselves */
    other_ref *others;
    size_t n, capacity;
    bool many_sources; /* identifiers of several systems: told apart by "source:" */
} who;

static int by_customer(const void *a, const void *b) {
    const other_ref *x = a, *y = b;
    if (x->customer_id != y->customer_id) return x->customer_id < y->customer_id ? -1 : 1;
    return x->ref < y->ref ? -1 : x->ref > y->ref;
}

static mr_status read_others(who *w, mr_error *err) {
    db_stream *stream = NULL;
    const db_value *row = NULL;
    mr_status status = db_stream_open(w->l->d, "SELECT customer_id, ref, source, external_id FROM customer_ref WHERE customer_id <> ref ORDER BY customer_id",
                                      "iitt", NULL, 0, &stream, err);
    while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row) {
        if (w->n == w->capacity) {
            size_t capacity = w->capacity ? 2 * w->capacity : 64;
            other_ref *more = mem_resize(NULL, w->others, capacity, sizeof *more);
            if (!more) {
                status = error_memory(err, capacity * sizeof *more);
                break;
            }
            w->others = more;
            w->capacity = capacity;
        }
        char *text = mem_take(NULL, row[2].text.len + row[3].text.len + 2, 1);
        if (!text) {
            status = error_memory(err, row[3].text.len);
            break;
        }
        other_ref *o = &w->others[w->n++];
        *o = (other_ref){row[0].integer, row[1].integer, text, text + row[2].text.len + 1};
        memcpy(o->source, row[2].text.at, row[2].text.len);
        memcpy(o->external_id, row[3].text.at, row[3].text.len);
        o->source[row[2].text.len] = o->external_id[row[3].text.len] = 0;
    }
    db_stream_close(stream);
    if (status == MR_OK && w->n) qsort(w->others, w->n, sizeof *w->others, by_customer);
    return status;
}

static mr_status count_sources(who *w, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(w->l->d, "SELECT CAST(COUNT(DISTINCT source) AS BIGINT) FROM customer_ref", "", &s, err);
    if (status == MR_OK) status = db_step(s, &row, err);
    if (status == MR_OK) w->many_sources = row && db_int(s, 0) > 1;
    if (status == MR_OK) db_reset(s);
    return status;
}

static mr_status who_open(who *w, const exporter *x, mr_error *err) {
    const db_range range = {.table = "customer_ref", .columns = "ref, source, external_id", .types = "itt", .where = "ref = customer_id",
                            .first = x->options->customer_id, .last = x->options->customer_id ? x->options->customer_id : INT64_MAX};
    mr_status status = ledger_open_reading(x->l->url, &w->l, err);
    if (status == MR_OK) status = read_others(w, err);
    if (status == MR_OK && !x->options->source) status = count_sources(w, err);
    if (status == MR_OK) status = db_stream_range(w->l->d, &range, &w->stream, err);
    return status == MR_OK ? db_stream_next(w->stream, &w->row, err) : status;
}

static void who_close(who *w) {
    db_stream_close(w->stream);
    ledger_close(w->l);
    for (size_t i = 0; i < w->n; i++) mem_free(NULL, w->others[i].source);
    mem_free(NULL, w->others);
}

/* The stream at this customer. */
static mr_status who_find(who *w, int64_t customer_id, mr_error *err) {
    mr_status status = MR_OK;
    while (status == MR_OK && w->row && w->row[0].integer < customer_id) status = db_stream_next(w->stream, &w->row, err);
    return status;
}

static bool source_is(const db_value *v, const char *source) {
    return v->text.len == strlen(source) && !memcmp(v->text.at, source, v->text.len);
}

/* Their identifier in a source, else the one they were born with; "" where nobody has one. *of: whose source it is. */
static const char *identifier(const who *w, int64_t customer_id, const char *source, size_t *len, const char **of, size_t *of_len) {
    bool there = w->row && w->row[0].integer == customer_id;
    if (there && !source_is(&w->row[1], source)) {
        other_ref key = {.customer_id = customer_id};
        size_t low = 0, high = w->n;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (by_customer(&w->others[middle], &key) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < w->n && w->others[low].customer_id == customer_id; low++)
            if (!strcmp(w->others[low].source, source)) {
                *of = source;
                *of_len = strlen(source);
                *len = strlen(w->others[low].external_id);
                return w->others[low].external_id;
            }
    }
    *len = there ? w->row[2].text.len : 0;
    *of = there ? w->row[1].text.at : "";
    *of_len = there ? w->row[1].text.len : 0;
    return there ? w->row[2].text.at : "";
}

/* --- cells --- */

static void member(exporter *x, const char *name, const char *text, size_t len, bool raw) {
    bool csv = x->options->format == EXPORT_CSV, first = x->line.len == 0;
    if (csv) {
        if (strcmp(name, "customer") != 0) text_putc(&x->line, ',');
        csv_text(&x->line, text, len, false);
        return;
    }
    if (!len) return;
    text_printf(&x->line, "%s\"%s\":", first ? "{" : ",", name);
    if (raw)
        json_object_of(&x->line, text, len);
    else
        json_string_of(&x->line, text, len);
}

static mr_status end_line(exporter *x, mr_error *err) {
    if (x->options->format == EXPORT_NDJSON) text_putc(&x->line, '}');
    return export_line(x, err);
}

static mr_status heading(exporter *x, const char *names, mr_error *err) {
    if (x->options->format != EXPORT_CSV) return MR_OK;
    text_puts(&x->line, names);
    mr_status status = export_line(x, err);
    x->counts->rows = 0;
    return status;
}

static void money(text_buffer *out, const history_event *e, bool negative) {
    out->len = 0;
    if (e->currency[0]) money_text(out, negative ? 0 - e->amount_minor : e->amount_minor, e->currency, 3);
}

/* --- events --- */

typedef struct events_export {
    exporter *x;
    who w;
    int32_t source; /* the only one wanted; 0: all */
    text_buffer body, amount;
    char currency[4]; /* orders: of all so far */
    uint64_t seen[4]; /* sources */
} events_export;

/* Takes `"name":"text"` off the beginning of an object's text, as the import writes it there. *value is the caller's to decref; NULL: it does not begin so. */
static json_t *take_member(const char *name, text_buffer *body) {
    size_t at = strlen(name) + 4; /* {"name": */
    if (body->len < at + 3 || body->data[0] != '{' || body->data[1] != '"' || memcmp(body->data + 2, name, at - 4) != 0 ||
        memcmp(body->data + at - 2, "\":", 2) != 0 || body->data[at] != '"')
        return NULL;
    size_t end = at + 1;
    while (end < body->len && body->data[end] != '"') end += body->data[end] == '\\' ? 2 : 1;
    if (end + 1 >= body->len || (body->data[end + 1] != ',' && body->data[end + 1] != '}')) return NULL;
    json_t *value = json_loadb(body->data + at, end + 1 - at, JSON_DECODE_ANY, NULL);
    if (!json_is_string(value)) {
        json_decref(value);
        return NULL;
    }
    if (body->data[end + 1] == '}') {
        body->len = 0;
    } else {
        memmove(body->data + 1, body->data + end + 2, body->len - end - 2);
        body->len -= end + 1;
    }
    return value;
}

/* The kind's name; of a custom one the name it came with, where the import would make the same of it. */
static void put_kind(events_export *v, const history_event *e) {
    const char *name = event_kind_of(e->kind)->name;
    json_t *own = e->kind == EVENT_custom ? take_member("kind", &v->body) : NULL;
    const char *text = json_string_value(own);
    size_t len = json_string_length(own);
    int known = own ? event_kind_find(text, len) : -1;
    if (own && known < 0) known = event_kind_segment(text, len);
    if (own && (known > 0 || !len || !strcmp(text, "custom"))) { /* known to a newer vocabulary: stays what it was */
        v->body.len = 0;
        text_add(&v->body, e->body, e->body_len);
        json_decref(own);
        own = NULL;
    }
    if (own)
        member(v->x, "kind", text, len, false);
    else
        member(v->x, "kind", name, strlen(name), false);
    json_decref(own);
}

/* The number of what it is about; *hash where that number is not known. */
static json_t *subject_of(events_export *v, const history_event *e, const char *source) {
    const char *sort = event_kind_of(e->kind)->subject;
    text_buffer whole = {0};
    if (!e->subject_id) return NULL;
    text_add(&whole, v->body.data, v->body.len);
    json_t *number = take_member("number", &v->body);
    const char *text = json_string_value(number);
    if (number && (!json_string_length(number) ||
                   ledger_subject(v->x->l, source, *sort ? sort : "thing", text, json_string_length(number)) != e->subject_id)) {
        json_decref(number);
        number = NULL;
        v->body.len = 0;
        text_add(&v->body, whole.data, whole.len);
    }
    v->body.failed |= whole.failed;
    text_free(&whole);
    return number;
}

static void count_source(events_export *v, int32_t source) {
    for (uint64_t i = 0; i < v->x->counts->sources && i < 4; i++)
        if (v->seen[i] == (uint64_t)source) return;
    if (v->x->counts->sources < 4) v->seen[v->x->counts->sources++] = (uint64_t)source;
}

static mr_status put_event(events_export *v, int64_t customer_id, const history_event *e, mr_error *err) {
    exporter *x = v->x;
    char at[40], hash[24] = "";
    const char *source = cell_source_name(&x->sources, e->source), *of;
    size_t len, of_len;
    const char *id = identifier(&v->w, customer_id, source, &len, &of, &of_len);
    member(x, "customer", id, len, false);
    v->body.len = 0;
    text_add(&v->body, e->body, e->body_len);
    put_kind(v, e);
    time_text(e->at_us, at);
    member(x, "at", at, strlen(at), false);
    member(x, "id", e->source_id, e->source_id_len, false);
    json_t *number = subject_of(v, e, source);
    if (e->subject_id && !number) snprintf(hash, sizeof hash, "%" PRId64, e->subject_id);
    member(x, "subject", number ? json_string_value(number) : "", json_string_length(number), false);
    member(x, "subject_hash", hash, strlen(hash), false);
    json_decref(number);
    money(&v->amount, e, false);
    member(x, "amount", v->amount.len ? v->amount.data : "", v->amount.len, false);
    member(x, "currency", e->currency, strlen(e->currency), false);
    member(x, "body", v->body.len ? v->body.data : "", v->body.len, true);
    member(x, "source", source, strlen(source), false);
    if (v->body.failed || v->amount.failed) return error_memory(err, e->body_len);
    count_source(v, e->source);
    return end_line(x, err);
}

static mr_status on_events(void *ctx, const history *h, mr_error *err) {
    events_export *v = ctx;
    mr_status status = who_find(&v->w, h->customer_id, err);
    for (size_t i = 0; i < h->n && status == MR_OK; i++)
        if (!v->source || h->events[i].source == v->source) status = put_event(v, h->customer_id, &h->events[i], err);
    return status;
}

/* --- orders --- */

static mr_status put_order(events_export *v, int64_t customer_id, const history_event *e, mr_error *err) {
    exporter *x = v->x;
    char date[11];
    const char *of;
    size_t len, of_len;
    text_buffer name = {0};
    if (!v->currency[0]) memcpy(v->currency, e->currency, 4);
    if (e->currency[0] && strcmp(v->currency, e->currency) != 0)
        return error_set(err, MR_EDATA, "currency", -1, "there are orders in %s and in %s, which cannot be added: choose one with --currency", v->currency,
                         e->currency);
    const char *id = identifier(&v->w, customer_id, x->options->source ? x->options->source : "", &len, &of, &of_len);
    if (v->w.many_sources) {
        text_add(&name, of, of_len);
        text_putc(&name, ':');
    }
    text_add(&name, id, len);
    if (name.failed) {
        text_free(&name);
        return error_memory(err, len);
    }
    member(x, "customer", name.len ? name.data : "", name.len, false);
    member(x, "date", calendar_text(e->day, date), 10, false);
    money(&v->amount, e, e->kind != EVENT_order);
    member(x, "amount", v->amount.len ? v->amount.data : "", v->amount.len, false);
    text_free(&name);
    return end_line(x, err);
}

static mr_status on_orders(void *ctx, const history *h, mr_error *err) {
    events_export *v = ctx;
    const char *currency = v->x->options->currency;
    mr_status status = who_find(&v->w, h->customer_id, err);
    for (size_t i = 0; i < h->n && status == MR_OK; i++) {
        const history_event *e = &h->events[i];
        /* Goods that came back without a sum are none of the shop's money. */
        bool order = e->kind == EVENT_order || e->kind == EVENT_refund || (e->kind == EVENT_return_goods && e->currency[0]);
        if (!order || (v->source && e->source != v->source) || (currency && strcmp(currency, e->currency) != 0)) continue;
        status = put_order(v, h->customer_id, e, err);
    }
    return status;
}

/* --- both --- */

static mr_status export_histories(exporter *x, bool whole, scan_on_history on_history, mr_error *err) {
    events_export v = {.x = x, .source = x->options->source ? ledger_source_number(x->options->source) : 0};
    scan_options scan = {.whole = whole, .first = x->options->customer_id, .last = x->options->customer_id};
    mr_status status = who_open(&v.w, x, err);
    if (status == MR_OK && x->options->source && !*cell_source_name(&x->sources, v.source))
        status = error_set(err, MR_EDATA, "source", -1, "no events came from a source '%.60s'; 'marram export source' lists them", x->options->source);
    if (status == MR_OK) status = ledger_scan(x->l, &scan, 0, 1, on_history, &v, err);
    who_close(&v.w);
    text_free(&v.body);
    text_free(&v.amount);
    return status;
}

mr_status export_events(exporter *x, mr_error *err) {
    if (x->options->currency) return error_set(err, MR_EINVAL, NULL, -1, "--currency goes with orders alone");
    mr_status status = heading(x, "customer,kind,at,id,subject,subject_hash,amount,currency,body,source", err);
    return status == MR_OK ? export_histories(x, true, on_events, err) : status;
}

mr_status export_orders(exporter *x, mr_error *err) {
    mr_status status = heading(x, "customer,date,amount", err);
    return status == MR_OK ? export_histories(x, x->options->source != NULL, on_orders, err) : status;
}
