/* The mappings that come with Marram: each on a file of our own that goes through every branch, against
 * tests/data/NAME.records, which says what comes out line by line; and on the founders' real files, by their
 * counts. MARRAM_WRITE=1 writes the .records anew, to be read. */
#include "show_records.h"

#include "mapping_impl.h"

#define DATA SOURCE_DIR "/tests/data/"

static const struct {
    const char *name, *file;
} inputs[] = {
    {"segment", "segment.ndjson"},
    {"stripe", "stripe.ndjson"},
    {"zendesk", "zendesk.ndjson"},
    {"zendesk-csv", "zendesk.csv"},
    {"cdnow", "cdnow.txt"},
    {"grocery", "grocery.csv"},
    {"telco", "telco.csv"},
    {"ravenstack-accounts", "ravenstack/ravenstack_accounts.csv"},
    {"ravenstack-subscriptions", "ravenstack/ravenstack_subscriptions.csv"},
    {"ravenstack-usage", "ravenstack/ravenstack_feature_usage.csv"},
    {"ravenstack-tickets", "ravenstack/ravenstack_support_tickets.csv"},
    {"ravenstack-churn", "ravenstack/ravenstack_churn_events.csv"},
};
enum { INPUTS = sizeof inputs / sizeof *inputs };

static mapping *must_bind(const char *name, const char *path, const rows_options *how, rows **r) {
    mapping *m = NULL;
    mr_error err = {0};
    mapping_options o = {.today = calendar_day(2026, 6, 30)};
    mr_status status = mapping_read(name, NULL, &m, &err);
    if (!status) status = rows_open(&path, 1, how, NULL, r, &err);
    if (!status) status = mapping_bind(m, *r, &path, 1, &o, &err);
    if (status) print_error("%s: %s\n", name, err.message);
    assert_int_equal(status, MR_OK);
    return m;
}

static char *read_all(const char *path) {
    FILE *f = fopen(path, "r");
    if (!f) return NULL;
    char *text = calloc(1, 100000);
    assert_true(fread(text, 1, 99999, f) < 99999);
    fclose(f);
    return text;
}

static void each_on_its_file(void **state) {
    (void)state;
    static const size_t blocks[] = {0, 20, 333};
    for (size_t i = 0; i < INPUTS; i++) {
        char path[512], want_path[512];
        snprintf(path, sizeof path, DATA "%s", inputs[i].file);
        snprintf(want_path, sizeof want_path, DATA "%s.records", inputs[i].name);
        for (size_t k = 0; k < 3; k++) {
            rows *r = NULL;
            rows_options how = {.block_bytes = blocks[k], .header = -1};
            mapping *m = must_bind(inputs[i].name, path, &how, &r);
            text_buffer got = {0};
            show_all(m, r, &got, NULL);
            if (k == 0 && getenv("MARRAM_WRITE")) {
                FILE *f = fopen(want_path, "w");
                fputs(got.data, f);
                fclose(f);
            }
            char *want = read_all(want_path);
            assert_non_null(want);
            if (strcmp(want, got.data) != 0)
                print_error("%s gives other records than %s says\n", inputs[i].name, want_path);
            assert_string_equal(got.data, want);
            free(want);
            text_free(&got);
            rows_close(r);
            mapping_free(m);
        }
    }
}

/* Every mapping is in the table above, can be found by name, says what it is about, and reads back what it
 * writes. */
static void all_of_them(void **state) {
    (void)state;
    size_t n = 0;
    for (const mapping_ready *ready; (ready = mapping_ready_at(n)); n++) {
        bool tested = false;
        for (size_t i = 0; i < INPUTS; i++) tested = tested || !strcmp(inputs[i].name, ready->name);
        if (!tested) print_error("%s has no test\n", ready->name);
        assert_true(tested);
        assert_ptr_equal(mapping_find(ready->name), ready);
        assert_true(strlen(ready->about) > 10);
        assert_int_equal(strlen(ready->yaml), ready->len);
        char path[512];
        snprintf(path, sizeof path, SOURCE_DIR "/mappings/%s.yaml", ready->name);
        char *file = read_all(path);
        assert_string_equal(file, ready->yaml);
        free(file);
        mapping *m, *again;
        mr_error err = {0};
        text_buffer first = {0}, second = {0};
        assert_int_equal(mapping_parse(ready->name, ready->yaml, ready->len, NULL, &m, &err), MR_OK);
        assert_int_equal(mapping_write(m, &first, &err), MR_OK);
        mr_status status = mapping_parse("written", first.data, first.len, NULL, &again, &err);
        if (status) print_error("%s\n%s\n", err.message, text_terminate(&first));
        assert_int_equal(status, MR_OK);
        assert_int_equal(mapping_write(again, &second, &err), MR_OK);
        assert_string_equal(text_terminate(&first), text_terminate(&second));
        mapping_free(m);
        mapping_free(again);
        text_free(&first);
        text_free(&second);
    }
    assert_int_equal(n, INPUTS);
    assert_null(mapping_ready_at(n + 7));
    assert_null(mapping_find("zendesk.yaml"));
}

