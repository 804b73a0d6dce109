/* Survival rows cut into periods, and hazards put together again. Cox 1972, section 6; Allison 1982. */
#include <marram/hazard.h>

#include "error.h"
#include "survival.h"

#include <math.h>

#define MOST_PERIOD 0x1p53 /* beyond it a number and the next one are the same */

/* Does row i go on where the row before it stopped? */
static bool goes_on(const mr_survival *data, size_t i) {
    return data->subject && i > 0 && data->start && data->subject[i] == data->subject[i - 1] && data->start[i] == data->stop[i - 1] && !data->event[i - 1];
}

/* The periods of row i that tell something: [*from, *to); *watched: since when the rows it goes on from were watched, kept from row to row. Divisions round; a
 * boundary that is one up to that counts as one, so that stop = 0.3 ends the third period of a tenth. */
static void periods_of(const mr_survival *data, size_t i, double width, double *watched, double *from, double *to) {
    double start = data->start ? data->start[i] / width : 0, stop = data->stop[i] / width;
    double near_start = nearbyint(start), near_stop = nearbyint(stop);
    if (fabs(start - near_start) <= 1e-9 * fmax(1, start)) start = near_start;
    if (fabs(stop - near_stop) <= 1e-9 * fmax(1, stop)) stop = near_stop;
    if (!goes_on(data, i)) *watched = start;
    *from = fmax(ceil(*watched), floor(start));
    *to = data->event[i] ? ceil(stop) : floor(stop);
}

static mr_status check(const mr_survival *data, double width, mr_error *err) {
    mr_status status = survival_check(data, err);
    if (status != MR_OK) return status;
    if (!(width > 0) || !isfinite(width)) return error_set(err, MR_EINVAL, "width", -1, "a period must be longer than 0, not %g", width);
    return MR_OK;
}

mr_status mr_hazard_count(const mr_survival *data, double width, size_t *n, mr_error *err) {
    mr_status status = check(data, width, err);
    if (status != MR_OK) return status;
    if (!n) return error_set(err, MR_EINVAL, "n", -1, "there is nowhere to put the number of rows");
    double total = 0, watched = 0, from, to;
    for (size_t i = 0; i < data->n; i++) {
        periods_of(data, i, width, &watched, &from, &to);
        if (!(to <= MOST_PERIOD))
            return error_set(err, MR_EDATA, "stop", (int64_t)i, "stop %g lies too many periods of %g away to be counted: take longer ones", data->stop[i], width);
        if (to > from) total += to - from;
    }
    if (total >= UINT32_MAX)
        return error_set(err, MR_EDATA, "width", -1, "periods of %g give %.3g rows, more than 2^32 - 2: take longer ones", width, total);
    *n = (size_t)total;
    return MR_OK;
}

mr_status mr_hazard_cut(const mr_survival *data, double width, mr_periods *out, mr_error *err) {
    size_t at = 0, n;
    double watched = 0;
    mr_status status = mr_hazard_count(data, width, &n, err);
    if (status != MR_OK) return status;
    if (!out || !out->row || !out->period || !out->happened) return error_set(err, MR_EINVAL, "out", -1, "periods need columns row, period and happened");
    for (size_t i = 0; i < data->n; i++) {
        double from, to;
        periods_of(data, i, width, &watched, &from, &to);
        for (double k = from; k < to; k++, at++) {
            out->row[at] = i;
            out->period[at] = k;
            out->happened[at] = data->event[i] && k + 1 >= to;
            if (out->weight) out->weight[at] = survival_weight(data, i);
        }
    }
    return MR_OK;
}

mr_status mr_hazard_survival(size_t n, const double *hazard, double *survival, mr_error *err) {
    double there = 1;
    if (n && (!hazard || !survival)) return error_set(err, MR_EINVAL, "hazard", -1, "hazard and survival must be arrays");
    for (size_t k = 0; k < n; k++) {
        if (!(hazard[k] >= 0 && hazard[k] <= 1)) return error_set(err, MR_EDATA, "hazard", (int64_t)k, "a hazard must be within 0 and 1, not %g", hazard[k]);
        there *= 1 - hazard[k];
        survival[k] = there;
    }
    return MR_OK;
}
