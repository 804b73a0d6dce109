#include "temporary.h"

#include <error.h>
#include <mem.h>

#include <rates_file.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "marram.db"
#define REJECTS_NAME "rejects.csv"
/* Of every hash. No secret, as the ledger is gone when the command is: the same files give the same numbers, and results that can be repeated. */
#define KEY "6d617272616d2074656d706f72617279"

temporary_file temporary_file_of(const char *operand, const char *otherwise, char room[64]) {
    const char *colon = strchr(operand, ':');
    size_t len = colon ? (size_t)(colon - operand) : 0;
    if (len && len < 64) {
        memcpy(room, operand, len);
        room[len] = 0;
        if (record_find(room) >= 0 || mapping_find(room)) return (temporary_file){colon + 1, room};
    }
    return (temporary_file){operand, otherwise};
}

static bool ends(const char *path, const char *with) {
    size_t len = strlen(path), n = strlen(with);
    if (len > 3 && !strcmp(path + len - 3, ".gz")) len -= 3;
    return len > n && !memcmp(path + len - n, with, n);
}

static const char *what_of(const temporary_file *f) {
    if (f->what) return f->what;
    return ends(f->path, ".ndjson") || ends(f->path, ".jsonl") || ends(f->path, ".json") ? "events" : "orders";
}

void temporary_remove(temporary *t) {
    static const char *const names[] = {FILE_NAME, FILE_NAME "-wal", FILE_NAME "-shm", FILE_NAME "-journal", REJECTS_NAME};
    char path[300];
    if (!t->folder[0]) return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", t->folder, names[i]);
        unlink(path);
    }
    rmdir(t->folder);
    t->folder[0] = t->url[0] = 0;
}

static mr_status make_folder(temporary *t, mr_error *err) {
    const char *in = getenv("TMPDIR");
    if (!in || !*in) in = "/tmp";
    int n = snprintf(t->folder, sizeof t->folder, "%s/marram-XXXXXX", in);
    if (n < 0 || n >= (int)sizeof t->folder) {
        t->folder[0] = 0;
        return error_set(err, MR_EIO, NULL, -1, "TMPDIR is too long a path: %.100s...", in);
    }
    if (!mkdtemp(t->folder)) {
        t->folder[0] = 0;
        return error_set(err, MR_EIO, NULL, -1, "no folder for passing files can be made in %.200s: %s; set TMPDIR to one that can be written", in, strerror(errno));
    }
    snprintf(t->url, sizeof t->url, "%s/" FILE_NAME, t->folder);
    return MR_OK;
}

/* What a group's import rejected, behind what is there; the head once. */
static mr_status add_rejects(const char *from, const char *to, mr_error *err) {
    char block[65536];
    FILE *in = fopen(from, "r"), *out = in ? fopen(to, "a") : NULL;
    bool fine = out != NULL;
    if (fine && fseek(out, 0, SEEK_END) == 0 && ftell(out) > 0)
        for (int c = 0; c != '\n' && c != EOF;) c = fgetc(in);
    for (size_t n; fine && (n = fread(block, 1, sizeof block, in)) > 0;) fine = fwrite(block, 1, n, out) == n;
    fine = fine && !ferror(in);
    int wrong = errno;
    if (in) fclose(in);
    if (out && fclose(out) != 0 && fine) fine = false, wrong = errno;
    return fine ? MR_OK : error_set(err, MR_EIO, NULL, -1, "%.300s cannot be written: %s", to, strerror(wrong));
}

static mr_status import_group(temporary *t, const char *what, const char *const *paths, size_t n, const temporary_options *o, const mr_context *context,
                              mr_error *err) {
    mapping_options how = {.date_format = o->date_format, .decimal = o->decimal, .columns = o->columns, .today = o->today};
    import_options options = {.paths = paths, .paths_n = n, .record = what, .currency = o->currency, .skip_errors = o->skip_errors, .now_us = o->now_us};
    char rejected[300];
    snprintf(rejected, sizeof rejected, "%s/" REJECTS_NAME, t->folder);
    if (o->skip_errors && o->rejects_path) options.rejects_path = rejected;
    import_result result = {0};
    rows *r = NULL;
    mapping *m = NULL;
    int kind = record_find(what);
    mr_status status = rows_open(paths, n, &(rows_options){.header = -1}, NULL, &r, err);
    if (status == MR_OK) status = kind >= 0 ? mapping_guess((record_kind)kind, r, &how, NULL, &m, err) : mapping_read(what, NULL, &m, err);
    if (status == MR_OK) status = mapping_bind(m, r, paths, n, &how, err);
    if (status == MR_OK) status = ledger_import(t->url, m, r, &options, context, NULL, &result, err);
    if (status == MR_OK && options.rejects_path && result.rejected) status = add_rejects(rejected, o->rejects_path, err);
    t->events += result.bulk.added;
    t->rows += result.rows;
    t->rejected += result.rejected;
    t->not_begun += result.not_begun;
    t->repeated += result.bulk.repeated + result.bulk.conflicting;
    t->conflicting += result.bulk.conflicting;
    t->customers += result.bulk.customers;
    mapping_free(m);
    rows_close(r);
    return status;
}

static mr_status import_all(temporary *t, const temporary_file *files, size_t n, const temporary_options *o, const mr_context *context, mr_error *err) {
    const char **paths = mem_new(NULL, n, sizeof *paths);
    if (!paths) return error_memory(err, n * sizeof *paths);
    mr_status status = MR_OK;
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        const char *what = what_of(&files[i]);
        size_t of_it = 0;
        bool done = false;
        for (size_t k = 0; k < i; k++) done |= !strcmp(what_of(&files[k]), what);
        if (done) continue;
        for (size_t k = i; k < n; k++)
            if (!strcmp(what_of(&files[k]), what)) paths[of_it++] = files[k].path;
        status = import_group(t, what, paths, of_it, o, context, err);
    }
    mem_free(NULL, paths);
    return status;
}

static mr_status keep_rates(const temporary *t, const temporary_options *o, mr_error *err) {
    currency_rate *rates = NULL;
    ledger *l = NULL;
    size_t n = 0;
    mr_status status = rates_file_read(o->rates, &rates, &n, err);
    if (status == MR_OK) status = ledger_open(t->url, NULL, &l, err);
    if (status == MR_OK) status = ledger_rates_write(l, rates, n, o->now_us, err);
    ledger_close(l);
    mem_free(NULL, rates);
    return status;
}

mr_status temporary_make(const temporary_file *files, size_t n, const temporary_options *o, const mr_context *context, temporary *out, mr_error *err) {
    *out = (temporary){0};
    if (!n) return error_set(err, MR_EINVAL, NULL, -1, "no file was given");
    mr_status status = make_folder(out, err);
    if (status == MR_OK) status = ledger_init(out->url, &(ledger_init_options){.key = KEY, .now_us = o->now_us}, err);
    if (status == MR_OK && o->rates) status = keep_rates(out, o, err);
    if (status == MR_OK) status = import_all(out, files, n, o, context, err);
    if (status != MR_OK) temporary_remove(out);
    return status;
}
