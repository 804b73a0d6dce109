/* The ledger: one memory of every customer, on whatever store the URL names.
 *
 * A ledger is one connection and is used by one thread at a time; open another for another thread. Writing goes through append.h (one event at a
 * time, durable) or bulk.h (many, sorted); reading whole histories through scan.h. */
#ifndef LEDGER_H
#define LEDGER_H

#include <db.h>
#include <event.h>

#define LEDGER_KEY_BYTES 16
#define LEDGER_ID_LIMIT 512      /* bytes of an identifier */
#define LEDGER_BODY_LIMIT 1048576 /* bytes of an event's body */

typedef struct ledger {
    db *d;
    char *url;
    unsigned char key[LEDGER_KEY_BYTES]; /* of every hash; made at init */
    bool distributed;
    bool acting;       /* somebody acts on it, as far as is known here (looks.h) */
    struct hook_endpoints *hooks; /* who is told by webhook, as far as is known here; NULL: not asked yet (hooks_queue.h) */
    unsigned ref_bits; /* of a ref, 63; fewer only in tests of what happens when two identifiers have one hash */
} ledger;

typedef struct ledger_init_options {
    const char *key;  /* 32 hexadecimal digits; NULL: random */
    bool distributed; /* Citus */
    int64_t now_us;
} ledger_init_options;

/* Makes the schema and the key. Idempotent; another key than the one that is there is MR_EDATA. */
mr_status ledger_init(const char *url, const ledger_init_options *options, mr_error *err);
/* options NULL: read and write, durable. MR_EDATA where the schema is not this program's, with the way out. */
mr_status ledger_open(const char *url, const db_options *options, ledger **out, mr_error *err);
/* For reading: also where the store takes no writes. Where it does it is opened for them, as SQLite leaves its -wal and -shm behind otherwise. */
mr_status ledger_open_reading(const char *url, ledger **out, mr_error *err);
void ledger_close(ledger *l);

/* --- identities: keyed 64-bit hashes (SipHash-2-4), the same on both stores and in every importer --- */
typedef struct ledger_domain {
    uint64_t hash; /* of (purpose, source); what follows is hashed behind it */
} ledger_domain;
/* purpose: "customer", "event", "subject", "contact", "line" ... */
ledger_domain ledger_domain_of(const ledger *l, const char *purpose, const char *source);
int64_t ledger_hash(const ledger *l, ledger_domain domain, const char *text, size_t len);
/* 63 bits, so never negative, never 0. salt: 0, or the next one where two identifiers have the same hash. */
int64_t ledger_ref(const ledger *l, ledger_domain customers, const char *external_id, size_t len, unsigned salt);
/* Never 0, which stands for none. kind: "case", "promise" ... (event_kind_row.subject). */
int64_t ledger_subject(const ledger *l, const char *source, const char *kind, const char *id, size_t len);

/* The source's number, a hash of its name; the row is made where it is not there. In a write transaction. */
mr_status ledger_source(ledger *l, const char *name, int32_t *id, mr_error *err);
int32_t ledger_source_number(const char *name);

/* One event on its way in. */
typedef struct ledger_event {
    int64_t customer_id;
    history_event e;
} ledger_event;

/* A line in the audit, no personal data in detail (JSON). In a write transaction. */
mr_status ledger_audit(ledger *l, int64_t at_us, const char *what, const char *detail, mr_error *err);

/* The first and one past the last customer_id of a part; `last` is inclusive. part 0 .. of - 1. */
void ledger_part(unsigned part, unsigned of, int64_t *first, int64_t *last);

#endif
