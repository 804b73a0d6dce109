/* marram simulate --world FILE */
#ifndef CLI_SIMULATE_WORLD_H
#define CLI_SIMULATE_WORLD_H

#include <stdbool.h>
#include <stdint.h>

typedef struct simulate_world_options {
    const char *file, *out;
    uint64_t customers, seed; /* customers 0: as described; seed where seed_given */
    bool seed_given, json;
    int threads;
} simulate_world_options;

int simulate_world(const simulate_world_options *o); /* the exit code */

#endif
