#include "positive.h"

#include <lapacke.h>

#define LEAST_CONDITION 1e-12

bool positive_solve(size_t n, double *factor, double *x) {
    lapack_int p = (lapack_int)n;
    double condition = 0, norm = LAPACKE_dlansy(LAPACK_ROW_MAJOR, '1', 'L', p, factor, p);
    return LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', p, factor, p) == 0 &&
           LAPACKE_dpocon(LAPACK_ROW_MAJOR, 'L', p, factor, p, norm, &condition) == 0 && condition > LEAST_CONDITION &&
           LAPACKE_dpotrs(LAPACK_ROW_MAJOR, 'L', p, 1, factor, p, x, 1) == 0;
}

bool positive_invert(size_t n, double *factor) {
    return LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'L', (lapack_int)n, factor, (lapack_int)n) == 0;
}
