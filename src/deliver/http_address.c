/* The ranges of IANA's registries of special-purpose addresses. The first row that holds an address decides. */
#include "http_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

enum { REFUSED, PUBLIC, EMBEDDED /* the last four bytes are an IPv4 address, which decides */ };

typedef struct range_row {
    const char *prefix;
    unsigned bits;
    int verdict;
    const char *what;
} range_row;

static const range_row ranges_4[] = {
    {"0.0.0.0", 8, REFUSED, "this very network"},
    {"10.0.0.0", 8, REFUSED, "a private network"},
    {"100.64.0.0", 10, REFUSED, "a provider's inner network"},
    {"127.0.0.0", 8, REFUSED, "this machine"},
    {"168.63.129.16", 32, REFUSED, "a cloud's inner service"},
    {"169.254.0.0", 16, REFUSED, "a link-local address"},
    {"172.16.0.0", 12, REFUSED, "a private network"},
    {"192.0.0.0", 24, REFUSED, "reserved"},
    {"192.0.2.0", 24, REFUSED, "for documentation"},
    {"192.31.196.0", 24, REFUSED, "reserved"},
    {"192.52.193.0", 24, REFUSED, "reserved"},
    {"192.88.99.0", 24, REFUSED, "reserved"},
    {"192.168.0.0", 16, REFUSED, "a private network"},
    {"192.175.48.0", 24, REFUSED, "reserved"},
    {"198.18.0.0", 15, REFUSED, "for benchmarks"},
    {"198.51.100.0", 24, REFUSED, "for documentation"},
    {"203.0.113.0", 24, REFUSED, "for documentation"},
    {"224.0.0.0", 4, REFUSED, "multicast"},
    {"240.0.0.0", 4, REFUSED, "reserved"},
    {"0.0.0.0", 0, PUBLIC, NULL},
};

static const range_row ranges_6[] = {
    {"::", 128, REFUSED, "this machine"},
    {"::1", 128, REFUSED, "this machine"},
    {"::ffff:0:0", 96, EMBEDDED, NULL},
    {"64:ff9b::", 96, EMBEDDED, NULL}, /* NAT64 */
    {"2001::", 23, REFUSED, "reserved"}, /* Teredo and others, in which other addresses lie */
    {"2001:db8::", 32, REFUSED, "for documentation"},
    {"2002::", 16, REFUSED, "6to4, within which another address lies"},
    {"2620:4f:8000::", 48, REFUSED, "reserved"},
    {"3fff::", 20, REFUSED, "for documentation"},
    {"2000::", 3, PUBLIC, NULL},
    {"fc00::", 7, REFUSED, "a private network"},
    {"fe80::", 10, REFUSED, "a link-local address"},
    {"fec0::", 10, REFUSED, "a private network"},
    {"ff00::", 8, REFUSED, "multicast"},
    {"::", 0, REFUSED, "not in the public internet"},
};

static bool within(const unsigned char *address, const unsigned char *prefix, unsigned bits) {
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(address, prefix, whole)) return false;
    return !rest || !((address[whole] ^ prefix[whole]) >> (8 - rest));
}

static const char *judge(int family, const unsigned char *address) {
    const range_row *row = family == AF_INET ? ranges_4 : ranges_6;
    for (;; row++) { /* the last row holds all */
        unsigned char prefix[16];
        if (inet_pton(family, row->prefix, prefix) != 1 || !within(address, prefix, row->bits)) continue;
        if (row->verdict == EMBEDDED) return judge(AF_INET, address + 12);
        return row->verdict == PUBLIC ? NULL : row->what;
    }
}

const char *http_address_forbidden(const struct sockaddr *address) {
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    if (address->sa_family == AF_INET) {
        memcpy(&four, address, sizeof four);
        return judge(AF_INET, (const unsigned char *)&four.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        memcpy(&six, address, sizeof six);
        return judge(AF_INET6, (const unsigned char *)&six.sin6_addr);
    }
    return "no address of the internet";
}

const char *http_address_text_forbidden(const char *text) {
    unsigned char address[16];
    char bare[64];
    size_t len = strlen(text);
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') text++, len -= 2;
    const char *zone = memchr(text, '%', len);
    if (zone) len = (size_t)(zone - text);
    if (len >= sizeof bare) return NULL;
    memcpy(bare, text, len);
    bare[len] = 0;
    if (inet_pton(AF_INET, bare, address) == 1) return judge(AF_INET, address);
    return inet_pton(AF_INET6, bare, address) == 1 ? judge(AF_INET6, address) : NULL;
}
