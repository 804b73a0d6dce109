#include "sending_impl.h"

#include "sms_way.h"

#include <due.h>
#include <error.h>
#include <mail_write.h>
#include <secret.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 64

/* --- the gate, once more --- */

mr_status sending_may_go(sending *s, const message_row *m, sending_word *out, gate_verdict *v, mr_error *err) {
    int purpose = contact_purpose_find(m->purpose, strlen(m->purpose)), channel = contact_channel_find(m->channel, strlen(m->channel));
    *out = SENDING_STOP;
    *v = (gate_verdict){.rule = "", .at_us = CONTACT_NEVER};
    mr_status status = whole_read(s->l, m->customer_id, &s->w, err);
    if (status != MR_OK) return status;
    if (purpose < 0 || channel < 0 || (m->contact_id && !whole_contact_of(&s->w, m->contact_id))) {
        snprintf(v->text, sizeof v->text, "the contact it was for is not there any more");
        return MR_OK;
    }
    const gate_request q = {.contact_id = m->contact_id, .purpose = (contact_purpose)purpose, .channel = channel, .topic = m->topic, .content = m->content, .language = "", .at_us = s->o->now_us, .action_id = m->action_id};
    status = gate_ask(&s->w, s->c, &s->zones, &q, v, err);
    *out = v->verdict == CONTACT_NOW ? SENDING_GO : v->verdict == CONTACT_AT ? SENDING_WAIT : SENDING_STOP;
    return status;
}

typedef struct stop_work {
    sending *s;
    const message_row *m;
    const gate_verdict *v;
    bool ours;
} stop_work;

static mr_status stop_it(db *d, void *ctx, mr_error *err) {
    stop_work *w = ctx;
    bool changed;
    (void)d;
    mr_status status = outbox_cancel(w->s->l, w->m->customer_id, w->m->id, w->v->text, &w->ours, err);
    if (status == MR_OK && w->ours && w->m->action_id) {
        json_t *o = json_pack("{s:s,s:s,s:s}", "result", "stopped by the gate", "rule", w->v->rule, "detail", w->v->text);
        char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
        status = text ? action_state(w->s->l, w->m->customer_id, w->m->action_id, ACTION_IN(ACTION_OUTBOX), ACTION_FAILED, text, w->s->o->now_us, &changed, err) : error_memory(err, 512);
        free(text);
        json_decref(o);
    }
    if (status == MR_OK && w->ours && *w->v->rule) status = gate_store(w->s->l, &w->s->w, w->v, err);
    return status;
}

mr_status sending_stop(sending *s, const message_row *m, const gate_verdict *v, mr_error *err) {
    stop_work stop = {s, m, v, false};
    s->counts->stopped++;
    return s->o->dry_run ? MR_OK : db_transaction(s->l->d, DB_WRITE, stop_it, &stop, err);
}

/* --- what became of it --- */

int64_t sending_again_us(const sending *s, const message_row *m) {
    int64_t wait = s->c->delivery_retry_minutes * SENDING_MINUTE_US;
    for (int i = 0; i < m->attempts && wait < 24 * SENDING_HOUR_US; i++) wait *= 2;
    if (wait > 24 * SENDING_HOUR_US) wait = 24 * SENDING_HOUR_US;
    return s->o->now_us + wait + wait / 1000 * (int64_t)((uint64_t)m->id % 200);
}

bool sending_given_up(const sending *s, const message_row *m) {
    return m->first_try_us && s->o->now_us - m->first_try_us > s->c->delivery_give_up_hours * SENDING_HOUR_US;
}

mr_status sending_lacks(sending *s, const message_row *m, const char *why, mr_error *err) {
    bool ours;
    s->counts->no_way++;
    snprintf(s->counts->lacks, sizeof s->counts->lacks, "%.250s", why);
    return outbox_later(s->l, m->customer_id, m->id, s->o->now_us + SENDING_HOUR_US, &ours, err);
}

void sending_halt(sending *s, contact_channel channel, const char *why) {
    s->halted[channel] = true;
    snprintf(s->counts->said, sizeof s->counts->said, "%s: %.230s", contact_channel_name(channel), why);
}

/* --- e-mail --- */

static mr_status open_smtp(sending *s, mr_error *err) {
    const config *c = s->c;
    text_buffer password = {0};
    static const smtp_tls tls[] = {[TLS_MUST] = SMTP_TLS_MUST, [TLS_MAY] = SMTP_TLS_MAY, [TLS_NEVER] = SMTP_TLS_NEVER};
    if (s->smtp) return MR_OK;
    mr_status status = *c->delivery_smtp_password ? secret_read("delivery.smtp_password", c->delivery_smtp_password, &password, err) : MR_OK;
    const smtp_options o = {.url = c->delivery_smtp_url, .tls = tls[c->delivery_smtp_tls], .user = c->delivery_smtp_user, .password = password.data ? password.data : "", .timeout_ms = c->delivery_timeout_seconds * 1000};
    if (status == MR_OK) status = smtp_open(&o, &s->smtp, err);
    text_free(&password);
    return status;
}

