/* What `marram score` says. */
#ifndef CLI_SCORE_PRINT_H
#define CLI_SCORE_PRINT_H

#include <jansson.h>
#include <scoring.h>

void score_print(const scoring *s, const scoring_options *o);
int score_print_json(const scoring *s, const scoring_options *o);
json_t *json_number_of(int64_t id); /* a model's number */

#endif
