/* The headline figures for a terminal: what was understood, what to expect, stages, whom to call, how it did
 * on the holdout.
 */
#include "terminal_print.h"

#include "utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CALLS 10
#define NAMED 6 /* unused columns that are named */

static const char *delimiter_of(char delimiter) {
    switch (delimiter) {
    case ';':
        return "semicolons";
    case '\t':
        return "tabs";
    case '|':
        return "bars";
    case ' ':
        return "blanks";
    default:
        return "commas";
    }
}

/* What was not counted as an order, each kind where there is any. */
static void left_out(const terminal *t, const ingest_understood *u) {
    const struct {
        uint64_t n;
        const char *one, *more;
    } kinds[] = {{u->rejected, "line rejected", "lines rejected"},
                 {u->cancelled, "order called off or never paid", "orders called off or never paid"},
                 {u->after_until, "line after the last day", "lines after the last day"},
                 {u->return_only_customers, "customer with returns only", "customers with returns only"}};
    char words[400];
    size_t at = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].n)
            at += (size_t)snprintf(words + at, sizeof words - at, "%s%s %s", at ? ", " : "", COUNT(kinds[i].n),
                                   kinds[i].n == 1 ? kinds[i].one : kinds[i].more);
    if (at) terminal_say(t, u->rejected ? RISK : PLAIN, "Left out: %s", words);
}

/* Columns that orders do not have and contracts do: two of them, and the file is likely a list of contracts. */
static bool like_contracts(const ingest_understood *u) {
    static const char *const begins[] = {"contract", "renewal", "notice", "end"};
    size_t n = 0;
    for (size_t k = 0; k < sizeof begins / sizeof *begins; k++)
        for (size_t i = 0; i < u->columns && i < INGEST_MAX_COLUMNS; i++)
            if (u->role[i] == ROLE_IGNORE && !strncasecmp(u->heading[i], begins[k], strlen(begins[k]))) {
                n++;
                break;
            }
    return n >= 2;
}

/* A name or an e-mail column among these would be missed in the list to call: --columns takes it in. */
static void unused(const terminal *t, const ingest_understood *u) {
    char words[NAMED * 52 + 1];
    size_t at = 0, n = 0;
    for (size_t i = 0; i < u->columns && i < INGEST_MAX_COLUMNS; i++)
        if (u->role[i] == ROLE_IGNORE && n++ < NAMED)
            at += (size_t)snprintf(words + at, sizeof words - at, "%s%.47s", at ? ", " : "", u->heading[i]);
    if (n > NAMED) {
        terminal_say(t, PLAIN, "Not used: %s and %zu more", words, n - NAMED);
    } else if (n) {
        terminal_say(t, PLAIN, "Not used: %s", words);
    }
    if (like_contracts(u)) terminal_say(t, RISK, "These columns look like contracts, and each line was read as an order: marram run --contracts FILE reads them as contracts");
}

