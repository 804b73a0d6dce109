#include "secret.h"

#include <error.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_LONGEST 4096

static mr_status from_file(const char *field, const char *path, text_buffer *out, mr_error *err) {
    char line[SECRET_LONGEST];
    FILE *f = fopen(path, "re");
    if (!f) return error_set(err, MR_EDATA, field, -1, "%s: cannot read %.300s: %s", field, path, strerror(errno));
    size_t len = fread(line, 1, sizeof line, f);
    bool failed = ferror(f) != 0;
    fclose(f);
    if (failed || len == sizeof line) return error_set(err, MR_EDATA, field, -1, "%s: %.300s cannot be read, or is longer than a secret may be (%d bytes)", field, path, SECRET_LONGEST - 1);
    while (len && (line[len - 1] == '\n' || line[len - 1] == '\r')) len--;
    text_add(out, line, len);
    return MR_OK;
}

mr_status secret_read(const char *field, const char *reference, text_buffer *out, mr_error *err) {
    mr_status status = MR_OK;
    out->len = 0;
    if (!strncmp(reference, "env:", 4)) {
        const char *value = getenv(reference + 4);
        if (value) text_puts(out, value);
    } else if (!strncmp(reference, "file:", 5)) {
        status = from_file(field, reference + 5, out, err);
    } else {
        /* Not repeated: it may be the secret itself. */
        return error_set(err, MR_EDATA, field, -1, "%s must be env:NAME or file:PATH: secrets do not stand in the settings", field);
    }
    if (status == MR_OK && !out->len) return error_set(err, MR_EDATA, field, -1, "%s: nothing in %.300s", field, reference);
    if (status == MR_OK) text_terminate(out);
    return status == MR_OK && out->failed ? error_memory(err, SECRET_LONGEST) : status;
}
