/* Measures and reviews on a ledger, on both stores. */
#include "fixture.h"

#include <fixlist.h>
#include <landmarks.h>
#include <reviews.h>
#include <status.h>

#include <stdlib.h>
#include <string.h>

static void measures_of(void **state) {
    ledger *l = fixture_ledger(store_of(state));
    mr_error err = {0};
    measures all;
    assert_ok(ledger_measures_read(l, &all, &err), &err);
    assert_int_equal(all.n, 0);
    ledger_measures_free(&all);
    for (int i = 0; i < 20; i++) {
        measure m = {.from_day = 100 + i, .done_day = MEASURE_OPEN, .created_at_us = TEST_NOW};
        strcpy(m.cause, i % 2 ? "case:defect" : "promise_broken");
        strcpy(m.owner, "Ann \"O'Neil\"");
        strcpy(m.remedy, "every promise on one list, \xC3\xA9t cetera");
        assert_ok(ledger_measure_add(l, &m, &err), &err);
        assert_int_equal(m.id, i + 1);
    }
    assert_ok(ledger_measure_done(l, 3, 150, TEST_NOW, &err), &err);
    assert_int_equal(ledger_measure_done(l, 3, 151, TEST_NOW, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "finished already"));
    assert_int_equal(ledger_measure_done(l, 21, 151, TEST_NOW, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "no measure 21"));
    assert_int_equal(ledger_measure_done(l, 4, 102, TEST_NOW, &err), MR_EDATA);
    assert_ok(ledger_measures_read(l, &all, &err), &err);
    assert_int_equal(all.n, 20);
    assert_int_equal(all.row[2].done_day, 150);
    assert_int_equal(all.row[3].done_day, MEASURE_OPEN);
    assert_string_equal(all.row[4].cause, "promise_broken");
    assert_string_equal(all.row[4].owner, "Ann \"O'Neil\"");
    assert_int_equal(all.row[19].from_day, 119);
    ledger_measures_free(&all);
    ledger_close(l);
}

static mr_status due_of(ledger *l, int32_t day, int64_t customer_id, json_t **out, mr_error *err) {
    trace_ledger t = {.l = l};
    reviews_options o = {.day = day, .horizon_days = 365, .customer_id = customer_id};
    const currency_rates none = {0};
    mr_status status = ledger_trace_money(l, &none, &t.options, err);
    return status == MR_OK ? reviews_json(trace_source_of(&t), &o, NULL, out, err) : status;
}

static void reviews_of(void **state) {
    ledger *l = fixture_ledger(store_of(state));
    mr_error err = {0};
    append_item items[] = {fixture_order(l, 1, 100, 1000, "a"), fixture_order(l, 1, 290, 1000, "b"), fixture_event(l, 1, 250, EVENT_complaint, "c", NULL, "{\"about\":\"service\"}"),
                           fixture_order(l, 2, 280, 1000, "d")};
    fixture_append(l, items, 4);
    int64_t first = fixture_customer(l, 1);
    json_t *due = NULL;
    bool added = false;
    assert_ok(due_of(l, 290, 0, &due, &err), &err);
    assert_int_equal(json_integer_value(json_object_get(due, "due")), 1); /* the second has been one for ten days */
    const json_t *one = json_array_get(json_object_get(due, "reviews"), 0), *finding = json_array_get(json_object_get(one, "findings"), 0);
    assert_string_equal(json_string_value(json_object_get(one, "identifier")), "c1");
    assert_int_equal(json_integer_value(json_object_get(one, "overdue_days")), 10);
    assert_string_equal(json_string_value(json_object_get(finding, "pattern")), "silence_after_complaint");
    assert_true(json_is_true(json_object_get(finding, "new")));
    json_decref(due);
    review_done r = {.customer_id = first, .by = "Kim", .comment = "talked", .day = 290, .next = TRACE_NO_DAY, .now_us = TEST_NOW};
    assert_ok(reviews_done(l, &r, &added, &err), &err);
    assert_true(added);
    assert_ok(reviews_done(l, &r, &added, &err), &err);
    assert_false(added);
    r.now_us += 3600 * INT64_C(1000000); /* an hour later */
    assert_ok(reviews_done(l, &r, &added, &err), &err);
    assert_false(added);
    r.by = "Lee";
    assert_int_equal(reviews_done(l, &r, &added, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "recorded already"));
    assert_ok(due_of(l, 290, 0, &due, &err), &err);
    assert_int_equal(json_integer_value(json_object_get(due, "due")), 0);
    json_decref(due);
    assert_ok(due_of(l, 290, first, &due, &err), &err); /* one customer is shown, due or not */
    one = json_array_get(json_object_get(due, "reviews"), 0);
    assert_false(json_is_true(json_object_get(json_array_get(json_object_get(one, "findings"), 0), "new")));
    json_decref(due);
    /* Here is who has ordered in the 365 days up to that day, as everywhere. */
    for (int32_t on = 290 + 364; on <= 290 + 365; on++) {
        assert_ok(due_of(l, on, first, &due, &err), &err);
        assert_int_equal(json_is_true(json_object_get(json_array_get(json_object_get(due, "reviews"), 0), "here")), on - 290 < 365);
        json_decref(due);
    }
    assert_ok(due_of(l, 289, 0, &due, &err), &err); /* as of the day before nobody knew of it */
    assert_int_equal(json_integer_value(json_object_get(due, "due")), 1);
    json_decref(due);
    /* That a review was noted does not make the data newer. */
    int32_t day;
    landmarks m;
    r.day = 700, r.by = "Kim";
    assert_ok(reviews_done(l, &r, &added, &err), &err);
    assert_true(added);
    assert_ok(ledger_day(l, 710, &day, &err), &err);
    assert_int_equal(day, 290);
    assert_ok(landmarks_read(l, &(landmarks_options){.horizon_days = 91, .until = 710, .only_day = LANDMARK_LAST_DAY}, NULL, &m, &err), &err);
    assert_int_equal(m.last_day, 290);
    assert_int_equal(m.n, 2);
    landmarks_free(&m);
    fixture_check_cycles(l);
    ledger_close(l);
}

static void causes(void **state) {
    (void)state;
    reason r;
    trace_tag tag;
    assert_true(fixlist_cause("promise_broken", &r, &tag) && r == REASON_promise_broken && tag == TRACE_TAG_none);
    assert_true(fixlist_cause("case:defect", &r, &tag) && r == REASON_none && tag == TRACE_TAG_defect);
    assert_false(fixlist_cause("unknown", &r, &tag));
    assert_false(fixlist_cause("case:", &r, &tag));
    assert_false(fixlist_cause("case:none", &r, &tag));
    assert_false(fixlist_cause("", &r, &tag));
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(measures_of), BOTH(reviews_of), cmocka_unit_test(causes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
