/* The tree cmark made, written as HTML and as plain text; each placeholder becomes its value here, escaped as its place asks for. */
#include "template_impl.h"

#include <string.h>

enum { WIDTH = 72, NARROWEST = 24 };

void html_escape(text_buffer *out, const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '&': text_puts(out, "&amp;"); break;
        case '<': text_puts(out, "&lt;"); break;
        case '>': text_puts(out, "&gt;"); break;
        case '"': text_puts(out, "&quot;"); break;
        case '\'': text_puts(out, "&#39;"); break;
        default: text_putc(out, text[i]);
        }
    }
}

/* --- HTML --- */

typedef struct html_tag {
    cmark_node_type type;
    const char *open, *close;
} html_tag;

#define BLOCK_MARGIN "margin:0 0 1em"

static const html_tag tags[] = {
    {CMARK_NODE_BLOCK_QUOTE, "<blockquote style=\"margin:0 0 1em;padding:0 0 0 1em;border-left:3px solid #d6d3d1;color:#44403c\">\n", "</blockquote>\n"},
    {CMARK_NODE_PARAGRAPH, "<p style=\"" BLOCK_MARGIN "\">", "</p>\n"},
    {CMARK_NODE_EMPH, "<em>", "</em>"},
    {CMARK_NODE_STRONG, "<strong>", "</strong>"},
    {CMARK_NODE_ITEM, "<li style=\"margin:0 0 .35em\">", "</li>\n"},
};

static void html_text(text_buffer *out, const char *text, const template_values *v) {
    size_t len = text ? strlen(text) : 0;
    for (size_t i = 0; i < len;) {
        int field = placeholder_at(text + i, len - i);
        const char *value = field >= 0 ? v->of[field] : NULL;
        if (field < 0) html_escape(out, text + i, 1);
        for (size_t k = 0; value && value[k]; k++) {
            if (value[k] == '\n') text_puts(out, "<br>\n");
            else html_escape(out, value + k, 1);
        }
        i += field >= 0 ? 3 : 1;
    }
}

static void html_link(text_buffer *out, cmark_node *node, bool enter, const template_values *v) {
    text_buffer url = {0};
    int field;
    if (!enter) {
        text_puts(out, "</a>");
        return;
    }
    template_target(cmark_node_get_url(node), v, &url, &field);
    text_puts(out, "<a href=\"");
    html_escape(out, url.data ? url.data : "", url.len);
    text_puts(out, "\" style=\"color:#0f766e\">");
    out->failed |= url.failed;
    text_free(&url);
}

/* A paragraph of a tight list is the item's own words. */
static bool bare(cmark_node *paragraph) {
    cmark_node *item = cmark_node_parent(paragraph), *list = item ? cmark_node_parent(item) : NULL;
    return list && cmark_node_get_type(list) == CMARK_NODE_LIST && cmark_node_get_list_tight(list);
}

static void html_node(text_buffer *out, cmark_node *node, bool enter, const template_values *v) {
    cmark_node_type type = cmark_node_get_type(node);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (tags[i].type != type) continue;
        if (type != CMARK_NODE_PARAGRAPH || !bare(node)) text_puts(out, enter ? tags[i].open : tags[i].close);
        return;
    }
    switch (type) {
    case CMARK_NODE_TEXT: html_text(out, cmark_node_get_literal(node), v); break;
    case CMARK_NODE_SOFTBREAK: text_putc(out, '\n'); break;
    case CMARK_NODE_LINEBREAK: text_puts(out, "<br>\n"); break;
    case CMARK_NODE_THEMATIC_BREAK: text_puts(out, "<hr style=\"border:0;border-top:1px solid #d6d3d1;margin:1.5em 0\">\n"); break;
    case CMARK_NODE_LINK: html_link(out, node, enter, v); break;
    case CMARK_NODE_CODE:
    case CMARK_NODE_CODE_BLOCK:
        text_puts(out, type == CMARK_NODE_CODE ? "<code>" : "<pre style=\"" BLOCK_MARGIN ";white-space:pre-wrap\"><code>");
        html_text(out, cmark_node_get_literal(node), v);
        text_puts(out, type == CMARK_NODE_CODE ? "</code>" : "</code></pre>\n");
        break;
    case CMARK_NODE_HEADING:
        text_printf(out, enter ? "<h%d style=\"margin:0 0 .6em;font-size:1.2em;line-height:1.3\">" : "</h%d>\n", cmark_node_get_heading_level(node));
        break;
    case CMARK_NODE_LIST: {
        bool ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
        if (!enter) text_puts(out, ordered ? "</ol>\n" : "</ul>\n");
        else if (ordered) text_printf(out, "<ol start=\"%d\" style=\"" BLOCK_MARGIN ";padding:0 0 0 1.5em\">\n", cmark_node_get_list_start(node));
        else text_puts(out, "<ul style=\"" BLOCK_MARGIN ";padding:0 0 0 1.5em\">\n");
        break;
    }
    default: break; /* the document; raw HTML and pictures, which no template has, say nothing */
    }
}

