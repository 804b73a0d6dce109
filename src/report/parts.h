/* The files a report is made of, each written by a source of its own into an open output. */
#ifndef REPORT_PARTS_H
#define REPORT_PARTS_H

#include "files.h"
#include "report.h"

#include <text.h>

#include <math.h>

#define CALL_FIRST 50 /* how many of the list to call are shown */

/* customers.csv to files->fd. MR_EIO, MR_ENOMEM, MR_ECANCELLED. */
mr_status report_customers_csv(const report *r, const files *out, const mr_context *context, mr_error *err);
/* changes.csv: whose stage moved since the earlier run. */
mr_status report_changes_csv(const report *r, text_buffer *out, mr_error *err);
/* report.html. */
mr_status report_html(const report *r, text_buffer *out, mr_error *err);
/* summary.json, a text the caller frees with free(). */
mr_status report_json_text(const report *r, char **out, size_t *len, mr_error *err);

/* Rows of r->customers to call first: the highest value at risk among those for whom there is a first step
 * and who are not within their rhythm (whoever ordered yesterday may well be worth thanking, but is not the
 * first to call about staying). Fills rows[most], returns how many. */
size_t report_call_first(const report *r, uint32_t *rows, size_t most);
/* Said below lists of names where somebody objected; "" nobody did. Returns out. */
char *report_not_listed(const report *r, char out[160]);

/* A customer's identifier, or contact (0 name, 1 e-mail, 2 phone); "" of length 0 where there is none. */
const char *report_id(const report *r, uint32_t index, size_t *len);
const char *report_contact(const report *r, int which, uint32_t index, size_t *len);

/* The level of the prediction intervals. */
static inline double report_level(const report *r) {
    return r->interval_level > 0 ? r->interval_level : 0.8;
}

/* Was the earlier run made for another horizon, margin or discount rate? What is not known of it (NaN) says no. */
static inline bool report_other_terms(const report *r) {
    if (!r->has_previous || !(r->previous_horizon_days > 0)) return false;
    return fabs(r->previous_horizon_days - r->horizon_days) > 1e-9 ||
           (r->has_money && (fabs(r->previous_margin - r->margin) > 1e-12 ||
                             fabs(r->previous_discount_rate - r->discount_rate) > 1e-12));
}

static inline bool report_is_baseline(const report_model *m) {
    return m->model == NULL;
}

/* What a column was taken for, and how its dates were read, in plain words. */
const char *report_role_word(ingest_role role);
const char *report_date_word(ingest_date_format format);

/* 95 % interval of a share of n seen as `share` (Wilson 1927); n = 0: NaN. */
void report_share_interval(double share, double n, double *low, double *high);

#endif
