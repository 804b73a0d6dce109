/* customers.csv of a base with contracts: one row an account, those under contract first, highest value at risk on top; and why an account is listed. */
#include "cells.h"
#include "contracts_since.h"
#include "extras.h"
#include "figures.h"

#include <error.h>

#include <math.h>
#include <string.h>

#define STALE_DAYS 31 /* a base in which nothing begins, is renewed or changed for so long, while ... */
#define STALE_ENDS 3  /* ... so many end */

size_t contracts_call_first(const contract_report *c, uint32_t *rows, size_t most) {
    size_t n = 0;
    for (size_t i = 0; i < c->under && n < most; i++)
        if (c->row[i].step != ACCOUNT_NOTHING && !c->row[i].account->unlisted) rows[n++] = (uint32_t)i;
    return n;
}

bool contracts_stale(const report *r) {
    const contract_report *c = r->contracts;
    return !c->renewal.afterwards && c->last_news != TRACE_NO_DAY && (int64_t)c->last_news + STALE_DAYS < r->until && c->ended_since >= STALE_ENDS;
}

void contracts_afterwards(const contract_report *c, text_buffer *out) {
    char due[FIGURE], made[FIGURE];
    double n = c->renewal.all_due - c->renewal.all_lost;
    text_printf(out, "Of the %s renewal dates that are past, %s: these data hold next dates alone, and a date that is past is that of a customer who left. ",
                figure_count(due, c->renewal.all_due), n > 0 ? "hardly any was renewed" : "not one was renewed");
    if (n > 0) text_printf(out, "(%s of them were.) ", figure_count(made, n));
    text_puts(out, "So nobody could have known them beforehand, and who will leave cannot be learnt from them. Where a line's start is that of its present term, the losses of a year ago are too high as well.");
}

/* What each sign says of one account. */
static const char *const said[BOOK_SIGNS] = {
    [BOOK_SIGN_leaving] = "spoke of leaving", [BOOK_SIGN_downgrade] = "asked for less", [BOOK_SIGN_competitor] = "has a competitor’s quote",
    [BOOK_SIGN_payment] = "a payment failed", [BOOK_SIGN_problem] = "a problem or broken promise", [BOOK_SIGN_people] = "a contact left",
    [BOOK_SIGN_shrinking] = "pays less than a year ago", [BOOK_SIGN_dearer] = "price went up"};

/* What was observed that speaks for leaving, in the customer's words. */
static const reason_row *observed(const report *r, const contract_row *row) {
    reason found = r->extras && row->account->at.under ? extras_observed_of(r->extras, row->account->customer_id) : REASON_none;
    return found == REASON_none ? NULL : reason_of((int)found);
}

static void sep(text_buffer *out, size_t start) {
    if (out->len > start) text_puts(out, "; ");
}

void contracts_why(const report *r, const contract_row *row, text_buffer *out) {
    const book_standing *s = &row->account->at;
    char a[FIGURE], b[FIGURE];
    size_t start = out->len;
    if (!s->under) {
        text_printf(out, "left %s", figure_date(a, s->left_day));
        if (row->account->stated[0]) text_printf(out, " (%s)", row->account->stated);
        if (row->noticed > 0) text_puts(out, ", and still pays until the end of the contract");
        return;
    }
    for (int k = 0; k < BOOK_SIGNS; k++) {
        if (!(s->signs >> k & 1)) continue;
        sep(out, start);
        if (k == BOOK_SIGN_shrinking && row->year_ago > 0) {
            text_printf(out, "pays %s less than a year ago", figure_percent(a, 1 - row->recurring / row->year_ago, 0));
            continue;
        }
        text_puts(out, said[k]);
        if (k == BOOK_SIGN_dearer) text_printf(out, " by %s on %s", figure_percent(a, s->raised_share, 0), figure_date(b, s->raised_day));
        else text_printf(out, " on %s", figure_date(a, s->sign_day[k]));
    }
    const reason_row *why = observed(r, row);
    if (why) {
        sep(out, start);
        text_printf(out, "observed: “%s”", why->says);
    }
    if (row->raised_by[0]) {
        sep(out, start);
        text_puts(out, "the chance is raised most by ");
        for (const char *c = row->raised_by; *c; c++) text_putc(out, *c == '_' ? ' ' : *c);
    }
    if (s->past_renewal) {
        sep(out, start);
        text_puts(out, "renewal date past, and no word of it");
    }
    if (row->renews && s->renewal_day != TRACE_NO_DAY) {
        sep(out, start);
        text_printf(out, "renews %s", figure_date(a, s->renewal_day));
        if (s->notice_day < s->renewal_day) text_printf(out, s->notice_day >= r->until ? ", notice until %s" : ", notice was due %s", figure_date(b, s->notice_day));
    }
    if (r->until - s->since_day < 90) {
        sep(out, start);
        text_puts(out, "new");
    }
    if (out->len == start) text_puts(out, "no sign");
}

