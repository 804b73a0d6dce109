/* PostgreSQL: backups by pg_dump -Fc and pg_restore, which know every version of the server better than we
 * could.
 *
 * Marram's tables alone are dumped, so that what else is in the database is neither kept nor dropped. The
 * programs get the connection through their environment: arguments are for everybody to see. */
#include "postgres.h"

#include "child.h"
#include "schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_OPTIONS = 64, NEWER_MAJORS = 10 };

typedef struct dump {
    db *d;
    PQconninfoOption *options;
    const char *environment[2 * MOST_OPTIONS + 8];
    char run_options[512]; /* PGOPTIONS */
    char schema[128];
    char program[64], database[256];
    /* progress: bytes of the tables */
    const mr_context *context;
    int64_t sizes[64], total, done, current;
    const char *passing; /* the file that grows */
    int64_t grown;       /* its size when the current table began */
} dump;

static void dump_end(dump *p) {
    PQconninfoFree(p->options);
    db_close(p->d);
}

/* What libpq's environment variables say of this connection. */
static void fill_environment(dump *p) {
    size_t n = 0;
    const char *given = "";
    for (const PQconninfoOption *o = p->options; o && o->keyword && n < MOST_OPTIONS; o++) {
        if (!o->envvar || !o->val || !*o->val) continue;
        if (!strcmp(o->envvar, "PGOPTIONS")) {
            given = o->val;
            continue;
        }
        p->environment[2 * n] = o->envvar;
        p->environment[2 * n++ + 1] = o->val;
    }
    /* Whoever holds a lock on a table must not make us wait for ever. */
    snprintf(p->run_options, sizeof p->run_options, "%s -c lock_timeout=30000", given);
    const char *more[] = {"PGOPTIONS", p->run_options, "LC_ALL", "C", NULL};
    memcpy(&p->environment[2 * n], more, sizeof more);
}

static mr_status dump_begin(dump *p, const char *url, const db_options *options, mr_error *err) {
    mr_status status = db_open(url, options, &p->d, err);
    if (status) return status;
    if (p->d->distributed) /* each shard as it is when its turn comes would be no backup */
        return error_set(err, MR_EIO, NULL, -1, "%s is a cluster, and pg_dump does not see its shards at one moment: back up its nodes, with a restore "
                         "point on all of them (docs/scale.md)", p->d->name);
    p->options = PQconninfo(p->d->of.postgres.conn);
    if (!p->options) return error_memory(err, 0); /* without them pg_dump would go to whatever its environment says */
    fill_environment(p);
    PGresult *result = PQexec(p->d->of.postgres.conn, "SELECT quote_ident(current_schema())");
    if (PQresultStatus(result) != PGRES_TUPLES_OK) return postgres_fail(p->d, result, err);
    snprintf(p->schema, sizeof p->schema, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    return MR_OK;
}

/* The program of the server's own major version, or a newer one (an older one refuses); else whatever PATH
 * has. */
static void find_program(dump *p, const char *name) {
    int major = PQserverVersion(p->d->of.postgres.conn) / 10000;
    for (int i = 0; i <= NEWER_MAJORS; i++) {
        snprintf(p->program, sizeof p->program, "/usr/lib/postgresql/%d/bin/%s", major + i, name);
        if (!access(p->program, X_OK)) return;
    }
    snprintf(p->program, sizeof p->program, "%s", name);
}

static mr_status run(dump *p, child *c, mr_error *err) {
    bool missing;
    c->environment = p->environment;
    mr_status status = child_run(c, &missing, err);
    if (missing)
        error_set(err, status, NULL, -1, "%s is not installed: on Debian, apt install postgresql-client-%d",
                  p->program, PQserverVersion(p->d->of.postgres.conn) / 10000);
    return status;
}

/* --- out --- */

static mr_status measure(dump *p, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t i = 0; i < db_tables_n && i < 64 && !status; i++) {
        char sql[160];
        /* An empty table has no bytes, and yet is to be in the backup: 0 means that there is none. */
        snprintf(sql, sizeof sql, "SELECT coalesce(pg_table_size(to_regclass('%s')) + 1, 0)", db_tables[i].name);
        status = postgres_number(p->d, sql, &p->sizes[i], err);
        p->total += p->sizes[i];
    }
    return status;
}

