#include "shares.h"

#include <math.h>

#define Z 1.959963984540054 /* 97.5 % of the normal */

share share_of(double k, double n) {
    if (!(n > 0)) return (share){NAN, NAN, NAN};
    double p = k / n, z2 = Z * Z, middle = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = Z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    return (share){p, k > 0 ? fmax(0, middle - half) : 0, k < n ? fmin(1, middle + half) : 1};
}

share share_difference(double k1, double n1, double k2, double n2) {
    share a = share_of(k1, n1), b = share_of(k2, n2);
    double d = a.value - b.value;
    return (share){d, d - sqrt((a.value - a.low) * (a.value - a.low) + (b.high - b.value) * (b.high - b.value)),
                   d + sqrt((a.high - a.value) * (a.high - a.value) + (b.value - b.low) * (b.value - b.low))};
}

share share_ratio(double p1, double n1, double p2, double n2) {
    if (!(n1 > 0) || !(n2 > 0)) return (share){NAN, NAN, NAN};
    double k1 = p1 * n1 + 0.5, k2 = p2 * n2 + 0.5, ratio = k1 / (n1 + 0.5) / (k2 / (n2 + 0.5));
    double error = Z * sqrt(fmax(0, 1 / k1 - 1 / (n1 + 0.5) + 1 / k2 - 1 / (n2 + 0.5)));
    return (share){ratio, ratio * exp(-error), ratio * exp(error)};
}

share share_kappa(const uint64_t *table, size_t size) {
    double n = 0, same = 0, by_chance = 0;
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) n += (double)table[i * size + j];
    if (!(n > 0)) return (share){NAN, NAN, NAN};
    for (size_t i = 0; i < size; i++) {
        double first = 0, second = 0;
        same += (double)table[i * size + i] / n;
        for (size_t j = 0; j < size; j++) first += (double)table[i * size + j] / n, second += (double)table[j * size + i] / n;
        by_chance += first * second;
    }
    if (by_chance >= 1) return (share){NAN, NAN, NAN}; /* both say one thing only */
    double kappa = (same - by_chance) / (1 - by_chance), error = sqrt(same * (1 - same) / n) / (1 - by_chance);
    return (share){kappa, fmax(-1, kappa - Z * error), fmin(1, kappa + Z * error)};
}
