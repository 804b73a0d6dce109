/* customers.csv: one row a customer, in the order of the report.
 *
 * A million rows are on the main job's path, so blocks of rows are made in parallel, each into its worker's
 * buffer. A block learns where in the file it goes as soon as the block before it knows its own length
 * (blocks start in ascending order, so the wait is short and cannot be for a block nobody has taken), and is
 * then written there while others are still being made. The bytes do not depend on the number of threads. */
#include "cells.h"
#include "parts.h"

#include <bits.h>
#include <error.h>
#include <mem.h>
#include <pool.h>

#include <math.h>
#include <pthread.h>
#include <string.h>

#define BLOCK_ROWS 16384
#define NUMBERS_ROOM 512 /* every cell of a row but the texts */

typedef struct word {
    const char *text;
    size_t len;
} word;

typedef struct sheet {
    const report *r;
    const files *out;
    const mr_context *context;
    cell_dates dates;
    word stage[MR_STAGES], step[MR_STEPS];
    text_buffer *scratch; /* one a worker */
    size_t header;        /* bytes of the header row */

    pthread_mutex_t lock;
    pthread_cond_t moved;
    size_t next;    /* the block whose offset is known */
    int64_t offset; /* of that block */
    bool failed;
    uint64_t done;
} sheet;

const char *report_id(const report *r, uint32_t index, size_t *len) {
    const ingest_orders *in = r->input;
    *len = (size_t)(in->id_offset[index + 1] - in->id_offset[index]);
    return in->id_bytes + in->id_offset[index];
}

const char *report_contact(const report *r, int which, uint32_t index, size_t *len) {
    const uint64_t *offset = r->input->contact_offset[which];
    *len = offset ? (size_t)(offset[index + 1] - offset[index]) : 0;
    return *len ? r->input->contact_bytes + offset[index] : "";
}

static inline char *put_word(char *out, word w) {
    memcpy(out, w.text, w.len);
    return out + w.len;
}

static void put_text(text_buffer *b, const char *text, size_t len, cell_kind kind) {
    if (!text_reserve(b, cell_text_room(len))) return;
    b->len = (size_t)(cell_text(b->data + b->len, text, len, kind) - b->data);
}

static void put_row(sheet *s, text_buffer *b, const report_customer *c) {
    size_t len;
    const char *id = report_id(s->r, c->index, &len);
    put_text(b, id, len, CELL_TEXT);
    for (int i = 0; i < 3; i++) {
        if (!s->r->input->contact_offset[i]) continue;
        const char *text = report_contact(s->r, i, c->index, &len);
        text_putc(b, ',');
        put_text(b, text, len, i == 2 ? CELL_PHONE : CELL_TEXT);
    }
    if (!text_reserve(b, NUMBERS_ROOM)) return;
    char *at = b->data + b->len;
#define CELL(write) *at++ = ',', at = (write)
    CELL(text_unsigned(at, c->orders));
    CELL(cell_date(at, &s->dates, c->first_day));
    CELL(cell_date(at, &s->dates, c->last_day));
    CELL(cell_number(at, c->spend, 2));
    CELL(cell_number(at, c->rhythm_days, 1));
    CELL(text_unsigned(at, c->rhythm_from));
    CELL(cell_number(at, c->overdue_ratio, 3));
    CELL(cell_number(at, c->p_order, 6));
    CELL(cell_number(at, c->p_alive, 6));
    CELL(cell_number(at, c->expected, 6));
    CELL(cell_number(at, c->expected_low, 0));
    CELL(cell_number(at, c->expected_high, 0));
    CELL(cell_number(at, c->expected_value, 2));
    CELL(cell_number(at, c->value_at_risk, 2));
    CELL(put_word(at, s->stage[(unsigned)c->stage < MR_STAGES ? c->stage : 0]));
    CELL(cell_date(at, &s->dates, c->due_day));
    CELL(cell_date(at, &s->dates, c->due_90_day));
    CELL(put_word(at, s->step[(unsigned)c->step < MR_STEPS ? c->step : MR_STEP_NOTHING]));
#undef CELL
    *at++ = '\n';
    b->len = (size_t)(at - b->data);
}

