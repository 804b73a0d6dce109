/* marram customer: one customer at a time. */
#include "customer.h"
#include "store.h"

#include <duplicates.h>
#include <erase.h>
#include <error.h>
#include <merge.h>
#include <person.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "marram customer: one customer at a time\n"
    "\n"
    "usage: marram customer show ID              who they are, what is open, what happened\n"
    "       marram customer find TEXT            by name, e-mail address, phone number or identifier\n"
    "       marram customer duplicates           customers who may be one\n"
    "       marram customer merge KEEP OTHER     the two are one: OTHER's history moves to KEEP\n"
    "       marram customer merge --undo NUMBER  they are two after all\n"
    "       marram customer erase ID --yes       forget them: every field, every event, every byte\n"
    "\n"
    "ID is an identifier as it was imported, or #NUMBER as these commands print it.\n"
    "\n" STORE_HELP
    "  --source NAME             which system's identifiers these are (any)\n"
    "  --limit N                 show: events at most (20)\n"
    "  --weak                    duplicates: those who share nothing but a name, too\n"
    "  --undo NUMBER             merge: takes that merge back\n"
    "  --yes                     erase: I mean it\n"
    "  --json                    print as JSON\n"
    "  --quiet                   print nothing but errors\n"
    "  --help                    this text\n"
    "\n"
    "examples:\n"
    "  marram customer show C-1042\n"
    "  marram customer find \"Ann Smith\"\n"
    "  marram customer merge C-1042 C-2077\n"
    "\n"
    "exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 5 input/output, 130 interrupted\n";

typedef struct arguments {
    store_options store;
    const char *action, *operand[2], *source;
    int64_t limit, undo;
    bool weak, yes, json, quiet, help;
} arguments;

static bool read_operand(option_reader *r, arguments *a) {
    const char *word = option_value(r);
    const char **place = !a->action ? &a->action : !a->operand[0] ? &a->operand[0] : !a->operand[1] ? &a->operand[1] : NULL;
    if (place) {
        *place = word;
        return true;
    }
    command_usage(r->command, "'%s' is one argument too many", word);
    return false;
}

static bool read_option(option_reader *r, const char *name, arguments *a) {
    if (!*name) return read_operand(r, a);
    if (option_is(name, "--source")) return (a->source = option_value(r)) != NULL;
    if (option_is(name, "--limit")) return option_integer(r, 0, 1000000000, &a->limit);
    if (option_is(name, "--undo")) return option_integer(r, 1, INT64_MAX, &a->undo);
    if (option_is(name, "--weak")) return a->weak = true;
    if (option_is(name, "--yes")) return a->yes = true;
    if (option_is(name, "--json")) return a->json = true;
    if (option_is(name, "--quiet")) return a->quiet = true;
    if (option_is(name, "--help") || option_is(name, "-h")) return a->help = true;
    int shared = store_option(r, name, &a->store);
    if (shared == 0) option_unknown(r, name);
    return shared == 1;
}

static void print_json(const json_t *o) {
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
}

static mr_status need(const arguments *a, int operands, mr_error *err) {
    int have = (a->operand[0] != NULL) + (a->operand[1] != NULL);
    if (have == operands) return MR_OK;
    return error_set(err, MR_EINVAL, NULL, -1, "%s takes %d operand%s; see 'marram customer --help'", a->action, operands, operands == 1 ? "" : "s");
}

/* --- show and find --- */

static mr_status show(arguments *a, ledger *l, mr_error *err) {
    int64_t id;
    json_t *person = NULL;
    mr_status status = need(a, 1, err);
    if (status == MR_OK) status = person_find(l, a->operand[0], a->source, &id, err);
    if (status == MR_OK) status = person_read(l, id, (size_t)a->limit, &person, err);
    if (status == MR_OK && a->json) print_json(person);
    if (status == MR_OK && !a->json) customer_print(person);
    json_decref(person);
    return status;
}

