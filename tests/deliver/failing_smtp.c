/* smtp.c against a real server (failing_smtp.py, Debian's aiosmtpd) that gives way at one point after the other: what is certainly not sent may be tried again, what
 * may have arrived may not, and what the server says spoils nothing. The text is larger than any socket's buffer where it is to break in the middle. */
#include "check.h"

#include <mail_write.h>
#include <smtp.h>

#include <jansson.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define PYTHON "/usr/bin/python3"
#define TOKEN "00112233445566778899aabbccddeeff"

static struct {
    bool there;
    char folder[64], certificate[96], key[96];
    pid_t pid;
    int in;
    json_t *ports;
} server;

static bool make_certificate(void) {
    char command[512];
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout %s -out %s >/dev/null 2>&1", server.key,
             server.certificate);
    return system(command) == 0;
}

static int server_start(void **state) {
    (void)state;
    strcpy(server.folder, "/tmp/marram-smtp-XXXXXX");
    assert_non_null(mkdtemp(server.folder));
    snprintf(server.certificate, sizeof server.certificate, "%s/certificate.pem", server.folder);
    snprintf(server.key, sizeof server.key, "%s/key.pem", server.folder);
    bool tls = make_certificate();
    int in[2], out[2];
    assert_true(!pipe(in) && !pipe(out));
    server.pid = fork();
    if (!server.pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        execl(PYTHON, PYTHON, SOURCE_DIR "/tests/deliver/failing_smtp.py", server.folder, tls ? server.certificate : NULL, server.key, NULL);
        _exit(77);
    }
    close(in[0]);
    close(out[1]);
    server.in = in[1];
    char line[512];
    FILE *f = fdopen(out[0], "r");
    if (fgets(line, sizeof line, f)) server.ports = json_loads(line, 0, NULL);
    fclose(f);
    server.there = server.ports != NULL;
    if (server.there) return 0;
    int ended = 0;
    waitpid(server.pid, &ended, 0);
    return WIFEXITED(ended) && WEXITSTATUS(ended) == 77 ? 0 : -1; /* skipped, or broken */
}

static int server_stop(void **state) {
    (void)state;
    char command[128];
    close(server.in);
    if (server.there) waitpid(server.pid, NULL, 0);
    json_decref(server.ports);
    snprintf(command, sizeof command, "rm -rf '%s'", server.folder);
    return system(command);
}

static void need(const char *port) {
    if (!server.there) print_message("no " PYTHON " with aiosmtpd (python3-aiosmtpd)\n");
    else if (!json_object_get(server.ports, port)) print_message("no openssl to make a certificate\n");
    else return;
    skip();
}

static smtp_options options_of(const char *port, char url[64]) {
    snprintf(url, 64, "%s://localhost:%d", strcmp(port, "smtps") ? "smtp" : "smtps", (int)json_integer_value(json_object_get(server.ports, port)));
    return (smtp_options){.url = url, .tls = SMTP_TLS_NEVER, .helo = "client.test", .timeout_ms = 10000};
}

static int stored(void) {
    int n = 0;
    for (char path[128]; snprintf(path, sizeof path, "%s/%04d.eml", server.folder, n + 1) && !access(path, R_OK);) n++;
    return n;
}

/* Of complete lines; some begin with a dot. */
static char *text_of(size_t len) {
    static const char head[] = "From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n\r\n.\r\n..\r\n.x\r\n";
    static const char line[] = "..123456789012345678901234567890123456789012345678901234567890\r\n";
    char *text = malloc(len + 256);
    strcpy(text, head);
    size_t n = sizeof head - 1;
    for (; n < len; n += sizeof line - 1) memcpy(text + n, line, sizeof line);
    return text;
}

static smtp_answer send_over(const smtp_options *o, const char *sender, const char *recipient, size_t len) {
    smtp_session *s = NULL;
    mr_error err;
    smtp_answer answer = {0};
    assert_int_equal(smtp_open(o, &s, &err), MR_OK);
    char *text = text_of(len);
    assert_int_equal(smtp_send(s, sender, recipient, text, strlen(text), &answer, &err), MR_OK);
    smtp_close(s);
    free(text);
    for (const char *c = answer.said; *c; c++) assert_true((unsigned char)*c >= 0x20 && *c != 0x7F);
    return answer;
}

