/* Win-back: who left is asked to come back where that is worth it, at a time that suits why they left; who left because we failed them first, once it has been put right. Bought away by a
 * lower price: left alone. A share is held out, so that what asking does can be measured. docs/programmes/win_back.md. */
#include "departure.h"
#include "programme.h"

#include <currency.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define ATTEMPT_DAYS 60 /* an attempt that could not be made for so long is not made late */

/* A number in [0, 1) that is this departure's for good, and that nobody without the ledger's key can foresee. */
static double draw_of(const look *k, const departure *d) {
    unsigned char hash[crypto_shorthash_BYTES];
    char text[80];
    uint64_t number = 0;
    int len = snprintf(text, sizeof text, "win_back %lld %lld", (long long)k->w->customer_id, (long long)d->left->id);
    _Static_assert(crypto_shorthash_KEYBYTES == LEDGER_KEY_BYTES, "the ledger's key is one of SipHash");
    crypto_shorthash(hash, (const unsigned char *)text, (unsigned long long)len, k->known->link_key);
    for (size_t i = 0; i < sizeof hash; i++) number = number << 8 | hash[i];
    return (double)(number >> 11) * 0x1p-53;
}

static const char *text_of(look *k, size_t event, const char *field) {
    const json_t *body = whole_body(k->w, event);
    const char *text = body ? json_string_value(json_object_get(body, field)) : NULL;
    return text ? text : "";
}

/* --- put right first --- */

typedef struct mended {
    bool yes;
    int32_t day;
    const char *what, *cause; /* "" not said */
} mended;

/* Something is open, or a promise not kept. */
static bool open_still(const look *k) {
    for (size_t i = 0; i < k->d->cases_n; i++)
        if (k->d->cases[i].is_open) return true;
    for (size_t i = 0; i < k->w->promises_n; i++)
        if (k->w->promises[i].state == WHOLE_PROMISE_OPEN) return true;
    return false;
}

/* A case resolved with what was put right, or our own task that asked for it done: its note says what. */
static mended put_right(look *k, const departure *d) {
    mended m = {.what = "", .cause = ""};
    const action_row *task = look_past(k, "put_right", d->left->id, 0);
    for (size_t i = 0; i < k->w->h.n; i++) {
        const history_event *e = &k->w->h.events[i];
        if (e->kind != EVENT_case_resolve || e->at_us > k->now_us || e->day < d->day - 365 || !*text_of(k, i, "put_right")) continue;
        m = (mended){true, e->day, text_of(k, i, "put_right"), text_of(k, i, "cause")};
    }
    if (task && task->state == ACTION_DONE && (!m.yes || look_day_of(k, task->changed_us) > m.day)) {
        json_t *o = json_loads(task->outcome, 0, NULL);
        const char *note = json_string_value(json_object_get(o, "note"));
        m = (mended){true, look_day_of(k, task->changed_us), note ? look_text(k, "%s", note) : "", ""};
        json_decref(o);
    }
    return m;
}

static void ask_put_right(look *k, const departure *d) {
    look_wish *w = look_task(k, "put_right", d->left->id, 0, look_within_hours(k, look_day_us(k, d->day) > k->now_us - 30 * LOOK_DAY_US ? look_day_us(k, d->day) : k->now_us, 24),
                             "Put right what they left for: %s", reason_of((int)d->why)->says);
    look_for_reason(k, w, d->why);
    look_why(k, w, "They left on %s because we failed them; who left for that is asked first, once it is put right", look_day_text(k, d->day));
    look_because(k, w, d->left->id, d->left->kind, d->left->day);
    look_say(k, w, "%s. When it is done: marram task done ID --note 'what was put right', which the letter to them then says", reason_of((int)d->why)->remedy);
}

/* --- the attempt --- */

static const char *money(look *k, double amount) {
    return look_text(k, "%.2f%s%s", amount, *k->w->money.currency ? " " : "", k->w->money.currency);
}

static int64_t minor_of(const look *k, double amount) {
    bool exact;
    return amount > 0 && amount < 1e11 ? currency_from_money((int64_t)rint(amount * 1e4), k->w->money.currency, &exact) : 0;
}

typedef struct offer_to { /* what it would be to ask them */
    const win_back_row *row;
    win_back_worth worth;
    double year, margin, offer_cost; /* offer_cost: expected, in the offer's money */
    bool letter;
} offer_to;

static bool offered(const look *k) {
    return k->offering && k->offering->offer && k->offering->shown;
}

static bool in_their_money(const look *k) {
    return !k->offering->offer->cost_minor || !strcmp(k->offering->offer->currency, k->w->money.currency);
}

static offer_to weigh(const look *k, const departure *d) {
    offer_to o = {.row = departure_row(d), .year = departure_year(k, d)};
    o.margin = o.year * k->c->serve_margin * k->c->win_back_years;
    o.letter = o.margin >= k->c->win_back_letter_from;
    const win_back_counts *n = &k->known->win_back[o.row->class];
    double cost = o.letter ? k->c->serve_letter : k->c->serve_email;
    if (offered(k)) /* whoever comes back takes it */
        o.offer_cost = beta_mean(win_back_learnt(win_back_prior(WIN_BACK_LOST), n->asked, n->asked_back)) * (double)currency_to_money(k->offering->offer->cost_minor, k->offering->offer->currency) / 1e4;
    if (offered(k) && in_their_money(k)) cost += o.offer_cost;
    if (win_back_worth_of(WIN_BACK_LOST, n, o.margin, cost, &o.worth) != MR_OK) o.worth.yes = false;
    return o;
}

