/* What a column holds is told by all of its cells: numbers, or names of things. A column that is numbers but for a few cells is an error that names
 * the first of them, for it is as likely a slip as a category; one that is another text in nearly every row names its rows and is left out. */
#include "table_frame.h"

#include <calendar.h>
#include <error.h>
#include <math.h>
#include <mem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicode.h>

enum { MOST_LEVELS = 1 << 20 };
#define MOSTLY 0.8 /* a column with such a share of numbers is meant to be numbers */
#define NAMES 0.5  /* one with more different texts than this share of its cells names its rows */

static const char *const missing_words[] = {"", "na", "n/a", "nan", "null", "none", "-", "."};
static const char *const positive_words[] = {"yes", "1", "true", "y", "t", "churn", "churned", "left", "leave", "gone", "cancelled", "canceled"};
static const char *const negative_words[] = {"no", "0", "false", "n", "f", "stay", "stayed", "active", "retained"};

static bool among(const char *text, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!strcasecmp(text, words[i])) return true;
    return false;
}
#define AMONG(text, words) among(text, words, sizeof words / sizeof *words)

static void note(table_frame *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(table_frame *t, const char *format, ...) {
    char text[401];
    va_list args;
    if (t->notes >= TRAINED_MOST_NOTES) return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *kept = arena_copy(&t->memory, unicode_mend(text), strlen(text));
    if (kept) t->note[t->notes++] = kept;
}

/* Blanks at either end are no part of a cell. */
static void trim_cells(ingest_table *t) {
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        char *cell = t->cell[i], *end = cell + strlen(cell);
        while (*cell == ' ' || *cell == '\t') cell++;
        while (end > cell && (end[-1] == ' ' || end[-1] == '\t')) *--end = 0;
        t->cell[i] = cell;
    }
}

/* "infinite": a number, but no finite one. */
typedef enum meaning { IS_MISSING, IS_NUMBER, IS_INFINITE, IS_TEXT } meaning;

static meaning read_cell(const char *cell, double *out) {
    char text[48], *end;
    size_t len = strlen(cell);
    *out = NAN;
    if (AMONG(cell, missing_words)) return IS_MISSING;
    if (len >= sizeof text) return IS_TEXT;
    memcpy(text, cell, len + 1);
    char *comma = strchr(text, ',');
    if (comma && !strchr(text, '.') && !strchr(comma + 1, ',')) *comma = '.';
    const char *bare = text + strspn(text, "+-");
    if (!strcasecmp(bare, "inf") || !strcasecmp(bare, "infinity")) return IS_INFINITE;
    if (text[strspn(text, "0123456789+-.eE")]) return IS_TEXT;
    *out = strtod(text, &end);
    if (end == text || *end) return IS_TEXT;
    return isfinite(*out) ? IS_NUMBER : IS_INFINITE;
}

/* "1,234": one and a bit, or a thousand and more? */
static bool either_way(const char *cell) {
    const char *whole = cell + strspn(cell, "+-");
    size_t digits = strspn(whole, "0123456789");
    return *whole != '0' && digits >= 1 && digits <= 3 && whole[digits] == ',' && strspn(whole + digits + 1, "0123456789") == 3 && !whole[digits + 4];
}

static const char *cell_of(const table_frame *t, size_t row, size_t column) {
    return t->table.cell[t->row[row] * t->table.columns + column];
}

static mr_status at_cell(const table_frame *t, size_t row, size_t column, mr_error *err, const char *what) {
    const char *cell = cell_of(t, row, column);
    uint64_t line = t->table.line[t->row[row]];
    return error_set(err, MR_EDATA, t->table.heading[column], (int64_t)line, "%.160s:%llu: column '%.60s': '%.40s' %s", t->table.path,
                     (unsigned long long)line, t->table.heading[column], cell, what);
}

