#include "changes.h"

#include "json_number.h"
#include "leaving_model.h"

#include <calendar.h>
#include <error.h>
#include <feature.h>
#include <mem.h>
#include <models.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1024 }; /* movers whose contributions are in memory */

typedef struct side {
    landmarks m;
    double *score;
    double *contribution; /* [BLOCK][terms] of some movers */
} side;

typedef struct mover {
    size_t before, after; /* rows */
    double change;        /* of the chance */
    uint64_t hash;
} mover;

typedef struct changing {
    const changes_options *o;
    leaving_model model;
    side before, after;
    size_t terms, n;
    mover *mover;
    double *mean; /* [terms] */
} changing;

static void side_free(side *s) {
    mem_free(NULL, s->score);
    mem_free(NULL, s->contribution);
    landmarks_free(&s->m);
}

static mr_status load(ledger *l, changing *c, mr_error *err) {
    ledger_model stored = {0};
    mr_status status = ledger_model_leaving(l, &stored, err);
    if (status == MR_OK && !stored.id) status = error_set(err, MR_EDATA, NULL, -1, "the ledger keeps no model of leaving: 'marram train --db URL' makes one");
    if (status == MR_OK) status = leaving_model_read(stored.document, strlen(stored.document), &c->model, err);
    ledger_model_free(&stored);
    return status;
}

static mr_status read_side(ledger *l, const changing *c, int32_t day, const mr_context *context, side *s, mr_error *err) {
    landmarks_options o = {.horizon_days = c->model.horizon_days, .sour_days = c->model.sour_days, .only_day = day, .until = day, .customer_id = c->o->customer_id, .rates = c->o->rates};
    mr_status status = landmarks_read(l, &o, context, &s->m, err);
    if (status != MR_OK) return status;
    size_t n = s->m.n, *row = mem_take(NULL, n + 1, sizeof *row);
    s->score = mem_take(NULL, n + 1, sizeof *s->score);
    s->contribution = mem_take(NULL, BLOCK * c->terms + 1, sizeof *s->contribution);
    if (!row || !s->score || !s->contribution) status = error_memory(err, (n + BLOCK * c->terms) * sizeof(double));
    for (size_t i = 0; i < n && status == MR_OK; i++) row[i] = i;
    for (size_t from = 0; from < n && status == MR_OK; from += BLOCK)
        status = leaving_model_score(&c->model, &s->m, row + from, n - from < BLOCK ? n - from : BLOCK, context, s->score + from, NULL, err);
    mem_free(NULL, row);
    return status;
}

static double chance(double score) {
    return 1 / (1 + exp(-score));
}

static int by_change(const void *a, const void *b) {
    const mover *x = a, *y = b;
    double p = fabs(x->change), q = fabs(y->change);
    if (p != q) return p > q ? -1 : 1;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Customers of both stand sorted by their hash, each with one row. */
static mr_status match(changing *c, mr_error *err) {
    const landmarks *a = &c->before.m, *b = &c->after.m;
    size_t least = a->customers < b->customers ? a->customers : b->customers;
    c->mover = mem_take(NULL, least + 1, sizeof *c->mover);
    c->mean = mem_new(NULL, c->terms + 1, sizeof *c->mean);
    if (!c->mover || !c->mean) return error_memory(err, least * sizeof *c->mover);
    for (size_t i = 0, k = 0; i < a->customers && k < b->customers;) {
        const landmark_customer *x = &a->customer[i], *y = &b->customer[k];
        if (x->id == y->id) {
            if (x->n && y->n) {
                double change = chance(c->after.score[y->first]) - chance(c->before.score[x->first]);
                c->mover[c->n++] = (mover){x->first, y->first, change, x->hash};
            }
            i++, k++;
        } else if (x->hash < y->hash || (x->hash == y->hash && x->id < y->id)) {
            i++;
        } else {
            k++;
        }
    }
    return MR_OK;
}

typedef struct moved_term {
    size_t term;
    double change;
} moved_term;

static int by_size(const void *a, const void *b) {
    const moved_term *x = a, *y = b;
    double p = fabs(x->change), q = fabs(y->change);
    return p != q ? p > q ? -1 : 1 : x->term < y->term ? -1 : x->term > y->term;
}

static const char *reason_of_term(const char *name) {
    char first[256];
    snprintf(first, sizeof first, "%.*s", (int)(strstr(name, " x ") ? strstr(name, " x ") - name : (ptrdiff_t)strlen(name)), name);
    int feature = feature_find(first);
    return feature < 0 ? "" : feature_of(feature)->reason;
}

/* Of movers from .. on, as many as fit; returns how many. */
static mr_status contributions_from(changing *c, size_t from, size_t *n, mr_error *err) {
    size_t row[2][BLOCK];
    double score[BLOCK];
    *n = c->n - from < BLOCK ? c->n - from : BLOCK;
    for (size_t i = 0; i < *n; i++) {
        row[0][i] = c->mover[from + i].before;
        row[1][i] = c->mover[from + i].after;
    }
    mr_status status = leaving_model_score(&c->model, &c->before.m, row[0], *n, NULL, score, c->before.contribution, err);
    return status == MR_OK ? leaving_model_score(&c->model, &c->after.m, row[1], *n, NULL, score, c->after.contribution, err) : status;
}

/* The mover whose contributions stand at `at`. */
static json_t *one_mover(const changing *c, const mover *m, size_t at, moved_term *room) {
    const double *before = c->before.contribution + at * c->terms, *after = c->after.contribution + at * c->terms;
    const landmarks *b = &c->after.m;
    char id[24], name[256];
    double rest = 0;
    json_t *list = json_array();
    for (size_t t = 0; t < c->terms; t++) room[t] = (moved_term){t, after[t] - before[t]};
    qsort(room, c->terms, sizeof *room, by_size);
    for (size_t t = 0; t < c->terms; t++) {
        if (t >= (size_t)c->o->top || room[t].change == 0) {
            rest += room[t].change;
            continue;
        }
        size_t term = room[t].term;
        trained_term_name(&c->model.model, term, name);
        json_array_append_new(list, json_pack("{s:s,s:s,s:o,s:o,s:o}", "term", name, "reason", reason_of_term(name), "before", json_number(before[term]), "after", json_number(after[term]),
                                              "change", json_number(room[t].change)));
    }
    const landmark_customer *who = &b->customer[b->who[m->after]];
    snprintf(id, sizeof id, "%lld", (long long)who->id);
    return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "customer_id", id, "identifier", who->external_id, "tier", who->tier, "chance_before", json_number(chance(c->before.score[m->before])),
                     "chance_after", json_number(chance(c->after.score[m->after])), "score_before", json_number(c->before.score[m->before]), "score_after",
                     json_number(c->after.score[m->after]), "contributions", list, "rest", json_number(rest));
}

