#include "leave_step.h"

#include "offering.h"

#include <append.h>
#include <body.h>
#include <calendar.h>
#include <error.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE "marram"
#define DAY_US INT64_C(86400000000)
#define VISIT_US INT64_C(3600000000) /* so long after the last step, saying it again is another visit: its screens are counted by themselves */

typedef struct writing {
    ledger *l;
    int64_t customer_id;
    append_item item[2];
    char id[2][160];
    char *body[2];
    size_t n;
} writing;

static mr_status add(writing *o, const leave_flow *f, event_kind kind, const char *step, json_t *body, const leave_answer *a, mr_error *err) {
    size_t i = o->n++;
    o->body[i] = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (!o->body[i]) return error_set(err, MR_EDATA, "words", -1, "words that are not UTF-8");
    bool offer = kind == EVENT_offer_accepted || kind == EVENT_offer_declined, contract = kind == EVENT_leave_intent || kind == EVENT_leave_confirmed || kind == EVENT_contract_renew;
    int len = snprintf(o->id[i], sizeof o->id[i], "leave/%016" PRIx64 "/%016" PRIx64 "/%d/%s", (uint64_t)o->customer_id, (uint64_t)f->subject_id, f->ended, step);
    o->item[i] = (append_item){.event = {.customer_id = o->customer_id,
                                         .e = {.kind = (int16_t)kind, .at_us = a->now_us, .recorded_at_us = a->now_us, .day = (int32_t)(a->now_us / DAY_US), .source = ledger_source_number(SOURCE),
                                               .subject_id = offer ? f->offer_id : contract ? f->subject_id : 0, .amount_minor = kind == EVENT_offer_accepted ? f->offer_minor : 0, .body = o->body[i],
                                               .body_len = strlen(o->body[i]), .source_id = o->id[i], .source_id_len = (size_t)len}}};
    if (kind == EVENT_offer_accepted) memcpy(o->item[i].event.e.currency, f->offer_currency, strnlen(f->offer_currency, 3));
    o->item[i].event.e.id = ledger_hash(o->l, ledger_domain_of(o->l, "event", SOURCE), o->id[i], (size_t)len);
    return MR_OK;
}

static void put(json_t *o, const char *field, const char *text) {
    if (o && text && *text) json_object_set_new(o, field, json_string(text));
}

static json_t *contract_body(const leave_flow *f) {
    json_t *o = json_object();
    if (f->contract && f->subject_id) put(o, "number", f->contract->number);
    return o;
}

static json_t *intent(const leave_flow *f, const leave_answer *a) {
    json_t *o = contract_body(f);
    put(o, "reason_code", a->code);
    put(o, "feedback", a->words);
    put(o, "channel", a->channel);
    return o;
}

static json_t *confirmed(const leave_flow *f, const leave_answer *a) {
    char day[11];
    json_t *o = contract_body(f);
    put(o, "reason_code", *a->code ? a->code : reason_of(f->why)->code);
    put(o, "feedback", *a->words ? a->words : f->words);
    put(o, "effective", calendar_text(f->last_day, day));
    return o;
}

static json_t *survey(const leave_answer *a) {
    json_t *o = json_pack("{s:s}", "name", LEAVE_SURVEY);
    put(o, "reason_code", a->code);
    put(o, "comment", a->words);
    return o;
}

static json_t *of_offer(const leave_flow *f, const leave_answer *a, const char *field) {
    json_t *o = json_object();
    put(o, "number", f->offer_number);
    put(o, "offer", f->offer);
    put(o, field, a->words);
    return o;
}

static mr_status events_of(writing *o, const leave_flow *f, exit_step step, const leave_answer *a, mr_error *err) {
    char again[48];
    mr_status status = MR_OK;
    bool begins = step == EXIT_START || (step == EXIT_CONFIRM && f->flow.state != EXIT_INTENT);
    snprintf(again, sizeof again, "start/%" PRId64, a->now_us);
    if (begins) status = add(o, f, EVENT_leave_intent, f->flow.state == EXIT_INTENT ? again : "start", intent(f, a), a, err);
    snprintf(again, sizeof again, "reason/%" PRId64, a->now_us);
    if (status != MR_OK || step == EXIT_START) return status;
    if (step == EXIT_REASON) return add(o, f, EVENT_survey, again, survey(a), a, err);
    if (step == EXIT_DECLINE) return add(o, f, EVENT_offer_declined, "decline", of_offer(f, a, "feedback"), a, err);
    if (step == EXIT_ACCEPT) return add(o, f, EVENT_offer_accepted, "accept", of_offer(f, a, "comment"), a, err);
    if (step == EXIT_CONFIRM) return add(o, f, EVENT_leave_confirmed, "confirm", confirmed(f, a), a, err);
    return f->contract && f->subject_id ? add(o, f, EVENT_contract_renew, "stay", contract_body(f), a, err) : add(o, f, EVENT_came_back, "stay", json_object(), a, err);
}

static mr_status write_all(db *d, void *ctx, mr_error *err) {
    writing *o = ctx;
    int32_t number;
    (void)d;
    mr_status status = ledger_source(o->l, SOURCE, &number, err);
    return status == MR_OK ? ledger_append_within(o->l, o->item, o->n, err) : status;
}

