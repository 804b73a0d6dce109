/* Endpoints follow the settings; deliveries go from waiting to delivered or given up, each step an UPDATE of a row in the state it is expected in. */
#include "hooks.h"

#include "hooks_queue.h"
#include "moved.h"

#include <error.h>
#include <mem.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const states[HOOK_STANDINGS] = {"waiting", "delivered", "given up"};

const char *hook_state_name(int state) {
    return state >= 0 && state < HOOK_STANDINGS ? states[state] : "";
}

char *hook_id_text(int64_t id, char out[HOOK_ID]) {
    snprintf(out, HOOK_ID, "msg_%016" PRIx64, (uint64_t)id);
    return out;
}

int64_t hooks_url_hash(const ledger *l, const char *url) {
    return ledger_hash(l, ledger_domain_of(l, "webhook url", ""), url, strlen(url));
}

/* --- kinds as text --- */

#define KINDS_ROOM 512

static void kinds_text(uint32_t kinds, char out[KINDS_ROOM]) {
    size_t len = 0;
    out[0] = 0;
    for (int k = 1; k < HOOK_KINDS; k++)
        if (kinds & HOOK_IN(k)) len += (size_t)snprintf(out + len, KINDS_ROOM - len, "%s%s", len ? " " : "", hook_kind_name((hook_kind)k));
}

/* A name that this program does not know is passed over. */
static uint32_t kinds_of(const char *text) {
    uint32_t kinds = 0;
    for (size_t len; *text; text += len + strspn(text + len, " ")) {
        len = strcspn(text, " ");
        hook_kind kind = hook_kind_find(text, len);
        if (kind) kinds |= HOOK_IN(kind);
    }
    return kinds;
}

/* --- endpoints --- */

void hook_endpoints_free(hook_endpoints *e) {
    mem_free(NULL, e->at);
    arena_free(&e->text);
    *e = (hook_endpoints){0};
}

static const char *kept(arena *text, const db_statement *s, int column) {
    size_t len;
    const char *value = db_text(s, column, &len);
    return len ? arena_copy(text, value, len) : "";
}

static mr_status take_endpoint(hook_endpoints *e, const db_statement *s, mr_error *err) {
    if (e->n == e->capacity) {
        size_t capacity = e->capacity ? 2 * e->capacity : 4;
        hook_endpoint *more = mem_resize(NULL, e->at, capacity, sizeof *more);
        if (!more) return error_memory(err, capacity * sizeof *more);
        e->at = more;
        e->capacity = capacity;
    }
    e->at[e->n++] = (hook_endpoint){.name = kept(&e->text, s, 0), .kinds = kinds_of(db_text(s, 1, NULL)), .url_hash = db_int(s, 2), .since_us = db_int(s, 3), .disabled_us = db_int(s, 4), .reason = kept(&e->text, s, 5)};
    return e->text.failed ? error_memory(err, 256) : MR_OK;
}

mr_status hooks_endpoints(ledger *l, hook_endpoints *e, mr_error *err) {
    db_statement *s;
    e->n = 0;
    arena_reset(&e->text);
    mr_status status = db_prepare(l->d, "SELECT name, kinds, url_hash, since_us, disabled_us, reason FROM webhook_endpoint ORDER BY name", "", &s, err);
    if (status != MR_OK) return status;
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) status = take_endpoint(e, s, err);
    }
    db_reset(s);
    return status;
}

static const hook_endpoint *named(const hook_endpoint *at, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (!strcmp(at[i].name, name)) return &at[i];
    return NULL;
}

static mr_status give_up(ledger *l, const char *name, const char *said, int64_t now_us, int64_t *n, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "UPDATE webhook_delivery SET state = 2, settled_us = $2, said = $3 WHERE endpoint = $1 AND state = 0", "tit", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, name);
    db_bind_int(s, 2, now_us);
    db_bind_string(s, 3, said);
    return db_run(s, n, err);
}