/* A mapping that was written after binding gives the same records as the one it was written from. */
static void written_ones_do_the_same(void **state) {
    (void)state;
    for (size_t i = 0; i < INPUTS; i++) {
        char path[512];
        snprintf(path, sizeof path, DATA "%s", inputs[i].file);
        const char *paths[] = {path};
        rows *r = NULL;
        mapping *m = must_bind(inputs[i].name, path, NULL, &r), *again;
        mapping_options o = {.today = calendar_day(2026, 6, 30)};
        mr_error err = {0};
        text_buffer yaml = {0}, one = {0}, other = {0};
        assert_int_equal(mapping_write(m, &yaml, &err), MR_OK);
        show_all(m, r, &one, NULL);
        rows_close(r);
        assert_int_equal(rows_open(paths, 1, NULL, NULL, &r, &err), MR_OK);
        assert_int_equal(mapping_parse("again", yaml.data, yaml.len, NULL, &again, &err), MR_OK);
        assert_int_equal(mapping_bind(again, r, paths, 1, &o, &err), MR_OK);
        show_all(again, r, &other, NULL);
        assert_string_equal(one.data, other.data);
        rows_close(r);
        mapping_free(m);
        mapping_free(again);
        text_free(&yaml);
        text_free(&one);
        text_free(&other);
    }
}

/* --- the manual --- */

static size_t examples;

static void must_mean(const char *yaml) {
    mapping *m = NULL;
    mr_error err = {0};
    mr_status status = mapping_parse("docs/mapping.md", yaml, strlen(yaml), NULL, &m, &err);
    if (status) print_error("%s\n%s\n", yaml, err.message);
    assert_int_equal(status, MR_OK);
    mapping_free(m);
    examples++;
}

/* One line as a field of orders: which one hangs on the keys it has. */
static void as_field(const char *text, size_t len) {
    char yaml[1024], line[600];
    snprintf(line, sizeof line, "%.*s", (int)len, text);
    bool is_date = strstr(line, "format:") || strstr(line, "months_before:"),
         is_amount = strstr(line, "decimal:") || strstr(line, "scale:") || strstr(line, "times:");
    snprintf(yaml, sizeof yaml,
             "records:\n- record: orders\n  fields:\n    customer: c\n    currency: u\n%s    %s: %s\n",
             is_date ? "" : "    date: d\n",
             is_date ? "date" : is_amount ? "amount" : "product",
             line);
    must_mean(yaml);
}

static void as_rest(const char *text, size_t len) {
    char yaml[1024];
    snprintf(yaml, sizeof yaml, "records:\n- record: orders\n  fields: {customer: c, date: d}\n  %.*s\n",
             (int)len, text);
    must_mean(yaml);
}

/* Every example of the manual is one: whole mappings, and single fields, conditions and attributes. */
static void manual(void **state) {
    (void)state;
    char *page = read_all(SOURCE_DIR "/docs/mapping.md"), *keep = NULL;
    assert_non_null(page);
    text_buffer block = {0};
    bool inside = false, whole = false;
    for (char *line = strtok_r(page, "\n", &keep); line; line = strtok_r(NULL, "\n", &keep)) {
        if (!strncmp(line, "```", 3)) {
            if (inside && whole) must_mean(text_terminate(&block));
            inside = !inside;
            whole = false;
            block.len = 0;
        } else if (inside) {
            whole = whole || !strncmp(line, "source:", 7);
            text_puts(&block, line);
            text_putc(&block, '\n');
            if (whole) continue;
            const char *value = strchr(line, ':');
            assert_non_null(value);
            if (!strncmp(line, "when:", 5) || !strncmp(line, "attributes:", 11)) {
                as_rest(line, strlen(line));
            } else {
                as_field(value + 1, strlen(value + 1));
            }
        } else if (*line == '|') {
            for (const char *at = line; (at = strstr(at, "`{")); at++) {
                const char *end = strchr(at + 1, '`');
                assert_non_null(end);
                if (!strncmp(at, "`{not", 5) || !strncmp(at, "`{const: text", 13) ||
                    !strncmp(at, "`{const: ...", 12))
                    continue;
                as_field(at + 1, (size_t)(end - at - 1));
            }
        }
    }
    assert_true(examples >= 20);
    text_free(&block);
    free(page);
}

