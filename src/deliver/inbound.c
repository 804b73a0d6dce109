/* Sorting e-mail that came in. The order matters: a bounce is also a machine's mail, a wish to unsubscribe may be sent by a machine, and a machine's answer often looks like a
 * reply. Tokens of 128 bits are searched for; whether one is ours the outbox says. */
#include "inbound.h"

#include "inbound_guard.h"
#include "inbound_report.h"
#include "inbound_text.h"

#include <error.h>
#include <mem.h>
#include <unicode.h>

#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DEEPEST 30     /* parts within parts; nobody writes that */
#define MOST_PARTS 500
#define HEX (MAIL_TOKEN - 1)

typedef struct found_parts {
    GMimeObject *plain, *html;
    GMimeObject *status, *complaint, *returned; /* delivery-status, feedback-report, the message or headers that came back */
    size_t n;
} found_parts;

/* --- tokens --- */

/* The last "MARK token @domain" in a header's text, mark being '<' of a Message-ID or '+' of a plus address. */
static bool token_in(const char *text, char mark, const char *domain, char out[MAIL_TOKEN]) {
    bool found = false;
    for (const char *at = text ? strchr(text, '@') : NULL; at; at = strchr(at + 1, '@')) {
        if (at - text < HEX) continue;
        const char *begin = at - HEX;
        char before = begin > text ? begin[-1] : ' ';
        if (mark == '+' ? before != '+' : before != '<' && before != ' ') continue;
        size_t n = strlen(domain);
        if (n && (strncasecmp(at + 1, domain, n) || (at[1 + n] && !strchr("> \t\r\n,;)", at[1 + n])))) continue;
        found |= mail_token_copy(begin, HEX, out);
    }
    return found;
}

static bool token_of_headers(GMimeObject *o, const char *const *headers, char mark, const char *domain, char out[MAIL_TOKEN]) {
    for (; *headers; headers++)
        if (token_in(g_mime_object_get_header(o, *headers), mark, domain, out)) return true;
    return false;
}

static void find_token(GMimeMessage *message, const found_parts *parts, const char *domain, char out[MAIL_TOKEN]) {
    static const char *const answers[] = {"In-Reply-To", "References", NULL};
    static const char *const recipients[] = {"To", "Delivered-To", "X-Original-To", "Envelope-To", "Cc", NULL};
    GMimeObject *o = GMIME_OBJECT(message);
    char id[512];
    if (parts->returned && (parts->status || parts->complaint) && inbound_returned_id(parts->returned, id, sizeof id) && token_in(id, '<', domain, out)) return;
    if (token_of_headers(o, answers, '<', domain, out)) return;
    token_of_headers(o, recipients, '+', "", out);
}

/* --- parts --- */

static void see_part(GMimeObject *o, bool report, found_parts *found) {
    GMimeContentType *type = g_mime_object_get_content_type(o);
    GMimeContentDisposition *where = g_mime_object_get_content_disposition(o);
    bool attached = where && g_mime_content_disposition_is_attachment(where);
    const struct {
        const char *type, *subtype;
        GMimeObject **to;
        bool text;
    } rows[] = {{"text", "plain", &found->plain, true},
                {"text", "html", &found->html, true},
                {"message", "delivery-status", &found->status, false},
                {"message", "global-delivery-status", &found->status, false},
                {"message", "feedback-report", &found->complaint, false},
                {"message", "rfc822", &found->returned, false},
                {"message", "global", &found->returned, false},
                {"text", "rfc822-headers", &found->returned, false},
                {"message", "global-headers", &found->returned, false}};
    for (size_t i = 0; type && i < sizeof rows / sizeof *rows; i++)
        if (g_mime_content_type_is_type(type, rows[i].type, rows[i].subtype) && !*rows[i].to && (rows[i].text ? !attached : report)) *rows[i].to = o;
}

