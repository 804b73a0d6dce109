#include "special.h"
#include <math.h>
double special_lgamma(double x) {
    int sign;
    return lgamma_r(x, &sign);
}
