/* Records of files, one at a time: the text behind them. Blocks are cut at line ends alone; which line ends
 * stand inside quotes is seen here, so that a quote that is opened and never closed costs its own line and
 * not the rest of the file: a record over several lines that cannot be split is given up for its first line,
 * and reading goes on with the second. */
#include "rows_impl.h"

#include "error.h"
#include "mem.h"

#include <string.h>

/* --- text --- */

static mr_status next_block(rows *r, ingest_block *b, bool *more, mr_error *err) {
    if (r->next_pending < r->n_pending) {
        source_block_free(r->source, b);
        *b = r->pending[r->next_pending];
        r->pending[r->next_pending++] = (ingest_block){0};
        *more = true;
        return MR_OK;
    }
    return source_next(r->source, b, more, err);
}

mr_status rows_text(rows *r, bool *more, mr_error *err) {
    if (r->has_ahead) {
        ingest_block swap = r->block;
        r->block = r->ahead;
        r->ahead = swap;
        r->has_ahead = false;
        *more = true;
    } else {
        mr_status status = next_block(r, &r->block, more, err);
        if (status || !*more) return status;
    }
    if (r->block.first) {
        r->line = 1;
        r->header_due = r->header;
    }
    r->file = r->block.file;
    r->data = r->block.data;
    r->len = r->block.len;
    r->at = 0;
    r->window = false;
    return MR_OK;
}

mr_status rows_extend(rows *r, bool *more, mr_error *err) {
    if (!r->has_ahead) {
        mr_status status = next_block(r, &r->ahead, more, err);
        if (status || !*more) return status;
        r->has_ahead = true;
    }
    *more = !r->ahead.first;
    if (!*more) return MR_OK;
    size_t rest = r->len - r->at;
    text_buffer *j = &r->joined;
    if (r->data == j->data) {
        if (r->at) memmove(j->data, j->data + r->at, rest);
    } else {
        j->len = 0;
        if (text_reserve(j, rest)) memcpy(j->data, r->data + r->at, rest);
    }
    j->len = rest;
    if (text_reserve(j, r->ahead.len + SOURCE_PADDING)) {
        memcpy(j->data + rest, r->ahead.data, r->ahead.len);
        memset(j->data + rest + r->ahead.len, 0, SOURCE_PADDING);
    }
    if (j->failed) return error_memory(err, rest + r->ahead.len);
    j->len = rest + r->ahead.len;
    r->has_ahead = false;
    r->data = j->data;
    r->len = j->len;
    r->at = 0;
    r->window = false;
    return MR_OK;
}

void rows_give(rows *r, size_t end) {
    r->row = (row){.file = r->file,
                   .line = r->line,
                   .number = r->next_number++,
                   .raw = r->data + r->at,
                   .raw_len = end - r->at,
                   .fault_column = -1};
    while (r->row.raw_len && r->row.raw[r->row.raw_len - 1] == '\r') r->row.raw_len--;
}

void rows_show(rows *r, size_t first) {
    size_t len = first - r->at;
    if (len >= r->limit) { /* may have been cut anywhere behind the limit */
        r->row.raw_len = r->limit < ROWS_RAW_LIMIT ? r->limit : ROWS_RAW_LIMIT;
        return;
    }
    while (len && r->row.raw[len - 1] == '\r') len--;
    r->row.raw_len = len;
}

/* --- the sample --- */

/* How much of text[0 .. len) is the sample: whole lines up to ROWS_SAMPLE, and the first two that are not
 * blank however long they are. It does not depend on blocks. 0: more is needed, unless the text is all there
 * is. */
static size_t sample_end(const char *text, size_t len, bool all) {
    size_t end = 0, lines = 0;
    for (size_t at = 0; at < len;) {
        const char *line = memchr(text + at, '\n', len - at);
        size_t next = line ? (size_t)(line - text) + 1 : len;
        if (next > ROWS_SAMPLE && lines >= 2) return end;
        lines += !split_blank(text + at, next - at - 1);
        at = end = next;
    }
    return all ? end : 0;
}

static mr_status keep_pending(rows *r, ingest_block *b, mr_error *err) {
    if (r->n_pending == r->pending_capacity) {
        size_t capacity = r->pending_capacity ? 2 * r->pending_capacity : 4;
        ingest_block *grown = mem_resize(r->alloc, r->pending, capacity, sizeof *grown);
        if (!grown) return error_memory(err, capacity * sizeof *grown);
        r->pending = grown;
        r->pending_capacity = capacity;
    }
    r->pending[r->n_pending++] = *b;
    *b = (ingest_block){0};
    return MR_OK;
}

/* A line over the limit may be cut anywhere behind it: to the limit, so that the sample does not depend on
 * blocks. */
static void add_lines(rows *r, const ingest_block *b) {
    if (b->len <= r->limit) {
        text_add(&r->sample, b->data, b->len);
        return;
    }
    for (size_t at = 0, next; at < b->len; at = next) {
        next = (size_t)((const char *)memchr(b->data + at, '\n', b->len - at) - b->data) + 1;
        size_t line = next - 1 - at;
        text_add(&r->sample, b->data + at, line < r->limit ? line : r->limit);
        text_putc(&r->sample, '\n');
    }
}

