/* Every SQL text of src/ledger is understood by both stores: the list that tests/layering/sql.sh takes out of the code, prepared on each. */
#include "fixture.h"

#include <libpq-fe.h>
#include <sqlite3.h>

static const char *list; /* the file, a statement a line */

/* NULL, or why the store refuses. */
static const char *on_sqlite(void *connection, const char *sql) {
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(connection, sql, -1, &s, NULL);
    sqlite3_finalize(s);
    return code == SQLITE_OK ? NULL : sqlite3_errmsg(connection);
}

static const char *on_postgres(void *connection, const char *sql) {
    static char why[512];
    PGresult *r = PQprepare(connection, "", sql, 0, NULL);
    bool fine = PQresultStatus(r) == PGRES_COMMAND_OK;
    snprintf(why, sizeof why, "%s", PQresultErrorMessage(r));
    PQclear(r);
    return fine ? NULL : why;
}

static void all(const char *(*prepare)(void *, const char *), void *connection) {
    char line[8192];
    int n = 0, bad = 0;
    FILE *f = fopen(list, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        const char *why = prepare(connection, line);
        n++;
        if (why) print_error("%s\n    %s\n", line, why);
        bad += why != NULL;
    }
    fclose(f);
    assert_true(n >= 30);
    assert_int_equal(bad, 0);
    assert_non_null(prepare(connection, "SELECT nothing FROM event")); /* the broken one it must catch */
}

static void every_statement(void **state) {
    store *s = store_of(state);
    ledger_close(fixture_ledger(s));
    if (s->kind == DB_SQLITE) {
        sqlite3 *d;
        assert_int_equal(sqlite3_open(s->file, &d), SQLITE_OK);
        all(on_sqlite, d);
        sqlite3_close(d);
    } else {
        PGconn *c = PQconnectdb(s->url);
        assert_int_equal(PQstatus(c), CONNECTION_OK);
        all(on_postgres, c);
        PQfinish(c);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {BOTH(every_statement)};
    if (argc < 2) return 2;
    list = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
