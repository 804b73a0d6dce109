/* bench_churn: Marram's side of bench/churn. Data come as bench/churn.py writes them: int64 n, p; p doubles (0: numbers, else how many categories); p
 * columns of n doubles (NaN: missing); n doubles, the outcome; for `folds` so many times n bytes, the fold of each row.
 *
 *   bench_churn folds DATA SEEDS THREADS OUT     scores of each row by models that did not see it: OUT has SEEDS times [additive n, logistic n] doubles
 *   bench_churn speed DATA TRAIN THREADS         fits to the first TRAIN rows and scores them; prints seconds and the AUC on the rest, as JSON */
#include <marram/marram.h>

#include <training.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FOLDS = 5 };

typedef struct data {
    size_t n, p;
    double *kind, *x, *outcome;
    unsigned char *fold;
} data;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *room(size_t n, size_t size) {
    void *block = calloc(n + 1, size);
    if (!block) exit(1);
    return block;
}

static void take(FILE *f, void *to, size_t n, size_t size) {
    if (fread(to, size, n, f) != n) {
        fputs("bench_churn: the data are cut short\n", stderr);
        exit(1);
    }
}

static data load(const char *path, size_t seeds) {
    int64_t size[2];
    FILE *f = fopen(path, "rb");
    if (!f) exit(1);
    take(f, size, 2, sizeof *size);
    data d = {.n = (size_t)size[0], .p = (size_t)size[1]};
    take(f, d.kind = room(d.p, sizeof *d.kind), d.p, sizeof *d.kind);
    take(f, d.x = room(d.n * d.p, sizeof *d.x), d.n * d.p, sizeof *d.x);
    take(f, d.outcome = room(d.n, sizeof *d.outcome), d.n, sizeof *d.outcome);
    take(f, d.fold = room(seeds * d.n, 1), seeds * d.n, 1);
    fclose(f);
    return d;
}

/* The rows with mark[row] == wanted. */
static frame rows_of(const data *d, const unsigned char *mark, unsigned char wanted, bool rest) {
    size_t n = 0;
    frame_feature *feature = room(d->p, sizeof *feature);
    for (size_t i = 0; i < d->n; i++) n += (mark[i] == wanted) != rest;
    unsigned char *happened = room(n, 1);
    for (size_t j = 0; j < d->p; j++) {
        double *number = room(n, sizeof *number);
        int32_t *category = d->kind[j] > 0 ? room(n, sizeof *category) : NULL;
        for (size_t i = 0, at = 0; i < d->n; i++) {
            if ((mark[i] == wanted) == rest) continue;
            double x = d->x[j * d->n + i];
            if (category) category[at++] = isnan(x) ? -1 : (int32_t)x;
            else number[at++] = x;
        }
        const char **level = room((size_t)d->kind[j], sizeof *level);
        for (size_t k = 0; k < (size_t)d->kind[j]; k++) level[k] = "c";
        if (category) free(number), number = NULL;
        feature[j] = (frame_feature){.name = "x", .categorical = category, .levels = (size_t)d->kind[j], .level = level, .number = number, .category = category};
    }
    for (size_t i = 0, at = 0; i < d->n; i++)
        if ((mark[i] == wanted) != rest) happened[at++] = d->outcome[i] > 0;
    return (frame){.n = n, .p = d->p, .feature = feature, .happened = happened};
}

static void release(frame *f) {
    for (size_t j = 0; j < f->p; j++) {
        free((void *)(uintptr_t)f->feature[j].number);
        free((void *)(uintptr_t)f->feature[j].category);
        free((void *)(uintptr_t)f->feature[j].level);
    }
    free((void *)(uintptr_t)f->feature);
    free((void *)(uintptr_t)f->happened);
}

static void stop(const mr_error *err) {
    fprintf(stderr, "bench_churn: %s\n", err->message);
    exit(1);
}

