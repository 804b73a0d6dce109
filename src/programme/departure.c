#include "departure.h"

#include "programme.h"

#include <ctype.h>
#include <string.h>

#define YEAR 365

static bool comes(const trace_event *e) {
    return trace_is_order(e) || e->kind == EVENT_contract_start || e->kind == EVENT_contract_renew || e->kind == EVENT_came_back;
}

/* What a way of leaving says by itself; REASON_none: nothing. */
static reason says(const trace_event *e) {
    if (e->kind == EVENT_need_ended) return e->flags & TRACE_CLOSED ? REASON_deceased_or_closed : REASON_need_ended;
    return e->kind == EVENT_moved ? REASON_moved : REASON_none;
}

static bool leaves(const trace_event *e) {
    return e->kind == EVENT_leave_confirmed || e->kind == EVENT_contract_end || e->kind == EVENT_need_ended || (e->kind == EVENT_moved && e->flags & TRACE_OUT_OF_AREA);
}

static void go(departure *d, const trace_event *e) {
    reason said = says(e) ? says(e) : e->reason && e->reason != REASON_unknown ? (reason)e->reason : REASON_none;
    if (!d->left) {
        d->left = e;
        d->day = e->kind == EVENT_leave_confirmed && e->until_day != TRACE_NO_DAY && e->until_day > e->day ? e->until_day : e->day;
        d->why = said ? said : d->intent;
    } else if (said && (says(e) || !d->away)) { /* who has moved, or has no need, has: whatever they choose from a list */
        d->why = said;
    }
    if (says(e)) d->away = true;
}

/* After they left: do they want to be left alone? */
static void since(departure *d, const trace_event *e) {
    bool no = e->kind == EVENT_offer_declined || e->kind == EVENT_leave_intent || e->kind == EVENT_complaint || e->kind == EVENT_consent_withdrawn || (d->written && e->kind == EVENT_need_ended);
    if (no && !d->no) d->no = e;
    if (e->kind == EVENT_touch_in) d->heard = e;
    if (e->kind == EVENT_touch_out && e->flags & TRACE_MARKETING) d->written = true;
    if (e->kind != EVENT_win_back_sent) return;
    d->asked = e;
    d->attempts++;
}

bool departure_hear(departure *d, const trace_event *e) {
    if (comes(e)) {
        bool back = d->left != NULL;
        *d = (departure){.customer = true};
        return back;
    }
    if (!d->customer) return false;
    if (d->left) since(d, e);
    else if (e->kind == EVENT_leave_intent) d->intent = (reason)e->reason;
    if (leaves(e)) go(d, e);
    return false;
}

bool departure_of(const look *k, departure *d) {
    *d = (departure){0};
    for (size_t i = 0; i < k->w->t.n && k->w->t.event[i].at_us <= k->now_us; i++) departure_hear(d, &k->w->t.event[i]);
    for (size_t i = 0; i < k->w->contracts_n && d->left; i++) {
        const whole_contract *c = &k->w->contracts[i];
        bool runs = c->state == WHOLE_CONTRACT_RUNNING || (c->state == WHOLE_CONTRACT_NOTICE && c->end_day != TRACE_NO_DAY && c->end_day > k->day);
        if (runs) d->left = NULL;
    }
    return d->left && d->day <= k->day;
}

const win_back_row *departure_row(const departure *d) {
    return win_back_row_of(reason_of((int)d->why)->code);
}

/* "No", "nein, danke!": the whole of what they wrote, or what the sender of the event says it was. */
static bool refuses(const char *text) {
    static const char *const words[] = {"no", "no thanks", "no thank you", "nein", "nein danke", "stop", "unsubscribe", "cancel"};
    char plain[24];
    size_t n = 0;
    for (; *text && n + 1 < sizeof plain; text++) {
        bool letter = isalpha((unsigned char)*text), space = *text == ' ' && n && plain[n - 1] != ' ';
        if (letter || space) plain[n++] = (char)tolower((unsigned char)*text);
    }
    while (n && plain[n - 1] == ' ') n--;
    plain[n] = 0;
    for (size_t i = 0; !*text && i < sizeof words / sizeof *words; i++)
        if (!strcmp(plain, words[i])) return true;
    return false;
}

static bool refused(look *k, const departure *d) {
    static const char *const fields[] = {"purpose", "comment"};
    for (size_t i = 0; i < k->w->h.n; i++) {
        const history_event *e = &k->w->h.events[i];
        if (e->kind != EVENT_touch_in || e->at_us < d->left->at_us || e->at_us > k->now_us) continue;
        for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
            const char *text = json_string_value(json_object_get(whole_body(k->w, i), fields[f]));
            if (text && refuses(text)) return true;
        }
    }
    return false;
}

const char *departure_over(look *k, const departure *d) {
    if (look_objects(k)) return "they object";
    if (d->no || refused(k, d)) return "they said no";
    for (size_t i = 0; i < k->w->actions_n; i++) {
        const action_row *a = &k->w->actions[i];
        if (!strcmp(a->programme, k->programme->name) && a->subject_id == d->left->id && a->state == ACTION_DROPPED) return "a person decided against it";
    }
    return NULL;
}

bool departure_offers(look *k, const departure *d, int64_t *occasion) {
    bool any = false;
    for (size_t i = 0; i < k->c->offers_n; i++) any = any || k->c->offers[i].places & 1u << OFFERING_WIN_BACK;
    *occasion = d->left->id;
    return any && !d->attempts && win_back_class_asked(departure_row(d)->class) && !look_objects(k);
}

double departure_year(const look *k, const departure *d) {
    double paid = 0, months = 0;
    for (size_t i = 0; i < k->w->t.n; i++) {
        const trace_event *e = &k->w->t.event[i];
        if (e->day > d->day || e->day <= d->day - YEAR) continue;
        if (e->kind == EVENT_order) paid += (double)e->amount;
        if (e->kind == EVENT_refund || e->kind == EVENT_return_goods) paid -= e->amount < 0 ? -(double)e->amount : (double)e->amount;
    }
    for (size_t i = 0; i < k->d->contracts_n; i++) {
        const digest_contract *c = &k->d->contracts[i];
        if (!c->end || c->end->day > d->day - YEAR) months += c->price;
    }
    double year = paid > 0 ? paid : 12 * months;
    return year > 0 ? year / 1e4 : 0;
}
