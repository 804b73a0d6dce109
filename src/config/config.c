/* Reading marram.yaml: every pair of every section by the table, and on after what is wrong, so that one run tells all of it. */
#include "config_read.h"

#include "zones.h"

#include <calendar.h>
#include <error.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool config_note(config_reading *r, uint32_t line) {
    mr_error *e = r->y.err;
    if (r->first.code == MR_ENOMEM) return false;
    if (e->code == MR_OK) return true;
    if (!r->wrong || e->code == MR_ENOMEM) r->first = *e;
    r->wrong++;
    if (r->found && e->code != MR_ENOMEM) r->found(r->ctx, r->y.name, line, e->message);
    bool on = e->code != MR_ENOMEM;
    *e = (mr_error){0};
    return on;
}

/* --- values --- */

static mr_status whole_number(config_reading *r, const yaml_node_t *node, const setting_row *row, int64_t *out) {
    double value = 0;
    mr_status status = yaml_real(&r->y, node, row->name, row->low, row->high, &value);
    if (status) return status;
    if (value != floor(value)) return yaml_fail(&r->y, node, row->name, "%s must be a whole number, not %s", row->name, (const char *)node->data.scalar.value);
    *out = (int64_t)value;
    return MR_OK;
}

static mr_status counts(config_reading *r, const yaml_node_t *node, const setting_row *row, config_counts *out) {
    if (node->type != YAML_SEQUENCE_NODE) return yaml_fail(&r->y, node, row->name, "%s must be a list, as in %s", row->name, row->standard);
    size_t n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    int64_t *at = NULL;
    mr_status status = yaml_room(&r->y, n, sizeof *at, &at);
    for (size_t i = 0; i < n && !status; i++) status = whole_number(r, yaml_at(&r->y, node->data.sequence.items.start[i]), row, &at[i]);
    *out = (config_counts){at, n};
    return status;
}

static mr_status words(config_reading *r, const yaml_node_t *node, const char *name, config_names *out) {
    if (node->type != YAML_SEQUENCE_NODE) return yaml_fail(&r->y, node, name, "%s must be a list", name);
    size_t n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    char **at = NULL;
    mr_status status = yaml_room(&r->y, n, sizeof *at, &at);
    for (size_t i = 0; i < n && !status; i++) status = yaml_text(&r->y, yaml_at(&r->y, node->data.sequence.items.start[i]), name, false, &at[i]);
    *out = (config_names){(const char *const *)at, n};
    return status;
}

static mr_status choice(config_reading *r, const yaml_node_t *node, const setting_row *row, int *out) {
    char *text = NULL;
    mr_status status = yaml_text(&r->y, node, row->name, false, &text);
    if (status) return status;
    const char *at = row->words;
    for (int i = 0; at; i++) {
        const char *end = strchr(at, '|');
        size_t len = end ? (size_t)(end - at) : strlen(at);
        if (strlen(text) == len && !strncmp(text, at, len)) return *out = i, MR_OK;
        at = end ? end + 1 : NULL;
    }
    return yaml_fail(&r->y, node, row->name, "%s must be one of %s, not '%.40s'", row->name, row->words, text);
}

mr_status config_set(config_reading *r, const setting_row *row, const yaml_node_t *node) {
    char *into = (char *)r->c + row->offset, *text = NULL;
    union {
        int64_t whole;
        double real;
        bool flag;
        const char *text;
        int choice;
        contact_window hours;
        work_hours work;
        config_counts counts;
        config_names texts;
    } v = {0};
    size_t size = 0;
    mr_status status = MR_OK;
    switch (row->type) {
    case SETTING_COUNT: status = whole_number(r, node, row, &v.whole), size = sizeof v.whole; break;
    case SETTING_REAL: status = yaml_real(&r->y, node, row->name, row->low, row->high, &v.real), size = sizeof v.real; break;
    case SETTING_FLAG: status = yaml_choice(&r->y, node, row->name, "yes", "no", &v.flag), size = sizeof v.flag; break;
    case SETTING_TEXT: status = yaml_text(&r->y, node, row->name, true, &text), v.text = text, size = sizeof v.text; break;
    case SETTING_CHOICE: status = choice(r, node, row, &v.choice), size = sizeof v.choice; break;
    case SETTING_COUNTS: status = counts(r, node, row, &v.counts), size = sizeof v.counts; break;
    case SETTING_NAMES: status = words(r, node, row->name, &v.texts), size = sizeof v.texts; break;
    case SETTING_HOURS:
        status = yaml_text(&r->y, node, row->name, true, &text), size = sizeof v.hours;
        if (!status && !config_hours_parse(text, &v.hours)) status = yaml_fail(&r->y, node, row->name, "%s must be hours as in \"09:00-17:00 mon-fri\", not '%.60s'", row->name, text);
        break;
    case SETTING_WORK:
        status = yaml_text(&r->y, node, row->name, true, &text), size = sizeof v.work;
        if (!status) status = config_work_hours(&r->y, node, row->name, text, &v.work);
        break;
    }
    if (!status) memcpy(into, &v, size);
    return status;
}

