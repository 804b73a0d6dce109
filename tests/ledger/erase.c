/* Erasing: nothing of the person is left, in no table and in no byte of the files; what is counted stays; backups do not bring them back. */
#include "people.h"

#include <columns.h>
#include <erase.h>
#include <merge.h>
#include <schema.h>

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static int64_t rows_of(ledger *l, const char *table, const char *name, int64_t id) {
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT CAST(COUNT(*) AS BIGINT) FROM %s WHERE %s = %lld", table, name, (long long)id);
    return fixture_number(l, sql);
}

static void erase(ledger *l, int64_t id, int64_t now_us) {
    mr_error err = {0};
    assert_ok(ledger_erase(l, id, now_us, NULL, &err), &err);
}

/* A row of every per-customer table, by its columns: a table added later is in this test from its first day. */
static void fill_all_tables(ledger *l, int64_t customer_id) {
    mr_error err = {0};
    for (size_t t = 0; t < db_tables_n; t++) {
        table_columns c;
        char sql[1024], types[COLUMNS_MAX + 1];
        db_statement *s;
        if (db_tables[t].sort != DB_PER_CUSTOMER || !strcmp(db_tables[t].name, "customer_ref")) continue;
        assert_ok(columns_of(db_tables[t].name, &c, &err), &err);
        int n = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (", c.table);
        for (size_t i = 0; i < c.n; i++) n += snprintf(sql + n, sizeof sql - (size_t)n, "%s$%zu", i ? ", " : "", i + 1);
        snprintf(sql + n, sizeof sql - (size_t)n, ") ON CONFLICT DO NOTHING");
        assert_ok(db_prepare(l->d, sql, columns_types(&c, types), &s, &err), &err);
        for (size_t i = 0; i < c.n; i++) {
            if (!strcmp(c.column[i].name, "customer_id"))
                db_bind_int(s, (int)i + 1, customer_id);
            else if (types[i] == 't')
                db_bind_string(s, (int)i + 1, "x");
            else if (types[i] == 'b')
                db_bind_bytes(s, (int)i + 1, "x", 1);
            else if (types[i] == 'r')
                db_bind_real(s, (int)i + 1, 1);
            else
                db_bind_int(s, (int)i + 1, 1);
        }
        assert_ok(db_run(s, NULL, &err), &err);
        assert_true(rows_of(l, c.table, "customer_id", customer_id) > 0);
    }
}

static void all_tables(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    people_town(s, l);
    people_alias(s, 1, "second-of-1");
    people_alias(s, 2, "c1"); /* taken: a claim that names c1 */
    int64_t b = fixture_customer(l, 1), d = fixture_customer(l, 3), merge_id;
    assert_int_equal(rows_of(l, "same_as", "id", b), 1);
    assert_ok(ledger_merge(l, b, d, TEST_NOW, &merge_id, NULL, &err), &err);
    fill_all_tables(l, b);
    fill_all_tables(l, fixture_customer(l, 4));
    erase_counts counts = {0};
    assert_ok(ledger_erase(l, b, TEST_NOW + 5, &counts, &err), &err);
    assert_int_equal(counts.customers, 2);
    assert_int_equal(counts.identifiers, 3);
    assert_int_equal(counts.events, 12); /* the one that fill_all_tables made, too */
    for (size_t t = 0; t < db_tables_n; t++) {
        if (db_tables[t].sort != DB_PER_CUSTOMER) continue;
        assert_int_equal(rows_of(l, db_tables[t].name, "customer_id", b), 0);
        assert_int_equal(rows_of(l, db_tables[t].name, "customer_id", d), 0);
    }
    assert_true(rows_of(l, "touch", "customer_id", fixture_customer(l, 4)) > 0);
    assert_int_equal(fixture_customer(l, 1), 0);
    assert_int_equal(fixture_customer(l, 3), 0);
    assert_int_equal(rows_of(l, "same_as", "id", b), 0);
    assert_int_equal(rows_of(l, "merge", "id", merge_id), 0);
    assert_int_equal(rows_of(l, "erasure", "erased_at_us", TEST_NOW + 5), 3);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM audit WHERE what = 'erase'"), 1);
    /* Counted on: three orders in April to July 1970 among them. */
    assert_int_equal(fixture_number(l, "SELECT CAST(SUM(events) AS BIGINT) FROM residue"), 12);
    assert_int_equal(fixture_number(l, "SELECT CAST(SUM(amount_minor) AS BIGINT) FROM residue WHERE kind = 1 AND currency = 'EUR'"), 4400);
    assert_int_equal(ledger_erase(l, b, TEST_NOW + 6, NULL, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "there is no customer"));
    ledger_close(l);
}

static void merged_ones_are_named(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    people_town(s, l);
    int64_t a = fixture_customer(l, 0), b = fixture_customer(l, 1);
    assert_ok(ledger_merge(l, a, b, TEST_NOW, NULL, NULL, &err), &err);
    assert_int_equal(ledger_erase(l, b, TEST_NOW, NULL, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "was merged into"));
    ledger_close(l);
}

/* The past of somebody erased is not imported again; what they do later is. */
static void imports_respect_it(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    append_item item = fixture_order(l, 0, 100, 1000, "o-1");
    fixture_append(l, &item, 1);
    erase(l, fixture_customer(l, 0), 200 * TEST_DAY_US);
    people_customer(s, 0, "Ada Osei", "ada@example.com", "", ""); /* no day: from before, for all we know */
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer"), 0);
    bulk *b;
    bulk_counts counts;
    uint32_t who;
    assert_ok(bulk_open(s->url, &(bulk_options){.source = "test", .record = "orders", .files = "-", .now_us = TEST_NOW}, &b, &err), &err);
    for (int day = 150; day <= 250; day += 100) {
        assert_ok(bulk_customer(b, "c0", 2, &who, &err), &err);
        history_event e = {.id = day, .at_us = day * TEST_DAY_US, .kind = EVENT_order, .source_id = "", .body = "", .amount_minor = 5, .currency = "EUR"};
        assert_ok(bulk_event(b, who, &e, &err), &err);
    }
    assert_ok(bulk_record_done(b, 2, &err), &err);
    assert_ok(bulk_finish(b, NULL, &counts, &err), &err);
    bulk_close(b);
    assert_int_equal(counts.erased, 1);
    assert_int_equal(counts.added, 1);
    ledger_close(l);
}

/* --- the list beside the database, and older backups --- */

static void backups(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    char backup[160], path[4096];
    people_town(s, l);
    snprintf(backup, sizeof backup, "%s/backup", s->folder);
    if (l->distributed) { /* its nodes are backed up */
        ledger_close(l);
        assert_int_equal(db_backup(s->url, backup, NULL, &err), MR_EIO);
        assert_non_null(strstr(err.message, "restore point"));
        return;
    }
    assert_ok(db_backup(s->url, backup, NULL, &err), &err);
    int64_t a = fixture_customer(l, 0), c = fixture_customer(l, 2);
    erase(l, a, TEST_NOW + 7);
    erase(l, c, TEST_NOW + 8);
    erasures list = {0}, file = {0};
    assert_ok(erasures_read_ledger(l, &list, &err), &err);
    assert_int_equal(list.n, 2);
    bool has_file = erasures_path(l->d, path, sizeof path);
    assert_true(has_file == (s->kind == DB_SQLITE));
    if (has_file) {
        assert_ok(erasures_read_file(path, false, &file, &err), &err);
        erasures_sort(&file);
        assert_int_equal(file.n, 2);
        assert_memory_equal(file.at, list.at, 2 * sizeof *list.at);
    }
    char *want = people_dump(l, " ");
    ledger_close(l);
    assert_ok(db_restore(s->url, backup, NULL, &err), &err);
    l = fixture_open(s);
    assert_true(fixture_customer(l, 0) == a);
    erase_counts counts = {0};
    assert_ok(erasures_add(&list, 4711, TEST_NOW, &err), &err); /* nobody here */
    assert_ok(ledger_replay_erasures(l, &list, &counts, &err), &err);
    assert_int_equal(counts.customers, 2);
    char *got = people_dump(l, " ");
    people_same("erased again", want, got);
    assert_int_equal(rows_of(l, "erasure", "ref", 4711), 1);
    assert_int_equal(rows_of(l, "erasure", "erased_at_us", TEST_NOW + 7), 1);
    assert_int_equal(fixture_number(l, "SELECT CAST(SUM(events) AS BIGINT) FROM residue"), 9);
    /* A second time: nothing to do. What they did since is not touched. */
    append_item back = fixture_order(l, 0, 300, 1, "o-new");
    fixture_append(l, &back, 1);
    counts = (erase_counts){0};
    assert_ok(ledger_replay_erasures(l, &list, &counts, &err), &err);
    assert_int_equal(counts.customers, 0);
    assert_int_equal(fixture_number(l, "SELECT CAST(COUNT(*) AS BIGINT) FROM event WHERE at_us = 25920000000000"), 1);
    erasures_free(&list);
    erasures_free(&file);
    free(want);
    free(got);
    ledger_close(l);
}

static void list_files(void **state) {
    (void)state;
    char folder[] = "/tmp/marram-erasures.XXXXXX", path[64];
    mr_error err = {0};
    erasures list = {0}, got = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/list", folder);
    assert_ok(erasures_read_file(path, true, &got, &err), &err);
    assert_int_equal(erasures_read_file(path, false, &got, &err), MR_EIO);
    assert_int_equal(got.n, 0);
    assert_ok(erasures_add(&list, 5, 50, &err), &err);
    assert_ok(erasures_add(&list, INT64_MAX, INT64_MIN, &err), &err);
    assert_ok(erasures_append_file(path, &list, &err), &err);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    FILE *f = fopen(path, "a");
    fputs("77 70", f); /* a crash */
    fclose(f);
    assert_ok(erasures_read_file(path, false, &got, &err), &err);
    assert_int_equal(got.n, 2);
    list.n = 0;
    assert_ok(erasures_add(&list, 5, 60, &err), &err);
    assert_ok(erasures_append_file(path, &list, &err), &err);
    got.n = 0;
    assert_ok(erasures_read_file(path, false, &got, &err), &err);
    assert_int_equal(got.n, 3);
    erasures_sort(&got);
    assert_int_equal(got.n, 2);
    assert_int_equal(erasures_time(&got, 5), 60);
    assert_true(erasures_time(&got, INT64_MAX) == INT64_MIN && erasures_time(&got, 6) == INT64_MIN);
    f = fopen(path, "w");
    fputs("ref,erased_at\n5,2023-11-14T22:13:20Z\n7,2023-11-14T22:13:20.5Z\r\n", f); /* as exported */
    fclose(f);
    got.n = 0;
    assert_ok(erasures_read_file(path, false, &got, &err), &err);
    assert_int_equal(got.n, 2);
    assert_true(got.at[0].ref == 5 && got.at[0].erased_at_us == TEST_NOW && got.at[1].erased_at_us == TEST_NOW + 500000);
    f = fopen(path, "a");
    fputs("six seven\n", f);
    fclose(f);
    assert_int_equal(erasures_read_file(path, false, &got, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "line 4: 'six seven'"));
    assert_int_equal(chmod(folder, 0500), 0);
    unlink(path);
    if (geteuid() != 0) {
        assert_int_equal(erasures_append_file(path, &list, &err), MR_EIO);
        assert_non_null(strstr(err.message, "nobody was erased"));
    }
    chmod(folder, 0700);
    unlink(path);
    rmdir(folder);
    erasures_free(&list);
    erasures_free(&got);
}

/* --- bytes --- */

#define CROWD 2000
#define ERASED 50

static void crowd(const store *s, ledger *l) {
    mr_error err = {0};
    bulk *b;
    bulk_counts counts;
    (void)l;
    assert_ok(bulk_open(s->url, &(bulk_options){.source = "test", .record = "customers", .files = "-", .now_us = TEST_NOW}, &b, &err), &err);
    for (unsigned i = 0; i < CROWD; i++) {
        char id[24], name[40], email[60], body[120];
        uint32_t who;
        bool erased;
        snprintf(id, sizeof id, "crowd%u", i);
        snprintf(name, sizeof name, "Person Sandgrain%04u", i);
        snprintf(email, sizeof email, "sandgrain%04u@dunes.example", i);
        assert_ok(bulk_customer(b, id, strlen(id), &who, &err), &err);
        upserts *u = bulk_upserts(b, who, &erased);
        upsert_cell *c = upserts_row(u, UPSERT_CUSTOMER);
        upsert_int(&c[0], who);
        upsert_int(&c[1], 1);
        upsert_text(u, &c[2], name, strlen(name));
        upsert_text(u, &c[3], email, strlen(email));
        for (int k = 6; k < 9; k++) upsert_int(&c[k], 0);
        upsert_int(&c[16], TEST_NOW);
        for (int e = 0; e < 5; e++) {
            snprintf(body, sizeof body, "{\"channel\":\"e-mail\",\"who\":\"Kim\",\"subject\":\"for sandgrain%04u@dunes.example, %d\"}", i, e);
            history_event event = {.id = (int64_t)i * 10 + e, .at_us = (100 + e) * TEST_DAY_US, .kind = EVENT_touch_out, .source_id = "", .body = body,
                                   .body_len = strlen(body)};
            assert_ok(bulk_event(b, who, &event, &err), &err);
        }
    }
    assert_ok(bulk_record_done(b, CROWD, &err), &err);
    assert_ok(bulk_finish(b, NULL, &counts, &err), &err);
    bulk_close(b);
    assert_int_equal(counts.customers, CROWD);
}

/* How often each of the erased, and how often the others, stand in the files of a folder. */
static struct search {
    bool seen[CROWD];
    size_t files;
} search; /* nftw takes no context */

static int search_file(const char *path, const struct stat *about, int type, struct FTW *at) {
    (void)at;
    if (type != FTW_F || about->st_size == 0) return 0;
    FILE *f = fopen(path, "rb");
    if (!f) return 0; /* gone in between */
    char *bytes = malloc((size_t)about->st_size + 16);
    size_t n = fread(bytes, 1, (size_t)about->st_size, f);
    fclose(f);
    search.files++;
    for (char *p = bytes; n >= 13 && (p = memmem(p, (size_t)(bytes + n - p), "andgrain", 8)); p += 8) {
        unsigned number;
        if (p + 12 <= bytes + n && sscanf(p + 8, "%4u", &number) == 1 && number < CROWD) search.seen[number] = true;
    }
    free(bytes);
    return 0;
}

static size_t seen(bool erased) {
    size_t n = 0;
    for (unsigned i = 0; i < CROWD; i++) n += search.seen[i] && (i % (CROWD / ERASED) == 0) == erased;
    return n;
}

static void look_into(const char *folder) {
    memset(&search, 0, sizeof search);
    nftw(folder, search_file, 16, FTW_PHYS);
}

static void bytes(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s);
    mr_error err = {0};
    char folder[512];
    crowd(s, l);
    for (unsigned i = 0; i < CROWD; i += CROWD / ERASED) {
        char id[24];
        int64_t customer_id;
        snprintf(id, sizeof id, "crowd%u", i);
        assert_ok(ledger_find(l, "test", id, strlen(id), &customer_id, &err), &err);
        erase(l, customer_id, TEST_NOW + i);
    }
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    assert_ok(ledger_erase_finish(l, &err), &err);
    clock_gettime(CLOCK_MONOTONIC, &after);
    if (s->kind == DB_SQLITE) {
        snprintf(folder, sizeof folder, "%s", s->folder);
    } else { /* the server's files of this database; its log of writes (pg_wal) keeps what was written until it is overwritten */
        char path[300];
        FILE *f = fopen(POSTGRES_STATE "/folder", "r");
        if (!f || !fgets(path, 200, f)) skip();
        fclose(f);
        path[strcspn(path, "\n")] = 0;
        assert_ok(db_execute(l->d, "CHECKPOINT", &err), &err);
        snprintf(folder, sizeof folder, "%s/data/base/%lld", path,
                 (long long)fixture_number(l, "SELECT CAST(oid AS BIGINT) FROM pg_database WHERE datname = current_database()"));
        strcat(path, "/data/pg_wal");
        look_into(path);
        print_message("pg_wal still holds %zu of the %d erased\n", seen(true), ERASED);
    }
    look_into(folder);
    print_message("%zu files, finished in %.0f ms\n", search.files,
                  1e3 * (double)(after.tv_sec - before.tv_sec) + 1e-6 * (double)(after.tv_nsec - before.tv_nsec));
    assert_int_equal(seen(false), CROWD - ERASED); /* or the search finds nothing at all */
    assert_int_equal(seen(true), 0);
    assert_int_equal(fixture_number(l, "SELECT CAST(SUM(events) AS BIGINT) FROM residue"), 5 * ERASED);
    ledger_close(l);
}

