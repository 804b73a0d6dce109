/* The receiver: a process of its own, which ends with the test. */
#include "hook.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PYTHON "/usr/bin/python3"

static pid_t pid;
static int port;

void hook_start(void) {
    int fds[2];
    if (pid) return;
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fds[1], 1);
        close(fds[0]);
        close(fds[1]);
        execl(PYTHON, PYTHON, DELIVER_TESTS "/hook_server.py", HOOK_SECRET, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    close(fds[1]);
    FILE *f = fdopen(fds[0], "r");
    assert_int_equal(fscanf(f, "port %d", &port), 1);
    fclose(f);
}

int hook_stop(void **state) {
    (void)state;
    if (!pid) return 0;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    pid = 0;
    return 0;
}

const char *hook_url(const char *path) {
    static char urls[4][256];
    static int next;
    char *url = urls[next++ % 4];
    snprintf(url, sizeof urls[0], "http://127.0.0.1:%d/%s", port, path);
    return url;
}

json_t *hook_log(void) {
    static char text[1 << 20];
    size_t len = 0;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(s, (struct sockaddr *)&to, sizeof to), 0);
    dprintf(s, "GET /log HTTP/1.0\r\n\r\n");
    for (ssize_t got; (got = read(s, text + len, sizeof text - 1 - len)) > 0;) len += (size_t)got;
    close(s);
    text[len] = 0;
    const char *body = strstr(text, "\r\n\r\n");
    json_t *log = body ? json_loads(body + 4, 0, NULL) : NULL;
    assert_non_null(log);
    return log;
}

const char *hook_text(const json_t *o, const char *name) {
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}
