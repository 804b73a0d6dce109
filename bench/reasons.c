/* reasons WORLD.yaml ... [--signals] [--chance] [--seed N]: how often the top observed reason is the one that was planted, beside guessing the commonest;
 * --signals: for each rule how often it fires on customers who left for its reason and left traces, and on those who did not; --chance: of the reasons named in all
 * these worlds, by the chance that was said, how many are right; --seed: this one in
 * place of each world's own (docs/methods/reasons.md has the tables). */
#include <error.h>
#include <reasons_of.h>
#include <world.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mr_status scan(void *self, int64_t first, int64_t last, trace_fn fn, void *ctx, mr_error *err) {
    const world_base *w = self;
    mr_status status = MR_OK;
    static const trace_facts none = {"", "", "", "", "", "", "", "", ""};
    for (size_t i = 0; i < w->n && status == MR_OK; i++)
        if (w->trace[i].customer_id >= first && (!last || w->trace[i].customer_id <= last)) status = fn(ctx, &w->trace[i], &none, err);
    return status;
}

typedef struct counts {
    size_t n[REASONS], right[REASONS], no_traces, no_traces_named, clean, clean_named, misled, misled_right;
    size_t fired[SIGNALS], fired_not[SIGNALS], of[SIGNALS], of_not[SIGNALS];
    size_t confused[REASONS][REASONS];
} counts;

typedef struct said {
    size_t n[10], right[10]; /* by tenths of the chance */
    double sum[10];
} said;

static void count_said(const reasons_base *b, const reasons_row *row, bool right, said *all) {
    attribution a;
    weights_attribute(&b->weights, &(weights_row){b->hit + row->first_hit, row->hits}, &a);
    double chance = a.chance[row->observed];
    int tenth = chance >= 1 ? 9 : (int)(10 * chance);
    all->n[tenth]++;
    all->right[tenth] += right;
    all->sum[tenth] += chance;
}

static void count(const reasons_base *b, const world_base *w, counts *c, said *all) {
    for (size_t i = 0; i < b->n; i++) {
        const reasons_row *row = &b->row[i];
        const world_truth *truth = &w->truth[row->customer_id - 1];
        reason true_reason = reason_find(truth->reason, strlen(truth->reason));
        bool leaver = row->what == REASONS_LEFT && row->last && truth->left_day != TRACE_NO_DAY;
        bool traced = leaver && truth->traces && true_reason != REASON_unknown;
        if (row->what == REASONS_LANDMARK) continue;
        for (int s = 0; s < SIGNALS; s++) {
            bool fires = false;
            for (uint8_t h = 0; h < row->hits; h++) fires = fires || b->hit[row->first_hit + h].signal == s;
            if (traced && signal_of(s)->reason == true_reason) c->of[s]++, c->fired[s] += fires;
            if (!leaver || (true_reason != signal_of(s)->reason && reason_find(truth->misleading, strlen(truth->misleading)) != signal_of(s)->reason))
                c->of_not[s]++, c->fired_not[s] += fires;
        }
        if (leaver && row->observed != REASON_unknown) count_said(b, row, traced && row->observed == true_reason, all);
        if (leaver && !traced) c->no_traces++, c->no_traces_named += row->observed != REASON_unknown;
        if (leaver && !traced && !*truth->misleading) c->clean++, c->clean_named += row->observed != REASON_unknown;
        if (!traced) continue;
        c->n[true_reason]++;
        c->right[true_reason] += row->observed == true_reason;
        c->confused[true_reason][row->observed]++;
        if (*truth->misleading) c->misled++, c->misled_right += row->observed == true_reason;
    }
}

