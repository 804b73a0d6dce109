#include "previous_head.h"

#include <calendar.h>
#include <error.h>

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static double number_of(const json_t *root, const char *key) {
    const json_t *value = json_object_get(root, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

mr_status previous_head_read(const char *dir, bool contracts, previous_head *out, mr_error *err) {
    char path[PREVIOUS_DIR_MAX + 20];
    json_error_t why;
    *out = (previous_head){.value_at_risk = NAN, .horizon_days = NAN, .margin = NAN, .discount_rate = NAN, .expected = NAN};
    if (strlen(dir) > PREVIOUS_DIR_MAX) return error_set(err, MR_EINVAL, "previous", -1, "the earlier run's folder has too long a name");
    snprintf(path, sizeof path, "%s/summary.json", dir);
    json_t *root = json_load_file(path, 0, &why);
    if (!root)
        return error_set(err, why.line > 0 ? MR_EDATA : MR_EIO, "previous", -1,
                         "cannot read the earlier run's %.200s: %.120s; --previous takes a folder that marram run or marram report has written", path, why.text);
    const char *until = json_string_value(json_object_get(root, "until")), *base = json_string_value(json_object_get(root, "base"));
    bool is_contracts = base && !strcmp(base, "contracts");
    mr_status status = MR_OK;
    if (is_contracts != contracts)
        status = error_set(err, MR_EDATA, "previous", -1, "%.200s is of a run of %s, and this one is of %s: --previous needs the folder of a run %s", path, contracts ? "orders" : "contracts",
                           contracts ? "contracts" : "orders", contracts ? "with --contracts" : "of orders");
    else if (!until || !calendar_parse(until, strlen(until), &out->until))
        status = error_set(err, MR_EDATA, "previous", -1, "%.200s has no date \"until\": marram has not written it", path);
    out->value_at_risk = number_of(root, "value_at_risk");
    out->horizon_days = number_of(root, "horizon_days");
    out->margin = number_of(root, "margin");
    out->discount_rate = number_of(root, "discount_rate");
    out->expected = number_of(root, contracts ? "expected_leavers" : "expected_orders");
    json_decref(root);
    return status;
}
