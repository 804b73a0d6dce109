#include "store.h"

#include <body.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

void store_begin(store_options *o) {
    const char *url = getenv("MARRAM_DB");
    *o = (store_options){.url = url && *url ? url : "marram.db"};
}

int store_option(option_reader *r, const char *option, store_options *o) {
    if (!option_is(option, "--db")) return 0;
    o->url = option_value(r);
    return o->url ? 1 : -1;
}

bool store_is(const store_options *o, const char *path) {
    struct stat ledger, other;
    const char *file = strncmp(o->url, "sqlite:", 7) ? o->url : o->url + 7;
    return stat(file, &ledger) == 0 && stat(path, &other) == 0 && ledger.st_dev == other.st_dev && ledger.st_ino == other.st_ino;
}

bool option_time(option_reader *r, int64_t *us) {
    const char *value = option_value(r);
    if (!value) return false;
    if (time_read(value, strlen(value), us)) return true;
    command_usage(r->command, "%s must be a time such as 2026-11-23T09:00:00Z, not '%s'", r->current, value);
    return false;
}

int wait_ms(void) {
    const char *given = getenv("MARRAM_WAIT");
    double seconds = given ? strtod(given, NULL) : 0;
    return seconds > 0 && seconds < 1e6 ? (int)(1000 * seconds) : 0;
}

int64_t now_us(void) {
    const char *given = getenv("MARRAM_NOW");
    struct timespec t;
    int64_t us;
    if (given && time_read(given, strlen(given), &us)) return us;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
