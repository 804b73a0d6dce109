/* The reasons customers leave for: rows of taxonomy.def, and the words people state them in (stated.def).
 * Pure tables. */
#ifndef REASON_TAXONOMY_H
#define REASON_TAXONOMY_H

#include <marram/base.h>

typedef enum reason {
    REASON_none, /* not stated, not looked at */
#define REASON(code, says, owner, looks, remedy) REASON_##code,
#include "taxonomy.def"
#undef REASON
    REASONS /* one more than the last number */
} reason;

typedef enum reason_owner { REASON_OWNER_sales = 1, REASON_OWNER_operations, REASON_OWNER_both } reason_owner;

typedef struct reason_row {
    const char *code, *says, *looks, *remedy;
    reason_owner owner;
} reason_row;

const reason_row *reason_of(int number); /* never NULL: a number without a row is none's, whose code is "" */
const char *reason_owner_name(reason_owner owner); /* "sales", "operations", "both" */

/* The number of a code ("promise_broken"; case ignored, '-' and ' ' as '_'), or REASON_none. */
reason reason_find(const char *code, size_t len);

/* What was stated, from a reason's code and words in the customer's own language of the day; either may be
 * NULL with 0. The code decides where it is the taxonomy's or holds one of the words of stated.def other than
 * `unknown`'s; else the words do. REASON_none where both are empty, REASON_unknown where neither says
 * anything we know. */
reason reason_stated(const char *code, size_t code_len, const char *text, size_t text_len);

#endif
