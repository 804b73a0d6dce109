/* Events in plain words: every kind has a template, every field of it is one of the kind's, and what is missing leaves no gap. */
#include "check.h"

#include <event.h>
#include <event_words.h>

#include <ctype.h>

typedef struct field {
    int kind;
    const char *name;
} field;

static const field fields[] = {
#define PAYLOAD(kind, name, type, unit, required, summary) {EVENT_##kind, #name},
#define AMOUNT(kind, summary) {EVENT_##kind, "amount"},
#include <payloads.def>
#undef PAYLOAD
};

static bool is_field(int kind, const char *name, size_t len) {
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].kind == kind && strlen(fields[i].name) == len && !memcmp(fields[i].name, name, len)) return true;
    return false;
}

static void templates(void **state) {
    (void)state;
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        const char *text = event_words_template(kind);
        if (!text) fail_msg("no words for %s", event_kind_of(kind)->name);
        int open = 0;
        for (const char *p = text; *p; p++) {
            open += (*p == '[') - (*p == ']');
            assert_in_range(open, 0, 1);
            if (*p != '{') continue;
            const char *name = p + 1 + (p[1] == '?'), *end = strchr(p, '}');
            assert_non_null(end);
            if (!is_field(kind, name, (size_t)(end - name))) fail_msg("%s has no field %.*s", event_kind_of(kind)->name, (int)(end - name), name);
        }
        assert_int_equal(open, 0);
    }
    assert_null(event_words_template(-1));
    assert_null(event_words_template(EVENT_KINDS));
}

static void says(const char *json, const char *want) {
    json_t *event = json_loads(json, 0, NULL);
    text_buffer out = {0};
    assert_non_null(event);
    event_words(event, &out);
    assert_string_equal(text_terminate(&out), want);
    text_free(&out);
    json_decref(event);
}

static void words(void **state) {
    (void)state;
    says("{\"kind\":\"order\"}", "ordered");
    says("{\"kind\":\"order\",\"amount\":\"12.50\",\"currency\":\"EUR\"}", "ordered for 12.50 EUR");
    says("{\"kind\":\"order\",\"amount\":\"12.50\",\"currency\":\"XXX\",\"body\":{\"product\":\"spade\",\"quantity\":2,\"order_id\":\"A-1\"}}",
         "ordered 2 x spade for 12.50 (order A-1)");
    says("{\"kind\":\"return_goods\"}", "sent goods back");
    says("{\"kind\":\"return_goods\",\"body\":{\"product\":\"spade\",\"reason\":\"bent\"}}", "sent spade back: bent");
    says("{\"kind\":\"contract_start\",\"amount\":\"49.00\",\"currency\":\"EUR\",\"body\":{\"number\":\"K-1\",\"product\":\"Pro\",\"period_months\":12}}",
         "contract K-1 begins: Pro, 49.00 EUR a year");
    says("{\"kind\":\"contract_start\",\"amount\":\"49.00\",\"currency\":\"EUR\",\"body\":{\"period_months\":1}}", "contract begins, 49.00 EUR a month");
    says("{\"kind\":\"contract_start\",\"amount\":\"49.00\",\"currency\":\"XXX\",\"body\":{\"period_months\":3}}", "contract begins, 49.00 every 3 months");
    says("{\"kind\":\"contract_change\",\"amount\":\"49.00\",\"currency\":\"EUR\",\"body\":{\"period_months\":24}}", "contract changes, 49.00 EUR every 2 years");
    says("{\"kind\":\"contract_change\",\"amount\":\"49.00\",\"currency\":\"EUR\",\"body\":{\"period_months\":0}}", "contract changes, 49.00 EUR");
    says("{\"kind\":\"case_update\",\"body\":{\"number\":\"T-1\",\"first_response\":true}}", "case T-1: our first answer");
    says("{\"kind\":\"case_update\",\"body\":{\"first_response\":false,\"by_whom\":\"Kim\"}}", "case: something was said or done, by Kim");
    says("{\"kind\":\"promise_made\",\"body\":{\"what\":\"call back\",\"due\":\"2026-02-01T10:00:00Z\"}}", "we promised: call back, by 2026-02-01");
    says("{\"kind\":\"survey\",\"body\":{\"name\":\"nps\",\"score\":7,\"scale\":10,\"comment\":\"fine\"}}", "answered nps: 7 of 10, 'fine'");
    says("{\"kind\":\"survey\",\"body\":{\"score\":4.5}}", "answered a survey: 4.5");
    says("{\"kind\":\"custom\"}", "a kind Marram does not know; its name is in the body");
    says("{\"kind\":\"custom\",\"body\":{\"kind\":\"Spade Sharpened\",\"how\":\"well\",\"times\":3,\"list\":[1]}}", "Spade Sharpened: how well, times 3");
    says("{\"kind\":\"moved\",\"body\":{\"address\":\"1 Dune\\nRoad\\u001b[2J\",\"out_of_area\":true}}", "moved to 1 Dune Road\xEF\xBF\xBD[2J, out of our area");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(templates), cmocka_unit_test(words)};
    return cmocka_run_group_tests_name("event_words", tests, NULL, NULL);
}
