/* A story: customers to whom things happen, and ticks, on a store of either kind. Times are texts as in "2026-03-02 10:00", UTC. */
#ifndef TESTS_STORY_H
#define TESTS_STORY_H

#include "store.h"

#include <append.h>
#include <programme.h>
#include <tasks.h>
#include <tick.h>

typedef struct story {
    ledger *l;
    refs refs;
    config c;
    knowledge known;
    int64_t now_us;
    unsigned events;
    tick_counts counts; /* of the last tick */
    json_t *list;       /* of the last question */
} story;

/* settings: YAML, "" the defaults. The company is in Berlin and at work 9 to 17 on weekdays unless they say otherwise. */
void story_begin(story *t, const store *s, const char *settings);
void story_end(story *t);
int64_t story_time(const char *text);

/* A customer with one contact, "Ann", who decides; email may be "". */
void story_customer(story *t, const char *id, const char *email);
/* kind's event of the customer at that time, known at once; subject "" or its number; body JSON. */
void story_event(story *t, const char *id, event_kind kind, const char *subject, const char *at, const char *body);
int64_t story_id(story *t, const char *customer);
void story_tick(story *t, const char *at);
/* Twice: the second changes nothing. The counts are the first one's. */
void story_ticks(story *t, const char *at);
/* How many events of that kind the customer has. */
unsigned story_count(story *t, const char *customer, event_kind kind);
/* Everything in the outbox goes, at the time of the last tick; how many. */
size_t story_send(story *t);

/* The action of a customer's programme and step, the newest; NULL: none. Lives until the next question. */
const json_t *story_action(story *t, const char *customer, const char *programme, const char *step);
const char *story_state(story *t, const char *customer, const char *programme, const char *step); /* "none" where there is none */
const char *story_owner(story *t, const char *customer, const char *programme, const char *step);
/* The task is done: by "Ann Test". sets: "name=value" up to a NULL. */
void story_done(story *t, const char *customer, const char *programme, const char *step, const char *note, ...);

#endif
