/* Made-up bases under contract: every customer day by day. */
#include "moments_world.h"

#include <rng.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SINCE(clock_name) {.name = clock_name, .bins = 180, .narrow = 3, .wide = 60}
#define AROUND(clock_name) SINCE(clock_name)

const mr_clock world_clocks[WORLD_CLOCKS] = {
    [SECOND_PROBLEM] = SINCE("second_problem"),
    [RENEWAL] = AROUND("renewal"), /* bin 120 is the renewal's day */
    [TENURE] = {.name = "start", .bins = 730, .narrow = 5, .wide = 45, .knot = 90, .steep = 2},
    [ANNIVERSARY] = AROUND("anniversary"), /* bin 90 is the day */
    [CASE_OPENED] = SINCE("case_opened"),
    [CASE_RESOLVED] = SINCE("case_resolved"),
    [PRICE_CHANGE] = SINCE("price_change"),
    [STAKEHOLDER] = SINCE("stakeholder_left"),
    [TOUCH] = SINCE("touch"),
    [CALENDAR] = {.name = "calendar", .bins = 1500, .narrow = 3, .wide = 30, .knot = 45, .role = MR_CLOCK_DATE},
    [SEASON] = {.name = "season", .bins = 366, .narrow = 3, .wide = 30, .knot = 45, .role = MR_CLOCK_DATE},
    [WEEKDAY] = {.name = "weekday", .bins = 7, .role = MR_CLOCK_FACTOR},
    [MONTHDAY] = {.name = "monthday", .bins = 31, .role = MR_CLOCK_FACTOR},
};

typedef struct life {
    int start, term, case_day, case_before, second, resolved, resolves, price, left, touch, next_touch;
    double frailty, case_rate;
} life;

static double sloped(slope s, double tenure) {
    switch (s) {
    case FALLING:
        return 0.6 + 1.9 * exp(-tenure / 90);
    case WEIBULL:
        return 0.55 * pow((tenure + 0.5) / 365, -0.45);
    case BATHTUB:
        return 0.5 + 1.5 * exp(-tenure / 60) + 0.8 / (1 + exp(-(tenure - 500) / 60));
    default:
        return 1;
    }
}

static uint16_t since(int day, int origin) {
    return origin >= 0 && day - origin < 180 && day >= origin ? (uint16_t)(day - origin) : MR_NO_BIN;
}

static void clocks_at(const life *l, int day, uint16_t bin[WORLD_CLOCKS]) {
    int tenure = day - l->start, into = tenure % l->term, year = tenure % 365;
    bin[TENURE] = tenure < 730 ? (uint16_t)tenure : MR_NO_BIN;
    bin[RENEWAL] = into >= l->term - 120 && !(into < 60 && tenure >= l->term && l->term < 180) ? (uint16_t)(into - (l->term - 120)) : into < 60 && tenure >= l->term ? (uint16_t)(120 + into) : MR_NO_BIN;
    bin[ANNIVERSARY] = year >= 275 ? (uint16_t)(year - 275) : year < 90 && tenure >= 365 ? (uint16_t)(90 + year) : MR_NO_BIN;
    bin[SECOND_PROBLEM] = since(day, l->second);
    bin[CASE_OPENED] = since(day, l->case_day);
    bin[CASE_RESOLVED] = since(day, l->resolved);
    bin[PRICE_CHANGE] = since(day, l->price);
    bin[STAKEHOLDER] = since(day, l->left);
    bin[TOUCH] = since(day, l->touch);
    bin[CALENDAR] = day >= 0 ? (uint16_t)day : MR_NO_BIN;
    bin[SEASON] = (uint16_t)((day + 3650) % 365);
    bin[WEEKDAY] = (uint16_t)((day + 7000) % 7);
    bin[MONTHDAY] = (uint16_t)(fmod(day + 36500, 30.4375));
}

