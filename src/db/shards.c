#include "shards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 5 };

typedef struct node {
    char *host, *port;
    db *d;
    struct node *next;
} node;

struct shard_nodes {
    db *looker; /* the coordinator by a connection of its own: the reader's snapshot would show the placements as they were */
    node *first;
};

typedef struct source {
    db *d; /* of a node: closed with it */
    db_stream *stream;
    const db_value *row; /* NULL: it has no more */
} source;

struct shard_merge {
    db *d;
    source *source; /* [n] */
    size_t n;
    source *current;  /* whose row was given */
    bool unreachable; /* a node cannot be connected to from here */
};

void shard_nodes_free(struct shard_nodes *nodes) {
    if (!nodes) return;
    db_close(nodes->looker);
    for (node *at = nodes->first, *next; at; at = next) {
        next = at->next;
        db_close(at->d);
        mem_free(NULL, at->host);
        mem_free(NULL, at->port);
        mem_free(NULL, at);
    }
    mem_free(NULL, nodes);
}

size_t shard_nodes_connected(const struct shard_nodes *nodes) {
    size_t n = 0;
    for (const node *at = nodes->first; at; at = at->next) n++;
    return n;
}

/* --- where the shards are --- */

/* "host\tport\tshard\n" a shard, those of a node together: what is compared, and what is gone by. */
static mr_status look(db *looker, const char *table, text_buffer *out, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(
        looker,
        "SELECT nodename, CAST(nodeport AS TEXT), shard FROM (SELECT DISTINCT ON (s.shardid) n.nodename, n.nodeport, s.shardid, "
        "shard_name(s.logicalrelid, s.shardid) AS shard FROM pg_catalog.pg_dist_shard s "
        "JOIN pg_catalog.pg_dist_placement p ON p.shardid = s.shardid JOIN pg_catalog.pg_dist_node n ON n.groupid = p.groupid "
        "WHERE s.logicalrelid = to_regclass($1) AND p.shardstate = 1 AND n.noderole = 'primary' AND n.isactive "
        "ORDER BY s.shardid, n.nodename, n.nodeport) AS placed ORDER BY nodename, nodeport, shardid",
        "t", &s, err);
    if (!status) db_bind_string(s, 1, table);
    out->len = 0;
    while (!status && !(status = db_step(s, &row, err)) && row)
        text_printf(out, "%s\t%s\t%s\n", db_text(s, 0, NULL), db_text(s, 1, NULL), db_text(s, 2, NULL));
    return status ? status : out->failed ? error_memory(err, out->len) : MR_OK;
}

static mr_status node_at(db *d, const char *host, const char *port, db **out, mr_error *err) {
    for (node *at = d->nodes->first; at; at = at->next) {
        *out = at->d;
        if (!strcmp(at->host, host) && !strcmp(at->port, port)) return MR_OK;
    }
    node *new = mem_new(NULL, 1, sizeof *new);
    if (!new || !(new->host = db_copy_string(host)) || !(new->port = db_copy_string(port))) {
        if (new) mem_free(NULL, new->host);
        mem_free(NULL, new);
        return error_memory(err, sizeof *new);
    }
    new->next = d->nodes->first;
    d->nodes->first = new;
    mr_status status = db_open_at(d, host, port, &new->d, err);
    *out = new->d;
    if (!status) return MR_OK;
    d->nodes->first = new->next; /* tried again by the next read */
    mem_free(NULL, new->host);
    mem_free(NULL, new->port);
    mem_free(NULL, new);
    return status;
}

/* --- beginning --- */

static void end_sources(struct shard_merge *m) {
    for (size_t i = 0; i < m->n; i++) {
        db_stream_close(m->source[i].stream);
        db_rollback(m->source[i].d);
    }
    mem_free(NULL, m->source);
    m->source = NULL;
    m->n = 0;
    m->current = NULL;
}

static mr_status begin_source(struct shard_merge *m, const db_range *range, const char *host, const char *port, const char *const *tables,
                              size_t n, mr_error *err) {
    source *more = mem_resize(NULL, m->source, m->n + 1, sizeof *more), *s;
    text_buffer sql = {0};
    if (!more) return error_memory(err, sizeof *more);
    m->source = more;
    s = &more[m->n];
    *s = (source){0};
    mr_status status = node_at(m->d, host, port, &s->d, err);
    m->unreachable = status == MR_EIO;
    if (status) return status;
    m->n++;
    db_range_sql(&sql, range, tables, n);
    const char *text = text_terminate(&sql);
    status = sql.failed ? error_memory(err, sql.len) : db_begin(s->d, DB_READ, err);
    if (!status) status = db_stream_open(s->d, text, range->types, (int64_t[]){range->first, range->last}, 2, &s->stream, err);
    text_free(&sql);
    return status;
}

