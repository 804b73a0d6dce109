#ifndef LEDGER_PAYLOAD_H
#define LEDGER_PAYLOAD_H
#include <marram/base.h>
mr_status payload_check(int kind, const char *body, size_t len, char *why, size_t room);
#endif
