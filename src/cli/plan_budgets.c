#include "plan_budgets.h"

#include "columns_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const hows[PLAN_HOWS] = {"plan", "lot", "prices"};

static const char *unit_of(const budget_day *d, size_t r) {
    return r == BUDGET_MONEY ? (*d->currency ? d->currency : "of money") : r == BUDGET_MESSAGES ? "message" : "hour";
}

/* Without a currency all are of one, and it goes without saying. */
static const char *money_of(const budget_day *d, double amount, char out[64]) {
    snprintf(out, 64, "%.2f%s%s", amount, *d->currency ? " " : "", d->currency);
    return out;
}

static void print_resources(const budget_day *d, const budget_plan *p) {
    columns_out t = columns_begin(5, "budget", "a day", "used before", "planned", "one more brings about");
    for (size_t r = 0; r < d->n; r++) {
        char budget[40], before[40], used[40], price[120], brings[64];
        double planned = p ? p->used[r] : 0;
        if (isinf(d->row[r].budget) && !planned) continue;
        if (isinf(d->row[r].budget)) snprintf(budget, sizeof budget, "none");
        else snprintf(budget, sizeof budget, "%.2f", d->row[r].budget);
        snprintf(before, sizeof before, "%.2f", d->row[r].used - planned);
        snprintf(used, sizeof used, "%.2f", planned);
        if (d->row[r].price > 0) snprintf(price, sizeof price, "%s a%s %s", money_of(d, d->row[r].price, brings), strchr("aeiouh", *unit_of(d, r)) ? "n" : "", unit_of(d, r));
        else if (d->row[r].budget - d->row[r].used <= 1e-9 * d->row[r].budget) snprintf(price, sizeof price, "none is left");
        else snprintf(price, sizeof price, "%s", isinf(d->row[r].budget) ? "no budget: there is enough" : "nothing: there is enough");
        columns_row(&t, d->row[r].resource, budget, before, used, price);
    }
    columns_end(&t);
}

static bool nothing_to_give(const budget_day *d) {
    for (size_t r = 0; r < d->n; r++)
        if (d->row[r].budget > 0) return false;
    return true;
}

static void print_outcome(const budget_day *d, const budget_plan *p) {
    char value[64], low[64], high[64], bound[64];
    if (!p->customers) {
        puts("\nUnder the day's budgets: nobody who is due has an action of our own accord to choose.");
        return;
    }
    printf("\nUnder the day's budgets %" PRIu64 " of %zu customers with actions of our own accord get one of %zu:", p->chosen, p->customers, p->options);
    printf(" expected to bring %s, costs taken off (95 %%: %s to %s)", money_of(d, p->value, value), money_of(d, p->value - 1.96 * p->error, low), money_of(d, p->value + 1.96 * p->error, high));
    if (p->exact || p->bound <= p->worth) puts(", and nothing within the budgets brings more.");
    else printf("; nothing within the budgets could bring more than %s (%.2g %% more).\n", money_of(d, p->bound + p->value - p->worth, bound), 100 * (p->bound - p->worth) / fmax(p->bound, 1e-9));
}

void plan_budgets_print(const budget_day *d, const budget_plan *p, const plan_times *times, bool keep) {
    print_outcome(d, p);
    print_resources(d, p);
    if (p->drawn) printf("%" PRIu64 " of the customers were decided by lot (%" PRIu64 " of them: nothing), so that what actions do can be learnt.\n", p->drawn, p->drawn_nothing);
    if (p->no_room) printf("%" PRIu64 " whom the lot met were left to the plan, as there was no room for the dearest of their actions.\n", p->no_room);
    if (p->planned_before) printf("%" PRIu64 " customers were decided by a plan kept earlier that day, and stay so.\n", p->planned_before);
    if (p->unknown) printf("Of %" PRIu64 " actions it is not known what they would bring, and so they are never chosen: 'marram score' makes the value at risk, --explain says why of each.\n", p->unknown);
    if (nothing_to_give(d)) puts("Every budget is 0, or nobody is at work: nothing of our own accord that costs anything goes today.");
    puts("What is owed (answers, promises, recovery, acknowledgements), drafts that a person approved and tasks that are there already are not weighed, and go whatever the budgets are.");
    puts(keep ? "Kept: that day's ticks go by it." : d->kept ? "A plan of that day is kept, and ticks go by it; --keep adds to it what came since." : "Not kept: ticks cut nothing until 'marram plan --keep'.");
    if (times) printf("weighing %.3f s, choosing %.3f s, showing %.3f s\n", times->weighing, times->choosing, times->showing);
}

