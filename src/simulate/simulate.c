/* `marram simulate`: a shop written to orders.csv and truth.csv.
 *
 *     draw      each block of customers draws its lines in customer order and counts them by day (parallel)
 *     place     prefix sums over (day, block) say where each block's lines of a day go (serial, small) sort
 * each block drops its lines there: a stable counting sort by day, then customer         (parallel) write
 * runs of lines become text and are written in order                                     (parallel)
 *
 * What a block computes depends on the seed and the block alone, and the order of lines not even on how
 * customers are cut into blocks; so the bytes are the same for any number of threads. Memory: 8 bytes a line
 * twice, less what the sort has given back. */
#include "simulate.h"

#include "calendar.h"
#include "error.h"
#include "mem.h"
#include "pool.h"
#include "shop.h"
#include "staged.h"
#include "text.h"

#include <pthread.h>
#include <string.h>

#define RUN_LINES 32768u /* a run's text, about a megabyte, stays in the cache until it is written */
#define TRUTH_ROWS 16384u
#define LINE_MOST (SHOP_ID_MOST + 12 + 14 + SHOP_CONTACT_MOST + 1)
#define DATE_BYTES 12

/* A line once sorted: its day is where it lies. */
typedef struct sorted_line {
    uint32_t customer;
    int32_t cents;
} sorted_line;

typedef struct job {
    shop shop;
    const mr_context *context;
    const mr_alloc *alloc;
    size_t block_size, blocks;
    shop_lines *drawn;  /* [blocks]; each freed once sorted */
    uint64_t *returns;  /* [blocks] */
    uint64_t *place;    /* [blocks x days]: counts, then first places */
    char *dates;        /* [days][DATE_BYTES]: ",2024-02-29," */
    uint64_t *day_from; /* [days + 1]: first sorted line of a day */
    shop_truth *truth;  /* [customers] */
    sorted_line *sorted;
    uint64_t lines;
    char **text;       /* [threads] */
    staged_file *file; /* the one being written */
    pthread_mutex_t progress_lock;
    uint64_t done, total;
} job;

/* Progress is counted in customers drawn, sorted and written. */
static mr_status advance(job *j, uint64_t amount, mr_error *err) {
    if (!j->context || !j->context->progress) return MR_OK;
    pthread_mutex_lock(&j->progress_lock);
    j->done += amount;
    int stop = j->context->progress(j->done, j->total, j->context->progress_ctx);
    pthread_mutex_unlock(&j->progress_lock);
    return stop ? error_set(err, MR_ECANCELLED, NULL, -1, "cancelled") : MR_OK;
}

static uint64_t block_from(const job *j, size_t block) {
    uint64_t from = (uint64_t)block * j->block_size;
    return from < j->shop.customers ? from : j->shop.customers;
}

static mr_status draw_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker;
    job *j = ctx;
    uint64_t from = block_from(j, block), to = block_from(j, block + 1);
    shop_lines *lines = &j->drawn[block];
    for (uint64_t c = from; c < to; c++) {
        mr_status status =
            shop_customer(&j->shop, c, (uint16_t)(c - from), j->alloc, lines, &j->truth[c], err);
        if (status != MR_OK) return status;
    }
    uint64_t *count = j->place + block * (size_t)j->shop.days;
    uint64_t returns = 0;
    for (size_t i = 0; i < lines->n; i++) {
        count[lines->line[i].day]++;
        returns += lines->line[i].cents < 0;
    }
    j->returns[block] = returns;
    return advance(j, to - from, err);
}

static void place_lines(job *j) {
    size_t days = (size_t)j->shop.days;
    uint64_t at = 0;
    for (size_t d = 0; d < days; d++) {
        j->day_from[d] = at;
        for (size_t b = 0; b < j->blocks; b++) {
            uint64_t n = j->place[b * days + d];
            j->place[b * days + d] = at;
            at += n;
        }
    }
    j->day_from[days] = j->lines = at;
}

static mr_status sort_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker;
    job *j = ctx;
    uint64_t from = block_from(j, block), to = block_from(j, block + 1);
    uint64_t *place = j->place + block * (size_t)j->shop.days;
    shop_lines *lines = &j->drawn[block];
    for (size_t i = 0; i < lines->n; i++) {
        shop_line l = lines->line[i];
        j->sorted[place[l.day]++] = (sorted_line){.customer = (uint32_t)from + l.customer, .cents = l.cents};
    }
    mem_free(j->alloc, lines->line);
    lines->line = NULL;
    return advance(j, to - from, err);
}

