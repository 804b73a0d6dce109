/* marram offers: the catalogue of save offers, and how each has fared. */
#include "columns_out.h"
#include "settings.h"
#include "store.h"

#include <config.h>
#include <error.h>
#include <offer_review.h>
#include <offers.h>

#include <jansson.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "marram offers: what may be offered to who wants to leave, and how each offer has fared (docs/offers.md)\n"
    "\n"
    "usage: marram offers list [OPTION ...]    each offer: shown, held out, accepted, room left under its cap\n"
    "       marram offers check [OPTION ...]   what is wrong with the catalogue: offers that nobody could get\n"
    "       marram offers review [OPTION ...]  what each offer changed, by those held out of it: continue, change, drop or not yet known\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --at TIME                 as it was then, as in 2026-11-23T09:00:00Z (the clock)\n"
    "  --offer NAME              review: this one alone\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram offers check --settings marram.yaml\n"
    "  marram offers list --db shop.db --settings marram.yaml\n"
    "  marram offers review --db shop.db\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *verb, *offer;
    int64_t at_us;
    bool json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name && !a->verb) return (a->verb = option_value(r)) != NULL;
    if (!*name) return command_usage("offers", "'%s' is one argument too many", option_value(r)), false;
    if (option_is(name, "--at")) return option_time(r, &a->at_us);
    if (option_is(name, "--offer")) return (a->offer = option_value(r)) != NULL;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static int print_json(json_t *o) {
    int failed = json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(o);
    putchar('\n');
    return failed ? EXIT_IO : EXIT_OK;
}

/* What settings_open has not said already: offers whose last day is behind us. */
static int check(const arguments *a, const config *c) {
    int32_t day = work_day_of(&c->work, a->at_us);
    json_t *found = json_array();
    size_t wrong = 0;
    for (size_t i = 0; i < c->offers_n; i++) {
        const config_offer *o = &c->offers[i];
        if (o->until >= day) continue;
        wrong++;
        json_array_append_new(found, json_pack("{s:s,s:i,s:s}", "offer", o->name, "line", (int)o->line, "message", "is for nobody: its last day, until, is over"));
        if (!a->json) print_error("marram offers: %s:%u: offer '%s' is for nobody: its last day, until, is over", c->path, (unsigned)o->line, o->name);
    }
    if (a->json) return print_json(found) == EXIT_OK && !wrong ? EXIT_OK : EXIT_DATA;
    json_decref(found);
    if (!wrong) print_words(2, "%zu offer%s, nothing wrong", c->offers_n, c->offers_n == 1 ? "" : "s");
    return wrong ? EXIT_DATA : EXIT_OK;
}

static int list(const arguments *a, const config *c) {
    ledger *l = NULL;
    mr_error err = {0};
    json_t *all = json_array();
    columns_out table = columns_begin(6, "offer", "kind", "shown", "held out", "accepted", "room");
    err.code = ledger_open_reading(a->store.url, &l, &err);
    for (size_t i = 0; i < c->offers_n && err.code == MR_OK; i++) {
        const config_offer *o = &c->offers[i];
        offer_counts n;
        int64_t used = 0;
        char shown[24], held[24], accepted[24], room[48] = "no cap";
        err.code = offer_count(l, o->name, a->at_us, &n, &err);
        if (err.code == MR_OK && o->cap_days) err.code = offer_used(l, o->name, a->at_us - o->cap_days * OFFER_DAY_US, a->at_us, &used, &err);
        if (err.code != MR_OK) break;
        int64_t left = used < o->cap ? o->cap - used : 0;
        snprintf(shown, sizeof shown, "%" PRId64, n.shown);
        snprintf(held, sizeof held, "%" PRId64, n.held);
        snprintf(accepted, sizeof accepted, "%" PRId64, n.accepted);
        if (o->cap_days) snprintf(room, sizeof room, "%" PRId64 " of %" PRId64, left, o->cap);
        columns_row(&table, o->name, config_offer_kind(o->kind), shown, held, accepted, room);
        json_array_append_new(all, json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:I,s:s,s:o}", "offer", o->name, "kind", config_offer_kind(o->kind), "title", config_says_in(c, &o->title, c->company_language),
                                             "shown", (json_int_t)n.shown, "held_out", (json_int_t)n.held, "accepted", (json_int_t)n.accepted, "declined", (json_int_t)n.declined, "expired", (json_int_t)n.expired, "no_room",
                                             (json_int_t)n.no_room, "holdout", o->holdout, "cost_minor", (json_int_t)o->cost_minor, "currency", o->currency, "room", o->cap_days ? json_integer(left) : json_null()));
    }
    ledger_close(l);
    if (a->json || err.code != MR_OK) text_free(&table.cells);
    if (err.code != MR_OK) return json_decref(all), command_fail("offers", &err);
    if (a->json) return print_json(all);
    json_decref(all);
    columns_end(&table);
    printf("%zu offer%s. Shown: all that were shown, answered or not; room: left in the days of its cap\n", c->offers_n, c->offers_n == 1 ? "" : "s");
    return EXIT_OK;
}

