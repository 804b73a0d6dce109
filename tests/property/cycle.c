/* The cycle against rebuilding it, its bytes, and its summary against mr_history_summary, over random histories. */
#include "customers.h"

#include <cycle.h>

enum { HISTORIES = SANITIZED ? 600 : 4000, MOST = 90 };

static const char *const currencies[] = {"EUR", "EUR", "EUR", "JPY", "XXX", "", "KWD"};

/* A history in order. Some only order, some do everything; hours, days, moments and days written in other time zones are shared often; some
 * amounts are past what can be summed. */
static size_t draw(rng *r, history_event *events) {
    size_t n = rng_below(r, 8) ? rng_below(r, 25) : rng_below(r, MOST);
    bool only_orders = rng_below(r, 3) == 0, by_day = rng_below(r, 3) == 0, plain = rng_below(r, 2);
    int64_t day_us = INT64_C(86400000000), at = (int64_t)(10000 + rng_below(r, 10000)) * day_us;
    if (rng_below(r, 20) == 0) at = -at;
    const char *money = currencies[rng_below(r, 7)];
    for (size_t i = 0; i < n; i++) {
        static const int64_t most[] = {1, 3600000000, 86400000000, INT64_C(40) * 86400000000, INT64_C(20000) * 86400000000};
        at += (int64_t)rng_below(r, (uint64_t)most[rng_below(r, rng_below(r, 10) ? 4 : 5)]);
        if (by_day) at -= at % day_us;
        history_event *e = &events[i];
        *e = (history_event){.id = (int64_t)rng_next(r), .at_us = at, .kind = EVENT_order};
        e->day = (int32_t)((at - (at < 0 ? day_us - 1 : 0)) / day_us) + (plain ? 0 : (int32_t)rng_below(r, 3) - 1);
        if (!only_orders && rng_below(r, 2)) e->kind = (int16_t)rng_below(r, EVENT_KINDS + 4);
        if (!only_orders && rng_below(r, 50) == 0) e->kind = -3;
        e->amount_minor = (int64_t)rng_below(r, 100000) - (plain ? 0 : 9000);
        if (rng_below(r, 300) == 0) e->amount_minor = rng_below(r, 2) ? INT64_MAX - 7 : INT64_MIN;
        if (rng_below(r, 300) == 0) e->kind = EVENT_order;
        snprintf(e->currency, sizeof e->currency, "%s", plain ? money : currencies[rng_below(r, 7)]);
    }
    assert_int_equal(event_sort(events, n, NULL, NULL), MR_OK);
    return n;
}

static void assert_same(const cycle *got, const cycle *want) {
    unsigned char a[CYCLE_BYTES_MAX], b[CYCLE_BYTES_MAX];
    size_t na = cycle_encode(got, a), nb = cycle_encode(want, b);
    assert_int_equal(na, nb);
    assert_memory_equal(a, b, na);
}

/* Through the store and back between any two events. */
static void stored(cycle *c) {
    unsigned char bytes[CYCLE_BYTES_MAX];
    size_t n = cycle_encode(c, bytes);
    assert_int_equal(cycle_decode(bytes, n, c, NULL), MR_OK);
}

static void test_incremental(void **state) {
    (void)state;
    history_event events[MOST];
    rng r;
    for (size_t h = 0; h < HISTORIES; h++) {
        rng_seed(&r, test_seed(), h);
        size_t n = draw(&r, events);
        cycle kept, fresh;
        cycle_begin(&kept);
        for (size_t i = 0; i < n; i++) {
            assert_true(cycle_takes(&kept, &events[i]));
            cycle_apply(&kept, &events[i]);
            stored(&kept);
            cycle_build(&fresh, events, i + 1);
            assert_same(&kept, &fresh);
        }
        assert_int_equal(kept.events, n);
    }
}

/* False exactly where the event does not come after the last: then a rebuild from the sorted history is what an append would have
 * given, had the events come in order. */
