/* marram plan: what would be chosen for whom, and why. */
#include "columns_out.h"
#include "plan_budgets.h"
#include "settings.h"
#include "store.h"

#include <body.h>
#include <error.h>
#include <person.h>
#include <plan_list.h>
#include <programme.h>
#include <tick.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char help[] =
    "marram plan: what the programmes propose for those who are due, what the plan chooses of it, and what the gate says\n"
    "\n"
    "usage: marram plan [--at TIME] [OPTION ...]\n"
    "       marram plan --explain ID [OPTION ...]      every candidate of one customer: why this one, and why not the others\n"
    "\n" STORE_HELP SETTINGS_HELP
    "  --at TIME                 the time it is taken to be, as in 2026-11-23T09:00:00Z (the clock)\n"
    "  --explain ID              this customer alone, due or not, with every rule of the gate\n"
    "  --source NAME             of which source ID is an identifier, where several have it\n"
    "  --programme NAME          of this programme alone\n"
    "  --keep                    under budgets: keep it, so that that day's ticks go by it (the settings' section plan)\n"
    "  --verbose                 also how long each stage took\n"
    "  --limit N                 at most so many, the best first; 0: all (20)\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "Ranked by urgency, then by value at risk times the share of it that the programme is assumed to save; that share is a setting (effect), not yet a measurement.\n"
    "Nothing is sent, and nothing written without --keep: 'marram tick' does what this shows.\n"
    "\n"
    "examples:\n"
    "  marram plan --db shop.db\n"
    "  marram plan --db shop.db --explain C-1042\n"
    "  marram plan --db shop.db --keep --limit 5      once a day, when work begins\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *explain, *source, *programme;
    int64_t at_us, limit;
    bool given, keep, verbose, json, help;
} arguments;

/* What --explain collects: the list, and of each question to the gate every rule. */
typedef struct explaining {
    plan_list *list;
    json_t *rules; /* {action id: [{rule, says, detail}]} */
    mr_status status;
    mr_error err;
} explaining;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (option_is(name, "--at")) return a->given = option_time(r, &a->at_us);
    if (option_is(name, "--explain")) return (a->explain = option_value(r)) != NULL;
    if (option_is(name, "--source")) return (a->source = option_value(r)) != NULL;
    if (option_is(name, "--programme")) return (a->programme = option_value(r)) != NULL;
    if (option_is(name, "--limit")) return option_integer(r, 0, 1000000, &a->limit);
    if (option_is(name, "--keep")) return a->keep = true;
    if (option_is(name, "--verbose")) return a->verbose = true;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    if (shared == 0) *name ? option_unknown(r, name) : command_usage("plan", "'%s' is one argument too many; a customer is named by --explain", option_value(r));
    return shared == 1;
}

/* The day's plan under budgets, where there are any. */
typedef struct weighing_all {
    budget_day day;
    budget_plan plan;
    plan_times *times; /* NULL: not wanted */
    bool solved;
} weighing_all;

static const char *says(const contact_finding *f, int64_t at_us) {
    return f->from_us <= at_us ? "yes" : f->from_us == CONTACT_NEVER ? "no" : "later";
}

static void explain(void *ctx, const look *k, const reconciled *r, const plan *p) {
    explaining *x = ctx;
    zone_cache zones = {0};
    plan_list_add(x->list, k, r, p);
    for (size_t i = 0; i < p->n && x->status == MR_OK; i++) {
        contact_finding finding[CONTACT_RULES] = {0};
        char id[17];
        json_t *rules = json_array();
        x->status = gate_explain(k->w, k->c, &zones, &p->item[i].verdict, finding, &x->err);
        for (int rule = 0; rule < CONTACT_RULES; rule++)
            if (finding[rule].holds)
                json_array_append_new(rules, json_pack("{s:s,s:s,s:s}", "rule", contact_rule_name((contact_rule)rule), "says", says(&finding[rule], p->item[i].verdict.asked.at_us), "detail", finding[rule].text));
        json_object_set_new(x->rules, action_id_text(p->item[i].action->id, id), rules);
    }
    zone_cache_free(&zones);
}

static void money(const plan_candidate *c, char out[48]) {
    if (!c->value_minor) snprintf(out, 48, "-");
    else snprintf(out, 48, "%.2f%s%s", c->worth / 100, *c->currency ? " " : "", c->currency);
}

