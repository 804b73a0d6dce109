/* Lines that were not taken, and why. */
#ifndef INGEST_REJECTS_H
#define INGEST_REJECTS_H

#include "orders.h"
#include "text.h"

#define REJECTS_LIMIT 1000000u /* more than these, and the columns are misread */

typedef struct reject {
    uint64_t block;
    uint32_t line;            /* within the block, from 0 */
    int column;               /* -1: the whole line */
    ingest_date_format under; /* DATE_UNKNOWN: always; else only if the date column turns out so */
    bool fatal;               /* ends the reading also where bad lines are skipped */
    size_t value_at, reason_at, text_at, end; /* in rejects.text */
} reject;

typedef struct rejects {
    const mr_alloc *alloc;
    reject *all;
    size_t n, capacity;
    text_buffer text;
} rejects;

mr_status rejects_add(rejects *r, const reject *what, const char *value, size_t value_len, const char *reason,
                      const char *text, size_t text_len, mr_error *err);
void rejects_free(rejects *r);

/* value[0 .. len) for a message: shortened, what cannot be printed escaped. Returns out. */
char *rejects_show(char *out, size_t room, const char *value, size_t len);

/* One line of the rejects file. */
void rejects_csv(text_buffer *out, const char *file, uint64_t line, const char *field, const char *value,
                 size_t value_len, const char *reason, size_t reason_len, const char *text, size_t text_len);

#endif
