/* Erosion by month with contracts, the flows behind it, early signs, how long contracts last, and the test of the chances. */
#include "chart.h"
#include "contracts.h"
#include "page.h"
#include "parts.h"

#include <math.h>
#include <string.h>

typedef struct series {
    const report *r;
    bool money;
    size_t from, n, whole; /* months of the book with an opening; those that are complete */
    double then[BOOK_MONTHS], now[BOOK_MONTHS];
} series;

static double loss(const book_month *m, bool money) {
    return money ? 1 - book_grr(m) : book_logo_loss(m);
}

static void fill(series *s, const report *r, bool money) {
    const book *b = r->contracts->book;
    *s = (series){.r = r, .money = money};
    while (s->from < b->months && !b->now[s->from].opening.customers) s->from++;
    s->n = b->months - s->from;
    for (size_t i = 0; i < s->n; i++) {
        s->then[i] = loss(&b->then[s->from + i], money);
        s->now[i] = loss(&b->now[s->from + i], money);
        if (b->start[s->from + i + 1] <= r->until + 1) s->whole = i + 1;
    }
}

static void draw(page *p, bool narrow, const void *ctx) {
    const series *s = ctx;
    const book *b = s->r->contracts->book;
    chart c = {.p = p, .narrow = narrow, .height = narrow ? 264 : 250, .left = narrow ? 44 : 52, .right = narrow ? 18 : 128, .top = narrow ? 54 : 30, .bottom = 44};
    double x[BOOK_MONTHS], high = 0;
    bool differ = false;
    for (size_t i = 0; i < s->n; i++) {
        x[i] = (double)i;
        if (isfinite(s->then[i])) high = fmax(high, s->then[i]);
        if (isfinite(s->now[i])) high = fmax(high, s->now[i]);
        differ |= fabs(s->then[i] - s->now[i]) > 1e-9;
    }
    c.x0 = 0, c.x1 = s->n > 1 ? (double)(s->n - 1) : 1;
    c.y0 = 0, c.y1 = fmax(high, .001);
    double step = chart_round_y(&c, narrow ? 4 : 5);
    chart_begin(&c, s->money ? "Recurring revenue lost by month" : "Customers lost by month",
                "Lines over the months, as known then and as known now. The figures are in the table below.");
    chart_y_label(&c, s->money ? "% of the opening recurring revenue" : "% of customers at the opening");
    chart_y_axis(&c, step, UNIT_PERCENT);
    chart_month_axis(&c, &b->start[s->from], sizeof *b->start, s->n);
    size_t last = s->n - 1;
    if (s->whole < s->n) {
        chart_segment(&c, "ld", x[last], c.y0, x[last], c.y1);
        chart_words(&c, "tick", "end", x[last], c.y1, -5, 4, "so far");
    }
    if (differ) {
        chart_line(&c, "la", x, s->then, s->whole);
        if (s->whole && s->whole < s->n) chart_line(&c, "la dash", x + s->whole - 1, s->then + s->whole - 1, s->n - s->whole + 1);
    }
    chart_line(&c, "lr", x, s->now, s->whole);
    if (s->whole && s->whole < s->n) chart_line(&c, "lr dash", x + s->whole - 1, s->now + s->whole - 1, s->n - s->whole + 1);
    chart_dot(&c, last < s->whole ? "dr" : "hr", x[last], s->now[last], 4);
    if (narrow) {
        page_printf(p, "<text class=\"r\" x=\"%g\" y=\"34\">as known now</text>", c.left);
        if (differ) page_printf(p, "<text class=\"a\" text-anchor=\"end\" x=\"%g\" y=\"34\">as known then</text>\n", c.width - c.right);
    } else {
        double apart = chart_y(&c, s->then[last]) - chart_y(&c, s->now[last]), push = fabs(apart) < 17 ? (17 - fabs(apart)) / 2 : 0;
        if (apart < 0) push = -push;
        if (differ) chart_words(&c, "a", "start", x[last], s->then[last], 10, 4 + push, "as known then");
        chart_words(&c, "r", "start", x[last], s->now[last], 10, differ ? 4 - push : 4, "as known now");
    }
    chart_end(&c);
}

