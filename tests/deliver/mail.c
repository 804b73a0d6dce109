/* Writing e-mail: what is written is what another program reads; what would spoil a header is refused. */
#include "servers.h"

#include <mail_write.h>

#include <stdlib.h>

#define TOKEN "0123456789abcdef0123456789abcdef"
#define DAY_US INT64_C(1795478400000000) /* 2026-11-24T00:00:00Z */

static const mail plain_mail = {.from_name = "Marram Ltd", .from = "hello@example.com", .to_name = "Ann Lee", .to = "ann@customer.example", .reply_to = "replies@example.com",
                                .subject = "Your first week", .plain = "Hello Ann,\nhow was it?\n", .html = "<p>Hello Ann,</p>\n<p>how was it?</p>\n", .token = TOKEN, .date_us = DAY_US};

static json_t *written(const mail *m) {
    char path[] = "/tmp/marram_mail_one_XXXXXX";
    text_buffer out = {0};
    mr_error err;
    if (mail_write(m, &out, &err) != MR_OK) fail_msg("%s", err.message);
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, out.data, out.len) == (ssize_t)out.len);
    close(fd);
    json_t *j = parsed_mail(path);
    unlink(path);
    text_free(&out);
    assert_int_equal(json_array_size(json_object_get(j, "defects")), 0);
    assert_int_equal(json_integer_value(json_object_get(j, "bare_lf")), 0);
    assert_int_equal(json_integer_value(json_object_get(j, "bare_cr")), 0);
    assert_true(json_integer_value(json_object_get(j, "longest")) <= 998);
    assert_true(json_is_false(json_object_get(j, "eight_bit")));
    assert_true(json_is_false(json_object_get(j, "encoded_lines")));
    return j;
}

static const char *text_of(const json_t *j, const char *name) {
    const char *text = json_string_value(json_object_get(j, name));
    return text ? text : "(none)";
}

static void has_address(const json_t *j, const char *name, const char *display, const char *address) {
    json_t *one = json_array_get(json_object_get(j, name), 0);
    assert_int_equal(json_array_size(json_object_get(j, name)), 1);
    assert_string_equal(json_string_value(json_array_get(one, 0)), display);
    assert_string_equal(json_string_value(json_array_get(one, 1)), address);
}

static void test_plain(void **state) {
    (void)state;
    json_t *j = written(&plain_mail);
    assert_string_equal(text_of(j, "type"), "multipart/alternative");
    assert_string_equal(text_of(j, "subject"), plain_mail.subject);
    has_address(j, "from", "Marram Ltd", "hello@example.com");
    has_address(j, "to", "Ann Lee", "ann@customer.example");
    has_address(j, "reply_to", "", "replies@example.com");
    assert_string_equal(text_of(j, "date"), "2026-11-24T00:00:00+00:00");
    assert_string_equal(text_of(j, "message_id"), "<" TOKEN "@example.com>");
    assert_string_equal(text_of(j, "unsubscribe"), "");
    assert_string_equal(text_of(j, "auto"), "");
    assert_string_equal(text_of(j, "plain"), plain_mail.plain);
    assert_string_equal(text_of(j, "html"), plain_mail.html);
    json_t *parts = json_object_get(j, "parts");
    assert_int_equal(json_array_size(parts), 2);
    assert_string_equal(json_string_value(json_array_get(parts, 0)), "text/plain utf-8 quoted-printable");
    assert_string_equal(json_string_value(json_array_get(parts, 1)), "text/html utf-8 quoted-printable");
    json_decref(j);
}

static void test_marketing(void **state) {
    (void)state;
    mail m = plain_mail;
    m.marketing = m.automatic = true;
    m.unsubscribe = "unsubscribe@example.com";
    json_t *j = written(&m);
    assert_string_equal(text_of(j, "unsubscribe"), "<mailto:unsubscribe@example.com?subject=unsubscribe-" TOKEN ">");
    assert_string_equal(text_of(j, "auto"), "auto-generated");
    json_decref(j);
    m.unsubscribe = "a%b&c=d?e+f@a-very-long-name-of-a-department.and-a-very-long-name-of-a-company.example.com";
    j = written(&m);
    assert_string_equal(text_of(j, "unsubscribe"), "<mailto:a%25b%26c%3Dd%3Fe%2Bf@a-very-long-name-of-a-department.and-a-very-long-name-of-a-company.example.com?subject=unsubscribe-" TOKEN ">");
    json_decref(j);
    m.marketing = false;
    j = written(&m);
    assert_string_equal(text_of(j, "unsubscribe"), "");
    json_decref(j);
}

