/* A described world from its YAML. Everything is checked here, with file, line and key: numbers in their ranges, names that are known, shares that
 * add up, moments on clocks that run in such a world. */
#include "world_spec.h"

#include <calendar.h>
#include <error.h>
#include <mem.h>
#include <yaml_file.h>

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define AT(member) offsetof(world, member)
#define REAL(key, type, member, low, high) {key, YAML_IS_REAL, offsetof(type, member), low, high, NULL}
#define WHOLE(key, type, member, low, high) {key, YAML_IS_COUNT, offsetof(type, member), low, high, NULL}
#define TEXT(key, type, member) {key, YAML_IS_TEXT, offsetof(type, member), 0, 0, NULL}
#define OWN(key, function) {key, YAML_IS_OWN, 0, 0, 0, function}
#define EVENTS_MOST 50000 /* a customer, on average */
#define SUM_SLACK 1e-9 /* ten shares of 0.1 may come to a little more than 1 */

/* --- words --- */

static const char *const modes[] = {"orders", "contracts"}; /* as in risk_mode */
static const char *const arrivals[] = {"start", "even", "growing"};

const char *world_clock_name(world_clock clock) {
    static const char *const clocks[] = {
#define WORLD_CLOCK(name, width, contracts, orders, meaning) #name,
#include "world_clocks.def"
#undef WORLD_CLOCK
    };
    return (size_t)clock < COUNT(clocks) ? clocks[clock] : "";
}

/* --- lists --- */

/* Room for the items of a list, `each` reads one. */
static mr_status read_list(yaml_reading *y, const yaml_node_t *node, const char *key, size_t size, void *into, size_t *n,
                           mr_status (*each)(yaml_reading *, const yaml_node_t *, void *)) {
    char *items = NULL;
    if (node->type != YAML_SEQUENCE_NODE) return yaml_fail(y, node, key, "'%s' is to be a list (- key: value ...)", key);
    const yaml_node_item_t *first = node->data.sequence.items.start;
    size_t count = (size_t)(node->data.sequence.items.top - first);
    mr_status status = yaml_room(y, count, size, &items);
    memcpy(into, &items, sizeof items);
    *n = 0;
    for (size_t i = 0; i < count && !status; i++) {
        status = each(y, yaml_at(y, first[i]), items + i * size);
        *n = i + 1;
    }
    return status;
}

static mr_status at_most_one(yaml_reading *y, const yaml_node_t *node, const char *key, const char *what, double sum) {
    if (sum <= 1 + SUM_SLACK) return MR_OK;
    return yaml_fail(y, node, key, "%s: %s add up to %.6g, which is more than 1", key, what, sum);
}

/* --- tiers and segments --- */

static mr_status read_group(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {
        TEXT("name", world_group, name), REAL("share", world_group, share, 0, 1),
        REAL("ratio", world_group, ratio, 0, 1000), REAL("price", world_group, price, 0.001, 1000),
        REAL("activity", world_group, activity, 0, 1000)};
    world_group *g = into;
    *g = (world_group){.share = -1, .ratio = 1, .price = 1, .activity = 1};
    mr_status status = yaml_fields(y, node, "a tier or segment", fields, COUNT(fields), g);
    if (!status && (!g->name || g->share < 0)) status = yaml_fail(y, node, "name", "it needs 'name' and 'share'");
    return status;
}

static mr_status read_groups(yaml_reading *y, const yaml_node_t *node, const char *key, world_group **out, size_t *n) {
    double sum = 0;
    mr_status status = read_list(y, node, key, sizeof **out, out, n, read_group);
    for (size_t i = 0; i < *n && !status; i++) {
        sum += (*out)[i].share;
        for (size_t k = 0; k < i && !status; k++)
            if (!strcmp((*out)[k].name, (*out)[i].name))
                status = yaml_fail(y, node, key, "%s: '%.60s' stands there twice", key, (*out)[i].name);
    }
    return status ? status : at_most_one(y, node, key, "the shares", sum);
}

