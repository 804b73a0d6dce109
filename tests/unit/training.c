/* A table of features as a frame, what is noticed of it, the document of a trained model: round trip to the bit, and what a damaged one does. */
#include <check.h>

#include <additive_document.h>
#include <rng.h>
#include <stdlib.h>
#include <table_frame.h>
#include <training.h>
#include <unicode.h>

static char folder[] = "/tmp/marram-training-XXXXXX";

static int begin(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static int end(void **state) {
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/t.csv", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/m.json", folder);
    unlink(path);
    return rmdir(folder);
}

static const char *file(const char *text) {
    static char path[64];
    snprintf(path, sizeof path, "%s/t.csv", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    return path;
}

/* 240 rows: a number with gaps, a category, a constant, a name, a flag that tells the outcome, a time. */
static const char *rows(void) {
    static char text[32768];
    rng g;
    rng_seed(&g, 1, 1);
    size_t at = (size_t)snprintf(text, sizeof text, "Name,x,kind,same,told,month,Left\n");
    for (int i = 0; i < 240; i++) {
        double x = rng_normal(&g);
        int kind = (int)rng_below(&g, 3), left = rng_uniform(&g) < 1 / (1 + exp(-2 * x - (kind == 1)));
        char number[24];
        snprintf(number, sizeof number, "%.4f", x);
        at += (size_t)snprintf(text + at, sizeof text - at, "n%d, %s ,%s,7,%s,2025-%02d-01,%s\n", i, i % 11 ? number : "NA", ((const char *const[]){"a", "b", "\"c, d\""})[kind], left ? "gone" : "", i / 20 + 1, i % 50 == 7 ? "" : left ? "yes" : "No");
    }
    return text;
}

static void reads(void **state) {
    (void)state;
    table_frame t;
    mr_error err = {0};
    const table_roles roles = {.target = "left", .id = "name", .time = "month", .monotone = (const char *const[]){"x=+1", NULL}};
    assert_int_equal(table_frame_read(file(rows()), &roles, &t, &err), MR_OK);
    assert_int_equal(t.frame.n, 235);
    assert_int_equal(t.without_outcome, 5);
    assert_int_equal(t.frame.p, 4);
    assert_string_equal(t.frame.positive, "yes");
    assert_string_equal(t.frame.feature[0].name, "x");
    assert_int_equal(t.frame.feature[0].monotone, 1);
    assert_true(isnan(t.frame.feature[0].number[0]));
    assert_int_equal(t.frame.feature[1].levels, 3);
    assert_string_equal(t.frame.feature[1].level[2], "c, d");
    assert_true(t.frame.time[234] > t.frame.time[0]);
    assert_string_equal(t.frame.id[3], "n3");
    training_options options = {.seed = 1, .additive = {.bags = 2}};
    trained m;
    assert_int_equal(training_run(&t.frame, &options, NULL, &m, &err), MR_OK);
    bool leak = false, constant = false;
    for (size_t k = 0; k < m.notes; k++) {
        leak |= strstr(m.note[k], "'told'") && strstr(m.note[k], "'Left'");
        constant |= strstr(m.note[k], "'same' is the same in all rows") != NULL;
        if (strstr(m.note[k], "'x'")) print_error("%s\n", m.note[k]);
        assert_null(strstr(m.note[k], "'x'"));
    }
    assert_true(leak);
    assert_true(constant);
    assert_true(m.holdout.rows >= 40 && m.holdout.rows <= 60);
    assert_non_null(strstr(m.split, "latest"));
    trained_free(&m);
    table_frame_free(&t);
}

static void refuses(void **state) {
    (void)state;
    const struct {
        const char *text;
        table_roles roles;
        const char *says;
    } bad[] = {{"a,y\n1,yes\n", {.target = "z"}, "no column 'z'"},
               {"a,y\n", {.target = "y"}, "no rows"},
               {"a,y\n1,yes\n2,yes\n", {.target = "y"}, "'yes' in every row"},
               {"a,y\n1,yes\n2,no\n3,maybe\n", {.target = "y"}, "3 values"},
               {"a,y\n1,red\n2,blue\n", {.target = "y"}, "--positive VALUE"},
               {"a,y\n1,yes\n2,no\n", {.target = "y", .positive = "perhaps"}, "never 'perhaps'"},
               {"a,y\n1,\n2,\n", {.target = "y"}, "empty in every row"},
               {"a,y\n1,1\n2,0\n3,0\n4,0\n5,0\nx6,1\n", {.target = "y"}, ":7: column 'a': 'x6' is no number"},
               {"a,y\n\xe9,1\nb,0\n", {.target = "y"}, ":2: is no UTF-8: byte E9"},
               {"a\xff,y\n1,1\n2,0\n", {.target = "y"}, "UTF-8"},
               {"a;y\n999;1\n1,234;0\n", {.target = "y"}, ":3: column 'a': '1,234' can be read"},
               {"a,y\n1,1\n-inf,0\n", {.target = "y"}, ":3: column 'a': '-inf' is no finite number"},
               {"a,y\n1,1\n1e999,0\n", {.target = "y"}, "no finite number"},
               {"a,A,y\n1,2,1\n1,2,0\n", {.target = "y"}, "two columns are named"},
               {"a,y\n1,1\n2,0\n", {.target = "y", .id = "q"}, "(--id)"},
               {"a,t,y\n1,soon,1\n2,2,0\n", {.target = "y", .time = "t"}, "is no time"},
               {"a,y\n1,1\n2,0\n", {.target = "y", .ignore = (const char *const[]){"b", NULL}}, "no column 'b'"},
               {"a,y\n1,1\n2,0\n", {.target = "y", .ignore = (const char *const[]){"a", NULL}}, "no column is left"},
               {"a,y\n1,1\n2,0\n", {.target = "y", .monotone = (const char *const[]){"a=2", NULL}}, "COLUMN=+1"},
               {"a,y\n1,1\n2,0\n", {.target = "y", .monotone = (const char *const[]){"b=+1", NULL}}, "'b' is no feature"},
               {"a,y\nq,1\nr,0\n", {.target = "y", .monotone = (const char *const[]){"a=+1", NULL}}, "have no order"},
               {"a,y\n1,1,2\n2,0\n", {.target = "y"}, "fields"}};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        table_frame t;
        mr_error err = {0};
        assert_int_not_equal(table_frame_read(file(bad[k].text), &bad[k].roles, &t, &err), MR_OK);
        if (!strstr(err.message, bad[k].says)) print_error("%zu: %s\n", k, err.message);
        assert_non_null(strstr(err.message, bad[k].says));
        table_frame_free(&t);
    }
}

