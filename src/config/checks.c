/* What only the whole of the settings can show, and texts that have to be of a kind. */
#include "config_read.h"

#include "zones.h"

#include <calendar.h>
#include <error.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

static void wrong(config_reading *r, uint32_t line, const char *field, const char *format, const char *a, const char *b) {
    char where[16] = "";
    if (line) snprintf(where, sizeof where, ":%u", (unsigned)line);
    error_set(r->y.err, MR_EDATA, field, line ? (int64_t)line : -1, "%.150s%s: ", r->y.name, where);
    size_t len = strlen(r->y.err->message);
    snprintf(r->y.err->message + len, sizeof r->y.err->message - len, format, a, b);
    config_note(r, line);
}

/* Where a setting stands in the file; 0: nowhere, it is the default. */
static uint32_t line_of(const config_reading *r, const char *section, const char *name) {
    for (size_t i = 0; i < setting_rows_n; i++)
        if (!strcmp(setting_rows[i].section, section) && !strcmp(setting_rows[i].name, name)) return r->line[i];
    return 0;
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
    {"delivery", "sms_url", is_page, "an address that begins with https:// or http://", true},
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
            if ((unsigned char)*p < 0x20 && !(*p == '\n' && (!strcmp(row->name, "address") || !strcmp(row->name, "sms_body")))) {
                wrong(r, r->line[i], row->name, "%s holds a line break or another control character%s", name, "");
                break;
            }
        for (size_t k = 0; *text && k < sizeof kinds / sizeof *kinds; k++)
            if (!strcmp(kinds[k].section, row->section) && !strcmp(kinds[k].name, row->name) && !kinds[k].is(text)) {
                char said[200] = "";
                if (!kinds[k].secret) snprintf(said, sizeof said, "%s, not '%.60s'", kinds[k].wants, text);
                wrong(r, r->line[i], row->name, "%s must be %s", name, kinds[k].secret ? kinds[k].wants : said);
            }
    }
    for (size_t i = 0; i < r->c->webhooks_n; i++)
        if (!is_reference(r->c->webhooks[i].secret)) wrong(r, r->c->webhooks[i].line, "secret", "webhook '%.60s': its secret must be %s", r->c->webhooks[i].name, "env:NAME or file:PATH: secrets do not stand in the settings");
}

/* Of two settings the one that the file says last is the one to look at. */
static void check_order(config_reading *r) {
    uint32_t first = line_of(r, "follow_up", "first_days"), second = line_of(r, "follow_up", "second_days");
    if (r->c->follow_up_second_days > r->c->follow_up_first_days) return;
    char days[2][24];
    snprintf(days[0], sizeof days[0], "%lld", (long long)r->c->follow_up_second_days);
    snprintf(days[1], sizeof days[1], "%lld", (long long)r->c->follow_up_first_days);
    wrong(r, second > first ? second : first, "second_days", "follow_up.second_days must be more than first_days; they are %s and %s", days[0], days[1]);
}

/* Somebody works again within a year of each holiday, or deadlines would mean nothing. */
static void check_holidays(config_reading *r) {
    const config *c = r->c;
    const work_calendar company = {.hours = c->company_hours, .holidays = c->work.holidays, .holidays_n = c->work.holidays_n, .last_day = INT32_MAX};
    for (size_t i = 0; i < company.holidays_n; i++) {
        int32_t day = company.holidays[i], last = day + 366;
        char text[11];
        while (day < last && !work_is_day(&company, day)) day++;
        if (day < last) continue;
        wrong(r, r->holidays_line, "holidays", "holidays: after %s nobody works for a year%s", calendar_text(company.holidays[i], text), "; name the days on which the company's hours do not count, and no more");
        return;
    }
}

/* What can be seen of a gateway without knowing how it is spoken to; `config check` asks src/deliver/sms.c for the rest. */
static void check_sms(config_reading *r) {
    const config *c = r->c;
    if (*c->delivery_sms_url && !*c->delivery_sms_body) wrong(r, line_of(r, "delivery", "sms_body"), "sms_body", "delivery.sms_url needs delivery.sms_body, as in %s%s", "'{\"to\": \"{{to}}\", \"message\": \"{{text}}\"}'", "");
    if (*c->delivery_sms_url && !strncmp(c->delivery_sms_url, "http://", 7) && !c->delivery_allow_private) wrong(r, line_of(r, "delivery", "sms_url"), "sms_url", "delivery.sms_url must begin with https:// (http:// only with delivery.allow_private)%s%s", "", "");
    for (size_t i = 0; i < c->delivery_sms_headers.n; i++)
        if (!strncasecmp(c->delivery_sms_headers.at[i], "Authorization:", 14) && !strstr(c->delivery_sms_headers.at[i], "{{"))
            wrong(r, line_of(r, "delivery", "sms_headers"), "sms_headers", "delivery.sms_headers: secrets do not stand in the settings: write %s%s", "'Authorization: Bearer {{env:NAME}}'", " or {{file:PATH}}");
}

