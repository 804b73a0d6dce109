/* Small tables of numbers and text with a header, whole in memory: grouped data, cohorts, an earlier run's customers.csv. */
#ifndef INGEST_TABLE_H
#define INGEST_TABLE_H

#include <marram/base.h>

typedef struct ingest_table {
    char *path;
    size_t rows, columns;
    char **heading;    /* [columns] */
    char **cell;       /* [rows * columns], row-major, "" where empty; into `text` */
    uint64_t *line;    /* [rows]: the line of the file a row starts on */
    char *text;
} ingest_table;

/* The same CSV dialects as orders (delimiter found out, quotes, BOM, gzip, "-"). The first line is the header. Ragged rows are
 * errors with file and line. */
mr_status ingest_table_read(const char *path, ingest_table *out, mr_error *err);
void ingest_table_free(ingest_table *table);

/* Index of a column by name, case ignored, or -1. */
int ingest_table_column(const ingest_table *table, const char *name);
/* A column as numbers into out[rows]; an empty or non-numeric cell is MR_EDATA with file, line, column and value. */
mr_status ingest_table_numbers(const ingest_table *table, const char *name, double *out, mr_error *err);

#endif
