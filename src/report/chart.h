/* Charts as SVG: a frame with real axes, lines, dots, bars and words.
 *
 * A chart is drawn twice, once for wide screens and paper and once for phones, because text in a scaled
 * picture scales too; the style sheet shows the one that fits. Colours are classes, so that light, dark and
 * paper each have their own. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include "page.h"

#include <stdbool.h>

typedef struct chart {
    page *p;
    bool narrow;
    double width, height, left, right, top, bottom; /* picture and margins */
    double x0, x1, y0, y1;                          /* data at the frame's edges */
} chart;

typedef enum chart_unit { UNIT_COUNT, UNIT_PERCENT, UNIT_MONEY, UNIT_TIMES, UNIT_PLAIN } chart_unit;

/* Calls draw(p, narrow, ctx) for both widths. */
void chart_both(page *p, void (*draw)(page *p, bool narrow, const void *ctx), const void *ctx);

/* c->p, narrow, height, margins and data range are set by the caller; title and about are plain text of ours.
 */
void chart_begin(chart *c, const char *title, const char *about);
void chart_end(chart *c);

double chart_x(const chart *c, double value);
double chart_y(const chart *c, double value);

/* A step of 1, 2 or 5 times a power of ten that gives at most `most` steps over `span`. */
double chart_step(double span, int most);
/* y0 and y1 moved out to whole steps, about `most` of them. */
double chart_round_y(chart *c, int most);
void chart_y_axis(chart *c, double step, chart_unit unit);
void chart_x_axis(chart *c, double step, chart_unit unit);
/* Months along x: position i is month start[i]. `stride` bytes from one start to the next. */
void chart_month_axis(chart *c, const int32_t *start, size_t stride, size_t n);
/* Words under the x axis and above the y axis. */
void chart_x_label(chart *c, const char *words);
void chart_y_label(chart *c, const char *words);

/* x and y in data units. NaN breaks a line. */
void chart_line(chart *c, const char *class, const double *x, const double *y, size_t n);
void chart_area(chart *c, const char *class, const double *x, const double *low, const double *high,
                size_t n);
void chart_segment(chart *c, const char *class, double x0, double y0, double x1, double y1);
void chart_dot(chart *c, const char *class, double x, double y, double radius);
/* anchor: "start", "middle" or "end"; dx and dy in pixels. */
void chart_words(chart *c, const char *class, const char *anchor, double x, double y, double dx, double dy,
                 const char *words);

#endif
