/* What changed since an earlier run: who moved between stages, and whose chance of an order fell most. */
#include "page.h"
#include "parts.h"

#include <math.h>

#define FELL_MOST 12

static void matrix(page *p) {
    const report *r = p->r;
    double most = 0;
    for (int was = 0; was < MR_STAGES; was++)
        for (int is = 0; is < MR_STAGES; is++)
            if (was != is) most = fmax(most, (double)r->change_matrix[was][is]);
    page_raw(p, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Stage moves\"><table "
                "class=\"matrix mid\"><caption>Customers by the "
                "stage they were in (rows) and are in now (columns)</caption><thead><tr><th "
                "scope=\"col\">was \\ is</th>");
    for (int is = 0; is < MR_STAGES; is++)
        page_printf(p, "<th scope=\"col\">%s</th>", mr_stage_name((mr_stage)is));
    page_raw(p, "</tr></thead><tbody>\n");
    for (int was = 0; was < MR_STAGES; was++) {
        page_printf(p, "<tr><th scope=\"row\">%s</th>", mr_stage_name((mr_stage)was));
        for (int is = 0; is < MR_STAGES; is++) {
            double n = (double)r->change_matrix[was][is];
            if (was == is) {
                page_printf(p, "<td class=\"soft\">%s</td>", COUNT(n));
            } else if (n > 0) {
                page_printf(p, "<td class=\"%s\" style=\"--v:%.2f\">%s</td>", is > was ? "worse" : "better",
                            0.08 + 0.3 * n / most, COUNT(n));
            } else {
                page_raw(p, "<td class=\"soft\">·</td>");
            }
        }
        page_raw(p, "</tr>\n");
    }
    page_raw(p, "</tbody></table></div>\n");
}

static void fell(page *p) {
    const report *r = p->r;
    size_t n = 0;
    for (size_t i = 0; i < r->changes_n && n < FELL_MOST; i++) {
        const report_change *change = &r->changes[i];
        const report_customer *c = &r->customers[change->customer];
        if (!(c->p_order < change->p_order_was)) continue;
        if (n++ == 0)
            page_printf(p,
                        "<h3>Whose chance of an order fell most</h3>\n<table class=\"cards mid\" "
                        "role=\"table\"><caption>Among those whose stage moved"
                        "</caption><thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" "
                        "role=\"columnheader\">Customer</th><th "
                        "scope=\"col\" role=\"columnheader\">Stage</th><th scope=\"col\" "
                        "role=\"columnheader\" class=\"num\">Chance was</th>"
                        "<th scope=\"col\" role=\"columnheader\" class=\"num\">is</th><th scope=\"col\" "
                        "role=\"columnheader\" "
                        "class=\"num\">%s</th></tr></thead><tbody role=\"rowgroup\">\n",
                        r->has_money ? "Value at risk" : "Expected orders");
        size_t len;
        const char *text = report_contact(r, 0, c->index, &len);
        if (!len) text = report_id(r, c->index, &len);
        page_raw(p, "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\"><bdi>");
        page_text(p, text, len);
        page_printf(p,
                    "</bdi></th><td role=\"cell\">%s → %s</td><td role=\"cell\" class=\"num\" "
                    "data-label=\"Chance was\">%s</td>"
                    "<td role=\"cell\" class=\"num\" data-label=\"is\">%s</td><td role=\"cell\" "
                    "class=\"num\" data-label=\"%s\">%s</td></tr>\n",
                    mr_stage_name(change->was), mr_stage_name(c->stage), PERCENT(change->p_order_was, 0),
                    PERCENT(c->p_order, 0), r->has_money ? "Value at risk" : "Expected orders",
                    r->has_money ? figure_money_as((char[FIGURE]){0}, c->value_at_risk, p->currency,
                                                   c->value_at_risk < 1000 ? 2 : 0)
                                 : NUMBER(c->expected, 1));
    }
    if (n) page_raw(p, "</tbody></table>\n");
}

void section_changes(page *p) {
    const report *r = p->r;
    page_section(p, "changes", "What changed", NULL);
    page_printf(p,
                "<p class=\"about\">Since the run of %s: <b>%s</b> new customers, <b>%s</b> moved to another "
                "stage, %s stayed",
                DATE(r->previous_until), COUNT(r->change_new), COUNT(r->changes_n), COUNT(r->change_same));
    if (r->change_gone)
        page_printf(p, ", %s of the earlier run are not in these data", COUNT(r->change_gone));
    page_raw(p, ".</p>\n");
    if (r->has_money && isfinite(r->previous_value_at_risk))
        page_printf(p, "<p>Value at risk was %s and is <b>%s</b>. ", MONEY(p, r->previous_value_at_risk),
                    MONEY(p, r->value_at_risk));
    else
        page_raw(p, "<p>");
    if (isfinite(r->previous_expected_orders))
        page_printf(p, "Expected orders were %s and are <b>%s</b>.", COUNT(r->previous_expected_orders),
                    COUNT(r->expected_orders));
    page_raw(p, "</p>\n");
    if (report_other_terms(r))
        page_raw(p, "<p class=\"key warn\">That run had another horizon, margin or discount rate: expected orders, chances "
                    "and money do not compare.</p>\n");
    matrix(p);
    fell(p);
    page_raw(p, "<p class=\"small soft\">Everybody whose stage moved is in changes.csv. The earlier run was "
                "read from ");
    page_string(p, r->previous_dir);
    page_raw(p, ". A customer’s figures also move when the model is fitted anew.</p>\n");
    page_define(p, "stage p_order value_at_risk");
    page_raw(p, "</section>\n");
}
