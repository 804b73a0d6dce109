/* Numbers are written with 17 digits, from which the same double is read again. Lengths are checked here, what stands in them by
 * mr_additive_put_together. */
#include "additive_document.h"

#include "json_number.h"
#include "out_file.h"

#include <error.h>
#include <errno.h>
#include <math.h>
#include <mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"additive", "logistic"};
#define FORMAT "marram trained model"

/* --- writing --- */

static json_t *numbers_out(const double *value, size_t n) {
    json_t *out = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(out, json_real(value[i]));
    return out;
}

static json_t *bytes_out(const unsigned char *value, size_t n) {
    json_t *out = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(out, json_integer(value[i]));
    return out;
}

/* The members of figures, in the order they are written. */
#define FIGURES(_) _(auc) _(auc_low) _(auc_high) _(pr_auc) _(brier) _(brier_base) _(log_loss) _(slope) _(slope_se) _(lift)

static json_t *figures_out(const trained *t) {
    const figures *f = &t->holdout;
    if (!f->rows) return json_null();
    json_t *out = json_pack("{s:s, s:I, s:I}", "split", t->split, "rows", (json_int_t)f->rows, "happened", (json_int_t)f->happened);
#define PUT(name) json_object_set_new(out, #name, json_number(f->name));
    FIGURES(PUT)
#undef PUT
    return out;
}

static json_t *feature_out(const trained *t, size_t j, const mr_additive_parts *m) {
    const trained_feature *f = &t->feature[j];
    json_t *out = json_pack("{s:s, s:s, s:b, s:i}", "name", f->name, "kind", f->categorical ? "category" : "number", "used", (int)f->used, "monotone", f->monotone);
    json_t *levels = json_array();
    for (size_t k = 0; k < f->levels; k++) json_array_append_new(levels, json_string(f->level[k]));
    if (f->categorical) json_object_set(out, "categories", levels);
    json_decref(levels);
    if (!m) {
        if (f->categorical) {
            json_object_set_new(out, "values", numbers_out(f->value, f->levels));
        } else {
            json_object_set_new(out, "mean", json_real(f->mean));
            json_object_set_new(out, "slope", json_real(f->slope));
        }
        json_object_set_new(out, "missing", json_real(f->missing));
        return out;
    }
    size_t bins = m->bin_offset[j + 1] - m->bin_offset[j];
    if (f->categorical) json_object_set_new(out, "category_bins", bytes_out(m->category_bin + m->category_offset[j], m->category_offset[j + 1] - m->category_offset[j]));
    else json_object_set_new(out, "cuts", numbers_out(m->cut + m->cut_offset[j], m->cut_offset[j + 1] - m->cut_offset[j]));
    json_object_set_new(out, "weights", numbers_out(m->bin_weight + m->bin_offset[j], bins));
    json_object_set_new(out, "coarse", bytes_out(m->coarse + m->bin_offset[j], bins));
    return out;
}

static json_t *term_out(const mr_additive_parts *m, size_t t) {
    json_t *out = json_object(), *features = json_array();
    size_t at = m->value_offset[t], n = m->value_offset[t + 1] - at;
    json_array_append_new(features, json_integer(m->first[t]));
    if (m->second[t] >= 0) json_array_append_new(features, json_integer(m->second[t]));
    json_object_set_new(out, "features", features);
    json_object_set_new(out, "importance", json_real(m->importance[t]));
    json_object_set_new(out, "values", numbers_out(m->value + at, n));
    json_object_set_new(out, "errors", numbers_out(m->error + at, n));
    return out;
}

