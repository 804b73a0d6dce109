/* E-mail by GMime. What may stand in a header is checked here first: GMime folds and encodes, it does not refuse. */
#include "mail_write.h"

#include <error.h>
#include <unicode.h>

#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>

#define HEADER_LONGEST 998 /* bytes of a name or subject; RFC 5322's line is the same */
#define FIRST_DAY_US (-INT64_C(62135596800) * 1000000)  /* the years 1 to 9999, which GLib knows */
#define LAST_DAY_US (INT64_C(253402300799) * 1000000)

typedef struct mail_field {
    const char *name, *value;
    enum { ADDRESS, ADDRESS_OR_NONE, HEADER, BODY, LINK, ID } kind;
} mail_field;

static mr_status check_address(const mail_field *f, mr_error *err) {
    if (f->kind == ADDRESS_OR_NONE && !f->value[0]) return MR_OK;
    if (!f->value[0]) return error_set(err, MR_EDATA, f->name, -1, "%s: there is no address", f->name);
    if (mail_address_ok(f->value)) return MR_OK;
    char shown[128]; /* what is wrong with it may be what would spoil a terminal, too */
    size_t n = 0;
    for (; f->value[n] && n + 1 < sizeof shown; n++) shown[n] = (unsigned char)f->value[n] < 0x20 || f->value[n] == 0x7F ? '?' : f->value[n];
    shown[n] = 0;
    return error_set(err, MR_EDATA, f->name, -1, "%s: '%s' is no e-mail address as in name@example.com%s", f->name, unicode_mend(shown),
                     strpbrk(f->value, "\r\n") ? ": it holds a line break" : unicode_ascii(f->value, strlen(f->value)) ? "" : ": a domain in another script is written in its xn-- form");
}

static mr_status check_text(const mail_field *f, mr_error *err) {
    size_t len = strlen(f->value), fault = unicode_fault(f->value, len);
    if (fault < len) return error_set(err, MR_EDATA, f->name, -1, "%s: byte %zu is no UTF-8", f->name, fault + 1);
    if (f->kind == BODY) return MR_OK;
    if (len > HEADER_LONGEST) return error_set(err, MR_EDATA, f->name, -1, "%s: %zu bytes are too many for a header, up to %d are taken", f->name, len, HEADER_LONGEST);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)f->value[i];
        if (c == '\r' || c == '\n') return error_set(err, MR_EDATA, f->name, -1, "%s: it holds a line break, which would begin a header of its own: leave it out", f->name);
        if (c < 0x20 || c == 0x7F) return error_set(err, MR_EDATA, f->name, -1, "%s: it holds a control character (byte %zu): leave it out", f->name, i + 1);
    }
    return MR_OK;
}

/* Between < and > in a header: printable ASCII without blanks and brackets. */
static mr_status check_inside(const mail_field *f, mr_error *err) {
    static const char scheme[] = "https://";
    size_t len = strlen(f->value);
    bool fine = len <= 800;
    for (size_t i = 0; i < len; i++) fine &= (unsigned char)f->value[i] > 0x20 && (unsigned char)f->value[i] < 0x7F && f->value[i] != '<' && f->value[i] != '>';
    if (f->kind == LINK && len) fine &= !strncmp(f->value, scheme, sizeof scheme - 1) && len > sizeof scheme - 1 && !strchr(f->value, ',');
    if (f->kind == ID && len) fine &= strchr(f->value, '@') != NULL;
    if (fine) return MR_OK;
    return error_set(err, MR_EDATA, f->name, -1, "%s: %s", f->name, f->kind == LINK ? "it is no link as in https://example.com/leave?t=1 (ASCII, no blanks, commas or brackets)" : "it is no Message-ID as in 1234@example.com");
}

static mr_status check(const mail *m, mr_error *err) {
    const mail_field fields[] = {
        {"from", m->from, ADDRESS},   {"from name", m->from_name, HEADER}, {"to", m->to, ADDRESS},   {"to name", m->to_name, HEADER},
        {"reply to", m->reply_to, ADDRESS_OR_NONE}, {"unsubscribe", m->unsubscribe, m->marketing ? ADDRESS : ADDRESS_OR_NONE},
        {"one click", m->one_click, LINK}, {"answers", m->answers, ID}, {"subject", m->subject, HEADER}, {"text", m->plain, BODY}, {"HTML", m->html, BODY},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const mail_field *f = &fields[i];
        mr_status status = f->kind <= ADDRESS_OR_NONE ? check_address(f, err) : f->kind >= LINK ? check_inside(f, err) : check_text(f, err);
        if (status != MR_OK) return status;
    }
    if (!m->plain[0]) return error_set(err, MR_EDATA, "text", -1, "text: the message is empty; every e-mail has a version in plain text");
    if (!mail_token_ok(m->token)) return error_set(err, MR_EINVAL, "token", -1, "token: 32 hexadecimal digits are needed");
    if (m->date_us < FIRST_DAY_US || m->date_us > LAST_DAY_US) return error_set(err, MR_EDATA, "date", -1, "date: it is outside the years 1 to 9999");
    return MR_OK;
}

