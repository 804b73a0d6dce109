#include "gate.h"

#include "sms_way.h"

#include <error.h>

#include <stdio.h>
#include <string.h>

/* Can the program itself carry it? */
static bool carried(const config *c, contact_channel channel) {
    return channel == CONTACT_email || (channel == CONTACT_sms && sms_way_set(c)) || (channel == CONTACT_letter && c->letters_form != LETTERS_NONE);
}

static contact_ask ask_of(const gate_request *q, contact_channel channel, const contact_state *s) {
    return (contact_ask){.purpose = q->purpose, .channel = channel, .topic = q->topic ? q->topic : "", .content = q->content ? q->content : "",
                         .language = q->language && *q->language ? q->language : s->language, .at_us = q->at_us};
}

static mr_status ask_contact(whole *w, const whole_contact *contact, const config *c, zone_cache *zones, const gate_request *q, gate_verdict *out, mr_error *err) {
    contact_settings settings = config_contact(c);
    arena in = {0};
    contact_state s;
    *out = (gate_verdict){.asked = *q, .verdict = CONTACT_NO, .at_us = CONTACT_NEVER, .contact_id = contact ? contact->id : 0, .rule = contact_rule_name(CONTACT_RULE_address)};
    mr_status status = known_state(w, contact, c, zones, q->at_us, q->action_id, &in, &s, err);
    if (status == MR_OK) {
        int channel = q->channel >= 0 ? q->channel : known_channel(&s, contact);
        if (channel < 0) {
            snprintf(out->text, sizeof out->text, "no address of theirs is known: no e-mail, no telephone number, no postal address");
        } else {
            contact_ask ask = ask_of(q, (contact_channel)channel, &s);
            contact_answer answer = contact_decide(&s, &settings, &ask);
            out->channel = (contact_channel)channel;
            out->verdict = answer.verdict;
            out->at_us = answer.at_us;
            out->rule = answer.verdict == CONTACT_NOW ? "" : contact_rule_name(answer.rule);
            memcpy(out->text, answer.text, sizeof out->text);
            out->as_task = answer.verdict != CONTACT_NO && !carried(c, out->channel);
        }
    }
    arena_free(&in);
    return status;
}

/* Who may be reached before who may not, who decides before who does not, then whoever may be reached sooner. */
static bool better(const gate_verdict *a, bool a_decides, const gate_verdict *b, bool b_decides) {
    if ((a->verdict == CONTACT_NO) != (b->verdict == CONTACT_NO)) return a->verdict != CONTACT_NO;
    if (a_decides != b_decides) return a_decides;
    if (a->at_us != b->at_us) return a->at_us < b->at_us;
    return a->contact_id < b->contact_id;
}

/* Nothing of theirs could be written to; nothing they said speaks against it. */
static bool has_no_address(const gate_verdict *v) {
    static const contact_rule rules[] = {CONTACT_RULE_left, CONTACT_RULE_address, CONTACT_RULE_bounced};
    for (size_t i = 0; i < sizeof rules / sizeof *rules && v->verdict == CONTACT_NO; i++)
        if (!strcmp(v->rule, contact_rule_name(rules[i]))) return true;
    return false;
}

/* Where no contact can be written to, the account's own address is asked for. */
mr_status gate_ask(whole *w, const config *c, zone_cache *zones, const gate_request *q, gate_verdict *out, mr_error *err) {
    const whole_contact *one = q->contact_id ? whole_contact_of(w, q->contact_id) : NULL;
    bool decides = false, found = false, unreached = true;
    if (q->contact_id && !one) return error_set(err, MR_EDATA, "contact", -1, "that customer has no such contact");
    if (one || !w->contacts_n) return ask_contact(w, one, c, zones, q, out, err);
    for (size_t i = 0; i < w->contacts_n; i++) {
        gate_verdict v;
        bool this_decides = !strcmp(w->contacts[i].authority, "decides");
        mr_status status = ask_contact(w, &w->contacts[i], c, zones, q, &v, err);
        if (status != MR_OK) return status;
        unreached = unreached && has_no_address(&v);
        if (found && !better(&v, this_decides, out, decides)) continue;
        *out = v;
        decides = this_decides;
        found = true;
    }
    return unreached ? ask_contact(w, NULL, c, zones, q, out, err) : MR_OK;
}

mr_status gate_explain(whole *w, const config *c, zone_cache *zones, const gate_verdict *v, contact_finding *finding, mr_error *err) {
    contact_settings settings = config_contact(c);
    arena in = {0};
    contact_state s;
    mr_status status = known_state(w, v->contact_id ? whole_contact_of(w, v->contact_id) : NULL, c, zones, v->asked.at_us, v->asked.action_id, &in, &s, err);
    if (status == MR_OK) {
        contact_ask ask = ask_of(&v->asked, v->channel, &s);
        contact_explain(&s, &settings, &ask, finding);
    }
    arena_free(&in);
    return status;
}

gate_answer gate_answer_of(const whole *w, const gate_verdict *v) {
    return (gate_answer){.customer_id = w->customer_id, .asked_us = v->asked.at_us, .contact_id = v->contact_id, .purpose = contact_purpose_name(v->asked.purpose),
                         .channel = contact_channel_name(v->channel), .topic = v->asked.topic, .verdict = v->verdict == CONTACT_NO ? 0 : v->verdict == CONTACT_NOW ? 1 : 2, .at_us = v->at_us,
                         .rule = v->rule, .detail = v->text, .action_id = v->asked.action_id};
}

mr_status gate_store(ledger *l, const whole *w, const gate_verdict *v, mr_error *err) {
    const gate_answer row = gate_answer_of(w, v);
    return gate_answers_put(l, &row, 1, err);
}
