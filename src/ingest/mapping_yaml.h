/* YAML nodes with errors that name file, line and key: what mapping_parse.c reads with. */
#ifndef INGEST_MAPPING_YAML_H
#define INGEST_MAPPING_YAML_H

#include "mapping_impl.h"

#include <yaml.h>

typedef struct yaml_reading {
    yaml_document_t *doc;
    mapping *m;
    mr_error *err;
    record_kind kind; /* of the rule at hand */
} yaml_reading;

/* What a key of a YAML mapping does with its value. */
typedef struct yaml_key {
    const char *name;
    mr_status (*read)(yaml_reading *y, const yaml_node_t *node, void *into);
} yaml_key;

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
/* A scalar as text, owned by the mapping. `what` is the key for messages. Empty and null only where `empty`.
 */
mr_status yaml_text(yaml_reading *y, const yaml_node_t *node, const char *what, bool empty, char **out);
/* A scalar, or a list of scalars. */
mr_status yaml_texts(yaml_reading *y, const yaml_node_t *node, const char *what, bool empty, names *out);
/* One of two words; *out: was it the first? */
mr_status yaml_choice(yaml_reading *y, const yaml_node_t *node, const char *what, const char *first,
                      const char *second, bool *out);
/* Reads every pair of a YAML mapping by the table; unknown and repeated keys are errors. `where` for
 * messages: "a field". */
mr_status yaml_pairs(yaml_reading *y, const yaml_node_t *node, const char *where, const yaml_key *keys,
                     size_t n, void *into);
/* Room in the mapping's text arena; sets the error. */
mr_status yaml_room(yaml_reading *y, size_t count, size_t size, void *out);

#endif
