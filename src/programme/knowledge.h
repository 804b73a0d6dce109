/* What the base shows and programmes go by: what is usual in it, its critical moments, what is bought after what. Learnt by `marram learn` from the whole base and kept in the
 * ledger as a document, so that a tick need not read everybody. */
#ifndef PROGRAMME_KNOWLEDGE_H
#define PROGRAMME_KNOWLEDGE_H

#include "desk_record.h"

#include <clocks.h>
#include <ledger.h>
#include <next_sale_of.h>
#include <norms.h>
#include <win_back.h>

#define KNOWLEDGE_MOMENTS 32

/* A critical moment of the cycle (marram/moments.h), as far as acting before it needs. */
typedef struct knowledge_moment {
    clock_id clock;
    uint32_t from, to; /* bins */
    double ratio;      /* the hazard in it to that around it */
    char words[160];   /* "6 to 12 days before the renewal" */
} knowledge_moment;

typedef struct knowledge {
    norms norms;
    knowledge_moment moment[KNOWLEDGE_MOMENTS];
    size_t moments;
    clock_options clocks;
    int32_t learnt_day; /* TRACE_NO_DAY: nothing learnt yet; the norms are the defaults */
    next_sale_stored next; /* verdict NEXT_SALE_NO_PRODUCTS: nothing learnt */
    win_back_counts win_back[WIN_BACK_CLASSES]; /* what attempts came to, and the holdout */
    desk_record *desk;     /* who kept whom (routed.c); NULL: nobody has a record */
    unsigned char link_key[LEDGER_KEY_BYTES]; /* of signed links */
} knowledge;

/* What is kept in the ledger, else the defaults; freed by knowledge_free. MR_EDATA: a document that cannot be read, with the way out. */
mr_status knowledge_read(ledger *l, knowledge *k, mr_error *err);
/* From the whole base as it is by the end of `day`, with context's pool and progress; kept in the ledger. *k is what was learnt, and k->next.trial how next sales came out, but the
 * model of these is in the ledger alone. A base too small for moments
 * learns what is usual alone. MR_EDATA: nothing to learn from. */
mr_status knowledge_learn(ledger *l, int32_t day, int64_t now_us, const mr_context *context, knowledge *k, mr_error *err);
void knowledge_free(knowledge *k);

#endif
