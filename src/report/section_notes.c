/* The end of the report: what was understood of the input, definitions, method, and how long it took. */
#include "definitions.h"
#include "page.h"
#include "parts.h"

#include <math.h>
#include <string.h>

static void fact(page *p, const char *what) {
    page_printf(p, "<tr><th scope=\"row\">%s</th><td>", what);
}

static void fact_count(page *p, const char *what, uint64_t count, const char *note) {
    if (!count) return;
    fact(p, what);
    page_printf(p, "%s <span class=\"soft\">%s</span></td></tr>\n", COUNT(count), note);
}

static const char *delimiter_word(char delimiter) {
    switch (delimiter) {
    case ',':
        return "comma";
    case ';':
        return "semicolon";
    case '\t':
        return "tab";
    case '|':
        return "vertical bar";
    case ' ':
        return "blanks";
    default:
        return "another sign";
    }
}

static void columns(page *p, const ingest_understood *u) {
    fact(p, "Columns used");
    bool any = false;
    for (size_t i = 0; i < u->columns && i < INGEST_MAX_COLUMNS; i++) {
        if (u->role[i] == ROLE_IGNORE) continue;
        if (any) page_raw(p, ", ");
        any = true;
        page_raw(p, "<bdi>");
        page_text(p, u->heading[i], strnlen(u->heading[i], sizeof u->heading[i]));
        page_printf(p, "</bdi> <span class=\"soft\">as %s</span>", report_role_word(u->role[i]));
    }
    page_raw(p, any ? "</td></tr>\n" : "–</td></tr>\n");
}

static void order_facts(page *p, const ingest_understood *u) {
    fact(p, "Orders");
    page_printf(p, "%s lines from %s to %s</td></tr>\n", COUNT(u->orders), DATE(u->first_day),
                DATE(u->last_day));
    fact_count(p, "Merged", u->merged, "lines of the same customer and day, counted as one order");
    fact_count(p, "Returns", u->returns, "lines with a negative amount, taken off what was spent");
    fact_count(p, "Returns only", u->return_only_customers, "customers with returns and no order, left out");
}

static void ledger_input(page *p) {
    page_section(p, "input", "What was read from the ledger", NULL);
    page_raw(p, "<table class=\"facts mid\"><tbody>\n");
    fact(p, "Ledger");
    page_string(p, p->r->ledger);
    page_raw(p, "</td></tr>\n");
    order_facts(p, &p->r->input->understood);
    page_raw(p, "</tbody></table>\n</section>\n");
}

void section_input(page *p) {
    const ingest_understood *u = &p->r->input->understood;
    if (p->r->ledger) {
        ledger_input(p);
        return;
    }
    page_section(
        p, "input", "What was understood of the input",
        "If one of these is wrong, so is everything above. On the command line <code>--columns</code>, "
        "<code>--date-format</code> and <code>--until</code> overrule what was found.");
    page_raw(p, "<table class=\"facts mid\"><caption>The files as they were read</caption><tbody>\n");
    fact(p, "Read");
    page_printf(p, "%s lines of %s %s, %s MB%s</td></tr>\n", COUNT(u->lines), COUNT(u->files),
                u->files == 1 ? "file" : "files", NUMBER((double)u->bytes / 1e6, 1),
                u->gzip ? ", compressed" : "");
    fact(p, "Shape");
    page_printf(p, "%s between fields, %s header%s</td></tr>\n", delimiter_word(u->delimiter),
                u->header ? "with a" : "without a",
                u->has_amount ? u->decimal_comma ? ", decimal comma" : ", decimal point" : "");
    columns(p, u);
    fact(p, "Dates");
    page_printf(p, "read as %s", report_date_word(u->date_format));
    if (u->date_why) {
        page_raw(p, " <span class=\"soft\">because ");
        page_string(p, u->date_why);
        page_raw(p, "</span>");
    }
    page_raw(p, "</td></tr>\n");
    order_facts(p, u);
    fact_count(p, "Line items", u->continued, "further lines of an order already counted");
    fact_count(p, "After the last day", u->after_until, "lines after the last day of observation, left out");
    fact_count(
        p, "Rejected", u->rejected,
        "lines that could not be read, left out because of <code>--on-error skip</code>; see rejects.csv");
    page_raw(p, "</tbody></table>\n</section>\n");
}

