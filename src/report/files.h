/* A folder of outputs that appears whole or not at all.
 *
 * Files are written into a temporary folder inside the one asked for (so that a rename never crosses a file
 * system), synced, and renamed into place in the order they were added. A file they replace is kept beside
 * them until the last rename is done, and put back if one fails. */
#ifndef REPORT_FILES_H
#define REPORT_FILES_H

#include <marram/base.h>

#define FILES_MAX 8

typedef struct files {
    char *out, *staging; /* the folder asked for; the temporary one inside it, NULL: none yet */
    size_t made;         /* bytes of `out` up to which it existed; strlen(out) + 1: it was there */
    size_t n;
    const char *name[FILES_MAX]; /* static strings */
    bool replaced[FILES_MAX], placed[FILES_MAX];
    int fds[FILES_MAX]; /* open until synced, so that the disk writes one while the next is being made; -1:
                           closed */
} files;

/* Makes `out` and its missing parents, and the temporary folder. */
mr_status files_begin(files *f, const char *out, mr_error *err);
/* Opens the next file: what files_write writes to from now on. */
mr_status files_open(files *f, const char *name, mr_error *err);
/* Writes all of it at that offset of the file opened last. Thread-safe. */
mr_status files_write(const files *f, const char *bytes, size_t len, int64_t at, mr_error *err);
/* Syncs everything and moves it into place. */
mr_status files_commit(files *f, mr_error *err);
/* Frees; removes what was not committed, the folders that were made for it included. */
void files_end(files *f);

#endif
