/* Whom to call first, and why: the highest value at risk for whom there is something to do. */
#include "page.h"
#include "parts.h"

#include <math.h>
#include <string.h>

/* An address or number that is plainly one becomes a link to write to or to call; anything else is only text.
 */
void page_contact(page *p, const char *text, size_t len, bool email) {
    size_t digits = 0, ats = 0;
    bool plain = len < 100;
    for (size_t i = 0; i < len && plain; i++) {
        char c = text[i];
        bool digit = c >= '0' && c <= '9', letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        digits += digit;
        ats += c == '@';
        plain = email ? digit || letter || (c && strchr("@._+-", c)) : digit || (c && strchr("+-() ./", c));
    }
    plain = plain && len <= 200 && (email ? ats == 1 : digits >= 5);
    if (plain) {
        page_raw(p, email ? "<a href=\"mailto:" : "<a href=\"tel:");
        for (size_t i = 0; i < len; i++)
            if (email || text[i] == '+' || (text[i] >= '0' && text[i] <= '9')) text_putc(p->out, text[i]);
        page_raw(p, "\">");
    }
    page_text(p, text, len);
    if (plain) page_raw(p, "</a>");
}

static void who(page *p, const report_customer *c) {
    const report *r = p->r;
    size_t len, id_len;
    const char *id = report_id(r, c->index, &id_len), *name = report_contact(r, 0, c->index, &len);
    page_raw(p, "<th scope=\"row\" role=\"rowheader\" class=\"who\"><b><bdi>");
    page_text(p, len ? name : id, len ? len : id_len);
    page_raw(p, "</bdi></b>");
    if (len) {
        page_raw(p, "<span><bdi>");
        page_text(p, id, id_len);
        page_raw(p, "</bdi></span>");
    }
    for (int i = 1; i < 3; i++) {
        const char *text = report_contact(r, i, c->index, &len);
        if (!len) continue;
        page_raw(p, "<span><bdi>");
        page_contact(p, text, len, i == 1);
        page_raw(p, "</bdi></span>");
    }
    page_raw(p, "</th>");
}

/* The silence as a bar, with a mark where the customer's own rhythm ends; both cut off at four rhythms. */
static void late_bar(page *p, double ratio) {
    if (!isfinite(ratio)) return;
    const double most = 4;
    double share = fmin(ratio, most) / most;
    page_printf(p,
                "<i class=\"late\" aria-hidden=\"true\"><i style=\"width:%.0f%%\"></i><i class=\"usual\" "
                "style=\"width:%.0f%%\"></i>"
                "<u style=\"left:%.0f%%\"></u></i>",
                100 * share, 100 * fmin(share, 1 / most), 100 / most);
}

static void why(page *p, const report_customer *c) {
    double silence = p->r->until - c->last_day;
    page_printf(p,
                "<td role=\"cell\" class=\"why\"><i class=\"chip %s\">%s</i> "
                "silent %s",
                mr_stage_name(c->stage), mr_stage_name(c->stage), DAYS(silence));
    if (!isnan(c->overdue_ratio)) page_printf(p, ", <b>%s</b> rhythm", TIMES(c->overdue_ratio));
    late_bar(p, c->overdue_ratio);
    page_printf(p, "<span>%s %s, rhythm %s (%s", COUNT(c->orders), c->orders == 1 ? "order" : "orders",
                DAYS(c->rhythm_days), c->rhythm_from ? COUNT(c->rhythm_from) : "the base’s");
    page_raw(p, c->rhythm_from == 0 ? ")" : c->rhythm_from == 1 ? " gap)" : " gaps)");
    page_raw(p, "</span></td>");
}

static void row(page *p, size_t rank, const report_customer *c, int decimals) {
    page_printf(p, "<tr role=\"row\"><td role=\"cell\" class=\"rank num\">%zu</td>", rank);
    who(p, c);
    why(p, c);
    page_printf(p, "<td role=\"cell\" class=\"do\">%s<span>%s</span></td>", mr_step_action(c->step),
                mr_step_evidence(c->step));
    page_printf(p,
                "<td role=\"cell\" class=\"num odds\" data-label=\"Chance of an order\">%s<span>%s (%s–%s) "
                "expected</span></td>",
                PERCENT(c->p_order, 0), NUMBER(c->expected, 1), COUNT(c->expected_low),
                COUNT(c->expected_high));
    if (p->r->has_money)
        page_printf(p, "<td role=\"cell\" class=\"num worth\" data-label=\"Value at risk\"><b>%s</b></td>",
                    figure_money_as((char[FIGURE]){0}, c->value_at_risk, p->currency, decimals));
    page_raw(p, "</tr>\n");
}

