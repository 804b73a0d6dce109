/* One large read: the half both stores share. */
#include "shards.h"

#include <string.h>

mr_status db_stream_open(db *d, const char *sql, const char *types, const int64_t *parameters, size_t n,
                         db_stream **out, mr_error *err) {
    *out = NULL;
    mr_status status = db_ready(d, err);
    if (status) return status;
    size_t columns = strlen(types);
    if (!columns || columns > DB_MAX_COLUMNS || strspn(types, "sdirtb") != columns) {
        d->fault = DB_FAULT_OTHER;
        return error_set(err, MR_EINVAL, NULL, -1, "'%s' are not types of columns: %s", types, sql);
    }
    if (!db_parameters_fit(sql, n)) {
        d->fault = DB_FAULT_OTHER;
        return error_set(err, MR_EINVAL, NULL, -1, "the parameters are not $1 to $%zu: %s", n, sql);
    }
    db_stream *s = mem_new(NULL, 1, sizeof *s);
    if (!s) return error_memory(err, sizeof *s);
    s->db = d;
    s->columns = (int)columns;
    memcpy(s->types, types, columns + 1);
    status = d->driver->stream_open(s, sql, parameters, n, err);
    if (status) {
        mem_free(NULL, s);
        return status;
    }
    d->stream = s;
    *out = s;
    return MR_OK;
}

mr_status db_stream_next(db_stream *s, const db_value **row, mr_error *err) {
    *row = NULL;
    if (s->ended) return s->failed ? error_set(err, s->failed, NULL, -1, "%s: the read failed before its end", s->db->name) : MR_OK;
    s->db->fault = DB_FAULT_NONE;
    bool more = false;
    if (s->merge) {
        s->failed = shards_next(s->merge, row, err);
    } else {
        s->failed = s->db->driver->stream_next(s, &more, err);
        if (!s->failed && more) *row = s->values;
    }
    s->ended = s->failed || !*row;
    return s->failed;
}

void db_stream_close(db_stream *s) {
    if (!s) return;
    if (s->merge)
        shards_close(s->merge);
    else
        s->db->driver->stream_close(s);
    s->db->stream = NULL;
    mem_free(NULL, s);
}
