/* A base with contracts, for a terminal. */
#include "contracts_since.h"
#include "terminal_print.h"

#include <calendar.h>

#include <math.h>
#include <string.h>

#define CALLS 10
#define ISO(day) calendar_text(day, (char[11]){0})
#define AHEAD 6 /* months of renewals shown */

static void understood(const terminal *t, const report *r) {
    const contract_report *c = r->contracts;
    if (c->source) {
        terminal_say(t, PLAIN, "From the ledger: %s event%s from %s to %s", COUNT(c->events), S(c->events), DATE(r->input->understood.first_day),
                     DATE(r->input->understood.last_day));
    } else {
        terminal_say(t, PLAIN, "From %s line%s of %s file%s, dated %s to %s", COUNT(c->rows_read), S(c->rows_read), COUNT(c->files), S(c->files),
                     DATE(r->input->understood.first_day), DATE(r->input->understood.last_day));
    }
    if (c->rejected) terminal_say(t, RISK, "Left out: %s line%s rejected; see rejects.csv", COUNT(c->rejected), S(c->rejected));
    if (c->repeated)
        terminal_say(t, c->conflicting ? RISK : PLAIN, "%s event%s given more than once count%s once%s", COUNT(c->repeated), S(c->repeated), c->repeated == 1 ? "s" : "",
                     c->conflicting ? ", with other contents, and the first counts: contracts that begin on one day need a number (column contract) to be told apart" : "");
    if (!c->day_given && r->until < c->today)
        terminal_say(t, PLAIN, "Looked at from the last day anything happened; --until %s looks from today", ISO(c->today));
    if (contracts_stale(r))
        terminal_say(t, RISK, "Nothing began or changed after %s, and %s customer%s ended since. If the data are of that day, who renewed since is not in them: look from it with "
                              "--until", DATE(c->last_news), COUNT(c->ended_since), c->ended_since == 1 ? "’s contract" : "s’ contracts");
    if (c->not_begun) terminal_say(t, PLAIN, "%s contract%s begin%s later: not counted yet", COUNT(c->not_begun), S(c->not_begun), c->not_begun == 1 ? "s" : "");
    if (r->has_money && c->no_period)
        terminal_say(t, PLAIN, "Prices are taken as a month’s where no column says for how many months (--columns: period_months)");
    if (!r->has_money) terminal_say(t, PLAIN, "No prices: everything is in customers, nothing in money");
}

static void standing(const terminal *t, const report *r) {
    const contract_report *c = r->contracts;
    const book *b = c->book;
    char words[256], part[FIGURE];
    terminal_heading(t, "Where you stand");
    if (r->has_money) {
        snprintf(words, sizeof words, "a month, %s a year", MONEY(12 * c->recurring));
        terminal_line(t, "Recurring revenue", MONEY(c->recurring), BOLD, words);
        if (c->noticed > 0) terminal_line(t, "Under notice", MONEY(c->noticed), RISK, "a month, still paid and no longer counted");
    }
    if (b->year_opening.customers) {
        snprintf(words, sizeof words, "of %s a year ago, %s are gone", COUNT(b->year_opening.customers), COUNT(b->year_lost));
        terminal_line(t, "Customers lost", PERCENT(c->year_logo_loss, 1), RISK, words);
        if (r->has_money) {
            snprintf(words, sizeof words, "of a year ago’s revenue kept; with growth (NRR) %s", figure_percent(part, c->year_nrr, 1));
            terminal_line(t, "GRR", PERCENT(c->year_grr, 1), BOLD, words);
        }
    }
    if (c->last_month != SIZE_MAX) {
        const book_month *m = &b->now[c->last_month];
        double erosion = r->has_money ? 1 - book_grr(m) : book_logo_loss(m);
        snprintf(words, sizeof words, "in %s: %s of %s customers lost, %s pay less", figure_month(part, b->start[c->last_month]), COUNT(m->lost.customers),
                 COUNT(m->opening.customers), COUNT(m->contraction.customers));
        terminal_line(t, "Erosion", PERCENT(erosion, 1), RISK, words);
    }
    const book_month *now = &b->now[b->months - 1];
    if (c->last_month != b->months - 1 && now->lost.customers) {
        snprintf(words, sizeof words, "customers, of %s", COUNT(now->opening.customers));
        terminal_line(t, "Lost this month", COUNT(now->lost.customers), RISK, words);
    }
}