void template_html(cmark_node *root, const template_values *v, text_buffer *out) {
    cmark_iter *walk = cmark_iter_new(root);
    for (cmark_event_type e; (e = cmark_iter_next(walk)) != CMARK_EVENT_DONE;) html_node(out, cmark_iter_get_node(walk), e == CMARK_EVENT_ENTER, v);
    cmark_iter_free(walk);
}

/* --- plain text --- */

typedef struct plain_writer {
    text_buffer *out;
    const template_values *v;
    text_buffer words;   /* of the block at hand */
    text_buffer prefix;  /* of its lines: marks of quotes, indents of items */
    text_buffer marker;  /* of its first line in place of the prefix; len 0: none */
    text_buffer url;
    size_t link_from;    /* words.len when the link began */
    bool blank;          /* a blank line goes before the next block */
} plain_writer;

static size_t columns(const char *text, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++) n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

static void plain_text(text_buffer *out, const char *text, const template_values *v) {
    size_t len = text ? strlen(text) : 0;
    for (size_t i = 0; i < len;) {
        int field = placeholder_at(text + i, len - i);
        if (field < 0) text_putc(out, text[i]);
        else if (v->of[field]) text_puts(out, v->of[field]);
        i += field >= 0 ? 3 : 1;
    }
}

static void put_prefix(plain_writer *w, bool whole) {
    size_t len = w->marker.len ? w->marker.len : w->prefix.len;
    const char *text = w->marker.len ? w->marker.data : w->prefix.data;
    while (!whole && len && text[len - 1] == ' ') len--;
    text_add(w->out, text, len);
    if (whole) w->marker.len = 0;
}

static void begin_block(plain_writer *w) {
    if (!w->blank) return;
    size_t kept = w->marker.len;
    w->marker.len = 0;
    put_prefix(w, false);
    text_putc(w->out, '\n');
    w->marker.len = kept;
    w->blank = false;
}

/* One line of the block, wrapped; words longer than a line stay whole. */
static void wrap(plain_writer *w, const char *text, size_t len) {
    size_t indent = columns(w->prefix.data, w->prefix.len), room = indent + NARROWEST < WIDTH ? WIDTH - indent : NARROWEST, used = 0;
    put_prefix(w, len > 0);
    for (size_t at = 0; at < len;) {
        while (at < len && text[at] == ' ') at++;
        size_t end = at;
        while (end < len && text[end] != ' ') end++;
        if (end == at) break;
        size_t width = columns(text + at, end - at);
        if (used && used + 1 + width > room) {
            text_putc(w->out, '\n');
            put_prefix(w, true);
            used = 0;
        } else if (used) {
            text_putc(w->out, ' ');
            used++;
        }
        text_add(w->out, text + at, end - at);
        used += width;
        at = end;
    }
    text_putc(w->out, '\n');
}

static void end_block(plain_writer *w, bool wrapped) {
    begin_block(w);
    size_t from = 0;
    while (w->words.len && w->words.data[w->words.len - 1] == '\n') w->words.len--;
    do {
        const char *newline = w->words.len > from ? memchr(w->words.data + from, '\n', w->words.len - from) : NULL;
        size_t end = newline ? (size_t)(newline - w->words.data) : w->words.len;
        if (wrapped) {
            wrap(w, w->words.data ? w->words.data + from : "", end - from);
        } else {
            put_prefix(w, true);
            text_puts(w->out, "    ");
            text_add(w->out, w->words.data + from, end - from);
            text_putc(w->out, '\n');
        }
        from = end + 1;
    } while (from < w->words.len);
    w->words.len = 0;
}

