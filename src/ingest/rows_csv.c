/* CSV records: dialect and headings from the sample, then fields between the positions of delimiters and line
 * ends. A record with quotes in it, of a file divided by blanks, or longer than a window goes through
 * split_record; everything else is never copied and never looked at twice. */
#include "rows_impl.h"

#include "amounts.h"
#include "dates.h"
#include "error.h"
#include "headings.h"
#include "records.h"
#include "sniff.h"
#include "unicode.h"

#include <stdio.h>
#include <string.h>

/* --- what the sample says --- */

/* The next record of the sample that is not blank, into r->fields; false at the end. */
static bool sample_next(rows *r, size_t *at, bool *bad, bool *memory) {
    while (*at < r->sample.len) {
        size_t from = *at, end = scan_record_end(r->sample.data, from, r->sample.len, r->quoting);
        *at = end;
        if (split_blank(r->sample.data + from, end - from - 1)) continue;
        split_fault fault = split_record(r->sample.data + from, end - from - 1, r->delimiter, r->quoting,
                                         r->alloc, &r->fields);
        *bad = fault != SPLIT_OK;
        *memory = fault == SPLIT_NO_MEMORY;
        return true;
    }
    return false;
}

static bool is_date(split_field f) {
    bool short_year;
    return date_form(f.at, f.len, &short_year) != DATE_UNKNOWN || short_year;
}

static bool is_number(split_field f) {
    amount a;
    return f.len && amount_parse(f.at, f.len, 0, &a) == AMOUNT_OK;
}

/* Does any column hold nothing but dates or numbers below its first line? */
static bool typed_below(rows *r, size_t at) {
    size_t n = 0, seen[INGEST_MAX_COLUMNS] = {0}, typed[INGEST_MAX_COLUMNS] = {0};
    bool bad, memory;
    for (size_t k = 0; k < 100 && sample_next(r, &at, &bad, &memory); k++) {
        if (bad) continue;
        n = r->fields.n < INGEST_MAX_COLUMNS ? r->fields.n : INGEST_MAX_COLUMNS;
        for (size_t i = 0; i < n; i++) {
            split_field f = r->fields.field[i];
            seen[i] += f.len > 0;
            typed[i] += is_date(f) || is_number(f);
        }
    }
    for (size_t i = 0; i < n; i++)
        if (seen[i] && typed[i] == seen[i]) return true;
    return false;
}

static bool same(split_field a, split_field b) {
    return a.len == b.len && !memcmp(a.at, b.at, a.len);
}

/* A header names things: no date, no number; known words, or words over columns of other kinds, or at least
 * each cell filled and different. */
static bool has_header(rows *r, size_t behind) {
    size_t n = r->fields.n < INGEST_MAX_COLUMNS ? r->fields.n : INGEST_MAX_COLUMNS, words = 0, values = 0;
    bool distinct = true;
    for (size_t i = 0; i < n; i++) {
        split_field f = r->fields.field[i];
        char text[64] = "";
        int rank;
        memcpy(text, f.at, f.len < 63 ? f.len : 63);
        if (is_date(f)) return false;
        values += is_number(f);
        words += record_knows(f.at, f.len) || headings_role(text, &rank) != ROLE_IGNORE;
        distinct = distinct && f.len;
        for (size_t k = 0; k < i && distinct; k++) distinct = !same(f, r->fields.field[k]);
    }
    if (values > words) return false;
    if (words || values) return words > 0;
    return distinct || typed_below(r, behind);
}

/* The same heading again would be out of reach by its name: the second "date" is "date (2)". */
static mr_status add_heading(rows *r, split_field f, mr_error *err) {
    text_buffer name = {0};
    bool again = true;
    for (unsigned k = 1; again; k++) {
        name.len = 0;
        text_add(&name, f.at, f.len);
        if (k > 1) text_printf(&name, " (%u)", k);
        again = false;
        for (size_t i = 0; i < r->n_column && !again; i++)
            again = strlen(r->column[i].name) == name.len && !memcmp(r->column[i].name, name.data, name.len);
    }
    mr_status status = name.failed ? error_memory(err, f.len) : rows_add_column(r, name.data, name.len, err);
    if (!status) r->column[r->n_column - 1].headed = f.len;
    text_free(&name);
    return status;
}

