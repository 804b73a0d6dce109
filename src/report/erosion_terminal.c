/* `marram erosion`: the months, with those at risk and the early signs, for a terminal and as JSON. */
#include "contracts.h"
#include "json_write.h"
#include "definitions.h"
#include "terminal_print.h"

#include <math.h>
#include <string.h>

#define MONTHS 13

static terminal begin(const report *r, FILE *to, int columns, bool colour, char currency[32]) {
    terminal t = {.to = to, .columns = columns <= 0 ? 80 : columns < 36 ? 36 : columns > 120 ? 120 : (size_t)columns, .colour = colour,
                  .unicode = terminal_speaks_utf8()};
    terminal_shown(&t, currency, r->input->understood.currency, strnlen(r->input->understood.currency, 8));
    t.currency = strchr(currency, '?') ? "" : currency;
    return t;
}

/* Columns that fit; the last ones go first where the terminal is narrow. */
static void head(const terminal *t, const char *const *names, const size_t *width, size_t n) {
    size_t used = 12;
    terminal_cell(t, DIM, "", 12, false);
    for (size_t i = 0; i < n && (used += width[i]) <= t->columns; i++) terminal_cell(t, DIM, names[i], width[i], true);
    terminal_end_line(t);
}

static void row(const terminal *t, int32_t month, bool complete, char (*cells)[FIGURE], const style *styles, const size_t *width, size_t n) {
    char name[FIGURE], whole[FIGURE + 4];
    size_t used = 12;
    snprintf(whole, sizeof whole, "  %s%s", figure_month(name, month), complete ? "" : " *");
    terminal_cell(t, PLAIN, whole, 12, false);
    for (size_t i = 0; i < n && (used += width[i]) <= t->columns; i++) terminal_cell(t, styles[i], cells[i], width[i], true);
    terminal_end_line(t);
}

static void contract_months(const terminal *t, const report *r) {
    static const char *const names[] = {"customers", "lost", "less", "lost %", "erosion", "then", "NRR", "at risk", "renew 90d"};
    static const size_t width[] = {10, 6, 6, 8, 9, 8, 9, 9, 10};
    static const style styles[] = {PLAIN, PLAIN, PLAIN, PLAIN, RISK, DIM, PLAIN, PLAIN, PLAIN};
    const book *b = r->contracts->book;
    bool open = false;
    head(t, names, width, 9);
    for (size_t i = b->months > MONTHS ? b->months - MONTHS : 0; i < b->months; i++) {
        const book_month *m = &b->now[i], *then = &b->then[i];
        bool complete = b->start[i + 1] <= r->until + 1;
        char cells[9][FIGURE];
        open |= !complete;
        figure_count(cells[0], (double)m->opening.customers);
        figure_count(cells[1], (double)m->lost.customers);
        figure_count(cells[2], (double)m->contraction.customers);
        figure_percent(cells[3], book_logo_loss(m), 1);
        figure_percent(cells[4], r->has_money ? 1 - book_grr(m) : book_logo_loss(m), 1);
        figure_percent(cells[5], r->has_money ? 1 - book_grr(then) : book_logo_loss(then), 1);
        figure_percent(cells[6], r->has_money ? book_nrr(m) : NAN, 1);
        figure_count(cells[7], (double)b->watch[i].at_risk.customers);
        figure_count(cells[8], (double)b->watch[i].due.customers);
        row(t, b->start[i], complete, cells, styles, width, 9);
    }
    terminal_say(t, DIM, "erosion: recurring revenue lost and shrunk / at the opening (1 - GRR), as known now; then: as known then; at risk: renewal within 90 days or "
                         "an early sign, at the month’s end%s", open ? "; * so far" : "");
}

static void contract_signs(const terminal *t, const report *r) {
    const book *b = r->contracts->book;
    if (!b->any.with.customers) {
        terminal_end_line(t);
        terminal_say(t, PLAIN, "No early signs in the data: they hold contracts alone");
        return;
    }
    terminal_heading(t, "Early signs, and who was lost within three months");
    double none = b->none.followed.customers ? (double)b->none.lost.customers / (double)b->none.followed.customers : NAN;
    for (int k = 0; k < BOOK_SIGNS; k++) {
        const book_signal *g = &b->sign[k];
        if (!g->with.customers) continue;
        double of = (double)g->followed.customers;
        char words[200];
        snprintf(words, sizeof words, "of %s that %s", COUNT(of), book_sign_words((book_sign)k));
        terminal_line(t, book_sign_name((book_sign)k), PERCENT(of > 0 ? (double)g->lost.customers / of : NAN, 1), RISK, words);
    }
    char words[200];
    snprintf(words, sizeof words, "of %s that showed none", COUNT(b->none.followed.customers));
    terminal_line(t, "no sign", PERCENT(none, 1), PLAIN, words);
}

