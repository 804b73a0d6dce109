#include "known.h"

#include "objecting.h"

#include <error.h>

#include <stdio.h>
#include <string.h>

typedef struct topic {
    const char *name;
    bool wanted;
} topic;

typedef struct knowing {
    whole *w;
    const whole_contact *contact;
    arena *in;
    contact_state *out;
    topic *topics;
    size_t topics_n;
    contact_touch *touches;
    size_t touches_n;
    int from_severity;
    bool named[CONTACT_CHANNELS]; /* an event said of this channel whether it is wanted */
    const char *zone, *locale, *told[2]; /* told: the e-mail address and number that the last event about them gave; "" none */
    int64_t now_us, except_action;
} knowing;

static const char *field(const json_t *body, const char *name) {
    const char *text = body ? json_string_value(json_object_get(body, name)) : NULL;
    return text ? text : "";
}

static int channel_of(const json_t *body) {
    const char *text = field(body, "channel");
    return *text ? contact_channel_find(text, strlen(text)) : -1;
}

/* Is it said of this contact, or of all? */
static bool about(const knowing *k, const json_t *body) {
    const char *contact = field(body, "contact");
    return !*contact || (k->contact && !strcmp(contact, k->contact->external_id));
}

/* --- consent --- */

static bool is_everything(const char *purpose) {
    return !*purpose || !strcmp(purpose, "everything");
}

static bool is_marketing(const char *purpose) {
    return is_everything(purpose) || !strcmp(purpose, "marketing");
}

/* A channel that was withdrawn for everything opens again by a word for marketing or everything that names it, or by everything; a survey's consent opens nothing. */
static void given(knowing *k, const history_event *e, const json_t *body) {
    const char *purpose = field(body, "purpose");
    int channel = channel_of(body);
    if (*field(body, "channel") && channel < 0) return; /* a channel we do not know */
    for (int c = 0; c < CONTACT_CHANNELS; c++) {
        if (channel >= 0 && c != channel) continue;
        if (is_marketing(purpose)) k->out->way[c].given_us = e->at_us;
        if (is_everything(purpose) || (channel >= 0 && is_marketing(purpose))) k->out->way[c].withdrawn_us = CONTACT_NONE;
    }
}

/* What names no channel is an objection, too: objecting.h. */
static void withdrawn(knowing *k, const history_event *e, const json_t *body) {
    const char *purpose = field(body, "purpose");
    int channel = channel_of(body);
    if (*field(body, "channel") && channel < 0) return;
    for (int c = 0; c < CONTACT_CHANNELS; c++) {
        if (channel >= 0 && c != channel) continue;
        if (is_marketing(purpose)) k->out->way[c].taken_us = e->at_us;
        if (is_everything(purpose) && channel >= 0) k->out->way[c].withdrawn_us = e->at_us;
    }
}

/* --- preferences --- */

static void topic_said(knowing *k, const char *name, bool wanted) {
    for (size_t i = 0; i < k->topics_n; i++)
        if (!strcmp(k->topics[i].name, name)) {
            k->topics[i].wanted = wanted;
            return;
        }
    k->topics[k->topics_n++] = (topic){name, wanted};
}

static void preference(knowing *k, const history_event *e, const json_t *body) {
    const char *topic_name = field(body, "topic"), *hours = field(body, "hours"), *zone = field(body, "time_zone"), *locale = field(body, "locale");
    const json_t *wanted = json_object_get(body, "wanted");
    int channel = channel_of(body);
    contact_window window;
    if (*hours && config_hours_parse(hours, &window) && window.days) k->out->own = window;
    if (*zone) k->zone = zone;
    if (*locale) k->locale = locale;
    if (!json_is_boolean(wanted)) return;
    bool yes = json_is_true(wanted);
    if (*topic_name) {
        topic_said(k, topic_name, yes);
    } else if (channel >= 0) {
        k->named[channel] = true;
        k->out->way[channel].preferred = yes;
        k->out->way[channel].withdrawn_us = yes ? CONTACT_NONE : e->at_us;
        if (yes) k->out->preferred_known = true;
    }
}

/* --- addresses --- */

static void bounced(knowing *k, const history_event *e, const json_t *body) {
    int channel = channel_of(body);
    const char *address = field(body, "address");
    if (!json_is_true(json_object_get(body, "hard"))) return;
    if (channel < 0) channel = CONTACT_email; /* what bounces without saying how is e-mail */
    if (*address && strcmp(address, k->out->way[channel].address)) return; /* of an address they had before */
    k->out->way[channel].bounced_us = e->at_us; /* not of others by the same number: what refuses an SMS may take a call */
}

/* They have another address since: what was said of the one before, without naming it, is of that one. */
static void joined(knowing *k, const json_t *body) {
    static const char *const kinds[] = {"email", "phone"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *address = field(body, kinds[i]);
        if (!*address || !strcmp(address, k->told[i])) continue;
        k->told[i] = address;
        for (int c = 0; c < CONTACT_CHANNELS; c++)
            if (!strcmp(contact_channel_address((contact_channel)c), kinds[i])) k->out->way[c].bounced_us = CONTACT_NONE;
    }
}

