/* Parsing one line of JSON: one pass without recursion, the open objects and arrays on a small stack. A tree
 * of whole allocations (as json_loads makes) costs several times the reading of the line. tests/unit/rows.c
 * and the fuzzer hold it to Jansson's verdicts. */
#include "json_line.h"

#include "error.h"
#include "mem.h"
#include "unicode.h"

#include <string.h>

typedef struct parser {
    json_line *j;
    const char *text, *p, *end;
    char *out, *decoded; /* the ends of the two buffers */
    const char *fault;
    uint32_t open[JSON_LINE_DEPTH],
        last[JSON_LINE_DEPTH]; /* the container, its last member so far (0: none) */
    size_t depth;
} parser;

static bool wrong(parser *s, const char *why) {
    s->fault = why;
    return false;
}

static void blanks(parser *s) {
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n')) s->p++;
}

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The four digits behind \u; -1: not four. */
static int32_t hex4(parser *s) {
    int32_t code = 0;
    if (s->end - s->p < 4) return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex(s->p[i]);
        if (digit < 0) return -1;
        code = code << 4 | digit;
    }
    s->p += 4;
    return code;
}

/* From behind "\u". */
static bool unicode_escape(parser *s) {
    int32_t code = hex4(s);
    if (code < 0) return wrong(s, "a \\u without its four digits");
    if (!code) return wrong(s, "a NUL (\\u0000) stands in a string");
    if (code >= 0xDC00 && code <= 0xDFFF) return wrong(s, "half a \\u surrogate pair");
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
            return wrong(s, "half a \\u surrogate pair");
        s->p += 2;
        int32_t low = hex4(s);
        if (low < 0xDC00 || low > 0xDFFF) return wrong(s, "half a \\u surrogate pair");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    s->decoded = unicode_put(s->decoded, (uint32_t)code);
    return true;
}

static bool escape(parser *s) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (s->p == s->end) return wrong(s, "a string is never closed");
    char c = *s->p++;
    if (c == 'u') return unicode_escape(s);
    const char *known = c ? strchr(from, c) : NULL;
    if (!known) return wrong(s, "an escape JSON does not know");
    *s->decoded++ = to[known - from];
    return true;
}

/* From behind the opening quote; copied with its quotes to the compact text. */
static bool string(parser *s, const char **at, uint32_t *len) {
    const char *from = s->p, *run = s->p;
    char *begun = NULL;
    for (;;) {
        while (s->p < s->end && *s->p != '"' && *s->p != '\\' && (unsigned char)*s->p >= 0x20) s->p++;
        if (s->p == s->end) return wrong(s, "a string is never closed");
        if (*s->p == '"') break;
        if (*s->p != '\\') return wrong(s, "a control character stands in a string");
        if (!begun) begun = s->decoded;
        memcpy(s->decoded, run, (size_t)(s->p - run));
        s->decoded += s->p - run;
        s->p++;
        if (!escape(s)) return false;
        run = s->p;
    }
    *s->out++ = '"';
    size_t raw = (size_t)(s->p - from);
    memcpy(s->out, from, raw);
    *at = s->out;
    *len = (uint32_t)raw;
    s->out += raw;
    *s->out++ = '"';
    if (begun) {
        memcpy(s->decoded, run, (size_t)(s->p - run));
        s->decoded += s->p - run;
        *at = begun;
        *len = (uint32_t)(s->decoded - begun);
    }
    s->p++;
    return true;
}

static const char *digits(const char *p, const char *end) {
    while (p < end && *p >= '0' && *p <= '9') p++;
    return p;
}

static bool number(parser *s, json_node *n) {
    const char *p = s->p, *from;
    if (*p == '-') p++;
    from = p;
    p = digits(p, s->end);
    if (p == from) return wrong(s, "no value stands where one is expected");
    if (*from == '0' && p > from + 1) return wrong(s, "a number begins with 0");
    if (p < s->end && *p == '.') {
        from = ++p;
        if ((p = digits(p, s->end)) == from) return wrong(s, "a number ends in its point");
    }
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < s->end && (*p == '+' || *p == '-')) p++;
        from = p;
        if ((p = digits(p, s->end)) == from) return wrong(s, "a number without its exponent");
    }
    n->type = JSON_LINE_NUMBER;
    n->len = (uint32_t)(p - s->p);
    n->at = s->out;
    memcpy(s->out, s->p, n->len);
    s->out += n->len;
    s->p = p;
    return true;
}

static bool word(parser *s, json_node *n, const char *name, json_line_type type) {
    size_t len = strlen(name);
    if ((size_t)(s->end - s->p) < len || memcmp(s->p, name, len) != 0)
        return wrong(s, "no value stands where one is expected");
    memcpy(s->out, name, len);
    n->type = type;
    n->at = s->out;
    n->len = (uint32_t)len;
    s->out += len;
    s->p += len;
    return true;
}

