/* Eleven streams side by side, each on a connection of its own: events, cycles, identifiers, and the projected tables. */
#include "ledger_check.h"

#include "check_customer.h"
#include "histories.h"
#include "project.h"
#include "rebuild.h"

#include <cycle.h>
#include <error.h>
#include <mem.h>
#include <schema.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROGRESS_EVERY 512

static const struct {
    const char *name, *summary;
    bool note;
} codes[CHECK_CODES] = {
#define CHECK(code, note, summary) {#code, summary, note},
#include "checks.def"
#undef CHECK
};

const char *check_name(check_code code) {
    return codes[code].name;
}

const char *check_summary(check_code code) {
    return codes[code].summary;
}

bool check_is_note(check_code code) {
    return codes[code].note;
}

/* --- all customers, side by side --- */

typedef struct walk {
    checker *c;
    ledger *events, *refs_ledger, *cycles_ledger, *tables[PROJECTED_TABLES];
    db_stream *refs, *cycles;
    const db_value *ref, *cycle;
    projected_rows rows[PROJECTED_TABLES];
    id_list suspects;
    unsigned char empty[CYCLE_BYTES_MAX]; /* the cycle of a customer without events */
    size_t empty_len;
    uint64_t total, done;
} walk;

static mr_status suspect(walk *w, int64_t customer_id, mr_error *err) {
    if (w->suspects.n && w->suspects.at[w->suspects.n - 1] == customer_id) return MR_OK;
    return id_list_add(&w->suspects, customer_id, err);
}

static mr_status next_cycle(walk *w, mr_error *err) {
    return db_stream_next(w->cycles, &w->cycle, err);
}

static bool cycle_is(const walk *w, const unsigned char *bytes, size_t len) {
    return w->cycle[2].text.len == len && !memcmp(w->cycle[2].text.at, bytes, len);
}

/* Cycles of customers before this one have no events. */
static mr_status cycles_up_to(walk *w, int64_t customer_id, mr_error *err) {
    mr_status status = MR_OK;
    while (status == MR_OK && w->cycle && w->cycle[0].integer < customer_id) {
        if (!w->cycle[1].integer && !cycle_is(w, w->empty, w->empty_len)) status = suspect(w, w->cycle[0].integer, err);
        if (status == MR_OK) status = next_cycle(w, err);
    }
    return status;
}

/* *current false: it is missing or stale, which check_stale tells of; the rows may be behind, too. */
static mr_status check_cycle(walk *w, const history *h, bool *current, mr_error *err) {
    unsigned char want[CYCLE_BYTES_MAX];
    cycle built;
    *current = false;
    mr_status status = cycles_up_to(w, h->customer_id, err);
    if (status != MR_OK || !w->cycle || w->cycle[0].integer != h->customer_id) return status;
    *current = !w->cycle[1].integer;
    if (*current) {
        cycle_build(&built, h->events, h->n);
        if (!cycle_is(w, want, cycle_encode(&built, want))) status = suspect(w, h->customer_id, err);
    }
    return status == MR_OK ? next_cycle(w, err) : status;
}

static mr_status refs_up_to(walk *w, int64_t customer_id, mr_error *err) {
    mr_status status = MR_OK;
    while (status == MR_OK && w->ref && w->ref[0].integer < customer_id) {
        w->c->counts->customers++;
        status = db_stream_next(w->refs, &w->ref, err);
    }
    return status;
}

