#include "budget_plan.h"

#include "objecting.h"
#include "programme.h"

#include <error.h>
#include <explore.h>
#include <mem.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- collecting --- */

static void *grown(void *block, size_t n, size_t *room, size_t size) {
    if (n < *room) return block;
    size_t more = *room ? 2 * *room : 256;
    void *wider = mem_resize(NULL, block, more, size);
    if (wider) *room = more;
    return wider;
}

static bool add_option(budget_plan *p, const weighed_option *o) {
    budget_option *wider = grown(p->option, p->options, &p->option_room, sizeof *wider);
    if (!wider) return false;
    p->option = wider;
    p->option[p->options++] = (budget_option){.action_id = o->action->id, .worth = o->worth, .gain = o->gain, .error = o->error, .money = o->money, .messages = o->messages, .hours = o->hours,
                                              .person = (uint32_t)o->person, .programme = (uint32_t)(programme_find(o->action->programme) - programmes)};
    return true;
}

void budget_plan_add(void *ctx, const look *k, const reconciled *r, const struct plan *unused) {
    budget_plan *p = ctx;
    const weighed *w = r->weighed;
    (void)unused;
    if (!w || !w->n || p->failed) return;
    p->planned_before += w->planned;
    if (w->planned) return;
    budget_customer *wider = grown(p->customer, p->customers + 1, &p->customer_room, sizeof *wider); /* one more: where the last one's options end */
    if (wider) p->customer = wider;
    p->failed = !wider;
    if (p->failed) return;
    p->customer[p->customers++] = (budget_customer){.customer_id = k->w->customer_id, .first = p->options, .by_lot = !config_strategic(k->c, k->w->external_id) && !objecting(k->w, NULL, k->now_us, NULL)};
    for (size_t i = 0; i < w->n && !p->failed; i++)
        if (w->option[i].unknown) p->unknown++;
        else p->failed = !add_option(p, &w->option[i]);
    if (p->options == p->customer[p->customers - 1].first) p->customers--; /* of nothing that could be chosen */
}

void budget_plan_free(budget_plan *p) {
    mem_free(NULL, p->customer);
    mem_free(NULL, p->option);
    *p = (budget_plan){0};
}

/* --- the problem --- */

typedef struct solving {
    budget_plan *p;
    allocate_problem problem;
    size_t *first, *use_first;
    double *gain, *left, *price, *in, *draw, *probability;
    allocate_use *use;
    bool *random;
    uint32_t *chosen;
} solving;

static size_t uses_of(const budget_option *o, allocate_use use[3]) {
    size_t n = 0;
    if (o->money > 0) use[n++] = (allocate_use){BUDGET_MONEY, o->money};
    if (o->messages > 0) use[n++] = (allocate_use){BUDGET_MESSAGES, o->messages};
    if (o->hours > 0) use[n++] = (allocate_use){BUDGET_PEOPLE + o->person, o->hours};
    return n;
}

/* Of whoever is nobody of ours there are no hours to plan. */
static void pose(solving *s) {
    budget_plan *p = s->p;
    size_t uses = 0;
    for (size_t i = 0; i < p->customers; i++) s->first[i] = p->customer[i].first;
    s->first[p->customers] = p->options;
    for (size_t a = 0; a < p->options; a++) {
        s->use_first[a] = uses;
        s->gain[a] = p->option[a].worth;
        size_t n = uses_of(&p->option[a], s->use + uses);
        if (n && s->use[uses + n - 1].resource >= p->day->n) n--;
        uses += n;
    }
    s->use_first[p->options] = uses;
    for (size_t r = 0; r < p->day->n; r++) s->left[r] = p->budget[r] = fmax(0, p->day->row[r].budget - p->day->row[r].used);
    s->problem = (allocate_problem){p->customers, s->first, s->gain, s->use_first, s->use, p->day->n, p->budget};
}

/* Uniform in [0, 1), of a keyed hash: nobody can choose whom the lot falls on, and asking again gives the same. */
static double uniform(const ledger *l, const char *purpose, int64_t customer_id, int32_t day) {
    char text[64];
    int len = snprintf(text, sizeof text, "%" PRId64 " %" PRId32, customer_id, day);
    return ldexp((double)((uint64_t)ledger_hash(l, ledger_domain_of(l, purpose, ""), text, (size_t)len) >> 11), -53);
}

