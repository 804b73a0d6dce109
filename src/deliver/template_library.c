#include "template_library.h"

#include "sms.h"

#include <error.h>
#include <mem.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- files --- */

static mr_status read_file(const char *path, text_buffer *text, mr_error *err) {
    FILE *f = fopen(path, "re");
    text->len = 0;
    if (!f) return error_set(err, MR_EIO, NULL, -1, "%.300s cannot be read: %s", path, strerror(errno));
    while (text->len <= TEMPLATE_LONGEST && text_reserve(text, 1 << 12)) {
        size_t got = fread(text->data + text->len, 1, 1 << 12, f);
        if (!got) break;
        text->len += got;
    }
    int why = ferror(f) ? errno : 0;
    fclose(f);
    if (text->failed) return error_memory(err, TEMPLATE_LONGEST);
    if (why) return error_set(err, MR_EIO, NULL, -1, "%.300s cannot be read: %s", path, strerror(why));
    text_terminate(text);
    return MR_OK;
}

static int visible(const struct dirent *e) {
    return e->d_name[0] != '.';
}

static bool is_template(const char *name) {
    size_t len = strlen(name);
    return len > 3 && !strcmp(name + len - 3, ".md");
}

typedef mr_status (*on_file)(void *ctx, const char *path, const char *name, mr_error *err); /* name: below the folder */

/* Every *.md of folder/ and of the folders in it, by name. */
static mr_status each_file(const char *folder, const char *below, on_file fn, void *ctx, mr_error *err) {
    struct dirent **entry = NULL;
    int n = scandir(folder, &entry, visible, alphasort);
    mr_status status = n < 0 ? error_set(err, MR_EIO, NULL, -1, "%.300s cannot be read: %s", folder, strerror(errno)) : MR_OK;
    for (int i = 0; i < n; i++) {
        char path[1024], name[512];
        bool fits = snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name) < (int)sizeof path &&
                    snprintf(name, sizeof name, "%s%s%s", below, *below ? "/" : "", entry[i]->d_name) < (int)sizeof name;
        bool inner = !*below && entry[i]->d_type == DT_DIR;
        if (status == MR_OK && fits && inner) status = each_file(path, name, fn, ctx, err);
        else if (status == MR_OK && fits && is_template(name)) status = fn(ctx, path, name, err);
        free(entry[i]);
    }
    free(entry);
    return status;
}

/* --- the table --- */

static int by_name(const void *a, const void *b) {
    const template_entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->language, y->language);
}

static mr_status add(template_library *l, const char *path, template *t, mr_error *err) {
    const template_head *h = template_head_of(t);
    size_t len = strlen(h->programme) + strlen(h->step) + 2;
    char *name = arena_room(&l->texts, len);
    if (l->n == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 32;
        template_entry *more = mem_resize(NULL, l->at, capacity, sizeof *more);
        if (more) l->at = more, l->capacity = capacity;
    }
    const char *kept = *path ? arena_copy(&l->texts, path, strlen(path)) : "";
    if (!name || !kept || l->n == l->capacity) {
        template_free(t);
        return error_memory(err, len);
    }
    snprintf(name, len, "%s/%s", h->programme, h->step);
    const template_entry made = {name, h->language, kept, t};
    for (size_t i = 0; i < l->n; i++) {
        if (by_name(&l->at[i], &made) != 0) continue;
        template_free(l->at[i].t);
        l->at[i] = made;
        return MR_OK;
    }
    l->at[l->n++] = made;
    return MR_OK;
}

static mr_status add_file(void *ctx, const char *path, const char *name, mr_error *err) {
    template_library *l = ctx;
    text_buffer text = {0};
    template *t = NULL;
    char wanted[512];
    mr_status status = read_file(path, &text, err);
    if (status == MR_OK) status = template_parse(path, text.data, text.len, &t, err);
    text_free(&text);
    if (status != MR_OK) return status;
    const template_head *h = template_head_of(t);
    snprintf(wanted, sizeof wanted, "%s/%s.%s.md", h->programme, h->step, h->language);
    if (!strcmp(wanted, name)) return add(l, path, t, err);
    status = error_set(err, MR_EDATA, NULL, 1, "%.300s: its front matter says that it is %.200s: give it that name", path, wanted);
    template_free(t);
    return status;
}

