/* A made-up customer's events on their way to a trace: adding, sorting, cutting, and what the ledger's traces say of their words.
 *
 * world_finish does to the words what src/ledger/trace_build.c does to the bodies written from them (world_bodies.def); a test imports what was
 * written and compares. */
#include "world_spec.h"

#include <error.h>
#include <mem.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

rng world_stream(uint64_t seed, uint64_t customer, uint64_t stream) {
    rng r;
    rng_seed(&r, rng_mix(seed ^ rng_mix(stream)), customer);
    return r;
}

/* --- making --- */

world_item *world_add(world_person *p, event_kind kind, int64_t at_us) {
    world_room *room = p->room;
    static const trace_event absent = {.value = NAN, .until_day = TRACE_NO_DAY, .notice_days = -1};
    if (room->n == room->capacity) {
        size_t capacity = room->capacity ? room->capacity * 2 : 256;
        world_item *grown = mem_resize(room->alloc, room->item, capacity, sizeof *grown);
        if (!grown) {
            room->failed = true;
            return NULL;
        }
        room->item = grown;
        room->capacity = capacity;
    }
    world_item *i = &room->item[room->n++];
    *i = (world_item){.e = absent};
    i->e.kind = (int16_t)kind;
    i->e.at_us = at_us;
    i->e.day = (int32_t)(at_us / WORLD_DAY);
    i->w.serial = ++p->serial;
    return i;
}

int64_t world_at(double day) {
    double whole = floor(day);
    return (int64_t)whole * WORLD_DAY + (int64_t)((8 + 10 * (day - whole)) * 3600) * WORLD_SECOND;
}

double world_amount(double units) {
    return floor(units * 100 + 0.5) * 100;
}

int64_t world_id(uint64_t customer, uint32_t serial) {
    return (int64_t)(rng_mix(rng_mix(customer + 1) ^ serial) >> 1);
}

int64_t world_subject(uint64_t customer, const char *kind, uint32_t number) {
    return (int64_t)(rng_mix(rng_mix(customer + 1) ^ ((uint64_t)(unsigned char)kind[0] << 40) ^ ((uint64_t)(unsigned char)kind[2] << 32) ^ number) >> 1 | 1);
}

/* --- ordering and dropping --- */

static int by_time(const void *a, const void *b) {
    const world_item *x = a, *y = b;
    if (x->e.at_us != y->e.at_us) return x->e.at_us < y->e.at_us ? -1 : 1;
    return (x->w.serial > y->w.serial) - (x->w.serial < y->w.serial);
}

void world_sort(world_person *p) {
    world_item *item = p->room->item;
    size_t n = 0;
    for (size_t i = 0; i < p->room->n; i++)
        if (item[i].e.kind >= 0 && item[i].e.day <= p->until) item[n++] = item[i];
    p->room->n = n;
    if (n) qsort(item, n, sizeof *item, by_time);
    for (size_t i = 1; i < n; i++)
        if (item[i].e.at_us <= item[i - 1].e.at_us) {
            item[i].e.at_us = item[i - 1].e.at_us + WORLD_SECOND;
            item[i].e.day = (int32_t)(item[i].e.at_us / WORLD_DAY);
        }
}

/* With contracts all ends with the notice. Without, nobody knows that they have left: what we do goes on. */
void world_cut(world_person *p, int32_t left) {
    for (size_t i = 0; i < p->room->n; i++) {
        world_item *item = &p->room->item[i];
        bool goes_on = p->w->mode == RISK_ORDERS && item->w.ours && item->since < left;
        if (item->e.day >= left && !goes_on) item->e.kind = -1;
    }
}

/* --- what traces say of words --- */

/* Most words are the same few constants: their hashes are kept by address. */
static const struct world_topic *topic_of(world_room *room, const char *text) {
    size_t at = (size_t)(((uintptr_t)text >> 3) * 0x9e3779b97f4a7c15u >> 58);
    struct world_topic *t = &room->topic[at];
    if (t->text != text) {
        t->text = text;
        t->topic = trace_topic(text, strlen(text));
        t->tag = (uint8_t)trace_tag_find(text, strlen(text));
    }
    return t;
}

/* The first of the words that says something. */
static void about(world_room *room, trace_event *e, const char *first, const char *second) {
    const char *words[2] = {first, second};
    for (int i = 0; i < 2; i++) {
        if (!words[i]) continue;
        const struct world_topic *t = topic_of(room, words[i]);
        if (!e->topic) e->topic = t->topic;
        if (t->tag > e->tag && e->tag <= TRACE_TAG_other) e->tag = t->tag;
    }
}

static uint8_t actor(const world_history *h, const char *who) {
    if (!who || !*who) return TRACE_NOBODY;
    if (who == h->owner_sales) return TRACE_SALES;
    return who == h->owner_operations ? TRACE_OPERATIONS : TRACE_ELSE;
}

static uint8_t reason_number(const char *code) {
    for (size_t i = 0; code && i < world_reason_rows_n; i++)
        if (!strcmp(world_reason_rows[i].code, code)) return (uint8_t)(i + 1);
    return 0;
}

