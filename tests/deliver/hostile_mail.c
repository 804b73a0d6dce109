/* E-mail made to bring its reader down: shapes that make parsers call themselves, or go over the same again and again, and honest messages with bytes changed. Whatever comes,
 * inbound_read ends, and what it gives may be stored and printed. The seed is printed; MARRAM_SEED gives another. */
#include "check.h"

#include <inbound.h>
#include <unicode.h>

#include <stdlib.h>
#include <time.h>

#define TOKEN "00112233445566778899aabbccddeeff"

typedef struct shape {
    const char *name, *head;
    const char *again; /* as often as there is room; %ld is its number */
    const char *tail;
    inbound_kind want;
} shape;

static const shape shapes[] = {
    {"nested multiparts", "", "Content-Type: multipart/mixed; boundary=b%ld\r\n\r\n--b%ld\r\n", "", INBOUND_UNKNOWN},
    {"nested messages", "", "Content-Type: message/rfc822\r\n\r\n", "", INBOUND_UNKNOWN},
    {"parts", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\nx\r\n", "", INBOUND_UNKNOWN},
    {"a long header", "Subject: ", "aaaaaaaa", "\r\n\r\nx", INBOUND_UNKNOWN},
    {"headers", "", "X-%ld: y\r\n", "\r\nx", INBOUND_UNKNOWN},
    {"groups", "From: ", "a:", "\r\n\r\nx", INBOUND_UNKNOWN},
    {"groups, folded", "reply-to : ", "a:\r\n ", "\r\n\r\nx", INBOUND_UNKNOWN},
    {"groups within", "Content-Type: message/rfc822\r\n\r\nTO: ", "a:", "\r\n\r\nx", INBOUND_UNKNOWN},
    {"comments", "From: ", "(", "\r\n\r\nx", INBOUND_UNKNOWN},
    {"quotes", "From: ", "\"", "\r\n\r\nx", INBOUND_UNKNOWN},
    {"routes", "From: <", "@a,", ":b@c.example>\r\n\r\nx", INBOUND_UNKNOWN},
    {"recipients", "To: ", "a@b.example, ", "\r\n\r\nx", INBOUND_UNKNOWN},
    {"references", "References: ", "<@@@@@@@@@@@@@", "\r\n\r\nx", INBOUND_UNKNOWN},
    {"encoded words", "Subject: ", "=?utf-8?q?=41?= ", "\r\n\r\nx", INBOUND_UNKNOWN},
    {"parameters", "Content-Type: text/plain", "; a*%ld=x", "\r\n\r\nx", INBOUND_UNKNOWN},
    {"reports", "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n", "Action: failed\r\nStatus: 5.1.1\r\n\r\n", "--b--\r\n", INBOUND_BOUNCE},
    {"open tags", "Content-Type: text/html\r\n\r\n", "<", "", INBOUND_UNKNOWN},
    {"open comments", "Content-Type: text/html\r\n\r\n", "<!--", "", INBOUND_UNKNOWN},
    {"open styles", "Content-Type: text/html\r\n\r\n", "<style>", "", INBOUND_UNKNOWN},
    {"entities", "Content-Type: text/html\r\n\r\n", "&#x", "", INBOUND_UNKNOWN},
    {"empty lines", "Subject: x\r\n\r\n", "\r\n", "", INBOUND_UNKNOWN},
    {"attributions", "Subject: x\r\n\r\n", "On \r\n\r\n\r\n\r\n", "", INBOUND_UNKNOWN},
    {"boundaries", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--x\r\n", "", INBOUND_UNKNOWN},
    {"shifts", "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n", "\033$B\033(B", "", INBOUND_UNKNOWN},
};

/* What comes of anything may be stored and shown. */
static void presentable(const inbound *m, const char *what) {
    const char *lines[] = {m->reason, m->from, m->subject, m->message_id, m->token};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t len = strlen(lines[i]);
        if (unicode_fault(lines[i], len) != len) fail_msg("%s: line %zu is no UTF-8", what, i);
        for (size_t k = 0; k < len; k++)
            if ((unsigned char)lines[i][k] < 0x20 || lines[i][k] == 0x7F) fail_msg("%s: line %zu holds a control character", what, i);
    }
    assert_true((unsigned)m->kind <= INBOUND_AUTO);
    assert_true(m->text.len <= INBOUND_TEXT && strlen(m->text.data) == m->text.len);
    assert_int_equal(unicode_fault(m->text.data, m->text.len), m->text.len);
    assert_true(!m->token[0] || mail_token_ok(m->token));
    assert_true(!m->from[0] || mail_address_ok(m->from));
    assert_true(m->reason[0]);
}

static void hostile_shapes(void **state) {
    (void)state;
    const size_t size = 1 << 20;
    char *bytes = malloc(size + 4096);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const shape *s = &shapes[i];
        size_t len = (size_t)sprintf(bytes, "%s", s->head);
        for (long n = 0; len < size; n++) len += (size_t)sprintf(bytes + len, s->again, n, n);
        len += (size_t)sprintf(bytes + len, "%s", s->tail);
        inbound m = {0};
        mr_error err;
        if (inbound_read(bytes, len, "example.com", &m, &err) != MR_OK) fail_msg("%s: %s", s->name, err.message);
        presentable(&m, s->name);
        if (m.kind != s->want) fail_msg("%s is %s", s->name, inbound_kind_text(m.kind));
        inbound_free(&m);
    }
    free(bytes);
}