static mr_status need_column(const table_frame *t, const char *name, const char *what, size_t *out, mr_error *err) {
    int column = ingest_table_column(&t->table, name);
    if (column < 0)
        return error_set(err, MR_EDATA, name, 1, "%.200s: there is no column '%.60s' (%s); the first are '%.40s', '%.40s'", t->table.path, name, what,
                         t->table.heading[0], t->table.columns > 1 ? t->table.heading[1] : "");
    *out = (size_t)column;
    return MR_OK;
}

/* --- columns --- */

static mr_status fill_numbers(table_frame *t, size_t column, double *number, mr_error *err) {
    for (size_t i = 0; i < t->frame.n; i++) {
        meaning m = read_cell(cell_of(t, i, column), &number[i]);
        if (m == IS_INFINITE) return at_cell(t, i, column, err, "is no finite number: correct it, or leave the cell empty");
        if (m == IS_TEXT)
            return at_cell(t, i, column, err, "is no number, as this column is elsewhere: correct it, leave it empty, or say that the column names things (--category)");
    }
    return MR_OK;
}

typedef struct names {
    const char **name; /* in the order they came */
    size_t n, room, *slot, slots;
} names;

static uint64_t hash(const char *text) {
    uint64_t h = 14695981039346656037u; /* FNV-1a, Fowler, Noll & Vo */
    for (; *text; text++) h = (h ^ (unsigned char)*text) * 1099511628211u;
    return h;
}

static void names_free(names *n) {
    mem_free(NULL, n->name);
    mem_free(NULL, n->slot);
}

static bool names_grow(names *n) {
    size_t slots = n->slots ? 2 * n->slots : 64, *slot = mem_new(NULL, slots, sizeof *slot);
    const char **name = mem_resize(NULL, n->name, slots / 2, sizeof *name);
    if (name) n->name = name;
    if (!slot || !name) {
        mem_free(NULL, slot);
        return false;
    }
    for (size_t i = 0; i < n->n; i++) {
        size_t at = hash(n->name[i]) & (slots - 1);
        while (slot[at]) at = (at + 1) & (slots - 1);
        slot[at] = i + 1;
    }
    mem_free(NULL, n->slot);
    n->slot = slot;
    n->slots = slots;
    n->room = slots / 2;
    return true;
}

/* The number of a name, put in if it is new and `add`; -1: not there, -2: no memory. */
static int64_t names_find(names *n, const char *text, bool add) {
    if (n->n == n->room && add && !names_grow(n)) return -2;
    if (!n->slots) return -1;
    size_t at = hash(text) & (n->slots - 1);
    for (; n->slot[at]; at = (at + 1) & (n->slots - 1))
        if (!strcmp(n->name[n->slot[at] - 1], text)) return (int64_t)(n->slot[at] - 1);
    if (!add) return -1;
    n->name[n->n++] = text;
    n->slot[at] = n->n;
    return (int64_t)(n->n - 1);
}

static int by_name(const void *a, const void *b) {
    const char *x, *y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return strcmp(x, y);
}

/* Levels in the order of their names, so that the order of rows does not matter. */
static mr_status fill_categories(table_frame *t, size_t column, frame_feature *f, int32_t *category, bool *names_rows, mr_error *err) {
    names found = {0}, sorted = {0};
    mr_status status = MR_OK;
    size_t known = 0;
    for (size_t i = 0; status == MR_OK && i < t->frame.n; i++) {
        const char *cell = cell_of(t, i, column);
        known += !AMONG(cell, missing_words);
        if (!AMONG(cell, missing_words) && names_find(&found, cell, true) < -1) status = error_memory(err, found.n * sizeof *found.name);
    }
    *names_rows = known >= 20 && (double)found.n > NAMES * (double)known;
    if (status == MR_OK && found.n > MOST_LEVELS)
        status = error_set(err, MR_EDATA, f->name, 1, "%.200s: column '%.60s' has %zu categories, over a million: leave it out (--ignore)", t->table.path, f->name, found.n);
    if (status == MR_OK && found.n) {
        qsort(found.name, found.n, sizeof *found.name, by_name);
        for (size_t i = 0; status == MR_OK && i < found.n; i++)
            if (names_find(&sorted, found.name[i], true) < -1) status = error_memory(err, found.n * sizeof *found.name);
    }
    for (size_t i = 0; status == MR_OK && i < t->frame.n; i++) {
        const char *cell = cell_of(t, i, column);
        category[i] = AMONG(cell, missing_words) ? -1 : (int32_t)names_find(&sorted, cell, false);
    }
    const char **level = status == MR_OK ? arena_take(&t->memory, found.n * sizeof *level + 1) : NULL;
    if (status == MR_OK && !level) status = error_memory(err, found.n * sizeof *level);
    if (status == MR_OK && found.n) memcpy(level, found.name, found.n * sizeof *level);
    f->level = level;
    f->levels = found.n;
    names_free(&found);
    names_free(&sorted);
    return status;
}

