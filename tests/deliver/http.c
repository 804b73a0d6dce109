/* Which addresses are refused; and of every request it is known whether it was taken. */
#include "hook.h"

#include <http.h>
#include <http_address.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

static void test_addresses(void **state) {
    (void)state;
    static const struct {
        const char *address;
        bool is_public;
    } cases[] = {
        {"8.8.8.8", true}, {"1.1.1.1", true}, {"93.184.216.34", true}, {"223.255.255.255", true},
        {"0.0.0.0", false}, {"0.1.2.3", false}, {"9.255.255.255", true}, {"10.0.0.0", false}, {"10.255.255.255", false}, {"11.0.0.0", true},
        {"100.63.255.255", true}, {"100.64.0.0", false}, {"100.100.100.200", false}, {"100.127.255.255", false}, {"100.128.0.0", true},
        {"126.255.255.255", true}, {"127.0.0.1", false}, {"127.255.255.255", false}, {"128.0.0.0", true}, {"168.63.129.16", false}, {"168.63.129.17", true},
        {"169.253.255.255", true}, {"169.254.0.0", false}, {"169.254.169.254", false}, {"169.255.0.0", true},
        {"172.15.255.255", true}, {"172.16.0.0", false}, {"172.31.255.255", false}, {"172.32.0.0", true},
        {"192.0.0.8", false}, {"192.0.1.0", true}, {"192.0.2.1", false}, {"192.88.99.1", false}, {"192.167.255.255", true}, {"192.168.0.0", false}, {"192.168.255.255", false}, {"192.169.0.0", true},
        {"198.17.255.255", true}, {"198.18.0.0", false}, {"198.19.255.255", false}, {"198.20.0.0", true}, {"198.51.100.7", false}, {"203.0.113.9", false},
        {"224.0.0.1", false}, {"239.255.255.255", false}, {"240.0.0.0", false}, {"255.255.255.255", false},
        {"::", false}, {"::1", false}, {"::2", false}, {"::127.0.0.1", false}, {"::8.8.8.8", false},
        {"::ffff:127.0.0.1", false}, {"::ffff:10.1.2.3", false}, {"::ffff:169.254.169.254", false}, {"::ffff:8.8.8.8", true},
        {"64:ff9b::7f00:1", false}, {"64:ff9b::808:808", true}, {"64:ff9b:1::1", false}, {"100::1", false},
        {"2001::1", false}, {"2001:200::1", true}, {"2001:db8::1", false}, {"2001:4860:4860::8888", true}, {"2002:7f00:1::", false}, {"2002:808:808::", false},
        {"2606:4700::1111", true}, {"2620:4f:8000::1", false}, {"3fff::1", false}, {"3fff:1000::1", true}, {"4000::1", false}, {"5f00::1", false},
        {"fbff::1", false}, {"fc00::1", false}, {"fd12:3456::1", false}, {"fe80::1", false}, {"febf::1", false}, {"fec0::1", false}, {"ff02::1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sockaddr_in four = {.sin_family = AF_INET};
        struct sockaddr_in6 six = {.sin6_family = AF_INET6};
        bool is_four = inet_pton(AF_INET, cases[i].address, &four.sin_addr) == 1;
        if (!is_four) assert_int_equal(inet_pton(AF_INET6, cases[i].address, &six.sin6_addr), 1);
        const char *what = http_address_forbidden(is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six);
        if (!what != cases[i].is_public) fail_msg("%s: %s", cases[i].address, what ? what : "public");
        assert_ptr_equal(http_address_text_forbidden(cases[i].address), what);
    }
    struct sockaddr local = {.sa_family = AF_UNIX};
    assert_non_null(http_address_forbidden(&local));
    assert_null(http_address_text_forbidden("hooks.example.com"));
    assert_non_null(http_address_text_forbidden("[::1]"));
    assert_non_null(http_address_text_forbidden("[fe80::1%25eth0]"));
}

static void test_urls(void **state) {
    (void)state;
    static const struct {
        const char *url;
        bool fine, fine_private;
    } cases[] = {
        {"https://hooks.example.com/x?y=1", true, true}, {"http://hooks.example.com:8080", true, true}, {"https://8.8.8.8/", true, true},
        {"https://[2606:4700::1111]/", true, true}, {"http://127.0.0.1/", false, true}, {"http://127.1/", false, true}, {"http://0x7f000001/", false, true}, {"http://2130706433/", false, true},
        {"http://0177.0.0.1/", false, true}, {"http://[::ffff:10.0.0.1]/", false, true}, {"http://169.254.169.254/latest/meta-data", false, true},
        {"", false, false}, {"hooks.example.com", false, false}, {"ftp://hooks.example.com/", false, false}, {"file:///etc/passwd", false, false}, {"gopher://x/", false, false},
        {"https://", false, false}, {"https://user:hidden@hooks.example.com/", false, false}, {"https://user@hooks.example.com/", false, false},
        {"http://a b/", false, false}, {"http://hooks.example.com:99999/", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mr_error err = {0};
        if ((http_url_check("url", cases[i].url, false, &err) == MR_OK) != cases[i].fine) fail_msg("'%s': %s", cases[i].url, err.message);
        if (!cases[i].fine) assert_string_equal(err.field, "url");
        assert_null(strstr(err.message, "hidden"));
        if ((http_url_check("url", cases[i].url, true, &err) == MR_OK) != cases[i].fine_private) fail_msg("'%s', private: %s", cases[i].url, err.message);
    }
}

static http_answer post(const char *url, bool allow_private, int64_t timeout_ms) {
    static const char *const headers[] = {"Content-Type: text/plain", "X-Empty:"};
    http_answer a = {0};
    mr_error err;
    http_request q = {.url = url, .headers = headers, .headers_n = 2, .body = "hello", .len = 5, .allow_private = allow_private, .timeout_ms = timeout_ms};
    if (http_post(&q, &a, &err) != MR_OK) fail_msg("%s: %s", url, err.message);
    for (const char *c = a.said; *c; c++) assert_true((unsigned char)*c >= 0x20 && *c != 0x7F);
    assert_true(a.said[0] != 0);
    return a;
}

static void test_answers(void **state) {
    (void)state;
    hook_start();
    static const struct {
        const char *path;
        http_result result;
        int code;
        int64_t retry_after_s;
        int timeout_ms;
    } cases[] = {
        {"ok", HTTP_OK, 200, 0, 20000},           {"status/201", HTTP_OK, 201, 0, 20000},    {"status/400", HTTP_NEVER, 400, 0, 20000}, {"status/401", HTTP_NEVER, 401, 0, 20000},
        {"status/404", HTTP_NEVER, 404, 0, 20000}, {"status/408", HTTP_LATER, 408, 0, 20000}, {"status/410", HTTP_GONE, 410, 0, 20000},  {"status/425", HTTP_LATER, 425, 0, 20000},
        {"status/429", HTTP_LATER, 429, 0, 20000}, {"wait/17", HTTP_LATER, 429, 17, 20000},   {"wait/99999999", HTTP_LATER, 429, 2592000, 20000}, {"wait/-5", HTTP_LATER, 429, 0, 20000},
        {"wait/Fri,%2031", HTTP_LATER, 429, 0, 20000},
        {"status/500", HTTP_LATER, 500, 0, 20000}, {"status/503", HTTP_LATER, 503, 0, 20000}, {"redirect", HTTP_NEVER, 302, 0, 20000},   {"slow", HTTP_UNSURE, 0, 0, 700},
        {"drop", HTTP_UNSURE, 0, 0, 20000},        {"early", HTTP_UNSURE, 0, 0, 20000},       {"cut", HTTP_OK, 200, 0, 20000},           {"big", HTTP_OK, 200, 0, 20000},
        {"endless", HTTP_OK, 200, 0, 20000},
    };
    json_decref(hook_log());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_answer a = post(hook_url(cases[i].path), true, cases[i].timeout_ms);
        if (a.result != cases[i].result || a.code != cases[i].code || a.retry_after_s != cases[i].retry_after_s || a.forbidden)
            fail_msg("%s: %s, %d, %d s: %s", cases[i].path, http_result_name(a.result), a.code, (int)a.retry_after_s, a.said);
        if (!strcmp(cases[i].path, "ok")) assert_string_equal(a.body.data, "{\"ok\": true}");
        if (!strcmp(cases[i].path, "big") || !strcmp(cases[i].path, "endless")) assert_int_equal(a.body.len, HTTP_BODY);
        json_t *log = hook_log();
        assert_int_equal(json_array_size(log), strcmp(cases[i].path, "early") != 0); /* each went out once, and a redirect led nowhere */
        if (json_array_size(log)) {
            const json_t *o = json_array_get(log, 0), *headers = json_object_get(o, "headers");
            assert_string_equal(hook_text(o, "body"), "hello");
            assert_string_equal(hook_text(headers, "content-type"), "text/plain");
            assert_string_equal(hook_text(headers, "x-empty"), "");
            assert_non_null(json_object_get(headers, "x-empty"));
            assert_null(json_object_get(headers, "expect"));
        }
        json_decref(log);
        http_answer_free(&a);
    }
}

/* The name is public as far as anybody can tell by looking at it; what counts is where it leads when it is connected to. Nothing reaches the server. */
static void test_forbidden(void **state) {
    (void)state;
    hook_start();
    char by_name[64], mapped[64];
    int port = 0;
    assert_int_equal(sscanf(hook_url("ok"), "http://127.0.0.1:%d", &port), 1);
    snprintf(by_name, sizeof by_name, "http://localhost:%d/ok", port);
    snprintf(mapped, sizeof mapped, "http://[::ffff:127.0.0.1]:%d/ok", port);
    json_decref(hook_log());
    const char *const urls[] = {hook_url("ok"), by_name, mapped};
    for (int proxy = 0; proxy < 2; proxy++) {
        if (proxy) assert_int_equal(setenv("http_proxy", hook_url(""), 1), 0); /* a proxy would connect for us */
        for (size_t i = 0; i < 3; i++) {
            http_answer a = post(urls[i], false, 20000);
            if (a.result != HTTP_NEVER || !a.forbidden || a.code || !strstr(a.said, "allow_private")) fail_msg("%s: %s, %s", urls[i], http_result_name(a.result), a.said);
            http_answer_free(&a);
        }
    }
    unsetenv("http_proxy");
    json_t *log = hook_log();
    assert_int_equal(json_array_size(log), 0);
    json_decref(log);
    http_answer a = post(by_name, true, 20000);
    assert_int_equal(a.result, HTTP_OK);
    http_answer_free(&a);
}

static void test_not_sent(void **state) {
    (void)state;
    hook_start();
    static const char *const urls[] = {"http://127.0.0.1:1/secret-path", "http://no-such-host.invalid/secret-path"};
    for (size_t i = 0; i < 2; i++) {
        http_answer a = post(urls[i], true, 5000);
        if (a.result != HTTP_LATER || a.code) fail_msg("%s: %s, %s", urls[i], http_result_name(a.result), a.said);
        assert_null(strstr(a.said, "secret-path"));
        http_answer_free(&a);
    }
    char url[64]; /* no TLS there: nothing of the request goes out */
    int port = 0;
    assert_int_equal(sscanf(hook_url("ok"), "http://127.0.0.1:%d", &port), 1);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/ok", port);
    http_answer a = post(url, true, 5000);
    assert_int_equal(a.result, HTTP_LATER);
    http_answer_free(&a);
    static const char *const headers[] = {"X: a\r\nY: b", "no colon", ": none", "X y: z", ""};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        http_answer none = {0};
        assert_int_equal(http_post(&(http_request){.url = hook_url("ok"), .headers = &headers[i], .headers_n = 1, .allow_private = true, .timeout_ms = 1000}, &none, NULL), MR_EINVAL);
        http_answer_free(&none);
    }
    http_answer none = {0};
    assert_int_equal(http_post(&(http_request){.url = hook_url("ok"), .allow_private = true}, &none, NULL), MR_EINVAL);
    assert_int_equal(http_post(&(http_request){.url = "ftp://x/", .allow_private = true, .timeout_ms = 1000}, &none, NULL), MR_EDATA);
    http_answer_free(&none);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_addresses), cmocka_unit_test(test_urls), cmocka_unit_test(test_answers), cmocka_unit_test(test_forbidden), cmocka_unit_test(test_not_sent)};
    return cmocka_run_group_tests(tests, NULL, hook_stop);
}
