/* What the files of templates share. */
#ifndef DELIVER_TEMPLATE_IMPL_H
#define DELIVER_TEMPLATE_IMPL_H

#include "template.h"

#include <arena.h>

#include <cmark.h>

typedef enum part_kind { PART_TEXT, PART_VALUE, PART_SECTION, PART_INVERTED, PART_CLOSE } part_kind;

typedef struct part {
    part_kind kind;
    int field;         /* -1: a group */
    const char *text;  /* of a text; a tag's name */
    size_t len;
    size_t partner;    /* of an opening tag: its closing one */
    int line, column;
} part;

typedef struct parts {
    part *at;
    size_t n, capacity;
} parts;

struct template {
    arena texts;
    char *name, *source;
    size_t len;
    template_head head;
    parts subject, sms, body;
};

/* A value's place in the Markdown: a character for private use, by field. Templates and values hold none of their own. */
#define PLACEHOLDER_FIRST 0xE000u
/* The field of the placeholder that text[0 .. len) begins with, or -1; it takes 3 bytes. */
int placeholder_at(const char *text, size_t len);

bool part_given(const part *p, const template_values *v);
/* The body with placeholders; v NULL: with all sections, taken or not. NULL, or the part whose value is not known. */
const part *template_markdown(const template *t, const template_values *v, text_buffer *out);
/* Does a link's target, as cmark gives it, lead nowhere but to https, http and mailto? why: what is wrong with it. */
bool template_target_fits(const char *url, const char **why);
/* A link's target with its values; false: a value is no address, *field. */
bool template_target(const char *url, const template_values *v, text_buffer *out, int *field);

/* The three texts of a tree; v: clean values. */
void template_html(cmark_node *root, const template_values *v, text_buffer *out);
void template_plain(cmark_node *root, const template_values *v, text_buffer *out);
void html_escape(text_buffer *out, const char *text, size_t len);

typedef struct template_language {
    const char *code, *why, *why_after, *unsubscribe, *preferences, *leave, *hello, *hello_all, *day, *month[12];
} template_language;
const template_language *template_language_of(const char *language, bool *known); /* never NULL */

#endif
