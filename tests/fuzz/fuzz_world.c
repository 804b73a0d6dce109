/* libFuzzer over the YAML of described worlds. What is refused says why; of what is taken a few customers are drawn, whose events are in order. */
#include "world_spec.h"

#include <stdio.h>
#include <stdlib.h>

#define DAYS_MOST 2000 /* longer and livelier worlds are read, not drawn: each would take seconds */
#define EVENTS_MOST 2000

static bool small(const world *w) {
    double events = 0;
    for (size_t i = 0; i < WORLD_ACTS; i++) events += w->rate[i];
    for (size_t i = 0; i < w->tiers; i++) events *= 1 + w->tier[i].activity;
    for (size_t i = 0; i < w->segments; i++) events *= 1 + w->segment[i].activity;
    return w->days < DAYS_MOST && events < EVENTS_MOST;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    world *w = NULL;
    world_room *room = NULL;
    mr_error err = {0};
    mr_status status = world_parse("fuzz", (const char *)bytes, size, NULL, &w, &err);
    if (status) {
        if (!err.message[0] || w) abort();
        return 0;
    }
    if (world_room_new(NULL, &room, &err)) abort();
    for (uint64_t i = 0; i < 3 && small(w); i++) {
        world_history h;
        if (world_customer(w, world_seed(w), i, room, &h, &err)) abort();
        for (size_t k = 1; k < h.t.n; k++)
            if (h.t.event[k - 1].at_us >= h.t.event[k].at_us || h.t.event[k].day > world_until(w)) abort();
        if (!h.t.n || !(h.truth.expected >= 0)) abort();
    }
    world_room_free(room);
    world_free(w);
    return 0;
}
