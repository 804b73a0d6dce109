#include "weighing.h"

#include <allocate.h>
#include <currency.h>
#include <error.h>
#include <mem.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the day --- */

static void name_resource(const config *c, size_t r, char out[PLAN_RESOURCE]) {
    if (r < BUDGET_PEOPLE) snprintf(out, PLAN_RESOURCE, "%s", r == BUDGET_MONEY ? "money" : "messages");
    else snprintf(out, PLAN_RESOURCE, "hours of %.60s", c->people[r - BUDGET_PEOPLE].name);
}

static double budget_of(const config *c, const config_budgets *b, size_t r, int32_t day) {
    if (r < BUDGET_PEOPLE) return r == BUDGET_MONEY ? b->money : b->messages;
    const config_person *p = &c->people[r - BUDGET_PEOPLE];
    return isinf(b->hours) || (config_person_free(p, day) && work_is_day(&p->work, day)) ? b->hours : 0;
}

/* What was kept of a resource, by its name. */
static void as_kept(plan_budget *row, const plan_budget *kept, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(kept[i].resource, row->resource)) continue;
        row->price = kept[i].price;
        row->used = kept[i].used;
        return;
    }
}

/* From the beginning of work to the beginning of work on the next day of work: so nights and weekends go by the plan before them, and not by none. */
static int32_t day_of(const work_calendar *work, int64_t now_us) {
    int32_t day = work_day_of(work, now_us);
    for (int back = 0; back < 366 && work_day_begins(work, day) > now_us; back++) day--;
    return day;
}

static int64_t next_begins(const work_calendar *work, int64_t now_us) {
    int64_t begins = work_day_begins(work, work_day_of(work, now_us));
    return begins > now_us ? begins : work_day_begins(work, work_day_of(work, now_us) + 1);
}

mr_status budget_begin(ledger *l, const config *c, int64_t now_us, budget_day *out, mr_error *err) {
    config_budgets budgets = config_budgets_of(c);
    *out = (budget_day){.on = !isinf(budgets.money) || !isinf(budgets.hours) || !isinf(budgets.messages) || c->plan_explore > 0, .day = day_of(&c->work, now_us), .now_us = now_us};
    if (!out->on) return MR_OK;
    if (c->people_n + BUDGET_PEOPLE > ALLOCATE_RESOURCES) return error_set(err, MR_EDATA, "people", -1, "there are %zu people in the settings, and hours can be planned for at most %d", c->people_n, ALLOCATE_RESOURCES - BUDGET_PEOPLE);
    memcpy(out->currency, budgets.currency, 4);
    out->n = c->people_n + BUDGET_PEOPLE;
    out->row = calloc(out->n, sizeof *out->row);
    plan_budget *kept = calloc(ALLOCATE_RESOURCES, sizeof *kept);
    size_t kept_n = 0;
    mr_status status = out->row && kept ? ledger_rates_read(l, &out->rates, err) : error_memory(err, ALLOCATE_RESOURCES * sizeof *kept);
    for (size_t i = 0; i < out->rates.n && !*out->currency; i++)
        if (out->rates.row[i].rate == 1) memcpy(out->currency, out->rates.row[i].currency, sizeof out->currency);
    if (status == MR_OK) status = plan_budgets_read(l, out->day, kept, ALLOCATE_RESOURCES, &kept_n, err);
    out->kept = kept_n > 0;
    for (size_t r = 0; r < out->n && status == MR_OK; r++) {
        name_resource(c, r, out->row[r].resource);
        out->row[r].budget = budget_of(c, &budgets, r, out->day);
        as_kept(&out->row[r], kept, kept_n);
    }
    free(kept);
    return status;
}

void budget_free(budget_day *b) {
    ledger_rates_free(&b->rates);
    free(b->row);
    mem_free(NULL, b->choice);
    *b = (budget_day){0};
}

/* --- what there is --- */

/* How much of the day's currency one unit of another is; NaN: nobody says. The rates' own base stands among them, as 1. */
static double rate_to(const budget_day *b, const char *currency) {
    if (!*currency || !strcmp(currency, "XXX") || !*b->currency || !strcmp(currency, b->currency)) return 1; /* XXX: of no currency */
    return ledger_rate(&b->rates, currency, b->day) / ledger_rate(&b->rates, b->currency, b->day);
}

static double units(int64_t minor, const char *currency) {
    char code[4] = "";
    snprintf(code, sizeof code, "%.3s", currency);
    return currency_digits(code) < 0 ? (double)minor / 100 : (double)currency_to_money(minor, code) / 1e4;
}

static bool approved(const action_row *there) {
    return there && strstr(there->outcome, "\"approved\"") != NULL;
}

/* Is it of our own accord, and not begun yet? */
static bool weighable(const look *k, const action_row *a) {
    const action_row *there = whole_action_of(k->w, a->id);
    if (a->state > ACTION_OPEN || a->effect <= 0 || strcmp(a->purpose, contact_purpose_name(CONTACT_marketing))) return false;
    if (a->kind == ACTION_TASK) return !there;
    if (a->state == ACTION_PROPOSED) return !there;
    return a->due_us <= k->now_us && (!there || there->snoozed_us <= k->now_us) && !approved(there);
}