json_t *plan_budgets_json(const budget_day *d, const budget_plan *p, const plan_times *times) {
    json_t *rows = json_array();
    for (size_t r = 0; r < d->n; r++)
        json_array_append_new(rows, json_pack("{s:s,s:o,s:f,s:f,s:f}", "resource", d->row[r].resource, "budget", isinf(d->row[r].budget) ? json_null() : json_real(d->row[r].budget), "used", d->row[r].used, "planned",
                                              p ? p->used[r] : 0., "price", d->row[r].price));
    json_t *o = json_pack("{s:s,s:b,s:o}", "currency", d->currency, "kept", d->kept, "resources", rows);
    if (p)
        json_object_update_new(o, json_pack("{s:I,s:I,s:I,s:f,s:f,s:f,s:f,s:b,s:I,s:I,s:I,s:I,s:I}", "customers", (json_int_t)p->customers, "options", (json_int_t)p->options, "chosen", (json_int_t)p->chosen, "value", p->value, "error",
                                            p->error, "worth", p->worth, "bound", p->bound, "exact", p->exact, "by_lot", (json_int_t)p->drawn, "by_lot_nothing", (json_int_t)p->drawn_nothing, "no_room_for_lot",
                                            (json_int_t)p->no_room, "planned_before", (json_int_t)p->planned_before, "unknown", (json_int_t)p->unknown));
    if (times) json_object_set_new(o, "seconds", json_pack("{s:f,s:f,s:f}", "weighing", times->weighing, "choosing", times->choosing, "showing", times->showing));
    return o;
}

void plan_budgets_explain(const budget_day *d, const plan_candidate *c) {
    char gain[64], error[64], cost[64], net[64];
    if (!c->weighed) {
        puts("   not weighed: owed, held out, there already, approved by a person, or the gate does not let it go now");
        return;
    }
    printf("   weighed: expected to bring %s, give or take %s, its cost of %s taken off\n", money_of(d, c->gain, gain), money_of(d, c->error, error), money_of(d, c->cost, cost));
    if (!c->decided) {
        puts("   no plan of the day is kept: nothing is cut");
        return;
    }
    if (c->caution > 0) printf("     less %s, for caution\n", money_of(d, c->caution, cost));
    for (size_t r = 0; r < d->n; r++) {
        double use = r == BUDGET_MONEY ? c->money : r == BUDGET_MESSAGES ? c->messages : 0;
        if (r >= BUDGET_PEOPLE && !strncmp(d->row[r].resource, "hours of ", 9) && !strcmp(d->row[r].resource + 9, c->owner)) use = c->hours;
        if (use > 0) printf("     uses %.2f of %s at a price of %s: %s\n", use, d->row[r].resource, money_of(d, d->row[r].price, cost), money_of(d, use * d->row[r].price, net));
    }
    printf("   at the day's prices %s are left of it: ", money_of(d, c->net, net));
    if (*c->why) printf("%s\n", c->why);
    else if (c->how == PLAN_HOW_DRAWN) printf("chosen by lot, with a chance of %.3g\n", c->probability);
    else printf("chosen by the day's %s\n", hows[c->how]);
}

json_t *plan_budgets_candidate(const plan_candidate *c) {
    if (!c->weighed) return json_null();
    json_t *o = json_pack("{s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:b,s:s}", "gain", c->gain, "error", c->error, "caution", c->caution, "cost", c->cost, "money", c->money, "messages", c->messages, "hours", c->hours, "chosen", c->decided && !*c->why, "why", c->why);
    if (c->decided) json_object_update_new(o, json_pack("{s:f,s:s,s:f}", "net", c->net, "how", hows[c->how], "probability", c->probability));
    return o;
}
