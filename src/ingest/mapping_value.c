/* A field's text out of a row, and the text into a value of the field's type. */
#include "mapping_impl.h"

#include "calendar.h"
#include "currency.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool mapping_refuse(mapping *m, const field_plan *p, const piece *in, const char *format, ...) {
    mapping_fault *f = m->fault;
    if (!f) return false;
    *f = (mapping_fault){.column = in ? in->column : -1};
    snprintf(f->field, sizeof f->field, "%s", p->row.name);
    if (in && in->at) rejects_show(f->value, sizeof f->value, in->at, in->len);
    va_list args;
    va_start(args, format);
    vsnprintf(f->reason, sizeof f->reason, format, args);
    va_end(args);
    return false;
}

static bool no_memory(mapping *m, const field_plan *p) {
    m->starved = true;
    return mapping_refuse(m, p, NULL, "could not be read: out of memory");
}

/* --- the text --- */

static inline bool edge(char c) {
    return (unsigned char)c <= ' ';
}

static inline bool cell(rows *r, int column, piece *out) {
    rows_cell c = rows_cell_of(r, column);
    while (c.len && edge(*c.at)) c.at++, c.len--;
    while (c.len && edge(c.at[c.len - 1])) c.len--;
    *out = (piece){.at = c.len ? c.at : NULL, .len = c.len, .column = column};
    return c.len > 0;
}

static bool get_column(mapping *m, rows *r, const field_plan *p, piece *out) {
    (void)m;
    cell(r, p->column[0], out);
    return true;
}

static bool get_json_column(mapping *m, rows *r, const field_plan *p, piece *out) {
    (void)m;
    if (cell(r, p->column[0], out)) out->number = rows_json_number(r, p->column[0]);
    return true;
}

static bool get_first(mapping *m, rows *r, const field_plan *p, piece *out) {
    (void)m;
    for (size_t i = 0; i < p->spec->columns.n; i++) {
        if (!cell(r, p->column[i], out)) continue;
        out->number = rows_json(r) && rows_json_number(r, p->column[i]);
        return true;
    }
    return true;
}

static bool get_const(mapping *m, rows *r, const field_plan *p, piece *out) {
    (void)m, (void)r;
    *out = (piece){.at = p->spec->text, .len = strlen(p->spec->text), .column = -1};
    return true;
}

static bool get_join(mapping *m, rows *r, const field_plan *p, piece *out) {
    const field_spec *f = p->spec;
    text_buffer *b = &m->buffer;
    bool any = false;
    b->len = 0;
    for (size_t i = 0; i < f->columns.n; i++) {
        piece part = {.at = f->text_part[i], .len = f->text_part[i] ? strlen(f->text_part[i]) : 0};
        if (!f->text_part[i]) any = cell(r, p->column[i], &part) || any;
        if (!part.at) continue;
        if (b->len && f->text) text_puts(b, f->text);
        text_add(b, part.at, part.len);
    }
    *out = (piece){.column = p->column[0]};
    if (!any) return true;
    const char *at = b->failed ? NULL : arena_text(&m->scratch, b->data, b->len);
    if (!at) return no_memory(m, p);
    out->at = at;
    out->len = b->len;
    return true;
}

static bool whole(const char *at, size_t len, int64_t *out);

static bool get_months_before(mapping *m, rows *r, const field_plan *p, piece *out) {
    int64_t months;
    if (!cell(r, p->column[0], out)) return true;
    if (!whole(out->at, out->len, &months) || months < 0 || months > 12000)
        return mapping_refuse(m, p, out, "is no number of months");
    calendar_date of = calendar_of(p->spec->of_day);
    int64_t index = calendar_month_index(p->spec->of_day) - months;
    if (index < 12) return mapping_refuse(m, p, out, "is more months than there are before that date");
    int32_t start = calendar_month_start((int)index), next = calendar_month_start((int)index + 1);
    int32_t day = start + of.day - 1 < next ? start + of.day - 1 : next - 1;
    char *at = arena_take(&m->scratch, 11 + ARENA_PADDING);
    if (!at) return no_memory(m, p);
    char text[11];
    memcpy(at, calendar_text(day, text), 10);
    out->at = at;
    out->len = 10;
    return true;
}

static bool same_value(const char *listed, const piece *in) {
    return strlen(listed) == in->len && !strncasecmp(listed, in->at, in->len);
}

static void replace(piece *out, const char *text) {
    out->len = strlen(text);
    out->at = out->len ? text : NULL;
    out->number = false;
}

