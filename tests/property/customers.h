/* A small simulator of customers for the property tests, apart from src/learn's: each model drawn as its
 * definition says, so that a fault in a likelihood cannot hide in a simulator that shares it. The seed is
 * MARRAM_SEED or a fixed one, and is printed. */
#ifndef PROPERTY_CUSTOMERS_H
#define PROPERTY_CUSTOMERS_H

#include "check.h"

#include <marram/marram.h>

#include "rng.h"

#include <stdlib.h>

/* Sanitizers slow everything ten times over: sizes are divided there. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

typedef struct customers {
    size_t n;
    double *x, *t_x, *T, *log_gaps, *mean_spend;
    double *future; /* orders in (T, T + ahead] */
    double *alive, *alive_later;
    double *next;     /* time from T to the next order, INFINITY where none was simulated */
    double *lifetime; /* residual, from T; 0: left before; INFINITY: never leaves (or not simulated so far) */
    mr_data data;
    double *block;
} customers;

uint64_t test_seed(void); /* printed once */

/* A customer base of n customers of the model, each observed for a time between from and to (whole
 * opportunities for the BG/BB), and simulated for `ahead` more. Streams by customer: the first m of a larger
 * base are the same. MR_SPENDING: mean_spend of x orders. */
void customers_new(customers *c, const mr_params *truth, size_t n, double from, double to, double ahead,
                   uint64_t seed);
void customers_free(customers *c);

/* Contracts: lost[periods] and survivors of n customers under sBG or BdW. */
void contracts_draw(const mr_params *truth, size_t n, size_t periods, double *lost, double *survivors,
                    uint64_t seed);

mr_params params_of(const char *name, int k, double a, double b, double c, double d);

/* A fit that must succeed; its message is printed where it does not. */
void fit_well(const char *name, const mr_data *data, const mr_fit_options *options, const mr_context *context,
              mr_fit *fit);

#endif
