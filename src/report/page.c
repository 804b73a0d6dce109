/* Writing report.html. */
#include "page.h"

#include "definitions.h"
#include "extras.h"
#include "parts.h"
#include "utf8.h"

#include <error.h>
#include <unicode.h>

#include <stdio.h>
#include <string.h>

void page_begin(page *p, const report *r, text_buffer *out) {
    *p = (page){.out = out, .r = r};
    /* Figures are not escaped, so a currency that looks like markup is no currency. */
    char clean[32];
    size_t len = strnlen(r->input->understood.currency, sizeof r->input->understood.currency);
    len = utf8_clean(clean, r->input->understood.currency, len);
    if (len < sizeof p->currency && !strpbrk(clean, "<>&\"'") && !strstr(clean, "\xef\xbf\xbd"))
        strcpy(p->currency, clean);
}

void page_raw(page *p, const char *html) {
    text_puts(p->out, html);
}

void page_printf(page *p, const char *format, ...) {
    char small[2048];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (len >= 0 && (size_t)len < sizeof small) {
        text_add(p->out, small, (size_t)len);
    } else if (len >= 0 && text_reserve(p->out, (size_t)len + 1)) {
        vsnprintf(p->out->data + p->out->len, (size_t)len + 1, format, again);
        p->out->len += (size_t)len;
    }
    va_end(again);
}

/* At most this many letters of a text from the data: an identifier of a megabyte is whole in customers.csv. */
#define TEXT_MOST 200

static void escaped(page *p, const char *text, size_t len, size_t most) {
    for (size_t at = 0; at < len;) {
        if (most-- == 0) {
            text_puts(p->out, "…");
            return;
        }
        uint32_t code = utf8_next(text, len, &at);
        switch (code) {
        case '<':
            text_puts(p->out, "&lt;");
            break;
        case '>':
            text_puts(p->out, "&gt;");
            break;
        case '&':
            text_puts(p->out, "&amp;");
            break;
        case '"':
            text_puts(p->out, "&quot;");
            break;
        case '\'':
            text_puts(p->out, "&#39;");
            break;
        default: {
            char bytes[4];
            text_add(p->out, bytes, (size_t)(unicode_put(bytes, code) - bytes));
        }
        }
    }
}

void page_text(page *p, const char *text, size_t len) {
    escaped(p, text, len, TEXT_MOST);
}

void page_string(page *p, const char *text) {
    if (text) escaped(p, text, strlen(text), SIZE_MAX);
}

void page_section(page *p, const char *id, const char *heading, const char *about) {
    page_printf(p, "<section id=\"%s\" aria-labelledby=\"%s-h\"><h2 id=\"%s-h\">%s</h2>\n", id, id, id,
                heading);
    if (about) page_printf(p, "<p class=\"about\">%s</p>\n", about);
}

void page_term(page *p, const char *key, const char *words) {
    page_printf(p, "<a class=\"term\" href=\"#d-%s\">%s</a>", key, words);
}

void page_define(page *p, const char *keys) {
    page_raw(p, "<details class=\"define\"><summary>What this means</summary><dl>\n");
    while (*keys) {
        size_t len = strcspn(keys, " ");
        char key[32];
        snprintf(key, sizeof key, "%.*s", (int)len, keys);
        keys += len;
        keys += strspn(keys, " ");
        const definition *d = definition_of(p->r->contracts != NULL, key);
        if (!d) continue;
        page_printf(p, "<dt>%s</dt><dd>", d->term);
        page_string(p, d->text);
        page_raw(p, "</dd>\n");
    }
    page_raw(p, "</dl></details>\n");
}

bool page_has(const page *p, const char *section) {
    const report_extras *x = p->r->extras;
    const struct {
        const char *id;
        bool there;
    } parts[] = {{"moments", x && x->moments}, {"reasons", x && x->reasons}, {"fixes", x && x->fixes}, {"reviews", x && x->reviews}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strcmp(parts[i].id, section)) return parts[i].there;
    return true;
}

typedef struct link_row {
    const char *id, *words;
} link_row;

static void contents(page *p) {
    static const link_row links[] = {
        {"call", "Whom to call"},       {"changes", "What changed"},
        {"stages", "Stages"},           {"erosion", "Erosion"},
        {"cycle", "Silence"},           {"cohorts", "Cohorts"},
        {"concentration", "Value"},     {"holdout", "How far to trust it"},
        {"definitions", "Definitions"},
    };
    page_raw(p, "<nav aria-label=\"Contents\"><ul>");
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        if ((strcmp(links[i].id, "changes") == 0 && !p->r->has_previous) || !page_has(p, links[i].id)) continue;
        page_printf(p, "<li><a href=\"#%s\">%s</a></li>", links[i].id, links[i].words);
    }
    page_raw(p, "</ul></nav>\n");
}

static void orders_page(page *p) {
    const report *r = p->r;
    section_head(p);
    contents(p);
    page_raw(p, "<main id=\"main\">\n");
    section_call(p);
    if (r->has_previous) section_changes(p);
    section_stages(p);
    section_erosion(p);
    section_cycle(p);
    section_cohorts(p);
    section_concentration(p);
    section_moments(p);
    section_reasons(p);
    section_fixes(p);
    section_reviews(p);
    page_raw(p, "<div class=\"part\"><p>How far to trust it</p></div>\n");
    section_holdout(p);
    section_weeks(p);
    section_alive(p);
    section_parameters(p);
    section_input(p);
}

mr_status report_html(const report *r, text_buffer *out, mr_error *err) {
    page page_, *p = &page_;
    page_begin(p, r, out);
    page_printf(
        p,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'; "
        "script-src 'unsafe-inline'\">\n"
        "<meta name=\"referrer\" content=\"no-referrer\">\n<title>Marram: customers on %s</title>\n<style>\n",
        DATE(r->until));
    for (size_t i = 0; page_style[i]; i++) {
        page_raw(p, page_style[i]);
        page_raw(p, "\n");
    }
    page_raw(p, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the report</a>\n");
    if (r->contracts) {
        contracts_page(p);
    } else {
        orders_page(p);
    }
    section_definitions(p);
    page_raw(p, "</main>\n");
    section_foot(p);
    page_printf(p, "<script>%s</script>\n</body>\n</html>\n", page_script);
    return out->failed ? error_memory(err, out->capacity) : MR_OK;
}
