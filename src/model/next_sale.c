#include "next_sale.h"

#include <error.h>
#include <math.h>
#include <mem.h>
#include <pool.h>
#include <rng.h>
#include <sort.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 16            /* products a block of work */
#define TERMS (1u << 20)    /* pairs that choose mu, and customers' products that choose kappa, are about so many at most: every so-manyth, by a hash */
#define NOBODY UINT64_MAX

/* --- strengths of priors --- */

double next_sale_strength(int step) {
    return ldexp(1, step - 4);
}

void next_sale_leave_out(double n, double of, double p, double sum[NEXT_SALE_STRENGTHS]) {
    if (!(n >= 1) || !(p > 0) || of <= 1) return; /* the only one of its kind says nothing of the strength */
    for (int i = 0; i < NEXT_SALE_STRENGTHS; i++) {
        double strength = next_sale_strength(i);
        sum[i] += n * (log(n - 1 + strength * p) - log(of - 1 + strength));
    }
}

double next_sale_likeliest(const double sum[NEXT_SALE_STRENGTHS]) {
    int best = NEXT_SALE_STRENGTHS - 1; /* nothing seen: the prior alone */
    for (int i = NEXT_SALE_STRENGTHS - 1; i >= 0; i--)
        if (sum[i] > sum[best]) best = i;
    return next_sale_strength(best);
}

/* Two kinds, yes and no. */
static void leave_out_both(double yes, double of, double p, double sum[NEXT_SALE_STRENGTHS]) {
    next_sale_leave_out(yes, of, p, sum);
    next_sale_leave_out(of - yes, of, 1 - p, sum);
}

static double shrunken(double n, double of, double p, double strength) {
    return (n + strength * p) / (of + strength);
}

/* --- baskets --- */

typedef struct fitting {
    const next_sale_lines *lines;
    const mr_context *context;
    next_sale_model *m;
    int32_t until;
    uint64_t *end;      /* [customers] of their lines up to `until` */
    uint32_t *at;       /* [lines] by product: the lines it stands in, customers in order */
    uint64_t *at_first; /* [products + 1] */
    uint32_t *baskets;  /* [products] that held it */
    double *nexts;      /* [products] next baskets that held it */
    double *owned, *again; /* [products] next baskets since it was first bought, and those of them with it */
    double all_nexts;
    uint32_t pair_stride;
    struct fit_desk *desk; /* [threads] */
    double *sums;       /* [blocks][NEXT_SALE_STRENGTHS] */
    size_t blocks;
    double *counts;     /* [products]: n(A), without A itself */
    double *selves;     /* [products]: how often A came after A */
    double *occasions;  /* [products]: baskets with A that another came after */
    next_sale_follower *kept; /* [products x NEXT_SALE_FOLLOWERS]; lift: n(A, B) until mu is known */
    uint32_t *kept_n;   /* [products] */
} fitting;

static uint64_t basket_end(const next_sale_lines *l, uint64_t from, uint64_t end) {
    uint64_t i = from + 1;
    while (i < end && l->day[i] == l->day[from]) i++;
    return i;
}

static mr_status check(const fitting *f, mr_error *err) {
    const next_sale_lines *l = f->lines;
    for (size_t c = 0; c < l->customers; c++)
        for (uint64_t i = l->first[c]; i < l->first[c + 1]; i++) {
            bool first = i == l->first[c], same = !first && l->day[i] == l->day[i - 1];
            if (l->product[i] >= l->products || (same && l->product[i] <= l->product[i - 1])) return error_set(err, MR_EDATA, "product", (int64_t)i, "products must be below %u, ascending within a day", l->products);
            if (!first && l->day[i] < l->day[i - 1]) return error_set(err, MR_EDATA, "day", (int64_t)i, "a customer's lines must be in the order of their days");
        }
    return MR_OK;
}

/* --- who has what: one customer after another --- */