static bool value(parser *s, json_node *n) {
    if (s->p == s->end) return wrong(s, "it ends where a value is expected");
    n->raw_at = (uint32_t)(s->out - s->j->compact);
    bool ok;
    switch (*s->p) {
    case '{':
    case '[':
        n->type = *s->p == '{' ? JSON_LINE_OBJECT : JSON_LINE_ARRAY;
        n->at = s->out;
        *s->out++ = *s->p++;
        return true; /* its length comes when it is closed */
    case '"':
        s->p++;
        n->type = JSON_LINE_STRING;
        ok = string(s, &n->at, &n->len);
        break;
    case 't':
        ok = word(s, n, "true", JSON_LINE_TRUE);
        break;
    case 'f':
        ok = word(s, n, "false", JSON_LINE_FALSE);
        break;
    case 'n':
        ok = word(s, n, "null", JSON_LINE_NULL);
        break;
    default:
        ok = number(s, n);
    }
    n->raw_len = (uint32_t)(s->out - s->j->compact) - n->raw_at;
    return ok;
}

/* What stands at s->p inside the innermost container, up to the next value: ends of containers, a comma, a
 * key. *more false: the whole is complete, or wrong. */
static bool between(parser *s, bool *more, json_node *next) {
    json_line *j = s->j;
    *more = false;
    while (s->depth) {
        json_node *c = &j->node[s->open[s->depth - 1]];
        bool object = c->type == JSON_LINE_OBJECT, first = !s->last[s->depth - 1];
        blanks(s);
        if (s->p == s->end)
            return wrong(s, object ? "an object is never closed" : "an array is never closed");
        if (*s->p == (object ? '}' : ']')) {
            *s->out++ = *s->p++;
            c->len = c->raw_len = (uint32_t)(s->out - c->at);
            s->depth--;
            continue;
        }
        if (!first) {
            if (*s->p != ',') return wrong(s, "a comma or an end is missing");
            *s->out++ = *s->p++;
            blanks(s);
        }
        *more = true;
        if (!object) return true;
        if (s->p == s->end || *s->p != '"') return wrong(s, "a key in quotes is missing");
        s->p++;
        if (!string(s, &next->key, &next->key_len)) return false;
        blanks(s);
        if (s->p == s->end || *s->p != ':') return wrong(s, "a colon is missing behind a key");
        *s->out++ = *s->p++;
        blanks(s);
        return true;
    }
    blanks(s);
    return s->p == s->end || wrong(s, "something stands behind the value");
}

static bool room(json_line *j, size_t len) {
    if (!j->decoded || j->capacity < len) {
        size_t capacity = 2 * len + 256;
        char *compact = mem_resize(j->alloc, j->compact, capacity + JSON_LINE_PADDING, 1);
        if (compact) j->compact = compact;
        char *decoded = compact ? mem_resize(j->alloc, j->decoded, capacity + JSON_LINE_PADDING, 1) : NULL;
        if (!decoded) return false;
        j->decoded = decoded;
        j->capacity = capacity;
    }
    return true;
}

static json_node *node_new(json_line *j) {
    if (j->n == j->node_capacity) {
        uint32_t capacity = j->node_capacity ? 2 * j->node_capacity : 64;
        json_node *grown = mem_resize(j->alloc, j->node, capacity, sizeof *grown);
        if (!grown) return NULL;
        j->node = grown;
        j->node_capacity = capacity;
    }
    j->node[j->n] = (json_node){0};
    return &j->node[j->n++];
}

/* *again: another value follows. */
static bool one(parser *s, bool *again, bool *memory) {
    json_line *j = s->j;
    json_node *n = node_new(j);
    *again = false;
    *memory = n == NULL;
    if (!n) return false;
    uint32_t self = j->n - 1;
    bool more = true;
    if (self && !between(s, &more, n)) return false;
    if (!more) {
        j->n--;
        return true;
    }
    if (self) {
        uint32_t *last = &s->last[s->depth - 1];
        if (*last) j->node[*last].next = self;
        *last = self;
    }
    if (!value(s, n)) return false;
    if (n->type >= JSON_LINE_ARRAY) {
        if (s->depth == JSON_LINE_DEPTH) return wrong(s, "it is nested too deep");
        s->open[s->depth] = self;
        s->last[s->depth++] = 0;
    }
    *again = true;
    return true;
}

mr_status json_line_parse(json_line *j, const char *text, size_t len, const char **fault, size_t *fault_at,
                          mr_error *err) {
    *fault = NULL;
    *fault_at = 0;
    j->n = 0;
    if (len >= UINT32_MAX / 2 || !room(j, len)) return error_memory(err, len);
    parser s = {.j = j, .text = text, .p = text, .end = text + len, .out = j->compact, .decoded = j->decoded};
    bool again = true, memory = false;
    blanks(&s);
    while (again && one(&s, &again, &memory)) {
    }
    if (memory) return error_memory(err, (size_t)j->n * 2 * sizeof *j->node);
    *fault = s.fault;
    *fault_at = (size_t)(s.p - text);
    memset(s.out, 0, JSON_LINE_PADDING);
    memset(s.decoded, 0, JSON_LINE_PADDING);
    return MR_OK;
}

void json_line_free(json_line *j) {
    mem_free(j->alloc, j->compact);
    mem_free(j->alloc, j->decoded);
    mem_free(j->alloc, j->node);
    *j = (json_line){.alloc = j->alloc};
}

bool json_line_empty(const json_node *container) {
    return container->len == 2;
}
