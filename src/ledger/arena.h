/* Memory that is given out piece by piece and taken back all at once. Pieces do not move. */
#ifndef LEDGER_ARENA_H
#define LEDGER_ARENA_H

#include <stddef.h>

typedef struct arena_block {
    struct arena_block *next;
    size_t capacity;
    char bytes[];
} arena_block;

typedef struct arena {
    arena_block *first, *now; /* blocks before and at `now` are in use */
    size_t used;              /* of `now` */
    size_t total;             /* bytes given out since the last reset */
} arena;

char *arena_room(arena *a, size_t size);                         /* not aligned */
void *arena_take(arena *a, size_t size);                         /* aligned to 8; NULL: no memory */
char *arena_copy(arena *a, const char *bytes, size_t len);       /* terminated; not aligned */
void arena_reset(arena *a);                                      /* keeps the blocks */
void arena_free(arena *a);

#endif
