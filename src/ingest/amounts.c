/* Reading amounts.
 *
 * Which of point and comma is the decimal is a property of the column, so a value says only what it proves:
 * "12,50" a comma, "1.234,56" a comma, "1,234,567" a point, "0,123" a comma (no thousands begin with 0), and
 * "1,234" nothing. */
#include "amounts.h"

#include <string.h>

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

typedef struct span {
    const char *at, *end;
} span;

static bool starts(const span *s, const char *bytes) {
    size_t len = strlen(bytes);
    return (size_t)(s->end - s->at) >= len && !memcmp(s->at, bytes, len);
}

static bool ends(const span *s, const char *bytes) {
    size_t len = strlen(bytes);
    return (size_t)(s->end - s->at) >= len && !memcmp(s->end - len, bytes, len);
}

/* Blanks in UTF-8: the plain one, tab, no-break, narrow no-break, thin, figure. */
static const char *const blanks[] = {" ", "\t", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xE2\x80\x87"};

static void trim(span *s) {
    bool again = true;
    while (again) {
        again = false;
        for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
            if (starts(s, blanks[i])) s->at += strlen(blanks[i]), again = true;
            if (ends(s, blanks[i])) s->end -= strlen(blanks[i]), again = true;
        }
    }
}

/* Longer spellings first. Codes are taken in any case. */
static const char *const currencies[] = {"US$",
                                         "CA$",
                                         "AU$",
                                         "NZ$",
                                         "HK$",
                                         "A$",
                                         "C$",
                                         "R$",
                                         "S$",
                                         "$",
                                         "\xE2\x82\xAC",
                                         "\xC2\xA3",
                                         "\xC2\xA5",
                                         "\xE2\x82\xB9",
                                         "\xE2\x82\xBD",
                                         "\xE2\x82\xA9",
                                         "\xE2\x82\xBA",
                                         "\xE2\x82\xB4",
                                         "\xE2\x82\xAA",
                                         "\xE0\xB8\xBF",
                                         "z\xC5\x82",
                                         "K\xC4\x8D",
                                         "USD",
                                         "EUR",
                                         "GBP",
                                         "CHF",
                                         "JPY",
                                         "CNY",
                                         "CAD",
                                         "AUD",
                                         "NZD",
                                         "SEK",
                                         "NOK",
                                         "DKK",
                                         "PLN",
                                         "CZK",
                                         "HUF",
                                         "RON",
                                         "BGN",
                                         "TRY",
                                         "RUB",
                                         "UAH",
                                         "INR",
                                         "BRL",
                                         "MXN",
                                         "ARS",
                                         "CLP",
                                         "COP",
                                         "PEN",
                                         "ZAR",
                                         "KRW",
                                         "SGD",
                                         "HKD",
                                         "TWD",
                                         "THB",
                                         "IDR",
                                         "MYR",
                                         "PHP",
                                         "VND",
                                         "AED",
                                         "SAR",
                                         "ILS",
                                         "EGP",
                                         "NGN",
                                         "KES",
                                         "MAD",
                                         "ISK",
                                         "HRK",
                                         "RSD",
                                         "kr.",
                                         "Fr.",
                                         "Rs.",
                                         "lei",
                                         "kr",
                                         "Fr",
                                         "Rs",
                                         "Ft"};

static bool same_letters(const char *a, const char *b, size_t len) {
    for (size_t i = 0; i < len; i++) {
        char x = a[i], y = b[i];
        if (x >= 'a' && x <= 'z') x = (char)(x - 32);
        if (y >= 'a' && y <= 'z') y = (char)(y - 32);
        if (x != y) return false;
    }
    return true;
}

static bool take_currency(span *s, bool front, char out[AMOUNT_CURRENCY]) {
    size_t have = (size_t)(s->end - s->at);
    for (size_t i = 0; i < sizeof currencies / sizeof *currencies; i++) {
        size_t len = strlen(currencies[i]);
        if (have < len || !same_letters(front ? s->at : s->end - len, currencies[i], len)) continue;
        if (out[0] && strcmp(out, currencies[i])) return false;
        memcpy(out, currencies[i], len + 1);
        if (front) {
            s->at += len;
        } else {
            s->end -= len;
        }
        return true;
    }
    return false;
}

/* Signs, brackets and currencies come off from both ends until neither end has one. */
static amount_fault undress(span *s, bool *negative, char currency[AMOUNT_CURRENCY]) {
    int signs = 0;
    static const char minus[] = "\xE2\x88\x92";
    for (;;) {
        trim(s);
        if (s->at == s->end) return AMOUNT_FAULT_FORM;
        if (*s->at == '(' && s->end[-1] == ')') {
            s->at++, s->end--, signs++;
            *negative = true;
            if (s->at >= s->end) return AMOUNT_FAULT_FORM;
        } else if (*s->at == '-' || *s->at == '+') {
            *negative = *negative || *s->at == '-';
            s->at++, signs++;
        } else if (s->end[-1] == '-' || s->end[-1] == '+') {
            *negative = *negative || s->end[-1] == '-';
            s->end--, signs++;
        } else if (starts(s, minus)) {
            s->at += 3, signs++;
            *negative = true;
        } else if (ends(s, minus)) {
            s->end -= 3, signs++;
            *negative = true;
        } else if (digit(*s->at) && digit(s->end[-1])) {
            break;
        } else if (!(!digit(*s->at) && take_currency(s, true, currency)) &&
                   !(!digit(s->end[-1]) && take_currency(s, false, currency))) {
            break; /* ".5", "5." or no number */
        }
    }
    return signs > 1 ? AMOUNT_FAULT_FORM : AMOUNT_OK;
}

