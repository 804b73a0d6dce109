/* The parts of a report that only some data carry: critical moments, reasons, the fix list, reviews due. Each is the JSON of the command of its name
 * (marram moments, reasons, measures, review), and NULL where the data say nothing of it. */
#ifndef REPORT_EXTRAS_H
#define REPORT_EXTRAS_H

#include "json_write.h"

#include <ledger.h>
#include <taxonomy.h>

#define EXTRAS_NEXT 25    /* customers who come to a moment soonest */
#define EXTRAS_REVIEWS 15

typedef struct extras_observed { /* of a customer who is here: the reason that what was observed speaks for */
    int64_t customer_id;
    uint8_t reason; /* its number in the taxonomy */
} extras_observed;

typedef struct report_extras {
    json_t *moments, *reasons, *fixes, *reviews;
    extras_observed *observed; /* by customer_id */
    size_t observed_n;
} report_extras;

typedef struct extras_options {
    int32_t until;
    int32_t horizon_days;
    uint64_t seed;
} extras_options;

/* Freed by extras_free, whatever comes. A part that the data are too few for is left out. */
mr_status extras_read(ledger *l, const extras_options *o, const mr_context *context, report_extras *out, mr_error *err);
void extras_free(report_extras *x);
/* REASON_none where nothing, or nothing known, is observed. */
reason extras_observed_of(const report_extras *x, int64_t customer_id);

/* In summary.json. */
void extras_json(writer *w, json_t *root);
/* A member, "" or NaN where it is missing. */
const char *extras_text(const json_t *o, const char *key);
double extras_number(const json_t *o, const char *key);

#endif
