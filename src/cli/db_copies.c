/* marram db backup and restore. */
#include "db_command.h"

#include <copies.h>
#include <error.h>
#include <figures.h>

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int db_backup_to(const db_arguments *a) {
    mr_error err = {0};
    progress_bar bar;
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    progress_begin(&bar, "backing up");
    err.code = ledger_backup(a->store.url, a->file, a->init.now_us, &context, &err);
    progress_end(&bar);
    if (err.code != MR_OK) return command_fail("db", &err);
    if (a->json) return db_print_json(json_pack("{s:s}", "file", a->file));
    if (!a->quiet) printf("%s written: it holds names and the key, so keep it as safe as the ledger itself\n", a->file);
    return EXIT_OK;
}

static void phase(void *ctx, const char *name) {
    progress_bar *bar = ctx;
    progress_end(bar);
    progress_begin(bar, name);
}

static void print_restored(const db_arguments *a, const restore_result *r) {
    if (a->json) {
        json_t *o = json_pack("{s:I,s:I,s:I,s:I,s:b,s:b,s:i,s:i}", "customers", (json_int_t)r->customers, "events", (json_int_t)r->events, "erasures_known", (json_int_t)r->listed,
                              "customers_erased_again", (json_int_t)r->erased.customers, "other_ledger", (int)r->other_ledger, "to_compact", (int)r->to_compact, "version_before", r->version_before,
                              "version_after", r->version_after);
        json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(o);
        return;
    }
    if (a->quiet) return;
    char customers[FIGURE], events[FIGURE];
    if (a->file) printf("the ledger is what %s holds: ", a->file);
    else printf("the ledger holds ");
    printf("%s customer%s, %s event%s\n", figure_count(customers, (double)r->customers), r->customers == 1 ? "" : "s",
           figure_count(events, (double)r->events), r->events == 1 ? "" : "s");
    if (r->version_before != r->version_after) printf("  the backup was of version %d and was brought to %d\n", r->version_before, r->version_after);
    if (r->erased.customers)
        printf("  %" PRIu64 " customer%s%s had been erased since and %s erased again\n", r->erased.customers, r->erased.customers == 1 ? "" : "s", a->file ? " of the backup" : "",
               r->erased.customers == 1 ? "was" : "were");
    if (r->to_compact) printf("  their bytes may still be in the files: %s; run 'marram db compact' later\n", r->unfinished);
    if (r->other_ledger) puts("  it is the backup of another ledger (its key differs): erasures of the replaced one say nothing of it");
}

int db_restore_from(const db_arguments *a) {
    mr_error err = {0};
    progress_bar bar;
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    restore_options options = {.erasures = a->erasures, .replace = a->yes, .now_us = a->init.now_us};
    restore_result result;
    struct stat there;
    if (a->file && stat(a->file, &there) != 0) {
        err.code = error_set(&err, MR_EIO, NULL, -1, "%.300s cannot be read: %s", a->file, strerror(errno));
        return command_fail("db", &err);
    }
    progress_begin(&bar, "restoring");
    err.code = ledger_restore(a->store.url, a->file, &options, &context, phase, &result, &err);
    progress_end(&bar);
    if (err.code != MR_OK) return command_fail("db", &err);
    print_restored(a, &result);
    return EXIT_OK;
}
