/* Does one feature tell the outcome by itself? A column filled in once a customer had left, or the outcome under another name, makes every figure
 * splendid and the model useless. Each feature alone is learnt on every other row and its AUC taken on the rest, so that a column of many
 * categories is not suspected for having learnt its rows by heart. */
#include "training.h"

#include <error.h>
#include <math.h>
#include <mem.h>

enum { MOST_ROWS = 40000 };

typedef struct halves {
    const frame *f;
    size_t stride, n[2];
    double *number[2];
    int32_t *category[2];
    unsigned char *happened[2];
    double *score;
} halves;

static void take(halves *h, size_t j) {
    const frame_feature *f = &h->f->feature[j];
    size_t at[2] = {0, 0}, k = 0;
    for (size_t i = 0; i < h->f->n; i += h->stride, k++) {
        int side = (int)(k % 2);
        if (f->categorical) h->category[side][at[side]] = f->category[i];
        else h->number[side][at[side]] = f->number[i];
        h->happened[side][at[side]++] = h->f->happened[i];
    }
    h->n[0] = at[0], h->n[1] = at[1];
}

static mr_status one(halves *h, size_t j, const mr_context *context, double *auc, mr_error *err) {
    const frame_feature *f = &h->f->feature[j];
    take(h, j);
    mr_feature column[2];
    for (int side = 0; side < 2; side++)
        column[side] = (mr_feature){f->categorical ? NULL : h->number[side], f->categorical ? h->category[side] : NULL, (int32_t)f->levels};
    mr_frame learnt = {h->n[0], 1, &column[0]}, judged = {h->n[1], 1, &column[1]};
    mr_outcomes outcomes = {.happened = h->happened[0]};
    const mr_additive_options quick = {.bags = 1, .rounds = 10, .learning_rate = 0.5, .leaves = 16, .pairs = -1, .min_leaf = 2};
    mr_additive *model = NULL;
    mr_error why = {0};
    figures found = {.auc = NAN};
    mr_context alone = {.alloc = context ? context->alloc : NULL};
    mr_status status = mr_additive_fit(&learnt, &outcomes, &quick, &alone, &model, &why);
    if (status == MR_OK) status = mr_additive_score(model, &judged, &alone, h->score, &why);
    if (status == MR_OK) status = figures_of(h->n[1], h->score, h->happened[1], NULL, &found, &why);
    mr_additive_free(model);
    *auc = found.auc;
    if (status == MR_ENOMEM && err) *err = why;
    return status == MR_ENOMEM ? status : MR_OK; /* too few rows, or the same in all: nothing to suspect */
}

mr_status leakage_of(const frame *f, const mr_context *context, double *auc, mr_error *err) {
    halves h = {.f = f, .stride = (f->n + MOST_ROWS - 1) / MOST_ROWS};
    size_t room = f->n / (h.stride ? h.stride : 1) / 2 + 2;
    bool enough = true;
    for (int side = 0; side < 2; side++) {
        h.number[side] = mem_take(NULL, room, sizeof *h.number[side]);
        h.category[side] = mem_take(NULL, room, sizeof *h.category[side]);
        h.happened[side] = mem_take(NULL, room, 1);
        enough = enough && h.number[side] && h.category[side] && h.happened[side];
    }
    h.score = mem_take(NULL, room, sizeof *h.score);
    mr_status status = enough && h.score ? MR_OK : error_memory(err, room * sizeof *h.score);
    for (size_t j = 0; status == MR_OK && j < f->p; j++) status = one(&h, j, context, &auc[j], err);
    mem_free(NULL, h.score);
    for (int side = 0; side < 2; side++) {
        mem_free(NULL, h.number[side]);
        mem_free(NULL, h.category[side]);
        mem_free(NULL, h.happened[side]);
    }
    return status;
}
