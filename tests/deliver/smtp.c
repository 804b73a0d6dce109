/* Of every message it is known whether it went: a real server that takes, refuses and delays, and one that breaks off at each point. */
#include "servers.h"

#include <mail_write.h>
#include <smtp.h>

#include <stdlib.h>

#define TOKEN "0123456789abcdef0123456789abcdef"
#define ANY -1

static int stored(const char *ending, int n) {
    char path[200];
    snprintf(path, sizeof path, "%s/%d%s", servers_folder(), n, ending);
    return access(path, R_OK) == 0;
}

static int stored_n(void) {
    int n = 0;
    while (stored(".eml", n)) n++;
    return n;
}

static int connections(void) {
    char path[200];
    snprintf(path, sizeof path, "%s/connections", servers_folder());
    if (access(path, R_OK)) return 0;
    text_buffer b = whole_file(path);
    int n = 0;
    for (size_t i = 0; i < b.len; i++) n += b.data[i] == '\n';
    text_free(&b);
    return n;
}

static smtp_session *session(const char *scheme, const char *server, smtp_options o) {
    char url[100];
    smtp_session *s = NULL;
    mr_error err;
    snprintf(url, sizeof url, "%s://localhost:%d", scheme, servers_port(server));
    o.url = url;
    if (!o.timeout_ms) o.timeout_ms = 20000;
    if (smtp_open(&o, &s, &err) != MR_OK) fail_msg("%s", err.message);
    return s;
}

static void message_of(text_buffer *out, const char *to, size_t lines) {
    text_buffer plain = {0};
    text_puts(&plain, "Hello,\n.\n.. two dots\n");
    for (size_t i = 0; i < lines; i++) text_printf(&plain, "line %zu of a long message that fills more than one packet\n", i);
    mail m = {.from = "hello@example.com", .from_name = "Märram", .to = to, .subject = "Grüße", .plain = text_terminate(&plain), .html = "<p>Hello</p>\n", .token = TOKEN, .date_us = INT64_C(1795478400000000)};
    mr_error err;
    if (mail_write(&m, out, &err) != MR_OK) fail_msg("%s", err.message);
    text_free(&plain);
}

static smtp_answer send_to(smtp_session *s, const char *to, size_t lines) {
    text_buffer m = {0};
    smtp_answer a;
    message_of(&m, to, lines);
    assert_int_equal(smtp_send(s, "bounces+" TOKEN "@example.com", to, m.data, m.len, &a, NULL), MR_OK);
    text_free(&m);
    for (const char *c = a.said; *c; c++) assert_true((unsigned char)*c >= 0x20 && *c != 0x7F);
    return a;
}

static void check_answer(const char *what, smtp_answer a, int result, int code, int address, int ours) {
    static const char *const words[] = {"sent", "later", "never", "unsure"};
    if ((int)a.result != result || (code != ANY && a.code != code) || (address != ANY && a.address != address) || (ours != ANY && a.ours != ours))
        fail_msg("%s: %s, code %d, address %d, ours %d, '%s'; wanted %s, %d, %d, %d", what, words[a.result], a.code, a.address, a.ours, a.said, words[result], code, address, ours);
    assert_true(a.said[0] != 0);
}

