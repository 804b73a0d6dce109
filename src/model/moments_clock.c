/* One clock of the search for critical moments: the columns of its background and patches, and Newton's steps on its bins.
 *
 * Background: cosines of up to bins / knot half waves (of the bin's logarithm, too, where it may be steep at first), penalised by the fourth power of
 * the frequency (the discrete kin of a smoothing spline's squared second derivative), beside a level and a slope that are not (where it may be steep, also a
 * slope of log (bin - .75), as Weibull's hazard falls: of its first two days log (1 + bin / steep) sees hardly a difference). The penalty's weight
 * is estimated: Wood & Fasiolo 2017, eq. (3), lambda = (rank - lambda tr A^-1 S) / beta' S beta, so that a flat background costs the search next
 * to nothing. For a search it is estimated with the strongest window left out (moments_settle): a peak must not be taken for a rough background,
 * which then explains half of it. */
#include "moments.h"

#include "error.h"
#include "mem.h"

#include <math.h>
#include <string.h>

#define FARTHEST 1.5     /* of a log rate, in one step */
#define WEIBULL_FROM 0.75 /* bins: Weibull's hazard of day t, log (t^s - (t - 1)^s), is (s - 1) log (t - .75) and a level to within .1, for s of .4 to 1, from day 1 on */
#define LEVEL_PRECISION 1e-3
#define NO_SLOPE 1.0     /* observations' worth: with A of them a slope stays from 1 + 2 A + 2 sqrt(A (1 + A)) = 5.8 squared standard errors on */
#define PATCH_PRECISION 0.25 /* a moment's steps are within a factor e^2 or so of the background: 1 / 2^2 */

enum { STEPS_ALONE = 24 };

/* --- a clock's columns --- */

/* Half waves along the bins, and along their logarithm: there a half wave is a factor of e^1.5. */
static size_t waves(const mr_clock *spec) {
    return spec->knot > 0 ? (size_t)fmin(fmax(floor(spec->bins / spec->knot), 1), 40) : 0;
}

static size_t log_waves(const mr_clock *spec) {
    return spec->steep > 0 ? (size_t)fmin(fmax(floor(log1p(spec->bins / spec->steep) / 1.5), 1), 12) : 0;
}

static void columns(moments_clock *c) {
    const mr_clock *spec = c->spec;
    bool factor = spec->role == MR_CLOCK_FACTOR, slack = !(spec->knot > 0);
    size_t n = waves(spec), steep = log_waves(spec), slopes = c->smooth - n - steep;
    double end = spec->bins;
    for (size_t b = 0; b < c->bins; b++) {
        double *x = c->x + b * c->room, u = ((double)b + 0.5) / end;
        if (factor) {
            x[b] = 1;
            continue;
        }
        double v = spec->steep > 0 ? log1p(u * end / spec->steep) / log1p(end / spec->steep) : 0;
        double w = log(fmax((double)b, 1) - WEIBULL_FROM) / log(end);
        x[0] = 1;
        x[1] = 2 * u - 1;
        if (steep) x[2] = 2 * w - 1;
        for (size_t j = 0; j < n; j++) x[slopes + j] = cos(M_PI * (double)(j + 1) * u);
        for (size_t j = 0; j < steep; j++) x[slopes + n + j] = cos(M_PI * (double)(j + 1) * v);
    }
    for (size_t j = 0; j < c->smooth; j++) {
        if (factor || (slack && j < slopes))
            c->roughness[j] = 1;
        else if (j < slopes)
            c->fixed[j] = LEVEL_PRECISION;
        else
            c->roughness[j] = pow((double)(j - slopes < n ? j - slopes + 1 : j - slopes - n + 1), 4);
    }
}

