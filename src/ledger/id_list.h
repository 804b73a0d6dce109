/* A growing list of numbers, as a statement with one number a row gives them: the store is free again before anything is done with them. */
#ifndef LEDGER_ID_LIST_H
#define LEDGER_ID_LIST_H

#include "ledger.h"

typedef struct id_list {
    int64_t *at;
    size_t n, capacity;
} id_list;

mr_status id_list_add(id_list *list, int64_t id, mr_error *err);
/* Adds what sql, with one BIGINT parameter, gives in its first column. */
mr_status id_list_read(ledger *l, const char *sql, int64_t key, id_list *list, mr_error *err);
void id_list_sort(id_list *list); /* ascending, each once */
bool id_list_has(const id_list *list, int64_t id); /* of a sorted one */
void id_list_free(id_list *list);

#endif
