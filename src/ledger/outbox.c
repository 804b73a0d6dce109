/* Each step is an UPDATE of one row in the state it is expected in, RETURNING it: of two who try, one finds nothing. */
#include "outbox.h"

#include "actions.h"
#include "body.h"
#include "hooks_queue.h"
#include "looks.h"
#include "moved.h"

#include <error.h>
#include <mem.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SLIM "customer_id, id, action_id, part, contact_id, programme, purpose, channel, topic, content, who, address, domain, state, attempts, next_us, sending_us, sent_us, sender, token, said, created_at_us, first_try_us"
#define WHOLE SLIM ", subject, plain, html"
#define SOURCE "marram"

static const char *const states[MESSAGE_STATES] = {"waiting", "sending", "sent", "refused", "uncertain", "cancelled"};

const char *message_state_name(int state) {
    return state >= 0 && state < MESSAGE_STATES ? states[state] : "";
}

char *message_token(const ledger *l, int64_t customer_id, int64_t id, char out[MESSAGE_TOKEN]) {
    char text[64];
    int len = snprintf(text, sizeof text, "%" PRId64 " %" PRId64, customer_id, id);
    uint64_t a = (uint64_t)ledger_hash(l, ledger_domain_of(l, "message token", "1"), text, (size_t)len), b = (uint64_t)ledger_hash(l, ledger_domain_of(l, "message token", "2"), text, (size_t)len);
    snprintf(out, MESSAGE_TOKEN, "%016" PRIx64 "%016" PRIx64, a, b);
    return out;
}

/* --- rows --- */

void message_rows_free(message_rows *rows) {
    mem_free(NULL, rows->row);
    arena_free(&rows->text);
    *rows = (message_rows){0};
}

static const char *kept(message_rows *rows, const db_statement *s, int column) {
    size_t len;
    const char *text = db_text(s, column, &len);
    return len ? arena_copy(&rows->text, text, len) : "";
}

static mr_status take(message_rows *rows, const db_statement *s, bool whole, mr_error *err) {
    if (rows->n == rows->capacity) {
        size_t capacity = rows->capacity ? 2 * rows->capacity : 16;
        message_row *more = mem_resize(NULL, rows->row, capacity, sizeof *more);
        if (!more) return error_memory(err, capacity * sizeof *more);
        rows->row = more;
        rows->capacity = capacity;
    }
    message_row *m = &rows->row[rows->n++];
    *m = (message_row){.customer_id = db_int(s, 0), .id = db_int(s, 1), .action_id = db_int(s, 2), .part = (int)db_int(s, 3), .contact_id = db_int(s, 4), .programme = kept(rows, s, 5),
                       .purpose = kept(rows, s, 6), .channel = kept(rows, s, 7), .topic = kept(rows, s, 8), .content = kept(rows, s, 9), .who = kept(rows, s, 10), .address = kept(rows, s, 11),
                       .domain = kept(rows, s, 12), .state = (int)db_int(s, 13), .attempts = (int)db_int(s, 14), .next_us = db_int(s, 15), .sending_us = db_int(s, 16), .sent_us = db_int(s, 17),
                       .sender = kept(rows, s, 18), .token = kept(rows, s, 19), .said = kept(rows, s, 20), .created_us = db_int(s, 21), .first_try_us = db_int(s, 22), .subject = whole ? kept(rows, s, 23) : "",
                       .plain = whole ? kept(rows, s, 24) : "", .html = whole ? kept(rows, s, 25) : ""};
    return rows->text.failed ? error_memory(err, 1024) : MR_OK;
}

static mr_status take_all(message_rows *rows, db_statement *s, bool whole, mr_error *err) {
    mr_status status = MR_OK;
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) status = take(rows, s, whole, err);
    }
    db_reset(s);
    return status;
}

static void empty(message_rows *rows) {
    rows->n = 0;
    arena_reset(&rows->text);
}

/* --- putting --- */

static db_value text_value(const char *text) {
    return (db_value){.text = {text ? text : "", text ? strlen(text) : 0}};
}

static mr_status is_there(ledger *l, int64_t customer_id, int64_t id, bool *there, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "SELECT id FROM message WHERE customer_id = $1 AND id = $2", "ii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    db_bind_int(s, 2, id);
    status = db_step(s, there, err);
    db_reset(s);
    return status;
}

