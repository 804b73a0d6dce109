/* A pool's threads, each with a connection to the ledger of its own. */
#ifndef LEARN_CREW_H
#define LEARN_CREW_H

#include <objections.h>

#include <pthread.h>

typedef struct crew {
    mr_pool *pool;    /* borrowed; NULL: the caller's thread alone */
    ledger **ledger;  /* [n]: a worker's own, by the number pool_run gives it */
    size_t n;
    id_list objecting; /* to profiling: left out of what is learnt and forecast */
    pthread_mutex_t turn; /* to write on SQLite: who waits here is woken at once, who waits for the store's lock sleeps */
} crew;

/* bulk: commits need not wait for the disk (db_options). *out is closed by crew_close whatever is returned. */
mr_status crew_open(const char *url, const db_options *options, mr_pool *pool, crew *out, mr_error *err);
/* For reading: the caller's own ledger is the first one's. *out is closed by crew_part, which leaves that one open, whatever is returned. */
mr_status crew_join(ledger *own, mr_pool *pool, crew *out, mr_error *err);
void crew_part(crew *c);
/* Of all of them together (db_connections): more than before where one was lost and made again. */
unsigned crew_connections(const crew *c);
void crew_close(crew *c);

#endif
