/* E-mail that came in, on record. Everything about one message is in one transaction, the bounce of a message of ours apart, which the outbox settles (outbox_refused) in one of its
 * own. An event's source_id is a hash of the Message-ID, so whoever hands the same mail in twice, or is cut off between the ledger and the Maildir, adds nothing. */
#include "receive.h"

#include <append.h>
#include <body.h>
#include <error.h>
#include <outbox.h>
#include <person.h>
#include <whole.h>

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SOURCE "marram"
#define DAY_US INT64_C(86400000000)
#define MOST_CUSTOMERS 100
#define MOST_TEXT 8000 /* bytes of an answer that are kept */

typedef struct receiving {
    ledger *l;
    received *out;
    int64_t now_us;
    bool dry_run;
    char key[2 * 16 + 1]; /* of the Message-ID, or of the whole message where it has none */
    message_rows rows;    /* the message of ours it is about, if any */
    char contact[256];    /* who of theirs it went to, as events name them */
    int64_t customers[MOST_CUSTOMERS];
    size_t customers_n;
} receiving;

static void make_key(const inbound *m, const char *bytes, size_t len, char out[33]) {
    unsigned char hash[16];
    bool named = m->message_id[0] != 0;
    crypto_generichash(hash, sizeof hash, named ? (const unsigned char *)m->message_id : (const unsigned char *)bytes, named ? strlen(m->message_id) : len, NULL, 0);
    sodium_bin2hex(out, 33, hash, sizeof hash);
}

/* When they wrote: as the mail says, where that can be; else now. */
static int64_t written_us(const receiving *w) {
    const inbound *m = &w->out->mail;
    int64_t after = w->rows.n ? w->rows.row[0].created_us - DAY_US : w->now_us - 30 * DAY_US;
    return m->date_us >= after && m->date_us <= w->now_us ? m->date_us : w->now_us;
}

/* --- events --- */

static size_t cut(const char *text, size_t len, size_t most) {
    if (len <= most) return len;
    while (most && ((unsigned char)text[most] & 0xC0) == 0x80) most--;
    return most;
}

static void put(body_writer *b, const char *field, const char *text) {
    body_put_text(b, field, text, strlen(text));
}

static mr_status find_contact(receiving *w, mr_error *err) {
    const message_row *m = w->rows.n ? &w->rows.row[0] : NULL;
    if (!m || !m->contact_id) return MR_OK;
    whole all = {0};
    mr_status status = whole_read(w->l, m->customer_id, &all, err);
    const whole_contact *contact = status == MR_OK ? whole_contact_of(&all, m->contact_id) : NULL;
    if (contact) snprintf(w->contact, sizeof w->contact, "%s", contact->external_id);
    whole_free(&all);
    return status;
}

static void write_body(const receiving *w, int kind, body_writer *b) {
    const inbound *m = &w->out->mail;
    body_begin(b);
    if (kind == EVENT_consent_withdrawn) put(b, "purpose", "marketing");
    put(b, "channel", "email");
    if (kind == EVENT_touch_in) {
        if (w->rows.n) put(b, "who", w->rows.row[0].who);
        put(b, "subject", m->subject);
    }
    if (kind == EVENT_bounce) {
        body_put_raw(b, "hard", m->hard ? "true" : "false", m->hard ? 4 : 5);
        put(b, "reason", m->reason);
        put(b, "address", w->rows.row[0].address);
    }
    if (kind == EVENT_leave_intent) body_put_text(b, "feedback", m->text.data, cut(m->text.data, m->text.len, MOST_TEXT));
    if (kind != EVENT_leave_intent) put(b, "contact", w->contact);
    if (kind == EVENT_touch_in) body_put_text(b, "comment", m->text.data, cut(m->text.data, m->text.len, MOST_TEXT));
    if (kind == EVENT_consent_withdrawn) {
        char evidence[400];
        snprintf(evidence, sizeof evidence, "e-mail of %.100s: %.250s", m->from[0] ? m->from : "the mailbox provider", m->reason);
        put(b, "evidence", evidence);
    }
}

static mr_status append(receiving *w, int64_t customer_id, int kind, mr_error *err) {
    char source_id[96];
    int32_t source;
    size_t body_len;
    body_writer b = {0};
    int64_t at_us = written_us(w);
    write_body(w, kind, &b);
    const char *body = body_end(&b, &body_len);
    mr_status status = body ? ledger_source(w->l, SOURCE, &source, err) : error_memory(err, 512);
    if (status == MR_OK) {
        int len = snprintf(source_id, sizeof source_id, w->customers_n > 1 ? "inbound/%s/%" PRId64 : "inbound/%s", w->key, customer_id);
        append_item item = {.event = {.customer_id = customer_id,
                                      .e = {.kind = (int16_t)kind, .at_us = at_us, .recorded_at_us = w->now_us, .day = (int32_t)(at_us / DAY_US - (at_us % DAY_US < 0)), .source = source, .body = body, .body_len = body_len,
                                            .source_id = source_id, .source_id_len = (size_t)len}}};
        item.event.e.id = ledger_hash(w->l, ledger_domain_of(w->l, "event", SOURCE), source_id, (size_t)len);
        status = ledger_append_within(w->l, &item, 1, err);
        if (status == MR_OK && item.outcome == APPEND_ADDED) w->out->fate = RECEIVE_RECORDED;
    }
    body_free(&b);
    return status;
}

