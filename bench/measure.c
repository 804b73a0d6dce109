/* measure OUT COMMAND [ARGUMENT ...]: runs the command and writes what it took to OUT as one JSON object:
 * {"wall": s, "user": s, "system": s, "peak_mb": MB, "exit": code}; peak_mb is the largest resident set
 * (wait4's ru_maxrss). Exits as the command did; 127 where it could not be started. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double seconds(struct timeval t) {
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fputs("usage: measure OUT COMMAND [ARGUMENT ...]\n", stderr);
        return 2;
    }
    double started = now();
    pid_t child;
    int reason = posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ);
    if (reason != 0) {
        fprintf(stderr, "measure: cannot start %s: %s\n", argv[2], strerror(reason));
        return 127;
    }
    int status;
    struct rusage used;
    while (wait4(child, &status, 0, &used) < 0)
        if (errno != EINTR) return 127;
    double wall = now() - started;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    FILE *out = fopen(argv[1], "w");
    if (!out) {
        fprintf(stderr, "measure: %s: %s\n", argv[1], strerror(errno));
        return 127;
    }
    fprintf(out, "{\"wall\":%.4f,\"user\":%.4f,\"system\":%.4f,\"peak_mb\":%.1f,\"exit\":%d}\n", wall,
            seconds(used.ru_utime), seconds(used.ru_stime), (double)used.ru_maxrss / 1024, code);
    return fclose(out) == 0 ? code : 127;
}
