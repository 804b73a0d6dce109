/* A run: some hundred thousand rows on their way into the store, sorted by customer before they are written. Keys that are hashes land all over a
 * table; sorted, they land beside each other, which is four to five times faster. */
#ifndef LEDGER_RUN_H
#define LEDGER_RUN_H

#include "hashmap.h"
#include "refs.h"
#include "upserts.h"

typedef struct run_row {
    int64_t id, at_us, amount_minor, subject_id;
    const char *text; /* source_id, then body; in the run's arena */
    uint32_t source_id_len, body_len;
    uint32_t who; /* index into the run's requests */
    int16_t kind;
    char currency[4];
} run_row;

typedef struct run_key {
    int64_t customer_id, id;
    uint32_t row;
} run_key;

typedef struct run_alias {
    uint32_t who, len;
    const char *external_id;
} run_alias;

typedef struct run {
    run_row *rows;
    size_t n, capacity;
    ref_request *requests; /* the run's customers */
    bool *used;            /* [requests_n]: has a row */
    size_t requests_n, requests_capacity;
    hashmap who;           /* hash of the identifier -> its index + 1; identifiers of one hash are chained by trying hash + 1 */
    upserts upserts;       /* first cell: who, until the writer knows the customer */
    run_alias *aliases;
    size_t aliases_n, aliases_capacity;
    arena text;
    run_key *keys; /* [n], filled by run_sort */
    size_t keys_capacity;
    uint64_t records; /* input records up to the end of this run */
} run;

/* The run's number of a customer. MR_ENOMEM. */
mr_status run_customer(run *r, uint64_t hash, const char *external_id, size_t len, uint32_t *who, mr_error *err);
/* Copies the event's texts. */
mr_status run_event(run *r, uint32_t who, const history_event *e, mr_error *err);
mr_status run_alias_add(run *r, uint32_t who, const char *external_id, size_t len, mr_error *err);
/* keys[n] by (customer_id, id, row), once the requests' customers are known. */
mr_status run_sort(run *r, mr_error *err);
size_t run_bytes(const run *r);
void run_reset(run *r); /* keeps the memory */
void run_free(run *r);

#endif
