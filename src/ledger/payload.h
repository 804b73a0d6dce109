/* Does an event's body hold what its kind's fields are meant to hold (src/history/payloads.def)? For importers to warn: an event is kept
 * whatever it says, and readers take a field of another type as absent (body.h). */
#ifndef LEDGER_PAYLOAD_H
#define LEDGER_PAYLOAD_H

#include <marram/base.h>

#include <jansson.h>

typedef enum payload_type { PAYLOAD_text, PAYLOAD_number, PAYLOAD_integer, PAYLOAD_day, PAYLOAD_time, PAYLOAD_flag } payload_type;

typedef struct payload_field {
    const char *name, *unit, *summary;
    payload_type type;
    bool required;
} payload_field;

/* The fields of a kind, *n of them (0 for a code without a row). Constant. */
const payload_field *payload_fields(int kind, size_t *n);

/* body[len]: JSON, or empty: no fields. why[room] (room >= 1): "" or what is wrong, for a person: the field, its value, what is wanted.
 * MR_EDATA: no JSON object, a field of another type, or a required one missing (null counts as missing). Unknown fields are fine, as are
 * all fields of a kind without a row. MR_ENOMEM where Jansson finds no memory. Thread-safe. */
mr_status payload_check(int kind, const char *body, size_t len, char *why, size_t room);
/* The same of a body that is parsed already. */
mr_status payload_check_object(int kind, const json_t *body, char *why, size_t room);

/* Is the value of the type? A value of null is of none. */
bool payload_fits(payload_type type, const json_t *value);

#endif
