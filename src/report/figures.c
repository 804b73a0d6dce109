/* Figures as a reader wants them. */
#include "figures.h"

#include <calendar.h>
#include <text.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static char *none(char out[FIGURE]) {
    return strcpy(out, FIGURE_NONE);
}

char *figure_number(char out[FIGURE], double value, int decimals) {
    if (isnan(value)) return none(out);
    if (isinf(value) || fabs(value) >= 1e15) {
        snprintf(out, FIGURE, isinf(value) ? "%s∞" : "%s%.3g", value < 0 ? "-" : "", fabs(value));
        return out;
    }
    char plain[40];
    char *end = text_fixed(plain, value, decimals), *from = plain, *to = out;
    if (*from == '-') { /* a true minus, as wide as a digit */
        memcpy(to, "−", 3);
        to += 3;
        from++;
    }
    char *point = memchr(from, '.', (size_t)(end - from));
    size_t whole = (size_t)((point ? point : end) - from);
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0) *to++ = ',';
        *to++ = from[i];
    }
    memcpy(to, from + whole, (size_t)(end - from) - whole);
    to[(size_t)(end - from) - whole] = 0;
    return out;
}

char *figure_count(char out[FIGURE], double value) {
    return figure_number(out, value, 0);
}

char *figure_percent(char out[FIGURE], double share, int decimals) {
    if (isnan(share)) return none(out);
    figure_number(out, 100 * share, decimals);
    strcat(out, "\u00a0%");
    return out;
}

static char *money_of(char out[FIGURE], double value, const char *currency, const char *number,
                      const char *unit) {
    /* A code stands off the number; a sign does not. */
    char last = currency && currency[0] ? currency[strlen(currency) - 1] : 0;
    bool code = (last | 32) >= 'a' && (last | 32) <= 'z';
    snprintf(out, FIGURE, "%s%s%s%.40s%s", value < 0 && strpbrk(number, "123456789") ? "−" : "",
             currency ? currency : "", code ? "\u00a0" : "", number, unit);
    return out;
}

char *figure_money_as(char out[FIGURE], double value, const char *currency, int decimals) {
    if (isnan(value)) return none(out);
    if (!(fabs(value) < 1e13)) return figure_money(out, value, currency);
    char number[FIGURE];
    return money_of(out, value, currency, figure_number(number, fabs(value), decimals), "");
}

char *figure_money(char out[FIGURE], double value, const char *currency) {
    if (isnan(value)) return none(out);
    char number[FIGURE];
    double size = fabs(value);
    const char *unit = "";
    if (size >= 1e13) {
        snprintf(number, sizeof number, "%.4g", size);
    } else if (size >= 1e10) {
        figure_number(number, size / 1e9, 1);
        unit = "\u00a0bn";
    } else if (size >= 1e7) {
        figure_number(number, size / 1e6, 1);
        unit = "\u00a0m";
    } else {
        figure_number(number, size, size < 100 && size > 0 ? 2 : 0);
    }
    return money_of(out, value, currency, number, unit);
}

char *figure_horizon(char out[FIGURE], double days) {
    if (isnan(days)) return none(out);
    static const struct {
        const char *one, *more;
        double days;
    } units[] = {{"year", "years", DAYS_PER_YEAR}, {"month", "months", DAYS_PER_YEAR / 12}, {"week", "weeks", 7}};
    char number[FIGURE];
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        double n = days / units[i].days;
        if (n < 1 - 1e-9 || fabs(n - round(n)) > 1e-9 || (units[i].days == 7 && n < 4)) continue;
        snprintf(out, FIGURE, "%.40s\u00a0%s", figure_number(number, round(n), 0), round(n) == 1 ? units[i].one : units[i].more);
        return out;
    }
    figure_number(number, days, days == floor(days) ? 0 : 1);
    snprintf(out, FIGURE, "%.40s\u00a0%s", number, days == 1 ? "day" : "days");
    return out;
}

char *figure_days(char out[FIGURE], double days) {
    if (isnan(days)) return none(out);
    char number[FIGURE];
    const char *unit;
    if (fabs(days) < 90) {
        figure_number(number, days, days < 10 && days != floor(days) ? 1 : 0);
        unit = strcmp(number, "1") == 0 ? "day" : "days";
    } else if (fabs(days) < 730) {
        figure_number(number, days / DAYS_PER_YEAR * 12, 0);
        unit = "months";
    } else {
        figure_number(number, days / DAYS_PER_YEAR, fabs(days) < 99.95 * DAYS_PER_YEAR ? 1 : 0);
        unit = "years";
    }
    snprintf(out, FIGURE, "%.50s\u00a0%s", number, unit);
    return out;
}

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

char *figure_long_date(char out[FIGURE], int32_t day) {
    static const char names[12][10] = {"January", "February", "March",     "April",   "May",      "June",
                                       "July",    "August",   "September", "October", "November", "December"};
    calendar_date date = calendar_of(day);
    snprintf(out, FIGURE, "%d\u00a0%s\u00a0%d", date.day, names[date.month - 1], date.year);
    return out;
}

char *figure_date(char out[FIGURE], int32_t day) {
    calendar_date date = calendar_of(day);
    snprintf(out, FIGURE, "%d\u00a0%s\u00a0%d", date.day, months[date.month - 1], date.year);
    return out;
}

char *figure_month(char out[FIGURE], int32_t day) {
    calendar_date date = calendar_of(day);
    snprintf(out, FIGURE, "%s\u00a0%d", months[date.month - 1], date.year);
    return out;
}

char *figure_quarter(char out[FIGURE], int32_t day) {
    calendar_date date = calendar_of(day);
    snprintf(out, FIGURE, "Q%d\u00a0%d", (date.month - 1) / 3 + 1, date.year);
    return out;
}

char *figure_times(char out[FIGURE], double ratio) {
    if (isnan(ratio)) return none(out);
    figure_number(out, ratio, ratio < 10 ? 1 : 0);
    strcat(out, "×");
    return out;
}

char *figure_seconds(char out[FIGURE], double seconds) {
    if (isnan(seconds)) return none(out);
    figure_number(out, seconds, seconds < 1 ? 3 : seconds < 100 ? 2 : 0);
    strcat(out, "\u00a0s");
    return out;
}

char *figure_parameter(char out[FIGURE], double value) {
    if (isnan(value)) return none(out);
    double size = fabs(value);
    if (size != 0 && (size < 1e-4 || size >= 1e6)) {
        snprintf(out, FIGURE, "%.3e", value);
        return out;
    }
    return figure_number(out, value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4);
}