static mr_status read_tiers(yaml_reading *y, const yaml_node_t *node, void *into) {
    world *w = into;
    return read_groups(y, node, "tiers", &w->tier, &w->tiers);
}

static mr_status read_segments(yaml_reading *y, const yaml_node_t *node, void *into) {
    world *w = into;
    return read_groups(y, node, "segments", &w->segment, &w->segments);
}

/* --- moments --- */

typedef struct moment_reading {
    world_moment m;
    char *name, *tier, *segment;
    int clock;
    double at, width, from, to;
} moment_reading;

static mr_status read_clock(yaml_reading *y, const yaml_node_t *node, void *into) {
    const char *known[WORLD_CLOCKS];
    const world *w = y->of;
    size_t n = 0;
    int at = 0;
    world_clock clock[WORLD_CLOCKS];
    for (int c = 0; c < WORLD_CLOCKS; c++) /* clocks that do not run here are not known here, but told apart */
        if (world_clock_runs((world_clock)c, (risk_mode)w->mode)) {
            clock[n] = (world_clock)c;
            known[n++] = world_clock_name((world_clock)c);
        } else if (yaml_is(node, world_clock_name((world_clock)c))) {
            return yaml_fail(y, node, "clock", "clock: '%s' does not run in a world of %s (mode: %s)",
                             world_clock_name((world_clock)c), modes[w->mode], modes[!w->mode]);
        }
    mr_status status = yaml_one_of(y, node, "clock", known, n, &at);
    ((moment_reading *)into)->clock = status ? 0 : (int)clock[at];
    return status;
}

/* Which tier or segment a name is: -1 all. */
static mr_status group_of(yaml_reading *y, const yaml_node_t *node, const char *key, const char *name,
                          const world_group *group, size_t n, int *out) {
    *out = -1;
    for (size_t i = 0; name && i < n; i++)
        if (!strcmp(group[i].name, name)) *out = (int)i;
    if (!name || *out >= 0) return MR_OK;
    return yaml_fail(y, node, key, "%s: '%.60s' is none of the world's %ss", key, name, key);
}

static mr_status read_moment(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {
        TEXT("name", moment_reading, name), OWN("clock", read_clock),
        REAL("at", moment_reading, at, -100000, 100000), REAL("width", moment_reading, width, 0.001, 100000),
        REAL("from", moment_reading, from, -100000, 100000), REAL("to", moment_reading, to, -100000, 100000),
        REAL("ratio", moment_reading, m.ratio, 0, 1000), REAL("share", moment_reading, m.share, 0, 1),
        TEXT("tier", moment_reading, tier), TEXT("segment", moment_reading, segment)};
    const world *w = y->of;
    moment_reading r = {.m = {.ratio = NAN, .share = 1}, .clock = -1, .at = NAN, .width = NAN, .from = NAN, .to = NAN};
    mr_status status = yaml_fields(y, node, "a moment", fields, COUNT(fields), &r);
    if (status) return status;
    if (r.clock < 0 || isnan(r.m.ratio)) return yaml_fail(y, node, "clock", "a moment needs 'clock' and 'ratio'");
    bool range = !isnan(r.from) || !isnan(r.to);
    if (isnan(r.at) ? !range : range)
        return yaml_fail(y, node, "at", "a moment needs 'at' (and perhaps 'width'), or 'from' and 'to', one of the two ways");
    if (isnan(r.at) && !isnan(r.width)) return yaml_fail(y, node, "width", "'width' goes with 'at'");
    if (isnan(r.width)) r.width = world_clock_width((world_clock)r.clock);
    r.m.clock = (world_clock)r.clock;
    r.m.from = !isnan(r.at) ? r.at - r.width / 2 : isnan(r.from) ? -INFINITY : r.from;
    r.m.to = !isnan(r.at) ? r.m.from + r.width : isnan(r.to) ? INFINITY : r.to;
    if (!(r.m.from < r.m.to)) return yaml_fail(y, node, "to", "'from' must lie below 'to': the moment is from <= clock < to");
    char name[80];
    snprintf(name, sizeof name, "%s %.6g", world_clock_name(r.m.clock), !isnan(r.at) ? r.at : isnan(r.from) ? r.to : r.from);
    r.m.name = r.name ? r.name : arena_copy(y->text, name, strlen(name));
    if (!r.m.name) return error_memory(y->err, sizeof name);
    status = group_of(y, node, "tier", r.tier, w->tier, w->tiers, &r.m.tier);
    if (!status) status = group_of(y, node, "segment", r.segment, w->segment, w->segments, &r.m.segment);
    memcpy(into, &r.m, sizeof r.m);
    return status;
}

