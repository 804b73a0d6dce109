/* A mapping nobody wrote: columns by their headings (records.def's words, then the several languages of
 * headings.c), checked against what they hold; for orders without a header by what they hold, as `run` does;
 * or by --columns. */
#include "mapping_impl.h"

#include "error.h"
#include "headings.h"
#include "mem.h"
#include "sniff.h"

#include <stdio.h>
#include <string.h>

typedef struct look {
    size_t filled, dates, numbers;
} look;

typedef struct guess {
    mapping *m;
    rows *r;
    record_row record;
    record_kind kind;
    const mapping_options *options;
    size_t columns;
    look *look;                 /* [columns] */
    int column[MAPPING_FIELDS]; /* of each field; -1 */
    bool *taken;                /* [columns] */
} guess;

/* --- what columns hold --- */

static mr_status look_at(guess *g, mr_error *err) {
    rows *peek = NULL;
    const row *w = NULL;
    mr_status status = rows_peek(g->r, &peek, err);
    while (!status && (status = rows_next(peek, &w, err)) == MR_OK && w) {
        if (w->fault) continue;
        for (size_t i = 0; i < g->columns; i++) {
            rows_cell c = rows_cell_of(peek, (int)i);
            amount a;
            if (!c.len) continue;
            time_form form = time_form_of(c.at, c.len);
            g->look[i].filled++;
            g->look[i].dates += form != TIME_OPEN;
            g->look[i].numbers += amount_parse(c.at, c.len, 0, &a) == AMOUNT_OK;
        }
    }
    rows_close(peek);
    return status;
}

/* Does a column hold what a field needs? What was empty so far cannot say no; half of it good is a column
 * with errors, which are reported line by line. */
static bool fits(const look *c, field_type type) {
    if (!c->filled) return true;
    switch (type) {
    case FIELD_TIME:
    case FIELD_DAY:
        return c->dates * 2 >= c->filled;
    case FIELD_MONEY:
    case FIELD_REAL:
    case FIELD_COUNT:
        return c->numbers * 2 >= c->filled;
    case FIELD_TEXT:
    case FIELD_FLAG:
        break;
    }
    return true;
}

/* --- by --columns --- */

