/* The two loops over rows that boosting consists of, for cells of one width (CELL; NAME adds it to a name). Included twice by additive_boost.c. Four
 * terms at a time hide the latency of a table look-up and of adding to a sum just added to. No guard: that is the point. */

static void NAME(add)(const pass *p, size_t from, size_t to) {
    const boost_terms *t = p->terms;
    const CELL *c[TOGETHER];
    const float *v[TOGETHER];
    float *restrict score = p->at.score, *restrict g = p->at.g;
    const float *restrict h = p->at.h;
    for (size_t k = 0; k < p->last_count; k++) {
        c[k] = t->cells[p->last + k];
        v[k] = p->step + t->offset[p->last + k];
    }
    if (p->last_count == TOGETHER)
        for (size_t i = from; i < to; i++) {
            float d = (v[0][c[0][i]] + v[1][c[1][i]]) + (v[2][c[2][i]] + v[3][c[3][i]]);
            score[i] += d;
            g[i] += h[i] * d;
        }
    else
        for (size_t i = from; i < to; i++) {
            float d = 0;
            for (size_t k = 0; k < p->last_count; k++) d += v[k][c[k][i]];
            score[i] += d;
            g[i] += h[i] * d;
        }
}

static void NAME(sum)(const pass *p, size_t from, size_t to, double *restrict sums) {
    const float *restrict what = p->what;
    const CELL *c[TOGETHER];
    double *s[TOGETHER];
    for (size_t k = 0; k < p->next_count; k++) {
        c[k] = p->terms->cells[p->next + k];
        s[k] = sums + k * p->most;
    }
    if (p->next_count == TOGETHER)
        for (size_t i = from; i < to; i++) {
            double x = (double)what[i];
            s[0][c[0][i]] += x;
            s[1][c[1][i]] += x;
            s[2][c[2][i]] += x;
            s[3][c[3][i]] += x;
        }
    else
        for (size_t k = 0; k < p->next_count; k++)
            for (size_t i = from; i < to; i++) s[k][c[k][i]] += (double)what[i];
}
