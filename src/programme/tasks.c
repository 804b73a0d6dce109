#include "tasks.h"

#include <body.h>
#include <error.h>
#include <looks.h>
#include <whole.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE "marram"
#define STILL (ACTION_IN(ACTION_PROPOSED) | ACTION_IN(ACTION_OPEN))

typedef struct task {
    int64_t customer_id, id;
    action_rows rows;
} task;

static mr_status find(ledger *l, const char *id, task *t, mr_error *err) {
    *t = (task){0};
    mr_status status = action_find(l, id, &t->customer_id, &t->id, err);
    if (status == MR_OK) status = action_read(l, t->customer_id, t->id, &t->rows, err);
    if (status == MR_OK && !t->rows.n) status = error_set(err, MR_EDATA, "id", -1, "there is no task %s any more", id);
    if (status == MR_OK) t->customer_id = t->rows.row[0].customer_id;
    return status;
}

static mr_status not_open(const task *t, const char *id, mr_error *err) {
    return error_set(err, MR_EDATA, "id", -1, "%.20s is %s already", id, action_state_name(t->rows.row[0].state));
}

static char *outcome(const task_answer *a, const char *result) {
    char at[40];
    json_t *o = json_pack("{s:s,s:s}", "result", result, "at", time_text(a->now_us, at));
    if (o && *a->by) json_object_set_new(o, "by", json_string(a->by));
    if (o && *a->note) json_object_set_new(o, "note", json_string(a->note));
    if (o && a->again_day) json_object_set_new(o, "again_day", json_integer(a->again_day));
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    return text;
}

/* --- the events that doing it is --- */

typedef enum done_subject { OF_NOTHING, OF_SUBJECT } done_subject;

/* Fields that are there unless --set says otherwise: {by}, {note}, {what}, {channel}, {purpose}; "true" is a flag. */
static const struct done_row {
    const char *name;
    event_kind kind;
    done_subject subject;
    const char *field[6][2];
} done_rows[] = {
    {"promise_kept", EVENT_promise_kept, OF_SUBJECT, {{"comment", "{note}"}}},
    {"case_update", EVENT_case_update, OF_SUBJECT, {{"by_whom", "{by}"}, {"comment", "{note}"}, {"first_response", "{first}"}}},
    {"case_resolve", EVENT_case_resolve, OF_SUBJECT, {{"by_whom", "{by}"}, {"outcome", "solved"}, {"comment", "{note}"}}},
    {"account_review", EVENT_account_review, OF_NOTHING, {{"by_whom", "{by}"}, {"comment", "{note}"}}},
    {"touch_out", EVENT_touch_out, OF_NOTHING, {{"channel", "{channel}"}, {"who", "{by}"}, {"purpose", "{purpose}"}, {"subject", "{what}"}, {"topic", "{topic}"}}},
    {"owner_changed", EVENT_owner_changed, OF_NOTHING, {{NULL, NULL}}},
    {"referral_asked", EVENT_referral_asked, OF_NOTHING, {{"channel", "{channel}"}, {"who", "{by}"}}},
    {"win_back_sent", EVENT_win_back_sent, OF_NOTHING, {{"channel", "{channel}"}, {"who", "{by}"}, {"reason_code", "{reason}"}}},
};

/* What its topic says getting in touch was, besides a touch: as outbox.c does of a message. NULL: nothing. */
static const struct done_row *done_row_of(const char *name);
static const struct done_row *asked_row_of(const action_row *row) {
    return done_row_of(!strcmp(row->topic, "referral") ? "referral_asked" : !strcmp(row->topic, "win_back") ? "win_back_sent" : NULL);
}

static const char *filled(const char *text, const action_row *row, const task_answer *a) {
    const struct {
        const char *name, *value;
    } words[] = {{"{by}", *a->by ? a->by : row->owner}, {"{note}", a->note}, {"{what}", row->what}, {"{channel}", *row->channel ? row->channel : "phone"}, {"{purpose}", *row->purpose ? row->purpose : "service"}, {"{topic}", row->topic}, {"{reason}", row->reason},
                 {"{first}", !strcmp(row->step, "answer") ? "true" : ""}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i].name, text)) return words[i].value;
    return text;
}

static json_t *value_of(const char *text) {
    if (!strcmp(text, "true") || !strcmp(text, "false")) return json_boolean(*text == 't');
    return json_string(text);
}

