/* Keeping what features are computed from: events sorted into lists, cases and promises by their subject. */
#include "features_state.h"

#include "error.h"
#include "mem.h"

#include <string.h>

static const feature_row table[FEATURES] = {
#define FEATURE(name, unit, kind, monotone, reason, meaning) {#name, #unit, reason, meaning, FEATURE_IS_##kind, monotone},
#include "features.def"
#undef FEATURE
};

const feature_row *feature_of(int feature) {
    return &table[feature];
}

int feature_find(const char *name) {
    for (int i = 0; i < FEATURES; i++)
        if (!strcmp(table[i].name, name)) return i;
    return -1;
}

static group group_of(const trace_event *e) {
    static const unsigned char of[EVENT_KINDS] = {
        [EVENT_order] = GROUP_order, [EVENT_refund] = GROUP_back, [EVENT_return_goods] = GROUP_back, [EVENT_usage] = GROUP_usage,
        [EVENT_case_open] = GROUP_problem, [EVENT_complaint] = GROUP_problem, [EVENT_case_reopen] = GROUP_reopen,
        [EVENT_touch_out] = GROUP_touch_out, [EVENT_touch_in] = GROUP_touch_in, [EVENT_bounce] = GROUP_bounce, [EVENT_survey] = GROUP_survey,
        [EVENT_praise] = GROUP_praise, [EVENT_payment_failed] = GROUP_payment, [EVENT_payment_recovered] = GROUP_payment,
        [EVENT_contract_start] = GROUP_contract, [EVENT_contract_change] = GROUP_contract, [EVENT_contract_renew] = GROUP_contract,
        [EVENT_contract_end] = GROUP_contract, [EVENT_price_change] = GROUP_contract,
        [EVENT_stakeholder_join] = GROUP_people, [EVENT_stakeholder_leave] = GROUP_people,
        [EVENT_competitor_quote] = GROUP_said, [EVENT_downgrade_request] = GROUP_said, [EVENT_moved] = GROUP_said, [EVENT_need_ended] = GROUP_said,
        [EVENT_leave_intent] = GROUP_said, [EVENT_leave_confirmed] = GROUP_said, [EVENT_offer_accepted] = GROUP_said, [EVENT_offer_declined] = GROUP_said,
        [EVENT_came_back] = GROUP_said, [EVENT_referral_made] = GROUP_said, [EVENT_consent_withdrawn] = GROUP_said,
    };
    if (e->kind < 0 || e->kind >= EVENT_KINDS) return GROUP_none;
    return e->kind == EVENT_order && !trace_is_order(e) ? GROUP_back : (group)of[e->kind];
}

features *features_new(const mr_alloc *alloc, int32_t sour_days) {
    features *f = mem_new(alloc, 1, sizeof *f);
    if (!f) return NULL;
    f->alloc = alloc;
    f->sour_days = sour_days > 0 ? sour_days : FEATURES_SOUR_DAYS;
    return f;
}

void features_free(features *f) {
    if (!f) return;
    for (int g = 0; g < GROUPS; g++) mem_free(f->alloc, f->list[g].at);
    mem_free(f->alloc, f->bought.at);
    mem_free(f->alloc, f->alive.at);
    mem_free(f->alloc, f->cases.at);
    mem_free(f->alloc, f->promises.at);
    mem_free(f->alloc, f->topic);
    mem_free(f->alloc, f->contract);
    mem_free(f->alloc, f->slot);
    mem_free(f->alloc, f);
}

void features_begin(features *f) {
    for (int g = 0; g < GROUPS; g++) f->list[g].n = 0;
    f->cases.n = f->promises.n = f->bought.n = f->alive.n = 0;
}

/* Room for one more of `size` bytes each; block: the address of the pointer to them. */
static bool grow(const mr_alloc *alloc, void *block, size_t n, size_t *capacity, size_t size) {
    void *at;
    if (n < *capacity) return true;
    size_t wanted = *capacity ? 2 * *capacity : 16;
    memcpy(&at, block, sizeof at);
    at = mem_resize(alloc, at, wanted, size);
    if (!at) return false;
    memcpy(block, &at, sizeof at);
    *capacity = wanted;
    return true;
}

/* Mostly the last day, or the same again. */
static bool put_day(const features *f, day_list *l, int32_t day) {
    size_t at = l->n;
    while (at > 0 && l->at[at - 1] > day) at--;
    if (at > 0 && l->at[at - 1] == day) return true;
    if (!grow(f->alloc, &l->at, l->n, &l->capacity, sizeof *l->at)) return false;
    memmove(&l->at[at + 1], &l->at[at], (l->n++ - at) * sizeof *l->at);
    l->at[at] = day;
    return true;
}

