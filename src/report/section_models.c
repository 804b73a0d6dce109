/* The chosen model against the data it was fitted to, P(alive) across models, and the parameters. */
#include "chart.h"
#include "page.h"
#include "parts.h"

#include <mem.h>

#include <math.h>
#include <string.h>

typedef struct weeks {
    const report *r;
    const double *x, *low, *high;
} weeks;

static void draw_weeks(page *p, bool narrow, const void *ctx) {
    const weeks *w = ctx;
    const report *r = w->r;
    chart c = {.p = p,
               .narrow = narrow,
               .height = narrow ? 250 : 280,
               .left = narrow ? 44 : 52,
               .right = narrow ? 14 : 20,
               .top = 34,
               .bottom = 46};
    c.x1 = r->weeks_n > 1 ? (double)(r->weeks_n - 1) : 1;
    for (size_t i = 0; i < r->weeks_n; i++) {
        if (isfinite(r->week_actual[i])) c.y1 = fmax(c.y1, r->week_actual[i]);
        if (isfinite(r->week_expected[i])) c.y1 = fmax(c.y1, r->week_expected[i]);
    }
    double step = chart_round_y(&c, narrow ? 4 : 5);
    chart_begin(
        &c, "Repeat orders by week, actual and expected",
        "Two lines over the weeks: what came, and what the chosen model expects for the same customers.");
    chart_y_label(&c, "repeat orders a week");
    chart_y_axis(&c, step, UNIT_COUNT);
    chart_month_axis(&c, r->week_day, sizeof *r->week_day, r->weeks_n);
    chart_area(&c, "fa", w->x, w->low, w->high, r->weeks_n);
    chart_line(&c, "ls", w->x, r->week_actual, r->weeks_n);
    chart_line(&c, "la", w->x, r->week_expected, r->weeks_n);
    page_printf(p,
                "<text class=\"a\" text-anchor=\"end\" x=\"%g\" y=\"12\">expected</text><text class=\"s\" "
                "text-anchor=\"end\" x=\"%g\" "
                "y=\"12\">actual</text>\n",
                c.width - c.right, c.width - c.right - 76);
    chart_end(&c);
}

void section_weeks(page *p) {
    const report *r = p->r;
    page_section(p, "weeks", "Does it follow the past?",
                 "Orders after each customer’s first, by week, and what the chosen model expects.");
    double *columns = r->weeks_n ? mem_take(p->out->alloc, 3 * r->weeks_n, sizeof *columns) : NULL;
    if (!columns) {
        if (r->weeks_n) p->out->failed = true;
        page_raw(p, "<p class=\"key\">There is no whole week to show.</p>\n");
        page_define(p, "weeks");
        page_raw(p, "</section>\n");
        return;
    }
    double *x = columns, *low = columns + r->weeks_n, *high = columns + 2 * r->weeks_n;
    for (size_t i = 0; i < r->weeks_n; i++) {
        /* Counting noise alone: two standard deviations of a Poisson count. */
        double e = r->week_expected[i], s = 2 * sqrt(fmax(e, 0));
        x[i] = (double)i;
        low[i] = fmax(0, e - s);
        high[i] = e + s;
    }
    weeks w = {.r = r, .x = x, .low = low, .high = high};
    page_raw(p, "<div class=\"split\"><figure>");
    chart_both(p, draw_weeks, &w);
    page_raw(p, "</figure><div class=\"side\">");
    if (isfinite(r->weeks_error))
        page_printf(p, "<p>In total the model expects <b>%s %s</b> repeat orders than came.</p>",
                    PERCENT(fabs(r->weeks_error), 1), r->weeks_error >= 0 ? "more" : "fewer");
    page_raw(p, "<p>The shaded band is what chance alone does to a count. Waves outside it are seasons and "
                "campaigns, which the model does not "
                "know.</p></div></div>\n");
    page_define(p, "weeks weeks_error");
    page_raw(p, "</section>\n");
    mem_free(p->out->alloc, columns);
}

/* Twenty bars and the mean. */
static void small_histogram(page *p, const report_model *m) {
    double sum = 0, most = 0;
    for (int i = 0; i < 20; i++)
        if (isfinite(m->alive_histogram[i]))
            sum += m->alive_histogram[i], most = fmax(most, m->alive_histogram[i]);
    if (!(sum > 0)) return;
    chart c = {.p = p,
               .width = 220,
               .height = 104,
               .left = 2,
               .right = 2,
               .top = 16,
               .bottom = 22,
               .x1 = 1,
               .y1 = most};
    chart_begin(&c, "P(alive) over the base", "Twenty bars from 0 to 1, and the mean.");
    for (int i = 0; i < 20; i++) {
        double value = m->alive_histogram[i];
        if (!(value > 0)) continue;
        double x0 = chart_x(&c, i / 20.0) + 0.75, x1 = chart_x(&c, (i + 1) / 20.0) - 0.75,
               y = chart_y(&c, value);
        page_printf(p, "<path class=\"ba\" d=\"M%.1f %.1fH%.1fV%.1fH%.1fZ\"/>", x0, y, x1, chart_y(&c, 0),
                    x0);
    }
    chart_segment(&c, "base", 0, 0, 1, 0);
    chart_words(&c, "tick", "start", 0, 0, 0, 16, "0");
    chart_words(&c, "tick", "middle", 0.5, 0, 0, 16, "½");
    chart_words(&c, "tick", "end", 1, 0, 0, 16, "1");
    chart_segment(&c, "lr", m->alive_mean, 0, m->alive_mean, most);
    chart_end(&c);
}

