/* What came in is what it is: the usual programs' bounces, replies, unsubscribes and automatic answers; and whatever else arrives, nothing breaks. The seed is printed. */
#include "check.h"

#include <inbound.h>
#include <unicode.h>

#include <stdlib.h>
#include <time.h>

#define TOKEN "0123456789abcdef0123456789abcdef"
#define OTHER "ffffffffffffffffffffffffffffffff"
#define OURS "<" TOKEN "@example.com>"
#define HEAD "From: Ann Lee <ann@customer.example>\r\nTo: hello@example.com\r\nDate: Tue, 24 Nov 2026 01:00:00 +0100\r\nMessage-ID: <x1@customer.example>\r\n"
#define REPORT(status, returned) \
    "From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: bounces@example.com\r\nAuto-Submitted: auto-replied\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n" \
    "Content-Type: multipart/report; report-type=delivery-status; boundary=\"BB\"\r\n\r\n--BB\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n\r\n--BB\r\nContent-Type: message/delivery-status\r\n\r\n" \
    "Reporting-MTA: dns; mx.example\r\nArrival-Date: Tue, 24 Nov 2026 01:00:00 +0100\r\n\r\nFinal-Recipient: rfc822; ann@customer.example\r\n" status "\r\n--BB\r\n" returned "\r\n--BB--\r\n"
#define RETURNED "Content-Type: message/rfc822\r\n\r\nFrom: hello@example.com\r\nSubject: Hi\r\nMessage-ID: " OURS "\r\n\r\nHello\r\n"
#define HEADERS "Content-Type: text/rfc822-headers\r\n\r\nFrom: hello@example.com\r\nMessage-ID:\r\n " OURS "\r\nSubject: Hi\r\n"
#define PLAIN "Content-Type: text/plain; charset=utf-8\r\n\r\n"

typedef struct inbound_case {
    const char *what, *message;
    inbound_kind kind;
    const char *token, *text, *reason; /* NULL: not looked at; the reason begins so */
    bool hard, delayed;
} inbound_case;