/* Room for another contract, and for telling all apart. */
static bool make_contract_room(features *f, size_t n) {
    if (!grow(f->alloc, &f->contract, n, &f->contract_room, sizeof *f->contract)) return false;
    size_t slots = subjects_size(f->contract_room);
    if (slots <= f->slot_room) return true;
    subject_slot *slot = mem_resize(f->alloc, f->slot, slots, sizeof *slot);
    if (!slot) return false;
    f->slot = slot;
    f->slot_room = slots;
    return true;
}

/* Behind all that stand before it in the history: mostly the last. */
static bool put(features *f, group g, const trace_event *e) {
    event_list *l = &f->list[g];
    if (!grow(f->alloc, &l->at, l->n, &l->capacity, sizeof *l->at)) return false;
    if (!grow(f->alloc, &f->topic, l->n, &f->topic_room, sizeof *f->topic)) return false;
    if (g == GROUP_contract && !make_contract_room(f, l->n)) return false;
    if ((g == GROUP_order || e->kind == EVENT_contract_start) && !put_day(f, &f->bought, e->day)) return false;
    if ((e->kind == EVENT_order || g == GROUP_usage || g == GROUP_payment) && !put_day(f, &f->alive, e->day)) return false;
    size_t at = l->n++;
    while (at > 0 && l->at[at - 1] > e) {
        l->at[at] = l->at[at - 1];
        at--;
    }
    l->at[at] = e;
    return true;
}

/* The matter of that subject, made where it is not there; NULL: no memory. */
static matter *matter_of(const features *f, matter_list *l, int64_t subject) {
    size_t from = 0, to = l->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (l->at[middle].subject < subject) from = middle + 1;
        else to = middle;
    }
    if (from < l->n && l->at[from].subject == subject) return &l->at[from];
    if (!grow(f->alloc, &l->at, l->n, &l->capacity, sizeof *l->at)) return NULL;
    memmove(&l->at[from + 1], &l->at[from], (l->n++ - from) * sizeof *l->at);
    l->at[from] = (matter){.subject = subject, .begun_us = MATTER_NEVER, .answered_us = MATTER_NEVER, .done_us = MATTER_NEVER, .again_us = MATTER_NEVER,
                           .begun_day = TRACE_NO_DAY, .done_day = TRACE_NO_DAY, .due_day = TRACE_NO_DAY};
    return &l->at[from];
}

static bool apply_case(features *f, const trace_event *e) {
    matter *m = matter_of(f, &f->cases, e->subject);
    if (!m) return false;
    if (e->kind == EVENT_case_open && (m->begun_us == MATTER_NEVER || e->at_us < m->begun_us)) {
        m->begun_us = e->at_us;
        m->begun_day = e->day;
        m->tag = e->tag;
    }
    if (e->kind == EVENT_case_update && (e->flags & TRACE_FIRST_RESPONSE) && (m->answered_us == MATTER_NEVER || e->at_us < m->answered_us)) m->answered_us = e->at_us;
    if (e->kind == EVENT_case_reopen && e->at_us > m->again_us) m->again_us = e->at_us;
    if (e->kind == EVENT_case_resolve && e->at_us >= m->done_us) {
        m->done_us = e->at_us;
        m->done_day = e->day;
        m->refused = (e->flags & TRACE_REFUSED) != 0;
    }
    return true;
}

static bool apply_promise(features *f, const trace_event *e) {
    matter *m = matter_of(f, &f->promises, e->subject);
    if (!m) return false;
    if (e->kind == EVENT_promise_made) {
        if (e->at_us < m->begun_us && m->begun_us != MATTER_NEVER) return true;
        m->begun_us = e->at_us; /* made again: with another day */
        m->begun_day = e->day;
        if (e->until_day != TRACE_NO_DAY) m->due_day = e->until_day;
    } else if (e->at_us >= m->done_us) {
        m->done_us = e->at_us;
        m->done_day = e->day;
        m->broken = e->kind == EVENT_promise_broken;
    }
    return true;
}

mr_status features_apply(features *f, const trace_event *e, mr_error *err) {
    bool ok = true;
    group g = group_of(e);
    if (g != GROUP_none) ok = put(f, g, e);
    if (ok && e->subject && e->kind >= EVENT_case_open && e->kind <= EVENT_case_resolve) ok = apply_case(f, e);
    if (ok && e->subject && e->kind >= EVENT_promise_made && e->kind <= EVENT_promise_broken) ok = apply_promise(f, e);
    return ok ? MR_OK : error_memory(err, sizeof *e);
}
