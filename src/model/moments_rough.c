/* A peak or a rough background? Where several clocks read alike for a while (renewal, notice, anniversary, days since the start) an excess may hide as
 * the roughness of all their backgrounds, each taking its share, and no clock searched alone stands out. So before a search the model is held
 * against one with stiff backgrounds and its strongest window free: all roughnesses estimated anew with that window left out. It is taken where its
 * evidence is larger: the marginal likelihood by Laplace's approximation, a clock's coefficients at a time (Wood 2011), less the logarithm of how many
 * windows it was picked from. */
#include "moments.h"

#include "mem.h"

#include <math.h>

#define STIFF_WAVES 1.0 /* half waves along a stiff clock */
#define LEAST 2.5       /* strength of a window that is worth trying */

static void hold(moments_model *m, bool held) {
    for (size_t j = 0; j < m->clocks; j++) m->clock[j].held = held;
}

/* A column of waves has about half its clock's events as information: waves beyond STIFF_WAVES are drawn to nothing. */
static void stiffen(moments_model *m) {
    for (size_t j = 0; j < m->clocks; j++) {
        moments_clock *c = &m->clock[j];
        double events = 0;
        if (c->spec->role == MR_CLOCK_FACTOR || !(c->spec->knot > 0)) continue;
        for (size_t b = 0; b < c->bins; b++) events += c->events[b];
        c->lambda = fmax(c->lambda, events / 2 / pow(STIFF_WAVES, 4));
    }
}

static double evidence(const moments_model *m) {
    double sum = moments_likelihood(m);
    for (size_t j = 0; j < m->clocks; j++) {
        const moments_clock *c = &m->clock[j];
        sum -= c->log_determinant / 2;
        for (size_t i = 0; i < c->k; i++) {
            double precision = c->lambda * c->roughness[i] + c->fixed[i];
            sum -= precision * c->beta[i] * c->beta[i] / 2;
            if (precision > 0) sum += log(precision) / 2;
        }
    }
    return sum;
}

/* The clock of the strongest window of the model as it stands; m->clocks: none is worth trying. *one_of: how many windows it stands for, by their
 * likelihoods: the largest over the mean. */
static mr_status candidate(const moments_model *m, size_t *clock, moments_peak *peak, double *one_of, mr_error *err) {
    moments_joint joint;
    double sum = 0, windows = 0;
    *clock = m->clocks;
    mr_status status = moments_joint_new(m, &joint, err);
    for (size_t j = 0; j < m->clocks && status == MR_OK; j++) {
        moments_peak p;
        double its, all;
        if (m->clock[j].spec->role != MR_CLOCK_CYCLE) continue;
        status = moments_strongest(m, &joint, j, &p, &its, &all, err);
        windows += all;
        if (status != MR_OK || !p.any) continue;
        double over = exp((p.strength * p.strength - peak->strength * peak->strength) / 2);
        bool stronger = p.strength > peak->strength;
        sum = stronger ? sum / over + its : sum + its * over;
        if (!stronger) continue;
        *peak = p;
        *clock = p.strength >= LEAST ? j : m->clocks;
    }
    moments_joint_free(m, &joint);
    *one_of = sum > 0 ? windows / sum : 1;
    return status;
}

/* The roughnesses of the model with that window free, and what that model's evidence is. */
static mr_status left_out(moments_model *m, size_t clock, const moments_peak *p, double *lambda, double *says, mr_error *err) {
    moments_clock *c = &m->clock[clock];
    size_t k = c->k;
    if (k == c->room) return MR_OK;
    moments_window(c, p->from, p->to);
    hold(m, false);
    mr_status status = moments_fit(m, err);
    *says = evidence(m);
    for (size_t j = 0; j < m->clocks; j++) lambda[j] = m->clock[j].lambda;
    moments_drop(c, k);
    return status;
}

mr_status moments_roughness(moments_model *m, mr_error *err) {
    size_t clock = m->clocks;
    moments_peak peak = {0};
    double one_of = 1, before = evidence(m), says = -HUGE_VAL, *kept, lambda[MR_MOST_CLOCKS];
    mr_status status = moments_keep(m, &kept, err);
    if (status != MR_OK) return status;
    hold(m, true);
    stiffen(m);
    status = moments_fit(m, err);
    if (status == MR_OK) status = candidate(m, &clock, &peak, &one_of, err);
    if (status == MR_OK && clock < m->clocks) status = left_out(m, clock, &peak, lambda, &says, err);
    moments_back(m, kept);
    mem_free(context_alloc(m->context), kept);
    if (status == MR_OK && says - log(one_of) > before) {
        for (size_t j = 0; j < m->clocks; j++) m->clock[j].lambda = lambda[j];
        hold(m, true);
        status = moments_fit(m, err);
    }
    hold(m, false);
    return status;
}