static char *bytes_of(const mail *m) {
    text_buffer out = {0};
    mr_error err;
    if (mail_write(m, &out, &err) != MR_OK) fail_msg("%s", err.message);
    char *copy = strdup(text_terminate(&out));
    text_free(&out);
    return copy;
}

/* The link that unsubscribes by one click is one header more, and is there only for marketing; an answer names what it answers. */
static void test_one_click_and_answers(void **state) {
    (void)state;
    mail m = plain_mail;
    m.unsubscribe = "unsubscribe@example.com";
    m.one_click = "https://example.com/leave?t=" TOKEN;
    m.answers = "CAJ=abc+1@mail.customer.example";
    char *bytes = bytes_of(&m);
    assert_null(strstr(bytes, "List-Unsubscribe"));
    assert_null(strstr(bytes, "Precedence"));
    assert_non_null(strstr(bytes, "\r\nIn-Reply-To: <CAJ=abc+1@mail.customer.example>\r\n"));
    assert_non_null(strstr(bytes, "\r\nReferences: <CAJ=abc+1@mail.customer.example>\r\n"));
    free(bytes);
    m.marketing = true;
    bytes = bytes_of(&m);
    assert_non_null(strstr(bytes, "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    assert_non_null(strstr(bytes, "\r\nPrecedence: bulk\r\n"));
    free(bytes);
    json_t *j = written(&m);
    assert_string_equal(text_of(j, "unsubscribe"), "<https://example.com/leave?t=" TOKEN ">,<mailto:unsubscribe@example.com?subject=unsubscribe-" TOKEN ">"); /* parse_mail.py takes blanks away */
    json_decref(j);
    m.one_click = m.answers = "";
    bytes = bytes_of(&m);
    assert_null(strstr(bytes, "List-Unsubscribe-Post"));
    assert_null(strstr(bytes, "In-Reply-To"));
    free(bytes);
}

/* Names, subjects and texts of every script, long ones, ones that look like syntax. */
static void test_texts(void **state) {
    (void)state;
    static const char *const texts[] = {
        "Grüße aus Köln", "ご無沙汰しております、田中様", "Привет, как прошла первая неделя с нашим товаром? Мы будем рады помочь вам с любыми вопросами", "🎉 Danke 🎉", "a \"quoted\" name, with (comments) <and> @signs; \\ too",
        "=?utf-8?Q?not_encoded?=", "From: somebody", ".", "..", "مرحبا بالعالم", "x", "Naïve café — “so” said 50 % of them…", "trailing = sign =", "a very long subject of many plain words that has to be folded somewhere and is read back as one line again without any change at all, however long it may be",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char plain[1200], html[1200];
        snprintf(plain, sizeof plain, "%s\n.\n..\n%s %s %s %s\nFrom here on\n\n  indented\ttab \n%s\n", texts[i], texts[i], texts[i], texts[i], texts[i], texts[i]);
        snprintf(html, sizeof html, "<p>%s</p>\n<p class=\"a\">%s</p>\n", texts[i], texts[i]);
        mail m = plain_mail;
        m.subject = m.from_name = m.to_name = texts[i];
        m.plain = plain;
        m.html = html;
        json_t *j = written(&m);
        if (strncmp(texts[i], "=?", 2)) { /* Python reads an encoded word within an encoded word's place, too */
            assert_string_equal(text_of(j, "subject"), texts[i]);
            has_address(j, "to", texts[i], "ann@customer.example");
            has_address(j, "from", texts[i], "hello@example.com");
        }
        assert_string_equal(text_of(j, "plain"), plain);
        assert_string_equal(text_of(j, "html"), html);
        json_decref(j);
    }
}

static void test_line_ends(void **state) {
    (void)state;
    mail m = plain_mail;
    m.plain = "one\r\ntwo\rthree\n\nfour";
    m.html = "";
    m.from_name = m.to_name = m.reply_to = NULL;
    json_t *j = written(&m);
    assert_string_equal(text_of(j, "type"), "text/plain");
    assert_string_equal(text_of(j, "plain"), "one\ntwo\nthree\n\nfour\n");
    has_address(j, "to", "", "ann@customer.example");
    json_decref(j);
}

static void test_same_bytes(void **state) {
    (void)state;
    text_buffer a = {0}, b = {0};
    assert_int_equal(mail_write(&plain_mail, &a, NULL), MR_OK);
    assert_int_equal(mail_write(&plain_mail, &b, NULL), MR_OK);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    text_free(&a);
    text_free(&b);
}

static void test_refused(void **state) {
    (void)state;
    char long_text[1200];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = 0;
    const struct {
        const char *field, *bad;
        size_t at;
    } cases[] = {
#define AT(member) offsetof(mail, member)
        {"from", "", AT(from)}, {"from", "hello", AT(from)}, {"from", "a@example.com\r\nBcc: b@example.com", AT(from)}, {"to", "a@b.example>\nX: y", AT(to)}, {"to", "a@b.example, c@d.example", AT(to)},
        {"to", "müller@example.com", AT(to)}, {"to", "a@müller.example", AT(to)}, {"to", NULL, AT(to)}, {"reply to", "x@y", AT(reply_to)}, {"reply to", "x@y.example\n", AT(reply_to)},
        {"subject", "Hello\r\nBcc: x@y.example", AT(subject)}, {"subject", "Hello\nX", AT(subject)}, {"subject", "Hello\rX", AT(subject)}, {"subject", "bell\a", AT(subject)}, {"subject", "\xC3(", AT(subject)},
        {"subject", long_text, AT(subject)}, {"from name", "A\nB", AT(from_name)}, {"to name", "A\r\nB", AT(to_name)}, {"text", "", AT(plain)}, {"text", "\xFF", AT(plain)}, {"HTML", "<p>\xE4</p>", AT(html)},
        {"token", "short", AT(token)}, {"token", "0123456789abcdef0123456789abcde\n", AT(token)}, {"token", "0123456789ABCDEF0123456789abcdef", AT(token)}, {"unsubscribe", "", AT(unsubscribe)}, {"unsubscribe", "u@example.com>\r\nX: y", AT(unsubscribe)},
        {"one click", "http://example.com", AT(one_click)}, {"one click", "https://", AT(one_click)}, {"one click", "https://example.com/>\r\nX: y", AT(one_click)}, {"one click", "https://example.com/a b", AT(one_click)}, {"one click", long_text, AT(one_click)},
        {"answers", "x", AT(answers)}, {"answers", "a@b.example>\r\nBcc: x@y.example", AT(answers)}, {"answers", "<a@b.example>", AT(answers)}, {"answers", "a@b\xC3\xA9", AT(answers)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mail m = plain_mail;
        text_buffer out = {0};
        mr_error err = {0};
        m.marketing = true;
        m.unsubscribe = "unsubscribe@example.com";
        *(const char **)((char *)&m + cases[i].at) = cases[i].bad;
        if (mail_write(&m, &out, &err) == MR_OK) fail_msg("%s: '%s' was taken", cases[i].field, cases[i].bad);
        assert_string_equal(err.field, cases[i].field);
        assert_int_equal(out.len, 0);
        for (const char *c = err.message; *c; c++) assert_true((unsigned char)*c >= 0x20);
        text_free(&out);
    }
    mail m = plain_mail;
    m.date_us = INT64_MAX;
    assert_int_equal(mail_write(&m, &(text_buffer){0}, NULL), MR_EDATA);
}

static void test_addresses(void **state) {
    (void)state;
    static const char *const good[] = {"a@b.example", "first.last+tag@sub.example.co.uk", "o'neil@example.com", "x_y-z@xn--mller-kva.example", "1@2.de", "a!#$%&'*+-/=?^_`{|}~@b.example"};
    static const char *const bad[] = {"", "@", "a", "a@", "@b.example", "a@b", "a@@b.example", "a b@c.example", ".a@b.example", "a.@b.example", "a..b@c.example", "a@.b.example", "a@b..example", "a@b.example.", "a@-b.example",
                                      "a@b-.example", "a@1.2.3.4", "a@[1.2.3.4]", "\"a\"@b.example", "a@b_c.example", "a@b.example\n", "\na@b.example", "a@b.exam\x01ple", "a,b@c.example", "<a@b.example>", "a@b.example c"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!mail_address_ok(good[i])) fail_msg("%s was refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (mail_address_ok(bad[i])) fail_msg("%s was taken", bad[i]);
    assert_false(mail_address_ok(NULL));
    char local[80], out[MAIL_ADDRESS];
    memset(local, 'a', 65);
    strcpy(local + 65, "@b.example");
    assert_false(mail_address_ok(local));
    assert_true(mail_address_ok(local + 1));
    assert_true(mail_plus_address("replies@example.com", TOKEN, out));
    assert_string_equal(out, "replies+" TOKEN "@example.com");
    assert_false(mail_plus_address(local + 1, TOKEN, out));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain), cmocka_unit_test(test_marketing), cmocka_unit_test(test_one_click_and_answers), cmocka_unit_test(test_texts), cmocka_unit_test(test_line_ends),
                                       cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_refused), cmocka_unit_test(test_addresses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
