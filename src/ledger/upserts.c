#include "upserts.h"

#include <error.h>
#include <mem.h>

#include <string.h>

typedef struct table_row {
    const char *types, *sql;
} table_row;

static const table_row tables[UPSERT_TABLES] = {
    /* What is empty leaves what was known; older news does not overwrite newer. */
    [UPSERT_CUSTOMER] = {"isttttiiittttttti",
                         "INSERT INTO customer (customer_id, kind, name, email, phone, address, email_key, phone_key, name_key, tier, segment, time_zone, "
                         "locale, owner_sales, owner_operations, attributes, updated_at_us) "
                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT (customer_id) DO UPDATE SET "
                         "kind = CASE WHEN excluded.kind <> 0 THEN excluded.kind ELSE customer.kind END, "
                         "name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE customer.name END, "
                         "email = CASE WHEN excluded.email <> '' THEN excluded.email ELSE customer.email END, "
                         "phone = CASE WHEN excluded.phone <> '' THEN excluded.phone ELSE customer.phone END, "
                         "address = CASE WHEN excluded.address <> '' THEN excluded.address ELSE customer.address END, "
                         "tier = CASE WHEN excluded.tier <> '' THEN excluded.tier ELSE customer.tier END, "
                         "segment = CASE WHEN excluded.segment <> '' THEN excluded.segment ELSE customer.segment END, "
                         "time_zone = CASE WHEN excluded.time_zone <> '' THEN excluded.time_zone ELSE customer.time_zone END, "
                         "locale = CASE WHEN excluded.locale <> '' THEN excluded.locale ELSE customer.locale END, "
                         "owner_sales = CASE WHEN excluded.owner_sales <> '' THEN excluded.owner_sales ELSE customer.owner_sales END, "
                         "owner_operations = CASE WHEN excluded.owner_operations <> '' THEN excluded.owner_operations ELSE customer.owner_operations END, "
                         "attributes = CASE WHEN excluded.attributes <> '' THEN excluded.attributes ELSE customer.attributes END, "
                         "email_key = CASE WHEN excluded.email <> '' THEN excluded.email_key ELSE customer.email_key END, "
                         "phone_key = CASE WHEN excluded.phone <> '' THEN excluded.phone_key ELSE customer.phone_key END, "
                         "name_key = CASE WHEN excluded.name <> '' THEN excluded.name_key ELSE customer.name_key END, "
                         "updated_at_us = excluded.updated_at_us WHERE customer.updated_at_us <= excluded.updated_at_us"},
    /* What an event says of the owners holds against rows that are older, or of no date (UPSERT_UNDATED), and dates nothing else of the row. */
    [UPSERT_OWNERS] = {"itti",
                       "INSERT INTO customer (customer_id, kind, name, email, phone, address, email_key, phone_key, name_key, tier, segment, time_zone, "
                       "locale, owner_sales, owner_operations, attributes, updated_at_us) "
                       "VALUES ($1, 0, '', '', '', '', 0, 0, 0, '', '', '', '', $2, $3, '', -4611686018427387904) ON CONFLICT (customer_id) DO UPDATE SET "
                       "owner_sales = CASE WHEN excluded.owner_sales <> '' THEN excluded.owner_sales ELSE customer.owner_sales END, "
                       "owner_operations = CASE WHEN excluded.owner_operations <> '' THEN excluded.owner_operations ELSE customer.owner_operations END "
                       "WHERE customer.updated_at_us <= $4"},
    [UPSERT_CONTACT] = {"iitttttttttddi",
                        "INSERT INTO contact (customer_id, id, external_id, name, email, phone, role, authority, channels, time_zone, "
                        "locale, joined_day, left_day, updated_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) "
                        "ON CONFLICT (customer_id, id) DO UPDATE SET "
                        "name = CASE WHEN excluded.name <> '' AND contact.updated_at_us <= excluded.updated_at_us THEN excluded.name "
                        "ELSE contact.name END, "
                        "email = CASE WHEN excluded.email <> '' AND contact.updated_at_us <= excluded.updated_at_us THEN excluded.email "
                        "ELSE contact.email END, "
                        "phone = CASE WHEN excluded.phone <> '' AND contact.updated_at_us <= excluded.updated_at_us THEN excluded.phone "
                        "ELSE contact.phone END, "
                        "role = CASE WHEN excluded.role <> '' AND contact.updated_at_us <= excluded.updated_at_us THEN excluded.role "
                        "ELSE contact.role END, "
                        "authority = CASE WHEN excluded.authority <> '' AND contact.updated_at_us <= excluded.updated_at_us THEN excluded.authority "
                        "ELSE contact.authority END, "
                        "channels = CASE WHEN excluded.channels <> '' AND contact.updated_at_us <= excluded.updated_at_us THEN excluded.channels "
                        "ELSE contact.channels END, "
                        "time_zone = CASE WHEN excluded.time_zone <> '' AND contact.updated_at_us <= excluded.updated_at_us THEN excluded.time_zone "
                        "ELSE contact.time_zone END, "
                        "locale = CASE WHEN excluded.locale <> '' AND contact.updated_at_us <= excluded.updated_at_us THEN excluded.locale "
                        "ELSE contact.locale END, "
                        "joined_day = COALESCE(excluded.joined_day, contact.joined_day), left_day = COALESCE(excluded.left_day, contact.left_day), "
                        "updated_at_us = CASE WHEN contact.updated_at_us <= excluded.updated_at_us THEN excluded.updated_at_us "
                        "ELSE contact.updated_at_us END"},
    [UPSERT_CONTRACT] = {"iittsddddiitd",
                         "INSERT INTO contract (customer_id, id, external_id, product, state, start_day, renewal_day, notice_days, "
                         "end_day, seats, price_minor, currency, period_months) "
                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (customer_id, id) DO UPDATE SET "
                         "external_id = excluded.external_id, product = excluded.product, state = excluded.state, "
                         "start_day = excluded.start_day, renewal_day = excluded.renewal_day, notice_days = excluded.notice_days, "
                         "end_day = excluded.end_day, seats = excluded.seats, price_minor = excluded.price_minor, "
                         "currency = excluded.currency, period_months = excluded.period_months"},
    [UPSERT_CASE] = {"iitttsiiii",
                     "INSERT INTO support_case (customer_id, id, external_id, subject, severity, state, opened_at_us, "
                     "first_response_at_us, resolved_at_us, reopenings) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
                     "ON CONFLICT (customer_id, id) DO UPDATE SET external_id = excluded.external_id, subject = excluded.subject, "
                     "severity = excluded.severity, state = excluded.state, opened_at_us = excluded.opened_at_us, "
                     "first_response_at_us = excluded.first_response_at_us, resolved_at_us = excluded.resolved_at_us, "
                     "reopenings = excluded.reopenings"},
    [UPSERT_PROMISE] = {"iitttsiii",
                        "INSERT INTO promise (customer_id, id, external_id, what, by_whom, state, made_at_us, due_us, settled_at_us) "
                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (customer_id, id) DO UPDATE SET "
                        "external_id = excluded.external_id, what = excluded.what, by_whom = excluded.by_whom, state = excluded.state, "
                        "made_at_us = excluded.made_at_us, due_us = excluded.due_us, settled_at_us = excluded.settled_at_us"},
    [UPSERT_TOUCH] = {"iiistttt",
                      "INSERT INTO touch (customer_id, id, at_us, outward, channel, who, purpose, subject) "
                      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (customer_id, id) DO NOTHING"},
    [UPSERT_SURVEY] = {"iiitrrt",
                       "INSERT INTO survey (customer_id, id, at_us, name, score, scale, comment) VALUES ($1, $2, $3, $4, $5, $6, $7) "
                       "ON CONFLICT (customer_id, id) DO NOTHING"},
    /* Of two words of the same moment the refusal counts, whichever came first: so a history folds, too. */
    [UPSERT_CONSENT] = {"iittsit",
                        "INSERT INTO consent (customer_id, id, purpose, channel, state, at_us, contact) VALUES ($1, $2, $3, $4, $5, $6, $7) "
                        "ON CONFLICT (customer_id, id) DO UPDATE SET state = excluded.state, at_us = excluded.at_us "
                        "WHERE consent.at_us < excluded.at_us OR (consent.at_us = excluded.at_us AND excluded.state = 0)"},
    /* A promise that is due earlier, or settled; the timer is never moved later (whoever pops it too soon arms it again). One that was popped is
     * armed again by another time alone: rebuilding must not let it fire twice. */
    [UPSERT_DUE] = {"iisisis",
                    "INSERT INTO due (customer_id, id, part, due_us, kind, subject_id, state) VALUES ($1, $2, $3, $4, $5, $6, $7) "
                    "ON CONFLICT (customer_id, id) DO UPDATE SET "
                    "state = CASE WHEN excluded.due_us = due.due_us AND due.state = 1 THEN 1 ELSE excluded.state END, "
                    "due_us = CASE WHEN excluded.due_us < due.due_us THEN excluded.due_us ELSE due.due_us END"},
};

upsert_cell *upserts_row(upserts *u, upsert_table table) {
    struct upsert_rows *t = &u->table[table];
    if (t->n == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 64;
        void *row = mem_resize(NULL, t->row, capacity, sizeof *t->row);
        if (!row) return NULL;
        t->row = row;
        t->capacity = capacity;
    }
    upsert_cell *cells = t->row[t->n++];
    for (size_t i = 0; i < UPSERT_COLUMNS; i++) cells[i] = (upsert_cell){.null = true};
    u->rows++;
    return cells;
}

bool upsert_text(upserts *u, upsert_cell *c, const char *text, size_t len) {
    char *at = arena_copy(&u->text, text, len);
    c->null = false;
    c->value.text.at = at;
    c->value.text.len = len;
    return at != NULL;
}

typedef struct bind_work {
    const upserts *u;
    upsert_table table;
} bind_work;

static void bind_row(void *ctx, size_t item, db_statement *s) {
    const bind_work *work = ctx;
    const upsert_cell *cells = work->u->table[work->table].row[item];
    const char *types = tables[work->table].types;
    for (int i = 0; types[i]; i++) {
        const upsert_cell *c = &cells[i];
        if (types[i] == 't')
            db_bind_text(s, i + 1, c->null ? "" : c->value.text.at, c->null ? 0 : c->value.text.len);
        else if (c->null)
            db_bind_null(s, i + 1);
        else if (types[i] == 'r')
            db_bind_real(s, i + 1, c->value.real);
        else
            db_bind_int(s, i + 1, c->value.integer);
    }
}

mr_status upserts_write(const upserts *u, ledger *l, mr_error *err) {
    mr_status status = MR_OK;
    for (unsigned t = 0; t < UPSERT_TABLES && status == MR_OK; t++) {
        bind_work work = {u, (upsert_table)t};
        db_statement *s;
        if (!u->table[t].n) continue;
        status = db_prepare(l->d, tables[t].sql, tables[t].types, &s, err);
        if (status == MR_OK) status = db_each(s, u->table[t].n, bind_row, NULL, &work, NULL, err);
    }
    return status;
}

void upserts_clear(upserts *u) {
    for (unsigned t = 0; t < UPSERT_TABLES; t++) u->table[t].n = 0;
    arena_reset(&u->text);
    u->rows = 0;
}

void upserts_free(upserts *u) {
    for (unsigned t = 0; t < UPSERT_TABLES; t++) mem_free(NULL, u->table[t].row);
    arena_free(&u->text);
    *u = (upserts){0};
}
