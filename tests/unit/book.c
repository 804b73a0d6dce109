/* The book of contracts: five customers worked out by hand, what was known late, signs and renewals. */
#include <check.h>

#include <book.h>
#include <calendar.h>

#define UNIT 10000
#define DAY(y, m, d) calendar_day(y, m, d)

static trace_event event(int kind, int64_t subject, int32_t day, int64_t price, int32_t months) {
    static int64_t id;
    int64_t at = (int64_t)day * TRACE_DAY_US;
    return (trace_event){.at_us = at, .known_us = at, .id = ++id, .subject = subject, .amount = price * UNIT, .value = NAN, .day = day,
                         .until_day = TRACE_NO_DAY, .notice_days = -1, .months = months, .kind = (int16_t)kind};
}

static void add(book *b, book_scratch *s, const trace_event *events, size_t n) {
    trace t = {.customer_id = 1, .event = events, .n = n};
    mr_error err = {0};
    assert_int_equal(book_add(b, &t, s, &err), MR_OK);
}

static void five_customers(book *b) {
    book_scratch s = {0};
    trace_event a[] = {event(EVENT_contract_start, 1, DAY(2024, 1, 15), 100, 1)};
    trace_event dear[] = {event(EVENT_contract_start, 2, DAY(2024, 1, 10), 1200, 12), event(EVENT_contract_end, 2, DAY(2025, 1, 10), 0, 0)};
    trace_event c[] = {event(EVENT_contract_start, 3, DAY(2024, 2, 1), 50, 1), event(EVENT_contract_change, 3, DAY(2024, 4, 10), 80, 0),
                       event(EVENT_contract_change, 3, DAY(2024, 6, 10), 40, 0), event(EVENT_leave_confirmed, 3, DAY(2024, 8, 20), 0, 0),
                       event(EVENT_contract_end, 3, DAY(2024, 9, 30), 0, 0)};
    trace_event d[] = {event(EVENT_contract_start, 4, DAY(2024, 3, 1), 30, 1), event(EVENT_contract_end, 4, DAY(2024, 5, 31), 0, 0),
                       event(EVENT_contract_start, 5, DAY(2024, 6, 1), 35, 1)};
    trace_event e[] = {event(EVENT_contract_start, 6, DAY(2024, 2, 1), 20, 1), event(EVENT_contract_end, 6, DAY(2024, 4, 15), 0, 0),
                       event(EVENT_contract_start, 7, DAY(2024, 7, 1), 25, 1)};
    book_begin(b, DAY(2024, 1, 10), DAY(2025, 1, 31));
    add(b, &s, a, 1);
    add(b, &s, dear, 2);
    add(b, &s, c, 5);
    add(b, &s, d, 3);
    add(b, &s, e, 3);
    book_scratch_free(&s);
}

/* By hand: [month] opening, new, returned, expansion, contraction, lost, closing; customers, then units a month. */
static const int customers_by_hand[13][7] = {
    {0, 2, 0, 0, 0, 0, 2}, {2, 2, 0, 0, 0, 0, 4}, {4, 1, 0, 0, 0, 0, 5}, {5, 0, 0, 1, 0, 1, 4}, {4, 0, 0, 0, 0, 0, 4},
    {4, 0, 0, 1, 1, 0, 4}, {4, 0, 1, 0, 0, 0, 5}, {5, 0, 0, 0, 0, 1, 4}, {4, 0, 0, 0, 0, 0, 4}, {4, 0, 0, 0, 0, 0, 4},
    {4, 0, 0, 0, 0, 0, 4}, {4, 0, 0, 0, 0, 0, 4}, {4, 0, 0, 0, 0, 1, 3}};
