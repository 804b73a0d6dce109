/* Signs of life. After a sign nothing is known of who leaves until they have been silent for longer than their rhythm lets expect. So the day is
 * spread: on day a after it leaving would show if the next order had not come by then, of which the chance is the law of gaps' (gaps.h). The same days
 * stand for those who did not leave, whether their next order came sooner or later: where the law is wrong both are wrong alike. */
#include "moments_signs.h"

#include "error.h"
#include "mem.h"

#include <math.h>

enum { FIRST_GAPS = 12, MOST_GAPS = 6000, GRID = 24, LONGEST = 1500 };
#define MOST_DOUBT 0.25   /* a silence that is as likely an ordinary gap tells little */
#define LEAST_LIKELY 0.05 /* after a silence this unlikely a case is not a buyer's */
#define HARDLY 0.005

/* --- signs --- */

static bool is_problem(const trace_event *e) {
    return e->kind == EVENT_case_open || e->kind == EVENT_case_reopen || e->kind == EVENT_complaint;
}

size_t signs_of(const trace *t, const gap_law *law, int32_t until, sign *out, size_t room) {
    size_t n = 0;
    sign last = {.day = TRACE_NO_DAY};
    int32_t order = TRACE_NO_DAY;
    for (size_t i = 0; i < t->n; i++) {
        const trace_event *e = &t->event[i];
        bool is_order = trace_is_order(e);
        if ((!is_order && !is_problem(e)) || trace_known_day(e) > until || (last.day != TRACE_NO_DAY && e->day < last.day)) continue;
        if (is_order && e->day == order) continue;
        sign s = last;
        s.day = e->day;
        if (is_order) {
            s.before += order != TRACE_NO_DAY;
            s.before_days += order != TRACE_NO_DAY ? (double)e->day - order : 0;
            order = e->day;
        } else if (order == TRACE_NO_DAY || gap_law_open(law, s.before, s.before_days, 0, (double)e->day - order) < LEAST_LIKELY) {
            continue;
        }
        s.passed = s.day - order;
        n += s.day != last.day;
        last = s;
        if (n <= room) out[n - 1] = s;
    }
    return n;
}

/* --- the days after one --- */

static double open_after(const sign *s, const gap_law *law, double days) {
    return gap_law_open(law, s->before, s->before_days, s->passed, s->passed + days);
}

void signs_days(const sign *s, const gap_law *law, int32_t until, rng *r, sign_days *out) {
    double longest = fmin((double)until - s->day, LONGEST), grid[GRID + 1], sum = 0, upto = 0;
    double u = rng_uniform(r);
    *out = (sign_days){.n = 0, .still = longest >= 1 ? open_after(s, law, longest) : 1};
    if (longest < 1 || out->still > MOST_DOUBT) return;
    double reach = longest;
    for (double days = 8; days < longest; days *= 1.5)
        if (open_after(s, law, days) < HARDLY) {
            reach = days;
            break;
        }
    int days = (int)reach;
    for (int i = 0; i <= GRID; i++) grid[i] = open_after(s, law, reach * i / GRID);
    for (int pass = 0; pass < 2; pass++) { /* a day's share lies in its middle: orders came at any time of their days */
        if (pass) {
            out->n = (uint32_t)fmin(SIGNS_PARTS, fmax(floor(sum), 1));
            out->exposure = sum / out->n;
        }
        uint32_t n = 0;
        for (int a = 1; a <= days; a++) {
            double at = (a - 0.5) / reach * GRID, low = floor(at), share = grid[(int)low] + (at - low) * (grid[(int)low + 1] - grid[(int)low]);
            if (!pass) {
                sum += share;
                continue;
            }
            upto += share;
            while (n < out->n && (n + u) * out->exposure < upto) out->day[n++] = s->day + a;
        }
        if (pass) out->n = n;
    }
}

/* --- a sample of gaps --- */

static void thin(gap_sample *s) {
    while (s->n > MOST_GAPS) {
        size_t kept = 0;
        s->below /= 2;
        for (size_t i = 0; i < s->n; i++) {
            if (s->hash[i] >= s->below) continue;
            s->gap[kept] = s->gap[i];
            s->hash[kept++] = s->hash[i];
        }
        s->n = kept;
    }
}

mr_status gap_sample_take(gap_sample *s, const trace *t, uint64_t hash, int32_t until, mr_error *err) {
    hash = rng_mix(hash + 1); /* another draw than that of who is learnt from */
    if (!s->room) {
        s->room = MOST_GAPS + FIRST_GAPS;
        s->below = UINT64_MAX;
        s->gap = mem_take(NULL, s->room, sizeof *s->gap);
        s->hash = mem_take(NULL, s->room, sizeof *s->hash);
        if (!s->gap || !s->hash) return error_memory(err, s->room * sizeof *s->gap);
    }
    if (hash >= s->below) return MR_OK;
    uint32_t before = 0;
    double before_days = 0;
    int32_t order = TRACE_NO_DAY;
    for (size_t i = 0; i < t->n && before < FIRST_GAPS; i++) {
        const trace_event *e = &t->event[i];
        if (!trace_is_order(e) || (until != TRACE_NO_DAY && trace_known_day(e) > until) || (order != TRACE_NO_DAY && e->day <= order)) continue;
        if (order != TRACE_NO_DAY) {
            double days = (double)e->day - order;
            s->hash[s->n] = hash;
            s->gap[s->n++] = (gap_seen){.days = days, .longest = order, .before = before, .before_days = before_days};
            before++;
            before_days += days;
        }
        order = e->day;
    }
    if (s->n > MOST_GAPS) thin(s);
    return MR_OK;
}

void gap_sample_end(gap_sample *s, int32_t until) {
    size_t kept = 0;
    for (size_t i = 0; i < s->n; i++) {
        gap_seen g = s->gap[i];
        g.longest = (double)until - g.longest;
        if (g.longest >= g.days) s->gap[kept++] = g; /* not those that came after the last day */
    }
    s->n = kept;
}

void gap_sample_free(gap_sample *s) {
    mem_free(NULL, s->gap);
    mem_free(NULL, s->hash);
}
