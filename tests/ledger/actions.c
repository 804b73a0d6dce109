/* Actions: wished for twice they are one, what a person decided stays, lists go by what they are asked, and what is closed is closed together with its events. */
#include "people.h"

#include <actions.h>
#include <looks.h>
#include <merge.h>

#define HOUR INT64_C(3600000000)

static action_row wish(ledger *l, int64_t customer_id, const char *step, int64_t occasion, int kind) {
    return (action_row){.customer_id = customer_id, .id = action_id(l, customer_id, "recovery", step, 7, occasion), .programme = "recovery", .step = step, .subject_id = 7,
                        .occasion = occasion, .kind = kind, .state = kind == ACTION_TASK ? ACTION_OPEN : ACTION_PROPOSED, .purpose = "service", .channel = "email", .owner = "kim",
                        .created_us = TEST_NOW, .due_us = TEST_NOW + HOUR, .changed_us = TEST_NOW, .value_minor = 1000, .currency = "EUR", .effect = .5, .what = "call them",
                        .document = "{\"why\":[]}"};
}

typedef struct put_work {
    ledger *l;
    const action_row *rows;
    size_t n;
} put_work;

static mr_status put_rows(db *d, void *ctx, mr_error *err) {
    const put_work *w = ctx;
    (void)d;
    return actions_put(w->l, w->rows, w->n, err);
}

static void put(ledger *l, const action_row *rows, size_t n) {
    mr_error err = {0};
    put_work w = {l, rows, n};
    assert_ok(db_transaction(l->d, DB_WRITE, put_rows, &w, &err), &err);
}

static action_row *get(ledger *l, int64_t customer_id, int64_t id, action_rows *rows) {
    mr_error err = {0};
    assert_ok(action_read(l, customer_id, id, rows, &err), &err);
    assert_int_equal(rows->n, 1);
    return rows->row;
}

static bool state(ledger *l, const action_row *a, int from, int to, const char *outcome) {
    mr_error err = {0};
    bool changed;
    assert_ok(action_state(l, a->customer_id, a->id, from, to, outcome, TEST_NOW + 5, &changed, &err), &err);
    return changed;
}

static void once(void **state_) {
    store *s = store_of(state_);
    ledger *l = fixture_ledger(s);
    action_rows rows = {0};
    people_town(s, l);
    int64_t a = fixture_customer(l, 0);
    action_row w = wish(l, a, "ask", 1, ACTION_MESSAGE);
    int64_t before = fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM action");
    put(l, &w, 1);
    char *first = people_dump(l, NULL);
    w.changed_us += 99;
    w.created_us += 99;
    w.owner = "ines"; /* who has it keeps it */
    put(l, &w, 1);
    char *again = people_dump(l, NULL);
    people_same("wished for twice", first, again);
    free(first);
    free(again);
    /* What nobody has acted on may change, and says when. */
    w.what = "write to them";
    w.due_us += HOUR;
    put(l, &w, 1);
    action_row *there = get(l, a, w.id, &rows);
    assert_string_equal(there->what, "write to them");
    assert_string_equal(there->owner, "kim");
    assert_int_equal(there->due_us, TEST_NOW + 2 * HOUR);
    assert_int_equal(there->created_us, TEST_NOW);
    assert_int_equal(there->changed_us, TEST_NOW + 99);
    /* Approved it stays so; done it stays as it was. */
    assert_true(state(l, &w, ACTION_IN(ACTION_PROPOSED), ACTION_OPEN, NULL));
    assert_false(state(l, &w, ACTION_IN(ACTION_PROPOSED), ACTION_OPEN, NULL));
    w.what = "write again";
    put(l, &w, 1);
    there = get(l, a, w.id, &rows);
    assert_int_equal(there->state, ACTION_OPEN);
    assert_string_equal(there->what, "write again");
    assert_true(state(l, &w, ACTION_IN(ACTION_OPEN) | ACTION_IN(ACTION_OUTBOX), ACTION_DROPPED, "{\"by\":\"kim\"}"));
    w.what = "and again";
    put(l, &w, 1);
    there = get(l, a, w.id, &rows);
    assert_int_equal(there->state, ACTION_DROPPED);
    assert_string_equal(there->what, "write again");
    assert_string_equal(there->outcome, "{\"by\":\"kim\"}");
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM action"), before + 1);
    action_rows_free(&rows);
    ledger_close(l);
}

