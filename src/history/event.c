/* The vocabulary's table, and the order of a history: (at_us, kind's rank, id).
 *
 * Sorting moves keys of 32 bytes, not events of a hundred: a stable merge sort from the bottom up, then each event goes to its place along
 * the cycles of the permutation. Histories come clustered by id, a hash, so that they are in no order at all; most are short, and
 * those need no memory but the stack. */
#include "event.h"

#include "error.h"
#include "mem.h"

#include <string.h>

static const event_kind_row rows[] = {
#define EVENT(code, name, rank, subject, segment, summary) [code] = {#name, subject, segment, summary, rank},
#include "event_kinds.def"
#undef EVENT
};

typedef struct event_synonym {
    const char *name;
    int kind;
} event_synonym;

static const event_synonym synonyms[] = {
#define SYNONYM(name, kind) {name, EVENT_##kind},
#include "event_synonyms.def"
#undef SYNONYM
};

const event_kind_row *event_kind_of(int code) {
    return &rows[code >= 0 && code < EVENT_KINDS ? code : EVENT_custom];
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool same_name(const char *known, const char *name, size_t len, bool any_case) {
    size_t i = 0;
    while (i < len && known[i] && (known[i] == name[i] || (any_case && lower(known[i]) == lower(name[i])))) i++;
    return i == len && !known[i];
}

int event_kind_find(const char *name, size_t len) {
    for (int i = 0; i < EVENT_KINDS; i++)
        if (same_name(rows[i].name, name, len, false)) return i;
    return -1;
}

int event_kind_segment(const char *name, size_t len) {
    if (!len) return -1;
    for (int i = 0; i < EVENT_KINDS; i++)
        if (same_name(rows[i].segment, name, len, true)) return i;
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (same_name(synonyms[i].name, name, len, true)) return synonyms[i].kind;
    return -1;
}

/* --- order --- */

#define FEW 64 /* events whose keys fit on the stack */
#define RUN 8  /* sorted by insertion before merging */

typedef struct sort_key {
    int64_t at_us, id;
    size_t index;
    int32_t rank;
} sort_key;

static inline int compare(int64_t at, int32_t rank, int64_t id, int64_t other_at, int32_t other_rank, int64_t other_id) {
    if (at != other_at) return at < other_at ? -1 : 1;
    if (rank != other_rank) return rank < other_rank ? -1 : 1;
    return (id > other_id) - (id < other_id);
}

int event_compare(const history_event *a, const history_event *b) {
    return compare(a->at_us, event_kind_of(a->kind)->rank, a->id, b->at_us, event_kind_of(b->kind)->rank, b->id);
}

static inline bool after(const sort_key *a, const sort_key *b) {
    return compare(a->at_us, a->rank, a->id, b->at_us, b->rank, b->id) > 0;
}

static void insertion(sort_key *key, size_t n) {
    for (size_t i = 1; i < n; i++) {
        sort_key moving = key[i];
        size_t at = i;
        for (; at > 0 && after(&key[at - 1], &moving); at--) key[at] = key[at - 1];
        key[at] = moving;
    }
}

static void merge(const sort_key *a, size_t na, const sort_key *b, size_t nb, sort_key *out) {
    const sort_key *a_end = a + na, *b_end = b + nb;
    while (a < a_end && b < b_end) *out++ = after(a, b) ? *b++ : *a++;
    if (a < a_end) memcpy(out, a, (size_t)(a_end - a) * sizeof *a);
    if (b < b_end) memcpy(out, b, (size_t)(b_end - b) * sizeof *b);
}

/* Sorts key[n] with spare[n]; returns whichever of the two holds the result. */
static sort_key *sort_keys(sort_key *key, sort_key *spare, size_t n) {
    for (size_t from = 0; from < n; from += RUN) insertion(key + from, n - from < RUN ? n - from : RUN);
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t from = 0; from < n; from += 2 * width) {
            size_t left = n - from < width ? n - from : width, right = n - from - left < width ? n - from - left : width;
            merge(key + from, left, key + from + left, right, spare + from);
        }
        sort_key *swap = key;
        key = spare;
        spare = swap;
    }
    return key;
}

/* key[i].index is where the event that belongs at i is now. Each cycle of moves once around; places done point at themselves. */
static void place(history_event *events, sort_key *key, size_t n) {
    for (size_t start = 0; start < n; start++) {
        if (key[start].index == start) continue;
        history_event held = events[start];
        size_t at = start;
        for (size_t from = key[at].index; from != start; from = key[at].index) {
            events[at] = events[from];
            key[at].index = at;
            at = from;
        }
        events[at] = held;
        key[at].index = at;
    }
}

mr_status event_sort(history_event *events, size_t n, const mr_alloc *alloc, mr_error *err) {
    size_t sorted = 1;
    while (sorted < n && event_compare(&events[sorted - 1], &events[sorted]) <= 0) sorted++;
    if (sorted >= n) return MR_OK;
    sort_key few[2 * FEW], *keys = few;
    if (n > FEW) {
        keys = n > SIZE_MAX / 2 ? NULL : mem_take(alloc, 2 * n, sizeof *keys);
        if (!keys) return error_memory(err, 2 * n * sizeof *keys);
    }
    for (size_t i = 0; i < n; i++)
        keys[i] = (sort_key){events[i].at_us, events[i].id, i, (int32_t)event_kind_of(events[i].kind)->rank};
    place(events, sort_keys(keys, keys + n, n), n);
    if (keys != few) mem_free(alloc, keys);
    return MR_OK;
}
