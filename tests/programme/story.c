#include "story.h"

#include <body.h>
#include <outbox.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usual[] =
    "company:\n  name: Hollow Lane\n  address: 12 Hollow Lane\n  time_zone: Europe/Berlin\n"
    "delivery:\n  unsubscribe: no-more@hollowlane.example\n"
    "people:\n  - {name: Sal, role: sales, email: sal@hollowlane.example}\n  - {name: Ops, role: operations}\n  - {name: Sen, role: senior}\n  - {name: Boss, role: manager}\n  - {name: Ned, role: sales, left: 2026-05-31}\n";

int64_t story_time(const char *text) {
    int64_t us;
    assert_true(time_read(text, strlen(text), &us));
    return us;
}

void story_begin(story *t, const store *s, const char *settings) {
    mr_error err = {0};
    ledger_init_options init = {.key = "000102030405060708090a0b0c0d0e0f", .now_us = story_time("2020-01-01 00:00")};
    text_buffer text = {0};
    *t = (story){0};
    text_puts(&text, usual);
    text_puts(&text, settings);
    assert_ok(ledger_init(s->url, &init, &err), &err);
    assert_ok(ledger_open(s->url, NULL, &t->l, &err), &err);
    assert_ok(refs_begin(&t->refs, t->l, "shop", &err), &err);
    assert_ok(config_read("story.yaml", text.data, text.len, NULL, NULL, &t->c, &err), &err);
    assert_ok(knowledge_read(t->l, &t->known, &err), &err);
    text_free(&text);
}

void story_end(story *t) {
    json_decref(t->list);
    knowledge_free(&t->known);
    config_free(&t->c);
    refs_free(&t->refs);
    ledger_close(t->l);
}

int64_t story_id(story *t, const char *customer) {
    mr_error err = {0};
    int64_t id;
    assert_ok(ledger_find(t->l, "shop", customer, strlen(customer), &id, &err), &err);
    return id;
}

void story_event(story *t, const char *id, event_kind kind, const char *subject, const char *at, const char *body) {
    mr_error err = {0};
    char source_id[32];
    int len = snprintf(source_id, sizeof source_id, "e%u", t->events++);
    int64_t at_us = story_time(at);
    const char *of = event_kind_of(kind)->subject;
    append_item item = {.external_id = id, .external_id_len = (uint32_t)strlen(id),
                        .event = {.e = {.id = ledger_hash(t->l, ledger_domain_of(t->l, "event", "shop"), source_id, (size_t)len), .at_us = at_us, .recorded_at_us = at_us, .day = (int32_t)(at_us / 86400000000), .kind = (int16_t)kind,
                                        .source = ledger_source_number("shop"), .subject_id = *subject ? ledger_subject(t->l, "shop", of, subject, strlen(subject)) : 0, .amount_minor = kind == EVENT_order ? 5000 : 0,
                                        .body = body, .body_len = strlen(body), .source_id = source_id, .source_id_len = (size_t)len}}};
    if (kind == EVENT_order) memcpy(item.event.e.currency, "EUR", 4);
    assert_ok(ledger_append(t->l, &t->refs, &item, 1, &err), &err);
    assert_int_equal(item.outcome, APPEND_ADDED);
}

