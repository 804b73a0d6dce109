/* The plan of everybody who is due, as people read it: what programmes propose, ranked by what it is assumed to be worth, with what the gate makes of each. Filled by a dry tick. */
#ifndef PROGRAMME_PLAN_LIST_H
#define PROGRAMME_PLAN_LIST_H

#include "plan.h"

typedef enum plan_word { PLAN_WORD_DRAFT, PLAN_WORD_SEND, PLAN_WORD_LATER, PLAN_WORD_REFUSED, PLAN_WORD_TASK, PLAN_WORD_GIVEN_UP, PLAN_WORD_WAITS, PLAN_WORD_CUT, PLAN_WORDS } plan_word;

/* A candidate. Texts are its own, cut to fit. worth: value at risk (minor units) times the programme's assumed effect. */
typedef struct plan_candidate {
    int64_t customer_id, action_id, due_us, at_us; /* at_us: when the gate lets it, CONTACT_NEVER never; of what it was not asked about the due time */
    double worth, effect;
    int64_t value_minor;
    plan_word fate;
    bool urgent, asked; /* asked: the gate was */
    bool weighed, decided, planned; /* under budgets (weighing.h) */
    int how;
    double gain, error, cost, caution, net, probability, money, messages, hours;
    char why[200]; /* it is not chosen */
    char currency[4], who[64], programme[24], step[32], channel[12], owner[64], what[160], rule[16], detail[256];
} plan_candidate;

typedef struct plan_list {       /* start from {.limit = n}; every one of them where limit is 0 */
    size_t limit;
    const char *programme;       /* NULL: of all */
    plan_candidate *candidate;   /* after plan_list_end: the best `n`, by urgency and worth */
    size_t n, capacity, all;     /* all: that there were */
    size_t count[PLAN_WORDS];
    bool failed;                 /* no memory */
} plan_list;

/* An on_look of tick_options; ctx is the list. */
void plan_list_add(void *list, const look *k, const reconciled *r, const plan *p);
mr_status plan_list_end(plan_list *list, mr_error *err);
void plan_list_free(plan_list *list);

const char *plan_word_name(plan_word word); /* "draft", "send" ... */
plan_word plan_word_of(const plan *p, const action_row *a);
/* Does x go before y: the order in which the plan chooses? */
bool plan_candidate_before(const plan_candidate *x, const plan_candidate *y);

#endif
