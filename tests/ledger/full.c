/* A disk that runs full under appends and imports: the error names the file and the way out; what was acknowledged is there; with room made, the
 * same writer goes on, and the same command.
 *
 * The disks are small tmpfs in a mount namespace of this process alone: nothing is left mounted, whatever happens. Where none can be mounted,
 * a limit on the size of files stands in. */
#include "import_file.h"
#include "process.h"
#include "server.h"
#include "sound.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { POOL = 200, FILE_POOL = 1000 };

/* --- disks --- */

static void write_text(const char *path, const char *text) {
    int f = open(path, O_WRONLY);
    if (f < 0) return;
    if (write(f, text, strlen(text)) < 0) { /* then mounting fails, and says so */
    }
    close(f);
}

/* Once; whether this process may mount. */
static bool own_namespace(void) {
    static int may = -1;
    char map[64];
    if (may >= 0) return may;
    unsigned user = geteuid(), group = getegid();
    if (!user) {
        may = unshare(CLONE_NEWNS) == 0;
    } else {
        may = unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
        write_text("/proc/self/setgroups", "deny");
        snprintf(map, sizeof map, "0 %u 1", user);
        write_text("/proc/self/uid_map", map);
        snprintf(map, sizeof map, "0 %u 1", group);
        write_text("/proc/self/gid_map", map);
    }
    may = may && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    return may;
}

static void disk_size(const char *folder, unsigned long flags, unsigned kb) {
    char options[64];
    snprintf(options, sizeof options, "size=%uk,mode=0755", kb);
    if (mount("marram-test", folder, "tmpfs", flags, options) != 0) fail_msg("no tmpfs of %u KB at %s", kb, folder);
}

static char disks[64][64]; /* those that a test which failed leaves are removed at the end */
static unsigned disks_n;

static void disk_free(const char *folder) {
    umount2(folder, MNT_DETACH);
    rmdir(folder);
}

static void disks_free(void) {
    while (disks_n) disk_free(disks[--disks_n]);
}

static void disk_new(char folder[64], unsigned kb) {
    strcpy(folder, "/tmp/marram-disk.XXXXXX");
    assert_non_null(mkdtemp(folder));
    if (!disks_n) atexit(disks_free);
    if (disks_n < 64) strcpy(disks[disks_n++], folder);
    disk_size(folder, 0, kb);
}

static unsigned disk_used_kb(const char *folder) {
    struct statvfs about;
    assert_int_equal(statvfs(folder, &about), 0);
    return (unsigned)((about.f_blocks - about.f_bfree) * about.f_frsize / 1024);
}

static bool can_mount(void) {
    char folder[64] = "/tmp/marram-disk.XXXXXX";
    if (!own_namespace()) return false;
    assert_non_null(mkdtemp(folder));
    bool can = mount("marram-test", folder, "tmpfs", 0, "size=1m") == 0;
    disk_free(folder);
    return can;
}

static void need_disks(void) {
    if (can_mount()) return;
    print_message("[  SKIPPED ] no tmpfs can be mounted here\n");
    skip();
}

/* --- appends --- */

/* The lines of failures each say one of these; how many there are. */
static size_t failures_say(const char *acks, const char *what, const char *or_what) {
    char line[512];
    size_t n = 0;
    FILE *f = fopen(acks, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        unsigned thread, k;
        int outcome;
        if (sscanf(line, "%u %u %d", &thread, &k, &outcome) != 3 || outcome >= 0) continue;
        n++;
        if (!strstr(line, what) && !strstr(line, or_what)) fail_msg("this does not say what is wrong and what to do: %s", line);
    }
    fclose(f);
    return n;
}

static size_t acknowledged(const char *acks) {
    load_acks now = {0};
    assert_true(load_acks_read(&now, acks, 1));
    size_t n = now.n - now.failed;
    load_acks_free(&now);
    return n;
}

static void wait_for_failures(process *p, const char *acks, size_t n) {
    for (int i = 0;; i++) {
        load_acks now = {0};
        assert_true(load_acks_read(&now, acks, 1));
        bool enough = now.failed >= n;
        load_acks_free(&now);
        if (enough) return;
        if (i > 2000 || !process_running(p)) fail_msg("the disk did not run full: %zu appends, %s", acknowledged(acks), process_said(p));
        pause_ms(20);
    }
}

static void end_load(process *p) {
    if (!process_running(p)) fail_msg("the load ended by itself: %s", process_said(p));
    process_signal(p, SIGKILL);
    assert_int_equal(process_wait(p, 10), 128 + SIGKILL);
    process_said(p);
}

