/* The base over time and by size: the cohort triangle and the concentration of value. */
#include "chart.h"
#include "page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PERIODS 24

static bool quarterly(const report *r) {
    return r->cohort_period && strcmp(r->cohort_period, "quarter") == 0;
}

/* Shade by share, scaled to the largest share after period 0 so that a base of rare buyers is not one pale
 * field. */
static void cell(page *p, double share, double most) {
    if (isnan(share)) {
        page_raw(p, "<td></td>");
        return;
    }
    double shade = most > 0 ? fmin(share / most, 1) * 0.7 : 0;
    page_printf(p, "<td class=\"h%s\" style=\"--v:%.2f\">%.0f</td>", shade > 0.57 ? " hi" : "", shade,
                100 * share);
}

static uint32_t periods_of(const report_cohort *c) {
    return c->periods < PERIODS ? c->periods : PERIODS;
}

/* The mean of each later period over the cohorts that have reached it, weighted by customers. */
static void means(page *p, uint32_t longest, double most) {
    const report *r = p->r;
    page_raw(p, "<tr class=\"all\"><th scope=\"row\">all</th><td></td><td class=\"soft\">100</td>");
    for (uint32_t k = 1; k < longest; k++) {
        double sum = 0, n = 0;
        for (size_t i = 0; i < r->cohorts_n; i++) {
            const report_cohort *c = &r->cohorts[i];
            if (k >= periods_of(c) || isnan(c->active[k])) continue;
            sum += c->active[k] * c->customers;
            n += c->customers;
        }
        cell(p, n > 0 ? sum / n : NAN, most);
    }
    page_raw(p, "</tr>\n");
}

static void triangle(page *p) {
    const report *r = p->r;
    uint32_t longest = 0;
    double most = 0;
    for (size_t i = 0; i < r->cohorts_n; i++) {
        uint32_t n = periods_of(&r->cohorts[i]);
        if (n > longest) longest = n;
        for (uint32_t k = 1; k < n; k++)
            if (r->cohorts[i].active[k] > most) most = r->cohorts[i].active[k];
    }
    const char *period = r->cohort_period ? r->cohort_period : "month";
    page_printf(p,
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Cohort retention\"><table "
                "class=\"heat\">"
                "<caption>Percent of each cohort that ordered in its %s 0, 1, 2, … after the first "
                "order</caption><thead><tr>"
                "<th scope=\"col\">First order</th><th scope=\"col\">n</th>",
                period);
    for (uint32_t k = 0; k < longest; k++) page_printf(p, "<th scope=\"col\">%u</th>", k);
    page_raw(p, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < r->cohorts_n; i++) {
        const report_cohort *c = &r->cohorts[i];
        if (c->customers == 0) continue; /* nobody new in that period: nothing to say of them */
        page_printf(p, "<tr><th scope=\"row\">%s</th><td class=\"num soft\">%s</td>",
                    quarterly(r) ? figure_quarter((char[FIGURE]){0}, c->start) : MONTH(c->start),
                    COUNT(c->customers));
        /* Period 0 is the whole cohort by definition: said once, not shaded. */
        for (uint32_t k = 0; k < periods_of(c); k++) {
            if (k == 0) {
                page_printf(p, "<td class=\"soft\">%s</td>", NUMBER(100 * c->active[0], 0));
            } else {
                cell(p, c->active[k], most);
            }
        }
        for (uint32_t k = periods_of(c); k < longest; k++) page_raw(p, "<td></td>");
        page_raw(p, "</tr>\n");
    }
    if (r->cohorts_n > 1) means(p, longest, most);
    page_raw(p, "</tbody></table></div>\n");
}

void section_cohorts(page *p) {
    page_section(
        p, "cohorts", "Do newer customers stay better?",
        "Customers grouped by when they first ordered. Read down a column: stronger colour below than above "
        "means newer customers come back "
        "more than older ones did.");
    if (p->r->cohorts_n == 0) {
        page_raw(p, "<p class=\"key\">No cohort has a period behind it yet.</p>\n");
    } else {
        triangle(p);
        page_raw(p, "<p class=\"small soft\">The last cell of a row is of a period that may not be over. "
                    "Small cohorts jump: with n customers, "
                    "a share near one half is uncertain by about 100/√n percent points.</p>\n");
    }
    page_define(p, "cohorts");
    page_raw(p, "</section>\n");
}

static void draw_concentration(page *p, bool narrow, const void *ctx) {
    const report *r = ctx;
    chart c = {.p = p,
               .narrow = narrow,
               .height = narrow ? 300 : 340,
               .left = narrow ? 44 : 52,
               .right = narrow ? 14 : 24,
               .top = 30,
               .bottom = 46,
               .x1 = 1,
               .y1 = 1};
    double x[11];
    for (int i = 0; i <= 10; i++) x[i] = i / 10.0;
    chart_begin(
        &c, "Concentration of value",
        "The share held by the top customers, from the largest to the smallest, beside an equal split.");
    chart_y_label(&c, r->has_money ? "share of all spend" : "share of all orders");
    chart_y_axis(&c, narrow ? 0.25 : 0.2, UNIT_PERCENT);
    chart_x_axis(&c, narrow ? 0.25 : 0.2, UNIT_PERCENT);
    chart_x_label(&c, "of customers, largest first");
    static const double none[11];
    chart_area(&c, "fa", x, none, r->concentration, 11);
    chart_segment(&c, "ld", 0, 0, 1, 1);
    chart_words(&c, "s", "middle", narrow ? 0.74 : 0.78, narrow ? 0.42 : 0.78, narrow ? 8 : 34, narrow ? 0 : 34, "if all were equal");
    chart_line(&c, "la", x, r->concentration, 11);
    static const int marks[] = {1, 2, 5};
    for (size_t i = 0; i < 3; i++) {
        int at = marks[i];
        char words[96];
        chart_dot(&c, "da", x[at], r->concentration[at], 4);
        snprintf(words, sizeof words, "top %d&#160;%%: %s", 10 * at, PERCENT(r->concentration[at], 0));
        /* Right of and under the curve, where it is empty. */
        chart_words(&c, "a", "start", x[at], r->concentration[at], 10, 15, words);
    }
    chart_end(&c);
}

void section_concentration(page *p) {
    const report *r = p->r;
    page_section(p, "concentration", r->has_money ? "Who carries the revenue" : "Who carries the orders",
                 NULL);
    if (!(r->concentration[10] > 0)) {
        page_raw(p, "<p class=\"key\">There is nothing to share out: nobody has spent anything.</p>\n");
        page_define(p, "concentration");
        page_raw(p, "</section>\n");
        return;
    }
    page_raw(p, "<div class=\"split\"><figure>");
    chart_both(p, draw_concentration, r);
    page_printf(p,
                "</figure><div class=\"side\"><p>The top tenth of customers hold <b>%s</b> of %s, the top "
                "fifth <b>%s</b>, the lower half "
                "<b>%s</b>.</p><p>The steeper the start, the more it matters whom you lose: one customer in "
                "the top tenth %s as much as "
                "<b>%s</b> of the lower half.</p></div></div>\n",
                PERCENT(r->concentration[1], 0), r->has_money ? "all spend" : "all orders",
                PERCENT(r->concentration[2], 0), PERCENT(1 - r->concentration[5], 0),
                r->has_money ? "has spent" : "has ordered",
                r->concentration[5] < 1 ? COUNT(5 * r->concentration[1] / (1 - r->concentration[5])) : "all");
    page_define(p, "concentration spend");
    page_raw(p, "</section>\n");
}
