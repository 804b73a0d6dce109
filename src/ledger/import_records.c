/* One function a kind of record. */
#include "import_records.h"

#include "normal.h"
#include "payload.h"

#include <calendar.h>
#include <currency.h>
#include <error.h>
#include <times.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GIVEN(rec, record, field) ((rec)->value[FIELD_##record##_##field].given)
#define VALUE(rec, record, field) (&(rec)->value[FIELD_##record##_##field])

static bool refuse(importer *i, const char *field, const record_value *value, const char *why) {
    snprintf(i->fault_field, sizeof i->fault_field, "%s", field);
    snprintf(i->fault_value, sizeof i->fault_value, "%.*s", value ? (int)(value->len < 60 ? value->len : 60) : 0, value ? value->text : "");
    i->fault = why;
    return false;
}

/* Days begin at midnight before 1970, too. */
static int32_t day_of(int64_t at_us) {
    return (int32_t)(at_us / TIMES_DAY_US - (at_us % TIMES_DAY_US < 0));
}

/* What comes after something at `at_us` on the same line. False: it would come before. A day without a time is any time of that day: then it is taken to have
 * come at once. */
static bool follows(record_value *later, int64_t at_us) {
    if (!later->given || later->number >= at_us) return true;
    if (later->number % TIMES_DAY_US != 0 || day_of(later->number) != day_of(at_us)) return false;
    later->number = at_us;
    return true;
}

/* --- ids --- */

/* "record/id#suffix" hashed, and kept as source_id; without an id: the line, its occurrence, which of the line's records of
 * that kind it is, and the suffix: the same whichever mapping read it. */
static bool put_id(importer *i, const record *rec, const record_value *id, const record_value *second, const char *suffix, history_event *e,
                   mr_error *err) {
    char text[96];
    if (!id->given || !id->len) {
        if (!i->line_known && i->b && bulk_line_id(i->b, rec->row->raw, rec->row->raw_len, &i->line_hash, &i->line_occurrence, err) != MR_OK)
            return false;
        i->line_known = true;
        int len = snprintf(text, sizeof text, "%016llx %u %s %u %s", (unsigned long long)i->line_hash, i->line_occurrence, record_name(rec->kind), i->nth, suffix);
        e->source_id = "";
        e->source_id_len = 0;
        if (i->l) e->id = ledger_hash(i->l, i->lines, text, (size_t)len);
        return true;
    }
    bool plain = rec->kind == RECORD_events;
    const char *kind = record_name(rec->kind);
    size_t need = strlen(kind) + id->len + (second && second->given ? second->len : 0) + strlen(suffix) + 4;
    char *key = arena_room(&i->text, need);
    if (!key) {
        error_memory(err, need);
        return false;
    }
    int len = plain ? snprintf(key, need, "%.*s", (int)id->len, id->text)
                    : snprintf(key, need, "%s/%.*s%s%.*s%s%s", kind, (int)id->len, id->text, second && second->given ? "/" : "",
                               second && second->given ? (int)second->len : 0, second && second->given ? second->text : "", *suffix ? "#" : "",
                               suffix);
    e->source_id = key;
    e->source_id_len = (size_t)len;
    if (i->l) e->id = ledger_hash(i->l, i->events, key, (size_t)len);
    return true;
}

/* --- money --- */

static bool put_money(importer *i, const record_value *money, const record_value *currency, history_event *e) {
    bool exact = true;
    if (!money->given) return true;
    if (currency->given && currency->len) {
        if (!currency_find(currency->text, currency->len, e->currency))
            return refuse(i, "currency", currency, "no ISO 4217 currency code");
    } else if (!money->len || !currency_find(money->text, money->len, e->currency)) {
        memcpy(e->currency, i->currency, sizeof e->currency);
    }
    e->amount_minor = currency_from_money(money->number, e->currency, &exact);
    i->result->rounded += !exact;
    i->result->has_currency |= strcmp(e->currency, "XXX") != 0;
    return true;
}

/* --- staging --- */

static history_event *stage(importer *i, const record *rec, event_kind kind, int64_t at_us) {
    staged_event *s = &i->staged[i->staged_n];
    *s = (staged_event){.customer = rec->value[0].text, .customer_len = rec->value[0].len, .e = {.kind = (int16_t)kind, .at_us = at_us, .body = "", .source_id = ""}};
    body_begin(&i->body);
    return &s->e;
}