static mr_status bad_columns(const guess *g, const char *what, size_t len, const char *why, mr_error *err) {
    char list[240];
    size_t at = 0;
    for (size_t i = 0; i < g->record.fields && at + 30 < sizeof list; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", g->record.field[i].name);
    return error_set(err, MR_EINVAL, "columns", -1,
                     "--columns: '%.*s' %s; the fields of %s are %s, and - to ignore a column",
                     len < 40 ? (int)len : 40, what, why, g->record.name, list);
}

static mr_status by_list(guess *g, mr_error *err) {
    const char *list = g->options->columns;
    size_t n = 0;
    for (const char *p = list;; n++) {
        size_t len = strcspn(p, ",");
        if (len != 1 || *p != '-') {
            int field = record_field(g->kind, p, len);
            if (field < 0) return bad_columns(g, p, len, "is no field", err);
            if (g->column[field] >= 0) return bad_columns(g, p, len, "stands there twice", err);
            g->column[field] = (int)n;
        }
        p += len;
        if (!*p++) break;
    }
    if (n + 1 != g->columns && !rows_json(g->r))
        return error_set(err, MR_EINVAL, "columns", -1,
                         "--columns names %zu column%s; %.200s has %zu (use - for those to ignore)", n + 1,
                         n ? "s" : "", rows_file(g->r, 0), g->columns);
    if (rows_json(g->r))
        return error_set(
            err, MR_EINVAL, "columns", -1,
            "--columns is for CSV; say what the keys of NDJSON mean in a mapping file (docs/mapping.md)");
    return MR_OK;
}

/* --- by headings --- */

/* "customer.id" is "customerid", and failing that "id". */
static int rank_of(const guess *g, size_t field, size_t column) {
    const char *name = rows_heading(g->r, column), *last = strrchr(name, '.');
    int rank = record_heading(&g->record.field[field], name);
    if (rank >= 0) return 2 * rank;
    if (!rows_json(g->r) || !last) return -1;
    rank = record_heading(&g->record.field[field], last + 1);
    return rank < 0 ? -1 : 2 * rank + 1;
}

/* The surest pair of a field and a column first, then the surest of what is left. */
static void by_heading(guess *g) {
    for (;;) {
        int best = INT32_MAX;
        size_t best_field = 0, best_column = 0;
        for (size_t f = 0; f < g->record.fields; f++) {
            for (size_t c = 0; c < g->columns && g->column[f] < 0; c++) {
                int rank = g->taken[c] || !fits(&g->look[c], g->record.field[f].type) ? -1 : rank_of(g, f, c);
                if (rank < 0 || rank >= best) continue;
                best = rank;
                best_field = f;
                best_column = c;
            }
        }
        if (best == INT32_MAX) return;
        g->column[best_field] = (int)best_column;
        g->taken[best_column] = true;
    }
}

static int field_named(const guess *g, const char *name) {
    return record_field(g->kind, name, strlen(name));
}

static int first_of(const guess *g, field_type type) {
    for (size_t i = 0; i < g->record.fields; i++)
        if (g->record.field[i].type == type) return (int)i;
    return -1;
}

static int field_of_role(const guess *g, ingest_role role) {
    switch (role) {
    case ROLE_CUSTOMER:
    case ROLE_QUANTITY:
    case ROLE_PRODUCT:
    case ROLE_NAME:
    case ROLE_EMAIL:
    case ROLE_PHONE:
        return field_named(g, ingest_role_name(role));
    case ROLE_DATE: {
        int first = first_of(g, FIELD_TIME);
        return first >= 0 && g->record.field[first].required ? first : -1;
    }
    case ROLE_AMOUNT:
        return first_of(g, FIELD_MONEY);
    case ROLE_IGNORE:
    case INGEST_ROLES:
        break;
    }
    return -1;
}

/* Headings in the languages of headings.c, for fields nothing was found for. */
static void by_role(guess *g) {
    int best[MAPPING_FIELDS];
    for (size_t f = 0; f < MAPPING_FIELDS; f++) best[f] = INT32_MAX;
    for (size_t c = 0; c < g->columns; c++) {
        int rank;
        ingest_role role = headings_role(rows_heading(g->r, c), &rank);
        int f = field_of_role(g, role);
        if (f < 0 || g->taken[c] || rank >= best[f] || (g->column[f] >= 0 && best[f] == INT32_MAX) ||
            !fits(&g->look[c], g->record.field[f].type))
            continue;
        if (g->column[f] >= 0) g->taken[g->column[f]] = false;
        best[f] = rank;
        g->column[f] = (int)c;
        g->taken[c] = true;
    }
}

/* No column for the customer: the e-mail address, then the name, is as good. */
static void by_contact(guess *g) {
    int customer = field_named(g, "customer");
    static const ingest_role roles[] = {ROLE_EMAIL, ROLE_NAME};
    for (int i = 0; i < 2 && customer >= 0 && g->column[customer] < 0; i++) {
        int f = field_named(g, ingest_role_name(roles[i]));
        if (f >= 0) {
            g->column[customer] = g->column[f];
            continue;
        }
        for (size_t c = 0; c < g->columns && g->column[customer] < 0; c++) {
            int rank;
            if (!g->taken[c] && headings_role(rows_heading(g->r, c), &rank) == roles[i])
                g->column[customer] = (int)c;
        }
    }
}

/* --- orders as `run` sees them --- */

static mr_status as_run(guess *g, mr_error *err) {
    const ingest_options o = {.date_format = g->options->date_format,
                              .decimal = g->options->decimal,
                              .today = INT32_MAX,
                              .until = INT32_MAX};
    ingest_plan *plan = mem_new(g->m->alloc, 1, sizeof *plan);
    ingest_understood *u = mem_new(g->m->alloc, 1, sizeof *u);
    mr_status status = !plan || !u ? error_memory(err, sizeof *plan)
                                   : sniff_plan(rows_file(g->r, 0), g->r->sample.data, g->r->sample.len, &o,
                                                g->m->alloc, plan, u, err);
    for (size_t c = 0; !status && c < plan->columns && c < g->columns; c++) {
        int f = u->role[c] == ROLE_NAME || u->role[c] == ROLE_EMAIL || u->role[c] == ROLE_PHONE
                    ? -1
                    : field_of_role(g, u->role[c]);
        if (f < 0 || g->column[f] >= 0) continue;
        g->column[f] = (int)c;
        g->taken[c] = true;
    }
    mem_free(g->m->alloc, plan);
    mem_free(g->m->alloc, u);
    return status;
}

/* --- the whole --- */

static mr_status missing(const guess *g, const field_row *field, mr_error *err) {
    char list[220];
    size_t at = 0;
    const row *first;
    if (rows_json(g->r) && !g->columns && rows_next(g->r, &first, NULL) == MR_OK && first && first->fault)
        return error_set(err, MR_EDATA, NULL, (int64_t)first->line, "%.80s, line %llu: %s; it is among the first lines, none of which can be read", rows_file(g->r, 0),
                         (unsigned long long)first->line, first->fault);
    for (size_t i = 0; i < g->columns; i++) {
        bool full = at + 60 > sizeof list;
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%.40s", i ? ", " : "",
                               full ? "..." : rows_heading(g->r, i));
        if (full) break;
    }
    return error_set(err, MR_EDATA, field->name, -1,
                     "%.80s: no column is seen to be the %s of %s among: %s; say which %s (docs/mapping.md)",
                     rows_file(g->r, 0), field->name, g->record.name, at ? list : "(none)",
                     rows_json(g->r) ? "in a mapping file"
                                     : "with --columns, in file order, or in a mapping file");
}

