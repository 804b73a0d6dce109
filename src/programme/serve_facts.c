#include "serve_facts.h"

#include <currency.h>
#include <math.h>
#include <string.h>

static double number_of(const json_t *body, const char *field) {
    double x = body ? json_number_value(json_object_get(body, field)) : 0;
    return isfinite(x) && x > 0 ? x : 0;
}

static double size_of(const trace_event *e) {
    return fabs((double)e->amount) / 1e4;
}

static void touched(serve_facts *f, const json_t *body) {
    const char *channel = body ? json_string_value(json_object_get(body, "channel")) : NULL;
    if (!channel) return;
    f->letters += !strcmp(channel, "letter");
    f->calls += !strcmp(channel, "phone");
    f->visits += !strcmp(channel, "visit");
    f->emails += !strcmp(channel, "email") || !strcmp(channel, "sms");
}

/* Cases opened in the span of whose events none says how long it took. */
static int64_t unsaid(look *k, int32_t from) {
    int64_t n = 0;
    for (size_t i = 0; i < k->d->cases_n; i++) {
        const digest_case *c = &k->d->cases[i];
        bool said = false;
        if (!c->open || c->open->day <= from) continue;
        for (size_t j = 0; j < k->w->h.n && !said; j++) {
            const history_event *e = &k->w->h.events[j];
            if (e->subject_id == c->subject && (e->kind == EVENT_case_update || e->kind == EVENT_case_resolve)) said = number_of(whole_body(k->w, j), "minutes") > 0;
        }
        n += !said;
    }
    return n;
}

/* Contracts' price of the months in the span, where nothing was paid by order. */
static double contracted(const look *k, int32_t from) {
    double sum = 0;
    for (size_t i = 0; i < k->d->contracts_n; i++) {
        const digest_contract *c = &k->d->contracts[i];
        int32_t begin = c->start && c->start->day > from ? c->start->day : from, end = c->end && c->end->day < k->day ? c->end->day : k->day;
        if (end > begin && isfinite(c->price) && c->price > 0) sum += c->price / 1e4 * (end - begin) * 12 / 365.25;
    }
    return sum;
}

serve_facts serve_facts_of(look *k, int32_t days) {
    serve_facts f = {0};
    int32_t from = k->day - days;
    for (size_t i = 0; i < k->w->h.n; i++) {
        const trace_event *e = &k->w->t.event[i];
        if (e->day > k->day || e->day <= from) continue;
        const json_t *body = whole_body(k->w, i);
        if (trace_is_order(e)) f.paid += size_of(e);
        if (trace_is_order(e) && e->amount) f.discounts += number_of(body, "discount");
        if (e->kind == EVENT_refund || e->kind == EVENT_return_goods || (e->kind == EVENT_order && e->amount < 0)) f.returned += size_of(e);
        if (e->kind == EVENT_case_update || e->kind == EVENT_case_resolve) f.minutes += number_of(body, "minutes");
        if (e->kind == EVENT_touch_out) touched(&f, body);
    }
    f.cases_unsaid = unsaid(k, from);
    if (f.paid <= 0) f.paid = contracted(k, from);
    for (size_t i = 0; i < k->referral_n; i++) /* those in another currency cannot be added here, and are left out */
        for (size_t j = 0; j < k->referral[i].currencies; j++)
            if (!strcmp(k->referral[i].brought[j].currency, k->w->money.currency) && k->referral[i].brought[j].minor > 0) f.referred += (double)currency_to_money(k->referral[i].brought[j].minor, k->w->money.currency) / 1e4;
    return f;
}

serve_rates serve_rates_of(const config *c) {
    return (serve_rates){.case_hour = c->serve_case_hour, .usual_minutes = c->serve_usual_minutes, .letter = c->serve_letter, .call = c->serve_call, .visit = c->serve_visit, .email = c->serve_email,
                         .return_loss = c->serve_return_loss, .margin = c->serve_margin, .referral_credit = c->serve_referral_credit};
}