static void own_touch(knowing *k, int64_t at_us, int64_t contact_id, const char *channel, const char *subject, const char *content, const char *address) {
    int found = contact_channel_find(channel, strlen(channel));
    if (found < 0) return;
    k->touches[k->touches_n++] = (contact_touch){.at_us = at_us, .contact_id = contact_id, .channel = (contact_channel)found, .topic = subject, .content = content, .address = address};
}

static int64_t contact_named(const whole *w, const char *external_id) {
    for (size_t i = 0; i < w->contacts_n; i++)
        if (!strcmp(w->contacts[i].external_id, external_id)) return w->contacts[i].id;
    return 0;
}

static bool answers(const char *purpose) {
    return !strcmp(purpose, "reply") || !strcmp(purpose, "legal") || !strcmp(purpose, "service");
}

static void hear(knowing *k, size_t i) {
    const history_event *e = &k->w->h.events[i];
    const json_t *body;
    int channel;
    switch (e->kind) {
    case EVENT_order:
    case EVENT_contract_start: k->out->customer = true; return;
    case EVENT_consent_given:
        if (about(k, body = whole_body(k->w, i))) given(k, e, body);
        return;
    case EVENT_consent_withdrawn:
        if (about(k, body = whole_body(k->w, i)) || !k->contact) withdrawn(k, e, body);
        return;
    case EVENT_preference_changed:
        if (about(k, body = whole_body(k->w, i))) preference(k, e, body);
        return;
    case EVENT_stakeholder_join:
        if (k->contact && e->subject_id == k->contact->id) joined(k, whole_body(k->w, i));
        return;
    case EVENT_bounce:
        if (about(k, body = whole_body(k->w, i))) bounced(k, e, body);
        return;
    case EVENT_touch_in:
        body = whole_body(k->w, i);
        if (about(k, body) && (channel = channel_of(body)) >= 0) k->out->way[channel].wrote_us = e->at_us;
        return;
    case EVENT_touch_out:
        body = whole_body(k->w, i);
        if (!answers(field(body, "purpose"))) own_touch(k, e->at_us, contact_named(k->w, field(body, "contact")), field(body, "channel"), field(body, "topic"), field(body, "content"), "");
        return;
    default: return;
    }
}

/* The severities in their order, as the setting contact.serious has them. */
static bool is_serious(const knowing *k, const char *severity) {
    static const char *const order[] = {"low", "normal", "high", "urgent"};
    int at = 1;
    for (int i = 0; i < 4; i++)
        if (!strcmp(severity, order[i])) at = i;
    return at >= k->from_severity;
}

static bool open_then(const knowing *k, const whole_case *c) {
    if (c->opened_us != WHOLE_NO_TIME && c->opened_us > k->now_us) return false;
    return c->open || (c->resolved_us != WHOLE_NO_TIME && c->resolved_us > k->now_us);
}

/* Somebody of us was in touch: an answer, a call, a visit. A newsletter is none. */
static bool attends(whole *w, size_t event) {
    int kind = w->h.events[event].kind;
    return kind == EVENT_case_resolve || (kind == EVENT_touch_out && strcmp(field(whole_body(w, event), "purpose"), "marketing") != 0);
}

/* Serious and open at that time: cases, and complaints that nobody of us has attended to since. */
static void serious(knowing *k) {
    contact_state *s = k->out;
    bool attended = false;
    for (size_t i = 0; i < k->w->cases_n; i++) {
        const whole_case *c = &k->w->cases[i];
        if (!open_then(k, c) || !is_serious(k, c->severity)) continue;
        s->serious_n++;
        s->serious = *c->subject ? c->subject : *c->number ? c->number : "a case";
    }
    for (size_t i = k->w->h.n; i > 0 && !attended; i--) {
        const history_event *e = &k->w->h.events[i - 1];
        if (e->at_us > k->now_us) continue;
        attended = attends(k->w, i - 1);
        if (e->kind != EVENT_complaint || !is_serious(k, field(whole_body(k->w, i - 1), "severity"))) continue;
        s->serious_n++;
        s->serious = "a complaint nobody has answered";
    }
}

/* What has left us already, or may have, or is to go, without being on record as a touch: the outbox. What waits counts from when it may go. */
static void outgoing(knowing *k) {
    for (size_t i = 0; i < k->w->messages_n; i++) {
        const whole_message *m = &k->w->messages[i];
        if (answers(m->purpose) || (k->except_action && m->action_id == k->except_action) || (m->state != MESSAGE_WAITING && m->state != MESSAGE_SENDING && m->state != MESSAGE_UNCERTAIN)) continue;
        int64_t waits_us = m->next_us > m->created_us && m->next_us < OUTBOX_APPROVED ? m->next_us : m->created_us;
        own_touch(k, m->state == MESSAGE_WAITING ? waits_us : m->sending_us, m->contact_id, m->channel, m->topic, m->content, m->address);
    }
}

