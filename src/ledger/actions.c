/* One wish, one row: who wishes again finds it, and may change only what nobody has acted on yet.
 *
 * An action's id has the customer in it. Of two customers who were merged one has actions under ids that are no longer made: a wish is therefore also looked
 * for by what it says, and goes to the row that is there. */
#include "actions.h"

#include "hooks_queue.h"
#include "id_list.h"
#include "looks.h"
#include "moved.h"

#include <error.h>
#include <mem.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS "customer_id, id, programme, step, subject_id, occasion, kind, state, contact_id, purpose, channel, topic, owner, watcher, reason, created_at_us, due_us, " \
                "snoozed_us, changed_at_us, value_minor, currency, effect, urgent, what, document, outcome"

int64_t action_id(const ledger *l, int64_t customer_id, const char *programme, const char *step, int64_t subject_id, int64_t occasion) {
    char text[512];
    /* A programme's and a step's names have no blanks. */
    int len = snprintf(text, sizeof text, "%" PRId64 " %.150s %.150s %" PRId64 " %" PRId64, customer_id, programme, step, subject_id, occasion);
    int64_t id = (int64_t)((uint64_t)ledger_hash(l, ledger_domain_of(l, "action", ""), text, (size_t)len) >> 1);
    return id ? id : 1;
}

char *action_id_text(int64_t id, char out[17]) {
    snprintf(out, 17, "%016" PRIx64, (uint64_t)id);
    return out;
}

static const char *const kinds[] = {"", "task", "message"};
static const char *const states[ACTION_STATES] = {"proposed", "open", "in the outbox", "done", "dropped", "lapsed", "failed"};

const char *action_kind_name(int kind) {
    return kind == ACTION_TASK || kind == ACTION_MESSAGE ? kinds[kind] : "";
}

const char *action_state_name(int state) {
    return state >= 0 && state < ACTION_STATES ? states[state] : "";
}

int action_state_find(const char *name) {
    for (int i = 0; i < ACTION_STATES; i++)
        if (!strcmp(states[i], name)) return i;
    return -1;
}

/* --- wishing --- */

typedef struct put_work {
    const action_row *rows;
    int64_t *id; /* of the row it goes to */
    bool *there;
} put_work;

static void bind_same(void *ctx, size_t item, db_statement *s) {
    const action_row *a = &((const put_work *)ctx)->rows[item];
    db_bind_int(s, 1, a->customer_id);
    db_bind_string(s, 2, a->programme);
    db_bind_string(s, 3, a->step);
    db_bind_int(s, 4, a->subject_id);
    db_bind_int(s, 5, a->occasion);
    db_bind_int(s, 6, a->id);
}

static mr_status found_same(void *ctx, size_t item, db_statement *s, mr_error *err) {
    put_work *w = ctx;
    (void)err;
    w->there[item] = true;
    w->id[item] = db_int(s, 0);
    return MR_OK;
}

static void put_text(db_statement *s, int n, const char *text) {
    db_bind_string(s, n, text ? text : "");
}

static void bind_put(void *ctx, size_t item, db_statement *s) {
    const put_work *w = ctx;
    const action_row *a = &w->rows[item];
    db_bind_int(s, 1, a->customer_id);
    db_bind_int(s, 2, w->id[item]);
    put_text(s, 3, a->programme);
    put_text(s, 4, a->step);
    db_bind_int(s, 5, a->subject_id);
    db_bind_int(s, 6, a->occasion);
    db_bind_int(s, 7, a->kind);
    db_bind_int(s, 8, a->state);
    db_bind_int(s, 9, a->contact_id);
    put_text(s, 10, a->purpose);
    put_text(s, 11, a->channel);
    put_text(s, 12, a->topic);
    put_text(s, 13, a->owner);
    put_text(s, 14, a->watcher);
    put_text(s, 15, a->reason);
    db_bind_int(s, 16, a->created_us);
    db_bind_int(s, 17, a->due_us);
    db_bind_int(s, 18, a->snoozed_us);
    db_bind_int(s, 19, a->changed_us);
    db_bind_int(s, 20, a->value_minor);
    put_text(s, 21, a->currency);
    db_bind_real(s, 22, a->effect);
    db_bind_int(s, 23, a->urgent);
    put_text(s, 24, a->what);
    put_text(s, 25, a->document);
    put_text(s, 26, a->outcome);
}

