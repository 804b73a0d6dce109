/* Caps of save offers are held by several processes that draw at once, one of them killed in the midst of it. The seed is printed, and can be given back as MARRAM_SEED. */
#include "story.h"

#include <offering.h>
#include <rng.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CUSTOMERS = 60, PROCESSES = 3, CAP = 7 };
#define NOW "2026-03-02 10:00"

static const char settings[] = "offers:\n  - {name: few, kind: person, title: A visit, text: We come, places: [exit], holdout: 0.2, cap: 7, cap_days: 30}\n";

/* Everybody is drawn for, from some customer on. */
static int draw_all(const story *t, const char *url, unsigned from) {
    mr_error err = {0};
    ledger *l = NULL;
    mr_status status = ledger_open(url, NULL, &l, &err);
    for (unsigned i = 0; i < CUSTOMERS && status == MR_OK; i++) {
        char id[16];
        int64_t customer;
        whole w = {0};
        offering o;
        int len = snprintf(id, sizeof id, "c%u", (from + i) % CUSTOMERS);
        status = ledger_find(l, "shop", id, (size_t)len, &customer, &err);
        if (status == MR_OK) status = whole_read(l, customer, &w, &err);
        if (status == MR_OK) status = offering_draw(l, &w, &t->c, OFFERING_EXIT, 1, REASON_lost_touch, "web", story_time(NOW), &o, &err);
        whole_free(&w);
    }
    if (status != MR_OK) fprintf(stderr, "%s\n", err.message);
    ledger_close(l);
    return status == MR_OK ? 0 : 1;
}

static void at_once(void **state) {
    store *s = store_of(state);
    const char *seed = getenv("MARRAM_SEED");
    uint64_t number = seed ? strtoull(seed, NULL, 10) : 20260302;
    story t;
    rng r;
    pid_t child[PROCESSES];
    printf("seed %" PRIu64 "\n", number);
    rng_seed(&r, number, 1);
    story_begin(&t, s, settings);
    for (unsigned i = 0; i < CUSTOMERS; i++) {
        char id[16];
        snprintf(id, sizeof id, "c%u", i);
        story_customer(&t, id, "");
    }
    for (int round = 0; round < 2; round++) { /* the second goes on with what was cut off */
        for (unsigned p = 0; p < PROCESSES; p++) {
            fflush(stdout);
            child[p] = fork();
            assert_true(child[p] >= 0);
            if (!child[p]) _exit(draw_all(&t, s->url, p * CUSTOMERS / PROCESSES));
        }
        if (!round) {
            usleep((useconds_t)(rng_uniform(&r) * 60000));
            kill(child[0], SIGKILL);
        }
        for (unsigned p = 0; p < PROCESSES; p++) {
            int status;
            assert_int_equal(waitpid(child[p], &status, 0), child[p]);
            assert_true((!round && !p && WIFSIGNALED(status)) || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
        }
    }
    int64_t shown = store_int(t.l->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM offer_draw WHERE state = 1"), held = store_int(t.l->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM offer_draw WHERE state = 0"),
            events = store_int(t.l->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM event WHERE kind = 33"), all = store_int(t.l->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM offer_draw");
    _Static_assert(EVENT_offer_shown == 33, "the number above");
    printf("%d processes, %d customers: %" PRId64 " shown, %" PRId64 " held out, %" PRId64 " draws\n", PROCESSES, CUSTOMERS, shown, held, all);
    assert_int_equal(shown, CAP);
    assert_int_equal(events, CAP);
    assert_true(all <= CUSTOMERS); /* who would have been shown it when it was full is not drawn for: there is nothing to draw */
    story_end(&t);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {BOTH(at_once)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
