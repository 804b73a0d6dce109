#include "hook_kinds.h"

#include <string.h>

static const struct {
    const char *name, *when;
} kinds[HOOK_KINDS] = {
    {"", ""},
#define HOOK(code, name, when) {name, when},
#define HOOK_STEP(programme, step, code)
#include "hook_kinds.def"
#undef HOOK
#undef HOOK_STEP
};

static const struct {
    const char *programme, *step;
    hook_kind kind;
} steps[] = {
#define HOOK(code, name, when)
#define HOOK_STEP(programme, step, code) {#programme, #step, HOOK_##code},
#include "hook_kinds.def"
#undef HOOK
#undef HOOK_STEP
};

const char *hook_kind_name(hook_kind kind) {
    return (unsigned)kind < HOOK_KINDS ? kinds[kind].name : "";
}

const char *hook_kind_when(hook_kind kind) {
    return (unsigned)kind < HOOK_KINDS ? kinds[kind].when : "";
}

hook_kind hook_kind_find(const char *name, size_t len) {
    for (int i = 1; i < HOOK_KINDS; i++)
        if (strlen(kinds[i].name) == len && !memcmp(kinds[i].name, name, len)) return (hook_kind)i;
    return HOOK_NONE;
}

hook_kind hook_kind_of_step(const char *programme, const char *step) {
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (!strcmp(steps[i].programme, programme) && !strcmp(steps[i].step, step)) return steps[i].kind;
    return HOOK_NONE;
}