static mr_status take_headings(rows *r, mr_error *err) {
    const char *name = source_name(r->source, 0);
    size_t at = 0;
    bool bad = false, memory = false;
    if (!sample_next(r, &at, &bad, &memory) || memory)
        return memory ? error_memory(err, r->sample.len) : MR_OK;
    if (r->fields.n > INGEST_MAX_COLUMNS)
        return error_set(err, MR_EDATA, NULL, 1, "%.200s: more than %d columns; export those that are needed",
                         name, INGEST_MAX_COLUMNS);
    if (bad && r->options.header != 0)
        return error_set(err, MR_EDATA, NULL, 1,
                         "%.200s: the first line, where a header would stand, cannot be read; is a quoted "
                         "field never closed?",
                         name);
    size_t behind = at;
    r->header = r->options.header < 0 ? has_header(r, behind) : r->options.header == 1;
    for (at = 0, bad = true; bad && sample_next(r, &at, &bad, &memory);) {
    }
    size_t n = bad ? 1 : r->fields.n;
    mr_status status = memory ? error_memory(err, r->sample.len) : MR_OK;
    for (size_t i = 0; i < n && !status; i++) {
        char number[24];
        split_field f = r->fields.field[i];
        bool named = r->header && f.len;
        int len = snprintf(number, sizeof number, "%zu", i + 1);
        if (named && unicode_fault(f.at, f.len) < f.len)
            return error_set(err, MR_EDATA, NULL, 1, "%.200s: the header is no UTF-8; save the file as UTF-8",
                             name);
        status = add_heading(r, named ? f : (split_field){.at = number, .len = (size_t)len}, err);
    }
    r->columns = r->n_column;
    return status;
}

static mr_status no_text(const rows *r, mr_error *err) {
    const char *name = source_name(r->source, 0), *data = r->sample.data;
    size_t len = r->sample.len;
    if (len > 4 && !memcmp(data, "PK\3\4", 4))
        return error_set(err, MR_EDATA, NULL, 1,
                         "%.200s: this is a zip file or an Excel workbook; save the sheet as CSV", name);
    const char *line = memchr(data, '\n', len);
    if (memchr(data, 0, line ? (size_t)(line - data) : len))
        return error_set(
            err, MR_EDATA, NULL, 1,
            "%.200s:1: the file holds NUL bytes, so it looks binary; give a text file (CSV or NDJSON)", name);
    if ((!line || line == data + len - 1) && memchr(data, '\r', len > 2 ? len - 2 : 0))
        return error_set(err, MR_EDATA, NULL, 1,
                         "%.200s: the lines end in CR alone (an old Macintosh's way); save the file with "
                         "ordinary line ends",
                         name);
    return MR_OK;
}

/* The sample's lines with an even number of quotes: one stray quote would make one record of all lines behind
 * it, and the delimiter would be told from what is left. */
static bool even_lines(const rows *r, text_buffer *out) {
    const char *data = r->sample.data;
    for (size_t at = 0, end; at < r->sample.len; at = end) {
        const char *line = memchr(data + at, '\n', r->sample.len - at);
        bool odd = false;
        end = line ? (size_t)(line - data) + 1 : r->sample.len;
        for (const char *q = data + at; (q = memchr(q, '"', (size_t)(data + end - q))); q++) odd = !odd;
        if (!odd) text_add(out, data + at, end - at);
    }
    return !out->failed;
}

static mr_status find_delimiter(rows *r, mr_error *err) {
    text_buffer even = {.alloc = r->alloc};
    size_t columns;
    const char *text = r->sample.data;
    size_t len = r->sample.len;
    if (memchr(text, '"', len)) {
        if (!even_lines(r, &even)) return error_memory(err, len);
        if (even.len) text = even.data, len = even.len;
    }
    mr_status status = sniff_dialect(text, len, 0, r->alloc, &r->delimiter, &columns, err);
    text_free(&even);
    return status;
}

mr_status rows_csv_open(rows *r, mr_error *err) {
    mr_status status = no_text(r, err);
    if (!status) status = find_delimiter(r, err);
    if (status) return status;
    r->quoting = r->delimiter != ' ';
    return take_headings(r, err);
}

/* --- faults --- */

static void fault(rows *r, int column, const char *why) {
    r->row.fault = why;
    r->row.fault_column = column;
}

static void ragged(rows *r, size_t n) {
    snprintf(r->fault, sizeof r->fault,
             n < r->columns
                 ? "has %zu field%s where %zu are expected"
                 : "has %zu field%s where %zu are expected; a field that holds the delimiter must be quoted",
             n, n == 1 ? "" : "s", r->columns);
    fault(r, -1, r->fault);
}

static void no_unicode(rows *r, size_t at) {
    snprintf(r->fault, sizeof r->fault,
             "is no UTF-8: byte %02X at %zu; convert the file (iconv -f WINDOWS-1252 -t UTF-8)",
             (unsigned)(unsigned char)r->row.raw[at], at + 1);
    fault(r, -1, r->fault);
}

/* What holds of any record: NUL, UTF-8. */
static bool clean(rows *r, size_t end, bool look_nul, bool look_unicode) {
    if (look_nul && memchr(r->data + r->at, 0, end - r->at)) return fault(r, -1, "holds a NUL byte"), false;
    if (!look_unicode) return true;
    size_t at = unicode_fault(r->row.raw, r->row.raw_len);
    if (at < r->row.raw_len) return no_unicode(r, at), false;
    return true;
}

