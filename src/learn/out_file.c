#include "out_file.h"

#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static mr_status cannot(const char *path, int why, mr_error *err) {
    return error_set(err, MR_EIO, "out", -1, "%.300s cannot be written: %s", path, strerror(why));
}

/* Where it leads to; *as_it_stands: to something that is no file. */
static mr_status resolve(const char *path, char out[4096], bool *as_it_stands, mr_error *err) {
    struct stat there;
    char real[PATH_MAX];
    *as_it_stands = false;
    if (strlen(path) > 4000) return cannot(path, ENAMETOOLONG, err);
    strcpy(out, path);
    if (stat(path, &there) != 0) return MR_OK;
    if (S_ISDIR(there.st_mode)) return cannot(path, EISDIR, err);
    *as_it_stands = !S_ISREG(there.st_mode);
    /* A link's name stays what it is, and what it leads to is replaced. */
    if (!*as_it_stands && realpath(path, real) && strlen(real) <= 4000) strcpy(out, real);
    return MR_OK;
}

mr_status out_file_check(const char *path, mr_error *err) {
    char real[4096];
    bool as_it_stands;
    mr_status status = resolve(path, real, &as_it_stands, err);
    if (status != MR_OK) return status;
    if (!as_it_stands) {
        char *slash = strrchr(real, '/');
        if (slash) slash[slash == real] = 0;
        else strcpy(real, ".");
    }
    return access(real, W_OK) == 0 ? MR_OK : cannot(path, errno, err);
}

mr_status out_file_open(const char *path, mode_t mode, out_file *out, mr_error *err) {
    bool as_it_stands;
    *out = (out_file){0};
    mr_status status = resolve(path, out->path, &as_it_stands, err);
    if (status != MR_OK) return status;
    if (!as_it_stands) snprintf(out->passing, sizeof out->passing, "%.4000s.part-%ld", out->path, (long)getpid());
    int made = O_CREAT | O_TRUNC, at = open(as_it_stands ? out->path : out->passing, O_WRONLY | O_CLOEXEC | (as_it_stands ? 0 : made), mode);
    int why = errno;
    if (at >= 0 && (out->file = fdopen(at, "w"))) return MR_OK;
    if (at >= 0) close(at);
    return cannot(path, why, err);
}

mr_status out_file_close(out_file *o, bool keep, mr_error *err) {
    if (!o->file) return MR_OK;
    bool sound = keep && fflush(o->file) == 0 && !ferror(o->file);
    int why = errno;
    /* EINVAL: a pipe, or a file system that cannot. */
    if (sound && fsync(fileno(o->file)) != 0 && errno != EINVAL) sound = false, why = errno;
    if (fclose(o->file) != 0 && sound) sound = false, why = errno;
    o->file = NULL;
    if (sound && *o->passing && rename(o->passing, o->path) != 0) sound = false, why = errno;
    if (!sound && *o->passing) unlink(o->passing);
    return sound || !keep ? MR_OK : cannot(o->path, why ? why : EIO, err);
}

bool out_file_same(const char *a, const char *b) {
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}
