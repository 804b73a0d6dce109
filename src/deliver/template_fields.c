/* The fields of templates, and what is said in each language. */
#include "template_impl.h"

#include <calendar.h>

#include <string.h>

const template_field template_fields[TEMPLATE_FIELDS] = {
#define TEMPLATE_FIELD(name, type, meaning, example) {name, TEMPLATE_##type, meaning, example},
#include "template_fields.def"
#undef TEMPLATE_FIELD
};

static const template_language languages[] = {
#define TEMPLATE_LANGUAGE(code, why, why_after, unsubscribe, preferences, leave, hello, hello_all, day, ...) \
    {code, why, why_after, unsubscribe, preferences, leave, hello, hello_all, day, {__VA_ARGS__}},
#include "template_words.def"
#undef TEMPLATE_LANGUAGE
};

int template_field_find(const char *name, size_t len) {
    for (int i = 0; i < TEMPLATE_FIELDS; i++)
        if (strlen(template_fields[i].name) == len && !memcmp(template_fields[i].name, name, len)) return i;
    return -1;
}

bool template_set(template_values *v, const char *field, const char *text) {
    int i = template_field_find(field, strlen(field));
    if (i >= 0) v->of[i] = text;
    return i >= 0;
}

const char *template_get(const template_values *v, const char *field) {
    int i = template_field_find(field, strlen(field));
    return i >= 0 && v->of[i] ? v->of[i] : "";
}

const template_language *template_language_of(const char *language, bool *known) {
    size_t len = strcspn(language, "-_");
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
        if (strlen(languages[i].code) != len || memcmp(languages[i].code, language, len) != 0) continue;
        if (known) *known = true;
        return &languages[i];
    }
    if (known) *known = false;
    return &languages[0];
}

bool template_language_known(const char *language) {
    bool known;
    template_language_of(language, &known);
    return known;
}

void template_greeting(const char *language, const char *contact_name, text_buffer *out) {
    const template_language *words = template_language_of(language, NULL);
    if (!contact_name || !*contact_name) {
        text_puts(out, words->hello_all);
        return;
    }
    text_puts(out, words->hello);
    text_puts(out, contact_name);
    text_putc(out, ',');
}

/* %d of the day and the year and %s of the month, in the language's order. */
void template_day(const char *language, int32_t day, text_buffer *out) {
    const template_language *words = template_language_of(language, NULL);
    calendar_date date = calendar_of(day);
    bool year = false;
    for (const char *c = words->day; *c; c++) {
        if (*c != '%') {
            text_putc(out, *c);
            continue;
        }
        c++;
        if (*c == 's') text_puts(out, words->month[date.month - 1]);
        else text_printf(out, "%d", year ? date.year : date.day);
        year |= *c == 'd';
    }
}