static void look(const store *s, const char *acks_path) {
    load_acks acks = {0};
    assert_true(load_acks_read(&acks, acks_path, 1));
    ledger *l = fixture_open(s);
    sound_alone(l);
    sound_acks(l, &acks, 0, POOL);
    sound_ledger(l, true);
    sound_projections(l);
    sound_pages(l);
    ledger_close(l);
    load_acks_free(&acks);
}

static void sqlite_full_under_appends(void **state) {
    store *spare = store_of(state), s = {.kind = DB_SQLITE};
    char disk[64], acks[128], output[128];
    need_disks();
    disk_new(disk, 3000);
    snprintf(s.url, sizeof s.url, "%s/ledger.db", disk);
    ledger_close(fixture_ledger(&s));
    snprintf(acks, sizeof acks, "%s/acks", spare->folder);
    snprintf(output, sizeof output, "%s/said", spare->folder);
    process p = process_start(output, (const char *[]){LOAD_PROGRAM, "append", s.url, acks, "seed=1", NULL}, NULL);
    wait_for_failures(&p, acks, 30);
    size_t before = acknowledged(acks);
    disk_size(disk, MS_REMOUNT, 60000);
    for (int i = 0; acknowledged(acks) < before + 100; i++) {
        if (i > 500 || !process_running(&p)) fail_msg("with room on the disk appends do not go on: %s", process_said(&p));
        pause_ms(20);
    }
    end_load(&p);
    size_t failed = failures_say(acks, s.url, "\x01");
    assert_int_equal(failures_say(acks, "no room is left on the disk; free some", "\x01"), failed);
    look(&s, acks);
    print_message("sqlite: %zu appends acknowledged and found, %zu failed for want of room\n", acknowledged(acks), failed);
    disk_free(disk);
}

/* Killed while it was full, and opened while it still is. */
static void sqlite_killed_while_full(void **state) {
    store *spare = store_of(state), s = {.kind = DB_SQLITE};
    char disk[64], acks[128], output[128];
    mr_error err = {0};
    ledger *l = NULL;
    need_disks();
    disk_new(disk, 3000);
    snprintf(s.url, sizeof s.url, "%s/ledger.db", disk);
    ledger_close(fixture_ledger(&s));
    snprintf(acks, sizeof acks, "%s/acks", spare->folder);
    snprintf(output, sizeof output, "%s/said", spare->folder);
    process p = process_start(output, (const char *[]){LOAD_PROGRAM, "append", s.url, acks, "seed=1", NULL}, NULL);
    wait_for_failures(&p, acks, 10);
    end_load(&p);
    if (ledger_open(s.url, &(db_options){.read_only = true}, &l, &err) == MR_OK) {
        sound_ledger(l, true);
        ledger_close(l);
    } else if (!strstr(err.message, s.url)) {
        fail_msg("%s", err.message);
    }
    disk_size(disk, MS_REMOUNT, 60000);
    look(&s, acks);
    disk_free(disk);
}

/* --- imports --- */

typedef struct importing {
    store s;
    char file[128], output[128];
    char *want;
} importing;

static void prepare(importing *t, const store *spare, unsigned events) {
    store s;
    snprintf(t->file, sizeof t->file, "%s/events.ndjson", spare->folder);
    snprintf(t->output, sizeof t->output, "%s/said", spare->folder);
    import_file(t->file, events, FILE_POOL);
    store_new(&s, DB_SQLITE);
    ledger_close(fixture_ledger(&s));
    process p = process_start(t->output, (const char *[]){LOAD_PROGRAM, "import", s.url, t->file, "run_rows=700", NULL}, NULL);
    process_ended(&p, 120, 0, "added");
    ledger *l = fixture_open(&s);
    t->want = sound_dump(l);
    ledger_close(l);
    store_remove(&s);
}

static int import_once(importing *t, const char *run_rows) {
    return process_run(t->output, (const char *[]){LOAD_PROGRAM, "import", t->s.url, t->file, run_rows, NULL}, NULL, 60);
}

static void finished(importing *t) {
    ledger *l = fixture_open(&t->s);
    sound_alone(l);
    sound_ledger(l, false);
    sound_projections(l);
    sound_pages(l);
    char *got = sound_dump(l);
    ledger_close(l);
    sound_same(t->want, got);
    free(got);
}