/* --- one record --- */

/* Fields by position: how many, and are surplus ones empty? */
static bool surplus_empty(const rows *r, size_t n) {
    for (size_t i = r->columns; i < n; i++) {
        rows_cell c = {0};
        if (r->split) {
            if (i < INGEST_MAX_COLUMNS) c.len = r->fields.field[i].len;
        } else {
            size_t from = (size_t)r->cell_end[i - 1] + 1;
            c.len = split_blank(r->data + from, r->cell_end[i] - from) ? 0 : 1;
        }
        if (c.len || i >= INGEST_MAX_COLUMNS) return false;
    }
    return true;
}

/* data[at .. end) is a record; n > 0: its fields end at cell_end[0 .. n), else it is to be split. Sets
 * r->row, with a fault where there is one. */
static mr_status take(rows *r, size_t end, size_t n, bool look_nul, bool look_unicode, mr_error *err) {
    rows_give(r, end);
    r->record_at = r->at;
    r->split = n == 0;
    if (!clean(r, end, look_nul, look_unicode)) return MR_OK;
    if (r->split) {
        split_fault f =
            split_record(r->data + r->at, end - r->at, r->delimiter, r->quoting, r->alloc, &r->fields);
        if (f == SPLIT_NO_MEMORY) return error_memory(err, end - r->at);
        n = r->fields.n;
        if (f) return fault(r, n && n <= r->columns ? (int)n - 1 : -1, split_fault_text(f)), MR_OK;
    }
    r->n_cells = n;
    if (n < r->columns || (n > r->columns && !surplus_empty(r, n))) ragged(r, n);
    return MR_OK;
}

rows_cell rows_csv_cell(const rows *r, size_t column) {
    if (column >= r->columns) return (rows_cell){0};
    if (r->split) return (rows_cell){r->fields.field[column].at, r->fields.field[column].len};
    const char *from = r->data + (column ? (size_t)r->cell_end[column - 1] + 1 : r->record_at),
               *to = r->data + r->cell_end[column];
    while (from < to && (*from == ' ' || *from == '\t' || *from == '\r')) from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r')) to--;
    return (rows_cell){from, (size_t)(to - from)};
}

/* --- from record to record --- */

static void refill(rows *r) {
    size_t to = r->len - r->at > SCAN_WINDOW ? r->at + SCAN_WINDOW : r->len;
    scan_result s =
        scan_window(r->data, r->at, to, r->delimiter == ' ' ? '\n' : r->delimiter, r->quoting, r->positions);
    r->window = true;
    r->window_from = r->at;
    r->window_to = to;
    r->n_positions = s.n;
    r->next_position = 0;
    r->window_nul = s.nul;
    r->window_quotes = s.quotes;
    r->window_ascii = unicode_ascii(r->data + r->at, to - r->at);
}

static size_t line_end(const rows *r) {
    return (size_t)((const char *)memchr(r->data + r->at, '\n', r->len - r->at) - r->data);
}

/* The end of the record at data[at], over as many blocks as it takes: *end is at its '\n'. *open: its quotes
 * are never closed, or it is over the limit. */
static mr_status long_record(rows *r, size_t *end, bool *open, mr_error *err) {
    bool inside = false, more = true;
    size_t seen = 0; /* bytes behind r->at that were looked at */
    *open = false;
    for (;;) {
        const char *from = r->data + r->at + seen, *line = memchr(from, '\n', r->len - r->at - seen);
        if (line) {
            for (const char *q = from; r->quoting && (q = memchr(q, '"', (size_t)(line - q))); q++)
                inside = !inside;
            *end = (size_t)(line - r->data);
            if (!inside) return MR_OK;
            seen = *end + 1 - r->at;
            if (seen <= r->limit) continue;
            break;
        }
        mr_status status = rows_extend(r, &more, err);
        if (status) return status;
        if (!more) break;
    }
    *open = true;
    *end = line_end(r);
    return MR_OK;
}

static size_t lines_in(const char *data, size_t from, size_t end) {
    size_t n = 0;
    for (const char *p = data + from; (p = memchr(p, '\n', (size_t)(data + end - p))); p++) n++;
    return n;
}

/* Moves behind a record that ends at data[end]. */
static void step(rows *r, size_t end, size_t lines) {
    r->at = end + 1;
    r->line += lines;
}

/* A record over several lines that cannot be taken is given up for its first line alone, which ends at
 * data[first]. */
static void give_up(rows *r, size_t first) {
    rows_show(r, first);
    step(r, first, 1);
    r->window = false;
}

