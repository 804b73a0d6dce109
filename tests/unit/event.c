/* The vocabulary's names and the order of a history. */
#include "check.h"
#include "heap.h"

#include <event.h>
#include <rng.h>

#include <stdlib.h>

static int find(const char *name) {
    return event_kind_find(name, strlen(name));
}

static int segment(const char *name) {
    return event_kind_segment(name, strlen(name));
}

static void test_names(void **state) {
    (void)state;
    for (int code = 0; code < EVENT_KINDS; code++) {
        const event_kind_row *row = event_kind_of(code);
        assert_non_null(row->name); /* no code is left out */
        assert_int_equal(find(row->name), code);
        assert_true(row->rank >= 1 && row->rank <= 9);
        if (row->segment[0]) assert_int_equal(segment(row->segment), code);
    }
    assert_int_equal(EVENT_order, 1);
    assert_int_equal(EVENT_consent_withdrawn, 42); /* codes are stored */
    assert_int_equal(find("orde"), -1);
    assert_int_equal(find("orders"), -1);
    assert_int_equal(find("Order"), -1);
    assert_int_equal(find(""), -1);
    assert_int_equal(event_kind_find("order and more", 5), EVENT_order);
    assert_int_equal(event_kind_find("order\0y", 7), -1);
    assert_ptr_equal(event_kind_of(-1), event_kind_of(EVENT_custom));
    assert_ptr_equal(event_kind_of(9999), event_kind_of(EVENT_custom));
}

static void test_segment_names(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int kind;
    } rows[] = {{"Order Completed", EVENT_order}, {"order completed", EVENT_order}, {"ORDER COMPLETED", EVENT_order}, {"Completed Order", EVENT_order},
                {"Order Refunded", EVENT_refund}, {"Order Cancelled", EVENT_custom}, {"order updated", EVENT_custom},
                {"Email Bounced", EVENT_bounce}, {"Unsubscribed", EVENT_consent_withdrawn}, {"Ticket Opened", EVENT_case_open},
                {"Order  Completed", -1}, {"Order Complete", -1}, {"Page Viewed", -1}, {"", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_int_equal(segment(rows[i].name), rows[i].kind);
    assert_int_equal(event_kind_segment("Order Completed!", 15), EVENT_order);
}

static history_event event_at(int64_t at, int kind, int64_t id) {
    return (history_event){.at_us = at, .kind = (int16_t)kind, .id = id};
}

static void test_order(void **state) {
    (void)state;
    /* Time, then rank (what opens before what changes before what closes), then id. */
    const history_event row[] = {event_at(-5, EVENT_contract_end, 9),  event_at(7, EVENT_case_open, 3), event_at(7, EVENT_order, INT64_MIN),
                                 event_at(7, EVENT_order, -1),          event_at(7, EVENT_order, 2),     event_at(7, EVENT_custom, 1),
                                 event_at(7, 999, 2),                  event_at(7, EVENT_contract_end, 0), event_at(8, EVENT_case_open, 0)};
    size_t n = sizeof row / sizeof *row;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            int got = event_compare(&row[i], &row[j]);
            assert_int_equal((got > 0) - (got < 0), (i > j) - (i < j));
        }
}

static void assert_sorted(const history_event *events, size_t n, uint64_t sum) {
    for (size_t i = 0; i < n; i++) {
        if (i) assert_true(event_compare(&events[i - 1], &events[i]) < 0);
        sum -= (uint64_t)events[i].id * (uint64_t)(events[i].subject_id + 1);
        assert_int_equal(events[i].subject_id, events[i].id ^ 77); /* whole events moved */
    }
    assert_int_equal(sum, 0);
}

static void test_sort(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 7, 8, 9, 16, 17, 63, 64, 65, 100, 127, 128, 129, 1000, 4097, 50000};
    rng r;
    rng_seed(&r, 5, 0);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int shape = 0; shape < 5; shape++) {
            size_t n = sizes[s];
            history_event *events = calloc(n + 1, sizeof *events);
            uint64_t sum = 0;
            for (size_t i = 0; i < n; i++) {
                int64_t at = shape == 0 ? (int64_t)rng_next(&r) : shape == 1 ? (int64_t)rng_below(&r, 4) : shape == 2 ? (int64_t)i : (int64_t)(n - i);
                if (shape == 4 && i < n / 2) at = (int64_t)(n + i); /* two runs, the wrong way round */
                events[i] = event_at(at, (int)rng_below(&r, EVENT_KINDS + 3), (int64_t)rng_mix(i + n));
                events[i].subject_id = events[i].id ^ 77;
                sum += (uint64_t)events[i].id * (uint64_t)(events[i].subject_id + 1);
            }
            heap c = {0};
            mr_alloc alloc = heap_alloc(&c);
            assert_int_equal(event_sort(events, n, &alloc, NULL), MR_OK);
            assert_sorted(events, n, sum);
            assert_int_equal(c.live, 0);
            long before = c.taken;
            assert_true(before == (n > 64 && shape != 2));
            assert_int_equal(event_sort(events, n, &alloc, NULL), MR_OK);
            assert_int_equal(c.taken, before); /* what is sorted costs no memory */
            free(events);
        }
}

static void test_no_memory(void **state) {
    (void)state;
    history_event events[70];
    for (int i = 0; i < 70; i++) events[i] = event_at(70 - i, EVENT_order, i);
    heap c = {.fail_at = 1};
    mr_alloc alloc = heap_alloc(&c);
    mr_error err = {0};
    assert_int_equal(event_sort(events, 70, &alloc, &err), MR_ENOMEM);
    assert_int_equal(err.code, MR_ENOMEM);
    for (int i = 0; i < 70; i++) assert_int_equal(events[i].id, i); /* as they were */
}

/* Occasions: a day each, refunds are none, and only the first currency's money counts. */
static void test_occasions(void **state) {
    (void)state;
    const history_event events[] = {
        {.kind = EVENT_usage, .day = 1, .amount_minor = 5, .currency = "JPY"},
        {.kind = EVENT_order, .day = 2},
        {.kind = EVENT_order, .day = 2, .amount_minor = 150, .currency = "EUR"},
        {.kind = EVENT_order, .day = 4, .amount_minor = -150, .currency = "EUR"}, /* a refund */
        {.kind = EVENT_order, .day = 9, .amount_minor = 9, .currency = "USD"},
        {.kind = EVENT_order, .day = 8, .amount_minor = 30, .currency = "EUR"}, /* written in another time zone */
        {.kind = EVENT_order, .day = 11, .amount_minor = 1, .currency = "EUR"},
    };
    int32_t day[7];
    int64_t money[7];
    assert_int_equal(history_occasions(events, 7, day, money), 3);
    static const int32_t days[] = {2, 9, 11};
    static const int64_t spent[] = {15000, 3000, 100};
    assert_memory_equal(day, days, sizeof days);
    assert_memory_equal(money, spent, sizeof spent);
    assert_int_equal(history_occasions(events, 7, day, NULL), 3);
    assert_int_equal(history_occasions(events, 1, day, money), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_segment_names), cmocka_unit_test(test_order),
                                       cmocka_unit_test(test_sort),  cmocka_unit_test(test_no_memory),     cmocka_unit_test(test_occasions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
