/* Two stored models on the data as they are now: how likely each makes them, and what each forecasts. */
#ifndef LEARN_MODEL_COMPARE_H
#define LEARN_MODEL_COMPARE_H

#include "model_document.h"
#include "sample.h"

#include <marram/decide.h>
#include <models.h>

typedef struct compared_model {
    ledger_model model;           /* its document is NULL */
    model_document document;
    double log_likelihood;        /* of the sample's orders under the forecast model */
    double spending_log_likelihood; /* of what repeaters spent an order; NaN: no spending model */
    double expected, ordering;    /* orders, and customers to order, of the sample within the horizon */
    double alive;                 /* mean P(alive) of the cycle model */
    uint64_t stage[MR_STAGES];
} compared_model;

typedef struct model_comparison {
    compared_model side[2];
    int32_t until;
    double horizon_days;
    uint64_t customers;           /* looked at */
    double chance_apart;          /* mean distance of the two chances of an order */
    uint64_t stage_apart;         /* customers whose stage differs */
} model_comparison;

typedef struct model_compare_options {
    const char *url, *name[2];    /* numbers, or their beginnings */
    int32_t today;
    double horizon_days;
    uint64_t sample;              /* customers looked at, about; 0: all */
    void (*begin)(void *ctx, const char *what);
    void *ctx;
} model_compare_options;

/* MR_EDATA where one is not there, or they count time or money in different units. */
mr_status model_compare(const model_compare_options *options, const mr_context *context, model_comparison *out, mr_error *err);

#endif
