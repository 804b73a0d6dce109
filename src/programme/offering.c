#include "offering.h"

#include "objecting.h"

#include <body.h>
#include <error.h>
#include <fairness.h>
#include <mem.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE "marram"

/* --- what is known of them --- */

static const char *text_of(const json_t *body, const char *name) {
    const char *text = body ? json_string_value(json_object_get(body, name)) : NULL;
    return text ? text : "";
}

static offer_record record_of(whole *w, int64_t now_us) {
    offer_record r = offer_record_begin();
    for (size_t i = 0; i < w->h.n && w->h.events[i].at_us <= now_us; i++) {
        const history_event *e = &w->h.events[i];
        switch (e->kind) {
        case EVENT_leave_intent: offer_hear(&r, OFFER_WORD_INTENT, e->at_us); break;
        case EVENT_offer_accepted: offer_hear(&r, OFFER_WORD_TOOK, e->at_us); break;
        case EVENT_contract_renew: offer_hear(&r, OFFER_WORD_STAYS, e->at_us); break;
        case EVENT_leave_confirmed:
        case EVENT_contract_end: offer_hear(&r, OFFER_WORD_LEFT, e->at_us); break;
        case EVENT_contract_start: offer_hear(&r, OFFER_WORD_BACK, e->at_us); break;
        case EVENT_order:
            if (r.left && event_is_order(e)) offer_hear(&r, OFFER_WORD_BACK, e->at_us);
            break;
        case EVENT_came_back: offer_hear(&r, *text_of(whole_body(w, i), "offer") ? OFFER_WORD_BACK_ON_OFFER : OFFER_WORD_BACK, e->at_us); break;
        default: break;
        }
    }
    return r;
}

/* Of the newest contract, else of the last order; "" not known. */
static const char *product_of(whole *w, int64_t now_us) {
    const whole_contract *newest = NULL;
    for (size_t i = 0; i < w->contracts_n; i++)
        if (*w->contracts[i].product && (!newest || w->contracts[i].start_day > newest->start_day)) newest = &w->contracts[i];
    if (newest) return newest->product;
    for (size_t i = w->h.n; i-- > 0;)
        if (w->h.events[i].at_us <= now_us && event_is_order(&w->h.events[i]) && *text_of(whole_body(w, i), "product")) return text_of(whole_body(w, i), "product");
    return "";
}

typedef struct choosing {
    ledger *l;
    whole *w;
    const config *c;
    offering_place place;
    int64_t occasion, now_us;
    reason why;
    const char *channel;
    offering *out;
    offer_draws past;
    offer_past *before;
    offer_terms *terms;
    offer_record record;
    offer_case asked;
} choosing;

static void number_of(int64_t id, char out[24]) {
    snprintf(out, 24, "O-%016" PRIx64, (uint64_t)id);
}

static mr_status terms_of(choosing *g, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t i = 0; i < g->c->offers_n && status == MR_OK; i++) {
        const config_offer *o = &g->c->offers[i];
        int64_t used = 0;
        if (o->cap_days) status = offer_used(g->l, o->name, g->now_us - o->cap_days * OFFER_DAY_US, g->now_us, &used, err);
        g->terms[i] = (offer_terms){o->name, {o->reasons.at, o->reasons.n}, {o->tiers.at, o->tiers.n}, {o->products.at, o->products.n}, o->places, o->benefit, o->effect, o->holdout, o->cost_minor, o->until,
                                    o->cap_days ? o->cap - used : INT64_MAX};
    }
    return status;
}

