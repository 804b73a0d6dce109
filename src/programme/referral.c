#include "referral.h"

#include <error.h>
#include <person.h>

#include <string.h>
#include <strings.h>

static const char *const states[REFERRAL_STATES] = {"not yet", "customer", "customer before", "several are called that"};

const char *referral_state_name(referral_state state) {
    return states[state];
}

static const char *named(whole *w, size_t event) {
    const json_t *body = whole_body(w, event);
    const char *text = body ? json_string_value(json_object_get(body, "referred")) : NULL;
    return text ? text : "";
}

/* --- who is it --- */

static void only(referral *r, const int64_t *found, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (r->customer_id && r->customer_id != found[i]) r->state = REFERRAL_AMBIGUOUS;
        r->customer_id = found[i];
    }
    if (r->state == REFERRAL_AMBIGUOUS) r->customer_id = 0;
}

/* An identifier of the source that says so, else of any; else an e-mail address. */
static mr_status look_up(ledger *l, const history_event *e, referral *r, mr_error *err) {
    int64_t found[2];
    size_t n = 0;
    mr_status status = *r->referred ? person_by_identifier(l, r->referred, e->source, found, 2, &n, err) : MR_OK;
    if (status == MR_OK && !n && strchr(r->referred, '@')) status = person_by_email(l, r->referred, found, 2, &n, err);
    if (status == MR_OK) only(r, found, n);
    return status;
}

/* --- what came of it --- */

static void paid(referral *r, const history_event *e) {
    bool back = e->kind == EVENT_refund || e->kind == EVENT_return_goods || e->amount_minor < 0;
    int64_t minor = e->amount_minor == INT64_MIN ? INT64_MAX : e->amount_minor < 0 ? -e->amount_minor : e->amount_minor;
    size_t i = 0;
    r->orders += e->kind == EVENT_order && !back;
    if (!minor) return;
    while (i < r->currencies && strcmp(r->brought[i].currency, e->currency)) i++;
    if (i == REFERRAL_CURRENCIES) {
        r->more = true;
        return;
    }
    if (i == r->currencies) memcpy(r->brought[r->currencies++].currency, e->currency, sizeof e->currency);
    if (__builtin_add_overflow(r->brought[i].minor, back ? -minor : minor, &r->brought[i].minor)) r->brought[i].minor = back ? INT64_MIN : INT64_MAX;
}

static bool makes_customer(const history_event *e) {
    return (e->kind == EVENT_order && e->amount_minor >= 0) || e->kind == EVENT_contract_start;
}

static void follow(referral *r, const history *h, int64_t until_us) {
    int32_t first = TRACE_NO_DAY;
    for (size_t i = 0; i < h->n && first == TRACE_NO_DAY && h->events[i].at_us <= until_us; i++)
        if (makes_customer(&h->events[i])) first = h->events[i].day;
    if (first == TRACE_NO_DAY) return;
    if (r->state != REFERRAL_CAME) r->state = first < r->made_day ? REFERRAL_BEFORE : REFERRAL_CAME;
    if (r->state == REFERRAL_BEFORE) return;
    r->became_day = first;
    for (size_t i = 0; i < h->n && h->events[i].at_us <= until_us; i++) {
        const history_event *e = &h->events[i];
        if (e->kind == EVENT_order || e->kind == EVENT_refund || e->kind == EVENT_return_goods) paid(r, e);
        r->contracts += e->kind == EVENT_contract_start;
        r->contracts -= e->kind == EVENT_contract_end && r->contracts;
    }
}

static bool same(const referral *a, const referral *b) {
    if (a->customer_id && b->customer_id) return a->customer_id == b->customer_id;
    return *a->referred && !strcasecmp(a->referred, b->referred);
}

/* The first event that counts: the latest `most` of the span. */
static size_t first_of(const whole *w, const referral_span *span, size_t *made) {
    size_t i = w->h.n, first = i;
    *made = 0;
    while (i > 0 && w->h.events[i - 1].at_us >= span->since_us && (!span->most || *made < span->most)) {
        i--;
        if (w->h.events[i].kind != EVENT_referral_made || w->h.events[i].at_us > span->until_us) continue;
        first = i;
        ++*made;
    }
    return first;
}

static int64_t asked_before(const whole *w, size_t event) {
    while (event-- > 0)
        if (w->h.events[event].kind == EVENT_referral_asked) return w->h.events[event].at_us;
    return WHOLE_NO_TIME;
}

mr_status referrals_of(ledger *l, whole *w, const referral_span *span, arena *in, referral **out, size_t *n, mr_error *err) {
    size_t made, first = first_of(w, span, &made);
    history h = {0};
    mr_status status = MR_OK;
    *n = 0;
    *out = arena_take(in, (made + 1) * sizeof **out);
    if (!*out) return error_memory(err, (made + 1) * sizeof **out);
    for (size_t i = first; i < w->h.n && w->h.events[i].at_us <= span->until_us && status == MR_OK; i++) {
        const history_event *e = &w->h.events[i];
        size_t k = 0;
        if (e->kind != EVENT_referral_made) continue;
        referral r = {.event_id = e->id, .made_us = e->at_us, .made_day = e->day, .referred = named(w, i), .became_day = TRACE_NO_DAY, .asked_us = asked_before(w, i)};
        status = look_up(l, e, &r, err);
        if (r.customer_id == w->customer_id) continue;
        while (k < *n && !same(&(*out)[k], &r)) k++;
        if (k == *n) (*out)[(*n)++] = r;
        if (json_is_true(json_object_get(whole_body(w, i), "became_customer"))) { /* said: since then at the latest */
            referral *known = &(*out)[k];
            if (known->state != REFERRAL_CAME) known->became_day = e->day;
            known->state = REFERRAL_CAME;
        }
    }
    for (size_t i = 0; i < *n && status == MR_OK; i++) {
        referral *r = &(*out)[i];
        if (!r->customer_id) continue;
        status = history_read(l, r->customer_id, &h, err);
        if (status == MR_OK) follow(r, &h, span->until_us);
    }
    history_free(&h);
    return status;
}
