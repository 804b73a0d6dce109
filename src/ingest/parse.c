/* Parsing blocks: the fast way for plain rows, record.c for everything else.
 *
 * A window of some kilobytes is scanned for delimiters and line ends; a row whose line end stands where the
 * number of columns says is plain. Quotes, blank lines, odd dates and amounts, and every error go the careful
 * way, which alone decides: the fast way may only give up, never disagree. */
#include "parse.h"

#include "amounts.h"
#include "error.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

mr_status worker_new(const ingest_plan *plan, const mr_alloc *alloc, ingest_worker **out, mr_error *err) {
    *out = NULL;
    ingest_worker *w = mem_new(alloc, 1, sizeof *w);
    if (!w) return error_memory(err, sizeof *w);
    w->plan = plan;
    w->alloc = w->rejects.alloc = alloc;
    bool contacts = plan->contact[CONTACT_NAME] >= 0 || plan->contact[CONTACT_EMAIL] >= 0 ||
                    plan->contact[CONTACT_PHONE] >= 0 || plan->at.last_name >= 0;
    mr_status status = bins_new(alloc, contacts, &w->bins, err);
    if (status) {
        worker_free(w);
        return status;
    }
    *out = w;
    return MR_OK;
}

void worker_free(ingest_worker *w) {
    if (!w) return;
    bins_free(w->bins);
    rejects_free(&w->rejects);
    split_free(w->alloc, &w->fields);
    mem_free(w->alloc, w->blocks);
    mem_free(w->alloc, w);
}

mr_status worker_flush(ingest_worker *w, mr_error *err) {
    size_t n = w->batched;
    w->batched = 0;
    uint32_t who[BIN_BATCH];
    if (!n) return MR_OK;
    mr_status status = bins_add(w->bins, w->batch, n, who, err);
    if (status || !w->bins->contacts) return status;
    return bins_note(w->bins, w->batch, who, w->notes, n, w->block->number, err);
}

uint32_t worker_line(ingest_worker *w, size_t at) {
    const char *data = w->block->data;
    if (at < w->counted_to) w->counted_to = 0, w->counted = 0;
    for (const char *p = data + w->counted_to; (p = memchr(p, '\n', (size_t)(data + at - p))); p++)
        w->counted++;
    w->counted_to = at;
    return w->counted;
}

/* --- the fast way --- */

void worker_enter(ingest_worker *w, const char *id, size_t len, uint32_t when, int64_t money) {
    bin_entry *e = &w->batch[w->batched++];
    *e = (bin_entry){.id = id, .len = (uint32_t)len, .when = when, .money = money, .record = w->record};
    e->hash = bin_hash(id, len);
    bits_prefetch(bin_home(w->bins, e->hash));
}

mr_status worker_put(ingest_worker *w, const char *id, size_t len, uint32_t when, int64_t money,
                     mr_error *err) {
    id_words words;
    if (id_of(id, len, &words))
        return bins_put(w->bins, words, w->record, when, money) ? MR_OK
                                                                : error_memory(err, sizeof(bin_chunk));
    worker_enter(w, id, len, when, money);
    bool borrowed =
        id < w->block->data || id >= w->block->data + w->block->len; /* scratch, gone with the next */
    return w->batched == BIN_BATCH || borrowed ? worker_flush(w, err) : MR_OK;
}

static inline bool fast_date(const ingest_plan *plan, const char *text, size_t len, uint32_t *when) {
    if (len >= 10 && date_parse_iso(&plan->months, text, when)) {
        if (plan->date_format != DATE_YMD) return false;
        if (len > 10 && !date_time_tail(text + 10, len - 10)) return false;
    } else {
        date_proof proof;
        if (plan->date_format == DATE_UNKNOWN || date_parse(text, len, plan->date_format, when, &proof))
            return false;
    }
    int32_t day = when_day(*when);
    return day <= plan->today && day <= plan->until;
}

/* One plain row whose columns end at pos[0 .. columns). */
static inline bool fast_row(ingest_worker *w, const ingest_plan *plan, const char *data, size_t start,
                            const uint32_t *pos) {
    size_t last = plan->columns - 1;
    size_t line_end = pos[last];
    if (line_end > start && data[line_end - 1] == '\r') line_end--;
#define FIELD(column, from, len)                                                                             \
    size_t from = (column) ? (size_t)pos[(column)-1] + 1 : start;                                            \
    size_t len = ((size_t)(column) == last ? line_end : pos[column]) - from
    FIELD(plan->customer, id, id_len);
    if (id_len - 1 >= SCAN_WINDOW || (unsigned char)data[id] <= ' ' ||
        (unsigned char)data[id + id_len - 1] <= ' ')
        return false;
    FIELD(plan->date, date, date_len);
    uint32_t when;
    if (!fast_date(plan, data + date, date_len, &when)) return false;
    int64_t money = 0;
    if (plan->amount >= 0) {
        FIELD(plan->amount, paid, paid_len);
        if (!amount_parse_plain(data + paid, paid_len, plan->decimal, &money)) return false;
    }
#undef FIELD
    id_words words;
    if (id_of(data + id, id_len, &words)) {
        w->no_memory = !bins_put(w->bins, words, w->record, when, money);
    } else {
        worker_enter(w, data + id, id_len, when, money);
    }
    return true;
}

