/* What changed since an earlier run, with contracts: in summary.json, on the terminal and as a section of the page. */
#include "contracts_since.h"
#include "json_write.h"
#include "page.h"

#include <math.h>
#include <string.h>

#define SHOWN 12

json_t *contracts_since_json(writer *w) {
    const contracts_since *s = w->r->contracts->since;
    if (!s) return json_null();
    const struct {
        const char *key;
        uint64_t n;
    } counts[] = {{"customers", s->under}, {"new", s->added}, {"new_and_left", s->added_and_left}, {"returned", s->returned}, {"left", s->left}, {"not_in_these_data", s->missing},
                  {"pay_more", s->more},  {"pay_less", s->less}, {"other_first_step", s->other_step}, {"changes", s->changes_n}};
    const struct {
        const char *key;
        double value;
    } money[] = {{"recurring", s->recurring}, {"recurring_new", s->recurring_new}, {"recurring_returned", s->recurring_returned}, {"recurring_more", s->recurring_more},
                 {"recurring_less", s->recurring_less}, {"recurring_left", s->recurring_left}, {"recurring_not_in_these_data", s->recurring_missing}};
    json_t *o = json_object();
    set(w, o, "folder", text(w, s->dir));
    set(w, o, "until", date(s->head.until));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) set(w, o, counts[i].key, count(counts[i].n));
    for (size_t i = 0; i < sizeof money / sizeof *money; i++) set(w, o, money[i].key, json_number(w->r->has_money ? money[i].value : (double)NAN));
    set(w, o, "previous_value_at_risk", json_number(s->head.value_at_risk));
    set(w, o, "previous_expected_leavers", json_number(s->head.expected));
    return o;
}

/* --- the page --- */

static void moved(page *p, const char *what, uint64_t customers, double money, int sign) {
    if (!customers) return;
    page_printf(p, "<tr><th scope=\"row\">%s</th><td class=\"num\">%s</td>", what, COUNT(customers));
    if (p->r->has_money) page_printf(p, "<td class=\"num%s\">%s%s</td>", sign < 0 ? " risk" : "", sign > 0 ? "+" : sign < 0 ? "−" : "", MONEY(p, money));
    page_raw(p, "</tr>\n");
}

static void flows(page *p) {
    const report *r = p->r;
    const contract_report *c = r->contracts;
    const contracts_since *s = c->since;
    page_printf(p, "<table class=\"mid\"><caption>From then to now%s</caption><thead><tr><th scope=\"col\"></th><th scope=\"col\" class=\"num\">Customers</th>%s</tr></thead><tbody>\n",
                r->has_money ? "; money is recurring revenue a month" : "", r->has_money ? "<th scope=\"col\" class=\"num\">A month</th>" : "");
    char then[FIGURE + 8], now[FIGURE + 8];
    snprintf(then, sizeof then, "On %s", DATE(s->head.until));
    snprintf(now, sizeof now, "<b>On %s</b>", DATE(r->until));
    moved(p, then, s->under, s->recurring, 0);
    moved(p, "new", s->added, s->recurring_new, 1);
    moved(p, "came back", s->returned, s->recurring_returned, 1);
    moved(p, "pay more", s->more, s->recurring_more, 1);
    moved(p, "pay less", s->less, s->recurring_less, -1);
    moved(p, "left", s->left, s->recurring_left, -1);
    moved(p, "not in these data", s->missing, s->recurring_missing, -1);
    moved(p, now, c->under, c->recurring, 0);
    page_raw(p, "</tbody></table>\n");
}

static void row_of(page *p, const since_change *change) {
    const report *r = p->r;
    const contract_row *row = &r->contracts->row[change->row];
    const account *a = row->account;
    bool left = !a->at.under;
    page_raw(p, "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\"><bdi>");
    page_text(p, a->name[0] ? a->name : a->id, strlen(a->name[0] ? a->name : a->id));
    page_printf(p, "</bdi></th><td role=\"cell\">%s%s</td><td role=\"cell\" class=\"num\" data-label=\"Chance was\">%s</td>", left ? "left " : "", left ? DATE(a->at.left_day) : account_step_name(row->step),
                PERCENT(change->was->p_leave, 0));
    page_printf(p, "<td role=\"cell\" class=\"num%s\" data-label=\"is\">%s</td>", left ? " risk" : "", left ? "left" : PERCENT(row->chance.p, 0));
    if (r->has_money) page_printf(p, "<td role=\"cell\" class=\"num\" data-label=\"A month\">%s</td>", MONEY(p, left ? change->was->recurring : row->recurring));
    page_raw(p, "</tr>\n");
}

static void those(page *p, bool left, const char *heading, const char *caption) {
    const contract_report *c = p->r->contracts;
    const contracts_since *s = c->since;
    size_t n = 0;
    for (size_t i = 0; i < s->changes_n && n < SHOWN; i++) {
        const since_change *change = &s->change[i];
        const contract_row *row = &c->row[change->row];
        if (!change->was || change->was->state == ACCOUNT_LEFT || row->account->at.under == left) continue;
        if (!left && !(row->chance.p > change->was->p_leave)) continue;
        if (n++ == 0)
            page_printf(p, "<h3>%s</h3>\n<table class=\"cards mid\" role=\"table\"><caption>%s</caption><thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" "
                           "role=\"columnheader\">Customer</th><th scope=\"col\" role=\"columnheader\">%s</th><th scope=\"col\" role=\"columnheader\" "
                           "class=\"num\">Chance was</th><th scope=\"col\" role=\"columnheader\" class=\"num\">is</th>%s</tr></thead><tbody role=\"rowgroup\">\n",
                        heading, caption, left ? "When" : "What to do first", p->r->has_money ? "<th scope=\"col\" role=\"columnheader\" class=\"num\">A month</th>" : "");
        row_of(p, change);
    }
    if (n) page_raw(p, "</tbody></table>\n");
}

void section_since(page *p) {
    const report *r = p->r;
    const contracts_since *s = r->contracts->since;
    if (!s) return;
    page_section(p, "changes", "What changed", NULL);
    page_printf(p, "<p class=\"about\">Since the run of %s.", DATE(s->head.until));
    if (isfinite(s->head.expected)) page_printf(p, " It expected <b>%s</b> to leave within %s; <b>%s</b> have left in the %s since.", COUNT(s->head.expected), HORIZON(s->head.horizon_days), COUNT(s->left), DAYS((double)r->until - s->head.until));
    if (r->has_money && isfinite(s->head.value_at_risk)) page_printf(p, " Value at risk was %s and is <b>%s</b>.", MONEY(p, s->head.value_at_risk), MONEY(p, r->contracts->value_at_risk));
    page_raw(p, "</p>\n");
    if (report_other_terms(r)) page_raw(p, "<p class=\"key warn\">That run had another horizon, margin or discount rate: chances and money at risk do not compare.</p>\n");
    flows(p);
    those(p, true, "Who left", "The dearest, with the chance they were given then");
    those(p, false, "Whose chance to leave rose most", "Among those whose state, recurring revenue or first step is another one");
    page_raw(p, "<p class=\"small soft\">Everybody who came or left, pays another price or has another first step is in changes.csv. The earlier run was read from ");
    page_string(p, s->dir);
    page_raw(p, ".</p>\n");
    page_define(p, "p_leave value_at_risk recurring");
    page_raw(p, "</section>\n");
}
