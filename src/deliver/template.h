/* Templates of messages: Markdown with a short front matter and values in the manner of Mustache.
 *
 *     ---
 *     subject: Your {{product}}: one week on
 *     purpose: marketing
 *     language: en
 *     programme: follow_up
 *     step: first-week
 *     sms: Is everything right{{#product}} with your {{product}}{{/product}}?   (optional)
 *     ---
 *     {{greeting}}
 *
 *     {{#content}}This may help: [{{content.title}}]({{content.url}}).{{/content}}
 *
 * {{field}} a value; {{#field}} ... {{/field}} taken where it is known, {{^field}} ... {{/field}} where it is not; {{! a note }}. No logic beyond that, nothing unescaped, no raw HTML.
 * The Markdown is cmark's; the front matter and the tags are read here, since no library for them in C is in Debian.
 *
 * A value never passes through the Markdown: cmark reads the template with a placeholder in each value's place, and the value is put into the tree it made, escaped as its place there
 * asks for. So no name, however spelt, makes markup, a link or HTML. */
#ifndef DELIVER_TEMPLATE_H
#define DELIVER_TEMPLATE_H

#include <text.h>

#define TEMPLATE_LONGEST ((size_t)1 << 16)

typedef enum template_type { TEMPLATE_TEXT, TEMPLATE_LINES, TEMPLATE_URL, TEMPLATE_EMAIL } template_type;

typedef struct template_field {
    const char *name;
    template_type type;
    const char *meaning, *example;
} template_field;

enum {
    TEMPLATE_FIELDS = 0
#define TEMPLATE_FIELD(name, type, meaning, example) +1
#include "template_fields.def"
#undef TEMPLATE_FIELD
};

extern const template_field template_fields[TEMPLATE_FIELDS];
int template_field_find(const char *name, size_t len); /* its place, or -1 */

/* Texts by field, borrowed, UTF-8; NULL or "": not known. */
typedef struct template_values {
    const char *of[TEMPLATE_FIELDS];
} template_values;

bool template_set(template_values *v, const char *field, const char *text); /* false: there is no such field */
const char *template_get(const template_values *v, const char *field);      /* "" where it is not known */

/* --- words in a language ("de", "de-AT"; English where it is not one of template_words.def) --- */
void template_greeting(const char *language, const char *contact_name, text_buffer *out);
void template_day(const char *language, int32_t day, text_buffer *out); /* "23 November 2026", "23. November 2026" */
bool template_language_known(const char *language);

/* --- one template --- */
typedef struct template_head { /* "" where it is not given */
    const char *subject;        /* as written, with its tags */
    const char *purpose;        /* reply, legal, service, marketing */
    const char *language, *topic, *programme, *step;
    const char *unsubscribe;    /* the words of the unsubscribe link, of languages that template_words.def lacks */
    const char *sms;            /* the text as an SMS, in one line, as written; "": an SMS of it is a person's to write */
} template_head;

typedef struct template template;

/* line and column (characters) from 1. */
typedef void (*template_found)(void *ctx, const char *name, int line, int column, const char *message);

/* Everything that is wrong with it; how many that is. found may be NULL. No memory counts as one. */
size_t template_check(const char *name, const char *text, size_t len, template_found found, void *ctx);
/* MR_EDATA "name:line:column: ..." with the first of it, MR_ENOMEM. name for messages. *out is freed by template_free. */
mr_status template_parse(const char *name, const char *text, size_t len, template **out, mr_error *err);
void template_free(template *t); /* NULL is fine */
const template_head *template_head_of(const template *t);
const char *template_source(const template *t, size_t *len); /* the whole text, terminated */
/* Is the field said anywhere, subject and footer included? */
bool template_uses(const template *t, int field);

typedef struct template_message {
    text_buffer subject, html, plain; /* terminated */
} template_message;

/* The three texts. Subject: one line. Plain: from the same tree, wrapped at 72 columns. Company name and address in the footer; of marketing the unsubscribe link too. MR_EDATA names the
 * field that is said outside of its section and not known, of marketing a missing company.name, company.address or unsubscribe, or an address that is no https, http or mailto one.
 * *out starts from {0}, is used again, and freed by template_message_free. Thread-safe. */
mr_status template_render(const template *t, const template_values *v, template_message *out, mr_error *err);
/* As a letter: the subject, and in `plain` Markdown without its tags, values escaped, for letter.h; html is empty. No footer: a letter has its own. */
mr_status template_render_letter(const template *t, const template_values *v, template_message *out, mr_error *err);
/* The text as an SMS, in one line, terminated: the company's name before it, under marketing how to end it (sms_stop) behind it, which are its footer. MR_EDATA: it has none (field "sms");
 * a field that is not known; of marketing a missing company.name or sms_stop. out is emptied first. Thread-safe. */
mr_status template_render_sms(const template *t, const template_values *v, text_buffer *out, mr_error *err);
/* More parts than this are warned of: they are paid for one by one, and not read. */
#define TEMPLATE_SMS_SEGMENTS 3
void template_message_free(template_message *m);

#endif
