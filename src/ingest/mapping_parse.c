/* A mapping's YAML into its spec. Everything that can be known without the data is checked here: names of
 * records and fields, required fields, keys that do not go together. */
#include "mapping_impl.h"
#include "yaml_file.h"

#include "calendar.h"
#include "error.h"
#include "mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

mapping *mapping_new(const char *name, const mr_alloc *alloc, mr_error *err) {
    mapping *m = mem_new(alloc, 1, sizeof *m);
    if (!m) {
        error_memory(err, sizeof *m);
        return NULL;
    }
    m->alloc = m->text.alloc = m->bound.alloc = m->scratch.alloc = m->tree.alloc = m->buffer.alloc = alloc;
    date_table_fill(&m->months);
    m->name = arena_text(&m->text, name, strlen(name));
    if (m->name) return m;
    error_memory(err, strlen(name));
    mapping_free(m);
    return NULL;
}

void mapping_free(mapping *m) {
    if (!m) return;
    arena_free(&m->text);
    arena_free(&m->bound);
    arena_free(&m->scratch);
    json_line_free(&m->tree);
    text_free(&m->buffer);
    mem_free(m->alloc, m);
}

bool mapping_makes(const mapping *m, record_kind kind) {
    for (size_t i = 0; i < m->n_rules; i++)
        if (m->rule[i].kind == kind) return true;
    return false;
}

const char *mapping_source(const mapping *m) {
    return m->source_given ? m->source_given : m->source ? m->source : "import";
}

/* --- a field --- */

typedef struct field_reading {
    field_spec *f;
    int ways; /* of column, join, const, months_before */
    bool with;
} field_reading;

static const field_row *row_of(const yaml_reading *y, const field_reading *r) {
    return &record_of((record_kind)y->kind).field[r->f->field];
}

static mr_status read_column(yaml_reading *y, const yaml_node_t *node, void *into) {
    field_reading *r = into;
    r->ways++;
    r->f->from = FROM_COLUMN;
    return yaml_texts(y, node, "column", false, &r->f->columns);
}

/* [a, b, {const: " "}] */
static mr_status read_join(yaml_reading *y, const yaml_node_t *node, void *into) {
    field_reading *r = into;
    field_spec *f = r->f;
    r->ways++;
    f->from = FROM_JOIN;
    if (node->type != YAML_SEQUENCE_NODE || node->data.sequence.items.start == node->data.sequence.items.top)
        return yaml_fail(y, node, "join", "'join' is to be a list of columns");
    const yaml_node_item_t *first = node->data.sequence.items.start;
    f->columns.n = (size_t)(node->data.sequence.items.top - first);
    mr_status status = yaml_room(y, f->columns.n, sizeof *f->columns.at, &f->columns.at);
    if (!status) status = yaml_room(y, f->columns.n, sizeof *f->text_part, &f->text_part);
    for (size_t i = 0; i < f->columns.n && !status; i++) {
        const yaml_node_t *item = yaml_at(y, first[i]), *text = yaml_value(y, item, "const");
        status = text ? yaml_text(y, text, "const", false, &f->text_part[i])
                      : yaml_text(y, item, "join", false, &f->columns.at[i]);
    }
    return status;
}

static mr_status read_with(yaml_reading *y, const yaml_node_t *node, void *into) {
    field_reading *r = into;
    r->with = true;
    return yaml_text(y, node, "with", true, &r->f->text);
}

static mr_status read_const(yaml_reading *y, const yaml_node_t *node, void *into) {
    field_reading *r = into;
    r->ways++;
    r->f->from = FROM_CONST;
    return yaml_text(y, node, "const", false, &r->f->text);
}

static mr_status months_column(yaml_reading *y, const yaml_node_t *node, void *into) {
    field_spec *f = into;
    mr_status status = yaml_room(y, 1, sizeof *f->columns.at, &f->columns.at);
    f->columns.n = 1;
    return status ? status : yaml_text(y, node, "column", false, &f->columns.at[0]);
}

static mr_status months_of(yaml_reading *y, const yaml_node_t *node, void *into) {
    field_spec *f = into;
    char *text = NULL;
    mr_status status = yaml_text(y, node, "of", false, &text);
    if (status || calendar_parse(text, strlen(text), &f->of_day)) return status;
    return yaml_fail(y, node, "of", "of: '%.40s' is no date like 2024-01-31", text);
}

