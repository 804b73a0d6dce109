/* Texts in columns, for terminals of any width. */
#include "terminal_print.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The first of these that is set decides, as in setlocale. */
bool terminal_speaks_utf8(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0]) return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

void terminal_style(const terminal *t, style s) {
    static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[36m", "\033[31m"};
    if (t->colour) fputs(codes[s], t->to);
}

void terminal_plain(const terminal *t, style s) {
    if (t->colour && s != PLAIN) fputs("\033[0m", t->to);
}

static const char *ascii_of(uint32_t code) {
    switch (code) {
    case 0xa0:
        return " ";
    case 0xd7:
        return "x";
    case 0xb1:
        return "+-";
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2212:
        return "-";
    case 0x2018:
    case 0x2019:
        return "'";
    case 0x201c:
    case 0x201d:
        return "\"";
    case 0x2026:
        return "~";
    case 0x221e:
        return "inf";
    case 0x2588:
        return "#";
    default:
        return "?";
    }
}

size_t terminal_shown(const terminal *t, char *out, const char *text, size_t len) {
    if (t->unicode) return utf8_clean(out, text, len);
    char *end = out;
    for (size_t at = 0; at < len;) {
        uint32_t code = utf8_next(text, len, &at);
        if (code < 0x80) {
            *end++ = (char)code;
        } else {
            const char *plain = ascii_of(code);
            size_t n = strlen(plain);
            memcpy(end, plain, n);
            end += n;
        }
    }
    *end = 0;
    return (size_t)(end - out);
}

static void spaces(const terminal *t, size_t n) {
    for (size_t i = 0; i < n; i++) fputc(' ', t->to);
}

void terminal_field(const terminal *t, style s, const char *text, size_t len, size_t width, bool right) {
    char clean[3 * 512 + 1];
    if (len > 512) len = 512;
    len = terminal_shown(t, clean, text, len);
    size_t bytes, used = utf8_width(clean, len, width, &bytes);
    bool cut = bytes < len;
    if (cut && width > 1) used = utf8_width(clean, len, width - 1, &bytes) + 1;
    if (right) spaces(t, width - used);
    terminal_style(t, s);
    fwrite(clean, 1, bytes, t->to);
    if (cut && width > 1) fputs(t->unicode ? "…" : "~", t->to);
    terminal_plain(t, s);
    if (!right) spaces(t, width - used);
}

void terminal_cell(const terminal *t, style s, const char *text, size_t width, bool right) {
    terminal_field(t, s, text, strlen(text), width, right);
}

void terminal_end_line(const terminal *t) {
    fputc('\n', t->to);
}

void terminal_whole_line(const terminal *t, style s, const char *text) {
    char clean[3 * 512 + 1];
    size_t bytes, len = terminal_shown(t, clean, text, strnlen(text, 512));
    utf8_width(clean, len, t->columns, &bytes);
    terminal_style(t, s);
    fwrite(clean, 1, bytes, t->to);
    terminal_plain(t, s);
    terminal_end_line(t);
}

void terminal_say(const terminal *t, style s, const char *format, ...) {
    char text[1024], clean[3 * 1024 + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t len = terminal_shown(t, clean, text, strlen(text)), width = t->columns > 12 ? t->columns - 2 : 10;
    size_t indent = 2;
    for (size_t at = 0; at < len;) {
        size_t bytes;
        utf8_width(clean + at, len - at, width + 2 - indent, &bytes);
        size_t end = at + bytes;
        if (end < len) {
            size_t back = end;
            while (back > at && clean[back] != ' ') back--;
            if (back > at) end = back;
        }
        spaces(t, indent);
        terminal_style(t, s);
        fwrite(clean + at, 1, end - at, t->to);
        terminal_plain(t, s);
        terminal_end_line(t);
        at = end;
        while (at < len && clean[at] == ' ') at++;
        indent = 4;
    }
}

void terminal_heading(const terminal *t, const char *text) {
    terminal_end_line(t);
    terminal_whole_line(t, BOLD, text);
}

void terminal_line(const terminal *t, const char *what, const char *figure, style s, const char *note) {
    size_t name = t->columns >= 60 ? 22 : 18, whole = utf8_width(figure, strlen(figure), SIZE_MAX, NULL), value = whole > 12 ? whole : 12; /* EUR 1,277,823: never a part of it */
    if (value > 12 && value - 12 < name) name -= value - 12;
    size_t used = 2 + name + value + 2;
    char clean[3 * 256 + 1];
    size_t len = terminal_shown(t, clean, note, strnlen(note, 256)), width = utf8_width(clean, len, SIZE_MAX, NULL);
    fputs("  ", t->to);
    terminal_cell(t, PLAIN, what, name, false);
    terminal_cell(t, s, figure, value, true);
    if (width && used + width <= t->columns) {
        fputs("  ", t->to);
        terminal_style(t, DIM);
        fwrite(clean, 1, len, t->to);
        terminal_plain(t, DIM);
        width = 0;
    }
    terminal_end_line(t);
    if (width) terminal_say(t, DIM, "  %s", note); /* no room beside it */
}

void terminal_at_risk(const terminal *t, double value, size_t width, int decimals) {
    char text[FIGURE];
    figure_money_as(text, value, t->currency, decimals);
    if (utf8_width(text, strlen(text), SIZE_MAX, NULL) + 1 > width) figure_money(text, value, t->currency);
    terminal_cell(t, RISK, text, width, true);
}

void terminal_bar(const terminal *t, style s, size_t length) {
    terminal_style(t, s);
    for (size_t k = 0; k < length; k++) fputs(t->unicode ? "█" : "#", t->to);
    terminal_plain(t, s);
}