static int event_of(inbound_kind kind) {
    return kind == INBOUND_BOUNCE ? EVENT_bounce : kind == INBOUND_UNSUBSCRIBE ? EVENT_consent_withdrawn : kind == INBOUND_LEAVE ? EVENT_leave_intent : EVENT_touch_in;
}

static mr_status append_all(db *d, void *ctx, mr_error *err) {
    receiving *w = ctx;
    mr_status status = MR_OK;
    (void)d;
    w->out->fate = RECEIVE_REPEATED;
    for (size_t i = 0; i < w->customers_n && status == MR_OK; i++) status = append(w, w->customers[i], event_of(w->out->mail.kind), err);
    return status;
}

static mr_status record(receiving *w, mr_error *err) {
    if (!w->dry_run) return db_transaction(w->l->d, DB_WRITE, append_all, w, err);
    w->out->fate = RECEIVE_RECORDED;
    return MR_OK;
}

/* --- what it is about --- */

static mr_status find(receiving *w, mr_error *err) {
    const inbound *m = &w->out->mail;
    mr_status status = m->token[0] ? outbox_by_token(w->l, m->token, &w->rows, err) : MR_OK;
    if (status != MR_OK) return status;
    if (w->rows.n) {
        w->customers[0] = w->rows.row[0].customer_id;
        w->customers_n = 1;
        status = find_contact(w, err);
    } else if (m->from[0] && (m->kind == INBOUND_UNSUBSCRIBE || m->kind == INBOUND_REPLY || m->kind == INBOUND_UNKNOWN)) {
        status = person_by_email(w->l, m->from, w->customers, MOST_CUSTOMERS, &w->customers_n, err);
        if (m->kind != INBOUND_UNSUBSCRIBE && w->customers_n != 1) w->customers_n = 0; /* which of them wrote is not known */
    }
    w->out->customers = (int)w->customers_n;
    if (w->customers_n == 1) w->out->customer_id = w->customers[0];
    return status;
}

static mr_status bounced(receiving *w, mr_error *err) {
    const inbound *m = &w->out->mail;
    const message_row *row = w->rows.n ? &w->rows.row[0] : NULL;
    bool ours = false;
    if (!row) return MR_OK;
    if (m->delayed) return w->out->fate = RECEIVE_NOTHING, MR_OK;
    w->out->hard = m->hard;
    if (row->state == MESSAGE_REFUSED) return w->out->fate = RECEIVE_REPEATED, MR_OK;
    if (row->state == MESSAGE_WAITING || row->state == MESSAGE_CANCELLED) return record(w, err); /* of an earlier try */
    w->out->fate = RECEIVE_RECORDED;
    if (w->dry_run) return MR_OK;
    mr_status status = outbox_refused(w->l, row->customer_id, row->id, w->now_us, m->reason, m->hard ? OUTBOX_HARD_BOUNCE : OUTBOX_SOFT_BOUNCE, &ours, err);
    if (status == MR_OK && !ours) w->out->fate = RECEIVE_REPEATED;
    return status;
}

/* Whoever answers has it, a machine too. */
static mr_status has_arrived(receiving *w, mr_error *err) {
    const message_row *row = w->rows.n ? &w->rows.row[0] : NULL;
    if (!row || row->state != MESSAGE_UNCERTAIN) return MR_OK;
    w->out->arrived = true;
    return w->dry_run ? MR_OK : outbox_settle(w->l, row->customer_id, row->id, OUTBOX_WAS_SENT, "it was answered", w->now_us, &w->out->arrived, err);
}

static mr_status decide(receiving *w, mr_error *err) {
    inbound_kind kind = w->out->mail.kind;
    mr_status status = find(w, err);
    w->out->fate = RECEIVE_LEFT;
    if (status != MR_OK || kind == INBOUND_BOUNCE) return status == MR_OK ? bounced(w, err) : status;
    status = has_arrived(w, err);
    if (status == MR_OK && kind == INBOUND_AUTO) return w->out->fate = RECEIVE_NOTHING, MR_OK;
    return status == MR_OK && w->customers_n ? record(w, err) : status;
}

mr_status receive_mail(ledger *l, const char *domain, const char *bytes, size_t len, int64_t now_us, bool dry_run, received *out, mr_error *err) {
    received_free(out);
    receiving w = {.l = l, .out = out, .now_us = now_us, .dry_run = dry_run};
    mr_status status = inbound_read(bytes, len, domain, &out->mail, err);
    if (status != MR_OK) return status;
    make_key(&out->mail, bytes, len, w.key);
    status = decide(&w, err);
    message_rows_free(&w.rows);
    return status;
}

void received_free(received *r) {
    inbound_free(&r->mail);
    *r = (received){0};
}

const char *receive_fate_text(receive_fate fate) {
    static const char *const words[RECEIVE_FATES] = {"recorded", "repeated", "nothing", "left"};
    return (unsigned)fate < RECEIVE_FATES ? words[fate] : "";
}
