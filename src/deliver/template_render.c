/* A template with a customer's values: subject, HTML and plain text. */
#include "template_impl.h"

#include <error.h>
#include <unicode.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- placeholders --- */

int placeholder_at(const char *text, size_t len) {
    const unsigned char *s = (const unsigned char *)text;
    if (len < 3 || s[0] != 0xEE || (s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80) return -1;
    int field = (s[1] & 0x3F) << 6 | (s[2] & 0x3F);
    return field < TEMPLATE_FIELDS ? field : -1;
}

static bool known(const template_values *v, int field) {
    return v->of[field] && *v->of[field];
}

bool part_given(const part *p, const template_values *v) {
    if (p->field >= 0) return known(v, p->field);
    for (int i = 0; i < TEMPLATE_FIELDS; i++)
        if (!strncmp(template_fields[i].name, p->text, p->len) && template_fields[i].name[p->len] == '.' && known(v, i)) return true;
    return false;
}

const part *template_markdown(const template *t, const template_values *v, text_buffer *out) {
    for (size_t i = 0; i < t->body.n; i++) {
        const part *p = &t->body.at[i];
        char place[4];
        switch (p->kind) {
        case PART_TEXT: text_add(out, p->text, p->len); break;
        case PART_VALUE:
            if (v && !known(v, p->field)) return p;
            text_add(out, place, (size_t)(unicode_put(place, PLACEHOLDER_FIRST + (uint32_t)p->field) - place));
            break;
        case PART_SECTION:
        case PART_INVERTED:
            if (v && part_given(p, v) != (p->kind == PART_SECTION)) i = p->partner;
            break;
        case PART_CLOSE: break;
        }
    }
    return NULL;
}

/* --- values made clean: UTF-8 without control characters, and without those that turn the direction of what follows --- */

static bool turns(const unsigned char *s) { /* U+202A to U+202E, U+2066 to U+2069 */
    return s[0] == 0xE2 && ((s[1] == 0x80 && s[2] >= 0xAA && s[2] <= 0xAE) || (s[1] == 0x81 && s[2] >= 0xA6 && s[2] <= 0xA9));
}

static const char *clean(arena *a, const char *text, template_type type) {
    char *copy = arena_copy(a, text, strlen(text)), *to = copy;
    if (!copy) return NULL;
    unicode_mend(copy);
    for (const unsigned char *s = (const unsigned char *)copy; *s; s++) {
        if (turns(s)) {
            s += 2;
        } else if (*s == '\n' && type == TEMPLATE_LINES) {
            *to++ = '\n';
        } else if (*s < 0x20 || *s == 0x7F) {
            if (to > copy && to[-1] != ' ' && to[-1] != '\n') *to++ = ' ';
        } else {
            *to++ = (char)*s;
        }
    }
    while (to > copy && (to[-1] == ' ' || to[-1] == '\n')) to--;
    *to = 0;
    return copy;
}

static bool clean_all(arena *a, const template_values *v, template_values *out) {
    *out = (template_values){0};
    for (int i = 0; i < TEMPLATE_FIELDS; i++)
        if (v->of[i] && *v->of[i] && !(out->of[i] = clean(a, v->of[i], template_fields[i].type))) return false;
    return true;
}

/* --- targets of links --- */

static bool scheme_fits(const char *url) {
    return !strncasecmp(url, "https://", 8) || !strncasecmp(url, "http://", 7) || !strncasecmp(url, "mailto:", 7);
}

bool template_target_fits(const char *url, const char **why) {
    int field = placeholder_at(url, strlen(url));
    if (field >= 0 && url[3]) return *why = "a link's target that begins with a value must be that value alone", false;
    if (field >= 0 && template_fields[field].type != TEMPLATE_URL)
        return *why = "a link's target that is a value must be one of an address: content.url, company.web, preferences_link, referral_link or unsubscribe (an e-mail address: mailto:{{owner.email}})", false;
    if (field < 0 && !scheme_fits(url)) return *why = "a link must lead to an https, http or mailto address", false;
    return true;
}

static void percent(text_buffer *out, unsigned char c) {
    text_printf(out, "%%%02X", c);
}

/* A whole address as it stands but for what no address holds; a part of one, encoded. */
static void put_encoded(text_buffer *out, const char *text, bool whole) {
    const char *keep = whole ? "-._~:/?#[]@!$&()*+,;=%" : "-._~@";
    for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
        bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr(keep, *s);
        if (plain) text_putc(out, (char)*s);
        else percent(out, *s);
    }
}

