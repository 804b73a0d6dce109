/* One history into a trace: what each kind's body has (src/history/payloads.def) goes into the members trace.h says. */
#include "body.h"
#include "traces.h"

#include <calendar.h>
#include <error.h>
#include <mem.h>
#include <taxonomy.h>

#include <math.h>
#include <string.h>
#include <strings.h>

static size_t length(const char *text) {
    return text ? strlen(text) : 0;
}

static uint32_t topic_of(const body_fields *body, const char *field) {
    const char *text = fields_text(body, field);
    return trace_topic(text ? text : "", length(text));
}

/* A few categories make up most of a base: their tags are remembered. */
static trace_tag tag_of(trace_builder *b, const char *text, size_t len) {
    struct trace_word *w = &b->word[trace_topic(text, len) % TRACE_WORDS];
    if (len >= sizeof w->text) return trace_tag_find(text, len);
    if (!w->known || w->len != len || memcmp(w->text, text, len) != 0) {
        *w = (struct trace_word){.known = true, .len = (uint8_t)len, .tag = (uint8_t)trace_tag_find(text, len)};
        memcpy(w->text, text, len);
    }
    return (trace_tag)w->tag;
}

/* The first of the fields that says something, as topic and tag. */
static void about(trace_builder *b, trace_event *t, const body_fields *body, const char *first, const char *second) {
    const char *fields[2] = {first, second};
    for (int i = 0; i < 2 && fields[i]; i++) {
        const char *text = fields_text(body, fields[i]);
        if (!t->topic) t->topic = trace_topic(text ? text : "", length(text));
        trace_tag tag = tag_of(b, text ? text : "", length(text));
        if (tag > (trace_tag)t->tag && (t->tag <= TRACE_TAG_other)) t->tag = (uint8_t)tag;
    }
}

static void number(const body_fields *body, const char *field, double *value) {
    double found;
    if (fields_number(body, field, &found) && isfinite(found)) *value = found;
}

static int32_t count(const body_fields *body, const char *field, int32_t otherwise) {
    double found;
    return fields_number(body, field, &found) && found >= 0 && found <= 1e9 ? (int32_t)found : otherwise;
}

static double severity(const body_fields *body) {
    static const char *const words[] = {"low", "normal", "high", "urgent"};
    const char *text = fields_text(body, "severity");
    for (int i = 0; text && i < 4; i++)
        if (!strcasecmp(text, words[i])) return i;
    return NAN;
}

/* The best score where none is given: what the survey's name stands for. */
static double score(const body_fields *body) {
    const char *name = fields_text(body, "name");
    double value = NAN, scale = NAN;
    number(body, "score", &value);
    number(body, "scale", &scale);
    if (isnan(scale) && name) scale = strcasestr(name, "nps") ? 10 : strcasestr(name, "ces") ? 7 : strcasestr(name, "csat") ? 5 : NAN;
    value /= scale;
    return scale > 0 ? fmin(1, fmax(0, value)) : NAN;
}

/* Who owned them at a time: as the last change until then says, else who it was before the first one after it, else who it is now. "" not known. */
static const char *owner_at(const trace_builder *b, int64_t at_us, const char *field, const char *before, const char *now) {
    const char *owner = NULL;
    for (size_t i = 0; i < b->owners_n; i++) {
        const char *next = body_text(b->owners[i].body, field);
        if (!length(next)) continue;
        if (b->owners[i].at_us > at_us) {
            const char *until = body_text(b->owners[i].body, before);
            return owner ? owner : until ? until : "";
        }
        owner = next;
    }
    return owner ? owner : now;
}

static trace_actor actor(const trace_builder *b, const trace_facts *f, int64_t at_us, const char *who) {
    if (!length(who)) return TRACE_NOBODY;
    if (!strcasecmp(who, owner_at(b, at_us, "sales", "sales_before", f->owner_sales)) || !strcasecmp(who, "sales")) return TRACE_SALES;
    if (!strcasecmp(who, owner_at(b, at_us, "operations", "operations_before", f->owner_operations)) || !strcasecmp(who, "operations")) return TRACE_OPERATIONS;
    return TRACE_ELSE;
}

static void flag(trace_event *t, bool set, int flag) {
    if (set) t->flags = (uint16_t)(t->flags | flag);
}

static bool is_word(const body_fields *body, const char *field, const char *word) {
    const char *text = fields_text(body, field);
    return text && !strcasecmp(text, word);
}

static void contract(trace_event *t, const body_fields *body) {
    t->topic = topic_of(body, "product");
    fields_day(body, "renewal", &t->until_day);
    t->notice_days = count(body, "notice_days", -1);
    t->months = count(body, "period_months", 0);
    number(body, "seats", &t->value);
    flag(t, fields_is(body, "signed", BODY_FALSE), TRACE_UNSIGNED);
    flag(t, fields_is(body, "signed", BODY_TRUE), TRACE_SIGNED);
}

