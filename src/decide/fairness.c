#include "fairness.h"

#include <string.h>

bool fairness_applies(bool win_back, int64_t back_us, int64_t now_us) {
    return win_back || (back_us != INT64_MIN && back_us > now_us - FAIRNESS_US);
}

double fairness_limit(const fairness_shown *shown, size_t n, const char *tier, const char *product, int64_t now_us) {
    double limit = 0;
    for (size_t i = 0; i < n; i++) {
        const fairness_shown *s = &shown[i];
        bool counts = s->loyal && s->at_us <= now_us && s->at_us > now_us - FAIRNESS_US && !strcmp(s->tier, tier) && !strcmp(s->product, product);
        if (counts && s->benefit > limit) limit = s->benefit;
    }
    return limit;
}

bool fairness_allows(bool applies, double limit, double benefit) {
    return !applies || benefit <= limit;
}
