/* Objections: who wants no marketing, no profiling, or not to be spoken to at all. One definition for the gate, for programmes and for the lists of who is left out of rankings.
 *
 * What is said is of a kind, and each kind ends by itself:
 *
 *   said                                                marketing   profiling   contact
 *   consent_withdrawn for everything, or for nothing named   -           -
 *   consent_withdrawn for marketing                          -
 *   consent_withdrawn for profiling                                      -
 *   preference_changed, wanted: false, nothing named                                 -
 *   consent_given for everything                             +           +           +
 *   consent_given for marketing                              +                       +
 *   consent_given for profiling                                          +
 *   preference_changed, wanted: true, nothing named                                  +
 *
 * with neither a channel nor a topic named. Of a kind the later word counts, of the same moment the refusal; so the order in which words are heard does not matter. */
#ifndef HISTORY_OBJECTION_H
#define HISTORY_OBJECTION_H

#include <marram/base.h>

typedef enum objection_kind { OBJECTION_MARKETING, OBJECTION_PROFILING, OBJECTION_CONTACT, OBJECTION_KINDS } objection_kind;

typedef struct objection {
    int64_t refused_us[OBJECTION_KINDS], agreed_us[OBJECTION_KINDS]; /* INT64_MIN: never */
    bool everything; /* the last refusal of marketing was of everything */
} objection;

#define OBJECTION_PREFERENCE "contact" /* the purpose under which a preference for everything or nothing is heard and kept (table consent) */

void objection_begin(objection *o);
/* A word that names no channel. purpose: "" everything, OBJECTION_PREFERENCE that preference; those of other kinds (survey ...) are none of ours. */
void objection_hear(objection *o, const char *purpose, bool agreed, int64_t at_us);
/* Stands any? Then *since_us (may be NULL) is since when; returns "marketing", "profiling", "everything", "being contacted at all" or, of none, NULL. */
const char *objection_stands(const objection *o, int64_t *since_us);
bool objection_to(const objection *o, objection_kind kind);

#endif
