/* A fifth of the rows is held out: the latest where rows have a time, else by chance, each outcome for itself and the rows of a group together. The
 * model is fitted to the others, judged on it, and then fitted to all. What judges when boosting stops is likewise the latest seventh of the rows
 * fitted to, or (rows without a time, or of two times) by chance. */
#include "training.h"

#include <error.h>
#include <math.h>
#include <mem.h>
#include <rng.h>
#include <sort.h>
#include <stdio.h>
#include <string.h>

enum { LEAST_ALL = 20, LEAST_EACH = 5 };        /* to learn from; as the additive model has it */
enum { LEAST_ROWS = 100, LEAST_OF_EACH = 20 }; /* to hold a part of them out */
#define HOLDOUT 0.2
#define JUDGED (1 / 7.0)
#define SUSPECT 0.97 /* a feature's AUC alone: on real tables of customers the best single one comes to .7 to .9 */
#define SAME 0.999

typedef struct training {
    const frame *f;
    const training_options *options;
    const mr_context *context;
    trained *out;
    unsigned char *take, *held; /* [n] */
} training;

/* --- splits --- */

/* Marks the rows among `of` (NULL: all) that are latest, about `share` of them; rows of one time stay together. */
static mr_status mark_latest(const frame *f, const unsigned char *of, double share, unsigned char *mark, mr_error *err) {
    uint32_t *order = mem_take(NULL, f->n, sizeof *order);
    if (!order || sort_doubles(f->n, f->time, order, true) != MR_OK) {
        mem_free(NULL, order);
        return error_memory(err, f->n * sizeof *order);
    }
    size_t all = 0, marked = 0;
    double last = 0;
    memset(mark, 0, f->n);
    for (size_t i = 0; i < f->n; i++) all += !of || of[i];
    for (size_t i = 0; i < f->n; i++) {
        size_t row = order[i];
        if (of && !of[row]) continue;
        if ((double)marked >= share * (double)all && f->time[row] != last) break;
        last = f->time[row];
        mark[row] = 1;
        marked++;
    }
    mem_free(NULL, order);
    return MR_OK;
}

/* Each outcome for itself, in the order of a hash of the group; every fifth is taken. */
static mr_status mark_by_chance(const frame *f, double share, uint64_t seed, unsigned char *mark, mr_error *err) {
    double *key = mem_take(NULL, f->n, sizeof *key), due = 0.5;
    uint32_t *order = mem_take(NULL, f->n, sizeof *order);
    mr_status status = key && order ? MR_OK : error_memory(err, f->n * sizeof *key);
    for (size_t i = 0; status == MR_OK && i < f->n; i++) {
        uint64_t id = f->group ? f->group[i] : i;
        /* A group has one place, so its outcome cannot decide it. */
        key[i] = (double)(rng_mix(id + rng_mix(seed ^ 0x686f6c646f7574)) >> 12) * 0x1p-52 + (!f->group && f->happened[i] ? 2 : 0);
    }
    if (status == MR_OK && sort_doubles(f->n, key, order, false) != MR_OK) status = error_memory(err, f->n * sizeof *order);
    bool taken = false;
    for (size_t i = 0; status == MR_OK && i < f->n; i++) {
        if (i == 0 || key[order[i]] != key[order[i - 1]]) {
            due += share;
            taken = due >= 1;
            if (taken) due -= 1;
        }
        mark[order[i]] = taken;
    }
    mem_free(NULL, order);
    mem_free(NULL, key);
    return status;
}

/* --- rows of a frame --- */

typedef struct part {
    frame frame;
    arena memory;
} part;

