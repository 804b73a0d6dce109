/* The definitions of definitions.def. */
#include "definitions.h"

#include <string.h>

const definition definitions[DEFINITIONS] = {
#define DEFINITION(key, term, text) {#key, term, text},
#include "definitions.def"
#undef DEFINITION
};

static const definition with_contracts[] = {
#define DEFINITION(key, term, text) {#key, term, text},
#include "definitions_contracts.def"
#undef DEFINITION
};

const definition *definitions_for(bool contracts, size_t *n) {
    *n = contracts ? sizeof with_contracts / sizeof *with_contracts : DEFINITIONS;
    return contracts ? with_contracts : definitions;
}

const definition *definition_of(bool contracts, const char *key) {
    size_t n;
    const definition *d = definitions_for(contracts, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(d[i].key, key) == 0) return &d[i];
    return NULL;
}
