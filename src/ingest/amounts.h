/* Amounts of money as they stand in files, to 1/10,000 of the currency's unit. */
#ifndef INGEST_AMOUNTS_H
#define INGEST_AMOUNTS_H

#include "bits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AMOUNT_CURRENCY 8

typedef enum amount_fault {
    AMOUNT_OK,
    AMOUNT_FAULT_EMPTY,
    AMOUNT_FAULT_FORM,    /* no number */
    AMOUNT_FAULT_GROUPS,  /* separators where no thousands can be separated */
    AMOUNT_FAULT_DECIMAL, /* the column's thousands separator stands where only a decimal can */
    AMOUNT_FAULT_LARGE    /* more than 64 bits hold */
} amount_fault;

typedef struct amount {
    int64_t money;
    char proves;    /* '.' or ',': the decimal this one value proves; 0: none */
    char ambiguous; /* '.' or ',': read as a thousands separator, might be the decimal ("1,234"): then money /
                       1000 is meant */
    char currency[AMOUNT_CURRENCY]; /* "$", "EUR"; "" none */
} amount;

/* decimal '.', ',' or 0 (not known). Negative: -5, 5-, (5), U+2212. A currency sign or code before or after.
 * Thousands by the other separator, ', blank, no-break blanks. More than four decimals are rounded half away
 * from zero. */
amount_fault amount_parse(const char *text, size_t len, char decimal, amount *out);

/* Plain digits with at most one `decimal` (0: none) and up to four digits behind it, 1 to 8 bytes, fast;
 * false: let amount_parse decide. 8 bytes must be readable at text. */
static inline bool amount_parse_plain(const char *text, size_t len, char decimal, int64_t *money) {
    static const uint16_t scale[5] = {10000, 1000, 100, 10, 1};
    if (len - 1 > 7) return false;
    /* The digits to the word's high end, '0' below them. */
    unsigned shift = (unsigned)(64 - 8 * len);
    uint64_t w = bits_load64(text) << shift;
    if (shift) w |= UINT64_C(0x3030303030303030) >> (64 - shift);
    uint64_t point = w ^ (UINT64_C(0x0101010101010101) * (unsigned char)decimal);
    uint64_t hit = (point - UINT64_C(0x0101010101010101)) & ~point & UINT64_C(0x8080808080808080);
    unsigned decimals = 0;
    if (hit) {
        unsigned byte = bits_lowest(hit) >> 3;
        decimals = 7 - byte;
        if (decimals > 4 || len == 1) return false;
        /* what stands before the point moves up over it */
        uint64_t above = (~UINT64_C(0) << 8 * byte) << 8;
        w = (w & above) | ((w & ~(above | UINT64_C(0xFF) << 8 * byte)) << 8) | '0';
    }
    w ^= UINT64_C(0x3030303030303030);
    if ((w | (w + UINT64_C(0x0606060606060606))) & UINT64_C(0xF0F0F0F0F0F0F0F0)) return false;
    w = (w * 10 + (w >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
    w = (w * 100 + (w >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
    w = (w * 10000 + (w >> 32)) & UINT64_C(0xFFFFFFFF);
    *money = (int64_t)(w * scale[decimals]);
    return true;
}

#endif
