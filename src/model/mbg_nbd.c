/* MBG/NBD. Modified BG/NBD: leaving is possible after the first order too (Batislam, Denizel & Filiztekin 2007).
 * The likelihood, its assumptions and the forecasts are the family's: cnbd.c, cnbd_forecast.c. */
#include "cnbd.h"

const struct mr_model model_mbg_nbd = {
    .name = "mbg-nbd",
    .title = "MBG/NBD",
    .about = "Modified BG/NBD: leaving is possible after the first order too (Batislam, Denizel & Filiztekin 2007)",
    .kind = MR_BUYING,
    .params = 4,
    .param = {"r", "alpha", "a", "b"},
    .scales = 1u << 1,
    .leaves_at_once = true,
    .after_first = false,
    .regular = false,
    .starts = cnbd_starts,
    .tabulate = cnbd_tabulate,
    .likelihood = cnbd_likelihood,
    .forecast = cnbd_forecast,
    .shape = cnbd_shape,
};
