#include "looking.h"

#include "objecting.h"
#include "owners.h"
#include "programme.h"

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
                     .topic = "", .owner = "", .watcher = "", .what = "", .say = "", .words = "", .content = "", .done_event = ""};
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

#define TASTES 64 /* products, topics and pieces of one customer that are looked at */

static const char *said(look *k, size_t event, const char *field) {
    const json_t *body = whole_body(k->w, event);
    const char *text = body ? json_string_value(json_object_get(body, field)) : NULL;
    return text ? text : "";
}

static void add(const char **list, size_t *n, const char *text) {
    for (size_t i = 0; i < *n; i++)
        if (!strcmp(list[i], text)) return;
    if (*text && *n < TASTES) list[(*n)++] = text;
}

void look_content(look *k, look_wish *w) {
    const char *products[TASTES], *topics[TASTES], *sent[TASTES], *because;
    content_wish wish = {.language = *k->w->locale ? k->w->locale : k->c->company_language, .products = products, .topics = topics, .sent = sent, .day = k->day};
    if (!k->content || !k->content->n) return;
    for (size_t i = k->w->h.n; i > 0; i--) { /* the latest first */
        int kind = k->w->h.events[i - 1].kind;
        if (kind == EVENT_order) add(products, &wish.products_n, said(k, i - 1, "product"));
        if (kind == EVENT_touch_out) add(sent, &wish.sent_n, said(k, i - 1, "content"));
        if (kind == EVENT_preference_changed && json_is_true(json_object_get(whole_body(k->w, i - 1), "wanted"))) add(topics, &wish.topics_n, said(k, i - 1, "topic"));
    }
    for (size_t i = 0; i < k->w->messages_n; i++) add(sent, &wish.sent_n, k->w->messages[i].content);
    const content_item *c = content_match(k->content, &wish, &because);
    if (!c) return;
    w->content = c->id;
    look_fill(k, w, "content.title", "%s", c->title);
    look_fill(k, w, "content.url", "%s", c->url);
    if (*c->summary) look_fill(k, w, "content.summary", "%s", c->summary);
    look_why(k, w, "Brings along '%s'%s%s", c->title, *because ? ", because of " : "", because);
}

/* --- who --- */

static void given(look *k, look_wish *w, owners_pair who) {
    w->owner = who.owner;
    w->watcher = who.watcher;
    if (*who.instead_of) look_why(k, w, "%s is away, so it comes to %s", who.instead_of, who.owner);
    if (who.orphaned) look_why(k, w, "Nobody owns this customer for that: it comes to %s", *who.owner ? who.owner : "nobody, as the settings name no people");
}

void look_for(look *k, look_wish *w, reason_owner owner) {
    given(k, w, owners_of(k->c, k->w, owner, k->day));
}

void look_for_reason(look *k, look_wish *w, reason why) {
    w->reason = why;
    look_for(k, w, reason_of((int)why)->owner);
}

void look_for_senior(look *k, look_wish *w) {
    given(k, w, owners_senior(k->c, k->w, k->day));
}

void look_for_name(look *k, look_wish *w, const char *name, reason_owner otherwise) {
    given(k, w, owners_named(k->c, k->w, name, otherwise, k->day));
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
    bool contracts = false;
    for (size_t i = 0; i < k->w->contracts_n; i++) {
        if (k->w->contracts[i].state == 1) return true;
        contracts = true;
    }
    if (contracts) return false;
    if (d->n[EVENT_leave_confirmed]) return false;
    for (uint32_t i = 0; i < d->n[EVENT_order]; i++)
        if (trace_is_order(digest_event(d, EVENT_order, i))) return true;
    return false;
}
