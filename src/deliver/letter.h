/* Letters on paper: a batch of them as one PDF for the printer, in any script that the machine has fonts for. Words are Markdown; the address stands where the envelope's window is. */
#ifndef DELIVER_LETTER_H
#define DELIVER_LETTER_H

#include <text.h>

typedef enum letter_form {
#define LETTER_FORM(name, ...) LETTER_##name,
#include "letter_forms.def"
#undef LETTER_FORM
    LETTER_FORMS
} letter_form;

typedef struct letter_style {
    letter_form form;
    const char *font;      /* families, the first that is there: "Noto Serif, serif" */
    const char *signature; /* a PNG file; "": room to sign in ink */
    bool duplex;           /* each begins on a sheet of its own, where both sides are printed */
    int64_t at_us;         /* the day in the file, so that the same letters are the same bytes */
} letter_style;

typedef struct letter { /* UTF-8; "" where there is none */
    const char *from;    /* the sender, in lines */
    const char *to;      /* whom it goes to: name and address, in lines */
    const char *day;     /* place and day, in words */
    const char *subject; /* one line */
    const char *words;   /* Markdown, up to the complimentary close */
    const char *signer;  /* under the signature */
    const char *link;    /* theirs, as a QR code, with... */
    const char *invites; /* ... what is said beside it */
    const char *foot;    /* small, at the end: how to get no more */
    const char *number;  /* by which the sheet is found again in the ledger */
} letter;

typedef struct letter_batch letter_batch;

/* MR_EDATA: a signature that cannot be read. *out is freed by letter_batch_free. */
mr_status letter_batch_open(const letter_style *style, letter_batch **out, mr_error *err);
/* One letter more; *pages it takes, may be NULL. MR_EDATA, and nothing is drawn: no address (field "to"), one that does not fit into the window, characters that no font here has (which ones), a link that is too long for a
 * code. */
mr_status letter_batch_add(letter_batch *b, const letter *l, int *pages, mr_error *err);
int letter_batch_pages(const letter_batch *b); /* so far, empty backs included */
/* The PDF; nothing can be added any more. */
mr_status letter_batch_pdf(letter_batch *b, text_buffer *out, mr_error *err);
void letter_batch_free(letter_batch *b); /* NULL is fine */

#endif
