#include "refs.h"

#include <error.h>
#include <mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SALTS 32
#define KNOWN_LIMIT ((size_t)64 << 20) /* 1.5 GB or so */

mr_status refs_begin(refs *r, const ledger *l, const char *source, mr_error *err) {
    size_t len = strlen(source) + 1;
    *r = (refs){.customers = ledger_domain_of(l, "customer", source), .fingerprint = ledger_domain_of(l, "fingerprint", source)};
    r->source = mem_take(NULL, len, 1);
    if (!r->source) return error_memory(err, len);
    memcpy(r->source, source, len);
    return MR_OK;
}

void refs_free(refs *r) {
    hashmap_free(&r->known);
    mem_free(NULL, r->source);
    *r = (refs){0};
}

void refs_forget(refs *r) {
    hashmap_clear(&r->known);
}

/* --- one identifier, salt by salt --- */

typedef enum probe { PROBE_OURS, PROBE_FREE, PROBE_OTHERS } probe;

static mr_status probe_ref(ledger *l, int64_t ref, const char *source, const char *id, size_t len, probe *found, int64_t *customer_id,
                           mr_error *err) {
    db_statement *s;
    bool row = false;
    size_t there;
    mr_status status = db_prepare(l->d, "SELECT source, external_id, customer_id FROM customer_ref WHERE ref = $1", "i", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, ref);
    status = db_step(s, &row, err);
    if (status == MR_OK && row) {
        const char *external = db_text(s, 1, &there);
        *found = there == len && !memcmp(external, id, len) && !strcmp(db_text(s, 0, NULL), source) ? PROBE_OURS : PROBE_OTHERS;
        *customer_id = db_int(s, 2);
    } else {
        *found = PROBE_FREE;
    }
    db_reset(s);
    return status;
}

static mr_status insert_ref(ledger *l, int64_t ref, const char *source, const char *id, size_t len, int64_t *added, mr_error *err) {
    db_statement *s;
    mr_status status = db_prepare(l->d, "INSERT INTO customer_ref (ref, source, external_id, customer_id) VALUES ($1, $2, $3, $4) "
                                        "ON CONFLICT (ref) DO NOTHING", "itti", &s, err);
    if (status != MR_OK) return status;
    db_bind_int(s, 1, ref);
    db_bind_string(s, 2, source);
    db_bind_text(s, 3, id, len);
    db_bind_int(s, 4, ref);
    return db_run(s, added, err);
}

static mr_status probe_all(refs *r, ledger *l, ref_request *q, bool make, mr_error *err) {
    for (unsigned salt = 0; salt < SALTS; salt++) {
        int64_t ref = ledger_ref(l, r->customers, q->external_id, q->len, salt), added = 0;
        probe found;
        mr_status status = probe_ref(l, ref, r->source, q->external_id, q->len, &found, &q->customer_id, err);
        if (status == MR_OK && found == PROBE_FREE && make) {
            status = insert_ref(l, ref, r->source, q->external_id, q->len, &added, err);
            q->customer_id = ref;
            r->made += (uint64_t)added;
            if (status == MR_OK && !added) { /* someone else was faster: look again */
                status = probe_ref(l, ref, r->source, q->external_id, q->len, &found, &q->customer_id, err);
                if (found == PROBE_OTHERS) continue;
            }
        } else if (status == MR_OK && found == PROBE_FREE) {
            q->customer_id = 0;
        } else if (status == MR_OK && found == PROBE_OTHERS) {
            continue;
        }
        return status;
    }
    return error_set(err, MR_EIO, "customer", -1, "no free number for customer '%.*s' after %d tries; run 'marram db check'",
                     (int)(q->len < 60 ? q->len : 60), q->external_id, SALTS);
}

mr_status ledger_find(ledger *l, const char *source, const char *external_id, size_t len, int64_t *customer_id, mr_error *err) {
    refs r;
    ref_request q = {.external_id = external_id, .len = (uint32_t)len};
    *customer_id = 0;
    if (!len || len > LEDGER_ID_LIMIT) return MR_OK;
    mr_status status = refs_begin(&r, l, source, err);
    if (status == MR_OK) status = probe_all(&r, l, &q, false, err);
    *customer_id = q.customer_id;
    refs_free(&r);
    return status;
}

/* --- many --- */

typedef struct newcomer {
    int64_t ref;
    uint64_t fingerprint;
    size_t request;
    bool differs;
} newcomer;

typedef struct resolve_work {
    refs *r;
    ref_request *requests;
    newcomer *newcomers;
} resolve_work;

static void newcomer_row(void *ctx, size_t row, db_value *values) {
    const resolve_work *work = ctx;
    const newcomer *c = &work->newcomers[row];
    const ref_request *q = &work->requests[c->request];
    values[0].integer = c->ref;
    values[1].text.at = work->r->source;
    values[1].text.len = strlen(work->r->source);
    values[2].text.at = q->external_id;
    values[2].text.len = q->len;
    values[3].integer = c->ref;
}

static mr_status newcomer_differs(void *ctx, size_t row, mr_error *err) {
    resolve_work *work = ctx;
    (void)err;
    work->newcomers[row].differs = true;
    return MR_OK;
}

