/* marram measures: what loses the most value, what is done about it, and whether it helped. */
#include "base_source.h"
#include "columns_out.h"
#include "json_text.h"

#include <calendar.h>
#include <figures.h>
#include <fixlist.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode.h>

static const char help[] =
    "marram measures: the fix list: causes by the value that left or is at risk because of them; and what is done about them\n"
    "\n"
    "usage: marram measures " BASE_SOURCE_USAGE " [OPTION ...]\n"
    "       marram measures list --db URL\n"
    "       marram measures add --cause CAUSE --owner NAME --remedy TEXT [--date DAY] --db URL\n"
    "       marram measures done NUMBER [--date DAY] --db URL\n"
    "\n" BASE_SOURCE_HELP
    "measures:\n"
    "  --cause CAUSE             a reason (docs/reasons.md), or case:TAG for a category of cases: case:defect, case:billing ...\n"
    "  --owner NAME              who answers for it\n"
    "  --remedy TEXT             what is done\n"
    "  --date DAY                since when it works, or when it was finished (--today)\n"
    "other:\n"
    "  --horizon LENGTH          without contracts: silence after which a customer counts as left (13w)\n"
    "  --limit N                 causes shown; 0: all (12)\n"
    "  --threads N               0: one a core; what comes out does not depend on it (0)\n"
    "  --json                    print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram measures --db shop.db\n"
    "  marram measures add --cause promise_broken --owner \"K. Brandt\" --remedy \"one list of promises, read every morning\" --db shop.db\n"
    "  marram measures list --db shop.db\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    base_source source;
    const char *action, *cause, *owner, *remedy;
    int32_t date;
    int64_t limit, number;
    double horizon_days;
    int64_t threads;
    bool json, help;
    bool nobody; /* has an order or a contract */
} arguments;

