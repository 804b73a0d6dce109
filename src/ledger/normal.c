#include "normal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static size_t email(const char *text, size_t len, char *out, size_t room) {
    size_t n = 0;
    for (size_t i = 0; i < len && n + 1 < room; i++)
        if (text[i] != ' ' && text[i] != '\t') out[n++] = lower(text[i]);
    out[n] = 0;
    char *at = strrchr(out, '@');
    if (!at || at == out || !at[1]) return 0;
    if (strcmp(at, "@gmail.com") != 0 && strcmp(at, "@googlemail.com") != 0) return n;
    /* Gmail delivers all of these to one box. */
    size_t to = 0;
    for (char *p = out; p < at && *p != '+'; p++)
        if (*p != '.') out[to++] = *p;
    memmove(out + to, "@gmail.com", 11);
    return to + 10;
}

static size_t phone(const char *text, size_t len, char *out, size_t room) {
    size_t n = 0;
    for (size_t i = 0; i < len && n + 1 < room; i++)
        if (text[i] >= '0' && text[i] <= '9') out[n++] = text[i];
    if (n < 6) return 0;
    if (n > 9) {
        memmove(out, out + n - 9, 9);
        n = 9;
    }
    return n;
}

static int by_word(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

#define WORDS 16

static size_t name(const char *text, size_t len, char *out, size_t room) {
    static const char *const legal[] = {"gmbh", "ag", "kg", "ltd", "limited", "inc", "llc", "corp", "co", "plc", "sa", "sarl", "bv", "ab", "as", "oy", "srl", "spa"};
    char copy[256], *word[WORDS];
    size_t n = 0, words = 0, at = 0;
    bool inside = false;
    for (size_t i = 0; i < len && n + 2 < sizeof copy; i++) {
        char c = lower(text[i]);
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
        if (letter && !inside && words < WORDS) word[words++] = copy + n;
        if (letter)
            copy[n++] = c;
        else if (inside && c != '.') /* "G.m.b.H." is one word */
            copy[n++] = 0;
        inside = letter || (inside && c == '.');
    }
    copy[n] = 0;
    qsort(word, words, sizeof *word, by_word);
    for (size_t i = 0; i < words; i++) {
        bool drop = false;
        for (size_t k = 0; k < sizeof legal / sizeof *legal; k++) drop |= !strcmp(word[i], legal[k]);
        size_t w = strlen(word[i]);
        if (drop || at + w + 2 > room) continue;
        if (at) out[at++] = ' ';
        memcpy(out + at, word[i], w);
        at += w;
    }
    return at;
}

size_t normal_text(normal_form form, const char *text, size_t len, char *out, size_t room) {
    size_t n = form == NORMAL_EMAIL ? email(text, len, out, room) : form == NORMAL_PHONE ? phone(text, len, out, room) : name(text, len, out, room);
    out[n] = 0;
    return n;
}

int64_t normal_key(const ledger *l, normal_form form, const char *text, size_t len) {
    static const char *const purposes[] = {"e-mail", "phone", "name"};
    char normal[512];
    size_t n = len ? normal_text(form, text, len, normal, sizeof normal) : 0;
    if (!n) return 0;
    int64_t key = ledger_hash(l, ledger_domain_of(l, purposes[form], ""), normal, n);
    return key ? key : 1;
}

int normal_customer_kind(const char *text, size_t len) {
    static const struct {
        const char *word;
        int kind;
    } words[] = {{"person", 1}, {"individual", 1}, {"private", 1}, {"b2c", 1}, {"company", 2}, {"organisation", 2}, {"organization", 2}, {"business", 2}, {"b2b", 2}, {"account", 2}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == len && !strncasecmp(words[i].word, text, len)) return words[i].kind;
    return 0;
}
