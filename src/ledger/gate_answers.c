#include "gate_answers.h"

#include <error.h>
#include <mem.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Of the question and the answer; the time is part of it only where the answer is a time. */
static int64_t answer_id(const ledger *l, const gate_answer *a) {
    char text[512];
    int len = snprintf(text, sizeof text, "%" PRId64 " %" PRId64 " %" PRId64 " %.30s %.30s %.100s %d %" PRId64 " %.60s", a->customer_id, a->action_id, a->contact_id, a->purpose ? a->purpose : "",
                       a->channel ? a->channel : "", a->topic ? a->topic : "", a->verdict, a->verdict == 2 ? a->at_us : 0, a->rule ? a->rule : "");
    return ledger_hash(l, ledger_domain_of(l, "gate", ""), text, len < (int)sizeof text ? (size_t)len : sizeof text - 1);
}

typedef struct put_work {
    const ledger *l;
    const gate_answer *rows;
} put_work;

static void bind_put(void *ctx, size_t item, db_statement *s) {
    const put_work *w = ctx;
    const gate_answer *a = &w->rows[item];
    const char *texts[] = {a->purpose, a->channel, a->topic};
    db_bind_int(s, 1, a->customer_id);
    db_bind_int(s, 2, answer_id(w->l, a));
    db_bind_int(s, 3, a->asked_us);
    db_bind_int(s, 4, a->contact_id);
    for (int i = 0; i < 3; i++) db_bind_string(s, 5 + i, texts[i] ? texts[i] : "");
    db_bind_int(s, 8, a->verdict);
    db_bind_int(s, 9, a->at_us);
    db_bind_string(s, 10, a->rule ? a->rule : "");
    db_bind_string(s, 11, a->detail ? a->detail : "");
    db_bind_int(s, 12, a->action_id);
}

mr_status gate_answers_put(ledger *l, const gate_answer *rows, size_t n, mr_error *err) {
    db_statement *s;
    put_work w = {l, rows};
    if (!n) return MR_OK;
    mr_status status = db_prepare(l->d, "INSERT INTO gate_answer (customer_id, id, asked_us, contact_id, purpose, channel, topic, verdict, at_us, rule, detail, action_id) "
                                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (customer_id, id) DO NOTHING", "iiiitttsitti", &s, err);
    return status == MR_OK ? db_each(s, n, bind_put, NULL, &w, NULL, err) : status;
}

static const char *copied(gate_answers *out, const db_statement *s, int column) {
    size_t len;
    const char *text = db_text(s, column, &len);
    return arena_copy(&out->text, text, len);
}

mr_status gate_answers_read(ledger *l, int64_t customer_id, int64_t action_id, gate_answers *out, mr_error *err) {
    db_statement *s;
    out->n = 0;
    arena_reset(&out->text);
    mr_status status = db_prepare(l->d, "SELECT id, asked_us, contact_id, purpose, channel, topic, verdict, at_us, rule, detail, action_id FROM gate_answer "
                                        "WHERE customer_id = $1 AND ($2 = 0 OR action_id = $2) ORDER BY asked_us, id", "ii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    db_bind_int(s, 2, action_id);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status != MR_OK || !row) break;
        if (out->n == out->capacity) {
            size_t capacity = out->capacity ? 2 * out->capacity : 16;
            gate_answer *more = mem_resize(NULL, out->row, capacity, sizeof *more);
            if (!more) {
                status = error_memory(err, capacity * sizeof *more);
                break;
            }
            out->row = more;
            out->capacity = capacity;
        }
        out->row[out->n++] = (gate_answer){.customer_id = customer_id, .id = db_int(s, 0), .asked_us = db_int(s, 1), .contact_id = db_int(s, 2), .purpose = copied(out, s, 3), .channel = copied(out, s, 4),
                                           .topic = copied(out, s, 5), .verdict = (int)db_int(s, 6), .at_us = db_int(s, 7), .rule = copied(out, s, 8), .detail = copied(out, s, 9), .action_id = db_int(s, 10)};
        if (out->text.failed) status = error_memory(err, 512);
    }
    db_reset(s);
    return status;
}

void gate_answers_free(gate_answers *a) {
    mem_free(NULL, a->row);
    arena_free(&a->text);
    *a = (gate_answers){0};
}
