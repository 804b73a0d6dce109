/* What can be imported, as tables made of records.def, and names and headings found in them. */
#include "records.h"

#include <string.h>

/* All lines of records.def one behind the other; a RECORD's has no headings. */
static const field_row lines[] = {
#define RECORD(name, summary) {#name, FIELD_TEXT, false, NULL, summary},
#define FIELD(record, name, type, required, headings, summary)                                               \
    {#name, FIELD_##type, required, headings, summary},
#include "records.def"
#undef RECORD
#undef FIELD
};

enum {
#define RECORD(name, summary) LINE_##name,
#define FIELD(record, name, type, required, headings, summary) LINE_##record##_##name,
#include "records.def"
#undef RECORD
#undef FIELD
    LINES
};

static const int first_line[] = {
#define RECORD(name, summary) LINE_##name,
#define FIELD(record, name, type, required, headings, summary)
#include "records.def"
#undef RECORD
#undef FIELD
    LINES};

record_row record_of(record_kind kind) {
    int at = first_line[kind];
    return (record_row){lines[at].name, lines[at].summary, lines + at + 1,
                        (size_t)(first_line[kind + 1] - at - 1)};
}

const char *record_name(record_kind kind) {
    return kind >= 0 && kind < RECORD_KINDS ? lines[first_line[kind]].name : "";
}

int record_find(const char *name) {
    for (int k = 0; k < RECORD_KINDS; k++)
        if (!strcmp(record_name((record_kind)k), name)) return k;
    return -1;
}

int record_field(record_kind kind, const char *name, size_t len) {
    record_row r = record_of(kind);
    for (size_t i = 0; i < r.fields; i++)
        if (strlen(r.field[i].name) == len && !memcmp(r.field[i].name, name, len)) return (int)i;
    return -1;
}

bool record_future(record_kind kind, int field) {
    return (kind == RECORD_contracts && (field == FIELD_contracts_start || field == FIELD_contracts_renewal || field == FIELD_contracts_end)) ||
           (kind == RECORD_promises && field == FIELD_promises_due);
}

/* Lower case without blanks and punctuation, as records.def has them. */
static size_t bare(const char *heading, size_t len, char out[64]) {
    size_t n = 0;
    for (size_t i = 0; i < len && n < 63; i++) {
        char c = heading[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c + 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80) out[n++] = c;
    }
    out[n] = 0;
    return n;
}

static int place(const char *list, const char *word, size_t len) {
    for (int at = 0; *list; at++) {
        size_t n = strcspn(list, "|");
        if (n == len && !memcmp(list, word, n)) return at;
        list += n;
        list += *list == '|';
    }
    return -1;
}

int record_heading(const field_row *field, const char *heading) {
    char word[64];
    size_t len = bare(heading, strlen(heading), word);
    return len ? place(field->headings, word, len) : -1;
}

bool record_knows(const char *heading, size_t len) {
    char word[64];
    size_t n = bare(heading, len, word);
    for (size_t i = 0; n && i < LINES; i++)
        if (lines[i].headings && place(lines[i].headings, word, n) >= 0) return true;
    return false;
}

/* Levenshtein's distance, case ignored; names are short. */
static size_t distance(const char *a, const char *b) {
    char x[64], y[64];
    size_t n = bare(a, strlen(a), x), m = bare(b, strlen(b), y), cost[64];
    for (size_t j = 0; j <= m; j++) cost[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t before = cost[0];
        cost[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = before + (x[i - 1] != y[j - 1]);
            before = cost[j];
            size_t best = cost[j] < cost[j - 1] ? cost[j] + 1 : cost[j - 1] + 1;
            cost[j] = best < change ? best : change;
        }
    }
    return cost[m];
}

const char *record_nearest(const char *name, const char *const *names, size_t n) {
    size_t least = strlen(name) / 3 + 1; /* one letter in three may be wrong */
    const char *best = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!names[i]) continue;
        size_t d = distance(name, names[i]);
        if (d < least) least = d, best = names[i];
    }
    return best;
}
