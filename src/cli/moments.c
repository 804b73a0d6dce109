/* marram moments: the points of the cycle at which people start to look around. */
#include "base_source.h"
#include "columns_out.h"
#include "moments_print.h"

#include <math.h>
#include <out_file.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram moments: the points of the customer cycle at which people start to look around\n"
    "\n"
    "usage: marram moments " BASE_SOURCE_USAGE " [OPTION ...]\n"
    "\n"
    "Looks for intervals of each clock (days since the start, to the renewal, since a case was opened ...) where the hazard of leaving stands above\n"
    "its surroundings beyond chance, says how many customers come to them, and when to get in touch just before (docs/methods/moments.md).\n"
    "\n"
    "  --until DATE              nothing after this day is looked at (the last day there is)\n"
    "  --since DATE              leave out what was before: the records of who left begin here (the first day there is)\n"
    "  --horizon LENGTH          without contracts, who has ordered within so long is still there: 91d, 13w, 6m (13w)\n"
    "  --ahead LENGTH            within reach: the moment begins within so long (13w)\n"
    "  --lead LENGTH             get in touch so long before (7d)\n"
    "  --sour-window LENGTH      how soon a second problem is one (90d)\n"
    "  --level P                 the chance of naming a moment where there are none (0.05)\n"
    "  --least-ratio RATIO       leave out moments whose interval reaches below this hazard ratio (1.1)\n"
    "  --clock NAME              the hazard along this clock, as a chart; all: of each\n"
    "  --customers FILE          CSV of each customer's next moments, with dates and the day to get in touch\n"
    "  --seed S                  of the sample and the bootstrap (1)\n"
    "  --replicates N            of the bootstrap (1999)\n"
    "  --threads N               0: one a core; the results do not depend on it (0)\n"
    "  --json                    print JSON; with --clock also the hazards\n"
    "  --help                    this text\n"
    "\n" BASE_SOURCE_HELP "\n"
    "examples:\n"
    "  marram moments --db shop.db --customers next.csv\n"
    "  marram moments contracts:contracts.csv cases:tickets.csv --clock days_to_renewal\n"
    "  marram moments CDNOW_master.txt --mapping cdnow --json\n"
    "\n"
    "exit codes: 0 done, 2 usage, 3 bad data or too few who left, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    base_source source;
    moments_settings settings;
    double horizon_days, ahead_days, lead_days, sour_days;
    int64_t seed, replicates, threads;
    const char *clock, *customers;
    bool json, help;
    FILE *file;
    const moments_of *found;
} arguments;

