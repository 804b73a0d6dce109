/* The table model: fitted models as documents. The pinned one, or else the newest, is the one in use. What a document says is
 * learn's affair (src/learn/model_document.h). */
#ifndef LEDGER_MODELS_H
#define LEDGER_MODELS_H

#include "ledger.h"

typedef struct ledger_model {
    int64_t id; /* 63 bits of a keyed hash of the document; never 0 */
    int64_t fitted_at_us;
    int32_t until_day, version;
    bool pinned;
    char name[32];
    char *document; /* terminated; freed by ledger_model_free */
} ledger_model;

void ledger_model_free(ledger_model *m); /* of zeroes is fine */

/* The name of the models of leaving (src/learn/leaving_model.h). The others but the two below are of buying; all functions but the first four are about those alone. */
#define LEDGER_LEAVING "leaving"

/* What acting goes by (src/programme/knowledge.h). */
#define LEDGER_ACTING "acting"
/* What follows what (src/learn/next_sale_of.h). */
#define LEDGER_NEXT_SALE "next_sale"

/* id is set. The same document again is the same model, fitted anew. m->document is borrowed. */
mr_status ledger_model_add(ledger *l, ledger_model *m, mr_error *err);
/* The same, and those of that name there were go: of what nobody looks back to. */
mr_status ledger_model_replace(ledger *l, ledger_model *m, mr_error *err);
/* The newest of a name. id 0 on return: there is none. */
mr_status ledger_model_newest(ledger *l, const char *name, ledger_model *out, mr_error *err);
/* The newest model of leaving. */
mr_status ledger_model_leaving(ledger *l, ledger_model *out, mr_error *err);
/* The pinned one, else the newest; latest: the newest even so. id 0 on return: there is none. */
mr_status ledger_model_current(ledger *l, bool latest, ledger_model *out, mr_error *err);
/* text: the number, or as much of its beginning as no other begins with. MR_EDATA where there is none, or more than one. */
mr_status ledger_model_find(ledger *l, const char *text, ledger_model *out, mr_error *err);
/* All, newest first. *out is freed by ledger_models_free. */
mr_status ledger_models(ledger *l, ledger_model **out, size_t *n, mr_error *err);
void ledger_models_free(ledger_model *models, size_t n);
/* Pins one model and no other; id 0: none. Noted in the audit. */
mr_status ledger_model_pin(ledger *l, int64_t id, int64_t now_us, mr_error *err);

#endif