static mr_status draw(solving *s, const ledger *l, const config *c, const mr_context *context, mr_error *err) {
    budget_plan *p = s->p;
    const explore_options o = {.share = c->plan_explore, .least = c->plan_explore_least, .of_budget = c->plan_explore_budget};
    explored e;
    allocation ignored;
    mr_status status = allocate_all(&s->problem, context, s->price, s->chosen, NULL, &ignored, err);
    for (size_t i = 0; i < p->customers; i++) {
        s->in[i] = p->customer[i].by_lot ? uniform(l, "plan who", p->customer[i].customer_id, p->day->day) : 2;
        s->draw[i] = uniform(l, "plan what", p->customer[i].customer_id, p->day->day);
    }
    if (status == MR_OK) status = explore_draw(&s->problem, &o, s->price, s->in, s->draw, context, s->left, s->random, s->chosen, s->probability, &e, err);
    if (status != MR_OK) return status;
    p->drawn = e.drawn;
    p->no_room = e.no_room;
    for (size_t i = 0; i < p->customers; i++)
        for (size_t a = s->first[i]; a < s->first[i + 1] && s->random[i]; a++) s->gain[a] = 0; /* decided: the rest is without them */
    return MR_OK;
}

/* The rest, within what the draws left. */
static mr_status optimum(solving *s, const mr_context *context, mr_error *err) {
    budget_plan *p = s->p;
    allocation out;
    uint32_t *chosen = calloc(p->customers + 1, sizeof *chosen);
    if (!chosen) return error_memory(err, p->customers * sizeof *chosen);
    allocate_problem rest = s->problem;
    rest.budget = s->left;
    mr_status status = allocate_all(&rest, context, s->price, chosen, NULL, &out, err);
    for (size_t i = 0; i < p->customers && status == MR_OK; i++)
        if (!s->random[i]) s->chosen[i] = chosen[i];
    p->bound = out.bound;
    p->exact = out.exact;
    free(chosen);
    return status;
}

static mr_status choices(solving *s, mr_error *err) {
    budget_plan *p = s->p;
    budget_day *b = p->day;
    double *spread = calloc(programmes_n, sizeof *spread); /* of each programme: errors that go together */
    plan_choice *row = mem_new(NULL, p->customers + 1, sizeof *row);
    mem_free(NULL, b->choice);
    b->choice = row;
    b->choices = 0;
    if (!spread || !row) {
        free(spread);
        return error_memory(err, p->customers * sizeof *row);
    }
    for (size_t i = 0; i < p->customers; i++) {
        plan_choice *c = &row[b->choices++];
        bool none = s->chosen[i] == ALLOCATE_NONE;
        const budget_option *o = none ? NULL : &p->option[s->first[i] + s->chosen[i]];
        *c = (plan_choice){.customer_id = p->customer[i].customer_id, .how = s->random[i] ? PLAN_HOW_DRAWN : PLAN_HOW_BEST, .probability = s->random[i] ? s->probability[i] : 1, .options = (int)(s->first[i + 1] - s->first[i]), .decided_us = b->now_us};
        memcpy(c->currency, b->currency, 4);
        p->drawn_nothing += s->random[i] && none;
        if (none) continue;
        c->action_id = o->action_id;
        c->gain = o->gain;
        c->error = o->error;
        p->chosen++;
        p->value += o->gain;
        p->worth += o->worth;
        p->bound += s->random[i] ? o->worth : 0;
        spread[o->programme] += o->error;
        allocate_use use[3];
        size_t n = uses_of(o, use);
        for (size_t u = 0; u < n; u++)
            if (use[u].resource < b->n) p->used[use[u].resource] += use[u].amount;
    }
    for (size_t i = 0; i < programmes_n; i++) p->error += spread[i] * spread[i];
    p->error = sqrt(p->error);
    free(spread);
    return MR_OK;
}

