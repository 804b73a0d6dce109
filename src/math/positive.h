/* Linear equations with a symmetric positive definite matrix: the Newton steps of fits whose information is dense and small. */
#ifndef MATH_POSITIVE_H
#define MATH_POSITIVE_H

#include <stdbool.h>
#include <stddef.h>

/* Solves A x = b. factor[n * n]: A row-major, its lower triangle read; then its Cholesky factor. x[n]: b, then x. false: A is not positive definite, or
 * so near to it (reciprocal condition of at most 1e-12) that x would be noise; both arrays are then of no use. Thread-safe. */
bool positive_solve(size_t n, double *factor, double *x);
/* From such a factor, the inverse of A, its lower triangle. */
bool positive_invert(size_t n, double *factor);

#endif