mr_status moments_clock_new(moments_clock *c, const mr_clock *spec, const uint16_t *bin, const mr_alloc *alloc, mr_error *err) {
    bool factor = spec->role == MR_CLOCK_FACTOR;
    *c = (moments_clock){.spec = spec, .bin = bin, .bins = spec->bins, .lambda = 1};
    c->smooth = c->k = factor ? spec->bins : (spec->steep > 0 ? 3u : 2u) + waves(spec) + log_waves(spec);
    c->room = c->smooth + (factor ? 0 : MR_MOST_MOMENTS * MOMENTS_PATCH);
    c->x = mem_new(alloc, c->bins * c->room, sizeof *c->x);
    c->roughness = mem_new(alloc, 3 * c->room + 4 * c->bins, sizeof *c->roughness);
    c->inverse = mem_new(alloc, c->room * c->room, sizeof *c->inverse);
    c->taken = mem_new(alloc, c->bins, 1);
    if (!c->x || !c->roughness || !c->inverse || !c->taken) return error_memory(err, c->bins * c->room * sizeof *c->x);
    c->fixed = c->roughness + c->room;
    c->beta = c->fixed + c->room;
    c->f = c->beta + c->room;
    c->events = c->f + c->bins;
    c->mean = c->events + c->bins;
    c->variance = c->mean + c->bins;
    columns(c);
    return MR_OK;
}

void moments_window(moments_clock *c, size_t from, size_t to) {
    if (c->k == c->room) return;
    for (size_t b = from; b < to; b++) c->x[b * c->room + c->k] = 1;
    c->fixed[c->k++] = PATCH_PRECISION;
}

void moments_drop(moments_clock *c, size_t k) {
    for (size_t b = 0; b < c->bins; b++)
        for (size_t j = k; j < c->k; j++) c->x[b * c->room + j] = 0;
    c->k = k;
}

void moments_patch(moments_clock *c, size_t from, size_t to) {
    size_t wide = to - from, margin = (wide + 1) / 2, inner = wide < 8 ? wide : 8;
    size_t edge[MOMENTS_PATCH + 1], parts = 0;
    edge[0] = from > margin ? from - margin : 0;
    if (edge[0] < from) edge[++parts] = from;
    for (size_t i = 1; i <= inner; i++) edge[++parts] = from + wide * i / inner;
    if (to < c->bins) {
        edge[parts + 1] = to + margin < c->bins ? to + margin : c->bins;
        parts++;
    }
    for (size_t i = 0; i < parts && c->k < c->room; i++) {
        bool any = false;
        for (size_t b = edge[i]; b < edge[i + 1]; b++) {
            if (c->taken[b]) continue;
            c->x[b * c->room + c->k] = 1;
            any = true;
        }
        if (!any) continue;
        c->fixed[c->k] = PATCH_PRECISION;
        c->k++;
    }
    for (size_t b = edge[0]; b < edge[parts]; b++) c->taken[b] = 1;
}

/* --- a Newton step of one clock --- */

static void information(const moments_clock *c, double *a) {
    size_t k = c->k;
    memset(a, 0, k * k * sizeof *a);
    for (size_t b = 0; b < c->bins; b++) {
        const double *x = c->x + b * c->room;
        double v = c->variance[b];
        if (!(v > 0)) continue;
        if (c->spread) {
            const double *spread = c->spread + b * c->room;
            for (size_t i = 0; i < k; i++)
                for (size_t j = 0; x[i] != 0 && j <= i; j++) a[i * k + j] += x[i] * spread[j];
            continue;
        }
        for (size_t i = 0; i < k; i++) {
            if (x[i] == 0) continue;
            double vx = v * x[i];
            for (size_t j = 0; j <= i; j++) a[i * k + j] += vx * x[j];
        }
    }
    for (size_t i = 0; i < k; i++) a[i * k + i] += c->lambda * c->roughness[i] + c->fixed[i] + 1e-9;
}