/* Between which readings of that clock customers of this world can be at all. */
static void clock_reach(const world *w, world_clock clock, double *low, double *high) {
    double days = w->days ? (double)w->days : floor((w->years > 0 ? w->years : 3) * DAYS_PER_YEAR + 0.5), term = 31 * (double)w->term_months;
    bool both_ways = clock == WORLD_days_to_renewal || clock == WORLD_days_to_notice;
    *low = both_ways ? -term : clock == WORLD_anniversary ? -184 : 0;
    *high = both_ways ? term : clock == WORLD_anniversary ? 184 : days;
}

static mr_status reachable(yaml_reading *y, const yaml_node_t *node, const world *w, const world_moment *m) {
    double low, high;
    clock_reach(w, m->clock, &low, &high);
    if (m->from <= high && m->to > low) return MR_OK;
    return yaml_fail(y, node, "at", "the moment '%.60s' is out of anybody's reach: in this world the clock %s runs from %.6g to %.6g", m->name, world_clock_name(m->clock), low, high);
}

static mr_status read_moments(yaml_reading *y, const yaml_node_t *node, void *into) {
    world *w = into;
    mr_status status = read_list(y, node, "moments", sizeof *w->moment, &w->moment, &w->moments, read_moment);
    for (size_t i = 0; i < w->moments && !status; i++) status = reachable(y, node, w, &w->moment[i]);
    for (size_t i = 0; i < w->moments && !status; i++)
        for (size_t k = 0; k < i && !status; k++)
            if (!strcmp(w->moment[k].name, w->moment[i].name))
                status = yaml_fail(y, node, "name", "two moments are called '%.60s': give each a 'name' of its own",
                                   w->moment[i].name);
    if (!status && w->moments > 32) status = yaml_fail(y, node, "moments", "at most 32 moments, not %zu", w->moments);
    return status;
}

/* --- reasons --- */

static mr_status read_code(yaml_reading *y, const yaml_node_t *node, void *into) {
    const char *known[32];
    size_t n = 0;
    while (n < world_reason_rows_n && n < COUNT(known)) known[n] = world_reason_rows[n].code, n++;
    return yaml_one_of(y, node, "code", known, n, &((world_reason *)into)->code);
}

static mr_status read_reason(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {
        OWN("code", read_code), REAL("share", world_reason, share, 0, 1), REAL("traces", world_reason, traces, 0, 1),
        REAL("lead", world_reason, lead, 1, 3650), REAL("stated", world_reason, stated, 0, 1),
        REAL("stated_wrong", world_reason, stated_wrong, 0, 1), REAL("misleading", world_reason, misleading, 0, 1),
        REAL("growth", world_reason, growth, -1, 1), TEXT("tier", world_reason, tier_name), TEXT("segment", world_reason, segment_name)};
    const world *w = y->of;
    world_reason *r = into;
    *r = (world_reason){.code = -1, .share = -1, .traces = 1, .lead = NAN};
    mr_status status = yaml_fields(y, node, "a reason", fields, COUNT(fields), r);
    if (status) return status;
    if (r->code < 0 || r->share < 0) return yaml_fail(y, node, "code", "a reason needs 'code' and 'share'");
    if (isnan(r->lead)) r->lead = world_reason_rows[r->code].lead;
    status = group_of(y, node, "tier", r->tier_name, w->tier, w->tiers, &r->tier);
    if (!status) status = group_of(y, node, "segment", r->segment_name, w->segment, w->segments, &r->segment);
    return status ? status : at_most_one(y, node, "stated", "'stated' and 'stated_wrong'", r->stated + r->stated_wrong);
}

