/* A letter's Markdown (cmark's tree) as paragraphs of Pango markup. */
#include "letter_impl.h"

#include <cmark.h>
#include <error.h>
#include <mem.h>

#include <stdio.h>
#include <string.h>

#define INDENT 16.0 /* points a level */

typedef struct walking {
    letter_blocks *out;
    letter_block *now; /* NULL: between blocks */
    double indent;
    char mark[16];     /* of the next block */
    bool failed;
} walking;

static void begin(walking *w, double size, bool heading) {
    letter_blocks *b = w->out;
    if (b->n == b->capacity) {
        size_t more = 2 * b->capacity + 16;
        letter_block *at = mem_resize(NULL, b->at, more, sizeof *at);
        if (!at) {
            w->failed = true;
            return;
        }
        b->at = at;
        b->capacity = more;
    }
    w->now = &b->at[b->n++];
    *w->now = (letter_block){.from = b->markup.len, .indent = w->indent, .size = size, .heading = heading};
    memcpy(w->now->mark, w->mark, sizeof w->mark);
    *w->mark = 0;
}

static void end(walking *w) {
    if (!w->now) return;
    w->now->len = w->out->markup.len - w->now->from;
    text_putc(&w->out->markup, '\0');
    if (!w->now->len) w->out->n--;
    w->now = NULL;
}

static void escaped(walking *w, const char *text) {
    for (; text && *text; text++) {
        switch (*text) {
        case '&': text_puts(&w->out->markup, "&amp;"); break;
        case '<': text_puts(&w->out->markup, "&lt;"); break;
        case '>': text_puts(&w->out->markup, "&gt;"); break;
        default: text_putc(&w->out->markup, *text);
        }
    }
}

/* On paper a link is its words, and its address behind them where they do not say it. */
static void link_end(walking *w, cmark_node *node) {
    const char *url = cmark_node_get_url(node), *shown = strncmp(url, "mailto:", 7) ? url : url + 7;
    cmark_node *child = cmark_node_first_child(node);
    const char *words = child && cmark_node_get_type(child) == CMARK_NODE_TEXT ? cmark_node_get_literal(child) : "";
    if (!strcmp(words, shown)) return;
    text_puts(&w->out->markup, " (");
    escaped(w, shown);
    text_puts(&w->out->markup, ")");
}

static void list_mark(walking *w, cmark_node *item) {
    cmark_node *list = cmark_node_parent(item);
    if (cmark_node_get_list_type(list) != CMARK_ORDERED_LIST) {
        snprintf(w->mark, sizeof w->mark, "•");
        return;
    }
    int number = cmark_node_get_list_start(list);
    for (cmark_node *n = cmark_node_previous(item); n; n = cmark_node_previous(n)) number++;
    snprintf(w->mark, sizeof w->mark, "%d.", number);
}

static void inside(walking *w, cmark_node *node, bool enter) {
    text_buffer *out = &w->out->markup;
    if (!w->now) return;
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_TEXT: escaped(w, cmark_node_get_literal(node)); break;
    case CMARK_NODE_CODE: escaped(w, cmark_node_get_literal(node)); break;
    case CMARK_NODE_SOFTBREAK: text_putc(out, ' '); break;
    case CMARK_NODE_LINEBREAK: text_puts(out, "\xE2\x80\xA8"); break; /* U+2028: a new line of the same paragraph */
    case CMARK_NODE_EMPH: text_puts(out, enter ? "<i>" : "</i>"); break;
    case CMARK_NODE_STRONG: text_puts(out, enter ? "<b>" : "</b>"); break;
    case CMARK_NODE_LINK:
        if (!enter) link_end(w, node);
        break;
    default: break;
    }
}

static void visit(walking *w, cmark_node *node, bool enter) {
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_PARAGRAPH: enter ? begin(w, 1, false) : end(w); break;
    case CMARK_NODE_HEADING:
        if (enter) begin(w, 1.1, true), text_puts(&w->out->markup, "<b>");
        else text_puts(&w->out->markup, "</b>"), end(w);
        break;
    case CMARK_NODE_CODE_BLOCK:
        begin(w, 1, false);
        if (w->now) escaped(w, cmark_node_get_literal(node));
        end(w);
        break;
    case CMARK_NODE_BLOCK_QUOTE:
    case CMARK_NODE_LIST: w->indent += enter ? INDENT : -INDENT; break;
    case CMARK_NODE_ITEM:
        if (enter) list_mark(w, node);
        break;
    default: inside(w, node, enter);
    }
}

mr_status letter_blocks_of(const char *markdown, letter_blocks *out, mr_error *err) {
    walking w = {.out = out};
    cmark_node *root = cmark_parse_document(markdown, strlen(markdown), CMARK_OPT_DEFAULT);
    cmark_iter *walk = cmark_iter_new(root);
    for (cmark_event_type e; (e = cmark_iter_next(walk)) != CMARK_EVENT_DONE && !w.failed;) visit(&w, cmark_iter_get_node(walk), e == CMARK_EVENT_ENTER);
    cmark_iter_free(walk);
    cmark_node_free(root);
    return w.failed || out->markup.failed ? error_memory(err, strlen(markdown)) : MR_OK;
}

void letter_blocks_free(letter_blocks *b) {
    mem_free(NULL, b->at);
    text_free(&b->markup);
    *b = (letter_blocks){0};
}