static void ahead(const terminal *t, const report *r) {
    const contract_report *c = r->contracts;
    char words[256];
    snprintf(words, sizeof words, r->has_money ? "The next %s, at a margin of %s" : "The next %s", HORIZON(r->horizon_days), PERCENT(r->margin, 0));
    if (r->has_money && !(r->margin < 1)) snprintf(words, sizeof words, "The next %s, value as revenue (for profit: --margin)", HORIZON(r->horizon_days));
    terminal_heading(t, words);
    words[0] = 0;
    if (r->has_money) snprintf(words, sizeof words, "with %s a month", MONEY(c->due_recurring));
    terminal_line(t, "Renewals due", COUNT(c->due_n), BOLD, c->due_n > 0 ? words : "");
    if (c->due_n > 0 && isfinite(c->all_ahead.expected)) {
        snprintf(words, sizeof words, "%s interval %s to %s", PERCENT(report_level(r), 0), COUNT(c->all_ahead.low), COUNT(c->all_ahead.high));
        terminal_line(t, "of these made", COUNT(c->all_ahead.expected), BOLD, words);
    }
    if (c->late_n > 0) terminal_line(t, "Renewal date past", COUNT(c->late_n), RISK, "and no word whether they go on");
    snprintf(words, sizeof words, "%s interval %s to %s", PERCENT(report_level(r), 0), COUNT(c->expected_low), COUNT(c->expected_high));
    terminal_line(t, "Customers to leave", c->expected_leavers < .5 ? "< 1" : COUNT(c->expected_leavers), BOLD, words);
    if (r->has_money) terminal_line(t, "Value at risk", MONEY(c->value_at_risk), RISK, "");
}

static void renewals_by_month(const terminal *t, const report *r) {
    const book *b = r->contracts->book;
    double most = 0;
    size_t room = t->columns > 46 ? t->columns - 44 : 0, last = 0, first = 0;
    for (int i = 0; i < BOOK_AHEAD; i++) {
        if (b->ahead[i].customers) last = (size_t)i + 1;
        most = fmax(most, (double)(r->has_money ? b->ahead[i].money : (int64_t)b->ahead[i].customers));
    }
    if (!last) return;
    while (!b->ahead[first].customers) first++;
    if (last > first + AHEAD) last = first + AHEAD;
    if (room > 34) room = 34;
    terminal_heading(t, r->has_money ? "Renewals by month, with what they bring a month" : "Renewals by month");
    for (size_t i = first; i < last; i++) {
        const book_flow *f = &b->ahead[i];
        double size = (double)(r->has_money ? f->money : (int64_t)f->customers);
        fputs("  ", t->to);
        terminal_cell(t, PLAIN, figure_month((char[FIGURE]){0}, b->ahead_start[i]), 10, false);
        terminal_cell(t, PLAIN, COUNT(f->customers), 8, true);
        if (r->has_money) terminal_cell(t, DIM, MONEY((double)f->money / MR_MONEY_SCALE), 16, true);
        size_t length = most > 0 ? (size_t)ceil((double)room * size / most) : 0;
        if (length) fputs("  ", t->to);
        terminal_bar(t, ACCENT, length);
        terminal_end_line(t);
    }
}

static void call(const terminal *t, const report *r, size_t rank, const contract_row *row, int decimals) {
    const account *a = row->account;
    const char *name = a->name[0] ? a->name : a->id;
    size_t worth = r->has_money ? 11 : 0;
    bool wide = t->columns >= WIDE_ENOUGH;
    char text[FIGURE];
    snprintf(text, sizeof text, "%zu", rank);
    terminal_cell(t, DIM, text, 4, true);
    fputc(' ', t->to);
    if (wide) {
        terminal_field(t, BOLD, name, strlen(name), t->columns - 5 - 21 - 13 - 8 - worth, false);
        fputs("  ", t->to);
        terminal_cell(t, PLAIN, account_step_name(row->step), 19, false);
        terminal_cell(t, PLAIN, a->at.past_renewal ? "overdue" : a->at.renewal_day == TRACE_NO_DAY ? FIGURE_NONE : DATE(a->at.renewal_day), 13, true);
        terminal_cell(t, PLAIN, PERCENT(row->chance.p, row->chance.p < .01), 8, true);
        if (worth) terminal_at_risk(t, row->value_at_risk, worth, decimals);
        terminal_end_line(t);
        return;
    }
    terminal_field(t, BOLD, name, strlen(name), t->columns > 5 + worth ? t->columns - 5 - worth : 10, false);
    if (worth) terminal_at_risk(t, row->value_at_risk, worth, decimals);
    terminal_end_line(t);
    char words[160];
    snprintf(words, sizeof words, "     %s, leaves with chance %s", account_step_name(row->step), PERCENT(row->chance.p, 0));
    terminal_whole_line(t, DIM, words);
}

