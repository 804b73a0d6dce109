/* The checker of the year: reads only the ledger's tables, with rules and clocks of its own (the C library's). */
#ifndef TESTS_YEAR_CHECK_H
#define TESTS_YEAR_CHECK_H

#include <db.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct checking { /* start from what is there to check, and when */
    db *d;
    int64_t now_us;
    unsigned contacts, marketing, left;
    unsigned asked_back, held_out;                      /* messages to who had left; held out of being asked */
    unsigned shown, held, full;                         /* offers; draws at which a cap was reached */
    unsigned returners, returners_benefit;              /* offers to who had left, or come back within a year; those with an advantage in price */
    unsigned violations;
    char first[300];
    const char *wanted; /* looked for among them; NULL: nothing */
    bool found;
} checking;

typedef struct offer_limit {
    const char *offer;
    unsigned cap;
    int days;
} offer_limit;

void check_customer(checking *c, int64_t customer);
void check_offers(checking *c, const offer_limit *limits, size_t n);
/* world: the file to which every message went that went out, a line each. */
void check_base(checking *c, const char *world);

#endif
