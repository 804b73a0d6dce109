/* The page of a base with contracts: its top, and the sections in their order. */
#include "contracts.h"
#include "extras.h"
#include "page.h"
#include "parts.h"

#include <calendar.h>

#include <math.h>
#include <string.h>

static const char *plural(double n, const char *one, const char *many) {
    return n == 1 ? one : many;
}

static void lead(page *p) {
    const report *r = p->r;
    const contract_report *c = r->contracts;
    page_raw(p, "<p class=\"lead\">");
    if (!c->under) {
        page_raw(p, "Nobody is under contract on this day.</p>\n");
        return;
    }
    page_printf(p, "<b>%s</b> %s under contract", COUNT(c->under), plural((double)c->under, "customer is", "customers are"));
    if (r->has_money) page_printf(p, " and bring <b>%s</b> a month", MONEY(p, c->recurring));
    if (c->expected_leavers < .5) page_printf(p, "; less than one of them is expected to leave in the next %s", HORIZON(r->horizon_days));
    else page_printf(p, "; about <b class=\"risk\">%s</b> of them will leave in the next %s", COUNT(c->expected_leavers), HORIZON(r->horizon_days));
    if (r->has_money) page_printf(p, ", with <b>%s</b> at risk", MONEY(p, c->value_at_risk));
    page_raw(p, ".");
    if (c->due_n > 0)
        page_printf(p, " <b>%s</b> %s in that time.", COUNT(c->due_n), plural(c->due_n, "comes up for renewal", "come up for renewal"));
    page_raw(p, "</p>\n");
}

static void tiles(page *p) {
    const report *r = p->r;
    const contract_report *c = r->contracts;
    const book *b = c->book;
    if (r->has_money) {
        page_tile(p, "recurring", "Recurring revenue", MONEY(p, c->recurring));
        page_printf(p, "a month from %s %s; %s a year", COUNT(b->contracts), plural((double)b->contracts, "contract", "contracts"), MONEY(p, 12 * c->recurring));
        if (c->noticed > 0) page_printf(p, "; <b class=\"risk\">%s</b> more under notice", MONEY(p, c->noticed));
    } else {
        page_tile(p, "accounts", "Customers under contract", COUNT(c->under));
        page_printf(p, "%s %s; no prices in the data", COUNT(b->contracts), plural((double)b->contracts, "contract", "contracts"));
    }
    page_tile_end(p);
    if (r->has_money) {
        page_tile(p, "grr", "GRR, over a year", PERCENT(c->year_grr, 1));
        if (b->year_opening.customers) page_printf(p, "of the %s a month of a year ago; with growth (NRR) %s", MONEY(p, (double)b->year_opening.money / MR_MONEY_SCALE),
                                                   PERCENT(c->year_nrr, 1));
        else page_raw(p, "nobody was under contract a year ago");
        page_tile_end(p);
    }
    page_tile(p, "logo_loss", "Customers lost in a year", PERCENT(c->year_logo_loss, 1));
    if (b->year_opening.customers) {
        double low, high;
        report_share_interval(c->year_logo_loss, (double)b->year_opening.customers, &low, &high);
        page_printf(p, "%s of %s; 95 %% interval %s to %s", COUNT(b->year_lost), COUNT(b->year_opening.customers), PERCENT(low, 1), PERCENT(high, 1));
    } else {
        page_raw(p, "nobody was under contract a year ago");
    }
    page_tile_end(p);
    page_tile(p, "renewals_due", "Renewals ahead", COUNT(c->due_n));
    page_printf(p, "in the next %s", HORIZON(r->horizon_days));
    if (r->has_money && c->due_n > 0) page_printf(p, ", with %s a month", MONEY(p, c->due_recurring));
    if (c->late_n > 0) page_printf(p, "; for <b class=\"risk\">%s</b> the date is past", COUNT(c->late_n));
    page_tile_end(p);
    page_tile(p, "p_leave", "Will leave", c->expected_leavers < .5 ? "less than 1" : COUNT(c->expected_leavers));
    page_printf(p, "customers in the next %s; %s interval %s to %s", HORIZON(r->horizon_days), PERCENT(report_level(r), 0), COUNT(c->expected_low),
                COUNT(c->expected_high));
    page_tile_end(p);
    if (r->has_money) {
        page_tile(p, "value_at_risk", "Value at risk", MONEY(p, c->value_at_risk));
        page_printf(p, "in the next %s, ", HORIZON(r->horizon_days));
        if (r->margin < 1) page_printf(p, "at a margin of %s", PERCENT(r->margin, 0));
        else page_raw(p, "as revenue");
        page_tile_end(p);
    }
}

