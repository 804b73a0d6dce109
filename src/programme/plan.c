#include "plan.h"

#include "programme.h"

#include <error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double worth(const action_row *a) {
    return (double)a->value_minor * a->effect;
}

static int by_worth(const void *a, const void *b) {
    const plan_item *x = a, *y = b;
    if (x->action->urgent != y->action->urgent) return x->action->urgent ? -1 : 1;
    double p = worth(x->action), q = worth(y->action);
    if (p != q) return p > q ? -1 : 1;
    const programme_row *r = programme_find(x->action->programme), *s = programme_find(y->action->programme);
    if (r != s) return r < s ? -1 : 1;
    return x->action->id < y->action->id ? -1 : x->action->id > y->action->id;
}

const look_wish *plan_wish_of(const look *k, const action_row *a) {
    for (size_t i = 0; i < k->n; i++) {
        const look_wish *w = &k->wish[i];
        if (w->subject_id == a->subject_id && w->occasion == a->occasion && !strcmp(w->programme->name, a->programme) && !strcmp(w->step, a->step)) return w;
    }
    return NULL;
}

gate_request plan_request(const look *k, wording *words, const action_row *a) {
    const look_wish *w = plan_wish_of(k, a);
    return (gate_request){.contact_id = a->contact_id, .purpose = (contact_purpose)contact_purpose_find(a->purpose, strlen(a->purpose)), .channel = *a->channel ? contact_channel_find(a->channel, strlen(a->channel)) : -1,
                          .topic = a->topic, .content = w ? w->content : "", .language = w ? wording_language(words, w->words, k->w->locale) : "", .at_us = k->now_us, .action_id = a->id};
}

/* A call to make, a letter to write: what the message was to be is what the person is to say. */
static void into_task(look *k, plan_item *p) {
    action_row *a = p->action;
    const char *channel = contact_channel_name(p->verdict.channel);
    a->kind = ACTION_TASK;
    a->state = ACTION_OPEN;
    a->channel = channel;
    a->contact_id = p->verdict.contact_id;
    a->what = look_text(k, "%s, as they prefer: %s", contact_channel_words(p->verdict.channel), a->what);
    a->due_us = look_within_hours(k, p->verdict.at_us > k->now_us && p->verdict.at_us != CONTACT_NEVER ? p->verdict.at_us : k->now_us, 16);
    p->fate = PLAN_TASK;
}

/* No: asked again in a week, and given up where that has gone on for too long. */
static void refused(look *k, plan_item *p) {
    p->fate = p->action->due_us + k->c->contact_hold_days * LOOK_DAY_US <= k->now_us ? PLAN_GIVEN_UP : PLAN_REFUSED;
    look_again(k, k->now_us + 7 * LOOK_DAY_US);
}

static mr_status decide(look *k, ledger *l, wording *words, zone_cache *zones, plan_item *p, bool *marketed, mr_error *err) {
    action_row *a = p->action;
    gate_request q = plan_request(k, words, a);
    contact_purpose purpose = q.purpose;
    mr_status status = gate_ask(k->w, k->c, zones, &q, &p->verdict, err);
    if (status != MR_OK) return status;
    if (p->verdict.verdict != CONTACT_NO && !wording_suits(words, k, a, p->verdict.contact_id, p->verdict.channel)) p->verdict.as_task = true;
    if (p->verdict.as_task) {
        into_task(k, p);
        return MR_OK;
    }
    bool letter = p->verdict.channel == CONTACT_letter; /* written at once, and approved as it is written: nothing is printed without a person's word ('marram letter approve') */
    if (letter && a->state == ACTION_PROPOSED && p->verdict.verdict == CONTACT_NOW) a->state = ACTION_OPEN;
    if (a->state == ACTION_PROPOSED && p->verdict.verdict != CONTACT_NO) {
        p->fate = PLAN_DRAFT;
        return MR_OK;
    }
    if (a->state == ACTION_PROPOSED) { /* nobody is asked to approve what could not go */
        p->fate = PLAN_REFUSED;
        a->kind = RECONCILE_NOT;
        look_again(k, k->now_us + 7 * LOOK_DAY_US);
        return MR_OK;
    }
    if (p->verdict.verdict == CONTACT_AT) {
        p->fate = PLAN_LATER;
        look_again(k, p->verdict.at_us);
        return MR_OK;
    }
    if (p->verdict.verdict == CONTACT_NO) {
        refused(k, p);
        return MR_OK;
    }
    /* One contact of our own accord at a time: the next is asked about when this one is on record. */
    if (purpose == CONTACT_marketing && *marketed) {
        p->fate = PLAN_LATER;
        look_again(k, k->now_us + LOOK_DAY_US);
        return MR_OK;
    }
    mr_error why = {0};
    status = wording_message(words, k, l, a, p->verdict.contact_id, p->verdict.channel, &p->message, &why);
    if (status == MR_EDATA) { /* one message that cannot be written holds up nobody else */
        p->verdict.verdict = CONTACT_NO;
        p->verdict.rule = "words";
        snprintf(p->verdict.text, sizeof p->verdict.text, "%.250s", why.message);
        refused(k, p);
        return MR_OK;
    }
    if (status != MR_OK && err) *err = why;
    *marketed = *marketed || purpose == CONTACT_marketing;
    p->fate = PLAN_SEND;
    return status;
}