static bool staged(importer *i, history_event *e, mr_error *err) {
    size_t len;
    const char *body = body_end(&i->body, &len);
    char *copy = body && len <= LEDGER_BODY_LIMIT ? arena_room(&i->text, len + 1) : NULL;
    if (body && len > LEDGER_BODY_LIMIT) return refuse(i, "body", NULL, "the event's body is over a megabyte");
    if (!copy) {
        error_memory(err, len);
        return false;
    }
    memcpy(copy, body, len);
    e->body = copy;
    e->body_len = len;
    if (i->staged_n + 1 == IMPORT_STAGED) return refuse(i, "", NULL, "makes more events than one line may");
    i->staged_n++;
    return true;
}

static void put_text(importer *i, const char *field, const record_value *v) {
    if (v->given) body_put_text(&i->body, field, v->text, v->len);
}

/* A CSV file's "9" where the kind wants a number is 9, its "TRUE" where it wants a flag is true. */
static json_t *as_wanted(payload_type type, const char *text) {
    char *end;
    if (type == PAYLOAD_flag) {
        bool yes = !strcasecmp(text, "true") || !strcasecmp(text, "yes") || !strcmp(text, "1");
        bool no = !strcasecmp(text, "false") || !strcasecmp(text, "no") || !strcmp(text, "0");
        return yes || no ? json_boolean(yes) : NULL;
    }
    if (type == PAYLOAD_integer) {
        errno = 0;
        long long value = strtoll(text, &end, 10);
        return end != text && !*end && !errno ? json_integer(value) : NULL; /* one that does not fit stays as it was written */
    }
    double value = type == PAYLOAD_number ? strtod(text, &end) : 0;
    return type == PAYLOAD_number && end != text && !*end && isfinite(value) ? json_real(value) : NULL;
}

/* May a member of the body so far have a name that an attribute has? Looks for "name": anywhere, so it may say yes too often. */
static bool may_clash(const importer *i, const record *rec) {
    const char *end = i->body.out.data + i->body.out.len;
    int depth = 0;
    for (const char *p = i->body.out.data; p < end; p++) {
        depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
        if (*p != '"') continue;
        const char *name = p++;
        while (p < end && *p != '"') p += 1 + (*p == '\\');
        if (depth == 1 && p + 1 < end && p[1] == ':' && memmem(rec->attributes, rec->attributes_len, name, (size_t)(p - name) + 2)) return true;
    }
    return false;
}

/* What the record's fields say stands: an object with a name twice could not be read. */
static void drop_clashes(importer *i, json_t *all) {
    json_t *already = NULL, *value;
    const char *name;
    if (!body_read_open(&i->body, &already)) i->body.out.failed = true;
    json_object_foreach(already, name, value) json_object_del(all, name);
    json_decref(already);
}

/* JSON that jansson may refuse though its text is sound: a number too large, or a name twice within an object. A quick look, that may say so too often. */
static bool hard_to_read(const char *json, size_t len) {
    size_t digits = 0;
    for (size_t i = 1; i < len; i++) {
        bool digit = json[i] >= '0' && json[i] <= '9';
        if (json[i] == '{' || (digits && (json[i] == 'e' || json[i] == 'E')) || digits > 18) return true;
        digits = digit ? digits + 1 : 0;
    }
    return false;
}

static const char cannot_be_kept[] = "is no JSON object that can be kept: a number in it is too large (whole ones: 64 bits), or a name stands there twice";

static bool attributes_sound(importer *i, const record *rec, mr_error *err) {
    json_t *all = NULL;
    if (rec->attributes_len <= 2 || !hard_to_read(rec->attributes, rec->attributes_len)) return true;
    if (!body_read(rec->attributes, rec->attributes_len, &all)) {
        error_memory(err, rec->attributes_len);
        return false;
    }
    bool sound = all != NULL;
    json_decref(all);
    return sound || refuse(i, "attributes", &(record_value){.text = rec->attributes, .len = rec->attributes_len}, cannot_be_kept);
}