static void test_takes(void **state) {
    (void)state;
    history_event events[MOST], more[MOST], late[MOST];
    rng r;
    size_t yes = 0, no = 0;
    for (size_t h = 0; h < HISTORIES; h++) {
        rng_seed(&r, test_seed(), h);
        size_t n = draw(&r, events), m = draw(&r, more);
        cycle c;
        cycle_build(&c, events, n);
        for (size_t i = 0; i < m; i++) {
            if (n && rng_below(&r, 2)) more[i].at_us = events[n - 1].at_us;
            if (n && rng_below(&r, 4) == 0) more[i].kind = events[n - 1].kind, more[i].id = events[n - 1].id + (int64_t)rng_below(&r, 3) - 1;
            bool after = !n || event_compare(&events[n - 1], &more[i]) < 0;
            assert_int_equal(cycle_takes(&c, &more[i]), after);
            *(after ? &yes : &no) += 1;
        }
        if (n) assert_false(cycle_takes(&c, &events[n - 1]));
        /* Shuffled, then sorted. */
        memcpy(late, events, n * sizeof *events);
        for (size_t i = n; i > 1; i--) {
            size_t j = rng_below(&r, i);
            history_event swap = late[i - 1];
            late[i - 1] = late[j], late[j] = swap;
        }
        assert_int_equal(event_sort(late, n, NULL, NULL), MR_OK);
        cycle again;
        cycle_build(&again, late, n);
        assert_same(&again, &c);
    }
    assert_true(yes > HISTORIES && no > HISTORIES);
}

static void assert_refused(const unsigned char *bytes, size_t len) {
    /* On the heap, to the byte: the sanitizer sees a read beyond. */
    unsigned char *copy = malloc(len ? len : 1);
    cycle c;
    mr_error err = {0};
    memcpy(copy, bytes, len);
    assert_int_equal(cycle_decode(copy, len, &c, &err), MR_EDATA);
    assert_int_equal(err.code, MR_EDATA);
    assert_int_equal(c.events, 0);
    free(copy);
}

static void test_bytes(void **state) {
    (void)state;
    history_event events[MOST];
    rng r;
    size_t sum = 0, longest = 0, accepted = 0;
    for (size_t h = 0; h < HISTORIES; h++) {
        rng_seed(&r, test_seed(), h);
        size_t n = draw(&r, events);
        unsigned char bytes[CYCLE_BYTES_MAX + 1], again[CYCLE_BYTES_MAX];
        cycle c, d;
        cycle_build(&c, events, n);
        size_t len = cycle_encode(&c, bytes);
        sum += len;
        if (len > longest) longest = len;
        assert_int_equal(cycle_decode(bytes, len, &d, NULL), MR_OK);
        assert_same(&d, &c);
        assert_int_equal(d.orders, c.orders);
        assert_int_equal(d.spend, c.spend);
        assert_int_equal(d.touch_out_us, c.touch_out_us);
        assert_string_equal(d.currency, c.currency);
        for (size_t cut = 0; cut < len; cut++) assert_refused(bytes, cut);
        bytes[len] = 0;
        assert_refused(bytes, len + 1);
        for (int version = 0; version < 256; version++) {
            bytes[0] = (unsigned char)version;
            if (version != CYCLE_VERSION) assert_refused(bytes, len);
        }
        bytes[0] = CYCLE_VERSION;
        /* Damaged at a byte or two: refused, or another cycle that has these very bytes. */
        for (int i = 0; i < 30; i++) {
            unsigned char *bad = malloc(len);
            memcpy(bad, bytes, len);
            for (size_t turn = rng_below(&r, 2) + 1; turn > 0; turn--) bad[rng_below(&r, len)] ^= (unsigned char)(1 + rng_below(&r, 255));
            if (cycle_decode(bad, len, &d, NULL) == MR_OK) {
                assert_int_equal(cycle_encode(&d, again), len);
                assert_memory_equal(again, bad, len);
                accepted++;
            }
            free(bad);
        }
    }
    print_message("%zu bytes a cycle on average, %zu at most; %zu damaged ones were cycles too\n", sum / HISTORIES, longest, accepted);
    assert_true(longest <= CYCLE_BYTES_MAX);
}