bool template_target(const char *url, const template_values *v, text_buffer *out, int *field) {
    size_t len = strlen(url);
    *field = placeholder_at(url, len);
    if (*field >= 0) {
        if (!scheme_fits(v->of[*field])) return false;
        put_encoded(out, v->of[*field], true);
        return true;
    }
    for (size_t i = 0; i < len;) {
        int within = placeholder_at(url + i, len - i);
        if (within >= 0) put_encoded(out, v->of[within], false);
        else put_encoded(out, (char[2]){url[i]}, true);
        i += within >= 0 ? 3 : 1;
    }
    return true;
}

static mr_status check_targets(const template *t, cmark_node *root, const template_values *v, mr_error *err) {
    cmark_iter *walk = cmark_iter_new(root);
    text_buffer url = {0};
    mr_status status = MR_OK;
    for (cmark_event_type e; status == MR_OK && (e = cmark_iter_next(walk)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(walk);
        int field;
        url.len = 0;
        if (e != CMARK_EVENT_ENTER || cmark_node_get_type(node) != CMARK_NODE_LINK || template_target(cmark_node_get_url(node), v, &url, &field)) continue;
        status = error_set(err, MR_EDATA, template_fields[field].name, -1, "%.150s: %s is '%.100s', which is no https, http or mailto address", t->name, template_fields[field].name, v->of[field]);
    }
    cmark_iter_free(walk);
    text_free(&url);
    return status;
}

/* --- subject --- */

static mr_status unknown_value(const template *t, const part *p, mr_error *err) {
    return error_set(err, MR_EDATA, template_fields[p->field].name, p->line, "%.150s:%d:%d: %s is not known here; put what says it between {{#%s}} and {{/%s}}", t->name, p->line, p->column,
                     template_fields[p->field].name, template_fields[p->field].name, template_fields[p->field].name);
}

/* One line, whatever a value of several lines brought. name: of what, for messages. */
static mr_status put_line(const template *t, const char *name, const parts *from, const template_values *v, text_buffer *out, mr_error *err) {
    size_t begin = out->len, to = begin;
    for (size_t i = 0; i < from->n; i++) {
        const part *p = &from->at[i];
        if (p->kind == PART_TEXT) text_add(out, p->text, p->len);
        if (p->kind == PART_VALUE && !known(v, p->field)) return unknown_value(t, p, err);
        if (p->kind == PART_VALUE) text_puts(out, v->of[p->field]);
        if ((p->kind == PART_SECTION || p->kind == PART_INVERTED) && part_given(p, v) != (p->kind == PART_SECTION)) i = p->partner;
    }
    for (size_t i = begin; i < out->len; i++) {
        char c = (unsigned char)out->data[i] < 0x20 ? ' ' : out->data[i];
        if (c != ' ' || (to > begin && out->data[to - 1] != ' ')) out->data[to++] = c;
    }
    while (to > begin && out->data[to - 1] == ' ') to--;
    out->len = to;
    return to > begin ? MR_OK : error_set(err, MR_EDATA, name, 1, "%.150s: the %s comes out empty", t->name, name);
}

/* --- the footer --- */

static void html_link(text_buffer *out, const char *url, const char *words) {
    text_puts(out, "<a href=\"");
    html_escape(out, url, strlen(url));
    text_puts(out, "\" style=\"color:#57534e\">");
    html_escape(out, words, strlen(words));
    text_puts(out, "</a>");
}

static void html_lines(text_buffer *out, const char *text) {
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        html_escape(out, text, (size_t)(end - text));
        if (*end) text_puts(out, "<br>");
    }
}

static mr_status encoded(const template *t, const template_values *v, const char *name, text_buffer *out, mr_error *err) {
    int field = template_field_find(name, strlen(name));
    out->len = 0;
    if (known(v, field) && !scheme_fits(v->of[field]))
        return error_set(err, MR_EDATA, name, -1, "%.150s: %s is '%.100s', which is no https, http or mailto address", t->name, name, v->of[field]);
    if (known(v, field)) put_encoded(out, v->of[field], true);
    text_terminate(out);
    return MR_OK;
}

