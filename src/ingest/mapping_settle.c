/* Which form a column's dates have, and which of point and comma is its decimal: decided by the column, not
 * by each value. The first records (the sample) say it, or an option; where they leave 4/3/2021 or 1,234
 * open, the files are read ahead until a line decides. */
#include "mapping_impl.h"

#include "error.h"

#include <stdio.h>
#include <string.h>

#define ENOUGH 20 /* values that show a form, when a silent column speaks up late */

static bool has_time(const field_plan *p) {
    return p->row.type == FIELD_TIME || p->row.type == FIELD_DAY;
}

static bool has_decimal(const field_plan *p) {
    return p->row.type == FIELD_MONEY || p->row.type == FIELD_REAL;
}

static void note(proof_at *at, const row *w, const piece *in) {
    if (at->line) return;
    at->line = w->line;
    at->file = w->file;
    rejects_show(at->value, sizeof at->value, in->at, in->len);
}

/* What one value shows. */
static void observe(field_plan *p, const row *w, const piece *in) {
    field_form *f = &p->form;
    if (has_time(p)) {
        time_form form = time_form_of(in->at, in->len);
        f->forms[form]++;
        if (form != TIME_EITHER) return;
        int64_t us;
        bool clock;
        date_proof proof;
        if (time_parse(in->at, in->len, TIME_EITHER, &us, &clock, &proof)) return;
        if (proof && !f->order) f->order = proof;
        note(proof ? &f->time_proof : &f->open_at, w, in);
    } else if (!in->number) {
        amount a;
        if (amount_parse(in->at, in->len, 0, &a)) return;
        if (a.proves && !f->proved_decimal) f->proved_decimal = a.proves;
        if (a.proves) note(&f->decimal_proof, w, in);
        if (!a.ambiguous) return;
        f->ambiguous = true;
        note(&f->open_at, w, in);
    }
}

/* Takes what was observed. Is the field still open, with values that need a decision? */
static bool conclude(field_plan *p, time_form option) {
    field_form *f = &p->form;
    if (has_decimal(p)) {
        if (!f->decimal) f->decimal = f->proved_decimal;
        return !f->decimal && f->ambiguous;
    }
    if (!has_time(p) || f->given) return false;
    f->time = TIME_OPEN;
    for (int i = TIME_OPEN + 1; i < TIME_FORMS; i++)
        if (f->forms[i] && (!f->time || f->forms[i] > f->forms[f->time])) f->time = (time_form)i;
    if (f->time != TIME_EITHER) return false;
    if (option == TIME_DMY || option == TIME_MDY) {
        f->time = option;
        f->given = true;
    } else if (f->order) {
        f->time = f->order == PROVES_DMY ? TIME_DMY : TIME_MDY;
    }
    return f->time == TIME_EITHER;
}

/* Every field whose form is not given, of the rules that fit the row. only: that field alone. */
static void observe_row(mapping *m, rows *r, const row *w, const field_plan *only) {
    if (w->fault) return;
    for (size_t i = 0; i < m->n_rules; i++) {
        rule_plan *rule = &m->plan[i];
        if (only && (only < rule->field || only >= rule->field + rule->spec->n_fields)) continue;
        if (!mapping_fits(rule, r)) continue;
        for (size_t k = 0; k < rule->spec->n_fields; k++) {
            field_plan *p = &rule->field[k];
            piece in = {0};
            if ((only && p != only) || (has_time(p) ? p->form.given : !has_decimal(p) || p->form.decimal))
                continue;
            if (mapping_piece(m, r, p, &in) && in.at) observe(p, w, &in);
        }
    }
}

/* Looks through rows until `enough` says so. The scratch of the row at hand is left alone. */
static mr_status look(mapping *m, rows *r, const field_plan *only,
                      bool (*enough)(const mapping *m, const field_plan *only), mr_error *err) {
    arena kept = m->scratch;
    mapping_fault *fault = m->fault;
    const row *w = NULL;
    mr_status status = MR_OK;
    m->scratch = (arena){.alloc = m->alloc};
    m->fault = NULL;
    m->starved = false;
    while (!status && (status = rows_next(r, &w, err)) == MR_OK && w) {
        observe_row(m, r, w, only);
        if (m->starved || m->scratch.failed) status = error_memory(err, w->raw_len);
        arena_reset(&m->scratch);
        if (enough && enough(m, only)) break;
    }
    arena_free(&m->scratch);
    m->scratch = kept;
    m->fault = fault;
    return status;
}

/* --- at bind --- */

static bool pending(const field_plan *p) {
    const field_form *f = &p->form;
    if (has_decimal(p)) return !f->decimal && !f->proved_decimal && f->ambiguous;
    return has_time(p) && !f->given && f->time == TIME_EITHER && !f->order;
}

