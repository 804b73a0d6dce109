/* Made-up bases under contract for the search of critical moments: a background that makes it hard, and moments planted in it. */
#ifndef TESTS_MOMENTS_WORLD_H
#define TESTS_MOMENTS_WORLD_H

#include <marram/moments.h>

enum { SECOND_PROBLEM, RENEWAL, TENURE, ANNIVERSARY, CASE_OPENED, CASE_RESOLVED, PRICE_CHANGE, STAKEHOLDER, TOUCH, CALENDAR, SEASON, WEEKDAY, MONTHDAY, WORLD_CLOCKS };

typedef enum slope { FLAT, FALLING, WEIBULL, BATHTUB } slope;

typedef struct planted {
    int clock, from, to; /* bins */
    double ratio;
} planted;

typedef struct made_world {
    size_t customers;
    int days;             /* under observation */
    double daily;         /* rate of leaving */
    double frailty;       /* shape of a Gamma of mean 1; 0: all alike */
    slope slope;
    double season;        /* amplitude */
    bool weekdays;        /* hardly anybody leaves at weekends */
    bool month_starts;    /* contracts begin on the 1st, and leaving is written down at month ends */
    bool all_at_once;     /* everybody begins within the first 30 days */
    bool annual;          /* all contracts are of a year */
    bool troubled;        /* the frail have more problems */
    planted plant[4];
    int plants;
    uint64_t seed;
} made_world;

typedef struct world_rows {
    mr_moment_rows rows;
    uint16_t *block;
    const uint16_t *bin[WORLD_CLOCKS];
    double *exposure;
    unsigned char *event;
} world_rows;

extern const mr_clock world_clocks[WORLD_CLOCKS];

void world_make(const made_world *w, world_rows *out);
void world_free(world_rows *rows);

#endif
