/* Options of reading orders. */
#include "reader.h"

#include <stdio.h>
#include <string.h>

void reader_begin(reader_options *o, const char **paths) {
    *o = (reader_options){.ingest = {.today = today_utc(), .until = INT32_MAX}, .days_per_unit = 7, .paths = paths};
}

static int one_of(option_reader *r, const char *const *names, const char **out) {
    const char *text = option_value(r);
    if (!text) return -1;
    char all[128] = "";
    for (size_t i = 0; names[i]; i++) {
        if (!strcmp(names[i], text)) {
            *out = names[i];
            return 1;
        }
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", names[i]);
    }
    command_usage(r->command, "%s must be one of %s, not '%s'", r->current, all, text);
    return -1;
}

int reader_option(option_reader *r, const char *option, reader_options *o) {
    static const char *const presets[] = {"shopify", "woocommerce", NULL}, *const dates[] = {"ymd", "yyyymmdd", "dmy", "mdy", NULL},
                      *const decimals[] = {"point", "comma", NULL}, *const units[] = {"day", "week", NULL};
    if (!*option) {
        o->paths[o->paths_n++] = option_value(r);
        return 1;
    }
    if (option_is(option, "--columns")) return (o->ingest.columns = option_value(r)) ? 1 : -1;
    if (option_is(option, "--preset")) return one_of(r, presets, &o->ingest.preset);
    if (option_is(option, "--date-format")) return one_of(r, dates, &o->ingest.date_format);
    if (option_is(option, "--decimal")) return one_of(r, decimals, &o->ingest.decimal);
    if (option_is(option, "--until")) return option_date(r, &o->ingest.until) ? 1 : -1;
    if (option_is(option, "--today")) return option_today(r, &o->ingest.today) ? 1 : -1;
    if (option_is(option, "--threads")) return option_integer(r, 0, 1024, &o->threads) ? 1 : -1;
    if (option_is(option, "--unit")) {
        const char *unit;
        int got = one_of(r, units, &unit);
        if (got == 1) o->days_per_unit = !strcmp(unit, "day") ? 1 : 7;
        return got;
    }
    return 0;
}

int reader_read(const char *command, const reader_options *o, mr_pool *pool, ingest_orders *out) {
    if (!o->paths_n) return command_usage(command, "needs a file of orders, or - for standard input");
    progress_bar bar;
    mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
    mr_error err = {0};
    progress_begin(&bar, "reading");
    bar.bytes = true;
    mr_status status = ingest_orders_read(o->paths, o->paths_n, &o->ingest, &context, out, &err);
    progress_end(&bar);
    if (status == MR_OK) return EXIT_OK;
    err.code = status;
    return command_fail(command, &err);
}
