/* Small tables, whole in memory: the text is read, cut at its records, and the cells are copied one behind
 * the other. */
#include "table.h"

#include "error.h"
#include "mem.h"
#include "rejects.h"
#include "scan.h"
#include "sniff.h"
#include "source.h"
#include "split.h"
#include "table_source.h"
#include "text.h"
#include "unicode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct reader {
    const char *name;
    char delimiter;
    text_buffer raw;   /* the file */
    text_buffer cells; /* NUL-terminated, row by row, the headings first */
    size_t *at;        /* of each cell in cells */
    size_t n, capacity;
    uint64_t *line; /* of each row */
    size_t rows, rows_capacity, columns;
    split_fields fields;
} reader;

static mr_status read_text(reader *r, ingest_source *source, mr_error *err) {
    ingest_block b = {0};
    bool more = true;
    mr_status status = MR_OK;
    while (!status && (status = source_next(source, &b, &more, err)) == MR_OK && more) {
        text_add(&r->raw, b.data, b.len);
        if (r->raw.failed) status = error_memory(err, b.len);
    }
    source_block_free(source, &b);
    if (!status && !r->raw.len)
        return error_set(err, MR_EDATA, NULL, 1, "%.200s: the file is empty", r->name);
    return status;
}

static bool room(void *pointer, size_t *capacity, size_t want, size_t size) {
    if (*capacity >= want) return true;
    size_t more = 2 * want + 16;
    void *block;
    memcpy(&block, pointer, sizeof block);
    block = mem_resize(NULL, block, more, size);
    if (!block) return false;
    memcpy(pointer, &block, sizeof block);
    *capacity = more;
    return true;
}

static mr_status keep_row(reader *r, uint64_t line, mr_error *err) {
    size_t n = r->fields.n;
    if (!room(&r->at, &r->capacity, r->n + n, sizeof *r->at) ||
        !room(&r->line, &r->rows_capacity, r->rows + 1, sizeof *r->line))
        return error_memory(err, n * sizeof *r->at);
    for (size_t i = 0; i < n; i++) {
        r->at[r->n++] = r->cells.len;
        text_add(&r->cells, r->fields.field[i].at, r->fields.field[i].len);
        text_putc(&r->cells, 0);
    }
    r->line[r->rows++] = line;
    return r->cells.failed ? error_memory(err, r->cells.capacity) : MR_OK;
}

static mr_status one_record(reader *r, const char *record, size_t len, uint64_t line, mr_error *err) {
    split_fault fault = split_record(record, len, r->delimiter, true, NULL, &r->fields);
    if (fault == SPLIT_NO_MEMORY) return error_memory(err, len);
    if (fault)
        return error_set(err, MR_EDATA, NULL, (int64_t)line, "%.200s:%llu: %s", r->name,
                         (unsigned long long)line, split_fault_text(fault));
    if (r->fields.n > INGEST_MAX_COLUMNS)
        return error_set(err, MR_EDATA, NULL, (int64_t)line, "%.200s:%llu: more than %d columns; keep those that are needed", r->name,
                         (unsigned long long)line, INGEST_MAX_COLUMNS);
    if (!r->rows) r->columns = r->fields.n;
    if (r->fields.n != r->columns)
        return error_set(err, MR_EDATA, NULL, (int64_t)line,
                         "%.200s:%llu: the line has %zu fields where the header has %zu", r->name,
                         (unsigned long long)line, r->fields.n, r->columns);
    return keep_row(r, line, err);
}

static mr_status cut_text(reader *r, mr_error *err) {
    uint64_t line = 1;
    const char *data = r->raw.data;
    const char *nul = memchr(data, 0, r->raw.len);
    if (nul)
        return error_set(err, MR_EDATA, NULL, -1,
                         "%.200s: the file holds NUL bytes, so it looks binary; give a text file (CSV)",
                         r->name);
    if (!memchr(data, '\n', r->raw.len - 1) && memchr(data, '\r', r->raw.len > 1 ? r->raw.len - 2 : 0)) /* the reader ends the last line with LF */
        return error_set(err, MR_EDATA, NULL, 1, "%.200s: the lines end in CR alone (an old Macintosh's way); save the file with ordinary line ends", r->name);
    size_t strange = unicode_fault(data, r->raw.len);
    if (strange < r->raw.len) {
        for (const char *p = data; (p = memchr(p, '\n', (size_t)(data + strange - p))); p++) line++;
        return error_set(err, MR_EDATA, NULL, (int64_t)line, "%.200s:%llu: is no UTF-8: byte %02X; convert the file (iconv -f WINDOWS-1252 -t UTF-8)", r->name,
                         (unsigned long long)line, (unsigned)(unsigned char)data[strange]);
    }
    for (size_t at = 0; at < r->raw.len;) {
        size_t end = scan_record_end(data, at, r->raw.len, r->delimiter != ' ');
        mr_status status = MR_OK;
        if (!split_blank(data + at, end - at - 1)) status = one_record(r, data + at, end - at - 1, line, err);
        if (status) return status;
        for (const char *p = data + at; (p = memchr(p, '\n', (size_t)(data + end - p))); p++) line++;
        at = end;
    }
    return r->rows ? MR_OK : error_set(err, MR_EDATA, NULL, 1, "%.200s: the file is empty", r->name);
}