/* The further columns, those of them that are fields of the kind by the field's type. */
static void put_typed(importer *i, const record *rec, int kind) {
    size_t fields_n;
    const payload_field *fields = payload_fields(kind, &fields_n);
    bool typed = false, clash = i->body.out.len && may_clash(i, rec);
    json_t *all = NULL;
    for (size_t f = 0; f < fields_n && !typed; f++)
        typed = fields[f].type != PAYLOAD_text && memmem(rec->attributes, rec->attributes_len, fields[f].name, strlen(fields[f].name));
    bool ok = (!typed && !clash) || body_read(rec->attributes, rec->attributes_len, &all);
    for (size_t f = 0; all && f < fields_n; f++) {
        const char *text = body_text(all, fields[f].name);
        json_t *value = text ? as_wanted(fields[f].type, text) : NULL;
        if (value) ok = json_object_set_new(all, fields[f].name, value) == 0 && ok;
    }
    if (all && clash) drop_clashes(i, all);
    char *written = all ? json_dumps(all, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15)) : NULL;
    if (!ok || (all && !written)) i->body.out.failed = true; /* no memory */
    if (written)
        body_put_members(&i->body, written, strlen(written));
    else
        body_put_members(&i->body, rec->attributes, rec->attributes_len);
    free(written);
    json_decref(all);
}

static void put_attributes(importer *i, const record *rec, int kind) {
    if (rec->attributes_len > 2) put_typed(i, rec, kind);
}

static bool put_subject(importer *i, history_event *e, const char *kind, const record_value *id, const record_value *otherwise) {
    const record_value *own = id->given && id->len ? id : otherwise;
    if (i->l) e->subject_id = ledger_subject(i->l, i->source, kind, own->text, own->len);
    put_text(i, "number", own);
    return true;
}

/* --- the records --- */

static bool stage_orders(importer *i, const record *rec, mr_error *err) {
    const record_value *amount = VALUE(rec, orders, amount), *id = VALUE(rec, orders, id), *product = VALUE(rec, orders, product);
    bool back = amount->given && amount->number < 0;
    history_event *e = stage(i, rec, back ? EVENT_refund : EVENT_order, VALUE(rec, orders, date)->number);
    if (!put_id(i, rec, id, product, "", e, err) || !put_money(i, amount, VALUE(rec, orders, currency), e)) return false;
    if (back) e->amount_minor = -e->amount_minor;
    put_text(i, "order_id", id);
    put_text(i, "product", product);
    if (GIVEN(rec, orders, quantity)) body_put_number(&i->body, "quantity", VALUE(rec, orders, quantity)->number);
    put_attributes(i, rec, e->kind);
    return staged(i, e, err);
}

static bool contact_event(importer *i, const record *rec, event_kind kind, const record_value *at, const char *suffix, mr_error *err) {
    const record_value *id = VALUE(rec, contacts, id), *name = VALUE(rec, contacts, name), *email = VALUE(rec, contacts, email);
    if (!at->given) return true;
    history_event *e = stage(i, rec, kind, at->number);
    const record_value *own = id->given ? id : email->given ? email : name;
    if (!put_id(i, rec, own, VALUE(rec, contacts, customer), suffix, e, err)) return false;
    put_subject(i, e, "contact", own, own);
    put_text(i, "name", name);
    put_text(i, "role", VALUE(rec, contacts, role));
    put_text(i, "authority", VALUE(rec, contacts, authority));
    put_text(i, "email", email);
    put_text(i, "phone", VALUE(rec, contacts, phone));
    return staged(i, e, err);
}

static bool stage_contacts(importer *i, const record *rec, mr_error *err) {
    if (!GIVEN(rec, contacts, id) && !GIVEN(rec, contacts, email) && !GIVEN(rec, contacts, name))
        return refuse(i, "id", NULL, "a contact needs an id, an e-mail or a name");
    return contact_event(i, rec, EVENT_stakeholder_join, VALUE(rec, contacts, joined), "join", err) &&
           contact_event(i, rec, EVENT_stakeholder_leave, VALUE(rec, contacts, left), "leave", err);
}

/* A contract without a number is the customer's that began on that day (of that product, where the line does not say since when its terms hold:
 * then the product may change). */