static void test_accepted(void **state) {
    (void)state;
    need_servers();
    smtp_session *s = session("smtp", "accept", (smtp_options){.tls = SMTP_TLS_MAY});
    int before = stored_n(), had = connections();
    for (int i = 0; i < 5; i++) check_answer("accept", send_to(s, "ok@customer.example", (size_t)i * 400), SMTP_SENT, 250, 0, 0);
    assert_int_equal(stored_n(), before + 5);
    assert_int_equal(connections(), had + 1); /* one for all five */
    smtp_close(s);
    for (int i = 0; i < 5; i++) {
        char path[200];
        text_buffer want = {0};
        snprintf(path, sizeof path, "%s/%d.envelope", servers_folder(), before + i);
        text_buffer envelope = whole_file(path);
        assert_string_equal(envelope.data, "bounces+" TOKEN "@example.com ok@customer.example\n");
        snprintf(path, sizeof path, "%s/%d.eml", servers_folder(), before + i);
        text_buffer got = whole_file(path);
        message_of(&want, "ok@customer.example", (size_t)i * 400);
        assert_int_equal(got.len, want.len);
        assert_memory_equal(got.data, want.data, got.len);
        json_t *j = parsed_mail(path);
        assert_string_equal(json_string_value(json_object_get(j, "subject")), "Grüße");
        assert_string_equal(json_string_value(json_object_get(j, "html")), "<p>Hello</p>\n");
        assert_int_equal(strncmp(json_string_value(json_object_get(j, "plain")), "Hello,\n.\n.. two dots\n", 21), 0);
        json_decref(j);
        text_free(&envelope);
        text_free(&got);
        text_free(&want);
    }
}

static void test_refusals(void **state) {
    (void)state;
    need_servers();
    static const struct {
        const char *to;
        int result, code, address;
    } cases[] = {{"refuse550@x.example", SMTP_NEVER, 550, 1}, {"nocode550@x.example", SMTP_NEVER, 550, 1}, {"policy550@x.example", SMTP_NEVER, 550, 0}, {"full552@x.example", SMTP_NEVER, 552, 0},
                 {"later451@x.example", SMTP_LATER, 451, 0},  {"text554@x.example", SMTP_NEVER, 554, 0},   {"ok@x.example", SMTP_SENT, 250, 0}};
    smtp_session *s = session("smtp", "accept", (smtp_options){.tls = SMTP_TLS_NEVER});
    int before = stored_n();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_answer(cases[i].to, send_to(s, cases[i].to, 1), cases[i].result, cases[i].code, cases[i].address, 0);
    assert_int_equal(stored_n(), before + 1);
    smtp_close(s);
    s = session("smtp", "accept", (smtp_options){.tls = SMTP_TLS_NEVER, .timeout_ms = 700});
    check_answer("delayed beyond the timeout", send_to(s, "delay@x.example", 1), SMTP_LATER, 0, 0, 0);
    smtp_close(s);
}

/* The connection was kept, and the server has closed it meanwhile: a new one, and each message once. */
static void test_closed_meanwhile(void **state) {
    (void)state;
    need_servers();
    smtp_session *s = session("smtp", "accept", (smtp_options){.tls = SMTP_TLS_MAY});
    int before = stored_n();
    for (int i = 0; i < 3; i++) {
        check_answer("closing", send_to(s, "closing@x.example", 1), SMTP_SENT, 250, 0, 0);
        usleep(i ? 150000 : 45000);
    }
    assert_int_equal(stored_n(), before + 3);
    smtp_close(s);
}

