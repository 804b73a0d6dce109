/* Spells under contract: one pass over the events in order, with the contracts that run kept beside it. */
#include "risk.h"

typedef enum ending { NOT_ENDED, BY_END, BY_INTENT, BY_NOTICE } ending;

typedef struct running {
    int64_t subject;
    int32_t renewal; /* TRACE_NO_DAY: none known, or it passed and the contract went on */
    ending said;     /* BY_INTENT, BY_NOTICE: they said they would leave it */
} running;

typedef struct walk {
    const trace *t;
    int32_t known; /* what became known after that day is not looked at */
    running contract[RISK_CONTRACTS_MAX];
    size_t n, beyond; /* beyond: running, but not watched */
    bool open;        /* a spell is under way */
    ending how;       /* the last one ended */
    risk_spell spell; /* under way, or the last one */
    bool has_spell;
    int32_t life_day; /* the last word of things going on, of no contract in particular */
    size_t spells;    /* closed before `spell` */
    risk_spell *out;
    size_t room;
} walk;

static running *find(walk *w, int64_t subject) {
    for (size_t i = 0; i < w->n; i++)
        if (w->contract[i].subject == subject) return &w->contract[i];
    return NULL;
}

static size_t staying(const walk *w) {
    size_t n = w->beyond;
    for (size_t i = 0; i < w->n; i++) n += !w->contract[i].said;
    return n;
}

static void keep_last(walk *w) {
    if (!w->has_spell) return;
    if (w->spells < w->room) w->out[w->spells] = w->spell;
    w->spells++;
}

static void open_spell(walk *w, int32_t day) {
    if (w->open) return;
    keep_last(w);
    if (w->has_spell && day < w->spell.to_day) day = w->spell.to_day; /* days of two time zones */
    w->spell = (risk_spell){.from_day = day, .to_day = day};
    w->has_spell = w->open = true;
    w->how = NOT_ENDED;
}

/* The last spell goes on as if it had not ended. */
static void reopen(walk *w) {
    w->spell.left = false;
    w->spell.reason = 0;
    w->spell.event_id = 0;
    w->open = true;
    w->how = NOT_ENDED;
}

static void close_spell(walk *w, int32_t day, ending how, const trace_event *e) {
    if (!w->open) return;
    w->spell.to_day = day < w->spell.from_day ? w->spell.from_day : day;
    w->spell.left = true;
    w->spell.reason = e ? e->reason : 0;
    w->spell.event_id = e ? e->id : 0;
    w->open = false;
    w->how = how;
}

static void remove_contract(walk *w, running *c) {
    *c = w->contract[--w->n];
}

/* Contracts whose renewal date is longer ago than anybody waits, as of the beginning of `day`. */
static void lapse(walk *w, int32_t day) {
    for (;;) {
        running *first = NULL;
        for (size_t i = 0; i < w->n; i++) {
            running *c = &w->contract[i];
            if (c->renewal == TRACE_NO_DAY || (int64_t)c->renewal + RISK_GRACE_DAYS >= day) continue;
            if (!first || c->renewal < first->renewal || (c->renewal == first->renewal && c->subject < first->subject)) first = c;
        }
        if (!first) return;
        if (w->life_day > first->renewal) {
            first->renewal = TRACE_NO_DAY;
            continue;
        }
        int32_t end = first->renewal;
        remove_contract(w, first);
        if (!staying(w)) close_spell(w, end, BY_END, NULL);
    }
}

static void start(walk *w, const trace_event *e) {
    running *c = find(w, e->subject);
    if (!c && w->n < RISK_CONTRACTS_MAX) c = &w->contract[w->n++];
    if (c) {
        *c = (running){e->subject, e->until_day, NOT_ENDED};
    } else {
        w->beyond++;
    }
    if (w->open) return;
    bool goes_on = w->has_spell && (w->how == BY_INTENT || (w->how == BY_END && (int64_t)w->spell.to_day + RISK_GRACE_DAYS >= e->day));
    if (goes_on) {
        reopen(w);
    } else {
        open_spell(w, e->day);
    }
}

/* A renewal, or a change: the contract goes on. Of one nobody knew to run, it says that it does. */
static void goes_on(walk *w, const trace_event *e) {
    running *c = find(w, e->subject);
    bool renewed = e->kind == EVENT_contract_renew;
    if (!c && !renewed) return;
    if (!c) {
        start(w, e);
        return;
    }
    int32_t next = e->kind == EVENT_price_change ? TRACE_NO_DAY : e->until_day; /* a new price has a day of its own there */
    if (next != TRACE_NO_DAY || (c->renewal != TRACE_NO_DAY && c->renewal <= e->day)) c->renewal = next;
    if (!renewed) return;
    c->said = NOT_ENDED;
    if (w->open) return;
    if (w->how == BY_INTENT) reopen(w);
    else open_spell(w, e->day); /* after notice: as with a new contract */
}

