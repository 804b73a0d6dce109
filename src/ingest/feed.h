/* Bytes of one file: plain, standard input, gzip or memory, behind one read function. */
#ifndef INGEST_FEED_H
#define INGEST_FEED_H

#include <marram/base.h>

#include <zlib.h>

typedef struct feed {
    const mr_alloc *alloc;
    const char *path; /* for messages */
    int fd;
    bool opened, gzip, raw_ended, member_ended, inflating;
    const char *memory;
    size_t memory_left;
    uint64_t consumed; /* bytes of the file as stored */
    z_stream z;
    unsigned char *raw; /* stored bytes not yet handed out */
    size_t raw_at, raw_len;
} feed;

/* Can the path be read? *bytes: its size, 0 where it has none (a pipe). A directory, a missing file: MR_EIO.
 */
mr_status feed_check(const char *path, uint64_t *bytes, mr_error *err);
mr_status feed_open(feed *f, const char *path, const mr_alloc *alloc, mr_error *err);
mr_status feed_memory(feed *f, const char *bytes, size_t len, const mr_alloc *alloc, mr_error *err);
/* Up to `want` bytes, *got 0 only at the end. */
mr_status feed_read(feed *f, char *out, size_t want, size_t *got, mr_error *err);
void feed_close(feed *f);

#endif
