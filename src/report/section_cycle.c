/* Silence: the share (and the model's chance) of no order within the horizon, against the time since the last order in
 * units of the customer's own rhythm; and the stages. */
#include "chart.h"
#include "page.h"
#include "parts.h"

#include <math.h>
#include <stdio.h>

static double bin_middle(int i) {
    return (i + 0.5) * REPORT_BIN_WIDTH;
}

/* The model's chance at a silence, between the bins' middles. */
static double model_at(const report *r, double silence) {
    double at = silence / REPORT_BIN_WIDTH - 0.5;
    if (!(at >= 0)) return r->cycle_leaving_model[0];
    int i = (int)at;
    if (i >= REPORT_BINS - 1) return r->cycle_leaving_model[REPORT_BINS - 1];
    return r->cycle_leaving_model[i] + (at - i) * (r->cycle_leaving_model[i + 1] - r->cycle_leaving_model[i]);
}

static double radius_of(double n, double most) {
    return 2.2 + 3.8 * sqrt(most > 0 ? n / most : 0);
}

/* How many silences a dot stands for, under every whole rhythm. */
static void counts(chart *c, const report *r) {
    double y = c->height - c->bottom + 36;
    page_printf(c->p, "<text class=\"tick\" text-anchor=\"end\" x=\"%.1f\" y=\"%.1f\">n</text>", c->left - 8,
                y);
    int stride = c->narrow ? 8 : 4;
    for (int i = 0; i < REPORT_BINS; i += stride) {
        double n = (double)r->cycle_n[i];
        char *text = n >= 1e6 ? figure_number((char[FIGURE]){0}, n / 1e6, 1) : COUNT(n);
        page_printf(c->p, "<text class=\"tick\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">%s%s</text>\n",
                    chart_x(c, bin_middle(i)) + (i == 0 ? 6 : 0), y, text, n >= 1e6 ? " m" : "");
    }
}

static void steepest(chart *c, const report *r) {
    double at = r->cycle_steepest;
    if (!isfinite(at) || at < 0 || at > c->x1) return;
    char words[96];
    snprintf(words, sizeof words, "rises fastest at %s", TIMES(at));
    chart_segment(c, "mark-r", at, c->y0, at, c->y1);
    chart_dot(c, "dr", at, model_at(r, at), 4);
    /* At the foot of the chart, where a rising curve leaves room. */
    bool right = chart_x(c, at) < c->width * 0.6;
    chart_words(c, "r", right ? "start" : "end", at, c->y0, right ? 8 : -8, -10, words);
}

static void draw(page *p, bool narrow, const void *ctx) {
    const report *r = ctx;
    chart c = {.p = p,
               .narrow = narrow,
               .height = narrow ? 310 : 360,
               .left = narrow ? 44 : 52,
               .right = narrow ? 12 : 20,
               .top = 40,
               .bottom = 64,
               .x1 = REPORT_BINS * REPORT_BIN_WIDTH,
               .y1 = 1};
    double x[REPORT_BINS], most = 0;
    for (int i = 0; i < REPORT_BINS; i++) {
        x[i] = bin_middle(i);
        most = fmax(most, (double)r->cycle_n[i]);
    }
    chart_begin(&c, "No order within the horizon, by silence",
                "The share of silences after which no order came within the horizon rises with their length, counted in "
                "the customer's own rhythms. Dots are observed, the line is the model's chance of the same.");
    chart_y_label(&c, "no order within the horizon after it");
    chart_y_axis(&c, narrow ? 0.25 : 0.2, UNIT_PERCENT);
    chart_x_axis(&c, 1, UNIT_TIMES);
    chart_x_label(&c, narrow ? "silence, in own rhythms" : "silence, in units of the customer’s own rhythm");
    counts(&c, r);
    steepest(&c, r);
    chart_line(&c, "la", x, r->cycle_leaving_model, REPORT_BINS);
    int label = -1;
    for (int i = 0; i < REPORT_BINS; i++) {
        double n = (double)r->cycle_n[i], share = r->cycle_leaving[i], low, high;
        if (n <= 0 || !isfinite(share)) continue;
        report_share_interval(share, n, &low, &high);
        chart_segment(&c, "er", x[i], low, x[i], high);
        page_raw(p, "<g>");
        chart_dot(&c, "dr", x[i], share, radius_of(n, most));
        page_printf(p, "<title>%s–%s×: %s of %s silences</title></g>\n", NUMBER(i * REPORT_BIN_WIDTH, 2),
                    NUMBER((i + 1) * REPORT_BIN_WIDTH, 2), PERCENT(share, 1), COUNT(n));
        label = i;
    }
    /* The names stand at the right end, pushed apart where they would touch. */
    double model = r->cycle_leaving_model[REPORT_BINS - 1];
    double seen = label >= 0 ? r->cycle_leaving[label] : NAN;
    bool above = !(seen > model);
    if (isfinite(model)) chart_words(&c, "a", "end", c.x1, model, 0, above ? -14 : 24, "model");
    double low, high;
    report_share_interval(seen, label >= 0 ? (double)r->cycle_n[label] : 0, &low, &high);
    if (isfinite(seen))
        chart_words(&c, "r", "end", c.x1, above ? low : high, 0, above ? 20 : -10, "observed");
    chart_end(&c);
}

