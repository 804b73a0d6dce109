#include "reconcile.h"

#include "programme.h"

#include <error.h>
#include <outbox.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the table has no column for, and people want to read. */
static const char *document(look *k, const look_wish *w) {
    if (*w->given && json_array_append_new(w->why, json_string(w->given))) k->failed = true;
    json_t *o = json_pack("{s:O,s:O}", "why", w->why, "evidence", w->evidence);
    const struct {
        const char *name, *text;
    } texts[] = {{"say", w->say}, {"template", w->words}, {"content", w->content}, {"done_event", w->done_event}, {"given", w->given}, {"given_to", *w->given ? w->owner : ""}};
    for (size_t i = 0; o && i < sizeof texts / sizeof *texts; i++)
        if (*texts[i].text) json_object_set_new(o, texts[i].name, json_string(texts[i].text));
    if (o && json_object_size(w->values)) json_object_set(o, "values", w->values);
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    const char *kept = text ? arena_copy(&k->text, text, strlen(text)) : NULL;
    free(text);
    json_decref(o);
    if (!kept) k->failed = true;
    return kept ? kept : "";
}

static action_standing state_of(const look *k, const look_wish *w) {
    if (w->held) return ACTION_DROPPED;
    return w->kind == ACTION_MESSAGE && (w->by_hand || programme_mode_of(k->c, w->programme) != PROGRAMME_AUTOMATIC) ? ACTION_PROPOSED : ACTION_OPEN;
}

static action_row row_of(look *k, const look_wish *w, int64_t id) {
    int64_t value = w->value_minor >= 0 ? w->value_minor : k->w->value_at_risk_minor;
    return (action_row){.customer_id = k->w->customer_id, .id = id, .programme = w->programme->name, .step = w->step, .subject_id = w->subject_id, .occasion = w->occasion, .kind = w->kind,
                        .state = state_of(k, w), .contact_id = w->contact_id, .purpose = contact_purpose_name(w->purpose),
                        .channel = w->channel >= 0 ? contact_channel_name((contact_channel)w->channel) : "", .topic = w->topic, .owner = w->owner, .watcher = w->watcher, .reason = reason_of((int)w->reason)->code,
                        .created_us = k->now_us, .due_us = w->due_us, .changed_us = k->now_us, .value_minor = value > 0 ? value : 0, .currency = w->value_minor >= 0 ? k->w->money.currency : k->w->value_currency,
                        .effect = w->effect, .urgent = w->urgent, .what = w->what, .document = document(k, w), .outcome = w->held ? "{\"result\": \"held out\"}" : ""};
}

static bool wished(const reconciled *r, int64_t id) {
    for (size_t i = 0; i < r->put_n; i++)
        if (r->put[i].id == id) return true;
    return false;
}

/* A letter waits for days: who came back, or said no, meanwhile is not asked back, and who left, or said so, is not sold to. Other messages go within minutes, or answer something, and stay. */
static bool recalled(const look *k, const whole_message *m) {
    static const char *const after[] = {"win_back", "stay_in_touch"};
    const action_row *a = m->state == MESSAGE_WAITING && m->action_id && !strcmp(m->channel, contact_channel_name(CONTACT_letter)) ? whole_action_of(k->w, m->action_id) : NULL;
    if (!a || a->state != ACTION_OUTBOX) return false;
    if (strcmp(a->programme, after[0]) && strcmp(a->programme, after[1])) return !strcmp(a->purpose, contact_purpose_name(CONTACT_marketing)) && !look_here(k);
    for (size_t i = 0; i < k->n; i++) {
        const look_wish *w = &k->wish[i];
        if (w->until_us > k->now_us && w->subject_id == a->subject_id && w->occasion == a->occasion && !strcmp(w->step, a->step) && !strcmp(w->programme->name, a->programme)) return false;
    }
    return true;
}

