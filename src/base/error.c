/* Statuses as words and the filling of mr_error. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *mr_version(void) {
    return MARRAM_VERSION;
}

const char *mr_status_text(mr_status status) {
    switch (status) {
    case MR_OK: return "ok";
    case MR_EINVAL: return "invalid argument";
    case MR_EDATA: return "bad data";
    case MR_ENOCONV: return "no convergence";
    case MR_EBOUNDARY: return "estimate at a boundary";
    case MR_EFLAT: return "flat likelihood";
    case MR_ENOMEM: return "out of memory";
    case MR_ECANCELLED: return "cancelled";
    case MR_EIO: return "input/output error";
    }
    return "unknown status";
}

mr_status error_set(mr_error *err, mr_status code, const char *field, int64_t row, const char *format, ...) {
    if (!err) return code;
    err->code = code;
    err->row = row;
    snprintf(err->field, sizeof err->field, "%s", field ? field : "");
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return code;
}

mr_status error_memory(mr_error *err, size_t bytes) {
    return error_set(err, MR_ENOMEM, NULL, -1, "out of memory: %zu bytes could not be had", bytes);
}

void error_clear(mr_error *err) {
    if (err) memset(err, 0, sizeof *err), err->row = -1;
}
