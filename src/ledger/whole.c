/* Customers from all their tables: history and cycle's neighbours by the customer's key, one statement each, over all who are asked for at once. */
#include "whole.h"

#include "body.h"

#include <error.h>
#include <mem.h>

#include <stdlib.h>
#include <string.h>

/* --- memory --- */

static void forget(whole *w) {
    for (size_t i = 0; i < w->bodies_n; i++) json_decref(w->bodies[i]);
    w->bodies_n = 0;
    json_decref(w->attributes_tree);
    w->attributes_tree = NULL;
    arena_reset(&w->text);
    w->contacts_n = w->cases_n = w->promises_n = w->contracts_n = w->actions_n = w->messages_n = 0;
    w->action_store.n = 0;
    arena_reset(&w->action_store.text);
    w->message_store.n = 0;
    arena_reset(&w->message_store.text);
    w->external_id = w->source = w->name = w->email = w->phone = w->address = w->tier = w->segment = w->time_zone = w->locale = w->owner_sales = w->owner_operations = "";
    w->value_currency = w->stage = "";
    w->attributes = NULL;
    w->kind = 0;
    w->scored_us = w->value_minor = w->value_at_risk_minor = 0;
    w->p_order = w->p_alive = w->rhythm_days = 0;
}

void whole_free(whole *w) {
    forget(w);
    history_free(&w->h);
    trace_builder_free(&w->builder);
    action_rows_free(&w->action_store);
    message_rows_free(&w->message_store);
    mem_free(NULL, w->contacts);
    mem_free(NULL, w->cases);
    mem_free(NULL, w->promises);
    mem_free(NULL, w->contracts);
    mem_free(NULL, w->bodies);
    ledger_rates_free(&w->rates);
    arena_free(&w->text);
    *w = (whole){0};
}

static const char *text_of(whole *w, const db_statement *s, int column) {
    size_t len;
    const char *text = db_text(s, column, &len);
    return len ? arena_copy(&w->text, text, len) : "";
}

static int64_t time_of(const db_statement *s, int column) {
    return db_is_null(s, column) ? WHOLE_NO_TIME : db_int(s, column);
}

static int32_t day_of(const db_statement *s, int column) {
    return db_is_null(s, column) ? TRACE_NO_DAY : (int32_t)db_int(s, column);
}

/* Room for one more; NULL: no memory. */
static void *more(void **list, size_t *n, size_t *capacity, size_t size) {
    if (*n == *capacity) {
        size_t room = *capacity ? 2 * *capacity : 8;
        void *wider = mem_resize(NULL, *list, room, size);
        if (!wider) return NULL;
        *list = wider;
        *capacity = room;
    }
    return (char *)*list + (*n)++ * size;
}

#define MORE(w, list, n, capacity) more((void **)&(w)->list, &(w)->n, &(w)->capacity, sizeof *(w)->list)

/* --- one table each --- */

static bool take_customer(whole *w, const db_statement *s) {
    const char **texts[] = {&w->name, &w->email, &w->phone, &w->address, &w->tier, &w->segment, &w->time_zone, &w->locale, &w->owner_sales, &w->owner_operations};
    w->kind = (int)db_int(s, 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) *texts[i] = text_of(w, s, (int)i + 1);
    size_t len;
    const char *attributes = db_text(s, 11, &len);
    w->attributes = w->attributes_tree = body_parse(attributes, len);
    return true;
}

static bool take_ref(whole *w, const db_statement *s) {
    w->source = text_of(w, s, 0);
    w->external_id = text_of(w, s, 1);
    return true;
}

static bool take_contact(whole *w, const db_statement *s) {
    whole_contact *c = MORE(w, contacts, contacts_n, contacts_capacity);
    if (!c) return false;
    *c = (whole_contact){.id = db_int(s, 0), .external_id = text_of(w, s, 1), .name = text_of(w, s, 2), .email = text_of(w, s, 3), .phone = text_of(w, s, 4), .role = text_of(w, s, 5),
                         .authority = text_of(w, s, 6), .channels = text_of(w, s, 7), .time_zone = text_of(w, s, 8), .locale = text_of(w, s, 9), .joined_day = day_of(s, 10), .left_day = day_of(s, 11)};
    return true;
}