/* --- the whole file --- */

static mr_status defaults(config_reading *r) {
    yaml_document_t doc;
    mr_status status = MR_OK;
    r->y.doc = &doc;
    for (size_t i = 0; i < setting_rows_n && !status; i++) {
        char line[400];
        bool quoted = setting_quoted(&setting_rows[i]);
        int len = snprintf(line, sizeof line, quoted ? "\"%s\"\n" : "%s\n", setting_rows[i].standard);
        status = yaml_file_load("the defaults", "settings", line, (size_t)len, &doc, r->y.err);
        if (status) return status;
        status = config_set(r, &setting_rows[i], yaml_document_get_root_node(&doc));
        yaml_document_delete(&doc);
    }
    return status;
}

static void unknown(config_reading *r, const yaml_node_t *key, const char *section) {
    const char *known[160], *said = key->type == YAML_SCALAR_NODE ? (const char *)key->data.scalar.value : "";
    char hint[320];
    size_t n = 0;
    for (size_t i = 0; section && i < setting_rows_n; i++)
        if (!strcmp(setting_rows[i].section, section) && n < 160) known[n++] = setting_rows[i].name;
    for (size_t i = 0; !section && i < section_rows_n; i++) known[n++] = section_rows[i].name;
    for (size_t i = 0; !section && i < config_list_names_n; i++) known[n++] = config_list_names[i];
    yaml_fail(&r->y, key, said, "there is no setting '%.60s'%s%s%s", said, section ? " in " : "", section ? section : "", yaml_known(said, known, n, hint));
}

static bool repeated(const yaml_reading *y, const yaml_node_t *node, const yaml_node_pair_t *pair) {
    const yaml_node_t *key = yaml_at(y, pair->key);
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < pair; p++) {
        const yaml_node_t *k = yaml_at(y, p->key);
        if (k->type == YAML_SCALAR_NODE && key->type == YAML_SCALAR_NODE && !strcmp((const char *)k->data.scalar.value, (const char *)key->data.scalar.value)) return true;
    }
    return false;
}

static bool section(config_reading *r, const char *name, const yaml_node_t *node) {
    if (node->type == YAML_SCALAR_NODE && !node->data.scalar.length) return true; /* all its lines are comments */
    if (node->type != YAML_MAPPING_NODE) {
        yaml_fail(&r->y, node, name, "'%s' is to hold settings, a line each, as in '%s:' and below it '  mode: propose'", name, name);
        return config_note(r, yaml_line(node));
    }
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_at(&r->y, p->key), *value = yaml_at(&r->y, p->value);
        size_t i = 0;
        while (i < setting_rows_n && (strcmp(setting_rows[i].section, name) || key->type != YAML_SCALAR_NODE || strcmp(setting_rows[i].name, (const char *)key->data.scalar.value))) i++;
        if (i == setting_rows_n) unknown(r, key, name);
        else if (repeated(&r->y, node, p)) yaml_fail(&r->y, key, setting_rows[i].name, "'%s' stands here twice", setting_rows[i].name);
        else if (config_set(r, &setting_rows[i], value) == MR_OK) r->c->given[i] = 1, r->line[i] = yaml_line(value);
        if (!config_note(r, yaml_line(value))) return false;
    }
    return true;
}

static void root(config_reading *r, const yaml_node_t *node) {
    if (!node || (node->type == YAML_SCALAR_NODE && !node->data.scalar.length)) return; /* nothing but comments */
    if (node->type != YAML_MAPPING_NODE) {
        yaml_fail(&r->y, node, NULL, "settings are sections of names and values, as `marram config init` writes them");
        config_note(r, yaml_line(node));
        return;
    }
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_at(&r->y, p->key), *value = yaml_at(&r->y, p->value);
        const char *name = key->type == YAML_SCALAR_NODE ? (const char *)key->data.scalar.value : "";
        size_t s = 0;
        while (s < section_rows_n && strcmp(section_rows[s].name, name)) s++;
        if (repeated(&r->y, node, p)) {
            yaml_fail(&r->y, key, name, "'%.60s' stands here twice: put both into one", name);
        } else if (s < section_rows_n) {
            if (!section(r, name, value)) return;
        } else if (config_list_is(name)) {
            config_list(r, name, value);
        } else {
            unknown(r, key, NULL);
        }
        if (!config_note(r, yaml_line(key))) return;
    }
}