static void train(trained *m, trained_kind kind, table_frame *t) {
    mr_error err = {0};
    const table_roles roles = {.target = "Left", .id = "Name", .ignore = (const char *const[]){"told", "month", NULL}};
    training_options options = {.kind = kind, .seed = 3, .additive = {.bags = 2}};
    assert_int_equal(table_frame_read(file(rows()), &roles, t, &err), MR_OK);
    assert_int_equal(training_run(&t->frame, &options, NULL, m, &err), MR_OK);
    m->id = "Name";
}

static void round_trip(void **state) {
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        trained m, again;
        table_frame t, matched;
        mr_error err = {0};
        char path[64], *text, *text_again;
        double first[240], other[240];
        train(&m, kind, &t);
        snprintf(path, sizeof path, "%s/m.json", folder);
        assert_int_equal(additive_document_save(&m, path, &err), MR_OK);
        assert_int_equal(additive_document_load(path, &again, &err), MR_OK);
        assert_int_equal(additive_document_write(&m, &text, &err), MR_OK);
        assert_int_equal(additive_document_write(&again, &text_again, &err), MR_OK);
        assert_string_equal(text, text_again);
        assert_int_equal(table_frame_match(file(rows()), &again, NULL, &matched, &err), MR_OK);
        assert_int_equal(trained_score(&m, &t.frame, NULL, first, NULL, &err), MR_OK);
        assert_int_equal(trained_score(&again, &matched.frame, NULL, other, NULL, &err), MR_OK);
        for (size_t i = 0; i < t.frame.n; i++) assert_true(first[i] == other[t.row[i]]);
        additive_document_free(text);
        additive_document_free(text_again);
        table_frame_free(&matched);
        trained_free(&again);
        trained_free(&m);
        table_frame_free(&t);
    }
}

/* A document cut short anywhere, or with bytes changed, is refused with words or is still a sound model: never a crash (the sanitizers look on). */
static void damaged(void **state) {
    (void)state;
    rng g;
    rng_seed(&g, 1, 2);
    for (int kind = 0; kind < 2; kind++) {
        trained m, again;
        table_frame t;
        mr_error err = {0};
        char *text;
        double score[240];
        int refused = 0, taken = 0;
        train(&m, kind, &t);
        assert_int_equal(additive_document_write(&m, &text, &err), MR_OK);
        size_t len = strlen(text);
        char *copy = malloc(len + 1);
        for (int k = 0; k < 600; k++) {
            memcpy(copy, text, len + 1);
            size_t n = len;
            if (k % 3 == 0) n = rng_below(&g, len);
            for (int c = 0; c < 1 + k % 4; c++) { /* digits into digits keep it JSON, so that what is read is what is checked */
                size_t at = rng_below(&g, len);
                if (copy[at] >= '0' && copy[at] <= '9') copy[at] = (char)('0' + rng_below(&g, 10));
                else if (k % 5 == 0) copy[at] = "{}[]\",:-e0\0"[rng_below(&g, 11)];
            }
            err = (mr_error){0};
            mr_status status = additive_document_read(copy, n, &again, &err);
            if (status == MR_OK) {
                taken++;
                if (again.features == t.frame.p) trained_score(&again, &t.frame, NULL, score, NULL, &err);
            } else {
                refused++;
                assert_int_equal(status, MR_EDATA);
                assert_true(err.message[0]);
            }
            trained_free(&again);
        }
        print_message("%d refused, %d still sound\n", refused, taken);
        assert_true(refused > 200);
        free(copy);
        additive_document_free(text);
        trained_free(&m);
        table_frame_free(&t);
    }
    trained none;
    mr_error err = {0};
    static const char *const others[] = {"", "[]", "{}", "{\"format\": 3}", "{\"format\": \"marram trained model\", \"version\": 2}",
                                         "{\"format\": \"marram trained model\", \"version\": 1, \"kind\": \"additive\"}"};
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        assert_int_equal(additive_document_read(others[k], strlen(others[k]), &none, &err), MR_EDATA);
        trained_free(&none);
    }
}

