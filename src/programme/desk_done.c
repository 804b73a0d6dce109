#include "desk_done.h"

#include "leave_step.h"
#include "offering.h"
#include "tasks.h"

#include <error.h>
#include <offer.h>

#include <stdio.h>
#include <string.h>

typedef struct closing {
    ledger *l;
    const config *c;
    const desk_answer *a;
    whole w;
    const action_row *row;
    int64_t id;
} closing;

static const char *result_of(const action_row *row, char out[32]) {
    json_t *o = json_loads(row->outcome, 0, NULL);
    const char *text = json_string_value(json_object_get(o, "result"));
    snprintf(out, 32, "%s", text ? text : "");
    json_decref(o);
    return out;
}

static mr_status find(closing *g, const char *id, mr_error *err) {
    int64_t customer_id;
    mr_status status = action_find(g->l, id, &customer_id, &g->id, err);
    if (status == MR_OK) status = whole_read(g->l, customer_id, &g->w, err);
    if (status == MR_OK) g->row = whole_action_of(&g->w, g->id);
    if (status == MR_OK && !g->row) status = error_set(err, MR_EDATA, "id", -1, "there is no call %.20s any more", id);
    if (status == MR_OK && strcmp(g->row->programme, DESK_PROGRAMME))
        status = error_set(err, MR_EDATA, "id", -1, "%.20s is a task of %s, not of the save desk: 'marram task done' is for it", id, g->row->programme);
    return status;
}

/* --- the offer --- */

/* The offer on the card: drawn for this occasion, and shown. */
static mr_status the_offer(closing *g, offer_draws *all, const offer_draw **out, mr_error *err) {
    int64_t occasion = g->row->subject_id ? g->row->subject_id : action_id(g->l, g->row->customer_id, DESK_PROGRAMME, DESK_CALL, 0, g->row->occasion - g->row->occasion % DESK_ATTEMPTS);
    *out = NULL;
    mr_status status = offer_draws_of(g->l, g->row->customer_id, all, err);
    for (size_t i = 0; i < all->n && status == MR_OK; i++)
        if (all->row[i].occasion == occasion && all->row[i].state != OFFER_HELD && all->row[i].state != OFFER_NO_ROOM) *out = &all->row[i];
    if (status == MR_OK && !*out) status = error_set(err, MR_EDATA, "offer", -1, "there is no offer on this card ('marram desk next' shows what there is); leave --offer out");
    return status;
}

static bool answered(const offer_draw *d, bool accepted) {
    return d->state == (accepted ? OFFER_ACCEPTED : OFFER_DECLINED);
}

static mr_status check_offer(closing *g, mr_error *err) {
    offer_draws all = {0};
    const offer_draw *d;
    if (g->a->offer < 0) return MR_OK;
    mr_status status = the_offer(g, &all, &d, err);
    if (status == MR_OK && d->state != OFFER_SHOWN && !answered(d, g->a->offer)) status = error_set(err, MR_EDATA, "offer", -1, "the offer '%.60s' was answered before, or has expired", d->offer);
    if (status == MR_OK && d->state == OFFER_SHOWN && g->a->now_us > d->expires_us) status = error_set(err, MR_EDATA, "offer", -1, "the offer '%.60s' has expired", d->offer);
    offer_draws_free(&all);
    return status;
}

static mr_status answer_offer(closing *g, mr_error *err) {
    offer_draws all = {0};
    const offer_draw *d;
    if (g->a->offer < 0) return MR_OK;
    mr_status status = the_offer(g, &all, &d, err);
    if (status == MR_OK && !answered(d, g->a->offer)) status = offering_answer(g->l, g->row->customer_id, d->id, g->a->offer, g->a->note, g->a->now_us, err);
    offer_draws_free(&all);
    return status;
}

/* --- the call --- */

static mr_status close_call(closing *g, const char *id, mr_error *err) {
    char field[40], before[32];
    const char *set[] = {field}, *event, *name = desk_outcome_name(g->a->outcome);
    if (g->row->state == ACTION_DONE) {
        if (!strcmp(result_of(g->row, before), name)) return MR_OK;
        return error_set(err, MR_EDATA, "outcome", -1, "%.20s is done already, and was '%s'", id, before);
    }
    snprintf(field, sizeof field, "outcome=%s", name);
    const task_answer t = {.by = g->a->by, .note = g->a->note, .result = name, .again_day = g->a->outcome == DESK_LATER ? g->a->again_day : 0, .lapsed = true, .field = set, .fields = 1, .now_us = g->a->now_us};
    return task_done(g->l, id, &t, &event, err);
}

/* --- what they decided --- */

/* Of the contract the intent is about; of who said nothing before, of the one that runs. */
static int64_t contract_of(const closing *g) {
    const whole_contract *one = NULL;
    size_t n = 0;
    for (size_t i = 0; g->row->subject_id && i < g->w.h.n; i++)
        if (g->w.h.events[i].id == g->row->subject_id) return g->w.h.events[i].subject_id;
    for (size_t i = 0; i < g->w.contracts_n; i++)
        if (g->w.contracts[i].state != WHOLE_CONTRACT_ENDED) one = &g->w.contracts[i], n++;
    return n == 1 ? one->id : 0;
}

static mr_status decide(closing *g, mr_error *err) {
    leave_flow f;
    exit_answer answer;
    exit_step step = g->a->outcome == DESK_SAVED ? EXIT_STAY : EXIT_CONFIRM;
    const leave_answer said = {.channel = "phone", .code = "", .words = "", .last_day = TRACE_NO_DAY, .now_us = g->a->now_us};
    if (g->a->outcome != DESK_SAVED && g->a->outcome != DESK_LEFT) return MR_OK;
    mr_status status = whole_read(g->l, g->row->customer_id, &g->w, err); /* the offer's answer may have said it */
    if (status != MR_OK) return status;
    g->row = whole_action_of(&g->w, g->id);
    leave_flow_of(&g->w, contract_of(g), LEAVE_ALL, work_day_of(&g->c->work, g->a->now_us), &f);
    if (f.flow.state == EXIT_LEFT || (step == EXIT_STAY && f.flow.state != EXIT_INTENT)) return MR_OK;
    return leave_step(g->l, &g->w, &f, step, &said, &answer, err);
}

mr_status desk_done(ledger *l, const config *c, const char *id, const desk_answer *a, mr_error *err) {
    closing g = {.l = l, .c = c, .a = a};
    mr_status status = find(&g, id, err);
    if (status == MR_OK && a->offer >= 0 && a->outcome == DESK_NOT_REACHED) status = error_set(err, MR_EDATA, "offer", -1, "who was not reached has not answered an offer");
    if (status == MR_OK && a->offer > 0 && a->outcome == DESK_LEFT) status = error_set(err, MR_EDATA, "offer", -1, "who accepted the offer has not left: saved, or leave --offer out");
    if (status == MR_OK) status = check_offer(&g, err);
    if (status == MR_OK) status = close_call(&g, id, err); /* first: what was said is on record whatever comes */
    if (status == MR_OK) status = answer_offer(&g, err);
    if (status == MR_OK) status = decide(&g, err);
    whole_free(&g.w);
    return status;
}
