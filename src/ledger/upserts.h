/* Rows for the small tables, gathered and written together: one statement over many rows is one round trip on PostgreSQL.
 *
 * A row replaces the one with the same key. Columns, types and order are those of upserts.c's table. */
#ifndef LEDGER_UPSERTS_H
#define LEDGER_UPSERTS_H

#include <arena.h>
#include "ledger.h"

typedef enum upsert_table {
    UPSERT_CUSTOMER,
    UPSERT_OWNERS, /* of the customer's row alone: customer_id, sales, operations ("" stays), since when */
    UPSERT_CONTACT,
    UPSERT_CONTRACT,
    UPSERT_CASE,
    UPSERT_PROMISE,
    UPSERT_TOUCH,
    UPSERT_SURVEY,
    UPSERT_CONSENT,
    UPSERT_DUE,
    UPSERT_TABLES
} upsert_table;

#define UPSERT_COLUMNS 17

typedef struct upsert_cell {
    bool null;
    db_value value;
} upsert_cell;

typedef struct upserts {
    struct upsert_rows {
        upsert_cell (*row)[UPSERT_COLUMNS];
        size_t n, capacity;
    } table[UPSERT_TABLES];
    arena text;
    size_t rows;
} upserts;

/* updated_at_us of what says no date: dated news overwrites it, and so does other undated news. */
#define UPSERT_UNDATED (INT64_MIN / 2)

#define UPSERTS_FULL 4096 /* rows after which to write */

/* A new row, all NULL, of which the caller sets the cells; NULL: no memory. Borrowed until the next call. */
upsert_cell *upserts_row(upserts *u, upsert_table table);
static inline void upsert_int(upsert_cell *c, int64_t value) {
    c->null = false;
    c->value.integer = value;
}
static inline void upsert_real(upsert_cell *c, double value) {
    c->null = false;
    c->value.real = value;
}
/* Copies. false: no memory. */
bool upsert_text(upserts *u, upsert_cell *c, const char *text, size_t len);
/* In a write transaction. */
mr_status upserts_write(const upserts *u, ledger *l, mr_error *err);
void upserts_clear(upserts *u); /* keeps the memory */
void upserts_free(upserts *u);

#endif
