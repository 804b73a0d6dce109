/* Files that appear whole or not at all, written by many threads in order.
 *
 * A block's place in the file is where the block before it ends, which is known as soon as that one is
 * formatted; so the threads only hand each other offsets and the pwrite calls overlap. pool_run starts blocks
 * in ascending order, so the block waited for is always running on another thread, or done. */
#include "staged.h"

#include "error.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* mkdir, fine where the folder is there. *made: it was not. */
static mr_status make_folder(const char *path, bool *made, mr_error *err) {
    *made = mkdir(path, 0777) == 0;
    if (*made) return MR_OK;
    int reason = errno;
    struct stat there;
    if (stat(path, &there) == 0) {
        if (S_ISDIR(there.st_mode)) return MR_OK;
        return error_set(err, MR_EIO, "out", -1, "%s: is a file, not a folder", path);
    }
    return error_set(err, MR_EIO, "out", -1, "%s: cannot make the folder: %s", path, strerror(reason));
}

mr_status staged_folder_open(const char *path, const mr_alloc *alloc, staged_folder *out, mr_error *err) {
    *out = (staged_folder){.made_from = SIZE_MAX, .alloc = alloc};
    if (!path || !*path)
        return error_set(err, MR_EINVAL, "out", -1, "the name of the folder to write to is empty");
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/') len--;
    out->path = mem_take(alloc, len + 1, 1);
    if (!out->path) return error_memory(err, len + 1);
    memcpy(out->path, path, len);
    out->path[len] = 0;
    mr_status status = MR_OK;
    for (size_t i = 1; i <= len && status == MR_OK; i++) {
        if (i < len && (path[i] != '/' || path[i - 1] == '/')) continue;
        bool made;
        out->path[i] = 0;
        status = make_folder(out->path, &made, err);
        if (i < len) out->path[i] = '/';
        if (made && out->made_from == SIZE_MAX) out->made_from = i;
    }
    if (status != MR_OK) staged_folder_close(out, false);
    return status;
}

void staged_folder_close(staged_folder *folder, bool keep) {
    if (folder->path && !keep && folder->made_from != SIZE_MAX)
        for (size_t end = strlen(folder->path); end >= folder->made_from; end--) {
            if (folder->path[end] != '/' && folder->path[end] != 0) continue;
            folder->path[end] = 0;
            if (rmdir(folder->path) != 0 && errno != ENOENT) break;
        }
    mem_free(folder->alloc, folder->path);
    folder->path = NULL;
}

static mr_status write_error(const staged_file *file, const char *what, int reason, mr_error *err) {
    return error_set(err, MR_EIO, "out", -1, "%s: %s: %s", file->path, what, strerror(reason));
}

mr_status staged_open(const staged_folder *folder, const char *name, staged_file *out, mr_error *err) {
    *out = (staged_file){.descriptor = -1, .alloc = folder->alloc};
    pthread_mutex_init(&out->lock, NULL);
    pthread_cond_init(&out->moved, NULL);
    size_t size = strlen(folder->path) + strlen(name) + 40;
    out->path = mem_take(out->alloc, size, 1);
    out->temporary = mem_take(out->alloc, size, 1);
    if (!out->path || !out->temporary) {
        staged_close(out);
        return error_memory(err, size);
    }
    snprintf(out->path, size, "%s/%s", folder->path, name);
    snprintf(out->temporary, size, "%s/.%s.%ld.part", folder->path, name, (long)getpid());
    struct stat there;
    mr_status status = MR_OK;
    if (stat(out->path, &there) == 0 && S_ISDIR(there.st_mode))
        status = error_set(err, MR_EIO, "out", -1, "%s: is a folder, and a file is to be written there",
                           out->path);
    else if ((out->descriptor = open(out->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0)
        status = write_error(out, "cannot create", errno, err);
    if (status != MR_OK) staged_close(out);
    return status;
}

void staged_abandon(staged_file *file, const mr_error *why) {
    pthread_mutex_lock(&file->lock);
    if (!file->failed) file->why = *why;
    file->failed = true;
    pthread_cond_broadcast(&file->moved);
    pthread_mutex_unlock(&file->lock);
}

void staged_restart(staged_file *file) {
    file->turn = 0;
}

mr_status staged_write(staged_file *file, size_t block, const char *bytes, size_t len, mr_error *err) {
    pthread_mutex_lock(&file->lock);
    while (file->turn != block && !file->failed) pthread_cond_wait(&file->moved, &file->lock);
    uint64_t offset = file->offset;
    bool failed = file->failed;
    if (!failed) {
        file->offset += len;
        file->turn++;
        pthread_cond_broadcast(&file->moved);
    }
    pthread_mutex_unlock(&file->lock);
    if (failed) {
        *err = file->why; /* not written to again */
        return err->code;
    }
    while (len > 0) {
        ssize_t wrote = pwrite(file->descriptor, bytes, len, (off_t)offset);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) {
            mr_status status = write_error(file, "cannot write", wrote < 0 ? errno : ENOSPC, err);
            staged_abandon(file, err);
            return status;
        }
        bytes += wrote;
        offset += (uint64_t)wrote;
        len -= (size_t)wrote;
    }
    return MR_OK;
}

mr_status staged_commit(staged_file *file, mr_error *err) {
    int code = close(file->descriptor); /* network file systems report a full disk here */
    file->descriptor = -1;
    if (code != 0) return write_error(file, "cannot write", errno, err);
    if (rename(file->temporary, file->path) != 0)
        return write_error(file, "cannot rename into place", errno, err);
    mem_free(file->alloc, file->temporary);
    file->temporary = NULL;
    return MR_OK;
}

void staged_close(staged_file *file) {
    if (!file->path && !file->temporary) return;
    if (file->descriptor >= 0) {
        close(file->descriptor);
        file->descriptor = -1;
        unlink(file->temporary);
    } else if (file->temporary) {
        unlink(file->temporary);
    }
    mem_free(file->alloc, file->path);
    mem_free(file->alloc, file->temporary);
    file->path = file->temporary = NULL;
    pthread_cond_destroy(&file->moved);
    pthread_mutex_destroy(&file->lock);
}
