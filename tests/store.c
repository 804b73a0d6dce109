/* Stores for tests, made and removed. */
#include "store.h"

#include <ftw.h>
#include <stdlib.h>
#include <time.h>

db_store store_sqlite = DB_SQLITE, store_postgres = DB_POSTGRES;

static bool server_line(const char *name, char line[256]) {
    char path[512];
    snprintf(path, sizeof path, POSTGRES_STATE "/%s", name);
    FILE *f = fopen(path, "r");
    bool found = f && fgets(line, 256, f);
    if (f) fclose(f);
    if (found) line[strcspn(line, "\n")] = '\0';
    return found;
}

const char *store_server(char url[256], const char *database, int tcp) {
    char line[256];
    if (!server_line(tcp ? "tcp" : "url", line)) {
        print_message("no PostgreSQL for the tests: it is not installed, or tests/postgres.sh did not start it\n");
        skip();
    }
    char *at = strstr(line, "/postgres"), *name = strstr(line, "@/postgres");
    for (char *next = at; next; next = strstr(next + 1, "/postgres")) at = next;
    if (name) at = name + 1;
    snprintf(url, 256, "%.*s/%s%s", (int)(at - line), line, database, at + 9);
    return url;
}

bool store_citus(void) {
    const char *url = getenv("MARRAM_TEST_CITUS");
    return url && *url;
}

/* There is nothing new to learn of SQLite there. */
__attribute__((constructor)) static void postgres_alone(void) {
    if (store_citus()) cmocka_set_test_filter("postgres*");
}

/* On a cluster a database cannot be made by one statement, so each store is a schema of the database that is there. */
static void citus_new(store *s) {
    const char *server = getenv("MARRAM_TEST_CITUS");
    char sql[128];
    mr_error err;
    db *d;
    assert_ok(db_open(server, NULL, &d, &err), &err);
    snprintf(sql, sizeof sql, "CREATE SCHEMA %s", s->database);
    assert_ok(db_execute(d, sql, &err), &err);
    db_close(d);
    int len = snprintf(s->url, sizeof s->url, "%s%coptions=-csearch_path%%3D%s,public", server, strchr(server, '?') ? '&' : '?', s->database);
    assert_true(len < (int)sizeof s->url);
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *at) {
    (void)about, (void)type, (void)at;
    return remove(path);
}

/* The folders of tests that failed before they could remove them. */
static char (*folders)[64];
static size_t folders_n;
static pid_t folders_of; /* not of a child's, which ends, too */

static void remove_folders(void) {
    for (size_t i = 0; i < folders_n && getpid() == folders_of; i++) nftw(folders[i], remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(folders);
}

static void keep_in_mind(const char *folder) {
    if (!folders_of) atexit(remove_folders);
    folders_of = getpid();
    folders = realloc(folders, (folders_n + 1) * sizeof *folders);
    snprintf(folders[folders_n++], sizeof *folders, "%s", folder);
}

void store_new(store *s, db_store kind) {
    static unsigned count;
    memset(s, 0, sizeof *s);
    s->kind = kind;
    char server[256];
    if (kind == DB_POSTGRES && !store_citus()) store_server(server, "postgres", 0);
    const char *in = getenv("TMPDIR"); /* tools/test: in memory */
    int len = snprintf(s->folder, sizeof s->folder, "%s/marram-store.XXXXXX", in && *in ? in : "/tmp");
    assert_true(len < (int)sizeof s->folder);
    assert_non_null(mkdtemp(s->folder));
    keep_in_mind(s->folder);
    snprintf(s->file, sizeof s->file, "%s/ledger.db", s->folder);
    snprintf(s->url, sizeof s->url, "%s", s->file);
    if (kind == DB_SQLITE) return;
    snprintf(s->database, sizeof s->database, "t%ld_%u", (long)getpid(), count++);
    if (store_citus()) {
        citus_new(s);
        return;
    }
    char sql[128];
    mr_error err;
    db *d;
    assert_ok(db_open(server, NULL, &d, &err), &err);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s TEMPLATE template0", s->database);
    assert_ok(db_execute(d, sql, &err), &err);
    db_close(d);
    store_server(s->url, s->database, 0);
}

void store_remove(store *s) {
    if (s->folder[0]) nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (!s->database[0]) return;
    char server[256], sql[192];
    mr_error err;
    db *d;
    if (!store_citus()) store_server(server, "postgres", 0);
    assert_ok(db_open(store_citus() ? getenv("MARRAM_TEST_CITUS") : server, NULL, &d, &err), &err);
    /* A test that failed may have left a stream of its own that nobody reads: the server would wait for it, and we for the server. */
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'", s->database);
    if (!store_citus()) assert_ok(db_execute(d, sql, &err), &err);
    snprintf(sql, sizeof sql, store_citus() ? "DROP SCHEMA %s CASCADE" : "DROP DATABASE %s WITH (FORCE)", s->database);
    assert_ok(db_execute(d, sql, &err), &err);
    db_close(d);
}

db *store_open(const store *s) {
    mr_error err;
    db *d;
    assert_ok(db_open(s->url, &(db_options){.create = true}, &d, &err), &err);
    return d;
}

int64_t store_int(db *d, const char *sql) {
    mr_error err;
    db_statement *s;
    bool row;
    assert_ok(db_prepare(d, sql, "", &s, &err), &err);
    assert_ok(db_step(s, &row, &err), &err);
    assert_true(row);
    int64_t value = db_int(s, 0);
    db_reset(s);
    return value;
}

typedef struct holder {
    db_store kind;
    bool made;
    store store;
} holder;

int store_setup(void **state) {
    holder *h = calloc(1, sizeof *h);
    h->kind = *(db_store *)*state;
    *state = h;
    return 0;
}

store *store_of(void **state) {
    holder *h = *state;
    store_new(&h->store, h->kind);
    h->made = true;
    return &h->store;
}

int store_teardown(void **state) {
    holder *h = *state;
    if (h->made) store_remove(&h->store);
    free(h);
    return 0;
}
