/* One customer of the made-up shop.
 *
 * Customer i of N arrives with their first order at (i + u) / N of the window, so that identifiers grow with
 * time as in a real shop. Then
 *
 *     rate lambda ~ Gamma(1.6) / 1.6 / 40 days           gap between orders ~ Erlang-k with mean 1 / lambda
 *     k = 1 (irregular), or for a regular customer any of 2 .. 6
 *     p ~ Beta(0.5, 1.5): the chance of leaving right after each order, the first included; so the number of
 *         orders they would make is 1 + Geometric(p), one draw
 *     amount ~ Gamma(6, nu) with nu ~ Gamma(4): the gamma-gamma model with mean 6 / 3 x 20 = 40
 *
 * which is MBG/CNBD-k with k mixed, and gamma-gamma spending (docs/methods). The yearly season is a change of
 * clock: orders run in a time tau in which the shop has no season, and tau(t) = integral of 1 + A cos(2 pi (t
 * - peak) / year). A table takes tau back to days. Orders and amounts have streams of their own, so that the
 * calibration can replay the orders without the amounts. */
#include "shop.h"

#include "calendar.h"
#include "error.h"
#include "mem.h"
#include "pool.h"
#include "rng.h"

#include <math.h>
#include <string.h>

#define RATE_SHAPE 1.6
#define RATE_MEAN (1 / 40.0)
#define LEAVE_A 0.5
#define LEAVE_B 1.5
#define SPEND_ORDERS                                                                                         \
    6 /* shape of the amounts of one customer; whole, so that a product of uniforms draws it */
#define SPEND_Q 4.0
#define SPEND_CENTS 2000.0
#define MOST_CENTS 2000000000.0
#define RETURN_FIRST 2 /* a return comes this many days after its order, and up to RETURN_SPAN - 1 later */
#define RETURN_SPAN 13
#define PEAK_DAY 340 /* of the year: early December */
#define PI 3.14159265358979323846

/* A customer's orders, one after the other. */
typedef struct life {
    rng r;
    double at, step; /* tau of the current order; 1 / (k lambda) */
    uint64_t orders_left;
    int k;
    double rate;
    bool ended; /* left, rather than met the end of the window */
} life;

static life life_begin(const shop *s, uint64_t customer) {
    life l;
    rng_seed(&l.r, s->seed, 2 * customer);
    l.at = s->end * (((double)customer + rng_uniform(&l.r)) / (double)s->customers);
    l.rate = rng_gamma(&l.r, RATE_SHAPE) * (RATE_MEAN / RATE_SHAPE) * s->speed;
    double p = rng_beta(&l.r, LEAVE_A, LEAVE_B);
    /* Geometric by inversion; a p that rounds to 0 gives no end, one of 1 an end at once. */
    double more = log(rng_uniform(&l.r)) / log1p(-p);
    l.orders_left = more < 1e15 ? (uint64_t)more : UINT64_MAX;
    l.k = 1;
    bool regular = rng_uniform(&l.r) < s->regular;
    uint64_t k = rng_below(&l.r, 5);
    if (regular) l.k = 2 + (int)k;
    l.step = 1 / (l.k * l.rate);
    l.ended = false;
    return l;
}

/* Moves to the next order; false where there is none. */
static bool life_next(const shop *s, life *l) {
    if (l->orders_left == 0) {
        l->ended = true;
        return false;
    }
    l->orders_left--;
    double product = rng_uniform(&l->r);
    for (int i = 1; i < l->k; i++) product *= rng_uniform(&l->r);
    l->at -= l->step * log(product);
    return l->at < s->end;
}

static int32_t day_of(const shop *s, double tau) {
    double t = tau;
    if (s->calendar) {
        double cell = tau * SHOP_STEPS;
        size_t i = (size_t)cell;
        if (i > s->calendar_n - 2) i = s->calendar_n - 2;
        t = s->calendar[i] + (cell - (double)i) * (s->calendar[i + 1] - s->calendar[i]);
    }
    int32_t day = (int32_t)t;
    return day < s->days ? day : s->days - 1;
}

static double uniform_high(uint64_t bits) {
    return ((double)(bits >> 32) + 0.5) * 0x1p-32;
}

static double uniform_low(uint64_t bits) {
    return ((double)(bits & 0xffffffffu) + 0.5) * 0x1p-32;
}

static int32_t draw_cents(rng *r, double scale) {
    double product = 1;
    for (int i = 0; i < SPEND_ORDERS / 2; i++) {
        uint64_t bits = rng_next(r);
        product *= uniform_high(bits) * uniform_low(bits);
    }
    double cents = floor(-scale * log(product) + 0.5);
    if (cents < 1) cents = 1;
    if (cents > MOST_CENTS) cents = MOST_CENTS;
    return (int32_t)cents;
}

