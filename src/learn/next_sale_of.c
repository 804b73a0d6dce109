#include "next_sale_of.h"

#include <error.h>
#include <mem.h>
#include <pool.h>
#include <rng.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 1024 /* customers a block of work */
#define Z 1.959963984540054 /* 95 % */
#define MOST_HOLDOUT_DAYS 182

const char *next_sale_verdict_name(next_sale_verdict v) {
    static const char *const names[] = {"acts", "no_better", "too_few", "no_products"};
    return names[v];
}

/* --- names --- */

static unsigned char lower(char c) {
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool trimmed(const char **text, size_t *len) {
    while (*len && (unsigned char)(*text)[*len - 1] <= ' ') --*len;
    while (*len && (unsigned char)**text <= ' ') ++*text, --*len;
    return *len > 0;
}

static uint64_t hash_of(const char *text, size_t len) {
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < len; i++) hash = (hash ^ lower(text[i])) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}

static bool is(const char *name, const char *text, size_t len) {
    size_t i = 0;
    while (i < len && name[i] && lower(name[i]) == lower(text[i])) i++;
    return i == len && !name[i];
}

/* Where the name stands; NEXT_SALE_NONE: it does not, and *key is free for it. Two names of one hash are told apart: the second stands under the hash of the hash. */
static uint32_t name_at(const hashmap *names, char *const *name, const char *text, size_t len, uint64_t *key) {
    for (*key = hash_of(text, len);; *key = rng_mix(*key) | 1) {
        const uint64_t *at = names->capacity ? hashmap_find(names, *key) : NULL;
        if (!at) return NEXT_SALE_NONE;
        if (is(name[*at], text, len)) return (uint32_t)*at;
    }
}

