/* The main path: a row into the records of the rules that fit it. */
#include "mapping_impl.h"

#include "rejects.h"

#include <stdio.h>
#include <string.h>

void mapping_json_string(text_buffer *b, const char *text, size_t len) {
    text_putc(b, '"');
    for (size_t from = 0, i = 0; i <= len; i++) {
        unsigned char c = i < len ? (unsigned char)text[i] : '"';
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        text_add(b, text + from, i - from);
        from = i + 1;
        if (i == len) break;
        if (c == '"' || c == '\\') {
            text_putc(b, '\\');
            text_putc(b, (char)c);
        } else if (c == '\n') {
            text_puts(b, "\\n");
        } else {
            text_printf(b, "\\u%04X", (unsigned)c);
        }
    }
    text_putc(b, '"');
}

/* The further columns as a compact JSON object; "" where none of them holds anything. */
static bool attributes(mapping *m, rows *r, const rule_plan *p, record *out) {
    text_buffer *b = &m->buffer;
    b->len = 0;
    for (size_t i = 0; i < p->spec->n_attributes; i++) {
        const attribute_plan *a = &p->attribute[i];
        rows_cell c = rows_json(r) ? rows_json_raw(r, a->column) : rows_cell_of(r, a->column);
        if (!c.len) continue;
        text_putc(b, b->len ? ',' : '{');
        text_add(b, a->key, a->key_len);
        if (rows_json(r)) {
            text_add(b, c.at, c.len);
        } else {
            mapping_json_string(b, c.at, c.len);
        }
    }
    if (!b->len && !b->failed) return true;
    text_putc(b, '}');
    const char *text = b->failed ? NULL : arena_text(&m->scratch, b->data, b->len);
    m->starved = !text;
    if (!text) return false;
    out->attributes = text;
    out->attributes_len = b->len;
    return true;
}

static bool absent(mapping *m, const field_plan *p, const piece *in) {
    bool several = p->spec->columns.n > 1 || p->spec->n_values || p->table;
    piece none = {.column = in->column};
    return mapping_refuse(m, p, &none,
                          several ? "comes out empty; each of the %s needs it"
                                  : "is empty; each of the %s needs it",
                          record_name(p->kind));
}

static bool make(mapping *m, rows *r, rule_plan *p, const row *w, record *out) {
    const rule_spec *rule = p->spec;
    out->kind = rule->kind;
    out->row = w;
    out->attributes = "";
    out->attributes_len = 0;
    memset(out->value, 0, record_of(rule->kind).fields * sizeof *out->value);
    m->rule_at = p;
    for (size_t i = 0; i < rule->n_fields; i++) {
        field_plan *f = &p->field[i];
        record_value *v = &out->value[f->spec->field];
        piece in = {.column = f->spec->columns.n ? f->column[0] : -1};
        if (!mapping_piece(m, r, f, &in)) return false;
        if (!in.at) {
            if (f->row.required) return absent(m, f, &in);
            continue;
        }
        v->text = in.at;
        v->len = in.len;
        v->given = true;
        if (!f->convert(m, f, &in, v)) return false;
    }
    return !rule->n_attributes || attributes(m, r, p, out);
}

static bool bad_row(rows *r, const row *w, mapping_fault *fault) {
    *fault = (mapping_fault){.column = w->fault_column};
    if (w->fault_column >= 0)
        snprintf(fault->field, sizeof fault->field, "%s", rows_heading(r, (size_t)w->fault_column));
    rejects_show(fault->value, sizeof fault->value, w->raw, w->raw_len);
    snprintf(fault->reason, sizeof fault->reason, "%s", w->fault);
    return false;
}

bool mapping_apply(mapping *m, rows *r, const row *w, record *out, size_t room, size_t *n,
                   mapping_fault *fault) {
    *n = 0;
    if (w->fault) return bad_row(r, w, fault);
    arena_reset(&m->scratch);
    m->starved = false;
    m->fault = fault;
    m->reading = r;
    m->row = w;
    for (size_t i = 0; i < m->n_rules; i++) {
        rule_plan *p = &m->plan[i];
        if (p->spec->n_when && !mapping_fits(p, r)) continue;
        if (*n == room) {
            *n = 0;
            *fault = (mapping_fault){.column = -1,
                                     .reason = "fits more of the mapping's records than one line may make"};
            return false;
        }
        if (!make(m, r, p, w, &out[*n])) {
            *n = 0;
            if (m->starved) {
                m->buffer.failed = false;
                *fault = (mapping_fault){.column = -1, .reason = "could not be read: out of memory"};
            }
            return false;
        }
        out[(*n)++].rule = (uint32_t)i;
    }
    return true;
}

bool mapping_starved(const mapping *m) {
    return m->starved;
}
