/* Judging the input as a whole. Workers kept, each for itself, the first line that showed something; the
 * first of all is the one with the lowest block and line, whoever found it, so the verdict does not depend on
 * threads. */
#include "verdict.h"

#include "error.h"
#include "mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void verdict_free(verdict *v) {
    mem_free(v->alloc, (void *)v->blocks);
    mem_free(v->alloc, v->owner);
    mem_free(v->alloc, v->line_base);
    *v = (verdict){.alloc = v->alloc};
}

static mr_status line_up(verdict *v, ingest_worker **workers, size_t n, mr_error *err) {
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < workers[t]->n_blocks; i++)
            if (workers[t]->blocks[i].number >= v->n_blocks) v->n_blocks = workers[t]->blocks[i].number + 1;
    v->blocks = mem_new(v->alloc, v->n_blocks, sizeof *v->blocks);
    v->owner = mem_new(v->alloc, v->n_blocks, sizeof *v->owner);
    v->line_base = mem_new(v->alloc, v->n_blocks, sizeof *v->line_base);
    if (!v->blocks || !v->owner || !v->line_base) return error_memory(err, v->n_blocks * sizeof *v->blocks);
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < workers[t]->n_blocks; i++) {
            const parsed_block *b = &workers[t]->blocks[i];
            v->blocks[b->number] = b;
            v->owner[b->number] = (uint32_t)t;
        }
    uint64_t lines = 0;
    for (size_t k = 0; k < v->n_blocks; k++) {
        if (!v->blocks[k]) continue;
        if (k == 0 || !v->blocks[k - 1] || v->blocks[k - 1]->file != v->blocks[k]->file) lines = 0;
        v->line_base[k] = lines;
        lines += v->blocks[k]->lines;
    }
    return MR_OK;
}

/* "orders.csv:17" */
static const char *where(const verdict *v, const ingest_source *source, uint64_t block, uint32_t line,
                         char out[160]) {
    const char *name = source_name(source, v->blocks[block]->file);
    size_t len = strlen(name);
    /* the end of a long path says more than its beginning */
    snprintf(out, 160, "%s%s:%llu", len > 120 ? "..." : "", len > 120 ? name + len - 117 : name,
             (unsigned long long)(v->line_base[block] + line + 1));
    return out;
}

static const evidence *first_of(const evidence *a, const evidence *b) {
    if (!a || !a->seen) return b && b->seen ? b : NULL;
    if (!b || !b->seen) return a;
    return a->block < b->block || (a->block == b->block && a->line <= b->line) ? a : b;
}

#define FIRST(member, result)                                                                                \
    const evidence *result = NULL;                                                                           \
    for (size_t t = 0; t < n; t++) result = first_of(result, &workers[t]->member)

/* --- bad lines --- */

typedef struct bad {
    const rejects *from;
    const reject *what;
} bad;

static int in_order(const void *a, const void *b) {
    const reject *x = ((const bad *)a)->what, *y = ((const bad *)b)->what;
    if (x->block != y->block) return x->block < y->block ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

static mr_status bad_line(const verdict *v, const ingest_plan *plan, const ingest_source *source, bad b,
                          mr_error *err) {
    char place[160], value[64];
    const char *text = b.from->text.data;
    const reject *e = b.what;
    where(v, source, e->block, e->line, place);
    const char *way_out = e->fatal ? "" : "; correct the line, or leave such lines out with --on-error skip";
    const char *reason = text + e->reason_at;
    int reason_len = (int)(e->text_at - e->reason_at);
    int64_t line = (int64_t)(v->line_base[e->block] + e->line + 1);
    if (e->fatal) return error_set(err, MR_EDATA, NULL, line, "%s: %.*s", place, reason_len, reason);
    rejects_show(value, sizeof value, text + e->value_at, e->reason_at - e->value_at);
    if (e->column < 0)
        return error_set(err, MR_EDATA, NULL, line, "%s: the line '%s' %.*s%s", place, value, reason_len,
                         reason, way_out);
    return error_set(err, MR_EDATA, plan->heading[e->column], line, "%s: %s '%s' %.*s%s", place,
                     plan->heading[e->column], value, reason_len, reason, way_out);
}

static mr_status write_rejects(const verdict *v, const ingest_plan *plan, const ingest_source *source,
                               const bad *all, size_t n, const char *path, mr_error *err) {
    text_buffer out = {.alloc = v->alloc};
    FILE *f = fopen(path, "w");
    if (!f) return error_set(err, MR_EIO, NULL, -1, "%.300s: %s", path, strerror(errno));
    struct stat st;
    bool regular = fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode);
    text_puts(&out, "file,line,field,value,reason,text\n");
    bool ok = true;
    for (size_t i = 0; i < n && ok && !out.failed; i++) {
        const reject *e = all[i].what;
        const char *text = all[i].from->text.data;
        rejects_csv(&out, source_name(source, v->blocks[e->block]->file),
                    v->line_base[e->block] + e->line + 1, e->column < 0 ? "" : plan->heading[e->column],
                    text + e->value_at, e->reason_at - e->value_at, text + e->reason_at,
                    e->text_at - e->reason_at, text + e->text_at, e->end - e->text_at);
        if (out.len < 1 << 16 && i + 1 < n) continue;
        ok = out.failed || fwrite(out.data, 1, out.len, f) == out.len;
        out.len = 0;
    }
    if (ok && out.len && !out.failed) ok = fwrite(out.data, 1, out.len, f) == out.len;
    int why = errno;
    bool failed = out.failed;
    text_free(&out);
    if (fclose(f) != 0 && ok) ok = false, why = errno;
    if (ok && !failed) return MR_OK;
    if (regular) remove(path); /* a half file goes; a device or a pipe that was named does not */
    return failed ? error_memory(err, 1 << 16)
                  : error_set(err, MR_EIO, NULL, -1, "%.300s: %s", path, strerror(why));
}

