#include "scoring.h"

#include "calendar.h"
#include "error.h"
#include "mem.h"
#include "pool.h"

#include <rebuild.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Each page is read once or twice and written once: what a thread keeps of the file is to grow with neither. */
#define CACHE_KB 8192
#define SCORE_ATTEMPTS 5 /* a server that goes away more often than that needs someone to look at it */

const char *const scoring_stage_names[SCORING_STAGES] = {"repairing", "reading", "fitting", "scanning", "forecasting", "writing"};

typedef struct scoring_job {
    const scoring_options *o;
    const mr_context *context;
    crew crew;
    currency_rates rates;
    occasions_money money; /* of the base as it is now */
    scoring *out;
} scoring_job;

static double now(const scoring_job *job) {
    return job->o->clock ? job->o->clock() : 0;
}

static double begin(const scoring_job *job, const char *what) {
    if (job->o->begin) job->o->begin(job->o->ctx, what);
    return now(job);
}

/* --- before --- */

static mr_status repair(scoring_job *job, mr_error *err) {
    scoring *out = job->out;
    ledger *l = job->crew.ledger[0], *writer = NULL;
    bool stale = false;
    double started = now(job);
    mr_status status = ledger_is_stale(l, &stale, err);
    if (status != MR_OK || !stale) return status;
    if (job->o->no_repair)
        return error_set(err, MR_EDATA, NULL, -1, "%s: cycles are stale: an import was cut short, or is under way; let it finish, or leave "
                         "--no-repair out to have them made anew", db_name(l->d));
    begin(job, "repairing cycles");
    out->repairs = true;
    status = ledger_open(job->o->url, NULL, &writer, err);
    if (status == MR_OK) status = ledger_repair(l, writer, job->context, &out->repaired, err);
    if (status == MR_OK) status = ledger_is_stale(l, &out->unfinished, err);
    ledger_close(writer);
    out->seconds[SCORING_REPAIR] = now(job) - started;
    return status;
}

static mr_status part_needs_model(mr_error *err) {
    return error_set(err, MR_EDATA, "part", -1, "a part needs a stored model, so that all parts are scored by the same: "
                                                "run 'marram score --fit-only' first");
}

/* Parts run apart, on a ledger that goes on growing, and each is to look at itself alone: so the day they look ahead from is not found but
 * known to all, the last one of the newest stored model's, which was fitted to the whole base. */
static mr_status day_of_parts(const scoring_job *job, int32_t *day, mr_error *err) {
    ledger_model newest = {0};
    mr_status status = ledger_model_current(job->crew.ledger[0], true, &newest, err);
    *day = newest.until_day;
    if (status == MR_OK && !newest.id) status = part_needs_model(err);
    ledger_model_free(&newest);
    return status;
}

static mr_status look_at_base(scoring_job *job, mr_error *err) {
    const scoring_options *o = job->o;
    scoring *out = job->out;
    ledger *l = job->crew.ledger[0];
    double started = begin(job, "looking at the base");
    out->partly = o->of > 0 && !o->refit && !o->fit_only;
    out->until = o->until;
    mr_status status = ledger_objections_forget(l, &job->crew.objecting, err);
    if (status == MR_OK && out->partly && o->until == INT32_MIN) status = day_of_parts(job, &out->until, err);
    if (status != MR_OK) return status;
    bool given = out->until != INT32_MIN;
    status = o->rates_n ? ledger_rates_write(l, o->rates, o->rates_n, o->now_us, err) : MR_OK;
    if (status == MR_OK && o->rates_n) status = db_sync(l->d, err);
    if (status == MR_OK) status = ledger_rates_read(l, &job->rates, err);
    if (status == MR_OK)
        status = survey_read(&job->crew, out->partly ? o->part : 0, out->partly ? o->of : 1, given ? out->until : o->today, job->context, &out->base, err);
    if (status == MR_OK && !out->base.customers && o->of <= 1)
        status = error_set(err, MR_EDATA, NULL, -1, "%s holds no orders, and forecasts are made from orders: import some first (contracts are not forecast yet)", db_name(l->d));
    if (status == MR_OK && given && o->of <= 1 && out->base.first_day > out->until) {
        char first[11], until[11];
        status = error_set(err, MR_EDATA, "until", -1, "%s has no order up to %s: the first is of %s; give a later --until", db_name(l->d),
                           calendar_text(out->until, until), calendar_text(out->base.first_day, first));
    }
    if (!given) out->until = out->base.last_day < o->today ? out->base.last_day : o->today;
    out->seconds[SCORING_READ] = now(job) - started;
    return status;
}

