/* The lists of the settings beside the table: our people, tiers of customers, holidays, webhooks; and what only the whole can show. */
#include "config_read.h"

#include "zones.h"

#include <calendar.h>
#include <error.h>
#include <hook_kinds.h>
#include <review.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const config_list_names[] = {"people", "tiers", "holidays", "webhooks", "offers", "strategic"};
const size_t config_list_names_n = sizeof config_list_names / sizeof *config_list_names;

static const char *const roles[] = {"sales", "operations", "senior", "manager"};

const char *config_role_name(config_role role) {
    return roles[role];
}

bool config_list_is(const char *key) {
    for (size_t i = 0; i < config_list_names_n; i++)
        if (!strcmp(config_list_names[i], key)) return true;
    return false;
}

/* --- items --- */

static mr_status read_hours(yaml_reading *y, const yaml_node_t *node, void *into) {
    char *text = NULL;
    mr_status status = yaml_text(y, node, "hours", true, &text);
    return status ? status : config_work_hours(y, node, "hours", text, into);
}

static mr_status read_role(yaml_reading *y, const yaml_node_t *node, void *into) {
    int at = 0;
    mr_status status = yaml_one_of(y, node, "role", roles, sizeof roles / sizeof *roles, &at);
    *(config_role *)into = (config_role)at;
    return status;
}

static mr_status read_zone(yaml_reading *y, const yaml_node_t *node, void *into) {
    char *text = NULL;
    mr_status status = yaml_text(y, node, "time_zone", false, &text);
    if (!status && !zone_known(text)) status = yaml_fail(y, node, "time_zone", "'%.60s' is no time zone: it is to be a name such as Europe/Berlin", text);
    memcpy(into, &text, sizeof text);
    return status;
}

static mr_status read_kinds(yaml_reading *y, const yaml_node_t *node, void *into) {
    names list = {0};
    mr_status status = yaml_texts(y, node, "kinds", false, &list);
    *(config_names *)into = (config_names){(const char *const *)list.at, list.n};
    for (size_t i = 0; status == MR_OK && i < list.n; i++)
        if (!hook_kind_find(list.at[i], strlen(list.at[i]))) status = yaml_fail(y, node, "kinds", "'%.60s' is nothing that can be told of: 'marram webhook kinds' lists what is, as in task.created", list.at[i]);
    return status;
}

/* "2026-12-24..2027-01-02", or one day. */
static mr_status read_days(yaml_reading *y, const yaml_node_t *node, work_absence *out) {
    char *text = NULL;
    mr_status status = yaml_text(y, node, "away", false, &text);
    if (status) return status;
    const char *dots = strstr(text, ".."), *to = dots ? dots + 2 : text;
    size_t len = dots ? (size_t)(dots - text) : strlen(text);
    if (!calendar_parse(text, len, &out->from) || !calendar_parse(to, strlen(to), &out->to))
        return yaml_fail(y, node, "away", "away must be days as in 2026-12-24..2027-01-02, or one as in 2026-12-24, not '%.60s'", text);
    return out->to < out->from ? yaml_fail(y, node, "away", "away '%.60s' ends before it begins", text) : MR_OK;
}

static mr_status read_away(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {{"from", YAML_IS_DAY, offsetof(work_absence, from), 0, 0, NULL},
                                        {"to", YAML_IS_DAY, offsetof(work_absence, to), 0, 0, NULL},
                                        {"stands_in", YAML_IS_TEXT, offsetof(work_absence, stands_in), 0, 0, NULL}};
    config_person *p = into;
    if (node->type != YAML_SEQUENCE_NODE) return yaml_fail(y, node, "away", "away must be a list, as in [2026-12-24..2027-01-02] or [{from: 2026-12-21, to: 2027-01-04}]");
    size_t n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    mr_status status = yaml_room(y, n, sizeof *p->away, &p->away);
    for (size_t i = 0; i < n && !status; i++) {
        const yaml_node_t *item = yaml_at(y, node->data.sequence.items.start[i]);
        work_absence *a = &p->away[i];
        *a = (work_absence){INT32_MIN, INT32_MIN, ""};
        status = item->type == YAML_SCALAR_NODE ? read_days(y, item, a) : yaml_fields(y, item, "away", fields, sizeof fields / sizeof *fields, a);
        if (!status && (a->from == INT32_MIN || a->to < a->from)) status = yaml_fail(y, item, "away", "away needs from and to, to not before from");
        if (!status) p->away_n = i + 1;
    }
    return status;
}

/* "de", "pt-BR": parts of two to eight letters or digits, the first of letters. */
static bool is_language(const char *text) {
    for (size_t len = 0, parts = 0;; text++) {
        bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'), digit = *text >= '0' && *text <= '9';
        if (letter || (digit && parts)) {
            if (++len > 8) return false;
            continue;
        }
        if ((*text && *text != '-') || len < 2) return false;
        if (!*text) return true;
        len = 0;
        parts++;
    }
}

