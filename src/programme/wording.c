#include "wording.h"

#include "leave_flow.h"
#include "programme.h"
#include "signed_link.h"
#include "sms_way.h"

#include <calendar.h>
#include <error.h>

#include <stdio.h>
#include <string.h>

mr_status wording_open(const config *c, wording *w, mr_error *err) {
    *w = (wording){.c = c};
    return template_library_open(*c->delivery_templates ? c->delivery_templates : NULL, &w->library, err);
}

void wording_free(wording *w) {
    template_library_free(&w->library);
    template_message_free(&w->message);
    text_free(&w->sms);
}

const char *wording_language(const wording *w, const char *name, const char *language) {
    const template_entry *e = template_library_find(&w->library, name, language, w->c->company_language);
    return e ? e->language : "";
}

typedef struct filling {
    look *k;
    template_values v;
} filling;

static void put(filling *f, const char *field, const char *text) {
    if (text && *text) template_set(&f->v, field, text);
}

static void put_words(filling *f, const char *field, text_buffer *words) {
    const char *kept = words->failed ? NULL : arena_copy(&f->k->text, words->data ? words->data : "", words->len);
    if (!kept) f->k->failed = true;
    put(f, field, kept);
    text_free(words);
}

static void put_day(filling *f, const char *field, const char *language, int32_t day) {
    text_buffer words = {0};
    template_day(language, day, &words);
    put_words(f, field, &words);
}

/* What happened last to the subject, or was bought last. */
static void put_events(filling *f, int64_t subject) {
    whole *w = f->k->w;
    bool product = false;
    for (size_t i = w->h.n; i > 0; i--) {
        const history_event *e = &w->h.events[i - 1];
        const json_t *body = NULL;
        if (e->at_us > f->k->now_us) continue;
        if (e->kind == EVENT_order && !product) {
            body = whole_body(w, i - 1);
            const char *name = body ? json_string_value(json_object_get(body, "product")) : NULL;
            if (name && *name) put(f, "product", name), product = true;
        }
        if (!subject || e->subject_id != subject || (e->kind != EVENT_case_resolve && e->kind != EVENT_case_update)) continue;
        body = whole_body(w, i - 1);
        const char *cause = body ? json_string_value(json_object_get(body, "cause")) : NULL, *remedy = body ? json_string_value(json_object_get(body, "put_right")) : NULL;
        if (!template_get(&f->v, "case.cause")[0]) put(f, "case.cause", cause);
        if (!template_get(&f->v, "case.remedy")[0]) put(f, "case.remedy", remedy);
    }
}

/* Who it is written to, told in a few words: since when, what they bought, what went wrong, and what was put right since. */
static void put_story(filling *f, const char *language) {
    whole *w = f->k->w;
    const char *bought[3] = {NULL}, *wrong = NULL, *right = NULL;
    size_t n = 0;
    int32_t since = TRACE_NO_DAY;
    for (size_t i = 0; i < w->h.n && w->h.events[i].at_us <= f->k->now_us; i++) {
        const history_event *e = &w->h.events[i];
        bool comes = event_is_order(e) || e->kind == EVENT_contract_start, fails = e->kind == EVENT_case_open || e->kind == EVENT_complaint, mends = e->kind == EVENT_case_resolve;
        if (!comes && !fails && !mends) continue;
        const json_t *body = whole_body(w, i);
        const char *product = body ? json_string_value(json_object_get(body, "product")) : NULL, *subject = body ? json_string_value(json_object_get(body, "subject")) : NULL;
        if (comes && since == TRACE_NO_DAY) since = e->day;
        const char *done = mends && body ? json_string_value(json_object_get(body, "put_right")) : NULL;
        if (fails && subject && *subject) wrong = subject, right = NULL;
        if (done && *done) right = done;
        bool there = !comes || !product || !*product || n == 3;
        for (size_t k = 0; k < n && !there; k++) there = !strcmp(bought[k], product);
        if (!there) bought[n++] = product;
    }
    if (since != TRACE_NO_DAY) put_day(f, "story.since", language, since);
    if (n) put(f, "story.bought", look_text(f->k, "%s%s%s%s%s", bought[0], n > 1 ? ", " : "", n > 1 ? bought[1] : "", n > 2 ? ", " : "", n > 2 ? bought[2] : ""));
    if (wrong) put(f, "story.wrong", look_text(f->k, "%s", wrong));
    if (wrong && right && !*template_get(&f->v, "case.remedy")) put(f, "case.remedy", look_text(f->k, "%s", right));
}

static void put_company(filling *f, const config *c, const action_row *a) {
    const config_person *owner = config_person_of(c, a->owner);
    put(f, "company.name", c->company_name);
    put(f, "company.address", c->company_address);
    put(f, "company.web", c->company_web);
    put(f, "owner.name", a->owner);
    if (!owner) return;
    put(f, "owner.email", owner->email);
    put(f, "owner.phone", owner->phone);
}

static void put_unsubscribe(filling *f, const ledger *l, const config *c, int64_t id) {
    char token[MESSAGE_TOKEN];
    if (!*c->delivery_unsubscribe) return;
    put(f, "unsubscribe", look_text(f->k, "mailto:%s?subject=unsubscribe-%s", c->delivery_unsubscribe, message_token(l, f->k->w->customer_id, id, token)));
}