/* A read on each node over its shards. placed is cut up. */
static mr_status begin_sources(struct shard_merge *m, const db_range *range, char *placed, mr_error *err) {
    const char **tables = NULL, *host = NULL, *port = NULL;
    size_t lines = 0, n = 0;
    mr_status status = MR_OK;
    for (const char *at = placed; *at; at++) lines += *at == '\n';
    tables = mem_take(NULL, lines + 1, sizeof *tables);
    if (!tables) return error_memory(err, (lines + 1) * sizeof *tables);
    for (char *line = placed, *rest; *line && !status; line = rest) {
        char *its_port = strchr(line, '\t') + 1, *shard = strchr(its_port, '\t') + 1;
        rest = strchr(shard, '\n') + 1;
        its_port[-1] = shard[-1] = rest[-1] = '\0';
        if (host && (strcmp(host, line) || strcmp(port, its_port))) {
            status = begin_source(m, range, host, port, tables, n, err);
            n = 0;
        }
        host = line;
        port = its_port;
        tables[n++] = shard;
    }
    if (!status && n) status = begin_source(m, range, host, port, tables, n, err);
    mem_free(NULL, tables);
    return status;
}

static db_fault fault_of(const struct shard_merge *m) {
    for (size_t i = 0; i < m->n; i++)
        if (m->source[i].d->fault != DB_FAULT_NONE) return m->source[i].d->fault;
    const db *looker = m->d->nodes->looker;
    return looker && looker->fault != DB_FAULT_NONE ? looker->fault : DB_FAULT_OTHER;
}

static mr_status first_rows(struct shard_merge *m, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t i = 0; i < m->n && !status; i++) status = db_stream_next(m->source[i].stream, &m->source[i].row, err);
    return status;
}

static mr_status prepare(db *d, struct shard_merge **out, mr_error *err) {
    struct shard_merge *m = mem_new(NULL, 1, sizeof *m);
    if (m && !d->nodes) d->nodes = mem_new(NULL, 1, sizeof *d->nodes);
    if (!m || !d->nodes) {
        mem_free(NULL, m);
        return error_memory(err, sizeof *m);
    }
    m->d = d;
    *out = m;
    return d->nodes->looker ? MR_OK : db_open_at(d, NULL, NULL, &d->nodes->looker, err);
}

/* One attempt: *begun false where shards were moved meanwhile (a read that came too late may have failed for that). */
static mr_status attempt(struct shard_merge *m, const db_range *range, text_buffer placed[2], bool *begun, mr_error *err) {
    db *looker = m->d->nodes->looker;
    mr_error why = {0};
    mr_status status = look(looker, range->table, &placed[0], err);
    char *copy = status ? NULL : db_copy_string(text_terminate(&placed[0]));
    if (status || !copy) return status ? status : error_memory(err, placed[0].len);
    mr_status reading = begin_sources(m, range, copy, &why);
    mem_free(NULL, copy);
    if (m->unreachable) return MR_OK;
    status = look(looker, range->table, &placed[1], err);
    *begun = !status && placed[0].len == placed[1].len && !memcmp(placed[0].data, placed[1].data, placed[0].len);
    if (!*begun || !reading) return status;
    if (err) *err = why;
    return reading;
}

mr_status shards_open(db *d, const db_range *range, struct shard_merge **out, mr_error *err) {
    struct shard_merge *m = NULL;
    text_buffer placed[2] = {0};
    bool begun = false;
    *out = NULL;
    mr_status status = prepare(d, &m, err);
    for (int tries = 0; !status && !begun && !m->unreachable && tries < TRIES; tries++) {
        end_sources(m);
        status = attempt(m, range, placed, &begun, err);
    }
    if (!status && !begun && !m->unreachable)
        status = error_set(err, MR_EIO, NULL, -1, "%s: the shards of %s are being moved time and again; try again later", d->name, range->table);
    if (!status && begun) status = first_rows(m, err);
    text_free(&placed[0]);
    text_free(&placed[1]);
    if (status) db_fail(d, m ? fault_of(m) : DB_FAULT_OTHER, status, err);
    if (!status && begun)
        *out = m;
    else if (m)
        shards_close(m);
    return status;
}

/* --- merging --- */

mr_status shards_next(struct shard_merge *m, const db_value **row, mr_error *err) {
    source *least = NULL;
    *row = NULL;
    if (m->current) {
        mr_status status = db_stream_next(m->current->stream, &m->current->row, err);
        if (status) return db_fail(m->d, m->current->d->fault, status, err);
    }
    for (size_t i = 0; i < m->n; i++) {
        source *s = &m->source[i];
        if (s->row && (!least || s->row[0].integer < least->row[0].integer)) least = s;
    }
    m->current = least;
    if (least) *row = least->row;
    return MR_OK;
}

void shards_close(struct shard_merge *m) {
    end_sources(m);
    mem_free(NULL, m);
}
