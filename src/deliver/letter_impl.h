/* What the files of letters share. */
#ifndef DELIVER_LETTER_IMPL_H
#define DELIVER_LETTER_IMPL_H

#include "letter.h"

/* A paragraph, a heading, an item of a list: Pango markup, and how it stands. */
typedef struct letter_block {
    size_t from, len;   /* of the markup */
    double indent;      /* points */
    double size;        /* of the letter's own */
    char mark[16];      /* "•", "2."; "" none */
    bool heading;       /* stays with what follows */
} letter_block;

typedef struct letter_blocks { /* start from {0} */
    letter_block *at;
    size_t n, capacity;
    text_buffer markup;
} letter_blocks;

/* Raw HTML and pictures say nothing. MR_ENOMEM. */
mr_status letter_blocks_of(const char *markdown, letter_blocks *out, mr_error *err);
void letter_blocks_free(letter_blocks *b);

#endif