static const char put_sql[] =
    "INSERT INTO action (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26) "
    "ON CONFLICT (customer_id, id) DO UPDATE SET kind = excluded.kind, state = CASE WHEN action.state = 1 THEN 1 ELSE excluded.state END, contact_id = excluded.contact_id, "
    "purpose = excluded.purpose, channel = excluded.channel, topic = excluded.topic, owner = CASE WHEN action.owner = '' THEN excluded.owner ELSE action.owner END, "
    "watcher = CASE WHEN action.watcher = '' THEN excluded.watcher ELSE action.watcher END, reason = excluded.reason, due_us = excluded.due_us, "
    "changed_at_us = excluded.changed_at_us, value_minor = excluded.value_minor, currency = excluded.currency, effect = excluded.effect, urgent = excluded.urgent, "
    "what = excluded.what, document = excluded.document "
    "WHERE action.state <= 1 AND (action.kind <> excluded.kind OR action.state < excluded.state OR action.contact_id <> excluded.contact_id OR action.purpose <> excluded.purpose "
    "OR action.channel <> excluded.channel OR action.topic <> excluded.topic OR (action.owner = '' AND excluded.owner <> '') OR (action.watcher = '' AND excluded.watcher <> '') "
    "OR action.reason <> excluded.reason OR action.due_us <> excluded.due_us OR action.value_minor <> excluded.value_minor OR action.currency <> excluded.currency "
    "OR action.effect <> excluded.effect OR action.urgent <> excluded.urgent OR action.what <> excluded.what OR action.document <> excluded.document)";

mr_status actions_put(ledger *l, const action_row *rows, size_t n, mr_error *err) {
    db_statement *s;
    if (!n) return MR_OK;
    put_work w = {rows, mem_take(NULL, n, sizeof *w.id), mem_new(NULL, n, sizeof *w.there)};
    if (!w.id || !w.there) {
        mem_free(NULL, w.id);
        mem_free(NULL, w.there);
        return error_memory(err, n * (sizeof *w.id + sizeof *w.there));
    }
    for (size_t i = 0; i < n; i++) w.id[i] = rows[i].id;
    mr_status status = db_prepare(l->d, "SELECT id FROM action WHERE customer_id = $1 AND programme = $2 AND step = $3 AND subject_id = $4 AND occasion = $5 "
                                        "ORDER BY CASE WHEN id = $6 THEN 0 ELSE 1 END, id LIMIT 1", "ittiii", &s, err);
    if (status == MR_OK) status = db_each(s, n, bind_same, found_same, &w, NULL, err);
    if (status == MR_OK) status = db_prepare(l->d, put_sql, "iittiissitttttt" "iiiiitrsttt", &s, err);
    if (status == MR_OK) status = db_each(s, n, bind_put, NULL, &w, NULL, err);
    if (status == MR_OK) status = hooks_created(l, rows, w.id, w.there, n, err);
    mem_free(NULL, w.id);
    mem_free(NULL, w.there);
    return status;
}

/* --- what becomes of it --- */

/* A statement whose first parameters are customer and id, in whatever customer the row stands by now. values: of types behind "ii". */
static mr_status change(ledger *l, const char *sql, const char *types, int64_t customer_id, int64_t id, const db_value *values, int64_t *now_of, bool *changed, mr_error *err) {
    moved_row row = {.l = l, .customer_id = customer_id, .id = id};
    mr_status status = moved_update(&row, sql, types, values, changed, err);
    if (now_of) *now_of = row.customer_id;
    return status;
}

static db_value text_value(const char *text) {
    return (db_value){.text = {text, strlen(text)}};
}

/* As action_state; *now_of (may be NULL): the customer it stands at by now. */
static mr_status set_state(ledger *l, int64_t customer_id, int64_t id, int from_mask, int to, const char *outcome, int64_t at_us, int64_t *now_of, bool *changed, mr_error *err) {
    const db_value values[] = {{.integer = from_mask}, {.integer = to}, {.integer = at_us}, text_value(outcome ? outcome : "")};
    mr_status status = change(l, "UPDATE action SET state = $4, changed_at_us = $5, outcome = CASE WHEN $6 = '' THEN action.outcome ELSE $6 END "
                     "WHERE customer_id = $1 AND id = $2 AND ((CAST($3 AS INTEGER) >> action.state) & 1) = 1 RETURNING id", "iidsit", customer_id, id, values, &customer_id, changed, err);
    if (now_of) *now_of = customer_id;
    return status == MR_OK && *changed ? hooks_moved(l, customer_id, id, to, at_us, err) : status;
}

mr_status action_state(ledger *l, int64_t customer_id, int64_t id, int from_mask, int to, const char *outcome, int64_t at_us, bool *changed, mr_error *err) {
    return set_state(l, customer_id, id, from_mask, to, outcome, at_us, NULL, changed, err);
}