mr_status reconcile(look *k, const ledger *l, reconciled *out, mr_error *err) {
    *out = (reconciled){0};
    out->put = arena_take(&k->text, (k->n + 1) * sizeof *out->put);
    out->lapse = arena_take(&k->text, (k->w->actions_n + 1) * sizeof *out->lapse);
    out->over = arena_take(&k->text, (k->n + 1) * sizeof *out->over);
    out->recall = arena_take(&k->text, (k->w->messages_n + 1) * sizeof *out->recall);
    if (!out->put || !out->lapse || !out->over || !out->recall || k->failed) return error_memory(err, (k->n + 1) * sizeof *out->put);
    for (size_t i = 0; i < k->n; i++) {
        const look_wish *w = &k->wish[i];
        const action_row *there = whole_action_like(k->w, w->programme->name, w->step, w->subject_id, w->occasion); /* a merge may have brought it, with another id */
        int64_t id = there ? there->id : action_id(l, k->w->customer_id, w->programme->name, w->step, w->subject_id, w->occasion);
        if (w->until_us <= k->now_us || wished(out, id)) continue;
        look_again(k, w->until_us);
        if (w->kind == ACTION_MESSAGE) look_again(k, w->due_us);
        if (there && there->state > ACTION_OPEN) continue; /* decided, sent or done: never again */
        action_row row = row_of(k, w, id);
        if (there && there->state == ACTION_OPEN) row.state = ACTION_OPEN; /* approved */
        if (there) row.snoozed_us = there->snoozed_us;
        if (there && there->kind == ACTION_TASK && w->kind == ACTION_MESSAGE) { /* what no channel could carry stays with a person (plan.h) */
            row.kind = ACTION_TASK;
            row.state = ACTION_OPEN;
            row.channel = there->channel;
            row.what = there->what;
            row.due_us = there->due_us;
        }
        out->made += !there;
        if (there && *there->owner && *row.owner && strcmp(row.owner, there->owner)) out->over[out->over_n++] = &out->put[out->put_n];
        out->put[out->put_n++] = row;
    }
    for (size_t i = 0; i < k->w->actions_n; i++) {
        const action_row *a = &k->w->actions[i];
        if (a->state <= ACTION_OPEN && !wished(out, a->id)) out->lapse[out->lapse_n++] = a->id;
    }
    for (size_t i = 0; i < k->w->messages_n; i++)
        if (recalled(k, &k->w->messages[i])) out->recall[out->recall_n++] = &k->w->messages[i];
    return k->failed ? error_memory(err, 1024) : MR_OK;
}

/* Those of one look that are to be put, into rows (room for all of r->put): copies, as the plan points into r->put. */
static size_t put_of(const look *k, reconciled *r, action_row *rows) {
    size_t n = 0;
    for (size_t i = 0; i < r->put_n; i++) {
        bool there = whole_action_of(k->w, r->put[i].id) != NULL;
        if (r->put[i].kind != RECONCILE_NOT) rows[n++] = r->put[i];
        else if (there) r->lapse[r->lapse_n++] = r->put[i].id;
    }
    return n;
}

static mr_status recall(ledger *l, const look *k, const whole_message *m, mr_error *err) {
    bool ours, changed;
    mr_status status = outbox_cancel(l, k->w->customer_id, m->id, "no longer wanted", &ours, err);
    return status == MR_OK && ours ? action_state(l, k->w->customer_id, m->action_id, ACTION_IN(ACTION_OUTBOX), ACTION_LAPSED, "{\"result\": \"no longer wanted\"}", k->now_us, &changed, err) : status;
}

static mr_status hand_over_and_lapse(ledger *l, const look *k, const reconciled *r, mr_error *err) {
    mr_status status = MR_OK;
    bool changed;
    for (size_t i = 0; i < r->over_n && status == MR_OK; i++)
        status = action_assign(l, k->w->customer_id, r->over[i]->id, r->over[i]->owner, r->over[i]->watcher, k->now_us, &changed, err);
    for (size_t i = 0; i < r->lapse_n && status == MR_OK; i++)
        status = action_state(l, k->w->customer_id, r->lapse[i], ACTION_IN(ACTION_PROPOSED) | ACTION_IN(ACTION_OPEN), ACTION_LAPSED, "{\"result\": \"no longer wanted\"}", k->now_us, &changed, err);
    for (size_t i = 0; i < r->recall_n && status == MR_OK; i++) status = recall(l, k, r->recall[i], err);
    return status;
}

mr_status reconcile_write(ledger *l, const look *k, reconciled *r, size_t n, mr_error *err) {
    size_t room = 0, rows_n = 0;
    for (size_t i = 0; i < n; i++) room += r[i].put_n;
    action_row *rows = calloc(room + 1, sizeof *rows);
    if (!rows) return error_memory(err, room * sizeof *rows);
    for (size_t i = 0; i < n; i++) rows_n += put_of(&k[i], &r[i], rows + rows_n);
    mr_status status = actions_put(l, rows, rows_n, err);
    free(rows);
    for (size_t i = 0; i < n && status == MR_OK; i++) status = hand_over_and_lapse(l, &k[i], &r[i], err);
    return status;
}
