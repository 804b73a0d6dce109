/* The schema's versions, the care of a store, backup and restore: on both stores. */
#include "error.h"
#include "schema.h"
#include "store.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

static db *ledger(const store *t) {
    mr_error err;
    db *d = store_open(t);
    assert_ok(db_schema_upgrade(d, 0, 1000000, NULL, NULL, &err), &err);
    return d;
}

static void set(db *d, const char *name, const char *value) {
    mr_error err;
    db_statement *s;
    assert_ok(db_prepare(d,
                         "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET "
                         "value = excluded.value",
                         "tt", &s, &err),
              &err);
    db_bind_string(s, 1, name);
    db_bind_string(s, 2, value);
    assert_ok(db_run(s, NULL, &err), &err);
}

static void upgrade(void **state) {
    mr_error err;
    db *d = store_open(store_of(state));
    int version = -1, before = -1, after = -1, newest = (int)db_migrations_n;
    assert_ok(db_schema_version(d, &version, &err), &err);
    assert_int_equal(version, 0);
    assert_int_equal(db_schema_require(d, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "marram db init"));
    assert_ok(db_schema_upgrade(d, 0, 1700000000000000, &before, &after, &err), &err);
    assert_int_equal(before, 0);
    assert_int_equal(after, newest);
    assert_ok(db_schema_upgrade(d, 0, 1, &before, &after, &err), &err);
    assert_int_equal(before, newest);
    assert_int_equal(after, newest);
    assert_ok(db_schema_require(d, &err), &err);
    assert_int_equal(store_int(d, "SELECT count(*) FROM schema_version"), newest);
    assert_true(store_int(d, "SELECT applied_at_us FROM schema_version WHERE version = 1") == 1700000000000000);
    /* Every table of the list is there and can be read, with the column it is distributed by. */
    for (size_t i = 0; i < db_tables_n; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT count(%s) FROM %s",
                 *db_tables[i].distribution ? db_tables[i].distribution : "*", db_tables[i].name);
        assert_int_equal(store_int(d, sql), strcmp(db_tables[i].name, "schema_version") ? 0 : newest);
        assert_int_equal(db_tables[i].sort == DB_PER_CUSTOMER, *db_tables[i].distribution != '\0');
    }
    /* ... and no table is there that the list lacks. */
    assert_int_equal(store_int(d, db_store_of(d) == DB_SQLITE
                                    ? "SELECT count(*) FROM sqlite_master WHERE type = 'table'"
                                    : "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"),
                     db_tables_n);
    assert_int_equal(db_schema_upgrade(d, newest + 1, 1, NULL, NULL, &err), MR_EINVAL);
    /* A newer Marram was here. */
    char sql[128];
    snprintf(sql, sizeof sql,
             "INSERT INTO schema_version (version, name, applied_at_us) VALUES (%d, 'later', 1)", newest + 1);
    assert_ok(db_execute(d, sql, &err), &err);
    assert_ok(db_schema_version(d, &version, &err), &err);
    assert_int_equal(version, newest + 1);
    assert_int_equal(db_schema_upgrade(d, 0, 1, &before, &after, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "newer Marram"));
    assert_int_equal(db_schema_require(d, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "newer Marram"));
    /* An older one: some migration is missing. */
    assert_ok(db_execute(d, "DELETE FROM schema_version", &err), &err);
    assert_int_equal(db_schema_version(d, &version, &err), MR_EDATA); /* Marram's tables, and nothing noted */
    db_close(d);
}

static void foreign(void **state) {
    static const char *const theirs[] = {
        "CREATE TABLE invoices (id BIGINT)", "CREATE TABLE schema_version (installed INTEGER, script TEXT)",
        ("CREATE TABLE schema_version (version INTEGER, name TEXT, applied_at_us BIGINT); "
         "INSERT INTO schema_version VALUES (1, 'someone', 1)")};
    mr_error err;
    db *d = store_open(store_of(state));
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) {
        int version;
        assert_ok(db_execute(d, theirs[i], &err), &err);
        assert_int_equal(db_schema_version(d, &version, &err), MR_EDATA);
        assert_non_null(strstr(err.message, "not Marram's"));
        assert_int_equal(db_schema_upgrade(d, 0, 1, NULL, NULL, &err), MR_EDATA);
        assert_non_null(strstr(err.message, "not Marram's"));
        assert_ok(db_execute(d, i ? "DROP TABLE schema_version" : "DROP TABLE invoices", &err), &err);
    }
    assert_ok(db_schema_upgrade(d, 0, 1, NULL, NULL, &err), &err);
    db_close(d);
}

