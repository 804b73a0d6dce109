/* marram review: whose account is due for a review, what it finds, and that it was done. */
#include "base_source.h"
#include "columns_out.h"
#include "json_text.h"

#include <objections.h>
#include <person.h>
#include <reviews.h>

#include <calendar.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram review: whose account is due for a review, and what it finds: problems that come again, silence, promises overdue\n"
    "\n"
    "usage: marram review [--due] " BASE_SOURCE_USAGE " [OPTION ...]\n"
    "       marram review ID --db URL [OPTION ...]\n"
    "       marram review --done ID --by NAME --db URL [--note TEXT] [--next DATE]\n"
    "\n" BASE_SOURCE_HELP
    "which reviews:\n"
    "  --due                     all who are due on --today, the urgent first (what is done without ID); without --today: today, or the last day\n"
    "                            anything happened where that is over a quarter ago\n"
    "  --customer ID             one customer, due or not; in a ledger also without --customer\n"
    "  --source NAME             of which source ID is an identifier, where several have it\n"
    "  --cadence TIER=DAYS,...   days between reviews, *=DAYS for all others (gold=30,silver=90,*=180, and names like them)\n"
    "  --horizon LENGTH          without contracts: who has not ordered for longer is not reviewed (1y)\n"
    "  --limit N                 at most so many of those due; 0: all (25)\n"
    "recording one:\n"
    "  --done ID                 the review of that customer was held on --today\n"
    "  --by NAME                 who held it\n"
    "  --note TEXT               what came of it\n"
    "  --next DATE               when the next one is to be, in place of the tier's cadence\n"
    "other:\n"
    "  --threads N               0: one a core; what comes out does not depend on it (0)\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram review --due --db shop.db --cadence gold=14,*=90\n"
    "  marram review C-1042 --db shop.db\n"
    "  marram review --done C-1042 --by \"K. Brandt\" --note \"both cases closed on the phone\" --db shop.db\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

#define CADENCES 64

typedef struct arguments {
    base_source source;
    const char *customer, *of, *done, *by, *note, *cadence_text;
    char *cadence_room;
    review_cadence_of cadence[CADENCES];
    size_t cadence_n;
    int32_t next;
    int64_t limit;
    double horizon_days;
    int64_t threads;
    bool due, json, help;
} arguments;

/* "gold=30,silver=90,*=180" */
static bool read_cadence(option_reader *r, arguments *a) {
    const char *value = option_value(r);
    if (!value) return false;
    free(a->cadence_room);
    a->cadence_n = 0;
    char *at = a->cadence_room = strdup(value);
    while (at && *at) {
        char *end = strchr(at, ','), *equals = strchr(at, '=');
        if (end) *end = 0;
        if (equals) *equals = 0;
        char *rest = NULL;
        long days = equals && *at ? strtol(equals + 1, &rest, 10) : 0;
        if (days < 1 || days > 3650 || !rest || *rest || a->cadence_n == CADENCES) {
            command_usage("review", "--cadence must be such as gold=30,silver=90,*=180: a tier and 1 to 3650 days, %d tiers at most, not '%s'", CADENCES, value);
            return false;
        }
        a->cadence[a->cadence_n++] = (review_cadence_of){at, (int32_t)days};
        at = end ? end + 1 : NULL;
    }
    if (a->cadence_n) return true;
    command_usage("review", "--cadence must be such as gold=30,silver=90,*=180, not ''");
    return false;
}