mr_status plan_customer(look *k, ledger *l, wording *words, zone_cache *zones, reconciled *r, plan *out, mr_error *err) {
    bool marketed = false;
    *out = (plan){.item = arena_take(&k->text, (r->put_n + 1) * sizeof *out->item)};
    if (!out->item) return error_memory(err, (r->put_n + 1) * sizeof *out->item);
    for (size_t i = 0; i < r->put_n; i++) {
        action_row *a = &r->put[i];
        if (a->kind != ACTION_MESSAGE) continue;
        look_again(k, a->due_us > a->snoozed_us ? a->due_us : a->snoozed_us);
        if (a->due_us <= k->now_us && a->snoozed_us <= k->now_us) out->item[out->n++].action = a;
    }
    qsort(out->item, out->n, sizeof *out->item, by_worth);
    mr_status status = MR_OK;
    for (size_t i = 0; i < out->n && status == MR_OK; i++) status = decide(k, l, words, zones, &out->item[i], &marketed, err);
    for (size_t i = 0; i < r->put_n; i++) r->made -= r->put[i].kind == RECONCILE_NOT && !whole_action_of(k->w, r->put[i].id);
    return status == MR_OK && k->failed ? error_memory(err, 1024) : status;
}

static mr_status give_up(ledger *l, const look *k, const plan_item *p, mr_error *err) {
    bool changed;
    json_t *o = json_pack("{s:s,s:s,s:s}", "result", "the gate refused it for too long", "rule", p->verdict.rule, "detail", p->verdict.text);
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    if (!text) return error_memory(err, 512);
    mr_status status = action_state(l, k->w->customer_id, p->action->id, ACTION_IN(ACTION_OPEN), ACTION_FAILED, text, k->now_us, &changed, err);
    free(text);
    return status;
}

static mr_status store_answers(ledger *l, const look *k, const plan *p, size_t n, mr_error *err) {
    size_t room = 0, rows_n = 0;
    for (size_t i = 0; i < n; i++) room += p[i].n;
    gate_answer *rows = calloc(room + 1, sizeof *rows);
    if (!rows) return error_memory(err, room * sizeof *rows);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p[i].n; j++) rows[rows_n++] = gate_answer_of(k[i].w, &p[i].item[j].verdict);
    mr_status status = gate_answers_put(l, rows, rows_n, err);
    free(rows);
    return status;
}

mr_status plan_write(ledger *l, const look *k, const plan *p, size_t n, size_t *sent, mr_error *err) {
    mr_status status = store_answers(l, k, p, n, err);
    for (size_t i = 0; i < n; i++) {
        sent[i] = 0;
        for (size_t j = 0; j < p[i].n && status == MR_OK; j++) {
            const plan_item *item = &p[i].item[j];
            bool added = false;
            if (item->fate == PLAN_SEND) status = outbox_put(l, &item->message, &added, err);
            if (item->fate == PLAN_GIVEN_UP) status = give_up(l, &k[i], item, err);
            sent[i] += added;
        }
    }
    return status;
}