typedef struct point {
    const char *port, *helo, *sender, *recipient;
    smtp_result want;
    int code;
    bool address, ours;
    int kept; /* stored by the server */
    size_t len;
    int64_t timeout_ms;
} point;

static const char *const result_words[] = {"SENT", "LATER", "NEVER", "UNSURE"};

static const point points[] = {
    {"plain", "", "", "ok", SMTP_SENT, .code = 250, .kept = 1},
    {"plain", "", "", "taken", SMTP_SENT, .code = 250, .kept = 1},
    {"plain", "", "", "ok", SMTP_SENT, .code = 250, .kept = 1, .len = 3000000},
    /* Nobody there, or nobody who serves. */
    {"closing", "", "", "ok", SMTP_LATER, .code = 0},
    {"silent", "", "", "ok", SMTP_LATER, .timeout_ms = 300},
    {"unwilling", "", "", "ok", SMTP_LATER, .code = 554, .ours = true},
    {"plain", "drop-ehlo.test", "", "ok", SMTP_LATER, .code = 0},
    {"plain", "hang-ehlo.test", "", "ok", SMTP_LATER, .timeout_ms = 300},
    {"plain", "refuse-ehlo.test", "", "ok", SMTP_LATER, .code = 554, .ours = true},
    {"plain", "", "drop-mail", "ok", SMTP_LATER, .code = 0},
    {"plain", "", "hang-mail", "ok", SMTP_LATER, .timeout_ms = 300},
    {"plain", "", "refuse-mail", "ok", SMTP_LATER, .code = 550, .ours = true},
    {"plain", "", "large", "ok", SMTP_NEVER, .code = 552},
    {"plain", "", "", "drop-rcpt", SMTP_LATER, .code = 0},
    {"plain", "", "", "hang-rcpt", SMTP_LATER, .timeout_ms = 300},
    {"plain", "", "", "closing", SMTP_LATER, .code = 421},
    {"plain", "", "", "later", SMTP_LATER, .code = 451},
    {"plain", "", "", "full", SMTP_LATER, .code = 452},
    {"plain", "", "", "unknown", SMTP_NEVER, .code = 550, .address = true},
    {"plain", "", "", "bare", SMTP_NEVER, .code = 550, .address = true},
    {"plain", "", "", "policy", SMTP_NEVER, .code = 550},
    {"plain", "", "", "nasty", SMTP_NEVER, .code = 550, .address = true},
    {"plain", "", "", "long", SMTP_NEVER, .code = 550, .address = true},
    {"plain", "", "", "drop-data", SMTP_LATER, .code = 0},
    {"plain", "", "", "hang-data", SMTP_LATER, .timeout_ms = 300},
    {"plain", "", "", "refuse-data", SMTP_NEVER, .code = 554},
    {"plain", "", "", "later-data", SMTP_LATER, .code = 451},
    /* From here on it may have arrived. */
    {"plain", "", "", "drop-354", SMTP_UNSURE, .code = 0},
    {"plain", "", "", "drop-body", SMTP_UNSURE, .len = 8000000},
    {"plain", "", "", "drop-body", SMTP_UNSURE, .len = 4000},
    {"plain", "", "", "hang-body", SMTP_UNSURE, .len = 8000000, .timeout_ms = 500},
    {"plain", "", "", "drop-dot", SMTP_UNSURE, .code = 0},
    {"plain", "", "", "hang-dot", SMTP_UNSURE, .timeout_ms = 300},
    {"plain", "", "", "drop-stored", SMTP_UNSURE, .kept = 1},
    {"plain", "", "", "half-answer", SMTP_UNSURE, .kept = 1},
    /* An answer was read: it did not. */
    {"plain", "", "", "spam", SMTP_NEVER, .code = 554},
    {"plain", "", "", "gone", SMTP_NEVER, .code = 550, .address = true},
    {"plain", "", "", "busy", SMTP_LATER, .code = 451},
    {"plain", "", "", "leaves", SMTP_SENT, .code = 250, .kept = 1},
};