/* A text as a part of its own, its line breaks, however they are written, as \n: GMime ends lines by CRLF when it writes. */
static GMimeObject *body_part(const char *subtype, const char *text) {
    size_t len = strlen(text), n = 0;
    char *lines = g_malloc(len + 2);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\r' && text[i + 1] == '\n') continue;
        lines[n++] = text[i] == '\r' ? '\n' : text[i];
    }
    if (n && lines[n - 1] != '\n') lines[n++] = '\n';
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(lines, n);
    GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
    GMimePart *part = GMIME_PART(g_mime_text_part_new_with_subtype(subtype));
    g_mime_part_set_content(part, content);
    g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
    g_object_unref(content);
    g_object_unref(stream);
    g_free(lines);
    return GMIME_OBJECT(part);
}

static GMimeObject *body_of(const mail *m) {
    GMimeObject *plain = body_part("plain", m->plain);
    if (!m->html[0]) return plain;
    GMimeMultipart *both = g_mime_multipart_new_with_subtype("alternative");
    char boundary[MAIL_TOKEN + 16];
    snprintf(boundary, sizeof boundary, "=_marram_%s", m->token); /* "=_" stands in no quoted-printable text (RFC 2045, 6.7) */
    g_mime_multipart_set_boundary(both, boundary);
    GMimeObject *html = body_part("html", m->html);
    g_mime_multipart_add(both, plain);
    g_mime_multipart_add(both, html);
    g_object_unref(plain);
    g_object_unref(html);
    return GMIME_OBJECT(both);
}

static void add_address(GMimeMessage *message, GMimeAddressType type, const char *name, const char *address) {
    InternetAddress *mailbox = internet_address_mailbox_new(name[0] ? name : NULL, address);
    internet_address_set_charset(mailbox, "utf-8");
    internet_address_list_add(g_mime_message_get_addresses(message, type), mailbox);
    g_object_unref(mailbox);
}

/* The address inside a mailto: URI (RFC 6068, 2): what is not plain there is written %XX. out: three times the address. */
static char *uri_address(const char *address, char *out) {
    char *to = out;
    for (; *address; address++) to += sprintf(to, strchr("!#$%&'*+/=?^`{|}", *address) ? "%%%02X" : "%c", *address);
    return out;
}

static void add_headers(GMimeMessage *message, const mail *m) {
    char text[3 * MAIL_ADDRESS + MAIL_TOKEN + 1024], address[3 * MAIL_ADDRESS];
    add_address(message, GMIME_ADDRESS_TYPE_FROM, m->from_name, m->from);
    add_address(message, GMIME_ADDRESS_TYPE_TO, m->to_name, m->to);
    if (m->reply_to[0]) add_address(message, GMIME_ADDRESS_TYPE_REPLY_TO, "", m->reply_to);
    g_mime_message_set_subject(message, m->subject, "utf-8");
    int64_t seconds = m->date_us / 1000000 - (m->date_us % 1000000 < 0);
    GDateTime *date = g_date_time_new_from_unix_utc(seconds);
    g_mime_message_set_date(message, date);
    g_date_time_unref(date);
    snprintf(text, sizeof text, "%s@%s", m->token, strrchr(m->from, '@') + 1);
    g_mime_message_set_message_id(message, text);
    if (m->answers[0]) {
        snprintf(text, sizeof text, "<%s>", m->answers);
        g_mime_object_set_header(GMIME_OBJECT(message), "In-Reply-To", text, NULL);
        g_mime_object_set_header(GMIME_OBJECT(message), "References", text, NULL);
    }
    if (m->marketing) {
        bool link = m->one_click[0] != 0;
        snprintf(text, sizeof text, "%s%s%s<mailto:%s?subject=unsubscribe-%s>", link ? "<" : "", m->one_click, link ? ">, " : "", uri_address(m->unsubscribe, address), m->token);
        g_mime_object_set_header(GMIME_OBJECT(message), "List-Unsubscribe", text, NULL);
        if (link) g_mime_object_set_header(GMIME_OBJECT(message), "List-Unsubscribe-Post", "List-Unsubscribe=One-Click", NULL);
        g_mime_object_set_header(GMIME_OBJECT(message), "Precedence", "bulk", NULL); /* older programs that answer for the absent go by it alone */
    }
    if (m->automatic) g_mime_object_set_header(GMIME_OBJECT(message), "Auto-Submitted", "auto-generated", NULL);
}

static const char *or_none(const char *text) {
    return text ? text : "";
}

mr_status mail_write(const mail *given, text_buffer *out, mr_error *err) {
    mail m = *given;
    const char **texts[] = {&m.from_name, &m.from, &m.to_name, &m.to, &m.reply_to, &m.subject, &m.plain, &m.html, &m.unsubscribe, &m.one_click, &m.answers, &m.token};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) *texts[i] = or_none(*texts[i]);
    mr_status status = check(&m, err);
    if (status != MR_OK) return status;
    mail_gmime_ready();
    GMimeMessage *message = g_mime_message_new(false);
    add_headers(message, &m);
    GMimeObject *body = body_of(&m);
    g_mime_message_set_mime_part(message, body);
    GMimeFormatOptions *format = g_mime_format_options_new();
    g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
    GMimeStream *stream = g_mime_stream_mem_new();
    ssize_t written = g_mime_object_write_to_stream(GMIME_OBJECT(message), format, stream);
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    if (written < 0)
        status = error_memory(err, strlen(m.plain) + strlen(m.html));
    else {
        text_add(out, (const char *)bytes->data, bytes->len);
        if (out->failed) status = error_memory(err, bytes->len);
    }
    g_object_unref(stream);
    g_mime_format_options_free(format);
    g_object_unref(body);
    g_object_unref(message);
    return status;
}
