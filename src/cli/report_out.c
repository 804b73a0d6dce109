#include "report_out.h"

#include <error.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

double peak_megabytes(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss / 1024 : NAN;
}

int terminal_columns(void) {
    struct winsize size;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 80;
}

bool terminal_colour(void) {
    const char *plain = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(plain && *plain);
}

int report_out_show(const char *command, const report *r, const char *out, bool json, bool quiet) {
    mr_error err = {0};
    if (json) {
        if (report_json(r, stdout, &err) != MR_OK) return command_fail(command, &err);
    } else if (!quiet) {
        report_terminal(r, out, stdout, terminal_columns(), terminal_colour());
    }
    if (fflush(stdout) == 0 && !ferror(stdout)) return EXIT_OK;
    fprintf(stderr, "marram %s: the report is written, but its summary could not be printed\n", command);
    return EXIT_IO;
}

void report_out_folder(const char *out, char path[PATH_ROOM]) {
    struct stat s;
    snprintf(path, PATH_ROOM, "%s", out);
    while (stat(path, &s) != 0) {
        char *end = path + strlen(path);
        while (end > path && end[-1] == '/') end--;
        while (end > path && end[-1] != '/') end--;
        if (end == path) {
            strcpy(path, ".");
            return;
        }
        *end = 0;
    }
}

mr_status report_out_check(const char *out, mr_error *err) {
    static const char *const names[] = {"customers.csv", "summary.json", "report.html"};
    struct stat s;
    char folder[PATH_ROOM], path[PATH_ROOM + 32];
    if (!*out) return error_set(err, MR_EINVAL, "out", -1, "the name of the folder to write to is empty; give another --out");
    if (strlen(out) > PATH_ROOM - 64)
        return error_set(err, MR_EINVAL, "out", -1, "the name of the folder to write to is too long; give another --out");
    report_out_folder(out, folder);
    if (stat(folder, &s) == 0 && !S_ISDIR(s.st_mode))
        return error_set(err, MR_EIO, "out", -1, "%.400s is a file, not a folder; give another --out", folder);
    if (access(folder, W_OK | X_OK) != 0)
        return error_set(err, MR_EIO, "out", -1, "cannot write into folder %.400s: %s; give another --out", folder, strerror(errno));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", out, names[i]);
        if (lstat(path, &s) == 0 && S_ISDIR(s.st_mode))
            return error_set(err, MR_EIO, "out", -1, "%.400s is a folder where a file is to be written; give another --out", path);
    }
    return MR_OK;
}

void rejects_file_begin(rejects_file *f, const char *out) {
    char folder[PATH_ROOM];
    report_out_folder(out, folder);
    snprintf(f->path, sizeof f->path, "%s/.marram-rejects-%ld", folder, (long)getpid());
}

mr_status rejects_file_place(const rejects_file *f, const char *out, bool any, mr_error *err) {
    char path[PATH_ROOM + 64];
    snprintf(path, sizeof path, "%s/rejects.csv", out);
    if (any && rename(f->path, path) != 0)
        return error_set(err, MR_EIO, NULL, -1, "%.3000s could not be written: %s; the rejected lines are in %.3000s", path, strerror(errno), f->path);
    if (!any) {
        unlink(path); /* an earlier run's would be taken for this one's */
        rejects_file_drop(f);
    }
    return MR_OK;
}

void rejects_file_drop(const rejects_file *f) {
    if (f->path[0]) unlink(f->path);
}
