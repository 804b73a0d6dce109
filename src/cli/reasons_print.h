/* What reasons_json and its siblings gave, for a terminal. */
#ifndef CLI_REASONS_PRINT_H
#define CLI_REASONS_PRINT_H

#include <jansson.h>

void reasons_print(const json_t *o);
void reasons_print_customer(const json_t *o);

/* "12 % (8 to 17)" of {value, low, high}; "-" where it is null. Into out[48]; returns out. */
char *share_words(const json_t *share, char *out);

#endif