static mr_status mean_changes(changing *c, mr_error *err) {
    mr_status status = MR_OK;
    for (size_t from = 0, n; from < c->n && status == MR_OK; from += n) {
        status = contributions_from(c, from, &n, err);
        for (size_t i = 0; i < n * c->terms && status == MR_OK; i++)
            c->mean[i % c->terms] += (c->after.contribution[i] - c->before.contribution[i]) / (double)c->n;
    }
    return status;
}

static mr_status list_movers(changing *c, moved_term *room, json_t *moved, mr_error *err) {
    size_t most = c->o->limit && c->o->limit < c->n ? c->o->limit : c->n;
    mr_status status = MR_OK;
    for (size_t from = 0, n; from < most && status == MR_OK; from += n) {
        status = contributions_from(c, from, &n, err);
        for (size_t i = 0; i < n && from + i < most && status == MR_OK; i++) json_array_append_new(moved, one_mover(c, &c->mover[from + i], i, room));
    }
    return status;
}

static mr_status all_of(changing *c, moved_term *room, json_t **out, mr_error *err) {
    char since[11], until[11], name[256];
    double before = 0, after = 0;
    json_int_t up = 0, down = 0;
    json_t *moved = json_array(), *terms = json_array();
    for (size_t i = 0; i < c->n; i++) {
        const mover *m = &c->mover[i];
        before += chance(c->before.score[m->before]) / (double)c->n;
        after += chance(c->after.score[m->after]) / (double)c->n;
        up += m->change > 0, down += m->change < 0;
    }
    mr_status status = mean_changes(c, err);
    for (size_t t = 0; t < c->terms; t++) room[t] = (moved_term){t, c->mean[t]};
    qsort(room, c->terms, sizeof *room, by_size);
    for (size_t t = 0; t < c->terms && room[t].change != 0; t++) {
        trained_term_name(&c->model.model, room[t].term, name);
        json_array_append_new(terms, json_pack("{s:s,s:s,s:o}", "term", name, "reason", reason_of_term(name), "change", json_number(room[t].change)));
    }
    qsort(c->mover, c->n, sizeof *c->mover, by_change);
    if (status == MR_OK) status = list_movers(c, room, moved, err);
    *out = json_pack("{s:s,s:s,s:i,s:I,s:I,s:I,s:o,s:o,s:I,s:I,s:o,s:o}", "since", calendar_text(c->o->since, since), "until", calendar_text(c->o->until, until), "horizon_days",
                     (int)c->model.horizon_days, "both", (json_int_t)c->n, "gone", (json_int_t)(c->before.m.customers - c->n), "new", (json_int_t)(c->after.m.customers - c->n),
                     "mean_before", json_number(before), "mean_after", json_number(after), "up", up, "down", down, "moved", moved, "terms", terms);
    if (status == MR_OK && !*out) status = error_memory(err, 4096);
    if (status == MR_OK) return MR_OK;
    json_decref(*out);
    *out = NULL;
    return status;
}

mr_status changes_json(ledger *l, const changes_options *o, const mr_context *context, json_t **out, mr_error *err) {
    changing c = {.o = o};
    moved_term *room = NULL;
    *out = NULL;
    mr_status status = load(l, &c, err);
    if (status == MR_OK) {
        c.terms = trained_terms(&c.model.model);
        status = read_side(l, &c, o->since, context, &c.before, err);
    }
    if (status == MR_OK) status = read_side(l, &c, o->until, context, &c.after, err);
    if (status == MR_OK) status = match(&c, err);
    if (status == MR_OK && !c.n) status = error_set(err, MR_EDATA, NULL, -1, "nobody was at risk of leaving on both days: who leaves or comes in between has no change to show");
    if (status == MR_OK && !(room = mem_take(NULL, c.terms + 1, sizeof *room))) status = error_memory(err, c.terms * sizeof *room);
    if (status == MR_OK) status = all_of(&c, room, out, err);
    mem_free(NULL, room);
    mem_free(NULL, c.mover);
    mem_free(NULL, c.mean);
    side_free(&c.before);
    side_free(&c.after);
    leaving_model_free(&c.model);
    return status;
}