static bool add_name(hashmap *names, char **name, uint32_t at, const char *text, size_t len, uint64_t key, const mr_alloc *alloc) {
    bool made;
    char *copy = mem_take(alloc, len + 1, 1);
    uint64_t *slot = copy ? hashmap_at(names, key, &made) : NULL;
    if (!slot) {
        mem_free(alloc, copy);
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = 0;
    name[at] = copy;
    *slot = at;
    return true;
}

bool next_sale_name_add(hashmap *names, char **name, uint32_t at, const char *text) {
    uint64_t key;
    size_t len = strlen(text);
    return trimmed(&text, &len) && name_at(names, name, text, len, &key) == NEXT_SALE_NONE && add_name(names, name, at, text, len, key, NULL);
}

uint32_t next_sale_base_product(next_sale_base *b, const char *text, size_t len, bool *failed) {
    uint64_t key;
    *failed = false;
    if (!text || !trimmed(&text, &len)) return NEXT_SALE_NONE;
    uint32_t at = name_at(&b->names, b->name, text, len, &key);
    if (at != NEXT_SALE_NONE) return at;
    if (b->products == b->names_room) {
        uint32_t room = b->names_room ? 2 * b->names_room : 256;
        char **more = mem_resize(b->alloc, b->name, room, sizeof *more);
        if (!more) return *failed = true, NEXT_SALE_NONE;
        b->name = more;
        b->names_room = room;
    }
    *failed = !add_name(&b->names, b->name, b->products, text, len, key, b->alloc);
    return *failed ? NEXT_SALE_NONE : b->products++;
}

uint32_t next_sale_stored_find(const next_sale_stored *s, const char *text, size_t len) {
    uint64_t key;
    return text && trimmed(&text, &len) ? name_at(&s->names, s->name, text, len, &key) : NEXT_SALE_NONE;
}

/* --- lines --- */

typedef struct line {
    int32_t day;
    uint32_t product;
} line;

static int by_day(const void *a, const void *b) {
    const line *x = a, *y = b;
    if (x->day != y->day) return x->day < y->day ? -1 : 1;
    return (x->product > y->product) - (x->product < y->product);
}

static bool make_room(next_sale_base *b, size_t lines) {
    if (b->customers + 2 > b->customers_room) {
        size_t room = b->customers_room ? 2 * b->customers_room : 1024;
        uint64_t *more = mem_resize(b->alloc, b->first, room, sizeof *more);
        if (!more) return false;
        if (!b->first) more[0] = 0;
        b->first = more;
        b->customers_room = room;
    }
    if (b->lines + lines <= b->lines_room) return true;
    size_t room = b->lines_room + b->lines_room / 2 + lines + 1024;
    int32_t *day = mem_resize(b->alloc, b->day, room, sizeof *day);
    if (day) b->day = day;
    uint32_t *product = mem_resize(b->alloc, b->product, room, sizeof *product);
    if (product) b->product = product;
    if (!day || !product) return false;
    b->lines_room = room;
    return true;
}

mr_status next_sale_base_customer(next_sale_base *b, const int32_t *day, const uint32_t *product, size_t n, mr_error *err) {
    line few[256], *lines = n <= 256 ? few : mem_take(b->alloc, n, sizeof *lines);
    if (!n) return MR_OK;
    if (!lines || !make_room(b, n)) {
        if (lines != few) mem_free(b->alloc, lines);
        return error_memory(err, n * sizeof *lines);
    }
    for (size_t i = 0; i < n; i++) lines[i] = (line){day[i], product[i]};
    qsort(lines, n, sizeof *lines, by_day);
    for (size_t i = 0; i < n; i++) {
        if (i && !by_day(&lines[i], &lines[i - 1])) continue;
        b->day[b->lines] = lines[i].day;
        b->product[b->lines++] = lines[i].product;
    }
    b->first[++b->customers] = b->lines;
    if (lines != few) mem_free(b->alloc, lines);
    return MR_OK;
}

void next_sale_base_free(next_sale_base *b) {
    for (uint32_t i = 0; i < b->products; i++) mem_free(b->alloc, b->name[i]);
    mem_free(b->alloc, b->name);
    mem_free(b->alloc, b->first);
    mem_free(b->alloc, b->day);
    mem_free(b->alloc, b->product);
    hashmap_free(&b->names);
    *b = (next_sale_base){0};
}

/* --- held against bestsellers --- */

typedef struct hits {
    uint64_t cases, ours, best, own, ours_not_best, best_not_ours, ours_not_own, own_not_ours;
} hits;

typedef struct judge { /* of a thread */
    next_sale_desk *desk;
    uint32_t *times; /* [products] of the customer at hand; else 0 */
} judge;

typedef struct judging {
    const next_sale_base *b;
    const next_sale_model *m;
    int32_t cut, until;
    uint32_t *place; /* [products] among the bestsellers */
    judge *judge;    /* [threads] */
    hits *hits;      /* [blocks] */
} judging;

static bool sells_better(const judging *j, const judge *of, uint32_t x, uint32_t y) {
    return of->times[x] != of->times[y] ? of->times[x] > of->times[y] : j->place[x] < j->place[y];
}

/* The three they have bought most often; where they have not bought three, bestsellers fill up. */
static size_t most_bought(const judging *j, judge *of, const uint32_t *product, size_t n, uint32_t out[NEXT_SALE_PICKS]) {
    size_t many = 0;
    for (size_t i = 0; i < n; i++) of->times[product[i]]++;
    for (size_t i = 0; i < n + NEXT_SALE_PICKS; i++) {
        if (i >= n && i - n >= j->m->products) break;
        uint32_t p = i < n ? product[i] : j->m->best[i - n];
        size_t at = 0;
        while (at < many && out[at] != p) at++;
        if (at < many) continue;
        while (at > 0 && sells_better(j, of, p, out[at - 1])) at--;
        if (at == NEXT_SALE_PICKS) continue;
        if (many < NEXT_SALE_PICKS) many++;
        memmove(out + at + 1, out + at, (many - 1 - at) * sizeof *out);
        out[at] = p;
    }
    for (size_t i = 0; i < n; i++) of->times[product[i]] = 0;
    return many;
}

static bool one_of(const uint32_t *pick, size_t picks, const uint32_t *product, size_t n) {
    for (size_t i = 0; i < picks; i++)
        for (size_t k = 0; k < n; k++)
            if (pick[i] == product[k]) return true;
    return false;
}

static void judge_customer(const judging *j, judge *of, size_t customer, hits *h) {
    const next_sale_base *b = j->b;
    uint64_t from = b->first[customer], cut = from, end;
    next_sale_pick pick[NEXT_SALE_PICKS];
    uint32_t ours[NEXT_SALE_PICKS], own[NEXT_SALE_PICKS];
    while (cut < b->first[customer + 1] && b->day[cut] <= j->cut) cut++;
    if (cut == from || cut == b->first[customer + 1] || b->day[cut] > j->until) return;
    for (end = cut; end < b->first[customer + 1] && b->day[end] == b->day[cut];) end++;
    size_t n = next_sale_rank(j->m, of->desk, b->day + from, b->product + from, cut - from, NEXT_SALE_PICKS, pick);
    for (size_t i = 0; i < n; i++) ours[i] = pick[i].product;
    size_t owns = most_bought(j, of, b->product + from, cut - from, own), most = j->m->products < NEXT_SALE_PICKS ? j->m->products : NEXT_SALE_PICKS;
    bool we = one_of(ours, n, b->product + cut, end - cut), best = one_of(j->m->best, most, b->product + cut, end - cut), they = one_of(own, owns, b->product + cut, end - cut);
    h->cases++;
    h->ours += we;
    h->best += best;
    h->own += they;
    h->ours_not_best += we && !best;
    h->best_not_ours += best && !we;
    h->ours_not_own += we && !they;
    h->own_not_ours += they && !we;
}

static mr_status judge_block(void *ctx, size_t block, int worker, mr_error *err) {
    const judging *j = ctx;
    size_t to = (block + 1) * BLOCK < j->b->customers ? (block + 1) * BLOCK : j->b->customers;
    (void)err;
    for (size_t i = block * BLOCK; i < to; i++) judge_customer(j, &j->judge[worker], i, &j->hits[block]);
    return MR_OK;
}

static next_sale_share share_of(uint64_t hit, uint64_t n) {
    double p = n ? (double)hit / (double)n : 0, zz = Z * Z, of = (double)n;
    if (!n) return (next_sale_share){0, NAN, 0, 1};
    double middle = (p + zz / (2 * of)) / (1 + zz / of), half = Z / (1 + zz / of) * sqrt(p * (1 - p) / of + zz / (4 * of * of));
    return (next_sale_share){hit, p, fmax(0, middle - half), fmin(1, middle + half)};
}

/* The difference of two shares of the same cases: won and lost are the cases that one alone hit. Half a case more in each of the four cells. */
static void gain_of(uint64_t won, uint64_t lost, uint64_t n, double *gain, double *low, double *high) {
    double b = (double)won + .5, c = (double)lost + .5, of = (double)n + 2, middle = (b - c) / of, se = sqrt(b + c - (b - c) * (b - c) / of) / of;
    *gain = n ? ((double)won - (double)lost) / (double)n : 0;
    *low = middle - Z * se;
    *high = middle + Z * se;
}

static void tell(const hits *h, next_sale_trial *t) {
    t->cases = h->cases;
    t->ours = share_of(h->ours, h->cases);
    t->best = share_of(h->best, h->cases);
    t->own = share_of(h->own, h->cases);
    gain_of(h->ours_not_best, h->best_not_ours, h->cases, &t->gain, &t->gain_low, &t->gain_high);
    gain_of(h->ours_not_own, h->own_not_ours, h->cases, &t->own_gain, &t->own_low, &t->own_high);
    t->verdict = h->cases < NEXT_SALE_LEAST_CASES ? NEXT_SALE_TOO_FEW : t->gain_low > 0 ? NEXT_SALE_ACTS : NEXT_SALE_NO_BETTER;
}

static mr_status judge_all(judging *j, const mr_context *context, next_sale_trial *trial, mr_error *err) {
    const mr_alloc *alloc = j->b->alloc;
    size_t threads = (size_t)pool_size(context_pool(context)), blocks = (j->b->customers + BLOCK - 1) / BLOCK;
    hits all = {0};
    j->place = mem_take(alloc, j->m->products, sizeof *j->place);
    j->judge = mem_new(alloc, threads, sizeof *j->judge);
    j->hits = mem_new(alloc, blocks, sizeof *j->hits);
    mr_status status = j->place && j->judge && j->hits ? MR_OK : error_memory(err, blocks * sizeof *j->hits);
    for (uint32_t i = 0; i < j->m->products && status == MR_OK; i++) j->place[j->m->best[i]] = i;
    for (size_t i = 0; i < threads && status == MR_OK; i++) {
        status = next_sale_desk_new(j->m, &j->judge[i].desk, err);
        j->judge[i].times = mem_new(alloc, j->m->products, sizeof *j->judge[i].times);
        if (status == MR_OK && !j->judge[i].times) status = error_memory(err, j->m->products * sizeof *j->judge[i].times);
    }
    if (status == MR_OK) status = pool_run(context_pool(context), blocks, judge_block, j, err);
    for (size_t i = 0; i < blocks && status == MR_OK; i++) {
        const hits *h = &j->hits[i];
        all = (hits){all.cases + h->cases, all.ours + h->ours, all.best + h->best, all.own + h->own, all.ours_not_best + h->ours_not_best, all.best_not_ours + h->best_not_ours, all.ours_not_own + h->ours_not_own,
                     all.own_not_ours + h->own_not_ours};
    }
    for (size_t i = 0; j->judge && i < threads; i++) {
        next_sale_desk_free(j->judge[i].desk);
        mem_free(alloc, j->judge[i].times);
    }
    mem_free(alloc, j->place);
    mem_free(alloc, j->judge);
    mem_free(alloc, j->hits);
    if (status == MR_OK) tell(&all, trial);
    return status;
}

static uint64_t clear_pairs(const next_sale_model *m) {
    uint64_t n = 0;
    for (uint32_t a = 0; a < m->products; a++)
        for (size_t i = m->product[a].first; i < m->product[a].first + m->product[a].followers; i++)
            n += m->follower[i].lift >= NEXT_SALE_CLEAR_LIFT && m->follower[i].customers >= NEXT_SALE_CLEAR_SHARE * m->product[a].came_back;
    return n;
}

mr_status next_sale_learn(const next_sale_base *b, int32_t until, const mr_context *context, next_sale_trial *trial, next_sale_model *model, mr_error *err) {
    const next_sale_lines lines = {b->customers, b->first, b->day, b->product, b->products};
    int32_t first = INT32_MAX, last = INT32_MIN;
    *model = (next_sale_model){0};
    *trial = (next_sale_trial){.verdict = NEXT_SALE_NO_PRODUCTS, .cut = until, .until = until, .lines = b->lines, .customers = b->customers, .products = b->products};
    tell(&(hits){0}, trial);
    trial->verdict = NEXT_SALE_NO_PRODUCTS;
    for (size_t i = 0; i < b->lines; i++) {
        if (b->day[i] < first) first = b->day[i];
        if (b->day[i] > last && b->day[i] <= until) last = b->day[i];
    }
    if (!b->lines || last < first) return MR_OK;
    int32_t held = (int32_t)(((int64_t)last - first) / 4);
    trial->until = last;
    trial->cut = last - (held > MOST_HOLDOUT_DAYS ? MOST_HOLDOUT_DAYS : held);
    mr_status status = next_sale_fit(&lines, trial->cut, context, model, err);
    judging j = {.b = b, .m = model, .cut = trial->cut, .until = last};
    if (status == MR_OK) status = judge_all(&j, context, trial, err);
    next_sale_free(model);
    if (status == MR_OK) status = next_sale_fit(&lines, until, context, model, err);
    if (status == MR_OK) trial->pairs = clear_pairs(model);
    return status;
}
