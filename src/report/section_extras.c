/* Critical moments, reasons, the fix list and reviews due, each where the data carry it. */
#include "extras.h"
#include "page.h"

#include <math.h>
#include <string.h>

static void cell(page *p, const char *tag, const char *text) {
    page_printf(p, "<%s>", tag);
    page_text(p, text, strlen(text));
    page_printf(p, "</%.2s>", tag);
}

static const char *day_of(const json_t *o, const char *key, char out[FIGURE]) {
    const char *text = extras_text(o, key);
    int32_t day;
    return calendar_parse(text, strlen(text), &day) ? figure_date(out, day) : FIGURE_NONE;
}

/* On a phone a row is a card; figures carry the words of their column. */
static void cards(page *p, const char *label) {
    page_printf(p, "<table class=\"cards parts\" aria-label=\"%s\">", label);
}

/* --- moments --- */

static void next_contacts(page *p, const json_t *next) {
    size_t i;
    json_t *o;
    char a[FIGURE], b[FIGURE], c[FIGURE];
    if (!json_array_size(next)) return;
    page_printf(p, "<details><summary>Who comes to a moment next, and the day to get in touch before</summary>");
    cards(p, "Next moments");
    page_raw(p, "<thead><tr><th scope=\"col\">Get in touch</th><th scope=\"col\">Customer</th><th scope=\"col\">Moment</th><th scope=\"col\" class=\"num\">Begins</th><th "
                "scope=\"col\" class=\"num\">Over</th></tr></thead><tbody>\n");
    json_array_foreach(next, i, o) {
        page_printf(p, "<tr><td class=\"nowrap\">%s</td>", day_of(o, "contact", a));
        page_raw(p, "<th scope=\"row\"><bdi>");
        page_text(p, extras_text(o, "customer"), strlen(extras_text(o, "customer")));
        page_raw(p, "</bdi></th>");
        cell(p, "td", extras_text(o, "moment"));
        bool inside = json_is_true(json_object_get(o, "inside"));
        page_printf(p, "<td class=\"num nowrap\" data-label=\"Begins\">%s</td><td class=\"num nowrap\" data-label=\"Over\">%s</td></tr>\n", inside ? "now" : day_of(o, "from", b), day_of(o, "to", c));
    }
    page_raw(p, "</tbody></table></details>\n");
}

void section_moments(page *p) {
    const report_extras *x = p->r->extras;
    if (!x || !x->moments) return;
    const json_t *list = json_object_get(x->moments, "moments");
    size_t i;
    json_t *o;
    page_section(p, "moments", "Critical moments", "Points of the cycle at which people leave more often than shortly before and after. Act just before them.");
    bool built = json_is_true(json_object_get(x->moments, "term_clocks_left_out"));
    if (built)
        page_printf(p, "<p class=\"key\">%s of those who left went on the very day a term ended. That is how these contracts are built, or were written down, and no "
                       "moment: how often renewals fail is told under <a href=\"#renewals\">Renewals</a>. The clocks to and from those days are left out here.</p>\n",
                    PERCENT(extras_number(x->moments, "left_at_term_ends") / extras_number(x->moments, "left"), 0));
    if (!json_array_size(list) && built) {
        page_printf(p, "<p>None on the %s clocks that remain.</p>\n", COUNT(extras_number(x->moments, "clocks_searched")));
    } else if (!json_array_size(list)) {
        page_printf(p, "<p class=\"key\">None: %s clocks were searched, and on none of them do people leave more often at one point than around it, beyond chance.</p>\n",
                    COUNT(extras_number(x->moments, "clocks_searched")));
    } else {
        cards(p, "Critical moments");
        page_raw(p, "<thead><tr><th scope=\"col\">When</th><th scope=\"col\" class=\"num\">Hazard</th><th scope=\"col\" class=\"num\">95 % interval</th><th scope=\"col\" "
                    "class=\"num\">Left</th><th scope=\"col\" class=\"num\">Without it</th><th scope=\"col\" class=\"num\">In it now</th><th scope=\"col\" "
                    "class=\"num\">Come to it</th></tr></thead><tbody>\n");
        json_array_foreach(list, i, o) {
            page_raw(p, "<tr>");
            page_raw(p, "<th scope=\"row\">");
            page_text(p, extras_text(o, "moment"), strlen(extras_text(o, "moment")));
            page_printf(p, "</th><td class=\"num risk\" data-label=\"Hazard\">%s</td><td class=\"num soft\" data-label=\"Interval\">%s–%s</td><td class=\"num\" "
                           "data-label=\"Left\">%s</td><td class=\"num\" data-label=\"Without it\">%s</td><td class=\"num\" data-label=\"In it now\">%s</td><td "
                           "class=\"num\" data-label=\"Come to it\">%s</td></tr>\n",
                        TIMES(extras_number(o, "ratio")), NUMBER(extras_number(o, "ratio_low"), 1), TIMES(extras_number(o, "ratio_high")), COUNT(extras_number(o, "left")),
                        COUNT(extras_number(o, "left_without")), COUNT(extras_number(o, "inside")), COUNT(extras_number(o, "ahead")));
        }
        page_printf(p, "</tbody></table><p class=\"small soft\">Come to it: within %s.</p>\n", HORIZON(p->r->horizon_days));
        next_contacts(p, json_object_get(x->moments, "next"));
    }
    page_define(p, "moments");
    page_raw(p, "</section>\n");
}