static void every_point(void **state) {
    (void)state;
    need("plain");
    int wrong = 0;
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        const point *p = &points[i];
        char url[64], sender[64], recipient[64];
        smtp_options o = options_of(p->port, url);
        if (p->helo[0]) o.helo = p->helo;
        if (p->timeout_ms) o.timeout_ms = p->timeout_ms;
        snprintf(sender, sizeof sender, "%s@sender.example.com", p->sender[0] ? p->sender : "us");
        snprintf(recipient, sizeof recipient, "%s+" TOKEN "@example.com", p->recipient);
        int before = stored();
        smtp_answer a = send_over(&o, sender, recipient, p->len ? p->len : 500);
        bool fine = a.result == p->want && a.code == p->code && a.address == p->address && a.ours == p->ours && stored() - before == p->kept && a.said[0];
        if (!fine)
            print_error("%s %s %s %s %zu bytes: %s %d%s%s, %d stored, said '%s'; wanted %s %d%s%s, %d\n", p->port, p->helo, p->sender, p->recipient, p->len, result_words[a.result], a.code,
                        a.address ? " address" : "", a.ours ? " ours" : "", stored() - before, a.said, result_words[p->want], p->code, p->address ? " address" : "", p->ours ? " ours" : "", p->kept);
        wrong += !fine;
    }
    assert_int_equal(wrong, 0);
}

/* No server at all: a port nobody listens on, and a name that is none (a label of 70 characters: nobody is asked for it). */
static void nobody_there(void **state) {
    (void)state;
    smtp_options o = {.url = "smtp://127.0.0.1:1", .timeout_ms = 3000};
    o.tls = SMTP_TLS_NEVER;
    smtp_answer a = send_over(&o, "us@example.com", "ok@example.com", 500);
    assert_int_equal(a.result, SMTP_LATER);
    assert_int_equal(a.code, 0);
    o.url = "smtp://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test:25";
    a = send_over(&o, "us@example.com", "ok@example.com", 500);
    assert_int_equal(a.result, SMTP_LATER);
    assert_non_null(strstr(a.said, "resolve"));
}

/* One session through everything: each message is judged by its own fate, whatever became of the last one. */
static void one_session(void **state) {
    (void)state;
    need("plain");
    static const struct {
        const char *to;
        smtp_result want;
    } rows[] = {{"ok", SMTP_SENT},        {"unknown", SMTP_NEVER}, {"ok", SMTP_SENT},     {"later", SMTP_LATER}, {"spam", SMTP_NEVER},    {"ok", SMTP_SENT},   {"leaves", SMTP_SENT}, {"ok", SMTP_SENT},
                {"drop-dot", SMTP_UNSURE}, {"ok", SMTP_SENT},       {"drop-rcpt", SMTP_LATER}, {"ok", SMTP_SENT},   {"drop-body", SMTP_UNSURE}, {"busy", SMTP_LATER}, {"closing", SMTP_LATER}, {"ok", SMTP_SENT}};
    char url[64], to[64];
    smtp_options o = options_of("plain", url);
    smtp_session *s;
    mr_error err;
    assert_int_equal(smtp_open(&o, &s, &err), MR_OK);
    char *text = text_of(5000);
    int before = stored(), sent = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        smtp_answer a;
        snprintf(to, sizeof to, "%s@example.com", rows[i].to);
        assert_int_equal(smtp_send(s, "us@example.com", to, text, strlen(text), &a, &err), MR_OK);
        if (a.result != rows[i].want) fail_msg("%zu, %s: %s, %s", i, rows[i].to, result_words[a.result], a.said);
        sent += a.result == SMTP_SENT;
        if (!strcmp(rows[i].to, "leaves")) usleep(50000); /* the server's end reaches us */
    }
    smtp_close(s);
    free(text);
    assert_int_equal(stored() - before, sent);
}

/* What arrives is what was sent, byte for byte, dots and all. */
static void same_bytes(void **state) {
    (void)state;
    need("plain");
    char url[64], path[128];
    smtp_options o = options_of("plain", url);
    assert_int_equal(send_over(&o, "us@example.com", "ok@example.com", 20000).result, SMTP_SENT);
    snprintf(path, sizeof path, "%s/%04d.eml", server.folder, stored());
    char *want = text_of(20000), *got = calloc(1, 40000);
    FILE *f = fopen(path, "rb");
    size_t n = fread(got, 1, 39999, f);
    fclose(f);
    assert_int_equal(n, strlen(want));
    assert_memory_equal(got, want, n);
    free(want);
    free(got);
}

