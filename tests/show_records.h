/* Records as lines of text, for comparing whole imports: "orders customer=u1 date=2024-03-01T10:15:30.123456Z
 * amount=27.5" and rejects as "14! date 'yesterday' is no date". */
#ifndef TESTS_SHOW_RECORDS_H
#define TESTS_SHOW_RECORDS_H

#include "check.h"

#include "calendar.h"
#include "mapping.h"
#include "records.h"
#include "text.h"

#include <stdlib.h>

static inline void show_time(text_buffer *b, int64_t us) {
    int64_t day = us / 86400000000, rest = us % 86400000000;
    char text[11];
    if (rest < 0) rest += 86400000000, day--;
    text_puts(b, calendar_text((int32_t)day, text));
    if (!rest) return;
    text_printf(b, "T%02d:%02d:%02d", (int)(rest / 3600000000), (int)(rest / 60000000 % 60),
                (int)(rest / 1000000 % 60));
    if (rest % 1000000) text_printf(b, ".%06d", (int)(rest % 1000000));
    text_putc(b, 'Z');
}

static inline void show_record(text_buffer *b, const record *made) {
    record_row of = record_of(made->kind);
    text_puts(b, of.name);
    for (size_t i = 0; i < of.fields; i++) {
        const record_value *v = &made->value[i];
        if (!v->given) continue;
        text_printf(b, " %s=", of.field[i].name);
        switch (of.field[i].type) {
        case FIELD_TIME:
            show_time(b, v->number);
            break;
        case FIELD_MONEY:
        case FIELD_REAL:
            text_printf(b, "%.10g", (double)v->number / 10000);
            if (of.field[i].type == FIELD_MONEY && v->len) text_printf(b, "(%.*s)", (int)v->len, v->text);
            break;
        case FIELD_DAY:
        case FIELD_COUNT:
        case FIELD_FLAG:
            text_printf(b, "%lld", (long long)v->number);
            break;
        case FIELD_TEXT:
            text_putc(b, '\'');
            text_add(b, v->text, v->len);
            text_putc(b, '\'');
        }
    }
    if (made->attributes_len) {
        text_putc(b, ' ');
        text_add(b, made->attributes, made->attributes_len);
    }
    text_putc(b, '\n');
}

/* Every row of r through m. counts[kind], where it is not NULL, and how many rows were rejected. */
static inline size_t show_all(mapping *m, rows *r, text_buffer *b, size_t *counts) {
    record *made = calloc(MAPPING_ROOM, sizeof *made);
    const row *w = NULL;
    mr_error err = {0};
    mr_status status;
    size_t rejected = 0;
    while ((status = rows_next(r, &w, &err)) == MR_OK && w) {
        mapping_fault fault;
        size_t n;
        if (!mapping_apply(m, r, w, made, MAPPING_ROOM, &n, &fault)) {
            assert_int_equal(n, 0);
            assert_false(mapping_starved(m));
            if (b)
                text_printf(b, "%llu! %s '%s' %s\n", (unsigned long long)w->line, fault.field, fault.value,
                            fault.reason);
            rejected++;
            continue;
        }
        if (b && !n) text_printf(b, "%llu: -\n", (unsigned long long)w->line);
        for (size_t i = 0; i < n; i++) {
            if (counts) counts[made[i].kind]++;
            if (!b) continue;
            text_printf(b, "%llu: ", (unsigned long long)w->line);
            show_record(b, &made[i]);
        }
    }
    if (status) print_error("%s\n", err.message);
    assert_int_equal(status, MR_OK);
    free(made);
    if (b) text_terminate(b);
    return rejected;
}

#endif
