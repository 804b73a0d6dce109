/* Splitting a record (RFC 4180 and runs of blanks). Blanks around a field, quoted or not, never matter: two
 * customers whose identifiers differ by a blank nobody can see are one. */
#include "split.h"

#include "mem.h"

#include <string.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

bool split_blank(const char *record, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (!is_blank(record[i])) return false;
    return true;
}

static split_field trimmed(const char *from, const char *to) {
    while (from < to && is_blank(*from)) from++;
    while (to > from && is_blank(to[-1])) to--;
    return (split_field){from, (size_t)(to - from)};
}

static void put(split_fields *f, split_field field) {
    if (f->n < INGEST_MAX_COLUMNS) f->field[f->n] = field;
    f->n++;
}

static split_fault split_runs(const char *p, const char *end, split_fields *f) {
    for (;;) {
        while (p < end && is_blank(*p)) p++;
        if (p == end) return SPLIT_OK;
        const char *from = p;
        while (p < end && !is_blank(*p)) p++;
        put(f, (split_field){from, (size_t)(p - from)});
    }
}

/* A quoted field from behind its opening quote. *p ends on the delimiter or the end. */
static split_fault quoted(const char **p, const char *end, char delimiter, char **scratch, split_fields *f) {
    const char *from = *p, *quote;
    char *out = NULL;
    for (;;) {
        quote = memchr(*p, '"', (size_t)(end - *p));
        if (!quote) return SPLIT_OPEN_QUOTE;
        if (quote + 1 == end || quote[1] != '"') break;
        /* "" stands for one quote: the text so far, with it, goes to scratch */
        if (!out) out = *scratch;
        size_t len = (size_t)(quote + 1 - from);
        memcpy(*scratch, from, len);
        *scratch += len;
        from = *p = quote + 2;
    }
    if (out) {
        size_t len = (size_t)(quote - from);
        memcpy(*scratch, from, len);
        *scratch += len;
        put(f, trimmed(out, *scratch));
    } else {
        put(f, trimmed(from, quote));
    }
    *p = quote + 1;
    while (*p < end && **p != delimiter) {
        if (!is_blank(**p)) return f->n--, SPLIT_AFTER_QUOTE;
        (*p)++;
    }
    return SPLIT_OK;
}

static bool scratch_room(const mr_alloc *alloc, split_fields *f, size_t len) {
    if (f->scratch_capacity >= len) return true;
    char *grown = mem_resize(alloc, f->scratch, 2 * len + SPLIT_PADDING, 1);
    if (!grown) return false;
    f->scratch = grown;
    f->scratch_capacity = 2 * len;
    return true;
}

split_fault split_record(const char *record, size_t len, char delimiter, bool quoting, const mr_alloc *alloc,
                         split_fields *f) {
    const char *p = record, *end = record + len;
    f->n = 0;
    while (end > p && end[-1] == '\r') end--;
    if (delimiter == ' ') return split_runs(p, end, f);
    quoting = quoting && memchr(p, '"', (size_t)(end - p));
    if (quoting && !scratch_room(alloc, f, len)) return SPLIT_NO_MEMORY;
    char *scratch = f->scratch;
    for (;;) {
        const char *from = p;
        while (from < end && is_blank(*from) && *from != delimiter) from++;
        if (quoting && from < end && *from == '"') {
            p = from + 1;
            split_fault fault = quoted(&p, end, delimiter, &scratch, f);
            if (fault) return f->n++, fault;
        } else {
            const char *to = memchr(p, delimiter, (size_t)(end - p));
            if (!to) to = end;
            if (quoting && memchr(p, '"', (size_t)(to - p))) return f->n++, SPLIT_STRAY_QUOTE;
            put(f, trimmed(p, to));
            p = to;
        }
        if (p == end) return SPLIT_OK;
        p++;
    }
}

void split_free(const mr_alloc *alloc, split_fields *f) {
    mem_free(alloc, f->scratch);
    f->scratch = NULL;
    f->scratch_capacity = 0;
}

const char *split_fault_text(split_fault fault) {
    switch (fault) {
    case SPLIT_OK:
        return "ok";
    case SPLIT_AFTER_QUOTE:
        return "text stands behind a closing quote; a quote inside a quoted field is written twice";
    case SPLIT_STRAY_QUOTE:
        return "a quote stands inside a field that does not begin with one; quote the whole field and double "
               "the quote";
    case SPLIT_OPEN_QUOTE:
        return "a quote is opened and never closed";
    case SPLIT_NO_MEMORY:
        return "out of memory";
    }
    return "malformed";
}
