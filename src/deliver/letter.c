/* A batch of letters: measured first, so that what cannot be printed is said before anything is drawn; then drawn. Pango lays out (any script, either direction), Cairo writes the PDF. */
#include "letter_impl.h"

#include <calendar.h>
#include <error.h>
#include <mem.h>
#include <unicode.h>

#include <pango/pangocairo.h>
#include <cairo-pdf.h>
#include <qrencode.h>

#include <stdio.h>
#include <string.h>

#define MM (72 / 25.4)
#define DAY_US INT64_C(86400000000)
#define LETTER_FONTS "Noto Serif, Noto Naskh Arabic, serif" /* the usual fallback of Debian for Arabic sets a letter at a time */
#define TEXT_SIZE 11.0
#define GAP 7.0            /* points between paragraphs */
#define CODE (24 * MM)     /* the QR code's side */
#define SIGN (16 * MM)     /* room for a signature */
#define LONGEST_LINK 1000

static const struct form {
    const char *name;
    double width, height, to_x, to_y, to_w, to_h, return_y, day_y, left, right, bottom, fold[2], punch;
} forms[LETTER_FORMS] = {
#define LETTER_FORM(name, w, h, tx, ty, tw, th, ry, dy, l, r, b, f1, f2, p) {#name, w *MM, h *MM, tx *MM, ty *MM, tw *MM, th *MM, ry *MM, dy *MM, l *MM, r *MM, b *MM, {f1 * MM, f2 * MM}, p *MM},
#include "letter_forms.def"
#undef LETTER_FORM
};