static void put_text(text_buffer *b, const char *text) {
    size_t len = strlen(text);
    if (!text_reserve(b, cell_text_room(len))) return;
    b->len = (size_t)(cell_text(b->data + b->len, text, len, CELL_TEXT) - b->data);
}

static void comma_text(text_buffer *b, const char *text) {
    text_putc(b, ',');
    put_text(b, text);
}

static void comma_number(text_buffer *b, double value, int decimals) {
    text_putc(b, ',');
    if (!text_reserve(b, 40)) return;
    b->len = (size_t)(cell_number(b->data + b->len, value, decimals) - b->data);
}

static void comma_day(text_buffer *b, int32_t day) {
    static const cell_dates none = {.first = 0, .last = -1};
    text_putc(b, ',');
    if (day == TRACE_NO_DAY || !text_reserve(b, 16)) return;
    b->len = (size_t)(cell_date(b->data + b->len, &none, day) - b->data);
}

static void put_row(const report *r, const contract_row *row, text_buffer *why, text_buffer *out) {
    const account *a = row->account;
    const book_standing *s = &a->at;
    put_text(out, a->id);
    comma_text(out, a->name);
    comma_text(out, a->email);
    comma_text(out, a->phone);
    comma_text(out, a->tier);
    comma_text(out, a->segment);
    comma_text(out, a->owner_sales);
    comma_text(out, a->owner_operations);
    comma_text(out, account_state_word(account_state_of(s)));
    comma_day(out, s->since_day);
    comma_day(out, s->under ? TRACE_NO_DAY : s->left_day);
    comma_text(out, a->stated);
    comma_number(out, s->contracts, 0);
    comma_number(out, r->has_money ? row->recurring : NAN, 2);
    comma_number(out, r->has_money ? row->noticed : NAN, 2);
    comma_number(out, r->has_money && s->under && s->year_ago ? row->year_ago : NAN, 2);
    comma_number(out, s->renewals, 0);
    comma_day(out, s->renewal_day);
    comma_day(out, s->renewal_day == TRACE_NO_DAY ? TRACE_NO_DAY : s->notice_day);
    comma_number(out, row->chance.p, 4);
    comma_number(out, row->chance.low, 4);
    comma_number(out, row->chance.high, 4);
    comma_number(out, row->value_at_risk, 2);
    why->len = 0;
    contracts_why(r, row, why);
    const reason_row *seen = observed(r, row);
    comma_text(out, seen ? seen->code : "");
    comma_text(out, text_terminate(why));
    comma_text(out, s->under ? account_step_name(row->step) : "");
    text_putc(out, '\n');
}

mr_status contracts_csv(const report *r, text_buffer *out, mr_error *err) {
    text_buffer why = {0};
    text_puts(out, "customer,name,email,phone,tier,segment,owner_sales,owner_operations,state,since,left,reason,contracts,recurring,under_notice,recurring_year_ago,"
                   "renewals,renewal,notice_by,p_leave,p_leave_low,p_leave_high,value_at_risk,observed_reason,why,first_step\n");
    for (size_t i = 0; i < r->contracts->n; i++)
        if (!r->contracts->row[i].account->unlisted) put_row(r, &r->contracts->row[i], &why, out);
    bool failed = out->failed || why.failed;
    text_free(&why);
    return failed ? error_memory(err, out->capacity) : MR_OK;
}