/* pg_dump -v names each table as it begins with it; within one, the file's growth is what can be seen. */
static int dumping(const char *line, void *ctx) {
    dump *p = ctx;
    struct stat about;
    int64_t size = stat(p->passing, &about) ? 0 : about.st_size;
    const char *table = line ? strstr(line, "dumping contents of table ") : NULL;
    for (size_t i = 0; table && i < db_tables_n && i < 64; i++) {
        char quoted[80];
        snprintf(quoted, sizeof quoted, ".%s\"", db_tables[i].name);
        if (!strstr(table, quoted)) continue;
        p->done += p->current;
        p->current = p->sizes[i];
        p->grown = size;
    }
    if (!p->context || !p->context->progress) return 0;
    int64_t part = size - p->grown < p->current ? size - p->grown : p->current;
    return p->context->progress((uint64_t)(p->done + part), (uint64_t)p->total, p->context->progress_ctx);
}

/* Made here and only filled by pg_dump: for its owner alone, as it holds people's names. */
static mr_status make_file(const char *path, mr_error *err) {
    unlink(path); /* of a backup that was cut off */
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return error_set(err, MR_EIO, NULL, -1, "cannot make %s: %s", path, strerror(errno));
    close(file);
    return MR_OK;
}

static mr_status sync_file(const char *path, mr_error *err) {
    FILE *file = fopen(path, "r+");
    bool done = file && !fsync(fileno(file));
    if (file) fclose(file);
    return done ? MR_OK : error_set(err, MR_EIO, NULL, -1, "cannot write %s", path);
}

static mr_status dump_tables(dump *p, const char *passing, mr_error *err) {
    const char *arguments[2 * 64 + 10];
    size_t n = 0;
    char names[64][200];
    find_program(p, "pg_dump");
    /* It sets lock_timeout to 0 for itself. */
    const char *first[] = {p->program,        "-Fc",           "-v", "--no-owner",
                           "--no-privileges", "--no-password", "--lock-wait-timeout=30000", "-f", passing};
    for (; n < sizeof first / sizeof *first; n++) arguments[n] = first[n];
    for (size_t i = 0; i < db_tables_n && i < 64; i++) {
        if (!p->sizes[i]) continue; /* a table of a newer version: not there */
        snprintf(names[i], sizeof names[i], "%s.%s", p->schema, db_tables[i].name);
        arguments[n++] = "-t";
        arguments[n++] = names[i];
    }
    arguments[n] = NULL;
    return run(p, &(child){.arguments = arguments, .tick = dumping, .ctx = p}, err);
}

mr_status postgres_backup(const char *url, const char *path, const mr_context *context, mr_error *err) {
    struct stat about;
    char passing[4096];
    if (!lstat(path, &about))
        return error_set(err, MR_EIO, NULL, -1, "%s is there already: name a file that is not, or remove it",
                         path);
    if (snprintf(passing, sizeof passing, "%s.part", path) >= (int)sizeof passing)
        return error_set(err, MR_EINVAL, NULL, -1, "the name of the backup is too long");
    dump p = {.context = context, .passing = passing};
    int version = 0;
    mr_status status = dump_begin(&p, url, &(db_options){.read_only = true}, err);
    if (!status) status = db_schema_version(p.d, &version, err);
    if (!status && !version)
        status =
            error_set(err, MR_EDATA, NULL, -1, "%s holds no ledger: there is nothing to back up", p.d->name);
    if (!status) status = measure(&p, err);
    if (!status) status = make_file(passing, err);
    if (!status) status = dump_tables(&p, passing, err);
    if (!status) status = sync_file(passing, err);
    if (!status && rename(passing, path)) status = error_set(err, MR_EIO, NULL, -1, "cannot write %s", path);
    if (status) unlink(passing);
    dump_end(&p);
    return status;
}

/* --- in --- */

/* Which tables the dump holds, by its table of contents: "215; 1259 16385 TABLE DATA public event owner". */
static mr_status read_contents(dump *p, const char *path, bool holds[64], mr_error *err) {
    char contents[] = "/tmp/marram-contents.XXXXXX", line[512];
    int made = mkstemp(contents);
    if (made < 0) return error_set(err, MR_EIO, NULL, -1, "cannot write to /tmp");
    close(made);
    mr_status status =
        run(p, &(child){.arguments = (const char *[]){p->program, "-l", path, NULL}, .out = contents}, err);
    FILE *file = status ? NULL : fopen(contents, "r");
    bool any = false;
    while (file && fgets(line, sizeof line, file)) {
        char schema[128], name[128];
        const char *at = strstr(line, " TABLE DATA ");
        if (!at || sscanf(at, " TABLE DATA %127s %127s", schema, name) != 2) continue;
        for (size_t i = 0; i < db_tables_n && i < 64; i++)
            if (!strcmp(db_tables[i].name, name)) holds[i] = true;
        any = any || !strcmp(name, "schema_version");
    }
    if (file) fclose(file);
    unlink(contents);
    if (!status && !any)
        return error_set(err, MR_EDATA, NULL, -1, "%s is no backup of Marram; nothing was changed", path);
    return status;
}