#define ZONE_FROM INT64_C(946684800000000)  /* 2000 */
#define ZONE_TO INT64_C(2840140800000000)   /* 2060 */

static mr_status work(config_reading *r) {
    config *c = r->c;
    const char *zone = zone_known(c->company_time_zone) ? c->company_time_zone : "UTC"; /* config_across has said so */
    c->work.hours = c->company_hours;
    c->work.last_day = INT32_MAX;
    mr_status status = zone_read(zone, ZONE_FROM, ZONE_TO, &c->texts, &c->work.zone, r->y.err);
    for (size_t i = 0; i < c->people_n && status == MR_OK; i++) {
        config_person *p = &c->people[i];
        work_hours own = p->work.hours;
        p->work = c->work;
        if (work_hours_week(&own)) p->work.hours = own;
        p->work.away = p->away;
        p->work.away_n = p->away_n;
        p->work.last_day = p->left_day;
        if (*p->time_zone && strcmp(p->time_zone, zone) != 0) status = zone_read(p->time_zone, ZONE_FROM, ZONE_TO, &c->texts, &p->work.zone, r->y.err);
    }
    return status;
}

mr_status config_read(const char *name, const char *text, size_t len, config_found found, void *ctx, config *out, mr_error *err) {
    mr_error local = {0};
    yaml_document_t doc;
    config_reading r = {.y = {.name = name ? name : "the defaults", .text = &out->texts, .err = &local}, .c = out, .found = found, .ctx = ctx};
    out->path = name ? arena_copy(&out->texts, name, strlen(name)) : "";
    out->given = arena_take(&out->texts, setting_rows_n);
    r.line = arena_take(&out->texts, setting_rows_n * sizeof *r.line);
    mr_status status = out->given && r.line && out->path ? defaults(&r) : error_memory(&local, setting_rows_n);
    if (status == MR_OK && text) {
        status = yaml_file_load(r.y.name, "settings", text, len, &doc, &local);
        if (status == MR_OK) {
            r.y.doc = &doc;
            root(&r, yaml_document_get_root_node(&doc));
            yaml_document_delete(&doc);
        } else if (found && status == MR_EDATA) {
            found(ctx, r.y.name, local.row > 0 ? (uint32_t)local.row : 0, local.message);
        }
    }
    if (status == MR_OK && r.first.code != MR_ENOMEM) {
        config_list(&r, NULL, NULL); /* the tiers end with "*" */
        config_across(&r);
    }
    if (status == MR_OK && r.first.code != MR_ENOMEM) status = work(&r);
    if (status == MR_OK && r.first.code != MR_OK) local = r.first, status = r.first.code;
    if (status != MR_OK && err) *err = local;
    return status;
}

mr_status config_load(const char *path, config_found found, void *ctx, config *out, mr_error *err) {
    text_buffer text = {0};
    if (!path) return config_read(NULL, NULL, 0, found, ctx, out, err);
    int why = yaml_file_bytes(path, &text);
    mr_status status = why == ENOMEM                ? error_memory(err, YAML_FILE_LIMIT)
                       : why                        ? error_set(err, MR_EIO, NULL, -1, "cannot read %.300s: %s; `marram config init` writes one", path, strerror(why))
                                                    : config_read(path, text.data ? text.data : "", text.len, found, ctx, out, err);
    text_free(&text);
    return status;
}

void config_free(config *c) {
    arena_free(&c->texts);
    *c = (config){0};
}

/* --- for the gate --- */

contact_settings config_contact(const config *c) {
    contact_settings out = contact_settings_default();
    out.budget[CONTACT_calls] = (int)c->contact_calls;
    out.budget[CONTACT_emails] = (int)c->contact_emails;
    out.budget[CONTACT_letters] = (int)c->contact_letters;
    out.budget_days = (int)c->contact_budget_days;
    out.gap_days = (int)c->contact_gap_days;
    out.duplicate_days = (int)c->contact_duplicate_days;
    out.ahead_days = (int)c->contact_ahead_days;
    out.quiet_from_min = c->contact_quiet_hours.from_min;
    out.quiet_to_min = c->contact_quiet_hours.to_min;
    out.window[CONTACT_email] = c->contact_email_hours;
    out.window[CONTACT_sms] = c->contact_sms_hours;
    out.window[CONTACT_phone] = c->contact_phone_hours;
    out.window[CONTACT_visit] = c->contact_visit_hours;
    out.consent_needed = c->contact_consent == CONSENT_NEEDED;
    return out;
}
