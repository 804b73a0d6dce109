/* A row of any table as a JSON object, and back: what a merge keeps of rows that had to give way. Columns by their names, so that a
 * column added later finds its rows. */
#ifndef LEDGER_KEPT_ROW_H
#define LEDGER_KEPT_ROW_H

#include "columns.h"
#include "ledger.h"

#include <jansson.h>

/* "SELECT <columns> FROM <table> WHERE customer_id = $1 AND <second key> = $2 AND ...", for key_n - 1 further keys. */
mr_status kept_row_read(ledger *l, const table_columns *c, int64_t customer_id, const int64_t *key, json_t **row, mr_error *err); /* *row NULL: none */
/* Inserts it; one with its key there: left alone. Columns the object lacks are 0, '' or NULL. */
mr_status kept_row_insert(ledger *l, const table_columns *c, const json_t *row, mr_error *err);
/* From a statement whose result columns are c's, in order. NULL: no memory. */
json_t *kept_row_of(const table_columns *c, const db_statement *s);

/* 0, '', NULL. */
bool kept_value_empty(const json_t *value);
/* Sets the one column of the row with this key. value NULL: to what is empty. */
mr_status kept_row_set(ledger *l, const table_columns *c, int64_t customer_id, const int64_t *key, const char *column, const json_t *value,
                       mr_error *err);

#endif
