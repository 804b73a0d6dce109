/* Time zones by their IANA names, from ICU, as offsets and the moments they change: what the kernel reads (contact_policy.h). */
#ifndef CONFIG_ZONES_H
#define CONFIG_ZONES_H

#include <arena.h>
#include <contact_policy.h>

/* Is that the name of a zone ICU knows ("Europe/Berlin"; never "" )? */
bool zone_known(const char *name);

/* The offsets of a zone from from_us to to_us into *out, which lies in `in`. MR_EDATA: no such zone; MR_ENOMEM. Thread-safe with an arena of one's own; so all. */
mr_status zone_read(const char *name, int64_t from_us, int64_t to_us, arena *in, contact_zone *out, mr_error *err);

/* Every zone a customer may be in, those that are the same all that time only once, into *out[*n], n >= 1: the zones of the locale's country ("de-DE"; a language
 * alone names none); where it has none the company's own; without any that is known, all zones there are. */
mr_status zones_plausible(const char *locale, const char *const *company, size_t company_n, int64_t from_us, int64_t to_us, arena *in, contact_zone **out, size_t *n, mr_error *err);

/* The country of a BCP 47 tag ("de-DE", "zh-Hant-TW": "TW") into out[4]; "" where it names none. Returns out. */
char *zone_country(const char *locale, char out[4]);

#endif
