/* Civil calendar. Day numbers after the March-based-year method of Hinnant 2013, "chrono-compatible low-level date
 * algorithms". */
#include "calendar.h"

static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static bool leap(int year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool calendar_valid(int year, int month, int day) {
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
    return day <= month_days[month - 1] + (month == 2 && leap(year));
}

int32_t calendar_day(int year, int month, int day) {
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int yoe = y - era * 400;
    int doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

calendar_date calendar_of(int32_t day) {
    int z = day + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int doe = z - era * 146097;
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;
    calendar_date d = {.day = doy - (153 * mp + 2) / 5 + 1, .month = mp < 10 ? mp + 3 : mp - 9};
    d.year = yoe + era * 400 + (d.month <= 2);
    return d;
}

int calendar_month_index(int32_t day) {
    calendar_date d = calendar_of(day);
    return d.year * 12 + d.month - 1;
}

int32_t calendar_month_start(int month_index) {
    return calendar_day(month_index / 12, month_index % 12 + 1, 1);
}

static void two(char *out, int value) {
    out[0] = (char)('0' + value / 10 % 10);
    out[1] = (char)('0' + value % 10);
}

char *calendar_text(int32_t day, char out[11]) {
    calendar_date d = calendar_of(day);
    two(out, d.year / 100);
    two(out + 2, d.year);
    out[4] = out[7] = '-';
    two(out + 5, d.month);
    two(out + 8, d.day);
    out[10] = 0;
    return out;
}

bool calendar_parse(const char *text, size_t len, int32_t *day) {
    if (len != 10 || text[4] != '-' || text[7] != '-') return false;
    int v[10] = {0};
    for (int i = 0; i < 10; i++) {
        if (i == 4 || i == 7) continue;
        if (text[i] < '0' || text[i] > '9') return false;
        v[i] = text[i] - '0';
    }
    int year = v[0] * 1000 + v[1] * 100 + v[2] * 10 + v[3], month = v[5] * 10 + v[6], dom = v[8] * 10 + v[9];
    if (!calendar_valid(year, month, dom)) return false;
    *day = calendar_day(year, month, dom);
    return true;
}
