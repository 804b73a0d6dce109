/* What the summary of an earlier run says on top: the same of a run of orders and of one with contracts. */
#ifndef REPORT_PREVIOUS_HEAD_H
#define REPORT_PREVIOUS_HEAD_H

#include <marram/base.h>

#include <stdbool.h>
#include <stdint.h>

#define PREVIOUS_DIR_MAX 4000 /* bytes of the folder's name, so that a file's name behind it still fits */

typedef struct previous_head {
    int32_t until;
    double value_at_risk, horizon_days, margin, discount_rate; /* NaN: not known */
    double expected;                                           /* orders, or customers who leave; NaN: not known */
} previous_head;

/* Reads dir/summary.json, of a run with contracts or of one of orders. MR_EIO where it cannot be read, MR_EINVAL where dir has too long a name,
 * MR_EDATA where marram has not written it or the run was of the other kind. */
mr_status previous_head_read(const char *dir, bool contracts, previous_head *out, mr_error *err);

#endif
