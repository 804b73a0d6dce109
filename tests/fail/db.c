/* What goes wrong with a store: each with the fault that decides what to do next, and a message that names it
 * and the way out. */
#include "error.h"
#include "schema.h"
#include "store.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static void says(const mr_error *err, const char *what) {
    if (!strstr(err->message, what)) fail_msg("\"%s\" does not say \"%s\"", err->message, what);
}

static void refuses(const char *url, const db_options *options, mr_status status, const char *what) {
    mr_error err;
    db *d;
    mr_status got = db_open(url, options, &d, &err);
    if (got != status) fail_msg("%s: %s: %s", url, mr_status_text(got), got ? err.message : "opened");
    assert_null(d);
    says(&err, what);
    assert_null(strstr(err.message, "geheim")); /* the password of every URL below */
}

static void urls(void **state) {
    (void)state;
    refuses("", NULL, MR_EINVAL, "no database was named");
    refuses("mysql://me:geheim@host/db", NULL, MR_EINVAL, "mysql://");
    refuses(":memory:", NULL, MR_EINVAL, "names no file");
    refuses("sqlite:", NULL, MR_EINVAL, "names no file");
    refuses("/tmp", NULL, MR_EIO, "is not a file");
    refuses("/nowhere/at/all.db", NULL, MR_EIO, "marram db init");
    refuses("/nowhere/at/all.db", &(db_options){.create = true}, MR_EIO, "its folder must be there");
    refuses("/dev/null/x.db", &(db_options){.create = true}, MR_EIO, "cannot make");
    /* Signs in the password that cut the URL elsewhere than its writer meant. */
    refuses("postgres://me:gehe/imgeheim@127.0.0.1:1/db", NULL, MR_EINVAL, "%2F");
    refuses("postgres://me:geheim@geheim@127.0.0.1:1/db", NULL, MR_EINVAL, "%40");
    refuses("postgres://me:geheim?x@127.0.0.1:1/db", NULL, MR_EINVAL, "~/.pgpass");
    refuses("postgres://me:geheim#@127.0.0.1:1/db", NULL, MR_EINVAL, "~/.pgpass");
    refuses("postgres://me:geheim%zz@127.0.0.1:1/db", NULL, MR_EINVAL, "~/.pgpass");
    refuses("postgres://me@127.0.0.1:1/db?geheim", NULL, MR_EINVAL, "cannot be read");
}

static void no_server(void **state) {
    (void)state;
    refuses("postgresql://me:geheim@127.0.0.1:1/shop", NULL, MR_EIO, "is it running");
    refuses("postgresql://me:geheim@127.0.0.1:1/shop", NULL, MR_EIO, "127.0.0.1:1/shop");
    refuses("postgresql://me:geheim@/shop?host=/nowhere&port=5", NULL, MR_EIO, "is it running");
    refuses("postgresql://me:geheim@no-such-host.invalid/shop", NULL, MR_EIO, "no-such-host.invalid");
}

static void login(void **state) {
    (void)state;
    char url[256], wrong[300];
    mr_error err;
    db *d;
    store_server(url, "postgres", 1);
    assert_ok(db_open(url, NULL, &d, &err), &err);
    assert_null(strstr(db_name(d), "marram")); /* the user */
    assert_non_null(strstr(db_name(d), "127.0.0.1"));
    assert_int_not_equal(db_execute(d, "SELECT nothing", &err), MR_OK);
    char *password = strchr(strstr(url, "://") + 3, ':') + 1, *at = strchr(password, '@');
    *at = '\0';
    assert_null(strstr(err.message, password));
    db_close(d);
    snprintf(wrong, sizeof wrong, "%.*sgeheim@%s", (int)(password - url), url, at + 1);
    refuses(wrong, NULL, MR_EIO, "check user and password");
    snprintf(wrong, sizeof wrong, "%.*s@%s", (int)(password - 1 - url), url, at + 1);
    refuses(wrong, NULL, MR_EIO, "check user and password");
    store_server(url, "no_such_database", 0);
    refuses(url, NULL, MR_EIO, "createdb");
}

/* --- files --- */

static void fill(const char *path, const char *text, int times) {
    FILE *f = fopen(path, "w");
    for (int i = 0; i < times; i++) fputs(text, f);
    fclose(f);
}