static void print(const char *path, const reasons_base *b, const counts *c, bool signals) {
    size_t n = 0, right = 0, most = 0;
    for (int r = 1; r < REASONS; r++) n += c->n[r], right += c->right[r], most = c->n[r] > most ? c->n[r] : most;
    printf("%s: %zu customers left for a reason that left traces; top observed reason right for %zu (%.1f %%), guess-the-commonest %.1f %%\n", path, n, right,
           100.0 * (double)right / (double)(n ? n : 1), 100.0 * (double)most / (double)(n ? n : 1));
    printf("  with another reason's traces too: %zu, right %.1f %%; without traces: %zu, named all the same %.1f %%; without any, %zu: %.1f %%\n", c->misled,
           100.0 * (double)c->misled_right / (double)(c->misled ? c->misled : 1), c->no_traces, 100.0 * (double)c->no_traces_named / (double)(c->no_traces ? c->no_traces : 1), c->clean,
           100.0 * (double)c->clean_named / (double)(c->clean ? c->clean : 1));
    for (int r = 1; r < REASONS; r++) {
        if (!c->n[r]) continue;
        int wrong = 0;
        for (int o = 0; o < REASONS; o++)
            if (o != r && c->confused[r][o] > c->confused[r][wrong]) wrong = o;
        printf("  %-22s %5zu  right %5.1f %%, mistaken most for %s (%zu)\n", reason_of(r)->code, c->n[r], 100.0 * (double)c->right[r] / (double)c->n[r], reason_of(wrong)->code, c->confused[r][wrong]);
    }
    if (!signals) return;
    printf("\n| signal | reason | fires where it should | fires where it should not | left / stayed |\n|---|---|---:|---:|---:|\n");
    for (int s = 0; s < SIGNALS; s++)
        printf("| `%s` | `%s` | %.1f %% of %zu | %.2f %% | %.3f / %.3f |\n", signal_of(s)->name, reason_of(signal_of(s)->reason)->code, 100.0 * (double)c->fired[s] / (double)(c->of[s] ? c->of[s] : 1), c->of[s],
               100.0 * (double)c->fired_not[s] / (double)(c->of_not[s] ? c->of_not[s] : 1), b->weights.leavers[s], b->weights.stayers[s]);
}

static int measure(const char *path, bool signals, bool own_seed, uint64_t seed, said *all) {
    mr_error err = {0};
    world *w = NULL;
    world_base base = {0};
    reasons_base found = {0};
    counts c = {0};
    mr_status status = world_read(path, NULL, &w, &err);
    if (status == MR_OK) status = world_base_new(w, own_seed ? world_seed(w) : seed, NULL, &base, &err);
    if (status == MR_OK) {
        reasons_options o = {.until = world_until(w), .horizon_days = 91};
        status = reasons_scan((trace_source){scan, &base}, &o, NULL, &found, &err);
    }
    if (status == MR_OK) {
        count(&found, &base, &c, all);
        print(path, &found, &c, signals);
    } else
        fprintf(stderr, "%s: %s\n", path, err.message);
    reasons_free(&found);
    world_base_free(&base);
    world_free(w);
    return status != MR_OK;
}

int main(int argc, char **argv) {
    bool signals = false, chance = false, own_seed = true;
    said all = {0};
    uint64_t seed = 0;
    int worlds = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--signals")) {
            signals = true;
        } else if (!strcmp(argv[i], "--chance")) {
            chance = true;
        } else if (!strcmp(argv[i], "--seed")) {
            char *end = NULL;
            own_seed = false;
            seed = i + 1 < argc ? strtoull(argv[++i], &end, 10) : 0;
            if (!end || *end || end == argv[i]) return fprintf(stderr, "--seed takes a whole number\n"), 2;
        } else
            argv[1 + worlds++] = argv[i]; /* what is left are the worlds, in their order */
    }
    for (int i = 1; i <= worlds; i++)
        if (measure(argv[i], signals, own_seed, seed, &all)) return 1;
    for (int t = 0; chance && t < 10; t++)
        if (all.n[t])
            printf("said %d to %d %%: mean %.1f %%, right %.1f %% (%zu of %zu)\n", 10 * t, 10 * t + 10, 100 * all.sum[t] / (double)all.n[t], 100.0 * (double)all.right[t] / (double)all.n[t],
                   all.right[t], all.n[t]);
    return 0;
}