static double channel_cost(const config *c, int channel) {
    switch (channel) {
    case CONTACT_phone: return c->serve_call;
    case CONTACT_visit: return c->serve_visit;
    case CONTACT_letter: return c->serve_letter;
    case CONTACT_email:
    case CONTACT_sms: return c->serve_email;
    default: return 0;
    }
}

static double channel_minutes(const config *c, int channel) {
    return channel == CONTACT_phone ? c->plan_call_minutes : channel == CONTACT_visit ? c->plan_visit_minutes : channel == CONTACT_letter ? c->plan_letter_minutes : c->plan_task_minutes;
}

static void fill(look *k, const budget_day *b, action_row *a, int channel, bool task, weighed_option *o) {
    const look_wish *w = plan_wish_of(k, a);
    const config_person *p = config_person_of(k->c, a->owner);
    double rate = rate_to(b, a->currency), offer = w && w->cost > 0 ? w->cost * rate_to(b, w->cost_currency) : 0;
    *o = (weighed_option){.action = a, .fresh = !whole_action_of(k->w, a->id), .person = p ? (size_t)(p - k->c->people) : k->c->people_n, .why = ""};
    o->value = units(a->value_minor, a->currency) * a->effect * rate;
    o->cost = channel_cost(k->c, channel) + offer;
    o->error = units(a->value_minor, a->currency) * rate * (w && w->error >= 0 ? w->error : k->c->plan_error * a->effect);
    o->gain = o->value - o->cost;
    o->money = o->cost;
    o->messages = !task || channel == CONTACT_letter ? 1 : 0;
    o->hours = task ? channel_minutes(k->c, channel) / 60 : 0;
    if (isnan(o->gain)) {
        o->why = look_text(k, "there is no rate from %s to %s, so that it cannot be compared: give both with 'marram score --rates'", isnan(rate) ? a->currency : w->cost_currency, b->currency);
        o->value = o->gain = o->error = o->money = o->cost = 0;
        o->unknown = true;
    } else if (a->value_minor <= 0) {
        o->why = "no value at risk is known of them, so that it would bring nothing ('marram score' makes it)";
        o->unknown = true;
    }
    o->worth = o->gain - k->c->plan_caution * o->error;
}

mr_status weigh(look *k, const budget_day *b, wording *words, zone_cache *zones, reconciled *r, mr_error *err) {
    weighed *w = arena_take(&k->text, sizeof *w);
    weighed_option *option = arena_take(&k->text, (r->put_n + 1) * sizeof *option);
    if (!w || !option) return error_memory(err, (r->put_n + 1) * sizeof *option);
    *w = (weighed){.option = option};
    for (size_t i = 0; i < r->put_n; i++) {
        action_row *a = &r->put[i];
        int channel = *a->channel ? contact_channel_find(a->channel, strlen(a->channel)) : -1;
        bool task = a->kind == ACTION_TASK;
        if (!weighable(k, a)) continue;
        if (!task && a->due_us <= k->now_us) { /* what the gate does not let go now costs nothing now */
            gate_request q = plan_request(k, words, a);
            gate_verdict v;
            mr_status status = gate_ask(k->w, k->c, zones, &q, &v, err);
            if (status != MR_OK) return status;
            bool goes = v.verdict == CONTACT_NOW || (v.verdict != CONTACT_NO && a->state == ACTION_PROPOSED);
            task = v.as_task || (goes && !wording_suits(words, k, a, v.contact_id, v.channel));
            if (!goes && !task) continue;
            channel = (int)v.channel;
        }
        fill(k, b, a, channel, task, &option[w->n++]);
    }
    w->chosen = w->n;
    r->weighed = w;
    return k->failed ? error_memory(err, 1024) : MR_OK;
}

/* --- which of it --- */

double weighed_use(const weighed_option *o, size_t r) {
    if (r < BUDGET_PEOPLE) return r == BUDGET_MONEY ? o->money : o->messages;
    return o->person == r - BUDGET_PEOPLE ? o->hours : 0;
}

static const plan_budget *short_of(const budget_day *b, const weighed_option *o) {
    for (size_t r = 0; r < b->n; r++) {
        double use = weighed_use(o, r);
        if (use > 0 && !(b->row[r].used + use <= b->row[r].budget * (1 + 1e-9))) return &b->row[r];
    }
    return NULL;
}

/* The resource that costs it most at the day's prices; NULL: it pays for nothing. */
static const plan_budget *dearest(const budget_day *b, const weighed_option *o) {
    const plan_budget *most = NULL;
    double cost = 0;
    for (size_t r = 0; r < b->n; r++)
        if (b->row[r].price * weighed_use(o, r) > cost) most = &b->row[r], cost = b->row[r].price * weighed_use(o, r);
    return most;
}