/* Into multiparts, not into messages within: what a forwarded bounce says is not said to us. */
static void walk(GMimeObject *o, bool report, int depth, found_parts *found) {
    if (!o || depth > DEEPEST || found->n++ > MOST_PARTS) return;
    if (!GMIME_IS_MULTIPART(o)) {
        see_part(o, report, found);
        return;
    }
    GMimeContentType *type = g_mime_object_get_content_type(o);
    bool reports = report || (type && g_mime_content_type_is_type(type, "multipart", "report"));
    int n = g_mime_multipart_get_count(GMIME_MULTIPART(o));
    for (int i = 0; i < n && found->n <= MOST_PARTS; i++) walk(g_mime_multipart_get_part(GMIME_MULTIPART(o), i), reports, depth + 1, found);
}

static char *part_text(GMimeObject *o) {
    return o && GMIME_IS_TEXT_PART(o) ? g_mime_text_part_get_text(GMIME_TEXT_PART(o)) : NULL;
}

/* UTF-8 whatever the message claims. */
static void read_text(const found_parts *parts, text_buffer *out) {
    char *plain = part_text(parts->plain), *html = plain ? NULL : part_text(parts->html);
    text_buffer whole = {0};
    if (plain) text_puts(&whole, plain);
    if (html) inbound_html(html, strlen(html), &whole);
    if (whole.len > 4 * INBOUND_TEXT) whole.len = 4 * INBOUND_TEXT;
    text_terminate(&whole);
    if (!whole.failed) {
        unicode_mend(whole.data);
        inbound_new_text(whole.data, strlen(whole.data), out);
    }
    if (out->len > INBOUND_TEXT) out->len = INBOUND_TEXT;
    text_terminate(out);
    if (!out->failed) out->len = strlen(unicode_mend(out->data));
    if (whole.failed) out->failed = true;
    text_free(&whole);
    g_free(plain);
    g_free(html);
}

/* --- what it is --- */

static bool by_machine(GMimeObject *o, const char *subject, char reason[256]) {
    static const struct {
        const char *header, *begins; /* of its value; "": any */
        bool unless;                 /* any other value */
    } rows[] = {{"Auto-Submitted", "no", true},     {"X-Autoreply", "", false},    {"X-Autorespond", "", false},       {"X-Autoresponder", "", false}, {"X-Auto-Reply", "", false},
                {"Precedence", "auto", false},      {"Precedence", "bulk", false}, {"Precedence", "junk", false},      {"Precedence", "list", false},  {"List-Id", "", false},
                {"Return-Path", "<>", false},       {"X-Failed-Recipients", "", false}, {"Feedback-ID", "", false}};
    static const char *const subjects[] = {"automatic reply", "auto-reply", "autoreply", "auto:", "out of office", "out of the office", "automatische antwort", "abwesenheitsnotiz", "abwesend:", "réponse automatique"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *value = g_mime_object_get_header(o, rows[i].header);
        if (!value) continue;
        while (*value == ' ' || *value == '\t') value++;
        bool matches = !strncasecmp(value, rows[i].begins, strlen(rows[i].begins));
        if (matches == rows[i].unless) continue;
        char said[128];
        mail_one_line(value, strlen(value), said, sizeof said);
        snprintf(reason, 256, "%s: %s", rows[i].header, said);
        return true;
    }
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (!strncasecmp(subject, subjects[i], strlen(subjects[i]))) return snprintf(reason, 256, "subject: %s", subjects[i]) > 0;
    return false;
}

static bool leaves(inbound *m) {
    static const char with_token[] = "unsubscribe-";
    const char *subject = m->subject;
    while (*subject == ' ') subject++;
    if (!strncasecmp(subject, with_token, sizeof with_token - 1)) {
        mail_token_copy(subject + sizeof with_token - 1, strlen(subject + sizeof with_token - 1), m->token);
        return snprintf(m->reason, sizeof m->reason, "asked for by the link to unsubscribe") > 0;
    }
    return false;
}

static bool leaves_us(inbound *m) {
    static const char with_token[] = "leave-";
    const char *subject = m->subject;
    char token[MAIL_TOKEN] = "";
    while (*subject == ' ') subject++;
    if (strncasecmp(subject, with_token, sizeof with_token - 1) || !mail_token_copy(subject + sizeof with_token - 1, strlen(subject + sizeof with_token - 1), token)) return false;
    memcpy(m->token, token, sizeof token);
    return snprintf(m->reason, sizeof m->reason, "asked for by the link to leave") > 0;
}