static bool none_pending(const mapping *m, const field_plan *only) {
    (void)only;
    for (size_t i = 0; i < m->n_rules; i++)
        for (size_t k = 0; k < m->plan[i].spec->n_fields; k++)
            if (pending(&m->plan[i].field[k])) return false;
    return true;
}

static mr_status still_open(const mapping *m, rows *r, const field_plan *p, bool once, mr_error *err) {
    const field_form *f = &p->form;
    const char *column = p->spec->columns.n && p->spec->columns.at[0] ? p->spec->columns.at[0] : p->row.name;
    (void)m;
    if (has_time(p))
        return error_set(err, MR_EDATA, column, (int64_t)f->open_at.line,
                         "the dates in %.60s can be read two ways (%.150s:%llu: '%s') and no day above 12 "
                         "%s; say --date-format dmy (day first) or "
                         "--date-format mdy (month first)",
                         column, rows_file(r, f->open_at.file), (unsigned long long)f->open_at.line,
                         f->open_at.value, once ? "among the first records decides" : "decides");
    return error_set(err, MR_EDATA, column, (int64_t)f->open_at.line,
                     "the numbers in %.60s can be read two ways (%.150s:%llu: '%s'); say --decimal point or "
                     "--decimal comma",
                     column, rows_file(r, f->open_at.file), (unsigned long long)f->open_at.line,
                     f->open_at.value);
}

static void take_given(mapping *m, const mapping_options *o, time_form option) {
    for (size_t i = 0; i < m->n_rules; i++) {
        for (size_t k = 0; k < m->plan[i].spec->n_fields; k++) {
            field_plan *p = &m->plan[i].field[k];
            p->form.time = p->spec->from == FROM_MONTHS_BEFORE ? TIME_YMD : p->spec->format;
            if (!p->form.time && option != TIME_DMY && option != TIME_MDY) p->form.time = option;
            p->form.given = p->form.time != TIME_OPEN;
            p->form.decimal = p->spec->decimal               ? p->spec->decimal
                              : !o->decimal                  ? 0
                              : !strcmp(o->decimal, "comma") ? ','
                                                             : '.';
        }
    }
}

static mr_status conclude_all(mapping *m, rows *r, time_form option, bool last, bool once, bool *open,
                              mr_error *err) {
    mr_status status = MR_OK;
    *open = false;
    for (size_t i = 0; i < m->n_rules && !status; i++)
        for (size_t k = 0; k < m->plan[i].spec->n_fields && !status; k++) {
            if (!conclude(&m->plan[i].field[k], option)) continue;
            *open = true;
            if (last) status = still_open(m, r, &m->plan[i].field[k], once, err);
        }
    return status;
}

mr_status mapping_settle(mapping *m, rows *r, const mapping_options *o, mr_error *err) {
    time_form option = o->date_format ? time_form_find(o->date_format) : TIME_OPEN;
    rows *ahead = NULL;
    bool open = false;
    if (o->date_format && !option)
        return error_set(err, MR_EINVAL, "date-format", -1,
                         "--date-format %.40s: give ymd, yyyymmdd, dmy, mdy, unix or unix_ms",
                         o->date_format);
    if (o->decimal && strcmp(o->decimal, "point") != 0 && strcmp(o->decimal, "comma") != 0)
        return error_set(err, MR_EINVAL, "decimal", -1, "--decimal %.40s: give point or comma", o->decimal);
    take_given(m, o, option);
    mr_status status = rows_peek(r, &ahead, err);
    if (!status) status = look(m, ahead, NULL, NULL, err);
    rows_close(ahead);
    ahead = NULL;
    if (!status) status = conclude_all(m, r, option, false, false, &open, err);
    if (status || !open) return status;
    status = rows_again(r, &ahead, err);
    bool once = !ahead;
    if (!status && ahead) status = look(m, ahead, NULL, none_pending, err);
    rows_close(ahead);
    return status ? status : conclude_all(m, r, option, true, once, &open, err);
}

/* --- late --- */

static bool spoken(const mapping *m, const field_plan *p) {
    const field_form *f = &p->form;
    (void)m;
    if (has_decimal(p)) return f->proved_decimal;
    uint32_t n = 0;
    for (int i = TIME_OPEN + 1; i < TIME_FORMS; i++) n += f->forms[i];
    return n >= ENOUGH && (f->forms[TIME_EITHER] * 2 < n || f->order);
}

bool mapping_settle_late(mapping *m, field_plan *p, const piece *in) {
    rows *ahead = NULL;
    mr_error err = {0};
    mr_status status = rows_again(m->reading, &ahead, &err);
    if (!status && ahead) status = look(m, ahead, p, spoken, &err);
    rows_close(ahead);
    if (status == MR_ENOMEM) return false;
    bool seen_all = !status && ahead;
    if (!seen_all) observe(p, m->row, in); /* read once: this value has to do */
    bool open = conclude(p, TIME_OPEN) || (has_time(p) && p->form.time == TIME_OPEN);
    p->form.hopeless = seen_all && open;
    return true;
}
