/* Letters: held until a person approves them, whatever the programme's mode; printed by processes that are killed at random, each is in one file and no more, and none is lost. The seed is printed, and can be given back as MARRAM_SEED. */
#include "story.h"

#include <letters.h>
#include <outbox.h>
#include <rng.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LETTERS = 12, TRIES = 12 };

static const char settings[] = "exit: {mode: off}\nfollow_up: {mode: off}\npreferences: {mode: off}\ndelight: {mode: off}\ntwo_parents: {mode: off}\nwin_back: {holdout: 0.02, letter_from: 10, mode: automatic}\nletters: {form: us10}\n"
                               "strategic: [l0, l1, l2, l3, l4, l5, l6, l7, l8, l9, l10, l11]\n";

static void write_letters(story *t) {
    for (unsigned i = 0; i < LETTERS; i++) {
        char id[16], sql[200];
        mr_error err = {0};
        snprintf(id, sizeof id, "l%u", i);
        story_customer(t, id, "");
        snprintf(sql, sizeof sql, "UPDATE customer SET address = '%u Lane, Bristol' WHERE customer_id = %lld", i, (long long)story_id(t, id));
        assert_ok(db_execute(t->l->d, sql, &err), &err);
        story_event(t, id, EVENT_consent_given, "", "2025-06-01 10:00", "{\"purpose\": \"marketing\"}");
        for (int k = 1; k < 6; k++) story_event(t, id, EVENT_order, "", k % 2 ? "2025-12-10 10:00" : "2025-11-10 10:00", "{\"product\": \"beans\"}");
        story_event(t, id, EVENT_leave_confirmed, "", "2026-01-05 10:00", "{\"reason_code\": \"lost_touch\"}");
    }
    story_tick(t, "2026-02-06 10:00");
}

static size_t waiting(story *t, const char *state) {
    json_t *all;
    const json_t *o;
    mr_error err = {0};
    size_t i, n = 0;
    assert_ok(letters_waiting(t->l, &all, &err), &err);
    json_array_foreach(all, i, o) n += !strcmp(json_string_value(json_object_get(o, "state")), state);
    json_decref(all);
    return n;
}

static int print_it(const story *t, const char *url, const char *path, letters_counts *counts) {
    mr_error err = {0};
    ledger *l = NULL;
    json_t *problems = json_array();
    char sender[40];
    snprintf(sender, sizeof sender, "here:%ld", (long)getpid());
    const sending_options o = {.now_us = t->now_us, .sender = sender};
    mr_status status = ledger_open(url, NULL, &l, &err);
    if (status == MR_OK) status = letters_print(l, &t->c, &o, path, counts, problems, &err);
    if (status != MR_OK) fprintf(stderr, "%s\n", err.message);
    json_decref(problems);
    ledger_close(l);
    return status == MR_OK ? 0 : 1;
}

static bool gone(void *ctx, const char *sender) {
    (void)ctx, (void)sender;
    return false;
}

/* In how many of the files is the sheet of that number? */
static int sheets(const store *s, int64_t id) {
    char command[400], number[17];
    int n = 0;
    snprintf(command, sizeof command, "for f in %s/batch*.pdf; do [ ! -e $f ] || pdftotext $f - | grep -c %s; done | awk '{n += $1} END {print n + 0}'", s->folder, action_id_text(id, number));
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &n), 1);
    pclose(f);
    return n;
}

/* What was cut off: a person looks whether it is on paper. */
static size_t settle(story *t, const store *s) {
    mr_error err = {0};
    message_rows rows = {0};
    size_t n;
    bool ours;
    assert_ok(outbox_unsure(t->l, -1, INT64_MAX, gone, NULL, &n, &err), &err);
    assert_ok(outbox_in(t->l, MESSAGE_UNCERTAIN, 1000, &rows, &err), &err);
    n = rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        bool there = sheets(s, rows.row[i].id) > 0;
        assert_ok(outbox_settle(t->l, rows.row[i].customer_id, rows.row[i].id, there ? OUTBOX_WAS_SENT : OUTBOX_SEND_AGAIN, "a person looked", t->now_us, &ours, &err), &err);
    }
    message_rows_free(&rows);
    return n;
}