/* Lookup, values and default. */
static bool change(mapping *m, const field_plan *p, piece *out) {
    const field_spec *f = p->spec;
    bool listed = !f->n_values;
    if (p->table && out->at) {
        const char *value = mapping_lookup_find(p->table, out->at, out->len);
        if (!value && !f->otherwise)
            return mapping_refuse(m, p, out, "is not among the %.40s of %.60s", f->lookup_key,
                                  f->lookup_file);
        replace(out, value ? value : "");
    }
    for (size_t i = 0; i < f->n_values && out->at && !listed; i++) {
        if (!same_value(f->values[i].from, out)) continue;
        replace(out, f->values[i].to);
        return true; /* also where it now means nothing */
    }
    if (f->otherwise && (!out->at || !listed)) replace(out, f->otherwise);
    return true;
}

bool mapping_piece(mapping *m, rows *r, const field_plan *p, piece *out) {
    return p->get(m, r, p, out) && (!p->changes || change(m, p, out));
}

/* --- numbers --- */

/* A whole number, also as 12.0. */
static bool whole(const char *at, size_t len, int64_t *out) {
    size_t i = 0;
    bool negative = len && *at == '-';
    int64_t value = 0;
    if (negative) i++;
    size_t from = i;
    for (; i < len && at[i] >= '0' && at[i] <= '9' && i - from < 16; i++) value = value * 10 + (at[i] - '0');
    if (i == from) return false;
    if (i < len && at[i] == '.') {
        for (i++; i < len && at[i] == '0'; i++) {
        }
    }
    *out = negative ? -value : value;
    return i == len;
}

/* A number with an exponent, as JSON may have it. */
static bool scientific(const piece *in, int64_t *out) {
    char text[48], *end;
    if (in->len >= sizeof text || (!memchr(in->at, 'e', in->len) && !memchr(in->at, 'E', in->len)))
        return false;
    memcpy(text, in->at, in->len);
    text[in->len] = 0;
    if (strspn(text, "0123456789+-.eE") != in->len) return false;
    double value = strtod(text, &end) * 10000;
    if (end == text || *end || !(fabs(value) < 9e18)) return false;
    *out = llround(value);
    return true;
}

static bool refuse_amount(mapping *m, const field_plan *p, const piece *in, amount_fault fault) {
    const field_form *f = &p->form;
    switch (fault) {
    case AMOUNT_FAULT_LARGE:
        return mapping_refuse(m, p, in, "is larger than 922,337,203,685,477");
    case AMOUNT_FAULT_GROUPS:
        return mapping_refuse(m, p, in, "has separators where no thousands end");
    case AMOUNT_FAULT_DECIMAL:
        if (f->decimal_proof.line)
            return mapping_refuse(
                m, p, in,
                "can only have '%c' as its decimal, but line %llu (%.31s) shows '%c'; give --decimal",
                f->decimal == ',' ? '.' : ',', (unsigned long long)f->decimal_proof.line,
                f->decimal_proof.value, f->decimal);
        return mapping_refuse(m, p, in, "can only have '%c' as its decimal where '%c' is said to be it",
                              f->decimal == ',' ? '.' : ',', f->decimal);
    case AMOUNT_OK:
    case AMOUNT_FAULT_EMPTY:
    case AMOUNT_FAULT_FORM:
        break;
    }
    return mapping_refuse(m, p, in,
                          p->row.type == FIELD_MONEY ? "is no amount of money (like 12.50, -3, $1,234.00)"
                                                     : "is no number (like 12.5)");
}

/* 1/10,000 of the unit, by the column's decimal; what it shows of an open decimal is kept. */
static bool amount_of(mapping *m, field_plan *p, const piece *in, int64_t *money,
                      char currency[AMOUNT_CURRENCY]) {
    char decimal = in->number ? '.' : p->form.decimal;
    amount a;
    if (amount_parse_plain(in->at, in->len, decimal, money)) return true;
    amount_fault fault = amount_parse(in->at, in->len, decimal, &a);
    if (fault && scientific(in, money)) return true;
    if (fault) return refuse_amount(m, p, in, fault);
    if (!decimal && a.ambiguous) {
        if (!p->form.hopeless && !mapping_settle_late(m, p, in)) return no_memory(m, p);
        if (!p->form.decimal)
            return mapping_refuse(m, p, in, "can be read two ways; say --decimal point or --decimal comma");
        fault = amount_parse(in->at, in->len, p->form.decimal, &a);
        if (fault) return refuse_amount(m, p, in, fault);
    } else if (!decimal && a.proves) {
        p->form.decimal = a.proves;
        p->form.decimal_proof = (proof_at){.line = m->row->line, .file = m->row->file};
        rejects_show(p->form.decimal_proof.value, sizeof p->form.decimal_proof.value, in->at, in->len);
    }
    *money = a.money;
    memcpy(currency, a.currency, AMOUNT_CURRENCY);
    return true;
}

