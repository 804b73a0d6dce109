#include "preference_list.h"

#include <append.h>
#include <body.h>
#include <config.h>
#include <contact_policy.h>
#include <error.h>
#include <zones.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SOURCE "marram"

static const char *text(const json_t *o, const char *name) {
    const char *t = o ? json_string_value(json_object_get(o, name)) : NULL;
    return t ? t : "";
}

/* --- what was said --- */

static json_t *row_of(json_t *list, const char *contact, const char *about) {
    size_t i;
    json_t *row;
    json_array_foreach(list, i, row)
        if (!strcmp(text(row, "contact"), contact) && !strcmp(text(row, "about"), about)) return row;
    row = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "contact", contact, "about", about, "says", "", "learnt", "", "where", "", "source", "", "confirmed", "");
    return row && !json_array_append_new(list, row) ? row : NULL;
}

static void said(json_t *list, const char *contact, const char *about, const char *says, const char *at, const char *where, const char *source) {
    json_t *row = row_of(list, contact, about);
    if (!row) return;
    json_object_set_new(row, "confirmed", json_string(at));
    if (!strcmp(text(row, "says"), says)) return;
    json_object_set_new(row, "says", json_string(says));
    json_object_set_new(row, "learnt", json_string(at));
    json_object_set_new(row, "where", json_string(where));
    json_object_set_new(row, "source", json_string(source));
}

static void consent(json_t *list, const json_t *e, const json_t *body, bool given) {
    char about[160];
    const char *purpose = text(body, "purpose"), *channel = text(body, "channel");
    snprintf(about, sizeof about, "%s%s%s", *purpose ? purpose : "everything", *channel ? " by " : "", channel);
    said(list, text(body, "contact"), about, given ? "given" : "withdrawn", text(e, "at"), text(e, "kind"), text(e, "source"));
}

static void preference(json_t *list, const json_t *e, const json_t *body) {
    static const char *const fields[][2] = {{"hours", "hours"}, {"time_zone", "time zone"}, {"locale", "language"}};
    char about[160];
    const json_t *wanted = json_object_get(body, "wanted");
    const char *contact = text(body, "contact"), *channel = text(body, "channel"), *topic = text(body, "topic"), *at = text(e, "at"), *kind = text(e, "kind"), *source = text(e, "source");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (*text(body, fields[i][0])) said(list, contact, fields[i][1], text(body, fields[i][0]), at, kind, source);
    if (!json_is_boolean(wanted)) return;
    if (*topic) snprintf(about, sizeof about, "topic %s", topic);
    else if (*channel) snprintf(about, sizeof about, "channel %s", channel);
    else snprintf(about, sizeof about, "being contacted at all");
    said(list, contact, about, json_is_true(wanted) ? "wanted" : "not wanted", at, kind, source);
}

/* What the contact's record says, of which nobody has spoken since. */
static void record(json_t *list, const char *contact, const char *about, const char *says) {
    size_t i;
    const json_t *row;
    json_array_foreach(list, i, row)
        if (!strcmp(text(row, "contact"), contact) && !strcmp(text(row, "about"), about)) return;
    if (*says) said(list, contact, about, says, "", "their record", "");
}

static void records(json_t *list, const whole *w) {
    record(list, "", "time zone", w->time_zone);
    record(list, "", "language", w->locale);
    for (size_t i = 0; i < w->contacts_n; i++) {
        const whole_contact *c = &w->contacts[i];
        record(list, c->external_id, "channels", c->channels);
        record(list, c->external_id, "time zone", c->time_zone);
        record(list, c->external_id, "language", c->locale);
    }
}

json_t *preference_list(const json_t *person, const whole *w) {
    const json_t *events = json_object_get(person, "events");
    json_t *all = json_array(), *out = json_array();
    for (size_t i = json_array_size(events); all && i > 0; i--) { /* newest first, there */
        const json_t *e = json_array_get(events, i - 1), *body = json_object_get(e, "body");
        if (!strcmp(text(e, "kind"), "consent_given")) consent(all, e, body, true);
        if (!strcmp(text(e, "kind"), "consent_withdrawn")) consent(all, e, body, false);
        if (!strcmp(text(e, "kind"), "preference_changed")) preference(all, e, body);
    }
    if (all && out) records(all, w);
    /* The account's own, then contact by contact in the order they come. */
    while (all && out && json_array_size(all)) {
        char whose[256];
        snprintf(whose, sizeof whose, "%s", text(json_array_get(all, 0), "contact"));
        for (size_t i = 0; i < json_array_size(all); i++)
            if (!*text(json_array_get(all, i), "contact")) whose[0] = 0;
        for (size_t i = 0; i < json_array_size(all);) {
            json_t *row = json_array_get(all, i);
            if (strncmp(text(row, "contact"), whose, sizeof whose - 1)) i++;
            else if (json_array_append(out, row) || json_array_remove(all, i)) break;
        }
    }
    json_decref(all);
    return out;
}

/* --- saying it --- */

/* "name=yes": the name into name[size]; *yes. */
static bool yes_or_no(const char *value, char *name, size_t size, bool *yes) {
    const char *equals = strrchr(value, '=');
    if (!equals || equals == value || (size_t)(equals - value) >= size) return false;
    snprintf(name, size, "%.*s", (int)(equals - value), value);
    *yes = !strcmp(equals + 1, "yes");
    return *yes || !strcmp(equals + 1, "no");
}