static void understood(const terminal *t, const report *r) {
    const ingest_understood *u = &r->input->understood;
    if (r->ledger) {
        terminal_say(t, PLAIN, "From the ledger: %s order%s from %s to %s; %s more on a day that had one, %s return%s", COUNT(u->orders), S(u->orders),
                     DATE(u->first_day), DATE(u->last_day), COUNT(u->merged), COUNT(u->returns), S(u->returns));
        if (!r->has_money) terminal_say(t, PLAIN, "No amounts: everything is in orders, nothing in money");
        return;
    }
    terminal_heading(t, "What was understood");
    terminal_say(t, PLAIN, "%s line%s of %s file%s, fields split at %s, %s header", COUNT(u->lines), S(u->lines), COUNT(u->files),
        S(u->files), delimiter_of(u->delimiter), u->header ? "with a" : "without a");
    char columns[640];
    size_t at = 0;
    for (size_t i = 0; i < u->columns && i < INGEST_MAX_COLUMNS; i++) {
        if (u->role[i] == ROLE_IGNORE || at + 80 > sizeof columns) continue;
        at += (size_t)snprintf(columns + at, sizeof columns - at, "%s%s = %.47s", at ? ", " : "",
                               report_role_word(u->role[i]), u->heading[i]);
    }
    if (at) terminal_say(t, PLAIN, "Columns: %s", columns);
    unused(t, u);
    terminal_say(t, PLAIN, "Dates as %s%s%s", report_date_word(u->date_format), u->date_why ? ": " : "",
        u->date_why ? u->date_why : "");
    if (r->has_money)
        terminal_say(t, PLAIN, "Amounts with a decimal %s%s%s", u->decimal_comma ? "comma" : "point", t->currency[0] ? ", in " : "",
            t->currency);
    terminal_say(t, PLAIN, "%s order line%s from %s to %s; %s same-day line%s merged, %s return%s", COUNT(u->orders), S(u->orders),
        DATE(u->first_day), DATE(u->last_day), COUNT(u->merged), S(u->merged), COUNT(u->returns), S(u->returns));
    if (u->continued)
        terminal_say(t, PLAIN, "%s line%s continue%s an order already counted", COUNT(u->continued), S(u->continued),
            u->continued == 1 ? "s" : "");
    if (!r->has_money) terminal_say(t, PLAIN, "No amounts: everything is in orders, nothing in money");
    left_out(t, u);
}

static void headlines(const terminal *t, const report *r) {
    char words[256];
    if (r->has_money && !(r->margin < 1)) {
        snprintf(words, sizeof words, "The next %s, value as revenue (for profit: --margin)", HORIZON(r->horizon_days));
    } else if (r->has_money) {
        snprintf(words, sizeof words, "The next %s, at a margin of %s", HORIZON(r->horizon_days), PERCENT(r->margin, 0));
    } else {
        snprintf(words, sizeof words, "The next %s", HORIZON(r->horizon_days));
    }
    terminal_heading(t, words);
    snprintf(words, sizeof words, "of %s", COUNT(r->n));
    terminal_line(t, "Customers to order", COUNT(r->expected_customers), BOLD, words);
    words[0] = 0;
    if (!isnan(r->expected_orders_low))
        snprintf(words, sizeof words, "%s interval %s to %s", PERCENT(report_level(r), 0),
                 COUNT(r->expected_orders_low), COUNT(r->expected_orders_high));
    terminal_line(t, "Expected orders", COUNT(r->expected_orders), BOLD, words);
    if (r->has_money) {
        words[0] = 0;
        if (r->expected_value_high > 0)
            snprintf(words, sizeof words, "%s interval %s to %s", PERCENT(report_level(r), 0),
                     MONEY(r->expected_value_low), MONEY(r->expected_value_high));
        terminal_line(t, "Expected value", MONEY(r->expected_value), BOLD, words);
        words[0] = 0;
        if (r->value_at_risk_high > 0)
            snprintf(words, sizeof words, "%s interval %s to %s", PERCENT(report_level(r), 0),
                     MONEY(r->value_at_risk_low), MONEY(r->value_at_risk_high));
        terminal_line(t, "Value at risk", MONEY(r->value_at_risk), RISK, words);
    }
    for (size_t i = r->months_n; i-- > 0;) {
        const report_month *m = &r->months[i];
        if (!m->complete || !m->active) continue;
        snprintf(words, sizeof words, "of %s active fell silent in %s", COUNT(m->active),
                 figure_month((char[FIGURE]){0}, m->start));
        terminal_line(t, "Erosion", PERCENT(m->passed_now / (double)m->active, 1), RISK, words);
        break;
    }
}

