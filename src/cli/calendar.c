/* marram calendar: what each person has to do, as a feed for their calendar program. */
#include "columns_out.h"
#include "json_text.h"
#include "settings.h"
#include "store.h"

#include <actions.h>
#include <body.h>
#include <calendar_feed.h>
#include <error.h>
#include <mem.h>
#include <out_file.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char help[] =
    "marram calendar: what people have to do, as iCalendar feeds (docs/calendar.md)\n"
    "\n"
    "usage: marram calendar --person NAME|--all --out FOLDER [OPTION ...]\n"
    "\n"
    "One file a person, with one event of 15 minutes for each open task, when it is due. Whole or not at all: who reads it meanwhile sees the old one. Whoever has nothing to do any\n"
    "more gets an empty one.\n"
    "\n"
    "  --person NAME             of one person, as --owner of 'marram task list'\n"
    "  --all                     of everybody with an open task, of the settings' people, and of whoever has a feed in that folder already\n"
    "  --out FOLDER              where the files go; made where it is not there\n"
    STORE_HELP SETTINGS_HELP
    "  --at TIME                 the time it is taken to be (the clock)\n"
    "  --dry-run                 only say what would be written\n"
    "  --json                    print as JSON, one line a file\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram calendar --all --out /srv/calendars\n"
    "  marram calendar --person \"Mara Adler\" --out .\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data or settings, 5 input/output\n";

enum { TASKS_MOST = 200000, FEED_LONGEST = 64 << 20 };

typedef struct arguments {
    store_options store;
    settings_options settings;
    const char *person, *out;
    int64_t at_us;
    bool all, dry_run, json, help;
} arguments;

typedef struct names {
    char **at;
    size_t n;
} names;

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) return command_usage("calendar", "'%s' is one argument too many", option_value(r)), false;
    if (option_is(name, "--person")) return (a->person = option_value(r)) != NULL;
    if (option_is(name, "--out")) return (a->out = option_value(r)) != NULL;
    if (option_is(name, "--all")) return a->all = true;
    if (option_is(name, "--dry-run")) return a->dry_run = true;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    if (option_is(name, "--at")) return option_time(r, &a->at_us);
    int shared = store_option(r, name, &a->store);
    if (shared == 0) shared = settings_option(r, name, &a->settings);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

/* --- a task as an event --- */

static int64_t time_field(const json_t *o, const char *name) {
    int64_t us = 0;
    const char *text = json_text(o, name);
    return *text && time_read(text, strlen(text), &us) ? us : 0;
}

static const char *customer_of(const json_t *o) {
    return *json_text(o, "customer_name") ? json_text(o, "customer_name") : *json_text(o, "customer") ? json_text(o, "customer") : json_text(o, "customer_id");
}

static void describe(const json_t *o, text_buffer *out) {
    const json_t *document = json_object_get(o, "document"), *why;
    size_t i;
    text_printf(out, "%s%s%s%s\n", customer_of(o), *json_text(o, "customer") ? " (" : "", json_text(o, "customer"), *json_text(o, "customer") ? ")" : "");
    json_array_foreach(json_object_get(document, "why"), i, why) text_printf(out, "Why: %s\n", json_string_value(why) ? json_string_value(why) : "");
    if (*json_text(document, "say")) text_printf(out, "Say: %s\n", json_text(document, "say"));
    text_printf(out, "marram task show %s", json_text(o, "id"));
    text_terminate(out);
}

static calendar_task task_of(const json_t *o, text_buffer *summary, text_buffer *description) {
    int64_t due = time_field(o, "due"), snoozed = time_field(o, "snoozed");
    text_printf(summary, "%s: %s", customer_of(o), json_text(o, "what"));
    text_terminate(summary);
    describe(o, description);
    return (calendar_task){.id = json_text(o, "id"), .summary = summary->data, .description = description->data, .category = json_text(o, "programme"), .due_us = due > snoozed ? due : snoozed,
                           .changed_us = time_field(o, "changed"), .urgent = json_is_true(json_object_get(o, "urgent"))};
}