void section_alive(page *p) {
    const report *r = p->r;
    page_section(p, "alive", "P(alive), model by model",
                 "The chance of still being a customer is decided by the model as much as by the data. So no "
                 "figure above rests on it alone.");
    size_t n = 0;
    double low = INFINITY, high = -INFINITY;
    page_raw(p, "<div class=\"small-charts\">\n");
    for (size_t i = 0; i < r->models_n && i < sizeof r->models / sizeof *r->models; i++) {
        const report_model *m = &r->models[i];
        if (report_is_baseline(m) || !isfinite(m->alive_mean)) continue;
        page_raw(p, "<div><h3>");
        page_string(p, m->title);
        page_printf(p, "%s</h3><p>mean <b class=\"risk\">%s</b></p>",
                    i == r->chosen ? " <span class=\"soft\">(chosen)</span>" : "", NUMBER(m->alive_mean, 2));
        small_histogram(p, m);
        page_raw(p, "</div>\n");
        low = fmin(low, m->alive_mean);
        high = fmax(high, m->alive_mean);
        n++;
    }
    page_raw(p, "</div>\n");
    if (n == 0) {
        page_raw(
            p,
            "<p class=\"key\">No model that knows leaving could be fitted, so P(alive) is not known.</p>\n");
    } else if (n > 1) {
        page_printf(p,
                    "<p class=\"key\">From %s to %s: that is how far models that saw the same orders "
                    "disagree on how many of your customers "
                    "are still customers. The chance of an order, which the holdout tests, is the figure to "
                    "act on.</p>\n",
                    NUMBER(low, 2), NUMBER(high, 2));
        page_raw(p, "<p class=\"small soft\">Bars: customers by their P(alive), from 0 to 1; the line is the "
                    "mean. BG/NBD lets nobody leave before "
                    "a second order, so it gives every one-time buyer 1; it never drives a stage or erosion "
                    "here.</p>\n");
    }
    page_define(p, "p_alive p_order");
    page_raw(p, "</section>\n");
}

static void parameters_of(page *p, const char *heading, const char *title, const mr_fit *fit,
                          const report_param *params, size_t n) {
    if (!title[0] || n == 0) return;
    page_printf(p, "<h3>%s: ", heading);
    page_string(p, title);
    if (fit->params.k > 1) page_printf(p, ", k&nbsp;=&nbsp;%d", fit->params.k);
    page_raw(p, "</h3>\n<table class=\"params mid\"><caption>");
    page_printf(p, "Log-likelihood %s over %s customers%s", NUMBER(fit->log_likelihood, 2), COUNT(fit->n),
                fit->converged ? "" : "; <b class=\"risk\">the fit did not converge</b>");
    page_raw(p, "</caption><thead><tr><th scope=\"col\">Parameter</th><th scope=\"col\" "
                "class=\"num\">Estimate</th><th scope=\"col\" "
                "class=\"num\">Standard error</th><th scope=\"col\" class=\"num\">95 % "
                "interval</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < n && i < MR_MAX_PARAMS; i++) {
        page_raw(p, "<tr><th scope=\"row\">");
        page_string(p, params[i].name);
        page_printf(
            p,
            "</th><td class=\"num\">%s</td><td class=\"num\">%s</td><td class=\"num\">%s to %s</td></tr>\n",
            figure_parameter((char[FIGURE]){0}, params[i].value),
            figure_parameter((char[FIGURE]){0}, params[i].se),
            figure_parameter((char[FIGURE]){0}, params[i].low),
            figure_parameter((char[FIGURE]){0}, params[i].high));
    }
    page_raw(p, "</tbody></table>\n");
}

void section_parameters(page *p) {
    const report *r = p->r;
    page_section(p, "parameters", "The models’ numbers", NULL);
    if (!r->chosen_title[0]) page_raw(p, "<p class=\"key\">No model was fitted.</p>\n");
    parameters_of(p, "Buying", r->chosen_title, &r->fit, r->chosen_params, r->chosen_params_n);
    if (strcmp(r->cycle_title, r->chosen_title) != 0)
        parameters_of(p, "Stages and erosion", r->cycle_title, &r->cycle_fit, r->cycle_params,
                      r->cycle_params_n);
    if (r->has_money && r->has_spend_fit)
        parameters_of(p, "Spending", r->spend_title, &r->spend_fit, r->spend_params, r->spend_params_n);
    if (r->has_money) {
        page_raw(p, "<p class=\"small\">");
        if (r->spend_problem[0]) {
            page_raw(p, "<b class=\"risk\">Spend an order is a plain mean</b>: ");
            page_string(p, r->spend_problem);
            page_raw(p, ". ");
        }
        if (r->spend_zero)
            page_printf(p, "%s repeat customers who spent nothing are set aside. ", COUNT(r->spend_zero));
        if (isfinite(r->spend_correlation))
            page_printf(
                p,
                "The spending model assumes that how often somebody orders says nothing of how much; here "
                "the two correlate by %s (p = %s).%s",
                NUMBER(r->spend_correlation, 2), NUMBER(r->spend_p_value, 3),
                fabs(r->spend_correlation) > 0.2
                    ? " <b class=\"risk\">That is enough to doubt the money figures of frequent buyers.</b>"
                    : "");
        page_raw(p, "</p>\n");
    }
    page_raw(p, "<p class=\"small soft\">");
    if (r->days_per_unit == 7) {
        page_raw(p, "Times are in weeks.");
    } else if (r->days_per_unit == 1) {
        page_raw(p, "Times are in days.");
    } else {
        page_printf(p, "Times are in units of %s days.", NUMBER(r->days_per_unit, 2));
    }
    page_raw(p, "</p>\n");
    page_define(p, "parameters");
    page_raw(p, "</section>\n");
}
