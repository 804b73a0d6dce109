/* What only the whole of the settings can show, and texts that have to be of a kind. */
#include "config_read.h"

#include "zones.h"

#include <error.h>

#include <stdio.h>
#include <string.h>

static void wrong(config_reading *r, const char *field, const char *format, const char *a, const char *b) {
    error_set(r->y.err, MR_EDATA, field, -1, "%.150s: ", r->y.name);
    size_t len = strlen(r->y.err->message);
    snprintf(r->y.err->message + len, sizeof r->y.err->message - len, format, a, b);
    config_note(r, 0);
}

/* --- texts of a kind --- */

static bool is_address(const char *text) {
    const char *at = strchr(text, '@');
    return at && at > text && !strchr(at + 1, '@') && strchr(at + 1, '.') && !strpbrk(text, " ,;<>\"()");
}

static bool is_page(const char *text) {
    return !strncmp(text, "https://", 8) || !strncmp(text, "http://", 7);
}

static bool is_server(const char *text) {
    return (!strncmp(text, "smtp://", 7) || !strncmp(text, "smtps://", 8)) && !strchr(text, '@');
}

static bool is_reference(const char *text) {
    return (!strncmp(text, "env:", 4) && text[4]) || (!strncmp(text, "file:", 5) && text[5]);
}

static const struct {
    const char *section, *name;
    bool (*is)(const char *text);
    const char *wants;
    bool secret; /* not repeated */
} kinds[] = {
    {"company", "from_email", is_address, "one e-mail address, as in hello@example.com", false},
    {"company", "web", is_page, "an address that begins with https:// or http://", false},
    {"preferences", "link", is_page, "an address that begins with https:// or http://", false},
    {"delivery", "unsubscribe", is_address, "one e-mail address, as in unsubscribe@example.com", false},
    {"delivery", "replies", is_address, "one e-mail address, as in replies@example.com", false},
    {"delivery", "smtp_url", is_server, "smtp://host:587 or smtps://host:465, without user and password", true},
    {"delivery", "smtp_password", is_reference, "env:NAME or file:PATH: secrets do not stand in the settings", true},
};

static void check_texts(config_reading *r) {
    for (size_t i = 0; i < setting_rows_n; i++) {
        const setting_row *row = &setting_rows[i];
        const char *text;
        char name[64];
        if (row->type != SETTING_TEXT) continue;
        memcpy(&text, (const char *)r->c + row->offset, sizeof text);
        snprintf(name, sizeof name, "%s.%s", row->section, row->name);
        for (const char *p = text; *p; p++)
            if ((unsigned char)*p < 0x20 && !(*p == '\n' && !strcmp(row->name, "address"))) {
                wrong(r, row->name, "%s holds a line break or another control character%s", name, "");
                break;
            }
        for (size_t k = 0; *text && k < sizeof kinds / sizeof *kinds; k++)
            if (!strcmp(kinds[k].section, row->section) && !strcmp(kinds[k].name, row->name) && !kinds[k].is(text)) {
                char said[200] = "";
                if (!kinds[k].secret) snprintf(said, sizeof said, "%s, not '%.60s'", kinds[k].wants, text);
                wrong(r, row->name, "%s must be %s", name, kinds[k].secret ? kinds[k].wants : said);
            }
    }
    if (r->c->follow_up_second_days <= r->c->follow_up_first_days) wrong(r, "second_days", "follow_up.second_days must be more than first_days%s%s", "", "");
    for (size_t i = 0; i < r->c->webhooks_n; i++)
        if (!is_reference(r->c->webhooks[i].secret)) wrong(r, "secret", "webhook '%.60s': its secret must be %s", r->c->webhooks[i].name, "env:NAME or file:PATH: secrets do not stand in the settings");
}

static void check_people(config_reading *r) {
    const config *c = r->c;
    for (size_t i = 0; i < c->people_n; i++) {
        const config_person *p = &c->people[i];
        for (size_t j = 0; j < i; j++)
            if (!strcmp(c->people[j].name, p->name)) wrong(r, "people", "there are two people called '%.100s'%s", p->name, ": tell them apart");
        if (!strcmp(p->stands_in, p->name)) wrong(r, "stands_in", "%.80s cannot stand in for themselves%s", p->name, "");
        if (*p->stands_in && !config_person_of(c, p->stands_in)) wrong(r, "stands_in", "'%.80s', who stands in for %.80s, is not among the people", p->stands_in, p->name);
        for (size_t a = 0; a < p->away_n; a++)
            if (*p->away[a].stands_in && !config_person_of(c, p->away[a].stands_in)) wrong(r, "stands_in", "'%.80s', who stands in for %.80s, is not among the people", p->away[a].stands_in, p->name);
    }
}

void config_across(config_reading *r) {
    const config *c = r->c;
    check_texts(r);
    if (!zone_known(c->company_time_zone)) wrong(r, "time_zone", "company.time_zone: '%.60s' is no time zone%s", c->company_time_zone, ": it is to be a name such as Europe/Berlin");
    if (!c->company_hours.days || c->company_hours.from_min >= c->company_hours.to_min) wrong(r, "hours", "company.hours: work begins before it ends, on one day a week at least%s%s", "", "");
    for (size_t i = 0; i + 1 < c->tiers_n; i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(c->tiers[i].name, c->tiers[j].name)) wrong(r, "tiers", "the tier '%.60s' stands there twice%s", c->tiers[i].name, "");
    for (size_t i = 0; i < c->webhooks_n; i++) {
        bool https = !strncmp(c->webhooks[i].url, "https://", 8), http = !strncmp(c->webhooks[i].url, "http://", 7);
        if (!https && !(http && c->delivery_allow_private)) wrong(r, "webhooks", "webhook '%.60s': the url must begin with https:// (http:// only with delivery.allow_private), not '%.100s'", c->webhooks[i].name, c->webhooks[i].url);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(c->webhooks[i].name, c->webhooks[j].name)) wrong(r, "webhooks", "there are two webhooks called '%.60s'%s", c->webhooks[i].name, "");
    }
    check_people(r);
}