/* --- reasons --- */

static void put_reason(page *p, const json_t *o, const char *says) {
    double left = extras_number(o, "left"), here = extras_number(o, "here"), stated = extras_number(o, "stated");
    const json_t *share = json_object_get(o, "share");
    if (!(left + here + stated > 0)) return;
    page_raw(p, "<tr><th scope=\"row\">");
    page_string(p, says[0] ? says : extras_text(o, "reason"));
    page_printf(p, "<br><span class=\"soft small\">%s</span></th>", extras_text(o, "owner"));
    cell(p, "td", extras_text(o, "remedy"));
    page_printf(p, "<td class=\"num\" data-label=\"Left, observed\">%s</td><td class=\"num\" data-label=\"Share\">%s</td><td class=\"num soft\" "
                   "data-label=\"Interval\">%s–%s</td><td class=\"num\" data-label=\"Left, stated\">%s</td><td class=\"num\" data-label=\"Here now\">%s</td></tr>\n",
                COUNT(left), PERCENT(extras_number(share, "value"), 0), NUMBER(100 * extras_number(share, "low"), 0), PERCENT(extras_number(share, "high"), 0),
                COUNT(stated), COUNT(here));
}

void section_reasons(page *p) {
    const report_extras *x = p->r->extras;
    if (!x || !x->reasons) return;
    size_t i;
    json_t *o;
    page_section(p, "reasons", "Why they leave", "What was observed before they left, what they stated, and how many who are here show the same.");
    cards(p, "Reasons");
    page_raw(p, "<thead><tr><th scope=\"col\">Reason</th><th scope=\"col\">First remedy</th><th scope=\"col\" class=\"num\">Left, observed</th><th scope=\"col\" "
                "class=\"num\">Share</th><th scope=\"col\" class=\"num\">95 % interval</th><th scope=\"col\" class=\"num\">Left, stated</th><th scope=\"col\" "
                "class=\"num\">Here now</th></tr></thead><tbody>\n");
    json_array_foreach(json_object_get(x->reasons, "reasons"), i, o)
        if (strcmp(extras_text(o, "reason"), "unknown")) put_reason(p, o, extras_text(o, "says"));
    json_array_foreach(json_object_get(x->reasons, "reasons"), i, o)
        if (!strcmp(extras_text(o, "reason"), "unknown")) put_reason(p, o, "Not known");
    page_raw(p, "</tbody></table>\n<p class=\"small soft\">Observed and stated stand side by side and are not made into one figure. <code>marram reasons</code> has the "
                "signals behind each, by quarter and segment; <code>marram reasons ID</code> those of one customer, with their dates.</p>\n");
    page_define(p, "reasons");
    page_raw(p, "</section>\n");
}

#define FIXES 12