/* Whole numbers that rise from row to row name the rows more often than they say anything of them. */
static void note_counting(table_frame *t, const char *name, const double *number, bool id_known) {
    size_t n = t->frame.n;
    bool counts = n >= 20 && !id_known;
    for (size_t i = 0; counts && i < n; i++) counts = number[i] >= floor(number[i]) && number[i] <= floor(number[i]) && (i == 0 || number[i] > number[i - 1]);
    if (counts) note(t, "column '%.80s' counts up from row to row: if it names the rows, say --id; if it says when they were, --time", name);
}

static bool listed(const char *const *list, const char *name) {
    for (; list && *list; list++)
        if (!strcasecmp(*list, name)) return true;
    return false;
}

/* Adds the column to the features, or says why not. */
static mr_status add_feature(table_frame *t, size_t column, const table_roles *roles, frame_feature *feature, mr_error *err) {
    const char *name = t->table.heading[column];
    size_t known = 0, numbers = 0, n = t->frame.n, unclear = n;
    bool decimal = false; /* a comma stands before decimals, beyond doubt */
    double value;
    for (size_t i = 0; i < n; i++) {
        const char *cell = cell_of(t, i, column);
        meaning m = read_cell(cell, &value);
        known += m != IS_MISSING;
        numbers += m == IS_NUMBER || m == IS_INFINITE;
        if (m != IS_NUMBER || !strchr(cell, ',')) continue;
        if (!either_way(cell)) decimal = true;
        else if (unclear == n) unclear = i;
    }
    if (!known) {
        note(t, "column '%.80s' is empty: left out", name);
        return MR_OK;
    }
    frame_feature *f = &feature[t->frame.p];
    *f = (frame_feature){.name = name, .categorical = listed(roles->category, name) || (double)numbers < MOSTLY * (double)known};
    if (!f->categorical && unclear < n && !decimal)
        return at_cell(t, unclear, column, err, "can be read with the comma before decimals or before thousands, and no other cell of the column tells which: write it with a "
                       "point, or without the comma");
    if (!f->categorical) {
        double *number = arena_take(&t->memory, n * sizeof *number + 1);
        f->number = number;
        t->frame.p++;
        mr_status filled = number ? fill_numbers(t, column, number, err) : error_memory(err, n * sizeof *number);
        if (filled == MR_OK) note_counting(t, name, number, roles->id || roles->time);
        return filled;
    }
    bool names_rows = false;
    int32_t *category = arena_take(&t->memory, n * sizeof *category + 1);
    if (!category) return error_memory(err, n * sizeof *category);
    f->category = category;
    mr_status status = fill_categories(t, column, f, category, &names_rows, err);
    if (status == MR_OK && names_rows && !listed(roles->category, name))
        note(t, "column '%.80s' has another text in nearly every row, so it tells nothing of others: left out", name);
    else
        t->frame.p++;
    return status;
}

/* --- the outcome --- */

/* "1", "1.0", "1,00": 1. */
static bool is_flag(const char *text, double flag) {
    double value;
    return read_cell(text, &value) == IS_NUMBER && value >= flag && value <= flag;
}

static bool one_outcome(const char *a, const char *b) {
    return !strcasecmp(a, b) || (is_flag(a, 0) && is_flag(b, 0)) || (is_flag(a, 1) && is_flag(b, 1));
}

