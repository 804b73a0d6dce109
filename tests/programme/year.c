/* A year in fast time: customers of many time zones order, complain, promise themselves nothing, withdraw consent, change their minds, leave, take offers and come back; all programmes run by
 * themselves, the save desk calls; ticks and senders are killed at random and started again. Then a checker that reads only the ledger's tables (year_check.c) looks at every contact and every offer:
 * none outside hours, consent, topics or budget, none twice; every case and promise is settled, or somebody's; who wanted to leave has left, in two screens; nobody who came back is offered more than
 * who stayed; no offer beyond its cap; who is held out is not treated. It must find violations that are planted.
 *
 * The seed is printed, and can be given back as MARRAM_SEED; how many customers: MARRAM_CUSTOMERS. */
#include "story.h"
#include "year_check.h"

#include <desk_card.h>
#include <desk_done.h>
#include <due.h>
#include <leave_step.h>
#include <letters.h>
#include <outbox.h>
#include <rng.h>
#include <sending.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DAY INT64_C(86400000000)
#define HOUR INT64_C(3600000000)
#define FIRST_DAY 20454 /* 2026-01-01 */
#define DAYS 365
#ifdef __SANITIZE_ADDRESS__ /* and whatever else makes it many times slower */
#define CUSTOMERS 150
#else
#define CUSTOMERS 2000
#endif

static const char settings[] =
    "exit: {mode: automatic}\nfollow_up: {mode: automatic}\nrecovery: {mode: automatic}\npromises: {mode: automatic}\nreview: {mode: automatic}\ntwo_parents: {mode: automatic}\n"
    "delight: {mode: automatic}\npreferences: {mode: automatic}\nnext_sale: {mode: automatic}\nstay_in_touch: {mode: automatic}\nlet_go: {mode: automatic}\n"
    "letters: {form: din5008}\nwin_back: {mode: automatic, holdout: 0.3, letter_from: 150}\nsave_desk: {mode: automatic, least_value: 20}\ntiers: [{name: \"*\", cadence_days: 90}]\nstrategic: [c1, c2, c3, c4, c5]\n"
    "offers:\n"
    "  - {name: pause, kind: pause, title: A pause, text: For three months, reasons: [need_ended, budget_cut], places: [exit], holdout: 0.3, cap: 4, cap_days: 91, cost: 5 EUR}\n"
    "  - {name: fifth, kind: discount, title: A fifth off, text: For a year, places: [desk, win_back], benefit: 0.2, holdout: 0.3, cap: 10, cap_days: 60, cost: 20 EUR}\n"
    "  - {name: tenth, kind: discount, title: A tenth off, text: For a year, places: [exit, win_back], benefit: 0.1, holdout: 0.2, cost: 10 EUR, expires_days: 14}\n"
    "  - {name: visit, kind: person, title: A visit, text: We come and look at it, holdout: 0.1, cost: 40 EUR}\n";

static const offer_limit limits[] = {{"pause", 4, 91}, {"fifth", 10, 60}};

/* "" is not known: then hours have to be right wherever they may be. */
static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Auckland", ""};
static const char *const topics[] = {"tips", "account", "referral", "case"};

typedef struct coming {
    int64_t at;
    unsigned who, number;
    int kind; /* an event's; -1 - exit_step: a step of leaving, `body` its reason */
    char subject[32], body[256];
} coming;

typedef struct world {
    story t;
    coming *coming; /* what will happen: nobody knows of it before it does */
    size_t coming_n, coming_capacity;
    unsigned number;
    rng r;
    unsigned customers;
    char world[160]; /* what went out, as those outside see it: a line a message */
    unsigned kills, taken, calls, letters;
    bool *gone;    /* who left, as far as the customers are concerned */
    bool *contract;
} world;

static double chance(world *y) {
    return rng_uniform(&y->r);
}

static unsigned pick(world *y, unsigned n) {
    return (unsigned)(chance(y) * n);
}

static const char *when(int64_t us, char out[32]) {
    time_t s = (time_t)(us / 1000000);
    struct tm tm;
    gmtime_r(&s, &tm);
    strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
    return out;
}

static void happens(world *y, unsigned who, int kind, const char *subject, int64_t at, const char *format, ...) __attribute__((format(printf, 6, 7)));
static void happens(world *y, unsigned who, int kind, const char *subject, int64_t at, const char *format, ...) {
    va_list list;
    if (y->coming_n == y->coming_capacity) {
        y->coming_capacity = 2 * y->coming_capacity + 1024;
        y->coming = realloc(y->coming, y->coming_capacity * sizeof *y->coming);
        assert_non_null(y->coming);
    }
    coming *c = &y->coming[y->coming_n++];
    *c = (coming){.at = at, .who = who, .number = y->number++, .kind = kind};
    snprintf(c->subject, sizeof c->subject, "%s", subject);
    va_start(list, format);
    vsnprintf(c->body, sizeof c->body, format, list);
    va_end(list);
}

