/* Folded by objection.h: for each contact what it and the account said, for the account what the account said. A customer objects where any of them does. */
#include "objections.h"

#include <objection.h>

#include <stdio.h>
#include <string.h>

typedef struct standing {
    int64_t customer_id;
    char contact[256]; /* whose words are being heard: "" the account's, which come first */
    objection account, said;
    bool objects;
} standing;

static void next_customer(standing *s, int64_t customer_id) {
    *s = (standing){.customer_id = customer_id};
    objection_begin(&s->account);
    objection_begin(&s->said);
}

static void settle(standing *s) {
    s->objects = s->objects || objection_stands(&s->said, NULL);
}

static void hear(standing *s, const char *contact, const char *purpose, bool agreed, int64_t at_us) {
    if (strncmp(contact, s->contact, sizeof s->contact - 1)) {
        settle(s);
        s->said = s->account;
        snprintf(s->contact, sizeof s->contact, "%s", contact);
    }
    if (!*contact) objection_hear(&s->account, purpose, agreed, at_us);
    objection_hear(&s->said, purpose, agreed, at_us);
}

mr_status ledger_objections(ledger *l, id_list *out, mr_error *err) {
    db_statement *s;
    standing at;
    bool row = true;
    out->n = 0;
    next_customer(&at, 0);
    mr_status status = db_prepare(l->d, "SELECT customer_id, contact, purpose, state, at_us FROM consent WHERE channel = '' AND purpose IN ('', 'marketing', 'everything', 'profiling', 'contact') ORDER BY customer_id, contact", "", &s, err);
    while (status == MR_OK && row) {
        status = db_step(s, &row, err);
        if (status != MR_OK) break;
        int64_t customer = row ? db_int(s, 0) : 0;
        if (customer != at.customer_id) {
            settle(&at);
            if (at.objects) status = id_list_add(out, at.customer_id, err);
            next_customer(&at, customer);
        }
        if (row) hear(&at, db_text(s, 1, NULL), db_text(s, 2, NULL), db_int(s, 3) == 1, db_int(s, 4));
    }
    return status;
}

typedef struct forget_work {
    ledger *l;
    const id_list *objecting;
} forget_work;

static void bind_customer(void *ctx, size_t item, db_statement *s) {
    db_bind_int(s, 1, ((const forget_work *)ctx)->objecting->at[item]);
}

static mr_status forget(db *d, void *ctx, mr_error *err) {
    forget_work *w = ctx;
    db_statement *s;
    mr_status status = db_prepare(d, "DELETE FROM forecast WHERE customer_id = $1", "i", &s, err);
    return status == MR_OK ? db_each(s, w->objecting->n, bind_customer, NULL, w, NULL, err) : status;
}

mr_status ledger_objections_forget(ledger *l, const id_list *objecting, mr_error *err) {
    forget_work w = {l, objecting};
    return objecting->n ? db_transaction(l->d, DB_WRITE, forget, &w, err) : MR_OK;
}
