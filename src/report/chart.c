/* Charts as SVG. */
#include "chart.h"

#include <calendar.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDE 720
#define NARROW 340

void chart_both(page *p, void (*draw)(page *p, bool narrow, const void *ctx), const void *ctx) {
    page_raw(p, "<div class=\"on-wide\">");
    draw(p, false, ctx);
    page_raw(p, "</div><div class=\"on-narrow\">");
    draw(p, true, ctx);
    page_raw(p, "</div>\n");
}

void chart_begin(chart *c, const char *title, const char *about) {
    if (c->width <= 0) c->width = c->narrow ? NARROW : WIDE;
    unsigned id = ++c->p->ids;
    page_printf(
        c->p,
        "<svg viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" role=\"img\" aria-labelledby=\"c%u-t c%u-d\">"
        "<title id=\"c%u-t\">%s</title><desc id=\"c%u-d\">%s</desc>\n",
        c->width, c->height, c->width, c->height, id, id, id, title, id, about);
}

void chart_end(chart *c) {
    page_raw(c->p, "</svg>\n");
}

double chart_x(const chart *c, double value) {
    double span = c->x1 - c->x0;
    return c->left + (c->width - c->left - c->right) * (span != 0 ? (value - c->x0) / span : 0.5);
}

double chart_y(const chart *c, double value) {
    double span = c->y1 - c->y0;
    return c->height - c->bottom -
           (c->height - c->top - c->bottom) * (span != 0 ? (value - c->y0) / span : 0.5);
}

double chart_step(double span, int most) {
    if (!(span > 0) || !isfinite(span)) return 1;
    double rough = span / most, power = pow(10, floor(log10(rough)));
    double lead = rough / power;
    return power * (lead <= 1.0000001 ? 1 : lead <= 2.0000001 ? 2 : lead <= 5.0000001 ? 5 : 10);
}

double chart_round_y(chart *c, int most) {
    if (!isfinite(c->y0)) c->y0 = 0;
    if (!isfinite(c->y1) || c->y1 <= c->y0) c->y1 = c->y0 + 1;
    double step = chart_step(c->y1 - c->y0, most);
    c->y0 = step * floor(c->y0 / step + 1e-9);
    c->y1 = step * ceil(c->y1 / step - 1e-9);
    return step;
}

static const char *tick_text(const chart *c, char out[FIGURE], double value, double step, chart_unit unit) {
    int decimals = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
    if (decimals > 6) decimals = 6;
    if (fabs(value) < step * 1e-6) value = 0;
    switch (unit) {
    case UNIT_PERCENT:
        return figure_percent(out, value, decimals > 2 ? decimals - 2 : 0);
    case UNIT_MONEY:
        return figure_money(out, value, c->p->currency);
    case UNIT_TIMES:
        figure_number(out, value, decimals);
        strcat(out, "\xc3\x97");
        return out;
    case UNIT_COUNT:
    case UNIT_PLAIN:
        break;
    }
    return figure_number(out, value, decimals);
}