static bool contract_key(importer *i, const record *rec, record_value *own, mr_error *err) {
    const record_value *id = VALUE(rec, contracts, id), *customer = VALUE(rec, contracts, customer), *product = VALUE(rec, contracts, product);
    if (id->given && id->len) {
        *own = *id;
        return true;
    }
    char day[11];
    size_t more = product->given && !GIVEN(rec, contracts, updated) ? product->len : 0, room = customer->len + more + 14;
    char *key = arena_room(&i->text, room);
    if (!key) {
        error_memory(err, room);
        return false;
    }
    int len = snprintf(key, room, "%.*s/%s%s%.*s", (int)customer->len, customer->text, calendar_text(day_of(VALUE(rec, contracts, start)->number), day),
                       more ? "/" : "", (int)more, more ? product->text : "");
    *own = (record_value){.given = true, .text = key, .len = (size_t)len};
    return true;
}

/* Is the end the end of a term, and so known from its beginning? It is where it lies whole years after the start, or whole periods of several months, on
 * that day or the one before. A contract by the month ends when somebody leaves. */
static bool ends_a_term(const record *rec) {
    const record_value *start = VALUE(rec, contracts, start), *end = VALUE(rec, contracts, end), *period = VALUE(rec, contracts, period_months);
    if (!end->given) return false;
    if (end->ahead) return true;
    int64_t of = period->given ? period->number : 12;
    if (of < 2) return false;
    calendar_date from = calendar_of(day_of(start->number));
    for (int32_t day = day_of(end->number); day <= day_of(end->number) + 1; day++) {
        calendar_date to = calendar_of(day);
        int64_t months = (int64_t)(to.year - from.year) * 12 + to.month - from.month;
        bool last = to.day < from.day && calendar_of(day + 1).day == 1; /* 29 February, 31 in a month of 30 */
        if (months > 0 && months % of == 0 && (to.day == from.day || last)) return true;
    }
    return false;
}

static bool put_terms(importer *i, const record *rec, history_event *e) {
    const record_value *price = VALUE(rec, contracts, price), *end = VALUE(rec, contracts, end);
    if (price->given && price->number < 0) {
        char figure[40]; /* what stands in the cell is a sum of money by now */
        int len = snprintf(figure, sizeof figure, "%.15g", (double)price->number / MR_MONEY_SCALE);
        return refuse(i, "price", &(record_value){.text = figure, .len = (size_t)len}, "a contract's price is below zero");
    }
    if (!put_money(i, price, VALUE(rec, contracts, currency), e)) return false;
    put_text(i, "product", VALUE(rec, contracts, product));
    const record_value *renewal = GIVEN(rec, contracts, renewal) ? VALUE(rec, contracts, renewal) : end;
    if (renewal != end || ends_a_term(rec)) body_put_day(&i->body, "renewal", day_of(renewal->number));
    if (GIVEN(rec, contracts, notice_days)) body_put_integer(&i->body, "notice_days", VALUE(rec, contracts, notice_days)->number);
    if (GIVEN(rec, contracts, period_months)) body_put_integer(&i->body, "period_months", VALUE(rec, contracts, period_months)->number);
    if (GIVEN(rec, contracts, seats)) body_put_integer(&i->body, "seats", VALUE(rec, contracts, seats)->number);
    put_attributes(i, rec, e->kind);
    return true;
}

static bool stage_contracts(importer *i, const record *rec, mr_error *err) {
    const record_value *start = VALUE(rec, contracts, start), *end = VALUE(rec, contracts, end), *updated = VALUE(rec, contracts, updated);
    const record_value *renewal = VALUE(rec, contracts, renewal);
    record_value own;
    if (end->given && end->number < start->number) return refuse(i, "end", end, "ends before it starts");
    if (renewal->given && renewal->number < start->number) return refuse(i, "renewal", renewal, "renews before it starts");
    if (start->ahead) {
        i->result->not_begun++;
        return true;
    }
    if (!contract_key(i, rec, &own, err)) return false;
    /* Terms that say since when they hold are a change of their own, known by that time. */
    for (int change = 0; change <= (updated->given && updated->number > start->number); change++) {
        char suffix[40] = "start";
        history_event *e = stage(i, rec, change ? EVENT_contract_change : EVENT_contract_start, change ? updated->number : start->number);
        if (change) snprintf(suffix, sizeof suffix, "change/%lld", (long long)updated->number);
        if (!put_id(i, rec, &own, NULL, suffix, e, err)) return false;
        bool terms = change || !updated->given || updated->number <= start->number;
        put_subject(i, e, "contract", &own, VALUE(rec, contracts, id));
        if (terms && !put_terms(i, rec, e)) return false;
        if (!staged(i, e, err)) return false;
    }
    if (!end->given || end->ahead) return true; /* an end to come is when it renews */
    history_event *e = stage(i, rec, EVENT_contract_end, end->number);
    if (!put_id(i, rec, &own, NULL, "end", e, err)) return false;
    put_subject(i, e, "contract", &own, VALUE(rec, contracts, id));
    return staged(i, e, err);
}

