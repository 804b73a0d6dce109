#include "readable.h"

#include "body.h"
#include "upserts.h"

#include <calendar.h>
#include <currency.h>
#include <cycle.h>
#include <error.h>
#include <mem.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- what columns hold --- */

static const char *const contract_states[] = {"", "running", "notice given", "ended", NULL}, *const case_states[] = {"", "open", "resolved", NULL},
                         *const promise_states[] = {"", "open", "kept", "broken", NULL}, *const consent_states[] = {"withdrawn", "given", NULL},
                         *const due_states[] = {"waiting", "done", NULL}, *const due_kinds[] = {"", "promise", "look", NULL},
                         *const import_states[] = {"", "under way", "done", "dismissed", NULL}, *const customer_kinds[] = {"", "person", "company", NULL},
                         *const action_kinds[] = {"", "task", "message", NULL},
                         *const action_states[] = {"proposed", "open", "in the outbox", "done", "dropped", "lapsed", "failed", NULL},
                         *const message_states[] = {"waiting", "sending", "sent", "refused", "uncertain", "cancelled", NULL},
                         *const delivery_states[] = {"waiting", "delivered", "given up", NULL},
                         *const verdicts[] = {"no", "now", "later", NULL};

typedef struct cell_rule {
    const char *table, *column; /* "": any; "*_us": by its end */
    cell_kind kind;
    const char *const *words;
} cell_rule;

/* The first that fits. */
static const cell_rule rules[] = {
    {"contract", "state", CELL_WORD, contract_states},
    {"support_case", "state", CELL_WORD, case_states},
    {"promise", "state", CELL_WORD, promise_states},
    {"consent", "state", CELL_WORD, consent_states},
    {"due", "state", CELL_WORD, due_states},
    {"due", "kind", CELL_WORD, due_kinds},
    {"import_run", "state", CELL_WORD, import_states},
    {"customer", "kind", CELL_WORD, customer_kinds},
    {"action", "kind", CELL_WORD, action_kinds},
    {"action", "state", CELL_WORD, action_states},
    {"action", "urgent", CELL_FLAG, NULL},
    {"message", "state", CELL_WORD, message_states},
    {"webhook_delivery", "state", CELL_WORD, delivery_states},
    {"webhook_delivery", "kind", CELL_TEXT, NULL},
    {"gate_answer", "verdict", CELL_WORD, verdicts},
    {"gate_answer", "detail", CELL_TEXT, NULL},
    {"cycle", "state", CELL_CYCLE, NULL},
    {"", "kind", CELL_KIND, NULL},
    {"event", "source", CELL_SOURCE, NULL},
    {"event_conflict", "source", CELL_SOURCE, NULL},
    {"source", "id", CELL_NUMBER, NULL},
    {"residue", "month", CELL_MONTH, NULL},
    {"setting", "value", CELL_TEXT, NULL},
    {"", "body", CELL_JSON, NULL},
    {"", "attributes", CELL_JSON, NULL},
    {"", "document", CELL_JSON, NULL},
    {"", "outcome", CELL_JSON, NULL},
    {"", "doublet", CELL_JSON, NULL},
    {"", "detail", CELL_JSON, NULL},
    {"", "outward", CELL_FLAG, NULL},
    {"", "stale", CELL_FLAG, NULL},
    {"", "pinned", CELL_FLAG, NULL},
    {"", "day", CELL_DAY, NULL},
    {"", "*_day", CELL_DAY, NULL},
    {"", "*_us", CELL_TIME, NULL},
    {"", "*_minor", CELL_MONEY, NULL},
    {"", "ref", CELL_ID, NULL},
    {"", "id", CELL_ID, NULL},
    {"", "*_id", CELL_ID, NULL},
    {"", "*_key", CELL_HIDDEN, NULL}, /* of no use without the key, and no other ledger's */
    {"", "*_hash", CELL_ID, NULL},
};

static bool ends_with(const char *name, const char *end) {
    size_t n = strlen(name), m = strlen(end);
    return n > m && !strcmp(name + n - m, end);
}

static bool fits(const cell_rule *r, const char *table, const table_column *c) {
    if (*r->table && strcmp(r->table, table) != 0) return false;
    if (r->column[0] == '*' ? !ends_with(c->name, r->column + 1) : strcmp(r->column, c->name) != 0) return false;
    bool text = c->type == 't';
    return r->kind == CELL_JSON || r->kind == CELL_TEXT ? text : !text;
}

static cell_column describe(const table_columns *c, size_t i) {
    const table_column *from = &c->column[i];
    cell_column out = {.kind = from->type == 't' ? CELL_TEXT : CELL_NUMBER, .type = from->type, .null = from->null};
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
        if (fits(&rules[r], c->table, from)) {
            out.kind = rules[r].kind;
            out.words = rules[r].words;
            break;
        }
    size_t len = strlen(from->name);
    if (out.kind == CELL_TIME) len -= 3;
    if (out.kind == CELL_MONEY) {
        int currency = columns_find(c, "currency");
        len -= 6;
        out.currency = currency < 0 ? COLUMNS_MAX : (size_t)currency;
    }
    memcpy(out.heading, from->name, len);
    out.heading[len] = 0;
    return out;
}

