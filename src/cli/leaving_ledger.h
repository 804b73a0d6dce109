/* marram train, predict and explain on a ledger's histories (--db). */
#ifndef CLI_LEAVING_LEDGER_H
#define CLI_LEAVING_LEDGER_H

#include <stdbool.h>

/* Does an option stand among the arguments ("--db", "--db=URL")? */
bool asks_for(int argc, char **argv, const char *option);

int train_ledger(int argc, char **argv);
int predict_ledger(int argc, char **argv);
int explain_ledger(int argc, char **argv);

#endif
