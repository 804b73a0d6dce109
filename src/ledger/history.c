#include "history.h"

#include <error.h>
#include <mem.h>

void history_reset(history *h, int64_t customer_id) {
    h->customer_id = customer_id;
    h->n = 0;
    arena_reset(&h->text);
}

void history_free(history *h) {
    mem_free(NULL, h->events);
    arena_free(&h->text);
    *h = (history){0};
}

history_event *history_more(history *h) {
    if (h->n == h->capacity) {
        size_t capacity = h->capacity ? 2 * h->capacity : 64;
        history_event *events = mem_resize(NULL, h->events, capacity, sizeof *events);
        if (!events) return NULL;
        h->events = events;
        h->capacity = capacity;
    }
    return &h->events[h->n++];
}

static mr_status history_put(history *h, const history_event *from, const char *currency, size_t currency_len, mr_error *err) {
    history_event *e = history_more(h);
    if (!e) return error_memory(err, sizeof *e);
    *e = *from;
    history_currency(e, currency, currency_len);
    e->source_id = arena_copy(&h->text, from->source_id, from->source_id_len);
    e->body = arena_copy(&h->text, from->body, from->body_len);
    return e->source_id && e->body ? MR_OK : error_memory(err, from->body_len);
}

mr_status history_row(history *h, const db_value *row, mr_error *err) {
    history_event e = {.id = row[1].integer, .at_us = row[2].integer, .recorded_at_us = row[3].integer, .day = (int32_t)row[4].integer,
                       .kind = (int16_t)row[5].integer, .source = (int32_t)row[6].integer, .subject_id = row[7].integer,
                       .amount_minor = row[8].integer, .source_id = row[10].text.at, .source_id_len = row[10].text.len,
                       .body = row[11].text.at, .body_len = row[11].text.len};
    return history_put(h, &e, row[9].text.at, row[9].text.len, err);
}

mr_status history_statement_row(history *h, const db_statement *s, mr_error *err) {
    size_t currency_len;
    const char *currency = db_text(s, 9, &currency_len);
    history_event e = {.id = db_int(s, 1), .at_us = db_int(s, 2), .recorded_at_us = db_int(s, 3), .day = (int32_t)db_int(s, 4),
                       .kind = (int16_t)db_int(s, 5), .source = (int32_t)db_int(s, 6), .subject_id = db_int(s, 7),
                       .amount_minor = db_int(s, 8)};
    e.source_id = db_text(s, 10, &e.source_id_len);
    e.body = db_text(s, 11, &e.body_len);
    return history_put(h, &e, currency, currency_len, err);
}

mr_status history_read(ledger *l, int64_t customer_id, history *h, mr_error *err) {
    db_statement *s;
    history_reset(h, customer_id);
    mr_status status = db_prepare(l->d, "SELECT " EVENT_COLUMNS " FROM event WHERE customer_id = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) status = history_statement_row(h, s, err);
    }
    db_reset(s);
    return status == MR_OK ? event_sort(h->events, h->n, NULL, err) : status;
}
