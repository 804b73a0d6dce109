/* Webhooks in the ledger, on both stores: queued with what they tell of or not at all, once each, for whoever wants to know; an attempt is one sender's. */
#include "fixture.h"

#include <actions.h>
#include <erase.h>
#include <hooks.h>
#include <merge.h>
#include <outbox.h>

#include <jansson.h>
#include <string.h>

typedef struct put_work {
    ledger *l;
    const action_row *rows;
    size_t n;
    bool fail;
} put_work;

static mr_status put(db *d, void *ctx, mr_error *err) {
    put_work *w = ctx;
    (void)d;
    mr_status status = actions_put(w->l, w->rows, w->n, err);
    return status == MR_OK && w->fail ? MR_EDATA : status;
}

static action_row task(ledger *l, int64_t customer_id, const char *programme, const char *step, int64_t occasion) {
    return (action_row){.customer_id = customer_id, .id = action_id(l, customer_id, programme, step, 0, occasion), .programme = programme, .step = step, .occasion = occasion, .kind = ACTION_TASK, .state = ACTION_OPEN,
                        .owner = "Mara \"M\" Adler", .created_us = TEST_NOW, .due_us = TEST_NOW + TEST_DAY_US, .changed_us = TEST_NOW, .value_minor = 1250, .currency = "EUR", .what = "call them", .document = "{}"};
}

static void put_all(ledger *l, const action_row *rows, size_t n) {
    mr_error err = {0};
    put_work w = {l, rows, n, false};
    assert_ok(db_transaction(l->d, DB_WRITE, put, &w, &err), &err);
}

static void set(ledger *l, const hook_endpoint *at, size_t n, bool expected) {
    mr_error err = {0};
    bool changed;
    assert_ok(hooks_set(l, at, n, TEST_NOW, &changed, &err), &err);
    assert_int_equal(changed, expected);
}

static int64_t waiting(ledger *l, const char *name) {
    mr_error err = {0};
    int64_t n[HOOK_STANDINGS];
    assert_ok(hooks_count(l, name, n, &err), &err);
    return n[HOOK_WAITING];
}

static ledger *with_customers(const store *at, int64_t *first, int64_t *second) {
    ledger *l = fixture_ledger(at);
    append_item items[] = {fixture_order(l, 1, 100, 1000, "a"), fixture_order(l, 2, 101, 1000, "b")};
    fixture_append(l, items, 2);
    *first = fixture_customer(l, 1);
    *second = fixture_customer(l, 2);
    return l;
}

static const hook_endpoint both_of[] = {{.name = "crm", .kinds = HOOK_ALL, .url_hash = 1}, {.name = "desk", .kinds = HOOK_IN(HOOK_task_closed), .url_hash = 2}};

