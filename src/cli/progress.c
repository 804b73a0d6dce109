/* The progress bar, Ctrl-C, and the clocks: the only place the program asks what time it is. */
#include "command.h"

#include "calendar.h"

#include <assert.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The signal comes to any thread and is looked for by others: a sig_atomic_t would do for one alone. Lock-free, so a handler may use it. */
static atomic_int stopped;
static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may not wait for a lock");

static void on_signal(int number) {
    if (stopped) _exit(128 + number); /* a second Ctrl-C does not wait */
    stopped = 1;
}

void interrupt_watch(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error like any other */
    signal(SIGXFSZ, SIG_IGN); /* so is a file over the limit */
}

bool interrupted(void) {
    return stopped != 0;
}

double monotonic_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int32_t today_utc(void) {
    int32_t day;
    const char *given = getenv("MARRAM_TODAY");
    if (given && calendar_parse(given, strlen(given), &day)) return day;
    return (int32_t)(time(NULL) / 86400);
}

void progress_begin(progress_bar *bar, const char *label) {
    *bar = (progress_bar){.label = label, .shown = isatty(STDERR_FILENO) != 0, .started = monotonic_seconds()};
}

int progress_tick(uint64_t done, uint64_t total, void *ctx) {
    progress_bar *bar = ctx;
    if (stopped) return 1;
    if (!bar->shown) return 0;
    double now = monotonic_seconds();
    if (done < bar->done) {
        bar->pass++;
        bar->started = now;
    }
    bar->done = done;
    if (now - bar->last < 0.1) return 0;
    bar->last = now;
    double spent = now - bar->started;
    char label[48];
    if (bar->pass) snprintf(label, sizeof label, "%s, pass %u", bar->label, bar->pass + 1);
    else snprintf(label, sizeof label, "%s", bar->label);
    if (total) {
        double share = done >= total ? 1 : (double)done / (double)total;
        char filled[31];
        int cells = (int)(share * 30);
        for (int i = 0; i < 30; i++) filled[i] = i < cells ? '#' : '.';
        filled[30] = 0;
        if (spent > 1 && share > 0.02) {
            char rate[32] = "";
            if (bar->bytes) snprintf(rate, sizeof rate, "  %.1f MB/s", (double)done / spent / 1e6);
            fprintf(stderr, "\r\033[K%-23s [%s] %3.0f %%%s  %.0f s left", label, filled, 100 * share, rate, spent / share - spent);
        } else {
            fprintf(stderr, "\r\033[K%-23s [%s] %3.0f %%", label, filled, 100 * share);
        }
    } else if (bar->bytes) {
        fprintf(stderr, "\r\033[K%-23s %.1f MB", label, (double)done / 1e6);
    } else {
        fprintf(stderr, "\r\033[K%-23s %.1f s", label, spent);
    }
    return 0;
}

void progress_end(progress_bar *bar) {
    if (bar->shown) fputs("\r\033[K", stderr);
}