static bool case_event(importer *i, const record *rec, event_kind kind, int64_t at_us, const char *suffix, mr_error *err) {
    const record_value *id = VALUE(rec, cases, id);
    history_event *e = stage(i, rec, kind, at_us);
    if (!put_id(i, rec, id, NULL, suffix, e, err)) return false;
    put_subject(i, e, "case", id, id);
    if (kind == EVENT_case_open) {
        put_text(i, "subject", VALUE(rec, cases, subject));
        put_text(i, "severity", VALUE(rec, cases, severity));
        put_attributes(i, rec, e->kind);
    } else if (kind == EVENT_case_update) {
        body_put_raw(&i->body, "first_response", "true", 4);
    }
    return staged(i, e, err);
}

static bool stage_cases(importer *i, const record *rec, mr_error *err) {
    const record_value *id = VALUE(rec, cases, id), *minutes = VALUE(rec, cases, first_response_minutes), *score = VALUE(rec, cases, satisfaction);
    record_value ended = *VALUE(rec, cases, resolved), answered = *VALUE(rec, cases, first_response);
    const record_value *resolved = &ended, *response = &answered;
    int64_t opened = VALUE(rec, cases, opened)->number, reopenings = GIVEN(rec, cases, reopenings) ? VALUE(rec, cases, reopenings)->number : 0;
    if (!follows(&ended, opened)) return refuse(i, "resolved", resolved, "resolved before it was opened");
    if (!follows(&answered, opened)) return refuse(i, "first_response", response, "answered before it was opened");
    if (reopenings < 0 || reopenings > 50) return refuse(i, "reopenings", VALUE(rec, cases, reopenings), "must be 0 to 50");
    /* ten-thousandths of a minute */
    if (!response->given && minutes->given && minutes->number > ((calendar_day(9999, 12, 31) + INT64_C(1)) * TIMES_DAY_US - 1 - opened) / 6000)
        return refuse(i, "first_response_minutes", minutes, "comes to a time after the year 9999");
    if (!case_event(i, rec, EVENT_case_open, opened, "open", err)) return false;
    if (response->given || (minutes->given && minutes->number >= 0)) {
        int64_t at = response->given ? response->number : opened + minutes->number * 6000;
        if (!case_event(i, rec, EVENT_case_update, at, "response", err)) return false;
    }
    /* When they were is not known: just before the resolution, or just after the opening. */
    for (int64_t n = 0; n < reopenings; n++) {
        char suffix[24];
        snprintf(suffix, sizeof suffix, "reopen/%d", (int)n);
        if (!case_event(i, rec, EVENT_case_reopen, resolved->given ? resolved->number - (reopenings - n) : opened + 1 + n, suffix, err)) return false;
    }
    if (resolved->given && !case_event(i, rec, EVENT_case_resolve, resolved->number, "resolve", err)) return false;
    if (!score->given) return true;
    history_event *e = stage(i, rec, EVENT_survey, resolved->given ? resolved->number : opened);
    if (!put_id(i, rec, id, NULL, "survey", e, err)) return false;
    body_put_text(&i->body, "name", "case", 4);
    body_put_number(&i->body, "score", score->number);
    body_put_number(&i->body, "scale", GIVEN(rec, cases, satisfaction_scale) ? VALUE(rec, cases, satisfaction_scale)->number : 50000);
    return staged(i, e, err);
}

