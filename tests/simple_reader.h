/* A deliberately plain reader of the founders' data for golden tests: nothing of src/ingest, so that a fault there cannot hide a
 * fault here. Day-merged occasions per customer, then the summary as of a day, in weeks. */
#ifndef TESTS_SIMPLE_READER_H
#define TESTS_SIMPLE_READER_H

#include "check.h"

#include <marram/marram.h>

#include "calendar.h"

#include <stdlib.h>

typedef struct simple_order {
    long customer;
    int32_t day;
    int64_t money;
} simple_order;

static int by_customer_day(const void *a, const void *b) {
    const simple_order *x = a, *y = b;
    if (x->customer != y->customer) return x->customer < y->customer ? -1 : 1;
    return (x->day > y->day) - (x->day < y->day);
}

typedef struct simple_data {
    mr_orders orders;
    uint64_t *offset;
    int32_t *day;
    int64_t *money;
    mr_summary s;
    mr_data data;
    double *columns;
} simple_data;

typedef enum simple_kind { SIMPLE_CDNOW_SAMPLE, SIMPLE_CDNOW_MASTER, SIMPLE_GROCERY } simple_kind;

static bool simple_line(simple_kind kind, const char *line, simple_order *o) {
    int ymd, units;
    double dollars;
    long other;
    switch (kind) {
    case SIMPLE_CDNOW_SAMPLE:
        if (sscanf(line, "%ld %ld %d %d %lf", &o->customer, &other, &ymd, &units, &dollars) != 5) return false;
        break;
    case SIMPLE_CDNOW_MASTER:
        if (sscanf(line, "%ld %d %d %lf", &o->customer, &ymd, &units, &dollars) != 4) return false;
        break;
    default: {
        int y, m, d;
        if (sscanf(line, "%ld,%d-%d-%d", &o->customer, &y, &m, &d) != 4) return false;
        o->day = calendar_day(y, m, d);
        o->money = 0;
        return true;
    }
    }
    o->day = calendar_day(ymd / 10000, ymd / 100 % 100, ymd % 100);
    o->money = (int64_t)llround(dollars * MR_MONEY_SCALE);
    return true;
}

static void simple_read(const char *path, simple_kind kind, int32_t until, int32_t future_days, simple_data *d) {
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = 0, room = 80000;
    simple_order *o = malloc(room * sizeof *o);
    char line[256];
    while (fgets(line, sizeof line, f)) {
        assert_true(n < room);
        if (simple_line(kind, line, &o[n])) n++;
    }
    fclose(f);
    qsort(o, n, sizeof *o, by_customer_day);
    d->offset = calloc(n + 1, sizeof *d->offset);
    d->day = calloc(n, sizeof *d->day);
    d->money = calloc(n, sizeof *d->money);
    size_t customers = 0, days = 0;
    for (size_t i = 0; i < n; i++) {
        bool fresh = i == 0 || o[i].customer != o[i - 1].customer;
        if (!fresh && o[i].day == o[i - 1].day) {
            d->money[days - 1] += o[i].money;
            continue;
        }
        if (fresh) d->offset[customers++] = days;
        d->day[days] = o[i].day;
        d->money[days++] = o[i].money;
    }
    d->offset[customers] = days;
    free(o);
    d->orders = (mr_orders){customers, d->offset, d->day, d->money};
    double *c = d->columns = calloc(customers * 7, sizeof *c);
    d->s = (mr_summary){.x = c, .t_x = c + customers, .T = c + 2 * customers, .log_gaps = c + 3 * customers,
                        .mean_spend = c + 4 * customers, .spend = c + 5 * customers, .future = c + 6 * customers};
    mr_error err = {0};
    assert_int_equal(mr_history_summary(&d->orders, NULL, 0, until, 7, future_days, NULL, &d->s, &err), MR_OK);
    d->data = (mr_data){.n = d->s.n, .x = d->s.x, .t_x = d->s.t_x, .T = d->s.T, .log_gaps = d->s.log_gaps,
                        .mean_spend = d->s.mean_spend};
}

static void simple_free(simple_data *d) {
    free(d->offset);
    free(d->day);
    free(d->money);
    free(d->columns);
}

#endif