static const int money_by_hand[13][7] = {
    {0, 200, 0, 0, 0, 0, 200},   {200, 70, 0, 0, 0, 0, 270},  {270, 30, 0, 0, 0, 0, 300}, {300, 0, 0, 30, 0, 20, 310},
    {310, 0, 0, 0, 0, 0, 310},   {310, 0, 0, 5, 40, 0, 275},  {275, 0, 25, 0, 0, 0, 300}, {300, 0, 0, 0, 0, 40, 260},
    {260, 0, 0, 0, 0, 0, 260},   {260, 0, 0, 0, 0, 0, 260},   {260, 0, 0, 0, 0, 0, 260},  {260, 0, 0, 0, 0, 0, 260},
    {260, 0, 0, 0, 0, 100, 160}};

static void compare(const book_month *m, size_t i) {
    const book_flow *f = (const book_flow *)m;
    for (int k = 0; k < 7; k++) {
        if (f[k].customers != (uint64_t)customers_by_hand[i][k] || f[k].money != (int64_t)money_by_hand[i][k] * UNIT)
            print_error("month %zu, column %d: %d customers, %g\n", i, k, (int)f[k].customers, (double)f[k].money / UNIT);
        assert_int_equal(f[k].customers, customers_by_hand[i][k]);
        assert_int_equal(f[k].money, (int64_t)money_by_hand[i][k] * UNIT);
    }
}

static void test_by_hand(void **state) {
    (void)state;
    book b;
    five_customers(&b);
    assert_int_equal(b.months, 13);
    for (size_t i = 0; i < 13; i++) {
        compare(&b.now[i], i);
        compare(&b.then[i], i); /* all was entered when it happened */
    }
    assert_near(book_grr(&b.now[5]), 1 - 40. / 310, 1e-15);
    assert_near(book_nrr(&b.now[5]), 1 - 35. / 310, 1e-15);
    assert_near(book_logo_loss(&b.now[3]), .2, 1e-15);
    assert_true(isnan(book_grr(&b.now[0])) && isnan(book_nrr(&b.now[0])) && isnan(book_logo_loss(&b.now[0])));
    /* A year before, on 2024-02-01: A, B, C, E with 270; of these A with 100 and E with 20 (now 25) are there. */
    assert_int_equal(b.year_opening.customers, 4);
    assert_int_equal(b.year_opening.money, 270 * UNIT);
    assert_int_equal(b.year_kept, 120 * UNIT);
    assert_int_equal(b.year_now, 125 * UNIT);
    assert_int_equal(b.year_lost, 2);
    assert_int_equal(b.at_until.customers, 3);
    assert_int_equal(b.at_until.money, 160 * UNIT);
    assert_int_equal(b.gone, 2);
    assert_int_equal(b.term[0].due, 1); /* D's second contract */
    assert_int_equal(b.term[0].renewed, 1);
    assert_int_equal(b.left_at_end[0], 3); /* B, C by notice, E: nothing said when they renew */
    /* Notice for C was given in August, and its contract ran to the end of September. */
    assert_int_equal(b.watch[7].noticed.money, 40 * UNIT);
    assert_int_equal(b.watch[8].noticed.money, 0);
}

/* An end of 10 March entered in May: the books of March and April had the customer, those of May lose them; today they left in March. */
static void test_known_late(void **state) {
    (void)state;
    book b;
    book_scratch s = {0};
    trace_event e[] = {event(EVENT_contract_start, 1, DAY(2024, 1, 5), 70, 1), event(EVENT_contract_end, 1, DAY(2024, 3, 10), 0, 0)};
    e[1].known_us = (int64_t)DAY(2024, 5, 20) * TRACE_DAY_US;
    book_begin(&b, DAY(2024, 1, 5), DAY(2024, 6, 30));
    add(&b, &s, e, 2);
    book_scratch_free(&s);
    assert_int_equal(b.then[2].lost.customers, 0);
    assert_int_equal(b.then[2].closing.money, 70 * UNIT);
    assert_int_equal(b.then[4].lost.money, 70 * UNIT);
    assert_int_equal(b.now[2].lost.money, 70 * UNIT);
    assert_int_equal(b.now[3].opening.customers, 0);
}

