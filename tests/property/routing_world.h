/* A save desk of half a year whose people's skills are planted: cases come each working day, whoever sees to one keeps the customer or does not, and nobody knows which until thirty days later. Each
 * has room for so many a day and is away now and then; the last of them joins late. What routing kept, against giving to everybody alike and against knowing the skills. */
#ifndef TESTS_ROUTING_WORLD_H
#define TESTS_ROUTING_WORLD_H

#include <routing.h>

enum { WORLD_MONTHS = 6, WORLD_PEOPLE = 8, WORLD_LATE = WORLD_PEOPLE - 1 };

#define WORLD_JOINS_DAY 63 /* working days from the beginning: the fourth month */

typedef enum world_policy { WORLD_ROUTING, WORLD_EQUAL, WORLD_ORACLE, WORLD_POLICIES } world_policy;

typedef struct world_result {
    double cases[WORLD_MONTHS];                          /* that came */
    double kept[WORLD_POLICIES][WORLD_MONTHS];           /* in expectation, by the true chances */
    double of[WORLD_POLICIES][WORLD_MONTHS][WORLD_PEOPLE]; /* cases of each */
    double random[WORLD_MONTHS];                         /* of routing's, at random */
} world_result;

/* a_day: cases on a working day. share: at random. MR_ENOMEM. */
mr_status world_run(uint64_t seed, int a_day, double share, world_result *out, mr_error *err);
/* Of a hundred cases, how many fewer a policy kept in a month than one that knows the skills. */
double world_regret(const world_result *r, world_policy policy, int month);

#endif