static bool anything(const report *r) {
    for (int i = 0; i < REPORT_BINS; i++)
        if (r->cycle_n[i] || isfinite(r->cycle_leaving_model[i])) return true;
    return false;
}

static void figures(page *p) {
    const report *r = p->r;
    page_raw(p, "<details><summary>The figures</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                "aria-label=\"No order within the horizon, by "
                "silence\"><table><caption>Share of silences after which no order came within the horizon, with the 95 % interval of the "
                "observed share</caption><thead><tr>"
                "<th scope=\"col\">Silence in rhythms</th><th scope=\"col\" class=\"num\">Silences</th><th "
                "scope=\"col\" "
                "class=\"num\">Observed</th><th scope=\"col\" class=\"num\">Interval</th><th scope=\"col\" "
                "class=\"num\">Model</th>"
                "</tr></thead><tbody>\n");
    for (int i = 0; i < REPORT_BINS; i++) {
        double n = (double)r->cycle_n[i], share = n > 0 ? r->cycle_leaving[i] : NAN, low, high;
        report_share_interval(share, n, &low, &high);
        page_printf(p,
                    "<tr><th scope=\"row\">%s–%s</th><td class=\"num\">%s</td><td class=\"num\">%s</td><td "
                    "class=\"num soft\">%s–%s</td>"
                    "<td class=\"num\">%s</td></tr>\n",
                    NUMBER(i * REPORT_BIN_WIDTH, 2), NUMBER((i + 1) * REPORT_BIN_WIDTH, 2), COUNT(n),
                    PERCENT(share, 1), NUMBER(100 * low, 1), PERCENT(high, 1),
                    PERCENT(r->cycle_leaving_model[i], 1));
    }
    page_raw(p, "</tbody></table></div></details>\n");
}

void section_cycle(page *p) {
    const report *r = p->r;
    page_section(p, "cycle", "How silence turns into leaving",
                 "The same silence means different things: a week is nothing to one customer and alarming "
                 "for another. So silence is counted in "
                 "each customer’s own rhythm.");
    if (!anything(r)) {
        page_raw(p, "<p class=\"key\">Too few silences in the data to draw this.</p>\n");
        page_define(p, "cycle");
        page_raw(p, "</section>\n");
        return;
    }
    page_raw(p, "<div class=\"split\"><figure>");
    chart_both(p, draw, r);
    page_raw(p, "</figure><div class=\"side\">");
    if (isfinite(r->cycle_steepest))
        page_printf(p,
                    "<p>The chance of no order within the horizon rises fastest at <b class=\"risk\">%s</b> the customer’s "
                    "rhythm. That is the time to write or "
                    "call: before it, waiting costs little; after it, much is lost already.</p>",
                    TIMES(r->cycle_steepest));
    page_raw(p, "<p>A dot is the share of silences this long that ended in no order within the horizon "
                "after; larger dots rest on more "
                "silences (n), the stroke is the 95 % interval.</p>");
    if (r->cycle_title[0]) {
        page_raw(p, "<p>The line is ");
        page_string(p, r->cycle_title);
        page_raw(
            p, ", the model that drives stages and erosion, on the same event. Where dots and line part, believe the dots.</p>");
    }
    page_raw(p, "</div></div>\n");
    figures(p);
    page_define(p, "cycle cycle_steepest rhythm_days overdue_ratio");
    page_raw(p, "</section>\n");
}