/* The rows with mark[row] == wanted, copied. */
static mr_status part_of(const frame *f, const unsigned char *mark, unsigned char wanted, part *out, mr_error *err) {
    size_t n = 0;
    *out = (part){.frame = *f};
    for (size_t i = 0; i < f->n; i++) n += mark[i] == wanted;
    arena *a = &out->memory;
    frame_feature *feature = arena_take(a, f->p * sizeof *feature);
    unsigned char *happened = arena_take(a, n + 1);
    double *weight = f->weight ? arena_take(a, n * sizeof *weight + 1) : NULL, *time = f->time ? arena_take(a, n * sizeof *time + 1) : NULL;
    uint64_t *group = f->group ? arena_take(a, n * sizeof *group + 1) : NULL;
    for (size_t j = 0; !a->failed && j < f->p; j++) {
        double *number = f->feature[j].categorical ? NULL : arena_take(a, n * sizeof *number + 1);
        int32_t *category = f->feature[j].categorical ? arena_take(a, n * sizeof *category + 1) : NULL;
        if (a->failed) break;
        feature[j] = f->feature[j];
        for (size_t i = 0, at = 0; i < f->n; i++) {
            if (mark[i] != wanted) continue;
            if (number) number[at++] = f->feature[j].number[i];
            else category[at++] = f->feature[j].category[i];
        }
        feature[j].number = number;
        feature[j].category = category;
    }
    if (a->failed) {
        arena_free(a);
        return error_memory(err, n * f->p * sizeof(double));
    }
    for (size_t i = 0, at = 0; i < f->n; i++) {
        if (mark[i] != wanted) continue;
        happened[at] = f->happened[i];
        if (weight) weight[at] = f->weight[i];
        if (time) time[at] = f->time[i];
        if (group) group[at] = f->group[i];
        at++;
    }
    out->frame = (frame){n, f->p, feature, NULL, happened, weight, group, time, f->outcome, f->positive};
    return MR_OK;
}

/* --- fitting --- */

/* Are there so many of either outcome on that side? */
static bool both(const frame *f, const unsigned char *held, unsigned char side, size_t least) {
    size_t of[2] = {0, 0};
    for (size_t i = 0; i < f->n; i++)
        if (held[i] == side) of[f->happened[i]]++;
    return of[0] >= least && of[1] >= least;
}

static mr_status fit_additive(const training *t, const frame *f, mr_error *err) {
    mr_additive_options options = t->options->additive;
    mr_feature *feature = mem_take(NULL, f->p, sizeof *feature);
    signed char *monotone = mem_take(NULL, f->p, 1);
    unsigned char *judge = f->time ? mem_take(NULL, f->n, 1) : NULL;
    mr_status status = feature && monotone && (!f->time || judge) ? MR_OK : error_memory(err, f->n);
    if (status == MR_OK && judge) status = mark_latest(f, NULL, JUDGED, judge, err);
    /* Of rows of two times the later ones are held out, and of those that are left none are later than others: then by chance. */
    bool later = status == MR_OK && judge && both(f, judge, 1, LEAST_OF_EACH / 4) && both(f, judge, 0, LEAST_OF_EACH / 4);
    if (status == MR_OK) {
        mr_frame plain = frame_plain(f, feature);
        for (size_t j = 0; j < f->p; j++) monotone[j] = f->feature[j].categorical ? 0 : f->feature[j].monotone;
        options.monotone = monotone;
        options.seed = t->options->seed;
        mr_outcomes outcomes = {.happened = f->happened, .weight = f->weight, .group = f->group, .judge = later ? judge : NULL};
        mr_additive_free(t->out->additive);
        t->out->additive = NULL;
        status = mr_additive_fit(&plain, &outcomes, &options, t->context, &t->out->additive, err);
    }
    if (status == MR_OK) {
        mr_additive_parts parts;
        mr_additive_course_of(t->out->additive, &t->out->course);
        mr_additive_take_apart(t->out->additive, &parts);
        for (size_t j = 0; j < f->p; j++) t->out->feature[j].used = parts.used[j];
    }
    mem_free(NULL, judge);
    mem_free(NULL, monotone);
    mem_free(NULL, feature);
    return status;
}

