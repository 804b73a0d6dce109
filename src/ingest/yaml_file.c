/* Reading YAML files and their nodes. */
#include "yaml_file.h"

#include "calendar.h"
#include "error.h"
#include "mem.h"
#include "records.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- files and documents --- */

int yaml_file_bytes(const char *path, text_buffer *text) {
    FILE *f = fopen(path, "r");
    if (!f) return errno;
    while (text->len <= YAML_FILE_LIMIT && text_reserve(text, 1 << 14)) {
        size_t got = fread(text->data + text->len, 1, 1 << 14, f);
        if (!got) break;
        text->len += got;
    }
    int why = text->failed ? ENOMEM : ferror(f) ? errno : 0;
    fclose(f);
    return why;
}

static mr_status problem(const char *name, const yaml_parser_t *parser, mr_error *err) {
    if (parser->error == YAML_MEMORY_ERROR) return error_memory(err, YAML_FILE_LIMIT);
    size_t line = parser->error == YAML_READER_ERROR ? parser->mark.line : parser->problem_mark.line;
    return error_set(err, MR_EDATA, NULL, (int64_t)line + 1, "%.150s:%zu: this is no YAML: %.150s%s%.100s", name,
                     line + 1, parser->problem ? parser->problem : "it cannot be read", parser->context ? ", " : "",
                     parser->context ? parser->context : "");
}

mr_status yaml_file_load(const char *name, const char *what, const char *text, size_t len, yaml_document_t *doc,
                         mr_error *err) {
    yaml_parser_t parser;
    if (len > YAML_FILE_LIMIT)
        return error_set(err, MR_EDATA, NULL, -1, "%.150s: %s of more than 1 MB; is this the data?", name, what);
    if (!yaml_parser_initialize(&parser)) return error_memory(err, YAML_FILE_LIMIT);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    mr_status status = yaml_parser_load(&parser, doc) ? MR_OK : problem(name, &parser, err);
    yaml_document_t next;
    if (status == MR_OK && yaml_document_get_root_node(doc)) { /* what follows would be passed over in silence */
        bool fine = yaml_parser_load(&parser, &next);
        yaml_node_t *more = fine ? yaml_document_get_root_node(&next) : NULL;
        if (!fine)
            status = problem(name, &parser, err);
        else if (more && !(more->type == YAML_SCALAR_NODE && !more->data.scalar.length))
            status = error_set(err, MR_EDATA, NULL, (int64_t)next.start_mark.line + 1, "%.150s:%zu: a second document begins here ('---'), and only one is read: leave it out", name,
                               next.start_mark.line + 1);
        if (fine) yaml_document_delete(&next);
        if (status != MR_OK) yaml_document_delete(doc);
    }
    yaml_parser_delete(&parser);
    return status;
}

/* --- nodes --- */

uint32_t yaml_line(const yaml_node_t *node) {
    return (uint32_t)node->start_mark.line + 1;
}

mr_status yaml_fail(yaml_reading *y, const yaml_node_t *node, const char *key, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(y->err, MR_EDATA, key, (int64_t)yaml_line(node), "%.150s:%u: %s", y->name,
                     yaml_line(node), text);
}

const char *yaml_known(const char *name, const char *const *known, size_t n, char out[320]) {
    const char *near = record_nearest(name, known, n);
    if (near) {
        snprintf(out, 320, "; did you mean '%s'?", near);
        return out;
    }
    size_t at = (size_t)snprintf(out, 320, "; known are ");
    for (size_t i = 0; i < n && at + 60 < 320; i++)
        at += (size_t)snprintf(out + at, 320 - at, "%s%s", i ? ", " : "", known[i]);
    return out;
}

const yaml_node_t *yaml_at(const yaml_reading *y, int node) {
    return yaml_document_get_node(y->doc, node);
}

const yaml_node_t *yaml_value(const yaml_reading *y, const yaml_node_t *node, const char *key) {
    if (node->type != YAML_MAPPING_NODE) return NULL;
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *k = yaml_at(y, p->key);
        if (k->type == YAML_SCALAR_NODE && !strcmp((const char *)k->data.scalar.value, key))
            return yaml_at(y, p->value);
    }
    return NULL;
}

bool yaml_is(const yaml_node_t *node, const char *word) {
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           !strcmp((const char *)node->data.scalar.value, word);
}

static bool is_null(const yaml_node_t *node) {
    return yaml_is(node, "") || yaml_is(node, "~") || yaml_is(node, "null");
}

mr_status yaml_text(yaml_reading *y, const yaml_node_t *node, const char *what, bool empty, char **out) {
    if (node->type != YAML_SCALAR_NODE)
        return yaml_fail(y, node, what, "'%s' is to be one value, not a list or a mapping", what);
    const char *text = (const char *)node->data.scalar.value;
    size_t len = is_null(node) ? 0 : node->data.scalar.length;
    if (!len && !empty) return yaml_fail(y, node, what, "'%s' is empty", what);
    if (memchr(text, 0, len)) return yaml_fail(y, node, what, "'%s' holds a NUL", what);
    *out = arena_text(y->text, text, len);
    return *out ? MR_OK : error_memory(y->err, len);
}

mr_status yaml_room(yaml_reading *y, size_t count, size_t size, void *out) {
    void *block = arena_take(y->text, count * size + 1);
    if (!block) return error_memory(y->err, count * size);
    memcpy(out, &block, sizeof block);
    return MR_OK;
}