static bool take_case(whole *w, const db_statement *s) {
    whole_case *c = MORE(w, cases, cases_n, cases_capacity);
    if (!c) return false;
    *c = (whole_case){.id = db_int(s, 0), .number = text_of(w, s, 1), .subject = text_of(w, s, 2), .severity = text_of(w, s, 3), .open = db_int(s, 4) == 1, .opened_us = time_of(s, 5),
                      .first_response_us = time_of(s, 6), .resolved_us = time_of(s, 7), .reopenings = db_int(s, 8)};
    return true;
}

static bool take_promise(whole *w, const db_statement *s) {
    whole_promise *p = MORE(w, promises, promises_n, promises_capacity);
    if (!p) return false;
    *p = (whole_promise){.id = db_int(s, 0), .number = text_of(w, s, 1), .what = text_of(w, s, 2), .by_whom = text_of(w, s, 3), .state = (int)db_int(s, 4), .made_us = time_of(s, 5),
                         .due_us = time_of(s, 6), .settled_us = time_of(s, 7)};
    return true;
}

static bool take_contract(whole *w, const db_statement *s) {
    whole_contract *c = MORE(w, contracts, contracts_n, contracts_capacity);
    if (!c) return false;
    *c = (whole_contract){.id = db_int(s, 0), .number = text_of(w, s, 1), .product = text_of(w, s, 2), .state = (int)db_int(s, 3), .start_day = day_of(s, 4), .renewal_day = day_of(s, 5),
                          .notice_days = db_is_null(s, 6) ? -1 : (int32_t)db_int(s, 6), .end_day = day_of(s, 7), .seats = db_int(s, 8), .price_minor = db_int(s, 9), .currency = text_of(w, s, 10),
                          .period_months = (int32_t)db_int(s, 11)};
    return true;
}

static bool take_forecast(whole *w, const db_statement *s) {
    w->scored_us = db_int(s, 0);
    w->value_minor = db_int(s, 1);
    w->value_at_risk_minor = db_int(s, 2);
    w->value_currency = text_of(w, s, 3);
    w->p_order = db_real(s, 4);
    w->p_alive = db_real(s, 5);
    w->rhythm_days = db_real(s, 6);
    w->stage = text_of(w, s, 7);
    return true;
}

static bool take_event(whole *w, const db_statement *s) {
    return history_statement_row(&w->h, s, NULL) == MR_OK;
}

static bool take_action(whole *w, const db_statement *s) {
    return action_take(&w->action_store, s, NULL) == MR_OK;
}

static bool take_message(whole *w, const db_statement *s) {
    return outbox_take(&w->message_store, s, NULL) == MR_OK;
}

/* --- of several customers --- */

typedef struct reading {
    whole *w;
    bool (*take)(whole *w, const db_statement *s); /* false: no memory */
} reading;

static void bind_customer(void *ctx, size_t item, db_statement *s) {
    db_bind_int(s, 1, ((const reading *)ctx)->w[item].customer_id);
}

static mr_status take_row(void *ctx, size_t item, db_statement *s, mr_error *err) {
    const reading *r = ctx;
    whole *w = &r->w[item];
    return r->take(w, s) && !w->text.failed ? MR_OK : error_memory(err, 1024);
}

static mr_status read_rows(ledger *l, const char *sql, reading r, size_t n, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, sql, "i", &s, err);
    return status == MR_OK ? db_each(s, n, bind_customer, take_row, &r, NULL, err) : status;
}