static void as_drawn(choosing *g, const offer_draw *d) {
    offering *out = g->out;
    out->again = true;
    out->offer = config_offer_of(g->c, d->offer);
    out->shown = out->offer && d->state != OFFER_HELD && d->state != OFFER_NO_ROOM;
    out->strategic = d->strategic;
    out->approval = out->offer && out->offer->approval_minor >= 0 && d->cost_minor > out->offer->approval_minor;
    out->probability = d->probability;
    out->id = d->id;
    out->expires_us = d->expires_us;
    number_of(d->id, out->number);
    if (!out->offer) snprintf(out->why, sizeof out->why, "'%.60s' was drawn for this, and is no longer in the settings", d->offer);
    else snprintf(out->why, sizeof out->why, "drawn before: %s", d->state == OFFER_HELD ? "held out" : d->state == OFFER_NO_ROOM ? offer_verdict_words(OFFER_FULL) : "shown");
}

/* Why none: the rule the last of the candidates fell by. */
static void why_none(choosing *g) {
    size_t text = 0;
    char *why = g->out->why;
    snprintf(why, sizeof g->out->why, g->c->offers_n ? "none fits:" : "the settings have no offers");
    for (size_t i = 0; i < g->c->offers_n && (text = strlen(why)) + 1 < sizeof g->out->why; i++)
        snprintf(why + text, sizeof g->out->why - text, "%s %s %s", i ? ";" : "", g->terms[i].name, offer_verdict_words(offer_judge(&g->terms[i], &g->asked)));
}

static mr_status choose(choosing *g, mr_error *err) {
    whole *w = g->w;
    offering *out = g->out;
    *out = (offering){0};
    mr_status status = offer_draws_of(g->l, w->customer_id, &g->past, err);
    for (size_t i = 0; i < g->past.n && status == MR_OK; i++)
        if (g->past.row[i].occasion == g->occasion) return as_drawn(g, &g->past.row[i]), MR_OK; /* wherever it was drawn: one occasion, one draw */
    if (status != MR_OK) return status;
    g->record = record_of(w, g->now_us);
    bool objects = objecting(w, NULL, g->now_us, NULL) != NULL;
    if (g->place != OFFERING_EXIT && objects) return snprintf(out->why, sizeof out->why, "they object to marketing: no offer of our own accord"), MR_OK;
    if (offer_hopper(&g->record)) return snprintf(out->why, sizeof out->why, "they have left, or said so, before and were kept by offers: none"), MR_OK;
    g->before = mem_new(NULL, g->past.n + 1, sizeof *g->before);
    g->terms = mem_new(NULL, g->c->offers_n + 1, sizeof *g->terms);
    if (!g->before || !g->terms) return error_memory(err, sizeof *g->terms);
    for (size_t i = 0; i < g->past.n; i++) g->before[i] = (offer_past){g->past.row[i].offer, g->past.row[i].state, g->past.row[i].drawn_us};
    g->asked = (offer_case){.place = (offer_place)g->place, .reason = reason_of((int)g->why)->code, .tier = w->tier, .product = product_of(w, g->now_us), .now_us = g->now_us, .day = work_day_of(&g->c->work, g->now_us),
                            .past = g->before, .past_n = g->past.n, .fairness = fairness_applies(g->place == OFFERING_WIN_BACK, g->record.back_us, g->now_us)};
    status = terms_of(g, err);
    if (status == MR_OK && g->asked.fairness) status = offer_fair_limit(g->l, g->asked.tier, g->asked.product, g->now_us, &g->asked.fair_limit, err);
    if (status != MR_OK) return status;
    int best = offer_best(g->terms, g->c->offers_n, &g->asked);
    if (best < 0) return why_none(g), MR_OK;
    const config_offer *o = &g->c->offers[best];
    char text[160];
    int len = snprintf(text, sizeof text, "%" PRId64 " %s %" PRId64, w->customer_id, o->name, g->occasion);
    out->offer = o;
    out->strategic = objects || config_strategic(g->c, w->external_id); /* nothing is learnt from those who object either */
    out->probability = out->strategic ? 1 : 1 - o->holdout;
    out->shown = out->strategic || offer_drawn((uint64_t)ledger_hash(g->l, ledger_domain_of(g->l, "offer draw", ""), text, (size_t)len), o->holdout);
    out->approval = o->approval_minor >= 0 && o->cost_minor > o->approval_minor;
    out->id = offer_draw_id(g->l, w->customer_id, (int)g->place, g->occasion);
    out->expires_us = g->now_us + o->expires_days * OFFER_DAY_US;
    number_of(out->id, out->number);
    snprintf(out->why, sizeof out->why, "%s%s%s", out->shown ? "" : "held out of: ", o->reasons.n ? "answers the reason " : "for any reason", o->reasons.n ? g->asked.reason : "");
    return MR_OK;
}