void chart_y_axis(chart *c, double step, chart_unit unit) {
    char text[FIGURE];
    int ticks = (int)floor((c->y1 - c->y0) / step + 1e-9);
    for (int i = 0; i <= ticks && i < 100; i++) {
        double value = c->y0 + i * step, y = chart_y(c, value);
        bool base = fabs(value) < step * 1e-6;
        page_printf(c->p, "<path class=\"%s\" d=\"M%.1f %.1fH%.1f\"/>", base ? "base" : "grid", c->left, y,
                    c->width - c->right);
        page_printf(c->p, "<text class=\"tick\" text-anchor=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                    c->left - 8, y + 4, tick_text(c, text, value, step, unit));
    }
}

void chart_x_axis(chart *c, double step, chart_unit unit) {
    char text[FIGURE];
    double first = step * ceil(c->x0 / step - 1e-9);
    int ticks = (int)floor((c->x1 - first) / step + 1e-9);
    double y = c->height - c->bottom;
    for (int i = 0; i <= ticks && i < 100; i++) {
        double value = first + i * step, x = chart_x(c, value);
        page_printf(c->p, "<path class=\"base\" d=\"M%.1f %.1fv5\"/>", x, y);
        page_printf(c->p, "<text class=\"tick\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", x,
                    y + 19, tick_text(c, text, value, step, unit));
    }
}

static int32_t month_at(const int32_t *start, size_t stride, size_t i) {
    int32_t day;
    memcpy(&day, (const char *)start + i * stride, sizeof day);
    return day;
}

/* Ticks on whole quarters, half years or years where every month would be too many; the year is written where
 * it changes. */
void chart_month_axis(chart *c, const int32_t *start, size_t stride, size_t n) {
    static const int steps[] = {1, 2, 3, 6, 12, 24, 60};
    double room = c->width - c->left - c->right, y = c->height - c->bottom;
    if (n == 0) return;
    int span = calendar_month_index(month_at(start, stride, n - 1)) -
               calendar_month_index(month_at(start, stride, 0)) + 1;
    size_t s = 0;
    while (s + 1 < sizeof steps / sizeof *steps && span * 34.0 / steps[s] > room) s++;
    int last_year = -1, last_month = -1;
    for (size_t i = 0; i < n; i++) {
        int32_t day = month_at(start, stride, i);
        calendar_date date = calendar_of(day);
        int index = calendar_month_index(day);
        if (index % steps[s] != 0 || index == last_month) continue;
        last_month = index;
        char text[FIGURE];
        double x = chart_x(c, (double)i);
        page_printf(c->p, "<path class=\"base\" d=\"M%.1f %.1fv5\"/>", x, y);
        figure_month(text, day);
        text[3] = 0; /* "Jan" */
        page_printf(c->p, "<text class=\"tick\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">%s</text>", x,
                    y + 19, text);
        if (date.year != last_year)
            page_printf(c->p,
                        "<text class=\"tick year\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">%d</text>\n",
                        x, y + 34, date.year);
        last_year = date.year;
    }
}

void chart_x_label(chart *c, const char *words) {
    page_printf(c->p, "<text class=\"axis\" text-anchor=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                c->width - c->right, c->height - 4, words);
}

void chart_y_label(chart *c, const char *words) {
    page_printf(c->p, "<text class=\"axis\" x=\"0\" y=\"12\">%s</text>\n", words);
}

void chart_line(chart *c, const char *class, const double *x, const double *y, size_t n) {
    page_printf(c->p, "<path class=\"%s\" d=\"", class);
    bool pen = false;
    for (size_t i = 0; i < n; i++) {
        bool known = isfinite(x[i]) && isfinite(y[i]);
        if (known) page_printf(c->p, "%c%.1f %.1f", pen ? 'L' : 'M', chart_x(c, x[i]), chart_y(c, y[i]));
        pen = known;
    }
    page_raw(c->p, "\"/>\n");
}

void chart_area(chart *c, const char *class, const double *x, const double *low, const double *high,
                size_t n) {
    page_printf(c->p, "<path class=\"%s\" d=\"", class);
    bool pen = false;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(high[i]) || !isfinite(low[i])) continue;
        page_printf(c->p, "%c%.1f %.1f", pen ? 'L' : 'M', chart_x(c, x[i]), chart_y(c, high[i]));
        pen = true;
    }
    for (size_t i = n; i-- > 0;)
        if (isfinite(high[i]) && isfinite(low[i]))
            page_printf(c->p, "L%.1f %.1f", chart_x(c, x[i]), chart_y(c, low[i]));
    page_raw(c->p, pen ? "Z\"/>\n" : "\"/>\n");
}

void chart_segment(chart *c, const char *class, double x0, double y0, double x1, double y1) {
    if (!isfinite(x0) || !isfinite(y0) || !isfinite(x1) || !isfinite(y1)) return;
    page_printf(c->p, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", class, chart_x(c, x0),
                chart_y(c, y0), chart_x(c, x1), chart_y(c, y1));
}

void chart_dot(chart *c, const char *class, double x, double y, double radius) {
    if (!isfinite(x) || !isfinite(y)) return;
    page_printf(c->p, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", class, chart_x(c, x),
                chart_y(c, y), radius);
}

void chart_words(chart *c, const char *class, const char *anchor, double x, double y, double dx, double dy,
                 const char *words) {
    if (!isfinite(x) || !isfinite(y)) return;
    page_printf(c->p, "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", class,
                anchor, chart_x(c, x) + dx, chart_y(c, y) + dy, words);
}