/* In tables of many: the currency stands in the caption, and cents only where the whole base brings little. */
static void money_cell(page *p, int64_t money) {
    int decimals = p->r->contracts->recurring < 1000 ? 2 : 0;
    page_printf(p, "<td class=\"num\">%s</td>", money ? figure_money_as((char[FIGURE]){0}, (double)money / MR_MONEY_SCALE, "", decimals) : FIGURE_NONE);
}

static void in_currency(page *p) {
    if (p->currency[0]) page_printf(p, ", in %s", p->currency);
}

static void flow_table(page *p, const series *s) {
    const report *r = p->r;
    const book *b = r->contracts->book;
    page_raw(p, "<details open><summary>The book, month by month</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"The book by "
                "month\"><table class=\"compact\"><caption>As known now; the last column as known then. Money is recurring revenue a month");
    in_currency(p);
    page_raw(p, "</caption><thead><tr><th "
                "scope=\"col\">Month</th><th scope=\"col\" class=\"num\">Customers</th><th scope=\"col\" class=\"num\">New</th><th scope=\"col\" "
                "class=\"num\">Back</th><th scope=\"col\" class=\"num\">Lost</th>");
    if (r->has_money)
        page_raw(p, "<th scope=\"col\" class=\"num\">Opening</th><th scope=\"col\" class=\"num\">New, back</th><th scope=\"col\" class=\"num\">More</th><th "
                    "scope=\"col\" class=\"num\">Less</th><th scope=\"col\" class=\"num\">Lost</th><th scope=\"col\" class=\"num\">GRR</th><th scope=\"col\" "
                    "class=\"num\">NRR</th>");
    page_printf(p, "<th scope=\"col\" class=\"num\">Customers lost</th><th scope=\"col\" class=\"num\">Then</th></tr></thead><tbody>\n");
    for (size_t i = s->n; i-- > 0;) {
        const book_month *m = &b->now[s->from + i], *then = &b->then[s->from + i];
        page_printf(p, "<tr><th scope=\"row\">%s%s</th><td class=\"num\">%s</td><td class=\"num\">%s</td><td class=\"num\">%s</td><td class=\"num\">%s</td>",
                    MONTH(b->start[s->from + i]), i < s->whole ? "" : " so far", COUNT(m->opening.customers), COUNT(m->added.customers),
                    COUNT(m->returned.customers), COUNT(m->lost.customers));
        if (r->has_money) {
            money_cell(p, m->opening.money);
            money_cell(p, m->added.money + m->returned.money);
            money_cell(p, m->expansion.money);
            money_cell(p, m->contraction.money);
            money_cell(p, m->lost.money);
            page_printf(p, "<td class=\"num\">%s</td><td class=\"num\">%s</td>", PERCENT(book_grr(m), 1), PERCENT(book_nrr(m), 1));
        }
        page_printf(p, "<td class=\"num\">%s</td><td class=\"num soft\">%s</td></tr>\n", PERCENT(book_logo_loss(m), 1), PERCENT(book_logo_loss(then), 1));
    }
    page_raw(p, "</tbody></table></div></details>\n");
}

static void side(page *p, const series *s) {
    double lost = 0, opening = 0;
    const book *b = p->r->contracts->book;
    size_t n = 0;
    for (size_t i = s->whole; i-- > 0 && n < 12; n++) {
        const book_month *m = &b->now[s->from + i];
        lost += s->money ? (double)m->lost.money + (double)m->contraction.money : (double)m->lost.customers;
        opening += s->money ? (double)m->opening.money : (double)m->opening.customers;
    }
    page_raw(p, "<div class=\"side\"><p><b class=\"risk\">As known now</b>: who gave notice or whose contract ended in the month, with what they paid, and what "
                "the others pay less.</p><p><b class=\"accent\">As known then</b>: the same from what was known a week after the month’s end; drawn where it "
                "differs.</p>");
    if (n && opening > 0)
        page_printf(p, "<p>Over the last %s full month%s it was <b>%s</b> a month on average.</p>", COUNT(n), n == 1 ? "" : "s", PERCENT(lost / opening, 1));
    page_raw(p, "</div>");
}