/* Waits for its place in the file and passes the next one on. */
static bool take_place(sheet *s, size_t block, size_t len, int64_t *place) {
    pthread_mutex_lock(&s->lock);
    while (s->next != block && !s->failed) pthread_cond_wait(&s->moved, &s->lock);
    bool ok = !s->failed;
    if (ok) {
        *place = s->offset;
        s->offset += (int64_t)len;
        s->next = block + 1;
        pthread_cond_broadcast(&s->moved);
    }
    pthread_mutex_unlock(&s->lock);
    return ok;
}

static void fail(sheet *s) {
    pthread_mutex_lock(&s->lock);
    s->failed = true;
    pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->lock);
}

static bool cancelled(sheet *s, uint64_t rows) {
    const mr_context *context = s->context;
    if (!context || !context->progress) return false;
    pthread_mutex_lock(&s->lock);
    s->done += rows;
    bool stop = context->progress(s->done, s->r->n, context->progress_ctx) != 0;
    pthread_mutex_unlock(&s->lock);
    return stop;
}

static mr_status write_block(void *ctx, size_t block, int worker, mr_error *err) {
    sheet *s = ctx;
    text_buffer *b = &s->scratch[worker];
    b->len = 0;
    size_t from = block * BLOCK_ROWS, to = from + BLOCK_ROWS < s->r->n ? from + BLOCK_ROWS : s->r->n;
    for (size_t i = from; i < to; i++) {
        /* The list is by value at risk, identifiers by first appearance: each is a cache miss unless asked for in time. */
        const ingest_orders *in = s->r->input;
        if (i + 24 < to) bits_prefetch(&in->id_offset[s->r->customers[i + 24].index]);
        if (i + 12 < to) bits_prefetch(in->id_bytes + in->id_offset[s->r->customers[i + 12].index]);
        if (!s->r->customers[i].unlisted) put_row(s, b, &s->r->customers[i]);
    }
    mr_status status = MR_OK;
    int64_t place = 0;
    if (b->failed) {
        status = error_memory(err, b->capacity);
    } else if (!take_place(s, block, b->len, &place)) {
        return MR_ECANCELLED; /* an earlier block failed and says why */
    } else {
        status = files_write(s->out, b->data, b->len, place, err);
    }
    if (status == MR_OK && cancelled(s, to - from))
        status = error_set(err, MR_ECANCELLED, NULL, -1, "stopped on request");
    if (status != MR_OK) fail(s);
    return status;
}

static mr_status write_header(sheet *s, mr_error *err) {
    static const char *const contacts[3] = {",name", ",email", ",phone"};
    text_buffer b = {.alloc = context_alloc(s->context)};
    text_puts(&b, "customer");
    for (int i = 0; i < 3; i++)
        if (s->r->input->contact_offset[i]) text_puts(&b, contacts[i]);
    text_puts(
        &b, ",orders,first,last,spend,rhythm_days,rhythm_from,overdue_ratio,p_order,p_alive,expected_orders,"
            "expected_low,expected_high,expected_value,value_at_risk,stage,next_order_due,next_order_due_90,"
            "first_step\n");
    mr_status status = b.failed ? error_memory(err, 256) : files_write(s->out, b.data, b.len, 0, err);
    s->offset = (int64_t)b.len;
    text_free(&b);
    return status;
}

/* Days from the first order to well past the horizon; the few due dates beyond are made on the spot. */
static void date_range(const report *r, cell_dates *dates) {
    int32_t first = r->input->understood.first_day, last = r->until;
    if (first < last - 20000)
        first = last - 20000; /* a lone date in the year 1 is no reason for a large table */
    dates->first = first;
    dates->last = last < 2900000 ? last + 20000 : last;
}

