/* marram models: the registry, for reading; and the models a ledger keeps (models_stored.c). */
#include "columns_out.h"
#include "models_stored.h"

#include <jansson.h>
#include <marram/model.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "marram models: the models this program knows, and those a ledger keeps\n"
    "\n"
    "usage: marram models [--json]                    what models there are\n"
    "       marram models stored [OPTION ...]         the ledger's, newest first\n"
    "       marram models show [NUMBER] [OPTION ...]  one of them (the one in use): parameters, holdout\n"
    "       marram models compare A B [OPTION ...]    two of them on the data as they are now\n"
    "       marram models pin NUMBER [OPTION ...]     score uses it, whatever is fitted later ...\n"
    "       marram models unpin [OPTION ...]          ... until then\n"
    "\n"
    "NUMBER is a stored model's, or as much of its beginning as no other has.\n"
    "\n" STORE_HELP
    "  --horizon LENGTH          compare: how far ahead: 90d, 13w, 6m, 1y (13w)\n"
    "  --sample N                compare: customers to look at, about; 0: all (200000)\n"
    "  --threads N               compare: 0: one a core (0)\n"
    "  --json                    print JSON\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram models --json | jq '.[].model'\n"
    "  marram models compare 56 68 --db shop.db\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

static const char *kind_name(mr_kind kind) {
    static const char *const names[] = {"buying", "buying at opportunities", "spending", "contract"};
    return names[kind];
}

static int print_json(void) {
    json_t *all = json_array();
    for (size_t i = 0; i < mr_model_count(); i++) {
        const mr_model *m = mr_model_at(i);
        json_t *params = json_array();
        for (size_t p = 0; p < mr_model_params(m); p++) json_array_append_new(params, json_string(mr_model_param(m, p)));
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s, s:o}", "model", mr_model_name(m), "title", mr_model_title(m), "kind",
                                             kind_name(mr_model_kind(m)), "about", mr_model_about(m), "parameters", params));
    }
    int failed = json_dumpf(all, stdout, JSON_INDENT(2));
    json_decref(all);
    putchar('\n');
    return failed ? EXIT_IO : EXIT_OK;
}

/* One option; false after having reported what is wrong with it. */
static bool read_option(option_reader *r, const char *name, models_arguments *a, bool *of_store) {
    int64_t number;
    if (option_is(name, "--json")) return a->json = true;
    *of_store = true;
    if (!*name) {
        if (a->operands == sizeof a->operand / sizeof *a->operand) {
            command_usage(r->command, "too many arguments");
            return false;
        }
        a->operand[a->operands++] = option_value(r);
        *of_store = false;
        return true;
    }
    if (option_is(name, "--horizon")) return option_duration_days(r, &a->horizon_days);
    if (option_is(name, "--threads")) return option_integer(r, 0, 1024, &a->threads);
    if (option_is(name, "--sample")) {
        if (!option_integer(r, 0, 1000000000, &number)) return false;
        a->sample = (uint64_t)number;
        return true;
    }
    int shared = store_option(r, name, &a->store);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static void print_registry(void) {
    for (size_t i = 0; i < mr_model_count(); i++) {
        const mr_model *m = mr_model_at(i);
        printf("%-12s %-12s ", mr_model_name(m), mr_model_title(m));
        print_wrapped(mr_model_about(m), strlen(mr_model_about(m)), 26, 26);
        printf("%-25s parameters:", "");
        for (size_t p = 0; p < mr_model_params(m); p++) printf(" %s", mr_model_param(m, p));
        printf("%s\n", mr_model_is_regular(m) ? ", k" : "");
    }
}

int command_models(int argc, char **argv) {
    models_arguments a = {.horizon_days = 91, .sample = 200000};
    bool store_asked = false;
    store_begin(&a.store);
    option_reader r = option_begin("models", argc, argv);
    for (const char *name; (name = option_next(&r));) {
        bool of_store = false;
        if (option_is(name, "--help") || option_is(name, "-h")) {
            print_help(help);
            return EXIT_OK;
        }
        if (!read_option(&r, name, &a, &of_store)) return EXIT_USAGE;
        store_asked |= of_store;
    }
    if (a.operands) return models_stored(&a);
    if (store_asked) return command_usage("models", "say what to do with the ledger's models: stored, show, compare, pin or unpin");
    if (a.json) return print_json();
    print_registry();
    return EXIT_OK;
}
