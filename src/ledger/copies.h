/* Copies of the whole ledger, and what it takes so that an older one brings back nobody who was erased since. */
#ifndef LEDGER_COPIES_H
#define LEDGER_COPIES_H

#include "erase.h"

/* A consistent copy in a file that is not there yet; noted in the audit. */
mr_status ledger_backup(const char *url, const char *path, int64_t now_us, const mr_context *context, mr_error *err);

typedef struct restore_options {
    const char *erasures; /* one more list of who was erased; NULL */
    bool replace;         /* what is there may go; else MR_EINVAL where it holds customers */
    int64_t now_us;
} restore_options;

typedef struct restore_result {
    int version_before, version_after; /* of the schema: an older backup is brought up */
    uint64_t listed;                   /* erasures that were known of */
    erase_counts erased;               /* that had to be done again */
    bool to_compact;                   /* the rows are erased again; their bytes may still be in the files, and unfinished says why */
    char unfinished[300];
    bool other_ledger;                 /* the backup is of another ledger: erasures of the replaced one say nothing of it */
    int64_t customers, events;
} restore_result;

/* The ledger at url becomes what the backup holds, less whom the replaced database, the file beside it and options->erasures say was erased. Where
 * that cannot be finished, the message says what is left to do. path NULL: what is there was restored by other means (a cluster's nodes, a
 * server's snapshot, a file copied back), and only the erasures are left to do. phase as in import.h. */
mr_status ledger_restore(const char *url, const char *path, const restore_options *options, const mr_context *context,
                         void (*phase)(void *ctx, const char *name), restore_result *result, mr_error *err);

/* Gives back what was deleted, byte by byte, and renews the statistics. */
mr_status ledger_compact(const char *url, int64_t now_us, mr_error *err);

#endif