/* Most returns are whole; the others send back a part. */
static int32_t draw_return(rng *r, int32_t cents, int32_t *delay) {
    uint64_t bits = rng_next(r);
    *delay = RETURN_FIRST + (int32_t)((bits & 0xffff) * RETURN_SPAN >> 16);
    if ((bits >> 16 & 0xff) < 179) return -cents; /* 70 % */
    double part = 0.2 + 0.7 * uniform_high(bits);
    return -(int32_t)fmax(1, floor(part * cents + 0.5));
}

static bool room_for_two(shop_lines *lines, const mr_alloc *alloc) {
    if (lines->n + 2 <= lines->capacity) return true;
    size_t capacity = lines->capacity + lines->capacity / 4 + 1024;
    shop_line *grown = mem_resize(alloc, lines->line, capacity, sizeof *grown);
    if (!grown) return false;
    lines->line = grown;
    lines->capacity = capacity;
    return true;
}

mr_status shop_customer(const shop *s, uint64_t customer, uint16_t number, const mr_alloc *alloc,
                        shop_lines *lines, shop_truth *truth, mr_error *err) {
    life l = life_begin(s, customer);
    rng money;
    rng_seed(&money, s->seed, 2 * customer + 1);
    double scale = SPEND_CENTS / rng_gamma(&money, SPEND_Q);
    int32_t first = day_of(s, l.at), last = first;
    for (bool more = true; more; more = life_next(s, &l)) {
        last = day_of(s, l.at);
        if (!room_for_two(lines, alloc))
            return error_memory(err, (lines->capacity + 1024) * sizeof(shop_line));
        int32_t cents = draw_cents(&money, scale);
        lines->line[lines->n++] = (shop_line){.day = (uint16_t)last, .customer = number, .cents = cents};
        if (s->returns == 0 || rng_uniform(&money) >= s->returns) continue;
        int32_t delay, back = draw_return(&money, cents, &delay);
        if (last + delay >= s->days) continue; /* not yet sent back when the window ends */
        lines->line[lines->n++] =
            (shop_line){.day = (uint16_t)(last + delay), .customer = number, .cents = back};
    }
    *truth = (shop_truth){.first = first, .left = l.ended ? last : -1, .k = l.k, .rate = l.rate};
    return MR_OK;
}

/* --- the season --- */

static double season_clock(const shop *s, double t) {
    double w = 2 * PI / DAYS_PER_YEAR, peak = PEAK_DAY - (double)s->start;
    return t + s->season / w * (sin(w * (t - peak)) - sin(-w * peak));
}

static mr_status season_open(shop *s, const mr_alloc *alloc, mr_error *err) {
    s->end = s->days;
    if (s->season == 0) return MR_OK;
    s->end = season_clock(s, s->days);
    s->calendar_n = (size_t)ceil(s->end * SHOP_STEPS) + 2;
    s->calendar = mem_take(alloc, s->calendar_n, sizeof *s->calendar);
    if (!s->calendar) return error_memory(err, s->calendar_n * sizeof *s->calendar);
    double low = 0;
    for (size_t i = 0; i < s->calendar_n; i++) {
        /* The clock only grows, so each answer lies above the one before. */
        double want = (double)i / SHOP_STEPS, high = s->days + 2 * DAYS_PER_YEAR;
        for (int halving = 0; halving < 60; halving++) {
            double middle = (low + high) / 2;
            if (season_clock(s, middle) < want) {
                low = middle;
            } else {
                high = middle;
            }
        }
        s->calendar[i] = low;
    }
    return MR_OK;
}

/* --- the speed that gives the wanted number of orders --- */

#define PILOT_MOST 131072
#define PILOT_SMALL 16384
#define PILOT_BLOCK 512

typedef struct pilot {
    const shop *s;
    uint64_t customers;
    uint64_t orders[PILOT_MOST / PILOT_BLOCK];
} pilot;

static mr_status pilot_block(void *ctx, size_t block, int worker, mr_error *err) {
    (void)worker;
    (void)err;
    pilot *p = ctx;
    uint64_t from = block * PILOT_BLOCK, to = from + PILOT_BLOCK, orders = 0;
    if (to > p->customers) to = p->customers;
    for (uint64_t i = from; i < to; i++) {
        /* Spread over the base: an early customer has more time to order. */
        uint64_t customer = (uint64_t)((double)i * (double)p->s->customers / (double)p->customers);
        life l = life_begin(p->s, customer);
        for (bool more = true; more; more = life_next(p->s, &l)) orders++;
    }
    p->orders[block] = orders;
    return MR_OK;
}

