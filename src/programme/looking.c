#include "looking.h"

#include "departure.h"
#include "leave_flow.h"
#include "objecting.h"
#include "owners.h"
#include "programme.h"
#include "taste.h"

#include <calendar.h>
#include <mem.h>
#include <work_time.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void let_go(look *k) {
    for (size_t i = 0; i < k->n; i++) {
        json_decref(k->wish[i].why);
        json_decref(k->wish[i].evidence);
        json_decref(k->wish[i].values);
    }
    k->n = 0;
}

void look_begin(look *k, whole *w, const config *c, const knowledge *known, const digest *d, int64_t now_us) {
    let_go(k);
    arena_reset(&k->text);
    k->w = w;
    k->c = c;
    k->known = known;
    k->d = d;
    k->now_us = now_us;
    k->day = d->day;
    k->again_us = LOOK_NEVER;
    k->referral = NULL;
    k->referral_n = 0;
    k->offering = NULL;
    k->failed = false;
}

void look_free(look *k) {
    let_go(k);
    mem_free(NULL, k->wish);
    arena_free(&k->text);
    *k = (look){0};
}

/* --- texts --- */

static const char *texted(look *k, const char *format, va_list list) {
    char line[1024];
    int len = vsnprintf(line, sizeof line, format, list);
    if (len < 0) len = 0;
    if (len >= (int)sizeof line) {
        len = (int)sizeof line - 1;
        while (len && ((unsigned char)line[len] & 0xC0) == 0x80) len--; /* not within a character */
    }
    char *out = arena_copy(&k->text, line, (size_t)len);
    if (!out) k->failed = true;
    return out ? out : "";
}

#define TEXTED(out) \
    do { \
        va_list list; \
        va_start(list, format); \
        (out) = texted(k, format, list); \
        va_end(list); \
    } while (0)

const char *look_text(look *k, const char *format, ...) {
    const char *out;
    TEXTED(out);
    return out;
}

const char *look_day_text(look *k, int32_t day) {
    static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
    calendar_date d = calendar_of(day);
    return look_text(k, "%d %s %d", d.day, months[d.month - 1], d.year);
}

/* --- wishes --- */

static look_wish *wish(look *k, const char *step, int64_t subject_id, int64_t occasion, int kind, int64_t due_us) {
    if (k->n == k->capacity) {
        size_t capacity = k->capacity ? 2 * k->capacity : 16;
        look_wish *more = mem_resize(NULL, k->wish, capacity, sizeof *more);
        if (!more) {
            k->failed = true;
            return &k->spare;
        }
        k->wish = more;
        k->capacity = capacity;
    }
    look_wish *w = &k->wish[k->n++];
    *w = (look_wish){.programme = k->programme, .step = step, .subject_id = subject_id, .occasion = occasion, .kind = kind, .due_us = due_us, .until_us = LOOK_NEVER, .purpose = CONTACT_service, .channel = -1,
                     .topic = "", .error = -1, .cost_currency = "", .value_minor = -1, .owner = "", .watcher = "", .given = "", .what = "", .say = "", .words = "", .content = "", .done_event = ""};
    w->effect = programme_effect_of(k->c, k->programme);
    w->why = json_array();
    w->evidence = json_array();
    w->values = json_object();
    if (!w->why || !w->evidence || !w->values) k->failed = true;
    return w;
}

look_wish *look_task(look *k, const char *step, int64_t subject_id, int64_t occasion, int64_t due_us, const char *format, ...) {
    look_wish *w = wish(k, step, subject_id, occasion, ACTION_TASK, due_us);
    TEXTED(w->what);
    return w;
}

look_wish *look_message(look *k, const char *step, int64_t subject_id, int64_t occasion, int64_t due_us, const char *words, const char *format, ...) {
    look_wish *w = wish(k, step, subject_id, occasion, ACTION_MESSAGE, due_us);
    w->words = words;
    TEXTED(w->what);
    return w;
}

look_wish *look_held(look *k, const char *step, int64_t subject_id, int64_t occasion, double probability) {
    look_wish *w = wish(k, step, subject_id, occasion, ACTION_TASK, k->now_us);
    w->held = true;
    w->what = "Held out: not asked, so that what asking does can be measured";
    look_why(k, w, "Drawn with a probability of %.3g", probability);
    return w;
}

void look_why(look *k, look_wish *w, const char *format, ...) {
    const char *text;
    TEXTED(text);
    if (json_array_append_new(w->why, json_string(text))) k->failed = true;
}