static mr_status settle(sending *s, const message_row *m, const smtp_answer *a, mr_error *err) {
    bool ours = false, over = sending_given_up(s, m), everybody = a->ours || !a->code; /* every other would fare the same: that says nothing about this address */
    mr_status status = MR_OK;
    switch (a->result) {
    case SMTP_SENT:
        status = outbox_sent(s->l, m->customer_id, m->id, s->o->now_us, a->said, &ours, err);
        s->counts->sent += ours;
        break;
    case SMTP_UNSURE:
        status = outbox_uncertain(s->l, m->customer_id, m->id, a->said, &ours, err);
        s->counts->uncertain += ours;
        break;
    case SMTP_LATER:
        if (!over) status = outbox_again(s->l, m->customer_id, m->id, sending_again_us(s, m), a->said, &ours, err);
        else status = outbox_refused(s->l, m->customer_id, m->id, s->o->now_us, a->said, everybody ? OUTBOX_NO_BOUNCE : OUTBOX_SOFT_BOUNCE, &ours, err);
        *(over ? &s->counts->refused : &s->counts->later) += ours;
        if (everybody) sending_halt(s, CONTACT_email, a->said);
        break;
    case SMTP_NEVER:
        status = outbox_refused(s->l, m->customer_id, m->id, s->o->now_us, a->said, a->address ? OUTBOX_HARD_BOUNCE : OUTBOX_NO_BOUNCE, &ours, err);
        s->counts->refused += ours;
        break;
    }
    return status;
}

/* A message that cannot be written: by our settings, then it waits for better ones; else by itself, then it is refused, and only its own address is its address's fault. */
static mr_status not_written(sending *s, const message_row *m, const mr_error *why, smtp_answer *a, bool *waits, mr_error *err) {
    static const char *const settings[] = {"from", "from name", "reply to", "unsubscribe"};
    *waits = false;
    for (size_t i = 0; i < sizeof settings / sizeof *settings && !*waits; i++) *waits = !strcmp(why->field, settings[i]);
    if (*waits) return sending_lacks(s, m, why->message, err);
    *a = (smtp_answer){.result = SMTP_NEVER, .address = !strcmp(why->field, "to")};
    snprintf(a->said, sizeof a->said, "%.500s", why->message);
    return MR_OK;
}

static mr_status send_mail(sending *s, const message_row *m, mr_error *err) {
    const config *c = s->c;
    char reply[MAIL_ADDRESS] = "", sender[MAIL_ADDRESS] = "";
    const char *replies = *c->delivery_replies ? c->delivery_replies : c->company_from_email;
    const whole_contact *contact = m->contact_id ? whole_contact_of(&s->w, m->contact_id) : NULL;
    smtp_answer a;
    bool ours = false, waits = false;
    mr_error why = {0};
    if (!mail_plus_address(replies, m->token, reply)) snprintf(reply, sizeof reply, "%s", replies);
    snprintf(sender, sizeof sender, "%s", reply); /* bounces name the message they belong to */
    const mail letter = {.from_name = *c->company_from_name ? c->company_from_name : c->company_name, .from = c->company_from_email, .to_name = contact ? contact->name : s->w.name, .to = m->address, .reply_to = reply,
                         .subject = m->subject, .plain = m->plain, .html = m->html, .unsubscribe = c->delivery_unsubscribe, .token = m->token, .date_us = s->o->now_us, .marketing = !strcmp(m->purpose, "marketing"), .automatic = true};
    s->bytes.len = 0;
    mr_status status = mail_write(&letter, &s->bytes, &why);
    bool written = status == MR_OK;
    if (status == MR_EDATA) status = not_written(s, m, &why, &a, &waits, err);
    else if (status != MR_OK) return err ? *err = why, status : status;
    if (status != MR_OK || waits) return status;
    status = open_smtp(s, err);
    if (status == MR_OK) status = outbox_sending(s->l, m->customer_id, m->id, s->o->sender, s->o->now_us, &ours, err);
    if (status != MR_OK || !ours) return status;
    if (written) status = smtp_send(s->smtp, sender, m->address, s->bytes.data, s->bytes.len, &a, err);
    return status == MR_OK ? settle(s, m, &a, err) : status;
}

/* --- the run --- */

static bool mails(const config *c) {
    return *c->delivery_smtp_url && *c->company_from_email;
}