static mr_status put_footer(const template *t, const template_values *v, text_buffer *html, text_buffer *plain, mr_error *err) {
    const template_language *words = template_language_of(t->head.language, NULL);
    const char *name = template_get(v, "company.name"), *address = template_get(v, "company.address");
    bool marketing = !strcmp(t->head.purpose, "marketing"), own = *t->head.unsubscribe != 0;
    text_buffer stop = {0}, choose = {0}, leave = {0};
    mr_status status = encoded(t, v, "unsubscribe", &stop, err);
    if (status == MR_OK) status = encoded(t, v, "preferences_link", &choose, err);
    if (status == MR_OK) status = encoded(t, v, "leave_link", &leave, err);
    const char *lacks = !marketing ? NULL : !*name ? "company.name" : !*address ? "company.address" : !stop.len ? "unsubscribe" : NULL;
    if (status == MR_OK && lacks) status = error_set(err, MR_EDATA, lacks, -1, "%.150s: a marketing message must say %s, and it is not known", t->name, lacks);
    if (status == MR_OK && (*name || *address)) {
        text_puts(html, "<div style=\"border-top:1px solid #d6d3d1;margin:2em 0 0;padding:1em 0 0;font-size:13px;line-height:1.5;color:#57534e\">\n<p style=\"margin:0 0 .8em\">");
        html_lines(html, name);
        if (*name && *address) text_puts(html, "<br>");
        html_lines(html, address);
        text_puts(html, "</p>\n");
        text_printf(plain, "\n-- \n%s%s%s\n", name, *name && *address ? "\n" : "", address);
        if (marketing) {
            const char *words_of_stop = own ? t->head.unsubscribe : words->unsubscribe;
            text_puts(html, "<p style=\"margin:0 0 .8em\">");
            text_putc(plain, '\n');
            if (!own) {
                html_escape(html, words->why, strlen(words->why));
                html_escape(html, name, strlen(name));
                text_printf(html, "%s<br>\n", words->why_after);
                text_printf(plain, "%s%s%s\n", words->why, name, words->why_after);
            }
            html_link(html, stop.data, words_of_stop);
            text_printf(plain, "%s: %s\n", words_of_stop, stop.data);
            if (choose.len && !own) {
                text_puts(html, "<br>\n");
                html_link(html, choose.data, words->preferences);
                text_printf(plain, "%s: %s\n", words->preferences, choose.data);
            }
            text_puts(html, "</p>\n");
        }
        if (leave.len) {
            text_puts(html, "<p style=\"margin:0 0 .8em\">");
            html_link(html, leave.data, words->leave);
            text_puts(html, "</p>\n");
            text_printf(plain, "%s%s: %s\n", marketing ? "" : "\n", words->leave, leave.data);
        }
        text_puts(html, "</div>\n");
    }
    text_free(&stop);
    text_free(&choose);
    text_free(&leave);
    return status;
}

/* --- the whole --- */