static mr_status find(arguments *a, ledger *l, mr_error *err) {
    json_t *list = NULL, *one;
    size_t i;
    mr_status status = need(a, 1, err);
    if (status == MR_OK) status = person_search(l, a->operand[0], &list, err);
    if (status == MR_OK && a->json) print_json(list);
    if (status == MR_OK && !a->json && !json_array_size(list)) puts("nobody");
    if (status == MR_OK && !a->json)
        json_array_foreach(list, i, one) {
            const char *name = json_string_value(json_object_get(one, "name")), *email = json_string_value(json_object_get(one, "email"));
            printf("%-16s %s  %s  (by %s, #%" JSON_INTEGER_FORMAT ")\n", json_string_value(json_object_get(one, "identifier")), name ? name : "", email ? email : "",
                   json_string_value(json_object_get(one, "by")), json_integer_value(json_object_get(one, "customer_id")));
        }
    json_decref(list);
    return status;
}

/* --- duplicates --- */

static const struct {
    unsigned sign;
    const char *name;
} signs[] = {{DUPLICATE_SAID, "said to be the same"}, {DUPLICATE_EMAIL, "e-mail"}, {DUPLICATE_PHONE, "phone"}, {DUPLICATE_NAME, "name"}, {DUPLICATE_ADDRESS, "address"}};

typedef struct duplicates_out {
    const arguments *a;
    json_t *list;
} duplicates_out;

static json_t *side_json(const duplicate_side *s) {
    return json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:I}", "customer_id", (json_int_t)s->customer_id, "source", s->source, "identifier", s->external_id, "name", s->name, "email",
                     s->email, "phone", s->phone, "events", (json_int_t)s->events);
}

static void print_side(const duplicate_side *s) {
    printf("  %-20s %s%s%s%s%s  %" PRIu64 " events\n", s->external_id, s->name, *s->email ? "  " : "", s->email, *s->phone ? "  " : "", s->phone, s->events);
}

static mr_status each_duplicate(void *ctx, const duplicate *d, mr_error *err) {
    duplicates_out *out = ctx;
    (void)err;
    if (interrupted()) return error_set(err, MR_ECANCELLED, NULL, -1, "interrupted");
    if (out->a->json) {
        json_t *by = json_array();
        for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
            if (d->signs & signs[i].sign) json_array_append_new(by, json_string(signs[i].name));
        json_array_append_new(out->list, json_pack("{s:o,s:o,s:o,s:b}", "keep", side_json(d->keep), "other", side_json(d->other), "signs", by, "weak", (int)d->weak));
        return MR_OK;
    }
    bool any = false;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (d->signs & signs[i].sign) {
            printf("%s%s", any ? ", " : "the same ", signs[i].name);
            any = true;
        }
    printf("%s\n", d->weak ? " (weak)" : "");
    print_side(d->keep);
    print_side(d->other);
    printf("  marram customer merge '#%" PRId64 "' '#%" PRId64 "'\n\n", d->keep->customer_id, d->other->customer_id);
    return MR_OK;
}

static mr_status duplicates(arguments *a, ledger *l, mr_error *err) {
    duplicates_out out = {a, a->json ? json_array() : NULL};
    duplicates_counts counts = {0};
    mr_status status = need(a, 0, err);
    (void)l;
    if (status == MR_OK) status = ledger_duplicates(a->store.url, &(duplicates_options){.weak = a->weak}, each_duplicate, &out, &counts, err);
    if (status == MR_OK && a->json) print_json(out.list);
    if (status == MR_OK && !a->json && !a->quiet)
        printf("%" PRIu64 " pairs; %" PRIu64 " more share a name alone (--weak shows them); %" PRIu64 " addresses, numbers or names are shared by too many to be a sign\n",
               counts.pairs, a->weak ? 0 : counts.weak, counts.shared);
    json_decref(out.list);
    return status;
}

/* --- merge and erase --- */

