/* Inside a mapping: what its text says (the spec), and what binding it to rows makes of that (the plan).
 *
 * mapping_parse.c or mapping_guess.c make the spec, mapping_write.c writes it, mapping_bind.c finds columns
 * and files, mapping_settle.c finds out forms of dates and decimals, mapping_apply.c and mapping_value.c make
 * records. */
#ifndef INGEST_MAPPING_IMPL_H
#define INGEST_MAPPING_IMPL_H

#include "amounts.h"
#include "arena.h"
#include "json_line.h"
#include "mapping.h"
#include "names.h"
#include "records.h"
#include "rows_impl.h"
#include "text.h"
#include "times.h"

/* --- the spec --- */

typedef enum from_kind { FROM_COLUMN, FROM_JOIN, FROM_CONST, FROM_MONTHS_BEFORE } from_kind;

typedef struct value_pair {
    char *from, *to;
} value_pair;

typedef struct field_spec {
    int field;
    uint32_t line; /* of the mapping's text, for messages; 0: guessed */
    from_kind from;
    names columns;    /* FROM_COLUMN: the first that is not empty; FROM_JOIN: all, an entry NULL where
                         `text_part` has a text instead */
    char **text_part; /* FROM_JOIN: [columns.n], NULL where a column stands */
    char *text;       /* FROM_CONST; FROM_JOIN: what goes between */
    int32_t of_day;   /* FROM_MONTHS_BEFORE */
    bool optional;    /* no such column: the field is absent */
    bool minor;
    time_form format;
    char decimal; /* '.', ',' or 0 */
    value_pair *values;
    size_t n_values;
    char *otherwise;                               /* `default`; NULL: none */
    char *lookup_file, *lookup_key, *lookup_value; /* NULL: none */
    char *times;                                   /* the column an amount is multiplied by; NULL: none */
} field_spec;

typedef enum when_test { WHEN_IS, WHEN_IS_NOT, WHEN_PRESENT, WHEN_ABSENT } when_test;

typedef struct when_spec {
    char *column;
    uint32_t line;
    when_test test;
    names values;
} when_spec;

typedef struct attribute_spec {
    char *column, *name;
    uint32_t line;
} attribute_spec;

typedef struct rule_spec {
    record_kind kind;
    uint32_t line;
    when_spec *when;
    size_t n_when;
    field_spec *field;
    size_t n_fields;
    attribute_spec *attribute;
    size_t n_attributes;
} rule_spec;

/* --- the plan --- */

typedef struct lookup {
    const char *file;
    char **key, **value; /* [capacity], open addressing; key NULL: free */
    size_t capacity;
    struct lookup *next;
    const char *key_column, *value_column;
} lookup;

typedef struct proof_at {
    uint64_t line;
    uint32_t file;
    char value[32];
} proof_at;

/* What a field's values have shown of their form. */
typedef struct field_form {
    time_form time; /* TIME_OPEN: no value so far */
    char decimal;   /* 0: nothing has decided it */
    bool hopeless;  /* the files were read through and left it open */
    bool given;     /* by the mapping or an option */
    uint32_t forms[TIME_FORMS];
    bool short_years, ambiguous; /* an amount that may be either */
    proof_at time_proof, decimal_proof, open_at;
    date_proof order;
    char proved_decimal;
} field_form;

typedef struct field_plan field_plan;

/* A text on its way to becoming a value. */
typedef struct piece {
    const char *at; /* NULL: absent */
    size_t len;
    int column;  /* the one it came from; -1: none */
    bool number; /* a number of JSON */
} piece;

struct field_plan {
    const field_spec *spec;
    field_row row;
    record_kind kind;
    int *column; /* [spec->columns.n]; -1: a column the rows do not have */
    bool (*get)(mapping *m, rows *r, const field_plan *p, piece *out); /* false: a fault */
    bool (*convert)(mapping *m, field_plan *p, const piece *in, record_value *out);
    int times; /* -1: none */
    const lookup *table;
    bool changes; /* there are values, a lookup or a default */
    bool future;
    field_form form;
};

typedef struct when_plan {
    const when_spec *spec;
    int column;
} when_plan;

typedef struct attribute_plan {
    int column;
    const char *key; /* "name": with its quotes and colon */
    size_t key_len;
} attribute_plan;

typedef struct rule_plan {
    const rule_spec *spec;
    when_plan *when;
    field_plan *field;         /* [spec->n_fields] */
    attribute_plan *attribute; /* [spec->n_attributes] */
    int currency; /* index into field[] of the record's currency, for amounts in minor units; -1 */
} rule_plan;

struct mapping {
    const mr_alloc *alloc;
    arena text, bound, scratch; /* of the spec, of the plan, of the last row's records */
    char *name, *folder;        /* for messages; where lookup files may lie */
    char *source, *about;
    rule_spec *rule;
    size_t n_rules;

    rule_plan *plan; /* NULL: not bound */
    lookup *lookups;
    char *source_given; /* by options */
    int32_t today;
    const rows *rows; /* bound to */
    date_table months;
    json_line tree; /* of event bodies */
    text_buffer buffer;
    /* of the row at hand */
    rows *reading;
    const row *row;
    mapping_fault *fault;
    const rule_plan *rule_at;
    bool starved;
};

extern const mapping_ready
    mapping_readies[]; /* generated from mappings/ by mappings.cmake; a row without a name ends it */

/* --- mapping_parse.c --- */
mapping *mapping_new(const char *name, const mr_alloc *alloc, mr_error *err);
/* --- mapping_bind.c --- */
/* Do the row's cells fit a rule's `when`? */
bool mapping_fits(const rule_plan *p, rows *r);
/* --- mapping_apply.c --- */
void mapping_json_string(text_buffer *out, const char *text,
                         size_t len); /* valid UTF-8, in quotes, escaped */
/* --- mapping_lookup.c --- */
mr_status mapping_lookup_get(mapping *m, const field_spec *spec, const char *data_path, const lookup **out,
                             mr_error *err);
const char *mapping_lookup_find(const lookup *table, const char *key, size_t len); /* NULL: not there */
/* --- mapping_settle.c --- */
mr_status mapping_settle(mapping *m, rows *r, const mapping_options *options, mr_error *err);
/* At a value that shows the form of a column whose first records were silent. MR_EDATA never; false: no
 * memory. */
bool mapping_settle_late(mapping *m, field_plan *p, const piece *in);
/* --- mapping_value.c --- */
/* The field's text: from its columns, through lookup, values and default. false: a fault, which m->fault
 * tells if it is not NULL. */
bool mapping_piece(mapping *m, rows *r, const field_plan *p, piece *out);
void mapping_compile(field_plan *p, bool json); /* get and convert */
/* Fills m->fault. in NULL: no value. Returns false. */
bool mapping_refuse(mapping *m, const field_plan *p, const piece *in, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