/* Needless bytes and parts, numbers of more than their bits. */
static void test_forged(void **state) {
    (void)state;
    static const struct {
        size_t len;
        unsigned char bytes[16];
    } rows[] = {
        {1, {1}},                                   /* no parts */
        {3, {1, 0x80, 0}},                          /* 0 in two bytes */
        {3, {1, 16, 0}},                            /* refunds, half */
        {4, {1, 16, 0, 0}},                         /* refunds, but none */
        {8, {1, 16, 0x80, 0x80, 0x80, 0x80, 0x10, 0}}, /* 2^32 refunds */
        {14, {1, 16, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2}},
        {13, {1, 16, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2}}, /* 65 bits */
        {6, {1, 0x80, 0x80, 0x80, 0x80, 1}},        /* a part nobody knows */
        {10, {1, 4, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f}}, /* infinite gaps */
        {10, {1, 4, 0, 0, 0, 0, 0, 0, 0, 0}},       /* no gaps */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_refused(rows[i].bytes, rows[i].len);
    cycle c;
    assert_int_equal(cycle_decode(NULL, 0, &c, NULL), MR_EDATA);
    static const unsigned char refunds[] = {1, 16, 2, 0x90, 0x4e};
    assert_int_equal(cycle_decode(refunds, sizeof refunds, &c, NULL), MR_OK);
    assert_int_equal(c.refunds, 2);
    assert_int_equal(c.refunded, 5000);
}

/* Everything at its largest is within CYCLE_BYTES_MAX and comes back. */
static void test_extremes(void **state) {
    (void)state;
    history_event e = {.at_us = INT64_MAX, .id = -1, .day = INT32_MAX, .amount_minor = INT64_MAX, .currency = "EUR"};
    cycle c;
    cycle_begin(&c);
    c.events = c.orders = c.order_events = c.refunds = UINT32_MAX;
    c.first_order_day = INT32_MIN + 1, c.last_order_day = INT32_MIN + 2;
    c.spend = INT64_MAX;
    c.contracts_started = c.contracts_ended = c.touches_out = UINT32_MAX;
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        e.kind = (int16_t)kind;
        cycle_apply(&c, &e);
        stored(&c);
        e.at_us = -e.at_us;
    }
    assert_int_equal(c.events, UINT32_MAX); /* counts and sums stop at the largest */
    assert_int_equal(c.orders, UINT32_MAX);
    assert_int_equal(c.spend, INT64_MAX);
    assert_int_equal(c.refunded, INT64_MAX);
    assert_int_equal(c.contracts_started, UINT32_MAX);
    assert_int_equal(c.touches_out, UINT32_MAX);
    assert_true(isfinite(c.sum_log_gaps));
}

