#include "plan_list.h"

#include "weighing.h"

#include <error.h>
#include <mem.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[PLAN_WORDS] = {"draft", "send", "later", "refused", "task", "given up", "waits", "cut"};

const char *plan_word_name(plan_word word) {
    return (unsigned)word < PLAN_WORDS ? names[word] : "";
}

static const plan_item *item_of(const plan *p, const action_row *a) {
    for (size_t i = 0; i < p->n; i++)
        if (p->item[i].action == a) return &p->item[i];
    return NULL;
}

plan_word plan_word_of(const plan *p, const action_row *a) {
    static const plan_word of_fate[] = {[PLAN_DRAFT] = PLAN_WORD_DRAFT, [PLAN_SEND] = PLAN_WORD_SEND, [PLAN_LATER] = PLAN_WORD_LATER, [PLAN_REFUSED] = PLAN_WORD_REFUSED, [PLAN_TASK] = PLAN_WORD_TASK, [PLAN_GIVEN_UP] = PLAN_WORD_GIVEN_UP};
    const plan_item *item = item_of(p, a);
    if (item) return of_fate[item->fate];
    if (a->kind == RECONCILE_NOT) return PLAN_WORD_CUT; /* the gate's refusals are items */
    return a->kind == ACTION_TASK ? PLAN_WORD_TASK : a->state == ACTION_PROPOSED ? PLAN_WORD_DRAFT : PLAN_WORD_WAITS;
}

bool plan_candidate_before(const plan_candidate *x, const plan_candidate *y) {
    if (x->urgent != y->urgent) return x->urgent;
    if (x->worth != y->worth) return x->worth > y->worth;
    if (x->due_us != y->due_us) return x->due_us < y->due_us;
    return x->customer_id != y->customer_id ? x->customer_id < y->customer_id : x->action_id < y->action_id;
}

static int by_rank(const void *a, const void *b) {
    return plan_candidate_before(a, b) ? -1 : plan_candidate_before(b, a) ? 1 : 0;
}

/* Those that would not be shown go, so that a plan of a million takes the room of a few. */
static void keep_best(plan_list *list) {
    if (list->n > 1) qsort(list->candidate, list->n, sizeof *list->candidate, by_rank);
    if (list->limit && list->n > list->limit) list->n = list->limit;
}

static plan_candidate *room(plan_list *list) {
    if (list->limit && list->n >= 4 * list->limit + 64) keep_best(list);
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        plan_candidate *wider = mem_resize(NULL, list->candidate, capacity, sizeof *wider);
        if (!wider) return NULL;
        list->candidate = wider;
        list->capacity = capacity;
    }
    return &list->candidate[list->n++];
}

static const char *text(const char *t) {
    return t ? t : "";
}

static void fill_weighed(plan_candidate *c, const weighed *w, const action_row *a) {
    for (size_t i = 0; w && i < w->n; i++) {
        const weighed_option *o = &w->option[i];
        if (o->action != a) continue;
        c->weighed = true;
        c->decided = w->decided;
        c->planned = w->planned;
        c->how = w->how;
        c->gain = o->gain;
        c->error = o->error;
        c->cost = o->cost;
        c->caution = o->gain - o->worth;
        c->net = o->net;
        c->money = o->money;
        c->messages = o->messages;
        c->hours = o->hours;
        c->probability = w->probability;
        snprintf(c->why, sizeof c->why, "%s", o->why);
        if (w->decided && i != w->chosen) c->fate = PLAN_WORD_CUT;
    }
}

static void fill(plan_candidate *c, const look *k, const reconciled *r, const plan *p, const action_row *a) {
    const plan_item *item = item_of(p, a);
    const whole *w = k->w;
    *c = (plan_candidate){.customer_id = w->customer_id, .action_id = a->id, .due_us = a->due_us, .at_us = a->due_us, .worth = (double)a->value_minor * a->effect, .effect = a->effect, .value_minor = a->value_minor,
                          .fate = plan_word_of(p, a), .urgent = a->urgent, .asked = item != NULL};
    if (*w->name) snprintf(c->who, sizeof c->who, "%s", w->name);
    else if (*w->external_id) snprintf(c->who, sizeof c->who, "%s", w->external_id);
    else snprintf(c->who, sizeof c->who, "#%" PRId64, w->customer_id);
    snprintf(c->currency, sizeof c->currency, "%.3s", text(a->currency));
    snprintf(c->programme, sizeof c->programme, "%s", text(a->programme));
    snprintf(c->step, sizeof c->step, "%s", text(a->step));
    snprintf(c->channel, sizeof c->channel, "%s", text(a->channel));
    snprintf(c->owner, sizeof c->owner, "%s", text(a->owner));
    snprintf(c->what, sizeof c->what, "%s", text(a->what));
    fill_weighed(c, r->weighed, a);
    if (!item) return;
    c->at_us = item->verdict.verdict == CONTACT_NO ? CONTACT_NEVER : item->verdict.at_us;
    if (item->verdict.verdict != CONTACT_NO || *item->verdict.text) snprintf(c->channel, sizeof c->channel, "%s", contact_channel_name(item->verdict.channel));
    snprintf(c->rule, sizeof c->rule, "%s", text(item->verdict.rule));
    snprintf(c->detail, sizeof c->detail, "%s", item->verdict.text);
}

void plan_list_add(void *ctx, const look *k, const reconciled *r, const plan *p) {
    plan_list *list = ctx;
    for (size_t i = 0; i < r->put_n && !list->failed; i++) {
        const action_row *a = &r->put[i];
        if (list->programme && strcmp(list->programme, a->programme)) continue;
        plan_candidate *c = room(list);
        if (!c) list->failed = true;
        if (!c) break;
        fill(c, k, r, p, a);
        list->all++;
        list->count[c->fate]++;
    }
}

mr_status plan_list_end(plan_list *list, mr_error *err) {
    if (list->failed) return error_memory(err, list->capacity * sizeof *list->candidate);
    keep_best(list);
    return MR_OK;
}

void plan_list_free(plan_list *list) {
    mem_free(NULL, list->candidate);
    *list = (plan_list){0};
}