/* A number cut at its separators. */
typedef struct pieces {
    size_t points, commas, others; /* how many of each; others: ' and blanks */
    size_t digits;                 /* in all */
    size_t first, last,
        before_last; /* digits before the first separator, behind the last one, and in between up to it */
    char last_kind;  /* '.', ',' or '\'' for others; 0: none */
    bool grouped, leading_zero; /* every group but the first and the last has two or three digits */
} pieces;

static size_t other_separator(const char *p, const char *end) {
    if (*p == '\'' || *p == '_') return 1;
    span s = {p, end};
    if (starts(&s, "\xE2\x80\x99")) return 3;
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++)
        if (starts(&s, blanks[i])) return strlen(blanks[i]);
    return 0;
}

static bool take_apart(span s, pieces *out) {
    *out = (pieces){.grouped = true, .leading_zero = *s.at == '0'};
    size_t run = 0;
    bool any = false;
    for (const char *p = s.at; p < s.end;) {
        if (digit(*p)) {
            run++, p++;
            out->digits++;
            continue;
        }
        size_t len = 1;
        char kind = *p;
        if (kind == '.') {
            out->points++;
        } else if (kind == ',') {
            out->commas++;
        } else if ((len = other_separator(p, s.end))) {
            out->others++;
            kind = '\'';
        } else {
            return false;
        }
        if (!any) {
            out->first = run;
        } else if (run < 2 || run > 3) {
            out->grouped = false;
        }
        any = true;
        out->before_last = run;
        out->last_kind = kind;
        run = 0;
        p += len;
    }
    out->last = run;
    if (!any) out->first = run;
    return out->digits > 0;
}

/* Can the separators before position `last` be thousands? The first group has one to three digits; the one
 * before the decimal, or the last, has three. */
static bool thousands(const pieces *p, size_t first_max, size_t final_group) {
    return p->grouped && p->first >= 1 && p->first <= first_max && final_group == 3;
}

/* Which separator is the decimal in this value: '.', ',' or 0 for none. */
static amount_fault choose(const pieces *p, char decimal, char *chosen, amount *out) {
    size_t kinds = p->points + p->commas;
    *chosen = 0;
    if (!kinds) return !p->others || thousands(p, 3, p->last) ? AMOUNT_OK : AMOUNT_FAULT_GROUPS;
    if (p->last_kind == '\'') return AMOUNT_FAULT_GROUPS;
    size_t last_count = p->last_kind == '.' ? p->points : p->commas;
    bool mixed = p->points && p->commas, alone = kinds == 1;
    if (alone && !p->others) { /* one separator */
        bool could_group = p->last == 3 && p->first >= 1 && p->first <= 3 && !p->leading_zero;
        if (!could_group) {
            *chosen = out->proves = p->last_kind;
        } else if (!decimal) {
            out->ambiguous = p->last_kind;
        } else if (decimal == p->last_kind) {
            *chosen = decimal;
        }
    } else if (last_count >
               1) { /* it separates thousands, so the other one is the decimal, and none stands here */
        if (mixed || !thousands(p, 3, p->last)) return AMOUNT_FAULT_GROUPS;
        out->proves = p->last_kind == '.' ? ',' : '.';
    } else { /* thousands before, the last one is the decimal */
        if (mixed && p->others) return AMOUNT_FAULT_GROUPS;
        if (!thousands(p, 3, p->before_last)) return AMOUNT_FAULT_GROUPS;
        *chosen = out->proves = p->last_kind;
    }
    if (decimal && out->proves && out->proves != decimal) return AMOUNT_FAULT_DECIMAL;
    return AMOUNT_OK;
}

amount_fault amount_parse(const char *text, size_t len, char decimal, amount *out) {
    *out = (amount){0};
    span s = {text, text + len};
    trim(&s);
    if (s.at == s.end) return AMOUNT_FAULT_EMPTY;
    bool negative = false;
    char chosen = 0;
    pieces p;
    amount_fault fault = undress(&s, &negative, out->currency);
    if (fault) return fault;
    if (!take_apart(s, &p)) return AMOUNT_FAULT_FORM;
    fault = choose(&p, decimal, &chosen, out);
    if (fault) return fault;
    /* 15 digits times 10,000 fit 64 bits without a sign */
    uint64_t value = 0;
    size_t whole = 0, fraction = 0, limit = p.digits - (chosen ? p.last : 0), seen = 0;
    bool up = false;
    for (const char *at = s.at; at < s.end; at++) {
        if (!digit(*at)) continue;
        unsigned d = (unsigned)(*at - '0');
        if (seen++ < limit) {
            value = value * 10 + d;
            if (value && ++whole > 15) return AMOUNT_FAULT_LARGE;
        } else if (fraction < 4) {
            value = value * 10 + d;
            fraction++;
        } else {
            up = fraction == 4 && d >= 5;
            break;
        }
    }
    for (; fraction < 4; fraction++) value *= 10;
    value += up;
    if (value > INT64_MAX) return AMOUNT_FAULT_LARGE;
    out->money = negative ? -(int64_t)value : (int64_t)value;
    return AMOUNT_OK;
}