static void check_budgets(config_reading *r) {
    const struct {
        const char *name, *text, *like;
    } budgets[] = {{"money", r->c->plan_money, "500 EUR"}, {"hours", r->c->plan_hours, "4"}, {"messages", r->c->plan_messages, "200"}};
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        double amount;
        char currency[4], what[160];
        if (config_budget_parse(budgets[i].text, i == 0, &amount, i ? NULL : currency)) continue;
        snprintf(what, sizeof what, "plan.%s must be a day's budget of 0 or more, as in %s, or empty for none", budgets[i].name, budgets[i].like);
        wrong(r, line_of(r, "plan", budgets[i].name), budgets[i].name, "%s, not '%.60s'", what, budgets[i].text);
    }
}

static void check_people(config_reading *r) {
    const config *c = r->c;
    for (size_t i = 0; i < c->people_n; i++) {
        const config_person *p = &c->people[i];
        for (size_t j = 0; j < i; j++)
            if (!strcmp(c->people[j].name, p->name)) wrong(r, p->line, "people", "there are two people called '%.100s'%s", p->name, ": tell them apart");
        if (*p->email && !is_address(p->email)) wrong(r, p->line, "email", "email of %.80s must be one e-mail address, as in mara@example.com, not '%.60s'", p->name, p->email);
        if (!strcmp(p->stands_in, p->name)) wrong(r, p->line, "stands_in", "stands_in: %.80s cannot stand in for themselves%s", p->name, "");
        if (*p->stands_in && !config_person_of(c, p->stands_in)) wrong(r, p->line, "stands_in", "stands_in: '%.80s', who stands in for %.80s, is not among the people", p->stands_in, p->name);
        for (size_t a = 0; a < p->away_n; a++)
            if (*p->away[a].stands_in && !config_person_of(c, p->away[a].stands_in)) wrong(r, p->line, "stands_in", "away, stands_in: '%.80s', who stands in for %.80s, is not among the people", p->away[a].stands_in, p->name);
    }
}

void config_across(config_reading *r) {
    const config *c = r->c;
    check_texts(r);
    check_order(r);
    if (!zone_known(c->company_time_zone)) wrong(r, line_of(r, "company", "time_zone"), "time_zone", "company.time_zone: '%.60s' is no time zone%s", c->company_time_zone, ": it is to be a name such as Europe/Berlin");
    if (work_hours_week(&c->company_hours) <= 0) wrong(r, line_of(r, "company", "hours"), "hours", "company.hours must be hours as in \"09:00-17:00 mon-fri\": deadlines count them, and so somebody has to work%s%s", "", "");
    else check_holidays(r);
    for (size_t i = 0; i + 1 < c->tiers_n; i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(c->tiers[i].name, c->tiers[j].name)) wrong(r, c->tiers[i].line, "tiers", "the tier '%.60s' stands there twice%s", c->tiers[i].name, "");
    for (size_t i = 0; i < c->webhooks_n; i++) {
        bool https = !strncmp(c->webhooks[i].url, "https://", 8), http = !strncmp(c->webhooks[i].url, "http://", 7);
        if (!https && !(http && c->delivery_allow_private)) wrong(r, c->webhooks[i].line, "webhooks", "webhook '%.60s': the url must begin with https:// (http:// only with delivery.allow_private), not '%.100s'", c->webhooks[i].name, c->webhooks[i].url);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(c->webhooks[i].name, c->webhooks[j].name)) wrong(r, c->webhooks[i].line, "webhooks", "there are two webhooks called '%.60s'%s", c->webhooks[i].name, "");
    }
    check_sms(r);
    check_budgets(r);
    check_people(r);
    for (size_t i = 0; i < c->save_desk_people.n; i++)
        if (!config_person_of(c, c->save_desk_people.at[i])) wrong(r, line_of(r, "save_desk", "people"), "people", "save_desk.people: '%.80s' is not among the people%s", c->save_desk_people.at[i], "");
    config_offers_across(r);
}