/* inverse = a^-1, both triangles, from the lower one of a, by Cholesky; and log |a|. a is used up. */
static bool invert(double *a, double *inverse, size_t k, double *log_determinant) {
    *log_determinant = 0;
    for (size_t j = 0; j < k; j++) {
        double pivot = a[j * k + j];
        for (size_t l = 0; l < j; l++) pivot -= a[j * k + l] * a[j * k + l];
        if (!(pivot > 0) || !isfinite(pivot)) return false;
        a[j * k + j] = sqrt(pivot);
        *log_determinant += log(pivot);
        for (size_t i = j + 1; i < k; i++) {
            double sum = a[i * k + j];
            for (size_t l = 0; l < j; l++) sum -= a[i * k + l] * a[j * k + l];
            a[i * k + j] = sum / a[j * k + j];
        }
    }
    for (size_t column = 0; column < k; column++) { /* L y = e, L' x = y */
        double *x = inverse + column * k;
        for (size_t i = 0; i < k; i++) {
            double sum = i == column;
            for (size_t l = column; l < i; l++) sum -= a[i * k + l] * x[l];
            x[i] = i < column ? 0 : sum / a[i * k + i];
        }
        for (size_t i = k; i-- > 0;) {
            double sum = x[i];
            for (size_t l = i + 1; l < k; l++) sum -= a[l * k + i] * x[l];
            x[i] = sum / a[i * k + i];
        }
    }
    return true;
}

/* Where it is not known when, a slope takes up half of a moment early on the clock: so slopes are held to nothing, too, as far as the data let them, each by a
 * precision of its own: (1 - precision A^-1) / beta^2 (MacKay 1992), with a prior for none at all, so that a
 * slope of less than some two standard errors goes. */
static void slopes_precision(moments_clock *c) {
    for (size_t j = 1; j < c->smooth; j++) {
        if (c->roughness[j] > 0) continue;
        double next = (1 + NO_SLOPE - c->fixed[j] * c->inverse[j * c->k + j]) / fmax(c->beta[j] * c->beta[j], 1e-12);
        next = fmin(fmax(next, c->fixed[j] / 20), c->fixed[j] * 20);
        c->fixed[j] = fmin(fmax(next, LEVEL_PRECISION), 1e5);
    }
}

static void smoothness(moments_clock *c) {
    double trace = 0, size = 0, rank = 0;
    if (c->held) return;
    if (c->blurred) slopes_precision(c);
    for (size_t j = 0; j < c->smooth; j++) {
        if (!(c->roughness[j] > 0)) continue;
        rank++;
        trace += c->inverse[j * c->k + j] * c->roughness[j];
        size += c->beta[j] * c->beta[j] * c->roughness[j];
    }
    double next = (rank - c->lambda * trace) / fmax(size, 1e-12);
    next = fmin(fmax(next, c->lambda / 20), c->lambda * 20);
    c->lambda = fmin(fmax(next, 0.02), 1e7);
}

double moments_step(moments_clock *c, double *work, double *change) {
    size_t k = c->k;
    double *a = work + 2 * c->room, *right = work, *delta = work + c->room, farthest = 0;
    information(c, a);
    memset(change, 0, c->bins * sizeof *change);
    memset(delta, 0, k * sizeof *delta);
    if (!invert(a, c->inverse, k, &c->log_determinant)) return 0;
    for (size_t j = 0; j < k; j++) right[j] = -(c->lambda * c->roughness[j] + c->fixed[j]) * c->beta[j];
    for (size_t b = 0; b < c->bins; b++) {
        double rest = c->events[b] - c->mean[b];
        if (rest == 0) continue;
        for (size_t j = 0; j < k; j++) right[j] += c->x[b * c->room + j] * rest;
    }
    for (size_t i = 0; i < k; i++) {
        delta[i] = 0;
        for (size_t j = 0; j < k; j++) delta[i] += c->inverse[i * k + j] * right[j];
    }
    for (size_t b = 0; b < c->bins; b++) {
        for (size_t j = 0; j < k; j++) change[b] += c->x[b * c->room + j] * delta[j];
        if (c->variance[b] > 0) farthest = fmax(farthest, fabs(change[b]));
    }
    double share = farthest > FARTHEST ? FARTHEST / farthest : 1;
    for (size_t j = 0; j < k; j++) c->beta[j] += delta[j] *= share;
    for (size_t b = 0; b < c->bins; b++) {
        change[b] = fmin(fmax(share * change[b], -20), 20); /* bins nobody was seen in may go anywhere */
        c->f[b] += change[b];
    }
    smoothness(c);
    return share * farthest;
}

