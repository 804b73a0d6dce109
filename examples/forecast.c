/* Who still buys? Fits MBG/NBD to sixteen customers and says what to expect of each in the next 26 weeks.
 * cc forecast.c -o forecast $(pkg-config --cflags --libs marram) */
#include <marram/marram.h>

#include <stdio.h>

enum { N = 16 };

/* Repeat orders; weeks from the first order to the last; weeks from the first order to today. */
static const double x[N] = {0, 0, 11, 17, 1, 0, 10, 0, 4, 1, 2, 4, 2, 3, 0, 0};
static const double t_x[N] = {0, 0, 31, 57, 6, 0, 43, 0, 51, 9, 6, 46, 28, 34, 0, 0};
static const double T[N] = {36, 60, 58, 58, 55, 45, 48, 57, 60, 37, 36, 56, 38, 44, 33, 47};

int main(void) {
    double alive[N], order[N], expected[N];
    mr_data data = {.n = N, .x = x, .t_x = t_x, .T = T};
    mr_forecast_spec spec = {.horizon = 26};
    mr_forecast out = {.p_alive = alive, .p_order = order, .expected = expected};
    mr_fit fit;
    mr_error err;
    if (mr_model_fit(mr_model_find("MBG/NBD"), &data, NULL, NULL, &fit, &err) != MR_OK ||
        mr_model_forecast(&fit.params, &data, &spec, NULL, &out, &err) != MR_OK) {
        fprintf(stderr, "forecast: %s\n", err.message);
        return 1;
    }
    printf("%s, log-likelihood %.3f\n\n", mr_model_title(fit.params.model), fit.log_likelihood);
    printf("  orders  silent  P(alive)  P(order)  expected\n");
    for (int i = 0; i < N; i++)
        printf("%8.0f %7.0f %9.3f %9.3f %9.2f\n", x[i] + 1, T[i] - t_x[i], alive[i], order[i], expected[i]);
    return 0;
}