/* Every size of disk from one that does not hold an empty ledger to one that holds all. */
static void sqlite_full_under_imports(void **state) {
    store *spare = store_of(state);
    importing t = {.s = {.kind = DB_SQLITE}};
    char disk[64];
    mr_error err = {0};
    unsigned full = 0, empty = 0, whole = 0;
    need_disks();
    prepare(&t, spare, 3000);
    for (unsigned kb = 64; whole < 2; kb += SANITIZED ? 600 : 150) {
        disk_new(disk, kb);
        snprintf(t.s.url, sizeof t.s.url, "%s/ledger.db", disk);
        mr_status status = ledger_init(t.s.url, &(ledger_init_options){.key = TEST_KEY, .now_us = TEST_NOW}, &err);
        if (status != MR_OK) {
            empty++;
            if (status != MR_EIO || !strstr(err.message, t.s.url) || !strstr(err.message, "free some")) fail_msg("%u KB: %s", kb, err.message);
            disk_size(disk, MS_REMOUNT, 60000);
            ledger_close(fixture_ledger(&t.s));
            disk_size(disk, MS_REMOUNT, disk_used_kb(disk) + 200);
        }
        int code = import_once(&t, kb / 50 % 2 ? "run_rows=700" : "run_rows=100000");
        process said = {0};
        snprintf(said.output, sizeof said.output, "%s", t.output);
        whole += code == 0;
        full += code == 1;
        const char *text = process_said(&said);
        if (code && (code != 1 || !strstr(text, t.s.url) || !strstr(text, "no room is left on the disk; free some"))) fail_msg("%u KB: ended with %d, said: %s", kb, code, text);
        disk_size(disk, MS_REMOUNT, 60000);
        assert_int_equal(import_once(&t, "run_rows=700"), 0);
        finished(&t);
        disk_free(disk);
    }
    print_message("sqlite: %u disks too small for an empty ledger, %u for the import\n", empty, full);
    assert_true(empty > 0 && full > 3);
    free(t.want);
}

/* The same by the command, with a limit on the size of its files in place of a small disk. */
static void sqlite_files_limited(void **state) {
    importing t = {.s = *store_of(state)};
    char script[1024];
    unsigned full = 0;
    prepare(&t, &t.s, 3000);
    static const unsigned limits[] = {100, 200, 280, 360, 440, 520, 600};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        store s;
        store_new(&s, DB_SQLITE);
        ledger_close(fixture_ledger(&s));
        snprintf(script, sizeof script, "ulimit -f %u; MARRAM_NOW=2023-11-14T22:13:20Z MARRAM_TODAY=2033-11-14 exec '%s' import events '%s' --db '%s' --source test "
                                        "--currency EUR --yes", limits[i] * 2, MARRAM_PROGRAM, t.file, s.url);
        process p = process_start(t.output, (const char *[]){"/bin/sh", "-c", script, NULL}, NULL);
        int code = process_wait(&p, 60);
        full += code == 5;
        if (code && (code != 5 || !strstr(process_said(&p), s.url) || !strstr(process_said(&p), "File too large"))) fail_msg("%u KB: ended with %d, said: %s", limits[i], code, process_said(&p));
        char *again = strchr(script, ';') + 1;
        p = process_start(t.output, (const char *[]){"/bin/sh", "-c", again, NULL}, NULL);
        process_ended(&p, 60, 0, "added");
        importing other = t;
        other.s = s;
        finished(&other);
        store_remove(&s);
    }
    print_message("sqlite: %u of %zu limits met\n", full, sizeof limits / sizeof *limits);
    assert_true(full > 2);
    free(t.want);
}

/* --- PostgreSQL --- */

typedef struct small_server {
    server v;
    char disk[64], log[64];
    char acks[128], output[128];
} small_server;

/* Its data on a disk of its own; the write-ahead log beside them (then a full disk takes the server down), or elsewhere. */
static bool small_server_new(small_server *t, bool log_elsewhere) {
    char environment[512];
    if (geteuid() != 0) {
        print_message("[  SKIPPED ] no tmpfs for the server can be mounted here\n");
        skip();
    }
    need_disks();
    disk_new(t->disk, 120000);
    strcpy(t->log, "/tmp/marram-log.XXXXXX");
    assert_non_null(mkdtemp(t->log));
    chmod(t->log, 0777);
    snprintf(environment, sizeof environment, "export POSTGRES_DATA='%s' POSTGRES_INITDB='--wal-segsize=1 %s%s%s'; ", t->disk, log_elsewhere ? "--waldir=" : "",
             log_elsewhere ? t->log : "", log_elsewhere ? "/wal" : "");
    server_new(&t->v, environment);
    snprintf(t->acks, sizeof t->acks, "%s/acks", t->v.s.folder);
    snprintf(t->output, sizeof t->output, "%s/load", t->v.s.folder);
    ledger_close(fixture_ledger(&t->v.s));
    return true;
}

static void small_server_free(small_server *t) {
    char line[128];
    server_free(&t->v);
    disk_free(t->disk);
    snprintf(line, sizeof line, "rm -rf '%s'", t->log);
    assert_int_equal(system(line), 0);
}

