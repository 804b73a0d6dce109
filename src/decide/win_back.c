#include "win_back.h"

#include <math.h>
#include <string.h>

static const win_back_row rows[] = {
#define WIN_BACK_REASON(reason, class, first, again) {#reason, WIN_BACK_##class, first, again},
#include "win_back_reasons.def"
#undef WIN_BACK_REASON
};

static const struct {
    const char *name, *words;
    bool asked;
} classes[] = {
#define WIN_BACK_CLASS(name, asked, words) {#name, words, asked},
#include "win_back_classes.def"
#undef WIN_BACK_CLASS
};

const win_back_row *win_back_row_of(const char *reason) {
    const win_back_row *unknown = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!strcmp(rows[i].reason, reason)) return &rows[i];
        if (!strcmp(rows[i].reason, "unknown")) unknown = &rows[i];
    }
    return unknown;
}

const char *win_back_class_name(win_back_class c) {
    return classes[c].name;
}

const char *win_back_class_words(win_back_class c) {
    return classes[c].words;
}

int win_back_class_find(const char *name) {
    for (int i = 0; i < WIN_BACK_CLASSES; i++)
        if (!strcmp(classes[i].name, name)) return i;
    return -1;
}

bool win_back_class_asked(win_back_class c) {
    return classes[c].asked;
}

beta win_back_prior(win_back_who who) {
    static const beta priors[] = {[WIN_BACK_LOST] = {3, 7}, [WIN_BACK_PRESENT] = {6.5, 3.5}, [WIN_BACK_PROSPECT] = {1.25, 8.75}};
    return priors[who];
}

beta win_back_prior_unasked(void) {
    return (beta){1, 9};
}

beta win_back_learnt(beta prior, int64_t tried, int64_t back) {
    if (tried < 0 || back < 0 || back > tried) return prior;
    return (beta){prior.a + (double)back, prior.b + (double)(tried - back)};
}

double beta_mean(beta b) {
    return b.a / (b.a + b.b);
}

double beta_sd(beta b) {
    double n = b.a + b.b;
    return sqrt(b.a * b.b / (n * n * (n + 1)));
}

mr_status win_back_worth_of(win_back_who who, const win_back_counts *counts, double margin, double cost, win_back_worth *out) {
    static const win_back_counts none;
    const win_back_counts *c = counts ? counts : &none;
    if (!isfinite(margin) || !isfinite(cost) || margin < 0 || cost < 0) return MR_EINVAL;
    *out = (win_back_worth){.asked = win_back_learnt(win_back_prior(who), c->asked, c->asked_back), .unasked = win_back_learnt(win_back_prior_unasked(), c->held, c->held_back)};
    out->gain = beta_mean(out->asked) - beta_mean(out->unasked);
    out->gain_sd = hypot(beta_sd(out->asked), beta_sd(out->unasked));
    out->worth = out->gain * margin - cost;
    out->worth_sd = out->gain_sd * margin;
    out->yes = out->worth > 0;
    return MR_OK;
}