/* The newest version among the rows of schema_version, which pg_restore writes as text. */
static mr_status read_version(dump *p, const char *path, int *version, mr_error *err) {
    char rows[] = "/tmp/marram-version.XXXXXX", line[512];
    int made = mkstemp(rows);
    if (made < 0) return error_set(err, MR_EIO, NULL, -1, "cannot write to /tmp");
    close(made);
    const char *arguments[] = {p->program, "-a", "-t", "schema_version", "-f", rows, path, NULL};
    mr_status status = run(p, &(child){.arguments = arguments}, err);
    FILE *file = status ? NULL : fopen(rows, "r");
    bool inside = false;
    while (file && fgets(line, sizeof line, file)) {
        if (inside && atoi(line) > *version) *version = atoi(line);
        inside = !strncmp(line, "COPY ", 5) || (inside && line[0] != '\\');
    }
    if (file) fclose(file);
    unlink(rows);
    if (!status && *version > (int)db_migrations_n)
        return error_set(
            err, MR_EDATA, NULL, -1,
            "the backup %s has schema version %d, this program knows up to %d: it takes a newer Marram", path,
            *version, (int)db_migrations_n);
    return status;
}

/* Tables of a version newer than the backup's would be in the way of the next upgrade. */
static mr_status drop_newer(dump *p, const bool holds[64], mr_error *err) {
    text_buffer sql = {0};
    for (size_t i = 0; i < db_tables_n && i < 64; i++)
        if (!holds[i]) text_printf(&sql, "DROP TABLE IF EXISTS %s.%s;", p->schema, db_tables[i].name);
    const char *text = text_terminate(&sql);
    mr_status status = sql.failed ? error_memory(err, sql.len) : postgres_command(p->d, text, err);
    text_free(&sql);
    return status;
}

/* pg_restore waits for ever for whoever still uses a table, and all others then wait behind it: so it is seen here first whether somebody does. */
static mr_status wait_for_tables(dump *p, mr_error *err) {
    text_buffer sql = {0};
    size_t n = 0;
    mr_status status = measure(p, err);
    text_puts(&sql, "BEGIN; SET LOCAL lock_timeout=1000; LOCK TABLE ");
    for (size_t i = 0; i < db_tables_n && i < 64; i++)
        if (p->sizes[i]) text_printf(&sql, "%s%s.%s", n++ ? ", " : "", p->schema, db_tables[i].name);
    text_puts(&sql, " IN ACCESS EXCLUSIVE MODE; ROLLBACK");
    const char *text = text_terminate(&sql);
    if (status == MR_OK && sql.failed) status = error_memory(err, sql.len);
    if (status == MR_OK && n) status = postgres_command(p->d, text, err);
    text_free(&sql);
    return status;
}

static int restoring(const char *line, void *ctx) {
    const dump *p = ctx;
    (void)line;
    return p->context && p->context->progress ? p->context->progress(0, 1, p->context->progress_ctx) : 0;
}

/* The database as pg_restore's -d takes it: a name alone would be read as more where it has a '=' in it. */
static void name_database(dump *p) {
    size_t n = (size_t)snprintf(p->database, sizeof p->database, "dbname='");
    for (const char *c = PQdb(p->d->of.postgres.conn); *c && n + 4 < sizeof p->database; c++) {
        if (*c == '\'' || *c == '\\') p->database[n++] = '\\';
        p->database[n++] = *c;
    }
    memcpy(p->database + n, "'", 2);
}

mr_status postgres_restore(const char *url, const char *path, const mr_context *context, mr_error *err) {
    if (access(path, R_OK))
        return error_set(err, MR_EIO, NULL, -1, "there is no backup %s that can be read", path);
    dump p = {.context = context};
    bool holds[64] = {false};
    int version = 0;
    mr_status status = dump_begin(&p, url, NULL, err);
    /* Not over somebody else's tables. */
    if (!status) status = db_schema_version(p.d, &version, err);
    version = 0;
    if (!status) find_program(&p, "pg_restore");
    if (!status) name_database(&p);
    if (!status) status = read_contents(&p, path, holds, err);
    if (!status) status = read_version(&p, path, &version, err);
    if (!status) status = wait_for_tables(&p, err);
    if (!status) {
        const char *arguments[] = {p.program,
                                   "--clean",
                                   "--if-exists",
                                   "--single-transaction",
                                   "--exit-on-error",
                                   "--no-owner",
                                   "--no-privileges",
                                   "--no-password",
                                   "-d",
                                   p.database,
                                   path,
                                   NULL};
        status = run(&p, &(child){.arguments = arguments, .tick = restoring, .ctx = &p}, err);
    }
    if (!status) status = drop_newer(&p, holds, err);
    dump_end(&p);
    return status;
}
