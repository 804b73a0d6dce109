/* What waits in the outbox, sent: each message once more past the gate, marked as being sent (durably) before anything goes out, and then as what became of it. */
#ifndef PROGRAMME_SENDING_H
#define PROGRAMME_SENDING_H

#include "gate.h"

typedef struct sending_options {
    int64_t now_us;
    const char *sender; /* "machine:process" */
    bool dry_run;       /* nothing is sent or written; what would be is counted */
    const mr_context *context;
} sending_options;

typedef struct sending_counts {
    uint64_t waiting;    /* looked at */
    uint64_t sent, later, refused, uncertain; /* by the other side; uncertain: for a person to settle */
    uint64_t put_off, stopped;                /* by the gate: asked again then; cancelled */
    uint64_t limited;    /* by the rate of their domain, or of SMS */
    uint64_t no_way;     /* the settings name no server, or something in them can stand in no message: lacks */
    uint64_t orphans;    /* whose sender went away: uncertain now */
    char lacks[256];     /* what of the settings; "" no server, sender or gateway */
    char said[256];      /* "CHANNEL: ..." why everything of it waits, where our own account or server is the reason */
} sending_counts;

mr_status sending_run(ledger *l, const config *c, const sending_options *o, sending_counts *out, mr_error *err);

#endif