#ifdef __SANITIZE_ADDRESS__
/* Fontconfig keeps what it read of the fonts for as long as the process lives; taken for a leak at its end. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void) {
    return "leak:libfontconfig\n";
}
const char *__lsan_default_options(void);
__attribute__((visibility("default"))) const char *__lsan_default_options(void) {
    return "print_suppressions=0";
}
#endif

struct letter_batch {
    letter_style style;
    const struct form *form;
    char font[200];
    text_buffer pdf;
    cairo_surface_t *surface, *signature;
    cairo_t *cr;
    PangoFontMap *fonts;
    PangoContext *pango;
    int pages;
};

static cairo_status_t take(void *closure, const unsigned char *data, unsigned len) {
    text_buffer *out = closure;
    text_add(out, (const char *)data, len);
    return out->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static mr_status read_signature(letter_batch *b, mr_error *err) {
    if (!*b->style.signature) return MR_OK;
    b->signature = cairo_image_surface_create_from_png(b->style.signature);
    cairo_status_t s = cairo_surface_status(b->signature);
    if (s == CAIRO_STATUS_SUCCESS) return MR_OK;
    return error_set(err, MR_EDATA, "letters.signature", -1, "%.200s cannot be read as a PNG: %s; leave letters.signature empty to sign in ink", b->style.signature, cairo_status_to_string(s));
}

mr_status letter_batch_open(const letter_style *style, letter_batch **out, mr_error *err) {
    char day[40], text[11];
    letter_batch *b = mem_new(NULL, 1, sizeof *b);
    *out = b;
    if (!b) return error_memory(err, sizeof *b);
    b->style = *style;
    b->form = &forms[style->form];
    snprintf(b->font, sizeof b->font, "%.180s", *style->font ? style->font : LETTER_FONTS);
    mr_status status = read_signature(b, err);
    if (status != MR_OK) return status;
    b->surface = cairo_pdf_surface_create_for_stream(take, &b->pdf, b->form->width, b->form->height);
    snprintf(day, sizeof day, "%sT00:00:00Z", calendar_text((int32_t)(style->at_us / DAY_US), text));
    cairo_pdf_surface_set_metadata(b->surface, CAIRO_PDF_METADATA_CREATE_DATE, day);
    cairo_pdf_surface_set_metadata(b->surface, CAIRO_PDF_METADATA_CREATOR, "marram");
    b->cr = cairo_create(b->surface);
    b->fonts = pango_cairo_font_map_new();
    b->pango = pango_font_map_create_context(b->fonts);
    pango_cairo_update_context(b->cr, b->pango);
    pango_cairo_context_set_resolution(b->pango, 72); /* a point of a font is a point of the page */
    pango_context_set_round_glyph_positions(b->pango, FALSE); /* paper has no pixels; and gaps of rounding would be read as blanks by who takes the text out again */
    cairo_font_options_t *plain = cairo_font_options_create();
    cairo_font_options_set_hint_style(plain, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(plain, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(b->pango, plain);
    cairo_font_options_destroy(plain);
    return cairo_status(b->cr) == CAIRO_STATUS_SUCCESS ? MR_OK : error_memory(err, 0);
}

void letter_batch_free(letter_batch *b) {
    if (!b) return;
    if (b->pango) g_object_unref(b->pango);
    if (b->fonts) g_object_unref(b->fonts);
    if (b->cr) cairo_destroy(b->cr);
    if (b->surface) cairo_surface_destroy(b->surface);
    if (b->signature) cairo_surface_destroy(b->signature);
    text_free(&b->pdf);
    mem_free(NULL, b);
}

/* --- a letter, laid out --- */

enum { MOST_MISSING = 8 };

typedef struct setting {
    letter_batch *b;
    const letter *l;
    letter_blocks blocks;
    PangoLayout **text; /* [blocks.n] */
    PangoLayout *to, *back, *head, *day, *subject, *signer, *invites, *foot;
    QRcode *code;
    double bottom;      /* of the text, on every page */
    uint32_t missing[MOST_MISSING];
    size_t missing_n;
} setting;

static PangoLayout *layout(setting *s, double size, double width) {
    PangoLayout *p = pango_layout_new(s->b->pango);
    PangoFontDescription *font = pango_font_description_from_string(s->b->font);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(p, font);
    pango_font_description_free(font);
    pango_layout_set_wrap(p, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(p, 1.2F);
    if (width > 0) pango_layout_set_width(p, (int)(width * PANGO_SCALE));
    return p;
}

static double height(PangoLayout *p) {
    int h;
    pango_layout_get_size(p, NULL, &h);
    return (double)h / PANGO_SCALE;
}

static void miss(setting *s, uint32_t c) {
    for (size_t i = 0; i < s->missing_n; i++)
        if (s->missing[i] == c) return;
    if (s->missing_n < MOST_MISSING) s->missing[s->missing_n++] = c;
}

/* Which of its characters no font has. */
static void check_glyphs(setting *s, PangoLayout *p) {
    if (!pango_layout_get_unknown_glyphs_count(p)) return;
    PangoLayout *one = layout(s, TEXT_SIZE, 0);
    for (const char *at = pango_layout_get_text(p); *at; at = g_utf8_next_char(at)) {
        pango_layout_set_text(one, at, (int)(g_utf8_next_char(at) - at));
        if (pango_layout_get_unknown_glyphs_count(one)) miss(s, g_utf8_get_char(at));
    }
    g_object_unref(one);
}

static PangoLayout *plain(setting *s, const char *text, double size, double width) {
    PangoLayout *p = layout(s, size, width);
    pango_layout_set_text(p, text, -1);
    check_glyphs(s, p);
    return p;
}

static mr_status check_text(const letter *l, mr_error *err) {
    const struct {
        const char *name, *text;
    } fields[] = {{"from", l->from}, {"to", l->to}, {"subject", l->subject}, {"words", l->words}, {"signer", l->signer}, {"day", l->day}, {"invites", l->invites}, {"foot", l->foot}, {"link", l->link}, {"number", l->number}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!g_utf8_validate(fields[i].text, -1, NULL)) return error_set(err, MR_EDATA, fields[i].name, -1, "%s is not UTF-8", fields[i].name);
    if (!*l->to) return error_set(err, MR_EDATA, "to", -1, "there is no postal address");
    return MR_OK;
}

/* As large as fits: 11 points, 10, 9. */
static mr_status set_address(setting *s, mr_error *err) {
    const struct form *f = s->b->form;
    for (double size = TEXT_SIZE; size >= 9; size--) {
        if (s->to) g_object_unref(s->to);
        s->to = plain(s, s->l->to, size, f->to_w);
        pango_layout_set_line_spacing(s->to, 1.0F);
        if (height(s->to) <= f->to_h) return MR_OK;
    }
    return error_set(err, MR_EDATA, "to", -1, "the address is too long for the window of a %s letter (%.0f by %.0f mm): shorten it", f->name, f->to_w / MM, f->to_h / MM);
}

/* The sender in one line, above the address, so that the window shows where it came from. */
static void set_sender(setting *s) {
    const struct form *f = s->b->form;
    char line[400];
    size_t n = 0;
    for (const char *c = s->l->from; *c && n + 6 < sizeof line; c++) {
        if (*c == '\n') n += (size_t)snprintf(line + n, sizeof line - n, " · ");
        else line[n++] = *c;
    }
    line[n] = 0;
    unicode_mend(line);
    s->head = plain(s, s->l->from, 9, f->width - f->left - f->right);
    pango_layout_set_alignment(s->head, f->return_y > 0 ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
    if (f->return_y <= 0) return;
    s->back = plain(s, line, 6.5, f->to_w);
    pango_layout_set_height(s->back, 0);
    pango_layout_set_ellipsize(s->back, PANGO_ELLIPSIZE_END);
}

static mr_status set_words(setting *s, mr_error *err) {
    const struct form *f = s->b->form;
    mr_status status = letter_blocks_of(s->l->words, &s->blocks, err);
    if (status != MR_OK) return status;
    s->text = mem_new(NULL, s->blocks.n + 1, sizeof *s->text);
    if (!s->text) return error_memory(err, s->blocks.n * sizeof *s->text);
    for (size_t i = 0; i < s->blocks.n; i++) {
        const letter_block *k = &s->blocks.at[i];
        s->text[i] = layout(s, TEXT_SIZE * k->size, f->width - f->left - f->right - k->indent);
        pango_layout_set_markup(s->text[i], s->blocks.markup.data + k->from, (int)k->len);
        check_glyphs(s, s->text[i]);
    }
    return MR_OK;
}

static mr_status set_code(setting *s, mr_error *err) {
    if (!*s->l->link) return MR_OK;
    s->code = strlen(s->l->link) <= LONGEST_LINK ? QRcode_encodeString(s->l->link, 0, QR_ECLEVEL_M, QR_MODE_8, 1) : NULL;
    return s->code ? MR_OK : error_set(err, MR_EDATA, "link", -1, "a link of %zu bytes is too long for a QR code: shorten letters.link", strlen(s->l->link));
}

static mr_status missing_words(const setting *s, mr_error *err) {
    char list[200] = "";
    size_t n = 0;
    for (size_t i = 0; i < s->missing_n && n + 24 < sizeof list; i++) {
        char c[8];
        *unicode_put(c, s->missing[i]) = 0;
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s (U+%04X)", i ? ", " : "", s->missing[i] < 0x20 ? "" : c, s->missing[i]);
    }
    return error_set(err, MR_EDATA, "font", -1, "no font on this machine has %s%s: install one that does (fonts-noto has most scripts; fc-list :lang=... says who has which), or print that letter elsewhere", list,
                     s->missing_n == MOST_MISSING ? " and more" : "");
}

static mr_status set_all(setting *s, mr_error *err) {
    const struct form *f = s->b->form;
    const letter *l = s->l;
    double width = f->width - f->left - f->right;
    mr_status status = check_text(l, err);
    if (status == MR_OK) status = set_address(s, err);
    if (status == MR_OK) status = set_words(s, err);
    if (status == MR_OK) status = set_code(s, err);
    if (status != MR_OK) return status;
    set_sender(s);
    s->day = plain(s, l->day, TEXT_SIZE, width);
    pango_layout_set_alignment(s->day, PANGO_ALIGN_RIGHT);
    pango_layout_set_auto_dir(s->day, FALSE);
    s->subject = plain(s, l->subject, TEXT_SIZE, width);
    PangoAttrList *bold = pango_attr_list_new();
    pango_attr_list_insert(bold, pango_attr_weight_new(PANGO_WEIGHT_BOLD));
    pango_layout_set_attributes(s->subject, bold);
    pango_attr_list_unref(bold);
    s->signer = plain(s, l->signer, TEXT_SIZE, width - CODE - GAP);
    s->invites = plain(s, l->invites, 8, 2.2 * CODE);
    pango_layout_set_alignment(s->invites, PANGO_ALIGN_RIGHT);
    s->foot = plain(s, l->foot, 8, width);
    s->bottom = f->height - f->bottom;
    return s->missing_n ? missing_words(s, err) : MR_OK;
}

static void unset(setting *s) {
    PangoLayout *all[] = {s->to, s->back, s->head, s->day, s->subject, s->signer, s->invites, s->foot};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i]) g_object_unref(all[i]);
    for (size_t i = 0; s->text && i < s->blocks.n; i++)
        if (s->text[i]) g_object_unref(s->text[i]);
    if (s->code) QRcode_free(s->code);
    mem_free(NULL, s->text);
    letter_blocks_free(&s->blocks);
}

/* --- drawn, or only measured --- */

typedef struct pen {
    setting *s;
    bool draws;
    int page, of;
    double y;
} pen;

static void show(const pen *p, PangoLayout *text, double x, double y) {
    if (!p->draws || !text) return;
    cairo_move_to(p->s->b->cr, x, y);
    pango_cairo_show_layout(p->s->b->cr, text);
}

static void mark(const pen *p, double y, double length) {
    cairo_t *cr = p->s->b->cr;
    if (!p->draws || y <= 0) return;
    cairo_set_line_width(cr, .3);
    cairo_move_to(cr, 4 * MM, y);
    cairo_line_to(cr, 4 * MM + length, y);
    cairo_stroke(cr);
}

/* "2 / 3", where there is more than one. */
static void page_number(const pen *p) {
    const struct form *f = p->s->b->form;
    char text[40];
    if (!p->draws) return;
    snprintf(text, sizeof text, "%d / %d", p->page, p->of);
    PangoLayout *number = layout(p->s, 8, f->width - f->left - f->right);
    pango_layout_set_text(number, text, -1);
    pango_layout_set_alignment(number, PANGO_ALIGN_CENTER);
    if (p->of > 1) show(p, number, f->left, f->height - f->bottom + 10);
    pango_layout_set_alignment(number, PANGO_ALIGN_RIGHT);
    pango_layout_set_text(number, p->s->l->number, -1);
    show(p, number, f->left, f->height - f->bottom + 10);
    g_object_unref(number);
}

static void end_page(pen *p) {
    page_number(p);
    if (p->draws) cairo_show_page(p->s->b->cr);
}

static void next_page(pen *p) {
    end_page(p);
    p->page++;
    p->y = 25 * MM;
}

static void first_page(pen *p) {
    const setting *s = p->s;
    const struct form *f = s->b->form;
    p->page = 1;
    show(p, s->head, f->left, 15 * MM);
    show(p, s->back, f->to_x, f->return_y);
    show(p, s->to, f->to_x, f->to_y);
    mark(p, f->fold[0], 4 * MM);
    mark(p, f->fold[1], 4 * MM);
    mark(p, f->punch, 6 * MM);
    show(p, s->day, f->left, f->day_y);
    p->y = f->day_y + height(s->day) + 2 * GAP;
    show(p, s->subject, f->left, p->y);
    p->y += height(s->subject) + 2 * GAP;
}

/* The lines [from, to) of a paragraph. */
static void show_lines(const pen *p, PangoLayout *text, double x, int from, int to) {
    PangoLayoutIter *at = pango_layout_get_iter(text);
    double top = 0;
    int i = 0;
    do {
        PangoRectangle r;
        int base = pango_layout_iter_get_baseline(at);
        pango_layout_iter_get_line_extents(at, NULL, &r);
        if (i == from) top = (double)r.y / PANGO_SCALE;
        if (i >= from && i < to && p->draws) {
            cairo_move_to(p->s->b->cr, x + (double)r.x / PANGO_SCALE, p->y - top + (double)base / PANGO_SCALE);
            pango_cairo_show_layout_line(p->s->b->cr, pango_layout_iter_get_line_readonly(at));
        }
        i++;
    } while (pango_layout_iter_next_line(at));
    pango_layout_iter_free(at);
}

/* The first line that does not end above `room` any more, counted from the line `from`; *used: their height. */
static int lines_in(PangoLayout *text, int from, double room, double *used) {
    PangoLayoutIter *at = pango_layout_get_iter(text);
    double top = 0;
    int i = 0, fit = from;
    *used = 0;
    do {
        PangoRectangle r;
        int y0, y1;
        pango_layout_iter_get_line_extents(at, NULL, &r);
        pango_layout_iter_get_line_yrange(at, &y0, &y1);
        if (i == from) top = (double)r.y / PANGO_SCALE;
        if (i >= from) {
            double h = (double)y1 / PANGO_SCALE - top;
            if (h > room) break;
            fit = i + 1;
            *used = h;
        }
        i++;
    } while (pango_layout_iter_next_line(at));
    pango_layout_iter_free(at);
    return fit;
}

/* A paragraph over as many pages as it takes; no line of it stands alone on either side, where that can be. least: room that has to be left behind it. */
static void paragraph(pen *p, size_t i, double least) {
    setting *s = p->s;
    const struct form *f = s->b->form;
    const letter_block *k = &s->blocks.at[i];
    PangoLayout *text = s->text[i];
    int n = pango_layout_get_line_count(text), from = 0;
    double used;
    if (p->y + height(text) + least > s->bottom && p->y > 30 * MM && (least > 0 || n < 4)) next_page(p);
    if (*k->mark && p->draws) {
        PangoLayout *m = layout(s, TEXT_SIZE, 0);
        pango_layout_set_text(m, k->mark, -1);
        show(p, m, f->left + k->indent - 13, p->y);
        g_object_unref(m);
    }
    while (from < n) {
        int to = lines_in(text, from, s->bottom - p->y, &used);
        if (to < n && to - from == 1) to = from;
        if (n - to == 1 && to - from > 2) to--;
        if (to == from && p->y <= 25 * MM + 1) to = from + 1; /* taller than a page: as it is */
        lines_in(text, from, 1e9, &used);
        show_lines(p, text, f->left + k->indent, from, to);
        if (to == n) p->y += used;
        else next_page(p);
        from = to;
    }
    p->y += GAP;
}

/* Black squares. */
static void draw_code(const pen *p, double x, double y) {
    const QRcode *q = p->s->code;
    cairo_t *cr = p->s->b->cr;
    double one = CODE / q->width;
    if (!p->draws) return;
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
    for (int r = 0; r < q->width; r++)
        for (int c = 0; c < q->width; c++)
            if (q->data[r * q->width + c] & 1) cairo_rectangle(cr, x + c * one, y + r * one, one, one);
    cairo_fill(cr);
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_DEFAULT);
}

