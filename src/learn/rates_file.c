#include "rates_file.h"

#include "calendar.h"
#include "currency.h"
#include "error.h"
#include "mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <table.h>

static mr_status wrong(const ingest_table *t, size_t row, int column, const char *what, mr_error *err) {
    return error_set(err, MR_EDATA, t->heading[column], (int64_t)row, "%s:%llu: %s '%.40s' %s", t->path, (unsigned long long)t->line[row],
                     t->heading[column], t->cell[row * t->columns + (size_t)column], what);
}

typedef struct rate_at {
    currency_rate rate;
    size_t row;
} rate_at;

static int by_currency_and_day(const void *a, const void *b) {
    const rate_at *x = a, *y = b;
    int order = strcmp(x->rate.currency, y->rate.currency);
    if (!order) order = (x->rate.day > y->rate.day) - (x->rate.day < y->rate.day);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* Two rates of one currency from one day on: nobody can tell which is meant. */
static mr_status check_twice(const ingest_table *t, const currency_rate *rates, int value, mr_error *err) {
    mr_status status = MR_OK;
    rate_at *sorted = mem_take(NULL, t->rows, sizeof *sorted);
    if (!sorted) return error_memory(err, t->rows * sizeof *sorted);
    for (size_t i = 0; i < t->rows; i++) sorted[i] = (rate_at){rates[i], i};
    qsort(sorted, t->rows, sizeof *sorted, by_currency_and_day);
    for (size_t i = 1; i < t->rows && status == MR_OK; i++) {
        const rate_at *x = &sorted[i - 1], *y = &sorted[i];
        if (strcmp(x->rate.currency, y->rate.currency) != 0 || x->rate.day != y->rate.day) continue;
        if (x->rate.rate < y->rate.rate || x->rate.rate > y->rate.rate) status = wrong(t, y->row, value, "is another rate for the currency and day of an earlier line", err);
    }
    mem_free(NULL, sorted);
    return status;
}

static mr_status read_rows(const ingest_table *t, currency_rate *out, double *rate, mr_error *err) {
    int currency = ingest_table_column(t, "currency"), day = ingest_table_column(t, "day"), value = ingest_table_column(t, "rate");
    if (currency < 0 || value < 0)
        return error_set(err, MR_EDATA, currency < 0 ? "currency" : "rate", -1, "%s has no column %s: rates have the columns currency, rate and, "
                         "if wanted, day", t->path, currency < 0 ? "currency" : "rate");
    mr_status status = ingest_table_numbers(t, t->heading[value], rate, err);
    for (size_t i = 0; i < t->rows && status == MR_OK; i++) {
        const char *code = t->cell[i * t->columns + (size_t)currency], *from = day < 0 ? "" : t->cell[i * t->columns + (size_t)day];
        out[i] = (currency_rate){.day = calendar_day(1, 1, 1), .rate = rate[i]};
        if (strlen(code) != 3 || currency_digits(memcpy(out[i].currency, code, 4)) < 0)
            status = wrong(t, i, currency, "is no ISO 4217 code", err);
        else if (!(rate[i] > 0) || isinf(rate[i]))
            status = wrong(t, i, value, "must be above 0", err);
        else if (*from && !calendar_parse(from, strlen(from), &out[i].day))
            status = wrong(t, i, day, "must be a day as YYYY-MM-DD", err);
    }
    return status == MR_OK ? check_twice(t, out, value, err) : status;
}

mr_status rates_file_read(const char *path, currency_rate **out, size_t *n, mr_error *err) {
    ingest_table t = {0};
    double *rate = NULL;
    *out = NULL;
    *n = 0;
    mr_status status = ingest_table_read(path, &t, err);
    if (status != MR_OK) return status;
    *out = mem_take(NULL, t.rows, sizeof **out);
    rate = mem_take(NULL, t.rows, sizeof *rate);
    status = *out && rate ? read_rows(&t, *out, rate, err) : error_memory(err, t.rows * sizeof **out);
    if (status == MR_OK) *n = t.rows;
    mem_free(NULL, rate);
    if (status != MR_OK) {
        mem_free(NULL, *out);
        *out = NULL;
    }
    ingest_table_free(&t);
    return status;
}