static void damaged(void **state) {
    store *t = store_of(state);
    mr_error err;
    char path[140];
    snprintf(path, sizeof path, "%s/other", t->folder);
    fill(path, "customer,date,amount\n", 1000);
    refuses(path, NULL, MR_EIO, "is not a database");
    refuses(path, NULL, MR_EIO, path);
    /* A sound beginning, rubbish within. */
    db *d = store_open(t);
    assert_ok(db_schema_upgrade(d, 0, 1, NULL, NULL, &err), &err);
    assert_ok(db_execute(d, "INSERT INTO setting (name, value) VALUES ('a', 'b')", &err), &err);
    db_close(d);
    int f = open(t->file, O_WRONLY);
    char rubbish[8192];
    memset(rubbish, 0x5a, sizeof rubbish);
    for (off_t page = 1; page < 40; page++)
        assert_int_equal(pwrite(f, rubbish, sizeof rubbish, page * (off_t)sizeof rubbish), sizeof rubbish);
    close(f);
    d = NULL;
    mr_status status = db_open(t->url, NULL, &d, &err);
    if (!status) status = db_execute(d, "SELECT * FROM setting; SELECT * FROM model", &err);
    assert_int_equal(status, MR_EIO);
    if (d) assert_int_equal(db_last_fault(d), DB_FAULT_DAMAGED);
    says(&err, "restore a backup");
    db_close(d);
}

static void read_only(void **state) {
    store *t = store_of(state);
    mr_error err;
    db_close(store_open(t));
    uid_t nobody = 65534, before = geteuid();
    if (!before) { /* root writes everywhere */
        assert_int_equal(
            chown(t->folder, nobody, (gid_t)-1) || chown(t->file, nobody, (gid_t)-1) || seteuid(nobody), 0);
    }
    db *d;
    assert_int_equal(chmod(t->file, 0400), 0);
    assert_int_equal(db_open(t->url, NULL, &d, &err), MR_EIO);
    says(&err, t->file);
    /* With a log there already the folder need not be written to. */
    char path[140];
    snprintf(path, sizeof path, "%s-wal", t->file);
    unlink(path);
    snprintf(path, sizeof path, "%s-shm", t->file);
    unlink(path);
    assert_int_equal(chmod(t->file, 0600), 0);
    assert_int_equal(chmod(t->folder, 0500), 0);
    assert_int_equal(db_open(t->url, NULL, &d, &err), MR_EIO);
    says(&err, "folder");
    snprintf(path, sizeof path, "%s/new", t->folder);
    refuses(path, &(db_options){.create = true}, MR_EIO, "allowed to write");
    assert_int_equal(chmod(t->folder, 0700), 0);
    assert_int_equal(seteuid(before), 0);
}

static void locked(void **state) {
    store *t = store_of(state);
    mr_error err;
    db *one = store_open(t), *two;
    assert_ok(db_execute(one, "CREATE TABLE thing (a BIGINT PRIMARY KEY)", &err), &err);
    assert_ok(db_open(t->url, &(db_options){.busy_ms = 50}, &two, &err), &err);
    assert_ok(db_begin(one, DB_WRITE, &err), &err);
    assert_ok(db_execute(one, "INSERT INTO thing VALUES (1)", &err), &err);
    if (t->kind == DB_SQLITE) {
        assert_int_equal(db_begin(two, DB_WRITE, &err), MR_EIO);
    } else {
        assert_ok(db_begin(two, DB_WRITE, &err), &err);
        assert_int_equal(db_execute(two, "LOCK TABLE thing", &err), MR_EIO);
    }
    assert_int_equal(db_last_fault(two), DB_FAULT_BUSY);
    says(&err, "another process");
    db_rollback(two);
    assert_int_equal(store_int(two, "SELECT count(*) FROM thing"), 0); /* readers do not wait */
    assert_ok(db_commit(one, &err), &err);
    assert_ok(db_begin(two, DB_WRITE, &err), &err);
    assert_ok(db_commit(two, &err), &err);
    db_close(two);
    db_close(one);
}

