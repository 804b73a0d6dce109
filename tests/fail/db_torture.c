/* The nth allocation fails, the nth write or sync of SQLite fails, for every n: an error each time, never a
 * crash or a leak, and what is stored afterwards is all of a transaction or nothing of it. */
#include "error.h"
#include "heap_wrap.h"
#include "schema.h"
#include "store.h"

#include <sqlite3.h>
#include <stdlib.h>

/* --- failing allocations --- */

static long allocations_left = -1; /* -1: never fail */

static bool refuse(void) {
    if (allocations_left < 0) return false;
    return allocations_left-- == 0;
}

/* --- failing writes: a VFS that stands before SQLite's own --- */

typedef struct torn_file {
    sqlite3_file base;
    sqlite3_file *real;
} torn_file;

static sqlite3_vfs torn, *real_vfs;
static sqlite3_io_methods torn_methods;
static long writes_left = -1;
static int write_error;

static int write_fails(void) {
    if (writes_left < 0) return SQLITE_OK;
    /* From then on all fail, as on a full disk. */
    return writes_left > 0 ? (writes_left--, SQLITE_OK) : write_error;
}

static sqlite3_file *real_of(sqlite3_file *file) {
    return ((torn_file *)file)->real;
}

static int torn_close(sqlite3_file *f) {
    return real_of(f)->pMethods ? real_of(f)->pMethods->xClose(real_of(f)) : SQLITE_OK;
}
static int torn_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at) {
    return real_of(f)->pMethods->xRead(real_of(f), to, n, at);
}
static int torn_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at) {
    int rc = write_fails();
    return rc ? rc : real_of(f)->pMethods->xWrite(real_of(f), from, n, at);
}
static int torn_truncate(sqlite3_file *f, sqlite3_int64 size) {
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}
static int torn_sync(sqlite3_file *f, int flags) {
    int rc = write_fails();
    return rc ? SQLITE_IOERR_FSYNC : real_of(f)->pMethods->xSync(real_of(f), flags);
}
static int torn_size(sqlite3_file *f, sqlite3_int64 *size) {
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}
static int torn_lock(sqlite3_file *f, int how) {
    return real_of(f)->pMethods->xLock(real_of(f), how);
}
static int torn_unlock(sqlite3_file *f, int how) {
    return real_of(f)->pMethods->xUnlock(real_of(f), how);
}
static int torn_reserved(sqlite3_file *f, int *out) {
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}
static int torn_control(sqlite3_file *f, int op, void *arg) {
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
static int torn_sector(sqlite3_file *f) {
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}
static int torn_device(sqlite3_file *f) {
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
static int torn_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}
static int torn_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}
static void torn_barrier(sqlite3_file *f) {
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}
static int torn_unmap(sqlite3_file *f, int remove_it) {
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove_it);
}

static int torn_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
    (void)vfs;
    torn_file *f = (torn_file *)file;
    f->real = (sqlite3_file *)(f + 1);
    int rc = real_vfs->xOpen(real_vfs, name, f->real, flags, out);
    f->base.pMethods = f->real->pMethods ? &torn_methods : NULL;
    return rc;
}

static int before(void **state) {
    (void)state;
    real_vfs = sqlite3_vfs_find(NULL);
    torn = *real_vfs;
    torn.zName = "torn";
    torn.szOsFile = (int)sizeof(torn_file) + real_vfs->szOsFile;
    torn.xOpen = torn_open;
    torn_methods = (sqlite3_io_methods){
        2,           torn_close, torn_read,     torn_write,    torn_truncate, torn_sync,
        torn_size,   torn_lock,  torn_unlock,   torn_reserved, torn_control,  torn_sector,
        torn_device, torn_map,   torn_shm_lock, torn_barrier,  torn_unmap,    NULL,
        NULL};
    return sqlite3_vfs_register(&torn, 1);
}

/* --- the work that is disturbed --- */

enum { ROWS = 300 };

static void make_row(void *ctx, size_t row, db_value *v) {
    static const char text[] = "some text that takes a little room, so that pages fill and the log grows";
    v[0].integer = *(int64_t *)ctx + (int64_t)row;
    v[1].text.at = text;
    v[1].text.len = sizeof text - 1;
}

static mr_status differs(void *ctx, size_t row, mr_error *err) {
    (void)ctx, (void)row;
    return error_set(err, MR_EDATA, NULL, -1, "what was stored differs");
}

static void bind(void *ctx, size_t item, db_statement *s) {
    (void)ctx;
    db_bind_int(s, 1, (int64_t)item);
}

static mr_status seen(void *ctx, size_t item, db_statement *s, mr_error *err) {
    (void)ctx, (void)item, (void)s, (void)err;
    return MR_OK;
}

static mr_status fill(db *d, void *ctx, mr_error *err) {
    static const char *const columns[] = {"a", "t"};
    static const int compare[] = {1};
    static const db_append_plan plan = {.table = "thing", .columns = columns, .types = "it", .key = 1, .compare = compare, .compare_n = 1};
    int64_t first = 0, second = ROWS / 2;
    (void)ctx;
    mr_status status = db_append(d, &plan, ROWS, make_row, differs, &first, NULL, err);
    if (!status)
        status = db_append(d, &plan, ROWS, make_row, differs, &second, NULL, err); /* half of them repeats */
    if (!status) status = db_append(d, &plan, 5, make_row, differs, &first, NULL, err);
    return status;
}

