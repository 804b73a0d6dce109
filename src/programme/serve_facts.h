/* What decide/serve_cost.h counts, out of one customer's events. docs/methods/cost-to-serve.md. */
#ifndef PROGRAMME_SERVE_FACTS_H
#define PROGRAMME_SERVE_FACTS_H

#include "looking.h"

#include <serve_cost.h>

/* Of the `days` up to the look's day, in k->w->money.currency's units. */
serve_facts serve_facts_of(look *k, int32_t days);
serve_rates serve_rates_of(const config *c);

#endif
