/* Reading an earlier run back from its folder. */
#include "previous.h"

#include <calendar.h>
#include <error.h>
#include <mem.h>
#include <table.h>

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double number_of(const json_t *root, const char *key) {
    const json_t *value = json_object_get(root, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static mr_status read_summary(const char *dir, previous *out, mr_error *err) {
    char path[4096];
    snprintf(path, sizeof path, "%s/summary.json", dir);
    json_error_t why;
    json_t *root = json_load_file(path, 0, &why);
    if (!root)
        return error_set(err, why.line > 0 ? MR_EDATA : MR_EIO, "previous", -1,
                         "cannot read the earlier run's %.200s: %.120s; --previous takes a folder that "
                         "marram run has written",
                         path, why.text);
    const char *until = json_string_value(json_object_get(root, "until"));
    mr_status status = MR_OK;
    const char *base = json_string_value(json_object_get(root, "base"));
    if (base && !strcmp(base, "contracts"))
        status = error_set(err, MR_EDATA, "previous", -1, "%.200s is of a run of contracts, and this one is of orders: --previous needs the folder of a run of orders", path);
    else if (!until || !calendar_parse(until, strlen(until), &out->until))
        status = error_set(err, MR_EDATA, "previous", -1,
                           "%.200s has no date \"until\": marram run has not written it", path);
    out->value_at_risk = number_of(root, "value_at_risk");
    out->expected_orders = number_of(root, "expected_orders");
    out->horizon_days = number_of(root, "horizon_days");
    out->margin = number_of(root, "margin");
    out->discount_rate = number_of(root, "discount_rate");
    json_decref(root);
    return status;
}

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
    *out = (previous){.value_at_risk = NAN, .expected_orders = NAN, .horizon_days = NAN, .margin = NAN, .discount_rate = NAN};
    size_t len = strlen(dir);
    if (len > 4000)
        return error_set(err, MR_EINVAL, "previous", -1, "the earlier run's folder has too long a name");
    out->dir = mem_take(NULL, len + 1, 1);
    if (!out->dir) return error_memory(err, len + 1);
    memcpy(out->dir, dir, len + 1);
    char path[4096];
    snprintf(path, sizeof path, "%s/customers.csv", dir);
    ingest_table table = {0};
    mr_status status = read_summary(dir, out, err);
    if (status == MR_OK) status = ingest_table_read(path, &table, err);
    if (status == MR_OK) {
        status = take_rows(&table, out, err);
        ingest_table_free(&table);
    }
    if (status != MR_OK) previous_free(out);
    return status;
}