static mr_additive *additive(const frame *f, uint64_t seed, const mr_context *context) {
    mr_feature *feature = room(f->p, sizeof *feature);
    mr_frame plain = frame_plain(f, feature);
    mr_additive *model = NULL;
    mr_error err = {0};
    if (mr_additive_fit(&plain, &(mr_outcomes){.happened = f->happened}, &(mr_additive_options){.seed = seed}, context, &model, &err) != MR_OK) stop(&err);
    free(feature);
    return model;
}

static double *scores(const mr_additive *model, const frame *f, bool probability, const mr_context *context, double *score) {
    mr_feature *feature = room(f->p, sizeof *feature);
    mr_frame plain = frame_plain(f, feature);
    mr_error err = {0};
    if ((probability ? mr_additive_probability : mr_additive_score)(model, &plain, context, score, &err) != MR_OK) stop(&err);
    free(feature);
    return score;
}

static int folds(const char *path, size_t seeds, const mr_context *context, const char *out) {
    data d = load(path, seeds);
    FILE *to = fopen(out, "wb");
    double *all = room(2 * d.n, sizeof *all), *some = room(d.n, sizeof *some);
    if (!to) return 1;
    for (size_t seed = 0; seed < seeds; seed++) {
        const unsigned char *fold = d.fold + seed * d.n;
        for (unsigned char k = 0; k < FOLDS; k++) {
            frame learnt = rows_of(&d, fold, k, true), judged = rows_of(&d, fold, k, false);
            mr_additive *model = additive(&learnt, seed + 1, context);
            scores(model, &judged, false, context, some);
            for (size_t i = 0, at = 0; i < d.n; i++)
                if (fold[i] == k) all[i] = some[at++];
            mr_additive_free(model);
            trained baseline = {0};
            mr_error err = {0};
            training_options options = {.kind = TRAINED_LOGISTIC, .holdout_share = -1, .no_leakage_check = true};
            if (training_run(&learnt, &options, context, &baseline, &err) != MR_OK || trained_score(&baseline, &judged, context, some, NULL, &err) != MR_OK) stop(&err);
            for (size_t i = 0, at = 0; i < d.n; i++)
                if (fold[i] == k) all[d.n + i] = some[at++];
            trained_free(&baseline);
            release(&learnt);
            release(&judged);
        }
        fwrite(all, sizeof *all, 2 * d.n, to);
    }
    return fclose(to) != 0;
}

static int speed(const char *path, size_t train, const mr_context *context) {
    data d = load(path, 0);
    unsigned char *late = room(d.n, 1);
    for (size_t i = train; i < d.n; i++) late[i] = 1;
    frame learnt = rows_of(&d, late, 1, true), judged = rows_of(&d, late, 1, false);
    double *score = room(d.n, sizeof *score);
    memset(score, 0, d.n * sizeof *score);
    double begun = seconds();
    mr_additive *model = additive(&learnt, 1, context);
    double fitted = seconds();
    scores(model, &learnt, true, context, score);
    double scored = seconds();
    figures f;
    mr_error err = {0};
    mr_additive_course course;
    mr_additive_course_of(model, &course);
    if (figures_of(judged.n, scores(model, &judged, false, context, score), judged.happened, NULL, &f, &err) != MR_OK) stop(&err);
    printf("{\"fit\": %.4f, \"predict\": %.4f, \"auc\": %.6f, \"rounds\": %d, \"pairs\": %zu}\n", fitted - begun, scored - fitted, f.auc, course.rounds_most, course.pairs);
    return 0;
}

int main(int argc, char **argv) {
    mr_context context = {0};
    mr_error err = {0};
    if (argc < 5) {
        fputs("usage: bench_churn folds DATA SEEDS THREADS OUT | speed DATA TRAIN THREADS\n", stderr);
        return 2;
    }
    if (mr_pool_new(atoi(argv[4]), &context.pool, &err) != MR_OK) stop(&err);
    return !strcmp(argv[1], "folds") && argc > 5 ? folds(argv[2], (size_t)atoi(argv[3]), &context, argv[5]) : speed(argv[2], (size_t)atol(argv[3]), &context);
}