static mr_status read_languages(yaml_reading *y, const yaml_node_t *node, void *into) {
    names list = {0};
    mr_status status = yaml_texts(y, node, "languages", false, &list);
    *(config_names *)into = (config_names){(const char *const *)list.at, list.n};
    for (size_t i = 0; status == MR_OK && i < list.n; i++)
        if (!is_language(list.at[i])) status = yaml_fail(y, node, "languages", "languages must be tags such as [de, en-GB], not '%.40s'", list.at[i]);
    return status;
}

static mr_status person(config_reading *r, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {
        {"name", YAML_IS_TEXT, offsetof(config_person, name), 0, 0, NULL},   {"email", YAML_IS_TEXT, offsetof(config_person, email), 0, 0, NULL},
        {"phone", YAML_IS_TEXT, offsetof(config_person, phone), 0, 0, NULL}, {"stands_in", YAML_IS_TEXT, offsetof(config_person, stands_in), 0, 0, NULL},
        {"role", YAML_IS_OWN, offsetof(config_person, role), 0, 0, read_role},  {"load", YAML_IS_COUNT, offsetof(config_person, load), 0, 100000, NULL},
        {"hours", YAML_IS_OWN, offsetof(config_person, work.hours), 0, 0, read_hours}, {"time_zone", YAML_IS_OWN, offsetof(config_person, time_zone), 0, 0, read_zone},
        {"tasks_per_day", YAML_IS_REAL, offsetof(config_person, tasks_per_day), 0.1, 1000, NULL}, {"languages", YAML_IS_OWN, offsetof(config_person, languages), 0, 0, read_languages},
        {"left", YAML_IS_DAY, offsetof(config_person, left_day), 0, 0, NULL},  {"away", YAML_IS_OWN, 0, 0, 0, read_away}};
    config_person *p = into;
    *p = (config_person){.name = "", .email = "", .phone = "", .stands_in = "", .time_zone = "", .left_day = INT32_MAX, .line = yaml_line(node)};
    mr_status status = yaml_fields(&r->y, node, "a person", fields, sizeof fields / sizeof *fields, p);
    return status == MR_OK && !*p->name ? yaml_fail(&r->y, node, "name", "a person needs a name") : status;
}

static mr_status tier(config_reading *r, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {{"name", YAML_IS_TEXT, offsetof(config_tier, name), 0, 0, NULL},
                                        {"cadence_days", YAML_IS_COUNT, offsetof(config_tier, cadence_days), 1, 3650, NULL},
                                        {"response_hours", YAML_IS_REAL, offsetof(config_tier, response_hours), 0.25, 2000, NULL},
                                        {"resolution_hours", YAML_IS_REAL, offsetof(config_tier, resolution_hours), 0.25, 20000, NULL}};
    config_tier *t = into;
    *t = (config_tier){.name = "", .line = yaml_line(node)};
    mr_status status = yaml_fields(&r->y, node, "a tier", fields, sizeof fields / sizeof *fields, t);
    return status == MR_OK && !*t->name ? yaml_fail(&r->y, node, "name", "a tier needs a name; \"*\" is any other") : status;
}

static mr_status webhook(config_reading *r, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {{"name", YAML_IS_TEXT, offsetof(config_webhook, name), 0, 0, NULL},
                                        {"url", YAML_IS_TEXT, offsetof(config_webhook, url), 0, 0, NULL},
                                        {"secret", YAML_IS_TEXT, offsetof(config_webhook, secret), 0, 0, NULL},
                                        {"kinds", YAML_IS_OWN, offsetof(config_webhook, kinds), 0, 0, read_kinds}};
    config_webhook *w = into;
    *w = (config_webhook){.name = "", .url = "", .secret = "", .line = yaml_line(node)};
    mr_status status = yaml_fields(&r->y, node, "a webhook", fields, sizeof fields / sizeof *fields, w);
    if (status == MR_OK && (!*w->name || !*w->url || !*w->secret)) status = yaml_fail(&r->y, node, "webhooks", "a webhook needs name, url and secret");
    return status;
}

static mr_status holiday(config_reading *r, const yaml_node_t *node, void *into) {
    char *text = NULL;
    mr_status status = yaml_text(&r->y, node, "holidays", false, &text);
    if (!status && !calendar_parse(text, strlen(text), into)) status = yaml_fail(&r->y, node, "holidays", "'%.40s' is no date like 2026-12-25", text);
    return status;
}

