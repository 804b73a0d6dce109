/* Accounts at risk, whom to talk to first and why; renewals ahead and how past ones went. */
#include "chart.h"
#include "contracts.h"
#include "page.h"
#include "parts.h"

#include <math.h>
#include <string.h>

static void bdi(page *p, const char *before, const char *text, const char *after) {
    page_raw(p, before);
    page_raw(p, "<bdi>");
    page_text(p, text, strlen(text));
    page_raw(p, "</bdi>");
    page_raw(p, after);
}

static void who(page *p, const account *a) {
    page_raw(p, "<th scope=\"row\" role=\"rowheader\" class=\"who\">");
    bdi(p, "<b>", a->name[0] ? a->name : a->id, "</b>");
    if (a->name[0]) bdi(p, "<span>", a->id, "</span>");
    if (a->tier[0] || a->segment[0]) {
        bdi(p, "<span>", a->tier[0] ? a->tier : a->segment, "");
        if (a->tier[0] && a->segment[0]) bdi(p, ", ", a->segment, "");
        page_raw(p, "</span>");
    }
    const char *contact[] = {a->email, a->phone};
    for (int i = 0; i < 2; i++) {
        if (!contact[i][0]) continue;
        page_raw(p, "<span><bdi>");
        page_contact(p, contact[i], strlen(contact[i]), i == 0);
        page_raw(p, "</bdi></span>");
    }
    page_raw(p, "</th>");
}

/* Who does it. */
static void owners(page *p, const account *a) {
    if (!a->owner_sales[0] && !a->owner_operations[0]) return;
    page_raw(p, "<span class=\"by\">");
    if (a->owner_sales[0]) bdi(p, "", a->owner_sales, " (sales)");
    if (a->owner_sales[0] && a->owner_operations[0]) page_raw(p, ", ");
    if (a->owner_operations[0]) bdi(p, "", a->owner_operations, " (operations)");
    page_raw(p, "</span>");
}

static void row(page *p, size_t rank, const contract_row *c, int decimals) {
    const report *r = p->r;
    const book_standing *s = &c->account->at;
    text_buffer why = {0};
    page_printf(p, "<tr role=\"row\"><td role=\"cell\" class=\"rank num\">%zu</td>", rank);
    who(p, c->account);
    contracts_why(r, c, &why);
    page_raw(p, "<td role=\"cell\" class=\"why\">");
    page_string(p, text_terminate(&why));
    text_free(&why);
    page_printf(p, "<span>%s with us", DAYS((double)r->until - s->since_day));
    if (s->renewals) page_printf(p, ", renewed %s", s->renewals == 1 ? "once" : s->renewals == 2 ? "twice" : "");
    if (s->renewals > 2) page_printf(p, "%s times", COUNT(s->renewals));
    if (r->has_money) page_printf(p, "; %s a month", MONEY(p, c->recurring));
    page_raw(p, "</span></td>");
    page_printf(p, "<td role=\"cell\" class=\"do\">%s<span>%s</span>", account_step_action(c->step), account_step_evidence(c->step));
    owners(p, c->account);
    page_raw(p, "</td>");
    int digits = c->chance.p < .01; /* of the chance */
    page_printf(p, "<td role=\"cell\" class=\"num odds\" data-label=\"Chance to leave\">%s", PERCENT(c->chance.p, digits));
    if (!isnan(c->chance.low)) page_printf(p, "<span>%s–%s</span>", NUMBER(100 * c->chance.low, digits), PERCENT(c->chance.high, digits));
    page_raw(p, "</td>");
    if (r->has_money)
        page_printf(p, "<td role=\"cell\" class=\"num worth\" data-label=\"Value at risk\"><b>%s</b></td>",
                    figure_money_as((char[FIGURE]){0}, c->value_at_risk, p->currency, decimals));
    page_raw(p, "</tr>\n");
}

static void rules(page *p) {
    page_raw(p, "<details><summary>The rules behind “what to do first”</summary>\n<table class=\"rules\"><caption>The first rule that holds decides; all "
                "customers under contract</caption><thead><tr><th scope=\"col\">Step</th><th scope=\"col\">On this evidence</th><th scope=\"col\">Do this</th>"
                "<th scope=\"col\" class=\"num\">Customers</th></tr></thead><tbody>\n");
    for (int i = 0; i < ACCOUNT_STEPS; i++)
        page_printf(p, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td class=\"num\">%s</td></tr>\n", account_step_name((account_step)i),
                    account_step_evidence((account_step)i), account_step_action((account_step)i), COUNT(p->r->contracts->step_count[i]));
    page_raw(p, "</tbody></table></details>\n");
}