static bool read_option(option_reader *r, const char *name, void *arguments_) {
    arguments *a = arguments_;
    const struct {
        const char *name, **text;
    } texts[] = {{"--customer", &a->customer}, {"--source", &a->of}, {"--done", &a->done}, {"--by", &a->by}, {"--note", &a->note}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (option_is(name, texts[i].name)) return (*texts[i].text = option_value(r)) != NULL;
    if (option_is(name, "--threads")) return option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--due")) return a->due = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (option_is(name, "--next")) return option_date(r, &a->next);
    if (option_is(name, "--cadence")) return read_cadence(r, a);
    if (option_is(name, "--limit")) return option_integer(r, 0, 1000000000, &a->limit);
    if (option_is(name, "--horizon")) return option_duration_days(r, &a->horizon_days);
    int shared = base_source_option(r, name, &a->source);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

/* --- in words --- */

static void print_review(const json_t *o) {
    const json_t *f, *findings = json_object_get(o, "findings");
    const char *name = *json_text(o, "name") ? json_text(o, "name") : *json_text(o, "identifier") ? json_text(o, "identifier") : json_text(o, "customer_id");
    json_int_t overdue = json_integer_value(json_object_get(o, "overdue_days"));
    size_t i;
    const char *in_brackets = *json_text(o, "name") ? json_text(o, "identifier") : "", *tier = json_text(o, "tier"), *sales = json_text(o, "owner_sales"),
               *operations = json_text(o, "owner_operations");
    print_words(4, "%s%s%s%s%s%s%s%s%s%s%s", name, *in_brackets ? " (" : "", in_brackets, *in_brackets ? ")" : "", *tier ? ", " : "", tier, *sales ? ", sales " : "", sales,
                *operations ? ", operations " : "", operations, json_is_true(json_object_get(o, "here")) ? "" : ", no customer now");
    printf("  review due %s", json_text(o, "due"));
    if (overdue > 0) printf(", %" JSON_INTEGER_FORMAT " day%s ago", overdue, overdue == 1 ? "" : "s");
    printf("; %s%s\n", *json_text(o, "last_review") ? "the last was on " : "none so far", json_text(o, "last_review"));
    json_array_foreach(findings, i, f) {
        const char *urgent = json_is_true(json_object_get(f, "urgent")) ? "! " : "- ", *new = json_is_true(json_object_get(f, "new")) ? "" : " (known at the last review)";
        char line[640];
        int len = snprintf(line, sizeof line, "%s%s. %s: %s.", json_text(f, "sentence"), new, json_text(f, "owner"), json_text(f, "todo"));
        printf("  %s", urgent);
        print_wrapped(line, len < (int)sizeof line ? (size_t)len : sizeof line - 1, 4, 4);
    }
    if (!json_array_size(findings)) puts("  nothing found: no pattern of problems, nothing open");
}

static void print(const arguments *a, const json_t *o) {
    const json_t *list = json_object_get(o, "reviews"), *r;
    json_int_t due = json_integer_value(json_object_get(o, "due")), listed = json_integer_value(json_object_get(o, "listed"));
    size_t i;
    if (a->json) {
        json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
        return;
    }
    if (!a->customer && !json_integer_value(json_object_get(o, "accounts")))
        print_words(2, "Nobody has an order or a contract by %s, so no account is due for a review: import some first (one customer's is shown by their ID)", json_text(o, "as_of"));
    else if (!a->customer)
        print_words(2, "%" JSON_INTEGER_FORMAT " account%s due for a review on %s: in %" JSON_INTEGER_FORMAT " something does not wait (!), in %" JSON_INTEGER_FORMAT " nothing was found. "
                       "How often, and what is looked for: docs/methods/review.md", due, due == 1 ? " is" : "s are", json_text(o, "as_of"), json_integer_value(json_object_get(o, "urgent")),
                    json_integer_value(json_object_get(o, "nothing_found")));
    json_array_foreach(list, i, r) {
        if (i || !a->customer) putchar('\n');
        print_review(r);
    }
    json_int_t unlisted = json_integer_value(json_object_get(o, "not_listed"));
    if (listed + unlisted < due) printf("\n%" JSON_INTEGER_FORMAT " more: --limit 0 shows all\n", due - listed - unlisted);
    if (unlisted) printf("\n%" JSON_INTEGER_FORMAT " customer%s who objected to marketing or profiling %s not listed; 'marram review ID' shows one\n", unlisted, unlisted == 1 ? "" : "s", unlisted == 1 ? "is" : "are");
}

/* --- doing it --- */

static int look(arguments *a) {
    mr_error err = {0};
    progress_bar bar;
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    json_t *out = NULL;
    int code = base_source_open("review", &a->source);
    if (code != EXIT_OK) return code;
    err.code = mr_pool_new((int)a->threads, &context.pool, &err);
    trace_ledger l = {.l = a->source.l, .pool = context.pool};
    reviews_options o = {.horizon_days = (int32_t)lround(a->horizon_days), .cadence = a->cadence, .cadence_n = a->cadence_n, .limit = a->customer ? 0 : (size_t)a->limit};
    id_list objecting = {0};
    if (err.code == MR_OK) err.code = base_source_day(&a->source, &o.day, &err);
    if (err.code == MR_OK && !a->customer) err.code = ledger_objections(l.l, &objecting, &err), o.unlisted = &objecting;
    if (err.code == MR_OK) err.code = ledger_trace_money(l.l, &a->source.rates, &l.options, &err);
    if (err.code == MR_OK && a->customer) err.code = person_find(l.l, a->customer, a->of, &o.customer_id, &err);
    progress_begin(&bar, "looking");
    if (err.code == MR_OK) err.code = reviews_json(trace_source_of(&l), &o, &context, &out, &err);
    progress_end(&bar);
    mr_pool_free(context.pool);
    id_list_free(&objecting);
    if (err.code == MR_OK) print(a, out);
    else code = command_fail("review", &err);
    json_decref(out);
    return code;
}

static int done(arguments *a) {
    mr_error err = {0};
    bool added = false;
    ledger *l = NULL;
    review_done r = {.by = a->by, .comment = a->note, .day = a->source.files.today, .next = a->next, .now_us = now_us()};
    char day[11];
    if (!a->by || !*a->by) return command_usage("review", "--done needs --by: who held the review");
    if (!base_source_ledger(&a->source)) return command_usage("review", "--done needs --db: a review is kept in a ledger");
    if (a->next != TRACE_NO_DAY && a->next <= r.day) return command_usage("review", "--next must be after the day of this review");
    err.code = ledger_open(a->source.db, NULL, &l, &err);
    if (err.code == MR_OK) err.code = person_find(l, a->done, a->of, &r.customer_id, &err);
    if (err.code == MR_OK) err.code = reviews_done(l, &r, &added, &err);
    ledger_close(l);
    if (err.code != MR_OK) return command_fail("review", &err);
    if (a->json) printf("{\"customer\": \"#%lld\", \"day\": \"%s\", \"added\": %s}\n", (long long)r.customer_id, calendar_text(r.day, day), added ? "true" : "false");
    else printf("the review of %s on %s is recorded%s\n", a->done, calendar_text(r.day, day), added ? "" : " already");
    return EXIT_OK;
}

static int checked(void *arguments_) {
    arguments *a = arguments_;
    if (!a->customer) a->customer = base_source_customer(&a->source);
    if (a->due && (a->customer || a->done)) return command_usage("review", "--due is about all customers, not about one");
    if (a->done && (a->customer || a->source.operands_n)) return command_usage("review", "--done names the customer: one argument too many");
    if (!a->done && (a->by || a->note || a->next != TRACE_NO_DAY)) return command_usage("review", "--by, --note and --next go with --done");
    if (!(a->horizon_days >= 1 && a->horizon_days <= 36500)) return command_usage("review", "--horizon must be a day to a hundred years");
    return a->done ? done(a) : look(a);
}

int command_review(int argc, char **argv) {
    arguments a = {.horizon_days = 365, .limit = 25, .next = TRACE_NO_DAY};
    int code = base_command_run(&(base_command){"review", help, &a.source, &a.help, read_option, checked}, &a, argc, argv);
    free(a.cadence_room);
    return code;
}
