/* The outbox: each message goes out at most once, whoever tries and whoever dies, and what went out is an event. */
#include "people.h"

#include <actions.h>
#include <gate_answers.h>
#include <merge.h>
#include <outbox.h>
#include <whole.h>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOUR INT64_C(3600000000)

/* Without what it has in its own outbox. */
static void town(const store *s, ledger *l) {
    mr_error err = {0};
    people_town(s, l);
    assert_ok(db_execute(l->d, "DELETE FROM message; DELETE FROM action", &err), &err);
}

static mr_status in_put(ledger *l, const message_row *m, bool *added, mr_error *err) {
    mr_status status = db_begin(l->d, DB_WRITE, err);
    if (status != MR_OK) return status;
    status = outbox_put(l, m, added, err);
    if (status == MR_OK) return db_commit(l->d, err);
    db_rollback(l->d);
    return status;
}

static bool put(ledger *l, const message_row *m) {
    mr_error err = {0};
    bool added;
    assert_ok(in_put(l, m, &added, &err), &err);
    return added;
}

/* An open action of customer i, and the message it is to be. */
static message_row message(ledger *l, unsigned i, const char *step) {
    mr_error err = {0};
    int64_t customer_id = fixture_customer(l, i);
    action_row a = {.customer_id = customer_id, .id = action_id(l, customer_id, "delight", step, 0, i), .programme = "delight", .step = step, .occasion = i, .kind = ACTION_MESSAGE,
                    .state = ACTION_OPEN, .created_us = TEST_NOW, .due_us = TEST_NOW, .changed_us = TEST_NOW};
    assert_ok(db_begin(l->d, DB_WRITE, &err), &err);
    assert_ok(actions_put(l, &a, 1, &err), &err);
    assert_ok(db_commit(l->d, &err), &err);
    return (message_row){.customer_id = customer_id, .action_id = a.id, .programme = "delight", .purpose = "marketing", .channel = "email", .topic = "guides", .content = "sand-guide",
                         .who = "Kim", .address = "ada@example.com", .domain = "example.com", .next_us = TEST_NOW, .subject = "Sand \"and\" you", .plain = "Good morning", .html = "<p>Good morning",
                         .created_us = TEST_NOW};
}

static message_row *get(ledger *l, int64_t customer_id, int64_t id, message_rows *rows) {
    mr_error err = {0};
    assert_ok(outbox_read(l, customer_id, id, rows, &err), &err);
    assert_int_equal(rows->n, 1);
    return rows->row;
}

static int action_is(ledger *l, const message_row *m) {
    mr_error err = {0};
    action_rows rows = {0};
    assert_ok(action_read(l, m->customer_id, m->action_id, &rows, &err), &err);
    assert_int_equal(rows.n, 1);
    int state = rows.row->state;
    action_rows_free(&rows);
    return state;
}

static int64_t touches(ledger *l) {
    return fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event WHERE kind = 18 AND source_id >= 'message/' AND source_id < 'message0'");
}

#define STEP(want, call) do { assert_ok(call, &err); assert_true(ours == (want)); } while (0)

