/* A model of next sales as a document, and back. Products are written the bestsellers first, so that their order need not be. */
#include "next_sale_of.h"

#include <mem.h>
#include <sort.h>

#include <math.h>
#include <string.h>

#define VERSION 1

static json_t *share_json(const next_sale_share *s) {
    return json_pack("{s:I,s:f,s:f,s:f}", "hits", (json_int_t)s->hits, "rate", isnan(s->rate) ? 0 : s->rate, "low", s->low, "high", s->high);
}

json_t *next_sale_trial_json(const next_sale_trial *t) {
    return json_pack("{s:s,s:I,s:I,s:I,s:I,s:i,s:i,s:I,s:o,s:o,s:o,s:{s:f,s:f,s:f},s:{s:f,s:f,s:f}}", "verdict", next_sale_verdict_name(t->verdict), "lines", (json_int_t)t->lines, "customers", (json_int_t)t->customers, "products",
                     (json_int_t)t->products, "pairs", (json_int_t)t->pairs, "cut_day", (int)t->cut, "until_day", (int)t->until, "cases", (json_int_t)t->cases, "ours", share_json(&t->ours), "bestsellers", share_json(&t->best), "own", share_json(&t->own),
                     "gain", "value", t->gain, "low", t->gain_low, "high", t->gain_high, "own_gain", "value", t->own_gain, "low", t->own_low, "high", t->own_high);
}

/* --- writing --- */

static json_t *follower_json(const next_sale_follower *f, const uint32_t *number) {
    return json_pack("[i,i,f,i,i,i]", (int)number[f->product], (int)f->customers, f->lift, (int)f->days[0], (int)f->days[1], (int)f->days[2]);
}

static json_t *product_json(const next_sale_base *b, const next_sale_model *m, uint32_t at, const uint32_t *number) {
    const next_sale_product *p = &m->product[at];
    json_t *followers = json_array();
    for (size_t i = p->first; i < p->first + p->followers; i++)
        if (number[m->follower[i].product] != NEXT_SALE_NONE) json_array_append_new(followers, follower_json(&m->follower[i], number));
    return json_pack("[s,i,i,i,f,f,f,f,f,o]", b->name[at], (int)p->buyers, (int)p->came_back, (int)p->rebuyers, p->again, p->fresh, p->own, p->self_lift, p->rest_lift, followers);
}

json_t *next_sale_document(const next_sale_base *b, const next_sale_trial *trial, const next_sale_model *m) {
    json_t *o = json_pack("{s:i,s:o,s:f,s:f}", "version", VERSION, "trial", next_sale_trial_json(trial), "mu", m->mu, "kappa", m->kappa), *list = json_array();
    uint32_t *number = mem_take(b->alloc, m->products, sizeof *number), n = 0;
    bool fine = o && list && number;
    for (uint32_t i = 0; i < m->products && fine; i++) {
        uint32_t p = m->best[i];
        number[p] = trial->verdict == NEXT_SALE_ACTS && m->product[p].known && n < NEXT_SALE_STORED ? n++ : NEXT_SALE_NONE;
    }
    for (uint32_t i = 0; i < m->products && fine; i++)
        if (number[m->best[i]] != NEXT_SALE_NONE) fine = !json_array_append_new(list, product_json(b, m, m->best[i], number));
    mem_free(b->alloc, number);
    if (fine && !json_object_set_new(o, "products", list)) return o;
    json_decref(o);
    json_decref(fine ? NULL : list);
    return NULL;
}

/* --- reading --- */

static double number_at(const json_t *list, size_t i) {
    return json_number_value(json_array_get(list, i));
}

static bool whole_at(const json_t *list, size_t i, double most, uint32_t *out) {
    double value = number_at(list, i);
    if (!json_is_number(json_array_get(list, i)) || !(value >= 0 && value <= most)) return false;
    *out = (uint32_t)value;
    return true;
}

static bool chance_at(const json_t *list, size_t i, double most, double *out) {
    *out = number_at(list, i);
    return json_is_number(json_array_get(list, i)) && *out >= 0 && *out <= most;
}

static bool read_follower(const json_t *o, uint32_t products, next_sale_follower *f) {
    bool fine = whole_at(o, 0, products - 1.0, &f->product) && whole_at(o, 1, 4e9, &f->customers) && chance_at(o, 2, 1e12, &f->lift);
    for (size_t q = 0; q < 3 && fine; q++) {
        uint32_t days;
        fine = whole_at(o, 3 + q, 1e6, &days);
        f->days[q] = (int32_t)days;
    }
    return fine;
}