/* Several processes at once: each finds the newest schema in the end, one of them made it. */
static void upgrade_together(void **state) {
    enum { N = 4 };
    store *t = store_of(state);
    pid_t children[N];
    for (int i = 0; i < N; i++) {
        children[i] = fork();
        if (children[i]) continue;
        mr_error err;
        db *d;
        int before = -1, after = -1;
        mr_status status = db_open(t->url, &(db_options){.create = true}, &d, &err);
        if (!status) status = db_schema_upgrade(d, 0, i, &before, &after, &err);
        if (status) fprintf(stderr, "%s\n", err.message);
        if (!status) db_close(d);
        _exit(status || after != (int)db_migrations_n ? 99 : before == 0);
    }
    int makers = 0;
    for (int i = 0; i < N; i++) {
        int ended;
        assert_int_equal(waitpid(children[i], &ended, 0), children[i]);
        assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) <= 1);
        makers += WEXITSTATUS(ended);
    }
    assert_int_equal(makers, 1);
}

static void tokens(void **state) {
    (void)state;
    assert_string_equal(db_migrations[0].name, "ledger");
    for (size_t i = 0; i < db_migrations_n; i++) {
        assert_int_equal(db_migrations[i].version, i + 1);
        /* What is not the same on both stores has no place in the one text. */
        static const char *const out[] = {"AUTOINCREMENT",     "SERIAL",        "::",      "NOW()",
                                          "CURRENT_TIMESTAMP", "JSONB",         "BOOLEAN", "TIMESTAMP",
                                          "VARCHAR",           "WITHOUT ROWID", " BLOB",   "BYTEA"};
        for (size_t k = 0; k < sizeof out / sizeof *out; k++)
            assert_null(strstr(db_migrations[i].sql, out[k]));
    }
}

static void distribute(void **state) {
    mr_error err;
    store *t = store_of(state);
    db *d = ledger(t);
    assert_false(db_distributed(d));
    assert_int_equal(db_schema_distribute(d, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "Citus"));
    db_close(d);
}

/* --- care --- */

static void count_line(const char *line, void *ctx) {
    (void)line;
    ++*(int *)ctx;
}

static void care(void **state) {
    mr_error err;
    store *t = store_of(state);
    db *d = ledger(t);
    set(d, "hash_key", "0123456789abcdef");
    int found = 0;
    /* Part of every PostgreSQL package we know of; where it is not, indexes are not compared. */
    if (t->kind == DB_POSTGRES && db_execute(d, "CREATE EXTENSION amcheck", &err))
        print_message("no amcheck: %s\n", err.message);
    assert_ok(db_sync(d, &err), &err);
    assert_ok(db_checkpoint(d, false, &err), &err);
    assert_ok(db_checkpoint(d, true, &err), &err);
    assert_ok(db_analyze(d, &err), &err);
    assert_ok(db_vacuum(d, &err), &err);
    assert_ok(db_integrity(d, count_line, &found, &err), &err);
    assert_int_equal(found, 0);
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    assert_int_equal(db_vacuum(d, &err), MR_EINVAL);
    assert_int_equal(db_sync(d, &err), MR_EINVAL);
    assert_ok(db_commit(d, &err), &err);
    db_close(d);
    assert_ok(db_open(t->url, &(db_options){.bulk = true, .no_checkpoint = true}, &d, &err), &err);
    set(d, "b", "1");
    assert_ok(db_sync(d, &err), &err);
    assert_int_equal(store_int(d, "SELECT count(*) FROM setting"), 2);
    db_close(d);
}