static void print_json(const plan_list *list, const explaining *x, const weighing_all *w, int64_t at_us) {
    char at[40], due[40], when[40], id[17], number[24];
    json_t *out = json_array(), *counts = json_object();
    for (size_t i = 0; i < list->n; i++) {
        const plan_candidate *c = &list->candidate[i];
        snprintf(number, sizeof number, "%" PRId64, c->customer_id);
        json_t *o = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:s,s:f,s:I,s:f,s:s}", "rank", (int)i + 1, "id", action_id_text(c->action_id, id), "customer_id", number, "customer", c->who, "programme", c->programme, "step",
                              c->step, "what", c->what, "fate", plan_word_name(c->fate), "channel", c->channel, "owner", c->owner, "urgent", c->urgent, "due", time_text(c->due_us, due), "worth", c->worth / 100, "value_at_risk_minor",
                              (json_int_t)c->value_minor, "assumed_effect", c->effect, "currency", c->currency);
        if (c->asked) json_object_update_new(o, json_pack("{s:s,s:s,s:o}", "rule", c->rule, "detail", c->detail, "at", c->at_us == CONTACT_NEVER ? json_null() : json_string(time_text(c->at_us, when))));
        if (x->rules && c->asked) json_object_set(o, "rules", json_object_get(x->rules, id));
        if (w->day.on) json_object_set_new(o, "weighed", plan_budgets_candidate(c));
        json_array_append_new(out, o);
    }
    for (int word = 0; word < PLAN_WORDS; word++) json_object_set_new(counts, plan_word_name((plan_word)word), json_integer((json_int_t)list->count[word]));
    json_t *all = json_pack("{s:s,s:I,s:o,s:o}", "at", time_text(at_us, at), "candidates", (json_int_t)list->all, "fates", counts, "plan", out);
    if (w->day.on) json_object_set_new(all, "budgets", plan_budgets_json(&w->day, w->solved ? &w->plan : NULL, w->times));
    json_dumpf(all, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(all);
}

static void print_table(const plan_list *list) {
    columns_out t = columns_begin(6, "", "worth", "customer", "programme", "what", "then");
    for (size_t i = 0; i < list->n; i++) {
        char rank[24], worth[48], then[96], at[40];
        const plan_candidate *c = &list->candidate[i];
        snprintf(rank, sizeof rank, "%zu%s", i + 1, c->urgent ? "!" : "");
        money(c, worth);
        if (c->fate == PLAN_WORD_LATER) snprintf(then, sizeof then, "not before %.16s (%s)", time_text(c->at_us, at), *c->rule ? c->rule : "one at a time");
        else if (c->fate == PLAN_WORD_CUT) snprintf(then, sizeof then, "not today%s", c->how == PLAN_HOW_DRAWN ? ": by lot" : "");
        else if (*c->rule) snprintf(then, sizeof then, "%s by the rule %s", plan_word_name(c->fate), c->rule);
        else snprintf(then, sizeof then, "%s%s%s", plan_word_name(c->fate), c->fate == PLAN_WORD_TASK && *c->owner ? ": " : *c->channel ? " by " : "", c->fate == PLAN_WORD_TASK ? c->owner : c->channel);
        columns_row(&t, rank, worth, c->who, c->programme, c->what, then);
    }
    columns_end(&t);
}

static void print_words_of(const plan_list *list) {
    if (!list->all) {
        puts("Nobody is due, or programmes propose nothing for those who are.");
        return;
    }
    print_table(list);
    printf("\n%zu candidate%s", list->all, list->all == 1 ? "" : "s");
    const char *between = ": ";
    for (int word = 0; word < PLAN_WORDS; word++) {
        if (!list->count[word]) continue;
        printf("%s%zu %s", between, list->count[word], plan_word_name((plan_word)word));
        between = ", ";
    }
    puts(list->n < list->all ? "; --limit shows more." : ".");
    print_words(0, "Worth is value at risk times the share the programme is assumed to save (docs/acting.md); ! is urgent and goes first. 'marram plan --explain ID' says why.");
}