void section_accounts(page *p) {
    const report *r = p->r;
    const contract_report *c = r->contracts;
    uint32_t rows[CALL_FIRST];
    size_t n = contracts_call_first(c, rows, CALL_FIRST);
    bool named = false; /* the column of customers holds more than short identifiers */
    for (size_t i = 0; i < n; i++) {
        const account *a = c->row[rows[i]].account;
        named |= a->name[0] || a->email[0] || a->phone[0] || a->owner_sales[0] || a->owner_operations[0] || strlen(a->id) > 16;
    }
    page_section(p, "accounts", "Whom to talk to first",
                 r->has_money ? "The most value at risk, among those for whom there is something to do." : "The highest chance to leave, among those for whom "
                                                                                                           "there is something to do. There are no prices in the data.");
    if (c->renewal.afterwards)
        page_raw(p, "<p class=\"key warn\">Everybody has the same chance here, that of the last year: the data do not tell which renewals were made. See <a "
                    "href=\"#tested\">How far to trust it</a>.</p>\n");
    if (!n) {
        page_raw(p, "<p class=\"key\">Nobody needs a call today: no rule applies to any customer under contract.</p>\n");
    } else {
        page_printf(p, "<table class=\"calls cards%s\" role=\"table\"><caption>%s of %s customers under contract, highest %s first. The chance is that of leaving "
                       "within %s, with its %s interval.</caption>\n<thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" role=\"columnheader\" "
                       "class=\"num\">#</th><th scope=\"col\" role=\"columnheader\">Customer</th><th scope=\"col\" role=\"columnheader\">Why</th><th "
                       "scope=\"col\" role=\"columnheader\">What to do first</th><th scope=\"col\" role=\"columnheader\" class=\"num\">",
                    named ? " accounts" : " ids", COUNT(n), COUNT(c->under), r->has_money ? "value at risk" : "chance to leave", HORIZON(r->horizon_days), PERCENT(report_level(r), 0));
        page_term(p, "p_leave", "Chance<br>to leave");
        page_raw(p, "</th>");
        if (r->has_money) {
            page_raw(p, "<th scope=\"col\" role=\"columnheader\" class=\"num\">");
            page_term(p, "value_at_risk", "Value<br>at risk");
            page_raw(p, "</th>");
        }
        page_raw(p, "</tr></thead>\n<tbody role=\"rowgroup\">\n");
        int decimals = c->row[rows[0]].value_at_risk < 1000 ? 2 : 0;
        for (size_t i = 0; i < n; i++) row(p, i + 1, &c->row[rows[i]], decimals);
        page_raw(p, "</tbody></table>\n<p class=\"small soft\">Everybody is in customers.csv, those who left too.</p>\n");
    }
    char unlisted[160];
    if (r->not_listed) page_printf(p, "<p class=\"small soft\">%s</p>\n", report_not_listed(r, unlisted));
    rules(p);
    page_define(p, "p_leave value_at_risk first_step signs");
    page_raw(p, "</section>\n");
}

/* --- renewals --- */

static void ahead_chart(page *p, bool narrow, const void *ctx) {
    const report *r = ctx;
    const book *b = r->contracts->book;
    chart c = {.p = p, .narrow = narrow, .height = narrow ? 220 : 230, .left = narrow ? 56 : 70, .right = 12, .top = 26, .bottom = 44};
    double high = 0;
    for (int i = 0; i < BOOK_AHEAD; i++) high = fmax(high, r->has_money ? (double)b->ahead[i].money / MR_MONEY_SCALE : (double)b->ahead[i].customers);
    c.x0 = -.6, c.x1 = BOOK_AHEAD - .4, c.y0 = 0, c.y1 = fmax(high, 1);
    double step = chart_round_y(&c, narrow ? 3 : 4);
    if (!r->has_money && step < 1) step = 1;
    chart_begin(&c, "Renewals by month", "A bar a month: what comes up for renewal. The figures are in the table below.");
    chart_y_label(&c, r->has_money ? "recurring revenue up for renewal, a month" : "customers up for renewal");
    chart_y_axis(&c, step, r->has_money ? UNIT_MONEY : UNIT_COUNT);
    double wide = (chart_x(&c, 1) - chart_x(&c, 0)) * .7;
    for (int i = 0; i < BOOK_AHEAD; i++) {
        double value = r->has_money ? (double)b->ahead[i].money / MR_MONEY_SCALE : (double)b->ahead[i].customers;
        bool soon = b->ahead_start[i] <= r->until + r->horizon_days;
        if (value > 0)
            page_printf(p, "<rect style=\"fill:rgb(var(--%s-rgb) / .7)\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", soon ? "risk" : "accent",
                        chart_x(&c, i) - wide / 2, chart_y(&c, value), wide, chart_y(&c, 0) - chart_y(&c, value));
        if (b->ahead[i].customers && !narrow) chart_words(&c, "tick", "middle", i, value, 0, -5, COUNT(b->ahead[i].customers));
    }
    chart_month_axis(&c, b->ahead_start, sizeof *b->ahead_start, BOOK_AHEAD);
    chart_end(&c);
}

