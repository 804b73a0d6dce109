/* Actions for people: lists with the customers' names beside them. */
#include "actions.h"

#include "body.h"

#include <error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LISTED "SELECT a.customer_id, r.external_id, p.name, a.id, a.programme, a.step, a.kind, a.state, a.contact_id, a.purpose, a.channel, a.topic, a.owner, a.watcher, a.reason, " \
               "a.created_at_us, a.due_us, a.snoozed_us, a.changed_at_us, a.value_minor, a.currency, a.effect, a.urgent, a.what, a.document, a.outcome, a.subject_id, a.occasion " \
               "FROM action a LEFT JOIN customer_ref r ON r.ref = a.customer_id LEFT JOIN customer p ON p.customer_id = a.customer_id WHERE "
#define FILTER "($1 = '' OR a.programme = $1) AND ($2 = 0 OR a.kind = $2) AND ((CAST($3 AS INTEGER) >> a.state) & 1) = 1 AND ($4 = 0 OR (a.due_us <= $4 AND a.snoozed_us <= $4)) "
#define ORDER "ORDER BY CASE WHEN $5 = 1 THEN a.urgent ELSE 0 END DESC, CASE WHEN $5 = 1 THEN a.value_minor * a.effect ELSE 0 END DESC, a.due_us, a.customer_id, a.id LIMIT $6"

/* The first whose index serves the question. */
typedef enum question { OF_CUSTOMER, OF_OWNER, TASKS, PROPOSALS, OWNED, ALL } question;

static const struct {
    const char *sql, *types;
} questions[] = {
    [OF_CUSTOMER] = {LISTED "a.customer_id = $7 AND ($8 = '' OR a.owner = $8) AND " FILTER ORDER, "tddidiit"},
    [OF_OWNER] = {LISTED "a.kind = 1 AND a.state = 1 AND a.owner = $7 AND " FILTER ORDER, "tddidit"},
    [TASKS] = {LISTED "a.kind = 1 AND a.state = 1 AND " FILTER ORDER, "tddidi"},
    [PROPOSALS] = {LISTED "a.state = 0 AND ($7 = '' OR a.owner = $7) AND " FILTER ORDER, "tddidit"},
    [OWNED] = {LISTED "a.owner = $7 AND " FILTER ORDER, "tddidit"},
    [ALL] = {LISTED FILTER ORDER, "tddidi"},
};

static question question_of(const actions_query *q, int states) {
    bool tasks = q->kind == ACTION_TASK && states == ACTION_IN(ACTION_OPEN);
    if (q->customer_id) return OF_CUSTOMER;
    if (tasks) return q->owner ? OF_OWNER : TASKS;
    if (states == ACTION_IN(ACTION_PROPOSED)) return PROPOSALS;
    return q->owner ? OWNED : ALL;
}

/* --- a row as JSON --- */

static json_t *text_json(const db_statement *s, int column) {
    size_t len;
    const char *text = db_text(s, column, &len);
    return json_stringn(text, len);
}

static json_t *time_json(int64_t us) {
    char text[40];
    return us ? json_string(time_text(us, text)) : json_null();
}

static json_t *number_json(int64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    return json_string(text);
}

static json_t *object_json(const db_statement *s, int column) {
    size_t len;
    const char *text = db_text(s, column, &len);
    json_t *o = len ? json_loadb(text, len, 0, NULL) : NULL;
    return o ? o : json_null();
}

/* What is text, in its order; column numbers of LISTED. */
static const struct {
    const char *name;
    int column;
} texts[] = {{"customer", 1}, {"customer_name", 2}, {"programme", 4}, {"step", 5}, {"purpose", 9}, {"channel", 10}, {"topic", 11}, {"owner", 12}, {"watcher", 13}, {"reason", 14},
             {"currency", 20}, {"what", 23}}, times[] = {{"created", 15}, {"due", 16}, {"snoozed", 17}, {"changed", 18}};

static json_t *action_json(const db_statement *s) {
    json_t *o = json_object();
    char id[17];
    json_object_set_new(o, "id", json_string(action_id_text(db_int(s, 3), id)));
    json_object_set_new(o, "customer_id", number_json(db_int(s, 0)));
    json_object_set_new(o, "kind", json_string(action_kind_name((int)db_int(s, 6))));
    json_object_set_new(o, "state", json_string(action_state_name((int)db_int(s, 7))));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) json_object_set_new(o, texts[i].name, text_json(s, texts[i].column));
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) json_object_set_new(o, times[i].name, time_json(db_int(s, times[i].column)));
    json_object_set_new(o, "contact_id", number_json(db_int(s, 8)));
    json_object_set_new(o, "subject_id", number_json(db_int(s, 26)));
    json_object_set_new(o, "occasion", number_json(db_int(s, 27)));
    json_object_set_new(o, "value_minor", json_integer((json_int_t)db_int(s, 19)));
    json_object_set_new(o, "effect", json_real(db_real(s, 21)));
    json_object_set_new(o, "urgent", json_boolean(db_int(s, 22) != 0));
    json_object_set_new(o, "document", object_json(s, 24));
    json_object_set_new(o, "outcome", object_json(s, 25));
    return o;
}

mr_status actions_list(ledger *l, const actions_query *q, json_t **out, mr_error *err) {
    int states = q->states ? q->states : ACTION_IN(ACTION_PROPOSED) | ACTION_IN(ACTION_OPEN), n = 7;
    question which = question_of(q, states);
    const char *owner = q->owner ? q->owner : "";
    db_statement *s;
    *out = NULL;
    mr_status status = db_prepare(l->d, questions[which].sql, questions[which].types, &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, q->programme ? q->programme : "");
    db_bind_int(s, 2, q->kind);
    db_bind_int(s, 3, states);
    db_bind_int(s, 4, q->due_by_us);
    db_bind_int(s, 5, q->ranked);
    db_bind_int(s, 6, q->limit ? (int64_t)q->limit : 1000);
    if (which == OF_CUSTOMER) db_bind_int(s, n++, q->customer_id);
    if (which != TASKS && which != ALL) db_bind_string(s, n, owner);
    json_t *list = json_array();
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row && json_array_append_new(list, action_json(s)) != 0) status = error_memory(err, sizeof row);
    }
    db_reset(s);
    if (status == MR_OK) *out = list;
    else json_decref(list);
    return status;
}
