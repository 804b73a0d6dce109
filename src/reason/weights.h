/* How strongly a signal speaks for a reason, and which reason the signals of a customer speak for most.
 *
 * Weights of evidence (Good 1950): a signal s that fires speaks for reason r with log q(r, s) / q(unknown, s), where q is how often s fires among those who leave for
 * r. Nobody knows who left for what; so the leavers are taken as a mixture of the taxonomy's reasons and of `unknown`, whose signals
 * fire independently (latent classes: Lazarsfeld & Henry 1968), fitted by EM (Dempster, Laird & Rubin 1977) from what signals.def expects: a signal fires among its own
 * reason's leavers, and elsewhere as often as among stayers. Rates are shrunk to that: a base with few leavers has the defaults. A signal that every leaver
 * shows, whatever the reason, so comes to weigh nothing, and one that goes along with another reason speaks for that one too.
 */
#ifndef REASON_WEIGHTS_H
#define REASON_WEIGHTS_H

#include "signals.h"

typedef struct weights {
    double fired[REASONS][SIGNALS];  /* weight of evidence where it fires; 0 in the rows of none and unknown */
    double absent[REASONS][SIGNALS]; /* where it does not */
    double rate[REASONS][SIGNALS];   /* q */
    double share[REASONS];           /* of leavers; of unknown: whom no reason explains */
    double leavers[SIGNALS], stayers[SIGNALS]; /* how often it fires among them; NaN not measured */
    uint64_t leavers_n, stayers_n;
    double age[SIGNALS];             /* days that its evidence is old when they leave, on average; weights count in full up to it */
} weights;

#define WEIGHTS_ENOUGH 50 /* leavers and stayers: below, the defaults */

void weights_default(weights *out);
/* From each leaver's signals when they left (a bit each) and how many of `stayers` customers who stayed showed each. pattern is sorted in place. Below
 * WEIGHTS_ENOUGH of either the defaults, with what was counted. MR_ENOMEM. */
mr_status weights_fit(uint64_t *pattern, size_t leavers, const uint64_t stayers_fired[SIGNALS], uint64_t stayers, const mr_alloc *alloc, weights *out,
                      mr_error *err);

uint64_t weights_pattern(const signal_hit *hit, size_t n); /* a bit for each signal that fires */

typedef struct attribution {
    double sum[REASONS];      /* of weights, faded by age; 0 without a signal of their own */
    double strength[REASONS]; /* sum, and what the absence of signals says: log of how many times as likely all this is for that reason as for none; 0
                                 where sum is 0 */
    reason top, second;       /* the likeliest by strength and share; unknown where none reaches WEIGHTS_NAMED and WEIGHTS_LEAST, or two are even */
} attribution;

#define WEIGHTS_NAMED 0.6931471805599453 /* log 2: the signals are twice as likely with the reason as without */
#define WEIGHTS_LEAST (-2.5)             /* log odds against no known reason, how common each is counted in: one in twelve at least */

/* As of `day`: evidence fades by half in each half-life of its signal. */
void weights_attribute(const weights *w, const signal_hit *hit, size_t n, int32_t day, attribution *out);
/* The factor that age leaves of a hit's weight, in (0, 1]. */
double weights_fade(const weights *w, const signal_hit *h, int32_t day);

#endif
