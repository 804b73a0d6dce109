#include "offers.h"

#include "moved.h"

#include <error.h>
#include <fairness.h>
#include <mem.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int64_t offer_draw_id(const ledger *l, int64_t customer_id, int place, int64_t occasion) {
    char text[80];
    int len = snprintf(text, sizeof text, "%" PRId64 " %d %" PRId64, customer_id, place, occasion);
    int64_t id = (int64_t)((uint64_t)ledger_hash(l, ledger_domain_of(l, "offer", ""), text, (size_t)len) >> 1);
    return id ? id : 1;
}

static const char *copied(offer_draws *out, const db_statement *s, int column) {
    size_t len;
    const char *text = db_text(s, column, &len);
    return arena_copy(&out->text, text, len);
}

static mr_status more_room(offer_draws *out, mr_error *err) {
    if (out->n < out->capacity) return MR_OK;
    size_t capacity = out->capacity ? 2 * out->capacity : 8;
    offer_draw *more = mem_resize(NULL, out->row, capacity, sizeof *more);
    if (!more) return error_memory(err, capacity * sizeof *more);
    out->row = more;
    out->capacity = capacity;
    return MR_OK;
}

#define COLUMNS "customer_id, id, offer, place, occasion, drawn_us, state, probability, strategic, reason, tier, product, benefit, cost_minor, currency, loyal, expires_us, settled_us"

/* Every row of s. */
static mr_status take_all(db_statement *s, offer_draws *out, mr_error *err) {
    mr_status status = MR_OK;
    out->n = 0;
    arena_reset(&out->text);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) status = more_room(out, err);
        if (status != MR_OK || !row) break;
        out->row[out->n++] = (offer_draw){.customer_id = db_int(s, 0), .id = db_int(s, 1), .offer = copied(out, s, 2), .place = (int)db_int(s, 3), .occasion = db_int(s, 4), .drawn_us = db_int(s, 5),
                                          .state = (int)db_int(s, 6), .probability = db_real(s, 7), .strategic = db_int(s, 8) == 1, .reason = copied(out, s, 9), .tier = copied(out, s, 10), .product = copied(out, s, 11),
                                          .benefit = db_real(s, 12), .cost_minor = db_int(s, 13), .currency = copied(out, s, 14), .loyal = db_int(s, 15) == 1, .expires_us = db_int(s, 16), .settled_us = db_int(s, 17)};
        if (out->text.failed) status = error_memory(err, 256);
    }
    db_reset(s);
    return status;
}

mr_status offer_draws_of(ledger *l, int64_t customer_id, offer_draws *out, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "SELECT " COLUMNS " FROM offer_draw WHERE customer_id = $1 ORDER BY drawn_us, id", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, customer_id);
    return take_all(s, out, err);
}

mr_status offer_draws_by(ledger *l, const char *offer, int64_t until_us, offer_draws *out, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "SELECT " COLUMNS " FROM offer_draw WHERE offer = $1 AND drawn_us <= $2 ORDER BY drawn_us, id", "ti", &s, err);
    if (status != MR_OK) return status;
    db_bind_text(s, 1, offer, strlen(offer));
    db_bind_int(s, 2, until_us);
    return take_all(s, out, err);
}

void offer_draws_free(offer_draws *d) {
    mem_free(NULL, d->row);
    arena_free(&d->text);
    *d = (offer_draws){0};
}

mr_status offer_draw_put(ledger *l, const offer_draw *d, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "INSERT INTO offer_draw (customer_id, id, offer, place, occasion, drawn_us, state, probability, strategic, reason, tier, product, benefit, cost_minor, currency, loyal, expires_us, settled_us) "
                                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0) ON CONFLICT (customer_id, id) DO NOTHING", "iitsiisrstttritsi", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, d->customer_id);
    db_bind_int(s, 2, d->id);
    db_bind_string(s, 3, d->offer);
    db_bind_int(s, 4, d->place);
    db_bind_int(s, 5, d->occasion);
    db_bind_int(s, 6, d->drawn_us);
    db_bind_int(s, 7, d->state);
    db_bind_real(s, 8, d->probability);
    db_bind_int(s, 9, d->strategic);
    db_bind_string(s, 10, d->reason);
    db_bind_string(s, 11, d->tier);
    db_bind_string(s, 12, d->product);
    db_bind_real(s, 13, d->benefit);
    db_bind_int(s, 14, d->cost_minor);
    db_bind_string(s, 15, d->currency);
    db_bind_int(s, 16, d->loyal);
    db_bind_int(s, 17, d->expires_us);
    return db_run(s, NULL, err);
}

mr_status offer_cap_take(ledger *l, const char *offer, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "INSERT INTO offer_cap (offer, version) VALUES ($1, 1) ON CONFLICT (offer) DO UPDATE SET version = offer_cap.version + 1", "t", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, offer);
    return db_run(s, NULL, err);
}

mr_status offer_used(ledger *l, const char *offer, int64_t since_us, int64_t now_us, int64_t *out, mr_error *err) {
    db_statement *s;
    bool row = false;
    *out = 0;
    mr_status status = db_prepare(l->d, "SELECT COUNT(*) FROM offer_draw WHERE offer = $1 AND drawn_us > $2 AND drawn_us <= $3 AND state >= 1 AND state <= 4", "tii", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, offer);
    db_bind_int(s, 2, since_us);
    db_bind_int(s, 3, now_us);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) *out = db_int(s, 0);
    db_reset(s);
    return status;
}

mr_status offer_fair_limit(ledger *l, const char *tier, const char *product, int64_t now_us, double *out, mr_error *err) {
    db_statement *s;
    bool row = false;
    *out = 0;
    mr_status status = db_prepare(l->d, "SELECT COALESCE(MAX(benefit), 0.0) FROM offer_draw WHERE loyal = 1 AND tier = $1 AND product = $2 AND drawn_us > $3 AND drawn_us <= $4 AND state >= 1 AND state <= 4", "ttii", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, tier);
    db_bind_string(s, 2, product);
    db_bind_int(s, 3, now_us - FAIRNESS_US);
    db_bind_int(s, 4, now_us);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) *out = db_real(s, 0);
    db_reset(s);
    return status;
}

mr_status offer_settle(ledger *l, int64_t customer_id, int64_t id, int state, int64_t at_us, bool *changed, mr_error *err) {
    moved_row row = {.l = l, .customer_id = customer_id, .id = id};
    const db_value values[] = {{.integer = state}, {.integer = at_us}};
    return moved_update(&row, "UPDATE offer_draw SET state = $3, settled_us = $4 WHERE customer_id = $1 AND id = $2 AND state = 1 RETURNING id", "iisi", values, changed, err);
}

mr_status offer_count(ledger *l, const char *offer, int64_t now_us, offer_counts *out, mr_error *err) {
    db_statement *s;
    *out = (offer_counts){0};
    mr_status status = db_prepare(l->d, "SELECT state, COUNT(*) FROM offer_draw WHERE offer = $1 AND drawn_us <= $2 GROUP BY state", "ti", &s, err);
    if (status != MR_OK) return status;
    db_bind_string(s, 1, offer);
    db_bind_int(s, 2, now_us);
    int64_t *const at[] = {&out->held, &out->shown, &out->accepted, &out->declined, &out->expired, &out->no_room};
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row && db_int(s, 0) >= 0 && db_int(s, 0) <= OFFER_NO_ROOM) *at[db_int(s, 0)] = db_int(s, 1);
    }
    db_reset(s);
    out->shown += out->accepted + out->declined + out->expired;
    return status;
}
