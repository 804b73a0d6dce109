/* Whom a customer recommended us to, and what came of it. docs/programmes/delight.md.
 *
 * A referral_made names somebody (`referred`): by an identifier, or by an e-mail address. Whoever of our customers that is has become one by it if their first order or contract is not
 * before the day they were named, or if the event itself says so; else they were one already. */
#ifndef PROGRAMME_REFERRAL_H
#define PROGRAMME_REFERRAL_H

#include <arena.h>
#include <whole.h>

#define REFERRAL_FOLLOWED_DAYS 366 /* who is no customer after that is not looked up for thanks any more */
#define REFERRALS_LOOKED 64        /* of one customer, the latest: a look is bounded */
#define REFERRAL_CURRENCIES 4

typedef enum referral_state {
    REFERRAL_OPEN,      /* not a customer yet, or nobody we know */
    REFERRAL_CAME,      /* a customer by it */
    REFERRAL_BEFORE,    /* they were one already */
    REFERRAL_AMBIGUOUS, /* several customers are called that */
    REFERRAL_STATES
} referral_state;

typedef struct referral_money {
    char currency[4];
    int64_t minor; /* orders less refunds and returned goods */
} referral_money;

typedef struct referral {
    int64_t event_id, made_us;
    int32_t made_day;
    const char *referred; /* as said, "" nobody named */
    int64_t customer_id;  /* who that is; 0: nobody we know, or several */
    referral_state state;
    int32_t became_day;   /* REFERRAL_CAME: a customer since; else TRACE_NO_DAY */
    int64_t asked_us;     /* the last time the one who named them had been asked before; WHOLE_NO_TIME: never */
    int64_t orders, contracts; /* since; contracts that run */
    referral_money brought[REFERRAL_CURRENCIES]; /* by currency, as they came */
    size_t currencies;
    bool more;            /* and in further currencies */
} referral;

typedef struct referral_span {
    int64_t since_us, until_us; /* made then; what came of it: until until_us */
    size_t most;                /* the latest so many; 0: all */
} referral_span;

const char *referral_state_name(referral_state state);
/* Of the customer w, in the order they were named; whoever is named twice counts once, from the first time; who names themselves does not count. Looks up by identifier and by the e-mail address's
 * key, then reads that one's history. (*out)[*n] lies in `in`; its texts are w's. */
mr_status referrals_of(ledger *l, whole *w, const referral_span *span, arena *in, referral **out, size_t *n, mr_error *err);

#endif