mr_status budget_plan_solve(budget_plan *p, const ledger *l, const config *c, const mr_context *context, mr_error *err) {
    if (p->failed) return error_memory(err, p->option_room * sizeof *p->option);
    solving s = {.p = p};
    size_t n = p->customers + 1, options = p->options + 1, resources = p->day->n + 1;
    s.first = mem_new(NULL, n, sizeof *s.first);
    s.use_first = mem_new(NULL, options, sizeof *s.use_first);
    s.gain = mem_new(NULL, options, sizeof *s.gain);
    s.use = mem_new(NULL, 3 * options, sizeof *s.use);
    s.left = mem_new(NULL, resources, sizeof *s.left);
    s.price = mem_new(NULL, resources, sizeof *s.price);
    s.in = mem_new(NULL, n, sizeof *s.in);
    s.draw = mem_new(NULL, n, sizeof *s.draw);
    s.probability = mem_new(NULL, n, sizeof *s.probability);
    s.random = mem_new(NULL, n, sizeof *s.random);
    s.chosen = mem_new(NULL, n, sizeof *s.chosen);
    bool room = s.first && s.use_first && s.gain && s.use && s.left && s.price && s.in && s.draw && s.probability && s.random && s.chosen;
    mr_status status = room ? MR_OK : error_memory(err, n * sizeof *s.in + options * 3 * sizeof *s.use);
    if (room) pose(&s);
    if (status == MR_OK && c->plan_explore > 0) status = draw(&s, l, c, context, err);
    if (status == MR_OK) status = optimum(&s, context, err);
    if (status == MR_OK) status = choices(&s, err);
    for (size_t r = 0; r < p->day->n && status == MR_OK; r++) {
        if (p->budget[r] > 0 && p->customers) p->day->row[r].price = s.price[r]; /* what is gone has the price it had */
        p->day->row[r].used += p->used[r];
    }
    p->day->made = status == MR_OK;
    if (status == MR_OK && p->day->choices) qsort(p->day->choice, p->day->choices, sizeof *p->day->choice, plan_choice_order);
    void *const blocks[] = {s.first, s.use_first, s.gain, s.use, s.left, s.price, s.in, s.draw, s.probability, s.random, s.chosen};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) mem_free(NULL, blocks[i]);
    return status;
}

/* --- keeping --- */

typedef struct keeping {
    budget_plan *p;
    ledger *l;
    int tries;
} keeping;

/* Those who got something, and those for whom the lot was drawn, also where it fell on nothing: only so can what it did be counted. Who was cut has no row, and gets what is worth its price where
 * something is left. */
static mr_status keep(db *d, void *ctx, mr_error *err) {
    keeping *g = ctx;
    budget_day *b = g->p->day;
    int64_t added = 0;
    plan_budget *row = calloc(b->n, sizeof *row);
    plan_choice *kept = mem_take(NULL, b->choices + 1, sizeof *kept);
    size_t n = 0;
    (void)d;
    mr_status status = row && kept ? MR_OK : error_memory(err, b->choices * sizeof *kept);
    for (size_t r = 0; r < b->n && status == MR_OK; r++) {
        row[r] = b->row[r];
        row[r].used = g->p->used[r]; /* added to what is used already */
    }
    for (size_t i = 0; i < b->choices && status == MR_OK; i++)
        if (b->choice[i].action_id || b->choice[i].how == PLAN_HOW_DRAWN) kept[n++] = b->choice[i];
    if (status == MR_OK) status = plan_choices_put(g->l, b->day, kept, n, &added, err);
    bool again = g->tries++ && n && !added; /* committed, and the answer lost */
    if (status == MR_OK && !again && (size_t)added < n) status = error_set(err, MR_EDATA, "plan", -1, "another plan of that day, or a tick, decided for %zu of these customers meanwhile; nothing was kept: plan again", n - (size_t)added);
    if (status == MR_OK && !again) status = plan_budgets_put(g->l, b->day, row, b->n, err);
    free(row);
    mem_free(NULL, kept);
    return status;
}

mr_status budget_plan_keep(budget_plan *p, ledger *l, mr_error *err) {
    keeping g = {p, l, 0};
    mr_status status = db_transaction(l->d, DB_WRITE, keep, &g, err);
    if (status == MR_OK) p->day->kept = true;
    return status;
}
