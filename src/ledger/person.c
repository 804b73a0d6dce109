/* Rows become JSON by their columns' names: *_us is a time, *_day a day, *_minor money in the row's currency. */
#include "person.h"

#include "body.h"
#include "history.h"
#include "kept_row.h"
#include "normal.h"
#include "refs.h"

#include <calendar.h>
#include <currency.h>
#include <cycle.h>
#include <error.h>

#include <stdlib.h>
#include <string.h>

/* --- finding --- */

static mr_status sources(ledger *l, json_t **out, mr_error *err) {
    db_statement *s;
    *out = json_array();
    mr_status status = db_prepare(l->d, "SELECT DISTINCT name FROM source ORDER BY name", "", &s, err);
    if (status != MR_OK) return status;
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) json_array_append_new(*out, json_string(db_text(s, 0, NULL)));
    }
    db_reset(s);
    return status;
}

mr_status person_find(ledger *l, const char *id, const char *source, int64_t *customer_id, mr_error *err) {
    json_t *names = NULL, *name;
    size_t i;
    char found_in[200] = "";
    *customer_id = 0;
    if (id[0] == '#') {
        char *end;
        *customer_id = strtoll(id + 1, &end, 10);
        return *end || *customer_id <= 0 ? error_set(err, MR_EINVAL, "id", -1, "'%s' is no customer's number", id) : MR_OK;
    }
    if (source) {
        mr_status status = ledger_find(l, source, id, strlen(id), customer_id, err);
        return status == MR_OK && !*customer_id ? error_set(err, MR_EDATA, "id", -1, "source '%s' knows no customer '%s'", source, id) : status;
    }
    mr_status status = sources(l, &names, err);
    json_array_foreach(names, i, name) {
        int64_t one = 0;
        if (status == MR_OK) status = ledger_find(l, json_string_value(name), id, strlen(id), &one, err);
        if (status != MR_OK || !one || one == *customer_id) continue;
        if (*customer_id) {
            status = error_set(err, MR_EDATA, "id", -1, "'%s' is a customer of both '%s' and '%s', and not the same one: say which with --source", id, found_in,
                               json_string_value(name));
        } else {
            *customer_id = one;
            snprintf(found_in, sizeof found_in, "%s", json_string_value(name));
        }
    }
    json_decref(names);
    if (status == MR_OK && !*customer_id)
        status = error_set(err, MR_EDATA, "id", -1, "there is no customer '%s'; 'marram customer find TEXT' looks for names, e-mail addresses and phone numbers", id);
    return status;
}

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

static mr_status search_by(ledger *l, const char *sql, const char *by, int64_t key, json_t *out, mr_error *err) {
    db_statement *s;
    size_t i;
    json_t *one;
    size_t from = json_array_size(out);
    if (!key) return MR_OK;
    mr_status status = db_prepare(l->d, sql, "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, key);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row)
            json_array_append_new(out, json_pack("{s:I,s:s,s:s,s:s,s:s}", "customer_id", (json_int_t)db_int(s, 0), "by", by, "name", db_text(s, 1, NULL), "email",
                                                 db_text(s, 2, NULL), "phone", db_text(s, 3, NULL)));
    }
    db_reset(s);
    json_array_foreach(out, i, one)
        if (status == MR_OK && i >= from) status = identifier_of(l, json_integer_value(json_object_get(one, "customer_id")), one, err);
    return status;
}

