/* A reader of just the SQL that sql/ is written in: CREATE TABLE, and ALTER TABLE that adds, drops or renames. */
#include "columns.h"

#include <error.h>
#include <schema.h>

#include <stdio.h>
#include <string.h>

/* schema_version is made by src/db and not by a migration. */
static const char version_table[] =
    "CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at_us BIGINT NOT NULL);";

/* --- words --- */

typedef struct reader {
    const char *at;
    char word[64]; /* "" at the end; a sign is a word of one character */
} reader;

static bool in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '{' || c == '}';
}

static void next(reader *r) {
    size_t n = 0;
    for (;;) {
        while (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r') r->at++;
        if (strncmp(r->at, "--", 2) != 0) break;
        r->at += strcspn(r->at, "\n");
    }
    if (*r->at == '\'') { /* a literal: one word whatever is in it */
        const char *end = strchr(r->at + 1, '\'');
        r->at = end ? end + 1 : r->at + strlen(r->at);
        strcpy(r->word, "'");
        return;
    }
    while (in_word(*r->at)) {
        if (n + 1 < sizeof r->word) r->word[n++] = *r->at;
        r->at++;
    }
    if (!n && *r->at) r->word[n++] = *r->at++;
    r->word[n] = 0;
}

static bool is(const reader *r, const char *word) {
    return !strcmp(r->word, word);
}

static bool take(reader *r, const char *word) {
    if (!is(r, word)) return false;
    next(r);
    return true;
}

/* To behind the `end` on this level of parentheses, or before a `)` that closes it. */
static void skip_to(reader *r, const char *end) {
    for (int depth = 0; r->word[0]; next(r)) {
        if (!depth && (is(r, end) || is(r, ")"))) return;
        depth += is(r, "(") - is(r, ")");
    }
}

/* --- columns --- */

static char type_of(const reader *r) {
    static const struct {
        const char *word;
        char type;
    } types[] = {{"SMALLINT", 's'}, {"INTEGER", 'd'}, {"BIGINT", 'i'}, {"DOUBLE", 'r'}, {"TEXT", 't'}, {"{bytes}", 'b'}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is(r, types[i].word)) return types[i].type;
    return 0;
}

static void key_add(table_columns *c, const char *name) {
    int at = columns_find(c, name);
    if (at >= 0 && c->key_n < COLUMNS_KEY_MAX) c->key[c->key_n++] = (size_t)at;
}

/* "name TYPE [NOT NULL] [PRIMARY KEY] ...", up to its comma. */
static void read_column(reader *r, table_columns *c) {
    if (c->n == COLUMNS_MAX) {
        skip_to(r, ",");
        return;
    }
    table_column *new = &c->column[c->n++];
    *new = (table_column){.null = true};
    snprintf(new->name, sizeof new->name, "%.39s", r->word);
    next(r);
    new->type = type_of(r);
    for (next(r); r->word[0] && !is(r, ",") && !is(r, ")") && !is(r, ";"); next(r)) {
        if (is(r, "NOT")) new->null = false;
        if (is(r, "PRIMARY")) key_add(c, new->name);
        if (is(r, "(")) {
            next(r);
            skip_to(r, ")");
        }
    }
}

static void read_key(reader *r, table_columns *c) {
    while (r->word[0] && !take(r, "(")) next(r);
    for (; r->word[0] && !is(r, ")"); next(r)) key_add(c, r->word);
    next(r);
}

static void read_create(reader *r, table_columns *c) {
    c->n = c->key_n = 0;
    for (next(r); r->word[0] && !is(r, ")");) {
        if (is(r, "PRIMARY"))
            read_key(r, c);
        else if (is(r, "UNIQUE") || is(r, "CHECK") || is(r, "FOREIGN") || is(r, "CONSTRAINT"))
            skip_to(r, ",");
        else
            read_column(r, c);
        take(r, ",");
    }
}

static void drop_column(table_columns *c, const char *name) {
    int at = columns_find(c, name);
    if (at < 0) return;
    memmove(&c->column[at], &c->column[at + 1], (c->n - (size_t)at - 1) * sizeof *c->column);
    c->n--;
    for (size_t i = 0; i < c->key_n; i++) c->key[i] -= c->key[i] > (size_t)at;
}

static void read_alter(reader *r, table_columns *c) {
    if (take(r, "ADD")) {
        take(r, "COLUMN");
        read_column(r, c);
    } else if (take(r, "DROP")) {
        take(r, "COLUMN");
        drop_column(c, r->word);
    } else if (take(r, "RENAME") && !is(r, "TO")) { /* no migration renames a table */
        take(r, "COLUMN");
        int at = columns_find(c, r->word);
        next(r);
        take(r, "TO");
        if (at >= 0) snprintf(c->column[at].name, sizeof c->column[at].name, "%.39s", r->word);
    }
}

static void read_migration(const char *sql, table_columns *c, bool *found) {
    reader r = {.at = sql};
    for (next(&r); r.word[0]; skip_to(&r, ";"), next(&r)) {
        bool create = is(&r, "CREATE");
        if (!create && !is(&r, "ALTER")) continue;
        next(&r);
        if (!take(&r, "TABLE") || !is(&r, c->table)) continue;
        next(&r);
        *found = true;
        if (create)
            read_create(&r, c);
        else
            read_alter(&r, c);
    }
}

mr_status columns_of(const char *table, table_columns *out, mr_error *err) {
    bool found = false;
    *out = (table_columns){.n = 0};
    snprintf(out->table, sizeof out->table, "%.39s", table);
    read_migration(version_table, out, &found);
    for (size_t i = 0; i < db_migrations_n; i++) read_migration(db_migrations[i].sql, out, &found);
    return found ? MR_OK : error_set(err, MR_EINVAL, "table", -1, "there is no table '%.40s'", table);
}

int columns_find(const table_columns *c, const char *name) {
    for (size_t i = 0; i < c->n; i++)
        if (!strcmp(c->column[i].name, name)) return (int)i;
    return -1;
}

void columns_list(const table_columns *c, const char *prefix, text_buffer *out) {
    for (size_t i = 0; i < c->n; i++) text_printf(out, "%s%s%s", i ? ", " : "", prefix, c->column[i].name);
}

char *columns_types(const table_columns *c, char *out) {
    for (size_t i = 0; i < c->n; i++) out[i] = c->column[i].type;
    out[c->n] = 0;
    return out;
}
