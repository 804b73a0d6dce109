/* Things that happen to a made-up customer and take several events, shared by what happens anyway (world_activity.c) and what a reason leaves behind
 * (world_traces.c). All add to the customer's events; where memory is short room->failed is set. */
#ifndef SIMULATE_WORLD_MAKE_H
#define SIMULATE_WORLD_MAKE_H

#include "world_spec.h"

typedef struct world_case {
    const char *category, *severity;
    double response_hours;
    double resolution_days; /* below 0: never */
    double reopened_days;   /* after it was solved; below 0: not */
    bool unsolved;          /* once reopened it stays open */
    bool refused, confirmed;
} world_case;
void world_make_case(world_person *p, rng *r, double day, const world_case *c);

typedef enum world_promise { WORLD_PROMISE_KEPT, WORLD_PROMISE_LATE, WORLD_PROMISE_BROKEN, WORLD_PROMISE_OVERDUE } world_promise;
/* late_days: how far from the due day it is settled, before it where it is kept. */
void world_make_promise(world_person *p, double day, const char *what, double due_days, world_promise outcome, double late_days);

void world_make_price_change(world_person *p, double day, double percent, const char *why);
world_item *world_make_contact(world_person *p, int64_t at_us, uint32_t number, bool joins, const char *authority, const char *role);
world_item *world_make_order(world_person *p, rng *r, double day, bool with_product);
double world_score(const world_person *p, rng *r);
double world_severity_value(const char *word);

#endif
