#include "person.h"

#include "body.h"
#include "export_rows.h"
#include "history.h"
#include "merge.h"
#include "merge_rows.h"
#include "normal.h"
#include "refs.h"

#include <error.h>
#include <schema.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- finding --- */

static mr_status source_names(ledger *l, json_t **out, mr_error *err) {
    db_statement *s;
    *out = json_array();
    mr_status status = db_prepare(l->d, "SELECT name FROM source ORDER BY name", "", &s, err);
    for (bool row = status == MR_OK; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) json_array_append_new(*out, json_string(db_text(s, 0, NULL)));
    }
    return status;
}

/* "#123": whom that number leads to. Rows nobody has an identifier of are found by it, too: then *known is false. */
static mr_status find_number(ledger *l, const char *id, int64_t *customer_id, bool *known, mr_error *err) {
    char *end;
    db_statement *s;
    bool row = false;
    *known = false;
    errno = 0;
    *customer_id = strtoll(id + 1, &end, 10);
    if (*end || end == id + 1 || *customer_id <= 0 || errno == ERANGE) return error_set(err, MR_EINVAL, "id", -1, "'%.60s' is no customer's number", id);
    mr_status status = db_prepare(l->d, "SELECT customer_id FROM customer_ref WHERE ref = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, *customer_id);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) *customer_id = db_int(s, 0), *known = true;
    db_reset(s);
    return status;
}

/* By an identifier, of one source or of any; 0: nobody has it. */
static mr_status find_identifier(ledger *l, const char *id, const char *source, int64_t *customer_id, mr_error *err) {
    json_t *names = NULL, *name;
    size_t i;
    char found_in[200] = "";
    *customer_id = 0;
    if (source) return ledger_find(l, source, id, strlen(id), customer_id, err);
    mr_status status = source_names(l, &names, err);
    json_array_foreach(names, i, name) {
        int64_t one = 0;
        if (status == MR_OK) status = ledger_find(l, json_string_value(name), id, strlen(id), &one, err);
        if (status != MR_OK || !one || one == *customer_id) continue;
        if (*customer_id) {
            status = error_set(err, MR_EDATA, "id", -1, "'%.100s' is a customer of both '%.60s' and '%.60s', and not the same one: say which with --source", id,
                               found_in, json_string_value(name));
        } else {
            *customer_id = one;
            snprintf(found_in, sizeof found_in, "%s", json_string_value(name));
        }
    }
    json_decref(names);
    return status;
}

/* "#1042" is a number, and where no customer has that, an identifier: some systems' begin with it. */
mr_status person_find(ledger *l, const char *id, const char *source, int64_t *customer_id, mr_error *err) {
    int64_t number = 0;
    bool known = false;
    mr_error no_number = {0};
    mr_status status, by_number = id[0] == '#' ? find_number(l, id, &number, &known, &no_number) : MR_EINVAL;
    *customer_id = number;
    if (known || (by_number != MR_OK && by_number != MR_EINVAL)) {
        *err = no_number;
        return by_number;
    }
    status = find_identifier(l, id, source, customer_id, err);
    if (status != MR_OK || *customer_id) return status;
    if (id[0] == '#') {
        *customer_id = number;
        *err = no_number;
        return by_number;
    }
    if (source) return error_set(err, MR_EDATA, "id", -1, "source '%.60s' knows no customer '%.100s'", source, id);
    return error_set(err, MR_EDATA, "id", -1, "there is no customer '%.100s'; 'marram customer find TEXT' looks for names, e-mail addresses and phone numbers", id);
}

/* --- searching --- */

static mr_status identifier_of(ledger *l, int64_t customer_id, json_t *into, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(l->d, "SELECT source, external_id FROM customer_ref WHERE ref = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) {
        json_object_set_new(into, "source", json_string(db_text(s, 0, NULL)));
        json_object_set_new(into, "identifier", json_string(db_text(s, 1, NULL)));
    }
    db_reset(s);
    return status;
}

static json_t *number_json(int64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    return json_string(text);
}

/* A customer found, with what is known of them; once, by the first that found them. */
static mr_status add_found(ledger *l, json_t *out, int64_t customer_id, const char *by, mr_error *err) {
    json_t *one, *number = number_json(customer_id);
    db_statement *s;
    size_t i;
    bool row = false, there = json_array_size(out) >= PERSON_SEARCH_LIMIT;
    json_array_foreach(out, i, one) there = there || json_equal(json_object_get(one, "customer_id"), number);
    if (there) {
        json_decref(number);
        return MR_OK;
    }
    one = json_pack("{s:o,s:s}", "customer_id", number, "by", by);
    if (json_array_append_new(out, one) != 0) return error_memory(err, sizeof *one);
    mr_status status = identifier_of(l, customer_id, one, err);
    if (status == MR_OK) status = db_prepare(l->d, "SELECT name, email, phone FROM customer WHERE customer_id = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    status = db_step(s, &row, err);
    json_object_set_new(one, "name", json_string(row ? db_text(s, 0, NULL) : ""));
    json_object_set_new(one, "email", json_string(row ? db_text(s, 1, NULL) : ""));
    json_object_set_new(one, "phone", json_string(row ? db_text(s, 2, NULL) : ""));
    db_reset(s);
    return status;
}

static mr_status search_key(ledger *l, const char *sql, const char *by, int64_t key, json_t *out, mr_error *err) {
    id_list ids = {0};
    mr_status status = key ? id_list_read(l, sql, key, &ids, err) : MR_OK;
    for (size_t i = 0; i < ids.n && status == MR_OK; i++) status = add_found(l, out, ids.at[i], by, err);
    id_list_free(&ids);
    return status;
}

mr_status person_by_email(ledger *l, const char *email, int64_t *customers, size_t room, size_t *n, mr_error *err) {
    id_list ids = {0};
    int64_t key = normal_key(l, NORMAL_EMAIL, email, strlen(email));
    mr_status status = key ? id_list_read(l, "SELECT customer_id FROM customer WHERE email_key = $1 ORDER BY customer_id LIMIT 100", key, &ids, err) : MR_OK;
    *n = 0;
    for (size_t i = 0; i < ids.n && *n < room && status == MR_OK; i++) customers[(*n)++] = ids.at[i];
    id_list_free(&ids);
    return status;
}

mr_status person_by_identifier(ledger *l, const char *id, int32_t source, int64_t *customers, size_t room, size_t *n, mr_error *err) {
    json_t *names = NULL, *name;
    size_t i;
    bool own = false;
    *n = 0;
    mr_status status = source_names(l, &names, err);
    json_array_foreach(names, i, name) {
        int64_t one = 0;
        bool there = false, of_source = ledger_source_number(json_string_value(name)) == source;
        if (status == MR_OK && !own) status = ledger_find(l, json_string_value(name), id, strlen(id), &one, err);
        if (status != MR_OK || !one) continue;
        if (of_source) *n = 0;
        own = of_source;
        for (size_t k = 0; k < *n; k++) there = there || customers[k] == one;
        if (!there && *n < room) customers[(*n)++] = one;
    }
    json_decref(names);
    return status;
}

static bool has_part(const db_value *v, const char *part, size_t len) {
    for (size_t i = 0; len && i + len <= v->text.len; i++) {
        size_t k = 0;
        while (k < len && (v->text.at[i + k] == part[k] || ((v->text.at[i + k] ^ part[k]) == 32 && ((part[k] | 32) >= 'a' && (part[k] | 32) <= 'z')))) k++;
        if (k == len) return true;
    }
    return false;
}

/* From end to end: names have no index on their parts. */
static mr_status search_parts(ledger *l, const char *sql, const char *by, const char *text, json_t *out, mr_error *err) {
    db_stream *stream = NULL;
    const db_value *row = NULL;
    id_list ids = {0};
    size_t len = strlen(text);
    mr_status status = len < 2 ? MR_OK : db_stream_open(l->d, sql, "itt", NULL, 0, &stream, err);
    while (stream && status == MR_OK && ids.n < PERSON_SEARCH_LIMIT && (status = db_stream_next(stream, &row, err)) == MR_OK && row)
        if (has_part(&row[1], text, len) || has_part(&row[2], text, len)) status = id_list_add(&ids, row[0].integer, err);
    db_stream_close(stream);
    for (size_t i = 0; i < ids.n && status == MR_OK; i++) status = add_found(l, out, ids.at[i], by, err);
    id_list_free(&ids);
    return status;
}

/* Has the number an identifier, or rows that nobody has one of? */
static mr_status number_is_there(ledger *l, int64_t customer_id, bool *there, mr_error *err) {
    int64_t ignored;
    mr_status status = merge_look(l, "SELECT ref FROM customer_ref WHERE ref = $1", customer_id, &ignored, there, err);
    for (size_t t = 0; t < db_tables_n && status == MR_OK && !*there; t++) {
        char sql[128];
        if (db_tables[t].sort != DB_PER_CUSTOMER || !strcmp(db_tables[t].name, "customer_ref")) continue;
        snprintf(sql, sizeof sql, "SELECT customer_id FROM %s WHERE customer_id = $1 LIMIT 1", db_tables[t].name);
        status = merge_look(l, sql, customer_id, &ignored, there, err);
    }
    return status;
}

static mr_status search_number(ledger *l, int64_t customer_id, json_t *out, mr_error *err) {
    bool there;
    mr_status status = number_is_there(l, customer_id, &there, err);
    return status == MR_OK && there ? add_found(l, out, customer_id, "number", err) : status;
}

mr_status person_search(ledger *l, const char *text, json_t **out, mr_error *err) {
    size_t len = strlen(text), i;
    json_t *names = NULL, *name;
    int64_t id;
    bool known = false;
    *out = json_array();
    if (text[0] == '#' && find_number(l, text, &id, &known, err) == MR_OK) {
        mr_status by_number = known ? add_found(l, *out, id, "number", err) : search_number(l, id, *out, err);
        if (by_number != MR_OK || json_array_size(*out)) return by_number;
    }
    mr_status status = source_names(l, &names, err);
    json_array_foreach(names, i, name) {
        if (status == MR_OK) status = ledger_find(l, json_string_value(name), text, len, &id, err);
        if (status == MR_OK && id) status = add_found(l, *out, id, "identifier", err);
    }
    json_decref(names);
    if (status == MR_OK)
        status = search_key(l, "SELECT customer_id FROM customer WHERE email_key = $1 ORDER BY customer_id LIMIT 100", "e-mail",
                            normal_key(l, NORMAL_EMAIL, text, len), *out, err);
    if (status == MR_OK)
        status = search_key(l, "SELECT customer_id FROM customer WHERE phone_key = $1 ORDER BY customer_id LIMIT 100", "phone",
                            normal_key(l, NORMAL_PHONE, text, len), *out, err);
    if (status == MR_OK)
        status = search_key(l, "SELECT customer_id FROM customer WHERE name_key = $1 ORDER BY customer_id LIMIT 100", "name",
                            normal_key(l, NORMAL_NAME, text, len), *out, err);
    if (status != MR_OK || json_array_size(*out)) return status;
    status = search_parts(l, "SELECT customer_id, name, email FROM customer ORDER BY customer_id", "part of the name", text, *out, err);
    return status == MR_OK ? search_parts(l, "SELECT customer_id, name, email FROM contact ORDER BY customer_id, id", "a contact", text, *out, err) : status;
}

/* --- reading --- */

static mr_status identifiers(ledger *l, int64_t customer_id, json_t *out, mr_error *err) {
    json_t *first = json_object();
    db_statement *s;
    mr_status status = identifier_of(l, customer_id, first, err);
    if (json_object_size(first))
        json_array_append_new(out, first);
    else
        json_decref(first);
    if (status == MR_OK)
        status = db_prepare(l->d, "SELECT source, external_id FROM customer_ref WHERE customer_id = $1 AND customer_id <> ref ORDER BY source, external_id", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) json_array_append_new(out, json_pack("{s:s,s:s}", "source", db_text(s, 0, NULL), "identifier", db_text(s, 1, NULL)));
    }
    db_reset(s);
    return status;
}

static mr_status add_merge(void *ctx, const merge_record *m, mr_error *err) {
    char time[40];
    json_t *one = json_pack("{s:I,s:o,s:s}", "merge", (json_int_t)m->id, "customer_id", number_json(m->merged_id), "at", time_text(m->at_us, time));
    return json_array_append_new(ctx, one) == 0 ? MR_OK : error_memory(err, sizeof *one);
}

static json_t *event_json(const history_event *e, const cell_sources *sources) {
    char time[40];
    json_t *one = json_pack("{s:s,s:s,s:s}", "at", time_text(e->at_us, time), "kind", event_kind_of(e->kind)->name, "source", cell_source_name(sources, e->source));
    if (e->source_id_len) json_object_set_new(one, "id", json_stringn(e->source_id, e->source_id_len));
    if (e->currency[0]) {
        text_buffer amount = {0};
        money_text(&amount, e->amount_minor, e->currency, 3);
        json_object_set_new(one, "amount", json_stringn(amount.data ? amount.data : "", amount.len));
        json_object_set_new(one, "currency", json_string(e->currency));
        text_free(&amount);
    }
    json_t *body = body_parse(e->body, e->body_len);
    if (body) json_object_set_new(one, "body", body);
    return one;
}

static mr_status events(ledger *l, int64_t customer_id, size_t limit, json_t *out, mr_error *err) {
    history h = {0};
    json_t *list = json_array();
    cell_sources sources = {0};
    mr_status status = cell_sources_read(l, &sources, err);
    if (status == MR_OK) status = history_read(l, customer_id, &h, err);
    for (size_t i = h.n; status == MR_OK && i-- > 0 && json_array_size(list) < limit;)
        if (json_array_append_new(list, event_json(&h.events[i], &sources)) != 0) status = error_memory(err, sizeof *list);
    json_object_set_new(out, "events_n", json_integer((json_int_t)h.n));
    json_object_set_new(out, "events", list);
    cell_sources_free(&sources);
    history_free(&h);
    return status;
}

/* The name of the model a forecast is by. */
static mr_status name_models(ledger *l, json_t *forecasts, mr_error *err) {
    json_t *f;
    size_t i;
    mr_status status = MR_OK;
    json_array_foreach(forecasts, i, f) {
        db_statement *s;
        bool row = false;
        if (status == MR_OK) status = db_prepare(l->d, "SELECT name FROM model WHERE id = $1", "i", &s, err);
        if (status != MR_OK) return status;
        const char *id = json_string_value(json_object_get(f, "model_id"));
        db_bind_int(s, 1, id ? strtoll(id, NULL, 10) : 0);
        status = db_step(s, &row, err);
        if (status == MR_OK && row) json_object_set_new(f, "model", json_string(db_text(s, 0, NULL)));
        db_reset(s);
    }
    return status;
}

typedef struct person_work {
    ledger *l;
    int64_t customer_id;
    size_t limit;
    json_t *out;
} person_work;

static mr_status read_tables(person_work *w, mr_error *err) {
    static const struct {
        const char *table, *name;
        bool one; /* a row at most: itself, or null */
    } tables[] = {{"customer", "customer", true}, {"cycle", "cycle", true}, {"contact", "contacts", false}, {"contract", "contracts", false},
                  {"support_case", "cases", false}, {"promise", "promises", false}, {"consent", "consents", false}, {"forecast", "forecasts", false},
                  {"event_conflict", "conflicts", false}};
    mr_status status = MR_OK;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && status == MR_OK; i++) {
        json_t *list = json_array(), *row;
        size_t k;
        status = export_rows(w->l, tables[i].table, w->customer_id, list, err);
        json_array_foreach(list, k, row) {
            json_object_del(row, "customer");
            json_object_del(row, "customer_id");
        }
        if (tables[i].one) {
            json_object_set(w->out, tables[i].name, json_array_size(list) ? json_array_get(list, 0) : json_null());
            json_decref(list);
        } else {
            json_object_set_new(w->out, tables[i].name, list);
        }
    }
    return status == MR_OK ? name_models(w->l, json_object_get(w->out, "forecasts"), err) : status;
}

