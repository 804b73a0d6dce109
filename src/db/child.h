/* Running another program (pg_dump, pg_restore) with its words kept for a message. */
#ifndef DB_CHILD_H
#define DB_CHILD_H

#include "impl.h"

typedef struct child {
    const char *const *arguments;   /* [0] the program, found on PATH where it has no '/'; NULL at the end */
    const char *const *environment; /* names and values in turn, NULL at the end; over what this process has */
    const char *out;                /* where standard output goes: a file; NULL: nowhere */
    /* Called about five times a second and for each line of standard error (else NULL); non-zero stops the program. May be NULL. */
    int (*tick)(const char *line, void *ctx);
    void *ctx;
    char said[400]; /* the last lines of standard error that are not progress */
} child;

/* MR_OK where it ended with 0; MR_ECANCELLED after tick; MR_EIO with what it said, or that it is not there (*missing). */
mr_status child_run(child *c, bool *missing, mr_error *err);

#endif
