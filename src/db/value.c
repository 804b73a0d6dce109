/* What a value may be: the same on both stores. PostgreSQL takes UTF-8 without NUL and integers that fit;
 * SQLite would take anything. */
#include "impl.h"

#include "bits.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Both stores end near 1 GB, with whatever a row holds beside it. */
enum { LONGEST = 512 << 20 };

/* Bytes of the UTF-8 character at text (not ASCII), 0 where it is none: RFC 3629, no surrogates, no long
 * forms. */
static size_t character(const unsigned char *text, size_t len) {
    unsigned char c = text[0];
    size_t size = c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (!size || size > len) return 0;
    unsigned char low = c == 0xe0   ? 0xa0
                        : c == 0xf0 ? 0x90
                                    : 0x80,
                  high = c == 0xed   ? 0x9f
                         : c == 0xf4 ? 0x8f
                                     : 0xbf;
    if (text[1] < low || text[1] > high) return 0;
    for (size_t i = 2; i < size; i++)
        if ((text[i] & 0xc0) != 0x80) return 0;
    return size;
}

/* Where the first byte stands that text may not have; len where there is none. */
static size_t unsound(const char *text, size_t len) {
    size_t i = 0;
    while (i < len) {
        if (i + 8 <= len) {
            /* eight at once: none is 0 (it would borrow) and none above 127 */
            uint64_t word = bits_load64(text + i);
            if (!(((word - 0x0101010101010101u) | word) & 0x8080808080808080u)) {
                i += 8;
                continue;
            }
        }
        unsigned char c = (unsigned char)text[i];
        size_t size = c == 0 ? 0 : c < 0x80 ? 1 : character((const unsigned char *)text + i, len - i);
        if (!size) return i;
        i += size;
    }
    return len;
}

static mr_status refuse(db *d, size_t column, int64_t row, const char *what, mr_error *err) {
    char field[32];
    snprintf(field, sizeof field, "$%zu", column + 1);
    d->fault = DB_FAULT_OTHER;
    return error_set(err, MR_EDATA, field, row, "%s: value %zu %s", d->name, column + 1, what);
}

mr_status db_check_value(db *d, char type, const db_value *value, size_t column, int64_t row, mr_error *err) {
    if (type == 'i') return MR_OK;
    if (type == 't' || type == 'b') {
        if (!value->text.at) return MR_OK;
        if (value->text.len > LONGEST) return refuse(d, column, row, "is longer than 512 MB", err);
        if (type == 'b') return MR_OK;
        size_t at = unsound(value->text.at, value->text.len);
        if (at == value->text.len) return MR_OK;
        return refuse(d, column, row,
                      value->text.at[at] ? "is text that is not UTF-8" : "is text with a NUL inside", err);
    }
    if (type == 'r') return isnan(value->real) ? refuse(d, column, row, "is not a number (NaN)", err) : MR_OK;
    int64_t limit = type == 's' ? INT16_MAX : INT32_MAX;
    if (value->integer < -limit - 1 || value->integer > limit)
        return refuse(d, column, row, "is too large for its column", err);
    return MR_OK;
}

static mr_status check_kind(db_statement *s, int i, mr_error *err) {
    static const char kinds[128] = {
        ['s'] = 'i', ['d'] = 'i', ['i'] = 'i', ['r'] = 'r', ['t'] = 't', ['b'] = 'b'};
    char kind = s->parameters[i].kind;
    if (kind == 'n' || kind == kinds[(unsigned char)s->types[i]]) return MR_OK;
    s->db->fault = DB_FAULT_OTHER;
    return error_set(err, MR_EINVAL, NULL, -1, "$%d %s: %s", i + 1,
                     kind ? "is bound as another type" : "was never bound", s->sql);
}

mr_status db_check_parameters(db_statement *s, mr_error *err) {
    if (s->bound_wrong) {
        int n = s->bound_wrong;
        s->bound_wrong = 0;
        s->db->fault = DB_FAULT_OTHER;
        return error_set(err, MR_EINVAL, NULL, -1, "there is no $%d: %s", n, s->sql);
    }
    mr_status status = MR_OK;
    for (int i = 0; i < s->n && !status; i++) {
        status = check_kind(s, i, err);
        if (!status && s->parameters[i].kind != 'n')
            status = db_check_value(s->db, s->types[i], &s->parameters[i].value, (size_t)i, -1, err);
    }
    return status;
}

bool db_parameters_fit(const char *sql, size_t n) {
    uint64_t used = 0; /* a bit each: there are at most DB_MAX_COLUMNS */
    for (const char *at = sql; *at;) {
        size_t number, len = db_sql_piece(at, &number);
        if (number > n) return false;
        if (number) used |= (uint64_t)1 << (number - 1);
        at += len;
    }
    return used == (n ? UINT64_MAX >> (64 - n) : 0);
}

size_t db_sql_piece(const char *sql, size_t *number) {
    *number = 0;
    if (*sql == '\'' || *sql == '"') {
        const char *end = strchr(sql + 1, *sql);
        return end ? (size_t)(end - sql) + 1 : strlen(sql);
    }
    if (!strncmp(sql, "--", 2)) return strcspn(sql, "\n");
    size_t len = 1;
    for (; *sql == '$' && isdigit((unsigned char)sql[len]) && *number < 1000; len++)
        *number = *number * 10 + (size_t)(sql[len] - '0');
    return len;
}
