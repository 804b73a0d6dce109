/* libFuzzer over the reader of one JSON line, held to Jansson's verdicts: what one takes the other takes, and
 * the compact text means the same. They differ on purpose in two things: numbers too large for a double, and
 * depth. */
#include "json_line.h"
#include "unicode.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const char *text = (const char *)bytes, *fault;
    json_line j = {0};
    size_t at;
    mr_error err;
    json_error_t problem;
    if (unicode_fault(text, size) < size) return 0;
    if (json_line_parse(&j, text, size, &fault, &at, &err)) abort();
    if (memchr(text, 0, size)) { /* Jansson passes over a NUL between tokens */
        if (!fault) abort();
        json_line_free(&j);
        return 0;
    }
    json_t *theirs = json_loadb(text, size, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &problem);
    if (!theirs && json_error_code(&problem) == json_error_numeric_overflow) goto done;
    if (fault && strstr(fault, "too deep")) goto done;
    if ((fault == NULL) != (theirs != NULL)) abort();
    if (theirs) {
        json_t *compact =
            json_loadb(j.compact, j.node[0].raw_len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &problem);
        if (!compact || !json_equal(theirs, compact)) abort();
        json_decref(compact);
    }
done:
    json_decref(theirs);
    json_line_free(&j);
    return 0;
}
