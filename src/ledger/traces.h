/* Traces of the ledger's customers: the scan (histories.h) with each event's body read into plain members, and beside it what is known of the
 * customer. What models of leaving, critical moments, reasons and reviews read.
 *
 * Who got in touch is one of the customer's owners by who owned them at that time: owner_changed events say so; without any, who owns them now.
 *
 * An event that happened before the ledger was made counts as known when it happened, one since then when it was recorded (trace_known): the ledger's
 * birth is the earliest `init` in its audit, which a backup brings along. */
#ifndef LEDGER_TRACES_H
#define LEDGER_TRACES_H

#include "body_fields.h"
#include "histories.h"
#include "rates.h"

#include <trace.h>

/* "" where it is not known. Borrowed, as the trace. */
typedef struct trace_facts {
    const char *source, *external_id; /* of the identifier the customer's number was made from; "" where that was erased */
    const char *name, *tier, *segment, *owner_sales, *owner_operations, *email, *phone;
} trace_facts;

typedef struct trace_options {
    char currency[4];            /* amounts are counted in it; "": they are 0 */
    const currency_rates *rates; /* NULL: all amounts are of `currency` */
    int64_t first, last;         /* only customers in this range; last 0: to the end */
    bool profiling;              /* it is for telling customers apart: those who objected are left out (objections.h) */
    bool (*wanted)(void *ctx, int64_t customer_id, const trace_facts *f); /* only these; NULL: all. ctx: ledger_traces' */
} trace_options;

/* Customers in ascending order; t, f and what hangs on them are borrowed until it returns. Anything but MR_OK ends the scan with it. */
typedef mr_status (*trace_fn)(void *ctx, const trace *t, const trace_facts *f, mr_error *err);

/* Part 0 .. of - 1 of the customers that have events. o NULL: all zero. Memory is bounded by the longest history and by the facts of 1/64 of the base.
 * MR_EDATA: an amount without a rate; what ledger_scan returns. */
mr_status ledger_traces(ledger *l, const trace_options *o, unsigned part, unsigned of, trace_fn fn, void *ctx, mr_error *err);

/* When the ledger was made (microseconds UTC); INT64_MAX where nothing says so: then all counts as known when it happened. */
mr_status ledger_birth(ledger *l, int64_t *at_us, mr_error *err);

/* What all amounts are to be counted in: o->currency is set to the rates' own (the currency with a rate of 1), else to the one currency of the
 * amounts, or to "" where there are none; o->rates to `rates` where there are several. MR_EDATA names two that cannot be added. */
mr_status ledger_trace_money(ledger *l, const currency_rates *rates, trace_options *o, mr_error *err);

/* --- one history into a trace (for tests, and for who reads customers one by one) --- */
enum { TRACE_WORDS = 64 };

typedef struct trace_builder {
    body_fields fields;
    struct trace_word {
        char text[46];
        bool known;
        uint8_t len, tag;
    } word[TRACE_WORDS];
    trace_event *event;
    size_t n, capacity;
    struct trace_case {
        uint32_t number; /* hash of the case's own number */
        int64_t subject;
        size_t resolved; /* index of its last case_resolve, SIZE_MAX none */
    } *cases;
    size_t cases_n, cases_capacity;
    struct trace_owners {
        int64_t at_us;
        struct json_t *body;
    } *owners; /* owner_changed, while the history is built */
    size_t owners_n, owners_capacity;
} trace_builder;

mr_status trace_build(trace_builder *b, const trace_options *o, const trace_facts *f, int64_t birth_us, const history *h, trace *out, mr_error *err);
void trace_builder_free(trace_builder *b);

#endif