mr_status outbox_put(ledger *l, const message_row *m, bool *added, mr_error *err) {
    char token[MESSAGE_TOKEN];
    db_statement *s;
    int64_t id = m->id ? m->id : m->action_id;
    bool there = false, ours = true;
    if (added) *added = false;
    mr_status status = is_there(l, m->customer_id, id, &there, err);
    if (status != MR_OK || there) return status;
    if (m->action_id) status = action_state(l, m->customer_id, m->action_id, ACTION_IN(ACTION_OPEN), ACTION_OUTBOX, NULL, m->created_us, &ours, err);
    if (status != MR_OK || !ours) return status;
    status = db_prepare(l->d, "INSERT INTO message (" WHOLE ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0, $14, 0, 0, '', $15, '', $16, 0, $17, $18, $19)",
                        "iiisittttttttitittt", &s, err);
    if (status != MR_OK) return status;
    const char *texts[] = {m->programme, m->purpose, m->channel, m->topic, m->content, m->who, m->address, m->domain};
    db_bind_int(s, 1, m->customer_id);
    db_bind_int(s, 2, id);
    db_bind_int(s, 3, m->action_id);
    db_bind_int(s, 4, m->customer_id >> 57);
    db_bind_int(s, 5, m->contact_id);
    for (int i = 0; i < 8; i++) db_bind_string(s, 6 + i, texts[i] ? texts[i] : "");
    db_bind_int(s, 14, m->next_us);
    db_bind_string(s, 15, message_token(l, m->customer_id, id, token));
    db_bind_int(s, 16, m->created_us);
    db_bind_string(s, 17, m->subject ? m->subject : "");
    db_bind_string(s, 18, m->plain ? m->plain : "");
    db_bind_string(s, 19, m->html ? m->html : "");
    status = db_run(s, NULL, err);
    if (added) *added = status == MR_OK;
    return status;
}

/* --- asking --- */

const char outbox_of_sql[] = "SELECT " SLIM " FROM message WHERE customer_id = $1 ORDER BY id";

mr_status outbox_take(message_rows *rows, const db_statement *s, mr_error *err) {
    return take(rows, s, false, err);
}

mr_status outbox_waiting(ledger *l, int part, int64_t now_us, size_t room, message_rows *rows, mr_error *err) {
    db_statement *s;
    empty(rows);
    mr_status status = db_prepare(l->d, "SELECT " WHOLE " FROM message WHERE part = $1 AND state = 0 AND next_us <= $2 ORDER BY next_us, customer_id, id LIMIT $3", "sii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, part);
    db_bind_int(s, 2, now_us);
    db_bind_int(s, 3, (int64_t)room);
    return take_all(rows, s, true, err);
}

mr_status outbox_parts(ledger *l, int64_t now_us, int *parts, size_t *n, mr_error *err) {
    db_statement *s;
    *n = 0;
    mr_status status = db_prepare(l->d, "SELECT id FROM message WHERE part = $1 AND state = 0 AND next_us <= $2 LIMIT 1", "si", &s, err);
    for (int part = 0; part < 64 && status == MR_OK; part++) {
        bool row = false;
        db_bind_int(s, 1, part);
        db_bind_int(s, 2, now_us);
        status = db_step(s, &row, err);
        db_reset(s);
        if (status == MR_OK && row) parts[(*n)++] = part;
    }
    return status;
}

static mr_status one(ledger *l, const char *sql, const char *types, const db_value *values, message_rows *rows, bool whole, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, sql, types, &s, err);
    if (status != MR_OK) return status;
    for (int i = 0; types[i]; i++) {
        if (types[i] == 't') db_bind_text(s, i + 1, values[i].text.at, values[i].text.len);
        else db_bind_int(s, i + 1, values[i].integer);
    }
    return take_all(rows, s, whole, err);
}

mr_status outbox_read(ledger *l, int64_t customer_id, int64_t id, message_rows *rows, mr_error *err) {
    empty(rows);
    db_value values[] = {{.integer = customer_id}, {.integer = id}};
    mr_status status = one(l, "SELECT " WHOLE " FROM message WHERE customer_id = $1 AND id = $2", "ii", values, rows, true, err);
    if (status != MR_OK || rows->n) return status;
    status = moved_customer(l, customer_id, &values[0].integer, err);
    return status == MR_OK && values[0].integer != customer_id ? one(l, "SELECT " WHOLE " FROM message WHERE customer_id = $1 AND id = $2", "ii", values, rows, true, err) : status;
}

mr_status outbox_by_token(ledger *l, const char *token, message_rows *rows, mr_error *err) {
    const db_value values[] = {text_value(token)};
    empty(rows);
    return one(l, "SELECT " WHOLE " FROM message WHERE token = $1", "t", values, rows, true, err);
}

