#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>

process process_start(const char *output, const char *const *argv, const char *const *environment) {
    process p = {0};
    snprintf(p.output, sizeof p.output, "%s", output);
    fflush(NULL);
    unlink(output); /* killed before it could make it: then nothing was said */
    p.pid = fork();
    assert_true(p.pid >= 0);
    if (p.pid) return p;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int out = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) _exit(126);
    for (; environment && *environment; environment++) putenv((char *)*environment);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

static int code_of(int ended) {
    return WIFSIGNALED(ended) ? 128 + WTERMSIG(ended) : WEXITSTATUS(ended);
}

bool process_running(process *p) {
    siginfo_t about = {0};
    return waitid(P_PID, (id_t)p->pid, &about, WEXITED | WNOHANG | WNOWAIT) == 0 && !about.si_pid;
}

void process_signal(const process *p, int signal) {
    kill(p->pid, signal); /* until it is waited for, the number is its own */
}

int process_wait(process *p, double seconds) {
    double until = clock_seconds() + seconds;
    int ended = 0;
    if (p->ended) return p->code;
    while (waitpid(p->pid, &ended, WNOHANG) == 0) {
        if (clock_seconds() > until) {
            kill(p->pid, SIGKILL);
            waitpid(p->pid, &ended, 0);
            fail_msg("a process did not end within %g s; it said: %s", seconds, process_said(p));
        }
        pause_ms(1);
    }
    p->struck = WIFSIGNALED(ended);
    p->ended = true;
    return p->code = code_of(ended);
}

int process_run(const char *output, const char *const *argv, const char *const *environment, double seconds) {
    process p = process_start(output, argv, environment);
    return process_wait(&p, seconds);
}

const char *process_said(const process *p) {
    static char said[65536];
    FILE *f = fopen(p->output, "r");
    size_t n = f ? fread(said, 1, sizeof said - 1, f) : 0;
    if (f) fclose(f);
    said[n] = '\0';
    if (strstr(said, "Sanitizer") || strstr(said, "runtime error:")) fail_msg("%s", said);
    return said;
}

void process_ended(process *p, double seconds, int code, const char *what) {
    int got = process_wait(p, seconds);
    const char *said = process_said(p);
    if (got != code || !strstr(said, what)) fail_msg("ended with %d, wanted %d and '%s'; said: %s", got, code, what, said);
}

void pause_ms(double ms) {
    struct timespec t = {(time_t)(ms / 1000), (long)(fmod(ms, 1000) * 1e6)};
    nanosleep(&t, NULL);
}

double clock_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

unsigned long number_of(const char *variable, unsigned long otherwise) {
    const char *text = getenv(variable);
    return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

uint64_t process_seed(void) {
    static uint64_t seed;
    if (seed) return seed;
    seed = number_of("MARRAM_SEED", 0);
    if (!seed && getrandom(&seed, sizeof seed, 0) == sizeof seed) seed >>= 34; /* short enough to be typed */
    if (!seed) seed = 1;
    print_message("MARRAM_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}
