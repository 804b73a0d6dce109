/* NDJSON records: each line a tree (json_line.c), a column a path through it. Paths are cut into their parts
 * once; parts are compared with the keys of each level as they stand. */
#include "rows_impl.h"

#include "error.h"
#include "mem.h"
#include "unicode.h"

#include <stdio.h>
#include <string.h>

#define PATHS_SEEN 512 /* of the first records; more may still be asked for by name */

/* --- paths --- */

bool rows_json_path(rows *r, rows_column_at *c) {
    size_t len = strlen(c->name), n = 1;
    for (size_t i = 0; i < len; i++) n += c->name[i] == '.';
    c->parts = mem_take(r->alloc, len + 1, 1);
    c->part_len = mem_new(r->alloc, n, sizeof *c->part_len);
    if (!c->parts || !c->part_len) return false;
    char *out = c->parts;
    c->n_parts = 1;
    for (const char *p = c->name; *p; p++) {
        if (*p == '.') {
            c->n_parts++;
            continue;
        }
        if (*p == '\\' && (p[1] == '.' || p[1] == '\\')) p++;
        *out++ = *p;
        c->part_len[c->n_parts - 1]++;
    }
    return true;
}

/* "0", "17": the place of an element; -1: none. */
static int64_t element(const char *part, size_t len) {
    int64_t value = 0;
    if (!len || len > 6) return -1;
    for (size_t i = 0; i < len; i++) {
        if (part[i] < '0' || part[i] > '9') return -1;
        value = value * 10 + (part[i] - '0');
    }
    return value;
}

/* The member or element of node `at` called `part`; 0: none. Of a key that is there twice the last one
 * counts. */
static uint32_t child(const json_line *j, uint32_t at, const char *part, size_t len) {
    const json_node *n = &j->node[at];
    uint32_t found = 0;
    if (n->type < JSON_LINE_ARRAY || json_line_empty(n)) return 0;
    if (n->type == JSON_LINE_ARRAY) {
        int64_t k = element(part, len);
        if (k < 0) return 0;
        for (found = at + 1; found && k > 0; k--) found = j->node[found].next;
        return found;
    }
    for (uint32_t i = at + 1; i; i = j->node[i].next)
        if (j->node[i].key_len == len && !memcmp(j->node[i].key, part, len)) found = i;
    return found;
}

static const json_node *find(const rows *r, size_t column) {
    if (column >= r->n_column) return NULL;
    const rows_column_at *c = &r->column[column];
    const char *part = c->parts;
    uint32_t at = 0;
    for (size_t i = 0; i < c->n_parts; i++) {
        at = child(&r->tree, at, part, c->part_len[i]);
        if (!at) return NULL;
        part += c->part_len[i];
    }
    return r->tree.node[at].type == JSON_LINE_NULL ? NULL : &r->tree.node[at];
}

rows_cell rows_json_cell(const rows *r, size_t column) {
    const json_node *n = find(r, column);
    return n ? (rows_cell){n->at, n->len} : (rows_cell){0};
}

rows_cell rows_json_raw(const rows *r, int column) {
    const json_node *n = column < 0 || !r->json || r->row.fault ? NULL : find(r, (size_t)column);
    return n ? (rows_cell){r->tree.compact + n->raw_at, n->raw_len} : (rows_cell){0};
}

bool rows_json_number(const rows *r, int column) {
    const json_node *n = column < 0 || !r->json || r->row.fault ? NULL : find(r, (size_t)column);
    return n && n->type == JSON_LINE_NUMBER;
}

/* --- records --- */

static void set_fault(rows *r, const char *why, size_t at) {
    if (r->row.raw_len == 1 && r->row.raw[0] == '{') {
        snprintf(r->fault, sizeof r->fault,
                 "is the beginning of a JSON object over several lines; one object a line is read (jq -c . "
                 "makes it so)");
    } else {
        snprintf(r->fault, sizeof r->fault, "is no JSON: %s, at byte %zu", why, at + 1);
    }
    r->row.fault = r->fault;
}

