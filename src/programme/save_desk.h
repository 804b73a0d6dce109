/* Cases of the save desk: what brings a customer there, and what is kept in an action of who has it and how they came by it. docs/programmes/save_desk.md. */
#ifndef PROGRAMME_SAVE_DESK_H
#define PROGRAMME_SAVE_DESK_H

#include "leave_flow.h"
#include "looking.h"

/* In the order in which one goes before another: a customer has one case at a time. */
typedef enum desk_kind { DESK_LEAVING, DESK_LESS, DESK_LIKELY, DESK_KINDS } desk_kind;
const char *desk_kind_name(desk_kind kind); /* "leaving", "less", "likely" */
int desk_kind_find(const char *name);       /* -1: no such */

#define DESK_PROGRAMME "save_desk"
#define DESK_CALL "call"
#define DESK_ATTEMPTS 16 /* an action's occasion is the case's, times this, and which call of it */

typedef struct desk_case { /* texts are borrowed from the whole */
    desk_kind kind;
    int64_t subject_id;        /* the event that brings it: who wants to leave or asks for less; 0: nobody said anything */
    size_t event;              /* its place in the history */
    int64_t since_us;
    const whole_contract *contract; /* NULL: none, or not one alone */
    leave_flow flow;           /* DESK_LEAVING */
    reason stated;             /* REASON_none: none */
    const char *words;
    double stake;              /* what they bring in a year and might not, in units */
    double share;              /* DESK_LIKELY: of what they would bring, that is at risk by the forecast */
} desk_case;

/* The case there is as of the look's time, were there none yet; false: none. */
bool desk_case_of(look *k, desk_case *out);

typedef enum desk_outcome { DESK_SAVED, DESK_LEFT, DESK_LATER, DESK_NOT_REACHED, DESK_OUTCOMES } desk_outcome;
const char *desk_outcome_name(desk_outcome outcome); /* "saved", "left", "later", "not_reached" */
int desk_outcome_find(const char *name);             /* -1: no such */

/* What an action of the desk says of how it was given out: fields of its document's values. Texts live as long as *document, which the caller lets go; "" and 0 where it says nothing. */
typedef struct desk_routed {
    json_t *document;
    const char *kind, *tier, *to, *how, *why; /* how: "record", "random", "" by hand or from before */
    double probability;                       /* of `random`: that they would have it */
} desk_routed;
desk_routed desk_routed_of(const action_row *a);

#define DESK_KEPT_DAYS 30
/* Of a case that came at created_us: are they with us, and not about to leave, DESK_KEPT_DAYS later? By the events alone. */
bool desk_kept(whole *w, const action_row *a);

#endif