static mr_status put_endpoint(ledger *l, const hook_endpoint *e, const hook_endpoint *was, int64_t now_us, mr_error *err) {
    db_statement *s;
    char kinds[KINDS_ROOM];
    bool same = was && was->url_hash == e->url_hash;
    kinds_text(e->kinds, kinds);
    mr_status status = db_prepare(l->d, "INSERT INTO webhook_endpoint (name, kinds, url_hash, since_us, disabled_us, reason) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET "
                                        "kinds = excluded.kinds, url_hash = excluded.url_hash, since_us = excluded.since_us, disabled_us = excluded.disabled_us, reason = excluded.reason", "ttiiit", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, e->name);
    db_bind_string(s, 2, kinds);
    db_bind_int(s, 3, e->url_hash);
    db_bind_int(s, 4, same ? was->since_us : now_us);
    db_bind_int(s, 5, same ? was->disabled_us : 0);
    db_bind_string(s, 6, same ? was->reason : "");
    return db_run(s, NULL, err);
}

static mr_status take_out(ledger *l, const char *name, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "DELETE FROM webhook_endpoint WHERE name = $1", "t", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, name);
    return db_run(s, NULL, err);
}

typedef struct set_work {
    ledger *l;
    const hook_endpoint *at;
    size_t n;
    int64_t now_us;
    bool look;    /* only: is there anything to do? */
    bool changed;
} set_work;

static mr_status set_them(db *d, void *ctx, mr_error *err) {
    set_work *w = ctx;
    hook_endpoints there = {0};
    (void)d;
    w->changed = false;
    mr_status status = hooks_endpoints(w->l, &there, err);
    for (size_t i = 0; i < w->n && status == MR_OK; i++) {
        const hook_endpoint *was = named(there.at, there.n, w->at[i].name);
        if (was && was->kinds == w->at[i].kinds && was->url_hash == w->at[i].url_hash) continue;
        w->changed = true;
        if (!w->look) status = put_endpoint(w->l, &w->at[i], was, w->now_us, err);
    }
    for (size_t i = 0; i < there.n && status == MR_OK; i++) {
        if (named(w->at, w->n, there.at[i].name)) continue;
        w->changed = true;
        if (w->look) continue;
        status = take_out(w->l, there.at[i].name, err);
        if (status == MR_OK) status = give_up(w->l, there.at[i].name, "it does not stand in the settings any more", w->now_us, NULL, err);
    }
    hook_endpoints_free(&there);
    return status;
}

mr_status hooks_set(ledger *l, const hook_endpoint *at, size_t n, int64_t now_us, bool *changed, mr_error *err) {
    set_work w = {.l = l, .at = at, .n = n, .now_us = now_us, .look = true};
    mr_status status = set_them(l->d, &w, err);
    w.look = false;
    if (status == MR_OK && w.changed) status = db_transaction(l->d, DB_WRITE, set_them, &w, err);
    if (w.changed) hooks_forget(l);
    if (changed) *changed = status == MR_OK && w.changed;
    return status;
}

typedef struct switch_work {
    ledger *l;
    const char *name, *reason;
    int64_t now_us, n;
    bool on, again;
} switch_work;

static mr_status switch_it(db *d, void *ctx, mr_error *err) {
    switch_work *w = ctx;
    db_statement *s;
    int64_t found = 0;
    w->n = 0;
    mr_status status = db_prepare(d, "UPDATE webhook_endpoint SET disabled_us = $2, reason = $3 WHERE name = $1", "tit", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, w->name);
    db_bind_int(s, 2, w->on ? 0 : w->now_us);
    db_bind_string(s, 3, w->on ? "" : w->reason);
    status = db_run(s, &found, err);
    if (status == MR_OK && !found) return error_set(err, MR_EDATA, "name", -1, "there is no webhook '%.60s' in this ledger; 'marram webhook list' shows those there are", w->name);
    if (status == MR_OK && !w->on) return give_up(w->l, w->name, w->reason, w->now_us, &w->n, err);
    if (status != MR_OK || !w->again) return status;
    status = db_prepare(d, "UPDATE webhook_delivery SET state = 0, attempts = 0, next_us = $2, settled_us = 0 WHERE endpoint = $1 AND state = 2", "ti", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, w->name);
    db_bind_int(s, 2, w->now_us);
    return db_run(s, &w->n, err);
}

