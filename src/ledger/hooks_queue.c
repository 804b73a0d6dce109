/* What a webhook says: numbers, names of programmes and people of ours, what is to be done, and the customer's identifier; never an address or the text of a message. Whoever is told
 * asks the ledger for more. */
#include "hooks_queue.h"

#include "body.h"

#include <error.h>
#include <mem.h>

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- who wants to be told --- */

void hooks_forget(ledger *l) {
    if (l->hooks) hook_endpoints_free(l->hooks);
    mem_free(NULL, l->hooks);
    l->hooks = NULL;
}

static mr_status endpoints(ledger *l, mr_error *err) {
    if (l->hooks) return MR_OK;
    l->hooks = mem_new(NULL, 1, sizeof *l->hooks);
    if (!l->hooks) return error_memory(err, sizeof *l->hooks);
    mr_status status = hooks_endpoints(l, l->hooks, err);
    if (status != MR_OK) hooks_forget(l);
    return status;
}

mr_status hooks_wanted(ledger *l, uint32_t *kinds, mr_error *err) {
    mr_status status = endpoints(l, err);
    *kinds = 0;
    for (size_t i = 0; status == MR_OK && i < l->hooks->n; i++)
        if (!l->hooks->at[i].disabled_us) *kinds |= l->hooks->at[i].kinds;
    return status;
}

/* --- what is told --- */

typedef struct telling { /* one thing that happened */
    int64_t customer_id, subject, at_us;
    hook_kind kind;
    json_t *data;
} telling;

typedef struct queued { /* to one endpoint */
    const telling *t;
    const char *endpoint;
    int64_t id;
    char *body;
} queued;

static int64_t queue_id(const ledger *l, const char *endpoint, const telling *t) {
    char text[400];
    int len = snprintf(text, sizeof text, "%.200s\n%s %" PRId64 " %" PRId64, endpoint, hook_kind_name(t->kind), t->subject, t->at_us);
    int64_t id = (int64_t)((uint64_t)ledger_hash(l, ledger_domain_of(l, "webhook", ""), text, (size_t)len) >> 1);
    return id ? id : 1;
}

static char *body_of(const telling *t) {
    char at[40];
    json_t *o = json_pack("{s:s,s:s,s:O}", "type", hook_kind_name(t->kind), "timestamp", time_text(t->at_us, at), "data", t->data);
    char *body = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    return body;
}

static void bind_queued(void *ctx, size_t item, db_statement *s) {
    const queued *q = (const queued *)ctx + item;
    db_bind_int(s, 1, q->t->customer_id);
    db_bind_int(s, 2, q->id);
    db_bind_string(s, 3, q->endpoint);
    db_bind_string(s, 4, hook_kind_name(q->t->kind));
    db_bind_string(s, 5, q->body);
    db_bind_int(s, 6, q->t->at_us);
}

static mr_status queue(ledger *l, const telling *t, size_t n, mr_error *err) {
    db_statement *s;
    size_t m = 0;
    queued *q = mem_new(NULL, n * l->hooks->n + 1, sizeof *q);
    mr_status status = q ? MR_OK : error_memory(err, n * l->hooks->n * sizeof *q);
    for (size_t i = 0; i < n && status == MR_OK; i++)
        for (size_t k = 0; k < l->hooks->n && status == MR_OK; k++) {
            const hook_endpoint *e = &l->hooks->at[k];
            if (e->disabled_us || !(e->kinds & HOOK_IN(t[i].kind))) continue;
            q[m] = (queued){&t[i], e->name, queue_id(l, e->name, &t[i]), body_of(&t[i])};
            if (!q[m++].body) status = error_memory(err, 1024);
        }
    if (status == MR_OK && m)
        status = db_prepare(l->d, "INSERT INTO webhook_delivery (customer_id, id, endpoint, kind, body, state, attempts, next_us, settled_us, said, created_at_us) VALUES ($1, $2, $3, $4, $5, 0, 0, $6, 0, '', $6) "
                                  "ON CONFLICT (customer_id, id) DO NOTHING", "iittti", &s, err);
    if (status == MR_OK && m) status = db_each(s, m, bind_queued, NULL, q, NULL, err);
    for (size_t i = 0; i < m; i++) free(q[i].body);
    mem_free(NULL, q);
    return status;
}

/* --- the customer's own identifier, into data --- */

static void bind_customer(void *ctx, size_t item, db_statement *s) {
    db_bind_int(s, 1, ((const telling *)ctx)[item].customer_id);
}

static mr_status found_customer(void *ctx, size_t item, db_statement *s, mr_error *err) {
    size_t len;
    const char *text = db_text(s, 0, &len);
    (void)err;
    json_object_set_new(((const telling *)ctx)[item].data, "customer", json_stringn(text, len));
    return MR_OK;
}

static mr_status name_customers(ledger *l, telling *t, size_t n, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "SELECT external_id FROM customer_ref WHERE ref = $1", "i", &s, err);
    return status == MR_OK ? db_each(s, n, bind_customer, found_customer, t, NULL, err) : status;
}

