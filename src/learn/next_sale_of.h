/* What follows what in a base, and whether knowing it is of any use: held against bestsellers on orders it has not seen (docs/methods/next-sale.md). */
#ifndef LEARN_NEXT_SALE_OF_H
#define LEARN_NEXT_SALE_OF_H

#include <hashmap.h>
#include <ledger.h>
#include <next_sale.h>

#include <jansson.h>

#define NEXT_SALE_PICKS 3       /* the hit rate is that at 3 */
#define NEXT_SALE_LEAST_CASES 50
#define NEXT_SALE_CLEAR_LIFT 1.5   /* the defaults of next_sale.least_lift and least_share */
#define NEXT_SALE_CLEAR_SHARE 0.05

/* name[at] becomes a copy of a text, found under it from then on. false: no memory, or it is there already. */
bool next_sale_name_add(hashmap *names, char **name, uint32_t at, const char *text);

/* Baskets as the kernel wants them, and the names of the products in the order they were first met. Start from {0}. */
typedef struct next_sale_base {
    const mr_alloc *alloc;
    uint64_t *first;
    int32_t *day;
    uint32_t *product;
    size_t customers, lines, customers_room, lines_room;
    char **name;
    uint32_t products, names_room;
    uint64_t unnamed;           /* lines of orders that name no product */
    hashmap names;              /* hash of a name -> its number */
} next_sale_base;

/* The number of a product, made where it is new: capitals and spaces at the ends make no difference. NEXT_SALE_NONE: no text; or no memory (*failed). */
uint32_t next_sale_base_product(next_sale_base *b, const char *text, size_t len, bool *failed);
/* One customer's lines, in any order; a product twice a day counts once. MR_ENOMEM. */
mr_status next_sale_base_customer(next_sale_base *b, const int32_t *day, const uint32_t *product, size_t n, mr_error *err);
/* All orders of the ledger known by the end of `until` that name a product, but for those of customers who objected (objections.h): one pass; 8 bytes a line. */
mr_status next_sale_base_read(ledger *l, int32_t until, const mr_context *context, next_sale_base *b, mr_error *err);
void next_sale_base_free(next_sale_base *b);

/* A share, with its Wilson interval at 95 % (Wilson 1927). */
typedef struct next_sale_share {
    uint64_t hits;
    double rate, low, high;
} next_sale_share;

typedef enum next_sale_verdict {
    NEXT_SALE_ACTS,       /* better than bestsellers on orders it had not seen */
    NEXT_SALE_NO_BETTER,
    NEXT_SALE_TOO_FEW,    /* fewer than NEXT_SALE_LEAST_CASES to tell by */
    NEXT_SALE_NO_PRODUCTS /* no order names any */
} next_sale_verdict;
const char *next_sale_verdict_name(next_sale_verdict v); /* "acts", "no_better", "too_few", "no_products" */

/* Customers who had ordered by `cut` and ordered again until `until`: is one of three products, named from what was known by `cut`, in the first of these orders? */
typedef struct next_sale_trial {
    next_sale_verdict verdict;
    int32_t cut, until;   /* days */
    uint64_t cases, lines, customers;
    uint32_t products;
    uint64_t pairs;       /* of the model fitted to all: products that follow another clearly, NEXT_SALE_CLEAR_LIFT times as often as from any order and for NEXT_SALE_CLEAR_SHARE */
    next_sale_share ours, best, own; /* best: the three bestsellers; own: the three the customer has bought most often, filled up with bestsellers */
    double gain, gain_low, gain_high; /* ours.rate - best.rate, 95 % (Agresti & Min 2005, for pairs) */
    double own_gain, own_low, own_high; /* ours.rate - own.rate */
} next_sale_trial;

/* Judges on the last quarter of the time there are orders of, half a year at most, by a model fitted to what was before; *model is then fitted to all. Where the verdict is
 * NEXT_SALE_NO_PRODUCTS it is empty. MR_ENOMEM, MR_ECANCELLED. */
mr_status next_sale_learn(const next_sale_base *b, int32_t until, const mr_context *context, next_sale_trial *trial, next_sale_model *model, mr_error *err);

/* --- kept --- */

/* A model with its products' names, as it is used. */
typedef struct next_sale_stored {
    next_sale_trial trial;
    next_sale_model model;
    char **name;          /* [model.products] */
    hashmap names;
    next_sale_desk *desk; /* of whoever asks: one thread at a time */
} next_sale_stored;

json_t *next_sale_trial_json(const next_sale_trial *t);
/* The known products alone, NEXT_SALE_STORED bestsellers of them at most, and their followers: some 100 bytes a product and 30 a follower. Where nothing is to be suggested
 * the trial alone. NULL: no memory. */
#define NEXT_SALE_STORED 20000
json_t *next_sale_document(const next_sale_base *b, const next_sale_trial *trial, const next_sale_model *m);
/* false: no such document, or no memory. out is freed by next_sale_stored_free. */
bool next_sale_document_read(const json_t *o, next_sale_stored *out);
/* NEXT_SALE_NONE: not known. */
uint32_t next_sale_stored_find(const next_sale_stored *s, const char *text, size_t len);
void next_sale_stored_free(next_sale_stored *s); /* of zeroes is fine */

#endif
