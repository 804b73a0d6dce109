/* Are the projected rows of a customer what their events give? Both sides are written down as text, table by table, and compared (ledger_check.h).
 * Contacts are left out: what was imported of them stands above what events say. */
#ifndef LEDGER_PROJECTED_H
#define LEDGER_PROJECTED_H

#include "columns.h"
#include "history.h"
#include "id_list.h"
#include "upserts.h"

#define PROJECTED_TABLES 7

extern const char *const projected_names[PROJECTED_TABLES];

/* The stored rows, in a stream. */
typedef struct projected_rows {
    ledger *l;          /* its own: on PostgreSQL a stream takes the connection */
    db_stream *stream;
    const db_value *row; /* the next one; NULL: no more */
    table_columns c;
    uint32_t shown;      /* bit a column: which are compared */
} projected_rows;

/* Of customers first .. last, ascending. The stream is closed by projected_close; l stays the caller's. */
mr_status projected_open(projected_rows *r, ledger *l, unsigned table, int64_t first, int64_t last, mr_error *err);
void projected_close(projected_rows *r);
/* Appends a line for each row of the customer to out and steps behind them; whose rows were passed over on the way is added to strangers. */
mr_status projected_stored(projected_rows *r, int64_t customer_id, text_buffer *out, id_list *strangers, mr_error *err);
/* The same lines of what the events give. u is project_history's; r is open on the same table. */
mr_status projected_fresh(const projected_rows *r, const upserts *u, unsigned table, text_buffer *out, mr_error *err);

#endif
