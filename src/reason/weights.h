/* How strongly signals speak for a reason, and which reason the signals of a customer speak for most.
 *
 * Nobody knows who left for what; so those who left are taken as a mixture of the taxonomy's reasons and of `unknown` (latent classes: Lazarsfeld & Henry 1968),
 * fitted by EM (Dempster, Laird & Rubin 1977), and a signal's weight is the log of how much more often it fires in one class than in another (Good 1950).
 * Three things keep the classes to what their names say:
 *
 *   - who belongs to a reason shows a signal of its own; signals of other reasons may go along with it, as often as the data say and no sooner;
 *   - a reason's signals also come together by accident, among those who stay: `misled` is how often, and no evidence of one reason, however much of it,
 *     speaks louder than 1 / misled;
 *   - evidence has an age: how old it is when they leave for the reason, against how old it is otherwise. Fresher evidence never counts for less. */
#ifndef REASON_WEIGHTS_H
#define REASON_WEIGHTS_H

#include "signals.h"

#define WEIGHTS_ENOUGH 50 /* leavers and stayers: below, the defaults */
#define WEIGHTS_AGES 9    /* intervals of age: weights_age */
#define WEIGHTS_OWN 6     /* signals that a reason may have */

typedef struct weights_hit {
    uint8_t signal;
    uint16_t age_days;
} weights_hit;

/* A customer's signals on one day. */
typedef struct weights_row {
    const weights_hit *hit;
    size_t n;
} weights_row;

typedef struct weights {
    double rate[REASONS][SIGNALS]; /* q: how often it fires among those who leave for r; of unknown: among those whom nothing drives */
    double share[REASONS];         /* of leavers; of unknown: whom no reason explains */
    double misled[REASONS];        /* how often its signals come by accident, all at once */
    double age[SIGNALS][WEIGHTS_AGES]; /* log of how much likelier that age is when it is the reason than when it is not */
    double leavers[SIGNALS], stayers[SIGNALS]; /* how often it fires among them; NaN not measured */
    double belong[REASONS];                    /* leavers that the fit puts there, a sum of chances; 0 not measured */
    uint64_t leavers_n, stayers_n;
    /* Logs of the above, for weights_attribute. */
    double yes[REASONS][SIGNALS], no[REASONS][SIGNALS]; /* log q, log (1 - q) */
    double quiet[REASONS][REASONS];                     /* [r][b]: the log chance among those who leave for r that no signal of b fires */
    double silence[REASONS];                            /* the sum of those over all b but r */
    uint64_t own[REASONS];                              /* its signals, a bit each */
} weights;

/* Those who stayed, counted one by one in any order. */
typedef struct weights_stayers {
    uint64_t n, fired[SIGNALS], age[SIGNALS][WEIGHTS_AGES];
    uint64_t together[REASONS][1 << WEIGHTS_OWN]; /* which of a reason's signals, by their order */
    uint64_t any[REASONS], beside[REASONS][SIGNALS]; /* any of a reason's; and of those, how often each signal */
} weights_stayers;
void weights_stayer(weights_stayers *c, const weights_row *row);

void weights_default(weights *out);
/* Below WEIGHTS_ENOUGH of either the defaults, with what was counted. The same bits in whatever order the leavers come. MR_ENOMEM. */
mr_status weights_fit(const weights_row *leaver, size_t leavers, const weights_stayers *stayers, const mr_alloc *alloc, weights *out, mr_error *err);

/* The weight of a signal of age `age_days` for its own reason against none that is known, on its own. */
typedef struct weights_weight {
    double value, low, high; /* logs; 95 %. NaN bounds: a default, not measured */
} weights_weight;
weights_weight weights_of(const weights *w, int signal, int32_t age_days);

typedef struct attribution {
    double strength[REASONS]; /* log of how many times as likely all that fires, and all that does not, is for that reason as for none; 0 where no signal of its own
                                 fires, or more speaks against it */
    double low[REASONS], high[REASONS]; /* of strength, 95 %; NaN: by defaults, not measured */
    double chance[REASONS];   /* given that they leave: of each reason, and of unknown; they add up to 1 */
    reason top, second;       /* the likeliest; unknown where none reaches WEIGHTS_NAMED and WEIGHTS_LEAST, or two are even */
} attribution;

#define WEIGHTS_NAMED 0.6931471805599453 /* log 2: the signals are twice as likely with the reason as without */
#define WEIGHTS_LEAST (-0.5)             /* log odds against no known reason, how common each is counted in */

void weights_attribute(const weights *w, const weights_row *row, attribution *out);

/* --- for weights_fit --- */
int weights_age(int32_t age_days);           /* which interval */
double weights_age_from(int age);            /* where it begins, in days */
void weights_settle(weights *w);             /* the logs */
/* The log of the chance of these signals, ages[s] the interval of signal s, among those who leave for r, a factor aside that is the same for every r.
 * clean[b], where not NULL: for each other reason of which signals fire, the chance that they are no whole set of false traces. */
double weights_chance(const weights *w, uint64_t pattern, const uint8_t ages[SIGNALS], int r, double clean[REASONS]);
double weights_default_age(int signal, int age); /* before the base says: half in each half-life past the first month */
#define WEIGHTS_FLOOR 0.002   /* no signal is impossible: one in five hundred is a mistake in the data */
#define WEIGHTS_OWN_RATE 0.4  /* of those who leave for a reason show a signal of it, before the base says */
#define WEIGHTS_MISLED 0.01   /* show a reason's traces and have not got it, before the base says */

#endif
