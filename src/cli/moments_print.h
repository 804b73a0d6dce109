/* What `marram moments` says. */
#ifndef CLI_MOMENTS_PRINT_H
#define CLI_MOMENTS_PRINT_H

#include <moments_of.h>

#include <stdio.h>

/* Name of a moment: "days_to_renewal 90 to 51". */
char *moments_name(char out[96], const moments_of *o, uint32_t moment);
void moments_print(const moments_of *o, const moments_settings *s);
void moments_print_curve(const moments_of *o, size_t clock);
/* Exit code. */
int moments_print_json(const moments_of *o, const moments_settings *s);
/* The file of customers: a head, then a row for each moment a customer comes to. */
void moments_csv_head(FILE *f);
void moments_csv_rows(FILE *f, const moments_of *o, const trace *t, const trace_facts *facts, const moments_next *next, size_t n);

#endif
