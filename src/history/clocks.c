/* The clocks of one customer. A clock of an event runs from the day of its last event; renewal and notice are of the contract whose day is nearest;
 * the customer's rhythm is the mean gap between their orders, to which the base's mean counts as two gaps more. */
#include "clocks.h"

#include "calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OWN_GAPS 2 /* how many gaps the base's mean is worth */

const clock_row clock_rows[CLOCKS] = {
#define CLOCK(name, unit, size, bins, zero, sign, narrow, wide, knot, steep, role, width, meaning) \
    {#name, unit, size, bins, zero, sign, narrow, wide, knot, steep, CLOCK_IS_##role, width, meaning},
#include "clocks.def"
#undef CLOCK
};

int clock_find(const char *name) {
    for (int i = 0; i < CLOCKS; i++)
        if (!strcmp(name, clock_rows[i].name)) return i;
    return -1;
}

double clock_reading(clock_id clock, double edge) {
    const clock_row *r = &clock_rows[clock];
    return r->sign * (edge - r->zero) * r->size + 0.0; /* no -0 */
}

void clocks_begin(clock_state *s, const clock_options *options) {
    memset(s, 0, sizeof *s);
    s->options = *options;
    s->start = s->problem = s->first_order = s->last_order = s->anniversary = s->next_anniversary = TRACE_NO_DAY;
    for (int i = 0; i < CLOCKS; i++) s->since[i] = TRACE_NO_DAY;
}

/* --- events --- */

static void began(clock_state *s, int32_t day) {
    if (s->start != TRACE_NO_DAY && s->start <= day) return;
    s->start = day;
    s->anniversary = s->next_anniversary = TRACE_NO_DAY; /* an earlier beginning became known late */
    s->year = 0;
}

static void happened(clock_state *s, clock_id clock, int32_t day) {
    if (s->since[clock] == TRACE_NO_DAY || s->since[clock] < day) s->since[clock] = day;
}

static void problem(clock_state *s, int32_t day) {
    if (s->problem != TRACE_NO_DAY && day >= s->problem && (int64_t)day - s->problem <= s->options.sour_days) happened(s, CLOCK_days_since_second_problem, day);
    if (s->problem == TRACE_NO_DAY || s->problem < day) s->problem = day;
}

static clock_term *term_of(clock_state *s, int64_t subject) {
    for (uint32_t i = 0; i < s->terms; i++)
        if (s->term[i].subject == subject) return &s->term[i];
    return NULL;
}

static void contract(clock_state *s, const trace_event *e) {
    clock_term *t = term_of(s, e->subject);
    if (e->kind == EVENT_contract_end) {
        if (t) memmove(t, t + 1, (size_t)(s->term + s->terms - (t + 1)) * sizeof *t), s->terms--;
        return;
    }
    if (!t) {
        if (s->terms == CLOCK_CONTRACTS) memmove(s->term, s->term + 1, (size_t)(--s->terms) * sizeof *t);
        t = &s->term[s->terms++];
        *t = (clock_term){.subject = e->subject, .renewal = TRACE_NO_DAY, .passed = TRACE_NO_DAY, .notice_days = -1};
    }
    if (e->notice_days >= 0) t->notice_days = e->notice_days;
    if (e->until_day == TRACE_NO_DAY || e->until_day == t->renewal) return;
    if (e->kind == EVENT_contract_renew) t->passed = t->renewal; /* the end of the old term stays a renewal, also where that lies ahead */
    t->renewal = e->until_day;
}

static void ordered(clock_state *s, int32_t day) {
    if (s->first_order == TRACE_NO_DAY || day < s->first_order) s->first_order = day;
    if (s->last_order == TRACE_NO_DAY || day > s->last_order) {
        s->last_order = day;
        s->orders++;
    }
}

void clocks_hear(clock_state *s, const trace_event *e) {
    switch (e->kind) {
    case EVENT_order:
        if (!trace_is_order(e)) break;
        began(s, e->day);
        ordered(s, e->day);
        break;
    case EVENT_contract_start: began(s, e->day); contract(s, e); break;
    case EVENT_contract_change:
    case EVENT_contract_renew:
    case EVENT_contract_end: contract(s, e); break;
    case EVENT_touch_out: happened(s, CLOCK_days_since_touch, e->day); break;
    case EVENT_case_open: happened(s, CLOCK_days_since_case_opened, e->day); problem(s, e->day); break;
    case EVENT_complaint: problem(s, e->day); break;
    case EVENT_case_reopen: happened(s, CLOCK_days_since_case_reopened, e->day); break;
    case EVENT_case_resolve: happened(s, CLOCK_days_since_case_resolved, e->day); break;
    case EVENT_price_change: happened(s, CLOCK_days_since_price_change, e->day); break;
    case EVENT_stakeholder_leave: happened(s, CLOCK_days_since_stakeholder_left, e->day); break;
    default: break;
    }
}

size_t clocks_follow(clock_state *s, const trace *t, const uint32_t *order, size_t next, int32_t day) {
    bool late = false;
    for (; next < t->n && trace_known_day(&t->event[order[next]]) <= day; next++) {
        const trace_event *e = &t->event[order[next]];
        late |= s->newest && e < s->newest;
        if (!s->newest || e > s->newest) s->newest = e;
        clocks_hear(s, e);
    }
    if (!late) return next;
    const trace_event *newest = s->newest;
    clock_options options = s->options;
    clocks_begin(s, &options);
    s->newest = newest;
    for (size_t i = 0; i < t->n; i++)
        if (trace_known_day(&t->event[i]) <= day) clocks_hear(s, &t->event[i]);
    return next;
}

/* --- readings --- */

double clocks_rhythm(const clock_state *s) {
    double own = s->orders > 1 ? (double)s->last_order - s->first_order : 0;
    return fmax((OWN_GAPS * s->options.rhythm_days + own) / (OWN_GAPS + (s->orders > 1 ? s->orders - 1 : 0)), 1);
}

static uint16_t put(clock_id clock, double reading) {
    const clock_row *r = &clock_rows[clock];
    double bin = floor(r->sign * reading / r->size + 1e-9) + r->zero;
    return bin >= 0 && bin < r->bins ? (uint16_t)bin : CLOCK_NO_BIN;
}

/* Days until the nearest of the contracts' days that lie `early` before their renewals, below zero behind it; false: there is none. */
static bool nearest_term(const clock_state *s, int32_t day, bool notice, int64_t *until) {
    int64_t best = INT64_MAX;
    for (uint32_t i = 0; i < s->terms; i++) {
        const clock_term *t = &s->term[i];
        if (notice && t->notice_days <= 0) continue;
        int32_t ends[2] = {t->renewal, t->passed};
        for (int k = 0; k < 2; k++) {
            if (ends[k] == TRACE_NO_DAY) continue;
            int64_t away = (int64_t)ends[k] - (notice ? t->notice_days : 0) - day;
            if (notice && ends[k] < day) continue; /* the next term's notice is ahead */
            if (llabs(away) < llabs(best) || (llabs(away) == llabs(best) && away > best)) best = away;
        }
    }
    *until = best;
    return best != INT64_MAX;
}

/* The same date so many years later; the 29th of February in another year is the 28th. */
static int32_t years_later(int32_t day, int years) {
    calendar_date d = calendar_of(day);
    return calendar_day(d.year + years, d.month, calendar_valid(d.year + years, d.month, d.day) ? d.day : 28);
}

static double from_anniversary(clock_state *s, int32_t day) {
    if (s->next_anniversary == TRACE_NO_DAY) {
        s->anniversary = s->start;
        s->next_anniversary = years_later(s->start, ++s->year);
    }
    while (s->next_anniversary < day && s->year < 4000) {
        s->anniversary = s->next_anniversary;
        s->next_anniversary = years_later(s->start, ++s->year);
    }
    if ((int64_t)day - s->anniversary > (int64_t)s->next_anniversary - day) return (double)day - s->next_anniversary;
    return s->anniversary == s->start ? NAN : (double)day - s->anniversary;
}

/* The day so many months after the start; where that month is too short its last one. */
static int32_t months_later(calendar_date d, int months) {
    int month = d.month - 1 + months, year = d.year + month / 12;
    month = month % 12 + 1;
    int32_t first = calendar_day(year, month, 1), last = calendar_day(month < 12 ? year : year + 1, month < 12 ? month + 1 : 1, 1) - 1;
    return first + d.day - 1 < last ? first + d.day - 1 : last;
}

/* Days from the nearest end of a month counted from the start, before it below zero. */
static int32_t from_month(int32_t start, int32_t day, calendar_date d) {
    calendar_date from = calendar_of(start);
    int months = (d.year - from.year) * 12 + d.month - from.month;
    int32_t nearest = INT32_MAX;
    for (int m = months - 1; m <= months + 1; m++) {
        int32_t away = m < 0 ? INT32_MAX : day - months_later(from, m);
        if (away != INT32_MAX && (nearest == INT32_MAX || abs(away) < abs(nearest))) nearest = away;
    }
    return nearest;
}

void clocks_at(clock_state *s, int32_t day, uint16_t bin[CLOCKS]) {
    int64_t until;
    for (int i = 0; i < CLOCKS; i++) bin[i] = s->since[i] == TRACE_NO_DAY ? CLOCK_NO_BIN : put((clock_id)i, (double)day - s->since[i]);
    if (nearest_term(s, day, false, &until)) bin[CLOCK_days_to_renewal] = put(CLOCK_days_to_renewal, (double)until);
    if (nearest_term(s, day, true, &until)) bin[CLOCK_days_to_notice] = put(CLOCK_days_to_notice, (double)until);
    if (s->start != TRACE_NO_DAY && day >= s->start) {
        double away = from_anniversary(s, day);
        bin[CLOCK_days_since_start] = put(CLOCK_days_since_start, (double)day - s->start);
        if (!isnan(away)) bin[CLOCK_anniversary] = put(CLOCK_anniversary, away);
    }
    if (s->orders) {
        bin[CLOCK_order_number] = put(CLOCK_order_number, s->orders);
        bin[CLOCK_silence] = put(CLOCK_silence, ((double)day - s->last_order) / clocks_rhythm(s));
    }
    calendar_date d = calendar_of(day);
    bin[CLOCK_calendar] = put(CLOCK_calendar, (double)day - s->options.first_day);
    bin[CLOCK_season] = put(CLOCK_season, day - calendar_day(d.year, 1, 1));
    bin[CLOCK_weekday] = (uint16_t)(((day % 7) + 7 + 3) % 7); /* 1970-01-01 was a Thursday; 0: Monday */
    bin[CLOCK_day_of_month] = (uint16_t)(d.day - 1);
    if (s->start != TRACE_NO_DAY && day >= s->start) bin[CLOCK_contract_month] = put(CLOCK_contract_month, from_month(s->start, day, d));
}

/* --- what comes next --- */

/* A stay from first to last that is not over on `day`. */
static bool stay(int64_t first, int64_t last, int32_t day, int32_t *out_first, int32_t *out_last) {
    if (last < day || first > INT32_MAX || last > INT32_MAX) return false;
    *out_first = (int32_t)(first < day ? day : first);
    *out_last = (int32_t)last;
    return true;
}

static bool next_term(const clock_state *s, bool notice, int32_t day, int64_t low, int64_t high, int32_t *first, int32_t *last) {
    bool any = false;
    for (uint32_t i = 0; i < s->terms; i++) {
        const clock_term *t = &s->term[i];
        int32_t ends[2] = {t->passed, t->renewal}, a, b;
        if (notice && t->notice_days <= 0) continue;
        for (int k = 0; k < 2; k++) {
            int64_t at = (int64_t)ends[k] - (notice ? t->notice_days : 0);
            if (ends[k] == TRACE_NO_DAY || !stay(at - high, at - low, day, &a, &b) || (any && a >= *first)) continue;
            *first = a;
            *last = b;
            any = true;
        }
    }
    return any;
}

bool clocks_next(const clock_state *s, clock_id clock, int32_t day, uint32_t from, uint32_t to, int32_t *first, int32_t *last) {
    const clock_row *r = &clock_rows[clock];
    if (r->role != CLOCK_IS_CYCLE) return false;
    int64_t low = (int64_t)from - r->zero, high = (int64_t)to - 1 - r->zero; /* readings in bins, times the sign */
    switch (clock) {
    case CLOCK_days_to_renewal:
    case CLOCK_days_to_notice: return next_term(s, clock == CLOCK_days_to_notice, day, -high, -low, first, last);
    case CLOCK_days_since_start: return s->start != TRACE_NO_DAY && stay((int64_t)s->start + low, (int64_t)s->start + high, day, first, last);
    case CLOCK_anniversary:
        if (s->start == TRACE_NO_DAY) return false;
        for (int year = 1; year < 200; year++) {
            int64_t at = years_later(s->start, year);
            if (at + high >= day) return stay(at + low, at + high, day, first, last);
        }
        return false;
    case CLOCK_order_number: {
        if (!s->orders || high < s->orders) return false;
        double rhythm = clocks_rhythm(s), ahead = low > s->orders ? (double)(low - s->orders) * rhythm : 0;
        double reached = s->last_order + ahead, over = s->last_order + (double)(high + 1 - s->orders) * rhythm;
        return stay((int64_t)reached, (int64_t)fmax(over, day), day, first, last);
    }
    case CLOCK_silence: {
        if (!s->orders) return false;
        double rhythm = clocks_rhythm(s) * r->size;
        return stay((int64_t)ceil(s->last_order + (double)low * rhythm), (int64_t)ceil(s->last_order + (double)(high + 1) * rhythm) - 1, day, first, last);
    }
    default: return s->since[clock] != TRACE_NO_DAY && stay((int64_t)s->since[clock] + low, (int64_t)s->since[clock] + high, day, first, last);
    }
}