static void begin_html(const template *t, const text_buffer *subject, text_buffer *out) {
    text_puts(out, "<!doctype html>\n<html lang=\"");
    html_escape(out, t->head.language, strlen(t->head.language));
    text_puts(out, "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    html_escape(out, subject->data, subject->len);
    text_puts(out, "</title>\n</head>\n<body style=\"margin:0;padding:0;background:#f5f5f4\">\n"
                   "<div style=\"max-width:580px;margin:0 auto;padding:28px 20px;background:#ffffff;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
                   "font-size:16px;line-height:1.55;color:#1c1917;overflow-wrap:break-word\">\n");
}

/* What there is to say, with placeholders in the values' places. *root, NULL where there is none, is freed by cmark_node_free. */
static mr_status tree_of(const template *t, const template_values *v, cmark_node **root, mr_error *err) {
    text_buffer markdown = {0};
    const part *missing = template_markdown(t, v, &markdown);
    mr_status status = missing ? unknown_value(t, missing, err) : markdown.failed ? error_memory(err, t->len) : MR_OK;
    *root = status == MR_OK ? cmark_parse_document(markdown.data ? markdown.data : "", markdown.len, CMARK_OPT_DEFAULT) : NULL;
    if (status == MR_OK && !cmark_node_first_child(*root)) status = error_set(err, MR_EDATA, NULL, -1, "%.150s: nothing is left to say: every section needs a value that is not known", t->name);
    text_free(&markdown);
    return status == MR_OK ? check_targets(t, *root, v, err) : status;
}

static mr_status put_body(const template *t, const template_values *v, template_message *out, mr_error *err) {
    cmark_node *root;
    mr_status status = tree_of(t, v, &root, err);
    if (status == MR_OK) {
        begin_html(t, &out->subject, &out->html);
        template_html(root, v, &out->html);
        template_plain(root, v, &out->plain);
        status = put_footer(t, v, &out->html, &out->plain, err);
        text_puts(&out->html, "</div>\n</body>\n</html>\n");
    }
    if (root) cmark_node_free(root);
    return status;
}

mr_status template_render(const template *t, const template_values *v, template_message *out, mr_error *err) {
    arena texts = {0};
    template_values values;
    out->subject.len = out->html.len = out->plain.len = 0;
    mr_status status = clean_all(&texts, v, &values) ? MR_OK : error_memory(err, t->len);
    if (status == MR_OK) status = put_line(t, "subject", &t->subject, &values, &out->subject, err);
    if (status == MR_OK) status = put_body(t, &values, out, err);
    text_terminate(&out->subject);
    text_terminate(&out->html);
    text_terminate(&out->plain);
    arena_free(&texts);
    return status == MR_OK && (out->subject.failed || out->html.failed || out->plain.failed) ? error_memory(err, t->len) : status;
}

/* --- a letter --- */

/* Of several lines one, as a paragraph is. */
static void put_value(text_buffer *out, const char *text, const template_values *v) {
    size_t len = text ? strlen(text) : 0;
    for (size_t i = 0; i < len;) {
        int field = placeholder_at(text + i, len - i);
        if (field < 0) text_putc(out, text[i]);
        for (const char *c = field >= 0 && v->of[field] ? v->of[field] : ""; *c; c++) {
            if (*c == '\n') text_puts(out, ", ");
            else text_putc(out, *c);
        }
        i += field >= 0 ? 3 : 1;
    }
    text_terminate(out);
}

/* The values go into the tree, and the tree is written as Markdown again, which escapes them. */
static void put_values(cmark_node *root, const template_values *v, text_buffer *text) {
    cmark_iter *walk = cmark_iter_new(root);
    for (cmark_event_type e; (e = cmark_iter_next(walk)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(walk);
        cmark_node_type type = cmark_node_get_type(node);
        int field;
        text->len = 0;
        if (e != CMARK_EVENT_ENTER) continue;
        if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE || type == CMARK_NODE_CODE_BLOCK) {
            put_value(text, cmark_node_get_literal(node), v);
            cmark_node_set_literal(node, text->data ? text->data : "");
        } else if (type == CMARK_NODE_LINK) {
            template_target(cmark_node_get_url(node), v, text, &field);
            text_terminate(text);
            cmark_node_set_url(node, text->data ? text->data : "");
        }
    }
    cmark_iter_free(walk);
}

static mr_status put_letter(const template *t, const template_values *v, text_buffer *out, mr_error *err) {
    text_buffer text = {0};
    cmark_node *root;
    mr_status status = tree_of(t, v, &root, err);
    if (status == MR_OK) {
        put_values(root, v, &text);
        char *written = cmark_render_commonmark(root, CMARK_OPT_DEFAULT, 0);
        text_puts(out, written ? written : "");
        if (!written || text.failed) out->failed = true;
        free(written);
    }
    if (root) cmark_node_free(root);
    text_free(&text);
    return status;
}

mr_status template_render_letter(const template *t, const template_values *v, template_message *out, mr_error *err) {
    arena texts = {0};
    template_values values;
    out->subject.len = out->html.len = out->plain.len = 0;
    mr_status status = clean_all(&texts, v, &values) ? MR_OK : error_memory(err, t->len);
    if (status == MR_OK) status = put_line(t, "subject", &t->subject, &values, &out->subject, err);
    if (status == MR_OK) status = put_letter(t, &values, &out->plain, err);
    text_terminate(&out->subject);
    text_terminate(&out->html);
    text_terminate(&out->plain);
    arena_free(&texts);
    return status == MR_OK && (out->subject.failed || out->plain.failed) ? error_memory(err, t->len) : status;
}

/* --- an SMS --- */

mr_status template_render_sms(const template *t, const template_values *v, text_buffer *out, mr_error *err) {
    arena texts = {0};
    template_values values;
    out->len = 0;
    if (!t->sms.n) return error_set(err, MR_EDATA, "sms", 1, "%.150s has no 'sms' in its front matter: an SMS of it is a person's to write", t->name);
    mr_status status = clean_all(&texts, v, &values) ? MR_OK : error_memory(err, t->len);
    const char *name = status == MR_OK ? template_get(&values, "company.name") : "", *stop = status == MR_OK ? template_get(&values, "sms_stop") : "";
    bool marketing = !strcmp(t->head.purpose, "marketing");
    const char *lacks = !marketing ? NULL : !*name ? "company.name" : !*stop ? "sms_stop" : NULL;
    if (status == MR_OK && lacks) status = error_set(err, MR_EDATA, lacks, -1, "%.150s: a marketing SMS must say %s, and it is not known", t->name, lacks);
    if (status == MR_OK && *name) text_printf(out, "%s: ", name);
    if (status == MR_OK) status = put_line(t, "sms", &t->sms, &values, out, err);
    if (status == MR_OK && marketing) text_printf(out, " %s", stop);
    text_terminate(out);
    arena_free(&texts);
    return status == MR_OK && out->failed ? error_memory(err, t->len) : status;
}

void template_message_free(template_message *m) {
    text_free(&m->subject);
    text_free(&m->html);
    text_free(&m->plain);
}
