#include "survey.h"

#include "error.h"
#include "mem.h"
#include "pool.h"

#include <cycles.h>
#include <history.h>

#include <stdio.h>
#include <string.h>

#define CHUNKS 64

typedef struct survey_job {
    crew *c;
    unsigned part, of;
    int32_t limit;
    survey *chunk; /* [CHUNKS] */
    pthread_mutex_t lock;
    size_t done;
    const mr_context *context;
} survey_job;

static void begin(survey *s) {
    *s = (survey){.first_day = INT32_MAX, .last_day = INT32_MIN};
}

/* Keeps the list sorted; what does not fit is left out: two are enough for an error, and more than there are rows is no base. */
static void add_currency(survey *s, const char code[4]) {
    size_t at = 0;
    while (at < s->currencies && strcmp(s->currency[at], code) < 0) at++;
    if (at < s->currencies && !strcmp(s->currency[at], code)) return;
    if (s->currencies == SURVEY_CURRENCIES) return;
    memmove(s->currency[at + 1], s->currency[at], (s->currencies - at) * sizeof *s->currency);
    memcpy(s->currency[at], code, 4);
    s->currencies++;
}

typedef struct looker {
    survey *s;
    int32_t limit;
} looker;

static mr_status look(void *ctx, int64_t customer_id, const cycle *c, mr_error *err) {
    looker *l = ctx;
    survey *s = l->s;
    (void)err;
    if (!c->orders) return MR_OK;
    s->customers++;
    if (c->first_order_day < s->first_day) s->first_day = c->first_order_day;
    if (c->last_order_day > s->last_day) s->last_day = c->last_order_day;
    s->late += c->last_order_day > l->limit;
    if (c->currency[0] && (!s->currencies || strcmp(s->currency[s->currencies - 1], c->currency))) add_currency(s, c->currency);
    if (c->mixed && !s->mixed++) s->mixed_id = customer_id;
    return MR_OK;
}

static mr_status survey_chunk(void *ctx, size_t chunk, int worker, mr_error *err) {
    survey_job *job = ctx;
    looker l = {&job->chunk[chunk], job->limit};
    int64_t first, last;
    ledger_part(job->part * CHUNKS + (unsigned)chunk, job->of * CHUNKS, &first, &last);
    begin(l.s);
    mr_status status = ledger_cycles(job->c->ledger[worker], first, last, look, &l, err);
    if (status != MR_OK || !job->context || !job->context->progress) return status;
    pthread_mutex_lock(&job->lock);
    if (job->context->progress(++job->done, CHUNKS, job->context->progress_ctx)) status = error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
    pthread_mutex_unlock(&job->lock);
    return status;
}

static void add(survey *to, const survey *s) {
    if (s->mixed && !to->mixed) to->mixed_id = s->mixed_id;
    to->customers += s->customers;
    to->late += s->late;
    to->mixed += s->mixed;
    if (s->first_day < to->first_day) to->first_day = s->first_day;
    if (s->last_day > to->last_day) to->last_day = s->last_day;
    for (size_t i = 0; i < s->currencies; i++) add_currency(to, s->currency[i]);
}

mr_status survey_read(crew *c, unsigned part, unsigned of, int32_t limit, const mr_context *context, survey *out, mr_error *err) {
    survey_job job = {.c = c, .part = part, .of = of, .limit = limit, .context = context, .lock = PTHREAD_MUTEX_INITIALIZER};
    begin(out);
    job.chunk = mem_take(NULL, CHUNKS, sizeof *job.chunk);
    if (!job.chunk) return error_memory(err, CHUNKS * sizeof *job.chunk);
    mr_status status = pool_run(c->pool, CHUNKS, survey_chunk, &job, err);
    for (size_t i = 0; i < CHUNKS && status == MR_OK; i++) add(out, &job.chunk[i]);
    mem_free(NULL, job.chunk);
    pthread_mutex_destroy(&job.lock);
    return status;
}

/* --- the currency --- */

/* The cycle of a customer with money of several currencies keeps the first alone: their history says the others. */
static mr_status add_mixed(ledger *l, const survey *s, survey *all, mr_error *err) {
    history h = {0};
    mr_status status = history_read(l, s->mixed_id, &h, err);
    for (size_t i = 0; i < h.n && status == MR_OK; i++) {
        int kind = h.events[i].kind;
        bool counts = kind == EVENT_order || kind == EVENT_refund || kind == EVENT_return_goods;
        if (counts && h.events[i].currency[0]) add_currency(all, h.events[i].currency);
    }
    history_free(&h);
    return status;
}

static bool is_one(const currency_rates *rates, const char currency[4]) {
    bool known = false;
    for (size_t i = 0; i < rates->n; i++) {
        if (strcmp(rates->row[i].currency, currency) != 0) continue;
        if (rates->row[i].rate != 1) return false;
        known = true;
    }
    return known;
}

static mr_status cannot_add(const char *a, const char *b, mr_error *err) {
    bool unknown = !strcmp(a, "XXX") || !strcmp(b, "XXX");
    return error_set(err, MR_EDATA, "currency", -1,
                     "there are amounts in %s and in %s, and nothing says what one is worth in the other: give --rates FILE with lines of "
                     "currency,rate or currency,day,rate%s", a, b, unknown ? " (XXX is money imported without saying of which currency)" : "");
}

/* The currency whose rate is 1 throughout: the one the rates are to. NULL: they do not say. */
static const char *rates_are_to(const currency_rates *rates) {
    for (size_t i = 0; i < rates->n; i++)
        if (is_one(rates, rates->row[i].currency)) return rates->row[i].currency;
    return NULL;
}

mr_status survey_currency(ledger *l, const survey *s, const currency_rates *rates, char base[4], mr_error *err) {
    survey all = *s;
    const char *without = NULL, *one = rates_are_to(rates);
    mr_status status = s->mixed ? add_mixed(l, s, &all, err) : MR_OK;
    memset(base, 0, 4);
    if (status != MR_OK || !all.currencies) return status;
    for (size_t i = 0; i < all.currencies; i++) {
        if (ledger_rate_known(rates, all.currency[i])) continue;
        if (without) return cannot_add(without, all.currency[i], err);
        without = all.currency[i];
    }
    if (one && without) return cannot_add(one, without, err);
    if (!one && !without && all.currencies > 1)
        return error_set(err, MR_EDATA, "currency", -1, "the rates do not say which currency they are to: add a line with a rate of 1, such as %s,1",
                         all.currency[0]);
    memcpy(base, one ? one : without ? without : all.currency[0], 4);
    return MR_OK;
}

mr_status survey_convert(ledger *l, const survey *s, const currency_rates *rates, const char base[4], bool *convert, mr_error *err) {
    survey all = *s;
    const char *one = rates_are_to(rates);
    mr_status status = s->mixed ? add_mixed(l, s, &all, err) : MR_OK;
    *convert = false;
    for (size_t i = 0; i < all.currencies && status == MR_OK; i++) {
        if (!strcmp(all.currency[i], base)) continue;
        if (!*base)
            return error_set(err, MR_EDATA, "currency", -1, "the stored model knows no money, and there are amounts in %s now: fit another with "
                             "--refit", all.currency[i]);
        if (one && strcmp(one, base) != 0)
            return error_set(err, MR_EDATA, "currency", -1, "the stored model counts in %s, and the rates are to %s: fit another with --refit", base, one);
        if (!ledger_rate_known(rates, all.currency[i])) return cannot_add(base, all.currency[i], err);
        *convert = true;
    }
    return status;
}