static mr_status read_reasons(yaml_reading *y, const yaml_node_t *node, void *into) {
    world *w = into;
    double begin = 0, end = 0, misleading = 0; /* who leave at the window's beginning, and at its end */
    mr_status status = read_list(y, node, "reasons", sizeof *w->reason, &w->reason, &w->reasons, read_reason);
    for (size_t i = 0; i < w->reasons && !status; i++) {
        begin += w->reason[i].share * (1 - w->reason[i].growth);
        end += w->reason[i].share * (1 + w->reason[i].growth);
        misleading += w->reason[i].misleading;
        for (size_t k = 0; k < i && !status; k++)
            if (w->reason[k].code == w->reason[i].code)
                status = yaml_fail(y, node, "code", "the reason '%s' stands there twice", world_reason_rows[w->reason[i].code].code);
    }
    if (!status) status = at_most_one(y, node, "reasons", begin == end ? "the shares" : "the shares, as they grow,", fmax(begin, end));
    return status ? status : at_most_one(y, node, "reasons", "the misleading shares", misleading);
}

/* --- activity --- */

static const char *const activity_names[] = {
#define ACTIVITY(name, contracts, orders, ours) #name,
#define DETAIL(activity, name, otherwise, low, high)
#include "world_activity.def"
#undef ACTIVITY
#undef DETAIL
};

static const struct detail_row {
    world_activity of;
    const char *name;
    double otherwise, low, high;
} details[] = {
#define ACTIVITY(name, contracts, orders, ours)
#define DETAIL(activity, name, otherwise, low, high) {WORLD_ACT_##activity, #name, otherwise, low, high},
#include "world_activity.def"
#undef ACTIVITY
#undef DETAIL
};

static mr_status read_categories(yaml_reading *y, const yaml_node_t *node, void *into) {
    world *w = into;
    double sum = 0;
    if (node->type != YAML_MAPPING_NODE)
        return yaml_fail(y, node, "categories", "'categories' is to be a mapping (category: share)");
    const yaml_node_pair_t *first = node->data.mapping.pairs.start;
    size_t n = (size_t)(node->data.mapping.pairs.top - first);
    if (n < 1 || n > WORLD_CATEGORIES)
        return yaml_fail(y, node, "categories", "1 to %d categories, not %zu", WORLD_CATEGORIES, n);
    mr_status status = MR_OK;
    for (w->categories = 0; w->categories < n && !status; w->categories++) {
        world_category *c = &w->category[w->categories];
        status = yaml_text(y, yaml_at(y, first[w->categories].key), "categories", false, &c->name);
        if (!status) status = yaml_real(y, yaml_at(y, first[w->categories].value), c->name, 0, 1, &c->share);
        sum += status ? 0 : c->share;
    }
    if (!status && fabs(sum - 1) > 1e-6)
        status = yaml_fail(y, node, "categories", "categories: the shares add up to %.6g, not to 1", sum);
    return status;
}

