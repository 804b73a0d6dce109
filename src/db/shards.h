/* Citus: a table read from the workers its shards are on, and not through the coordinator, which would be what gives out first.
 *
 * Each worker merges its own shards by key and sends them by COPY; the workers' rows are merged here, so that they come in the same
 * order as from one server. Shards move while others read and write (the rebalancer): where each is placed is looked at before the reads
 * are begun and once more when all are under way, and begun again where that is not the same. From then on each read is one snapshot of its
 * worker, and the locks it holds keep what it reads. */
#ifndef DB_SHARDS_H
#define DB_SHARDS_H

#include "impl.h"

/* Connections to the coordinator (for the placements) and to workers, kept by the db from one read to the next. */
void shard_nodes_free(struct shard_nodes *nodes); /* NULL is fine */

size_t shard_nodes_connected(const struct shard_nodes *nodes);

/* *out NULL: a worker cannot be reached from here; then the coordinator has to do. */
mr_status shards_open(db *d, const db_range *range, struct shard_merge **out, mr_error *err);
mr_status shards_next(struct shard_merge *m, const db_value **row, mr_error *err);
void shards_close(struct shard_merge *m);

/* range.c: the SELECT over one table, or over several that are merged. */
void db_range_sql(text_buffer *sql, const db_range *range, const char *const *tables, size_t n);

#endif