void look_say(look *k, look_wish *w, const char *format, ...) {
    TEXTED(w->say);
}

void look_fill(look *k, look_wish *w, const char *field, const char *format, ...) {
    const char *text;
    TEXTED(text);
    if (json_object_set_new(w->values, field, json_string(text))) k->failed = true;
}

void look_because(look *k, look_wish *w, int64_t event_id, int kind, int32_t day) {
    char id[24], text[11];
    snprintf(id, sizeof id, "%lld", (long long)event_id);
    if (json_array_append_new(w->evidence, json_pack("{s:s,s:s,s:s}", "event", id, "kind", event_kind_of(kind)->name, "day", calendar_text(day, text)))) k->failed = true;
}

void look_because_event(look *k, look_wish *w, size_t event) {
    const history_event *e = &k->w->h.events[event];
    look_because(k, w, e->id, e->kind, e->day);
}

/* --- content --- */

void look_content(look *k, look_wish *w) {
    const char *because;
    taste t;
    if (!k->content || !k->content->n) return;
    taste_of(k->w, k->c, k->day, &t);
    const content_item *c = content_match(k->content, &t.wish, &because);
    if (!c) return;
    w->content = c->id;
    look_fill(k, w, "content.title", "%s", c->title);
    look_fill(k, w, "content.url", "%s", c->url);
    if (*c->summary) look_fill(k, w, "content.summary", "%s", c->summary);
    look_why(k, w, "Brings along '%s'%s%s", c->title, *because ? ", because of " : "", because);
}

/* --- who --- */

static owners_ask asked(const look *k, const look_wish *w, const action_row *there) {
    int64_t due = there && w->kind == ACTION_MESSAGE && there->kind == ACTION_TASK ? there->due_us : w->due_us; /* what no channel could carry (plan.h) */
    bool message = w->kind == ACTION_MESSAGE && !(there && there->kind == ACTION_TASK);
    int64_t from = message && due > k->now_us ? due : k->now_us; /* a message is not for before then */
    return (owners_ask){.c = k->c, .w = k->w, .now_us = from, .due_us = due, .open = k->open};
}

/* Whoever has it keeps it, unless they have gone, or are away until it is too late. */
static bool keeps(const look *k, const owners_ask *a, const action_row *there) {
    const config_person *p = config_person_of(k->c, there->owner);
    if (!p) return true; /* somebody gave it to them by name */
    int32_t day = work_day_of(&p->work, k->now_us);
    return day <= p->left_day && (!config_person_away(p, day) || owners_there(a, p));
}

/* Why it is with whoever has it; kept in the document beside the reasons (reconcile.c). */
static const char *given_before(look *k, const action_row *there) {
    json_t *o = json_loads(there->document, 0, NULL);
    const char *text = json_string_value(json_object_get(o, "given")), *to = json_string_value(json_object_get(o, "given_to"));
    const char *out = text && to && !strcmp(to, there->owner) ? look_text(k, "%s", text) : ""; /* a person may have given it to another since */
    json_decref(o);
    return out;
}

static const char *absence(look *k, const config_person *p) {
    int32_t day = work_day_of(&p->work, k->now_us);
    const work_absence *a = config_person_away(p, day);
    if (day > p->left_day) return look_text(k, "%s is not with us any more", p->name);
    if (a) return look_text(k, "%s is away until %s", p->name, look_day_text(k, a->to));
    return look_text(k, "%s is not at work before it is due", p->name);
}

static const char *why_given(look *k, const owners_pair *who) {
    static const char *const how[] = {[OWNERS_THEIRS] = "", [OWNERS_DEPUTY] = ", who stands in", [OWNERS_OTHER] = ", their other owner", [OWNERS_SENIOR] = ", who is senior",
                                      [OWNERS_LEAST] = ", who has the least to do of those who are there", [OWNERS_NOBODY_ELSE] = ""};
    if (who->how == OWNERS_NOBODY_ELSE) return look_text(k, "%s, and so is everybody else: it stays with them", absence(k, who->instead_of));
    if (who->instead_of) return look_text(k, "%s, so it comes to %s%s", absence(k, who->instead_of), *who->owner ? who->owner : "nobody", how[who->how]);
    if (!who->orphaned) return "";
    if (*who->owner) return look_text(k, "Nobody owns this customer for that: it comes to %s%s", who->owner, how[who->how]);
    return look_text(k, "Nobody owns this customer for that: it comes to nobody, as %s", k->c->people_n ? "none of our people is there" : "the settings name no people");
}

