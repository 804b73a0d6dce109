/* Moments, reasons and reviews, for a terminal. */
#include "extras.h"
#include "terminal_print.h"

#include <string.h>

#define SHOWN 3

void terminal_extras(const terminal *t, const report *r) {
    const report_extras *x = r->extras;
    size_t i, shown = 0;
    json_t *o;
    char a[FIGURE], b[FIGURE];
    if (!x) return;
    const json_t *moments = json_object_get(x->moments, "moments");
    if (json_array_size(moments)) {
        terminal_heading(t, "Critical moments");
        json_array_foreach(moments, i, o) {
            if (i >= SHOWN) break;
            terminal_say(t, PLAIN, "%s: hazard %s; %s in it now, %s come to it", extras_text(o, "moment"), figure_times(a, extras_number(o, "ratio")),
                         figure_count(b, extras_number(o, "inside")), COUNT(extras_number(o, "ahead")));
        }
    }
    if (x->reasons) {
        terminal_heading(t, "Why they left");
        json_array_foreach(json_object_get(x->reasons, "reasons"), i, o) {
            const json_t *share = json_object_get(o, "share");
            if (shown >= SHOWN || !(extras_number(o, "left") > 0) || !strcmp(extras_text(o, "reason"), "unknown")) continue;
            terminal_say(t, PLAIN, "%s: %s of those who left (%s); %s who are here show it", extras_text(o, "says"), figure_percent(a, extras_number(share, "value"), 0),
                         figure_count(b, extras_number(o, "left")), COUNT(extras_number(o, "here")));
            shown++;
        }
    }
    if (x->reviews) {
        terminal_heading(t, "Reviews");
        terminal_say(t, PLAIN, "%s due; the urgent ones are in the report", COUNT(extras_number(x->reviews, "due")));
    }
}
