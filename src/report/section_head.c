/* The top of the report: what it is about, one sentence that says it all, and the headline figures. */
#include "page.h"
#include "parts.h"

#include <calendar.h>

#include <math.h>

/* Marram grass on a dune: three blades and a line. */
const char page_mark[] =
    "<svg viewBox=\"0 0 48 32\" width=\"48\" height=\"32\" aria-hidden=\"true\"><path class=\"ls\" d=\"M2 "
    "28C12 27 17 19 26 19S40 27 46 28\"/>"
    "<path class=\"la\" d=\"M22 20C21 13 17 8 11 6\"/><path class=\"la\" d=\"M24 19C24 12 25 6 28 2\"/>"
    "<path class=\"la\" d=\"M26 19C28 13 33 10 39 9\"/></svg>";

static const report_month *last_complete_month(const report *r) {
    for (size_t i = r->months_n; i-- > 0;)
        if (r->months[i].complete && r->months[i].active > 0) return &r->months[i];
    return NULL;
}

static const char *plural(double n, const char *one, const char *many) {
    return n == 1 ? one : many;
}

static void lead(page *p) {
    const report *r = p->r;
    double overdue = (double)r->stage_count[MR_STAGE_OVERDUE];
    page_raw(p, "<p class=\"lead\">");
    if (r->n == 0) {
        page_raw(p, "There are no customers in these data.</p>\n");
        return;
    }
    page_printf(p, "Of <b>%s</b> %s, about <b>%s</b> will order in the next %s.", COUNT(r->n),
                plural((double)r->n, "customer", "customers"), COUNT(r->expected_customers),
                HORIZON(r->horizon_days));
    if (overdue > 0) {
        page_printf(p, " <b class=\"risk\">%s</b> %s late for their own rhythm but not yet gone",
                    COUNT(overdue), plural(overdue, "is", "are"));
        double at_risk = r->stage_value_at_risk[MR_STAGE_OVERDUE];
        if (r->has_money && at_risk > 0)
            page_printf(p, ", with <b>%s</b> at risk among them", MONEY(p, at_risk));
        page_raw(p, ".");
    } else {
        page_raw(p, " Nobody is late for their own rhythm and still within reach.");
    }
    page_raw(p, "</p>\n");
}

void page_tile(page *p, const char *key, const char *what, const char *big) {
    page_raw(p, "<li><span class=\"what\">");
    page_term(p, key, what);
    page_printf(p, "</span><span class=\"big\">%s</span><span class=\"sub\">", big);
}

void page_tile_end(page *p) {
    page_raw(p, "</span></li>\n");
}

static void tile_customers(page *p) {
    const report *r = p->r;
    page_tile(p, "customers", "Customers", COUNT(r->n));
    page_printf(p, "%s ordered more than once", r->n ? PERCENT(r->repeaters / (double)r->n, 0) : "–");
    page_tile_end(p);
    page_tile(p, "orders", "Orders so far", COUNT(r->total_orders));
    if (r->has_money) {
        page_printf(p, "%s in all, %s an order", MONEY(p, r->total_spend), MONEY(p, r->mean_order_value));
    } else {
        page_raw(p, "no amounts in the data");
    }
    page_tile_end(p);
}

static void tile_expected(page *p) {
    const report *r = p->r;
    page_tile(p, "expected_orders", "Expected orders", COUNT(r->expected_orders));
    page_printf(p, "in the next %s", HORIZON(r->horizon_days));
    if (!isnan(r->expected_orders_low))
        page_printf(p, "; %s interval %s to %s", PERCENT(report_level(r), 0), COUNT(r->expected_orders_low),
                    COUNT(r->expected_orders_high));
    page_tile_end(p);
}

static void tile_value(page *p) {
    const report *r = p->r;
    if (!r->has_money) {
        page_tile(p, "expected_customers", "Customers who will order", COUNT(r->expected_customers));
        page_printf(p, "%s of all, expected in the next %s",
                    r->n ? PERCENT(r->expected_customers / (double)r->n, 0) : "–", HORIZON(r->horizon_days));
        page_tile_end(p);
        return;
    }
    page_tile(p, "expected_value", "Expected value", MONEY(p, r->expected_value));
    page_printf(p, "in the next %s, ", HORIZON(r->horizon_days));
    if (r->margin < 1) page_printf(p, "at a margin of %s", PERCENT(r->margin, 0));
    else page_raw(p, "as revenue");
    if (r->expected_value_high > 0)
        page_printf(p, "; %s interval %s to %s", PERCENT(report_level(r), 0), MONEY(p, r->expected_value_low),
                    MONEY(p, r->expected_value_high));
    page_tile_end(p);
    page_tile(p, "value_at_risk", "Value at risk", MONEY(p, r->value_at_risk));
    if (r->value_at_risk_high > 0) {
        page_printf(p, "%s interval %s to %s", PERCENT(report_level(r), 0), MONEY(p, r->value_at_risk_low),
                    MONEY(p, r->value_at_risk_high));
    } else if (r->expected_value + r->value_at_risk > 0) {
        page_raw(p, "from customers who may leave within that time");
    }
    page_tile_end(p);
}

static void tile_erosion(page *p) {
    const report_month *m = last_complete_month(p->r);
    if (!m) {
        page_tile(p, "erosion", "Erosion", FIGURE_NONE);
        page_raw(p, "no complete month with active customers yet");
        page_tile_end(p);
        return;
    }
    double share = m->passed_now / (double)m->active, low, high;
    report_share_interval(share, m->active, &low, &high);
    page_tile(p, "erosion", "Erosion, last full month", PERCENT(share, 1));
    page_printf(p, "%s of %s active customers fell silent in %s", COUNT(m->passed_now), COUNT(m->active),
                MONTH(m->start));
    if (p->r->has_money && m->active_spend > 0)
        page_printf(p, "; %s of their spend", PERCENT(m->passed_now_spend / m->active_spend, 1));
    page_tile_end(p);
}

void section_head(page *p) {
    const report *r = p->r;
    const ingest_understood *u = &r->input->understood;
    page_printf(p, "<header><p class=\"mark\">%s<span><b>Marram</b> customer report</span></p>\n", page_mark);
    page_printf(p, "<h1>Your customers on %s</h1>\n", figure_long_date((char[FIGURE]){0}, r->until));
    lead(p);
    page_raw(p, "<ul class=\"tiles\">\n");
    tile_customers(p);
    tile_expected(p);
    tile_value(p);
    tile_erosion(p);
    page_raw(p, "</ul>\n");
    page_printf(p, "<p class=\"small soft\">From %s order %s%s dated %s to %s", COUNT(u->orders),
                plural((double)u->orders, "line", "lines"), r->ledger ? " of the ledger" : "", DATE(u->first_day),
                DATE(u->last_day));
    if (u->rejected) page_printf(p, "; <b class=\"risk\">%s lines were rejected</b>", COUNT(u->rejected));
    page_raw(p, ". <a href=\"#input\">What was understood of them</a>. Dotted words lead to their "
                "definition.</p>\n</header>\n");
}