static void finish_words(world_person *p, world_item *i) {
    trace_event *e = &i->e;
    const world_words *w = &i->w;
    switch (e->kind) {
    case EVENT_order:
        about(p->room, e, w->note ? w->note : w->about, NULL);
        e->tag = 0;
        if (w->word) e->flags |= TRACE_DISCOUNTED;
        break;
    case EVENT_contract_start:
    case EVENT_contract_change:
    case EVENT_contract_renew:
    case EVENT_usage:
        about(p->room, e, w->about, NULL);
        e->tag = 0;
        break;
    case EVENT_touch_out:
    case EVENT_touch_in:
        about(p->room, e, w->about, w->note);
        e->actor = actor(p->out, w->who);
        if (w->note && !strcmp(w->note, "marketing")) e->flags |= TRACE_MARKETING;
        break;
    case EVENT_case_open:
    case EVENT_complaint:
    case EVENT_praise:
    case EVENT_competitor_quote: about(p->room, e, w->about, w->note); break;
    case EVENT_refund:
    case EVENT_return_goods:
    case EVENT_downgrade_request:
    case EVENT_payment_failed: about(p->room, e, w->about, NULL); break;
    case EVENT_promise_made:
        about(p->room, e, w->about, NULL);
        e->actor = actor(p->out, w->who);
        break;
    case EVENT_case_update: e->actor = actor(p->out, w->who); break;
    case EVENT_case_resolve:
        e->actor = actor(p->out, w->who);
        if (w->word && (!strcmp(w->word, "refused") || !strcmp(w->word, "withdrawn"))) e->flags |= TRACE_REFUSED;
        break;
    case EVENT_stakeholder_join:
    case EVENT_stakeholder_leave:
        if (w->word && !strcmp(w->word, "decides")) e->flags |= TRACE_DECIDES;
        break;
    case EVENT_leave_intent:
    case EVENT_leave_confirmed: e->reason = reason_number(w->word); break;
    default: break;
    }
}

static void finish_subject(world_person *p, world_item *i) {
    static const char *const of_case = "case";
    const char *kind = event_kind_of(i->e.kind)->subject;
    char text[32];
    if (!strcmp(kind, "contract")) {
        if (p->w->mode == RISK_CONTRACTS) i->e.subject = world_subject(p->number, kind, 0);
    } else if (*kind && i->w.subject) {
        i->e.subject = world_subject(p->number, kind, i->w.subject);
    } else if (i->e.kind == EVENT_survey && i->w.subject) {
        i->e.subject = world_subject(p->number, of_case, i->w.subject);
        int len = snprintf(text, sizeof text, "T-%06llu-%u", (unsigned long long)p->number + 1, i->w.subject);
        i->e.topic = trace_topic(text, (size_t)len);
    }
}

/* A survey about a case with a fair score confirms its last solution. */
static void confirm(world_person *p, size_t survey) {
    world_item *item = p->room->item;
    for (size_t i = survey; i-- > 0;)
        if (item[i].e.kind == EVENT_case_resolve && item[i].e.subject == item[survey].e.subject) {
            if (item[survey].e.value >= 0.5) item[i].e.flags |= TRACE_CONFIRMED;
            return;
        }
}

void world_finish(world_person *p) {
    for (size_t i = 0; i < p->room->n; i++) {
        world_item *item = &p->room->item[i];
        item->e.known_us = item->e.at_us;
        item->e.id = world_id(p->number, item->w.serial);
        item->e.tag = item->e.actor = 0;
        item->e.topic = 0;
        finish_words(p, item);
        finish_subject(p, item);
        if (item->e.kind == EVENT_survey && item->e.subject) confirm(p, i);
    }
}

bool world_hand_over(world_person *p) {
    world_room *room = p->room;
    if (room->failed) return false;
    if (room->n > room->out_capacity) {
        size_t capacity = room->n + room->n / 2;
        trace_event *event = mem_resize(room->alloc, room->event, capacity, sizeof *event);
        if (event) room->event = event;
        world_words *words = event ? mem_resize(room->alloc, room->words, capacity, sizeof *words) : NULL;
        if (!words) return false;
        room->words = words;
        room->out_capacity = capacity;
    }
    for (size_t i = 0; i < room->n; i++) {
        room->event[i] = room->item[i].e;
        room->words[i] = room->item[i].w;
    }
    p->out->t = (trace){.customer_id = (int64_t)p->number + 1, .event = room->event, .n = room->n};
    p->out->words = room->words;
    return true;
}

/* --- a thread's memory --- */

mr_status world_room_new(const mr_alloc *alloc, world_room **out, mr_error *err) {
    *out = mem_new(alloc, 1, sizeof **out);
    if (!*out) {
        error_memory(err, sizeof **out);
        return MR_ENOMEM;
    }
    (*out)->alloc = alloc;
    return MR_OK;
}

void world_room_free(world_room *room) {
    if (!room) return;
    mem_free(room->alloc, room->item);
    mem_free(room->alloc, room->event);
    mem_free(room->alloc, room->words);
    mem_free(room->alloc, room);
}