/* What of the customer's products: k of m next baskets since the first. first_at, times, last_basket: by product, this customer's where stamp says so. */
typedef struct owning {
    uint64_t *stamp;
    uint32_t *first_basket, *times; /* [products] */
    uint32_t *mine;                 /* the customer's products */
    size_t mine_n;
} owning;

/* The customer's baskets, and of each product of theirs the first basket and how many. Returns how many baskets. */
static uint32_t take_stock(const next_sale_lines *l, uint64_t from, uint64_t end, uint64_t customer, owning *o) {
    uint32_t baskets = 0;
    o->mine_n = 0;
    for (uint64_t i = from; i < end; baskets++)
        for (uint64_t to = basket_end(l, i, end); i < to; i++) {
            uint32_t p = l->product[i];
            if (o->stamp[p] != customer) {
                o->stamp[p] = customer;
                o->first_basket[p] = baskets;
                o->times[p] = 0;
                o->mine[o->mine_n++] = p;
            }
            o->times[p]++;
        }
    return baskets;
}

static void count_products(fitting *f, owning *o) {
    next_sale_model *m = f->m;
    for (size_t c = 0; c < f->lines->customers; c++) {
        uint32_t baskets = take_stock(f->lines, f->lines->first[c], f->end[c], c, o);
        if (baskets) m->occasions += baskets - 1;
        for (size_t i = 0; i < o->mine_n; i++) {
            next_sale_product *p = &m->product[o->mine[i]];
            uint32_t after = baskets - 1 - o->first_basket[o->mine[i]], times = o->times[o->mine[i]];
            p->buyers++;
            p->came_back += after > 0;
            p->rebuyers += times > 1;
            f->baskets[o->mine[i]] += times;
            f->owned[o->mine[i]] += after;
            f->again[o->mine[i]] += times - 1;
            f->nexts[o->mine[i]] += times - (o->first_basket[o->mine[i]] == 0);
        }
    }
    for (uint32_t p = 0; p < m->products; p++) f->all_nexts += f->nexts[p];
}

static void shrink_products(fitting *f, owning *o) {
    next_sale_model *m = f->m;
    double owned = 0, again = 0, came_back = 0, rebuyers = 0, sums[NEXT_SALE_STRENGTHS] = {0}, ratios[NEXT_SALE_STRENGTHS] = {0}, own[NEXT_SALE_STRENGTHS] = {0};
    for (uint32_t i = 0; i < m->products; i++) {
        owned += f->owned[i];
        again += f->again[i];
        came_back += m->product[i].came_back;
        rebuyers += m->product[i].rebuyers;
    }
    double usual = owned > 0 ? again / owned : 0, ratio = came_back > 0 ? rebuyers / came_back : 0;
    for (uint32_t i = 0; i < m->products; i++) {
        leave_out_both(f->again[i], f->owned[i], usual, sums);
        leave_out_both(m->product[i].rebuyers, m->product[i].came_back, ratio, ratios);
    }
    double of_own = next_sale_likeliest(sums), of_ratio = next_sale_likeliest(ratios);
    for (uint32_t i = 0; i < m->products; i++) {
        next_sale_product *p = &m->product[i];
        double without = (double)m->occasions - f->owned[i], fresh = f->nexts[i] - f->again[i];
        p->known = p->buyers >= NEXT_SALE_LEAST;
        p->again = shrunken(p->rebuyers, p->came_back, ratio, of_ratio);
        p->own = shrunken(f->again[i], f->owned[i], usual, of_own);
        p->fresh = without > 0 ? fresh / without : 0;
    }
    uint64_t stride = 1 + m->lines / TERMS, turn = 0;
    for (size_t c = 0; c < f->lines->customers; c++) {
        if (rng_mix(c) % stride) continue;
        uint32_t baskets = take_stock(f->lines, f->lines->first[c], f->end[c], c + f->lines->customers, o);
        for (size_t i = 0; i < o->mine_n; i++, turn++) leave_out_both(o->times[o->mine[i]] - 1, baskets - 1 - o->first_basket[o->mine[i]], m->product[o->mine[i]].own, own);
    }
    m->kappa = next_sale_likeliest(own);
}

