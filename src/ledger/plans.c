#include "plans.h"

#include <error.h>
#include <mem.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int plan_choice_order(const void *a, const void *b) {
    int64_t x = ((const plan_choice *)a)->customer_id, y = ((const plan_choice *)b)->customer_id;
    return x < y ? -1 : x > y;
}

mr_status plan_budgets_read(ledger *l, int32_t day, plan_budget *row, size_t most, size_t *n, mr_error *err) {
    db_statement *s;
    *n = 0;
    mr_status status = db_prepare(l->d, "SELECT resource, price, budget, used FROM plan_budget WHERE day = $1 ORDER BY resource", "d", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, day);
    for (bool more = true; status == MR_OK && more && *n < most;) {
        status = db_step(s, &more, err);
        if (status != MR_OK || !more) break;
        plan_budget *b = &row[(*n)++];
        snprintf(b->resource, sizeof b->resource, "%s", db_text(s, 0, NULL));
        b->price = db_real(s, 1);
        b->budget = db_real(s, 2) < 0 ? INFINITY : db_real(s, 2);
        b->used = db_real(s, 3);
    }
    db_reset(s);
    return status;
}

mr_status plan_budgets_put(ledger *l, int32_t day, const plan_budget *row, size_t n, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "INSERT INTO plan_budget (day, resource, price, budget, used) VALUES ($1, $2, $3, $4, $5) "
                                        "ON CONFLICT (day, resource) DO UPDATE SET price = $3, budget = $4, used = plan_budget.used + $5", "dtrrr", &s, err);
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        db_bind_int(s, 1, day);
        db_bind_string(s, 2, row[i].resource);
        db_bind_real(s, 3, row[i].price);
        db_bind_real(s, 4, isinf(row[i].budget) ? -1 : row[i].budget);
        db_bind_real(s, 5, row[i].used);
        status = db_run(s, NULL, err);
    }
    return status;
}

static mr_status take(ledger *l, int32_t day, const char *resource, double amount, bool *taken, mr_error *err) {
    db_statement *s;
    int64_t changed = 0;
    mr_status status = db_prepare(l->d, "UPDATE plan_budget SET used = used + $3 WHERE day = $1 AND resource = $2 AND (budget < 0 OR $3 <= 0 OR used + $3 <= budget * (1 + 1e-9))", "dtr", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, day);
    db_bind_string(s, 2, resource);
    db_bind_real(s, 3, amount);
    status = db_run(s, &changed, err);
    *taken = changed > 0;
    return status;
}

mr_status plan_budgets_take(ledger *l, int32_t day, const plan_budget *row, const double *amount, size_t n, bool *taken, mr_error *err) {
    size_t i = 0;
    mr_status status = MR_OK;
    *taken = true;
    for (; i < n && *taken && status == MR_OK; i++)
        if (i == 0 || amount[i] > 0) status = take(l, day, row[i].resource, amount[i], taken, err); /* the first is a lock as well */
    if (status != MR_OK || *taken) return status;
    bool given;
    for (size_t j = 0; j + 1 < i && status == MR_OK; j++)
        if (amount[j] > 0) status = take(l, day, row[j].resource, -amount[j], &given, err);
    return status;
}

mr_status plan_choice_read(ledger *l, int64_t customer_id, int32_t day, plan_choice *out, bool *there, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "SELECT action_id, how, probability, options, gain, error, currency, decided_us FROM plan_choice WHERE customer_id = $1 AND day = $2 ORDER BY decided_us, id LIMIT 1", "id", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    db_bind_int(s, 2, day);
    status = db_step(s, there, err);
    if (status == MR_OK && *there) {
        *out = (plan_choice){.customer_id = customer_id, .action_id = db_int(s, 0), .how = (int)db_int(s, 1), .probability = db_real(s, 2), .options = (int)db_int(s, 3), .gain = db_real(s, 4), .error = db_real(s, 5), .decided_us = db_int(s, 7)};
        snprintf(out->currency, sizeof out->currency, "%.3s", db_text(s, 6, NULL));
    }
    db_reset(s);
    return status;
}

typedef struct putting {
    const ledger *l;
    const plan_choice *rows;
    int32_t day;
} putting;

static void bind_choice(void *ctx, size_t item, db_statement *s) {
    const putting *p = ctx;
    const plan_choice *c = &p->rows[item];
    char text[64];
    int len = snprintf(text, sizeof text, "%" PRId64 " %" PRId32, c->customer_id, p->day);
    db_bind_int(s, 1, c->customer_id);
    db_bind_int(s, 2, (int64_t)((uint64_t)ledger_hash(p->l, ledger_domain_of(p->l, "plan", ""), text, (size_t)len) >> 1));
    db_bind_int(s, 3, p->day);
    db_bind_int(s, 4, c->action_id);
    db_bind_int(s, 5, c->how);
    db_bind_real(s, 6, c->probability);
    db_bind_int(s, 7, c->options);
    db_bind_real(s, 8, c->gain);
    db_bind_real(s, 9, c->error);
    db_bind_string(s, 10, c->currency);
    db_bind_int(s, 11, c->decided_us);
}

mr_status plan_choices_put(ledger *l, int32_t day, const plan_choice *rows, size_t n, int64_t *added, mr_error *err) {
    db_statement *s;
    putting p = {l, rows, day};
    int64_t *changed = n ? mem_new(NULL, n, sizeof *changed) : NULL;
    if (added) *added = 0;
    if (!n) return MR_OK;
    if (!changed) return error_memory(err, n * sizeof *changed);
    mr_status status = db_prepare(l->d, "INSERT INTO plan_choice (customer_id, id, day, action_id, how, probability, options, gain, error, currency, decided_us) "
                                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (customer_id, id) DO NOTHING", "iidisrsrrti", &s, err);
    if (status == MR_OK) status = db_each(s, n, bind_choice, NULL, &p, changed, err);
    for (size_t i = 0; i < n && added; i++) *added += changed[i];
    mem_free(NULL, changed);
    return status;
}
