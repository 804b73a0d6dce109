/* The definitions of definitions.def. */
#include "definitions.h"

#include <string.h>

const definition definitions[DEFINITIONS] = {
#define DEFINITION(key, term, text) {#key, term, text},
#include "definitions.def"
#undef DEFINITION
};

const definition *definition_of(const char *key) {
    for (size_t i = 0; i < DEFINITIONS; i++)
        if (strcmp(definitions[i].key, key) == 0) return &definitions[i];
    return NULL;
}