/* --- what follows what: one product after another --- */

typedef struct fit_desk {
    uint32_t *count, *customers; /* [products], of the product at hand */
    uint64_t *stamp;             /* [products] the last customer counted */
    uint32_t *slot;              /* [products] 1 + place among the kept; 0 none */
    uint32_t *touched;           /* [products] */
    size_t touched_n;
    int32_t *days;               /* of the kept */
    size_t days_room;
} fit_desk;

/* Which customer a line is of: lines are looked at in ascending order, so the last answer helps. */
static size_t customer_of(const next_sale_lines *l, uint64_t line, size_t from) {
    size_t low = from, high = l->customers - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->first[middle + 1] > line) high = middle;
        else low = middle + 1;
    }
    return low;
}

typedef struct occasion {
    size_t customer;
    uint64_t from, to; /* the next basket's lines */
    int32_t days;
} occasion;

/* The next basket after the one that holds this line; false: none, or a stocktake. */
static bool next_basket(const fitting *f, uint64_t line, occasion *o) {
    const next_sale_lines *l = f->lines;
    o->customer = customer_of(l, line, o->customer);
    uint64_t end = f->end[o->customer], begin = line;
    while (begin > l->first[o->customer] && l->day[begin - 1] == l->day[line]) begin--;
    o->from = basket_end(l, line, end);
    if (o->from >= end) return false;
    o->to = basket_end(l, o->from, end);
    o->days = l->day[o->from] - l->day[line];
    return o->to - o->from <= NEXT_SALE_BASKET && o->from - begin <= NEXT_SALE_BASKET;
}

static void count_nexts(fitting *f, fit_desk *d, uint32_t a) {
    occasion o = {0};
    d->touched_n = 0;
    for (uint64_t k = f->at_first[a]; k < f->at_first[a + 1]; k++) {
        if (!next_basket(f, f->at[k], &o)) continue;
        f->occasions[a]++;
        for (uint64_t i = o.from; i < o.to; i++) {
            uint32_t b = f->lines->product[i];
            if (!d->count[b]) {
                d->touched[d->touched_n++] = b;
                d->stamp[b] = NOBODY;
                d->customers[b] = 0;
            }
            d->count[b]++;
            if (d->stamp[b] != o.customer) d->customers[b]++;
            d->stamp[b] = o.customer;
        }
    }
}

/* Those that take most from the others, into kept[]; lift holds n(A, B). */
static void keep_followers(fitting *f, fit_desk *d, uint32_t a) {
    next_sale_follower *kept = f->kept + (size_t)a * NEXT_SALE_FOLLOWERS;
    double excess[NEXT_SALE_FOLLOWERS], others = f->all_nexts - f->nexts[a];
    uint32_t n = 0;
    for (size_t k = 0; k < d->touched_n; k++) {
        uint32_t b = d->touched[k];
        double more = d->count[b] - f->counts[a] * f->nexts[b] / others;
        if (b == a || !f->m->product[b].known || d->customers[b] < 2 || !(more > 0)) continue;
        uint32_t at = n;
        while (at > 0 && (excess[at - 1] < more || (excess[at - 1] == more && kept[at - 1].product > b))) at--;
        if (at == NEXT_SALE_FOLLOWERS) continue;
        if (n < NEXT_SALE_FOLLOWERS) n++;
        for (uint32_t i = n - 1; i > at; i--) {
            kept[i] = kept[i - 1];
            excess[i] = excess[i - 1];
        }
        kept[at] = (next_sale_follower){.product = b, .customers = d->customers[b], .lift = d->count[b]};
        excess[at] = more;
    }
    f->kept_n[a] = n;
}