/* --- what each changed --- */

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *trial_json(const offer_review *r, int i) {
    const offer_trial *t = &r->trial[i];
    bool compared = t->shown > 0;
    return json_pack("{s:i,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o}", "days", i ? OFFER_LATE_DAYS : OFFER_EARLY_DAYS, "ripe", (json_int_t)r->ripe[i], "too_young", (json_int_t)r->young[i], "not_compared", (json_int_t)t->alone, "shown",
                     (json_int_t)t->shown, "held_out", (json_int_t)t->held, "shown_kept", compared ? number(t->shown_share) : json_null(), "held_out_kept", compared ? number(t->held_share) : json_null(), "difference",
                     compared ? number(t->difference) : json_null(), "low", compared ? number(t->low) : json_null(), "high", compared ? number(t->high) : json_null());
}

static json_t *review_json(const offer_review *r) {
    bool cost = r->kept_cost_low > 0;
    return json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:{s:I,s:I,s:I},s:[o,o],s:f,s:s,s:o,s:o,s:o,s:f,s:f,s:o,s:o}", "offer", r->offer->name, "verdict", offer_finding_name(r->finding), "why", r->why, "shown", (json_int_t)r->shown, "accepted",
                     (json_int_t)r->accepted, "held_out", (json_int_t)r->held, "not_in_it", "strategic", (json_int_t)r->strategic, "no_room", (json_int_t)r->no_room, "objecting", (json_int_t)r->objecting, "after", trial_json(r, 0),
                     trial_json(r, 1), "cost", r->cost, "currency", r->offer->currency, "cost_of_one_kept", cost ? number(r->kept_cost) : json_null(), "cost_of_one_kept_low", cost ? number(r->kept_cost_low) : json_null(), "cost_of_one_kept_high",
                     cost ? number(r->kept_cost_high) : json_null(), "worth", r->worth, "break_even", r->break_even, "more_cases", r->finding == OFFER_NOT_KNOWN && r->more < INT64_MAX ? json_integer(r->more) : json_null(), "more_weeks",
                     r->more_weeks > 0 ? number(r->more_weeks) : json_null());
}

static void print_trial(const offer_review *r, int i) {
    const offer_trial *t = &r->trial[i];
    int after = i ? OFFER_LATE_DAYS : OFFER_EARLY_DAYS;
    if (!t->shown) printf("  after %d days   not known: of %" PRId64 " cases that are so old, none were shown it, or none held out; %" PRId64 " are younger\n", after, r->ripe[i], r->young[i]);
    else
        printf("  after %d days   customers: %.0f %% of %" PRId64 " shown it, %.0f %% of %" PRId64 " held out: %+.0f points (95 %%: %+.0f to %+.0f); %" PRId64 " are younger\n", after, 100 * t->shown_share, t->shown, 100 * t->held_share, t->held,
               100 * t->difference, 100 * t->low, 100 * t->high, r->young[i]);
    if (t->alone) printf("                  %" PRId64 " of a probability with nobody on the other side are not compared\n", t->alone);
}