static void counts(look *k, const char *owner) {
    const config_person *p = k->open ? config_person_of(k->c, owner) : NULL;
    if (p) k->open[p - k->c->people]++;
}

bool look_given(look *k, look_wish *w, owners_pair (*choose)(const owners_ask *a, void *ctx), void *ctx, bool gone) {
    const action_row *there = whole_action_like(k->w, w->programme->name, w->step, w->subject_id, w->occasion);
    const owners_ask a = asked(k, w, there);
    if (!gone && there && there->state <= ACTION_OPEN && *there->owner && keeps(k, &a, there)) {
        w->owner = there->owner;
        w->watcher = there->watcher;
        w->given = given_before(k, there);
        return false;
    }
    owners_pair who = choose(&a, ctx);
    w->owner = who.owner;
    w->watcher = who.watcher;
    w->given = why_given(k, &who);
    if (!there || there->state <= ACTION_OPEN) counts(k, w->owner);
    return true;
}

static owners_pair by_side(const owners_ask *a, void *ctx) {
    return owners_of(a, *(const reason_owner *)ctx);
}

static owners_pair by_rank(const owners_ask *a, void *ctx) {
    (void)ctx;
    return owners_senior(a);
}

typedef struct named {
    const char *name;
    reason_owner otherwise;
} named;

static owners_pair by_name(const owners_ask *a, void *ctx) {
    const named *n = ctx;
    return owners_named(a, n->name, n->otherwise);
}

void look_for(look *k, look_wish *w, reason_owner owner) {
    look_given(k, w, by_side, &owner, false);
}

void look_for_reason(look *k, look_wish *w, reason why) {
    w->reason = why;
    look_for(k, w, reason_of((int)why)->owner);
}

void look_for_senior(look *k, look_wish *w) {
    look_given(k, w, by_rank, NULL, false);
}

void look_for_name(look *k, look_wish *w, const char *name, reason_owner otherwise) {
    look_given(k, w, by_name, &(named){name, otherwise}, false);
}

/* --- when --- */

void look_again(look *k, int64_t at_us) {
    if (at_us > k->now_us && at_us < k->again_us) k->again_us = at_us;
}

bool look_reached(look *k, int64_t at_us) {
    look_again(k, at_us);
    return at_us <= k->now_us;
}

bool look_fresh(const look *k, int64_t at_us) {
    return k->now_us - at_us < LOOK_FRESH_DAYS * LOOK_DAY_US;
}

const action_row *look_past(const look *k, const char *step, int64_t subject_id, int64_t occasion) {
    const action_row *found = NULL;
    for (size_t i = 0; i < k->w->actions_n; i++) {
        const action_row *a = &k->w->actions[i];
        if (strcmp(a->programme, k->programme->name) || strcmp(a->step, step) || a->subject_id != subject_id || (occasion != ANY_OCCASION && a->occasion != occasion)) continue;
        if (!found || a->created_us > found->created_us) found = a;
    }
    return found;
}

int64_t look_day_us(const look *k, int32_t day) {
    return work_day_begins(&k->c->work, day);
}

int64_t look_within_hours(const look *k, int64_t from_us, double hours) {
    return work_add_hours(&k->c->work, from_us, hours);
}

int32_t look_day_of(const look *k, int64_t at_us) {
    return work_day_of(&k->c->work, at_us);
}

int32_t look_anniversary(int32_t day, int years) {
    calendar_date d = calendar_of(day);
    bool leap_day = d.month == 2 && d.day == 29 && !calendar_valid(d.year + years, 2, 29);
    return leap_day ? calendar_day(d.year + years, 3, 1) : calendar_day(d.year + years, d.month, d.day);
}

bool look_objects(look *k) {
    return objecting(k->w, NULL, k->now_us, NULL) != NULL;
}

bool look_here(const look *k) {
    const digest *d = k->d;
    departure gone;
    if (leave_flow_holds(k->w, k->now_us) || departure_of(k, &gone)) return false;
    for (size_t i = 0; i < k->w->contracts_n; i++)
        if (k->w->contracts[i].state == WHOLE_CONTRACT_RUNNING) return true;
    if (k->w->contracts_n) return false;
    for (uint32_t i = 0; i < d->n[EVENT_order]; i++)
        if (trace_is_order(digest_event(d, EVENT_order, i))) return true;
    return false;
}
