/* marram simulate: a made-up shop whose truth is known, or a described world. */
#include "columns_out.h"
#include "command.h"
#include "simulate_world.h"

#include "calendar.h"
#include "simulate.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST_DAY_AFTER                                                                                       \
    20454 /* 2026-01-01: without --start the window ends the day before, whatever the clock says */

static const char help[] =
    "marram simulate: writes a made-up shop whose truth is known\n"
    "\n"
    "usage: marram simulate [OPTION ...]\n"
    "       marram simulate --world FILE [--out DIR] [--customers N] [--seed S] [--threads N] [--json]\n"
    "\n"
    "  --world FILE             the world described in FILE (docs/worlds.md) in place of the shop: contracts or orders,\n"
    "                           planted critical moments, reasons of leaving and their traces\n"
    "  --customers N            how many customers (2000)\n"
    "  --years Y                length of the window they are watched in (3)\n"
    "  --seed S                 the same seed gives the same files (1)\n"
    "  --out DIR                folder to write to, made where missing (shop; of a world: world)\n"
    "  --orders-per-customer N  mean number of orders of a customer in the window (as it comes)\n"
    "  --regular SHARE          customers with a regular rhythm, 0 to 1 (0.5)\n"
    "  --seasonality A          height of the yearly wave on orders, 0 to 0.95 (0)\n"
    "  --returns SHARE          orders that are sent back in part or whole, 0 to below 1 (0.03)\n"
    "  --ids KIND               integer, code (C0000001) or uuid (integer)\n"
    "  --contacts               add columns name and email (all under example.com, .org and .net)\n"
    "  --start DATE             first day of the window (the window ends on 2025-12-31)\n"
    "  --threads N              0: one a core (0); the files do not depend on it\n"
    "  --json                   print the summary as JSON\n"
    "  --help                   this text\n"
    "\n"
    "DIR/orders.csv has a line an order, in date order: customer_id,date,amount; a return is a negative "
    "amount.\n"
    "DIR/truth.csv has a line a customer: customer_id, first_day, k (gaps between orders are Erlang-k; 1: "
    "irregular),\n"
    "rate (orders a day while a customer), alive (1 or 0) at the window's end, left (the day they left: that "
    "of their\n"
    "last order; empty while alive).\n"
    "Of a world: DIR/events.ndjson and customers.csv for marram import, truth.csv (who left, when, why, for\n"
    "which moment), and orders.csv or contracts.csv.\n"
    "\n"
    "example:\n"
    "  marram simulate --customers 5000 --years 4 --seed 7 --seasonality 0.3 --out shop\n"
    "  marram run shop/orders.csv\n"
    "  marram simulate --world examples/worlds/day-30.yaml --out world\n"
    "  marram db init --db world.db\n"
    "  marram import events world/events.ndjson --db world.db\n"
    "\n"
    "exit codes: 0 done, 2 usage, 3 the world's description is wrong, 5 input/output, 130 interrupted; on any but 0 nothing is left in DIR\n";

typedef struct arguments {
    simulate_options options;
    int64_t threads;
    bool json, start_given, help;
    const char *world;                    /* --world */
    bool customers_given, seed_given, out_given;
    char shop_only[24]; /* an option that says what the world's description says; "" none */
} arguments;

static bool read_ids(option_reader *r, simulate_ids *out) {
    static const char *const names[] = {"integer", "code", "uuid"};
    const char *text = option_value(r);
    if (!text) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(text, names[i])) {
            *out = (simulate_ids)i;
            return true;
        }
    command_usage(r->command, "--ids must be integer, code or uuid, not '%s'", text);
    return false;
}

static bool read_count(option_reader *r, int64_t low, int64_t high, uint64_t *out) {
    int64_t value;
    if (!option_integer(r, low, high, &value)) return false;
    *out = (uint64_t)value;
    return true;
}

