#include "desk_card.h"

#include "gate.h"
#include "offering.h"
#include "save_desk.h"

#include <body.h>
#include <calendar.h>
#include <currency.h>
#include <error.h>
#include <readable.h>

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE = 100000, TRIED = 1000, WRONG = 6 }; /* open calls; asked of the gate before it is enough; what went wrong lately */
#define LATELY_DAYS 183

static const char *text_of(const json_t *o, const char *name) {
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

/* --- the queue --- */

static double gain_of(const json_t *a) {
    return (double)json_integer_value(json_object_get(a, "value_minor")) * json_number_value(json_object_get(a, "effect"));
}

static int by_gain(const void *x, const void *y) {
    const json_t *a = *(json_t *const *)x, *b = *(json_t *const *)y;
    bool waits[] = {json_is_true(json_object_get(a, "waits")), json_is_true(json_object_get(b, "waits"))};
    double gain[] = {gain_of(a), gain_of(b)};
    if (waits[0] != waits[1]) return waits[0] ? 1 : -1;
    if (gain[0] > gain[1] || gain[0] < gain[1]) return gain[0] > gain[1] ? -1 : 1;
    int due = strcmp(text_of(a, "due"), text_of(b, "due"));
    return due ? due : strcmp(text_of(a, "id"), text_of(b, "id"));
}

static bool waits(const json_t *a, int64_t now_us) {
    const char *until = text_of(a, "snoozed");
    int64_t at_us;
    return *until && time_read(until, strlen(until), &at_us) && at_us > now_us;
}

mr_status desk_queue(const desk_ask *a, json_t **out, mr_error *err) {
    const actions_query q = {.owner = a->owner, .programme = DESK_PROGRAMME, .kind = ACTION_TASK, .states = ACTION_IN(ACTION_OPEN), .limit = QUEUE};
    json_t *list = NULL, *sorted = json_array();
    *out = NULL;
    mr_status status = actions_list(a->l, &q, &list, err);
    size_t n = json_array_size(list);
    json_t **row = calloc(n + 1, sizeof *row);
    if (status == MR_OK && (!row || !sorted)) status = error_memory(err, n * sizeof *row);
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        row[i] = json_array_get(list, i);
        json_object_set_new(row[i], "gain_minor", json_integer((json_int_t)llrint(gain_of(row[i]))));
        json_object_set_new(row[i], "waits", json_boolean(waits(row[i], a->now_us)));
    }
    if (status == MR_OK) qsort(row, n, sizeof *row, by_gain);
    for (size_t i = 0; i < n && status == MR_OK; i++) json_array_append(sorted, row[i]);
    free(row);
    json_decref(list);
    if (status == MR_OK) *out = sorted;
    else json_decref(sorted);
    return status;
}

/* --- their story --- */

static void line(json_t *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line(json_t *list, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len >= (int)sizeof text) { /* not within a character */
        len = (int)sizeof text - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80) text[--len] = 0;
        text[len] = 0;
    }
    json_array_append_new(list, json_string(text));
}

static char *money(char out[64], int64_t minor, const char *currency) {
    text_buffer text = {0};
    money_text(&text, minor, currency, strlen(currency));
    text_terminate(&text);
    const char *shown = currency_shown(currency);
    snprintf(out, 64, "%.40s%s%.8s", text.data ? text.data : "", *shown ? " " : "", shown);
    text_free(&text);
    return out;
}

static const char *day(int64_t us, char out[11]) {
    return calendar_text((int32_t)(us / LOOK_DAY_US - (us % LOOK_DAY_US < 0)), out);
}

static void since(json_t *list, const whole *w, int64_t now_us) {
    char first[11];
    for (size_t i = 0; i < w->h.n && w->h.events[i].at_us <= now_us; i++) {
        const history_event *e = &w->h.events[i];
        if (!event_is_order(e) && e->kind != EVENT_contract_start) continue;
        double years = (double)(now_us - e->at_us) / (double)LOOK_DAY_US / 365.25;
        if (years < 1) line(list, "Customer since %s", day(e->at_us, first));
        else line(list, "Customer since %s: %.0f year%s", day(e->at_us, first), floor(years), years < 2 ? "" : "s");
        return;
    }
}

