/* A ledger on a store of its own, under a key that all tests share, and helpers to look into it. */
#ifndef TESTS_LEDGER_FIXTURE_H
#define TESTS_LEDGER_FIXTURE_H

#include "store.h"

#include <append.h>
#include <bulk.h>
#include <cycle.h>
#include <text.h>

#define TEST_KEY "000102030405060708090a0b0c0d0e0f"
#define TEST_NOW INT64_C(1700000000000000)
#define TEST_DAY_US INT64_C(86400000000)

/* Made and opened; ledger_close is the test's. */
ledger *fixture_ledger(const store *s);
ledger *fixture_open(const store *s);

/* An order of day `day`, `minor` cents, source id `id`; customer "c<customer>". Texts live until the next 64 calls. */
append_item fixture_order(ledger *l, unsigned customer, int day, int64_t minor, const char *id);
append_item fixture_event(ledger *l, unsigned customer, int day, event_kind kind, const char *id, const char *subject, const char *body);
void fixture_append(ledger *l, append_item *items, size_t n);
int64_t fixture_customer(ledger *l, unsigned customer);
cycle fixture_cycle(ledger *l, int64_t customer_id);
int64_t fixture_number(ledger *l, const char *sql); /* the one number a SELECT gives */
/* Every row and column of the tables that hold what is known, ordered, as text; recorded_at_us and versions left out. The caller's to free. */
char *fixture_dump(ledger *l);
/* Rows of one table, the same way, behind what is there. */
void fixture_dump_table(ledger *l, text_buffer *out, const char *table, const char *columns, const char *types, const char *order);
/* Does each cycle equal one built from its events? Fails the test where not. */
void fixture_check_cycles(ledger *l);

#endif
