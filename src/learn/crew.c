#include "crew.h"

#include "error.h"
#include "mem.h"
#include "pool.h"

#include <traces_shared.h>

mr_status crew_open(const char *url, const db_options *options, mr_pool *pool, crew *out, mr_error *err) {
    *out = (crew){.pool = pool};
    pthread_mutex_init(&out->turn, NULL);
    size_t n = (size_t)pool_size(pool);
    out->ledger = mem_new(NULL, n, sizeof *out->ledger);
    if (!out->ledger) return error_memory(err, n * sizeof *out->ledger);
    mr_status status = MR_OK;
    for (; out->n < n && status == MR_OK; out->n += status == MR_OK) status = ledger_open(url, options, &out->ledger[out->n], err);
    return status == MR_OK ? ledger_objections(out->ledger[0], &out->objecting, err) : status;
}

mr_status crew_join(ledger *own, mr_pool *pool, crew *out, mr_error *err) {
    *out = (crew){.pool = pool};
    pthread_mutex_init(&out->turn, NULL);
    size_t n = (size_t)pool_size(pool);
    out->ledger = mem_new(NULL, n, sizeof *out->ledger);
    if (!out->ledger) return error_memory(err, n * sizeof *out->ledger);
    mr_status status = MR_OK;
    out->ledger[out->n++] = own;
    for (; out->n < n && status == MR_OK; out->n += status == MR_OK) status = ledger_open_beside(own, &out->ledger[out->n], err);
    return status;
}

void crew_part(crew *c) {
    if (c->ledger) c->ledger[0] = NULL;
    crew_close(c);
}

unsigned crew_connections(const crew *c) {
    unsigned n = 0;
    for (size_t i = 0; i < c->n; i++) n += db_connections(c->ledger[i]->d);
    return n;
}

void crew_close(crew *c) {
    for (size_t i = 0; i < c->n; i++) ledger_close(c->ledger[i]);
    mem_free(NULL, c->ledger);
    id_list_free(&c->objecting);
    c->ledger = NULL;
    c->n = 0;
    pthread_mutex_destroy(&c->turn);
}
