/* Group commit: many threads append, one writes. Whoever waits while a commit goes to the disk shares the next one.
 *
 * ledger_write returns once its event is durable, or with why it is not. The writer has its own connection (on Citus four, each of
 * whose transactions is one customer's); on SQLite another thread brings the WAL back into the file, so that no
 * append waits for that. Thread-safe but for new and free. */
#ifndef LEDGER_WRITER_H
#define LEDGER_WRITER_H

#include "append.h"

typedef struct ledger_writer ledger_writer;

typedef struct writer_options {
    const char *source;   /* of the external ids; NULL: items carry customer_id */
    size_t group;         /* at most so many appends a commit; 0: 256 */
    int64_t gather_us;    /* how long a commit waits for as many appends as the last one had; 0: 300; negative: not at all */
    int lost_ms;          /* db_options.lost_ms */
} writer_options;

typedef struct writer_counts {
    uint64_t appends, commits, failed;
} writer_counts;

mr_status ledger_writer_new(const char *url, const writer_options *options, ledger_writer **out, mr_error *err);
/* Waits for those under way. NULL is fine. */
void ledger_writer_free(ledger_writer *w);
/* Texts are borrowed until it returns; item->outcome is set. */
mr_status ledger_write(ledger_writer *w, append_item *item, mr_error *err);
writer_counts ledger_writer_counts(ledger_writer *w);
/* For hashing. */
const ledger *ledger_writer_ledger(const ledger_writer *w);

#endif
