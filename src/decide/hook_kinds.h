/* What other programs can be told of by webhook. */
#ifndef DECIDE_HOOK_KINDS_H
#define DECIDE_HOOK_KINDS_H

#include <marram/base.h>

typedef enum hook_kind {
    HOOK_NONE,
#define HOOK(code, name, when) HOOK_##code,
#define HOOK_STEP(programme, step, code)
#include "hook_kinds.def"
#undef HOOK
#undef HOOK_STEP
    HOOK_KINDS
} hook_kind;

#define HOOK_IN(kind) (UINT32_C(1) << (kind)) /* of sets of kinds */
#define HOOK_ALL ((UINT32_C(1) << HOOK_KINDS) - 2)

const char *hook_kind_name(hook_kind kind); /* "task.created"; never NULL */
const char *hook_kind_when(hook_kind kind);
hook_kind hook_kind_find(const char *name, size_t len); /* HOOK_NONE: no such name */
/* What a programme's new task is told of as, too; HOOK_NONE: nothing more. */
hook_kind hook_kind_of_step(const char *programme, const char *step);

#endif