typedef struct close_work {
    ledger *l;
    int64_t customer_id, id, at_us;
    int from_mask, to;
    const char *outcome;
    append_item *items;
    size_t n;
    bool changed;
} close_work;

static mr_status close_it(db *d, void *ctx, mr_error *err) {
    close_work *w = ctx;
    int64_t now_of = w->customer_id;
    bool wanted = false;
    (void)d;
    mr_status status = set_state(w->l, w->customer_id, w->id, w->from_mask, w->to, w->outcome, w->at_us, &now_of, &w->changed, err);
    if (status != MR_OK || !w->changed) return status;
    for (size_t i = 0; i < w->n; i++)
        if (w->items[i].event.customer_id == w->customer_id) w->items[i].event.customer_id = now_of;
    w->customer_id = now_of;
    status = ledger_append_within(w->l, w->items, w->n, err);
    /* What a person decided may want another step, whether an event says so or not. */
    if (status == MR_OK) status = looks_wanted(w->l, &wanted, err);
    return status == MR_OK && wanted ? due_look_at(w->l, now_of, w->at_us, err) : status;
}

mr_status action_close(ledger *l, int64_t customer_id, int64_t id, int from_mask, int to, const char *outcome, int64_t at_us, append_item *items, size_t n, bool *changed,
                       mr_error *err) {
    close_work w = {.l = l, .customer_id = customer_id, .id = id, .at_us = at_us, .from_mask = from_mask, .to = to, .outcome = outcome, .items = items, .n = n};
    mr_status status = db_transaction(l->d, DB_WRITE, close_it, &w, err);
    *changed = status == MR_OK && w.changed;
    return status;
}

mr_status action_snooze(ledger *l, int64_t customer_id, int64_t id, int64_t until_us, int64_t at_us, bool *changed, mr_error *err) {
    const db_value values[] = {{.integer = until_us}, {.integer = at_us}};
    return change(l, "UPDATE action SET snoozed_us = $3, changed_at_us = $4 WHERE customer_id = $1 AND id = $2 AND state <= 1 RETURNING id", "iiii", customer_id, id, values,
                  NULL, changed, err);
}

mr_status action_assign(ledger *l, int64_t customer_id, int64_t id, const char *owner, const char *watcher, int64_t at_us, bool *changed, mr_error *err) {
    const db_value values[] = {text_value(owner), {.integer = watcher != NULL}, text_value(watcher ? watcher : ""), {.integer = at_us}};
    return change(l, "UPDATE action SET owner = $3, watcher = CASE WHEN $4 = 1 THEN $5 ELSE action.watcher END, changed_at_us = $6 "
                     "WHERE customer_id = $1 AND id = $2 AND state <= 1 RETURNING id", "iitdti", customer_id, id, values, NULL, changed, err);
}

mr_status action_time(ledger *l, int64_t customer_id, int64_t id, int64_t due_us, int64_t at_us, bool *changed, mr_error *err) {
    const db_value values[] = {{.integer = due_us}, {.integer = at_us}};
    return change(l, "UPDATE action SET due_us = $3, changed_at_us = $4 WHERE customer_id = $1 AND id = $2 AND state <= 1 RETURNING id", "iiii", customer_id, id, values, NULL,
                  changed, err);
}

mr_status actions_wake(ledger *l, const char *owner, int64_t due_us, int64_t at_us, size_t *n, mr_error *err) {
    db_statement *s;
    id_list customers = {0};
    bool row = true;
    mr_status status = db_prepare(l->d, "SELECT DISTINCT customer_id FROM action WHERE kind = 1 AND state = 1 AND owner = $1 AND due_us < $2", "ti", &s, err);
    if (status == MR_OK) db_bind_string(s, 1, owner);
    if (status == MR_OK) db_bind_int(s, 2, due_us);
    while (status == MR_OK && row) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) status = id_list_add(&customers, db_int(s, 0), err);
    }
    id_list_sort(&customers);
    for (size_t i = 0; i < customers.n && status == MR_OK; i++) status = due_look_at(l, customers.at[i], at_us, err);
    *n = customers.n;
    id_list_free(&customers);
    return status;
}

/* --- reading --- */

void action_rows_free(action_rows *rows) {
    mem_free(NULL, rows->row);
    arena_free(&rows->text);
    *rows = (action_rows){0};
}

static bool keep(action_rows *rows, const db_statement *s, int column, const char **out) {
    size_t len;
    const char *text = db_text(s, column, &len);
    *out = arena_copy(&rows->text, text, len);
    return *out != NULL;
}

