#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define USUAL "marram.yaml"

int settings_option(option_reader *r, const char *option, settings_options *o) {
    if (!option_is(option, "--settings")) return 0;
    return (o->path = option_value(r)) ? 1 : -1;
}

const char *settings_path(const settings_options *o) {
    const char *named = getenv("MARRAM_SETTINGS");
    if (o->path) return o->path;
    if (named && *named) return named;
    return access(USUAL, F_OK) == 0 ? USUAL : NULL;
}

typedef struct findings {
    const char *command;
    size_t n;
} findings;

static void found(void *ctx, const char *file, uint32_t line, const char *message) {
    findings *f = ctx;
    (void)file;
    (void)line;
    f->n++;
    fprintf(stderr, "marram %s: %s\n", f->command, message);
}

int settings_open(const char *command, const settings_options *o, config *c) {
    mr_error err = {0};
    findings f = {command, 0};
    if (config_load(settings_path(o), found, &f, c, &err) == MR_OK) return EXIT_OK;
    if (!f.n) return command_fail(command, &err);
    fprintf(stderr, "marram %s: nothing was done: mend the settings first\n", command);
    return EXIT_DATA;
}
