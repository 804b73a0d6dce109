/* The servers of a test: a process of their own, which ends with the test. */
#include "servers.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define PYTHON "/usr/bin/python3"

static struct {
    pid_t pid;
    char folder[64];
    struct {
        char name[32];
        int port;
    } of[16];
    int n;
} servers;

bool servers_start(void) {
    if (servers.pid) return true;
    if (system(PYTHON " -c 'import aiosmtpd' 2>/dev/null")) return false;
    int fds[2];
    strcpy(servers.folder, "/tmp/marram_mail_XXXXXX");
    assert_non_null(mkdtemp(servers.folder));
    assert_int_equal(pipe(fds), 0);
    servers.pid = fork();
    if (!servers.pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fds[1], 1);
        int quiet = open("/dev/null", O_WRONLY); /* aiosmtpd reports every connection that broke, which is what the tests want */
        dup2(quiet, 2);
        close(fds[0]);
        close(fds[1]);
        execl(PYTHON, PYTHON, DELIVER_TESTS "/smtp_server.py", servers.folder, DELIVER_TESTS "/server.pem", (char *)NULL);
        _exit(127);
    }
    assert_true(servers.pid > 0);
    close(fds[1]);
    FILE *f = fdopen(fds[0], "r");
    char name[32];
    int port;
    while (servers.n < 16 && fscanf(f, "%31s %d", name, &port) == 2 && strcmp(name, "ready")) {
        strcpy(servers.of[servers.n].name, name);
        servers.of[servers.n++].port = port;
    }
    fclose(f);
    assert_true(servers.n > 5);
    return true;
}

void servers_stop(void) {
    char command[128];
    if (!servers.pid) return;
    kill(servers.pid, SIGKILL);
    waitpid(servers.pid, NULL, 0);
    snprintf(command, sizeof command, "rm -rf '%s'", servers.folder);
    assert_int_equal(system(command), 0);
    servers.pid = 0;
    servers.n = 0;
}

int servers_port(const char *name) {
    for (int i = 0; i < servers.n; i++)
        if (!strcmp(servers.of[i].name, name)) return servers.of[i].port;
    fail_msg("no server %s", name);
    return 0;
}

const char *servers_folder(void) {
    return servers.folder;
}

text_buffer whole_file(const char *path) {
    text_buffer b = {0};
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("no %s", path);
    while (text_reserve(&b, 4096)) {
        size_t got = fread(b.data + b.len, 1, 4096, f);
        if (!got) break;
        b.len += got;
    }
    fclose(f);
    text_terminate(&b);
    return b;
}

json_t *parsed_mail(const char *path) {
    char command[600];
    snprintf(command, sizeof command, PYTHON " " DELIVER_TESTS "/parse_mail.py '%s'", path);
    FILE *f = popen(command, "r");
    json_error_t why;
    json_t *j = json_loadf(f, 0, &why);
    int code = pclose(f);
    if (!j || code) fail_msg("%s: %s", command, why.text);
    return j;
}