static void contracts(json_t *list, const whole *w) {
    static const char *const states[] = {"", "runs", "notice given", "ended"};
    for (size_t i = 0; i < w->contracts_n; i++) {
        const whole_contract *c = &w->contracts[i];
        char price[64] = "", until[11], renewal[48] = "";
        if (c->state == WHOLE_CONTRACT_ENDED) continue;
        if (c->price_minor > 0) money(price, c->price_minor, c->currency);
        if (c->renewal_day != TRACE_NO_DAY) snprintf(renewal, sizeof renewal, ", its term ends on %s", calendar_text(c->renewal_day, until));
        line(list, "Contract %.60s%s%.60s%s%s%s%s (%s)", c->number, *c->product ? ": " : "", c->product, *price ? ", " : "", price, *price ? c->period_months > 1 ? " a period" : " a month" : "", renewal,
             states[c->state >= 0 && c->state <= WHOLE_CONTRACT_ENDED ? c->state : 0]);
    }
}

static void orders(json_t *list, whole *w, int64_t now_us) {
    char last[11], sum[64];
    const char *product = "", *currency = "";
    int64_t n = 0, year = 0, at_us = 0;
    bool one = true;
    for (size_t i = 0; i < w->h.n && w->h.events[i].at_us <= now_us; i++) {
        const history_event *e = &w->h.events[i];
        if (!event_is_order(e)) continue;
        n++;
        at_us = e->at_us;
        const char *name = text_of(whole_body(w, i), "product");
        if (*name) product = name;
        if (now_us - e->at_us >= 365 * LOOK_DAY_US) continue;
        one = one && (!*currency || !strcmp(currency, e->currency));
        currency = e->currency;
        if (__builtin_add_overflow(year, e->amount_minor, &year)) one = false;
    }
    if (!n) return;
    if (one && year > 0) line(list, "%" PRId64 " order%s, the last on %s%s%.80s; %s in the last 365 days", n, n == 1 ? "" : "s", day(at_us, last), *product ? ": " : "", product, money(sum, year, currency));
    else line(list, "%" PRId64 " order%s, the last on %s%s%.80s", n, n == 1 ? "" : "s", day(at_us, last), *product ? ": " : "", product);
}

/* What went wrong: the kind in words, and the field of its body that says more. */
static const struct wrong_row {
    event_kind kind;
    const char *words, *field;
} wrong_rows[] = {{EVENT_case_open, "reported a problem", "subject"}, {EVENT_case_reopen, "said that it was not solved", "comment"}, {EVENT_complaint, "complained", "comment"}, {EVENT_promise_broken, "we did not keep a promise", "comment"},
                  {EVENT_payment_failed, "a payment failed", "reason"}, {EVENT_return_goods, "sent goods back", "reason"}, {EVENT_price_change, "we changed the price", "reason"}, {EVENT_competitor_quote, "showed us another's offer", "competitor"}};

static const struct wrong_row *wrong_row_of(int kind) {
    for (size_t i = 0; i < sizeof wrong_rows / sizeof *wrong_rows; i++)
        if ((int)wrong_rows[i].kind == kind) return &wrong_rows[i];
    return NULL;
}

static void went_wrong(json_t *list, whole *w, int64_t now_us) {
    size_t shown = 0;
    for (size_t i = w->h.n; i > 0 && shown < WRONG; i--) {
        const history_event *e = &w->h.events[i - 1];
        const struct wrong_row *row = wrong_row_of(e->kind);
        char on[11];
        if (e->at_us > now_us || !row) continue;
        if (now_us - e->at_us > LATELY_DAYS * LOOK_DAY_US) break;
        const char *more = text_of(whole_body(w, i - 1), row->field);
        const whole_case *c = e->kind == EVENT_case_open ? whole_case_of(w, e->subject_id) : NULL;
        line(list, "%s: %s%s%.200s%s", day(e->at_us, on), row->words, *more ? ": " : "", more, !c ? "" : c->open ? " (still open)" : " (closed)");
        shown++;
    }
}

static void spoken(json_t *list, whole *w, int64_t now_us) {
    for (size_t i = w->h.n; i > 0; i--) {
        const history_event *e = &w->h.events[i - 1];
        char on[11];
        if (e->at_us > now_us || (e->kind != EVENT_touch_out && e->kind != EVENT_touch_in)) continue;
        const json_t *body = whole_body(w, i - 1);
        const char *channel = text_of(body, "channel"), *about = text_of(body, "subject"), *outcome = text_of(body, "outcome");
        line(list, "Last spoken to on %s%s%.20s%s%.120s%s%.20s", day(e->at_us, on), *channel ? " by " : "", channel, *about ? ": " : "", about, *outcome ? "; " : "", outcome);
        return;
    }
}

static json_t *story(whole *w, int64_t now_us) {
    json_t *list = json_array();
    since(list, w, now_us);
    contracts(list, w);
    orders(list, w, now_us);
    went_wrong(list, w, now_us);
    spoken(list, w, now_us);
    return list;
}