static bool read_option(option_reader *r, const char *name, void *arguments_) {
    arguments *a = arguments_;
    moments_settings *s = &a->settings;
    if (option_is(name, "--until")) return option_date(r, &s->until);
    if (option_is(name, "--since")) return option_date(r, &s->since);
    if (option_is(name, "--horizon")) return option_duration_days(r, &a->horizon_days);
    if (option_is(name, "--ahead")) return option_duration_days(r, &a->ahead_days);
    if (option_is(name, "--lead")) return option_duration_days(r, &a->lead_days);
    if (option_is(name, "--sour-window")) return option_duration_days(r, &a->sour_days);
    if (option_is(name, "--level")) return option_double(r, 1e-6, 0.5, &s->search.level);
    if (option_is(name, "--least-ratio")) return option_double(r, 1, 100, &s->search.least_ratio);
    if (option_is(name, "--clock")) return (a->clock = option_value(r)) != NULL;
    if (option_is(name, "--customers")) return (a->customers = option_value(r)) != NULL;
    if (option_is(name, "--seed")) return option_integer(r, 0, INT64_MAX, &a->seed);
    if (option_is(name, "--replicates")) return option_integer(r, 100, 1000000, &a->replicates);
    if (option_is(name, "--threads")) return option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = base_source_option(r, name, &a->source);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

/* An exit code. */
static int check(arguments *a) {
    const struct {
        const char *name;
        double days, least;
        int32_t *into;
    } lengths[] = {{"--horizon", a->horizon_days, 1, &a->settings.horizon_days}, {"--ahead", a->ahead_days, 1, &a->settings.ahead_days},
                   {"--lead", a->lead_days, 0, &a->settings.lead_days}, {"--sour-window", a->sour_days, 1, &a->settings.sour_days}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        if (!(lengths[i].days >= lengths[i].least && lengths[i].days <= 3650)) return command_usage("moments", "%s must be %g days to ten years", lengths[i].name, lengths[i].least);
        *lengths[i].into = (int32_t)lround(lengths[i].days);
    }
    if (a->clock && strcmp(a->clock, "all") != 0) {
        int clock = clock_find(a->clock);
        char names[1024] = "";
        for (int i = 0; i < CLOCKS; i++)
            if (clock_rows[i].role == CLOCK_IS_CYCLE) strcat(strcat(names, *names ? ", " : ""), clock_rows[i].name);
        if (clock < 0 || clock_rows[clock].role != CLOCK_IS_CYCLE) return command_usage("moments", "--clock must be all or one of %s, not '%s'", names, a->clock);
    }
    if (!option_is_past("moments", "--until", a->settings.until, a->source.files.today)) return EXIT_USAGE;
    if (a->customers && a->source.db && !strcmp(a->customers, a->source.db)) return command_usage("moments", "--customers would write over the ledger");
    a->settings.curves = a->clock != NULL;
    a->settings.search.seed = (uint64_t)a->seed;
    a->settings.search.replicates = (uint32_t)a->replicates;
    return EXIT_OK;
}

static mr_status on_customer(void *ctx, const trace *t, const trace_facts *f, const moments_next *next, size_t n, mr_error *err) {
    arguments *a = ctx;
    (void)err;
    moments_csv_rows(a->file, a->found, t, f, next, n);
    return MR_OK;
}

static void next_stage(void *ctx, const char *what) {
    progress_end(ctx);
    progress_begin(ctx, what);
}

/* The file appears whole or not at all. */
static int search(arguments *a, const mr_context *context, moments_of *found) {
    mr_error err = {0}, why = {0};
    trace_options options = {.profiling = true};
    moments_ledger from = {a->source.l, &options, context->pool};
    moments_source source = {moments_from_ledger, &from};
    out_file out = {0};
    a->found = found;
    if (a->customers && base_source_is(&a->source, a->customers))
        return command_usage("moments", "--customers %s is where the customers are read from: name another file", a->customers);
    if (ledger_trace_money(a->source.l, &a->source.rates, &options, &err) != MR_OK) return command_fail("moments", &err);
    if (a->customers) {
        if (out_file_open(a->customers, 0666, &out, &err) != MR_OK) return command_fail("moments", &err);
        a->file = out.file;
        moments_csv_head(a->file);
    }
    progress_bar *bar = context->progress_ctx;
    progress_begin(bar, "reading");
    a->settings.begin = next_stage;
    a->settings.begin_ctx = bar;
    moments_of_base(&source, &a->settings, context, a->file ? on_customer : NULL, a, found, &err);
    progress_end(bar);
    if (out_file_close(&out, err.code == MR_OK, &why) != MR_OK) err = why;
    return err.code == MR_OK ? EXIT_OK : command_fail("moments", &err);
}

static int print(const arguments *a, const moments_of *found) {
    if (a->json) return moments_print_json(found, &a->settings);
    moments_print(found, &a->settings);
    bool any = !a->clock;
    for (size_t i = 0; a->clock && i < found->clocks; i++) {
        if (found->spec[i].role != MR_CLOCK_CYCLE || (strcmp(a->clock, "all") != 0 && strcmp(a->clock, found->spec[i].name) != 0)) continue;
        moments_print_curve(found, i);
        any = true;
    }
    if (!any) printf("\nThe clock %s does not run in these data.\n", a->clock);
    return EXIT_OK;
}

static int run(arguments *a) {
    mr_error err = {0};
    mr_pool *pool = NULL;
    moments_of found = {0};
    progress_bar bar = {0};
    int code = base_source_open("moments", &a->source);
    if (code != EXIT_OK) return code;
    a->settings.today = a->source.files.today;
    if (mr_pool_new((int)a->threads, &pool, &err) != MR_OK) return command_fail("moments", &err);
    mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
    code = search(a, &context, &found);
    if (code == EXIT_OK) code = print(a, &found);
    moments_of_free(&found);
    mr_pool_free(pool);
    return code;
}

static int checked(void *arguments_) {
    int code = check(arguments_);
    return code == EXIT_OK ? run(arguments_) : code;
}

int command_moments(int argc, char **argv) {
    arguments a = {.horizon_days = 91, .ahead_days = 91, .lead_days = 7, .sour_days = 90, .seed = 1, .replicates = 1999,
                   .settings = {.until = TRACE_NO_DAY, .since = TRACE_NO_DAY, .mode = -1, .search = {.level = 0.05, .least_ratio = 1.1}}};
    return base_command_run(&(base_command){"moments", help, &a.source, &a.help, read_option, checked}, &a, argc, argv);
}
