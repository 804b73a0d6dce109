/* marram models: the registry, for reading. */
#include "command.h"

#include <jansson.h>
#include <marram/model.h>
#include <stdio.h>

static const char help[] = "marram models: the models this program knows\n"
                           "\n"
                           "usage: marram models [--json]\n"
                           "\n"
                           "example:\n"
                           "  marram models --json | jq '.[].model'\n"
                           "\n"
                           "exit codes: 0 done, 2 usage, 5 output\n";

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

int command_models(int argc, char **argv) {
    bool json = false;
    option_reader r = option_begin("models", argc, argv);
    for (const char *name; (name = option_next(&r));) {
        if (option_is(name, "--help") || option_is(name, "-h")) {
            fputs(help, stdout);
            return EXIT_OK;
        }
        if (!option_is(name, "--json")) return option_unknown(&r, *name ? name : option_value(&r));
        json = true;
    }
    if (json) return print_json();
    for (size_t i = 0; i < mr_model_count(); i++) {
        const mr_model *m = mr_model_at(i);
        printf("%-12s %-12s %s\n%-25s parameters:", mr_model_name(m), mr_model_title(m), mr_model_about(m), "");
        for (size_t p = 0; p < mr_model_params(m); p++) printf(" %s", mr_model_param(m, p));
        printf("%s\n", mr_model_is_regular(m) ? ", k" : "");
    }
    return EXIT_OK;
}
