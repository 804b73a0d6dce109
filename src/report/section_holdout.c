/* The honest part: how the models did on data they had not seen, beside rules that need no model. */
#include "chart.h"
#include "page.h"
#include "parts.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A column of the comparison on the reported window. */
typedef struct column {
    const char *key, *words, *name;
    size_t at; /* offset of the figure in report_model */
    int decimals;
    int better; /* -1 lower, +1 higher, 0 nearer to the actual total */
} column;

static const column columns[] = {
    {"rmse", "RMSE", "RMSE", offsetof(report_model, rmse), 3, -1},
    {"mae", "MAE", "MAE", offsetof(report_model, mae), 3, -1},
    {"msle", "MSLE", "MSLE", offsetof(report_model, msle), 3, -1},
    {"correlation", "Corre-<br>lation", "correlation", offsetof(report_model, correlation), 3, 1},
    {"predicted_total", "Predicted<br>total", "the predicted total", offsetof(report_model, predicted_total),
     0, 0},
    {"auc", "AUC", "AUC", offsetof(report_model, auc), 3, 1},
    {"brier", "Brier", "Brier score", offsetof(report_model, brier), 4, -1},
    {"top_decile_lift", "Lift", "top-tenth lift", offsetof(report_model, top_decile_lift), 2, 1},
};
#define COLUMNS (sizeof columns / sizeof *columns)

static double value_of(const report_model *m, const column *c) {
    double value;
    memcpy(&value, (const char *)m + c->at, sizeof value);
    return value;
}

/* Smaller is better, whatever the column. NaN stays NaN. */
static double badness(const report *r, const report_model *m, const column *c) {
    double value = value_of(m, c);
    return c->better < 0 ? value : c->better > 0 ? -value : fabs(value - r->outer_actual_total);
}

static size_t shown(const report *r) {
    return r->models_n < sizeof r->models / sizeof *r->models ? r->models_n
                                                              : sizeof r->models / sizeof *r->models;
}

static double best_of(const report *r, const column *c) {
    double best = INFINITY;
    for (size_t i = 0; i < shown(r); i++) {
        double bad = badness(r, &r->models[i], c);
        if (bad < best) best = bad;
    }
    return best;
}

static void head(page *p) {
    page_raw(p, "<thead><tr><th scope=\"col\" rowspan=\"2\">Model</th><th scope=\"colgroup\" "
                "colspan=\"2\">Choice window</th>"
                "<th scope=\"colgroup\" colspan=\"8\">Reported window</th><th scope=\"col\" rowspan=\"2\" "
                "class=\"num\">Time</th></tr><tr>"
                "<th scope=\"col\" class=\"num\"><a class=\"term\" href=\"#d-rmse\">RMSE</a></th><th "
                "scope=\"col\" class=\"num\">"
                "<a class=\"term\" href=\"#d-inner_log_loss\">Log loss</a></th>");
    for (size_t k = 0; k < COLUMNS; k++) {
        page_raw(p, "<th scope=\"col\" class=\"num\">");
        page_term(p, columns[k].key, columns[k].words);
        page_raw(p, "</th>");
    }
    page_raw(p, "</tr></thead>\n");
}

static void row(page *p, size_t i, bool first_baseline) {
    const report *r = p->r;
    const report_model *m = &r->models[i];
    const char *class = i == r->chosen   ? " class=\"chosen\""
                        : first_baseline ? " class=\"first-baseline\""
                                         : "";
    page_printf(p, "<tr%s><th scope=\"row\" class=\"nowrap\">", class);
    page_string(p, m->title);
    if (m->k > 1) page_printf(p, " <span class=\"soft\">k=%d</span>", m->k);
    page_raw(p, i == r->chosen ? " <i class=\"chip steady\">chosen</i></th>" : "</th>");
    if (!m->fitted && !report_is_baseline(m)) {
        page_raw(p, "<td colspan=\"11\" class=\"soft\">could not be fitted: ");
        page_string(p, m->problem[0] ? m->problem : "no reason given");
        page_raw(p, "</td></tr>\n");
        return;
    }
    page_printf(p, "<td class=\"num soft\">%s</td><td class=\"num soft\">%s</td>", NUMBER(m->inner_rmse, 3),
                NUMBER(m->inner_log_loss, 4));
    for (size_t k = 0; k < COLUMNS; k++) {
        bool best = badness(r, m, &columns[k]) <= best_of(r, &columns[k]);
        page_printf(p, "<td class=\"num\">%s%s%s", best ? "<b class=\"best\">" : "",
                    NUMBER(value_of(m, &columns[k]), columns[k].decimals), best ? "</b>" : "");
        if (k == 0 && m->rmse_se > 0)
            page_printf(p, " <span class=\"soft\">±%s</span>", NUMBER(m->rmse_se, 3));
        page_raw(p, "</td>");
    }
    page_printf(p, "<td class=\"num soft\">%s</td></tr>\n",
                report_is_baseline(m) ? "–" : figure_seconds((char[FIGURE]){0}, m->seconds));
}

