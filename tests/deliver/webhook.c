/* Webhooks: signatures that another program verifies, and when to try again. */
#include "hook.h"

#include <webhook.h>

#include <time.h>

#define NOW_US INT64_C(1795478400000000)

static webhook_keys keys_of(const char *text) {
    webhook_keys keys;
    mr_error err;
    if (webhook_keys_read("secret", text, &keys, &err) != MR_OK) fail_msg("%s", err.message);
    return keys;
}

/* The vector published with Standard Webhooks' own libraries. */
static void test_vector(void **state) {
    (void)state;
    webhook_keys keys = keys_of(HOOK_SECRET);
    static const char body[] = "{\"test\": 2432232314}";
    text_buffer out = {0};
    assert_int_equal(webhook_sign(&keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, sizeof body - 1, &out, NULL), MR_OK);
    assert_string_equal(out.data, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    text_free(&out);
    static const char *const ids[] = {"", "a.b", "a b", "a\r\nb", "\xC3\xA4"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) assert_int_equal(webhook_sign(&keys, ids[i], 1, body, 1, &out, NULL), MR_EINVAL);
    text_free(&out);
    webhook_keys_forget(&keys);
    assert_int_equal(keys.n, 0);
}

static void test_secrets(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n;
    } cases[] = {
        {HOOK_SECRET, 1}, {"  " HOOK_SECRET " " HOOK_SECRET "\t", 2}, {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", 1}, {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", 1},
        {"", 0}, {" ", 0}, {"whsec_", 0}, {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0}, {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa", 0}, {"whsec_MfKQ9r8G!YqrTwjUPD8ILPZIo2LaLaSw", 0},
        {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=", 0}, /* 65 bytes */
        {HOOK_SECRET " " HOOK_SECRET " " HOOK_SECRET " " HOOK_SECRET " " HOOK_SECRET, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        webhook_keys keys;
        mr_error err = {0};
        mr_status status = webhook_keys_read("secret", cases[i].text, &keys, &err);
        if (status != (cases[i].n ? MR_OK : MR_EDATA) || keys.n != cases[i].n) fail_msg("'%s': %zu, %s", cases[i].text, keys.n, err.message);
        assert_null(strstr(err.message, "MfKQ"));
    }
}

static http_answer send_to(const char *path, const char *secret, const char *id, const char *body) {
    webhook_keys keys = keys_of(secret);
    http_answer a = {0};
    mr_error err;
    webhook_target t = {.url = hook_url(path), .keys = &keys, .allow_private = true, .timeout_ms = 20000};
    if (webhook_send(&t, id, NOW_US, body, strlen(body), &a, &err) != MR_OK) fail_msg("%s", err.message);
    return a;
}

static void test_receiver(void **state) {
    (void)state;
    hook_start();
    static const char other[] = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    static const struct {
        const char *path, *secret;
        http_result result;
        webhook_next next;
    } cases[] = {
        {"signed/ok", HOOK_SECRET, HTTP_OK, WEBHOOK_DONE},
        {"signed/ok", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= " HOOK_SECRET, HTTP_OK, WEBHOOK_DONE}, /* while the secret is being changed */
        {"signed/ok", other, HTTP_NEVER, WEBHOOK_AGAIN},
        {"signed/later/1", HOOK_SECRET, HTTP_LATER, WEBHOOK_AGAIN},
        {"signed/later/1", HOOK_SECRET, HTTP_OK, WEBHOOK_DONE},
        {"signed/wait/60", HOOK_SECRET, HTTP_LATER, WEBHOOK_AGAIN},
        {"signed/status/410", HOOK_SECRET, HTTP_GONE, WEBHOOK_DISABLE},
        {"signed/drop", HOOK_SECRET, HTTP_UNSURE, WEBHOOK_AGAIN},
        {"signed/redirect", HOOK_SECRET, HTTP_NEVER, WEBHOOK_AGAIN},
    };
    json_decref(hook_log());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_answer a = send_to(cases[i].path, cases[i].secret, "act_0123456789abcdef", "{\"kind\": \"task\", \"who\": \"Gr\xC3\xBC\xC3\x9F\"}");
        if (a.result != cases[i].result || webhook_next_of(&a) != cases[i].next) fail_msg("%s: %s, %s", cases[i].path, http_result_name(a.result), a.said);
        http_answer_free(&a);
        json_t *log = hook_log();
        assert_int_equal(json_array_size(log), 1);
        const json_t *o = json_array_get(log, 0), *headers = json_object_get(o, "headers");
        assert_int_equal(json_is_true(json_object_get(o, "signed")), cases[i].secret != other);
        assert_string_equal(hook_text(headers, "webhook-id"), "act_0123456789abcdef");
        assert_string_equal(hook_text(headers, "webhook-timestamp"), "1795478400");
        assert_string_equal(hook_text(headers, "content-type"), "application/json");
        assert_string_equal(hook_text(o, "body"), "{\"kind\": \"task\", \"who\": \"Gr\xC3\xBC\xC3\x9F\"}");
        json_decref(log);
    }
    webhook_keys keys = keys_of(HOOK_SECRET);
    http_answer a = {0};
    assert_int_equal(webhook_send(&(webhook_target){.url = hook_url("ok"), .keys = &keys, .timeout_ms = 1000}, "x", NOW_US, "{}", 2, &a, NULL), MR_OK);
    assert_int_equal(webhook_next_of(&a), WEBHOOK_FAILED); /* a private address */
    http_answer_free(&a);
}

static void test_retries(void **state) {
    (void)state;
    static const int64_t waits_s[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
    uint64_t seed = (uint64_t)time(NULL);
    print_message("seed %llu\n", (unsigned long long)seed);
    int64_t least[9], most[9];
    for (int attempt = 1; attempt <= 9; attempt++) {
        int64_t wait = waits_s[attempt - 1] * 1000000;
        least[attempt - 1] = INT64_MAX;
        most[attempt - 1] = 0;
        for (uint64_t id = 0; id < 1000; id++) {
            int64_t at = webhook_retry_us(attempt, (int64_t)(seed + id * 0x9E3779B97F4A7C15u), NOW_US, 0) - NOW_US;
            assert_true(at >= wait && at <= wait + wait / 5);
            assert_true(at == webhook_retry_us(attempt, (int64_t)(seed + id * 0x9E3779B97F4A7C15u), NOW_US, 0) - NOW_US);
            if (at < least[attempt - 1]) least[attempt - 1] = at;
            if (at > most[attempt - 1]) most[attempt - 1] = at;
        }
        assert_true(most[attempt - 1] - least[attempt - 1] > wait / 6); /* spread over what it may */
    }
    assert_true(webhook_retry_us(10, 1, NOW_US, 0) == WEBHOOK_GIVEN_UP);
    assert_true(webhook_retry_us(1000, 1, NOW_US, 60) == WEBHOOK_GIVEN_UP);
    assert_true(webhook_retry_us(1, 1, NOW_US, 600) >= NOW_US + INT64_C(600000000));
    assert_true(webhook_retry_us(1, 1, NOW_US, INT64_C(1) << 60) <= NOW_US + INT64_C(86402000000));
    assert_true(webhook_retry_us(9, 1, NOW_US, 60) >= NOW_US + INT64_C(86400000000));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vector), cmocka_unit_test(test_secrets), cmocka_unit_test(test_receiver), cmocka_unit_test(test_retries)};
    return cmocka_run_group_tests(tests, NULL, hook_stop);
}