/* What amounts are counted in: the stored model's currency, or (NULL) the base's own. */
static mr_status count_in(scoring_job *job, const char *currency, mr_error *err) {
    ledger *l = job->crew.ledger[0];
    const survey *base = &job->out->base;
    bool convert = false;
    mr_status status = MR_OK;
    if (currency) memcpy(job->money.currency, currency, sizeof job->money.currency);
    else status = survey_currency(l, base, &job->rates, job->money.currency, err);
    if (status == MR_OK) status = survey_convert(l, base, &job->rates, job->money.currency, &convert, err);
    job->money.rates = convert ? &job->rates : NULL;
    return status;
}

/* --- the model --- */

static mr_status fit_new(scoring_job *job, mr_error *err) {
    const scoring_options *o = job->o;
    scoring *out = job->out;
    fit_base_options options = {.until = out->until, .horizon_days = o->horizon_days, .days_per_unit = 7, .sample = o->sample,
                                .compare_sample = o->compare_sample, .seed = o->seed, .clock = o->clock, .begin = o->begin, .ctx = o->ctx};
    fit_base_seconds seconds;
    char *text = NULL;
    mr_status status = count_in(job, NULL, err);
    if (status == MR_OK) status = fit_base(&job->crew, &out->base, &job->money, &options, job->context, &out->document, &seconds, err);
    if (status == MR_OK) status = model_document_write(&out->document, &text, err);
    if (status != MR_OK) return status;
    ledger_model model = {.fitted_at_us = o->now_us, .until_day = out->until, .version = MODEL_DOCUMENT_VERSION, .document = text};
    strcpy(model.name, mr_model_name(out->document.fits.forecast.params.model));
    status = ledger_model_add(job->crew.ledger[0], &model, err);
    if (status == MR_OK) status = db_sync(job->crew.ledger[0]->d, err); /* forecasts name it: it must be there as long as they are */
    model_document_free(text);
    out->fitted = true;
    out->fitted_id = model.id;
    out->seconds[SCORING_READ] += seconds.reading;
    out->seconds[SCORING_FIT] = seconds.fitting;
    return status;
}

/* By number, or the pinned one, else the newest. id 0: there is none. */
static mr_status load_model(const scoring_job *job, const char *wanted, ledger_model *out, mr_error *err) {
    ledger *l = job->crew.ledger[0];
    if (wanted && strcmp(wanted, "latest") != 0) return ledger_model_find(l, wanted, out, err);
    return ledger_model_current(l, wanted != NULL, out, err);
}

/* What was fitted now; a pinned model stays in use, but where no use is made of any. */
static mr_status load_fitted(const scoring_job *job, ledger_model *out, mr_error *err) {
    char number[24];
    mr_status status = ledger_model_current(job->crew.ledger[0], false, out, err);
    if (status != MR_OK || (out->pinned && !job->o->fit_only)) return status;
    ledger_model_free(out);
    snprintf(number, sizeof number, "%lld", (long long)job->out->fitted_id);
    return ledger_model_find(job->crew.ledger[0], number, out, err);
}

