#include "server.h"

#include "process.h"

#include <stdlib.h>

static int script(const server *v, const char *environment, const char *command, const char *arguments) {
    char line[1024], output[128];
    snprintf(line, sizeof line, "%s exec sh '%s/tests/postgres.sh' %s '%s' %s", environment, SOURCE_DIR, command, v->state, arguments);
    snprintf(output, sizeof output, "%s/said", v->s.folder);
    return process_run(output, (const char *[]){"/bin/sh", "-c", line, NULL}, NULL, 120);
}

/* The one that a test which failed leaves: stopped and removed at the end. */
static server left;

static void free_left(void) {
    if (left.state[0]) server_free(&left);
}

void server_new(server *v, const char *environment) {
    static bool once;
    char path[128];
    store_server(v->s.url, "postgres", 0); /* there is one for all: then there can be one of our own */
    *v = (server){.s = {.kind = DB_POSTGRES}};
    snprintf(v->s.folder, sizeof v->s.folder, "/tmp/marram-server.XXXXXX");
    assert_non_null(mkdtemp(v->s.folder));
    snprintf(v->state, sizeof v->state, "%s", v->s.folder);
    if (!once) atexit(free_left);
    once = true;
    left = *v;
    assert_int_equal(script(v, environment, "start", ""), 0);
    snprintf(path, sizeof path, "%s/url", v->state);
    FILE *f = fopen(path, "r");
    if (!f || !fgets(v->s.url, sizeof v->s.url, f)) fail_msg("no server");
    fclose(f);
    v->s.url[strcspn(v->s.url, "\n")] = '\0';
}

bool server_ctl(const server *v, const char *arguments) {
    return script(v, "", "ctl", arguments) == 0;
}

const char *server_log(const server *v) {
    static char log[4096];
    char path[128], line[256];
    snprintf(path, sizeof path, "%s/folder", v->state);
    FILE *f = fopen(path, "r");
    if (!f || !fgets(line, sizeof line - 8, f)) return "";
    fclose(f);
    line[strcspn(line, "\n")] = '\0';
    strcat(line, "/log");
    f = fopen(line, "r");
    if (!f) return "";
    fseek(f, -(long)sizeof log + 1, SEEK_END);
    log[fread(log, 1, sizeof log - 1, f)] = '\0';
    fclose(f);
    return log;
}

void server_free(server *v) {
    char line[128];
    script(v, "", "stop", "");
    left.state[0] = '\0';
    if (strncmp(v->s.folder, "/tmp/marram-server.", 19) != 0) return;
    snprintf(line, sizeof line, "rm -rf '%s'", v->s.folder);
    assert_int_equal(system(line), 0);
}