mr_status outbox_in(ledger *l, int state, size_t room, message_rows *rows, mr_error *err) {
    const db_value values[] = {{.integer = state}, {.integer = (int64_t)room}};
    empty(rows);
    /* By the state spelt out, so that the index of that state alone is used. */
    if (state == MESSAGE_WAITING) return one(l, "SELECT " SLIM " FROM message WHERE state = 0 ORDER BY next_us, id LIMIT $1", "i", values + 1, rows, false, err);
    if (state == MESSAGE_SENDING) return one(l, "SELECT " SLIM " FROM message WHERE state = 1 ORDER BY sending_us, id LIMIT $1", "i", values + 1, rows, false, err);
    if (state == MESSAGE_UNCERTAIN) return one(l, "SELECT " SLIM " FROM message WHERE state = 4 ORDER BY sending_us, id LIMIT $1", "i", values + 1, rows, false, err);
    return one(l, "SELECT " SLIM " FROM message WHERE state = $1 ORDER BY created_at_us, id LIMIT $2", "si", values, rows, false, err);
}

mr_status outbox_sent_since(ledger *l, const char *domain, int64_t since_us, int64_t *n, mr_error *err) {
    db_statement *s;
    bool row = false;
    *n = 0;
    mr_status status = db_prepare(l->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM message WHERE domain = $1 AND state = 2 AND sent_us >= $2", "ti", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, domain);
    db_bind_int(s, 2, since_us);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) *n = db_int(s, 0);
    db_reset(s);
    return status;
}

/* --- steps --- */

typedef struct step {
    ledger *l;
    int64_t customer_id, id, now_us, at_us;
    const char *sql, *types;
    db_value values[4];
    int action_to;             /* -1: the action is left alone */
    int event;                 /* 0: none */
    hook_kind hook;            /* what is told of it; HOOK_NONE: nothing, or the action tells of it */
    bool hard;
    const char *said;
    bool ours;
} step;

/* What its topic says a message was, besides a touch. */
static const struct {
    const char *topic;
    event_kind kind;
} asked[] = {{"referral", EVENT_referral_asked}, {"win_back", EVENT_win_back_sent}};

static mr_status append(step *t, const message_row *m, event_kind kind, const char *prefix, mr_error *err) {
    char source_id[48], number[24];
    int32_t source;
    int64_t at_us = kind == EVENT_bounce ? t->now_us : m->sent_us;
    body_writer w = {0};
    body_begin(&w);
    body_put_text(&w, "channel", m->channel, strlen(m->channel));
    if (kind != EVENT_bounce) body_put_text(&w, "who", m->who, strlen(m->who));
    if (kind == EVENT_touch_out) {
        body_put_text(&w, "purpose", m->purpose, strlen(m->purpose));
        body_put_text(&w, "subject", m->subject, strlen(m->subject));
        body_put_text(&w, "topic", m->topic, strlen(m->topic));
        body_put_text(&w, "content", m->content, strlen(m->content));
    } else if (kind == EVENT_bounce) {
        body_put_raw(&w, "hard", t->hard ? "true" : "false", t->hard ? 4 : 5);
        body_put_text(&w, "reason", t->said ? t->said : "", t->said ? strlen(t->said) : 0);
        body_put_text(&w, "address", m->address, strlen(m->address));
    }
    if (m->contact_id && kind != EVENT_win_back_sent) { /* by the contact's own identifier, as events name them */
        db_statement *s;
        bool row = false;
        mr_status status = db_prepare(t->l->d, "SELECT external_id FROM contact WHERE customer_id = $1 AND id = $2", "ii", &s, err);
        if (status == MR_OK) {
            db_bind_int(s, 1, m->customer_id);
            db_bind_int(s, 2, m->contact_id);
            status = db_step(s, &row, err);
        }
        if (status != MR_OK) {
            body_free(&w);
            return status;
        }
        size_t len = 0;
        const char *contact = row ? db_text(s, 0, &len) : "";
        body_put_text(&w, "contact", contact, len);
        db_reset(s);
    }
    size_t body_len;
    const char *body = body_end(&w, &body_len);
    mr_status status = body ? ledger_source(t->l, SOURCE, &source, err) : error_memory(err, 512);
    snprintf(number, sizeof number, "%016" PRIx64, (uint64_t)m->id);
    int len = snprintf(source_id, sizeof source_id, "%s/%s", prefix, number);
    append_item item = {.event = {.customer_id = m->customer_id,
                                  .e = {.kind = (int16_t)kind, .at_us = at_us, .recorded_at_us = t->now_us, .day = (int32_t)(at_us / 86400000000 - (at_us % 86400000000 < 0)), .source = source,
                                        .body = body, .body_len = body_len, .source_id = source_id, .source_id_len = (size_t)len}}};
    item.event.e.id = ledger_hash(t->l, ledger_domain_of(t->l, "event", SOURCE), source_id, (size_t)len);
    if (status == MR_OK) status = ledger_append_within(t->l, &item, 1, err);
    body_free(&w);
    return status;
}