static mr_status on_history(void *ctx, const history *h, mr_error *err) {
    walk *w = ctx;
    const mr_context *context = w->c->context;
    mr_status status = refs_up_to(w, h->customer_id, err);
    w->c->counts->events += h->n;
    if (status == MR_OK && (!w->ref || w->ref[0].integer != h->customer_id)) status = suspect(w, h->customer_id, err);
    bool current = true;
    if (status == MR_OK) status = check_cycle(w, h, &current, err);
    upserts_clear(&w->c->rows);
    if (status == MR_OK) status = project_history(w->c->l, h, 0, &w->c->rows, err);
    for (unsigned t = 0; t < PROJECTED_TABLES && status == MR_OK; t++) {
        bool same;
        status = check_table(w->c, h->customer_id, &w->rows[t], t, &w->suspects, &same, err);
        if (status == MR_OK && !same && current) status = suspect(w, h->customer_id, err);
    }
    if (status == MR_OK && ++w->done % PROGRESS_EVERY == 0 && context && context->progress &&
        context->progress(w->done, w->total > w->done ? w->total : w->done, context->progress_ctx))
        status = error_set(err, MR_ECANCELLED, NULL, -1, "interrupted");
    return status;
}

static mr_status open_streams(walk *w, mr_error *err) {
    cycle none;
    mr_status status = ledger_open_reading(w->c->l->url, &w->events, err);
    cycle_begin(&none);
    w->empty_len = cycle_encode(&none, w->empty);
    if (status == MR_OK) status = ledger_open_reading(w->c->l->url, &w->refs_ledger, err);
    if (status == MR_OK) status = ledger_open_reading(w->c->l->url, &w->cycles_ledger, err);
    if (status == MR_OK)
        status = db_stream_range(w->refs_ledger->d, &(db_range){.table = "customer_ref", .columns = "ref", .types = "i", .where = "ref = customer_id",
                                                                .last = INT64_MAX}, &w->refs, err);
    if (status == MR_OK) status = db_stream_next(w->refs, &w->ref, err);
    if (status == MR_OK)
        status = db_stream_range(w->cycles_ledger->d, &(db_range){.table = "cycle", .columns = "customer_id, stale, state", .types = "isb",
                                                                  .last = INT64_MAX}, &w->cycles, err);
    if (status == MR_OK) status = next_cycle(w, err);
    for (unsigned t = 0; t < PROJECTED_TABLES && status == MR_OK; t++) {
        status = ledger_open_reading(w->c->l->url, &w->tables[t], err);
        if (status == MR_OK) status = projected_open(&w->rows[t], w->tables[t], t, 0, INT64_MAX, err);
    }
    return status;
}

static void close_streams(walk *w) {
    db_stream_close(w->refs);
    db_stream_close(w->cycles);
    for (unsigned t = 0; t < PROJECTED_TABLES; t++) {
        projected_close(&w->rows[t]);
        ledger_close(w->tables[t]);
    }
    ledger_close(w->events);
    ledger_close(w->refs_ledger);
    ledger_close(w->cycles_ledger);
}

/* Numbers one statement gives. */
static mr_status collect(ledger *l, const char *sql, id_list *list, mr_error *err) {
    db_stream *stream = NULL;
    const db_value *row = NULL;
    mr_status status = db_stream_open(l->d, sql, "i", NULL, 0, &stream, err);
    while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row)
        if (!list->n || list->at[list->n - 1] != row[0].integer) status = id_list_add(list, row[0].integer, err);
    db_stream_close(stream);
    return status;
}

/* Rows without a customer, timers that are late: one statement each. */
static mr_status ask(walk *w, mr_error *err) {
    mr_status status = collect(w->c->l, "SELECT d.customer_id FROM due d JOIN promise p ON p.customer_id = d.customer_id AND p.id = d.subject_id "
                                        "WHERE d.kind = 1 AND d.state = 0 AND p.state = 1 AND d.due_us > p.due_us ORDER BY d.customer_id", &w->suspects,
                               err);
    for (size_t t = 0; t < db_tables_n && status == MR_OK; t++) {
        char sql[256];
        const char *name = db_tables[t].name;
        if (db_tables[t].sort != DB_PER_CUSTOMER || !strcmp(name, "customer_ref") || !strcmp(name, "event")) continue;
        snprintf(sql, sizeof sql, "SELECT t.customer_id FROM %s t LEFT JOIN customer_ref r ON r.ref = t.customer_id WHERE r.ref IS NULL%s "
                                  "ORDER BY t.customer_id", name, strcmp(name, "merge_move") ? " OR r.customer_id <> r.ref" : "");
        status = collect(w->c->l, sql, &w->suspects, err);
    }
    return status;
}