static int by_day(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

/* Items one by one, on after one that is wrong. *n: those that are right. One more is left room for. */
static void items(config_reading *r, const yaml_node_t *node, const char *key, size_t size, mr_status (*read)(config_reading *r, const yaml_node_t *node, void *into), void *out, size_t *n) {
    char *at = NULL;
    *n = 0;
    if (node->type == YAML_SCALAR_NODE && !node->data.scalar.length) return;
    if (node->type != YAML_SEQUENCE_NODE) {
        yaml_fail(&r->y, node, key, "'%s' must be a list", key);
        return;
    }
    size_t most = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (yaml_room(&r->y, most + 1, size, &at)) return;
    memcpy(out, &at, sizeof at);
    for (size_t i = 0; i < most; i++) {
        const yaml_node_t *item = yaml_at(&r->y, node->data.sequence.items.start[i]);
        if (read(r, item, at + *n * size) == MR_OK) ++*n;
        if (!config_note(r, yaml_line(item))) return;
    }
}

/* The tier of all others is always there. */
static void settle_tiers(config_reading *r) {
    config *c = r->c;
    if (!c->tiers && yaml_room(&r->y, 1, sizeof *c->tiers, &c->tiers)) {
        config_note(r, 0);
        return;
    }
    size_t at = 0;
    while (at < c->tiers_n && strcmp(c->tiers[at].name, "*")) at++;
    config_tier any = at < c->tiers_n ? c->tiers[at] : (config_tier){.name = "*"};
    if (at == c->tiers_n) c->tiers_n++;
    for (size_t i = at; i + 1 < c->tiers_n; i++) c->tiers[i] = c->tiers[i + 1];
    c->tiers[c->tiers_n - 1] = any;
    for (size_t i = c->tiers_n; i > 0; i--) {
        config_tier *t = &c->tiers[i - 1];
        bool last = i == c->tiers_n;
        if (t->response_hours <= 0) t->response_hours = last ? c->recovery_response_hours : any.response_hours;
        if (t->resolution_hours <= 0) t->resolution_hours = last ? c->recovery_resolution_hours : any.resolution_hours;
        if (t->cadence_days <= 0 && !last) t->cadence_days = any.cadence_days;
        if (last) any = *t;
    }
}

void config_list(config_reading *r, const char *key, const yaml_node_t *node) {
    config *c = r->c;
    int32_t *days = NULL;
    if (!key) {
        settle_tiers(r);
        return;
    }
    if (!strcmp(key, "people")) items(r, node, key, sizeof *c->people, person, &c->people, &c->people_n);
    if (!strcmp(key, "tiers")) items(r, node, key, sizeof *c->tiers, tier, &c->tiers, &c->tiers_n);
    if (!strcmp(key, "webhooks")) items(r, node, key, sizeof *c->webhooks, webhook, &c->webhooks, &c->webhooks_n);
    if (!strcmp(key, "offers")) items(r, node, key, sizeof *c->offers, config_offer_read, &c->offers, &c->offers_n);
    if (!strcmp(key, "strategic")) {
        names list = {0};
        if (yaml_texts(&r->y, node, key, true, &list) == MR_OK) c->strategic = (config_names){(const char *const *)list.at, list.n};
    }
    if (strcmp(key, "holidays")) return;
    items(r, node, key, sizeof *days, holiday, &days, &c->work.holidays_n);
    if (days) qsort(days, c->work.holidays_n, sizeof *days, by_day);
    c->work.holidays = days;
    r->holidays_line = yaml_line(node);
}

/* --- asking --- */

const config_tier *config_tier_of(const config *c, const char *name) {
    for (size_t i = 0; i + 1 < c->tiers_n; i++)
        if (!strcmp(c->tiers[i].name, name)) return &c->tiers[i];
    return &c->tiers[c->tiers_n - 1];
}

const config_person *config_person_of(const config *c, const char *name) {
    for (size_t i = 0; i < c->people_n; i++)
        if (!strcmp(c->people[i].name, name)) return &c->people[i];
    return NULL;
}

const work_absence *config_person_away(const config_person *p, int32_t day) {
    for (size_t i = 0; i < p->away_n; i++)
        if (p->away[i].from <= day && day <= p->away[i].to) return &p->away[i];
    return NULL;
}

bool config_person_free(const config_person *p, int32_t day) {
    return day <= p->left_day && !config_person_away(p, day);
}

const char *config_person_stand_in(const config_person *p, int32_t day) {
    const work_absence *a = config_person_away(p, day);
    return a && *a->stands_in ? a->stands_in : p->stands_in;
}

double config_person_a_day(const config_person *p) {
    return p->tasks_per_day > 0 ? p->tasks_per_day : work_hours_week(&p->work.hours) / 5;
}

bool config_person_speaks(const config_person *p, const char *language) {
    size_t len = strcspn(language, "-_");
    if (!len || !p->languages.n) return true;
    for (size_t i = 0; i < p->languages.n; i++)
        if (strcspn(p->languages.at[i], "-_") == len && !strncasecmp(p->languages.at[i], language, len)) return true;
    return false;
}
