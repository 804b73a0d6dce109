/* Commands that look at a whole base, in files or in a ledger: FILE... or --db URL. Files go through a ledger that lasts as long as the command. */
#ifndef CLI_BASE_SOURCE_H
#define CLI_BASE_SOURCE_H

#include "command.h"
#include "store.h"

#include <rates.h>
#include <temporary.h>

typedef struct base_source {
    const char **operands; /* room for argc */
    size_t operands_n;
    const char *db, *mapping, *rates_path;
    temporary_options files;
    bool file_option;      /* an option was given that says how files are read */
    bool today_given;
    /* once open */
    ledger *l;
    const char *url;
    currency_rates rates;  /* the ledger's, and those of --rates */
    temporary made;
} base_source;

#define BASE_SOURCE_USAGE "FILE... | --db URL"
#define BASE_SOURCE_HELP \
    "where the customers are:\n" \
    "  FILE...                   orders (CSV) or events (NDJSON); WHAT:FILE says which: contracts:FILE, cases:FILE, or a mapping's name\n" \
    "  --db URL                  the ledger: a path, sqlite:PATH or postgres://... (without files: MARRAM_DB, else marram.db)\n" \
    "  --rates FILE              CSV of currency,rate or currency,day,rate: to add amounts of several currencies\n" \
    "  --today DATE              nothing after this day is looked at (the clock's day)\n" \
    "how files are read (found out where not given):\n" \
    "  --mapping NAME-OR-FILE    which column is which field, of every FILE without a WHAT: a ready mapping or a YAML file (docs/mapping.md)\n" \
    "  --columns FIELD,...       the fields in file order, - to pass over a column\n" \
    "  --currency CODE           where neither a column nor a sign tells\n" \
    "  --date-format FORMAT      ymd, yyyymmdd, dmy or mdy\n" \
    "  --decimal SIGN            point or comma\n"

/* A command on a base: its options read one by one, its help shown, or the command run and the base closed. */
typedef struct base_command {
    const char *name, *help;
    base_source *source;         /* in the arguments, as `asked` is */
    const bool *asked;           /* for help */
    bool (*read)(option_reader *r, const char *option, void *arguments); /* false: wrong, and reported */
    int (*run)(void *arguments); /* checks them, opens the base, does it; exit code */
} base_command;
int base_command_run(const base_command *c, void *arguments, int argc, char **argv);

void base_source_begin(base_source *s, const char **operands);
/* 1: the option was one of these and is read; 0: it is not; -1: it is, and its value is wrong (reported). */
int base_source_option(option_reader *r, const char *option, base_source *s);
/* The only operand where it is a customer, not a file: with --db, or where no file has that name and there is a ledger to be taken without --db. It
 * is no operand from then on. NULL: there is none. Before base_source_open. */
const char *base_source_customer(base_source *s);
/* The ledger that commands take where none is named (MARRAM_DB, else marram.db), if there is one; NULL: none. */
const char *base_source_usual(void);
/* --db, else the ledger that the other commands would take, if there is one, into s->db; NULL: none. For what is written to a ledger. */
const char *base_source_ledger(base_source *s);
/* Opens for reading, with a progress bar where files are read. Exit code; whatever it is, base_source_close. */
int base_source_open(const char *command, base_source *s);
/* The day to look from, once open: --today; without it the clock's, or the last day anything happened where that is over a quarter ago. */
mr_status base_source_day(const base_source *s, int32_t *day, mr_error *err);
/* Is that file the ledger, or one of the files read? Then it must not be written over. */
bool base_source_is(const base_source *s, const char *path);
void base_source_close(base_source *s);

#endif