static void explain(look *k, const budget_day *b, weighed *w) {
    for (size_t i = 0; i < w->n; i++) {
        weighed_option *o = &w->option[i];
        const plan_budget *none = short_of(b, o), *dear = dearest(b, o);
        if (i == w->chosen) o->why = "";
        else if (*o->why) continue;
        else if (w->how == PLAN_HOW_DRAWN) o->why = w->chosen < w->n ? "decided by lot today, and the lot fell on another" : "decided by lot today, and the lot fell on nothing";
        else if (o->worth <= 0) o->why = o->cost > 0 ? "it costs more than it is expected to bring" : "it is expected to bring nothing";
        else if (w->chosen < w->n) o->why = "one of our own accord a day, and the chosen one is worth more at the day's prices";
        else if (none && none->budget <= 0) o->why = look_text(k, "cut: there is no budget of %s", none->resource);
        else if (o->net <= 0 && dear) o->why = look_text(k, "cut: at the day's prices what it uses of %s would bring more elsewhere", dear->resource);
        else if (none) o->why = look_text(k, "cut: nothing is left for it of %s", none->resource);
        else o->why = "cut by the day's plan: what it uses brings more elsewhere";
    }
}

static mr_status chosen_before(ledger *l, const look *k, const budget_day *b, plan_choice *out, bool *there, mr_error *err) {
    const plan_choice key = {.customer_id = k->w->customer_id};
    const plan_choice *made = b->choices ? bsearch(&key, b->choice, b->choices, sizeof *b->choice, plan_choice_order) : NULL;
    *there = made != NULL;
    if (made) *out = *made;
    return made || !b->kept ? MR_OK : plan_choice_read(l, key.customer_id, b->day, out, there, err);
}

static mr_status take_room(ledger *l, const look *k, budget_day *b, const weighed *w, bool *taken, mr_error *err) {
    const weighed_option *o = &w->option[w->chosen];
    double *amount = calloc(b->n, sizeof *amount);
    if (!amount) return error_memory(err, b->n * sizeof *amount);
    for (size_t r = 0; r < b->n; r++) amount[r] = weighed_use(o, r);
    plan_choice c = {.customer_id = k->w->customer_id, .action_id = o->action->id, .how = PLAN_HOW_PRICE, .probability = 1, .options = (int)w->n, .gain = o->gain, .error = o->error, .decided_us = k->now_us};
    memcpy(c.currency, b->currency, 4);
    mr_status status = plan_budgets_take(l, b->day, b->row, amount, b->n, taken, err);
    if (status == MR_OK && *taken) status = plan_choices_put(l, b->day, &c, 1, NULL, err);
    free(amount);
    return status;
}

static mr_status by_prices(ledger *l, const look *k, budget_day *b, weighed *w, bool dry, mr_error *err) {
    w->how = PLAN_HOW_PRICE;
    for (size_t i = 0; i < w->n; i++) {
        const weighed_option *o = &w->option[i];
        if (!o->unknown && o->worth > 0 && o->net > 0 && !short_of(b, o) && (w->chosen == w->n || o->net > w->option[w->chosen].net)) w->chosen = i;
    }
    if (w->chosen == w->n) return MR_OK;
    bool taken = true;
    mr_status status = dry ? MR_OK : take_room(l, k, b, w, &taken, err);
    if (status != MR_OK) return status;
    if (!taken) w->chosen = w->n; /* another tick was quicker */
    else if (dry)
        for (size_t r = 0; r < b->n; r++) b->row[r].used += weighed_use(&w->option[w->chosen], r);
    return MR_OK;
}

mr_status weigh_planned(ledger *l, const look *k, const budget_day *b, weighed *w, mr_error *err) {
    plan_choice c;
    return w->n ? chosen_before(l, k, b, &c, &w->planned, err) : MR_OK;
}

mr_status weigh_decide(ledger *l, look *k, budget_day *b, reconciled *r, bool dry, mr_error *err) {
    weighed *w = r->weighed;
    plan_choice c = {0};
    bool there = false;
    if (!w->n || (!b->kept && !b->made)) return MR_OK;
    mr_status status = chosen_before(l, k, b, &c, &there, err);
    if (status != MR_OK) return status;
    w->decided = true;
    w->planned = there;
    w->how = there ? c.how : PLAN_HOW_PRICE;
    w->probability = there ? c.probability : 1;
    for (size_t i = 0; i < w->n; i++) {
        weighed_option *o = &w->option[i];
        o->net = o->worth;
        for (size_t j = 0; j < b->n; j++) o->net -= b->row[j].price * weighed_use(o, j);
        if (there && o->action->id == c.action_id) w->chosen = i;
    }
    if (!there) status = by_prices(l, k, b, w, dry, err);
    explain(k, b, w);
    return status == MR_OK && k->failed ? error_memory(err, 1024) : status;
}

void weigh_cut(look *k, reconciled *r) {
    const weighed *w = r->weighed;
    int64_t tomorrow = next_begins(&k->c->work, k->now_us);
    for (size_t i = 0; i < w->n && w->decided; i++) {
        if (i == w->chosen) continue;
        if (w->option[i].fresh) w->option[i].action->kind = RECONCILE_NOT; /* wished again tomorrow */
        else w->option[i].action->snoozed_us = tomorrow;                   /* of this row alone: what is stored stays as it is */
        look_again(k, tomorrow);
    }
}
