/* ISO 4217 codes, the signs and words that stand for one of them, and minor units against 1/10,000 of the unit. */
#include "currency.h"

#include <string.h>

typedef struct currency_row {
    char code[4];
    int8_t digits;
} currency_row;

static const currency_row rows[] = {
#define CURRENCY(code, digits) {#code, digits},
#include "currencies.def"
#undef CURRENCY
};

/* Signs and words with one meaning, in lower case where they are ASCII. "$", "¥", "kr", "fr", "pound", "dollar" and "rupee" have many. */
typedef struct currency_word {
    const char *text, *code;
} currency_word;

static const currency_word words[] = {
    {"€", "EUR"},    {"£", "GBP"},   {"₹", "INR"},   {"₩", "KRW"},   {"₽", "RUB"},   {"₺", "TRY"},   {"₫", "VND"},
    {"₴", "UAH"},    {"₪", "ILS"},   {"₦", "NGN"},   {"₱", "PHP"},   {"฿", "THB"},   {"₲", "PYG"},   {"₡", "CRC"},
    {"₸", "KZT"},    {"₮", "MNT"},   {"₭", "LAK"},   {"₼", "AZN"},   {"₾", "GEL"},   {"zł", "PLN"},  {"kč", "CZK"},
    {"Kč", "CZK"},   {"ft", "HUF"},  {"r$", "BRL"},  {"us$", "USD"}, {"a$", "AUD"},  {"au$", "AUD"}, {"c$", "CAD"},
    {"ca$", "CAD"},  {"hk$", "HKD"}, {"nz$", "NZD"}, {"nt$", "TWD"}, {"s$", "SGD"},  {"sg$", "SGD"}, {"mx$", "MXN"},
    {"euro", "EUR"}, {"euros", "EUR"}, {"sfr", "CHF"}, {"sfr.", "CHF"}, {"rmb", "CNY"},
};

static const int32_t power10[5] = {1, 10, 100, 1000, 10000};

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static char upper(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

int currency_digits(const char code[4]) {
    size_t from = 0, to = sizeof rows / sizeof *rows;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = strncmp(code, rows[middle].code, sizeof rows->code);
        if (order == 0) return rows[middle].digits;
        if (order < 0) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    return -1;
}

static bool same_word(const char *text, size_t len, const char *word) {
    if (strlen(word) != len) return false;
    for (size_t i = 0; i < len; i++)
        if (lower(text[i]) != lower(word[i])) return false;
    return true;
}

static bool blank(char c) {
    return c == ' ' || c == '\t';
}

bool currency_find(const char *text, size_t len, char code[4]) {
    memset(code, 0, 4);
    while (len && blank(text[0])) text++, len--;
    while (len && blank(text[len - 1])) len--;
    if (len == 3) {
        char asked[4] = {upper(text[0]), upper(text[1]), upper(text[2]), 0};
        if (currency_digits(asked) >= 0) {
            memcpy(code, asked, 4);
            return true;
        }
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (same_word(text, len, words[i].text)) {
            memcpy(code, words[i].code, 4);
            return true;
        }
    return false;
}

/* 1/10,000 of the unit in one minor unit. A code nobody knows is taken to have two digits, as most have. */
static int64_t scale_of(const char code[4]) {
    int digits = currency_digits(code);
    return power10[4 - (digits < 0 ? 2 : digits)];
}

int64_t currency_to_money(int64_t minor, const char code[4]) {
    int64_t scale = scale_of(code);
    if (minor > INT64_MAX / scale) return INT64_MAX;
    if (minor < INT64_MIN / scale) return INT64_MIN;
    return minor * scale;
}

int64_t currency_from_money(int64_t money, const char code[4], bool *exact) {
    int64_t scale = scale_of(code), minor = money / scale, rest = money % scale;
    if (exact) *exact = rest == 0;
    if (rest >= scale - rest && rest > 0) return minor + 1;
    if (-rest >= scale + rest && rest < 0) return minor - 1;
    return minor;
}

const char *currency_shown(const char *code) {
    return strcmp(code, "XXX") == 0 ? "" : code;
}