static mr_status read_months_before(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_key keys[] = {{"column", months_column}, {"of", months_of}};
    field_reading *r = into;
    r->ways++;
    r->f->from = FROM_MONTHS_BEFORE;
    r->f->of_day = INT32_MIN;
    mr_status status = yaml_pairs(y, node, "months_before", keys, 2, r->f);
    if (status) return status;
    if (row_of(y, r)->type != FIELD_TIME)
        return yaml_fail(y, node, "months_before", "'months_before' makes a date, and %s is none",
                         row_of(y, r)->name);
    if (!r->f->columns.n || r->f->of_day == INT32_MIN)
        return yaml_fail(y, node, "months_before", "'months_before' needs 'column' and 'of'");
    return MR_OK;
}

static mr_status lookup_file(yaml_reading *y, const yaml_node_t *node, void *into) {
    return yaml_text(y, node, "file", false, &((field_spec *)into)->lookup_file);
}

static mr_status lookup_key(yaml_reading *y, const yaml_node_t *node, void *into) {
    return yaml_text(y, node, "key", false, &((field_spec *)into)->lookup_key);
}

static mr_status lookup_value(yaml_reading *y, const yaml_node_t *node, void *into) {
    return yaml_text(y, node, "value", false, &((field_spec *)into)->lookup_value);
}

static mr_status read_lookup(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_key keys[] = {{"file", lookup_file}, {"key", lookup_key}, {"value", lookup_value}};
    field_spec *f = ((field_reading *)into)->f;
    mr_status status = yaml_pairs(y, node, "lookup", keys, 3, f);
    if (status || (f->lookup_file && f->lookup_key && f->lookup_value)) return status;
    return yaml_fail(y, node, "lookup", "'lookup' needs 'file', 'key' and 'value'");
}

static mr_status read_values(yaml_reading *y, const yaml_node_t *node, void *into) {
    field_spec *f = ((field_reading *)into)->f;
    if (node->type != YAML_MAPPING_NODE)
        return yaml_fail(y, node, "values", "'values' is to be a mapping (what stands there: what it means)");
    const yaml_node_pair_t *first = node->data.mapping.pairs.start;
    f->n_values = (size_t)(node->data.mapping.pairs.top - first);
    mr_status status = yaml_room(y, f->n_values, sizeof *f->values, &f->values);
    for (size_t i = 0; i < f->n_values && !status; i++) {
        status = yaml_text(y, yaml_at(y, first[i].key), "values", true, &f->values[i].from);
        if (!status) status = yaml_text(y, yaml_at(y, first[i].value), "values", true, &f->values[i].to);
        for (size_t k = 0; k < i && !status; k++)
            if (!strcmp(f->values[k].from, f->values[i].from))
                return yaml_fail(y, yaml_at(y, first[i].key), "values", "values: '%.40s' stands there twice",
                                 f->values[i].from);
    }
    return status;
}

static mr_status read_default(yaml_reading *y, const yaml_node_t *node, void *into) {
    return yaml_text(y, node, "default", true, &((field_reading *)into)->f->otherwise);
}

static mr_status read_format(yaml_reading *y, const yaml_node_t *node, void *into) {
    field_reading *r = into;
    char *text = NULL;
    mr_status status = yaml_text(y, node, "format", false, &text);
    if (status) return status;
    if (row_of(y, r)->type != FIELD_TIME)
        return yaml_fail(y, node, "format", "'format' is for dates, and %s is none", row_of(y, r)->name);
    r->f->format = time_form_find(text);
    if (r->f->format) return MR_OK;
    return yaml_fail(y, node, "format",
                     "format: '%.40s' is none of iso, ymd, yyyymmdd, dmy, mdy, unix, unix_ms", text);
}

static mr_status read_decimal(yaml_reading *y, const yaml_node_t *node, void *into) {
    field_reading *r = into;
    bool comma = false;
    mr_status status = yaml_choice(y, node, "decimal", "comma", "point", &comma);
    if (status) return status;
    field_type type = row_of(y, r)->type;
    if (type != FIELD_MONEY && type != FIELD_REAL)
        return yaml_fail(y, node, "decimal", "'decimal' is for numbers, and %s is none", row_of(y, r)->name);
    r->f->decimal = comma ? ',' : '.';
    return MR_OK;
}

static mr_status read_scale(yaml_reading *y, const yaml_node_t *node, void *into) {
    field_reading *r = into;
    mr_status status = yaml_choice(y, node, "scale", "minor", "unit", &r->f->minor);
    if (status || row_of(y, r)->type == FIELD_MONEY) return status;
    return yaml_fail(y, node, "scale", "'scale' is for money, and %s is none", row_of(y, r)->name);
}

