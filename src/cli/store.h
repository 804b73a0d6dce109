/* What every command on a ledger shares: --db and the clock. */
#ifndef CLI_STORE_H
#define CLI_STORE_H

#include "command.h"

typedef struct store_options {
    const char *url; /* --db, else MARRAM_DB, else marram.db */
} store_options;

#define STORE_HELP "  --db URL                  the ledger: a path, sqlite:PATH or postgres://... (MARRAM_DB, else marram.db)\n"

void store_begin(store_options *o);
/* 1: the option was --db and is read; 0: it is not; -1: it is, and has no value (reported). */
int store_option(option_reader *r, const char *option, store_options *o);
/* Is that file the ledger itself (SQLite)? Then it must not be written over. */
bool store_is(const store_options *o, const char *path);
/* How long a server that went away is waited for, in milliseconds: MARRAM_WAIT=SECONDS, else 0: as long as db.h says. */
int wait_ms(void);
/* A time such as 2026-11-23T09:00:00Z; false after having reported. */
bool option_time(option_reader *r, int64_t *us);
/* The clock, or MARRAM_NOW=2026-11-22T10:00:00Z where set; microseconds UTC. */
int64_t now_us(void);

#endif
