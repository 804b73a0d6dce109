/* ISO 4217: which codes there are and how many digits their minor units have. */
#ifndef BASE_CURRENCY_H
#define BASE_CURRENCY_H

#include <marram/base.h>

/* Digits of the minor unit (2 for EUR, 0 for JPY, 3 for KWD); -1: no such code. "XXX" (not known) has 2. Case matters. */
int currency_digits(const char code[4]);
/* The code a sign or word stands for where it is clear ("€" EUR, "£" GBP, "eur" EUR); "$" and "¥" are not clear: false. code "" on false. */
bool currency_find(const char *text, size_t len, char code[4]);
/* From minor units to 1/10,000 of the unit and back (half away from zero; *exact false where digits were lost; saturating). */
int64_t currency_to_money(int64_t minor, const char code[4]);
int64_t currency_from_money(int64_t money, const char code[4], bool *exact);
/* The code for people: "" in place of "XXX", which tells them nothing. */
const char *currency_shown(const char *code);

#endif
