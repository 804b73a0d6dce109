/* The vocabulary told four times: event_kinds.def and payloads.def, the schemas, docs/events.md. They say the same, every example of the page
 * is valid under its schema, and what is broken on purpose is caught. The validator knows the keywords the schemas use and refuses
 * others. */
#include "check.h"

#include <event.h>
#include <payload.h>

#include <dirent.h>
#include <regex.h>
#include <stdlib.h>

typedef struct amount_row {
    const char *kind, *summary;
} amount_row;

static const amount_row amounts[] = {
#define AMOUNT(kind, summary) {#kind, summary},
#define PAYLOAD(kind, field, type, unit, required, summary)
#include "payloads.def"
#undef PAYLOAD
};

typedef struct synonym_row {
    const char *name, *kind;
} synonym_row;

static const synonym_row synonyms[] = {
#define SYNONYM(name, kind) {name, #kind},
#include "event_synonyms.def"
#undef SYNONYM
};

/* What the cycle keeps of a kind; NULL where it has no such member. */
typedef struct cycle_row {
    const char *kind, *count, *time;
} cycle_row;

static const cycle_row counts[] = {
#define COUNTED(kind, count, time) {#kind, #count, #time},
#define COUNT(kind, count) {#kind, #count, NULL},
#define TIME(kind, time) {#kind, NULL, #time},
#include "cycle_counts.def"
#undef COUNTED
#undef COUNT
#undef TIME
};

static const char *amount_of(const char *kind) {
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++)
        if (!strcmp(amounts[i].kind, kind)) return amounts[i].summary;
    return NULL;
}

static const char *const type_names[] = {"text", "number", "integer", "day", "time", "flag"};

static char *slurp(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    char *text = calloc(1, 1 << 20);
    size_t n = fread(text, 1, (1 << 20) - 1, f);
    fclose(f);
    assert_true(n > 0 && n < (1 << 20) - 1);
    return text;
}

/* --- a validator of JSON Schema, as much as is used --- */

static json_t *load_schema(const char *file) {
    char path[512];
    json_error_t err;
    snprintf(path, sizeof path, SOURCE_DIR "/schemas/%s", file);
    json_t *schema = json_load_file(path, JSON_REJECT_DUPLICATES, &err);
    if (!schema) print_error("%s:%d: %s\n", path, err.line, err.text);
    return schema;
}

static bool is_type(const json_t *value, const char *type) {
    if (!strcmp(type, "object")) return json_is_object(value);
    if (!strcmp(type, "string")) return json_is_string(value);
    if (!strcmp(type, "number")) return json_is_number(value);
    if (!strcmp(type, "integer")) return payload_fits(PAYLOAD_integer, value);
    if (!strcmp(type, "boolean")) return json_is_boolean(value);
    fail_msg("no type %s", type);
    return false;
}

static bool has_type(const json_t *value, const json_t *types) {
    if (json_is_string(types)) return is_type(value, json_string_value(types));
    for (size_t i = 0; i < json_array_size(types); i++)
        if (is_type(value, json_string_value(json_array_get(types, i)))) return true;
    return false;
}

static bool matches(const char *text, const char *pattern) {
    regex_t compiled;
    assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool found = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return found;
}

static bool has_format(const json_t *value, const char *format) {
    if (!json_is_string(value)) return true;
    if (!strcmp(format, "date")) return payload_fits(PAYLOAD_day, value);
    if (!strcmp(format, "date-time")) return payload_fits(PAYLOAD_time, value) && !payload_fits(PAYLOAD_day, value);
    fail_msg("no format %s", format);
    return false;
}

static bool valid(const json_t *schema, const json_t *value);

static bool valid_properties(const json_t *properties, const json_t *value) {
    const char *name;
    json_t *of;
    json_object_foreach((json_t *)properties, name, of) {
        const json_t *member = json_object_get(value, name);
        if (member && !valid(of, member)) return false;
    }
    return true;
}

static bool has_required(const json_t *names, const json_t *value) {
    for (size_t i = 0; i < json_array_size(names); i++)
        if (!json_object_get(value, json_string_value(json_array_get(names, i)))) return false;
    return true;
}

static bool valid_reference(const char *reference, const json_t *value) {
    assert_string_equal(reference, "../event.schema.json");
    json_t *other = load_schema("event.schema.json");
    assert_non_null(other);
    bool good = valid(other, value);
    json_decref(other);
    return good;
}