static void head(page *p) {
    const report *r = p->r;
    const contract_report *c = r->contracts;
    const ingest_understood *u = &r->input->understood;
    page_printf(p, "<header><p class=\"mark\">%s<span><b>Marram</b> contract report</span></p>\n", page_mark);
    page_printf(p, "<h1>Your contracts on %s</h1>\n", figure_long_date((char[FIGURE]){0}, r->until));
    lead(p);
    page_raw(p, "<ul class=\"tiles\">\n");
    tiles(p);
    page_raw(p, "</ul>\n<p class=\"small soft\">From ");
    if (c->source) page_printf(p, "the ledger: %s %s", COUNT(c->events), plural((double)c->events, "event", "events"));
    else page_printf(p, "%s %s", COUNT(c->rows_read), plural((double)c->rows_read, "line", "lines"));
    page_printf(p, " dated %s to %s", DATE(u->first_day), DATE(u->last_day));
    if (c->rejected) page_printf(p, "; <b class=\"risk\">%s %s rejected</b>, see rejects.csv", COUNT(c->rejected), plural((double)c->rejected, "line was", "lines were"));
    if (c->not_begun) page_printf(p, "; %s %s later and not counted yet", COUNT(c->not_begun), plural((double)c->not_begun, "contract begins", "contracts begin"));
    page_raw(p, ". Dotted words lead to their definition.</p>\n");
    if (!c->day_given && r->until < c->today)
        page_printf(p, "<p class=\"small soft\">Looked at from the last day anything happened. From today: <code>--until %s</code>.</p>\n", calendar_text(c->today, (char[11]){0}));
    if (c->conflicting)
        page_printf(p, "<p class=\"key warn\">%s %s given more than once, with other contents; the first of each counts. Contracts that begin on one day need a number (column "
                       "<code>contract</code>) to be told apart.</p>\n", COUNT(c->conflicting), plural((double)c->conflicting, "event was", "events were"));
    if (contracts_stale(r))
        page_printf(p, "<p class=\"key warn\">Nothing began or changed after %s, and %s %s ended since. If the data are of that day, who renewed since is not in them, and they "
                       "are counted as lost: look from that day with <code>--until</code>.</p>\n",
                    DATE(c->last_news), COUNT(c->ended_since), plural((double)c->ended_since, "customer’s contract has", "customers’ contracts have"));
    page_raw(p, "</header>\n");
}

static void contents(page *p) {
    static const struct {
        const char *id, *words;
    } links[] = {{"accounts", "Whom to talk to"}, {"changes", "What changed"}, {"renewals", "Renewals"}, {"erosion", "Erosion"}, {"signs", "Early signs"},
                 {"moments", "Critical moments"}, {"reasons", "Why they leave"}, {"fixes", "What to fix"}, {"reviews", "Reviews"},
                 {"tenure", "How long they stay"}, {"tested", "How far to trust it"}, {"definitions", "Definitions"}};
    page_raw(p, "<nav aria-label=\"Contents\"><ul>");
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (page_has(p, links[i].id) && (p->r->has_previous || strcmp(links[i].id, "changes"))) page_printf(p, "<li><a href=\"#%s\">%s</a></li>", links[i].id, links[i].words);
    page_raw(p, "</ul></nav>\n");
}

void contracts_page(page *p) {
    head(p);
    contents(p);
    page_raw(p, "<main id=\"main\">\n");
    section_accounts(p);
    section_since(p);
    section_renewals(p);
    section_book(p);
    section_signs(p);
    section_moments(p);
    section_reasons(p);
    section_fixes(p);
    section_reviews(p);
    section_tenure(p);
    page_raw(p, "<div class=\"part\"><p>How far to trust it</p></div>\n");
    section_tested(p);
}