/* A statement without parameters, with texts of the test's own. */
static void run_sql(story *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void run_sql(story *t, const char *format, ...) {
    char sql[1024];
    mr_error err = {0};
    va_list list;
    va_start(list, format);
    vsnprintf(sql, sizeof sql, format, list);
    va_end(list);
    assert_ok(db_execute(t->l->d, sql, &err), &err);
}

void story_customer(story *t, const char *id, const char *email) {
    mr_error err = {0};
    ref_request request = {.external_id = id, .len = (uint32_t)strlen(id)};
    assert_ok(db_begin(t->l->d, DB_WRITE, &err), &err);
    assert_ok(refs_resolve(&t->refs, t->l, &request, 1, &err), &err);
    assert_ok(db_commit(t->l->d, &err), &err);
    long long customer = request.customer_id, contact = ledger_subject(t->l, "shop", "contact", "ann", 3);
    run_sql(t, "INSERT INTO customer (customer_id, kind, name, email, phone, address, email_key, phone_key, name_key, tier, segment, time_zone, locale, owner_sales, owner_operations, attributes, updated_at_us) "
               "VALUES (%lld, 2, 'Firm %s', '', '', '', 0, 0, 0, '', '', 'Europe/Berlin', 'en', 'Sal', 'Ops', '', 0)", customer, id);
    run_sql(t, "INSERT INTO contact (customer_id, id, external_id, name, email, phone, role, authority, channels, time_zone, locale, joined_day, left_day, updated_at_us) "
               "VALUES (%lld, %lld, 'ann', 'Ann', '%s', '', '', 'decides', '', '', '', NULL, NULL, 0)", customer, contact, email);
}

void story_tick(story *t, const char *at) {
    mr_error err = {0};
    t->now_us = story_time(at);
    const tick_options o = {.now_us = t->now_us, .owner = "story:0", .wall_us = t->now_us};
    assert_ok(tick_run(t->l, &t->c, &t->known, &o, &t->counts, &err), &err);
}

void story_ticks(story *t, const char *at) {
    story_tick(t, at);
    tick_counts first = t->counts;
    story_tick(t, at);
    assert_int_equal(t->counts.looked, 0);
    t->counts = first;
}

unsigned story_count(story *t, const char *customer, event_kind kind) {
    mr_error err = {0};
    history h = {0};
    unsigned n = 0;
    assert_ok(history_read(t->l, story_id(t, customer), &h, &err), &err);
    for (size_t i = 0; i < h.n; i++) n += h.events[i].kind == (int16_t)kind;
    history_free(&h);
    return n;
}

size_t story_send(story *t) {
    mr_error err = {0};
    message_rows rows = {0};
    size_t sent = 0;
    for (int part = 0; part < 64; part++) {
        assert_ok(outbox_waiting(t->l, part, t->now_us, 1000, &rows, &err), &err);
        for (size_t i = 0; i < rows.n; i++) {
            bool ours;
            assert_ok(outbox_sending(t->l, rows.row[i].customer_id, rows.row[i].id, "story:0", t->now_us, &ours, &err), &err);
            assert_true(ours);
            assert_ok(outbox_sent(t->l, rows.row[i].customer_id, rows.row[i].id, t->now_us, "250 ok", &ours, &err), &err);
            assert_true(ours);
            sent++;
        }
    }
    message_rows_free(&rows);
    return sent;
}

const json_t *story_action(story *t, const char *customer, const char *programme, const char *step) {
    mr_error err = {0};
    const json_t *o, *found = NULL;
    size_t i;
    json_decref(t->list);
    t->list = NULL;
    const actions_query q = {.customer_id = story_id(t, customer), .programme = programme, .states = ACTION_ANY, .limit = 10000};
    assert_ok(actions_list(t->l, &q, &t->list, &err), &err);
    json_array_foreach(t->list, i, o) {
        if (strcmp(json_string_value(json_object_get(o, "step")), step)) continue;
        if (!found || strcmp(json_string_value(json_object_get(o, "created")), json_string_value(json_object_get(found, "created"))) >= 0) found = o;
    }
    return found;
}

const char *story_state(story *t, const char *customer, const char *programme, const char *step) {
    const json_t *a = story_action(t, customer, programme, step);
    return a ? json_string_value(json_object_get(a, "state")) : "none";
}

const char *story_owner(story *t, const char *customer, const char *programme, const char *step) {
    const json_t *a = story_action(t, customer, programme, step);
    return a ? json_string_value(json_object_get(a, "owner")) : "none";
}

void story_done(story *t, const char *customer, const char *programme, const char *step, const char *note, ...) {
    mr_error err = {0};
    const char *sets[16], *event;
    size_t n = 0;
    va_list list;
    va_start(list, note);
    for (const char *set; (set = va_arg(list, const char *));) sets[n++] = set;
    va_end(list);
    const json_t *a = story_action(t, customer, programme, step);
    assert_non_null(a);
    char id[32];
    snprintf(id, sizeof id, "%s", json_string_value(json_object_get(a, "id")));
    const task_answer answer = {.by = "Ann Test", .note = note, .field = sets, .fields = n, .now_us = t->now_us};
    assert_ok(task_done(t->l, id, &answer, &event, &err), &err);
}
