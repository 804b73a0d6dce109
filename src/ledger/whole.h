/* One customer, whole, as of one moment: what programmes and the gate look at. */
#ifndef LEDGER_WHOLE_H
#define LEDGER_WHOLE_H

#include "actions.h"
#include "history.h"
#include "outbox.h"
#include "traces.h"

#define WHOLE_NO_TIME INT64_MIN

typedef struct whole_contact {
    int64_t id;
    const char *external_id, *name, *email, *phone, *role, *authority, *channels, *time_zone, *locale;
    int32_t joined_day, left_day; /* TRACE_NO_DAY: not known, or still there */
} whole_contact;

typedef struct whole_case {
    int64_t id;
    const char *number, *subject, *severity;
    bool open;
    int64_t opened_us, first_response_us, resolved_us; /* WHOLE_NO_TIME: none */
    int64_t reopenings;
} whole_case;

typedef enum whole_promise_state { WHOLE_PROMISE_OPEN = 1, WHOLE_PROMISE_KEPT, WHOLE_PROMISE_BROKEN } whole_promise_state;

typedef struct whole_promise {
    int64_t id;
    const char *number, *what, *by_whom;
    int state;
    int64_t made_us, due_us, settled_us; /* WHOLE_NO_TIME: none */
} whole_promise;

typedef enum whole_contract_state { WHOLE_CONTRACT_RUNNING = 1, WHOLE_CONTRACT_NOTICE, WHOLE_CONTRACT_ENDED } whole_contract_state;

typedef struct whole_contract {
    int64_t id;
    const char *number, *product;
    int state;
    int32_t start_day, renewal_day, notice_days, end_day; /* TRACE_NO_DAY: not given; notice_days -1 */
    int64_t seats;                                        /* 0 not given */
    int64_t price_minor;
    const char *currency;
    int32_t period_months;                                /* 0 not given */
} whole_contract;

typedef action_row whole_action;
typedef message_row whole_message;

typedef struct whole { /* start from {0}; every text is there, "" where nothing is known */
    int64_t customer_id;
    int kind; /* 0 not known, 1 person, 2 company */
    const char *external_id, *source, *name, *email, *phone, *address, *tier, *segment, *time_zone, *locale, *owner_sales, *owner_operations;
    const json_t *attributes; /* NULL none */
    history h; /* all events in order */
    trace t;   /* t.event[i] is of h.events[i] */
    whole_contact *contacts; /* this and those below: by id */
    size_t contacts_n;
    whole_case *cases;
    size_t cases_n;
    whole_promise *promises;
    size_t promises_n;
    whole_contract *contracts;
    size_t contracts_n;
    whole_action *actions; /* of all states */
    size_t actions_n;
    whole_message *messages; /* without their texts */
    size_t messages_n;
    /* Of the newest forecast; 0 and "" where there is none. */
    int64_t scored_us, value_at_risk_minor, value_minor;
    double p_order, p_alive, rhythm_days;
    const char *value_currency, *stage;

    /* What belongs to whole.c. */
    arena text;
    action_rows action_store;
    message_rows message_store;
    trace_builder builder;
    trace_options money;
    currency_rates rates;
    int64_t birth_us;
    bool prepared; /* rates and birth are known */
    json_t **bodies;
    size_t bodies_n, bodies_capacity, contacts_capacity, cases_capacity, promises_capacity, contracts_capacity;
    json_t *attributes_tree;
} whole;

/* What w held is gone; its memory is used again. A read transaction of its own, or inside the caller's. The ledger's birth and rates are read with
 * the first one and kept. MR_EDATA: there is no such customer; a merged customer's number is nobody. The trace's amounts are in the rates' own currency, else
 * in the first the customer paid in; where they paid in several and nothing says how to add them, all amounts of the trace are 0. */
mr_status whole_read(ledger *l, int64_t customer_id, whole *w, mr_error *err);
/* The same of customer_id[n] into w[n], each from {0}: a server is asked no more often than for one. there[n] false: there is no such customer. */
mr_status whole_read_all(ledger *l, const int64_t *customer_id, size_t n, whole *w, bool *there, mr_error *err);
/* The body of h.events[event], parsed once; NULL: none. Lives as long as what w holds. */
const json_t *whole_body(whole *w, size_t event);
/* By their id; NULL: none. */
const whole_contact *whole_contact_of(const whole *w, int64_t id);
const whole_case *whole_case_of(const whole *w, int64_t id);
const whole_promise *whole_promise_of(const whole *w, int64_t id);
const whole_contract *whole_contract_of(const whole *w, int64_t id);
const whole_action *whole_action_of(const whole *w, int64_t id);
/* The action this would be, under whatever id: one that came with a merge has the id its customer gave it. NULL: none. */
const whole_action *whole_action_like(const whole *w, const char *programme, const char *step, int64_t subject_id, int64_t occasion);
const whole_message *whole_message_of(const whole *w, int64_t id);
void whole_free(whole *w);

#endif
