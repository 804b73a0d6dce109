/* Memory that is given back all at once: a mapping's texts, and what one row's records borrow. */
#ifndef INGEST_ARENA_H
#define INGEST_ARENA_H

#include <marram/base.h>

#define ARENA_PADDING 16 /* readable bytes behind every text: short cells are loaded as words */

typedef struct arena_chunk arena_chunk;

typedef struct arena {
    const mr_alloc *alloc;
    arena_chunk *chunk; /* the newest */
    bool failed;        /* an allocation was refused; stays set until arena_reset */
} arena;

void *arena_take(arena *a, size_t bytes);                 /* zeroed, aligned for anything; NULL: no memory */
char *arena_text(arena *a, const char *text, size_t len); /* a terminated copy with its padding */
/* Everything is free again; the newest chunk is kept for what comes. */
void arena_reset(arena *a);
void arena_free(arena *a);

#endif
