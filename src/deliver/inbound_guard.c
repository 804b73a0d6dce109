/* GMime reads a group of addresses ("friends: ann@example.com, ben@example.com;") by a function that calls itself for each colon, so "From: a:a:a:..." of some 25 KB uses up the
 * stack, and a message that ends the program every time it is read stops everything behind it. RFC 5322 has no group within a group: of each address header, of the message or of
 * one within it, colons beyond those of any real one become blanks. */
#include "inbound_guard.h"

#include <mem.h>

#include <string.h>
#include <strings.h>

#define MOST_COLONS 100

static bool address_header(const char *line, size_t len) {
    static const char *const names[] = {"from", "to", "cc", "bcc", "sender", "reply-to"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (len <= n || strncasecmp(line, names[i], n)) continue;
        while (n < len && (line[n] == ' ' || line[n] == '\t')) n++;
        if (n < len && line[n] == ':') return true;
    }
    return false;
}

static size_t line_end(const char *bytes, size_t len, size_t at) {
    const char *end = memchr(bytes + at, '\n', len - at);
    return end ? (size_t)(end - bytes) + 1 : len;
}

/* From the line at `at` and those it goes on in, to the next; *beyond is where the first colon too many stands, the end otherwise. */
static size_t field_end(const char *bytes, size_t len, size_t at, size_t *beyond) {
    size_t end = at, colons = 0;
    do end = line_end(bytes, len, end);
    while (end < len && (bytes[end] == ' ' || bytes[end] == '\t'));
    for (*beyond = at; *beyond < end; ++*beyond)
        if (bytes[*beyond] == ':' && colons++ == MOST_COLONS) break;
    return end;
}

const char *inbound_guarded(const char *bytes, size_t len, char **copy) {
    *copy = NULL;
    for (size_t at = 0, end; at < len; at = end) {
        end = line_end(bytes, len, at);
        if (!address_header(bytes + at, end - at)) continue;
        size_t beyond;
        end = field_end(bytes, len, at, &beyond);
        if (beyond == end) continue;
        if (!*copy) {
            *copy = mem_take(NULL, len, 1);
            if (!*copy) return NULL;
            memcpy(*copy, bytes, len);
        }
        for (size_t i = beyond; i < end; i++)
            if (bytes[i] == ':') (*copy)[i] = ' ';
    }
    return *copy ? *copy : bytes;
}