mr_status additive_document_write(const trained *t, char **text, mr_error *err) {
    mr_additive_parts parts, *m = NULL;
    json_t *root = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "format", FORMAT, "version", ADDITIVE_DOCUMENT_VERSION, "kind", kinds[t->kind],
                             "program", t->program, "target", t->outcome, "positive", t->positive, "id", t->id, "rows", (json_int_t)t->rows, "happened",
                             (json_int_t)t->happened, "seed", "");
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->seed); /* more digits than most readers of JSON keep of a number */
    json_object_set_new(root, "seed", json_string(seed));
    json_object_set_new(root, "holdout", figures_out(t));
    json_t *notes = json_array(), *features = json_array(), *terms = json_array();
    for (size_t k = 0; k < t->notes; k++) json_array_append_new(notes, json_string(t->note[k]));
    json_object_set_new(root, "notes", notes);
    if (t->kind == TRAINED_ADDITIVE) {
        m = &parts;
        mr_additive_take_apart(t->additive, m);
        const mr_additive_course *c = &t->course;
        json_object_set_new(root, "course",
                            json_pack("{s:i, s:i, s:i, s:i, s:I, s:o, s:o, s:o}", "bags", c->bags, "rounds_least", c->rounds_least, "rounds_most", c->rounds_most,
                                      "pair_rounds", c->pair_rounds, "pairs", (json_int_t)c->pairs, "judged_loss", json_number(c->judged_loss),
                                      "judged_loss_alone", json_number(c->judged_loss_alone), "slope", json_number(c->slope)));
        for (size_t k = 0; k < m->terms; k++) json_array_append_new(terms, term_out(m, k));
    }
    json_object_set_new(root, "base", json_real(trained_base(t)));
    for (size_t j = 0; j < t->features; j++) json_array_append_new(features, feature_out(t, j, m));
    json_object_set_new(root, "features", features);
    if (m) json_object_set(root, "terms", terms);
    json_decref(terms);
    *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    json_decref(root);
    return *text ? MR_OK : error_memory(err, 4096);
}

void additive_document_free(char *text) {
    free(text);
}

/* --- reading --- */

typedef struct reader {
    trained *t;
    bool bad, memory;
    char what[96]; /* the field that is missing or wrong */
} reader;

static void wrong(reader *r, const char *what) {
    if (r->bad) return;
    r->bad = true;
    snprintf(r->what, sizeof r->what, "%.90s", what);
}

static void *take(reader *r, size_t count, size_t size) {
    void *block = arena_take(&r->t->memory, count * size + 1);
    if (!block) r->memory = r->bad = true;
    return block;
}

static const json_t *need(reader *r, const json_t *from, const char *name, json_type wanted) {
    const json_t *value = json_object_get(from, name);
    if (value && json_typeof(value) == wanted) return value;
    wrong(r, name);
    return NULL;
}

static double need_number(reader *r, const json_t *from, const char *name) {
    const json_t *value = json_object_get(from, name);
    if (json_is_number(value)) return json_number_value(value);
    wrong(r, name);
    return 0;
}

