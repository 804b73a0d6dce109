/* The library of content: files that are right and wrong, and which piece is chosen for whom. */
#include <calendar.h>
#include <content.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char library[] =
    "- {id: clean, title: Cleaning, url: \"https://x.example/c\", language: en, products: [machine], published: 2026-01-01}\n"
    "- {id: grind, title: Grinding, url: \"https://x.example/g\", language: en, products: [grinder, Machine], tags: [care], published: 2026-02-01}\n"
    "- {id: old, title: Old, url: \"https://x.example/o\", language: en, products: [machine], fresh_until: 2026-03-01}\n"
    "- {id: soon, title: Soon, url: \"https://x.example/s\", language: en, products: [machine], published: 2027-01-01}\n"
    "- {id: putzen, title: Putzen, url: \"https://x.example/p\", language: de, products: [machine]}\n"
    "- {id: news, title: News, url: \"https://x.example/n\", language: en, kind: research, tags: [research]}\n";

static void choice(void **state) {
    (void)state;
    static const char *const machine[] = {"machine", "grinder"}, *const grinder[] = {"grinder", "machine"}, *const tea[] = {"tea"}, *const research[] = {"research"}, *const care[] = {"care"};
    static const char *const had[] = {"grind", "clean", "news"};
    static const struct {
        const char *language;
        const char *const *products, *const *topics;
        size_t products_n, topics_n, sent_n;
        const char *id, *because;
    } rows[] = {
        {"en", machine, NULL, 2, 0, 0, "grind", "machine"},     /* two of the same worth: the newer */
        {"en-GB", grinder, NULL, 2, 0, 0, "grind", "grinder"},
        {"en", machine, care, 2, 1, 0, "grind", "machine"},
        {"en", machine, NULL, 2, 0, 1, "clean", "machine"},     /* never one they had; nor stale, nor to come */
        {"en", machine, NULL, 2, 0, 2, "news", ""},             /* what is about nothing in particular */
        {"en", machine, NULL, 2, 0, 3, NULL, ""},
        {"en", tea, NULL, 1, 0, 0, "news", ""},                 /* nothing about what they have not bought */
        {"en", tea, research, 1, 1, 0, "news", "research"},
        {"de-AT", machine, NULL, 2, 0, 0, "putzen", "machine"},
        {"fr", machine, NULL, 2, 0, 0, NULL, ""},
        {"e", machine, NULL, 2, 0, 0, NULL, ""},
    };
    mr_error err = {0};
    content_library l = {0};
    if (content_read("content.yaml", library, strlen(library), &l, &err) != MR_OK) fail_msg("%s", err.message);
    assert_int_equal(l.n, 6);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *because;
        const content_wish w = {.language = rows[i].language, .products = rows[i].products, .products_n = rows[i].products_n, .topics = rows[i].topics, .topics_n = rows[i].topics_n, .sent = had, .sent_n = rows[i].sent_n,
                                .day = calendar_day(2026, 6, 1)};
        const content_item *c = content_match(&l, &w, &because);
        if (strcmp(c ? c->id : "none", rows[i].id ? rows[i].id : "none") || strcmp(because, rows[i].because)) fail_msg("row %zu: %s because of '%s'", i, c ? c->id : "none", because);
    }
    /* Each piece by itself: the best is one that may be sent and is worth the most. */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *because;
        int most = 0, worth;
        const content_wish w = {.language = rows[i].language, .products = rows[i].products, .products_n = rows[i].products_n, .topics = rows[i].topics, .topics_n = rows[i].topics_n, .sent = had, .sent_n = rows[i].sent_n,
                                .day = calendar_day(2026, 6, 1)};
        const content_item *best = content_match(&l, &w, &because);
        for (size_t k = 0; k < l.n; k++) {
            content_standing s = content_judge(&l.item[k], &w, &worth, &because);
            assert_true((s == CONTENT_FITS) == (worth > 0));
            assert_true(*content_standing_words(s));
            if (&l.item[k] == best) assert_int_equal(s, CONTENT_FITS);
            if (worth > most) most = worth;
        }
        if (best) content_judge(best, &w, &worth, &because);
        assert_int_equal(best ? worth : 0, most);
    }
    content_free(&l);
}

static void wrong(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"a: b", "content.yaml:1: content is a list"},
        {"- {title: x, url: \"https://x\", language: en}", "needs id"},
        {"- {id: a, title: x, url: \"x.example\", language: en}", "url must begin with https://"},
        {"- {id: a, title: x, url: \"https://x\", language: en}\n- {id: a, title: y, url: \"https://y\", language: en}", "content.yaml:2: the id 'a' stands there twice"},
        {"- {id: a, titel: x}", "titel"},
        {"- {id: a, title: x, url: \"https://x\", language: en, published: soon}", "no date"},
        {"- {id: a, title: x, url: \"https://x\", language: en, published: 2026-02-01, fresh_until: 2026-01-01}", "stale before"},
        {"- {id: a, title: x, url: \"https://x\", language: en, kind: poem}", "'poem' is not known"},
        {"- [", "no YAML"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mr_error err = {0};
        content_library l = {0};
        assert_int_equal(content_read("content.yaml", rows[i].text, strlen(rows[i].text), &l, &err), MR_EDATA);
        if (!strstr(err.message, rows[i].says)) fail_msg("%s: %s", rows[i].text, err.message);
        content_free(&l);
    }
    mr_error err = {0};
    content_library l = {0};
    assert_int_equal(content_open("no/such.yaml", &l, &err), MR_EIO);
    assert_int_equal(content_open("", &l, &err), MR_OK);
    content_free(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(choice), cmocka_unit_test(wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
