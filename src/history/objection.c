#include "objection.h"

#include <string.h>

static const struct {
    const char *purpose;
    bool refuses[OBJECTION_KINDS], agrees[OBJECTION_KINDS]; /* marketing, profiling, contact */
} words[] = {
    {"", {true, true, false}, {true, true, true}},
    {"everything", {true, true, false}, {true, true, true}},
    {"marketing", {true, false, false}, {true, false, true}},
    {"profiling", {false, true, false}, {false, true, false}},
    {OBJECTION_PREFERENCE, {false, false, true}, {false, false, true}},
};

void objection_begin(objection *o) {
    *o = (objection){.refused_us = {INT64_MIN, INT64_MIN, INT64_MIN}, .agreed_us = {INT64_MIN, INT64_MIN, INT64_MIN}};
}

static void later(int64_t *at, int64_t us) {
    if (us > *at) *at = us;
}

void objection_hear(objection *o, const char *purpose, bool agreed, int64_t at_us) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].purpose, purpose)) continue;
        bool everything = words[i].refuses[OBJECTION_MARKETING] && words[i].refuses[OBJECTION_PROFILING];
        if (!agreed && words[i].refuses[OBJECTION_MARKETING] && at_us >= o->refused_us[OBJECTION_MARKETING]) /* of the same moment the wider */
            o->everything = everything || (o->everything && at_us == o->refused_us[OBJECTION_MARKETING]);
        for (int k = 0; k < OBJECTION_KINDS; k++)
            if ((agreed ? words[i].agrees : words[i].refuses)[k]) later(agreed ? &o->agreed_us[k] : &o->refused_us[k], at_us);
    }
}

bool objection_to(const objection *o, objection_kind kind) {
    return o->refused_us[kind] != INT64_MIN && o->refused_us[kind] >= o->agreed_us[kind];
}

const char *objection_stands(const objection *o, int64_t *since_us) {
    static const objection_kind order[] = {OBJECTION_MARKETING, OBJECTION_CONTACT, OBJECTION_PROFILING};
    for (size_t i = 0; i < OBJECTION_KINDS; i++) {
        objection_kind k = order[i];
        if (!objection_to(o, k)) continue;
        if (since_us) *since_us = o->refused_us[k];
        return k == OBJECTION_PROFILING ? "profiling" : k == OBJECTION_CONTACT ? "being contacted at all" : o->everything && objection_to(o, OBJECTION_PROFILING) ? "everything" : "marketing";
    }
    return NULL;
}