mr_status action_take(action_rows *rows, const db_statement *s, mr_error *err) {
    if (rows->n == rows->capacity) {
        size_t capacity = rows->capacity ? 2 * rows->capacity : 16;
        action_row *more = mem_resize(NULL, rows->row, capacity, sizeof *more);
        if (!more) return error_memory(err, capacity * sizeof *more);
        rows->row = more;
        rows->capacity = capacity;
    }
    action_row *a = &rows->row[rows->n++];
    *a = (action_row){.customer_id = db_int(s, 0), .id = db_int(s, 1), .subject_id = db_int(s, 4), .occasion = db_int(s, 5), .kind = (int)db_int(s, 6),
                      .state = (int)db_int(s, 7), .contact_id = db_int(s, 8), .created_us = db_int(s, 15), .due_us = db_int(s, 16), .snoozed_us = db_int(s, 17),
                      .changed_us = db_int(s, 18), .value_minor = db_int(s, 19), .effect = db_real(s, 21), .urgent = db_int(s, 22) != 0};
    bool ok = keep(rows, s, 2, &a->programme) && keep(rows, s, 3, &a->step) && keep(rows, s, 9, &a->purpose) && keep(rows, s, 10, &a->channel) &&
              keep(rows, s, 11, &a->topic) && keep(rows, s, 12, &a->owner) && keep(rows, s, 13, &a->watcher) && keep(rows, s, 14, &a->reason) &&
              keep(rows, s, 20, &a->currency) && keep(rows, s, 23, &a->what) && keep(rows, s, 24, &a->document) && keep(rows, s, 25, &a->outcome);
    return ok ? MR_OK : error_memory(err, sizeof *a);
}

static mr_status take_all(action_rows *rows, db_statement *s, mr_error *err) {
    mr_status status = MR_OK;
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) status = action_take(rows, s, err);
    }
    db_reset(s);
    return status;
}

mr_status action_read(ledger *l, int64_t customer_id, int64_t id, action_rows *rows, mr_error *err) {
    mr_status status = MR_OK;
    db_statement *s;
    rows->n = 0;
    arena_reset(&rows->text);
    for (int tries = 0; tries < 2 && status == MR_OK && !rows->n; tries++) {
        if (tries) status = moved_customer(l, customer_id, &customer_id, err);
        if (status == MR_OK) status = db_prepare(l->d, "SELECT " COLUMNS " FROM action WHERE customer_id = $1 AND id = $2", "ii", &s, err);
        if (status != MR_OK) break;
        db_bind_int(s, 1, customer_id);
        db_bind_int(s, 2, id);
        status = take_all(rows, s, err);
    }
    return status;
}

/* Not ORDER BY id: while PostgreSQL takes the table for empty, as it does in the first tick of a ledger, it would go through the index of everybody's actions by id. */
const char actions_of_sql[] = "SELECT " COLUMNS " FROM action WHERE customer_id = $1";

/* "00ab3" into the range of ids that begin so. */
static bool id_range(const char *text, int64_t *first, int64_t *last) {
    size_t len = strlen(text);
    uint64_t value = 0;
    if (len < 4 || len > 16 || strspn(text, "0123456789abcdefABCDEF") != len) return false;
    value = strtoull(text, NULL, 16);
    unsigned rest = 4 * (unsigned)(16 - len);
    if (value >> (63 - rest)) return false;
    *first = (int64_t)(value << rest);
    *last = (int64_t)((value << rest) + ((UINT64_C(1) << rest) - 1));
    return true;
}

mr_status action_find(ledger *l, const char *id_text, int64_t *customer_id, int64_t *id, mr_error *err) {
    db_statement *s;
    int64_t first, last;
    int n = 0;
    if (!id_range(id_text, &first, &last))
        return error_set(err, MR_EDATA, "id", -1, "'%.40s' is no task's or message's id: it has 16 digits from 0 to 9 and a to f, of which the first four or more will do", id_text);
    mr_status status = db_prepare(l->d, "SELECT customer_id, id FROM action WHERE id >= $1 AND id <= $2 ORDER BY id, customer_id LIMIT 2", "ii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, first);
    db_bind_int(s, 2, last);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status != MR_OK || !row || n++) continue;
        *customer_id = db_int(s, 0);
        *id = db_int(s, 1);
    }
    db_reset(s);
    if (status != MR_OK || n == 1) return status;
    if (n) return error_set(err, MR_EDATA, "id", -1, "several ids begin with %.40s: give more digits", id_text);
    return error_set(err, MR_EDATA, "id", -1, "there is no task or message %.40s; 'marram task list' and 'marram outbox list' show what there is", id_text);
}
