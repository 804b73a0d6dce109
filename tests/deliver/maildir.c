/* A Maildir: what is listed and in which order, what becomes of what has been dealt with. */
#include "check.h"

#include <maildir.h>

#include <stdlib.h>
#include <sys/stat.h>

static char folder[64];

static void put(const char *name, const char *text) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static bool there(const char *name) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static int make(void **state) {
    (void)state;
    char path[100];
    strcpy(folder, "/tmp/marram_maildir_XXXXXX");
    if (!mkdtemp(folder)) return 1;
    static const char *const parts[] = {"new", "cur", "tmp"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, parts[i]);
        if (mkdir(path, 0700)) return 1;
    }
    return 0;
}

static int drop(void **state) {
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void test_order(void **state) {
    (void)state;
    static const char *const want[] = {"new/1001.a", "cur/1002.b:2,F", "cur/1002.d:2,", "new/1003.c"};
    maildir m;
    put("new/1003.c", "c");
    put("new/1001.a", "a");
    put("cur/1002.b:2,F", "b");
    put("cur/1002.d:2,", "d");
    put("cur/1000.x:2,S", "seen");
    put("new/.hidden", "x");
    put("tmp/1000.y", "not there yet");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(maildir_open(folder, &m, NULL), MR_OK);
        assert_int_equal(m.n, 4);
        for (int i = 0; i < 4; i++) assert_string_equal(m.path[i], want[i]);
        if (!round) maildir_free(&m);
    }
    text_buffer b = {0};
    bool gone;
    assert_int_equal(maildir_read(&m, 1, 100, &b, &gone, NULL), MR_OK);
    assert_true(!gone && b.len == 1 && b.data[0] == 'b');
    for (size_t i = 0; i < m.n; i++) assert_int_equal(maildir_done(&m, i, NULL), MR_OK);
    assert_true(there("cur/1001.a:2,S") && there("cur/1002.b:2,FS") && there("cur/1002.d:2,S") && there("cur/1003.c:2,S"));
    assert_false(there("new/1001.a") || there("cur/1002.b:2,F") || there("cur/1002.d:2,") || there("new/1003.c"));
    assert_int_equal(maildir_read(&m, 0, 100, &b, &gone, NULL), MR_OK); /* somebody moved it */
    assert_true(gone);
    assert_int_equal(maildir_done(&m, 0, NULL), MR_OK);
    maildir_free(&m);
    assert_int_equal(maildir_open(folder, &m, NULL), MR_OK);
    assert_int_equal(m.n, 0);
    maildir_free(&m);
    text_free(&b);
}

static void test_bad(void **state) {
    (void)state;
    maildir m;
    mr_error err;
    text_buffer b = {0};
    bool gone;
    char path[100];
    assert_int_equal(maildir_open("/no/such/folder", &m, &err), MR_EDATA);
    assert_non_null(strstr(err.message, "Maildir"));
    put("new/1.a", "0123456789");
    put("cur/1.a:2,S", "another that has its name");
    snprintf(path, sizeof path, "%s/new/2.link", folder);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    snprintf(path, sizeof path, "%s/new/3.pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(maildir_open(folder, &m, NULL), MR_OK);
    assert_int_equal(m.n, 3);
    assert_int_equal(maildir_read(&m, 0, 9, &b, &gone, &err), MR_EDATA);
    assert_int_equal(maildir_read(&m, 0, 10, &b, &gone, &err), MR_OK);
    assert_int_equal(b.len, 10);
    assert_int_equal(maildir_read(&m, 1, 100, &b, &gone, &err), MR_EDATA);
    assert_int_equal(maildir_read(&m, 2, 100, &b, &gone, &err), MR_EDATA);
    assert_int_equal(maildir_done(&m, 0, &err), MR_EIO); /* replaces nothing */
    assert_true(there("new/1.a"));
    maildir_free(&m);
    text_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_order, make, drop), cmocka_unit_test_setup_teardown(test_bad, make, drop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
