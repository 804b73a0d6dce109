/* The cycle as bytes for the store: small, because every customer has one (about 50 bytes for one who only orders), and canonical: the
 * same cycle gives the same bytes, so that comparing bytes compares cycles.
 *
 *   version   1 byte
 *   parts     unsigned: bit 0 events, 1 orders, 2 gaps, 3 money, 4 refunds, 5 mixed; bit 6 + i: line i of cycle_counts.def
 *   events    n unsigned, last_at signed - base, rank signed, id 8 bytes, first_at signed - base of the first day
 *   orders    n unsigned, order_events - n signed, first day signed, last day - first day signed
 *   gaps      the double's 8 bytes
 *   money     currency 3 bytes, spend signed, spend - first_spend signed, spend - last_day_spend signed
 *   refunds   n unsigned, money signed
 *   counts    of each line whose part is there: count unsigned, last_at - time signed, where the line has them
 *
 * A part is there where any of its members is not as cycle_begin leaves it. unsigned: seven bits a byte, lowest first, the high bit set
 * on all but the last, and no needless bytes. signed: zigzag (0, -1, 1, -2 ...) of the difference modulo 2^64, then unsigned.
 * base: midnight of the last (first) order's day, 0 where there is none: an event on that day costs at most six bytes, and one byte where
 * only the day is known. */
#include "cycle.h"

#include "bits.h"
#include "error.h"

#include <math.h>
#include <string.h>

#define DAY_US INT64_C(86400000000)

enum { HAS_EVENTS = 1, HAS_ORDERS = 2, HAS_GAPS = 4, HAS_MONEY = 8, HAS_REFUNDS = 16, IS_MIXED = 32, FIRST_LINE = 6 };

enum {
#define COUNTED(kind, count, time) LINE_##kind,
#define COUNT(kind, count) LINE_##kind,
#define TIME(kind, time) LINE_##kind,
#include "cycle_counts.def"
#undef COUNTED
#undef COUNT
#undef TIME
    LINES
};
_Static_assert(FIRST_LINE + LINES <= 32, "the parts are 32 bits");
/* Numbers of 32 bits take up to 5 bytes, of 64 up to 10. */
_Static_assert(1 + 5 + (5 + 10 + 5 + 8 + 10) + 4 * 5 + 8 + (3 + 3 * 10) + (5 + 10) + LINES * (5 + 10) <= CYCLE_BYTES_MAX,
               "the longest cycle fits");

static inline uint32_t part_of(int line) {
    return UINT32_C(1) << (FIRST_LINE + line);
}

static int64_t midnight(int32_t day) {
    return day == INT32_MIN ? 0 : (int64_t)((uint64_t)day * (uint64_t)DAY_US);
}

/* --- writing --- */

