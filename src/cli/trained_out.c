#include "trained_out.h"

#include "columns_out.h"

#include <json_number.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRONGEST = 10 };

void trained_notes_print(const char *command, const trained *t) {
    for (size_t k = 0; k < t->notes; k++) print_error("marram %s: note: %s", command, t->note[k]);
}

size_t trained_largest(const double *contribution, size_t terms, size_t top, size_t *out) {
    size_t n = 0;
    for (size_t k = 0; k < terms && top; k++) {
        if (n == top && !(fabs(contribution[k]) > fabs(contribution[out[n - 1]]))) continue;
        size_t at = n < top ? n++ : n - 1;
        for (; at > 0 && fabs(contribution[out[at - 1]]) < fabs(contribution[k]); at--) out[at] = out[at - 1];
        out[at] = k;
    }
    return n;
}

void trained_order(const trained *t, size_t *order) {
    size_t n = trained_terms(t);
    for (size_t k = 0; k < n; k++) {
        size_t at = k;
        for (; at > 0 && trained_importance(t, order[at - 1]) < trained_importance(t, k); at--) order[at] = order[at - 1];
        order[at] = k;
    }
}

/* A contribution is the value of a step to the last bit; of steps of the same value the largest error. */
double trained_error(const trained *t, size_t term, double contribution) {
    mr_additive_parts m;
    double error = 0;
    if (t->kind != TRAINED_ADDITIVE) return NAN;
    mr_additive_take_apart(t->additive, &m);
    for (size_t k = m.value_offset[term]; k < m.value_offset[term + 1]; k++)
        if (!(m.value[k] < contribution) && !(m.value[k] > contribution)) error = fmax(error, m.error[k]);
    return error > 0 ? error : NAN;
}

static void figures_print(const trained *t) {
    const figures *f = &t->holdout;
    if (!f->rows) return;
    putchar('\n');
    print_words(2, "Held out and not seen: %s (%llu rows, in %llu it happened)", t->split, (unsigned long long)f->rows, (unsigned long long)f->happened);
    putchar('\n');
    /* What is not known is null in the document, and NaN here. */
    if (isfinite(f->auc + f->auc_low + f->auc_high)) printf("  AUC                %.3f   (%.3f to %.3f; .5 is chance)\n", f->auc, f->auc_low, f->auc_high);
    if (isfinite(f->pr_auc)) printf("  PR-AUC             %.3f   (%.3f is chance)\n", f->pr_auc, (double)f->happened / (double)f->rows);
    if (isfinite(f->brier + f->brier_base)) printf("  Brier score        %.3f   (%.3f with the plain rate)\n", f->brier, f->brier_base);
    if (isfinite(f->slope + f->slope_se))
        printf("  calibration slope  %.2f    (%.2f to %.2f; 1 is right)\n", f->slope, f->slope - 1.96 * f->slope_se, f->slope + 1.96 * f->slope_se);
    if (isfinite(f->lift)) printf("  highest tenth      %.1f times as often as all\n", f->lift);
}

void trained_print(const trained *t, const char *path) {
    size_t n = trained_terms(t), *order = malloc((n + 1) * sizeof *order), pairs = t->kind == TRAINED_ADDITIVE ? t->course.pairs : 0;
    printf("%s = %s in %llu of %llu rows (%.1f %%); %s model of %zu feature%s", t->outcome, t->positive, (unsigned long long)t->happened,
           (unsigned long long)t->rows, 100 * (double)t->happened / (double)t->rows, t->kind == TRAINED_ADDITIVE ? "additive" : "logistic", n - pairs, n - pairs == 1 ? "" : "s");
    printf(pairs == 1 ? ", 1 pair\n" : pairs ? ", %zu pairs\n" : "\n", pairs);
    figures_print(t);
    if (order) trained_order(t, order);
    if (order && t->kind == TRAINED_ADDITIVE && trained_importance(t, order[0]) > 0) {
        printf("\nWhat moves the score most (mean, up or down, in log-odds)\n\n");
        columns_out c = columns_begin(2, "", "");
        for (size_t k = 0; k < n && k < STRONGEST; k++) {
            char name[256], shown[260], value[32];
            trained_term_name(t, order[k], name);
            snprintf(shown, sizeof shown, "  %s", name);
            snprintf(value, sizeof value, "%.3f", trained_importance(t, order[k]));
            columns_row(&c, shown, value);
        }
        columns_end(&c);
    }
    printf("\nWhat these figures are: docs/methods/additive.md\n");
    if (path) printf("%s is written: marram predict FILE --model %s\n", path, path);
    free(order);
}