mr_status person_search(ledger *l, const char *text, json_t **out, mr_error *err) {
    size_t len = strlen(text);
    int64_t id;
    mr_error nobody;
    *out = json_array();
    if (person_find(l, text, NULL, &id, &nobody) == MR_OK) {
        json_t *one = json_pack("{s:I,s:s}", "customer_id", (json_int_t)id, "by", "identifier");
        json_array_append_new(*out, one);
        mr_status status = identifier_of(l, id, one, err);
        if (status != MR_OK) return status;
    }
    mr_status status = search_by(l, "SELECT customer_id, name, email, phone FROM customer WHERE email_key = $1 ORDER BY customer_id LIMIT 100", "e-mail",
                                 normal_key(l, NORMAL_EMAIL, text, len), *out, err);
    if (status == MR_OK)
        status = search_by(l, "SELECT customer_id, name, email, phone FROM customer WHERE phone_key = $1 ORDER BY customer_id LIMIT 100", "phone",
                           normal_key(l, NORMAL_PHONE, text, len), *out, err);
    if (status == MR_OK)
        status = search_by(l, "SELECT customer_id, name, email, phone FROM customer WHERE name_key = $1 ORDER BY customer_id LIMIT 100", "name",
                           normal_key(l, NORMAL_NAME, text, len), *out, err);
    return status;
}

/* --- reading --- */

static bool ends(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

static json_t *money(int64_t minor, const char *currency) {
    char code[4] = "";
    snprintf(code, sizeof code, "%s", currency ? currency : "");
    int digits = currency_digits(code);
    char text[40];
    snprintf(text, sizeof text, "%.*f", digits < 0 ? 2 : digits, (double)currency_to_money(minor, code) / 10000);
    return json_string(text);
}

/* For people: names without the unit's suffix, values in their words. */
static json_t *in_words(json_t *row) {
    json_t *out = json_object(), *value;
    const char *name, *currency = json_string_value(json_object_get(row, "currency"));
    json_object_foreach(row, name, value) {
        char shown[64], text[40];
        snprintf(shown, sizeof shown, "%s", name);
        if (!strcmp(name, "customer_id") || ends(name, "_key")) continue;
        if (json_is_integer(value) && ends(name, "_us")) {
            shown[strlen(shown) - 3] = 0;
            json_object_set_new(out, shown, json_string(time_text(json_integer_value(value), text)));
        } else if (json_is_integer(value) && ends(name, "_day")) {
            json_object_set_new(out, name, json_string(calendar_text((int32_t)json_integer_value(value), text)));
        } else if (json_is_integer(value) && ends(name, "_minor")) {
            shown[strlen(shown) - 6] = 0;
            json_object_set_new(out, shown, money(json_integer_value(value), currency));
        } else {
            json_object_set(out, name, value);
        }
    }
    json_decref(row);
    return out;
}

static mr_status rows_of(ledger *l, const char *table, int64_t customer_id, json_t *out, mr_error *err) {
    table_columns c;
    text_buffer sql = {0};
    db_statement *s;
    mr_status status = columns_of(table, &c, err);
    if (status != MR_OK) return status;
    text_puts(&sql, "SELECT ");
    columns_list(&c, "", &sql);
    text_printf(&sql, " FROM %s WHERE customer_id = $1 ORDER BY customer_id", table);
    status = db_prepare(l->d, text_terminate(&sql), "i", &s, err);
    text_free(&sql);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) json_array_append_new(out, in_words(kept_row_of(&c, s)));
    }
    db_reset(s);
    return status;
}

static mr_status identifiers(ledger *l, int64_t customer_id, json_t *out, mr_error *err) {
    json_t *first = json_object();
    db_statement *s;
    mr_status status = identifier_of(l, customer_id, first, err);
    json_array_append_new(out, first);
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

static json_t *cycle_words(const cycle *c) {
    json_t *o = json_pack("{s:i,s:i,s:i}", "events", (int)c->events, "orders", (int)c->orders, "refunds", (int)c->refunds);
    char text[40], code[4];
    bool exact;
    memcpy(code, c->currency, sizeof code);
    if (c->orders) {
        json_object_set_new(o, "first_order", json_string(calendar_text(c->first_order_day, text)));
        json_object_set_new(o, "last_order", json_string(calendar_text(c->last_order_day, text)));
    }
    if (code[0]) {
        json_object_set_new(o, "spend", money(currency_from_money(c->spend, code, &exact), code));
        json_object_set_new(o, "currency", json_string(code));
        if (c->mixed) json_object_set_new(o, "other_currencies", json_true());
    }
    const struct {
        const char *name;
        uint32_t n;
    } counts[] = {{"contracts_started", c->contracts_started}, {"contracts_ended", c->contracts_ended}, {"payments_failed", c->payments_failed}, {"usages", c->usages},
                  {"cases_opened", c->cases_opened}, {"cases_reopened", c->cases_reopened}, {"complaints", c->complaints}, {"promises_made", c->promises_made},
                  {"promises_broken", c->promises_broken}, {"touches_out", c->touches_out}, {"touches_in", c->touches_in}, {"surveys", c->surveys},
                  {"leave_intents", c->leave_intents}, {"departures", c->departures}, {"returns", c->returns}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i].n) json_object_set_new(o, counts[i].name, json_integer(counts[i].n));
    return o;
}

