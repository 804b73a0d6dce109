#include "columns_out.h"

#include <utf8.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static size_t width_of(int terminal) {
    struct winsize size;
    if (!isatty(terminal)) return 0;
    return ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40 ? size.ws_col : 80;
}

size_t terminal_width(void) {
    return width_of(STDOUT_FILENO);
}

static void add_cell(columns_out *c, size_t column, const char *text) {
    size_t len = strlen(text);
    if (text_reserve(&c->cells, 3 * len + 1)) {
        char *at = c->cells.data + c->cells.len;
        size_t clean = utf8_clean(at, text, len), width = utf8_width(at, clean, SIZE_MAX, NULL);
        c->cells.len += clean + 1;
        if (width > c->width[column]) c->width[column] = width;
    }
}

static void add_row(columns_out *c, va_list texts) {
    for (size_t i = 0; i < c->n; i++) {
        const char *text = va_arg(texts, const char *);
        add_cell(c, i, text ? text : "");
    }
    c->rows++;
}

columns_out columns_begin(size_t n, ...) {
    columns_out c = {.n = n < COLUMNS_OUT_MAX ? n : COLUMNS_OUT_MAX};
    va_list texts;
    va_start(texts, n);
    add_row(&c, texts);
    va_end(texts);
    return c;
}

void columns_row(columns_out *c, ...) {
    va_list texts;
    va_start(texts, c);
    add_row(c, texts);
    va_end(texts);
}

/* The widest columns give way until the line fits. */
static void fit(columns_out *c, size_t room) {
    for (;;) {
        size_t total = 2 * c->n, widest = 0;
        for (size_t i = 0; i < c->n; i++) {
            total += c->width[i];
            if (c->width[i] > c->width[widest]) widest = i;
        }
        if (total <= room || c->width[widest] <= 8) return;
        c->width[widest]--;
    }
}

static void print_cell(const char *text, size_t width, bool last) {
    size_t len = strlen(text), bytes = len, shown = utf8_width(text, len, SIZE_MAX, NULL);
    bool cut = shown > width;
    if (cut) shown = utf8_width(text, len, width - 1, &bytes) + 1;
    printf("%.*s%s", (int)bytes, text, cut ? "…" : "");
    if (!last) printf("%*s", (int)(width > shown ? width - shown : 0) + 2, "");
}

void columns_end(columns_out *c) {
    size_t room = terminal_width();
    const char *at = c->cells.data;
    if (room) fit(c, room);
    for (size_t row = 0; row < c->rows && !c->cells.failed; row++) {
        size_t shown = 0; /* up to the last cell that holds anything */
        const char *look = at;
        for (size_t i = 0; i < c->n; i++, look += strlen(look) + 1)
            if (*look) shown = i + 1;
        if (shown) fputs("  ", stdout);
        for (size_t i = 0; i < c->n; i++, at += strlen(at) + 1)
            if (i < shown) print_cell(at, c->width[i], i + 1 == shown);
        if (shown) putchar('\n');
    }
    text_free(&c->cells);
}

/* room 0: all in one line. */
static void wrap(FILE *to, size_t room, const char *text, size_t len, size_t at, size_t indent) {
    char *clean = malloc(3 * len + 1);
    if (!clean) return;
    size_t n = utf8_clean(clean, text, len), from = 0;
    while (from < n) {
        size_t bytes = n - from, space = room > at + 10 ? room - at : 10;
        if (room && utf8_width(clean + from, n - from, SIZE_MAX, NULL) > space) {
            utf8_width(clean + from, n - from, space, &bytes);
            size_t blank = bytes;
            while (blank > 0 && clean[from + blank] != ' ') blank--;
            if (blank > 0) bytes = blank;
            if (!bytes) bytes = 1;
        }
        fwrite(clean + from, 1, bytes, to);
        from += bytes;
        while (from < n && clean[from] == ' ') from++;
        if (from < n) fprintf(to, "\n%*s", (int)indent, "");
        at = indent;
    }
    putc('\n', to);
    free(clean);
}

void print_wrapped(const char *text, size_t len, size_t at, size_t indent) {
    wrap(stdout, terminal_width(), text, len, at, indent);
}

void print_words(size_t indent, const char *format, ...) {
    char words[4096];
    va_list values;
    va_start(values, format);
    vsnprintf(words, sizeof words, format, values);
    va_end(values);
    print_wrapped(words, strlen(words), 0, indent);
}

void print_error(const char *format, ...) {
    char line[4096];
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    fflush(stdout); /* what was said before stands before */
    wrap(stderr, width_of(STDERR_FILENO), line, strlen(line), 0, 0);
}

/* Where the explanation in a line of --help begins: behind the last gap of two blanks in its first 64 columns; else further in than the line. */
static size_t explained_at(const char *line, size_t len) {
    size_t begin = strspn(line, " "), at = begin + 2;
    for (size_t i = begin; i + 2 < len && i < 64; i++)
        if (line[i] == ' ' && line[i + 1] == ' ' && line[i + 2] != ' ') at = i + 2;
    return at;
}

void print_help(const char *help) {
    size_t room = terminal_width();
    bool examples = false; /* whole, as they are for copying */
    for (const char *line = help; *line;) {
        size_t len = strcspn(line, "\n");
        examples = len && (examples || strncmp(line, "example", 7) == 0);
        wrap(stdout, examples ? 0 : room, line, len, 0, explained_at(line, len));
        line += len + (line[len] == '\n');
    }
}
