/* Processes of a test: started, killed, waited for with a limit. None outlives the test: each is killed by the kernel when the thread that
 * started it ends. */
#ifndef TESTS_LEDGER_PROCESS_H
#define TESTS_LEDGER_PROCESS_H

#include "check.h"

#include <stdbool.h>
#include <sys/types.h>

/* Sanitizers slow everything several times over: loads are smaller there. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

typedef struct process {
    pid_t pid;
    char output[160]; /* the file that its stdout and stderr go to */
    bool ended, struck; /* it was waited for; a signal ended it */
    int code;
} process;

/* argv ends with NULL, argv[0] is a path. environment: NULL, or NAME=VALUE ... NULL, added to ours. */
process process_start(const char *output, const char *const *argv, const char *const *environment);
bool process_running(process *p);
/* A signal sent to one that has ended already is no error. */
void process_signal(const process *p, int signal);
/* Its exit code, or 128 + the signal that ended it. Not ended after so many seconds: it is killed and the test fails with its output. */
int process_wait(process *p, double seconds);
/* Starts and waits. */
int process_run(const char *output, const char *const *argv, const char *const *environment, double seconds);
/* What it printed, up to 64 KB: in a buffer that the next call takes again. A sanitizer's report in it fails the test. */
const char *process_said(const process *p);
/* Fails the test where it ended with another code or did not say that. */
void process_ended(process *p, double seconds, int code, const char *what);

void pause_ms(double ms);
double clock_seconds(void);
/* An environment's number, or the one given. */
unsigned long number_of(const char *variable, unsigned long otherwise);
/* MARRAM_SEED, or one of the system's; printed, so that it can be given back. */
uint64_t process_seed(void);

#endif