static const inbound_case cases[] = {
    {"hard", REPORT("Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such\r\n user\r\n", RETURNED), INBOUND_BOUNCE, TOKEN, "It did not arrive.", "failed 5.1.1: smtp; 550 5.1.1 no such", true, false},
    {"headers alone", REPORT("Action: failed\r\nStatus: 5.2.2\r\n", HEADERS), INBOUND_BOUNCE, TOKEN, NULL, "failed 5.2.2", true, false},
    {"soft", REPORT("Action: failed\r\nStatus: 4.4.7\r\n", RETURNED), INBOUND_BOUNCE, TOKEN, NULL, "failed 4.4.7", false, false},
    {"delayed", REPORT("Action: delayed\r\nStatus: 4.4.1\r\n", RETURNED), INBOUND_BOUNCE, TOKEN, NULL, "delayed 4.4.1", false, true},
    {"no status", REPORT("Action: failed\r\nDiagnostic-Code: smtp; 550 no\r\n", RETURNED), INBOUND_BOUNCE, TOKEN, NULL, "failed: smtp; 550 no", true, false},
    {"two recipients", REPORT("Action: delayed\r\nStatus: 4.4.1\r\n\r\nFinal-Recipient: rfc822; b@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n", RETURNED), INBOUND_BOUNCE, TOKEN, NULL, "failed 5.1.1", true, false},
    {"delivered", REPORT("Action: delivered\r\nStatus: 2.0.0\r\n", RETURNED), INBOUND_AUTO, TOKEN, NULL, "a report", false, false},
    {"bounce to the plus address", "Delivered-To: bounces+" TOKEN "@example.com\r\n" REPORT("Action: failed\r\nStatus: 5.1.1\r\n", "Content-Type: text/plain\r\n\r\nnothing\r\n"), INBOUND_BOUNCE, TOKEN, NULL, NULL, true, false},
    {"a complaint", HEAD "Content-Type: multipart/report; report-type=feedback-report; boundary=B\r\n\r\n--B\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n--B\r\n" RETURNED "\r\n--B--\r\n", INBOUND_UNSUBSCRIBE, TOKEN, NULL, "the mailbox provider", false, false},
    {"reply", HEAD "Subject: Re: Hi\r\nIn-Reply-To: " OURS "\r\n" PLAIN "Thank you, it is fine.\r\n\r\nAnn\r\n\r\nOn Mon, 23 Nov 2026 at 17:00, Marram wrote:\r\n> Hello\r\n> how was it?\r\n", INBOUND_REPLY, TOKEN, "Thank you, it is fine.\n\nAnn", NULL, false, false},
    {"two lines of attribution", HEAD "Subject: Re: Hi\r\nReferences: " OURS " <" OTHER "@gmail.example>\r\n" PLAIN "Fine.\r\n\r\nOn Mon, 23 Nov 2026 at 17:00, Marram Ltd <hello@example.com>\r\nwrote:\r\n\r\nHello\r\n", INBOUND_REPLY, TOKEN, "Fine.", NULL, false, false},
    {"German", HEAD "Subject: AW: Hi\r\nIn-Reply-To: " OURS "\r\n" PLAIN "Schön.\r\n\r\nAm 23.11.26 um 17:00 schrieb Marram:\r\n> Hallo\r\n", INBOUND_REPLY, TOKEN, "Schön.", NULL, false, false},
    {"Outlook", HEAD "Subject: AW: Hi\r\nIn-Reply-To: " OURS "\r\n" PLAIN "Passt.\r\n\r\n________________________________\r\nVon: Marram\r\nGesendet: Montag\r\nAn: Ann\r\n\r\nHallo\r\n", INBOUND_REPLY, TOKEN, "Passt.", NULL, false, false},
    {"answers between", HEAD "Subject: Re: Hi\r\nIn-Reply-To: " OURS "\r\n" PLAIN "> how was it?\r\nFine.\r\n> and now?\r\nMore.\r\n", INBOUND_REPLY, TOKEN, "Fine.\nMore.", NULL, false, false},
    {"HTML alone", HEAD "Subject: Re: Hi\r\nIn-Reply-To: " OURS "\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html><head><title>t</title><style>p{}</style></head><body><p>Sch=F6n &amp; gut &#8364;</p><div>Ann</div><blockquote>old</blockquote></body></html>\r\n", INBOUND_REPLY, TOKEN, "Schön & gut €\nAnn", NULL, false, false},
    {"to the plus address", "X-Original-To: replies+" TOKEN "@example.com\r\n" HEAD "Subject: Hi\r\n" PLAIN "Hello\r\n", INBOUND_REPLY, TOKEN, "Hello", NULL, false, false},
    {"another's token", HEAD "Subject: Re: Hi\r\nIn-Reply-To: <" OTHER "@gmail.example>\r\n" PLAIN "Hello\r\n", INBOUND_UNKNOWN, "", "Hello", NULL, false, false},
    {"List-Unsubscribe", HEAD "Subject: unsubscribe-" TOKEN "\r\nAuto-Submitted: auto-generated\r\n\r\n", INBOUND_UNSUBSCRIBE, TOKEN, "", NULL, false, false},
    {"unsubscribe by subject", HEAD "Subject: Re: AW: Unsubscribe\r\nIn-Reply-To: " OURS "\r\n" PLAIN "Hello\r\n", INBOUND_UNSUBSCRIBE, TOKEN, NULL, "the subject", false, false},
    {"by first line", HEAD "Subject: Re: Hi\r\nIn-Reply-To: " OURS "\r\n" PLAIN "\r\nAbmelden!\r\n\r\n> Hello\r\n", INBOUND_UNSUBSCRIBE, TOKEN, NULL, "the first line", false, false},
    {"only mentioned", HEAD "Subject: Re: Hi\r\nIn-Reply-To: " OURS "\r\n" PLAIN "How do I unsubscribe my colleague?\r\n", INBOUND_REPLY, TOKEN, NULL, NULL, false, false},
    {"quoted only", HEAD "Subject: Re: Hi\r\nIn-Reply-To: " OURS "\r\n" PLAIN "Fine\r\n> unsubscribe\r\n", INBOUND_REPLY, TOKEN, "Fine", NULL, false, false},
    {"out of office", HEAD "Subject: Automatic reply: Hi\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: " OURS "\r\n" PLAIN "I am away\r\n", INBOUND_AUTO, TOKEN, NULL, "Auto-Submitted", false, false},
    {"by its subject alone", HEAD "Subject: Abwesenheitsnotiz: Hi\r\nIn-Reply-To: " OURS "\r\n" PLAIN "weg\r\n", INBOUND_AUTO, TOKEN, NULL, "subject", false, false},
    {"Auto-Submitted: no", HEAD "Subject: Re: Hi\r\nAuto-Submitted: no\r\nIn-Reply-To: " OURS "\r\n" PLAIN "Fine\r\n", INBOUND_REPLY, TOKEN, NULL, NULL, false, false},
    {"a list", HEAD "Subject: News\r\nPrecedence: bulk\r\n" PLAIN "News\r\n", INBOUND_AUTO, "", NULL, "Precedence", false, false},
    {"empty sender", "Return-Path: <>\r\n" HEAD "Subject: failure notice\r\n" PLAIN "Sorry\r\n", INBOUND_AUTO, "", NULL, "Return-Path", false, false},
    {"somebody new", HEAD "Subject: A question\r\n" PLAIN "Hello\r\n", INBOUND_UNKNOWN, "", "Hello", NULL, false, false},
};

static void test_cases(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const inbound_case *c = &cases[i];
        inbound m = {0};
        assert_int_equal(inbound_read(c->message, strlen(c->message), "example.com", &m, NULL), MR_OK);
        if (m.kind != c->kind || strcmp(m.token, c->token) || (c->text && strcmp(m.text.data, c->text)) || (c->reason && strncmp(m.reason, c->reason, strlen(c->reason))) || m.hard != c->hard || m.delayed != c->delayed)
            fail_msg("%s: %s, token '%s', hard %d, delayed %d, '%s', text '%s'", c->what, inbound_kind_text(m.kind), m.token, m.hard, m.delayed, m.reason, m.text.data);
        if (!strncmp(c->message, HEAD, 30)) {
            assert_string_equal(m.from, "ann@customer.example");
            assert_string_equal(m.message_id, "x1@customer.example");
            assert_true(m.date_us == INT64_C(1795478400000000));
        }
        inbound_free(&m);
    }
}

