/* The new text of a reply. Programs mark what they quote in few ways; a table each. What no row knows stays: too much text is a nuisance, a lost answer is a loss. */
#include "inbound_text.h"

#include <unicode.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **text, size_t *len) {
    while (*len && blank(**text)) (*text)++, (*len)--;
    while (*len && blank((*text)[*len - 1])) (*len)--;
}

static bool begins(const char *text, size_t len, const char *word) {
    size_t n = strlen(word);
    return len >= n && !strncasecmp(text, word, n);
}

/* --- HTML --- */

static void line_break(text_buffer *out) {
    if (out->len && out->data[out->len - 1] != '\n') text_putc(out, '\n');
}

static size_t entity(const char *text, size_t len, text_buffer *out) {
    static const struct {
        const char *name, *is;
    } named[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&nbsp;", " "}, {"&auml;", "ä"}, {"&ouml;", "ö"}, {"&uuml;", "ü"},
                 {"&Auml;", "Ä"}, {"&Ouml;", "Ö"}, {"&Uuml;", "Ü"}, {"&szlig;", "ß"}, {"&euro;", "€"}, {"&ndash;", "–"}, {"&hellip;", "…"}};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        size_t n = strlen(named[i].name);
        if (len >= n && !memcmp(text, named[i].name, n)) return text_puts(out, named[i].is), n;
    }
    bool hex = len > 3 && text[1] == '#' && (text[2] == 'x' || text[2] == 'X');
    uint32_t code = 0;
    size_t i = hex ? 3 : 2, from = i;
    for (; len > 2 && text[1] == '#' && i < len && i < from + 7; i++) {
        int c = text[i] | 0x20, digit = text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) break;
        code = code * (hex ? 16 : 10) + (uint32_t)digit;
    }
    char utf8[4];
    if (i > from && i < len && text[i] == ';' && (code == '\n' || (code >= 0x20 && code < 0x110000 && (code < 0xD800 || code > 0xDFFF) && code != 0x7F))) {
        char *end = unicode_put(utf8, code);
        text_add(out, utf8, (size_t)(end - utf8));
        return i + 1;
    }
    text_putc(out, '&');
    return 1;
}

static bool holds(const char *tag, size_t len, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= len; i++)
        if (!strncasecmp(tag + i, word, n)) return true;
    return false;
}

static size_t name_length(const char *tag, size_t len) {
    size_t n = 0;
    while (n < len && ((tag[n] >= '0' && tag[n] <= '9') || ((tag[n] | 0x20) >= 'a' && (tag[n] | 0x20) <= 'z'))) n++;
    return n;
}

static bool named(const char *tag, size_t n, const char *const *names) {
    for (; *names; names++)
        if (strlen(*names) == n && !strncasecmp(tag, *names, n)) return true;
    return false;
}

void inbound_html(const char *html, size_t len, text_buffer *out) {
    static const char *const hidden[] = {"style", "script", "head", "title", "blockquote", NULL};
    static const char *const blocks[] = {"br", "p", "div", "tr", "li", "ul", "ol", "table", "hr", "h1", "h2", "h3", "h4", "pre", NULL};
    static const char *const originals[] = {"gmail_quote", "yahoo_quoted", "moz-cite-prefix", "divRplyFwdMsg", "appendonsend", NULL}; /* from here on all is the original */
    size_t inside = 0; /* of how many hidden elements */
    for (size_t i = 0; i < len;) {
        char c = html[i];
        if (c == '<' && len - i >= 4 && !memcmp(html + i, "<!--", 4)) {
            const char *end = memmem(html + i, len - i, "-->", 3);
            if (!end) break;
            i = (size_t)(end - html) + 3;
        } else if (c == '<') {
            const char *end = memchr(html + i, '>', len - i);
            if (!end) break;
            bool closes = i + 1 < len && html[i + 1] == '/';
            const char *tag = html + i + 1 + closes;
            size_t tag_len = (size_t)(end - tag), n = end > tag ? name_length(tag, tag_len) : 0;
            i = (size_t)(end - html) + 1;
            if (end < tag) continue;
            for (const char *const *o = originals; *o; o++)
                if (!closes && !inside && holds(tag, tag_len, *o)) return;
            if (named(tag, n, hidden)) inside = closes ? inside - (inside > 0) : inside + 1;
            if (!inside && named(tag, n, blocks)) line_break(out);
        } else if (inside) {
            i++;
        } else if (c == '&') {
            i += entity(html + i, len - i, out);
        } else {
            bool space = blank(c) || !c;
            if (!space || (out->len && !blank(out->data[out->len - 1]))) text_putc(out, space ? ' ' : c);
            i++;
        }
    }
}

