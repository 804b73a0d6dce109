/* What customers who bought this bought next, and when (docs/methods/next-sale.md).
 *
 * A basket is what one customer bought on one day; the next one is that of their next day with an order. From a customer's last basket L, and what they have:
 *
 *     score(B) = base(B) x mean over A in L of lift(A, B)
 *     lift(A, B) = s(B | A) / q(B),   s(B | A) = (n(A, B) + mu q(B)) / (n(A) + mu)
 *
 * n(A, B): how often B stood in the basket after one with A; q(B): B's share of all that stood in a next basket. s is the posterior mean of a multinomial under a
 * Dirichlet prior at the base rate (MacKay & Peto 1995, "A hierarchical Dirichlet language model"; Zhai & Lafferty 2004, "A study of smoothing methods for language models"):
 * what was seen seldom stays near the bestsellers, so that no rare pair wins by luck. mu is the one under which each pair left out of the counts is likeliest (Zhai &
 * Lafferty 2002, "Two-stage language models for information retrieval"), on powers of two. Where nothing follows from anything mu runs to its end and every lift is 1.
 *
 * base(B), the chance of B in the next basket, is learnt apart for who has B and who has not. Who has it: k of their m next baskets since held it, and
 * (k + kappa own(B)) / (m + kappa) is the chance (beta-binomial; kappa as mu). Who has not: newcomers(B) / occasions without it. Whether people buy a product again
 * at all is its repeat ratio, the share of those who came back for anything that bought it again (Bhagat et al. 2018, "Buy It Again", KDD), shrunken likewise;
 * below NEXT_SALE_ONE_OFF it is a one-off, and never suggested to who has it.
 *
 * Assumptions: the last basket alone matters; having B and having bought A last speak independently of each other (but for A = B, which is counted by itself). */
#ifndef MODEL_NEXT_SALE_H
#define MODEL_NEXT_SALE_H

#include <marram/base.h>

#define NEXT_SALE_NONE UINT32_MAX    /* no product, or one the model does not know */
#define NEXT_SALE_ONE_OFF 0.1
enum { NEXT_SALE_FOLLOWERS = 12,     /* kept a product: those that take most from the others, n(A, B) - n(A) q(B) */
       NEXT_SALE_BASKET = 256,       /* a day of more products is a stocktake: nothing follows from it, nor it from anything */
       NEXT_SALE_LEAST = 5 };        /* customers; of products that fewer bought nothing is said */

/* Customer i's lines are first[i] .. first[i + 1] - 1, by day, within a day by product, a product once a day; product < products. Borrowed. */
typedef struct next_sale_lines {
    size_t customers;
    const uint64_t *first; /* [customers + 1] */
    const int32_t *day;
    const uint32_t *product;
    uint32_t products;
} next_sale_lines;

typedef struct next_sale_follower {
    uint32_t product;
    uint32_t customers;      /* who had it in the basket after one with the product followed */
    double lift;             /* shrunken */
    int32_t days[3];         /* from the one to the other: a quarter, half, three quarters of these customers bought it within so many */
} next_sale_follower;

typedef struct next_sale_product {
    uint32_t buyers;         /* customers */
    uint32_t came_back;      /* of them: who ordered anything on a later day */
    uint32_t rebuyers;       /* of these: who bought this again */
    double again;            /* the repeat ratio, shrunken */
    double fresh, own;       /* the chance in a next basket, of who has not got it and of who has */
    double self_lift;        /* bought last, against `own` */
    double rest_lift;        /* of the products that are not among the followers */
    size_t first, followers; /* in the model's follower[], the strongest first */
    bool known;              /* NEXT_SALE_LEAST customers bought it */
} next_sale_product;

typedef struct next_sale_model {
    const mr_alloc *alloc;
    uint32_t products;
    next_sale_product *product;
    next_sale_follower *follower;
    size_t followers;
    uint32_t *best;          /* [products] bestsellers: those in the most baskets first */
    uint32_t *newest;        /* [products] those with the largest `fresh` first */
    double mu, kappa;
    uint64_t lines, occasions; /* lines read; baskets that another came after */
} next_sale_model;

/* From the lines of days <= until. Bit-identical for any number of threads. Time in proportion to the lines times the size of the next basket; memory beside the
 * model: 4 bytes a line, 8 a customer, some 500 a product, and 24 a product and thread. MR_EDATA: lines not in order ("day", "product"; row: the line), 2^32 of them
 * ("lines"). MR_ENOMEM. */
mr_status next_sale_fit(const next_sale_lines *lines, int32_t until, const mr_context *context, next_sale_model *out, mr_error *err);
void next_sale_free(next_sale_model *m); /* of zeroes is fine */

/* Memory of one thread that ranks. */
typedef struct next_sale_desk next_sale_desk;
mr_status next_sale_desk_new(const next_sale_model *m, next_sale_desk **out, mr_error *err);
void next_sale_desk_free(next_sale_desk *d);

typedef struct next_sale_pick {
    uint32_t product;
    double score, lift;      /* lift: the mean over the last basket */
    uint32_t because;        /* that product of the last basket from which it follows most; NEXT_SALE_NONE: from none */
    const next_sale_follower *follows; /* of `because`; NULL */
    bool has;                /* they bought it before */
} next_sale_pick;

/* The `want` products likeliest next, best first, of a customer's n lines (as next_sale_lines; products the model does not know as NEXT_SALE_NONE, last within their day
 * and as often as may be). Equal scores: the better seller. Without lines: the bestsellers. Returns how many, <= want. */
size_t next_sale_rank(const next_sale_model *m, next_sale_desk *d, const int32_t *day, const uint32_t *product, size_t n, size_t want, next_sale_pick *out);

/* The strength of a prior that makes what was seen, each case left out of the counts in its turn, likeliest. Case i: n of N were of the kind whose prior share is p;
 * what comes in is its term for each strength, added to sum[NEXT_SALE_STRENGTHS]. Exposed for tests. */
enum { NEXT_SALE_STRENGTHS = 25 };   /* 2^-4 .. 2^20 */
double next_sale_strength(int step);
void next_sale_leave_out(double n, double of, double p, double sum[NEXT_SALE_STRENGTHS]);
double next_sale_likeliest(const double sum[NEXT_SALE_STRENGTHS]);

#endif
