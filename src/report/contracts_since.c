#include "contracts_since.h"

#include "cells.h"

#include <error.h>
#include <mem.h>
#include <table.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CENT .005 /* customers.csv shows money to two decimals */

const char *account_state_word(account_state state) {
    static const char *const words[ACCOUNT_STATES] = {"under contract", "part notice", "left"};
    return words[state < ACCOUNT_STATES ? state : ACCOUNT_LEFT];
}

account_state account_state_of(const book_standing *s) {
    return !s->under ? ACCOUNT_LEFT : s->noticed ? ACCOUNT_PART_NOTICE : ACCOUNT_UNDER;
}

/* --- reading --- */

typedef enum column { ID, STATE, RECURRING, P_LEAVE, STEP, COLUMNS } column;
static const char *const headings[COLUMNS] = {"customer", "state", "recurring", "p_leave", "first_step"};

static mr_status bad_cell(const ingest_table *t, size_t i, column c, const char *value, mr_error *err) {
    return error_set(err, MR_EDATA, headings[c], (int64_t)i, "%.300s, line %llu: \"%.40s\" is no %s; --previous takes a folder that marram run or marram report has written",
                     t->path, (unsigned long long)t->line[i], value, c == STATE ? "state of a customer" : c == P_LEAVE ? "chance between 0 and 1" : "amount");
}

static mr_status take_row(contracts_since *s, const ingest_table *t, size_t i, const int at[COLUMNS], mr_error *err) {
    char *const *cell = t->cell + i * t->columns;
    since_row *row = &s->was[s->n];
    *row = (since_row){.id = arena_copy(&s->text, cell[at[ID]], strlen(cell[at[ID]])), .step = arena_copy(&s->text, cell[at[STEP]], strlen(cell[at[STEP]])),
                       .state = ACCOUNT_STATES, .recurring = NAN, .p_leave = NAN};
    if (s->text.failed) return error_memory(err, strlen(cell[at[ID]]));
    for (account_state k = 0; k < ACCOUNT_STATES; k++)
        if (!strcmp(cell[at[STATE]], account_state_word(k))) row->state = k;
    if (row->state == ACCOUNT_STATES) return bad_cell(t, i, STATE, cell[at[STATE]], err);
    char *end = cell[at[RECURRING]];
    if (*end) row->recurring = strtod(cell[at[RECURRING]], &end);
    if (*end || row->recurring < 0 || isinf(row->recurring)) return bad_cell(t, i, RECURRING, cell[at[RECURRING]], err);
    end = cell[at[P_LEAVE]];
    if (*end) row->p_leave = strtod(cell[at[P_LEAVE]], &end);
    if (*end || row->p_leave < 0 || row->p_leave > 1) return bad_cell(t, i, P_LEAVE, cell[at[P_LEAVE]], err);
    s->n++;
    return MR_OK;
}

static int by_id(const void *a, const void *b) {
    const since_row *x = a, *y = b;
    return strcmp(x->id, y->id);
}

static mr_status take_rows(contracts_since *s, const ingest_table *t, mr_error *err) {
    int at[COLUMNS];
    for (column c = 0; c < COLUMNS; c++) {
        at[c] = ingest_table_column(t, headings[c]);
        if (at[c] < 0) return error_set(err, MR_EDATA, "previous", -1, "%.300s has no column \"%s\": marram has not written it", t->path, headings[c]);
    }
    s->was = mem_new(NULL, t->rows + 1, sizeof *s->was);
    if (!s->was) return error_memory(err, t->rows * sizeof *s->was);
    mr_status status = MR_OK;
    for (size_t i = 0; i < t->rows && status == MR_OK; i++) status = take_row(s, t, i, at, err);
    if (status == MR_OK && s->n) qsort(s->was, s->n, sizeof *s->was, by_id);
    return status;
}

mr_status contracts_since_read(const char *dir, contracts_since *out, mr_error *err) {
    *out = (contracts_since){0};
    char path[PREVIOUS_DIR_MAX + 20];
    ingest_table table = {0};
    mr_status status = previous_head_read(dir, true, &out->head, err);
    if (status != MR_OK) return status;
    out->dir = arena_copy(&out->text, dir, strlen(dir));
    if (!out->dir) return error_memory(err, strlen(dir));
    snprintf(path, sizeof path, "%s/customers.csv", dir);
    status = ingest_table_read(path, &table, err);
    if (status == MR_OK) {
        status = take_rows(out, &table, err);
        ingest_table_free(&table);
    }
    return status;
}

void contracts_since_free(contracts_since *s) {
    mem_free(NULL, s->was);
    mem_free(NULL, s->change);
    arena_free(&s->text);
    *s = (contracts_since){0};
}

/* --- joining --- */

static double or_nothing(double value) {
    return isnan(value) ? 0 : value;
}

/* The earlier row of an account; identifiers are compared as customers.csv shows them, so that a defused formula meets itself again. */
static mr_status find(contracts_since *s, const account *a, text_buffer *shown, since_row **out, mr_error *err) {
    size_t len = strlen(a->id);
    shown->len = 0;
    if (cell_is_formula(a->id, len, CELL_TEXT)) text_putc(shown, '\'');
    text_puts(shown, a->id);
    since_row key = {.id = text_terminate(shown)};
    if (shown->failed) return error_memory(err, len);
    *out = s->n ? bsearch(&key, s->was, s->n, sizeof *s->was, by_id) : NULL;
    return MR_OK;
}