static bool promise_event(importer *i, const record *rec, event_kind kind, const record_value *at, const char *suffix, mr_error *err) {
    const record_value *id = VALUE(rec, promises, id), *what = VALUE(rec, promises, what);
    if (!at->given) return true;
    /* Without a number a promise is known by customer, day and words. */
    record_value own = *id;
    if (!id->given || !id->len) {
        char day[24];
        int len = snprintf(day, sizeof day, "/%lld/", (long long)(VALUE(rec, promises, made)->number / INT64_C(86400000000)));
        size_t room = rec->value[0].len + (size_t)len + what->len;
        char *text = arena_room(&i->text, room + 1);
        if (!text) {
            error_memory(err, room);
            return false;
        }
        snprintf(text, room + 1, "%.*s%s%.*s", (int)rec->value[0].len, rec->value[0].text, day, (int)what->len, what->text);
        own = (record_value){.given = true, .text = text, .len = room};
    }
    history_event *e = stage(i, rec, kind, at->number);
    if (!put_id(i, rec, &own, NULL, suffix, e, err)) return false;
    if (i->l) e->subject_id = ledger_subject(i->l, i->source, "promise", own.text, own.len);
    put_text(i, "number", id);
    if (kind == EVENT_promise_made) {
        put_text(i, "what", what);
        put_text(i, "by_whom", VALUE(rec, promises, by_whom));
        if (GIVEN(rec, promises, due)) body_put_time(&i->body, "due", VALUE(rec, promises, due)->number);
        put_attributes(i, rec, e->kind);
    }
    return staged(i, e, err);
}

static bool stage_promises(importer *i, const record *rec, mr_error *err) {
    int64_t made = VALUE(rec, promises, made)->number;
    record_value kept = *VALUE(rec, promises, kept), broken = *VALUE(rec, promises, broken);
    if (!follows(&kept, made)) return refuse(i, "kept", &kept, "kept before it was made");
    if (!follows(&broken, made)) return refuse(i, "broken", &broken, "broken before it was made");
    return promise_event(i, rec, EVENT_promise_made, VALUE(rec, promises, made), "made", err) &&
           promise_event(i, rec, EVENT_promise_kept, &kept, "kept", err) &&
           promise_event(i, rec, EVENT_promise_broken, &broken, "broken", err);
}

static bool stage_touches(importer *i, const record *rec, mr_error *err) {
    static const char *const inward[] = {"in", "inbound", "incoming", "received", "i"}, *const outward[] = {"out", "outbound", "outgoing", "sent", "o"};
    const record_value *direction = VALUE(rec, touches, direction);
    int kind = direction->given && direction->len ? -1 : EVENT_touch_out;
    for (size_t n = 0; n < 5 && kind < 0; n++) {
        if (direction->len == strlen(inward[n]) && !strncasecmp(direction->text, inward[n], direction->len)) kind = EVENT_touch_in;
        if (direction->len == strlen(outward[n]) && !strncasecmp(direction->text, outward[n], direction->len)) kind = EVENT_touch_out;
    }
    if (kind < 0) return refuse(i, "direction", direction, "must be in or out");
    history_event *e = stage(i, rec, (event_kind)kind, VALUE(rec, touches, at)->number);
    if (!put_id(i, rec, VALUE(rec, touches, id), NULL, "", e, err)) return false;
    put_text(i, "channel", VALUE(rec, touches, channel));
    put_text(i, "who", VALUE(rec, touches, who));
    put_text(i, "purpose", VALUE(rec, touches, purpose));
    put_text(i, "subject", VALUE(rec, touches, subject));
    put_attributes(i, rec, e->kind);
    return staged(i, e, err);
}

static bool stage_surveys(importer *i, const record *rec, mr_error *err) {
    history_event *e = stage(i, rec, EVENT_survey, VALUE(rec, surveys, at)->number);
    if (!put_id(i, rec, VALUE(rec, surveys, id), NULL, "", e, err)) return false;
    put_text(i, "name", VALUE(rec, surveys, name));
    if (GIVEN(rec, surveys, score)) body_put_number(&i->body, "score", VALUE(rec, surveys, score)->number);
    if (GIVEN(rec, surveys, scale)) body_put_number(&i->body, "scale", VALUE(rec, surveys, scale)->number);
    put_text(i, "comment", VALUE(rec, surveys, comment));
    put_attributes(i, rec, e->kind);
    return staged(i, e, err);
}

/* A body must be an object; fields of another type or missing ones are told of, and the event is kept. What the envelope says of the kind and
 * the subject's number stands before what the body says of them. */
