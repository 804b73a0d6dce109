/* Memory that is given out piece by piece and taken back all at once. Pieces do not move. */
#ifndef LEDGER_SLAB_H
#define LEDGER_SLAB_H

#include <stddef.h>

typedef struct slab_block {
    struct slab_block *next;
    size_t capacity;
    char bytes[];
} slab_block;

typedef struct slab {
    slab_block *first, *now; /* blocks before and at `now` are in use */
    size_t used;              /* of `now` */
    size_t total;             /* bytes given out since the last reset */
} slab;

char *slab_room(slab *a, size_t size);                         /* not aligned */
void *slab_take(slab *a, size_t size);                         /* aligned to 8; NULL: no memory */
char *slab_copy(slab *a, const char *bytes, size_t len);       /* terminated; not aligned */
void slab_reset(slab *a);                                      /* keeps the blocks */
void slab_free(slab *a);

#endif
