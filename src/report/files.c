/* A folder of outputs that appears whole or not at all. */
#include "files.h"

#include <error.h>
#include <mem.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM 4096
#define KEPT "replaced-" /* the earlier file's name in the temporary folder */

/* The system's word for it, and the way out. */
static mr_status io_error(mr_error *err, int code, const char *doing, const char *path) {
    const char *way = "";
    if (code == ENOSPC || code == EDQUOT || code == EFBIG) {
        way = ": free some space or give another folder with --out; nothing was left behind";
    } else if (code == EACCES || code == EPERM || code == EROFS) {
        way = ": give a folder you may write to with --out";
    } else if (code == ENOTDIR || code == EEXIST) {
        way = ": a file stands where a folder is needed; give another folder with --out";
    } else if (code == EISDIR || code == ENOTEMPTY) {
        way = ": a folder stands where a file is to go; move it away or give another folder with --out";
    }
    return error_set(err, MR_EIO, "out", -1, "cannot %s %.300s: %s%s", doing, path, strerror(code), way);
}

static const char *in(char path[PATH_ROOM], const char *folder, const char *prefix, const char *name) {
    snprintf(path, PATH_ROOM, "%s/%s%s", folder, prefix, name);
    return path;
}

/* Makes out and its parents, remembering from where on they are ours. */
static mr_status make_folders(files *f, mr_error *err) {
    size_t len = strlen(f->out);
    f->made = len + 1;
    for (size_t i = 1; i <= len; i++) {
        if (f->out[i] != '/' && f->out[i] != 0) continue;
        if (f->out[i - 1] == '/') continue;
        char kept = f->out[i];
        f->out[i] = 0;
        int failed = mkdir(f->out, 0777) == 0 ? 0 : errno;
        if (!failed && f->made > len) f->made = i;
        if (failed == EEXIST || failed == EISDIR) {
            struct stat st;
            failed = stat(f->out, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
        } else if (failed && failed != ENOTDIR && failed != ENOENT && access(f->out, F_OK) == 0) {
            failed = 0; /* a parent that is there but may not be made anew (read-only file system) */
        }
        if (failed) {
            mr_status status = io_error(err, failed, "make folder", f->out);
            f->out[i] = kept;
            return status;
        }
        f->out[i] = kept;
    }
    return MR_OK;
}

mr_status files_begin(files *f, const char *out, mr_error *err) {
    *f = (files){0};
    size_t len = strlen(out);
    if (!len) return error_set(err, MR_EINVAL, "out", -1, "the output folder's name is empty");
    if (len > PATH_ROOM - 64)
        return error_set(err, MR_EINVAL, "out", -1, "the output folder's name is too long");
    f->out = mem_take(NULL, len + 1, 1);
    if (!f->out) return error_memory(err, len + 1);
    memcpy(f->out, out, len + 1);
    while (len > 1 && f->out[len - 1] == '/') f->out[--len] = 0;
    mr_status status = make_folders(f, err);
    if (status != MR_OK) return status;

    char path[PATH_ROOM];
    char *staging = mem_take(NULL, len + 32, 1);
    if (!staging) return error_memory(err, len + 32);
    strcpy(staging, in(path, f->out, "", ".marram-XXXXXX"));
    if (!mkdtemp(staging)) {
        status = io_error(err, errno, "write into folder", f->out);
        mem_free(NULL, staging);
        return status;
    }
    f->staging = staging;
    return MR_OK;
}

mr_status files_open(files *f, const char *name, mr_error *err) {
    if (f->n == FILES_MAX)
        return error_set(err, MR_EINVAL, "name", -1, "more than %d output files", FILES_MAX);
    char path[PATH_ROOM];
    int fd = open(in(path, f->staging, "", name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return io_error(err, errno, "write", path);
    f->fds[f->n] = fd;
    f->name[f->n++] = name;
    return MR_OK;
}

mr_status files_write(const files *f, const char *bytes, size_t len, int64_t at, mr_error *err) {
    const char *from = bytes;
    size_t left = len;
    int fd = f->fds[f->n - 1];
    while (left) {
        ssize_t n = pwrite(fd, from, left, at + (from - bytes));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            char path[PATH_ROOM];
            return io_error(err, n < 0 ? errno : EIO, "write", in(path, f->out, "", f->name[f->n - 1]));
        }
        from += n;
        left -= (size_t)n;
    }
    /* Start writing to the disk now, so that the sync at the end finds little left to do. Only a hint: errors
     * show later. */
    (void)sync_file_range(fd, at, (off_t)len, SYNC_FILE_RANGE_WRITE);
    return MR_OK;
}

static mr_status sync_all(files *f, mr_error *err) {
    for (size_t i = 0; i < f->n; i++) {
        int fd = f->fds[i];
        f->fds[i] = -1;
        /* EINVAL: the file system cannot sync (some FUSE mounts); there is nothing to wait for then. */
        int failed = fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
        if (close(fd) != 0 && !failed && errno != EINTR) failed = errno;
        char path[PATH_ROOM];
        if (failed) return io_error(err, failed, "write", in(path, f->out, "", f->name[i]));
    }
    return MR_OK;
}

mr_status files_commit(files *f, mr_error *err) {
    char from[PATH_ROOM], to[PATH_ROOM], kept[PATH_ROOM];
    mr_status status = sync_all(f, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < f->n; i++) {
        in(from, f->staging, "", f->name[i]);
        in(to, f->out, "", f->name[i]);
        struct stat st;
        if (lstat(to, &st) == 0) {
            if (S_ISDIR(st.st_mode)) return io_error(err, EISDIR, "replace", to);
            /* A second name, so that a reader never finds the place empty; where the file system has none, a
             * move. */
            in(kept, f->staging, KEPT, f->name[i]);
            f->replaced[i] = link(to, kept) == 0 || rename(to, kept) == 0;
        }
        if (rename(from, to) != 0) return io_error(err, errno, "write", to);
        f->placed[i] = true;
    }
    int folder = open(f->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        (void)fsync(folder); /* the files themselves are safe; not every file system syncs folders */
        close(folder);
    }
    for (size_t i = 0; i < f->n; i++)
        if (f->replaced[i]) unlink(in(kept, f->staging, KEPT, f->name[i]));
    rmdir(f->staging);
    mem_free(NULL, f->staging);
    f->staging = NULL;
    return MR_OK;
}

/* Puts back what a failed commit had moved, removes the rest. */
static void undo(files *f) {
    char path[PATH_ROOM], kept[PATH_ROOM];
    for (size_t i = 0; i < f->n; i++) {
        unlink(in(path, f->staging, "", f->name[i]));
        in(path, f->out, "", f->name[i]);
        if (f->replaced[i]) {
            rename(in(kept, f->staging, KEPT, f->name[i]), path);
        } else if (f->placed[i]) {
            unlink(path);
        }
    }
    rmdir(f->staging);
}

void files_end(files *f) {
    for (size_t i = 0; i < f->n; i++)
        if (f->fds[i] >= 0) close(f->fds[i]);
    bool failed = f->staging != NULL;
    if (failed) undo(f);
    /* A folder made before anything could be staged goes too. */
    if (f->out && f->made <= strlen(f->out) && (failed || f->n == 0)) {
        for (size_t len = strlen(f->out); len >= f->made && len > 0; len--) {
            if (f->out[len] != '/' && f->out[len] != 0) continue;
            f->out[len] = 0;
            if (rmdir(f->out) != 0) break; /* not empty: somebody else's */
        }
    }
    mem_free(NULL, f->staging);
    mem_free(NULL, f->out);
    *f = (files){0};
}
