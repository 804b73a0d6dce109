/* marram config: the settings: a file to begin with, what is wrong with one, and what holds. */
#include "columns_out.h"
#include "settings.h"

#include <error.h>
#include <out_file.h>
#include <sms_way.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "marram config: the settings of programmes, the gate, people and delivery\n"
    "\n"
    "usage: marram config init [FILE]     writes every setting with its meaning, range and default (marram.yaml)\n"
    "       marram config check [FILE]    everything that is wrong with it, by line\n"
    "       marram config show [FILE]     what holds, and which of it the file says\n"
    "\n" SETTINGS_HELP
    "  --force                   init: write over a file that is there\n"
    "  --json                    check, show: print as JSON\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram config init\n"
    "  marram config check marram.yaml\n"
    "  marram config show --json\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 something is wrong with the settings, 5 input/output\n";

typedef struct arguments {
    settings_options settings;
    const char *action, *file;
    bool force, json, help;
} arguments;

static int init(const arguments *a) {
    const char *path = a->file ? a->file : "marram.yaml";
    mr_error err = {0}, why = {0};
    text_buffer text = {0};
    out_file out;
    if (!a->force && access(path, F_OK) == 0) {
        error_set(&err, MR_EDATA, NULL, -1, "%.300s is there already: name another file, or say --force to write over it", path);
        return command_fail("config", &err);
    }
    config_template(&text);
    if (text.failed) error_memory(&err, 1 << 16);
    if (err.code == MR_OK && out_file_open(path, 0666, &out, &err) == MR_OK) {
        fwrite(text.data, 1, text.len, out.file);
        if (out_file_close(&out, true, &why) != MR_OK) err = why;
    }
    text_free(&text);
    if (err.code != MR_OK) return command_fail("config", &err);
    printf("%s is written, with every setting as it is without it. Change what you need; 'marram config check' says what is wrong\n", path);
    return EXIT_OK;
}

typedef struct checking {
    bool json;
    json_t *list;
    size_t n;
} checking;

static void found(void *ctx, const char *file, uint32_t line, const char *message) {
    checking *c = ctx;
    c->n++;
    if (c->json) json_array_append_new(c->list, json_pack("{s:s,s:i,s:s}", "file", file, "line", (int)line, "message", message));
    else printf("%s\n", message);
}

/* How the gateway is spoken to; its secrets are not read, they may stand on another machine. */
static void check_sms(const config *c, const char *path, checking *list) {
    mr_error err = {0};
    char message[700];
    const sms_gateway g = sms_way_gateway(c);
    if (!*c->delivery_sms_url || sms_shape(&g, &err) == MR_OK) return;
    snprintf(message, sizeof message, "%.150s: delivery.%s", path, err.message);
    found(list, path, 0, message);
}

static int check(const arguments *a) {
    const char *path = a->file ? a->file : settings_path(&a->settings);
    checking list = {a->json, json_array(), 0};
    mr_error err = {0};
    config c = {0};
    mr_status status = config_load(path, found, &list, &c, &err);
    if (status == MR_OK) check_sms(&c, path ? path : "", &list);
    config_free(&c);
    if (status != MR_OK && !list.n) {
        json_decref(list.list);
        return command_fail("config", &err);
    }
    if (a->json) {
        json_t *o = json_pack("{s:s,s:b,s:O}", "file", path ? path : "", "sound", list.n == 0, "findings", list.list);
        json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(o);
    } else if (!list.n) {
        printf("%s: nothing is wrong\n", path ? path : "there is no marram.yaml here, so the defaults hold");
    } else {
        printf("%zu thing%s to mend\n", list.n, list.n == 1 ? "" : "s");
    }
    json_decref(list.list);
    return list.n ? EXIT_DATA : EXIT_OK;
}

static int show(const arguments *a) {
    settings_options from = {a->file ? a->file : a->settings.path};
    config c = {0};
    int code = settings_open("config", &from, &c);
    json_t *o = a->json ? json_object() : NULL;
    for (size_t i = 0; code == EXIT_OK && i < setting_rows_n; i++) {
        const setting_row *row = &setting_rows[i];
        text_buffer text = {0};
        config_value(&c, row, &text);
        if (a->json) {
            if (!json_object_get(o, row->section)) json_object_set_new(o, row->section, json_object());
            json_object_set_new(json_object_get(o, row->section), row->name, json_pack("{s:s,s:b}", "value", text_terminate(&text), "given", (int)c.given[i]));
        } else {
            if (!i || strcmp(setting_rows[i - 1].section, row->section)) printf("%s%s\n", i ? "\n" : "", row->section);
            printf("  %-24s %-24s%s\n", row->name, text_terminate(&text), c.given[i] ? " (given)" : "");
        }
        text_free(&text);
    }
    if (a->json && code == EXIT_OK) {
        json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    } else if (code == EXIT_OK) {
        printf("\n%zu people, %zu tiers, %zu holidays, %zu webhooks\n", c.people_n, c.tiers_n, c.work.holidays_n, c.webhooks_n);
    }
    json_decref(o);
    config_free(&c);
    return code;
}

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) {
        const char *word = option_value(r);
        if (!a->action) a->action = word;
        else if (!a->file) a->file = word;
        else return command_usage("config", "'%s' is one argument too many", word), false;
        return true;
    }
    if (option_is(name, "--force")) return a->force = true;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = settings_option(r, name, &a->settings);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

int command_config(int argc, char **argv) {
    arguments a = {.action = NULL};
    option_reader r = option_begin("config", argc, argv);
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.action) return command_usage("config", "say what: init, check or show");
    if (!strcmp(a.action, "init")) return init(&a);
    if (!strcmp(a.action, "check")) return check(&a);
    if (!strcmp(a.action, "show")) return show(&a);
    return command_usage("config", "'%s' is not known: init, check or show", a.action);
}
