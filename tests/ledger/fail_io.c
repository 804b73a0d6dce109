/* LD_PRELOAD: the nth write, sync or cut of a file fails.
 *
 *     FAIL_IO_AT=n        counted over write, pwrite, fsync, fdatasync and ftruncate on files with ".db" in their names; 0: never
 *     FAIL_IO_ERRNO=5     with EIO (5), or ENOSPC (28); 0: a write writes only half of its bytes
 *     FAIL_IO_FOR_GOOD=1  all behind the nth fail, too
 *     FAIL_IO_COUNT=FILE  how many there were is written there at the end
 *
 *     FAIL_IO_PROMISES=NAME   who writes to a file of this name (an acknowledgement), or ends well, while a write to a log (-wal) has not been
 *                             synced, is aborted: it promised what a power cut would take. 2 in front of NAME: syncs do not count, so any is */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static atomic_long calls;

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

static atomic_int unsynced;

static void promised(const char *why) {
    if (!atomic_load(&unsynced)) return;
    fprintf(stderr, "fail_io: %s before the log was synced\n", why);
    abort();
}

static void watch(const char *name, int sync) {
    const char *promises = getenv("FAIL_IO_PROMISES"), *end = strrchr(name, '/');
    if (!promises) return;
    int never = *promises == '2';
    if (end && !sync && !strcmp(end + 1, promises + never)) promised("acknowledged");
    if (!strstr(name, "-wal")) return;
    if (!sync)
        atomic_store(&unsynced, 1);
    else if (!never)
        atomic_store(&unsynced, 0);
}

/* -1: go on; else the errno to fail with, 0: half a write. */
static int verdict(int fd, int sync) {
    char link[40], name[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, name, sizeof name - 1);
    name[len > 0 ? len : 0] = '\0';
    watch(name, sync);
    if (!strstr(name, ".db")) return -1;
    long at = number("FAIL_IO_AT"), n = atomic_fetch_add(&calls, 1) + 1;
    return at && (n == at || (n > at && number("FAIL_IO_FOR_GOOD"))) ? (int)number("FAIL_IO_ERRNO") : -1;
}

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("FAIL_IO_COUNT");
    if (getenv("FAIL_IO_PROMISES")) promised("ended well");
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!f) return;
    fprintf(f, "%ld\n", atomic_load(&calls));
    fclose(f);
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, name)

EXPORTED ssize_t write(int fd, const void *bytes, size_t n) {
    REAL(ssize_t, "write", int, const void *, size_t);
    int error = verdict(fd, 0);
    if (error > 0) return errno = error, -1;
    return real(fd, bytes, error == 0 && n > 1 ? n / 2 : n);
}

EXPORTED ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    int error = verdict(fd, 0);
    if (error > 0) return errno = error, -1;
    return real(fd, bytes, error == 0 && n > 1 ? n / 2 : n, at);
}

EXPORTED ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    int error = verdict(fd, 0);
    if (error > 0) return errno = error, -1;
    return real(fd, bytes, error == 0 && n > 1 ? n / 2 : n, at);
}

EXPORTED int fsync(int fd) {
    REAL(int, "fsync", int);
    int error = verdict(fd, 1);
    return error > 0 ? (errno = error, -1) : real(fd);
}

EXPORTED int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    int error = verdict(fd, 1);
    return error > 0 ? (errno = error, -1) : real(fd);
}

EXPORTED int ftruncate(int fd, off_t size) {
    REAL(int, "ftruncate", int, off_t);
    int error = verdict(fd, 0);
    return error > 0 ? (errno = error, -1) : real(fd, size);
}

EXPORTED int ftruncate64(int fd, off64_t size) {
    REAL(int, "ftruncate64", int, off64_t);
    int error = verdict(fd, 0);
    return error > 0 ? (errno = error, -1) : real(fd, size);
}
