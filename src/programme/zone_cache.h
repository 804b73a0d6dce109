/* Time zones read once: of a name, and of those a country may have. */
#ifndef PROGRAMME_ZONE_CACHE_H
#define PROGRAMME_ZONE_CACHE_H

#include <arena.h>
#include <contact_policy.h>

typedef struct zone_entry {
    const char *key;
    const contact_zone *zone;
    size_t n;
    struct zone_entry *next;
} zone_entry;

typedef struct zone_cache { /* start from {0} */
    zone_entry *first;
    arena memory;
    int64_t from_us, to_us;
} zone_cache;

/* name: the customer's own zone, "" not known: then every one of the locale's country, else the company's. *zone[*n], n >= 1. Reaches a year and more beyond now_us. */
mr_status zone_cached(zone_cache *c, const char *name, const char *locale, const char *company, int64_t now_us, const contact_zone **zone, size_t *n, mr_error *err);
void zone_cache_free(zone_cache *c);

#endif