static int by_days(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The days to each of the kept, of a customer's first time. Quantile at share s of n sorted days: the ceil(s n)-th. */
static mr_status time_followers(fitting *f, fit_desk *d, uint32_t a, mr_error *err) {
    next_sale_follower *kept = f->kept + (size_t)a * NEXT_SALE_FOLLOWERS;
    size_t n = 0, first[NEXT_SALE_FOLLOWERS + 1], filled[NEXT_SALE_FOLLOWERS];
    occasion o = {0};
    for (uint32_t s = 0; s < f->kept_n[a]; s++) {
        first[s] = filled[s] = n;
        n += kept[s].customers;
        d->slot[kept[s].product] = s + 1;
        d->stamp[kept[s].product] = NOBODY;
    }
    first[f->kept_n[a]] = n;
    if (n > d->days_room) {
        int32_t *room = mem_resize(context_alloc(f->context), d->days, 2 * n, sizeof *room);
        if (!room) return error_memory(err, 2 * n * sizeof *room);
        d->days = room;
        d->days_room = 2 * n;
    }
    for (uint64_t k = f->at_first[a]; n && k < f->at_first[a + 1]; k++) {
        if (!next_basket(f, f->at[k], &o)) continue;
        for (uint64_t i = o.from; i < o.to; i++) {
            uint32_t b = f->lines->product[i], s = d->slot[b];
            if (!s || d->stamp[b] == o.customer) continue;
            d->stamp[b] = o.customer;
            d->days[filled[s - 1]++] = o.days;
        }
    }
    for (uint32_t s = 0; s < f->kept_n[a]; s++) {
        size_t many = first[s + 1] - first[s];
        qsort(d->days + first[s], many, sizeof *d->days, by_days);
        for (size_t q = 0; q < 3; q++) kept[s].days[q] = d->days[first[s] + ((q + 1) * many + 3) / 4 - 1];
        d->slot[kept[s].product] = 0;
    }
    return MR_OK;
}

static mr_status fit_products(void *ctx, size_t block, int worker, mr_error *err) {
    fitting *f = ctx;
    fit_desk *d = &f->desk[worker];
    mr_status status = MR_OK;
    size_t to = (block + 1) * BLOCK < f->m->products ? (block + 1) * BLOCK : f->m->products;
    for (size_t i = block * BLOCK; i < to && status == MR_OK; i++) {
        uint32_t a = (uint32_t)i;
        if (!f->m->product[a].known) continue;
        count_nexts(f, d, a);
        for (size_t k = 0; k < d->touched_n; k++) *(d->touched[k] == a ? &f->selves[a] : &f->counts[a]) += d->count[d->touched[k]];
        double others = f->all_nexts - f->nexts[a];
        for (size_t k = 0; k < d->touched_n; k++) {
            uint32_t b = d->touched[k];
            if (b != a && rng_mix((uint64_t)a << 32 | b) % f->pair_stride == 0) next_sale_leave_out(d->count[b], f->counts[a], f->nexts[b] / others, f->sums + block * NEXT_SALE_STRENGTHS);
        }
        keep_followers(f, d, a);
        for (size_t k = 0; k < d->touched_n; k++) d->count[d->touched[k]] = 0;
        status = time_followers(f, d, a, err);
    }
    const mr_context *c = f->context;
    if (status == MR_OK && c && c->progress && c->progress(to, f->m->products, c->progress_ctx)) return error_set(err, MR_ECANCELLED, NULL, -1, "stopped on request");
    return status;
}

/* --- the whole --- */

/* n(A, B) into lifts, now that mu is known. */
static void lift_followers(fitting *f) {
    next_sale_model *m = f->m;
    for (uint32_t a = 0; a < m->products; a++) {
        next_sale_product *p = &m->product[a];
        next_sale_follower *kept = f->kept + (size_t)a * NEXT_SALE_FOLLOWERS;
        double others = f->all_nexts - f->nexts[a], rest = 1, rest_q = 1;
        p->first = m->followers;
        p->followers = f->kept_n[a];
        p->self_lift = p->own > 0 ? shrunken(f->selves[a], f->occasions[a], p->own, m->mu) / p->own : 1;
        for (uint32_t s = 0; s < f->kept_n[a]; s++) {
            double q = f->nexts[kept[s].product] / others, share = shrunken(kept[s].lift, f->counts[a], q, m->mu);
            kept[s].lift = share / q;
            rest -= share;
            rest_q -= q;
            m->follower[m->followers++] = kept[s];
        }
        p->rest_lift = rest_q > 1e-9 ? fmax(0, rest / rest_q) : 1;
    }
}

/* Products by how they sell; the same everywhere, for sort_doubles leaves equals in their order. */
static mr_status rank_sellers(fitting *f, mr_error *err) {
    next_sale_model *m = f->m;
    double *key = mem_take(m->alloc, m->products, sizeof *key);
    if (!key) return error_memory(err, m->products * sizeof *key);
    for (uint32_t i = 0; i < m->products; i++) key[i] = f->baskets[i];
    mr_status status = sort_doubles(m->products, key, m->best, true);
    for (uint32_t i = 0; i < m->products; i++) key[i] = m->product[i].fresh;
    if (status == MR_OK) status = sort_doubles(m->products, key, m->newest, true);
    mem_free(m->alloc, key);
    return status == MR_OK ? MR_OK : error_memory(err, m->products * sizeof *key);
}

/* The lines by product: a counting sort, so that each product's stand in the order of customers and days. */
static void sort_lines(fitting *f) {
    const next_sale_lines *l = f->lines;
    for (size_t c = 0; c < l->customers; c++)
        for (uint64_t i = l->first[c]; i < f->end[c]; i++) f->at_first[l->product[i] + 1]++;
    for (uint32_t p = 0; p < l->products; p++) f->at_first[p + 1] += f->at_first[p];
    for (size_t c = 0; c < l->customers; c++)
        for (uint64_t i = l->first[c]; i < f->end[c]; i++) f->at[f->at_first[l->product[i]]++] = (uint32_t)i;
    for (uint32_t p = l->products; p > 0; p--) f->at_first[p] = f->at_first[p - 1];
    f->at_first[0] = 0;
}

static bool take_memory(fitting *f, owning *o) {
    const mr_alloc *alloc = context_alloc(f->context);
    next_sale_model *m = f->m;
    size_t p = m->products, threads = (size_t)pool_size(context_pool(f->context));
    f->blocks = (p + BLOCK - 1) / BLOCK;
    f->at = mem_take(alloc, m->lines, sizeof *f->at);
    f->at_first = mem_new(alloc, p + 1, sizeof *f->at_first);
    f->baskets = mem_new(alloc, p, sizeof *f->baskets);
    f->kept = mem_take(alloc, p * NEXT_SALE_FOLLOWERS, sizeof *f->kept);
    f->kept_n = mem_new(alloc, p, sizeof *f->kept_n);
    f->sums = mem_new(alloc, f->blocks * NEXT_SALE_STRENGTHS, sizeof *f->sums);
    f->desk = mem_new(alloc, threads, sizeof *f->desk);
    double **columns[] = {&f->nexts, &f->owned, &f->again, &f->counts, &f->selves, &f->occasions};
    bool fine = f->at && f->at_first && f->baskets && f->kept && f->kept_n && f->sums && f->desk;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) fine = (*columns[i] = mem_new(alloc, p, sizeof **columns[i])) && fine;
    *o = (owning){mem_take(alloc, p, sizeof *o->stamp), mem_take(alloc, p, sizeof *o->first_basket), mem_take(alloc, p, sizeof *o->times), mem_take(alloc, p, sizeof *o->mine), 0};
    for (uint32_t i = 0; o->stamp && i < p; i++) o->stamp[i] = NOBODY;
    for (size_t i = 0; f->desk && i < threads; i++) {
        fit_desk *d = &f->desk[i];
        *d = (fit_desk){.count = mem_new(alloc, p, sizeof *d->count), .customers = mem_new(alloc, p, sizeof *d->customers), .stamp = mem_take(alloc, p, sizeof *d->stamp), .slot = mem_new(alloc, p, sizeof *d->slot),
                        .touched = mem_take(alloc, p, sizeof *d->touched)};
        fine = fine && d->count && d->customers && d->stamp && d->slot && d->touched;
    }
    m->product = mem_new(alloc, p, sizeof *m->product);
    m->best = mem_take(alloc, p, sizeof *m->best);
    m->newest = mem_take(alloc, p, sizeof *m->newest);
    return fine && o->stamp && o->first_basket && o->times && o->mine && m->product && m->best && m->newest;
}

