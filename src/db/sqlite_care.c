/* SQLite: the log and the disk, giving back room, checking every page. */
#include "sqlite.h"

#include <stdlib.h>
#include <string.h>

mr_status sqlite_sync(db *d, mr_error *err) {
    /* Syncing the log is enough: what was folded into the file before was synced when it was folded. */
    sqlite3_file *log = NULL;
    int rc = sqlite3_file_control(d->of.sqlite, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (!rc && log && log->pMethods) rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    return rc ? sqlite_fail(d, rc, err) : MR_OK;
}

mr_status sqlite_checkpoint(db *d, bool truncate, mr_error *err) {
    int rc = sqlite3_wal_checkpoint_v2(
        d->of.sqlite, "main", truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    /* Passive: another one's checkpoint under way is as good. */
    if (rc == SQLITE_BUSY && !truncate) rc = SQLITE_OK;
    return rc ? sqlite_fail(d, rc, err) : MR_OK;
}

mr_status sqlite_vacuum(db *d, mr_error *err) {
    /* It writes the whole database anew, which must not go through memory. */
    sqlite3_exec(d->of.sqlite, "PRAGMA temp_store=FILE", NULL, NULL, NULL);
    int rc = sqlite3_exec(d->of.sqlite, "VACUUM", NULL, NULL, NULL);
    mr_status status = rc ? sqlite_fail(d, rc, err) : MR_OK;
    sqlite3_exec(d->of.sqlite, "PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
    return status;
}

mr_status sqlite_analyze(db *d, mr_error *err) {
    /* The first thousand entries of each index tell the planner enough; all of them take as long as the
     * import. */
    int rc = sqlite3_exec(d->of.sqlite, "PRAGMA analysis_limit=1000; ANALYZE", NULL, NULL, NULL);
    return rc ? sqlite_fail(d, rc, err) : MR_OK;
}

/* One number of one row. */
static int number(void *ctx, int n, char **values, char **names) {
    (void)names;
    if (n && values[0]) *(int64_t *)ctx = strtoll(values[0], NULL, 10);
    return 0;
}

mr_status sqlite_size(db *d, int64_t *bytes, mr_error *err) {
    int64_t pages = 0, size = 0;
    int rc = sqlite3_exec(d->of.sqlite, "PRAGMA page_count", number, &pages, NULL);
    if (!rc) rc = sqlite3_exec(d->of.sqlite, "PRAGMA page_size", number, &size, NULL);
    *bytes = pages * size;
    return rc ? sqlite_fail(d, rc, err) : MR_OK;
}

typedef struct finds {
    void (*found)(const char *line, void *ctx);
    void *ctx;
} finds;

static int line(void *ctx, int n, char **values, char **names) {
    (void)names;
    finds *f = ctx;
    if (n && values[0] && strcmp(values[0], "ok")) f->found(values[0], f->ctx);
    return 0;
}

mr_status sqlite_integrity(db *d, void (*found)(const char *line, void *ctx), void *ctx, mr_error *err) {
    finds f = {found, ctx};
    int rc = sqlite3_exec(d->of.sqlite, "PRAGMA integrity_check(100)", line, &f, NULL);
    if ((rc & 0xff) == SQLITE_CORRUPT) {
        /* Too damaged to be read to its end: a finding, not a failure. */
        found(sqlite3_errmsg(d->of.sqlite), ctx);
        return MR_OK;
    }
    return rc ? sqlite_fail(d, rc, err) : MR_OK;
}
