/* `marram backtest --leaving`: at the end of each month score who is at risk with what was recorded by then, by models trained on outcomes known by then
 * (all of the past, anew every few months), and compare with what followed. */
#ifndef LEARN_LEAVING_BACKTEST_H
#define LEARN_LEAVING_BACKTEST_H

#include "leaving.h"
#include "leaving_measures.h"

typedef struct leaving_backtest_options {
    landmarks_options landmarks;
    int32_t retrain_months; /* >= 1 */
    uint64_t seed;
    void (*begin)(void *ctx, const char *what); /* a new stage; NULL: nobody wants to know */
    void *ctx;
} leaving_backtest_options;

typedef struct backtest_month {
    int32_t day, trained_day;
    size_t n, left;
} backtest_month;

typedef struct leaving_backtest {
    landmarks m;
    size_t n, left, *row;             /* judged, month by month */
    size_t months, *begin;            /* [months + 1] */
    backtest_month *month;
    size_t trainings, trained_rows, trained_left; /* how often; the last time on so many */
    double *score[LEAVING_SCORERS];   /* [n]; NULL: there is no such scorer here */
    char why[LEAVING_SCORERS][200];
    scorer_measures of[LEAVING_SCORERS];
} leaving_backtest;

/* MR_EDATA: nobody at risk, or too short a history to learn from and then to judge; with the way out. */
mr_status leaving_backtest_run(ledger *l, const leaving_backtest_options *o, const mr_context *context, leaving_backtest *out, mr_error *err);
void leaving_backtest_free(leaving_backtest *b);

/* What it comes to, in words: does anything foretell who leaves? */
typedef enum leaving_verdict { VERDICT_NOTHING, VERDICT_NO_BETTER, VERDICT_BETTER } leaving_verdict;
/* best: the simple rule or baseline with the highest AUC. NOTHING: the model's AUC and lift may be chance (their intervals include 1/2 and 1). NO_BETTER:
 * the interval of the difference to the best rule includes 0 or lies on its side. */
leaving_verdict leaving_backtest_verdict(const leaving_backtest *b, int *best);

#endif