/* Stated by a code, or in words; an offer's is the reason it answers. */
static void stated(trace_event *t, const body_fields *body) {
    const char *code = fields_text(body, "reason_code"), *words = fields_text(body, "feedback");
    if (!length(code)) code = fields_text(body, "reason");
    if (!length(words)) words = fields_text(body, "comment");
    t->reason = (uint8_t)reason_stated(code, length(code), words, length(words));
    if (t->kind == EVENT_contract_end && t->reason == REASON_unknown) t->reason = REASON_none; /* "replaced", "cancelled" */
}

static void price(trace_event *t, const body_fields *body, bool has_amount, double units) {
    double old = NAN;
    number(body, "percent", &t->value);
    number(body, "old_price", &old);
    if (isnan(t->value) && old > 0 && has_amount) t->value = 100 * (units - old) / old;
    fields_day(body, "effective", &t->until_day);
}

static void promise(trace_builder *b, trace_event *t, const body_fields *body) {
    int64_t due;
    if (fields_time(body, "due", &due)) {
        int64_t day = due / TRACE_DAY_US - (due % TRACE_DAY_US < 0);
        if (day > INT32_MIN && day <= INT32_MAX) t->until_day = (int32_t)day;
    }
    about(b, t, body, "what", NULL);
}

static void touch(trace_builder *b, trace_event *t, const body_fields *body) {
    about(b, t, body, "subject", "purpose");
    number(body, "minutes", &t->value);
    flag(t, is_word(body, "purpose", "marketing"), TRACE_MARKETING);
}

/* What the body adds, by kind. */
static void read_body(trace_builder *b, trace_event *t, const body_fields *body, const trace_facts *f, const history_event *e) {
    const char *who = NULL;
    switch (t->kind) {
    case EVENT_order: {
        double discount = 0;
        const char *product = fields_text(body, "product");
        t->topic = topic_of(body, length(product) ? "product" : "category");
        number(body, "quantity", &t->value);
        number(body, "discount", &discount);
        flag(t, discount > 0 || length(fields_text(body, "coupon")), TRACE_DISCOUNTED);
        break;
    }
    case EVENT_refund:
    case EVENT_return_goods: about(b, t, body, "reason", NULL); break;
    case EVENT_contract_start:
    case EVENT_contract_change:
    case EVENT_contract_renew: contract(t, body); break;
    case EVENT_downgrade_request:
        number(body, "seats", &t->value);
        about(b, t, body, "reason", NULL);
        break;
    case EVENT_contract_end: stated(t, body); break;
    case EVENT_leave_intent:
    case EVENT_leave_confirmed:
        stated(t, body);
        fields_day(body, "effective", &t->until_day);
        break;
    case EVENT_offer_shown:
    case EVENT_offer_accepted:
    case EVENT_offer_declined: stated(t, body); break;
    case EVENT_payment_failed: about(b, t, body, "reason", NULL); break;
    case EVENT_usage:
        t->value = 1;
        number(body, "count", &t->value);
        t->topic = topic_of(body, "feature");
        break;
    case EVENT_case_open:
        about(b, t, body, "category", "subject");
        t->value = severity(body);
        break;
    case EVENT_case_update:
        about(b, t, body, "category", NULL);
        t->value = severity(body);
        flag(t, fields_flag(body, "first_response"), TRACE_FIRST_RESPONSE);
        who = fields_text(body, "by_whom");
        break;
    case EVENT_case_resolve:
        number(body, "minutes", &t->value);
        flag(t, is_word(body, "outcome", "refused") || is_word(body, "outcome", "withdrawn"), TRACE_REFUSED);
        who = fields_text(body, "by_whom");
        break;
    case EVENT_promise_made:
        promise(b, t, body);
        who = fields_text(body, "by_whom");
        break;
    case EVENT_touch_out:
    case EVENT_touch_in:
        touch(b, t, body);
        who = fields_text(body, "who");
        break;
    case EVENT_bounce: flag(t, fields_flag(body, "hard"), TRACE_HARD); break;
    case EVENT_survey:
        t->value = score(body);
        t->topic = topic_of(body, "about");
        break;
    case EVENT_complaint:
        about(b, t, body, "about", "comment");
        t->value = severity(body);
        break;
    case EVENT_praise:
    case EVENT_competitor_quote: about(b, t, body, "about", "comment"); break;
    case EVENT_price_change: price(t, body, e->currency[0] != 0, (double)t->amount / 1e4); break;
    case EVENT_account_review: fields_day(body, "next", &t->until_day); break;
    case EVENT_stakeholder_join:
    case EVENT_stakeholder_leave: flag(t, is_word(body, "authority", "decides"), TRACE_DECIDES); break;
    case EVENT_moved: flag(t, fields_flag(body, "out_of_area"), TRACE_OUT_OF_AREA); break;
    case EVENT_need_ended:
        flag(t, fields_flag(body, "closed"), TRACE_CLOSED);
        t->topic = topic_of(body, "product");
        break;
    default: break;
    }
    if (who) t->actor = (uint8_t)actor(b, f, e->at_us, who);
}