static double pilot_mean(const shop *s, uint64_t most, mr_pool *pool) {
    pilot p = {.s = s, .customers = s->customers < most ? s->customers : most};
    size_t blocks = (size_t)((p.customers + PILOT_BLOCK - 1) / PILOT_BLOCK);
    uint64_t orders = 0;
    pool_run(pool, blocks, pilot_block, &p, NULL); /* its blocks cannot fail */
    for (size_t i = 0; i < blocks; i++) orders += p.orders[i];
    return (double)orders / (double)p.customers;
}

/* Replays the customers themselves: all of a small shop, so that the mean comes out as near as its steps
 * allow. With the streams fixed the mean only grows with the speed: the secant on their logs, where orders
 * beyond the first are nearly a power of the speed, halving the bracket where it leaves it. A large shop is
 * searched on a spread of 16,384, whose own mean is some 3 % off where a few buy very often; one last step on
 * 131,072 takes that below 1 %. */
static mr_status calibrate(shop *s, double wanted, mr_pool *pool, mr_error *err) {
    const double fastest = log(1 / RATE_MEAN); /* an order a day on average */
    double low = log(1e-6), high = fastest, at = 0, target = log(wanted - 0.99);
    double before = 0, before_at = 0, slope = 1;
    for (int i = 0; i < 40 && high - low > 1e-9; i++) {
        s->speed = exp(at);
        double mean = pilot_mean(s, PILOT_SMALL, pool), value = log(mean - 0.99);
        if (i > 0 && at != before_at) slope = (value - before) / (at - before_at);
        if (fabs(mean - wanted) < 0.003 * wanted) break;
        if (mean < wanted && at >= fastest)
            return error_set(
                err, MR_EINVAL, "orders_per_customer", -1,
                "%g orders per customer in %d days cannot be had: at an order a day their mean is %.1f, "
                "for many leave early; ask for fewer, or for more years",
                wanted, s->days, mean);
        if (mean < wanted) {
            low = at;
        } else {
            high = at;
        }
        before = value, before_at = at;
        at = slope > 0.05 ? at + (target - value) / slope : fastest;
        /* The top of the bracket is tried once before it is believed. */
        if (at >= fastest && high >= fastest) {
            at = fastest;
        } else if (!(at > low && at < high) || i % 5 == 4) {
            at = (low + high) / 2;
        }
    }
    if (s->customers > PILOT_SMALL && slope > 0.05)
        s->speed *= exp((target - log(pilot_mean(s, PILOT_MOST, pool) - 0.99)) / slope);
    return MR_OK;
}

static mr_status outside(mr_error *err, const char *field, const char *range, double value) {
    return error_set(err, MR_EINVAL, field, -1, "%s must be %s, not %g", field, range, value);
}

mr_status shop_open(const simulate_options *options, const mr_context *context, shop *out, mr_error *err) {
    const simulate_options *o = options;
    memset(out, 0, sizeof *out);
    if (o->customers < 1 || o->customers > 1000000000)
        return outside(err, "customers", "1 to 1000000000", (double)o->customers);
    if (!(o->years > 0 && o->years <= 100)) return outside(err, "years", "above 0 and at most 100", o->years);
    if (!(o->orders_per_customer == 0 || (o->orders_per_customer >= 1.01 && o->orders_per_customer <= 10000)))
        return outside(err, "orders_per_customer", "0 (as it comes) or 1.01 to 10000",
                       o->orders_per_customer);
    if (!(o->regular >= 0 && o->regular <= 1)) return outside(err, "regular", "0 to 1", o->regular);
    if (!(o->seasonality >= 0 && o->seasonality <= 0.95))
        return outside(err, "seasonality", "0 to 0.95", o->seasonality);
    if (!(o->returns >= 0 && o->returns < 1)) return outside(err, "returns", "0 to below 1", o->returns);
    double days = fmax(1, floor(o->years * DAYS_PER_YEAR + 0.5));
    if (o->start < calendar_day(1, 1, 1) || o->start + days - 1 > calendar_day(9999, 12, 31))
        return error_set(err, MR_EINVAL, "start", -1, "the window leaves the years 1 to 9999");
    *out = (shop){.seed = o->seed,
                  .customers = o->customers,
                  .start = o->start,
                  .days = (int32_t)days,
                  .regular = o->regular,
                  .returns = o->returns,
                  .speed = 1,
                  .season = o->seasonality,
                  .ids = o->ids,
                  .contacts = o->contacts};
    mr_status status = season_open(out, context_alloc(context), err);
    if (status == MR_OK && o->orders_per_customer > 0)
        status = calibrate(out, o->orders_per_customer, context_pool(context), err);
    return status;
}

void shop_close(shop *s, const mr_alloc *alloc) {
    mem_free(alloc, s->calendar);
    s->calendar = NULL;
}
