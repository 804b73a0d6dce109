/* A table to try the room src/db on. */
#ifndef TESTS_THING_H
#define TESTS_THING_H

#include "error.h"
#include "store.h"

#include <stdlib.h>

static const char table[] = "CREATE TABLE thing (a BIGINT NOT NULL, b BIGINT NOT NULL, s SMALLINT, d "
                            "INTEGER, r DOUBLE PRECISION, t TEXT, "
                            "PRIMARY KEY (a, b))";

static inline db *with_table(void **state) {
    mr_error err;
    db *d = store_open(store_of(state));
    assert_ok(db_execute(d, table, &err), &err);
    return d;
}

#endif
