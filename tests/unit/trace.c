/* Tags, topics, and spells under contract: what a trace says of who was at risk when. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* rows of a table */
#include "check.h"

#include <risk.h>
#include <math.h>
#include <string.h>

static trace_tag tag(const char *text) {
    return trace_tag_find(text, strlen(text));
}

static void test_tags(void **state) {
    (void)state;
    assert_int_equal(tag(""), TRACE_TAG_none);
    assert_int_equal(tag(" - "), TRACE_TAG_none);
    assert_int_equal(tag("Login problem"), TRACE_TAG_other);
    assert_int_equal(tag("Invoices wrong"), TRACE_TAG_billing);
    assert_int_equal(tag("BILLING_dispute"), TRACE_TAG_billing);
    assert_int_equal(tag("too expensive, slow"), TRACE_TAG_price);
    assert_int_equal(tag("price"), TRACE_TAG_price);
    assert_int_equal(tag("priceless"), TRACE_TAG_other); /* a whole word */
    assert_int_equal(tag("crashes daily"), TRACE_TAG_defect);
    assert_int_equal(tag("how_to"), TRACE_TAG_how_to);
    assert_string_equal(trace_tag_name(TRACE_TAG_billing), "billing");
    assert_string_equal(trace_tag_name((trace_tag)99), "none");
}

static void test_topics(void **state) {
    (void)state;
    assert_int_equal(trace_topic("", 0), 0);
    assert_int_equal(trace_topic(" ? ", 3), 0);
    assert_int_equal(trace_topic("Export", 6), trace_topic(" export.", 8));
    assert_int_not_equal(trace_topic("export", 6), trace_topic("import", 6));
}

/* Days from 0; each event known when it happened, but where `known` says a later day. */
typedef struct step {
    int kind, day, subject, until, known;
} step;

enum { MOST = 24 };
static trace_event events[MOST];

static trace trace_of(const step *steps, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const step *s = &steps[i];
        events[i] = (trace_event){.kind = (int16_t)s->kind, .day = s->day, .at_us = s->day * TRACE_DAY_US + (int64_t)i, .id = (int64_t)i + 1, .subject = s->subject,
                                  .until_day = s->until ? s->until : TRACE_NO_DAY, .notice_days = -1, .value = NAN, .reason = (uint8_t)(i + 1)};
        events[i].known_us = s->known ? s->known * TRACE_DAY_US : events[i].at_us;
    }
    return (trace){1, events, n};
}

typedef struct case_row {
    const char *what;
    step step[8];
    int until;
    size_t spells;
    struct {
        int from, to, left, event;
    } spell[3];
} case_row;

#define START EVENT_contract_start
#define END EVENT_contract_end
#define RENEW EVENT_contract_renew
#define INTENT EVENT_leave_intent
#define NOTICE EVENT_leave_confirmed
#define OFFER EVENT_offer_accepted