static void give_memory_back(fitting *f, owning *o) {
    const mr_alloc *alloc = context_alloc(f->context);
    void *blocks[] = {f->end, f->at, f->at_first, f->baskets, f->kept, f->kept_n, f->sums, f->nexts, f->owned, f->again, f->counts, f->selves, f->occasions, o->stamp, o->first_basket, o->times, o->mine};
    size_t threads = (size_t)pool_size(context_pool(f->context));
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) mem_free(alloc, blocks[i]);
    for (size_t i = 0; f->desk && i < threads; i++) {
        void *of_desk[] = {f->desk[i].count, f->desk[i].customers, f->desk[i].stamp, f->desk[i].slot, f->desk[i].touched, f->desk[i].days};
        for (size_t k = 0; k < sizeof of_desk / sizeof *of_desk; k++) mem_free(alloc, of_desk[k]);
    }
    mem_free(alloc, f->desk);
}

static mr_status fit(fitting *f, owning *o, mr_error *err) {
    next_sale_model *m = f->m;
    double sum[NEXT_SALE_STRENGTHS] = {0};
    size_t followers = 0;
    sort_lines(f);
    count_products(f, o);
    shrink_products(f, o);
    mr_status status = rank_sellers(f, err);
    f->pair_stride = (uint32_t)(1 + m->lines / TERMS);
    if (status == MR_OK) status = pool_run(context_pool(f->context), f->blocks, fit_products, f, err);
    for (size_t b = 0; b < f->blocks && status == MR_OK; b++)
        for (int i = 0; i < NEXT_SALE_STRENGTHS; i++) sum[i] += f->sums[b * NEXT_SALE_STRENGTHS + (size_t)i];
    if (status != MR_OK) return status;
    m->mu = next_sale_likeliest(sum);
    for (uint32_t a = 0; a < m->products; a++) followers += f->kept_n[a];
    m->follower = mem_take(m->alloc, followers, sizeof *m->follower);
    if (!m->follower) return error_memory(err, followers * sizeof *m->follower);
    lift_followers(f);
    return MR_OK;
}