static void full(void **state) {
    store *t = store_of(state);
    mr_error err;
    db *d = store_open(t);
    db_statement *s;
    char *text = malloc(100000);
    memset(text, 'x', 100000);
    assert_ok(
        db_execute(d, "CREATE TABLE thing (a BIGINT PRIMARY KEY, t TEXT); PRAGMA max_page_count=200", &err),
        &err);
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_ok(db_prepare(d, "INSERT INTO thing VALUES ($1, $2)", "it", &s, &err), &err);
    mr_status status = MR_OK;
    for (int i = 0; i < 100 && !status; i++) {
        db_bind_int(s, 1, i);
        db_bind_text(s, 2, text, 100000);
        status = db_run(s, NULL, &err);
    }
    assert_int_equal(status, MR_EIO);
    assert_int_equal(db_last_fault(d), DB_FAULT_FULL);
    says(&err, "no room");
    assert_int_equal(db_commit(d, &err), MR_EIO);
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 0);
    assert_ok(db_execute(d, "INSERT INTO thing VALUES (1, 'small')", &err), &err);
    free(text);
    db_close(d);
}

/* --- connections that go away --- */

static int64_t backend(db *d) {
    return store_int(d, "SELECT pg_backend_pid()");
}

static void terminate(const store *t, int64_t pid) {
    mr_error err;
    char sql[128];
    db *d = store_open(t);
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%lld, 5000)", (long long)pid);
    assert_ok(db_execute(d, sql, &err), &err);
    db_close(d);
}

typedef struct interrupted {
    const store *store;
    int runs, lose; /* the connection is lost in runs below this */
} interrupted;

static mr_status add_one(db *d, void *ctx, mr_error *err) {
    interrupted *w = ctx;
    db_statement *s;
    mr_status status = db_prepare(d, "UPDATE thing SET n = n + 1 WHERE a = $1", "i", &s, err);
    if (status) return status;
    if (w->runs++ < w->lose) terminate(w->store, backend(d));
    db_bind_int(s, 1, 1);
    return db_run(s, NULL, err);
}

static void lost(void **state) {
    store *t = store_of(state);
    mr_error err;
    db *d = store_open(t);
    db_statement *s;
    assert_ok(
        db_execute(d, "CREATE TABLE thing (a BIGINT PRIMARY KEY, n BIGINT); INSERT INTO thing VALUES (1, 0)",
                   &err),
        &err);
    assert_ok(db_prepare(d, "SELECT n FROM thing WHERE a = $1", "i", &s, &err), &err);
    /* Outside a transaction: the call fails, the next one has a new connection and its statements. */
    terminate(t, backend(d));
    db_bind_int(s, 1, 1);
    assert_int_equal(db_run(s, NULL, &err), MR_EIO);
    assert_int_equal(db_last_fault(d), DB_FAULT_LOST);
    assert_ok(db_run(s, NULL, &err), &err);
    /* Inside one: it can only be rolled back. */
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    terminate(t, backend(d));
    assert_int_equal(db_run(s, NULL, &err), MR_EIO);
    assert_int_equal(db_run(s, NULL, &err), MR_EIO);
    assert_int_equal(db_last_fault(d), DB_FAULT_LOST);
    db_rollback(d);
    assert_int_equal(store_int(d, "SELECT n FROM thing"), 0);
    /* db_transaction runs it again. */
    interrupted w = {t, 0, 2};
    assert_ok(db_transaction(d, DB_WRITE, add_one, &w, &err), &err);
    assert_int_equal(w.runs, 3);
    assert_int_equal(store_int(d, "SELECT n FROM thing"), 1);
    /* While idle, and at the beginning of one. */
    terminate(t, backend(d));
    assert_ok(db_transaction(d, DB_WRITE, add_one, &w, &err), &err);
    assert_int_equal(store_int(d, "SELECT n FROM thing"), 2);
    db_close(d);
}

typedef struct cut {
    const store *store;
    int64_t pid;
    size_t at;
} cut;

static void bind_cut(void *ctx, size_t item, db_statement *s) {
    cut *c = ctx;
    if (item == c->at) terminate(c->store, c->pid);
    db_bind_int(s, 1, (int64_t)item + 10);
}

static void row_cut(void *ctx, size_t row, db_value *v) {
    cut *c = ctx;
    if (row == c->at) terminate(c->store, c->pid);
    v[0].integer = (int64_t)row + 10;
    v[1].integer = 0;
}