static void queued(void **state) {
    int64_t first, second;
    const store *at = store_of(state);
    ledger *l = with_customers(at, &first, &second);
    mr_error err = {0};
    hook_rows rows = {0}, again = {0};
    const action_row a[] = {task(l, first, "promises", "apologise", 1), task(l, second, "review", "review", 1)};
    put_all(l, a, 1); /* nobody wants to know */
    set(l, both_of, 2, true);
    set(l, both_of, 2, false);
    assert_int_equal(waiting(l, "crm"), 0);
    put_all(l, a, 2); /* the first is there already */
    assert_int_equal(waiting(l, "crm"), 1);
    put_all(l, a, 2);
    assert_int_equal(waiting(l, "crm"), 1);
    const action_row overdue[] = {task(l, first, "promises", "apologise", 2)};
    put_work w = {l, overdue, 1, true};
    assert_int_equal(db_transaction(l->d, DB_WRITE, put, &w, &err), MR_EDATA); /* what did not happen is not told */
    assert_int_equal(waiting(l, "crm"), 1);
    put_all(l, overdue, 1); /* as a task, and as an overdue promise */
    assert_int_equal(waiting(l, "crm"), 3);
    assert_int_equal(waiting(l, "desk"), 0);
    bool changed = false;
    assert_ok(action_close(l, second, a[1].id, ACTION_IN(ACTION_OPEN), ACTION_DONE, "{\"by\":\"Mara\"}", TEST_NOW + 5000000, NULL, 0, &changed, &err), &err);
    assert_true(changed);
    assert_ok(action_close(l, second, a[1].id, ACTION_IN(ACTION_OPEN), ACTION_DONE, NULL, TEST_NOW + 6000000, NULL, 0, &changed, &err), &err);
    assert_false(changed);
    assert_int_equal(waiting(l, "crm"), 4);
    assert_int_equal(waiting(l, "desk"), 1);
    assert_ok(hooks_waiting(l, "desk", TEST_NOW, 10, &rows, &err), &err); /* not before it happened */
    assert_int_equal(rows.n, 0);
    assert_ok(hooks_waiting(l, "desk", TEST_NOW + 5000000, 10, &rows, &err), &err);
    assert_int_equal(rows.n, 1);
    json_t *o = json_loads(rows.row[0].body, 0, NULL), *data = json_object_get(o, "data");
    assert_string_equal(json_string_value(json_object_get(o, "type")), "task.closed");
    assert_string_equal(json_string_value(json_object_get(o, "timestamp")), "2023-11-14T22:13:25Z");
    assert_string_equal(json_string_value(json_object_get(data, "state")), "done");
    assert_string_equal(json_string_value(json_object_get(data, "customer")), "c2");
    assert_string_equal(json_string_value(json_object_get(data, "owner")), "Mara \"M\" Adler");
    assert_string_equal(json_string_value(json_object_get(json_object_get(data, "outcome"), "by")), "Mara");
    json_decref(o);
    /* The two endpoints' are two messages, and another connection knows of the endpoints, too. */
    assert_ok(hooks_waiting(l, "crm", TEST_NOW + 5000000, 10, &again, &err), &err);
    assert_int_equal(again.n, 4);
    for (size_t i = 0; i < again.n; i++) assert_true(again.row[i].id != rows.row[0].id);
    ledger *other = fixture_open(at);
    const action_row more[] = {task(other, first, "review", "review", 9)};
    put_all(other, more, 1);
    assert_int_equal(waiting(l, "crm"), 5);
    ledger_close(other);
    hook_rows_free(&rows);
    hook_rows_free(&again);
    ledger_close(l);
}

typedef struct message_work {
    ledger *l;
    const message_row *m;
} message_work;

static mr_status put_message(db *d, void *ctx, mr_error *err) {
    message_work *w = ctx;
    (void)d;
    return outbox_put(w->l, w->m, NULL, err);
}

