/* Special functions. lgamma and digamma: Stirling's series with the Bernoulli numbers (Abramowitz & Stegun 6.1.40, 6.3.18)
 * above 10, the recurrence below, and for lgamma the Taylor series at 1 (A&S 6.1.33) around its zeros at 1 and 2, where the
 * recurrence would lose relative accuracy. Our own rather than libm's so that every machine gives the same bits and no call
 * touches signgam. */
#include "special.h"

#include "gauss.h"

#include <math.h>

#define HALF_LOG_2PI 0.91893853320467274178
#define EULER 0.57721566490153286061

/* zeta(k) - 1 for k = 2 .. 30; the 1 is summed in closed form as log1p. */
static const double zeta1[29] = {
    0.64493406684822643647,    0.20205690315959428540,    0.082323233711138191516,   0.036927755143369926331,
    0.017343061984449139714,   0.0083492773819228268398,  0.0040773561979443393786,  0.0020083928260822144179,
    0.00099457512781808533715, 0.00049418860411946455870, 0.00024608655330804829864, 0.00012271334757848914675,
    6.1248135058704829259e-5,  3.0588236307020493552e-5,  1.5282259408651871733e-5,  7.6371976378997622737e-6,
    3.8172932649998398565e-6,  1.9082127165539389257e-6,  9.5396203387279611315e-7,  4.7693298678780646312e-7,
    2.3845050272773299000e-7,  1.1921992596531107307e-7,  5.9608189051259479612e-8,  2.9803503514652280186e-8,
    1.4901554828365041235e-8,  7.4507117898354294920e-9,  3.7253340247884570548e-9,  1.8626597235130490064e-9,
    9.3132743241966818287e-10};

/* log Gamma(1 + e), |e| <= 0.5: -log(1 + e) + e (1 - gamma) + sum_k (-1)^k (zeta(k) - 1) e^k / k. */
static double lgamma_near_1(double e) {
    double sum = 0;
    for (int k = 30; k >= 2; k--) sum = sum * -e + zeta1[k - 2] / k;
    return e * e * sum - log1p(e) + e * (1 - EULER);
}

/* log Gamma(x) - [(x - 1/2) log x - x + log(2 pi)/2], x >= 10: error under 1e-17. */
static double stirling_tail(double x) {
    double i = 1 / x, q = i * i;
    return i * (1.0 / 12 - q * (1.0 / 360 - q * (1.0 / 1260 - q * (1.0 / 1680 - q * (1.0 / 1188 - q * (691.0 / 360360 - q / 156))))));
}

double special_lgamma(double x) {
    if (x < 0.5) return special_lgamma(x + 1) - log(x);
    if (x <= 1.5) return lgamma_near_1(x - 1);
    if (x <= 2.5) return lgamma_near_1(x - 2) + log1p(x - 2);
    double product = 1;
    while (x < 10) product *= x++;
    return (x - 0.5) * log(x) - x + HALF_LOG_2PI + stirling_tail(x) - (product == 1 ? 0 : log(product));
}

double special_digamma(double x) {
    double sum = 0;
    while (x < 10) sum -= 1 / x++;
    double q = 1 / (x * x);
    double tail = q * (1.0 / 12 - q * (1.0 / 120 - q * (1.0 / 252 - q * (1.0 / 240 - q * (1.0 / 132 - q * (691.0 / 32760 - q / 12))))));
    return sum + log(x) - 0.5 / x - tail;
}

double special_lrising(double x, double n) {
    if (n == 0) return 0;
    if (x < 10) {
        if (x + n < 20) return special_lgamma(x + n) - special_lgamma(x);
        double product = 1, up = x;
        while (up < 10) product *= up++;
        /* Gamma(x) = Gamma(up) / product */
        return special_lrising(up, x + n - up) + log(product);
    }
    return (x - 0.5) * log1p(n / x) + n * log(x + n) - n + stirling_tail(x + n) - stirling_tail(x);
}

double special_lbeta(double a, double b) {
    double small = fmin(a, b), large = fmax(a, b);
    return special_lgamma(small) - special_lrising(large, small);
}

double special_log_add(double a, double b) {
    double top = fmax(a, b);
    if (top == -INFINITY) return top;
    return top + log1p(exp(fmin(a, b) - top));
}

double special_expint_scaled(double p, double z) {
    /* With 1 + u = e^w the integrand is exp(-z (e^w - 1) + (1 - p) w), entire in w; past the cut it is under e^-45 of its
     * start. Panels of width <= 1 with 24 points leave no error above rounding. */
    double cut = log1p(45 / z);
    if (p > 1) cut = fmin(cut, 45 / (p - 1));
    size_t panels = (size_t)ceil(cut), n;
    const gauss_point *rule = gauss_rule(24, &n);
    double width = cut / (double)panels, sum = 0;
    for (size_t i = 0; i < panels; i++)
        for (size_t j = 0; j < n; j++) {
            double w = ((double)i + rule[j].node) * width;
            sum += rule[j].weight * exp(-z * expm1(w) + (1 - p) * w);
        }
    return sum * width;
}

double special_normal_cdf(double z) {
    return 0.5 * erfc(-z * 0.70710678118654752440);
}

double special_normal_quantile(double p) {
    /* Newton from the logistic approximation: the distribution function is log-concave, so steps from inside converge. */
    double z = log(p / (1 - p)) / 1.702;
    for (int i = 0; i < 60; i++) {
        double density = exp(-0.5 * z * z) / 2.5066282746310005024;
        double step = (special_normal_cdf(z) - p) / density;
        step = fmax(-1, fmin(1, step));
        z -= step;
        if (fabs(step) < 1e-13) break;
    }
    return z;
}
