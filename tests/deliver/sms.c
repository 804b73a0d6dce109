/* SMS: how many a text is, what goes to the gateway, and whether it was taken. */
#include "hook.h"

#include <sms.h>

#include <stdlib.h>

static char *repeated(const char *what, int n) {
    static char out[4000];
    out[0] = 0;
    for (size_t len = 0; n > 0; n--, len += strlen(what)) strcpy(out + len, what);
    return out;
}

static void test_segments(void **state) {
    (void)state;
    static const struct {
        const char *what;
        int n, segments, units;
        bool ucs2;
    } cases[] = {
        {"", 1, 0, 0, false}, {"a", 160, 1, 160, false}, {"a", 161, 2, 161, false}, {"a", 306, 2, 306, false}, {"a", 307, 3, 307, false}, {"\xC3\xA4", 160, 1, 160, false},
        {"\xE2\x82\xAC", 80, 1, 160, false}, {"\xE2\x82\xAC", 81, 2, 162, false}, {"\xE2\x82\xAC", 152, 2, 304, false}, {"\xE2\x82\xAC", 153, 3, 306, false}, /* 76 pairs in 153 units: none is cut */
        {"[]{}\\^~|", 1, 1, 16, false}, {"@\xC2\xA3$\xC2\xA5\n\r_", 1, 1, 7, false}, {"\xCE\x94\xCE\xA6\xCE\x93\xCE\x9B\xCE\xA9", 1, 1, 5, false},
        {"`", 1, 1, 1, true}, {"\t", 1, 1, 1, true}, {"\xC3\xA7", 1, 1, 1, true}, {"\xC5\x82", 70, 1, 70, true}, {"\xC5\x82", 71, 2, 71, true}, {"\xC5\x82", 134, 2, 134, true}, {"\xC5\x82", 135, 3, 135, true},
        {"\xF0\x9F\x98\x80", 35, 1, 70, true}, {"\xF0\x9F\x98\x80", 36, 2, 72, true}, {"\xF0\x9F\x98\x80", 66, 2, 132, true}, {"\xF0\x9F\x98\x80", 67, 3, 134, true}, /* 33 pairs in 67 units */
        {"\xFF", 1, 1, 1, true}, {"\xE2\x82", 1, 1, 2, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sms_count c = sms_segments(repeated(cases[i].what, cases[i].n));
        if (c.segments != cases[i].segments || c.units != cases[i].units || c.ucs2 != cases[i].ucs2) fail_msg("%d '%s': %d, %d, %d", cases[i].n, cases[i].what, c.segments, c.units, c.ucs2);
    }
}

#define JSON_BODY "{\"to\": [\"{{to}}\"], \"message\": \"{{ text }}\", \"ref\": \"{{id}}\"}"
#define FORM_BODY "To={{to}}&Body={{text}}&Ref={{id}}"

static const char *const token[] = {"Authorization: Bearer {{env:MARRAM_TEST_SMS}}", "Idempotency-Key: {{id}}"};

static sms_gateway gateway(const char *path, const char *body) {
    return (sms_gateway){.url = hook_url(path), .body = body, .headers = token, .headers_n = 2, .allow_private = true, .timeout_ms = 20000};
}

/* Whatever a text holds, the gateway reads the same. */
static void test_bodies(void **state) {
    (void)state;
    hook_start();
    setenv("MARRAM_TEST_SMS", "s3cret", 1);
    static const char *const texts[] = {"hello", "\"quoted\" \\ back", "line\nbreak\ttab \x01", "a&b=c%20+d;e #f ?", "Grüße, 5 \xE2\x82\xAC \xF0\x9F\x98\x80", "{{to}} {{nothing}} }}", "\",\"to\":\"+1\"}", " "};
    static const char *const bodies[] = {JSON_BODY, FORM_BODY};
    json_decref(hook_log());
    for (size_t i = 0; i < 2 * sizeof texts / sizeof *texts; i++) {
        sms_gateway g = gateway("sms/ok", bodies[i % 2]);
        sms_answer a;
        mr_error err;
        if (sms_send(&g, "+491712345678", texts[i / 2], "0123456789abcdef", &a, &err) != MR_OK) fail_msg("%s", err.message);
        assert_int_equal(a.result, SMS_SENT);
        json_t *log = hook_log();
        assert_int_equal(json_array_size(log), 1);
        const json_t *o = json_array_get(log, 0), *said = json_object_get(o, "said"), *headers = json_object_get(o, "headers");
        assert_string_equal(hook_text(said, i % 2 ? "Body" : "message"), texts[i / 2]);
        assert_string_equal(i % 2 ? hook_text(said, "To") : json_string_value(json_array_get(json_object_get(said, "to"), 0)), "+491712345678");
        assert_string_equal(hook_text(said, i % 2 ? "Ref" : "ref"), "0123456789abcdef");
        assert_int_equal(json_object_size(said), 3);
        assert_string_equal(hook_text(headers, "authorization"), "Bearer s3cret");
        assert_string_equal(hook_text(headers, "idempotency-key"), "0123456789abcdef");
        assert_string_equal(hook_text(headers, "content-type"), i % 2 ? "application/x-www-form-urlencoded" : "application/json");
        json_decref(log);
    }
}

static void test_answers(void **state) {
    (void)state;
    hook_start();
    static const struct {
        const char *path;
        sms_result result;
        bool ours;
        int retry_after_s, timeout_ms;
    } cases[] = {
        {"sms/ok", SMS_SENT, false, 0, 20000},          {"sms/status/202", SMS_SENT, false, 0, 20000},  {"sms/status/400", SMS_NEVER, false, 0, 20000}, {"sms/status/422", SMS_NEVER, false, 0, 20000},
        {"sms/status/401", SMS_LATER, true, 0, 20000},  {"sms/status/404", SMS_LATER, true, 0, 20000},  {"sms/status/410", SMS_LATER, true, 0, 20000},  {"sms/redirect", SMS_LATER, true, 0, 20000},
        {"sms/wait/30", SMS_LATER, false, 30, 20000},   {"sms/status/503", SMS_LATER, false, 0, 20000}, {"sms/status/500", SMS_UNSURE, false, 0, 20000}, {"sms/status/502", SMS_UNSURE, false, 0, 20000},
        {"sms/status/504", SMS_UNSURE, false, 0, 20000}, {"sms/slow", SMS_UNSURE, false, 0, 700},       {"sms/drop", SMS_UNSURE, false, 0, 20000},      {"sms/early", SMS_UNSURE, false, 0, 20000},
        {"sms/cut", SMS_SENT, false, 0, 20000},        {"sms/status/402", SMS_LATER, true, 0, 20000},  {"sms/number", SMS_NEVER, false, 0, 20000},
    };
    json_decref(hook_log());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sms_gateway g = gateway(cases[i].path, JSON_BODY);
        sms_answer a;
        mr_error err;
        g.timeout_ms = cases[i].timeout_ms;
        if (sms_send(&g, "+491712345678", "hello", "1", &a, &err) != MR_OK) fail_msg("%s", err.message);
        if (a.result != cases[i].result || a.ours != cases[i].ours || a.retry_after_s != cases[i].retry_after_s || a.number != !strcmp(cases[i].path, "sms/number")) fail_msg("%s: %d, ours %d: %s", cases[i].path, (int)a.result, a.ours, a.said);
        assert_null(strstr(a.said, "s3cret"));
        json_t *log = hook_log();
        assert_true(json_array_size(log) <= 1);
        json_decref(log);
    }
    sms_answer a;
    sms_gateway g = gateway("sms/ok", JSON_BODY);
    g.url = "http://127.0.0.1:1/";
    assert_int_equal(sms_send(&g, "+491712345678", "hello", "1", &a, NULL), MR_OK);
    assert_true(a.result == SMS_LATER && !a.ours);
    g = gateway("sms/ok", JSON_BODY);
    g.allow_private = false;
    assert_int_equal(sms_send(&g, "+491712345678", "hello", "1", &a, NULL), MR_OK);
    assert_true(a.result == SMS_LATER && a.ours);
    json_t *log = hook_log();
    assert_int_equal(json_array_size(log), 0);
    json_decref(log);
}