/* A number: how often; or a mapping. */
static mr_status read_activity(yaml_reading *y, const yaml_node_t *node, world_activity which, world *w) {
    yaml_field fields[16];
    size_t n = 0;
    const char *often = which == WORLD_ACT_stakeholders ? "at_start" : "per_year";
    if (node->type == YAML_SCALAR_NODE) return yaml_real(y, node, activity_names[which], 0, 1000, &w->rate[which]);
    fields[n++] = (yaml_field){often, YAML_IS_REAL, AT(rate) + (size_t)which * sizeof(double), 0, 1000, NULL};
    for (size_t d = 0; d < COUNT(details); d++)
        if (details[d].of == which)
            fields[n++] = (yaml_field){details[d].name, YAML_IS_REAL, AT(detail) + d * sizeof(double), details[d].low, details[d].high, NULL};
    if (which == WORLD_ACT_cases) fields[n++] = (yaml_field){"categories", YAML_IS_OWN, 0, 0, 0, read_categories};
    return yaml_fields(y, node, activity_names[which], fields, n, w);
}

#define ACTIVITY(name, contracts, orders, ours)                                                                        \
    static mr_status read_##name(yaml_reading *y, const yaml_node_t *node, void *into) {                               \
        return read_activity(y, node, WORLD_ACT_##name, into);                                                         \
    }
#define DETAIL(activity, name, otherwise, low, high)
#include "world_activity.def"
#undef ACTIVITY
#undef DETAIL

static mr_status read_activities(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {
        REAL("spread", world, activity_spread, 0, 1000),
#define ACTIVITY(name, contracts, orders, ours) OWN(#name, read_##name),
#define DETAIL(activity, name, otherwise, low, high)
#include "world_activity.def"
#undef ACTIVITY
#undef DETAIL
    };
    world *w = into;
    if (!yaml_is(node, "none")) return yaml_fields(y, node, "activity", fields, COUNT(fields), w);
    for (size_t k = 0; k < WORLD_ACTS; k++) w->rate[k] = 0;
    w->detail[DETAIL_stakeholders_joins] = w->detail[DETAIL_stakeholders_leaves] = 0;
    return MR_OK;
}

/* --- the rest --- */

static mr_status read_mode(yaml_reading *y, const yaml_node_t *node, void *into) {
    (void)y, (void)node, (void)into; /* was read first: much hangs on it */
    return MR_OK;
}

static mr_status read_pattern(yaml_reading *y, const yaml_node_t *node, void *into) {
    return yaml_one_of(y, node, "arrival", arrivals, COUNT(arrivals), &((world *)into)->arrival);
}

static mr_status read_arrival(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {OWN("pattern", read_pattern), REAL("over_days", world, arrive_over, 1, 100000)};
    return node->type == YAML_SCALAR_NODE ? read_pattern(y, node, into) : yaml_fields(y, node, "arrival", fields, COUNT(fields), into);
}

static mr_status read_price(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {REAL("mean", world, price_mean, 0.01, 1e9), REAL("sd", world, price_sd, 0, 5e9)};
    world *w = into;
    w->price_sd = NAN;
    mr_status status = node->type == YAML_SCALAR_NODE ? yaml_real(y, node, "price", 0.01, 1e9, &w->price_mean)
                                                      : yaml_fields(y, node, "price", fields, COUNT(fields), w);
    if (isnan(w->price_sd)) w->price_sd = node->type == YAML_SCALAR_NODE ? 0 : w->price_mean / 2;
    if (!status && w->price_sd > 5 * w->price_mean)
        status = yaml_fail(y, node, "sd", "price: an sd of %g is more than five times the mean", w->price_sd);
    return status;
}

static mr_status of_mode(yaml_reading *y, const yaml_node_t *node, const char *key, risk_mode mode) {
    const world *w = y->of;
    if (w->mode == (int)mode) return MR_OK;
    return yaml_fail(y, node, key, "'%s' goes with mode: %s, and this is a world of %s", key, modes[mode], modes[w->mode]);
}