/* What was erased is not in the file any more, nor beside it. */
static void erased(void **state) {
    mr_error err;
    store *t = store_of(state);
    db *d = ledger(t);
    db_statement *s;
    assert_ok(
        db_prepare(
            d, "INSERT INTO customer_ref (ref, source, external_id, customer_id) VALUES ($1, 'shop', $2, $1)",
            "it", &s, &err),
        &err);
    for (int i = 0; i < 2000; i++) {
        char name[64];
        snprintf(name, sizeof name, "Erasmus-Tilgung-%d", i);
        db_bind_int(s, 1, i * 7919);
        db_bind_string(s, 2, name);
        assert_ok(db_run(s, NULL, &err), &err);
    }
    assert_ok(db_execute(d, "DELETE FROM customer_ref WHERE ref <> 7919", &err), &err);
    assert_ok(db_vacuum(d, &err), &err);
    assert_ok(db_checkpoint(d, true, &err), &err);
    FILE *f = fopen(t->file, "r");
    char *all = malloc(64 << 20);
    size_t len = fread(all, 1, 64 << 20, f);
    fclose(f);
    int seen = 0;
    for (char *at = all; (at = memmem(at, len - (size_t)(at - all), "Erasmus-Tilgung-", 16)); at++) seen++;
    assert_int_equal(seen, 1);
    free(all);
    struct stat about;
    char log[160];
    snprintf(log, sizeof log, "%s-wal", t->file);
    assert_true(stat(log, &about) != 0 || about.st_size == 0);
    db_close(d);
}

/* --- backup and restore --- */

/* Every table of ours is there: an empty one, too. */
static void all_there(db *d) {
    for (size_t i = 0; i < db_tables_n; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", db_tables[i].name);
        store_int(d, sql);
    }
}

typedef struct progress {
    uint64_t calls, stop_at;
} progress;

static int see(uint64_t done, uint64_t total, void *ctx) {
    progress *p = ctx;
    assert_true(done <= total);
    return ++p->calls == p->stop_at;
}

static size_t entries(const char *folder) {
    char command[128];
    snprintf(command, sizeof command, "ls -A %s | wc -l", folder);
    FILE *f = popen(command, "r");
    size_t n = 0;
    if (f && fscanf(f, "%zu", &n) != 1) n = 999;
    pclose(f);
    return n;
}

static void backup(void **state) {
    mr_error err;
    store *t = store_of(state);
    char path[128];
    snprintf(path, sizeof path, "%s/copy", t->folder);
    db *d = ledger(t);
    set(d, "a", "before");
    db_statement *s;
    assert_ok(db_prepare(d,
                         "INSERT INTO event_conflict VALUES ($1, 1, 1, 1, 1, 1, 1, 1, 1, 'EUR', '', 'body')",
                         "i", &s, &err),
              &err);
    assert_ok(db_begin(d, DB_WRITE, &err), &err);
    for (int i = 0; i < 20000; i++) {
        db_bind_int(s, 1, i);
        assert_ok(db_run(s, NULL, &err), &err);
    }
    assert_ok(db_commit(d, &err), &err);

    progress p = {0};
    mr_context context = {.progress = see, .progress_ctx = &p};
    assert_ok(db_backup(t->url, path, &context, &err), &err);
    assert_true(p.calls > 0);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(db_backup(t->url, path, NULL, &err), MR_EIO);
    assert_non_null(strstr(err.message, "there already"));
    /* Stopped: nothing stays behind. */
    char other[140];
    snprintf(other, sizeof other, "%s2", path);
    size_t files = entries(t->folder);
    p = (progress){.stop_at = 1};
    assert_int_equal(db_backup(t->url, other, &context, &err), MR_ECANCELLED);
    assert_int_equal(entries(t->folder), files);
    snprintf(other, sizeof other, "%s/nowhere/copy", t->folder);
    assert_int_equal(db_backup(t->url, other, NULL, &err), MR_EIO);

    set(d, "a", "after");
    set(d, "b", "new");
    /* A file another one has open is not replaced under its feet; PostgreSQL needs no such care. */
    if (t->kind == DB_SQLITE) {
        assert_int_equal(db_restore(t->url, path, NULL, &err), MR_EIO);
        assert_non_null(strstr(err.message, "in use"));
        assert_int_equal(store_int(d, "SELECT count(*) FROM setting"), 2);
        db_close(d);
    }
    assert_ok(db_restore(t->url, path, NULL, &err), &err);
    if (t->kind == DB_SQLITE) d = store_open(t);
    assert_int_equal(store_int(d, "SELECT count(*) FROM setting WHERE value = 'before'"), 1);
    assert_int_equal(store_int(d, "SELECT count(*) FROM setting"), 1);
    assert_int_equal(store_int(d, "SELECT count(*) FROM event_conflict"), 20000);
    assert_ok(db_schema_require(d, &err), &err);
    all_there(d);
    set(d, "a", "goes on");
    db_close(d);
    /* Into an empty store, which is how a machine is replaced. */
    store fresh;
    store_new(&fresh, t->kind);
    assert_ok(db_restore(fresh.url, path, NULL, &err), &err);
    d = store_open(&fresh);
    all_there(d);
    assert_int_equal(store_int(d, "SELECT count(*) FROM event_conflict"), 20000);
    db_close(d);
    store_remove(&fresh);
}

