/* Statements as the caller sees them: kept by their text, checked before they run, so that both stores refuse
 * the same. */
#include "impl.h"

#include <string.h>

static uint64_t hash_of(const char *text) { /* FNV-1a: some ten texts a bucket at most */
    uint64_t hash = 14695981039346656037u;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

/* return refuse(d, error_set(...)): the caller's fault, not the store's: a transaction under way goes on. */
static mr_status refuse(db *d, mr_status code) {
    d->fault = DB_FAULT_OTHER;
    return code;
}

static mr_status statement_new(db *d, const char *sql, const char *types, uint64_t hash, db_statement **out,
                               mr_error *err) {
    size_t n = strlen(types);
    if (n > DB_MAX_COLUMNS || strspn(types, "sdirtb") != n)
        return refuse(
            d, error_set(err, MR_EINVAL, NULL, -1, "'%s' are not types of parameters: %s", types, sql));
    if (!db_parameters_fit(sql, n))
        return refuse(d,
                      error_set(err, MR_EINVAL, NULL, -1, "the parameters are not $1 to $%zu: %s", n, sql));
    db_statement *s = mem_new(NULL, 1, sizeof *s);
    if (!s) return refuse(d, error_memory(err, sizeof *s));
    s->db = d;
    s->hash = hash;
    s->n = (int)n;
    s->sql = db_copy_string(sql);
    s->types = db_copy_string(types);
    s->parameters = mem_new(NULL, n, sizeof *s->parameters);
    mr_status status = MR_OK;
    if (!s->sql || !s->types || !s->parameters) status = refuse(d, error_memory(err, strlen(sql)));
    if (!status) status = d->driver->prepare(s, err);
    if (status) {
        d->driver->unprepare(s);
        mem_free(NULL, s->sql);
        mem_free(NULL, s->types);
        mem_free(NULL, s->parameters);
        mem_free(NULL, s);
        return status;
    }
    s->next = d->statements[hash % DB_BUCKETS];
    d->statements[hash % DB_BUCKETS] = s;
    *out = s;
    return MR_OK;
}

mr_status db_prepare(db *d, const char *sql, const char *types, db_statement **out, mr_error *err) {
    *out = NULL;
    mr_status status = db_ready(d, err);
    if (status) return status;
    uint64_t hash = hash_of(sql);
    db_statement *s = d->statements[hash % DB_BUCKETS];
    while (s && (s->hash != hash || strcmp(s->sql, sql))) s = s->next;
    if (!s) return statement_new(d, sql, types, hash, out, err);
    if (s->stepping)
        return refuse(d, error_set(err, MR_EINVAL, NULL, -1,
                                   "this statement is being stepped through already: %s", sql));
    if (strcmp(s->types, types))
        return refuse(d, error_set(err, MR_EINVAL, NULL, -1, "once '%s', once '%s' as types of: %s", s->types,
                                   types, sql));
    *out = s;
    return MR_OK;
}

/* --- binding: kept until the statement runs --- */

static db_parameter *parameter(db_statement *s, int n, char kind) {
    if (n < 1 || n > s->n) {
        s->bound_wrong = n;
        return &s->nowhere;
    }
    s->parameters[n - 1].kind = kind;
    return &s->parameters[n - 1];
}

void db_bind_int(db_statement *s, int n, int64_t value) {
    parameter(s, n, 'i')->value.integer = value;
}

void db_bind_real(db_statement *s, int n, double value) {
    parameter(s, n, 'r')->value.real = value;
}

void db_bind_text(db_statement *s, int n, const char *text, size_t len) {
    db_parameter *p = parameter(s, n, 't');
    p->value.text.at = text ? text : "";
    p->value.text.len = len;
}

void db_bind_string(db_statement *s, int n, const char *text) {
    db_bind_text(s, n, text, strlen(text));
}

void db_bind_bytes(db_statement *s, int n, const void *bytes, size_t len) {
    db_parameter *p = parameter(s, n, 'b');
    p->value.text.at = bytes ? bytes : "";
    p->value.text.len = len;
}

void db_bind_null(db_statement *s, int n) {
    parameter(s, n, 'n');
}

/* --- running --- */

static mr_status start(db_statement *s, mr_error *err) {
    mr_status status = db_ready(s->db, err);
    if (!status) status = db_check_parameters(s, err);
    if (!status) status = s->db->driver->start(s, err);
    s->stepping = !status;
    return status;
}

void db_reset(db_statement *s) {
    if (!s->stepping) return;
    s->stepping = false;
    s->db->driver->reset(s);
}

void db_reset_all(db *d) {
    for (size_t i = 0; i < DB_BUCKETS; i++)
        for (db_statement *s = d->statements[i]; s; s = s->next) db_reset(s);
}

static mr_status next(db_statement *s, bool *row, mr_error *err) {
    mr_status status = s->db->driver->next(s, row, err);
    if (status) *row = false;
    return status;
}

mr_status db_step(db_statement *s, bool *row, mr_error *err) {
    *row = false;
    mr_status status = s->stepping ? db_ready(s->db, err) : start(s, err);
    if (!status) status = next(s, row, err);
    if (!*row) db_reset(s);
    return status;
}

mr_status db_run(db_statement *s, int64_t *changed, mr_error *err) {
    db_reset(s);
    if (changed) *changed = 0;
    mr_status status = start(s, err);
    for (bool row = true; !status && row;) status = next(s, &row, err);
    if (!status && changed) *changed = s->db->driver->changed(s);
    db_reset(s);
    return status;
}

bool db_costs(const db *d, void (*found)(const db_cost *cost, void *ctx), void *ctx) {
    if (!d->driver->cost) return false;
    for (size_t i = 0; i < DB_BUCKETS; i++)
        for (const db_statement *s = d->statements[i]; s; s = s->next) {
            db_cost cost = {.sql = s->sql};
            d->driver->cost(s, &cost);
            found(&cost, ctx);
        }
    return true;
}

int64_t db_int(const db_statement *s, int column) {
    return s->db->driver->integer(s, column);
}

double db_real(const db_statement *s, int column) {
    return s->db->driver->real(s, column);
}

const char *db_text(const db_statement *s, int column, size_t *len) {
    size_t ignored;
    const char *text = s->db->driver->text(s, column, len ? len : &ignored);
    return text ? text : "";
}

const void *db_bytes(const db_statement *s, int column, size_t *len) {
    return db_text(s, column, len);
}

bool db_is_null(const db_statement *s, int column) {
    return s->db->driver->is_null(s, column);
}

/* --- one statement, many items --- */

static mr_status one_item(db_statement *s, size_t item, db_item_row row, void *ctx, int64_t *changed,
                          mr_error *err) {
    mr_status status = db_check_parameters(s, err);
    if (!status) status = s->db->driver->start(s, err);
    if (status) return status;
    s->stepping = true;
    for (bool more = true; !status && more;) {
        status = next(s, &more, err);
        if (!status && more && row) status = row(ctx, item, s, err);
    }
    if (!status && changed) changed[item] = s->db->driver->changed(s);
    db_reset(s);
    return status;
}

static mr_status each_in_turn(db_statement *s, size_t n, db_item_bind bind, db_item_row row, void *ctx,
                              int64_t *changed, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t item = 0; item < n && !status; item++) {
        bind(ctx, item, s);
        status = one_item(s, item, row, ctx, changed, err);
    }
    return status;
}

mr_status db_each(db_statement *s, size_t n, db_item_bind bind, db_item_row row, void *ctx, int64_t *changed,
                  mr_error *err) {
    db *d = s->db;
    db_reset(s);
    mr_status status = db_ready(d, err);
    if (status || !n) return status;
    bool own = !d->in_transaction;
    /* Reading must not wait for another process that writes. */
    db_mode mode = d->driver->only_reads && d->driver->only_reads(s) ? DB_READ : DB_WRITE;
    if (own && (status = db_begin(d, mode, err))) return status;
    d->pipelining = true;
    status = (d->driver->each ? d->driver->each : each_in_turn)(s, n, bind, row, ctx, changed, err);
    d->pipelining = false;
    /* Items sent ahead of the one that failed may have run: on neither store is there a way on from here. */
    if (status) db_fail(d, d->fault == DB_FAULT_NONE ? DB_FAULT_OTHER : d->fault, status, err);
    if (own && !status) return db_commit(d, err);
    if (own) {
        db_fault fault = d->fault;
        db_rollback(d);
        d->fault = fault;
    }
    return status;
}