/* One option; false after having reported what is wrong with it. */
static bool read_option(option_reader *r, const char *name, arguments *a) {
    simulate_options *o = &a->options;
    if (option_is(name, "--world")) return (a->world = option_value(r)) != NULL;
    if (option_is(name, "--customers")) return a->customers_given = read_count(r, 1, 1000000000, &o->customers);
    if (option_is(name, "--seed")) return a->seed_given = read_count(r, 0, INT64_MAX, &o->seed);
    if (option_is(name, "--threads")) return option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--out")) return a->out_given = (o->out = option_value(r)) != NULL;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    snprintf(a->shop_only, sizeof a->shop_only, "%s", name);
    if (option_is(name, "--years")) return option_double(r, 0.01, 100, &o->years);
    if (option_is(name, "--orders-per-customer"))
        return option_double(r, 1.01, 10000, &o->orders_per_customer);
    if (option_is(name, "--regular")) return option_double(r, 0, 1, &o->regular);
    if (option_is(name, "--seasonality")) return option_double(r, 0, 0.95, &o->seasonality);
    if (option_is(name, "--returns")) return option_double(r, 0, 0.99, &o->returns);
    if (option_is(name, "--ids")) return read_ids(r, &o->ids);
    if (option_is(name, "--start")) return a->start_given = option_date(r, &o->start);
    if (option_is(name, "--contacts")) return o->contacts = true;
    if (!*name) {
        command_usage(r->command, "takes no file, yet '%s' is given; the folder to write to is --out DIR",
                      option_value(r));
    } else {
        option_unknown(r, name);
    }
    return false;
}

static int print_summary(const arguments *a, const simulate_result *result) {
    const simulate_options *o = &a->options;
    if (!a->json) {
        printf("%llu order%s and %llu return%s of %llu customer%s (%llu still a customer at the end): "
               "%s/orders.csv and "
               "%s/truth.csv\n",
               (unsigned long long)result->orders, result->orders == 1 ? "" : "s",
               (unsigned long long)result->returns, result->returns == 1 ? "" : "s",
               (unsigned long long)o->customers, o->customers == 1 ? "" : "s",
               (unsigned long long)result->alive, o->out, o->out);
    } else {
        json_t *all = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "customers", (json_int_t)o->customers,
                                "orders", (json_int_t)result->orders, "returns", (json_int_t)result->returns,
                                "lines", (json_int_t)result->lines, "alive", (json_int_t)result->alive,
                                "seed", (json_int_t)o->seed, "out", json_string(o->out));
        char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
        json_decref(all);
        if (!text) {
            fputs("marram simulate: the files are written; their summary cannot be, for want of memory or "
                  "because the "
                  "folder's name is not UTF-8\n",
                  stderr);
            return EXIT_INTERNAL;
        }
        puts(text);
        free(text);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("marram simulate: the files are written; standard output cannot take their summary\n", stderr);
        return EXIT_IO;
    }
    return EXIT_OK;
}

int command_simulate(int argc, char **argv) {
    arguments a = {
        .options = {
            .customers = 2000, .years = 3, .seed = 1, .out = "shop", .regular = 0.5, .returns = 0.03}};
    option_reader r = option_begin("simulate", argc, argv);
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) {
        print_help(help);
        return EXIT_OK;
    }
    if (a.world && *a.shop_only)
        return command_usage("simulate", "%s is for the shop; what a world is like stands in %s", a.shop_only, a.world);
    if (a.world)
        return simulate_world(&(simulate_world_options){.file = a.world, .out = a.out_given ? a.options.out : "world",
                                                        .customers = a.customers_given ? a.options.customers : 0,
                                                        .seed = a.options.seed, .seed_given = a.seed_given,
                                                        .threads = (int)a.threads, .json = a.json});
    if (!a.start_given) a.options.start = LAST_DAY_AFTER - (int32_t)(a.options.years * DAYS_PER_YEAR + 0.5);
    mr_error err;
    mr_pool *pool = NULL;
    if (mr_pool_new((int)a.threads, &pool, &err) != MR_OK) return command_fail("simulate", &err);
    progress_bar bar;
    progress_begin(&bar, "simulating");
    mr_context context = {.pool = pool, .progress = progress_tick, .progress_ctx = &bar};
    simulate_result result;
    mr_status status = simulate_write(&a.options, &context, &result, &err);
    progress_end(&bar);
    mr_pool_free(pool);
    return status == MR_OK ? print_summary(&a, &result) : command_fail("simulate", &err);
}
