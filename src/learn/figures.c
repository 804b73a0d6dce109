/* How well chances tell apart, and whether they are right.
 *
 *   AUC       the chance that of two rows, one of each outcome, the one in which it happened has the higher score (ties a half), by midranks; its
 *             interval by DeLong, DeLong & Clarke-Pearson 1988: var = var(V10) / n1 + var(V01) / n0, on the logit scale
 *   PR-AUC    average precision: sum over scores, from the highest, of precision x recall gained
 *   Brier     mean (p - y)^2; of the plain rate: rate (1 - rate)
 *   slope     of the logistic regression of the outcome on the score (Cox 1958): 1 is right, under 1 too bold, over 1 too shy
 *   lift      rate among the tenth with the highest scores, over the rate among all */
#include "trained.h"

#include <error.h>
#include <marram/logistic.h>
#include <math.h>
#include <mem.h>
#include <sort.h>

static double weight_of(const double *weight, size_t i) {
    return weight ? weight[i] : 1;
}

typedef struct walk {
    size_t n;
    const double *score, *weight;
    const unsigned char *happened;
    const uint32_t *order; /* the highest score first */
    double all[2];         /* weight of each outcome */
} walk;

/* Goes down the scores, ties together: AUC, its placements' variances, average precision, lift. */
static void go_down(const walk *w, figures *f) {
    double above[2] = {0, 0}, sum10 = 0, square10 = 0, sum01 = 0, square01 = 0, precision = 0, tenth = 0, taken = 0, wanted = (w->all[0] + w->all[1]) / 10;
    for (size_t i = 0; i < w->n;) {
        size_t end = i;
        double here[2] = {0, 0};
        for (; end < w->n && w->score[w->order[end]] == w->score[w->order[i]]; end++)
            here[w->happened[w->order[end]]] += weight_of(w->weight, w->order[end]);
        /* V10: share of the others below a row in which it happened; V01: share of those above one in which it did not. */
        double v10 = (w->all[0] - above[0] - here[0] / 2) / w->all[0], v01 = (above[1] + here[1] / 2) / w->all[1];
        sum10 += here[1] * v10, square10 += here[1] * v10 * v10;
        sum01 += here[0] * v01, square01 += here[0] * v01 * v01;
        double both = here[0] + here[1], part = fmin(both, fmax(0, wanted - taken));
        if (both > 0) tenth += here[1] * part / both;
        taken += part;
        above[0] += here[0], above[1] += here[1];
        if (here[1] > 0) precision += here[1] / w->all[1] * above[1] / (above[0] + above[1]);
        i = end;
    }
    double rate = w->all[1] / (w->all[0] + w->all[1]);
    f->auc = sum10 / w->all[1];
    double var10 = square10 / w->all[1] - f->auc * f->auc, mean01 = sum01 / w->all[0], var01 = square01 / w->all[0] - mean01 * mean01;
    double se = sqrt(fmax(0, var10) / fmax(1, (double)f->happened - 1) + fmax(0, var01) / fmax(1, (double)(f->rows - f->happened) - 1));
    double inside = f->auc * (1 - f->auc);
    f->auc_low = f->auc_high = f->auc;
    if (inside > 0) {
        double logit = log(f->auc / (1 - f->auc)), width = 1.959963984540054 * se / inside;
        f->auc_low = 1 / (1 + exp(-(logit - width)));
        f->auc_high = 1 / (1 + exp(-(logit + width)));
    }
    f->pr_auc = precision;
    f->lift = taken > 0 ? tenth / taken / rate : NAN;
    f->brier_base = rate * (1 - rate);
}

mr_status figures_of(size_t n, const double *score, const unsigned char *happened, const double *weight, figures *out, mr_error *err) {
    walk w = {.n = n, .score = score, .weight = weight, .happened = happened};
    *out = (figures){.rows = n, .auc = NAN, .auc_low = NAN, .auc_high = NAN, .pr_auc = NAN, .slope = NAN, .slope_se = NAN, .lift = NAN, .brier_base = NAN};
    if (!n) return MR_OK;
    double squares = 0, loss = 0;
    for (size_t i = 0; i < n; i++) {
        double e = exp(-fabs(score[i])), p = score[i] >= 0 ? 1 / (1 + e) : e / (1 + e), off = p - happened[i];
        w.all[happened[i]] += weight_of(weight, i);
        out->happened += happened[i];
        squares += weight_of(weight, i) * off * off;
        loss += weight_of(weight, i) * (log1p(e) + fmax(0, happened[i] ? -score[i] : score[i]));
    }
    out->brier = squares / (w.all[0] + w.all[1]);
    out->log_loss = loss / (w.all[0] + w.all[1]);
    if (!(w.all[0] > 0) || !(w.all[1] > 0)) return MR_OK;
    uint32_t *order = mem_take(NULL, n, sizeof *order);
    if (!order || sort_doubles(n, score, order, true) != MR_OK) {
        mem_free(NULL, order);
        return error_memory(err, n * sizeof *order);
    }
    w.order = order;
    go_down(&w, out);
    mem_free(NULL, order);
    double c[2], se[2];
    mr_logistic_fit fit = {.coefficient = c, .se = se};
    mr_status status = mr_logistic_estimate(n, &score, 1, happened, weight, 0, NULL, &fit, NULL);
    if (status == MR_OK) out->slope = c[1], out->slope_se = se[1];
    return status == MR_ENOMEM ? error_memory(err, n * sizeof *score) : MR_OK;
}
