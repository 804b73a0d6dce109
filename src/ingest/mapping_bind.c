/* From names to numbers: the columns a mapping speaks of found in the rows at hand, lookup files read, and
 * each field given the functions that make its value. */
#include "mapping_impl.h"

#include "error.h"

#include <stdio.h>
#include <string.h>

/* "; did you mean 'x'?" or the columns there are. */
static const char *columns_hint(rows *r, const char *name, char out[300]) {
    size_t n = rows_columns(r), at;
    const char *known[INGEST_MAX_COLUMNS];
    for (size_t i = 0; i < n && i < INGEST_MAX_COLUMNS; i++) known[i] = rows_heading(r, i);
    const char *near = record_nearest(name, known, n < INGEST_MAX_COLUMNS ? n : INGEST_MAX_COLUMNS);
    if (near) {
        snprintf(out, 300, "; did you mean '%.60s'?", near);
        return out;
    }
    at = (size_t)snprintf(out, 300, "; its columns are ");
    for (size_t i = 0; i < n; i++) {
        bool full = at + 50 > 230;
        at +=
            (size_t)snprintf(out + at, 300 - at, "%s%.40s", i ? ", " : "", full ? "..." : rows_heading(r, i));
        if (full) break;
    }
    return out;
}

/* "zendesk.yaml:12: " for what a file says, nothing for a guess. */
static const char *place(const mapping *m, uint32_t line, char out[180]) {
    if (line) {
        snprintf(out, 180, "%.150s:%u: ", m->name, line);
    } else {
        *out = 0;
    }
    return out;
}

static mr_status no_column(const mapping *m, rows *r, const char *name, uint32_t line, const char *what,
                           mr_error *err) {
    char hint[300], where[180];
    return error_set(err, MR_EDATA, what, line ? (int64_t)line : -1,
                     "%s%.100s has no column '%.60s' (for %s)%s", place(m, line, where), rows_file(r, 0),
                     name, what, columns_hint(r, name, hint));
}

static mr_status find_column(rows *r, const char *name, int *column, mr_error *err) {
    *column = rows_column(r, name);
    return *column < 0 && rows_json(r) ? error_memory(err, strlen(name)) : MR_OK;
}

static mr_status bind_field(mapping *m, rows *r, const char *data_path, field_plan *p, mr_error *err) {
    const field_spec *f = p->spec;
    size_t found = 0, wanted = 0;
    const char *missing = NULL;
    mr_status status = MR_OK;
    p->column = arena_take(&m->bound, (f->columns.n + 1) * sizeof *p->column);
    if (!p->column) return error_memory(err, f->columns.n * sizeof *p->column);
    for (size_t i = 0; i < f->columns.n && !status; i++) {
        p->column[i] = -1;
        if (!f->columns.at[i]) continue;
        wanted++;
        status = find_column(r, f->columns.at[i], &p->column[i], err);
        found += p->column[i] >= 0;
        if (p->column[i] < 0 && !missing) missing = f->columns.at[i];
    }
    if (status) return status;
    bool enough = f->from == FROM_COLUMN ? found > 0 : found == wanted;
    if (wanted && !enough && !f->optional) return no_column(m, r, missing, f->line, p->row.name, err);
    p->times = -1;
    if (f->times) {
        status = find_column(r, f->times, &p->times, err);
        if (!status && p->times < 0) return no_column(m, r, f->times, f->line, "times", err);
    }
    if (!status && f->lookup_file) status = mapping_lookup_get(m, f, data_path, &p->table, err);
    mapping_compile(p, rows_json(r));
    return status;
}

/* "name": with the quotes and escapes JSON wants. */
static const char *json_key(mapping *m, const char *name, size_t *len) {
    text_buffer *b = &m->buffer;
    b->len = 0;
    mapping_json_string(b, name, strlen(name));
    text_putc(b, ':');
    *len = b->len;
    return b->failed ? NULL : arena_text(&m->bound, b->data, b->len);
}