/* As in "de", "pt-BR", "zh-Hant-TW". */
static bool is_language(const char *tag) {
    size_t part = 0, parts = 0;
    for (const char *at = tag;; at++) {
        if (*at && *at != '-') {
            part++;
            if (!isalnum((unsigned char)*at) || (!parts && !isalpha((unsigned char)*at))) return false;
            continue;
        }
        if (part > 8 || part < (parts ? 1 : 2) || (!parts && part > 3)) return false;
        if (!*at) return true;
        parts++;
        part = 0;
    }
}

static mr_status body_of(const preference_word *word, json_t **out, mr_error *err) {
    char name[128];
    bool yes;
    contact_window hours;
    *out = NULL;
    if (!strcmp(word->name, "everything")) {
        if (strcmp(word->value, "yes") && strcmp(word->value, "no")) return error_set(err, MR_EDATA, "everything", -1, "everything must be yes or no, not '%.60s'", word->value);
        *out = json_pack("{s:b}", "wanted", !strcmp(word->value, "yes"));
    } else if (!strcmp(word->name, "channel")) {
        int channel = yes_or_no(word->value, name, sizeof name, &yes) ? contact_channel_find(name, strlen(name)) : -1;
        if (channel < 0) return error_set(err, MR_EDATA, "channel", -1, "channel must be email, sms, phone, letter or visit, then =yes or =no, not '%.60s'", word->value);
        *out = json_pack("{s:s,s:b}", "channel", contact_channel_name((contact_channel)channel), "wanted", yes);
    } else if (!strcmp(word->name, "topic")) {
        if (!yes_or_no(word->value, name, sizeof name, &yes)) return error_set(err, MR_EDATA, "topic", -1, "topic must be a name, then =yes or =no, not '%.60s'", word->value);
        *out = json_pack("{s:s,s:b}", "topic", name, "wanted", yes);
    } else if (!strcmp(word->name, "hours")) {
        if (!config_hours_parse(word->value, &hours) || !hours.days) return error_set(err, MR_EDATA, "hours", -1, "hours must be as in 09:00-12:00 or 14:00-18:00 mon-fri, not '%.60s'", word->value);
        *out = json_pack("{s:s}", "hours", word->value);
    } else if (!strcmp(word->name, "time-zone")) {
        if (!zone_known(word->value)) return error_set(err, MR_EDATA, "time-zone", -1, "there is no time zone '%.60s'; an IANA name is wanted, as in Europe/Berlin", word->value);
        *out = json_pack("{s:s}", "time_zone", word->value);
    } else if (!strcmp(word->name, "language")) {
        if (!is_language(word->value)) return error_set(err, MR_EDATA, "language", -1, "language must be a BCP 47 tag as in de or pt-BR, not '%.60s'", word->value);
        *out = json_pack("{s:s}", "locale", word->value);
    }
    return *out ? MR_OK : error_set(err, MR_EDATA, word->name, -1, "'%.60s' is not UTF-8", word->value);
}

typedef struct saying {
    ledger *l;
    append_item *items;
    size_t n;
} saying;

static mr_status put(db *d, void *ctx, mr_error *err) {
    saying *s = ctx;
    int32_t number;
    (void)d;
    mr_status status = ledger_source(s->l, SOURCE, &number, err);
    return status == MR_OK ? ledger_append_within(s->l, s->items, s->n, err) : status;
}

#define MOST 64

mr_status preference_say(ledger *l, int64_t customer_id, const char *contact, const preference_word *words, size_t n, int64_t now_us, mr_error *err) {
    append_item items[MOST];
    char *body[MOST] = {0}, id[MOST][400];
    mr_status status = n > MOST ? error_set(err, MR_EDATA, NULL, -1, "at most %d at once", MOST) : MR_OK;
    size_t made = 0;
    for (; made < n && status == MR_OK; made++) {
        json_t *o;
        status = body_of(&words[made], &o, err);
        if (status != MR_OK) break;
        if (contact) json_object_set_new(o, "contact", json_string(contact));
        body[made] = json_dumps(o, JSON_COMPACT);
        json_decref(o);
        if (!body[made]) status = error_memory(err, 256);
        if (status != MR_OK) break;
        int len = snprintf(id[made], sizeof id[made], "preference/%016" PRIx64 "/%" PRId64 "/%.60s/%.120s/%.120s", (uint64_t)customer_id, now_us, contact ? contact : "", words[made].name, words[made].value);
        items[made] = (append_item){.event = {.customer_id = customer_id,
                                              .e = {.kind = EVENT_preference_changed, .at_us = now_us, .recorded_at_us = now_us, .day = (int32_t)(now_us / CONTACT_DAY_US), .source = ledger_source_number(SOURCE), .body = body[made],
                                                    .body_len = strlen(body[made]), .source_id = id[made], .source_id_len = (size_t)len}}};
        items[made].event.e.id = ledger_hash(l, ledger_domain_of(l, "event", SOURCE), id[made], (size_t)len);
    }
    saying s = {l, items, n};
    if (status == MR_OK && n) status = db_transaction(l->d, DB_WRITE, put, &s, err);
    for (size_t i = 0; i < MOST; i++) free(body[i]);
    return status;
}
