/* One record by the careful way: quotes, every form of date and amount, presets, contacts, and the words for
 * what is wrong. */
#include "amounts.h"
#include "calendar.h"
#include "error.h"
#include "parse.h"
#include "presets.h"

#include <stdio.h>
#include <string.h>

mr_status worker_reject(ingest_worker *w, size_t start, size_t end, int column, const char *value, size_t len,
                        ingest_date_format under, bool fatal, const char *reason, mr_error *err) {
    if (!w->plan->skip_errors && under != DATE_UNKNOWN) { /* the first of its kind is enough */
        for (size_t i = 0; i < w->rejects.n; i++)
            if (w->rejects.all[i].under == under) return MR_OK;
    }
    reject r = {.block = w->block->number,
                .line = worker_line(w, start),
                .column = column,
                .under = under,
                .fatal = fatal};
    if (fatal || ((!w->plan->skip_errors || w->rejects.n >= REJECTS_LIMIT) && under == DATE_UNKNOWN))
        w->stop = true;
    return rejects_add(&w->rejects, &r, value, len, reason, w->block->data + start, end - start, err);
}

static void note(ingest_worker *w, evidence *e, size_t start, const char *value, size_t len) {
    if (e->seen) return;
    e->seen = true;
    e->block = w->block->number;
    e->line = worker_line(w, start);
    rejects_show(e->value, sizeof e->value, value, len);
}

mr_status worker_header(ingest_worker *w, size_t *start, mr_error *err) {
    const ingest_plan *plan = w->plan;
    const ingest_block *b = w->block;
    size_t end = *start;
    /* blank lines may stand before it */
    do {
        *start = end;
        end = scan_record_end(b->data, *start, b->len, plan->quoting);
        w->newlines++;
    } while (end < b->len && split_blank(b->data + *start, end - 1 - *start));
    size_t from = *start;
    *start = end;
    split_fault fault =
        split_record(b->data + from, end - 1 - from, plan->delimiter, plan->quoting, w->alloc, &w->fields);
    if (fault == SPLIT_NO_MEMORY) return error_memory(err, end - from);
    if (fault)
        return worker_reject(w, from, end - 1, -1, "", 0, DATE_UNKNOWN, true, split_fault_text(fault), err);
    char reason[256], theirs[48];
    if (w->fields.n < plan->columns) {
        snprintf(reason, sizeof reason,
                 "the header has %zu columns where the first file has %zu; the files must have the same "
                 "columns",
                 w->fields.n, plan->columns);
        return worker_reject(w, from, end - 1, -1, "", 0, DATE_UNKNOWN, true, reason, err);
    }
    for (size_t i = 0; i < plan->columns; i++) {
        rejects_show(theirs, sizeof theirs, w->fields.field[i].at, w->fields.field[i].len);
        if (!w->fields.field[i].len || !strcasecmp(theirs, plan->heading[i])) continue;
        snprintf(reason, sizeof reason,
                 "column %zu is headed '%s' where the first file has '%s'; the files must have the same "
                 "columns in the same order",
                 i + 1, theirs, plan->heading[i]);
        return worker_reject(w, from, end - 1, (int)i, theirs, strlen(theirs), DATE_UNKNOWN, true, reason,
                             err);
    }
    return MR_OK;
}

/* --- the date --- */

static const char *date_example(ingest_date_format format) {
    switch (format) {
    case DATE_YMD:
        return "2021-03-04";
    case DATE_COMPACT:
        return "20210304";
    case DATE_MDY:
        return "03/04/2021 for March the 4th";
    case DATE_DMY:
    case DATE_UNKNOWN:
        break;
    }
    return "04/03/2021 for the 4th of March";
}

