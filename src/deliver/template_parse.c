/* Reading a template: its front matter, its tags, and all that is wrong with it. */
#include "template_impl.h"

#include <error.h>
#include <mem.h>
#include <records.h>
#include <unicode.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32 };

typedef struct reading {
    template *t;
    template_found found;
    void *ctx;
    size_t faults;
    bool failed;                    /* no memory */
    size_t counted, line_start;     /* the place that line was counted up to */
    int line;
} reading;

/* --- places --- */

static void place(reading *r, size_t at, int *line, int *column) {
    const char *text = r->t->source;
    if (at < r->counted) r->counted = r->line_start = 0, r->line = 1;
    for (; r->counted < at; r->counted++)
        if (text[r->counted] == '\n') r->line++, r->line_start = r->counted + 1;
    *line = r->line;
    *column = 1;
    for (size_t i = r->line_start; i < at; i++) *column += ((unsigned char)text[i] & 0xC0) != 0x80;
}

static void fault(reading *r, size_t at, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void fault(reading *r, size_t at, const char *format, ...) {
    char message[400];
    int line, column;
    va_list args;
    r->faults++;
    if (!r->found) return;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    place(r, at, &line, &column);
    r->found(r->ctx, r->t->name, line, column, unicode_mend(message));
}

static char *keep(reading *r, const char *text, size_t len) {
    char *copy = arena_copy(&r->t->texts, text, len);
    if (!copy) r->failed = true;
    return copy ? copy : (char *)"";
}

/* --- names --- */

static bool is_group(const char *name, size_t len) {
    for (int i = 0; i < TEMPLATE_FIELDS; i++)
        if (!strncmp(template_fields[i].name, name, len) && template_fields[i].name[len] == '.') return true;
    return false;
}

static const char *nearest_field(const char *name, char out[160]) {
    const char *names[TEMPLATE_FIELDS], *end = NULL;
    for (int i = 0; i < TEMPLATE_FIELDS; i++) names[i] = template_fields[i].name;
    const char *near = record_nearest(name, names, TEMPLATE_FIELDS);
    /* "name" for "customer.name": the last word alone. */
    for (int i = 0; i < TEMPLATE_FIELDS && !near; i++) {
        const char *dot = strchr(names[i], '.');
        if (dot && !strcmp(dot + 1, name) && !end) end = names[i];
    }
    if (!near) near = end;
    snprintf(out, 160, near ? "; did you mean '%s'?" : "; 'marram template fields' lists them%s", near ? near : "");
    return out;
}

/* --- parts --- */

static part *add_part(reading *r, parts *to, part_kind kind, const char *text, size_t len, size_t at) {
    if (to->n == to->capacity) {
        size_t capacity = to->capacity ? 2 * to->capacity : 16;
        part *more = mem_resize(NULL, to->at, capacity, sizeof *more);
        if (!more) {
            r->failed = true;
            return NULL;
        }
        to->at = more;
        to->capacity = capacity;
    }
    part *p = &to->at[to->n++];
    *p = (part){.kind = kind, .field = -1, .text = text, .len = len};
    place(r, at, &p->line, &p->column);
    return p;
}

/* Raw HTML, pictures and characters for private use in a stretch of text. */
static void look_at_text(reading *r, size_t from, size_t to) {
    const char *s = r->t->source;
    for (size_t i = from; i < to; i++) {
        char next = i + 1 < to ? s[i + 1] : 0;
        bool letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
        if (s[i] == '<' && (letter || next == '/' || next == '!' || next == '?')) {
            if (strncmp(s + i, "<https://", 9) && strncmp(s + i, "<http://", 8) && strncmp(s + i, "<mailto:", 8))
                fault(r, i, "raw HTML ('%.*s') is not allowed: write Markdown, or \\< for the sign", (int)(to - i < 12 ? to - i : 12), s + i);
        } else if (s[i] == '!' && next == '[') {
            fault(r, i, "pictures are not sent: write a link, or \\! for the sign");
        } else if (placeholder_at(s + i, to - i) >= 0 || ((unsigned char)s[i] == 0xEE) || ((unsigned char)s[i] == 0xEF && (unsigned char)next < 0xA4)) {
            fault(r, i, "a character for private use (U+E000 to U+F8FF) is not allowed");
        }
    }
}

static void add_text(reading *r, parts *to, size_t from, size_t end, bool body) {
    if (end <= from) return;
    if (body) look_at_text(r, from, end);
    add_part(r, to, PART_TEXT, r->t->source + from, end - from, from);
}

/* A tag that opens, closes or says nothing, alone in its line, takes the line with it. */
static bool alone(const reading *r, size_t begin, size_t first, size_t end, size_t *line_from, size_t *line_end) {
    const char *s = r->t->source;
    size_t from = first, to = end;
    while (from > begin && (s[from - 1] == ' ' || s[from - 1] == '\t')) from--;
    while (to < r->t->len && (s[to] == ' ' || s[to] == '\t' || s[to] == '\r')) to++;
    if ((from > begin && s[from - 1] != '\n') || (to < r->t->len && s[to] != '\n')) return false;
    *line_from = from;
    *line_end = to < r->t->len ? to + 1 : to;
    return true;
}

typedef struct open_section {
    size_t part, at;
} open_section;

/* What a tag says: s[first .. end) with its braces, name within. */
static void take_tag(reading *r, parts *to, size_t first, char sign, const char *name, size_t len, open_section *open, size_t *depth) {
    char word[80], hint[160];
    snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : sizeof word - 1), name);
    unicode_mend(word);
    if (sign == '/') {
        if (!*depth) {
            fault(r, first, "{{/%s}} closes what was not opened", word);
            return;
        }
        part *opened = &to->at[open[*depth - 1].part];
        if (opened->len != len || memcmp(opened->text, name, len) != 0)
            fault(r, first, "{{/%s}} stands where {{/%.*s}} is expected (opened in line %d)", word, (int)opened->len, opened->text, opened->line);
        size_t partner = to->n;
        if (!add_part(r, to, PART_CLOSE, name, len, first)) return;
        to->at[open[--*depth].part].partner = partner;
        return;
    }
    int field = template_field_find(name, len);
    bool section = sign == '#' || sign == '^';
    if (field < 0 && !(section && is_group(name, len))) {
        fault(r, first, !section && is_group(name, len) ? "{{%s}} is a group of fields, for sections only%s" : "there is no field '%s'%s", word,
              !section && is_group(name, len) ? "" : nearest_field(word, hint));
        if (!section) return;
    }
    if (section && *depth == DEEPEST) {
        fault(r, first, "sections within sections, more than %d deep", DEEPEST);
        return;
    }
    size_t at = to->n;
    part *p = add_part(r, to, sign == '#' ? PART_SECTION : sign == '^' ? PART_INVERTED : PART_VALUE, name, len, first);
    if (!p) return;
    p->field = field;
    if (section) open[(*depth)++] = (open_section){at, first};
}