static mr_status outcome_values(const table_frame *t, size_t column, names *values, mr_error *err) {
    for (size_t i = 0; i < t->table.rows; i++) {
        const char *cell = t->table.cell[i * t->table.columns + column];
        if (AMONG(cell, missing_words)) continue;
        bool known = names_find(values, cell, false) >= 0;
        for (size_t k = 0; !known && k < values->n; k++) known = one_outcome(values->name[k], cell);
        if (!known && names_find(values, cell, true) < -1) return error_memory(err, values->n * sizeof *values->name);
        if (values->n > 1000) break; /* enough to know that it is no outcome */
    }
    return MR_OK;
}

static mr_status which_positive(const table_frame *t, size_t column, const table_roles *roles, const names *values, const char **positive, mr_error *err) {
    const char *path = t->table.path, *name = t->table.heading[column];
    const char *const *v = values->name;
    if (!values->n) return error_set(err, MR_EDATA, name, 1, "%.200s: the target '%.60s' is empty in every row", path, name);
    *positive = NULL;
    if (roles->positive) {
        for (size_t i = 0; i < values->n; i++)
            if (one_outcome(v[i], roles->positive)) *positive = v[i];
        if (*positive && values->n == 1)
            return error_set(err, MR_EDATA, name, 1, "%.200s: the target '%.60s' is '%.40s' in every row: there is nothing to tell apart", path, name, v[0]);
        if (!*positive)
            return error_set(err, MR_EDATA, name, 1, "%.200s: the target '%.60s' is never '%.40s'; it is '%.40s'%s%.40s%s", path, name, roles->positive, v[0],
                             values->n > 1 ? ", '" : "", values->n > 1 ? v[1] : "", values->n > 1 ? "', ..." : "");
        return MR_OK;
    }
    if (values->n == 1)
        return error_set(err, MR_EDATA, name, 1, "%.200s: the target '%.60s' is '%.40s' in every row: there is nothing to tell apart", path, name, v[0]);
    if (values->n > 2)
        return error_set(err, MR_EDATA, name, 1,
                         "%.200s: the target '%.60s' has %s%zu values ('%.30s', '%.30s', '%.30s', ...), not two; say which one is to be told from all others: --positive VALUE",
                         path, name, values->n > 1000 ? "over " : "", values->n > 1000 ? (size_t)1000 : values->n, v[0], v[1], v[2]);
    double number[2];
    bool numbers = read_cell(v[0], &number[0]) == IS_NUMBER && read_cell(v[1], &number[1]) == IS_NUMBER;
    for (int i = 0; i < 2 && numbers; i++)
        if (is_flag(v[i], 1) && is_flag(v[1 - i], 0)) *positive = v[i];
    for (int i = 0; i < 2 && !numbers; i++) /* 1 beside 2 says nothing */
        if (AMONG(v[i], positive_words) && (AMONG(v[1 - i], negative_words) || !AMONG(v[1 - i], positive_words))) *positive = v[i];
    if (!*positive && AMONG(v[0], negative_words) && !numbers) *positive = v[1];
    if (!*positive && AMONG(v[1], negative_words) && !numbers) *positive = v[0];
    if (!*positive)
        return error_set(err, MR_EDATA, name, 1, "%.200s: the target '%.60s' is '%.40s' or '%.40s': say which one is to be told: --positive VALUE", path, name, v[0],
                         v[1]);
    return MR_OK;
}

/* Rows with an outcome, and what it was. */
static mr_status take_rows(table_frame *t, size_t column, const char *positive, mr_error *err) {
    size_t rows = t->table.rows;
    unsigned char *happened = arena_take(&t->memory, rows + 1);
    t->row = arena_take(&t->memory, rows * sizeof *t->row + 1);
    if (!happened || !t->row) return error_memory(err, rows * sizeof *t->row);
    for (size_t i = 0; i < rows; i++) {
        const char *cell = t->table.cell[i * t->table.columns + column];
        bool yes = one_outcome(cell, positive);
        if (AMONG(cell, missing_words) && !yes) {
            t->without_outcome++;
            continue;
        }
        happened[t->frame.n] = yes;
        t->row[t->frame.n++] = i;
    }
    t->frame.happened = happened;
    t->frame.outcome = t->table.heading[column];
    t->frame.positive = positive;
    if (t->without_outcome) note(t, "%zu row%s without a value of '%.60s': left out", t->without_outcome, t->without_outcome == 1 ? "" : "s", t->frame.outcome);
    return MR_OK;
}

