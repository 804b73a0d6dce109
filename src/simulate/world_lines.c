/* Lines of events.ndjson and of the CSV files of a described world. */
#include "world_lines.h"
#include "world_spec.h"

#include <calendar.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- numbers of things --- */

typedef char thing_id[32];

/* "T-000017-3": the third case of customer 17. */
static const char *thing(const world_history *h, char letter, uint32_t number, thing_id out) {
    int len = snprintf(out, sizeof(thing_id), "%c-%s", letter, h->customer + 1);
    if (number) snprintf(out + len, sizeof(thing_id) - (size_t)len, "-%u", number);
    return out;
}

static const char *subject(const world *w, const world_history *h, size_t i, thing_id out) {
    const char *kind = event_kind_of(h->t.event[i].kind)->subject;
    uint32_t number = h->words[i].subject;
    if (!strcmp(kind, "contract")) return w->mode == RISK_CONTRACTS ? thing(h, 'K', 0, out) : NULL;
    if (!*kind || !number) return NULL;
    return thing(h, !strcmp(kind, "case") ? 'T' : !strcmp(kind, "promise") ? 'P' : !strcmp(kind, "contact") ? 'S' : 'O', number, out);
}

/* --- events --- */

typedef enum body_from {
    FROM_ABOUT, FROM_WORD, FROM_WHO, FROM_NOTE, FROM_NUMBER, FROM_UNTIL, FROM_TENTHS, FROM_TEN, FROM_CASE, FROM_NOTICE, FROM_MONTHS,
    FROM_UNSIGNED, FROM_FIRST, FROM_AREA, FROM_CLOSED, FROM_HARD
} body_from;

static const struct body_row {
    int16_t kind;
    uint8_t from;
    const char *field;
} bodies[] = {
#define BODY(kind, field, from) {EVENT_##kind, FROM_##from, #field},
#include "world_bodies.def"
#undef BODY
};

static void put_words(body_writer *body, const char *field, const char *text) {
    if (text) body_put_text(body, field, text, strlen(text));
}

static void put_true(body_writer *body, const char *field, const trace_event *e, int flag) {
    if (e->flags & flag) body_put_raw(body, field, "true", 4);
}

static void put_number(body_writer *body, const char *field, double value, double times) {
    if (!isnan(value)) body_put_number(body, field, (int64_t)llround(value * 1e4 * times));
}

static void put_field(body_writer *body, const struct body_row *row, const world_history *h, size_t i) {
    const trace_event *e = &h->t.event[i];
    const world_words *words = &h->words[i];
    thing_id number;
    switch ((body_from)row->from) {
    case FROM_ABOUT: put_words(body, row->field, words->about); break;
    case FROM_WORD: put_words(body, row->field, words->word); break;
    case FROM_WHO: put_words(body, row->field, words->who); break;
    case FROM_NOTE: put_words(body, row->field, words->note); break;
    case FROM_NUMBER: put_number(body, row->field, e->value, 1); break;
    case FROM_TENTHS: put_number(body, row->field, e->value, 10); break;
    case FROM_TEN: body_put_integer(body, row->field, 10); break;
    case FROM_UNTIL:
        if (e->until_day != TRACE_NO_DAY) body_put_day(body, row->field, e->until_day);
        break;
    case FROM_CASE:
        if (words->subject) put_words(body, row->field, thing(h, 'T', words->subject, number));
        break;
    case FROM_NOTICE:
        if (e->notice_days >= 0) body_put_integer(body, row->field, e->notice_days);
        break;
    case FROM_MONTHS:
        if (e->months > 0) body_put_integer(body, row->field, e->months);
        break;
    case FROM_UNSIGNED:
        if (e->flags & TRACE_UNSIGNED) body_put_raw(body, row->field, "false", 5);
        break;
    case FROM_FIRST: put_true(body, row->field, e, TRACE_FIRST_RESPONSE); break;
    case FROM_AREA: put_true(body, row->field, e, TRACE_OUT_OF_AREA); break;
    case FROM_CLOSED: put_true(body, row->field, e, TRACE_CLOSED); break;
    case FROM_HARD: put_true(body, row->field, e, TRACE_HARD); break;
    }
}

static void put_money(text_buffer *out, int64_t amount) {
    char text[40];
    text_add(out, text, (size_t)(text_fixed(text, (double)amount / 1e4, 2) - text));
}

static void put_day(text_buffer *out, int32_t day) {
    char text[11];
    if (day != TRACE_NO_DAY) text_puts(out, calendar_text(day, text));
}

void world_line_event(text_buffer *out, body_writer *body, const world *w, const world_history *h, size_t i) {
    const trace_event *e = &h->t.event[i];
    thing_id about;
    char at[40];
    const char *number = subject(w, h, i, about);
    text_printf(out, "{\"customer\":\"%s\",\"kind\":\"%s\",\"at\":\"%s\",\"id\":\"%s-%u\"", h->customer, event_kind_of(e->kind)->name,
                time_text(e->at_us, at), h->customer, h->words[i].serial);
    if (number) text_printf(out, ",\"subject\":\"%s\"", number);
    if (e->amount) {
        text_puts(out, ",\"amount\":");
        put_money(out, e->amount);
        text_puts(out, ",\"currency\":\"EUR\"");
    }
    body_begin(body);
    for (size_t k = 0; k < sizeof bodies / sizeof *bodies; k++)
        if (bodies[k].kind == e->kind) put_field(body, &bodies[k], h, i);
    size_t len = 0;
    const char *object = body_end(body, &len);
    if (!object) out->failed = true;
    if (object && len) {
        text_puts(out, ",\"body\":");
        text_add(out, object, len);
    }
    text_puts(out, "}\n");
}

