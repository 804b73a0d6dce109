/* What a customer bought, wants to hear about and has had already: what a piece of content is chosen by (content.h). */
#ifndef PROGRAMME_TASTE_H
#define PROGRAMME_TASTE_H

#include <config.h>
#include <content.h>
#include <whole.h>

#define TASTES 64      /* products and topics of one customer that are looked at */
#define TASTES_HAD 1024 /* pieces they had, the latest: none of them goes twice */

typedef struct taste {
    const char *products[TASTES], *topics[TASTES], *sent[TASTES_HAD];
    content_wish wish; /* points into the arrays above, so a taste is not to be copied */
} taste;

/* As of the events w holds and of `day`; texts are w's. Of a topic the last word counts. */
void taste_of(whole *w, const config *c, int32_t day, taste *out);

#endif
