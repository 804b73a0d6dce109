/* The words of a trace, tags and topics, and the order in which it became known. */
#include "trace.h"

#include <string.h>

static unsigned char lower(unsigned char c) {
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 'a' - 'A') : c;
}

/* Letters and digits; whatever is beyond ASCII is a letter. */
static bool of_word(unsigned char c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

/* Is text[len] the word, or does it begin with it (prefix)? */
static bool same(const char *text, size_t len, const char *word, size_t word_len, bool prefix) {
    if (prefix ? len < word_len : len != word_len) return false;
    for (size_t i = 0; i < word_len; i++)
        if (lower((unsigned char)text[i]) != (unsigned char)word[i]) return false;
    return true;
}

/* Is one word of the text among `words` ("a|b*|c")? */
static bool holds(const char *text, size_t len, const char *words) {
    for (size_t from = 0, to; from < len; from = to + 1) {
        for (to = from; to < len && of_word((unsigned char)text[to]);) to++;
        if (to == from) continue;
        for (const char *word = words; *word;) {
            size_t n = strcspn(word, "|");
            bool prefix = n && word[n - 1] == '*';
            if (same(text + from, to - from, word, n - prefix, prefix)) return true;
            word += n + (word[n] == '|');
        }
    }
    return false;
}

static const struct {
    const char *name, *words;
} tags[TRACE_TAGS] = {
    [TRACE_TAG_none] = {"none", ""},
    [TRACE_TAG_other] = {"other", ""},
#define TRACE_TAG(tag, text) [TRACE_TAG_##tag] = {#tag, text},
#include "trace_tags.def"
#undef TRACE_TAG
};

trace_tag trace_tag_find(const char *text, size_t len) {
    bool any = false;
    for (size_t i = 0; i < len && !any; i++) any = of_word((unsigned char)text[i]);
    if (!any) return TRACE_TAG_none;
    for (int tag = TRACE_TAG_other + 1; tag < TRACE_TAGS; tag++)
        if (holds(text, len, tags[tag].words)) return (trace_tag)tag;
    return TRACE_TAG_other;
}

const char *trace_tag_name(trace_tag tag) {
    return (int)tag >= 0 && tag < TRACE_TAGS ? tags[tag].name : "none";
}

/* FNV-1a (Fowler, Noll, Vo 1991): a hash to tell topics apart, not to keep secrets. */
uint32_t trace_topic(const char *text, size_t len) {
    uint32_t hash = 2166136261U;
    while (len && !of_word((unsigned char)text[len - 1])) len--;
    while (len && !of_word((unsigned char)*text)) text++, len--;
    if (!len) return 0;
    for (size_t i = 0; i < len; i++) hash = (hash ^ lower((unsigned char)text[i])) * 16777619U;
    return hash ? hash : 1;
}

void trace_order(const trace *t, uint32_t *order) {
    /* Insertion: few events are recorded late. */
    for (size_t i = 0; i < t->n; i++) {
        int32_t day = trace_known_day(&t->event[i]);
        size_t at = i, low = 0;
        if (i && trace_known_day(&t->event[order[i - 1]]) > day) {
            size_t high = i;
            while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (trace_known_day(&t->event[order[middle]]) <= day) low = middle + 1;
                else high = middle;
            }
            memmove(&order[low + 1], &order[low], (i - low) * sizeof *order);
            at = low;
        }
        order[at] = (uint32_t)i;
    }
}
