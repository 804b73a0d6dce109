/* One customer looked at by themselves, in one snapshot (ledger_check.c). */
#ifndef LEDGER_CHECK_CUSTOMER_H
#define LEDGER_CHECK_CUSTOMER_H

#include "ledger_check.h"
#include "history.h"
#include "projected.h"

typedef struct checker {
    ledger *l;        /* for looking at one customer, and repairing */
    const check_options *options;
    const mr_context *context;
    check_found found;
    void *ctx;
    check_counts *counts;
    /* for comparing */
    upserts rows;
    text_buffer stored, fresh;
} checker;

/* Are the stored rows, at hand in the stream of this table, what c->rows holds of it? */
mr_status check_table(checker *c, int64_t customer_id, projected_rows *rows, unsigned table, id_list *strangers, bool *same, mr_error *err);
/* Reports what is wrong with one customer, and repairs it where that was asked for. */
mr_status check_customer(checker *c, int64_t customer_id, mr_error *err);
mr_status check_report(checker *c, check_code code, int64_t customer_id, bool repaired, mr_error *err, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* "c17 (#123)", or "#123" where nobody has that identifier. */
mr_status check_label(ledger *l, int64_t customer_id, char *out, size_t room, mr_error *err);

#endif