static bool put_body(importer *i, const history_event *e, const record_value *text, mr_error *err) {
    json_t *body, *already = NULL;
    if (!body_read(text->text, text->len, &body)) {
        error_memory(err, text->len);
        return false;
    }
    if (!body) return refuse(i, "body", text, cannot_be_kept);
    if (payload_check_object(e->kind, body, i->why, sizeof i->why) != MR_OK && !i->result->odd++)
        snprintf(i->result->odd_example, sizeof i->result->odd_example, "%s", i->why);
    if (i->body.out.len && !body_read_open(&i->body, &already)) i->body.out.failed = true;
    const char *key;
    json_t *value;
    bool clash = false;
    json_object_foreach(already, key, value) clash |= json_object_del(body, key) == 0;
    char *clean = clash ? json_dumps(body, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    if (clash && !clean) i->body.out.failed = true;
    body_put_members(&i->body, clean ? clean : text->text, clean ? strlen(clean) : text->len);
    free(clean);
    json_decref(already);
    json_decref(body);
    return true;
}

/* From another ledger's export: what it is about has no number, and is told from others by its hash alone. */
static bool put_subject_hash(importer *i, history_event *e, const record_value *hash) {
    char text[24], *end;
    if (!hash->given || !hash->len || e->subject_id) return true;
    snprintf(text, sizeof text, "%.*s", hash->len < 22 ? (int)hash->len : 22, hash->text);
    errno = 0;
    e->subject_id = strtoll(text, &end, 10);
    return *end || errno || hash->len > 20 ? refuse(i, "subject_hash", hash, "must be a whole number of 64 bits") : true;
}

static bool stage_events(importer *i, const record *rec, mr_error *err) {
    const record_value *name = VALUE(rec, events, kind), *subject = VALUE(rec, events, subject), *body = VALUE(rec, events, body);
    int kind = event_kind_find(name->text, name->len);
    if (kind < 0) kind = event_kind_segment(name->text, name->len);
    history_event *e = stage(i, rec, kind < 0 ? EVENT_custom : (event_kind)kind, VALUE(rec, events, at)->number);
    if (!put_id(i, rec, VALUE(rec, events, id), NULL, "", e, err) || !put_money(i, VALUE(rec, events, amount), VALUE(rec, events, currency), e)) return false;
    /* A word that became custom ("Order Cancelled" too) is kept. */
    if (e->kind == EVENT_custom && !(name->len == 6 && !memcmp(name->text, "custom", 6))) put_text(i, "kind", name);
    if (subject->given && subject->len) {
        const char *sort = event_kind_of(e->kind)->subject;
        put_subject(i, e, *sort ? sort : "thing", subject, subject);
    }
    if (!put_subject_hash(i, e, VALUE(rec, events, subject_hash))) return false;
    if (body->given && body->len) {
        if (!put_body(i, e, body, err)) return false;
    }
    put_attributes(i, rec, e->kind);
    return staged(i, e, err);
}

static bool stage_customers(importer *i, const record *rec, mr_error *err) {
    const record_value *kind = VALUE(rec, customers, kind);
    (void)err;
    if (kind->given && kind->len && normal_customer_kind(kind->text, kind->len) == 0)
        return refuse(i, "kind", kind, "must be person or company");
    return true;
}

bool import_stage(importer *i, const record *rec, mr_error *err) {
    static bool (*const by_kind[RECORD_KINDS])(importer *, const record *, mr_error *) = {
        [RECORD_orders] = stage_orders, [RECORD_customers] = stage_customers, [RECORD_contacts] = stage_contacts,
        [RECORD_contracts] = stage_contracts, [RECORD_cases] = stage_cases, [RECORD_promises] = stage_promises,
        [RECORD_touches] = stage_touches, [RECORD_surveys] = stage_surveys, [RECORD_events] = stage_events,
    };
    const record_value *customer = &rec->value[0];
    if (!customer->len || customer->len > LEDGER_ID_LIMIT) return refuse(i, "customer", customer, "an identifier has 1 to 512 bytes");
    if (!attributes_sound(i, rec, err)) return false;
    return by_kind[rec->kind](i, rec, err);
}

/* --- rows of customer and contact --- */

static bool cell(upserts *u, upsert_cell *c, const record_value *v) {
    return !v->given || !v->len || upsert_text(u, c, v->text, v->len);
}

static int64_t since(const record_value *updated) {
    return updated->given ? updated->number : UPSERT_UNDATED;
}

static bool customer_row(importer *i, upserts *u, uint32_t who, const record *rec) {
    upsert_cell *c = upserts_row(u, UPSERT_CUSTOMER);
    const record_value *kind = VALUE(rec, customers, kind), *email = VALUE(rec, customers, email), *phone = VALUE(rec, customers, phone),
                       *name = VALUE(rec, customers, name);
    if (!c) return false;
    upsert_int(&c[0], who);
    upsert_int(&c[1], kind->given ? normal_customer_kind(kind->text, kind->len) : 0);
    upsert_int(&c[6], normal_key(i->l, NORMAL_EMAIL, email->given ? email->text : "", email->given ? email->len : 0));
    upsert_int(&c[7], normal_key(i->l, NORMAL_PHONE, phone->given ? phone->text : "", phone->given ? phone->len : 0));
    upsert_int(&c[8], normal_key(i->l, NORMAL_NAME, name->given ? name->text : "", name->given ? name->len : 0));
    upsert_int(&c[16], since(VALUE(rec, customers, updated)));
    bool ok = cell(u, &c[2], name) && cell(u, &c[3], email) && cell(u, &c[4], phone) && cell(u, &c[5], VALUE(rec, customers, address)) &&
              cell(u, &c[9], VALUE(rec, customers, tier)) && cell(u, &c[10], VALUE(rec, customers, segment)) &&
              cell(u, &c[11], VALUE(rec, customers, time_zone)) && cell(u, &c[12], VALUE(rec, customers, locale)) &&
              cell(u, &c[13], VALUE(rec, customers, owner_sales)) && cell(u, &c[14], VALUE(rec, customers, owner_operations));
    return ok && (rec->attributes_len <= 2 || upsert_text(u, &c[15], rec->attributes, rec->attributes_len));
}

static bool contact_row(importer *i, upserts *u, uint32_t who, const record *rec) {
    upsert_cell *c = upserts_row(u, UPSERT_CONTACT);
    const record_value *id = VALUE(rec, contacts, id), *name = VALUE(rec, contacts, name), *email = VALUE(rec, contacts, email);
    const record_value *own = id->given ? id : email->given ? email : name, *joined = VALUE(rec, contacts, joined), *left = VALUE(rec, contacts, left);
    if (!c) return false;
    upsert_int(&c[0], who);
    upsert_int(&c[1], ledger_subject(i->l, i->source, "contact", own->text, own->len));
    if (joined->given) upsert_int(&c[11], day_of(joined->number));
    if (left->given) upsert_int(&c[12], day_of(left->number));
    upsert_int(&c[13], since(VALUE(rec, contacts, updated)));
    return cell(u, &c[2], own) && cell(u, &c[3], name) && cell(u, &c[4], email) && cell(u, &c[5], VALUE(rec, contacts, phone)) &&
           cell(u, &c[6], VALUE(rec, contacts, role)) && cell(u, &c[7], VALUE(rec, contacts, authority)) &&
           cell(u, &c[8], VALUE(rec, contacts, channels)) && cell(u, &c[9], VALUE(rec, contacts, time_zone)) &&
           cell(u, &c[10], VALUE(rec, contacts, locale));
}

mr_status import_rows(importer *i, const record *rec, mr_error *err) {
    bool erased;
    uint32_t who;
    if (rec->kind != RECORD_customers && rec->kind != RECORD_contacts) return MR_OK;
    mr_status status = bulk_customer(i->b, rec->value[0].text, rec->value[0].len, &who, err);
    if (status != MR_OK) return status;
    upserts *u = bulk_upserts(i->b, who, &erased);
    if (!u) return erased ? MR_OK : error_memory(err, sizeof *u);
    bool ok = rec->kind == RECORD_customers ? customer_row(i, u, who, rec) : contact_row(i, u, who, rec);
    if (!ok) return error_memory(err, sizeof(upsert_cell) * UPSERT_COLUMNS);
    const record_value *alias = VALUE(rec, customers, same_as);
    if (rec->kind == RECORD_customers && alias->given && alias->len) return bulk_alias(i->b, who, alias->text, alias->len, err);
    return MR_OK;
}