static mr_status feed_of(const json_t *tasks, const char *person, int64_t at_us, text_buffer *out, size_t *n, mr_error *err) {
    size_t all = json_array_size(tasks), i;
    text_buffer *texts = mem_new(NULL, 2 * all + 1, sizeof *texts);
    calendar_task *events = mem_new(NULL, all + 1, sizeof *events);
    const json_t *o;
    bool failed = !texts || !events;
    *n = 0;
    json_array_foreach(failed ? NULL : tasks, i, o) {
        if (strcmp(json_text(o, "owner"), person)) continue;
        text_buffer *summary = &texts[2 * *n], *description = &texts[2 * *n + 1];
        events[(*n)++] = task_of(o, summary, description);
        failed |= summary->failed || description->failed;
    }
    mr_status status = failed ? error_memory(err, all * sizeof *events) : calendar_feed(person, events, *n, at_us, out, err);
    for (i = 0; texts && i < 2 * *n; i++) text_free(&texts[i]);
    mem_free(NULL, texts);
    mem_free(NULL, events);
    return status;
}

/* --- whose --- */

static mr_status names_add(names *list, const char *name, mr_error *err) {
    for (size_t i = 0; i < list->n; i++)
        if (!strcmp(list->at[i], name)) return MR_OK;
    char **longer = realloc(list->at, (list->n + 1) * sizeof *longer);
    if (longer) list->at = longer;
    char *own = longer ? strdup(name) : NULL;
    if (!own) return error_memory(err, strlen(name));
    list->at[list->n++] = own;
    return MR_OK;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool file_read(const char *folder, const char *name, text_buffer *out) {
    char path[4096];
    out->len = 0;
    snprintf(path, sizeof path, "%.3500s/%.255s", folder, name);
    FILE *f = fopen(path, "re");
    if (!f) return false;
    for (size_t got = 1; got && out->len < FEED_LONGEST && text_reserve(out, 65536); out->len += got) got = fread(out->data + out->len, 1, 65536, f);
    fclose(f);
    text_terminate(out);
    return !out->failed;
}

static char *file_name(const ledger *l, const char *person, char out[CALENDAR_FILE_NAME]) {
    return calendar_file_name(person, (uint64_t)ledger_hash(l, ledger_domain_of(l, "calendar", ""), person, strlen(person)), out);
}

/* Whoever has a feed there already, under the name we give it: it must not go on showing tasks that are done. */
static mr_status names_of_folder(const ledger *l, const char *folder, names *list, mr_error *err) {
    text_buffer text = {0}, person = {0};
    char file[CALENDAR_FILE_NAME];
    mr_status status = MR_OK;
    DIR *d = opendir(folder);
    for (struct dirent *e; d && status == MR_OK && (e = readdir(d));) {
        size_t len = strlen(e->d_name);
        person.len = 0;
        if (len < 20 || strcmp(e->d_name + len - 4, ".ics") || !file_read(folder, e->d_name, &text) || !calendar_feed_person(text.data, &person)) continue;
        if (!strcmp(file_name(l, person.data, file), e->d_name)) status = names_add(list, person.data, err);
    }
    if (d) closedir(d);
    text_free(&text);
    text_free(&person);
    return status;
}

static mr_status whose(const arguments *a, const config *c, const ledger *l, const json_t *tasks, names *list, mr_error *err) {
    const json_t *o;
    size_t i;
    mr_status status = MR_OK;
    if (a->person) {
        if (!json_array_size(tasks) && c->people_n && !config_person_of(c, a->person))
            return error_set(err, MR_EDATA, "person", -1, "nobody is called '%.80s': neither among the people of %.200s nor as the owner of an open task", a->person, c->path);
        return names_add(list, a->person, err);
    }
    json_array_foreach(tasks, i, o) if (status == MR_OK && *json_text(o, "owner")) status = names_add(list, json_text(o, "owner"), err);
    for (i = 0; i < c->people_n && status == MR_OK; i++) status = names_add(list, c->people[i].name, err);
    if (status == MR_OK) status = names_of_folder(l, a->out, list, err);
    if (status == MR_OK && list->n) qsort(list->at, list->n, sizeof *list->at, by_name);
    return status;
}

/* --- writing --- */

static void said(const arguments *a, const char *person, const char *path, size_t n) {
    if (a->json) {
        json_t *o = json_pack("{s:s,s:s,s:I}", "person", person, "file", path, "tasks", (json_int_t)n);
        json_dumpf(o, stdout, JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(o);
    } else {
        printf("%s%s: %zu task%s of %s\n", a->dry_run ? "would write " : "", path, n, n == 1 ? "" : "s", person);
    }
}

static mr_status write_one(const arguments *a, const ledger *l, const json_t *tasks, const char *person, mr_error *err) {
    text_buffer feed = {0};
    char path[4096], file[CALENDAR_FILE_NAME];
    size_t n;
    out_file out;
    snprintf(path, sizeof path, "%.3900s/%s", a->out, file_name(l, person, file));
    mr_status status = feed_of(tasks, person, a->at_us, &feed, &n, err);
    if (status == MR_OK && !a->dry_run) {
        status = out_file_open(path, 0640, &out, err);
        if (status == MR_OK) status = out_file_close(&out, fwrite(feed.data, 1, feed.len, out.file) == feed.len || ferror(out.file), err);
    }
    text_free(&feed);
    if (status == MR_OK) said(a, person, path, n);
    return status;
}

static mr_status write_all(const arguments *a, const config *c, const ledger *l, const json_t *tasks, mr_error *err) {
    names list = {0};
    const json_t *o;
    size_t i, nobody = 0;
    if (json_array_size(tasks) == TASKS_MOST) return error_set(err, MR_EDATA, "tasks", -1, "more than %d tasks are open: write the feeds one by one, with --person", TASKS_MOST - 1);
    if (!a->dry_run && mkdir(a->out, 0777) != 0 && errno != EEXIST) return error_set(err, MR_EIO, "out", -1, "%.300s cannot be made: %s", a->out, strerror(errno));
    mr_status status = whose(a, c, l, tasks, &list, err);
    for (i = 0; i < list.n && status == MR_OK; i++) status = write_one(a, l, tasks, list.at[i], err);
    json_array_foreach(tasks, i, o) nobody += !*json_text(o, "owner");
    if (status == MR_OK && nobody) fprintf(stderr, "marram calendar: %zu open task%s no owner and stand%s in no calendar; 'marram task assign' gives them one\n", nobody, nobody == 1 ? " has" : "s have", nobody == 1 ? "s" : "");
    for (i = 0; i < list.n; i++) free(list.at[i]);
    free(list.at);
    return status;
}

static int run(const arguments *a) {
    mr_error err = {0};
    ledger *l = NULL;
    config c = {0};
    json_t *tasks = NULL;
    int code = settings_open("calendar", &a->settings, &c);
    if (code == EXIT_OK) {
        actions_query q = {.owner = a->person, .kind = ACTION_TASK, .states = ACTION_IN(ACTION_OPEN), .limit = TASKS_MOST};
        err.code = ledger_open_reading(a->store.url, &l, &err);
        if (err.code == MR_OK) err.code = actions_list(l, &q, &tasks, &err);
        if (err.code == MR_OK) err.code = write_all(a, &c, l, tasks, &err);
        ledger_close(l);
        if (err.code != MR_OK) code = command_fail("calendar", &err);
    }
    json_decref(tasks);
    config_free(&c);
    return code;
}

int command_calendar(int argc, char **argv) {
    arguments a = {.at_us = INT64_MIN};
    option_reader r = option_begin("calendar", argc, argv);
    store_begin(&a.store);
    for (const char *name; (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) return print_help(help), EXIT_OK;
    if (!a.person == !a.all) return command_usage("calendar", "say whose: --person NAME, or --all");
    if (a.person && !*a.person) return command_usage("calendar", "--person must be a name");
    if (!a.out || !*a.out) return command_usage("calendar", "say where: --out FOLDER");
    if (a.at_us == INT64_MIN) a.at_us = now_us();
    return run(&a);
}
