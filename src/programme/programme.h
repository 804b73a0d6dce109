/* What a programme is: a row of programmes.def and one function. */
#ifndef PROGRAMME_PROGRAMME_H
#define PROGRAMME_PROGRAMME_H

#include "looking.h"

typedef enum programme_mode { PROGRAMME_OFF, PROGRAMME_PROPOSE, PROGRAMME_AUTOMATIC } programme_mode; /* the words of the settings, in their order */

struct programme_row {
    const char *name, *title, *about;
    void (*look)(look *k);
};

#define PROGRAMME(name, title, about) void programme_##name(look *k);
#include "programmes.def"
#undef PROGRAMME

extern const programme_row programmes[];
extern const size_t programmes_n;

const programme_row *programme_find(const char *name); /* NULL: no such */
programme_mode programme_mode_of(const config *c, const programme_row *p);
double programme_effect_of(const config *c, const programme_row *p);

/* Asks every programme that is not off. */
void programmes_look(look *k);

#endif
