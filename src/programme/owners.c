#include "owners.h"

#include <string.h>

bool owners_there(const owners_ask *a, const config_person *p) {
    int64_t by_us = a->due_us;
    if (work_next(&a->c->work, a->now_us) >= by_us) by_us = work_add_hours(&a->c->work, a->now_us, OWNERS_SOON_HOURS);
    return work_next(&p->work, a->now_us) < by_us;
}

/* Whoever stands in, and in for them; a ring of people who are all away ends. */
static const config_person *deputy(const owners_ask *a, const config_person *p) {
    for (int steps = 0; p && steps < 8; steps++) {
        const char *other = config_person_stand_in(p, work_day_of(&p->work, a->now_us));
        p = *other ? config_person_of(a->c, other) : NULL;
        if (p && owners_there(a, p)) return p;
    }
    return NULL;
}

/* --- those of a role --- */

/* What one task more is to them, in days of their work. */
static double weight(const owners_ask *a, size_t i) {
    return ((double)(a->open ? a->open[i] : 0) + 1) / config_person_a_day(&a->c->people[i]);
}

static bool has_room(const owners_ask *a, size_t i) {
    return !a->c->people[i].load || !a->open || a->open[i] < a->c->people[i].load;
}

/* Of two who have more to do than is counted the customer's own number says who, so that it is not always the same. */
static uint64_t lot(const owners_ask *a, size_t i) {
    uint64_t x = ((uint64_t)a->w->customer_id ^ (i + 1)) * UINT64_C(0x9E3779B97F4A7C15);
    return (x ^ x >> 32) * UINT64_C(0xBF58476D1CE4E5B9);
}

static bool has_much(const owners_ask *a, size_t i) {
    return a->open && a->open[i] >= OWNERS_COUNTED;
}

/* Who speaks the customer's language goes before who does not, who has room before who is full; then the least to do; then the settings' order. */
static bool better(const owners_ask *a, size_t i, size_t than) {
    const bool speaks[] = {config_person_speaks(&a->c->people[i], a->w->locale), config_person_speaks(&a->c->people[than], a->w->locale)};
    const bool room[] = {has_room(a, i), has_room(a, than)};
    if (speaks[0] != speaks[1]) return speaks[0];
    if (room[0] != room[1]) return room[0];
    if (has_much(a, i) && has_much(a, than) && weight(a, i) == weight(a, than)) return lot(a, i) < lot(a, than);
    return weight(a, i) < weight(a, than);
}

static const config_person *of_role(const owners_ask *a, config_role role) {
    size_t best = a->c->people_n;
    for (size_t i = 0; i < a->c->people_n; i++)
        if (a->c->people[i].role == role && owners_there(a, &a->c->people[i]) && (best == a->c->people_n || better(a, i, best))) best = i;
    return best < a->c->people_n ? &a->c->people[best] : NULL;
}

static const config_person *of_roles(const owners_ask *a, config_role first) {
    const config_role order[] = {first, ROLE_manager, ROLE_senior, ROLE_sales, ROLE_operations};
    const config_person *p = NULL;
    for (size_t i = 0; i < sizeof order / sizeof *order && !p; i++) p = of_role(a, order[i]);
    return p;
}

static const config_person *senior(const owners_ask *a) {
    const config_person *p = of_role(a, ROLE_senior);
    return p ? p : of_role(a, ROLE_manager);
}

/* --- one of them --- */

static void takes(owners_pair *out, const config_person *p, owners_how how) {
    if (!p || *out->owner) return;
    out->owner = p->name;
    out->how = how;
}

