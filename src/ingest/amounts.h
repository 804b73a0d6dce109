/* Amounts of money as they stand in files, to 1/10,000 of the currency's unit. */
#ifndef INGEST_AMOUNTS_H
#define INGEST_AMOUNTS_H

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
    char ambiguous; /* '.' or ',': read as a thousands separator, might be the decimal ("1,234"): then money / 1000 is meant */
    char currency[AMOUNT_CURRENCY]; /* "$", "EUR"; "" none */
} amount;

/* decimal '.', ',' or 0 (not known). Negative: -5, 5-, (5), U+2212. A currency sign or code before or after. Thousands by the
 * other separator, ', blank, no-break blanks. More than four decimals are rounded half away from zero. */
amount_fault amount_parse(const char *text, size_t len, char decimal, amount *out);

/* Plain digits with at most one `decimal` (0: none) and up to four digits behind it, 1 to 8 bytes, fast; false: let
 * amount_parse decide. 8 bytes must be readable at text. */
bool amount_parse_plain(const char *text, size_t len, char decimal, int64_t *money);

#endif
