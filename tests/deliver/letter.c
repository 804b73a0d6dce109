/* Letters on paper: scripts, long addresses, a second page, what cannot be printed. Read back by poppler's and zbar's programs. */
#include "check.h"

#include <letter.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define assert_ok(call, err) \
    if ((call) != MR_OK) fail_msg("%s", (err)->message)
#define AT INT64_C(1763900000000000) /* 2025-11-23 */

static char folder[] = "/tmp/marram-letter.XXXXXX";

static const letter usual = {.from = "Hollow Lane Coffee\n12 Hollow Lane\nBristol BS1 4QA",
                             .to = "Ruth Okafor\nCafé Nordlicht GmbH\nHafenstraße 5\n20359 Hamburg",
                             .day = "Bristol, 23 November 2025",
                             .subject = "Your grinder, and what we changed",
                             .words = "Dear Ruth Okafor,\n\nyou bought a **grinder** from us, and it *stopped*. [Tell us](https://hollowlane.example/tell) how it runs.\n\nKind regards",
                             .signer = "Mara Adler",
                             .link = "https://hollowlane.example/hello?t=5f2c0a7d9e",
                             .invites = "Your own page",
                             .foot = "If you would rather have no letters from us, tell us.",
                             .number = "3f2a-77be"};

static letter_batch *begin(letter_form form, const char *signature, bool duplex) {
    letter_batch *b;
    mr_error err = {0};
    const letter_style style = {.form = form, .font = "", .signature = signature, .duplex = duplex, .at_us = AT};
    assert_ok(letter_batch_open(&style, &b, &err), &err);
    return b;
}

static void finish(letter_batch *b, const char *name, text_buffer *pdf) {
    mr_error err = {0};
    char path[200];
    assert_ok(letter_batch_pdf(b, pdf, &err), &err);
    snprintf(path, sizeof path, "%s/%s.pdf", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(pdf->data, 1, pdf->len, f), pdf->len);
    fclose(f);
    letter_batch_free(b);
}

/* What a program says of a file, in out. */
static const char *said(const char *format, const char *name) {
    static char out[65536];
    char command[400];
    snprintf(command, sizeof command, format, folder, name);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    size_t n = fread(out, 1, sizeof out - 1, f);
    out[n] = 0;
    pclose(f);
    return out;
}

static void one_letter(const letter *l, letter_form form, const char *name, int want) {
    letter_batch *b = begin(form, "", false);
    mr_error err = {0};
    text_buffer pdf = {0};
    int pages = 0;
    assert_ok(letter_batch_add(b, l, &pages, &err), &err);
    assert_int_equal(pages, want);
    finish(b, name, &pdf);
    text_free(&pdf);
}

#define HAS(text, word) \
    if (!strstr(text, word)) fail_msg("no '%s' in: %s", word, text)

static void a_letter(void **state) {
    (void)state;
    static const char *const words[] = {"Ruth Okafor", "Café Nordlicht GmbH", "Hafenstraße 5", "20359 Hamburg", "Bristol, 23 November 2025", "Your grinder, and what we changed", "you bought a grinder from us, and it stopped",
                                        "https://hollowlane.example/tell", "Mara Adler", "Your own page", "no letters from us", "3f2a-77be"};
    for (int form = 0; form < LETTER_FORMS; form++) {
        one_letter(&usual, (letter_form)form, form ? "us10" : "din5008", 1);
        const char *text = said("pdftotext -layout %s/%s.pdf -", form ? "us10" : "din5008");
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) HAS(text, words[i]);
    }
    said("pdftoppm -r 150 -png %s/%s.pdf /tmp/marram-letter-code", "din5008");
    HAS(said("zbarimg -q --raw /tmp/marram-letter-code-1.png 2>/dev/null; rm -f /tmp/marram-letter-code-1.png # %s%s", ""), "https://hollowlane.example/hello?t=5f2c0a7d9e");
}

/* The address is where the envelope's window is: poppler says where each word begins. */
static void in_the_window(void **state) {
    static const struct {
        letter_form form;
        double left, top, right, bottom; /* millimetres */
    } windows[] = {{LETTER_din5008, 20, 45, 105, 90}, {LETTER_us10, 9.5, 51.8, 127, 80.4}};
    (void)state;
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        one_letter(&usual, windows[i].form, "window", 1);
        const char *text = said("pdftotext -bbox %s/%s.pdf -", "window");
        static const char *const words[] = {">Ruth<", ">Hafenstraße<", ">Hamburg<"};
        for (size_t w = 0; w < 3; w++) {
            double x0, y0, x1, y1;
            const char *at = strstr(text, words[w]);
            assert_non_null(at);
            while (strncmp(at, "<word", 5)) at--;
            assert_int_equal(sscanf(at, "<word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\"", &x0, &y0, &x1, &y1), 4);
            assert_true(x0 > windows[i].left * 72 / 25.4 && x1 < windows[i].right * 72 / 25.4 && y0 > windows[i].top * 72 / 25.4 && y1 < windows[i].bottom * 72 / 25.4);
        }
    }
}