/* Who sees to it for somebody of that name, of that side; other: the customer's other owner. */
static owners_pair stands(const owners_ask *a, const char *name, config_role role, const char *other) {
    const config_person *p = *name ? config_person_of(a->c, name) : NULL, *second = *other ? config_person_of(a->c, other) : NULL;
    owners_pair out = {"", "", NULL, false, OWNERS_THEIRS};
    if (*name && !a->c->people_n) { /* the settings name nobody: the customer's own owner is believed */
        out.owner = name;
        return out;
    }
    out.orphaned = !p;
    if (p && owners_there(a, p)) {
        out.owner = p->name;
        return out;
    }
    bool gone = p && work_day_of(&p->work, a->now_us) > p->left_day; /* somebody of their side is to take over */
    if (p) {
        out.instead_of = p;
        takes(&out, deputy(a, p), OWNERS_DEPUTY);
    }
    if (p && !gone) {
        takes(&out, second && second != p && owners_there(a, second) ? second : NULL, OWNERS_OTHER);
        takes(&out, *out.owner ? NULL : senior(a), OWNERS_SENIOR);
    }
    takes(&out, *out.owner ? NULL : of_roles(a, role), OWNERS_LEAST);
    takes(&out, p && !gone ? p : NULL, OWNERS_NOBODY_ELSE);
    return out;
}

/* Who is stood in for sees it, unless they have gone for good. */
static void sees(const owners_ask *a, owners_pair *out, const char *other) {
    const config_person *p = out->instead_of;
    out->watcher = p && work_day_of(&p->work, a->now_us) <= p->left_day ? p->name : other;
    if (!strcmp(out->owner, out->watcher)) out->watcher = strcmp(out->owner, other) ? other : "";
}

owners_pair owners_of(const owners_ask *a, reason_owner side) {
    bool operations = side == REASON_OWNER_operations;
    const char *own = operations ? a->w->owner_operations : a->w->owner_sales, *other = operations ? a->w->owner_sales : a->w->owner_operations;
    config_role role = operations ? ROLE_operations : ROLE_sales;
    owners_pair out = stands(a, own, role, other);
    sees(a, &out, stands(a, other, operations ? ROLE_sales : ROLE_operations, own).owner);
    return out;
}

owners_pair owners_senior(const owners_ask *a) {
    owners_pair out = owners_of(a, REASON_OWNER_operations);
    const config_person *p = senior(a);
    if (!p) return out;
    if (strcmp(out.owner, p->name) != 0) out.watcher = out.owner;
    out.owner = p->name;
    out.instead_of = NULL;
    out.orphaned = false;
    out.how = OWNERS_THEIRS;
    return out;
}

owners_pair owners_named(const owners_ask *a, const char *name, reason_owner otherwise) {
    owners_pair out = owners_of(a, otherwise);
    bool own = *name && (!strcmp(name, a->w->owner_sales) || !strcmp(name, a->w->owner_operations)), known = *name && config_person_of(a->c, name);
    if (!own && !known) return out;
    bool operations = otherwise == REASON_OWNER_operations;
    const char *side = operations ? a->w->owner_operations : a->w->owner_sales, *opposite = operations ? a->w->owner_sales : a->w->owner_operations;
    owners_pair named = stands(a, name, operations ? ROLE_operations : ROLE_sales, strcmp(name, side) ? side : opposite);
    sees(a, &named, out.owner);
    return named;
}

/* --- those who can --- */

static bool is_of(const config_person *p, const config_names *of) {
    for (size_t i = 0; i < of->n; i++)
        if (!strcmp(of->at[i], p->name)) return true;
    return !of->n && (p->role == ROLE_sales || p->role == ROLE_operations);
}

static bool speaks(const owners_ask *a, size_t i) {
    return config_person_speaks(&a->c->people[i], a->w->locale);
}

/* Only those, if there are any. */
static size_t narrowed(const owners_ask *a, bool *can, size_t n, bool (*is)(const owners_ask *a, size_t i)) {
    size_t left = 0;
    for (size_t i = 0; i < a->c->people_n; i++) left += can[i] && is(a, i);
    for (size_t i = 0; left && i < a->c->people_n; i++) can[i] = can[i] && is(a, i);
    return left ? left : n;
}

size_t owners_who_can(const owners_ask *a, const config_names *of, bool *can) {
    size_t n = 0;
    for (size_t i = 0; i < a->c->people_n; i++) n += can[i] = is_of(&a->c->people[i], of) && owners_there(a, &a->c->people[i]);
    n = narrowed(a, can, n, speaks);
    return narrowed(a, can, n, has_room);
}
