/* What the save desk's cases came to, by whom, by what brought them, by reason and by tier; learnt of the base, and what new cases are given out by. docs/methods/routing.md. */
#ifndef PROGRAMME_DESK_RECORD_H
#define PROGRAMME_DESK_RECORD_H

#include <ledger.h>
#include <routing.h>

#include <jansson.h>

typedef struct desk_tally {
    double cases, kept;
} desk_tally;

typedef struct desk_record {
    char (*person)[128]; /* [people] */
    char (*tier)[64];    /* [tiers] */
    uint32_t people, tiers;
    routing_count *count; /* [n] */
    size_t n;
    desk_tally by_lot, by_record; /* of those given out by either, and not given to another since */
    routing_model *model;
} desk_record;

/* Cases that came DESK_KEPT_DAYS or more before the end of `day`; customers who object are not among them. NULL in *out: there was none. Freed by desk_record_free. */
mr_status desk_record_learn(ledger *l, int32_t day, desk_record **out, mr_error *err);
void desk_record_free(desk_record *r); /* NULL: nothing */
json_t *desk_record_document(const desk_record *r);
/* Of a document; NULL: none there. MR_EDATA: one that cannot be read. */
mr_status desk_record_read(const json_t *o, desk_record **out, mr_error *err);

/* Numbers for routing.h. r NULL or nobody of that name: ROUTING_NOBODY; a tier without cases: one beyond those there are. */
uint32_t desk_record_person(const desk_record *r, const char *name);
uint32_t desk_record_tier(const desk_record *r, const char *tier);

#endif