static void print_merge(const arguments *a, const char *what, int64_t merge_id, const merge_counts *c) {
    if (a->json) {
        json_t *o = json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I}", "what", what, "merge", (json_int_t)merge_id, "identifiers", (json_int_t)c->identifiers, "events",
                              (json_int_t)c->events, "doublets", (json_int_t)c->doublets, "differing", (json_int_t)c->differing, "rows", (json_int_t)c->rows);
        print_json(o);
        json_decref(o);
    } else if (!a->quiet) {
        printf("%s: %" PRIu64 " identifiers, %" PRIu64 " events, %" PRIu64 " other rows moved; %" PRIu64 " events both had\n", what, c->identifiers, c->events, c->rows, c->doublets);
        if (merge_id) printf("to take it back: marram customer merge --undo %" PRId64 "\n", merge_id);
    }
}

static mr_status merge_two(arguments *a, ledger *l, mr_error *err) {
    int64_t kept, other, merge_id = 0;
    merge_counts counts = {0};
    if (a->undo) {
        mr_status status = need(a, 0, err);
        if (status == MR_OK) status = ledger_unmerge(l, a->undo, now_us(), &counts, err);
        if (status == MR_OK) print_merge(a, "taken back", 0, &counts);
        return status;
    }
    mr_status status = need(a, 2, err);
    if (status == MR_OK) status = person_find(l, a->operand[0], a->source, &kept, err);
    if (status == MR_OK) status = person_find(l, a->operand[1], a->source, &other, err);
    if (status == MR_OK) status = ledger_merge(l, kept, other, now_us(), &merge_id, &counts, err);
    if (status == MR_OK) print_merge(a, "merged", merge_id, &counts);
    return status;
}

static mr_status erase_one(arguments *a, ledger *l, mr_error *err) {
    int64_t id;
    erase_counts c = {0};
    mr_status status = need(a, 1, err);
    if (status == MR_OK) status = person_find(l, a->operand[0], a->source, &id, err);
    if (status == MR_OK && !a->yes)
        status = error_set(err, MR_EINVAL, NULL, -1,
                           "this forgets '%s' for good: every field and event goes, only counts stay. 'marram customer show' tells who it is; say --yes to do it", a->operand[0]);
    if (status == MR_OK) status = ledger_erase(l, id, now_us(), &c, err);
    if (status == MR_OK) status = ledger_erase_finish(l, err);
    if (status != MR_OK) return status;
    if (a->json) {
        json_t *o = json_pack("{s:I,s:I,s:I}", "identifiers", (json_int_t)c.identifiers, "events", (json_int_t)c.events, "rows", (json_int_t)c.rows);
        print_json(o);
        json_decref(o);
    } else if (!a->quiet) {
        printf("erased: %" PRIu64 " identifiers, %" PRIu64 " events, %" PRIu64 " rows in all. Older backups still hold them: restoring one erases them again\n", c.identifiers,
               c.events, c.rows);
    }
    return MR_OK;
}

static const struct {
    const char *name;
    mr_status (*run)(arguments *a, ledger *l, mr_error *err);
} actions[] = {{"show", show}, {"find", find}, {"duplicates", duplicates}, {"merge", merge_two}, {"erase", erase_one}};

static int run_action(arguments *a) {
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        mr_error err = {0};
        ledger *l = NULL;
        if (strcmp(actions[i].name, a->action)) continue;
        err.code = ledger_open(a->store.url, NULL, &l, &err);
        if (err.code == MR_OK) err.code = actions[i].run(a, l, &err);
        ledger_close(l);
        return err.code == MR_OK ? EXIT_OK : command_fail("customer", &err);
    }
    return command_usage("customer", "there is no '%s'; it must be show, find, duplicates, merge or erase", a->action);
}

int command_customer(int argc, char **argv) {
    arguments a = {.limit = 20};
    store_begin(&a.store);
    option_reader r = option_begin("customer", argc, argv);
    for (const char *name; !a.help && (name = option_next(&r));)
        if (!read_option(&r, name, &a)) return EXIT_USAGE;
    if (a.help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    return a.action ? run_action(&a) : command_usage("customer", "needs what to do: show, find, duplicates, merge or erase");
}