static double closing_height(const setting *s) {
    double sign = SIGN + height(s->signer), code = s->code ? CODE + 4 + height(s->invites) : 0, foot = *s->l->foot ? height(s->foot) + GAP : 0;
    return (sign > code ? sign : code) + foot;
}

static void draw_signature(const pen *p) {
    cairo_surface_t *image = p->s->b->signature;
    cairo_t *cr = p->s->b->cr;
    if (!image || !p->draws) return;
    int w = cairo_image_surface_get_width(image), h = cairo_image_surface_get_height(image);
    if (w <= 0 || h <= 0) return;
    double scale = (SIGN - 4) / h, widest = 60 * MM;
    if (w * scale > widest) scale = widest / w;
    cairo_save(cr);
    cairo_translate(cr, p->s->b->form->left, p->y + 2);
    cairo_scale(cr, scale, scale);
    cairo_set_source_surface(cr, image, 0, 0);
    cairo_paint(cr);
    cairo_restore(cr);
}

static void closing(pen *p) {
    const setting *s = p->s;
    const struct form *f = s->b->form;
    draw_signature(p);
    show(p, s->signer, f->left, p->y + SIGN);
    if (s->code) {
        double x = f->width - f->right - CODE;
        draw_code(p, x, p->y);
        show(p, s->invites, f->width - f->right - 2.2 * CODE, p->y + CODE + 4);
    }
    show(p, s->foot, f->left, s->bottom - height(s->foot));
}

