/* All templates: those that come with Marram (templates/ of the source, built in), and those of a folder, which go before them. A file's name is PROGRAMME/STEP.LANGUAGE.md, as its
 * front matter says: follow_up/first-week.de.md. */
#ifndef DELIVER_TEMPLATE_LIBRARY_H
#define DELIVER_TEMPLATE_LIBRARY_H

#include "template.h"

#include <arena.h>

typedef struct template_builtin {
    const char *name, *text; /* "follow_up/first-week.en" */
    size_t len;
} template_builtin;

extern const template_builtin template_builtins[]; /* the last one's name is NULL */

typedef struct template_entry {
    const char *name;     /* "follow_up/first-week" */
    const char *language;
    const char *path;     /* of the folder's; "" built in */
    template *t;
} template_entry;

typedef struct template_library {
    arena texts;
    template_entry *at; /* by name, then language */
    size_t n, capacity;
} template_library;

/* folder NULL, or one that is not there: the built-in ones alone. *out is freed by template_library_free, whatever is returned. MR_EDATA: the first template that is wrong, or not named as
 * its front matter says; MR_EIO: a folder or file that cannot be read. */
mr_status template_library_open(const char *folder, template_library *out, mr_error *err);
void template_library_free(template_library *l);

/* "follow_up/first-week" in that language ("de-AT": else "de", else fallback, else English, else any). NULL: there is none of that name. */
const template_entry *template_library_find(const template_library *l, const char *name, const char *language, const char *fallback);

/* Where faults go, and what is none but worth saying (an SMS that is long with the examples of the fields); either may be NULL. */
typedef struct template_findings {
    template_found found, noted;
    void *ctx;
} template_findings;

/* Checks every *.md of a folder, with the file's path; how many files there are. MR_EIO. */
mr_status template_folder_check(const char *folder, template_findings to, size_t *files, mr_error *err);
/* One file. */
mr_status template_file_check(const char *path, template_findings to, mr_error *err);

#endif