static int by_id(const void *a, const void *b) {
    const action_row *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

#define READ(sql, take) \
    if (status == MR_OK) status = read_rows(l, sql, (reading){w, take}, n, err)

static mr_status read_tables(ledger *l, size_t n, whole *w, mr_error *err) {
    mr_status status = MR_OK;
    READ("SELECT " EVENT_COLUMNS " FROM event WHERE customer_id = $1", take_event);
    READ("SELECT kind, name, email, phone, address, tier, segment, time_zone, locale, owner_sales, owner_operations, attributes FROM customer WHERE customer_id = $1", take_customer);
    READ("SELECT source, external_id FROM customer_ref WHERE ref = $1 AND customer_id = ref", take_ref);
    READ("SELECT id, external_id, name, email, phone, role, authority, channels, time_zone, locale, joined_day, left_day FROM contact WHERE customer_id = $1 ORDER BY id", take_contact);
    READ("SELECT id, external_id, subject, severity, state, opened_at_us, first_response_at_us, resolved_at_us, reopenings FROM support_case WHERE customer_id = $1 ORDER BY id", take_case);
    READ("SELECT id, external_id, what, by_whom, state, made_at_us, due_us, settled_at_us FROM promise WHERE customer_id = $1 ORDER BY id", take_promise);
    READ("SELECT id, external_id, product, state, start_day, renewal_day, notice_days, end_day, seats, price_minor, currency, period_months FROM contract WHERE customer_id = $1 ORDER BY id", take_contract);
    READ("SELECT scored_at_us, value_minor, value_at_risk_minor, currency, p_order, p_alive, rhythm_days, stage FROM forecast WHERE customer_id = $1 ORDER BY scored_at_us DESC, model_id LIMIT 1", take_forecast);
    READ(actions_of_sql, take_action);
    READ(outbox_of_sql, take_message);
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        status = event_sort(w[i].h.events, w[i].h.n, NULL, err);
        w[i].actions = w[i].action_store.row;
        w[i].actions_n = w[i].action_store.n;
        if (w[i].actions_n) qsort(w[i].actions, w[i].actions_n, sizeof *w[i].actions, by_id);
        w[i].messages = w[i].message_store.row;
        w[i].messages_n = w[i].message_store.n;
    }
    return status;
}

/* --- the whole --- */

/* The ledger's birth is asked for once for all of them. */
static mr_status prepare(ledger *l, size_t n, whole *w, mr_error *err) {
    int64_t birth_us = 0;
    bool known = false;
    mr_status status = MR_OK;
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        if (w[i].prepared) continue;
        if (!known) status = ledger_birth(l, &birth_us, err);
        known = true;
        w[i].birth_us = birth_us;
        ledger_rates_free(&w[i].rates);
        if (status == MR_OK) status = ledger_rates_read(l, &w[i].rates, err);
        w[i].prepared = status == MR_OK;
    }
    return status;
}

/* What this customer's amounts are counted in: the rates' own currency, else the first they paid in. Asking the whole base (ledger_trace_money) would read every event for one
 * customer's sake. */
static void settle_money(whole *w) {
    memset(w->money.currency, 0, sizeof w->money.currency);
    w->money.rates = NULL;
    for (size_t i = 0; i < w->rates.n && !w->money.currency[0]; i++)
        if (w->rates.row[i].rate == 1) memcpy(w->money.currency, w->rates.row[i].currency, sizeof w->money.currency);
    bool known = w->money.currency[0] != 0;
    for (size_t i = 0; i < w->h.n; i++) {
        const char *own = w->h.events[i].currency;
        if (!own[0]) continue;
        if (!w->money.currency[0]) memcpy(w->money.currency, own, sizeof w->money.currency);
        known = known && ledger_rate_known(&w->rates, own);
    }
    if (known) w->money.rates = &w->rates;
}

static mr_status read_bodies(whole *w, mr_error *err) {
    if (w->bodies_capacity < w->h.n) {
        json_t **wider = mem_resize(NULL, w->bodies, w->h.n, sizeof *wider);
        if (!wider) return error_memory(err, w->h.n * sizeof *wider);
        w->bodies = wider;
        w->bodies_capacity = w->h.n;
    }
    for (size_t i = 0; i < w->h.n; i++) w->bodies[i] = NULL;
    w->bodies_n = w->h.n;
    return MR_OK;
}

static bool is_nobody(const whole *w) {
    return !w->h.n && !*w->external_id && !w->kind && !*w->name && !w->contacts_n;
}