static void one_way(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    bool ours;
    message_rows rows = {0};
    town(s, l);
    message_row m = message(l, 0, "thanks");
    int64_t c = m.customer_id, id = m.action_id, n;
    size_t found;
    int parts[64];
    assert_true(put(l, &m));
    assert_false(put(l, &m));
    assert_int_equal(action_is(l, &m), ACTION_OUTBOX);
    assert_ok(outbox_parts(l, TEST_NOW - 1, parts, &found, &err), &err);
    assert_int_equal(found, 0);
    assert_ok(outbox_parts(l, TEST_NOW, parts, &found, &err), &err);
    assert_int_equal(found, 1);
    assert_int_equal(parts[0], c >> 57);
    assert_ok(outbox_waiting(l, parts[0], TEST_NOW, 9, &rows, &err), &err);
    assert_int_equal(rows.n, 1);
    assert_string_equal(rows.row[0].plain, "Good morning");
    assert_string_equal(rows.row[0].content, "sand-guide");
    assert_int_equal(strlen(rows.row[0].token), 32);
    /* Put off since it was listed: not to be sent yet. */
    STEP(true, outbox_later(l, c, id, TEST_NOW + HOUR, &ours, &err));
    STEP(false, outbox_sending(l, c, id, "mill:1", TEST_NOW, &ours, &err));
    assert_int_equal(get(l, c, id, &rows)->attempts, 0);
    /* A refusal for now, and then it goes. */
    STEP(false, outbox_sent(l, c, id, TEST_NOW, "250", &ours, &err));
    STEP(true, outbox_sending(l, c, id, "mill:1", TEST_NOW + HOUR, &ours, &err));
    STEP(false, outbox_sending(l, c, id, "mill:2", TEST_NOW + HOUR, &ours, &err));
    STEP(false, outbox_later(l, c, id, TEST_NOW, &ours, &err));
    STEP(true, outbox_again(l, c, id, TEST_NOW + 2 * HOUR, "451 later", &ours, &err));
    assert_int_equal(get(l, c, id, &rows)->attempts, 1);
    assert_string_equal(rows.row[0].said, "451 later");
    STEP(true, outbox_sending(l, c, id, "mill:1", TEST_NOW + 2 * HOUR, &ours, &err));
    assert_string_equal(get(l, c, id, &rows)->sender, "mill:1");
    assert_int_equal(rows.row[0].first_try_us, TEST_NOW + HOUR); /* the first one, whatever came after */
    assert_int_equal(rows.row[0].sending_us, TEST_NOW + 2 * HOUR);
    assert_int_equal(touches(l), 0);
    STEP(true, outbox_sent(l, c, id, TEST_NOW + 2 * HOUR + 5, "250 fine", &ours, &err));
    STEP(false, outbox_sent(l, c, id, TEST_NOW + 3 * HOUR, "250 fine", &ours, &err));
    assert_int_equal(touches(l), 1);
    assert_int_equal(action_is(l, &m), ACTION_DONE);
    assert_int_equal(fixture_number(l, "SELECT at_us FROM event WHERE source_id >= 'message/' AND source_id < 'message0'"), TEST_NOW + 2 * HOUR + 5);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM touch WHERE outward = 1 AND purpose = 'marketing' AND who = 'Kim'"), 1);
    fixture_check_cycles(l);
    /* Rates, and by its token. */
    assert_ok(outbox_sent_since(l, "example.com", TEST_NOW, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_ok(outbox_sent_since(l, "example.com", TEST_NOW + 3 * HOUR, &n, &err), &err);
    assert_int_equal(n, 0);
    char token[MESSAGE_TOKEN];
    assert_ok(outbox_by_token(l, message_token(l, c, id, token), &rows, &err), &err);
    assert_int_equal(rows.n, 1);
    assert_int_equal(rows.row[0].id, id);
    assert_ok(outbox_by_token(l, "00000000000000000000000000000000", &rows, &err), &err);
    assert_int_equal(rows.n, 0);
    /* It came back after all. */
    STEP(true, outbox_refused(l, c, id, TEST_NOW + 4 * HOUR, "550 no such mailbox", OUTBOX_HARD_BOUNCE, &ours, &err));
    STEP(false, outbox_refused(l, c, id, TEST_NOW + 5 * HOUR, "550 no such mailbox", OUTBOX_HARD_BOUNCE, &ours, &err));
    assert_int_equal(action_is(l, &m), ACTION_FAILED);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event WHERE kind = 20"), 1);
    message_rows_free(&rows);
    ledger_close(l);
}

/* What the events say, read as programmes read it. */
static void events(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    bool ours;
    whole w = {0};
    town(s, l);
    message_row m = message(l, 1, "guide");
    assert_ok(whole_read(l, m.customer_id, &w, &err), &err);
    m.contact_id = w.contacts[0].id;
    char contact[40];
    snprintf(contact, sizeof contact, "%s", w.contacts[0].external_id);
    put(l, &m);
    STEP(true, outbox_sending(l, m.customer_id, m.action_id, "mill:1", TEST_NOW, &ours, &err));
    STEP(true, outbox_sent(l, m.customer_id, m.action_id, TEST_NOW, "250", &ours, &err));
    STEP(true, outbox_refused(l, m.customer_id, m.action_id, TEST_NOW + 9, "552 full", OUTBOX_SOFT_BOUNCE, &ours, &err));
    assert_ok(whole_read(l, m.customer_id, &w, &err), &err);
    const json_t *touch = whole_body(&w, w.h.n - 2), *bounce = whole_body(&w, w.h.n - 1);
    assert_int_equal(w.h.events[w.h.n - 2].kind, EVENT_touch_out);
    static const char *const want[][2] = {{"channel", "email"}, {"who", "Kim"}, {"purpose", "marketing"}, {"subject", "Sand \"and\" you"}, {"topic", "guides"}, {"content", "sand-guide"}};
    for (size_t i = 0; i < 6; i++) assert_string_equal(json_string_value(json_object_get(touch, want[i][0])), want[i][1]);
    assert_string_equal(json_string_value(json_object_get(touch, "contact")), contact);
    assert_int_equal(w.h.events[w.h.n - 1].kind, EVENT_bounce);
    assert_true(json_is_false(json_object_get(bounce, "hard")));
    assert_string_equal(json_string_value(json_object_get(bounce, "reason")), "552 full");
    assert_string_equal(json_string_value(json_object_get(bounce, "contact")), contact);
    assert_true(w.t.event[w.h.n - 2].flags & TRACE_MARKETING);
    /* One that asks for a recommendation is that on record, too, once. */
    m = message(l, 1, "referral");
    m.topic = "referral";
    m.contact_id = w.contacts[0].id;
    put(l, &m);
    STEP(true, outbox_sending(l, m.customer_id, m.action_id, "mill:1", TEST_NOW + 20, &ours, &err));
    STEP(true, outbox_sent(l, m.customer_id, m.action_id, TEST_NOW + 20, "250", &ours, &err));
    STEP(false, outbox_sent(l, m.customer_id, m.action_id, TEST_NOW + 21, "250", &ours, &err));
    assert_ok(whole_read(l, m.customer_id, &w, &err), &err);
    unsigned asked = 0;
    for (size_t i = 0; i < w.h.n; i++) {
        if (w.h.events[i].kind != EVENT_referral_asked) continue;
        asked++;
        assert_string_equal(json_string_value(json_object_get(whole_body(&w, i), "who")), "Kim");
        assert_string_equal(json_string_value(json_object_get(whole_body(&w, i), "contact")), contact);
        assert_null(json_object_get(whole_body(&w, i), "topic"));
        assert_true(w.h.events[i].at_us == TEST_NOW + 20);
    }
    assert_int_equal(asked, 1);
    whole_free(&w);
    ledger_close(l);
}

/* --- a sender that dies --- */

static bool nobody_but_mill_9(void *ctx, const char *sender) {
    (void)ctx;
    return !strcmp(sender, "mill:9");
}

/* Takes the message and dies before the other side has answered. */
static void die_sending(const store *s, int64_t customer_id, int64_t id, const char *sender) {
    pid_t child = fork();
    if (!child) {
        mr_error err = {0};
        ledger *l;
        bool ours = false;
        mr_status status = ledger_open(s->url, NULL, &l, &err);
        if (status == MR_OK) status = outbox_sending(l, customer_id, id, sender, TEST_NOW, &ours, &err);
        _exit(status == MR_OK && ours ? 0 : 1);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

static void dies(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    bool ours;
    size_t n;
    message_rows rows = {0};
    town(s, l);
    message_row m[4];
    for (unsigned i = 0; i < 4; i++) {
        m[i] = message(l, i, "thanks");
        put(l, &m[i]);
    }
    ledger_close(l); /* nothing is shared with the child */
    for (int i = 0; i < 4; i++) die_sending(s, m[i].customer_id, m[i].action_id, i == 3 ? "mill:9" : "mill:8");
    l = fixture_open(s);
    STEP(false, outbox_sending(l, m[0].customer_id, m[0].action_id, "mill:9", TEST_NOW, &ours, &err));
    assert_ok(outbox_unsure(l, -1, TEST_NOW, nobody_but_mill_9, NULL, &n, &err), &err); /* not older */
    assert_int_equal(n, 0);
    assert_ok(outbox_unsure(l, -1, TEST_NOW + 1, nobody_but_mill_9, NULL, &n, &err), &err);
    assert_int_equal(n, 3);
    assert_ok(outbox_unsure(l, -1, TEST_NOW + 1, nobody_but_mill_9, NULL, &n, &err), &err);
    assert_int_equal(n, 0);
    assert_ok(outbox_in(l, MESSAGE_UNCERTAIN, 10, &rows, &err), &err);
    assert_int_equal(rows.n, 3);
    assert_ok(outbox_in(l, MESSAGE_SENDING, 10, &rows, &err), &err);
    assert_int_equal(rows.n, 1);
    /* Of an uncertain one nothing but a person knows. */
    STEP(false, outbox_sent(l, m[0].customer_id, m[0].action_id, TEST_NOW, "250", &ours, &err));
    STEP(false, outbox_again(l, m[0].customer_id, m[0].action_id, TEST_NOW, "", &ours, &err));
    STEP(true, outbox_settle(l, m[0].customer_id, m[0].action_id, OUTBOX_WAS_SENT, "kim: it arrived", TEST_NOW + HOUR, &ours, &err));
    STEP(false, outbox_settle(l, m[0].customer_id, m[0].action_id, OUTBOX_SEND_AGAIN, "", TEST_NOW + HOUR, &ours, &err));
    assert_int_equal(get(l, m[0].customer_id, m[0].action_id, &rows)->sent_us, TEST_NOW);
    assert_int_equal(action_is(l, &m[0]), ACTION_DONE);
    STEP(true, outbox_settle(l, m[1].customer_id, m[1].action_id, OUTBOX_SEND_AGAIN, "kim: it did not", TEST_NOW + HOUR, &ours, &err));
    STEP(true, outbox_sending(l, m[1].customer_id, m[1].action_id, "mill:9", TEST_NOW + HOUR, &ours, &err));
    STEP(true, outbox_sent(l, m[1].customer_id, m[1].action_id, TEST_NOW + HOUR, "250", &ours, &err));
    STEP(true, outbox_settle(l, m[2].customer_id, m[2].action_id, OUTBOX_GIVE_UP, "", TEST_NOW + HOUR, &ours, &err));
    assert_int_equal(action_is(l, &m[2]), ACTION_FAILED);
    assert_int_equal(touches(l), 2);
    /* The one whose sender lives. */
    STEP(true, outbox_sent(l, m[3].customer_id, m[3].action_id, TEST_NOW + 2, "250", &ours, &err));
    assert_int_equal(touches(l), 3);
    message_rows_free(&rows);
    ledger_close(l);
}

/* --- two who race --- */

enum { MESSAGES = 40, SENDERS = 4 };

typedef struct sender {
    const store *s;
    const message_row *m;
    int number, sent;
    bool failed;
} sender;

static void *send_all(void *ctx) {
    sender *w = ctx;
    mr_error err = {0};
    ledger *l;
    char name[16];
    snprintf(name, sizeof name, "mill:%d", w->number);
    w->failed = ledger_open(w->s->url, NULL, &l, &err) != MR_OK;
    for (int i = 0; i < MESSAGES && !w->failed; i++) {
        bool ours = false;
        w->failed = outbox_sending(l, w->m[i].customer_id, w->m[i].action_id, name, TEST_NOW, &ours, &err) != MR_OK;
        if (!ours || w->failed) continue;
        w->sent++;
        w->failed = outbox_sent(l, w->m[i].customer_id, w->m[i].action_id, TEST_NOW, "250", &ours, &err) != MR_OK || !ours;
    }
    if (w->failed) print_error("%s\n", err.message);
    ledger_close(l);
    return NULL;
}

static void race(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    message_row m[MESSAGES];
    sender senders[SENDERS];
    pthread_t threads[SENDERS];
    int sent = 0;
    for (unsigned i = 0; i < MESSAGES; i++) {
        char id[16], step[16];
        snprintf(id, sizeof id, "o-%u", i % 5);
        append_item item = fixture_order(l, i % 5, 100, 100, id);
        fixture_append(l, &item, 1);
        snprintf(step, sizeof step, "s%u", i);
        m[i] = message(l, i % 5, step);
        put(l, &m[i]);
    }
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (sender){.s = s, .m = m, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    for (int i = 0; i < SENDERS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(senders[i].failed);
        sent += senders[i].sent;
    }
    assert_int_equal(sent, MESSAGES);
    assert_int_equal(touches(l), MESSAGES);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM message WHERE state = 2"), MESSAGES);
    fixture_check_cycles(l);
    ledger_close(l);
}

/* --- customers who are merged meanwhile; cancelling --- */

static void merged(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    bool ours;
    message_rows rows = {0};
    size_t n;
    int64_t merge_id;
    town(s, l);
    message_row m = message(l, 1, "thanks"), gone = message(l, 0, "gone");
    put(l, &m);
    put(l, &gone);
    STEP(true, outbox_sending(l, m.customer_id, m.action_id, "mill:1", TEST_NOW, &ours, &err));
    assert_ok(ledger_merge(l, gone.customer_id, m.customer_id, TEST_NOW, &merge_id, NULL, &err), &err);
    STEP(true, outbox_sent(l, m.customer_id, m.action_id, TEST_NOW, "250", &ours, &err));
    message_row *there = get(l, m.customer_id, m.action_id, &rows);
    assert_int_equal(there->customer_id, gone.customer_id);
    assert_int_equal(there->part, gone.customer_id >> 57);
    assert_int_equal(action_is(l, &m), ACTION_DONE);
    fixture_check_cycles(l);
    /* A draft that is dropped after all; its action is the caller's. */
    STEP(true, outbox_cancel(l, gone.customer_id, gone.action_id, "kim: no", &ours, &err));
    STEP(false, outbox_cancel(l, gone.customer_id, gone.action_id, "kim: no", &ours, &err));
    STEP(false, outbox_sending(l, gone.customer_id, gone.action_id, "mill:1", TEST_NOW, &ours, &err));
    assert_int_equal(action_is(l, &gone), ACTION_OUTBOX);
    assert_ok(outbox_in(l, MESSAGE_CANCELLED, 9, &rows, &err), &err);
    n = rows.n;
    assert_int_equal(n, 1);
    /* One whose action is not open is not put. */
    message_row late = gone;
    late.id = 4711;
    assert_false(put(l, &late));
    message_rows_free(&rows);
    ledger_close(l);
}

/* --- what the gate answered --- */

static void answers(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    gate_answers got = {0};
    town(s, l);
    int64_t a = fixture_customer(l, 4);
    gate_answer rows[] = {{.customer_id = a, .asked_us = TEST_NOW, .purpose = "marketing", .channel = "email", .topic = "guides", .verdict = 2, .at_us = TEST_NOW + 5, .rule = "hours", .detail = "they sleep", .action_id = 3},
                          {.customer_id = a, .asked_us = TEST_NOW + 1, .purpose = "service", .channel = "email", .verdict = 1, .at_us = TEST_NOW + 1, .rule = "", .action_id = 3},
                          {.customer_id = a, .asked_us = TEST_NOW + 2, .purpose = "marketing", .verdict = 0, .rule = "consent", .detail = "withdrawn"}};
    for (int again = 0; again < 3; again++) {
        assert_ok(db_begin(l->d, DB_WRITE, &err), &err);
        assert_ok(gate_answers_put(l, rows, 3, &err), &err);
        assert_ok(db_commit(l->d, &err), &err);
        for (int i = 0; i < 3; i++) rows[i].asked_us += HOUR; /* the same answers later: the first time stays */
        rows[1].at_us += HOUR;                                 /* now is now */
    }
    assert_ok(gate_answers_read(l, a, 0, &got, &err), &err);
    assert_int_equal(got.n, 3);
    assert_int_equal(got.row[0].asked_us, TEST_NOW);
    assert_string_equal(got.row[0].detail, "they sleep");
    assert_string_equal(got.row[2].rule, "consent");
    assert_string_equal(got.row[2].topic, "");
    assert_ok(gate_answers_read(l, a, 3, &got, &err), &err);
    assert_int_equal(got.n, 2);
    rows[0].at_us++; /* another answer */
    assert_ok(gate_answers_put(l, rows, 1, &err), &err);
    assert_ok(gate_answers_read(l, a, 3, &got, &err), &err);
    assert_int_equal(got.n, 3);
    gate_answers_free(&got);
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(one_way), BOTH(events), BOTH(dies), BOTH(race), BOTH(merged), BOTH(answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
