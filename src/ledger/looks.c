#include "looks.h"

#include <stdlib.h>

/* --- does anybody act? --- */

mr_status looks_wanted(ledger *l, bool *wanted, mr_error *err) {
    db_statement *s;
    bool row = false;
    *wanted = l->acting;
    if (l->acting) return MR_OK;
    mr_status status = db_prepare(l->d, "SELECT value FROM setting WHERE name = 'acting'", "", &s, err);
    if (status == MR_OK) status = db_step(s, &row, err);
    if (status != MR_OK) return status;
    db_reset(s);
    *wanted = l->acting = row;
    return MR_OK;
}

typedef struct begin_work {
    ledger *l;
    int64_t now_us;
    int64_t began;
} begin_work;

/* Everybody is looked at once; from then on who something happens to. */
static mr_status begin(db *d, void *ctx, mr_error *err) {
    begin_work *w = ctx;
    db_statement *s;
    mr_status status = db_prepare(d, "INSERT INTO setting (name, value) VALUES ('acting', '1') ON CONFLICT (name) DO NOTHING", "", &s, err);
    if (status == MR_OK) status = db_run(s, &w->began, err);
    if (status != MR_OK || !w->began) return status;
    status = db_prepare(d, "INSERT INTO due (customer_id, id, part, due_us, kind, subject_id, state) "
                           "SELECT customer_id, 2, CAST(customer_id / 144115188075855872 AS SMALLINT), $1, 2, 1, 0 FROM cycle WHERE customer_id > 0 "
                           "ON CONFLICT (customer_id, id) DO NOTHING", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, w->now_us);
    status = db_run(s, NULL, err);
    return status == MR_OK ? ledger_audit(w->l, w->now_us, "acting", "{}", err) : status;
}

mr_status due_looks_begin(ledger *l, int64_t now_us, bool *began, mr_error *err) {
    begin_work w = {.l = l, .now_us = now_us};
    bool wanted;
    if (began) *began = false;
    mr_status status = looks_wanted(l, &wanted, err);
    if (status == MR_OK && !wanted) status = db_transaction(l->d, DB_WRITE, begin, &w, err);
    if (status == MR_OK) l->acting = true;
    if (began) *began = status == MR_OK && w.began > 0;
    return status;
}

/* --- asking --- */

static void bind_wish(void *ctx, size_t item, db_statement *s) {
    const look_request *wish = (const look_request *)ctx + item;
    db_bind_int(s, 1, wish->customer_id);
    db_bind_int(s, 2, wish->customer_id >> 57);
    db_bind_int(s, 3, wish->at_us);
}

mr_status looks_ask(ledger *l, const look_request *wishes, size_t n, mr_error *err) {
    db_statement *s;
    if (!n) return MR_OK;
    mr_status status = db_prepare(l->d, "INSERT INTO due (customer_id, id, part, due_us, kind, subject_id, state) VALUES ($1, 2, $2, $3, 2, 1, 0) "
                                        "ON CONFLICT (customer_id, id) DO UPDATE SET "
                                        "due_us = CASE WHEN due.state = 0 AND due.due_us < excluded.due_us THEN due.due_us ELSE excluded.due_us END, "
                                        "subject_id = due.subject_id + 1, state = 0", "isi", &s, err);
    return status == MR_OK ? db_each(s, n, bind_wish, NULL, (void *)wishes, NULL, err) : status;
}

mr_status due_look_at(ledger *l, int64_t customer_id, int64_t due_us, mr_error *err) {
    return looks_ask(l, &(look_request){customer_id, due_us}, 1, err);
}

/* --- who is due --- */

mr_status due_look_parts(ledger *l, int64_t at_us, int *parts, size_t *n, mr_error *err) {
    db_statement *s;
    *n = 0;
    mr_status status = db_prepare(l->d, "SELECT customer_id FROM due WHERE part = $1 AND state = 0 AND kind = 2 AND due_us <= $2 LIMIT 1", "si", &s, err);
    for (int part = 0; part < DUE_PARTS && status == MR_OK; part++) {
        bool row = false;
        db_bind_int(s, 1, part);
        db_bind_int(s, 2, at_us);
        status = db_step(s, &row, err);
        db_reset(s);
        if (status == MR_OK && row) parts[(*n)++] = part;
    }
    return status;
}

