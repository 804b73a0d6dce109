/* A new, empty store for a test: an SQLite file in a folder of its own, or a database on the PostgreSQL that ctest started
 * (tests/postgres.sh). Remove it at the end. Where there is no PostgreSQL the test is skipped, counted and printed. */
#ifndef TESTS_STORE_H
#define TESTS_STORE_H

#include "check.h"
#include "db.h"

/* Where MARRAM_TEST_CITUS holds the URL of a database with the extension Citus, the tests on PostgreSQL run there, with distributed tables. */
bool store_citus(void);

typedef struct store {
    db_store kind;
    char folder[64];    /* for whatever files the test makes; removed with all that is in it */
    char url[512];      /* for db_open, with .create on SQLite */
    char file[128];     /* SQLite's */
    char database[64];  /* PostgreSQL's */
} store;

void store_new(store *s, db_store kind);
void store_remove(store *s);
/* Opened with create; fails the test where that fails. */
db *store_open(const store *s);
/* The one number a SELECT gives. */
int64_t store_int(db *d, const char *sql);
/* The server's URL with another database in it (url: 0), or over TCP with the password (1). Skips where there is none. */
const char *store_server(char url[256], const char *database, int tcp);

/* A table of tests, each on both stores: BOTH(name) in a list of struct CMUnitTest; the test gets a new store as *state. */
int store_setup(void **state);
int store_teardown(void **state);
store *store_of(void **state); /* first thing in the test: skips where there is no PostgreSQL */
extern db_store store_sqlite, store_postgres;
#define ON_SQLITE(f) {"sqlite: " #f, f, store_setup, store_teardown, &store_sqlite}
#define ON_POSTGRES(f) {"postgres: " #f, f, store_setup, store_teardown, &store_postgres}
#define BOTH(f) ON_SQLITE(f), ON_POSTGRES(f)

/* MR_OK, or fails the test with the message. */
#define assert_ok(call, err) do { mr_status assert_status = (call); if (assert_status) fail_msg("%s: %s", #call, (err)->message); } while (0)

#endif