static void hex(const unsigned char *bytes, size_t n, char *out) {
    for (size_t i = 0; i < n; i++) snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

#define DAY(d) (INT64_C(86400000000) * (d))

/* The bytes stored in every ledger: where these change, CYCLE_VERSION does. */
static void test_golden(void **state) {
    (void)state;
    static const history_event orders[] = {
        {.id = 0x0102030405060708, .at_us = DAY(19000), .day = 19000, .kind = EVENT_order, .amount_minor = 1250, .currency = "EUR"},
        {.id = 0x1112131415161718, .at_us = DAY(19000) + 5, .day = 19000, .kind = EVENT_order, .amount_minor = 250, .currency = "EUR"},
        {.id = -2, .at_us = DAY(19007) + 3600000000, .day = 19007, .kind = EVENT_order, .amount_minor = 990, .currency = "EUR"},
    };
    history_event all[EVENT_KINDS + 1];
    for (int i = 0; i <= EVENT_KINDS; i++)
        all[i] = (history_event){.id = 1000 - i, .at_us = DAY(20000 + i) + i, .day = 20000 + i, .kind = (int16_t)i, .amount_minor = 100 + i,
                                 .currency = "JPY"};
    snprintf(all[3].currency, 4, "USD");
    static const char *const want[] = {
        "0100",
        "010f0380909de91a06feffffffffffffff000202f0a8020e575a32ae7222ff3f455552d0b21ef08a0ce0a712",
        "01fbffff3f2eda80a490a4dd010abb03000000000000ffffbadd83050100c2b802004a5059a0a57b000002c0c17c01d280f3f798ce01ce"
        "80fdbc91c40101cc80c2df8dbf0101ca8087828aba010101c68091c782b00101c480d6e9feaa0101be80a5d1f39b010101ae80cde5d573"
        "0101bc80eaf3ef96010101b880f4b8e88c0101b680b9dbe4870101b480fefde082010101b08088c3d978019c80ba9cb446019a80ffbeb0"
        "41019080d8eb9d28",
    };
    const history_event *const events[] = {orders, orders, all};
    const size_t n[] = {0, 3, EVENT_KINDS + 1};
    for (int i = 0; i < 3; i++) {
        unsigned char bytes[CYCLE_BYTES_MAX];
        char got[2 * CYCLE_BYTES_MAX + 1];
        cycle c;
        cycle_build(&c, events[i], n[i]);
        hex(bytes, cycle_encode(&c, bytes), got);
        assert_string_equal(got, want[i]);
    }
}

static void test_sizes(void **state) {
    (void)state;
    rng r;
    rng_seed(&r, 3, 0);
    size_t sum = 0, most = 0;
    for (int customer = 0; customer < 1000; customer++) {
        cycle c;
        cycle_begin(&c);
        int64_t day = 19000 + (int64_t)rng_below(&r, 900);
        for (size_t n = rng_below(&r, 12) + 1; n > 0; n--, day += 1 + (int64_t)rng_below(&r, 60)) {
            history_event e = {.id = (int64_t)rng_next(&r), .at_us = DAY(day) + (int64_t)rng_below(&r, DAY(1)), .day = (int32_t)day,
                               .kind = EVENT_order, .amount_minor = (int64_t)rng_below(&r, 20000), .currency = "EUR"};
            cycle_apply(&c, &e);
        }
        unsigned char bytes[CYCLE_BYTES_MAX];
        size_t len = cycle_encode(&c, bytes);
        sum += len;
        if (len > most) most = len;
    }
    print_message("orders alone: %.1f bytes a customer, %zu at most\n", (double)sum / 1000, most);
    assert_true(most <= 64);
}

/* --- against mr_history_summary --- */

static void test_summary(void **state) {
    (void)state;
    static history_event events[HISTORIES][MOST];
    static cycle cycles[HISTORIES];
    static const double units[] = {1, 7, 30.4375, 365.2425};
    uint64_t *offset = calloc(HISTORIES + 1, sizeof *offset);
    int32_t *day = malloc(HISTORIES * MOST * sizeof *day);
    int64_t *money = malloc(HISTORIES * MOST * sizeof *money);
    double *column = malloc(HISTORIES * 6 * sizeof *column);
    size_t *who = malloc(HISTORIES * sizeof *who), people = 0;
    uint32_t *row = malloc(HISTORIES * sizeof *row);
    int32_t last = 0;
    for (size_t h = 0; h < HISTORIES; h++) {
        rng r;
        rng_seed(&r, test_seed(), h);
        size_t n = draw(&r, events[h]);
        cycle_build(&cycles[h], events[h], n);
        uint64_t at = offset[people];
        size_t found = history_occasions(events[h], n, day + at, money + at);
        assert_int_equal(found, cycles[h].orders);
        if (!found) continue;
        who[people++] = h;
        offset[people] = at + found;
        if (day[at + found - 1] > last) last = day[at + found - 1];
    }
    mr_orders orders = {.n = people, .offset = offset, .day = day, .money = money};
    for (int u = 0; u < 4; u++)
        for (int32_t until = last - 400; until <= last + 3; until += 403) {
            mr_summary s = {.customer = row, .x = column, .t_x = column + HISTORIES, .T = column + 2 * HISTORIES, .log_gaps = column + 3 * HISTORIES,
                            .mean_spend = column + 4 * HISTORIES, .spend = column + 5 * HISTORIES};
            assert_int_equal(mr_history_summary(&orders, NULL, 0, until, units[u], 0, NULL, &s, NULL), MR_OK);
            size_t compared = 0;
            for (size_t i = 0; i < s.n; i++) {
                cycle_summary got, want = {s.x[i], s.t_x[i], s.T[i], s.log_gaps[i], s.mean_spend[i], s.spend[i]};
                const cycle *c = &cycles[who[row[i]]];
                bool knows = cycle_summarise(c, until, units[u], &got);
                assert_int_equal(knows, c->last_order_day <= until);
                if (!knows) continue;
                assert_memory_equal(&got, &want, sizeof got); /* to the bit */
                compared++;
            }
            assert_true(compared > HISTORIES / 4);
        }
    cycle none;
    cycle_summary got;
    cycle_begin(&none);
    assert_false(cycle_summarise(&none, last, 7, &got));
    assert_false(cycle_summarise(&cycles[who[0]], cycles[who[0]].first_order_day - 1, 7, &got));
    assert_false(cycle_summarise(&cycles[who[0]], INT32_MAX, 0, &got));
    free(offset), free(day), free(money), free(column), free(who), free(row);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_incremental), cmocka_unit_test(test_takes),   cmocka_unit_test(test_bytes),
                                       cmocka_unit_test(test_forged),      cmocka_unit_test(test_extremes), cmocka_unit_test(test_golden),
                                       cmocka_unit_test(test_sizes),       cmocka_unit_test(test_summary)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