/* What the shares of the table rest on. */
static void way(page *p) {
    static const char *const words[RENEWALS_WAYS] = {[RENEWALS_COUNTED] = "each number as counted", [RENEWALS_SAME] = "one share for all numbers",
                                                     [RENEWALS_SBG] = "the sBG model (customers differ, and those who cancel easily go first)",
                                                     [RENEWALS_BDW] = "the BdW model (the same, and their readiness changes with time)"};
    const contract_report *c = p->r->contracts;
    size_t n = 0;
    page_raw(p, "<p class=\"small soft\">The share to expect is a mean of several ways to see it, by how well each explains past renewals for what it assumes (AIC): ");
    for (int i = 0; i < RENEWALS_WAYS; i++) {
        if (c->renewal.weight[i] < .005) continue;
        page_printf(p, "%s%s %s", n++ ? "; " : "", words[i], PERCENT(c->renewal.weight[i], 0));
    }
    page_printf(p, ". Those ahead fall within %s or are overdue; the %s interval is of their number.</p>\n", HORIZON(p->r->horizon_days), PERCENT(report_level(p->r), 0));
}

static void past_row(page *p, int k, const char *name) {
    const contract_report *c = p->r->contracts;
    const contract_ahead *a = &c->ahead[k];
    double due = (double)c->book->term[k].due, low = NAN, high = NAN, share = due > 0 ? (double)c->book->term[k].renewed / due : NAN;
    if (due > 0) report_share_interval(share, due, &low, &high);
    page_printf(p, "<tr><th scope=\"row\">%s</th><td class=\"num\">%s</td><td class=\"num\">", name, COUNT(due));
    if (due > 0) page_printf(p, "%s <span class=\"soft\">(%s–%s)</span></td>", PERCENT(share, 0), NUMBER(100 * low, 0), PERCENT(high, 0));
    else page_printf(p, FIGURE_NONE "</td>");
    if (c->by_renewal) {
        renewals_share q = renewals_lost(&c->renewal, (uint32_t)k, report_level(p->r));
        page_printf(p, "<td class=\"num\">%s <span class=\"soft\">(%s–%s)</span></td><td class=\"num\">%s</td>", PERCENT(1 - q.middle, 0), NUMBER(100 * (1 - q.high), 0),
                    PERCENT(1 - q.low, 0), COUNT(a->due));
        if (a->due) page_printf(p, "<td class=\"num\"><b>%s</b> <span class=\"soft\">(%s–%s)</span></td>", COUNT(a->expected), COUNT(a->low), COUNT(a->high));
        else page_printf(p, "<td class=\"num\">" FIGURE_NONE "</td>");
    }
    page_raw(p, "</tr>\n");
}