mr_status yaml_texts(yaml_reading *y, const yaml_node_t *node, const char *what, bool empty, names *out) {
    if (node->type != YAML_SEQUENCE_NODE) {
        mr_status status = yaml_room(y, 1, sizeof *out->at, &out->at);
        out->n = 1;
        return status ? status : yaml_text(y, node, what, empty, &out->at[0]);
    }
    const yaml_node_item_t *first = node->data.sequence.items.start;
    out->n = (size_t)(node->data.sequence.items.top - first);
    if (!out->n) return yaml_fail(y, node, what, "'%s' is an empty list", what);
    mr_status status = yaml_room(y, out->n, sizeof *out->at, &out->at);
    for (size_t i = 0; i < out->n && !status; i++)
        status = yaml_text(y, yaml_at(y, first[i]), what, empty, &out->at[i]);
    return status;
}

mr_status yaml_choice(yaml_reading *y, const yaml_node_t *node, const char *what, const char *first,
                      const char *second, bool *out) {
    char *text = NULL;
    mr_status status = yaml_text(y, node, what, false, &text);
    if (status) return status;
    *out = !strcmp(text, first);
    if (*out || !strcmp(text, second)) return MR_OK;
    return yaml_fail(y, node, what, "%s: '%.40s' is neither %s nor %s", what, text, first, second);
}

mr_status yaml_one_of(yaml_reading *y, const yaml_node_t *node, const char *what, const char *const *words,
                      size_t n, int *out) {
    char *text = NULL, hint[320];
    mr_status status = yaml_text(y, node, what, false, &text);
    if (status) return status;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(words[i], text)) return *out = (int)i, MR_OK;
    return yaml_fail(y, node, what, "%s: '%.40s' is not known%s", what, text, yaml_known(text, words, n, hint));
}

mr_status yaml_real(yaml_reading *y, const yaml_node_t *node, const char *what, double low, double high, double *out) {
    char *text = NULL, *end;
    mr_status status = yaml_text(y, node, what, false, &text);
    if (status) return status;
    double value = strtod(text, &end);
    if (*end || end == text || !isfinite(value) || strpbrk(text, "xX"))
        return yaml_fail(y, node, what, "%s: '%.40s' is no number", what, text);
    if (value < low || value > high)
        return yaml_fail(y, node, what, "%s must be %.15g to %.15g, not %.40s", what, low, high, text);
    *out = value;
    return MR_OK;
}

static mr_status read_field(yaml_reading *y, const yaml_node_t *node, const yaml_field *f, char *into) {
    char *text = NULL;
    double value = 0;
    int32_t day = 0;
    int64_t whole;
    mr_status status = MR_OK;
    switch (f->type) {
    case YAML_IS_OWN:
        return f->read(y, node, into + f->offset);
    case YAML_IS_TEXT:
        status = yaml_text(y, node, f->name, false, &text);
        memcpy(into + f->offset, &text, sizeof text);
        return status;
    case YAML_IS_DAY:
        status = yaml_text(y, node, f->name, false, &text);
        if (!status && !calendar_parse(text, strlen(text), &day))
            status = yaml_fail(y, node, f->name, "%s: '%.40s' is no date like 2024-01-31", f->name, text);
        memcpy(into + f->offset, &day, sizeof day);
        return status;
    case YAML_IS_REAL:
    case YAML_IS_COUNT:
        break;
    }
    status = yaml_real(y, node, f->name, f->low, f->high, &value);
    if (!status && f->type == YAML_IS_COUNT && value != floor(value))
        status = yaml_fail(y, node, f->name, "%s: %.15g is no whole number", f->name, value);
    whole = (int64_t)value;
    if (f->type == YAML_IS_COUNT) {
        memcpy(into + f->offset, &whole, sizeof whole);
    } else {
        memcpy(into + f->offset, &value, sizeof value);
    }
    return status;
}

/* Goes through the pairs: each key's place in known[n] and its value's node are told to `at`. */
static mr_status each_pair(yaml_reading *y, const yaml_node_t *node, const char *where, const char *const *known,
                           size_t n, mr_status (*at)(yaml_reading *, const yaml_node_t *, size_t, const void *, void *),
                           const void *table, void *into) {
    uint64_t seen = 0;
    if (node->type != YAML_MAPPING_NODE)
        return yaml_fail(y, node, NULL, "%s is to be a mapping (key: value)", where);
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_at(y, p->key);
        char hint[320], *name = NULL;
        mr_status status = yaml_text(y, key, where, false, &name);
        if (status) return status;
        size_t k = 0;
        while (k < n && strcmp(known[k], name) != 0) k++;
        if (k == n)
            return yaml_fail(y, key, name, "'%.40s' is no key of %s%s", name, where,
                             yaml_known(name, known, n, hint));
        if (seen & (uint64_t)1 << k) return yaml_fail(y, key, name, "'%s' stands there twice", name);
        seen |= (uint64_t)1 << k;
        status = at(y, yaml_at(y, p->value), k, table, into);
        if (status) return status;
    }
    return MR_OK;
}

static mr_status at_key(yaml_reading *y, const yaml_node_t *node, size_t k, const void *table, void *into) {
    return ((const yaml_key *)table)[k].read(y, node, into);
}

static mr_status at_field(yaml_reading *y, const yaml_node_t *node, size_t k, const void *table, void *into) {
    return read_field(y, node, &((const yaml_field *)table)[k], into);
}

mr_status yaml_pairs(yaml_reading *y, const yaml_node_t *node, const char *where, const yaml_key *keys,
                     size_t n, void *into) {
    const char *known[YAML_KEYS_MOST];
    for (size_t i = 0; i < n; i++) known[i] = keys[i].name;
    return each_pair(y, node, where, known, n, at_key, keys, into);
}

mr_status yaml_fields(yaml_reading *y, const yaml_node_t *node, const char *where, const yaml_field *fields,
                      size_t n, void *into) {
    const char *known[YAML_KEYS_MOST];
    for (size_t i = 0; i < n; i++) known[i] = fields[i].name;
    return each_pair(y, node, where, known, n, at_field, fields, into);
}
