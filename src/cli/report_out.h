/* What the commands that make reports share: where they go, and how they are shown. */
#ifndef CLI_REPORT_OUT_H
#define CLI_REPORT_OUT_H

#include "command.h"

#include <report.h>

#define PATH_ROOM 4096

/* The folder to write to, or the nearest above it that is there. */
void report_out_folder(const char *out, char path[PATH_ROOM]);
/* What cannot be written to is found out before the long work, not after it. MR_EINVAL, MR_EIO. */
mr_status report_out_check(const char *out, mr_error *err);
/* The summary on the terminal, or as JSON. Exit code. */
int report_out_show(const char *command, const report *r, const char *out, bool json, bool quiet);
int terminal_columns(void);
bool terminal_colour(void);
double peak_megabytes(void);

/* Where --on-error skip puts bad lines: written under a passing name in the folder (or above it), moved to DIR/rejects.csv once the run has succeeded. */
typedef struct rejects_file {
    char path[PATH_ROOM + 64]; /* "": bad lines are not skipped */
} rejects_file;
void rejects_file_begin(rejects_file *f, const char *out);
/* any: were there some? An earlier run's list goes where there were none. */
mr_status rejects_file_place(const rejects_file *f, const char *out, bool any, mr_error *err);
void rejects_file_drop(const rejects_file *f); /* nothing stays of a run that failed */

#endif