static mr_status read_contracts(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {
        WHOLE("term_months", world, term_months, 1, 120), WHOLE("notice_days", world, notice_days, 0, 3650),
        WHOLE("period_months", world, period_months, 1, 120), REAL("unsigned", world, unsigned_share, 0, 1)};
    world *w = into;
    mr_status status = of_mode(y, node, "contracts", RISK_CONTRACTS);
    if (!status) status = yaml_fields(y, node, "contracts", fields, COUNT(fields), w);
    if (!status && w->notice_days > 28 * w->term_months)
        status = yaml_fail(y, node, "notice_days", "notice_days: %lld days of notice do not fit into a term of %lld month%s",
                           (long long)w->notice_days, (long long)w->term_months, w->term_months == 1 ? "" : "s");
    return status;
}

static mr_status read_products(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {
        WHOLE("catalogue", world, catalogue, 2, 100000), REAL("skew", world, skew, 0, 3), REAL("follows", world, follows, 0, 1), WHOLE("followers", world, followers, 1, 20),
        REAL("repeats", world, repeats, 0, 1), REAL("one_off", world, one_off, 0, 0.9), REAL("more_lines", world, more_lines, 0, 0.9)};
    world *w = into;
    w->catalogue = 100;
    mr_status status = yaml_fields(y, node, "products", fields, COUNT(fields), w);
    if (!status && w->follows + w->repeats > 1 + SUM_SLACK) status = yaml_fail(y, node, "follows", "'follows' and 'repeats' add up to more than 1");
    return status;
}

static mr_status read_orders(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {
        REAL("gap_days", world, gap_days, 1, 3650), REAL("spread", world, gap_spread, 0, 1000),
        REAL("regularity", world, regularity, 0.05, 100), REAL("returns", world, returns, 0, 1),
        REAL("discounts", world, discounts, 0, 1), OWN("products", read_products)};
    mr_status status = of_mode(y, node, "orders", RISK_ORDERS);
    return status ? status : yaml_fields(y, node, "orders", fields, COUNT(fields), into);
}

static mr_status read_leaving(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {
        REAL("per_year", world, per_year, 0, 100), REAL("shape", world, shape, 0.05, 20),
        REAL("frailty", world, frailty, 0, 10), REAL("season", world, season, 0, 1),
        REAL("season_peak", world, season_peak, 1, 366)};
    return yaml_fields(y, node, "leaving", fields, COUNT(fields), into);
}

static mr_status read_messy(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const yaml_field fields[] = {
        REAL("late", world, messy.late, 0, 1), REAL("duplicated", world, messy.duplicated, 0, 1),
        REAL("contradictory", world, messy.contradictory, 0, 1), REAL("afterwards", world, messy.afterwards, 0, 1)};
    return yaml_fields(y, node, "messy", fields, COUNT(fields), into);
}

static mr_status read_late(yaml_reading *y, const yaml_node_t *node, void *into) {
    (void)y, (void)node, (void)into; /* read last: they name tiers and segments */
    return MR_OK;
}

static double most_active(const world_group *group, size_t n) {
    double most = 1;
    for (size_t i = 0; i < n; i++) most = fmax(most, group[i].activity);
    return most;
}

/* A customer's history has to fit into memory. */
static mr_status check_size(yaml_reading *y, const yaml_node_t *root, const world *w) {
    double events = 0, years = (w->days ? (double)w->days / DAYS_PER_YEAR : w->years > 0 ? w->years : 3);
    for (size_t k = 0; k < WORLD_ACTS; k++) events += w->rate[k] * (k == WORLD_ACT_stakeholders ? 1 / years : 1);
    events *= years * most_active(w->tier, w->tiers) * most_active(w->segment, w->segments);
    if (events <= EVENTS_MOST) return MR_OK;
    return yaml_fail(y, root, "activity", "activity: some %.0f events a customer, which is more than %d", events, EVENTS_MOST);
}