/* --- whom to call, and when --- */

/* A call is not made at night because the gate lets an answer through at any hour: their hours, or the telephone's usual ones, hold for it, too. */
static mr_status keep_hours(const desk_ask *a, whole *w, zone_cache *zones, gate_verdict *v, mr_error *err) {
    contact_finding finding[CONTACT_RULES] = {0};
    gate_verdict own = *v;
    static const contact_rule rules[] = {CONTACT_RULE_quiet, CONTACT_RULE_hours};
    own.asked.purpose = CONTACT_marketing;
    mr_status status = v->verdict == CONTACT_NO ? MR_OK : gate_explain(w, a->c, zones, &own, finding, err);
    for (size_t i = 0; i < sizeof rules / sizeof *rules && status == MR_OK && v->verdict != CONTACT_NO; i++) {
        const contact_finding *f = &finding[rules[i]];
        int64_t at_us = v->verdict == CONTACT_NOW ? a->now_us : v->at_us;
        if (!f->holds || f->from_us == CONTACT_NEVER || f->from_us <= at_us) continue;
        v->verdict = CONTACT_AT;
        v->at_us = f->from_us;
        v->rule = contact_rule_name(rules[i]);
        snprintf(v->text, sizeof v->text, "%s", *f->text ? f->text : contact_rule_sentence(rules[i]));
    }
    return status;
}

static mr_status may_call(const desk_ask *a, whole *w, const action_row *row, zone_cache *zones, gate_verdict *v, mr_error *err) {
    int purpose = contact_purpose_find(row->purpose, strlen(row->purpose));
    const gate_request q = {.contact_id = row->contact_id, .purpose = purpose < 0 ? CONTACT_service : (contact_purpose)purpose, .channel = CONTACT_phone, .topic = row->topic, .content = "", .language = "", .at_us = a->now_us,
                            .action_id = row->id};
    mr_status status = gate_ask(w, a->c, zones, &q, v, err);
    return status == MR_OK ? keep_hours(a, w, zones, v, err) : status;
}

static json_t *call_json(const desk_ask *a, whole *w, const gate_verdict *v, zone_cache *zones) {
    mr_error ignored = {0};
    gate_verdict best;
    char at[40];
    const whole_contact *contact = v->contact_id ? whole_contact_of(w, v->contact_id) : NULL;
    gate_request q = v->asked;
    q.channel = -1;
    const char *like = gate_ask(w, a->c, zones, &q, &best, &ignored) == MR_OK && best.channel != CONTACT_phone ? contact_channel_name(best.channel) : "";
    return json_pack("{s:s,s:o,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "verdict", contact_verdict_name(v->verdict), "at", v->verdict == CONTACT_NO ? json_null() : json_string(time_text(v->at_us, at)), "contact",
                     contact ? *contact->name ? contact->name : contact->external_id : w->name, "role", contact ? contact->role : "", "phone", contact && *contact->phone ? contact->phone : w->phone, "language",
                     contact && *contact->locale ? contact->locale : w->locale, "rule", v->rule, "detail", v->text, "prefers", like);
}

/* --- the offer --- */

/* Of who wants to leave the intent is the occasion, so that the leave page and the desk make one offer between them; else the case. */
static int64_t occasion_of(const desk_ask *a, const action_row *row) {
    return row->subject_id ? row->subject_id : action_id(a->l, row->customer_id, DESK_PROGRAMME, DESK_CALL, row->subject_id, row->occasion - row->occasion % DESK_ATTEMPTS);
}

static mr_status state_of(const desk_ask *a, int64_t customer_id, int64_t id, const char **out, mr_error *err) {
    static const char *const words[] = {[OFFER_HELD] = "", [OFFER_SHOWN] = "open", [OFFER_ACCEPTED] = "accepted", [OFFER_DECLINED] = "declined", [OFFER_EXPIRED] = "expired", [OFFER_NO_ROOM] = ""};
    offer_draws all = {0};
    mr_status status = offer_draws_of(a->l, customer_id, &all, err);
    *out = "";
    for (size_t i = 0; i < all.n; i++)
        if (all.row[i].id == id) *out = all.row[i].state == OFFER_SHOWN && a->now_us > all.row[i].expires_us ? "expired" : words[all.row[i].state];
    offer_draws_free(&all);
    return status;
}

