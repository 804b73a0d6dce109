/* The order exports of shop systems. */
#ifndef INGEST_PRESETS_H
#define INGEST_PRESETS_H

#include "plan.h"
#include "split.h"

typedef struct ingest_preset ingest_preset;

const ingest_preset *preset_find(const char *name); /* NULL: unknown */
const char *preset_names(void);                     /* "shopify, woocommerce" */
/* Finds the export's columns by their headings (plan->heading, plan->columns). false: *missing names what is
 * not there. */
bool preset_columns(const ingest_preset *preset, ingest_plan *plan, const char **missing);

typedef enum preset_line {
    PRESET_ORDER,     /* counts */
    PRESET_CONTINUED, /* another line of an order already counted */
    PRESET_CANCELLED  /* never became an order: cancelled, voided, failed, not paid */
} preset_line;

/* What a line is. previous: the identifier of the order before, kept by the caller from line to line. */
preset_line preset_classify(const ingest_plan *plan, const split_fields *fields, char previous[64]);

#endif