/* Without the window. *blank: there was nothing but blanks, and no record. */
static mr_status slow_next(rows *r, bool *blank, mr_error *err) {
    size_t end;
    bool open;
    mr_status status = long_record(r, &end, &open, err);
    if (status) return status;
    size_t first = line_end(r);
    *blank = split_blank(r->data + r->at, end - r->at);
    if (*blank) {
        step(r, end, 1);
        r->window = false;
        return MR_OK;
    }
    /* Quotes that close behind the limit are as good as open: in smaller blocks their end would not have been seen. */
    open = open || end - r->at >= r->limit;
    if (first - r->at >= r->limit) {
        bool quoted = r->quoting && memchr(r->data + r->at, '"', r->limit); /* behind that it may have been cut anywhere */
        rows_give(r, first);
        snprintf(r->fault, sizeof r->fault, "is longer than %zu bytes%s", r->limit, quoted ? "; is a quoted field never closed?" : "");
        fault(r, -1, r->fault);
    } else { /* an open quote is found again by splitting the first line */
        status = take(r, open ? first : end, 0, true, true, err);
        if (status) return status;
    }
    if (r->row.fault) {
        give_up(r, first);
    } else {
        step(r, end, lines_in(r->data, r->at, end) + 1);
        r->window = false;
    }
    return MR_OK;
}

/* A record whose line end the window has at positions[k]. */
static mr_status window_next(rows *r, size_t k, bool *blank, mr_error *err) {
    size_t end = r->positions[k], n = k - r->next_position + 1, lines = 1;
    if (end - r->at >= r->limit) return slow_next(r, blank, err);
    *blank = split_blank(r->data + r->at, end - r->at);
    if (*blank) {
        r->next_position = k + 1;
        step(r, end, 1);
        return MR_OK;
    }
    bool quotes = r->window_quotes && memchr(r->data + r->at, '"', end - r->at);
    if (quotes) lines += lines_in(r->data, r->at, end);
    r->cell_end = r->positions + r->next_position;
    mr_status status =
        take(r, end, quotes || r->delimiter == ' ' ? 0 : n, r->window_nul, !r->window_ascii, err);
    if (status) return status;
    if (r->row.fault && lines > 1) {
        give_up(r, line_end(r));
    } else {
        r->next_position = k + 1;
        step(r, end, lines);
    }
    return MR_OK;
}

static mr_status check_header(rows *r, mr_error *err) {
    const char *name = source_name(r->source, r->file);
    r->header_due = false;
    r->next_number--;
    if (r->file == 0) return MR_OK;
    size_t n = r->split ? r->fields.n : r->n_cells;
    if (r->row.fault && n >= r->columns)
        return error_set(err, MR_EDATA, NULL, (int64_t)r->row.line, "%.200s:%llu: the header %s", name,
                         (unsigned long long)r->row.line, r->row.fault);
    if (n < r->columns)
        return error_set(err, MR_EDATA, NULL, (int64_t)r->row.line,
                         "%.200s:%llu: the header has %zu columns where the first file has %zu; the files "
                         "must have the same columns",
                         name, (unsigned long long)r->row.line, n, r->columns);
    for (size_t i = 0; i < r->columns; i++) {
        rows_cell c = rows_csv_cell(r, i);
        char theirs[64];
        const char *ours = r->column[i].name;
        if (!c.len || (r->column[i].headed == c.len && !strncasecmp(ours, c.at, c.len))) continue;
        return error_set(err, MR_EDATA, NULL, (int64_t)r->row.line,
                         "%.200s:%llu: column %zu is headed '%s' where the first file has '%.60s'; the files "
                         "must have the same columns in "
                         "the same order",
                         name, (unsigned long long)r->row.line, i + 1,
                         rejects_show(theirs, sizeof theirs, c.at, c.len), ours);
    }
    return MR_OK;
}

mr_status rows_csv_next(rows *r, const row **out, mr_error *err) {
    *out = NULL;
    for (;;) {
        mr_status status = MR_OK;
        bool blank = false;
        if (r->at >= r->len) {
            bool more = false;
            status = rows_text(r, &more, err);
            if (status || !more) return status;
        }
        if (!r->window || r->at >= r->window_to) refill(r);
        size_t k = r->next_position;
        while (k < r->n_positions && r->data[r->positions[k]] != '\n') k++;
        if (k == r->n_positions) { /* the window ends within the record, or it is longer than one */
            if (r->at > r->window_from && r->window_to < r->len) {
                refill(r);
                continue;
            }
            status = slow_next(r, &blank, err);
        } else {
            status = window_next(r, k, &blank, err);
        }
        if (status) return status;
        if (blank) continue;
        if (r->header_due) {
            if ((status = check_header(r, err))) return status;
            continue;
        }
        *out = &r->row;
        return MR_OK;
    }
}
