#include "offer_trial.h"

#include <math.h>
#include <stdlib.h>

#define Z95 1.959963984540054
#define Z99 2.575829303548901
#define Z80 0.841621233572914 /* power */

static int by_probability(const void *a, const void *b) {
    double p = ((const offer_trial_case *)a)->probability, q = ((const offer_trial_case *)b)->probability;
    return p < q ? -1 : p > q;
}

/* Wilson's interval of k of n. */
static void wilson(double k, double n, double z, double *low, double *high) {
    double p = k / n, z2 = z * z, middle = p + z2 / (2 * n), half = z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)), whole = 1 + z2 / n;
    *low = (middle - half) / whole;
    *high = (middle + half) / whole;
}

typedef struct stratum {
    double shown, held, shown_kept, held_kept;
} stratum;

typedef struct summing {
    double weight, shown, held, down[2], up[2]; /* of 95 and 99 % */
} summing;

static void add(summing *s, const stratum *t) {
    static const double z[2] = {Z95, Z99};
    double w = t->shown + t->held, p = t->shown_kept / t->shown, q = t->held_kept / t->held;
    s->weight += w;
    s->shown += w * p;
    s->held += w * q;
    for (int i = 0; i < 2; i++) {
        double l1, u1, l0, u0;
        wilson(t->shown_kept, t->shown, z[i], &l1, &u1);
        wilson(t->held_kept, t->held, z[i], &l0, &u0);
        s->down[i] += w * w * ((p - l1) * (p - l1) + (u0 - q) * (u0 - q));
        s->up[i] += w * w * ((u1 - p) * (u1 - p) + (q - l0) * (q - l0));
    }
}

void offer_trial_of(offer_trial_case *of, size_t n, offer_trial *out) {
    summing s = {0};
    *out = (offer_trial){.low = -1, .high = 1, .low99 = -1, .high99 = 1};
    qsort(of, n, sizeof *of, by_probability);
    for (size_t from = 0, to; from < n; from = to) {
        stratum t = {0};
        for (to = from; to < n && of[to].probability <= of[from].probability; to++) {
            *(of[to].shown ? &t.shown : &t.held) += 1;
            *(of[to].shown ? &t.shown_kept : &t.held_kept) += of[to].kept;
        }
        if (t.shown < 1 || t.held < 1) {
            out->alone += (int64_t)(to - from);
            continue;
        }
        out->shown += (int64_t)t.shown;
        out->held += (int64_t)t.held;
        out->shown_kept += (int64_t)t.shown_kept;
        out->held_kept += (int64_t)t.held_kept;
        add(&s, &t);
    }
    if (s.weight <= 0) return;
    out->shown_share = s.shown / s.weight;
    out->held_share = s.held / s.weight;
    out->difference = out->shown_share - out->held_share;
    out->low = fmax(-1, out->difference - sqrt(s.down[0]) / s.weight);
    out->high = fmin(1, out->difference + sqrt(s.up[0]) / s.weight);
    out->low99 = fmax(-1, out->difference - sqrt(s.down[1]) / s.weight);
    out->high99 = fmin(1, out->difference + sqrt(s.up[1]) / s.weight);
}

int64_t offer_trial_lacks(double base, double effect, double shown, int64_t have) {
    if (!(effect > 0) || !(shown > 0) || !(shown < 1)) return INT64_MAX;
    double p1 = fmin(1, base + effect), v = p1 * (1 - p1) / shown + base * (1 - base) / (1 - shown);
    v = fmax(v, .01 / (shown * (1 - shown))); /* a base of 0 or 1 is never so certain */
    double all = (Z95 + Z80) * (Z95 + Z80) * v / (effect * effect);
    if (all > 9e15) return INT64_MAX;
    return all > (double)have ? (int64_t)ceil(all) - have : 0;
}

double offer_break_even(const offer_account *a) {
    return a->cost > 0 && a->worth > 0 ? a->cost / a->worth : 0;
}

static bool compared(const offer_trial *t) {
    return t->shown > 0 && t->held > 0;
}

/* Rows in the order in which they are asked. */
offer_finding offer_finding_of(const offer_account *a, const char **why) {
    const offer_trial *t = compared(a->late) ? a->late : a->early;
    double pays = offer_break_even(a);
    bool early_works = compared(a->early) && a->early->low99 > 0, late_over = compared(a->late) && a->late->high99 < fmax(pays, .02) && a->late->difference <= 0;
    const struct {
        bool is;
        offer_finding finding;
        const char *why;
    } rows[] = {
        {!compared(t), OFFER_NOT_KNOWN, "nobody's time has come yet on both sides: shown, and held out"},
        {t->high99 < 0, OFFER_DROP, "more leave who are shown it than who are not"},
        {early_works && late_over, OFFER_CHANGE, "it keeps them for a month, and not for a quarter"},
        {t->low99 > pays, OFFER_CONTINUE, pays > 0 ? "it keeps customers, and they bring more than it costs" : "it keeps customers"},
        {t->low99 > 0, OFFER_CHANGE, "it keeps customers, but whether they bring what it costs is not certain: make it cheaper, or offer it to fewer"},
        {pays > 0 && t->high99 < pays, OFFER_DROP, "whatever it keeps is less than it costs"},
        {a->shown >= OFFER_TAKEN_FROM && (double)a->accepted < OFFER_TAKEN_LEAST * (double)a->shown, OFFER_CHANGE, "hardly anybody takes it: other words, or another offer for that reason"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].is) return *why = rows[i].why, rows[i].finding;
    return *why = "chance alone could still have done it", OFFER_NOT_KNOWN;
}

const char *offer_finding_name(offer_finding f) {
    static const char *const names[] = {"not yet known", "continue", "change", "drop"};
    return names[f];
}
