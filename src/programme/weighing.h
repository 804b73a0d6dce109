/* Under budgets (docs/plan.md): of what programmes wish of one customer of our own accord, which is done today.
 *
 * What is owed (replies, service, what the law wants) is not weighed and always goes; nor is what stands in the ledger as a task or a draft, what a person approved, or what is assumed to save nothing
 * and so is done for another reason. Of the rest a customer gets one action a day or none: the one that the day's plan chose for them; who came later than the plan, what is worth more than it uses at
 * the day's prices, where there is room. What is not chosen waits for another day. */
#ifndef PROGRAMME_WEIGHING_H
#define PROGRAMME_WEIGHING_H

#include "plan.h"

#include <plans.h>
#include <rates.h>

enum { BUDGET_MONEY, BUDGET_MESSAGES, BUDGET_PEOPLE }; /* resources: money, messages, then the hours of each person of the settings */

typedef struct weighed_option {
    action_row *action;     /* of the reconciled rows */
    bool fresh;             /* not in the ledger yet */
    double value, cost;     /* expected; of its channel and offer */
    double gain, error;     /* value - cost, and one standard error of it */
    double worth;           /* what decides: gain less caution */
    double money, messages, hours;
    size_t person;          /* of the settings' people; people_n: nobody of ours */
    double net;             /* worth, less what it uses at the day's prices */
    bool unknown;           /* what it would bring is not known: no value at risk, or no rate. Never chosen, nor drawn by lot */
    const char *why;        /* why it is not chosen; "" it is */
} weighed_option;

struct weighed {
    weighed_option *option; /* [n] */
    size_t n, chosen;       /* chosen n: none */
    bool decided, planned;  /* planned: by the day's plan, else by its prices */
    int how;                /* plan_how, once decided */
    double probability;
};

/* The budgets of a day. */
typedef struct budget_day {
    bool on;               /* there are budgets, or customers decided by lot */
    bool kept;             /* the ledger has a plan of that day */
    bool made;             /* a plan is being made: its choices and prices are here */
    int32_t day;           /* a working day; it lasts until work begins on the next */
    int64_t now_us;
    char currency[4];      /* of gains, costs and prices: the settings', else the rates' own; "" all are of one */
    currency_rates rates;
    plan_budget *row;      /* [n], as numbered above */
    size_t n;
    plan_choice *choice;   /* [choices], by customer: of a plan that is being made; goes before what is kept */
    size_t choices;
} budget_day;

/* From the settings, and what is kept of the day of now_us; freed by budget_free. MR_EDATA: more people than can be planned. */
mr_status budget_begin(ledger *l, const config *c, int64_t now_us, budget_day *out, mr_error *err);
void budget_free(budget_day *b);

/* What an option uses of resource r. */
double weighed_use(const weighed_option *o, size_t r);
/* What there is to weigh, after reconcile; into r->weighed. */
mr_status weigh(look *k, const budget_day *b, wording *words, zone_cache *zones, reconciled *r, mr_error *err);
/* Is it in the day's plan already? Into w->planned; nothing is decided. */
mr_status weigh_planned(ledger *l, const look *k, const budget_day *b, weighed *w, mr_error *err);
/* Which of it: r->weighed is decided where there is a plan. Writes (dry false, in a write transaction) what is decided by prices. */
mr_status weigh_decide(ledger *l, look *k, budget_day *b, reconciled *r, bool dry, mr_error *err);
/* What is not chosen is not done today. */
void weigh_cut(look *k, reconciled *r);

#endif