static int by_time(const void *a, const void *b) {
    const due_row *x = a, *y = b;
    if (x->due_us != y->due_us) return x->due_us < y->due_us ? -1 : 1;
    return x->customer_id < y->customer_id ? -1 : x->customer_id > y->customer_id;
}

/* The store is asked for no order among those of one moment, which may be everybody (the first tick): it would have to read them all for each few. */
mr_status due_looks_waiting(ledger *l, int part, int64_t at_us, due_row *rows, size_t room, size_t *n, mr_error *err) {
    db_statement *s;
    bool row = false;
    *n = 0;
    mr_status status = db_prepare(l->d, "SELECT customer_id, due_us, subject_id FROM due WHERE part = $1 AND state = 0 AND kind = 2 AND due_us <= $2 ORDER BY due_us LIMIT $3", "sii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, part);
    db_bind_int(s, 2, at_us);
    db_bind_int(s, 3, (int64_t)room);
    while (*n < room && (status = db_step(s, &row, err)) == MR_OK && row)
        rows[(*n)++] = (due_row){.customer_id = db_int(s, 0), .id = DUE_LOOK_ID, .due_us = db_int(s, 1), .subject_id = db_int(s, 2), .kind = DUE_LOOK};
    db_reset(s);
    qsort(rows, *n, sizeof *rows, by_time);
    return status;
}

/* --- a look --- */

typedef struct look_work {
    const int64_t *customer_id, *next_us;
    const due_row *seen;
    due_row *row;
    bool *waiting;
} look_work;

static void bind_customer(void *ctx, size_t item, db_statement *s) {
    db_bind_int(s, 1, ((const look_work *)ctx)->customer_id[item]);
}

static mr_status take_look(void *ctx, size_t item, db_statement *s, mr_error *err) {
    look_work *w = ctx;
    (void)err;
    w->row[item].due_us = db_int(s, 0);
    w->row[item].subject_id = db_int(s, 1);
    w->waiting[item] = db_int(s, 2) == 0;
    return MR_OK;
}

mr_status due_looks_read(ledger *l, const int64_t *customer_id, size_t n, due_row *row, bool *waiting, mr_error *err) {
    db_statement *s;
    look_work w = {.customer_id = customer_id, .row = row, .waiting = waiting};
    for (size_t i = 0; i < n; i++) {
        row[i] = (due_row){.customer_id = customer_id[i], .id = DUE_LOOK_ID, .kind = DUE_LOOK};
        waiting[i] = false;
    }
    mr_status status = db_prepare(l->d, "SELECT due_us, subject_id, state FROM due WHERE customer_id = $1 AND id = 2", "i", &s, err);
    return status == MR_OK ? db_each(s, n, bind_customer, take_look, &w, NULL, err) : status;
}

static void bind_done(void *ctx, size_t item, db_statement *s) {
    const look_work *w = ctx;
    const due_row *seen = &w->seen[item];
    bool never = w->next_us[item] == INT64_MAX;
    db_bind_int(s, 1, seen->customer_id);
    db_bind_int(s, 2, seen->subject_id);
    db_bind_int(s, 3, never ? seen->due_us : w->next_us[item]);
    db_bind_int(s, 4, never);
}

mr_status due_looks_done(ledger *l, const due_row *seen, const int64_t *next_us, size_t n, int64_t *done, mr_error *err) {
    db_statement *s;
    look_work w = {.seen = seen, .next_us = next_us};
    mr_status status = db_prepare(l->d, "UPDATE due SET due_us = $3, state = $4 WHERE customer_id = $1 AND id = 2 AND subject_id = $2", "iiis", &s, err);
    return status == MR_OK ? db_each(s, n, bind_done, NULL, &w, done, err) : status;
}
