/* Scoring a range of customers: read a block, forecast it, write it. What a worker needs is allocated once; memory is that of one block,
 * and of the longest history where histories are read. */
#ifndef LEARN_SCORE_RANGE_H
#define LEARN_SCORE_RANGE_H

#include "occasions.h"
#include "outlook.h"

#include <forecasts.h>
#include <id_list.h>
#include <marram/history.h>

/* Customers a block holds. Large enough for what is tabulated once a block (a few thousand values) not to matter. */
#define SCORE_BLOCK 16384

/* Sums over customers, in integers, so that they are the same in any order and partition. */
#define SCORE_FINE 0x1p30
typedef struct score_sums {
    uint64_t customers, repeaters, orders;
    int64_t expected, ordering;    /* of expected orders and of the chance of one, times SCORE_FINE */
    int64_t value_minor, value_at_risk_minor;
    uint64_t stage[MR_STAGES];
    int64_t stage_at_risk_minor[MR_STAGES];
    double seconds[3]; /* scanning, forecasting, writing */
} score_sums;

enum { SCORE_SCANNING, SCORE_FORECASTING, SCORE_WRITING };

typedef struct score_plan {
    outlook_spec outlook;
    double discount;         /* outlook_discount */
    int32_t until;
    bool histories;          /* read all events; else cycles, and events only of those whose cycle knows too much */
    occasions_money money;
    const id_list *objecting; /* to profiling: no forecast of them */
    double (*clock)(void);   /* seconds; NULL: none */
} score_plan;

typedef struct score_worker score_worker;

/* writer->l is the connection for reading and writing. writer and plan must outlive it. NULL: no memory. */
score_worker *score_worker_new(const score_plan *plan, forecast_writer *writer);
void score_worker_free(score_worker *w);
/* Customers first .. last; adds to *sums. Rows of the writer's model in the range are replaced. */
mr_status score_range(score_worker *w, int64_t first, int64_t last, score_sums *sums, mr_error *err);
void score_sums_add(score_sums *to, const score_sums *from);

#endif
