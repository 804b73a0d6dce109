#include "programme.h"

#include <string.h>

const programme_row programmes[] = {
#define PROGRAMME(name, title, about) {#name, title, about, programme_##name},
#include "programmes.def"
#undef PROGRAMME
};
const size_t programmes_n = sizeof programmes / sizeof *programmes;

const programme_row *programme_find(const char *name) {
    for (size_t i = 0; i < programmes_n; i++)
        if (!strcmp(programmes[i].name, name)) return &programmes[i];
    return NULL;
}

programme_mode programme_mode_of(const config *c, const programme_row *p) {
#define PROGRAMME(name, title, about) \
    if (p->look == programme_##name) return (programme_mode)c->name##_mode;
#include "programmes.def"
#undef PROGRAMME
    return PROGRAMME_OFF;
}

double programme_effect_of(const config *c, const programme_row *p) {
#define PROGRAMME(name, title, about) \
    if (p->look == programme_##name) return c->name##_effect;
#include "programmes.def"
#undef PROGRAMME
    return 0;
}

void programmes_look(look *k) {
    for (size_t i = 0; i < programmes_n; i++) {
        if (programme_mode_of(k->c, &programmes[i]) == PROGRAMME_OFF) continue;
        k->programme = &programmes[i];
        programmes[i].look(k);
    }
    k->programme = NULL;
}