/* The model in use. What was fitted now is read back like any other, so that it is used as every later part will use it. */
static mr_status use_model(scoring_job *job, mr_error *err) {
    const scoring_options *o = job->o;
    scoring *out = job->out;
    ledger_model stored = {0};
    bool fit = o->refit || o->fit_only;
    mr_status status = fit ? MR_OK : load_model(job, o->model, &stored, err);
    if (status == MR_OK && !stored.id) {
        if (o->of > 0) return part_needs_model(err);
        status = fit_new(job, err);
        if (status == MR_OK) status = load_fitted(job, &stored, err);
    }
    if (status == MR_OK) status = model_document_read(stored.document, &out->document, err);
    out->model = stored;
    out->model.document = NULL;
    ledger_model_free(&stored);
    return status;
}

/* --- scoring --- */

typedef struct range_job {
    scoring_job *job;
    score_plan plan;
    unsigned part, of, ranges;   /* ranges the part is cut into */
    forecast_writer *writer;     /* [crew.n] */
    score_worker **worker;       /* [crew.n] */
    score_sums *sums;            /* [crew.n] */
    pthread_mutex_t lock;
    uint64_t done, total;        /* customers */
} range_job;

static mr_status one_range(void *ctx, size_t i, int worker, mr_error *err) {
    range_job *r = ctx;
    const mr_context *context = r->job->context;
    score_sums *sums = &r->sums[worker];
    uint64_t before = sums->customers;
    int64_t first, last;
    ledger_part(r->part * r->ranges + (unsigned)i, r->of * r->ranges, &first, &last);
    mr_status status = score_range(r->worker[worker], first, last, sums, err);
    if (status != MR_OK || !context || !context->progress) return status;
    pthread_mutex_lock(&r->lock);
    r->done += sums->customers - before;
    uint64_t total = r->done > r->total ? r->done : r->total;
    if (context->progress(r->done, total, context->progress_ctx)) status = error_set(err, MR_ECANCELLED, NULL, -1, "cancelled");
    pthread_mutex_unlock(&r->lock);
    return status;
}

static void plan_of(const scoring_job *job, score_plan *plan) {
    const scoring_options *o = job->o;
    const scoring *out = job->out;
    const model_document *d = &out->document;
    *plan = (score_plan){.until = out->until, .money = job->money, .objecting = &job->crew.objecting, .clock = o->clock,
                         .outlook = {.forecast = &d->fits.forecast.params, .cycle = &d->fits.cycle.params,
                                     .spending = d->fits.has_spending ? &d->fits.spending.params : NULL, .has_money = d->currency[0] != 0,
                                     .days_per_unit = d->days_per_unit, .horizon_days = o->horizon_days, .level = 0.8,
                                     .margin = o->margin, .discount_rate = o->discount_rate}};
    plan->discount = outlook_discount(&plan->outlook);
    /* One customer's read by itself costs about as much as streaming past a hundred others. */
    plan->histories = plan->money.rates != NULL || out->base.late > out->base.customers / 100;
}

static mr_status prepare(range_job *r, mr_error *err) {
    scoring_job *job = r->job;
    crew *c = &job->crew;
    const scoring *out = job->out;
    r->writer = mem_new(NULL, c->n, sizeof *r->writer);
    r->worker = mem_new(NULL, c->n, sizeof *r->worker);
    r->sums = mem_new(NULL, c->n, sizeof *r->sums);
    if (!r->writer || !r->worker || !r->sums) return error_memory(err, c->n * sizeof *r->sums);
    for (size_t i = 0; i < c->n; i++) {
        r->writer[i] = (forecast_writer){.l = c->ledger[i], .model_id = out->model.id, .scored_at_us = job->o->now_us, .until_day = out->until,
                                         .horizon_days = (int32_t)lround(job->o->horizon_days)};
        memcpy(r->writer[i].currency, out->document.currency, sizeof r->writer[i].currency);
        if (db_store_of(c->ledger[i]->d) == DB_SQLITE && c->n > 1) r->writer[i].turn = &c->turn;
        r->worker[i] = score_worker_new(&r->plan, &r->writer[i]);
        if (!r->worker[i]) return error_memory(err, SCORE_BLOCK * sizeof(forecast_row));
    }
    return MR_OK;
}

