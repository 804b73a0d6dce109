/* The schema's versions: which one is there, and the way to the newest. */
#include "schema.h"

#include "impl.h"

#include <string.h>

/* schema_version is made here and not by a migration: it says which of them were run. */
static const char version_table[] = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL "
                                    "PRIMARY KEY, name TEXT {c} NOT NULL, applied_at_us BIGINT NOT NULL);";

const db_table db_tables[] = {
#define TABLE(name, sort, distribution, about) {#name, distribution, DB_##sort, about},
#include "tables.def"
#undef TABLE
};
const size_t db_tables_n = sizeof db_tables / sizeof *db_tables;

/* --- tokens --- */

typedef struct token {
    const char *name, *texts[2]; /* by store */
} token;

static const token tokens[] = {
    {"{clustered}", {[DB_SQLITE] = "WITHOUT ROWID", [DB_POSTGRES] = ""}},
    {"{bytes}", {[DB_SQLITE] = "BLOB", [DB_POSTGRES] = "BYTEA"}},
    {"{c}", {[DB_SQLITE] = "", [DB_POSTGRES] = "COLLATE \"C\""}},
};

static mr_status execute(db *d, const char *sql, mr_error *err) {
    text_buffer text = {0};
    while (*sql) {
        const token *found = NULL;
        for (size_t i = 0; i < sizeof tokens / sizeof *tokens && *sql == '{'; i++)
            if (!strncmp(sql, tokens[i].name, strlen(tokens[i].name))) found = &tokens[i];
        if (found) {
            text_puts(&text, found->texts[db_store_of(d)]);
            sql += strlen(found->name);
        } else {
            text_putc(&text, *sql++);
        }
    }
    const char *whole = text_terminate(&text);
    mr_status status = text.failed ? error_memory(err, text.len) : db_execute(d, whole, err);
    text_free(&text);
    return status;
}

/* --- what is there --- */

static mr_status number(db *d, const char *sql, int64_t *out, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(d, sql, "", &s, err);
    if (!status) status = db_step(s, &row, err);
    if (!status) *out = row ? db_int(s, 0) : 0;
    if (!status) db_reset(s);
    return status;
}

typedef struct there {
    int64_t tables, version_table;
} there;

static mr_status look(db *d, there *t, mr_error *err) {
    static const char *const texts[2][2] = {
        [DB_SQLITE] = {"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
                       "'sqlite\\_%' ESCAPE '\\'",
                       "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'"},
        /* Not the tables that extensions brought along. */
        [DB_POSTGRES] = {
            "SELECT count(*) FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = "
            "c.relnamespace "
            "WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT 1 FROM "
            "pg_catalog.pg_depend AS x "
            "WHERE x.classid = CAST('pg_catalog.pg_class' AS regclass) AND x.objid = c.oid AND x.deptype = "
            "'e')",
            "SELECT count(*) FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = "
            "c.relnamespace "
            "WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname = 'schema_version'"}};
    mr_status status = number(d, texts[db_store_of(d)][0], &t->tables, err);
    if (!status) status = number(d, texts[db_store_of(d)][1], &t->version_table, err);
    return status;
}

static mr_status foreign(db *d, mr_error *err) {
    d->fault = DB_FAULT_OTHER;
    return error_set(err, MR_EDATA, NULL, -1,
                     "%s holds tables that are not Marram's; give Marram %s of its own", db_name(d),
                     db_store_of(d) == DB_SQLITE ? "a file" : "a database");
}

/* The newest version noted. Another program may have a schema_version, too: ours has columns and a first name
 * that it has not. */
