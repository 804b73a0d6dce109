/* What the files of `marram db` share: db.c reads the command line, the others do one thing each. */
#ifndef CLI_DB_COMMAND_H
#define CLI_DB_COMMAND_H

#include "store.h"

#include <ledger.h>

#include <jansson.h>

typedef struct db_arguments {
    store_options store;
    ledger_init_options init;
    const char *action, *file, *erasures;
    bool yes, repair, quick, json, quiet, help;
} db_arguments;

/* Exit codes. */
int db_print_json(json_t *o); /* which it takes; NULL: there was no memory */
int db_status(const db_arguments *a);
int db_check(const db_arguments *a);
int db_backup_to(const db_arguments *a);
int db_restore_from(const db_arguments *a);

#endif