static void end(walk *w, const trace_event *e) {
    running *c = find(w, e->subject);
    if (c) {
        remove_contract(w, c);
    } else if (w->beyond) {
        w->beyond--;
    }
    if (!w->open && w->how == BY_INTENT && !w->n) w->how = BY_NOTICE; /* the end they had spoken of: nothing takes that back */
    if (!staying(w)) close_spell(w, e->day, BY_END, e);
}

/* Was a contract of that number ever heard of before event e, so that one that does not run has ended? */
static bool heard_of(const walk *w, const trace_event *e) {
    for (const trace_event *before = w->t->event; before < e; before++)
        if (before->subject == e->subject && before->kind >= EVENT_contract_start && before->kind <= EVENT_contract_end && trace_known_day(before) <= w->known)
            return true;
    return false;
}

static void wants_to_leave(walk *w, const trace_event *e) {
    running *c = e->subject ? find(w, e->subject) : NULL;
    ending how = e->kind == EVENT_leave_confirmed ? BY_NOTICE : BY_INTENT;
    if (c && how > c->said) c->said = how;
    if (!w->open && w->has_spell) {
        if (how == BY_NOTICE && w->how == BY_INTENT) w->how = BY_NOTICE;
        if (!w->spell.reason) w->spell.reason = e->reason;
        return;
    }
    if (c) {
        if (staying(w)) return;
    } else if (e->subject && staying(w) && heard_of(w, e)) {
        return; /* of one that has ended: others run on */
    } else {
        for (size_t i = 0; i < w->n; i++)
            if (how > w->contract[i].said) w->contract[i].said = how;
        w->beyond = 0;
    }
    close_spell(w, e->day, how, e);
}

/* An accepted offer takes back an intent, not a notice. */
static void accepted(walk *w) {
    if (!w->open && w->how != BY_INTENT) return;
    for (size_t i = 0; i < w->n; i++)
        if (w->contract[i].said == BY_INTENT) w->contract[i].said = NOT_ENDED;
    if (!w->open) reopen(w);
}

static void take(walk *w, const trace_event *e) {
    lapse(w, e->day);
    switch (e->kind) {
    case EVENT_contract_start: start(w, e); break;
    case EVENT_contract_renew:
    case EVENT_contract_change:
    case EVENT_price_change: goes_on(w, e); break;
    case EVENT_contract_end: end(w, e); break;
    case EVENT_leave_intent:
    case EVENT_leave_confirmed: wants_to_leave(w, e); break;
    case EVENT_offer_accepted: accepted(w); break;
    case EVENT_came_back: open_spell(w, e->day); break;
    case EVENT_order:
    case EVENT_usage:
    case EVENT_payment_failed:
    case EVENT_payment_recovered:
        if (e->day > w->life_day) w->life_day = e->day; /* days of two time zones */
        break;
    default: break;
    }
}

size_t risk_contract_spells(const trace *t, int32_t until, risk_spell *out, size_t room) {
    walk w = {.t = t, .known = until, .life_day = TRACE_NO_DAY, .out = out, .room = room};
    for (size_t i = 0; i < t->n; i++)
        if (trace_known_day(&t->event[i]) <= until) take(&w, &t->event[i]);
    lapse(&w, until);
    if (w.open) w.spell.to_day = until;
    keep_last(&w);
    return w.spells;
}

bool risk_under_contract(const trace *t, int32_t day) {
    walk w = {.t = t, .known = day, .life_day = TRACE_NO_DAY};
    for (size_t i = 0; i < t->n; i++)
        if (trace_known_day(&t->event[i]) <= day) take(&w, &t->event[i]);
    lapse(&w, day);
    return w.open;
}

bool risk_has_contracts(const trace *t) {
    for (size_t i = 0; i < t->n; i++)
        if (t->event[i].kind >= EVENT_contract_start && t->event[i].kind <= EVENT_contract_end) return true;
    return false;
}

bool risk_is_customer(const trace *t) {
    for (size_t i = 0; i < t->n; i++)
        if (trace_is_order(&t->event[i])) return true;
    return risk_has_contracts(t);
}

bool risk_ordered(const trace *t, int32_t landmark, int32_t horizon_days) {
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        if (trace_is_order(e) && e->day > landmark && (int64_t)e->day <= (int64_t)landmark + horizon_days) return true;
    }
    return false;
}
