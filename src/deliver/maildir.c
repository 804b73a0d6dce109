/* A Maildir (cr.yp.to/proto/maildir.html): a message is a file, moved when it has been dealt with. Nothing is locked and nothing is ever deleted. */
#include "maildir.h"

#include <error.h>
#include <mem.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LONGEST 4096

static bool seen(const char *name) {
    const char *flags = strstr(name, ":2,");
    return flags && strchr(flags + 3, 'S');
}

static int by_name(const void *a, const void *b) {
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    int order = strcmp(x + 4, y + 4); /* behind "new/", "cur/" */
    return order ? order : strcmp(x, y);
}

static mr_status add(maildir *m, size_t *room, const char *folder, const char *name, mr_error *err) {
    if (m->n == *room) {
        size_t more = *room ? 2 * *room : 64;
        char **path = mem_resize(NULL, m->path, more, sizeof *path);
        if (!path) return error_memory(err, more * sizeof *path);
        m->path = path;
        *room = more;
    }
    size_t len = strlen(name) + 5;
    char *path = mem_take(NULL, len, 1);
    if (!path) return error_memory(err, len);
    snprintf(path, len, "%s/%s", folder, name);
    m->path[m->n++] = path;
    return MR_OK;
}

static mr_status list(maildir *m, size_t *room, const char *part, mr_error *err) {
    char path[PATH_LONGEST];
    if (snprintf(path, sizeof path, "%s/%s", m->folder, part) >= (int)sizeof path) return error_set(err, MR_EDATA, "maildir", -1, "%.200s: the path is too long", m->folder);
    DIR *d = opendir(path);
    if (!d) return error_set(err, errno == ENOENT || errno == ENOTDIR ? MR_EDATA : MR_EIO, "maildir", -1, "%.300s: %s; a Maildir is a folder with new/ and cur/ in it", path, strerror(errno));
    mr_status status = MR_OK;
    for (;;) {
        errno = 0;
        struct dirent *e = readdir(d);
        if (!e) {
            if (errno) status = error_set(err, MR_EIO, "maildir", -1, "%.300s: %s", path, strerror(errno));
            break;
        }
        if (e->d_name[0] == '.' || e->d_type == DT_DIR || (part[0] == 'c' && seen(e->d_name))) continue;
        status = add(m, room, part, e->d_name, err);
        if (status != MR_OK) break;
    }
    closedir(d);
    return status;
}

mr_status maildir_open(const char *folder, maildir *out, mr_error *err) {
    *out = (maildir){0};
    size_t room = 0;
    out->folder = strdup(folder);
    if (!out->folder) return error_memory(err, strlen(folder));
    mr_status status = list(out, &room, "new", err);
    if (status == MR_OK) status = list(out, &room, "cur", err);
    if (status != MR_OK) {
        maildir_free(out);
        return status;
    }
    if (out->n) qsort(out->path, out->n, sizeof *out->path, by_name);
    return MR_OK;
}

void maildir_free(maildir *m) {
    for (size_t i = 0; i < m->n; i++) mem_free(NULL, m->path[i]);
    mem_free(NULL, m->path);
    free(m->folder);
    *m = (maildir){0};
}

mr_status maildir_read(const maildir *m, size_t i, size_t most, text_buffer *out, bool *gone, mr_error *err) {
    char path[PATH_LONGEST + 300];
    snprintf(path, sizeof path, "%s/%s", m->folder, m->path[i]);
    out->len = 0;
    *gone = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        *gone = true;
        return MR_OK;
    }
    if (fd < 0) return error_set(err, errno == ELOOP ? MR_EDATA : MR_EIO, "maildir", -1, "%.300s: %s", path, errno == ELOOP ? "it is a link and no message" : strerror(errno));
    struct stat st;
    mr_status status = MR_OK;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        status = error_set(err, MR_EDATA, "maildir", -1, "%.300s: it is no plain file", path);
    else if ((size_t)st.st_size > most)
        status = error_set(err, MR_EDATA, "maildir", -1, "%.300s: %lld bytes, up to %zu are read", path, (long long)st.st_size, most);
    while (status == MR_OK && out->len <= most) {
        if (!text_reserve(out, 1 << 16)) status = error_memory(err, 1 << 16);
        ssize_t got = status == MR_OK ? read(fd, out->data + out->len, 1 << 16) : 0;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) status = error_set(err, MR_EIO, "maildir", -1, "%.300s: %s", path, strerror(errno));
        if (got <= 0) break;
        out->len += (size_t)got;
    }
    if (status == MR_OK && out->len > most) status = error_set(err, MR_EDATA, "maildir", -1, "%.300s: more than %zu bytes", path, most);
    close(fd);
    return status;
}

mr_status maildir_done(const maildir *m, size_t i, mr_error *err) {
    char from[PATH_LONGEST + 300], to[PATH_LONGEST + 310];
    const char *name = m->path[i] + 4, *flags = strstr(name, ":2,");
    size_t stem = flags ? (size_t)(flags - name) : strlen(name);
    snprintf(from, sizeof from, "%s/%s", m->folder, m->path[i]);
    int len = snprintf(to, sizeof to, "%s/cur/%.*s:2,", m->folder, (int)stem, name);
    flags = flags ? flags + 3 : "";
    size_t below = 0; /* flags stand in the order of the alphabet */
    while (flags[below] && flags[below] < 'S') below++;
    snprintf(to + len, sizeof to - (size_t)len, "%.*sS%s", (int)below, flags, flags + below);
    if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) || errno == ENOENT) return MR_OK;
    /* A file system without RENAME_NOREPLACE: a second name, which replaces nothing, then the first goes. */
    if (errno == EINVAL && !link(from, to) && !unlink(from)) return MR_OK;
    return error_set(err, MR_EIO, "maildir", -1, "%.150s cannot be moved to %.150s: %s", from, to, strerror(errno));
}