void cells_of(const table_columns *c, cell_table *out) {
    out->n = c->n;
    for (size_t i = 0; i < c->n; i++) out->column[i] = describe(c, i);
}

/* --- sources --- */

mr_status cell_sources_read(ledger *l, cell_sources *out, mr_error *err) {
    db_stream *stream = NULL;
    const db_value *row = NULL;
    *out = (cell_sources){0};
    mr_status status = db_stream_open(l->d, "SELECT id, name FROM source ORDER BY id", "dt", NULL, 0, &stream, err);
    while (status == MR_OK && (status = db_stream_next(stream, &row, err)) == MR_OK && row) {
        struct cell_source *more = mem_resize(NULL, out->at, out->n + 1, sizeof *more);
        char *name = more ? mem_new(NULL, row[1].text.len + 1, 1) : NULL;
        if (more) out->at = more;
        if (!name) {
            status = error_memory(err, row[1].text.len);
            break;
        }
        memcpy(name, row[1].text.at, row[1].text.len);
        out->at[out->n++] = (struct cell_source){(int32_t)row[0].integer, name};
    }
    db_stream_close(stream);
    return status;
}

void cell_sources_free(cell_sources *s) {
    for (size_t i = 0; i < s->n; i++) mem_free(NULL, s->at[i].name);
    mem_free(NULL, s->at);
    *s = (cell_sources){0};
}

const char *cell_source_name(const cell_sources *s, int32_t id) {
    for (size_t i = 0; i < s->n; i++)
        if (s->at[i].id == id) return s->at[i].name;
    return "";
}

/* --- texts --- */

void csv_text(text_buffer *out, const char *text, size_t len, bool guard) {
    bool formula = guard && len && strchr("=+-@\t\r", text[0]);
    bool quote = len && (memchr(text, '"', len) || memchr(text, ',', len) || memchr(text, '\n', len) || memchr(text, '\r', len) || text[0] == ' ' ||
                         text[len - 1] == ' ');
    if (quote) text_putc(out, '"');
    if (formula) text_putc(out, '\'');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"') text_putc(out, '"');
        text_putc(out, text[i]);
    }
    if (quote) text_putc(out, '"');
}

void json_string_of(text_buffer *out, const char *text, size_t len) {
    text_putc(out, '"');
    json_escape(out, text, len);
    text_putc(out, '"');
}

void money_text(text_buffer *out, int64_t minor, const char *currency, size_t len) {
    char code[4] = "";
    if (len == 3) memcpy(code, currency, 3);
    int digits = currency_digits(code);
    uint64_t size = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor, unit = 1;
    if (digits < 0) digits = 2;
    for (int i = 0; i < digits; i++) unit *= 10;
    text_printf(out, "%s%" PRIu64, minor < 0 ? "-" : "", size / unit);
    if (digits) text_printf(out, ".%0*" PRIu64, digits, size % unit);
}

/* Blanks outside of strings go, and line ends with them; numbers keep their spelling. */
void json_object_of(text_buffer *out, const char *text, size_t len) {
    json_t *parsed = len ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    bool inside = false;
    if (!parsed) {
        json_string_of(out, text, len);
        return;
    }
    json_decref(parsed);
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!inside && (c == ' ' || c == '\n' || c == '\t' || c == '\r')) continue;
        text_putc(out, c);
        if (inside && c == '\\' && i + 1 < len)
            text_putc(out, text[++i]);
        else if (c == '"')
            inside = !inside;
    }
}

/* --- cycles --- */

static void put_time(json_t *o, const char *name, int64_t us) {
    char text[40];
    if (us != INT64_MIN) json_object_set_new(o, name, json_string(time_text(us, text)));
}

/* The members that say something. */
static void cycle_text(text_buffer *out, const void *bytes, size_t len) {
    cycle c;
    json_t *o = json_object();
    if (!o || cycle_decode(bytes, len, &c, NULL) != MR_OK) {
        text_puts(out, "null");
        json_decref(o);
        return;
    }
    char day[11];
    json_object_set_new(o, "events", json_integer(c.events));
    if (c.events) {
        put_time(o, "first", c.first_at_us);
        put_time(o, "last", c.last_at_us);
    }
    if (c.orders) {
        json_object_set_new(o, "orders", json_integer(c.orders));
        json_object_set_new(o, "order_events", json_integer(c.order_events));
        json_object_set_new(o, "first_order", json_string(calendar_text(c.first_order_day, day)));
        json_object_set_new(o, "last_order", json_string(calendar_text(c.last_order_day, day)));
    }
    if (c.refunds) json_object_set_new(o, "refunds", json_integer(c.refunds));
    if (c.currency[0]) {
        json_object_set_new(o, "spend", json_real((double)c.spend / 10000));
        json_object_set_new(o, "refunded", json_real((double)c.refunded / 10000));
        json_object_set_new(o, "currency", json_string(c.currency));
        if (c.spend == INT64_MAX) json_object_set_new(o, "spend_is_more", json_true()); /* sums stop there (cycle.c) */
        if (c.refunded == INT64_MAX) json_object_set_new(o, "refunded_is_more", json_true());
        if (c.mixed) json_object_set_new(o, "other_currencies", json_true());
    }
#define COUNTED(kind, count, time) COUNT(kind, count) TIME(kind, time)
#define COUNT(kind, count) if (c.count) json_object_set_new(o, #count, json_integer(c.count));
#define TIME(kind, time) put_time(o, "last_" #kind, c.time);
#include <cycle_counts.def>
#undef COUNTED
#undef COUNT
#undef TIME
    char *text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(15));
    text_puts(out, text ? text : "null");
    free(text);
    json_decref(o);
}