/* What hangs on other keys, in this order, whatever the file's. */
static mr_status read_document(yaml_reading *y, const yaml_node_t *root, world *w) {
    static const yaml_field fields[] = {
        TEXT("about", world, about), OWN("mode", read_mode), WHOLE("customers", world, customers, 1, 10000000),
        WHOLE("seed", world, seed, 0, 9e15), {"start", YAML_IS_DAY, AT(start), 0, 0, NULL},
        WHOLE("days", world, days, 7, 36525), REAL("years", world, years, 0.02, 100), OWN("arrival", read_arrival),
        OWN("price", read_price), OWN("contracts", read_contracts), OWN("orders", read_orders),
        OWN("leaving", read_leaving), OWN("tiers", read_tiers), OWN("segments", read_segments),
        OWN("moments", read_late), OWN("reasons", read_late), OWN("activity", read_activities), OWN("messy", read_messy)};
    const yaml_node_t *mode = yaml_value(y, root, "mode"), *moments = yaml_value(y, root, "moments"), *reasons = yaml_value(y, root, "reasons");
    mr_status status = mode ? yaml_one_of(y, mode, "mode", modes, COUNT(modes), &w->mode) : MR_OK;
    for (size_t k = 0; k < WORLD_ACTS; k++) {
        static const double usual[][2] = {
#define ACTIVITY(name, contracts, orders, ours) {orders, contracts},
#define DETAIL(activity, name, otherwise, low, high)
#include "world_activity.def"
#undef ACTIVITY
#undef DETAIL
        };
        w->rate[k] = usual[k][w->mode];
    }
    if (w->mode == RISK_ORDERS) w->detail[DETAIL_stakeholders_joins] = w->detail[DETAIL_stakeholders_leaves] = 0;
    if (!status) status = yaml_fields(y, root, "a world", fields, COUNT(fields), w);
    if (!status && moments) status = read_moments(y, moments, w);
    if (!status && reasons) status = read_reasons(y, reasons, w);
    if (status) return status;
    if (w->days && w->years > 0) return yaml_fail(y, root, "days", "'days' or 'years' says how long the world lasts, not both");
    if (w->start < calendar_day(1970, 1, 2) || w->start > calendar_day(9800, 12, 31))
        return yaml_fail(y, root, "start", "start: the world must begin between 1970-01-02 and 9800-12-31");
    return check_size(y, root, w);
}

static void set_defaults(world *w) {
    static const world_category usual[] = {{"how_to", 0.4}, {"billing", 0.2}, {"defect", 0.15}, {"feature", 0.15}, {"delivery", 0.1}};
    w->customers = 5000;
    w->seed = 1;
    w->start = calendar_day(2023, 1, 1);
    w->mode = RISK_CONTRACTS;
    w->arrival = ARRIVE_EVENLY;
    w->term_months = 12;
    w->notice_days = 30;
    w->period_months = 1;
    w->gap_days = 40;
    w->gap_spread = 4;
    w->regularity = 2;
    w->returns = 0.03;
    w->discounts = 0.1;
    w->skew = 1;
    w->follows = 0.4;
    w->followers = 3;
    w->price_mean = 100;
    w->price_sd = 50;
    w->per_year = 0.3;
    w->shape = 1;
    w->season_peak = 15;
    w->activity_spread = 4;
    memcpy(w->category, usual, sizeof usual);
    w->categories = COUNT(usual);
    for (size_t d = 0; d < WORLD_DETAILS; d++) w->detail[d] = details[d].otherwise;
}

/* Names of the catalogue, and how popular each is: 1 / (place ^ skew), as in Zipf's law. */
static mr_status prepare_products(world *w, mr_error *err) {
    size_t n = (size_t)w->catalogue;
    double sum = 0;
    char name[32];
    w->product = arena_take(&w->text, (n + 1) * sizeof *w->product);
    w->popularity = arena_take(&w->text, (n + 1) * sizeof *w->popularity);
    if (!w->product || !w->popularity) return error_memory(err, n * sizeof *w->product);
    for (size_t i = 0; i < n; i++) {
        int len = snprintf(name, sizeof name, "item %03zu", i + 1);
        if (!(w->product[i] = arena_copy(&w->text, name, (size_t)len))) return error_memory(err, sizeof name);
        w->popularity[i] = sum += pow((double)(i + 1), -w->skew);
    }
    for (size_t i = 0; i < n; i++) w->popularity[i] /= sum;
    return MR_OK;
}