static void test_encryption(void **state) {
    (void)state;
    need_servers();
    const char *ca = DELIVER_TESTS "/server.pem";
    const struct {
        const char *what, *scheme, *server;
        smtp_options o;
        int result, ours;
    } cases[] = {
        {"must, and it has", "smtp", "tls", {.tls = SMTP_TLS_MUST, .ca_file = ca}, SMTP_SENT, 0},
        {"may, and it has", "smtp", "tls", {.tls = SMTP_TLS_MAY, .ca_file = ca}, SMTP_SENT, 0},
        {"never, and it demands it", "smtp", "tls", {.tls = SMTP_TLS_NEVER, .ca_file = ca}, SMTP_LATER, 1},
        {"must, and it has not", "smtp", "accept", {.tls = SMTP_TLS_MUST, .ca_file = ca}, SMTP_LATER, 1},
        {"a certificate nobody signed", "smtp", "tls", {.tls = SMTP_TLS_MUST}, SMTP_LATER, 1},
        {"smtps", "smtps", "smtps", {.tls = SMTP_TLS_NEVER, .ca_file = ca}, SMTP_SENT, 0},
        {"smtps, a certificate nobody signed", "smtps", "smtps", {.tls = SMTP_TLS_MUST}, SMTP_LATER, 1},
        {"login", "smtp", "auth", {.tls = SMTP_TLS_MUST, .ca_file = ca, .user = "user", .password = "secret"}, SMTP_SENT, 0},
        {"wrong password", "smtp", "auth", {.tls = SMTP_TLS_MUST, .ca_file = ca, .user = "user", .password = "other-password"}, SMTP_LATER, 1},
        {"no login", "smtp", "auth", {.tls = SMTP_TLS_MUST, .ca_file = ca}, SMTP_LATER, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int before = stored_n();
        smtp_session *s = session(cases[i].scheme, cases[i].server, cases[i].o);
        smtp_answer a = send_to(s, "ok@customer.example", 1);
        check_answer(cases[i].what, a, cases[i].result, ANY, 0, cases[i].ours);
        assert_null(strstr(a.said, "password"));
        assert_int_equal(stored_n() - before, cases[i].result == SMTP_SENT);
        smtp_close(s);
    }
}

/* The heart: a connection that ends, hangs or is told off at every point. */
static void test_breaks(void **state) {
    (void)state;
    need_servers();
    static const struct {
        const char *server, *helo;
        size_t lines;
        int result, code, address, ours;
    } cases[] = {
        {"connect-drop", "x", 1, SMTP_LATER, 0, 0, 0},   {"connect-hang", "x", 1, SMTP_LATER, 0, 0, 0},   {"connect-421", "x", 1, SMTP_LATER, 421, 0, 0}, {"connect-554", "x", 1, SMTP_LATER, 554, 0, 1},
        {"raw", "ehlo-drop", 1, SMTP_LATER, 0, 0, 0},    {"raw", "ehlo-hang", 1, SMTP_LATER, 0, 0, 0},    {"raw", "ehlo-421", 1, SMTP_LATER, 421, 0, 0},
        {"raw", "mail-drop", 1, SMTP_LATER, 0, 0, 0},    {"raw", "mail-hang", 1, SMTP_LATER, 0, 0, 0},    {"raw", "mail-451", 1, SMTP_LATER, 451, 0, 0},  {"raw", "mail-550", 1, SMTP_LATER, 550, 0, 1}, {"raw", "mail-552", 1, SMTP_NEVER, 552, 0, 0},
        {"raw", "rcpt-drop", 1, SMTP_LATER, 0, 0, 0},    {"raw", "rcpt-hang", 1, SMTP_LATER, 0, 0, 0},    {"raw", "rcpt-450", 1, SMTP_LATER, 450, 0, 0},  {"raw", "rcpt-550", 1, SMTP_NEVER, 550, 1, 0}, {"raw", "rcpt-552", 1, SMTP_NEVER, 552, 0, 0},
        {"raw", "data-drop", 1, SMTP_LATER, 0, 0, 0},    {"raw", "data-hang", 1, SMTP_LATER, 0, 0, 0},    {"raw", "data-451", 1, SMTP_LATER, 451, 0, 0},  {"raw", "data-554", 1, SMTP_NEVER, 554, 0, 0},
        {"raw", "body-drop", 100000, SMTP_UNSURE, 0, 0, 0}, {"raw", "body-hang", 100000, SMTP_UNSURE, 0, 0, 0}, {"raw", "body-drop", 30, SMTP_UNSURE, 0, 0, 0},
        {"raw", "dot-drop", 1, SMTP_UNSURE, 0, 0, 0},    {"raw", "dot-hang", 1, SMTP_UNSURE, 0, 0, 0},    {"raw", "dot-451", 1, SMTP_LATER, 451, 0, 0},   {"raw", "dot-554", 1, SMTP_NEVER, 554, 0, 0},
        {"raw", "dot-451x", 1, SMTP_LATER, 451, 0, 0},   {"raw", "dot-554x", 1, SMTP_NEVER, 554, 0, 0},   {"raw", "dot-250x", 1, SMTP_SENT, 250, 0, 0},   {"raw", "nothing", 1, SMTP_SENT, 250, 0, 0},
        {"raw", "dot-drop", 100000, SMTP_UNSURE, 0, 0, 0},  {"raw", "nothing", 100000, SMTP_SENT, 250, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char what[100];
        snprintf(what, sizeof what, "%s %s, %zu lines", cases[i].server, cases[i].helo, cases[i].lines);
        bool hangs = strstr(cases[i].helo, "hang") || strstr(cases[i].server, "hang");
        smtp_session *s = session("smtp", cases[i].server, (smtp_options){.tls = SMTP_TLS_MAY, .helo = cases[i].helo, .timeout_ms = hangs ? 1500 : 20000});
        check_answer(what, send_to(s, "ann@customer.example", cases[i].lines), cases[i].result, cases[i].code, cases[i].address, cases[i].ours);
        smtp_close(s);
    }
}

static void test_unreachable(void **state) {
    (void)state;
    static const char *const urls[] = {"smtp://127.0.0.1:1", "smtp://no-such-host.invalid:25", "smtps://127.0.0.1:1"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        smtp_session *s = NULL;
        assert_int_equal(smtp_open(&(smtp_options){.url = urls[i], .tls = SMTP_TLS_MAY, .timeout_ms = 5000}, &s, NULL), MR_OK);
        check_answer(urls[i], send_to(s, "ann@customer.example", 1), SMTP_LATER, 0, 0, 0);
        smtp_answer a;
        assert_int_equal(smtp_send(s, "a@b.example", "x@y.example>\r\nRCPT TO:<z@y.example", "x\r\n", 3, &a, NULL), MR_EINVAL);
        smtp_close(s);
    }
}

static void test_settings(void **state) {
    (void)state;
    static const struct {
        const char *url, *user, *field;
        smtp_tls tls;
    } cases[] = {{"", "", "smtp_url", SMTP_TLS_MUST}, {"mail.example.com", "", "smtp_url", SMTP_TLS_MUST}, {"http://mail.example.com", "", "smtp_url", SMTP_TLS_MUST}, {"smtp://", "", "smtp_url", SMTP_TLS_MUST},
                 {"smtp://user:secret@mail.example.com", "", "smtp_url", SMTP_TLS_MUST}, {"smtp://mail.example.com/path", "", "smtp_url", SMTP_TLS_MUST}, {"smtp://mail.example.com:99999", "", "smtp_url", SMTP_TLS_MUST},
                 {"smtp://mail.example.com", "me", "smtp_password", SMTP_TLS_MAY}, {"smtp://mail.example.com", "me", "smtp_password", SMTP_TLS_NEVER}, {"smtp://mail.example.com", "me", NULL, SMTP_TLS_MUST},
                 {"smtps://mail.example.com", "me", NULL, SMTP_TLS_NEVER}, {"smtp://127.0.0.1:25", "me", NULL, SMTP_TLS_NEVER}, {"smtp://[::1]:25", "me", NULL, SMTP_TLS_NEVER}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        smtp_session *s = NULL;
        mr_error err = {0};
        mr_status status = smtp_open(&(smtp_options){.url = cases[i].url, .user = cases[i].user, .password = "secret", .tls = cases[i].tls, .timeout_ms = 1000}, &s, &err);
        if ((status == MR_OK) != !cases[i].field) fail_msg("%s, %s: %s", cases[i].url, cases[i].user, err.message);
        if (cases[i].field) assert_string_equal(err.field, cases[i].field);
        assert_null(strstr(err.message, "secret@") && !cases[i].url[0] ? err.message : NULL);
        smtp_close(s);
    }
    smtp_close(NULL);
}

static int stop(void **state) {
    (void)state;
    servers_stop();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_accepted), cmocka_unit_test(test_refusals), cmocka_unit_test(test_closed_meanwhile), cmocka_unit_test(test_encryption),
                                       cmocka_unit_test(test_breaks), cmocka_unit_test(test_unreachable), cmocka_unit_test(test_settings)};
    return cmocka_run_group_tests(tests, NULL, stop);
}
