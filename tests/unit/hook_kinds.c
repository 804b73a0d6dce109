/* What webhooks tell of: the table of kinds, and that programmes have the steps it names. */
#include "check.h"

#include <hook_kinds.h>

#include <stdio.h>
#include <string.h>

static void test_names(void **state) {
    (void)state;
    uint32_t all = 0;
    for (int k = 1; k < HOOK_KINDS; k++) {
        const char *name = hook_kind_name((hook_kind)k);
        assert_true(strlen(name) > 3 && strchr(name, '.') && !strchr(name, ' '));
        assert_int_equal(hook_kind_find(name, strlen(name)), k);
        assert_true(strlen(hook_kind_when((hook_kind)k)) > 10);
        assert_int_equal(all & HOOK_IN(k), 0);
        all |= HOOK_IN(k);
    }
    assert_int_equal(all, HOOK_ALL);
    assert_int_equal(hook_kind_find("task.create", 11), HOOK_NONE);
    assert_int_equal(hook_kind_find("task.created", 11), HOOK_NONE);
    assert_int_equal(hook_kind_find("", 0), HOOK_NONE);
    assert_string_equal(hook_kind_name(HOOK_NONE), "");
    assert_string_equal(hook_kind_name(HOOK_KINDS), "");
}

static const struct {
    const char *programme, *step;
    hook_kind kind;
} steps[] = {
#define HOOK(code, name, when)
#define HOOK_STEP(programme, step, code) {#programme, #step, HOOK_##code},
#include <hook_kinds.def>
#undef HOOK
#undef HOOK_STEP
};

static bool has_step(const char *programme, const char *step) {
    static char text[1 << 18];
    char path[400], wanted[80];
    snprintf(path, sizeof path, SOURCE_DIR "/src/programme/%s.c", programme);
    snprintf(wanted, sizeof wanted, "look_task(k, \"%s\"", step);
    FILE *f = fopen(path, "r");
    if (!f) return false;
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return strstr(text, wanted) != NULL;
}

static void test_steps(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(hook_kind_of_step(steps[i].programme, steps[i].step), steps[i].kind);
        if (!has_step(steps[i].programme, steps[i].step)) fail_msg("%s has no task '%s'", steps[i].programme, steps[i].step);
    }
    assert_false(has_step("promises", "nothing")); /* the broken one it must catch */
    assert_int_equal(hook_kind_of_step("promises", "keep"), HOOK_NONE);
    assert_int_equal(hook_kind_of_step("", ""), HOOK_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_steps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
