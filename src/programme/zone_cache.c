#include "zone_cache.h"

#include <error.h>
#include <zones.h>

#include <stdio.h>
#include <string.h>

#define YEAR_US (366 * CONTACT_DAY_US)

void zone_cache_free(zone_cache *c) {
    arena_free(&c->memory);
    *c = (zone_cache){0};
}

mr_status zone_cached(zone_cache *c, const char *name, const char *locale, const char *company, int64_t now_us, const contact_zone **zone, size_t *n, mr_error *err) {
    char key[256];
    mr_status status = MR_OK;
    if (!c->first || now_us < c->from_us + CONTACT_DAY_US || now_us > c->to_us - YEAR_US) { /* another time: all anew */
        zone_cache_free(c);
        c->from_us = now_us - 7 * CONTACT_DAY_US;
        c->to_us = now_us + 3 * YEAR_US;
    }
    bool own = *name && zone_known(name);
    snprintf(key, sizeof key, "%s|%.100s", own ? "zone" : "locale", own ? name : locale);
    for (zone_entry *e = c->first; e; e = e->next)
        if (!strcmp(e->key, key)) {
            *zone = e->zone;
            *n = e->n;
            return MR_OK;
        }
    zone_entry *e = arena_take(&c->memory, sizeof *e);
    contact_zone *read = arena_take(&c->memory, sizeof *read);
    if (!e || !read || !(e->key = arena_copy(&c->memory, key, strlen(key)))) return error_memory(err, sizeof *e);
    e->n = 1;
    if (own) status = zone_read(name, c->from_us, c->to_us, &c->memory, read, err);
    else status = zones_plausible(locale, &company, *company && zone_known(company) ? 1 : 0, c->from_us, c->to_us, &c->memory, &read, &e->n, err);
    if (status != MR_OK) return status;
    e->zone = read;
    e->next = c->first;
    c->first = e;
    *zone = e->zone;
    *n = e->n;
    return MR_OK;
}
