/* How to read the files: what sniffing, options and presets decided. Constant while blocks are parsed. */
#ifndef INGEST_PLAN_H
#define INGEST_PLAN_H

#include "dates.h"
#include "orders.h"

enum { CONTACT_NAME, CONTACT_EMAIL, CONTACT_PHONE, CONTACTS };

/* Where in a preset's export the fields stand that decide whether a line is an order; -1: absent. */
typedef struct ingest_preset_columns {
    int order, status, cancelled, refunded, line_item, first_name, last_name;
} ingest_preset_columns;

struct ingest_preset;

typedef struct ingest_plan {
    char delimiter;
    bool header, quoting;
    size_t columns;
    int customer, date, amount;     /* column indices; amount -1: none */
    int contact[CONTACTS];          /* -1: none */
    ingest_date_format date_format; /* DATE_UNKNOWN: D/M/Y or M/D/Y, decided when all is read */
    char decimal;                   /* '.', ',' or 0: decided when all is read */
    uint64_t order_line; /* the line of the first file that showed the date order; 0: given, or open */
    uint64_t decimal_line;
    char order_value[32], decimal_value[32];
    int32_t today, until;
    bool skip_errors;
    const struct ingest_preset *preset; /* NULL: none */
    ingest_preset_columns at;
    date_table months;
    char heading[INGEST_MAX_COLUMNS][48];
} ingest_plan;

#endif