static void calls(const terminal *t, const report *r) {
    uint32_t rows[CALLS];
    size_t n = contracts_call_first(r->contracts, rows, CALLS), worth = r->has_money ? 11 : 0;
    terminal_end_line(t);
    if (!n) {
        terminal_whole_line(t, BOLD, "Nobody needs a call today");
        return;
    }
    if (t->columns >= WIDE_ENOUGH) {
        terminal_cell(t, BOLD, "Talk to first", t->columns - 21 - 13 - 8 - worth, false);
        fputs("  ", t->to);
        terminal_cell(t, DIM, "what to do", 19, false);
        terminal_cell(t, DIM, "renews", 13, true);
        terminal_cell(t, DIM, "leaves", 8, true);
        if (worth) terminal_cell(t, DIM, "at risk", worth, true);
    } else {
        terminal_cell(t, BOLD, "Talk to first", t->columns - worth, false);
        if (worth) terminal_cell(t, DIM, "at risk", worth, true);
    }
    terminal_end_line(t);
    const contract_row *first = &r->contracts->row[rows[0]];
    int decimals = first->value_at_risk < 1000 ? 2 : 0;
    for (size_t i = 0; i < n; i++) call(t, r, i + 1, &r->contracts->row[rows[i]], decimals);
    char unlisted[160];
    if (r->not_listed) terminal_say(t, DIM, "%s", report_not_listed(r, unlisted));
}

static void since(const terminal *t, const report *r) {
    const contracts_since *s = r->contracts->since;
    if (!s) return;
    terminal_heading(t, "Since the earlier run");
    terminal_say(t, PLAIN, "Run of %s: %s new, %s came back, %s left, %s pay more, %s pay less%s%s", DATE(s->head.until), COUNT(s->added), COUNT(s->returned), COUNT(s->left), COUNT(s->more),
                 COUNT(s->less), s->missing ? ", not in these data " : "", s->missing ? COUNT(s->missing) : "");
    if (isfinite(s->head.expected))
        terminal_say(t, PLAIN, "It expected %s to leave within %s; %s have left in the %s since", COUNT(s->head.expected), HORIZON(s->head.horizon_days), COUNT(s->left),
                     DAYS((double)r->until - s->head.until));
    if (r->has_money && isfinite(s->head.value_at_risk)) terminal_say(t, PLAIN, "Value at risk was %s and is %s", MONEY(s->head.value_at_risk), MONEY(r->contracts->value_at_risk));
    if (report_other_terms(r)) terminal_say(t, RISK, "That run had another horizon, margin or discount rate: chances and money at risk do not compare");
}

static void trust(const terminal *t, const report *r) {
    const contract_holdout *h = &r->contracts->holdout;
    terminal_heading(t, "How far to trust it");
    if (r->contracts->renewal.afterwards) {
        text_buffer words = {0};
        contracts_afterwards(r->contracts, &words);
        terminal_say(t, RISK, "%s", text_terminate(&words));
        text_free(&words);
        terminal_say(t, RISK, "Everybody is given the same chance, that of the last year; nothing is put to the test%s",
                     r->contracts->model_withheld ? ", and the ledger’s model of leaving, learnt from the same dates, is left aside" : "");
        terminal_say(t, PLAIN, "A line for each term, those that ended and were renewed too, would tell");
        return;
    }
    const leaving_chances *m = r->contracts->model;
    if (m) {
        terminal_say(t, PLAIN, "Chances are those of the ledger’s model of leaving, learnt up to %s; AUC %s on time it had not seen", DATE(m->as_of),
                     figure_number((char[FIGURE]){0}, m->auc, 2));
        terminal_say(t, PLAIN, "Beside it, plain counts of customers in the same place before:");
    }
    if (h->nobody_left) {
        terminal_say(t, RISK, "Nobody had left by %s, so nothing could be learnt by then and nothing was put to the test", DATE(h->day));
        return;
    }
    if (!h->n) {
        terminal_say(t, RISK, "Too little history: nothing was put to the test");
        return;
    }
    terminal_say(t, PLAIN, "From what was known on %s, %s of %s customers were expected to leave within %s, and %s did", DATE(h->day), COUNT(h->expected),
                 COUNT(h->n), HORIZON(r->horizon_days), COUNT(h->left));
    if (isfinite(h->auc))
        terminal_say(t, h->auc < .55 ? RISK : PLAIN, "Who: AUC %s (one half is a coin), top tenth %s", figure_number((char[FIGURE]){0}, h->auc, 2),
                     figure_times((char[FIGURE]){0}, h->lift));
}

void terminal_contracts(const terminal *t, const report *r) {
    const contract_report *c = r->contracts;
    terminal_say(t, BOLD, "%s customer%s under contract, %s contract%s, on %s; %s left before", COUNT(c->under), S(c->under), COUNT(c->book->contracts),
                 S(c->book->contracts), DATE(r->until), COUNT(c->n - c->under));
    understood(t, r);
    standing(t, r);
    ahead(t, r);
    renewals_by_month(t, r);
    calls(t, r);
    terminal_extras(t, r);
    since(t, r);
    trust(t, r);
}
