#include "sms.h"

#include "secret.h"

#include <error.h>
#include <mem.h>
#include <unicode.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADERS_MOST 32

typedef enum sms_form { FORM_JSON, FORM_URLENCODED } sms_form;

typedef struct sms_values {
    const char *to, *text, *id;
    bool unread; /* secrets are not read */
} sms_values;

/* --- how values are written --- */

static void write_json(const char *value, text_buffer *out) {
    json_t *string = json_string(value);
    char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    if (quoted) text_add(out, quoted + 1, strlen(quoted) - 2);
    else out->failed = true;
    free(quoted);
    json_decref(string);
}

static void write_form(const char *value, text_buffer *out) {
    for (const char *c = value; *c; c++) {
        bool plain = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || strchr("-._~", *c);
        if (plain) text_putc(out, *c);
        else text_printf(out, "%%%02X", (unsigned char)*c);
    }
}

static const char *header_value(const char *line, const char *name) {
    size_t len = strlen(name);
    return !strncasecmp(line, name, len) && line[len] == ':' ? line + len + 1 + strspn(line + len + 1, " \t") : NULL;
}

/* *said: a header line says it. */
static mr_status form_of(const sms_gateway *g, sms_form *form, bool *said, mr_error *err) {
    size_t blanks = strspn(g->body, " \t\r\n");
    *said = false;
    *form = g->body[blanks] == '{' || g->body[blanks] == '[' ? FORM_JSON : FORM_URLENCODED;
    for (size_t i = 0; i < g->headers_n; i++) {
        const char *type = header_value(g->headers[i], "Content-Type");
        if (!type) continue;
        size_t len = strcspn(type, "; \t");
        bool json = (len == 16 && !strncasecmp(type, "application/json", len)) || (len > 5 && !strncasecmp(type + len - 5, "+json", 5));
        if (!json && (len != 33 || strncasecmp(type, "application/x-www-form-urlencoded", len)))
            return error_set(err, MR_EDATA, "sms_headers", -1, "sms_headers: a body of the type '%.60s' cannot be filled in; application/json and application/x-www-form-urlencoded can", type);
        *form = json ? FORM_JSON : FORM_URLENCODED;
        *said = true;
    }
    return MR_OK;
}

/* --- what stands between {{ and }} --- */

typedef mr_status (*put_name)(void *ctx, const char *name, size_t len, text_buffer *out, mr_error *err);

static mr_status fill(const char *field, const char *pattern, put_name put, void *ctx, text_buffer *out, mr_error *err) {
    for (const char *at = pattern;;) {
        const char *open = strstr(at, "{{"), *end = open ? strstr(open, "}}") : NULL;
        if (open && !end) return error_set(err, MR_EDATA, field, -1, "%s: '%.40s' has no }}", field, open);
        text_add(out, at, open ? (size_t)(open - at) : strlen(at));
        if (!open) break;
        const char *name = open + 2 + strspn(open + 2, " "), *last = end;
        while (last > name && last[-1] == ' ') last--;
        mr_status status = put(ctx, name, last > name ? (size_t)(last - name) : 0, out, err);
        if (status != MR_OK) return status;
        at = end + 2;
    }
    text_terminate(out);
    return out->failed ? error_memory(err, strlen(pattern)) : MR_OK;
}

typedef struct body_values {
    const sms_values *v;
    sms_form form;
    bool had_to, had_text;
} body_values;

static bool is(const char *name, size_t len, const char *word) {
    return len == strlen(word) && !memcmp(name, word, len);
}

static mr_status put_in_body(void *ctx, const char *name, size_t len, text_buffer *out, mr_error *err) {
    body_values *b = ctx;
    const char *value = is(name, len, "to") ? b->v->to : is(name, len, "text") ? b->v->text : is(name, len, "id") ? b->v->id : NULL;
    if (!value) return error_set(err, MR_EDATA, "sms_body", -1, "sms_body: {{%.*s}} is not known; {{to}}, {{text}} and {{id}} are", len > 40 ? 40 : (int)len, name);
    if (unicode_fault(value, strlen(value)) != strlen(value)) return error_set(err, MR_EDATA, "text", -1, "{{%.*s}} of the SMS is no UTF-8", (int)len, name);
    b->had_to |= is(name, len, "to");
    b->had_text |= is(name, len, "text");
    (b->form == FORM_JSON ? write_json : write_form)(value, out);
    return MR_OK;
}

static mr_status put_in_header(void *ctx, const char *name, size_t len, text_buffer *out, mr_error *err) {
    const sms_values *v = ctx;
    char reference[512];
    text_buffer secret = {0};
    if (is(name, len, "id")) return text_puts(out, v->id), MR_OK;
    if (len >= sizeof reference || (strncmp(name, "env:", 4) && strncmp(name, "file:", 5)))
        return error_set(err, MR_EDATA, "sms_headers", -1, "sms_headers: {{%.*s}} is not known; {{env:NAME}}, {{file:PATH}} and {{id}} are", len > 40 ? 40 : (int)len, name);
    if (v->unread) return MR_OK;
    memcpy(reference, name, len);
    reference[len] = 0;
    mr_status status = secret_read("sms_headers", reference, &secret, err);
    if (status == MR_OK && memchr(secret.data, 0, secret.len)) status = error_set(err, MR_EDATA, "sms_headers", -1, "sms_headers: the secret in %.300s is no text", reference);
    if (status == MR_OK) text_add(out, secret.data, secret.len);
    text_free(&secret);
    return status;
}

