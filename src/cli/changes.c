/* marram changes: whose risk moved since a day, and what moved it. */
#include "columns_out.h"
#include "feature_words.h"
#include "store.h"
#include "json_text.h"

#include <calendar.h>
#include <changes.h>
#include <error.h>
#include <person.h>
#include <rates.h>
#include <status.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram changes: whose risk of leaving moved since a day, by how much, and what moved it\n"
    "\n"
    "usage: marram changes [ID] --since DATE [OPTION ...]\n"
    "\n" STORE_HELP
    "  --since DATE              the day to compare with, as it was known then\n"
    "  --until DATE              the other day (today, or the last day anything happened where that is over a quarter ago)\n"
    "  --source NAME             of which source ID is an identifier, where several have it\n"
    "  --top N                   contributions shown of each customer, 1 to 50 (3)\n"
    "  --limit N                 customers shown; 0: all (20)\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "Both days are scored by the model of leaving that 'marram train --db' keeps in the ledger. Contributions are log-odds, and add up.\n"
    "\n"
    "examples:\n"
    "  marram changes --since 2026-05-31 --db shop.db\n"
    "  marram changes C-1042 --since 2026-01-01 --db shop.db\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    const char *customer, *source;
    int32_t since, until;
    int64_t limit, top;
    bool json, help;
} arguments;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) {
        const char *word = option_value(r);
        if (a->customer) {
            command_usage("changes", "'%s' is one argument too many", word);
            return false;
        }
        a->customer = word;
        return true;
    }
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (option_is(name, "--since")) return option_date(r, &a->since);
    if (option_is(name, "--until")) return option_date(r, &a->until);
    if (option_is(name, "--source")) return (a->source = option_value(r)) != NULL;
    if (option_is(name, "--limit")) return option_integer(r, 0, 1000000000, &a->limit);
    if (option_is(name, "--top")) return option_integer(r, 1, 50, &a->top);
    int shared = store_option(r, name, &a->store);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static double real(const json_t *o, const char *name) {
    return json_number_value(json_object_get(o, name));
}

static json_int_t number(const json_t *o, const char *name) {
    return json_integer_value(json_object_get(o, name));
}

/* Contributions, each by its feature's name; what the names mean comes below all of them, once. */
static void print_mover(const json_t *m, features_shown *names) {
    const json_t *t;
    size_t k;
    double before = real(m, "chance_before"), after = real(m, "chance_after");
    print_words(4, "%s  %.1f %% -> %.1f %% (%+.1f points; log-odds %+.2f)", *json_text(m, "identifier") ? json_text(m, "identifier") : json_text(m, "customer_id"), 100 * before, 100 * after, 100 * (after - before),
           real(m, "score_after") - real(m, "score_before"));
    json_array_foreach(json_object_get(m, "contributions"), k, t) {
        const char *of = json_text(t, "reason");
        print_words(11, "    %+.2f  %s%s%s%s", real(t, "change"), json_text(t, "term"), *of ? " (" : "", of, *of ? ")" : "");
        features_shown_add(names, json_text(t, "term"));
    }
    if (real(m, "rest") != 0) printf("    %+.2f  all others\n", real(m, "rest"));
}

static void print(const arguments *a, const json_t *o) {
    const json_t *list = json_object_get(o, "moved"), *m, *t;
    features_shown names = {0};
    bool any = false;
    size_t i;
    print_words(2, "The chance of leaving within %" JSON_INTEGER_FORMAT " days, %s against %s%s", number(o, "horizon_days"), json_text(o, "until"), json_text(o, "since"),
                a->customer ? number(o, "both") ? "" : ": not here on both days, or not at risk; nothing to compare" : ":");
    if (!a->customer)
        print_words(2, "Here on both days: %" JSON_INTEGER_FORMAT ", their mean chance went from %.1f %% to %.1f %% (%" JSON_INTEGER_FORMAT " up, %" JSON_INTEGER_FORMAT
                    " down); no longer at risk: %" JSON_INTEGER_FORMAT "; new: %" JSON_INTEGER_FORMAT, number(o, "both"), 100 * real(o, "mean_before"), 100 * real(o, "mean_after"), number(o, "up"), number(o, "down"), number(o, "gone"),
                    number(o, "new"));
    if (!a->customer) {
        char words[512];
        size_t at = 0;
        json_array_foreach(json_object_get(o, "terms"), i, t)
            if (i < 5 && at < sizeof words) {
                at += (size_t)snprintf(words + at, sizeof words - at, "%s %s %+.3f", i ? "," : "", json_text(t, "term"), real(t, "change"));
                features_shown_add(&names, json_text(t, "term"));
                any = true;
            }
        if (at) print_words(2, "Moved most on the whole (log-odds, mean):%s", words);
        putchar('\n');
    }
    json_array_foreach(list, i, m) {
        print_mover(m, &names);
        any |= json_array_size(json_object_get(m, "contributions")) > 0;
    }
    if (any) puts("\nWhat the names are (docs/features.md; lately: in the last 365 days):");
    features_shown_print(&names);
    if (json_array_size(list) < (size_t)number(o, "both")) printf("\n%" JSON_INTEGER_FORMAT " more: --limit 0 shows all\n", number(o, "both") - (json_int_t)json_array_size(list));
}

static int run(arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    currency_rates rates = {0};
    json_t *out = NULL;
    char since[11], until[11];
    progress_bar bar;
    if (!option_is_past("changes", "--until", a->until, today_utc())) return EXIT_USAGE;
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    changes_options o = {.since = a->since, .until = a->until, .limit = (size_t)a->limit, .top = (int)a->top, .rates = &rates};
    err.code = ledger_open_reading(a->store.url, &l, &err);
    if (err.code == MR_OK) err.code = ledger_rates_read(l, &rates, &err);
    if (err.code == MR_OK && o.until == INT32_MIN) err.code = ledger_day(l, today_utc(), &o.until, &err);
    if (err.code == MR_OK && o.since >= o.until)
        err.code = error_set(&err, MR_EINVAL, "since", -1, "--since %s must be before %s%s", calendar_text(o.since, since), a->until == INT32_MIN ? "the last day there is, " : "--until ",
                             calendar_text(o.until, until));
    if (err.code == MR_OK && a->customer) err.code = person_find(l, a->customer, a->source, &o.customer_id, &err);
    progress_begin(&bar, "scoring");
    if (err.code == MR_OK) err.code = changes_json(l, &o, &context, &out, &err);
    progress_end(&bar);
    if (err.code == MR_OK && a->json) {
        json_dumpf(out, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17));
        putchar('\n');
    } else if (err.code == MR_OK) {
        print(a, out);
    }
    json_decref(out);
    ledger_rates_free(&rates);
    ledger_close(l);
    return err.code == MR_OK ? EXIT_OK : command_fail("changes", &err);
}

int command_changes(int argc, char **argv) {
    arguments a = {.since = INT32_MIN, .until = INT32_MIN, .limit = 20, .top = 3};
    const char *name;
    store_begin(&a.store);
    option_reader r = option_begin("changes", argc, argv);
    while (!a.help && (name = option_next(&r)))
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) {
        print_help(help);
        return EXIT_OK;
    }
    if (a.since == INT32_MIN) return command_usage("changes", "needs --since: the day to compare with");
    return run(&a);
}
