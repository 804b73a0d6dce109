/* How strongly signals speak for a reason, and which reason the signals of a customer speak for most.
 *
 * Nobody knows who left for what; so those who left are taken as a mixture of the taxonomy's reasons and of `unknown` (latent classes: Lazarsfeld & Henry 1968),
 * fitted by EM (Dempster, Laird & Rubin 1977), and a signal's weight is the log of how much more often it fires in one class than in another (Good 1950).
 * Three things keep the classes to what their names say:
 *
 *   - who belongs to a reason shows a signal of its own; signals of other reasons may go along with it, as often as the data say and no sooner;
 *   - a reason's signals also come together by accident: `base` is how often just these of them do in those whom it does not drive, and no evidence of one reason,
 *     however much of it, speaks louder than one over that;
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
    double rate[REASONS][SIGNALS]; /* q: how often it fires among those who leave for r; another's signals: if they show any because of it */
    double share[REASONS];         /* of leavers; of unknown: whom no reason explains */
    double base[REASONS][1 << WEIGHTS_OWN]; /* of those whom it does not drive show just these of its signals */
    double kin[REASONS][REASONS];  /* [r][b]: of those who leave for r show signals of b because of r */
    double age[SIGNALS][WEIGHTS_AGES]; /* log of how much likelier that age is when it is the reason than when it is not */
    double leavers[SIGNALS], stayers[SIGNALS]; /* how often it fires among them; NaN not measured */
    double belong[REASONS];                    /* leavers that the fit puts there, a sum of chances; 0 not measured */
    uint64_t leavers_n, stayers_n;
    /* Logs of the above, for weights_attribute. */
    double yes[REASONS][SIGNALS], no[REASONS][SIGNALS]; /* log q, log (1 - q) */
    double quiet[REASONS][REASONS];                     /* [r][b]: log of how much likelier than for none it is that no signal of b fires, if they leave for r */
    double silence[REASONS];                            /* the sum of those over all b but r */
    uint64_t own[REASONS];                              /* its signals, a bit each */
} weights;

/* Those who stayed, counted one by one in any order. */
typedef struct weights_stayers {
    uint64_t n, fired[SIGNALS], age[SIGNALS][WEIGHTS_AGES];
    uint64_t together[REASONS][1 << WEIGHTS_OWN]; /* which of a reason's signals, by their order */
    uint64_t beside[REASONS][1 << WEIGHTS_OWN][SIGNALS]; /* and with those of them, how often each signal */
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
    double chance[REASONS];   /* given that they leave: of each reason, and of unknown; they add up to 1. Of log odds counts WEIGHTS_TRUST */
    reason top, second;       /* the likeliest; unknown where none reaches WEIGHTS_NAMED and WEIGHTS_LEAST, or two are even */
} attribution;

#define WEIGHTS_NAMED 0.6931471805599453 /* log 2: the signals are twice as likely with the reason as without */
#define WEIGHTS_TRUST 0.7           /* signals come less independently than the sum of their logs takes them to: what is said with 70 % is right in 70 % */
#define WEIGHTS_LEAST (-0.5)             /* log odds against no known reason, how common each is counted in */

void weights_attribute(const weights *w, const weights_row *row, attribution *out);

/* --- for weights_fit --- */
int weights_age(int32_t age_days);           /* which interval */
double weights_age_from(int age);            /* where it begins, in days */
void weights_settle(weights *w);             /* the logs */
/* The log of how many times as likely these signals are, ages[s] the interval of signal s, if they leave for r than for none.
 * kin[b], where not NULL: for each other reason of which signals fire, the chance that r is why. */
double weights_ratio(const weights *w, uint64_t pattern, const uint8_t ages[SIGNALS], int r, double kin[REASONS]);
unsigned weights_together(uint64_t own, uint64_t pattern); /* which of a reason's signals, by their order */
double weights_rates(const weights *w, int r, int b, unsigned together); /* the log chance of these of b's signals, if they leave for r and show them because of it */
double weights_because(const weights *w, int r, int b); /* the chance of that in who shows none of b's signals */
/* What is to be expected of a base: a reason's signals one by one by chance, or all at once by accident. */
void weights_base(const weights *w, int r, const double chance[SIGNALS], double out[1 << WEIGHTS_OWN]);
double weights_default_age(int signal, int age); /* before the base says: half in each half-life past the first month */
#define WEIGHTS_FLOOR 0.002   /* no signal is impossible: one in five hundred is a mistake in the data */
#define WEIGHTS_OWN_RATE 0.4  /* of those who leave for a reason show a signal of it, before the base says */
#define WEIGHTS_MISLED 0.01   /* show a reason's traces and have not got it, before the base says */

#endif