static void stages(const terminal *t, const report *r) {
    double most = 0;
    for (int i = 0; i < MR_STAGES; i++) most = fmax(most, (double)r->stage_count[i]);
    terminal_heading(t, "Stages");
    size_t room = t->columns > 34 ? t->columns - 32 : 0;
    if (room > 40) room = 40;
    for (int i = 0; i < MR_STAGES; i++) {
        double n = (double)r->stage_count[i];
        style s = i >= MR_STAGE_OVERDUE ? RISK : ACCENT;
        fputs("  ", t->to);
        terminal_cell(t, s, mr_stage_name((mr_stage)i), 9, false);
        terminal_cell(t, PLAIN, COUNT(n), 10, true);
        terminal_cell(t, DIM, PERCENT(r->n ? n / (double)r->n : 0, 1), 8, true);
        size_t length = most > 0 ? (size_t)ceil((double)room * n / most) : 0;
        if (length) fputs("  ", t->to);
        terminal_style(t, s);
        for (size_t k = 0; k < length; k++) fputs(t->unicode ? "█" : "#", t->to);
        terminal_plain(t, s);
        terminal_end_line(t);
    }
}

static void call(const terminal *t, const report *r, size_t rank, const report_customer *c, int decimals) {
    char text[FIGURE];
    size_t len, id_len;
    const char *id = report_id(r, c->index, &id_len), *name = report_contact(r, 0, c->index, &len);
    if (!len) name = id, len = id_len;
    size_t worth = r->has_money ? 11 : 0;
    bool wide = t->columns >= WIDE_ENOUGH;
    snprintf(text, sizeof text, "%zu", rank);
    terminal_cell(t, DIM, text, 4, true);
    fputc(' ', t->to);
    double silence = r->until - c->last_day;
    if (wide) {
        terminal_field(t, BOLD, name, len, t->columns - 5 - 20 - 10 - 7 - 7 - worth, false);
        fputs("  ", t->to);
        terminal_cell(t, PLAIN, mr_step_name(c->step), 18, false);
        terminal_cell(t, PLAIN, DAYS(silence), 10, true);
        terminal_cell(t, PLAIN, figure_times(text, c->overdue_ratio), 7, true);
        terminal_cell(t, PLAIN, PERCENT(c->p_order, 0), 7, true);
        if (worth) terminal_at_risk(t, c->value_at_risk, worth, decimals);
        terminal_end_line(t);
        return;
    }
    terminal_field(t, BOLD, name, len, t->columns > 5 + worth ? t->columns - 5 - worth : 10, false);
    if (worth) terminal_at_risk(t, c->value_at_risk, worth, decimals);
    terminal_end_line(t);
    char words[160];
    snprintf(words, sizeof words, "     %s, silent %s (%s)", mr_step_name(c->step), DAYS(silence),
             figure_times(text, c->overdue_ratio));
    terminal_whole_line(t, DIM, words);
}

static void calls(const terminal *t, const report *r) {
    uint32_t rows[CALLS];
    size_t n = report_call_first(r, rows, CALLS);
    bool wide = t->columns >= WIDE_ENOUGH;
    size_t worth = r->has_money ? 11 : 0;
    terminal_end_line(t);
    if (!n) {
        terminal_whole_line(t, BOLD, "Nobody needs a call today");
        return;
    }
    if (wide) {
        terminal_cell(t, BOLD, "Call first", t->columns - 20 - 10 - 7 - 7 - worth, false);
        fputs("  ", t->to);
        terminal_cell(t, DIM, "what to do", 18, false);
        terminal_cell(t, DIM, "silent", 10, true);
        terminal_cell(t, DIM, "rhythm", 7, true);
        terminal_cell(t, DIM, "order", 7, true);
        if (worth) terminal_cell(t, DIM, "at risk", worth, true);
    } else {
        terminal_cell(t, BOLD, "Call first", t->columns - worth, false);
        if (worth) terminal_cell(t, DIM, "at risk", worth, true);
    }
    terminal_end_line(t);
    int decimals = r->customers[rows[0]].value_at_risk < 1000 ? 2 : 0;
    for (size_t i = 0; i < n; i++) call(t, r, i + 1, &r->customers[rows[i]], decimals);
    char unlisted[160];
    if (r->not_listed) terminal_say(t, DIM, "%s", report_not_listed(r, unlisted));
}

