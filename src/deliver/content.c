#include "content.h"

#include <error.h>
#include <yaml_file.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- the file --- */

static mr_status read_names(yaml_reading *y, const yaml_node_t *node, const char *what, const char *const **at, size_t *n) {
    names list = {0};
    mr_status status = yaml_texts(y, node, what, false, &list);
    *at = (const char *const *)list.at;
    *n = list.n;
    return status;
}

static mr_status read_tags(yaml_reading *y, const yaml_node_t *node, void *into) {
    content_item *c = into;
    return read_names(y, node, "tags", &c->tags, &c->tags_n);
}

static mr_status read_products(yaml_reading *y, const yaml_node_t *node, void *into) {
    content_item *c = into;
    return read_names(y, node, "products", &c->products, &c->products_n);
}

static mr_status read_kind(yaml_reading *y, const yaml_node_t *node, void *into) {
    static const char *const kinds[] = {"article", "guide", "user_group", "research", "event"};
    int at = 0;
    mr_status status = yaml_one_of(y, node, "kind", kinds, sizeof kinds / sizeof *kinds, &at);
    *(const char **)into = kinds[at];
    return status;
}

static mr_status check(yaml_reading *y, const yaml_node_t *node, const content_library *l, const content_item *c) {
    const struct {
        const char *name, *text;
    } needs[] = {{"id", c->id}, {"title", c->title}, {"url", c->url}, {"language", c->language}};
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (!*needs[i].text) return yaml_fail(y, node, needs[i].name, "a piece of content needs %s", needs[i].name);
    if (strncmp(c->url, "https://", 8) && strncmp(c->url, "http://", 7)) return yaml_fail(y, node, "url", "url must begin with https:// or http://, not '%.60s'", c->url);
    if (c->fresh_until < c->published) return yaml_fail(y, node, "fresh_until", "'%.60s' is stale before it is published", c->id);
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->item[i].id, c->id)) return yaml_fail(y, node, "id", "the id '%.60s' stands there twice", c->id);
    return MR_OK;
}

static mr_status read_item(yaml_reading *y, const yaml_node_t *node, content_library *l) {
    static const yaml_field fields[] = {
        {"id", YAML_IS_TEXT, offsetof(content_item, id), 0, 0, NULL},           {"title", YAML_IS_TEXT, offsetof(content_item, title), 0, 0, NULL},
        {"url", YAML_IS_TEXT, offsetof(content_item, url), 0, 0, NULL},         {"summary", YAML_IS_TEXT, offsetof(content_item, summary), 0, 0, NULL},
        {"language", YAML_IS_TEXT, offsetof(content_item, language), 0, 0, NULL}, {"kind", YAML_IS_OWN, offsetof(content_item, kind), 0, 0, read_kind},
        {"tags", YAML_IS_OWN, 0, 0, 0, read_tags},                              {"products", YAML_IS_OWN, 0, 0, 0, read_products},
        {"published", YAML_IS_DAY, offsetof(content_item, published), 0, 0, NULL}, {"fresh_until", YAML_IS_DAY, offsetof(content_item, fresh_until), 0, 0, NULL}};
    content_item *c = &l->item[l->n];
    *c = (content_item){.id = "", .title = "", .url = "", .summary = "", .kind = "article", .language = "", .published = INT32_MIN, .fresh_until = INT32_MAX};
    mr_status status = yaml_fields(y, node, "a piece of content", fields, sizeof fields / sizeof *fields, c);
    if (status == MR_OK) status = check(y, node, l, c);
    l->n += status == MR_OK;
    return status;
}

mr_status content_read(const char *name, const char *text, size_t len, content_library *out, mr_error *err) {
    yaml_document_t doc;
    mr_status status = yaml_file_load(name, "content", text, len, &doc, err);
    if (status != MR_OK) return status;
    yaml_reading y = {.doc = &doc, .name = name, .text = &out->texts, .err = err};
    const yaml_node_t *root = yaml_document_get_root_node(&doc);
    if (root && root->type != YAML_SEQUENCE_NODE && !(root->type == YAML_SCALAR_NODE && !root->data.scalar.length)) status = yaml_fail(&y, root, NULL, "content is a list of pieces, each with id, title, url and language");
    if (status == MR_OK && root && root->type == YAML_SEQUENCE_NODE) {
        size_t n = (size_t)(root->data.sequence.items.top - root->data.sequence.items.start);
        status = yaml_room(&y, n, sizeof *out->item, &out->item);
        for (size_t i = 0; i < n && status == MR_OK; i++) status = read_item(&y, yaml_at(&y, root->data.sequence.items.start[i]), out);
    }
    yaml_document_delete(&doc);
    return status;
}

mr_status content_open(const char *path, content_library *out, mr_error *err) {
    text_buffer text = {0};
    if (!path || !*path) return MR_OK;
    int why = yaml_file_bytes(path, &text);
    mr_status status = why == ENOMEM ? error_memory(err, YAML_FILE_LIMIT) : why ? error_set(err, MR_EIO, "content", -1, "cannot read %.300s: %s", path, strerror(why)) : content_read(path, text.data ? text.data : "", text.len, out, err);
    text_free(&text);
    return status;
}

void content_free(content_library *l) {
    arena_free(&l->texts);
    *l = (content_library){0};
}

/* --- the choice --- */

static bool in(const char *const *list, size_t n, const char *text, size_t *at) {
    for (size_t i = 0; i < n; i++)
        if (!strcasecmp(list[i], text)) {
            *at = i;
            return true;
        }
    return false;
}

static bool speaks(const char *language, const char *wanted) {
    size_t n = strcspn(language, "-_");
    return !strncasecmp(language, wanted, n) && (!wanted[n] || wanted[n] == '-' || wanted[n] == '_');
}

content_standing content_judge(const content_item *c, const content_wish *w, int *worth, const char **because) {
    size_t at;
    int product = 0, topics = 0;
    *worth = 0;
    *because = "";
    if (in(w->sent, w->sent_n, c->id, &at)) return CONTENT_HAD;
    if (c->published > w->day) return CONTENT_TO_COME;
    if (c->fresh_until < w->day) return CONTENT_STALE;
    if (!speaks(c->language, w->language)) return CONTENT_LANGUAGE;
    for (size_t i = 0; i < c->products_n; i++) {
        if (!in(w->products, w->products_n, c->products[i], &at) || product >= (at ? 2 : 4)) continue;
        product = at ? 2 : 4;
        *because = w->products[at];
    }
    if (c->products_n && !product) return CONTENT_NOT_BOUGHT;
    for (size_t i = 0; i < c->tags_n; i++)
        if (in(w->topics, w->topics_n, c->tags[i], &at)) {
            topics++;
            if (!**because) *because = w->topics[at];
        }
    *worth = product + topics + (!c->products_n);
    return CONTENT_FITS;
}

const char *content_standing_words(content_standing standing) {
    static const char *const words[] = {"may be sent", "they had it already", "is not out yet", "is stale", "in another language than theirs", "about products of which they have bought none"};
    return words[standing];
}

const content_item *content_match(const content_library *l, const content_wish *wish, const char **because) {
    const content_item *best = NULL;
    int most = 0;
    *because = "";
    for (size_t i = 0; i < l->n; i++) {
        const char *why;
        int value;
        if (content_judge(&l->item[i], wish, &value, &why) != CONTENT_FITS || value < most || (value == most && best && l->item[i].published <= best->published)) continue;
        best = &l->item[i];
        most = value;
        *because = why;
    }
    return best;
}
