/* What `marram fit` fits to: orders summarised, a grouped table, or cohorts. */
#ifndef CLI_FIT_DATA_H
#define CLI_FIT_DATA_H

#include "reader.h"

#include <marram/model.h>

typedef struct fit_source {
    bool grouped, cohort, cohort_size_given;
    double cohort_size;
} fit_source;

typedef struct fit_set {
    char name[64]; /* the cohort's, or "" */
    mr_data data;
} fit_set;

typedef struct fit_data {
    fit_set *set;
    size_t sets_n;
    double *columns;
} fit_data;

/* Exit code; the message has been printed. */
int fit_data_read(const char *command, const mr_model *model, const reader_options *reader, const fit_source *source, mr_pool *pool,
                  fit_data *out);
void fit_data_free(fit_data *data);

#endif
