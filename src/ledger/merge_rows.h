/* The moving of rows, table by table (merge.c, unmerge.c). */
#ifndef LEDGER_MERGE_ROWS_H
#define LEDGER_MERGE_ROWS_H

#include "kept_row.h"
#include "merge.h"

typedef enum merge_way {
    MERGE_MOVED,  /* rows go over and come back; (customer_id), (customer_id, id) or (customer_id, id, body_hash) is the key */
    MERGE_MADE,   /* made again from the events */
    MERGE_DROPPED,
    MERGE_OWN     /* dealt with by itself */
} merge_way;

typedef struct merge_table {
    const char *table;
    merge_way way;
} merge_table;

/* Every per-customer table; a test holds it to src/db/tables.def. */
extern const merge_table merge_tables[];
extern const size_t merge_tables_n;

typedef struct merge_work {
    ledger *l;
    int64_t kept, merged, now_us;
    int64_t id;       /* of the merge; 0: not known yet */
    int64_t epoch;    /* of this attempt: merges and undoings are numbered together */
    merge_counts *counts;
} merge_work;

/* Numbers this change of who is who: writers look identifiers up again, and no two changes run at once. In a write transaction. */
mr_status merge_epoch(ledger *l, int64_t *epoch, mr_error *err);
/* Takes the locks that appends take, of both, in ascending order. */
mr_status merge_lock(merge_work *w, mr_error *err);
/* One number from one row; *found false where there is none. */
mr_status merge_look(ledger *l, const char *sql, int64_t key, int64_t *value, bool *found, mr_error *err);
mr_status merge_run(ledger *l, const char *sql, const int64_t *values, size_t n, int64_t *changed, mr_error *err);

mr_status merge_rows_move(merge_work *w, const char *table, mr_error *err);
mr_status merge_rows_back(merge_work *w, const char *table, mr_error *err);
mr_status merge_customer_move(merge_work *w, mr_error *err);
mr_status merge_customer_back(merge_work *w, mr_error *err);

#endif
