/* simulate: the same bytes for any threads, a truth the orders agree with, and nothing left behind where it
 * fails. */
#include "check.h"
#include "heap.h"

#include "calendar.h"
#include "simulate.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char folder[128]; /* of one test; emptied and removed after it */

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/marram-simulate-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *in_folder(const char *name) {
    static char paths[4][256];
    static int at;
    at = (at + 1) % 4;
    snprintf(paths[at], sizeof paths[at], "%s/%s", folder, name);
    return paths[at];
}

static simulate_options shop(void) {
    return (simulate_options){.customers = 3000,
                              .years = 2,
                              .seed = 5,
                              .regular = 0.5,
                              .returns = 0.05,
                              .start = calendar_day(2022, 1, 1)};
}

static simulate_result simulated(simulate_options o, const char *name, int threads) {
    mr_error err;
    mr_pool *pool = NULL;
    simulate_result result;
    o.out = in_folder(name);
    assert_int_equal(mr_pool_new(threads, &pool, &err), MR_OK);
    mr_context context = {.pool = pool};
    mr_status status = simulate_write(&o, &context, &result, &err);
    mr_pool_free(pool);
    if (status != MR_OK) fail_msg("%s", err.message);
    return result;
}

/* The whole of a file, terminated; the caller frees. */
static char *slurp(const char *path, size_t *len) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    char *bytes = malloc(*len + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *len, f), *len);
    bytes[*len] = 0;
    fclose(f);
    return bytes;
}

static bool same_file(const char *a, const char *b) {
    size_t a_len, b_len;
    char *a_bytes = slurp(in_folder(a), &a_len), *b_bytes = slurp(in_folder(b), &b_len);
    bool same = a_len == b_len && !memcmp(a_bytes, b_bytes, a_len);
    free(a_bytes);
    free(b_bytes);
    return same;
}

