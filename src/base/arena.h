/* Memory that is given out piece by piece and taken back all at once. Pieces do not move. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <marram/base.h>

#define ARENA_PADDING 16 /* readable bytes behind every arena_text: short texts are loaded as words */

typedef struct arena_chunk arena_chunk;

/* Start from {0}, or set alloc. */
typedef struct arena {
    const mr_alloc *alloc;
    arena_chunk *chunk; /* the newest */
    size_t total;       /* bytes given out since the last reset */
    bool failed;        /* an allocation was refused; stays set until arena_reset */
} arena;

/* NULL where memory is short. */
void *arena_take(arena *a, size_t bytes);                   /* zeroed, aligned for anything */
char *arena_room(arena *a, size_t bytes);                   /* neither */
char *arena_copy(arena *a, const char *bytes, size_t len);  /* terminated */
char *arena_text(arena *a, const char *text, size_t len);   /* terminated, with its padding, all zero */
/* Everything is free again; the newest chunk is kept for what comes. */
void arena_reset(arena *a);
void arena_free(arena *a);

#endif
