#include "tick.h"

#include "programme.h"

#include <cycles.h>
#include <due.h>
#include <error.h>
#include <id_list.h>
#include <looks.h>

#include <stdlib.h>
#include <string.h>

#define LEASE_US INT64_C(600000000) /* longer than a part takes; one of a process that ended is free at once (due_lease_clear) */
#define BATCH 256  /* timers asked for at once */
#define TOGETHER 16 /* customers a transaction: one commit for all of them, and no lock held long */

typedef struct ticking {
    ledger *l;
    const tick_options *o;
    const config *c;
    const knowledge *known;
    tick_counts *counts;
    wording words;
    zone_cache zones;
    content_library content;
    whole w;
    look k;
    digest_room room;
} ticking;

/* --- one customer --- */

static void count(tick_counts *n, const reconciled *r, const plan *p, size_t sent) {
    n->looked++;
    n->made += r->made;
    n->lapsed += r->lapse_n;
    n->outbox += sent;
    for (size_t i = 0; i < p->n; i++) {
        n->drafts += p->item[i].fate == PLAN_DRAFT;
        n->later += p->item[i].fate == PLAN_LATER;
        n->refused += p->item[i].fate == PLAN_REFUSED;
        n->given_up += p->item[i].fate == PLAN_GIVEN_UP;
        n->tasks_for_channel += p->item[i].fate == PLAN_TASK;
        n->words_missing += p->item[i].verdict.rule && !strcmp(p->item[i].verdict.rule, "words");
    }
}

/* What is wanted of them, as of now: nothing is written. */
static mr_status look_at(ticking *t, int64_t customer_id, reconciled *r, plan *p, mr_error *err) {
    digest d;
    mr_status status = whole_read(t->l, customer_id, &t->w, err);
    if (status != MR_OK) return status;
    int32_t day = work_day_of(&t->c->work, t->o->now_us);
    status = digest_make(&t->room, &t->w.t, day, &t->known->norms, &d, err);
    if (status != MR_OK) return status;
    look_begin(&t->k, &t->w, t->c, t->known, &d, t->o->now_us);
    t->k.content = &t->content;
    programmes_look(&t->k);
    status = reconcile(&t->k, t->l, r, err);
    return status == MR_OK ? plan_customer(&t->k, t->l, &t->words, &t->zones, r, p, err) : status;
}

static mr_status write_look(ticking *t, const due_row *row, mr_error *err) {
    reconciled r;
    plan p;
    size_t sent = 0;
    mr_status status = look_at(t, row->customer_id, &r, &p, err);
    if (status == MR_OK) status = reconcile_write(t->l, &t->k, &r, err);
    if (status == MR_OK) status = plan_write(t->l, &t->k, &p, &sent, err);
    if (status == MR_OK && !t->o->customer_id) status = due_look_done(t->l, row, t->k.again_us, NULL, err);
    if (status != MR_OK) return status;
    count(t->counts, &r, &p, sent);
    if (t->o->on_look) t->o->on_look(t->o->ctx, &t->k, &r, &p);
    return MR_OK;
}

typedef struct together {
    ticking *t;
    const due_row *row;
    size_t n;
} together;

/* Whoever was merged or erased since has no customer behind the timer: it is done. */
static bool is_nobody(const mr_error *err) {
    return err->code == MR_EDATA && !strcmp(err->field, "customer");
}

static mr_status write_together(db *d, void *ctx, mr_error *err) {
    together *g = ctx;
    tick_counts before = *g->t->counts;
    mr_status status = MR_OK;
    (void)d;
    for (size_t i = 0; i < g->n && status == MR_OK; i++) {
        due_row row;
        bool waiting;
        mr_error why = {0};
        status = due_look_read(g->t->l, g->row[i].customer_id, &row, &waiting, err);
        if (status != MR_OK || !waiting || row.due_us > g->t->o->now_us) continue; /* another tick was quicker */
        status = write_look(g->t, &row, &why);
        if (status != MR_OK && is_nobody(&why)) status = due_look_done(g->t->l, &row, LOOK_NEVER, NULL, err);
        else if (status != MR_OK && err) *err = why;
    }
    if (status != MR_OK) *g->t->counts = before; /* it is run again, or was not */
    return status;
}

/* --- all who are due --- */

static mr_status progressed(ticking *t, mr_error *err) {
    const mr_context *c = t->o->context;
    if (!c || !c->progress || !c->progress(t->counts->looked, t->counts->due > t->counts->looked ? t->counts->due : 0, c->progress_ctx)) return MR_OK;
    return error_set(err, MR_ECANCELLED, NULL, -1, "interrupted; what was done is done, and the next tick goes on");
}

/* A lease that a process of this machine left behind when it was killed is given back. */
static mr_status dead_leases(ticking *t, mr_error *err) {
    return due_lease_clear(t->l, t->o->owner, err);
}

static mr_status run_part(ticking *t, int part, mr_error *err) {
    due_row row[BATCH];
    size_t n = 0;
    mr_status status = MR_OK;
    do {
        status = due_looks_waiting(t->l, part, t->o->now_us, row, BATCH, &n, err);
        t->counts->due += n;
        for (size_t i = 0; i < n && status == MR_OK; i += TOGETHER) {
            together g = {t, row + i, n - i < TOGETHER ? n - i : TOGETHER};
            status = db_transaction(t->l->d, DB_WRITE, write_together, &g, err);
            if (status == MR_OK) status = progressed(t, err);
        }
    } while (status == MR_OK && n == BATCH);
    return status;
}

