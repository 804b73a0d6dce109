#include "tick.h"

#include "departure.h"
#include "owners.h"
#include "programme.h"
#include "save_desk.h"

#include <cycles.h>
#include <due.h>
#include <error.h>
#include <id_list.h>
#include <looks.h>
#include <owned.h>

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
    whole w[TOGETHER]; /* of each customer of a transaction: what is known, what is wished, and what comes of it */
    look k[TOGETHER];
    reconciled r[TOGETHER];
    plan p[TOGETHER];
    digest_room room;
    budget_day own_budget, *budget; /* of the settings and the ledger, or the options' */
    int64_t *open, *look_open, *group_open; /* [c->people_n]: what each of us has to do; before this look; before this transaction */
} ticking;

/* --- one customer --- */

static void count(tick_counts *n, const reconciled *r, const plan *p, size_t sent) {
    n->looked++;
    n->made += r->made;
    n->lapsed += r->lapse_n;
    n->outbox += sent;
    if (r->weighed && r->weighed->decided) n->cut += r->weighed->n - (r->weighed->chosen < r->weighed->n);
    for (size_t i = 0; i < p->n; i++) {
        n->drafts += p->item[i].fate == PLAN_DRAFT;
        n->later += p->item[i].fate == PLAN_LATER;
        n->refused += p->item[i].fate == PLAN_REFUSED;
        n->given_up += p->item[i].fate == PLAN_GIVEN_UP;
        n->tasks_for_channel += p->item[i].fate == PLAN_TASK;
        n->words_missing += p->item[i].verdict.rule && !strcmp(p->item[i].verdict.rule, "words");
    }
}

/* --- what each of us has to do --- */

/* Counted up to OWNERS_COUNTED, or to what they may have at most: a tick's work does not grow with what there is to do. */
static mr_status load_open(ticking *t, mr_error *err) {
    size_t n = t->c->people_n;
    t->open = n ? calloc(3 * n, sizeof *t->open) : NULL;
    if (!n) return MR_OK;
    if (!t->open) return error_memory(err, 3 * n * sizeof *t->open);
    t->look_open = t->open + n;
    t->group_open = t->open + 2 * n;
    mr_status status = MR_OK;
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        const config_person *p = &t->c->people[i];
        status = owned_tasks_some(t->l, p->name, p->load > OWNERS_COUNTED ? p->load : OWNERS_COUNTED, &t->open[i], err);
    }
    return status;
}

static void keep_open(const ticking *t, int64_t *to, const int64_t *from) {
    if (t->c->people_n) memcpy(to, from, t->c->people_n * sizeof *to);
}

static void add_open(ticking *t, const char *owner, int64_t more) {
    const config_person *p = config_person_of(t->c, owner);
    if (p) t->open[p - t->c->people] += more;
}

static bool is_work(const action_row *a) {
    return (a->kind == ACTION_TASK && a->state == ACTION_OPEN) || a->state == ACTION_PROPOSED;
}

/* What the look gave out as it went was wishes; what counts is what they came to. Drafts count while the tick lasts, so that they are spread as well. */
static void settle_open(ticking *t, const whole *w, const reconciled *r) {
    if (!t->open) return;
    keep_open(t, t->open, t->look_open);
    for (size_t i = 0; i < r->put_n; i++) {
        const action_row *a = &r->put[i], *before = whole_action_of(w, a->id);
        if (before && is_work(before)) add_open(t, before->owner, -1);
        if (a->kind != RECONCILE_NOT && is_work(a)) add_open(t, a->owner, 1);
    }
    for (size_t i = 0; i < r->lapse_n; i++) {
        const action_row *before = whole_action_of(w, r->lapse[i]);
        if (before && is_work(before)) add_open(t, before->owner, -1);
    }
}

/* --- an offer to who left --- */