/* An NDJSON object as a whole is the body: what is in it is none of the other fields. */
static mr_status by_object(guess *g, mr_error *err) {
    int body = field_named(g, "body"), best = INT32_MAX;
    char name[64] = "";
    if (body < 0 || !rows_json(g->r)) return MR_OK;
    for (size_t c = 0; c < g->columns; c++) {
        const char *path = rows_heading(g->r, c), *dot = strchr(path, '.');
        char prefix[64];
        if (!dot || (size_t)(dot - path) >= sizeof prefix) continue;
        snprintf(prefix, sizeof prefix, "%.*s", (int)(dot - path), path);
        int rank = record_heading(&g->record.field[body], prefix);
        if (rank < 0 || rank >= best) continue;
        best = rank;
        memcpy(name, prefix, sizeof name);
    }
    if (!*name) return MR_OK;
    size_t len = strlen(name);
    for (size_t c = 0; c < g->columns; c++) {
        const char *path = rows_heading(g->r, c);
        if (!strncmp(path, name, len) && (path[len] == '.' || !path[len])) g->taken[c] = true;
    }
    g->column[body] = rows_column(g->r, name);
    return g->column[body] < 0 ? error_memory(err, len) : MR_OK;
}

static mr_status choose(guess *g, mr_error *err) {
    if (g->options->columns) return by_list(g, err);
    mr_status status = look_at(g, err);
    if (!status) status = by_object(g, err);
    if (!status && g->kind == RECORD_orders && !rows_json(g->r)) status = as_run(g, err);
    if (status) return status;
    by_heading(g);
    by_role(g);
    by_contact(g);
    return MR_OK;
}

/* Rules of one record with a column a field. */
static mr_status make_spec(guess *g, mr_error *err) {
    mapping *m = g->m;
    rule_spec *rule = arena_take(&m->text, sizeof *rule);
    if (!rule) return error_memory(err, sizeof *rule);
    *rule = (rule_spec){.kind = g->kind};
    rule->field = arena_take(&m->text, g->record.fields * sizeof *rule->field);
    if (!rule->field) return error_memory(err, g->record.fields * sizeof *rule->field);
    for (size_t i = 0; i < g->record.fields; i++) {
        if (g->column[i] < 0) continue;
        const char *name = rows_heading(g->r, (size_t)g->column[i]);
        field_spec *f = &rule->field[rule->n_fields++];
        *f = (field_spec){.field = (int)i};
        f->columns.at = arena_take(&m->text, sizeof *f->columns.at);
        if (f->columns.at) f->columns.at[0] = arena_text(&m->text, name, strlen(name));
        if (!f->columns.at || !f->columns.at[0]) return error_memory(err, strlen(name));
        f->columns.n = 1;
    }
    m->rule = rule;
    m->n_rules = 1;
    return MR_OK;
}

mr_status mapping_guess(record_kind kind, rows *r, const mapping_options *options, const mr_alloc *alloc,
                        mapping **out, mr_error *err) {
    static const mapping_options none = {.today = INT32_MAX};
    guess g = {.r = r,
               .kind = kind,
               .record = record_of(kind),
               .options = options ? options : &none,
               .columns = rows_columns(r)};
    *out = NULL;
    g.m = mapping_new("the guessed columns", alloc, err);
    if (!g.m) return MR_ENOMEM;
    for (size_t i = 0; i < MAPPING_FIELDS; i++) g.column[i] = -1;
    g.look = arena_take(&g.m->bound, (g.columns + 1) * sizeof *g.look);
    g.taken = arena_take(&g.m->bound, g.columns + 1);
    mr_status status = !g.look || !g.taken ? error_memory(err, g.columns * sizeof *g.look) : choose(&g, err);
    for (size_t i = 0; i < g.record.fields && !status; i++)
        if (g.record.field[i].required && g.column[i] < 0) status = missing(&g, &g.record.field[i], err);
    if (!status) status = make_spec(&g, err);
    if (status) {
        mapping_free(g.m);
    } else {
        *out = g.m;
    }
    return status;
}