static int by_ref(const void *a, const void *b) {
    const newcomer *x = a, *y = b;
    if (x->ref != y->ref) return x->ref < y->ref ? -1 : 1;
    return x->request < y->request ? -1 : x->request > y->request;
}

static mr_status make_newcomers(resolve_work *work, ledger *l, size_t n, mr_error *err) {
    static const char *const columns[] = {"ref", "source", "external_id", "customer_id"};
    static const int compare[] = {1, 2, 3};
    const db_append_plan plan = {.table = "customer_ref", .columns = columns, .types = "itti", .key = 1, .compare = compare, .compare_n = 3};
    uint64_t added = 0;
    newcomer *c = work->newcomers;
    qsort(c, n, sizeof *c, by_ref);
    /* Two identifiers of one hash in one batch: the first goes this way, the others by themselves. */
    size_t kept = 0, clash = 0;
    for (size_t i = 0; i < n; i++) clash += i > 0 && c[i].ref == c[i - 1].ref;
    newcomer *others = clash ? mem_take(NULL, clash, sizeof *others) : NULL;
    if (clash && !others) return error_memory(err, clash * sizeof *others);
    clash = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept && c[kept - 1].ref == c[i].ref)
            others[clash++] = c[i];
        else
            c[kept++] = c[i];
    }
    mr_status status = db_append(l->d, &plan, kept, newcomer_row, newcomer_differs, work, &added, err);
    if (status == MR_OK) work->r->made += added;
    for (size_t i = 0; i < kept + clash && status == MR_OK; i++) {
        newcomer *one = i < kept ? &c[i] : &others[i - kept];
        ref_request *q = &work->requests[one->request];
        bool made;
        q->customer_id = one->ref;
        if (i >= kept || one->differs) status = probe_all(work->r, l, q, true, err);
        uint64_t *known = status == MR_OK ? hashmap_at(&work->r->known, one->fingerprint, &made) : NULL;
        if (status == MR_OK && !known) status = error_memory(err, sizeof *known);
        if (known) *known = (uint64_t)q->customer_id;
    }
    mem_free(NULL, others);
    return status;
}

/* Merges move identifiers, perhaps by another process: what was made sure of before one must be looked up again. */
static mr_status check_epoch(refs *r, ledger *l, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(l->d, "SELECT value FROM setting WHERE name = 'merge_epoch'", "", &s, err);
    if (status == MR_OK) status = db_step(s, &row, err);
    if (status != MR_OK) return status;
    const char *epoch = row ? db_text(s, 0, NULL) : "";
    if (strcmp(epoch, r->epoch) != 0 || r->known.n > KNOWN_LIMIT) refs_forget(r);
    snprintf(r->epoch, sizeof r->epoch, "%s", epoch);
    db_reset(s);
    return MR_OK;
}

mr_status refs_current(const refs *r, ledger *l, bool *current, mr_error *err) {
    db_statement *s;
    bool row = false;
    mr_status status = db_prepare(l->d, "SELECT value FROM setting WHERE name = 'merge_epoch'", "", &s, err);
    if (status == MR_OK) status = db_step(s, &row, err);
    if (status != MR_OK) return status;
    *current = !strcmp(row ? db_text(s, 0, NULL) : "", r->epoch);
    db_reset(s);
    return MR_OK;
}

mr_status refs_resolve(refs *r, ledger *l, ref_request *requests, size_t n, mr_error *err) {
    resolve_work work = {.r = r, .requests = requests};
    hashmap batch = {0}; /* fingerprint -> index of the newcomer + 1 */
    size_t newcomers = 0;
    mr_status status = check_epoch(r, l, err);
    if (status != MR_OK) return status;
    work.newcomers = mem_take(NULL, n, sizeof *work.newcomers);
    if (!work.newcomers) return error_memory(err, n * sizeof *work.newcomers);
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        ref_request *q = &requests[i];
        if (!q->len || q->len > LEDGER_ID_LIMIT) {
            status = error_set(err, MR_EDATA, "customer", (int64_t)i, "an identifier has 1 to %d bytes; this one has %u", LEDGER_ID_LIMIT, q->len);
            break;
        }
        uint64_t fingerprint = (uint64_t)ledger_hash(l, r->fingerprint, q->external_id, q->len), *known = hashmap_find(&r->known, fingerprint);
        bool made;
        if (known) {
            q->customer_id = (int64_t)*known;
            continue;
        }
        q->customer_id = 0;
        if (!hashmap_at(&batch, fingerprint, &made))
            status = error_memory(err, sizeof fingerprint);
        else if (made)
            work.newcomers[newcomers++] = (newcomer){ledger_ref(l, r->customers, q->external_id, q->len, 0), fingerprint, i, false};
    }
    if (status == MR_OK && newcomers) status = make_newcomers(&work, l, newcomers, err);
    for (size_t i = 0; i < n && status == MR_OK; i++) {
        ref_request *q = &requests[i];
        if (!q->customer_id)
            q->customer_id = (int64_t)*hashmap_find(&r->known, (uint64_t)ledger_hash(l, r->fingerprint, q->external_id, q->len));
    }
    hashmap_free(&batch);
    mem_free(NULL, work.newcomers);
    return status;
}