/* Programmes are pure: what they might offer is looked up for them. */
static mr_status choose_offer(ticking *t, look *k, departure *d, mr_error *err) {
    int64_t occasion;
    if (!departure_of(k, d) || !departure_offers(k, d, &occasion)) return MR_OK;
    offering *o = arena_take(&k->text, sizeof *o);
    if (!o) return error_memory(err, sizeof *o);
    k->offering = o;
    return offering_choose(t->l, k->w, t->c, OFFERING_WIN_BACK, occasion, d->why, k->now_us, o, err);
}

/* It is drawn, and counts as shown, when the message goes or a person is to say it; held out of it, that is kept as well. Where its last place went to somebody else meanwhile the message waits, and is then
 * written without it. */
static mr_status draw_offer(ticking *t, look *k, const departure *d, plan *p, mr_error *err) {
    mr_status status = MR_OK;
    if (!k->offering || !k->offering->offer || t->o->dry_run) return MR_OK;
    for (size_t i = 0; i < p->n && status == MR_OK; i++) {
        plan_item *at = &p->item[i];
        offering drawn;
        if (strcmp(at->action->programme, "win_back") || strcmp(at->action->step, "ask") || at->action->occasion || (at->fate != PLAN_SEND && at->fate != PLAN_TASK)) continue;
        if (k->offering->shown && !strstr(at->action->document, "\"offer.title\"")) continue; /* it says nothing of it */
        status = offering_draw(t->l, k->w, t->c, OFFERING_WIN_BACK, d->left->id, d->why, contact_channel_name(at->verdict.channel), k->now_us, &drawn, err);
        if (status == MR_OK && drawn.shown != k->offering->shown && at->fate == PLAN_SEND) {
            at->fate = PLAN_LATER;
            look_again(k, k->now_us + LOOK_HOUR_US);
        }
    }
    return status;
}

/* Under budgets: what is not for today is put off. */
static mr_status weigh_all(ticking *t, look *k, reconciled *r, mr_error *err) {
    mr_status status = weigh(k, t->budget, &t->words, &t->zones, r, err);
    if (status == MR_OK && t->o->weigh) return weigh_planned(t->l, k, t->budget, r->weighed, err);
    if (status == MR_OK) status = weigh_decide(t->l, k, t->budget, r, t->o->dry_run, err);
    if (status == MR_OK) weigh_cut(k, r);
    return status;
}

/* What is wanted of a customer, as of now, into look i, whose turn it is: nothing is written. */
static mr_status look_at(ticking *t, size_t i, whole *w, mr_error *err) {
    digest d;
    int32_t day = work_day_of(&t->c->work, t->o->now_us);
    look *k = &t->k[i];
    referral *referred = NULL;
    departure left = {0};
    mr_status status = digest_make(&t->room, &w->t, day, &t->known->norms, &d, err);
    if (status != MR_OK) return status;
    look_begin(k, w, t->c, t->known, &d, t->o->now_us);
    k->content = &t->content;
    k->open = t->open;
    keep_open(t, t->look_open, t->open);
    if (d.n[EVENT_referral_made]) {
        const referral_span span = {t->o->now_us - REFERRAL_FOLLOWED_DAYS * LOOK_DAY_US, t->o->now_us, REFERRALS_LOOKED};
        status = referrals_of(t->l, w, &span, &k->text, &referred, &k->referral_n, err);
        k->referral = referred;
    }
    if (status == MR_OK) status = choose_offer(t, k, &left, err);
    if (status != MR_OK) return status;
    programmes_look(k);
    status = reconcile(k, t->l, &t->r[i], err);
    if (status == MR_OK && t->budget->on) status = weigh_all(t, k, &t->r[i], err);
    if (status == MR_OK) status = plan_customer(k, t->l, &t->words, &t->zones, &t->r[i], &t->p[i], err);
    if (status == MR_OK) status = draw_offer(t, k, &left, &t->p[i], err);
    if (status == MR_OK) settle_open(t, w, &t->r[i]);
    k->d = NULL; /* the next look's is made in the same room */
    return status;
}

