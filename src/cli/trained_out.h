/* A trained model on the terminal and as JSON: how good it is, what it goes by. */
#ifndef CLI_TRAINED_OUT_H
#define CLI_TRAINED_OUT_H

#include "command.h"

#include <trained.h>

/* What was noticed, on standard error. */
void trained_notes_print(const char *command, const trained *t);
/* Figures and strongest features; path: where the model was written, or NULL. */
void trained_print(const trained *t, const char *path);
void trained_json_print(const trained *t);
/* Every term's steps. */
void trained_steps_print(const trained *t);

/* The `top` terms with the largest contributions, up or down, the largest first, into out[top]; returns how many. */
size_t trained_largest(const double *contribution, size_t terms, size_t top, size_t *out);
/* The standard error of a row's contribution over the bags; NaN: not known (a logistic model, a single bag). */
double trained_error(const trained *t, size_t term, double contribution);

/* Terms by importance, the largest first, into order[trained_terms]. A logistic model's stay in the order of features. */
void trained_order(const trained *t, size_t *order);

#endif
