/* marram backtest --leaving. */
#ifndef CLI_BACKTEST_LEAVING_H
#define CLI_BACKTEST_LEAVING_H

#include <leaving_backtest.h>

/* The whole command; argv as command_backtest got it. */
int backtest_leaving(int argc, char **argv);

void backtest_leaving_print(const leaving_backtest *b);
int backtest_leaving_json(const leaving_backtest *b);

#endif