static mr_status check_customers(checker *c, mr_error *err) {
    walk *w = mem_new(NULL, 1, sizeof *w);
    id_list count = {0};
    if (!w) return error_memory(err, sizeof *w);
    w->c = c;
    mr_status status = collect(c->l, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_ref", &count, err);
    if (status == MR_OK && count.n) w->total = (uint64_t)count.at[0];
    if (status == MR_OK) status = open_streams(w, err);
    if (status == MR_OK) status = ledger_scan(w->events, &(scan_options){.whole = true}, 0, 1, on_history, w, err);
    if (status == MR_OK) status = refs_up_to(w, INT64_MAX, err);
    if (status == MR_OK) status = cycles_up_to(w, INT64_MAX, err);
    for (unsigned t = 0; t < PROJECTED_TABLES && status == MR_OK; t++) status = projected_stored(&w->rows[t], INT64_MAX, &c->stored, &w->suspects, err);
    close_streams(w);
    if (status == MR_OK) status = ask(w, err);
    id_list_sort(&w->suspects);
    for (size_t i = 0; i < w->suspects.n && status == MR_OK; i++) status = check_customer(c, w->suspects.at[i], err);
    id_list_free(&w->suspects);
    id_list_free(&count);
    mem_free(NULL, w);
    return status;
}

/* --- stale ones --- */

/* All together, as an import that was cut short may leave very many; and repaired together. */
static mr_status check_stale(checker *c, mr_error *err) {
    static const struct {
        check_code code;
        const char *count, *one, *what;
    } kinds[] = {
        {CHECK_cycle_stale, "SELECT CAST(COUNT(*) AS BIGINT) FROM cycle WHERE stale = 1", "SELECT customer_id FROM cycle WHERE stale = 1 LIMIT 1",
         "have a cycle that does not know of the latest events"},
        {CHECK_cycle_missing,
         "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_ref r LEFT JOIN cycle c ON c.customer_id = r.ref WHERE r.customer_id = r.ref "
         "AND c.customer_id IS NULL",
         "SELECT r.ref FROM customer_ref r LEFT JOIN cycle c ON c.customer_id = r.ref WHERE r.customer_id = r.ref AND c.customer_id IS NULL LIMIT 1",
         "have no cycle"},
    };
    int64_t n[2] = {0, 0}, one[2] = {0, 0};
    mr_status status = MR_OK;
    for (int k = 0; k < 2 && status == MR_OK; k++) {
        id_list found = {0};
        status = collect(c->l, kinds[k].count, &found, err);
        n[k] = found.n ? found.at[0] : 0;
        found.n = 0;
        if (status == MR_OK && n[k]) status = collect(c->l, kinds[k].one, &found, err);
        one[k] = found.n ? found.at[0] : 0;
        id_list_free(&found);
    }
    if (status == MR_OK && c->options->repair && (n[0] || n[1])) {
        ledger *reader = NULL;
        status = ledger_open_reading(c->l->url, &reader, err);
        if (status == MR_OK) status = ledger_repair(reader, c->l, c->context, NULL, err);
        ledger_close(reader);
    }
    for (int k = 0; k < 2 && status == MR_OK; k++) {
        char who[128];
        if (!n[k]) continue;
        status = check_label(c->l, one[k], who, sizeof who, err);
        if (status == MR_OK)
            status = check_report(c, kinds[k].code, one[k], c->options->repair, err,
                                  "%" PRId64 " customer%s (%s%s) %s, as an import that was cut short or is under way leaves it; "
                                  "'marram db check --repair' makes them again", n[k], n[k] == 1 ? "" : "s", who, n[k] == 1 ? "" : " and others",
                                  kinds[k].what);
    }
    return status;
}

/* --- identifiers --- */

static mr_status check_ref(checker *c, int64_t ref, int64_t leads, mr_error *err) {
    int64_t on = 0;
    bool there;
    char who[128];
    db_statement *s;
    mr_status status = db_prepare(c->l->d, "SELECT customer_id FROM customer_ref WHERE ref = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, leads);
    status = db_step(s, &there, err);
    if (status == MR_OK && there) on = db_int(s, 0);
    db_reset(s);
    if (status != MR_OK || (there && on == leads)) return status;
    status = check_label(c->l, ref, who, sizeof who, err);
    if (status != MR_OK) return status;
    return check_report(c, CHECK_ref_astray, ref, false, err,
                        "identifier %s leads to #%" PRId64 ", who is %s; restore a backup, or erase and import again", who, leads,
                        there ? "another's identifier too" : "nobody");
}

/* Second and merged identifiers: each leads to a customer of their own. */
static mr_status check_refs(checker *c, mr_error *err) {
    id_list pairs = {0};
    db_stream *stream = NULL;
    const db_value *row = NULL;
    mr_status status = db_stream_open(c->l->d, "SELECT ref, customer_id FROM customer_ref WHERE customer_id <> ref ORDER BY ref", "ii", NULL, 0, &stream, err);
    while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row) {
        status = id_list_add(&pairs, row[0].integer, err);
        if (status == MR_OK) status = id_list_add(&pairs, row[1].integer, err);
    }
    db_stream_close(stream);
    for (size_t i = 0; i + 1 < pairs.n && status == MR_OK; i += 2) status = check_ref(c, pairs.at[i], pairs.at[i + 1], err);
    id_list_free(&pairs);
    return status;
}

/* --- events at two customers --- */

typedef struct twice {
    int64_t id, first, second;
    uint64_t customers;
    char what[160];
} twice;

static mr_status report_twice(checker *c, const twice *t, mr_error *err) {
    char first[128], second[128];
    if (t->customers < 2) return MR_OK;
    mr_status status = check_label(c->l, t->first, first, sizeof first, err);
    if (status == MR_OK) status = check_label(c->l, t->second, second, sizeof second, err);
    if (status != MR_OK) return status;
    return check_report(c, CHECK_event_twice, t->first, false, err,
                        "%s stands at customer %s and at %s%s: if they are one, 'marram customer merge' makes them so; if the source moved it "
                        "from one to the other, it counts twice", t->what, first, second, t->customers > 2 ? " and others" : "");
}

static mr_status check_twice(checker *c, mr_error *err) {
    ledger *reader = NULL;
    db_stream *stream = NULL;
    const db_value *row = NULL;
    twice t = {0};
    mr_status status = ledger_open_reading(c->l->url, &reader, err);
    if (status == MR_OK)
        status = db_stream_open(reader->d, "SELECT e.id, e.customer_id, s.name, e.source_id FROM event e LEFT JOIN source s ON s.id = e.source "
                                           "WHERE e.source_id <> '' AND e.id IN (SELECT d.id FROM event d WHERE d.source_id <> '' GROUP BY d.id "
                                           "HAVING COUNT(*) > 1) ORDER BY e.id, e.customer_id", "iitt", NULL, 0, &stream, err);
    while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row) {
        if (row[0].integer != t.id || !t.customers) {
            status = report_twice(c, &t, err);
            t = (twice){.id = row[0].integer, .first = row[1].integer};
            snprintf(t.what, sizeof t.what, "event '%.*s' of source %.*s", row[3].text.len < 80 ? (int)row[3].text.len : 80, row[3].text.at,
                     row[2].text.len < 40 ? (int)row[2].text.len : 40, row[2].text.at ? row[2].text.at : "?");
        }
        if (t.customers++ == 1) t.second = row[1].integer;
    }
    if (status == MR_OK) status = report_twice(c, &t, err);
    db_stream_close(stream);
    ledger_close(reader);
    return status;
}