/* Who is held out sees nothing of it, nor does the card: it says what it says of everybody there is no offer for. */
static mr_status offer_json(const desk_ask *a, whole *w, const action_row *row, json_t **out, mr_error *err) {
    offering o;
    const char *state;
    char expires[40], cost[64];
    *out = json_null();
    mr_status status = offering_draw(a->l, w, a->c, OFFERING_DESK, occasion_of(a, row), reason_find(row->reason, strlen(row->reason)), "phone", a->now_us, &o, err);
    if (status != MR_OK || !o.offer || !o.shown) return status;
    status = state_of(a, row->customer_id, o.id, &state, err);
    if (status != MR_OK) return status;
    *out = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b}", "number", o.number, "name", o.offer->name, "state", state, "title", config_says_in(a->c, &o.offer->title, w->locale), "text", config_says_in(a->c, &o.offer->text, w->locale), "expires",
                     time_text(o.expires_us, expires), "costs_us", money(cost, o.offer->cost_minor, o.offer->currency), "approval", (int)o.approval);
    return MR_OK;
}

/* --- the card --- */

typedef struct reading {
    whole w;
    zone_cache zones;
    const action_row *row;
    gate_verdict verdict;
} reading;

static mr_status read_entry(const desk_ask *a, const json_t *entry, reading *r, mr_error *err) {
    int64_t id, customer_id;
    r->row = NULL;
    mr_status status = action_find(a->l, text_of(entry, "id"), &customer_id, &id, err);
    if (status == MR_OK) status = whole_read(a->l, customer_id, &r->w, err);
    if (status == MR_OK) r->row = whole_action_of(&r->w, id);
    if (status == MR_OK && !r->row) status = error_set(err, MR_EDATA, "id", -1, "the call %.16s is not there any more", text_of(entry, "id"));
    return status == MR_OK ? may_call(a, &r->w, r->row, &r->zones, &r->verdict, err) : status;
}

static void reading_free(reading *r) {
    whole_free(&r->w);
    zone_cache_free(&r->zones);
}

static mr_status card_of(const desk_ask *a, const json_t *entry, reading *r, json_t **out, mr_error *err) {
    static const char *const same[] = {"id", "customer_id", "customer", "customer_name", "what", "owner", "watcher", "reason", "due", "urgent", "value_minor", "currency", "effect", "gain_minor"};
    const json_t *document = json_object_get(entry, "document");
    json_t *offer = NULL, *o = json_object();
    mr_status status = offer_json(a, &r->w, r->row, &offer, err);
    if (status != MR_OK) {
        json_decref(o);
        return status;
    }
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) json_object_set(o, same[i], json_object_get(entry, same[i]));
    json_object_set_new(o, "kind", json_string(text_of(json_object_get(document, "values"), "desk_kind")));
    json_object_set_new(o, "tier", json_string(r->w.tier));
    json_object_set_new(o, "story", story(&r->w, a->now_us));
    json_object_set(o, "why", json_object_get(document, "why"));
    json_object_set(o, "evidence", json_object_get(document, "evidence"));
    json_object_set_new(o, "say", json_string(text_of(document, "say")));
    json_object_set_new(o, "offer", offer);
    json_object_set_new(o, "call", call_json(a, &r->w, &r->verdict, &r->zones));
    *out = o;
    return MR_OK;
}

mr_status desk_card(const desk_ask *a, const json_t *entry, json_t **out, mr_error *err) {
    reading r = {0};
    *out = NULL;
    mr_status status = read_entry(a, entry, &r, err);
    if (status == MR_OK) status = card_of(a, entry, &r, out, err);
    reading_free(&r);
    return status;
}

mr_status desk_next(const desk_ask *a, json_t **out, mr_error *err) {
    json_t *queue = NULL;
    const json_t *best = NULL;
    reading r = {0};
    int64_t best_us = CONTACT_NEVER;
    *out = NULL;
    mr_status status = desk_queue(a, &queue, err);
    for (size_t i = 0; status == MR_OK && i < json_array_size(queue) && i < TRIED; i++) {
        const json_t *entry = json_array_get(queue, i);
        if (json_is_true(json_object_get(entry, "waits"))) break;
        status = read_entry(a, entry, &r, err);
        if (status != MR_OK) break;
        int64_t at_us = r.verdict.verdict == CONTACT_NOW ? a->now_us : r.verdict.verdict == CONTACT_AT ? r.verdict.at_us : CONTACT_NEVER;
        if (best && at_us >= best_us) continue;
        best = entry;
        best_us = at_us;
        if (at_us <= a->now_us) break;
    }
    reading_free(&r);
    if (status == MR_OK && best) status = desk_card(a, best, out, err);
    json_decref(queue);
    return status;
}
