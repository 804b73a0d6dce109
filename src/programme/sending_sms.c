/* An SMS on its way: at most once, as e-mail. */
#include "sending_impl.h"

#include "sms_way.h"

#include <actions.h>
#include <error.h>

#include <stdio.h>
#include <string.h>

/* A refusal for good that does not say the number may be about our settings as well as about the message: tried again, as what is refused for now, and no number is given up for it. */
static mr_status settle(sending *s, const message_row *m, const sms_answer *a, mr_error *err) {
    bool ours = false, over = sending_given_up(s, m);
    mr_status status = MR_OK;
    int64_t again_us = sending_again_us(s, m), asked_us = s->o->now_us + a->retry_after_s * 1000000;
    switch (a->result == SMS_NEVER && !a->number ? SMS_LATER : a->result) {
    case SMS_SENT:
        status = outbox_sent(s->l, m->customer_id, m->id, s->o->now_us, a->said, &ours, err);
        s->counts->sent += ours;
        break;
    case SMS_UNSURE:
        status = outbox_uncertain(s->l, m->customer_id, m->id, a->said, &ours, err);
        s->counts->uncertain += ours;
        break;
    case SMS_LATER:
        if (!over) status = outbox_again(s->l, m->customer_id, m->id, again_us > asked_us ? again_us : asked_us, a->said, &ours, err);
        else status = outbox_refused(s->l, m->customer_id, m->id, s->o->now_us, a->said, OUTBOX_NO_BOUNCE, &ours, err);
        *(over ? &s->counts->refused : &s->counts->later) += ours;
        if (a->result == SMS_LATER) sending_halt(s, CONTACT_sms, a->said); /* every other would fare the same */
        break;
    case SMS_NEVER:
        status = outbox_refused(s->l, m->customer_id, m->id, s->o->now_us, a->said, OUTBOX_HARD_BOUNCE, &ours, err);
        s->counts->refused += ours;
        break;
    }
    return status;
}

mr_status sending_sms(sending *s, const message_row *m, mr_error *err) {
    const sms_gateway g = sms_way_gateway(s->c);
    sms_answer a = {.result = SMS_NEVER};
    char number[PHONE_E164], id[17];
    bool settings = true, ours = false;
    mr_error why = {0};
    mr_status status = sms_check(&g, &why);
    if (status == MR_OK) status = sms_way_number(s->c, m->address, number, &settings, &why);
    if (status == MR_EDATA && settings) return sending_lacks(s, m, why.message, err);
    if (status != MR_OK && status != MR_EDATA) return err ? *err = why, status : status;
    bool dialled = status == MR_OK;
    a.number = !dialled;
    snprintf(a.said, sizeof a.said, "%.500s", why.message);
    status = outbox_sending(s->l, m->customer_id, m->id, s->o->sender, s->o->now_us, &ours, err);
    if (status != MR_OK || !ours) return status;
    if (dialled) status = sms_send(&g, number, m->plain, action_id_text(m->id, id), &a, &why);
    if (status == MR_EDATA) { /* not connected yet: the words are no UTF-8, or a secret went away just now */
        a = (sms_answer){.result = SMS_LATER};
        snprintf(a.said, sizeof a.said, "%.500s", why.message);
        status = MR_OK;
    }
    if (status != MR_OK) return err ? *err = why, status : status;
    return settle(s, m, &a, err);
}