static mr_status body_of(const struct done_row *d, const action_row *row, const task_answer *a, char **out, mr_error *err) {
    json_t *o = json_object();
    for (size_t i = 0; i < 6 && d->field[i][0]; i++) {
        const char *text = filled(d->field[i][1], row, a);
        if (*text) json_object_set_new(o, d->field[i][0], value_of(text));
    }
    for (size_t i = 0; i < a->fields; i++) {
        char name[64];
        const char *equals = strchr(a->field[i], '=');
        size_t len = equals ? (size_t)(equals - a->field[i]) : 0;
        if (!len || len >= sizeof name) {
            json_decref(o);
            return error_set(err, MR_EDATA, "set", -1, "--set must be FIELD=TEXT, not '%.60s'", a->field[i]);
        }
        snprintf(name, sizeof name, "%.*s", (int)len, a->field[i]);
        json_object_set_new(o, name, value_of(equals + 1));
    }
    *out = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    return *out ? MR_OK : error_set(err, MR_EDATA, "note", -1, "a name or a note that is not UTF-8");
}

static const struct done_row *done_row_of(const char *name) {
    for (size_t i = 0; name && i < sizeof done_rows / sizeof *done_rows; i++)
        if (!strcmp(done_rows[i].name, name)) return &done_rows[i];
    return NULL;
}

static const struct done_row *event_of(const action_row *row) {
    json_t *o = json_loads(row->document, 0, NULL);
    const struct done_row *d = done_row_of(json_string_value(json_object_get(o, "done_event")));
    json_decref(o);
    return d;
}

/* Another owner: of which side, and who was it before? Who comes after somebody introduces themselves (two_parents.c). */
static mr_status with_before(ledger *l, int64_t customer_id, char **body, mr_error *err) {
    whole w = {0};
    json_t *o = json_loads(*body, 0, NULL);
    char *text = NULL;
    mr_status status = json_object_get(o, "sales") || json_object_get(o, "operations") ? whole_read(l, customer_id, &w, err) : error_set(err, MR_EDATA, "set", -1, "say who: --set sales=NAME or --set operations=NAME");
    if (status == MR_OK) {
        const struct {
            const char *side, *before, *was;
        } sides[] = {{"sales", "sales_before", w.owner_sales}, {"operations", "operations_before", w.owner_operations}};
        for (size_t i = 0; i < 2; i++)
            if (json_object_get(o, sides[i].side) && !json_object_get(o, sides[i].before) && *sides[i].was) json_object_set_new(o, sides[i].before, json_string(sides[i].was));
        text = json_dumps(o, JSON_COMPACT);
        if (!text) status = error_memory(err, strlen(*body));
    }
    if (text) free(*body), *body = text;
    json_decref(o);
    whole_free(&w);
    return status;
}

static mr_status make_source(db *d, void *ctx, mr_error *err) {
    int32_t number;
    (void)d;
    return ledger_source(ctx, SOURCE, &number, err);
}

mr_status task_done(ledger *l, const char *id, const task_answer *a, const char **event, mr_error *err) {
    task t;
    char *body = NULL, *asked = NULL, *said = NULL, source_id[48], asked_id[48];
    bool changed = false;
    append_item item[2] = {{0}};
    size_t n = 0;
    *event = "";
    mr_status status = find(l, id, &t, err);
    const action_row *row = status == MR_OK ? &t.rows.row[0] : NULL;
    if (row && row->kind != ACTION_TASK) status = error_set(err, MR_EDATA, "id", -1, "%.20s is a message: 'marram task approve' lets it go, 'marram task drop' does not", id);
    const struct done_row *d = status == MR_OK ? event_of(row) : NULL;
    /* A task that a message became is done by getting in touch. */
    if (status == MR_OK && !d && *row->channel) d = done_row_of("touch_out");
    if (status == MR_OK && !d && a->fields) status = error_set(err, MR_EDATA, "set", -1, "doing this task is no event of its own, so that --set has nothing to be set in; --note keeps what happened");
    if (status == MR_OK && d) status = body_of(d, row, a, &body, err);
    if (status == MR_OK && d && d->kind == EVENT_owner_changed) status = with_before(l, t.customer_id, &body, err);
    const struct done_row *also = status == MR_OK && d && d->kind == EVENT_touch_out ? asked_row_of(row) : NULL;
    if (also)
        status = body_of(also, row, &(task_answer){.by = a->by, .note = a->note, .now_us = a->now_us}, &asked, err);
    if (status == MR_OK && d) {
        int len = snprintf(source_id, sizeof source_id, "task/%016" PRIx64, (uint64_t)t.id);
        status = db_transaction(l->d, DB_WRITE, make_source, l, err);
        item[0] = (append_item){.event = {.customer_id = t.customer_id,
                                          .e = {.kind = (int16_t)d->kind, .at_us = a->now_us, .recorded_at_us = a->now_us, .day = (int32_t)(a->now_us / 86400000000), .source = ledger_source_number(SOURCE),
                                                .subject_id = d->subject == OF_SUBJECT ? row->subject_id : 0, .body = body, .body_len = strlen(body), .source_id = source_id, .source_id_len = (size_t)len}}};
        item[0].event.e.id = ledger_hash(l, ledger_domain_of(l, "event", SOURCE), source_id, (size_t)len);
        n = 1;
        if (asked) {
            item[1] = item[0];
            len = snprintf(asked_id, sizeof asked_id, "asked/%016" PRIx64, (uint64_t)t.id);
            item[1].event.e.kind = (int16_t)also->kind;
            item[1].event.e.body = asked;
            item[1].event.e.body_len = strlen(asked);
            item[1].event.e.source_id = asked_id;
            item[1].event.e.source_id_len = (size_t)len;
            item[1].event.e.id = ledger_hash(l, ledger_domain_of(l, "event", SOURCE), asked_id, (size_t)len);
            n = 2;
        }
        *event = d->name;
    }
    if (status == MR_OK && !(said = outcome(a, a->result ? a->result : "done"))) status = error_set(err, MR_EDATA, "note", -1, "a name or a note that is not UTF-8");
    if (status == MR_OK) status = action_close(l, t.customer_id, t.id, a->lapsed ? STILL | ACTION_IN(ACTION_LAPSED) : STILL, ACTION_DONE, said, a->now_us, item, n, &changed, err);
    if (status == MR_OK && !changed) status = not_open(&t, id, err);
    free(body);
    free(asked);
    free(said);
    action_rows_free(&t.rows);
    return status;
}

