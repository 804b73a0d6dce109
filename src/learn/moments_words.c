/* A critical moment as a reader has it: "70 to 72 days since a price change", "6 to 12 days before the renewal". */
#include "moments_of.h"

#include <math.h>
#include <stdio.h>

/* Clocks that run towards a day and past it: sign +1 where readings before it are above zero. */
static const struct {
    clock_id clock;
    int sign;
    const char *day;
} towards[] = {{CLOCK_days_to_renewal, 1, "the renewal"}, {CLOCK_days_to_notice, 1, "the last day of notice"}, {CLOCK_anniversary, -1, "an anniversary of the start"}};

static const struct {
    clock_id clock;
    const char *since;
} since[] = {{CLOCK_days_since_second_problem, "a second problem came soon after the first"},
             {CLOCK_days_since_case_reopened, "a case was reopened"},
             {CLOCK_days_since_price_change, "a price change"},
             {CLOCK_days_since_stakeholder_left, "someone left the customer"},
             {CLOCK_days_since_start, "the start"},
             {CLOCK_days_since_case_resolved, "a case was resolved"},
             {CLOCK_days_since_case_opened, "a case was opened"},
             {CLOCK_days_since_touch, "we last got in touch"}};

static void towards_words(char out[256], int sign, const char *day, double first, double last) {
    double from = -sign * first, to = -sign * last; /* days past it */
    double low = fmin(from, to), high = fmax(from, to);
    if (low >= high && !(low < 0) && !(low > 0)) snprintf(out, 256, "the day of %s", day);
    else if (low >= high) snprintf(out, 256, "%.0f day%s %s %s", fabs(low), fabs(low) > 1 ? "s" : "", low < 0 ? "before" : "after", day);
    else if (high < 0) snprintf(out, 256, "%.0f to %.0f days before %s", -high, -low, day);
    else if (low > 0) snprintf(out, 256, "%.0f to %.0f days after %s", low, high, day);
    else snprintf(out, 256, "%.0f days before %s to %.0f after it", -low, day, high);
}

char *moments_words(char out[256], const moments_of *o, uint32_t moment) {
    const mr_moment *m = &o->found.moment[moment];
    clock_id clock = o->clock[m->clock];
    bool whole = clock_rows[clock].size >= 1;
    double first = clock_reading(clock, m->from), last = clock_reading(clock, whole ? m->to - 1. : m->to);
    char range[64];
    for (size_t i = 0; i < sizeof towards / sizeof *towards; i++)
        if (towards[i].clock == clock) return towards_words(out, towards[i].sign, towards[i].day, first, last), out;
    if (whole && !(first < last) && !(first > last)) snprintf(range, sizeof range, "%.0f", first);
    else snprintf(range, sizeof range, whole ? "%.0f to %.0f" : "%.1f to %.1f", fmin(first, last), fmax(first, last));
    for (size_t i = 0; i < sizeof since / sizeof *since; i++)
        if (since[i].clock == clock) return snprintf(out, 256, "%s days since %s", range, since[i].since), out;
    if (clock == CLOCK_order_number) snprintf(out, 256, "after order %s", range);
    else if (clock == CLOCK_silence) snprintf(out, 256, "silent for %s times their own rhythm", range);
    else snprintf(out, 256, "%s %s", clock_rows[clock].name, range);
    return out;
}