static unsigned char *put_unsigned(unsigned char *out, uint64_t value) {
    while (value >= 0x80) {
        *out++ = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    *out++ = (unsigned char)value;
    return out;
}

/* a - b modulo 2^64. */
static unsigned char *put_difference(unsigned char *out, int64_t a, int64_t b) {
    uint64_t d = (uint64_t)a - (uint64_t)b;
    return put_unsigned(out, d << 1 ^ (d >> 63 ? UINT64_MAX : 0));
}

static unsigned char *put_fixed(unsigned char *out, uint64_t value) {
    for (int i = 0; i < 8; i++) out[i] = (unsigned char)(value >> 8 * i);
    return out + 8;
}

static uint64_t double_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint32_t parts_of(const cycle *c) {
    uint32_t parts = 0;
    if (c->events) parts |= HAS_EVENTS;
    if (c->orders || c->order_events || c->first_order_day != INT32_MIN || c->last_order_day != INT32_MIN) parts |= HAS_ORDERS;
    if (double_bits(c->sum_log_gaps)) parts |= HAS_GAPS;
    if (c->currency[0] || c->spend || c->first_spend || c->last_day_spend) parts |= HAS_MONEY;
    if (c->refunds || c->refunded) parts |= HAS_REFUNDS;
    if (c->mixed) parts |= IS_MIXED;
#define COUNTED(kind, count, time) if (c->count || c->time != INT64_MIN) parts |= part_of(LINE_##kind);
#define COUNT(kind, count) if (c->count) parts |= part_of(LINE_##kind);
#define TIME(kind, time) if (c->time != INT64_MIN) parts |= part_of(LINE_##kind);
#include "cycle_counts.def"
#undef COUNTED
#undef COUNT
#undef TIME
    return parts;
}

static unsigned char *put_buying(const cycle *c, uint32_t parts, unsigned char *at) {
    if (parts & HAS_ORDERS) {
        at = put_unsigned(at, c->orders);
        at = put_difference(at, c->order_events, c->orders);
        at = put_difference(at, c->first_order_day, 0);
        at = put_difference(at, c->last_order_day, c->first_order_day);
    }
    if (parts & HAS_GAPS) at = put_fixed(at, double_bits(c->sum_log_gaps));
    if (parts & HAS_MONEY) {
        memcpy(at, c->currency, 3);
        at = put_difference(at + 3, c->spend, 0);
        at = put_difference(at, c->spend, c->first_spend);
        at = put_difference(at, c->spend, c->last_day_spend);
    }
    if (parts & HAS_REFUNDS) at = put_difference(put_unsigned(at, c->refunds), c->refunded, 0);
    return at;
}

size_t cycle_encode(const cycle *c, unsigned char out[CYCLE_BYTES_MAX]) {
    uint32_t parts = parts_of(c);
    unsigned char *at = out;
    *at++ = CYCLE_VERSION;
    at = put_unsigned(at, parts);
    if (parts & HAS_EVENTS) {
        at = put_unsigned(at, c->events);
        at = put_difference(at, c->last_at_us, midnight(c->last_order_day));
        at = put_difference(at, c->last_rank, 0);
        at = put_fixed(at, (uint64_t)c->last_id);
        at = put_difference(at, c->first_at_us, midnight(c->first_order_day));
    }
    at = put_buying(c, parts, at);
#define COUNTED(kind, count, time) \
    if (parts & part_of(LINE_##kind)) at = put_difference(put_unsigned(at, c->count), c->last_at_us, c->time);
#define COUNT(kind, count) if (parts & part_of(LINE_##kind)) at = put_unsigned(at, c->count);
#define TIME(kind, time) if (parts & part_of(LINE_##kind)) at = put_difference(at, c->last_at_us, c->time);
#include "cycle_counts.def"
#undef COUNTED
#undef COUNT
#undef TIME
    return (size_t)(at - out);
}

/* --- reading --- */

/* What is left to read. Once `bad`, everything reads as 0. */
typedef struct reader {
    const unsigned char *at, *end;
    bool bad;
} reader;

static uint64_t get_unsigned(reader *r) {
    uint64_t value = 0;
    for (int shift = 0; shift < 70 && r->at < r->end; shift += 7) {
        unsigned char byte = *r->at++;
        if ((shift == 63 && byte > 1) || (shift && !byte)) break; /* more than 64 bits; a needless byte */
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    r->bad = true;
    r->at = r->end;
    return 0;
}

static uint32_t get_count(reader *r) {
    uint64_t value = get_unsigned(r);
    if (value > UINT32_MAX) r->bad = true;
    return (uint32_t)value;
}

static int64_t get_signed(reader *r) {
    uint64_t value = get_unsigned(r);
    return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

static int64_t plus(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t less(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int32_t get_day(reader *r, int64_t base) {
    int64_t value = plus(base, get_signed(r));
    if (value < INT32_MIN || value > INT32_MAX) r->bad = true;
    return (int32_t)value;
}

static uint64_t get_fixed(reader *r) {
    if (r->end - r->at < 8) {
        r->bad = true;
        r->at = r->end;
        return 0;
    }
    uint64_t value = bits_load64((const char *)r->at);
    r->at += 8;
    return value;
}

static void get_buying(reader *r, uint32_t parts, cycle *c) {
    if (parts & HAS_ORDERS) {
        c->orders = get_count(r);
        int64_t order_events = plus(c->orders, get_signed(r));
        if (order_events < 0 || order_events > UINT32_MAX) r->bad = true;
        c->order_events = (uint32_t)order_events;
        c->first_order_day = get_day(r, 0);
        c->last_order_day = get_day(r, c->first_order_day);
    }
    if (parts & HAS_GAPS) {
        uint64_t bits = get_fixed(r);
        memcpy(&c->sum_log_gaps, &bits, sizeof bits);
        if (!isfinite(c->sum_log_gaps)) r->bad = true;
    }
    if (parts & HAS_MONEY) {
        for (int i = 0; i < 3; i++) {
            if (r->at == r->end) r->bad = true;
            c->currency[i] = r->bad ? 0 : (char)*r->at++;
        }
        c->spend = get_signed(r);
        c->first_spend = less(c->spend, get_signed(r));
        c->last_day_spend = less(c->spend, get_signed(r));
    }
    if (parts & HAS_REFUNDS) {
        c->refunds = get_count(r);
        c->refunded = get_signed(r);
    }
    c->mixed = (parts & IS_MIXED) != 0;
}

/* The events' part stands before the orders' days it is counted from. */
typedef struct first_and_last {
    int64_t last, first;
} first_and_last;

static first_and_last get_events(reader *r, cycle *c) {
    first_and_last t;
    c->events = get_count(r);
    t.last = get_signed(r);
    c->last_rank = get_day(r, 0);
    c->last_id = (int64_t)get_fixed(r);
    t.first = get_signed(r);
    return t;
}

mr_status cycle_decode(const unsigned char *bytes, size_t len, cycle *c, mr_error *err) {
    cycle_begin(c);
    if (!bytes || !len) return error_set(err, MR_EDATA, "cycle", -1, "a stored cycle is empty; rebuild it from the events");
    if (bytes[0] != CYCLE_VERSION)
        return error_set(err, MR_EDATA, "cycle", -1, "a stored cycle is of version %d, this Marram writes %d; rebuild it from the events",
                         bytes[0], CYCLE_VERSION);
    reader r = {.at = bytes + 1, .end = bytes + len};
    uint32_t parts = get_count(&r);
    if (LINES + FIRST_LINE < 32 && parts >> (FIRST_LINE + LINES)) r.bad = true;
    first_and_last t = {0};
    if (parts & HAS_EVENTS) t = get_events(&r, c);
    get_buying(&r, parts, c);
    if (parts & HAS_EVENTS) {
        c->last_at_us = plus(midnight(c->last_order_day), t.last);
        c->first_at_us = plus(midnight(c->first_order_day), t.first);
    }
#define COUNTED(kind, count, when)                \
    if (parts & part_of(LINE_##kind)) {            \
        c->count = get_count(&r);                  \
        c->when = less(c->last_at_us, get_signed(&r)); \
    }
#define COUNT(kind, count) if (parts & part_of(LINE_##kind)) c->count = get_count(&r);
#define TIME(kind, when) if (parts & part_of(LINE_##kind)) c->when = less(c->last_at_us, get_signed(&r));
#include "cycle_counts.def"
#undef COUNTED
#undef COUNT
#undef TIME
    if (r.bad || r.at != r.end || parts_of(c) != parts) {
        cycle_begin(c);
        return error_set(err, MR_EDATA, "cycle", -1, "a stored cycle of %zu bytes is damaged; rebuild it from the events", len);
    }
    return MR_OK;
}
