/* Critical moments: at which points of which clock people leave more often than shortly before and after (docs/methods/moments.md).
 *
 * Functions are thread-safe; results are the same bits for any number of threads. */
#ifndef MARRAM_MOMENTS_H
#define MARRAM_MOMENTS_H

#include <marram/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MR_NO_BIN UINT16_MAX
enum { MR_MOST_CLOCKS = 32, MR_MOST_CLOCK_BINS = 4096, MR_MOST_MOMENTS = 12, MR_MOST_ALIASES = 4 };

typedef enum mr_clock_role {
    MR_CLOCK_CYCLE, /* a clock of the customer's own: its moments are critical moments */
    MR_CLOCK_DATE,  /* the calendar: what stands out there explains, and is no moment of a customer's cycle */
    MR_CLOCK_FACTOR /* weekday, day of the month: bins in no order, an effect each, never searched */
} mr_clock_role;

/* A clock and how it is searched. Where two clocks explain an excess equally well the earlier one of the array is believed. */
typedef struct mr_clock {
    const char *name;
    uint32_t bins;         /* 2 .. MR_MOST_CLOCK_BINS */
    uint32_t narrow, wide; /* windows searched, in bins: 1 <= narrow <= wide < bins (not for factors) */
    double knot;           /* the background has half waves of this many bins at least; 0: it is a level and a slope, both as near to nothing as the
                              data allow: for a clock that runs for some of the time only, from an event that need not matter */
    double steep;          /* > 0: the background may fall or rise steeply at first: a slope of log(bin - .75), bin 0 as 1, and waves of log(1 + bin / steep), too; else 0 */
    mr_clock_role role;
} mr_clock;

/* Who was under observation. Column c, row i: bin[c][i] < clock[c].bins, or MR_NO_BIN where the clock does not run.
 *
 * binary false: rates. Events are rows with event 1 (their exposure is not used); time under observation is in the other rows, each standing
 * for `exposure` days: all of them, or a sample drawn alike from all time under observation (Hanley & Miettinen's case-base sampling).
 * binary true: chances. Each row is a case and event its outcome; exposure is not used. Rows of one customer must not overlap in time.
 *
 * spells > 0, with binary false: nobody saw when, only between which days. Spell s is rows first[s] .. first[s + 1] - 1 (at least one; first[0] is 0, first[spells]
 * is n), all with event 1 or all 0; a row's exposure is the days it stands for, times the chance that an event in them would show. With 1: one event, in one of
 * its rows, each as likely as its exposure x rate, or none at all, as likely as still[s] >= 0. With 0: time under observation, and how such spells would look
 * with an event: still[s] by the same measure as their exposures. */
typedef struct mr_moment_rows {
    size_t n, clocks;
    const uint16_t *const *bin; /* [clocks][n] */
    const double *exposure;     /* [n] >= 0; NULL: 1 each */
    const unsigned char *event; /* [n] 0 or 1 */
    bool binary;
    size_t spells;              /* 0: it is known when */
    const size_t *first;        /* [spells + 1] */
    const double *still;        /* [spells] */
} mr_moment_rows;

typedef struct mr_moment_options {
    double level;        /* (0, .5]: the share of false moments that is accepted; where there are none, the chance of any */
    uint64_t seed;
    uint32_t replicates; /* of the bootstrap, 100 .. 1000000 */
    double least_ratio;  /* >= 1: an excess whose interval reaches below this ratio is not reported */
} mr_moment_options;

/* Another clock that stood out for the same reason. */
typedef struct mr_moment_alias {
    uint32_t clock, from, to;
    double centre;
    bool apart; /* the data tell the two apart: the likelihood is more than e^3 times as large with the moment's own clock */
} mr_moment_alias;

typedef struct mr_moment {
    uint32_t clock, from, to; /* bins from .. to - 1 */
    double centre, centre_low, centre_high; /* in bins, of the middle; the edges are between bins: bin 0 reaches from 0 to 1; interval at 90 % */
    double ratio, low, high;  /* hazard (binary: odds) to what it would be without the moment; interval at 95 % */
    double shrunk;            /* ratio less what being picked as the largest adds to it on average */
    double events, expected;  /* in the window; expected without the moment */
    double exposure;          /* in the window: days, binary: cases */
    double strength;          /* signed root of the likelihood ratio */
    double p, q;              /* of the clock's strongest window; adjusted for all clocks searched */
    uint32_t aliases;
    mr_moment_alias alias[MR_MOST_ALIASES];
} mr_moment;

typedef struct mr_moments {
    uint32_t n;
    mr_moment moment[MR_MOST_MOMENTS]; /* in the order they were found: the strongest first */
    double p[MR_MOST_CLOCKS];          /* of each clock at the first search; NaN: not searched */
    double events, exposure;
    double rate;                       /* events / exposure; binary: the share */
} mr_moments;

/* The hazard along a clock; columns [bins], NULL: not wanted. */
typedef struct mr_clock_curve {
    double *events, *exposure;
    double *hazard, *low, *high; /* smoothed over about `bandwidth` bins; pointwise interval at 95 %; NaN where nobody was seen */
    double *background;          /* what it would be without moments */
    double bandwidth;            /* in; > 0 */
} mr_clock_curve;

/* Finds moments. curves [clocks] or NULL. MR_EINVAL: options, clocks; MR_EDATA: rows, fewer than 30 events ("events"). */
MR_API mr_status mr_moments_find(const mr_moment_rows *rows, const mr_clock *clocks, const mr_moment_options *options, const mr_context *context,
                                 mr_moments *out, mr_clock_curve *curves, mr_error *err);

#ifdef __cplusplus
}
#endif
#endif