static void lost_in_bulk(void **state) {
    static const char *const columns[] = {"a", "n"};
    static const db_append_plan plan = {.table = "thing", .columns = columns, .types = "ii", .key = 1};
    store *t = store_of(state);
    mr_error err;
    db *d = store_open(t);
    db_statement *s;
    db_stream *stream;
    const db_value *row;
    assert_ok(db_execute(d, "CREATE TABLE thing (a BIGINT PRIMARY KEY, n BIGINT)", &err), &err);
    cut c = {t, backend(d), 3000};
    assert_ok(db_prepare(d, "INSERT INTO thing (a, n) VALUES ($1, 1)", "i", &s, &err), &err);
    assert_int_equal(db_each(s, 10000, bind_cut, NULL, &c, NULL, &err), MR_EIO);
    assert_int_equal(db_last_fault(d), DB_FAULT_LOST);
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 0);
    c.at = 20000;
    c.pid = backend(d);
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_int_equal(db_append(d, &plan, 100000, row_cut, NULL, &c, NULL, &err), MR_EIO);
    assert_int_equal(db_last_fault(d), DB_FAULT_LOST);
    db_rollback(d);
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 0);
    c.pid = backend(d);
    assert_ok(db_stream_open(d, "SELECT CAST(g AS BIGINT) FROM generate_series($1, $2) AS g", "i",
                             (int64_t[]){1, 5000000}, 2, &stream, &err),
              &err);
    assert_ok(db_stream_next(stream, &row, &err), &err);
    terminate(t, c.pid);
    mr_status status = MR_OK;
    while (!status && row) status = db_stream_next(stream, &row, &err);
    assert_int_equal(status, MR_EIO);
    assert_int_equal(db_last_fault(d), DB_FAULT_LOST);
    db_stream_close(stream);
    assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 0);
    db_close(d);
}

/* --- restoring over tables that are in use --- */

static int give_up_in_time(uint64_t done, uint64_t total, void *ctx) {
    (void)done, (void)total;
    return time(NULL) - *(time_t *)ctx > 15;
}

/* It says so soon, and nothing is changed. pg_restore would wait for ever, and all others behind it. */
static void restore_in_use(void **state) {
    store *t = store_of(state);
    mr_error err;
    char path[96];
    time_t begun = time(NULL);
    mr_context context = {.progress = give_up_in_time, .progress_ctx = &begun};
    db *d = store_open(t), *other = store_open(t);
    assert_ok(db_schema_upgrade(d, 0, 1, NULL, NULL, &err), &err);
    snprintf(path, sizeof path, "%s/backup", t->folder);
    assert_ok(db_backup(t->url, path, NULL, &err), &err);
    assert_ok(db_execute(d, "INSERT INTO setting (name, value) VALUES ('later', '1')", &err), &err);
    assert_ok(db_begin(other, DB_READ, &err), &err);
    assert_int_equal(store_int(other, "SELECT count(*) FROM setting WHERE name = 'later'"), 1);
    assert_int_equal(db_restore(t->url, path, &context, &err), MR_EIO);
    says(&err, "another process holds the lock");
    db_rollback(other);
    assert_int_equal(store_int(d, "SELECT count(*) FROM setting WHERE name = 'later'"), 1);
    assert_ok(db_restore(t->url, path, NULL, &err), &err);
    assert_int_equal(store_int(d, "SELECT count(*) FROM setting WHERE name = 'later'"), 0);
    db_close(other);
    db_close(d);
}

/* --- what is no damage --- */

static void count_line(const char *line, void *ctx) {
    print_message("found: %s\n", line);
    ++*(int *)ctx;
}