/* In their language, else the company's, else whatever there is. */
static void put_offer(look *k, look_wish *w) {
    const offering *o = k->offering;
    const char *language = *k->w->locale ? k->w->locale : k->c->company_language;
    look_fill(k, w, "offer.title", "%s", config_says_in(k->c, &o->offer->title, language));
    look_fill(k, w, "offer.text", "%s", config_says_in(k->c, &o->offer->text, language));
    look_why(k, w, "With the offer %s (%s), not worth more than what loyal customers like them were shown; %s", o->offer->name, o->number, o->why);
    if (!in_their_money(k)) look_why(k, w, "What it costs us, in %s, is not in that sum", o->offer->currency);
    w->by_hand = w->by_hand || o->approval;
}

static void attempt(look *k, const departure *d, const offer_to *o, const mended *m, int32_t day) {
    const win_back_counts *n = &k->known->win_back[o->row->class];
    const char *words = d->attempts ? "win_back/again" : m->yes ? "win_back/put-right" : "win_back/ask";
    look_wish *w = look_message(k, "ask", d->left->id, d->attempts, look_day_us(k, day), words, "Ask them to come back%s", m->yes ? ": what they left for is put right" : "");
    look_for_reason(k, w, d->why ? d->why : REASON_unknown);
    w->purpose = CONTACT_marketing;
    w->topic = "win_back";
    w->until_us = look_day_us(k, day + ATTEMPT_DAYS);
    w->effect = o->worth.gain > 0 ? o->worth.gain : 0;
    w->error = o->worth.gain_sd;
    w->value_minor = minor_of(k, o->margin);
    w->cost = o->offer_cost;
    if (w->cost > 0) w->cost_currency = k->offering->offer->currency;
    if (o->letter) w->channel = CONTACT_letter;
    const action_row *there = look_past(k, "ask", d->left->id, d->attempts);
    bool unseen = there && there->state == ACTION_OPEN && !strstr(there->outcome, "\"approved\""); /* on its way without a person: what one must approve cannot join it */
    if (offered(k) && !(k->offering->approval && unseen)) put_offer(k, w);
    else if (k->offering) look_why(k, w, "Without an offer: %s", k->offering->why);
    if (*m->what) look_fill(k, w, "case.remedy", "%s", m->what);
    if (*m->cause) look_fill(k, w, "case.cause", "%s", m->cause);
    look_because(k, w, d->left->id, d->left->kind, d->left->day);
    look_why(k, w, "They left on %s: %s", look_day_text(k, d->day), d->why ? reason_of((int)d->why)->says : "no reason is known");
    look_why(k, w, "Worth %s, give or take %s: asked %.0f %% come back (%lld of %lld here), not asked %.0f %% (%lld of %lld held out); their margin was %s in %.3g years", money(k, o->worth.worth),
             money(k, o->worth.worth_sd), 100 * beta_mean(o->worth.asked), (long long)n->asked_back, (long long)n->asked, 100 * beta_mean(o->worth.unasked), (long long)n->held_back, (long long)n->held,
             money(k, o->margin), k->c->win_back_years);
    if (!n->asked) look_why(k, w, "Of those asked that is what others have published, until our own attempts say (docs/methods/win-back.md)");
    if (o->letter) look_why(k, w, "A letter, as their margin is %s or more", money(k, k->c->win_back_letter_from));
}

/* Drawn once for a departure, when the first attempt falls due: both arms begin on the same day. What was decided stays so, whatever the settings say later. */
static bool held_out(look *k, const departure *d) {
    if (look_past(k, "held_out", d->left->id, 0)) return true;
    if (d->attempts || look_past(k, "ask", d->left->id, ANY_OCCASION)) return false;
    return !config_strategic(k->c, k->w->external_id) && draw_of(k, d) < k->c->win_back_holdout;
}

static void hold_out(look *k, const departure *d) {
    look_wish *w = look_held(k, "held_out", d->left->id, 0, k->c->win_back_holdout);
    w->reason = d->why ? d->why : REASON_unknown;
    look_because(k, w, d->left->id, d->left->kind, d->left->day);
}

void programme_win_back(look *k) {
    departure d;
    mended m = {.what = "", .cause = ""};
    if (!departure_of(k, &d)) {
        if (d.left) look_again(k, look_day_us(k, d.day)); /* notice given, not gone yet */
        return;
    }
    const win_back_row *row = departure_row(&d);
    bool held = look_past(k, "held_out", d.left->id, 0) != NULL;
    if (!win_back_class_asked(row->class) || d.attempts >= k->c->win_back_attempts || k->day > d.day + k->c->win_back_within_days) return;
    if (held) return; /* for good, and before a dropped action is taken for a person's word */
    if (departure_over(k, &d) || (d.asked && d.heard && d.heard->at_us >= d.asked->at_us)) return; /* who answered is answered by a person */
    int32_t from = d.day;
    if (row->class == WIN_BACK_service) {
        m = put_right(k, &d);
        if (open_still(k)) return; /* nobody is asked back into an open problem */
        if (!m.yes) {
            ask_put_right(k, &d);
            return;
        }
        if (m.day > from) from = m.day;
    }
    offer_to o = weigh(k, &d);
    if (!o.worth.yes) return;
    int32_t day = d.attempts ? d.asked->day + row->again_days : from + row->first_days;
    if (day + ATTEMPT_DAYS < k->day && !d.attempts) day = k->day; /* imported, or put right, long after: from today on */
    const action_row *there = look_past(k, "ask", d.left->id, d.attempts);
    if (there && there->state <= ACTION_OUTBOX) day = look_day_of(k, there->due_us);
    if (!look_reached(k, look_day_us(k, day))) return;
    if (held_out(k, &d)) hold_out(k, &d);
    else attempt(k, &d, &o, &m, day);
}