static void encrypted(void **state) {
    (void)state;
    need("starttls");
    char url[64];
    smtp_options o = options_of("starttls", url);
    o.tls = SMTP_TLS_MUST;
    o.ca_file = server.certificate;
    assert_int_equal(send_over(&o, "us@example.com", "ok@example.com", 500).result, SMTP_SENT);
    o.tls = SMTP_TLS_MAY;
    assert_int_equal(send_over(&o, "us@example.com", "ok@example.com", 500).result, SMTP_SENT);
    assert_int_equal(send_over(&o, "us@example.com", "drop-body@example.com", 8000000).result, SMTP_UNSURE);
    assert_int_equal(send_over(&o, "us@example.com", "drop-dot@example.com", 500).result, SMTP_UNSURE);
    assert_int_equal(send_over(&o, "us@example.com", "drop-data@example.com", 500).result, SMTP_LATER);
    o.tls = SMTP_TLS_MUST;
    o.user = "marram";
    o.password = "open sesame";
    assert_int_equal(send_over(&o, "us@example.com", "ok@example.com", 500).result, SMTP_SENT);
    o.password = "wrong";
    smtp_answer a = send_over(&o, "us@example.com", "ok@example.com", 500);
    assert_int_equal(a.result, SMTP_LATER);
    assert_true(a.ours);
    assert_null(strstr(a.said, "wrong"));
    /* Somebody else's certificate; and a server that has no encryption. */
    o.user = o.password = o.ca_file = "";
    a = send_over(&o, "us@example.com", "ok@example.com", 500);
    assert_int_equal(a.result, SMTP_LATER);
    assert_true(a.ours);
    o = options_of("plain", url);
    o.tls = SMTP_TLS_MUST;
    a = send_over(&o, "us@example.com", "ok@example.com", 500);
    assert_int_equal(a.result, SMTP_LATER);
    assert_true(a.ours);
    o = options_of("smtps", url);
    o.ca_file = server.certificate;
    assert_int_equal(send_over(&o, "us@example.com", "ok@example.com", 500).result, SMTP_SENT);
    assert_int_equal(send_over(&o, "us@example.com", "drop-dot@example.com", 500).result, SMTP_UNSURE);
}

static void refused_before(void **state) {
    (void)state;
    mr_error err;
    smtp_session *s = NULL;
    static const char *const urls[] = {"", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://u:p@mail.example.com", "smtp://mail.example.com/path", "smtp://mail.example.com:99999", "smtp://a b"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        smtp_options o = {.url = urls[i], .timeout_ms = 1000};
        if (smtp_open(&o, &s, &err) != MR_EDATA) fail_msg("'%s' is taken for a server", urls[i]);
        assert_string_equal(err.field, "smtp_url");
        assert_null(strstr(err.message, "u:p"));
    }
    smtp_options o = {.url = "smtp://mail.example.com", .tls = SMTP_TLS_MAY, .user = "u", .password = "hidden", .timeout_ms = 1000};
    assert_int_equal(smtp_open(&o, &s, &err), MR_EDATA);
    assert_string_equal(err.field, "smtp_password");
    assert_null(strstr(err.message, "hidden"));
    o = (smtp_options){.url = "smtp://127.0.0.1:1", .tls = SMTP_TLS_NEVER, .timeout_ms = 1000};
    assert_int_equal(smtp_open(&o, &s, &err), MR_OK);
    smtp_answer a;
    static const char *const addresses[] = {"", "x", "a@b.example\r\nRCPT TO:<c@d.example>", "<a@b.example>", "a@b.example SIZE=1", "a@@b.example", "Ann <a@b.example>", "a@b.example>"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        assert_int_equal(smtp_send(s, "us@example.com", addresses[i], "x\r\n", 3, &a, &err), MR_EINVAL);
        assert_int_equal(smtp_send(s, addresses[i], "us@example.com", "x\r\n", 3, &a, &err), MR_EINVAL);
    }
    smtp_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_there), cmocka_unit_test(refused_before), cmocka_unit_test(every_point),
                                       cmocka_unit_test(one_session),  cmocka_unit_test(same_bytes),     cmocka_unit_test(encrypted)};
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