static int by_time(const void *a, const void *b) {
    const coming *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

/* --- leaving, as a page of the company's would let them --- */

/* What is there to take by then: an offer they have not answered; a flow that is under way. */
static bool possible(const leave_flow *f, exit_step step) {
    if (step == EXIT_ACCEPT || step == EXIT_DECLINE) return f->flow.state == EXIT_INTENT && f->offer_id && !f->flow.answered;
    return step == EXIT_START ? f->flow.state != EXIT_LEFT : f->flow.state == EXIT_INTENT;
}

static void takes_step(world *y, const coming *c) {
    char id[16], number[16];
    exit_step step = (exit_step)(-1 - c->kind);
    whole w = {0};
    leave_flow f;
    exit_answer answer;
    mr_error err = {0};
    snprintf(id, sizeof id, "c%u", c->who);
    snprintf(number, sizeof number, "k%u", c->who);
    const leave_answer said = {.channel = "web", .code = c->body, .words = "", .last_day = TRACE_NO_DAY, .now_us = c->at};
    assert_ok(whole_read(y->t.l, story_id(&y->t, id), &w, &err), &err);
    leave_flow_of(&w, y->contract[c->who] ? ledger_subject(y->t.l, "shop", "contract", number, strlen(number)) : 0, LEAVE_ALL, (int32_t)(c->at / DAY), &f);
    if (possible(&f, step) && !(step == EXIT_ACCEPT && f.offer_expires_us < c->at)) {
        assert_ok(leave_step(y->t.l, &w, &f, step, &said, &answer, &err), &err);
        if (step == EXIT_REASON) assert_ok(leave_offer(y->t.l, &w, &y->t.c, &f, c->at, &err), &err);
        y->taken += step == EXIT_ACCEPT;
        if (step == EXIT_CONFIRM) { /* the way out is there in every state */
            assert_int_equal(f.flow.state, EXIT_LEFT);
            y->gone[c->who] = true;
        }
    }
    whole_free(&w);
}

/* All that has happened by then, in its order. */
static void until(world *y, int64_t now_us) {
    size_t n = 0;
    qsort(y->coming, y->coming_n, sizeof *y->coming, by_time);
    for (; n < y->coming_n && y->coming[n].at <= now_us; n++) {
        char id[16], text[32];
        const coming *c = &y->coming[n];
        snprintf(id, sizeof id, "c%u", c->who);
        if (c->kind < 0) takes_step(y, c);
        else story_event(&y->t, id, (event_kind)c->kind, c->subject, when(c->at, text), c->body);
    }
    y->coming_n -= n;
    memmove(y->coming, y->coming + n, y->coming_n * sizeof *y->coming);
}

static void born(world *y, unsigned who) {
    char id[16], email[40], sql[400];
    mr_error err = {0};
    int64_t start = FIRST_DAY * DAY + 9 * HOUR;
    snprintf(id, sizeof id, "c%u", who);
    snprintf(email, sizeof email, chance(y) < .05 ? "" : "ann%u@mail.example", who);
    story_customer(&y->t, id, email);
    const char *zone = zones[pick(y, sizeof zones / sizeof *zones)];
    snprintf(sql, sizeof sql, "UPDATE contact SET time_zone = '%s', phone = '%s' WHERE customer_id = %lld", zone, chance(y) < .5 ? "+49 30 1234" : "", (long long)story_id(&y->t, id));
    assert_ok(db_execute(y->t.l->d, sql, &err), &err);
    snprintf(sql, sizeof sql, "UPDATE customer SET time_zone = '', locale = '%s', address = '%s' WHERE customer_id = %lld", *zone ? "en" : "en-US", chance(y) < .5 ? "5 Lane, Bristol" : "", (long long)story_id(&y->t, id));
    assert_ok(db_execute(y->t.l->d, sql, &err), &err);
    happens(y, who, EVENT_order, "", start - (int64_t)(chance(y) * 30) * DAY, "{\"product\": \"beans\"}");
    if (chance(y) < .7) happens(y, who, EVENT_consent_given, "", start, "{\"purpose\": \"marketing\"}");
    if (chance(y) < .1) happens(y, who, EVENT_preference_changed, "", start, "{\"channel\": \"%s\", \"wanted\": true}", chance(y) < .5 ? "phone" : "email");
    if (chance(y) < .15) happens(y, who, EVENT_preference_changed, "", start, "{\"topic\": \"%s\", \"wanted\": false}", topics[pick(y, 4)]);
    if (chance(y) < .1) happens(y, who, EVENT_preference_changed, "", start, "{\"hours\": \"14:00-16:00\"}");
    y->contract[who] = chance(y) < .2;
    if (y->contract[who]) {
        char number[16];
        snprintf(number, sizeof number, "k%u", who);
        happens(y, who, EVENT_contract_start, number, start - 30 * DAY, "{\"number\": \"%s\", \"product\": \"Roastery plan\", \"renewal\": \"2026-12-01\", \"notice_days\": 30, \"period_months\": 1}", number);
    }
}

/* Out of the door, by the screens there are: with a reason and without, some take what they are offered, some go, some think better of it, some say no more. */
static void leaves(world *y, unsigned who, int64_t at) {
    static const char *const codes[] = {"need_ended", "budget_cut", "undercut", "lost_touch", "poor_after_sales", "novelty_seeking", "moved", "price_increase"};
    const int64_t minute = HOUR / 60;
    double then = chance(y);
    happens(y, who, -1 - EXIT_START, "", at, "%s", "");
    if (chance(y) < .7) happens(y, who, -1 - EXIT_REASON, "", at + minute, "%s", codes[pick(y, 8)]);
    if (chance(y) < .3) happens(y, who, -1 - EXIT_ACCEPT, "", at + 2 * minute, "%s", "");
    else if (chance(y) < .4) happens(y, who, -1 - EXIT_DECLINE, "", at + 2 * minute, "%s", "");
    if (then < .6) happens(y, who, -1 - EXIT_CONFIRM, "", at + (chance(y) < .8 ? 3 * minute : DAY), "%s", "");
    else if (then < .8) happens(y, who, -1 - EXIT_STAY, "", at + (int64_t)(1 + chance(y) * 20) * DAY, "%s", "");
}

typedef struct said {
    event_kind kind;
    const char *body;
} said;

/* One of the things that may happen to a customer on a day. */
static void lives(world *y, unsigned who, int day) {
    int64_t at = (FIRST_DAY + day) * DAY + (int64_t)(chance(y) * 86400) * 1000000;
    char subject[32];
    double what = chance(y);
    if (y->gone[who]) { /* most are not heard of again */
        if (chance(y) < .2) happens(y, who, EVENT_touch_in, "", at, "{\"channel\": \"email\", \"contact\": \"ann\", \"comment\": \"%s\"}", chance(y) < .5 ? "No, thanks" : "All well here");
        else if (chance(y) < .3) happens(y, who, chance(y) < .8 ? EVENT_order : EVENT_came_back, "", at, "{}"), y->gone[who] = false;
        return;
    }
    snprintf(subject, sizeof subject, "%c%u-%u", what < .55 ? 'c' : 'p', who, y->number); /* a case that is opened twice is one, of the severity said last */
    if (what < .35) {
        happens(y, who, EVENT_order, "", at, "{\"product\": \"beans\"}");
    } else if (what < .55) {
        static const char *const severity[] = {"low", "normal", "high", "urgent"};
        happens(y, who, EVENT_case_open, subject, at, "{\"number\": \"%s\", \"subject\": \"it stopped\", \"severity\": \"%s\"}", subject, severity[pick(y, 4)]);
        if (chance(y) < .6) happens(y, who, EVENT_case_resolve, subject, at + (int64_t)(chance(y) * 20) * DAY + HOUR, "{\"number\": \"%s\", \"outcome\": \"solved\"}", subject);
    } else if (what < .7) {
        int64_t due = at + (int64_t)(2 + chance(y) * 20) * DAY;
        char text[32];
        happens(y, who, EVENT_promise_made, subject, at, "{\"number\": \"%s\", \"what\": \"a call\", \"due\": \"%.10sT12:00:00Z\"}", subject, when(due, text));
        if (chance(y) < .7) happens(y, who, chance(y) < .8 ? EVENT_promise_kept : EVENT_promise_broken, subject, due + (int64_t)((chance(y) - .5) * 10) * DAY, "{\"number\": \"%s\"}", subject);
    } else if (what < .78) {
        happens(y, who, EVENT_survey, "", at, "{\"name\": \"nps\", \"score\": %u, \"scale\": 10}", pick(y, 11));
    } else if (what < .84) {
        happens(y, who, EVENT_complaint, "", at, "{\"severity\": \"%s\"}", chance(y) < .5 ? "high" : "low");
    } else if (what < .9) {
        happens(y, who, EVENT_touch_in, "", at, "{\"channel\": \"email\", \"contact\": \"ann\"}");
    } else if (what < .92) { /* what they say of everything, in any order */
        static const said words[] = {{EVENT_consent_withdrawn, "{\"purpose\": \"profiling\"}"}, {EVENT_consent_given, "{\"purpose\": \"profiling\"}"}, {EVENT_consent_given, "{\"purpose\": \"marketing\"}"},
                                     {EVENT_preference_changed, "{\"wanted\": false}"}, {EVENT_preference_changed, "{\"wanted\": true}"}, {EVENT_consent_withdrawn, "{}"}};
        for (unsigned n = 1 + pick(y, 3); n; n--, at += HOUR) {
            const said *w = &words[pick(y, sizeof words / sizeof *words)];
            happens(y, who, w->kind, "", at, "%s", w->body);
        }
    } else if (what < .95) {
        happens(y, who, EVENT_consent_withdrawn, "", at, chance(y) < .5 ? "{\"purpose\": \"marketing\"}" : "{\"purpose\": \"marketing\", \"channel\": \"email\"}");
    } else if (what < .955) { /* told us otherwise: by telephone, in one go or two, or not to the end; some stay, some come back */
        happens(y, who, EVENT_leave_intent, "", at, "{\"channel\": \"web\"}");
        if (chance(y) < .5) happens(y, who, EVENT_survey, "", at + HOUR / 60, "{\"name\": \"leaving\", \"comment\": \"too dear\"}");
        if (chance(y) < .6) happens(y, who, EVENT_leave_confirmed, "", at + HOUR / 30, "{}");
        else if (chance(y) < .5) happens(y, who, EVENT_came_back, "", at + (int64_t)(chance(y) * 20) * DAY + HOUR, "{}");
    } else if (what < .97) {
        leaves(y, who, at);
    } else if (what < .974 && !y->contract[who]) {
        happens(y, who, chance(y) < .5 ? EVENT_moved : EVENT_need_ended, "", at, "{\"out_of_area\": true}");
        y->gone[who] = true;
    } else if (what < .98) {
        happens(y, who, EVENT_preference_changed, "", at, "{\"topic\": \"%s\", \"wanted\": %s}", topics[pick(y, 4)], chance(y) < .5 ? "true" : "false");
    } else {
        happens(y, who, EVENT_bounce, "", at, "{\"channel\": \"email\", \"hard\": true, \"contact\": \"ann\"}");
    }
}

/* --- a process that may be killed --- */

/* As sending.c does it, with a file for the world outside. */
static int work(const world *y, const char *url, int64_t now_us) {
    mr_error err = {0};
    ledger *l = NULL;
    tick_counts counts;
    message_rows rows = {0};
    char owner[40];
    int out = open(y->world, O_WRONLY | O_APPEND);
    size_t orphans;
    snprintf(owner, sizeof owner, "here:%ld", (long)getpid());
    const tick_options o = {.now_us = now_us, .owner = owner, .wall_us = now_us};
    mr_status status = out < 0 ? MR_EIO : ledger_open(url, NULL, &l, &err);
    if (status == MR_OK) status = tick_run(l, &y->t.c, &y->t.known, &o, &counts, &err);
    (void)orphans;
    for (int part = 0; part < 64 && status == MR_OK; part++) {
        status = outbox_waiting(l, part, now_us, 100000, &rows, &err);
        for (size_t i = 0; i < rows.n && status == MR_OK; i++) {
            char line[80];
            bool ours = false;
            status = outbox_sending(l, rows.row[i].customer_id, rows.row[i].id, owner, now_us, &ours, &err);
            if (status != MR_OK || !ours) continue;
            int len = snprintf(line, sizeof line, "%" PRId64 " %" PRId64 "\n", rows.row[i].customer_id, rows.row[i].id);
            if (write(out, line, (size_t)len) != len) status = MR_EIO;
            if (status == MR_OK) status = outbox_sent(l, rows.row[i].customer_id, rows.row[i].id, now_us, "250 ok", &ours, &err);
        }
    }
    if (status != MR_OK) fprintf(stderr, "%s\n", err.message);
    message_rows_free(&rows);
    ledger_close(l);
    return status == MR_OK ? 0 : 1;
}

static bool gone(void *ctx, const char *sender) {
    (void)ctx, (void)sender;
    return false; /* nobody is at it any more: the child has ended */
}

/* What was cut off in the middle: a person looks into the world, and says. */
static void settle(world *y, const store *s) {
    mr_error err = {0};
    message_rows rows = {0};
    size_t n;
    (void)s;
    assert_ok(outbox_unsure(y->t.l, -1, INT64_MAX, gone, NULL, &n, &err), &err);
    if (!n) return;
    assert_ok(outbox_in(y->t.l, MESSAGE_UNCERTAIN, 1000, &rows, &err), &err);
    for (size_t i = 0; i < rows.n; i++) {
        char line[80], wanted[80];
        bool there = false, ours;
        FILE *f = fopen(y->world, "r");
        snprintf(wanted, sizeof wanted, "%" PRId64 " %" PRId64 "\n", rows.row[i].customer_id, rows.row[i].id);
        while (fgets(line, sizeof line, f)) there = there || !strcmp(line, wanted);
        fclose(f);
        assert_ok(outbox_settle(y->t.l, rows.row[i].customer_id, rows.row[i].id, there ? OUTBOX_WAS_SENT : OUTBOX_SEND_AGAIN, "a person looked", rows.row[i].sending_us, &ours, &err), &err);
        assert_true(ours);
    }
    message_rows_free(&rows);
}

/* SIGKILL somewhere within the first of its milliseconds, now and then; then it is run again, to its end. */
static void ticks(world *y, const store *s, int64_t now_us) {
    for (int tries = 0;; tries++) {
        bool kill_it = tries < 3 && chance(y) < .3;
        useconds_t after = (useconds_t)(chance(y) * chance(y) * 30000);
        fflush(stdout);
        pid_t child = fork();
        assert_true(child >= 0);
        if (!child) _exit(work(y, s->url, now_us));
        if (kill_it) {
            usleep(after);
            kill(child, SIGKILL);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        bool killed = WIFSIGNALED(status);
        y->kills += killed;
        settle(y, s);
        if (!killed) {
            assert_int_equal(WEXITSTATUS(status), 0);
            break;
        }
    }
}

/* Some of what is to be done is done. */
static void people_work(world *y, int64_t now_us) {
    mr_error err = {0};
    json_t *list;
    const json_t *o;
    size_t i;
    const actions_query q = {.kind = ACTION_TASK, .states = ACTION_IN(ACTION_OPEN), .limit = 40};
    assert_ok(actions_list(y->t.l, &q, &list, &err), &err);
    json_array_foreach(list, i, o) {
        const char *event, *sets[] = {"sales=Sal"}, *id = json_string_value(json_object_get(o, "id"));
        if (chance(y) > .5 || !strcmp(json_string_value(json_object_get(o, "programme")), "save_desk")) continue;
        bool owner = !strncmp(json_string_value(json_object_get(o, "step")), "owner_", 6);
        assert_ok(task_done(y->t.l, id, &(task_answer){.by = "Sal", .note = "done", .field = sets, .fields = owner, .now_us = now_us}, &event, &err), &err);
    }
    json_decref(list);
}

/* Letters are read, approved and printed. */
static void post(world *y, const store *s, int64_t now_us, int day) {
    mr_error err = {0};
    json_t *all, *problems = json_array();
    const json_t *o;
    size_t i;
    char path[300], sender[40];
    letters_counts n;
    snprintf(sender, sizeof sender, "here:%ld", (long)getpid());
    const sending_options how = {.now_us = now_us, .sender = sender};
    assert_ok(letters_waiting(y->t.l, &all, &err), &err);
    json_array_foreach(all, i, o) {
        int64_t customer, id;
        bool ours;
        assert_ok(action_find(y->t.l, json_string_value(json_object_get(o, "id")), &customer, &id, &err), &err);
        if (chance(y) < .8) assert_ok(outbox_approve(y->t.l, customer, id, "approved by Sen", &ours, &err), &err);
    }
    json_decref(all);
    snprintf(path, sizeof path, "%s/letters-%d.pdf", s->folder, day);
    assert_ok(letters_print(y->t.l, &y->t.c, &how, path, &n, problems, &err), &err);
    y->letters += (unsigned)n.printed;
    unlink(path);
    json_decref(problems);
}

/* Those of the desk call: with the card, on which the offer is. */
static void desk_works(world *y, int64_t now_us) {
    const desk_ask a = {y->t.l, &y->t.c, NULL, now_us};
    mr_error err = {0};
    for (int i = 0; i < 6; i++) {
        json_t *card;
        double what = chance(y);
        assert_ok(desk_next(&a, &card, &err), &err);
        if (!card) return;
        const char *state = json_string_value(json_object_get(json_object_get(card, "offer"), "state"));
        bool offer = state && !strcmp(state, "open"), takes = offer && what < .3;
        desk_answer result = {.outcome = takes ? DESK_SAVED : what < .5 ? DESK_LEFT : what < .7 ? DESK_SAVED : what < .85 ? DESK_LATER : DESK_NOT_REACHED, .by = "Sal", .note = "", .now_us = now_us};
        result.offer = takes ? 1 : offer && result.outcome != DESK_NOT_REACHED && chance(y) < .5 ? 0 : -1;
        assert_ok(desk_done(y->t.l, &y->t.c, json_string_value(json_object_get(card, "id")), &result, &err), &err);
        y->calls++;
        y->taken += takes;
        json_decref(card);
    }
}

/* A model has looked at some, and fears for them. */
static void forecasts(world *y, int64_t now_us) {
    for (unsigned i = 0; i < 1 + y->customers / 100; i++) {
        char id[16], sql[600], text[32];
        mr_error err = {0};
        snprintf(id, sizeof id, "c%u", pick(y, y->customers));
        long long customer = (long long)story_id(&y->t, id);
        snprintf(sql, sizeof sql, "DELETE FROM forecast WHERE customer_id = %lld; INSERT INTO forecast (customer_id, model_id, scored_at_us, until_day, horizon_days, orders, p_alive, p_order, expected_orders, expected_low, expected_high, "
                                  "rhythm_days, next_order_days, value_minor, value_at_risk_minor, currency, stage) VALUES (%lld, 7, %lld, %lld, 365, 3, 0.5, 0.4, 1, 0, 2, 30, 40, 10000, 30000, 'EUR', 'overdue')",
                 customer, customer, (long long)now_us, (long long)(now_us / DAY));
        assert_ok(db_execute(y->t.l->d, sql, &err), &err);
        story_event(&y->t, id, EVENT_touch_in, "", when(now_us, text), "{\"channel\": \"email\", \"contact\": \"ann\"}"); /* so that they are looked at */
    }
}

static void check(world *y, checking *c) {
    *c = (checking){.d = y->t.l->d, .now_us = y->t.now_us};
    for (unsigned i = 0; i < y->customers; i++) {
        char id[16];
        snprintf(id, sizeof id, "c%u", i);
        check_customer(c, story_id(&y->t, id));
    }
    check_offers(c, limits, sizeof limits / sizeof *limits);
    check_base(c, y->world);
}

/* --- what the checker has to find: a customer each, of whom one thing is wrong --- */

typedef struct plant {
    const char *found; /* what it says */
    struct {
        event_kind kind;
        double day; /* of the year */
        const char *body;
    } event[6];
} plant;

#define MAIL "{\"purpose\": \"marketing\", \"channel\": \"email\", \"topic\": \"tips\"}"
#define BACK "{\"purpose\": \"marketing\", \"channel\": \"email\", \"topic\": \"win_back\"}"
#define WRITTEN "{\"purpose\": \"legal\", \"channel\": \"email\", \"topic\": \"leaving\"}"
#define LEFT(why) {EVENT_leave_confirmed, 30, "{\"reason_code\": \"" why "\"}"}, {EVENT_touch_out, 30.5, WRITTEN}
static const plant plants[] = {
    {"at 4:00 in Europe/Berlin", {{EVENT_touch_out, 40.125, MAIL}}},
    {"without consent", {{EVENT_consent_withdrawn, 30, "{\"purpose\": \"marketing\"}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"who objected to profiling", {{EVENT_consent_withdrawn, 30, "{\"purpose\": \"profiling\"}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"who objected to everything", {{EVENT_preference_changed, 30, "{\"wanted\": false}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"a topic they do not want", {{EVENT_preference_changed, 30, "{\"topic\": \"tips\", \"wanted\": false}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"while something serious is open", {{EVENT_case_open, 30, "{\"number\": \"plant\", \"severity\": \"urgent\"}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"while something serious is open", {{EVENT_complaint, 30, "{\"severity\": \"high\"}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"written to, who is leaving", {{EVENT_leave_intent, 30, "{}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"left, and has nothing in writing", {{EVENT_leave_intent, 30, "{}"}, {EVENT_leave_confirmed, 30.01, "{}"}}},
    {"3 screens to leave", {{EVENT_leave_intent, 30, "{}"}, {EVENT_survey, 30.01, "{\"name\": \"leaving\"}"}, {EVENT_survey, 30.02, "{\"name\": \"leaving\"}"}, {EVENT_leave_confirmed, 30.03, "{}"},
                            {EVENT_touch_out, 30.5, WRITTEN}}},
    {"asked back, and has not left", {{EVENT_touch_out, 40.5, BACK}}},
    {"sold to (tips), who has left", {LEFT("lost_touch"), {EVENT_touch_out, 40.5, MAIL}}},
    {"sold to (tips), who has moved", {{EVENT_moved, 30, "{\"out_of_area\": true}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"asked back, who left for a lower price", {LEFT("undercut"), {EVENT_touch_out, 80.5, BACK}}},
    {"asked back, who has no need of us", {LEFT("need_ended"), {EVENT_touch_out, 80.5, BACK}}},
    {"asked again (win_back) after a no", {LEFT("lost_touch"), {EVENT_touch_in, 60, "{\"channel\": \"email\", \"comment\": \"No, thanks\"}"}, {EVENT_touch_out, 80.5, BACK}}},
    {"the fifth e-mail in a quarter", {{EVENT_touch_out, 40.5, MAIL}, {EVENT_touch_out, 50.5, MAIL}, {EVENT_touch_out, 60.5, MAIL}, {EVENT_touch_out, 70.5, MAIL}, {EVENT_touch_out, 80.5, MAIL}}},
};

static void finds(const world *y, const char *what) {
    checking c = {.d = y->t.l->d, .now_us = y->t.now_us};
    check_base(&c, y->world);
    if (!strstr(c.first, what)) fail_msg("planted %s: %u found, %s", what, c.violations, c.first);
}

/* In the order opposite to that in which the checker asks. */
static void planted_in_base(world *y) {
    happens(y, 0, EVENT_promise_made, "plant", (FIRST_DAY + 300) * DAY, "{\"number\": \"plant\", \"due\": \"2026-11-20\"}");
    until(y, y->t.now_us);
    finds(y, "an overdue promise is nobody's");
    happens(y, 0, EVENT_case_open, "plant", (FIRST_DAY + 300) * DAY, "{\"number\": \"plant\"}");
    until(y, y->t.now_us);
    finds(y, "an open case is nobody's");
    FILE *f = fopen(y->world, "a");
    fputs("1 1\n1 1\n", f);
    fclose(f);
    finds(y, "something was sent twice");
}

static void planted(world *y) {
    for (size_t i = 0; i < sizeof plants / sizeof *plants; i++) {
        unsigned who = y->customers + (unsigned)i;
        char id[16], sql[200];
        mr_error err = {0};
        checking c = {.d = y->t.l->d, .now_us = y->t.now_us};
        snprintf(id, sizeof id, "c%u", who);
        story_customer(&y->t, id, "planted@mail.example");
        snprintf(sql, sizeof sql, "UPDATE contact SET time_zone = 'Europe/Berlin' WHERE customer_id = %lld", (long long)story_id(&y->t, id));
        assert_ok(db_execute(y->t.l->d, sql, &err), &err);
        happens(y, who, EVENT_consent_given, "", FIRST_DAY * DAY, "{\"purpose\": \"marketing\"}");
        for (size_t e = 0; e < sizeof plants->event / sizeof *plants->event && plants[i].event[e].body; e++)
            happens(y, who, plants[i].event[e].kind, plants[i].event[e].kind == EVENT_case_open ? "plant" : "", FIRST_DAY * DAY + (int64_t)(plants[i].event[e].day * (double)DAY), "%s", plants[i].event[e].body);
        until(y, y->t.now_us);
        check_customer(&c, story_id(&y->t, id));
        if (c.violations != 1 || !strstr(c.first, plants[i].found)) fail_msg("planted %s: %u found, %s", plants[i].found, c.violations, c.first);
    }
}

typedef struct planted_draw {
    const char *offer;
    int place, state;
    double day;
    int64_t occasion;
    double probability, benefit;
    bool told;      /* there is the event of its being shown */
    double settled; /* days after; 0 not */
} planted_draw;

typedef struct offer_plant {
    const char *found;
    planted_draw draw[5];
    struct {
        event_kind kind;
        double day;
    } event[4];
} offer_plant;

static const offer_plant offer_plants[] = {
    {"pause: shown 5 times in 91 days, beyond its cap",
     {{"pause", 1, 1, 400, 1, .7, 0, true, 0}, {"pause", 1, 1, 410, 2, .7, 0, true, 0}, {"pause", 1, 1, 420, 3, .7, 0, true, 0}, {"pause", 1, 1, 430, 4, .7, 0, true, 0}, {"pause", 1, 1, 440, 5, .7, 0, true, 0}}, {{0}}},
    {"visit is held out, or without room; shown 1 times", {{"visit", 1, 0, 400, 1, .9, 0, true, 0}}, {{0}}},
    {"visit is held out, or without room; shown 1 times", {{"visit", 1, 5, 400, 1, .9, 0, true, 0}}, {{0}}},
    {"visit is shown; shown 0 times", {{"visit", 1, 1, 400, 1, .9, 0, false, 0}}, {{0}}},
    {"shown visit, which they were held out of", {{"visit", 1, 0, 400, 1, .9, 0, false, 0}, {"visit", 2, 1, 420, 2, .9, 0, true, 0}}, {{0}}},
    {"shown visit twice", {{"visit", 1, 1, 400, 1, .9, 0, true, 0}, {"visit", 2, 1, 600, 2, .9, 0, true, 0}}, {{0}}},
    {"two draws for one occasion", {{"visit", 1, 0, 400, 1, .9, 0, false, 0}, {"tenth", 2, 0, 401, 1, .8, .1, false, 0}}, {{0}}},
    {"a returner is offered 0.9", {{"tenth", 3, 1, 400, 1, .8, .9, true, 0}}, {{0}}},
    {"a returner is offered 0.9", {{"tenth", 1, 1, 400, 1, .8, .9, true, 0}}, {{EVENT_order, 200}, {EVENT_leave_confirmed, 300}, {EVENT_order, 350}}},
    {"an offer to who leaves for offers", {{"visit", 1, 1, 400, 1, .9, 0, true, 0}}, {{EVENT_leave_intent, 200}, {EVENT_offer_accepted, 201}, {EVENT_leave_intent, 300}, {EVENT_offer_accepted, 301}}},
    {"drawn with probability 1", {{"visit", 1, 1, 400, 1, 1, 0, true, 0}}, {{0}}},
    {"took visit when it had expired", {{"visit", 1, 2, 400, 1, .9, 0, true, 40}}, {{0}}},
    {"taken for loyal", {{"visit", 2, 1, 400, 1, .9, 0, true, 0}}, {{EVENT_leave_intent, 399}}},
};

static int64_t at_day(double day) {
    return FIRST_DAY * DAY + (int64_t)(day * (double)DAY);
}

/* Of customers the checker does not ask for one by one; the draws are taken away again. */
static void planted_offers(world *y) {
    for (size_t i = 0; i < sizeof offer_plants / sizeof *offer_plants; i++) {
        const offer_plant *p = &offer_plants[i];
        char id[16], number[24], sql[700], at[32], body[80];
        mr_error err = {0};
        checking c = {.d = y->t.l->d, .now_us = y->t.now_us, .wanted = p->found};
        snprintf(id, sizeof id, "offer%zu", i);
        story_customer(&y->t, id, "");
        long long customer = (long long)story_id(&y->t, id);
        for (size_t e = 0; e < sizeof p->event / sizeof *p->event && p->event[e].kind; e++) story_event(&y->t, id, p->event[e].kind, "", when(at_day(p->event[e].day), at), "{}");
        for (size_t k = 0; k < sizeof p->draw / sizeof *p->draw && p->draw[k].offer; k++) {
            const planted_draw *d = &p->draw[k];
            long long drawn = (long long)at_day(d->day);
            snprintf(number, sizeof number, "plant%zu-%zu", i, k);
            snprintf(body, sizeof body, "{\"number\": \"%s\"}", number);
            if (d->told) story_event(&y->t, id, EVENT_offer_shown, number, when(drawn, at), body);
            snprintf(sql, sizeof sql, "INSERT INTO offer_draw (customer_id, id, offer, place, occasion, drawn_us, state, probability, strategic, reason, tier, product, benefit, cost_minor, currency, loyal, expires_us, settled_us) "
                                      "VALUES (%lld, %lld, '%s', %d, %lld, %lld, %d, %g, 0, '', 'none like it', '', %g, 0, 'EUR', %d, %lld, %lld)",
                     customer, (long long)ledger_subject(y->t.l, "shop", event_kind_of(EVENT_offer_shown)->subject, number, strlen(number)), d->offer, d->place, (long long)d->occasion, drawn, d->state, d->probability, d->benefit,
                     p->event[0].kind != EVENT_order && p->event[1].kind == 0, drawn + 30 * (long long)DAY, d->settled > 0 ? drawn + (long long)(d->settled * (double)DAY) : 0);
            assert_ok(db_execute(y->t.l->d, sql, &err), &err);
        }
        check_offers(&c, limits, sizeof limits / sizeof *limits);
        if (!c.found) fail_msg("planted %s: %u found, %s", p->found, c.violations, c.first);
        snprintf(sql, sizeof sql, "DELETE FROM offer_draw WHERE customer_id = %lld", customer);
        assert_ok(db_execute(y->t.l->d, sql, &err), &err);
    }
}

/* Held out of being asked back, and asked. */
static void planted_held_out(world *y) {
    char sql[700], at[32];
    mr_error err = {0};
    checking c = {.d = y->t.l->d, .now_us = y->t.now_us};
    story_customer(&y->t, "held", "");
    story_event(&y->t, "held", EVENT_win_back_sent, "", when(at_day(400), at), "{}");
    snprintf(sql, sizeof sql, "INSERT INTO action (customer_id, id, programme, step, subject_id, occasion, kind, state, contact_id, purpose, channel, topic, owner, watcher, reason, created_at_us, due_us, snoozed_us, changed_at_us, "
                              "value_minor, currency, effect, urgent, what, document, outcome) VALUES (%lld, 1, 'win_back', 'held_out', 1, 0, 2, 4, 0, 'marketing', '', 'win_back', '', '', '', %lld, %lld, 0, %lld, 0, '', 0, 0, '', '{}', '')",
             (long long)story_id(&y->t, "held"), (long long)at_day(390), (long long)at_day(390), (long long)at_day(390));
    assert_ok(db_execute(y->t.l->d, sql, &err), &err);
    check_customer(&c, story_id(&y->t, "held"));
    if (c.violations != 1 || !strstr(c.first, "held out, and asked back")) fail_msg("planted held out: %u found, %s", c.violations, c.first);
}

static void year(void **state) {
    store *s = store_of(state);
    const char *seed = getenv("MARRAM_SEED"), *customers = getenv("MARRAM_CUSTOMERS");
    world y = {.customers = customers ? (unsigned)atoi(customers) : s->kind == DB_SQLITE ? CUSTOMERS : 100};
    checking c;
    uint64_t number = seed ? strtoull(seed, NULL, 10) : 20260101;
    printf("seed %" PRIu64 ", %u customers\n", number, y.customers);
    rng_seed(&y.r, number, 1);
    y.gone = calloc(y.customers + 64, sizeof *y.gone);
    y.contract = calloc(y.customers + 64, sizeof *y.contract);
    assert_true(y.gone && y.contract);
    story_begin(&y.t, s, settings);
    snprintf(y.world, sizeof y.world, "%s/world", s->folder);
    FILE *f = fopen(y.world, "w");
    fclose(f);
    for (unsigned i = 0; i < y.customers; i++) born(&y, i);
    for (int day = 0; day < DAYS + 30; day++) { /* a month more, in which what was begun ends */
        for (unsigned n = day < DAYS ? (unsigned)(chance(&y) * 2 * y.customers / 40) : 0; n; n--) lives(&y, pick(&y, y.customers), day);
        y.t.now_us = (FIRST_DAY + day) * DAY + (int64_t)(chance(&y) * 24) * HOUR + HOUR / 2;
        until(&y, y.t.now_us);
        ticks(&y, s, y.t.now_us);
        if (day % 7 == 3) people_work(&y, y.t.now_us);
        if (day % 7 == 1) desk_works(&y, y.t.now_us);
        if (day % 7 == 5) post(&y, s, y.t.now_us, day);
        if (day % 14 == 0) forecasts(&y, y.t.now_us);
    }
    y.t.now_us = (FIRST_DAY + DAYS + 32) * DAY;
    until(&y, y.t.now_us);
    ticks(&y, s, y.t.now_us);
    check(&y, &c);
    printf("%u kills, %u contacts, %u of them marketing by e-mail, %u left, %u calls by the desk, %u asked back, %u held out of that, %u letters\n"
           "%u offers shown, %u held out, %u taken, %u draws that filled a cap, %u offers to returners, %u of them with an advantage in price\n%u violations%s%s\n",
           y.kills, c.contacts, c.marketing, c.left, y.calls, c.asked_back, c.held_out, y.letters, c.shown, c.held, y.taken, c.full, c.returners, c.returners_benefit, c.violations, c.violations ? ": " : "", c.first);
    assert_int_equal(c.violations, 0);
    assert_true(y.kills > 10 && c.left > y.customers / 50 && c.marketing > y.customers / 2);
    assert_true(c.shown && c.held && y.taken && y.calls && c.asked_back && (y.customers < 300 || (y.letters && c.held_out && c.full && c.returners_benefit))); /* or nothing was checked */
    planted_in_base(&y);
    planted(&y);
    planted_offers(&y);
    planted_held_out(&y);
    free(y.coming);
    free(y.gone);
    free(y.contract);
    story_end(&y.t);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {BOTH(year)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
