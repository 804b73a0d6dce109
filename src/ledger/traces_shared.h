/* Traces read by several threads, each a piece of the base over a connection of its own, and handed on in order: whoever takes them sees what
 * ledger_traces would have shown, whatever the number of threads. */
#ifndef LEDGER_TRACES_SHARED_H
#define LEDGER_TRACES_SHARED_H

#include "traces.h"

/* As ledger_traces(l, o, 0, 1, fn, ctx, err), on the pool's threads (NULL: as that, over l). fn is called on any of them, by one at a time, and must not use l;
 * o->wanted is called by several at once. Memory: that of ledger_traces and some 20 MB a thread, which read ahead of their turn. */
mr_status ledger_traces_shared(ledger *l, mr_pool *pool, const trace_options *o, trace_fn fn, void *ctx, mr_error *err);

/* Another connection to the same ledger, for a thread that reads from one end to the other: it keeps little of the file. */
mr_status ledger_open_beside(const ledger *l, ledger **out, mr_error *err);

#endif