static void test_settings(void **state) {
    (void)state;
    static const struct {
        const char *url, *body, *header, *want; /* want NULL: fine; else field, blank, a part of what is said */
    } cases[] = {
        {"https://sms.example.com/", JSON_BODY, NULL, NULL}, {"https://sms.example.com/", FORM_BODY, NULL, NULL}, {"https://sms.example.com/", JSON_BODY, "Content-Type: application/vnd.api+json; charset=utf-8", NULL},
        {"https://sms.example.com/", JSON_BODY, "content-type: application/json", NULL}, {"https://sms.example.com/", FORM_BODY, "Content-Type: application/x-www-form-urlencoded", NULL},
        {"", JSON_BODY, NULL, "sms_url is no address"}, {"sms.example.com", JSON_BODY, NULL, "sms_url is no address"}, {"http://10.0.0.1/", JSON_BODY, NULL, "sms_url a private network"}, {"https://me:pw@sms.example.com/", JSON_BODY, NULL, "sms_url password"},
        {"https://sms.example.com/", "{\"to\": {{to}}, \"m\": \"{{text}}\"}", NULL, "sms_body within quotes"}, {"https://sms.example.com/", "{\"to\": \"{{to}}\"}", NULL, "sms_body no {{text}}"},
        {"https://sms.example.com/", "m={{text}}", NULL, "sms_body no {{to}}"}, {"https://sms.example.com/", "m={{text}}&t={{to}}&f={{from}}", NULL, "sms_body {{from}}"}, {"https://sms.example.com/", "m={{text}}&t={{to", NULL, "sms_body no }}"},
        {"https://sms.example.com/", "", NULL, "sms_body no {{to}}"}, {"https://sms.example.com/", "t={{to}}&m={{text}}&x={{}}", NULL, "sms_body not known"},
        {"https://sms.example.com/", JSON_BODY, "Content-Type: text/xml", "sms_headers text/xml"}, {"https://sms.example.com/", FORM_BODY, "Content-Type: application/json", "sms_body no JSON"},
        {"https://sms.example.com/", JSON_BODY, "no colon", "sms_headers line 1"}, {"https://sms.example.com/", JSON_BODY, "X: {{env:MARRAM_TEST_NOT_SET}}", "sms_headers MARRAM_TEST_NOT_SET"},
        {"https://sms.example.com/", JSON_BODY, "X: {{file:/nonexistent}}", "sms_headers /nonexistent"}, {"https://sms.example.com/", JSON_BODY, "X: {{token}}", "sms_headers {{token}}"},
        {"https://sms.example.com/", JSON_BODY, "X: {{env:MARRAM_TEST_LINES}}", "sms_headers line break"}, {"https://sms.example.com/", JSON_BODY, "X-{{id}}: 1", "sms_headers line 1"},
    };
    setenv("MARRAM_TEST_LINES", "a\r\nhidden: b", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mr_error err = {0};
        sms_gateway g = {.url = cases[i].url, .body = cases[i].body, .headers = &cases[i].header, .headers_n = cases[i].header != NULL, .timeout_ms = 1000};
        mr_status status = sms_check(&g, &err);
        if (status != (cases[i].want ? MR_EDATA : MR_OK)) fail_msg("%zu: %s", i, err.message);
        if (!cases[i].want) continue;
        size_t field = strcspn(cases[i].want, " ");
        if (strncmp(err.field, cases[i].want, field) || err.field[field] || !strstr(err.message, cases[i].want + field + 1)) fail_msg("%zu: %s: %s", i, err.field, err.message);
        assert_null(strstr(err.message, "hidden"));
    }
    const char *const unset[] = {"X: {{env:MARRAM_TEST_NOT_SET}}", "Y: {{nothing}}"};
    text_buffer out = {0};
    sms_gateway g = {.url = "https://sms.example.com/", .body = JSON_BODY, .headers = unset, .headers_n = 1};
    assert_int_equal(sms_shape(&g, NULL), MR_OK); /* secrets are not read */
    g.headers_n = 2;
    assert_int_equal(sms_shape(&g, NULL), MR_EDATA);
    g = (sms_gateway){.url = "https://sms.example.com/", .body = JSON_BODY};
    mr_error err = {0};
    assert_int_equal(sms_body(&g, "+491712345678", "half \xC3", "1", &out, &err), MR_EDATA);
    assert_string_equal(err.field, "text");
    text_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_segments), cmocka_unit_test(test_bodies), cmocka_unit_test(test_answers), cmocka_unit_test(test_settings)};
    return cmocka_run_group_tests(tests, NULL, hook_stop);
}
