/* marram: finds the command and hands over. */
#include "command.h"

#include <records.h>

#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COMMAND(name, summary) int command_##name(int argc, char **argv);
#include "commands.def"
#undef COMMAND

const cli_command commands[] = {
#define COMMAND(name, summary) {#name, summary, command_##name},
#include "commands.def"
#undef COMMAND
    {NULL, NULL, NULL},
};
const size_t commands_n = sizeof commands / sizeof *commands - 1;

static void help(FILE *to) {
    fputs("marram: who is about to leave, when, and what to do first\n\n"
          "usage: marram COMMAND [OPTION ...]\n\n", to);
    for (size_t i = 0; i < commands_n; i++) fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\nEach command has --help with an example, and --version. Start with:\n\n"
          "  marram run orders.csv\n\n"
          "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 4 no fit, 5 input/output, 130 interrupted\n", to);
}

static int version(void) {
    printf("marram %s\n", mr_version());
    return EXIT_OK;
}

static int dispatch(int argc, char **argv) {
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
        if (argc > 2) {
            char *args[] = {argv[2], (char *)"--help", NULL};
            for (size_t i = 0; i < commands_n; i++)
                if (!strcmp(commands[i].name, argv[2])) return commands[i].main(2, args);
        }
        help(stdout);
        return EXIT_OK;
    }
    if (!strcmp(name, "--version") || !strcmp(name, "version")) return version();
    for (size_t i = 0; i < commands_n; i++) {
        if (strcmp(commands[i].name, name)) continue;
        return argc == 3 && !strcmp(argv[2], "--version") ? version() : commands[i].main(argc - 1, argv + 1);
    }
    const char *names[sizeof commands / sizeof *commands], *near;
    for (size_t i = 0; i < commands_n; i++) names[i] = commands[i].name;
    near = record_nearest(name, names, commands_n);
    if (near) fprintf(stderr, "marram: there is no command '%s'; did you mean '%s'? 'marram --help' lists them\n", name, near);
    else fprintf(stderr, "marram: there is no command '%s'; 'marram --help' lists them\n", name);
    return EXIT_USAGE;
}

/* Standard output is a pipe whose reader has seen enough ('marram predict --db shop.db | head'): no fault to speak of, though the exit code says it. */
static bool reader_gone(void) {
    struct pollfd out = {.fd = STDOUT_FILENO};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/* OpenBLAS starts a thread a core as it is loaded, and these spin for some 60 ms in case there is work: with two processes at once, on
 * cores the other one wants. The largest matrix here has four columns. Weak: builds of it without threads lack the function. */
extern int blas_thread_shutdown_(void) __attribute__((weak));

int main(int argc, char **argv) {
    if (blas_thread_shutdown_) blas_thread_shutdown_();
    /* Freed memory is kept for what comes next: a run's stages each take a few hundred megabytes, and pages fresh from the
     * kernel cost more to clear than most stages spend on computing. */
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    mallopt(M_TOP_PAD, 32 << 20);
    mallopt(M_ARENA_MAX, 1);
    interrupt_watch();
    int code = dispatch(argc, argv);
    /* What was printed may still be in a buffer, and its place full or closed. */
    bool printed = fflush(stdout) == 0 && !ferror(stdout);
    if (printed || code != EXIT_OK) return code;
    if (!reader_gone()) fputs("marram: standard output cannot be written to: it is full or closed\n", stderr);
    return EXIT_IO;
}