/* How many of them hold. */
static size_t holding(const json_t *schemas, const json_t *value) {
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(schemas); i++) n += valid(json_array_get(schemas, i), value);
    return n;
}

static bool valid_keyword(const char *keyword, const json_t *of, const json_t *value) {
    bool object = json_is_object(value), string = json_is_string(value);
    if (!strcmp(keyword, "$schema") || !strcmp(keyword, "title") || !strcmp(keyword, "description")) return true;
    if (!strcmp(keyword, "type")) return has_type(value, of);
    if (!strcmp(keyword, "const")) return json_equal(of, value);
    if (!strcmp(keyword, "properties")) return !object || valid_properties(of, value);
    if (!strcmp(keyword, "required")) return !object || has_required(of, value);
    if (!strcmp(keyword, "allOf")) return holding(of, value) == json_array_size(of);
    if (!strcmp(keyword, "anyOf")) return holding(of, value) > 0;
    if (!strcmp(keyword, "$ref")) return valid_reference(json_string_value(of), value);
    if (!strcmp(keyword, "format")) return has_format(value, json_string_value(of));
    if (!strcmp(keyword, "pattern")) return !string || matches(json_string_value(value), json_string_value(of));
    if (!strcmp(keyword, "minLength")) return !string || (json_int_t)json_string_length(value) >= json_integer_value(of);
    fail_msg("the schemas use %s, which this validator does not know", keyword);
    return false;
}

static bool valid(const json_t *schema, const json_t *value) {
    const char *keyword;
    json_t *of;
    json_object_foreach((json_t *)schema, keyword, of) if (!valid_keyword(keyword, of, value)) return false;
    return true;
}

static bool line_valid(const char *kind, const char *line) {
    char file[128];
    snprintf(file, sizeof file, "events/%s.schema.json", kind);
    json_t *schema = load_schema(file), *value = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(schema);
    bool good = value && valid(schema, value);
    json_decref(schema);
    json_decref(value);
    return good;
}

/* --- docs/events.md --- */

/* The section of a kind, from its heading to the next; to be freed. NULL: none. */
static char *section_of(const char *page, const char *kind) {
    char heading[64];
    snprintf(heading, sizeof heading, "\n### `%s`\n", kind);
    const char *at = strstr(page, heading);
    if (!at) return NULL;
    at += strlen(heading);
    const char *next = strstr(at, "\n##");
    return strndup(at, next ? (size_t)(next - at) : strlen(at));
}

static size_t times(const char *text, const char *what) {
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what)) n++;
    return n;
}

/* Prints what lacks, so that a page out of date is mended at once. */
static bool has_line(const char *section, const char *kind, const char *line) {
    char whole[1024];
    snprintf(whole, sizeof whole, "\n%s\n", line);
    if (strstr(section, whole)) return true;
    print_message("%s lacks: %s\n", kind, line);
    return false;
}

/* Orders and refunds have rules of their own (cycle.c). */
static bool cycle_says(const char *section, const char *name) {
    char line[256];
    if (!strcmp(name, "order") || !strcmp(name, "refund") || !strcmp(name, "return_goods")) return strstr(section, "\n| cycle | `") != NULL;
    snprintf(line, sizeof line, "| cycle | only `events` |");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const cycle_row *row = &counts[i];
        if (strcmp(row->kind, name)) continue;
        snprintf(line, sizeof line, row->count && row->time ? "| cycle | `%s`, `%s` |" : "| cycle | `%s` |", row->count ? row->count : row->time, row->time);
    }
    return has_line(section, name, line);
}

