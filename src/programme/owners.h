/* Who of us sees to a customer. Each has a sales and an operations owner. Who cannot see to it before it is due, being away or not at work, is stood in for; where nobody is
 * named it goes to whoever of that side has the least to do for their hours, so that nothing is orphaned. Pure, and the same answer to the same question. */
#ifndef PROGRAMME_OWNERS_H
#define PROGRAMME_OWNERS_H

#include <config.h>
#include <taxonomy.h>
#include <whole.h>

#define OWNERS_SOON_HOURS 8 /* of the company's work: for what is overdue */

#define OWNERS_COUNTED 64 /* open tasks of one of us that are counted: whoever has more has as much as anybody */

typedef struct owners_ask {
    const config *c;
    const whole *w;
    int64_t now_us, due_us;
    const int64_t *open; /* [c->people_n], tasks they have to do; NULL: none */
} owners_ask;

typedef enum owners_how {
    OWNERS_THEIRS,      /* the one who was asked for */
    OWNERS_DEPUTY,      /* who stands in for them */
    OWNERS_OTHER,       /* the customer's other owner */
    OWNERS_SENIOR,      /* somebody senior */
    OWNERS_LEAST,       /* whoever has the least to do */
    OWNERS_NOBODY_ELSE  /* away, but nobody else is there either */
} owners_how;

typedef struct owners_pair {
    const char *owner, *watcher; /* names; "" nobody */
    const config_person *instead_of; /* who would have been, and cannot; NULL */
    bool orphaned;               /* nobody of the customer's own could be named */
    owners_how how;
} owners_pair;

/* Are they at work between now and when it is due? Of what is overdue, or due before anybody comes to work: within the company's next OWNERS_SOON_HOURS of work. */
bool owners_there(const owners_ask *a, const config_person *p);

/* both: sales sees to it, operations sees it. Who is stood in for sees it, too. */
owners_pair owners_of(const owners_ask *a, reason_owner side);
/* A senior person (a manager where there is none, else the owner of that side), the operations owner sees it. */
owners_pair owners_senior(const owners_ask *a);
/* Somebody by name: where the settings know them, or one of the customer's owners is so called; else as owners_of(otherwise). */
owners_pair owners_named(const owners_ask *a, const char *name, reason_owner otherwise);

/* Those of `of` (n 0: everybody in sales and operations) who can: at work before it is due; of these who speaks the customer's language, where anybody does; of these who has room, where anybody has.
 * can[c->people_n]; how many. */
size_t owners_who_can(const owners_ask *a, const config_names *of, bool *can);

#endif
