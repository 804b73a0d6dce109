/* Writing a report: everything, or nothing. */
#include "contracts_since.h"
#include "parts.h"

#include <error.h>
#include <mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef mr_status (*text_maker)(const report *r, text_buffer *out, mr_error *err);

static mr_status check(const report *r, const char *out, mr_error *err) {
    if (!r || !out)
        return error_set(err, MR_EINVAL, r ? "out" : "r", -1, "%s is NULL", r ? "out" : "the report");
    if (!r->input) return error_set(err, MR_EINVAL, "input", -1, "the report has no input");
    return MR_OK;
}

static mr_status stopped(const mr_context *context, uint64_t n, mr_error *err) {
    if (!context || !context->progress || context->progress(n, n, context->progress_ctx) == 0) return MR_OK;
    return error_set(err, MR_ECANCELLED, NULL, -1, "stopped on request");
}

static mr_status write_text(const report *r, files *f, const char *name, text_maker make,
                            const mr_context *context, mr_error *err) {
    text_buffer text = {.alloc = context_alloc(context)};
    mr_status status = make(r, &text, err);
    if (status == MR_OK) status = files_open(f, name, err);
    if (status == MR_OK) status = files_write(f, text.data, text.len, 0, err);
    text_free(&text);
    return status;
}

static mr_status write_json(const report *r, files *f, mr_error *err) {
    char *text = NULL;
    size_t len = 0;
    mr_status status = report_json_text(r, &text, &len, err);
    if (status == MR_OK) status = files_open(f, "summary.json", err);
    if (status == MR_OK) status = files_write(f, text, len, 0, err);
    free(text);
    return status;
}

/* An earlier run's changes.csv would stand beside a report it does not belong to. */
static void remove_stale_changes(const char *out) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/changes.csv", out) < (int)sizeof path) unlink(path);
}

mr_status report_write(const report *r, const char *out, const mr_context *context, mr_error *err) {
    mr_status status = check(r, out, err);
    if (status != MR_OK) return status;
    files f;
    status = files_begin(&f, out, err);
    if (status == MR_OK && r->contracts) {
        status = write_text(r, &f, "customers.csv", contracts_csv, context, err);
    } else if (status == MR_OK) {
        status = files_open(&f, "customers.csv", err);
        if (status == MR_OK) status = report_customers_csv(r, &f, context, err);
    }
    if (status == MR_OK && r->has_previous)
        status = write_text(r, &f, "changes.csv", r->contracts ? contracts_changes_csv : report_changes_csv, context, err);
    if (status == MR_OK) status = write_text(r, &f, "report.html", report_html, context, err);
    if (status == MR_OK) status = write_json(r, &f, err);
    if (status == MR_OK) status = stopped(context, r->n, err);
    if (status == MR_OK) status = files_commit(&f, err);
    if (status == MR_OK && !r->has_previous) remove_stale_changes(out);
    files_end(&f);
    return status;
}

mr_status report_json(const report *r, FILE *to, mr_error *err) {
    if (!to) return error_set(err, MR_EINVAL, "to", -1, "to is NULL");
    mr_status status = check(r, "", err);
    if (status != MR_OK) return status;
    char *text = NULL;
    size_t len = 0;
    status = report_json_text(r, &text, &len, err);
    if (status != MR_OK) return status;
    if (fwrite(text, 1, len, to) != len || fflush(to) != 0)
        status = error_set(err, MR_EIO, "to", -1,
                           "cannot write the summary: the disk is full or the pipe was closed");
    free(text);
    return status;
}