void section_book(page *p) {
    const report *r = p->r;
    series customers, money;
    page_section(p, "erosion", "Erosion", "How much of the base crumbles away each month, in recurring revenue (1 - GRR) and in customers.");
    fill(&customers, r, false);
    fill(&money, r, true);
    if (!customers.n) {
        page_raw(p, "<p class=\"key\">Nobody was under contract before this month, so there is no erosion to show yet.</p>\n");
    } else {
        page_raw(p, "<div class=\"split\"><div>\n");
        if (r->has_money && money.n) {
            page_raw(p, "<h3>In recurring revenue</h3>\n<figure>");
            chart_both(p, draw, &money);
            page_raw(p, "</figure>\n");
        }
        page_raw(p, "<h3>In customers</h3>\n<figure>");
        chart_both(p, draw, &customers);
        page_raw(p, "</figure></div>\n");
        side(p, r->has_money ? &money : &customers);
        page_raw(p, "</div>\n");
        flow_table(p, &customers);
    }
    page_define(p, "erosion grr nrr logo_loss flows erosion_then erosion_now");
    page_raw(p, "</section>\n");
}

/* --- early signs --- */

static void signal_row(page *p, const char *words, const book_signal *g, const book_signal *none, bool strong) {
    double of = (double)g->followed.customers, share = of > 0 ? (double)g->lost.customers / of : NAN, low = NAN, high = NAN;
    double base = none->followed.customers ? (double)none->lost.customers / (double)none->followed.customers : NAN;
    report_share_interval(share, of, &low, &high);
    page_printf(p, "<tr><th scope=\"row\">%s</th><td class=\"num\" data-label=\"Seen\">%s</td><td class=\"num\" data-label=\"Of these lost\">%s</td><td class=\"num%s\" "
                   "data-label=\"In three months\">%s</td><td class=\"num soft\" data-label=\"Interval\">%s–%s</td><td class=\"num\" data-label=\"Against no "
                   "sign\">%s</td></tr>\n",
                words, COUNT(g->with.customers), COUNT(g->lost.customers), strong ? " risk" : "", PERCENT(share, 1), NUMBER(100 * low, 1), PERCENT(high, 1),
                base > 0 && g != none ? TIMES(share / base) : FIGURE_NONE);
}

static void watch_table(page *p) {
    const report *r = p->r;
    const book *b = r->contracts->book;
    size_t shown = b->months < 13 ? b->months : 13;
    page_raw(p, "<details><summary>At risk at each month’s end</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"At risk by "
                "month\"><table class=\"compact\"><caption>As known then; customers, and what they bring a month");
    in_currency(p);
    page_raw(p, "</caption><thead><tr><th "
                "scope=\"col\">Month</th><th scope=\"col\" class=\"num\">Renew in 90 days</th><th scope=\"col\" class=\"num\">Show a sign</th><th scope=\"col\" "
                "class=\"num\">At risk</th>");
    if (r->has_money) page_raw(p, "<th scope=\"col\" class=\"num\">At risk</th><th scope=\"col\" class=\"num\">Under notice</th>");
    page_raw(p, "<th scope=\"col\" class=\"num\">Pay less</th></tr></thead><tbody>\n");
    for (size_t k = 0; k < shown; k++) {
        size_t i = b->months - 1 - k;
        const book_watch *w = &b->watch[i];
        page_printf(p, "<tr><th scope=\"row\">%s</th><td class=\"num\">%s</td><td class=\"num\">%s</td><td class=\"num\">%s</td>", MONTH(b->start[i]),
                    COUNT(w->due.customers), COUNT(w->signs.customers), COUNT(w->at_risk.customers));
        if (r->has_money) money_cell(p, w->at_risk.money), money_cell(p, w->noticed.money);
        page_printf(p, "<td class=\"num\">%s</td></tr>\n", COUNT(b->then[i].contraction.customers));
    }
    page_raw(p, "</tbody></table></div></details>\n");
}