static mr_status bind_conditions(mapping *m, rows *r, rule_plan *p, mr_error *err) {
    const rule_spec *rule = p->spec;
    p->when = arena_take(&m->bound, (rule->n_when + 1) * sizeof *p->when);
    p->attribute = arena_take(&m->bound, (rule->n_attributes + 1) * sizeof *p->attribute);
    if (!p->when || !p->attribute) return error_memory(err, rule->n_when * sizeof *p->when);
    for (size_t i = 0; i < rule->n_when; i++) {
        const when_spec *w = &rule->when[i];
        p->when[i].spec = w;
        mr_status status = find_column(r, w->column, &p->when[i].column, err);
        if (status) return status;
        if (p->when[i].column < 0 && w->test != WHEN_ABSENT && w->test != WHEN_PRESENT)
            return no_column(m, r, w->column, w->line, "when", err);
    }
    for (size_t i = 0; i < rule->n_attributes; i++) {
        const attribute_spec *a = &rule->attribute[i];
        mr_status status = find_column(r, a->column, &p->attribute[i].column, err);
        if (status) return status;
        if (p->attribute[i].column < 0) return no_column(m, r, a->column, a->line, "attributes", err);
        p->attribute[i].key = json_key(m, a->name, &p->attribute[i].key_len);
        if (!p->attribute[i].key) return error_memory(err, strlen(a->name));
    }
    return MR_OK;
}

static mr_status bind_rule(mapping *m, rows *r, const char *data_path, const rule_spec *rule, rule_plan *p,
                           mr_error *err) {
    record_row of = record_of(rule->kind);
    int currency = record_field(rule->kind, "currency", 8);
    *p = (rule_plan){.spec = rule, .currency = -1};
    p->field = arena_take(&m->bound, (rule->n_fields + 1) * sizeof *p->field);
    if (!p->field) return error_memory(err, rule->n_fields * sizeof *p->field);
    mr_status status = bind_conditions(m, r, p, err);
    for (size_t i = 0; i < rule->n_fields && !status; i++) {
        const field_spec *f = &rule->field[i];
        p->field[i] = (field_plan){.spec = f,
                                   .row = of.field[f->field],
                                   .kind = rule->kind,
                                   .future = record_future(rule->kind, f->field)};
        if (f->field == currency) p->currency = (int)i;
        status = bind_field(m, r, data_path, &p->field[i], err);
    }
    return status;
}

mr_status mapping_bind(mapping *m, rows *r, const char *const *paths, size_t n,
                       const mapping_options *options, mr_error *err) {
    static const mapping_options none = {.today = INT32_MAX};
    const char *data_path = n && paths && strcmp(paths[0], "-") != 0 ? paths[0] : NULL;
    if (!options) options = &none;
    arena_reset(&m->bound);
    m->plan = NULL;
    m->lookups = NULL;
    m->source_given = NULL;
    m->today = options->today;
    m->rows = m->reading = r;
    if (options->source) {
        m->source_given = arena_text(&m->bound, options->source, strlen(options->source));
        if (!m->source_given) return error_memory(err, strlen(options->source));
    }
    rule_plan *plan = arena_take(&m->bound, m->n_rules * sizeof *plan);
    if (!plan) return error_memory(err, m->n_rules * sizeof *plan);
    mr_status status = MR_OK;
    for (size_t i = 0; i < m->n_rules && !status; i++)
        status = bind_rule(m, r, data_path, &m->rule[i], &plan[i], err);
    if (status) return status;
    m->plan = plan;
    status = mapping_settle(m, r, options, err);
    if (status) m->plan = NULL;
    return status;
}

/* --- when --- */

static bool among(const names *list, rows_cell c) {
    for (size_t i = 0; i < list->n; i++)
        if (strlen(list->at[i]) == c.len && (!c.len || !strncasecmp(list->at[i], c.at, c.len))) return true;
    return false;
}

bool mapping_fits(const rule_plan *p, rows *r) {
    for (size_t i = 0; i < p->spec->n_when; i++) {
        const when_spec *w = p->when[i].spec;
        rows_cell c = rows_cell_of(r, p->when[i].column);
        while (c.len && (unsigned char)*c.at <= ' ') c.at++, c.len--;
        while (c.len && (unsigned char)c.at[c.len - 1] <= ' ') c.len--;
        bool fits = w->test == WHEN_PRESENT  ? c.len > 0
                    : w->test == WHEN_ABSENT ? c.len == 0
                                             : among(&w->values, c) == (w->test == WHEN_IS);
        if (!fits) return false;
    }
    return true;
}