static void same_bytes(void **state) {
    (void)state;
    static const struct {
        uint64_t customers;
        simulate_ids ids;
        bool contacts;
        double seasonality, per_customer;
    } rows[] = {{3000, SIMULATE_INTEGERS, false, 0, 0},
                {20000, SIMULATE_UUIDS, true, 0.4, 5},
                {1025, SIMULATE_CODES, false, 0.2, 2},
                {1, SIMULATE_INTEGERS, true, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        simulate_options o = shop();
        o.customers = rows[i].customers;
        o.ids = rows[i].ids;
        o.contacts = rows[i].contacts;
        o.seasonality = rows[i].seasonality;
        o.orders_per_customer = rows[i].per_customer;
        simulated(o, "one", 1);
        simulated(o, "two", 2);
        simulated(o, "five", 5);
        assert_true(same_file("one/orders.csv", "two/orders.csv"));
        assert_true(same_file("one/orders.csv", "five/orders.csv"));
        assert_true(same_file("one/truth.csv", "two/truth.csv"));
        assert_true(same_file("one/truth.csv", "five/truth.csv"));
        simulated(o, "two", 2); /* again, over the first */
        assert_true(same_file("one/orders.csv", "two/orders.csv"));
        o.seed++;
        simulated(o, "other", 2);
        assert_false(same_file("one/orders.csv", "other/orders.csv"));
    }
}

/* One row of each file; the shop has integer ids and no contacts. */
typedef struct truth_row {
    int32_t first, left;
    int k, alive;
    double rate;
    int32_t seen_first, seen_last;
    int orders;
} truth_row;

static truth_row *read_truth(uint64_t customers) {
    size_t len;
    char *text = slurp(in_folder("shop/truth.csv"), &len), *line = text;
    truth_row *rows = calloc(customers, sizeof *rows);
    assert_int_equal(strncmp(text, "customer_id,first_day,k,rate,alive,left\n", 40), 0);
    for (uint64_t i = 0; i < customers; i++) {
        line = strchr(line, '\n') + 1;
        unsigned long long id;
        char first[11], left[11] = "";
        int got = sscanf(line, "%llu,%10[0-9-],%d,%lf,%d,%10[0-9-]", &id, first, &rows[i].k, &rows[i].rate,
                         &rows[i].alive, left);
        assert_int_equal(id, i + 1);
        assert_int_equal(got, rows[i].alive ? 5 : 6);
        assert_true(calendar_parse(first, 10, &rows[i].first));
        if (!rows[i].alive) assert_true(calendar_parse(left, 10, &rows[i].left));
        rows[i].seen_first = INT32_MAX;
    }
    assert_string_equal(strchr(line, '\n'), "\n");
    free(text);
    return rows;
}

typedef void (*order_fn)(void *ctx, unsigned long long id, int32_t day, const char *amount);

static uint64_t each_order(order_fn fn, void *ctx) {
    size_t len;
    char *text = slurp(in_folder("shop/orders.csv"), &len), *line = strchr(text, '\n') + 1;
    assert_int_equal(strncmp(text, "customer_id,date,amount\n", 24), 0);
    uint64_t lines = 0;
    for (char *end; *line; line = end + 1, lines++) {
        end = strchr(line, '\n');
        *end = 0;
        char *rest;
        int32_t day;
        unsigned long long id = strtoull(line, &rest, 10);
        assert_int_equal(*rest, ',');
        assert_true(calendar_parse(rest + 1, 10, &day));
        assert_int_equal(rest[11], ',');
        fn(ctx, id, day, rest + 12);
    }
    free(text);
    return lines;
}

typedef struct check_state {
    truth_row *truth;
    uint64_t customers, orders, returns;
    int32_t start, end, day;
    unsigned long long id;
} check_state;

static void check_order(void *ctx, unsigned long long id, int32_t day, const char *amount) {
    check_state *c = ctx;
    assert_in_range(id, 1, c->customers);
    assert_true(day >= c->start && day < c->end);
    assert_true(day > c->day || (day == c->day && id >= c->id)); /* in date order, then by customer */
    c->day = day;
    c->id = id;
    const char *point = strchr(amount, '.');
    assert_non_null(point);
    assert_int_equal(strlen(point), 3);
    truth_row *t = &c->truth[id - 1];
    if (*amount == '-') {
        c->returns++;
        assert_true(day > t->seen_first); /* nothing goes back before it was bought */
        return;
    }
    assert_true(atof(amount) > 0);
    c->orders++;
    t->orders++;
    if (day < t->seen_first) t->seen_first = day;
    t->seen_last = day;
    if (!t->alive) assert_true(day <= t->left);
}

static void truth_agrees(void **state) {
    (void)state;
    simulate_options o = shop();
    o.seasonality = 0.3;
    simulate_result r = simulated(o, "shop", 2);
    check_state c = {
        .truth = read_truth(o.customers), .customers = o.customers, .start = o.start, .day = o.start};
    c.end = o.start + 730;
    assert_int_equal(each_order(check_order, &c), r.lines);
    assert_int_equal(c.orders, r.orders);
    assert_int_equal(c.returns, r.returns);
    uint64_t alive = 0, regular = 0;
    double rate = 0;
    for (uint64_t i = 0; i < o.customers; i++) {
        truth_row *t = &c.truth[i];
        assert_true(t->orders >= 1);
        assert_int_equal(t->seen_first, t->first);
        if (!t->alive) assert_int_equal(t->seen_last, t->left);
        assert_in_range(t->k, 1, 6);
        alive += t->alive;
        regular += t->k > 1;
        rate += t->rate / (double)o.customers;
    }
    assert_int_equal(alive, r.alive);
    assert_near((double)regular / (double)o.customers, 0.5, 0.04);
    assert_near(rate, 1 / 40.0, 0.002);
    assert_near((double)r.returns / (double)r.orders, 0.05, 0.01);
    free(c.truth);
}

static void orders_per_customer(void **state) {
    (void)state;
    static const struct {
        uint64_t customers;
        double years, wanted, seasonality;
    } rows[] = {
        {100, 2, 4, 0}, {3000, 2, 1.2, 0}, {3000, 5, 20, 0}, {50000, 2, 6, 0.5}, {50000, 0.5, 2.5, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        simulate_options o = shop();
        o.customers = rows[i].customers;
        o.years = rows[i].years;
        o.orders_per_customer = rows[i].wanted;
        o.seasonality = rows[i].seasonality;
        simulate_result r = simulated(o, "shop", 2);
        assert_relative((double)r.orders / (double)o.customers, rows[i].wanted, 0.05);
    }
}

static void count_months(void *ctx, unsigned long long id, int32_t day, const char *amount) {
    (void)id;
    (void)amount;
    ((uint64_t *)ctx)[calendar_month_index(day) % 12]++;
}

static void season_shows(void **state) {
    (void)state;
    for (int season = 0; season < 2; season++) {
        uint64_t months[12] = {0};
        simulate_options o = shop();
        o.customers = 10000;
        o.seasonality = season ? 0.6 : 0;
        simulated(o, "shop", 2);
        each_order(count_months, months);
        double winter = (double)(months[10] + months[11]) / (double)(months[4] + months[5]);
        /* The wave alone gives (1 + .6) / (1 - .6) = 4 at its ends; without it, only the base's growth shows.
         */
        if (season) {
            assert_true(winter > 2.5);
        } else {
            assert_true(winter < 1.6);
        }
    }
}

static void shares_at_their_ends(void **state) {
    (void)state;
    simulate_options o = shop();
    o.returns = 0;
    o.regular = 0;
    simulate_result r = simulated(o, "shop", 1);
    assert_int_equal(r.returns, 0);
    truth_row *t = read_truth(o.customers);
    for (uint64_t i = 0; i < o.customers; i++) assert_int_equal(t[i].k, 1);
    free(t);
    o.regular = 1;
    o.years = 0.01; /* four days */
    simulated(o, "shop", 1);
    t = read_truth(o.customers);
    for (uint64_t i = 0; i < o.customers; i++) assert_in_range(t[i].k, 2, 6);
    free(t);
}

static void identifiers(void **state) {
    (void)state;
    simulate_options o = shop();
    o.customers = 1;
    o.ids = SIMULATE_CODES;
    o.contacts = true;
    simulated(o, "shop", 1);
    size_t len;
    char *text = slurp(in_folder("shop/orders.csv"), &len), name[64], mail[64], id[64];
    assert_int_equal(sscanf(text,
                            "customer_id,date,amount,name,email\n%63[^,],%*[^,],%*[^,],%63[^,],%63[^\n]", id,
                            name, mail),
                     3);
    assert_string_equal(id, "C0000001");
    assert_non_null(strchr(name, ' '));
    assert_non_null(strstr(mail, ".1@example."));
    free(text);
    o.ids = SIMULATE_UUIDS;
    simulated(o, "shop", 1);
    text = slurp(in_folder("shop/truth.csv"), &len);
    assert_int_equal(sscanf(text, "customer_id,first_day,k,rate,alive,left\n%63[^,]", id), 1);
    assert_int_equal(strlen(id), 36);
    assert_int_equal(id[14], '4');
    assert_non_null(strchr("89ab", id[19]));
    free(text);
}

/* --- failing --- */

static int entries(const char *path) {
    DIR *d = opendir(path);
    if (!d) return -1;
    int n = 0;
    for (struct dirent *e; (e = readdir(d));) n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
    closedir(d);
    return n;
}

static void refused(const simulate_options *o, const mr_context *context, mr_status want, const char *part) {
    mr_error err;
    simulate_result result;
    assert_int_equal(simulate_write(o, context, &result, &err), want);
    assert_int_equal(err.code, want);
    if (part && !strstr(err.message, part)) fail_msg("'%s' is not in '%s'", part, err.message);
}

static void bad_options(void **state) {
    (void)state;
    static const struct {
        const char *field;
        simulate_options o;
    } rows[] = {
        {"customers", {.customers = 0, .years = 1}},
        {"years", {.customers = 1, .years = 0}},
        {"years", {.customers = 1, .years = NAN}},
        {"regular", {.customers = 1, .years = 1, .regular = 1.5}},
        {"seasonality", {.customers = 1, .years = 1, .seasonality = 1}},
        {"returns", {.customers = 1, .years = 1, .returns = 1}},
        {"orders_per_customer", {.customers = 1, .years = 1, .orders_per_customer = 0.5}},
        {"orders per customer", {.customers = 100, .years = 1, .orders_per_customer = 9000}},
        {"9999", {.customers = 1, .years = 1, .start = INT32_MAX}},
        {"folder", {.customers = 1, .years = 1, .out = ""}},
        {"folder", {.customers = 1, .years = 1, .out = NULL}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        simulate_options o = rows[i].o;
        if (i < 9) o.out = in_folder("never");
        refused(&o, NULL, MR_EINVAL, rows[i].field);
    }
    assert_int_equal(entries(folder), 0);
}

static void bad_folders(void **state) {
    (void)state;
    FILE *f = fopen(in_folder("file"), "w");
    assert_non_null(f);
    fclose(f);
    simulate_options o = shop();
    o.out = in_folder("file");
    refused(&o, NULL, MR_EIO, "/file: is a file, not a folder");
    o.out = in_folder("file/below");
    refused(&o, NULL, MR_EIO, "/file");
    assert_int_equal(mkdir(in_folder("taken"), 0777), 0);
    assert_int_equal(mkdir(in_folder("taken/orders.csv"), 0777), 0);
    o.out = in_folder("taken");
    refused(&o, NULL, MR_EIO, "orders.csv: is a folder");
    assert_int_equal(entries(in_folder("taken")), 1);
    /* Trailing and doubled slashes, and parents made. */
    o.out = in_folder("deep//er/still/");
    refused(&o, NULL, MR_OK, NULL);
    assert_int_equal(entries(in_folder("deep/er/still")), 2);
}

static int stop_at(uint64_t done, uint64_t total, void *ctx) {
    return (double)done >= *(double *)ctx * (double)total;
}

static void cancelling(void **state) {
    (void)state;
    simulate_options o = shop();
    o.customers = 30000;
    mr_pool *pool = NULL;
    assert_int_equal(mr_pool_new(3, &pool, NULL), MR_OK);
    for (double at = 0; at < 1; at += 0.03) {
        mr_context context = {.pool = pool, .progress = stop_at, .progress_ctx = &at};
        o.out = in_folder("new/shop");
        refused(&o, &context, MR_ECANCELLED, NULL);
        assert_int_equal(entries(folder), 0); /* not even the folders it made */
    }
    mr_pool_free(pool);
}

static void full_disk(void **state) {
    (void)state;
    simulate_options o = shop();
    o.customers = 40000;
    simulated(shop(), "shop", 1);
    simulated(shop(), "was", 1);
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (int threads = 1; threads <= 3; threads++)
        for (rlim_t size = 0; size < 4000000; size = 10 * size + 3000) {
            mr_pool *pool = NULL;
            assert_int_equal(mr_pool_new(threads, &pool, NULL), MR_OK);
            mr_context context = {.pool = pool};
            limit = before;
            limit.rlim_cur = size;
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
            mr_error err;
            simulate_result result;
            o.out = in_folder("shop");
            mr_status status = simulate_write(&o, &context, &result, &err);
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
            mr_pool_free(pool);
            assert_int_equal(status, MR_EIO);
            assert_non_null(strstr(err.message, "shop/orders.csv: cannot write: File too large"));
            assert_int_equal(entries(in_folder("shop")), 2);
        }
    limit.rlim_cur = 0; /* the heading already; and a caller who does not ask why */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    mr_status status = simulate_write(&o, NULL, NULL, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, MR_EIO);
    /* What was there before is untouched. */
    assert_true(same_file("shop/orders.csv", "was/orders.csv"));
    assert_true(same_file("shop/truth.csv", "was/truth.csv"));
}

/* --- short memory: the nth allocation fails, for every n --- */

static void memory_runs_out(void **state) {
    (void)state;
    simulate_options o = shop();
    o.customers = 1500;
    o.seasonality = 0.1;
    for (int n = 0;; n++) {
        heap h = {.fail_at = n + 1, .for_good = true};
        mr_alloc alloc = heap_alloc(&h);
        mr_context context = {.alloc = &alloc};
        mr_error err;
        simulate_result result;
        o.out = in_folder("shop");
        mr_status status = simulate_write(&o, &context, &result, &err);
        assert_int_equal(h.live, 0);
        if (status == MR_OK) {
            assert_true(n > 15);
            break;
        }
        assert_int_equal(status, MR_ENOMEM);
        assert_int_equal(entries(folder), 0);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(same_bytes),   IN_FOLDER(truth_agrees),         IN_FOLDER(orders_per_customer),
        IN_FOLDER(season_shows), IN_FOLDER(shares_at_their_ends), IN_FOLDER(identifiers),
        IN_FOLDER(bad_options),  IN_FOLDER(bad_folders),          IN_FOLDER(cancelling),
        IN_FOLDER(full_disk),    IN_FOLDER(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
