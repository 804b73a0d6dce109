/* marram db check: what is wrong, a line each, and what to do about it. */
#include "db_command.h"

#include <error.h>
#include <figures.h>
#include <ledger_check.h>

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#define SHOWN 20 /* of one kind; --json gives all */

typedef struct printing {
    const db_arguments *a;
    json_t *list;
    uint64_t n[CHECK_CODES];
    progress_bar bar;
} printing;

static mr_status found(void *ctx, const check_finding *f, mr_error *err) {
    printing *p = ctx;
    if (interrupted()) return error_set(err, MR_ECANCELLED, NULL, -1, "interrupted");
    p->n[f->code]++;
    if (p->a->json) {
        json_t *o = json_pack("{s:s,s:b,s:b,s:s}", "check", check_name(f->code), "note", (int)check_is_note(f->code), "repaired", (int)f->repaired, "message", f->message);
        if (f->customer_id) {
            char number[24];
            snprintf(number, sizeof number, "%" PRId64, f->customer_id);
            json_object_set_new(o, "customer_id", json_string(number));
        }
        if (json_array_append_new(p->list, o) != 0) return error_memory(err, sizeof *o);
        return MR_OK;
    }
    if (p->n[f->code] > SHOWN) return MR_OK;
    progress_end(&p->bar);
    printf("%s%s: %s\n", check_is_note(f->code) ? "note, " : f->repaired ? "repaired, " : "WRONG, ", check_name(f->code), f->message);
    return MR_OK;
}

static void print_json(const printing *p, const check_counts *c) {
    json_t *o = json_pack("{s:I,s:I,s:I,s:I,s:I,s:O}", "customers", (json_int_t)c->customers, "events", (json_int_t)c->events, "wrong", (json_int_t)c->wrong, "repaired",
                          (json_int_t)c->repaired, "notes", (json_int_t)c->notes, "findings", p->list);
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(o);
}

static void print_end(const printing *p, const check_counts *c) {
    uint64_t left = c->wrong - c->repaired;
    char customers[FIGURE], events[FIGURE];
    for (int k = 0; k < CHECK_CODES; k++)
        if (p->n[k] > SHOWN)
            printf("... and %" PRIu64 " more: %s (--json lists all)\n", p->n[k] - SHOWN, check_summary((check_code)k));
    if (p->a->quiet) return;
    printf("%s%s customer%s and %s event%s looked at: ", c->wrong || c->notes ? "\n" : "", figure_count(customers, (double)c->customers), c->customers == 1 ? "" : "s",
           figure_count(events, (double)c->events), c->events == 1 ? "" : "s");
    if (!c->wrong)
        puts("all is sound");
    else if (!left)
        puts("all that was wrong is repaired");
    else if (c->repaired)
        printf("%" PRIu64 " repaired, %" PRIu64 " still wrong\n", c->repaired, left);
    else
        printf("%" PRIu64 " thing%s wrong%s\n", left, left == 1 ? " is" : "s are", p->a->repair ? "" : "; 'marram db check --repair' mends what can be mended");
}

int db_check(const db_arguments *a) {
    mr_error err = {0};
    check_counts counts = {0};
    printing p = {.a = a, .list = a->json ? json_array() : NULL};
    mr_context context = {.progress = progress_tick, .progress_ctx = &p.bar};
    check_options options = {.repair = a->repair, .quick = a->quick, .now_us = a->init.now_us};
    progress_begin(&p.bar, "checking");
    err.code = ledger_check(a->store.url, &options, &context, found, &p, &counts, &err);
    progress_end(&p.bar);
    if (err.code == MR_OK && a->json) print_json(&p, &counts);
    if (err.code == MR_OK && !a->json) print_end(&p, &counts);
    json_decref(p.list);
    if (err.code != MR_OK) return command_fail("db", &err);
    return counts.wrong > counts.repaired ? EXIT_DATA : EXIT_OK;
}