static mr_status read_sample(rows *r, mr_error *err) {
    ingest_block b = {0};
    bool more = true;
    mr_status status = MR_OK;
    size_t end = 0;
    while (!status && !end) {
        status = source_next(r->source, &b, &more, err);
        if (status || !more) break;
        bool other = b.file > 0; /* the sample is of the first file */
        if (!other) add_lines(r, &b);
        status = r->sample.failed ? error_memory(err, b.len) : keep_pending(r, &b, err);
        if (other) break;
        if (r->sample.len > ROWS_SAMPLE) end = sample_end(r->sample.data, r->sample.len, false);
    }
    source_block_free(r->source, &b);
    if (status) return status;
    if (!end) end = sample_end(r->sample.data, r->sample.len, true);
    if (!end)
        return error_set(err, MR_EDATA, NULL, 1, "%.200s: the file is empty", source_name(r->source, 0));
    r->sample.len = end;
    /* padding behind, as cells are loaded in words */
    if (!text_reserve(&r->sample, SOURCE_PADDING)) return error_memory(err, end);
    memset(r->sample.data + end, 0, SOURCE_PADDING);
    return MR_OK;
}

/* The first byte that is not blank; 0: none. */
static char first_byte(const rows *r, size_t *at) {
    for (*at = 0; *at < r->sample.len; (*at)++)
        if (!strchr(" \t\r\n", r->sample.data[*at])) return r->sample.data[*at];
    return 0;
}

static mr_status find_kind(rows *r, mr_error *err) {
    const char *name = source_name(r->source, 0);
    size_t at;
    char first = first_byte(r, &at);
    if (!first && at == r->sample.len)
        return error_set(err, MR_EDATA, NULL, 1, "%.200s: the file holds nothing but blanks", name);
    if (first == '[') {
        for (at++; at < r->sample.len && strchr(" \t\r\n", r->sample.data[at]);) at++;
        if (at < r->sample.len && (r->sample.data[at] == '{' || r->sample.data[at] == ']'))
            return error_set(err, MR_EDATA, NULL, 1,
                             "%.200s: the file is one JSON array; Marram reads one object a line (jq -c "
                             "'.[]' makes lines of it)",
                             name);
    }
    r->json = first == '{';
    return r->json ? rows_json_open(r, err) : rows_csv_open(r, err);
}

/* --- open and close --- */

static mr_status rows_begin(ingest_source *source, const rows_options *options, const mr_alloc *alloc,
                            rows **out, mr_error *err) {
    rows *r = mem_new(alloc, 1, sizeof *r);
    if (!r) {
        source_close(source);
        return error_memory(err, sizeof *r);
    }
    r->alloc = r->sample.alloc = r->joined.alloc = r->tree.alloc = alloc;
    r->source = source;
    r->options = options ? *options : (rows_options){.header = -1};
    r->limit = r->options.record_limit ? r->options.record_limit : SOURCE_RECORD_LIMIT;
    source_quotes_off(source);
    source_cut_long(source);
    *out = r;
    return MR_OK;
}

static mr_status rows_ready(rows *r, rows **out, mr_error *err) {
    mr_status status = read_sample(r, err);
    if (!status) status = find_kind(r, err);
    if (status) {
        rows_close(r);
    } else {
        *out = r;
    }
    return status;
}

/* The caller's may be gone when the files are opened again. One block: pointers, then texts. */
static const char **copy_paths(const char *const *paths, size_t n, const mr_alloc *alloc) {
    size_t bytes = n * sizeof *paths;
    for (size_t i = 0; i < n; i++) bytes += strlen(paths[i]) + 1;
    const char **copy = mem_take(alloc, bytes, 1);
    char *text = copy ? (char *)(copy + n) : NULL;
    for (size_t i = 0; i < n && copy; i++) {
        size_t len = strlen(paths[i]) + 1;
        copy[i] = memcpy(text, paths[i], len);
        text += len;
    }
    return copy;
}

mr_status rows_open(const char *const *paths, size_t n, const rows_options *options, const mr_alloc *alloc,
                    rows **out, mr_error *err) {
    ingest_source *source = NULL;
    rows *r = NULL;
    *out = NULL;
    if (!paths || !n) return error_set(err, MR_EINVAL, "paths", -1, "no file was given");
    const char **copy = copy_paths(paths, n, alloc);
    if (!copy) return error_memory(err, n);
    size_t block = options ? options->block_bytes : 0, limit = options ? options->record_limit : 0;
    mr_status status = source_open(copy, n, block, limit, alloc, &source, err);
    if (!status) status = rows_begin(source, options, alloc, &r, err);
    if (status) {
        mem_free(alloc, copy);
        return status;
    }
    r->paths = copy;
    r->n_paths = n;
    return rows_ready(r, out, err);
}

