/* Numbers to text and a growing buffer. */
#include "text.h"

#include "mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double power10[10] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

static size_t digits_of(uint64_t value) {
    /* clang-format off */
    static const uint64_t power[20] = {
        0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
        1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
        1000000000000000000, 10000000000000000000u};
    /* clang-format on */
    /* 1233 / 4096 is log10(2) from above, near enough for 64 bits: the digits, or one less. */
    size_t bits = 64 - (size_t)__builtin_clzll(value | 1), guess = bits * 1233 >> 12;
    return guess + 1 - (value < power[guess]);
}

char *text_unsigned(char *out, uint64_t value) {
    char *end = out + digits_of(value), *at = end;
    while (value >= 100) {
        at -= 2;
        memcpy(at, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        memcpy(at - 2, pairs + 2 * value, 2);
    } else {
        at[-1] = (char)('0' + value);
    }
    return end;
}

char *text_signed(char *out, int64_t value) {
    if (value >= 0) return text_unsigned(out, (uint64_t)value);
    *out++ = '-';
    return text_unsigned(out, 0 - (uint64_t)value);
}

char *text_fixed(char *out, double value, int decimals) {
    if (isnan(value)) return out;
    if (value < 0) {
        value = -value;
        if (value * power10[decimals] >= 0.5) *out++ = '-'; /* never "-0.00" */
    }
    if (isinf(value)) {
        memcpy(out, "inf", 3);
        return out + 3;
    }
    double scaled = value * power10[decimals] + 0.5;
    if (!(scaled < 1e15)) return out + snprintf(out, 38, "%.*g", 17, value);
    uint64_t all = (uint64_t)scaled, unit = (uint64_t)power10[decimals];
    out = text_unsigned(out, all / unit);
    if (decimals == 0) return out;
    *out++ = '.';
    uint64_t part = all % unit;
    for (int i = decimals - 1; i >= 0; i--) {
        out[i] = (char)('0' + part % 10);
        part /= 10;
    }
    return out + decimals;
}

bool text_reserve(text_buffer *b, size_t more) {
    if (b->failed) return false;
    if (b->capacity - b->len >= more) return true;
    size_t capacity = b->capacity ? b->capacity : 256;
    while (capacity - b->len < more) {
        if (capacity > SIZE_MAX / 4) {
            b->failed = true;
            return false;
        }
        capacity *= 2;
    }
    char *grown = mem_resize(b->alloc, b->data, capacity, 1);
    if (!grown) {
        b->failed = true;
        return false;
    }
    b->data = grown;
    b->capacity = capacity;
    return true;
}

void text_add(text_buffer *b, const char *bytes, size_t len) {
    if (!len || !text_reserve(b, len)) return;
    memcpy(b->data + b->len, bytes, len);
    b->len += len;
}

void text_puts(text_buffer *b, const char *string) {
    text_add(b, string, strlen(string));
}

void text_putc(text_buffer *b, char c) {
    text_add(b, &c, 1);
}

void text_printf(text_buffer *b, const char *format, ...) {
    char small[256];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (len >= 0 && (size_t)len < sizeof small) {
        text_add(b, small, (size_t)len);
    } else if (len >= 0 && text_reserve(b, (size_t)len + 1)) {
        vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
}

const char *text_terminate(text_buffer *b) {
    if (!text_reserve(b, 1)) return "";
    b->data[b->len] = 0;
    return b->data;
}

void text_free(text_buffer *b) {
    mem_free(b->alloc, b->data);
    b->data = NULL;
    b->len = b->capacity = 0;
    b->failed = false;
}
