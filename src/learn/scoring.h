/* `marram score`: the model in use, or a new one, and a forecast of every customer of a part of the ledger, kept in the table forecast.
 *
 *     repair stale cycles -> survey the base -> model (stored, or fitted on a sample) -> ranges of customers -> forecast
 *
 * A customer's forecast depends on that customer's history, the stored model, the rates and the options alone: the same bytes for every
 * partition, number of threads and store. docs/methods/score.md. */
#ifndef LEARN_SCORING_H
#define LEARN_SCORING_H

#include "fit_base.h"
#include "score_range.h"

#include <models.h>

typedef struct scoring_options {
    const char *url;
    unsigned part, of;       /* part 0 .. of - 1 of `of`; of 0: all */
    int32_t until;           /* INT32_MIN: the last day of orders, or today where that is later; of a part, the newest stored model's last day */
    int32_t today;
    double horizon_days;     /* >= 1 */
    double margin, discount_rate;
    const char *model;       /* a stored one's number or its beginning; "latest"; NULL: the pinned one, else the latest */
    bool refit;              /* fit a new one even where there is one */
    bool fit_only;           /* ... and forecast nothing; implies refit */
    bool no_repair;          /* stale cycles are an error */
    uint64_t sample;         /* customers to fit on, about; 0: all */
    size_t compare_sample;
    uint64_t seed;
    const currency_rate *rates; /* [rates_n] added to the ledger's before anything else */
    size_t rates_n;
    int64_t now_us;          /* scored_at_us, fitted_at_us */
    double (*clock)(void);   /* seconds; NULL: none */
    void (*begin)(void *ctx, const char *what); /* a new stage; NULL: nobody wants to know */
    void *ctx;
} scoring_options;

typedef enum scoring_stage {
    SCORING_REPAIR,  /* stale cycles made anew */
    SCORING_READ,    /* the survey, the sample */
    SCORING_FIT,
    SCORING_SCAN,    /* these three: of all threads, added up */
    SCORING_FORECAST,
    SCORING_WRITE,
    SCORING_STAGES
} scoring_stage;

extern const char *const scoring_stage_names[SCORING_STAGES];

typedef struct scoring {
    bool repairs, unfinished;    /* cycles were stale; an import is under way, or was cut short */
    uint64_t repaired;
    survey base;
    bool partly;                 /* a part: only that was surveyed */
    int32_t until;
    bool fitted, scored;         /* a model was fitted; customers were forecast */
    int64_t fitted_id;           /* the one fitted now; in use unless another is pinned or was asked for */
    ledger_model model;          /* in use; its document is NULL */
    model_document document;
    bool from_histories;         /* all events were read, not the cycles */
    score_sums sums;
    double expected, expected_low, expected_high; /* orders of the part within the horizon; NaN: no interval is known */
    double ordering;             /* customers expected to order */
    double seconds[SCORING_STAGES], wall_seconds; /* wall: of scanning to writing */
    size_t threads;
} scoring;

/* MR_EDATA: nothing to score, currencies that cannot be added, a part without a stored model, stale cycles with no_repair; each with the way
 * out. MR_ECANCELLED leaves what was written until then; scoring again replaces it. */
mr_status scoring_run(const scoring_options *options, const mr_context *context, scoring *out, mr_error *err);

#endif
