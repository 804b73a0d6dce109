/* A double as JSON: what is not known, or not finite, is null. */
#ifndef LEARN_JSON_NUMBER_H
#define LEARN_JSON_NUMBER_H

#include <jansson.h>
#include <math.h>

static inline json_t *json_number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

#endif
