/* The book of contracts over random histories: opening + new + returned + expansion - contraction - lost = closing, closings are the next openings,
 * the last one is what stands today, and any split merged in any order is the same. */
#include <book.h>

#include "customers.h"

enum { HISTORIES = SANITIZED ? 200 : 1500, MOST = 24, UNTIL = 20000 };

static const int kinds[] = {EVENT_contract_start, EVENT_contract_start, EVENT_contract_change, EVENT_contract_renew, EVENT_contract_end, EVENT_price_change,
                            EVENT_leave_intent, EVENT_leave_confirmed, EVENT_offer_accepted, EVENT_came_back, EVENT_order, EVENT_complaint,
                            EVENT_payment_failed, EVENT_downgrade_request};

/* Mostly life as it is, sometimes nonsense: ends before starts, contracts nobody began, prices of nothing, known years later. */
static size_t draw(rng *r, trace_event *e) {
    size_t n = rng_below(r, MOST);
    int32_t day = UNTIL - 1500 + (int32_t)rng_below(r, 400);
    for (size_t i = 0; i < n; i++) {
        day += (int32_t)rng_below(r, rng_below(r, 3) ? 90 : 3);
        e[i] = (trace_event){.at_us = day * TRACE_DAY_US, .known_us = day * TRACE_DAY_US, .id = (int64_t)i + 1, .subject = (int64_t)rng_below(r, 4),
                             .amount = (int64_t)rng_below(r, 5000000), .value = rng_below(r, 2) ? NAN : (double)rng_below(r, 50), .day = day,
                             .until_day = TRACE_NO_DAY, .notice_days = (int32_t)rng_below(r, 120) - 1, .months = (int32_t)rng_below(r, 14),
                             .kind = (int16_t)kinds[rng_below(r, sizeof kinds / sizeof *kinds)]};
        if (i == 0 && rng_below(r, 8)) e[i].kind = EVENT_contract_start;
        if (rng_below(r, 2)) e[i].until_day = day + (int32_t)rng_below(r, 500);
        if (rng_below(r, 10) == 0) e[i].amount = 0;
        if (rng_below(r, 40) == 0) e[i].amount = INT64_MAX / 4;
        if (rng_below(r, 6) == 0) e[i].known_us += (int64_t)rng_below(r, 300) * TRACE_DAY_US;
    }
    return n;
}

static void assert_balanced(const book_month *m) {
    assert_int_equal(m->opening.customers + m->added.customers + m->returned.customers - m->lost.customers, m->closing.customers);
    assert_int_equal(m->opening.money + m->added.money + m->returned.money + m->expansion.money - m->contraction.money - m->lost.money, m->closing.money);
    assert_true(m->contraction.customers + m->expansion.customers + m->lost.customers <= m->opening.customers);
    assert_true(m->lost.money + m->contraction.money <= m->opening.money);
}

static void assert_book(const book *b) {
    for (size_t i = 0; i < b->months; i++) {
        assert_balanced(&b->now[i]);
        assert_balanced(&b->then[i]);
        if (i) assert_memory_equal(&b->now[i].opening, &b->now[i - 1].closing, sizeof(book_flow));
        if (i) assert_memory_equal(&b->then[i].opening, &b->then[i - 1].closing, sizeof(book_flow));
        assert_true(b->watch[i].at_risk.customers <= b->then[i].closing.customers);
    }
    assert_memory_equal(&b->now[b->months - 1].closing, &b->at_until, sizeof(book_flow));
    assert_memory_equal(&b->then[b->months - 1].closing, &b->at_until, sizeof(book_flow));
    for (int k = 0; k < BOOK_RENEWALS; k++) assert_true(b->term[k].renewed <= b->term[k].due);
    assert_true(b->year_kept <= b->year_opening.money && b->year_kept <= b->year_now);
    uint64_t ahead = b->past_renewal.customers + b->later.customers + b->no_renewal.customers;
    for (int k = 0; k < BOOK_AHEAD; k++) ahead += b->ahead[k].customers;
    assert_int_equal(ahead, b->at_until.customers);
}

static void test_identities(void **state) {
    (void)state;
    static book whole, part[3], one;
    book_scratch s = {0};
    rng r;
    trace_event e[MOST];
    book_begin(&whole, UNTIL - 1000, UNTIL);
    for (int k = 0; k < 3; k++) book_begin(&part[k], UNTIL - 1000, UNTIL);
    for (size_t h = 0; h < HISTORIES; h++) {
        rng_seed(&r, test_seed(), h);
        trace t = {.customer_id = (int64_t)h, .event = e, .n = draw(&r, e)};
        /* One huge price only at a time: sums of them saturate, where nothing balances any more. */
        bool huge = false;
        for (size_t i = 0; i < t.n; i++) huge |= e[i].amount > INT64_C(1) << 50;
        book_begin(&one, UNTIL - 1000, UNTIL);
        assert_int_equal(book_add(&one, &t, &s, NULL), MR_OK);
        if (!huge) assert_book(&one);
        if (huge) continue;
        assert_int_equal(book_add(&whole, &t, &s, NULL), MR_OK);
        assert_int_equal(book_add(&part[rng_below(&r, 3)], &t, &s, NULL), MR_OK);
    }
    assert_book(&whole);
    book a = part[0], b = part[2];
    book_merge(&a, &part[1]);
    book_merge(&a, &part[2]);
    book_merge(&b, &part[1]);
    book_merge(&b, &part[0]);
    assert_memory_equal(&a, &whole, sizeof a);
    assert_memory_equal(&b, &whole, sizeof b);
    book_scratch_free(&s);
}

/* What happens later, and is known later, changes nothing of what stood then. */
static void test_no_look_ahead(void **state) {
    (void)state;
    book_scratch s = {0};
    rng r;
    trace_event e[MOST];
    for (size_t h = 0; h < HISTORIES; h++) {
        rng_seed(&r, test_seed(), 1000000 + h);
        size_t n = draw(&r, e), kept = 0;
        int32_t day = UNTIL - 800 + (int32_t)rng_below(&r, 800);
        trace_event before[MOST];
        for (size_t i = 0; i < n; i++)
            if (trace_known_day(&e[i]) <= day) before[kept++] = e[i];
        trace all = {.event = e, .n = n}, then = {.event = before, .n = kept};
        book_standing x, y;
        memset(&x, 0, sizeof x);
        memset(&y, 0, sizeof y);
        assert_int_equal(book_standing_at(&all, day, day, &s, &x, NULL), MR_OK);
        assert_int_equal(book_standing_at(&then, day, day, &s, &y, NULL), MR_OK);
        assert_int_equal(x.under, y.under);
        assert_int_equal(x.recurring, y.recurring);
        assert_int_equal(x.signs, y.signs);
        assert_int_equal(x.renewal_day, y.renewal_day);
        assert_int_equal(x.under, risk_under_contract(&all, day));
        if (!x.under) assert_int_equal(x.recurring, 0);
    }
    book_scratch_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_identities), cmocka_unit_test(test_no_look_ahead)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
