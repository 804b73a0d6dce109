/* BG/NBD. Beta-geometric/NBD: leaving is possible only after a repeat order (Fader, Hardie & Lee 2005).
 * The likelihood, its assumptions and the forecasts are the family's: cnbd.c, cnbd_forecast.c. */
#include "cnbd.h"

const struct mr_model model_bg_nbd = {
    .name = "bg-nbd",
    .title = "BG/NBD",
    .about = "Beta-geometric/NBD: leaving is possible only after a repeat order (Fader, Hardie & Lee 2005)",
    .kind = MR_BUYING,
    .params = 4,
    .param = {"r", "alpha", "a", "b"},
    .scales = 1u << 1,
    .leaves_at_once = false,
    .after_first = true,
    .regular = false,
    .starts = cnbd_starts,
    .tabulate = cnbd_tabulate,
    .likelihood = cnbd_likelihood,
    .forecast = cnbd_forecast,
    .shape = cnbd_shape,
};
