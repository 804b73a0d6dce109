/* Reading the customers of an earlier run back from its folder. */
#include "previous.h"

#include <error.h>
#include <mem.h>
#include <table.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int stage_of(const char *word) {
    for (int i = 0; i < MR_STAGES; i++)
        if (strcmp(word, mr_stage_name((mr_stage)i)) == 0) return i;
    return -1;
}

/* A chance, or nothing. */
static bool chance_of(const char *cell, double *out) {
    char *end;
    *out = NAN;
    if (!*cell) return true;
    *out = strtod(cell, &end);
    return *end == 0 && *out >= 0 && *out <= 1;
}

static mr_status take_rows(const ingest_table *t, previous *out, mr_error *err) {
    int id = ingest_table_column(t, "customer"), stage = ingest_table_column(t, "stage"),
        p = ingest_table_column(t, "p_order");
    if (id < 0 || stage < 0 || p < 0)
        return error_set(err, MR_EDATA, "previous", -1,
                         "%.300s has no column \"%s\": marram run has not written it", t->path,
                         id < 0      ? "customer"
                         : stage < 0 ? "stage"
                                     : "p_order");
    size_t bytes = 0;
    for (size_t i = 0; i < t->rows; i++) bytes += strlen(t->cell[i * t->columns + (size_t)id]);
    out->id_bytes = mem_take(NULL, bytes, 1);
    out->id_offset = mem_new(NULL, t->rows + 1, sizeof *out->id_offset);
    out->stage = mem_take(NULL, t->rows, sizeof *out->stage);
    out->p_order = mem_take(NULL, t->rows, sizeof *out->p_order);
    if (!out->id_bytes || !out->id_offset || !out->stage || !out->p_order)
        return error_memory(err, bytes + 17 * t->rows);
    for (size_t i = 0; i < t->rows; i++) {
        char *const *row = t->cell + i * t->columns;
        size_t len = strlen(row[id]);
        memcpy(out->id_bytes + out->id_offset[i], row[id], len);
        out->id_offset[i + 1] = out->id_offset[i] + len;
        int is = stage_of(row[stage]);
        bool known = chance_of(row[p], &out->p_order[i]);
        if (is < 0 || !known)
            return error_set(err, MR_EDATA, is < 0 ? "stage" : "p_order", (int64_t)i,
                             "%.300s, line %llu: \"%.40s\" is no %s; --previous takes a folder that marram "
                             "run has written",
                             t->path, (unsigned long long)t->line[i], is < 0 ? row[stage] : row[p],
                             is < 0 ? "stage" : "chance between 0 and 1");
        out->stage[i] = (uint8_t)is;
    }
    out->n = t->rows;
    return MR_OK;
}

mr_status previous_read(const char *dir, previous *out, mr_error *err) {
    *out = (previous){0};
    mr_status status = previous_head_read(dir, false, &out->head, err);
    if (status != MR_OK) return status;
    size_t len = strlen(dir);
    out->dir = mem_take(NULL, len + 1, 1);
    if (!out->dir) return error_memory(err, len + 1);
    memcpy(out->dir, dir, len + 1);
    char path[PREVIOUS_DIR_MAX + 20];
    snprintf(path, sizeof path, "%s/customers.csv", dir);
    ingest_table table = {0};
    status = ingest_table_read(path, &table, err);
    if (status == MR_OK) {
        status = take_rows(&table, out, err);
        ingest_table_free(&table);
    }
    if (status != MR_OK) previous_free(out);
    return status;
}
