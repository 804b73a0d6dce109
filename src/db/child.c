/* Running another program: its own environment, its errors read line by line, stopped when asked. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool overridden(const char *const *environment, const char *entry) {
    for (; *environment; environment += 2) {
        size_t len = strlen(*environment);
        if (!strncmp(entry, *environment, len) && entry[len] == '=') return true;
    }
    return false;
}

static void free_environment(char **list, size_t own) {
    for (size_t i = 0; list && i < own; i++) {
        if (list[i]) explicit_bzero(list[i], strlen(list[i])); /* one is the password */
        mem_free(NULL, list[i]);
    }
    mem_free(NULL, list);
}

/* The first *own entries are ours. NULL where memory is short. */
static char **make_environment(const char *const *environment, size_t *own) {
    size_t n = 0, all = 0;
    while (environment[2 * n]) n++;
    while (environ[all]) all++;
    char **list = mem_new(NULL, n + all + 1, sizeof *list);
    *own = n;
    for (size_t i = 0; list && i < n; i++) {
        size_t size = strlen(environment[2 * i]) + strlen(environment[2 * i + 1]) + 2;
        list[i] = mem_take(NULL, size, 1);
        if (!list[i]) {
            free_environment(list, n);
            return NULL;
        }
        snprintf(list[i], size, "%s=%s", environment[2 * i], environment[2 * i + 1]);
    }
    for (size_t i = 0, at = n; list && i < all; i++)
        if (!overridden(environment, environ[i])) list[at++] = environ[i];
    return list;
}

static int spawn(const child *c, int said, char **environment, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc) return rc;
    rc = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!rc)
        rc = posix_spawn_file_actions_addopen(&actions, 1, c->out ? c->out : "/dev/null",
                                              O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (!rc) rc = posix_spawn_file_actions_adddup2(&actions, said, 2);
    if (!rc)
        rc =
            posix_spawnp(pid, c->arguments[0], &actions, NULL, (char **)(uintptr_t)c->arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

/* Lines of standard error: "pg_dump: error: ..." are kept for the message, the rest is progress. */
static int take_line(child *c, const char *line) {
    const char *error = strstr(line, "error: ");
    if (error && !c->said[0]) snprintf(c->said, sizeof c->said, "%s", error + 7);
    return c->tick ? c->tick(line, c->ctx) : 0;
}

/* Reads what the program says until it ends or tick has had enough. */
static int listen_to(child *c, int from) {
    char buffer[2048];
    size_t len = 0;
    for (;;) {
        struct pollfd wait = {from, POLLIN, 0};
        if (poll(&wait, 1, 200) < 0 && errno != EINTR) return 0;
        if (c->tick && c->tick(NULL, c->ctx)) return 1;
        if (!wait.revents) continue;
        ssize_t got = read(from, buffer + len, sizeof buffer - 1 - len);
        if (got <= 0) return 0;
        len += (size_t)got;
        buffer[len] = '\0';
        char *line = buffer;
        for (char *end; (end = strchr(line, '\n')); line = end + 1) {
            *end = '\0';
            if (take_line(c, line)) return 1;
        }
        len -= (size_t)(line - buffer);
        memmove(buffer, line, len);
        if (len == sizeof buffer - 1) len = 0; /* no line is that long */
    }
}

mr_status child_run(child *c, bool *missing, mr_error *err) {
    int ends[2];
    *missing = false;
    c->said[0] = '\0';
    size_t own;
    char **environment = make_environment(c->environment, &own);
    if (!environment) return error_memory(err, 0);
    if (pipe2(ends, O_CLOEXEC)) {
        free_environment(environment, own);
        return error_set(err, MR_EIO, NULL, -1, "cannot run %s: %s", c->arguments[0], strerror(errno));
    }
    pid_t pid;
    int rc = spawn(c, ends[1], environment, &pid);
    close(ends[1]);
    free_environment(environment, own);
    if (rc) {
        close(ends[0]);
        *missing = rc == ENOENT || rc == EACCES;
        return error_set(err, MR_EIO, NULL, -1, "cannot run %s: %s", c->arguments[0], strerror(rc));
    }
    int stopped = listen_to(c, ends[0]), ended = 0;
    if (stopped) kill(pid, SIGTERM);
    close(ends[0]);
    pid_t waited;
    while ((waited = waitpid(pid, &ended, 0)) < 0 && errno == EINTR) continue;
    if (waited < 0)
        return error_set(err, MR_EIO, NULL, -1, "how %s ended is not known: %s", c->arguments[0],
                         strerror(errno));
    if (stopped) return error_set(err, MR_ECANCELLED, NULL, -1, "stopped");
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0) return MR_OK;
    *missing = WIFEXITED(ended) && WEXITSTATUS(ended) == 127;
    return error_set(err, MR_EIO, NULL, -1, "%s failed: %s", c->arguments[0],
                     c->said[0] ? c->said : "it said nothing of why");
}