/* Rows of a window; *start is moved behind the last whole one. */
static mr_status fast_rows(ingest_worker *w, size_t *start, size_t n, mr_error *err) {
    const ingest_plan *plan = w->plan;
    const char *data = w->block->data;
    const uint32_t *pos = w->positions;
    size_t columns = plan->columns, at = *start, i = 0;
    mr_status status = MR_OK;
    while (i + columns <= n && !w->stop) {
        size_t k = 0;
        while (data[pos[i + k]] != '\n' && k + 1 < columns) k++;
        if (k + 1 == columns && data[pos[i + k]] == '\n' && fast_row(w, plan, data, at, pos + i)) {
            w->record++;
            w->lines++;
            w->newlines++;
            i += columns;
            at = (size_t)pos[i - 1] + 1;
            if (w->no_memory) return error_memory(err, sizeof(bin_chunk));
            if (w->batched == BIN_BATCH && (status = worker_flush(w, err))) break;
            continue;
        }
        while (i + k < n && data[pos[i + k]] != '\n') k++;
        if (i + k == n) break;
        i += k + 1;
        if ((status = worker_record(w, at, pos[i - 1], err))) break;
        at = (size_t)pos[i - 1] + 1;
    }
    /* what is left has fewer positions than columns: short records */
    while (!status && !w->stop && i < n) {
        size_t k = i;
        while (k < n && data[pos[k]] != '\n') k++;
        if (k == n) break;
        if ((status = worker_record(w, at, pos[k], err))) break;
        at = (size_t)pos[k] + 1;
        i = k + 1;
    }
    *start = at;
    return status;
}

static mr_status careful_rows(ingest_worker *w, size_t *start, size_t n, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t i = 0; i < n && !status && !w->stop; i++) {
        if (w->block->data[w->positions[i]] != '\n') continue;
        status = worker_record(w, *start, w->positions[i], err);
        *start = (size_t)w->positions[i] + 1;
    }
    return status;
}

/* --- blocks --- */

static mr_status remember_block(ingest_worker *w, mr_error *err) {
    if (w->n_blocks == w->blocks_capacity) {
        size_t capacity = w->blocks_capacity ? 2 * w->blocks_capacity : 4;
        parsed_block *grown = mem_resize(w->alloc, w->blocks, capacity, sizeof *grown);
        if (!grown) return error_memory(err, capacity * sizeof *grown);
        w->blocks = grown;
        w->blocks_capacity = capacity;
    }
    parsed_block *b = &w->blocks[w->n_blocks++];
    b->number = w->block->number;
    b->file = w->block->file;
    b->records = w->record;
    b->lines = w->block->quotes ? worker_line(w, w->block->len) : w->newlines;
    for (unsigned i = 0; i < BINS; i++) {
        uint64_t words = bin_words(w->bins, i);
        b->words[i] = (uint32_t)(words - w->words_before[i]);
        w->words_before[i] = words;
    }
    return MR_OK;
}

static mr_status refuse_nul(ingest_worker *w, size_t from, size_t to, mr_error *err) {
    const char *nul = memchr(w->block->data + from, 0, to - from);
    size_t at = (size_t)(nul - w->block->data);
    return worker_reject(w, at, at, -1, "", 0, DATE_UNKNOWN, true,
                         "the file holds NUL bytes, so it looks binary; give a text file (CSV)", err);
}

mr_status worker_block(ingest_worker *w, const ingest_block *block, mr_error *err) {
    const ingest_plan *plan = w->plan;
    w->block = block;
    w->counted_to = 0;
    w->counted = w->record = w->newlines = 0;
    bool quoting = plan->quoting && block->quotes;
    bool runs = plan->delimiter == ' ';
    bool contacts = w->bins->contacts;
    size_t start = 0;
    mr_status status = MR_OK;
    if (block->lead && plan->header) status = worker_header(w, &start, err);
    while (!status && !w->stop && start < block->len) {
        size_t to = block->len - start > SCAN_WINDOW ? start + SCAN_WINDOW : block->len, before = start;
        scan_result r =
            scan_window(block->data, start, to, runs ? '\n' : plan->delimiter, quoting, w->positions);
        if (r.nul) {
            status = refuse_nul(w, start, to, err);
        } else if (r.quotes || runs || contacts || plan->preset) {
            status = careful_rows(w, &start, r.n, err);
        } else {
            status = fast_rows(w, &start, r.n, err);
        }
        if (!status && !w->stop && start == before) { /* a record longer than the window */
            size_t end = scan_record_end(block->data, start, block->len, quoting);
            if (memchr(block->data + start, 0, end - start)) {
                status = refuse_nul(w, start, end, err);
            } else {
                status = worker_record(w, start, end - 1, err);
            }
            start = end;
        }
    }
    if (!status) status = worker_flush(w, err);
    return status ? status : remember_block(w, err);
}