/* --- what a survey or praise is about --- */

static struct trace_case *case_of(trace_builder *b, int64_t subject, uint32_t topic) {
    for (size_t i = b->cases_n; i > 0; i--)
        if (subject ? b->cases[i - 1].subject == subject : b->cases[i - 1].number == topic) return &b->cases[i - 1];
    return NULL;
}

static bool note_case(trace_builder *b, const trace_event *t, const body_fields *body, size_t at) {
    if (t->kind != EVENT_case_open && t->kind != EVENT_case_resolve) return true;
    struct trace_case *c = t->kind == EVENT_case_open ? NULL : case_of(b, t->subject, 0);
    uint32_t name = topic_of(body, "number");
    if (!t->subject || (!c && !name)) return true;
    if (!c && b->cases_n == b->cases_capacity) {
        size_t capacity = b->cases_capacity ? 2 * b->cases_capacity : 16;
        struct trace_case *cases = mem_resize(NULL, b->cases, capacity, sizeof *cases);
        if (!cases) return false;
        b->cases = cases;
        b->cases_capacity = capacity;
    }
    if (!c) {
        c = &b->cases[b->cases_n++];
        *c = (struct trace_case){name, t->subject, SIZE_MAX};
    }
    if (t->kind == EVENT_case_resolve) c->resolved = at;
    return true;
}

static void link_to_case(trace_builder *b, trace_event *t, const body_fields *body) {
    struct trace_case *c = t->topic && (t->kind == EVENT_survey || t->kind == EVENT_praise) ? case_of(b, 0, t->topic) : NULL;
    if (!c) return;
    t->subject = c->subject;
    bool content = t->kind == EVENT_praise || t->value >= 0.5 || fields_is(body, "confirmed", BODY_TRUE);
    if (c->resolved != SIZE_MAX && content) flag(&b->event[c->resolved], true, TRACE_CONFIRMED);
}

/* --- the history --- */

static mr_status put(trace_builder *b, const trace_options *o, const trace_facts *f, int64_t birth_us, const history *h, const history_event *e, mr_error *err) {
    trace_event *t = &b->event[b->n];
    const body_fields *body = &b->fields;
    *t = (trace_event){.at_us = e->at_us, .known_us = trace_known(e->at_us, e->recorded_at_us, birth_us), .id = e->id, .subject = e->subject_id,
                       .value = NAN, .day = e->day, .until_day = TRACE_NO_DAY, .notice_days = -1, .kind = e->kind};
    mr_status status = ledger_money(o->rates, o->currency, h->customer_id, e, &t->amount, err);
    if (status != MR_OK) return status;
    if (!body_fields_read(&b->fields, e->body, e->body_len)) return error_memory(err, e->body_len);
    read_body(b, t, body, f, e);
    if (!note_case(b, t, body, b->n)) return error_memory(err, b->cases_capacity * sizeof *b->cases);
    link_to_case(b, t, body);
    b->n++;
    return MR_OK;
}

static mr_status note_owners(trace_builder *b, const history *h, mr_error *err) {
    for (size_t i = 0; i < h->n; i++) {
        const history_event *e = &h->events[i];
        if (e->kind != EVENT_owner_changed) continue;
        if (b->owners_n == b->owners_capacity) {
            size_t capacity = b->owners_capacity ? 2 * b->owners_capacity : 4;
            struct trace_owners *owners = mem_resize(NULL, b->owners, capacity, sizeof *owners);
            if (!owners) return error_memory(err, capacity * sizeof *owners);
            b->owners = owners;
            b->owners_capacity = capacity;
        }
        struct trace_owners *o = &b->owners[b->owners_n];
        if (!body_read(e->body, e->body_len, &o->body)) return error_memory(err, e->body_len);
        o->at_us = e->at_us;
        b->owners_n++;
    }
    return MR_OK;
}

mr_status trace_build(trace_builder *b, const trace_options *o, const trace_facts *f, int64_t birth_us, const history *h, trace *out, mr_error *err) {
    mr_status status = MR_OK;
    b->n = b->cases_n = 0;
    if (h->n > b->capacity) {
        trace_event *events = mem_resize(NULL, b->event, h->n, sizeof *events);
        if (!events) return error_memory(err, h->n * sizeof *events);
        b->event = events;
        b->capacity = h->n;
    }
    status = note_owners(b, h, err);
    for (size_t i = 0; i < h->n && status == MR_OK; i++) status = put(b, o, f, birth_us, h, &h->events[i], err);
    while (b->owners_n) json_decref(b->owners[--b->owners_n].body);
    *out = (trace){h->customer_id, b->event, b->n};
    return status;
}

void trace_builder_free(trace_builder *b) {
    mem_free(NULL, b->event);
    mem_free(NULL, b->cases);
    mem_free(NULL, b->owners);
    body_fields_free(&b->fields);
    *b = (trace_builder){0};
}