static mr_status read_all(db *d, mr_error *err) {
    db_statement *s;
    db_stream *stream;
    const db_value *row;
    mr_status status = db_prepare(d, "SELECT t FROM thing WHERE a = $1", "i", &s, err);
    if (!status) status = db_each(s, 20, bind, seen, NULL, NULL, err);
    if (status) return status;
    status = db_stream_open(d, "SELECT a, t FROM thing WHERE a >= $1 ORDER BY a", "it", (int64_t[]){5}, 1,
                            &stream, err);
    if (status) return status;
    do {
        status = db_stream_next(stream, &row, err);
    } while (!status && row);
    db_stream_close(stream);
    return status;
}

static mr_status work(const char *url, db_fault *fault, mr_error *err) {
    db *d;
    *fault = DB_FAULT_NONE;
    mr_status status = db_open(url, NULL, &d, err);
    if (status) return status;
    status = db_transaction(d, DB_WRITE, fill, NULL, err);
    if (!status) status = read_all(d, err);
    *fault = db_last_fault(d);
    db_close(d);
    return status;
}

static int64_t count(const char *url) {
    mr_error err;
    db *d;
    db_statement *s;
    bool row;
    assert_ok(db_open(url, NULL, &d, &err), &err);
    assert_ok(db_prepare(d, "SELECT count(*) FROM thing", "", &s, &err), &err);
    assert_ok(db_step(s, &row, &err), &err);
    int64_t n = db_int(s, 0);
    db_reset(s);
    assert_ok(db_execute(d, "DELETE FROM thing", &err), &err);
    db_close(d);
    return n;
}

static store *with_table(void **state) {
    mr_error err;
    store *t = store_of(state);
    db *d = store_open(t);
    assert_ok(db_execute(d, "CREATE TABLE thing (a BIGINT NOT NULL PRIMARY KEY, t TEXT)", &err), &err);
    db_close(d);
    return t;
}

static void no_memory(void **state) {
    store *t = with_table(state);
    mr_error err;
    db_fault fault;
    long n = 0, failed = 0;
    for (bool done = false; !done; n++) {
        error_clear(&err);
        allocations_left = n;
        mr_status status = work(t->url, &fault, &err);
        done = allocations_left >= 0; /* fewer allocations than that: none failed */
        allocations_left = -1;
        if (status != MR_OK && status != MR_ENOMEM)
            fail_msg("allocation %ld: %s: %s", n, mr_status_text(status), err.message);
        int64_t rows = count(t->url);
        if (rows != 0 && rows != ROWS * 3 / 2) fail_msg("allocation %ld: %lld rows", n, (long long)rows);
        if (done) assert_true(status == MR_OK && rows);
        failed += status == MR_ENOMEM;
    }
    assert_true(failed > 10);
}

static void torn_writes(void **state) {
    static const int errors[] = {SQLITE_FULL, SQLITE_IOERR_WRITE};
    store *t = with_table(state);
    mr_error err;
    db_fault fault;
    for (int e = 0; e < 2; e++) {
        write_error = errors[e];
        long failed = 0, n = 0;
        for (bool done = false; !done; n++) {
            error_clear(&err);
            writes_left = n;
            mr_status status = work(t->url, &fault, &err);
            done = writes_left > 0;
            writes_left = -1;
            if (status) {
                failed++;
                assert_int_equal(status, MR_EIO);
                assert_non_null(strstr(err.message, t->file));
                assert_true(fault == DB_FAULT_NONE || fault == DB_FAULT_FULL || fault == DB_FAULT_OTHER);
                if (e == 0 && fault == DB_FAULT_FULL) assert_non_null(strstr(err.message, "no room"));
            }
            int64_t rows = count(t->url);
            if (rows != 0 && rows != ROWS * 3 / 2) fail_msg("write %ld: %lld rows", n, (long long)rows);
            if (done) assert_true(status == MR_OK && rows);
        }
        assert_true(failed > 5);
    }
}

/* A copy that cannot be written leaves nothing behind and harms nothing. */
static void torn_backup(void **state) {
    store *t = store_of(state);
    mr_error err;
    char path[140];
    snprintf(path, sizeof path, "%s/copy", t->folder);
    db *d = store_open(t);
    assert_ok(db_schema_upgrade(d, 0, 1, NULL, NULL, &err), &err);
    assert_ok(db_execute(d, "INSERT INTO setting (name, value) VALUES ('a', 'b')", &err), &err);
    db_close(d);
    write_error = SQLITE_FULL;
    long n = 0;
    for (bool done = false; !done; n++) {
        writes_left = n;
        mr_status status = db_backup(t->url, path, NULL, &err);
        done = writes_left > 0;
        writes_left = -1;
        if (status)
            assert_int_not_equal(access(path, F_OK), 0);
        else
            assert_int_equal(unlink(path), 0);
        strcat(path, ".part");
        assert_int_not_equal(access(path, F_OK), 0);
        path[strlen(path) - 5] = '\0';
    }
    assert_true(n > 10);
    assert_ok(db_backup(t->url, path, NULL, &err), &err);
    for (n = 0;; n++) {
        writes_left = n;
        mr_status status = db_restore(t->url, path, NULL, &err);
        bool done = writes_left > 0;
        writes_left = -1;
        d = store_open(t);
        assert_ok(db_schema_require(d, &err), &err);
        db_close(d);
        if (done) assert_int_equal(status, MR_OK);
        if (done) break;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(no_memory), ON_SQLITE(torn_writes), ON_SQLITE(torn_backup)};
    return cmocka_run_group_tests_name("fail_db_torture", tests, before, NULL);
}