static void holdout(const terminal *t, const report *r) {
    terminal_heading(t, "How far to trust it");
    if (!r->models_n || r->chosen >= r->models_n || !isfinite(r->models[r->chosen].rmse)) {
        terminal_say(t, RISK, "The data are too short or too few for a holdout: nothing was put to the test");
        return;
    }
    const report_model *m = &r->models[r->chosen];
    terminal_say(t, PLAIN, "On %s it had not seen, %s predicted %s order%s and %s came; RMSE %s, correlation %s",
        HORIZON(r->outer_days), m->title, COUNT(m->predicted_total), S(round(m->predicted_total)), COUNT(r->outer_actual_total),
        figure_number((char[FIGURE]){0}, m->rmse, 3), figure_number((char[FIGURE]){0}, m->correlation, 2));
    if (r->sampled)
        terminal_say(t, PLAIN, "The models were compared on a sample of %s of the %s customers, always the same (--sample 0: on all)",
            COUNT(r->sample), COUNT(r->n));
    const report_model *naive = NULL;
    for (size_t i = 0; i < r->models_n; i++)
        if (report_is_baseline(&r->models[i]) && r->models[i].rmse > 0 &&
            (!naive || r->models[i].rmse < naive->rmse))
            naive = &r->models[i];
    if (naive)
        terminal_say(t, naive->rmse < m->rmse ? RISK : PLAIN, "The best naive rule (%s): RMSE %s", naive->title,
            figure_number((char[FIGURE]){0}, naive->rmse, 3));
}

static void since(const terminal *t, const report *r) {
    terminal_heading(t, "Since the earlier run");
    terminal_say(t, PLAIN, "Run of %s: %s new customer%s, %s moved to another stage, %s no longer there",
        DATE(r->previous_until), COUNT(r->change_new), S(r->change_new), COUNT(r->changes_n), COUNT(r->change_gone));
    if (r->has_money && isfinite(r->previous_value_at_risk))
        terminal_say(t, PLAIN, "Value at risk was %s and is %s", MONEY(r->previous_value_at_risk),
            MONEY(r->value_at_risk));
    if (report_other_terms(r))
        terminal_say(t, RISK, "That run had another horizon, margin or discount rate: expected orders, chances and money do not compare");
}

static void terminal_orders(const terminal *t, const report *r) {
    terminal_say(t, BOLD, "%s customer%s, %s order%s, up to %s", COUNT(r->n), S(r->n), COUNT(r->total_orders), S(r->total_orders),
        DATE(r->until));
    understood(t, r);
    headlines(t, r);
    stages(t, r);
    calls(t, r);
    terminal_extras(t, r);
    if (r->has_previous) since(t, r);
    holdout(t, r);
}

void report_terminal(const report *r, const char *out, FILE *to, int columns, bool colour) {
    if (!r || !r->input || !to) return;
    terminal term = {.to = to,
                     .columns = columns <= 0    ? 80
                                : columns < 36  ? 36
                                : columns > 120 ? 120
                                                : (size_t)columns,
                     .colour = colour,
                     .unicode = terminal_speaks_utf8()};
    const terminal *t = &term;
    char currency[3 * 8 + 1];
    terminal_shown(t, currency, r->input->understood.currency,
          strnlen(r->input->understood.currency, sizeof r->input->understood.currency));
    /* A currency sign that this terminal cannot show is better left out than a question mark. */
    term.currency = strchr(currency, '?') ? "" : currency;
    if (r->contracts) {
        terminal_contracts(t, r);
    } else {
        terminal_orders(t, r);
    }
    if (out && out[0]) {
        terminal_end_line(t);
        terminal_say(t, PLAIN, "Report: %s/report.html (customers.csv and summary.json beside it)", out);
    }
}
