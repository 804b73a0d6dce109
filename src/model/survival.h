/* What the survival files share: rows in the order in which they come under observation, going back in time. */
#ifndef MODEL_SURVIVAL_H
#define MODEL_SURVIVAL_H

#include <marram/survival.h>

/* Going from the last time to the first, rows enter at their stop and leave at their start: nothing is looked at twice. */
typedef struct survival_order {
    uint32_t *by_stop;  /* [n], the latest first */
    uint32_t *by_start; /* [n], the latest first; NULL where all start at 0 */
} survival_order;

mr_status survival_check(const mr_survival *data, mr_error *err);
/* Freed by survival_order_free, whatever the status. */
mr_status survival_order_new(const mr_survival *data, const mr_alloc *alloc, survival_order *out, mr_error *err);
void survival_order_free(survival_order *order, const mr_alloc *alloc);

static inline double survival_weight(const mr_survival *data, size_t i) {
    return data->weight ? data->weight[i] : 1;
}

#endif
