/* Fitting models to a ledger: a sample read, the comparison and the choice as `run` makes them, and the document of it. */
#ifndef LEARN_FIT_BASE_H
#define LEARN_FIT_BASE_H

#include "model_document.h"
#include "sample.h"
#include "survey.h"

typedef struct fit_base_options {
    int32_t until;
    double horizon_days, days_per_unit;
    uint64_t sample;          /* customers fitted on, about; 0: all */
    size_t compare_sample;    /* of those, customers the models are compared on; 0: all */
    uint64_t seed;            /* of the comparison's bootstrap */
    compare_clock clock;      /* seconds; NULL: none */
    void (*begin)(void *ctx, const char *what); /* a new stage; NULL: nobody wants to know */
    void *ctx;
} fit_base_options;

typedef struct fit_base_seconds {
    double reading, fitting;
} fit_base_seconds;

/* survey: of the base; money: as survey_currency found it. MR_EDATA where nobody has an order by `until`; what choose_models returns where
 * nothing can be fitted. */
mr_status fit_base(crew *c, const survey *s, const occasions_money *money, const fit_base_options *options, const mr_context *context,
                   model_document *out, fit_base_seconds *seconds, mr_error *err);

#endif