static void print_explained(const plan_list *list, const explaining *x, const budget_day *day) {
    if (!list->all) puts("Programmes propose nothing for them now.");
    for (size_t i = 0; i < list->n; i++) {
        const plan_candidate *c = &list->candidate[i];
        char worth[48], id[17], due[40];
        size_t k;
        const json_t *rule;
        money(c, worth);
        printf("%s%zu. %s (%s, %s)\n", i ? "\n" : "", i + 1, c->what, c->programme, action_id_text(c->action_id, id));
        if (c->value_minor) printf("   worth %s: %.2f at risk, of which %.3g %% are assumed to be saved%s\n", worth, (double)c->value_minor / 100, 100 * c->effect, c->urgent ? "; urgent, so first" : "");
        else printf("   no value at risk is known ('marram score' makes it)%s\n", c->urgent ? "; urgent, so first" : "");
        if (day->on) plan_budgets_explain(day, c);
        printf("   %s", c->fate == PLAN_WORD_CUT ? "not today" : plan_word_name(c->fate));
        if (c->fate == PLAN_WORD_CUT) puts("");
        else if (!c->asked) printf(", by %.16s%s%s\n", time_text(c->due_us, due), *c->owner ? ", " : "", c->owner);
        else printf("%s%s\n", *c->detail ? ": " : "", c->detail);
        json_array_foreach(json_object_get(x->rules, id), k, rule)
            printf("     %-10s %-6s %s\n", json_string_value(json_object_get(rule, "rule")), json_string_value(json_object_get(rule, "says")), json_string_value(json_object_get(rule, "detail")));
    }
    if (list->all > 1) print_words(0, "Chosen in this order; of contacts of our own accord one goes at a time, and each counts in the budget of those after it.");
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Everybody who is due is weighed first, and looked at again with what came of it: so what is shown is what a tick would do. */
static mr_status weigh_everybody(ledger *l, const config *c, const knowledge *known, const arguments *a, tick_options o, weighing_all *w, plan_times *times, mr_error *err) {
    progress_bar bar = {0};
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    tick_counts counts;
    w->plan.day = &w->day;
    o.on_look = budget_plan_add;
    o.ctx = &w->plan;
    o.weigh = true;
    o.customer_id = 0;
    o.context = &context;
    double begun = seconds();
    progress_begin(&bar, "weighing");
    mr_status status = tick_run(l, c, known, &o, &counts, err);
    progress_end(&bar);
    times->weighing = seconds() - begun;
    begun = seconds();
    if (status == MR_OK) status = mr_pool_new(0, &context.pool, err);
    progress_begin(&bar, "choosing");
    if (status == MR_OK) status = budget_plan_solve(&w->plan, l, c, &context, err);
    progress_end(&bar);
    mr_pool_free(context.pool);
    times->choosing = seconds() - begun;
    w->solved = status == MR_OK;
    return status == MR_OK && a->keep ? budget_plan_keep(&w->plan, l, err) : status;
}

static int run(const arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    config c = {0};
    knowledge known = {.learnt_day = 0};
    tick_counts counts;
    progress_bar bar = {0};
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    plan_list list = {.limit = a->explain ? 0 : (size_t)a->limit, .programme = a->programme};
    explaining x = {.list = &list, .rules = a->explain ? json_object() : NULL};
    weighing_all w = {.solved = false};
    plan_times times = {0};
    tick_options o = {.now_us = a->at_us, .owner = "", .dry_run = true, .budget = &w.day, .context = &context, .on_look = a->explain ? explain : plan_list_add, .ctx = a->explain ? (void *)&x : (void *)&list};
    int code = settings_open("plan", &a->settings, &c);
    if (code != EXIT_OK) {
        config_free(&c);
        json_decref(x.rules);
        return code;
    }
    if (a->verbose) w.times = &times;
    err.code = a->keep ? ledger_open(a->store.url, &(db_options){.by_key = true}, &l, &err) : ledger_open_reading(a->store.url, &l, &err);
    if (err.code == MR_OK && a->explain) err.code = person_find(l, a->explain, a->source, &o.customer_id, &err);
    if (err.code == MR_OK) err.code = knowledge_read(l, &known, &err);
    if (err.code == MR_OK) err.code = budget_begin(l, &c, a->at_us, &w.day, &err);
    if (err.code == MR_OK && a->keep && !w.day.on) err.code = error_set(&err, MR_EDATA, "plan", -1, "there is nothing to keep: the settings' section plan has no budgets, and no share decided by lot (plan.explore)");
    if (err.code == MR_OK && w.day.on && !(a->explain && w.day.kept)) err.code = weigh_everybody(l, &c, &known, a, o, &w, &times, &err);
    double begun = seconds();
    progress_begin(&bar, "looking");
    if (err.code == MR_OK) err.code = tick_run(l, &c, &known, &o, &counts, &err);
    progress_end(&bar);
    times.showing = seconds() - begun;
    if (err.code == MR_OK && x.status != MR_OK) err = x.err;
    if (err.code == MR_OK) err.code = plan_list_end(&list, &err);
    if (err.code == MR_OK && a->json) print_json(&list, &x, &w, a->at_us);
    if (err.code == MR_OK && !a->json && a->explain) print_explained(&list, &x, &w.day);
    if (err.code == MR_OK && !a->json && !a->explain) print_words_of(&list);
    if (err.code == MR_OK && !a->json && !a->explain && w.solved) plan_budgets_print(&w.day, &w.plan, w.times, a->keep);
    budget_plan_free(&w.plan);
    budget_free(&w.day);
    plan_list_free(&list);
    json_decref(x.rules);
    knowledge_free(&known);
    ledger_close(l);
    config_free(&c);
    return err.code == MR_OK ? EXIT_OK : command_fail("plan", &err);
}

int command_plan(int argc, char **argv) {
    arguments a = {.limit = 20};
    option_reader r = option_begin("plan", argc, argv);
    store_begin(&a.store);
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (a.programme && !programme_find(a.programme)) {
        fprintf(stderr, "marram plan: there is no programme '%s'; there are", a.programme);
        for (size_t i = 0; i < programmes_n; i++) fprintf(stderr, "%s %s", i ? "," : "", programmes[i].name);
        fputc('\n', stderr);
        return EXIT_USAGE;
    }
    if (a.keep && (a.explain || a.programme)) return command_usage("plan", "--keep is for everybody and all programmes");
    if (!a.given) a.at_us = now_us();
    return run(&a);
}
