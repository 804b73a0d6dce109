/* Signs of life, without contracts: the days on which a customer was surely there, and how long they may have stayed after each. docs/methods/moments.md. */
#ifndef LEARN_MOMENTS_SIGNS_H
#define LEARN_MOMENTS_SIGNS_H

#include <gaps.h>
#include <rng.h>
#include <trace.h>

enum { SIGNS_PARTS = 16 }; /* of the days after a sign on which leaving would show, so many are looked at */

typedef struct sign {
    int32_t day;
    int32_t passed;      /* days since the last order: 0, it is one */
    uint32_t before;     /* gaps between orders by then, and their sum */
    double before_days;
} sign;

/* Orders (days with one), and the cases and complaints of a customer who is still likely to order; known by `until`, in order of days, each day once.
 * Returns how many there are; writes the first `room`. */
size_t signs_of(const trace *t, const gap_law *law, int32_t until, sign *out, size_t room);

typedef struct sign_days {
    int32_t day[SIGNS_PARTS]; /* ascending */
    uint32_t n;               /* 0: the days until `until` are too few to tell silence from a gap */
    double exposure;          /* days each stands for, times the chance that the next order was not due yet */
    double still;             /* the chance that nothing would be seen by `until` of who has not left */
} sign_days;

/* A sample of the days after a sign, each as likely to be taken as its exposure. */
void signs_days(const sign *s, const gap_law *law, int32_t until, rng *r, sign_days *out);

/* Completed gaps of a sample of customers, drawn by a hash of theirs. */
typedef struct gap_sample {
    gap_seen *gap;
    uint64_t *hash;
    size_t n, room;
    uint64_t below; /* hashes from here on are not taken */
} gap_sample;

/* Takes a customer's first gaps; until TRACE_NO_DAY: not known yet. `longest` holds the day the gap began on: gap_sample_end brings it to days. */
mr_status gap_sample_take(gap_sample *s, const trace *t, uint64_t hash, int32_t until, mr_error *err);
void gap_sample_end(gap_sample *s, int32_t until);
void gap_sample_free(gap_sample *s);

#endif