/* The line data[at .. end) into r->row and the tree. */
static mr_status take_line(rows *r, size_t end, mr_error *err) {
    rows_give(r, end);
    const char *text = r->row.raw, *why;
    size_t len = r->row.raw_len, at;
    if (end - r->at >= r->limit) {
        snprintf(r->fault, sizeof r->fault, "is longer than %zu bytes", r->limit);
        r->row.fault = r->fault;
        rows_show(r, end);
        return MR_OK;
    }
    at = unicode_ascii(text, len) ? len : unicode_fault(text, len);
    if (at < len) {
        snprintf(r->fault, sizeof r->fault, "is no UTF-8: byte %02X at %zu",
                 (unsigned)(unsigned char)text[at], at + 1);
        r->row.fault = r->fault;
        return MR_OK;
    }
    mr_status status = json_line_parse(&r->tree, text, len, &why, &at, err);
    if (status) return status;
    if (why) {
        set_fault(r, why, at);
    } else if (r->tree.node[0].type != JSON_LINE_OBJECT) {
        r->row.fault = "is no JSON object";
    }
    return MR_OK;
}

mr_status rows_json_next(rows *r, const row **out, mr_error *err) {
    *out = NULL;
    for (;;) {
        if (r->at >= r->len) {
            bool more = false;
            mr_status status = rows_text(r, &more, err);
            if (status || !more) return status;
        }
        const char *line = memchr(r->data + r->at, '\n', r->len - r->at);
        size_t end = (size_t)(line - r->data);
        bool blank = split_blank(r->data + r->at, end - r->at);
        mr_status status = blank ? MR_OK : take_line(r, end, err);
        r->at = end + 1;
        r->line++;
        if (status) return status;
        if (blank) continue;
        *out = &r->row;
        return MR_OK;
    }
}

/* --- the sample's paths --- */

typedef struct walk {
    char path[512];
} walk;

static bool seen(const rows *r, const char *path, size_t len) {
    for (size_t i = 0; i < r->n_column; i++)
        if (!strncmp(r->column[i].name, path, len) && !r->column[i].name[len]) return true;
    return false;
}

/* Adds ".key" behind the path; false: too long to be named. */
static bool lengthen(walk *w, size_t *at, const char *key, size_t len) {
    size_t n = *at;
    if (n + 2 * len + 2 > sizeof w->path) return false;
    if (n) w->path[n++] = '.';
    for (size_t i = 0; i < len; i++) {
        if (key[i] == '.' || key[i] == '\\') w->path[n++] = '\\';
        w->path[n++] = key[i];
    }
    w->path[n] = 0;
    *at = n;
    return true;
}

/* All paths to values below node `at`, whose own path is path[0 .. len). Recursion is as deep as the tree. */
static mr_status paths_below(rows *r, walk *w, uint32_t at, size_t len, mr_error *err) {
    const json_line *j = &r->tree;
    bool array = j->node[at].type == JSON_LINE_ARRAY;
    if (json_line_empty(&j->node[at])) return MR_OK;
    uint32_t k = 0;
    for (uint32_t i = at + 1; i && r->n_column < PATHS_SEEN; i = j->node[i].next, k++) {
        const json_node *n = &j->node[i];
        char number[16];
        int digits = snprintf(number, sizeof number, "%u", k);
        size_t here = len;
        bool named = array ? lengthen(w, &here, number, (size_t)digits)
                           : n->key_len && lengthen(w, &here, n->key, n->key_len);
        if (!named) continue;
        mr_status status = MR_OK;
        if (n->type >= JSON_LINE_ARRAY) {
            status = paths_below(r, w, i, here, err);
        } else if (!seen(r, w->path, here)) {
            status = rows_add_column(r, w->path, here, err);
        }
        if (status) return status;
    }
    return MR_OK;
}

mr_status rows_json_open(rows *r, mr_error *err) {
    walk w;
    size_t at = 0, fault_at;
    mr_status status = MR_OK;
    while (!status && at < r->sample.len) {
        const char *line = memchr(r->sample.data + at, '\n', r->sample.len - at), *why;
        size_t end = line ? (size_t)(line - r->sample.data) : r->sample.len;
        bool fine = end - at < r->limit && !split_blank(r->sample.data + at, end - at) &&
                    unicode_fault(r->sample.data + at, end - at) == end - at;
        if (fine) {
            status = json_line_parse(&r->tree, r->sample.data + at, end - at, &why, &fault_at, err);
            if (!status && !why && r->tree.node[0].type == JSON_LINE_OBJECT)
                status = paths_below(r, &w, 0, 0, err);
        }
        at = end + 1;
    }
    r->columns = r->n_column;
    return status;
}
