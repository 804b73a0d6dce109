/* Two customers who are one: the rows of one move to the other, and may be moved back.
 *
 * Nothing is lost: where both have a row of one key (the same event, the same contact) the kept customer's stays and the other is noted
 * whole; an event that differs also goes to event_conflict. Fields of customer and contact that the kept one lacks are filled in.
 * Undoing gives each customer back what was theirs; what came after the merge stays with the kept one, under whatever identifier it came.
 * Merges onto one customer are undone last first. Forecasts of both are dropped: the next score makes them again. */
#ifndef LEDGER_MERGE_H
#define LEDGER_MERGE_H

#include "id_list.h"
#include "ledger.h"

typedef struct merge_counts {
    uint64_t identifiers; /* that now lead to the other customer */
    uint64_t events;      /* moved */
    uint64_t doublets;    /* events both had: noted */
    uint64_t differing;   /* of those, told otherwise */
    uint64_t rows;        /* of other tables, moved */
} merge_counts;

/* MR_OK where customer_id is a customer of their own; MR_EDATA where it is none, or leads to another, with which. */
mr_status ledger_check_customer(ledger *l, int64_t customer_id, mr_error *err);
/* MR_EDATA: unknown, the same, or merged already, with what to do. counts may be NULL. */
mr_status ledger_merge(ledger *l, int64_t kept, int64_t merged, int64_t now_us, int64_t *merge_id, merge_counts *counts, mr_error *err);
/* MR_EDATA: unknown, undone already, or not the last one onto its customer. */
mr_status ledger_unmerge(ledger *l, int64_t merge_id, int64_t now_us, merge_counts *counts, mr_error *err);

/* Rows that came to a customer after they had been merged (by a writer that had not noticed yet) follow the others. Nothing where the customer
 * was not merged. */
mr_status ledger_merge_left_behind(ledger *l, int64_t merged, int64_t now_us, mr_error *err);

/* What was merged into a customer and not undone, last first. */
typedef struct merge_record {
    int64_t id, kept_id, merged_id, at_us;
} merge_record;
typedef mr_status (*merge_each)(void *ctx, const merge_record *record, mr_error *err);
mr_status ledger_merges(ledger *l, int64_t kept, merge_each each, void *ctx, mr_error *err);
/* The customer and all that were merged into them. */
mr_status ledger_merged_ids(ledger *l, int64_t customer_id, id_list *out, mr_error *err);

#endif