/* "email phone": those named, unless an event said otherwise since. */
static void named_channels(knowing *k) {
    const char *at = k->contact ? k->contact->channels : "";
    while (*at) {
        size_t len = strcspn(at, " ,;");
        int channel = contact_channel_find(at, len);
        if (channel >= 0 && !k->named[channel]) {
            k->out->way[channel].preferred = true;
            k->out->preferred_known = true;
        }
        at += len;
        at += strspn(at, " ,;");
    }
}

static mr_status topics(knowing *k, mr_error *err) {
    const char **wanted = arena_take(k->in, (k->topics_n + 1) * sizeof *wanted), **refused = arena_take(k->in, (k->topics_n + 1) * sizeof *refused);
    if (!wanted || !refused) return error_memory(err, k->topics_n * sizeof *wanted);
    for (size_t i = 0; i < k->topics_n; i++) {
        if (k->topics[i].wanted) wanted[k->out->wanted_n++] = k->topics[i].name;
        else refused[k->out->refused_n++] = k->topics[i].name;
    }
    k->out->wanted = wanted;
    k->out->refused = refused;
    return MR_OK;
}

static const char *first_of(const char *a, const char *b) {
    return *a ? a : b;
}

mr_status known_state(whole *w, const whole_contact *contact, const config *c, zone_cache *zones, int64_t now_us, int64_t except_action, arena *in, contact_state *out, mr_error *err) {
    knowing k = {.w = w, .contact = contact, .in = in, .out = out, .now_us = now_us, .except_action = except_action, .from_severity = c->contact_serious, .told = {"", ""}};
    const char *email = contact ? contact->email : w->email, *phone = contact ? contact->phone : w->phone;
    if (contact && w->contacts_n == 1) email = first_of(email, w->email), phone = first_of(phone, w->phone);
    *out = (contact_state){.contact_id = contact ? contact->id : 0, .left_us = CONTACT_NEVER, .objected_us = CONTACT_NONE, .objected_to = "", .language = "", .serious = ""};
    if (contact && contact->left_day != TRACE_NO_DAY) out->left_us = contact->left_day * CONTACT_DAY_US;
    for (int i = 0; i < CONTACT_CHANNELS; i++) {
        const char *needs = contact_channel_address((contact_channel)i);
        out->way[i] = (contact_way){.address = !strcmp(needs, "email") ? email : !strcmp(needs, "phone") ? phone : w->address, .bounced_us = CONTACT_NONE, .withdrawn_us = CONTACT_NONE,
                                    .wrote_us = CONTACT_NONE, .given_us = CONTACT_NONE, .taken_us = CONTACT_NONE};
    }
    k.zone = contact && *contact->time_zone ? contact->time_zone : w->time_zone;
    k.locale = contact && *contact->locale ? contact->locale : w->locale;
    k.topics = arena_take(in, (w->h.n + 1) * sizeof *k.topics);
    k.touches = arena_take(in, (w->h.n + w->messages_n + 1) * sizeof *k.touches);
    if (!k.topics || !k.touches) return error_memory(err, w->h.n * sizeof *k.touches);
    for (size_t i = 0; i < w->h.n && w->h.events[i].at_us <= now_us; i++) hear(&k, i);
    const char *to = objecting(w, contact ? contact->external_id : NULL, now_us, &out->objected_us);
    if (to) out->objected_to = to;
    named_channels(&k);
    serious(&k);
    outgoing(&k);
    out->language = k.locale;
    out->touch = k.touches;
    out->touch_n = k.touches_n;
    mr_status status = topics(&k, err);
    return status == MR_OK ? zone_cached(zones, k.zone, k.locale, c->company_time_zone, now_us, &out->zone, &out->zone_n, err) : status;
}

int known_channel(const contact_state *s, const whole_contact *contact) {
    static const contact_channel usual[] = {CONTACT_email, CONTACT_phone, CONTACT_letter, CONTACT_sms, CONTACT_visit};
    const char *at = contact ? contact->channels : "";
    while (*at) { /* in their own order */
        size_t len = strcspn(at, " ,;");
        int channel = contact_channel_find(at, len);
        if (channel >= 0 && s->way[channel].preferred && *s->way[channel].address) return channel;
        at += len;
        at += strspn(at, " ,;");
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (s->way[usual[i]].preferred && *s->way[usual[i]].address) return (int)usual[i];
    if (s->preferred_known) { /* what they prefer, though there is no address for it: the gate says so */
        for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
            if (s->way[usual[i]].preferred) return (int)usual[i];
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (*s->way[usual[i]].address && s->way[usual[i]].withdrawn_us == CONTACT_NONE) return (int)usual[i];
    return -1;
}
