/* The report: its files, its page, and that nothing is left behind when it fails. */
#include "check.h"
#include "report_fixture.h"
#include "tags.h"

#include <cells.h>
#include <figures.h>
#include <previous.h>
#include <utf8.h>

#include <dirent.h>
#include <jansson.h>
#include <pool.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/marram-report-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *in(const char *name) {
    static char paths[4][256];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, 256, "%s/%s", folder, name);
    return path;
}

static char *slurp(const char *path, size_t *len) {
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("cannot read %s", path);
    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    char *text = malloc(*len + 1);
    assert_int_equal(fread(text, 1, *len, f), *len);
    text[*len] = 0;
    fclose(f);
    return text;
}

static int entries(const char *path) {
    DIR *d = opendir(path);
    if (!d) return -1;
    int n = 0;
    for (struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

/* A CSV reader of the strictest kind: RFC 4180. Returns cells of all rows, row-major; every row must have as
 * many. */
static char **csv_read(const char *text, size_t *rows, size_t *columns) {
    size_t room = 64, n = 0;
    char **cells = malloc(room * sizeof *cells);
    *rows = *columns = 0;
    size_t in_row = 0;
    for (const char *s = text; *s;) {
        char *cell = malloc(strlen(s) < 4096 ? strlen(s) + 1 : 4096), *to = cell;
        if (*s == '"') {
            for (s++; *s != '"' || s[1] == '"'; s++) {
                assert_true(*s != 0);
                if (*s == '"') s++;
                *to++ = *s;
            }
            s++;
        } else {
            while (*s != ',' && *s != '\n') {
                assert_true(*s != 0 && *s != '"');
                *to++ = *s++;
            }
        }
        *to = 0;
        if (n == room) cells = realloc(cells, (room *= 2) * sizeof *cells);
        cells[n++] = cell;
        in_row++;
        if (*s == '\n') {
            if (!*columns) *columns = in_row;
            assert_int_equal(in_row, *columns);
            in_row = 0;
            ++*rows;
        } else {
            assert_int_equal(*s, ',');
        }
        s++;
    }
    assert_int_equal(in_row, 0);
    return cells;
}

static void csv_free(char **cells, size_t n) {
    for (size_t i = 0; i < n; i++) free(cells[i]);
    free(cells);
}

/* ---- the page ---- */

static void test_tag_checker(void **state) {
    (void)state;
    char why[128];
    assert_true(tags_balanced("<!DOCTYPE html><html><p>a<br>b</p><svg><path d=\"M0 0\"/></svg></html>", why,
                              sizeof why));
    /* What it must catch. */
    assert_false(tags_balanced("<html><p>a</div></html>", why, sizeof why));
    assert_false(tags_balanced("<html><p>a</html>", why, sizeof why));
    assert_false(tags_balanced("<html><p title=\"a>b</p></html>", why, sizeof why));
    assert_false(tags_balanced("<html>a < b</html>", why, sizeof why));
    assert_false(tags_balanced("<html><p id=\"a\"></p><p id=\"a\"></p></html>", why, sizeof why));
    assert_false(tags_balanced("<html><a href=\"#nowhere\">x</a></html>", why, sizeof why));
    assert_false(tags_balanced("<html>a & b</html>", why, sizeof why));
}

static void check_page(const char *path) {
    size_t len;
    char why[128] = "", *html = slurp(path, &len);
    assert_int_equal(strlen(html), len); /* no NUL */
    if (!tags_balanced(html, why, sizeof why)) fail_msg("%s: %s", path, why);
    /* Nothing is loaded from anywhere. */
    static const char *const never[] = {"http://", "https://", "//cdn",   "@import", "url(",
                                        "<link",   "<img",     "<iframe", " src=\"", "<script>alert",
                                        "nan",     "inf<",     "-nan",    "(null)",  "%!"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        const char *at = strstr(html, never[i]);
        /* Words may hold "nan" or "inf": only figures may not. */
        while (at && never[i][0] == 'n' && (at[-1] >= 'a' && at[-1] <= 'z')) at = strstr(at + 1, never[i]);
        if (at) fail_msg("%s holds %s: %.80s", path, never[i], at);
    }
    assert_non_null(strstr(html, "<h1>"));
    free(html);
}

static void test_pages(void **state) {
    (void)state;
    typedef struct page_case {
        size_t n;
        int months;
        unsigned what;
    } page_case;
    static const page_case cases[] = {
        {2000, 24, FIXTURE_ALL & ~FIXTURE_HOSTILE},
        {500, 40, FIXTURE_MONEY | FIXTURE_MODELS},
        {500, 14, FIXTURE_MODELS | FIXTURE_PREVIOUS},
        {60, 12, FIXTURE_CONTACTS},
        {3, 1, FIXTURE_MONEY},
        {1, 0, 0},
        {0, 0, 0},
        {0, 0, FIXTURE_ALL},
        {3, 8, FIXTURE_ALL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        report_fixture *f = report_fixture_new(cases[i].n, cases[i].months, cases[i].what);
        mr_error err = {0};
        if (report_write(&f->r, in("page"), NULL, &err) != MR_OK) fail_msg("%s", err.message);
        check_page(in("page/report.html"));
        json_error_t why;
        json_t *json = json_load_file(in("page/summary.json"), 0, &why);
        if (!json) fail_msg("line %d: %s", why.line, why.text);
        assert_int_equal(json_integer_value(json_object_get(json, "customers")), cases[i].n);
        json_decref(json);
        report_fixture_free(f);
    }
}

/* Every figure unknown: dashes and nulls, no crash, no "nan". */
static void test_all_unknown(void **state) {
    (void)state;
    report_fixture *f = report_fixture_new(40, 12, FIXTURE_ALL & ~FIXTURE_HOSTILE);
    report *r = &f->r;
    r->total_spend = r->mean_order_value = r->expected_orders = r->expected_orders_low =
        r->expected_orders_high = NAN;
    r->expected_customers = r->expected_value = r->value_at_risk = r->value_at_risk_low =
        r->value_at_risk_high = NAN;
    r->cycle_steepest = r->weeks_error = r->outer_actual_total = r->spend_correlation = r->spend_p_value =
        NAN;
    r->previous_expected_orders = r->previous_value_at_risk = r->fit.log_likelihood = NAN;
    for (int i = 0; i < MR_STAGES; i++) r->stage_spend[i] = r->stage_value_at_risk[i] = NAN;
    for (int i = 0; i < REPORT_BINS; i++) r->cycle_leaving[i] = r->cycle_leaving_model[i] = NAN;
    for (int i = 0; i <= 10; i++) r->concentration[i] = NAN;
    for (size_t i = 0; i < r->models_n; i++) {
        report_model *m = &r->models[i];
        m->mae = m->rmse = m->msle = m->correlation = m->predicted_total = m->auc = m->brier =
            m->top_decile_lift = m->rmse_se = NAN;
        m->inner_rmse = m->inner_log_loss = m->alive_mean = m->seconds = NAN;
        for (int k = 0; k < 10; k++) m->calibration_predicted[k] = m->calibration_actual[k] = NAN;
    }
    for (size_t i = 0; i < r->n; i++) {
        report_customer *c = &f->customers[i];
        c->spend = c->rhythm_days = c->overdue_ratio = c->p_order = c->p_alive = c->expected =
            c->expected_low = c->expected_high = NAN;
        c->expected_value = c->due_day = c->due_90_day = NAN;
    }
    for (size_t i = 0; i < r->weeks_n; i++) f->week_actual[i] = f->week_expected[i] = NAN;
    for (size_t i = 0; i < r->months_n; i++) f->months[i].active_spend = f->months[i].passed_now_spend = NAN;
    for (size_t i = 0; i < r->cohorts_n; i++)
        for (int k = 0; k < 24; k++) f->cohorts[i].active[k] = NAN;
    mr_error err = {0};
    assert_int_equal(report_write(r, in("unknown"), NULL, &err), MR_OK);
    check_page(in("unknown/report.html"));
    json_t *json = json_load_file(in("unknown/summary.json"), 0, NULL);
    assert_true(json_is_null(json_object_get(json, "value_at_risk")));
    json_decref(json);
    FILE *nowhere = fopen("/dev/null", "w");
    report_terminal(r, "x", nowhere, 80, true);
    fclose(nowhere);
    report_fixture_free(f);
}

static void test_escaping(void **state) {
    (void)state;
    report_fixture *f = report_fixture_new(300, 18, FIXTURE_ALL);
    mr_error err = {0};
    assert_int_equal(report_write(&f->r, in("hostile"), NULL, &err), MR_OK);
    check_page(in("hostile/report.html"));
    size_t len;
    char *html = slurp(in("hostile/report.html"), &len);
    assert_non_null(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_non_null(strstr(html, "&lt;img "));
    assert_null(strstr(html, "\xe2\x80\xae")); /* the override itself is gone */
    for (size_t i = 0; i < len; i++) assert_true((unsigned char)html[i] >= 0x20 || html[i] == '\n');
    free(html);
    report_fixture_free(f);
}

/* ---- summary.json ---- */

static void test_json(void **state) {
    (void)state;
    report_fixture *f = report_fixture_new(400, 24, FIXTURE_ALL);
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert_int_equal(report_json(&f->r, to, NULL), MR_OK);
    fclose(to);
    json_error_t why;
    json_t *json = json_loads(text, 0, &why);
    if (!json) fail_msg("line %d: %s", why.line, why.text);
    assert_near(json_number_value(json_object_get(json, "expected_orders")), f->r.expected_orders, 1e-12);
    assert_int_equal(json_array_size(json_object_get(json, "stages")), MR_STAGES);
    assert_int_equal(json_array_size(json_object_get(json, "erosion")), f->r.months_n);
    assert_int_equal(json_array_size(json_object_get(json_object_get(json, "holdout"), "models")),
                     f->r.models_n);
    json_t *calls = json_object_get(json, "call_first");
    assert_int_equal(json_array_size(calls), 50);
    double last = INFINITY;
    for (size_t i = 0; i < 50; i++) {
        json_t *one = json_array_get(calls, i);
        double at_risk = json_number_value(json_object_get(one, "value_at_risk"));
        assert_true(at_risk <= last && at_risk > 0);
        last = at_risk;
        assert_string_not_equal(json_string_value(json_object_get(one, "first_step")), "nothing");
    }
    /* Every headline has its definition. */
    static const char *const defined[] = {"customers",       "orders",
                                          "spend",           "repeaters",
                                          "expected_orders", "expected_customers",
                                          "expected_value",  "value_at_risk",
                                          "erosion",         "cycle",
                                          "cohorts",         "concentration",
                                          "weeks",           "weeks_error",
                                          "holdout",         "one_order_unknown",
                                          "horizon_days",    "p_alive",
                                          "p_order",         "first_step"};
    json_t *definitions = json_object_get(json, "definitions");
    for (size_t i = 0; i < sizeof defined / sizeof *defined; i++)
        if (!json_is_string(json_object_get(definitions, defined[i])))
            fail_msg("no definition of %s", defined[i]);
    /* The same report is the same text, key for key. */
    char *again = NULL;
    size_t again_len = 0;
    to = open_memstream(&again, &again_len);
    assert_int_equal(report_json(&f->r, to, NULL), MR_OK);
    fclose(to);
    assert_int_equal(len, again_len);
    assert_memory_equal(text, again, len);
    json_decref(json);
    free(text);
    free(again);
    report_fixture_free(f);
}

/* ---- customers.csv ---- */

static void test_csv(void **state) {
    (void)state;
    report_fixture *f = report_fixture_new(300, 24, FIXTURE_ALL);
    mr_error err = {0};
    assert_int_equal(report_write(&f->r, in("csv"), NULL, &err), MR_OK);
    size_t len, rows, columns;
    char *text = slurp(in("csv/customers.csv"), &len);
    char **cell = csv_read(text, &rows, &columns);
    assert_int_equal(rows, f->r.n + 1);
    assert_int_equal(columns, 22);
    static const char *const names[] = {"customer",
                                        "name",
                                        "email",
                                        "phone",
                                        "orders",
                                        "first",
                                        "last",
                                        "spend",
                                        "rhythm_days",
                                        "rhythm_from",
                                        "overdue_ratio",
                                        "p_order",
                                        "p_alive",
                                        "expected_orders",
                                        "expected_low",
                                        "expected_high",
                                        "expected_value",
                                        "value_at_risk",
                                        "stage",
                                        "next_order_due",
                                        "next_order_due_90",
                                        "first_step"};
    for (size_t k = 0; k < columns; k++) assert_string_equal(cell[k], names[k]);
    for (size_t i = 0; i < f->r.n; i++) {
        const report_customer *c = &f->r.customers[i];
        char **row = cell + (i + 1) * columns;
        const char *id = f->input.id_bytes + f->input.id_offset[c->index];
        size_t id_len = (size_t)(f->input.id_offset[c->index + 1] - f->input.id_offset[c->index]);
        assert_memory_equal(row[0] + (row[0][0] == '\''), id, id_len);
        for (int k = 0; k < 3; k++) assert_null(strchr("=@\t", row[k][0] ? row[k][0] : 'x'));
        assert_int_equal(atoi(row[4]), c->orders);
        assert_near(atof(row[7]), c->spend, 0.00501);
        assert_near(atof(row[11]), c->p_order, 5.1e-7);
        assert_near(atof(row[13]), c->expected, 5.1e-7);
        assert_string_equal(row[18], mr_stage_name(c->stage));
        assert_true(isinf(c->due_day) ? row[19][0] == 0 : strlen(row[19]) == 10);
        assert_string_equal(row[21], mr_step_name(c->step));
    }
    csv_free(cell, rows * columns);
    free(text);
    text = slurp(in("csv/changes.csv"), &len);
    cell = csv_read(text, &rows, &columns);
    assert_int_equal(rows, f->r.changes_n + 1);
    csv_free(cell, rows * columns);
    free(text);
    report_fixture_free(f);
}

/* The same bytes on one thread and on three, over several blocks. */
static void test_threads(void **state) {
    (void)state;
    report_fixture *f = report_fixture_new(40000, 4, FIXTURE_MONEY | FIXTURE_CONTACTS);
    mr_error err = {0};
    assert_int_equal(report_write(&f->r, in("one"), NULL, &err), MR_OK);
    mr_pool *pool = NULL;
    assert_int_equal(mr_pool_new(3, &pool, &err), MR_OK);
    mr_context context = {.pool = pool};
    assert_int_equal(report_write(&f->r, in("three"), &context, &err), MR_OK);
    mr_pool_free(pool);
    size_t a, b;
    char *one = slurp(in("one/customers.csv"), &a), *three = slurp(in("three/customers.csv"), &b);
    assert_int_equal(a, b);
    assert_memory_equal(one, three, a);
    free(one);
    free(three);
    report_fixture_free(f);
}

/* ---- since an earlier run ---- */

static void test_previous_join(void **state) {
    (void)state;
    report_fixture *f = report_fixture_new(300, 18, FIXTURE_ALL & ~FIXTURE_PREVIOUS);
    report *r = &f->r;
    /* The earlier run: every customer but the first ten rows, each third in the next stage with another chance, and two who are
     * gone since. Identifiers as the file shows them: formulas with their apostrophe. */
    size_t n = r->n - 10 + 2, at = 0, moved = 0;
    previous p = {.dir = "earlier", .head = {.until = r->until - 30, .value_at_risk = 5, .expected = 7}, .n = n,
                  .id_bytes = malloc(64 * n), .id_offset = calloc(n + 1, sizeof(uint64_t)), .stage = malloc(n),
                  .p_order = malloc(n * sizeof(double))};
    for (size_t i = 0; i < n; i++) {
        char text[96];
        if (i < r->n - 10) {
            const report_customer *c = &r->customers[i + 10];
            uint64_t from = f->input.id_offset[c->index], to = f->input.id_offset[c->index + 1];
            snprintf(text, sizeof text, "%s%.*s", f->input.id_bytes[from] == '=' ? "'" : "", (int)(to - from), f->input.id_bytes + from);
            bool moves = i % 3 == 0;
            moved += moves;
            p.stage[i] = (uint8_t)((c->stage + moves) % MR_STAGES);
            p.p_order[i] = i == 6 ? NAN : moves ? fmod(c->p_order + (double)i / 700, 1) : c->p_order;
        } else {
            snprintf(text, sizeof text, "gone-%zu", i);
            p.stage[i] = MR_STAGE_DUE;
            p.p_order[i] = 0.5;
        }
        memcpy(p.id_bytes + at, text, strlen(text));
        p.id_offset[i + 1] = at += strlen(text);
    }
    report_change *changes = NULL;
    mr_error err = {0};
    assert_int_equal(previous_join(&p, r, NULL, &changes, &err), MR_OK);
    assert_int_equal(r->change_new, 10);
    assert_int_equal(r->change_gone, 2);
    assert_int_equal(r->changes_n, moved);
    assert_int_equal(r->change_same, r->n - 10 - moved);
    double last = -INFINITY;
    uint64_t in_matrix = 0;
    for (size_t i = 0; i < r->changes_n; i++) {
        const report_customer *c = &r->customers[changes[i].customer];
        assert_int_equal(changes[i].was, (c->stage + 1) % MR_STAGES);
        double change = c->p_order - changes[i].p_order_was;
        assert_true(isnan(change) ? i + 1 == r->changes_n : change >= last);
        last = change;
    }
    for (int was = 0; was < MR_STAGES; was++)
        for (int is = 0; is < MR_STAGES; is++) in_matrix += r->change_matrix[was][is];
    assert_int_equal(in_matrix, r->n - 10);
    assert_int_equal(report_write(r, in("joined"), NULL, &err), MR_OK);
    check_page(in("joined/report.html"));
    assert_int_equal(entries(in("joined")), 4);
    free(changes);
    free(p.id_bytes), free(p.id_offset), free(p.stage), free(p.p_order);
    report_fixture_free(f);
}

/* ---- nothing is left behind ---- */

static int cancel_later(uint64_t done, uint64_t total, void *ctx) {
    (void)done, (void)total;
    int *left = ctx;
    return --*left < 0;
}

static void test_cancel(void **state) {
    (void)state;
    report_fixture *f = report_fixture_new(40000, 2, FIXTURE_MONEY);
    /* After 0, 1, 2 blocks, and right before the files are moved into place. */
    for (int after = 0; after <= 3; after++) {
        int left = after;
        mr_context context = {.progress = cancel_later, .progress_ctx = &left};
        mr_error err = {0};
        assert_int_equal(report_write(&f->r, in("new/deep/folder"), &context, &err), MR_ECANCELLED);
        assert_int_equal(entries(in("new")), -1);
    }
    int left = 4;
    mr_context context = {.progress = cancel_later, .progress_ctx = &left};
    assert_int_equal(report_write(&f->r, in("new/deep/folder"), &context, NULL), MR_OK);
    assert_int_equal(entries(in("new/deep/folder")), 3);
    report_fixture_free(f);
}

/* A folder that was there stays, with what was in it. */
static void test_failure_keeps_others(void **state) {
    (void)state;
    report_fixture *f = report_fixture_new(50, 12, FIXTURE_ALL & ~FIXTURE_HOSTILE);
    mr_error err = {0};
    assert_int_equal(report_write(&f->r, in("kept"), NULL, &err), MR_OK);
    FILE *own = fopen(in("kept/notes.txt"), "w");
    fputs("mine", own);
    fclose(own);
    size_t len, after_len;
    char *before = slurp(in("kept/customers.csv"), &len);
    /* A folder where summary.json should go: the last rename fails, and the earlier ones are taken back. */
    assert_int_equal(remove(in("kept/summary.json")), 0);
    assert_int_equal(mkdir(in("kept/summary.json"), 0755), 0);
    report_fixture *g = report_fixture_new(70, 12, FIXTURE_MONEY);
    assert_int_equal(report_write(&g->r, in("kept"), NULL, &err), MR_EIO);
    assert_non_null(strstr(err.message, "summary.json"));
    char *after = slurp(in("kept/customers.csv"), &after_len);
    assert_int_equal(len, after_len);
    assert_memory_equal(before, after, len);
    assert_int_equal(entries(in("kept")), 5);
    free(before);
    free(after);
    /* With the way free, the run replaces ours, leaves the rest, and takes the changes of the earlier run
     * away. */
    assert_int_equal(rmdir(in("kept/summary.json")), 0);
    assert_int_equal(report_write(&g->r, in("kept/"), NULL, &err), MR_OK);
    assert_int_equal(entries(in("kept")), 4);
    assert_int_equal(access(in("kept/notes.txt"), F_OK), 0);
    assert_int_not_equal(access(in("kept/changes.csv"), F_OK), 0);
    report_fixture_free(f);
    report_fixture_free(g);
}

static void test_out_is_a_file(void **state) {
    (void)state;
    report_fixture *f = report_fixture_new(5, 2, 0);
    FILE *file = fopen(in("file"), "w");
    fclose(file);
    mr_error err = {0};
    assert_int_equal(report_write(&f->r, in("file"), NULL, &err), MR_EIO);
    assert_non_null(strstr(err.message, "file stands where a folder is needed"));
    assert_int_equal(report_write(&f->r, in("file/below"), NULL, &err), MR_EIO);
    assert_non_null(strstr(err.message, "--out"));
    assert_int_equal(access(in("file"), F_OK), 0);
    assert_int_equal(report_write(&f->r, "", NULL, &err), MR_EINVAL);
    assert_int_equal(report_write(NULL, "x", NULL, &err), MR_EINVAL);
    report_fixture_free(f);
}

/* A full disk, played by a limit on file size. */
static void test_disk_full(void **state) {
    (void)state;
    report_fixture *f = report_fixture_new(2000, 12, FIXTURE_MONEY | FIXTURE_MODELS);
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    size_t limits[] = {0, 10, 100000};
    for (size_t i = 0; i < 3; i++) {
        small = old;
        small.rlim_cur = limits[i];
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        mr_error err = {0};
        mr_status status = report_write(&f->r, in("full"), NULL, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(status, MR_EIO);
        assert_non_null(strstr(err.message, "free some space"));
        assert_non_null(strstr(err.message, "customers.csv"));
        assert_int_equal(entries(in("full")), -1);
    }
    report_fixture_free(f);
}

/* ---- the terminal ---- */

static char *terminal(const report_fixture *f, int columns, bool colour) {
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    report_terminal(&f->r, "marram-out", to, columns, colour);
    fclose(to);
    return text;
}

static void test_terminal(void **state) {
    (void)state;
    static const unsigned what[] = {FIXTURE_ALL, FIXTURE_ALL & ~FIXTURE_HOSTILE, 0, FIXTURE_MODELS};
    for (int utf8 = 0; utf8 < 2; utf8++) {
        setenv("LC_ALL", utf8 ? "C.UTF-8" : "C", 1);
        for (size_t i = 0; i < 4; i++) {
            report_fixture *f = report_fixture_new(i == 2 ? 3 : 300, 18, what[i]);
            for (int columns = 36; columns <= 130; columns++) {
                char *text = terminal(f, columns, false);
                assert_null(strchr(text, '\033'));
                for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
                    if (utf8_width(line, strlen(line), 9999, NULL) > (size_t)columns)
                        fail_msg("wider than %d: %s", columns, line);
                    for (char *c = line; *c; c++) assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
                    if (!utf8)
                        for (char *c = line; *c; c++) assert_true((unsigned char)*c < 0x7f);
                }
                free(text);
            }
            char *text = terminal(f, 80, true);
            assert_non_null(strstr(text, "\033[1m"));
            assert_non_null(strstr(text, "marram-out/report.html"));
            free(text);
            report_fixture_free(f);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tag_checker),
        cmocka_unit_test(test_pages),         cmocka_unit_test(test_all_unknown),
        cmocka_unit_test(test_escaping),      cmocka_unit_test(test_json),
        cmocka_unit_test(test_csv), cmocka_unit_test(test_previous_join),           cmocka_unit_test(test_threads),
        cmocka_unit_test(test_cancel),        cmocka_unit_test(test_failure_keeps_others),
        cmocka_unit_test(test_out_is_a_file), cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_terminal),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