static void date_reason(const ingest_worker *w, date_fault fault, char *out, size_t room) {
    const ingest_plan *plan = w->plan;
    ingest_date_format f = plan->date_format;
    switch (fault) {
    case DATE_FAULT_EMPTY:
        snprintf(out, room, "is empty; every line needs a date");
        break;
    case DATE_FAULT_SHORT_YEAR:
        snprintf(out, room, "has a year of two digits; export the dates with four, best as 2021-03-04");
        break;
    case DATE_FAULT_DAY:
        snprintf(out, room, "is no day of the calendar");
        break;
    case DATE_FAULT_TIME:
        snprintf(out, room, "has something behind the date that is no time");
        break;
    case DATE_FAULT_ORDER:
        if (plan->order_line) {
            snprintf(out, room,
                     "reads %s, but line %llu (%s) shows %s; give --date-format, or correct the file",
                     ingest_date_format_name(f == DATE_DMY ? DATE_MDY : DATE_DMY),
                     (unsigned long long)plan->order_line, plan->order_value, ingest_date_format_name(f));
        } else {
            snprintf(out, room, "reads %s where --date-format says %s",
                     ingest_date_format_name(f == DATE_DMY ? DATE_MDY : DATE_DMY),
                     ingest_date_format_name(f));
        }
        break;
    case DATE_OK:
    case DATE_FAULT_FORM:
        snprintf(out, room, "is no date of the column's form (%s, like %s)", ingest_date_format_name(f),
                 date_example(f));
        break;
    }
}

static void future_reason(const ingest_plan *plan, int32_t day, char *out, size_t room) {
    char today[11], then[11];
    snprintf(out, room, "lies in the future: %s is after %s; check the clock, or give --today",
             calendar_text(day, then), calendar_text(plan->today, today));
}

/* Under an order that is still open, a date may be in the future by one reading: kept, and judged at the end.
 */
static mr_status open_future(ingest_worker *w, size_t start, size_t end, split_field f, uint32_t when,
                             mr_error *err) {
    const ingest_date_format orders[2] = {DATE_DMY, DATE_MDY};
    mr_status status = MR_OK;
    for (int i = 0; i < 2 && !status; i++) {
        int32_t day;
        char reason[200];
        if (!when_unpack(when, orders[i], &day) || day <= w->plan->today) continue;
        future_reason(w->plan, day, reason, sizeof reason);
        status = worker_reject(w, start, end, w->plan->date, f.at, f.len, orders[i], false, reason, err);
    }
    return status;
}

/* *take false: the line is left out (rejected, or after `until`). */
static mr_status take_date(ingest_worker *w, size_t start, size_t end, uint32_t *when, bool *take,
                           mr_error *err) {
    const ingest_plan *plan = w->plan;
    split_field f = w->fields.field[plan->date];
    date_proof proof = PROVES_NOTHING;
    char reason[300];
    *take = false;
    date_fault fault = DATE_OK;
    if (f.len != 10 || plan->date_format != DATE_YMD || !date_parse_iso(&plan->months, f.at, when))
        fault = date_parse(f.at, f.len, plan->date_format, when, &proof);
    if (fault) {
        date_reason(w, fault, reason, sizeof reason);
        return worker_reject(w, start, end, plan->date, f.at, f.len, DATE_UNKNOWN, false, reason, err);
    }
    *take = true;
    if (plan->date_format == DATE_UNKNOWN) {
        note(w, proof ? &w->order[proof] : &w->unclear_date, start, f.at, f.len);
        return plan->today == INT32_MAX ? MR_OK : open_future(w, start, end, f, *when, err);
    }
    int32_t day = when_day(*when);
    if (day > plan->today) {
        *take = false;
        future_reason(plan, day, reason, sizeof reason);
        return worker_reject(w, start, end, plan->date, f.at, f.len, DATE_UNKNOWN, false, reason, err);
    }
    if (day > plan->until) {
        *take = false;
        w->after_until++;
    }
    return MR_OK;
}

/* --- the amount --- */

