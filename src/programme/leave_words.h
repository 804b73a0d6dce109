/* Reasons in the customer's words. */
#ifndef PROGRAMME_LEAVE_WORDS_H
#define PROGRAMME_LEAVE_WORDS_H

#include <stddef.h>

typedef struct leave_word {
    const char *code, *en, *de;
} leave_word;

extern const leave_word leave_words[];
extern const size_t leave_words_n;

/* In that language where it is there (a BCP 47 tag), else in English. */
const char *leave_word_in(const leave_word *w, const char *language);

#endif