mr_status hooks_disable(ledger *l, const char *name, const char *reason, int64_t now_us, int64_t *given_up, mr_error *err) {
    switch_work w = {.l = l, .name = name, .reason = reason, .now_us = now_us};
    mr_status status = db_transaction(l->d, DB_WRITE, switch_it, &w, err);
    hooks_forget(l);
    if (given_up) *given_up = w.n;
    return status;
}

mr_status hooks_enable(ledger *l, const char *name, bool again, int64_t now_us, int64_t *n, mr_error *err) {
    switch_work w = {.l = l, .name = name, .reason = "", .now_us = now_us, .on = true, .again = again};
    mr_status status = db_transaction(l->d, DB_WRITE, switch_it, &w, err);
    hooks_forget(l);
    *n = w.n;
    return status;
}

/* --- deliveries --- */

void hook_rows_free(hook_rows *rows) {
    mem_free(NULL, rows->row);
    arena_free(&rows->text);
    *rows = (hook_rows){0};
}

static mr_status take(hook_rows *rows, const db_statement *s, bool body, mr_error *err) {
    if (rows->n == rows->capacity) {
        size_t capacity = rows->capacity ? 2 * rows->capacity : 16;
        hook_row *more = mem_resize(NULL, rows->row, capacity, sizeof *more);
        if (!more) return error_memory(err, capacity * sizeof *more);
        rows->row = more;
        rows->capacity = capacity;
    }
    rows->row[rows->n++] = (hook_row){.customer_id = db_int(s, 0), .id = db_int(s, 1), .endpoint = kept(&rows->text, s, 2), .kind = kept(&rows->text, s, 3), .state = (int)db_int(s, 4), .attempts = (int)db_int(s, 5),
                                      .next_us = db_int(s, 6), .settled_us = db_int(s, 7), .said = kept(&rows->text, s, 8), .created_us = db_int(s, 9), .body = body ? kept(&rows->text, s, 10) : ""};
    return rows->text.failed ? error_memory(err, 1024) : MR_OK;
}

static mr_status take_all(hook_rows *rows, db_statement *s, bool body, mr_error *err) {
    mr_status status = MR_OK;
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) status = take(rows, s, body, err);
    }
    db_reset(s);
    return status;
}

#define SLIM "customer_id, id, endpoint, kind, state, attempts, next_us, settled_us, said, created_at_us"

mr_status hooks_waiting(ledger *l, const char *endpoint, int64_t now_us, size_t room, hook_rows *rows, mr_error *err) {
    db_statement *s;
    rows->n = 0;
    arena_reset(&rows->text);
    mr_status status = db_prepare(l->d, "SELECT " SLIM ", body FROM webhook_delivery WHERE endpoint = $1 AND state = 0 AND next_us <= $2 ORDER BY next_us, customer_id, id LIMIT $3", "tii", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, endpoint);
    db_bind_int(s, 2, now_us);
    db_bind_int(s, 3, (int64_t)room);
    return take_all(rows, s, true, err);
}

mr_status hooks_in(ledger *l, const char *endpoint, int state, size_t room, hook_rows *rows, mr_error *err) {
    db_statement *s;
    rows->n = 0;
    arena_reset(&rows->text);
    mr_status status = db_prepare(l->d, "SELECT " SLIM " FROM webhook_delivery WHERE endpoint = $1 AND state = $2 ORDER BY created_at_us DESC, customer_id, id LIMIT $3", "tsi", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, endpoint);
    db_bind_int(s, 2, state);
    db_bind_int(s, 3, (int64_t)room);
    return take_all(rows, s, false, err);
}