/* "| meaning | bought something |", and so on. */
static bool section_says(const char *section, int kind, const char *name) {
    const event_kind_row *row = event_kind_of(kind);
    char line[512], others[256] = "";
    size_t n;
    const payload_field *field = payload_fields(kind, &n);
    bool good = true;
    snprintf(line, sizeof line, "| meaning | %s |", row->summary);
    good &= has_line(section, name, line);
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (!strcmp(synonyms[i].kind, name) && kind != EVENT_custom)
            snprintf(others + strlen(others), sizeof others - strlen(others), "%s`%s`", others[0] ? ", " : "; also ", synonyms[i].name);
    snprintf(line, sizeof line, "| Segment | `%s`%s |", row->segment, others);
    if (row->segment[0]) good &= has_line(section, name, line);
    snprintf(line, sizeof line, row->subject[0] ? "| subject | the %s's number |" : "| subject | none |", row->subject);
    good &= has_line(section, name, line);
    snprintf(line, sizeof line, "| amount | %s |", amount_of(name) ? amount_of(name) : "none");
    good &= has_line(section, name, line);
    for (size_t i = 0; i < n; i++) {
        snprintf(line, sizeof line, "| `%s` | %s |%s%s%s|%s| %s |", field[i].name, type_names[field[i].type], field[i].unit[0] ? " " : "",
                 field[i].unit, " ", field[i].required ? " yes " : " ", field[i].summary);
        good &= has_line(section, name, line);
    }
    good &= cycle_says(section, name);
    return good && times(section, "\n| `") == n; /* and no other field */
}

static char *example_of(const char *section) {
    const char *at = strstr(section, "\n```json\n");
    if (!at) return NULL;
    at += strlen("\n```json\n");
    const char *end = strchr(at, '\n');
    return end && !strncmp(end, "\n```", 4) ? strndup(at, (size_t)(end - at)) : NULL;
}

static bool example_good(const char *kind, const char *line) {
    char why[256];
    json_t *event = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    json_t *body = json_object_get(event, "body");
    const char *said = json_string_value(json_object_get(event, "kind"));
    bool good = line_valid(kind, line) && said && event_kind_find(said, strlen(said)) == event_kind_find(kind, strlen(kind));
    if (good && payload_check_object(event_kind_find(kind, strlen(kind)), body, why, sizeof why) != MR_OK) {
        print_message("%s\n", why);
        good = false;
    }
    /* A subject where the kind has one (consents are known by purpose and channel), an amount only where it means something. */
    const char *subject = event_kind_of(event_kind_find(kind, strlen(kind)))->subject;
    if (strcmp(subject, "consent")) good &= !subject[0] == !json_object_get(event, "subject");
    if (!amount_of(kind)) good &= !json_object_get(event, "amount");
    good &= !json_object_get(event, "amount") == !json_object_get(event, "currency");
    json_decref(event);
    return good;
}

static void test_page(void **state) {
    (void)state;
    char *page = slurp(SOURCE_DIR "/docs/events.md");
    size_t bad = 0;
    assert_non_null(page);
    assert_int_equal(times(page, "\n### `"), EVENT_KINDS);
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        const char *name = event_kind_of(kind)->name;
        char *section = section_of(page, name), *example = section ? example_of(section) : NULL;
        bool good = section && example && section_says(section, kind, name) && example_good(name, example);
        if (!good) print_message("docs/events.md: %s is not as the tables have it\n", name);
        bad += !good;
        free(section);
        free(example);
    }
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++) {
        char line[128];
        snprintf(line, sizeof line, "| `%s` | `%s` |", synonyms[i].name, synonyms[i].kind);
        bad += !has_line(page, "other names", line);
    }
    free(page);
    assert_int_equal(bad, 0);
}

static void test_page_broken(void **state) {
    (void)state;
    char *page = slurp(SOURCE_DIR "/docs/events.md");
    char *section = section_of(page, "promise_made");
    assert_true(section_says(section, EVENT_promise_made, "promise_made"));
    assert_null(section_of(page, "promise_mad"));
    char *due = strstr(section, "| `due` | time");
    due[10] = 'T'; /* another type */
    assert_false(section_says(section, EVENT_promise_made, "promise_made"));
    due[10] = 't';
    assert_true(section_says(section, EVENT_promise_made, "promise_made"));
    char longer[4096];
    snprintf(longer, sizeof longer, "%s\n| `more` | text | | | a field nobody knows |\n", section);
    assert_false(section_says(longer, EVENT_promise_made, "promise_made"));
    free(section);
    free(page);
}

/* --- the schemas --- */

