/* What comes of an e-mail that came in: the message of ours it is about is found by its token, and what it says becomes an event of the customer's. */
#ifndef DELIVER_RECEIVE_H
#define DELIVER_RECEIVE_H

#include "inbound.h"

#include <ledger.h>

typedef enum receive_fate {
    RECEIVE_RECORDED, /* an event is on record, or in a dry run would be */
    RECEIVE_REPEATED, /* it was there already */
    RECEIVE_NOTHING,  /* a machine's answer, a delivery that is only late: dealt with, and nothing to keep */
    RECEIVE_LEFT,     /* nobody of ours is named: for a person */
    RECEIVE_FATES
} receive_fate;

typedef struct received {
    inbound mail;        /* as it was read; freed by received_free */
    receive_fate fate;
    int64_t customer_id; /* 0: none, or several */
    int customers;       /* an unsubscribe without a token: all who have that address */
    bool hard;           /* of a bounce: the address is not used again */
    bool arrived;        /* the message it answers was uncertain: it is sent */
} received;

/* bytes: one message. domain: of company.from_email, "" any. Start *out from {0}; it is overwritten. A reply becomes `touch_in`, a bounce `bounce` (and the message refused), an
 * unsubscribe `consent_withdrawn` of marketing by e-mail. The same message again adds nothing: events are known by its Message-ID. dry_run: nothing is written (the ledger may be
 * open for reading). MR_EDATA: not readable (inbound_read); else what the ledger returns. */
mr_status receive_mail(ledger *l, const char *domain, const char *bytes, size_t len, int64_t now_us, bool dry_run, received *out, mr_error *err);
void received_free(received *r);
const char *receive_fate_text(receive_fate fate);

#endif