static mr_status events(ledger *l, int64_t customer_id, size_t limit, json_t *out, mr_error *err) {
    history h = {0};
    json_t *list = json_array(), *names = json_object();
    cycle c;
    mr_status status = history_read(l, customer_id, &h, err);
    for (size_t i = h.n; status == MR_OK && i-- > 0 && json_array_size(list) < limit;) {
        const history_event *e = &h.events[i];
        char time[40], number[16];
        db_statement *s;
        bool row = false;
        snprintf(number, sizeof number, "%d", e->source);
        if (!json_object_get(names, number)) {
            status = db_prepare(l->d, "SELECT name FROM source WHERE id = $1", "d", &s, err);
            if (status == MR_OK) db_bind_int(s, 1, e->source);
            if (status == MR_OK) status = db_step(s, &row, err);
            if (status != MR_OK) break;
            json_object_set_new(names, number, json_string(row ? db_text(s, 0, NULL) : ""));
            db_reset(s);
        }
        json_t *one = json_pack("{s:s,s:s,s:O}", "at", time_text(e->at_us, time), "kind", event_kind_of(e->kind)->name, "source", json_object_get(names, number));
        if (e->source_id_len) json_object_set_new(one, "id", json_stringn(e->source_id, e->source_id_len));
        if (e->currency[0]) {
            json_object_set_new(one, "amount", money(e->amount_minor, e->currency));
            json_object_set_new(one, "currency", json_string(e->currency));
        }
        json_t *body = body_parse(e->body, e->body_len);
        if (body) json_object_set_new(one, "body", body);
        json_array_append_new(list, one);
    }
    if (status == MR_OK) {
        cycle_build(&c, h.events, h.n);
        json_object_set_new(out, "cycle", cycle_words(&c));
    }
    json_object_set_new(out, "events_n", json_integer((json_int_t)h.n));
    json_object_set_new(out, "events", list);
    json_decref(names);
    history_free(&h);
    return status;
}

mr_status person_read(ledger *l, int64_t customer_id, size_t limit, json_t **out, mr_error *err) {
    static const struct {
        const char *table, *name;
    } tables[] = {{"customer", "customer"}, {"contact", "contacts"}, {"contract", "contracts"}, {"support_case", "cases"}, {"promise", "promises"},
                  {"consent", "consents"}, {"forecast", "forecasts"}};
    json_t *o = json_object(), *list = json_array();
    *out = o;
    json_object_set_new(o, "customer_id", json_integer(customer_id));
    json_object_set_new(o, "identifiers", list);
    mr_status status = identifiers(l, customer_id, list, err);
    if (status == MR_OK && !json_object_size(json_array_get(list, 0)))
        status = error_set(err, MR_EDATA, "id", -1, "there is no customer #%lld", (long long)customer_id);
    for (size_t i = 0; i < sizeof tables / sizeof *tables && status == MR_OK; i++) {
        list = json_array();
        json_object_set_new(o, tables[i].name, list);
        status = rows_of(l, tables[i].table, customer_id, list, err);
    }
    return status == MR_OK ? events(l, customer_id, limit, o, err) : status;
}
