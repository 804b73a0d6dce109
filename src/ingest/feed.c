/* One file's bytes. gzip is known by its first two bytes whatever the name; several members in a row are one
 * text, as gzip itself has it; zero bytes behind the last member are padding. */
#include "feed.h"

#include "error.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RAW_BYTES ((size_t)256 << 10)

static const char *name_of(const char *path) {
    return !strcmp(path, "-") ? "standard input" : path;
}

mr_status feed_check(const char *path, uint64_t *bytes, mr_error *err) {
    *bytes = 0;
    struct stat st;
    bool standard = !strcmp(path, "-");
    if (standard ? fstat(STDIN_FILENO, &st) : stat(path, &st))
        return error_set(err, MR_EIO, NULL, -1, "%.300s: %s", name_of(path), strerror(errno));
    if (S_ISDIR(st.st_mode))
        return error_set(err, MR_EIO, NULL, -1, "%.300s: is a directory; name the files in it",
                         name_of(path));
    if (!standard && access(path, R_OK))
        return error_set(err, MR_EIO, NULL, -1, "%.300s: %s", path, strerror(errno));
    if (S_ISREG(st.st_mode) && st.st_size > 0) *bytes = (uint64_t)st.st_size;
    return MR_OK;
}

static mr_status stored_read(feed *f, void *out, size_t want, size_t *got, mr_error *err) {
    if (!f->opened) { /* memory */
        *got = want < f->memory_left ? want : f->memory_left;
        if (*got) memcpy(out, f->memory, *got);
        if (*got) f->memory += *got;
        f->memory_left -= *got;
        f->consumed += *got;
        return MR_OK;
    }
    for (;;) {
        ssize_t n = read(f->fd, out, want);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return error_set(err, MR_EIO, NULL, -1, "%.300s: reading: %s", f->path, strerror(errno));
        *got = (size_t)n;
        f->consumed += *got;
        return MR_OK;
    }
}

static voidpf z_take(voidpf alloc, uInt count, uInt size) {
    return mem_take(alloc, count, size);
}

static void z_drop(voidpf alloc, voidpf block) {
    mem_free(alloc, block);
}

/* Looks at the first two bytes. */
static mr_status begin(feed *f, mr_error *err) {
    f->raw = mem_take(f->alloc, RAW_BYTES, 1);
    if (!f->raw) return error_memory(err, RAW_BYTES);
    while (f->raw_len < 2 && !f->raw_ended) {
        size_t got = 0;
        mr_status status = stored_read(f, f->raw + f->raw_len, RAW_BYTES - f->raw_len, &got, err);
        if (status) return status;
        f->raw_len += got;
        f->raw_ended = !got;
    }
    f->gzip = f->raw_len >= 2 && f->raw[0] == 0x1F && f->raw[1] == 0x8B;
    if (!f->gzip) return MR_OK;
    f->z.zalloc = z_take;
    f->z.zfree = z_drop;
    f->z.opaque = (voidpf)f->alloc;
    if (inflateInit2(&f->z, 15 + 16) != Z_OK) return error_memory(err, sizeof f->z);
    f->inflating = true;
    return MR_OK;
}

mr_status feed_open(feed *f, const char *path, const mr_alloc *alloc, mr_error *err) {
    *f = (feed){.alloc = alloc, .path = name_of(path), .fd = -1};
    f->fd = !strcmp(path, "-") ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0) return error_set(err, MR_EIO, NULL, -1, "%.300s: %s", path, strerror(errno));
    f->opened = true;
    mr_status status = begin(f, err);
    if (status) feed_close(f);
    return status;
}

mr_status feed_memory(feed *f, const char *bytes, size_t len, const mr_alloc *alloc, mr_error *err) {
    *f = (feed){.alloc = alloc, .path = "memory", .fd = -1, .memory = bytes, .memory_left = len};
    mr_status status = begin(f, err);
    if (status) feed_close(f);
    return status;
}

void feed_close(feed *f) {
    if (f->inflating) inflateEnd(&f->z);
    if (f->opened && f->fd > STDIN_FILENO) close(f->fd);
    mem_free(f->alloc, f->raw);
    *f = (feed){.fd = -1};
}

static mr_status broken(const feed *f, const char *why, mr_error *err) {
    return error_set(err, MR_EDATA, NULL, -1, "%.300s: the gzip data is %s; fetch the file again", f->path,
                     why);
}

/* More stored bytes into raw, from its beginning. */
static mr_status refill(feed *f, mr_error *err) {
    f->raw_at = f->raw_len = 0;
    if (f->raw_ended) return MR_OK;
    mr_status status = stored_read(f, f->raw, RAW_BYTES, &f->raw_len, err);
    if (!status && !f->raw_len) f->raw_ended = true;
    return status;
}

/* Between members: is there another? */
static mr_status next_member(feed *f, bool *another, mr_error *err) {
    *another = false;
    for (;;) {
        while (f->raw_at < f->raw_len && f->raw[f->raw_at] == 0) f->raw_at++;
        if (f->raw_at < f->raw_len) break;
        if (f->raw_ended) return MR_OK;
        mr_status status = refill(f, err);
        if (status) return status;
    }
    if (f->raw[f->raw_at] != 0x1F) return broken(f, "followed by something else", err);
    if (inflateReset(&f->z) != Z_OK) return broken(f, "damaged", err);
    f->member_ended = false;
    *another = true;
    return MR_OK;
}

static mr_status inflate_some(feed *f, char *out, size_t want, size_t *got, mr_error *err) {
    if (want > 1u << 30) want = 1u << 30;
    while (*got == 0) {
        if (f->member_ended) {
            bool another;
            mr_status status = next_member(f, &another, err);
            if (status || !another) return status;
        }
        if (f->raw_at == f->raw_len) {
            mr_status status = refill(f, err);
            if (status) return status;
            if (f->raw_ended) return broken(f, "cut off", err);
        }
        f->z.next_in = f->raw + f->raw_at;
        f->z.avail_in = (uInt)(f->raw_len - f->raw_at);
        f->z.next_out = (unsigned char *)out;
        f->z.avail_out = (uInt)want;
        int z = inflate(&f->z, Z_NO_FLUSH);
        f->raw_at = f->raw_len - f->z.avail_in;
        *got = want - f->z.avail_out;
        if (z == Z_MEM_ERROR) return error_memory(err, want);
        if (z == Z_STREAM_END) f->member_ended = true;
        if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR) return broken(f, "damaged", err);
    }
    return MR_OK;
}

mr_status feed_read(feed *f, char *out, size_t want, size_t *got, mr_error *err) {
    *got = 0;
    if (!want) return MR_OK;
    if (f->gzip) return inflate_some(f, out, want, got, err);
    if (f->raw_at < f->raw_len) {
        *got = f->raw_len - f->raw_at < want ? f->raw_len - f->raw_at : want;
        memcpy(out, f->raw + f->raw_at, *got);
        f->raw_at += *got;
        return MR_OK;
    }
    return f->raw_ended ? MR_OK : stored_read(f, out, want, got, err);
}