/* --- the founders' files --- */

static void count(const char *name, const char *file, const size_t want[RECORD_KINDS]) {
    char path[512];
    snprintf(path, sizeof path, SHARED_DATA "/%s", file);
    rows *r = NULL;
    size_t got[RECORD_KINDS] = {0};
    mapping *m = must_bind(name, path, NULL, &r);
    assert_int_equal(show_all(m, r, NULL, got), 0);
    for (int k = 0; k < RECORD_KINDS; k++) {
        if (got[k] != want[k])
            print_error("%s: %zu %s, wanted %zu\n", name, got[k], record_name((record_kind)k), want[k]);
        assert_int_equal(got[k], want[k]);
    }
    rows_close(r);
    mapping_free(m);
}

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

static void cdnow(void **state) {
    (void)state;
    need_shared_data("cdnow/CDNOW_master.txt");
    count("cdnow", "cdnow/CDNOW_master.txt", (size_t[RECORD_KINDS]){[RECORD_orders] = 69659});
    rows *r = NULL;
    mapping *m = must_bind("cdnow", SHARED_DATA "/cdnow/CDNOW_master.txt", NULL, &r);
    record *made = calloc(MAPPING_ROOM, sizeof *made);
    char(*ids)[8] = calloc(69659, sizeof *ids);
    const row *w;
    mr_error err;
    mapping_fault fault;
    int64_t sum = 0;
    size_t n, i = 0, customers = 0;
    while (rows_next(r, &w, &err) == MR_OK && w) {
        assert_true(mapping_apply(m, r, w, made, MAPPING_ROOM, &n, &fault));
        assert_int_equal(n, 1);
        snprintf(ids[i++], sizeof *ids, "%.*s", (int)made->value[FIELD_orders_customer].len,
                 made->value[FIELD_orders_customer].text);
        sum += made->value[FIELD_orders_amount].number;
    }
    qsort(ids, i, sizeof *ids, by_text);
    for (size_t k = 0; k < i; k++) customers += k == 0 || strcmp(ids[k], ids[k - 1]) != 0;
    assert_int_equal(customers, 23570);
    assert_true(sum == INT64_C(25003156300)); /* 2,500,315.63 dollars */
    free(ids);
    free(made);
    rows_close(r);
    mapping_free(m);
}

static void grocery(void **state) {
    (void)state;
    need_shared_data("grocery/groceryElog.csv");
    count("grocery", "grocery/groceryElog.csv", (size_t[RECORD_KINDS]){[RECORD_orders] = 10483});
}

static void telco(void **state) {
    (void)state;
    need_shared_data("telco/Telco-Customer-Churn.csv");
    count(
        "telco", "telco/Telco-Customer-Churn.csv",
        (size_t[RECORD_KINDS]){[RECORD_customers] = 7043, [RECORD_contracts] = 7043, [RECORD_events] = 1869});
}

static void ravenstack(void **state) {
    (void)state;
    need_shared_data("ravenstack/ravenstack_accounts.csv");
    count("ravenstack-accounts", "ravenstack/ravenstack_accounts.csv",
          (size_t[RECORD_KINDS]){[RECORD_customers] = 500});
    count("ravenstack-subscriptions", "ravenstack/ravenstack_subscriptions.csv",
          (size_t[RECORD_KINDS]){[RECORD_contracts] = 5000});
    count("ravenstack-usage", "ravenstack/ravenstack_feature_usage.csv",
          (size_t[RECORD_KINDS]){[RECORD_events] = 25000});
    count("ravenstack-tickets", "ravenstack/ravenstack_support_tickets.csv",
          (size_t[RECORD_KINDS]){[RECORD_cases] = 2000});
    count("ravenstack-churn", "ravenstack/ravenstack_churn_events.csv",
          (size_t[RECORD_KINDS]){[RECORD_events] = 742});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_on_its_file),
        cmocka_unit_test(all_of_them),
        cmocka_unit_test(written_ones_do_the_same),
        cmocka_unit_test(manual),
        cmocka_unit_test(cdnow),
        cmocka_unit_test(grocery),
        cmocka_unit_test(telco),
        cmocka_unit_test(ravenstack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
