/* A command is one file and one row of commands.def: COMMAND(name, one-line summary). Its entry is command_<name>. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <marram/base.h>

/* Exit codes, documented in the man page. */
enum {
    EXIT_OK = 0,
    EXIT_INTERNAL = 1,  /* out of memory, a bug */
    EXIT_USAGE = 2,     /* unknown flag, missing argument */
    EXIT_DATA = 3,      /* the input is wrong; the message names file, line and field */
    EXIT_FIT = 4,       /* no model could be fitted */
    EXIT_IO = 5,        /* reading or writing failed: missing file, full disk */
    EXIT_CANCELLED = 130 /* Ctrl-C */
};

typedef struct cli_command {
    const char *name;
    const char *summary;
    int (*main)(int argc, char **argv); /* argv[0] is the command's name */
} cli_command;

extern const cli_command commands[];
extern const size_t commands_n;

/* Prints "marram NAME: message" on stderr and returns the exit code that fits the error's status. */
int command_fail(const char *name, const mr_error *err);
/* Prints "marram NAME: ..., see 'marram NAME --help'" on stderr; returns EXIT_USAGE. */
int command_usage(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- options: every command parses its own with these, so that they look and fail alike --- */
typedef struct option_reader {
    const char *command;
    int argc, at;
    char **argv;
    bool only_operands; /* after "--" */
    const char *inline_value;
    const char *current;
} option_reader;

option_reader option_begin(const char *name, int argc, char **argv);
/* The next argument: an option's name with its dashes ("--out"), "" for an operand (then option_value is it), NULL: the end.
 * Takes --name=value and --name value; "-" is an operand. */
const char *option_next(option_reader *r);
bool option_is(const char *option, const char *name);
/* The current option's value; NULL after having reported that it is missing. */
const char *option_value(option_reader *r);
/* Numbers with ranges; false after having reported. */
bool option_double(option_reader *r, double low, double high, double *out);
bool option_integer(option_reader *r, int64_t low, int64_t high, int64_t *out);
bool option_date(option_reader *r, int32_t *out);                       /* YYYY-MM-DD */
bool option_today(option_reader *r, int32_t *out);                      /* the day of --today: of a year that files may hold, 1900 to 2099 */
/* Does day lie behind today? Else false after having reported; INT32_MIN and INT32_MAX (not given) do. */
bool option_is_past(const char *command, const char *option, int32_t day, int32_t today);
bool option_duration_days(option_reader *r, double *days);              /* 39w, 90d, 6m, 1y; a bare number is days */
int option_unknown(option_reader *r, const char *option);               /* reports; EXIT_USAGE */

/* --- progress and Ctrl-C --- */
typedef struct progress_bar {
    const char *label;
    bool shown;
    bool bytes; /* what is done is counted in bytes: their rate is shown, or how many where the total is not known; else the time spent is */
    double started, last;
    uint64_t done; /* at the last tick: less of it is another pass over the same */
    unsigned pass;
} progress_bar;

/* Draws on stderr if it is a terminal, else stays silent. Use progress_tick as mr_progress with the bar as its ctx; it
 * returns non-zero once Ctrl-C or SIGTERM has come. */
void progress_begin(progress_bar *bar, const char *label);
int progress_tick(uint64_t done, uint64_t total, void *bar);
void progress_end(progress_bar *bar);
void interrupt_watch(void); /* installs the handlers; main calls it */
bool interrupted(void);
double monotonic_seconds(void);
int32_t today_utc(void); /* the day of the clock, or of MARRAM_TODAY=YYYY-MM-DD where set */

#endif