void section_signs(page *p) {
    const book *b = p->r->contracts->book;
    page_section(p, "signs", "Early signs", "What shows before customers leave, and how often those who showed it were gone three months later.");
    if (!b->any.with.customers) {
        page_raw(p, "<p class=\"key\">The data show none of the signs: they hold contracts alone. Import complaints, payments, cases and notices into a ledger, "
                    "and <code>marram report --db</code> sees them.</p>\n");
    } else {
        page_raw(p, "<table class=\"cards parts\"><caption>Customers under contract at the "
                    "closings of the months shown</caption><thead><tr><th scope=\"col\">They</th><th scope=\"col\" class=\"num\">Customers × "
                    "months</th><th scope=\"col\" class=\"num\">Of these lost</th><th scope=\"col\" class=\"num\">");
        page_term(p, "sign_lift", "Lost within<br>three months");
        page_raw(p, "</th><th scope=\"col\" class=\"num\">95 % interval</th><th scope=\"col\" class=\"num\">Against<br>no sign</th></tr></thead><tbody>\n");
        for (int k = 0; k < BOOK_SIGNS; k++)
            if (b->sign[k].with.customers) signal_row(p, book_sign_words((book_sign)k), &b->sign[k], &b->none, true);
        signal_row(p, "<b>showed any sign</b>", &b->any, &b->none, true);
        signal_row(p, "<b>showed none</b>", &b->none, &b->none, false);
        page_raw(p, "</tbody></table>\n");
    }
    watch_table(p);
    page_define(p, "signs sign_lift at_risk under_notice");
    page_raw(p, "</section>\n");
}

/* --- how long they stay --- */

#define POINTS 400

static void draw_tenure(page *p, bool narrow, const void *ctx) {
    const contract_curve *k = ctx;
    static const double none = 0;
    chart c = {.p = p, .narrow = narrow, .height = narrow ? 250 : 270, .left = narrow ? 44 : 52, .right = narrow ? 14 : 24, .top = 28, .bottom = 44};
    double x[2 * POINTS + 2], y[2 * POINTS + 2], low[2 * POINTS + 2], high[2 * POINTS + 2], before = 1, low_before = 1, high_before = 1;
    size_t step = k->n / POINTS + 1, n = 0;
    c.x1 = fmax(1, k->months[k->n - 1]);
    c.y0 = none, c.y1 = 1;
    x[n] = 0, y[n] = low[n] = high[n] = 1, n++;
    for (size_t i = 0; i < k->n && n + 2 < 2 * POINTS + 2; i += step) { /* a step is two points */
        x[n] = k->months[i], y[n] = before, low[n] = low_before, high[n] = high_before, n++;
        before = k->share[i], low_before = k->low[i], high_before = k->high[i];
        x[n] = k->months[i], y[n] = before, low[n] = low_before, high[n] = high_before, n++;
    }
    chart_begin(&c, "How long contracts last", "The share still under contract by months since they came, with a band.");
    chart_y_label(&c, "% still under contract");
    chart_y_axis(&c, .25, UNIT_PERCENT);
    double every = c.x1 > 96 ? 24 : c.x1 > 40 ? 12 : c.x1 > 14 ? 6 : c.x1 > 6 ? 3 : 1;
    chart_x_axis(&c, every * (narrow && c.x1 / every > 7 ? 2 : 1), UNIT_COUNT);
    chart_area(&c, "fa", x, low, high, n);
    chart_line(&c, "la", x, y, n);
    if (isfinite(k->median_months)) {
        chart_segment(&c, "ld", 0, .5, k->median_months, .5);
        chart_segment(&c, "ld", k->median_months, .5, k->median_months, 0);
    }
    chart_x_label(&c, "months since they came");
    chart_end(&c);
}

/* The share after so many months: the last step at or before them; 1 before the first. NaN past the last that anybody was watched for. */
static double share_after(const contract_curve *k, double months) {
    double share = 1;
    if (!k->n || months > k->months[k->n - 1] + 1) return NAN;
    for (size_t i = 0; i < k->n && k->months[i] <= months; i++) share = k->share[i];
    return share;
}

void section_tenure(page *p) {
    const contract_curve *k = &p->r->contracts->curve;
    page_section(p, "tenure", "How long they stay", "The share of customers still under contract, by the time since they came.");
    if (!k->n) {
        page_raw(p, "<p class=\"key\">Nobody has left so far.</p>\n</section>\n");
        return;
    }
    page_raw(p, "<div class=\"split\"><div><figure>");
    chart_both(p, draw_tenure, k);
    page_printf(p, "</figure></div><div class=\"side\">");
    if (isfinite(k->median_months)) page_printf(p, "<p>Half have left after <b>%s</b> months.</p>", COUNT(round(k->median_months)));
    else page_raw(p, "<p>More than half are still there after all the time the data span.</p>");
    static const int after[] = {12, 24, 36, 60};
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        double share = share_after(k, after[i]);
        if (!isnan(share)) page_printf(p, "<p>After %d year%s <b>%s</b> are still there.</p>", after[i] / 12, after[i] == 12 ? "" : "s", PERCENT(share, 0));
    }
    page_printf(p, "<p>The band is the %s interval.</p></div></div>\n", PERCENT(report_level(p->r), 0));
    page_define(p, "tenure");
    page_raw(p, "</section>\n");
}

