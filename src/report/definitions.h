/* The definitions of definitions.def, in order. */
#ifndef REPORT_DEFINITIONS_H
#define REPORT_DEFINITIONS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct definition {
    const char *key, *term, *text;
} definition;

#define DEFINITION(key, term, text) +1
enum {
    DEFINITIONS = 0
#include "definitions.def"
};
#undef DEFINITION

extern const definition definitions[DEFINITIONS];

/* Those of a base with contracts, or of one with orders. */
const definition *definitions_for(bool contracts, size_t *n);

/* NULL: there is none of that key. */
const definition *definition_of(bool contracts, const char *key);

#endif
