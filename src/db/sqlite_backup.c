/* SQLite: a copy of the file while it is in use, and putting a copy in its place.
 *
 * A copy is made under a passing name beside its goal, synced, renamed, and the folder synced: at the goal
 * there is the old file, the new one, or none, never half of one. */
#include "sqlite.h"

#include "schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP_PAGES = 512 }; /* 4 MB: time enough for a progress bar to move and a Ctrl-C to be heard */

/* --- files --- */

static mr_status file_error(const char *what, const char *path, mr_error *err) {
    int cause = errno;
    return error_set(err, MR_EIO, NULL, -1, "cannot %s %s: %s", what, path, strerror(cause));
}

static bool sync_folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    char folder[4096] = ".";
    if (slash) snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = at >= 0 && (!fsync(at) || errno == EINVAL); /* some file systems have nothing to sync there */
    if (at >= 0) close(at);
    return done;
}

static bool beside(char out[4096], const char *path, const char *suffix) {
    return snprintf(out, 4096, "%s%s", path, suffix) < 4096;
}

/* What SQLite keeps beside a file. */
static void remove_logs(const char *path) {
    char name[4096];
    static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (beside(name, path, suffixes[i])) unlink(name);
}

static void remove_all(const char *path) {
    remove_logs(path);
    unlink(path);
}

/* --- copying --- */

static mr_status copy_pages(db *from, sqlite3 *to, const mr_context *context, mr_error *err) {
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from->of.sqlite, "main");
    if (!backup)
        return error_set(err, MR_EIO, NULL, -1, "cannot copy %s: %s", from->name, sqlite3_errmsg(to));
    int rc;
    bool stopped = false;
    do {
        rc = sqlite3_backup_step(backup, STEP_PAGES);
        uint64_t total = (uint64_t)sqlite3_backup_pagecount(backup),
                 left = (uint64_t)sqlite3_backup_remaining(backup);
        if (context && context->progress)
            stopped = context->progress(total - left, total, context->progress_ctx);
    } while (rc == SQLITE_OK && !stopped);
    int finished = sqlite3_backup_finish(backup);
    if (stopped) return error_set(err, MR_ECANCELLED, NULL, -1, "stopped; no copy was left behind");
    if (rc == SQLITE_DONE && !finished) return MR_OK;
    if (rc == SQLITE_DONE) rc = finished;
    return (rc & 0xff) == SQLITE_FULL
               ? error_set(err, MR_EIO, NULL, -1, "no room is left on the disk for a copy of %s", from->name)
               : error_set(err, MR_EIO, NULL, -1, "copying %s failed: %s", from->name, sqlite3_errstr(rc));
}

/* A copy of all that `from` sees now, at path, which must not be there: one file without a log, synced. */
static mr_status copy_to(db *from, const char *path, const mr_context *context, mr_error *err) {
    /* For its owner alone, as it holds people's names. */
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return file_error("make", path, err);
    close(file);
    sqlite3 *to = NULL;
    int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    /* One snapshot: without it each commit of another process would start the copy again. */
    mr_status status = rc ? error_set(err, MR_EIO, NULL, -1, "cannot make %s: %s", path, sqlite3_errstr(rc))
                          : db_begin(from, DB_READ, err);
    if (!status &&
        (rc = sqlite3_exec(from->of.sqlite, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL)))
        status = sqlite_fail(from, rc, err);
    if (!status) status = copy_pages(from, to, context, err);
    db_rollback(from);
    /* The copy is a file by itself: it can be read where nothing may be written. */
    if (!status && (rc = sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL)))
        status = error_set(err, MR_EIO, NULL, -1, "cannot finish %s: %s", path, sqlite3_errmsg(to));
    sqlite3_close_v2(to);
    if (!status) {
        file = open(path, O_RDWR | O_CLOEXEC);
        if (file < 0 || fsync(file)) status = file_error("write", path, err);
        if (file >= 0) close(file);
    }
    if (status) remove_all(path);
    return status;
}

mr_status sqlite_backup(const char *url, const char *path, const mr_context *context, mr_error *err) {
    char passing[4096];
    struct stat about;
    if (!lstat(path, &about))
        return error_set(err, MR_EIO, NULL, -1, "%s is there already: name a file that is not, or remove it",
                         path);
    if (!beside(passing, path, ".part"))
        return error_set(err, MR_EINVAL, NULL, -1, "the name of the backup is too long");
    db *d = NULL;
    int version = 0;
    mr_status status = db_open(url, NULL, &d, err);
    if (!status) status = db_schema_version(d, &version, err);
    if (!status && !version)
        status = error_set(err, MR_EDATA, NULL, -1, "%s holds no ledger: there is nothing to back up", url);
    if (!status) {
        remove_all(passing); /* of a backup that was cut off */
        status = copy_to(d, passing, context, err);
    }
    db_close(d);
    if (status) return status;
    if (rename(passing, path) || !sync_folder_of(path)) {
        status = file_error("write", path, err);
        unlink(passing);
    }
    return status;
}

