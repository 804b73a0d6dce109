/* Is a ledger whole? What the crash tests ask after each crash. All of these fail the test where it is not. */
#ifndef TESTS_LEDGER_SOUND_H
#define TESTS_LEDGER_SOUND_H

#include "fixture.h"
#include "load_events.h"

/* No event without its customer, no customer twice under one name, no cycle without its customer; every cycle is, byte for byte, the one its
 * events make, none is stale. grown: by appends alone, so no customer is without an event either. */
void sound_ledger(ledger *l, bool grown);
/* The rows that events project are those that projecting all events anew gives. Undone afterwards. */
void sound_projections(ledger *l);
/* Every page and index, by the store's own check. */
void sound_pages(ledger *l);
/* Each event acknowledged is there once, with what was sent; from: the first one to look for. */
void sound_acks(ledger *l, const load_acks *a, size_t from, unsigned pool);
/* Every column of every table but when a row was written and cycles' versions. The caller's to free. */
char *sound_dump(ledger *l);
/* Two dumps are the same; else fails with the first line that differs. */
void sound_same(const char *want, const char *got);
/* PostgreSQL: waits until whoever was killed has left the server. */
void sound_alone(ledger *l);

#endif