static void past_table(page *p) {
    const contract_report *c = p->r->contracts;
    uint64_t any = 0;
    for (int k = 0; k < BOOK_RENEWALS; k++) any += c->book->term[k].due;
    if (!any) return;
    page_raw(p, "<h3>");
    page_term(p, "past_renewals", "How past renewals went");
    page_raw(p, c->by_renewal ? ", and those ahead</h3>" : "</h3>");
    page_raw(p, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Renewals by number\"><table class=\"mid compact\"><thead><tr><th "
                "scope=\"col\">Renewal</th><th scope=\"col\" class=\"num\">Came up</th><th scope=\"col\" class=\"num\">Made<br>(95 %)</th>");
    if (c->by_renewal) {
        page_printf(p, "<th scope=\"col\" class=\"num\">To expect<br>(%s)</th><th scope=\"col\" class=\"num\">Ahead</th><th scope=\"col\" class=\"num\">",
                    PERCENT(report_level(p->r), 0));
        page_term(p, "renewals_made", "Of these made");
        page_printf(p, "<br>(%s)</th>", PERCENT(report_level(p->r), 0));
    }
    page_raw(p, "</tr></thead><tbody>\n");
    static const char *const names[BOOK_RENEWALS] = {"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth and later"};
    for (int k = 0; k < BOOK_RENEWALS; k++)
        if (c->book->term[k].due || c->ahead[k].due) past_row(p, k, names[k]);
    if (c->by_renewal && c->all_ahead.due)
        page_printf(p, "<tr><th scope=\"row\">all</th><td class=\"num\">%s</td><td class=\"num\">%s</td><td></td><td class=\"num\">%s</td><td "
                       "class=\"num\"><b>%s</b> <span class=\"soft\">(%s–%s)</span></td></tr>\n",
                    COUNT(c->renewal.all_due), PERCENT(1 - c->renewal.all_lost / c->renewal.all_due, 0), COUNT(c->all_ahead.due), COUNT(c->all_ahead.expected),
                    COUNT(c->all_ahead.low), COUNT(c->all_ahead.high));
    page_raw(p, "</tbody></table></div>\n");
    if (!(c->renewal.all_due > c->renewal.all_lost))
        page_raw(p, "<p class=\"key warn\">Not one renewal that was made is in these data. If a line holds a customer’s next renewal alone, and is written over when they renew, only those "
                    "who left have a date that is past: then this says nothing of how renewals go. A line for each term would.</p>\n");
    if (c->by_renewal) way(p);
}

static void other_dates(page *p, const char *what, const book_flow *f) {
    if (!f->customers) return;
    page_printf(p, "<p><b>%s</b> %s", COUNT(f->customers), what);
    if (p->r->has_money) page_printf(p, ", with %s a month", MONEY(p, (double)f->money / MR_MONEY_SCALE));
    page_raw(p, ".</p>");
}

void section_renewals(page *p) {
    const report *r = p->r;
    const book *b = r->contracts->book;
    uint64_t dated = 0;
    for (int i = 0; i < BOOK_AHEAD; i++) dated += b->ahead[i].customers;
    page_section(p, "renewals", "Renewals ahead", "When contracts come up, each customer by the next one. Before that day they think of leaving.");
    if (!dated && !b->past_renewal.customers && !b->later.customers) {
        page_raw(p, "<p class=\"key\">The data say of no contract when it renews or ends, so there is nothing to see ahead. A column <code>renewal</code>, or an "
                    "<code>end</code> that lies ahead, would.</p>\n");
        past_table(p);
        page_raw(p, "</section>\n");
        return;
    }
    page_raw(p, "<div class=\"split\"><div><figure>");
    if (dated) chart_both(p, ahead_chart, r);
    page_printf(p, "<figcaption>%s the bars in red fall within the report’s horizon of %s.</figcaption></figure></div><div class=\"side\">",
                "Over the bars, how many customers;", HORIZON(r->horizon_days));
    other_dates(p, "have a renewal date that is past, and nothing says whether they went on", &b->past_renewal);
    other_dates(p, "renew later than in these twelve months", &b->later);
    other_dates(p, "have no renewal date: they can leave any time", &b->no_renewal);
    page_raw(p, "</div></div>\n");
    page_raw(p, "<details><summary>The figures, month by month</summary><table class=\"mid\"><caption>Renewals ahead; the first month from today "
                "on</caption><thead><tr><th scope=\"col\">Month</th><th scope=\"col\" class=\"num\">Customers</th>");
    if (r->has_money) page_raw(p, "<th scope=\"col\" class=\"num\">A month</th>");
    page_raw(p, "</tr></thead><tbody>\n");
    for (int i = 0; i < BOOK_AHEAD; i++) {
        page_printf(p, "<tr><th scope=\"row\">%s</th><td class=\"num\">%s</td>", MONTH(b->ahead_start[i]), COUNT(b->ahead[i].customers));
        if (r->has_money) page_printf(p, "<td class=\"num\">%s</td>", MONEY(p, (double)b->ahead[i].money / MR_MONEY_SCALE));
        page_raw(p, "</tr>\n");
    }
    page_raw(p, "</tbody></table></details>\n");
    past_table(p);
    page_define(p, "renewals_due notice_by past_renewals renewals_made");
    page_raw(p, "</section>\n");
}
