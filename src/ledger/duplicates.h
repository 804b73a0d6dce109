/* Customers who may be one. Suggestions only: whether they are is for people to say.
 *
 * Signs, strongest first: a source says so (same_as); the same e-mail address, telephone number, or name, each by its normal form (normal.h).
 * A name alone is weak; with the same address it is not. What more than DUPLICATES_SHARED customers share (a switchboard, a mailbox of
 * the shop's own) is no sign. */
#ifndef LEDGER_DUPLICATES_H
#define LEDGER_DUPLICATES_H

#include "ledger.h"

#define DUPLICATES_SHARED 20

enum {
    DUPLICATE_SAID = 1,
    DUPLICATE_EMAIL = 2,
    DUPLICATE_PHONE = 4,
    DUPLICATE_NAME = 8,
    DUPLICATE_ADDRESS = 16
};

typedef struct duplicate_side {
    int64_t customer_id;
    char source[64], external_id[128], name[128], email[128], phone[64]; /* cut where they are longer */
    uint64_t events;
    int64_t first_at_us, last_at_us; /* of their events; 0 where there are none */
    int64_t email_key, phone_key, name_key;
    char address[256]; /* normal form */
} duplicate_side;

typedef struct duplicate {
    const duplicate_side *keep, *other; /* keep: the one with more events, or the older */
    unsigned signs;
    bool weak;
} duplicate;

typedef struct duplicates_options {
    bool weak; /* those with no sign but the name, too */
} duplicates_options;

typedef struct duplicates_counts {
    uint64_t pairs, weak; /* weak: whether given or not */
    uint64_t shared;      /* addresses, numbers and names that too many share */
} duplicates_counts;

/* Strongest sign first, each pair once. MR_ECANCELLED from `each` ends it. */
typedef mr_status (*duplicates_each)(void *ctx, const duplicate *d, mr_error *err);
mr_status ledger_duplicates(const char *url, const duplicates_options *options, duplicates_each each, void *ctx, duplicates_counts *counts, mr_error *err);

#endif