static mr_status noted(db *d, int *version, mr_error *err) {
    int64_t ours = 0, newest = 0;
    static const char *const columns[2] = {
        [DB_SQLITE] = "SELECT count(*) FROM pragma_table_info('schema_version') WHERE name IN ('version', "
                      "'name', 'applied_at_us')",
        [DB_POSTGRES] =
            "SELECT count(*) FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('schema_version') AND "
            "attname IN ('version', 'name', 'applied_at_us')"};
    mr_status status = number(d, columns[db_store_of(d)], &ours, err);
    if (!status && ours != 3) return foreign(d, err);
    if (!status) status = number(d, "SELECT CAST(max(version) AS BIGINT) FROM schema_version", &newest, err);
    if (status) return status;
    db_statement *s;
    bool row = false, same = newest == 0;
    /* A number: its type stays the same where another program's table made way for ours on this connection (PostgreSQL keeps the plan). */
    status = db_prepare(d, "SELECT count(*) FROM schema_version WHERE version = 1 AND name = $1", "t", &s, err);
    if (!status) db_bind_string(s, 1, db_migrations[0].name);
    if (!status) status = db_step(s, &row, err);
    if (!status && row) same = same || db_int(s, 0) == 1;
    if (!status) db_reset(s);
    if (!status && !same) return foreign(d, err);
    *version = (int)newest;
    return status;
}

mr_status db_schema_version(db *d, int *version, mr_error *err) {
    *version = 0;
    there t = {0};
    mr_status status = look(d, &t, err);
    if (!status && t.version_table) status = noted(d, version, err);
    if (!status && !*version && t.tables > t.version_table) status = foreign(d, err);
    return status;
}

static mr_status newer(db *d, int version, mr_error *err) {
    d->fault = DB_FAULT_OTHER;
    return error_set(err, MR_EDATA, NULL, -1,
                     "%s has schema version %d and this program knows up to %d: it takes a newer Marram",
                     db_name(d), version, (int)db_migrations_n);
}

mr_status db_schema_require(db *d, mr_error *err) {
    int version;
    mr_status status = db_schema_version(d, &version, err);
    int newest = (int)db_migrations_n;
    if (status || version == newest) return status;
    if (version > newest) return newer(d, version, err);
    d->fault = DB_FAULT_MISSING;
    if (!version)
        return error_set(err, MR_EDATA, NULL, -1, "%s holds no ledger yet: run 'marram db init'", db_name(d));
    return error_set(err, MR_EDATA, NULL, -1,
                     "%s has schema version %d and this program wants %d: run 'marram db upgrade'",
                     db_name(d), version, newest);
}

/* --- the way up --- */

typedef struct upgrade {
    int to, before, after; /* before -1: not known yet */
    int64_t now_us;
} upgrade;

static mr_status note(db *d, const db_migration *m, int64_t now_us, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(
        d, "INSERT INTO schema_version (version, name, applied_at_us) VALUES ($1, $2, $3)", "dti", &s, err);
    if (status) return status;
    db_bind_int(s, 1, m->version);
    db_bind_string(s, 2, m->name);
    db_bind_int(s, 3, now_us);
    return db_run(s, NULL, err);
}

/* One migration, the next that is missing: looked for inside the transaction, as another process may have
 * been quicker. */
static mr_status one_up(db *d, void *ctx, mr_error *err) {
    upgrade *u = ctx;
    int version;
    mr_status status = MR_OK;
    /* SQLite's write lock is held since BEGIN IMMEDIATE. The number is the letters "Marram". */
    if (db_store_of(d) == DB_POSTGRES)
        status = db_execute(d, "SELECT pg_advisory_xact_lock(85080927265133)", err);
    if (!status) status = db_schema_version(d, &version, err);
    if (status) return status;
    if (u->before < 0) u->before = version;
    u->after = version;
    if (version > (int)db_migrations_n) return newer(d, version, err);
    if (version >= u->to) return MR_OK;
    const db_migration *m = &db_migrations[version];
    status = execute(d, version_table, err);
    if (!status) status = execute(d, m->sql, err);
    if (!status) status = note(d, m, u->now_us, err);
    if (!status) u->after = version + 1;
    return status;
}

mr_status db_schema_upgrade(db *d, int to, int64_t now_us, int *before, int *after, mr_error *err) {
    upgrade u = {to > 0 ? to : (int)db_migrations_n, -1, 0, now_us};
    if (u.to > (int)db_migrations_n)
        return error_set(err, MR_EINVAL, NULL, -1, "there is no schema version %d: the newest is %d", to,
                         (int)db_migrations_n);
    mr_status status;
    do {
        status = db_transaction(d, DB_WRITE, one_up, &u, err);
    } while (!status && u.after < u.to);
    if (before) *before = u.before < 0 ? 0 : u.before;
    if (after) *after = u.after;
    return status;
}