static void sum_up(scoring_job *job, const range_job *r) {
    scoring *out = job->out;
    for (size_t i = 0; i < job->crew.n; i++) score_sums_add(&out->sums, &r->sums[i]);
    out->expected = (double)out->sums.expected / SCORE_FINE;
    out->ordering = (double)out->sums.ordering / SCORE_FINE;
    double predicted, actual;
    model_document_miss(&out->document, &predicted, &actual);
    outlook_total(out->expected, predicted, actual, &out->expected_low, &out->expected_high);
    for (int i = 0; i < 3; i++) out->seconds[SCORING_SCAN + i] = out->sums.seconds[i];
}

/* A server that crashed forgets what it had not put on its disk, though it said that it was committed: where a connection was lost at any time
 * before all was durable, all ranges are written again. Rows take the place of those that are there, so nothing is there twice. */
static mr_status write_ranges(range_job *r, mr_error *err) {
    crew *c = &r->job->crew;
    for (int attempt = 0;; attempt++) {
        unsigned connections = crew_connections(c);
        memset(r->sums, 0, c->n * sizeof *r->sums);
        r->done = 0;
        mr_status status = pool_run(c->pool, r->ranges, one_range, r, err);
        if (status == MR_OK) status = db_sync(c->ledger[0]->d, err);
        if (status != MR_OK || crew_connections(c) == connections) return status;
        if (attempt == SCORE_ATTEMPTS)
            return error_set(err, MR_EIO, NULL, -1, "%s went away again and again; its log says more", db_name(c->ledger[0]->d));
    }
}

static mr_status score_part(scoring_job *job, mr_error *err) {
    const scoring_options *o = job->o;
    scoring *out = job->out;
    range_job r = {.job = job, .part = o->of ? o->part : 0, .of = o->of ? o->of : 1, .lock = PTHREAD_MUTEX_INITIALIZER};
    mr_status status = count_in(job, out->document.currency, err);
    if (status != MR_OK) return status;
    double started = begin(job, "forecasting");
    plan_of(job, &r.plan);
    r.total = out->base.customers;
    /* Ranges of a little less than a block, which hash to about as many customers each. */
    r.ranges = (unsigned)(r.total / (SCORE_BLOCK - SCORE_BLOCK / 16)) + 1;
    status = prepare(&r, err);
    if (status == MR_OK) status = write_ranges(&r, err);
    if (status == MR_OK) {
        sum_up(job, &r);
        out->scored = true;
        out->from_histories = r.plan.histories;
        out->wall_seconds = now(job) - started;
    }
    for (size_t i = 0; r.worker && i < job->crew.n; i++) score_worker_free(r.worker[i]);
    mem_free(NULL, r.worker);
    mem_free(NULL, r.writer);
    mem_free(NULL, r.sums);
    pthread_mutex_destroy(&r.lock);
    return status;
}

mr_status scoring_run(const scoring_options *o, const mr_context *context, scoring *out, mr_error *err) {
    scoring_job job = {.o = o, .context = context, .out = out};
    *out = (scoring){.until = INT32_MIN, .expected_low = NAN, .expected_high = NAN};
    if (o->of && o->part >= o->of) return error_set(err, MR_EINVAL, "part", -1, "part %u of %u", o->part, o->of);
    mr_status status = crew_open(o->url, &(db_options){.bulk = true, .cache_kb = CACHE_KB}, context_pool(context), &job.crew, err);
    out->threads = job.crew.n;
    if (status == MR_OK) status = repair(&job, err);
    if (status == MR_OK) status = look_at_base(&job, err);
    if (status == MR_OK) status = use_model(&job, err);
    if (status == MR_OK && !o->fit_only) status = score_part(&job, err);
    if (status == MR_OK && o->fit_only) status = db_sync(job.crew.ledger[0]->d, err);
    ledger_rates_free(&job.rates);
    crew_close(&job.crew);
    return status;
}
