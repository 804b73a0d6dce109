/* The headline figures for a terminal: what was understood, what to expect, stages, whom to call, how it did
 * on the holdout.
 *
 * Nothing is wider than the terminal. Signs beyond ASCII only where the environment speaks UTF-8; colour only
 * if asked. Texts from the data are cleaned, so that a name cannot move the cursor. */
#include "figures.h"
#include "parts.h"
#include "utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CALLS 10
#define NAMED 6 /* unused columns that are named */
#define WIDE_ENOUGH 72 /* columns from which a customer to call fits on one line */

typedef struct terminal {
    FILE *to;
    size_t columns;
    bool colour, unicode;
    const char *currency;
} terminal;

typedef enum style { PLAIN, BOLD, DIM, ACCENT, RISK } style;

/* The first of these that is set decides, as in setlocale. */
static bool speaks_utf8(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0]) return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

static void style_on(const terminal *t, style s) {
    static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[36m", "\033[31m"};
    if (t->colour) fputs(codes[s], t->to);
}

static void style_off(const terminal *t, style s) {
    if (t->colour && s != PLAIN) fputs("\033[0m", t->to);
}

static const char *ascii_of(uint32_t code) {
    switch (code) {
    case 0xa0:
        return " ";
    case 0xd7:
        return "x";
    case 0xb1:
        return "+-";
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2212:
        return "-";
    case 0x2018:
    case 0x2019:
        return "'";
    case 0x201c:
    case 0x201d:
        return "\"";
    case 0x2026:
        return "~";
    case 0x221e:
        return "inf";
    case 0x2588:
        return "#";
    default:
        return "?";
    }
}

/* Cleaned, and in ASCII where nothing else can be shown. out needs 3 * len + 1 bytes. */
static size_t shown(const terminal *t, char *out, const char *text, size_t len) {
    if (t->unicode) return utf8_clean(out, text, len);
    char *end = out;
    for (size_t at = 0; at < len;) {
        uint32_t code = utf8_next(text, len, &at);
        if (code < 0x80) {
            *end++ = (char)code;
        } else {
            const char *plain = ascii_of(code);
            size_t n = strlen(plain);
            memcpy(end, plain, n);
            end += n;
        }
    }
    *end = 0;
    return (size_t)(end - out);
}

static void spaces(const terminal *t, size_t n) {
    for (size_t i = 0; i < n; i++) fputc(' ', t->to);
}

/* A text in `width` columns, cut with an ellipsis where it is longer. */
static void field(const terminal *t, style s, const char *text, size_t len, size_t width, bool right) {
    char clean[3 * 512 + 1];
    if (len > 512) len = 512;
    len = shown(t, clean, text, len);
    size_t bytes, used = utf8_width(clean, len, width, &bytes);
    bool cut = bytes < len;
    if (cut && width > 1) used = utf8_width(clean, len, width - 1, &bytes) + 1;
    if (right) spaces(t, width - used);
    style_on(t, s);
    fwrite(clean, 1, bytes, t->to);
    if (cut && width > 1) fputs(t->unicode ? "…" : "~", t->to);
    style_off(t, s);
    if (!right) spaces(t, width - used);
}

static void cell(const terminal *t, style s, const char *text, size_t width, bool right) {
    field(t, s, text, strlen(text), width, right);
}

static void end_line(const terminal *t) {
    fputc('\n', t->to);
}

/* A text as a line of its own, without blanks at its end. */
static void whole_line(const terminal *t, style s, const char *text) {
    char clean[3 * 512 + 1];
    size_t bytes, len = shown(t, clean, text, strnlen(text, 512));
    utf8_width(clean, len, t->columns, &bytes);
    style_on(t, s);
    fwrite(clean, 1, bytes, t->to);
    style_off(t, s);
    end_line(t);
}

/* A paragraph, wrapped between words, indented by two. */
static void say(const terminal *t, style s, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(const terminal *t, style s, const char *format, ...) {
    char text[1024], clean[3 * 1024 + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t len = shown(t, clean, text, strlen(text)), width = t->columns > 12 ? t->columns - 2 : 10;
    size_t indent = 2;
    for (size_t at = 0; at < len;) {
        size_t bytes;
        utf8_width(clean + at, len - at, width + 2 - indent, &bytes);
        size_t end = at + bytes;
        if (end < len) {
            size_t back = end;
            while (back > at && clean[back] != ' ') back--;
            if (back > at) end = back;
        }
        spaces(t, indent);
        style_on(t, s);
        fwrite(clean + at, 1, end - at, t->to);
        style_off(t, s);
        end_line(t);
        at = end;
        while (at < len && clean[at] == ' ') at++;
        indent = 4;
    }
}

static void heading(const terminal *t, const char *text) {
    end_line(t);
    whole_line(t, BOLD, text);
}

#define COUNT(v) figure_count((char[FIGURE]){0}, (double)(v))
#define PERCENT(v, decimals) figure_percent((char[FIGURE]){0}, v, decimals)
#define MONEY(v) figure_money((char[FIGURE]){0}, v, t->currency)
#define DAYS(v) figure_days((char[FIGURE]){0}, v)
#define HORIZON(v) figure_horizon((char[FIGURE]){0}, v)
#define DATE(v) figure_date((char[FIGURE]){0}, v)
#define S(n) ((n) == 1 ? "" : "s")

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
    if (at) say(t, u->rejected ? RISK : PLAIN, "Left out: %s", words);
}

/* A name or an e-mail column among these would be missed in the list to call: --columns takes it in. */
static void unused(const terminal *t, const ingest_understood *u) {
    char words[NAMED * 52 + 1];
    size_t at = 0, n = 0;
    for (size_t i = 0; i < u->columns && i < INGEST_MAX_COLUMNS; i++)
        if (u->role[i] == ROLE_IGNORE && n++ < NAMED)
            at += (size_t)snprintf(words + at, sizeof words - at, "%s%.47s", at ? ", " : "", u->heading[i]);
    if (n > NAMED) {
        say(t, PLAIN, "Not used: %s and %zu more", words, n - NAMED);
    } else if (n) {
        say(t, PLAIN, "Not used: %s", words);
    }
}

static void understood(const terminal *t, const report *r) {
    const ingest_understood *u = &r->input->understood;
    heading(t, "What was understood");
    say(t, PLAIN, "%s line%s of %s file%s, fields split at %s, %s header", COUNT(u->lines), S(u->lines), COUNT(u->files),
        S(u->files), delimiter_of(u->delimiter), u->header ? "with a" : "without a");
    char columns[640];
    size_t at = 0;
    for (size_t i = 0; i < u->columns && i < INGEST_MAX_COLUMNS; i++) {
        if (u->role[i] == ROLE_IGNORE || at + 80 > sizeof columns) continue;
        at += (size_t)snprintf(columns + at, sizeof columns - at, "%s%s = %.47s", at ? ", " : "",
                               report_role_word(u->role[i]), u->heading[i]);
    }
    if (at) say(t, PLAIN, "Columns: %s", columns);
    unused(t, u);
    say(t, PLAIN, "Dates as %s%s%s", report_date_word(u->date_format), u->date_why ? ": " : "",
        u->date_why ? u->date_why : "");
    if (r->has_money)
        say(t, PLAIN, "Amounts with a decimal %s%s%s", u->decimal_comma ? "comma" : "point", t->currency[0] ? ", in " : "",
            t->currency);
    say(t, PLAIN, "%s order line%s from %s to %s; %s same-day line%s merged, %s return%s", COUNT(u->orders), S(u->orders),
        DATE(u->first_day), DATE(u->last_day), COUNT(u->merged), S(u->merged), COUNT(u->returns), S(u->returns));
    if (u->continued)
        say(t, PLAIN, "%s line%s continue%s an order already counted", COUNT(u->continued), S(u->continued),
            u->continued == 1 ? "s" : "");
    if (!r->has_money) say(t, PLAIN, "No amounts: everything is in orders, nothing in money");
    left_out(t, u);
}

static void line(const terminal *t, const char *what, const char *figure, style s, const char *note) {
    size_t name = t->columns >= 60 ? 22 : 18, value = 12, used = 2 + name + value + 2;
    char clean[3 * 256 + 1];
    size_t len = shown(t, clean, note, strnlen(note, 256)), width = utf8_width(clean, len, SIZE_MAX, NULL);
    fputs("  ", t->to);
    cell(t, PLAIN, what, name, false);
    cell(t, s, figure, value, true);
    if (width && used + width <= t->columns) {
        fputs("  ", t->to);
        style_on(t, DIM);
        fwrite(clean, 1, len, t->to);
        style_off(t, DIM);
        width = 0;
    }
    end_line(t);
    if (width) say(t, DIM, "  %s", note); /* no room beside it */
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
    heading(t, words);
    snprintf(words, sizeof words, "of %s", COUNT(r->n));
    line(t, "Customers to order", COUNT(r->expected_customers), BOLD, words);
    words[0] = 0;
    if (!isnan(r->expected_orders_low))
        snprintf(words, sizeof words, "%s interval %s to %s", PERCENT(report_level(r), 0),
                 COUNT(r->expected_orders_low), COUNT(r->expected_orders_high));
    line(t, "Expected orders", COUNT(r->expected_orders), BOLD, words);
    if (r->has_money) {
        words[0] = 0;
        if (r->expected_value_high > 0)
            snprintf(words, sizeof words, "%s interval %s to %s", PERCENT(report_level(r), 0),
                     MONEY(r->expected_value_low), MONEY(r->expected_value_high));
        line(t, "Expected value", MONEY(r->expected_value), BOLD, words);
        words[0] = 0;
        if (r->value_at_risk_high > 0)
            snprintf(words, sizeof words, "%s interval %s to %s", PERCENT(report_level(r), 0),
                     MONEY(r->value_at_risk_low), MONEY(r->value_at_risk_high));
        line(t, "Value at risk", MONEY(r->value_at_risk), RISK, words);
    }
    for (size_t i = r->months_n; i-- > 0;) {
        const report_month *m = &r->months[i];
        if (!m->complete || !m->active) continue;
        snprintf(words, sizeof words, "of %s active fell silent in %s", COUNT(m->active),
                 figure_month((char[FIGURE]){0}, m->start));
        line(t, "Erosion", PERCENT(m->passed_now / (double)m->active, 1), RISK, words);
        break;
    }
}

static void stages(const terminal *t, const report *r) {
    double most = 0;
    for (int i = 0; i < MR_STAGES; i++) most = fmax(most, (double)r->stage_count[i]);
    heading(t, "Stages");
    size_t room = t->columns > 34 ? t->columns - 32 : 0;
    if (room > 40) room = 40;
    for (int i = 0; i < MR_STAGES; i++) {
        double n = (double)r->stage_count[i];
        style s = i >= MR_STAGE_OVERDUE ? RISK : ACCENT;
        fputs("  ", t->to);
        cell(t, s, mr_stage_name((mr_stage)i), 9, false);
        cell(t, PLAIN, COUNT(n), 10, true);
        cell(t, DIM, PERCENT(r->n ? n / (double)r->n : 0, 1), 8, true);
        size_t length = most > 0 ? (size_t)ceil((double)room * n / most) : 0;
        if (length) fputs("  ", t->to);
        style_on(t, s);
        for (size_t k = 0; k < length; k++) fputs(t->unicode ? "█" : "#", t->to);
        style_off(t, s);
        end_line(t);
    }
}

/* Value at risk in a column: like the others there, or in millions and billions where that does not fit. */
static void at_risk(const terminal *t, double value, size_t width, int decimals) {
    char text[FIGURE];
    figure_money_as(text, value, t->currency, decimals);
    if (utf8_width(text, strlen(text), SIZE_MAX, NULL) + 1 > width) figure_money(text, value, t->currency);
    cell(t, RISK, text, width, true);
}

static void call(const terminal *t, const report *r, size_t rank, const report_customer *c, int decimals) {
    char text[FIGURE];
    size_t len, id_len;
    const char *id = report_id(r, c->index, &id_len), *name = report_contact(r, 0, c->index, &len);
    if (!len) name = id, len = id_len;
    size_t worth = r->has_money ? 11 : 0;
    bool wide = t->columns >= WIDE_ENOUGH;
    snprintf(text, sizeof text, "%zu", rank);
    cell(t, DIM, text, 4, true);
    fputc(' ', t->to);
    double silence = r->until - c->last_day;
    if (wide) {
        field(t, BOLD, name, len, t->columns - 5 - 20 - 10 - 7 - 7 - worth, false);
        fputs("  ", t->to);
        cell(t, PLAIN, mr_step_name(c->step), 18, false);
        cell(t, PLAIN, DAYS(silence), 10, true);
        cell(t, PLAIN, figure_times(text, c->overdue_ratio), 7, true);
        cell(t, PLAIN, PERCENT(c->p_order, 0), 7, true);
        if (worth) at_risk(t, c->value_at_risk, worth, decimals);
        end_line(t);
        return;
    }
    field(t, BOLD, name, len, t->columns > 5 + worth ? t->columns - 5 - worth : 10, false);
    if (worth) at_risk(t, c->value_at_risk, worth, decimals);
    end_line(t);
    char words[160];
    snprintf(words, sizeof words, "     %s, silent %s (%s)", mr_step_name(c->step), DAYS(silence),
             figure_times(text, c->overdue_ratio));
    whole_line(t, DIM, words);
}

static void calls(const terminal *t, const report *r) {
    uint32_t rows[CALLS];
    size_t n = report_call_first(r, rows, CALLS);
    bool wide = t->columns >= WIDE_ENOUGH;
    size_t worth = r->has_money ? 11 : 0;
    end_line(t);
    if (!n) {
        whole_line(t, BOLD, "Nobody needs a call today");
        return;
    }
    if (wide) {
        cell(t, BOLD, "Call first", t->columns - 20 - 10 - 7 - 7 - worth, false);
        fputs("  ", t->to);
        cell(t, DIM, "what to do", 18, false);
        cell(t, DIM, "silent", 10, true);
        cell(t, DIM, "rhythm", 7, true);
        cell(t, DIM, "order", 7, true);
        if (worth) cell(t, DIM, "at risk", worth, true);
    } else {
        cell(t, BOLD, "Call first", t->columns - worth, false);
        if (worth) cell(t, DIM, "at risk", worth, true);
    }
    end_line(t);
    int decimals = r->customers[rows[0]].value_at_risk < 1000 ? 2 : 0;
    for (size_t i = 0; i < n; i++) call(t, r, i + 1, &r->customers[rows[i]], decimals);
}

static void holdout(const terminal *t, const report *r) {
    heading(t, "How far to trust it");
    if (!r->models_n || r->chosen >= r->models_n || !isfinite(r->models[r->chosen].rmse)) {
        say(t, RISK, "The data are too short or too few for a holdout: nothing was put to the test");
        return;
    }
    const report_model *m = &r->models[r->chosen];
    say(t, PLAIN, "On %s it had not seen, %s predicted %s order%s and %s came; RMSE %s, correlation %s",
        HORIZON(r->outer_days), m->title, COUNT(m->predicted_total), S(round(m->predicted_total)), COUNT(r->outer_actual_total),
        figure_number((char[FIGURE]){0}, m->rmse, 3), figure_number((char[FIGURE]){0}, m->correlation, 2));
    if (r->sampled)
        say(t, PLAIN, "The models were compared on a sample of %s of the %s customers, always the same (--sample 0: on all)",
            COUNT(r->sample), COUNT(r->n));
    const report_model *naive = NULL;
    for (size_t i = 0; i < r->models_n; i++)
        if (report_is_baseline(&r->models[i]) && r->models[i].rmse > 0 &&
            (!naive || r->models[i].rmse < naive->rmse))
            naive = &r->models[i];
    if (naive)
        say(t, naive->rmse < m->rmse ? RISK : PLAIN, "The best naive rule (%s): RMSE %s", naive->title,
            figure_number((char[FIGURE]){0}, naive->rmse, 3));
}

static void since(const terminal *t, const report *r) {
    heading(t, "Since the earlier run");
    say(t, PLAIN, "Run of %s: %s new customer%s, %s moved to another stage, %s no longer there",
        DATE(r->previous_until), COUNT(r->change_new), S(r->change_new), COUNT(r->changes_n), COUNT(r->change_gone));
    if (r->has_money && isfinite(r->previous_value_at_risk))
        say(t, PLAIN, "Value at risk was %s and is %s", MONEY(r->previous_value_at_risk),
            MONEY(r->value_at_risk));
    if (report_other_terms(r))
        say(t, RISK, "That run had another horizon, margin or discount rate: expected orders, chances and money do not compare");
}

void report_terminal(const report *r, const char *out, FILE *to, int columns, bool colour) {
    if (!r || !r->input || !to) return;
    terminal term = {.to = to,
                     .columns = columns <= 0    ? 80
                                : columns < 36  ? 36
                                : columns > 120 ? 120
                                                : (size_t)columns,
                     .colour = colour,
                     .unicode = speaks_utf8()};
    const terminal *t = &term;
    char currency[3 * 8 + 1];
    shown(t, currency, r->input->understood.currency,
          strnlen(r->input->understood.currency, sizeof r->input->understood.currency));
    /* A currency sign that this terminal cannot show is better left out than a question mark. */
    term.currency = strchr(currency, '?') ? "" : currency;
    say(t, BOLD, "%s customer%s, %s order%s, up to %s", COUNT(r->n), S(r->n), COUNT(r->total_orders), S(r->total_orders),
        DATE(r->until));
    understood(t, r);
    headlines(t, r);
    stages(t, r);
    calls(t, r);
    if (r->has_previous) since(t, r);
    holdout(t, r);
    if (out && out[0]) {
        end_line(t);
        say(t, PLAIN, "Report: %s/report.html (customers.csv and summary.json beside it)", out);
    }
}