/* As write_look, but for the writing. */
static mr_status dry_look(ticking *t, int64_t customer_id, mr_error *err) {
    reconciled r;
    plan p;
    mr_error why = {0};
    size_t sends = 0;
    mr_status status = look_at(t, customer_id, &r, &p, &why);
    if (status != MR_OK && is_nobody(&why)) return MR_OK;
    if (status != MR_OK && err) *err = why;
    if (status != MR_OK) return status;
    for (size_t i = 0; i < p.n; i++) sends += p.item[i].fate == PLAN_SEND;
    count(t->counts, &r, &p, sends);
    if (t->o->on_look) t->o->on_look(t->o->ctx, &t->k, &r, &p);
    return progressed(t, err);
}

/* Nothing is taken from the queue, so the whole of it is asked for part by part. */
static mr_status dry_part(ticking *t, int part, mr_error *err) {
    size_t room = 1u << 20, n = 0;
    due_row *row = malloc(room * sizeof *row);
    if (!row) return error_memory(err, room * sizeof *row);
    mr_status status = due_looks_waiting(t->l, part, t->o->now_us, row, room, &n, err);
    t->counts->due += n;
    for (size_t i = 0; i < n && status == MR_OK; i++) status = dry_look(t, row[i].customer_id, err);
    free(row);
    return status;
}

static mr_status note_customer(void *ctx, int64_t customer_id, const cycle *c, mr_error *err) {
    (void)c;
    return id_list_add(ctx, customer_id, err);
}

/* What the first tick of a ledger would do: it looks at everybody. */
static mr_status dry_first(ticking *t, mr_error *err) {
    id_list all = {0};
    mr_status status = ledger_cycles(t->l, 1, INT64_MAX, note_customer, &all, err);
    t->counts->due = all.n;
    for (size_t i = 0; i < all.n && status == MR_OK; i++) status = dry_look(t, all.at[i], err);
    id_list_free(&all);
    return status;
}

/* The parts that have somebody due are taken under a lease, so that several ticks do not read the same queue. */
static mr_status run_all(ticking *t, mr_error *err) {
    int parts[DUE_PARTS];
    size_t n = 0;
    bool acting = true;
    mr_status status = t->o->dry_run ? looks_wanted(t->l, &acting, err) : MR_OK;
    if (status == MR_OK && !acting) return dry_first(t, err);
    if (status == MR_OK) status = due_look_parts(t->l, t->o->now_us, parts, &n, err);
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        due_lease lease;
        bool taken = true;
        if (t->o->dry_run) {
            status = dry_part(t, parts[i], err);
            continue;
        }
        status = due_lease_take_part(t->l, parts[i], t->o->owner, t->o->wall_us, LEASE_US, &lease, &taken, err);
        t->counts->held += status == MR_OK && !taken; /* another tick sees to it */
        if (status != MR_OK || !taken) continue;
        status = run_part(t, parts[i], err);
        mr_error ignored = {0};
        mr_status given = due_lease_give(t->l, &lease, status == MR_OK ? err : &ignored);
        if (status == MR_OK) status = given;
    }
    return status;
}

static mr_status one_alone(db *d, void *ctx, mr_error *err) {
    ticking *t = ctx;
    due_row row = {.customer_id = t->o->customer_id};
    (void)d;
    *t->counts = (tick_counts){.due = 1, .began = t->counts->began};
    return write_look(t, &row, err);
}

static mr_status run_one(ticking *t, mr_error *err) {
    t->counts->due = 1;
    return t->o->dry_run ? dry_look(t, t->o->customer_id, err) : db_transaction(t->l->d, DB_WRITE, one_alone, t, err);
}

/* Who has had their last day leaves nothing behind: their open tasks are looked at, and go over to somebody (reconcile.h). */
static mr_status wake(db *d, void *ctx, mr_error *err) {
    ticking *t = ctx;
    int32_t day = work_day_of(&t->c->work, t->o->now_us);
    mr_status status = MR_OK;
    (void)d;
    for (size_t i = 0; i < t->c->people_n && status == MR_OK; i++) {
        size_t n;
        if (day > t->c->people[i].left_day) status = actions_wake(t->l, t->c->people[i].name, t->o->now_us, &n, err);
    }
    return status;
}

mr_status tick_run(ledger *l, const config *c, const knowledge *known, const tick_options *o, tick_counts *out, mr_error *err) {
    ticking *t = calloc(1, sizeof *t);
    *out = (tick_counts){0};
    if (!t) return error_memory(err, sizeof *t);
    *t = (ticking){.l = l, .o = o, .c = c, .known = known, .counts = out};
    mr_status status = wording_open(c, &t->words, err);
    if (status == MR_OK) status = content_open(c->delivery_content, &t->content, err);
    if (status == MR_OK && !o->dry_run) status = due_looks_begin(l, o->now_us, &out->began, err);
    if (status == MR_OK && !o->dry_run) status = dead_leases(t, err);
    if (status == MR_OK && !o->dry_run) status = db_transaction(l->d, DB_WRITE, wake, t, err);
    if (status == MR_OK) status = o->customer_id ? run_one(t, err) : run_all(t, err);
    whole_free(&t->w);
    look_free(&t->k);
    digest_room_free(&t->room);
    wording_free(&t->words);
    content_free(&t->content);
    zone_cache_free(&t->zones);
    free(t);
    return status;
}
