/* Tables that a field's value is looked up in: another file's two columns, kept by key. */
#include "mapping_impl.h"

#include "error.h"
#include "table.h"
#include "unicode.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint64_t hash(const char *key, size_t len) { /* FNV-1a */
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < len; i++) h = (h ^ (unsigned char)key[i]) * UINT64_C(0x100000001B3);
    return h ^ h >> 29;
}

/* The place of a key, or the free one where it belongs. */
static size_t place(const lookup *t, const char *key, size_t len) {
    size_t at = hash(key, len) & (t->capacity - 1);
    while (t->key[at] && (strlen(t->key[at]) != len || memcmp(t->key[at], key, len) != 0))
        at = (at + 1) & (t->capacity - 1);
    return at;
}

const char *mapping_lookup_find(const lookup *t, const char *key, size_t len) {
    return t->value[place(t, key, len)];
}

/* Where the file lies: beside the data, beside the mapping, or as named. */
static void find_file(const mapping *m, const char *file, const char *data_path, char out[1024]) {
    snprintf(out, 1024, "%s", file);
    if (*file == '/') return;
    const char *slash = data_path ? strrchr(data_path, '/') : NULL;
    if (slash) {
        snprintf(out, 1024, "%.*s/%s", (int)(slash - data_path), data_path, file);
        if (!access(out, R_OK)) return;
    } else if (!access(file, R_OK)) {
        return;
    }
    if (m->folder) {
        snprintf(out, 1024, "%s%s", m->folder, file);
        if (!access(out, R_OK)) return;
    }
    if (slash)
        snprintf(out, 1024, "%.*s/%s", (int)(slash - data_path), data_path, file); /* for the message */
}

static int column_of(const ingest_table *t, const char *name, const mapping *m, const field_spec *spec,
                     mr_status *status, mr_error *err) {
    int column = ingest_table_column(t, name);
    if (column < 0) {
        const char *near = record_nearest(name, (const char *const *)t->heading, t->columns);
        *status = error_set(err, MR_EDATA, "lookup", spec->line,
                            "%.150s:%u: %.150s has no column '%.60s'%s%.60s%s", m->name, spec->line, t->path,
                            name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return column;
}

static mr_status fill(mapping *m, lookup *out, const ingest_table *t, const field_spec *spec, mr_error *err) {
    mr_status status = MR_OK;
    int key_at = column_of(t, spec->lookup_key, m, spec, &status, err),
        value_at = status ? -1 : column_of(t, spec->lookup_value, m, spec, &status, err);
    if (status) return status;
    for (out->capacity = 16; out->capacity < 2 * t->rows + 2;) out->capacity *= 2;
    out->key = arena_take(&m->bound, out->capacity * sizeof *out->key);
    out->value = out->key ? arena_take(&m->bound, out->capacity * sizeof *out->value) : NULL;
    if (!out->value) return error_memory(err, out->capacity * sizeof *out->key);
    for (size_t i = 0; i < t->rows; i++) {
        const char *key = t->cell[i * t->columns + (size_t)key_at],
                   *value = t->cell[i * t->columns + (size_t)value_at];
        if (!*key) continue;
        if (unicode_fault(value, strlen(value)) < strlen(value))
            return error_set(err, MR_EDATA, "lookup", (int64_t)t->line[i], "%.150s:%llu: '%.60s' is no UTF-8",
                             t->path, (unsigned long long)t->line[i], spec->lookup_value);
        size_t at = place(out, key, strlen(key));
        if (out->key[at]) {
            if (!strcmp(out->value[at], value)) continue;
            return error_set(err, MR_EDATA, "lookup", (int64_t)t->line[i],
                             "%.150s:%llu: %.60s '%.60s' stands there a second time with another %.60s "
                             "('%.60s', before '%.60s'); it cannot be looked up",
                             t->path, (unsigned long long)t->line[i], spec->lookup_key, key,
                             spec->lookup_value, value, out->value[at]);
        }
        out->key[at] = arena_text(&m->bound, key, strlen(key));
        out->value[at] = arena_text(&m->bound, value, strlen(value));
        if (!out->key[at] || !out->value[at]) return error_memory(err, strlen(key) + strlen(value));
    }
    return MR_OK;
}

mr_status mapping_lookup_get(mapping *m, const field_spec *spec, const char *data_path, const lookup **out,
                             mr_error *err) {
    char path[1024];
    for (lookup *t = m->lookups; t; t = t->next) {
        if (strcmp(t->file, spec->lookup_file) != 0 || strcmp(t->key_column, spec->lookup_key) != 0 ||
            strcmp(t->value_column, spec->lookup_value) != 0)
            continue;
        *out = t;
        return MR_OK;
    }
    lookup *t = arena_take(&m->bound, sizeof *t);
    if (!t) return error_memory(err, sizeof *t);
    *t = (lookup){.file = spec->lookup_file,
                  .key_column = spec->lookup_key,
                  .value_column = spec->lookup_value,
                  .next = m->lookups};
    find_file(m, spec->lookup_file, data_path, path);
    ingest_table table;
    mr_status status = ingest_table_read(path, &table, err);
    if (!status) status = fill(m, t, &table, spec, err);
    ingest_table_free(&table);
    if (status) return status;
    m->lookups = t;
    *out = t;
    return MR_OK;
}