/* From 1/10,000 of a minor unit to 1/10,000 of the unit, half away from zero. */
static bool from_minor(mapping *m, const field_plan *p, const piece *in, int64_t *money) {
    const rule_plan *rule = m->rule_at;
    piece code_of = {0};
    char code[4];
    static const int64_t scale[] = {1, 10, 100, 1000, 10000};
    if (!mapping_piece(m, m->reading, &rule->field[rule->currency], &code_of)) return false;
    if (!code_of.at)
        return mapping_refuse(
            m, p, in, "is in minor units, and the line has no currency that says how many make a unit");
    if (!currency_find(code_of.at, code_of.len, code)) {
        char shown[32];
        return mapping_refuse(m, p, in, "is in minor units, and '%s' is no currency's code",
                              rejects_show(shown, sizeof shown, code_of.at, code_of.len));
    }
    int digits = currency_digits(code);
    int64_t by = scale[digits < 0 ? 2 : digits], half = *money < 0 ? -by / 2 : by / 2;
    *money = (*money + half) / by;
    return true;
}

/* Times another column, half away from zero; an empty one is 1. */
static bool times(mapping *m, const field_plan *p, const piece *in, int64_t *money) {
    piece by = {0};
    amount factor;
    if (!cell(m->reading, p->times, &by)) return true;
    char decimal = rows_json(m->reading) || !p->form.decimal ? '.' : p->form.decimal;
    if (amount_parse(by.at, by.len, decimal, &factor) || factor.currency[0])
        return mapping_refuse(m, p, &by, "is no number to multiply by");
    if (fabs((double)*money * (double)factor.money) >= 9e22 || llabs(*money) > INT64_MAX / 10000)
        return mapping_refuse(m, p, in, "is larger than 922,337,203,685,477");
    int64_t part = *money * (factor.money % 10000);
    *money = *money * (factor.money / 10000) + (part + (part < 0 ? -5000 : 5000)) / 10000;
    return true;
}

static bool to_money(mapping *m, field_plan *p, const piece *in, record_value *out) {
    char currency[AMOUNT_CURRENCY] = "";
    if (!amount_of(m, p, in, &out->number, currency)) return false;
    if (p->spec->minor && !from_minor(m, p, in, &out->number)) return false;
    if (p->times >= 0 && !times(m, p, in, &out->number)) return false;
    out->text = "";
    out->len = strlen(currency);
    if (out->len) out->text = arena_text(&m->scratch, currency, out->len);
    return out->text || no_memory(m, p);
}

static bool to_real(mapping *m, field_plan *p, const piece *in, record_value *out) {
    char currency[AMOUNT_CURRENCY] = "";
    if (!amount_of(m, p, in, &out->number, currency)) return false;
    if (currency[0]) return mapping_refuse(m, p, in, "is an amount of money where a number is expected");
    return p->times < 0 || times(m, p, in, &out->number);
}

static bool to_count(mapping *m, field_plan *p, const piece *in, record_value *out) {
    if (!whole(in->at, in->len, &out->number)) return mapping_refuse(m, p, in, "is no whole number");
    return out->number >= 0 || mapping_refuse(m, p, in, "is below zero");
}

static bool to_flag(mapping *m, field_plan *p, const piece *in, record_value *out) {
    static const char *const yes[] = {"1", "true", "yes", "y", "t"}, *const no[] = {"0", "false", "no", "n",
                                                                                    "f"};
    for (int i = 0; i < 5; i++) {
        if (same_value(yes[i], in)) return out->number = 1, true;
        if (same_value(no[i], in)) return out->number = 0, true;
    }
    return mapping_refuse(m, p, in, "is neither yes nor no");
}

/* --- times --- */

