#include "traces.h"

#include "objections.h"

#include <arena.h>
#include <error.h>
#include <mem.h>

#include <string.h>

enum { PIECES = 64 }; /* of the whole base: a piece's facts are in memory */

typedef struct fact_row {
    int64_t customer_id;
    trace_facts f;
} fact_row;

typedef struct facts {
    fact_row *row; /* by customer */
    size_t n, capacity, at;
    arena text;
} facts;

static const trace_facts nothing = {"", "", "", "", "", "", "", "", ""};

/* The customer's row, made where it is not there; customers come in ascending order within a stream, so both streams merge by binary search. */
static fact_row *row_of(facts *all, int64_t customer_id, bool make) {
    size_t from = 0, to = all->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (all->row[middle].customer_id < customer_id) from = middle + 1;
        else to = middle;
    }
    if (from < all->n && all->row[from].customer_id == customer_id) return &all->row[from];
    if (!make || from < all->n) return NULL;
    if (all->n == all->capacity) {
        size_t capacity = all->capacity ? 2 * all->capacity : 256;
        fact_row *rows = mem_resize(NULL, all->row, capacity, sizeof *rows);
        if (!rows) return NULL;
        all->row = rows;
        all->capacity = capacity;
    }
    all->row[all->n] = (fact_row){customer_id, nothing};
    return &all->row[all->n++];
}

static bool keep(facts *all, const char **where, const db_value *text) {
    if (!text->text.len) return true;
    const char *copy = arena_copy(&all->text, text->text.at, text->text.len);
    if (copy) *where = copy;
    return copy != NULL;
}

static bool put_ref(facts *all, const db_value *v) {
    fact_row *r = row_of(all, v[0].integer, true);
    return r && keep(all, &r->f.source, &v[1]) && keep(all, &r->f.external_id, &v[2]);
}

static bool put_customer(facts *all, const db_value *v) {
    fact_row *r = row_of(all, v[0].integer, false);
    if (!r) return true; /* an erased customer, or one nobody has an identifier of: there are no events to go with it */
    return keep(all, &r->f.name, &v[1]) && keep(all, &r->f.tier, &v[2]) && keep(all, &r->f.segment, &v[3]) && keep(all, &r->f.owner_sales, &v[4]) &&
           keep(all, &r->f.owner_operations, &v[5]) && keep(all, &r->f.email, &v[6]) && keep(all, &r->f.phone, &v[7]);
}

static mr_status read_table(ledger *l, const db_range *range, facts *all, bool (*put)(facts *, const db_value *), mr_error *err) {
    db_stream *stream = NULL;
    const db_value *row;
    mr_status status = db_stream_range(l->d, range, &stream, err);
    while (status == MR_OK) {
        status = db_stream_next(stream, &row, err);
        if (status != MR_OK || !row) break;
        if (!put(all, row)) status = error_memory(err, sizeof *all->row);
    }
    db_stream_close(stream);
    return status;
}

static mr_status read_facts(ledger *l, int64_t first, int64_t last, facts *all, mr_error *err) {
    const db_range refs = {.table = "customer_ref", .columns = "ref, source, external_id", .types = "itt", .where = "customer_id = ref", .first = first, .last = last};
    const db_range people = {.table = "customer", .columns = "customer_id, name, tier, segment, owner_sales, owner_operations, email, phone", .types = "ittttttt",
                             .first = first, .last = last};
    all->n = all->at = 0;
    arena_reset(&all->text);
    mr_status status = db_begin(l->d, DB_READ, err);
    if (status != MR_OK) return status;
    status = read_table(l, &refs, all, put_ref, err);
    if (status == MR_OK) status = read_table(l, &people, all, put_customer, err);
    if (status == MR_OK) return db_commit(l->d, err);
    db_rollback(l->d);
    return status;
}

typedef struct scan_job {
    const trace_options *o;
    int64_t birth_us;
    facts facts;
    id_list objecting;
    trace_builder builder;
    trace_fn fn;
    void *ctx;
} scan_job;

static mr_status on_history(void *ctx, const history *h, mr_error *err) {
    scan_job *job = ctx;
    facts *all = &job->facts;
    trace t;
    while (all->at < all->n && all->row[all->at].customer_id < h->customer_id) all->at++;
    bool known = all->at < all->n && all->row[all->at].customer_id == h->customer_id;
    const trace_facts *f = known ? &all->row[all->at].f : &nothing;
    if (id_list_has(&job->objecting, h->customer_id)) return MR_OK;
    if (job->o->wanted && !job->o->wanted(job->ctx, h->customer_id, f)) return MR_OK;
    mr_status status = trace_build(&job->builder, job->o, f, job->birth_us, h, &t, err);
    return status == MR_OK ? job->fn(job->ctx, &t, f, err) : status;
}