static void scripts(void **state) {
    letter l = usual;
    (void)state;
    l.to = "Αλεξάνδρα Παπαδοπούλου\nΟδός Ερμού 12\n105 63 Αθήνα\nΕλλάδα";
    l.words = "Αγαπητή κυρία Παπαδοπούλου,\n\nσας ευχαριστούμε.";
    one_letter(&l, LETTER_din5008, "greek", 1);
    const char *text = said("pdftotext %s/%s.pdf -", "greek");
    HAS(text, "Αλεξάνδρα Παπαδοπούλου");
    HAS(text, "σας ευχαριστούμε");
    l.to = "ليلى الأحمد\nشارع النيل ١٢\nالقاهرة\nمصر";
    l.words = "عزيزتي ليلى الأحمد،\n\nشكرا لك على ثقتك. نود أن نراك مرة أخرى، فالقهوة التي تحبينها عادت، والمطحنة التي توقفت أصلحناها واختبرناها.\n\nمع أطيب التحيات";
    one_letter(&l, LETTER_din5008, "arabic", 1);
    text = said("pdftotext %s/%s.pdf -", "arabic");
    HAS(text, "ليلى");
    HAS(text, "شكرا");
}

static void long_ones(void **state) {
    letter l = usual;
    text_buffer words = {0};
    (void)state;
    l.to = "Frau Professorin Dr. Dr. h. c. Annegret von Hohenstein-Wallersberg\nVerein zur Förderung der Röstkunst e. V.\nAm Alten Wallgraben 123 bis 127\n20359 Hamburg";
    text_puts(&words, "Dear Annegret,\n\n");
    for (int i = 0; i < 24; i++) text_printf(&words, "Paragraph %d: much has happened since you left us, and this tells of it at a length that no letter should have, but that some have.\n\n", i);
    text_puts(&words, "1. one\n2. two\n\n- a point\n- another\n\n> quoted\n\n## A heading\n\nThe end.\n\nKind regards");
    l.words = text_terminate(&words);
    one_letter(&l, LETTER_din5008, "long", 3);
    const char *text = said("pdftotext -layout %s/%s.pdf -", "long");
    HAS(text, "Hohenstein-Wallersberg");
    HAS(text, "Paragraph 23");
    HAS(text, "2/3");
    HAS(text, "Mara Adler");
    text_free(&words);
    l.words = usual.words;
    l.to = "A very long name of a company that goes on and on\nand on and on and on and on and on and on and on and on and on\nand on\nand on\nand on\nand on\nand on";
    letter_batch *b = begin(LETTER_din5008, "", false);
    mr_error err = {0};
    assert_int_equal(letter_batch_add(b, &l, NULL, &err), MR_EDATA);
    HAS(err.message, "too long for the window");
    letter_batch_free(b);
}

/* Said clearly, nothing drawn, and the next letter is none the worse for it. */
static void refused(void **state) {
    const struct {
        letter l;
        const char *field, *says;
    } rows[] = {{usual, "to", "no postal address"}, {usual, "font", "U+10FFFD"}, {usual, "subject", "not UTF-8"}, {usual, "link", "too long for a QR code"}};
    char link[2000];
    (void)state;
    letter_batch *b = begin(LETTER_din5008, "", false);
    mr_error err = {0};
    text_buffer pdf = {0};
    int pages;
    memset(link, 'x', sizeof link);
    link[sizeof link - 1] = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        letter l = rows[i].l;
        if (i == 0) l.to = "";
        if (i == 1) l.to = "Ann \xF4\x8F\xBF\xBD\nStreet 1";
        if (i == 2) l.subject = "\xFF";
        if (i == 3) l.link = link;
        err = (mr_error){0};
        assert_int_equal(letter_batch_add(b, &l, NULL, &err), MR_EDATA);
        assert_string_equal(err.field, rows[i].field);
        HAS(err.message, rows[i].says);
    }
    assert_ok(letter_batch_add(b, &usual, &pages, &err), &err);
    finish(b, "rest", &pdf);
    text_free(&pdf);
    HAS(said("pdfinfo %s/%s.pdf", "rest"), "Pages:           1");
    const letter_style style = {.form = LETTER_us10, .font = "", .signature = "/nonexistent.png", .at_us = AT};
    assert_int_equal(letter_batch_open(&style, &b, &err), MR_EDATA);
    HAS(err.message, "/nonexistent.png");
    letter_batch_free(b);
}

/* The same letters are the same bytes; both sides printed, each begins on a sheet of its own. */
static void batch(void **state) {
    text_buffer pdf[2] = {{0}, {0}};
    mr_error err = {0};
    (void)state;
    for (int i = 0; i < 2; i++) {
        letter_batch *b = begin(LETTER_us10, "", true);
        for (int k = 0; k < 3; k++) assert_ok(letter_batch_add(b, &usual, NULL, &err), &err);
        finish(b, "batch", &pdf[i]);
    }
    assert_int_equal(pdf[0].len, pdf[1].len);
    assert_memory_equal(pdf[0].data, pdf[1].data, pdf[0].len);
    HAS(said("pdfinfo %s/%s.pdf", "batch"), "Pages:           5");
    HAS(said("pdfinfo %s/%s.pdf", "batch"), "612 x 792 pts (letter)");
    text_free(&pdf[0]);
    text_free(&pdf[1]);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_letter), cmocka_unit_test(in_the_window), cmocka_unit_test(scripts), cmocka_unit_test(long_ones), cmocka_unit_test(refused), cmocka_unit_test(batch)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    if (!mkdtemp(folder)) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return failed || getenv("KEEP") ? failed : system(command);
}
