/* The day's plan under budgets (docs/plan.md): the actions of everybody who is due are weighed against each other (decide/allocate.h), a share of customers is decided by lot (decide/explore.h), and what
 * a unit of each budget is worth comes out as its price. */
#ifndef PROGRAMME_BUDGET_PLAN_H
#define PROGRAMME_BUDGET_PLAN_H

#include "weighing.h"

#include <allocate.h>

typedef struct budget_customer {
    int64_t customer_id;
    size_t first;  /* of the options */
    bool by_lot;   /* may be decided so: neither strategic nor objecting */
} budget_customer;

typedef struct budget_option {
    int64_t action_id;
    double worth, gain, error, money, messages, hours;
    uint32_t person;
    uint32_t programme;
} budget_option;

typedef struct budget_plan {       /* start from {.day = ...} of a budget_begin */
    budget_day *day;
    budget_customer *customer;
    budget_option *option;
    size_t customers, options, customer_room, option_room;
    uint64_t planned_before;       /* customers whom a plan kept earlier that day decided */
    uint64_t unknown;              /* options of which it is not known what they would bring */
    bool failed;                   /* no memory */
    /* What came of it. */
    uint64_t chosen, drawn, drawn_nothing, no_room;
    double value, error;           /* expected of all that is chosen, and one standard error of it: errors of one programme are taken to go together, those of two to be independent */
    double worth, bound;           /* what was maximised (value less caution), by allocation and by lot together; nothing within the budgets and draws is above the bound */
    bool exact;
    double budget[ALLOCATE_RESOURCES], used[ALLOCATE_RESOURCES]; /* left for this plan, and used by it */
} budget_plan;

/* An on_look of tick_options with weigh; ctx is the plan. */
void budget_plan_add(void *plan, const look *k, const reconciled *r, const struct plan *p);
/* Prices and choices into plan->day, so that a dry tick shows what comes of it. */
mr_status budget_plan_solve(budget_plan *plan, const ledger *l, const config *c, const mr_context *context, mr_error *err);
/* Into the ledger, in a transaction: from now on that day's ticks go by it. What was kept of the day before stays decided. */
mr_status budget_plan_keep(budget_plan *plan, ledger *l, mr_error *err);
void budget_plan_free(budget_plan *plan);

#endif