/* No room for rows: the transaction fails, the server goes on. */
static void postgres_full(void **state) {
    small_server t = {0};
    (void)state;
    small_server_new(&t, true);
    disk_size(t.disk, MS_REMOUNT, disk_used_kb(t.disk) + 1500);
    process p = process_start(t.output, (const char *[]){LOAD_PROGRAM, "append", t.v.s.url, t.acks, "seed=1", "lost_ms=2000", NULL}, NULL);
    wait_for_failures(&p, t.acks, 30);
    size_t before = acknowledged(t.acks);
    disk_size(t.disk, MS_REMOUNT, 120000);
    for (int i = 0; acknowledged(t.acks) < before + 100; i++) {
        if (i > 500 || !process_running(&p)) fail_msg("with room on the disk appends do not go on: %s %s", process_said(&p), server_log(&t.v));
        pause_ms(20);
    }
    end_load(&p);
    size_t failed = failures_say(t.acks, "free some room on the server's disk", "\x01");
    look(&t.v.s, t.acks);
    print_message("postgres: %zu appends acknowledged and found, %zu failed for want of room\n", acknowledged(t.acks), failed);
    small_server_free(&t);
}

static void postgres_full_under_an_import(void **state) {
    small_server t = {0};
    importing i = {0};
    unsigned full = 0;
    (void)state;
    small_server_new(&t, true);
    i.s = t.v.s;
    prepare(&i, &t.v.s, 6000);
    static const unsigned room[] = {100, 600, 1200, 2000};
    for (size_t k = 0; k < sizeof room / sizeof *room; k++) {
        mr_error err = {0};
        db *d;
        assert_ok(db_open(t.v.s.url, NULL, &d, &err), &err);
        assert_ok(db_execute(d, "DROP SCHEMA public CASCADE; CREATE SCHEMA public", &err), &err);
        db_close(d);
        ledger_close(fixture_ledger(&t.v.s));
        assert_ok(db_open(t.v.s.url, NULL, &d, &err), &err);
        assert_ok(db_execute(d, "CHECKPOINT", &err), &err); /* files that were dropped go now */
        db_close(d);
        disk_size(t.disk, MS_REMOUNT, disk_used_kb(t.disk) + room[k]);
        process p = process_start(i.output, (const char *[]){LOAD_PROGRAM, "import", t.v.s.url, i.file, "run_rows=700", "lost_ms=2000", NULL}, NULL);
        int code = process_wait(&p, 60);
        full += code == 1;
        if (code && (code != 1 || !strstr(process_said(&p), "free some room on the server's disk")))
            fail_msg("%u KB: ended with %d, said: %s", room[k], code, process_said(&p));
        disk_size(t.disk, MS_REMOUNT, 120000);
        p = process_start(i.output, (const char *[]){LOAD_PROGRAM, "import", t.v.s.url, i.file, "run_rows=700", NULL}, NULL);
        process_ended(&p, 60, 0, "added");
        finished(&i);
    }
    print_message("postgres: %u of %zu imports met a full disk\n", full, sizeof room / sizeof *room);
    assert_true(full > 1);
    free(i.want);
    small_server_free(&t);
}

/* No room for its log: the server goes down and does not come back until there is. */
static void postgres_down_for_want_of_room(void **state) {
    small_server t = {0};
    (void)state;
    small_server_new(&t, false);
    disk_size(t.disk, MS_REMOUNT, disk_used_kb(t.disk) + 1500);
    process p = process_start(t.output, (const char *[]){LOAD_PROGRAM, "append", t.v.s.url, t.acks, "seed=1", "lost_ms=1000", NULL}, NULL);
    wait_for_failures(&p, t.acks, 12);
    disk_size(t.disk, MS_REMOUNT, 120000);
    server_ctl(&t.v, "stop -m immediate"); /* where it has not gone down by itself */
    assert_true(server_ctl(&t.v, "start"));
    size_t before = acknowledged(t.acks);
    for (int i = 0; acknowledged(t.acks) < before + 100; i++) {
        if (i > 500 || !process_running(&p)) fail_msg("with room on the disk appends do not go on: %s %s", process_said(&p), server_log(&t.v));
        pause_ms(20);
    }
    end_load(&p);
    size_t failed = failures_say(t.acks, "running", "free some room on the server's disk");
    look(&t.v.s, t.acks);
    print_message("postgres: %zu appends acknowledged and found, %zu failed while the server had no room for its log\n", acknowledged(t.acks), failed);
    small_server_free(&t);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {ON_SQLITE(sqlite_full_under_appends), ON_SQLITE(sqlite_killed_while_full), ON_SQLITE(sqlite_full_under_imports), ON_SQLITE(sqlite_files_limited),
                                       {"postgres: full", postgres_full, NULL, NULL, NULL}, {"postgres: full_under_an_import", postgres_full_under_an_import, NULL, NULL, NULL},
                                       {"postgres: down_for_want_of_room", postgres_down_for_want_of_room, NULL, NULL, NULL}};
    if (argc == 2) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