static void looked(ticking *t, size_t i, size_t sent) {
    count(t->counts, &t->r[i], &t->p[i], sent);
    if (t->o->on_look) t->o->on_look(t->o->ctx, &t->k[i], &t->r[i], &t->p[i]);
}

/* What looks 0 .. n - 1 came to, in a few statements for all of them. */
static mr_status write_looks(ticking *t, size_t n, mr_error *err) {
    size_t sent[TOGETHER];
    mr_status status = reconcile_write(t->l, t->k, t->r, n, err);
    if (status == MR_OK) status = plan_write(t->l, t->k, t->p, n, sent, err);
    for (size_t i = 0; i < n && status == MR_OK; i++) looked(t, i, sent[i]);
    return status;
}

typedef struct together {
    ticking *t;
    const due_row *row;
    size_t n;
} together;

/* Of those asked for, who is still due: another tick may have been quicker. */
static mr_status still_due(const together *g, due_row *row, size_t *n, mr_error *err) {
    int64_t id[TOGETHER];
    bool waiting[TOGETHER];
    for (size_t i = 0; i < g->n; i++) id[i] = g->row[i].customer_id;
    mr_status status = due_looks_read(g->t->l, id, g->n, row, waiting, err);
    *n = 0;
    for (size_t i = 0; i < g->n && status == MR_OK; i++)
        if (waiting[i] && row[i].due_us <= g->t->o->now_us) row[(*n)++] = row[i];
    return status;
}

/* Timers are read first and customers then, so that what comes in between is noticed (due_looks_done). */
static mr_status write_together(db *d, void *ctx, mr_error *err) {
    together *g = ctx;
    ticking *t = g->t;
    tick_counts before = *t->counts;
    due_row row[TOGETHER];
    int64_t id[TOGETHER], next_us[TOGETHER];
    bool there[TOGETHER];
    size_t n = 0, looks = 0;
    keep_open(t, t->group_open, t->open);
    (void)d;
    mr_status status = still_due(g, row, &n, err);
    for (size_t i = 0; i < n; i++) id[i] = row[i].customer_id;
    if (status == MR_OK) status = whole_read_all(t->l, id, n, t->w, there, err);
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        next_us[i] = LOOK_NEVER; /* merged or erased since: nobody is behind the timer */
        if (!there[i]) continue;
        status = look_at(t, looks, &t->w[i], err);
        next_us[i] = t->k[looks++].again_us;
    }
    if (status == MR_OK) status = write_looks(t, looks, err);
    if (status == MR_OK) status = due_looks_done(t->l, row, next_us, n, NULL, err);
    if (status != MR_OK) { /* it is run again, or was not */
        *t->counts = before;
        keep_open(t, t->open, t->group_open);
    }
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

/* As write_together, but for the writing. */
static mr_status dry_look(ticking *t, int64_t customer_id, mr_error *err) {
    size_t sends = 0;
    bool there = false;
    mr_status status = whole_read_all(t->l, &customer_id, 1, t->w, &there, err);
    if (status != MR_OK || !there) return status;
    status = look_at(t, 0, t->w, err);
    if (status != MR_OK) return status;
    for (size_t i = 0; i < t->p->n; i++) sends += t->p->item[i].fate == PLAN_SEND;
    looked(t, 0, sends);
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
    (void)d;
    *t->counts = (tick_counts){.due = 1, .began = t->counts->began};
    mr_status status = whole_read(t->l, t->o->customer_id, t->w, err);
    if (status == MR_OK) status = look_at(t, 0, t->w, err);
    return status == MR_OK ? write_looks(t, 1, err) : status;
}

static mr_status run_one(ticking *t, mr_error *err) {
    t->counts->due = 1;
    if (!t->o->dry_run) return db_transaction(t->l->d, DB_WRITE, one_alone, t, err);
    mr_status status = dry_look(t, t->o->customer_id, err);
    return status == MR_OK && !t->counts->looked ? error_set(err, MR_EDATA, "customer", -1, "there is no customer #%lld", (long long)t->o->customer_id) : status;
}