void section_fixes(page *p) {
    const report_extras *x = p->r->extras;
    if (!x || !x->fixes) return;
    size_t i;
    json_t *o;
    page_section(p, "fixes", "What to fix first", "Root causes and kinds of cases by the value that left in the last year, and may leave within a quarter, because of them.");
    cards(p, "Fix list");
    page_raw(p, "<thead><tr><th scope=\"col\">Cause</th><th scope=\"col\">Remedy</th><th scope=\"col\" class=\"num\">Left</th><th scope=\"col\" class=\"num\">Here</th><th "
                "scope=\"col\" class=\"num\">Left,<br>a year’s value</th><th scope=\"col\" class=\"num\">At risk in a quarter,<br>a year’s value</th></tr></thead><tbody>\n");
    json_array_foreach(json_object_get(x->fixes, "causes"), i, o) {
        if (i >= FIXES) break;
        page_raw(p, "<tr><th scope=\"row\">");
        const char *cause = extras_text(o, "cause");
        char words[96];
        size_t n = 0;
        for (; cause[n] && n + 1 < sizeof words; n++) words[n] = cause[n] == '_' ? ' ' : cause[n];
        words[n] = 0;
        page_string(p, strncmp(words, "case:", 5) ? words : words + 5);
        page_printf(p, "<br><span class=\"soft small\">%s%s</span></th>", strncmp(words, "case:", 5) ? "" : "cases and complaints; ", extras_text(o, "owner"));
        cell(p, "td", extras_text(o, "remedy"));
        page_printf(p, "<td class=\"num\" data-label=\"Left\">%s</td><td class=\"num\" data-label=\"Here\">%s</td><td class=\"num\" data-label=\"Value that left\">%s<br><span "
                       "class=\"soft small\">%s to %s</span></td><td class=\"num\" data-label=\"At risk\">%s<br><span class=\"soft small\">%s to %s</span></td></tr>\n",
                    COUNT(extras_number(o, "left")), COUNT(extras_number(o, "here")), MONEY(p, extras_number(o, "value_left")), MONEY(p, extras_number(o, "value_left_low")),
                    MONEY(p, extras_number(o, "value_left_high")), MONEY(p, extras_number(o, "value_at_risk")), MONEY(p, extras_number(o, "value_at_risk_low")),
                    MONEY(p, extras_number(o, "value_at_risk_high")));
    }
    page_raw(p, "</tbody></table>\n<p class=\"small soft\">What is done about a cause, and whether it helped: <code>marram measures</code>.</p>\n");
    page_define(p, "fix_list");
    page_raw(p, "</section>\n");
}

/* --- reviews --- */

static void findings(page *p, const json_t *list) {
    size_t i;
    json_t *o;
    json_array_foreach(list, i, o) {
        page_raw(p, i ? "<br>" : "");
        page_text(p, extras_text(o, "sentence"), strlen(extras_text(o, "sentence")));
        page_raw(p, " <span class=\"soft\">");
        page_text(p, extras_text(o, "todo"), strlen(extras_text(o, "todo")));
        page_raw(p, "</span>");
    }
}

void section_reviews(page *p) {
    const report_extras *x = p->r->extras;
    if (!x || !x->reviews) return;
    size_t i;
    json_t *o;
    char a[FIGURE];
    page_section(p, "reviews", "Reviews due", "Accounts whose periodic review is due and finds something, the urgent first.");
    cards(p, "Reviews due");
    page_raw(p, "<thead><tr><th scope=\"col\">Customer</th><th scope=\"col\">What the review finds, and what to do</th><th scope=\"col\" class=\"num\">Due</th></tr></thead><tbody>\n");
    json_array_foreach(json_object_get(x->reviews, "reviews"), i, o) {
        const char *name = extras_text(o, "name"), *id = extras_text(o, "identifier");
        const json_t *list = json_object_get(o, "findings");
        if (!json_array_size(list)) continue;
        page_raw(p, "<tr><th scope=\"row\"><bdi>");
        page_text(p, name[0] ? name : id, strlen(name[0] ? name : id));
        page_raw(p, "</bdi></th><td>");
        findings(p, list);
        page_printf(p, "</td><td class=\"num nowrap\" data-label=\"Due\">%s</td></tr>\n", day_of(o, "due", a));
    }
    page_printf(p, "</tbody></table>\n<p class=\"small soft\">%s reviews are due in all: <code>marram review</code>.</p>\n", COUNT(extras_number(x->reviews, "due")));
    page_define(p, "reviews");
    page_raw(p, "</section>\n");
}