static mr_status read_transaction(db *d, void *ctx, mr_error *err) {
    person_work *w = ctx;
    json_t *list = json_array(), *merges = json_array();
    (void)d;
    json_object_clear(w->out);
    json_object_set_new(w->out, "customer_id", number_json(w->customer_id));
    json_object_set_new(w->out, "identifiers", list);
    mr_status status = identifiers(w->l, w->customer_id, list, err);
    if (status == MR_OK) status = read_tables(w, err);
    if (status == MR_OK) status = ledger_merges(w->l, w->customer_id, add_merge, merges, err);
    json_object_set_new(w->out, "merges", merges);
    if (status == MR_OK) status = events(w->l, w->customer_id, w->limit, w->out, err);
    if (status == MR_OK && !json_array_size(list) && !json_integer_value(json_object_get(w->out, "events_n")))
        status = error_set(err, MR_EDATA, "id", -1, "there is no customer #%" PRId64, w->customer_id);
    return status;
}

mr_status person_read(ledger *l, int64_t customer_id, size_t limit, json_t **out, mr_error *err) {
    person_work w = {l, customer_id, limit, json_object()};
    *out = w.out;
    return w.out ? db_transaction(l->d, DB_READ, read_transaction, &w, err) : error_memory(err, sizeof *w.out);
}
