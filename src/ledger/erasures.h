/* Lists of who was erased and when: keyed hashes alone, no names. The table `erasure` holds one, and on SQLite a file beside the database
 * (marram.db-erasures), so that putting an older backup in its place does not bring anybody back. */
#ifndef LEDGER_ERASURES_H
#define LEDGER_ERASURES_H

#include "ledger.h"

typedef struct erasure {
    int64_t ref, erased_at_us;
} erasure;

typedef struct erasures {
    erasure *at;
    size_t n, capacity;
} erasures;

mr_status erasures_add(erasures *list, int64_t ref, int64_t erased_at_us, mr_error *err);
void erasures_free(erasures *list);
/* By ref, each once with its latest time. */
void erasures_sort(erasures *list);
/* Of a sorted one: the time, or INT64_MIN. */
int64_t erasures_time(const erasures *list, int64_t ref);

/* Adds those of the table. */
mr_status erasures_read_ledger(ledger *l, erasures *list, mr_error *err);
/* Adds those of a file: a line "ref erased_at_us" each, or the CSV of `marram export erasure`; "#" begins a comment. A file that is not there has none, where `optional`.
 * A last line that was cut short by a crash is passed over where it is the last. MR_EIO, MR_EDATA with file and line. */
mr_status erasures_read_file(const char *path, bool optional, erasures *list, mr_error *err);
/* Appends, and returns once they are on the disk. Makes the file where it is not there. */
mr_status erasures_append_file(const char *path, const erasures *list, mr_error *err);
/* The file beside the database. False: the store keeps none (PostgreSQL). */
bool erasures_path(const db *d, char *out, size_t room);
/* The same from a URL (db_open), whether or not there is a database. */
bool erasures_path_of(const char *url, char *out, size_t room);

#endif
