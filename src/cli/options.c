/* Reading a command line: every command's options look and fail alike. */
#include "columns_out.h"
#include "command.h"

#include "calendar.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int exit_code(mr_status status) {
    static const struct {
        mr_status status;
        int code;
    } table[] = {
        {MR_OK, EXIT_OK},          {MR_EINVAL, EXIT_USAGE},  {MR_EDATA, EXIT_DATA},
        {MR_ENOCONV, EXIT_FIT},    {MR_EBOUNDARY, EXIT_FIT}, {MR_EFLAT, EXIT_FIT},
        {MR_ENOMEM, EXIT_INTERNAL},{MR_ECANCELLED, EXIT_CANCELLED}, {MR_EIO, EXIT_IO},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].status == status) return table[i].code;
    return EXIT_INTERNAL;
}

int command_fail(const char *name, const mr_error *err) {
    if (err->code == MR_ECANCELLED) {
        /* Who has written something by then says so themselves. */
        if (!strncmp(err->message, "interrupted; ", 13)) print_error("marram %s: %s", name, err->message);
        else print_error("marram %s: interrupted; nothing was written", name);
    } else {
        print_error("marram %s: %s", name, err->message[0] ? err->message : mr_status_text(err->code));
    }
    return exit_code(err->code);
}

int command_usage(const char *name, const char *format, ...) {
    char words[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    print_error("marram %s: %s; see 'marram %s --help'", name, words, name);
    return EXIT_USAGE;
}

option_reader option_begin(const char *name, int argc, char **argv) {
    return (option_reader){.command = name, .argc = argc, .argv = argv, .at = 1};
}

const char *option_next(option_reader *r) {
    static _Thread_local char name[64];
    if (r->at >= r->argc) return NULL;
    char *arg = r->argv[r->at++];
    r->inline_value = NULL;
    if (!r->only_operands && !strcmp(arg, "--")) {
        r->only_operands = true;
        return option_next(r);
    }
    if (r->only_operands || arg[0] != '-' || !arg[1]) {
        r->inline_value = arg;
        r->current = "";
        return "";
    }
    char *equals = strncmp(arg, "--", 2) ? NULL : strchr(arg, '=');
    if (equals && (size_t)(equals - arg) < sizeof name) {
        memcpy(name, arg, (size_t)(equals - arg));
        name[equals - arg] = 0;
        r->inline_value = equals + 1;
        r->current = name;
    } else {
        r->current = arg;
    }
    return r->current;
}

bool option_is(const char *option, const char *name) {
    return !strcmp(option, name);
}

const char *option_value(option_reader *r) {
    if (r->inline_value) return r->inline_value;
    if (r->at < r->argc) return r->argv[r->at++];
    command_usage(r->command, "%s needs a value", r->current);
    return NULL;
}

bool option_double(option_reader *r, double low, double high, double *out) {
    const char *text = option_value(r);
    if (!text) return false;
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= low && value <= high)) {
        command_usage(r->command, "%s must be a number from %g to %g, not '%s'", r->current, low, high, text);
        return false;
    }
    *out = value;
    return true;
}

bool option_integer(option_reader *r, int64_t low, int64_t high, int64_t *out) {
    const char *text = option_value(r);
    if (!text) return false;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno || value < low || value > high) {
        command_usage(r->command, "%s must be a whole number from %lld to %lld, not '%s'", r->current, (long long)low,
                      (long long)high, text);
        return false;
    }
    *out = value;
    return true;
}

bool option_date(option_reader *r, int32_t *out) {
    const char *text = option_value(r);
    if (!text) return false;
    if (calendar_parse(text, strlen(text), out)) return true;
    command_usage(r->command, "%s must be a day as YYYY-MM-DD, not '%s'", r->current, text);
    return false;
}

bool option_today(option_reader *r, int32_t *out) {
    int32_t day;
    char text[11];
    if (!option_date(r, &day)) return false;
    if (day >= calendar_day(1900, 1, 1) && day <= calendar_day(2099, 12, 31)) {
        *out = day;
        return true;
    }
    command_usage(r->command, "%s must be a day from 1900-01-01 to 2099-12-31, not %s", r->current, calendar_text(day, text));
    return false;
}

bool option_is_past(const char *command, const char *option, int32_t day, int32_t today) {
    char text[11], now[11];
    if (day <= today || day == INT32_MAX) return true;
    command_usage(command, "%s %s is after today, %s: nothing is known of it", option, calendar_text(day, text), calendar_text(today, now));
    return false;
}

bool option_duration_days(option_reader *r, double *days) {
    static const struct {
        const char *unit;
        double days;
    } units[] = {{"", 1}, {"d", 1}, {"w", 7}, {"m", DAYS_PER_YEAR / 12}, {"y", DAYS_PER_YEAR}};
    const char *text = option_value(r);
    if (!text) return false;
    char *end;
    double value = strtod(text, &end);
    if (end != text && value > 0)
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (!strcmp(end, units[i].unit) && value * units[i].days <= 100 * DAYS_PER_YEAR) {
                *days = value * units[i].days;
                return true;
            }
    command_usage(r->command, "%s must be a length of time such as 90d, 13w, 6m or 1y, at most 100y, not '%s'", r->current, text);
    return false;
}

int option_unknown(option_reader *r, const char *option) {
    if (!*option) return command_usage(r->command, "takes no argument '%s'", option_value(r));
    return command_usage(r->command, "unknown option %s", option);
}
