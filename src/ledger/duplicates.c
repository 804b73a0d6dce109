/* Each sign is one stream of (key, customer) in the key's order: those of one key come one after the other. */
#include "duplicates.h"

#include "hashmap.h"
#include "normal.h"

#include <cycle.h>
#include <error.h>
#include <mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct finder {
    ledger *reader, *l; /* of the streams; for looking customers up */
    const duplicates_options *options;
    duplicates_each each;
    void *ctx;
    duplicates_counts *counts;
    hashmap shared; /* keys that are no sign; e-mail, phone and name keys are hashes of different domains */
    int64_t key;
    duplicate_side *group; /* [DUPLICATES_SHARED + 1] */
    size_t n;              /* of the group; more than DUPLICATES_SHARED: too many */
} finder;

/* --- one customer --- */

static void copy(char *out, size_t room, const char *text) {
    size_t n = strlen(text);
    if (n >= room) {
        n = room - 1;
        while (n && ((unsigned char)text[n] & 0xC0) == 0x80) n--; /* not through a character */
    }
    memcpy(out, text, n);
    out[n] = 0;
}

static mr_status load_row(finder *f, duplicate_side *side, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(f->l->d, "SELECT name, email, phone, address, email_key, phone_key, name_key FROM customer WHERE customer_id = $1", "i",
                                  &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, side->customer_id);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) {
        size_t len;
        const char *address = db_text(s, 3, &len);
        copy(side->name, sizeof side->name, db_text(s, 0, NULL));
        copy(side->email, sizeof side->email, db_text(s, 1, NULL));
        copy(side->phone, sizeof side->phone, db_text(s, 2, NULL));
        if (len) normal_text(NORMAL_NAME, address, len, side->address, sizeof side->address);
        side->email_key = db_int(s, 4);
        side->phone_key = db_int(s, 5);
        side->name_key = db_int(s, 6);
    }
    db_reset(s);
    return status;
}

static mr_status load_ref(finder *f, duplicate_side *side, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(f->l->d, "SELECT source, external_id FROM customer_ref WHERE ref = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, side->customer_id);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) {
        copy(side->source, sizeof side->source, db_text(s, 0, NULL));
        copy(side->external_id, sizeof side->external_id, db_text(s, 1, NULL));
    }
    db_reset(s);
    return status;
}

static mr_status load_cycle(finder *f, duplicate_side *side, mr_error *err) {
    db_statement *s;
    bool row = false;
    cycle c;
    mr_status status = db_prepare(f->l->d, "SELECT state FROM cycle WHERE customer_id = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, side->customer_id);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) {
        size_t len;
        const void *state = db_bytes(s, 0, &len);
        if (cycle_decode(state, len, &c, NULL) == MR_OK && c.events) {
            side->events = c.events;
            side->first_at_us = c.first_at_us;
            side->last_at_us = c.last_at_us;
        }
    }
    db_reset(s);
    return status;
}

static mr_status load(finder *f, int64_t customer_id, duplicate_side *side, mr_error *err) {
    *side = (duplicate_side){.customer_id = customer_id};
    mr_status status = load_row(f, side, err);
    if (status == MR_OK) status = load_ref(f, side, err);
    return status == MR_OK ? load_cycle(f, side, err) : status;
}

/* --- a pair --- */

static bool is_sign(const finder *f, int64_t a, int64_t b) {
    return a && a == b && !hashmap_find(&f->shared, (uint64_t)a);
}

static unsigned signs_of(const finder *f, const duplicate_side *a, const duplicate_side *b) {
    unsigned signs = 0;
    if (is_sign(f, a->email_key, b->email_key)) signs |= DUPLICATE_EMAIL;
    if (is_sign(f, a->phone_key, b->phone_key)) signs |= DUPLICATE_PHONE;
    if (a->name_key && a->name_key == b->name_key) signs |= DUPLICATE_NAME;
    if (a->address[0] && !strcmp(a->address, b->address)) signs |= DUPLICATE_ADDRESS;
    return signs;
}