static void end(choosing *g) {
    offer_draws_free(&g->past);
    mem_free(NULL, g->before);
    mem_free(NULL, g->terms);
    g->before = NULL;
    g->terms = NULL;
}

mr_status offering_choose(ledger *l, whole *w, const config *c, offering_place place, int64_t occasion, reason why, int64_t now_us, offering *out, mr_error *err) {
    choosing g = {.l = l, .w = w, .c = c, .place = place, .occasion = occasion, .why = why, .now_us = now_us, .out = out};
    mr_status status = choose(&g, err);
    end(&g);
    return status;
}

/* --- drawing --- */

static mr_status append(ledger *l, int64_t customer_id, int kind, int64_t id, int64_t at_us, const char *currency, int64_t amount_minor, json_t *body, mr_error *err) {
    char source_id[48];
    int32_t source;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (!text) return error_set(err, MR_EDATA, "said", -1, "what they said is not UTF-8");
    int len = snprintf(source_id, sizeof source_id, "offer/%016" PRIx64 "/%d", (uint64_t)id, kind);
    mr_status status = ledger_source(l, SOURCE, &source, err);
    append_item item = {.event = {.customer_id = customer_id, .e = {.kind = (int16_t)kind, .at_us = at_us, .recorded_at_us = at_us, .day = (int32_t)(at_us / 86400000000), .source = ledger_source_number(SOURCE), .subject_id = id,
                                                                    .amount_minor = amount_minor, .body = text, .body_len = strlen(text), .source_id = source_id, .source_id_len = (size_t)len}}};
    snprintf(item.event.e.currency, sizeof item.event.e.currency, "%s", currency);
    item.event.e.id = ledger_hash(l, ledger_domain_of(l, "event", SOURCE), source_id, (size_t)len);
    if (status == MR_OK) status = ledger_append_within(l, &item, 1, err);
    free(text);
    return status;
}

static mr_status shown_event(choosing *g, const offer_draw *d, mr_error *err) {
    json_t *body = json_pack("{s:s,s:s,s:s}", "number", g->out->number, "offer", d->offer, "channel", g->channel ? g->channel : "");
    char at[40];
    if (body && *d->reason) json_object_set_new(body, "reason_code", json_string(d->reason));
    if (body) json_object_set_new(body, "expires", json_string(time_text(d->expires_us, at)));
    return append(g->l, d->customer_id, EVENT_offer_shown, d->id, d->drawn_us, d->currency, d->cost_minor, body, err);
}

/* Everything is read again behind the lock of the cap, so that whoever was first has the place. */
static mr_status draw_it(db *db_at, void *ctx, mr_error *err) {
    choosing *g = ctx;
    (void)db_at;
    end(g);
    mr_status status = choose(g, err);
    const config_offer *o = g->out->offer;
    if (status != MR_OK || !o || g->out->again) return status;
    int64_t used = 0;
    if (o->cap_days) status = offer_cap_take(g->l, o->name, err);
    if (status == MR_OK && o->cap_days) status = offer_used(g->l, o->name, g->now_us - o->cap_days * OFFER_DAY_US, g->now_us, &used, err);
    bool full = g->out->shown && o->cap_days && used >= o->cap;
    if (full) g->out->shown = false, snprintf(g->out->why, sizeof g->out->why, "%s", offer_verdict_words(OFFER_FULL));
    const offer_draw d = {.customer_id = g->w->customer_id, .id = g->out->id, .offer = o->name, .place = (int)g->place, .occasion = g->occasion, .drawn_us = g->now_us,
                          .state = full ? OFFER_NO_ROOM : g->out->shown ? OFFER_SHOWN : OFFER_HELD, .probability = g->out->probability, .strategic = g->out->strategic, .reason = g->asked.reason,
                          .tier = g->asked.tier, .product = g->asked.product, .benefit = o->benefit, .cost_minor = o->cost_minor, .currency = o->currency, .loyal = offer_loyal(&g->record), .expires_us = g->out->expires_us};
    if (status == MR_OK) status = offer_draw_put(g->l, &d, err);
    return status == MR_OK && g->out->shown ? shown_event(g, &d, err) : status;
}

