/* The table measure: what the company does about root causes. */
#ifndef LEDGER_MEASURES_H
#define LEDGER_MEASURES_H

#include "ledger.h"

#define MEASURE_TEXT 256
#define MEASURE_OPEN INT32_MIN

typedef struct measure {
    int64_t id;
    char cause[64], owner[MEASURE_TEXT], remedy[2 * MEASURE_TEXT];
    int32_t from_day, done_day; /* done_day MEASURE_OPEN: not finished */
    int64_t created_at_us;
} measure;

typedef struct measures {
    measure *row; /* by id */
    size_t n;
} measures;

/* *out is freed by ledger_measures_free. */
mr_status ledger_measures_read(ledger *l, measures *out, mr_error *err);
void ledger_measures_free(measures *m);
/* m->id is set: one above the last. Noted in the audit. */
mr_status ledger_measure_add(ledger *l, measure *m, mr_error *err);
/* MR_EDATA: no such measure, or finished already, or before it began. */
mr_status ledger_measure_done(ledger *l, int64_t id, int32_t day, int64_t now_us, mr_error *err);

#endif
