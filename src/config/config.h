/* The settings of a company: marram.yaml. Every one has a default, so that Marram runs without a file; what is wrong is told with file, line, field and what was
 * expected. docs/config.md. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "work_time.h"

#include <arena.h>
#include <contact_policy.h>
#include <text.h>

typedef struct config_counts {
    const int64_t *at;
    size_t n;
} config_counts;

typedef struct config_names {
    const char *const *at;
    size_t n;
} config_names;

typedef enum config_role { ROLE_sales, ROLE_operations, ROLE_senior, ROLE_manager } config_role;

typedef struct config_person {
    const char *name, *email, *phone, *stands_in; /* "" not given */
    config_role role;
    int64_t load;             /* open tasks at most; 0: no limit */
    double tasks_per_day;     /* that they can do in a day; 0: config_person_a_day */
    config_names languages;   /* n 0: any */
    const char *time_zone;    /* "" the company's */
    int32_t left_day;         /* their last day; INT32_MAX: still here */
    work_absence *away;
    size_t away_n;
    work_calendar work;       /* their own hours, or the company's, without their absences and the company's holidays */
    uint32_t line;            /* in the file */
} config_person;

typedef struct config_tier {
    const char *name; /* "*": any other */
    int64_t cadence_days; /* between reviews; 0: review_cadence */
    double response_hours, resolution_hours; /* working hours; 0: recovery's */
    uint32_t line;
} config_tier;

typedef struct config_webhook {
    const char *name, *url, *secret;
    config_names kinds; /* n 0: all */
    uint32_t line;
} config_webhook;

/* What a customer reads, by language; "" is for all. */
typedef struct config_says {
    const char **language, **text;
    size_t n;
} config_says;

typedef struct config_offer {
    const char *name;
    int kind;                 /* config_offer_kind */
    config_says title, text;
    config_names reasons, tiers, products; /* n 0: any */
    unsigned places;          /* 1 << offer_place */
    int64_t cost_minor;       /* of one that is accepted */
    char currency[4];         /* of cost and approval */
    double benefit, effect;   /* to them, as a share of a year's price; share of the value at risk it is assumed to save */
    int64_t cap, cap_days;    /* shown at most so often in so many days; cap_days 0: no cap */
    int64_t expires_days;
    int64_t approval_minor;   /* a person approves above; -1 never */
    double holdout;
    int32_t until;            /* its last day; INT32_MAX none */
    uint32_t line;
} config_offer;

typedef enum config_consent { CONSENT_NEEDED, CONSENT_UNLESS_WITHDRAWN } config_consent;
typedef enum config_letters { LETTERS_NONE, LETTERS_DIN5008, LETTERS_US10 } config_letters;
typedef enum config_tls { TLS_MUST, TLS_MAY, TLS_NEVER } config_tls;

#define CONFIG_COUNT int64_t
#define CONFIG_REAL double
#define CONFIG_FLAG bool
#define CONFIG_TEXT const char *
#define CONFIG_CHOICE int
#define CONFIG_HOURS contact_window
#define CONFIG_WORK work_hours
#define CONFIG_COUNTS config_counts
#define CONFIG_NAMES config_names

typedef struct config {
#define SECTION(name, about)
#define SETTING(section, name, type, standard, low, high, words, meaning) CONFIG_##type section##_##name;
#include "settings.def"
#undef SETTING
#undef SECTION
    config_person *people;
    size_t people_n;
    config_tier *tiers; /* ends with "*" */
    size_t tiers_n;
    config_webhook *webhooks;
    size_t webhooks_n;
    config_offer *offers;
    size_t offers_n;
    config_names strategic; /* accounts that are always served, and never part of an experiment */
    work_calendar work;  /* the company's hours and holidays */
    const char *path;    /* "" defaults alone */
    uint8_t *given;      /* [setting_rows_n]: does it stand in the file? */
    arena texts;
} config;

typedef enum setting_type { SETTING_COUNT, SETTING_REAL, SETTING_FLAG, SETTING_TEXT, SETTING_CHOICE, SETTING_HOURS, SETTING_WORK, SETTING_COUNTS, SETTING_NAMES } setting_type;

typedef struct setting_row {
    const char *section, *name, *standard, *words, *meaning;
    setting_type type;
    double low, high;
    size_t offset; /* in config */
} setting_row;

typedef struct section_row {
    const char *name, *about;
} section_row;

extern const setting_row setting_rows[];
extern const size_t setting_rows_n;
extern const section_row section_rows[];
extern const size_t section_rows_n;

/* Each thing that is wrong; line 0: none. */
typedef void (*config_found)(void *ctx, const char *file, uint32_t line, const char *message);

/* path NULL: the defaults. MR_EDATA with the first thing that is wrong (all of them go to found, which may be NULL), MR_EIO, MR_ENOMEM. *out starts from {0} and is freed by
 * config_free whatever is returned. */
mr_status config_load(const char *path, config_found found, void *ctx, config *out, mr_error *err);
/* The same of a text; name for messages. */
mr_status config_read(const char *name, const char *text, size_t len, config_found found, void *ctx, config *out, mr_error *err);
void config_free(config *c);

/* A file with every setting, each with its meaning, range and default, which read again gives the defaults. */
void config_template(text_buffer *out);
/* A setting's value as it would stand in a file. */
void config_value(const config *c, const setting_row *row, text_buffer *out);

/* "09:00-17:00 mon-fri": hours and days, either alone; "" is none (days 0). */
bool config_hours_parse(const char *text, contact_window *out);
/* The budgets of a day (section plan). INFINITY: none. */
typedef struct config_budgets {
    double money, hours, messages; /* hours: of each person */
    char currency[4];              /* money's; "" where it is 0 or none */
} config_budgets;
config_budgets config_budgets_of(const config *c);
/* A budget as it stands in the file: "" none, "0", with a currency "500 EUR", without one "4" or "2.5". false: it is none of these. */
bool config_budget_parse(const char *text, bool with_currency, double *amount, char currency[4]);
/* What the gate asks for. */
contact_settings config_contact(const config *c);
/* Never NULL; hours and days of a tier that says none are the general ones. */
const config_tier *config_tier_of(const config *c, const char *tier);
const config_person *config_person_of(const config *c, const char *name); /* NULL: not among the people */
bool config_person_free(const config_person *p, int32_t day);             /* at work that day: not away, not gone */
const char *config_person_stand_in(const config_person *p, int32_t day);  /* "" nobody is named */
const work_absence *config_person_away(const config_person *p, int32_t day); /* NULL: they are not */
double config_person_a_day(const config_person *p);                          /* tasks: tasks_per_day, else one an hour of a fifth of their week; > 0 */
bool config_person_speaks(const config_person *p, const char *language);     /* a BCP 47 tag; "" : yes. Languages are told apart by their first part */
const config_offer *config_offer_of(const config *c, const char *name);       /* NULL: not in the catalogue */
const char *config_offer_kind(int kind);                                     /* "discount", "pause" ... */
/* In their language, else the company's, else any; never NULL. */
const char *config_says_in(const config *c, const config_says *s, const char *language);
bool config_strategic(const config *c, const char *external_id);
const char *config_role_name(config_role role);

#endif
