#include "leave_words.h"

#include <strings.h>

const leave_word leave_words[] = {
#define LEAVE_REASON(code, en, de) {#code, en, de},
#include "leave_words.def"
#undef LEAVE_REASON
};
const size_t leave_words_n = sizeof leave_words / sizeof *leave_words;

const char *leave_word_in(const leave_word *w, const char *language) {
    return !strncasecmp(language, "de", 2) && (!language[2] || language[2] == '-' || language[2] == '_') ? w->de : w->en;
}
