/* A base as rows of (customer, landmark): the last days of the months at which a customer was at risk of leaving, the features as known then, and whether
 * they left within the horizon. What models of leaving are trained and judged on (docs/methods/leaving.md).
 *
 *   with contracts:  at risk: under contract and not leaving, as known on the landmark. Left: notice, intent or end in (L, L + H]; known RISK_GRACE_DAYS later.
 *   without:         at risk: has ordered in (L - H, L]. Left: no order in (L, L + H]; their leave date is H days after the last order.
 *
 * The same rows in the same order on every store: customers are sampled and sorted by a hash of their own identifier. */
#ifndef LEARN_LANDMARKS_H
#define LEARN_LANDMARKS_H

#include <cycle_stage.h>
#include <feature.h>
#include <risk.h>
#include <traces.h>

/* Columns beside the features, for models of buying and for baselines. */
enum { LANDMARK_LOG_GAPS = FEATURES, LANDMARK_AGE, LANDMARK_COLUMNS }; /* sum of log(days between orders); days since the first order */

enum { LANDMARK_STAYED = 0, LANDMARK_LEFT = 1, LANDMARK_NOT_AT_RISK = 2, LANDMARK_UNKNOWN = 3 };

#define LANDMARK_LAST_DAY INT32_MAX

/* What a stage is decided from, beside the features (cycle_stage.h); of rows of one day alone. */
typedef struct landmark_standing {
    double spell_days, referrals;
    unsigned char before; /* the stage a month before */
    bool gone, notice, back;
} landmark_standing;

typedef struct landmarks_options {
    int32_t horizon_days;  /* >= 1 */
    int32_t until;         /* nothing after this day is looked at */
    int32_t only_day;      /* one landmark, its outcome not asked for; LANDMARK_LAST_DAY: the last day there is; INT32_MIN: the last day of each month */
    int32_t sour_days;     /* 0: FEATURES_SOUR_DAYS */
    uint64_t sample;       /* customers, about; 0: all */
    int64_t customer_id;   /* this one alone; 0: all */
    const currency_rates *rates;
} landmarks_options;

typedef struct landmark_customer {
    int64_t id;
    uint64_t hash;         /* of source and external id */
    const char *external_id, *tier, *segment;
    size_t first, n;       /* rows */
} landmark_customer;

typedef struct landmarks {
    risk_mode mode;
    int32_t horizon_days, first_day, last_day; /* of all events */
    int32_t only_day;
    uint64_t base, with_contracts, with_orders, events; /* of the whole base: customers */
    uint64_t read;                 /* customers looked at: a sample where less than the base */
    char currency[4];
    size_t n, customers;
    landmark_customer *customer;   /* [customers]: those with a row, by hash */
    double *column[LANDMARK_COLUMNS]; /* [n]; NULL: constant[f] in every row */
    double constant[LANDMARK_COLUMNS];
    int32_t *day;                  /* [n] of the landmark */
    int32_t *known_day;            /* [n] from when the outcome could be known */
    uint32_t *who;                 /* [n] index of the customer */
    unsigned char *then, *now;     /* [n] LANDMARK_...: as known on known_day, and on `last_day` */
    landmark_standing *standing;   /* [n] with only_day; else NULL */
    int32_t *gone, *gone_then;     /* [n] the day they left, where now (then) is LANDMARK_LEFT; else TRACE_NO_DAY */
    size_t buyers, orders;         /* all sampled customers with orders, at risk or not, by hash: what models of buying are fitted to */
    struct landmark_buyer {
        uint64_t hash;
        size_t first, n;
    } *buyer;
    struct landmark_order {
        int32_t day, known_day;
    } *order;
    uint64_t odd_before_start;     /* problems before the first order or contract */
    uint64_t odd_live_after_left;  /* customers who left by notice, with contracts that run on after it */
    struct arena *text;
} landmarks;

/* MR_EDATA: no customer has an order or a contract by then; currencies that cannot be added. Progress: customers. */
mr_status landmarks_read(ledger *l, const landmarks_options *o, const mr_context *context, landmarks *out, mr_error *err);
void landmarks_free(landmarks *m);

static inline double landmark_value(const landmarks *m, int column, size_t at) {
    return m->column[column] ? m->column[column][at] : m->constant[column];
}

/* The stage of a row's customer; chance: of leaving, NaN where no model was asked; base: the mean of such chances. With only_day alone. */
cycle_stage landmark_stage(const landmarks *m, size_t at, double chance, double base);

/* The last day of the day's month. */
int32_t landmark_month_end(int32_t day);

#endif