/* How messages leave: each channel its own way, and no other in its place. */
static const struct way {
    contact_channel channel;
    bool (*there)(const config *c);
    mr_status (*send)(sending *s, const message_row *m, mr_error *err);
} ways[] = {{CONTACT_email, mails, send_mail}, {CONTACT_sms, sms_way_set, sending_sms}};
enum { WAYS = sizeof ways / sizeof *ways };

static const struct way *way_of(const sending *s, const message_row *m) {
    for (size_t i = 0; i < WAYS; i++)
        if (!strcmp(m->channel, contact_channel_name(ways[i].channel)) && ways[i].there(s->c)) return &ways[i];
    return NULL;
}

/* No way that the settings have is open any more. */
static bool all_halted(const sending *s) {
    size_t open = 0, halted = 0;
    for (size_t i = 0; i < WAYS; i++) {
        halted += s->halted[ways[i].channel];
        open += ways[i].there(s->c) && !s->halted[ways[i].channel];
    }
    return halted && !open;
}

static mr_status one(sending *s, const message_row *m, mr_error *err) {
    gate_verdict v;
    sending_word w;
    bool ours;
    int64_t at_us;
    const struct way *way = way_of(s, m);
    /* Out of the way of what goes by another, and left as it is otherwise. */
    if (!strcmp(m->channel, contact_channel_name(CONTACT_letter)) && s->c->letters_form != LETTERS_NONE) /* cut off between being taken to the printer and being marked so, or to be printed again */
        return s->o->dry_run ? MR_OK : outbox_later(s->l, m->customer_id, m->id, OUTBOX_APPROVED, &ours, err);
    if (way && s->halted[way->channel]) return outbox_later(s->l, m->customer_id, m->id, s->o->now_us + s->c->delivery_retry_minutes * SENDING_MINUTE_US, &ours, err);
    s->counts->waiting++;
    if (!way) {
        s->counts->no_way++;
        return s->o->dry_run ? MR_OK : outbox_later(s->l, m->customer_id, m->id, s->o->now_us + SENDING_HOUR_US, &ours, err);
    }
    mr_status status = sending_may_go(s, m, &w, &v, err);
    if (status != MR_OK) return status;
    if (w == SENDING_STOP) return sending_stop(s, m, &v, err);
    if (w == SENDING_WAIT) {
        s->counts->put_off++;
        return s->o->dry_run ? MR_OK : outbox_later(s->l, m->customer_id, m->id, v.at_us, &ours, err);
    }
    if (s->o->dry_run) return s->counts->sent++, MR_OK;
    status = rate_take(s->rates, way->channel == CONTACT_sms ? "sms" : m->domain, s->o->now_us, &at_us, err);
    if (status == MR_OK && at_us > s->o->now_us) {
        s->counts->limited++;
        return outbox_later(s->l, m->customer_id, m->id, at_us, &ours, err);
    }
    return status == MR_OK ? way->send(s, m, err) : status;
}

static bool is_there(void *ctx, const char *sender) {
    const sending *s = ctx;
    return !due_owner_gone(sender, s->o->sender);
}

static mr_status run_part(sending *s, int part, mr_error *err) {
    message_rows rows = {0};
    mr_status status = MR_OK;
    do {
        status = outbox_waiting(s->l, part, s->o->now_us, s->o->dry_run ? 1u << 20 : AT_ONCE, &rows, err);
        for (size_t i = 0; i < rows.n && status == MR_OK && !all_halted(s); i++) {
            const mr_context *c = s->o->context;
            status = one(s, &rows.row[i], err);
            if (status == MR_OK && c && c->progress && c->progress(s->counts->waiting, 0, c->progress_ctx)) status = error_set(err, MR_ECANCELLED, NULL, -1, "interrupted; what was sent is on record");
        }
    } while (status == MR_OK && rows.n == AT_ONCE && !all_halted(s) && !s->o->dry_run);
    message_rows_free(&rows);
    return status;
}

mr_status sending_run(ledger *l, const config *c, const sending_options *o, sending_counts *out, mr_error *err) {
    int parts[64];
    size_t n = 0, orphans = 0;
    *out = (sending_counts){0};
    sending s = {.l = l, .c = c, .o = o, .counts = out};
    mr_status status = rate_new((int)c->delivery_per_minute, (int)c->delivery_per_minute /* a run is one instant */, NULL, &s.rates, err);
    if (status == MR_OK && !o->dry_run) status = outbox_unsure(l, -1, INT64_MAX, is_there, &s, &orphans, err);
    out->orphans = orphans;
    if (status == MR_OK) status = outbox_parts(l, o->now_us, parts, &n, err);
    for (size_t i = 0; i < n && status == MR_OK && !all_halted(&s); i++) status = run_part(&s, parts[i], err);
    whole_free(&s.w);
    zone_cache_free(&s.zones);
    rate_free(s.rates);
    smtp_close(s.smtp);
    text_free(&s.bytes);
    return status;
}
