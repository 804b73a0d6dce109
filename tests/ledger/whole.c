/* One customer whole: the rows there are, the trace that a scan of the base gives, all of one moment, and memory that is used again. */
#include "people.h"

#include <merge.h>
#include <rates.h>
#include <whole.h>

typedef struct want {
    ledger *l;
    whole w;
    int customers;
} want;

static bool same_real(double a, double b) {
    return a == b || (a != a && b != b);
}

/* The trace of the scan is the trace of the whole. */
static mr_status compare(void *ctx, const trace *t, const trace_facts *f, mr_error *err) {
    want *k = ctx;
    whole *w = &k->w;
    assert_ok(whole_read(k->l, t->customer_id, w, err), err);
    assert_int_equal(w->t.n, t->n);
    assert_int_equal(w->h.n, t->n);
    assert_string_equal(w->external_id, f->external_id);
    assert_string_equal(w->name, f->name);
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *a = &t->event[i], *b = &w->t.event[i];
        assert_true(a->at_us == b->at_us && a->known_us == b->known_us && a->id == b->id && a->subject == b->subject && a->amount == b->amount && same_real(a->value, b->value) &&
                    a->day == b->day && a->until_day == b->until_day && a->topic == b->topic && a->kind == b->kind && a->flags == b->flags && a->tag == b->tag &&
                    a->actor == b->actor && a->reason == b->reason);
        assert_int_equal(w->h.events[i].id, b->id);
    }
    k->customers++;
    return MR_OK;
}

static void as_scanned(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    people_town(s, l);
    want k = {.l = fixture_open(s)}; /* a scan may take its connection */
    trace_options o = {0};
    assert_ok(ledger_trace_money(l, &(currency_rates){0}, &o, &err), &err);
    for (int again = 0; again < 2; again++) assert_ok(ledger_traces(l, &o, 0, 1, compare, &k, &err), &err);
    assert_int_equal(k.customers, 2 * 3);
    whole_free(&k.w);
    whole_free(&k.w); /* nothing is left to free */
    ledger_close(k.l);
    ledger_close(l);
}

static void rows(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    whole w = {0};
    people_town(s, l);
    int64_t a = fixture_customer(l, 0), b = fixture_customer(l, 1);
    append_item more[] = {
        fixture_event(l, 0, 113, EVENT_survey, "s-1", NULL, "{\"about\":\"T-1\",\"confirmed\":true}"),
        fixture_event(l, 0, 111, EVENT_custom, "c-1", NULL, NULL),
    };
    fixture_append(l, more, 2);
    assert_ok(whole_read(l, a, &w, &err), &err);
    assert_string_equal(w.external_id, "c0");
    assert_string_equal(w.source, "test");
    assert_string_equal(w.name, "Ada Osei");
    assert_string_equal(w.tier, "");
    assert_null(w.attributes);
    assert_int_equal(w.cases_n, 1);
    assert_false(w.cases[0].open);
    assert_string_equal(w.cases[0].number, "T-1");
    assert_int_equal(w.cases[0].opened_us, 110 * TEST_DAY_US);
    assert_true(w.cases[0].first_response_us == WHOLE_NO_TIME);
    assert_int_equal(w.promises_n, 1);
    assert_int_equal(w.promises[0].state, WHOLE_PROMISE_OPEN);
    assert_int_equal(w.contracts_n, 0);
    assert_int_equal(w.contacts_n, 1);
    assert_true(w.contacts[0].left_day == TRACE_NO_DAY);
    assert_ptr_equal(whole_case_of(&w, w.cases[0].id), &w.cases[0]);
    assert_ptr_equal(whole_promise_of(&w, w.promises[0].id), &w.promises[0]);
    assert_ptr_equal(whole_contact_of(&w, w.contacts[0].id), &w.contacts[0]);
    assert_null(whole_contract_of(&w, 1));
    assert_null(whole_message_of(&w, 1));
    /* Bodies on demand, each the same; an event without one has none. */
    int confirmed = 0;
    for (size_t i = 0; i < w.h.n; i++) {
        const json_t *body = whole_body(&w, i);
        assert_ptr_equal(body, whole_body(&w, i));
        if (w.h.events[i].kind == EVENT_custom) assert_null(body);
        if (w.h.events[i].kind == EVENT_promise_made) assert_string_equal(json_string_value(json_object_get(body, "what")), "call back");
        confirmed += w.t.event[i].kind == EVENT_case_resolve && (w.t.event[i].flags & TRACE_CONFIRMED);
    }
    assert_int_equal(confirmed, 1); /* by their word alone, without a score */
    /* Another one over it. */
    assert_ok(whole_read(l, b, &w, &err), &err);
    assert_int_equal(w.contacts_n, 2);
    assert_int_equal(w.contracts_n, 1);
    assert_true(w.contracts[0].notice_days == -1 && w.contracts[0].renewal_day == TRACE_NO_DAY && w.contracts[0].state == WHOLE_CONTRACT_RUNNING);
    assert_int_equal(w.promises[0].state, WHOLE_PROMISE_KEPT);
    /* Who is nobody. */
    assert_int_equal(whole_read(l, 12345, &w, &err), MR_EDATA);
    assert_int_equal(w.h.n, 0);
    int64_t merge_id;
    assert_ok(ledger_merge(l, a, b, TEST_NOW, &merge_id, NULL, &err), &err);
    assert_int_equal(whole_read(l, b, &w, &err), MR_EDATA);
    assert_ok(whole_read(l, a, &w, &err), &err);
    assert_int_equal(w.contacts_n, 2);
    whole_free(&w);
    ledger_close(l);
}

/* All of it is of one moment, the caller's where there is one. */
static void one_moment(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s), *other = fixture_open(s);
    mr_error err = {0};
    whole w = {0};
    people_town(s, l);
    int64_t a = fixture_customer(l, 0);
    assert_ok(db_begin(l->d, DB_READ, &err), &err);
    assert_ok(whole_read(l, a, &w, &err), &err);
    size_t n = w.h.n;
    append_item item = fixture_order(other, 0, 300, 100, "later");
    fixture_append(other, &item, 1);
    assert_ok(whole_read(l, a, &w, &err), &err);
    assert_int_equal(w.h.n, n);
    assert_ok(db_commit(l->d, &err), &err);
    assert_ok(whole_read(l, a, &w, &err), &err);
    assert_int_equal(w.h.n, n + 1);
    /* Money of another kind: counted as none until somebody says how to add it, and no reason to stop. */
    item = fixture_order(other, 0, 301, 100, "dollars");
    strcpy(item.event.e.currency, "USD");
    fixture_append(other, &item, 1);
    assert_ok(whole_read(l, a, &w, &err), &err);
    assert_int_equal(w.t.n, n + 2);
    for (size_t i = 0; i < w.t.n; i++) assert_int_equal(w.t.event[i].amount, 0);
    const currency_rate rates[] = {{"EUR", 0, 1}, {"USD", 0, 0.5}};
    assert_ok(ledger_rates_write(other, rates, 2, TEST_NOW, &err), &err);
    assert_ok(whole_read(l, a, &w, &err), &err);
    assert_int_equal(w.t.event[w.t.n - 1].amount, 5000);
    assert_int_equal(w.t.event[w.t.n - 2].amount, 10000);
    whole_free(&w);
    ledger_close(other);
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(as_scanned), BOTH(rows), BOTH(one_moment)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