static void table(page *p) {
    const report *r = p->r;
    page_printf(p,
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Models compared\"><table "
                "class=\"compact models\"><caption>"
                "Candidates, then naive baselines. On the reported window %s customers placed <b>%s</b> "
                "orders. The best figure of a "
                "column is bold.</caption>",
                COUNT(r->outer_customers), COUNT(r->outer_actual_total));
    head(p);
    page_raw(p, "<tbody>\n");
    bool baselines = false;
    for (size_t i = 0; i < shown(r); i++) {
        bool baseline = report_is_baseline(&r->models[i]);
        row(p, i, baseline && !baselines);
        baselines |= baseline;
    }
    page_raw(p, "</tbody></table></div>\n");
}

/* In plain words, where a naive rule beats the chosen model, and on what. */
static void plain_words(page *p) {
    const report *r = p->r;
    const report_model *chosen = &r->models[r->chosen];
    size_t beaten_by = 0, baselines = 0;
    for (size_t i = 0; i < shown(r); i++) {
        const report_model *m = &r->models[i];
        if (!report_is_baseline(m)) continue;
        baselines++;
        bool any = false;
        for (size_t k = 0; k < COLUMNS; k++) {
            if (!(badness(r, m, &columns[k]) < badness(r, chosen, &columns[k]))) continue;
            if (!any) {
                page_raw(p, "<p class=\"key warn\">The naive rule “");
                page_string(p, m->title);
                page_raw(p, "” does better than the chosen model on ");
            } else {
                page_raw(p, ", ");
            }
            any = true;
            page_printf(p, "%s (%s against %s)", columns[k].name,
                        NUMBER(value_of(m, &columns[k]), columns[k].decimals),
                        NUMBER(value_of(chosen, &columns[k]), columns[k].decimals));
        }
        if (!any) continue;
        beaten_by++;
        page_raw(p, strstr(m->name, "zero") ? ". Predicting nothing for everybody is cheap where most "
                                              "customers order nothing, and it finds nobody to "
                                              "call.</p>\n"
                                            : ".</p>\n");
    }
    if (baselines && !beaten_by)
        page_raw(p, "<p class=\"key\">No naive rule beats the chosen model on any column.</p>\n");
}

static void draw_calibration(page *p, bool narrow, const void *ctx) {
    const report_model *m = ctx;
    double most = 0;
    for (int i = 0; i < 10; i++)
        if (m->calibration_n[i])
            most = fmax(most, fmax(m->calibration_predicted[i], m->calibration_actual[i]));
    chart c = {.p = p,
               .narrow = narrow,
               .width = narrow ? 340 : 480,
               .height = narrow ? 320 : 380,
               .left = 48,
               .right = 16,
               .top = 30,
               .bottom = 46};
    double step = chart_step(fmax(most, 0.05), 5);
    c.x1 = c.y1 = fmin(1, step * ceil(most / step - 1e-9) + (most > 0.9 ? 0 : step * 0));
    if (!(c.x1 > 0)) c.x1 = c.y1 = 1;
    chart_begin(&c, "Calibration of the chosen model",
                "Ten dots: the chance predicted against the share that ordered. On the diagonal they agree.");
    chart_y_label(&c, "share who ordered");
    chart_y_axis(&c, step, UNIT_PERCENT);
    chart_x_axis(&c, step, UNIT_PERCENT);
    chart_x_label(&c, "chance predicted");
    chart_segment(&c, "ld", 0, 0, c.x1, c.y1);
    chart_words(&c, "s", "middle", c.x1 * 0.6, c.y1 * 0.6, 46, 26, "perfect");
    for (int i = 0; i < 10; i++) {
        if (!m->calibration_n[i]) continue;
        double low, high;
        report_share_interval(m->calibration_actual[i], (double)m->calibration_n[i], &low, &high);
        chart_segment(&c, "er", m->calibration_predicted[i], low, m->calibration_predicted[i],
                      fmin(high, c.y1));
        page_raw(p, "<g>");
        chart_dot(&c, "dr", m->calibration_predicted[i], m->calibration_actual[i], 4.5);
        page_printf(p, "<title>predicted %s, ordered %s of %s</title></g>\n",
                    PERCENT(m->calibration_predicted[i], 1), PERCENT(m->calibration_actual[i], 1),
                    COUNT(m->calibration_n[i]));
    }
    chart_end(&c);
}