static mr_status fit(const training *t, const frame *f, mr_error *err) {
    if (t->options->kind == TRAINED_ADDITIVE) return fit_additive(t, f, err);
    memset(t->take, 1, f->n);
    return linear_fit(f, t->take, t->options->ridge > 0 ? t->options->ridge : 1, t->context, t->out, err);
}

/* Fits to the rest, judges on what is held. */
static mr_status hold_out(const training *t, mr_error *err) {
    part rest = {0}, held = {0};
    double *score = NULL;
    mr_status status = part_of(t->f, t->held, 0, &rest, err);
    if (status == MR_OK) status = part_of(t->f, t->held, 1, &held, err);
    if (status == MR_OK) status = fit(t, &rest.frame, err);
    if (status == MR_OK && !(score = mem_take(NULL, held.frame.n, sizeof *score))) status = error_memory(err, held.frame.n * sizeof *score);
    if (status == MR_OK) status = trained_score(t->out, &held.frame, t->context, score, NULL, err);
    if (status == MR_OK) status = figures_of(held.frame.n, score, held.frame.happened, held.frame.weight, &t->out->holdout, err);
    mem_free(NULL, score);
    arena_free(&held.memory);
    arena_free(&rest.memory);
    return status;
}

static mr_status split(const training *t, bool *split, mr_error *err) {
    const frame *f = t->f;
    double share = t->options->holdout_share > 0 ? t->options->holdout_share : HOLDOUT;
    char words[96];
    *split = false;
    if (t->options->holdout_share < 0) return MR_OK;
    mr_status status = f->time ? mark_latest(f, NULL, share, t->held, err) : mark_by_chance(f, share, t->options->seed, t->held, err);
    if (status != MR_OK) return status;
    if (f->n < LEAST_ROWS || !both(f, t->held, 1, LEAST_OF_EACH / 4) || !both(f, t->held, 0, LEAST_OF_EACH)) {
        trained_note(t->out, "too few rows to hold a part of them out, so it is not known how good the model is: %zu rows%s", f->n,
                     f->n < LEAST_ROWS ? "" : ", and few of one outcome");
        return MR_OK;
    }
    if (f->time) snprintf(words, sizeof words, "the latest %.0f %% of the rows", 100 * share);
    else snprintf(words, sizeof words, "%.0f %% of the rows, by chance, seed %llu", 100 * share, (unsigned long long)t->options->seed);
    t->out->split = arena_copy(&t->out->memory, words, strlen(words));
    *split = true;
    return MR_OK;
}

/* --- what is noticed --- */

static mr_status note_leakage(const training *t, mr_error *err) {
    const frame *f = t->f;
    double *auc = mem_take(NULL, f->p, sizeof *auc);
    if (!auc) return error_memory(err, f->p * sizeof *auc);
    mr_status status = leakage_of(f, t->context, auc, err);
    for (size_t j = 0; status == MR_OK && j < f->p; j++) {
        if (!(auc[j] > SUSPECT)) continue;
        trained_note(t->out, "'%.80s' %s '%.80s' (AUC %.3f by itself): if it is only known once it has happened, leave it out (--ignore), or every figure here is too good",
                     f->feature[j].name, auc[j] > SAME ? "says the same as" : "alone nearly tells", f->outcome ? f->outcome : "the outcome", auc[j]);
    }
    mem_free(NULL, auc);
    return status;
}

/* Columns that tell only together pass note_leakage; what they do to rows the model has not seen does not. Names the term that says most. */
static void note_too_good(const training *t) {
    char name[256] = "";
    double most = 0;
    if (!(t->out->holdout.auc > SAME) || t->out->kind != TRAINED_ADDITIVE) return;
    for (size_t k = 0; k < t->out->notes; k++)
        if (strstr(t->out->note[k], "--ignore")) return; /* one column was named for it already */
    for (size_t term = 0; term < trained_terms(t->out); term++)
        if (trained_importance(t->out, term) > most) most = trained_importance(t->out, term), trained_term_name(t->out, term, name);
    trained_note(t->out, "on rows it had not seen the model hardly ever errs (AUC %.3f), which customers do not allow; '%.160s' says most: if it is only known once it has happened, leave it out (--ignore)",
                 t->out->holdout.auc, name);
}

