/* Asking the gate about a customer as they are, and keeping what it answered. Nothing reaches a customer but through here. */
#ifndef PROGRAMME_GATE_H
#define PROGRAMME_GATE_H

#include "known.h"

#include <gate_answers.h>

typedef struct gate_request {
    int64_t contact_id;      /* 0: whoever of the account may be reached soonest */
    contact_purpose purpose;
    int channel;             /* -1: the way they like best */
    const char *topic, *content, *language; /* "" none; language: of the message, "" as theirs */
    int64_t at_us, action_id;
} gate_request;

typedef struct gate_verdict {
    gate_request asked;
    contact_verdict verdict;
    int64_t at_us, contact_id;
    contact_channel channel;
    bool as_task;            /* the way they like best is a person's affair: a call, a visit, a letter, or an SMS where the settings have no gateway */
    const char *rule;        /* "" none */
    char text[256];
} gate_verdict;

/* w may be looked into (bodies). MR_EDATA: no such contact. */
mr_status gate_ask(whole *w, const config *c, zone_cache *zones, const gate_request *q, gate_verdict *out, mr_error *err);
/* Every rule by itself, of the contact and channel that *out speaks of: finding[CONTACT_RULES]. */
mr_status gate_explain(whole *w, const config *c, zone_cache *zones, const gate_verdict *v, contact_finding *finding, mr_error *err);
/* In a write transaction. */
mr_status gate_store(ledger *l, const whole *w, const gate_verdict *v, mr_error *err);
/* The row it stores; its texts are v's. */
gate_answer gate_answer_of(const whole *w, const gate_verdict *v);

#endif