static void order_months(const terminal *t, const report *r) {
    static const char *const names[] = {"active", "silent", "back", "erosion", "then", "money", "late", "shrinking"};
    static const size_t width[] = {9, 8, 7, 9, 8, 9, 8, 10};
    static const style styles[] = {PLAIN, PLAIN, PLAIN, RISK, DIM, PLAIN, PLAIN, PLAIN};
    bool open = false;
    head(t, names, width, 8);
    for (size_t i = r->months_n > MONTHS ? r->months_n - MONTHS : 0; i < r->months_n; i++) {
        const report_month *m = &r->months[i];
        char cells[8][FIGURE];
        open |= !m->complete;
        figure_count(cells[0], m->active);
        figure_count(cells[1], m->passed);
        figure_count(cells[2], m->came_back);
        figure_percent(cells[3], m->active ? m->passed_now / (double)m->active : NAN, 1);
        figure_percent(cells[4], m->active ? ((double)m->passed - m->came_back) / m->active : NAN, 1);
        figure_percent(cells[5], r->has_money && m->active_spend > 0 ? m->passed_now_spend / m->active_spend : NAN, 1);
        figure_count(cells[6], m->complete ? (double)m->late : (double)NAN);
        figure_count(cells[7], m->shrinking);
        row(t, m->start, m->complete, cells, styles, width, 8);
    }
    terminal_say(t, DIM, "erosion: of the active, those who fell silent past their 95 %% next-order date and are still silent; then: as known then, less those who came "
                         "back; money: of the active's spend; late: past their 90 %% date at the month’s end; shrinking: spend halved within a year%s",
                 open ? "; * so far" : "");
}

void report_erosion_terminal(const report *r, FILE *to, int columns, bool colour) {
    char currency[32];
    terminal t = begin(r, to, columns, colour, currency);
    if (r->contracts) {
        const contract_report *c = r->contracts;
        terminal_say(&t, BOLD, "Erosion of %s customer%s under contract, up to %s", COUNT(c->under), S(c->under), DATE(r->until));
        if (c->rejected) terminal_say(&t, RISK, "Left out: %s line%s rejected", COUNT(c->rejected), S(c->rejected));
        terminal_end_line(&t);
        contract_months(&t, r);
        contract_signs(&t, r);
        return;
    }
    terminal_say(&t, BOLD, "Erosion of %s customer%s, up to %s, by %s", COUNT(r->n), S(r->n), DATE(r->until), r->cycle_title);
    terminal_end_line(&t);
    if (!r->months_n) terminal_say(&t, PLAIN, "The data span no whole month after a customer's first order: there is no erosion to show yet");
    else order_months(&t, r);
}

mr_status report_erosion_json_to(const report *r, FILE *to, mr_error *err) {
    writer w = {.r = r};
    json_t *root = json_object(), *meanings = json_object();
    char *made = NULL;
    size_t len = 0;
    set(&w, root, "base", json_string(r->contracts ? "contracts" : "orders"));
    set(&w, root, "until", date(r->until));
    set(&w, root, "currency", text(&w, r->input->understood.currency));
    set(&w, root, "months", r->contracts ? contracts_erosion_json(&w) : report_erosion_json(&w));
    if (r->contracts) set(&w, root, "signs", contracts_signs_json(&w));
    static const char *const keys[] = {"erosion", "erosion_then", "erosion_now", "grr", "nrr", "logo_loss", "flows", "at_risk", "signs", "sign_lift"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const definition *d = definition_of(r->contracts != NULL, keys[i]);
        if (d) set(&w, meanings, keys[i], json_string(d->text));
    }
    set(&w, root, "definitions", meanings);
    mr_status status = json_text(&w, root, &made, &len, err);
    if (status == MR_OK && (fwrite(made, 1, len, to) != len || fflush(to) != 0))
        status = error_set(err, MR_EIO, NULL, -1, "cannot write: the disk is full or the pipe was closed");
    free(made);
    return status;
}
