/* marram customer merge, erase and export: what takes one customer somewhere else. */
#include "customer.h"

#include <erase.h>
#include <error.h>
#include <export.h>
#include <merge.h>
#include <out_file.h>
#include <person.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "3 events", "1 event" */
static const char *counted(uint64_t n, const char *what, char out[64]) {
    snprintf(out, 64, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
    return out;
}

/* --- merge --- */

static void print_merge(const customer_arguments *a, int64_t merge_id, const merge_counts *c) {
    char identifiers[64], events[64], rows[64];
    if (a->json) {
        json_t *o = json_pack("{s:I,s:b,s:I,s:I,s:I,s:I,s:I}", "merge", (json_int_t)merge_id, "undone", a->undo > 0, "identifiers", (json_int_t)c->identifiers, "events",
                              (json_int_t)c->events, "doublets", (json_int_t)c->doublets, "differing", (json_int_t)c->differing, "rows", (json_int_t)c->rows);
        customer_print_json(o);
        json_decref(o);
        return;
    }
    if (a->quiet) return;
    printf("%s: %s, %s and %s of other tables %s\n", a->undo ? "two again" : "merged", counted(c->identifiers, "identifier", identifiers), counted(c->events, "event", events),
           counted(c->rows, "row", rows), a->undo ? "went back" : "moved");
    if (a->undo) {
        puts("What came after the merge stayed with the customer who was kept.");
        return;
    }
    if (c->doublets)
        printf("%s both had, and count once%s\n", counted(c->doublets, "event", events),
               c->differing ? "; where they differ the kept customer's stands and the other is a conflict" : "");
    printf("To take it back: marram customer merge --undo %" PRId64 "\n", merge_id);
}

mr_status customer_merge(const customer_arguments *a, ledger *l, mr_error *err) {
    int64_t kept, other, merge_id = a->undo;
    merge_counts counts = {0};
    if (a->operands_n != (a->undo ? 0 : 2))
        return error_set(err, MR_EINVAL, NULL, -1, a->undo ? "merge --undo takes no customers: the merge's number says who" : "merge needs two customers: whom to keep, and who is the same");
    if (a->undo) {
        mr_status status = ledger_unmerge(l, a->undo, now_us(), &counts, err);
        if (status == MR_OK) print_merge(a, merge_id, &counts);
        return status;
    }
    mr_status status = person_find(l, a->operands[0], a->source, &kept, err);
    if (status == MR_OK) status = person_find(l, a->operands[1], a->source, &other, err);
    if (status == MR_OK && kept == other)
        status = error_set(err, MR_EDATA, NULL, -1, "'%.100s' and '%.100s' are one customer already", a->operands[0], a->operands[1]);
    if (status == MR_OK) status = ledger_merge(l, kept, other, now_us(), &merge_id, &counts, err);
    if (status == MR_OK) print_merge(a, merge_id, &counts);
    return status;
}

/* --- erase --- */

static void print_erased(const customer_arguments *a, const erase_counts *c) {
    char identifiers[64], events[64], rows[64];
    if (a->json) {
        json_t *o = json_pack("{s:I,s:I,s:I,s:I,s:b}", "customers", (json_int_t)c->customers, "identifiers", (json_int_t)c->identifiers, "events", (json_int_t)c->events, "rows",
                              (json_int_t)c->rows, "bytes_left", (int)a->later);
        customer_print_json(o);
        json_decref(o);
        return;
    }
    if (a->quiet) return;
    printf("erased: %s, %s, %s in all\n", counted(c->identifiers, "identifier", identifiers), counted(c->events, "event", events), counted(c->rows, "row", rows));
    puts(a->later ? "Their bytes are in the files until 'marram db compact' writes these anew."
                  : "No byte of it is left in the database's files.");
    puts("Backups from before still hold them; 'marram db restore' erases them again.");
}

/* All are found before any is erased; the files are written anew once, at the end. */
mr_status customer_erase(const customer_arguments *a, ledger *l, mr_error *err) {
    erase_counts counts = {0};
    id_list ids = {0};
    progress_bar bar;
    mr_status status = MR_OK;
    for (size_t i = 0; i < a->operands_n && status == MR_OK; i++) {
        int64_t id = 0;
        status = person_find(l, a->operands[i], a->source, &id, err);
        if (status == MR_OK) status = id_list_add(&ids, id, err);
    }
    id_list_sort(&ids);
    if (status == MR_OK && !a->yes)
        status = error_set(err, MR_EINVAL, NULL, -1, "this forgets %s%.100s%s for good: every field and event goes, and only counts stay. "
                           "'marram customer show' tells who it is; say --yes to do it", ids.n == 1 ? "'" : "", ids.n == 1 ? a->operands[0] : "all of them", ids.n == 1 ? "'" : "");
    for (size_t i = 0; i < ids.n && status == MR_OK; i++) status = ledger_erase(l, ids.at[i], now_us(), &counts, err);
    if (status == MR_OK && !a->later) {
        progress_begin(&bar, "writing the files anew");
        progress_tick(0, 0, &bar);
        status = ledger_erase_finish(l, err);
        progress_end(&bar);
        if (status != MR_OK) {
            mr_error why = *err;
            error_set(err, status, NULL, -1, "the rows are erased, but their bytes may still be in the files: %.300s; run 'marram db compact' later", why.message);
        }
    }
    id_list_free(&ids);
    if (status == MR_OK) print_erased(a, &counts);
    return status;
}

/* --- export --- */

mr_status customer_export(const customer_arguments *a, ledger *l, mr_error *err) {
    int64_t id;
    export_counts counts;
    out_file out;
    mr_error why = {0};
    mr_status status = person_find(l, a->operands[0], a->source, &id, err);
    if (status != MR_OK) return status;
    if (!a->out) return ledger_export_customer(a->store.url, id, now_us(), stdout, &counts, err);
    if (store_is(&a->store, a->out)) return error_set(err, MR_EINVAL, "out", -1, "%.400s is the ledger itself: name another file with --out", a->out);
    if ((status = out_file_open(a->out, 0600, &out, err)) != MR_OK) return status;
    status = ledger_export_customer(a->store.url, id, now_us(), out.file, &counts, err);
    if (out_file_close(&out, status == MR_OK, &why) != MR_OK) *err = why, status = why.code;
    if (status == MR_OK && !a->quiet) printf("%" PRIu64 " line%s in %s: all that is known of them\n", counts.rows, counts.rows == 1 ? "" : "s", a->out);
    return status;
}