static mr_status append_all(step *t, const message_row *m, mr_error *err) {
    mr_status status = append(t, m, (event_kind)t->event, t->event == EVENT_touch_out ? "message" : "bounce", err);
    for (size_t i = 0; i < sizeof asked / sizeof *asked && status == MR_OK && t->event == EVENT_touch_out; i++)
        if (!strcmp(m->topic, asked[i].topic)) status = append(t, m, asked[i].kind, "asked", err);
    return status;
}

static mr_status after(step *t, const moved_row *row, mr_error *err) {
    message_rows rows = {0};
    bool wanted = false, closed = false;
    mr_status status = outbox_read(t->l, row->customer_id, row->id, &rows, err);
    if (status == MR_OK && rows.n && t->event) status = append_all(t, &rows.row[0], err);
    if (status == MR_OK && rows.n && rows.row[0].action_id && t->action_to >= 0)
        status = action_state(t->l, row->customer_id, rows.row[0].action_id, ACTION_IN(ACTION_OUTBOX) | ACTION_IN(ACTION_DONE), t->action_to, NULL, t->now_us, &closed, err);
    if (status == MR_OK && rows.n && t->hook && !(t->hook == HOOK_message_failed && closed)) status = hooks_message(t->l, &rows.row[0], t->hook, t->now_us ? t->now_us : rows.row[0].sending_us, err);
    message_rows_free(&rows);
    /* What became of it may want another step. */
    if (status == MR_OK && t->action_to >= 0) status = looks_wanted(t->l, &wanted, err);
    return status == MR_OK && wanted ? due_look_at(t->l, row->customer_id, t->now_us, err) : status;
}

static mr_status run_step(db *d, void *ctx, mr_error *err) {
    step *t = ctx;
    moved_row row = {.l = t->l, .customer_id = t->customer_id, .id = t->id};
    (void)d;
    mr_status status = moved_update(&row, t->sql, t->types, t->values, &t->ours, err);
    if (status != MR_OK || !t->ours || (t->action_to < 0 && !t->event && !t->hook)) return status;
    return after(t, &row, err);
}

static mr_status step_alone(step t, bool *ours, mr_error *err) {
    mr_status status = db_transaction(t.l->d, DB_WRITE, run_step, &t, err);
    *ours = status == MR_OK && t.ours;
    return status;
}

mr_status outbox_sending(ledger *l, int64_t customer_id, int64_t id, const char *sender, int64_t now_us, bool *ours, mr_error *err) {
    return step_alone((step){.l = l, .customer_id = customer_id, .id = id, .now_us = now_us, .sql = "UPDATE message SET state = 1, sender = $3, sending_us = $4, first_try_us = CASE WHEN message.first_try_us = 0 THEN $4 ELSE message.first_try_us END WHERE customer_id = $1 AND id = $2 AND state = 0 AND next_us <= $4 RETURNING id",
                             .types = "iiti", .values = {text_value(sender), {.integer = now_us}}, .action_to = -1}, ours, err);
}

mr_status outbox_sent(ledger *l, int64_t customer_id, int64_t id, int64_t now_us, const char *said, bool *ours, mr_error *err) {
    return step_alone((step){.l = l, .customer_id = customer_id, .id = id, .now_us = now_us, .sql = "UPDATE message SET state = 2, sent_us = $3, attempts = message.attempts + 1, said = $4 WHERE customer_id = $1 AND id = $2 AND state = 1 RETURNING id",
                             .types = "iiit", .values = {{.integer = now_us}, text_value(said)}, .action_to = ACTION_DONE, .event = EVENT_touch_out, .hook = HOOK_message_sent}, ours, err);
}

mr_status outbox_again(ledger *l, int64_t customer_id, int64_t id, int64_t next_us, const char *said, bool *ours, mr_error *err) {
    return step_alone((step){.l = l, .customer_id = customer_id, .id = id, .sql = "UPDATE message SET state = 0, next_us = $3, attempts = message.attempts + 1, said = $4 WHERE customer_id = $1 AND id = $2 AND state = 1 RETURNING id",
                             .types = "iiit", .values = {{.integer = next_us}, text_value(said)}, .action_to = -1}, ours, err);
}

