/* What a report says of a base with contracts: its book, renewals ahead, accounts at risk. It hangs on a report (report.h, `contracts`), so that all
 * that is not about orders or contracts is shared. Money is in currency units, recurring revenue a month. NaN: not known. */
#ifndef REPORT_CONTRACTS_H
#define REPORT_CONTRACTS_H

#include "report.h"

#include <text.h>

#include <account_step.h>
#include <accounts.h>
#include <leaving_chances.h>
#include <odds.h>

typedef struct contract_row {
    const account *account;
    double recurring, noticed, renewing, year_ago;
    odds_chance chance;      /* of leaving within the horizon; of who has left NaN; with an interval */
    const char *raised_by;   /* the feature that adds most to it, where it is a model's; "" */
    odds_chance renewal;     /* that the next renewal is made; NaN where renewals are not told apart */
    double value_at_risk;
    account_step step;
    bool renews;             /* within the horizon, or overdue */
} contract_row;

typedef struct contract_curve { /* share still under contract by how long ago they came */
    size_t n;
    double *months, *share, *low, *high, *at_risk;
    double median_months;    /* NaN: more than half are still there */
} contract_curve;

typedef struct contract_holdout { /* chances given `horizon` ago, as known then, against who left since */
    int32_t day;
    size_t n;                /* accounts under contract then; 0: too little history */
    double expected, left, recurring_expected, recurring_left;
    bool nobody_left;        /* before that day: nothing could be learnt by then */
    double auc, brier, brier_base; /* brier_base: of giving everybody the same chance, the share that left */
    double lift;             /* of the tenth with the highest chances */
    double predicted[10], actual[10]; /* by tenth of chance given; those with 50 accounts or more are shown */
    size_t tenth_n[10];
} contract_holdout;

typedef struct contract_ahead { /* renewals within the horizon, those overdue among them */
    uint64_t due;
    double expected, low, high; /* how many of them are made, with an interval of their number; NaN: not known */
} contract_ahead;

typedef struct contract_report {
    const accounts *base;
    const book *book;
    size_t n, under;               /* rows; of these under contract, which come first, highest value at risk first */
    contract_row *row;
    uint64_t rows_read, rejected, not_begun; /* of files; of a ledger 0 */
    uint64_t repeated, conflicting; /* events of files given more than once; of which with other contents */
    int32_t today;
    bool day_given;                /* the day of the report was asked for, not found out */
    uint64_t events, no_period;
    int32_t last_news;             /* the last day of anything but an end */
    uint64_t ended_since;          /* customers whose contract ended after it */
    const char *source;            /* the ledger, or NULL: files */
    size_t files;
    double recurring, noticed;     /* of all under contract; under notice and still running */
    double expected_leavers, expected_low, expected_high; /* accounts, with an interval for their number */
    double value_at_risk;
    double due_n, due_recurring;   /* renewals within the horizon */
    double late_n, late_recurring; /* past renewal dates nobody spoke about */
    double year_grr, year_nrr, year_logo_loss; /* NaN: nobody a year ago */
    size_t last_month;             /* the last whole month of the book; SIZE_MAX none */
    uint64_t step_count[ACCOUNT_STEPS];
    const leaving_chances *model;  /* where the chances are those of the ledger's model of leaving; else NULL */
    bool model_withheld;           /* there is one, and renewal.afterwards */
    bool by_renewal;
    renewals renewal;              /* how past ones went, and what is expected of each number */
    contract_ahead ahead[BOOK_RENEWALS], all_ahead;
    double lift_with, lift_without;
    contract_curve curve;
    contract_holdout holdout;
    const struct contracts_since *since; /* an earlier run (contracts_since.h), or NULL */
} contract_report;

/* Everything about contracts, made from what was read (model: chances of the ledger's own model, NULL or n 0: none); *out's pointers are freed by contracts_free. r->until, horizon_days, margin, discount_rate and
 * interval_level are set; r->contracts is set here. */
typedef struct contracts_build {
    contract_report report;
    contract_row *row;
    double *curve;
} contracts_build;
mr_status contracts_build_report(report *r, const accounts_reading *reading, const leaving_chances *model, const mr_context *context, contracts_build *out, mr_error *err);
void contracts_free(contracts_build *b);

/* The parts, as those of parts.h. */
struct page;
mr_status contracts_csv(const report *r, text_buffer *out, mr_error *err);
mr_status contracts_json_text(const report *r, char **out, size_t *len, mr_error *err);

/* Is the report of a later day than the data? Then contracts have ended since, and nothing else has happened: the file says nothing of who renewed. */
bool contracts_stale(const report *r);
/* What is said where the renewal dates that are past are those of customers who left (renewal.afterwards), in two sentences. */
void contracts_afterwards(const contract_report *c, text_buffer *out);
/* Rows to talk to first: the highest value at risk among those for whom there is something to do. */
size_t contracts_call_first(const contract_report *c, uint32_t *rows, size_t most);
/* "a problem or broken promise on 2 May 2026; renews 3 Sep 2026, notice until 5 Aug 2026": why an account is listed. */
void contracts_why(const report *r, const contract_row *row, text_buffer *out);

#endif