mr_status sms_body(const sms_gateway *g, const char *to, const char *text, const char *id, text_buffer *out, mr_error *err) {
    sms_values v = {.to = to, .text = text, .id = id};
    body_values b = {.v = &v};
    bool said;
    mr_status status = form_of(g, &b.form, &said, err);
    if (status == MR_OK) status = fill("sms_body", g->body, put_in_body, &b, out, err);
    if (status == MR_OK && (!b.had_to || !b.had_text)) return error_set(err, MR_EDATA, "sms_body", -1, "sms_body has no %s", b.had_to ? "{{text}}" : "{{to}}");
    if (status != MR_OK || b.form != FORM_JSON) return status;
    json_error_t why;
    json_t *parsed = json_loadb(out->data, out->len, 0, &why);
    if (!parsed) return error_set(err, MR_EDATA, "sms_body", -1, "sms_body is no JSON once it is filled in, line %d: %.100s; {{...}} stands within quotes", why.line, why.text);
    json_decref(parsed);
    return MR_OK;
}

/* --- sending --- */

typedef struct header_lines {
    text_buffer line[HEADERS_MOST];
    const char *at[HEADERS_MOST];
    size_t n;
} header_lines;

static void headers_free(header_lines *h) {
    for (size_t i = 0; i < HEADERS_MOST; i++) text_free(&h->line[i]);
}

static mr_status headers_read(const sms_gateway *g, const char *id, bool unread, header_lines *out, mr_error *err) {
    sms_values v = {.id = id, .unread = unread};
    sms_form form;
    bool said;
    mr_status status = form_of(g, &form, &said, err);
    if (status == MR_OK && g->headers_n >= HEADERS_MOST) status = error_set(err, MR_EDATA, "sms_headers", -1, "sms_headers: %d lines at most", HEADERS_MOST - 1);
    for (size_t i = 0; status == MR_OK && i < g->headers_n; i++) {
        const char *colon = strchr(g->headers[i], ':');
        if (!colon || colon == g->headers[i] || strcspn(g->headers[i], " \t{\r\n") < (size_t)(colon - g->headers[i]))
            status = error_set(err, MR_EDATA, "sms_headers", -1, "sms_headers: line %zu is not as in 'Authorization: Bearer {{env:SMS_TOKEN}}'", i + 1);
        if (status == MR_OK) status = fill("sms_headers", g->headers[i], put_in_header, &v, &out->line[i], err);
        if (status == MR_OK && strpbrk(out->line[i].data, "\r\n")) status = error_set(err, MR_EDATA, "sms_headers", -1, "sms_headers: line %zu holds a line break once it is filled in", i + 1);
        out->at[out->n++] = out->line[i].data;
    }
    if (status == MR_OK && !said) out->at[out->n++] = form == FORM_JSON ? "Content-Type: application/json" : "Content-Type: application/x-www-form-urlencoded";
    return status;
}

static mr_status check(const sms_gateway *g, bool unread, mr_error *err) {
    header_lines *headers = mem_new(NULL, 1, sizeof *headers);
    text_buffer body = {0};
    if (!headers) return error_memory(err, sizeof *headers);
    mr_status status = http_url_check("sms_url", g->url, g->allow_private, err);
    if (status == MR_OK) status = sms_body(g, "+491712345678", "\"Grüße\"\n\\ & more = 100 %", "0123456789abcdef", &body, err);
    if (status == MR_OK) status = headers_read(g, "0123456789abcdef", unread, headers, err);
    text_free(&body);
    headers_free(headers);
    mem_free(NULL, headers);
    return status;
}

mr_status sms_check(const sms_gateway *g, mr_error *err) {
    return check(g, false, err);
}

mr_status sms_shape(const sms_gateway *g, mr_error *err) {
    return check(g, true, err);
}

/* What an answer means where a second message is worse than none. A 4xx is about a number only where it says that number: "no recipient" may as well be our sms_body. */
static void judge(const http_answer *a, const char *to, sms_answer *out) {
    static const int ours[] = {401, 402, 403, 404, 405, 407, 410, 415};
    *out = (sms_answer){.code = a->code, .retry_after_s = a->retry_after_s};
    memcpy(out->said, a->said, sizeof out->said);
    out->ours = a->forbidden || (a->code >= 300 && a->code < 400);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) out->ours |= a->code == ours[i];
    if (a->result == HTTP_OK) out->result = SMS_SENT;
    else if (out->ours) out->result = SMS_LATER;
    else if (a->result == HTTP_UNSURE || (a->code >= 500 && a->code != 503)) out->result = SMS_UNSURE;
    else out->result = a->result == HTTP_LATER ? SMS_LATER : SMS_NEVER;
    out->number = out->result == SMS_NEVER && a->body.data && strstr(a->body.data, to + (*to == '+'));
}

mr_status sms_send(const sms_gateway *g, const char *to, const char *text, const char *id, sms_answer *out, mr_error *err) {
    header_lines *headers = mem_new(NULL, 1, sizeof *headers);
    text_buffer body = {0};
    http_answer answer = {0};
    if (!headers) return error_memory(err, sizeof *headers);
    mr_status status = sms_body(g, to, text, id, &body, err);
    if (status == MR_OK) status = headers_read(g, id, false, headers, err);
    if (status == MR_OK) {
        http_request q = {.url = g->url, .headers = headers->at, .headers_n = headers->n, .body = body.data, .len = body.len, .ca_file = g->ca_file, .allow_private = g->allow_private, .timeout_ms = g->timeout_ms};
        status = http_post(&q, &answer, err);
        if (status == MR_EDATA && err && !strcmp(err->field, "url")) status = http_url_check("sms_url", g->url, true, err);
    }
    if (status == MR_OK) judge(&answer, to, out);
    http_answer_free(&answer);
    text_free(&body);
    headers_free(headers);
    mem_free(NULL, headers);
    return status;
}
