/* YAML files for people: nodes with errors that name file, line and key. What mapping_parse.c and described worlds
 * (src/simulate/world_read.c) read with.
 *
 * Scalars are text whatever they look like: "yes", 1 and 2024-01-01 are what stands in files. */
#ifndef INGEST_YAML_FILE_H
#define INGEST_YAML_FILE_H

#include "arena.h"
#include "names.h"
#include "text.h"

#include <yaml.h>

#define YAML_FILE_LIMIT ((size_t)1 << 20)
#define YAML_KEYS_MOST 64 /* of one table */

typedef struct yaml_reading {
    yaml_document_t *doc;
    const char *name; /* of the file, for messages */
    arena *text;      /* where texts are kept */
    mr_error *err;
    void *of;         /* what the whole is read into */
    int kind;         /* of what is at hand, as its readers see fit */
} yaml_reading;

/* What a key of a YAML mapping does with its value. */
typedef struct yaml_key {
    const char *name;
    mr_status (*read)(yaml_reading *y, const yaml_node_t *node, void *into);
} yaml_key;

/* A key whose value goes into a member of a struct: at `offset` of `into`. */
typedef enum yaml_type {
    YAML_IS_REAL,  /* double, low .. high */
    YAML_IS_COUNT, /* int64_t, low .. high, a whole number */
    YAML_IS_DAY,   /* int32_t, 2024-01-31 */
    YAML_IS_TEXT,  /* char * */
    YAML_IS_OWN    /* read(y, node, into + offset) */
} yaml_type;
typedef struct yaml_field {
    const char *name;
    yaml_type type;
    size_t offset;
    double low, high;
    mr_status (*read)(yaml_reading *y, const yaml_node_t *node, void *into);
} yaml_field;

/* --- files and documents --- */
/* The file's bytes, at most YAML_FILE_LIMIT and one more, into *text (with its alloc set). Returns 0, or errno, or ENOMEM with text->failed. */
int yaml_file_bytes(const char *path, text_buffer *text);
/* The document, to be freed by yaml_document_delete. what: "a mapping". MR_EDATA, MR_ENOMEM. */
mr_status yaml_file_load(const char *name, const char *what, const char *text, size_t len, yaml_document_t *doc,
                         mr_error *err);

/* --- nodes --- */
uint32_t yaml_line(const yaml_node_t *node);
/* MR_EDATA: "file:line: message". */
mr_status yaml_fail(yaml_reading *y, const yaml_node_t *node, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* " (known: a, b); did you mean 'a'?" for a name that is not among names[n], into out. */
const char *yaml_known(const char *name, const char *const *known, size_t n, char out[320]);

const yaml_node_t *yaml_at(const yaml_reading *y, int node);
/* The value of a key; NULL: not there. */
const yaml_node_t *yaml_value(const yaml_reading *y, const yaml_node_t *node, const char *key);
bool yaml_is(const yaml_node_t *node, const char *word); /* an unquoted scalar */
/* A scalar as text, kept in y->text. `what` is the key for messages. Empty and null only where `empty`. */
mr_status yaml_text(yaml_reading *y, const yaml_node_t *node, const char *what, bool empty, char **out);
/* A scalar, or a list of scalars. */
mr_status yaml_texts(yaml_reading *y, const yaml_node_t *node, const char *what, bool empty, names *out);
/* One of two words; *out: was it the first? */
mr_status yaml_choice(yaml_reading *y, const yaml_node_t *node, const char *what, const char *first,
                      const char *second, bool *out);
/* One of words[n]; *out its place. */
mr_status yaml_one_of(yaml_reading *y, const yaml_node_t *node, const char *what, const char *const *words,
                      size_t n, int *out);
/* A number within low .. high, no NaN. */
mr_status yaml_real(yaml_reading *y, const yaml_node_t *node, const char *what, double low, double high, double *out);
/* Reads every pair of a YAML mapping by the table; unknown and repeated keys are errors. `where` for
 * messages: "a field". */
mr_status yaml_pairs(yaml_reading *y, const yaml_node_t *node, const char *where, const yaml_key *keys,
                     size_t n, void *into);
mr_status yaml_fields(yaml_reading *y, const yaml_node_t *node, const char *where, const yaml_field *fields,
                      size_t n, void *into);
/* Room in the text arena, zeroed; sets the error. */
mr_status yaml_room(yaml_reading *y, size_t count, size_t size, void *out);

#endif