/* That indexes may not be looked at, or that somebody holds a table, is not a fault of the store's. */
static void no_damage(void **state) {
    store *t = store_of(state);
    mr_error err;
    char url[600], sql[256];
    int found = 0;
    db *d = store_open(t), *plain;
    const char *after = strchr(t->url, '@');
    assert_non_null(after);
    snprintf(sql, sizeof sql, "CREATE EXTENSION amcheck; CREATE ROLE plain_%d LOGIN; GRANT ALL ON SCHEMA public TO plain_%d", (int)getpid(), (int)getpid());
    assert_ok(db_execute(d, sql, &err), &err);
    snprintf(url, sizeof url, "postgresql://plain_%d%s", (int)getpid(), after);
    assert_ok(db_open(url, &(db_options){.busy_ms = 100}, &plain, &err), &err);
    assert_ok(db_schema_upgrade(plain, 0, 1, NULL, NULL, &err), &err);
    assert_ok(db_integrity(plain, count_line, &found, &err), &err);
    assert_int_equal(found, 0);
    assert_ok(db_integrity(d, count_line, &found, &err), &err); /* who may look finds nothing */
    assert_int_equal(found, 0);
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_ok(db_execute(d, "LOCK TABLE event", &err), &err);
    assert_int_equal(db_integrity(plain, count_line, &found, &err), MR_EIO);
    assert_int_equal(db_last_fault(plain), DB_FAULT_BUSY);
    assert_int_equal(found, 0);
    db_rollback(d);
    db_close(plain);
    snprintf(sql, sizeof sql, "DROP OWNED BY plain_%d; DROP ROLE plain_%d", (int)getpid(), (int)getpid());
    assert_ok(db_execute(d, sql, &err), &err);
    db_close(d);
}

/* --- a COPY that libpq takes no more rows of --- */

struct pg_conn;
static int copies_left = -1;
int __real_PQputCopyData(struct pg_conn *conn, const char *bytes, int n);
int __wrap_PQputCopyData(struct pg_conn *conn, const char *bytes, int n);

/* Refuses as where there is no memory for its buffer: nothing is sent, and the connection goes on. */
int __wrap_PQputCopyData(struct pg_conn *conn, const char *bytes, int n) {
    if (copies_left == 0) return -1;
    copies_left -= copies_left > 0;
    return __real_PQputCopyData(conn, bytes, n);
}

static void row_long(void *ctx, size_t row, db_value *v) {
    (void)ctx;
    v[0].integer = (int64_t)row;
    v[1].integer = 7;
}

/* The rows that went over before are not called all of them. */
static void copy_refused(void **state) {
    static const char *const columns[] = {"a", "n"};
    static const int compare[] = {1};
    static const db_append_plan plan = {.table = "thing", .columns = columns, .types = "ii", .key = 1, .compare = compare, .compare_n = 1};
    store *t = store_of(state);
    mr_error err;
    db *d = store_open(t);
    uint64_t added = 0;
    assert_ok(db_execute(d, "CREATE TABLE thing (a BIGINT PRIMARY KEY, n BIGINT)", &err), &err);
    for (int repeats = 0; repeats < 2; repeats++)
        for (int most = 1; most >= 0; most--) {
            assert_ok(db_execute(d, repeats ? "INSERT INTO thing VALUES (0, 7)" : "SELECT 1", &err), &err);
            assert_ok(db_begin(d, DB_WRITE, &err), &err);
            copies_left = most;
            mr_status status = db_append(d, &plan, 20000, row_long, NULL, NULL, &added, &err);
            copies_left = -1;
            assert_int_equal(status, MR_EIO);
            assert_int_equal(db_commit(d, &err), MR_EIO);
            assert_ok(db_execute(d, repeats ? "DELETE FROM thing" : "SELECT 1", &err), &err);
            assert_int_equal(store_int(d, "SELECT count(*) FROM thing"), 0);
        }
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_ok(db_append(d, &plan, 20000, row_long, NULL, NULL, &added, &err), &err);
    assert_ok(db_commit(d, &err), &err);
    assert_int_equal(added, 20000);
    db_close(d);
}

/* --- a server that goes away and comes back --- */

