/* A mapping as YAML that mapping_parse reads back to the same. Forms of dates and decimals that binding found
 * out are written too, so that a mapping saved from a dry run asks nothing of the next file. */
#include "mapping_impl.h"

#include "calendar.h"
#include "error.h"

#include <string.h>

static bool plain_word(const char *text) {
    static const char *const reserved[] = {"true", "false", "yes", "no",      "on",    "off",
                                           "null", "y",     "n",   "present", "absent"};
    size_t len = strlen(text);
    if (!len || !((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'))) return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool inner = c == ' ' && i + 1 < len;
        if (!inner && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '_' && c != '.' && c != '-' && c != '/')
            return false;
    }
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (!strcasecmp(text, reserved[i])) return false;
    return true;
}

/* The code point of valid UTF-8 at *p, which moves on. */
static uint32_t next_code(const unsigned char **p) {
    uint32_t c = *(*p)++;
    if (c < 0x80) return c;
    int more = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    c &= 0x3Fu >> more;
    while (more--) c = c << 6 | (*(*p)++ & 0x3F);
    return c;
}

/* YAML takes no control characters and folds what it takes for line ends. */
static bool needs_escape(uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
           code == 0xFEFF || code == 0xFFFE || code == 0xFFFF;
}

static void scalar(text_buffer *out, const char *text) {
    if (plain_word(text)) {
        text_puts(out, text);
        return;
    }
    text_putc(out, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        const unsigned char *from = p;
        uint32_t code = next_code(&p);
        if (needs_escape(code)) {
            text_printf(out, "\\u%04X", (unsigned)code);
        } else {
            if (code == '"' || code == '\\') text_putc(out, '\\');
            text_add(out, (const char *)from, (size_t)(p - from));
        }
    }
    text_putc(out, '"');
}

static void list(text_buffer *out, const names *n) {
    if (n->n == 1) {
        scalar(out, n->at[0]);
        return;
    }
    text_putc(out, '[');
    for (size_t i = 0; i < n->n; i++) {
        if (i) text_puts(out, ", ");
        scalar(out, n->at[i]);
    }
    text_putc(out, ']');
}

typedef struct pairs {
    text_buffer *out;
    bool any;
} pairs;

static text_buffer *key(pairs *p, const char *name) {
    text_puts(p->out, p->any ? ", " : "");
    text_puts(p->out, name);
    text_puts(p->out, ": ");
    p->any = true;
    return p->out;
}

static void pair(pairs *p, const char *name, const char *value) {
    scalar(key(p, name), value);
}

static void join_list(text_buffer *out, const field_spec *f) {
    text_putc(out, '[');
    for (size_t i = 0; i < f->columns.n; i++) {
        if (i) text_puts(out, ", ");
        if (f->columns.at[i]) {
            scalar(out, f->columns.at[i]);
        } else {
            text_puts(out, "{const: ");
            scalar(out, f->text_part[i]);
            text_putc(out, '}');
        }
    }
    text_putc(out, ']');
}

static void from(pairs *p, const field_spec *f) {
    char day[11];
    switch (f->from) {
    case FROM_COLUMN:
        list(key(p, "column"), &f->columns);
        break;
    case FROM_JOIN:
        join_list(key(p, "join"), f);
        if (f->text) pair(p, "with", f->text);
        break;
    case FROM_CONST:
        pair(p, "const", f->text);
        break;
    case FROM_MONTHS_BEFORE:
        text_puts(key(p, "months_before"), "{column: ");
        scalar(p->out, f->columns.at[0]);
        text_printf(p->out, ", of: \"%s\"}", calendar_text(f->of_day, day));
        break;
    }
}

static void values(text_buffer *out, const field_spec *f) {
    text_putc(out, '{');
    for (size_t i = 0; i < f->n_values; i++) {
        if (i) text_puts(out, ", ");
        scalar(out, f->values[i].from);
        text_puts(out, ": ");
        scalar(out, f->values[i].to);
    }
    text_putc(out, '}');
}

static void field(text_buffer *out, const field_spec *f, const field_plan *plan) {
    time_form form = f->format                                                        ? f->format
                     : plan && f->from != FROM_MONTHS_BEFORE && f->from != FROM_CONST ? plan->form.time
                                                                                      : TIME_OPEN;
    if (form == TIME_EITHER) form = TIME_OPEN;
    /* a comma is worth a word; a point is what is taken where nothing is said and nothing shows otherwise */
    char decimal = f->decimal ? f->decimal : plan && plan->form.decimal == ',' ? ',' : 0;
    bool bare = f->from == FROM_COLUMN && !form && !decimal && !f->minor && !f->times && !f->optional &&
                !f->n_values && !f->otherwise && !f->lookup_file;
    if (bare) {
        list(out, &f->columns);
        return;
    }
    pairs p = {.out = out};
    text_putc(out, '{');
    from(&p, f);
    if (f->lookup_file) {
        text_puts(key(&p, "lookup"), "{file: ");
        scalar(out, f->lookup_file);
        text_puts(out, ", key: ");
        scalar(out, f->lookup_key);
        text_puts(out, ", value: ");
        scalar(out, f->lookup_value);
        text_putc(out, '}');
    }
    if (f->n_values) values(key(&p, "values"), f);
    if (f->otherwise) pair(&p, "default", f->otherwise);
    if (form) pair(&p, "format", time_form_name(form));
    if (decimal) pair(&p, "decimal", decimal == ',' ? "comma" : "point");
    if (f->minor) pair(&p, "scale", "minor");
    if (f->times) pair(&p, "times", f->times);
    if (f->optional) text_puts(key(&p, "optional"), "yes");
    text_putc(out, '}');
}

static void when(text_buffer *out, const rule_spec *rule) {
    text_puts(out, "    when: {");
    for (size_t i = 0; i < rule->n_when; i++) {
        const when_spec *w = &rule->when[i];
        if (i) text_puts(out, ", ");
        scalar(out, w->column);
        text_puts(out, ": ");
        switch (w->test) {
        case WHEN_PRESENT:
            text_puts(out, "present");
            break;
        case WHEN_ABSENT:
            text_puts(out, "absent");
            break;
        case WHEN_IS_NOT:
            text_puts(out, "{not: ");
            list(out, &w->values);
            text_putc(out, '}');
            break;
        case WHEN_IS:
            list(out, &w->values);
        }
    }
    text_puts(out, "}\n");
}

static void attributes(text_buffer *out, const rule_spec *rule) {
    bool same = true;
    for (size_t i = 0; i < rule->n_attributes; i++)
        same = same && !strcmp(rule->attribute[i].name, rule->attribute[i].column);
    text_puts(out, same ? "    attributes: [" : "    attributes: {");
    for (size_t i = 0; i < rule->n_attributes; i++) {
        if (i) text_puts(out, ", ");
        if (!same) {
            scalar(out, rule->attribute[i].name);
            text_puts(out, ": ");
        }
        scalar(out, rule->attribute[i].column);
    }
    text_puts(out, same ? "]\n" : "}\n");
}

/* Is the column read, by itself or as a part of an object that is read whole? */
static bool reads(const rows *r, int column, size_t c) {
    if (column < 0 || column == (int)c) return column == (int)c;
    const char *whole = rows_heading(r, (size_t)column), *part = rows_heading(r, c);
    size_t len = strlen(whole);
    return rows_json(r) && len && !strncmp(part, whole, len) && part[len] == '.';
}

/* "# not used: a, b": a comment, which parsing passes over. */
static void unused(text_buffer *out, const mapping *m) {
    size_t n = m->rows->columns, shown = 0;
    for (size_t c = 0; c < n && shown < 100; c++) {
        bool used = false;
        for (size_t i = 0; i < m->n_rules && !used; i++) {
            const rule_plan *p = &m->plan[i];
            for (size_t k = 0; k < p->spec->n_when && !used; k++) used = reads(m->rows, p->when[k].column, c);
            for (size_t k = 0; k < p->spec->n_attributes && !used; k++)
                used = reads(m->rows, p->attribute[k].column, c);
            for (size_t k = 0; k < p->spec->n_fields && !used; k++) {
                used = reads(m->rows, p->field[k].times, c);
                for (size_t j = 0; j < p->field[k].spec->columns.n && !used; j++)
                    used = reads(m->rows, p->field[k].column[j], c);
            }
        }
        if (used) continue;
        text_puts(out, shown++ ? ", " : "# not used: ");
        scalar(out, m->rows->column[c].name);
    }
    if (shown) text_putc(out, '\n');
}

mr_status mapping_write(const mapping *m, text_buffer *out, mr_error *err) {
    if (m->about) {
        text_puts(out, "about: ");
        scalar(out, m->about);
        text_putc(out, '\n');
    }
    text_puts(out, "source: ");
    scalar(out, mapping_source(m));
    text_puts(out, "\nrecords:\n");
    for (size_t i = 0; i < m->n_rules; i++) {
        const rule_spec *rule = &m->rule[i];
        record_row of = record_of(rule->kind);
        text_printf(out, "  - record: %s\n", of.name);
        if (rule->n_when) when(out, rule);
        text_puts(out, "    fields:\n");
        for (size_t k = 0; k < rule->n_fields; k++) {
            text_printf(out, "      %s: ", of.field[rule->field[k].field].name);
            field(out, &rule->field[k], m->plan ? &m->plan[i].field[k] : NULL);
            text_putc(out, '\n');
        }
        if (rule->n_attributes) attributes(out, rule);
    }
    if (m->plan) unused(out, m);
    return out->failed ? error_memory(err, out->capacity) : MR_OK;
}
