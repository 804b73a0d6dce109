/* Plans under budgets: of each day its budgets with their prices, and what was decided for whom. docs/plan.md. */
#ifndef LEDGER_PLANS_H
#define LEDGER_PLANS_H

#include "ledger.h"

#define PLAN_RESOURCE 72

typedef struct plan_budget {
    char resource[PLAN_RESOURCE];
    double price;        /* what one more unit would bring */
    double budget, used; /* INFINITY: there is enough */
} plan_budget;

typedef enum plan_how { PLAN_HOW_BEST, PLAN_HOW_DRAWN, PLAN_HOW_PRICE, PLAN_HOWS } plan_how;

typedef struct plan_choice {
    int64_t customer_id, action_id; /* action_id 0: nothing */
    int how;                        /* plan_how */
    double probability;             /* of what was drawn; else 1 */
    int options;
    double gain, error;             /* of what was chosen, in units of currency */
    char currency[4];
    int64_t decided_us;
} plan_choice;

int plan_choice_order(const void *a, const void *b); /* by customer, for qsort and bsearch */

/* row[most]; *n 0: no plan was kept for that day. */
mr_status plan_budgets_read(ledger *l, int32_t day, plan_budget *row, size_t most, size_t *n, mr_error *err);
/* In a write transaction: prices and budgets are the new ones, `used` is added to what is used already. */
mr_status plan_budgets_put(ledger *l, int32_t day, const plan_budget *row, size_t n, mr_error *err);
/* In a write transaction: so much of each, in the order given, or *taken false and nothing. Others who take of the first wait until it ends. */
mr_status plan_budgets_take(ledger *l, int32_t day, const plan_budget *row, const double *amount, size_t n, bool *taken, mr_error *err);
/* Of that day; *there false: none. */
mr_status plan_choice_read(ledger *l, int64_t customer_id, int32_t day, plan_choice *out, bool *there, mr_error *err);
/* Once a customer and day; in a write transaction. *added (may be NULL): of those that were not there. */
mr_status plan_choices_put(ledger *l, int32_t day, const plan_choice *rows, size_t n, int64_t *added, mr_error *err);

#endif