static void test_standing(void **state) {
    (void)state;
    int32_t until = DAY(2025, 6, 30);
    trace_event e[] = {event(EVENT_contract_start, 1, DAY(2023, 9, 1), 1200, 12), event(EVENT_contract_start, 2, DAY(2024, 1, 10), 55, 1),
                       event(EVENT_contract_renew, 1, DAY(2024, 9, 1), 1320, 12), event(EVENT_price_change, 2, DAY(2025, 3, 1), 60, 0),
                       event(EVENT_price_change, 2, DAY(2025, 6, 1), 90, 0), event(EVENT_complaint, 0, DAY(2025, 5, 2), 0, 0),
                       event(EVENT_payment_failed, 0, DAY(2025, 6, 3), 0, 0), event(EVENT_payment_recovered, 0, DAY(2025, 6, 9), 0, 0)};
    e[0].until_day = DAY(2024, 9, 1);
    e[2].until_day = DAY(2025, 9, 1);
    e[2].notice_days = 60;
    e[3].until_day = DAY(2025, 4, 1);
    e[4].until_day = DAY(2025, 8, 1); /* not in force yet */
    trace t = {.event = e, .n = sizeof e / sizeof *e};
    book_scratch s = {0};
    book_standing st;
    assert_int_equal(book_standing_at(&t, until, until, &s, &st, NULL), MR_OK);
    assert_true(st.under);
    assert_int_equal(st.since_day, DAY(2023, 9, 1));
    assert_int_equal(st.recurring, 170 * UNIT);
    assert_int_equal(st.contracts, 2);
    assert_int_equal(st.renewals, 1);
    assert_int_equal(st.renewal_day, DAY(2025, 9, 1));
    assert_int_equal(st.notice_day, DAY(2025, 7, 3));
    assert_int_equal(st.renewing, 110 * UNIT);
    assert_int_equal(st.raised_day, DAY(2025, 4, 1));
    assert_near(st.raised_share, 5. / 55, 1e-15);
    assert_int_equal(st.year_ago, 155 * UNIT);
    assert_int_equal(st.signs, 1U << BOOK_SIGN_problem | 1U << BOOK_SIGN_dearer);
    assert_int_equal(st.sign_day[BOOK_SIGN_problem], DAY(2025, 5, 2));
    /* Notice about one contract: it still runs, and no longer counts. */
    trace_event more[9];
    memcpy(more, e, sizeof e);
    more[8] = event(EVENT_leave_confirmed, 2, DAY(2025, 6, 20), 0, 0);
    t = (trace){.event = more, .n = 9};
    assert_int_equal(book_standing_at(&t, until, until, &s, &st, NULL), MR_OK);
    assert_true(st.under);
    assert_int_equal(st.recurring, 110 * UNIT);
    assert_int_equal(st.noticed, 60 * UNIT);
    assert_true(st.signs & 1U << BOOK_SIGN_shrinking);
    /* An offer they accept takes back an intent, not a notice. */
    trace_event offered[10];
    memcpy(offered, more, sizeof more);
    offered[9] = event(EVENT_offer_accepted, 0, DAY(2025, 6, 22), 0, 0);
    t = (trace){.event = offered, .n = 10};
    assert_int_equal(book_standing_at(&t, until, until, &s, &st, NULL), MR_OK);
    assert_int_equal(st.recurring, 110 * UNIT);
    assert_int_equal(st.noticed, 60 * UNIT);
    offered[8].kind = EVENT_leave_intent;
    assert_int_equal(book_standing_at(&t, until, until, &s, &st, NULL), MR_OK);
    assert_int_equal(st.recurring, 170 * UNIT);
    assert_int_equal(st.noticed, 0);
    t = (trace){.event = more, .n = 9};
    /* Before anything, and on the day everything begins. */
    assert_int_equal(book_standing_at(&t, DAY(2023, 8, 31), until, &s, &st, NULL), MR_OK);
    assert_false(st.seen || st.under);
    assert_int_equal(book_standing_at(&t, DAY(2023, 9, 1), until, &s, &st, NULL), MR_OK);
    assert_true(st.seen && st.under);
    book_scratch_free(&s);
}