static void plain_link(plain_writer *w, cmark_node *node, bool enter) {
    int field;
    if (enter) {
        w->link_from = w->words.len;
        return;
    }
    w->url.len = 0;
    template_target(cmark_node_get_url(node), w->v, &w->url, &field);
    const char *shown = w->words.data ? w->words.data + w->link_from : "", *url = w->url.data ? w->url.data : "";
    size_t shown_len = w->words.len - w->link_from, len = w->url.len;
    bool mail = len > 7 && !memcmp(url, "mailto:", 7);
    if (shown_len == len && !memcmp(shown, url, len)) return;
    if (mail && shown_len == len - 7 && !memcmp(shown, url + 7, shown_len)) return;
    if (mail && !memchr(url, '?', len)) url += 7, len -= 7;
    text_puts(&w->words, shown_len ? " (" : "(");
    text_add(&w->words, url, len);
    text_putc(&w->words, ')');
}

static void begin_item(plain_writer *w, cmark_node *item) {
    cmark_node *list = cmark_node_parent(item);
    char mark[24] = "- ";
    if (cmark_node_get_list_type(list) == CMARK_ORDERED_LIST) {
        int number = cmark_node_get_list_start(list);
        for (cmark_node *n = cmark_node_previous(item); n; n = cmark_node_previous(n)) number++;
        char *end = text_signed(mark, number);
        memcpy(end, ". ", 3);
    }
    if (!w->marker.len) text_add(&w->marker, w->prefix.data, w->prefix.len);
    text_puts(&w->marker, mark);
    for (size_t i = 0; mark[i]; i++) text_putc(&w->prefix, ' ');
}

static void end_item(plain_writer *w, cmark_node *item) {
    cmark_node *list = cmark_node_parent(item);
    size_t n = 2;
    if (cmark_node_get_list_type(list) == CMARK_ORDERED_LIST) {
        char mark[24];
        int number = cmark_node_get_list_start(list);
        for (cmark_node *p = cmark_node_previous(item); p; p = cmark_node_previous(p)) number++;
        n = (size_t)(text_signed(mark, number) - mark) + 2;
    }
    w->prefix.len = w->prefix.len > n ? w->prefix.len - n : 0;
    if (w->marker.len) end_block(w, true); /* an empty item */
    w->blank = !cmark_node_get_list_tight(list);
}

static void plain_node(plain_writer *w, cmark_node *node, bool enter) {
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_TEXT:
    case CMARK_NODE_CODE: plain_text(&w->words, cmark_node_get_literal(node), w->v); break;
    case CMARK_NODE_SOFTBREAK: text_putc(&w->words, ' '); break;
    case CMARK_NODE_LINEBREAK: text_putc(&w->words, '\n'); break;
    case CMARK_NODE_LINK: plain_link(w, node, enter); break;
    case CMARK_NODE_PARAGRAPH:
    case CMARK_NODE_HEADING:
        if (enter) break;
        end_block(w, true);
        w->blank = cmark_node_get_type(node) == CMARK_NODE_HEADING || !bare(node);
        break;
    case CMARK_NODE_CODE_BLOCK:
        plain_text(&w->words, cmark_node_get_literal(node), w->v);
        end_block(w, false);
        w->blank = true;
        break;
    case CMARK_NODE_THEMATIC_BREAK:
        text_puts(&w->words, "* * *");
        end_block(w, true);
        w->blank = true;
        break;
    case CMARK_NODE_BLOCK_QUOTE:
        if (enter) {
            begin_block(w);
            if (w->marker.len) text_puts(&w->marker, "> ");
            text_puts(&w->prefix, "> ");
        } else {
            w->prefix.len = w->prefix.len > 2 ? w->prefix.len - 2 : 0;
            w->blank = true;
        }
        break;
    case CMARK_NODE_LIST: w->blank |= !enter; break;
    case CMARK_NODE_ITEM:
        if (enter) begin_item(w, node);
        else end_item(w, node);
        break;
    default: break;
    }
}

void template_plain(cmark_node *root, const template_values *v, text_buffer *out) {
    plain_writer w = {.out = out, .v = v};
    cmark_iter *walk = cmark_iter_new(root);
    for (cmark_event_type e; (e = cmark_iter_next(walk)) != CMARK_EVENT_DONE;) plain_node(&w, cmark_iter_get_node(walk), e == CMARK_EVENT_ENTER);
    cmark_iter_free(walk);
    out->failed |= w.words.failed || w.prefix.failed || w.marker.failed || w.url.failed;
    text_free(&w.words);
    text_free(&w.prefix);
    text_free(&w.marker);
    text_free(&w.url);
}
