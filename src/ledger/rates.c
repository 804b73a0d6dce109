#include "rates.h"

#include <calendar.h>
#include <currency.h>
#include <error.h>
#include <mem.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

void ledger_rates_free(currency_rates *rates) {
    mem_free(NULL, rates->row);
    *rates = (currency_rates){0};
}

mr_status ledger_rates_read(ledger *l, currency_rates *out, mr_error *err) {
    db_statement *s;
    size_t capacity = 0;
    *out = (currency_rates){0};
    mr_status status = db_prepare(l->d, "SELECT currency, day, rate FROM currency_rate ORDER BY currency, day", "", &s, err);
    if (status != MR_OK) return status;
    for (bool row = true; status == MR_OK;) {
        status = db_step(s, &row, err);
        if (status != MR_OK || !row) break;
        if (out->n == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            currency_rate *more = mem_resize(NULL, out->row, capacity, sizeof *more);
            if (!more) {
                status = error_memory(err, capacity * sizeof *more);
                break;
            }
            out->row = more;
        }
        currency_rate *r = &out->row[out->n++];
        *r = (currency_rate){.day = (int32_t)db_int(s, 1), .rate = db_real(s, 2)};
        snprintf(r->currency, sizeof r->currency, "%s", db_text(s, 0, NULL));
    }
    db_reset(s);
    if (status != MR_OK) ledger_rates_free(out);
    return status;
}

typedef struct write_work {
    ledger *l;
    const currency_rate *rates;
    size_t n;
    int64_t now_us;
} write_work;

static void bind_rate(void *ctx, size_t item, db_statement *s) {
    const currency_rate *r = &((const write_work *)ctx)->rates[item];
    db_bind_string(s, 1, r->currency);
    db_bind_int(s, 2, r->day);
    db_bind_real(s, 3, r->rate);
}

static mr_status write_rates(db *d, void *ctx, mr_error *err) {
    write_work *work = ctx;
    db_statement *s;
    char detail[64];
    mr_status status = db_prepare(d, "INSERT INTO currency_rate (currency, day, rate) VALUES ($1, $2, $3) "
                                     "ON CONFLICT (currency, day) DO UPDATE SET rate = $3", "tdr", &s, err);
    if (status == MR_OK) status = db_each(s, work->n, bind_rate, NULL, work, NULL, err);
    snprintf(detail, sizeof detail, "{\"rates\":%zu}", work->n);
    return status == MR_OK ? ledger_audit(work->l, work->now_us, "rates", detail, err) : status;
}

mr_status ledger_rates_write(ledger *l, const currency_rate *rates, size_t n, int64_t now_us, mr_error *err) {
    write_work work = {l, rates, n, now_us};
    return db_transaction(l->d, DB_WRITE, write_rates, &work, err);
}

/* The last row of the currency that is not after the day. */
static const currency_rate *row_at(const currency_rates *rates, const char currency[4], int32_t day) {
    size_t from = 0, to = rates->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = strcmp(rates->row[middle].currency, currency);
        if (order < 0 || (order == 0 && rates->row[middle].day <= day)) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from && !strcmp(rates->row[from - 1].currency, currency) ? &rates->row[from - 1] : NULL;
}

double ledger_rate(const currency_rates *rates, const char currency[4], int32_t day) {
    const currency_rate *row = row_at(rates, currency, day);
    return row ? row->rate : NAN;
}

bool ledger_rate_known(const currency_rates *rates, const char currency[4]) {
    return row_at(rates, currency, INT32_MAX) != NULL;
}

mr_status ledger_money(const currency_rates *rates, const char base[4], int64_t customer_id, const history_event *e, int64_t *out, mr_error *err) {
    *out = 0;
    if (!e->currency[0] || !base[0]) return MR_OK;
    *out = currency_to_money(e->amount_minor, e->currency);
    if (!strcmp(e->currency, base)) return MR_OK;
    double rate = rates ? ledger_rate(rates, e->currency, e->day) : NAN;
    char day[11];
    if (isnan(rate) && rates && ledger_rate_known(rates, e->currency))
        return error_set(err, MR_EDATA, "currency", -1, "customer %lld has an amount in %s on %s, and the rates of %s begin later: give --rates "
                         "FILE with a line for an earlier day", (long long)customer_id, e->currency, calendar_text(e->day, day), e->currency);
    if (isnan(rate))
        return error_set(err, MR_EDATA, "currency", -1, "customer %lld has amounts in %s, and the base is counted in %s: give --rates FILE with "
                         "lines of currency,rate or currency,day,rate", (long long)customer_id, e->currency, base);
    double money = (double)*out * rate;
    *out = fabs(money) < 9e18 ? (int64_t)llround(money) : money > 0 ? INT64_MAX : INT64_MIN;
    return MR_OK;
}
