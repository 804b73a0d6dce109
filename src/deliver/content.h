/* The library of useful content: articles, guides, user groups, research, that a follow-up brings along. One YAML file, and the choice of one piece for one customer. */
#ifndef DELIVER_CONTENT_H
#define DELIVER_CONTENT_H

#include <arena.h>

typedef struct content_item {
    const char *id, *title, *url, *summary, *kind, *language; /* "" not given */
    const char *const *tags, *const *products;
    size_t tags_n, products_n;
    int32_t published, fresh_until; /* days; INT32_MIN and INT32_MAX where not given */
} content_item;

typedef struct content_library { /* start from {0} */
    content_item *item; /* in the file's order */
    size_t n;
    arena texts;
} content_library;

/* path "" or NULL: an empty library. MR_EDATA with file, line and field: the first thing that is wrong (a piece without id, title, url or language, an id twice, an url that is none, a day that
 * is none); MR_EIO. Freed by content_free whatever is returned. */
mr_status content_open(const char *path, content_library *out, mr_error *err);
mr_status content_read(const char *name, const char *text, size_t len, content_library *out, mr_error *err);
void content_free(content_library *l);

typedef struct content_wish {
    const char *language;        /* theirs: "de-AT" is met by "de" */
    const char *const *products; /* bought, the latest first */
    size_t products_n;
    const char *const *topics;   /* they said they want to hear about */
    size_t topics_n;
    const char *const *sent;     /* ids they had */
    size_t sent_n;
    int32_t day;
} content_wish;

typedef enum content_standing { CONTENT_FITS, CONTENT_HAD, CONTENT_TO_COME, CONTENT_STALE, CONTENT_LANGUAGE, CONTENT_NOT_BOUGHT } content_standing;

/* One piece for them: may it be sent, and if so what speaks for it: *worth >= 1, *because as below; else 0 and "". Pure. */
content_standing content_judge(const content_item *c, const content_wish *wish, int *worth, const char **because);
const char *content_standing_words(content_standing standing); /* "they had it already" */

/* The best piece for them, NULL none. Never one they had, one that is stale or not out yet, one in another language, or one about products of which they have bought none. What they bought
 * last counts 4, anything else they bought 2, a topic they want 1 each; a piece about nothing in particular 1; among equals the newest, then the first in the file. *because: the product or topic
 * that spoke most for it, "" none. Pure. */
const content_item *content_match(const content_library *l, const content_wish *wish, const char **because);

#endif