mr_status offering_draw(ledger *l, whole *w, const config *c, offering_place place, int64_t occasion, reason why, const char *channel, int64_t now_us, offering *out, mr_error *err) {
    choosing g = {.l = l, .w = w, .c = c, .place = place, .occasion = occasion, .why = why, .now_us = now_us, .channel = channel, .out = out};
    mr_status status = db_in_transaction(l->d) ? draw_it(l->d, &g, err) : db_transaction(l->d, DB_WRITE, draw_it, &g, err);
    end(&g);
    return status;
}

/* --- answering --- */

typedef struct answering {
    ledger *l;
    int64_t customer_id, id, now_us;
    bool accepted, expired;
    const char *said;
} answering;

static mr_status answer_it(db *db_at, void *ctx, mr_error *err) {
    static const char *const states[] = {"was never shown: they were held out of it", "", "has been accepted before", "has been declined before", "expired", "was never shown: there was no room under its cap"};
    answering *g = ctx;
    offer_draws all = {0};
    const offer_draw *d = NULL;
    bool changed = false;
    char number[24];
    (void)db_at;
    g->expired = false;
    number_of(g->id, number);
    mr_status status = offer_draws_of(g->l, g->customer_id, &all, err);
    for (size_t i = 0; i < all.n; i++)
        if (all.row[i].id == g->id) d = &all.row[i];
    if (status == MR_OK && !d) status = error_set(err, MR_EDATA, "offer", -1, "offer %s is none of this customer's", number);
    if (status == MR_OK && d->state != OFFER_SHOWN) status = error_set(err, MR_EDATA, "offer", -1, "offer %s (%s) %s", number, d->offer, states[d->state >= 0 && d->state <= OFFER_NO_ROOM ? d->state : 4]);
    if (status == MR_OK) {
        g->expired = g->now_us > d->expires_us;
        status = offer_settle(g->l, g->customer_id, g->id, g->expired ? OFFER_EXPIRED : g->accepted ? OFFER_ACCEPTED : OFFER_DECLINED, g->now_us, &changed, err);
    }
    if (status == MR_OK && changed && !g->expired) {
        json_t *body = json_pack("{s:s,s:s}", "number", number, "offer", d->offer);
        if (body && g->said && *g->said) json_object_set_new(body, g->accepted ? "comment" : "feedback", json_string(g->said));
        status = append(g->l, g->customer_id, g->accepted ? EVENT_offer_accepted : EVENT_offer_declined, g->id, g->now_us, g->accepted ? d->currency : "", g->accepted ? d->cost_minor : 0, body, err);
    }
    offer_draws_free(&all);
    return status;
}

mr_status offering_answer(ledger *l, int64_t customer_id, int64_t id, bool accepted, const char *said, int64_t now_us, mr_error *err) {
    answering g = {.l = l, .customer_id = customer_id, .id = id, .now_us = now_us, .accepted = accepted, .said = said};
    mr_status status = db_transaction(l->d, DB_WRITE, answer_it, &g, err);
    if (status == MR_OK && g.expired) status = error_set(err, MR_EDATA, "offer", -1, "this offer has expired: it can no longer be accepted or declined");
    return status;
}