static bool unknown_sign(reading *r, size_t first, const char *s, size_t left) {
    const char *why = s[2] == '{' ? "{{{ }}} would put a value in as it stands: write {{ }}" : s[2] == '&' ? "{{& }} would put a value in as it stands: write {{ }}"
                      : s[2] == '>' ? "{{> }}: templates have no parts from other files" : s[2] == '=' ? "{{= }}: the braces stay as they are" : NULL;
    if (left < 3 || !why) return false;
    fault(r, first, "%s", why);
    return true;
}

/* Tags and texts of source[begin .. end). */
static void read_parts(reading *r, parts *to, size_t begin, size_t end, bool body) {
    const char *s = r->t->source;
    open_section open[DEEPEST];
    size_t depth = 0, text = begin, at = begin;
    while (at < end && !r->failed) {
        const char *brace = memmem(s + at, end - at, "{{", 2);
        size_t first = brace ? (size_t)(brace - s) : end;
        if (!brace) break;
        bool three = first + 2 < end && s[first + 2] == '{';
        const char *closing = memmem(brace + 2, end - first - 2, "}}", 2);
        if (unknown_sign(r, first, brace, end - first) || !closing) {
            if (!closing) fault(r, first, "'{{' without '}}'");
            add_text(r, to, text, first, body);
            text = at = closing ? (size_t)(closing - s) + 2 + (three && closing[2] == '}') : end;
            continue;
        }
        size_t from = first + 2, stop = (size_t)(closing - s), next = stop + 2, line_from, line_end;
        char sign = from < stop && strchr("#^/!", s[from]) ? s[from] : 0;
        from += sign != 0;
        while (from < stop && (s[from] == ' ' || s[from] == '\t')) from++;
        while (stop > from && (s[stop - 1] == ' ' || s[stop - 1] == '\t')) stop--;
        size_t text_end = first;
        if (sign && body && alone(r, begin, first, next, &line_from, &line_end)) text_end = line_from, next = line_end;
        add_text(r, to, text, text_end > text ? text_end : text, body);
        text = at = next;
        if (sign == '!') continue;
        if (from == stop) fault(r, first, "a tag without a name");
        else take_tag(r, to, first, sign, s + from, stop - from, open, &depth);
    }
    add_text(r, to, text, end, body);
    for (size_t i = 0; i < depth; i++) {
        const part *p = &to->at[open[i].part];
        fault(r, open[i].at, "{{%c%.*s}} is not closed: {{/%.*s}} is missing", p->kind == PART_SECTION ? '#' : '^', (int)(p->len < 60 ? p->len : 60), p->text, (int)(p->len < 60 ? p->len : 60), p->text);
    }
}

