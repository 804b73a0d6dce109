#include "owners.h"

#include <string.h>

/* Present that day: not away, not gone. */
static bool works(const config_person *p, int32_t day) {
    return config_person_free(p, day);
}

/* Whoever stands in, and in for them; a ring of people who are all away ends. */
static const config_person *present(const config *c, const config_person *p, int32_t day) {
    for (int steps = 0; p && steps < 8; steps++) {
        if (works(p, day)) return p;
        const char *other = config_person_stand_in(p, day);
        p = other && *other ? config_person_of(c, other) : NULL;
    }
    return NULL;
}

/* The first of a role who is there. */
static const config_person *of_role(const config *c, config_role role, int32_t day) {
    for (size_t i = 0; i < c->people_n; i++)
        if (c->people[i].role == role && works(&c->people[i], day)) return &c->people[i];
    return NULL;
}

static const char *of_roles(const config *c, config_role first, int32_t day) {
    const config_role order[] = {first, ROLE_manager, ROLE_senior, ROLE_sales, ROLE_operations};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const config_person *p = of_role(c, order[i], day);
        if (p) return p->name;
    }
    return "";
}

/* Who sees to it for someone of that name, of that side. */
static const char *stands(const config *c, const char *name, config_role role, int32_t day, owners_pair *out) {
    if (!*name) {
        out->orphaned = true;
        return of_roles(c, role, day);
    }
    const config_person *p = config_person_of(c, name);
    if (!p && !c->people_n) return name; /* the settings name nobody: the customer's own owner is believed */
    if (!p) {
        out->orphaned = true;
        return of_roles(c, role, day);
    }
    const config_person *there = present(c, p, day);
    if (there == p) return p->name;
    out->instead_of = p->name;
    return there ? there->name : of_roles(c, role, day);
}

owners_pair owners_of(const config *c, const whole *w, reason_owner side, int32_t day) {
    owners_pair out = {"", "", "", false}, other = {"", "", "", false};
    bool operations = side == REASON_OWNER_operations;
    out.owner = stands(c, operations ? w->owner_operations : w->owner_sales, operations ? ROLE_operations : ROLE_sales, day, &out);
    out.watcher = stands(c, operations ? w->owner_sales : w->owner_operations, operations ? ROLE_sales : ROLE_operations, day, &other);
    if (!strcmp(out.owner, out.watcher)) out.watcher = "";
    return out;
}

owners_pair owners_senior(const config *c, const whole *w, int32_t day) {
    owners_pair out = owners_of(c, w, REASON_OWNER_operations, day);
    const config_person *p = of_role(c, ROLE_senior, day);
    if (!p) p = of_role(c, ROLE_manager, day);
    if (!p) return out;
    out.watcher = strcmp(out.owner, p->name) ? out.owner : out.watcher;
    out.owner = p->name;
    out.instead_of = "";
    out.orphaned = false;
    return out;
}

owners_pair owners_named(const config *c, const whole *w, const char *name, reason_owner otherwise, int32_t day) {
    owners_pair out = owners_of(c, w, otherwise, day);
    bool own = *name && (!strcmp(name, w->owner_sales) || !strcmp(name, w->owner_operations)), known = *name && config_person_of(c, name);
    if (!own && !known) return out;
    owners_pair named = {"", "", "", false};
    named.owner = stands(c, name, otherwise == REASON_OWNER_operations ? ROLE_operations : ROLE_sales, day, &named);
    named.watcher = strcmp(out.owner, named.owner) ? out.owner : out.watcher;
    return named;
}
