#include "template_customer.h"

#include <calendar.h>
#include <error.h>

#include <string.h>

typedef struct filling {
    arena *texts;
    template_values *v;
    bool failed;
} filling;

static void put(filling *f, const char *field, const char *text) {
    if (!text || !*text) return;
    const char *copy = arena_copy(f->texts, text, strlen(text));
    if (copy) template_set(f->v, field, copy);
    else f->failed = true;
}

static const char *text_of(const json_t *o, const char *name) {
    const char *t = json_string_value(json_object_get(o, name));
    return t ? t : "";
}

static void put_day(filling *f, const char *field, const char *language, const char *date) {
    text_buffer words = {0};
    int32_t day;
    if (strlen(date) < 10 || !calendar_parse(date, 10, &day)) return;
    template_day(language, day, &words);
    put(f, field, text_terminate(&words));
    f->failed |= words.failed;
    text_free(&words);
}

static void put_promise(filling *f, const json_t *promises, const char *language) {
    const json_t *p, *oldest = NULL;
    size_t i;
    json_array_foreach(promises, i, p)
        if (!strcmp(text_of(p, "state"), "open") && (!oldest || strcmp(text_of(p, "due"), text_of(oldest, "due")) < 0)) oldest = p;
    if (!oldest) return;
    put(f, "promise.what", text_of(oldest, "what"));
    put_day(f, "promise.due", language, text_of(oldest, "due"));
}

static void put_case(filling *f, const json_t *cases) {
    const json_t *c, *newest = NULL;
    size_t i;
    json_array_foreach(cases, i, c)
        if (!newest || strcmp(text_of(c, "opened_at"), text_of(newest, "opened_at")) > 0) newest = c;
    if (!newest) return;
    put(f, "case.number", text_of(newest, "external_id"));
    put(f, "case.subject", text_of(newest, "subject"));
}

static void put_greeting(filling *f, const char *language, const char *name) {
    text_buffer words = {0};
    template_greeting(language, name, &words);
    put(f, "greeting", text_terminate(&words));
    f->failed |= words.failed;
    text_free(&words);
}

mr_status template_of_customer(const json_t *person, const char *language, int32_t today, arena *texts, template_values *out, mr_error *err) {
    filling f = {texts, out, false};
    const json_t *customer = json_object_get(person, "customer"), *row, *whom = NULL;
    char day[11];
    size_t i;
    *out = (template_values){0};
    put(&f, "customer.name", text_of(customer, "name"));
    put(&f, "customer.id", text_of(json_array_get(json_object_get(person, "identifiers"), 0), "identifier"));
    put(&f, "owner.name", text_of(customer, "owner_sales"));
    json_array_foreach(json_object_get(person, "contacts"), i, row)
        if (!whom && !*text_of(row, "left_day") && *text_of(row, "name")) whom = row;
    /* A person is greeted by their own name; of a company nobody is known without a contact. */
    const char *name = whom ? text_of(whom, "name") : !strcmp(text_of(customer, "kind"), "person") ? text_of(customer, "name") : "";
    put(&f, "contact.name", name);
    put_greeting(&f, language, name);
    put_case(&f, json_object_get(person, "cases"));
    put_promise(&f, json_object_get(person, "promises"), language);
    json_array_foreach(json_object_get(person, "events"), i, row) { /* newest first */
        const char *product = text_of(json_object_get(row, "body"), "product");
        if (strcmp(text_of(row, "kind"), "order") != 0 || !*product) continue;
        put(&f, "product", product);
        break;
    }
    put_day(&f, "today", language, calendar_text(today, day));
    return f.failed ? error_memory(err, 4096) : MR_OK;
}