static void messages(void **state) {
    int64_t first, second;
    const store *at = store_of(state);
    ledger *l = with_customers(at, &first, &second);
    mr_error err = {0};
    hook_rows rows = {0};
    bool ours;
    size_t n;
    set(l, both_of, 1, true);
    action_row a = task(l, first, "follow_up", "rhythm", 1);
    a.kind = ACTION_MESSAGE, a.channel = "email", a.purpose = "marketing";
    put_all(l, &a, 1);
    const message_row m = {.customer_id = first, .action_id = a.id, .channel = "email", .purpose = "marketing", .address = "ann@example.com", .domain = "example.com", .subject = "secret", .plain = "secret", .created_us = TEST_NOW};
    message_work w = {l, &m};
    assert_ok(db_transaction(l->d, DB_WRITE, put_message, &w, &err), &err);
    assert_int_equal(waiting(l, "crm"), 1);
    assert_ok(outbox_sending(l, first, a.id, "here:1", TEST_NOW + 1, &ours, &err), &err);
    assert_ok(outbox_unsure(l, -1, INT64_MAX, NULL, NULL, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_ok(outbox_settle(l, first, a.id, OUTBOX_WAS_SENT, "", TEST_NOW + 2, &ours, &err), &err);
    assert_ok(outbox_refused(l, first, a.id, TEST_NOW + 3, "came back", OUTBOX_HARD_BOUNCE, &ours, &err), &err);
    assert_true(ours);
    assert_ok(hooks_waiting(l, "crm", TEST_NOW + 10, 10, &rows, &err), &err);
    const char *const kinds[] = {"message.created", "message.uncertain", "message.sent", "message.failed"};
    assert_int_equal(rows.n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(rows.row[i].kind, kinds[i]);
        assert_null(strstr(rows.row[i].body, "secret"));
        assert_null(strstr(rows.row[i].body, "ann@example.com"));
        assert_non_null(strstr(rows.row[i].body, "\"customer\":\"c1\""));
    }
    hook_rows_free(&rows);
    ledger_close(l);
}

static void attempts(void **state) {
    int64_t first, second;
    const store *at = store_of(state);
    ledger *l = with_customers(at, &first, &second);
    mr_error err = {0};
    hook_rows rows = {0}, seen = {0};
    bool ours;
    int64_t n;
    set(l, both_of, 2, true);
    action_row a[40];
    for (int i = 0; i < 40; i++) a[i] = task(l, i % 2 ? first : second, "review", "review", i);
    put_all(l, a, 40);
    assert_ok(hooks_waiting(l, "crm", TEST_NOW, 3, &rows, &err), &err);
    assert_int_equal(rows.n, 3);
    assert_ok(hooks_attempt(l, &rows.row[0], TEST_NOW + 7, &ours, &err), &err);
    assert_true(ours);
    assert_ok(hooks_attempt(l, &rows.row[0], TEST_NOW + 7, &ours, &err), &err); /* another sender, who saw the same */
    assert_false(ours);
    assert_ok(hooks_waiting(l, "crm", TEST_NOW, 100, &seen, &err), &err);
    assert_int_equal(seen.n, 39);
    assert_ok(hooks_waiting(l, "crm", TEST_NOW + 7, 100, &seen, &err), &err); /* cut off: it is tried again */
    assert_int_equal(seen.n, 40);
    assert_int_equal(seen.row[39].attempts, 1);
    assert_ok(hooks_settle(l, &rows.row[0], HOOK_DELIVERED, 0, "HTTP 200", TEST_NOW, &err), &err);
    assert_ok(hooks_settle(l, &rows.row[1], HOOK_WAITING, TEST_NOW + 9, "HTTP 500", TEST_NOW, &err), &err);
    assert_int_equal(waiting(l, "crm"), 39);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM webhook_delivery WHERE state = 1 AND body = ''"), 1);
    assert_ok(hooks_disable(l, "crm", "gone", TEST_NOW + 10, &n, &err), &err);
    assert_int_equal(n, 39);
    const action_row late = task(l, first, "review", "review", 99);
    put_all(l, &late, 1); /* nobody is there to be told */
    assert_int_equal(waiting(l, "crm"), 0);
    set(l, both_of, 2, false); /* the same address stays disabled */
    const action_row later = task(l, first, "review", "review", 100);
    put_all(l, &later, 1);
    assert_int_equal(waiting(l, "crm"), 0);
    assert_ok(hooks_enable(l, "crm", true, TEST_NOW + 11, &n, &err), &err);
    assert_int_equal(n, 39);
    assert_int_equal(waiting(l, "crm"), 39);
    assert_int_equal(hooks_enable(l, "nobody", true, TEST_NOW, &n, &err), MR_EDATA);
    assert_ok(hooks_disable(l, "crm", "gone", TEST_NOW + 12, &n, &err), &err);
    const hook_endpoint moved = {.name = "crm", .kinds = HOOK_ALL, .url_hash = 3};
    set(l, &moved, 1, true); /* another address: on again; and "desk" is no more */
    const action_row last = task(l, first, "review", "review", 101);
    put_all(l, &last, 1);
    assert_int_equal(waiting(l, "crm"), 1);
    assert_ok(hooks_prune(l, TEST_NOW + 1, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_ok(hooks_prune(l, TEST_NOW + 13, &n, &err), &err);
    assert_int_equal(n, 39);
    set(l, NULL, 0, true);
    assert_int_equal(waiting(l, "crm"), 0);
    hook_rows_free(&rows);
    hook_rows_free(&seen);
    ledger_close(l);
}

static void merged_and_erased(void **state) {
    int64_t first, second;
    const store *at = store_of(state);
    ledger *l = with_customers(at, &first, &second);
    mr_error err = {0};
    hook_rows rows = {0};
    bool ours;
    set(l, both_of, 1, true);
    const action_row a[] = {task(l, first, "review", "review", 1), task(l, second, "review", "review", 2)};
    put_all(l, a, 2);
    assert_ok(hooks_waiting(l, "crm", TEST_NOW, 10, &rows, &err), &err);
    const hook_row *of_second = rows.row[0].customer_id == second ? &rows.row[0] : &rows.row[1];
    assert_ok(ledger_merge(l, first, second, TEST_NOW, NULL, NULL, &err), &err);
    assert_ok(hooks_attempt(l, of_second, TEST_NOW + 7, &ours, &err), &err); /* begun before the merge, ended after it */
    assert_true(ours);
    assert_ok(hooks_settle(l, of_second, HOOK_DELIVERED, 0, "HTTP 200", TEST_NOW, &err), &err);
    assert_int_equal(waiting(l, "crm"), 1);

    assert_ok(ledger_erase(l, first, TEST_NOW, NULL, &err), &err);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM webhook_delivery"), 0);
    hook_rows_free(&rows);
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(queued), BOTH(messages), BOTH(attempts), BOTH(merged_and_erased)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