static void contract_method(page *p) {
    const report *r = p->r;
    page_printf(p,
                "<h3>Method</h3>\n<p>Who is under contract, and since when they are not, is read off their contracts and notices day by day; the "
                "book adds that up month by month. Chances are counted, not fitted: from customers who were as long under contract, before a "
                "renewal of the same number or none, with an early sign or without. The report looks %s ahead of %s. Intervals are at %s.",
                HORIZON(r->horizon_days), DATE(r->until), PERCENT(report_level(r), 0));
    if (r->has_money) page_printf(p, " Value is margin (%s) times recurring revenue, discounted at %s a year.", PERCENT(r->margin, 0), PERCENT(r->discount_rate, 1));
    page_raw(p, "</p>\n");
}

static void method(page *p) {
    const report *r = p->r;
    if (r->contracts) {
        contract_method(p);
        return;
    }
    page_raw(p, "<h3>Method</h3>\n<p>Each customer’s orders are summed up as how many came again, when the "
                "last one was, and for how long "
                "the customer has been watched. A model of buying and leaving, fitted to the whole base, "
                "turns these into the chances in "
                "this report. Orders of one customer on one day are one order.");
    if (r->has_money)
        page_printf(p, " Value is margin (%s of spend) times expected spend, discounted at %s a year.",
                    PERCENT(r->margin, 0), PERCENT(r->discount_rate, 1));
    page_raw(p, "</p>\n");
    page_printf(p,
                "<p>The report looks %s ahead of %s. Prediction intervals are at %s. Random numbers start "
                "from seed %s, so the same "
                "input gives the same report.</p>\n",
                HORIZON(r->horizon_days), DATE(r->until), PERCENT(report_level(r), 0), COUNT(r->seed));
    page_raw(p, "<p>What no model here knows: prices, seasons to come, competitors, your own campaigns, and "
                "why somebody left. "
                "Figures are for the base as it behaved so far.</p>\n");
}

void section_definitions(page *p) {
    page_section(p, "definitions", "Definitions and method", NULL);
    page_raw(p, "<dl>\n");
    size_t n;
    const definition *d = definitions_for(p->r->contracts != NULL, &n);
    for (size_t i = 0; i < n; i++) {
        page_printf(p, "<div id=\"d-%s\"><dt>%s</dt><dd>", d[i].key, d[i].term);
        page_string(p, d[i].text);
        page_raw(p, "</dd></div>\n");
    }
    page_raw(p, "</dl>\n");
    method(p);
    page_raw(p, "</section>\n");
}

void section_foot(page *p) {
    const report *r = p->r;
    page_raw(p, "<footer><p>Made by Marram ");
    page_string(p, r->program_version ? r->program_version : "");
    if (r->seconds > 0) page_printf(p, " in %s", figure_seconds((char[FIGURE]){0}, r->seconds));
    if (r->peak_memory_mb > 0) page_printf(p, " with %s MB of memory at most", COUNT(r->peak_memory_mb));
    page_raw(p, ". The same figures are in customers.csv and summary.json beside this file.</p>\n");
    if (r->timing_n) {
        page_raw(p, "<ul aria-label=\"Seconds by stage\">");
        for (size_t i = 0; i < r->timing_n && i < sizeof r->timing / sizeof *r->timing; i++) {
            page_raw(p, "<li>");
            page_string(p, r->timing[i].name);
            page_printf(p, " %s</li>", figure_seconds((char[FIGURE]){0}, r->timing[i].seconds));
        }
        page_raw(p, "</ul>\n");
    }
    page_raw(
        p,
        "<p>This file holds personal data if yours did. It loads nothing from any network.</p></footer>\n");
}

/* Paper has no folds: what is folded away is opened to be printed. Everything else works without a script. */
const char page_script[] = "addEventListener('beforeprint',function(){document.querySelectorAll('details:not("
                           "[open])').forEach(function(d){d.open=true;"
                           "d.dataset.p=1})});addEventListener('afterprint',function(){document."
                           "querySelectorAll('details[data-p]').forEach(function(d){"
                           "d.open=false;delete d.dataset.p})});";