static mr_status make_trace(ledger *l, whole *w, mr_error *err) {
    const trace_facts f = {.source = w->source, .external_id = w->external_id, .name = w->name, .tier = w->tier, .segment = w->segment, .owner_sales = w->owner_sales,
                           .owner_operations = w->owner_operations, .email = w->email, .phone = w->phone};
    settle_money(w);
    mr_status status = trace_build(&w->builder, &w->money, &f, w->birth_us, &w->h, &w->t, err);
    if (status != MR_EDATA) return status;
    w->prepared = false; /* a rate may have come since they were read */
    status = prepare(l, 1, w, err);
    if (status == MR_OK) settle_money(w);
    if (status == MR_OK) status = trace_build(&w->builder, &w->money, &f, w->birth_us, &w->h, &w->t, err);
    if (status != MR_EDATA) return status;
    /* Amounts that nothing says how to add count as none: who acts on everybody must not stop at one customer. */
    memset(w->money.currency, 0, sizeof w->money.currency);
    error_clear(err);
    return trace_build(&w->builder, &w->money, &f, w->birth_us, &w->h, &w->t, err);
}

typedef struct whole_work {
    ledger *l;
    const int64_t *customer_id;
    size_t n;
    whole *w;
    bool *there;
} whole_work;

static mr_status read_all(db *d, void *ctx, mr_error *err) {
    const whole_work *k = ctx;
    (void)d;
    for (size_t i = 0; i < k->n; i++) {
        forget(&k->w[i]);
        k->w[i].customer_id = k->customer_id[i];
        history_reset(&k->w[i].h, k->customer_id[i]);
    }
    mr_status status = prepare(k->l, k->n, k->w, err);
    if (status == MR_OK) status = read_tables(k->l, k->n, k->w, err);
    for (size_t i = 0; i < k->n && status == MR_OK; i++) {
        k->there[i] = !is_nobody(&k->w[i]);
        if (k->there[i]) status = read_bodies(&k->w[i], err);
        if (k->there[i] && status == MR_OK) status = make_trace(k->l, &k->w[i], err);
    }
    return status;
}

mr_status whole_read_all(ledger *l, const int64_t *customer_id, size_t n, whole *w, bool *there, mr_error *err) {
    whole_work k = {l, customer_id, n, w, there};
    return db_in_transaction(l->d) ? read_all(l->d, &k, err) : db_transaction(l->d, DB_READ, read_all, &k, err);
}

mr_status whole_read(ledger *l, int64_t customer_id, whole *w, mr_error *err) {
    bool there = false;
    mr_status status = whole_read_all(l, &customer_id, 1, w, &there, err);
    return status != MR_OK || there ? status : error_set(err, MR_EDATA, "customer", -1, "there is no customer #%lld", (long long)customer_id);
}

const json_t *whole_body(whole *w, size_t event) {
    const history_event *e = &w->h.events[event];
    if (!w->bodies[event] && e->body_len) w->bodies[event] = body_parse(e->body, e->body_len);
    return w->bodies[event];
}

/* --- by id --- */

#define FIND(name, type, list) \
    const type *name(const whole *w, int64_t id) { \
        size_t low = 0, high = w->list##_n; \
        while (low < high) { \
            size_t middle = low + (high - low) / 2; \
            if (w->list[middle].id < id) low = middle + 1; \
            else high = middle; \
        } \
        return low < w->list##_n && w->list[low].id == id ? &w->list[low] : NULL; \
    }
FIND(whole_contact_of, whole_contact, contacts)
FIND(whole_case_of, whole_case, cases)
FIND(whole_promise_of, whole_promise, promises)
FIND(whole_contract_of, whole_contract, contracts)
FIND(whole_action_of, whole_action, actions)
FIND(whole_message_of, whole_message, messages)

const whole_action *whole_action_like(const whole *w, const char *programme, const char *step, int64_t subject_id, int64_t occasion) {
    for (size_t i = 0; i < w->actions_n; i++) {
        const whole_action *a = &w->actions[i];
        if (a->subject_id == subject_id && a->occasion == occasion && !strcmp(a->programme, programme) && !strcmp(a->step, step)) return a;
    }
    return NULL;
}
