/* From files of orders to histories: what `marram run` reads.
 *
 *     files -> blocks of whole records -> fields -> (customer, day, money) -> per-customer purchase occasions
 *
 * Everything is found out from the data (sniff.c) unless an option says otherwise. The result does not depend on the number
 * of threads. */
#ifndef INGEST_ORDERS_H
#define INGEST_ORDERS_H

#include <marram/base.h>
#include <marram/history.h>

#include <stdio.h>

typedef enum ingest_role {
    ROLE_IGNORE,
    ROLE_CUSTOMER,
    ROLE_DATE,
    ROLE_AMOUNT,
    ROLE_QUANTITY,
    ROLE_PRODUCT,
    ROLE_NAME,
    ROLE_EMAIL,
    ROLE_PHONE,
    INGEST_ROLES
} ingest_role;

#define INGEST_MAX_COLUMNS 256

typedef enum ingest_date_format {
    DATE_UNKNOWN,
    DATE_YMD,     /* ISO 8601, with or without time and zone; also YYYY/MM/DD and YYYY.MM.DD. The day is the one written */
    DATE_COMPACT, /* YYYYMMDD */
    DATE_DMY,     /* D/M/YYYY with / - or . between */
    DATE_MDY
} ingest_date_format;

typedef struct ingest_options {
    const char *columns;    /* "customer,date,amount,-,name" in file order; NULL: found out */
    const char *preset;     /* "shopify", "woocommerce" or NULL */
    const char *date_format;/* "ymd", "yyyymmdd", "dmy", "mdy" or NULL */
    const char *decimal;    /* "point", "comma" or NULL */
    int32_t today;          /* orders dated after this day are errors; INT32_MAX: no such check */
    int32_t until;          /* orders after this day are counted and left out; INT32_MAX: none */
    bool skip_errors;       /* --on-error skip */
    const char *rejects_path; /* with skip_errors: where rejected lines go (CSV: file,line,field,value,reason,text); NULL: only counted */
} ingest_options;

/* What was understood, for the user to check. */
typedef struct ingest_understood {
    char delimiter;             /* ',' ';' '\t' '|' or ' ' for runs of blanks */
    bool header, bom, gzip;
    size_t columns;
    ingest_role role[INGEST_MAX_COLUMNS];
    char heading[INGEST_MAX_COLUMNS][48]; /* from the header, or "column 3" */
    ingest_date_format date_format;
    const char *date_why;       /* "the column holds days above 12 in first place" */
    bool decimal_comma;
    char currency[8];           /* sign or code seen on amounts: "$", "EUR"; "" none */
    bool has_amount, has_name, has_email, has_phone;
    uint64_t files, bytes, lines;  /* data lines: records read, the header not counted */
    uint64_t orders;            /* lines that count as orders (non-negative or no amount) */
    uint64_t returns;           /* lines with a negative amount */
    uint64_t merged;            /* order lines merged into another of the same customer and day */
    uint64_t after_until;       /* lines after `until`, left out */
    uint64_t rejected;          /* skipped with --on-error skip */
    uint64_t continued;         /* preset line-item rows that belong to an order already counted */
    uint64_t cancelled;         /* preset orders called off or never paid: left out */
    uint64_t return_only_customers; /* customers with returns and no order: left out of the histories */
    int32_t first_day, last_day;
    double seconds_read, seconds_group;
} ingest_understood;

/* Histories with what goes with them. Owned; freed by ingest_orders_free. Customers are in order of first appearance in the
 * input. */
typedef struct ingest_orders {
    mr_orders orders;      /* borrowed views of the arrays below; money NULL where there is no amount column */
    uint64_t *offset;      /* [n + 1] */
    int32_t *day;          /* occasions, strictly increasing within a customer */
    int64_t *money;        /* order lines of that day added up (returns are not in it), 1/10,000 units, saturating checks */
    int64_t *returned;     /* [n] sum of returns as a positive amount, or NULL where there is none at all */
    uint8_t *unlisted;     /* [n] 1: objected, and is not to be listed by name; or NULL: nobody */
    char *id_bytes;        /* customer i's identifier: id_bytes[id_offset[i]] .. id_offset[i + 1] */
    uint64_t *id_offset;   /* [n + 1] */
    char *contact_bytes;   /* name, e-mail, phone, of the last line that gave a non-empty one */
    uint64_t *contact_offset[3]; /* name, email, phone: [n + 1] each, or NULL where the column is absent */
    ingest_understood understood;
    const mr_alloc *alloc; /* what the arrays came from; must outlive them */
} ingest_orders;

/* paths[n]: files, "-" for standard input; .gz is recognised by its first bytes. context->progress gets bytes read of bytes
 * known in total (0: unknown). Errors: MR_EDATA with file, line, field, value, reason and the way out; MR_EIO; MR_ECANCELLED. */
mr_status ingest_orders_read(const char *const *paths, size_t n, const ingest_options *options,
                             const mr_context *context, ingest_orders *out, mr_error *err);
void ingest_orders_free(ingest_orders *orders);

/* A fixed 64-bit hash of each customer's identifier, [orders.n], the caller's to free; NULL where memory is short. */
uint64_t *ingest_hash_ids(const ingest_orders *input, mr_pool *pool);

const char *ingest_role_name(ingest_role role);
const char *ingest_date_format_name(ingest_date_format format); /* "D/M/YYYY" */

#endif