/* --- put to the test --- */

void section_tested(page *p) {
    const report *r = p->r;
    const contract_holdout *h = &r->contracts->holdout;
    const leaving_chances *m = r->contracts->model;
    page_section(p, "tested", "Put to the test", "The same chances, as they would have been given one horizon ago, against who left since.");
    if (m)
        page_printf(p, "<p class=\"key\">The chances in this report are those of the ledger’s model of leaving, learnt up to %s: AUC <b>%s</b> on time it had not seen "
                       "(<code>marram explain ID</code> says what one is made of). What follows is the test of plain counts, beside which it has to be worth its "
                       "trouble.</p>\n",
                    DATE(m->as_of), NUMBER(m->auc, 3));
    if (r->contracts->renewal.afterwards) {
        text_buffer words = {0};
        contracts_afterwards(r->contracts, &words);
        page_raw(p, "<p class=\"key warn\">");
        page_string(p, text_terminate(&words));
        text_free(&words);
        page_printf(p, "</p><p>Everybody is given the same chance, that of the last year, and nothing is put to the test%s. With a line for each term, those that "
                       "ended and were renewed too, both would be possible.</p>\n</section>\n",
                    r->contracts->model_withheld ? "; the ledger’s model of leaving, learnt from the same dates, is left aside" : "");
        return;
    }
    if (h->nobody_left) {
        page_printf(p, "<p class=\"key warn\">Nobody had left by %s, so nothing could be learnt by then, and nothing is put to the test. Take the chances as a first "
                       "guess.</p>\n</section>\n",
                    DATE(h->day));
        return;
    }
    if (!h->n) {
        page_raw(p, "<p class=\"key warn\">There is too little history to hold the chances against what happened: take them as a first guess.</p>\n</section>\n");
        return;
    }
    page_printf(p, "<p>From what was known on %s, <b>%s</b> of %s customers were expected to leave by %s; <b>%s</b> did.", DATE(h->day), COUNT(h->expected),
                COUNT(h->n), DATE(r->until), COUNT(h->left));
    if (r->has_money) page_printf(p, " In recurring revenue: %s a month expected, %s left.", MONEY(p, h->recurring_expected), MONEY(p, h->recurring_left));
    page_raw(p, "</p>\n");
    if (isfinite(h->auc)) {
        page_raw(p, "<p>");
        page_term(p, "auc", "AUC");
        page_printf(p, " <b>%s</b>, the tenth with the highest chances left <b>%s</b> as often as the average; ", NUMBER(h->auc, 3), TIMES(h->lift));
        page_term(p, "brier", "Brier score");
        page_printf(p, " %s (the same chance for all: %s).</p>\n", NUMBER(h->brier, 4), NUMBER(h->brier_base, 4));
        if (h->auc < .55) page_raw(p, "<p class=\"key warn\">Who will leave cannot be told from these data; how many can. The list is then little more than the dearest customers.</p>\n");
    }
    page_raw(p, "<details><summary>Chances given and what happened, by tenth</summary><table class=\"mid\"><thead><tr><th scope=\"col\">Tenth</th><th scope=\"col\" "
                "class=\"num\">Customers</th><th scope=\"col\" class=\"num\">Chance given</th><th scope=\"col\" class=\"num\">Left</th></tr></thead><tbody>\n");
    for (int t = 9; t >= 0; t--)
        if (h->tenth_n[t])
            page_printf(p, "<tr><th scope=\"row\">%d</th><td class=\"num\">%s</td><td class=\"num\">%s</td><td class=\"num\">%s</td></tr>\n", 10 - t,
                        COUNT(h->tenth_n[t]), PERCENT(h->predicted[t], 1), PERCENT(h->actual[t], 1));
    page_raw(p, "</tbody></table></details>\n");
    page_define(p, "holdout auc brier");
    page_raw(p, "</section>\n");
}