/* Who has a contract leaves by giving notice of it; everybody else by saying so, and every message tells how. */
static void put_leave(filling *f, const ledger *l, const config *c, int64_t id, int64_t contact_id) {
    char link[SIGNED_LINK], token[MESSAGE_TOKEN];
    const whole *w = f->k->w;
    const char *replies = *c->delivery_replies ? c->delivery_replies : c->company_from_email;
    if (c->exit_mode == PROGRAMME_OFF || leave_flow_holds(f->k->w, f->k->now_us)) return;
    for (size_t i = 0; i < w->contracts_n; i++)
        if (w->contracts[i].state != WHOLE_CONTRACT_ENDED) return;
    if (*c->exit_link) put(f, "leave_link", look_text(f->k, "%s", signed_link(l->key, SIGNED_LEAVE, c->exit_link, w->customer_id, contact_id, link)));
    else if (*replies) put(f, "leave_link", look_text(f->k, "mailto:%s?subject=leave-%s", replies, message_token(l, w->customer_id, id, token)));
}

/* A value that is a day is said in the message's language. */
static void put_document(filling *f, const char *language, const action_row *a) {
    json_t *o = json_loads(a->document, 0, NULL), *v;
    const char *field;
    int32_t day;
    json_object_foreach(json_object_get(o, "values"), field, v) {
        if (!json_is_string(v)) continue;
        if (json_string_length(v) == 10 && calendar_parse(json_string_value(v), 10, &day)) put_day(f, field, language, day);
        else put(f, field, look_text(f->k, "%s", json_string_value(v)));
    }
    json_decref(o);
}

static const char *document_text(look *k, const action_row *a, const char *name) {
    json_t *o = json_loads(a->document, 0, NULL);
    const char *text = json_string_value(json_object_get(o, name)), *kept = text ? look_text(k, "%s", text) : "";
    json_decref(o);
    return kept;
}

static const char *copied(look *k, const text_buffer *b) {
    const char *kept = arena_copy(&k->text, b->data ? b->data : "", b->len);
    if (!kept) k->failed = true;
    return kept ? kept : "";
}

/* On paper the programme's own letter, where there is one. */
static const template_entry *entry_for(const wording *w, look *k, const action_row *a, const whole_contact *contact, contact_channel channel, const char **name) {
    const char *language = contact && *contact->locale ? contact->locale : k->w->locale;
    *name = look_text(k, "%s/letter", a->programme);
    const template_entry *e = channel == CONTACT_letter ? template_library_find(&w->library, *name, *language ? language : w->c->company_language, w->c->company_language) : NULL;
    if (e) return e;
    *name = document_text(k, a, "template");
    return template_library_find(&w->library, *name, *language ? language : w->c->company_language, w->c->company_language);
}

static const char *phone_of(const look *k, const whole_contact *contact) {
    return contact && *contact->phone ? contact->phone : k->w->contacts_n <= 1 ? k->w->phone : "";
}

bool wording_suits(const wording *w, look *k, const action_row *a, int64_t contact_id, contact_channel channel) {
    const whole_contact *contact = contact_id ? whole_contact_of(k->w, contact_id) : NULL;
    const char *name;
    char number[PHONE_E164];
    bool ours;
    if (channel != CONTACT_sms) return true;
    const template_entry *e = entry_for(w, k, a, contact, channel, &name);
    return (!e || *template_head_of(e->t)->sms) && (sms_way_number(w->c, phone_of(k, contact), number, &ours, NULL) == MR_OK || ours);
}

mr_status wording_message(wording *w, look *k, const ledger *l, const action_row *a, int64_t contact_id, contact_channel channel, message_row *out, mr_error *err) {
    const whole_contact *contact = contact_id ? whole_contact_of(k->w, contact_id) : NULL;
    const char *name;
    const template_entry *e = entry_for(w, k, a, contact, channel, &name);
    bool sms = channel == CONTACT_sms, letter = channel == CONTACT_letter;
    if (!e) return error_set(err, MR_EDATA, "template", -1, "there is no template '%.80s': `marram template list` shows those there are", name);
    filling f = {.k = k};
    const char *whom = contact ? contact->name : k->w->kind == 1 ? k->w->name : "";
    text_buffer greeting = {0};
    put(&f, "customer.name", k->w->name);
    put(&f, "customer.id", k->w->external_id);
    put(&f, "contact.name", whom);
    template_greeting(e->language, whom, &greeting);
    put_words(&f, "greeting", &greeting);
    put_company(&f, w->c, a);
    put_events(&f, a->subject_id);
    put_day(&f, "today", e->language, k->day);
    put_unsubscribe(&f, l, w->c, a->id);
    put_leave(&f, l, w->c, a->id, contact_id);
    put(&f, "sms_stop", w->c->delivery_sms_stop);
    if (letter) put_story(&f, e->language);
    put_document(&f, e->language, a);
    mr_status status = sms ? template_render_sms(e->t, &f.v, &w->sms, err) : letter ? template_render_letter(e->t, &f.v, &w->message, err) : template_render(e->t, &f.v, &w->message, err);
    if (status != MR_OK) return status;
    const char *email = contact && *contact->email ? contact->email : k->w->contacts_n <= 1 ? k->w->email : "", *phone = phone_of(k, contact);
    const char *address = !strcmp(contact_channel_address(channel), "email") ? email : !strcmp(contact_channel_address(channel), "phone") ? phone : k->w->address;
    const char *at = strrchr(address, '@');
    *out = (message_row){.customer_id = k->w->customer_id, .action_id = a->id, .contact_id = contact_id, .programme = a->programme, .purpose = a->purpose, .channel = contact_channel_name(channel),
                         .topic = a->topic, .content = document_text(k, a, "content"), .who = a->owner, .address = address, .domain = at ? at + 1 : "", .next_us = letter ? OUTBOX_HELD : k->now_us, .created_us = k->now_us,
                         .subject = sms ? "" : copied(k, &w->message.subject), .plain = copied(k, sms ? &w->sms : &w->message.plain), .html = channel == CONTACT_email ? copied(k, &w->message.html) : ""};
    return *address ? MR_OK : error_set(err, MR_EDATA, "address", -1, "no address for %s", contact_channel_words(channel));
}
