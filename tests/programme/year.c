/* A year in fast time: customers of many time zones order, complain, promise themselves nothing, withdraw consent and change their minds; all programmes run by themselves; ticks and
 * senders are killed at random and started again. Then a checker that reads only the ledger's tables, with rules and clocks of its own (the C library's), looks at every contact:
 * none outside hours, consent, topics or budget, none twice; every case and promise is settled, or somebody's. It must find violations that are planted.
 *
 * The seed is printed, and can be given back as MARRAM_SEED; how many customers: MARRAM_CUSTOMERS. */
#include "story.h"

#include <due.h>
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
    "delight: {mode: automatic}\npreferences: {mode: automatic}\ntiers: [{name: \"*\", cadence_days: 90}]\n";

/* "" is not known: then hours have to be right wherever they may be. */
static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Auckland", ""};
static const char *const topics[] = {"tips", "account", "referral", "case"};

typedef struct coming {
    int64_t at;
    unsigned who, number;
    event_kind kind;
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
    unsigned kills, sent;
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

static void happens(world *y, unsigned who, event_kind kind, const char *subject, int64_t at, const char *format, ...) __attribute__((format(printf, 6, 7)));
static void happens(world *y, unsigned who, event_kind kind, const char *subject, int64_t at, const char *format, ...) {
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

/* All that has happened by then, in its order. */
static void until(world *y, int64_t now_us) {
    size_t n = 0;
    qsort(y->coming, y->coming_n, sizeof *y->coming, by_time);
    for (; n < y->coming_n && y->coming[n].at <= now_us; n++) {
        char id[16], text[32];
        const coming *c = &y->coming[n];
        snprintf(id, sizeof id, "c%u", c->who);
        story_event(&y->t, id, c->kind, c->subject, when(c->at, text), c->body);
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
    snprintf(sql, sizeof sql, "UPDATE customer SET time_zone = '', locale = '%s' WHERE customer_id = %lld", *zone ? "en" : "en-US", (long long)story_id(&y->t, id));
    assert_ok(db_execute(y->t.l->d, sql, &err), &err);
    happens(y, who, EVENT_order, "", start - (int64_t)(chance(y) * 30) * DAY, "{\"product\": \"beans\"}");
    if (chance(y) < .7) happens(y, who, EVENT_consent_given, "", start, "{\"purpose\": \"marketing\"}");
    if (chance(y) < .1) happens(y, who, EVENT_preference_changed, "", start, "{\"channel\": \"%s\", \"wanted\": true}", chance(y) < .5 ? "phone" : "email");
    if (chance(y) < .15) happens(y, who, EVENT_preference_changed, "", start, "{\"topic\": \"%s\", \"wanted\": false}", topics[pick(y, 4)]);
    if (chance(y) < .1) happens(y, who, EVENT_preference_changed, "", start, "{\"hours\": \"14:00-16:00\"}");
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
    } else if (what < .965) { /* on their way out: in one screen or two, or not to the end; some stay, some come back */
        happens(y, who, EVENT_leave_intent, "", at, "{\"channel\": \"web\"}");
        if (chance(y) < .5) happens(y, who, EVENT_survey, "", at + HOUR / 60, "{\"name\": \"leaving\", \"comment\": \"too dear\"}");
        if (chance(y) < .6) happens(y, who, EVENT_leave_confirmed, "", at + HOUR / 30, "{}");
        else if (chance(y) < .5) happens(y, who, EVENT_came_back, "", at + (int64_t)(chance(y) * 20) * DAY + HOUR, "{}");
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
        if (chance(y) > .5) continue;
        bool owner = !strncmp(json_string_value(json_object_get(o, "step")), "owner_", 6);
        assert_ok(task_done(y->t.l, id, &(task_answer){.by = "Sal", .note = "done", .field = sets, .fields = owner, .now_us = now_us}, &event, &err), &err);
    }
    json_decref(list);
}

/* --- the checker: tables alone, and the C library's clocks --- */

typedef struct checking {
    db *d;
    int64_t now_us;
    unsigned contacts, marketing, left, violations;
    char first[300];
} checking;

static void violation(checking *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void violation(checking *c, const char *format, ...) {
    va_list list;
    va_start(list, format);
    if (!c->violations++) vsnprintf(c->first, sizeof c->first, format, list);
    va_end(list);
}

typedef struct seen {
    int64_t at;
    int kind;
    json_t *body;
    int64_t subject;
} seen;

static const char *of(const seen *e, const char *name) {
    const char *t = json_string_value(json_object_get(e->body, name));
    return t ? t : "";
}

static int minute_of(const char *zone, int64_t at) {
    time_t s = (time_t)(at / 1000000);
    struct tm tm;
    setenv("TZ", zone, 1);
    tzset();
    localtime_r(&s, &tm);
    return tm.tm_hour * 60 + tm.tm_min;
}

static void check_marketing(checking *c, int64_t customer, const char *zone, const seen *e, size_t n, size_t at) {
    bool given = false, topic = true, profiled = true, nothing = false, leaving = false, left = false;
    int serious = 0, emails = 0, from = 8 * 60, to = 21 * 60;
    int64_t complaint = INT64_MIN, touched = INT64_MIN;
    const char *const american[] = {"America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "America/Anchorage"};
    for (size_t i = 0; i < at; i++) {
        const char *purpose = of(&e[i], "purpose");
        if (e[i].kind == EVENT_leave_intent) leaving = true;
        if (e[i].kind == EVENT_leave_confirmed) left = true;
        if (e[i].kind == EVENT_came_back || (left && e[i].kind == EVENT_order)) leaving = left = false;
        bool profiling = !strcmp(purpose, "profiling"), channel = *of(&e[i], "channel");
        if (e[i].kind == EVENT_consent_given && profiling) profiled = true;
        if (e[i].kind == EVENT_consent_withdrawn && (profiling || (!*purpose && !channel))) profiled = false;
        if (e[i].kind == EVENT_consent_given && !profiling) given = true;
        if (e[i].kind == EVENT_consent_given && !profiling && !channel) nothing = false;
        if (e[i].kind == EVENT_consent_withdrawn && !profiling) given = false;
        if (e[i].kind == EVENT_preference_changed && !*of(&e[i], "topic") && !channel && json_is_boolean(json_object_get(e[i].body, "wanted"))) nothing = json_is_false(json_object_get(e[i].body, "wanted"));
        if (e[i].kind == EVENT_preference_changed && !strcmp(of(&e[i], "topic"), of(&e[at], "topic"))) topic = json_is_true(json_object_get(e[i].body, "wanted"));
        if (e[i].kind == EVENT_preference_changed && *of(&e[i], "hours")) from = 14 * 60, to = 16 * 60;
        if (e[i].kind == EVENT_touch_out && strcmp(of(&e[i], "purpose"), "service") && strcmp(of(&e[i], "purpose"), "legal") && e[i].at > e[at].at - 91 * DAY) emails += !strcmp(of(&e[i], "channel"), "email");
        if (e[i].kind == EVENT_touch_out || e[i].kind == EVENT_case_resolve) touched = e[i].at;
        if (e[i].kind == EVENT_complaint && !strcmp(of(&e[i], "severity"), "high")) complaint = e[i].at;
        if (e[i].kind != EVENT_case_open || (strcmp(of(&e[i], "severity"), "high") && strcmp(of(&e[i], "severity"), "urgent"))) continue;
        serious++;
        for (size_t k = i + 1; k < at; k++)
            if (e[k].kind == EVENT_case_resolve && e[k].subject == e[i].subject) {
                serious--;
                break;
            }
    }
    (void)n;
    bool known = *zone != 0;
    for (size_t z = 0; z < (known ? 1 : sizeof american / sizeof *american); z++) {
        int minute = minute_of(known ? zone : american[z], e[at].at);
        if (minute < from || minute >= to) violation(c, "customer %" PRId64 ": at %d:%02d in %s", customer, minute / 60, minute % 60, known ? zone : american[z]);
    }
    if (!given) violation(c, "customer %" PRId64 ": without consent", customer);
    if (!profiled || nothing) violation(c, "customer %" PRId64 ": who objected to %s", customer, nothing ? "everything" : "profiling");
    if (leaving || left) violation(c, "customer %" PRId64 ": who is leaving, or has left", customer);
    if (!topic) violation(c, "customer %" PRId64 ": a topic they do not want", customer);
    if (serious > 0 || complaint > touched) violation(c, "customer %" PRId64 ": while something serious is open", customer);
    if (emails >= 4 && !strcmp(of(&e[at], "channel"), "email")) violation(c, "customer %" PRId64 ": the fifth e-mail in a quarter", customer);
}

/* Whoever left has it in writing, where there is an address: within ten days, and no more than two screens were between saying so and that. */
static void check_leaving(checking *c, int64_t customer, bool address, const seen *e, size_t n, int64_t now_us) {
    bool bounced = false, gone = false;
    for (size_t i = 0; i < n; i++) {
        bounced = bounced || e[i].kind == EVENT_bounce;
        bool was_gone = gone;
        if (e[i].kind == EVENT_order || e[i].kind == EVENT_came_back) gone = false;
        if (e[i].kind == EVENT_leave_confirmed) gone = true;
        if (e[i].kind != EVENT_leave_confirmed || was_gone) continue; /* who is gone and says so again has it in writing already */
        int screens = 1, reasons = 0;
        bool written = false, before = false, again = false;
        size_t start = i;
        for (size_t k = i; k-- > 0 && e[k].kind != EVENT_leave_confirmed && e[k].kind != EVENT_came_back;)
            if (e[k].kind == EVENT_leave_intent && !before) start = k, before = true; /* as it was said last */
        for (size_t k = start; k < i; k++) reasons += e[k].kind == EVENT_survey && !strcmp(of(&e[k], "name"), "leaving");
        screens += reasons;
        for (size_t k = i + 1; k < n; k++) {
            if (e[k].kind == EVENT_bounce) bounced = true;
            if (e[k].kind == EVENT_leave_intent || e[k].kind == EVENT_leave_confirmed || e[k].kind == EVENT_order || e[k].kind == EVENT_came_back) again = true;
            if (e[k].kind == EVENT_touch_out && !strcmp(of(&e[k], "topic"), "leaving") && !strcmp(of(&e[k], "purpose"), "legal") && e[k].at < e[i].at + 10 * DAY) written = true;
            if (again) break;
        }
        c->left++;
        if (before && screens > 2) violation(c, "customer %" PRId64 ": %d screens to leave", customer, screens);
        if (address && !bounced && !again && !written && e[i].at + 10 * DAY < now_us) violation(c, "customer %" PRId64 ": left, and has nothing in writing", customer);
    }
}

static void check_customer(checking *c, int64_t customer) {
    db_statement *s;
    mr_error err = {0};
    bool row = true;
    size_t n = 0;
    static seen e[4096];
    char zone[64] = "";
    bool address = false;
    assert_ok(db_prepare(c->d, "SELECT time_zone, email FROM contact WHERE customer_id = $1", "i", &s, &err), &err);
    db_bind_int(s, 1, customer);
    assert_ok(db_step(s, &row, &err), &err);
    if (row) snprintf(zone, sizeof zone, "%s", db_text(s, 0, NULL)), address = *db_text(s, 1, NULL);
    db_reset(s);
    assert_ok(db_prepare(c->d, "SELECT at_us, kind, body, subject_id FROM event WHERE customer_id = $1 ORDER BY at_us, id", "i", &s, &err), &err);
    db_bind_int(s, 1, customer);
    for (row = true;;) {
        assert_ok(db_step(s, &row, &err), &err);
        if (!row) break;
        assert_true(n < sizeof e / sizeof *e);
        e[n++] = (seen){db_int(s, 0), (int)db_int(s, 1), json_loads(db_text(s, 2, NULL), 0, NULL), db_int(s, 3)};
    }
    db_reset(s);
    for (size_t i = 0; i < n; i++) {
        if (e[i].kind != EVENT_touch_out) continue;
        c->contacts++;
        if (strcmp(of(&e[i], "purpose"), "marketing") || strcmp(of(&e[i], "channel"), "email")) continue; /* what people did by telephone is theirs */
        c->marketing++;
        check_marketing(c, customer, zone, e, n, i);
    }
    check_leaving(c, customer, address, e, n, c->now_us);
    for (size_t i = 0; i < n; i++) json_decref(e[i].body);
}

static int64_t count_of(db *d, const char *sql) {
    return store_int(d, sql);
}

static void check_base(const world *y, checking *c) {
    /* Nothing twice, as the world saw it. */
    char command[400];
    snprintf(command, sizeof command, "test -z \"$(sort '%s' | uniq -d)\"", y->world);
    if (system(command)) violation(c, "something was sent twice");
    /* What is open is somebody's. */
    if (count_of(c->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM support_case s WHERE s.state = 1 AND NOT EXISTS (SELECT 1 FROM action a WHERE a.customer_id = s.customer_id AND a.subject_id = s.id AND a.step = 'solve' AND a.state IN (1, 3) AND a.owner <> '')"))
        violation(c, "an open case is nobody's");
    char sql[400];
    snprintf(sql, sizeof sql, "SELECT CAST(COUNT(*) AS BIGINT) FROM promise p WHERE p.state = 1 AND p.due_us < %lld AND NOT EXISTS (SELECT 1 FROM action a WHERE a.customer_id = p.customer_id AND a.subject_id = p.id AND a.step = 'apologise' "
                              "AND a.state IN (1, 3) AND a.owner <> '')", (long long)y->t.now_us);
    if (count_of(c->d, sql)) violation(c, "an overdue promise is nobody's");
    if (count_of(c->d, "SELECT CAST(COUNT(*) AS BIGINT) FROM message WHERE state = 1")) violation(c, "a message is being sent for ever");
}

static void check(world *y, checking *c) {
    *c = (checking){.d = y->t.l->d, .now_us = y->t.now_us};
    for (unsigned i = 0; i < y->customers; i++) {
        char id[16];
        snprintf(id, sizeof id, "c%u", i);
        check_customer(c, story_id(&y->t, id));
    }
    unsetenv("TZ");
    tzset();
    check_base(y, c);
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
static const plant plants[] = {
    {"at 4:00 in Europe/Berlin", {{EVENT_touch_out, 40.125, MAIL}}},
    {"without consent", {{EVENT_consent_withdrawn, 30, "{\"purpose\": \"marketing\"}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"who objected to profiling", {{EVENT_consent_withdrawn, 30, "{\"purpose\": \"profiling\"}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"who objected to everything", {{EVENT_preference_changed, 30, "{\"wanted\": false}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"a topic they do not want", {{EVENT_preference_changed, 30, "{\"topic\": \"tips\", \"wanted\": false}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"while something serious is open", {{EVENT_case_open, 30, "{\"number\": \"plant\", \"severity\": \"urgent\"}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"while something serious is open", {{EVENT_complaint, 30, "{\"severity\": \"high\"}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"who is leaving", {{EVENT_leave_intent, 30, "{}"}, {EVENT_touch_out, 40.5, MAIL}}},
    {"left, and has nothing in writing", {{EVENT_leave_intent, 30, "{}"}, {EVENT_leave_confirmed, 30.01, "{}"}}},
    {"3 screens to leave", {{EVENT_leave_intent, 30, "{}"}, {EVENT_survey, 30.01, "{\"name\": \"leaving\"}"}, {EVENT_survey, 30.02, "{\"name\": \"leaving\"}"}, {EVENT_leave_confirmed, 30.03, "{}"},
                            {EVENT_touch_out, 30.5, "{\"purpose\": \"legal\", \"channel\": \"email\", \"topic\": \"leaving\"}"}}},
    {"the fifth e-mail in a quarter", {{EVENT_touch_out, 40.5, MAIL}, {EVENT_touch_out, 50.5, MAIL}, {EVENT_touch_out, 60.5, MAIL}, {EVENT_touch_out, 70.5, MAIL}, {EVENT_touch_out, 80.5, MAIL}}},
};

static void finds(const world *y, const char *what) {
    checking c = {.d = y->t.l->d};
    check_base(y, &c);
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
        unsetenv("TZ");
        tzset();
        if (c.violations != 1 || !strstr(c.first, plants[i].found)) fail_msg("planted %s: %u found, %s", plants[i].found, c.violations, c.first);
    }
}

static void year(void **state) {
    store *s = store_of(state);
    const char *seed = getenv("MARRAM_SEED"), *customers = getenv("MARRAM_CUSTOMERS");
    world y = {.customers = customers ? (unsigned)atoi(customers) : s->kind == DB_SQLITE ? CUSTOMERS : 100};
    checking c;
    uint64_t number = seed ? strtoull(seed, NULL, 10) : 20260101;
    printf("seed %" PRIu64 ", %u customers\n", number, y.customers);
    rng_seed(&y.r, number, 1);
    story_begin(&y.t, s, settings);
    snprintf(y.world, sizeof y.world, "%s/world", s->folder);
    FILE *f = fopen(y.world, "w");
    fclose(f);
    for (unsigned i = 0; i < y.customers; i++) born(&y, i);
    for (int day = 0; day < DAYS; day++) {
        for (unsigned n = (unsigned)(chance(&y) * 2 * y.customers / 40); n; n--) lives(&y, pick(&y, y.customers), day);
        y.t.now_us = (FIRST_DAY + day) * DAY + (int64_t)(chance(&y) * 24) * HOUR + HOUR / 2;
        until(&y, y.t.now_us);
        ticks(&y, s, y.t.now_us);
        if (day % 7 == 3) people_work(&y, y.t.now_us);
    }
    y.t.now_us = (FIRST_DAY + DAYS + 30) * DAY;
    until(&y, y.t.now_us);
    ticks(&y, s, y.t.now_us);
    check(&y, &c);
    printf("%u kills, %u contacts, %u of them marketing by e-mail, %u left, %u violations%s%s\n", y.kills, c.contacts, c.marketing, c.left, c.violations, c.violations ? ": " : "", c.first);
    assert_int_equal(c.violations, 0);
    assert_true(y.kills > 10 && c.left > y.customers / 50 && c.marketing > y.customers / 2);
    planted_in_base(&y);
    planted(&y);
    free(y.coming);
    story_end(&y.t);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {BOTH(year)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
