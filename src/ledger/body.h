/* An event's body: a JSON object of the kind's own fields (docs/events.md). Reading here is forgiving: a field of another type counts as absent;
 * whoever imports is told by payload_check. */
#ifndef LEDGER_BODY_H
#define LEDGER_BODY_H

#include <text.h>

#include <jansson.h>

json_t *body_parse(const char *body, size_t len);                        /* NULL: none or no object; to be json_decref'd */
/* The same for those who must not take a body that there was no memory for as absent. false: no memory. */
bool body_read(const char *body, size_t len, json_t **out);
const char *body_text(const json_t *body, const char *field);            /* NULL: absent */
bool body_number(const json_t *body, const char *field, double *value);
bool body_flag(const json_t *body, const char *field);
bool body_day(const json_t *body, const char *field, int32_t *day);      /* "2026-11-22", a time after it is ignored */
bool body_time(const json_t *body, const char *field, int64_t *us);      /* RFC 3339, or a day: its beginning, UTC */

/* Writing: fields one after another into a growing text; body_end closes the object ("" where there was no field). */
typedef struct body_writer {
    text_buffer out;
} body_writer;
void body_begin(body_writer *w); /* keeps the memory */
void body_put_text(body_writer *w, const char *field, const char *text, size_t len); /* nothing where len is 0 */
void body_put_raw(body_writer *w, const char *field, const char *json, size_t len);
void body_put_number(body_writer *w, const char *field, int64_t ten_thousandths);
void body_put_integer(body_writer *w, const char *field, int64_t value);
void body_put_day(body_writer *w, const char *field, int32_t day);
void body_put_time(body_writer *w, const char *field, int64_t us);
void body_put_members(body_writer *w, const char *object, size_t len); /* the members of a JSON object's text, as they stand */
bool body_read_open(const body_writer *w, json_t **out);                /* what was put so far, as an object; false: no memory */
const char *body_end(body_writer *w, size_t *len);                     /* NULL: no memory */
void body_free(body_writer *w);

/* "2026-11-22T10:00:00Z", with the fraction where there is one; out needs 40 bytes. Returns out. */
char *time_text(int64_t us, char out[40]);
/* A day, or RFC 3339, loosely: a blank for T, seconds and zone may be missing (UTC). */
bool time_read(const char *text, size_t len, int64_t *us);
/* JSON string escape into out. */
void json_escape(text_buffer *out, const char *text, size_t len);

#endif