/* --- CSV --- */

const char world_head_customers[] = "customer,tier,segment,owner_sales,owner_operations\n";
const char world_head_truth[] = "customer,started,left,left_day,gone_day,reason,stated,moment,active,traces,misleading,frailty,expected\n";
const char world_head_orders[] = "customer,date,amount,product\n";
const char world_head_contracts[] = "customer,contract,product,start,end,renewal,notice_days,price,currency,period_months,seats\n";

/* Names of tiers and moments are the description's: quotes where they are needed; what a spreadsheet would run gets an apostrophe. */
static void put_cell(text_buffer *out, const char *text) {
    bool formula = *text && strchr("=+-@\t\r", *text), quoted = strpbrk(text, ",\"\n\r") != NULL;
    if (quoted) text_putc(out, '"');
    if (formula) text_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '"') text_putc(out, '"');
        text_putc(out, *text);
    }
    if (quoted) text_putc(out, '"');
}

void world_line_customer(text_buffer *out, const world_history *h) {
    text_printf(out, "%s,", h->customer);
    put_cell(out, h->tier);
    text_putc(out, ',');
    put_cell(out, h->segment);
    text_printf(out, ",%s,%s\n", h->owner_sales, h->owner_operations);
}

/* The names of the moments they were in, with " + " between. */
static void put_active(text_buffer *out, const world *w, uint32_t active) {
    char names[512] = "";
    size_t len = 0;
    for (size_t i = 0; i < w->moments && len + 1 < sizeof names; i++)
        if (active >> i & 1) len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", len ? " + " : "", w->moment[i].name);
    put_cell(out, names);
}

void world_line_truth(text_buffer *out, const world *w, const world_history *h) {
    const world_truth *t = &h->truth;
    text_printf(out, "%s,", h->customer);
    put_day(out, t->start_day);
    text_printf(out, ",%d,", t->left_day != TRACE_NO_DAY);
    put_day(out, t->left_day);
    text_putc(out, ',');
    put_day(out, t->gone_day);
    text_printf(out, ",%s,%s,", t->reason, t->stated);
    put_cell(out, t->moment < 0 ? "" : w->moment[t->moment].name);
    text_putc(out, ',');
    put_active(out, w, t->active);
    text_printf(out, ",%d,%s,%.6g,%.6g\n", t->traces, t->misleading, t->frailty, t->expected);
}

static uint64_t orders(text_buffer *out, const world_history *h) {
    uint64_t n = 0;
    for (size_t i = 0; i < h->t.n; i++) {
        const trace_event *e = &h->t.event[i];
        if (e->kind != EVENT_order && e->kind != EVENT_refund) continue;
        text_printf(out, "%s,", h->customer);
        put_day(out, e->day);
        text_puts(out, e->kind == EVENT_refund ? ",-" : ",");
        put_money(out, e->amount);
        text_putc(out, ',');
        put_cell(out, h->words[i].note ? h->words[i].note : "");
        text_putc(out, '\n');
        n++;
    }
    return n;
}

static void put_term(text_buffer *out, const world *w, const world_history *h, const trace_event *e, const char *product, uint32_t term, int32_t end) {
    thing_id number;
    text_printf(out, "%s,%s,%s,", h->customer, thing(h, 'K', term, number), product);
    put_day(out, e->day);
    text_putc(out, ',');
    put_day(out, end);
    text_putc(out, ',');
    put_day(out, e->until_day);
    text_printf(out, ",%lld,", (long long)w->notice_days);
    put_money(out, e->amount);
    text_printf(out, ",EUR,%lld,%.0f\n", (long long)w->period_months, e->value);
}

/* A line a term, so that each says what was agreed when it began: in a line a contract those of the present would stand for the past, and whoever has
 * a renewal behind them would be known to have left. */
static uint64_t contracts(text_buffer *out, const world *w, const world_history *h) {
    const trace_event *term = NULL;
    const char *product = "";
    uint32_t n = 0;
    for (size_t i = 0; i < h->t.n; i++) {
        const trace_event *e = &h->t.event[i];
        bool begins = e->kind == EVENT_contract_start || e->kind == EVENT_contract_renew;
        if (!begins && e->kind != EVENT_contract_end) continue;
        if (term) put_term(out, w, h, term, product, n, e->day);
        term = begins ? e : NULL;
        if (begins) product = h->words[i].about;
        n += begins;
    }
    if (term) put_term(out, w, h, term, product, n, TRACE_NO_DAY);
    return n;
}

uint64_t world_lines_bought(text_buffer *out, const world *w, const world_history *h) {
    return w->mode == RISK_CONTRACTS ? contracts(out, w, h) : orders(out, h);
}