static void print_cost(const offer_review *r) {
    const char *currency = r->offer->currency;
    if (!(r->cost > 0)) return;
    printf("  cost            %.2f %s", r->cost, currency);
    if (r->kept_cost_low > 0 && isfinite(r->kept_cost)) printf("; %.2f for each customer kept (from %.2f%s", r->kept_cost, r->kept_cost_low, isfinite(r->kept_cost_high) ? "" : " up: it may keep none");
    if (r->kept_cost_low > 0 && isfinite(r->kept_cost) && isfinite(r->kept_cost_high)) printf(" to %.2f", r->kept_cost_high);
    if (r->kept_cost_low > 0 && isfinite(r->kept_cost)) putchar(')');
    if (r->worth > 0) printf("; a year of one brings %.2f: it pays from %+.1f points on", r->worth, 100 * r->break_even);
    putchar('\n');
}

static void print_review(const offer_review *r) {
    printf("%s: %s: %s\n", r->offer->name, offer_finding_name(r->finding), r->why);
    printf("  drawn           %" PRId64 " shown, of whom %" PRId64 " took it; %" PRId64 " held out", r->shown, r->accepted, r->held);
    const struct {
        int64_t n;
        const char *what;
    } out[] = {{r->strategic, "strategic or objecting when drawn"}, {r->objecting, "who object since"}, {r->no_room, "for whom there was no room"}};
    const char *before = "; not in it ";
    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        if (out[i].n) printf("%s%" PRId64 " %s", before, out[i].n, out[i].what), before = ", ";
    putchar('\n');
    if (!(r->shown + r->held)) return;
    for (int i = 0; i < 2; i++) print_trial(r, i);
    print_cost(r);
    if (r->finding != OFFER_NOT_KNOWN) return;
    if (r->more_weeks > 0) printf("  to know         some %" PRId64 " cases more, %.0f weeks at the pace of the last quarter\n", r->more, ceil(r->more_weeks));
    else if (r->more > 0 && r->more < INT64_MAX) printf("  to know         some %" PRId64 " cases more\n", r->more);
}

static int review(const arguments *a, const config *c) {
    ledger *l = NULL;
    mr_error err = {0};
    progress_bar bar = {0};
    const mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    json_t *all = json_array();
    size_t n = 0;
    if (a->offer && !config_offer_of(c, a->offer)) err.code = error_set(&err, MR_EDATA, "offer", -1, "the settings have no offer '%.60s'; 'marram offers list' shows those they have", a->offer);
    if (err.code == MR_OK) err.code = ledger_open_reading(a->store.url, &l, &err);
    for (size_t i = 0; i < c->offers_n && err.code == MR_OK; i++) {
        offer_review r;
        if (a->offer && strcmp(a->offer, c->offers[i].name)) continue;
        progress_begin(&bar, c->offers[i].name);
        err.code = offer_review_of(l, c, &c->offers[i], a->at_us, &context, &r, &err);
        progress_end(&bar);
        if (err.code != MR_OK) break;
        if (a->json) json_array_append_new(all, review_json(&r));
        else print_review(&r);
        n++;
    }
    ledger_close(l);
    if (err.code != MR_OK) return json_decref(all), command_fail("offers", &err);
    if (a->json) return print_json(all);
    json_decref(all);
    if (!n) puts("The settings have no offers.");
    else puts("By those drawn, whether they took it or not; verdicts go by 99 %, as several offers are looked at again and again (docs/methods/offer-review.md)");
    return EXIT_OK;
}

int command_offers(int argc, char **argv) {
    arguments a = {.at_us = INT64_MIN};
    option_reader r = option_begin("offers", argc, argv);
    config c = {0};
    store_begin(&a.store);
    for (const char *name; !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    static const struct {
        const char *name;
        int (*run)(const arguments *a, const config *c);
    } verbs[] = {{"list", list}, {"check", check}, {"review", review}};
    size_t i = 0;
    if (!a.verb) return command_usage("offers", "say what: list, check or review");
    while (i < sizeof verbs / sizeof *verbs && strcmp(verbs[i].name, a.verb)) i++;
    if (i == sizeof verbs / sizeof *verbs) return command_usage("offers", "'%s' is none of list, check and review", a.verb);
    if (a.offer && verbs[i].run != review) return command_usage("offers", "--offer is of review");
    if (a.at_us == INT64_MIN) a.at_us = now_us();
    int code = settings_open("offers", &a.settings, &c);
    if (code == EXIT_OK) code = verbs[i].run(&a, &c);
    config_free(&c);
    return code;
}
