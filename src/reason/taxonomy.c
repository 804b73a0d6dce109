/* The taxonomy and its words as look-ups. Phrases are matched word by word, so that "price" is not found in
 * "priceless" and "died" not in "studied". */
#include "taxonomy.h"

#include <string.h>

static const reason_row rows[REASONS] = {
    [REASON_none] = {"", "", "", "", REASON_OWNER_both},
#define REASON(code, says, owner, looks, remedy)                                                             \
    [REASON_##code] = {#code, says, looks, remedy, REASON_OWNER_##owner},
#include "taxonomy.def"
#undef REASON
};

static const struct {
    reason reason;
    const char *words;
} stated[] = {
#define STATED(reason, words) {REASON_##reason, words},
#include "stated.def"
#undef STATED
};

const reason_row *reason_of(int number) {
    return &rows[number > 0 && number < REASONS ? number : 0];
}

const char *reason_owner_name(reason_owner owner) {
    return owner == REASON_OWNER_sales ? "sales" : owner == REASON_OWNER_operations ? "operations" : "both";
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* Letters and digits; whatever is beyond ASCII is a letter. An underscore is one too in a phrase's own text,
 * a gap in what people write. */
static bool of_word(char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

reason reason_find(const char *code, size_t len) {
    for (int r = 1; r < REASONS; r++) {
        const char *name = rows[r].code;
        if (strlen(name) != len) continue;
        size_t i = 0;
        while (i < len &&
               (lower(code[i]) == name[i] || (name[i] == '_' && (code[i] == '-' || code[i] == ' '))))
            i++;
        if (i == len) return (reason)r;
    }
    return REASON_none;
}

/* Does the phrase stand at text[from], which begins a word? */
static bool phrase_at(const char *text, size_t len, size_t from, const char *phrase, size_t phrase_len) {
    size_t t = from, p = 0;
    while (p < phrase_len) {
        if (phrase[p] == '*') {
            while (t < len && of_word(text[t])) t++;
            p++;
        } else if (!of_word(phrase[p])) { /* a gap: any run of what is no letter */
            size_t before = t;
            while (t < len && !of_word(text[t])) t++;
            if (t == before) return false;
            p++;
        } else {
            if (t >= len || lower(text[t]) != phrase[p]) return false;
            t++, p++;
        }
    }
    return t >= len || !of_word(text[t]);
}

static bool holds(const char *text, size_t len, const char *words) {
    for (const char *phrase = words; *phrase;) {
        size_t n = strcspn(phrase, "|");
        for (size_t from = 0; from < len; from++)
            if (of_word(text[from]) && (from == 0 || !of_word(text[from - 1])) &&
                phrase_at(text, len, from, phrase, n))
                return true;
        phrase += n + (phrase[n] == '|');
    }
    return false;
}

/* REASON_none: no word of stated.def; `any` is set where there is anything but white space. */
static reason by_words(const char *text, size_t len, bool *any) {
    for (size_t i = 0; i < len && !*any; i++) *any = of_word(text[i]);
    for (size_t i = 0; i < sizeof stated / sizeof *stated; i++)
        if (holds(text, len, stated[i].words)) return stated[i].reason;
    return REASON_none;
}

reason reason_stated(const char *code, size_t code_len, const char *text, size_t text_len) {
    bool any = false;
    reason found = code_len ? reason_find(code, code_len) : REASON_none;
    if (found == REASON_none && code_len) found = by_words(code, code_len, &any);
    if (found != REASON_none && found != REASON_unknown) return found;
    any = any || found == REASON_unknown;
    reason words = text_len ? by_words(text, text_len, &any) : REASON_none;
    if (words != REASON_none) return words;
    return any ? REASON_unknown : REASON_none;
}
