/* SQLite: the connection. One file beside its write-ahead log; one writer, readers that never wait. */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Pages of 8 KB: appends and scans of a million events took the same time with 4, 8 and 16 KB (bench/db.c); 8
 * holds a customer's whole history more often than 4 and logs less for a single event than 16. The log is folded
 * into the file every 32 MB: bulk loads touch the same pages again and again, and fold them once. It is cut back
 * to 64 MB once folded. */
enum { CACHE_KB = 65536 };
static const char settings[] = "PRAGMA page_size=8192;"
                               "PRAGMA secure_delete=ON;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA journal_size_limit=67108864;";

/* The system's error behind a failure; where the connection does not know it (the write of a log, a checkpoint), its files do. */
static int cause_of(const db *d) {
    int cause = sqlite3_system_errno(d->of.sqlite);
    sqlite3_file *log = NULL;
    if (!cause) sqlite3_file_control(d->of.sqlite, "main", SQLITE_FCNTL_LAST_ERRNO, &cause);
    if (!cause && !sqlite3_file_control(d->of.sqlite, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) && log && log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &cause);
    return cause;
}

static mr_status io_error(db *d, int rc, mr_error *err) {
    int cause = cause_of(d);
    if (cause == ENOSPC || cause == EDQUOT || (rc & 0xff) == SQLITE_FULL)
        return db_fail(d, DB_FAULT_FULL,
                       error_set(err, MR_EIO, NULL, -1,
                                 "%s: no room is left on the disk; free some and run it again", d->name),
                       err);
    if (cause == EFBIG)
        return db_fail(d, DB_FAULT_FULL,
                       error_set(err, MR_EIO, NULL, -1,
                                 "%s: %s: a limit on the size of files is reached (ulimit -f, or the file system's); raise it and run it again",
                                 d->name, strerror(cause)),
                       err);
    if (cause == EROFS || cause == EACCES || cause == EPERM)
        return db_fail(d, DB_FAULT_READ_ONLY,
                       error_set(err, MR_EIO, NULL, -1, "%s: %s; its folder must be one you may write to",
                                 d->name, strerror(cause)),
                       err);
    return db_fail(d, DB_FAULT_OTHER,
                   error_set(err, MR_EIO, NULL, -1, "reading or writing %s failed: %s (%s)", d->name,
                             cause ? strerror(cause) : sqlite3_errstr(rc),
                             "the disk may be at fault: check it, and 'marram db check'"),
                   err);
}

static mr_status cannot_open(db *d, mr_error *err) {
    int cause = sqlite3_system_errno(d->of.sqlite);
    db_fault fault = cause == ENOENT || cause == ENOTDIR ? DB_FAULT_MISSING
                     : cause == ENOSPC                   ? DB_FAULT_FULL
                                                         : DB_FAULT_READ_ONLY;
    error_set(err, MR_EIO, NULL, -1,
              "cannot open %s: %s; you must be allowed to write to the file and to its folder", d->name,
              cause ? strerror(cause) : "it or a file beside it (-wal, -shm) cannot be opened");
    return db_fail(d, fault, MR_EIO, err);
}

mr_status sqlite_fail(db *d, int rc, mr_error *err) {
    const char *said = d->of.sqlite ? sqlite3_errmsg(d->of.sqlite) : sqlite3_errstr(rc);
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        error_set(err, MR_EIO, NULL, -1,
                  "%s is in use by another process (waited %d ms); let it finish and try again", d->name,
                  d->options.busy_ms);
        return db_fail(d, DB_FAULT_BUSY, MR_EIO, err);
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return io_error(d, rc, err);
    case SQLITE_CANTOPEN:
        return cannot_open(d, err);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        error_set(err, MR_EIO, NULL, -1, "%s cannot be written: you may only read the file or its folder",
                  d->name);
        return db_fail(d, DB_FAULT_READ_ONLY, MR_EIO, err);
    case SQLITE_NOTADB:
        error_set(err, MR_EIO, NULL, -1,
                  "%s is not a database: not an SQLite file, or its beginning is damaged; give another file, "
                  "or restore a backup",
                  d->name);
        return db_fail(d, DB_FAULT_DAMAGED, MR_EIO, err);
    case SQLITE_CORRUPT:
        error_set(err, MR_EIO, NULL, -1, "%s is damaged (%s); restore a backup", d->name, said);
        return db_fail(d, DB_FAULT_DAMAGED, MR_EIO, err);
    case SQLITE_CONSTRAINT:
        error_set(err, MR_EDATA, NULL, -1, "%s: %s", d->name, said);
        return db_fail(d, DB_FAULT_CONSTRAINT, MR_EDATA, err);
    case SQLITE_NOMEM:
        return db_fail(d, DB_FAULT_OTHER, error_memory(err, 0), err);
    default:
        break;
    }
    error_set(err, MR_EINVAL, NULL, -1, "%s: %s", d->name, said);
    return db_fail(d, strncmp(said, "no such table", 13) ? DB_FAULT_OTHER : DB_FAULT_MISSING, MR_EINVAL, err);
}