/* --- ids, time --- */

/* Rows of one id are a group. */
static mr_status take_ids(table_frame *t, size_t column, mr_error *err) {
    names found = {0};
    size_t n = t->frame.n, empty = 0;
    mr_status status = MR_OK;
    const char **id = arena_take(&t->memory, n * sizeof *id + 1);
    uint64_t *group = arena_take(&t->memory, n * sizeof *group + 1);
    if (!id || !group) return error_memory(err, n * sizeof *id);
    for (size_t i = 0; status == MR_OK && i < n; i++) {
        id[i] = cell_of(t, i, column);
        empty += !*id[i];
        int64_t number = *id[i] ? names_find(&found, id[i], true) : (int64_t)(n + i);
        if (number < -1) status = error_memory(err, found.n * sizeof *found.name);
        group[i] = (uint64_t)number;
    }
    t->frame.id = id;
    if (status == MR_OK && found.n + empty < n) {
        t->frame.group = group;
        note(t, "%zu rows stand under an id of '%.60s' that others have too: rows of one id are kept together", n - empty - found.n, t->table.heading[column]);
    }
    if (empty) note(t, "%zu row%s without an id in '%.60s'", empty, empty == 1 ? "" : "s", t->table.heading[column]);
    names_free(&found);
    return status;
}

/* Numbers, or dates that begin with the year, which sort as the number of their digits. */
static mr_status take_times(table_frame *t, size_t column, mr_error *err) {
    size_t n = t->frame.n;
    double *time = arena_take(&t->memory, n * sizeof *time + 1);
    bool same = true, numbers = false;
    if (!time) return error_memory(err, n * sizeof *time);
    for (size_t i = 0; i < n; i++) {
        const char *cell = cell_of(t, i, column);
        char digits[24];
        size_t len = 0;
        int32_t day;
        bool number = read_cell(cell, &time[i]) == IS_NUMBER, dated = !number && strlen(cell) >= 10 && calendar_parse(cell, 10, &day);
        if (i > 0 && number != numbers) dated = number = false;
        numbers = number;
        for (const char *p = cell; dated && *p && *p != '+' && len < 14; p++)
            if (*p >= '0' && *p <= '9') digits[len++] = *p;
        while (len < 14) digits[len++] = '0';
        digits[len] = 0;
        if (!dated && !number) return at_cell(t, i, column, err, "is no time: numbers are, or dates as 2025-12-31, but not both in one column");
        if (dated) time[i] = strtod(digits, NULL);
        same = same && !(time[i] < time[0]) && !(time[i] > time[0]);
    }
    if (same)
        return error_set(err, MR_EDATA, t->table.heading[column], 1, "%.200s: column '%.60s' is the same in all rows, so none is later than others: leave --time out",
                         t->table.path, t->table.heading[column]);
    t->frame.time = time;
    return MR_OK;
}

static mr_status check_roles(const table_frame *t, size_t target, size_t id, size_t time, mr_error *err) {
    const char *both = id == target ? "--target and --id" : time == target ? "--target and --time" : NULL;
    return both ? error_set(err, MR_EINVAL, t->table.heading[target], -1, "%s both name column '%.60s'", both, t->table.heading[target]) : MR_OK;
}

/* --- monotone --- */