static mr_status read_times(yaml_reading *y, const yaml_node_t *node, void *into) {
    field_reading *r = into;
    field_type type = row_of(y, r)->type;
    if (type != FIELD_MONEY && type != FIELD_REAL)
        return yaml_fail(y, node, "times", "'times' is for numbers, and %s is none", row_of(y, r)->name);
    return yaml_text(y, node, "times", false, &r->f->times);
}

static mr_status read_optional(yaml_reading *y, const yaml_node_t *node, void *into) {
    return yaml_choice(y, node, "optional", "yes", "no", &((field_reading *)into)->f->optional);
}

static mr_status read_field(yaml_reading *y, const yaml_node_t *node, field_spec *f) {
    static const yaml_key keys[] = {
        {"column", read_column},    {"join", read_join},       {"with", read_with},
        {"const", read_const},      {"lookup", read_lookup},   {"months_before", read_months_before},
        {"values", read_values},    {"default", read_default}, {"format", read_format},
        {"decimal", read_decimal},  {"scale", read_scale},     {"times", read_times},
        {"optional", read_optional}};
    const char *name = record_of((record_kind)y->kind).field[f->field].name;
    f->line = yaml_line(node);
    if (node->type != YAML_MAPPING_NODE) return yaml_texts(y, node, name, false, &f->columns);
    field_reading r = {.f = f};
    mr_status status = yaml_pairs(y, node, "a field", keys, sizeof keys / sizeof *keys, &r);
    if (status) return status;
    if (r.ways != 1)
        return yaml_fail(
            y, node, name,
            "%s: one of 'column', 'join', 'const' and 'months_before' says where it comes from, not %s", name,
            r.ways ? "several" : "none");
    if (r.with && f->from != FROM_JOIN) return yaml_fail(y, node, name, "%s: 'with' goes with 'join'", name);
    return MR_OK;
}

/* --- a rule --- */

static mr_status read_fields(yaml_reading *y, const yaml_node_t *node, void *into) {
    rule_spec *rule = into;
    record_row of = record_of((record_kind)y->kind);
    if (node->type != YAML_MAPPING_NODE)
        return yaml_fail(y, node, "fields", "'fields' is to be a mapping (field: column)");
    const yaml_node_pair_t *first = node->data.mapping.pairs.start;
    size_t n = (size_t)(node->data.mapping.pairs.top - first);
    const char *known[MAPPING_FIELDS];
    for (size_t i = 0; i < of.fields; i++) known[i] = of.field[i].name;
    mr_status status = yaml_room(y, n, sizeof *rule->field, &rule->field);
    for (size_t i = 0; i < n && !status; i++) {
        const yaml_node_t *key = yaml_at(y, first[i].key);
        char hint[320], *name = NULL;
        status = yaml_text(y, key, "fields", false, &name);
        if (status) break;
        int field = record_field((record_kind)y->kind, name, strlen(name));
        if (field < 0)
            return yaml_fail(y, key, name, "'%.40s' is no field of %s%s", name, of.name,
                             yaml_known(name, known, of.fields, hint));
        for (size_t k = 0; k < i; k++)
            if (rule->field[k].field == field)
                return yaml_fail(y, key, name, "the field '%s' stands there twice", name);
        rule->field[i] = (field_spec){.field = field};
        status = read_field(y, yaml_at(y, first[i].value), &rule->field[i]);
        rule->n_fields = i + 1;
    }
    return status;
}

static mr_status read_not(yaml_reading *y, const yaml_node_t *node, void *into) {
    when_spec *w = into;
    w->test = WHEN_IS_NOT;
    return yaml_texts(y, node, "not", true, &w->values);
}

static mr_status read_test(yaml_reading *y, const yaml_node_t *node, when_spec *w) {
    static const yaml_key keys[] = {{"not", read_not}};
    if (node->type == YAML_MAPPING_NODE) {
        mr_status status = yaml_pairs(y, node, "a condition", keys, 1, w);
        if (!status && !w->values.n)
            status = yaml_fail(y, node, w->column, "the condition on '%.60s' says nothing", w->column);
        return status;
    }
    if (yaml_is(node, "present")) return w->test = WHEN_PRESENT, MR_OK;
    if (yaml_is(node, "absent")) return w->test = WHEN_ABSENT, MR_OK;
    w->test = WHEN_IS;
    return yaml_texts(y, node, "when", true, &w->values);
}