static mr_status tell(ledger *l, telling *t, size_t n, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t i = 0; i < n; i++)
        if (!t[i].data) status = error_memory(err, 1024);
    if (status == MR_OK && n) status = name_customers(l, t, n, err);
    if (status == MR_OK && n) status = queue(l, t, n, err);
    for (size_t i = 0; i < n; i++) json_decref(t[i].data);
    return status;
}

/* --- actions --- */

static json_t *object_of(const char *text) {
    json_t *o = text && *text ? json_loads(text, 0, NULL) : NULL;
    return o ? o : json_null();
}

static const char *said(const char *text) {
    return text ? text : "";
}

static json_t *action_data(const action_row *a, int64_t id, int state) {
    char number[17], customer[24], due[40];
    snprintf(customer, sizeof customer, "%" PRId64, a->customer_id);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:I,s:s,s:f,s:o}", "id", action_id_text(id, number), "customer_id", customer, "customer", "", "kind", action_kind_name(a->kind), "state",
                     action_state_name(state), "programme", said(a->programme), "step", said(a->step), "what", said(a->what), "owner", said(a->owner), "watcher", said(a->watcher), "reason", said(a->reason), "purpose", said(a->purpose),
                     "channel", said(a->channel), "due", time_text(a->due_us, due), "urgent", a->urgent, "value_minor", (json_int_t)a->value_minor, "currency", said(a->currency), "effect", a->effect, "outcome",
                     object_of(a->outcome));
}

mr_status hooks_created(ledger *l, const action_row *rows, const int64_t *id, const bool *there, size_t n, mr_error *err) {
    uint32_t wanted;
    size_t m = 0;
    mr_status status = hooks_wanted(l, &wanted, err);
    if (status != MR_OK || !wanted) return status;
    telling *t = mem_new(NULL, 2 * n, sizeof *t);
    if (!t) return error_memory(err, 2 * n * sizeof *t);
    for (size_t i = 0; i < n; i++) {
        const action_row *a = &rows[i];
        if (a->state > ACTION_OPEN) continue; /* held out: there is nothing to do */
        const hook_kind kinds[] = {a->kind == ACTION_MESSAGE ? HOOK_message_created : HOOK_task_created, hook_kind_of_step(said(a->programme), said(a->step))};
        for (size_t k = 0; k < 2; k++)
            if (!there[i] && (wanted & HOOK_IN(kinds[k]))) t[m++] = (telling){a->customer_id, id[i], a->created_us, kinds[k], action_data(a, id[i], a->state)};
    }
    status = tell(l, t, m, err);
    mem_free(NULL, t);
    return status;
}

static hook_kind kind_of_move(int kind, int state) {
    bool message = kind == ACTION_MESSAGE;
    switch (state) {
    case ACTION_DONE: return message ? HOOK_NONE : HOOK_task_closed; /* a message that is done was sent: the outbox tells of it */
    case ACTION_DROPPED:
    case ACTION_LAPSED: return message ? HOOK_message_dropped : HOOK_task_closed;
    case ACTION_FAILED: return message ? HOOK_message_failed : HOOK_task_closed;
    default: return HOOK_NONE;
    }
}

mr_status hooks_moved(ledger *l, int64_t customer_id, int64_t id, int state, int64_t at_us, mr_error *err) {
    uint32_t wanted;
    action_rows rows = {0};
    mr_status status = hooks_wanted(l, &wanted, err);
    uint32_t possible = HOOK_IN(kind_of_move(ACTION_TASK, state)) | HOOK_IN(kind_of_move(ACTION_MESSAGE, state));
    if (status != MR_OK || !(wanted & possible)) return status;
    status = action_read(l, customer_id, id, &rows, err);
    if (status == MR_OK && rows.n) {
        const action_row *a = &rows.row[0];
        hook_kind kind = kind_of_move(a->kind, state);
        if (wanted & HOOK_IN(kind)) {
            telling t = {a->customer_id, id, at_us, kind, action_data(a, id, a->state)};
            status = tell(l, &t, 1, err);
        }
    }
    action_rows_free(&rows);
    return status;
}

/* --- messages --- */

mr_status hooks_message(ledger *l, const message_row *m, hook_kind kind, int64_t at_us, mr_error *err) {
    uint32_t wanted;
    char number[17], action[17], customer[24];
    mr_status status = hooks_wanted(l, &wanted, err);
    if (status != MR_OK || !(wanted & HOOK_IN(kind))) return status;
    snprintf(customer, sizeof customer, "%" PRId64, m->customer_id);
    telling t = {m->customer_id, m->id, at_us, kind, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "id", action_id_text(m->id, number), "customer_id", customer, "customer", "", "kind", "message", "state",
                 message_state_name(m->state), "action_id", m->action_id ? action_id_text(m->action_id, action) : "", "programme", m->programme, "purpose", m->purpose, "channel", m->channel, "topic", m->topic, "said", m->said)};
    return tell(l, &t, 1, err);
}