/* --- restoring --- */

typedef struct finding {
    char line[200];
} finding;

static void keep_first(const char *line, void *ctx) {
    finding *f = ctx;
    if (!f->line[0]) snprintf(f->line, sizeof f->line, "%s", line);
}

/* The backup, sound and Marram's, of a version this program knows. */
static mr_status open_backup(const char *path, db **out, mr_error *err) {
    int version = 0;
    finding first = {""};
    mr_status status = db_open(path, &(db_options){.read_only = true}, out, err);
    if (!status) status = db_integrity(*out, keep_first, &first, err);
    if (!status && first.line[0])
        status = error_set(err, MR_EDATA, NULL, -1, "the backup %s is damaged: %s; nothing was changed", path,
                           first.line);
    if (!status) status = db_schema_version(*out, &version, err);
    if (!status && !version)
        status = error_set(err, MR_EDATA, NULL, -1, "%s is no backup of Marram; nothing was changed", path);
    if (!status && version > (int)db_migrations_n)
        status = error_set(
            err, MR_EDATA, NULL, -1,
            "the backup %s has schema version %d, this program knows up to %d: it takes a newer Marram", path,
            version, (int)db_migrations_n);
    return status;
}

static mr_status in_use(const char *path, mr_error *err) {
    return error_set(err, MR_EIO, NULL, -1, "%s is in use by another process: stop it, then restore", path);
}

/* A target that SQLite can no longer read is locked by hand, with the bytes SQLite locks
 * (sqlite.org/fileformat2.html#lockbyte): a process that has it open holds some of them. Returns the open
 * file; -1: in use, or it cannot be opened. */
static int lock_damaged(const char *path) {
    int file = open(path, O_RDWR | O_CLOEXEC);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000000, .l_len = 512};
    if (file < 0 || !fcntl(file, F_OFD_SETLK, &lock)) return file;
    close(file);
    return -1;
}

/* Nobody else has the target open, nobody can write to it until it is replaced, and no log of it is left that
 * would be taken for the new file's. *d (a sound target) or *file (a damaged one) hold the lock until they
 * are closed. */
static mr_status lock_target(const char *path, db **d, int *file, mr_error *err) {
    mr_error why;
    mr_status status = db_open(path, &(db_options){.busy_ms = 1000}, d, &why);
    if (!status) {
        /* Leaving the mode with a log takes being alone, and folds the log into the file. */
        if (sqlite3_exec((*d)->of.sqlite, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) ||
            sqlite3_exec((*d)->of.sqlite, "BEGIN EXCLUSIVE", NULL, NULL, NULL))
            return in_use(path, err);
        return MR_OK;
    }
    if (access(path, W_OK)) return file_error("write", path, err);
    if (strstr(why.message, "in use")) return in_use(path, err);
    *file = lock_damaged(path);
    return *file < 0 ? in_use(path, err) : MR_OK;
}

mr_status sqlite_restore(const char *url, const char *path, const mr_context *context, mr_error *err) {
    char passing[4096];
    struct stat old, from;
    db *backup = NULL, *target = NULL;
    int file = -1;
    bool replaces = !stat(url, &old);
    if (!beside(passing, url, ".restore"))
        return error_set(err, MR_EINVAL, NULL, -1, "the name of the database is too long");
    mr_status status = open_backup(path, &backup, err);
    if (!status && replaces && !stat(path, &from) && from.st_ino == old.st_ino && from.st_dev == old.st_dev)
        status = error_set(err, MR_EINVAL, NULL, -1, "%s is the database itself, not a backup", path);
    if (status) goto done;
    remove_all(passing); /* of a restore that was cut off */
    status = copy_to(backup, passing, context, err);
    if (!status && replaces && chmod(passing, old.st_mode & 0777)) status = file_error("write", passing, err);
    if (!status && replaces) status = lock_target(url, &target, &file, err);
    /* A log left by a damaged or removed file would be taken for the new one's. A sound one has folded its
     * log. */
    if (!status && !target) remove_logs(url);
    if (!status && (rename(passing, url) || !sync_folder_of(url))) status = file_error("replace", url, err);
    if (status) remove_all(passing);
done:
    db_close(target);
    if (file >= 0) close(file);
    db_close(backup);
    return status;
}
