/* What the files of sending share. */
#ifndef PROGRAMME_SENDING_IMPL_H
#define PROGRAMME_SENDING_IMPL_H

#include "sending.h"

#include <rate.h>
#include <smtp.h>

#define SENDING_MINUTE_US INT64_C(60000000)
#define SENDING_HOUR_US INT64_C(3600000000)

typedef struct sending {
    ledger *l;
    const config *c;
    const sending_options *o;
    sending_counts *counts;
    whole w;
    zone_cache zones;
    rate *rates;
    smtp_session *smtp; /* NULL: not opened */
    text_buffer bytes;
    bool halted[CONTACT_CHANNELS]; /* our own account or server is refused: nothing more goes that way in this run */
} sending;

typedef enum sending_word { SENDING_GO, SENDING_WAIT, SENDING_STOP } sending_word;
/* The gate, once more, as of now; reads the customer into s->w. */
mr_status sending_may_go(sending *s, const message_row *m, sending_word *out, gate_verdict *v, mr_error *err);
/* It said no: cancelled, and the action failed. */
mr_status sending_stop(sending *s, const message_row *m, const gate_verdict *v, mr_error *err);

/* Twice as long each time, up to a day, and up to a fifth more by the message's own number, so that they do not all come back at once. */
int64_t sending_again_us(const sending *s, const message_row *m);
/* Never at the first try, however long it had waited for that. */
bool sending_given_up(const sending *s, const message_row *m);
/* Our settings can stand in no message: it waits for better ones. */
mr_status sending_lacks(sending *s, const message_row *m, const char *why, mr_error *err);
/* Nothing more goes that way in this run. */
void sending_halt(sending *s, contact_channel channel, const char *why);

/* sending_sms.c */
mr_status sending_sms(sending *s, const message_row *m, mr_error *err);

#endif
