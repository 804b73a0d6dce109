/* Files that appear whole or not at all: written under a temporary name in their folder, renamed at the end.
 * Blocks of text made in parallel are written in their order. */
#ifndef SIMULATE_STAGED_H
#define SIMULATE_STAGED_H

#include <marram/base.h>

#include <pthread.h>

/* --- the folder --- */
typedef struct staged_folder {
    char *path;
    size_t made_from; /* the folders beyond this many bytes of path were made here; SIZE_MAX: none */
    const mr_alloc *alloc;
} staged_folder;

/* Makes the folder and its parents where missing. MR_EIO names the path and the reason. */
mr_status staged_folder_open(const char *path, const mr_alloc *alloc, staged_folder *out, mr_error *err);
/* keep false: removes what open made, if it is empty. */
void staged_folder_close(staged_folder *folder, bool keep);

/* --- a file --- */
typedef struct staged_file {
    char *path, *temporary;
    int descriptor; /* -1: not open */
    const mr_alloc *alloc;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    size_t turn;     /* the block whose place in the file is known */
    uint64_t offset; /* that place */
    bool failed;
    mr_error why; /* it failed */
} staged_file;

mr_status staged_open(const staged_folder *folder, const char *name, staged_file *out, mr_error *err);
/* Writes block 0, 1, 2 ... of a pool_run, each once, from any thread: waits until the block before has said
 * its length, not until it is written. */
mr_status staged_write(staged_file *file, size_t block, const char *bytes, size_t len, mr_error *err);
/* A block that will not come, and why: the blocks that wait give up with the same error. The first reason
 * stays. */
void staged_abandon(staged_file *file, const mr_error *why);
/* Forgets the turns, so that another pool_run can go on from where the last one ended. */
void staged_restart(staged_file *file);
/* Closes and renames; on failure, or without it, staged_close removes the temporary file. */
mr_status staged_commit(staged_file *file, mr_error *err);
void staged_close(staged_file *file);

#endif