/* Rows of two times, or three: none are left behind the split that later ones could judge, and chance decides who does. */
static void few_times(void **state) {
    (void)state;
    for (int times = 2; times <= 3; times++) {
        char text[16384];
        size_t at = (size_t)snprintf(text, sizeof text, "x,t,y\n");
        rng g;
        rng_seed(&g, 4, (uint64_t)times);
        for (int i = 0; i < 400; i++) {
            double x = rng_normal(&g);
            at += (size_t)snprintf(text + at, sizeof text - at, "%.4f,%d,%d\n", x, (int)rng_below(&g, (uint64_t)times), rng_uniform(&g) < 1 / (1 + exp(-x)));
        }
        table_frame t;
        trained m;
        mr_error err = {0};
        const training_options options = {.seed = 1, .additive = {.bags = 2}};
        if (table_frame_read(file(text), &(table_roles){.target = "y", .time = "t"}, &t, &err) != MR_OK) fail_msg("%s", err.message);
        if (training_run(&t.frame, &options, NULL, &m, &err) != MR_OK) fail_msg("%d times: %s", times, err.message);
        assert_true(m.holdout.rows > 0);
        assert_non_null(strstr(m.split, "latest"));
        trained_free(&m);
        table_frame_free(&t);
    }
}

/* Names longer than there is room for are cut between letters: what is printed of them is JSON. */
static void long_names(void **state) {
    (void)state;
    char text[16384], name[256];
    size_t at = 0;
    for (int i = 0; i < 200; i++) at += (size_t)snprintf(text + at, sizeof text - at, "é");
    at += (size_t)snprintf(text + at, sizeof text - at, "x,");
    for (int i = 0; i < 200; i++) at += (size_t)snprintf(text + at, sizeof text - at, "ß");
    at += (size_t)snprintf(text + at, sizeof text - at, ",y\n");
    for (int i = 0; i < 200; i++) at += (size_t)snprintf(text + at, sizeof text - at, "%d,7,%d\n", i * 7 % 50, i % 3 == 0);
    table_frame t;
    trained m;
    mr_error err = {0};
    const training_options options = {.seed = 1, .additive = {.bags = 2}};
    assert_int_equal(table_frame_read(file(text), &(table_roles){.target = "y"}, &t, &err), MR_OK);
    assert_int_equal(training_run(&t.frame, &options, NULL, &m, &err), MR_OK);
    trained_term_name(&m, 0, name);
    assert_int_equal(unicode_fault(name, strlen(name)), strlen(name));
    assert_true(strlen(name) >= 250);
    assert_true(m.notes > 0);
    for (size_t k = 0; k < m.notes; k++) assert_int_equal(unicode_fault(m.note[k], strlen(m.note[k])), strlen(m.note[k]));
    trained_free(&m);
    table_frame_free(&t);
}

/* By hand: scores 4 3 2 1 with outcomes 1 0 1 0. */
static void known_figures(void **state) {
    (void)state;
    const double score[4] = {2, 1, 0, -1}, tied[4] = {1, 1, 1, 1};
    const unsigned char happened[4] = {1, 0, 1, 0};
    figures f;
    assert_int_equal(figures_of(4, score, happened, NULL, &f, NULL), MR_OK);
    assert_near(f.auc, .75, 1e-15);
    assert_near(f.pr_auc, .5 + .5 * 2 / 3, 1e-15);
    assert_near(f.brier_base, .25, 1e-15);
    assert_true(f.auc_low < .75 && f.auc_high > .75 && f.auc_low > 0 && f.auc_high < 1);
    assert_int_equal(figures_of(4, tied, happened, NULL, &f, NULL), MR_OK);
    assert_near(f.auc, .5, 1e-15);
    assert_near(f.pr_auc, .5, 1e-15);
    assert_true(isnan(f.slope));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads), cmocka_unit_test(refuses), cmocka_unit_test(round_trip), cmocka_unit_test(damaged),
                                       cmocka_unit_test(known_figures), cmocka_unit_test(few_times), cmocka_unit_test(long_names)};
    return cmocka_run_group_tests(tests, begin, end);
}
