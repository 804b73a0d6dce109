/* Finding delimiters and line ends, 64 bytes at a time. */
#ifndef INGEST_SCAN_H
#define INGEST_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_WINDOW ((size_t)16 << 10)

typedef struct scan_result {
    size_t n;    /* positions */
    bool quotes; /* a '"' was seen */
    bool nul;    /* a NUL byte was seen */
} scan_result;

/* Positions in data of delimiters and line ends outside quotes within [from, to), ascending, into out[to -
 * from + 16]. `from` is the beginning of a record; 64 bytes behind `to` are readable. delimiter '\n': line
 * ends alone. */
scan_result scan_window(const char *data, size_t from, size_t to, char delimiter, bool quoting,
                        uint32_t *out);

/* The end (position behind '\n') of the record that begins at data[at]; len where there is none. */
size_t scan_record_end(const char *data, size_t at, size_t len, bool quoting);

#endif
