/* Erosion month by month, in customers and in money, as known then and as known now. */
#include "chart.h"
#include "page.h"
#include "parts.h"

#include <math.h>
#include <string.h>

#define MONTHS 36

typedef struct series {
    const report *r;
    const report_month *months; /* the last of them, at most MONTHS */
    size_t n;
    bool money;
    double then[MONTHS], now[MONTHS];
} series;

static void fill(series *s, const report *r, bool money) {
    *s = (series){.r = r, .money = money};
    s->n = r->months_n < MONTHS ? r->months_n : MONTHS;
    s->months = r->months ? r->months + (r->months_n - s->n) : NULL;
    for (size_t i = 0; i < s->n; i++) {
        const report_month *m = &s->months[i];
        double of = money ? m->active_spend : m->active;
        double then = money ? m->passed_spend - m->came_back_spend : (double)m->passed - m->came_back;
        double now = money ? m->passed_now_spend : m->passed_now;
        s->then[i] = of > 0 ? then / of : NAN;
        s->now[i] = of > 0 ? now / of : NAN;
    }
}

static bool known(const series *s) {
    for (size_t i = 0; i < s->n; i++)
        if (isfinite(s->now[i])) return true;
    return false;
}

/* The last point, where a line gets its name. */
static size_t last_known(const double *y, size_t n) {
    while (n > 0 && !isfinite(y[n - 1])) n--;
    return n ? n - 1 : 0;
}

/* The complete part solid, the step into an incomplete month dashed. */
static void draw_series(chart *c, const series *s, const double *x, const double *y, const char *line,
                        const char *dashed, const char *dot, const char *hollow) {
    size_t whole = s->n;
    while (whole > 0 && !s->months[whole - 1].complete) whole--;
    chart_line(c, line, x, y, whole);
    if (whole < s->n && whole > 0) chart_line(c, dashed, x + whole - 1, y + whole - 1, s->n - whole + 1);
    size_t last = last_known(y, s->n);
    chart_dot(c, last < whole ? dot : hollow, x[last], y[last], 4);
}

static void draw(page *p, bool narrow, const void *ctx) {
    const series *s = ctx;
    chart c = {.p = p,
               .narrow = narrow,
               .height = narrow ? 264 : 250,
               .left = narrow ? 44 : 52,
               .right = narrow ? 18 : 128,
               .top = narrow ? 54 : 30,
               .bottom = 44};
    double x[MONTHS], high = 0, low = 0;
    for (size_t i = 0; i < s->n; i++) {
        x[i] = (double)i;
        if (isfinite(s->then[i])) high = fmax(high, s->then[i]), low = fmin(low, s->then[i]);
        if (isfinite(s->now[i])) high = fmax(high, s->now[i]), low = fmin(low, s->now[i]);
    }
    c.x0 = 0, c.x1 = s->n > 1 ? (double)(s->n - 1) : 1;
    c.y0 = low, c.y1 = fmax(high, 0.001);
    double step = chart_round_y(&c, narrow ? 4 : 5);
    chart_begin(&c, s->money ? "Erosion in money by month" : "Erosion in customers by month",
                "Two lines over the months: erosion as known then and as known now. The figures are in the "
                "table below.");
    chart_y_label(&c,
                  s->money ? "% of the active customers’ spend in the year before" : "% of active customers");
    chart_y_axis(&c, step, UNIT_PERCENT);
    chart_month_axis(&c, &s->months[0].start, sizeof *s->months, s->n);
    if (!s->months[s->n - 1].complete) {
        chart_segment(&c, "ld", x[s->n - 1], c.y0, x[s->n - 1], c.y1);
        chart_words(&c, "tick", "end", x[s->n - 1], c.y1, -5, 4, "so far");
    }
    draw_series(&c, s, x, s->then, "la", "la dash", "da", "ha");
    draw_series(&c, s, x, s->now, "lr", "lr dash", "dr", "hr");
    size_t a = last_known(s->then, s->n), b = last_known(s->now, s->n);
    if (narrow) {
        /* No room at the end of the lines: the names stand on top, in the lines' colours. */
        page_printf(p,
                    "<text class=\"r\" x=\"%g\" y=\"34\">as known now</text><text class=\"a\" "
                    "text-anchor=\"end\" x=\"%g\" "
                    "y=\"34\">as known then</text>\n",
                    c.left, c.width - c.right);
    } else {
        double apart = chart_y(&c, s->then[a]) - chart_y(&c, s->now[b]), push = 0;
        if (fabs(apart) < 17) push = (17 - fabs(apart)) / 2 * (apart > 0 ? 1 : -1);
        if (apart == 0) push = 8.5;
        chart_words(&c, "a", "start", x[a], s->then[a], 10, 4 + push, "as known then");
        chart_words(&c, "r", "start", x[b], s->now[b], 10, 4 - push, "as known now");
    }
    chart_end(&c);
}

static void chart_of(page *p, const series *s, const char *heading) {
    page_printf(p, "<h3>%s</h3>\n<figure>", heading);
    if (known(s)) {
        chart_both(p, draw, s);
    } else {
        page_raw(p, "<p class=\"soft\">No month with active customers before it.</p>");
    }
    page_raw(p, "</figure>\n");
}

