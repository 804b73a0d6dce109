/* Logistic regression over a frame, the baseline: numbers as they are, with a column of its own for what is missing (whose number is then the mean), a
 * column a category but the commonest; categories of fewer than ten rows share one with those never seen. docs/methods/logistic.md. */
#include "training.h"

#include <error.h>
#include <marram/logistic.h>
#include <math.h>
#include <mem.h>
#include <string.h>

enum { RARE = 10 };
#define LARGEST 1e140 /* squares of ten thousand million such numbers add up to a double */
#define SMALLEST 1e-140

/* One column of the design. */
typedef struct column {
    size_t feature;
    int what; /* -1: the number; -2: is missing; >= 0: is of this category */
} column;

typedef struct design {
    const frame *f;
    const unsigned char *take;
    size_t n, p, room;
    column *column;
    double **x;
    unsigned char *happened;
    double *weight;
} design;

static bool add(design *d, size_t feature, int what) {
    if (d->p == d->room) {
        size_t room = 2 * d->room + 16;
        column *more = mem_resize(NULL, d->column, room, sizeof *more);
        if (!more) return false;
        d->column = more;
        d->room = room;
    }
    d->column[d->p++] = (column){feature, what};
    return true;
}

/* What a feature's columns are; its mean, and whether it varies. */
static mr_status look(design *d, size_t j, trained_feature *to, mr_error *err) {
    const frame_feature *f = &d->f->feature[j];
    size_t missing = 0, known = 0, levels = f->levels;
    bool enough = true;
    to->mean = to->slope = to->missing = 0;
    to->used = false;
    if (f->categorical) {
        size_t *count = mem_new(NULL, levels + 1, sizeof *count), commonest = 0;
        if (!count) return error_memory(err, levels * sizeof *count);
        for (size_t i = 0; i < d->f->n; i++)
            if (d->take[i]) f->category[i] < 0 ? missing++ : count[f->category[i]]++;
        for (size_t k = 1; k < levels; k++)
            if (count[k] > count[commonest]) commonest = k;
        for (size_t k = 0; k < levels && enough; k++)
            if (k != commonest && count[k] >= RARE) enough = add(d, j, (int)k);
        mem_free(NULL, count);
        if (enough && missing >= RARE) enough = add(d, j, -2);
        return enough ? MR_OK : error_memory(err, d->p * sizeof(column));
    }
    double sum = 0, low = HUGE_VAL, high = -HUGE_VAL;
    for (size_t i = 0; i < d->f->n; i++) {
        if (!d->take[i]) continue;
        if (isnan(f->number[i])) {
            missing++;
            continue;
        }
        if (isinf(f->number[i])) return error_set(err, MR_EDATA, f->name, (int64_t)i, "%s must be a finite number", f->name);
        sum += f->number[i];
        low = fmin(low, f->number[i]);
        high = fmax(high, f->number[i]);
        known++;
    }
    if (known && (low < -LARGEST || high > LARGEST))
        return error_set(err, MR_EDATA, f->name, -1,
                         "column '%.80s' goes to %.3g, and logistic regression can add up numbers to %g: correct it, leave it out (--ignore), or use the additive model",
                         f->name, high > LARGEST ? high : low, LARGEST);
    to->mean = known ? sum / (double)known : 0;
    if (known && high - low > SMALLEST) enough = add(d, j, -1); /* closer together, their squares are 0 */
    if (enough && missing >= RARE && known >= RARE) enough = add(d, j, -2);
    return enough ? MR_OK : error_memory(err, d->p * sizeof(column));
}

static mr_status fill(design *d, const trained *t, mr_error *err) {
    d->x = mem_new(NULL, d->p, sizeof *d->x);
    d->happened = mem_take(NULL, d->n, 1);
    d->weight = d->f->weight ? mem_take(NULL, d->n, sizeof *d->weight) : NULL;
    if (!d->x || !d->happened || (d->f->weight && !d->weight)) return error_memory(err, d->n);
    for (size_t c = 0; c < d->p; c++) {
        const column *k = &d->column[c];
        const frame_feature *f = &d->f->feature[k->feature];
        double *x = d->x[c] = mem_take(NULL, d->n, sizeof *x);
        if (!x) return error_memory(err, d->n * sizeof *x);
        for (size_t i = 0, at = 0; i < d->f->n; i++) {
            if (!d->take[i]) continue;
            if (k->what == -1) x[at++] = isnan(f->number[i]) ? 0 : f->number[i] - t->feature[k->feature].mean;
            else if (k->what == -2) x[at++] = f->categorical ? f->category[i] < 0 : isnan(f->number[i]);
            else x[at++] = f->category[i] == k->what;
        }
    }
    for (size_t i = 0, at = 0; i < d->f->n; i++) {
        if (!d->take[i]) continue;
        if (d->weight) d->weight[at] = d->f->weight[i];
        d->happened[at++] = d->f->happened[i];
    }
    return MR_OK;
}

mr_status linear_fit(const frame *f, const unsigned char *take, double ridge, const mr_context *context, trained *out, mr_error *err) {
    design d = {.f = f, .take = take};
    mr_status status = MR_OK;
    double *coefficient = NULL;
    for (size_t i = 0; i < f->n; i++) d.n += take[i];
    for (size_t j = 0; status == MR_OK && j < f->p; j++) status = look(&d, j, &out->feature[j], err);
    if (status == MR_OK && !d.p) status = error_set(err, MR_EDATA, NULL, -1, "every feature is the same in all rows: there is nothing to learn from");
    if (status == MR_OK) status = fill(&d, out, err);
    if (status == MR_OK && !(coefficient = mem_take(NULL, d.p + 1, sizeof *coefficient))) status = error_memory(err, d.p * sizeof *coefficient);
    if (status == MR_OK) {
        mr_logistic_fit fit = {.coefficient = coefficient};
        status = mr_logistic_estimate(d.n, (const double *const *)d.x, d.p, d.happened, d.weight, ridge, context, &fit, err);
    }
    for (size_t j = 0; status == MR_OK && j < f->p; j++) {
        if (!f->feature[j].categorical) continue;
        double *value = arena_take(&out->memory, f->feature[j].levels * sizeof *value + 1);
        if (!value) status = error_memory(err, f->feature[j].levels * sizeof *value);
        out->feature[j].value = value;
        for (size_t c = 0; value && c < d.p; c++)
            if (d.column[c].feature == j && d.column[c].what >= 0) value[d.column[c].what] = coefficient[c + 1];
    }
    if (status == MR_OK) {
        out->constant = coefficient[0];
        for (size_t c = 0; c < d.p; c++) {
            trained_feature *to = &out->feature[d.column[c].feature];
            to->used = true;
            if (d.column[c].what == -1) to->slope = coefficient[c + 1];
            if (d.column[c].what == -2) to->missing = coefficient[c + 1];
        }
    }
    for (size_t c = 0; d.x && c < d.p; c++) mem_free(NULL, d.x[c]);
    mem_free(NULL, d.x);
    mem_free(NULL, d.column);
    mem_free(NULL, d.happened);
    mem_free(NULL, d.weight);
    mem_free(NULL, coefficient);
    return status;
}