/* --- lines --- */

typedef struct text_line {
    const char *text;
    size_t len;
} text_line;

static text_line next_line(const char *text, size_t len, size_t *at) {
    const char *end = memchr(text + *at, '\n', len - *at);
    text_line l = {text + *at, (end ? (size_t)(end - text) : len) - *at};
    *at += l.len + (end != NULL);
    trim(&l.text, &l.len);
    return l;
}

static text_line next_filled(const char *text, size_t len, size_t at) {
    text_line l = {text, 0};
    while (at < len && !l.len) l = next_line(text, len, &at);
    return l;
}

/* "On Monday, Ann wrote:", "Am 3. Mai schrieb Ann:", which may run over two lines. */
static bool attribution(text_line first, text_line second) {
    static const struct {
        const char *begins, *holds;
    } forms[] = {{"On ", "wrote"}, {"Am ", "schrieb"}, {"Le ", "écrit"}, {"El ", "escribió"}, {"Il ", "scritto"}, {"Op ", "schreef"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (!begins(first.text, first.len, forms[i].begins)) continue;
        bool ends = first.len && first.text[first.len - 1] == ':', ends_second = second.len && second.text[second.len - 1] == ':';
        if (ends && holds(first.text, first.len, forms[i].holds)) return true;
        if (!ends && ends_second && first.len < 200 && second.len < 200 && (holds(first.text, first.len, forms[i].holds) || holds(second.text, second.len, forms[i].holds))) return true;
    }
    return false;
}

static bool original(text_line l, text_line next) {
    static const char *const lines[] = {"-----Original Message-----", "-----Ursprüngliche Nachricht-----", "----- Original Message -----", "----- Ursprüngliche Nachricht -----",
                                        "-------- Original Message --------", "-------- Ursprüngliche Nachricht --------", "---------- Forwarded message"};
    static const char *const heads[][3] = {{"From:", "Sent:", "Date:"}, {"Von:", "Gesendet:", "Datum:"}, {"De :", "Envoyé :", "Date :"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (begins(l.text, l.len, lines[i])) return true;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (begins(l.text, l.len, heads[i][0]) && (begins(next.text, next.len, heads[i][1]) || begins(next.text, next.len, heads[i][2]))) return true;
        bool rule = l.len >= 20;
        for (size_t k = 0; rule && k < l.len; k++) rule = l.text[k] == '_';
        if (rule && begins(next.text, next.len, heads[i][0])) return true;
    }
    return attribution(l, next);
}

void inbound_new_text(const char *text, size_t len, text_buffer *out) {
    size_t start = out->len, empty = 0;
    for (size_t at = 0; at < len;) {
        text_line l = next_line(text, len, &at);
        text_line next = l.len ? next_filled(text, len, at) : l;
        if (l.len && original(l, next)) break;
        if (l.len && l.text[0] == '>') continue;
        if (!l.len) {
            empty++;
            continue;
        }
        if (out->len > start) text_puts(out, empty ? "\n\n" : "\n");
        empty = 0;
        text_add(out, l.text, l.len);
    }
}

bool inbound_leaves(const char *line, size_t len) {
    static const char *const before[] = {"re:", "aw:", "antw:", "fwd:", "fw:", "wg:"};
    static const char *const words[] = {"unsubscribe", "abmelden", "abbestellen", "bitte abmelden", "please unsubscribe", "unsubscribe me", "please unsubscribe me", "abmeldung"};
    trim(&line, &len);
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (begins(line, len, before[i])) {
            line += strlen(before[i]);
            len -= strlen(before[i]);
            trim(&line, &len);
            i = (size_t)-1; /* "Re: AW: ..." */
        }
    while (len && strchr(".!,;\"'", line[len - 1]) && line[len - 1]) len--;
    while (len && strchr("\"'", *line) && *line) line++, len--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (len == strlen(words[i]) && !strncasecmp(line, words[i], len)) return true;
    return false;
}