mr_status rows_open_memory(const char *bytes, size_t len, const rows_options *options, const mr_alloc *alloc,
                           rows **out, mr_error *err) {
    ingest_source *source = NULL;
    rows *r = NULL;
    *out = NULL;
    size_t block = options ? options->block_bytes : 0, limit = options ? options->record_limit : 0;
    mr_status status = source_open_memory(bytes, len, block, limit, alloc, &source, err);
    if (!status) status = rows_begin(source, options, alloc, &r, err);
    if (status) return status;
    r->memory = bytes;
    r->memory_len = len;
    return rows_ready(r, out, err);
}

void rows_close(rows *r) {
    if (!r) return;
    for (size_t i = 0; i < r->n_pending; i++) source_block_free(r->source, &r->pending[i]);
    source_block_free(r->source, &r->block);
    source_block_free(r->source, &r->ahead);
    source_close(r->source);
    mem_free(r->alloc, r->paths);
    mem_free(r->alloc, r->pending);
    for (size_t i = 0; i < r->n_column; i++) {
        mem_free(r->alloc, r->column[i].name);
        mem_free(r->alloc, r->column[i].parts);
        mem_free(r->alloc, r->column[i].part_len);
    }
    mem_free(r->alloc, r->column);
    text_free(&r->sample);
    text_free(&r->joined);
    split_free(r->alloc, &r->fields);
    json_line_free(&r->tree);
    mem_free(r->alloc, r);
}

mr_status rows_peek(const rows *r, rows **out, mr_error *err) {
    rows_options options = r->options;
    options.block_bytes = 0;
    return rows_open_memory(r->sample.data, r->sample.len, &options, r->alloc, out, err);
}

mr_status rows_again(const rows *r, rows **out, mr_error *err) {
    *out = NULL;
    if (!r->paths) return rows_open_memory(r->memory, r->memory_len, &r->options, r->alloc, out, err);
    for (size_t i = 0; i < r->n_paths; i++)
        if (!strcmp(r->paths[i], "-")) return MR_OK;
    return rows_open(r->paths, r->n_paths, &r->options, r->alloc, out, err);
}

/* --- columns --- */

mr_status rows_add_column(rows *r, const char *name, size_t len, mr_error *err) {
    if (r->n_column == r->column_capacity) {
        size_t capacity = r->column_capacity ? 2 * r->column_capacity : 16;
        rows_column_at *grown = mem_resize(r->alloc, r->column, capacity, sizeof *grown);
        if (!grown) return error_memory(err, capacity * sizeof *grown);
        r->column = grown;
        r->column_capacity = capacity;
    }
    rows_column_at *c = &r->column[r->n_column];
    *c = (rows_column_at){.name = mem_take(r->alloc, len + 1, 1)};
    if (!c->name) return error_memory(err, len);
    memcpy(c->name, name, len);
    c->name[len] = 0;
    r->n_column++;
    if (r->json && !rows_json_path(r, c)) return error_memory(err, len);
    return MR_OK;
}

static bool letter(char c, char *out) {
    *out = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    return (*out >= 'a' && *out <= 'z') || (*out >= '0' && *out <= '9') || (unsigned char)c >= 0x80 ||
           c == '.';
}

/* The same but for case, blanks and punctuation? (The points of a path count.) */
static bool alike(const char *a, const char *b, bool path) {
    for (bool any = false;; any = true) {
        char x = 0, y = 0;
        while (*a && (!letter(*a, &x) || (x == '.' && !path))) a++;
        while (*b && (!letter(*b, &y) || (y == '.' && !path))) b++;
        if (!*a || !*b) return any && !*a && !*b;
        if (x != y) return false;
        a++, b++;
    }
}

int rows_column(rows *r, const char *name) {
    for (size_t i = 0; i < r->n_column; i++)
        if (!strcmp(r->column[i].name, name)) return (int)i;
    for (size_t i = 0; i < r->columns; i++)
        if (alike(r->column[i].name, name, r->json)) return (int)i;
    if (!r->json) return -1;
    return rows_add_column(r, name, strlen(name), NULL) ? -1 : (int)r->n_column - 1;
}

size_t rows_columns(const rows *r) {
    return r->columns;
}

const char *rows_heading(const rows *r, size_t column) {
    return column < r->n_column ? r->column[column].name : "";
}

bool rows_json(const rows *r) {
    return r->json;
}

mr_status rows_next(rows *r, const row **out, mr_error *err) {
    return r->json ? rows_json_next(r, out, err) : rows_csv_next(r, out, err);
}

rows_cell rows_cell_of(rows *r, int column) {
    if (column < 0 || !r->row.raw || r->row.fault) return (rows_cell){0};
    return r->json ? rows_json_cell(r, (size_t)column) : rows_csv_cell(r, (size_t)column);
}

const char *rows_file(const rows *r, uint32_t file) {
    return source_name(r->source, file);
}

uint64_t rows_bytes_done(const rows *r) {
    return source_bytes_done(r->source);
}

uint64_t rows_bytes_total(const rows *r) {
    return source_bytes_total(r->source);
}
