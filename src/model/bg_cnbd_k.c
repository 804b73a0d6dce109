/* BG/CNBD-k. BG/NBD with a regular rhythm: Erlang-k gaps, k from the data (Reutterer, Platzer & Schroeder 2021).
 * The likelihood, its assumptions and the forecasts are the family's: cnbd.c, cnbd_forecast.c. */
#include "cnbd.h"

const struct mr_model model_bg_cnbd_k = {
    .name = "bg-cnbd-k",
    .title = "BG/CNBD-k",
    .about = "BG/NBD with a regular rhythm: Erlang-k gaps, k from the data (Reutterer, Platzer & Schroeder 2021)",
    .kind = MR_BUYING,
    .params = 4,
    .param = {"r", "alpha", "a", "b"},
    .scales = 1u << 1,
    .leaves_at_once = false,
    .after_first = true,
    .regular = true,
    .starts = cnbd_starts,
    .tabulate = cnbd_tabulate,
    .likelihood = cnbd_likelihood,
    .forecast = cnbd_forecast,
    .shape = cnbd_shape,
};
