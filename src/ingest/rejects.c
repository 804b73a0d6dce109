/* Keeping bad lines until all is read: their line numbers and, for dates, their badness may hang on what
 * comes later. */
#include "rejects.h"

#include "error.h"
#include "mem.h"

#include <string.h>

#define TEXT_LIMIT ((size_t)64 << 10)

mr_status rejects_add(rejects *r, const reject *what, const char *value, size_t value_len, const char *reason,
                      const char *text, size_t text_len, mr_error *err) {
    if (r->n == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 8;
        reject *grown = mem_resize(r->alloc, r->all, capacity, sizeof *grown);
        if (!grown) return error_memory(err, capacity * sizeof *grown);
        r->all = grown;
        r->capacity = capacity;
    }
    reject *e = &r->all[r->n];
    *e = *what;
    r->text.alloc = r->alloc;
    e->value_at = r->text.len;
    text_add(&r->text, value, value_len < TEXT_LIMIT ? value_len : TEXT_LIMIT);
    e->reason_at = r->text.len;
    text_puts(&r->text, reason);
    e->text_at = r->text.len;
    text_add(&r->text, text, text_len < TEXT_LIMIT ? text_len : TEXT_LIMIT);
    e->end = r->text.len;
    if (r->text.failed) return error_memory(err, value_len + text_len);
    r->n++;
    return MR_OK;
}

void rejects_free(rejects *r) {
    mem_free(r->alloc, r->all);
    r->text.alloc = r->alloc;
    text_free(&r->text);
    r->all = NULL;
    r->n = r->capacity = 0;
}

char *rejects_show(char *out, size_t room, const char *value, size_t len) {
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];
        size_t left = room - at;
        if (left < 9) { /* an escape, an ellipsis and the end */
            memcpy(out + at, "...", 3);
            at += 3;
            break;
        }
        if (c < 0x20 || c == 0x7F) {
            at += (size_t)snprintf(out + at, left, "\\x%02X", c);
        } else {
            out[at++] = (char)c;
        }
    }
    /* never half a UTF-8 character */
    out[at] = 0;
    if (at >= 3 && !strcmp(out + at - 3, "...")) {
        size_t end = at - 3;
        size_t cut = end;
        while (cut > 0 && ((unsigned char)out[cut - 1] & 0xC0) == 0x80) cut--;
        if (cut > 0 && (unsigned char)out[cut - 1] >= 0xC0) memcpy(out + cut - 1, "...", 4);
    }
    return out;
}

static void quoted(text_buffer *out, const char *value, size_t len) {
    bool plain = true;
    for (size_t i = 0; i < len && plain; i++)
        plain = value[i] != ',' && value[i] != '"' && value[i] != '\n' && value[i] != '\r';
    if (plain) {
        text_add(out, value, len);
        return;
    }
    text_putc(out, '"');
    for (const char *end = value + len; value < end;) {
        const char *quote = memchr(value, '"', (size_t)(end - value));
        size_t run = quote ? (size_t)(quote - value) + 1 : (size_t)(end - value);
        text_add(out, value, run);
        if (quote) text_putc(out, '"');
        value += run;
    }
    text_putc(out, '"');
}

void rejects_csv(text_buffer *out, const char *file, uint64_t line, const char *field, const char *value,
                 size_t value_len, const char *reason, size_t reason_len, const char *text, size_t text_len) {
    quoted(out, file, strlen(file));
    text_printf(out, ",%llu,", (unsigned long long)line);
    quoted(out, field, strlen(field));
    text_putc(out, ',');
    quoted(out, value, value_len);
    text_putc(out, ',');
    quoted(out, reason, reason_len);
    text_putc(out, ',');
    quoted(out, text, text_len);
    text_putc(out, '\n');
}
