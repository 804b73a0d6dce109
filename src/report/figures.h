/* Figures as a reader wants them: thousands separated, few decimals, units beside them. Each writes into
 * out[FIGURE], terminates and returns it. What is not known (NaN) is a dash. A blank inside a figure is one
 * that must not break. */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <stdint.h>

#define FIGURE 64
#define FIGURE_NONE "–"

char *figure_count(char out[FIGURE], double value);                 /* 12,345 */
char *figure_number(char out[FIGURE], double value, int decimals);  /* 12,345.67 */
char *figure_percent(char out[FIGURE], double share, int decimals); /* .123 -> 12.3 % */
/* "$12,345", "EUR 12,345"; two decimals under 100, none above; millions from 10 million on. */
char *figure_money(char out[FIGURE], double value, const char *currency);
/* The same with these decimals, so that a column's figures stand under each other. */
char *figure_money_as(char out[FIGURE], double value, const char *currency, int decimals);
/* A horizon as it was given: 90 days, 39 weeks, 6 months, 1 year. */
char *figure_horizon(char out[FIGURE], double days);
char *figure_long_date(char out[FIGURE], int32_t day);  /* 4 March 2025 */
char *figure_days(char out[FIGURE], double days);       /* 45 days, 14 months, 2.1 years */
char *figure_date(char out[FIGURE], int32_t day);       /* 4 Mar 2025 */
char *figure_month(char out[FIGURE], int32_t day);      /* Mar 2025 */
char *figure_quarter(char out[FIGURE], int32_t day);    /* Q1 2025 */
char *figure_times(char out[FIGURE], double ratio);     /* 2.3 x, with the sign for times */
char *figure_seconds(char out[FIGURE], double seconds); /* 0.12 s */
char *figure_parameter(char out[FIGURE], double value); /* four significant digits */

#endif
