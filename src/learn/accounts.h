/* The accounts of a ledger: how each customer with a contract stands on a day, their spells, and the book of the base. One scan of the traces; as of
 * two days at once, so that what is said today can be held against what was said a while ago. */
#ifndef LEARN_ACCOUNTS_H
#define LEARN_ACCOUNTS_H

#include <arena.h>
#include <book.h>
#include <traces.h>

/* What a base is, before anything is counted. */
typedef struct accounts_survey {
    uint64_t customers, base, with_contracts, with_orders, events; /* base: customers with an order or a contract */
    int32_t first_day, last_day;   /* of events; TRACE_NO_DAY where there is none */
    int32_t first_contract;        /* start of the first contract */
    int32_t last_renewal;          /* the latest renewal date of all */
    uint64_t no_period;            /* contracts that give a price and not for how many months: taken for one */
    risk_mode mode;
} accounts_survey;

mr_status accounts_look(ledger *l, accounts_survey *out, mr_error *err);
/* The day to look from: today where a contract renews after it and something happened lately (or the base is so small that little ever happens), else the last day anything happened. */
int32_t accounts_until(const accounts_survey *s, int32_t today);

typedef struct account {
    int64_t customer_id;
    const char *id, *name, *tier, *segment, *owner_sales, *owner_operations, *email, *phone; /* "" not known */
    const char *stated; /* code of the reason stated for leaving, "" none */
    book_standing at;
    bool unlisted; /* objected: counted, and not listed by name */
} account;

typedef struct account_spell {
    int32_t days;        /* under contract, at least half a day (0: less than one) */
    int32_t ended;       /* the day it ended, or the last seen */
    uint32_t renewals;
    uint8_t ending;      /* book_ending */
    bool dated;          /* with a renewal date */
} account_spell;

typedef struct accounts {
    int32_t until;
    book book;
    account *row; /* all who ever had a contract by `until`, by identifier */
    size_t n, capacity;
    account_spell *spell;
    size_t spells, spells_capacity;
} accounts;

typedef struct accounts_reading {
    accounts now, before;   /* before.n 0 where `before` was not asked for */
    int32_t last_news;      /* the last day up to now.until of anything but an end; TRACE_NO_DAY none */
    arena text;
    char currency[4];       /* of all amounts; "" none */
} accounts_reading;

/* until; before: TRACE_NO_DAY for none. Freed by accounts_free, whatever comes. MR_EDATA: no contracts, amounts that cannot be added. */
mr_status accounts_read(ledger *l, const accounts_survey *s, int32_t until, int32_t before, const mr_context *context, accounts_reading *out, mr_error *err);
void accounts_free(accounts_reading *r);

#endif