static void put_change(contracts_since *s, uint32_t i, const since_row *was, double key) {
    if (s->unlisted) return; /* counted, and not listed by name */
    s->change[s->changes_n++] = (since_change){i, was, key};
}

static void join_row(contracts_since *s, const contract_row *row, uint32_t i, since_row *was) {
    bool is = row->account->at.under, known = was && !was->met, been = known && was->state != ACCOUNT_LEFT;
    double now = is ? row->recurring : 0, then = been ? or_nothing(was->recurring) : 0;
    if (!known) {
        s->added += is;
        s->added_and_left += !is;
        s->recurring_new += now;
        if (is) put_change(s, i, NULL, -2e9 - i);
        return;
    }
    was->met = true;
    if (been && !is) {
        s->left++;
        s->recurring_left += then;
        put_change(s, i, was, 1e9 + then);
        return;
    }
    if (!been && !is) return;
    if (!been) {
        s->returned++;
        s->recurring_returned += now;
        put_change(s, i, was, -1e9 - i);
        return;
    }
    double rise = row->chance.p - was->p_leave;
    bool money = fabs(now - then) > CENT, step = strcmp(was->step, account_step_name(row->step)) != 0;
    s->more += money && now > then;
    s->less += money && now < then;
    s->other_step += step;
    /* Cents that rounding made are in here, so that it adds up. */
    if (now > then) s->recurring_more += now - then;
    else s->recurring_less += then - now;
    if (money || step || was->state != account_state_of(&row->account->at)) put_change(s, i, was, isnan(rise) ? -1e6 : rise);
}

static int by_key(const void *a, const void *b) {
    const since_change *x = a, *y = b;
    return x->key != y->key ? (x->key < y->key) - (x->key > y->key) : (x->row > y->row) - (x->row < y->row);
}

mr_status contracts_since_join(contracts_since *s, report *r, mr_error *err) {
    const contract_report *c = r->contracts;
    text_buffer shown = {0};
    mr_status status = MR_OK;
    s->change = mem_new(NULL, c->n + 1, sizeof *s->change);
    if (!s->change) return error_memory(err, c->n * sizeof *s->change);
    for (size_t i = 0; i < s->n; i++) {
        if (s->was[i].state == ACCOUNT_LEFT) continue;
        s->under++;
        s->recurring += or_nothing(s->was[i].recurring);
    }
    for (size_t i = 0; i < c->n && status == MR_OK; i++) {
        since_row *was = NULL;
        status = find(s, c->row[i].account, &shown, &was, err);
        s->unlisted = c->row[i].account->unlisted;
        if (s->unlisted && !was) continue; /* in no earlier list either: not new */
        if (status == MR_OK) join_row(s, &c->row[i], (uint32_t)i, was);
    }
    for (size_t i = 0; i < s->n; i++) {
        if (s->was[i].met || s->was[i].state == ACCOUNT_LEFT) continue;
        s->missing++;
        s->recurring_missing += or_nothing(s->was[i].recurring);
    }
    qsort(s->change, s->changes_n, sizeof *s->change, by_key);
    text_free(&shown);
    r->has_previous = true;
    r->previous_dir = s->dir;
    r->previous_until = s->head.until;
    r->previous_value_at_risk = s->head.value_at_risk;
    r->previous_horizon_days = s->head.horizon_days;
    r->previous_margin = s->head.margin;
    r->previous_discount_rate = s->head.discount_rate;
    return status;
}

/* --- changes.csv --- */

static void put_cell(text_buffer *b, const char *text) {
    size_t len = strlen(text);
    if (!text_reserve(b, cell_text_room(len))) return;
    b->len = (size_t)(cell_text(b->data + b->len, text, len, CELL_TEXT) - b->data);
}

static void comma_number(text_buffer *b, double value, int decimals) {
    text_putc(b, ',');
    if (!text_reserve(b, 40)) return;
    b->len = (size_t)(cell_number(b->data + b->len, value, decimals) - b->data);
}

mr_status contracts_changes_csv(const report *r, text_buffer *out, mr_error *err) {
    const contract_report *c = r->contracts;
    text_puts(out, "customer,name,state_was,state,recurring_was,recurring,p_leave_was,p_leave,p_leave_change,value_at_risk,first_step_was,first_step\n");
    for (size_t i = 0; i < c->since->changes_n; i++) {
        const since_change *change = &c->since->change[i];
        const contract_row *row = &c->row[change->row];
        const since_row *was = change->was;
        bool under = row->account->at.under;
        put_cell(out, row->account->id);
        text_putc(out, ',');
        put_cell(out, row->account->name);
        text_printf(out, ",%s,%s", was ? account_state_word(was->state) : "", account_state_word(account_state_of(&row->account->at)));
        comma_number(out, was ? was->recurring : (double)NAN, 2);
        comma_number(out, r->has_money ? row->recurring : (double)NAN, 2);
        comma_number(out, was ? was->p_leave : (double)NAN, 4);
        comma_number(out, row->chance.p, 4);
        comma_number(out, was ? row->chance.p - was->p_leave : (double)NAN, 4);
        comma_number(out, row->value_at_risk, 2);
        text_putc(out, ',');
        put_cell(out, was ? was->step : "");
        text_printf(out, ",%s\n", under ? account_step_name(row->step) : "");
    }
    return out->failed ? error_memory(err, out->capacity) : MR_OK;
}
