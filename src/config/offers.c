/* The catalogue of save offers in the settings, and which of them nobody could ever get. docs/offers.md. */
#include "config_read.h"

#include <currency.h>
#include <error.h>
#include <offer.h>
#include <taxonomy.h>

#include <stdio.h>
#include <string.h>

static const char *const kinds[] = {"discount", "pause", "plan_change", "feature", "delivery", "training", "person", "price"};
static const char *const places[] = {"exit", "desk", "win_back"};

const char *config_offer_kind(int kind) {
    return kinds[kind];
}

/* --- items --- */

static mr_status read_kind(yaml_reading *y, const yaml_node_t *node, void *into) {
    return yaml_one_of(y, node, "kind", kinds, sizeof kinds / sizeof *kinds, into);
}

static mr_status read_names(yaml_reading *y, const yaml_node_t *node, const char *what, config_names *out) {
    names list = {0};
    if (node->type == YAML_SEQUENCE_NODE && node->data.sequence.items.start == node->data.sequence.items.top) return MR_OK;
    mr_status status = yaml_texts(y, node, what, false, &list);
    *out = (config_names){(const char *const *)list.at, list.n};
    return status;
}

static mr_status read_reasons(yaml_reading *y, const yaml_node_t *node, void *into) {
    config_names *out = into;
    mr_status status = read_names(y, node, "reasons", out);
    for (size_t i = 0; status == MR_OK && i < out->n; i++)
        if (reason_find(out->at[i], strlen(out->at[i])) == REASON_none) status = yaml_fail(y, node, "reasons", "'%.60s' is none of the reasons: docs/reasons.md lists their codes", out->at[i]);
    return status;
}

static mr_status read_tiers(yaml_reading *y, const yaml_node_t *node, void *into) {
    return read_names(y, node, "tiers", into);
}

static mr_status read_products(yaml_reading *y, const yaml_node_t *node, void *into) {
    return read_names(y, node, "products", into);
}

static mr_status read_places(yaml_reading *y, const yaml_node_t *node, void *into) {
    names list = {0};
    unsigned *out = into;
    mr_status status = yaml_texts(y, node, "places", false, &list);
    *out = 0;
    for (size_t i = 0; status == MR_OK && i < list.n; i++) {
        size_t p = 0;
        while (p < 3 && strcmp(places[p], list.at[i])) p++;
        if (p == 3) return yaml_fail(y, node, "places", "places must be of exit, desk and win_back, not '%.40s'", list.at[i]);
        *out |= 1u << (p + 1);
    }
    return status;
}

static mr_status read_says(yaml_reading *y, const yaml_node_t *node, void *into) {
    config_says *s = into;
    bool many = node->type == YAML_MAPPING_NODE;
    size_t n = many ? (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start) : 1;
    mr_status status = yaml_room(y, n, sizeof *s->language, &s->language);
    if (status == MR_OK) status = yaml_room(y, n, sizeof *s->text, &s->text);
    for (size_t i = 0; status == MR_OK && i < n; i++) {
        char *language = "", *text = NULL;
        if (many) status = yaml_text(y, yaml_at(y, node->data.mapping.pairs.start[i].key), "language", false, &language);
        if (status == MR_OK) status = yaml_text(y, many ? yaml_at(y, node->data.mapping.pairs.start[i].value) : node, many ? language : "title", false, &text);
        s->language[i] = language;
        s->text[i] = text;
        s->n = i + 1;
    }
    return status;
}

typedef struct amount {
    int64_t minor; /* -1: none */
    char currency[4];
} amount;

/* "30 EUR", "29.90 EUR": exact, no more digits than the currency has. */
static mr_status read_amount(yaml_reading *y, const yaml_node_t *node, void *into) {
    amount *a = into;
    char *text = NULL;
    mr_status status = yaml_text(y, node, "amount", true, &text);
    if (status || !*text) return status;
    int64_t minor = 0;
    const char *at = text;
    int fraction = -1, digits = 0;
    for (; (*at >= '0' && *at <= '9') || (*at == '.' && fraction < 0); at++) {
        if (*at == '.') fraction = 0;
        else if (digits++ < 15) minor = minor * 10 + (*at - '0'), fraction += fraction >= 0;
    }
    size_t len = strlen(at);
    int most = *at == ' ' && len == 4 ? currency_digits(at + 1) : -1;
    if (!digits || digits > 15 || most < 0 || !strcmp(at + 1, "XXX") || fraction > most) return yaml_fail(y, node, "amount", "an amount must be as in '30 EUR' or '29.90 EUR', not '%.40s'", text);
    for (int i = fraction < 0 ? 0 : fraction; i < most; i++) minor *= 10;
    a->minor = minor;
    memcpy(a->currency, at + 1, 4);
    return MR_OK;
}

typedef struct reading {
    config_offer o;
    amount cost, approval;
} reading;