static const char *const honest[] = {
    "From: Ann <ann@customer.example>\r\nTo: replies+" TOKEN "@example.com\r\nSubject: Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@customer.example>\r\nIn-Reply-To: <" TOKEN
    "@example.com>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0100\r\nContent-Type: multipart/alternative; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\nThanks, it w=C3=B6rks=\r\n now.\r\n\r\nOn Monday, Us wrote:\r\n> Hello\r\n--b\r\nContent-Type: text/html\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nPHA+VGhhbmtzPC9wPg==\r\n--b--\r\n",
    "From: MAILER-DAEMON@mx.example\r\nTo: bounces+" TOKEN "@example.com\r\nSubject: Undelivered\r\nAuto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=delivery-status; "
    "boundary=r\r\n\r\n--r\r\n\r\nSorry.\r\n--r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; ann@customer.example\r\nAction: failed\r\n"
    "Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1\r\n unknown\r\n\r\n--r\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <" TOKEN "@example.com>\r\nSubject: x\r\n\r\nx\r\n--r--\r\n",
    "From: ann@customer.example\r\nTo: unsubscribe@example.com\r\nSubject: unsubscribe-" TOKEN "\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n<html><head><style>p{}</style></head><p>Bitte "
    "<b>abmelden</b> &amp; gr\xfc\xdf&uuml;&#228;&#xe4;</p><blockquote>alt</blockquote></html>\r\n",
};

static uint64_t draw(uint64_t *state) { /* xorshift64* */
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static void changed_bytes(void **state) {
    (void)state;
    static const char *const bits[] = {"\r\n", "\n", "\r", ":", ";", "=?utf-8?b?", "?=", "--b\r\n", "--r--\r\n", "\"", "<", ">", "(", "\0", "\xff", "\xc3", "=", "=\r\n", " ", "\t", "@", "+", "&#", "multipart/", "message/rfc822"};
    const char *given = getenv("MARRAM_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20261123, rng = seed ? seed : 1;
    print_message("seed %llu\n", (unsigned long long)seed);
    char bytes[8192];
    inbound m = {0};
    for (int round = 0; round < 20000; round++) {
        const char *from = honest[draw(&rng) % 3];
        size_t len = strlen(from);
        memcpy(bytes, from, len);
        for (uint64_t n = 1 + draw(&rng) % 12; n && len; n--) {
            size_t at = draw(&rng) % len;
            const char *bit = bits[draw(&rng) % (sizeof bits / sizeof *bits)];
            size_t bit_len = bit[0] ? strlen(bit) : 1, cut = draw(&rng) % 40;
            switch (draw(&rng) % 4) {
            case 0: bytes[at] = (char)draw(&rng); break;
            case 1: /* something in between */
                if (len + bit_len > sizeof bytes) break;
                memmove(bytes + at + bit_len, bytes + at, len - at);
                memcpy(bytes + at, bit, bit_len);
                len += bit_len;
                break;
            case 2: /* a piece away */
                if (cut > len - at) cut = len - at;
                memmove(bytes + at, bytes + at + cut, len - at - cut);
                len -= cut;
                break;
            default: /* a piece twice */
                if (cut > len - at) cut = len - at;
                if (len + cut > sizeof bytes) break;
                memmove(bytes + at + cut, bytes + at, len - at);
                len += cut;
            }
        }
        mr_error err;
        char what[32];
        snprintf(what, sizeof what, "round %d", round);
        mr_status status = inbound_read(bytes, len, "example.com", &m, &err);
        if (status != (len ? MR_OK : MR_EDATA)) fail_msg("%s: %s", what, err.message);
        if (len) presentable(&m, what);
    }
    inbound_free(&m);
}

/* So that the changes begin from what is understood. */
static void honest_ones(void **state) {
    (void)state;
    static const inbound_kind want[] = {INBOUND_REPLY, INBOUND_BOUNCE, INBOUND_UNSUBSCRIBE};
    for (size_t i = 0; i < 3; i++) {
        inbound m = {0};
        mr_error err;
        assert_int_equal(inbound_read(honest[i], strlen(honest[i]), "example.com", &m, &err), MR_OK);
        assert_int_equal(m.kind, want[i]);
        assert_string_equal(m.token, TOKEN);
        if (!i) assert_string_equal(m.text.data, "Thanks, it wörks now.");
        if (i == 1) assert_true(m.hard && !m.delayed);
        inbound_free(&m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(honest_ones), cmocka_unit_test(hostile_shapes), cmocka_unit_test(changed_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
