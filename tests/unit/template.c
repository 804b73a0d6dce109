/* Templates: what comes out of them, in three texts; that no value makes markup, links, HTML or headers; and what is said of those that are wrong. */
#include <template.h>
#include <template_library.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "---\nsubject: %s\npurpose: service\nlanguage: en\ntopic: tips\nprogramme: follow_up\nstep: test\n---\n%s"

static char source[1 << 15];

static const char *whole(const char *subject, const char *body) {
    snprintf(source, sizeof source, HEAD, subject, body);
    return source;
}

/* Renders with these fields; fails the test where it cannot. */
static void render(const char *subject, const char *body, const char *const (*fields)[2], size_t n, template_message *out) {
    mr_error err = {0};
    template *t = NULL;
    template_values v = {{0}};
    const char *text = whole(subject, body);
    if (template_parse("test.en.md", text, strlen(text), &t, &err) != MR_OK) fail_msg("%s", err.message);
    assert_true(template_set(&v, "company.name", "Hollow Lane") && template_set(&v, "company.address", "12 Hollow Lane"));
    for (size_t i = 0; i < n; i++) assert_true(template_set(&v, fields[i][0], fields[i][1]));
    if (template_render(t, &v, out, &err) != MR_OK) fail_msg("%s", err.message);
    template_free(t);
}

static void has(const text_buffer *b, const char *wanted) {
    if (!strstr(b->data, wanted)) fail_msg("no '%s' in: %s", wanted, b->data);
}

static void lacks(const text_buffer *b, const char *unwanted) {
    if (strstr(b->data, unwanted)) fail_msg("'%s' in: %s", unwanted, b->data);
}

static void three_texts(void **state) {
    (void)state;
    static const char *const fields[][2] = {{"greeting", "Hello Ann,"}, {"product", "beans"}, {"content.title", "Descaling"}, {"content.url", "https://hollowlane.example/d?a=1&b=2"}};
    template_message m = {.subject = {0}};
    render("One week with your {{product}}", "{{greeting}}\n\n**is** it good? {{! not shown }}\n\n{{#content}}See [{{content.title}}]({{content.url}}).{{/content}}{{^milestone}} No milestone.{{/milestone}}\n", fields, 4, &m);
    assert_string_equal(m.subject.data, "One week with your beans");
    has(&m.html, "Hello Ann,");
    has(&m.html, "<strong>is</strong>");
    has(&m.html, "href=\"https://hollowlane.example/d?a=1&amp;b=2\"");
    has(&m.html, "12 Hollow Lane");
    has(&m.plain, "Descaling");
    has(&m.plain, "https://hollowlane.example/d?a=1&b=2");
    has(&m.plain, "No milestone.");
    lacks(&m.plain, "not shown");
    lacks(&m.plain, "**");
    template_message_free(&m);
}

static void values_stay_values(void **state) {
    (void)state;
    static const char *const evil[] = {
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[click](javascript:alert(1))", "**bold** _it_ `code`", "![i](http://evil.example/p.png)", "# heading", "> quote", "1. list", "&lt;b&gt; &amp;",
        "\"><a href=\"http://evil.example\">x</a>", "</p></body>", "https://evil.example/auto", "{{company.address}}", "\\*not\\*", "a\nb\n\nc", "<!-- x -->",
    };
    for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
        const char *const fields[][2] = {{"customer.name", evil[i]}};
        template_message m = {.subject = {0}};
        render("For {{customer.name}}", "Dear {{customer.name}}, **{{customer.name}}**\n\n- {{customer.name}}\n", fields, 1, &m);
        lacks(&m.subject, "\n");
        lacks(&m.html, "<script");
        lacks(&m.html, "<img");
        lacks(&m.html, "javascript:alert(1)\"");
        lacks(&m.html, "href=\"http://evil.example");
        lacks(&m.html, "href=\"https://evil.example");
        lacks(&m.html, "<h1");
        lacks(&m.html, "<code");
        lacks(&m.html, "<em>it");
        lacks(&m.html, "<blockquote");
        lacks(&m.html, "<!-- x");
        const char *plain_once = strchr(evil[i], '\n') ? "b" : evil[i]; /* in the text it stands as it is */
        has(&m.plain, plain_once);
        template_message_free(&m);
    }
}

