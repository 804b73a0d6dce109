#include "phone.h"

#include <error.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct country_row {
    const char *country, *calling, *trunk, *international;
    size_t least, most;
} country_row;

static const country_row countries[] = {
#define COUNTRY(country, calling, trunk, international, least, most) {#country, calling, trunk, international, least, most},
#include "phone_countries.def"
#undef COUNTRY
};
enum { COUNTRIES = sizeof countries / sizeof *countries };

typedef struct written_number {
    char digits[40];
    size_t n;
    bool plus, zero_in_brackets; /* "(0)": the trunk prefix, as in +49 (0) 171 ... */
} written_number;

static const country_row *row_of(const char *country) {
    for (size_t i = 0; country && i < COUNTRIES; i++)
        if (!strcasecmp(countries[i].country, country)) return &countries[i];
    return NULL;
}

static bool begins(const char *text, const char *with) {
    return !strncmp(text, with, strlen(with));
}

/* The calling code of an international number, where it is in the table: no code is the beginning of another. */
static const country_row *row_of_number(const char *digits) {
    for (size_t i = 0; i < COUNTRIES; i++)
        if (begins(digits, countries[i].calling)) return &countries[i];
    return NULL;
}

static mr_status refuse(const char *written, const char *why, mr_error *err) {
    return error_set(err, MR_EDATA, "phone", -1, "'%.60s' is no telephone number an SMS can go to: %s; write it as in +49 171 2345678", written, why);
}

static mr_status read_digits(const char *written, written_number *out, mr_error *err) {
    static const char *const blanks[] = {" ", "-", ".", "/", "(", ")", "\t", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x90", "\xE2\x80\x91", "\xE2\x80\x93"};
    *out = (written_number){0};
    for (const char *at = written; *at;) {
        size_t skip = 0;
        if (begins(at, "(0)") && out->n && !out->zero_in_brackets) {
            out->zero_in_brackets = true;
            skip = 3;
        } else if (*at >= '0' && *at <= '9') {
            if (out->n + 1 >= sizeof out->digits) return refuse(written, "it has too many digits", err);
            out->digits[out->n++] = *at;
            skip = 1;
        } else if (*at == '+' && !out->n && !out->plus) {
            out->plus = true;
            skip = 1;
        }
        for (size_t i = 0; !skip && i < sizeof blanks / sizeof *blanks; i++)
            if (begins(at, blanks[i])) skip = strlen(blanks[i]);
        if (!skip) return refuse(written, "it holds more than digits, blanks, brackets, hyphens, dots and slashes", err);
        at += skip;
    }
    return out->n ? MR_OK : refuse(written, "it has no digits", err);
}

/* digits: calling code and national number. */
static mr_status finish(const char *written, const char *digits, bool zero_in_brackets, char out[PHONE_E164], mr_error *err) {
    size_t n = strlen(digits);
    const country_row *row = row_of_number(digits);
    if (digits[0] == '0') return refuse(written, "no country's calling code begins with 0", err);
    if (n < 8 || n > 15) return refuse(written, n < 8 ? "it has too few digits" : "it has more than 15 digits", err);
    if (row) {
        const char *national = digits + strlen(row->calling);
        size_t len = strlen(national);
        if (zero_in_brackets && strcmp(row->trunk, "0")) return refuse(written, "it is not certain whether the 0 in brackets belongs to it", err);
        /* A calling code of one digit has a trunk prefix that looks like it. */
        if (row->trunk[0] == '0' && begins(national, "0")) return refuse(written, "it is not certain whether the 0 after the country's calling code belongs to it", err);
        if (len < row->least || len > row->most) return refuse(written, len < row->least ? "it has too few digits for its country" : "it has too many digits for its country", err);
    } else if (zero_in_brackets) {
        return refuse(written, "it is not certain whether the 0 in brackets belongs to it", err);
    }
    snprintf(out, PHONE_E164, "+%.15s", digits);
    return MR_OK;
}

mr_status phone_e164(const char *written, const char *country, char out[PHONE_E164], mr_error *err) {
    written_number w;
    char digits[64];
    const country_row *row = row_of(country);
    mr_status status = read_digits(written, &w, err);
    out[0] = 0;
    if (status != MR_OK) return status;
    w.digits[w.n] = 0;
    if (w.plus) return finish(written, w.digits, w.zero_in_brackets, out, err);
    if (!row) return refuse(written, country && *country ? "it has no calling code, and how numbers are written in its country is not known here" : "it has no calling code, and its country is not known", err);
    if (begins(w.digits, row->international)) return finish(written, w.digits + strlen(row->international), w.zero_in_brackets, out, err);
    if (w.zero_in_brackets) return refuse(written, "it is not certain whether the 0 in brackets belongs to it", err);
    bool nanp = !strcmp(row->calling, "1");
    const char *national = w.digits;
    if (row->trunk[0] && begins(national, row->trunk)) national += strlen(row->trunk);
    else if (row->trunk[0] && !nanp) return refuse(written, "it begins neither with a calling code nor as numbers of its country do", err);
    snprintf(digits, sizeof digits, "%s%s", row->calling, national);
    return finish(written, digits, false, out, err);
}
