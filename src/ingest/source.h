/* Files, standard input and gzip as one stream of blocks that hold whole records.
 *
 * A block is cut behind a line end that stands outside quotes, so a record never spans two blocks; a block
 * never spans two files. Blocks are numbered 0, 1, ... over all files in the order given. */
#ifndef INGEST_SOURCE_H
#define INGEST_SOURCE_H

#include <marram/base.h>

#define SOURCE_PADDING 64       /* readable bytes behind a block's end */
#define SOURCE_BLOCK (1u << 20) /* what read() fills while it is still in the core's cache when parsed */
#define SOURCE_RECORD_LIMIT (64u << 20) /* a longer record is an error, not memory growth without end */

typedef struct ingest_source ingest_source;

typedef struct ingest_block {
    char *
        data; /* ends in '\n', added where the file's last line lacks one; SOURCE_PADDING zero bytes follow */
    size_t len, capacity;
    uint64_t number;
    uint32_t file; /* index into the paths */
    bool first;    /* the first of its file; a BOM is already gone */
    bool lead;     /* holds the first line of its file that is not blank: a header may be it */
    bool quotes;   /* holds a '"' */
} ingest_block;

/* block_bytes and record_limit 0: the sizes above. Checks at once that every path can be read (MR_EIO). */
mr_status source_open(const char *const *paths, size_t n, size_t block_bytes, size_t record_limit,
                      const mr_alloc *alloc, ingest_source **out, mr_error *err);
/* The same from memory, for tests and fuzzing; bytes are borrowed. */
mr_status source_open_memory(const char *bytes, size_t len, size_t block_bytes, size_t record_limit,
                             const mr_alloc *alloc, ingest_source **out, mr_error *err);
void source_close(ingest_source *source);

/* The next block into *block (start from {0}; its memory is reused), *more false at the end. Not thread-safe:
 * callers hold a lock. MR_EIO, MR_EDATA (empty, UTF-16, a record over the limit), MR_ENOMEM. */
mr_status source_next(ingest_source *source, ingest_block *block, bool *more, mr_error *err);
void source_block_free(const ingest_source *source, ingest_block *block);

const char *source_name(const ingest_source *source, uint32_t file); /* the path, "standard input" for "-" */
uint32_t source_files(const ingest_source *source);
uint64_t source_bytes_done(const ingest_source *source);  /* of the files as stored */
uint64_t source_bytes_total(const ingest_source *source); /* 0: unknown */
uint64_t source_bytes_text(const ingest_source *source);  /* after decompression */
bool source_saw_bom(const ingest_source *source);
bool source_saw_gzip(const ingest_source *source);
/* Did source_next fail for a record over the limit? Then the file it is in; its line is for the caller to
 * count. */
bool source_too_long(const ingest_source *source, uint32_t *file);
/* From now on '"' is a letter like any other. */
void source_quotes_off(ingest_source *source);
/* From now on a line over the record limit is no error: its block holds the line's beginning, of at least record_limit bytes, with a line
 * end behind it, and the rest of the line is dropped. For readers without quotes (source_quotes_off) that go on behind a bad line. */
void source_cut_long(ingest_source *source);

#endif
