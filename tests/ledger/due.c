/* Timers: each fires once, whoever and however many look; leases keep workers out of each other's way. */
#include "fixture.h"

#include <due.h>
#include <error.h>

#include <pthread.h>

#define MINUTE INT64_C(60000000)

/* Customer i promised to call back by day 40 + i. */
static ledger *promises(store *s, unsigned n) {
    ledger *l = fixture_ledger(s);
    for (unsigned i = 0; i < n; i++) {
        char id[16], body[80];
        snprintf(id, sizeof id, "p%u", i);
        snprintf(body, sizeof body, "{\"what\":\"call back\",\"due\":\"1970-02-%02uT00:00:00Z\"}", 10 + i % 19);
        append_item item = fixture_event(l, i, 10, EVENT_promise_made, id, id, body);
        fixture_append(l, &item, 1);
    }
    return l;
}

static int64_t february(int day) {
    return (31 + day - 1) * TEST_DAY_US;
}

static mr_status count_one(ledger *l, const due_row *row, void *ctx, mr_error *err) {
    (void)l, (void)row, (void)err;
    ++*(int *)ctx;
    return MR_OK;
}

/* --- leases --- */

static void leases(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    due_lease lease[DUE_PARTS], more;
    bool held[DUE_PARTS] = {false}, taken, kept;
    int64_t now = TEST_NOW;
    for (int i = 0; i < DUE_PARTS; i++) {
        assert_ok(due_lease_take(l, "mill/17", now, MINUTE, &lease[i], &taken, &err), &err);
        assert_true(taken && lease[i].part >= 0 && lease[i].part < DUE_PARTS && !held[lease[i].part]);
        held[lease[i].part] = true;
        assert_int_equal(lease[i].until_us, now + MINUTE);
    }
    assert_ok(due_lease_take(l, "mill/18", now, MINUTE, &more, &taken, &err), &err);
    assert_false(taken);
    /* Kept, another one's once it has run out, and then no longer ours. */
    assert_ok(due_lease_keep(l, &lease[5], now + MINUTE / 2, MINUTE, &kept, &err), &err);
    assert_true(kept);
    now += MINUTE;
    int again = 0;
    do {
        assert_ok(due_lease_take(l, "mill/18", now, MINUTE, &more, &taken, &err), &err);
        again += taken;
        if (taken) assert_int_not_equal(more.part, lease[5].part);
    } while (taken);
    assert_int_equal(again, DUE_PARTS - 1);
    assert_ok(due_lease_keep(l, &lease[6], now, MINUTE, &kept, &err), &err);
    assert_false(kept);
    assert_ok(due_lease_give(l, &lease[6], &err), &err); /* not ours to give */
    assert_ok(due_lease_take(l, "mill/19", now, MINUTE, &more, &taken, &err), &err);
    assert_false(taken);
    assert_ok(due_lease_give(l, &lease[5], &err), &err);
    assert_ok(due_lease_take(l, "mill/19", now, MINUTE, &more, &taken, &err), &err);
    assert_true(taken);
    assert_int_equal(more.part, lease[5].part);
    assert_true(more.fence > lease[5].fence);
    ledger_close(l);
}

/* --- timers --- */

static size_t waiting(ledger *l, int64_t at_us, due_row *rows, size_t room) {
    size_t n = 0, more;
    mr_error err = {0};
    for (int part = 0; part < DUE_PARTS; part++, n += more) assert_ok(due_waiting(l, part, at_us, rows + n, room - n, &more, &err), &err);
    return n;
}

static void one_by_one(void **state) {
    store *s = store_of(state);
    ledger *l = promises(s, 3); /* due on 10, 11 and 12 February */
    mr_error err = {0};
    due_row rows[8];
    due_outcome outcome;
    int fired = 0;
    assert_int_equal(waiting(l, february(10) - 1, rows, 8), 0);
    assert_int_equal(waiting(l, february(10), rows, 8), 1);
    assert_int_equal(rows[0].customer_id, fixture_customer(l, 0));
    due_lease none = {.part = (int)(rows[0].customer_id >> 57), .fence = 99};
    assert_ok(due_fire(l, &none, &rows[0], count_one, &fired, &outcome, &err), &err);
    assert_int_equal(outcome, DUE_NOT_OURS);
    assert_ok(due_fire(l, NULL, &rows[0], count_one, &fired, &outcome, &err), &err);
    assert_int_equal(outcome, DUE_FIRED);
    assert_ok(due_fire(l, NULL, &rows[0], count_one, &fired, &outcome, &err), &err);
    assert_int_equal(outcome, DUE_NOT_OURS);
    assert_int_equal(fired, 1);
    /* Another is put off, by an event that came later than the timer: popped too soon, it is armed again. */
    append_item later = fixture_event(l, 1, 12, EVENT_promise_made, "p1-again", "p1", "{\"what\":\"call back\",\"due\":\"1970-02-20T00:00:00Z\"}");
    fixture_append(l, &later, 1);
    assert_int_equal(waiting(l, february(11), rows, 8), 1);
    assert_ok(due_fire(l, NULL, &rows[0], count_one, &fired, &outcome, &err), &err);
    assert_int_equal(outcome, DUE_AGAIN);
    assert_int_equal(waiting(l, february(11), rows, 8), 0);
    assert_int_equal(waiting(l, february(20), rows, 8), 2);
    /* The third is kept before its day. */
    append_item kept = fixture_event(l, 2, 13, EVENT_promise_kept, "p2-kept", "p2", NULL);
    for (int i = 0; i < 2; i++)
        if (rows[i].customer_id == fixture_customer(l, 2)) {
            fixture_append(l, &kept, 1);
            assert_ok(due_fire(l, NULL, &rows[i], count_one, &fired, &outcome, &err), &err);
            assert_int_equal(outcome, DUE_NOT_OURS); /* the append has settled it */
        }
    assert_int_equal(waiting(l, february(20), rows, 8), 1);
    assert_int_equal(fired, 1);
    ledger_close(l);
}