static void amount_reason(const ingest_plan *plan, amount_fault fault, char *out, size_t room) {
    char other = plan->decimal == ',' ? '.' : ',';
    switch (fault) {
    case AMOUNT_FAULT_EMPTY:
        snprintf(out, room, "is empty; write 0 for an order without a price");
        break;
    case AMOUNT_FAULT_LARGE:
        snprintf(out, room, "is larger than 922,337,203,685,477");
        break;
    case AMOUNT_FAULT_GROUPS:
        snprintf(out, room, "has separators where no thousands end");
        break;
    case AMOUNT_FAULT_DECIMAL:
        if (plan->decimal_line) {
            snprintf(
                out, room,
                "can only have '%c' as its decimal, but line %llu (%s) shows '%c'; correct the file, or give "
                "--decimal",
                other, (unsigned long long)plan->decimal_line, plan->decimal_value, plan->decimal);
        } else {
            snprintf(out, room, "can only have '%c' as its decimal where --decimal says '%c'", other,
                     plan->decimal);
        }
        break;
    case AMOUNT_OK:
    case AMOUNT_FAULT_FORM:
        snprintf(out, room, "is no amount of money (like 12.50, -3, $1,234.00)");
        break;
    }
}

static void note_currency(ingest_worker *w, size_t start, const char *currency) {
    if (!w->currency[0].seen || !strcmp(w->currency[0].value, currency)) {
        note(w, &w->currency[0], start, currency, strlen(currency));
    } else {
        note(w, &w->currency[1], start, currency, strlen(currency));
    }
}

static mr_status take_amount(ingest_worker *w, size_t start, size_t end, int column, uint32_t *when,
                             int64_t *money, bool *take, mr_error *err) {
    split_field f = w->fields.field[column];
    amount a;
    *take = true;
    if (amount_parse_plain(f.at, f.len, w->plan->decimal, money)) return MR_OK;
    amount_fault fault = amount_parse(f.at, f.len, w->plan->decimal, &a);
    *take = !fault;
    if (fault) {
        char reason[300];
        amount_reason(w->plan, fault, reason, sizeof reason);
        return worker_reject(w, start, end, column, f.at, f.len, DATE_UNKNOWN, false, reason, err);
    }
    if (a.currency[0]) note_currency(w, start, a.currency);
    if (!w->plan->decimal && a.proves) note(w, &w->decimal[a.proves == ','], start, f.at, f.len);
    if (a.ambiguous) {
        note(w, &w->unclear, start, f.at, f.len);
        *when |= a.ambiguous == ',' ? ROW_COMMA : ROW_POINT;
    }
    *money = a.money;
    return MR_OK;
}

/* --- the rest --- */

/* First and last name in one, into w->name. */
static split_field whole_name(ingest_worker *w) {
    const ingest_plan *plan = w->plan;
    split_field family = w->fields.field[plan->at.last_name], given = {"", 0};
    if (plan->at.first_name >= 0) given = w->fields.field[plan->at.first_name];
    int len =
        snprintf(w->name, sizeof w->name, "%.*s%s%.*s", (int)(given.len < 120 ? given.len : 120), given.at,
                 given.len && family.len ? " " : "", (int)(family.len < 120 ? family.len : 120), family.at);
    return (split_field){w->name, len > 0 ? (size_t)len : 0};
}

static bool in_block(const ingest_worker *w, split_field f) {
    return !f.len || (f.at >= w->block->data && f.at < w->block->data + w->block->len);
}

