/* Who of us sees to a customer. Each has a sales and an operations owner; who is away is stood in for; where nobody is named it goes to whoever answers for that
 * side in the settings, so that nothing is orphaned. Pure. */
#ifndef PROGRAMME_OWNERS_H
#define PROGRAMME_OWNERS_H

#include <config.h>
#include <taxonomy.h>
#include <whole.h>

typedef struct owners_pair {
    const char *owner, *watcher; /* names; "" nobody */
    const char *instead_of;      /* who would have been, and is away; "" */
    bool orphaned;               /* nobody of the customer's own could be named */
} owners_pair;

/* both: sales sees to it, operations sees it. */
owners_pair owners_of(const config *c, const whole *w, reason_owner side, int32_t day);
/* A senior person (a manager where there is none, else the owner of that side), the operations owner sees it. */
owners_pair owners_senior(const config *c, const whole *w, int32_t day);
/* Somebody by name: where the settings know them, or one of the customer's owners is so called; else as owners_of(otherwise). */
owners_pair owners_named(const config *c, const whole *w, const char *name, reason_owner otherwise, int32_t day);

#endif
