/* What a routing model holds. */
#ifndef DECIDE_ROUTING_IMPL_H
#define DECIDE_ROUTING_IMPL_H

#include "routing.h"

typedef struct routing_cell { /* of one person, reason and tier, all kinds together */
    uint32_t person, reason, tier;
    double cases, residual, information; /* kept less expected; the sum of p (1 - p) */
} routing_cell;

struct routing_model {
    const mr_alloc *alloc;
    routing_sizes sizes;
    double *share;      /* [kinds][reasons][tiers] */
    double *of_reason;  /* [kinds][reasons] */
    double *of_kind;    /* [kinds] */
    double of_all;
    routing_cell *cell; /* [cells], by person, reason, tier */
    size_t cells;
    double spread[ROUTING_LEVELS];
};

/* What is known of a normal quantity: its mean, and 1 / variance. */
typedef struct routing_belief {
    double mean, precision;
} routing_belief;

/* Cells first .. last - 1 of one person. What all of them say of the person's own effect, but for those of reason `but` (ROUTING_NOBODY: none left out); *evidence: its log-likelihood is added, NULL: not
 * asked. */
routing_belief routing_of_person(const routing_model *m, size_t first, size_t last, uint32_t but, double *evidence);
/* Likewise of the person with that reason, but for one tier; first .. last - 1 are of that reason. */
routing_belief routing_of_reason(const routing_model *m, size_t first, size_t last, uint32_t but, double *evidence);
/* Both beliefs together; *evidence: the log density of their means' difference is added. */
routing_belief routing_joined(routing_belief a, routing_belief b, double *evidence);
/* One level further: whoever is believed of differs from the level above by a spread. */
routing_belief routing_widened(routing_belief a, double spread);

#endif