static void restore_refuses(void **state) {
    mr_error err;
    store *t = store_of(state);
    char path[128], good[128];
    snprintf(path, sizeof path, "%s/bad", t->folder);
    snprintf(good, sizeof good, "%s/good", t->folder);
    db *d = ledger(t);
    set(d, "a", "here");
    assert_ok(db_backup(t->url, good, NULL, &err), &err);
    db_close(d);
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 10000; i++) fputs("no backup at all\n", f);
    fclose(f);
    assert_int_not_equal(db_restore(t->url, path, NULL, &err), MR_OK);
    assert_int_not_equal(db_restore(t->url, "/nowhere/at/all", NULL, &err), MR_OK);
    /* Its second half is missing. */
    assert_int_equal(truncate(path, 0), 0);
    char command[512];
    snprintf(command, sizeof command, "head -c $(($(wc -c <%s) / 2)) %s >%s", good, good, path);
    assert_int_equal(system(command), 0);
    assert_int_not_equal(db_restore(t->url, path, NULL, &err), MR_OK);
    /* A database of somebody else's. */
    store theirs;
    store_new(&theirs, t->kind);
    d = store_open(&theirs);
    assert_ok(db_execute(d, "CREATE TABLE invoices (a BIGINT)", &err), &err);
    db_close(d);
    assert_int_not_equal(db_backup(theirs.url, path, NULL, &err), MR_OK);
    if (t->kind == DB_SQLITE) {
        assert_int_equal(db_restore(t->url, theirs.file, NULL, &err), MR_EDATA);
        assert_int_equal(db_restore(t->url, t->file, NULL, &err), MR_EINVAL);
    } else {
        assert_int_equal(db_restore(theirs.url, good, NULL, &err), MR_EDATA);
    }
    store_remove(&theirs);
    d = store_open(t);
    assert_int_equal(store_int(d, "SELECT count(*) FROM setting WHERE value = 'here'"), 1);
    db_close(d);
}

/* What a backup is for: the file is damaged, and its log is still there. */
static void restore_over_damage(void **state) {
    mr_error err;
    store *t = store_of(state);
    char good[128], log[160];
    snprintf(good, sizeof good, "%s/good", t->folder);
    db *d = ledger(t);
    set(d, "a", "here");
    assert_ok(db_backup(t->url, good, NULL, &err), &err);
    db_close(d);
    snprintf(log, sizeof log, "%s-wal", t->file);
    for (int i = 0; i < 2; i++) {
        FILE *f = fopen(i ? log : t->file, "w");
        for (int k = 0; k < 1000; k++) fputs("the disk was broken ", f);
        fclose(f);
    }
    int version;
    assert_int_equal(db_open(t->url, NULL, &d, &err), MR_EIO);
    assert_non_null(strstr(err.message, t->file));
    assert_ok(db_restore(t->url, good, NULL, &err), &err);
    d = store_open(t);
    assert_ok(db_schema_version(d, &version, &err), &err);
    assert_int_equal(store_int(d, "SELECT count(*) FROM setting WHERE value = 'here'"), 1);
    db_close(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(upgrade),          BOTH(foreign),
        BOTH(upgrade_together), cmocka_unit_test(tokens),
        BOTH(distribute),       BOTH(care),
        ON_SQLITE(erased),      BOTH(backup),
        BOTH(restore_refuses),  ON_SQLITE(restore_over_damage),
    };
    return cmocka_run_group_tests_name("db_schema", tests, NULL, NULL);
}