static void printed_once(void **state) {
    store *s = store_of(state);
    const char *seed = getenv("MARRAM_SEED");
    uint64_t number = seed ? strtoull(seed, NULL, 10) : 20260206;
    story t;
    rng r;
    mr_error err = {0};
    message_rows rows = {0};
    letters_counts counts = {0};
    char path[200];
    size_t cut = 0, kills = 0;
    bool ours;
    printf("seed %" PRIu64 "\n", number);
    rng_seed(&r, number, 1);
    story_begin(&t, s, settings);
    write_letters(&t);
    assert_int_equal(waiting(&t, "to approve"), LETTERS); /* though the programme is automatic */
    snprintf(path, sizeof path, "%s/batch.pdf", s->folder);
    assert_int_equal(print_it(&t, s->url, path, &counts), 0);
    assert_int_equal(counts.approved, 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_ok(outbox_in(t.l, MESSAGE_WAITING, 100, &rows, &err), &err);
    for (size_t i = 0; i < rows.n; i++) assert_ok(outbox_approve(t.l, rows.row[i].customer_id, rows.row[i].id, "approved by Sen", &ours, &err), &err);
    assert_int_equal(waiting(&t, "approved"), LETTERS);
    for (int i = 0; i < TRIES; i++) {
        int status;
        snprintf(path, sizeof path, "%s/batch%d.pdf", s->folder, i);
        fflush(stdout);
        pid_t child = fork();
        assert_true(child >= 0);
        if (!child) _exit(print_it(&t, s->url, path, &counts));
        usleep((useconds_t)(rng_uniform(&r) * (s->kind == DB_SQLITE ? 25000 : 90000)));
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        kills += WIFSIGNALED(status);
        cut += settle(&t, s);
    }
    snprintf(path, sizeof path, "%s/batch-last.pdf", s->folder);
    assert_int_equal(print_it(&t, s->url, path, &counts), 0);
    assert_int_equal(waiting(&t, "approved"), 0);
    for (size_t i = 0; i < rows.n; i++) assert_int_equal(sheets(s, rows.row[i].id), 1);
    for (unsigned i = 0; i < LETTERS; i++) {
        char id[16];
        snprintf(id, sizeof id, "l%u", i);
        assert_int_equal(story_count(&t, id, EVENT_touch_out), 1);
        assert_int_equal(story_count(&t, id, EVENT_win_back_sent), 1);
    }
    printf("%zu kills, %zu letters cut off, %d printed once each\n", kills, cut, LETTERS);
    message_rows_free(&rows);
    story_end(&t);
}

/* Who comes back, or objects, before it is printed gets none. */
static void too_late(void **state) {
    store *s = store_of(state);
    story t;
    mr_error err = {0};
    message_rows rows = {0};
    letters_counts counts = {0};
    char path[200];
    bool ours;
    story_begin(&t, s, settings);
    write_letters(&t);
    assert_ok(outbox_in(t.l, MESSAGE_WAITING, 100, &rows, &err), &err);
    for (size_t i = 0; i < rows.n; i++) assert_ok(outbox_approve(t.l, rows.row[i].customer_id, rows.row[i].id, "approved by Sen", &ours, &err), &err);
    story_event(&t, "l3", EVENT_consent_withdrawn, "", "2026-02-06 11:00", "{}");
    story_event(&t, "l4", EVENT_order, "", "2026-02-06 11:00", "{\"product\": \"beans\"}");
    story_tick(&t, "2026-02-06 12:00");
    story_event(&t, "l5", EVENT_consent_withdrawn, "", "2026-02-06 13:00", "{}"); /* and no tick since: the gate is asked by the printer, too */
    t.now_us = story_time("2026-02-06 14:00");
    snprintf(path, sizeof path, "%s/batch.pdf", s->folder);
    assert_int_equal(print_it(&t, s->url, path, &counts), 0);
    assert_int_equal(counts.printed, LETTERS - 3);
    assert_int_equal(counts.stopped, 1);
    assert_int_equal(story_count(&t, "l3", EVENT_touch_out) + story_count(&t, "l4", EVENT_touch_out) + story_count(&t, "l5", EVENT_touch_out), 0);
    message_rows_free(&rows);
    story_end(&t);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {BOTH(printed_once), BOTH(too_late)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