mr_status task_drop(ledger *l, const char *id, const task_answer *a, mr_error *err) {
    task t;
    bool changed = false;
    mr_status status = find(l, id, &t, err);
    char *said = status == MR_OK ? outcome(a, "dropped") : NULL;
    if (status == MR_OK && !said) status = error_set(err, MR_EDATA, "note", -1, "a name or a note that is not UTF-8");
    if (status == MR_OK) status = action_close(l, t.customer_id, t.id, STILL, ACTION_DROPPED, said, a->now_us, NULL, 0, &changed, err);
    if (status == MR_OK && !changed) status = not_open(&t, id, err);
    free(said);
    action_rows_free(&t.rows);
    return status;
}

mr_status task_approve(ledger *l, const char *id, const task_answer *a, mr_error *err) {
    task t;
    bool changed = false;
    mr_status status = find(l, id, &t, err);
    char *said = status == MR_OK ? outcome(a, "approved") : NULL;
    if (status == MR_OK && t.rows.row[0].kind != ACTION_MESSAGE) status = error_set(err, MR_EDATA, "id", -1, "%.20s is a task: it is done or dropped, not approved", id);
    if (status == MR_OK && !said) status = error_set(err, MR_EDATA, "by", -1, "a name that is not UTF-8");
    if (status == MR_OK) status = action_close(l, t.customer_id, t.id, ACTION_IN(ACTION_PROPOSED), ACTION_OPEN, said, a->now_us, NULL, 0, &changed, err);
    if (status == MR_OK && !changed) status = not_open(&t, id, err);
    free(said);
    action_rows_free(&t.rows);
    return status;
}

typedef struct moving {
    ledger *l;
    const task *t;
    int64_t until_us, now_us;
    const char *owner, *watcher;
    bool changed;
} moving;

static mr_status move(db *d, void *ctx, mr_error *err) {
    moving *m = ctx;
    (void)d;
    mr_status status = m->owner ? action_assign(m->l, m->t->customer_id, m->t->id, m->owner, m->watcher, m->now_us, &m->changed, err)
                                : action_snooze(m->l, m->t->customer_id, m->t->id, m->until_us, m->now_us, &m->changed, err);
    bool wanted = false;
    if (status == MR_OK) status = looks_wanted(m->l, &wanted, err);
    return status == MR_OK && wanted && m->changed ? due_look_at(m->l, m->t->customer_id, m->now_us, err) : status;
}

static mr_status moved(moving *m, const char *id, mr_error *err) {
    task t;
    mr_status status = find(m->l, id, &t, err);
    m->t = &t;
    if (status == MR_OK) status = db_transaction(m->l->d, DB_WRITE, move, m, err);
    if (status == MR_OK && !m->changed) status = not_open(&t, id, err);
    action_rows_free(&t.rows);
    return status;
}

mr_status task_snooze(ledger *l, const char *id, int64_t until_us, int64_t now_us, mr_error *err) {
    return moved(&(moving){.l = l, .until_us = until_us, .now_us = now_us}, id, err);
}

mr_status task_assign(ledger *l, const char *id, const char *owner, const char *watcher, int64_t now_us, mr_error *err) {
    return moved(&(moving){.l = l, .owner = owner, .watcher = watcher, .now_us = now_us}, id, err);
}