static void head(page *p) {
    const report *r = p->r;
    page_raw(p, "<thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" role=\"columnheader\" "
                "class=\"num\">#</th>"
                "<th scope=\"col\" role=\"columnheader\">Customer</th><th scope=\"col\" "
                "role=\"columnheader\">Why</th>"
                "<th scope=\"col\" role=\"columnheader\">What to do first</th><th scope=\"col\" "
                "role=\"columnheader\" class=\"num\">");
    page_term(p, "p_order", "Chance of an order");
    page_raw(p, "<br>");
    page_term(p, "expected_orders", "orders expected");
    page_raw(p, "</th>");
    if (r->has_money) {
        page_raw(p, "<th scope=\"col\" role=\"columnheader\" class=\"num\">");
        page_term(p, "value_at_risk", "Value<br>at risk");
        page_raw(p, "</th>");
    }
    page_raw(p, "</tr></thead>\n");
}

/* The rules behind the steps that occur, with how many customers each holds for. */
static void rules(page *p) {
    page_raw(
        p,
        "<details><summary>The rules behind “what to do first”</summary>\n<table "
        "class=\"rules\"><caption>The first rule that holds "
        "decides; customers of the whole base</caption><thead><tr><th scope=\"col\">Step</th><th "
        "scope=\"col\">On this evidence</th>"
        "<th scope=\"col\">Do this</th><th scope=\"col\" class=\"num\">Customers</th></tr></thead><tbody>\n");
    for (int i = 0; i < MR_STEPS; i++)
        page_printf(p, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td class=\"num\">%s</td></tr>\n",
                    mr_step_name((mr_step)i), mr_step_evidence((mr_step)i), mr_step_action((mr_step)i),
                    COUNT(p->r->step_count[i]));
    page_raw(p, "</tbody></table></details>\n");
}

void section_call(page *p) {
    const report *r = p->r;
    uint32_t rows[CALL_FIRST];
    size_t n = report_call_first(r, rows, CALL_FIRST);
    page_section(p, "call", n == 1 ? "The customer to call first" : "Whom to call first",
                 r->has_money ? "The most value at risk, among those for whom there is something to do: not "
                                "the long dead, who have nothing "
                                "left to lose, and not those who will order anyway."
                              : "The most expected orders at risk, among those for whom there is something "
                                "to do. There are no amounts in "
                                "the data, so nothing is said of value.");
    if (n == 0) {
        page_raw(p, "<p class=\"key\">Nobody needs a call today: no rule applies to any customer with "
                    "something at risk.</p>\n");
    } else {
        page_printf(p,
                    "<table class=\"calls cards%s\" role=\"table\"><caption>%s of %s customers, highest %s "
                    "first. The bar is the silence; "
                    "the mark on it is where the customer’s own rhythm ends, with how many of their own gaps "
                    "the rhythm rests on. Expected orders with the %s "
                    "interval of their "
                    "number.</caption>\n",
                    r->input->contact_offset[0] || r->input->contact_offset[1] || r->input->contact_offset[2]
                        ? " reachable"
                        : "",
                    COUNT(n), COUNT(r->n), r->has_money ? "value at risk" : "expected orders at risk",
                    PERCENT(report_level(r), 0));
        head(p);
        page_raw(p, "<tbody role=\"rowgroup\">\n");
        int decimals = r->customers[rows[0]].value_at_risk < 1000 ? 2 : 0;
        for (size_t i = 0; i < n; i++) row(p, i + 1, &r->customers[rows[i]], decimals);
        page_raw(p, "</tbody></table>\n<p class=\"small soft\">Everybody is in customers.csv, with the same "
                    "columns.</p>\n");
    }
    char unlisted[160];
    if (r->not_listed) page_printf(p, "<p class=\"small soft\">%s</p>\n", report_not_listed(r, unlisted));
    rules(p);
    page_define(p, "value_at_risk first_step overdue_ratio rhythm_days p_order expected_orders expected_low");
    page_raw(p, "</section>\n");
}
