/* Gauss-Legendre quadrature on [0,1]. */
#ifndef MATH_GAUSS_H
#define MATH_GAUSS_H

#include <stddef.h>

typedef struct gauss_point {
    double node, weight;
} gauss_point;

/* The smallest rule with at least `points` points (4, 8, 12, 16, 24, 32); *n its size. */
const gauss_point *gauss_rule(size_t points, size_t *n);

#endif
