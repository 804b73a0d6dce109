/* LD_PRELOAD: each fsync and fdatasync takes SLOW_FSYNC_US longer, as a disk that really writes would. */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_a_moment(void) {
    const char *us = getenv("SLOW_FSYNC_US");
    long n = us ? atol(us) : 0;
    struct timespec t = {n / 1000000, n % 1000000 * 1000};
    nanosleep(&t, NULL);
}

__attribute__((visibility("default"))) int fsync(int fd) {
    int (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    wait_a_moment();
    return real(fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd) {
    int (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    wait_a_moment();
    return real(fd);
}