/* Is anybody else at work by then? */
static bool somebody_else(const ticking *t, const config_person *than, int64_t by_us) {
    for (size_t i = 0; i < t->c->people_n; i++)
        if (&t->c->people[i] != than && work_next(&t->c->people[i].work, t->o->now_us) < by_us) return true;
    return false;
}

/* Who has had their last day leaves nothing behind, nor does who is away for longer: what they have open, or what of it falls due before they are back, is looked at, and goes over to
 * somebody who is there (look_for). Where nobody is, it is left alone: a tick finds nothing to do that the one before it could not do either. */
static mr_status wake(db *d, void *ctx, mr_error *err) {
    ticking *t = ctx;
    int64_t soon = work_add_hours(&t->c->work, t->o->now_us, OWNERS_SOON_HOURS);
    mr_status status = MR_OK;
    (void)d;
    for (size_t i = 0; i < t->c->people_n && status == MR_OK; i++) {
        const config_person *p = &t->c->people[i];
        int32_t day = work_day_of(&p->work, t->o->now_us);
        bool gone = day > p->left_day;
        int64_t back = gone ? WORK_NEVER : config_person_away(p, day) ? work_next(&p->work, t->o->now_us) : t->o->now_us;
        size_t n;
        if (back > soon && somebody_else(t, p, soon)) status = actions_wake(t->l, p->name, back, t->o->now_us, &n, err);
    }
    return status;
}

/* Cases of the save desk (routed.c) of somebody who stands in the settings no more: looked at, they go over to another. What a person gave to a name of their own choice is left alone. */
static mr_status wake_routed(ticking *t, const char *owner, mr_error *err) {
    json_t *list = NULL;
    const json_t *a;
    size_t i;
    const actions_query q = {.owner = owner, .programme = DESK_PROGRAMME, .kind = ACTION_TASK, .states = ACTION_IN(ACTION_OPEN), .limit = 1000000};
    mr_status status = actions_list(t->l, &q, &list, err);
    json_array_foreach(list, i, a) {
        const char *to = json_string_value(json_object_get(json_object_get(json_object_get(a, "document"), "values"), "routed_to")), *number = json_string_value(json_object_get(a, "customer_id"));
        if (status == MR_OK && to && number && !strcmp(to, owner)) status = due_look_at(t->l, strtoll(number, NULL, 10), t->o->now_us, err);
    }
    json_decref(list);
    return status;
}

static mr_status wake_deleted(db *d, void *ctx, mr_error *err) {
    ticking *t = ctx;
    char owner[256] = "", next[256];
    bool there = t->c->people_n && somebody_else(t, NULL, work_add_hours(&t->c->work, t->o->now_us, OWNERS_SOON_HOURS));
    mr_status status = MR_OK;
    (void)d;
    while (status == MR_OK && there) {
        status = owned_next(t->l, owner, next, sizeof next, &there, err);
        there = there && strcmp(next, owner) > 0; /* a name longer than any of ours */
        memcpy(owner, next, sizeof owner);
        if (status == MR_OK && there && !config_person_of(t->c, owner)) status = wake_routed(t, owner, err);
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
    if (status == MR_OK && !o->dry_run) status = db_transaction(l->d, DB_WRITE, wake_deleted, t, err);
    if (status == MR_OK) status = load_open(t, err);
    t->budget = o->budget ? o->budget : &t->own_budget;
    if (status == MR_OK && !o->budget) status = budget_begin(l, c, o->now_us, &t->own_budget, err);
    out->unplanned = t->budget->on && !t->budget->kept && !t->budget->made;
    if (status == MR_OK) status = o->customer_id ? run_one(t, err) : run_all(t, err);
    for (size_t i = 0; i < TOGETHER; i++) {
        whole_free(&t->w[i]);
        look_free(&t->k[i]);
    }
    digest_room_free(&t->room);
    wording_free(&t->words);
    content_free(&t->content);
    zone_cache_free(&t->zones);
    budget_free(&t->own_budget);
    free(t->open);
    free(t);
    return status;
}