/* A wish of a customer who was merged into another is known there, under the id it had. */
static void after_a_merge(void **state_) {
    store *s = store_of(state_);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    action_rows rows = {0};
    int64_t merge_id;
    people_town(s, l);
    int64_t a = fixture_customer(l, 0), b = fixture_customer(l, 1);
    action_row theirs[] = {wish(l, b, "ask", 1, ACTION_TASK), wish(l, b, "ask", 2, ACTION_TASK)};
    put(l, theirs, 2);
    char *before = people_dump(l, " forecast ");
    int64_t n = fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM action");
    assert_ok(ledger_merge(l, a, b, TEST_NOW, &merge_id, NULL, &err), &err);
    action_row ours[] = {wish(l, a, "ask", 1, ACTION_TASK), wish(l, a, "ask", 2, ACTION_TASK)};
    put(l, ours, 2);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM action"), n);
    /* By the number that is no customer's any more, too. */
    assert_int_equal(get(l, b, theirs[0].id, &rows)->customer_id, a);
    assert_ok(ledger_unmerge(l, merge_id, TEST_NOW, NULL, &err), &err);
    char *after = people_dump(l, " forecast ");
    people_same("merged and parted", before, after);
    free(before);
    free(after);
    /* And its own row goes before one that came with a merge. */
    put(l, ours, 1);
    assert_ok(ledger_merge(l, a, b, TEST_NOW, &merge_id, NULL, &err), &err);
    ours[0].what = "ours";
    put(l, ours, 1);
    assert_string_equal(get(l, a, ours[0].id, &rows)->what, "ours");
    assert_string_equal(get(l, a, theirs[0].id, &rows)->what, "call them");
    assert_true(state(l, &theirs[1], ACTION_IN(ACTION_OPEN), ACTION_DONE, NULL)); /* b leads to a */
    action_rows_free(&rows);
    ledger_close(l);
}

/* --- closing --- */

static append_item kept(ledger *l, int64_t customer_id) {
    append_item item = fixture_event(l, 0, 200, EVENT_promise_kept, "P-1-kept", "P-1", "{\"number\":\"P-1\"}");
    item.external_id = NULL;
    item.event.customer_id = customer_id;
    return item;
}

static void closing(void **state_) {
    store *s = store_of(state_);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    bool changed;
    people_town(s, l);
    int64_t a = fixture_customer(l, 0);
    action_row w = wish(l, a, "keep", 1, ACTION_TASK);
    put(l, &w, 1);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM promise WHERE state = 1"), 1);
    append_item item = kept(l, a);
    assert_ok(action_close(l, a, w.id, ACTION_IN(ACTION_OPEN), ACTION_DONE, "{\"by\":\"kim\"}", TEST_NOW, &item, 1, &changed, &err), &err);
    assert_true(changed);
    assert_int_equal(item.outcome, APPEND_ADDED);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM promise WHERE state = 1"), 0);
    fixture_check_cycles(l);
    /* A second time: nothing, and no event. */
    int64_t events = fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event");
    append_item other = fixture_event(l, 0, 201, EVENT_account_review, "late", NULL, NULL);
    other.external_id = NULL;
    other.event.customer_id = a;
    assert_ok(action_close(l, a, w.id, ACTION_IN(ACTION_OPEN), ACTION_DONE, NULL, TEST_NOW, &other, 1, &changed, &err), &err);
    assert_false(changed);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event"), events);
    /* An event that cannot be written leaves the action open. */
    action_row second = wish(l, a, "keep", 2, ACTION_TASK);
    action_rows rows = {0};
    put(l, &second, 1);
    other.event.e.body = "\xff";
    other.event.e.body_len = 1;
    assert_int_not_equal(action_close(l, a, second.id, ACTION_IN(ACTION_OPEN), ACTION_DONE, NULL, TEST_NOW, &other, 1, &changed, &err), MR_OK);
    assert_false(changed);
    assert_int_equal(get(l, a, second.id, &rows)->state, ACTION_OPEN);
    /* Put off, and to another. */
    assert_ok(action_snooze(l, a, second.id, TEST_NOW + HOUR, TEST_NOW, &changed, &err), &err);
    assert_true(changed);
    assert_ok(action_assign(l, a, second.id, "ines", NULL, TEST_NOW, &changed, &err), &err);
    assert_ok(action_time(l, a, second.id, TEST_NOW + 3 * HOUR, TEST_NOW, &changed, &err), &err);
    action_row *there = get(l, a, second.id, &rows);
    assert_string_equal(there->owner, "ines");
    assert_int_equal(there->snoozed_us, TEST_NOW + HOUR);
    assert_int_equal(there->due_us, TEST_NOW + 3 * HOUR);
    assert_ok(action_assign(l, a, w.id, "ines", NULL, TEST_NOW, &changed, &err), &err); /* done */
    assert_false(changed);
    action_rows_free(&rows);
    ledger_close(l);
}