mr_status config_offer_read(config_reading *r, const yaml_node_t *node, void *into) {
#define AT(member) offsetof(reading, o.member)
    static const yaml_field fields[] = {
        {"name", YAML_IS_TEXT, AT(name), 0, 0, NULL}, {"kind", YAML_IS_OWN, AT(kind), 0, 0, read_kind}, {"title", YAML_IS_OWN, AT(title), 0, 0, read_says},
        {"text", YAML_IS_OWN, AT(text), 0, 0, read_says}, {"reasons", YAML_IS_OWN, AT(reasons), 0, 0, read_reasons}, {"tiers", YAML_IS_OWN, AT(tiers), 0, 0, read_tiers},
        {"products", YAML_IS_OWN, AT(products), 0, 0, read_products}, {"places", YAML_IS_OWN, AT(places), 0, 0, read_places},
        {"cost", YAML_IS_OWN, offsetof(reading, cost), 0, 0, read_amount}, {"approval_above", YAML_IS_OWN, offsetof(reading, approval), 0, 0, read_amount},
        {"benefit", YAML_IS_REAL, AT(benefit), 0, 1, NULL}, {"effect", YAML_IS_REAL, AT(effect), 0, 1, NULL}, {"cap", YAML_IS_COUNT, AT(cap), 0, 1000000000, NULL},
        {"cap_days", YAML_IS_COUNT, AT(cap_days), 0, 3660, NULL}, {"expires_days", YAML_IS_COUNT, AT(expires_days), 0, 3660, NULL},
        {"holdout", YAML_IS_REAL, AT(holdout), 0.02, 0.9, NULL}, {"until", YAML_IS_DAY, AT(until), 0, 0, NULL}};
    reading g = {.o = {.name = "", .kind = -1, .places = 1u << OFFER_EXIT | 1u << OFFER_DESK, .cap = -1, .cap_days = 91, .expires_days = 30, .holdout = 0.1, .effect = 0.05, .until = INT32_MAX, .line = yaml_line(node)},
                 .cost = {.minor = 0}, .approval = {.minor = -1}};
    mr_status status = yaml_fields(&r->y, node, "an offer", fields, sizeof fields / sizeof *fields, &g);
    if (status) return status;
    if (!*g.o.name || strspn(g.o.name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(g.o.name) || strlen(g.o.name) > 60)
        return yaml_fail(&r->y, node, "name", "an offer needs a name of small letters, digits and '-', at most 60, as in pause-3-months, not '%.60s'", g.o.name);
    if (g.o.kind < 0) return yaml_fail(&r->y, node, "kind", "offer '%s' needs a kind: discount, pause, plan_change, feature, delivery, training, person or price", g.o.name);
    if (!g.o.title.n) return yaml_fail(&r->y, node, "title", "offer '%s' needs a title: it is what the customer reads", g.o.name);
    if (*g.approval.currency && *g.cost.currency && strcmp(g.approval.currency, g.cost.currency)) return yaml_fail(&r->y, node, "approval_above", "offer '%s': cost and approval_above must be in one currency", g.o.name);
    g.o.cost_minor = g.cost.minor;
    g.o.approval_minor = g.approval.minor;
    memcpy(g.o.currency, *g.cost.currency ? g.cost.currency : g.approval.currency, 4);
    if (g.o.cap < 0) g.o.cap_days = 0; /* no cap given: none */
    *(config_offer *)into = g.o;
    return MR_OK;
}

/* --- what only the whole can show --- */

static void nobody(config_reading *r, const config_offer *o, const char *field, const char *why, const char *what) {
    error_set(r->y.err, MR_EDATA, field, (int64_t)o->line, "%.150s:%u: offer '%s' is for nobody: ", r->y.name, (unsigned)o->line, o->name);
    size_t len = strlen(r->y.err->message);
    snprintf(r->y.err->message + len, sizeof r->y.err->message - len, "%s%.80s", why, what);
    config_note(r, o->line);
}

void config_offers_across(config_reading *r) {
    const config *c = r->c;
    for (size_t i = 0; i < c->offers_n; i++) {
        const config_offer *o = &c->offers[i];
        size_t known = 0;
        for (size_t j = 0; j < i; j++)
            if (!strcmp(c->offers[j].name, o->name)) nobody(r, o, "name", "there is another of that name", "");
        if (o->cap_days && !o->cap) nobody(r, o, "cap", "its cap is 0; cap_days: 0 is no cap", "");
        if (!o->expires_days) nobody(r, o, "expires_days", "it expires as it is shown; expires_days must be 1 or more", "");
        for (size_t t = 0; t < o->tiers.n; t++)
            for (size_t k = 0; k < c->tiers_n; k++) known += !strcmp(o->tiers.at[t], c->tiers[k].name);
        if (o->tiers.n && !known && c->tiers_n > 1) nobody(r, o, "tiers", "none of its tiers is among the settings' tiers: ", o->tiers.at[0]);
        if (o->places == 1u << OFFER_WIN_BACK && o->reasons.n == 1 && !strcmp(o->reasons.at[0], "deceased_or_closed")) nobody(r, o, "reasons", "who died or closed is not won back", "");
    }
}

/* --- asking --- */

const config_offer *config_offer_of(const config *c, const char *name) {
    for (size_t i = 0; i < c->offers_n; i++)
        if (!strcmp(c->offers[i].name, name)) return &c->offers[i];
    return NULL;
}

const char *config_says_in(const config *c, const config_says *s, const char *language) {
    const char *wanted[] = {language, "", c->company_language};
    for (size_t w = 0; w < 3; w++)
        for (size_t i = 0; i < s->n; i++) {
            size_t len = strcspn(wanted[w], "-_");
            if (strcspn(s->language[i], "-_") == len && !strncmp(s->language[i], wanted[w], len)) return s->text[i];
        }
    return s->n ? s->text[0] : "";
}

bool config_strategic(const config *c, const char *external_id) {
    for (size_t i = 0; i < c->strategic.n; i++)
        if (!strcmp(c->strategic.at[i], external_id)) return true;
    return false;
}
