/* Words and small sums that several outputs share. */
#include "parts.h"

#include <math.h>

const char *report_role_word(ingest_role role) {
    static const char *const words[INGEST_ROLES] = {
        [ROLE_IGNORE] = "not used", [ROLE_CUSTOMER] = "customer", [ROLE_DATE] = "date",
        [ROLE_AMOUNT] = "amount",   [ROLE_QUANTITY] = "quantity", [ROLE_PRODUCT] = "product",
        [ROLE_NAME] = "name",       [ROLE_EMAIL] = "e-mail",      [ROLE_PHONE] = "phone",
    };
    return (unsigned)role < INGEST_ROLES ? words[role] : "not used";
}

const char *report_date_word(ingest_date_format format) {
    switch (format) {
    case DATE_YMD:
        return "year-month-day";
    case DATE_COMPACT:
        return "YYYYMMDD";
    case DATE_DMY:
        return "day/month/year";
    case DATE_MDY:
        return "month/day/year";
    case DATE_UNKNOWN:
        break;
    }
    return "unknown";
}

void report_share_interval(double share, double n, double *low, double *high) {
    const double z = 1.959963984540054;
    if (!(n > 0) || isnan(share)) {
        *low = *high = NAN;
        return;
    }
    double centre = (share + z * z / (2 * n)) / (1 + z * z / n);
    double inside = share * (1 - share) / n + z * z / (4 * n * n);
    double half = z * sqrt(inside > 0 ? inside : 0) / (1 + z * z / n);
    *low = fmax(0, centre - half);
    *high = fmin(1, centre + half);
}