mr_status next_sale_fit(const next_sale_lines *lines, int32_t until, const mr_context *context, next_sale_model *out, mr_error *err) {
    fitting f = {.lines = lines, .context = context, .m = out, .until = until};
    owning o = {0};
    *out = (next_sale_model){.alloc = context_alloc(context), .products = lines->products};
    f.end = mem_take(out->alloc, lines->customers, sizeof *f.end);
    mr_status status = f.end ? check(&f, err) : error_memory(err, lines->customers * sizeof *f.end);
    for (size_t c = 0; c < lines->customers && status == MR_OK; c++) {
        f.end[c] = lines->first[c + 1];
        while (f.end[c] > lines->first[c] && lines->day[f.end[c] - 1] > until) f.end[c]--;
        out->lines += f.end[c] - lines->first[c];
    }
    if (status == MR_OK && lines->customers && lines->first[lines->customers] > UINT32_MAX) status = error_set(err, MR_EDATA, "lines", -1, "more than %u lines", UINT32_MAX);
    if (status == MR_OK && !take_memory(&f, &o)) status = error_memory(err, out->lines * 4 + (size_t)lines->products * 600);
    if (status == MR_OK) status = fit(&f, &o, err);
    give_memory_back(&f, &o);
    if (status != MR_OK) next_sale_free(out);
    return status;
}

void next_sale_free(next_sale_model *m) {
    mem_free(m->alloc, m->product);
    mem_free(m->alloc, m->follower);
    mem_free(m->alloc, m->best);
    mem_free(m->alloc, m->newest);
    *m = (next_sale_model){0};
}