/* --- lists --- */

/* The steps of what a question finds, in order. */
static void lists(ledger *l, actions_query q, const char *want) {
    mr_error err = {0};
    json_t *list, *one;
    size_t i;
    text_buffer got = {0};
    q.programme = "recovery"; /* the town has others */
    assert_ok(actions_list(l, &q, &list, &err), &err);
    json_array_foreach(list, i, one) text_printf(&got, "%s%s", i ? " " : "", json_string_value(json_object_get(one, "step")));
    assert_string_equal(text_terminate(&got), want);
    json_decref(list);
    text_free(&got);
}

static void listing(void **state_) {
    store *s = store_of(state_);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    people_town(s, l);
    int64_t a = fixture_customer(l, 0), c = fixture_customer(l, 2);
    action_row rows[] = {wish(l, a, "small", 1, ACTION_TASK), wish(l, c, "large", 1, ACTION_TASK), wish(l, a, "urgent", 1, ACTION_TASK),
                         wish(l, c, "later", 1, ACTION_TASK), wish(l, a, "draft", 1, ACTION_MESSAGE)};
    rows[1].value_minor = 50000;
    rows[1].due_us += 2;
    rows[2].urgent = true;
    rows[2].due_us += 1;
    rows[2].value_minor = 1;
    rows[3].due_us += 24 * HOUR;
    rows[3].owner = "ines";
    put(l, rows, 5);
    const int open = ACTION_IN(ACTION_OPEN);
    lists(l, (actions_query){.kind = ACTION_TASK, .states = open}, "small urgent large later");
    lists(l, (actions_query){.kind = ACTION_TASK, .states = open, .ranked = true}, "urgent large small later");
    lists(l, (actions_query){.kind = ACTION_TASK, .states = open, .owner = "kim"}, "small urgent large");
    lists(l, (actions_query){.kind = ACTION_TASK, .states = open, .owner = "ines"}, "later");
    lists(l, (actions_query){.kind = ACTION_TASK, .states = open, .due_by_us = TEST_NOW + HOUR + 1}, "small urgent");
    lists(l, (actions_query){.states = ACTION_IN(ACTION_PROPOSED)}, "draft");
    lists(l, (actions_query){.states = ACTION_IN(ACTION_PROPOSED), .owner = "ines"}, "");
    lists(l, (actions_query){.customer_id = c}, "large later");
    lists(l, (actions_query){.customer_id = c, .owner = "ines"}, "later");
    lists(l, (actions_query){.owner = "kim", .limit = 2}, "draft small");
    lists(l, (actions_query){.states = ACTION_IN(ACTION_DONE)}, "");
    state(l, &rows[0], open, ACTION_DONE, NULL);
    lists(l, (actions_query){.states = ACTION_IN(ACTION_DONE) | open, .owner = "kim", .limit = 1}, "small");
    bool changed;
    assert_ok(action_snooze(l, a, rows[2].id, TEST_NOW + 5 * HOUR, TEST_NOW, &changed, &err), &err);
    lists(l, (actions_query){.kind = ACTION_TASK, .states = open, .due_by_us = TEST_NOW + 2 * HOUR}, "large");
    /* By the first digits of the id. */
    char id[17];
    int64_t customer_id, found;
    action_id_text(rows[1].id, id);
    assert_int_equal(strlen(id), 16);
    assert_ok(action_find(l, id, &customer_id, &found, &err), &err);
    assert_true(customer_id == c && found == rows[1].id);
    id[10] = 0;
    assert_ok(action_find(l, id, &customer_id, &found, &err), &err);
    assert_true(found == rows[1].id);
    static const char *const wrong[] = {"", "abc", "abcg", "0123456789abcdef0", "ffffffffffffffff", "-123456"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_int_equal(action_find(l, wrong[i], &customer_id, &found, &err), MR_EDATA);
    assert_int_equal(action_find(l, "0000000000000000", &customer_id, &found, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "there is no task"));
    for (int i = 0; i < ACTION_STATES; i++) assert_int_equal(action_state_find(action_state_name(i)), i);
    assert_int_equal(action_state_find("gone"), -1);
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(once), BOTH(after_a_merge), BOTH(closing), BOTH(listing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
