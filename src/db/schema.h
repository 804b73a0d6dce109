/* The schema's versions: sql/NNNN_name.sql, built into the program, one text for both stores.
 *
 * Tokens replaced: {clustered} WITHOUT ROWID on SQLite, nothing on PostgreSQL; {bytes} BLOB / BYTEA; {c} nothing / COLLATE "C". */
#ifndef DB_SCHEMA_H
#define DB_SCHEMA_H

#include "db.h"

typedef struct db_migration {
    int version;      /* 1, 2, ... without a gap */
    const char *name; /* "ledger" */
    const char *sql;
} db_migration;

extern const db_migration db_migrations[]; /* generated from sql/ */
extern const size_t db_migrations_n;

/* 0: nothing there. A version above ours is not an error here. MR_EDATA: tables are there that are not Marram's of any version. */
mr_status db_schema_version(db *d, int *version, mr_error *err);
/* From whatever is there up to `to` (0: the newest), each migration in a transaction of its own that also notes it in schema_version;
 * a second process waits for the first. Idempotent. MR_EDATA where the store's schema is newer than this program. */
mr_status db_schema_upgrade(db *d, int to, int64_t now_us, int *before, int *after, mr_error *err);
/* MR_OK where the version is the newest; else MR_EDATA with the way out ("run 'marram db init'", "... 'marram db upgrade'",
 * "a newer Marram"). */
mr_status db_schema_require(db *d, mr_error *err);

/* The tables, as tables.def lists them. */
typedef enum db_table_sort { DB_PER_CUSTOMER, DB_REFERENCE, DB_GLOBAL } db_table_sort;
typedef struct db_table {
    const char *name, *distribution; /* the column Citus distributes by; "" for reference tables and global ones */
    db_table_sort sort;
    const char *about;
} db_table;
extern const db_table db_tables[];
extern const size_t db_tables_n;

/* Citus: distributes every per-customer table, co-located, and makes the small ones reference tables. Idempotent. MR_EDATA
 * where the extension is absent. */
mr_status db_schema_distribute(db *d, mr_error *err);

#endif