static void live(life *l, int day, rng *r) {
    if (rng_uniform(r) < l->case_rate) {
        l->case_before = l->case_day;
        l->case_day = day;
        if (l->case_before >= 0 && day - l->case_before <= 60) l->second = day;
        l->resolves = day + 1 + (int)(8 * rng_exponential(r));
    }
    if (day == l->resolves) l->resolved = day;
    if (day == l->next_touch) {
        l->touch = day;
        l->next_touch = day + 30 + (int)rng_below(r, 31);
    }
    if (day % 365 == 180 && day - l->start > 120) l->price = day; /* everybody's, once a year */
    if (rng_uniform(r) < 1 / 700.0) l->left = day;
}

static double hazard(const made_world *w, const life *l, int day, const uint16_t bin[WORLD_CLOCKS]) {
    double rate = w->daily * l->frailty * sloped(w->slope, day - l->start) * (1 + w->season * sin(2 * M_PI * day / 365.25));
    if (w->weekdays) rate *= bin[WEEKDAY] >= 5 ? 0.15 : 1.34;
    if (w->month_starts) rate *= bin[MONTHDAY] >= 28 ? 4 : 0.75;
    for (int i = 0; i < w->plants; i++)
        if (bin[w->plant[i].clock] != MR_NO_BIN && bin[w->plant[i].clock] >= w->plant[i].from && bin[w->plant[i].clock] < w->plant[i].to) rate *= w->plant[i].ratio;
    return rate;
}

static size_t add(world_rows *o, size_t room, const uint16_t bin[WORLD_CLOCKS], double exposure, bool event) {
    size_t i = o->rows.n++;
    if (i >= room) abort();
    for (int c = 0; c < WORLD_CLOCKS; c++) o->block[(size_t)c * room + i] = bin[c];
    o->exposure[i] = exposure;
    o->event[i] = event;
    return i;
}

void world_make(const made_world *w, world_rows *o) {
    static const int terms[] = {365, 365, 365, 180, 730};
    size_t room = 800000;
    double share = fmin(1, 400000.0 / ((double)w->customers * w->days * 0.7));
    memset(o, 0, sizeof *o);
    o->block = malloc(WORLD_CLOCKS * room * sizeof *o->block);
    o->exposure = malloc(room * sizeof *o->exposure);
    o->event = malloc(room);
    for (size_t i = 0; i < w->customers; i++) {
        rng r;
        rng_seed(&r, w->seed, i);
        life l = {.case_day = -1, .case_before = -1, .second = -1, .resolved = -1, .resolves = -1, .price = -1, .left = -1, .touch = -1, .frailty = 1};
        if (w->frailty > 0) l.frailty = rng_gamma(&r, w->frailty) / w->frailty;
        l.case_rate = rng_gamma(&r, 1.5) / 1.5 / 90 * (w->troubled ? l.frailty : 1);
        l.start = w->all_at_once ? (int)rng_below(&r, 30) : (int)(rng_uniform(&r) * w->days * 1.5 - w->days * 0.6);
        if (w->month_starts) l.start = (int)(ceil(floor(l.start / 30.4375) * 30.4375));
        l.term = w->annual ? 365 : terms[rng_below(&r, 5)];
        l.next_touch = l.start + 14;
        for (int day = l.start; day < w->days; day++) {
            uint16_t bin[WORLD_CLOCKS];
            live(&l, day, &r);
            clocks_at(&l, day, bin);
            bool gone = rng_uniform(&r) < hazard(w, &l, day, bin), seen = rng_uniform(&r) < share;
            if (day >= 0 && gone) add(o, room, bin, 0, true);
            if (day >= 0 && seen) add(o, room, bin, 1 / share, false);
            if (gone) break;
        }
    }
    o->rows.clocks = WORLD_CLOCKS;
    o->rows.exposure = o->exposure;
    o->rows.event = o->event;
    o->rows.bin = o->bin;
    for (int c = 0; c < WORLD_CLOCKS; c++) o->bin[c] = o->block + (size_t)c * room;
}

void world_free(world_rows *o) {
    free(o->block);
    free(o->exposure);
    free(o->event);
}