/* It goes by. Tests beside this one write in databases of the same server: those are waited for. */
static void finish_soon(ledger *eraser) {
    mr_error err = {0};
    mr_status status = MR_EIO;
    for (int tries = 0; tries < 100 && status != MR_OK; tries++) {
        status = ledger_erase_finish(eraser, &err);
        if (status != MR_OK && !strstr(err.message, "other sessions")) break;
    }
    assert_ok(status, &err);
}

/* On PostgreSQL whoever writes in another database of the server, too: everybody's snapshots begin with their transaction. */
static void written_elsewhere(ledger *eraser) {
    store other;
    mr_error err;
    store_new(&other, DB_POSTGRES);
    db *writer = store_open(&other);
    assert_ok(db_begin(writer, DB_WRITE, &err), &err);
    assert_ok(db_execute(writer, "CREATE TABLE t (id BIGINT)", &err), &err);
    erase(eraser, fixture_customer(eraser, 3), TEST_NOW);
    assert_int_equal(ledger_erase_finish(eraser, &err), MR_EIO);
    assert_non_null(strstr(err.message, "other sessions"));
    assert_ok(db_commit(writer, &err), &err);
    finish_soon(eraser);
    db_close(writer);
    store_remove(&other);
}

/* Somebody who reads as of before the erasure keeps its bytes alive: that is said, and goes by when they are done. */
static void readers(void **state) {
    store *s = store_of(state);
    ledger *l = fixture_ledger(s), *reader = fixture_open(s), *eraser;
    mr_error err = {0};
    people_town(s, l);
    assert_ok(ledger_open(s->url, &(db_options){.busy_ms = 200}, &eraser, &err), &err);
    assert_ok(db_begin(reader->d, DB_READ, &err), &err);
    assert_true(fixture_number(reader, "SELECT CAST(COUNT(*) AS BIGINT) FROM source") > 0);
    erase(eraser, fixture_customer(l, 2), TEST_NOW);
    assert_int_equal(ledger_erase_finish(eraser, &err), MR_EIO);
    assert_ok(db_commit(reader->d, &err), &err);
    finish_soon(eraser);
    if (s->kind == DB_POSTGRES && !store_citus()) written_elsewhere(eraser);
    ledger_close(eraser);
    ledger_close(reader);
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(all_tables), BOTH(merged_ones_are_named), BOTH(imports_respect_it), BOTH(backups), cmocka_unit_test(list_files), BOTH(readers), BOTH(bytes),
    };
    return cmocka_run_group_tests_name("ledger_erase", tests, NULL, NULL);
}