/* A number, or null: not known. */
static double known_or_null(reader *r, const json_t *from, const char *name) {
    const json_t *value = json_object_get(from, name);
    if (!json_is_number(value) && !json_is_null(value)) wrong(r, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static int64_t need_integer(reader *r, const json_t *from, const char *name, int64_t low, int64_t high) {
    const json_t *value = need(r, from, name, JSON_INTEGER);
    int64_t number = json_integer_value(value);
    if (value && number >= low && number <= high) return number;
    wrong(r, name);
    return low;
}

static const char *need_text(reader *r, const json_t *from, const char *name) {
    const json_t *value = need(r, from, name, JSON_STRING);
    const char *text = value ? json_string_value(value) : "", *kept = arena_copy(&r->t->memory, text, strlen(text));
    if (!kept) r->memory = r->bad = true;
    return kept ? kept : "";
}

/* An array of numbers, of its own length. */
static size_t length_of(reader *r, const json_t *from, const char *name) {
    return json_array_size(need(r, from, name, JSON_ARRAY));
}

static void read_numbers(reader *r, const json_t *from, const char *name, double *out, size_t n) {
    const json_t *array = json_object_get(from, name), *value;
    if (json_array_size(array) != n) wrong(r, name);
    for (size_t i = 0; !r->bad && i < n; i++) {
        value = json_array_get(array, i);
        if (!json_is_number(value)) wrong(r, name);
        else out[i] = json_number_value(value);
    }
}

static void read_bytes(reader *r, const json_t *from, const char *name, unsigned char *out, size_t n) {
    const json_t *array = json_object_get(from, name), *value;
    if (json_array_size(array) != n) wrong(r, name);
    for (size_t i = 0; !r->bad && i < n; i++) {
        value = json_array_get(array, i);
        if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 255) wrong(r, name);
        else out[i] = (unsigned char)json_integer_value(value);
    }
}

static void read_figures(reader *r, const json_t *root) {
    const json_t *from = json_object_get(root, "holdout");
    figures *f = &r->t->holdout;
    r->t->split = "";
    if (json_is_null(from)) return;
    if (!json_is_object(from)) {
        wrong(r, "holdout");
        return;
    }
    r->t->split = need_text(r, from, "split");
    f->rows = (uint64_t)need_integer(r, from, "rows", 0, INT64_MAX);
    f->happened = (uint64_t)need_integer(r, from, "happened", 0, INT64_MAX);
#define GET(name) f->name = known_or_null(r, from, #name);
    FIGURES(GET)
#undef GET
}

static void read_feature(reader *r, const json_t *from, trained_feature *f) {
    const char *kind = need_text(r, from, "kind");
    f->name = need_text(r, from, "name");
    f->categorical = !strcmp(kind, "category");
    if (!f->categorical && strcmp(kind, "number") != 0) wrong(r, "kind");
    const json_t *used = json_object_get(from, "used");
    if (!json_is_boolean(used)) wrong(r, "used");
    f->used = json_is_true(used);
    f->monotone = (signed char)need_integer(r, from, "monotone", -1, 1);
    if (!f->categorical || r->bad) return;
    const json_t *levels = need(r, from, "categories", JSON_ARRAY);
    f->levels = json_array_size(levels);
    const char **level = take(r, f->levels, sizeof *level);
    f->level = level;
    for (size_t k = 0; !r->bad && k < f->levels; k++) {
        const char *text = json_string_value(json_array_get(levels, k));
        if (!text) wrong(r, "categories");
        else if (!(level[k] = arena_copy(&r->t->memory, text, strlen(text)))) r->memory = r->bad = true;
    }
}

static void read_linear(reader *r, const json_t *from, trained_feature *f) {
    f->missing = need_number(r, from, "missing");
    if (!f->categorical) {
        f->mean = need_number(r, from, "mean");
        f->slope = need_number(r, from, "slope");
        return;
    }
    double *value = take(r, f->levels, sizeof *value);
    f->value = value;
    if (value) read_numbers(r, from, "values", value, f->levels);
}

/* Arrays of the kernel's model from those of each feature and term. */
typedef struct arrays {
    unsigned char *used, *categorical, *category_bin, *coarse;
    signed char *monotone;
    size_t *cut_offset, *category_offset, *bin_offset, *value_offset;
    double *cut, *weight, *value, *error, *importance;
    int32_t *first, *second;
} arrays;

static void measure(reader *r, const json_t *features, const json_t *terms, arrays *a) {
    size_t p = r->t->features, n = json_array_size(terms), values = 0;
    for (size_t j = 0; j < p && !r->bad; j++) {
        const json_t *from = json_array_get(features, j);
        bool categorical = r->t->feature[j].categorical;
        a->used[j] = r->t->feature[j].used;
        a->categorical[j] = categorical;
        a->monotone[j] = r->t->feature[j].monotone;
        a->cut_offset[j + 1] = a->cut_offset[j] + (categorical ? 0 : length_of(r, from, "cuts"));
        a->category_offset[j + 1] = a->category_offset[j] + (categorical ? length_of(r, from, "category_bins") : 0);
        if (categorical && a->category_offset[j + 1] - a->category_offset[j] != r->t->feature[j].levels) wrong(r, "category_bins");
        a->bin_offset[j + 1] = a->bin_offset[j] + length_of(r, from, "weights");
    }
    for (size_t t = 0; t < n && !r->bad; t++) {
        values += length_of(r, json_array_get(terms, t), "values");
        a->value_offset[t + 1] = values;
    }
}

static bool take_arrays(reader *r, size_t p, size_t terms, arrays *a) {
    a->used = take(r, p, 1);
    a->categorical = take(r, p, 1);
    a->monotone = take(r, p, 1);
    a->cut_offset = take(r, p + 1, sizeof(size_t));
    a->category_offset = take(r, p + 1, sizeof(size_t));
    a->bin_offset = take(r, p + 1, sizeof(size_t));
    a->value_offset = take(r, terms + 1, sizeof(size_t));
    a->first = take(r, terms, sizeof(int32_t));
    a->second = take(r, terms, sizeof(int32_t));
    a->importance = take(r, terms, sizeof(double));
    return !r->bad;
}

static void read_terms(reader *r, const json_t *terms, arrays *a) {
    for (size_t t = 0; t < json_array_size(terms) && !r->bad; t++) {
        const json_t *from = json_array_get(terms, t), *features = need(r, from, "features", JSON_ARRAY);
        size_t at = a->value_offset[t], n = a->value_offset[t + 1] - at, width = json_array_size(features);
        const json_t *first = json_array_get(features, 0), *second = json_array_get(features, 1);
        if (width < 1 || width > 2 || !json_is_integer(first) || (second && !json_is_integer(second)) || json_integer_value(first) < 0 ||
            json_integer_value(first) > INT32_MAX || json_integer_value(second) < 0 || json_integer_value(second) > INT32_MAX) {
            wrong(r, "features of a term");
            return;
        }
        a->first[t] = (int32_t)json_integer_value(first);
        a->second[t] = second ? (int32_t)json_integer_value(second) : -1;
        a->importance[t] = need_number(r, from, "importance");
        read_numbers(r, from, "values", a->value + at, n);
        read_numbers(r, from, "errors", a->error + at, n);
    }
}

static mr_status read_additive(reader *r, const json_t *root, const json_t *features, mr_error *err) {
    const json_t *terms = need(r, root, "terms", JSON_ARRAY), *course = need(r, root, "course", JSON_OBJECT);
    size_t p = r->t->features, n = json_array_size(terms);
    arrays a = {0};
    mr_additive_course *c = &r->t->course;
    if (r->bad || !take_arrays(r, p, n, &a)) return MR_OK;
    c->bags = (int)need_integer(r, course, "bags", 0, 1000000);
    c->rounds_least = (int)need_integer(r, course, "rounds_least", 0, INT32_MAX);
    c->rounds_most = (int)need_integer(r, course, "rounds_most", 0, INT32_MAX);
    c->pair_rounds = (int)need_integer(r, course, "pair_rounds", 0, INT32_MAX);
    c->pairs = (size_t)need_integer(r, course, "pairs", 0, INT32_MAX);
    c->judged_loss = known_or_null(r, course, "judged_loss");
    c->judged_loss_alone = known_or_null(r, course, "judged_loss_alone");
    c->slope = known_or_null(r, course, "slope");
    measure(r, features, terms, &a);
    if (r->bad) return MR_OK;
    a.cut = take(r, a.cut_offset[p], sizeof(double));
    a.category_bin = take(r, a.category_offset[p], 1);
    a.coarse = take(r, a.bin_offset[p], 1);
    a.weight = take(r, a.bin_offset[p], sizeof(double));
    a.value = take(r, a.value_offset[n], sizeof(double));
    a.error = take(r, a.value_offset[n], sizeof(double));
    for (size_t j = 0; j < p && !r->bad; j++) {
        const json_t *from = json_array_get(features, j);
        size_t bins = a.bin_offset[j + 1] - a.bin_offset[j];
        if (a.categorical[j]) read_bytes(r, from, "category_bins", a.category_bin + a.category_offset[j], a.category_offset[j + 1] - a.category_offset[j]);
        else read_numbers(r, from, "cuts", a.cut + a.cut_offset[j], a.cut_offset[j + 1] - a.cut_offset[j]);
        read_numbers(r, from, "weights", a.weight + a.bin_offset[j], bins);
        read_bytes(r, from, "coarse", a.coarse + a.bin_offset[j], bins);
    }
    read_terms(r, terms, &a);
    if (r->bad) return MR_OK;
    mr_additive_parts parts = {p, n, need_number(r, root, "base"), a.used, a.categorical, a.monotone, a.cut_offset, a.cut, a.category_offset, a.category_bin,
                               a.bin_offset, a.coarse, a.weight, a.first, a.second, a.value_offset, a.value, a.error, a.importance};
    return r->bad ? MR_OK : mr_additive_put_together(&parts, NULL, &r->t->additive, err);
}

static mr_status read_root(reader *r, const json_t *root, mr_error *err) {
    trained *t = r->t;
    const char *kind = need_text(r, root, "kind"), *seed = need_text(r, root, "seed");
    t->kind = !strcmp(kind, kinds[TRAINED_LOGISTIC]) ? TRAINED_LOGISTIC : TRAINED_ADDITIVE;
    if (strcmp(kind, kinds[t->kind]) != 0) wrong(r, "kind");
    snprintf(t->program, sizeof t->program, "%.23s", need_text(r, root, "program"));
    t->outcome = need_text(r, root, "target");
    t->positive = need_text(r, root, "positive");
    t->id = need_text(r, root, "id");
    t->rows = (uint64_t)need_integer(r, root, "rows", 0, INT64_MAX);
    t->happened = (uint64_t)need_integer(r, root, "happened", 0, INT64_MAX);
    t->seed = strtoull(seed, NULL, 10);
    read_figures(r, root);
    const json_t *notes = need(r, root, "notes", JSON_ARRAY), *features = need(r, root, "features", JSON_ARRAY);
    for (size_t k = 0; k < json_array_size(notes) && json_is_string(json_array_get(notes, k)); k++) trained_note(t, "%s", json_string_value(json_array_get(notes, k)));
    t->features = json_array_size(features);
    t->feature = take(r, t->features, sizeof *t->feature);
    if (!t->features) wrong(r, "features");
    for (size_t j = 0; j < t->features && !r->bad; j++) read_feature(r, json_array_get(features, j), &t->feature[j]);
    for (size_t j = 0; j < t->features && !r->bad; j++)
        for (size_t k = 0; k < j && !r->bad; k++)
            if (!strcmp(t->feature[k].name, t->feature[j].name)) wrong(r, "features"); /* by its name a column is found */
    if (r->bad) return MR_OK;
    if (t->kind == TRAINED_ADDITIVE) return read_additive(r, root, features, err);
    t->constant = need_number(r, root, "base");
    for (size_t j = 0; j < t->features && !r->bad; j++) read_linear(r, json_array_get(features, j), &t->feature[j]);
    return MR_OK;
}

mr_status additive_document_read(const char *text, size_t len, trained *out, mr_error *err) {
    json_error_t why;
    *out = (trained){.outcome = "", .positive = "", .id = "", .split = ""};
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    if (!root) return error_set(err, MR_EDATA, "model", why.line, "it is no model: line %d: %.160s", why.line, why.text);
    reader r = {.t = out};
    mr_status status = MR_OK;
    const char *format = json_string_value(json_object_get(root, "format"));
    json_int_t version = json_integer_value(json_object_get(root, "version"));
    if (!format || strcmp(format, FORMAT) != 0)
        status = error_set(err, MR_EDATA, "format", -1, "it is JSON, but no model that 'marram train' wrote");
    else if (!json_is_integer(json_object_get(root, "version")))
        status = error_set(err, MR_EDATA, "version", -1, "the model is damaged: 'version' is missing or wrong; train it anew");
    else if (version < 1 || version > ADDITIVE_DOCUMENT_VERSION)
        status = error_set(err, MR_EDATA, "version", -1, "it is of version %lld, this program reads %d: use a newer Marram, or train anew", (long long)version,
                           ADDITIVE_DOCUMENT_VERSION);
    else
        status = read_root(&r, root, err);
    json_decref(root);
    if (status == MR_OK && r.memory) status = error_memory(err, len);
    if (status == MR_OK && r.bad) status = error_set(err, MR_EDATA, "model", -1, "the model is damaged: '%s' is missing or wrong; train it anew", r.what);
    return status;
}

/* --- files --- */

mr_status additive_document_put(const char *text, const char *path, mr_error *err) {
    out_file out;
    mr_status status = out_file_open(path, 0666, &out, err);
    if (status != MR_OK) return status;
    fputs(text, out.file);
    putc('\n', out.file);
    return out_file_close(&out, true, err);
}

mr_status additive_document_get(const char *path, char **out, size_t *out_len, mr_error *err) {
    FILE *f = fopen(path, "re");
    *out = NULL;
    *out_len = 0;
    if (!f) return error_set(err, MR_EIO, "model", -1, "%.200s cannot be read: %s", path, strerror(errno));
    char *text = NULL;
    size_t len = 0, room = 0, got = 1;
    mr_status status = MR_OK;
    while (status == MR_OK && got) {
        if (len == room) {
            char *more = mem_resize(NULL, text, room = 2 * room + 65536, 1);
            if (!more) status = error_memory(err, room);
            else text = more;
        }
        if (status == MR_OK) len += got = fread(text + len, 1, room - len, f);
    }
    if (status == MR_OK && ferror(f)) status = error_set(err, MR_EIO, "model", -1, "%.200s cannot be read: %s", path, strerror(errno));
    fclose(f);
    *out = text;
    *out_len = len;
    return status;
}

mr_status additive_document_save(const trained *t, const char *path, mr_error *err) {
    char *text = NULL;
    mr_status status = additive_document_write(t, &text, err);
    if (status == MR_OK) status = additive_document_put(text, path, err);
    additive_document_free(text);
    return status;
}

mr_status additive_document_load(const char *path, trained *out, mr_error *err) {
    char *text;
    size_t len;
    mr_error why = {0};
    *out = (trained){.outcome = "", .positive = "", .id = "", .split = ""};
    mr_status status = additive_document_get(path, &text, &len, err);
    if (status == MR_OK && (status = additive_document_read(text, len, out, &why)) != MR_OK)
        status = error_set(err, status, why.field, why.row, "%.200s: %.260s", path, why.message);
    mem_free(NULL, text);
    return status;
}