/* Tables by day, so that no customer takes powers and cosines. */
static mr_status prepare(world *w, mr_error *err) {
    size_t days = (size_t)w->days;
    w->base_hazard = arena_take(&w->text, (days + 1) * sizeof(double));
    w->season_ratio = arena_take(&w->text, days * sizeof(double));
    if (!w->base_hazard || !w->season_ratio) return error_memory(err, 2 * days * sizeof(double));
    for (size_t t = 1; t <= days; t++)
        w->base_hazard[t] = w->per_year * (pow((double)t / DAYS_PER_YEAR, w->shape) - pow((double)(t - 1) / DAYS_PER_YEAR, w->shape));
    for (size_t d = 0; d < days; d++) {
        int32_t day = w->start + (int32_t)d;
        double of_year = day - calendar_day(calendar_of(day).year, 1, 1) + 1;
        w->season_ratio[d] = 1 + w->season * cos(2 * 3.14159265358979323846 * (of_year - w->season_peak) / DAYS_PER_YEAR);
    }
    return w->catalogue ? prepare_products(w, err) : MR_OK;
}

mr_status world_parse(const char *name, const char *yaml, size_t len, const mr_alloc *alloc, world **out, mr_error *err) {
    yaml_document_t doc;
    *out = NULL;
    world *w = mem_new(alloc, 1, sizeof *w);
    if (!w) return error_memory(err, sizeof *w);
    w->alloc = w->text.alloc = alloc;
    set_defaults(w);
    w->name = arena_text(&w->text, name, strlen(name));
    mr_status status = w->name ? yaml_file_load(w->name, "a world", yaml, len, &doc, err) : error_memory(err, strlen(name));
    if (!status) {
        yaml_reading y = {.doc = &doc, .name = w->name, .text = &w->text, .err = err, .of = w};
        const yaml_node_t *root = yaml_document_get_root_node(&doc);
        status = root ? read_document(&y, root, w) : MR_OK; /* an empty one has all the defaults */
        yaml_document_delete(&doc);
    }
    if (!status && !w->days) w->days = (int64_t)floor((w->years > 0 ? w->years : 3) * DAYS_PER_YEAR + 0.5);
    if (!status) status = prepare(w, err);
    if (status) {
        world_free(w);
    } else {
        *out = w;
    }
    return status;
}

mr_status world_read(const char *path, const mr_alloc *alloc, world **out, mr_error *err) {
    *out = NULL;
    text_buffer text = {.alloc = alloc};
    int why = yaml_file_bytes(path, &text);
    mr_status status = text.failed ? error_memory(err, text.len)
                       : why       ? error_set(err, MR_EIO, NULL, -1, "%.200s: %s", path, strerror(why))
                                   : world_parse(path, text.data, text.len, alloc, out, err);
    text_free(&text);
    return status;
}

void world_free(world *w) {
    if (!w) return;
    arena_free(&w->text);
    mem_free(w->alloc, w);
}

uint64_t world_customers(const world *w) {
    return (uint64_t)w->customers;
}

void world_set_customers(world *w, uint64_t customers) {
    w->customers = (int64_t)customers;
}

uint64_t world_seed(const world *w) {
    return (uint64_t)w->seed;
}

risk_mode world_mode(const world *w) {
    return (risk_mode)w->mode;
}

int32_t world_start(const world *w) {
    return w->start;
}

int32_t world_until(const world *w) {
    return w->start + (int32_t)w->days - 1;
}

size_t world_moments(const world *w, const world_moment **out) {
    *out = w->moment;
    return w->moments;
}
