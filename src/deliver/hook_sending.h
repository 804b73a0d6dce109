/* Webhooks: who the settings say is told of what, and sending what waits for them in the ledger. */
#ifndef DELIVER_HOOK_SENDING_H
#define DELIVER_HOOK_SENDING_H

#include "webhook.h"

#include <config.h>
#include <hooks.h>

#define HOOK_KEPT_DAYS 30 /* what was delivered or given up stays in the ledger so long */

/* The ledger's endpoints become those of the settings. Without a settings file they stay as they are. */
mr_status hooks_follow(ledger *l, const config *c, int64_t now_us, bool *changed, mr_error *err);

typedef struct hook_sending_options {
    int64_t now_us;
    bool dry_run; /* nothing is sent or written; what is due is counted */
    const mr_context *context;
} hook_sending_options;

typedef struct hook_sending_counts {
    uint64_t due;       /* tried; in a dry run: what would be */
    uint64_t delivered, later, given_up;
    uint64_t disabled;  /* endpoints, in this run */
    uint64_t unready;   /* endpoints whose secret or address cannot be used: what waits for them waits on */
    char said[320];     /* of the last endpoint that could not be reached, was disabled or is not ready: which, and why */
} hook_sending_counts;

/* What waits, the earliest first, endpoint by endpoint. One that cannot be reached, or that refuses three in a row, is left for the next run. MR_ECANCELLED: what was sent is on record. */
mr_status hook_sending_run(ledger *l, const config *c, const hook_sending_options *o, hook_sending_counts *out, mr_error *err);

/* Sends one of type "marram.test" at once, of which nothing is kept. MR_EDATA where secret or address cannot be used. */
mr_status hook_test(const config *c, const config_webhook *w, int64_t now_us, http_answer *out, mr_error *err);

#endif