/* A renewal date that passes in silence: due, then gone a month later, as of that date. */
/* A term a contract: its follower begins on the day it ends (and so stands before it in a history), a week before, or a week after. */
static void test_terms(void **state) {
    (void)state;
    static const int32_t apart[] = {0, -7, 7};
    int32_t end = DAY(2024, 3, 1), until = DAY(2024, 6, 30);
    for (size_t i = 0; i < 3; i++) {
        trace_event first = event(EVENT_contract_start, 1, DAY(2023, 3, 1), 100, 1), ends = event(EVENT_contract_end, 1, end, 0, 0);
        trace_event next = event(EVENT_contract_start, 2, end + apart[i], 100, 1);
        trace_event e[] = {first, apart[i] > 0 ? ends : next, apart[i] > 0 ? next : ends};
        trace t = {.event = e, .n = 3};
        book_scratch s = {0};
        book_standing st;
        assert_int_equal(book_standing_at(&t, until, until, &s, &st, NULL), MR_OK);
        assert_true(st.under);
        assert_int_equal(st.since_day, DAY(2023, 3, 1));
        assert_int_equal(st.contracts, 1);
        assert_int_equal(st.renewals, 1);
        book_scratch_free(&s);
    }
}

static void test_lapse(void **state) {
    (void)state;
    trace_event e[] = {event(EVENT_contract_start, 1, DAY(2024, 1, 1), 120, 12)};
    e[0].until_day = DAY(2025, 1, 1);
    trace t = {.event = e, .n = 1};
    book_scratch s = {0};
    book_standing st;
    book b;
    assert_int_equal(book_standing_at(&t, DAY(2025, 1, 20), DAY(2025, 1, 20), &s, &st, NULL), MR_OK);
    assert_true(st.under && st.past_renewal);
    assert_int_equal(st.recurring, 10 * UNIT);
    assert_int_equal(book_standing_at(&t, DAY(2025, 3, 1), DAY(2025, 3, 1), &s, &st, NULL), MR_OK);
    assert_false(st.under);
    assert_int_equal(st.left_day, DAY(2025, 1, 1));
    book_begin(&b, DAY(2024, 1, 1), DAY(2025, 3, 31));
    add(&b, &s, e, 1);
    assert_int_equal(b.now[12].lost.customers, 1);
    assert_int_equal(b.term[0].due, 1);
    assert_int_equal(b.term[0].renewed, 0);
    book_begin(&b, DAY(2024, 1, 1), DAY(2025, 1, 20));
    add(&b, &s, e, 1);
    assert_int_equal(b.past_renewal.customers, 1);
    book_begin(&b, DAY(2024, 1, 1), DAY(2024, 11, 20));
    add(&b, &s, e, 1);
    assert_int_equal(b.ahead[2].customers, 1); /* November, December, January */
    assert_int_equal(b.ahead[2].money, 10 * UNIT);
    book_scratch_free(&s);
}

static void test_nothing(void **state) {
    (void)state;
    book b;
    book_scratch s = {0};
    trace_event order[] = {event(EVENT_order, 0, DAY(2024, 1, 1), 10, 0)};
    book_begin(&b, DAY(2024, 1, 1), DAY(2024, 5, 1));
    add(&b, &s, order, 1);
    add(&b, &s, NULL, 0);
    book empty;
    book_begin(&empty, DAY(2024, 1, 1), DAY(2024, 5, 1));
    assert_memory_equal(&b, &empty, sizeof b);
    book_scratch_free(&s);
    /* Longer than is shown, and the wrong way round. */
    book_begin(&b, DAY(1990, 1, 1), DAY(2024, 5, 1));
    assert_int_equal(b.months, BOOK_MONTHS);
    book_begin(&b, DAY(2024, 6, 1), DAY(2024, 5, 1));
    assert_int_equal(b.months, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_by_hand), cmocka_unit_test(test_known_late), cmocka_unit_test(test_standing), cmocka_unit_test(test_terms),
                                       cmocka_unit_test(test_lapse), cmocka_unit_test(test_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