mr_status report_customers_csv(const report *r, const files *out, const mr_context *context, mr_error *err) {
    const mr_alloc *alloc = context_alloc(context);
    mr_pool *pool = context_pool(context);
    size_t workers = (size_t)pool_size(pool);
    sheet s = {.r = r, .out = out, .context = context};
    mr_status status = MR_OK;
    pthread_mutex_init(&s.lock, NULL);
    pthread_cond_init(&s.moved, NULL);
    for (int i = 0; i < MR_STAGES; i++) {
        const char *name = mr_stage_name((mr_stage)i);
        s.stage[i] = (word){name, strlen(name)};
    }
    for (int i = 0; i < MR_STEPS; i++) {
        const char *name = mr_step_name((mr_step)i);
        s.step[i] = (word){name, strlen(name)};
    }
    date_range(r, &s.dates);
    size_t days = (size_t)(s.dates.last - s.dates.first) + 1;
    s.dates.text = mem_take(alloc, days, sizeof *s.dates.text);
    s.scratch = mem_new(alloc, workers, sizeof *s.scratch);
    if (!s.dates.text || !s.scratch) {
        status = error_memory(err, days * sizeof *s.dates.text);
        goto done;
    }
    cell_dates_fill(&s.dates);
    for (size_t i = 0; i < workers; i++) s.scratch[i].alloc = alloc;
    status = write_header(&s, err);
    if (status == MR_OK) status = pool_run(pool, (r->n + BLOCK_ROWS - 1) / BLOCK_ROWS, write_block, &s, err);
done:
    for (size_t i = 0; s.scratch && i < workers; i++) text_free(&s.scratch[i]);
    mem_free(alloc, s.scratch);
    mem_free(alloc, s.dates.text);
    pthread_cond_destroy(&s.moved);
    pthread_mutex_destroy(&s.lock);
    return status;
}

mr_status report_changes_csv(const report *r, text_buffer *out, mr_error *err) {
    text_puts(out, "customer");
    bool has_name = r->input->contact_offset[0] != NULL;
    if (has_name) text_puts(out, ",name");
    text_puts(out, ",stage_was,stage,p_order_was,p_order,p_order_change,value_at_risk,first_step\n");
    for (size_t i = 0; i < r->changes_n; i++) {
        const report_change *change = &r->changes[i];
        const report_customer *c = &r->customers[change->customer];
        size_t len;
        const char *text = report_id(r, c->index, &len);
        put_text(out, text, len, CELL_TEXT);
        if (has_name) {
            text = report_contact(r, 0, c->index, &len);
            text_putc(out, ',');
            put_text(out, text, len, CELL_TEXT);
        }
        text_printf(out, ",%s,%s,", mr_stage_name(change->was), mr_stage_name(c->stage));
        if (!text_reserve(out, NUMBERS_ROOM)) break;
        char *at = out->data + out->len;
        at = cell_number(at, change->p_order_was, 6), *at++ = ',';
        at = cell_number(at, c->p_order, 6), *at++ = ',';
        at = cell_number(at, c->p_order - change->p_order_was, 6), *at++ = ',';
        at = cell_number(at, c->value_at_risk, 2), *at++ = ',';
        out->len = (size_t)(at - out->data);
        text_puts(out, mr_step_name(c->step));
        text_putc(out, '\n');
    }
    return out->failed ? error_memory(err, out->capacity) : MR_OK;
}

size_t report_call_first(const report *r, uint32_t *rows, size_t most) {
    size_t n = 0;
    for (size_t i = 0; i < r->n && n < most; i++) {
        const report_customer *c = &r->customers[i];
        if (c->unlisted || c->step == MR_STEP_NOTHING || c->stage == MR_STAGE_STEADY ||
            (r->has_money && !(c->value_at_risk > 0)))
            continue;
        rows[n++] = (uint32_t)i;
    }
    return n;
}

char *report_not_listed(const report *r, char out[160]) {
    out[0] = 0;
    if (r->not_listed)
        snprintf(out, 160, "%zu customer%s who objected to marketing or profiling %s not listed by name; the counts hold them.", r->not_listed, r->not_listed == 1 ? "" : "s", r->not_listed == 1 ? "is" : "are");
    return out;
}