static void calibration(page *p) {
    const report_model *m = &p->r->models[p->r->chosen];
    size_t n = 0;
    for (int i = 0; i < 10; i++) n += m->calibration_n[i];
    if (!n) return;
    page_raw(p, "<h3>When it says 30 %, is it 30 in 100?</h3>\n<div class=\"split\"><figure>");
    chart_both(p, draw_calibration, m);
    page_raw(p, "</figure><div class=\"side\"><p>Customers in ten equal groups by the chance that ");
    page_string(p, m->title);
    page_raw(p, " gave them before the reported window. Above the diagonal more ordered than predicted, "
                "below it fewer.</p><p>The strokes are 95 % "
                "intervals of a share of that many customers. ");
    double worst = 0;
    for (int i = 0; i < 10; i++)
        if (m->calibration_n[i])
            worst = fmax(worst, fabs(m->calibration_predicted[i] - m->calibration_actual[i]));
    page_printf(p, "The largest gap is <b>%s points</b>.</p></div></div>\n", NUMBER(100 * worst, 1));
}

static void windows(page *p) {
    const report *r = p->r;
    const report_model *m = &r->models[r->chosen];
    page_printf(p,
                "<p>The models were fitted to orders up to %s and chosen by what they said of the %s after. "
                "Then they were fitted to orders "
                "up to %s, and the %s after that were looked at once: that is the reported window.",
                DATE(r->inner_until), HORIZON(r->inner_days), DATE(r->outer_until), HORIZON(r->outer_days));
    if (r->sampled)
        page_printf(p, " They were compared on a fixed random sample of <b>%s</b> of the %s customers.",
                    COUNT(r->sample), COUNT(r->n));
    page_raw(p, "</p>\n<p class=\"key\"><b>");
    page_string(p, m->title);
    page_raw(p, "</b> was chosen");
    if (r->choice_why[0]) {
        page_raw(p, ": ");
        page_string(p, r->choice_why);
    }
    page_raw(p, ".");
    double off = r->outer_actual_total > 0 ? m->predicted_total / r->outer_actual_total - 1 : NAN;
    if (isfinite(off))
        page_printf(p, " On the reported window it predicted %s orders; %s came (%s%s).",
                    COUNT(m->predicted_total), COUNT(r->outer_actual_total), off >= 0 ? "+" : "",
                    PERCENT(off, 1));
    page_raw(p, "</p>\n");
}

void section_holdout(page *p) {
    const report *r = p->r;
    page_section(p, "holdout", "Would it have been right before?",
                 "The models predict a time they have not seen, beside rules that need no model at all.");
    if (shown(r) == 0 || r->chosen >= shown(r) || !isfinite(r->models[r->chosen].rmse)) {
        page_raw(p, "<p class=\"key warn\">The data are too short or too few for a holdout, so nothing here "
                    "has been put to the test. Take the "
                    "figures as a description, not as a forecast.</p>\n");
        page_define(p, "holdout baseline");
        page_raw(p, "</section>\n");
        return;
    }
    windows(p);
    table(p);
    plain_words(p);
    calibration(p);
    page_define(p, "holdout baseline rmse mae msle correlation predicted_total auc brier top_decile_lift "
                   "inner_log_loss calibration");
    page_raw(p, "</section>\n");
}