static mr_status take_monotone(table_frame *t, const table_roles *roles, frame_feature *feature, mr_error *err) {
    for (const char *const *m = roles->monotone; m && *m; m++) {
        const char *equals = strrchr(*m, '=');
        int sign = equals && (!strcmp(equals + 1, "+1") || !strcmp(equals + 1, "1")) ? 1 : equals && !strcmp(equals + 1, "-1") ? -1 : 0;
        if (!sign) return error_set(err, MR_EINVAL, "monotone", -1, "--monotone is COLUMN=+1 or COLUMN=-1, not '%.80s'", *m);
        size_t j = 0, len = (size_t)(equals - *m);
        while (j < t->frame.p && (strlen(feature[j].name) != len || strncasecmp(feature[j].name, *m, len) != 0)) j++;
        if (j == t->frame.p) return error_set(err, MR_EDATA, "monotone", -1, "%.200s: --monotone: '%.*s' is no feature", t->table.path, (int)len, *m);
        if (feature[j].categorical)
            return error_set(err, MR_EDATA, "monotone", -1, "%.200s: --monotone: '%.*s' holds categories, which have no order", t->table.path, (int)len, *m);
        feature[j].monotone = (signed char)sign;
    }
    return MR_OK;
}

static mr_status check_listed(const table_frame *t, const char *const *list, const char *option, mr_error *err) {
    for (; list && *list; list++)
        if (ingest_table_column(&t->table, *list) < 0)
            return error_set(err, MR_EDATA, option, 1, "%.200s: %s: there is no column '%.60s'", t->table.path, option, *list);
    return MR_OK;
}

static mr_status check_headings(const table_frame *t, mr_error *err) {
    for (size_t i = 0; i < t->table.columns; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcasecmp(t->table.heading[i], t->table.heading[k]))
                return error_set(err, MR_EDATA, t->table.heading[i], 1, "%.200s: two columns are named '%.60s': rename one", t->table.path, t->table.heading[i]);
    return MR_OK;
}

mr_status table_frame_read(const char *path, const table_roles *roles, table_frame *out, mr_error *err) {
    names values = {0};
    size_t target = 0, id = SIZE_MAX, time = SIZE_MAX;
    const char *positive = NULL;
    *out = (table_frame){0};
    mr_status status = ingest_table_read(path, &out->table, err);
    if (status != MR_OK) return status;
    trim_cells(&out->table);
    status = check_headings(out, err);
    if (status == MR_OK && !out->table.rows) status = error_set(err, MR_EDATA, NULL, 1, "%.200s: there is a header, but no rows", path);
    if (status == MR_OK) status = need_column(out, roles->target, "--target", &target, err);
    if (status == MR_OK && roles->id) status = need_column(out, roles->id, "--id", &id, err);
    if (status == MR_OK && roles->time) status = need_column(out, roles->time, "--time", &time, err);
    if (status == MR_OK) status = check_roles(out, target, id, time, err);
    if (status == MR_OK) status = check_listed(out, roles->ignore, "--ignore", err);
    if (status == MR_OK) status = check_listed(out, roles->category, "--category", err);
    if (status == MR_OK) status = outcome_values(out, target, &values, err);
    if (status == MR_OK) status = which_positive(out, target, roles, &values, &positive, err);
    if (status == MR_OK) status = take_rows(out, target, positive, err);
    if (status == MR_OK && roles->id) status = take_ids(out, id, err);
    if (status == MR_OK && roles->time) status = take_times(out, time, err);
    frame_feature *feature = status == MR_OK ? arena_take(&out->memory, out->table.columns * sizeof *feature) : NULL;
    if (status == MR_OK && !feature) status = error_memory(err, out->table.columns * sizeof *feature);
    for (size_t c = 0; status == MR_OK && c < out->table.columns; c++)
        if (c != target && c != id && c != time && !listed(roles->ignore, out->table.heading[c])) status = add_feature(out, c, roles, feature, err);
    out->frame.feature = feature;
    if (status == MR_OK && !out->frame.p) status = error_set(err, MR_EDATA, NULL, 1, "%.200s: no column is left to learn from", path);
    if (status == MR_OK) status = take_monotone(out, roles, feature, err);
    names_free(&values);
    return status;
}

/* --- to predict --- */

