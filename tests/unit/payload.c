/* What a body may hold, and what is said where it does not. */
#include "check.h"

#include <event.h>
#include <payload.h>

#include <stdlib.h>

static void test_check(void **state) {
    (void)state;
    static const struct {
        int kind;
        const char *body, *why; /* why NULL: fine */
    } rows[] = {
        {EVENT_order, "", NULL},
        {EVENT_order, "{}", NULL},
        {EVENT_order, "{\"quantity\": 2.5, \"items\": 3, \"product\": \"\", \"anything\": [1, {}]}", NULL},
        {EVENT_order, "{\"items\": 3.0}", NULL},
        {EVENT_order, "{\"items\": null}", NULL},
        {EVENT_order, "{\"items\": 3.5}", "order: \"items\" is 3.5; wanted is a whole number"},
        {EVENT_order, "{\"items\": 1e300}", NULL},
        {EVENT_order, "{\"quantity\": \"two\"}", "order: \"quantity\" is \"two\"; wanted is a number"},
        {EVENT_order, "{\"product\": 17}", "order: \"product\" is 17; wanted is a text"},
        {EVENT_order, "[]", "order: the body is no JSON object"},
        {EVENT_order, "7", "order: the body is no JSON: "},
        {EVENT_order, "{\"product\": ", "order: the body is no JSON: "},
        {EVENT_order, "{} x", "order: the body is no JSON: "},
        {EVENT_order, "{\"a\": 1, \"a\": 2}", "order: the body is no JSON: "},
        {EVENT_promise_made, "", "promise_made: the body has no \"what\" (what we promised)"},
        {EVENT_promise_made, "{\"what\": null}", "promise_made: the body has no \"what\" (what we promised)"},
        {EVENT_promise_made, "{\"what\": \"x\", \"due\": \"2026-03-04\"}", NULL},
        {EVENT_promise_made, "{\"what\": \"x\", \"due\": \"tomorrow\"}",
         "promise_made: \"due\" is \"tomorrow\"; wanted is a time, as in \"2026-03-04T10:00:00Z\""},
        {EVENT_contract_start, "{\"renewal\": \"2026-02-29\"}",
         "contract_start: \"renewal\" is \"2026-02-29\"; wanted is a day, as in \"2026-03-04\""},
        {EVENT_contract_start, "{\"signed\": 1}", "contract_start: \"signed\" is 1; wanted is true or false"},
        {EVENT_contract_start, "{\"seats\": {\"a\": [true]}}", "contract_start: \"seats\" is {\"a\":[true]}; wanted is a whole number"},
        {EVENT_custom, "", NULL},
        {EVENT_custom, "{\"kind\": 7}", "custom: \"kind\" is 7; wanted is a text"},
        {EVENT_custom, "{\"kind\": \"x\", \"items\": 1.5}", NULL},
        {999, "{\"items\": 1.5}", NULL}, /* of a newer Marram */
        {999, "", NULL},
        {999, "no", "custom: the body is no JSON: "},
        {-3, "{}", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[256] = "?";
        size_t len = strlen(rows[i].body);
        char *copy = malloc(len + 1); /* no byte is read beyond */
        memcpy(copy, rows[i].body, len);
        copy[len] = 'x';
        mr_status status = payload_check(rows[i].kind, copy, len, why, sizeof why);
        free(copy);
        assert_int_equal(status, rows[i].why ? MR_EDATA : MR_OK);
        if (rows[i].why && rows[i].why[strlen(rows[i].why) - 1] == ' ') {
            assert_int_equal(strncmp(why, rows[i].why, strlen(rows[i].why)), 0);
        } else {
            assert_string_equal(why, rows[i].why ? rows[i].why : "");
        }
    }
}

static void test_times(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool time, day;
    } rows[] = {
        {"2026-03-04T10:00:00Z", true, false},      {"2026-03-04t10:00:00z", true, false},     {"2026-03-04T10:00:00.123456Z", true, false},
        {"2026-03-04T10:00:00+01:00", true, false}, {"2026-03-04T23:59:60-23:59", true, false}, {"2026-03-04", true, true},
        {"2026-03-04T10:00:00", false, false},      {"2026-03-04 10:00:00Z", false, false},    {"2026-03-04T10:00Z", false, false},
        {"2026-03-04T24:00:00Z", false, false},     {"2026-03-04T10:60:00Z", false, false},    {"2026-03-04T10:00:61Z", false, false},
        {"2026-03-04T10:00:00.Z", false, false},    {"2026-03-04T10:00:00+0100", false, false}, {"2026-03-04T10:00:00+01:60", false, false},
        {"2026-03-04T10:00:00Zx", false, false},    {"2026-02-29T10:00:00Z", false, false},    {"2026-3-4", false, false},
        {"", false, false},                         {"2026-03-04T10:00:00.5", false, false},   {"2026-03-04T10:00:00.", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *value = json_string(rows[i].text);
        assert_int_equal(payload_fits(PAYLOAD_time, value), rows[i].time);
        assert_int_equal(payload_fits(PAYLOAD_day, value), rows[i].day);
        json_decref(value);
    }
    assert_false(payload_fits(PAYLOAD_text, json_null()));
    assert_false(payload_fits(PAYLOAD_flag, NULL));
}

/* Long values are cut between characters, and a small room is never written past. */
static void test_room(void **state) {
    (void)state;
    char body[2048], why[512];
    for (int pad = 0; pad < 4; pad++) {
        int n = snprintf(body, sizeof body, "{\"items\": \"%.*s", pad, "aaaa");
        for (int i = 0; i < 200; i++) n += snprintf(body + n, sizeof body - (size_t)n, "%s", "\xe2\x82\xac");
        n += snprintf(body + n, sizeof body - (size_t)n, "\"}");
        assert_int_equal(payload_check(EVENT_order, body, (size_t)n, why, sizeof why), MR_EDATA);
        json_t *text = json_string(why); /* NULL where it is no UTF-8 */
        assert_non_null(text);
        assert_non_null(strstr(why, "..."));
        assert_true(strlen(why) < 150);
        json_decref(text);
        for (size_t room = 1; room < 60; room++) {
            char *small = malloc(room);
            assert_int_equal(payload_check(EVENT_order, body, (size_t)n, small, room), MR_EDATA);
            assert_int_equal(strlen(small), room - 1);
            free(small);
        }
    }
}

static void test_fields(void **state) {
    (void)state;
    size_t n, all = 0;
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        const payload_field *f = payload_fields(kind, &n);
        assert_true(n > 0); /* each kind has a row at least */
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < i; j++) assert_string_not_equal(f[i].name, f[j].name);
            assert_true(f[i].summary[0] && !strpbrk(f[i].summary, "|\\\""));
        }
        all += n;
        /* What joins events is shown by its number. */
        const char *subject = event_kind_of(kind)->subject;
        if (subject[0] && strcmp(subject, "consent")) assert_string_equal(f[0].name, "number");
    }
    size_t rows = 0;
#define PAYLOAD(kind, field, type, unit, required, summary) rows++;
#include "payloads.def"
#undef PAYLOAD
    assert_int_equal(all, rows); /* no kind's rows are torn apart */
    payload_fields(999, &n);
    assert_int_equal(n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_check), cmocka_unit_test(test_times), cmocka_unit_test(test_room),
                                       cmocka_unit_test(test_fields)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
