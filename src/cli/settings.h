/* Where the commands that act find their settings: --settings FILE, else MARRAM_SETTINGS, else marram.yaml in this folder, else the defaults. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "command.h"

#include <config.h>

typedef struct settings_options {
    const char *path; /* NULL: not given */
} settings_options;

#define SETTINGS_HELP "  --settings FILE           the settings (MARRAM_SETTINGS, else marram.yaml where it is there, else the defaults)\n"

/* 1: the option was --settings and is read; 0: it is not; -1: it has no value (reported). */
int settings_option(option_reader *r, const char *option, settings_options *o);
/* The file they come from; NULL: the defaults. */
const char *settings_path(const settings_options *o);
/* EXIT_OK, or reported: everything that is wrong. c starts from {0} and is freed by config_free. */
int settings_open(const char *command, const settings_options *o, config *c);

#endif