mr_status outbox_later(ledger *l, int64_t customer_id, int64_t id, int64_t next_us, bool *ours, mr_error *err) {
    return step_alone((step){.l = l, .customer_id = customer_id, .id = id, .sql = "UPDATE message SET next_us = $3 WHERE customer_id = $1 AND id = $2 AND state = 0 RETURNING id", .types = "iii", .values = {{.integer = next_us}},
                             .action_to = -1}, ours, err);
}

mr_status outbox_approve(ledger *l, int64_t customer_id, int64_t id, const char *said, bool *ours, mr_error *err) {
    return step_alone((step){.l = l, .customer_id = customer_id, .id = id, .sql = "UPDATE message SET next_us = $3, said = $4 WHERE customer_id = $1 AND id = $2 AND state = 0 AND next_us > $3 RETURNING id", .types = "iiit",
                             .values = {{.integer = OUTBOX_APPROVED}, text_value(said)}, .action_to = -1}, ours, err);
}

mr_status outbox_refused(ledger *l, int64_t customer_id, int64_t id, int64_t now_us, const char *said, outbox_bounce bounce, bool *ours, mr_error *err) {
    return step_alone((step){.l = l, .customer_id = customer_id, .id = id, .now_us = now_us, .sql = "UPDATE message SET state = 3, said = $3 WHERE customer_id = $1 AND id = $2 AND (state = 1 OR state = 2 OR state = 4) RETURNING id",
                             .types = "iit", .values = {text_value(said)}, .action_to = ACTION_FAILED, .event = bounce == OUTBOX_NO_BOUNCE ? 0 : EVENT_bounce, .hard = bounce == OUTBOX_HARD_BOUNCE, .said = said, .hook = HOOK_message_failed}, ours, err);
}

mr_status outbox_uncertain(ledger *l, int64_t customer_id, int64_t id, const char *said, bool *ours, mr_error *err) {
    return step_alone((step){.l = l, .customer_id = customer_id, .id = id, .sql = "UPDATE message SET state = 4, said = $3 WHERE customer_id = $1 AND id = $2 AND state = 1 RETURNING id", .types = "iit",
                             .values = {text_value(said)}, .action_to = -1, .hook = HOOK_message_uncertain}, ours, err);
}

mr_status outbox_settle(ledger *l, int64_t customer_id, int64_t id, outbox_settlement how, const char *said, int64_t now_us, bool *ours, mr_error *err) {
    step t = {.l = l, .customer_id = customer_id, .id = id, .now_us = now_us, .types = "iit", .values = {text_value(said)}, .action_to = -1};
    switch (how) {
    case OUTBOX_WAS_SENT:
        t.sql = "UPDATE message SET state = 2, sent_us = message.sending_us, said = $3 WHERE customer_id = $1 AND id = $2 AND state = 4 RETURNING id";
        t.action_to = ACTION_DONE;
        t.event = EVENT_touch_out;
        t.hook = HOOK_message_sent;
        break;
    case OUTBOX_SEND_AGAIN: t.sql = "UPDATE message SET state = 0, first_try_us = 0, said = $3 WHERE customer_id = $1 AND id = $2 AND state = 4 RETURNING id"; break;
    case OUTBOX_GIVE_UP:
        t.sql = "UPDATE message SET state = 3, said = $3 WHERE customer_id = $1 AND id = $2 AND state = 4 RETURNING id";
        t.action_to = ACTION_FAILED;
        t.hook = HOOK_message_failed;
        break;
    }
    return step_alone(t, ours, err);
}

mr_status outbox_cancel(ledger *l, int64_t customer_id, int64_t id, const char *said, bool *ours, mr_error *err) {
    const db_value values[] = {text_value(said)};
    moved_row row = {.l = l, .customer_id = customer_id, .id = id};
    return moved_update(&row, "UPDATE message SET state = 5, said = $3 WHERE customer_id = $1 AND id = $2 AND state = 0 RETURNING id", "iit", values, ours, err);
}

/* --- whose sender went away --- */

mr_status outbox_unsure(ledger *l, int part, int64_t older_us, bool (*alive)(void *ctx, const char *sender), void *ctx, size_t *n, mr_error *err) {
    message_rows rows = {0};
    *n = 0;
    mr_status status = outbox_in(l, MESSAGE_SENDING, 100000, &rows, err);
    for (size_t i = 0; i < rows.n && status == MR_OK; i++) {
        const message_row *m = &rows.row[i];
        bool ours = false;
        if ((part >= 0 && m->part != part) || m->sending_us >= older_us || (alive && alive(ctx, m->sender))) continue;
        status = outbox_uncertain(l, m->customer_id, m->id, "whoever was sending it went away before the other side had answered", &ours, err);
        *n += ours;
    }
    message_rows_free(&rows);
    return status;
}