static bool is_text(const char *text) {
    json_t *o = json_string(text);
    json_decref(o);
    return o != NULL;
}

static mr_status allowed(const leave_flow *f, exit_step step, const leave_answer *a, mr_error *err) {
    char day[11];
    if (!is_text(a->words) || !is_text(a->channel)) return error_set(err, MR_EDATA, is_text(a->words) ? "channel" : "words", -1, "words that are not UTF-8");
    if (step == EXIT_ACCEPT && f->offer_expires_us != WHOLE_NO_TIME && a->now_us > f->offer_expires_us)
        return error_set(err, MR_EDATA, "offer", -1, "the offer '%.80s' has expired on %s; leaving needs no answer to it: marram leave confirm", f->offer, calendar_text((int32_t)(f->offer_expires_us / DAY_US), day));
    if (step == EXIT_CONFIRM && a->last_day != TRACE_NO_DAY && a->last_day < (int32_t)(a->now_us / DAY_US))
        return error_set(err, MR_EDATA, "effective", -1, "%s has passed: the last day is today, or later", calendar_text(a->last_day, day));
    if (step == EXIT_REASON && !*a->code && !*a->words) return error_set(err, MR_EDATA, "reason", -1, "say one: a code ('marram leave show' lists them) or --words; or none at all: marram leave confirm");
    return MR_OK;
}

/* Was it drawn here? Else whoever else made it keeps account of it, and its answer is an event and no more. */
static mr_status drawn_here(ledger *l, const whole *w, int64_t offer_id, bool *here, mr_error *err) {
    offer_draws all = {0};
    *here = false;
    mr_status status = offer_draws_of(l, w->customer_id, &all, err);
    for (size_t i = 0; i < all.n; i++) *here = *here || all.row[i].id == offer_id;
    offer_draws_free(&all);
    return status;
}

static int64_t after(const leave_flow *f, int64_t now_us) {
    return f->last_us != WHOLE_NO_TIME && now_us <= f->last_us ? f->last_us + 1 : now_us;
}

static mr_status read_again(ledger *l, whole *w, leave_flow *f, int64_t now_us, mr_error *err) {
    mr_status status = whole_read(l, w->customer_id, w, err);
    if (status == MR_OK) leave_flow_of(w, f->subject_id, LEAVE_ALL, (int32_t)(now_us / DAY_US), f);
    return status;
}

mr_status leave_offer(ledger *l, whole *w, const config *c, leave_flow *f, int64_t now_us, mr_error *err) {
    offering o;
    if (f->flow.state != EXIT_INTENT || f->flow.offered || f->why == REASON_none) return MR_OK;
    mr_status status = offering_choose(l, w, c, OFFERING_EXIT, f->intent_id, f->why, now_us, &o, err);
    if (status != MR_OK || !o.offer || o.approval) return status;
    status = offering_draw(l, w, c, OFFERING_EXIT, f->intent_id, f->why, f->channel, after(f, now_us), &o, err);
    return status == MR_OK ? read_again(l, w, f, now_us, err) : status;
}

mr_status leave_step(ledger *l, whole *w, leave_flow *f, exit_step step, const leave_answer *a, exit_answer *answer, mr_error *err) {
    exit_flow next = f->flow;
    leave_answer later = *a;
    writing o = {.l = l, .customer_id = w->customer_id};
    *answer = exit_take(&next, step, a->now_us);
    if (step == EXIT_START && f->flow.state == EXIT_INTENT && a->now_us - f->last_us >= VISIT_US) *answer = EXIT_TAKEN;
    if (*answer == EXIT_AGAIN) return MR_OK;
    if (*answer == EXIT_NOT_NOW) return error_set(err, MR_EDATA, "step", -1, "%s", exit_words(f->flow.state, step));
    mr_status status = allowed(f, step, a, err);
    /* Events of one instant are ordered by their kind: what follows has to be later to come after. */
    later.now_us = after(f, a->now_us);
    bool here = false, answers = step == EXIT_ACCEPT || step == EXIT_DECLINE;
    if (status == MR_OK && answers) status = drawn_here(l, w, f->offer_id, &here, err);
    if (status == MR_OK && here) {
        status = offering_answer(l, w->customer_id, f->offer_id, step == EXIT_ACCEPT, a->words, later.now_us, err);
        return status == MR_OK ? read_again(l, w, f, a->now_us, err) : status;
    }
    if (status == MR_OK && step == EXIT_CONFIRM && a->last_day != TRACE_NO_DAY) f->last_day = a->last_day;
    if (status == MR_OK) status = events_of(&o, f, step, &later, err);
    if (status == MR_OK) status = db_transaction(l->d, DB_WRITE, write_all, &o, err);
    for (size_t i = 0; i < o.n; i++) free(o.body[i]);
    if (status == MR_OK && o.n && o.item[o.n - 1].outcome != APPEND_ADDED) *answer = EXIT_AGAIN; /* somebody else was at it, and quicker */
    return status == MR_OK ? read_again(l, w, f, a->now_us, err) : status;
}