static const case_row rows[] = {
    {"nothing", {{EVENT_order, 5}}, 100, 0, {{0}}},
    {"running", {{START, 10, 1}}, 100, 1, {{10, 100, 0, 0}}},
    {"not yet begun", {{START, 10, 1}}, 9, 0, {{0}}},
    {"ended", {{START, 10, 1}, {END, 50, 1}}, 100, 1, {{10, 50, 1, 2}}},
    {"ended, as known before", {{START, 10, 1}, {END, 50, 1}}, 49, 1, {{10, 49, 0, 0}}},
    {"ended, recorded late", {{START, 10, 1}, {END, 50, 1, 0, 60}}, 59, 1, {{10, 59, 0, 0}}},
    {"another still runs", {{START, 10, 1}, {START, 20, 2}, {END, 50, 1}}, 100, 1, {{10, 100, 0, 0}}},
    {"both ended", {{START, 10, 1}, {START, 20, 2}, {END, 50, 1}, {END, 60, 2}}, 100, 1, {{10, 60, 1, 4}}},
    {"notice before the end", {{START, 10, 1}, {NOTICE, 40, 1}, {END, 90, 1}}, 100, 1, {{10, 40, 1, 2}}},
    {"notice for one of two", {{START, 10, 1}, {START, 10, 2}, {NOTICE, 40, 1}, {END, 90, 1}}, 100, 1, {{10, 100, 0, 0}}},
    {"notice that names none takes out both", {{START, 10, 1}, {START, 10, 2}, {NOTICE, 40, 0}}, 100, 1, {{10, 40, 1, 3}}},
    {"intent", {{START, 10, 1}, {INTENT, 40, 1}}, 100, 1, {{10, 40, 1, 2}}},
    {"intent, withdrawn by an offer", {{START, 10, 1}, {INTENT, 40, 1}, {OFFER, 45}}, 100, 1, {{10, 100, 0, 0}}},
    {"... as known before", {{START, 10, 1}, {INTENT, 40, 1}, {OFFER, 45}}, 44, 1, {{10, 40, 1, 2}}},
    {"intent, withdrawn by a renewal", {{START, 10, 1, 60}, {INTENT, 40, 1}, {RENEW, 60, 1, 400}}, 100, 1, {{10, 100, 0, 0}}},
    {"notice is not withdrawn", {{START, 10, 1}, {NOTICE, 40, 1}, {OFFER, 45}}, 100, 1, {{10, 40, 1, 2}}},
    {"intent, then confirmed, then an offer", {{START, 10, 1}, {INTENT, 40, 1}, {NOTICE, 42, 1}, {OFFER, 45}}, 100, 1, {{10, 40, 1, 2}}},
    {"came back with a new contract", {{START, 10, 1}, {NOTICE, 40, 1}, {START, 70, 2}}, 100, 2, {{10, 40, 1, 2}, {70, 100, 0, 0}}},
    {"came back", {{START, 10, 1}, {END, 40, 1}, {EVENT_came_back, 80}, {START, 81, 2}, {END, 95, 2}}, 100, 2, {{10, 40, 1, 2}, {80, 95, 1, 5}}},
    {"a new number at once is the same contract", {{START, 10, 1}, {END, 40, 1}, {START, 41, 2}}, 100, 1, {{10, 100, 0, 0}}},
    {"renewal passed", {{START, 10, 1, 50}}, 100, 1, {{10, 50, 1, 0}}},
    {"renewal passed, too early to say", {{START, 10, 1, 50}}, 81, 1, {{10, 81, 0, 0}}},
    {"renewed late", {{START, 10, 1, 50}, {RENEW, 60, 1, 300}}, 100, 1, {{10, 100, 0, 0}}},
    {"renewal passed, and they go on using it", {{START, 10, 1, 50}, {EVENT_usage, 70}}, 200, 1, {{10, 200, 0, 0}}},
    {"used it only before", {{START, 10, 1, 50}, {EVENT_usage, 45}, {EVENT_usage, 120}}, 200, 1, {{10, 50, 1, 0}}},
    {"an offer does not take back notice for one of two", {{START, 10, 1}, {START, 10, 2}, {NOTICE, 40, 1}, {OFFER, 45}, {END, 60, 2}}, 100, 1, {{10, 60, 1, 5}}},
    {"... nor an intent that became notice", {{START, 10, 1}, {START, 10, 2}, {INTENT, 40, 1}, {NOTICE, 42, 1}, {OFFER, 45}, {END, 60, 2}}, 100, 1, {{10, 60, 1, 6}}},
    {"... it does an intent", {{START, 10, 1}, {START, 10, 2}, {INTENT, 40, 1}, {OFFER, 45}, {END, 60, 2}}, 100, 1, {{10, 100, 0, 0}}},
    {"notice of one that has ended", {{START, 10, 1}, {START, 10, 2}, {END, 30, 1}, {NOTICE, 40, 1}}, 100, 1, {{10, 100, 0, 0}}},
    {"notice of one never heard of", {{START, 10, 1}, {NOTICE, 40, 7}}, 100, 1, {{10, 40, 1, 2}}},
    {"renewed after notice", {{START, 10, 1, 60}, {NOTICE, 40, 1}, {RENEW, 60, 1, 400}}, 100, 2, {{10, 40, 1, 2}, {60, 100, 0, 0}}},
    {"a new price's day is no renewal", {{START, 10, 1}, {EVENT_price_change, 20, 1, 40}}, 200, 1, {{10, 200, 0, 0}}},
};

static void test_spells(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const case_row *row = &rows[i];
        size_t n = 0;
        risk_spell found[4];
        while (n < 8 && row->step[n].kind) n++;
        trace t = trace_of(row->step, n);
        size_t spells = risk_contract_spells(&t, row->until, found, 4);
        if (spells != row->spells) fail_msg("%s: %zu spells, not %zu", row->what, spells, row->spells);
        for (size_t k = 0; k < spells; k++) {
            const risk_spell *s = &found[k];
            if (s->from_day != row->spell[k].from || s->to_day != row->spell[k].to || s->left != row->spell[k].left || s->event_id != row->spell[k].event)
                fail_msg("%s, spell %zu: %d to %d, left %d, event %d", row->what, k, s->from_day, s->to_day, s->left, (int)s->event_id);
        }
        bool there = spells && !found[spells - 1].left;
        assert_int_equal(risk_under_contract(&t, row->until), there);
    }
}

static void test_orders(void **state) {
    (void)state;
    const step steps[] = {{EVENT_order, 10}, {EVENT_order, 100}};
    trace t = trace_of(steps, 2);
    events[1].amount = -5; /* a refund */
    assert_true(risk_ordered(&t, 9, 1));
    assert_false(risk_ordered(&t, 10, 200));
    assert_true(risk_ordered(&t, 0, INT32_MAX));
    assert_false(risk_has_contracts(&t));
}

static void test_known_day(void **state) {
    (void)state;
    /* On the evening of day 5 in California it is day 6 in Greenwich. */
    trace_event e = {.at_us = 6 * TRACE_DAY_US + 1, .known_us = 6 * TRACE_DAY_US + 1, .day = 5};
    assert_int_equal(trace_known_day(&e), 5);
    e.known_us = 9 * TRACE_DAY_US;
    assert_int_equal(trace_known_day(&e), 9);
    assert_int_equal(trace_known(5, 100, 50), 5);    /* before the ledger was made */
    assert_int_equal(trace_known(60, 100, 50), 100);
    assert_int_equal(trace_known(60, 40, 50), 60);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tags), cmocka_unit_test(test_topics), cmocka_unit_test(test_spells), cmocka_unit_test(test_orders),
                                       cmocka_unit_test(test_known_day)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
