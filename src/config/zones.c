#include "zones.h"

#include <error.h>

#include <unicode/ucal.h>
#include <unicode/uenum.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include <string.h>

#define ZONE_LONGEST 128

static bool widen(const char *name, UChar wide[ZONE_LONGEST]) {
    size_t len = strlen(name);
    if (!len || len >= ZONE_LONGEST) return false;
    for (size_t i = 0; i < len; i++)
        if ((signed char)name[i] <= ' ') return false;
    u_charsToUChars(name, wide, (int32_t)len + 1);
    return true;
}

bool zone_known(const char *name) {
    UChar wide[ZONE_LONGEST], canonical[ZONE_LONGEST];
    UErrorCode code = U_ZERO_ERROR;
    UBool system = 0;
    if (!widen(name, wide)) return false;
    ucal_getCanonicalTimeZoneID(wide, -1, canonical, ZONE_LONGEST, &system, &code);
    return U_SUCCESS(code) && system;
}

/* --- one zone --- */

static int32_t offset_at(UCalendar *cal, int64_t at_us, UErrorCode *code) {
    ucal_setMillis(cal, (UDate)(at_us / 1000 - (at_us % 1000 < 0)), code);
    return (ucal_get(cal, UCAL_ZONE_OFFSET, code) + ucal_get(cal, UCAL_DST_OFFSET, code)) / 1000;
}

/* How many shifts there are (the first: the one in force at from_us); into shift[room]. Changes of a zone's name alone are none. */
static size_t shifts_of(UCalendar *cal, int64_t from_us, int64_t to_us, contact_shift *shift, size_t room, UErrorCode *code) {
    size_t n = 1;
    int32_t before = offset_at(cal, from_us, code);
    if (room) shift[0] = (contact_shift){from_us, before};
    for (int64_t at = from_us; U_SUCCESS(*code);) {
        UDate next = 0;
        ucal_setMillis(cal, (UDate)(at / 1000 - (at % 1000 < 0)), code);
        if (!ucal_getTimeZoneTransitionDate(cal, UCAL_TZ_TRANSITION_NEXT, &next, code) || U_FAILURE(*code)) break;
        at = (int64_t)next * 1000;
        if (at > to_us) break;
        int32_t offset = offset_at(cal, at, code);
        if (offset == before) continue;
        if (n < room) shift[n] = (contact_shift){at, offset};
        before = offset;
        n++;
    }
    return n;
}

static mr_status failed(const char *name, UErrorCode code, mr_error *err) {
    if (code == U_MEMORY_ALLOCATION_ERROR) return error_memory(err, 0);
    return error_set(err, MR_EIO, "time_zone", -1, "the time zone %s could not be read: ICU says %s", name, u_errorName(code));
}

mr_status zone_read(const char *name, int64_t from_us, int64_t to_us, arena *in, contact_zone *out, mr_error *err) {
    UChar wide[ZONE_LONGEST];
    UErrorCode code = U_ZERO_ERROR;
    if (!zone_known(name) || !widen(name, wide)) return error_set(err, MR_EDATA, "time_zone", -1, "there is no time zone '%.100s': write it as in Europe/Berlin", name);
    UCalendar *cal = ucal_open(wide, -1, "en", UCAL_GREGORIAN, &code);
    contact_shift few[16], *shift = NULL;
    size_t n = 0;
    if (U_SUCCESS(code)) n = shifts_of(cal, from_us, to_us, few, 16, &code);
    if (U_SUCCESS(code)) shift = arena_take(in, n * sizeof *shift);
    if (shift && n <= 16) memcpy(shift, few, n * sizeof *shift);
    else if (shift) shifts_of(cal, from_us, to_us, shift, n, &code);
    ucal_close(cal);
    if (U_FAILURE(code)) return failed(name, code, err);
    char *kept = arena_copy(in, name, strlen(name));
    if (!shift || !kept) return error_memory(err, n * sizeof *shift);
    *out = (contact_zone){kept, shift, n};
    return MR_OK;
}

/* --- those that may be --- */

typedef struct zone_set {
    contact_zone *zone;
    size_t n, capacity;
    int64_t from_us, to_us;
    arena *in;
} zone_set;

static bool alike(const contact_zone *a, const contact_zone *b) {
    if (a->n != b->n) return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->shift[i].from_us != b->shift[i].from_us || a->shift[i].offset_s != b->shift[i].offset_s) return false;
    return true;
}

static mr_status set_add(zone_set *s, const char *name, mr_error *err) {
    contact_zone z;
    mr_status status = zone_read(name, s->from_us, s->to_us, s->in, &z, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < s->n; i++)
        if (alike(&s->zone[i], &z)) return MR_OK;
    if (s->n == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 16;
        contact_zone *more = arena_take(s->in, capacity * sizeof *more);
        if (!more) return error_memory(err, capacity * sizeof *more);
        if (s->n) memcpy(more, s->zone, s->n * sizeof *more);
        s->zone = more;
        s->capacity = capacity;
    }
    s->zone[s->n++] = z;
    return MR_OK;
}

/* Of a country; country NULL: all there are. Those who are of no place (Etc/..., EST5EDT) are nobody's. */
static mr_status set_enumerate(zone_set *s, const char *country, mr_error *err) {
    UErrorCode code = U_ZERO_ERROR;
    mr_status status = MR_OK;
    UEnumeration *all = ucal_openTimeZoneIDEnumeration(UCAL_ZONE_TYPE_CANONICAL_LOCATION, country, NULL, &code);
    for (const char *name; status == MR_OK && U_SUCCESS(code) && (name = uenum_next(all, NULL, &code)) != NULL;)
        if (strcmp(name, "Etc/Unknown") != 0) status = set_add(s, name, err);
    uenum_close(all);
    if (status == MR_OK && U_FAILURE(code) && code != U_ILLEGAL_ARGUMENT_ERROR) return failed(country ? country : "of every place", code, err);
    return status;
}

char *zone_country(const char *locale, char out[4]) {
    char id[ULOC_FULLNAME_CAPACITY];
    UErrorCode code = U_ZERO_ERROR;
    int32_t parsed = 0;
    *out = 0;
    uloc_forLanguageTag(locale, id, sizeof id, &parsed, &code);
    if (U_FAILURE(code) || code == U_STRING_NOT_TERMINATED_WARNING || !parsed) return out;
    uloc_getCountry(id, out, 4, &code);
    if (U_FAILURE(code)) *out = 0;
    return out;
}

mr_status zones_plausible(const char *locale, const char *const *company, size_t company_n, int64_t from_us, int64_t to_us, arena *in, contact_zone **out, size_t *n, mr_error *err) {
    zone_set s = {.from_us = from_us, .to_us = to_us, .in = in};
    mr_status status = MR_OK;
    char tag[64], country[4];
    size_t len = strlen(locale);
    for (size_t i = 0; i <= len && i < sizeof tag; i++) tag[i] = locale[i] == '_' ? '-' : locale[i]; /* de_DE as many write it */
    zone_country(len < sizeof tag ? tag : "", country);
    if (*country) status = set_enumerate(&s, country, err);
    for (size_t i = 0, own = !s.n; own && i < company_n && status == MR_OK; i++)
        if (zone_known(company[i])) status = set_add(&s, company[i], err);
    if (status == MR_OK && !s.n) status = set_enumerate(&s, NULL, err);
    if (status == MR_OK && !s.n) status = set_add(&s, "UTC", err);
    *out = s.zone;
    *n = s.n;
    return status;
}