static bool is_folder(const char *path) {
    DIR *d = opendir(path);
    bool is = d != NULL || errno != ENOENT;
    if (d) closedir(d);
    return is;
}

mr_status template_library_open(const char *folder, template_library *out, mr_error *err) {
    mr_status status = MR_OK;
    *out = (template_library){0};
    for (const template_builtin *b = template_builtins; b->name && status == MR_OK; b++) {
        template *t = NULL;
        status = template_parse(b->name, b->text, b->len, &t, err);
        if (status == MR_OK) status = add(out, "", t, err);
    }
    if (status == MR_OK && folder && is_folder(folder)) status = each_file(folder, "", add_file, out, err);
    if (out->n) qsort(out->at, out->n, sizeof *out->at, by_name);
    return status;
}

void template_library_free(template_library *l) {
    for (size_t i = 0; i < l->n; i++) template_free(l->at[i].t);
    mem_free(NULL, l->at);
    arena_free(&l->texts);
    *l = (template_library){0};
}

/* How well a template's language suits the one wanted: 3 the very one, 2 the same but for its region, 0 not. */
static int suits(const char *has, const char *wanted) {
    if (!wanted || !*wanted) return 0;
    if (!strcmp(has, wanted)) return 3;
    size_t a = strcspn(has, "-_"), b = strcspn(wanted, "-_");
    return a == b && !memcmp(has, wanted, a) ? 2 : 0;
}

const template_entry *template_library_find(const template_library *l, const char *name, const char *language, const char *fallback) {
    const template_entry *best = NULL;
    int best_rank = -1;
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(l->at[i].name, name) != 0) continue;
        int rank = 100 * suits(l->at[i].language, language) + 10 * suits(l->at[i].language, fallback) + suits(l->at[i].language, "en");
        if (rank > best_rank) best = &l->at[i], best_rank = rank;
    }
    return best;
}

/* --- checks --- */

typedef struct checking {
    template_findings to;
    size_t files;
} checking;

/* With the examples, which are of a usual length. */
static mr_status check_sms(const template *t, const char *path, const template_findings *to, mr_error *err) {
    template_values v = {0};
    text_buffer text = {0};
    char message[200];
    if (!*template_head_of(t)->sms || !to->noted) return MR_OK;
    for (int i = 0; i < TEMPLATE_FIELDS; i++) v.of[i] = template_fields[i].example;
    mr_status status = template_render_sms(t, &v, &text, err);
    sms_count n = status == MR_OK ? sms_segments(text.data) : (sms_count){0};
    if (n.segments > TEMPLATE_SMS_SEGMENTS) {
        snprintf(message, sizeof message, "its sms comes to %d parts with the examples of the fields: more than %d are paid for and not read; 'marram template preview --channel sms' shows it", n.segments, TEMPLATE_SMS_SEGMENTS);
        to->noted(to->ctx, path, 1, 1, message);
    }
    text_free(&text);
    return status;
}

static mr_status check_file(void *ctx, const char *path, const char *name, mr_error *err) {
    checking *c = ctx;
    text_buffer text = {0};
    char wanted[512];
    c->files++;
    mr_status status = read_file(path, &text, err);
    if (status == MR_OK && !template_check(path, text.data, text.len, c->to.found, c->to.ctx)) {
        template *t = NULL;
        status = template_parse(path, text.data, text.len, &t, err);
        const template_head *h = t ? template_head_of(t) : NULL;
        if (h) snprintf(wanted, sizeof wanted, "%s/%s.%s.md", h->programme, h->step, h->language);
        if (h && name && strcmp(wanted, name) != 0 && c->to.found) {
            char message[600];
            snprintf(message, sizeof message, "its front matter says that it is %s: give it that name", wanted);
            c->to.found(c->to.ctx, path, 1, 1, message);
        }
        if (t) status = check_sms(t, path, &c->to, err);
        template_free(t);
    }
    text_free(&text);
    return status;
}

mr_status template_folder_check(const char *folder, template_findings to, size_t *files, mr_error *err) {
    checking c = {to, 0};
    mr_status status = each_file(folder, "", check_file, &c, err);
    *files = c.files;
    return status;
}

mr_status template_file_check(const char *path, template_findings to, mr_error *err) {
    checking c = {to, 0};
    return check_file(&c, path, NULL, err);
}