static mr_status scan_piece(ledger *l, scan_job *job, unsigned piece, unsigned of, mr_error *err) {
    scan_options whole = {.whole = true};
    ledger_part(piece, of, &whole.first, &whole.last);
    if (job->o->first > whole.first) whole.first = job->o->first;
    if (job->o->last && job->o->last < whole.last) whole.last = job->o->last;
    if (whole.first > whole.last) return MR_OK;
    mr_status status = read_facts(l, whole.first, whole.last, &job->facts, err);
    return status == MR_OK ? ledger_scan(l, &whole, 0, 1, on_history, job, err) : status;
}

mr_status ledger_traces(ledger *l, const trace_options *o, unsigned part, unsigned of, trace_fn fn, void *ctx, mr_error *err) {
    static const trace_options none = {0};
    scan_job job = {.o = o ? o : &none, .fn = fn, .ctx = ctx};
    if (of < 1 || part >= of) return error_set(err, MR_EINVAL, "part", -1, "part %u of %u: parts are 0 to one less than how many", part, of);
    unsigned pieces = of < PIECES ? (PIECES + of - 1) / of : 1;
    mr_status status = ledger_birth(l, &job.birth_us, err);
    if (status == MR_OK && job.o->profiling) status = ledger_objections(l, &job.objecting, err);
    for (unsigned i = 0; i < pieces && status == MR_OK; i++) status = scan_piece(l, &job, part * pieces + i, of * pieces, err);
    mem_free(NULL, job.facts.row);
    arena_free(&job.facts.text);
    trace_builder_free(&job.builder);
    id_list_free(&job.objecting);
    return status;
}

mr_status ledger_birth(ledger *l, int64_t *at_us, mr_error *err) {
    db_statement *s;
    bool row = false;
    *at_us = INT64_MAX;
    mr_status status = db_prepare(l->d, "SELECT MIN(at_us) FROM audit WHERE what = 'init'", "", &s, err);
    if (status == MR_OK) status = db_step(s, &row, err);
    if (status != MR_OK) return status;
    if (row && !db_is_null(s, 0)) *at_us = db_int(s, 0);
    db_reset(s);
    return MR_OK;
}

/* --- money --- */

static const char *rates_are_to(const currency_rates *rates) {
    for (size_t i = 0; i < rates->n; i++)
        if (rates->row[i].rate == 1) return rates->row[i].currency;
    return NULL;
}

static mr_status cannot_add(const char *a, const char *b, mr_error *err) {
    return error_set(err, MR_EDATA, "currency", -1, "amounts are in %s and in %s, and nothing says how to add them: give --rates FILE with lines of "
                     "currency,rate or currency,day,rate (a ledger keeps those of 'marram score --rates')", a, b);
}

mr_status ledger_trace_money(ledger *l, const currency_rates *rates, trace_options *o, mr_error *err) {
    db_statement *s = NULL;
    bool row = true;
    char first[4] = "", without[4] = "";
    const char *one = rates_are_to(rates);
    size_t n = 0;
    memset(o->currency, 0, sizeof o->currency);
    o->rates = NULL;
    mr_status status = db_prepare(l->d, "SELECT DISTINCT currency FROM event WHERE currency <> '' ORDER BY currency", "", &s, err);
    while (status == MR_OK && row) {
        status = db_step(s, &row, err);
        if (status != MR_OK || !row) break;
        char code[4] = "";
        size_t len;
        const char *text = db_text(s, 0, &len);
        memcpy(code, text, len < 3 ? len : 3);
        n++;
        if (!first[0]) memcpy(first, code, 4);
        if (ledger_rate_known(rates, code)) continue;
        if (without[0]) status = cannot_add(without, code, err);
        memcpy(without, code, 4);
    }
    if (s) db_reset(s);
    if (status != MR_OK || !n) return status;
    if (one && without[0]) return cannot_add(one, without, err);
    if (n > 1 && !one && !without[0]) return cannot_add(first, "others", err);
    memcpy(o->currency, one ? one : without[0] ? without : first, 4);
    if (n > 1 || strcmp(first, o->currency) != 0) o->rates = rates;
    return MR_OK;
}
