/* What the files that read the settings share. */
#ifndef CONFIG_CONFIG_READ_H
#define CONFIG_CONFIG_READ_H

#include "config.h"

#include <yaml_file.h>

typedef struct config_reading {
    yaml_reading y;
    config *c;
    config_found found;
    void *ctx;
    uint32_t *line; /* [setting_rows_n], where it stands; 0: nowhere */
    uint32_t holidays_line;
    mr_error first; /* of what is wrong; code MR_OK: nothing */
    size_t wrong;
} config_reading;

/* A finding out of y.err, which is emptied; MR_ENOMEM is kept as it is. false: stop reading. */
bool config_note(config_reading *r, uint32_t line);

/* One value into its member. */
mr_status config_set(config_reading *r, const setting_row *row, const yaml_node_t *node);
/* Hours of work; MR_EDATA says what is wrong with them. */
mr_status config_work_hours(yaml_reading *y, const yaml_node_t *node, const char *name, const char *text, work_hours *out);
/* Is it written in quotes? */
bool setting_quoted(const setting_row *row);
mr_status config_offer_read(config_reading *r, const yaml_node_t *node, void *into);
void config_offers_across(config_reading *r);
/* The lists beside the table: people, tiers, holidays, webhooks. */
bool config_list_is(const char *key);
void config_list(config_reading *r, const char *key, const yaml_node_t *node);
extern const char *const config_list_names[];
extern const size_t config_list_names_n;

/* What only the whole can show. */
void config_across(config_reading *r);

#endif