static void table(page *p, const series *customers, const series *money) {
    const report *r = p->r;
    page_raw(p, "<details><summary>The figures, month by month</summary><div class=\"scroll\" tabindex=\"0\" "
                "role=\"region\" "
                "aria-label=\"Erosion by month\"><table class=\"compact\"><caption>Erosion by month; for the "
                "share of customers the 95 % "
                "interval of a share of that many</caption><thead><tr><th scope=\"col\">Month</th><th "
                "scope=\"col\" class=\"num\">Active "
                "before</th><th scope=\"col\" class=\"num\">Fell silent</th><th scope=\"col\" "
                "class=\"num\">Came back</th><th scope=\"col\" "
                "class=\"num\">Still silent</th><th scope=\"col\" class=\"num\">As known then</th><th "
                "scope=\"col\" class=\"num\">As known "
                "now</th><th scope=\"col\" class=\"num\">Interval</th>");
    if (r->has_money)
        page_raw(p, "<th scope=\"col\" class=\"num\">Active spend</th><th scope=\"col\" class=\"num\">Money, "
                    "then</th><th scope=\"col\" "
                    "class=\"num\">Money, now</th>");
    page_raw(p, "<th scope=\"col\" class=\"num\">");
    page_term(p, "late", "Late");
    page_raw(p, "</th><th scope=\"col\" class=\"num\">");
    page_term(p, "shrinking", "Shrinking");
    page_raw(p, "</th></tr></thead><tbody>\n");
    for (size_t i = customers->n; i-- > 0;) {
        const report_month *m = &customers->months[i];
        double low, high;
        report_share_interval(customers->now[i], m->active, &low, &high);
        page_printf(p,
                    "<tr><th scope=\"row\">%s%s</th><td class=\"num\">%s</td><td class=\"num\">%s</td><td "
                    "class=\"num\">%s</td>"
                    "<td class=\"num\">%s</td><td class=\"num\">%s</td><td class=\"num\">%s</td><td "
                    "class=\"num soft\">%s–%s</td>",
                    MONTH(m->start), m->complete ? "" : " so far", COUNT(m->active), COUNT(m->passed),
                    COUNT(m->came_back), COUNT(m->passed_now), PERCENT(customers->then[i], 1),
                    PERCENT(customers->now[i], 1), NUMBER(100 * low, 1), PERCENT(high, 1));
        if (r->has_money)
            page_printf(p, "<td class=\"num\">%s</td><td class=\"num\">%s</td><td class=\"num\">%s</td>",
                        MONEY(p, m->active_spend), PERCENT(money->then[i], 1), PERCENT(money->now[i], 1));
        page_printf(p, "<td class=\"num\">%s</td><td class=\"num\">%s</td></tr>\n",
                    COUNT(m->complete ? (double)m->late : (double)NAN), COUNT(m->shrinking));
    }
    page_raw(p, "</tbody></table></div></details>\n");
}

static void side(page *p, const series *s) {
    const report *r = p->r;
    page_raw(p, "<div class=\"side\"><p><b class=\"risk\">As known now</b>: those who fell silent in the "
                "month and have not come back to this "
                "day. The latest months will still fall as some come back.</p>"
                "<p><b class=\"accent\">As known then</b>: those who fell silent less those who "
                "came back in the month. Below "
                "zero, more came back than fell silent.</p>");
    double sum = 0;
    size_t n = 0;
    for (size_t i = s->n; i-- > 0 && n < 12;) {
        if (!s->months[i].complete || !isfinite(s->now[i])) continue;
        sum += s->now[i];
        n++;
    }
    if (n)
        page_printf(p, "<p>Over the last %s full month%s it was <b>%s</b> a month on average.</p>", COUNT(n),
                    n == 1 ? "" : "s", PERCENT(sum / (double)n, 1));
    if (r->one_order_unknown)
        page_printf(p,
                    "<p><b>%s</b> active customers with one order are <a class=\"term\" "
                    "href=\"#d-one_order_unknown\">not visible to "
                    "erosion yet</a>: their 95 %% date lies more than a year after that order.</p>",
                    COUNT(r->one_order_unknown));
    page_raw(p, "</div>");
}

void section_erosion(page *p) {
    const report *r = p->r;
    page_section(p, "erosion", "Erosion",
                 "How much of the base crumbles away each month: active customers whose silence passed their "
                 "own 95&nbsp;% next-order date.");
    if (r->months_n == 0) {
        page_raw(p, "<p class=\"key\">The data span no whole month after a customer’s first order, so there "
                    "is no erosion to show yet.</p>\n");
        page_define(p, "erosion");
        page_raw(p, "</section>\n");
        return;
    }
    series customers, money;
    fill(&customers, r, false);
    fill(&money, r, true);
    page_raw(p, "<div class=\"split\"><div>\n");
    chart_of(p, &customers, "In customers");
    if (r->has_money) {
        chart_of(p, &money, "In money");
    } else {
        page_raw(p, "<p class=\"small soft\">There are no amounts in the data, so erosion in money is left "
                    "out.</p>\n");
    }
    page_raw(p, "</div>");
    side(p, &customers);
    page_raw(p, "</div>\n");
    table(p, &customers, &money);
    page_define(p, "erosion erosion_then erosion_now late shrinking one_order_unknown");
    page_raw(p, "</section>\n");
}