static bool read_product(const json_t *o, next_sale_stored *s, uint32_t at) {
    next_sale_product *p = &s->model.product[at];
    const char *name = json_string_value(json_array_get(o, 0));
    const json_t *followers = json_array_get(o, 9);
    bool fine = name && whole_at(o, 1, 4e9, &p->buyers) && whole_at(o, 2, 4e9, &p->came_back) && whole_at(o, 3, 4e9, &p->rebuyers) && chance_at(o, 4, 1, &p->again) && chance_at(o, 5, 1, &p->fresh) && chance_at(o, 6, 1, &p->own) &&
                chance_at(o, 7, 1e12, &p->self_lift) && chance_at(o, 8, 1e12, &p->rest_lift) && next_sale_name_add(&s->names, s->name, at, name);
    p->known = true;
    p->first = s->model.followers;
    p->followers = json_array_size(followers);
    for (size_t i = 0; i < p->followers && fine; i++) fine = read_follower(json_array_get(followers, i), s->model.products, &s->model.follower[s->model.followers++]);
    return fine;
}

static bool take_memory(const json_t *list, next_sale_stored *s) {
    next_sale_model *m = &s->model;
    const json_t *o;
    size_t i, followers = 0;
    m->products = (uint32_t)json_array_size(list);
    json_array_foreach(list, i, o) followers += json_array_size(json_array_get(o, 9));
    s->name = mem_new(NULL, m->products, sizeof *s->name);
    m->product = mem_new(NULL, m->products, sizeof *m->product);
    m->follower = mem_new(NULL, followers, sizeof *m->follower);
    m->best = mem_new(NULL, m->products, sizeof *m->best);
    m->newest = mem_new(NULL, m->products, sizeof *m->newest);
    return s->name && m->product && m->follower && m->best && m->newest;
}

static bool rank(next_sale_model *m) {
    double *key = mem_take(NULL, m->products, sizeof *key);
    for (uint32_t i = 0; i < m->products && key; i++) {
        m->best[i] = i;
        key[i] = m->product[i].fresh;
    }
    bool fine = key && sort_doubles(m->products, key, m->newest, true) == MR_OK;
    mem_free(NULL, key);
    return fine;
}

static bool read_trial(const json_t *o, next_sale_trial *t) {
    const char *verdict = json_string_value(json_object_get(o, "verdict"));
    int at = NEXT_SALE_NO_PRODUCTS;
    while (verdict && at >= 0 && strcmp(verdict, next_sale_verdict_name((next_sale_verdict)at))) at--;
    t->verdict = (next_sale_verdict)at;
    t->cut = (int32_t)json_integer_value(json_object_get(o, "cut_day"));
    t->until = (int32_t)json_integer_value(json_object_get(o, "until_day"));
    t->cases = (uint64_t)json_integer_value(json_object_get(o, "cases"));
    t->ours.rate = json_number_value(json_object_get(json_object_get(o, "ours"), "rate"));
    t->best.rate = json_number_value(json_object_get(json_object_get(o, "bestsellers"), "rate"));
    return verdict && at >= 0;
}

bool next_sale_document_read(const json_t *o, next_sale_stored *out) {
    const json_t *list = json_object_get(o, "products"), *p;
    size_t i;
    *out = (next_sale_stored){0};
    bool fine = json_integer_value(json_object_get(o, "version")) == VERSION && json_is_array(list) && json_array_size(list) <= NEXT_SALE_STORED && read_trial(json_object_get(o, "trial"), &out->trial) && take_memory(list, out);
    out->model.mu = json_number_value(json_object_get(o, "mu"));
    out->model.kappa = json_number_value(json_object_get(o, "kappa"));
    fine = fine && (out->model.kappa > 0 || !out->model.products);
    json_array_foreach(list, i, p) {
        fine = fine && read_product(p, out, (uint32_t)i);
        if (!fine) break;
    }
    if (fine && rank(&out->model) && next_sale_desk_new(&out->model, &out->desk, NULL) == MR_OK) return true;
    next_sale_stored_free(out);
    return false;
}

void next_sale_stored_free(next_sale_stored *s) {
    for (uint32_t i = 0; s->name && i < s->model.products; i++) mem_free(NULL, s->name[i]);
    mem_free(NULL, s->name);
    hashmap_free(&s->names);
    next_sale_desk_free(s->desk);
    next_sale_free(&s->model);
    *s = (next_sale_stored){0};
}