/* A link leads to the web or to a mailbox, and nowhere else. */
static void links(void **state) {
    (void)state;
    static const char *const bad[] = {"javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example", "ftp://x.example"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        mr_error err = {0};
        template *t = NULL;
        template_values v = {{0}};
        template_message m = {.subject = {0}};
        const char *text = whole("s", "[read]({{content.url}})\n");
        assert_int_equal(template_parse("t", text, strlen(text), &t, &err), MR_OK);
        template_set(&v, "company.name", "x");
        template_set(&v, "company.address", "y");
        template_set(&v, "content.url", bad[i]);
        assert_int_equal(template_render(t, &v, &m, &err), MR_EDATA);
        assert_non_null(strstr(err.message, "content.url"));
        template_free(t);
        template_message_free(&m);
    }
}

typedef struct findings {
    char text[4096];
    size_t n;
} findings;

static void found(void *ctx, const char *name, int line, int column, const char *message) {
    findings *f = ctx;
    size_t len = strlen(f->text);
    f->n++;
    snprintf(f->text + len, sizeof f->text - len, "%s:%d:%d: %s\n", name, line, column, message);
}

static void wrong(void **state) {
    (void)state;
    static const struct {
        const char *body, *says;
    } rows[] = {
        {"Dear {{custmer.name}}\n", "t.md:9:6: there is no field 'custmer.name'"}, {"{{#content}}open\n", "content"},   {"{{/content}}\n", "content"},       {"{{greeting\n", "{{"},
        {"<b>raw</b>\n", "HTML"},                                   {"{{{greeting}}}\n", "{{{"},            {"{{#content}}{{#product}}{{/content}}{{/product}}\n", "content"}, {"{{> other}}\n", "other"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        findings f = {.n = 0};
        mr_error err = {0};
        template *t = NULL;
        const char *text = whole("s", rows[i].body);
        assert_true(template_check("t.md", text, strlen(text), found, &f) > 0);
        if (i == 0) { /* where it is, and what was meant */
            if (!strstr(f.text, "custmer.name") || !strstr(f.text, "customer.name") || !strstr(f.text, "t.md:9:")) fail_msg("%s", f.text);
        } else if (!strstr(f.text, rows[i].says)) {
            fail_msg("%s said: %s", rows[i].body, f.text);
        }
        assert_int_equal(template_parse("t.md", text, strlen(text), &t, &err), MR_EDATA);
        assert_null(t);
    }
    findings f = {.n = 0};
    assert_true(template_check("t.md", "no front matter\n", 16, found, &f) > 0);
    assert_true(template_check("t.md", "", 0, found, &f) > 0);
    const char *unknown = "---\nsubject: x\npurpose: fun\nlanguage: en\nprogramme: a\nstep: b\n---\nx\n";
    assert_true(template_check("t.md", unknown, strlen(unknown), found, &f) > 0);
}

/* Marketing says who writes, from where, and how it ends: it cannot be made without. */
static void marketing(void **state) {
    (void)state;
    static const char text[] = "---\nsubject: s\npurpose: marketing\nlanguage: en\nprogramme: a\nstep: b\n---\nHello\n";
    mr_error err = {0};
    template *t = NULL;
    template_values v = {{0}};
    template_message m = {.subject = {0}};
    assert_int_equal(template_parse("t", text, strlen(text), &t, &err), MR_OK);
    static const char *const needs[][2] = {{"company.name", "Hollow Lane"}, {"company.address", "12 Hollow Lane"}, {"unsubscribe", "mailto:no@hollowlane.example?subject=unsubscribe-x"}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(template_render(t, &v, &m, &err), MR_EDATA);
        template_set(&v, needs[i][0], needs[i][1]);
    }
    assert_int_equal(template_render(t, &v, &m, &err), MR_OK);
    has(&m.html, "mailto:no@hollowlane.example?subject=unsubscribe-x");
    has(&m.plain, "no@hollowlane.example");
    template_free(t);
    template_message_free(&m);
}

/* As an SMS: one line with the company's name, marketing with the way out; a value of several lines, or with marks of Markdown, is what it is. */
static void as_sms(void **state) {
    (void)state;
    static const struct {
        const char *purpose, *sms, *product, *stop, *want; /* want NULL: MR_EDATA, of field */
        const char *field;
    } rows[] = {
        {"service", "sms: Is {{product}} fine? {{^milestone}}*Yes* & no{{/milestone}}\n", "a <b>\n *c*", "", "Hollow Lane: Is a <b> *c* fine? *Yes* & no", ""},
        {"service", "sms: {{#product}}{{product}}{{/product}}\n", "beans", "Reply STOP", "Hollow Lane: beans", ""},
        {"marketing", "sms: {{product}}\n", "beans", "Reply STOP", "Hollow Lane: beans Reply STOP", ""},
        {"marketing", "sms: {{product}}\n", "beans", "", NULL, "sms_stop"},
        {"service", "sms: {{product}}\n", "", "", NULL, "product"},
        {"service", "sms: {{#product}}x{{/product}}\n", "", "", NULL, "sms"},
        {"service", "", "beans", "", NULL, "sms"},
    };
    text_buffer out = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mr_error err = {0};
        template *t = NULL;
        template_values v = {{0}};
        snprintf(source, sizeof source, "---\nsubject: s\npurpose: %s\nlanguage: en\nprogramme: a\nstep: b\n%s---\nHello\n", rows[i].purpose, rows[i].sms);
        if (template_parse("t", source, strlen(source), &t, &err) != MR_OK) fail_msg("%s", err.message);
        template_set(&v, "company.name", "Hollow Lane");
        template_set(&v, "product", rows[i].product);
        template_set(&v, "sms_stop", rows[i].stop);
        mr_status status = template_render_sms(t, &v, &out, &err);
        assert_int_equal(status, rows[i].want ? MR_OK : MR_EDATA);
        if (rows[i].want) assert_string_equal(out.data, rows[i].want);
        else assert_string_equal(err.field, rows[i].field);
        template_free(t);
    }
    text_free(&out);
    findings f = {.n = 0};
    static const char bad[] = "---\nsubject: s\npurpose: service\nlanguage: en\nprogramme: a\nstep: b\nsms: Hi {{nobody}}\n---\nHello\n";
    assert_int_equal(template_check("t.md", bad, strlen(bad), found, &f), 1);
    if (!strstr(f.text, "t.md:7:9: there is no field 'nobody'")) fail_msg("%s", f.text);
}

/* Every one that comes with Marram is sound, and there in both languages. */
static void built_in(void **state) {
    (void)state;
    mr_error err = {0};
    template_library l = {.n = 0};
    assert_int_equal(template_library_open(NULL, &l, &err), MR_OK);
    assert_true(l.n >= 24);
    for (size_t i = 0; i < l.n; i++) {
        assert_string_equal(template_library_find(&l, l.at[i].name, "de-AT", "en")->language, "de");
        assert_string_equal(template_library_find(&l, l.at[i].name, "fr", "en")->language, "en");
    }
    assert_null(template_library_find(&l, "follow_up/nothing", "en", "en"));
    template_library_free(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(three_texts), cmocka_unit_test(values_stay_values), cmocka_unit_test(links), cmocka_unit_test(wrong), cmocka_unit_test(marketing), cmocka_unit_test(as_sms), cmocka_unit_test(built_in)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