/* --- the rest --- */

static mr_status check_imports(checker *c, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(c->l->d, "SELECT record, files, records_done FROM import_run WHERE state = 1 ORDER BY id", "", &s, err);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row)
            status = check_report(c, CHECK_import_unfinished, 0, false, err,
                                  "the import of %.40s from %.200s stopped after %" PRId64 " records: run the same command again and it goes on there, or leave it at that ('marram db dismiss')",
                                  db_text(s, 0, NULL), db_text(s, 1, NULL), db_int(s, 2));
    }
    return status;
}

/* Single events come in any order, so none is refused for its time; where the two ends of a thing are known and cannot both be right, one says so. */
static mr_status check_backwards(checker *c, mr_error *err) {
    static const struct {
        const char *sql, *one, *many;
    } kinds[] = {
        {"SELECT customer_id, made_at_us, settled_at_us FROM promise WHERE settled_at_us < made_at_us ORDER BY customer_id", "promise was kept or broken before it was made",
         "promises were kept or broken before they were made"},
        {"SELECT customer_id, opened_at_us, resolved_at_us FROM support_case WHERE resolved_at_us < opened_at_us ORDER BY customer_id", "case was resolved before it was opened",
         "cases were resolved before they were opened"},
        {"SELECT customer_id, start_day, end_day FROM contract WHERE end_day < start_day AND state = 3 ORDER BY customer_id", "contract ended before it began",
         "contracts ended before they began"},
    };
    const int64_t day_us = INT64_C(86400000000);
    mr_status status = MR_OK;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds && status == MR_OK; k++) {
        db_stream *stream = NULL;
        const db_value *row = NULL;
        int64_t n = 0, first = 0;
        char who[128];
        status = db_stream_open(c->l->d, kinds[k].sql, "iii", NULL, 0, &stream, err);
        while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row) {
            int64_t began = row[1].integer, ended = row[2].integer;
            bool same_day = k < 2 && ended % day_us == 0 && began - ended < day_us; /* of which the day alone is known */
            if (!same_day && !n++) first = row[0].integer;
        }
        db_stream_close(stream);
        if (status == MR_OK && n) status = check_label(c->l, first, who, sizeof who, err);
        if (status == MR_OK && n)
            status = check_report(c, CHECK_backwards, first, false, err, "%" PRId64 " %s, as the events say (%s%s): look at the source, and send the event with the right time under an id of its own",
                                  n, n == 1 ? kinds[k].one : kinds[k].many, who, n == 1 ? "" : " and others");
    }
    return status;
}

