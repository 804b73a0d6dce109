#include "id_list.h"

#include <error.h>
#include <mem.h>

#include <stdlib.h>

mr_status id_list_add(id_list *list, int64_t id, mr_error *err) {
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 16;
        int64_t *more = mem_resize(NULL, list->at, capacity, sizeof *more);
        if (!more) return error_memory(err, capacity * sizeof *more);
        list->at = more;
        list->capacity = capacity;
    }
    list->at[list->n++] = id;
    return MR_OK;
}

mr_status id_list_read(ledger *l, const char *sql, int64_t key, id_list *list, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, sql, "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, key);
    for (bool row = true; status == MR_OK && row;) {
        status = db_step(s, &row, err);
        if (status == MR_OK && row) status = id_list_add(list, db_int(s, 0), err);
    }
    db_reset(s);
    return status;
}

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

void id_list_sort(id_list *list) {
    size_t n = 0;
    if (list->n) qsort(list->at, list->n, sizeof *list->at, by_number);
    for (size_t i = 0; i < list->n; i++)
        if (!n || list->at[n - 1] != list->at[i]) list->at[n++] = list->at[i];
    list->n = n;
}

bool id_list_has(const id_list *list, int64_t id) {
    return list->n && bsearch(&id, list->at, list->n, sizeof id, by_number);
}

void id_list_free(id_list *list) {
    mem_free(NULL, list->at);
    *list = (id_list){0};
}
