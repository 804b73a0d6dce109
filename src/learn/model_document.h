/* A fitted model as it is stored: a JSON document with all that a score needs and all that says how good it is. docs/methods/score.md
 * lists the fields. The same fit writes the same bytes. */
#ifndef LEARN_MODEL_DOCUMENT_H
#define LEARN_MODEL_DOCUMENT_H

#include "choose.h"

#define MODEL_DOCUMENT_VERSION 1

/* One model of the comparison, or a baseline. NaN: not known. */
typedef struct document_entry {
    char name[32], title[32], problem[160];
    int k;
    bool fitted;
    double inner_rmse, inner_log_loss, rmse, rmse_se, mae, msle, correlation, auc, brier, top_decile_lift, predicted_total;
} document_entry;

typedef struct model_document {
    char program[24];            /* the version that fitted it */
    int32_t first_day, until;    /* of the data */
    double days_per_unit;
    char currency[4];            /* the base's; "" amounts are not known */
    uint64_t customers;          /* of the base */
    int64_t sample_last;         /* fitted on customers up to this number ... */
    uint64_t sample;             /* ... so many */
    choice fits;
    double horizon_days;         /* wanted when the choice was made */
    int32_t inner_until, inner_days, outer_until, outer_days;
    uint64_t outer_customers;
    double outer_actual_total;
    size_t entries;              /* 0: the history was too short for a holdout */
    document_entry entry[COMPARE_MAX];
} model_document;

/* The comparison's part of the document. */
void model_document_compare(model_document *d, const compare *c);
/* *text is freed by model_document_free. MR_ENOMEM. */
mr_status model_document_write(const model_document *d, char **text, mr_error *err);
void model_document_free(char *text);
/* MR_EDATA: not a document, of a newer version, or with a model this program does not know. */
mr_status model_document_read(const char *text, model_document *d, mr_error *err);

/* The forecast model's orders on the holdout, predicted and actual; NaN where there was none. */
void model_document_miss(const model_document *d, double *predicted, double *actual);

#endif
