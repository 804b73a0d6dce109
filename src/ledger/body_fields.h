/* The fields of an event's body, read without a tree: what traces are made of is read from millions of small flat objects. What such a one may not be (nested, escaped,
 * beyond ASCII, numbers with an exponent) goes through body_read, so that both give the same. */
#ifndef LEDGER_BODY_FIELDS_H
#define LEDGER_BODY_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum body_kind { BODY_OTHER, BODY_TEXT, BODY_INTEGER, BODY_REAL, BODY_TRUE, BODY_FALSE } body_kind;

typedef struct body_field {
    const char *name, *text; /* text: of BODY_TEXT, terminated; else NULL */
    double number;           /* of BODY_INTEGER and BODY_REAL */
    body_kind kind;
} body_field;

typedef struct body_fields { /* start from {0} */
    body_field *at;
    size_t n, capacity, room_size;
    char *room;              /* the body's bytes */
    struct json_t *object;   /* where it took a tree */
} body_fields;

/* What was read before is gone. false: no memory. A body that is no object has no fields. */
bool body_fields_read(body_fields *b, const char *body, size_t len);
void body_fields_free(body_fields *b);

/* As their namesakes of body.h. */
const char *fields_text(const body_fields *b, const char *field);
bool fields_number(const body_fields *b, const char *field, double *value);
bool fields_flag(const body_fields *b, const char *field);
bool fields_is(const body_fields *b, const char *field, body_kind kind);
bool fields_day(const body_fields *b, const char *field, int32_t *day);
bool fields_time(const body_fields *b, const char *field, int64_t *us);

#endif
