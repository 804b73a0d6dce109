/* The registry: a model is one file and one row here. */
#include "impl.h"

#include <ctype.h>
#include <string.h>

static const mr_model *const models[] = {
    &model_nbd,       &model_bg_nbd, &model_mbg_nbd,     &model_bg_cnbd_k, &model_mbg_cnbd_k,
    &model_pareto_nbd, &model_bg_bb,  &model_gamma_gamma, &model_sbg,       &model_bdw,
};

size_t mr_model_count(void) {
    return sizeof models / sizeof *models;
}

const mr_model *mr_model_at(size_t index) {
    return index < mr_model_count() ? models[index] : NULL;
}

/* "BG/CNBD-k" and "bgcnbdk" are the same name. */
static bool same_name(const char *a, const char *b) {
    for (;;) {
        while (*a && !isalnum((unsigned char)*a)) a++;
        while (*b && !isalnum((unsigned char)*b)) b++;
        if (!*a || !*b) return *a == *b;
        if (tolower((unsigned char)*a++) != tolower((unsigned char)*b++)) return false;
    }
}

const mr_model *mr_model_find(const char *name) {
    if (!name) return NULL;
    for (size_t i = 0; i < mr_model_count(); i++)
        if (same_name(models[i]->name, name)) return models[i];
    return NULL;
}

const char *mr_model_name(const mr_model *model) {
    return model ? model->name : NULL;
}

const char *mr_model_title(const mr_model *model) {
    return model ? model->title : NULL;
}

const char *mr_model_about(const mr_model *model) {
    return model ? model->about : NULL;
}

mr_kind mr_model_kind(const mr_model *model) {
    return model ? model->kind : MR_BUYING;
}

size_t mr_model_params(const mr_model *model) {
    return model ? model->params : 0;
}

const char *mr_model_param(const mr_model *model, size_t index) {
    return model && index < model->params ? model->param[index] : NULL;
}

bool mr_model_leaves_at_once(const mr_model *model) {
    return model && model->leaves_at_once;
}

bool mr_model_is_regular(const mr_model *model) {
    return model && model->regular;
}