/* The bad lines that count, in input order; *fatal: one of them ends everything. Owned by the caller. */
static mr_status gather(const verdict *v, ingest_worker **workers, size_t n, bad **all, size_t *count,
                        mr_error *err) {
    size_t most = 0;
    for (size_t t = 0; t < n; t++) most += workers[t]->rejects.n;
    *all = mem_new(v->alloc, most, sizeof **all);
    if (!*all) return error_memory(err, most * sizeof **all);
    *count = 0;
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < workers[t]->rejects.n; i++) {
            const reject *e = &workers[t]->rejects.all[i];
            if (e->under == DATE_UNKNOWN || e->under == v->order)
                (*all)[(*count)++] = (bad){&workers[t]->rejects, e};
        }
    if (*count) qsort(*all, *count, sizeof **all, in_order);
    return MR_OK;
}

static mr_status judge_lines(const verdict *v, const ingest_plan *plan, const ingest_source *source,
                             ingest_worker **workers, size_t n, const ingest_options *options, bool settled,
                             ingest_orders *out, mr_error *err) {
    bad *all = NULL;
    size_t count = 0;
    mr_status status = gather(v, workers, n, &all, &count, err);
    if (status) return status;
    for (size_t i = 0; i < count && !status; i++) {
        if (all[i].what->fatal || !options->skip_errors) status = bad_line(v, plan, source, all[i], err);
    }
    if (!status && count > REJECTS_LIMIT)
        status =
            error_set(err, MR_EDATA, NULL, -1,
                      "more than %u lines were rejected, the last for: %.*s; are the columns right?",
                      REJECTS_LIMIT, (int)(all[count - 1].what->text_at - all[count - 1].what->reason_at),
                      all[count - 1].from->text.data + all[count - 1].what->reason_at);
    out->understood.rejected = count;
    if (!status && settled && options->rejects_path && options->skip_errors)
        status = write_rejects(v, plan, source, all, count, options->rejects_path, err);
    mem_free(v->alloc, all);
    return status;
}

/* --- the columns --- */

static mr_status judge_dates(verdict *v, const ingest_plan *plan, const ingest_source *source,
                             ingest_worker **workers, size_t n, ingest_orders *out, mr_error *err) {
    char place[2][160];
    v->order = plan->date_format;
    if (v->order != DATE_UNKNOWN) return MR_OK;
    FIRST(order[PROVES_DMY], dmy);
    FIRST(order[PROVES_MDY], mdy);
    FIRST(unclear_date, unclear);
    const char *heading = plan->heading[plan->date];
    if (dmy && mdy)
        return error_set(err, MR_EDATA, heading, -1,
                         "the dates in %s are of two kinds: %s has '%s' (D/M/YYYY), %s has '%s' (M/D/YYYY); "
                         "export them as 2021-03-04",
                         heading, where(v, source, dmy->block, dmy->line, place[0]), dmy->value,
                         where(v, source, mdy->block, mdy->line, place[1]), mdy->value);
    if (dmy || mdy) {
        v->order = dmy ? DATE_DMY : DATE_MDY;
        out->understood.date_why = dmy ? "days above 12 stand first" : "days above 12 stand second";
        return MR_OK;
    }
    if (unclear)
        return error_set(err, MR_EDATA, heading, -1,
                         "the dates in %s can be read two ways (%s: '%s') and no day above 12 decides; say "
                         "--date-format dmy (day first) or --date-format mdy (month first)",
                         heading, where(v, source, unclear->block, unclear->line, place[0]), unclear->value);
    return MR_OK;
}