static void test_schemas(void **state) {
    (void)state;
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        char file[128];
        size_t n, required = 0;
        const payload_field *field = payload_fields(kind, &n);
        snprintf(file, sizeof file, "events/%s.schema.json", event_kind_of(kind)->name);
        json_t *schema = load_schema(file);
        assert_non_null(schema);
        const json_t *body = json_object_get(json_object_get(schema, "properties"), "body");
        const json_t *properties = json_object_get(body, "properties");
        assert_int_equal(json_object_size(properties), n);
        for (size_t i = 0; i < n; i++) {
            const json_t *property = json_object_get(properties, field[i].name);
            static const char *const sample[] = {"\"x\"", "1.5", "3", "\"2026-03-04\"", "\"2026-03-04T10:00:00Z\"", "true"};
            assert_non_null(property);
            for (size_t s = 0; s < 6; s++) { /* both take the same values */
                json_t *value = json_loads(sample[s], JSON_DECODE_ANY, NULL);
                assert_int_equal(valid(property, value), payload_fits(field[i].type, value));
                json_decref(value);
            }
            required += field[i].required;
        }
        assert_int_equal(json_array_size(json_object_get(body, "required")), required);
        json_decref(schema);
    }
    size_t files = 0;
    DIR *folder = opendir(SOURCE_DIR "/schemas/events");
    for (struct dirent *entry; (entry = readdir(folder));) files += entry->d_name[0] != '.';
    closedir(folder);
    assert_int_equal(files, EVENT_KINDS);
}

/* Each wrong in one way. */
static void test_schemas_catch(void **state) {
    (void)state;
    static const struct {
        const char *kind, *line;
        bool good;
    } rows[] = {
        {"promise_made", "{\"customer\":\"a\",\"kind\":\"promise_made\",\"at\":\"2026-03-04\",\"body\":{\"what\":\"x\",\"due\":\"2026-03-04T10:00:00+01:00\"}}", true},
        {"promise_made", "{\"customer\":\"a\",\"kind\":\"promise_made\",\"at\":\"2026-03-04\",\"body\":{\"what\":\"x\",\"due\":\"2026-03-04\",\"more\":1}}", true},
        {"promise_made", "{\"customer\":\"a\",\"kind\":\"promise_made\",\"at\":\"2026-03-04\",\"body\":{\"due\":\"2026-03-04\"}}", false},
        {"promise_made", "{\"customer\":\"a\",\"kind\":\"promise_made\",\"at\":\"2026-03-04\"}", false},
        {"promise_made", "{\"customer\":\"a\",\"kind\":\"promise_kept\",\"at\":\"2026-03-04\",\"body\":{\"what\":\"x\"}}", false},
        {"promise_made", "{\"customer\":\"a\",\"kind\":\"promise_made\",\"at\":\"2026-03-04\",\"body\":{\"what\":7}}", false},
        {"promise_made", "{\"customer\":\"a\",\"kind\":\"promise_made\",\"at\":\"2026-03-04\",\"body\":{\"what\":\"x\",\"due\":\"soon\"}}", false},
        {"promise_made", "{\"customer\":\"a\",\"kind\":\"promise_made\",\"at\":\"2026-02-30\",\"body\":{\"what\":\"x\"}}", false},
        {"promise_made", "{\"kind\":\"promise_made\",\"at\":\"2026-03-04\",\"body\":{\"what\":\"x\"}}", false},
        {"order", "{\"customer\":7,\"kind\":\"order\",\"at\":\"2026-03-04T10:00:00Z\",\"amount\":3,\"currency\":\"EUR\"}", true},
        {"order", "{\"customer\":7,\"kind\":\"order\",\"at\":\"2026-03-04T10:00:00Z\",\"amount\":\"3\"}", false},
        {"order", "{\"customer\":7,\"kind\":\"order\",\"at\":\"2026-03-04T10:00:00Z\",\"currency\":\"euro\"}", false},
        {"order", "{\"customer\":7,\"kind\":\"order\",\"at\":\"2026-03-04T10:00:00Z\",\"body\":[]}", false},
        {"order", "{\"customer\":7,\"kind\":\"order\",\"at\":\"2026-03-04T10:00:00Z\",\"body\":{\"items\":1.5}}", false},
        {"order", "[]", false},
        {"case_update", "{\"customer\":7,\"kind\":\"case_update\",\"at\":\"2026-03-04\",\"body\":{\"first_response\":\"yes\"}}", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (line_valid(rows[i].kind, rows[i].line) == rows[i].good) continue;
        fail_msg("%s should %sbe valid", rows[i].line, rows[i].good ? "" : "not ");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_page), cmocka_unit_test(test_page_broken), cmocka_unit_test(test_schemas),
                                       cmocka_unit_test(test_schemas_catch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