static mr_status said(finder *f, int64_t customer_id, int64_t other, bool *yes, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(f->l->d, "SELECT id FROM same_as WHERE customer_id = $1 AND id = $2", "ii", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    db_bind_int(s, 2, other);
    status = db_step(s, yes, err);
    db_reset(s);
    return status;
}

static bool a_stays(const duplicate_side *a, const duplicate_side *b) {
    if (a->events != b->events) return a->events > b->events;
    if (a->first_at_us != b->first_at_us) return a->first_at_us < b->first_at_us;
    return a->customer_id < b->customer_id;
}

/* by: the sign whose stream this is. A stronger one has told of the pair already. */
static mr_status give(finder *f, const duplicate_side *a, const duplicate_side *b, unsigned by, mr_error *err) {
    unsigned signs = signs_of(f, a, b) | by;
    bool yes = by == DUPLICATE_SAID;
    mr_status status = MR_OK;
    for (int way = 0; way < 2 && status == MR_OK && !yes; way++)
        status = said(f, way ? b->customer_id : a->customer_id, way ? a->customer_id : b->customer_id, &yes, err);
    if (status != MR_OK) return status;
    if (yes) signs |= DUPLICATE_SAID;
    if (signs & (by - 1)) return MR_OK;
    duplicate d = {.signs = signs, .weak = by == DUPLICATE_NAME && !(signs & DUPLICATE_ADDRESS)};
    bool first = a_stays(a, b);
    d.keep = first ? a : b;
    d.other = first ? b : a;
    f->counts->pairs += !d.weak;
    f->counts->weak += d.weak;
    return d.weak && !f->options->weak ? MR_OK : f->each(f->ctx, &d, err);
}

/* --- a sign --- */

static mr_status end_group(finder *f, unsigned by, mr_error *err) {
    mr_status status = MR_OK;
    bool made;
    if (f->n > DUPLICATES_SHARED) {
        f->counts->shared++;
        if (!hashmap_at(&f->shared, (uint64_t)f->key, &made)) status = error_memory(err, sizeof f->key);
    }
    for (size_t i = 0; i < f->n && f->n <= DUPLICATES_SHARED && f->n > 1 && status == MR_OK; i++)
        status = load(f, f->group[i].customer_id, &f->group[i], err);
    for (size_t i = 0; i < f->n && f->n <= DUPLICATES_SHARED && status == MR_OK; i++)
        for (size_t k = i + 1; k < f->n && status == MR_OK; k++) status = give(f, &f->group[i], &f->group[k], by, err);
    f->n = 0;
    return status;
}

static mr_status by_key(finder *f, const char *sql, unsigned by, mr_error *err) {
    db_stream *stream = NULL;
    const db_value *row = NULL;
    f->n = 0;
    mr_status status = db_stream_open(f->reader->d, sql, "ii", NULL, 0, &stream, err);
    while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row) {
        if (f->n && row[0].integer != f->key) status = end_group(f, by, err);
        f->key = row[0].integer;
        if (f->n <= DUPLICATES_SHARED) f->group[f->n++] = (duplicate_side){.customer_id = row[1].integer};
    }
    if (status == MR_OK) status = end_group(f, by, err);
    db_stream_close(stream);
    return status;
}

/* Claims name an identifier; whom it leads to by now may be another, or the same. */
static mr_status by_claims(finder *f, mr_error *err) {
    db_stream *stream = NULL;
    const db_value *row = NULL;
    mr_status status = db_stream_open(f->reader->d, "SELECT customer_id, id FROM same_as ORDER BY customer_id, id", "ii", NULL, 0, &stream, err);
    while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row) {
        db_statement *s;
        bool there = false, back = false;
        int64_t other = 0, customer_id = row[0].integer, claimed = row[1].integer;
        status = db_prepare(f->l->d, "SELECT customer_id FROM customer_ref WHERE ref = $1", "i", &s, err);
        if (status != MR_OK) break;
        db_bind_int(s, 1, claimed);
        status = db_step(s, &there, err);
        if (status == MR_OK && there) other = db_int(s, 0);
        db_reset(s);
        if (status != MR_OK || !there || other == customer_id) continue;
        /* Both say it of each other: once is enough. */
        status = said(f, other, customer_id, &back, err);
        if (status == MR_OK && back && other < customer_id) continue;
        if (status == MR_OK) status = load(f, customer_id, &f->group[0], err);
        if (status == MR_OK) status = load(f, other, &f->group[1], err);
        if (status == MR_OK) status = give(f, &f->group[0], &f->group[1], DUPLICATE_SAID, err);
    }
    db_stream_close(stream);
    return status;
}

mr_status ledger_duplicates(const char *url, const duplicates_options *options, duplicates_each each, void *ctx, duplicates_counts *counts, mr_error *err) {
    static const struct {
        const char *sql;
        unsigned sign;
    } keys[] = {
        {"SELECT email_key, customer_id FROM customer WHERE email_key <> 0 ORDER BY email_key, customer_id", DUPLICATE_EMAIL},
        {"SELECT phone_key, customer_id FROM customer WHERE phone_key <> 0 ORDER BY phone_key, customer_id", DUPLICATE_PHONE},
        {"SELECT name_key, customer_id FROM customer WHERE name_key <> 0 ORDER BY name_key, customer_id", DUPLICATE_NAME},
    };
    finder f = {.options = options, .each = each, .ctx = ctx, .counts = counts};
    *counts = (duplicates_counts){0};
    f.group = mem_take(NULL, DUPLICATES_SHARED + 1, sizeof *f.group);
    mr_status status = f.group ? ledger_open_reading(url, &f.reader, err) : error_memory(err, sizeof *f.group);
    if (status == MR_OK) status = ledger_open_reading(url, &f.l, err);
    if (status == MR_OK) status = by_claims(&f, err);
    for (size_t i = 0; i < sizeof keys / sizeof *keys && status == MR_OK; i++) status = by_key(&f, keys[i].sql, keys[i].sign, err);
    ledger_close(f.reader);
    ledger_close(f.l);
    hashmap_free(&f.shared);
    mem_free(NULL, f.group);
    return status;
}