static mr_status match_categories(table_frame *t, size_t column, const trained_feature *from, int32_t *category, mr_error *err) {
    names known = {0};
    size_t strange = 0, first = 0;
    for (size_t k = 0; k < from->levels; k++)
        if (names_find(&known, from->level[k], true) < -1) {
            names_free(&known);
            return error_memory(err, from->levels * sizeof *known.name);
        }
    for (size_t i = 0; i < t->frame.n; i++) {
        const char *cell = cell_of(t, i, column);
        int64_t code = AMONG(cell, missing_words) ? -1 : names_find(&known, cell, false);
        category[i] = (int32_t)code;
        if (code < 0 && !AMONG(cell, missing_words)) {
            category[i] = (int32_t)from->levels; /* the bin of the others */
            if (!strange++) first = i;
        }
    }
    if (strange) note(t, "column '%.60s': %zu row%s with a category not seen in training ('%.40s'%s): taken as one of the rare", from->name, strange, strange == 1 ? "" : "s", cell_of(t, first, column), strange == 1 ? "" : ", ...");
    names_free(&known);
    return MR_OK;
}

static mr_status match_feature(table_frame *t, const trained_feature *from, frame_feature *to, mr_error *err) {
    size_t n = t->frame.n;
    *to = (frame_feature){.name = from->name, .categorical = from->categorical, .levels = from->levels, .level = from->level};
    int column = ingest_table_column(&t->table, from->name);
    if (column < 0 && from->used)
        return error_set(err, MR_EDATA, from->name, 1, "%.200s: there is no column '%.60s', which the model was trained with: add it (its cells may be empty)", t->table.path,
                         from->name);
    double *number = from->categorical ? NULL : arena_take(&t->memory, n * sizeof *number + 1);
    int32_t *category = from->categorical ? arena_take(&t->memory, n * sizeof *category + 1) : NULL;
    if (t->memory.failed) return error_memory(err, n * sizeof *number);
    to->number = number;
    to->category = category;
    if (!from->used) return MR_OK;
    return from->categorical ? match_categories(t, (size_t)column, from, category, err) : fill_numbers(t, (size_t)column, number, err);
}

mr_status table_frame_match(const char *path, const trained *model, const char *id, table_frame *out, mr_error *err) {
    *out = (table_frame){0};
    mr_status status = ingest_table_read(path, &out->table, err);
    if (status != MR_OK) return status;
    trim_cells(&out->table);
    status = check_headings(out, err);
    size_t rows = out->table.rows, column = 0;
    frame_feature *feature = arena_take(&out->memory, model->features * sizeof *feature + 1);
    out->row = arena_take(&out->memory, rows * sizeof *out->row + 1);
    if (status == MR_OK && (!feature || !out->row)) status = error_memory(err, rows * sizeof *out->row);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < rows; i++) out->row[i] = i;
    out->frame = (frame){.n = rows, .p = model->features, .feature = feature, .outcome = model->outcome, .positive = model->positive};
    if (id) status = need_column(out, id, "--id", &column, err);
    const char *name = id ? id : *model->id && ingest_table_column(&out->table, model->id) >= 0 ? model->id : NULL;
    if (status == MR_OK && name) {
        const char **ids = arena_take(&out->memory, rows * sizeof *ids + 1);
        column = (size_t)ingest_table_column(&out->table, name);
        for (size_t i = 0; ids && i < rows; i++) ids[i] = cell_of(out, i, column);
        out->frame.id = ids;
        if (!ids) status = error_memory(err, rows * sizeof *ids);
    }
    for (size_t j = 0; status == MR_OK && j < model->features; j++) status = match_feature(out, &model->feature[j], &feature[j], err);
    return status;
}

void table_frame_free(table_frame *t) {
    if (!t) return;
    ingest_table_free(&t->table);
    arena_free(&t->memory);
    *t = (table_frame){0};
}

const char *table_frame_cell(const table_frame *t, size_t row, const char *column) {
    int at = ingest_table_column(&t->table, column);
    return at < 0 ? "" : cell_of(t, row, (size_t)at);
}
