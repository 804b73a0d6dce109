#include "cycle_stage.h"

#include <feature.h>

#define F(name) (s->feature[FEATURE_##name])

static bool enters(const cycle_standing *s, cycle_stage stage) {
    switch (stage) {
#define CYCLE_STAGE(name, meaning, condition, enters_words, stays, stays_words) case CYCLE_##name: return condition;
#include "cycle_stages.def"
#undef CYCLE_STAGE
    default: return false;
    }
}

static bool stays(const cycle_standing *s, cycle_stage stage) {
    switch (stage) {
#define CYCLE_STAGE(name, meaning, enters, enters_words, condition, stays_words) case CYCLE_##name: return condition;
#include "cycle_stages.def"
#undef CYCLE_STAGE
    default: return false;
    }
}

cycle_stage cycle_stage_of(const cycle_standing *s, cycle_stage before) {
    for (int stage = 0; stage < CYCLE_STAGES; stage++)
        if (stage == (int)before ? stays(s, before) || enters(s, before) : enters(s, (cycle_stage)stage)) return (cycle_stage)stage;
    return CYCLE_coasting;
}

static const cycle_stage_row rows[CYCLE_STAGES + 1] = {
#define CYCLE_STAGE(name, meaning, enters, enters_words, stays, stays_words) {#name, meaning, enters_words, stays_words},
#include "cycle_stages.def"
#undef CYCLE_STAGE
    {"", "", "", ""},
};

const cycle_stage_row *cycle_stage_row_of(cycle_stage stage) {
    return &rows[(int)stage >= 0 && stage < CYCLE_STAGES ? (int)stage : CYCLE_STAGES];
}