static void write_dates(job *j) {
    for (int32_t d = 0; d < j->shop.days; d++) {
        char text[11], *at = j->dates + (size_t)d * DATE_BYTES;
        at[0] = at[11] = ',';
        memcpy(at + 1, calendar_text(j->shop.start + d, text), 10);
    }
}

static char *put_cents(char *out, int32_t cents) {
    uint32_t positive = (uint32_t)cents;
    if (cents < 0) {
        *out++ = '-';
        positive = 0 - positive;
    }
    out = text_unsigned(out, positive / 100);
    *out++ = '.';
    *out++ = (char)('0' + positive / 10 % 10);
    *out++ = (char)('0' + positive % 10);
    return out;
}

/* The last day that starts at or before the line; empty days share their start with the next. */
static size_t day_at(const job *j, uint64_t line) {
    size_t low = 0, high = (size_t)j->shop.days;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (j->day_from[middle] <= line) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static char *worker_text(job *j, int worker, mr_error *err) {
    size_t size = RUN_LINES * (size_t)LINE_MOST;
    if (!j->text[worker] && !(j->text[worker] = mem_take(j->alloc, size, 1))) error_memory(err, size);
    return j->text[worker];
}

static mr_status write_run(void *ctx, size_t block, int worker, mr_error *err) {
    job *j = ctx;
    const shop *s = &j->shop;
    mr_status status = MR_ENOMEM;
    char *text = worker_text(j, worker, err), *out = text;
    if (!text) goto done;
    uint64_t from = block * (uint64_t)RUN_LINES, to = from + RUN_LINES;
    if (to > j->lines) to = j->lines;
    size_t day = day_at(j, from);
    for (uint64_t i = from; i < to; i++) {
        while (i == j->day_from[day + 1]) day++;
        sorted_line l = j->sorted[i];
        out = shop_id(s, l.customer, out);
        memcpy(out, j->dates + day * DATE_BYTES, DATE_BYTES);
        out = put_cents(out + DATE_BYTES, l.cents);
        if (s->contacts) out = shop_contact(s, l.customer, out);
        *out++ = '\n';
    }
    status = advance(j, (uint64_t)((double)(to - from) / (double)j->lines * (double)s->customers), err);
    if (status == MR_OK) status = staged_write(j->file, block, text, (size_t)(out - text), err);
done:
    if (status != MR_OK) staged_abandon(j->file, err);
    return status;
}

static mr_status write_truth(void *ctx, size_t block, int worker, mr_error *err) {
    job *j = ctx;
    const shop *s = &j->shop;
    mr_status status = MR_ENOMEM;
    char *text = worker_text(j, worker, err), *out = text;
    if (!text) goto done;
    uint64_t from = block * (uint64_t)TRUTH_ROWS, to = from + TRUTH_ROWS;
    if (to > s->customers) to = s->customers;
    for (uint64_t c = from; c < to; c++) {
        const shop_truth *t = &j->truth[c];
        out = shop_id(s, c, out);
        memcpy(out, j->dates + (size_t)t->first * DATE_BYTES, DATE_BYTES);
        out = text_unsigned(out + DATE_BYTES, (uint64_t)t->k);
        *out++ = ',';
        out = text_fixed(out, t->rate, 6);
        memcpy(out, t->left < 0 ? ",1," : ",0", 3);
        out += t->left < 0 ? 3 : 2;
        if (t->left >= 0) {
            memcpy(out, j->dates + (size_t)t->left * DATE_BYTES, DATE_BYTES - 1);
            out += DATE_BYTES - 1;
        }
        *out++ = '\n';
    }
    status = staged_write(j->file, block, text, (size_t)(out - text), err);
done:
    if (status != MR_OK) staged_abandon(j->file, err);
    return status;
}

/* The heading takes turn 0, alone; the rows then start from turn 0 again. */
static mr_status write_file(job *j, staged_file *file, const char *heading, size_t blocks, pool_block_fn rows,
                            mr_error *err) {
    j->file = file;
    mr_status status = staged_write(file, 0, heading, strlen(heading), err);
    staged_restart(file);
    if (status == MR_OK) status = pool_run(context_pool(j->context), blocks, rows, j, err);
    return status;
}

static mr_status draw_and_sort(job *j, mr_error *err) {
    mr_pool *pool = context_pool(j->context);
    uint64_t n = j->shop.customers;
    /* About 256 blocks, so that a block's lines stay in the cache while they are placed. */
    j->block_size = (size_t)(n / 256 + 1);
    if (j->block_size < 1024) j->block_size = 1024;
    if (j->block_size > SHOP_BLOCK_MOST) j->block_size = SHOP_BLOCK_MOST;
    j->blocks = (size_t)((n + j->block_size - 1) / j->block_size);
    size_t cells = j->blocks * (size_t)j->shop.days;
    j->drawn = mem_new(j->alloc, j->blocks, sizeof *j->drawn);
    j->place = mem_new(j->alloc, cells, sizeof *j->place);
    j->returns = mem_new(j->alloc, j->blocks, sizeof *j->returns);
    j->dates = mem_take(j->alloc, (size_t)j->shop.days, DATE_BYTES);
    j->day_from = mem_take(j->alloc, (size_t)j->shop.days + 1, sizeof *j->day_from);
    j->truth = mem_take(j->alloc, (size_t)n, sizeof *j->truth);
    j->text = mem_new(j->alloc, (size_t)pool_size(pool), sizeof *j->text);
    if (!j->drawn || !j->place || !j->returns || !j->dates || !j->day_from || !j->truth || !j->text)
        return error_memory(err, (size_t)n * sizeof *j->truth + cells * sizeof *j->place);
    write_dates(j);
    mr_status status = pool_run(pool, j->blocks, draw_block, j, err);
    if (status != MR_OK) return status;
    place_lines(j);
    j->sorted = mem_take(j->alloc, (size_t)j->lines, sizeof *j->sorted);
    if (!j->sorted) return error_memory(err, (size_t)j->lines * sizeof *j->sorted);
    return pool_run(pool, j->blocks, sort_block, j, err);
}

static void count_result(const job *j, simulate_result *result) {
    *result = (simulate_result){.lines = j->lines};
    for (size_t b = 0; b < j->blocks; b++) result->returns += j->returns[b];
    result->orders = j->lines - result->returns;
    for (uint64_t c = 0; c < j->shop.customers; c++) result->alive += j->truth[c].left < 0;
}

static void job_free(job *j) {
    for (size_t i = 0; j->drawn && i < j->blocks; i++) mem_free(j->alloc, j->drawn[i].line);
    for (int i = 0; j->text && i < pool_size(context_pool(j->context)); i++) mem_free(j->alloc, j->text[i]);
    mem_free(j->alloc, j->drawn);
    mem_free(j->alloc, j->text);
    mem_free(j->alloc, j->place);
    mem_free(j->alloc, j->returns);
    mem_free(j->alloc, j->dates);
    mem_free(j->alloc, j->day_from);
    mem_free(j->alloc, j->truth);
    mem_free(j->alloc, j->sorted);
    shop_close(&j->shop, j->alloc);
    pthread_mutex_destroy(&j->progress_lock);
}

mr_status simulate_write(const simulate_options *options, const mr_context *context, simulate_result *result,
                         mr_error *err) {
    job j = {.context = context, .alloc = context_alloc(context)};
    staged_folder folder = {0};
    staged_file orders = {.descriptor = -1}, truth = {.descriptor = -1};
    simulate_result counted;
    mr_error unwanted;
    if (!err) err = &unwanted; /* blocks hand their error on to each other through it */
    error_clear(err);
    pthread_mutex_init(&j.progress_lock, NULL);
    mr_status status = shop_open(options, context, &j.shop, err);
    if (status != MR_OK) goto done;
    j.total = 3 * j.shop.customers;
    /* The folder and both files first: an hour's work must not end in a missing permission. */
    if ((status = staged_folder_open(options->out, j.alloc, &folder, err)) != MR_OK) goto done;
    if ((status = staged_open(&folder, "orders.csv", &orders, err)) != MR_OK) goto done;
    if ((status = staged_open(&folder, "truth.csv", &truth, err)) != MR_OK) goto done;
    if ((status = draw_and_sort(&j, err)) != MR_OK) goto done;
    count_result(&j, &counted);
    const char *heading =
        options->contacts ? "customer_id,date,amount,name,email\n" : "customer_id,date,amount\n";
    size_t runs = (size_t)((j.lines + RUN_LINES - 1) / RUN_LINES);
    size_t rows = (size_t)((j.shop.customers + TRUTH_ROWS - 1) / TRUTH_ROWS);
    if ((status = write_file(&j, &orders, heading, runs, write_run, err)) != MR_OK) goto done;
    status = write_file(&j, &truth, "customer_id,first_day,k,rate,alive,left\n", rows, write_truth, err);
    if (status != MR_OK) goto done;
    if ((status = staged_commit(&truth, err)) != MR_OK) goto done;
    if ((status = staged_commit(&orders, err)) != MR_OK) goto done;
    if (result) *result = counted;
done:
    staged_close(&orders);
    staged_close(&truth);
    staged_folder_close(&folder, status == MR_OK);
    job_free(&j);
    return status;
}
