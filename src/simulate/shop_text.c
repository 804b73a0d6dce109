/* Who a made-up customer is: an identifier in one of three shapes, a name and an address.
 *
 * All are functions of the seed and the customer's number. The addresses are under domains set aside for
 * examples (RFC 2606), so that nothing sent to them can reach a person. */
#include "shop.h"

#include "rng.h"
#include "text.h"

#include <string.h>

static const char *const given_names[] = {
    "Ada",   "Alan",  "Amara", "Anna",  "Aylin", "Ben",   "Carmen", "Chen",  "Clara", "Daniel",
    "Elena", "Emil",  "Farah", "Felix", "Grace", "Hugo",  "Ida",    "Ines",  "Ivan",  "Jana",
    "Jonas", "Kenji", "Laila", "Lars",  "Lena",  "Luca",  "Maria",  "Mateo", "Mei",   "Mila",
    "Nadia", "Nils",  "Noor",  "Olga",  "Omar",  "Oscar", "Paula",  "Priya", "Rosa",  "Samir",
    "Sofia", "Tariq", "Tessa", "Theo",  "Tomas", "Vera",  "Victor", "Wanda", "Yara",  "Zoe",
};
static const char *const family_names[] = {
    "Abbott",  "Adeyemi", "Andersen", "Bauer",   "Becker",   "Bianchi", "Carter",  "Castillo", "Cohen",
    "Costa",   "Dubois",  "Eriksen",  "Fischer", "Fraser",   "Garcia",  "Gruber",  "Haddad",   "Hansen",
    "Ibrahim", "Ito",     "Jansen",   "Kaya",    "Keller",   "Khan",    "Kovacs",  "Larsen",   "Lindgren",
    "Lopez",   "Marino",  "Mbeki",    "Moreau",  "Nakamura", "Novak",   "Okafor",  "Olsen",    "Park",
    "Pereira", "Petrov",  "Quinn",    "Reyes",   "Rossi",    "Sato",    "Schmidt", "Silva",    "Singh",
    "Tanaka",  "Vargas",  "Weber",    "Wright",  "Yilmaz",
};
static const char *const domains[] = {"example.com", "example.org", "example.net"};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static char *put(char *out, const char *text) {
    size_t len = strlen(text);
    memcpy(out, text, len);
    return out + len;
}

static char *put_lower(char *out, const char *text) {
    for (; *text; text++) *out++ = (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
    return out;
}

static char *put_code(char *out, uint64_t number) {
    *out++ = 'C';
    char digits[20];
    size_t len = (size_t)(text_unsigned(digits, number) - digits);
    for (size_t i = len; i < 7; i++) *out++ = '0';
    memcpy(out, digits, len);
    return out + len;
}

static char *put_hex(char *out, uint64_t bits, int from, int to) {
    static const char hex[] = "0123456789abcdef";
    for (int shift = from; shift >= to; shift -= 4) *out++ = hex[bits >> shift & 15];
    return out;
}

/* The shape of RFC 4122's random UUID: version 4, variant 10. Two different customers get the same 122 bits
 * with a chance of about N^2 / 2^123. */
static char *put_uuid(char *out, uint64_t seed, uint64_t customer) {
    uint64_t key = rng_mix(seed ^ 0x75756964u); /* apart from the streams that draw the orders */
    uint64_t high = rng_mix(key ^ (2 * customer)), low = rng_mix(key ^ (2 * customer + 1));
    high = (high & ~(uint64_t)0xf000) | 0x4000;
    low = (low & ~((uint64_t)3 << 62)) | (uint64_t)1 << 63;
    out = put_hex(out, high, 60, 32);
    *out++ = '-';
    out = put_hex(out, high, 28, 16);
    *out++ = '-';
    out = put_hex(out, high, 12, 0);
    *out++ = '-';
    out = put_hex(out, low, 60, 48);
    *out++ = '-';
    return put_hex(out, low, 44, 0);
}

char *shop_id(const shop *s, uint64_t customer, char *out) {
    switch (s->ids) {
    case SIMULATE_CODES:
        return put_code(out, customer + 1);
    case SIMULATE_UUIDS:
        return put_uuid(out, s->seed, customer);
    case SIMULATE_INTEGERS:
        break;
    }
    return text_unsigned(out, customer + 1);
}

char *shop_contact(const shop *s, uint64_t customer, char *out) {
    uint64_t bits = rng_mix(s->seed ^ rng_mix(customer ^ 0x6e616d65u));
    const char *given = given_names[bits % COUNT(given_names)];
    const char *family = family_names[(bits >> 16) % COUNT(family_names)];
    *out++ = ',';
    out = put(out, given);
    *out++ = ' ';
    out = put(out, family);
    *out++ = ',';
    out = put_lower(out, given);
    *out++ = '.';
    out = put_lower(out, family);
    *out++ = '.';
    out = text_unsigned(out, customer + 1);
    *out++ = '@';
    return put(out, domains[(bits >> 32) % COUNT(domains)]);
}