/* Offsets to pointers, now that the text moves no more. */
static mr_status give_out(reader *r, const char *path, ingest_table *out, mr_error *err) {
    size_t cells = r->n - r->columns;
    out->path = mem_take(NULL, strlen(path) + 1, 1);
    out->heading = mem_new(NULL, r->columns, sizeof *out->heading);
    out->cell = mem_new(NULL, cells, sizeof *out->cell);
    out->line = mem_new(NULL, r->rows, sizeof *out->line);
    if (!out->path || !out->heading || !out->cell || !out->line)
        return error_memory(err, cells * sizeof *out->cell);
    memcpy(out->path, path, strlen(path) + 1);
    out->columns = r->columns;
    out->rows = r->rows - 1;
    out->text = r->cells.data;
    r->cells.data = NULL;
    for (size_t i = 0; i < r->columns; i++) out->heading[i] = out->text + r->at[i];
    for (size_t i = 0; i < cells; i++) out->cell[i] = out->text + r->at[r->columns + i];
    memcpy(out->line, r->line + 1, out->rows * sizeof *out->line);
    return MR_OK;
}

mr_status ingest_table_from(ingest_source *source, ingest_table *out, mr_error *err) {
    reader r = {.name = source_name(source, 0)};
    *out = (ingest_table){0};
    mr_status status = read_text(&r, source, err);
    if (!status) status = sniff_dialect(r.raw.data, r.raw.len, 0, NULL, &r.delimiter, &r.columns, err);
    if (!status) status = cut_text(&r, err);
    text_free(&r.raw);
    if (!status) status = give_out(&r, r.name, out, err);
    text_free(&r.cells);
    mem_free(NULL, r.at);
    mem_free(NULL, r.line);
    split_free(NULL, &r.fields);
    if (status) ingest_table_free(out);
    return status;
}

mr_status ingest_table_read(const char *path, ingest_table *out, mr_error *err) {
    ingest_source *source = NULL;
    *out = (ingest_table){0};
    mr_status status = source_open(&path, 1, 0, 0, NULL, &source, err);
    if (!status) status = ingest_table_from(source, out, err);
    source_close(source);
    return status;
}

void ingest_table_free(ingest_table *t) {
    if (!t) return;
    mem_free(NULL, t->path);
    mem_free(NULL, t->heading);
    mem_free(NULL, t->cell);
    mem_free(NULL, t->line);
    mem_free(NULL, t->text);
    *t = (ingest_table){0};
}

int ingest_table_column(const ingest_table *t, const char *name) {
    for (size_t i = 0; i < t->columns; i++)
        if (!strcasecmp(t->heading[i], name)) return (int)i;
    return -1;
}

/* A number, with a decimal comma where nothing else can be meant. */
static bool number(const char *cell, double *out) {
    char text[64];
    size_t len = strlen(cell);
    if (!len || len >= sizeof text) return false;
    memcpy(text, cell, len + 1);
    char *comma = strchr(text, ',');
    if (comma && !strchr(text, '.') && !strchr(comma + 1, ',') && strlen(comma + 1) != 3) *comma = '.';
    /* strtod also takes hexadecimal, "inf" and "nan": not here */
    for (const char *p = text; *p; p++)
        if (!strchr("0123456789+-.eE", *p)) return false;
    char *end;
    *out = strtod(text, &end);
    return end != text && !*end && isfinite(*out);
}

mr_status ingest_table_numbers(const ingest_table *t, const char *name, double *out, mr_error *err) {
    int column = ingest_table_column(t, name);
    if (column < 0)
        return error_set(err, MR_EDATA, name, 1, "%.200s: there is no column '%.40s'", t->path, name);
    for (size_t i = 0; i < t->rows; i++) {
        const char *cell = t->cell[i * t->columns + (size_t)column];
        char shown[64];
        if (number(cell, &out[i])) continue;
        return error_set(err, MR_EDATA, name, (int64_t)t->line[i], "%.200s:%llu: %.40s '%s' is %s", t->path,
                         (unsigned long long)t->line[i], name,
                         rejects_show(shown, sizeof shown, cell, strlen(cell)),
                         *cell ? "no number" : "empty; a number is needed");
    }
    return MR_OK;
}
