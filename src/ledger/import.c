/* Reading, converting, handing over; rejects and progress. */
#include "import.h"

#include "import_records.h"

#include <error.h>
#include <mem.h>
#include <rejects.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRESS_EVERY 4096

typedef struct import_job {
    importer i;
    mapping *m;
    rows *r;
    const import_options *options;
    const mr_context *context;
    import_result *result;
    FILE *rejects;
    text_buffer reject_line;
} import_job;

/* The same files, record and mapping again: an earlier attempt can be gone on with. *restart: a pipe's cannot, as nobody can say what comes out of it
 * this time; but that it was cut short is known. */
static mr_status import_number(const ledger *l, const mapping *m, const import_options *o, int64_t *id, bool *restart, mr_error *err) {
    text_buffer text = {0};
    mr_status status = mapping_write(m, &text, err);
    *id = 0;
    *restart = o->restart;
    text_printf(&text, "%s\n", o->record);
    for (size_t p = 0; p < o->paths_n && status == MR_OK; p++) {
        struct stat s;
        if (stat(o->paths[p], &s) != 0 || !S_ISREG(s.st_mode)) {
            *restart = true;
            s = (struct stat){0};
        }
        text_printf(&text, "%s %lld %lld.%09ld\n", o->paths[p], (long long)s.st_size, (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
    }
    if (status == MR_OK && text.failed) status = error_memory(err, text.len);
    if (status == MR_OK) *id = ledger_hash(l, ledger_domain_of(l, "import", ""), text.data, text.len);
    text_free(&text);
    return status;
}

/* --- rejects --- */

static const char rejects_head[] = "file,line,field,value,reason,text\n";

/* Whatever is there and was not written by an earlier import stays: a file that is being read, the ledger, anything of the user's. */
static mr_status check_rejects(const import_options *o, mr_error *err) {
    char head[sizeof rejects_head] = "";
    struct stat there, s;
    if (!o->skip_errors || !o->rejects_path || stat(o->rejects_path, &there) != 0 || !S_ISREG(there.st_mode)) return MR_OK;
    for (size_t p = 0; p < o->paths_n; p++) {
        bool read = strcmp(o->paths[p], "-") ? stat(o->paths[p], &s) == 0 : fstat(STDIN_FILENO, &s) == 0;
        if (read && s.st_dev == there.st_dev && s.st_ino == there.st_ino)
            return error_set(err, MR_EINVAL, "rejects", -1, "%.300s is read and would be written over with what is rejected: name another file with --rejects",
                             o->rejects_path);
    }
    FILE *f = there.st_size ? fopen(o->rejects_path, "r") : NULL;
    size_t n = f ? fread(head, 1, sizeof head - 1, f) : 0;
    if (f) fclose(f);
    if (!there.st_size || (n == sizeof head - 1 && !memcmp(head, rejects_head, n))) return MR_OK;
    return error_set(err, MR_EIO, "rejects", -1, "%.300s is there already and is no list of rejects: name another file with --rejects", o->rejects_path);
}

static mr_status reject_row(import_job *job, const row *line, const char *field, const char *value, const char *reason, mr_error *err) {
    const char *file = rows_file(job->r, line->file);
    if (!job->options->skip_errors) {
        if (*field)
            return error_set(err, MR_EDATA, field, (int64_t)line->line,
                             "%s, line %llu, %s '%s': %s; correct it, or leave such lines out with --on-error skip", file,
                             (unsigned long long)line->line, field, value, reason);
        return error_set(err, MR_EDATA, NULL, (int64_t)line->line, "%s, line %llu: %s; correct it, or leave such lines out with --on-error skip", file,
                         (unsigned long long)line->line, reason);
    }
    job->result->rejected++;
    if (!job->options->rejects_path) return MR_OK;
    if (!job->rejects) {
        int at = open(job->options->rejects_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        job->rejects = at < 0 ? NULL : fdopen(at, "w");
        if (!job->rejects)
            return error_set(err, MR_EIO, NULL, -1, "%s cannot be written: %s", job->options->rejects_path, strerror(errno));
        fputs(rejects_head, job->rejects);
    }
    job->reject_line.len = 0;
    rejects_csv(&job->reject_line, file, line->line, field, value, strlen(value), reason, strlen(reason), line->raw, line->raw_len);
    if (job->reject_line.failed) return error_memory(err, line->raw_len);
    if (fwrite(job->reject_line.data, 1, job->reject_line.len, job->rejects) != job->reject_line.len)
        return error_set(err, MR_EIO, NULL, -1, "%s cannot be written: %s", job->options->rejects_path, strerror(errno));
    return MR_OK;
}

/* --- one row --- */

static mr_status add_staged(import_job *job, mr_error *err) {
    importer *i = &job->i;
    import_result *result = job->result;
    for (size_t n = 0; n < i->staged_n; n++) {
        const staged_event *s = &i->staged[n];
        uint32_t who;
        if (s->e.at_us < result->first_at_us) result->first_at_us = s->e.at_us;
        if (s->e.at_us > result->last_at_us) result->last_at_us = s->e.at_us;
        if (!i->b) {
            result->bulk.events++;
            continue;
        }
        mr_status status = bulk_customer(i->b, s->customer, s->customer_len, &who, err);
        if (status == MR_OK) status = bulk_event(i->b, who, &s->e, err);
        if (status != MR_OK) return status;
    }
    return MR_OK;
}

/* again: it is in already, and only looked at for what makes it a reject, so that the list of rejects is whole. */
static mr_status import_row(import_job *job, const row *line, bool again, mr_error *err) {
    importer *i = &job->i;
    record records[MAPPING_ROOM];
    mapping_fault fault;
    size_t n = 0;
    if (line->fault) return reject_row(job, line, "", "", line->fault, err);
    bool fine = mapping_apply(job->m, job->r, line, records, MAPPING_ROOM, &n, &fault);
    if (!fine && mapping_starved(job->m)) return error_memory(err, line->raw_len);
    if (!fine) return reject_row(job, line, fault.field, fault.value, fault.reason, err);
    job->result->unmatched += n == 0;
    i->staged_n = 0;
    i->line_known = false;
    arena_reset(&i->text);
    for (size_t k = 0; k < n; k++) {
        err->code = MR_OK;
        i->fault = NULL;
        i->nth = 0;
        for (size_t before = 0; before < k; before++) i->nth += records[before].kind == records[k].kind;
        if (import_stage(i, &records[k], err)) continue;
        if (!i->fault) return err->code;
        return reject_row(job, line, i->fault_field, i->fault_value, i->fault, err);
    }
    if (again) return MR_OK;
    mr_status status = add_staged(job, err);
    for (size_t k = 0; k < n && status == MR_OK; k++) {
        job->result->records[records[k].kind]++;
        if (i->b) status = import_rows(i, &records[k], err);
    }
    return status;
}

static mr_status tick(const import_job *job, mr_error *err) {
    const mr_context *c = job->context;
    if (!c || !c->progress || !c->progress(rows_bytes_done(job->r), rows_bytes_total(job->r), c->progress_ctx)) return MR_OK;
    return error_set(err, MR_ECANCELLED, NULL, -1, "interrupted");
}

static mr_status import_rows_of(import_job *job, mr_error *err) {
    uint64_t resume_at = job->i.b ? bulk_resume_at(job->i.b) : 0;
    mr_status status = MR_OK;
    const row *line;
    while (status == MR_OK && (status = rows_next(job->r, &line, err)) == MR_OK && line) {
        bool again = job->result->rows++ < resume_at;
        if (again && !job->options->skip_errors) { /* already in; but a later identical line must know of it */
            uint64_t hash;
            uint32_t occurrence;
            status = bulk_line_id(job->i.b, line->raw, line->raw_len, &hash, &occurrence, err);
        } else {
            status = import_row(job, line, again, err);
        }
        if (status == MR_OK && job->i.b) status = bulk_record_done(job->i.b, job->result->rows, err);
        if (status == MR_OK && job->result->rows % PROGRESS_EVERY == 0) status = tick(job, err);
    }
    return status;
}

static mr_status close_rejects(import_job *job, mr_status status, mr_error *err) {
    if (!job->rejects) return status;
    bool bad = ferror(job->rejects) != 0;
    if (fclose(job->rejects) != 0) bad = true;
    if (status == MR_OK && bad) return error_set(err, MR_EIO, NULL, -1, "%s could not be written whole: %s", job->options->rejects_path, strerror(errno));
    return status;
}

mr_status ledger_import(const char *url, mapping *m, rows *r, const import_options *options, const mr_context *context, import_phase phase,
                        import_result *result, mr_error *err) {
    import_job *job = mem_new(NULL, 1, sizeof *job);
    ledger *l = NULL;
    mr_error local;
    if (!err) err = &local;
    if (!job) return error_memory(err, sizeof *job);
    *result = (import_result){.first_at_us = INT64_MAX, .last_at_us = INT64_MIN};
    job->m = m;
    job->r = r;
    job->options = options;
    job->context = context;
    job->result = result;
    job->i.source = mapping_source(m);
    job->i.currency = options->currency ? options->currency : "XXX";
    job->i.result = result;
    mr_status status = check_rejects(options, err);
    if (status == MR_OK && !options->dry_run) {
        bulk_options how = {.source = job->i.source, .record = options->record, .files = options->paths_n ? options->paths[0] : "", .now_us = options->now_us,
                             .run_rows = options->run_rows, .lost_ms = options->lost_ms};
        status = ledger_open(url, &(db_options){.lost_ms = options->lost_ms}, &l, err);
        if (status == MR_OK) status = import_number(l, m, options, &how.import_id, &how.restart, err);
        if (status == MR_OK) status = bulk_open(url, &how, &job->i.b, err);
        if (status == MR_OK) {
            job->i.l = bulk_ledger(job->i.b);
            job->i.events = ledger_domain_of(job->i.l, "event", job->i.source);
            job->i.lines = ledger_domain_of(job->i.l, "lines", job->i.source);
        }
    }
    if (status == MR_OK) status = import_rows_of(job, err);
    if (status == MR_OK && job->i.b) {
        if (phase) phase(context ? context->progress_ctx : NULL, "cycles");
        status = bulk_finish(job->i.b, context, &result->bulk, err);
    } else if (job->i.b) {
        bulk_abandon(job->i.b, &result->bulk);
    }
    result->interrupted = status == MR_ECANCELLED;
    status = close_rejects(job, status, err);
    bulk_close(job->i.b);
    ledger_close(l);
    arena_free(&job->i.text);
    body_free(&job->i.body);
    text_free(&job->reject_line);
    mem_free(NULL, job);
    return status;
}