void trained_json_print(const trained *t, json_t *drawn) {
    size_t n = trained_terms(t), *order = malloc((n + 1) * sizeof *order);
    const figures *f = &t->holdout;
    json_t *out = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "target", t->outcome, "positive", t->positive, "kind",
                            t->kind == TRAINED_ADDITIVE ? "additive" : "logistic", "rows", (json_int_t)t->rows, "happened", (json_int_t)t->happened, "pairs",
                            (json_int_t)t->course.pairs);
    json_t *holdout = f->rows ? json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "split", t->split, "rows", (json_int_t)f->rows,
                                          "happened", (json_int_t)f->happened, "auc", json_number(f->auc), "auc_low", json_number(f->auc_low), "auc_high",
                                          json_number(f->auc_high), "pr_auc", json_number(f->pr_auc), "brier", json_number(f->brier), "brier_base",
                                          json_number(f->brier_base), "log_loss", json_number(f->log_loss), "slope", json_number(f->slope), "slope_se",
                                          json_number(f->slope_se), "lift", json_number(f->lift))
                              : json_null();
    json_t *terms = json_array(), *notes = json_array();
    json_object_set_new(out, "holdout", holdout);
    if (order) trained_order(t, order);
    for (size_t k = 0; order && k < n; k++) {
        char name[256];
        trained_term_name(t, order[k], name);
        json_array_append_new(terms, json_pack("{s:s, s:o}", "term", name, "importance", json_number(trained_importance(t, order[k]))));
    }
    for (size_t k = 0; k < t->notes; k++) json_array_append_new(notes, json_string(t->note[k]));
    json_object_set_new(out, "terms", terms);
    json_object_set_new(out, "notes", notes);
    if (drawn) json_object_set_new(out, "drawn", drawn);
    json_dumpf(out, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    putchar('\n');
    json_decref(out);
    free(order);
}

/* --- steps --- */

/* What bin k of feature j holds, in words. */
static void bin_words(const trained *t, const mr_additive_parts *m, size_t j, size_t from, size_t to, char *out, size_t room) {
    const trained_feature *f = &t->feature[j];
    const double *cut = m->cut + m->cut_offset[j];
    size_t cuts = m->cut_offset[j + 1] - m->cut_offset[j], at = 0;
    if (from == 0) {
        snprintf(out, room, "missing");
    } else if (f->categorical) {
        if (from == 1) {
            snprintf(out, room, "others");
            return;
        }
        for (size_t k = 0; k < f->levels; k++)
            if (m->category_bin[m->category_offset[j] + k] == from) at = k;
        snprintf(out, room, "%.100s", f->levels ? f->level[at] : "");
    } else if (from == 1 && to > cuts + 1) {
        snprintf(out, room, "any");
    } else if (from == 1) {
        snprintf(out, room, "under %.6g", cut[to - 2]);
    } else if (to > cuts + 1) {
        snprintf(out, room, "%.6g and over", cut[from - 2]);
    } else {
        snprintf(out, room, "%.6g to %.6g", cut[from - 2], cut[to - 2]);
    }
}

/* Neighbouring bins of numbers go into one line until they differ by a tenth of the curve's range. */
static void curve_print(const trained *t, const mr_additive_parts *m, size_t term) {
    size_t j = (size_t)m->first[term], bins = m->bin_offset[j + 1] - m->bin_offset[j];
    const double *value = m->value + m->value_offset[term], *error = m->error + m->value_offset[term], *weight = m->bin_weight + m->bin_offset[j];
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (size_t k = 1; k < bins; k++) low = fmin(low, value[k]), high = fmax(high, value[k]);
    columns_out c = columns_begin(4, "  value", "log-odds", "+-", "rows");
    for (size_t from = 0, to; from < bins; from = to) {
        double sum = 0, errors = 0, rows = 0;
        char words[160], shown[164], text[3][32];
        for (to = from; to < bins; to++) {
            bool joined = to == from || (from > 0 && !t->feature[j].categorical && fabs(value[to] - value[from]) < 0.1 * (high - low));
            if (!joined) break;
            rows += weight[to], sum += weight[to] * value[to], errors += weight[to] * error[to];
        }
        if (!(rows > 0)) continue;
        bin_words(t, m, j, from, to, words, sizeof words);
        snprintf(shown, sizeof shown, "  %s", words);
        snprintf(text[0], sizeof text[0], "%+.3f", sum / rows);
        snprintf(text[1], sizeof text[1], "%.3f", errors / rows);
        snprintf(text[2], sizeof text[2], "%.0f", rows);
        columns_row(&c, shown, text[0], text[1], text[2]);
    }
    columns_end(&c);
}

static void pair_print(const mr_additive_parts *m, size_t term) {
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (size_t k = m->value_offset[term]; k < m->value_offset[term + 1]; k++) low = fmin(low, m->value[k]), high = fmax(high, m->value[k]);
    printf("  %+.3f to %+.3f beyond what the two say each for itself; the table is in the model's document\n", low, high);
}

void trained_steps_print(const trained *t) {
    size_t n = trained_terms(t), *order = malloc((n + 1) * sizeof *order);
    mr_additive_parts m;
    if (!order) return;
    trained_print(t, NULL);
    printf("\nBase: log-odds %.4f; a row's score is it and one line of each of these\n", trained_base(t));
    trained_order(t, order);
    if (t->kind == TRAINED_ADDITIVE) mr_additive_take_apart(t->additive, &m);
    for (size_t k = 0; k < n; k++) {
        char name[256];
        trained_term_name(t, order[k], name);
        printf("\n%s\n", name);
        if (t->kind == TRAINED_ADDITIVE) {
            m.second[order[k]] < 0 ? curve_print(t, &m, order[k]) : pair_print(&m, order[k]);
            continue;
        }
        size_t j = 0;
        for (size_t left = order[k]; !t->feature[j].used || left--;) j++;
        const trained_feature *f = &t->feature[j];
        if (!f->categorical) printf("  %+.6g a unit, 0 at %.6g\n", f->slope, f->mean);
        for (size_t l = 0; f->categorical && l < f->levels; l++) printf("  %+.3f  %s\n", f->value[l], f->level[l]);
        if (f->missing < 0 || f->missing > 0) printf("  %+.3f  missing\n", f->missing);
    }
    free(order);
}