/* --- open --- */

static int wait_for_lock(void *ctx, int tries);

/* Making a new file one with a log needs it alone, and SQLite does not ask the busy handler then: where several processes make the same
 * ledger at once, the others find it busy for a moment. */
static int use_log(db *d) {
    for (int tries = 0;; tries++) {
        int rc = sqlite3_exec(d->of.sqlite, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if ((rc & 0xff) != SQLITE_BUSY || !wait_for_lock(d, tries)) return rc;
    }
}

static mr_status settle(db *d, mr_error *err) {
    sqlite3 *db3 = d->of.sqlite;
    char cache[48];
    snprintf(cache, sizeof cache, "PRAGMA cache_size=-%d", d->options.cache_kb > 0 ? d->options.cache_kb : CACHE_KB); /* negative: in KB */
    int rc = sqlite3_exec(db3, settings, NULL, NULL, NULL);
    if (!rc) rc = sqlite3_exec(db3, cache, NULL, NULL, NULL);
    if (!rc && !d->options.read_only) {
        rc = use_log(d);
        /* FULL: a commit is on the disk when it returns. NORMAL: a power cut may lose the last ones, never
         * the file. */
        if (!rc)
            rc = sqlite3_exec(db3, d->options.bulk ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL",
                              NULL, NULL, NULL);
    }
    if (!rc) rc = sqlite3_wal_autocheckpoint(db3, d->options.no_checkpoint ? 0 : 4096);
    /* The first page is read here, so that a file that is no database is refused by db_open. */
    if (!rc) rc = sqlite3_exec(db3, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
    /* SQLite opens a file it may not write for reading alone, and would say so only at the first write. */
    if (!rc && !d->options.read_only && sqlite3_db_readonly(db3, "main") == 1) rc = SQLITE_READONLY;
    return rc ? sqlite_fail(d, rc, err) : MR_OK;
}

/* The file is there, or is made: for its owner alone, as it holds people's names. SQLite gives the log the
 * same rights. */
static mr_status make_file(db *d, mr_error *err) {
    struct stat about;
    if (!stat(d->url, &about)) {
        if (S_ISREG(about.st_mode)) return MR_OK;
        return db_fail(d, DB_FAULT_MISSING, error_set(err, MR_EIO, NULL, -1, "%s is not a file", d->name),
                       err);
    }
    if (errno == ENOENT && (d->options.read_only || !d->options.create)) {
        error_set(err, MR_EIO, NULL, -1, "there is no %s; 'marram db init' makes it", d->name);
        return db_fail(d, DB_FAULT_MISSING, MR_EIO, err);
    }
    int file = errno == ENOENT ? open(d->url, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    if (file >= 0) {
        close(file);
        d->created = true;
    } else if (errno != EEXIST) {
        int cause = errno;
        error_set(err, MR_EIO, NULL, -1,
                  "cannot make %s: %s; its folder must be there and you must be allowed to write to it",
                  d->name, strerror(cause));
        return db_fail(d,
                       cause == ENOENT || cause == ENOTDIR ? DB_FAULT_MISSING
                       : cause == ENOSPC                   ? DB_FAULT_FULL
                                                           : DB_FAULT_READ_ONLY,
                       MR_EIO, err);
    }
    return MR_OK;
}

/* Another process holds the lock. A bulk writer gives it up every 50 ms and takes it again a few milliseconds later: who sleeps as
 * long as SQLite's own waiting does (up to 100 ms) misses it time and again. So: ten times a millisecond as long as a
 * slice lasts, twice for two seconds, then rarely. */
static int wait_for_lock(void *ctx, int tries) {
    db *d = ctx;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    double now = (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
    if (!tries) d->busy_since = now;
    double waited = now - d->busy_since;
    if (waited * 1000 >= d->options.busy_ms) return 0;
    nanosleep(&(struct timespec){.tv_nsec = waited < .03 ? 100000 : waited < 2 ? 500000 : 10000000}, NULL);
    return 1;
}

mr_status sqlite_open(db *d, mr_error *err) {
    mr_status status = make_file(d, err);
    if (status) return status;
    int flags = (d->options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(d->url, &d->of.sqlite, flags, NULL);
    if (!rc) rc = sqlite3_busy_handler(d->of.sqlite, wait_for_lock, d);
    if (!rc) rc = sqlite_rows_register(d);
    status = rc ? sqlite_fail(d, rc, err) : settle(d, err);
    struct stat about;
    if (status && d->created && !stat(d->url, &about) && !about.st_size) unlink(d->url); /* unless others have begun to use it */
    return status;
}

void sqlite_close(db *d) {
    sqlite3_close_v2(d->of.sqlite);
    d->of.sqlite = NULL;
    mem_free(NULL, d->rows);
    d->rows = NULL;
}

static mr_status reconnect(db *d, mr_error *err) {
    (void)d, (void)err; /* a file does not go away */
    return MR_OK;
}

/* --- transactions --- */

static mr_status begin(db *d, db_mode mode, mr_error *err) {
    int rc = sqlite3_exec(d->of.sqlite, mode == DB_WRITE ? "BEGIN IMMEDIATE" : "BEGIN", NULL, NULL, NULL);
    return rc ? sqlite_fail(d, rc, err) : MR_OK;
}

static mr_status commit(db *d, mr_error *err) {
    int rc = sqlite3_exec(d->of.sqlite, "COMMIT", NULL, NULL, NULL);
    return rc ? sqlite_fail(d, rc, err) : MR_OK;
}

static void rollback(db *d) {
    /* Some failures (a full disk) have rolled back already. */
    if (!sqlite3_get_autocommit(d->of.sqlite)) sqlite3_exec(d->of.sqlite, "ROLLBACK", NULL, NULL, NULL);
}

static mr_status execute(db *d, const char *sql, mr_error *err) {
    while (*sql) {
        sqlite3_stmt *stmt;
        int rc = sqlite3_prepare_v2(d->of.sqlite, sql, -1, &stmt, &sql);
        if (rc) return sqlite_fail(d, rc, err);
        if (!stmt) continue; /* white space or a comment */
        mr_status status = sqlite_may_run(d, stmt, err);
        while (!status && (rc = sqlite3_step(stmt)) == SQLITE_ROW) continue;
        if (!status && rc != SQLITE_DONE) status = sqlite_fail(d, rc, err);
        sqlite3_finalize(stmt);
        if (status) return status;
    }
    return MR_OK;
}

const db_driver db_sqlite = {
    .store = DB_SQLITE,
    .open = sqlite_open,
    .close = sqlite_close,
    .reconnect = reconnect,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .execute = execute,
    .prepare = sqlite_prepare,
    .unprepare = sqlite_unprepare,
    .start = sqlite_start,
    .next = sqlite_next,
    .changed = sqlite_changed,
    .reset = sqlite_reset,
    .integer = sqlite_integer,
    .real = sqlite_real,
    .text = sqlite_text,
    .is_null = sqlite_is_null,
    .only_reads = sqlite_only_reads,
    .cost = sqlite_cost,
    .each = NULL,
    .append = sqlite_append,
    .overwrite = sqlite_overwrite,
    .stream_open = sqlite_stream_open,
    .stream_next = sqlite_stream_next,
    .stream_close = sqlite_stream_close,
    .sync = sqlite_sync,
    .checkpoint = sqlite_checkpoint,
    .vacuum = sqlite_vacuum,
    .analyze = sqlite_analyze,
    .size = sqlite_size,
    .integrity = sqlite_integrity,
    .backup = sqlite_backup,
    .restore = sqlite_restore,
};