static void note_unused(const training *t) {
    for (size_t j = 0; j < t->out->features; j++) {
        if (t->out->feature[j].used) continue;
        bool rare = t->f->feature[j].categorical && t->f->feature[j].levels > 1;
        trained_note(t->out, rare ? "'%.80s' has rare categories only, none in enough rows to learn from: left out" : "'%.80s' is the same in all rows: left out",
                     t->out->feature[j].name);
    }
}

/* Names and levels are the trained model's own. */
static mr_status take_names(const frame *f, trained *out, mr_error *err) {
    arena *a = &out->memory;
    out->features = f->p;
    out->feature = arena_take(a, f->p * sizeof *out->feature + 1);
    out->outcome = arena_copy(a, f->outcome ? f->outcome : "", f->outcome ? strlen(f->outcome) : 0);
    out->positive = arena_copy(a, f->positive ? f->positive : "", f->positive ? strlen(f->positive) : 0);
    out->id = out->split = "";
    for (size_t j = 0; !a->failed && j < f->p; j++) {
        const frame_feature *from = &f->feature[j];
        const char **level = arena_take(a, from->levels * sizeof *level + 1);
        out->feature[j] = (trained_feature){.name = arena_copy(a, from->name, strlen(from->name)),
                                            .categorical = from->categorical,
                                            .levels = from->categorical ? from->levels : 0,
                                            .level = level,
                                            .monotone = from->monotone};
        for (size_t k = 0; !a->failed && from->categorical && k < from->levels; k++) level[k] = arena_copy(a, from->level[k], strlen(from->level[k]));
    }
    return a->failed ? error_memory(err, f->p * sizeof *out->feature) : MR_OK;
}

mr_status training_run(const frame *f, const training_options *options, const mr_context *context, trained *out, mr_error *err) {
    training t = {.f = f, .options = options, .context = context, .out = out};
    *out = (trained){.kind = options->kind, .rows = f->n, .seed = options->seed, .outcome = "", .positive = "", .id = "", .split = ""};
    snprintf(out->program, sizeof out->program, "%s", mr_version());
    if (!f->happened || !f->p) return error_set(err, MR_EDATA, NULL, -1, "there are no features to learn from");
    for (size_t i = 0; i < f->n; i++) out->happened += f->happened[i];
    uint64_t others = f->n - out->happened;
    if (f->n < LEAST_ALL || out->happened < LEAST_EACH || others < LEAST_EACH)
        return error_set(err, MR_EDATA, NULL, -1,
                         "too few rows to learn from: %llu in which it happened and %llu in which it did not; %d in all and %d of each are the least",
                         (unsigned long long)out->happened, (unsigned long long)others, LEAST_ALL, LEAST_EACH);
    bool held = false;
    t.take = mem_take(NULL, f->n + 1, 1);
    t.held = mem_new(NULL, f->n + 1, 1);
    mr_status status = t.take && t.held ? take_names(f, out, err) : error_memory(err, f->n);
    if (status == MR_OK && !options->no_leakage_check) status = note_leakage(&t, err);
    if (status == MR_OK) status = split(&t, &held, err);
    if (status == MR_OK && held) status = hold_out(&t, err);
    if (status == MR_OK && held && !options->no_leakage_check) note_too_good(&t);
    if (status == MR_OK) status = fit(&t, f, err);
    if (status == MR_OK) note_unused(&t);
    if (status == MR_OK && out->memory.failed) status = error_memory(err, 4096);
    mem_free(NULL, t.held);
    mem_free(NULL, t.take);
    return status;
}