static void sound(const char *bytes, size_t len) {
    inbound m = {0};
    assert_int_equal(inbound_read(bytes, len, "", &m, NULL), MR_OK);
    const char *texts[] = {m.token, m.reason, m.from, m.subject, m.message_id, m.text.data};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(unicode_fault(texts[i], strlen(texts[i])), strlen(texts[i]));
        for (const char *c = texts[i]; i < 5 && *c; c++) assert_true((unsigned char)*c >= 0x20);
    }
    assert_true(m.text.len <= INBOUND_TEXT && (!m.token[0] || mail_token_ok(m.token)) && (!m.from[0] || mail_address_ok(m.from)));
    inbound_free(&m);
}

static void test_mutated(void **state) {
    (void)state;
    const char *given = getenv("MARRAM_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    print_message("seed %llu\n", (unsigned long long)seed);
    static const char *const pieces[] = {"\r\n", "\n\n", "--BB\r\n", "--BB--\r\n", "Content-Type: ", "multipart/mixed; boundary=BB\r\n", "message/rfc822\r\n\r\n", "charset=utf-16", "=?utf-8?B?/w==?=", "<!--", "<blockquote>", "&#xD800;", "&#0;",
                                         "\xFF\xFE", "Content-Transfer-Encoding: base64\r\n", "Subject: ", "From: ", "@", "+" TOKEN "@", "On  wrote:", ">", "Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n", "References: <", "Action: failed\r\n"};
    srand48((long)seed);
    for (int round = 0; round < 12000; round++) {
        char message[8000];
        const char *from = cases[(size_t)lrand48() % (sizeof cases / sizeof *cases)].message;
        size_t len = strlen(from);
        memcpy(message, from, len);
        for (long n = 1 + lrand48() % 12; n > 0 && len > 200; n--) {
            size_t at = (size_t)lrand48() % len, many = (size_t)lrand48() % 60;
            const char *piece = pieces[(size_t)lrand48() % (sizeof pieces / sizeof *pieces)];
            size_t piece_len = strlen(piece);
            if (many > len - at) many = len - at;
            switch (lrand48() % 5) {
            case 0: message[at] = (char)lrand48(); break;
            case 1: memmove(message + at, message + at + many, len - at - many), len -= many; break;
            case 2:
                if (len + piece_len < sizeof message) memmove(message + at + piece_len, message + at, len - at), memcpy(message + at, piece, piece_len), len += piece_len;
                break;
            case 3:
                if (len + many < sizeof message) memmove(message + at + many, message + at, len - at), len += many;
                break;
            default: if (!(lrand48() % 4)) len = at + 1;
            }
        }
        sound(message, len);
    }
}

static void repeated(const char *head, const char *piece, size_t n, const char *tail) {
    text_buffer b = {0};
    text_puts(&b, head);
    size_t len = strlen(piece);
    for (size_t i = 0; i < n && b.len + len + 1000 < INBOUND_LONGEST; i++) text_add(&b, piece, len);
    text_puts(&b, tail);
    clock_t began = clock();
    sound(b.data, b.len);
    print_message("%.20s: %.2f s\n", piece, (double)(clock() - began) / CLOCKS_PER_SEC);
    text_free(&b);
}

/* As deep and as long as ten megabytes allow. */
static void test_extremes(void **state) {
    (void)state;
    mr_error err;
    inbound m = {0};
    char *large = calloc(1, INBOUND_LONGEST + 1);
    assert_int_equal(inbound_read(large, INBOUND_LONGEST + 1, "", &m, &err), MR_EDATA);
    assert_int_equal(inbound_read(large, 0, "", &m, &err), MR_EDATA);
    sound(large, INBOUND_LONGEST);
    free(large);
    sound("x", 1);
    sound("\n", 1);
    repeated("", "Content-Type: message/rfc822\n\n", 300000, "Subject: x\n\nx\n");
    repeated("", "Content-Type: multipart/mixed; boundary=a\n\n--a\n", 200000, "\nx\n");
    repeated("Content-Type: multipart/mixed; boundary=a\n\n", "--a\n\nx\n", 100000, "--a--\n");
    repeated("Subject: ", "a\n ", 200000, "\n\nx\n");
    repeated("", "X: y\n", 200000, "\nx\n");
    repeated("References: ", OURS " ", 100000, "\n\nx\n");
    repeated("To: ", "a@b.example, ", 100000, "c@d.example\n\nx\n");
    repeated("Content-Type: text/html\n\n", "<div><blockquote>&amp;", 400000, "\n");
    repeated("Content-Type: text/plain\n\n", "On \n\n", 1000000, "\n");
    repeated("Content-Type: text/plain\n\n", "Am 3. schrieb\n> x\n", 500000, "\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_mutated), cmocka_unit_test(test_extremes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