/* An act that fails leaves the timer as it was. */
static mr_status refuse(ledger *l, const due_row *row, void *ctx, mr_error *err) {
    (void)l, (void)row, (void)ctx;
    return error_set(err, MR_EDATA, NULL, -1, "no");
}

static void failing(void **state) {
    store *s = store_of(state);
    ledger *l = promises(s, 1);
    mr_error err = {0};
    due_row row[1];
    due_outcome outcome;
    assert_int_equal(waiting(l, february(10), row, 1), 1);
    assert_int_equal(due_fire(l, NULL, row, refuse, NULL, &outcome, &err), MR_EDATA);
    assert_int_equal(waiting(l, february(10), row, 1), 1);
    ledger_close(l);
}

/* --- many workers --- */

enum { WORKERS = 6, PROMISES = 60 };

typedef struct worker {
    const store *s;
    int number, fired, failed;
} worker;

/* What it writes of the customer, in the transaction that fires: a worker that dies in between leaves neither. */
static mr_status note(ledger *l, const due_row *row, void *ctx, mr_error *err) {
    db_statement *s;
    (void)ctx;
    mr_status status = db_prepare(l->d, "UPDATE cycle SET version = cycle.version + 1000 WHERE customer_id = $1", "i", &s, err);
    if (status) return status;
    db_bind_int(s, 1, row->customer_id);
    return db_run(s, NULL, err);
}

static void *work(void *ctx) {
    worker *w = ctx;
    mr_error err = {0};
    due_row rows[16];
    ledger *l;
    w->failed = ledger_open(w->s->url, NULL, &l, &err) != MR_OK;
    for (int round = 0; round < DUE_PARTS && !w->failed; round++) {
        due_lease lease;
        due_outcome outcome;
        bool taken;
        size_t n;
        w->failed = due_lease_take(l, "worker", TEST_NOW + round, MINUTE, &lease, &taken, &err) != MR_OK;
        /* Even without a lease each fires once. */
        int part = taken ? lease.part : (round + 11 * w->number) % DUE_PARTS;
        w->failed |= due_waiting(l, part, february(28), rows, 16, &n, &err) != MR_OK;
        for (size_t i = 0; i < n && !w->failed; i++) {
            w->failed |= due_fire(l, taken ? &lease : NULL, &rows[i], note, NULL, &outcome, &err) != MR_OK;
            w->fired += outcome == DUE_FIRED;
        }
        if (taken) w->failed |= due_lease_give(l, &lease, &err) != MR_OK;
    }
    ledger_close(l);
    return NULL;
}

static void each_once(void **state) {
    store *s = store_of(state);
    ledger *l = promises(s, PROMISES);
    worker workers[WORKERS];
    pthread_t threads[WORKERS];
    int fired = 0;
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (worker){.s = s, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(workers[i].failed);
        fired += workers[i].fired;
    }
    /* Those of parts nobody happened to look at. */
    due_row rows[PROMISES];
    mr_error err = {0};
    size_t left = waiting(l, february(28), rows, PROMISES);
    for (size_t i = 0; i < left; i++) {
        due_outcome outcome;
        assert_ok(due_fire(l, NULL, &rows[i], note, NULL, &outcome, &err), &err);
        fired += outcome == DUE_FIRED;
    }
    assert_int_equal(fired, PROMISES);
    assert_int_equal(waiting(l, february(28), rows, PROMISES), 0);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM cycle WHERE version > 1000 AND version < 2000"), PROMISES);
    ledger_close(l);
}

/* Who holds a lease: this process is there, one of the same number from before is not, whether the machine was started anew or the number given out again. */
static void holders(void **state) {
    (void)state;
    char here[DUE_OWNER], other[DUE_OWNER];
    assert_string_equal(due_owner_here(here), due_owner_here(other));
    assert_false(due_owner_gone(here, here));
    char *mark = strchr(strrchr(here, ':'), '-');
    assert_non_null(mark); /* of a Linux with /proc */
    assert_int_equal(strlen(mark), 9);
    memcpy(mark, "-########", 9); /* its number is ours now */
    assert_true(due_owner_gone(here, other));
    *mark = 0; /* as earlier versions wrote it: nothing tells them apart */
    assert_false(due_owner_gone(here, other));
    snprintf(mark - 1, 16, "999999999-00"); /* no such process */
    assert_true(due_owner_gone(here, other));
    assert_false(due_owner_gone("elsewhere:1-00000000", other));
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(leases), cmocka_unit_test(holders), BOTH(one_by_one), BOTH(failing), BOTH(each_once)};
    return cmocka_run_group_tests_name("due", tests, NULL, NULL);
}
