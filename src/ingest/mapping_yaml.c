/* Reading YAML nodes. Scalars are text whatever they look like: "yes", 1 and 2024-01-01 are what stands in
 * files. */
#include "mapping_yaml.h"

#include "error.h"
#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint32_t yaml_line(const yaml_node_t *node) {
    return (uint32_t)node->start_mark.line + 1;
}

mr_status yaml_fail(yaml_reading *y, const yaml_node_t *node, const char *key, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(y->err, MR_EDATA, key, (int64_t)yaml_line(node), "%.150s:%u: %s", y->m->name,
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
    *out = arena_text(&y->m->text, text, len);
    return *out ? MR_OK : error_memory(y->err, len);
}

mr_status yaml_room(yaml_reading *y, size_t count, size_t size, void *out) {
    void *block = arena_take(&y->m->text, count * size + 1);
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

mr_status yaml_pairs(yaml_reading *y, const yaml_node_t *node, const char *where, const yaml_key *keys,
                     size_t n, void *into) {
    const char *known[32];
    uint32_t seen = 0;
    if (node->type != YAML_MAPPING_NODE)
        return yaml_fail(y, node, NULL, "%s is to be a mapping (key: value)", where);
    for (size_t i = 0; i < n; i++) known[i] = keys[i].name;
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_at(y, p->key);
        char hint[320], *name = NULL;
        mr_status status = yaml_text(y, key, where, false, &name);
        if (status) return status;
        size_t k = 0;
        while (k < n && strcmp(keys[k].name, name) != 0) k++;
        if (k == n)
            return yaml_fail(y, key, name, "'%.40s' is no key of %s%s", name, where,
                             yaml_known(name, known, n, hint));
        if (seen & (uint32_t)1 << k) return yaml_fail(y, key, name, "'%s' stands there twice", name);
        seen |= (uint32_t)1 << k;
        status = keys[k].read(y, yaml_at(y, p->value), into);
        if (status) return status;
    }
    return MR_OK;
}
