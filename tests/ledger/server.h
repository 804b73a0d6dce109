/* A PostgreSQL of one test's own, to be stopped, crashed and filled: tests/postgres.sh. */
#ifndef TESTS_LEDGER_SERVER_H
#define TESTS_LEDGER_SERVER_H

#include "store.h"

typedef struct server {
    char state[64];
    store s; /* database postgres on it; kind and url and a folder alone */
} server;

/* Skips the test where there is no PostgreSQL. environment: NAME=VALUE ... for postgres.sh, or "". */
void server_new(server *v, const char *environment);
/* pg_ctl with these arguments, separated by blanks; false: it failed. */
bool server_ctl(const server *v, const char *arguments);
/* Its log's last part. */
const char *server_log(const server *v);
void server_free(server *v); /* stops it and removes all */

#endif
