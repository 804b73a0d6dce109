/* marram train, predict and explain on a ledger's histories: --db, or the usual ledger. */
#ifndef CLI_LEAVING_LEDGER_H
#define CLI_LEAVING_LEDGER_H

#include <stdbool.h>

/* Does an option stand among the arguments ("--db", "--db=URL")? */
bool asks_for(int argc, char **argv, const char *option);
/* Is a ledger meant, not a table? With --db; else where there is no FILE, nor one of these options ({..., NULL}) that are about tables alone. */
bool asks_for_ledger(int argc, char **argv, const char *const *of_tables);

int train_ledger(int argc, char **argv);
int predict_ledger(int argc, char **argv);
int explain_ledger(int argc, char **argv);

#endif