static mr_status judge_amounts(verdict *v, const ingest_plan *plan, const ingest_source *source,
                               ingest_worker **workers, size_t n, ingest_orders *out, mr_error *err) {
    char place[2][160];
    v->decimal = plan->decimal;
    if (plan->amount < 0) return MR_OK;
    const char *heading = plan->heading[plan->amount];
    if (!v->decimal) {
        FIRST(decimal[0], point);
        FIRST(decimal[1], comma);
        FIRST(unclear, unclear);
        if (point && comma)
            return error_set(err, MR_EDATA, heading, -1,
                             "the amounts in %s are written in two ways: %s has '%s' (decimal point), %s has "
                             "'%s' (decimal comma)",
                             heading, where(v, source, point->block, point->line, place[0]), point->value,
                             where(v, source, comma->block, comma->line, place[1]), comma->value);
        if (unclear && !point && !comma)
            return error_set(err, MR_EDATA, heading, -1,
                             "the amounts in %s can be read two ways (%s: '%s'); say --decimal point or "
                             "--decimal comma",
                             heading, where(v, source, unclear->block, unclear->line, place[0]),
                             unclear->value);
        v->decimal = comma ? ',' : '.';
    }
    out->understood.decimal_comma = v->decimal == ',';
    const evidence *one = NULL, *other = NULL;
    for (size_t t = 0; t < n; t++)
        for (int i = 0; i < CURRENCIES_SEEN; i++) one = first_of(one, &workers[t]->currency[i]);
    for (size_t t = 0; t < n && one; t++)
        for (int i = 0; i < CURRENCIES_SEEN; i++)
            if (strcmp(workers[t]->currency[i].value, one->value))
                other = first_of(other, &workers[t]->currency[i]);
    if (other)
        return error_set(err, MR_EDATA, heading, -1,
                         "the amounts in %s are in more than one currency: %s has %s, %s has %s; convert "
                         "them, or split the file",
                         heading, where(v, source, one->block, one->line, place[0]), one->value,
                         where(v, source, other->block, other->line, place[1]), other->value);
    if (one) snprintf(out->understood.currency, sizeof out->understood.currency, "%.7s", one->value);
    return MR_OK;
}

mr_status verdict_reach(verdict *v, const ingest_plan *plan, const ingest_source *source,
                        ingest_worker **workers, size_t n, mr_status source_status,
                        const mr_error *source_error, const ingest_options *options, ingest_orders *out,
                        mr_error *err) {
    ingest_understood *u = &out->understood;
    if (source_status == MR_ECANCELLED || source_status == MR_ENOMEM) {
        if (err) *err = *source_error;
        return source_status;
    }
    mr_status status = line_up(v, workers, n, err);
    if (status) return status;
    mr_error column_error;
    error_clear(&column_error);
    mr_status column = judge_dates(v, plan, source, workers, n, out, &column_error);
    if (!column) column = judge_amounts(v, plan, source, workers, n, out, &column_error);
    status = judge_lines(v, plan, source, workers, n, options, !column && !source_status, out, err);
    if (status) return status;
    if (source_status || column) {
        if (err) *err = source_status ? *source_error : column_error;
        return source_status ? source_status : column;
    }
    u->date_format = v->order;
    u->bom = source_saw_bom(source);
    u->gzip = source_saw_gzip(source);
    u->files = source_files(source);
    u->bytes = source_bytes_text(source);
    for (size_t t = 0; t < n; t++) {
        u->lines += workers[t]->lines;
        u->after_until += workers[t]->after_until;
        u->continued += workers[t]->continued;
        u->cancelled += workers[t]->cancelled;
    }
    return MR_OK;
}

mr_status verdict_none(const ingest_plan *plan, const ingest_source *source, const ingest_orders *out,
                       mr_error *err) {
    const ingest_understood *u = &out->understood;
    const char *name = source_name(source, 0);
    (void)plan;
    if (out->orders.n) return MR_OK;
    if (!u->lines)
        return error_set(err, MR_EDATA, NULL, -1, "%.200s: there is a header and no line of data", name);
    return error_set(
        err, MR_EDATA, NULL, -1,
        "%.200s: no order is left of %llu lines (%llu rejected, %llu after --until, %llu returns, "
        "%llu cancelled)",
        name, (unsigned long long)u->lines, (unsigned long long)u->rejected,
        (unsigned long long)u->after_until, (unsigned long long)u->returns, (unsigned long long)u->cancelled);
}
