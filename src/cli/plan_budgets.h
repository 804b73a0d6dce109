/* The day's plan under budgets, for people and as JSON. */
#ifndef CLI_PLAN_BUDGETS_H
#define CLI_PLAN_BUDGETS_H

#include <budget_plan.h>
#include <plan_list.h>

#include <jansson.h>

typedef struct plan_times { /* seconds of each stage */
    double weighing, choosing, showing;
} plan_times;

void plan_budgets_print(const budget_day *day, const budget_plan *plan, const plan_times *times, bool keep);
/* plan NULL: what is kept of the day alone. */
json_t *plan_budgets_json(const budget_day *day, const budget_plan *plan, const plan_times *times);
/* Of one candidate: what it would bring, what it uses and costs at the day's prices, and why it is chosen or not. */
void plan_budgets_explain(const budget_day *day, const plan_candidate *c);
json_t *plan_budgets_candidate(const plan_candidate *c);

#endif