static bool read_option(option_reader *r, const char *name, void *arguments_) {
    arguments *a = arguments_;
    const struct {
        const char *name, **text;
    } texts[] = {{"--cause", &a->cause}, {"--owner", &a->owner}, {"--remedy", &a->remedy}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (option_is(name, texts[i].name)) return (*texts[i].text = option_value(r)) != NULL;
    if (option_is(name, "--threads")) return option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (option_is(name, "--date")) return option_date(r, &a->date);
    if (option_is(name, "--limit")) return option_integer(r, 0, 1000000, &a->limit);
    if (option_is(name, "--horizon")) return option_duration_days(r, &a->horizon_days);
    int shared = base_source_option(r, name, &a->source);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

/* --- in words --- */

static double real(const json_t *o, const char *name) {
    return json_number_value(json_object_get(o, name));
}

/* Of large sums three digits are more than is known: they are shown in thousands. */
static char *amount(char out[FIGURE], double value, double unit) {
    return figure_number(out, value / unit, unit > 1 && fabs(value) >= 0.05 * unit && fabs(value) < 10 * unit ? 1 : 0);
}

static char *money(char out[160], const json_t *o, const char *name, double unit) {
    char low[48], high[48], value[FIGURE], from[FIGURE], to[FIGURE];
    snprintf(low, sizeof low, "%s_low", name);
    snprintf(high, sizeof high, "%s_high", name);
    snprintf(out, 160, "%s (%s to %s)", amount(value, real(o, name), unit), amount(from, real(o, low), unit), amount(to, real(o, high), unit));
    return out;
}

static void print_causes(const arguments *a, const json_t *o) {
    const json_t *c;
    size_t i;
    const char *currency = json_text(o, "currency");
    bool named = *currency && strcmp(currency, "XXX") != 0;
    if (a->nobody) {
        print_words(0, "Nobody has an order or a contract by %s: what leaving costs cannot be told. Import orders or contracts first.", json_text(o, "until"));
        return;
    }
    if (!json_array_size(json_object_get(o, "causes"))) {
        print_words(0, "Nothing to mend is known as of %s: of those who left in the last year none showed a reason or had a case, and nobody who is here does. Import cases, promises, "
                       "touches, surveys or price changes: causes are told from them (docs/methods/review.md).", json_text(o, "until"));
        return;
    }
    double unit = 1;
    json_array_foreach(json_object_get(o, "causes"), i, c)
        if (real(c, "value_left") >= 1e4 || real(c, "value_at_risk") >= 1e4) unit = 1000;
    char in[32] = "";
    if (unit > 1 || named) snprintf(in, sizeof in, " in%s%s%.8s", unit > 1 ? " thousand" : "", named ? " " : "", named ? currency : "");
    print_words(0, "What loses the most, as of %s (value%s a year; intervals of 95 %%)", json_text(o, "until"), in);
    putchar('\n');
    columns_out table = columns_begin(6, "cause", "owner", "left", "their value", "here", "at risk");
    json_array_foreach(json_object_get(o, "causes"), i, c) {
        char left[24], here[24], value[160], risk[160];
        if (a->limit && (int64_t)i >= a->limit) break;
        snprintf(left, sizeof left, "%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(c, "left")));
        snprintf(here, sizeof here, "%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(c, "here")));
        columns_row(&table, json_text(c, "cause"), json_text(c, "owner"), left, money(value, c, "value_left", unit), here, money(risk, c, "value_at_risk", unit));
    }
    columns_end(&table);
    putchar('\n');
    print_words(2, "Left: customers in the last 365 days because of it; here: who shows it now; at risk: their value, times the share that left within a quarter. The lines overlap: they rank causes, they do not add up (docs/methods/review.md).");
    const json_t *first = json_array_get(json_object_get(o, "causes"), 0);
    putchar('\n');
    print_words(7, "First: %s (%s): %s", json_text(first, "cause"), json_text(first, "owner"), json_text(first, "remedy"));
}

static void print_rate(const char *label, const json_t *r) {
    printf("    %-7s %" JSON_INTEGER_FORMAT " in %.0f customer-years", label, json_integer_value(json_object_get(r, "events")), real(r, "customer_years"));
    if (json_is_number(json_object_get(r, "rate"))) printf(": %.3f a year (%.3f to %.3f)", real(r, "rate"), real(r, "low"), real(r, "high"));
    putchar('\n');
}

static void print_measures(const json_t *list) {
    const json_t *m;
    size_t i;
    if (!json_array_size(list)) puts("no measures yet: marram measures add --cause CAUSE --owner NAME --remedy TEXT");
    json_array_foreach(list, i, m) {
        const json_t *ratio = json_object_get(m, "ratio");
        if (i) putchar('\n');
        print_words(2, "%" JSON_INTEGER_FORMAT "  %s, %s, since %s%s%s", json_integer_value(json_object_get(m, "measure")), json_text(m, "cause"), json_text(m, "owner"), json_text(m, "from"),
                    *json_text(m, "done") ? ", finished " : "", json_text(m, "done"));
        fputs("  ", stdout);
        print_wrapped(json_text(m, "remedy"), strlen(json_text(m, "remedy")), 2, 2);
        print_rate("before", json_object_get(m, "before"));
        print_rate("after", json_object_get(m, "after"));
        if (!json_is_number(json_object_get(ratio, "value"))) {
            puts("    too little to compare yet");
        } else if (json_is_number(json_object_get(ratio, "high"))) {
            double low = real(ratio, "low"), high = real(ratio, "high");
            printf("    the rate is now %.2f of what it was (%.2f to %.2f): %s\n", real(ratio, "value"), low, high,
                   high < 1 ? "lower beyond chance" : low > 1 ? "higher beyond chance" : "that may be chance");
        } else {
            printf("    the rate is now %.2f of what it was (at least %.2f)\n", real(ratio, "value"), real(ratio, "low"));
        }
    }
}

static int print_json(json_t *o) {
    if (!o) return EXIT_INTERNAL;
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12));
    putchar('\n');
    return EXIT_OK;
}

/* --- looking --- */

static mr_status read_all(arguments *a, const mr_context *context, json_t **causes, json_t **list, mr_error *err) {
    reasons_base base = {0};
    measures m = {0};
    trace_ledger l = {.l = a->source.l, .pool = context->pool};
    reasons_options o = {.until = TRACE_NO_DAY, .last_day = a->source.files.today, .horizon_days = (int32_t)lround(a->horizon_days)};
    mr_status status = ledger_trace_money(l.l, &a->source.rates, &l.options, err);
    if (status == MR_OK) status = ledger_measures_read(l.l, &m, err);
    if (status == MR_OK) status = reasons_scan(trace_source_of(&l), &o, context, &base, err);
    if (status == MR_EDATA && a->action && base.nothing) status = MR_OK; /* what was noted is shown all the same */
    a->nobody = !base.buyers;
    if (status == MR_OK && !a->action) *causes = fixlist_json(&base, l.options.currency);
    if (status == MR_OK) status = fixlist_measures(trace_source_of(&l), &base, &m, context, list, err);
    ledger_measures_free(&m);
    reasons_free(&base);
    return status;
}

static int look(arguments *a) {
    mr_error err = {0};
    progress_bar bar;
    mr_context context = {.progress = progress_tick, .progress_ctx = &bar};
    json_t *causes = NULL, *list = NULL;
    int code = base_source_open("measures", &a->source);
    if (code != EXIT_OK) return code;
    progress_begin(&bar, "looking");
    err.code = mr_pool_new((int)a->threads, &context.pool, &err);
    if (err.code == MR_OK) err.code = read_all(a, &context, &causes, &list, &err);
    progress_end(&bar);
    mr_pool_free(context.pool);
    if (err.code != MR_OK) {
        code = command_fail("measures", &err);
    } else if (a->json) {
        if (!a->action && causes) json_object_set(causes, "measures", list);
        code = print_json(a->action ? list : causes);
    } else {
        if (!a->action) print_causes(a, causes);
        if (!a->action && json_array_size(list)) puts("\nWhat is done about it\n");
        if (a->action || json_array_size(list)) print_measures(list);
    }
    json_decref(causes);
    json_decref(list);
    return code;
}

/* --- changing --- */

static bool fits(const char *name, const char *value, size_t room, int *code) {
    if (!value || !*value) *code = command_usage("measures", "add needs %s", name);
    else if (unicode_fault(value, strlen(value)) < strlen(value)) *code = command_usage("measures", "%s is no UTF-8", name);
    else if (strlen(value) >= room) *code = command_usage("measures", "%s must be shorter than %zu bytes", name, room);
    return *code == EXIT_OK;
}

static int add(arguments *a) {
    measure m = {.from_day = a->date, .done_day = MEASURE_OPEN, .created_at_us = now_us()};
    mr_error err = {0};
    ledger *l = NULL;
    reason r;
    trace_tag tag;
    int code = EXIT_OK;
    if (!fits("--cause", a->cause, sizeof m.cause, &code) || !fits("--owner", a->owner, sizeof m.owner, &code) || !fits("--remedy", a->remedy, sizeof m.remedy, &code)) return code;
    if (!fixlist_cause(a->cause, &r, &tag))
        return command_usage("measures", "--cause must be a reason (docs/reasons.md) or case: and a category such as case:defect, not '%s'", a->cause);
    snprintf(m.cause, sizeof m.cause, "%s", r ? reason_of((int)r)->code : a->cause);
    snprintf(m.owner, sizeof m.owner, "%s", a->owner);
    snprintf(m.remedy, sizeof m.remedy, "%s", a->remedy);
    err.code = ledger_open(a->source.db, NULL, &l, &err);
    if (err.code == MR_OK) err.code = ledger_measure_add(l, &m, &err);
    ledger_close(l);
    if (err.code != MR_OK) return command_fail("measures", &err);
    if (a->json) printf("{\"measure\": %lld}\n", (long long)m.id);
    else printf("measure %lld is noted\n", (long long)m.id);
    return EXIT_OK;
}

static int finish(arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    char day[11];
    err.code = ledger_open(a->source.db, NULL, &l, &err);
    if (err.code == MR_OK) err.code = ledger_measure_done(l, a->number, a->date, now_us(), &err);
    ledger_close(l);
    if (err.code != MR_OK) return command_fail("measures", &err);
    if (a->json) printf("{\"measure\": %lld, \"done\": \"%s\"}\n", (long long)a->number, calendar_text(a->date, day));
    else printf("measure %lld is finished on %s\n", (long long)a->number, calendar_text(a->date, day));
    return EXIT_OK;
}

/* A slip of the hand: a day in the first year of all, or in one that nobody plans for. */
static bool sensible(const arguments *a) {
    char day[11];
    int32_t last = a->source.files.today + 366;
    if (a->date >= calendar_day(1900, 1, 1) && a->date <= last) return true;
    command_usage("measures", "--date must be a day from 1900-01-01 to a year after today, %s, not %s", calendar_text(a->source.files.today, (char[11]){0}), calendar_text(a->date, day));
    return false;
}

static int dispatch(void *arguments_) {
    arguments *a = arguments_;
    const char **operand = a->source.operands;
    size_t n = a->source.operands_n;
    bool add_it = n && !strcmp(operand[0], "add"), list = n && !strcmp(operand[0], "list"), done = n && !strcmp(operand[0], "done");
    if (a->date == TRACE_NO_DAY) a->date = a->source.files.today;
    if (!sensible(a)) return EXIT_USAGE;
    if (!(a->horizon_days >= 1 && a->horizon_days <= 36500)) return command_usage("measures", "--horizon must be a day to a hundred years");
    if (!add_it && (a->cause || a->owner || a->remedy)) return command_usage("measures", "--cause, --owner and --remedy go with add");
    if (!add_it && !list && !done) return look(a);
    a->action = operand[0];
    if (!base_source_ledger(&a->source)) return command_usage("measures", "%s needs --db: measures are kept in a ledger", a->action);
    if (done) {
        char *end;
        errno = 0;
        a->number = n == 2 ? strtoll(operand[1], &end, 10) : 0;
        if (n != 2 || errno || *end || a->number < 1) return command_usage("measures", "done needs the number of one measure");
        return finish(a);
    }
    if (n > 1) return command_usage("measures", "'%s' is one argument too many", operand[1]);
    a->source.operands_n = 0;
    return add_it ? add(a) : look(a);
}

int command_measures(int argc, char **argv) {
    arguments a = {.horizon_days = REASONS_QUARTER, .limit = 12, .date = TRACE_NO_DAY};
    return base_command_run(&(base_command){"measures", help, &a.source, &a.help, read_option, dispatch}, &a, argc, argv);
}
