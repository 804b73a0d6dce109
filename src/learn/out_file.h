/* One file that appears whole or not at all: written under a passing name in its folder, renamed once it is complete, so that whoever is killed
 * midway leaves what was there. A link is followed. What is no file (a device, a pipe) cannot be replaced and is written to as it stands. */
#ifndef LEARN_OUT_FILE_H
#define LEARN_OUT_FILE_H

#include <marram/base.h>
#include <stdio.h>
#include <sys/types.h>

typedef struct out_file {
    FILE *file;
    char path[4096], passing[4096]; /* passing "": written to as it stands */
} out_file;

/* Could it be written? Before work of hours; nothing is made. MR_EIO: its folder is not there or not to be written to, or it is a folder. */
mr_status out_file_check(const char *path, mr_error *err);
/* mode: of a new file, less the umask. MR_EIO. Then out_file_close, once. */
mr_status out_file_open(const char *path, mode_t mode, out_file *out, mr_error *err);
/* keep: on the disk and in its place; false, or where that fails (MR_EIO), nothing is left of it. */
mr_status out_file_close(out_file *o, bool keep, mr_error *err);
/* Do both names lead to one file? False where one is not there. */
bool out_file_same(const char *a, const char *b);

#endif