static int put(setting *s, bool draws, int of) {
    pen p = {.s = s, .draws = draws, .of = of};
    first_page(&p);
    for (size_t i = 0; i < s->blocks.n; i++) paragraph(&p, i, i + 1 == s->blocks.n ? closing_height(s) : s->blocks.at[i].heading ? 4 * TEXT_SIZE : 0);
    if (p.y + closing_height(s) > s->bottom) next_page(&p);
    closing(&p);
    end_page(&p);
    return p.page;
}

mr_status letter_batch_add(letter_batch *b, const letter *l, int *pages, mr_error *err) {
    setting s = {.b = b, .l = l};
    mr_status status = set_all(&s, err);
    if (status == MR_OK) {
        int n = put(&s, false, 0);
        if (b->style.duplex && b->pages % 2) cairo_show_page(b->cr), b->pages++;
        put(&s, true, n);
        b->pages += n;
        if (pages) *pages = n;
        if (cairo_status(b->cr) != CAIRO_STATUS_SUCCESS) status = error_set(err, MR_EIO, NULL, -1, "the letter cannot be drawn: %s", cairo_status_to_string(cairo_status(b->cr)));
    }
    unset(&s);
    return status;
}

int letter_batch_pages(const letter_batch *b) {
    return b->pages;
}

mr_status letter_batch_pdf(letter_batch *b, text_buffer *out, mr_error *err) {
    cairo_surface_finish(b->surface);
    cairo_status_t s = cairo_surface_status(b->surface);
    if (s != CAIRO_STATUS_SUCCESS) return error_set(err, MR_EIO, NULL, -1, "the PDF cannot be written: %s", cairo_status_to_string(s));
    text_add(out, b->pdf.data, b->pdf.len);
    return out->failed ? error_memory(err, b->pdf.len) : MR_OK;
}