static mr_status read_when(yaml_reading *y, const yaml_node_t *node, void *into) {
    rule_spec *rule = into;
    if (node->type != YAML_MAPPING_NODE)
        return yaml_fail(y, node, "when", "'when' is to be a mapping (column: value)");
    const yaml_node_pair_t *first = node->data.mapping.pairs.start;
    rule->n_when = (size_t)(node->data.mapping.pairs.top - first);
    mr_status status = yaml_room(y, rule->n_when, sizeof *rule->when, &rule->when);
    for (size_t i = 0; i < rule->n_when && !status; i++) {
        when_spec *w = &rule->when[i];
        w->line = yaml_line(yaml_at(y, first[i].key));
        status = yaml_text(y, yaml_at(y, first[i].key), "when", false, &w->column);
        if (!status) status = read_test(y, yaml_at(y, first[i].value), w);
    }
    return status;
}

/* [a, b], or {name: column} */
static mr_status read_attributes(yaml_reading *y, const yaml_node_t *node, void *into) {
    rule_spec *rule = into;
    bool list = node->type == YAML_SEQUENCE_NODE;
    if (!list && node->type != YAML_MAPPING_NODE)
        return yaml_fail(y, node, "attributes",
                         "'attributes' is to be a list of columns, or a mapping (name: column)");
    size_t n = list ? (size_t)(node->data.sequence.items.top - node->data.sequence.items.start)
                    : (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    mr_status status = yaml_room(y, n, sizeof *rule->attribute, &rule->attribute);
    for (size_t i = 0; i < n && !status; i++) {
        attribute_spec *a = &rule->attribute[i];
        const yaml_node_t *name =
            yaml_at(y, list ? node->data.sequence.items.start[i] : node->data.mapping.pairs.start[i].key);
        const yaml_node_t *column = list ? name : yaml_at(y, node->data.mapping.pairs.start[i].value);
        a->line = yaml_line(name);
        status = yaml_text(y, name, "attributes", false, &a->name);
        if (!status) status = yaml_text(y, column, "attributes", false, &a->column);
        for (size_t k = 0; k < i && !status; k++)
            if (!strcmp(rule->attribute[k].name, a->name))
                status = yaml_fail(y, name, "attributes", "attributes: '%.60s' stands there twice", a->name);
        rule->n_attributes = i + 1;
    }
    return status;
}

static mr_status read_record(yaml_reading *y, const yaml_node_t *node, void *into) {
    (void)y, (void)node, (void)into; /* was read first: the fields hang on it */
    return MR_OK;
}

static bool has_field(const rule_spec *rule, const char *name) {
    int field = record_field(rule->kind, name, strlen(name));
    for (size_t i = 0; i < rule->n_fields; i++)
        if (rule->field[i].field == field) return true;
    return false;
}

/* What goes together. */
static mr_status check_rule(yaml_reading *y, const yaml_node_t *node, const rule_spec *rule) {
    record_row of = record_of(rule->kind);
    for (size_t i = 0; i < of.fields; i++)
        if (of.field[i].required && !has_field(rule, of.field[i].name))
            return yaml_fail(y, node, of.field[i].name, "%s needs the field '%s'", of.name, of.field[i].name);
    for (size_t i = 0; i < rule->n_fields; i++)
        if (rule->field[i].minor && !has_field(rule, "currency"))
            return yaml_fail(
                y, node, "scale",
                "%s: an amount in minor units needs the field 'currency', which says how many make a unit",
                of.name);
    if (rule->kind == RECORD_events && rule->n_attributes && has_field(rule, "body"))
        return yaml_fail(y, node, "attributes",
                         "events: 'attributes' go into the body, so give them or the field 'body', not both");
    return MR_OK;
}

static mr_status read_rule(yaml_reading *y, const yaml_node_t *node, rule_spec *rule) {
    static const yaml_key keys[] = {{"record", read_record},
                                    {"when", read_when},
                                    {"fields", read_fields},
                                    {"attributes", read_attributes}};
    const char *known[RECORD_KINDS];
    char hint[320], *name = NULL;
    const yaml_node_t *named = yaml_value(y, node, "record");
    if (node->type != YAML_MAPPING_NODE || !named)
        return yaml_fail(y, node, "record", "each of 'records' begins with 'record: orders' or the like");
    mr_status status = yaml_text(y, named, "record", false, &name);
    if (status) return status;
    for (int k = 0; k < RECORD_KINDS; k++) known[k] = record_name((record_kind)k);
    int kind = record_find(name);
    if (kind < 0)
        return yaml_fail(y, named, "record", "record: '%.40s' cannot be imported%s", name,
                         yaml_known(name, known, RECORD_KINDS, hint));
    y->kind = kind;
    rule->kind = (record_kind)kind;
    rule->line = yaml_line(node);
    status = yaml_pairs(y, node, "a record", keys, 4, rule);
    return status ? status : check_rule(y, node, rule);
}

/* --- the whole --- */

static mr_status read_source(yaml_reading *y, const yaml_node_t *node, void *into) {
    return yaml_text(y, node, "source", false, &((mapping *)into)->source);
}

static mr_status read_about(yaml_reading *y, const yaml_node_t *node, void *into) {
    return yaml_text(y, node, "about", true, &((mapping *)into)->about);
}

static mr_status read_records(yaml_reading *y, const yaml_node_t *node, void *into) {
    mapping *m = into;
    if (node->type != YAML_SEQUENCE_NODE)
        return yaml_fail(y, node, "records", "'records' is to be a list (- record: ...)");
    const yaml_node_item_t *first = node->data.sequence.items.start;
    m->n_rules = (size_t)(node->data.sequence.items.top - first);
    if (!m->n_rules) return yaml_fail(y, node, "records", "'records' is an empty list");
    mr_status status = yaml_room(y, m->n_rules, sizeof *m->rule, &m->rule);
    for (size_t i = 0; i < m->n_rules && !status; i++)
        status = read_rule(y, yaml_at(y, first[i]), &m->rule[i]);
    return status;
}

static mr_status read_document(mapping *m, yaml_document_t *doc, mr_error *err) {
    static const yaml_key keys[] = {
        {"source", read_source}, {"about", read_about}, {"records", read_records}};
    yaml_reading y = {.doc = doc, .name = m->name, .text = &m->text, .err = err};
    const yaml_node_t *root = yaml_document_get_root_node(doc);
    if (!root)
        return error_set(err, MR_EDATA, NULL, 1, "%.150s: the mapping is empty; it needs 'records'", m->name);
    mr_status status = yaml_pairs(&y, root, "a mapping", keys, 3, m);
    if (!status && !m->n_rules) status = yaml_fail(&y, root, "records", "the mapping needs 'records'");
    return status;
}

mr_status mapping_parse(const char *name, const char *yaml, size_t len, const mr_alloc *alloc, mapping **out,
                        mr_error *err) {
    yaml_document_t doc;
    *out = NULL;
    mapping *m = mapping_new(name, alloc, err);
    if (!m) return MR_ENOMEM;
    mr_status status = yaml_file_load(m->name, "a mapping", yaml, len, &doc, err);
    if (!status) {
        status = read_document(m, &doc, err);
        yaml_document_delete(&doc);
    }
    if (status) {
        mapping_free(m);
    } else {
        *out = m;
    }
    return status;
}

/* --- files and names --- */

const mapping_ready *mapping_ready_at(size_t i) {
    for (size_t k = 0; k < i; k++)
        if (!mapping_readies[k].name) return NULL;
    return mapping_readies[i].name ? &mapping_readies[i] : NULL;
}

const mapping_ready *mapping_find(const char *name) {
    for (const mapping_ready *r = mapping_readies; r->name; r++)
        if (!strcmp(r->name, name)) return r;
    return NULL;
}

static mr_status no_file(const char *path, int why, mr_error *err) {
    char hint[320] = "";
    const char *known[64];
    size_t n = 0;
    while (n < 64 && mapping_readies[n].name) known[n] = mapping_readies[n].name, n++;
    if (!strpbrk(path, "./")) yaml_known(path, known, n, hint);
    return error_set(err, MR_EIO, NULL, -1, "%.200s: %s%s%s", path, strerror(why),
                     *hint ? ", and no mapping that comes with Marram has this name" : "", hint);
}

mr_status mapping_read(const char *path, const mr_alloc *alloc, mapping **out, mr_error *err) {
    *out = NULL;
    const mapping_ready *ready = mapping_find(path);
    if (ready) return mapping_parse(ready->name, ready->yaml, ready->len, alloc, out, err);
    text_buffer text = {.alloc = alloc};
    int why = yaml_file_bytes(path, &text);
    mr_status status = text.failed ? error_memory(err, text.len)
                       : why       ? no_file(path, why, err)
                                   : mapping_parse(path, text.data, text.len, alloc, out, err);
    text_free(&text);
    const char *slash = strrchr(path, '/');
    if (!status && slash) {
        (*out)->folder = arena_text(&(*out)->text, path, (size_t)(slash - path) + 1);
        if (!(*out)->folder) {
            mapping_free(*out);
            *out = NULL;
            return error_memory(err, strlen(path));
        }
    }
    return status;
}