/* --- front matter --- */

static const char *const head_keys[] = {"subject", "purpose", "language", "topic", "programme", "step", "unsubscribe", "sms"};
enum { HEAD_SUBJECT, HEAD_PURPOSE, HEAD_LANGUAGE, HEAD_TOPIC, HEAD_PROGRAMME, HEAD_STEP, HEAD_UNSUBSCRIBE, HEAD_SMS, HEAD_KEYS };
static const bool head_needed[HEAD_KEYS] = {true, true, true, false, true, true, false, false};

typedef struct head_value {
    size_t from, to, at; /* at: the key's; from 0: not given */
} head_value;

static void read_line(reading *r, size_t from, size_t to, head_value value[HEAD_KEYS]) {
    const char *s = r->t->source;
    while (to > from && strchr(" \t\r", s[to - 1])) to--;
    if (from == to || s[from] == '#') return;
    const char *colon = memchr(s + from, ':', to - from);
    if (!colon) {
        fault(r, from, "the front matter has lines of 'key: value'");
        return;
    }
    size_t name_end = (size_t)(colon - s), start = name_end + 1;
    while (start < to && (s[start] == ' ' || s[start] == '\t')) start++;
    if (to - start >= 2 && (s[start] == '"' || s[start] == '\'') && s[to - 1] == s[start]) start++, to--;
    char name[40];
    snprintf(name, sizeof name, "%.*s", (int)(name_end - from < sizeof name ? name_end - from : sizeof name - 1), s + from);
    unicode_mend(name);
    for (size_t k = 0; k < HEAD_KEYS; k++) {
        if (strcmp(head_keys[k], name) != 0) continue;
        if (value[k].from) fault(r, from, "'%s' stands there twice", name);
        else if (start == to) fault(r, from, "'%s' is empty", name);
        value[k] = (head_value){start, to, from};
        return;
    }
    const char *near = record_nearest(name, head_keys, HEAD_KEYS);
    fault(r, from, "'%s' is no key of the front matter (subject, purpose, language, topic, programme, step, unsubscribe, sms)%s%s%s", name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* The place where the body begins. */
static size_t read_head(reading *r, head_value value[HEAD_KEYS]) {
    const char *s = r->t->source;
    size_t len = r->t->len, at = len >= 3 && !strncmp(s, "\xEF\xBB\xBF", 3) ? 3 : 0;
    bool first = true;
    while (at < len) {
        const char *newline = memchr(s + at, '\n', len - at);
        size_t end = newline ? (size_t)(newline - s) : len, next = newline ? end + 1 : len, stop = end;
        while (stop > at && strchr(" \t\r", s[stop - 1])) stop--;
        bool dashes = stop - at == 3 && !memcmp(s + at, "---", 3);
        if (first && !dashes) break;
        if (!first && dashes) return next;
        if (!first) read_line(r, at, stop, value);
        first = false;
        at = next;
    }
    fault(r, 0, first ? "a template begins with a line '---', its subject, purpose, language, programme and step, and another line '---'" : "the front matter is not closed by a line '---'");
    return len;
}

static bool language_tag(const char *s) {
    size_t n = strcspn(s, "-");
    if (n < 2 || n > 3 || strspn(s, "abcdefghijklmnopqrstuvwxyz") != n) return false;
    return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(s) && s[strlen(s) - 1] != '-';
}

static void take_head(reading *r, const head_value value[HEAD_KEYS]) {
    static const char *const purposes[] = {"reply", "legal", "service", "marketing"};
    template_head *h = &r->t->head;
    const char **into[HEAD_KEYS] = {&h->subject, &h->purpose, &h->language, &h->topic, &h->programme, &h->step, &h->unsubscribe, &h->sms};
    for (size_t k = 0; k < HEAD_KEYS; k++) {
        *into[k] = value[k].from ? keep(r, r->t->source + value[k].from, value[k].to - value[k].from) : "";
        if (head_needed[k] && !value[k].at) fault(r, 0, "the front matter lacks '%s'", head_keys[k]);
    }
    bool purpose = !*h->purpose;
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) purpose |= !strcmp(h->purpose, purposes[i]);
    if (!purpose) {
        const char *near = record_nearest(h->purpose, purposes, 4);
        fault(r, value[HEAD_PURPOSE].from, "purpose must be reply, legal, service or marketing, not '%.40s'%s%s%s", h->purpose, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (*h->language && !language_tag(h->language)) fault(r, value[HEAD_LANGUAGE].from, "language must be such as en, de or pt-BR, not '%.40s'", h->language);
    else if (*h->language && !*h->unsubscribe && !template_language_known(h->language))
        fault(r, value[HEAD_LANGUAGE].from, "the words of the unsubscribe link are not known in '%.40s': say them as 'unsubscribe: ...' in the front matter", h->language);
    if (value[HEAD_SUBJECT].from) read_parts(r, &r->t->subject, value[HEAD_SUBJECT].from, value[HEAD_SUBJECT].to, false);
    if (value[HEAD_SMS].from) read_parts(r, &r->t->sms, value[HEAD_SMS].from, value[HEAD_SMS].to, false);
}

/* --- what cmark makes of it --- */

/* Where in the body a link's target stands, as far as that can be told from its words. */
static size_t find_target(const reading *r, size_t body, const char *url) {
    char tag[80];
    int field = placeholder_at(url, strlen(url));
    snprintf(tag, sizeof tag, "%s%.60s", field >= 0 ? "({{" : "", field >= 0 ? template_fields[field].name : url);
    const char *at = *tag ? strstr(r->t->source + body, tag) : NULL;
    return at ? (size_t)(at - r->t->source) + (field >= 0) : body;
}

static void look_at_tree(reading *r, size_t body) {
    text_buffer markdown = {0};
    template_markdown(r->t, NULL, &markdown);
    r->failed |= markdown.failed;
    cmark_node *root = r->failed ? NULL : cmark_parse_document(markdown.data ? markdown.data : "", markdown.len, CMARK_OPT_DEFAULT);
    cmark_iter *walk = root ? cmark_iter_new(root) : NULL;
    if (root && !cmark_node_first_child(root)) fault(r, body ? body - 1 : 0, "there is nothing below the front matter");
    for (cmark_event_type e; walk && (e = cmark_iter_next(walk)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(walk);
        cmark_node_type type = cmark_node_get_type(node);
        const char *why = NULL;
        if (e != CMARK_EVENT_ENTER) continue;
        if (type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE) fault(r, body, "raw HTML is not allowed: write Markdown");
        if (type == CMARK_NODE_IMAGE) fault(r, body, "pictures are not sent: write a link");
        if (type == CMARK_NODE_LINK && !template_target_fits(cmark_node_get_url(node), &why)) fault(r, find_target(r, body, cmark_node_get_url(node)), "%s", why);
    }
    if (walk) cmark_iter_free(walk);
    if (root) cmark_node_free(root);
    text_free(&markdown);
}

/* --- the whole --- */

static void read_all(reading *r, const char *name, const char *text, size_t len) {
    head_value value[HEAD_KEYS] = {0};
    template *t = r->t;
    r->line = 1;
    t->name = keep(r, name, strlen(name));
    t->source = keep(r, text, len <= TEMPLATE_LONGEST ? len : 0);
    t->head = (template_head){"", "", "", "", "", "", "", ""};
    if (r->failed) return;
    if (len > TEMPLATE_LONGEST) {
        fault(r, 0, "a template of more than %zu KB", TEMPLATE_LONGEST >> 10);
        return;
    }
    size_t wrong = unicode_fault(text, len);
    const char *nul = memchr(text, 0, len);
    if (wrong < len || nul) {
        fault(r, nul && (size_t)(nul - text) < wrong ? (size_t)(nul - text) : wrong, nul ? "a NUL" : "this is no UTF-8");
        return;
    }
    t->len = len;
    size_t body = read_head(r, value);
    take_head(r, value);
    read_parts(r, &t->body, body, len, true);
    if (!r->faults && !r->failed) look_at_tree(r, body);
}

static template *make(reading *r, const char *name, const char *text, size_t len) {
    r->t = mem_new(NULL, 1, sizeof *r->t);
    if (!r->t) r->failed = true;
    else read_all(r, name, text, len);
    return r->t;
}

size_t template_check(const char *name, const char *text, size_t len, template_found found, void *ctx) {
    reading r = {.found = found, .ctx = ctx};
    template_free(make(&r, name, text, len));
    if (r.failed && found) found(ctx, name, 1, 1, "out of memory");
    return r.faults + r.failed;
}

typedef struct first_fault {
    mr_error *err;
    bool any;
} first_fault;

static void keep_first(void *ctx, const char *name, int line, int column, const char *message) {
    first_fault *f = ctx;
    if (!f->any) error_set(f->err, MR_EDATA, NULL, line, "%.150s:%d:%d: %s", name, line, column, message);
    f->any = true;
}

mr_status template_parse(const char *name, const char *text, size_t len, template **out, mr_error *err) {
    first_fault first = {.err = err};
    reading r = {.found = keep_first, .ctx = &first};
    *out = make(&r, name, text, len);
    if (!r.faults && !r.failed) return MR_OK;
    template_free(*out);
    *out = NULL;
    return r.failed ? error_memory(err, len) : MR_EDATA;
}

void template_free(template *t) {
    if (!t) return;
    mem_free(NULL, t->subject.at);
    mem_free(NULL, t->sms.at);
    mem_free(NULL, t->body.at);
    arena_free(&t->texts);
    mem_free(NULL, t);
}

const template_head *template_head_of(const template *t) {
    return &t->head;
}

const char *template_source(const template *t, size_t *len) {
    if (len) *len = t->len;
    return t->source;
}

static bool says(const parts *p, int field) {
    for (size_t i = 0; i < p->n; i++)
        if (p->at[i].kind == PART_VALUE && p->at[i].field == field) return true;
    return false;
}

bool template_uses(const template *t, int field) {
    static const char *const footer[] = {"company.name", "company.address"};
    for (size_t i = 0; i < 2; i++)
        if (!strcmp(template_fields[field].name, footer[i])) return true;
    if (!strcmp(template_fields[field].name, "unsubscribe") && !strcmp(t->head.purpose, "marketing")) return true;
    if (!strcmp(template_fields[field].name, "sms_stop") && !strcmp(t->head.purpose, "marketing") && t->sms.n) return true;
    return says(&t->subject, field) || says(&t->sms, field) || says(&t->body, field);
}