/* --- one cell --- */

/* Without quotes; false: there is nothing to say. */
static bool plain(text_buffer *out, const cell_table *t, size_t i, const db_value *row) {
    const cell_column *c = &t->column[i];
    int64_t n = row[i].integer;
    char text[40];
    switch (c->kind) {
    case CELL_TIME:
        time_text(n, text);
        text_puts(out, text);
        return text[0] != 0;
    case CELL_DAY:
        if (n < calendar_day(1, 1, 1) || n > calendar_day(9999, 12, 31)) return false;
        text_puts(out, calendar_text((int32_t)n, text));
        return true;
    case CELL_MONTH: text_printf(out, "%04d-%02d", (int)(n / 12), (int)(n % 12) + 1); return true;
    case CELL_MONEY: {
        bool known = c->currency < t->n;
        if (known && !row[c->currency].text.len) return false;
        money_text(out, n, known ? row[c->currency].text.at : "", known ? row[c->currency].text.len : 0);
        return true;
    }
    case CELL_KIND: {
        const event_kind_row *kind = event_kind_of((int)n);
        text_puts(out, kind->name);
        return true;
    }
    case CELL_WORD: {
        int64_t words = 0;
        while (c->words[words]) words++;
        if (n >= 0 && n < words)
            text_puts(out, c->words[n]);
        else
            text_printf(out, "%" PRId64, n);
        return n < 0 || n >= words || c->words[n][0];
    }
    case CELL_NUMBER:
    case CELL_ID:
    case CELL_FLAG:
    default:
        if (c->type != 'r') {
            text_printf(out, "%" PRId64, n);
            return true;
        }
        if (!isfinite(row[i].real)) return false;
        text_printf(out, "%.15g", row[i].real);
        return true;
    }
}

void cell_csv(text_buffer *out, const cell_table *t, size_t i, const db_value *row, bool null, const cell_sources *s, bool guard) {
    const cell_column *c = &t->column[i];
    if (null) return;
    if (c->kind == CELL_TEXT || c->kind == CELL_JSON) {
        csv_text(out, row[i].text.at, row[i].text.len, guard);
    } else if (c->kind == CELL_SOURCE) {
        const char *name = cell_source_name(s, (int32_t)row[i].integer);
        csv_text(out, name, strlen(name), guard);
    } else if (c->kind == CELL_CYCLE) {
        text_buffer text = {0};
        cycle_text(&text, row[i].text.at, row[i].text.len);
        csv_text(out, text.data, text.len, false);
        out->failed |= text.failed;
        text_free(&text);
    } else {
        plain(out, t, i, row);
    }
}

void cell_json(text_buffer *out, const cell_table *t, size_t i, const db_value *row, bool null, const cell_sources *s) {
    const cell_column *c = &t->column[i];
    size_t before = out->len;
    bool quoted = c->kind == CELL_ID || c->kind == CELL_TIME || c->kind == CELL_DAY || c->kind == CELL_MONTH || c->kind == CELL_KIND ||
                  c->kind == CELL_WORD;
    if (null) {
        text_puts(out, "null");
    } else if (c->kind == CELL_TEXT) {
        json_string_of(out, row[i].text.at, row[i].text.len);
    } else if (c->kind == CELL_JSON) {
        if (row[i].text.len)
            json_object_of(out, row[i].text.at, row[i].text.len);
        else
            text_puts(out, "null");
    } else if (c->kind == CELL_CYCLE) {
        cycle_text(out, row[i].text.at, row[i].text.len);
    } else if (c->kind == CELL_SOURCE) {
        const char *name = cell_source_name(s, (int32_t)row[i].integer);
        json_string_of(out, name, strlen(name));
    } else if (c->kind == CELL_FLAG) {
        text_puts(out, row[i].integer ? "true" : "false");
    } else {
        if (quoted) text_putc(out, '"');
        bool says = plain(out, t, i, row);
        if (quoted) text_putc(out, '"');
        if (!says) {
            out->len = before;
            text_puts(out, "null");
        }
    }
}