typedef struct store_lines {
    checker *c;
    mr_status status;
    mr_error *err;
} store_lines;

static void on_line(const char *line, void *ctx) {
    store_lines *lines = ctx;
    if (lines->status != MR_OK) return;
    lines->status = check_report(lines->c, CHECK_store, 0, false, lines->err,
                                 "%.300s: write to this database no more; restore a backup ('marram db restore')", line);
}

mr_status ledger_check(const char *url, const check_options *options, const mr_context *context, check_found found, void *ctx, check_counts *counts,
                       mr_error *err) {
    check_counts ignored;
    checker c = {.options = options, .context = context, .found = found, .ctx = ctx, .counts = counts ? counts : &ignored};
    store_lines lines = {&c, MR_OK, err};
    *c.counts = (check_counts){0};
    mr_status status = ledger_open(url, NULL, &c.l, err);
    if (status == MR_OK && !options->quick) status = db_integrity(c.l->d, on_line, &lines, err);
    if (status == MR_OK) status = lines.status;
    /* Of a damaged store nothing more can be believed. */
    bool damaged = c.counts->wrong > 0;
    if (status == MR_OK && !damaged) status = check_refs(&c, err);
    if (status == MR_OK && !damaged) status = check_stale(&c, err);
    if (status == MR_OK && !damaged) status = check_customers(&c, err);
    if (status == MR_OK && !damaged) status = check_imports(&c, err);
    if (status == MR_OK && !damaged) status = check_backwards(&c, err);
    if (status == MR_OK && !damaged) status = check_twice(&c, err);
    ledger_close(c.l);
    upserts_free(&c.rows);
    text_free(&c.stored);
    text_free(&c.fresh);
    return status;
}
