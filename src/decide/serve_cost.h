/* What serving a customer costs, and what they bring.
 *
 *     cost to serve = case minutes x rate + returns + discounts + letters and calls
 *     value         = margin x (what they paid before discounts and returns) + what those they recommended brought, at the same margin
 *
 * Value is counted at list price and before returns because discounts and returned amounts stand on the side of the costs: each is subtracted once. Where nobody wrote down how long a case took, the usual
 * minutes stand in for it, and are uncertain: each case's by as much as themselves (as if exponential), and the usual figure itself by half, which cases share. Pure; docs/methods/cost-to-serve.md. */
#ifndef DECIDE_SERVE_COST_H
#define DECIDE_SERVE_COST_H

#include <marram/base.h>

typedef struct serve_rates { /* money in one currency's units; all >= 0 */
    double case_hour, usual_minutes; /* an hour's work on cases; of a case that says nothing */
    double letter, call, visit, email;
    double return_loss;              /* share of what was given back that is lost */
    double margin;                   /* share of the price */
    double referral_credit;          /* share of the margin on what the recommended bring that is the recommender's */
} serve_rates;

typedef struct serve_facts { /* of one span of time; >= 0 */
    double paid, discounts, returned, referred; /* money */
    double minutes;                             /* written down */
    int64_t cases_unsaid;                       /* cases that took time which nobody wrote down */
    int64_t letters, calls, visits, emails;
} serve_facts;

typedef struct serve_sums {
    double cases, returns, discounts, letters, calls, cost;
    double margin, referrals, value;
    double net, net_sd; /* value - cost, and the standard deviation that the estimated minutes leave */
    double low, high;   /* 90 % of it: net -+ 1.645 net_sd */
} serve_sums;

/* MR_EINVAL: a figure below zero or not finite. Thread-safe. */
mr_status serve_cost(const serve_facts *f, const serve_rates *r, serve_sums *out);

#endif