bool moments_information(moments_clock *c, double *work) {
    information(c, work);
    return invert(work, c->inverse, c->k, &c->log_determinant);
}

/* --- a clock alone, the others as they stand --- */

mr_status moments_copy(const moments_clock *c, const mr_alloc *alloc, moments_clock *out, double **work, mr_error *err) {
    size_t k = c->k + 1, bins = c->bins;
    *out = *c;
    out->room = k;
    double *at = *work = mem_new(alloc, bins * k + 3 * k + 4 * bins + k * k + 2 * k + k * k + bins, sizeof *at);
    if (!at) return error_memory(err, bins * k * sizeof *at);
    out->x = at;
    out->roughness = at += bins * k;
    out->fixed = at += k;
    out->beta = at += k;
    out->f = at += k;
    out->events = at += bins;
    out->mean = at += bins;
    out->variance = at += bins;
    out->inverse = at + bins;
    for (size_t b = 0; b < bins; b++) memcpy(out->x + b * k, c->x + b * c->room, c->k * sizeof *at);
    memcpy(out->roughness, c->roughness, c->k * sizeof *at);
    memcpy(out->fixed, c->fixed, c->k * sizeof *at);
    memcpy(out->beta, c->beta, c->k * sizeof *at);
    memcpy(out->f, c->f, bins * sizeof *at);
    memcpy(out->events, c->events, bins * sizeof *at);
    memcpy(out->mean, c->mean, bins * sizeof *at);
    memcpy(out->variance, c->variance, bins * sizeof *at);
    memcpy(out->inverse, c->inverse, c->k * c->k * sizeof *at);
    return MR_OK;
}

/* Steps until they settle. Rates: means follow exactly. Chances: their variance is kept, the change is small; so where it is not known when, and events go
 * along: what is left of mean less events changes by the spread. */
static void alone(moments_clock *c, double *work, bool binary) {
    double *change = work + 2 * c->room + c->room * c->room;
    for (int i = 0; i < STEPS_ALONE; i++) {
        double moved = moments_step(c, work, change);
        for (size_t b = 0; b < c->bins; b++) {
            if (c->spread) {
                const double *spread = c->spread + b * c->room, *delta = work + c->room;
                for (size_t j = 0; j < c->k; j++) c->mean[b] += spread[j] * delta[j];
                continue;
            }
            if (binary) {
                c->mean[b] += c->variance[b] * change[b];
                continue;
            }
            c->mean[b] *= exp(change[b]);
            c->variance[b] = c->mean[b];
        }
        if (moved < 1e-3 && (c->held || i >= STEPS_ALONE / 2)) break;
    }
}

/* work: of moments_copy, behind what the copy holds. */
void moments_settle(const moments_model *m, const moments_clock *from, moments_clock *c, double *block, size_t window_from, size_t window_to) {
    size_t k = c->room, bins = c->bins;
    bool binary = m->rows->binary;
    double *work = block + bins * k + 3 * k + 4 * bins + k * k;
    memcpy(c->beta, from->beta, from->k * sizeof *c->beta);
    memcpy(c->mean, from->mean, bins * sizeof *c->mean);
    memcpy(c->variance, from->variance, bins * sizeof *c->variance);
    c->lambda = from->lambda;
    for (size_t b = 0; b < bins; b++) c->x[b * k + from->k] = b >= window_from && b < window_to;
    c->k = k;
    if (c->spread) moments_spread(m, c, from->k, k);
    c->beta[from->k] = c->roughness[from->k] = 0;
    c->fixed[from->k] = 1e-4;
    c->held = false;
    alone(c, work, binary);
    c->k = from->k; /* the window's excess is what is searched for: without it again, at that roughness */
    memcpy(c->beta, from->beta, from->k * sizeof *c->beta);
    memcpy(c->mean, from->mean, bins * sizeof *c->mean);
    memcpy(c->variance, from->variance, bins * sizeof *c->variance);
    c->held = true;
    alone(c, work, binary);
    moments_information(c, work);
}