/* Money in a column: cents everywhere or nowhere. */
static void stage_row(page *p, int stage, double most, int decimals) {
    const report *r = p->r;
    double n = (double)r->stage_count[stage], share = r->n ? n / (double)r->n : 0;
    bool gone = stage >= MR_STAGE_OVERDUE;
    page_printf(
        p,
        "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\"><i class=\"chip %s\""
        ">%s</i></th>"
        "<td role=\"cell\" class=\"soft\">%s</td><td role=\"cell\" style=\"min-width:9rem\"><i "
        "class=\"bar%s\" style=\"width:%.1f%%\" "
        "aria-hidden=\"true\"></i></td><td role=\"cell\" class=\"num\" data-label=\"Customers\">%s</td>"
        "<td role=\"cell\" class=\"num\" data-label=\"Share\">%s</td>",
        mr_stage_name((mr_stage)stage), mr_stage_name((mr_stage)stage), mr_stage_meaning((mr_stage)stage),
        gone ? " r" : "", most > 0 ? 100 * n / most : 0, COUNT(n), PERCENT(share, 1));
    if (r->has_money)
        page_printf(p,
                    "<td role=\"cell\" class=\"num\" data-label=\"Spend\">%s</td><td role=\"cell\" "
                    "class=\"num\" data-label=\"Value at "
                    "risk\">%s</td>",
                    MONEY(p, r->stage_spend[stage]),
                    figure_money_as((char[FIGURE]){0}, r->stage_value_at_risk[stage], p->currency, decimals));
    page_raw(p, "</tr>\n");
}

void section_stages(page *p) {
    const report *r = p->r;
    double most = 0;
    double at_risk = 0;
    for (int i = 0; i < MR_STAGES; i++) {
        most = fmax(most, (double)r->stage_count[i]);
        at_risk = fmax(at_risk, r->stage_value_at_risk[i]);
    }
    page_section(p, "stages", "Where customers stand",
                 "Each customer against their own rhythm, from just begun to gone.");
    page_raw(p,
             "<table class=\"cards stages\" role=\"table\"><caption>Customers by stage in their own "
             "cycle</caption><thead "
             "role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" role=\"columnheader\">Stage</th><th "
             "scope=\"col\" "
             "role=\"columnheader\">Meaning</th><th scope=\"col\" role=\"columnheader\"></th><th "
             "scope=\"col\" role=\"columnheader\" "
             "class=\"num\">Customers</th><th scope=\"col\" role=\"columnheader\" class=\"num\">Share</th>");
    if (r->has_money)
        page_raw(p, "<th scope=\"col\" role=\"columnheader\" class=\"num\">Spend so far</th><th "
                    "scope=\"col\" role=\"columnheader\" "
                    "class=\"num\"><a class=\"term\" href=\"#d-value_at_risk\">Value at risk</a></th>");
    page_raw(p, "</tr></thead><tbody role=\"rowgroup\">\n");
    for (int i = 0; i < MR_STAGES; i++) stage_row(p, i, most, at_risk < 100 ? 2 : 0);
    page_raw(p, "</tbody></table>\n");
    page_define(p, "stage next_order_due rhythm_days rhythm_from p_alive");
    page_raw(p, "</section>\n");
}