/* Adds the row, with its contacts where there are any. */
static mr_status add(ingest_worker *w, uint32_t when, int64_t money, mr_error *err) {
    const ingest_plan *plan = w->plan;
    split_field id = w->fields.field[plan->customer];
    if (!w->bins->contacts) return worker_put(w, id.at, id.len, when, money, err);
    worker_enter(w, id.at, id.len, when, money);
    bin_note *notes = w->notes[w->batched - 1];
    bool stays = in_block(w, id);
    for (int k = 0; k < CONTACTS; k++) {
        split_field f = plan->contact[k] >= 0 ? w->fields.field[plan->contact[k]] : (split_field){"", 0};
        if (k == CONTACT_NAME && plan->at.last_name >= 0) f = whole_name(w);
        notes[k] = (bin_note){f.at, f.len};
        stays = stays && in_block(w, f);
    }
    /* what lies in scratch is gone with the next record */
    return w->batched == BIN_BATCH || !stays ? worker_flush(w, err) : MR_OK;
}

/* A refund beside the order's total counts as a return of the same day. */
static mr_status take_refund(ingest_worker *w, size_t start, size_t end, uint32_t when, bool *take,
                             int64_t *refund, mr_error *err) {
    int column = w->plan->at.refunded;
    *refund = 0;
    *take = true;
    if (column < 0 || !w->fields.field[column].len) return MR_OK;
    uint32_t flags = when;
    mr_status status = take_amount(w, start, end, column, &flags, refund, take, err);
    if (*refund > 0) *refund = -*refund;
    return status;
}

static mr_status take_record(ingest_worker *w, size_t start, size_t end, mr_error *err) {
    const ingest_plan *plan = w->plan;
    split_field id = w->fields.field[plan->customer];
    uint32_t when = 0;
    int64_t money = 0, refund = 0;
    bool take;
    if (plan->preset) {
        preset_line line = preset_classify(plan, &w->fields, w->previous_order);
        w->continued += line == PRESET_CONTINUED;
        w->cancelled += line == PRESET_CANCELLED;
        if (line != PRESET_ORDER) return MR_OK;
    }
    if (!id.len)
        return worker_reject(w, start, end, plan->customer, "", 0, DATE_UNKNOWN, false,
                             "is empty; every line needs its customer", err);
    mr_status status = take_date(w, start, end, &when, &take, err);
    if (status || !take) return status;
    if (plan->amount >= 0) status = take_amount(w, start, end, plan->amount, &when, &money, &take, err);
    if (status || !take) return status;
    status = take_refund(w, start, end, when, &take, &refund, err);
    if (status || !take) return status;
    status = add(w, when, money, err);
    return status || !refund ? status : add(w, when, refund, err);
}

mr_status worker_record(ingest_worker *w, size_t start, size_t end, mr_error *err) {
    const ingest_plan *plan = w->plan;
    const char *record = w->block->data + start;
    w->newlines++;
    if (split_blank(record, end - start)) return MR_OK;
    w->lines++;
    split_fault fault =
        split_record(record, end - start, plan->delimiter, plan->quoting, w->alloc, &w->fields);
    if (fault == SPLIT_NO_MEMORY) return error_memory(err, end - start);
    size_t n = w->fields.n;
    mr_status status;
    char reason[200];
    if (fault) {
        status = worker_reject(w, start, end, n <= plan->columns ? (int)n - 1 : -1, record, end - start,
                               DATE_UNKNOWN, false, split_fault_text(fault), err);
    } else if (n < plan->columns) {
        snprintf(reason, sizeof reason, "has %zu field%s where %zu are expected", n, n == 1 ? "" : "s",
                 plan->columns);
        status = worker_reject(w, start, end, -1, record, end - start, DATE_UNKNOWN, false, reason, err);
    } else {
        bool surplus = n > INGEST_MAX_COLUMNS;
        for (size_t i = plan->columns; i < n && !surplus; i++) surplus = w->fields.field[i].len > 0;
        if (surplus) {
            snprintf(reason, sizeof reason,
                     "has %zu fields where %zu are expected; a field that holds the delimiter must be "
                     "quoted",
                     n, plan->columns);
            status = worker_reject(w, start, end, -1, record, end - start, DATE_UNKNOWN, false, reason, err);
        } else {
            status = take_record(w, start, end, err);
        }
    }
    w->record++;
    return status;
}
