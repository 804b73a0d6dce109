/* What save offers changed: those drawn to be shown one against those held out of it. docs/methods/offer-review.md. */
#ifndef PROGRAMME_OFFER_REVIEW_H
#define PROGRAMME_OFFER_REVIEW_H

#include <config.h>
#include <ledger.h>
#include <offer_trial.h>

#define OFFER_EARLY_DAYS 30
#define OFFER_LATE_DAYS 90

typedef struct offer_review {
    const config_offer *offer;
    int64_t shown, accepted, held;              /* in the experiment, whether their time has come or not */
    int64_t strategic, no_room, objecting;      /* not in it */
    int64_t ripe[2], young[2];                  /* drawn for long enough, and not yet, after OFFER_EARLY_DAYS and OFFER_LATE_DAYS */
    offer_trial trial[2];
    double cost;                                /* of all who took it, in the offer's currency */
    double cost_a_case, worth;                  /* of a case that was shown it; a year's margin of one of those drawn; 0 not known */
    double kept_cost, kept_cost_low, kept_cost_high; /* a customer kept costs, by the later of the two that has been reached; 0: that cannot be said; high INFINITY: there may be none kept */
    double break_even;                          /* the difference from which on it pays */
    int64_t more;                               /* cases it would take; 0 none, INT64_MAX cannot be said */
    double more_weeks;                          /* at the pace of the last quarter; 0 not known */
    offer_finding finding;
    const char *why;
} offer_review;

/* One offer of the settings as of now_us. MR_ECANCELLED. */
mr_status offer_review_of(ledger *l, const config *c, const config_offer *offer, int64_t now_us, const mr_context *context, offer_review *out, mr_error *err);

#endif
