/* The made-up shop: how one customer's life is drawn, and what is written of them. */
#ifndef SIMULATE_SHOP_H
#define SIMULATE_SHOP_H

#include "simulate.h"

/* A line of a block of customers while it waits to be sorted by day: 8 bytes, so that 20 million fit in 160
 * MB. */
typedef struct shop_line {
    uint16_t day;      /* since the window's first day */
    uint16_t customer; /* within its block of at most SHOP_BLOCK_MOST */
    int32_t cents;     /* negative: a return */
} shop_line;

#define SHOP_BLOCK_MOST 65536u
#define SHOP_STEPS 4 /* entries a day of the table that takes the season out */

typedef struct shop {
    uint64_t seed, customers;
    int32_t start, days; /* the window: day numbers start .. start + days - 1 */
    double regular, returns;
    double speed;     /* multiplies every customer's rate */
    double season;    /* amplitude of the yearly wave */
    double end;       /* the window's length in the time orders run in, see shop.c */
    double *calendar; /* [calendar_n] day of the window by that time, in steps of 1 / SHOP_STEPS; NULL: no
                         season */
    size_t calendar_n;
    simulate_ids ids;
    bool contacts;
} shop;

typedef struct shop_truth {
    int32_t first, left; /* days since the window's first; left < 0: still a customer */
    int32_t k;           /* gaps between orders are Erlang-k */
    double rate;         /* orders a day, given alive, over a whole year */
} shop_truth;

typedef struct shop_lines {
    shop_line *line;
    size_t n, capacity;
} shop_lines;

/* Checks the options and prepares the shop; finds the speed that gives orders_per_customer. MR_EINVAL,
 * MR_ENOMEM. */
mr_status shop_open(const simulate_options *options, const mr_context *context, shop *out, mr_error *err);
void shop_close(shop *s, const mr_alloc *alloc);

/* Appends the lines of one customer (0 .. customers - 1) in the order of their orders, a return after its
 * order, and says what is true of them. `number` is the customer's place in their block. MR_ENOMEM. */
mr_status shop_customer(const shop *s, uint64_t customer, uint16_t number, const mr_alloc *alloc,
                        shop_lines *lines, shop_truth *truth, mr_error *err);

/* The most bytes shop_id and shop_contact write. */
#define SHOP_ID_MOST 36
#define SHOP_CONTACT_MOST 120
char *shop_id(const shop *s, uint64_t customer, char *out);      /* returns the end */
char *shop_contact(const shop *s, uint64_t customer, char *out); /* ",name,email"; returns the end */

#endif