mr_status hooks_count(ledger *l, const char *endpoint, int64_t n[HOOK_STANDINGS], mr_error *err) {
    db_statement *s;
    memset(n, 0, HOOK_STANDINGS * sizeof *n);
    mr_status status = db_prepare(l->d, "SELECT state, CAST(COUNT(*) AS BIGINT) FROM webhook_delivery WHERE endpoint = $1 GROUP BY state", "t", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, endpoint);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row && db_int(s, 0) >= 0 && db_int(s, 0) < HOOK_STANDINGS) n[db_int(s, 0)] = db_int(s, 1);
    }
    db_reset(s);
    return status;
}

/* --- an attempt --- */

typedef struct change_work {
    moved_row row;
    const char *sql, *types;
    const db_value *values;
    bool ours;
} change_work;

static mr_status change(db *d, void *ctx, mr_error *err) {
    change_work *w = ctx;
    (void)d;
    return moved_update(&w->row, w->sql, w->types, w->values, &w->ours, err);
}

mr_status hooks_attempt(ledger *l, const hook_row *row, int64_t next_us, bool *ours, mr_error *err) {
    const db_value values[] = {{.integer = row->attempts}, {.integer = row->next_us}, {.integer = next_us}};
    change_work w = {.row = {.l = l, .customer_id = row->customer_id, .id = row->id}, .types = "iidii", .values = values,
                     .sql = "UPDATE webhook_delivery SET attempts = webhook_delivery.attempts + 1, next_us = $5 WHERE customer_id = $1 AND id = $2 AND state = 0 AND attempts = $3 AND next_us = $4 RETURNING id"};
    mr_status status = db_transaction(l->d, DB_WRITE, change, &w, err);
    *ours = status == MR_OK && w.ours;
    return status;
}

mr_status hooks_settle(ledger *l, const hook_row *row, hook_standing to, int64_t next_us, const char *said, int64_t now_us, mr_error *err) {
    const db_value values[] = {{.integer = to}, {.integer = next_us}, {.integer = to == HOOK_WAITING ? 0 : now_us}, {.text = {said, strlen(said)}}};
    change_work w = {.row = {.l = l, .customer_id = row->customer_id, .id = row->id}, .types = "iisiit", .values = values,
                     .sql = "UPDATE webhook_delivery SET state = CAST($3 AS SMALLINT), next_us = $4, settled_us = $5, said = $6, body = CASE WHEN CAST($3 AS SMALLINT) = 1 THEN '' ELSE webhook_delivery.body END "
                            "WHERE customer_id = $1 AND id = $2 AND state = 0 RETURNING id"};
    return db_transaction(l->d, DB_WRITE, change, &w, err);
}

typedef struct prune_work {
    int64_t before_us, n;
} prune_work;

static mr_status prune(db *d, void *ctx, mr_error *err) {
    prune_work *w = ctx;
    db_statement *s;
    mr_status status = MR_OK;
    w->n = 0;
    for (int state = HOOK_DELIVERED; state < HOOK_STANDINGS && status == MR_OK; state++) {
        int64_t n = 0;
        status = db_prepare(d, state == HOOK_DELIVERED ? "DELETE FROM webhook_delivery WHERE state = 1 AND settled_us < $1" : "DELETE FROM webhook_delivery WHERE state = 2 AND settled_us < $1", "i", &s, err);
        if (status != MR_OK) break;
        db_bind_int(s, 1, w->before_us);
        status = db_run(s, &n, err);
        w->n += n;
    }
    return status;
}

mr_status hooks_prune(ledger *l, int64_t before_us, int64_t *n, mr_error *err) {
    prune_work w = {.before_us = before_us};
    mr_status status = db_transaction(l->d, DB_WRITE, prune, &w, err);
    *n = w.n;
    return status;
}
