/* One line of JSON into a flat tree whose nodes borrow from two buffers: the text without the blanks between
 * its tokens, so that an object or array is compact as it stands, and the strings that were written with
 * escapes, decoded.
 *
 * Takes what RFC 8259 calls JSON, less a NUL in a string (databases refuse it) and nesting deeper than
 * JSON_LINE_DEPTH. */
#ifndef INGEST_JSON_LINE_H
#define INGEST_JSON_LINE_H

#include <marram/base.h>

#define JSON_LINE_DEPTH 128
#define JSON_LINE_PADDING 16 /* readable bytes behind each buffer */

typedef enum json_line_type {
    JSON_LINE_NULL,
    JSON_LINE_FALSE,
    JSON_LINE_TRUE,
    JSON_LINE_NUMBER,
    JSON_LINE_STRING,
    JSON_LINE_ARRAY,
    JSON_LINE_OBJECT
} json_line_type;

typedef struct json_node {
    const char *key, *at; /* strings: without their quotes, decoded; everything else: compact JSON */
    uint32_t key_len, len;
    uint32_t raw_at, raw_len; /* in `compact`: the value as JSON, strings with their quotes and escapes */
    uint32_t next;            /* the next member or element, 0: none */
    json_line_type type;
} json_node;

typedef struct json_line {
    const mr_alloc *alloc;
    char *compact, *decoded;
    size_t capacity; /* of each buffer */
    json_node *node; /* [0] is the whole; the members of node i begin at i + 1, if it has any */
    uint32_t n, node_capacity;
} json_line;

/* text[0 .. len), valid UTF-8. *fault NULL, or why it is no JSON, with *fault_at its place. Start from
 * {.alloc}. MR_ENOMEM. */
mr_status json_line_parse(json_line *j, const char *text, size_t len, const char **fault, size_t *fault_at,
                          mr_error *err);
void json_line_free(json_line *j);
bool json_line_empty(const json_node *container); /* {} or [] */

#endif
