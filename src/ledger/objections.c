/* An objection is a withdrawal for marketing, profiling or everything that names no channel; it ends with consent given later for the same, or for marketing or everything. */
#include "objections.h"

#include <string.h>

typedef struct standing {
    int64_t customer_id, withdrawn_us, given_us, profiling_us, profiling_given_us;
} standing;

static const standing nobody = {0, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN};

static void hear(standing *s, const char *purpose, bool given, int64_t at_us) {
    bool profiling = !strcmp(purpose, "profiling");
    int64_t *to = profiling ? given ? &s->profiling_given_us : &s->profiling_us : given ? &s->given_us : &s->withdrawn_us;
    if (at_us > *to) *to = at_us;
}

/* Of the same moment the objection counts. */
static bool objects(const standing *s) {
    int64_t given = s->profiling_given_us > s->given_us ? s->profiling_given_us : s->given_us;
    return (s->withdrawn_us != INT64_MIN && s->withdrawn_us >= s->given_us) || (s->profiling_us != INT64_MIN && s->profiling_us >= given);
}

mr_status ledger_objections(ledger *l, id_list *out, mr_error *err) {
    db_statement *s;
    standing at = nobody;
    bool row = true;
    out->n = 0;
    mr_status status = db_prepare(l->d, "SELECT customer_id, purpose, state, at_us FROM consent WHERE channel = '' AND purpose IN ('', 'marketing', 'everything', 'profiling') ORDER BY customer_id", "", &s, err);
    while (status == MR_OK && row) {
        status = db_step(s, &row, err);
        if (status != MR_OK) break;
        int64_t customer = row ? db_int(s, 0) : 0;
        if (customer != at.customer_id) {
            if (objects(&at)) status = id_list_add(out, at.customer_id, err);
            at = nobody;
            at.customer_id = customer;
        }
        if (row) hear(&at, db_text(s, 1, NULL), db_int(s, 2) == 1, db_int(s, 3));
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
