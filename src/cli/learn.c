/* marram learn: what the base shows and programmes go by. */
#include "columns_out.h"
#include "store.h"

#include <calendar.h>
#include <knowledge.h>

#include <jansson.h>

#include <stdio.h>
#include <string.h>

static const char help[] =
    "marram learn: what is usual in the base, where its critical moments lie and what is bought after what, kept in the ledger for 'marram tick' to go by\n"
    "\n"
    "usage: marram learn [OPTION ...]\n"
    "\n" STORE_HELP
    "  --until DATE              nothing after this day is looked at (today)\n"
    "  --threads N               0: one a core; what comes out does not depend on it (0)\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "Next sales, what customers buy after what, are held against bestsellers on orders not seen before; where they are no better, nothing is suggested.\n"
    "\n"
    "Once a week is often enough. Without it tick goes by what is usual elsewhere, knows no critical moments and suggests nothing.\n"
    "\n"
    "example:\n"
    "  marram learn --db shop.db\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    int32_t until;
    int64_t threads;
    bool json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (option_is(name, "--until")) return option_today(r, &a->until);
    if (option_is(name, "--threads")) return option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) *name ? option_unknown(r, name) : command_usage("learn", "'%s' is one argument too many", option_value(r));
    return shared == 1;
}

/* How suggestions fared beside bestsellers, and what comes of it. */
static void print_next(const next_sale_trial *t) {
    char cut[11];
    if (t->verdict == NEXT_SALE_NO_PRODUCTS) {
        puts("Next sale: no order names a product, so nothing is suggested.");
        return;
    }
    calendar_text(t->cut, cut);
    if (t->verdict == NEXT_SALE_TOO_FEW) {
        print_words(2, "Next sale: %llu customer%s ordered before and after %s; %d are needed to tell whether suggestions are better than bestsellers, so nothing is suggested.", (unsigned long long)t->cases, t->cases == 1 ? "" : "s", cut,
                    NEXT_SALE_LEAST_CASES);
        return;
    }
    print_words(2, "Next sale: of %llu customers who ordered again after %s, one of three products named beforehand was in that order (hit rate at 3, with 95 %% intervals):", (unsigned long long)t->cases, cut);
    const struct {
        const char *what;
        const next_sale_share *s;
    } rows[] = {{"what follows what they bought", &t->ours}, {"the three bestsellers", &t->best}, {"what they themselves bought most", &t->own}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) printf("  %-33s %5.1f %% (%.1f to %.1f)\n", rows[i].what, 100 * rows[i].s->rate, 100 * rows[i].s->low, 100 * rows[i].s->high);
    print_words(2, "That is %+.1f points on bestsellers (%+.1f to %+.1f): %s", 100 * t->gain, 100 * t->gain_low, 100 * t->gain_high,
                t->verdict == NEXT_SALE_ACTS ? "suggestions are made." : "no better than bestsellers, so nothing is suggested.");
    if (t->verdict == NEXT_SALE_ACTS)
        print_words(2, "%llu pair%s of products of which one follows the other clearly (%g times as often as from any order)%s", (unsigned long long)t->pairs, t->pairs == 1 ? "" : "s", NEXT_SALE_CLEAR_LIFT,
                    t->pairs ? "." : ": what is foretold is what they buy again, so by default there will be nothing to suggest.");
    if (t->own_high < 0) print_words(2, "What they bought most themselves foretells it better still (%+.1f points): these are customers of habit, and little follows from their last order.", -100 * t->own_gain);
}

/* Days as dates, for people who read JSON. */
static json_t *next_json(const next_sale_trial *t) {
    json_t *o = next_sale_trial_json(t);
    char day[11];
    json_object_del(o, "cut_day");
    json_object_del(o, "until_day");
    json_object_set_new(o, "cut", json_string(calendar_text(t->cut, day)));
    json_object_set_new(o, "until", json_string(calendar_text(t->until, day)));
    return o;
}

static void print(const arguments *a, const knowledge *k) {
    char day[11];
    calendar_text(k->learnt_day, day);
    if (a->json) {
        json_t *list = json_array(), *o;
        for (size_t i = 0; i < k->moments; i++) json_array_append_new(list, json_pack("{s:s,s:f}", "moment", k->moment[i].words, "ratio", k->moment[i].ratio));
        o = json_pack("{s:s,s:f,s:o,s:o}", "until", day, "rhythm_days", k->clocks.rhythm_days, "moments", list, "next_sale", next_json(&k->next.trial));
        json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(o);
        return;
    }
    printf("Learnt from what was known by %s: what is usual, and %zu critical moment%s.\n", day, k->moments, k->moments == 1 ? "" : "s");
    for (size_t i = 0; i < k->moments; i++) printf("  %s: %.1f times as many leave\n", k->moment[i].words, k->moment[i].ratio);
    print_next(&k->next.trial);
}

int command_learn(int argc, char **argv) {
    arguments a = {.until = INT32_MIN};
    mr_error err = {0};
    ledger *l = NULL;
    knowledge k;
    progress_bar bar = {0};
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    option_reader r = option_begin("learn", argc, argv);
    store_begin(&a.store);
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (a.until == INT32_MIN) a.until = today_utc();
    err.code = ledger_open(a.store.url, NULL, &l, &err);
    if (err.code == MR_OK) err.code = mr_pool_new((int)a.threads, &context.pool, &err);
    progress_begin(&bar, "learning");
    if (err.code == MR_OK) err.code = knowledge_learn(l, a.until, now_us(), &context, &k, &err);
    progress_end(&bar);
    mr_pool_free(context.pool);
    ledger_close(l);
    if (err.code != MR_OK) return command_fail("learn", &err);
    print(&a, &k);
    knowledge_free(&k);
    return EXIT_OK;
}