static pid_t script(const char *command, const char *folder) {
    pid_t pid = fork();
    if (!pid) {
        execl(SOURCE_DIR "/tests/postgres.sh", "postgres.sh", command, folder, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static bool ended_well(pid_t pid) {
    int ended;
    return waitpid(pid, &ended, 0) == pid && WIFEXITED(ended) && WEXITSTATUS(ended) == 0;
}

typedef struct crashing {
    const char *folder;
    pid_t script;
    int runs;
} crashing;

static mr_status add_through_crash(db *d, void *ctx, mr_error *err) {
    crashing *c = ctx;
    mr_status status = db_execute(d, "UPDATE thing SET n = n + 1", err);
    if (status || c->runs++) return status;
    c->script = script("crash", c->folder);
    do {
        usleep(20000);
        status = db_execute(d, "SELECT 1", err);
    } while (!status);
    return status;
}

static void crash(void **state) {
    char url[256], path[128], folder[] = "/tmp/marram-crash.XXXXXX";
    store_server(url, "postgres", 0); /* skips without PostgreSQL */
    (void)state;
    mr_error err;
    db *d;
    assert_non_null(mkdtemp(folder));
    assert_true(ended_well(script("start", folder)));
    snprintf(path, sizeof path, "%s/url", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(fgets(url, sizeof url, f));
    fclose(f);
    url[strcspn(url, "\n")] = '\0';
    assert_ok(db_open(url, NULL, &d, &err), &err);
    assert_ok(db_execute(d, "CREATE TABLE thing (n BIGINT); INSERT INTO thing VALUES (0)", &err), &err);
    crashing c = {folder, 0, 0};
    assert_ok(db_transaction(d, DB_WRITE, add_through_crash, &c, &err), &err);
    assert_true(ended_well(c.script));
    assert_int_equal(c.runs, 2);
    assert_int_equal(store_int(d, "SELECT n FROM thing"), 1);
    db_close(d);
    assert_true(ended_well(script("stop", folder)));
    rmdir(folder);
}

/* --- two writers --- */

enum { ROUNDS = 200 };

static mr_status one_round(db *d, void *ctx, mr_error *err) {
    const int64_t *order = ctx;
    db_statement *s;
    mr_status status = db_prepare(d, "UPDATE thing SET n = n + 1 WHERE a = $1", "i", &s, err);
    for (int i = 0; i < 2 && !status; i++) {
        db_bind_int(s, 1, order[i]);
        status = db_run(s, NULL, err);
    }
    return status;
}

static int writer(const char *url, bool backwards) {
    int64_t order[2] = {backwards ? 2 : 1, backwards ? 1 : 2};
    mr_error err;
    db *d;
    mr_status status = db_open(url, NULL, &d, &err);
    for (int i = 0; i < ROUNDS && !status; i++) status = db_transaction(d, DB_WRITE, one_round, order, &err);
    if (status)
        fprintf(stderr, "%s\n", err.message);
    else
        db_close(d);
    return status;
}

/* They take the rows in opposite order: on PostgreSQL one of two dies of a deadlock now and then and runs
 * again. */
static void two_writers(void **state) {
    store *t = store_of(state);
    mr_error err;
    db *d = store_open(t);
    assert_ok(
        db_execute(
            d, "CREATE TABLE thing (a BIGINT PRIMARY KEY, n BIGINT); INSERT INTO thing VALUES (1, 0), (2, 0)",
            &err),
        &err);
    if (t->kind == DB_POSTGRES) {
        char sql[128];
        snprintf(sql, sizeof sql, "ALTER DATABASE %s SET deadlock_timeout = '5ms'", t->database);
        assert_ok(db_execute(d, sql, &err), &err);
    }
    db_close(d);
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (!children[i]) _exit(writer(t->url, i));
    }
    for (int i = 0; i < 2; i++) {
        int ended;
        waitpid(children[i], &ended, 0);
        assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    }
    d = store_open(t);
    assert_int_equal(store_int(d, "SELECT n FROM thing WHERE a = 1"), 2 * ROUNDS);
    assert_int_equal(store_int(d, "SELECT n FROM thing WHERE a = 2"), 2 * ROUNDS);
    db_close(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls),  cmocka_unit_test(no_server), cmocka_unit_test(login),
        ON_POSTGRES(copy_refused), ON_POSTGRES(no_damage), ON_POSTGRES(restore_in_use), ON_SQLITE(damaged),      ON_SQLITE(read_only),        BOTH(locked),
        ON_SQLITE(full),         ON_POSTGRES(lost),           ON_POSTGRES(lost_in_bulk),
        cmocka_unit_test(crash), BOTH(two_writers),
    };
    return cmocka_run_group_tests_name("fail_db", tests, NULL, NULL);
}
