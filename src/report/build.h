/* What a run does between reading the orders and writing the files: compare, fit, forecast, decide, add up. */
#ifndef REPORT_BUILD_H
#define REPORT_BUILD_H

#include "report.h"

#include <compare.h>

typedef struct build_options {
    int32_t until;         /* last day of observation; INT32_MIN: the last day in the data */
    double horizon_days;   /* >= 1 */
    double days_per_unit;  /* 7: weeks, 1: days */
    double margin;         /* (0,1] */
    double discount_rate;  /* per year */
    size_t sample;         /* models are compared on about so many customers; 0: all */
    uint64_t seed;
    double (*clock)(void); /* seconds, for the timings; NULL: none */
} build_options;

/* A report with all it points to. */
typedef struct build {
    report r;
    compare comparison;
    report_customer *customers;
    report_month *months;
    report_cohort *cohorts;
    int32_t *week_day;
    double *week_actual, *week_expected;
    /* per customer, in the order of the input; kept for the charts */
    double *columns;
    size_t n;
    mr_data data; /* summaries at `until` */
    double *spend, *mean_spend;
} build;

/* MR_EFLAT, MR_EBOUNDARY or MR_ENOCONV where no model at all can be fitted: the message says why. */
mr_status build_report(const ingest_orders *input, const build_options *options, const mr_context *context, build *out,
                       mr_error *err);
void build_free(build *b);

/* The parts, in this order (build_*.c). Each adds its own fields to b->r. */
mr_status build_compare(build *b, const ingest_orders *input, const build_options *o, const mr_context *context, mr_error *err);
mr_status build_fits(build *b, const ingest_orders *input, const build_options *o, const mr_context *context, mr_error *err);
mr_status build_customers(build *b, const ingest_orders *input, const build_options *o, const mr_context *context, mr_error *err);
mr_status build_charts(build *b, const ingest_orders *input, const build_options *o, const mr_context *context, mr_error *err);

/* Adds a row to the timings and restarts the stop-watch. */
void build_timing(report *r, const char *name, double seconds);

#endif