static bool refuse_time(mapping *m, const field_plan *p, const piece *in, time_fault fault) {
    const field_form *f = &p->form;
    const char *other = f->time == TIME_DMY ? "M/D/YYYY" : "D/M/YYYY",
               *ours = f->time == TIME_DMY ? "D/M/YYYY" : "M/D/YYYY";
    switch (fault) {
    case TIME_FAULT_SHORT_YEAR:
        return mapping_refuse(m, p, in,
                              "has a year of two digits; export the dates with four, best as 2021-03-04");
    case TIME_FAULT_DAY:
        return mapping_refuse(m, p, in, "is no day of the calendar");
    case TIME_FAULT_CLOCK:
        return mapping_refuse(m, p, in, "has something behind the date that is no time of day");
    case TIME_FAULT_ZONE:
        return mapping_refuse(m, p, in, "has a time zone that is no offset; write Z, or one like +02:00");
    case TIME_FAULT_ORDER:
        if (f->time_proof.line)
            return mapping_refuse(
                m, p, in, "reads %s, but line %llu (%.31s) shows %s; give --date-format, or correct the file",
                other, (unsigned long long)f->time_proof.line, f->time_proof.value, ours);
        return mapping_refuse(m, p, in, "reads %s where %s is said to be the form", other, ours);
    case TIME_OK:
    case TIME_FAULT_FORM:
        break;
    }
    return mapping_refuse(m, p, in, "is no date of the column's form (like %s)", time_form_like(f->time));
}

/* What says what happened cannot lie after today. A time of day may be ahead of UTC by a zone's fourteen
 * hours. */
static bool not_yet(const mapping *m, int64_t us, bool clock) {
    if (m->today == INT32_MAX) return false;
    int64_t end = ((int64_t)m->today + 1) * TIMES_DAY_US;
    return us >= end + (clock ? 14 * INT64_C(3600000000) : 0);
}

static bool to_time(mapping *m, field_plan *p, const piece *in, record_value *out) {
    bool clock = false;
    date_proof proof;
    if (p->form.time != TIME_YMD || !time_parse_plain(&m->months, in->at, in->len, &out->number, &clock)) {
        bool open = p->form.time == TIME_OPEN || p->form.time == TIME_EITHER;
        if (open && !p->form.hopeless && !mapping_settle_late(m, p, in)) return no_memory(m, p);
        if (p->form.time == TIME_EITHER && time_form_of(in->at, in->len) == TIME_EITHER)
            return mapping_refuse(m, p, in,
                                  "can be read two ways; say --date-format dmy or --date-format mdy");
        bool known = p->form.time != TIME_OPEN && p->form.time != TIME_EITHER;
        time_fault fault = !known ? TIME_FAULT_FORM
                                  : time_parse(in->at, in->len, p->form.time, &out->number, &clock, &proof);
        bool short_year = false;
        if (fault == TIME_FAULT_FORM) date_form(in->at, in->len, &short_year);
        if (fault) return refuse_time(m, p, in, short_year ? TIME_FAULT_SHORT_YEAR : fault);
    }
    out->ahead = not_yet(m, out->number, clock);
    if (out->ahead && !p->future) {
        char today[11];
        return mapping_refuse(m, p, in, "lies in the future: after %s; check the clock, or give --today",
                              calendar_text(m->today, today));
    }
    return true;
}

/* --- text --- */

static bool to_text(mapping *m, field_plan *p, const piece *in, record_value *out) {
    (void)m, (void)p, (void)in, (void)out;
    return true;
}

/* A JSON object, compact. */
static bool to_object(mapping *m, field_plan *p, const piece *in, record_value *out) {
    const char *fault;
    size_t at;
    if (json_line_parse(&m->tree, in->at, in->len, &fault, &at, NULL)) return no_memory(m, p);
    if (fault || m->tree.node[0].type != JSON_LINE_OBJECT)
        return mapping_refuse(m, p, in, "is no JSON object%s%s", fault ? ": " : "", fault ? fault : "");
    out->len = m->tree.node[0].len;
    out->text = arena_text(&m->scratch, m->tree.node[0].at, out->len);
    return out->text || no_memory(m, p);
}

/* --- which of them --- */

void mapping_compile(field_plan *p, bool json) {
    static bool (*const convert[])(mapping *, field_plan *, const piece *, record_value *) = {
        [FIELD_TEXT] = to_text, [FIELD_TIME] = to_time,   [FIELD_DAY] = to_time,  [FIELD_MONEY] = to_money,
        [FIELD_REAL] = to_real, [FIELD_COUNT] = to_count, [FIELD_FLAG] = to_flag,
    };
    p->convert = convert[p->row.type];
    if (p->kind == RECORD_events && p->spec->field == FIELD_events_body) p->convert = to_object;
    switch (p->spec->from) {
    case FROM_COLUMN:
        json = json && (p->row.type == FIELD_MONEY || p->row.type == FIELD_REAL);
        p->get = p->spec->columns.n > 1 ? get_first : json ? get_json_column : get_column;
        break;
    case FROM_JOIN:
        p->get = get_join;
        break;
    case FROM_CONST:
        p->get = get_const;
        break;
    case FROM_MONTHS_BEFORE:
        p->get = get_months_before;
        break;
    }
    p->changes = p->table || p->spec->n_values || p->spec->otherwise;
}