static bool leaves_in_words(inbound *m) {
    const char *text = m->text.data, *end = strchr(text, '\n');
    bool subject = inbound_leaves(m->subject, strlen(m->subject)), line = inbound_leaves(text, end ? (size_t)(end - text) : strlen(text));
    if (subject || line) snprintf(m->reason, sizeof m->reason, "%s says so", subject ? "the subject" : "the first line");
    return subject || line;
}

static void judge(GMimeMessage *message, const found_parts *parts, inbound *m) {
    if (parts->status) {
        bool bounced = inbound_status(parts->status, &m->hard, &m->delayed, m->reason, sizeof m->reason);
        m->kind = bounced ? INBOUND_BOUNCE : INBOUND_AUTO;
    } else if (parts->complaint) {
        m->kind = INBOUND_UNSUBSCRIBE;
        snprintf(m->reason, sizeof m->reason, "the mailbox provider passes on a complaint");
    } else if (leaves(m)) {
        m->kind = INBOUND_UNSUBSCRIBE;
    } else if (leaves_us(m)) {
        m->kind = INBOUND_LEAVE;
    } else if (by_machine(GMIME_OBJECT(message), m->subject, m->reason)) {
        m->kind = INBOUND_AUTO;
    } else if (leaves_in_words(m)) {
        m->kind = INBOUND_UNSUBSCRIBE;
    } else {
        m->kind = m->token[0] ? INBOUND_REPLY : INBOUND_UNKNOWN;
        snprintf(m->reason, sizeof m->reason, "%s", m->token[0] ? "it answers a message of ours" : "it names no message of ours");
    }
}

static void read_headers(GMimeMessage *message, inbound *m) {
    const char *subject = g_mime_message_get_subject(message), *id = g_mime_message_get_message_id(message);
    if (subject) mail_one_line(subject, strlen(subject), m->subject, sizeof m->subject);
    if (id) mail_one_line(id, strlen(id), m->message_id, sizeof m->message_id);
    InternetAddressList *from = g_mime_message_get_from(message);
    int n = from ? internet_address_list_length(from) : 0;
    for (int i = 0; i < n && !m->from[0]; i++) {
        InternetAddress *a = internet_address_list_get_address(from, i);
        const char *address = INTERNET_ADDRESS_IS_MAILBOX(a) ? internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(a)) : NULL;
        if (mail_address_ok(address)) snprintf(m->from, sizeof m->from, "%s", address);
    }
    GDateTime *date = g_mime_message_get_date(message);
    if (date) m->date_us = g_date_time_to_unix(date) * 1000000;
}

mr_status inbound_read(const char *bytes, size_t len, const char *domain, inbound *out, mr_error *err) {
    inbound_free(out);
    out->date_us = INT64_MIN;
    if (!len) return error_set(err, MR_EDATA, "message", -1, "the message is empty");
    if (len > INBOUND_LONGEST) return error_set(err, MR_EDATA, "message", -1, "the message has %zu bytes, up to %zu are read", len, INBOUND_LONGEST);
    mail_gmime_ready();
    char *copy;
    bytes = inbound_guarded(bytes, len, &copy);
    if (!bytes) return error_memory(err, len);
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, len);
    mem_free(NULL, copy); /* GMime has its own */
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_persist_stream(parser, false);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    if (message) {
        found_parts parts = {0};
        walk(g_mime_message_get_mime_part(message), false, 0, &parts);
        read_headers(message, out);
        find_token(message, &parts, domain ? domain : "", out->token);
        read_text(&parts, &out->text);
        if (!out->text.failed) judge(message, &parts, out);
        g_object_unref(message);
    } else {
        snprintf(out->reason, sizeof out->reason, "it is no e-mail");
        text_terminate(&out->text);
    }
    g_object_unref(parser);
    g_object_unref(stream);
    if (!out->text.failed) return MR_OK;
    inbound_free(out);
    return error_memory(err, len);
}

void inbound_free(inbound *m) {
    if (!m) return;
    text_free(&m->text);
    *m = (inbound){0};
}

const char *inbound_kind_text(inbound_kind kind) {
    static const char *const words[] = {"unknown", "bounce", "reply", "unsubscribe", "leave", "automatic"};
    return (unsigned)kind < sizeof words / sizeof *words ? words[kind] : words[0];
}
