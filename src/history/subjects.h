/* Which place a subject has: open addressing, so that a customer of fifty thousand contracts costs as many look-ups. The memory is the caller's. */
#ifndef HISTORY_SUBJECTS_H
#define HISTORY_SUBJECTS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct subject_slot {
    int64_t subject;
    uint32_t place; /* from 1 */
    uint32_t taken;
} subject_slot;

typedef struct subjects {
    subject_slot *slot;
    size_t size; /* a power of two */
} subjects;

/* Slots for so many subjects. */
static inline size_t subjects_size(size_t n) {
    size_t size = 8;
    while (size < 2 * n) size *= 2;
    return size;
}

/* slot[subjects_size(n)]. */
static inline subjects subjects_begin(subject_slot *slot, size_t n) {
    size_t size = subjects_size(n);
    memset(slot, 0, size * sizeof *slot);
    return (subjects){slot, size};
}

static inline subject_slot *subjects_slot(const subjects *s, int64_t subject) {
    size_t at = (size_t)((uint64_t)subject * UINT64_C(0x9E3779B97F4A7C15) >> 24) & (s->size - 1);
    while (s->slot[at].taken && s->slot[at].subject != subject) at = (at + 1) & (s->size - 1);
    return &s->slot[at];
}

/* 0: none. */
static inline uint32_t subjects_place(const subjects *s, int64_t subject) {
    return subjects_slot(s, subject)->place;
}

/* Of at most n different subjects. */
static inline void subjects_put(const subjects *s, int64_t subject, uint32_t place) {
    *subjects_slot(s, subject) = (subject_slot){subject, place, 1};
}

#endif
