/* The events that the load driver (load.c) appends, made from numbers alone: who checks afterwards makes them again. */
#ifndef TESTS_LEDGER_LOAD_EVENTS_H
#define TESTS_LEDGER_LOAD_EVENTS_H

#include <append.h>

typedef struct load_event {
    char customer[64], source_id[56], subject[8], body[160];
    append_item item; /* borrows the texts above: valid where this load_event stays */
} load_event;

/* The kth event of a thread: orders, refunds, cases, contracts, promises, touches, surveys and consents, one in five of them late. pool:
 * one of so many customers whom all threads and seeds share; one in eight is new. 1: always the one. */
void load_make(const ledger *l, uint64_t seed, unsigned thread, unsigned k, unsigned pool, load_event *out);

/* What a driver acknowledged, as its file says: thread, k and outcome; or that it failed. A line cut short was not acknowledged. */
typedef struct load_ack {
    uint64_t seed;
    unsigned thread, k;
    int outcome; /* -1: failed */
} load_ack;

typedef struct load_acks {
    load_ack *of;
    size_t n, capacity, failed;
} load_acks;

/* Adds those of a file to what is there already; a file that is not there has none. false: no memory. */
bool load_acks_read(load_acks *a, const char *path, uint64_t seed);
void load_acks_free(load_acks *a);

#endif
